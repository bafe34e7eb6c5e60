"""Ranking by ratio keeps every bound and never beats the proven best."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geofleet.plan.check import PlanError
from geofleet.plan.evaluation import violations
from geofleet.plan.exact import solve_exact
from geofleet.plan.greedy import compare_plans, rank_by_ratio
from geofleet.plan.model import Limit, PlanProblem

Maker = Callable[..., PlanProblem]


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    seed=st.integers(0, 10**6), floor=st.sampled_from([0.0, 0.4]), carry_over=st.booleans(),
    objective=st.sampled_from(["harm", "cost"]),
)  # fmt: skip
def test_ranking_keeps_the_bounds_and_is_no_better_than_the_best(
    make_problem: Maker, seed: int, floor: float, carry_over: bool, objective: str
) -> None:
    """It is a plan as any other, and the exact one is at least as good."""
    problem = make_problem(seed, units=10, chargers=True, floor=floor, carry_over=carry_over)
    ranked, best = rank_by_ratio(problem, objective), solve_exact(problem, objective, gap=0.0)
    assert violations(ranked) == []
    table = compare_plans({"ranked": ranked, "best": best})
    assert table.loc["best", "ahead"] >= -1e-6 * abs(best.value)
    assert table.loc["ranked", "ahead"] == 0.0


def _knapsack(one_truck: PlanProblem) -> PlanProblem:
    """Three trucks: 60 for 10, 100 for 20, 120 for 30, and 50 of money (the textbook case)."""
    count = 3
    return replace(
        one_truck,
        units=pd.DataFrame(
            {"vehicle_id": list("abc"), "operator_id": "o", "operator_size": "1-5"}
        ),
        unit=np.arange(count), year=np.zeros(count, int),
        option=np.array(["euro_6"] * count, object),
        measures={"harm": np.array([60.0, 100.0, 120.0]), "cost": np.array([10.0, 20.0, 30.0])},
        spend=np.array([10.0, 20.0, 30.0]), plugs=np.zeros(count), kind=np.full(count, -1),
        depot=np.full(count, -1), budget=np.array([50.0]),
    )  # fmt: skip


def test_the_textbook_knapsack(one_truck: PlanProblem) -> None:
    """Ranking takes the two best ratios (160); the best plan takes the other pair (220)."""
    problem = _knapsack(one_truck)
    ranked, best = rank_by_ratio(problem, "harm"), solve_exact(problem, "harm", gap=0.0)
    assert (ranked.value, best.value) == (160.0, 220.0)
    table = compare_plans({"ranked": ranked, "best": best})
    assert table.loc["best", "ahead_share"] == pytest.approx(60.0 / 160.0)
    assert math.isinf(ranked.gap)


def test_so_much_harm_for_little_cost(one_truck: PlanProblem) -> None:
    """Asked for 150, ranking by harm for cost takes the first two; more than there is fails."""
    problem = replace(_knapsack(one_truck), limits=(Limit("harm", least=150.0),))
    assert rank_by_ratio(problem, "cost").value == 30.0
    with pytest.raises(PlanError, match="limit harm"):
        rank_by_ratio(replace(problem, limits=(Limit("harm", least=300.0),)), "cost")
