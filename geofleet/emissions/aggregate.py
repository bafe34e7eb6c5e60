"""Sums of emissions by link and hour. Nothing is lost on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.emissions import _kernels_sums as kernels
from geofleet.emissions.model import QUANTITIES, VEHICLE_DAYS, LinkEmissions, TraversalEmissions

if TYPE_CHECKING:
    from geofleet.routes import Traversals

__all__ = ["grouped", "link_emissions"]


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
    days = traversals.vehicle_days
    frame = pd.DataFrame(
        {
            "edge": (values // 24).astype(np.int32),
            "hour": (values % 24).astype(np.int8),
            "vehicles": counts,
            **dict(zip(QUANTITIES, sums, strict=True)),
        }
    )
    return LinkEmissions(
        frame=frame,
        flags=dict(emissions.flags),
        flagged_km=dict(emissions.flagged_km),
        factors=emissions.factors,
        parts=(VEHICLE_DAYS,) if len(frame) else (),
        provenance=emissions.provenance,
        vehicle_days=frozenset(
            zip(days["vehicle_id"].astype(str), days["date"].astype(str), strict=True)
        ),
    )


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
