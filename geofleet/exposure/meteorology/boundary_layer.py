"""Surface-layer quantities that a wind mast does not measure, from published schemes.

Sources: net radiation after Holtslag & van Ulden (1983), J. Climate Appl. Meteor. 22, 517-529;
convective and stable surface layers as in AERMET (Cimorelli et al. 2005, J. Appl. Meteor. 44,
682-693; Venkatram 1980, Boundary-Layer Meteor. 19, 481-485); growth of the convective layer as a
zero-order jump (Tennekes 1973, J. Atmos. Sci. 30, 558-567); lateral turbulence as in AERMOD
v23132. All arrays are one value per weather row.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = [
    "convective_height",
    "convective_surface",
    "convective_velocity",
    "heat_flux",
    "mechanical_height",
    "neutral_or_given_friction",
    "sigma_v",
    "sine_solar_elevation",
    "stability_function",
    "stable_surface",
]

Array = npt.NDArray[np.float64]

KAPPA = 0.4
GRAVITY = 9.80616
HEAT_CAPACITY = 1004.0
GAS_CONSTANT = 287.04
STEFAN_BOLTZMANN = 5.67e-8
_LEAST_SHAPE = 0.5  # very unstable rows with a low mast make the profile almost flat
_MAXIMUM_DOWNWARD_FLUX = 0.05  # K m/s: AERMET's bound on u* theta* in strong wind at night


def altitude_m(pressure_pa: float) -> float:
    """Return the height above the sea at which air pressure is usual, in metres.

    The troposphere of the ICAO standard atmosphere (Doc 7488, 3rd edition, 1993): 288.15 K and
    101,325 Pa at the sea, 6.5 K less each kilometre; 77,500 Pa (Mexico City) is 2,200 m.
    """
    lapse, sea_level_k, sea_level_pa, gravity = 0.0065, 288.15, 101325.0, 9.80665
    exponent = GAS_CONSTANT * lapse / gravity
    return float(sea_level_k / lapse * (1.0 - (pressure_pa / sea_level_pa) ** exponent))


def air_density(temperature_k: Array, pressure_pa: Array) -> Array:
    """Density of dry air, kg/m3."""
    return pressure_pa / (GAS_CONSTANT * temperature_k)


def sine_solar_elevation(day_of_year: Array, solar_hour: Array, latitude_deg: float) -> Array:
    """Sine of the height of the sun (declination after Spencer 1971), by true solar time."""
    angle = 2.0 * np.pi * (day_of_year - 1.0) / 365.0
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


def heat_flux(
    sine_elevation: Array,
    cloud_cover: Array,
    temperature_k: Array,
    *,
    albedo: float,
    bowen_ratio: float,
) -> Array:
    """Sensible heat flux in W/m2 from sun and cloud; negative or zero means a stable hour.

    Holtslag & van Ulden (1983): net radiation from elevation, cloud (0-1) and temperature; the
    ground takes a tenth, the Bowen ratio divides the rest.
    """
    clear = np.maximum(990.0 * sine_elevation - 30.0, 0.0)
    solar = clear * (1.0 - 0.75 * cloud_cover**3.4)
    net = (
        (1.0 - albedo) * solar
        + 5.31e-13 * temperature_k**6
        - STEFAN_BOLTZMANN * temperature_k**4
        + 60.0 * cloud_cover
    ) / 1.12
    result: Array = 0.9 * net / (1.0 + 1.0 / bowen_ratio)
    return np.where(clear > 0.0, result, np.minimum(result, 0.0))


def stability_function(height_m: Array | float, obukhov_m: Array) -> Array:
    """Monin-Obukhov psi for momentum in the form that the dispersion kernel uses."""
    ratio = height_m / obukhov_m
    stable = -17.0 * (1.0 - np.exp(-0.29 * np.maximum(ratio, 0.0)))
    x = (1.0 + 16.0 * np.maximum(-ratio, 0.0)) ** 0.25
    unstable = (
        2.0 * np.log((1.0 + x) / 2.0)
        + np.log((1.0 + x * x) / 2.0)
        - 2.0 * np.arctan(x)
        + np.pi / 2.0
    )
    return np.where(obukhov_m > 0.0, stable, unstable)


def neutral_or_given_friction(
    speed: Array, obukhov_m: Array, *, height_m: float, roughness_m: float
) -> Array:
    """Friction velocity whose log profile passes through the measured wind for a given L."""
    shape = (
        np.log(height_m / roughness_m)
        - stability_function(height_m, obukhov_m)
        + stability_function(roughness_m, obukhov_m)
    )
    result: Array = KAPPA * speed / np.maximum(shape, _LEAST_SHAPE)
    return result


def convective_surface(
    speed: Array,
    flux_w_m2: Array,
    temperature_k: Array,
    density: Array,
    *,
    height_m: float,
    roughness_m: float,
) -> tuple[Array, Array]:
    """Return (u*, L) that satisfy the wind profile and the upward heat flux together."""
    friction = KAPPA * speed / np.log(height_m / roughness_m)
    length = np.full_like(friction, -1e5)
    for _ in range(50):
        length = -density * HEAT_CAPACITY * temperature_k * friction**3
        length = np.minimum(length / (KAPPA * GRAVITY * flux_w_m2), -1e-3)
        friction = 0.5 * friction + 0.5 * neutral_or_given_friction(
            speed, length, height_m=height_m, roughness_m=roughness_m
        )
    return friction, length


def stable_surface(
    speed: Array,
    cloud_cover: Array,
    temperature_k: Array,
    *,
    height_m: float,
    roughness_m: float,
) -> tuple[Array, Array]:
    """Return (u*, L) of a stable hour from wind and cloud (Venkatram 1980 as in AERMET)."""
    drag = KAPPA / np.log(height_m / roughness_m)
    scale = 0.09 * (1.0 - 0.5 * cloud_cover**2)
    u0 = np.sqrt(5.0 * height_m * GRAVITY * scale / temperature_k)
    critical = 2.0 * u0 / np.sqrt(drag)
    root = np.sqrt(np.maximum(1.0 - (critical / np.maximum(speed, critical)) ** 2, 0.0))
    friction = 0.5 * drag * np.maximum(speed, critical) * (1.0 + root)
    slow = np.minimum(speed / critical, 1.0)  # below the critical wind both scales fall with it
    friction, scale = friction * slow, scale * slow
    scale = np.minimum(scale, _MAXIMUM_DOWNWARD_FLUX / friction)
    return friction, temperature_k * friction**2 / (KAPPA * GRAVITY * scale)


def mechanical_height(friction: Array) -> Array:
    """Mechanical mixing height 2300 u*^1.5 in metres (Venkatram 1980)."""
    result: Array = 2300.0 * friction**1.5
    return result


def convective_height(
    kinematic_flux: Array,
    hours: Array,
    groups: npt.NDArray[Any],
    weights: Array,
    *,
    lapse_rate: float,
    entrainment: float,
) -> Array:
    """Height of a layer that grew since sunrise, by (day or month, hour of day).

    ``kinematic_flux`` is w'T' at the ground in K m/s. Within a group the mean upward flux of
    each hour is summed from midnight to the middle of the hour:
    z^2 = 2 (1 + 2 A) / gamma x integral of w'T' dt, a zero-order jump with entrainment A into air
    whose potential temperature rises by gamma per metre.
    """
    _, group = np.unique(groups, return_inverse=True)
    cell = group * 24 + hours.astype(np.int64)
    size = (int(group.max()) + 1) * 24
    mass = np.bincount(cell, weights, size)
    total = np.bincount(cell, weights * np.maximum(kinematic_flux, 0.0), size)
    mean = np.divide(total, mass, out=np.zeros(size), where=mass > 0.0).reshape(-1, 24)
    heat = (np.cumsum(mean, axis=1) - 0.5 * mean) * 3600.0
    result: Array = np.sqrt(2.0 * (1.0 + 2.0 * entrainment) / lapse_rate * heat).ravel()[cell]
    return result


def convective_velocity(friction: Array, obukhov_m: Array, height_m: Array) -> Array:
    """w* in m/s, zero in stable rows: u* (zi / (kappa |L|))^(1/3)."""
    return np.where(
        obukhov_m < 0.0, friction * np.cbrt(height_m / (KAPPA * np.abs(obukhov_m))), 0.0
    )


_LEVELS = np.concatenate(
    [[0, 0.5, 1, 2, 4, 8, 14], np.arange(20, 100, 10), np.arange(100, 200, 20),
     np.arange(200, 5001, 50)]
).astype(float)  # fmt: skip


def sigma_v(
    friction: Array,
    convective: Array,
    mechanical_zi: Array,
    convective_zi: Array,
    *,
    height_m: float,
    minimum: float,
) -> Array:
    """Lateral turbulence at the mast in m/s, as AERMOD v23132 profiles it.

    The profile is evaluated on AERMOD's levels and interpolated linearly to ``height_m``.
    """

    def at(z: float) -> Array:
        surface = 3.6 * friction**2
        aloft = np.minimum(surface, 0.25)
        mechanical = surface + (aloft - surface) * np.minimum(z / mechanical_zi, 1.0)
        full = 0.35 * convective**2
        top = np.minimum(full, 0.25)
        rest = np.clip((z - convective_zi) / (0.2 * convective_zi), 0.0, 1.0)
        result: Array = np.sqrt(mechanical + full + (top - full) * rest)
        return result

    upper = int(np.searchsorted(_LEVELS, height_m))
    levels: Callable[[float], Array] = at
    if upper == 0:
        low_level: Array = np.maximum(levels(0.0), minimum)
        return low_level
    low, high = _LEVELS[upper - 1], _LEVELS[upper]
    share = (height_m - low) / (high - low)
    mixed: Array = np.maximum((1.0 - share) * levels(low) + share * levels(high), minimum)
    return mixed
