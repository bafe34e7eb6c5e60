"""The search at scale against the exact model, and what it promises whatever the problem."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from geofleet.defaults import Defaults
from geofleet.errors import InputError
from geofleet.plan.check import PlanError
from geofleet.plan.evaluation import violations
from geofleet.plan.exact import solve_exact
from geofleet.plan.large import solve_large
from geofleet.plan.model import ChargerKind, Depots, Limit, PlanProblem, Work

Maker = Callable[..., PlanProblem]
IN_BLOCKS = Defaults({"plan:large.block_vehicles": 200})
NOT_IN_BLOCKS = Defaults({"plan:large.block_vehicles": 0})


def with_depots(problem: PlanProblem, seed: int, depots: int = 4) -> PlanProblem:
    """Spread the vehicles over depots with two kinds of chargers and short connections."""
    rng = np.random.default_rng(seed)
    years = problem.years
    electric = problem.plugs > 0.0
    falling = 0.9 ** np.arange(years)
    kinds = (
        ChargerKind("ac", 22e3, 4.0 * falling, 3.0 * falling, most=5),
        ChargerKind("dc", 60e3, 9.0 * falling, 7.0 * falling, most=5),
    )
    return replace(
        problem,
        kind=np.where(electric, rng.integers(0, 2, len(problem.unit)), -1),
        plugs=np.where(electric, rng.uniform(0.1, 1.0, len(problem.unit)), 0.0),
        depot=rng.integers(0, depots, len(problem.units)),
        depots=Depots(
            names=tuple(f"d{n}" for n in range(depots)),
            spare_w=rng.integers(0, 4, depots) * 22e3,
            step_w=50e3,
            step_cost=6.0 * falling,
            step_spend=2.0 * falling,
            most_steps=2,
            kinds=kinds,
        ),
    )


@pytest.mark.parametrize("rows", [IN_BLOCKS, NOT_IN_BLOCKS], ids=["blocks", "larger depots"])
@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("floor", [0.0, 0.4])
def test_bound_and_value_enclose_the_exact_optimum(
    make_problem: Maker, rows: Defaults, seed: int, floor: float
) -> None:
    """The exact optimum lies between value and bound, with chargers and with a floor."""
    small = make_problem(seed, units=12, years=2, options=3, chargers=True, floor=floor)
    problem = with_depots(small, seed)
    exact = solve_exact(problem, "harm")
    plan = solve_large(problem, "harm", defaults=rows)
    near = 1e-6 * exact.value
    assert plan.value <= exact.value + near
    assert plan.bound >= exact.value - near
    assert plan.gap == pytest.approx((plan.bound - plan.value) / plan.value)
    assert plan.value >= 0.9 * exact.value
    assert violations(plan) == []


@pytest.mark.parametrize("carry_over", [True, False])
def test_without_chargers_it_comes_within_the_gap(make_problem: Maker, carry_over: bool) -> None:
    """Many vehicles and money alone: the gap asked for is reached, and is true."""
    problem = make_problem(3, units=150, years=3, options=4, carry_over=carry_over)
    exact = solve_exact(problem, "harm", gap=1e-6)
    plan = solve_large(problem, "harm", gap=0.01)
    assert plan.gap <= 0.01
    assert plan.value <= exact.bound * (1.0 + 1e-9)
    assert plan.bound >= exact.value * (1.0 - 1e-9)


def test_least_cost_of_a_measure(make_problem: Maker) -> None:
    """Cost is made small with a least limit on harm, and the bound lies below the exact cost."""
    problem = with_depots(make_problem(4, units=40, years=2, options=3, chargers=True), 4)
    best = solve_exact(problem, "harm").value
    limited = replace(problem, limits=(Limit("harm", least=0.6 * best),))
    exact = solve_exact(limited, "cost")
    plan = solve_large(limited, "cost")
    harm = float(problem.measures["harm"][plan.chosen].sum())
    assert harm >= 0.6 * best * (1.0 - 1e-6)
    near = 1e-6 * abs(exact.value)
    assert plan.bound <= exact.value + near
    assert plan.value >= exact.value - near
    assert violations(plan) == []


def test_a_limit_that_nothing_reaches_is_refused(make_problem: Maker) -> None:
    """No plan is made up where none can exist."""
    problem = make_problem(5, units=10)
    impossible = replace(problem, limits=(Limit("harm", least=1e9),))
    with pytest.raises(PlanError):
        solve_large(impossible, "cost")


def test_more_money_never_lowers_the_bound(make_problem: Maker) -> None:
    """The bound of a larger budget is at least the value of a smaller one, and grows with it."""
    problem = with_depots(make_problem(6, units=60, years=2, options=3, chargers=True), 6)
    plans = [
        solve_large(replace(problem, budget=problem.budget * times), "harm")
        for times in (0.5, 1.0, 2.0)
    ]
    for less, more in pairwise(plans):
        assert more.bound >= less.value
        assert more.value >= less.value / (1.0 + more.gap) - 1e-9
        assert more.bound >= less.bound * (1.0 - less.gap)


def test_money_without_end_takes_the_best_of_each(make_problem: Maker) -> None:
    """With neither chargers nor a budget each vehicle takes what it likes best."""
    problem = make_problem(7, units=50, years=2, options=3)
    free = replace(problem, budget=np.full(2, math.inf))
    plan = solve_large(free, "harm")
    best = np.zeros(50)
    np.maximum.at(best, problem.unit, problem.measures["harm"])
    assert plan.value == pytest.approx(best.sum())
    assert plan.gap <= 1e-9


def test_no_money_is_no_plan(make_problem: Maker) -> None:
    """Without money nothing is taken, and that is proven best."""
    problem = make_problem(8, units=20)
    plan = solve_large(replace(problem, budget=np.zeros(problem.years)), "harm")
    assert plan.value == 0.0
    assert plan.gap == pytest.approx(0.0, abs=1e-9)


def test_threads_and_repeats_do_not_change_the_plan(make_problem: Maker) -> None:
    """The same input gives the same plan, with one thread or three."""
    problem = with_depots(make_problem(9, units=60, years=2, options=3, chargers=True), 9)
    one = solve_large(problem, "harm", defaults=Defaults({"plan:large.threads": 1}))
    three = solve_large(problem, "harm", defaults=Defaults({"plan:large.threads": 3}))
    assert np.array_equal(one.chosen, three.chosen)
    assert np.array_equal(one.chargers, three.chargers)
    assert one.bound == three.bound


def test_a_fixed_charge_is_seen_by_the_bound(make_problem: Maker) -> None:
    """A depot's bound counts whole chargers: it is nearer than that of divisible ones."""
    problem = with_depots(make_problem(10, units=24, years=2, options=2, chargers=True), 10, 8)
    plan = solve_large(problem, "harm", gap=0.0)
    assert plan.bound < plan.report["bound_divisible"] * (1.0 - 1e-4)


def test_work_is_refused(one_truck: PlanProblem) -> None:
    """Exchange of work is no part of the search at scale, and is not passed over in silence."""
    zero, ones = (
        {"harm": np.zeros(1), "cost": np.zeros(1)},
        {"harm": np.ones(1), "cost": np.ones(1)},
    )
    work = Work(
        duty=np.array([0]), unit=np.array([0]), option=np.array(["keep"], object),
        measures=zero, weights=ones, fixed=dict(one_truck.measures), alone=np.array([False]),
    )  # fmt: skip
    with pytest.raises(InputError, match="work"):
        solve_large(replace(one_truck, work=work), "harm")


def test_settings_out_of_limits_are_named(one_truck: PlanProblem) -> None:
    """A wrong row is named with what was expected."""
    with pytest.raises(InputError, match=r"large\.threads"):
        solve_large(one_truck, "harm", defaults=Defaults({"plan:large.threads": 0}))
