"""Faults of what is asked: words that no rule knows, dates that are none, events misnamed."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import numpy as np

from geofleet.errors import Problem
from geofleet.policy.rules.conditions import (
    PLATE_DIGIT,
    All,
    Among,
    AnyOf,
    Condition,
    Member,
    Not,
    attributes_of,
    digit_of,
)
from geofleet.policy.rules.events import Event
from geofleet.policy.rules.facts import NONE, Attribute, Facts
from geofleet.policy.rules.model import RuleSet

__all__ = [
    "assumed_faults", "condition_faults", "date_faults", "event_faults", "word_faults", "words_of",
]  # fmt: skip

_ALIKE = 0.8  # share of letters in common from which a word is taken for mistyped
_ROMAN = {"1": "i", "2": "ii", "3": "iii"}


def date_faults(dates: Sequence[Any]) -> list[Problem]:
    """Return what is wrong with the dates asked about."""
    if not len(dates):
        return [Problem("dates", expected="at least one date")]
    expected = "a local date (datetime.date) without clock time"
    found = [
        Problem("dates", row=row, value=str(date), expected=expected)
        for row, date in enumerate(dates, start=1)
        if not isinstance(date, datetime.date) or isinstance(date, datetime.datetime)
    ]
    if not found and min(dates) == datetime.date.min:
        found.append(Problem("dates", value=str(min(dates)), expected="a date that has one before"))
    return found


def word_faults(rule_set: RuleSet, facts: Facts, *, strict: bool = False) -> list[Problem]:
    """Return cells whose text no rule could mean: a rule would pass over them in silence.

    What differs by capitals alone from a word that a rule names. Of an attribute with a short list
    of words also what was mistyped for one of them; ``strict``: every word that is neither of the
    list nor named by a rule.
    """
    return condition_faults(_named(rule_set), rule_set.attributes, facts, strict=strict)


def condition_faults(
    named: Mapping[str, set[str]],
    attributes: Mapping[str, Attribute],
    facts: Facts,
    *,
    strict: bool = False,
) -> list[Problem]:
    """Return cells whose text none of the words that conditions name could mean.

    Parameters
    ----------
    named
        By attribute that is asked for the words that conditions name.
    strict
        As in :func:`word_faults`.
    """
    found = []
    for column in map(str, facts.frame.columns):
        name = column.partition(":")[0]
        attribute = attributes.get(name)
        if name not in named or attribute is None or attribute.kind not in ("text", "set"):
            continue
        codes, cells = facts.texts(column)
        for code, cell in enumerate(cells):
            if expected := _fault(cell, attribute, named[name], strict=strict):
                rows = np.flatnonzero(codes == code)
                if len(rows):
                    found.append(Problem("cases", column, int(rows[0]) + 1, cell, expected))
    return found


def _fault(cell: str, attribute: Attribute, named: set[str], *, strict: bool) -> str:
    """Return what a cell should have held, nothing where it is right."""
    words = cell.split(";") if attribute.kind == "set" else [cell]
    lower = {word.casefold(): word for word in sorted(named)}
    for word in map(str.strip, words):
        if word in named or word in ("", NONE, "unknown", *attribute.words):
            continue
        if attribute.name == PLATE_DIGIT and digit_of(word) >= 0:
            continue
        known = list(dict.fromkeys((*attribute.words, *sorted(named))))
        mistyped = get_close_matches(word.casefold(), known, 1, _ALIKE)
        if attribute.words and (strict or mistyped or attribute.name == PLATE_DIGIT):
            return "one of " + ", ".join(known)
        if word.casefold() in lower:
            return f"{lower[word.casefold()]}, as rules write it"
    return ""


def words_of(conditions: Iterable[Condition]) -> dict[str, set[str]]:
    """Return the words that conditions name, by attribute that they ask for."""
    found: dict[str, set[str]] = {}
    for tree in conditions:
        for name in attributes_of(tree):
            found.setdefault(name, set())
        for name, words in _texts(tree):
            found[name] |= words
    return found


def _named(rule_set: RuleSet) -> dict[str, set[str]]:
    """Return the words that rules name, by attribute that they ask for."""
    found: dict[str, set[str]] = {}
    for rule in rule_set.rules:
        for name in rule.attributes:
            found.setdefault(name, set())
        for tree in (rule.vehicle, rule.trip):
            for name, words in _texts(tree):
                found[name] |= words
        if rule.permit:
            found.setdefault("permits", set()).add(rule.permit)
    return found


def _texts(condition: Condition) -> Iterator[tuple[str, frozenset[str]]]:
    if isinstance(condition, All | AnyOf):
        for part in condition.parts:
            yield from _texts(part)
    elif isinstance(condition, Not):
        yield from _texts(condition.part)
    elif isinstance(condition, Among):
        yield condition.attribute, condition.values
    elif isinstance(condition, Member):
        yield condition.attribute, condition.programmes


def event_faults(rule_set: RuleSet, events: Sequence[Event]) -> list[Problem]:
    """Return events that rules would pass over in silence for the way they are called.

    An event of another kind or phase than rules are about is none of theirs. One that is called
    almost as they call it (``Fase 1`` for ``I``), or says no phase where they ask for one, is a
    fault.
    """
    phases: dict[str, set[str]] = {}
    for rule in rule_set.rules:
        if rule.event is not None:
            phases.setdefault(rule.event.kind, set()).update(rule.event.phases)
    found = []
    for row, event in enumerate(events, start=1):
        alike = get_close_matches(event.kind.strip().casefold(), phases, 1, _ALIKE)
        if event.kind not in phases and alike:
            expected = f"{alike[0]}, as rules call it"
            found.append(Problem("events", "kind", row, event.kind, expected))
            continue
        known = phases.get(event.kind, set())
        if not known or event.phase in known:
            continue
        if _plain(event.phase) in {"", *map(_plain, known)}:
            expected = "a phase as rules call it: " + ", ".join(sorted(known))
            found.append(Problem("events", "phase", row, event.phase, expected))
    return found


def _plain(phase: str) -> str:
    """Return a phase without what is said in several ways: ``Fase 1`` is ``i``."""
    words = [word for word in phase.casefold().split() if word not in ("fase", "phase")]
    return " ".join(_ROMAN.get(word, word) for word in words)


def assumed_faults(rule_set: RuleSet, assumed: Mapping[str, Any]) -> list[Problem]:
    """Return assumptions on what rules cannot ask for."""
    return [
        Problem("assume", name, 0, str(value), "an attribute of the rule set")
        for name, value in assumed.items() if name.partition(":")[0] not in rule_set.attributes
    ]  # fmt: skip
