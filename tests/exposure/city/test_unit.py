"""Adjoint and forward are one operator; the tables stand for every weather row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geofleet.defaults import Defaults
from geofleet.errors import InputError
from geofleet.exposure import (
    Receptors,
    Weather,
    concentrations,
    daily_mean,
    people_weighted_concentration,
    prepare_scene,
    unit_exposure,
)
from geofleet.exposure.city.roads import make_lines
from geofleet.exposure.city.scene import grid_north_rad
from geofleet.exposure.dispersion import (
    LineSources,
    PointReceptors,
    WeatherRows,
    line_concentrations,
)
from geofleet.network import RoadNetwork

Make = Callable[..., Any]

# Coarse tables: the identities below hold at any resolution.
COARSE = Defaults(
    {
        "exposure_accuracy:profile_points": 80,
        "exposure_accuracy:coarse_bits": 1,
        "exposure_accuracy:coarse_near_directions": 36,
        "exposure_accuracy:coarse_far_directions": 72,
        "exposure_accuracy:most_triples": 0,
    }
)
TABLES = Defaults({"exposure_accuracy:most_triples": 0})  # even for so small a city


def scene(make_network: Make, make_points: Make, seed: int = 0) -> tuple[RoadNetwork, Receptors]:
    rng = np.random.default_rng(seed)
    lines = []
    for _ in range(12):
        start = rng.uniform(-3000, 3000, 2)
        steps = rng.normal(0, 60, (3, 2))
        lines.append([tuple(point) for point in start + np.vstack([[0, 0], np.cumsum(steps, 0)])])
    xy = np.vstack([rng.uniform(-4000, 4000, (30, 2)), np.array(lines[0]) + 15.0])
    return make_network(lines), make_points(xy, rng.uniform(0, 50, len(xy)))


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 10_000))
def test_adjoint_equals_forward(
    make_network: Make, make_points: Make, make_weather: Make, seed: int
) -> None:
    """People times concentration is unit exposure times emission, hour by hour."""
    network, receptors = scene(make_network, make_points, seed)
    weather = make_weather(1, seed)
    edges = np.arange(len(network.edges), dtype=np.int32)
    grams = np.random.default_rng(seed).uniform(0, 9, (len(edges), 24))
    unit = unit_exposure(network, receptors, weather, edges=edges, defaults=COARSE)
    field = concentrations(network, receptors, weather, edges=edges, grams=grams, defaults=COARSE)
    people = receptors.frame["people"].to_numpy()
    np.testing.assert_allclose(people @ field, unit.harm(grams).sum(axis=0), rtol=1e-12)
    mean = people_weighted_concentration(field, receptors)
    np.testing.assert_allclose(mean * people.sum(), people @ field, rtol=1e-12)
    np.testing.assert_allclose(daily_mean(field), field.sum(axis=1) / 24)


def test_concentration_is_linear(make_network: Make, make_points: Make, make_weather: Make) -> None:
    """Twice the grams make twice the concentration; pollutants in a stack do not mix."""
    network, receptors = scene(make_network, make_points)
    weather = make_weather(2)
    edges = np.array([7, 2, 3], dtype=np.int32)
    first, second = np.random.default_rng(1).uniform(0, 5, (2, 3, 24))

    def field(grams: np.ndarray) -> np.ndarray:
        return concentrations(
            network, receptors, weather, edges=edges, grams=grams, defaults=COARSE
        )

    a, b, both = field(first), field(second), field(first + 2.0 * second)
    np.testing.assert_allclose(both, a + 2.0 * b, rtol=1e-12)
    stack = field(np.stack([first, second]))
    np.testing.assert_array_equal(stack[0], a)
    np.testing.assert_array_equal(stack[1], b)
    assert np.all(field(np.zeros((3, 24))) == 0.0)


def test_threads_do_not_change_a_bit(
    make_network: Make, make_points: Make, make_weather: Make
) -> None:
    """One thread and all threads give the same bits, both ways."""
    network, receptors = scene(make_network, make_points)
    weather = make_weather(2)
    edges = np.arange(12, dtype=np.int32)
    grams = np.random.default_rng(1).uniform(0, 5, (12, 24))
    results = []
    before = numba.get_num_threads()
    try:
        for threads in (1, before):
            numba.set_num_threads(threads)
            unit = unit_exposure(network, receptors, weather, edges=edges, defaults=COARSE)
            field = concentrations(
                network, receptors, weather, edges=edges, grams=grams, defaults=COARSE
            )
            results.append((unit.values, field))
    finally:
        numba.set_num_threads(before)
    np.testing.assert_array_equal(results[0][0], results[1][0])
    np.testing.assert_array_equal(results[0][1], results[1][1])


def direct_sum(
    network: RoadNetwork, receptors: Receptors, weather: Weather, edges: np.ndarray
) -> np.ndarray:
    """Concentration (edges, receptors, 24) per g/s by integrating every weather row."""
    lines = make_lines(network, edges, defaults=Defaults())
    owner = np.repeat(np.arange(len(lines)), np.diff(lines.starts))
    points = receptors.frame.geometry
    x1, y1, x2, y2 = lines.segments.T
    same = np.ones(len(x1))
    values = line_concentrations(
        LineSources(
            x1_m=x1, y1_m=y1, x2_m=x2, y2_m=y2, release_height_m=3.4 * same,
            width_m=lines.width_m[owner], sigma_z0_m=3.2 * same,
            emission_g_s_m=1.0 / lines.length_m[owner],
        ),
        PointReceptors(
            x_m=points.x.to_numpy() - lines.origin[0], y_m=points.y.to_numpy() - lines.origin[1],
            height_m=np.full(len(points), receptors.height_m),
        ),
        WeatherRows.from_weather(weather),
    )  # fmt: skip
    hour = weather.frame["hour"].to_numpy()
    weight = weather.frame["weight_hours"].to_numpy()
    out = np.zeros((len(lines), len(points), 24))
    for h in range(24):
        mean = np.average(values[hour == h], axis=0, weights=weight[hour == h])
        np.add.at(out[:, :, h], owner, mean)
    return out[lines.line_of]


def test_tables_stand_for_every_weather_row(
    make_network: Make, make_points: Make, make_weather: Make
) -> None:
    """Integrals over the tables agree with the sum over rows, near and far, to a percent or two."""
    rng = np.random.default_rng(3)
    lines = [[(0, 0), (90, 20), (150, 90)], [(800, -300), (800, 60)], [(-60, 700), (-130, 690)]]
    network = make_network(lines, lanes=[2.0, 4.0, 1.0])
    angle = rng.uniform(0, 2 * np.pi, 120)
    distance = np.exp(rng.uniform(np.log(30), np.log(12000), 120))
    centres = np.array([np.mean(line, axis=0) for line in lines])[rng.integers(0, 3, 120)]
    xy = centres + np.column_stack([np.cos(angle), np.sin(angle)]) * (distance + 90)[:, None]
    xy = np.vstack([xy, [[45, 30], [45, -10], [815, -100], [-95, 710], [160, 100]]])
    receptors = make_points(xy)
    weather = make_weather(8)
    edges = np.arange(3, dtype=np.int32)
    expected = direct_sum(network, receptors, weather, edges)
    for edge in edges:
        grams = np.full((1, 24), 3600.0)
        field = concentrations(
            network, receptors, weather, edges=edges[edge : edge + 1], grams=grams,
            defaults=TABLES,
        )  # fmt: skip
        difference = np.abs(field / expected[edge] - 1.0)
        assert np.median(difference) < 2e-3
        assert np.quantile(difference, 0.99) < 0.02
        everybody = field.sum(axis=0) / expected[edge].sum(axis=0) - 1.0
        assert np.abs(everybody).max() < 0.01


def test_splitting_a_street_changes_little(
    make_network: Make, make_points: Make, make_weather: Make
) -> None:
    """A street cut in two has the exposure of the whole, within the error of the quadrature."""
    whole = make_network([[(0, 0), (200, 80)]])
    parts = make_network([[(0, 0), (70, 28)], [(70, 28), (200, 80)]])
    rng = np.random.default_rng(5)
    near = np.array([[60.0, 50.0], [210.0, 60.0], [-20.0, 30.0]])
    receptors = make_points(np.vstack([near, rng.uniform(-3000, 3000, (60, 2))]), 10.0)
    weather = make_weather(6)
    one = unit_exposure(
        whole, receptors, weather, edges=np.array([0], dtype=np.int32), defaults=TABLES
    )
    two = unit_exposure(
        parts, receptors, weather, edges=np.array([0, 1], dtype=np.int32), defaults=TABLES
    )
    joined = np.array([0.35, 0.65]) @ two.values  # grams are shared out by length
    np.testing.assert_allclose(joined, one.values[0], rtol=2e-3)


def test_both_directions_of_a_street_share_a_value(
    make_network: Make, make_points: Make, make_weather: Make
) -> None:
    """Edges in any order, repeated or not, come back ascending, twins alike."""
    network = make_network([[(0, 0), (100, 0)], [(500, 0), (500, 90)]])
    twin = np.array([1, 0], dtype=np.int32)  # the arrays view is cached: pretend they are twins
    network.arrays.twin[:] = twin
    receptors = make_points(np.array([[50.0, 60.0]]), 5.0)
    unit = unit_exposure(
        network, receptors, make_weather(1), edges=np.array([1, 0, 1], dtype=np.int32),
        defaults=COARSE,
    )  # fmt: skip
    assert unit.edges.tolist() == [0, 1]
    np.testing.assert_array_equal(unit.values[0], unit.values[1])
    assert unit.report["lines"] == 1


def test_wind_from_the_west_goes_east(
    make_network: Make, make_points: Make, make_weather: Make
) -> None:
    """Compass directions are those of meteorology, also where grid north is not true north."""
    network = make_network([[(0, -5), (0, 5)]])
    receptors = make_points(np.array([[300.0, 0], [-300, 0], [0, 300], [0, -300]]))
    weather = make_weather(1)
    frame = weather.frame.assign(wind_from_deg=270.0)
    field = concentrations(
        network, receptors, Weather(frame, 10.0, 0.3), edges=np.array([0], dtype=np.int32),
        grams=np.ones((1, 24)), defaults=COARSE,
    )  # fmt: skip
    assert np.all(field[0] > 3 * field[1:].max(axis=0))
    # Four degrees east of the central meridian, 30 degrees south: north leans 2 degrees east.
    turned = grid_north_rad(network.crs_metric, 885_000.0, 6_672_000.0)
    assert np.degrees(turned) - 90.0 == pytest.approx(-np.sin(np.radians(30)) * 4.0, abs=0.1)


def test_calm_rows_spread_all_round(
    make_network: Make, make_points: Make, make_weather: Make
) -> None:
    """Slow wind under strong turbulence is nearly the same on all sides."""
    network = make_network([[(0, -5), (0, 5)]])
    receptors = make_points(np.array([[300.0, 0], [-300, 0], [0, 300], [0, -300]]))
    frame = make_weather(1).frame.assign(
        wind_from_deg=270.0, wind_speed_m_s=0.2828, friction_velocity_m_s=0.03,
        sigma_v_m_s=0.4, obukhov_length_m=30.0,
    )  # fmt: skip
    field = concentrations(
        network, receptors, Weather(frame, 10.0, 0.3), edges=np.array([0], dtype=np.int32),
        grams=np.ones((1, 24)),
    )  # fmt: skip
    assert np.all(field.max(axis=0) / field.min(axis=0) < 1.05)


def test_a_scene_serves_both_directions(
    make_network: Make, make_points: Make, make_weather: Make
) -> None:
    """A prepared scene gives the same bits as none, and is refused for other edges."""
    network, receptors = scene(make_network, make_points)
    weather = make_weather(1)
    edges = np.arange(6, dtype=np.int32)
    grams = np.ones((6, 24))
    made = prepare_scene(network, receptors, weather, edges=edges, defaults=COARSE)
    plain = unit_exposure(network, receptors, weather, edges=edges, defaults=COARSE)
    unit = unit_exposure(network, receptors, weather, edges=edges, scene=made)
    np.testing.assert_array_equal(unit.values, plain.values)
    assert unit.provenance == plain.provenance
    field = concentrations(network, receptors, weather, edges=edges, grams=grams, scene=made)
    assert field.shape == (len(receptors.frame), 24)
    with pytest.raises(InputError, match="scene made with these edges"):
        unit_exposure(network, receptors, weather, edges=edges[:3], scene=made)
    moved = make_points(np.random.default_rng(9).uniform(-99, 99, (len(receptors.frame), 2)))
    with pytest.raises(InputError, match="these receptors"):
        concentrations(network, moved, weather, edges=edges, grams=grams, scene=made)
    with pytest.raises(InputError, match=r"tolerance.*tolerance=0\.002 or less"):
        unit_exposure(network, receptors, weather, edges=edges, scene=made, tolerance=0.002)


def test_progress_reaches_the_end(
    make_network: Make, make_points: Make, make_weather: Make
) -> None:
    """Progress rises to one."""
    network, receptors = scene(make_network, make_points)
    seen: list[float] = []
    unit_exposure(
        network, receptors, make_weather(1), edges=np.arange(5, dtype=np.int32),
        defaults=COARSE, progress=seen.append,
    )  # fmt: skip
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


def test_bad_input_is_named(make_network: Make, make_points: Make, make_weather: Make) -> None:
    """Every fault is said at once, in the user's words."""
    network, receptors = scene(make_network, make_points)
    weather = make_weather(1)
    other = Receptors(receptors.frame.to_crs(4326), 1.5)
    with pytest.raises(InputError, match=r"edges.*99(.|\n)*metric CRS"):
        unit_exposure(network, other, weather, edges=np.array([99], dtype=np.int32))
    edges = np.array([0, 1], dtype=np.int32)
    with pytest.raises(InputError, match="shape"):
        concentrations(network, receptors, weather, edges=edges, grams=np.ones((3, 24)))
    grams = np.ones((2, 24))
    grams[1, 3] = -1.0
    with pytest.raises(InputError, match="grams, row 2"):
        concentrations(network, receptors, weather, edges=edges, grams=grams)
    night = Weather(weather.frame[weather.frame["hour"] != 5], 10.0, 0.3, label="w.csv")
    with pytest.raises(InputError, match=r"w\.csv, field hour.*none for 5"):
        unit_exposure(network, receptors, night, edges=edges)
    with pytest.raises(InputError, match="at least one edge"):
        unit_exposure(network, receptors, weather, edges=np.array([], dtype=np.int32))
    with pytest.raises(InputError, match="a row for each"):
        people_weighted_concentration(np.ones((2, 24)), receptors)


