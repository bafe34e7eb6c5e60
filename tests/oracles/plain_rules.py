"""Rules decided slowly and plainly: one case, one moment, one rule after the other.

A second implementation of what rules mean, to hold beside the fast one. It reads the same
dataclasses and shares no code with it: truth is True, False or None (unknown), a calendar day is a
``datetime.date``, plate digits are a dictionary, and a moment is a ``datetime``. Every unknown
carries the names of what would have to be known.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import geofleet.defaults
from geofleet.policy.rules import conditions as tree
from geofleet.policy.rules.days import OnDays

ALLOWED, CHARGED, PERMIT, UNKNOWN, FORBIDDEN = range(5)

_ONE_DAY = dt.timedelta(days=1)
_ORDINARY = {"odd": {1, 3, 5, 7, 9}, "even": {0, 2, 4, 6, 8}}


@dataclass(frozen=True)
class Answer:
    """True, False or None, and what is missing where it is None."""

    truth: bool | None
    missing: frozenset[str] = frozenset()


@dataclass(frozen=True)
class PlainDecision:
    """The result at a moment, the id of the rule that made it (or None), and what is missing."""

    status: int
    rule_id: str | None
    missing: frozenset[str]
    position: int = -1


# --- three-valued logic ---------------------------------------------------------------------------


def unknown(*names: str) -> Answer:
    return Answer(None, frozenset(names))


def every(answers: Iterable[Answer]) -> Answer:
    """All hold: one that does not decides alone; else what is unknown stays unknown."""
    gathered = list(answers)
    if any(one.truth is False for one in gathered):
        return Answer(False)
    open_ = [one for one in gathered if one.truth is None]
    if open_:
        return unknown(*(name for one in open_ for name in one.missing))
    return Answer(True)


def some(answers: Iterable[Answer]) -> Answer:
    """At least one holds."""
    gathered = list(answers)
    if any(one.truth is True for one in gathered):
        return Answer(True)
    open_ = [one for one in gathered if one.truth is None]
    if open_:
        return unknown(*(name for one in open_ for name in one.missing))
    return Answer(False)


def opposite(answer: Answer) -> Answer:
    return answer if answer.truth is None else Answer(not answer.truth)


# --- what is known of a case ----------------------------------------------------------------------


def word_of(value: Any) -> str | None:
    """Return a cell as text, None where nothing is known."""
    if value is None or value != value:
        return None
    if value is True or value is False:
        return str(value).lower()
    if isinstance(value, dt.date):
        return value.strftime("%Y-%m-%d")
    if isinstance(value, float) and value == int(value):
        return str(int(value))
    word = str(value).strip()
    return None if word in ("", "unknown") else word


def number_of(value: Any, kind: str) -> float | None:
    """Return a cell as a number; dates are counted in days, true is one."""
    word = word_of(value)
    if word is None:
        return None
    try:
        if kind == "date":
            return dt.date(*(int(part) for part in word.split("-"))).toordinal()
        if kind == "boolean":
            return {"true": 1.0, "yes": 1.0, "1": 1.0, "false": 0.0, "no": 0.0, "0": 0.0}[word]
        return float(word)
    except (ValueError, KeyError):
        return None


@cache
def schemes() -> dict[str, dict[str, float]]:
    """Return by scheme of standards the rank of each, straight from the table."""
    path = Path(geofleet.defaults.__file__).parent / "tables" / "standard_schemes.csv"
    found: dict[str, dict[str, float]] = {}
    with path.open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            scheme, standard = row["id"].split(".", 1)
            found.setdefault(scheme, {})[standard] = float(row["value"])
    return found


def lies_in(value: float, span: tree.Span) -> bool:
    if value < span.low or (span.low_open and value == span.low):
        return False
    return not (value > span.high or (span.high_open and value == span.high))


class Asked:
    """One rule asked about one case on one day."""

    def __init__(
        self, rule_set: Any, rule: Any, case: Mapping[str, Any], day: dt.date, events: Sequence[Any]
    ) -> None:
        self.rule_set, self.rule, self.case, self.day = rule_set, rule, case, day
        self.events = [one for one in events if self._is_meant(one) and day in one.dates]

    def _is_meant(self, event: Any) -> bool:
        wanted = self.rule.event
        if wanted is None or wanted.kind != event.kind:
            return False
        if wanted.phases and event.phase not in wanted.phases:
            return False
        return not wanted.pollutants or any(one in wanted.pollutants for one in event.pollutants)

    def cell(self, attribute: str) -> Any:
        """What the trip says of the rule's own zone goes before what it says in general."""
        own = f"{attribute}:{self.rule.where}"
        if self.rule.where and own in self.case:
            return self.case[own]
        return self.case.get(attribute)

    def kind(self, attribute: str) -> str:
        known = self.rule_set.attributes.get(attribute)
        return "text" if known is None else known.kind

    # --- conditions ---

    def condition(self, node: Any) -> Answer:
        if isinstance(node, tree.All):
            return every(self.condition(part) for part in node.parts)
        if isinstance(node, tree.AnyOf):
            return some(self.condition(part) for part in node.parts)
        if isinstance(node, tree.Not):
            return opposite(self.condition(node.part))
        if isinstance(node, tree.Among):
            return self.among(node.attribute, node.values)
        if isinstance(node, tree.Within):
            value = number_of(self.cell(node.attribute), self.kind(node.attribute))
            return self._spanned(value, node.span, node.attribute)
        if isinstance(node, tree.Ranked):
            word = word_of(self.case.get(node.attribute))
            rank = None if word is None else schemes().get(node.scheme, {}).get(word)
            return self._spanned(rank, node.span, node.attribute)
        if isinstance(node, tree.Age):
            year = number_of(self.case.get(node.basis), self.kind(node.basis))
            age = None if year is None else self.day.year - year
            return self._spanned(age, node.span, node.basis)
        if isinstance(node, tree.Member):
            return every((self.among(node.attribute, node.programmes), self.until(node.until)))
        if isinstance(node, tree.PlateDigit):
            return self.plate(node.sources)
        raise TypeError(type(node))

    @staticmethod
    def _spanned(value: float | None, span: tree.Span, name: str) -> Answer:
        return unknown(name) if value is None else Answer(lies_in(value, span))

    def among(self, attribute: str, values: frozenset[str]) -> Answer:
        word = word_of(self.cell(attribute))
        if word is None:
            return unknown(attribute)
        if self.kind(attribute) == "set":
            return Answer(any(part.strip() in values for part in word.split(";")))
        return Answer(word in values)

    def until(self, attribute: str) -> Answer:
        last = number_of(self.case.get(attribute), "date")
        return unknown(attribute) if last is None else Answer(self.day.toordinal() <= last)

    # --- plate digits ---

    def plate(self, sources: Sequence[Any]) -> Answer:
        """A digit counts when any source names it; it is open when a source cannot be read."""
        named = some_digits(self.source(one, self.events) for one in sources)
        word = word_of(self.case.get("plate_digit"))
        if word == "none":
            return Answer(False)
        if word is None or word not in "0123456789" or len(word) != 1:
            # The plate may have no digit at all, so even ten named digits leave it open.
            nothing = all(answer.truth is False for answer in named.values())
            return Answer(False) if nothing else unknown("plate_digit")
        return named[int(word)]

    def source(self, one: Any, events: Sequence[Any]) -> dict[int, Answer]:
        if one.fixed is not None:
            return only(one.fixed)
        if one.weekday is not None:
            for weekday, digits in one.weekday:
                if weekday == self.day.weekday():
                    return nobody_knows("digits") if digits is None else only(digits)
            return only(())
        if one.nth is not None:
            for weekday, numbers in one.nth:
                if weekday == self.day.weekday():
                    for number, digits in numbers:
                        if number == which_in_month(self.day):
                            return only(digits)
            return only(())
        if one.calendar:
            calendar = self.rule_set.calendars[one.calendar]
            if not month_is_published(calendar, self.day):
                return nobody_knows(f"calendar {one.calendar}")
            return only(calendar.digits.get(self.day, ()))
        return some_digits(self.announced(one, event) for event in events)

    def announced(self, one: Any, event: Any) -> dict[int, Answer]:
        if one.event == "digits" and event.digits is not None:
            return only(event.digits)
        if one.event == "parity" and event.parity is not None:
            return only(_ORDINARY[event.parity])
        if one.event == "colour" and event.colour is not None:
            if event.colour in self.rule_set.colours:
                return only(self.rule_set.colours[event.colour])
            return nobody_knows(f"event {one.event}")
        if one.otherwise is not None:
            return self.source(one.otherwise, [event])
        return nobody_knows(f"event {one.event}")

    # --- days ---

    def days(self, on: Any) -> Answer:
        """Everything that is asked of the date holds."""
        asked = []
        if on.weekdays is not None:
            asked.append(Answer(self.day.weekday() in on.weekdays))
        if on.nth is not None:
            asked.append(Answer(any(
                weekday == self.day.weekday() and which_in_month(self.day) in numbers
                for weekday, numbers in on.nth
            )))  # fmt: skip
        if on.season is not None:
            asked.append(Answer(in_season(self.day, *on.season)))
        if on.dates is not None:
            asked.append(Answer(self.day in on.dates))
        if on.holidays != "any":
            if self.rule_set.country:
                off = self.day in public_holidays(self.rule_set.country)
                asked.append(Answer(off is (on.holidays == "only")))
            else:
                asked.append(unknown("holidays"))
        if on.calendar:
            calendar = self.rule_set.calendars[on.calendar]
            if month_is_published(calendar, self.day):
                asked.append(Answer(self.day in calendar.digits))
            else:
                asked.append(unknown(f"calendar {on.calendar}"))
        return every(asked)

    def scope(self, inside: Mapping[str, bool | None]) -> Answer:
        """Valid, in force, declared, in the place, for the vehicle, for the trip: on this day."""
        rule = self.rule
        if (rule.valid_from and self.day < rule.valid_from) or (
            rule.valid_to and self.day > rule.valid_to
        ):
            return Answer(False)
        if rule.event is not None and not self.events:
            return Answer(False)
        here = Answer(True)
        if rule.where:
            known = inside.get(rule.where)
            here = unknown(f"inside {rule.where}") if known is None else Answer(bool(known))
        return every((
            self.days(rule.in_force), here,
            self.condition(rule.vehicle), self.condition(rule.trip),
        ))  # fmt: skip


