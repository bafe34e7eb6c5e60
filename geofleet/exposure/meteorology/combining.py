"""Several stations as one: by distance, hour by hour the first that has data, or blended."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.exposure.meteorology.records import QUANTITIES, Records
from geofleet.exposure.meteorology.site import Site
from geofleet.schema import Column, TableSchema, check_frame, read_csv

__all__ = ["PLACE_SCHEMA", "Combined", "Places", "blend", "fill", "read_places"]

PLACE_SCHEMA = TableSchema(
    "stations",
    "Where weather stations stand",
    (
        Column("station", "text", "station, as in the records"),
        Column("lon", "number", "longitude (EPSG:4326)", "degrees", minimum=-180, maximum=180),
        Column("lat", "number", "latitude (EPSG:4326)", "degrees", minimum=-90, maximum=90),
        Column("alt_m", "number", "height above the sea", "m", required=False, nullable=True,
               minimum=-430, maximum=6000),
    ),
    key=("station",),
)  # fmt: skip

Array = npt.NDArray[np.float64]
_BELONG_TO_WIND = ("friction_velocity_m_s", "obukhov_length_m", "mixing_height_m")
_SCALARS = tuple(
    name for name in QUANTITIES[2:] if name not in _BELONG_TO_WIND
)  # temperature, pressure, humidity, cloud, radiation


@dataclass(frozen=True)
class Places:
    """Distance from the site in km and height above the sea (or None) of stations, by name."""

    distance_km: dict[str, float]
    altitude_m: dict[str, float | None]


@dataclass(frozen=True)
class Combined:
    """One value per quantity and hour, and the station that its wind is of."""

    values: dict[str, Array]
    station: npt.NDArray[np.object_]


def read_places(table: Path | str | pd.DataFrame, *, site: Site) -> Places:
    """Read where stations stand and measure how far from the site.

    Raises
    ------
    InputError
        Bad rows, or a site without longitude and latitude.
    """
    import pyproj

    if isinstance(table, pd.DataFrame):
        file, frame = PLACE_SCHEMA.name, check_frame(table, PLACE_SCHEMA, file=PLACE_SCHEMA.name)
    else:
        file, frame = str(table), read_csv(Path(table), PLACE_SCHEMA)
    if site.longitude_deg is None or site.latitude_deg is None:
        expected = "a site with longitude and latitude, from which stations are near or far"
        raise InputError([Problem(file, "station", expected=expected)])
    geod = pyproj.Geod(ellps="WGS84")
    lon, lat = frame["lon"].to_numpy(np.float64), frame["lat"].to_numpy(np.float64)
    here_lon = np.full(len(frame), site.longitude_deg)
    here_lat = np.full(len(frame), site.latitude_deg)
    metres = geod.inv(here_lon, here_lat, lon, lat)[2]
    names = frame["station"].astype(str).tolist()
    heights = frame["alt_m"].tolist() if "alt_m" in frame else [np.nan] * len(names)
    return Places(
        {name: float(metre) / 1000.0 for name, metre in zip(names, metres, strict=True)},
        {
            name: None if np.isnan(height) else float(height)
            for name, height in zip(names, heights, strict=True)
        },
    )


def usable_wind(speed: Array, direction: Array, calm_m_s: float) -> npt.NDArray[np.bool_]:
    """Whether there is a speed and, unless it is calm, a direction."""
    result: npt.NDArray[np.bool_] = ~np.isnan(speed) & (~np.isnan(direction) | (speed <= calm_m_s))
    return result


def fill(records: Records, *, defaults: Defaults, report: dict[str, Any]) -> Combined:
    """Take each hour's wind from the first station that has it, the rest likewise.

    Speed and direction (and u*, L, zi where recorded) of an hour are always of one station.
    """
    speed, direction = records.values["wind_speed_m_s"], records.values["wind_from_deg"]
    good = usable_wind(speed, direction, defaults.number("weather", "calm_speed_m_s"))
    # Where none has a usable wind, what the first one has stands, to be counted later.
    known = ~np.isnan(speed)
    chosen = np.where(good.any(axis=0), np.argmax(good, axis=0), np.argmax(known, axis=0))
    hours = np.arange(speed.shape[1])
    values = {
        name: records.values[name][chosen, hours]
        for name in ("wind_speed_m_s", "wind_from_deg", *_BELONG_TO_WIND)
    }
    by_station = {"wind": _count(records, np.where(good.any(axis=0), chosen, -1))}
    for name in _SCALARS:
        there = ~np.isnan(records.values[name])
        first = np.argmax(there, axis=0)
        values[name] = records.values[name][first, hours]
        by_station[name] = _count(records, np.where(there.any(axis=0), first, -1))
    report["hours_by_station"] = {name: counts for name, counts in by_station.items() if counts}
    return Combined(values, np.array(records.stations, dtype=object)[chosen])


def _count(records: Records, chosen: npt.NDArray[np.int64]) -> dict[str, int]:
    counts = np.bincount(chosen[chosen >= 0], minlength=len(records.stations))
    return {name: int(count) for name, count in zip(records.stations, counts, strict=True) if count}


def blend(
    records: Records, places: Places, *, defaults: Defaults, report: dict[str, Any]
) -> Combined:
    """Weigh the stations of each hour by one over the square of their distance.

    The speed is the weighted mean of speeds, because turbulence comes from the wind wherever it
    blows; the direction is that of the weighted mean of wind vectors. Where stations blow against
    each other so that little remains, the direction is the nearest station's. u*, L and zi are
    not blended: those of the nearest station that has them.
    """
    least = defaults.number("weather", "blend_distance_minimum_km")
    distance = np.array([max(places.distance_km[name], least) for name in records.stations])
    weight = 1.0 / distance**2
    speed, direction = records.values["wind_speed_m_s"], records.values["wind_from_deg"]
    good = usable_wind(speed, direction, defaults.number("weather", "calm_speed_m_s"))
    share = good * weight[:, None]
    total = share.sum(axis=0)
    mean = _over((share * np.nan_to_num(speed)).sum(axis=0), total)
    angle = np.radians(np.nan_to_num(direction))
    strength = share * np.nan_to_num(speed) * ~np.isnan(direction)
    east = _over((strength * np.sin(angle)).sum(axis=0), total)
    north = _over((strength * np.cos(angle)).sum(axis=0), total)
    left = np.hypot(east, north)
    blended = np.mod(np.degrees(np.arctan2(east, north)), 360.0)
    nearest = np.argsort(distance, kind="stable")
    one = good[nearest] & ~np.isnan(direction[nearest])
    hours = np.arange(speed.shape[1])
    of_nearest = direction[nearest][np.argmax(one, axis=0), hours]
    steady = left >= defaults.number("weather", "blend_steadiness_minimum") * mean
    opposed = one.any(axis=0) & ~(steady & (left > 0.0))
    values = {
        "wind_speed_m_s": mean,
        "wind_from_deg": np.where(one.any(axis=0), np.where(opposed, of_nearest, blended), np.nan),
    }
    for name in _SCALARS:
        values[name] = _weighted(records.values[name], weight)
    for name in _BELONG_TO_WIND:
        ordered = records.values[name][nearest]
        values[name] = ordered[np.argmax(~np.isnan(ordered), axis=0), hours]
    number = good.sum(axis=0)
    report["hours_by_number_of_stations"] = {
        str(n): int((number == n).sum()) for n in np.unique(number)
    }
    report["hours_by_station"] = {
        name: int(count) for name, count in zip(records.stations, good.sum(axis=1), strict=True)
    }
    report["direction_of_nearest_station"] = int(opposed.sum())
    return Combined(values, np.full(len(hours), "blend", dtype=object))


def _over(total: Array, weight: Array) -> Array:
    result = np.full(total.shape, np.nan)
    np.divide(total, weight, out=result, where=weight > 0.0)
    return result


def _weighted(values: Array, weight: Array) -> Array:
    share = ~np.isnan(values) * weight[:, None]
    return _over((share * np.nan_to_num(values)).sum(axis=0), share.sum(axis=0))
