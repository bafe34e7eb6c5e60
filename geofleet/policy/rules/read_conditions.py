"""Conditions, days, hours and digits as rule files write them."""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping
from difflib import get_close_matches

import yaml

from geofleet.policy.rules.conditions import (
    ALWAYS,
    PLATE_DIGIT,
    Age,
    All,
    Among,
    AnyOf,
    Condition,
    FirstKnown,
    Member,
    Not,
    PlateDigit,
    Ranked,
    RoadCondition,
    Span,
    Within,
)
from geofleet.policy.rules.days import DAY_S, WEEKDAYS, AnyDay, OnDays, When
from geofleet.policy.rules.digits import EVEN, ODD, DigitSource
from geofleet.policy.rules.facts import NONE, Attribute
from geofleet.policy.rules.opening_hours import fault_of
from geofleet.policy.rules.sections import Section

__all__ = [
    "read_condition", "read_days", "read_digits", "read_roads", "read_when", "standard_ranks",
]  # fmt: skip

_BOUNDS = ("above", "from", "below", "up_to")
_HOURS = "windows like 06:00-10:00 (an end at or before the start is on the day after)"
_DIGITS = "odd, even, all, none, or a list of digits from 0 to 9"
_SEASON = "first and last day as month-day, like 05-01/08-31"
_ANNOUNCED = ("parity", "digits", "colour")
_ALIKE = 0.8  # share of letters in common from which a word is taken for mistyped


def standard_ranks() -> dict[str, dict[str, float]]:
    """Return by scheme the rank of each emission standard, the cleaner the higher."""
    from geofleet.defaults import read_table

    ranks: dict[str, dict[str, float]] = {}
    for row, value in read_table("standard_schemes")["value"].items():
        scheme, _, standard = str(row).partition(".")
        ranks.setdefault(scheme, {})[standard] = float(value)
    return ranks


def read_condition(section: Section, attributes: Mapping[str, Attribute], *, key: str) -> Condition:
    """Read the condition under a key; nothing there always holds."""
    node = section.node_of(key)
    return ALWAYS if node is None else _tree(section.section(key), attributes)


def read_roads(
    section: Section, attributes: Mapping[str, Attribute], *, key: str
) -> RoadCondition | None:
    """Read a condition on roads, None where there is none; ``first_known`` may stand at its top."""
    if section.node_of(key) is None:
        return None
    inner = section.section(key)
    if inner.keys != ("first_known",):
        return _tree(inner, attributes)
    parts = tuple(_tree(one, attributes) for one in inner.sections("first_known"))
    if not parts:
        inner.wrong("first_known", "", "a list of conditions")
        return None
    return FirstKnown(parts)


def _tree(section: Section, attributes: Mapping[str, Attribute]) -> Condition:
    parts: list[Condition] = []
    if section.node is None or (not section.keys and isinstance(section.node, yaml.MappingNode)):
        section.wrong("", "", "a condition: an attribute, all, any or not")
    for key in section.keys:
        if key in ("all", "any"):
            inner = tuple(_tree(one, attributes) for one in section.sections(key))
            if not inner:
                section.wrong(key, "", "at least one condition")
            parts.append(All(inner) if key == "all" else AnyOf(inner))
        elif key == "not":
            parts.append(Not(_tree(section.section(key), attributes)))
        elif key == "age_years":
            parts.append(_age(section.section(key), attributes))
        elif key == "member_of":
            parts.append(Member(frozenset(section.texts(key, required=True))))
        elif key == PLATE_DIGIT:
            parts.append(PlateDigit(read_digits(section, key)))
        else:
            parts.append(_leaf(section, key, attributes))
    return parts[0] if len(parts) == 1 else All(tuple(parts))


def _leaf(section: Section, key: str, attributes: Mapping[str, Attribute]) -> Condition:
    attribute = attributes.get(key)
    node = section.node_of(key)
    if attribute is None:
        section.wrong(key, "", "an attribute of the common table, or under attributes of this file")
        return ALWAYS
    if node is None:
        section.wrong(key, "", f"what {attribute.meaning} must be")
        return ALWAYS
    if isinstance(node, yaml.MappingNode):
        inner = section.section(key)
        if key == "standard":
            return _ranked(inner)
        if attribute.kind in ("text", "set", "boolean"):
            section.wrong(key, "", f"a text or a list of texts ({attribute.meaning})")
            return ALWAYS
        return Within(key, _span(inner, attribute.kind))
    words = section.items(key, node)
    if not all(words):
        section.wrong(key, "", "texts that are not empty")
    if attribute.kind in ("text", "set"):
        for word in words:
            if almost := _almost(word, attribute):
                section.wrong(key, word, f"{almost}, or a word that is less like it")
        return Among(key, frozenset(words))
    if attribute.kind == "boolean":
        if words not in (("true",), ("false",), ("yes",), ("no",)):
            section.wrong(key, ", ".join(words), "true or false")
        wanted = words[0] in ("true", "yes") if words else False
        return Within(key, Span(float(wanted), float(wanted)))
    values = [_value(section, key, word, attribute.kind) for word in words]
    spans = tuple(Within(key, Span(value, value)) for value in values)
    return spans[0] if len(spans) == 1 else AnyOf(spans)


