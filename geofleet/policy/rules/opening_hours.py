"""OpenStreetMap's opening hours: which windows open on a day.

The ``opening_hours`` library reads the text, its dates and its clock times. What the text is built
of (rules in their order, the later one before the earlier) is put together here, because windows
that cross midnight must belong to the day on which they open, and because public holidays are those
of the rule set.
"""

from __future__ import annotations

import datetime
import itertools
import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

from opening_hours import OpeningHours, State, validate

from geofleet.errors import InputError, Problem
from geofleet.policy.rules.days import DAY_S, WEEKDAYS

__all__ = ["dated_windows", "fault_of", "windows_of"]

_COMMENT = re.compile(r'"[^"]*"')
_DAY = "(?:Mo|Tu|We|Th|Fr|Sa|Su)"
_BOTH = re.compile(rf"\b[PS]H\s+{_DAY}\b|\b{_DAY}(?:\[[^\]]*\])?\s+[PS]H\b")
_HOLIDAY = re.compile(r"\b([PS]H)(?: ([+-]\d+) days?)?")
_SPAN = r"\d\d:\d\d-\d\d:\d\d"
_LINE = re.compile(
    rf"(?P<selector>.*?) ?(?P<times>{_SPAN}(?:,{_SPAN})*)?"
    r" ?(?P<state>closed|unknown)?(?: ?(?P<comment>\"[^\"]*\"))?"
)
_ANY_DAY = datetime.date(2024, 1, 2)
_NOON = datetime.time(12)

Spans = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class _Line:
    """One rule of the text: on the days that it selects, windows that are open or closed."""

    selector: str
    windows: Spans
    closes: bool
    certain: bool
    adds: bool
    """Whether it leaves what the rules before it say of the day."""


def fault_of(text: str) -> str:
    """Return what opening hours would have been right, nothing where these can be used."""
    if not validate(text):
        return "opening hours of OpenStreetMap, like Mo-Fr 06:00-10:00; PH off"
    bare = _COMMENT.sub("", str(OpeningHours(text)))
    if "||" in bare:
        return "opening hours without a fallback (||)"
    if re.search(r"sunrise|sunset|dawn|dusk", bare):
        return "opening hours by the clock, not by the sun"
    if re.search(r"\d\d:\d\d\+|\d\d:\d\d/", bare):
        return "opening hours with an end (no + and no repetition)"
    if _BOTH.search(_COMMENT.sub("", text)):
        return "holidays and weekdays joined by a comma; holidays on given weekdays cannot be read"
    return ""


def dated_windows(
    text: str, date: datetime.date, *, holidays: Collection[datetime.date] | None
) -> list[tuple[int, int, bool]]:
    """Return the windows that open on a date, and whether each is certain.

    What depends on a comment, on an ``unknown``, on school holidays, or on public holidays that
    are not known, is uncertain.

    Parameters
    ----------
    text
        Opening hours.
    holidays
        Public holidays; None where they are not known.

    Returns
    -------
    list of tuple
        Start and end in seconds after the midnight on which the date begins, half-open, ascending
        and apart; ends of windows that cross midnight are beyond 86,400.

    Raises
    ------
    InputError
        Text that cannot be used, as :func:`fault_of` says.
    """
    lines = _lines(text)
    used = {kind for line in lines for kind, _ in _HOLIDAY.findall(line.selector)}
    public = (False, True) if "PH" in used and holidays is None else (None,)
    school = (False, True) if "SH" in used else (False,)
    found = []
    for guess, term in itertools.product(public, school):
        found.append(_opened(lines, date, frozenset(holidays or ()), guess, term))
    sure, maybe = found[0]
    for certain, possible in found[1:]:
        sure, maybe = _without(sure, _without(sure, certain)), _joined(maybe + possible)
    parts = [(*span, True) for span in sure] + [(*span, False) for span in _without(maybe, sure)]
    return sorted(parts)


