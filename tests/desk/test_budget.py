"""Budgets: real plans, and where on the map they spare people."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from geofleet.desk.budget import BudgetDesk
from geofleet.desk.driven import DrivenHarm
from geofleet.desk.spared import SparedHarm
from geofleet.plan.check import PlanError
from geofleet.plan.evaluation import violations
from geofleet.plan.model import Limit
from geofleet.planned import PlannedStudy


@pytest.fixture(scope="module")
def money(half_planned: PlannedStudy, driven: DrivenHarm, spared: SparedHarm) -> BudgetDesk:
    return BudgetDesk(half_planned, spared)


def test_the_map_adds_up_to_the_plan(money: BudgetDesk, half_planned: PlannedStudy) -> None:
    """What links are spared is what outcomes of the chosen options say, year by year."""
    bought = money.quick(money.own)
    assert bought is not None
    physical = half_planned.results.outcomes.physical["harm_person_ug_m3_h"]
    names = money.problem.units["vehicle_id"].to_numpy(object)
    expected = sum(
        (physical[name, "keep"] - physical[name, option]) * (money.years - year)
        for name, option, year in zip(names, bought.option, bought.year, strict=True) if year >= 0
    )  # fmt: skip
    assert bought.changed > 3
    assert bought.avoided.sum() == pytest.approx(expected, rel=1e-9)
    assert bought.totals["harm"] == pytest.approx(expected, rel=1e-9)


def test_today_is_a_year_of_all_vehicles(money: BudgetDesk, half_planned: PlannedStudy) -> None:
    """Harm without a plan, over its years."""
    kept = half_planned.results.outcomes.physical.xs("keep", level="option")
    whole = float(kept["harm_person_ug_m3_h"].sum()) * money.years
    assert money.today.sum() == pytest.approx(whole, rel=1e-9)
    assert money.unknown == 0


def test_a_link_is_spared_by_those_who_drive_it(money: BudgetDesk, driven: DrivenHarm) -> None:
    """A link on which nobody changes keeps its harm, as does an hour in which nobody drives it."""
    bought = money.quick(money.own)
    assert bought is not None
    names = money.problem.units["vehicle_id"]
    changed = set(names[bought.option != "keep"])
    fleet = money.planned.results.inputs.fleet.vehicles.index
    moves = np.isin(driven.vehicle, [fleet.get_loc(name) for name in changed])
    touched = np.zeros((len(driven.edges), 24), bool)
    touched[driven.link[moves], driven.hour[moves]] = True
    assert (~touched.any(axis=1)).any()
    assert (bought.avoided[~touched] == 0.0).all()
    assert (bought.avoided[touched] != 0.0).any()


def test_first_ranking_then_the_best_plan(money: BudgetDesk) -> None:
    """The better plan takes the place of the first, within the gap that is asked for."""
    budget = money.budgets[3]
    first = money.quick(budget)
    assert first is not None
    assert not first.exact
    best = money.exact(budget)
    assert best is not None
    assert best.exact
    assert best.gap <= 0.01
    assert best.totals["harm"] >= first.totals["harm"]
    assert money.quick(budget) is best
    assert money.ranked(budget) is first
    assert violations(money.searched(budget)) == []


def test_no_money_buys_nothing_and_more_money_never_less(money: BudgetDesk) -> None:
    """The ends of the slider."""
    nothing = money.quick(0.0)
    assert nothing is not None
    assert (nothing.changed, nothing.spend, nothing.avoided.sum()) == (0, 0.0, 0.0)
    some = [money.quick(budget) for budget in money.budgets[::8]]
    assert all(one and one.spend <= one.budget * money.years + 1e-6 for one in some)


def test_the_slider_holds_the_budget_of_the_study(money: BudgetDesk) -> None:
    """Its own budget is one of the positions, and the last buys all that ranking would."""
    assert money.own == 1_000_000.0
    assert money.own in money.budgets
    assert list(money.budgets) == sorted(set(money.budgets))
    assert money.budgets[-1] >= money.enough


def test_what_ranking_cannot_reach_is_told_and_searched(
    money: BudgetDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A least harm may lie beyond a list; then there is no first plan, and a second."""

    def fails(*_: object, **__: object) -> None:
        raise PlanError("ranking does not reach it")

    monkeypatch.setattr("geofleet.desk.budget.rank_by_ratio", fails)
    fresh = BudgetDesk(money.planned, money.spared)
    assert fresh.quick(0.0) is None
    assert not fresh.known(0.0)
    found = fresh.exact(0.0)
    assert found is not None
    assert found.exact


def test_a_budget_without_any_plan_is_told(money: BudgetDesk) -> None:
    """More harm is to be avoided than there is."""
    fresh = BudgetDesk(money.planned, money.spared)
    fresh.problem = replace(fresh.problem, limits=(Limit("harm", least=1e12),))
    assert fresh.quick(0.0) is None
    assert fresh.exact(0.0) is None
    assert fresh.known(0.0)
    assert fresh.quick(0.0) is None
