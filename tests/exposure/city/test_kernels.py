"""Kernels of the city mean the same uncompiled; look-ups find what tables were made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from geofleet.defaults import Defaults
from geofleet.exposure.city import _kernels, _kernels_grid, _kernels_pairs
from geofleet.exposure.city.accuracy import choose_accuracy
from geofleet.exposure.city.chunks import RoadClasses
from geofleet.exposure.city.tables import Heights, make_tables, weather_rows
from geofleet.exposure.dispersion import _kernels as row

Make = Callable[..., Any]
COARSE = Defaults(
    {
        "exposure_accuracy:profile_points": 60,
        "exposure_accuracy:coarse_bits": 1,
        "exposure_accuracy:coarse_near_directions": 16,
        "exposure_accuracy:coarse_far_directions": 24,
        "exposure_accuracy:near_m": 60,
    }
)


def tables(make_weather: Make, defaults: Defaults = COARSE) -> Any:
    return make_tables(
        weather_rows(make_weather(1)), RoadClasses(np.array([7.0]), np.array([0.5])),
        heights=Heights(3.4, 3.2, 1.5), accuracy=choose_accuracy(defaults), farthest_m=900.0,
    )  # fmt: skip


def test_uncompiled_tables(make_weather: Make) -> None:
    """The sum over weather rows is the same in plain Python, to single precision."""
    weather = weather_rows(make_weather(1))
    profiles = np.empty((len(weather.rows), 30, 4))
    row.tabulate_rows(weather.rows, 3.4, 3.2, 1.5, row.RISING_LID, profiles)
    angle = np.arange(8) * np.pi / 4
    arguments = (
        profiles, weather.rows[:, row.WIND_ANGLE], weather.rows[:, row.WEIGHT], weather.starts,
        np.array([1.0, 30.0, 400.0]), np.cos(angle), np.sin(angle), np.array([7.0]),
        np.array([0.5]),
    )  # fmt: skip
    for even in (False, True):
        fast, plain = np.zeros((2, 1, 3, 9, 24), dtype=np.float32)
        _kernels.slot_tables(*arguments, even, fast)
        _kernels.slot_tables.py_func(*arguments, even, plain)
        np.testing.assert_allclose(plain, fast, rtol=1e-5)
        assert fast.min() > 0.0


def test_look_ups_meet_the_table_at_its_own_places(make_weather: Make) -> None:
    """At a distance and direction that the table holds, the look-up is the sum over rows."""
    made = tables(make_weather)
    weather = weather_rows(make_weather(1))
    profiles = np.empty((len(weather.rows), 60, 4))
    row.tabulate_rows(weather.rows, 3.4, 3.2, 1.5, row.RISING_LID, profiles)
    everything = (np.inf, np.inf)
    for distance in (np.sqrt(48.0), np.sqrt(64.0), np.sqrt(65536.0)):
        for quarter in range(4):
            angle = quarter * np.pi / 2
            exact = np.zeros((1, 1, 2, 24), dtype=np.float32)
            _kernels.slot_tables(
                profiles, weather.rows[:, row.WIND_ANGLE], weather.rows[:, row.WEIGHT],
                weather.starts, np.array([distance]), np.array([np.cos(angle)]),
                np.array([np.sin(angle)]), np.array([7.0]), np.array([0.5]),
                distance > 60.0, exact,
            )  # fmt: skip
            k = np.zeros(24)
            dx, dy = distance * np.cos(angle), distance * np.sin(angle)
            _kernels_pairs.add_node(k, 1.0, dx, dy, 0, made.arrays, everything)
            np.testing.assert_allclose(k, exact[0, 0, 0] / distance**1.5, rtol=2e-5)


def test_uncompiled_sums(make_weather: Make) -> None:
    """Both sums over pairs and the sampling of the grid's kernel mean the same in plain Python."""
    made = tables(make_weather)
    chunks = np.array([[20.0, 5.0, 20.6, 0.5]])
    nodes = np.array([[8.0, 2.0, 32.0, 8.0]])
    segments = np.array([[0.0, 0.0, 40.0, 10.0]])
    zero = np.array([0])
    roads = (chunks, nodes, zero, zero, segments, np.array([0, 1]))
    xy = np.array([[50.0, 20.0], [120.0, 90.0], [3000.0, 900.0]])
    rule = (12.0, 4.0, 0.5)
    near = (200.0**2, 400.0**2)
    one_cell = (np.array([0, 3]), 0.0, 0.0, 1e9, 1, 1)
    chunk_cell = (np.array([0, 1]), 0.0, 0.0, 1e9, 1, 1)
    for kernel, arguments, shape in (
        (_kernels_pairs.adjoint, (xy, np.ones((1, 3, 24)), one_cell), (1, 1, 24)),
        (_kernels_pairs.forward, (xy, np.ones((1, 1, 24)), chunk_cell, 20.6), (3, 1, 24)),
    ):
        fast, plain = np.zeros(shape), np.zeros(shape)
        last = shape[1] if kernel is _kernels_pairs.adjoint else shape[0]
        kernel(0, last, roads, *arguments, made.arrays, near, rule, fast)
        kernel.py_func(0, last, roads, *arguments, made.arrays, near, rule, plain)
        assert fast.max() > 0.0
        np.testing.assert_allclose(plain, fast, rtol=1e-6)
    assert np.all(fast[2] == 0.0)  # beyond the split
    offsets = np.array([-300.0, 0.0, 210.0])
    fast, plain = np.zeros((2, 3, 3, 24))
    far = (600.0**2, 900.0**2)
    _kernels_pairs.sample(offsets, offsets, 1, made.arrays, near, far, fast)
    _kernels_pairs.sample.py_func(offsets, offsets, 1, made.arrays, near, far, plain)
    np.testing.assert_allclose(plain, fast, rtol=1e-6)
    assert np.all(fast[1, 1] == 0.0)
    assert np.all(fast[0, 0] > 0.0)


