"""Budgets: for each amount of public money a real plan, first by ranking, then the best."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.desk.driven import HOURS
from geofleet.desk.spared import Done, SparedHarm
from geofleet.economics.options import KEEP
from geofleet.errors import InputError
from geofleet.plan.check import PlanError
from geofleet.plan.choose import solve
from geofleet.plan.evaluation import evaluate, public_money
from geofleet.plan.greedy import rank_by_ratio

if TYPE_CHECKING:
    from geofleet.plan.model import Plan, PlanProblem
    from geofleet.planned import PlannedStudy

__all__ = ["Bought", "BudgetDesk"]

_LOG = logging.getLogger(__name__)

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_STEPS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2, 1.4, 1.6, 1.8, 2.0, 2.5, 3.0,
          3.5, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 12.0, 15.0, 20.0, 25.0, 30.0, 40.0, 50.0, 70.0,
          100.0)  # fmt: skip
"""Budgets that can be chosen, in budgets of the study; the scale ends where more buys nothing."""


@dataclass(frozen=True, eq=False)
class Bought:
    """What a budget buys.

    Parameters
    ----------
    budget
        Public money of each year.
    exact
        Whether it is the plan of the search, not of ranking.
    value, gap
        Of the objective, and by what share of it no plan can do better; NaN for ranking.
    option, year
        What each vehicle becomes and in which year of the plan; ``keep`` and -1 where it stays.
    doer
        Which vehicle does the work of each one in the last year: its own but where work is
        exchanged.
    money
        Public money for each vehicle (vehicles,).
    avoided
        Harm that each link is spared in each hour over the years of the plan (links, 24).
    totals
        Measures of the plan: ``harm``, ``cost`` and the like.
    spend
        Public money over all years, chargers and connections in it.
    """

    budget: float
    exact: bool
    value: float
    gap: float
    option: npt.NDArray[np.object_]
    year: Ints
    doer: Ints
    money: Floats
    avoided: Floats
    totals: dict[str, float]
    spend: float

    @property
    def changed(self) -> int:
        """Vehicles that become something else."""
        return int((self.option != KEEP).sum())

    @property
    def exchanged(self) -> int:
        """Vehicles whose work another one does in the last year."""
        return int((self.doer != np.arange(len(self.doer))).sum())


class BudgetDesk:
    """Answers what an amount of public money of each year buys.

    What the plan of the study asks for besides (floors, limits, probability) is asked of every plan
    here. Ranking lets vehicles keep their own work; the search exchanges it where the study says
    so.

    Parameters
    ----------
    planned
        The study's plan, without exchange of work.
    spared
        What its vehicles do to people as what they can become.
    exchange
        Whether the search may let vehicles of an operator exchange their work.
    """

    def __init__(
        self, planned: PlannedStudy, spared: SparedHarm, *, exchange: bool = False
    ) -> None:
        self.planned, self.spared, self.exchange = planned, spared, exchange
        self.problem: PlanProblem = planned.problem
        self.objective = planned.config.objective
        self._ranked: dict[float, Bought | None] = {}
        self._exact: dict[float, Bought | None] = {}
        self._exchanged: PlanProblem | None = None
        vehicles = planned.results.inputs.fleet.vehicles.index
        self._vehicle = vehicles.get_indexer(pd.Index(self.problem.units["vehicle_id"]))

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
        """Public money of a year with which ranking buys all that it would without a bound.

        0 where ranking reaches no plan at all.
        """
        try:
            plan = rank_by_ratio(
                self._with(np.inf), self.objective, defaults=self.planned.defaults.fresh()
            )
        except PlanError:
            return 0.0
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
        """Harm of each link and hour over the years if nothing changes; where it is known."""
        return self.spared.today_of(self._vehicle) * self.years

    @cached_property
    def unknown(self) -> int:
        """Vehicles of whose yearly harm nothing is known."""
        rows = self.planned.options.physical.xs(KEEP, level="option")
        return int(rows["harm_person_ug_m3_h"].isna().sum())

    def quick(self, budget: float) -> Bought | None:
        """Return the best plan of this budget where it is known, else that of ranking."""
        return self._exact[budget] if budget in self._exact else self.ranked(budget)

    def known(self, budget: float) -> bool:
        """Whether the best plan of this budget has been searched."""
        return budget in self._exact

    def keep(self, budget: float, bought: Bought | None) -> None:
        """Take a plan that was searched elsewhere, or that there is none."""
        self._exact[budget] = bought

    def exact(self, budget: float) -> Bought | None:
        """Return the best plan of this budget, searched until row ``plan:again.gap`` is proven.

        None where no plan of this budget keeps all that the study asks for.
        """
        if budget not in self._exact:
            try:
                found = self._bought(self.searched(budget), budget, exact=True)
            except (InputError, PlanError) as error:
                _LOG.info("no plan of %g a year: %s", budget, error)
                found = None
            self._exact[budget] = found
        return self._exact[budget]

    def ranked(self, budget: float) -> Bought | None:
        """Return the plan of ranking by ratio; None where that does not do what is asked for."""
        if budget not in self._ranked:
            defaults = self.planned.defaults.fresh()
            try:
                plan = rank_by_ratio(self._with(budget), self.objective, defaults=defaults)
                found = self._bought(plan, budget, exact=False)
            except PlanError:  # a measure that must be reached, and ranking does not
                found = None
            self._ranked[budget] = found
        return self._ranked[budget]

    @cached_property
    def nothing(self) -> Bought:
        """What is bought before anything is."""
        count = len(self.problem.units)
        return Bought(
            budget=0.0, exact=False, value=0.0, gap=np.nan, option=np.full(count, KEEP, object),
            year=np.full(count, -1, np.int64), doer=np.arange(count), money=np.zeros(count),
            avoided=np.zeros((self.spared.links, HOURS)), totals={}, spend=0.0,
        )  # fmt: skip

    def searched(self, budget: float) -> Plan:
        """Return the best plan of this budget as the search gives it."""
        defaults = self.planned.defaults.fresh()
        gap = defaults.number("plan", "again.gap")
        if self.exchange and self._exchanged is None:
            from geofleet.planned import plan_results

            config = self.planned.config.model_copy(
                update={"reassign": True, "budget_per_year": budget, "gap": gap}
            )
            made = plan_results(self.planned.results, config, defaults=defaults)
            self._exchanged = made.problem
            return made.plan
        problem = self._with(budget)
        if self._exchanged is not None:
            problem = replace(self._exchanged, budget=problem.budget)
        return solve(problem, self.objective, gap=gap, defaults=defaults)

    def _with(self, budget: float) -> PlanProblem:
        return replace(self.problem, budget=np.full(self.years, budget))

    def _bought(self, plan: Plan, budget: float, *, exact: bool) -> Bought:
        problem, chosen = plan.problem, plan.chosen
        count = len(problem.units)
        option, year = np.full(count, KEEP, dtype=object), np.full(count, -1, np.int64)
        option[problem.unit[chosen]] = problem.option[chosen]
        year[problem.unit[chosen]] = problem.year[chosen]
        money = np.zeros(count)
        money[problem.unit[chosen]] = problem.spend[chosen]
        done, doer = _done(plan)
        placed = replace(done, duty=self._vehicle[done.duty], vehicle=self._vehicle[done.vehicle])
        given = public_money(problem, chosen, plan.chargers, plan.extensions)
        return Bought(
            budget=budget, exact=exact, value=plan.value, gap=plan.gap, option=option, year=year,
            doer=doer, money=money, avoided=self.spared.avoided(placed),
            totals=evaluate(problem, chosen, plan.chargers, plan.extensions, plan.assigned),
            spend=float(given.sum()),
        )  # fmt: skip


def _done(plan: Plan) -> tuple[Done, Ints]:
    """Return the work of a plan that is done otherwise, and who does each work in the last year.

    Vehicles are numbers of units of the problem.
    """
    problem, chosen = plan.problem, plan.chosen
    unit, option = problem.unit[chosen], problem.option[chosen]
    years = (problem.years - problem.year[chosen]).astype(np.float64)
    doer = np.arange(len(problem.units))
    work = problem.work
    if work is None or plan.assigned is None:
        return Done(unit, unit, option, years), doer
    # who takes part in no exchange does its own work, whatever it becomes
    alone = ~np.isin(unit, work.unit)
    rows, times = np.unique(plan.assigned, return_counts=True)
    last = plan.assigned[:, -1]
    doer[work.duty[last]] = work.unit[last]
    return Done(
        np.concatenate([unit[alone], work.duty[rows]]),
        np.concatenate([unit[alone], work.unit[rows]]),
        np.concatenate([option[alone], work.option[rows]]),
        np.concatenate([years[alone], times.astype(np.float64)]),
    ), doer
