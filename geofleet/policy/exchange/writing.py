"""Rules as the mappings of keys that rule files are written in."""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping
from typing import Any

from geofleet.policy.rules.conditions import (
    ALWAYS,
    PLATE_DIGIT,
    Age,
    All,
    Among,
    AnyOf,
    FirstKnown,
    Member,
    Not,
    PlateDigit,
    Ranked,
    RoadCondition,
    Span,
    Within,
)
from geofleet.policy.rules.days import WEEKDAYS, AnyDay, Calendar, OnDays, When, clock_text
from geofleet.policy.rules.digits import DigitSource
from geofleet.policy.rules.facts import Attribute, known_attributes
from geofleet.policy.rules.model import Geography, Rule, RuleSet
from geofleet.policy.rules.read_conditions import standard_ranks
from geofleet.wording import Words

__all__ = [
    "UnwritableError", "geography_mapping", "header_mapping", "rule_mapping", "standard_names",
]  # fmt: skip

_PLAIN = (
    "jurisdiction", "authority", "legal_reference", "source", "where", "permit", "fine", "note",
)  # fmt: skip
Attributes = Mapping[str, Attribute]


class UnwritableError(ValueError):
    """A rule that rule files have no words for."""


def rule_mapping(rule: Rule, attributes: Attributes) -> dict[str, Any]:
    """Return a rule as a rule file writes it; what is empty is left out.

    Raises
    ------
    UnwritableError
        A condition that no rule file can hold.
    """
    out: dict[str, Any] = {
        "id": rule.rule_id, "version": rule.version, "name": _words(rule.name),
        "effect": rule.effect, "status": rule.status,
    }  # fmt: skip
    out |= {name: _words(value) for name in _PLAIN if (value := getattr(rule, name))}
    valid = {"from": rule.valid_from, "to": rule.valid_to}
    if given := {key: date.isoformat() for key, date in valid.items() if date is not None}:
        out["valid"] = given
    if rule.when:
        out["when"] = [_when(part) for part in rule.when]
    if rule.in_force != AnyDay:
        out["in_force"] = _days(rule.in_force)
    for name, condition in (("vehicle", rule.vehicle), ("trip", rule.trip)):
        if condition != ALWAYS:
            out[name] = _tree(condition, attributes)
    if rule.event is not None:
        out["event"] = {"kind": rule.event.kind}
        out["event"] |= {"phase": sorted(rule.event.phases)} if rule.event.phases else {}
        pollutants = sorted(rule.event.pollutants)
        out["event"] |= {"pollutant": pollutants} if pollutants else {}
    if rule.lifts:
        out["lifts"] = list(rule.lifts)
    if rule.charge is not None:
        charge = rule.charge
        out["charge"] = {"amount": charge.amount, "currency": charge.currency, "per": charge.per}
    if rule.switches:
        out["switch"] = dict(rule.switches)
    for name in ("quota_days_per_year", "enforcement_probability"):
        if getattr(rule, name) is not None:
            out[name] = getattr(rule, name)
    return out


def geography_mapping(geography: Geography, attributes: Attributes) -> dict[str, Any]:
    """Return a geography as a rule file writes it, without its polygon."""
    out: dict[str, Any] = {
        "id": geography.geography_id, "name": _words(geography.name),
        "area": "yes" if geography.has_area else "no", "status": geography.status,
    }  # fmt: skip
    if geography.members is not None:
        members = geography.members
        out["members"] = {
            "layer": members.layer, "column": members.column, "values": sorted(members.values),
        }  # fmt: skip
    if geography.roads is not None:
        out["roads"] = _tree(geography.roads, attributes)
    if geography.except_roads is not None:
        out["except_roads"] = _tree(geography.except_roads, attributes)
    return out | {
        name: _words(text) for name in ("source", "note") if (text := getattr(geography, name))
    }


def header_mapping(rule_set: RuleSet) -> dict[str, Any]:
    """Return what a rule file says beside its rules and geographies."""
    out: dict[str, Any] = {"rule_set": rule_set.name, "timezone": rule_set.timezone}
    if rule_set.title:
        out["title"] = _words(rule_set.title)
    if rule_set.country:
        out["holidays"] = rule_set.country
    if rule_set.notes:
        out["notes"] = [_words(note) for note in rule_set.notes]
    own = {
        name: {"kind": one.kind, "of": one.of, "meaning": _words(one.meaning)}
        | ({"unit": one.unit} if one.unit else {})
        for name, one in rule_set.attributes.items() if name not in known_attributes()
    }  # fmt: skip
    switches = {
        name: {"default": one.default, "meaning": _words(one.meaning), "status": one.status}
        | ({"source": one.source} if one.source else {})
        for name, one in rule_set.switches.items()
    }
    calendars = {name: _calendar(one) for name, one in rule_set.calendars.items()}
    colours = {name: _digit_list(digits) for name, digits in rule_set.colours.items()}
    parts = {
        "attributes": own, "switches": switches, "calendars": calendars, "colours": colours,
    }  # fmt: skip
    return out | {name: part for name, part in parts.items() if part}


def _calendar(calendar: Calendar) -> dict[str, Any]:
    dates = {date.isoformat(): _digit_list(found) for date, found in calendar.digits.items()}
    source = {"source": calendar.source} if calendar.source else {}
    return {"dates": dates, "status": calendar.status} | source


