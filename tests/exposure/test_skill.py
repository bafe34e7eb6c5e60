"""Figures of merit against numbers worked by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import pearsonr, spearmanr

from geofleet.errors import InputError
from geofleet.exposure.skill import skill


def test_by_hand() -> None:
    """Four pairs: means 3.75 and 3.5, squared errors 1, 0, 4, 0, ratios 2, 1, 1/2, 1."""
    found = skill([1.0, 2.0, 4.0, 8.0], [2.0, 2.0, 2.0, 8.0])
    assert (found.pairs, found.pairs_left_out, found.positive_pairs) == (4, 0, 4)
    assert (found.mean_observed, found.mean_modelled) == (3.75, 3.5)
    assert found.fac2 == 1.0  # half and double still count
    assert found.nmse == pytest.approx(1.25 / 13.125)
    assert found.fractional_bias == pytest.approx(0.25 / 3.625)
    assert found.correlation == pytest.approx(25.5 / math.sqrt(28.75 * 27.0))
    assert found.rank_correlation == pytest.approx(3.0 / math.sqrt(15.0))  # three share a rank
    assert found.geometric_mean_bias == pytest.approx(1.0)
    assert found.geometric_variance == pytest.approx(math.exp(math.log(2.0) ** 2 / 2.0))
    # of ln: -1.5, -0.5, 0.5, 1.5 and -0.5, -0.5, -0.5, 1.5 times ln 2
    assert found.log_correlation == pytest.approx(3.0 / math.sqrt(15.0))


def test_a_model_three_times_too_low() -> None:
    """The bias is positive where the model is too low: 2 (3 - 1) / (3 + 1) = 1."""
    found = skill([3.0, 6.0, 9.0], [1.0, 2.0, 3.0])
    assert found.fractional_bias == pytest.approx(1.0)
    assert found.fac2 == 0.0
    assert found.geometric_mean_bias == pytest.approx(3.0)
    assert found.geometric_variance == pytest.approx(math.exp(math.log(3.0) ** 2))
    assert found.nmse == pytest.approx((4.0 + 16.0 + 36.0) / 3.0 / 12.0)
    assert found.correlation == pytest.approx(1.0)


def test_unknown_stays_unknown() -> None:
    """A missing value takes its pair out; zeros have no logarithm; what does not vary, no R."""
    found = skill([1.0, math.nan, 0.0, 2.0], [1.0, 5.0, 0.0, 1.0])
    assert (found.pairs, found.pairs_left_out, found.positive_pairs) == (3, 1, 2)
    assert found.fac2 == 1.0  # nothing there and nothing modelled agree
    assert math.isnan(found.log_correlation)  # two points always lie on a line
    assert found.geometric_mean_bias == pytest.approx(math.sqrt(2.0))
    flat = skill([1.0, 2.0, 3.0], [2.0, 2.0, 2.0])
    assert math.isnan(flat.correlation)
    assert math.isnan(flat.rank_correlation)
    nothing = skill([-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0])
    assert math.isnan(nothing.nmse)
    assert math.isnan(nothing.fractional_bias)


def test_what_cannot_be_compared_is_named() -> None:
    """Shapes that differ, infinite values, too few pairs."""
    with pytest.raises(InputError, match="shape"):
        skill([1.0, 2.0, 3.0], [1.0, 2.0])
    with pytest.raises(InputError, match="one dimension"):
        skill(np.ones((2, 2)), np.ones((2, 2)))
    with pytest.raises(InputError, match="row 2, field modelled"):
        skill([1.0, 2.0, 3.0], [1.0, math.inf, 3.0])
    with pytest.raises(InputError, match="at least 3 pairs"):
        skill([1.0, 2.0, math.nan], [1.0, 2.0, 3.0])


_VALUES = st.lists(
    st.tuples(st.integers(1, 1000), st.integers(1, 1000)), min_size=4, max_size=40
).filter(lambda rows: all(len({row[k] for row in rows}) > 1 for k in (0, 1)))


@given(rows=_VALUES)
def test_against_scipy_and_symmetry(rows: list[tuple[int, int]]) -> None:
    """Correlations are scipy's; swapping the sides turns the biases round."""
    seen, made = np.array(rows, dtype=float).T
    found, turned = skill(seen, made), skill(made, seen)
    assert found.correlation == pytest.approx(pearsonr(seen, made).statistic, abs=1e-9)
    assert found.rank_correlation == pytest.approx(spearmanr(seen, made).statistic, abs=1e-9)
    assert found.fractional_bias == pytest.approx(-turned.fractional_bias)
    assert found.geometric_mean_bias == pytest.approx(1.0 / turned.geometric_mean_bias)
    assert found.nmse == pytest.approx(turned.nmse)
    assert found.geometric_variance == pytest.approx(turned.geometric_variance)
    assert found.geometric_variance >= 1.0 - 1e-12
    scaled = skill(7.0 * seen, 7.0 * made)
    assert scaled.nmse == pytest.approx(found.nmse)
    assert scaled.fac2 == found.fac2