def _almost(word: str, attribute: Attribute) -> str:
    """Return the known word that one was mistyped for: no case would ever have it."""
    if word in (NONE, *attribute.words):
        return ""
    return next(iter(get_close_matches(word.lower(), attribute.words, 1, _ALIKE)), "")


def _age(section: Section, attributes: Mapping[str, Attribute]) -> Condition:
    basis = section.text("basis", default="model_year")
    known = attributes.get(basis)
    if known is not None and (known.kind != "number" or known.unit not in ("year", "")):
        section.wrong("basis", basis, "an attribute that holds a year")
    return Age(_span(section, "number"), basis)


def _ranked(section: Section) -> Condition:
    ranks = standard_ranks()
    scheme = section.choice("scheme", tuple(ranks), required=True)
    known = ranks.get(scheme, {})
    bounds: dict[str, float] = {}
    for key in _BOUNDS:
        if word := section.text(key):
            if word not in known:
                section.wrong(key, word, f"a standard of scheme {scheme}: " + ", ".join(known))
                continue
            bounds[key] = known[word]
    section.done()
    return Ranked(scheme, _interval(section, bounds))


def _span(section: Section, kind: str) -> Span:
    bounds = {}
    for key in _BOUNDS:
        if word := section.text(key):
            bounds[key] = _value(section, key, word, kind)
    section.done()
    return _interval(section, bounds)


def _interval(section: Section, bounds: Mapping[str, float]) -> Span:
    if not bounds or {"above", "from"} <= set(bounds) or {"below", "up_to"} <= set(bounds):
        section.wrong("", "", "above or from, and below or up_to: one bound or two")
        return Span()
    low = bounds.get("above", bounds.get("from", -math.inf))
    high = bounds.get("below", bounds.get("up_to", math.inf))
    if low > high or (low == high and {"above", "below"} & set(bounds)):
        section.wrong("", f"{low:g} to {high:g}", "a lower bound below the upper one")
    return Span(low, high, "above" in bounds, "below" in bounds)


def _value(section: Section, key: str, word: str, kind: str) -> float:
    if kind == "date":
        date = section.as_date(key, word)
        return math.nan if date is None else float(date.toordinal())
    if kind == "clock":
        seconds = _clock(word)
        if seconds is None:
            section.wrong(key, word, "a clock time like 06:00")
        return math.nan if seconds is None else float(seconds)
    try:
        number = float(word)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        section.wrong(key, word, "a number")
    return number


def read_digits(section: Section, key: str) -> tuple[DigitSource, ...]:
    """Read where the digits of a rule come from: a list of digits, or sources put together."""
    node = section.node_of(key)
    if not isinstance(node, yaml.MappingNode):
        return (DigitSource(fixed=_digits(section, key)),)
    inner = section.section(key)
    sources = _sources(inner)
    inner.done()
    if not sources:
        inner.wrong("", "", "digits, weekday, nth_weekday, calendar or event")
    return sources


def _sources(section: Section) -> tuple[DigitSource, ...]:
    found = []
    if section.has("digits"):
        found.append(DigitSource(fixed=_digits(section, "digits")))
    if section.has("weekday"):
        found.append(DigitSource(weekday=_by_weekday(section.section("weekday"))))
    if section.has("nth_weekday"):
        outer = section.section("nth_weekday")
        rows = []
        for name in outer.keys:
            numbers = outer.section(name)
            cells = [
                (int(number), _digits(numbers, number))
                for number in numbers.keys if _is_nth(numbers, number)
            ]  # fmt: skip
            if (weekday := _weekday(outer, name, name)) is not None:
                rows.append((weekday, tuple(cells)))
        found.append(DigitSource(nth=tuple(rows)))
    if calendar := section.text("calendar"):
        found.append(DigitSource(calendar=calendar))
    otherwise = None
    if section.has("otherwise") and not section.has("event"):
        section.wrong("otherwise", "", "an event before it, which may announce nothing")
    if section.has("otherwise"):
        inner = section.section("otherwise")
        sources = _sources(inner)
        inner.done()
        if len(sources) == 1:
            otherwise = sources[0]
        else:
            inner.wrong("", "", "one source of digits")
    for what in section.texts("event"):
        if what not in _ANNOUNCED:
            section.wrong("event", what, "one of " + ", ".join(_ANNOUNCED))
        found.append(DigitSource(event=what, otherwise=otherwise))
    return tuple(found)


