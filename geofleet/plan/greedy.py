"""Ranking by ratio: what planners do without a solver, kept to the same bounds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from time import perf_counter

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.plan.check import check_objective, check_problem
from geofleet.plan.evaluation import evaluate, public_money, without_work
from geofleet.plan.exact import finish_plan
from geofleet.plan.model import CHEAPEST, Plan, PlanProblem

__all__ = ["compare_plans", "rank_by_ratio"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
_ROUNDING = 1e-9


def rank_by_ratio(
    problem: PlanProblem, objective: str, *, defaults: Defaults | None = None
) -> Plan:
    """Return the plan of going down a list sorted by value for public money.

    A choice counts with the money of its own and of the share of a charger that it needs. From the
    best ratio down, each vehicle gets the first of its choices that still fits: the money of the
    year, chargers and extensions that it makes necessary (put up and paid in the first year in
    which they are short), floors and upper limits. What does not fit is passed over, not the end of
    the list, and the list is gone through again until nothing more fits; that is kinder than
    stopping at the first. Where vehicles could exchange work they do not.

    ``cost`` is made small by taking what saves money; where a measure must reach a ``least`` limit,
    the list is sorted by that measure for cost, until it is reached.

    Parameters
    ----------
    problem
        What can be chosen.
    objective
        A measure of the problem.
    defaults
        Where tolerances are read.

    Returns
    -------
    Plan
        Without a bound: ranking proves nothing.

    Raises
    ------
    InputError
        A problem that does not hold together.
    PlanError
        A lower limit that ranking does not reach.
    """
    check_problem(problem)
    check_objective(problem, objective)
    started = perf_counter()
    problem = without_work(problem)
    wanted = next((limit for limit in problem.limits if math.isfinite(limit.least)), None)
    gain = problem.measures[objective] * (-1.0 if objective == CHEAPEST else 1.0)
    price = _price(problem)
    if objective == CHEAPEST and wanted is not None:
        # what saves money anyway comes first, by what it saves
        gain = problem.measures[wanted.measure]
        price = np.maximum(problem.measures[CHEAPEST], 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(price > 0.0, gain / price, np.inf)
    order = np.lexsort((np.arange(len(gain)), problem.year, -gain, -ratio))
    order = order[gain[order] > 0.0]
    taking = _Taking(problem)
    reached = 0.0
    units, spend, years = problem.unit.tolist(), problem.spend.tolist(), problem.year.tolist()
    while len(order):
        left = []
        for choice in order.tolist():
            # money that is gone does not come back: what costs more than is left never fits
            if taking.done[units[choice]] or spend[choice] > taking.room[years[choice]]:
                continue
            enough = objective == CHEAPEST and wanted is not None and reached >= wanted.least
            if enough and problem.measures[CHEAPEST][choice] >= 0.0:
                continue
            if taking.take(choice):
                reached += float(problem.measures[wanted.measure][choice]) if wanted else 0.0
            else:
                left.append(choice)
        if len(left) == len(order):
            break
        order = np.array(
            [c for c in left if not taking.done[units[c]] and spend[c] <= taking.room[years[c]]],
            np.int64,
        )
        if not problem.floors and problem.depots is None:
            break
    plan = Plan(
        problem, objective, np.sort(np.array(taking.chosen, np.int64)), taking.chargers,
        taking.steps, math.nan, math.nan, math.nan, "rank_by_ratio",
    )  # fmt: skip
    bound = -math.inf if objective == CHEAPEST else math.inf
    return finish_plan(
        plan, bound=bound, report={"seconds": perf_counter() - started}, defaults=defaults
    )


def _price(problem: PlanProblem) -> Floats:
    """Public money of each choice with its share of a charger."""
    price = problem.spend.astype(np.float64).copy()
    if problem.depots is not None:
        for number, kind in enumerate(problem.depots.kinds):
            mine = problem.kind == number
            price[mine] += problem.plugs[mine] * kind.spend[problem.year[mine]]
    return price


class _Taking:
    """What has been taken so far, and what it leaves."""

    def __init__(self, problem: PlanProblem) -> None:
        self.problem = problem
        depots, years = problem.depots, problem.years
        places = len(depots.names) if depots is not None else 0
        kinds = len(depots.kinds) if depots is not None else 0
        self.chosen: list[int] = []
        self.done = [False] * len(problem.units)
        self.chargers = np.zeros((places, kinds, years), np.int64)
        self.steps = np.zeros((places, years), np.int64)
        self.used = np.zeros((places, kinds, years))
        budget = np.asarray(problem.budget, np.float64)
        self.most = np.cumsum(budget) if problem.carry_over else budget
        self.spent = np.zeros(years)
        self.room = self._room()
        self.by_floor = np.zeros(len(problem.floors))
        self.total = 0.0
        self.limits = np.zeros(len(problem.limits))

    def take(self, choice: int) -> bool:
        """Take a choice if it fits, with what it makes necessary."""
        problem = self.problem
        year, unit = int(problem.year[choice]), int(problem.unit[choice])
        own = float(problem.spend[choice])
        if not self._floors_hold(unit, own):
            return False
        spent = self.spent.copy()
        spent[year] += own
        cost = 0.0
        built = None
        if problem.kind[choice] >= 0:
            built = self._build(choice, spent)
            if built is None:
                return False
            cost = built[2]
        by_now = np.cumsum(spent) if problem.carry_over else spent
        if (by_now > self.most).any():
            return False
        limits = self.limits.copy()
        for number, limit in enumerate(problem.limits):
            limits[number] += problem.measures[limit.measure][choice]
            limits[number] += cost if limit.measure == CHEAPEST else 0.0
            if limits[number] > limit.most:
                return False
        self.limits, self.spent = limits, spent
        self.room = self._room()
        self.chosen.append(choice)
        self.done[unit] = True
        self.total += own
        for number, floor in enumerate(problem.floors):
            self.by_floor[number] += own if floor.members[unit] else 0.0
        if built is not None:
            depot, kind = int(problem.depot[unit]), int(problem.kind[choice])
            self.chargers[depot, kind], self.steps[depot] = built[0], built[1]
            self.used[depot, kind, year:] += problem.plugs[choice]
        return True

    def _room(self) -> list[float]:
        """Return above which money of a year a choice surely does not fit any more."""
        if self.problem.carry_over:
            left = self.most - np.cumsum(self.spent)
            left = np.minimum.accumulate(left[::-1])[::-1]
        else:
            left = self.most - self.spent
        # what rounding may carry over the bound is looked at in full
        found: list[float] = (left + _ROUNDING * (1.0 + np.abs(self.most))).tolist()
        return found

    def _floors_hold(self, unit: int, own: float) -> bool:
        total = self.total + own
        return all(
            self.by_floor[number] + (own if floor.members[unit] else 0.0) >= floor.share * total
            for number, floor in enumerate(self.problem.floors)
        )

    def _build(self, choice: int, spent: Floats) -> tuple[Ints, Ints, float] | None:
        """Return chargers and steps with this choice, and their cost; adds to the money spent."""
        problem, depots = self.problem, self.problem.depots
        if depots is None:
            return None
        year, kind = int(problem.year[choice]), int(problem.kind[choice])
        depot = int(problem.depot[problem.unit[choice]])
        used = self.used[depot, kind].copy()
        used[year:] += problem.plugs[choice]
        chargers = _as_needed(self.chargers[depot, kind], np.ceil(used - _ROUNDING))
        if chargers.sum() > depots.kinds[kind].most:
            return None
        there = self.chargers[depot].copy()
        there[kind] = chargers
        power = np.array([each.power_w for each in depots.kinds])
        short = power @ np.cumsum(there, axis=1) - depots.spare_w[depot]
        steps = self.steps[depot]
        if (short > np.cumsum(steps) * depots.step_w).any():
            if depots.step_w <= 0.0:
                return None
            steps = _as_needed(steps, np.ceil(short / depots.step_w - _ROUNDING))
            if steps.sum() > depots.most_steps:
                return None
        more, further = chargers - self.chargers[depot, kind], steps - self.steps[depot]
        spent += more * depots.kinds[kind].spend + further * depots.step_spend
        cost = float(more @ depots.kinds[kind].cost + further @ depots.step_cost)
        return chargers, steps, cost


def _as_needed(built: Ints, wanted: Floats) -> Ints:
    """Add what is short, in the first year in which it is."""
    short = np.maximum.accumulate(np.maximum(wanted.astype(np.int64) - np.cumsum(built), 0))
    found: Ints = built + np.diff(short, prepend=0)
    return found


def compare_plans(plans: Mapping[str, Plan]) -> pd.DataFrame:
    """Return plans side by side, each against the first.

    Parameters
    ----------
    plans
        By name, all of one objective; the first is what others are held against.

    Returns
    -------
    DataFrame
        Indexed by name: ``method``, ``value``, ``bound``, ``gap``, ``vehicles`` changed, public
        ``spend``, the sum of each measure, ``ahead`` (value more than the first's; for cost, less)
        and ``ahead_share`` of the first's value.
    """
    rows = {}
    first = next(iter(plans.values()))
    for name, plan in plans.items():
        totals = evaluate(plan.problem, plan.chosen, plan.chargers, plan.extensions, plan.assigned)
        ahead = (plan.value - first.value) * (-1.0 if plan.objective == CHEAPEST else 1.0)
        rows[name] = {
            "method": plan.method,
            "value": plan.value,
            "bound": plan.bound,
            "gap": plan.gap,
            "vehicles": len(plan.chosen),
            "spend": math.fsum(
                public_money(plan.problem, plan.chosen, plan.chargers, plan.extensions).tolist()
            ),
            **totals,
            "ahead": ahead,
            "ahead_share": ahead / abs(first.value) if first.value else math.nan,
        }
    return pd.DataFrame.from_dict(rows, orient="index")
