"""The frontier holds the plans that no plan dominates."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from geofleet.plan.exact import solve_exact
from geofleet.plan.model import PlanProblem
from geofleet.plan.tradeoff import frontier
from tests.oracles.brute_force_plan import allowed, every_choice, worth

Maker = Callable[..., PlanProblem]


def _all_plans(problem: PlanProblem) -> np.ndarray:
    """Cost and harm of every plan that is allowed."""
    return np.array(
        [
            (worth(problem, "cost", taken, {}, {}), worth(problem, "harm", taken, {}, {}))
            for taken in every_choice(problem)
            if allowed(problem, taken, {}, {})
        ]
    )


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_plan_at_all_dominates_a_point(make_problem: Maker, seed: int) -> None:
    """Of all 625 plans of four trucks, none is cheaper and does more."""
    problem = make_problem(seed, tightness=1.0)
    plans = _all_plans(problem)
    found = frontier(problem, points=7, gap=0.0)
    for cost, harm in found.table[["cost", "harm"]].to_numpy():
        better = (plans[:, 0] < cost - 1e-4) & (plans[:, 1] > harm - 1e-4)
        better |= (plans[:, 0] < cost + 1e-4) & (plans[:, 1] > harm + 1e-4)
        assert not better.any()


def test_both_ends_are_in_it(make_problem: Maker) -> None:
    """The cheapest plan and the one that avoids most harm."""
    problem = make_problem(4, units=8, tightness=1.0)
    found = frontier(problem, points=5, gap=0.0)
    assert found.table["cost"].iloc[0] == pytest.approx(solve_exact(problem, "cost", gap=0.0).value)
    assert found.table["harm"].iloc[-1] == pytest.approx(
        solve_exact(problem, "harm", gap=0.0).value
    )
    assert found.table["cost"].is_monotonic_increasing
    assert (np.diff(found.table["harm"]) > 0.0).all()
    assert (found.table[["gap", "cost_gap"]] < 1e-5).all(axis=None)
    assert len(found.plans) == len(found.table)
