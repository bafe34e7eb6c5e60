"""Legends have few, round, honest classes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geofleet.maps.scales import (
    STEPS,
    blend,
    class_labels,
    decade_breaks,
    quantile_breaks,
    round_breaks,
    short,
    spread,
)


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


@pytest.mark.parametrize(
    ("low", "high", "wanted"),
    [
        (2, 80, [5, 10, 20, 50]),
        (2, 900, [5, 20, 100, 500]),
        (0.03, 40_000, [0.1, 100]),
        (3, 4, []),
        (0.009, 0.3, [0.01, 0.05, 0.2]),
    ],
)
def test_limits_of_one_two_and_five(low: float, high: float, wanted: list[float]) -> None:
    """Evenly by factor over skewed values, never more than four, all of them inside."""
    rng = np.random.default_rng(0)
    values = np.concatenate([[low, high], np.exp(rng.uniform(np.log(low), np.log(high), 500))])
    got = decade_breaks(np.append(values, [0.0, np.nan]))
    if wanted != [0.1, 100]:
        assert got == wanted
    assert len(got) <= 4
    assert all(low < limit <= high for limit in got)
    assert {f"{limit:e}"[0] for limit in got} <= set("125")


def test_quantiles_part_skewed_values_as_they_say() -> None:
    """Two fifths lie below the first limit and six in a hundred above the last."""
    values = np.random.default_rng(1).lognormal(0, 2.5, 20_000)
    limits = quantile_breaks(np.append(values, np.nan))
    shares = [float((values < limit).mean()) for limit in limits]
    assert shares == pytest.approx([0.4, 0.65, 0.82, 0.94], abs=0.002)
    assert quantile_breaks(np.full(9, 7.0)) == []
