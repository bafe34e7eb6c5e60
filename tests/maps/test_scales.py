"""Legends have few, round, honest classes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geofleet.maps.scales import STEPS, blend, class_labels, round_breaks, short, spread


def test_breaks_of_a_known_set() -> None:
    """Of the cubes of 1 to 100 the quantiles are near 67, 279, 555 and 832 thousand."""
    cubes = np.arange(1.0, 101.0) ** 3
    assert round_breaks(cubes) == [70_000.0, 300_000.0, 500_000.0, 700_000.0]


def test_close_quantiles_keep_their_second_digit() -> None:
    """Of 1 to 1,000 the 65th, 82nd and 94th percentiles would fall together at one digit."""
    assert round_breaks(np.arange(1.0, 1001.0)) == [400.0, 650.0, 820.0, 940.0]


@given(st.lists(st.floats(1e-9, 1e9), min_size=1, max_size=60))
def test_breaks_ascend_and_lie_inside(values: list[float]) -> None:
    """Every class can hold something: breaks ascend, above the least, not above the greatest."""
    breaks = round_breaks(np.array(values))
    assert breaks == sorted(set(breaks))
    assert all(min(values) < value <= max(values) for value in breaks)
    assert len(class_labels(breaks)) == len(breaks) + 1


def test_unknown_and_zero_make_no_breaks() -> None:
    """Nothing known, nothing emitted, or all alike: one class."""
    assert round_breaks(np.array([np.nan, 0.0])) == []
    assert round_breaks(np.full(9, 5.0)) == []
    assert class_labels([]) == ["any"]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (1500, "1,500"), (0.02, "0.02"), (12.3, "12.3"), (0.00005, "0.00005"), (400, "400"),
     (-2.5, "-2.5")],
)  # fmt: skip
def test_numbers_as_a_reader_writes_them(value: float, text: str) -> None:
    """No exponents, no trailing zeros, thousands set apart."""
    assert short(value) == text


def test_colours_span_the_scale() -> None:
    """Few classes still use both ends of the scale."""
    assert spread("abcde", 2) == ["a", "e"]
    assert spread("abcde", 5) == list("abcde")
    assert spread("abcde", 1) == ["c"]


def test_blended_colours_differ_and_keep_the_ends() -> None:
    """Thirty years have thirty colours; as many as there are steps are the steps themselves."""
    for count in (2, 5, 10, 30):
        found = blend(STEPS, count)
        assert len(set(found)) == len(found) == count
        assert (found[0], found[-1]) == (STEPS[0], STEPS[-1])
    assert blend(STEPS, 5) == list(STEPS)
    assert blend(STEPS, 1) == [STEPS[2]]
    assert blend(["#000000", "#ffffff"], 3)[1] == "#808080"
