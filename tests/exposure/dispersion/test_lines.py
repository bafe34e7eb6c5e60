"""Fast sums over links and receptors against the oracle, the slow solution and physics."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numba
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geofleet.defaults import Defaults
from geofleet.errors import InputError
from geofleet.exposure.dispersion import (
    LineSources,
    PointReceptors,
    WeatherRows,
    _kernels,
    line_concentrations,
    line_intake,
    lines,
    receptor_concentrations,
)
from geofleet.exposure.dispersion import _kernels_sums as sums


def street(ends: object, **columns: float) -> LineSources:
    ends = np.atleast_2d(np.asarray(ends, dtype=float))
    values = {"release_height_m": 1.3, "width_m": 9.0, "sigma_z0_m": 1.5, "emission_g_s_m": 1e-3,
              **columns}  # fmt: skip
    return LineSources(*ends.T, **{name: np.full(len(ends), v) for name, v in values.items()})


def points(xy: object, height: float = 1.5) -> PointReceptors:
    xy = np.atleast_2d(np.asarray(xy, dtype=float))
    return PointReceptors(xy[:, 0], xy[:, 1], np.full(len(xy), height))


def weather(**columns: object) -> WeatherRows:
    values: dict[str, object] = {
        "friction_velocity_m_s": 0.3, "obukhov_length_m": 150.0, "mixing_height_m": 400.0,
        "sigma_v_m_s": 0.57, "roughness_m": 0.2, "wind_speed_m_s": 3.0, "wind_from_deg": 250.0,
        "reference_height_m": 10.0, **columns,
    }  # fmt: skip
    size = max(np.size(value) for value in values.values())
    return WeatherRows(**{k: np.broadcast_to(v, size).astype(float) for k, v in values.items()})


AIRS = {
    "stable": {"obukhov_length_m": 20.0, "friction_velocity_m_s": 0.15, "mixing_height_m": 130.0,
               "sigma_v_m_s": 0.28, "wind_speed_m_s": 1.8},
    "neutral": {"obukhov_length_m": 5000.0, "friction_velocity_m_s": 0.45, "sigma_v_m_s": 0.85,
                "wind_speed_m_s": 5.0, "mixing_height_m": 690.0},
    "unstable": {"obukhov_length_m": -30.0, "friction_velocity_m_s": 0.28, "sigma_v_m_s": 1.3,
                 "wind_speed_m_s": 2.5, "mixing_height_m": 1400.0},
}  # fmt: skip


def town(rng: np.random.Generator, count: int, receptors: int, rows: int):  # type: ignore[no-untyped-def]
    """Streets of about 100 m, people and hours at random, on 5 km by 5 km."""
    middle = rng.uniform(-2500, 2500, (count, 2))
    angle, length = rng.uniform(0, np.pi, count), rng.lognormal(np.log(100), 0.5, count)
    half = 0.5 * length[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    sources = LineSources(
        *(middle - half).T, *(middle + half).T,
        release_height_m=rng.choice([1.3, 3.4], count), width_m=rng.choice([7.0, 14.0], count),
        sigma_z0_m=np.full(count, 1.5), emission_g_s_m=rng.uniform(0.5, 2.0, count),
    )  # fmt: skip
    places = PointReceptors(
        *rng.uniform(-2500, 2500, (2, receptors)), rng.choice([0.0, 1.5, 12.0], receptors)
    )
    friction, night = rng.uniform(0.06, 0.6, rows), rng.random(rows) < 0.5
    length = friction**2 * rng.uniform(300, 1500, rows) + 3.0
    air = weather(
        friction_velocity_m_s=friction,
        obukhov_length_m=np.where(night, length, -2.0 * length),
        mixing_height_m=np.where(night, 2300.0 * friction**1.5, rng.uniform(300, 2000, rows)),
        sigma_v_m_s=np.maximum(1.9 * friction, 0.2) * rng.uniform(1.0, 1.5, rows),
        roughness_m=rng.choice([0.1, 0.5, 1.0], rows),
        wind_speed_m_s=friction * rng.uniform(3, 9, rows),
        wind_from_deg=rng.uniform(0, 360, rows),
    )
    return sources, places, air


def test_sample_of_the_oracle(oracle, repository: Path) -> None:  # type: ignore[no-untyped-def]
    """Stable to unstable, near to far, low to high, within what is promised."""
    cases = oracle.sample(repository)
    difference = np.abs(
        oracle.evaluate(cases, line_concentrations) / cases["ref_exact_23132"] - 1.0
    )
    assert np.median(difference) < 1e-4
    assert np.quantile(difference, 0.99) < 1e-3
    assert difference.max() < 1e-2


@pytest.mark.shared
@pytest.mark.parametrize(("tolerance", "worst"), [(1e-4, 2e-3), (1e-3, 1e-2), (5e-3, 3e-2)])
def test_whole_oracle(oracle, shared_data: Path, tolerance: float, worst: float) -> None:  # type: ignore[no-untyped-def]
    """Each level holds its tolerance at the 99th percentile over all cases."""
    cases = oracle.whole(shared_data)
    model = partial(line_concentrations, tolerance=tolerance)
    difference = np.abs(oracle.evaluate(cases, model) / cases["ref_exact_23132"] - 1.0)
    assert np.median(difference) < 1e-4
    assert np.quantile(difference, 0.99) < tolerance
    assert difference.max() < worst


@pytest.mark.shared
def test_as_coded_agrees_with_the_program(oracle, shared_data: Path) -> None:  # type: ignore[no-untyped-def]
    """AERMOD's winds and early stop: what is left is its own quadrature."""
    cases = oracle.whole(shared_data)
    model = partial(line_concentrations, as_coded=True)
    difference = np.abs(oracle.evaluate(cases, model) / cases["aermod_23132"] - 1.0)
    assert np.median(difference) < 2e-4
    assert np.quantile(difference, 0.90) < 2e-3
    assert np.quantile(difference, 0.99) < 2.5e-2


