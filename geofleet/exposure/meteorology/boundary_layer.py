"""Depth of the mixed air, and turbulence, from the surface layer.

Sources: mechanical layer after Venkatram (1980), Boundary-Layer Meteor. 19, 481-485, smoothed as in
AERMET (Cimorelli et al. 2005, J. Appl. Meteor. 44, 682-693); growth of the convective layer as a
zero-order jump (Tennekes 1973, J. Atmos. Sci. 30, 558-567); lateral turbulence as in AERMOD
v23132. All arrays are one value per weather row.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from geofleet.exposure.meteorology.air import KAPPA

__all__ = [
    "convective_height",
    "convective_velocity",
    "mechanical_height",
    "sigma_v",
    "smooth_heights",
]

Array = npt.NDArray[np.float64]

_TIME_SCALE = 2.0  # depths over friction velocities: how fast a mechanical layer follows


def mechanical_height(friction: Array) -> Array:
    """Mechanical mixing height 2300 u*^1.5 in metres (Venkatram 1980)."""
    result: Array = 2300.0 * friction**1.5
    return result


def smooth_heights(raw_m: Array, friction: Array, hour_index: npt.NDArray[np.int64]) -> Array:
    """Let a mechanical layer follow its equilibrium no faster than turbulence can stir it.

    AERMET: z = z_before e^(-t/T) + z_raw (1 - e^(-t/T)) over t = 1 h, T = z_before / (2 u*).

    Parameters
    ----------
    hour_index
        Hours since any start; rows of one hour share a height, and after a gap it starts anew.
    """
    hours, first, back = np.unique(hour_index, return_index=True, return_inverse=True)
    raw, speed = raw_m[first].tolist(), friction[first].tolist()
    follows = np.concatenate([[False], np.diff(hours) == 1]).tolist()
    out = []
    before = 0.0
    for height, velocity, next_hour in zip(raw, speed, follows, strict=True):
        kept = math.exp(-3600.0 * _TIME_SCALE * velocity / before) if next_hour else 0.0
        before = before * kept + height * (1.0 - kept)
        out.append(before)
    result: Array = np.array(out)[back]
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
    whose potential temperature rises by gamma per metre. Hours of a group without rows take
    what lies between their neighbours (nothing before midnight and after).
    """
    _, group = np.unique(groups, return_inverse=True)
    cell = group * 24 + hours.astype(np.int64)
    size = (int(group.max()) + 1) * 24
    mass = np.bincount(cell, weights, size)
    total = np.bincount(cell, weights * np.maximum(kinematic_flux, 0.0), size)
    mean = np.divide(total, mass, out=np.zeros(size), where=mass > 0.0).reshape(-1, 24)
    _bridge(mean, (mass > 0.0).reshape(-1, 24))
    heat = (np.cumsum(mean, axis=1) - 0.5 * mean) * 3600.0
    result: Array = np.sqrt(2.0 * (1.0 + 2.0 * entrainment) / lapse_rate * heat).ravel()[cell]
    return result


def _bridge(mean: Array, known: npt.NDArray[np.bool_]) -> None:
    """Fill hours without rows in place, group by group, from the hours around them."""
    hours = np.arange(24)
    for group in np.flatnonzero(~known.all(axis=1) & known.any(axis=1)):
        have = known[group]
        mean[group] = np.interp(hours, hours[have], mean[group, have], left=0.0, right=0.0)


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
    urban: Array | float = 0.0,
    urban_zi: float = 1.0,
) -> Array:
    """Lateral turbulence at the mast in m/s, as AERMOD v23132 profiles it.

    The profile is evaluated on AERMOD's levels and interpolated linearly to ``height_m``.

    Parameters
    ----------
    convective, convective_zi
        Velocity scale (zero in stable rows) and depth of the convective layer.
    urban, urban_zi
        Velocity scale of the city's heat (zero where there is none) and depth of its layer.
    """

    def buoyant(z: float, velocity: Array | float, depth: Array | float) -> Array:
        full = 0.35 * np.square(velocity)
        top = np.minimum(full, 0.25)
        rest = np.clip((z - depth) / (0.2 * depth), 0.0, 1.0)
        result: Array = full + (top - full) * rest
        return result

    def at(z: float) -> Array:
        surface = 3.6 * friction**2
        aloft = np.minimum(surface, 0.25)
        mechanical = surface + (aloft - surface) * np.minimum(z / mechanical_zi, 1.0)
        result: Array = np.sqrt(
            mechanical + buoyant(z, convective, convective_zi) + buoyant(z, urban, urban_zi)
        )
        return result

    upper = int(np.searchsorted(_LEVELS, height_m))
    if upper == 0:
        low_level: Array = np.maximum(at(0.0), minimum)
        return low_level
    low, high = _LEVELS[upper - 1], _LEVELS[upper]
    share = (height_m - low) / (high - low)
    mixed: Array = np.maximum((1.0 - share) * at(low) + share * at(high), minimum)
    return mixed