def only(digits: Iterable[int]) -> dict[int, Answer]:
    named = set(digits)
    return {digit: Answer(digit in named) for digit in range(10)}


def nobody_knows(name: str) -> dict[int, Answer]:
    return {digit: unknown(name) for digit in range(10)}


def some_digits(several: Iterable[dict[int, Answer]]) -> dict[int, Answer]:
    gathered = list(several)
    return {digit: some(one[digit] for one in gathered) for digit in range(10)}


# --- the calendar ---------------------------------------------------------------------------------


def which_in_month(day: dt.date) -> int:
    """Count the days of the same weekday in the month, up to this one."""
    return sum(
        1 for number in range(1, day.day + 1)
        if day.replace(day=number).weekday() == day.weekday()
    )  # fmt: skip


def in_season(day: dt.date, first: tuple[int, int], last: tuple[int, int]) -> bool:
    """Walk through a leap year from the first day to the last one."""
    walker = dt.date(2024, *first)
    while True:
        if (walker.month, walker.day) == (day.month, day.day):
            return True
        if (walker.month, walker.day) == last:
            return False
        walker += _ONE_DAY
        if walker.year == 2025:
            walker = dt.date(2024, 1, 1)


def month_is_published(calendar: Any, day: dt.date) -> bool:
    return any((one.year, one.month) == (day.year, day.month) for one in calendar.digits)


