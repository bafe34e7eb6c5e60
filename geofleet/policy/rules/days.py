"""On which days, and at which hours of them, a rule holds."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from geofleet.policy.rules.truth import NO, UNKNOWN, YES, Truths

__all__ = [
    "DAY_S", "WEEKDAYS", "AnyDay", "Calendar", "Days", "OnDays", "When", "clock_text",
]  # fmt: skip

DAY_S = 86_400
WEEKDAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
"""Names of weekdays as OpenStreetMap's opening hours have them, Monday first."""

Holidays = Literal["any", "off", "only"]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Calendar:
    """Dates that an authority has published, with the plate digits of each where it names some.

    Parameters
    ----------
    name
        Id within the rule set.
    digits
        Last plate digits by date; an empty set says that none is concerned.
    source, status
        Where it was published.
    """

    name: str
    digits: Mapping[datetime.date, frozenset[int]]
    source: str = ""
    status: str = "user"

    @property
    def dates(self) -> frozenset[datetime.date]:
        """The dates it names."""
        return frozenset(self.digits)

    def covers(self, date: datetime.date) -> bool:
        """Whether the date lies in a month that was published; others are unknown."""
        return (date.year, date.month) in self._months

    @cached_property
    def _months(self) -> frozenset[tuple[int, int]]:
        return frozenset((date.year, date.month) for date in self.digits)


@dataclass(frozen=True, eq=False)
class Days:
    """Local dates with what rules ask of them; in ascending order, each once.

    Parameters
    ----------
    dates
        The dates.
    holidays
        Public holidays; None when the country is not known, and then what asks for them is
        unknown.
    calendars
        Published calendars by name.
    """

    dates: tuple[datetime.date, ...]
    holidays: frozenset[datetime.date] | None = frozenset()
    calendars: Mapping[str, Calendar] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        dates: Sequence[datetime.date],
        *,
        holidays: str = "",
        calendars: Mapping[str, Calendar] | None = None,
    ) -> Days:
        """Make days of a country (ISO 3166 code, with a subdivision as in ``MX`` or ``CO``)."""
        ordered = tuple(sorted(set(dates)))
        off: frozenset[datetime.date] | None = None
        if holidays:
            from holidays import country_holidays

            years = sorted({date.year for date in ordered})
            off = frozenset(country_holidays(holidays, years=years)) if years else frozenset()
        return cls(ordered, off, dict(calendars or {}))

    def __len__(self) -> int:
        """Return the number of dates."""
        return len(self.dates)

    @cached_property
    def ordinal(self) -> Ints:
        """Day numbers as of :meth:`datetime.date.toordinal`."""
        return np.array([date.toordinal() for date in self.dates], np.int64)

    @cached_property
    def weekday(self) -> Ints:
        """Weekday, Monday 0."""
        return (self.ordinal + 6) % 7

    @cached_property
    def year(self) -> Ints:
        """Calendar year."""
        return np.array([date.year for date in self.dates], np.int64)

    @cached_property
    def nth(self) -> Ints:
        """Which of its weekday in the month a date is: 1 to 5."""
        return np.array([(date.day - 1) // 7 + 1 for date in self.dates], np.int64)


@dataclass(frozen=True, slots=True)
class OnDays:
    """A condition on the date; all that is given must hold.

    Parameters
    ----------
    weekdays
        Monday 0.
    nth
        By weekday the ones of it in the month that count; weekdays not named do not.
    season
        ``((month, day), (month, day))``, both days included; may go over the turn of the year.
    holidays
        ``off``: not on public holidays, ``only``: on them alone, ``any``: days like others.
    dates
        These dates alone.
    calendar
        The dates of a published calendar; dates of months that it does not hold are unknown.
    """

    weekdays: frozenset[int] | None = None
    nth: tuple[tuple[int, frozenset[int]], ...] | None = None
    season: tuple[tuple[int, int], tuple[int, int]] | None = None
    holidays: Holidays = "any"
    dates: frozenset[datetime.date] | None = None
    calendar: str = ""

    def holds(self, days: Days) -> Truths:
        """Return for each day whether the condition holds (int8, shape ``(len(days),)``)."""
        out = np.full(len(days), YES, np.int8)
        if self.weekdays is not None:
            out[~np.isin(days.weekday, list(self.weekdays))] = NO
        if self.nth is not None:
            ordinals = dict(self.nth)
            counted = [
                nth in ordinals.get(int(weekday), frozenset())
                for weekday, nth in zip(days.weekday, days.nth, strict=True)
            ]
            out[~np.array(counted, bool)] = NO
        if self.season is not None:
            first, last = self.season
            months = [(date.month, date.day) for date in days.dates]
            inside = [
                first <= day <= last if first <= last else day >= first or day <= last
                for day in months
            ]
            out[~np.array(inside, bool)] = NO
        if self.dates is not None:
            out[~np.array([date in self.dates for date in days.dates], bool)] = NO
        if self.holidays != "any":
            if days.holidays is None:
                np.minimum(out, UNKNOWN, out=out)
            else:
                off = np.array([date in days.holidays for date in days.dates], bool)
                out[off if self.holidays == "off" else ~off] = NO
        if self.calendar:
            calendar = days.calendars.get(self.calendar)
            for place, date in enumerate(days.dates):
                if calendar is None or not calendar.covers(date):
                    out[place] = min(out[place], UNKNOWN)
                elif date not in calendar.dates:
                    out[place] = NO
        return out


AnyDay = OnDays()
"""No condition on the date."""


@dataclass(frozen=True, slots=True)
class When:
    """Hours on days: half-open windows ``[start, end)`` of local clock time.

    Parameters
    ----------
    days
        Days on which the windows open.
    hours
        Seconds after midnight; an end at or before its start is on the day after. Without any, the
        whole day.
    opening_hours
        OpenStreetMap's opening hours in place of ``days`` and ``hours``.
    """

    days: OnDays = AnyDay
    hours: tuple[tuple[int, int], ...] = ()
    opening_hours: str = ""

    @property
    def windows(self) -> tuple[tuple[int, int], ...]:
        """Seconds after the midnight on which the day begins; ends may lie on the day after."""
        if not self.hours:
            return ((0, DAY_S),)
        return tuple((start, end if end > start else end + DAY_S) for start, end in self.hours)


def clock_text(seconds: float) -> str:
    """Return seconds after midnight as ``HH:MM``, with seconds where there are any."""
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours:02d}:{minutes:02d}" + (f":{left:02d}" if left else "")
