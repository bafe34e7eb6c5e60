"""Small cities and fine tolerances: each weather row is integrated for itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
import pytest

from geofleet.defaults import Defaults, read_table
from geofleet.errors import InputError
from geofleet.exposure import (
    Receptors,
    Weather,
    concentrations,
    prepare_scene,
    unit_exposure,
    with_links,
    with_people,
)
from geofleet.exposure.city import operator
from geofleet.exposure.city.roads import make_lines
from geofleet.exposure.dispersion import (
    LineSources,
    PointReceptors,
    WeatherRows,
    line_intake,
)
from geofleet.exposure.dispersion.lines import direct_settings
from geofleet.network import RoadNetwork

Make = Callable[..., Any]
TABLES = Defaults({"exposure_accuracy:most_triples": 0})


@pytest.fixture(scope="module")
def quarter(make_network: Make, make_points: Make, make_weather: Make) -> tuple[Any, Any, Any]:
    """Wide and narrow streets at all bearings, people on, beside and far from them, one hour each.

    Where tables err most: on the carriageway, in the narrow plume of a single night, at bearings
    between those that have tables.
    """
    rng = np.random.default_rng(5)
    begin = rng.uniform(-2500, 2500, (30, 2))
    bearing, length = rng.uniform(0, np.pi, 30), rng.lognormal(np.log(120), 0.6, 30)
    end = begin + length[:, None] * np.column_stack([np.cos(bearing), np.sin(bearing)])
    network = make_network(
        [[tuple(a), tuple(b)] for a, b in zip(begin, end, strict=True)],
        lanes=rng.choice([1.0, 2.0, 4.0, 6.0], 30),
    )
    aside = rng.choice([-1.0, 1.0], (30, 1)) * rng.choice([0.5, 8.0, 20.0, 60.0], (30, 1))
    beside = 0.5 * (begin + end) + aside * np.column_stack([-np.sin(bearing), np.cos(bearing)])
    xy = np.vstack([beside, rng.uniform(-2500, 2500, (50, 2)), [[60_000.0, 20_000.0]]])
    return network, make_points(xy, rng.uniform(0, 90, len(xy))), make_weather(1)


def intake(network: RoadNetwork, receptors: Receptors, weather: Weather, edges: Any) -> np.ndarray:
    """Persons·µg/m3 per g/s (edges, 24) by the adaptive reference, one row for each hour."""
    lines = make_lines(network, edges, defaults=Defaults())
    points = receptors.frame.geometry
    same = np.ones(len(lines))
    sources = LineSources(
        *lines.segments.T, release_height_m=3.4 * same, width_m=lines.width_m,
        sigma_z0_m=3.2 * same, emission_g_s_m=1.0 / lines.length_m,
    )  # fmt: skip
    places = PointReceptors(
        points.x.to_numpy() - lines.origin[0], points.y.to_numpy() - lines.origin[1],
        np.full(len(points), receptors.height_m),
    )  # fmt: skip
    people = receptors.frame["people"].to_numpy()
    rows = WeatherRows.from_weather(weather)
    return line_intake(sources, places, rows, people, method="reference").T


@pytest.mark.parametrize(("tolerance", "worst"), [(None, 1e-3), (1e-4, 2e-4)])
def test_single_hours_are_those_of_the_equations(
    quarter: tuple[Any, Any, Any], tolerance: float | None, worst: float
) -> None:
    """Exposure to every link in every hour, each of one row, whatever the tolerance asked."""
    network, receptors, weather = quarter
    edges = np.arange(30, dtype=np.int32)
    unit = unit_exposure(network, receptors, weather, edges=edges, tolerance=tolerance)
    assert unit.report["weather_rows_one_by_one"]
    some = edges[::6]
    error = np.abs(unit.values[some] / intake(network, receptors, weather, some) - 1.0)
    assert error.max() < worst
    assert np.quantile(error, 0.99) < 0.5 * worst


def test_tables_and_rows_mean_the_same(quarter: tuple[Any, Any, Any], make_weather: Make) -> None:
    """Over many rows an hour both ways agree; more of them than allowed go through tables."""
    network, receptors, _ = quarter
    edges, weather = np.arange(30, dtype=np.int32), make_weather(12)
    one_by_one = unit_exposure(network, receptors, weather, edges=edges)
    tables = unit_exposure(network, receptors, weather, edges=edges, defaults=TABLES)
    assert not tables.report["weather_rows_one_by_one"]
    error = np.abs(tables.values / one_by_one.values - 1.0)
    assert np.median(error) < 2e-3
    few = prepare_scene(
        network, receptors, make_weather(1), edges=edges,
        defaults=Defaults({"exposure_accuracy:most_triples": 30 * len(receptors.frame) * 24}),
    )  # fmt: skip
    assert few.report["weather_rows_one_by_one"]
    many = few.with_weather(weather)
    assert not many.report["weather_rows_one_by_one"]
    values = operator.adjoint(many, receptors.people_by_hour()[None])[0]
    np.testing.assert_array_equal(values, tables.values)


def test_both_directions_are_one(quarter: tuple[Any, Any, Any]) -> None:
    """People who move by hour, two groups and two pollutants at once; any number of threads."""
    network, receptors, weather = quarter
    edges = np.arange(30, dtype=np.int32)
    scene = prepare_scene(network, receptors, weather, edges=edges)
    rng = np.random.default_rng(1)
    people = rng.uniform(0, 9, (2, len(scene.xy), 24))
    rates = rng.uniform(0, 1e-3, (2, len(scene.lines), 24))
    people[:, :, 5] = 0.0
    rates[:, :, 7] = 0.0
    before, results = numba.get_num_threads(), []
    try:
        for threads in (1, before):
            numba.set_num_threads(threads)
            results.append((operator.adjoint(scene, people), operator.forward(scene, rates)))
    finally:
        numba.set_num_threads(before)
    for first, second in zip(*results, strict=True):
        np.testing.assert_array_equal(first, second)
    unit, air = results[0]
    for group in range(2):
        for kind in range(2):
            total = np.sum(people[group] * air[kind], axis=0)
            np.testing.assert_allclose(np.sum(unit[group] * rates[kind], axis=0), total, rtol=1e-11)
    assert np.all(unit[:, :, 5] == 0.0)
    assert np.all(air[:, :, 7] == 0.0)


def test_edits_are_as_summed_anew(
    quarter: tuple[Any, Any, Any], make_network: Make, make_points: Make
) -> None:
    """One zone or one street changed gives what the changed city gives."""
    network, receptors, weather = quarter
    edges = np.arange(30, dtype=np.int32)
    scene = prepare_scene(network, receptors, weather, edges=edges)
    unit = unit_exposure(network, receptors, weather, edges=edges, scene=scene)
    receptors.frame["zone_id"] = np.where(np.arange(len(receptors.frame)) < 7, "b", "a")
    after = receptors.with_zone("b", 5000.0)
    edited = with_people(unit, scene, before=receptors, after=after)
    anew = unit_exposure(network, after, weather, edges=edges)
    np.testing.assert_allclose(edited.values, anew.values, rtol=1e-9)
    again = with_links(unit, scene, network, receptors, edges=edges[3:5])
    np.testing.assert_allclose(again.values, unit.values, rtol=1e-9)


def test_air_of_one_street(quarter: tuple[Any, Any, Any]) -> None:
    """Grams become concentrations through the public function, harm the same both ways."""
    network, receptors, weather = quarter
    edges = np.array([4, 2], dtype=np.int32)
    grams = np.random.default_rng(3).uniform(0, 50, (2, 24))
    air = concentrations(network, receptors, weather, edges=edges, grams=grams)
    unit = unit_exposure(network, receptors, weather, edges=edges)
    people = receptors.frame["people"].to_numpy()
    np.testing.assert_allclose(people @ air, unit.harm(grams[::-1]).sum(axis=0), rtol=1e-11)


def test_places_too_far_apart(make_network: Make, make_points: Make, make_weather: Make) -> None:
    """Beyond what the direct kernel reaches tables are used, and finer tolerances refused."""
    network = make_network([[(0, 0), (90, 40)]])
    receptors = make_points(np.array([[50.0, 60.0], [140_000.0, 0.0]]))
    edges = np.array([0], dtype=np.int32)
    unit = unit_exposure(network, receptors, make_weather(1), edges=edges)
    assert not unit.report["weather_rows_one_by_one"]
    with pytest.raises(InputError, match="within 131 km"):
        unit_exposure(network, receptors, make_weather(1), edges=edges, tolerance=1e-4)


def test_every_setting_is_read(quarter: tuple[Any, Any, Any]) -> None:
    """No row of the tables of settings stands there unread."""
    network, receptors, weather = quarter
    edges, used = np.arange(30, dtype=np.int32), set()
    for tolerance in (0.01, 0.005, 0.002, 1e-4):
        scene = prepare_scene(network, receptors, weather, edges=edges, tolerance=tolerance)
        used |= set(scene.provenance)
    reader = Defaults().scope()
    for held in (5e-3, None):
        direct_settings(held, reader)
    used |= set(reader.used)
    by_call = {"exposure_accuracy:tolerance", "exposure_accuracy:max_memory_mb"}
    for table in ("dispersion", "exposure_accuracy"):
        rows = {f"{table}:{row}" for row in read_table(table).index}
        assert rows - used - by_call == set()