def test_a_town_against_the_reference() -> None:
    """Intake of each link, sum at each receptor, and every pair, as solved slowly."""
    rng = np.random.default_rng(11)
    scene = town(rng, 8, 40, 4)
    people = rng.uniform(0, 100, 40)
    exact = line_concentrations(*scene, method="reference", tolerance=1e-5)
    fast = line_concentrations(*scene)
    kept = exact > 1e-5 * exact.max(axis=2, keepdims=True)
    difference = np.abs(fast[kept] / exact[kept] - 1.0)
    assert np.median(difference) < 1e-4
    assert np.quantile(difference, 0.99) < 1e-3
    assert difference.max() < 1e-2
    np.testing.assert_allclose(line_intake(*scene, people), exact @ people, rtol=2e-3)
    np.testing.assert_allclose(receptor_concentrations(*scene), exact.sum(axis=1), rtol=2e-3)


def test_sums_are_those_of_the_pairs() -> None:
    """Both summed forms come from the same numbers as the pairs, at both methods."""
    rng = np.random.default_rng(5)
    scene = town(rng, 5, 300, 3)  # more receptors than are taken together
    people = rng.uniform(0, 100, 300)
    pairs = line_concentrations(*scene)
    np.testing.assert_allclose(line_intake(*scene, people), pairs @ people, rtol=1e-12)
    np.testing.assert_allclose(receptor_concentrations(*scene), pairs.sum(axis=1), rtol=1e-12)
    few = (scene[0].take(slice(0, 2)), scene[1].take(slice(0, 5)), scene[2].take(slice(0, 2)))
    slow = {"method": "reference", "tolerance": 1e-4}
    pairs = line_concentrations(*few, **slow)
    np.testing.assert_allclose(line_intake(*few, people[:5], **slow), pairs @ people[:5])
    np.testing.assert_allclose(receptor_concentrations(*few, **slow), pairs.sum(axis=1))


def test_threads_and_memory_change_no_bit() -> None:
    """One thread or two, one block of rows or many."""
    scene = town(np.random.default_rng(7), 6, 200, 5)
    small = Defaults({"dispersion:direct_memory_mb": 0.2})
    threads = numba.get_num_threads()
    for form in (line_concentrations, receptor_concentrations,
                 partial(line_intake, people=np.ones(200))):  # fmt: skip
        whole = form(*scene)
        np.testing.assert_array_equal(form(*scene, defaults=small), whole)
        numba.set_num_threads(1)
        np.testing.assert_array_equal(form(*scene), whole)
        numba.set_num_threads(threads)


coordinate = st.floats(-800.0, 800.0)
AIR = st.sampled_from(sorted(AIRS))


