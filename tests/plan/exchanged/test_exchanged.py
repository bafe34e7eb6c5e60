"""Plans with exchanged work: against every permutation, against the exact model, and its bound."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geofleet.defaults import Defaults
from geofleet.errors import InputError
from geofleet.plan.choose import solve
from geofleet.plan.evaluation import violations, without_work
from geofleet.plan.exact import solve_exact
from geofleet.plan.exchanged import solve_exchanged
from geofleet.plan.exchanged.works import best_work
from geofleet.plan.model import ChargerKind, Depots, Floor, Limit, Plan, PlanProblem, Work
from tests.plan.test_work import _best, _operator

BY_BLOCKS = Defaults(
    {"plan:work.whole_choices": 0, "plan:work.near_choices": 12, "plan:work.near_share": 0.0}
)


def _fleet(seed: int, *, operators: int = 4, vehicles: int = 3, years: int = 2) -> PlanProblem:
    """Return operators whose vehicles share depots, chargers, money and a floor."""
    rng = np.random.default_rng(seed)
    count = operators * vehicles
    operator = np.repeat(np.arange(operators), vehicles)
    options = ("dpf_retrofit", "electric:short", "electric:long")
    # half of the vehicles are of one kind, so that some are alike
    dirt = np.where(rng.random(count) < 0.5, 4.0, rng.integers(1, 9, count).astype(float))
    km = rng.integers(1, 6, count).astype(float)
    left = {"keep": 1.0, "dpf_retrofit": 0.25, "electric:short": 0.0, "electric:long": 0.0}
    rows = []
    for duty in range(count):
        for unit in np.flatnonzero(operator == operator[duty]).tolist():
            for option, share in left.items():
                if option == "electric:short" and km[duty] > 2:
                    continue
                avoided = km[duty] * (dirt[duty] - share * dirt[unit])
                rows.append((duty, unit, option, avoided, (1.0 - share) * -km[duty]))
    table = pd.DataFrame(rows, columns=["duty", "unit", "option", "harm", "cost"])
    place = {tuple(row): n for n, row in enumerate(table[["duty", "unit", "option"]].to_numpy())}
    unit, option, year = (
        part.ravel()
        for part in np.meshgrid(np.arange(count), np.arange(3), np.arange(years), indexing="ij")
    )
    named = np.array(options, object)[option]
    own = np.array([place.get((u, u, o), -1) for u, o in zip(unit, named, strict=True)])
    price = np.array([2.0, 5.0, 8.0])[option] + rng.integers(0, 3, count)[unit]
    yearly = {
        name: np.where(own >= 0, table[name].to_numpy()[own], 0.0) for name in ("harm", "cost")
    }
    fixed = {"harm": np.zeros(len(unit)), "cost": price}
    electric = option > 0
    depots = 2
    sizes = np.where(np.arange(operators) % 2 == 0, "1-5", ">100")[operator]
    return PlanProblem(
        units=pd.DataFrame({
            "vehicle_id": [f"v{n}" for n in range(count)],
            "operator_id": [f"o{n}" for n in operator],
            "operator_size": sizes,
        }),
        years=years, unit=unit, year=year, option=named,
        measures={
            name: fixed[name] + (years - year) * yearly[name] for name in ("harm", "cost")
        },
        spend=price * (1.0 + year / 16.0),
        plugs=np.where(electric, 0.375, 0.0), kind=np.where(electric, 0, -1),
        depot=operator % depots,
        depots=Depots(
            names=("north", "south"), spare_w=np.array([22e3, 0.0]), step_w=22e3,
            step_cost=np.full(years, 2.0), step_spend=np.full(years, 1.0), most_steps=2,
            kinds=(ChargerKind("ac_22", 22e3, np.full(years, 3.0), np.full(years, 1.5), most=3),),
        ),
        budget=np.full(years, 9.0),
        floors=(Floor("small", sizes == "1-5", 0.4),),
        work=Work(
            duty=table["duty"].to_numpy(), unit=table["unit"].to_numpy(),
            option=table["option"].to_numpy(object),
            measures={name: table[name].to_numpy(float) + 0.0 for name in ("harm", "cost")},
            weights={name: np.ones(years) for name in ("harm", "cost")},
            fixed=fixed, alone=own >= 0,
        ),
    )  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_best_of_all_permutations(seed: int) -> None:
    """Every choice with every permutation of every year finds none better."""
    problem = _operator(seed)
    plan = solve_exchanged(problem, "harm", gap=0.0)
    assert plan.value == pytest.approx(_best(problem), rel=1e-6, abs=1e-9)
    assert violations(plan) == []


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_a_limit_over_all_does_not_split_a_day_of_work(seed: int) -> None:
    """With a bound on cost, work is still done whole, and by the best permutation."""
    problem = replace(_operator(seed), limits=(Limit("cost", most=3.0),))
    plan = solve_exchanged(problem, "harm", gap=0.0)
    assert plan.value == pytest.approx(_best(problem, most_cost=3.0), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("objective", ["harm", "cost"])
def test_same_best_as_the_model_of_single_vehicles(seed: int, objective: str) -> None:
    """States, spans of years and set-aside choices change no best value, nor do links."""
    problem = _fleet(seed)
    if objective == "cost":
        problem = replace(problem, limits=(Limit("harm", least=20.0),))
    exact = solve_exact(problem, objective, gap=0.0)
    plan = solve_exchanged(problem, objective, gap=0.0)
    assert plan.value == pytest.approx(exact.value, rel=1e-6)
    assert plan.gap <= 1e-6


@pytest.mark.parametrize("seed", range(3))
def test_bound_by_operators_and_depots_holds(seed: int) -> None:
    """Solved by blocks, no plan is better than the bound, and the plan is not better than best."""
    problem = _fleet(seed)
    exact = solve_exact(problem, "harm", gap=0.0)
    plan = solve_exchanged(problem, "harm", gap=0.0, defaults=BY_BLOCKS)
    assert plan.value <= exact.value * (1.0 + 1e-9)
    assert plan.bound >= exact.value * (1.0 - 1e-9)
    assert plan.bound <= plan.report["bound_relaxed"] * (1.0 + 1e-9)
    assert violations(plan) == []


@pytest.mark.parametrize("carry_over", [True, False])
def test_more_money_never_gives_less(carry_over: bool) -> None:
    """Budgets from nothing to plenty; at none at all work may still be exchanged."""
    problem = replace(_fleet(7), carry_over=carry_over)
    values = [
        solve(replace(problem, budget=np.full(2, money)), "harm", gap=0.0).value
        for money in (0.0, 3.0, 9.0, 20.0, np.inf)
    ]
    assert values == sorted(values)
    assert values[0] >= 0.0
    assert values[2] >= solve_exact(without_work(problem), "harm", gap=0.0).value - 1e-9


def test_same_plan_each_time() -> None:
    """Nothing of the clock is in what is chosen."""
    one, other = (solve_exchanged(_fleet(3), "harm") for _ in range(2))
    assert np.array_equal(one.chosen, other.chosen)
    assert one.assigned is not None
    assert other.assigned is not None
    assert np.array_equal(one.assigned, other.assigned)


def test_best_work_by_hand() -> None:
    """Two vans swap: the clean one takes the harmful round."""
    none = np.zeros(0)
    problem = PlanProblem(
        units=pd.DataFrame({"vehicle_id": ["a", "b"], "operator_id": "o", "operator_size": "1-5"}),
        years=2, unit=none.astype(int), year=none.astype(int), option=none.astype(object),
        measures={"harm": none}, spend=none, plugs=none, kind=none.astype(int),
        depot=np.full(2, -1), depots=None, budget=np.zeros(2),
        work=Work(
            duty=np.array([0, 1, 0, 1]), unit=np.array([0, 1, 1, 0]),
            option=np.array(["keep"] * 4, object),
            measures={"harm": np.array([0.0, 0.0, 9.0, -4.0])},
            weights={"harm": np.ones(2)}, fixed={"harm": none}, alone=none.astype(bool),
        ),
    )  # fmt: skip
    assert problem.work is not None
    swapped = best_work(problem, problem.work, "harm", none.astype(np.int64))
    assert np.array_equal(swapped, [[2, 2], [3, 3]])
    plan: Plan = solve(problem, "harm")
    assert (plan.value, plan.method) == (10.0, "exchanged work")


def test_limits_that_cannot_be_met_are_named() -> None:
    """Asked for more than all can avoid, with what can be had."""
    problem = replace(_fleet(0), limits=(Limit("harm", least=1e6),))
    with pytest.raises(InputError, match="limit harm"):
        solve_exchanged(problem, "cost")


def test_a_problem_without_work_is_refused() -> None:
    """There is another search for it."""
    with pytest.raises(InputError, match="work to exchange"):
        solve_exchanged(without_work(_fleet(0)), "harm")
