"""The two sides of a cascade, from a fleet table or from the groups of a city."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geofleet.errors import InputError, Problem
from geofleet.fleet.classes import operator_sizes
from geofleet.fleet.model import UNKNOWN

if TYPE_CHECKING:
    from geofleet.policy.programme import CityCases

__all__ = ["sides_of_city", "sides_of_fleet"]

_KEPT = (
    "operator_id", "operator_size", "vehicle_class", "fuel", "standard", "model_year",
    "payload_capacity_kg", "annual_km", "vehicles", "budget", "harm_per_g", "technology",
    "aftertreatment",
)  # fmt: skip
_NEEDED = _KEPT[:7]
_LARGE, _MICRO = (">100",), ("1-5",)


def sides_of_fleet(
    vehicles: pd.DataFrame,
    *,
    donor_sizes: Sequence[str] = _LARGE,
    receiver_sizes: Sequence[str] = _MICRO,
    each: int = 1,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Split a fleet table into donors' trucks and the oldest ones of receivers.

    Parameters
    ----------
    vehicles
        Indexed by ``vehicle_id``: columns of the fleet table and ``operator_size``; ``annual_km``,
        ``budget`` and ``harm_per_g`` where they are known.
    donor_sizes, receiver_sizes
        Operator sizes that pass on, and that take.
    each
        How many of its oldest trucks each receiver may have replaced.

    Raises
    ------
    InputError
        Columns that are missing, sizes that do not exist or stand on both sides, all at once.
    """
    problems = [
        Problem("vehicles", name, expected=f"a column {name}")
        for name in _NEEDED
        if name not in vehicles.columns
    ]
    problems += _size_faults(donor_sizes, receiver_sizes)
    if each < 1:
        problems.append(Problem("cascade", "each", 0, str(each), "a number of at least 1"))
    if problems:
        raise InputError(problems)
    table = vehicles[[name for name in _KEPT if name in vehicles.columns]].copy()
    if "annual_km" not in table:
        table["annual_km"] = np.nan
    table["vehicles"] = 1.0
    donors = table[table["operator_size"].isin(donor_sizes)]
    takers = table[table["operator_size"].isin(receiver_sizes)]
    order = takers.assign(name=takers.index.astype(str)).sort_values(["model_year", "name"])
    oldest = order.groupby("operator_id", sort=False).head(each).index
    return donors, takers[takers.index.isin(oldest)]


def sides_of_city(
    city: CityCases,
    *,
    donor_sizes: Sequence[str] = _LARGE,
    receiver_sizes: Sequence[str] = _MICRO,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Split the groups of a city into donors and receivers; every truck of a group may move.

    Parameters
    ----------
    city
        Made with ``by_operator_size=True`` (:func:`geofleet.policy.programme.city_cases`).

    Raises
    ------
    InputError
        A city without operator sizes, sizes that do not exist or stand on both sides.
    """
    problems = _size_faults(donor_sizes, receiver_sizes)
    if "operator_size" not in city.cases.columns:
        problems.append(Problem("city", "operator_size", expected="groups by operator size"))
    if problems:
        raise InputError(problems)
    cases = city.cases
    names = [name for name in _KEPT if name in cases.columns]
    table = cases[names].copy()
    table["operator_id"] = cases["operator_size"].astype(str)
    table["annual_km"] = city.mass["annual_km"]
    table["vehicles"] = city.weights
    for name in ("model_year", "payload_capacity_kg", "annual_km", "vehicles"):
        table[name] = pd.to_numeric(table[name])
    donors = table[table["operator_size"].isin(donor_sizes)]
    return donors, table[table["operator_size"].isin(receiver_sizes)]


def _size_faults(donors: Sequence[str], receivers: Sequence[str]) -> list[Problem]:
    allowed = operator_sizes()
    problems = [
        Problem("cascade", name, 0, str(size), "one of " + ", ".join(allowed))
        for name, sizes in (("donor_sizes", donors), ("receiver_sizes", receivers))
        for size in sizes
        if size not in allowed
    ]
    both = sorted(set(donors) & set(receivers))
    problems += [
        Problem("cascade", "receiver_sizes", 0, size, "sizes that do not pass on themselves")
        for size in both
    ]
    return problems


def known_standards(side: pd.DataFrame, name: str) -> None:
    """Refuse unknown standards: whether a filter fits cannot be said.

    Raises
    ------
    InputError
        The rows, five at most.
    """
    unknown = side.index[side["standard"].astype(str) == UNKNOWN]
    if len(unknown):
        raise InputError(
            Problem(name, f"{row}, standard", 0, UNKNOWN, "a standard that is known")
            for row in unknown[:5]
        )
