"""Charts: bars as long as their numbers, points where their numbers are, gaps where none are."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geofleet.maps import bar_chart, line_chart
from geofleet.maps.charts import COLOURS, round_ticks

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.0, 24.5, [0.0, 5.0, 10.0, 15.0, 20.0, 25.0]),
        (0.0, 1.0, [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (-3.0, 2.0, [-3.0, -2.0, -1.0, 0.0, 1.0, 2.0]),
        (7.0, 7.0, [0.0, 2.0, 4.0, 6.0, 8.0]),
    ],
)
def test_ticks_of_known_ranges(low: float, high: float, expected: list[float]) -> None:
    """Round steps that reach around the range; around a single number from zero."""
    assert round_ticks(low, high) == expected


@given(st.floats(-1e3, 1e3), st.floats(1e-2, 1e6))
def test_ticks_reach_around_and_are_few(low: float, span: float) -> None:
    """The range lies between the first and the last of at most six even steps."""
    ticks = round_ticks(low, low + span)
    tiny = 1e-6 * (abs(low) + span)
    assert ticks[0] <= low + tiny
    assert ticks[-1] >= low + span - tiny
    assert 2 <= len(ticks) <= 6
    assert np.diff(ticks) == pytest.approx(ticks[1] - ticks[0], rel=1e-4)


@pytest.mark.parametrize(("low", "high"), [(1.0, 0.0), (0.0, np.inf), (np.nan, 1.0)])
def test_ticks_of_no_range_are_refused(low: float, high: float) -> None:
    """The wrong way round, or without end."""
    with pytest.raises(ValueError, match="no ticks"):
        round_ticks(low, high)


def test_bars_are_as_long_as_their_numbers() -> None:
    """Widths in the ratio of the values, in the colour of their column; names are escaped."""
    table = pd.DataFrame({"3 h": [100.0, 25.0], "8 h": [50.0, 0.0]}, index=["A & B", "C"])
    root = ET.fromstring(bar_chart(table, title="one gram").svg)
    bars = [r for r in root.iter(f"{SVG}rect") if r.get("height") == "10"]
    widths = {(bar.get("fill"), float(bar.get("width", ""))) for bar in bars}
    whole = max(width for _, width in widths)
    shares = sorted((COLOURS.index(fill or ""), width / whole) for fill, width in widths)
    assert [k for k, _ in shares] == [0, 0, 1, 1]
    assert [share for _, share in shares] == pytest.approx([0.25, 1.0, 0.0, 0.5], abs=1e-3)
    texts = [text.text for text in root.iter(f"{SVG}text")]
    assert {"A & B", "C", "3 h", "8 h", "one gram", "100", "25", "50", "0"} <= set(texts)


def test_an_unknown_bar_says_so() -> None:
    """What is not known is not drawn as zero without a word."""
    svg = bar_chart(pd.DataFrame({"x": [1.0, np.nan]}, index=["a", "b"]), title="t").svg
    assert "not known" in svg


def test_points_lie_where_their_numbers_are() -> None:
    """Even steps of both numbers are even steps on paper, and more is higher."""
    table = pd.DataFrame({"x": [1.0, 2.0, 3.0]}, index=[0.0, 6.0, 12.0])
    root = ET.fromstring(line_chart(table, title="t", x_label="hour").svg)
    marks = [(float(c.get("cx", "")), float(c.get("cy", ""))) for c in root.iter(f"{SVG}circle")]
    (ax, ay), (bx, by), (cx, cy) = marks
    assert bx - ax == pytest.approx(cx - bx, abs=0.2)
    assert ay - by == pytest.approx(by - cy, abs=0.2)
    assert ay > by > cy


def test_a_line_has_a_gap_where_nothing_is_known() -> None:
    """Hours without a value are not bridged."""
    table = pd.DataFrame({"x": [1.0, 2.0, np.nan, 3.0, 4.0]})
    svg = line_chart(table, title="t", x_label="hour").svg
    line = re.search(r'<path d="([ML][^"]*)" fill="none" stroke="#0072b2"', svg)
    assert line
    assert re.sub(r"[^ML]", "", line[1]) == "MLML"


def test_marks_alone_have_no_line() -> None:
    """A frontier is made of single ways."""
    table = pd.DataFrame({"x": [3.0, 1.0]}, index=[20.0, 28.0])
    svg = line_chart(table, title="t", x_label="min", marks_only=True).svg
    assert svg.count("<circle") == 2
    assert 'stroke-width="2"' not in svg


@pytest.mark.parametrize(
    "table",
    [
        pd.DataFrame({"x": [np.nan]}),
        pd.DataFrame({"x": []}, dtype=float),
        pd.DataFrame({str(k): [1.0, 2.0] for k in range(8)}),
    ],
)
def test_charts_of_nothing_or_too_much_are_refused(table: pd.DataFrame) -> None:
    """No numbers, or more columns than colours that can be told apart."""
    with pytest.raises(ValueError, match=r"number|colours"):
        bar_chart(table, title="t")
    with pytest.raises(ValueError, match=r"number|colours"):
        line_chart(table, title="t", x_label="x")


def test_wrong_numbers_are_refused() -> None:
    """Negative bars, and lines that run backwards."""
    with pytest.raises(ValueError, match="at least 0"):
        bar_chart(pd.DataFrame({"x": [-1.0]}), title="t")
    with pytest.raises(ValueError, match="ascending"):
        line_chart(pd.DataFrame({"x": [1.0, 2.0]}, index=[3, 1]), title="t", x_label="x")
