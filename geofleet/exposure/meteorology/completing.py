"""From measured weather to the boundary-layer quantities that dispersion needs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.exposure.meteorology import air, radiation, surface_layer
from geofleet.exposure.meteorology import boundary_layer as layer
from geofleet.exposure.meteorology.site import Site, check_site
from geofleet.exposure.meteorology.sky import complete_sky, optional_column
from geofleet.exposure.meteorology.urban import urban_layer
from geofleet.exposure.model import Weather

__all__ = ["complete_weather"]

Array = npt.NDArray[np.float64]

_CELSIUS = 273.15
_LEAST_OBUKHOV_M = 1.0  # AERMET's own bound; the spread of a plume has no limit as L goes to 0
_COLUMNS = (
    "hour", "weight_hours", "wind_speed_m_s", "wind_from_deg", "temperature_c",
    "friction_velocity_m_s", "obukhov_length_m", "mixing_height_m", "sigma_v_m_s",
    "convective_velocity_m_s",
)  # fmt: skip
_KNOWN_COLUMNS = ("time", "month", "day_kind", "station", "roughness_m")


@dataclass(frozen=True)
class _Rows:
    """Measured and filled quantities of every row, SI."""

    frame: pd.DataFrame
    speed: Array
    temperature: Array
    vapour: Array
    density: Array
    height_m: float
    roughness_m: float


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
    elsewhere; winds below the floor of AERMOD are raised to it.

    Parameters
    ----------
    frame
        Columns of ``WEATHER_SCHEMA``; where known also ``time`` (start of the hour, with time
        zone), ``station``, ``day`` (rows of one day share the growth of the layer) and
        ``hour_index`` (hours since any start).

    Raises
    ------
    InputError
        An hour of the day without weight, stability to be derived without a latitude, a site
        that cannot be.
    """
    used = (defaults or Defaults()).scope()
    report = dict(report or {})
    height = _or_default(site.height_m, used, "reference_height_m")
    roughness = _or_default(site.roughness_m, used, "roughness_m")
    of_city = None
    if site.urban_population is not None:
        of_city = _or_default(site.urban_roughness_m, used, "urban_roughness_m")
    problems = check_site(
        site, file=file, height_m=height, roughness_m=roughness, urban_roughness_m=of_city
    )
    problems += _check(frame, site=site, file=file)
    if problems:
        raise InputError(problems)
    rows = _air(frame.reset_index(drop=True).copy(), site, height, roughness, used, report)
    friction, length = _surface(rows, site, used, report)
    mechanical, convective, depth = _mixing(rows, friction, length, used, report)
    w_star = layer.convective_velocity(friction, length, convective)
    turbulence = {"height_m": height, "minimum": used.number("weather", "sigma_v_minimum_m_s")}
    out = rows.frame
    if site.urban_population is None or of_city is None:
        sigma_v = layer.sigma_v(friction, w_star, mechanical, convective, **turbulence)
    else:
        city = urban_layer(
            friction, length, depth, mechanical, convective, rows.temperature,
            population=site.urban_population, roughness_m=roughness, urban_roughness_m=of_city,
        )  # fmt: skip
        sigma_v = layer.sigma_v(  # with the open country's friction, as AERMOD
            friction, w_star, mechanical, convective, **turbulence,
            urban=city.convective_velocity, urban_zi=city.night_depth,
        )  # fmt: skip
        friction, length, depth = city.friction_velocity, city.obukhov_length, city.depth
        out["roughness_m"] = np.where(city.applies, of_city, roughness)
        report["urban_population"] = site.urban_population
        report["urban_rows"] = int(city.applies.sum())
    out["wind_speed_m_s"] = rows.speed
    out["wind_from_deg"] = np.mod(out["wind_from_deg"].to_numpy(np.float64), 360.0)
    out["friction_velocity_m_s"] = friction
    out["obukhov_length_m"] = length
    out["mixing_height_m"] = depth
    out["convective_velocity_m_s"] = w_star
    out["sigma_v_m_s"] = sigma_v
    known = [name for name in _KNOWN_COLUMNS if name in out and out[name].notna().any()]
    return Weather(
        frame=out[[*_COLUMNS, *known]].astype({"hour": np.int64}),
        reference_height_m=height,
        roughness_m=roughness,
        label=Path(file).name,
        report=report,
        provenance=used.used,
    )


