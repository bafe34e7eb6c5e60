"""Which last digits of the number plate a rule names on which day."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geofleet.policy.rules.days import Days
from geofleet.policy.rules.events import Event

__all__ = ["EVEN", "ODD", "DigitSource", "Digits", "digit_masks", "digits_of", "mask_of"]

ODD, EVEN = frozenset((1, 3, 5, 7, 9)), frozenset((0, 2, 4, 6, 8))
_ALL = (1 << 10) - 1

Masks = npt.NDArray[np.uint16]


@dataclass(frozen=True, slots=True)
class DigitSource:
    """One way to name digits; exactly one of the fields is given.

    Parameters
    ----------
    fixed
        The same digits every day.
    weekday
        By weekday (Monday 0) the digits, None where a bulletin names them and nobody can tell
        beforehand; weekdays not named have none.
    nth
        By weekday and its number in the month the digits; others have none.
    calendar
        The digits that a published calendar gives the date.
    event
        What a declared event announces: ``parity``, ``digits``, ``colour``.
    otherwise
        Used where the event announces no such thing.
    """

    fixed: frozenset[int] | None = None
    weekday: tuple[tuple[int, frozenset[int] | None], ...] | None = None
    nth: tuple[tuple[int, tuple[tuple[int, frozenset[int]], ...]], ...] | None = None
    calendar: str = ""
    event: str = ""
    otherwise: DigitSource | None = None


Digits = tuple[DigitSource, ...]
"""Sources whose digits are put together."""


def mask_of(digits: frozenset[int]) -> int:
    """Return digits as bits: bit *n* stands for the digit *n*."""
    return sum(1 << digit for digit in digits)


def digits_of(mask: int) -> frozenset[int]:
    """Return the digits of a mask."""
    return frozenset(digit for digit in range(10) if mask >> digit & 1)


def digit_masks(
    sources: Digits,
    days: Days,
    events: Sequence[Sequence[Event]],
    colours: Mapping[str, frozenset[int]],
) -> tuple[Masks, Masks]:
    """Return the digits that are named, and those that may be, as bits by day.

    Parameters
    ----------
    events
        For each day the declared events that the rule is about.
    colours
        Digits by colour of the sticker.

    Returns
    -------
    tuple of numpy.ndarray
        Two uint16 arrays ``(len(days),)``; a digit in the second but not in the first is unknown.
    """
    certain = np.zeros(len(days), np.uint16)
    possible = np.zeros(len(days), np.uint16)
    for source in sources:
        for place, date in enumerate(days.dates):
            for found in _named(source, days, place, date, events[place], colours):
                certain[place] |= 0 if found is None else mask_of(found)
                possible[place] |= _ALL if found is None else mask_of(found)
    return certain, possible


def _named(
    source: DigitSource,
    days: Days,
    place: int,
    date: datetime.date,
    events: Sequence[Event],
    colours: Mapping[str, frozenset[int]],
) -> list[frozenset[int] | None]:
    """Return digits that a source names on a day, to be put together; None: nobody can tell."""
    if source.fixed is not None:
        return [source.fixed]
    weekday = int(days.weekday[place])
    if source.weekday is not None:
        return [dict(source.weekday).get(weekday, frozenset())]
    if source.nth is not None:
        by_number = dict(dict(source.nth).get(weekday, ()))
        return [by_number.get(int(days.nth[place]), frozenset())]
    if source.calendar:
        calendar = days.calendars.get(source.calendar)
        if calendar is None or not calendar.covers(date):
            return [None]
        return [calendar.digits.get(date, frozenset())]
    found: list[frozenset[int] | None] = []
    for event in events:
        announced = _announced(source.event, event, colours)
        # a colour that nobody knows was announced all the same: no day's own takes its place
        silent = source.event != "colour" or event.colour is None
        if announced is None and silent and source.otherwise is not None:
            found += _named(source.otherwise, days, place, date, [event], colours)
        else:
            found.append(announced)
    return found


def _announced(
    what: str, event: Event, colours: Mapping[str, frozenset[int]]
) -> frozenset[int] | None:
    if what == "digits":
        return event.digits
    if what == "parity":
        return {"odd": ODD, "even": EVEN}.get(event.parity or "")
    if event.colour is None:
        return None
    return colours.get(event.colour)
