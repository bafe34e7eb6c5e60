"""Vehicles of an operator that may exchange their work: proven by permutations."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geofleet.errors import InputError
from geofleet.plan.evaluation import evaluate, violations, without_work
from geofleet.plan.exact import solve_exact
from geofleet.plan.greedy import rank_by_ratio
from geofleet.plan.model import Limit, PlanProblem, Work
from tests.oracles.brute_force_plan import allowed, every_choice


def _operator(seed: int, *, vehicles: int = 3, years: int = 2) -> PlanProblem:
    """Return an operator whose vehicles may do each other's work, some of it not electric."""
    rng = np.random.default_rng(seed)
    fixed_cost = rng.integers(1, 10, vehicles * years).astype(float)
    rows = [
        (duty, unit, option)
        for duty, unit, option in itertools.product(
            range(vehicles), range(vehicles), ("keep", "electric:x")
        )
        if (duty == unit and option == "keep") or rng.random() < 0.7
    ]
    harm = np.array(
        [
            0.0 if duty == unit and option == "keep"
            else float(rng.integers(-3, 4) + (8 if option != "keep" else 0))
            for duty, unit, option in rows
        ]
    )  # fmt: skip
    cost = np.where(harm == 0.0, 0.0, rng.integers(-3, 3, len(rows))).astype(float)
    unit, year = np.repeat(np.arange(vehicles), years), np.tile(np.arange(years), vehicles)
    place = {row: number for number, row in enumerate(rows)}
    own = [place.get((int(v), int(v), "electric:x")) for v in unit]
    alone = np.array([row is not None for row in own])
    left = years - year
    gain = {
        name: np.array([values[row] if row is not None else 0.0 for row in own]) * left
        for name, values in (("harm", harm), ("cost", cost))
    }
    zero = np.zeros(len(unit))
    return PlanProblem(
        units=pd.DataFrame(
            {
                "vehicle_id": [f"v{n}" for n in range(vehicles)],
                "operator_id": "o",
                "operator_size": "1-5",
            }
        ),
        years=years,
        unit=unit,
        year=year,
        option=np.array(["electric:x"] * len(unit), object),
        measures={"harm": gain["harm"], "cost": gain["cost"] + fixed_cost},
        spend=rng.integers(2, 6, len(unit)).astype(float),
        plugs=zero,
        kind=np.full(len(unit), -1),
        depot=np.full(vehicles, -1),
        depots=None,
        budget=np.full(years, 4.0),
        work=Work(
            duty=np.array([row[0] for row in rows]),
            unit=np.array([row[1] for row in rows]),
            option=np.array([row[2] for row in rows], object),
            measures={"harm": harm, "cost": cost},
            weights={"harm": np.ones(years), "cost": np.ones(years)},
            fixed={"harm": zero, "cost": fixed_cost},
            alone=alone,
        ),
    )