def test_one_thread_is_compiled_apart_from_many(make_weather: Make) -> None:
    """The cache on disk knows a kernel by its function: two made of one would be one."""
    made = tables(make_weather)
    zero = np.array([0])
    roads = (
        np.array([[20.0, 5.0, 20.6, 0.5]]), np.array([[8.0, 2.0, 32.0, 8.0]]), zero, zero,
        np.array([[0.0, 0.0, 40.0, 10.0]]), np.array([0, 1]),
    )  # fmt: skip
    xy = np.array([[50.0, 20.0], [120.0, 90.0], [300.0, 90.0]])
    near, rule = (200.0**2, 400.0**2), (12.0, 4.0, 0.5)
    cells, weights = (np.array([0, 3]), 0.0, 0.0, 1e9, 1, 1), np.ones((1, 3, 24))
    chunk_cells, rates = (np.array([0, 1]), 0.0, 0.0, 1e9, 1, 1), np.ones((1, 1, 24))
    for many, one, arguments, shape in (
        (_kernels_pairs.adjoint, _kernels_pairs.adjoint_in_one_thread, (xy, weights, cells),
         (1, 1, 24)),
        (_kernels_pairs.forward, _kernels_pairs.forward_in_one_thread,
         (xy, rates, chunk_cells, 20.6), (3, 1, 24)),
    ):  # fmt: skip
        assert many.py_func.__qualname__ != one.py_func.__qualname__
        results = np.zeros((3, *shape))
        last = shape[1] if len(arguments) == 3 else shape[0]
        for kernel, out in zip((many, one, one.py_func), results, strict=True):
            kernel(0, last, roads, *arguments, made.arrays, near, rule, out)
        np.testing.assert_array_equal(results[0], results[1])
        np.testing.assert_allclose(results[2], results[0], rtol=1e-6)


def test_splines_are_each_others_transpose() -> None:
    """Spreading keeps the sum and the place; reading off is its transpose, and so uncompiled."""
    rng = np.random.default_rng(0)
    xy, values = rng.uniform(20, 70, (7, 2)), rng.uniform(0, 2, (7, 2))
    grid = np.zeros((2, 10, 10))
    _kernels_grid.deposit(xy, (0.0, 0.0), 10.0, values, grid)
    plain = np.zeros((2, 10, 10))
    _kernels_grid.deposit.py_func(xy, (0.0, 0.0), 10.0, values, plain)
    np.testing.assert_allclose(plain, grid, rtol=1e-12)
    np.testing.assert_allclose(grid.sum(axis=(1, 2)), values.sum(axis=0))
    place = np.arange(10) * 10.0
    np.testing.assert_allclose((grid.sum(axis=1) * place).sum(axis=1), values.T @ xy[:, 0])
    other = rng.uniform(0, 1, (2, 10, 10))
    read, again = np.zeros((7, 2)), np.zeros((7, 2))
    _kernels_grid.gather(xy, (0.0, 0.0), 10.0, other, read)
    _kernels_grid.gather.py_func(xy, (0.0, 0.0), 10.0, other, again)
    np.testing.assert_allclose(again, read, rtol=1e-12)
    assert np.sum(read * values) == pytest.approx(np.sum(other * grid), rel=1e-12)
