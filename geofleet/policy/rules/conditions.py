"""Conditions on a case: a tree of questions that answers yes, no or unknown for every case and day.

Every leaf asks for one attribute. What is unknown stays unknown unless the rest of the tree
decides without it (Kleene's strong three-valued logic).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
import numpy.typing as npt

from geofleet.policy.rules.days import Days
from geofleet.policy.rules.digits import Digits, digit_masks
from geofleet.policy.rules.events import Event
from geofleet.policy.rules.facts import NONE, Facts
from geofleet.policy.rules.truth import NO, UNKNOWN, YES, Truths, negated, of_known

__all__ = [
    "ALWAYS", "Age", "All", "Among", "AnyOf", "Condition", "FirstKnown", "Member", "Not",
    "PlateDigit", "Ranked", "RoadCondition", "Setting", "Span", "Within", "attributes_of",
    "digit_of",
]  # fmt: skip

PLATE_DIGIT = "plate_digit"


@dataclass(frozen=True, slots=True)
class Setting:
    """What a condition is asked about, besides the cases.

    Parameters
    ----------
    days
        The days.
    events
        For each day the events that the rule is about.
    colours
        Plate digits by colour of the sticker.
    zone
        Id of the place that the rule is about: trips may say ``<attribute>:<zone>`` of it.
    """

    days: Days
    events: Sequence[Sequence[Event]]
    colours: Mapping[str, frozenset[int]]
    zone: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """An interval of numbers (or of day numbers): open or closed at each end."""

    low: float = -math.inf
    high: float = math.inf
    low_open: bool = False
    high_open: bool = False

    def holds(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        """Whether each value lies within; NaN does not."""
        above = values > self.low if self.low_open else values >= self.low
        below = values < self.high if self.high_open else values <= self.high
        found: npt.NDArray[np.bool_] = above & below
        return found


@dataclass(frozen=True, slots=True)
class Among:
    """A text is one of these; of a set, any of its texts."""

    attribute: str
    values: frozenset[str]

    def holds(self, facts: Facts, setting: Setting) -> Truths:
        """Return truths, shape ``(cases, 1)``."""
        name = _named(self.attribute, facts, setting)
        codes, words = facts.texts(name)
        many = facts.kind(self.attribute) == "set"
        flags = [
            not self.values.isdisjoint(part.strip() for part in word.split(";"))
            if many else word in self.values
            for word in words
        ]  # fmt: skip
        answer = np.array([*flags, False], bool)[codes]
        return of_known(answer, codes >= 0)[:, None]


@dataclass(frozen=True, slots=True)
class Within:
    """A number, a date or a clock time lies in an interval."""

    attribute: str
    span: Span

    def holds(self, facts: Facts, setting: Setting) -> Truths:
        """Return truths, shape ``(cases, 1)``."""
        values = facts.numbers(_named(self.attribute, facts, setting))
        return of_known(self.span.holds(values), ~np.isnan(values))[:, None]


@dataclass(frozen=True, slots=True)
class Ranked:
    """The emission standard lies in an interval of ranks of a named scheme.

    A standard that the scheme does not know is unknown.
    """

    scheme: str
    span: Span
    attribute: str = "standard"

    def holds(self, facts: Facts, setting: Setting) -> Truths:
        """Return truths, shape ``(cases, 1)``."""
        del setting
        codes, words = facts.texts(self.attribute)
        ranks = facts.ranks.get(self.scheme, {})
        values = np.array([*(ranks.get(word, math.nan) for word in words), math.nan])[codes]
        return of_known(self.span.holds(values), ~np.isnan(values))[:, None]


@dataclass(frozen=True, slots=True)
class Age:
    """Calendar year less a year of the vehicle lies in an interval."""

    span: Span
    basis: str = "model_year"

    def holds(self, facts: Facts, setting: Setting) -> Truths:
        """Return truths, shape ``(cases, days)``."""
        age = setting.days.year[None, :] - facts.numbers(self.basis)[:, None]
        return of_known(self.span.holds(age), ~np.isnan(age))


@dataclass(frozen=True, slots=True)
class Member:
    """A member, on the day, of one of these programmes; membership ends after its last day."""

    programmes: frozenset[str]
    attribute: str = "programme_membership"
    until: str = "membership_until"

    def holds(self, facts: Facts, setting: Setting) -> Truths:
        """Return truths, shape ``(cases, days)``."""
        joined = Among(self.attribute, self.programmes).holds(facts, setting)
        last = facts.numbers(self.until)[:, None]
        until = setting.days.ordinal[None, :] <= last
        known = np.broadcast_to(~np.isnan(last), until.shape)
        current = of_known(until, known)
        return np.minimum(joined, current)


@dataclass(frozen=True, slots=True)
class PlateDigit:
    """The last digit of the plate is one of those named for the day; a plate without any is not."""

    sources: Digits

    def holds(self, facts: Facts, setting: Setting) -> Truths:
        """Return truths, shape ``(cases, days)``."""
        codes, words = facts.texts(PLATE_DIGIT)
        digit = np.array([*(digit_of(word) for word in words), -1], np.int64)[codes]
        certain, possible = digit_masks(self.sources, setting.days, setting.events, setting.colours)
        shift = np.maximum(digit, 0)[:, None]
        out = ((certain[None, :] >> shift) & 1) + ((possible[None, :] >> shift) & 1)
        out = out.astype(np.int8)
        out[digit == _NO_DIGIT] = NO
        out[digit == -1] = np.where(possible == 0, NO, UNKNOWN)
        return out


_NO_DIGIT = -2


def digit_of(word: str) -> int:
    """Return the digit that a cell holds, -2 where the plate has none, -1 where it says nothing."""
    if word == NONE:
        return _NO_DIGIT
    try:
        number = float(word)
    except ValueError:
        return -1
    return int(number) if number in range(10) else -1


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds; without parts it always does."""

    parts: tuple[Condition, ...] = ()

    def holds(self, facts: Facts, setting: Setting) -> Truths:
        """Return truths, shape ``(cases or 1, days or 1)``."""
        answers = [part.holds(facts, setting) for part in self.parts]
        return reduce(np.minimum, answers, np.array([[YES]], np.int8))


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part holds; without parts it never does."""

    parts: tuple[Condition, ...] = ()

    def holds(self, facts: Facts, setting: Setting) -> Truths:
        """Return truths, shape ``(cases or 1, days or 1)``."""
        answers = [part.holds(facts, setting) for part in self.parts]
        return reduce(np.maximum, answers, np.array([[NO]], np.int8))


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: Condition

    def holds(self, facts: Facts, setting: Setting) -> Truths:
        """Return truths of the shape of the part."""
        return negated(self.part.holds(facts, setting))


@dataclass(frozen=True, slots=True)
class FirstKnown:
    """The answer of the first part that knows one: a question put to tables of several makes.

    For roads alone, whose class one register calls ``class_es`` and another ``highway``.
    """

    parts: tuple[Condition, ...]

    def holds(self, facts: Facts, setting: Setting) -> Truths:
        """Return truths, shape ``(cases or 1, days or 1)``."""
        answers = [part.holds(facts, setting) for part in self.parts]
        return reduce(lambda one, other: np.where(one == UNKNOWN, other, one), answers)


Leaf = Among | Within | Ranked | Age | Member | PlateDigit
Condition = Leaf | All | AnyOf | Not
RoadCondition = Condition | FirstKnown
ALWAYS = All()


def _named(attribute: str, facts: Facts, setting: Setting) -> str:
    """Return the column that says it of the rule's zone, where there is one."""
    own = f"{attribute}:{setting.zone}"
    return own if setting.zone and own in facts.frame.columns else attribute


def asked(leaf: Leaf) -> tuple[str, ...]:
    """Return the attributes that a leaf asks for."""
    if isinstance(leaf, Age):
        return (leaf.basis,)
    if isinstance(leaf, Member):
        return (leaf.attribute, leaf.until)
    if isinstance(leaf, PlateDigit):
        return (PLATE_DIGIT,)
    return (leaf.attribute,)


def attributes_of(condition: RoadCondition) -> frozenset[str]:
    """Return every attribute that a condition may ask for."""
    if isinstance(condition, All | AnyOf | FirstKnown):
        return frozenset().union(*(attributes_of(part) for part in condition.parts))
    if isinstance(condition, Not):
        return attributes_of(condition.part)
    return frozenset(asked(condition))
