"""What a rule asks for, in English and Spanish words."""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from geofleet.policy.contingency.spanish import in_spanish
from geofleet.policy.contingency.words import (
    digits_in_spanish,
    joined,
    phase_in_spanish,
    pollutants_in_spanish,
)
from geofleet.policy.exchange.hours import write_hours
from geofleet.policy.exchange.writing import standard_names
from geofleet.policy.rules.conditions import (
    ALWAYS,
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
from geofleet.policy.rules.days import WEEKDAYS, clock_text
from geofleet.policy.rules.digits import Digits, DigitSource
from geofleet.policy.rules.facts import NONE, Attribute
from geofleet.policy.rules.model import Rule
from geofleet.wording import Readers, Words

__all__ = ["EFFECT_WORDS", "in_english", "not_in_hours", "rule_in_english", "rule_in_spanish"]

EFFECT_WORDS = {
    "prohibit": ("forbidden", "prohibido"),
    "allow_only": ("forbidden outside of these hours", "prohibido fuera de estas horas"),
    "allow": ("allowed", "permitido"),
    "charge": ("against a charge", "con cobro"),
    "permit": ("with a permit", "con permiso"),
    "exempt": ("exempt from other rules", "exento de otras reglas"),
}
"""English and Spanish words of each effect."""

_ORDINALS = ("1st", "2nd", "3rd", "4th", "5th")
_DIAS = ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo")
_ANNOUNCED_ES = {"parity": "la paridad", "digits": "las terminaciones", "colour": "el color"}
Attributes = Mapping[str, Attribute]
# not in names such as PM2.5
_NUMBER = re.compile(r"(?<![\w.,:])(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+\.\d+)(?!\.?\w|:)")


def rule_in_english(rule: Rule, attributes: Attributes) -> list[str]:
    """Return each condition of a rule on vehicle, trip, plate, event and programme."""
    conditions = [one for one in (rule.vehicle, rule.trip) if one != ALWAYS]
    out = [in_english(condition, attributes) for condition in conditions]
    if rule.event is not None:
        phases = f", phase {_or(sorted(rule.event.phases))}" if rule.event.phases else ""
        cause = f" for {_or(sorted(rule.event.pollutants))}" if rule.event.pollutants else ""
        out.append(f"while {rule.event.kind}{phases} is declared{cause}")
    return out


def rule_in_spanish(
    rule: Rule, country: str = "", *, attributes: Attributes | None = None
) -> list[str]:
    """Return each condition of a rule on vehicle, trip, plate and event, in Spanish.

    Parameters
    ----------
    country
        ISO 3166 code of the country whose way of writing numbers is taken; Mexico's if empty.
    attributes
        Those of the rule set: one of its own is called by its meaning.
    """
    conditions = [one for one in (rule.vehicle, rule.trip) if one != ALWAYS]
    out = [in_spanish(*conditions)] if conditions else []
    out += [f"último dígito de la placa: {_terminaciones(found)}" for found in _plates(conditions)]
    if rule.event is not None:
        event = rule.event
        phases = [phase_in_spanish(phase) for phase in sorted(event.phases)]
        named = f", {joined(phases, last='o')}" if phases else ""
        causes = pollutants_in_spanish(sorted(event.pollutants))
        cause = f" por {causes}" if causes else ""
        out.append(f"mientras esté declarada: {event.kind}{named}{cause}")
    return [_numbers_of(country, _called(text, attributes or {})) for text in out]


def _called(text: str, attributes: Attributes) -> str:
    """Put the Spanish meanings of attributes in the place of ids that have no words here."""
    for name, one in attributes.items():
        if f"«{name}»" in text and isinstance(one.meaning, Words):
            text = text.replace(f"«{name}»", one.meaning.text["es"].partition(":")[0])
    return text


def _numbers_of(country: str, text: str) -> str:
    """Write numbers such as 3,857 and 7.5, as Mexico writes them, in the way of a country."""
    reader = Readers.of(country or None)["es"]
    group, decimal = reader.number(12_000)[2], reader.number(0.5)[1]
    if (group, decimal) == (",", "."):
        return text
    marks = {",": group, ".": decimal}
    return _NUMBER.sub(lambda found: "".join(marks.get(c, c) for c in found[0]), text)


def not_in_hours(rule: Rule) -> list[str]:
    """Return what limits a rule in time but is no matter of opening hours."""
    out = list(write_hours(rule).notes)
    if rule.event is not None:
        out.append("only on days on which the event is declared")
    if _plates([rule.vehicle, rule.trip]):
        out.append("plate digits that change by the day")
    return out


def in_english(condition: RoadCondition, attributes: Attributes) -> str:
    """Return a condition in words.

    Examples
    --------
    >>> from geofleet.policy.rules import known_attributes
    >>> in_english(Within("gvw_kg", Span(3857.0, low_open=True)), known_attributes())
    'gross vehicle weight by design over 3,857 kg'
    """
    if isinstance(condition, All | AnyOf | FirstKnown):
        return _group(condition, attributes)
    if isinstance(condition, Not):
        return f"not ({in_english(condition.part, attributes)})"
    if isinstance(condition, Among):
        return f"{condition.attribute.replace('_', ' ')}: {_or(sorted(condition.values))}"
    if isinstance(condition, Within):
        return _within(condition, attributes)
    if isinstance(condition, Ranked):
        names = standard_names(condition.scheme)
        limits = _limits(condition.span, lambda rank: names.get(rank, f"{rank:g}"))
        return f"emission standard {limits} (scheme {condition.scheme})"
    if isinstance(condition, Age):
        limits = _limits(condition.span, lambda years: f"{years:g}")
        return f"age {limits} years by {_label(condition.basis, attributes)}"
    if isinstance(condition, Member):
        return f"registered, on the day, in {_or(sorted(condition.programmes))}"
    return f"last digit of the plate: {_digits(condition.sources)}"


def _group(condition: All | AnyOf | FirstKnown, attributes: Attributes) -> str:
    if not condition.parts:
        return "anything" if isinstance(condition, All) else "nothing"
    words = {All: " and ", AnyOf: " or ", FirstKnown: ", or where that is not known "}
    parts = []
    for part in condition.parts:
        text = in_english(part, attributes)
        mixed = isinstance(part, All | AnyOf) and len(part.parts) > 1
        parts.append(f"({text})" if mixed and len(condition.parts) > 1 else text)
    return words[type(condition)].join(parts)


def _label(name: str, attributes: Attributes) -> str:
    found = attributes.get(name)
    return found.meaning.split(":")[0] if found is not None and found.meaning else name


def _within(leaf: Within, attributes: Attributes) -> str:
    label = _label(leaf.attribute, attributes)
    found = attributes.get(leaf.attribute)
    kind, unit = ("number", "") if found is None else (found.kind, found.unit)
    if kind == "boolean":
        return f"{label}: {'yes' if leaf.span.low == 1.0 else 'no'}"

    def text(value: float) -> str:
        if kind == "date":
            return datetime.date.fromordinal(int(value)).isoformat()
        if kind == "clock":
            return clock_text(value)
        number = f"{value:g}" if unit in ("year", "") else f"{value:,.10g}"
        return f"{number} {unit}" if unit not in ("", "text", "year") else number

    return f"{label} {_limits(leaf.span, text)}"


def _limits(span: Span, text: Callable[[float], str]) -> str:
    if span.low == span.high:
        return f"of {text(span.low)}"
    words = []
    if not math.isinf(span.low):
        words.append(f"{'over' if span.low_open else 'from'} {text(span.low)}")
    if not math.isinf(span.high):
        words.append(f"{'under' if span.high_open else 'up to'} {text(span.high)}")
    return " and ".join(words) or "of any amount"


def _or(words: Sequence[str]) -> str:
    known = ["none" if word == NONE else word for word in words]
    return " or ".join(filter(None, [", ".join(known[:-1]), *known[-1:]])) or "nothing"


def _digits(sources: Digits) -> str:
    return " and ".join(_digit_source(source) for source in sources) or "none"


def _list(digits: Iterable[int]) -> str:
    return " ".join(str(digit) for digit in sorted(digits)) or "none"


def _digit_source(source: DigitSource) -> str:
    if source.fixed is not None:
        return _list(source.fixed)
    if source.weekday is not None:
        return ", ".join(
            f"{WEEKDAYS[day]} {'as the bulletin names' if found is None else _list(found)}"
            for day, found in source.weekday
        )
    if source.nth is not None:
        return ", ".join(
            f"{_ORDINALS[number - 1]} {WEEKDAYS[day]} {_list(found)}"
            for day, numbers in source.nth for number, found in numbers
        )  # fmt: skip
    if source.calendar:
        return f"those of the calendar {source.calendar}"
    text = f"by the {source.event} that the bulletin announces"
    return text if source.otherwise is None else f"{text}, else {_digit_source(source.otherwise)}"


def _terminaciones(sources: Digits) -> str:
    return joined([_terminacion(source) for source in sources]) or "ninguno"


def _terminacion(source: DigitSource) -> str:
    if source.fixed is not None:
        return _spanish_list(source.fixed)
    if source.weekday is not None:
        return ", ".join(
            f"{_DIAS[day]} {'según el boletín' if found is None else _spanish_list(found)}"
            for day, found in source.weekday
        )
    if source.nth is not None:
        return ", ".join(
            f"{number}.º {_DIAS[day]} {_spanish_list(found)}"
            for day, numbers in source.nth for number, found in numbers
        )  # fmt: skip
    if source.calendar:
        return f"los del calendario «{source.calendar}»"
    text = f"según {_ANNOUNCED_ES.get(source.event, source.event)} que anuncie el boletín"
    return text if source.otherwise is None else f"{text}; si no, {_terminacion(source.otherwise)}"


def _spanish_list(digits: frozenset[int]) -> str:
    return digits_in_spanish(digits) or "ninguno"


def _plates(conditions: Iterable[RoadCondition]) -> list[Digits]:
    """Return the sources of plate digits in conditions, whatever they are part of."""
    found: list[Digits] = []
    for condition in conditions:
        if isinstance(condition, PlateDigit):
            found.append(condition.sources)
        elif isinstance(condition, Not):
            found += _plates([condition.part])
        elif isinstance(condition, All | AnyOf | FirstKnown):
            found += _plates(condition.parts)
    return found
