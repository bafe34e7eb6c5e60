"""Days and hours of a rule, written as OpenStreetMap's opening hours."""

from __future__ import annotations

import calendar
import datetime
import itertools
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import TypeVar

from opening_hours import OpeningHours

from geofleet.policy.rules.days import DAY_S, WEEKDAYS, AnyDay, Days, OnDays, When, clock_text
from geofleet.policy.rules.model import Rule
from geofleet.policy.rules.opening_hours import fault_of

__all__ = ["WrittenHours", "opening_hours_of", "write_hours"]

_MONTHS = tuple(calendar.month_abbr[month] for month in range(1, 13))
_LEAP_YEAR = 2024
_NEVER = "off"
_ALWAYS = "24/7"
_EVERY_DAY = "Mo-Su "

Day = tuple[int, int]
Nth = tuple[tuple[int, frozenset[int]], ...]
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class WrittenHours:
    """Opening hours of a rule.

    Parameters
    ----------
    text
        When the windows of the rule are open. What it cannot say stands in it as a comment, and
        then the window is uncertain to whoever reads it.
    limited_on
        Days on which an ``allow_only`` rule limits driving to the windows; always for others,
        whose windows open on such days alone.
    notes
        What the text cannot say, in words.
    """

    text: str
    limited_on: str = _ALWAYS
    notes: tuple[str, ...] = ()


def opening_hours_of(rule: Rule) -> str:
    """Return the days and hours of a rule as opening hours.

    They say when the rule forbids, charges, exempts…; of an ``allow_only`` rule when it allows.
    Published calendars and seconds cannot be written: they stand in the text as a comment, which
    makes it uncertain, and among the notes of :func:`write_hours`. Events, plates and vehicles are
    no hours: they are conditions.

    Examples
    --------
    >>> from geofleet.policy.rules import Rule
    >>> days = OnDays(weekdays=frozenset(range(5)), holidays="off")
    >>> night = When(days, hours=((20 * 3600, 10 * 3600),))
    >>> opening_hours_of(Rule("night", "Night", "prohibit", when=(night,)))
    'Mo-Fr 20:00-10:00; PH closed'
    """
    return write_hours(rule).text


def write_hours(rule: Rule) -> WrittenHours:
    """Return the days and hours of a rule as opening hours, with what they cannot say."""
    notes: list[str] = []
    if rule.effect == "allow_only":
        limited = _joined([_part(When(rule.in_force), notes)])
        return WrittenHours(_whole(rule.when, AnyDay, notes), limited, tuple(notes))
    return WrittenHours(_whole(rule.when, rule.in_force, notes), notes=tuple(notes))


@dataclass(frozen=True, slots=True)
class _Part:
    """A rule of opening hours, and whether holidays close it."""

    text: str
    closed_on_holidays: bool = False


def _whole(parts: Iterable[When], in_force: OnDays, notes: list[str]) -> str:
    written = []
    listed = tuple(parts) or (When(),)
    for part in listed:
        if not part.opening_hours:
            for days in _both(part.days, in_force):
                written.append(_part(replace(part, days=days), notes))
        elif len(listed) == 1 and in_force == AnyDay and not fault_of(part.opening_hours):
            return _canonical(part.opening_hours)
        else:
            why = f"opening hours among others: {part.opening_hours}"
            notes.append(why)
            written.append(_Part(_commented(_ALWAYS, [why])))
    return _joined(written)


def _joined(parts: list[_Part | None]) -> str:
    """Join parts that add to each other; what holidays close comes first, then what they do not."""
    known = [part for part in parts if part is not None]
    if len(known) > 1:
        # Hours alone after a comma would be read as more hours of the rule before them.
        known = [replace(p, text=_EVERY_DAY + p.text) if p.text[2:3] == ":" else p for p in known]
    closed = [part.text for part in known if part.closed_on_holidays]
    rest = [part.text for part in known if not part.closed_on_holidays]
    if closed:
        rest = [", ".join(closed) + "; PH off", *rest]
    return _canonical(", ".join(rest) or _NEVER)


def _canonical(text: str) -> str:
    return str(OpeningHours(text))


def _part(part: When, notes: list[str]) -> _Part | None:
    """Write one part, None where it is never open."""
    days = part.days
    selector = _selector(days)
    if selector is None:
        return None
    doubts = []
    if days.calendar:
        doubts.append(f"on dates of the calendar {days.calendar} alone")
    if days.holidays == "only":
        if days.dates is None and (days.weekdays is not None or days.nth is not None):
            doubts.append("on public holidays alone")
        else:
            selector = f"{selector} PH".strip()
    times = ",".join(_window(start, end) for start, end in part.hours)
    if any(second % 60 for window in part.hours for second in window):
        exact = [f"{clock_text(start)}-{clock_text(end)}" for start, end in part.hours]
        doubts.append("exactly " + ", ".join(exact))
    text = f"{selector} {times}".strip() or _ALWAYS
    if doubts:
        notes += doubts
        text = _commented(text, doubts)
    return _Part(text, days.holidays == "off")


