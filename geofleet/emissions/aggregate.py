"""Sums of emissions by link and hour, and by who emits. Nothing is lost on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.emissions import _kernels_sums as kernels
from geofleet.emissions.model import QUANTITIES, LinkEmissions, TraversalEmissions

if TYPE_CHECKING:
    from geofleet.fleet import Fleet
    from geofleet.routes import Traversals

__all__ = ["emissions_by", "grouped", "link_emissions"]

UNKNOWN = "unknown"
"""Name of the group of vehicles whose property is not known."""

Key = Literal["operator_id", "operator_size", "vehicle_class", "standard", "vehicle_id", "hour"]


def link_emissions(traversals: Traversals, emissions: TraversalEmissions) -> LinkEmissions:
    """Sum grams by link and hour of the day in which the traversal begins.

    Sums are compensated (Neumaier): the total over links equals the total over traversals to
    within 1e-12 of itself.

    Parameters
    ----------
    traversals, emissions
        The table of traversals and the grams of its rows.

    Returns
    -------
    LinkEmissions
        Grams by edge number and local hour (0–23), only pairs with traffic.
    """
    edge = traversals.frame["edge"].to_numpy(np.int64)
    key = edge * 24 + traversals.hour.astype(np.int64)
    values, counts, sums = grouped(key, _matrix(emissions))
    frame = pd.DataFrame(
        {
            "edge": (values // 24).astype(np.int32),
            "hour": (values % 24).astype(np.int8),
            "vehicles": counts,
            **dict(zip(QUANTITIES, sums, strict=True)),
        }
    )
    return LinkEmissions(frame=frame, provenance=emissions.provenance)


def emissions_by(
    traversals: Traversals,
    emissions: TraversalEmissions,
    key: Key,
    *,
    fleet: Fleet | None = None,
) -> pd.DataFrame:
    """Sum grams by a property of the vehicle, its operator, or the hour of the day.

    Parameters
    ----------
    traversals, emissions
        The table of traversals and the grams of its rows.
    key
        ``operator_id``, ``vehicle_class``, ``vehicle_id``, ``hour``, or, with a fleet,
        ``operator_size`` and ``standard``.
    fleet
        Vehicles and operators, needed for the last two keys.

    Returns
    -------
    DataFrame
        Indexed by ``key`` ascending: ``traversals`` (count), ``distance_km`` and the emission
        columns in grams. Vehicles or operators that the fleet does not hold, or of which it does
        not say it, stand under ``unknown``.

    Raises
    ------
    ValueError
        The key is unknown, or needs the fleet and none is given.
    """
    names: pd.Index | None = None
    if key == "hour":
        code = traversals.hour.astype(np.int64)
    else:
        known = _key_of_days(traversals.vehicle_days, key, fleet).astype(object)
        # Grams of nobody known stay in the sum, under that name.
        of_day, names = pd.factorize(known.where(known.notna(), UNKNOWN), sort=True)
        code = of_day[traversals.frame["vehicle_day"].to_numpy()].astype(np.int64)
    distance = traversals.frame["length_m"].to_numpy(np.float64)[np.newaxis] / 1000.0
    values, counts, sums = grouped(code, np.vstack([distance, _matrix(emissions)]))
    index = pd.Index(values if names is None else names[values], name=key)
    columns = {"traversals": counts, "distance_km": sums[0]}
    columns |= dict(zip(QUANTITIES, sums[1:], strict=True))
    return pd.DataFrame(columns, index=index)


def _key_of_days(vehicle_days: pd.DataFrame, key: str, fleet: Fleet | None) -> pd.Series:
    if key in ("operator_id", "vehicle_class", "vehicle_id"):
        return vehicle_days[key]
    if key not in ("operator_size", "standard"):
        raise ValueError(f"emissions cannot be summed by {key!r}")
    if fleet is None:
        raise ValueError(f"summing by {key!r} needs the fleet")
    if key == "operator_size":
        return fleet.operators[key].reindex(vehicle_days["operator_id"]).reset_index(drop=True)
    return fleet.vehicles[key].reindex(vehicle_days["vehicle_id"]).reset_index(drop=True)


def _matrix(emissions: TraversalEmissions) -> npt.NDArray[np.float64]:
    return np.ascontiguousarray(emissions.grams[list(QUANTITIES)].to_numpy(np.float64).T)


def grouped(
    key: npt.NDArray[np.int64], values: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Return the distinct keys ascending, their counts, and sums of shape (rows, keys)."""
    order = np.argsort(key, kind="stable")
    distinct, counts = np.unique(key, return_counts=True)
    starts = np.zeros(len(distinct) + 1, dtype=np.int64)
    np.cumsum(counts, out=starts[1:])
    sums = np.empty((len(values), len(distinct)))
    kernels.group_sums(values, order, starts, sums)
    return distinct, counts.astype(np.int64), sums
