"""Opening hours: windows by hand, by the library itself moment by moment, and what is refused."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opening_hours import OpeningHours

from geofleet.errors import InputError
from geofleet.policy.rules import read_rules
from geofleet.policy.rules.opening_hours import dated_windows, fault_of, windows_of

FRIDAY, SATURDAY, SUNDAY = dt.date(2026, 2, 13), dt.date(2026, 2, 14), dt.date(2026, 2, 15)
HOUR = 3600


def _hours(
    text: str, date: dt.date, holidays: set[dt.date] | None = None
) -> list[tuple[float, float]]:
    return [(a / HOUR, b / HOUR) for a, b in windows_of(text, date, holidays=holidays or set())]


@pytest.mark.parametrize(
    ("text", "date", "expected"),
    [
        ("24/7", FRIDAY, [(0, 24)]),
        ("off", FRIDAY, []),
        ("Mo-Fr 20:00-10:00", FRIDAY, [(20, 34)]),
        ("Mo-Fr 20:00-10:00", SATURDAY, []),
        ("Fr 20:00-24:00", FRIDAY, [(20, 24)]),
        ("10:00-10:00", FRIDAY, [(10, 34)]),
        ("Fr 06:00-10:00,09:00-12:00", FRIDAY, [(6, 12)]),
        ("Sa[2] 05:00-22:00", SATURDAY, [(5, 22)]),
        ("Sa[1,3] 05:00-22:00", SATURDAY, []),
        ("Sa[-1] 05:00-22:00", dt.date(2026, 2, 28), [(5, 22)]),
        ("Nov 01-Mar 31 Fr 06:00-08:00", FRIDAY, [(6, 8)]),
        ("Apr 01-Oct 31 Fr 06:00-08:00", FRIDAY, []),
        ("2026 Feb 13,2026 Feb 20 06:00-08:00", FRIDAY, [(6, 8)]),
        ("06:00-10:00; Fr 14:00-16:00", FRIDAY, [(14, 16)]),
        ("06:00-10:00, Fr 14:00-16:00", FRIDAY, [(6, 10), (14, 16)]),
        ("Fr 08:00-18:00; Fr 12:00-13:00 off", FRIDAY, [(8, 12), (13, 18)]),
        ("20:00-10:00; Sa off", FRIDAY, [(20, 34)]),
        ("08:00-09:00 closed \"never, really; never\"", FRIDAY, []),
    ],
)  # fmt: skip
def test_windows_by_hand(text: str, date: dt.date, expected: list[tuple[float, float]]) -> None:
    """A window is that of the day on which it opens, whatever the day after says."""
    assert _hours(text, date) == expected


def test_holidays_are_those_that_are_given() -> None:
    """A Friday that the set takes off closes; without a set of holidays nobody can tell."""
    text = "Mo-Fr 20:00-10:00; PH off"
    assert _hours(text, FRIDAY) == [(20, 34)]
    assert _hours(text, FRIDAY, {FRIDAY}) == []
    assert dated_windows(text, FRIDAY, holidays=None) == [(20 * HOUR, 34 * HOUR, False)]
    assert dated_windows(text, SATURDAY, holidays=None) == []
    assert _hours("Sa 11:00-06:00; Su,PH 10:00-06:00", FRIDAY, {FRIDAY}) == [(10, 30)]
    assert _hours("PH -1 day 08:00-09:00", FRIDAY, {SATURDAY}) == [(8, 9)]
    assert _hours("PH -1 day 08:00-09:00", SATURDAY, {SATURDAY}) == []
    # What holds on holidays and on other days alike is certain.
    mixed = dated_windows("06:00-10:00; PH 08:00-12:00", FRIDAY, holidays=None)
    assert mixed == [(6 * HOUR, 8 * HOUR, False), (8 * HOUR, 10 * HOUR, True),
                     (10 * HOUR, 12 * HOUR, False)]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    ['06:00-10:00 "with a permit"', "06:00-10:00 unknown", "06:00-10:00; SH off"],
)
def test_what_nobody_can_tell_is_uncertain(text: str) -> None:
    """Comments, ``unknown`` and school holidays make a window uncertain, never open or shut."""
    assert dated_windows(text, FRIDAY, holidays=set()) == [(6 * HOUR, 10 * HOUR, False)]
    with pytest.raises(InputError, match="for certain"):
        windows_of(text, FRIDAY, holidays=set())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("breakfast", "OpenStreetMap"),
        ("Mo-Fr 08:00-10:00 || 12:00-13:00", "fallback"),
        ("sunrise-10:00", "sun"),
        ("08:00+", "end"),
        ("08:00-16:00/02:00", "end"),
        ("10:00-12:00; PH Su off", "comma"),
        ("10:00-12:00; Su PH off", "comma"),
    ],
)
def test_what_cannot_be_used_is_refused(text: str, expected: str) -> None:
    """Faults are named before any day is asked about."""
    assert expected in fault_of(text)
    with pytest.raises(InputError, match="opening_hours"):
        windows_of(text, FRIDAY)


def test_a_rule_file_names_the_line_of_bad_hours(tmp_path: Path) -> None:
    """Bad opening hours are found when the file is read."""
    path = tmp_path / "rules.yaml"
    path.write_text(
        "rule_set: one\ntimezone: UTC\nrules:\n  - id: a\n    name: A\n    effect: prohibit\n"
        "    status: user\n    when:\n      opening_hours: sunrise-10:00\n"
    )
    with pytest.raises(InputError, match=r"row 9, field a\.when.*sun"):
        read_rules(path)


_CLOCKS = st.integers(0, 47).map(lambda half: f"{half // 2:02d}:{half % 2 * 30:02d}")
_DAYS = st.sampled_from(["Mo-Fr", "Sa,Su", "We", "Sa[1,3]", "Jan 10-Feb 20", "Dec 20-Jan 15 Mo-Th",
                         "week 02-10/2 Tu", "2026 Jan 30", ""])  # fmt: skip


@given(st.lists(st.tuples(_DAYS, _CLOCKS, _CLOCKS), min_size=1, max_size=3),
       st.integers(0, 80), st.integers(0, 95))  # fmt: skip
def test_windows_are_open_when_the_library_says_so(
    rules: list[tuple[str, str, str]], day: int, quarter: int
) -> None:
    """Rules that add to each other: open is what opened today or was left open yesterday."""
    text = ", ".join(f"{days} {first}-{last}".strip() for days, first, last in rules)
    date = dt.date(2026, 1, 1) + dt.timedelta(days=day)
    second = quarter * 900
    today = windows_of(text, date, holidays=())
    before = windows_of(text, date - dt.timedelta(days=1), holidays=())
    found = any(a <= second < b for a, b in today) or any(
        a <= second + 86400 < b for a, b in before
    )
    moment = dt.datetime.combine(date, dt.time()) + dt.timedelta(seconds=second)
    assert found == OpeningHours(text).is_open(moment)
