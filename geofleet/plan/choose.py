"""One door to the solvers: the search that suits the size of a problem."""

from __future__ import annotations

import math
from dataclasses import replace

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.plan.check import PlanError
from geofleet.plan.exact import solve_exact
from geofleet.plan.greedy import rank_by_ratio
from geofleet.plan.model import CHEAPEST, Plan, PlanProblem

__all__ = ["solve"]


def solve(
    problem: PlanProblem,
    objective: str,
    *,
    gap: float | None = None,
    seconds: float | None = None,
    defaults: Defaults | None = None,
) -> Plan:
    """Return the best plan, searched whole where the problem is small and by parts where it is not.

    Ranking by ratio is tried too, so that a search that stops at a gap never gives less than it.

    Parameters
    ----------
    problem
        What can be chosen; with work to exchange it has a search of its own.
    objective
        ``cost`` for as little as can be, any other measure for as much.
    gap, seconds
        Where the search may stop; the rows of the method when not given.
    defaults
        Where the rows are read; row ``plan:large.exact_choices`` says what is small.

    Raises
    ------
    InputError
        A problem that does not hold together, or whose limits no plan can meet.
    PlanError
        No plan was found.
    """
    scope = (defaults or Defaults()).scope()
    rows = CheckedRows(scope)
    most = rows.number("plan", "large.exact_choices", 0.0, math.inf, "choices, at least 0")
    rows.finish()
    if problem.work is not None:
        from geofleet.plan.exchanged import solve_exchanged

        found = solve_exchanged(problem, objective, gap=gap, seconds=seconds, defaults=scope)
    elif len(problem.unit) <= most:
        found = solve_exact(problem, objective, gap=gap, seconds=seconds, defaults=scope)
    else:
        from geofleet.plan.large import solve_large

        found = solve_large(problem, objective, gap=gap, seconds=seconds, defaults=scope)
    try:
        ranked = rank_by_ratio(problem, objective, defaults=scope)
    except PlanError:
        return found
    sign = -1.0 if objective == CHEAPEST else 1.0
    if sign * (ranked.value - found.value) <= 0.0:
        return found
    space = abs(found.bound - ranked.value)
    return replace(
        ranked,
        bound=found.bound,
        gap=space / abs(ranked.value) if ranked.value else (math.inf if space else 0.0),
        method=f"ranking, within the bound of {found.method}",
        report=found.report,
    )
