"""The warmth of a city in stable hours: AERMOD's urban option.

Source: AERMOD model formulation document, section on the urban boundary layer; Cimorelli et al.
2005, J. Appl. Meteor. 44, 682-693 (heat island after Oke 1973, Atmos. Environ. 7, 769-779; depth
after Venkatram 1978, Boundary-Layer Meteor. 15, 481-489); constants as in AERMOD v23132.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geofleet.exposure.meteorology.air import GRAVITY, KAPPA

__all__ = ["UrbanLayer", "heat_island_k", "urban_depth_m", "urban_layer"]

Array = npt.NDArray[np.float64]

_POPULATION = 2e6  # of Montreal, whose heat island and depth the laws are scaled by
_ISLAND_K, _DEPTH_M, _PER_FACTOR = 12.0, 400.0, 0.1
_HEAT_TRANSFER = 0.03
_BLENDING = 7.0  # roughness lengths


@dataclass(frozen=True)
class UrbanLayer:
    """What the warm city makes of each weather row.

    Parameters
    ----------
    applies
        Stable rows, and unstable rows of the morning whose convective layer is still shallower
        than the night's.
    friction_velocity, obukhov_length, depth
        As after the change; rows that do not change keep theirs.
    convective_velocity
        Velocity scale of the city's heat in rows that change, else zero.
    night_depth
        Depth of the urban layer by night.
    """

    applies: npt.NDArray[np.bool_]
    friction_velocity: Array
    obukhov_length: Array
    depth: Array
    convective_velocity: Array
    night_depth: float


def heat_island_k(population: float) -> float:
    """Return how much warmer the city is than its surroundings by night, in K."""
    return float(_ISLAND_K * (_PER_FACTOR * np.log(population / _POPULATION) + 1.0))


def urban_depth_m(population: float) -> float:
    """Return the depth of the urban layer by night, in metres."""
    return float(_DEPTH_M * (population / _POPULATION) ** 0.25)


def urban_layer(
    friction: Array,
    obukhov_m: Array,
    depth_m: Array,
    mechanical_zi: Array,
    convective_zi: Array,
    temperature_k: Array,
    *,
    population: float,
    roughness_m: float,
    urban_roughness_m: float,
) -> UrbanLayer:
    """Return u*, L and depth with the heat of a city of so many people.

    Parameters
    ----------
    friction, obukhov_m, depth_m, mechanical_zi, convective_zi
        Of the open country, one value per row; ``convective_zi`` counts in unstable rows only.
    roughness_m, urban_roughness_m
        Around the mast, and of the city.
    """
    night = urban_depth_m(population)
    stable = obukhov_m > 0.0
    applies = stable | (convective_zi <= night)
    warmth = _HEAT_TRANSFER * heat_island_k(population) * friction  # K m/s
    velocity = np.cbrt(GRAVITY * warmth * night / temperature_k)
    blending = _BLENDING * max(urban_roughness_m, roughness_m)
    depth = np.maximum(night, mechanical_zi)
    mixed = np.sqrt(1.6 * (blending / night) ** (2.0 / 3.0))
    mixed = mixed / (1.3 * np.sqrt(1.0 - blending / depth))
    faster = np.maximum(friction, velocity * mixed)
    length = temperature_k * faster**3 / (KAPPA * GRAVITY * warmth)
    changed = np.where(stable, np.maximum(length, obukhov_m), np.maximum(-length, obukhov_m))
    return UrbanLayer(
        applies=applies,
        friction_velocity=np.where(applies, faster, friction),
        obukhov_length=np.where(applies, changed, obukhov_m),
        depth=np.where(applies, depth, depth_m),
        convective_velocity=np.where(applies, velocity, 0.0),
        night_depth=night,
    )
