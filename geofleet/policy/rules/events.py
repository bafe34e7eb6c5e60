"""Declared events: a contingency, a pre-emergency, with what its bulletin announces."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from geofleet.errors import InputError, Problem

__all__ = ["Event", "EventCondition", "events_by_day"]

Parity = Literal["odd", "even"]


@dataclass(frozen=True)
class Event:
    """An event that an authority declares, never computed from other events.

    Parameters
    ----------
    kind
        ``contingencia``, ``preemergencia``…, as rules name it.
    area
        Where it holds, as rules name their jurisdiction; to be read.
    phase
        ``preventiva``, ``I``, ``II``, ``I combinada``….
    dates
        Local days on which its measures hold.
    pollutants
        What it was declared for: ``o3``, ``pm10``, ``pm25``.
    parity, colour, digits
        What the bulletin announces; None where it does not.
    announced
        When it was declared, with time zone.
    parameters
        Anything else that a bulletin says, by name.
    source
        Where this was read.

    Raises
    ------
    InputError
        No date, dates that are none, a parity that is neither odd nor even, digits that are none,
        an announcement without time zone.
    """

    kind: str
    phase: str
    dates: tuple[datetime.date, ...]
    area: str = ""
    pollutants: tuple[str, ...] = ()
    parity: Parity | None = None
    colour: str | None = None
    digits: frozenset[int] | None = None
    announced: datetime.datetime | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    source: str = ""

    def __post_init__(self) -> None:
        """Check what is given."""
        faults: list[tuple[str, str, str]] = []
        faults += _of_dates(self.dates)
        told: Any = self.pollutants
        if isinstance(told, str):
            faults.append(("pollutants", told, "a tuple of pollutants"))
        if self.parity not in (None, "odd", "even"):
            faults.append(("parity", str(self.parity), "odd, even or nothing"))
        if self.digits is not None and not all(digit in range(10) for digit in self.digits):
            faults.append(("digits", ", ".join(map(str, self.digits)), "digits from 0 to 9"))
        if self.announced is not None and self.announced.tzinfo is None:
            faults.append(("announced", str(self.announced), "a time with time zone"))
        if faults:
            raise InputError(Problem(f"event {self.kind}", *_placed(fault)) for fault in faults)


def _of_dates(given: Any) -> list[tuple[str, str, str]]:
    """Find what is no date: it would never equal one that is asked about, in silence."""
    if isinstance(given, str) or not isinstance(given, Collection):
        return [("dates", str(given), "a tuple of dates")]
    if not given:
        return [("dates", "", "at least one date")]
    return [
        ("dates", str(day), "a local date (datetime.date) without clock time") for day in given
        if not isinstance(day, datetime.date) or isinstance(day, datetime.datetime)
    ]  # fmt: skip


def _placed(fault: tuple[str, str, str]) -> tuple[str, int, str, str]:
    field_name, value, expected = fault
    return field_name, 0, value, expected


@dataclass(frozen=True, slots=True)
class EventCondition:
    """Holds on days on which such an event is declared.

    Parameters
    ----------
    kind
        As :attr:`Event.kind`.
    phases
        Any of these; every phase when empty.
    pollutants
        Declared for any of these; whatever it is for when empty.
    """

    kind: str
    phases: frozenset[str] = frozenset()
    pollutants: frozenset[str] = frozenset()

    def fits(self, event: Event) -> bool:
        """Whether an event is one that the rule is about."""
        if event.kind != self.kind or (self.phases and event.phase not in self.phases):
            return False
        return not self.pollutants or bool(self.pollutants & frozenset(event.pollutants))


def events_by_day(
    condition: EventCondition | None, events: Sequence[Event], dates: Sequence[datetime.date]
) -> list[list[Event]]:
    """Return for each date the events that a rule is about, none where it is about no event."""
    if condition is None:
        return [[] for _ in dates]
    mine = [event for event in events if condition.fits(event)]
    return [[event for event in mine if date in event.dates] for date in dates]
