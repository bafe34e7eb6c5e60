"""The frontier of cost against harm: plans that nothing beats in both."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.plan.check import check_objective
from geofleet.plan.evaluation import evaluate, public_money
from geofleet.plan.exact import solve_exact
from geofleet.plan.model import CHEAPEST, Frontier, Limit, Plan, PlanProblem

__all__ = ["frontier"]

Solver = Callable[[PlanProblem, str], Plan]
_SAME = 1e-6


def frontier(
    problem: PlanProblem,
    measure: str = "harm",
    *,
    points: int | None = None,
    gap: float | None = None,
    solve: Solver | None = None,
    defaults: Defaults | None = None,
) -> Frontier:
    """Return plans from the cheapest to the one that does most, none dominated.

    Parameters
    ----------
    problem
        What can be chosen, with its budgets and own limits.
    measure
        What is set against cost.
    points
        How many, ends included; default row ``plan:frontier.points``.
    gap
        Where each search may stop; default row ``plan:exact.gap``. Points are then within it, and
        the last one is the cheapest plan found within it of the most that can be done.
    solve
        Solver of problem and objective; :func:`solve_exact` when not given.
    defaults
        Where rows are read.

    Returns
    -------
    Frontier
        As many points as differ, cheapest first.

    Raises
    ------
    InputError
        A problem that cannot be solved, fewer than two points.

    Notes
    -----
    The ε-constraint method (Haimes, Lasdon & Wismer 1971) in two solutions to a point: least cost
    that reaches a level of the measure, then most of the measure for that cost. The second makes
    sure that nothing better is to be had for the same money. Levels are evenly spaced between the
    two ends. Mixed-integer frontiers have gaps; levels within one give the same point, told once.
    """
    check_objective(problem, measure)
    check_objective(problem, CHEAPEST)
    scope = (defaults or Defaults()).scope()
    rows = CheckedRows(scope)
    count = rows.number("plan", "frontier.points", 2.0, 1000.0, "a number from 2 to 1000")
    allowed = rows.number("plan", "exact.gap", 0.0, 1.0, "a share from 0 to 1")
    rows.finish()
    how_many = max(2, int(count) if points is None else points)
    # a solver of one's own is taken at its word
    near = gap if gap is not None else allowed if solve is None else 0.0
    search = _Search(problem, measure, solve, near, scope)
    top = search.most(problem, [])
    ends = [search.point(None), search.point(top.value - near * abs(top.value), top)]
    levels = np.linspace(_value(ends[0][0], measure), _value(ends[1][0], measure), how_many)
    # from the top down, so that the point above is a plan that reaches the level
    inner = [search.point(float(level)) for level in levels[-2:0:-1]]
    kept = _not_dominated([ends[0], *inner, ends[1]], measure)
    return Frontier(_table(kept, measure), tuple(plan for plan, _ in kept), measure)


class _Search:
    """Solves the problems of the points; plans found before are a start for those that follow."""

    def __init__(
        self,
        problem: PlanProblem,
        measure: str,
        solve: Solver | None,
        gap: float,
        defaults: Defaults,
    ) -> None:
        self.problem, self.measure, self.own = problem, measure, solve
        self.gap, self.defaults = gap, defaults
        self.found: list[Plan] = []

    def point(self, level: float | None, *also: Plan) -> tuple[Plan, float]:
        """Return the best plan of the least cost that reaches a level, and the gap of that cost."""
        asked = self.problem
        known = [*self.found, *also] if level is not None else []
        if level is not None:
            bound = level - _SAME * 0.1 * max(1.0, abs(level))
            asked = replace(asked, limits=(*asked.limits, Limit(self.measure, least=bound)))
            known = [plan for plan in known if _value(plan, self.measure) >= bound]
        cheapest = self._solve(asked, CHEAPEST, known)
        most = cheapest.value + _SAME * 0.1 * max(1.0, abs(cheapest.value))
        within = replace(asked, limits=(*asked.limits, Limit(CHEAPEST, most=most)))
        plan = self.most(within, [cheapest])
        self.found.append(plan)
        return plan, cheapest.gap

    def most(self, problem: PlanProblem, known: list[Plan]) -> Plan:
        """Return the plan that does most."""
        return self._solve(problem, self.measure, known)

    def _solve(self, problem: PlanProblem, objective: str, known: list[Plan]) -> Plan:
        if self.own is not None:
            return self.own(problem, objective)
        sign = 1.0 if objective == CHEAPEST else -1.0
        start = min(known, key=lambda plan: sign * _value(plan, objective), default=None)
        return solve_exact(problem, objective, gap=self.gap, known=start, defaults=self.defaults)


def _value(plan: Plan, measure: str) -> float:
    return evaluate(plan.problem, plan.chosen, plan.chargers, plan.extensions, plan.assigned)[
        measure
    ]


def _not_dominated(found: list[tuple[Plan, float]], measure: str) -> list[tuple[Plan, float]]:
    """Sort by cost and leave out what costs as much or more for no more of the measure."""
    found = sorted(found, key=lambda one: (_value(one[0], CHEAPEST), -_value(one[0], measure)))
    kept: list[tuple[Plan, float]] = []
    for plan, gap in found:
        value = _value(plan, measure)
        if not kept or value > _value(kept[-1][0], measure) + _SAME * max(1.0, abs(value)):
            kept.append((plan, gap))
    return kept


def _table(kept: list[tuple[Plan, float]], measure: str) -> pd.DataFrame:
    rows: list[dict[str, float]] = []
    for plan, cost_gap in kept:
        cost, value = _value(plan, CHEAPEST), _value(plan, measure)
        price = math.nan
        if rows:
            price = (cost - rows[-1][CHEAPEST]) / (value - rows[-1][measure])
        money = public_money(plan.problem, plan.chosen, plan.chargers, plan.extensions)
        rows.append(
            {
                CHEAPEST: cost,
                measure: value,
                "gap": plan.gap,
                "cost_gap": cost_gap,
                "spend": math.fsum(money.tolist()),
                "price": price,
                "vehicles": len(plan.chosen),
            }
        )
    return pd.DataFrame(rows)
