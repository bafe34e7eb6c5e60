"""What rules of a set come to on a day for which an event is declared."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from geofleet.errors import InputError, Problem
from geofleet.policy.decisions import FORBIDDEN, UNKNOWN, decide
from geofleet.policy.decisions.prepare import windows_on
from geofleet.policy.rules.conditions import (
    All,
    AnyOf,
    Condition,
    FirstKnown,
    Leaf,
    Not,
    PlateDigit,
)
from geofleet.policy.rules.digits import digit_masks, digits_of
from geofleet.policy.rules.events import Event, events_by_day
from geofleet.policy.rules.facts import NONE
from geofleet.policy.rules.model import FORBIDDING, LIFTING, Rule, RuleSet
from geofleet.policy.rules.truth import NO

__all__ = [
    "Measure", "RestrictedDigits", "exemptions_of", "hologram_1_digits", "leaves_of", "measures_of",
    "restricted_digits", "rules_of",
]  # fmt: skip

_FACTS = {"use": "private", "plate_jurisdiction": "local", "fuel": "petrol"}


@dataclass(frozen=True, slots=True)
class Measure:
    """A rule on a day of an event.

    Parameters
    ----------
    rule
        The rule.
    windows
        Seconds after midnight; an end beyond the day is on the next.
    digits
        Last plate digits that it is about, None where it does not ask for them.
    unknown_digits
        Digits that it may be about: the bulletin has not announced what says so.
    """

    rule: Rule
    windows: tuple[tuple[int, int], ...]
    digits: frozenset[int] | None = None
    unknown_digits: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class RestrictedDigits:
    """Last plate digits that may not drive on a day, of vehicles with one hologram.

    Parameters
    ----------
    hologram
        Of the vehicles.
    digits
        Those that may not, at any time of the day.
    unknown
        Those of which nobody can tell, since the bulletin has not announced it.
    colours
        Colours of the sticker that make up ``digits``; empty where none do.
    windows
        Seconds after midnight at which any of them may not.
    rules
        Ids of the rules that say so.
    """

    hologram: str
    digits: frozenset[int]
    unknown: frozenset[int]
    colours: tuple[str, ...]
    windows: tuple[tuple[int, int], ...]
    rules: tuple[str, ...]


def measures_of(event: Event, date: datetime.date, rule_set: RuleSet) -> tuple[Measure, ...]:
    """Return the rules that forbid, charge or ask for a permit because of an event, on a day.

    Exemptions are not applied: see :func:`exemptions_of`.

    Raises
    ------
    InputError
        The event is not declared for the day; no rule of the set is about such an event.
    """
    if date not in event.dates:
        expected = "a day of the event: " + ", ".join(str(day) for day in event.dates)
        raise InputError([Problem(f"event {event.kind}", "date", 0, str(date), expected)])
    found = tuple(
        _measure(rule, event, date, rule_set)
        for rule in rules_of(rule_set, date)
        if rule.effect not in LIFTING and rule.event is not None and rule.event.fits(event)
    )
    if not found:
        declared = f"{event.kind}, phase {event.phase}, {', '.join(event.pollutants)}, {date}"
        expected = f"an event that active rules of {rule_set.name} are about on that day"
        raise InputError([Problem(f"event {event.kind}", "phase", 0, declared, expected)])
    return found


def exemptions_of(event: Event, date: datetime.date, rule_set: RuleSet) -> tuple[Measure, ...]:
    """Return the exemptions that take cases out of an event's measures on a day."""
    measures = {measure.rule.rule_id for measure in measures_of(event, date, rule_set)}
    return tuple(
        _measure(rule, event, date, rule_set)
        for rule in rules_of(rule_set, date)
        if rule.effect in LIFTING and measures & set(rule.lifts)
        and (rule.event is None or rule.event.fits(event))
    )  # fmt: skip


def rules_of(rule_set: RuleSet, date: datetime.date) -> Iterator[Rule]:
    """Yield active rules whose version is valid and which count on a day, as far as is known."""
    days = rule_set.days([date])
    for rule in rule_set.active:
        if rule.valid_on(date) and rule.in_force.holds(days)[0] != NO:
            yield rule


def _measure(rule: Rule, event: Event, date: datetime.date, rule_set: RuleSet) -> Measure:
    days = rule_set.days([date])
    windows = tuple((start, end) for start, end, _ in windows_on(rule, days, 0))
    asked = [*_plate_digits(rule.vehicle), *_plate_digits(rule.trip)]
    if not asked:
        return Measure(rule, windows)
    declared = events_by_day(rule.event, [event], [date])
    certain, possible = (1 << 10) - 1, (1 << 10) - 1
    for leaf in asked:
        sure, maybe = digit_masks(leaf.sources, days, declared, rule_set.colours)
        certain, possible = certain & int(sure[0]), possible & int(maybe[0])
    return Measure(rule, windows, digits_of(certain), digits_of(possible & ~certain))


