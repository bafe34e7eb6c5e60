"""The US certification path: EPA standards as multipliers per unit of fuel on a named EMEP row.

EPA limits are work-specific like European ones but belong to other test cycles and other
aftertreatment, so no Euro standard stands for one. Measured or modelled ratios of pollutant to fuel
carry over between vehicles far better than grams per kilometre do: the factor of an EPA engine is

    pollutant(v) = factor · shape(v) / energy_shape(v) · energy(v)

with ``shape`` the named EMEP function, ``energy_shape`` the energy function of the same standard
and ``energy`` that of the engine itself.
"""

from __future__ import annotations

from dataclasses import dataclass

from geofleet.defaults.checked import CheckedRows
from geofleet.errors import Problem

__all__ = ["PerFuel", "per_fuel", "ratio_limits"]

_TABLE = "us_path"
_ENERGY = "energy"


@dataclass(frozen=True, slots=True)
class PerFuel:
    """The function behind one base of an engine.

    Parameters
    ----------
    shape
        Standard whose function is taken.
    factor
        What it is multiplied by.
    per_fuel
        Whether it is used per unit of fuel, not per kilometre.
    """

    shape: str
    factor: float = 1.0
    per_fuel: bool = False


def ratio_limits(rows: CheckedRows) -> tuple[float, float]:
    """Return the limits of own energy over that of the shape.

    Downhill one of the two may come near zero and their ratio would mean nothing; on the level and
    uphill those of neighbouring standards stay inside.
    """
    low = rows.number(_TABLE, "fuel_ratio.lowest", 0.0, 1.0, "a ratio from 0 to 1")
    high = rows.number(_TABLE, "fuel_ratio.highest", 1.0, 100.0, "a ratio of at least 1")
    return low, high


def per_fuel(rows: CheckedRows, standard: str, base: str) -> PerFuel:
    """Return function and factor of a base; a European standard has its own, per kilometre."""
    row = f"{standard}.{base}.shape"
    if row not in rows.defaults.table(_TABLE).index:
        return PerFuel(standard)
    shape = rows.defaults.text(_TABLE, row)
    named = f"{standard}.{base}.{'factor' if base == _ENERGY else 'per_fuel_factor'}"
    factor = rows.number(_TABLE, named, 0.0, float("inf"), "a number above 0", above=True)
    if shape.startswith("epa"):
        expected = "a European standard of the table of hot emission functions"
        problem = Problem(f"default table {_TABLE}", row, value=shape, expected=expected)
        rows.problems.append(problem)
    return PerFuel(shape, factor, per_fuel=base != _ENERGY)