@settings(max_examples=40, deadline=None)
@given(AIR, st.tuples(coordinate, coordinate), st.floats(0.0, 360.0), st.floats(-5e4, 5e4))
def test_moving_and_turning_changes_nothing(
    air: str, place: tuple[float, float], turn: float, shift: float
) -> None:
    """Scene and wind together: only relative places and directions matter."""
    ends = np.array([[-80.0, -30.0], [120.0, 60.0]])
    angle = np.radians(turn)
    matrix = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    move = np.array([shift, -0.5 * shift])
    before = line_concentrations(street(ends.ravel()), points(place), weather(**AIRS[air]))
    wind = (250.0 - turn) % 360.0
    after = line_concentrations(
        street((ends @ matrix.T + move).ravel()),
        points(matrix @ np.array(place) + move),
        weather(**AIRS[air], wind_from_deg=wind),
    )
    # an edge of a panel may fall on the other side of a rounding
    np.testing.assert_allclose(after, before, rtol=1e-6, atol=1e-12 * before.max())
    reverse = line_concentrations(street(ends[::-1].ravel()), points(place), weather(**AIRS[air]))
    np.testing.assert_allclose(reverse, before, rtol=1e-6)


@settings(max_examples=25, deadline=None)
@given(AIR, st.tuples(coordinate, coordinate), st.floats(0.05, 0.95))
def test_splitting_a_link_changes_nothing(
    air: str, place: tuple[float, float], share: float
) -> None:
    """Two parts add up to the link: exactly so in the equations."""
    begin, end = np.array([-80.0, -30.0]), np.array([120.0, 60.0])
    middle = begin + share * (end - begin)
    parts = street([np.r_[begin, middle], np.r_[middle, end]])
    where, air_rows = points(place), weather(**AIRS[air])
    slow = {"method": "reference", "tolerance": 1e-8}
    whole = line_concentrations(street(np.r_[begin, end]), where, air_rows, **slow)
    both = receptor_concentrations(parts, where, air_rows, **slow)
    np.testing.assert_allclose(both, whole[:, 0], rtol=1e-6)
    fast = receptor_concentrations(parts, where, air_rows)
    unsplit = line_concentrations(street(np.r_[begin, end]), where, air_rows)[:, 0]
    # where the least wind ends, the spread of unstable air has a kink: panels meet it differently
    np.testing.assert_allclose(fast, unsplit, rtol=2e-6 if air != "unstable" else 5e-4)


@given(st.floats(1e-6, 1e3))
@settings(max_examples=20, deadline=None)
def test_linear_in_emission(factor: float) -> None:
    """Times as many grams, times as many micrograms."""
    scene = (points([[30.0, 20.0], [-400.0, 90.0]]), weather())
    one, other = street([-80.0, -30.0, 120.0, 60.0]), street([-9.0, 4.0, 50.0, 80.0])
    many = replace(one, emission_g_s_m=one.emission_g_s_m * factor)
    base = line_concentrations(one, *scene)
    np.testing.assert_allclose(line_concentrations(many, *scene), factor * base, rtol=1e-12)
    two = LineSources(*(np.r_[getattr(many, n), getattr(other, n)] for n in one._BOUNDS))
    total = factor * base[:, 0] + line_concentrations(other, *scene)[:, 0]
    np.testing.assert_allclose(receptor_concentrations(two, *scene), total, rtol=1e-12)


@pytest.mark.parametrize("air", sorted(AIRS))
def test_what_is_emitted_flows_through_a_plane_downwind(air: str) -> None:
    """With next to no meander, wind times concentration over a plane is the emission."""
    values = {**AIRS[air], "sigma_v_m_s": 0.02, "wind_from_deg": 270.0, "mixing_height_m": 900.0}
    row = weather(**values)
    size = np.empty((1, 3))
    distance = 300.0
    _kernels.spreads(lines._kernel_rows(row)[0], 1.3, 1.5, np.array([distance]), False, size)
    sigma_z, raw, wind = size[0]
    sigma_y = _kernels.sigma_y_raw(raw, lines._kernel_rows(row)[0])
    y, step_y = np.linspace(-6.0 * sigma_y, 6.0 * sigma_y, 81, retstep=True)
    step_z = 8.0 * sigma_z / 80
    flux = 0.0
    for z in (np.arange(80) + 0.5) * step_z:
        plane = points(np.column_stack([np.full(81, distance), y]), height=z)
        source = street([0.0, -0.005, 0.0, 0.005], width_m=0.0, emission_g_s_m=100.0)  # one gram
        flux += line_concentrations(source, plane, row).sum() * step_y * step_z * wind * 1e-6
    assert flux == pytest.approx(1.0, rel=0.01)