def test_unknown_people_and_incomplete_weather_are_refused(
    make_network: Make, make_points: Make, make_weather: Make
) -> None:
    """Unknown goes through no sum in silence."""
    network, weather = make_network([[(0, 0), (90, 40)]]), make_weather(1)
    edges = np.array([0], dtype=np.int32)
    xy = np.array([[300.0, 0.0], [60.0, 90.0]])
    for people in (np.nan, -1.0):
        receptors = make_points(xy, np.array([1.0, people]))
        with pytest.raises(InputError, match=r"receptors, row 2, field people"):
            unit_exposure(network, receptors, weather, edges=edges)
    frame = weather.frame.copy()
    frame.loc[3, "obukhov_length_m"] = np.nan
    with pytest.raises(InputError, match="complete rows"):
        unit_exposure(network, make_points(xy), Weather(frame, 10.0, 0.3), edges=edges)


def test_an_edge_without_length_is_a_point(
    make_network: Make, make_points: Make, make_weather: Make
) -> None:
    """Two nodes at one place make neither NaN nor zero: the limit of a short street."""
    network = make_network([[(0, 0), (0, 0)], [(-2, 0), (2, 0)], [(500, 0), (600, 0)]])
    receptors = make_points(np.array([[300.0, 40.0], [0.0, 200.0], [-2000.0, 700.0]]), 5.0)
    edges = np.arange(3, dtype=np.int32)
    unit = unit_exposure(network, receptors, make_weather(2), edges=edges)
    np.testing.assert_allclose(unit.values[0], unit.values[1], rtol=1e-3)


def test_the_lid_is_a_row_of_the_defaults(
    make_network: Make, make_points: Make, make_weather: Make
) -> None:
    """A lid at the mixing height only adds, by tables and row by row; other words are refused."""
    network, receptors = scene(make_network, make_points)
    weather, edges = make_weather(1), np.arange(12, dtype=np.int32)

    def total(lid: str, **more: float) -> np.ndarray:
        own = Defaults({"dispersion:lid": lid, **more})
        return unit_exposure(network, receptors, weather, edges=edges, defaults=own).values

    for more in ({}, {"exposure_accuracy:most_triples": 0}):
        assert np.all(total("fixed", **more) >= total("rising", **more) * (1.0 - 1e-3))
    assert total("fixed").sum() > total("rising").sum()
    with pytest.raises(InputError, match="dispersion:lid"):
        total("glass")
