"""Grids carry distant pairs: same sums as pair by pair, forward and adjoint one operator."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from typing import Any

import numba
import numpy as np
import pytest

from geofleet.defaults import Defaults
from geofleet.errors import InputError
from geofleet.exposure import concentrations, prepare_scene, unit_exposure
from geofleet.exposure.city import operator
from geofleet.exposure.city.grid import make_grids
from geofleet.exposure.city.plan import make_plan
from geofleet.exposure.city.scene import Scene

Make = Callable[..., Any]

# Free cells make grids the cheapest way at any size.
GRIDS = {
    "exposure_accuracy:cost_cell_ns": 1e-9, "exposure_accuracy:splits_m": "250",
    "exposure_accuracy:most_triples": 0,
}  # fmt: skip


@pytest.fixture(scope="module")
def town(make_network: Make, make_points: Make, make_weather: Make) -> tuple[Any, Any, Any]:
    """Streets and people over 9 km, some of both beyond every split."""
    rng = np.random.default_rng(11)
    lines = []
    for _ in range(150):
        start = rng.uniform(-4500, 4500, 2)
        steps = rng.normal(0, 50, (2, 2))
        lines.append([tuple(start), tuple(start + steps[0]), tuple(start + steps.sum(axis=0))])
    xy = rng.uniform(-4500, 4500, (400, 2))
    return make_network(lines), make_points(xy, rng.uniform(0, 30, 400)), make_weather(8)


def scene_of(town: tuple[Any, Any, Any], **settings: Any) -> Scene:
    network, receptors, weather = town
    edges = np.arange(len(network.edges), dtype=np.int32)
    return prepare_scene(network, receptors, weather, edges=edges, **settings)


def people_of(town: tuple[Any, Any, Any]) -> np.ndarray:
    people: np.ndarray = town[1].people_by_hour()[None]
    return people


@pytest.mark.parametrize("tolerance", [0.01, 0.005, 0.002])
def test_grids_give_what_pairs_give(town: tuple[Any, Any, Any], tolerance: float) -> None:
    """Unit exposure and concentrations through grids keep the tolerance against all pairs."""
    scene = scene_of(town, tolerance=tolerance, defaults=Defaults(GRIDS))
    assert scene.plan.grids
    assert scene.accuracy.tolerance == tolerance
    rates = np.random.default_rng(1).uniform(0, 1e-3, (2, len(scene.lines), 24))
    whole = operator.pairs_only(scene)
    people = people_of(town)
    for split, exact in (
        (operator.adjoint(scene, people), operator.adjoint(whole, people)),
        (operator.forward(scene, rates), operator.forward(whole, rates)),
    ):
        error = np.abs(split / exact - 1.0)
        assert np.quantile(error, 0.99) < tolerance
        assert np.median(error) < 0.2 * tolerance
    unit, air = operator.adjoint(scene, people), operator.forward(scene, rates)
    assert np.sum(unit * rates[:1]) == pytest.approx(np.sum(people * air[:1]), rel=1e-12)
    assert np.sum(unit * rates[1:]) == pytest.approx(np.sum(people * air[1:]), rel=1e-12)


def test_people_who_move_by_hour(town: tuple[Any, Any, Any]) -> None:
    """Weights of their own for each hour go through grids as through pairs."""
    scene = scene_of(town, defaults=Defaults(GRIDS))
    people = np.random.default_rng(2).uniform(0, 9, (2, len(scene.xy), 24))
    split, exact = (operator.adjoint(s, people) for s in (scene, operator.pairs_only(scene)))
    assert np.quantile(np.abs(split / exact - 1.0), 0.99) < 0.01


def test_threads_and_workers_do_not_change_a_bit(town: tuple[Any, Any, Any]) -> None:
    """One thread, all threads, a pool of threads and one of processes give the same bits."""
    scene = scene_of(town, defaults=Defaults(GRIDS))
    rates = np.random.default_rng(1).uniform(0, 1e-3, (1, len(scene.lines), 24))
    people = people_of(town)
    before = numba.get_num_threads()
    results = []
    try:
        for threads in (1, before):
            numba.set_num_threads(threads)
            results.append((operator.adjoint(scene, people), operator.forward(scene, rates)))
    finally:
        numba.set_num_threads(before)
    for pool in (ThreadPoolExecutor(2), ProcessPoolExecutor(2, mp_context=get_context("spawn"))):
        with pool as executor:
            results.append(
                (
                    operator.adjoint(scene, people, executor=executor),
                    operator.forward(scene, rates, executor=executor),
                )
            )
    for unit, air in results[1:]:
        np.testing.assert_array_equal(unit, results[0][0])
        np.testing.assert_array_equal(air, results[0][1])


def test_memory_bounds_the_batch_and_is_refused_when_too_little(
    town: tuple[Any, Any, Any],
) -> None:
    """Less memory gives the same numbers in more steps, and none a clear error."""
    wide = scene_of(town, max_memory_mb=2000.0, defaults=Defaults(GRIDS))
    slim = scene_of(town, max_memory_mb=30.0, defaults=Defaults(GRIDS))
    assert slim.plan.batch < wide.plan.batch
    assert slim.plan.megabytes <= 30.0
    people = people_of(town)
    np.testing.assert_allclose(
        operator.adjoint(slim, people), operator.adjoint(wide, people), rtol=1e-12
    )
    groups = np.random.default_rng(3).uniform(0, 9, (5, len(slim.xy), 24))
    tight = scene_of(town, max_memory_mb=slim.plan.megabytes, defaults=Defaults(GRIDS))
    assert tight.plan.kinds < 5 <= wide.plan.kinds
    seen: list[float] = []
    for direction, weights in ((operator.adjoint, groups), (operator.forward, groups[:, :150])):
        parts = direction(tight, weights, progress=seen.append)
        np.testing.assert_allclose(parts, direction(wide, weights), rtol=1e-12)
    assert seen[: len(seen) // 2] == sorted(seen[: len(seen) // 2])
    with pytest.raises(InputError, match=r"max_memory_mb.*at least"):
        scene_of(town, max_memory_mb=0.1, defaults=Defaults(GRIDS))
    with pytest.raises(InputError, match="tolerance of at least"):
        scene_of(town, tolerance=1e-9)


def test_the_plan_follows_the_work() -> None:
    """Few pairs need no grid; many do; close streets and people shift the split inward."""
    defaults = Defaults()
    scene_accuracy = dataclasses.replace(_accuracy(), split_cells=8.0)

    def plan(count: int, extent: float) -> Any:
        rng = np.random.default_rng(0)
        chunks, receptors = rng.uniform(0, extent, (2, count, 2))
        return make_plan(chunks, receptors, accuracy=scene_accuracy, defaults=defaults)

    assert plan(300, 20_000.0).grids == ()
    sparse, dense = plan(60_000, 30_000.0), plan(60_000, 8_000.0)
    assert sparse.grids
    assert dense.split_m < sparse.split_m
    assert sparse.pairs < 60_000**2 / 10


def _accuracy() -> Any:
    from geofleet.exposure.city.accuracy import choose_accuracy

    return choose_accuracy(Defaults())


def test_grids_take_every_distance_once() -> None:
    """Pairs and grids share each distance out; the coarsest reaches across the whole city."""
    from geofleet.exposure.city._kernels_pairs import fade

    low, high = np.zeros(2), np.array([30_000.0, 9_000.0])
    grids = make_grids(low, high, split_m=300.0, cells=10.0, factor=4.0)
    r2 = np.geomspace(1.0, 32_000.0, 400) ** 2
    total = np.array([fade(x, *grids[0].near.pair) for x in r2])
    for grid in grids:
        assert grid.step_m * grid.reach[1] >= min(np.sqrt(grid.far.outer2), 30_000.0)
        total += [fade(x, *grid.far.pair) - fade(x, *grid.near.pair) for x in r2]
    np.testing.assert_allclose(total, 1.0, atol=1e-12)
    assert [grid.near for grid in grids[1:]] == [grid.far for grid in grids[:-1]]


def test_public_functions_take_the_settings(town: tuple[Any, Any, Any]) -> None:
    """Tolerance, memory and executor reach the sums from the public functions."""
    network, receptors, weather = town
    edges = np.arange(20, dtype=np.int32)
    settings: dict[str, Any] = {"tolerance": 0.005, "max_memory_mb": 500.0}
    with ThreadPoolExecutor(2) as executor:
        unit = unit_exposure(
            network, receptors, weather, edges=edges, executor=executor, **settings
        )
        grams = np.ones((20, 24))
        air = concentrations(
            network, receptors, weather, edges=edges, grams=grams, executor=executor, **settings
        )
    assert unit.report["tolerance"] == 0.005
    people = receptors.frame["people"].to_numpy()
    np.testing.assert_allclose(people @ air, unit.harm(grams).sum(axis=0), rtol=1e-12)
