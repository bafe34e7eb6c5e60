"""Days of the year by rule: "the first Sunday of April", and which kind of day a date is."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Collection
from dataclasses import dataclass

__all__ = ["DAY_KINDS", "DateRule", "day_kinds"]

DAY_KINDS = ("weekday", "saturday", "sunday")
"""Monday to Friday, Saturday, and Sunday with the holidays."""

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_FIXED = re.compile(r"(\d\d)-(\d\d)")
_NTH = re.compile(r"(\d\d)-(mon|tue|wed|thu|fri|sat|sun)-([1-4]|last)")
_LEAP_YEAR = 2024


@dataclass(frozen=True, slots=True)
class DateRule:
    """One day of every year.

    Parameters
    ----------
    text
        ``MM-DD`` (``05-01``), or month, day of the week and which of them in the month
        (``04-sun-1``, ``10-sun-last``).

    Raises
    ------
    ValueError
        Text of another form, a day that no month has, 29 February.

    Examples
    --------
    >>> DateRule("10-sun-last").date(2025)
    datetime.date(2025, 10, 26)
    """

    text: str

    def __post_init__(self) -> None:
        if not (_FIXED.fullmatch(self.text) or _NTH.fullmatch(self.text)):
            raise ValueError(f"{self.text!r} is neither MM-DD nor MM-sun-1 nor MM-sun-last")
        if self.date(_LEAP_YEAR) == dt.date(_LEAP_YEAR, 2, 29):
            raise ValueError("29 February is not a day of every year")

    def date(self, year: int) -> dt.date:
        """Return the day in ``year``."""
        nth = _NTH.fullmatch(self.text)
        if nth is None:
            month, day = map(int, self.text.split("-"))
            return dt.date(year, month, day)
        month, weekday = int(nth[1]), _WEEKDAYS.index(nth[2])
        first, length = calendar.monthrange(year, month)
        days = range(1 + (weekday - first) % 7, length + 1, 7)
        return dt.date(year, month, days[-1] if nth[3] == "last" else days[int(nth[3]) - 1])


def day_kinds(days: Collection[dt.date], holidays: Collection[DateRule]) -> list[str]:
    """Return for each day which of ``DAY_KINDS`` it is; a holiday counts as a Sunday."""
    years = {day.year for day in days}
    off = {rule.date(year) for rule in holidays for year in years}
    return [DAY_KINDS[2 if day in off else max(day.weekday() - 4, 0)] for day in days]