def windows_of(
    text: str, date: datetime.date, *, holidays: Collection[datetime.date] | None = None
) -> list[tuple[int, int]]:
    """Return the windows that open on a date.

    Parameters
    ----------
    text
        Opening hours.
    holidays
        Public holidays; None where they are not known.

    Returns
    -------
    list of tuple
        As :func:`dated_windows`, without the certainty.

    Raises
    ------
    InputError
        Text that cannot be used, or a window of which nobody can tell.

    Examples
    --------
    >>> windows_of("Mo-Fr 20:00-10:00", datetime.date(2026, 2, 13))
    [(72000, 122400)]
    >>> windows_of("Mo-Fr 20:00-10:00", datetime.date(2026, 2, 14))
    []
    """
    found = dated_windows(text, date, holidays=holidays)
    if not all(certain for _, _, certain in found):
        expected = f"opening hours that say for certain what is open on {date}"
        raise InputError([Problem("opening_hours", "opening_hours", value=text, expected=expected)])
    return [(start, end) for start, end, _ in found]


@lru_cache(maxsize=4096)
def _lines(text: str) -> tuple[_Line, ...]:
    if fault := fault_of(text):
        raise InputError([Problem("opening_hours", "opening_hours", value=text, expected=fault)])
    # Words of a comment say nothing here, but could hold what separates rules.
    canonical = _COMMENT.sub('"comment"', str(OpeningHours(text)))
    found = []
    adds = False
    for part in re.split(r"(; |, )", canonical):
        if part in ("; ", ", "):
            adds = part == ", "
        else:
            found.append(_line(part, adds))
    return tuple(found)


def _line(part: str, adds: bool) -> _Line:
    match = _LINE.fullmatch(part)
    assert match is not None  # every part of it is optional
    closes = match["state"] == "closed"
    return _Line(
        selector="" if match["selector"] == "24/7" else match["selector"],
        windows=_clock(match["times"]) if match["times"] else ((0, DAY_S),),
        closes=closes,
        certain=closes or (match["state"] is None and match["comment"] is None),
        adds=adds or (closes and match["times"] is not None),
    )


def _clock(times: str) -> Spans:
    """Return clock times as seconds, read by the library on one day that nothing surrounds."""
    midnight = datetime.datetime.combine(_ANY_DAY, datetime.time())
    end = midnight + datetime.timedelta(days=4)
    text = f"{_ANY_DAY.year} Jan {_ANY_DAY.day} {times}"
    return tuple(
        (int((first - midnight).total_seconds()), int((last - midnight).total_seconds()))
        for first, last, state, _ in OpeningHours(text).intervals(midnight, end)
        if state == State.OPEN
    )


def _opened(
    lines: tuple[_Line, ...],
    date: datetime.date,
    holidays: frozenset[datetime.date],
    public: bool | None,
    school: bool,
) -> tuple[Spans, Spans]:
    """Return the windows of a date that are open for certain, and those that may be."""
    sure: Spans = ()
    maybe: Spans = ()
    for line in lines:
        if not _selects(line.selector, date, holidays, public, school):
            continue
        if not line.adds:
            sure, maybe = (), ()
        if line.closes:
            sure, maybe = _without(sure, line.windows), _without(maybe, line.windows)
        else:
            maybe = _joined(maybe + line.windows)
            sure = _joined(sure + line.windows) if line.certain else sure
    return sure, maybe


def _selects(
    selector: str,
    date: datetime.date,
    holidays: frozenset[datetime.date],
    public: bool | None,
    school: bool,
) -> bool:
    """Whether a rule selects a day; a holiday is read as the weekday on which it falls."""
    weekday = WEEKDAYS[date.weekday()]

    def named(match: re.Match[str]) -> str:
        kind, offset = match.groups()
        if kind == "SH" or public is not None:
            holds = school if kind == "SH" else bool(public)
        else:
            holds = date - datetime.timedelta(days=int(offset or 0)) in holidays
        # Without a country the library takes no day for a holiday.
        return weekday if holds else match[0]

    days = _HOLIDAY.sub(named, selector)
    return not days or _days(days).is_open(datetime.datetime.combine(date, _NOON))


@lru_cache(maxsize=4096)
def _days(selector: str) -> OpeningHours:
    return OpeningHours(selector)


def _joined(spans: Spans) -> Spans:
    """Return spans that neither overlap nor touch."""
    out: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        else:
            out.append((start, end))
    return tuple(out)


def _without(spans: Spans, cut: Spans) -> Spans:
    """Return what is left of spans outside of others."""
    for first, last in cut:
        left = [(start, min(end, first)) for start, end in spans]
        right = [(max(start, last), end) for start, end in spans]
        spans = tuple(sorted(span for span in {*left, *right} if span[0] < span[1]))
    return spans