def _when(part: When) -> dict[str, Any]:
    if part.opening_hours:
        return {"opening_hours": part.opening_hours}
    hours = [f"{clock_text(start)}-{clock_text(end)}" for start, end in part.hours]
    return _days(part.days) | ({"hours": hours} if hours else {})


def _days(days: OnDays) -> dict[str, Any]:
    out: dict[str, Any] = {}
    if days.weekdays is not None:
        out["days"] = [WEEKDAYS[day] for day in sorted(days.weekdays)]
    if days.nth is not None:
        out["nth"] = {WEEKDAYS[day]: [str(n) for n in sorted(found)] for day, found in days.nth}
    if days.season is not None:
        out["season"] = "/".join(f"{month:02d}-{day:02d}" for month, day in days.season)
    if days.holidays != "any":
        out["holidays"] = days.holidays
    if days.dates is not None:
        out["dates"] = [date.isoformat() for date in sorted(days.dates)]
    if days.calendar:
        out["calendar"] = days.calendar
    return out


def _tree(condition: RoadCondition, attributes: Attributes) -> dict[str, Any]:
    if isinstance(condition, All | AnyOf | FirstKnown):
        if not condition.parts:
            raise UnwritableError("a condition without parts")
        key = {All: "all", AnyOf: "any", FirstKnown: "first_known"}[type(condition)]
        return {key: [_tree(part, attributes) for part in condition.parts]}
    if isinstance(condition, Not):
        return {"not": _tree(condition.part, attributes)}
    if isinstance(condition, Among):
        if attributes[condition.attribute].kind not in ("text", "set"):
            raise UnwritableError(f"{condition.attribute} among texts")
        if not condition.values:
            raise UnwritableError(f"{condition.attribute} among no texts")
        return {condition.attribute: sorted(condition.values)}
    if isinstance(condition, Within):
        return {condition.attribute: _within(condition, attributes[condition.attribute].kind)}
    if isinstance(condition, Ranked):
        return {"standard": _ranked(condition)}
    if isinstance(condition, Age):
        return {"age_years": _bounds(condition.span, "number") | {"basis": condition.basis}}
    if isinstance(condition, Member):
        if condition != Member(condition.programmes):
            raise UnwritableError("membership by columns of its own")
        return {"member_of": sorted(condition.programmes)}
    return _plate_digit(condition)


def _within(leaf: Within, kind: str) -> Any:
    span = leaf.span
    if kind == "boolean":
        if span not in (Span(0.0, 0.0), Span(1.0, 1.0)):
            raise UnwritableError(f"{leaf.attribute} between no and yes")
        return span.low == 1.0
    if span.low == span.high and not (span.low_open or span.high_open):
        return [_value(span.low, kind)]
    return _bounds(span, kind)


def _bounds(span: Span, kind: str) -> dict[str, Any]:
    out = {}
    if not math.isinf(span.low):
        out["above" if span.low_open else "from"] = _value(span.low, kind)
    if not math.isinf(span.high):
        out["below" if span.high_open else "up_to"] = _value(span.high, kind)
    if not out:
        raise UnwritableError("a number without bounds")
    if span.low >= span.high and not (span.low == span.high and set(out) == {"from", "up_to"}):
        raise UnwritableError("bounds with nothing between")
    return out


def _value(value: float, kind: str) -> Any:
    if kind == "date":
        return datetime.date.fromordinal(int(value)).isoformat()
    if kind == "clock":
        return clock_text(value)
    return int(value) if value == int(value) else value


def _ranked(leaf: Ranked) -> dict[str, Any]:
    names = standard_names(leaf.scheme)
    span = _bounds(leaf.span, "number")
    if not set(span.values()) <= set(names):
        raise UnwritableError(f"ranks that scheme {leaf.scheme} does not have")
    return {"scheme": leaf.scheme} | {key: names[rank] for key, rank in span.items()}


def standard_names(scheme: str) -> dict[float, str]:
    """Return by rank the first standard of a scheme that has it."""
    names: dict[float, str] = {}
    for name, rank in standard_ranks().get(scheme, {}).items():
        names.setdefault(rank, name)
    return names


def _plate_digit(leaf: PlateDigit) -> dict[str, Any]:
    kinds = [_source(source) for source in leaf.sources]
    keys = [key for found in kinds for key in found]
    if len(keys) == len(set(keys)):
        return {PLATE_DIGIT: {key: value for found in kinds for key, value in found.items()}}
    # Digits put together are those of any of the sources.
    return {"any": [{PLATE_DIGIT: found} for found in kinds]}


def _source(source: DigitSource) -> dict[str, Any]:
    if source.fixed is not None:
        return {"digits": _digit_list(source.fixed)}
    if source.weekday is not None:
        named = {
            WEEKDAYS[day]: "unknown" if found is None else _digit_list(found)
            for day, found in source.weekday
        }
        return {"weekday": named}
    if source.nth is not None:
        return {"nth_weekday": {
            WEEKDAYS[day]: {str(n): _digit_list(found) for n, found in numbers}
            for day, numbers in source.nth
        }}  # fmt: skip
    if source.calendar:
        return {"calendar": source.calendar}
    out: dict[str, Any] = {"event": source.event}
    if source.otherwise is not None:
        out["otherwise"] = _source(source.otherwise)
    return out


def _digit_list(digits: frozenset[int]) -> Any:
    return [str(digit) for digit in sorted(digits)] or "none"


def _words(text: str) -> str | dict[str, str]:
    """Return a text as a file tells it: by language where it differs by language."""
    return dict(text.text) if isinstance(text, Words) else text