def _commented(text: str, doubts: list[str]) -> str:
    comment = "; ".join(doubts).replace('"', "'")
    return f'{text} "{comment}"'


def _window(start: int, end: int) -> str:
    """Write a window to the minute, its end outwards."""
    first, last = start // 60 * 60, -(-end // 60) * 60
    return f"{clock_text(first)}-{clock_text(last or DAY_S)}"


def _selector(days: OnDays) -> str | None:
    """Write days but for holidays and calendars, None where there is none."""
    if days.dates is not None:
        plain = Days(tuple(sorted(days.dates)), frozenset())
        holds = replace(days, holidays="any", calendar="").holds(plain)
        kept = [date for date, held in zip(plain.dates, holds, strict=True) if held]
        named = (f"{date.year} {_MONTHS[date.month - 1]} {date.day:02d}" for date in kept)
        return ",".join(named) or None
    weekdays = frozenset(range(7)) if days.weekdays is None else days.weekdays
    if days.nth is not None:
        chosen = [
            f"{WEEKDAYS[day]}[{','.join(map(str, sorted(ordinals)))}]"
            for day, ordinals in days.nth if day in weekdays and ordinals
        ]  # fmt: skip
        week = ",".join(chosen)
    else:
        week = _ranges(weekdays)
    if not week:
        return None
    week = "" if week == "Mo-Su" else week
    season = "" if days.season is None else _season(*days.season)
    return f"{season} {week}".strip()


def _ranges(weekdays: Collection[int]) -> str:
    """Write weekdays as Mo-Fr,Su."""
    runs = []
    ordered = sorted(weekdays)
    for _, group in itertools.groupby(enumerate(ordered), key=lambda pair: pair[1] - pair[0]):
        run = [day for _, day in group]
        first, last = WEEKDAYS[run[0]], WEEKDAYS[run[-1]]
        runs.append(first if first == last else f"{first}-{last}")
    return ",".join(runs)


def _season(first: Day, last: Day) -> str:
    return f"{_month_day(first)}-{_month_day(last)}"


def _month_day(day: Day) -> str:
    return f"{_MONTHS[day[0] - 1]} {day[1]:02d}"


def _both(one: OnDays, other: OnDays) -> list[OnDays]:
    """Return days on which both hold: none, one set of days, or one for each shared season."""
    holidays = {one.holidays, other.holidays} - {"any"}
    if len(holidays) == 2:
        return []
    nth = _met(_by_day(one.nth), _by_day(other.nth))
    if one.calendar and other.calendar and one.calendar != other.calendar:
        calendar_name = f"{one.calendar} and {other.calendar}"
    else:
        calendar_name = one.calendar or other.calendar
    days = OnDays(
        weekdays=_met(one.weekdays, other.weekdays),
        nth=None if nth is None else _from_days(nth),
        holidays=next(iter(holidays), "any"),
        dates=_met(one.dates, other.dates),
        calendar=calendar_name,
    )
    if one.season is None or other.season is None or one.season == other.season:
        return [replace(days, season=one.season or other.season)]
    return [replace(days, season=season) for season in _shared(one.season, other.season)]


def _met(one: frozenset[_T] | None, other: frozenset[_T] | None) -> frozenset[_T] | None:
    if one is None or other is None:
        return other if one is None else one
    return one & other


def _by_day(nth: Nth | None) -> frozenset[tuple[int, int]] | None:
    if nth is None:
        return None
    return frozenset((day, number) for day, numbers in nth for number in numbers)


def _from_days(pairs: frozenset[tuple[int, int]]) -> Nth:
    days = sorted({day for day, _ in pairs})
    return tuple((day, frozenset(n for found, n in pairs if found == day)) for day in days)


def _shared(one: tuple[Day, Day], other: tuple[Day, Day]) -> list[tuple[Day, Day]]:
    """Return the seasons that two seasons share."""

    def held(season: tuple[Day, Day], day: Day) -> bool:
        first, last = season
        return first <= day <= last if first <= last else day >= first or day <= last

    begin = datetime.date(_LEAP_YEAR, 1, 1)
    year = [begin + datetime.timedelta(days=n) for n in range(366)]
    days = [(date.month, date.day) for date in year]
    runs = []
    for shared, group in itertools.groupby(days, lambda d: held(one, d) and held(other, d)):
        run = list(group)
        if shared:
            runs.append((run[0], run[-1]))
    return runs
