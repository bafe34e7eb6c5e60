"""HiGHS through scipy: relaxed rows with their prices, whole ones with their bound."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

__all__ = ["Relaxed", "Whole", "solve_relaxed", "solve_whole"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Relaxed:
    """A solved relaxation: value (maximised), solution and price of each row."""

    value: float
    solution: Floats
    prices: Floats


@dataclass(frozen=True)
class Whole:
    """What a search in whole numbers found; no solution where it found none in its limits."""

    value: float
    bound: float
    solution: Floats | None


def solve_relaxed(
    cost: Floats, matrix: sp.csr_matrix, most: Floats, upper: Floats
) -> Relaxed | None:
    """Minimise ``cost``; None where the rows contradict each other."""
    if not len(cost):
        empty = np.zeros(0)
        return Relaxed(0.0, empty, np.zeros(len(most))) if (most >= 0.0).all() else None
    bounds = np.column_stack([np.zeros(len(cost)), upper])
    found = linprog(cost, A_ub=matrix, b_ub=most, bounds=bounds, method="highs")
    if found.x is None or found.ineqlin.marginals is None:
        return None
    prices = np.maximum(0.0, -np.asarray(found.ineqlin.marginals, np.float64))
    return Relaxed(value=-float(found.fun), solution=np.asarray(found.x), prices=prices)


def solve_whole(
    cost: Floats,
    matrix: sp.csr_matrix,
    most: Floats,
    upper: Floats,
    *,
    gap: float,
    nodes: int,
    seconds: float | None = None,
    lower: Floats | None = None,
    divisible: int = 0,
) -> Whole:
    """Minimise ``cost`` in whole numbers until the gap or the number of nodes is reached.

    The last ``divisible`` columns need not be whole. Nodes rather than seconds end the search, so
    that it ends the same on every machine.
    """
    if not len(cost):
        kept = bool((most >= 0.0).all())
        value = 0.0 if kept else -np.inf
        return Whole(value=value, bound=value, solution=np.zeros(0) if kept else None)
    options: dict[str, float | int] = {"mip_rel_gap": gap, "node_limit": nodes}
    if seconds is not None:
        options["time_limit"] = max(seconds, 0.1)
    found = milp(
        cost,
        constraints=LinearConstraint(matrix, -np.inf, most),
        bounds=Bounds(np.zeros(len(cost)) if lower is None else lower, upper),
        integrality=(np.arange(len(cost)) < len(cost) - divisible).astype(int),
        options=options,
    )
    bound = found.mip_dual_bound
    bound = np.inf if bound is None or not np.isfinite(bound) else -float(bound)
    if found.status == 2:
        return Whole(value=-np.inf, bound=-np.inf, solution=None)
    if found.x is None:
        return Whole(value=-np.inf, bound=bound, solution=None)
    solution = np.asarray(found.x, np.float64)
    return Whole(value=-float(found.fun), bound=max(bound, -float(found.fun)), solution=solution)