LIMITS: dict[str, tuple[object, dict[str, float]]] = {
    "on the line": ([20.0, 15.0], {}),
    "at an end": ([-80.0, -60.0], {}),
    "a millimetre off": ([20.0, 15.001], {}),
    "wind along the road": ([250.0, 187.5], {"wind_from_deg": 233.13010235415598}),
    "wind across the road": ([60.0, -30.0], {"wind_from_deg": 323.13010235415598}),
    "least wind": ([60.0, 0.0], {"wind_speed_m_s": 1e-3, "friction_velocity_m_s": 0.02,
                                 "sigma_v_m_s": 0.2}),
    "rough town": ([200.0, 150.0], {"roughness_m": 1.0}),
    "rough town, high above": ([200.0, 150.0], {"roughness_m": 2.0, "reference_height_m": 30.0}),
    "very stable": ([400.0, 130.0], {"obukhov_length_m": 1.0, "friction_velocity_m_s": 0.05,
                                     "mixing_height_m": 20.0, "sigma_v_m_s": 0.2}),
    "very unstable": ([400.0, 130.0], {"obukhov_length_m": -1.0, "friction_velocity_m_s": 0.05,
                                       "sigma_v_m_s": 0.8, "wind_speed_m_s": 0.5}),
    "far": ([60000.0, 20000.0], {}),
    "far and very unstable": ([60000.0, 20000.0], {"obukhov_length_m": -1.0}),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(LIMITS))
def test_limits(name: str) -> None:
    """Where formulas come to their ends, fast and slow still agree on a finite number."""
    place, air = LIMITS[name]
    scene = (street([-80.0, -60.0, 120.0, 90.0]), points(place), weather(**air))
    fast, slow = line_concentrations(*scene), line_concentrations(*scene, method="reference")
    assert np.isfinite(fast).all()
    assert fast.min() > 0.0
    np.testing.assert_allclose(fast, slow, rtol=2e-3)


def test_zero_length_and_nothing_at_all() -> None:
    """A link without length adds nothing; no links, receptors or rows give empty tables."""
    nothing = street([5.0, 5.0, 5.0, 5.0])
    assert line_concentrations(nothing, points([9.0, 9.0]), weather())[0, 0, 0] == 0.0
    empty = PointReceptors(*np.empty((3, 0)))
    assert line_concentrations(nothing, empty, weather()).shape == (1, 1, 0)
    assert receptor_concentrations(nothing.take(slice(0, 0)), empty, weather()).shape == (1, 0)
    assert line_intake(nothing, points([1.0, 1.0]), weather().take(slice(0, 0)), [1.0]).shape == (
        0, 1,
    )  # fmt: skip


def test_the_lid_can_be_left_out() -> None:
    """Just under a low lid its image all but doubles the plume; above it there is none."""
    air = weather(mixing_height_m=40.0, wind_from_deg=270.0, sigma_v_m_s=0.1)
    source = street([0.0, -50.0, 0.0, 50.0])
    for method in ("direct", "reference"):
        below = (source, points([300.0, 0.0], height=38.0), air)
        with_lid = line_concentrations(*below, method=method)
        without = line_concentrations(*below, method=method, lid="none")
        assert 1.3 * without[0, 0, 0] < with_lid[0, 0, 0] < 2.0 * without[0, 0, 0]
        above = (source, points([300.0, 0.0], height=42.0), air)
        with_lid = line_concentrations(*above, method=method)
        assert with_lid < 0.1 * line_concentrations(*above, method=method, lid="none")


def test_a_lid_that_stands_still_keeps_the_air_below_it() -> None:
    """Both methods agree from near to well mixed; it only adds, and much more far than near."""
    source = street([0.0, -50.0, 0.0, 50.0])
    places = PointReceptors(
        x_m=np.array([15.0, 300.0, 2000.0, 9000.0]), y_m=np.array([0.0, 20.0, 300.0, -500.0]),
        height_m=np.full(4, 1.5),
    )  # fmt: skip
    for length in (-20.0, 80.0):
        air = weather(mixing_height_m=120.0, wind_from_deg=270.0, obukhov_length_m=length)
        fixed, exact = (
            line_concentrations(source, places, air, lid="fixed", method=method)[0, 0]
            for method in ("direct", "reference")
        )
        np.testing.assert_allclose(fixed, exact, rtol=1e-4)
        rising = line_concentrations(source, places, air)[0, 0]
        assert np.all(fixed >= rising * (1.0 - 1e-6))
        assert fixed[0] == pytest.approx(rising[0], rel=1e-3)
        assert fixed[3] / rising[3] > fixed[1] / rising[1]
    with pytest.raises(InputError, match="one of none, rising, fixed"):
        line_concentrations(source, places, air, lid="glass")  # type: ignore[arg-type]


