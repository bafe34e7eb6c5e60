"""Reading weather: climate tables and hourly station records, completed for dispersion."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.exposure.meteorology import boundary_layer as layer
from geofleet.exposure.meteorology.stations import read_station
from geofleet.exposure.model import WEATHER_SCHEMA, Weather
from geofleet.schema import check_frame, read_csv, read_rows

__all__ = ["Site", "complete_weather", "read_weather"]

Array = npt.NDArray[np.float64]

_CELSIUS = 273.15
_LEAST_OBUKHOV_M = 1.0  # AERMET's own bound; the spread of a plume has no limit as L goes to 0
_MID_MONTH = np.array([0, 17, 47, 75, 105, 135, 162, 198, 228, 258, 288, 318, 344])
_EQUINOX = 80.0


@dataclass(frozen=True)
class Site:
    """Where and how the weather was measured.

    Parameters
    ----------
    latitude_deg, longitude_deg
        Of the place; the latitude is needed where stability must be derived from the sun.
    timezone
        IANA name of the clock of the place. Hours of day, months and days are those of this
        clock. With the longitude it turns clock time into solar time; without both, clock time
        is taken as solar time (said in the report).
    records_timezone
        IANA name of the clock of records without offset, where it is not ``timezone``: stations
        often keep standard time all year. Records of REDMET do (``weather:redmet_timezone``).
    height_m, roughness_m
        Of the wind measurement; defaults when not given.
    """

    latitude_deg: float | None = None
    longitude_deg: float | None = None
    timezone: str | None = None
    records_timezone: str | None = None
    height_m: float | None = None
    roughness_m: float | None = None


def read_weather(
    path: Path | str,
    *,
    site: Site | None = None,
    station: str | None = None,
    defaults: Defaults | None = None,
) -> Weather:
    """Read weather and complete it with what the dispersion model needs.

    Three layouts are told apart by their header: a climate table (``WEATHER_SCHEMA``: ``hour,
    weight_hours, …``), hourly station records (``time, wind_speed_m_s, wind_from_deg,
    temperature_c, …``; each row stands for one hour that begins at ``time``), and records of the
    REDMET network of Mexico City (``end_local, station, WSP, WDR, TMP, PBa``). CSV or Parquet.

    Parameters
    ----------
    station
        Which station, where the file holds several.

    Raises
    ------
    InputError
        Every problem of the file at once: unreadable, missing columns, values out of range,
        repeated times, hours of the day without any row, nothing to derive stability from.
    """
    path = Path(path)
    site = site or Site()
    _check_timezone(site, str(path))
    used = (defaults or Defaults()).scope()
    columns = _columns(path)
    if "hour" in columns and "weight_hours" in columns:
        frame = _read_climate(path)
        report: dict[str, Any] = {"layout": "climate table", "rows": len(frame)}
    elif "time" in columns or "end_local" in columns:
        frame, report = read_station(
            path, station=station, timezone=site.timezone,
            records_timezone=site.records_timezone, defaults=used,
        )  # fmt: skip
    else:
        expected = (
            "columns hour, weight_hours, … (climate table), time, wind_speed_m_s, … (station) or "
            "end_local, WSP, WDR, … (REDMET); found " + ", ".join(columns)
        )
        raise InputError([Problem(str(path), row=1, expected=expected)])
    return complete_weather(frame, site=site, file=str(path), report=report, defaults=used)


def complete_weather(
    frame: pd.DataFrame,
    *,
    site: Site,
    file: str = "weather",
    report: dict[str, Any] | None = None,
    defaults: Defaults | None = None,
) -> Weather:
    """Return a Weather from rows that have at least hour, weight, wind and temperature.

    Friction velocity, Obukhov length and mixing height are kept where given and derived
    elsewhere (see :mod:`geofleet.exposure.meteorology.boundary_layer`); winds below the floor of
    AERMOD are raised to it.

    Raises
    ------
    InputError
        An hour of the day without weight, or stability to be derived without a latitude.
    """
    used = (defaults or Defaults()).scope()
    report = dict(report or {})
    height = _or_default(site.height_m, used, "reference_height_m")
    roughness = _or_default(site.roughness_m, used, "roughness_m")
    _check(frame, site=site, file=file, height=height, roughness=roughness)
    out = frame.reset_index(drop=True).copy()
    given = {
        name: _optional(out, name)
        for name in ("friction_velocity_m_s", "obukhov_length_m", "mixing_height_m",
                     "cloud_cover", "pressure_pa", "month", "day_of_year")
    }  # fmt: skip
    floor = used.number("weather", "wind_speed_minimum_m_s")
    speed = out["wind_speed_m_s"].to_numpy(np.float64)
    report["winds_raised_to_minimum"] = int((speed < floor).sum())
    speed = np.maximum(speed, floor)
    temperature = out["temperature_c"].to_numpy(np.float64) + _CELSIUS
    pressure = _filled(given["pressure_pa"], used, "pressure_pa", report)
    measured = ~np.isnan(given["pressure_pa"])
    hours = out["weight_hours"].to_numpy(np.float64)[measured]
    report["pressure_mean_pa"] = (
        float(np.average(given["pressure_pa"][measured], weights=hours)) if hours.sum() else None
    )
    density = layer.air_density(temperature, pressure)
    friction, length = _surface(
        given, speed, temperature, density, out, site, height, roughness, used, report
    )
    mechanical, convective = _mixing(given, friction, length, temperature, out, used, report)
    depth = np.where(length < 0.0, np.maximum(mechanical, convective), mechanical)
    w_star = layer.convective_velocity(friction, length, convective)
    out["wind_speed_m_s"] = speed
    out["wind_from_deg"] = np.mod(out["wind_from_deg"].to_numpy(np.float64), 360.0)
    out["friction_velocity_m_s"] = friction
    out["obukhov_length_m"] = length
    out["mixing_height_m"] = depth
    out["convective_velocity_m_s"] = w_star
    out["sigma_v_m_s"] = layer.sigma_v(
        friction, w_star, mechanical, convective, height_m=height,
        minimum=used.number("weather", "sigma_v_minimum_m_s"),
    )  # fmt: skip
    keep = ["hour", "weight_hours", "wind_speed_m_s", "wind_from_deg", "temperature_c",
            "friction_velocity_m_s", "obukhov_length_m", "mixing_height_m", "sigma_v_m_s",
            "convective_velocity_m_s"]  # fmt: skip
    keep += [
        name for name in ("time", "month", "day_kind", "station")
        if name in out and out[name].notna().any()
    ]  # fmt: skip
    return Weather(
        frame=out[keep].astype({"hour": np.int64}),
        reference_height_m=height,
        roughness_m=roughness,
        label=Path(file).name,
        report=report,
        provenance=used.used,
    )


def _surface(
    given: dict[str, Array],
    speed: Array,
    temperature: Array,
    density: Array,
    frame: pd.DataFrame,
    site: Site,
    height: float,
    roughness: float,
    used: Defaults,
    report: dict[str, Any],
) -> tuple[Array, Array]:
    friction, length = given["friction_velocity_m_s"].copy(), given["obukhov_length_m"].copy()
    no_length, no_friction = np.isnan(length), np.isnan(friction)
    report["obukhov_length_derived_rows"] = int(no_length.sum())
    report["friction_velocity_derived_rows"] = int(no_friction.sum())
    if no_length.any():
        cloud = _filled(given["cloud_cover"], used, "cloud_cover", report)
        flux = layer.heat_flux(
            _sun(given, frame, site, report), cloud, temperature,
            albedo=used.number("weather", "albedo"),
            bowen_ratio=used.number("weather", "bowen_ratio"),
        )  # fmt: skip
        derived_friction, derived = layer.stable_surface(
            speed, cloud, temperature, height_m=height, roughness_m=roughness
        )
        up = flux > 0.0
        if up.any():
            derived_friction[up], derived[up] = layer.convective_surface(
                speed[up], flux[up], temperature[up], density[up],
                height_m=height, roughness_m=roughness,
            )  # fmt: skip
        derived = np.where(
            up,
            np.minimum(derived, -used.number("weather", "unstable_obukhov_minimum_m")),
            np.maximum(derived, used.number("weather", "stable_obukhov_minimum_m")),
        )
        report["unstable_rows_derived"] = int((up & no_length).sum())
        length[no_length] = derived[no_length]
    if no_friction.any():
        # From the profile, so that bounds on L and given values of L are respected.
        profile = layer.neutral_or_given_friction(
            speed, length, height_m=height, roughness_m=roughness
        )
        friction[no_friction] = profile[no_friction]
    return friction, length


def _mixing(
    given: dict[str, Array],
    friction: Array,
    length: Array,
    temperature: Array,
    frame: pd.DataFrame,
    used: Defaults,
    report: dict[str, Any],
) -> tuple[Array, Array]:
    """Return the mechanical and the convective height; a given height stands for both."""
    depth = given["mixing_height_m"]
    missing = np.isnan(depth)
    report["mixing_height_derived_rows"] = int(missing.sum())
    if not missing.any():
        return depth, depth
    low = used.number("weather", "mixing_height_minimum_m")
    high = used.number("weather", "mixing_height_maximum_m")
    mechanical = np.clip(layer.mechanical_height(friction), low, high)
    # w'T' that belongs to u* and L, whether these were derived or given.
    flux = -temperature * friction**3 / (layer.KAPPA * layer.GRAVITY * length)
    groups = frame["day"].to_numpy() if "day" in frame else np.nan_to_num(given["month"])
    convective = layer.convective_height(
        flux,
        frame["hour"].to_numpy(np.float64),
        groups,
        frame["weight_hours"].to_numpy(np.float64),
        lapse_rate=used.number("weather", "lapse_rate_above_k_m"),
        entrainment=used.number("weather", "entrainment"),
    )
    convective = np.clip(convective, low, high)
    return np.where(missing, mechanical, depth), np.where(missing, convective, depth)


def _sun(given: dict[str, Array], frame: pd.DataFrame, site: Site, report: dict[str, Any]) -> Array:
    day = given["day_of_year"]
    month = given["month"]
    by_month = np.where(
        np.isnan(month), _EQUINOX, _MID_MONTH[np.nan_to_num(month).astype(np.int64)]
    )
    report["rows_with_equinox_sun"] = int((np.isnan(day) & np.isnan(month)).sum())
    day = np.where(np.isnan(day), by_month, day)
    clock = frame["hour"].to_numpy(np.float64) + 0.5
    if site.timezone is None or site.longitude_deg is None:
        report["solar_time"] = "clock time (no time zone or longitude given)"
        shift: Array | float = 0.0
    else:
        report["solar_time"] = f"clock of {site.timezone} at longitude {site.longitude_deg:g}"
        shift = site.longitude_deg / 15.0 - _clock_offset_hours(frame, day, site.timezone)
    if site.latitude_deg is None:  # refused by the checks before
        raise ValueError("latitude needed")
    return layer.sine_solar_elevation(day, clock + shift, site.latitude_deg)


def _clock_offset_hours(frame: pd.DataFrame, day: Array, timezone: str) -> Array:
    """Hours that the clock is ahead of UTC in each row (an ordinary year for climate tables)."""
    year = frame["year"].to_numpy(np.int64) if "year" in frame else np.full(len(frame), 2023)
    keys = pd.DataFrame({"year": year, "day": day.astype(np.int64)})
    offsets = {}
    for y, d in keys.drop_duplicates().itertuples(index=False):
        noon = pd.Timestamp(year=int(y), month=1, day=1, hour=12) + pd.Timedelta(days=int(d) - 1)
        offset = noon.tz_localize(timezone).utcoffset()
        offsets[int(y), int(d)] = offset.total_seconds() / 3600.0 if offset is not None else 0.0
    pairs = zip(keys["year"], keys["day"], strict=True)
    return np.array([offsets[int(y), int(d)] for y, d in pairs])


def _check(frame: pd.DataFrame, *, site: Site, file: str, height: float, roughness: float) -> None:
    problems = []
    total = np.bincount(
        frame["hour"].to_numpy(np.int64), frame["weight_hours"].to_numpy(np.float64), 24
    )
    if np.any(total <= 0.0):
        empty = ", ".join(str(hour) for hour in np.flatnonzero(total <= 0.0))
        expected = f"rows with weight for every hour of the day; none for {empty}"
        problems.append(Problem(file, "hour", expected=expected))
    if np.isnan(_optional(frame, "obukhov_length_m")).any() and site.latitude_deg is None:
        expected = "obukhov_length_m in every row, or a latitude to derive stability from the sun"
        problems.append(Problem(file, "obukhov_length_m", expected=expected))
    length = _optional(frame, "obukhov_length_m")
    tiny = np.flatnonzero(np.abs(length) < _LEAST_OBUKHOV_M)
    if len(tiny):
        expected = (
            f"an Obukhov length of at least {_LEAST_OBUKHOV_M:g} m in size (stable > 0, unstable"
            f" < 0; very long when neutral); {len(tiny)} rows have others"
        )
        value = f"{length[tiny[0]]:g}"
        problems.append(Problem(file, "obukhov_length_m", value=value, expected=expected))
    if not 0.0 < roughness < height / 2.0:
        expected = f"a roughness length above 0 and below half the wind height of {height:g} m"
        problems.append(Problem(file, "roughness_m", value=f"{roughness:g}", expected=expected))
    if site.latitude_deg is not None and not -90.0 <= site.latitude_deg <= 90.0:
        expected = "a latitude from -90 to 90 degrees"
        problems.append(Problem(file, "latitude", 0, f"{site.latitude_deg:g}", expected))
    if problems:
        raise InputError(problems)


def _check_timezone(site: Site, file: str) -> None:
    problems = []
    for name in ("timezone", "records_timezone"):
        value = getattr(site, name)
        try:
            ZoneInfo(value or "UTC")
        except (ZoneInfoNotFoundError, ValueError, OSError):
            expected = "an IANA time zone like America/Santiago"
            problems.append(Problem(file, name, 0, value, expected))
    if problems:
        raise InputError(problems)


def _columns(path: Path) -> list[str]:
    if not path.is_file():
        raise InputError([Problem(str(path), expected="a readable file (it does not exist)")])
    if path.suffix.lower() == ".parquet":
        import pyarrow.parquet as pq
        from pyarrow import ArrowInvalid

        try:
            return [str(name) for name in pq.read_schema(path).names]
        except (OSError, ArrowInvalid):
            expected = "a readable Parquet file"
            raise InputError([Problem(str(path), expected=expected)]) from None
    return [name.strip() for name in read_rows(path)[0]]


def _read_climate(path: Path) -> pd.DataFrame:
    if path.suffix.lower() == ".parquet":
        return check_frame(pd.read_parquet(path), WEATHER_SCHEMA, file=str(path))
    return read_csv(path, WEATHER_SCHEMA)


def _optional(frame: pd.DataFrame, name: str) -> Array:
    if name not in frame:
        return np.full(len(frame), np.nan)
    column = frame[name].astype("Float64")
    return np.asarray(column.to_numpy(np.float64, na_value=np.nan), dtype=np.float64)


def _filled(values: Array, used: Defaults, name: str, report: dict[str, Any]) -> Array:
    missing = np.isnan(values)
    report[f"{name}_from_default_rows"] = int(missing.sum())
    return np.where(missing, used.number("weather", name), values) if missing.any() else values


def _or_default(value: float | None, used: Defaults, name: str) -> float:
    return used.number("weather", name) if value is None else float(value)
