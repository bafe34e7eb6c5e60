"""HiGHS through scipy: a condensed model relaxed, with its prices, and in whole numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, OptimizeResult, linprog, milp

from geofleet.plan.exchanged.condensed import Condensed

__all__ = ["Relaxed", "proven_bound", "solve_relaxed", "solve_whole"]

Floats = npt.NDArray[np.float64]

_OPTIMAL = 0


@dataclass(frozen=True)
class Relaxed:
    """A solved relaxation: least value, solution, reduced costs, and prices of rows.

    A price is at least 0 for a row with ``most``, at most 0 for one with ``least``; what a column
    costs with its rows paid for is ``terms + matrix.T @ prices``.
    """

    value: float
    solution: Floats
    reduced: Floats
    prices: Floats


def solve_relaxed(condensed: Condensed) -> Relaxed | None:
    """Solve the linear relaxation; None where its rows contradict each other."""
    low, high = condensed.low, condensed.high
    same = low == high
    above, below = ~same & np.isfinite(high), ~same & np.isfinite(low)
    matrix = condensed.matrix
    found = linprog(
        condensed.terms,
        A_ub=sparse.vstack([matrix[above], -matrix[below]]),
        b_ub=np.concatenate([high[above], -low[below]]),
        A_eq=matrix[same],
        b_eq=high[same],
        bounds=np.column_stack([np.zeros(len(condensed.upper)), condensed.upper]),
        method="highs-ds",
    )
    if found.x is None or found.lower.marginals is None:
        return None
    marginals = np.asarray(found.ineqlin.marginals, np.float64)
    prices = np.zeros(len(low))
    prices[above] -= marginals[: above.sum()]
    prices[below] += marginals[above.sum() :]
    prices[same] -= np.asarray(found.eqlin.marginals, np.float64)
    return Relaxed(
        value=float(found.fun),
        solution=np.asarray(found.x, np.float64),
        reduced=np.asarray(found.lower.marginals, np.float64),
        prices=prices,
    )


def solve_whole(
    terms: Floats,
    matrix: sparse.csr_array,
    low: Floats,
    high: Floats,
    upper: Floats,
    integrality: npt.NDArray[np.uint8],
    *,
    gap: float,
    nodes: int,
    seconds: float | None = None,
) -> OptimizeResult:
    """Minimise in whole numbers until the gap, the number of nodes or the time is reached.

    Without a time the same input ends the same on every machine.
    """
    options: dict[str, float | int] = {"mip_rel_gap": gap, "node_limit": nodes}
    if seconds is not None and math.isfinite(seconds):
        options["time_limit"] = max(seconds, 0.1)
    rows = [LinearConstraint(matrix, low, high)] if len(low) else []
    return milp(
        terms, integrality=integrality, bounds=Bounds(0.0, upper), constraints=rows,
        options=options,
    )  # fmt: skip


def proven_bound(result: OptimizeResult) -> float:
    """Return the bound that a search proved; -inf where it proved none."""
    if result.mip_dual_bound is not None:
        return float(result.mip_dual_bound)
    # solved before any search began: its value is its bound
    return float(result.fun) if result.status == _OPTIMAL else -math.inf