def _by_weekday(section: Section) -> tuple[tuple[int, frozenset[int] | None], ...]:
    rows: list[tuple[int, frozenset[int] | None]] = []
    for name in section.keys:
        unknown = section.text(name) == "unknown" if _is_scalar(section, name) else False
        digits = None if unknown else _digits(section, name)
        for weekday in _weekdays(section, name, name):
            if weekday in dict(rows):
                section.wrong(name, name, "each weekday once")
            rows.append((weekday, digits))
    return tuple(rows)


def _is_scalar(section: Section, key: str) -> bool:
    return isinstance(section.node_of(key), yaml.ScalarNode)


def _is_nth(section: Section, text: str) -> bool:
    if text in ("1", "2", "3", "4", "5"):
        return True
    section.wrong(text, text, "which of its weekday in the month: 1 to 5")
    return False


def _digits(section: Section, key: str) -> frozenset[int]:
    words = section.texts(key)
    named = {"odd": ODD, "even": EVEN, "all": ODD | EVEN, "none": frozenset()}
    if len(words) == 1 and words[0] in named:
        return frozenset(named[words[0]])
    if not words or not all(_is_number(word) and len(word) == 1 for word in words):
        section.wrong(key, ", ".join(words), _DIGITS)
        return frozenset()
    return frozenset(int(word) for word in words)


def read_days(section: Section) -> OnDays:
    """Read the keys of a section that name days: ``days, nth, season, holidays, dates, calendar``.

    The section is not closed: hours may stand beside them.
    """
    weekdays = None
    if section.has("days"):
        weekdays = frozenset(
            day for word in section.texts("days") for day in _weekdays(section, "days", word)
        )
    nth = None
    if section.has("nth"):
        inner = section.section("nth")
        nth = tuple(
            (day, frozenset(int(n) for n in inner.texts(name) if _is_nth(inner, n)))
            for name in inner.keys for day in _weekdays(inner, name, name)
        )  # fmt: skip
        inner.done()
    season = _season(section) if section.has("season") else None
    dates = None
    if section.has("dates"):
        read = [section.as_date("dates", word) for word in section.texts("dates")]
        dates = frozenset(date for date in read if date is not None)
    holidays = section.choice("holidays", ("any", "off", "only"), default="any")
    calendar = section.text("calendar")
    found = OnDays(weekdays, nth, season, holidays, dates, calendar)  # type: ignore[arg-type]
    return AnyDay if found == AnyDay else found


def read_when(section: Section) -> When:
    """Read hours on days, or opening hours."""
    opening_hours = section.text("opening_hours")
    days = read_days(section)
    hours = []
    for word in section.texts("hours"):
        start, _, end = word.partition("-")
        first, last = _clock(start), _clock(end)
        if first is None or last is None or first >= DAY_S:
            section.wrong("hours", word, _HOURS)
            continue
        hours.append((first, last))
    if opening_hours and (fault := fault_of(opening_hours)):
        section.wrong("opening_hours", opening_hours, fault)
    if opening_hours and (hours or days != AnyDay):
        section.wrong("opening_hours", opening_hours, "opening hours alone, or days and hours")
    section.done()
    whole = (0, DAY_S) in hours  # the rest of the list adds nothing to it
    return When(days, () if whole else tuple(hours), opening_hours)


def _clock(word: str) -> int | None:
    parts = word.strip().split(":")
    if len(parts) not in (2, 3) or not all(map(_is_number, parts)):
        return None
    hours, minutes, seconds = (*map(int, parts), 0)[:3]
    total = hours * 3600 + minutes * 60 + seconds
    return total if minutes < 60 and seconds < 60 and total <= DAY_S else None


def _is_number(word: str) -> bool:
    """Whether a word is of the digits 0 to 9 alone: other scripts have digits too."""
    return word.isascii() and word.isdigit()


def _weekday(section: Section, key: str, word: str) -> int | None:
    if word in WEEKDAYS:
        return WEEKDAYS.index(word)
    section.wrong(key, word, "a weekday: " + ", ".join(WEEKDAYS))
    return None


def _weekdays(section: Section, key: str, word: str) -> tuple[int, ...]:
    """Return the weekdays of ``Mo``, ``Mo-Fr`` or ``Sa-Mo``."""
    first, dash, last = word.partition("-")
    start = _weekday(section, key, first)
    end = _weekday(section, key, last) if dash else start
    if start is None or end is None:
        return ()
    count = (end - start) % 7 + 1
    return tuple((start + step) % 7 for step in range(count))


def _season(section: Section) -> tuple[tuple[int, int], tuple[int, int]] | None:
    word = section.text("season")
    ends = []
    for part in word.split("/"):
        try:
            day = datetime.datetime.strptime(f"2024-{part.strip()}", "%Y-%m-%d").date()
        except ValueError:
            section.wrong("season", word, _SEASON)
            return None
        ends.append((day.month, day.day))
    if len(ends) != 2:
        section.wrong("season", word, _SEASON)
        return None
    return ends[0], ends[1]