@cache
def public_holidays(country: str) -> Any:
    from holidays import country_holidays

    return country_holidays(country)


# --- hours ----------------------------------------------------------------------------------------


def windows_on(asked: Asked) -> list[tuple[Answer, int, int]]:
    """Return the windows of a rule that open on a day: whether they do, start and length in s."""
    if not asked.rule.when:
        return [(Answer(True), 0, 86_400)]
    found = []
    for part in asked.rule.when:
        if part.opening_hours:
            found += opening_hours_on(part.opening_hours, asked)
            continue
        for start, end in part.hours or [(0, 86_400)]:
            length = end - start if end > start else end + 86_400 - start
            found.append((asked.days(part.days), start, length))
    return found


def opening_hours_on(text: str, asked: Asked) -> list[tuple[Answer, int, int]]:
    """Read a few plain opening hours: weekdays with hours, ``24/7``, and ``PH off``.

    Of the parts between semicolons, the last one that names the day speaks for it.
    """
    if text == "24/7":
        return [(Answer(True), 0, 86_400)]
    found: list[tuple[Answer, int, int]] = []
    for part in text.split("; "):
        days, hours = part.split(" ")
        if part == "PH off":
            off = asked.days(OnDays(holidays="only"))
            found = [(every((one, opposite(off))), *rest) for one, *rest in found]
        elif asked.day.weekday() in weekdays_of(days):
            found = []
            for span in hours.split(","):
                start, end = (
                    3600 * int(clock.split(":")[0]) + 60 * int(clock.split(":")[1])
                    for clock in span.split("-")
                )
                length = end - start if end > start else end + 86_400 - start
                found.append((Answer(True), start, length))
    return found


def weekdays_of(text: str) -> set[int]:
    names = ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"]
    found = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        found |= set(range(names.index(first), names.index(last or first) + 1))
    return found


def is_open(moment: dt.datetime, day: dt.date, start: int, length: int) -> bool:
    opens = dt.datetime.combine(day, dt.time()) + dt.timedelta(seconds=start)
    return opens <= moment < opens + dt.timedelta(seconds=length)


