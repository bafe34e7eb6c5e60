"""Height of the sun, cloud and solar radiation of each weather row, measured or filled in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.exposure.meteorology import radiation
from geofleet.exposure.meteorology.site import Site

__all__ = ["Sky", "complete_sky", "optional_column"]

Array = npt.NDArray[np.float64]

_MID_MONTH = np.array([0, 17, 47, 75, 105, 135, 162, 198, 228, 258, 288, 318, 344])
_EQUINOX = 80.0
_ORDINARY_YEAR = 2023  # for climate tables, whose days have no year


@dataclass(frozen=True)
class Sky:
    """Sine of the sun's elevation, cloud (0-1) and solar radiation in W/m2 of each row."""

    sine_elevation: Array
    cloud_cover: Array
    solar_w_m2: Array

    @property
    def elevation_deg(self) -> Array:
        """Height of the sun in degrees, negative by night."""
        result: Array = np.degrees(np.arcsin(np.clip(self.sine_elevation, -1.0, 1.0)))
        return result


def optional_column(frame: pd.DataFrame, name: str) -> Array:
    """Return a column as numbers, NaN where it is empty or not there."""
    if name not in frame:
        return np.full(len(frame), np.nan)
    column = frame[name].astype("Float64")
    return np.asarray(column.to_numpy(np.float64, na_value=np.nan), dtype=np.float64)


def complete_sky(
    frame: pd.DataFrame, *, site: Site, defaults: Defaults, report: dict[str, Any]
) -> Sky:
    """Return sun, cloud and radiation of every row, and count in ``report`` what was filled in.

    Cloud is as observed; by day where only radiation is measured, what would let so much of the
    clear sky's radiation through; between such hours (over the night, above all) interpolated in
    time, in climate tables the mean of the month's days; else the default.
    """
    sine = _sun(frame, site, report)
    measured = optional_column(frame, "solar_radiation_w_m2")
    cloud = optional_column(frame, "cloud_cover")
    least = np.sin(np.radians(defaults.number("weather", "cloud_from_radiation_elevation_deg")))
    seen = np.isnan(cloud) & ~np.isnan(measured) & (sine >= least)
    cloud = np.where(seen, radiation.cloud_from_radiation(measured, sine), cloud)
    report["cloud_from_radiation_rows"] = int(seen.sum())
    filled = _carried(frame, cloud, seen, defaults)
    report["cloud_carried_rows"] = int((np.isnan(cloud) & ~np.isnan(filled)).sum())
    missing = np.isnan(filled)
    report["cloud_cover_from_default_rows"] = int(missing.sum())
    if missing.any():
        filled = np.where(missing, defaults.number("weather", "cloud_cover"), filled)
    clear = radiation.clear_sky_radiation(sine) * radiation.cloudy_share(filled)
    by_day = ~np.isnan(measured) & (sine > 0.0)
    report["radiation_measured_rows"] = int(by_day.sum())
    solar = np.where(by_day, np.nan_to_num(measured), clear)
    return Sky(sine, filled, np.maximum(solar, 0.0))


def _carried(
    frame: pd.DataFrame, cloud: Array, seen: npt.NDArray[np.bool_], defaults: Defaults
) -> Array:
    known = ~np.isnan(cloud)
    if known.all() or not known.any():
        return cloud
    if "hour_index" not in frame:
        return _month_means(frame, cloud, seen)
    hour = frame["hour_index"].to_numpy(np.int64)
    hours, first = np.unique(hour[known], return_index=True)
    values = cloud[known][first]
    after = np.searchsorted(hours, hour)
    before = np.clip(after - 1, 0, len(hours) - 1)
    after = np.clip(after, 0, len(hours) - 1)
    # Beyond either end there is one neighbour only; between two, both must be near together.
    span = np.abs(hours[after] - hour) + np.abs(hour - hours[before])
    near = np.where(before == after, span // 2, span)
    limit = defaults.number("weather", "cloud_carried_hours")
    carried = np.where(near <= limit, np.interp(hour, hours, values), np.nan)
    return np.where(known, cloud, carried)


def _month_means(frame: pd.DataFrame, cloud: Array, seen: npt.NDArray[np.bool_]) -> Array:
    """Give rows of a climate table the mean cloud that radiation told of their month's days."""
    if not seen.any():
        return cloud
    month = np.nan_to_num(optional_column(frame, "month")).astype(np.int64)
    weight = frame["weight_hours"].to_numpy(np.float64) * seen
    total = np.bincount(month, weight, 13)
    sums = np.bincount(month, weight * np.nan_to_num(cloud), 13)
    means = np.divide(sums, total, out=np.full(13, np.nan), where=total > 0.0)
    return np.where(np.isnan(cloud), means[month], cloud)


def _sun(frame: pd.DataFrame, site: Site, report: dict[str, Any]) -> Array:
    if site.latitude_deg is None:  # refused by the checks before
        raise ValueError("latitude needed")
    day, month = optional_column(frame, "day_of_year"), optional_column(frame, "month")
    by_month = np.where(
        np.isnan(month), _EQUINOX, _MID_MONTH[np.nan_to_num(month).astype(np.int64)]
    )
    report["rows_with_equinox_sun"] = int((np.isnan(day) & np.isnan(month)).sum())
    day = np.where(np.isnan(day), by_month, day)
    solar_hour = frame["hour"].to_numpy(np.float64) + 0.5
    if site.longitude_deg is None or (site.timezone is None and "time" not in frame):
        report["solar_time"] = "clock time (no time zone or longitude given)"
    else:
        clock = site.timezone or "the records"
        report["solar_time"] = f"clock of {clock} at longitude {site.longitude_deg:g}"
        ahead = _clock_offset_hours(frame, day, site.timezone or "UTC")
        solar_hour = solar_hour + site.longitude_deg / 15.0 - ahead
        solar_hour = solar_hour + radiation.equation_of_time_hours(day)
    return radiation.sine_solar_elevation(day, solar_hour, site.latitude_deg)


def _clock_offset_hours(frame: pd.DataFrame, day: Array, timezone: str) -> Array:
    """Return the hours that the clock is ahead of UTC in each row."""
    if "time" in frame:
        instant = pd.DatetimeIndex(frame["time"])
    else:
        start = pd.Timestamp(year=_ORDINARY_YEAR, month=1, day=1, hour=12)
        noon = start + pd.to_timedelta(day - 1.0, unit="D")
        instant = noon.tz_localize(timezone, ambiguous="NaT", nonexistent="shift_forward")
    ahead = instant.tz_localize(None) - instant.tz_convert("UTC").tz_localize(None)
    return np.asarray(ahead / pd.Timedelta(hours=1), dtype=np.float64)
