"""Harm that a vehicle's exhaust does on a day: what an electric vehicle in its place avoids."""

from __future__ import annotations

import numpy as np
import pandas as pd

from geofleet.emissions.model import TraversalEmissions
from geofleet.errors import InputError, Problem
from geofleet.exposure import UnitExposure
from geofleet.routes import Traversals

__all__ = ["exhaust_harm"]

_SECONDS_PER_HOUR = 3600.0


def exhaust_harm(
    traversals: Traversals,
    emissions: TraversalEmissions,
    unit_exposure: UnitExposure,
    *,
    quantity: str = "pm25_exhaust_g",
) -> pd.Series:
    """Return persons·µg/m3·h by vehicle-day behind one exhaust quantity.

    Wear of tyres, brakes and road stays with an electric vehicle and is not in it.

    Parameters
    ----------
    traversals, emissions
        Rows of one belong to those of the other.
    unit_exposure
        Of the people who count.
    quantity
        A column of ``emissions.grams`` whose name has ``_exhaust_``.

    Returns
    -------
    pandas.Series
        By ``vehicle_day``, all of ``traversals.vehicle_days``: 0 for a day that drives nothing,
        NaN where a link that is driven has no unit exposure.

    Raises
    ------
    InputError
        Another quantity, or emissions of other traversals.
    """
    problems = []
    if "_exhaust_" not in quantity or quantity not in emissions.grams.columns:
        named = [str(name) for name in emissions.grams.columns if "_exhaust_" in str(name)]
        expected = "one of " + ", ".join(named)
        problems.append(Problem("emissions", "quantity", 0, quantity, expected))
    if len(emissions.grams) != len(traversals):
        expected = f"{len(traversals)} rows, one per traversal"
        problems.append(Problem("emissions", "grams", 0, str(len(emissions.grams)), expected))
    if problems:
        raise InputError(problems)
    edge = traversals.frame["edge"].to_numpy(np.int64)
    known = np.isin(edge, unit_exposure.edges)
    place = np.searchsorted(unit_exposure.edges, edge[known])
    value = np.full(len(edge), np.nan)
    value[known] = unit_exposure.values[place, traversals.hour.astype(np.int64)[known]]
    harm = value * emissions.grams[quantity].to_numpy(np.float64) / _SECONDS_PER_HOUR
    day = traversals.frame["vehicle_day"].to_numpy(np.int64)
    total = np.bincount(day, weights=harm, minlength=len(traversals.vehicle_days))
    return pd.Series(total, index=pd.RangeIndex(len(total), name="vehicle_day"), name=quantity)