def _air(
    frame: pd.DataFrame,
    site: Site,
    height: float,
    roughness: float,
    used: Defaults,
    report: dict[str, Any],
) -> _Rows:
    floor = used.number("weather", "wind_speed_minimum_m_s")
    speed = frame["wind_speed_m_s"].to_numpy(np.float64)
    report["winds_raised_to_minimum"] = int((speed < floor).sum())
    temperature = frame["temperature_c"].to_numpy(np.float64) + _CELSIUS
    pressure = optional_column(frame, "pressure_pa")
    measured = ~np.isnan(pressure)
    hours = frame["weight_hours"].to_numpy(np.float64)[measured]
    mean = float(np.average(pressure[measured], weights=hours)) if hours.sum() else None
    report["pressure_mean_pa"] = mean
    missing = ~measured
    report["pressure_pa_from_altitude_rows"] = 0
    if mean is None and site.altitude_m is not None:
        report["pressure_pa_from_altitude_rows"] = int(missing.sum())
        report["pressure_mean_pa"] = mean = air.standard_pressure_pa(site.altitude_m)
    report["pressure_pa_from_mean_rows"] = int(missing.sum()) if hours.sum() else 0
    report["pressure_pa_from_default_rows"] = int(missing.sum()) if mean is None else 0
    if missing.any():
        pressure[missing] = used.number("weather", "pressure_pa") if mean is None else mean
    humidity = optional_column(frame, "relative_humidity_percent")
    report["humidity_unknown_rows"] = int(np.isnan(humidity).sum())
    vapour = air.vapour_pressure_pa(humidity, temperature)
    density = air.air_density(temperature, pressure, vapour)
    return _Rows(frame, np.maximum(speed, floor), temperature, vapour, density, height, roughness)


def _surface(
    rows: _Rows, site: Site, used: Defaults, report: dict[str, Any]
) -> tuple[Array, Array]:
    friction = optional_column(rows.frame, "friction_velocity_m_s")
    length = optional_column(rows.frame, "obukhov_length_m")
    no_length, no_friction = np.isnan(length), np.isnan(friction)
    report["obukhov_length_derived_rows"] = int(no_length.sum())
    report["friction_velocity_derived_rows"] = int(no_friction.sum())
    if no_length.any():
        derived_friction, derived = _derived(rows, friction, site, used, report)
        report["unstable_rows_derived"] = int((no_length & (derived < 0.0)).sum())
        length[no_length] = derived[no_length]
        both = no_length & no_friction
        friction[both] = derived_friction[both]
    rest = np.isnan(friction)
    if rest.any():
        profile = surface_layer.neutral_or_given_friction(
            rows.speed, length, height_m=rows.height_m, roughness_m=rows.roughness_m
        )
        friction[rest] = profile[rest]
    return friction, length


def _derived(
    rows: _Rows, measured_friction: Array, site: Site, used: Defaults, report: dict[str, Any]
) -> tuple[Array, Array]:
    """Return u* and L of every row by the surface energy balance."""
    sky = complete_sky(rows.frame, site=site, defaults=used, report=report)
    state = (sky.cloud_cover, rows.temperature, rows.vapour)
    noon = used.number("weather", "albedo")
    net = radiation.net_radiation(
        sky.solar_w_m2, *state, albedo=radiation.albedo_at(sky.sine_elevation, noon)
    )
    up = (sky.sine_elevation > 0.0) & (net > 0.0)
    flux = radiation.heat_flux(net, bowen_ratio=used.number("weather", "bowen_ratio"))
    critical = radiation.critical_elevation_deg(*state, noon_albedo=noon)
    scale = surface_layer.temperature_scale(sky.cloud_cover, sky.elevation_deg, critical)
    mast = {"height_m": rows.height_m, "roughness_m": rows.roughness_m}
    friction, length = surface_layer.stable_surface(
        rows.speed, scale, rows.temperature, rows.density, adjusted=site.adjust_low_wind, **mast
    )
    if up.any():
        friction[up], length[up] = surface_layer.convective_surface(
            rows.speed[up], flux[up], rows.temperature[up], rows.density[up], **mast
        )
    own = ~np.isnan(measured_friction)
    if own.any():
        given = np.where(own, measured_friction, friction)
        warm = surface_layer.obukhov_length(
            given, np.where(up, flux, 1.0), rows.temperature, rows.density
        )
        cold = rows.temperature * given**2 / (air.KAPPA * air.GRAVITY * scale)
        length = np.where(own, np.where(up, warm, cold), length)
    return _bounded(rows, friction, length, site, used, report)


