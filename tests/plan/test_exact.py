"""The exact plan is the best of all plans, keeps every bound, and is the same each time."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geofleet.defaults import Defaults
from geofleet.errors import InputError
from geofleet.plan.evaluation import violations
from geofleet.plan.exact import solve_exact
from geofleet.plan.model import Limit, Plan, PlanProblem
from tests.oracles.brute_force_plan import best_value

Maker = Callable[..., PlanProblem]
_FIXED = settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@_FIXED
@given(
    seed=st.integers(0, 10**6),
    floor=st.sampled_from([0.0, 0.5]),
    carry_over=st.booleans(),
    tightness=st.sampled_from([0.1, 0.4, 2.0]),
)
def test_the_most_harm_avoided_is_that_of_all_plans(
    make_problem: Maker, seed: int, floor: float, carry_over: bool, tightness: float
) -> None:
    """Of four trucks, two options, two years, trying every plan finds none better."""
    problem = make_problem(seed, floor=floor, carry_over=carry_over, tightness=tightness)
    plan = solve_exact(problem, "harm", gap=0.0)
    assert plan.value == pytest.approx(best_value(problem, "harm"), rel=1e-6)
    assert plan.bound >= plan.value
    assert plan.gap <= 1e-6
    assert violations(plan) == []


@settings(_FIXED, max_examples=8)
@given(seed=st.integers(0, 10**6), objective=st.sampled_from(["harm", "cost"]))
def test_chargers_and_connection_are_part_of_the_choice(
    make_problem: Maker, seed: int, objective: str
) -> None:
    """With chargers to put up and a connection to extend, trying every plan finds none better."""
    problem = make_problem(seed, units=3, chargers=True, tightness=1.0)
    plan = solve_exact(problem, objective, gap=0.0)
    assert plan.value == pytest.approx(best_value(problem, objective), rel=1e-6, abs=1e-9)
    assert violations(plan) == []


@settings(_FIXED, max_examples=8)
@given(seed=st.integers(0, 10**6))
def test_the_least_cost_of_so_much_harm_avoided(make_problem: Maker, seed: int) -> None:
    """Cost is made small with a limit on harm, as trying every plan does."""
    problem = make_problem(seed, tightness=2.0)
    wanted = 0.6 * solve_exact(problem, "harm", gap=0.0).value
    bounded = replace(problem, limits=(Limit("harm", least=wanted),))
    plan = solve_exact(bounded, "cost", gap=0.0)
    assert plan.value == pytest.approx(best_value(bounded, "cost"), rel=1e-6, abs=1e-9)
    assert plan.bound <= plan.value


@settings(_FIXED, max_examples=10)
@given(seed=st.integers(0, 10**6), more=st.floats(0.0, 60.0))
def test_a_larger_budget_never_gives_less(make_problem: Maker, seed: int, more: float) -> None:
    """What can be bought can still be bought with more money."""
    problem = make_problem(seed, units=8, chargers=True)
    larger = replace(problem, budget=problem.budget + more)
    small, large = solve_exact(problem, "harm", gap=0.0), solve_exact(larger, "harm", gap=0.0)
    assert large.value >= small.value * (1.0 - 1e-6)


def test_the_same_plan_each_time(make_problem: Maker) -> None:
    """Of plans that are worth the same, the same one comes out."""
    problem = make_problem(5, units=12, years=3, options=3, chargers=True)
    plans = [solve_exact(problem, "harm", gap=0.0) for _ in range(2)]
    np.testing.assert_array_equal(plans[0].chosen, plans[1].chosen)
    np.testing.assert_array_equal(plans[0].chargers, plans[1].chargers)


BURN = "while True: pass"


def test_a_busy_machine_finds_the_same_plan(make_problem: Maker) -> None:
    """The search stops by nodes: with every core taken by others it ends at the same plan."""
    problem = make_problem(5, units=40, years=3, options=4, chargers=True, carry_over=False)
    hasty = Defaults({"plan:exact.nodes": 2})

    def search() -> Plan:
        return solve_exact(problem, "harm", gap=0.0, defaults=hasty)

    alone = search()
    assert alone.report["stopped"] == "nodes"
    burners = [subprocess.Popen([sys.executable, "-c", BURN]) for _ in range(os.cpu_count() or 1)]
    try:
        busy = search()
    finally:
        for burner in burners:
            burner.kill()
            burner.wait()
    np.testing.assert_array_equal(busy.chosen, alone.chosen)
    assert (busy.value, busy.bound, busy.report["nodes"]) == (
        alone.value, alone.bound, alone.report["nodes"],
    )  # fmt: skip


def test_the_result_says_when_the_clock_stopped_it(make_problem: Maker) -> None:
    """Seconds end a search only where they are asked for, and then the report says so."""
    problem = make_problem(5, units=40, years=3, options=4, chargers=True, carry_over=False)
    assert solve_exact(problem, "harm", gap=0.0, seconds=1e-6).report["stopped"] == "seconds"


def test_a_known_plan_is_what_a_search_without_luck_returns(make_problem: Maker) -> None:
    """With a plan at hand nothing worse comes back, and the bound is that of the search."""
    problem = make_problem(5, units=40, years=3, options=4, chargers=True, carry_over=False)
    best = solve_exact(problem, "harm", gap=0.0)
    found = solve_exact(problem, "harm", gap=0.0, seconds=1e-6, known=best)
    assert found.value == pytest.approx(best.value)
    assert found.bound >= best.value * (1.0 - 1e-9)


def test_nothing_is_put_up_in_vain(make_problem: Maker) -> None:
    """With all the money in the world, no charger stands unused and no gainless choice is made."""
    problem = make_problem(3, units=5, chargers=True)
    problem = replace(problem, budget=np.full(2, math.inf))
    plan = solve_exact(problem, "harm", gap=0.0)
    electric = plan.chosen[problem.kind[plan.chosen] == 0]
    assert plan.chargers.sum() == math.ceil(problem.plugs[electric].sum())
    assert (problem.measures["harm"][plan.chosen] > 0.0).all()


def test_nothing_to_choose_is_a_plan(one_truck: PlanProblem) -> None:
    """A problem without choices has the plan of keeping all."""
    none = np.zeros(0)
    empty = replace(
        one_truck, unit=none.astype(int), year=none.astype(int), option=none.astype(object),
        measures={"harm": none, "cost": none}, spend=none, plugs=none, kind=none.astype(int),
    )  # fmt: skip
    plan = solve_exact(empty, "harm", gap=0.0)
    assert (plan.value, plan.bound, plan.gap, len(plan.chosen)) == (0.0, 0.0, 0.0, 0)


def test_a_budget_is_kept_to_the_cent(one_truck: PlanProblem) -> None:
    """The grant that just fits is given, the one a millionth too dear is not."""
    exact = replace(one_truck, budget=np.array([1.0]))
    short = replace(one_truck, budget=np.array([1.0 - 1e-7]))
    assert len(solve_exact(exact, "harm", gap=0.0).chosen) == 1
    assert len(solve_exact(short, "harm", gap=0.0).chosen) == 0


def test_a_limit_that_no_plan_meets_is_named_with_what_could_be_had(
    one_truck: PlanProblem,
) -> None:
    """Asking more harm avoided than there is says how much there is."""
    asked = replace(one_truck, limits=(Limit("harm", least=5.0),))
    with pytest.raises(InputError, match=r"limit harm.*5 to inf.*0 to 3"):
        solve_exact(asked, "cost", gap=0.0)


def test_all_faults_are_named_at_once(one_truck: PlanProblem) -> None:
    """Unknown worth, money below zero and a year that is not there are told together."""
    faulty = replace(
        one_truck, measures={"harm": np.array([math.nan]), "cost": np.array([0.0])},
        spend=np.array([-1.0]), year=np.array([4]), budget=np.array([math.nan]),
    )  # fmt: skip
    with pytest.raises(InputError) as caught:
        solve_exact(faulty, "harm", gap=0.0)
    assert {p.field for p in caught.value.problems} == {"measures harm", "spend", "year", "budget"}


def test_an_objective_that_is_not_there_is_refused(one_truck: PlanProblem) -> None:
    """The measures that are there are listed."""
    with pytest.raises(InputError, match="harm, cost"):
        solve_exact(one_truck, "noise")


def test_a_plan_that_breaks_bounds_is_told_each(make_problem: Maker) -> None:
    """Too much money, too few chargers and two choices for a truck are all found."""
    problem = make_problem(3, units=3, chargers=True)
    plan = solve_exact(problem, "harm", gap=0.0)
    forced = replace(
        plan, chosen=np.arange(len(problem.unit)), chargers=np.zeros_like(plan.chargers)
    )
    words = " ".join(violations(forced))
    for part in ("has 4 choices", "of public money", "ac_22 in use"):
        assert part in words
