"""Why no plan meets the limits: what each could reach at best."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.optimize import linprog

from geofleet.errors import InputError, Problem
from geofleet.plan.model import PlanProblem
from geofleet.plan.rows import Model

__all__ = ["why_infeasible"]


def why_infeasible(model: Model, matrix: sparse.csr_array, problem: PlanProblem) -> InputError:
    """Return an error that names the limits and what could be had at best, one at a time.

    Budgets, plugs, power and floors are met by keeping every vehicle as it is, so it is the limits
    that no plan can meet. What can be had is that of the linear relaxation without other limits.
    """
    kept = np.array([not name.startswith("limit ") for name in model.names], bool)
    problems = []
    for limit in problem.limits:
        terms = model.term(problem, limit.measure)
        low = _extreme(model, matrix, kept, terms)
        high = -_extreme(model, matrix, kept, -terms)
        wanted = f"from {limit.least:g} to {limit.most:g}"
        if limit.least > high or limit.most < low:
            expected = f"a limit within what can be had, {low:g} to {high:g}"
        else:
            expected = f"limits that can be met together; by itself {low:g} to {high:g} can be had"
        problems.append(Problem("plan problem", f"limit {limit.measure}", 0, wanted, expected))
    return InputError(problems)


def _extreme(
    model: Model,
    matrix: sparse.csr_array,
    kept: npt.NDArray[np.bool_],
    terms: npt.NDArray[np.float64],
) -> float:
    low, high = np.array(model.low)[kept], np.array(model.high)[kept]
    rows = matrix[kept]
    above, below = np.isfinite(high), np.isfinite(low)
    result = linprog(
        terms,
        A_ub=sparse.vstack([rows[above], -rows[below]]) if len(low) else None,
        b_ub=np.concatenate([high[above], -low[below]]) if len(low) else None,
        bounds=np.column_stack([np.zeros(model.size), model.upper]),
        method="highs",
    )
    return float(result.fun) if result.fun is not None else -math.inf
