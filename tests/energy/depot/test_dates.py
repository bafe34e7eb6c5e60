"""Days by rule against the calendar on the wall."""

from __future__ import annotations

import datetime as dt

import pytest

from geofleet.energy.depot.dates import DateRule, day_kinds


@pytest.mark.parametrize(
    ("text", "year", "day"),
    [
        ("04-sun-1", 2025, (4, 6)),
        ("10-sun-last", 2025, (10, 26)),
        ("10-sun-last", 2021, (10, 31)),
        ("02-mon-1", 2025, (2, 3)),
        ("03-mon-3", 2026, (3, 16)),
        ("12-25", 2024, (12, 25)),
    ],
)
def test_rules_find_the_day_of_the_calendar(text: str, year: int, day: tuple[int, int]) -> None:
    """Days looked up in printed calendars."""
    assert DateRule(text).date(year) == dt.date(year, *day)


@pytest.mark.parametrize("text", ["2-3", "13-01", "04-31", "04-sun-5", "02-29", "first of May"])
def test_other_text_is_refused(text: str) -> None:
    """Days that do not exist every year, or at all."""
    with pytest.raises(ValueError, match=r".+"):
        DateRule(text)


def test_a_holiday_is_a_sunday() -> None:
    """3 February 2025 is a Monday and a holiday of Mexico."""
    days = [dt.date(2025, 2, day) for day in (1, 2, 3, 4)]
    kinds = day_kinds(days, [DateRule("02-mon-1")])
    assert kinds == ["saturday", "sunday", "sunday", "weekday"]