def _plate_digits(condition: Condition) -> Iterator[PlateDigit]:
    """Yield what a condition asks of plate digits whatever else holds."""
    if isinstance(condition, PlateDigit):
        yield condition
    elif isinstance(condition, All):
        for part in condition.parts:
            yield from _plate_digits(part)


def leaves_of(condition: Condition) -> Iterator[Leaf]:
    """Yield every question that a condition may ask."""
    if isinstance(condition, All | AnyOf | FirstKnown):
        for part in condition.parts:
            yield from leaves_of(part)
    elif isinstance(condition, Not):
        yield from leaves_of(condition.part)
    else:
        yield condition


def restricted_digits(
    event: Event,
    date: datetime.date,
    rule_set: RuleSet,
    *,
    hologram: str,
    use: str = "private",
) -> RestrictedDigits:
    """Return the plate digits of a hologram that may not drive on a day of an event.

    Ten vehicles, one of each last digit, are asked about: local plates, petrol, without cargo,
    permits or programme, inside the places where the event's measures hold and outside of others.
    All prohibitions count, those of the event and those of an ordinary day; exemptions do not.

    Parameters
    ----------
    hologram
        ``00, 0, 1, 2, exento`` or ``none``.
    use
        What the vehicles are for, as rules call it.

    Raises
    ------
    InputError
        As :func:`measures_of`.
    """
    zones = {measure.rule.where for measure in measures_of(event, date, rule_set)}
    strict = replace(
        rule_set,
        rules=tuple(rule for rule in rules_of(rule_set, date) if rule.effect in FORBIDDING),
    )
    cases = _probes(rule_set, {**_FACTS, "use": use, "hologram": hologram})
    places = {name: name in zones for name in rule_set.geographies}
    decisions = decide(strict, cases, [date], events=[event], inside=places)
    status, rule = decisions.status[:, 0], decisions.rule[:, 0]
    barred = status == FORBIDDEN
    digits = frozenset(np.flatnonzero(barred.any(axis=1)).tolist())
    unknown = frozenset(np.flatnonzero((status == UNKNOWN).any(axis=1)).tolist()) - digits
    deciding = sorted(set(rule[barred | (status == UNKNOWN)].tolist()))
    return RestrictedDigits(
        hologram, digits, unknown, _colours(digits, rule_set),
        _stretches(barred.any(axis=0), decisions.slots.tolist()),
        tuple(strict.rules[place].rule_id for place in deciding),
    )  # fmt: skip


def _probes(rule_set: RuleSet, facts: dict[str, str]) -> pd.DataFrame:
    """Return a vehicle of each plate digit of which all that can be none is none."""
    nothing = {"text": NONE, "set": NONE, "boolean": "false"}
    row = {
        name: nothing[attribute.kind]
        for name, attribute in rule_set.attributes.items()
        if attribute.of != "road" and attribute.kind in nothing
    }
    return pd.DataFrame([{**row, **facts, "plate_digit": str(digit)} for digit in range(10)])


def _colours(digits: frozenset[int], rule_set: RuleSet) -> tuple[str, ...]:
    within = [name for name, own in rule_set.colours.items() if own and own <= digits]
    covered = frozenset().union(*(rule_set.colours[name] for name in within))
    return tuple(within) if digits and covered == digits else ()


def _stretches(holds: np.ndarray, slots: list[int]) -> tuple[tuple[int, int], ...]:
    """Return the windows in which something holds, neighbours joined."""
    found: list[tuple[int, int]] = []
    for place in np.flatnonzero(holds).tolist():
        start, end = slots[place], slots[place + 1]
        if found and found[-1][1] == start:
            start = found.pop()[0]
        found.append((start, end))
    return tuple(found)


def hologram_1_digits(event: Event, date: datetime.date, rule_set: RuleSet) -> frozenset[int]:
    """Return the plate digits of hologram 1 that may not drive on a day of an event.

    In Mexico: those of the declared parity together with those that Hoy No Circula stops on that
    day anyway, by colour on weekdays and by parity on Saturdays.

    Raises
    ------
    InputError
        As :func:`measures_of`; the bulletin announces no parity, so that nobody can tell.
    """
    found = restricted_digits(event, date, rule_set, hologram="1")
    if found.unknown:
        expected = "a parity (odd, even), without which digits of hologram 1 are unknown"
        raise InputError([Problem(f"event {event.kind}", "parity", 0, "", expected)])
    return found.digits
