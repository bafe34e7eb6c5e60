"""Sun, sky and the heat that the ground gives to the air.

Sources: position of the sun after Spencer (1971), Search 2 (5), 172; radiation of the clear and
cloudy sky and net radiation after Kasten & Czeplak (1980), Solar Energy 24, 177-189, and Holtslag
& van Ulden (1983), J. Climate Appl. Meteor. 22, 517-529; long waves from a clear sky of known
humidity after Brutsaert (1975), Water Resour. Res. 11, 742-744; albedo by height of the sun and
the critical elevation as in AERMET (Cimorelli et al. 2005, J. Appl. Meteor. 44, 682-693, and the
model formulation document). Arrays hold one value per weather row.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = [
    "albedo_at",
    "clear_sky_radiation",
    "cloud_from_radiation",
    "cloudy_share",
    "critical_elevation_deg",
    "equation_of_time_hours",
    "heat_flux",
    "incoming_longwave",
    "net_radiation",
    "sine_solar_elevation",
]

Array = npt.NDArray[np.float64]

STEFAN_BOLTZMANN = 5.67e-8
_CLOUD_LONGWAVE = 60.0  # W/m2 from a sky all cloud
_GROUND_HEATING = 0.12
_SWINBANK = 5.31e-13  # W/(m2 K6)
_REDUCTION, _EXPONENT = 0.75, 3.4
_GROUND_SHARE = 0.1  # of net radiation, into the ground
_ITERATIONS = 30


def _year_angle(day_of_year: Array) -> Array:
    result: Array = 2.0 * np.pi * (day_of_year - 1.0) / 365.0
    return result


def sine_solar_elevation(day_of_year: Array, solar_hour: Array, latitude_deg: float) -> Array:
    """Sine of the height of the sun (declination after Spencer 1971), by true solar time."""
    angle = _year_angle(day_of_year)
    declination = (
        0.006918
        - 0.399912 * np.cos(angle)
        + 0.070257 * np.sin(angle)
        - 0.006758 * np.cos(2 * angle)
        + 0.000907 * np.sin(2 * angle)
        - 0.002697 * np.cos(3 * angle)
        + 0.00148 * np.sin(3 * angle)
    )
    latitude = np.radians(latitude_deg)
    hour_angle = np.radians(15.0) * (solar_hour - 12.0)
    result: Array = np.sin(latitude) * np.sin(declination) + np.cos(latitude) * np.cos(
        declination
    ) * np.cos(hour_angle)
    return result


def equation_of_time_hours(day_of_year: Array) -> Array:
    """Hours that a sundial is ahead of mean solar time (Spencer 1971), within 0.28 h."""
    angle = _year_angle(day_of_year)
    radians = (
        0.000075
        + 0.001868 * np.cos(angle)
        - 0.032077 * np.sin(angle)
        - 0.014615 * np.cos(2 * angle)
        - 0.040849 * np.sin(2 * angle)
    )
    result: Array = 12.0 / np.pi * radians
    return result


def clear_sky_radiation(sine_elevation: Array) -> Array:
    """Solar radiation on level ground without cloud, W/m2: 990 sin(elevation) - 30, or none."""
    result: Array = np.maximum(990.0 * sine_elevation - 30.0, 0.0)
    return result


def cloudy_share(cloud_cover: Array) -> Array:
    """Part of the clear sky's radiation that cloud (0-1) lets through: 1 - 0.75 n^3.4."""
    result: Array = 1.0 - _REDUCTION * cloud_cover**_EXPONENT
    return result


def cloud_from_radiation(radiation_w_m2: Array, sine_elevation: Array) -> Array:
    """Cloud (0-1) that :func:`cloudy_share` would make the measured radiation of; NaN by night."""
    clear = clear_sky_radiation(sine_elevation)
    share = np.divide(radiation_w_m2, clear, out=np.full(clear.shape, np.nan), where=clear > 0.0)
    result: Array = np.clip((1.0 - share) / _REDUCTION, 0.0, 1.0) ** (1.0 / _EXPONENT)
    return result


def albedo_at(sine_elevation: Array, noon_albedo: float) -> Array:
    """Albedo by height of the sun: that of noon, rising towards one at the horizon.

    AERMET: r + (1 - r) exp(-0.1 elevation - 0.5 (1 - r)^2), elevation in degrees.
    """
    elevation = np.degrees(np.arcsin(np.clip(sine_elevation, 0.0, 1.0)))
    rest = 1.0 - noon_albedo
    result: Array = noon_albedo + rest * np.exp(-0.1 * elevation - 0.5 * rest**2)
    return result


def incoming_longwave(temperature_k: Array, vapour_pa: Array) -> Array:
    """Long-wave radiation from a clear sky, W/m2.

    Brutsaert (1975) where vapour pressure is known, else (NaN) Swinbank's 5.31e-13 T^6, which
    is the same at usual humidity (65 % at 15 degrees).
    """
    hectopascal = np.maximum(vapour_pa, 1.0) / 100.0
    emissivity = 1.24 * (hectopascal / temperature_k) ** (1.0 / 7.0)
    moist = np.minimum(emissivity, 1.0) * STEFAN_BOLTZMANN * temperature_k**4
    return np.where(np.isnan(vapour_pa), _SWINBANK * temperature_k**6, moist)


def _longwave_loss(cloud_cover: Array, temperature_k: Array, vapour_pa: Array) -> Array:
    out = STEFAN_BOLTZMANN * temperature_k**4
    result: Array = (
        out - incoming_longwave(temperature_k, vapour_pa) - _CLOUD_LONGWAVE * cloud_cover
    )
    return result


def net_radiation(
    solar_w_m2: Array,
    cloud_cover: Array,
    temperature_k: Array,
    vapour_pa: Array,
    *,
    albedo: Array | float,
) -> Array:
    """Net radiation in W/m2: ((1 - r) S + long waves in - out + 60 n) / 1.12."""
    loss = _longwave_loss(cloud_cover, temperature_k, vapour_pa)
    result: Array = ((1.0 - albedo) * solar_w_m2 - loss) / (1.0 + _GROUND_HEATING)
    return result


def critical_elevation_deg(
    cloud_cover: Array, temperature_k: Array, vapour_pa: Array, *, noon_albedo: float
) -> Array:
    """Height of the sun in degrees at which net radiation vanishes, 0 to 90.

    Solved with the albedo of that height, as AERMET does.
    """
    loss = _longwave_loss(cloud_cover, temperature_k, vapour_pa)
    let_through = cloudy_share(cloud_cover)
    sine = np.full(loss.shape, 0.2)
    for _ in range(_ITERATIONS):
        taken = (1.0 - albedo_at(sine, noon_albedo)) * let_through
        sine = np.clip((loss / taken + 30.0) / 990.0, 0.0, 1.0)
    result: Array = np.degrees(np.arcsin(sine))
    return result


def heat_flux(net_w_m2: Array, *, bowen_ratio: float) -> Array:
    """Sensible heat in W/m2: a tenth goes into the ground, the Bowen ratio shares the rest."""
    result: Array = (1.0 - _GROUND_SHARE) * net_w_m2 / (1.0 + 1.0 / bowen_ratio)
    return result
