"""A plan as tables adds up to the plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from geofleet.plan.evaluation import evaluate, public_money
from geofleet.plan.exact import solve_exact
from geofleet.plan.model import KEEP, PlanProblem
from geofleet.plan.tables import plan_table

Maker = Callable[..., PlanProblem]


@pytest.mark.parametrize("seed", [1, 7])
def test_tables_add_up_to_the_plan(make_problem: Maker, seed: int) -> None:
    """By vehicle, by year, by depot and by size of operator: the same sums."""
    problem = make_problem(seed, units=12, years=3, chargers=True, tightness=0.5)
    plan = solve_exact(problem, "harm", gap=0.0)
    tables = plan_table(plan)
    totals = evaluate(problem, plan.chosen, plan.chargers, plan.extensions)
    money = public_money(problem, plan.chosen, plan.chargers, plan.extensions)
    assert tables.vehicles["harm"].sum() == pytest.approx(totals["harm"])
    assert tables.sizes["harm"].sum() == pytest.approx(totals["harm"])
    assert tables.sizes["vehicles"].sum() == 12
    assert tables.vehicles["cost"].sum() + tables.depots["cost"].sum() == pytest.approx(
        totals["cost"]
    )
    np.testing.assert_allclose(tables.years["total_spend"], money)
    assert tables.vehicles["spend"].sum() + tables.depots["spend"].sum() == pytest.approx(
        money.sum()
    )
    assert (tables.years["cumulative_spend"] <= tables.years["cumulative_budget"]).all()
    assert tables.reasons["vehicles"].sum() == (tables.vehicles["option"] == KEEP).sum()
    assert (tables.vehicles["year"].isna() == (tables.vehicles["option"] == KEEP)).all()


def test_reasons_of_those_who_are_kept(one_truck: PlanProblem) -> None:
    """No money, no gain, an option left out, and nothing at all are told apart."""
    units = pd.DataFrame({"vehicle_id": list("abcd"), "operator_id": "o", "operator_size": "1-5"})
    problem = replace(
        one_truck, units=units, unit=np.array([0, 1]), year=np.zeros(2, int),
        option=np.array(["euro_6"] * 2, object),
        measures={"harm": np.array([5.0, -1.0]), "cost": np.ones(2)}, spend=np.array([9.0, 0.0]),
        plugs=np.zeros(2), kind=np.full(2, -1), depot=np.full(4, -1), budget=np.array([8.0]),
        left_out=pd.DataFrame(
            {
                "vehicle_id": ["c", "c"],
                "option": ["cng", "electric:x"],
                "reason": ["unaffordable", "infeasible"],
            }
        ),
    )  # fmt: skip
    tables = plan_table(solve_exact(problem, "harm", gap=0.0))
    assert tables.vehicles["reason"].tolist() == [
        "no money", "no gain", "unaffordable", "no option",
    ]  # fmt: skip
    assert tables.reasons["vehicles"].to_dict() == {
        "no gain": 1, "no money": 1, "no option": 1, "unaffordable": 1,
    }  # fmt: skip


def test_chargers_without_power_are_no_place(make_problem: Maker) -> None:
    """With money for all, what the connection cannot carry has no place."""
    problem = make_problem(2, units=4, years=1, options=1, chargers=True)
    depots = problem.depots
    assert depots is not None
    dark = replace(depots, spare_w=np.zeros(1), most_steps=0)
    problem = replace(
        problem, depots=dark, budget=np.array([1e6]),
        measures={**problem.measures, "harm": np.ones(len(problem.unit))},
    )  # fmt: skip
    tables = plan_table(solve_exact(problem, "harm", gap=0.0))
    assert tables.reasons["vehicles"].to_dict() == {"no place": 4}
    assert len(tables.depots) == 0