def test_people_only_add() -> None:
    """Adding people never lowers exposure."""
    rng = np.random.default_rng(2)
    scene = town(rng, 4, 30, 2)
    people = rng.uniform(0, 10, 30)
    few = line_intake(*scene, people)
    people[7] += 100.0
    assert np.all(line_intake(*scene, people) > few)


BAD: list[tuple[Callable[[], object], str]] = [
    (lambda: weather(wind_from_deg=999.0), "wind_from_deg"),
    (lambda: weather(obukhov_length_m=0.0), "obukhov_length_m"),
    (lambda: weather(friction_velocity_m_s=-0.1), "friction_velocity_m_s"),
    (lambda: weather(sigma_v_m_s=np.nan), "sigma_v_m_s"),
    (lambda: points([1.0, 2.0], height=-1.0), "height_m"),
    (lambda: street([0.0, 0.0, np.inf, 1.0]), "x2_m"),
    (lambda: LineSources.from_frame(pd.DataFrame({"x1_m": ["a"]})), "x1_m"),
    (lambda: line_intake(street([0, 0, 1, 1]), points([1, 1]), weather(), [-1.0]), "people"),
    (lambda: line_intake(street([0, 0, 1, 1]), points([1, 1]), weather(), [1.0, 2.0]), "people"),
    (lambda: line_concentrations(street([0, 0, 1, 1]), points([1, 1]), weather(), tolerance=1e-9),
     "tolerance"),
    (lambda: line_concentrations(street([0, 0, 1, 1]), points([3e5, 1]), weather()), "300 km"),
]  # fmt: skip


@pytest.mark.parametrize("case", range(len(BAD)))
def test_bad_input_is_named(case: int) -> None:
    """What cannot be is refused, by table and column."""
    make, name = BAD[case]
    with pytest.raises(InputError, match=name):
        make()


def test_all_faults_at_once() -> None:
    """Every column's faults are told together, with the row."""
    with pytest.raises(InputError) as caught:
        weather(wind_from_deg=[10.0, 999.0], sigma_v_m_s=[-1.0, 0.3], roughness_m=[0.1, 0.0])
    places = {(problem.field, problem.row) for problem in caught.value.problems}
    assert places == {("wind_from_deg", 2), ("sigma_v_m_s", 1), ("roughness_m", 2)}


def test_north_is_north_from_either_side() -> None:
    """0 and 360 degrees are one wind."""
    scene = (street([-80.0, -60.0, 120.0, 90.0]), points([40.0, -300.0]))
    both = line_concentrations(*scene, weather(wind_from_deg=[0.0, 360.0]))
    np.testing.assert_allclose(both[0], both[1], rtol=1e-9)


def test_uncompiled_gives_the_same() -> None:
    """The kernels mean the same as plain Python."""
    row = lines._kernel_rows(weather())
    distances = _kernels.table_distances.py_func(5, sums.OCTAVES)
    np.testing.assert_allclose(distances, _kernels.table_distances(5, sums.OCTAVES), rtol=1e-15)
    sizes = np.empty((1, len(distances), 3))
    _kernels.spread_tables.py_func(row, 1.3, 1.5, distances, False, sizes)
    tables = np.empty((1, 4 * len(distances)))
    _kernels.distance_tables.py_func(row, 1.3, 1.5, distances, sizes, True, tables)
    accuracy = lines.direct_settings(5e-3, Defaults())
    ends = np.array([[-50.0, 0.0, 50.0, 10.0, 8.0]])
    xy, winds = np.array([[30.0, 60.0], [500.0, 200.0]]), np.array([[np.cos(1.1), np.sin(1.1)]])
    given = (xy, winds, tables, accuracy)
    out, plain = np.empty((1, 1, 2)), np.empty((1, 1, 2))
    sums.every_pair(ends, *given, out)
    sums.every_pair.py_func(ends, *given, plain)
    np.testing.assert_allclose(plain, out, rtol=1e-10)
    for form, weights, size in ((sums.at_receptors, 1, 2), (sums.at_links, 2, 1)):
        out, plain = np.zeros((1, size)), np.zeros((1, size))
        form(ends, np.ones(weights), *given, out)
        form.py_func(ends, np.ones(weights), *given, plain)
        np.testing.assert_allclose(plain, out, rtol=1e-10)
