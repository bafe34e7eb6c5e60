"""The gravity model against cases worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geofleet.errors import InputError
from geofleet.traffic.distribution import deterrence, gravity


def test_two_zones_by_hand():
    """For O = D = (2, 1) and f = [[1, 1/2], [1/2, 1]]: one unknown, a quadratic.

    With T12 = x: T11 = 2 - x, T21 = x, T22 = 1 - x, and the cross ratio T11 T22 / (T12 T21) is that
    of f, 4: (2 - x)(1 - x) = 4 x², so 3 x² + 3 x - 2 = 0.
    """
    x = (-3 + np.sqrt(9 + 24)) / 6
    found = gravity(np.array([2.0, 1.0]), np.array([2.0, 1.0]), np.array([[1, 0.5], [0.5, 1]]))
    np.testing.assert_allclose(found.trips, [[2 - x, x], [x, 1 - x]], rtol=1e-10)


def test_three_zones_without_deterrence_are_independent():
    """With f = 1 trips are O_i D_j over the total."""
    o, d = np.array([10.0, 20.0, 30.0]), np.array([30.0, 25.0, 5.0])
    found = gravity(o, d, np.ones((3, 3)))
    np.testing.assert_allclose(found.trips, np.outer(o, d) / 60, rtol=1e-12)
    assert found.rounds <= 2


def test_three_zones_by_hand():
    """A table built from factors is found again from its margins."""
    f = np.array([[1.0, 0.4, 0.2], [0.4, 1.0, 0.5], [0.2, 0.5, 1.0]])
    table = np.diag([3.0, 1.0, 2.0]) @ f @ np.diag([0.5, 4.0, 1.0])
    found = gravity(table.sum(axis=1), table.sum(axis=0), f)
    np.testing.assert_allclose(found.trips, table, rtol=1e-10)


def test_zones_without_trip_ends_get_none():
    """Empty zones stay empty and harm nobody."""
    ends = np.array([1.0, 0.0, 3.0])
    found = gravity(ends, ends, np.ones((3, 3)))
    assert found.trips[1].sum() == found.trips[:, 1].sum() == 0
    np.testing.assert_allclose(found.trips.sum(axis=1), ends)
    assert gravity(np.zeros(3), np.zeros(3), np.ones((3, 3))).trips.sum() == 0


def test_deterrence_by_hand():
    """Exponential, Tanner, and no trips without a way."""
    t = np.array([0.0, 5.0, 10.0, np.inf])
    e = np.exp(-1)
    np.testing.assert_allclose(deterrence(t, beta_per_min=0.1), [1, np.sqrt(e), e, 0])
    np.testing.assert_allclose(
        deterrence(t, beta_per_min=0.1, alpha=2.0), [0, 25 * np.sqrt(e), 100 * e, 0]
    )


def test_impossible_margins_are_named():
    """Negative ends, sums that differ, zones cut off."""
    f = np.ones((2, 2))
    with pytest.raises(InputError, match="origins"):
        gravity(np.array([-1.0, 2.0]), np.array([0.5, 0.5]), f)
    with pytest.raises(InputError, match="as many ends as beginnings"):
        gravity(np.array([1.0, 2.0]), np.array([1.0, 1.0]), f)
    with pytest.raises(InputError, match="'1'"):
        gravity(np.array([1.0, 1.0]), np.array([1.0, 1.0]), np.array([[1.0, 0], [0, 0]]))


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 12), st.integers(0, 2**32 - 1))
def test_margins_and_symmetry(count, seed):
    """Rows sum to origins, columns to destinations; equal margins and a symmetric f: symmetric."""
    rng = np.random.default_rng(seed)
    ends = rng.lognormal(0, 1, count)
    minutes = rng.uniform(1, 40, (count, count))
    f = deterrence(minutes + minutes.T, beta_per_min=0.05)
    found = gravity(ends, ends, f)
    assert found.largest_error <= 1e-12
    np.testing.assert_allclose(found.trips.sum(axis=0), ends, rtol=1e-9)
    np.testing.assert_allclose(found.trips.sum(axis=1), ends, rtol=1e-9)
    np.testing.assert_allclose(found.trips, found.trips.T, rtol=1e-7, atol=1e-12)