def _bounded(
    rows: _Rows,
    friction: Array,
    length: Array,
    site: Site,
    used: Defaults,
    report: dict[str, Any],
) -> tuple[Array, Array]:
    urban = site.urban_population is not None
    name = "obukhov_minimum_m" if urban else "stable_obukhov_minimum_m"
    stable_least = used.number("weather", name)
    unstable_least = used.number("weather", "unstable_obukhov_minimum_m")
    most = used.number("weather", "obukhov_maximum_m")
    stable = length > 0.0
    bounded = np.where(
        stable, np.clip(length, stable_least, most), np.clip(length, -most, -unstable_least)
    )
    short = np.where(stable, length < stable_least, length > -unstable_least)
    report["obukhov_length_raised_rows"] = int(short.sum())
    # u* follows the profile of the longer L, except where a scheme sets it with L at its bound.
    again = short & ~(stable & (urban or site.adjust_low_wind))
    mast = {"height_m": rows.height_m, "roughness_m": rows.roughness_m}
    profile = np.where(
        stable,
        surface_layer.log_linear_friction(rows.speed, np.abs(bounded), **mast),
        surface_layer.neutral_or_given_friction(rows.speed, bounded, **mast),
    )
    return np.where(again, profile, friction), bounded


def _mixing(
    rows: _Rows, friction: Array, length: Array, used: Defaults, report: dict[str, Any]
) -> tuple[Array, Array, Array]:
    """Return mechanical and convective height and depth; a given depth stands for all."""
    given = optional_column(rows.frame, "mixing_height_m")
    missing = np.isnan(given)
    report["mixing_height_derived_rows"] = int(missing.sum())
    if not missing.any():
        return given, given, given
    frame = rows.frame
    low = used.number("weather", "mixing_height_minimum_m")
    high = used.number("weather", "mixing_height_maximum_m")
    mechanical = np.clip(layer.mechanical_height(friction), low, high)
    if "hour_index" in frame:
        index = frame["hour_index"].to_numpy(np.int64)
        mechanical = layer.smooth_heights(mechanical, friction, index)
    # w'T' that belongs to u* and L, whether these were derived or given.
    flux = -rows.temperature * friction**3 / (air.KAPPA * air.GRAVITY * length)
    month = np.nan_to_num(optional_column(frame, "month"))
    convective = layer.convective_height(
        flux,
        frame["hour"].to_numpy(np.float64),
        frame["day"].to_numpy() if "day" in frame else month,
        frame["weight_hours"].to_numpy(np.float64),
        lapse_rate=used.number("weather", "lapse_rate_above_k_m"),
        entrainment=used.number("weather", "entrainment"),
    )
    convective = np.clip(convective, low, high)
    mechanical = np.where(missing, mechanical, given)
    convective = np.where(missing, convective, given)
    depth = np.where(length < 0.0, np.maximum(mechanical, convective), mechanical)
    return mechanical, convective, depth


def _check(frame: pd.DataFrame, *, site: Site, file: str) -> list[Problem]:
    problems = []
    total = np.bincount(
        frame["hour"].to_numpy(np.int64), frame["weight_hours"].to_numpy(np.float64), 24
    )
    if np.any(total <= 0.0):
        empty = ", ".join(str(hour) for hour in np.flatnonzero(total <= 0.0))
        expected = f"rows with weight for every hour of the day; none for {empty}"
        problems.append(Problem(file, "hour", expected=expected))
    length = optional_column(frame, "obukhov_length_m")
    if np.isnan(length).any() and site.latitude_deg is None:
        expected = "obukhov_length_m in every row, or a latitude to derive stability from the sun"
        problems.append(Problem(file, "obukhov_length_m", expected=expected))
    tiny = np.flatnonzero(np.abs(length) < _LEAST_OBUKHOV_M)
    if len(tiny):
        expected = (
            f"an Obukhov length of at least {_LEAST_OBUKHOV_M:g} m in size (stable > 0, unstable"
            f" < 0; very long when neutral); {len(tiny)} rows have others"
        )
        value = f"{length[tiny[0]]:g}"
        problems.append(Problem(file, "obukhov_length_m", value=value, expected=expected))
    return problems


def _or_default(value: float | None, used: Defaults, name: str) -> float:
    return used.number("weather", name) if value is None else float(value)
