"""Friction velocity and Obukhov length from wind, heat flux and cloud.

Sources: convective hours as in AERMET (Cimorelli et al. 2005, J. Appl. Meteor. 44, 682-693);
stable hours after van Ulden & Holtslag (1985), J. Climate Appl. Meteor. 24, 1196-1207, and
Venkatram (1980), Boundary-Layer Meteor. 19, 481-485, as AERMET combines them, weak sun after
Holtslag (1984), Boundary-Layer Meteor. 29, 225-250; light wind, where asked for, after Qian &
Venkatram (2011), Boundary-Layer Meteor. 138, 475-491 (AERMET's ADJ_U*). Arrays hold one value per
weather row.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from geofleet.exposure.meteorology.air import GRAVITY, HEAT_CAPACITY, KAPPA

__all__ = [
    "convective_surface",
    "log_linear_friction",
    "neutral_or_given_friction",
    "obukhov_length",
    "stability_function",
    "stable_surface",
    "temperature_scale",
]

Array = npt.NDArray[np.float64]

_LEAST_SHAPE = 0.5  # very unstable rows with a low mast make the profile almost flat
_SLOPE = 5.0  # of the log-linear profile
_SLOPE_ADJUSTED = 4.7  # the same in Qian & Venkatram's fit
_DISPLACEMENT = 5.0  # roughness lengths; enters their drag coefficient
_LARGEST_LOSS = 64.0  # W/m2: AERMET's bound on the heat that air gives to the ground


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


def log_linear_friction(
    speed: Array, obukhov_m: Array, *, height_m: float, roughness_m: float
) -> Array:
    """Friction velocity of a stable hour for a given L by the profile of :func:`stable_surface`."""
    shape = np.log(height_m / roughness_m) + _SLOPE * height_m / obukhov_m
    result: Array = KAPPA * speed / shape
    return result


def obukhov_length(
    friction: Array, flux_w_m2: Array, temperature_k: Array, density: Array
) -> Array:
    """L in metres of a friction velocity and an upward heat flux (not zero)."""
    buoyancy = KAPPA * GRAVITY * flux_w_m2
    result: Array = -density * HEAT_CAPACITY * temperature_k * friction**3 / buoyancy
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
        length = obukhov_length(friction, flux_w_m2, temperature_k, density)
        length = np.minimum(length, -1e-3)
        friction = 0.5 * friction + 0.5 * neutral_or_given_friction(
            speed, length, height_m=height_m, roughness_m=roughness_m
        )
    return friction, length


def temperature_scale(
    cloud_cover: Array, elevation_deg: Array | float = 0.0, critical_deg: Array | float = 90.0
) -> Array:
    """Temperature scale theta* of stable hours in K: 0.09 (1 - 0.5 n^2).

    Less with a sun that is up but below its critical height (Holtslag 1984): times
    1 - (elevation / critical)^2.
    """
    least = 1e-3  # as the sun reaches its critical height the hour becomes neutral
    ratio = np.maximum(elevation_deg, 0.0) / np.maximum(critical_deg, 1e-9)
    result: Array = 0.09 * (1.0 - 0.5 * cloud_cover**2) * np.maximum(1.0 - ratio**2, least)
    return result


def stable_surface(
    speed: Array,
    scale_k: Array,
    temperature_k: Array,
    density: Array,
    *,
    height_m: float,
    roughness_m: float,
    adjusted: bool = False,
) -> tuple[Array, Array]:
    """Return (u*, L) of stable hours from wind and temperature scale, as AERMET.

    The log-linear profile u = u*/k (ln z/z0 + 5 z/L) with theta* given is a square in u*. Below
    the wind at which it has a solution, u* and theta* fall with the wind. In strong wind the heat
    flux stops at 64 W/m2 and u* is the larger root of the cubic that follows. ``adjusted`` takes
    Qian & Venkatram's fit instead of the square, which keeps u* up in light wind.
    """
    slope = _SLOPE_ADJUSTED if adjusted else _SLOPE
    height = height_m - _DISPLACEMENT * roughness_m if adjusted else height_m
    drag = KAPPA / np.log(height / roughness_m)
    critical = 2.0 * np.sqrt(slope * height * GRAVITY * scale_k / temperature_k / drag)
    scale = scale_k
    if adjusted:
        ratio = critical / speed
        friction = (
            0.5 * drag * speed * (1.0 + np.exp(-0.5 * ratio**2)) / (1.0 - np.exp(-2.0 / ratio))
        )
    else:
        held = np.maximum(speed, critical)
        root = np.sqrt(np.maximum(1.0 - (critical / held) ** 2, 0.0))
        slow = np.minimum(speed / critical, 1.0)
        friction, scale = 0.5 * drag * held * (1.0 + root) * slow, scale_k * slow
    limit = _LARGEST_LOSS / (density * HEAT_CAPACITY)  # K m/s
    strong = friction * scale > limit
    if strong.any():
        held = _friction_of_flux(drag * speed, drag * slope * height * GRAVITY * limit
                                 / temperature_k)  # fmt: skip
        friction = np.where(strong, np.where(np.isnan(held), friction, held), friction)
        scale = np.where(strong, limit / friction, scale)
    return friction, temperature_k * friction**2 / (KAPPA * GRAVITY * scale)


def _friction_of_flux(neutral: Array, stability: Array) -> Array:
    """Return the largest root of x^3 - neutral x^2 + stability = 0, NaN where there is none."""
    lowest = 2.0 / 3.0 * neutral
    exists = lowest**3 - neutral * lowest**2 + stability <= 0.0
    x = np.array(neutral, dtype=np.float64)
    for _ in range(60):  # Newton from above, where the cubic is convex
        slope = np.maximum(3.0 * x**2 - 2.0 * neutral * x, 1e-12)
        x = np.maximum(x - (x**3 - neutral * x**2 + stability) / slope, lowest)
    return np.where(exists, x, np.nan)