def _best(problem: PlanProblem, *, most_cost: float = math.inf) -> float:
    """Return the most harm avoided over all choices and all exchanges of work of every year."""
    work = problem.work
    assert work is not None
    place = {
        row: number
        for number, row in enumerate(
            zip(work.duty.tolist(), work.unit.tolist(), work.option.tolist(), strict=True)
        )
    }
    vehicles = len(problem.units)
    best = -math.inf
    for taken in every_choice(problem):
        if not allowed(replace(problem, limits=()), taken, {}, {}):
            continue
        state = {problem.unit[c]: (problem.year[c], problem.option[c]) for c in taken}
        years = []
        for year in range(problem.years):
            ways = []
            for order in itertools.permutations(range(vehicles)):
                rows = []
                for duty, unit in enumerate(order):
                    since, option = state.get(unit, (math.inf, "keep"))
                    rows.append(place.get((duty, unit, option if since <= year else "keep")))
                if None not in rows:
                    ways.append(
                        (work.measures["harm"][rows].sum(), work.measures["cost"][rows].sum())
                    )
            years.append(ways)
        paid = sum(work.fixed["cost"][c] for c in taken)
        for ways in itertools.product(*years):
            if paid + sum(cost for _, cost in ways) <= most_cost:
                best = max(best, sum(harm for harm, _ in ways))
    return float(best)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_exchanged_work_is_the_best_of_all_permutations(seed: int) -> None:
    """Every choice with every permutation of every year finds none better, and nobody's worse."""
    problem = _operator(seed)
    plan = solve_exact(problem, "harm", gap=0.0)
    assert plan.value == pytest.approx(_best(problem), rel=1e-6, abs=1e-9)
    assert violations(plan) == []
    assert plan.value >= solve_exact(without_work(problem), "harm", gap=0.0).value - 1e-9
    assert plan.value >= rank_by_ratio(problem, "harm").value - 1e-9


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_a_limit_over_all_does_not_split_a_day_of_work(seed: int) -> None:
    """With a bound on cost, work is still done whole, and by the best permutation."""
    problem = replace(_operator(seed), limits=(Limit("cost", most=3.0),))
    plan = solve_exact(problem, "harm", gap=0.0)
    assert plan.value == pytest.approx(_best(problem, most_cost=3.0), rel=1e-6, abs=1e-9)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_no_vehicle_does_work_that_is_not_listed(seed: int) -> None:
    """What an electric vehicle cannot drive, none is given, in any year."""
    problem = _operator(seed, vehicles=4)
    plan = solve_exact(problem, "harm", gap=0.0)
    work = problem.work
    assert work is not None
    assert plan.assigned is not None
    since = {problem.unit[c]: problem.year[c] for c in plan.chosen}
    listed = set(zip(work.duty.tolist(), work.unit.tolist(), work.option.tolist(), strict=True))
    for year in range(problem.years):
        for row in plan.assigned[:, year]:
            unit = int(work.unit[row])
            now = "electric:x" if since.get(unit, math.inf) <= year else "keep"
            assert (int(work.duty[row]), unit, now) in listed


def test_work_that_a_vehicle_is_not_fit_for_is_told() -> None:
    """A plan that gives the work of one vehicle to two, or in another state, breaks bounds."""
    plan = solve_exact(_operator(3), "harm", gap=0.0)
    assert plan.assigned is not None
    twice = plan.assigned.copy()
    twice[:] = twice[0]
    assert any("nobody does" in words for words in violations(replace(plan, assigned=twice)))
    none = replace(plan, chosen=np.zeros(0, np.int64))
    if len(plan.chosen):
        assert any("but is keep" in words for words in violations(none))


def test_a_problem_whose_own_work_does_not_add_up_is_refused() -> None:
    """The measures of a choice are its fixed part and its own work; no others."""
    problem = _operator(3)
    wrong = replace(problem, measures={**problem.measures, "cost": problem.measures["cost"] + 1.0})
    with pytest.raises(InputError, match="sum of its fixed part"):
        solve_exact(wrong, "harm", gap=0.0)


def test_value_of_work_by_hand() -> None:
    """Two vans swap: the clean one takes the harmful round, a gain of 5 a year for two years."""
    units = pd.DataFrame({"vehicle_id": ["a", "b"], "operator_id": "o", "operator_size": "1-5"})
    none = np.zeros(0)
    problem = PlanProblem(
        units=units, years=2, unit=none.astype(int), year=none.astype(int),
        option=none.astype(object), measures={"harm": none}, spend=none, plugs=none,
        kind=none.astype(int), depot=np.full(2, -1), depots=None, budget=np.zeros(2),
        work=Work(
            duty=np.array([0, 1, 0, 1]), unit=np.array([0, 1, 1, 0]),
            option=np.array(["keep"] * 4, object),
            measures={"harm": np.array([0.0, 0.0, 9.0, -4.0])},
            weights={"harm": np.ones(2)}, fixed={"harm": none}, alone=none.astype(bool),
        ),
    )  # fmt: skip
    plan = solve_exact(problem, "harm", gap=0.0)
    assert plan.value == 10.0
    assert evaluate(problem, plan.chosen, plan.chargers, plan.extensions) == {"harm": 0.0}