def holds(
    rule_set: Any,
    rule: Any,
    case: Mapping[str, Any],
    moment: dt.datetime,
    *,
    events: Sequence[Any],
    inside: Mapping[str, bool | None],
) -> Answer:
    """Scope and window, both of the day on which the window opened."""
    found = []
    for day in (moment.date() - _ONE_DAY, moment.date()):
        asked = Asked(rule_set, rule, case, day, events)
        within = [
            opens
            for opens, start, length in windows_on(asked)
            if is_open(moment, day, start, length)
        ]
        found.append(every((asked.scope(inside), some(within))))
    return some(found)


def outside_of_the_only_hours(
    rule_set: Any,
    rule: Any,
    case: Mapping[str, Any],
    moment: dt.datetime,
    *,
    events: Sequence[Any],
    inside: Mapping[str, bool | None],
) -> Answer:
    """Scope of the moment's own day, and no window open, whatever the scope when it opened."""
    within = []
    for day in (moment.date() - _ONE_DAY, moment.date()):
        asked = Asked(rule_set, rule, case, day, events)
        for opens, start, length in windows_on(asked):
            if is_open(moment, day, start, length):
                within.append(opens)
    scope = Asked(rule_set, rule, case, moment.date(), events).scope(inside)
    return every((scope, opposite(some(within))))


# --- the decision ---------------------------------------------------------------------------------


def plain_decision(
    rule_set: Any,
    case: Mapping[str, Any],
    moment: dt.datetime,
    *,
    events: Sequence[Any] = (),
    inside: Mapping[str, bool | None] | None = None,
) -> PlainDecision:
    """Decide one case at one moment (local clock, without zone)."""
    given: dict[str, Any] = {"events": events, "inside": inside or {}}
    answers: dict[int, Answer] = {}
    lifting: dict[int, Answer] = {}
    for position, rule in enumerate(rule_set.rules):
        if any(rule_set.answer(name) is not wanted for name, wanted in rule.switches):
            continue
        if rule.effect == "allow_only":
            answers[position] = outside_of_the_only_hours(rule_set, rule, case, moment, **given)
            continue
        found = holds(rule_set, rule, case, moment, **given)
        if rule.effect in ("exempt", "allow"):
            lifting[position] = found
        elif rule.effect == "permit" and rule.permit:
            asked = Asked(rule_set, rule, case, moment.date(), events)
            held = asked.among("permits", frozenset([rule.permit]))
            answers[position] = every((found, opposite(held)))
        else:
            answers[position] = found
    asked_for = dict(answers)
    for position, found in asked_for.items():
        lifted = some(
            answer for lifter, answer in lifting.items()
            if rule_set.rules[position].rule_id in rule_set.rules[lifter].lifts
        )  # fmt: skip
        answers[position] = every((found, opposite(lifted)))
    return _result(rule_set, answers, _that_speak(rule_set, asked_for, lifting))


def _that_speak(
    rule_set: Any, asked_for: Mapping[int, Answer], lifting: Mapping[int, Answer]
) -> list[int]:
    """Return what lifts a rule that held, or might; and allowances that only state what is so."""
    concerned = {
        rule_set.rules[position].rule_id for position, found in asked_for.items()
        if found.truth is not False
    }  # fmt: skip
    return [
        position for position in sorted(lifting)
        if lifting[position].truth is True
        and (not rule_set.rules[position].lifts
             or concerned.intersection(rule_set.rules[position].lifts))
    ]  # fmt: skip


def _result(rule_set: Any, answers: Mapping[int, Answer], speaking: Sequence[int]) -> PlainDecision:
    def effects(truth: bool | None, *effects: str) -> list[int]:
        return [
            position for position in sorted(answers)
            if answers[position].truth is truth
            and (not effects or rule_set.rules[position].effect in effects)
        ]  # fmt: skip

    def made_by(status: int, positions: Sequence[int]) -> PlainDecision:
        missing = frozenset().union(*(answers[one].missing for one in positions))
        first = positions[0]
        return PlainDecision(status, rule_set.rules[first].rule_id, missing, first)

    if found := effects(True, "prohibit", "allow_only"):
        return made_by(FORBIDDEN, found)
    if found := effects(None):
        return made_by(UNKNOWN, found)
    if found := effects(True, "permit"):
        return made_by(PERMIT, found)
    if found := effects(True, "charge"):
        return made_by(CHARGED, found)
    if speaking:
        first = speaking[0]
        return PlainDecision(ALLOWED, rule_set.rules[first].rule_id, frozenset(), first)
    return PlainDecision(ALLOWED, None, frozenset())
