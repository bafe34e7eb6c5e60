"""Bounds hold at any prices, and what is passed over can never be better."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geofleet.plan.exact import solve_exact
from geofleet.plan.large._kernels import charger_candidates
from geofleet.plan.large.blocks import Effort, split_depots
from geofleet.plan.large.case import read_case
from geofleet.plan.large.duals import Duals, price_out
from geofleet.plan.model import PlanProblem


@pytest.fixture(scope="module")
def problems(request: pytest.FixtureRequest) -> list[tuple[PlanProblem, float]]:
    """Small problems with chargers, and their exact optima."""
    from importlib.util import module_from_spec, spec_from_file_location

    path = request.path.parents[1] / "conftest.py"
    spec = spec_from_file_location("plan_problems", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    made = [
        module.random_problem(seed, units=6, years=2, options=3, chargers=True, floor=0.3)
        for seed in range(3)
    ]
    return [(problem, solve_exact(problem, "harm").value) for problem in made]


@settings(max_examples=25, deadline=None)
@given(
    number=st.integers(0, 2),
    seed=st.integers(0, 10_000),
    size=st.floats(0.0, 3.0),
    larger=st.booleans(),
    relaxed=st.booleans(),
    columns=st.integers(1, 12),
)
def test_any_prices_prove_a_bound(
    problems: list[tuple[PlanProblem, float]],
    number: int,
    seed: int,
    size: float,
    larger: bool,
    relaxed: bool,
    columns: int,
) -> None:
    """Whatever the prices, no plan is worth more than the bound; few columns do not break it."""
    problem, best = problems[number]
    case = read_case(problem, "harm")
    blocks, places, place = split_depots(case, vehicles=0 if larger else 100)
    rng = np.random.default_rng(seed)
    falling = np.sort(rng.random((len(places), case.kinds, case.years)), axis=2)[:, :, ::-1]
    power = np.sort(rng.random((len(places), case.years)), axis=1)[:, ::-1]
    duals = Duals(size * rng.random(case.rows), np.ascontiguousarray(falling), power)
    with ThreadPoolExecutor(1) as executor:
        priced = price_out(
            case, duals, blocks=blocks, larger=places, place=place, executor=executor,
            effort=Effort(relaxed=relaxed, gap=0.0, nodes=1000, columns=columns),
        )  # fmt: skip
    assert priced.bound * case.scale >= best - 1e-6 * max(best, 1.0)


@pytest.mark.parametrize("seed", range(5))
def test_candidates_hold_the_best_at_any_price_of_plugs(seed: int) -> None:
    """No choice that is passed over is better than those kept, whatever plugs cost."""
    rng = np.random.default_rng(seed)
    count, years, kinds = 60, 4, 2
    start = np.array([0, 20, 20, 60], np.int64)
    year, kind = rng.integers(0, years, count), rng.integers(-1, kinds, count)
    plugs = np.where(kind >= 0, rng.integers(1, 5, count) / 4.0, 0.0)
    reduced = rng.integers(-4, 12, count).astype(float)
    plain, worth, keep = np.empty(3, np.int64), np.empty(3), np.zeros(count, np.bool_)
    charger_candidates(start, year, kind, plugs, reduced, plain, worth, keep)
    for _ in range(30):
        price = np.sort(10.0 * rng.random((kinds, years)), axis=1)[:, ::-1]
        paid = reduced - np.where(kind >= 0, plugs * price[kind, year], 0.0)
        for unit in range(3):
            mine = np.arange(start[unit], start[unit + 1])
            best = max([0.0, *paid[mine]])
            found = max([worth[unit], *paid[mine][keep[mine]]])
            assert found == pytest.approx(best)


def test_case_keeps_what_the_problem_says(make_problem: Callable[..., PlanProblem]) -> None:
    """Sorting by depot and scaling change no value, money or owner of a choice."""
    problem = make_problem(1, units=9, chargers=True)
    problem = replace(problem, depot=np.array([0, -1, 0, -1, 0, 0, -1, 0, -1]))
    keep = (problem.kind < 0) | (problem.depot[problem.unit] >= 0)
    names = ("unit", "year", "option", "spend", "plugs", "kind")
    problem = replace(
        problem,
        **{name: getattr(problem, name)[keep] for name in names},
        measures={name: values[keep] for name, values in problem.measures.items()},
    )
    case = read_case(problem, "cost")
    assert np.array_equal(case.units[case.unit], problem.unit[case.order])
    cost = case.sign * case.scale * case.value
    assert np.allclose(cost, problem.measures["cost"][case.order])
    ratio = problem.spend[case.order] / case.spend
    assert np.allclose(ratio, ratio[0])
    assert (np.diff(case.depot) >= 0).all()
    assert (np.diff(case.unit) >= 0).all()
