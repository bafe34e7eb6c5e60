"""Budgets: for each amount of public money a real plan, first by ranking, then the best."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.desk.driven import DrivenHarm
from geofleet.economics.options import KEEP
from geofleet.plan.check import PlanError
from geofleet.plan.choose import solve
from geofleet.plan.evaluation import evaluate, public_money
from geofleet.plan.greedy import rank_by_ratio

if TYPE_CHECKING:
    from geofleet.plan.model import Plan, PlanProblem
    from geofleet.planned import PlannedStudy

__all__ = ["Bought", "BudgetDesk"]

Floats = npt.NDArray[np.float64]

_STEPS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2, 1.4, 1.6, 1.8, 2.0, 2.5, 3.0,
          3.5, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 12.0, 15.0, 20.0, 25.0, 30.0, 40.0, 50.0, 70.0,
          100.0)  # fmt: skip
"""Budgets that can be chosen, in budgets of the study; the scale ends where more buys nothing."""
_PARTS = ("harm_exhaust_person_ug_m3_h", "harm_wear_person_ug_m3_h")


@dataclass(frozen=True, eq=False)
class Bought:
    """What a budget buys.

    Parameters
    ----------
    budget
        Public money of each year.
    plan
        Its choices.
    exact
        Whether it is the plan of the search, not of ranking.
    option, year
        What each vehicle becomes and in which year of the plan; ``keep`` and -1 where it stays.
    avoided
        Harm that each link is spared over the years of the plan (links,).
    totals
        Measures of the plan: ``harm``, ``cost`` and the like.
    spend
        Public money over all years, chargers and connections in it.
    """

    budget: float
    plan: Plan
    exact: bool
    option: npt.NDArray[np.object_]
    year: npt.NDArray[np.int64]
    avoided: Floats
    totals: dict[str, float]
    spend: float

    @property
    def changed(self) -> int:
        """Vehicles that become something else."""
        return int((self.option != KEEP).sum())


class BudgetDesk:
    """Answers what an amount of public money of each year buys.

    Vehicles keep their own work, and what the plan of the study asks for besides (floors, limits,
    probability) is asked of every plan here.

    Parameters
    ----------
    planned
        The study's plan, without exchange of work.
    driven
        Where its vehicles do harm.
    """

    def __init__(self, planned: PlannedStudy, driven: DrivenHarm) -> None:
        self.planned, self.driven = planned, driven
        self.problem: PlanProblem = planned.problem
        self.objective = planned.config.objective
        self._ranked: dict[float, Bought] = {}
        self._exact: dict[float, Bought] = {}
        vehicles = planned.results.inputs.fleet.vehicles.index
        self._vehicle = vehicles.get_indexer(pd.Index(self.problem.units["vehicle_id"]))
        self._each = self._avoided_each()

    @property
    def years(self) -> int:
        """Years of the plan."""
        return self.problem.years

    @cached_property
    def own(self) -> float:
        """The study's own budget of a year: the mean where it differs by year."""
        given = np.asarray(self.planned.config.budget_per_year, np.float64)
        finite = given[np.isfinite(given)]
        return float(finite.mean()) if len(finite) else self.enough

    @cached_property
    def enough(self) -> float:
        """Public money of a year with which ranking buys all that it would without a bound."""
        plan = self._rank(np.inf).plan
        money = public_money(self.problem, plan.chosen, plan.chargers, plan.extensions)
        if not self.problem.carry_over:
            return float(money.max())
        return float((np.cumsum(money) / np.arange(1, self.years + 1)).max())

    @cached_property
    def budgets(self) -> tuple[float, ...]:
        """The budgets that can be chosen, ascending; the study's own is among them."""
        unit = self.own if self.own > 0.0 else self.enough
        if not unit > 0.0:
            return (0.0,)
        last = max(2.0, self.enough / unit)
        steps = [step for step in _STEPS if step <= last]
        beyond = next((step for step in _STEPS if step > last), None)
        return tuple(unit * step for step in [*steps, *([] if beyond is None else [beyond])])

    @cached_property
    def today(self) -> Floats:
        """Harm of each link over the years of the plan if nothing changes; where it is known."""
        exhaust, wear = self._emitted(self._keep)
        shares = self.driven.shares
        return np.asarray(exhaust @ shares[0] + wear @ shares[1], np.float64) * self.years

    @cached_property
    def unknown(self) -> int:
        """Vehicles of whose yearly harm nothing is known."""
        physical = self.planned.options.physical
        rows = physical.xs(KEEP, level="option")
        return int(rows[list(_PARTS)].isna().to_numpy().any(axis=1).sum())

    @property
    def _keep(self) -> npt.NDArray[np.object_]:
        return np.full(len(self.problem.units), KEEP, dtype=object)

    def quick(self, budget: float) -> Bought:
        """Return the best plan of this budget where it is known, else that of ranking."""
        return self._exact.get(budget) or self._rank(budget)

    def exact(self, budget: float) -> Bought:
        """Return the best plan of this budget, searched until row ``plan:again.gap`` is proven."""
        if budget not in self._exact:
            defaults = self.planned.defaults.fresh()
            gap = defaults.number("plan", "again.gap")
            plan = solve(self._with(budget), self.objective, gap=gap, defaults=defaults)
            self._exact[budget] = self._bought(plan, budget, exact=True)
        return self._exact[budget]

    def known(self, budget: float) -> bool:
        """Whether the best plan of this budget has been searched."""
        return budget in self._exact

    def _rank(self, budget: float) -> Bought:
        if budget not in self._ranked:
            defaults = self.planned.defaults.fresh()
            problem = self._with(budget)
            try:
                plan = rank_by_ratio(problem, self.objective, defaults=defaults)
            except PlanError:  # a measure that must be reached, and ranking does not
                return self.exact(budget)
            self._ranked[budget] = self._bought(plan, budget, exact=False)
        return self._ranked[budget]

    def ranked(self, budget: float) -> Bought:
        """Return the plan of ranking by ratio."""
        return self._rank(budget)

    def _with(self, budget: float) -> PlanProblem:
        return replace(self.problem, budget=np.full(self.years, budget))

    def _bought(self, plan: Plan, budget: float, *, exact: bool) -> Bought:
        problem, chosen = plan.problem, plan.chosen
        option, year = self._keep, np.full(len(problem.units), -1, np.int64)
        option[problem.unit[chosen]] = problem.option[chosen]
        year[problem.unit[chosen]] = problem.year[chosen]
        exhaust, wear = np.zeros((2, self.driven.vehicles))
        left = self.years - problem.year[chosen]
        place = self._vehicle[problem.unit[chosen]]
        for sums, each in ((exhaust, self._each[0]), (wear, self._each[1])):
            np.add.at(sums, place, each[chosen] * left)
        shares = self.driven.shares
        money = public_money(problem, chosen, plan.chargers, plan.extensions)
        return Bought(
            budget=budget, plan=plan, exact=exact, option=option, year=year,
            avoided=np.asarray(exhaust @ shares[0] + wear @ shares[1], np.float64),
            totals=evaluate(problem, chosen, plan.chargers, plan.extensions),
            spend=float(money.sum()),
        )  # fmt: skip

    def _avoided_each(self) -> tuple[Floats, Floats]:
        """Harm of a year that each choice avoids, of exhaust and of wear (choices,)."""
        names = self.problem.units["vehicle_id"].to_numpy(object)[self.problem.unit]
        physical = self.planned.options.physical
        taken = pd.MultiIndex.from_arrays([names, self.problem.option])
        kept = pd.MultiIndex.from_arrays([names, np.full(len(names), KEEP, dtype=object)])
        found = [
            np.nan_to_num(
                physical[part].reindex(kept).to_numpy(np.float64)
                - physical[part].reindex(taken).to_numpy(np.float64)
            )
            for part in _PARTS
        ]
        return found[0], found[1]

    def _emitted(self, option: npt.NDArray[np.object_]) -> tuple[Floats, Floats]:
        """Harm of a year of each vehicle of the fleet, of exhaust and of wear."""
        names = self.problem.units["vehicle_id"].to_numpy(object)
        rows = pd.MultiIndex.from_arrays([names, option])
        found = np.zeros((2, self.driven.vehicles))
        for place, part in enumerate(_PARTS):
            values = self.planned.options.physical[part].reindex(rows).to_numpy(np.float64)
            found[place, self._vehicle] = np.nan_to_num(values)
        return found[0], found[1]
