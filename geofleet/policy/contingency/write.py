"""The bulletin of a declared contingency, in Spanish, from the rules of a set."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal
from zoneinfo import ZoneInfo

from geofleet.errors import InputError, Problem
from geofleet.policy.contingency.measures import (
    Measure,
    RestrictedDigits,
    exemptions_of,
    measures_of,
    restricted_digits,
)
from geofleet.policy.contingency.spanish import in_spanish
from geofleet.policy.contingency.words import (
    date_in_spanish,
    digits_in_spanish,
    hours_in_spanish,
    joined,
    phase_in_spanish,
    pollutants_in_spanish,
)
from geofleet.policy.rules.conditions import All, Among, Condition, attributes_of
from geofleet.policy.rules.days import clock_text
from geofleet.policy.rules.events import Event
from geofleet.policy.rules.model import LIFTING, RuleSet

__all__ = ["write_bulletin"]

_KINDS = {"contingencia": "Contingencia ambiental atmosférica"}
_HOLOGRAMS = (("00", "0"), ("1",), ("2",), ("none",), ("exento",))
_OPEN = ("conflict", "illustrative")
_STATUS = {
    "memory": "de memoria, sin fuente leída", "conflict": "las fuentes no coinciden",
    "illustrative": "supuesto de escenario",
}  # fmt: skip
_ALL_DIGITS = 10

Markup = Literal["markdown", "text"]


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of the bulletin: a heading of some depth, an item, or plain text (depth 0)."""

    text: str
    depth: int = 0
    item: bool = False


def write_bulletin(event: Event, rule_set: RuleSet, *, markup: Markup = "markdown") -> str:
    """Write the bulletin of a declared event in Spanish.

    Every sentence about who may not drive, and when, comes from a rule of the set that is about
    the event on its days, and names it. What rules ask the bulletin for and it does not announce
    is listed as to be confirmed, as are rules that are remembered; those on which sources disagree
    or that are a scenario's stand there alone.

    Parameters
    ----------
    event
        The event; its days get a section each.
    rule_set
        The rules that count.
    markup
        ``markdown``, or ``text``: without marks.

    Returns
    -------
    str
        The bulletin.

    Raises
    ------
    InputError
        No active rule of the set is about such an event on one of its days.
    """
    if markup not in ("markdown", "text"):
        raise InputError([Problem("write_bulletin", "markup", 0, markup, "markdown or text")])
    lines = list(_head(event, rule_set))
    used: dict[str, Measure] = {}
    for date in event.dates:
        measures = measures_of(event, date, rule_set)
        exemptions = exemptions_of(event, date, rule_set)
        used |= {one.rule.key: one for one in (*measures, *exemptions)}
        lines += _day(event, date, rule_set, measures, exemptions)
    lines += _foot(event, used.values())
    return _render(lines, markup)


def _head(event: Event, rule_set: RuleSet) -> Iterator[_Line]:
    kind = _KINDS.get(event.kind, event.kind.capitalize())
    cause = f" por {pollutants_in_spanish(event.pollutants)}" if event.pollutants else ""
    yield _Line(f"{kind}: {phase_in_spanish(event.phase)}{cause}", 1)
    if event.area:
        yield _Line(f"Zona: {event.area}.")
    dates = joined(date_in_spanish(date) for date in event.dates)
    yield _Line(f"{'Días' if len(event.dates) > 1 else 'Día'} en que aplica: {dates}.")
    if event.announced is not None:
        local = event.announced.astimezone(ZoneInfo(rule_set.timezone))
        clock = clock_text(local.hour * 3600 + local.minute * 60)
        yield _Line(f"Declarada el {date_in_spanish(local.date())} a las {clock} horas.")


def _day(
    event: Event,
    date: datetime.date,
    rule_set: RuleSet,
    measures: Sequence[Measure],
    exemptions: Sequence[Measure],
) -> Iterator[_Line]:
    if len(event.dates) > 1:
        yield _Line(date_in_spanish(date).capitalize(), 2)
    sure = [one for one in measures if one.rule.status not in _OPEN]
    freight = [one for one in sure if "freight" in _uses(one.rule.vehicle)]
    others = [one for one in sure if one not in freight]
    if not sure:
        yield _Line(
            "Ninguna regla cierta del conjunto dice quién deja de circular en esta fase. "
            "Eso no significa que se permita circular: véase «Por confirmar»."
        )
    if said := [text for one in others if (text := _measure(one, rule_set))]:
        yield _Line("Restricciones a la circulación", 3)
        yield from (_Line(text, item=True) for text in said)
    if any("hologram" in attributes_of(one.rule.vehicle) for one in others):
        yield _Line("Resumen por holograma (automóvil particular con placa local)", 3)
        yield from (_Line(text, item=True) for text in _holograms(event, date, rule_set))
    if said := [text for one in freight if (text := _measure(one, rule_set))]:
        yield _Line("Transporte de carga", 3)
        yield from (_Line(text, item=True) for text in said)
    yield _Line("Quedan exentos", 3)
    if not exemptions:
        yield _Line("Ninguna regla exenta de estas medidas.", item=True)
    concerned = {one.rule.rule_id for one in measures}
    for one in exemptions:
        yield _Line(_exemption(one, concerned), item=True)
    if unknown := list(_unknown(measures, exemptions, rule_set)):
        yield _Line("Por confirmar", 3)
        yield from (_Line(text, item=True) for text in unknown)


def _uses(condition: Condition) -> frozenset[str]:
    """Return the uses of vehicles without which a condition cannot hold."""
    if isinstance(condition, All):
        return frozenset().union(*(_uses(part) for part in condition.parts))
    if isinstance(condition, Among) and condition.attribute == "use":
        return condition.values
    return frozenset()


def _measure(one: Measure, rule_set: RuleSet) -> str:
    """Say what a rule asks, empty where it concerns nobody on the day."""
    if one.digits is not None and not one.digits and not one.unknown_digits:
        return ""
    who = in_spanish(one.rule.vehicle, one.rule.trip)
    who = who[0].upper() + who[1:] + _plates(one.digits, one.unknown_digits, rule_set)
    hours = hours_in_spanish([(start, end) for start, end in one.windows])
    what = {
        "prohibit": f"no circulan {hours}",
        "allow_only": f"solo circulan {hours}",
        "permit": f"requieren permiso para circular {hours}",
        "charge": f"pagan por circular {hours}",
    }[one.rule.effect]
    return f"{who}: {what} [{one.rule.rule_id}]."


def _plates(digits: frozenset[int] | None, unknown: frozenset[int], rule_set: RuleSet) -> str:
    if digits is None:
        return ""
    if len(digits) == _ALL_DIGITS:
        return ", con cualquier terminación de placa"
    named = [name for name, own in rule_set.colours.items() if own == digits]
    colour = f", engomado {named[0]}" if named else ""
    known = f", con terminación de placa {digits_in_spanish(digits)}{colour}" if digits else ""
    if not unknown:
        return known
    more = "con las terminaciones de placa que se anuncien"
    return f"{known} y {more}" if known else f", {more}"


def _holograms(event: Event, date: datetime.date, rule_set: RuleSet) -> Iterator[str]:
    for names in _HOLOGRAMS:
        found = [restricted_digits(event, date, rule_set, hologram=name) for name in names]
        alike = all(
            (one.digits, one.unknown, one.windows) == (found[0].digits, found[0].unknown,
                                                       found[0].windows)
            for one in found
        )  # fmt: skip
        if alike:
            yield _hologram(found[0], names, rule_set)
        else:
            yield from (_hologram(one, (one.hologram,), rule_set) for one in found)


def _hologram(found: RestrictedDigits, names: Sequence[str], rule_set: RuleSet) -> str:
    words = [name for name in names if name != "none"]
    title = f"Holograma {joined(words)}" if words else "Sin holograma"
    rules = f" [{', '.join(found.rules)}]" if found.rules else ""
    if not found.digits and not found.unknown:
        return f"{title}: circulan todas las terminaciones{rules}."
    if not found.digits:
        return f"{title}: terminación o color por anunciar; no se sabe quién circula{rules}."
    what = "no circula ninguna terminación de placa"
    if len(found.digits) < _ALL_DIGITS:
        exact = [name for name, own in rule_set.colours.items() if own == found.digits]
        colour = f" (engomado {exact[0]})" if exact else ""
        what = f"no circulan placas con terminación {digits_in_spanish(found.digits)}{colour}"
    more = "; otras terminaciones por anunciar" if found.unknown else ""
    return f"{title}: {what} {hours_in_spanish(found.windows)}{more}{rules}."


def _exemption(one: Measure, concerned: set[str]) -> str:
    who = in_spanish(one.rule.vehicle, one.rule.trip)
    lifted = ", ".join(name for name in one.rule.lifts if name in concerned)
    quota = one.rule.quota_days_per_year
    days = f", hasta {quota} días al año" if quota is not None else ""
    return f"{who[0].upper()}{who[1:]}{days} [{one.rule.rule_id}; exenta de {lifted}]."


def _unknown(
    measures: Sequence[Measure], exemptions: Sequence[Measure], rule_set: RuleSet
) -> Iterator[str]:
    """Say what the bulletin leaves open, and which rules are not known well."""
    for one in measures:
        if one.rule.status in _OPEN and (text := _measure(one, rule_set)):
            yield f"Sin certeza ({_STATUS[one.rule.status]}): {text}"
        elif one.unknown_digits:
            yield (
                f"El boletín no anuncia de qué terminaciones o color trata {one.rule.rule_id}: "
                "mientras no se anuncie no se sabe quién circula."
            )
    for one in (*measures, *exemptions):
        if one.rule.status in _STATUS and not (one in measures and one.rule.status in _OPEN):
            yield f"{one.rule.rule_id}: {_STATUS[one.rule.status]}."


def _foot(event: Event, used: Iterable[Measure]) -> Iterator[_Line]:
    rules = [one.rule for one in used]
    yield _Line("Fundamento y fuentes", 3)
    for authority in dict.fromkeys(rule.authority for rule in rules if rule.authority):
        yield _Line(f"Autoridad: {authority}.", item=True)
    for reference in dict.fromkeys(rule.legal_reference for rule in rules if rule.legal_reference):
        yield _Line(f"Fundamento: {reference}.", item=True)
    if not any(rule.legal_reference for rule in rules if rule.effect not in LIFTING):
        yield _Line("Las reglas de estas medidas no citan su fundamento legal.", item=True)
    for rule in (rule for rule in rules if rule.source and rule.effect not in LIFTING):
        yield _Line(f"Fuente de {rule.rule_id}: {rule.source}", item=True)
    if event.source:
        yield _Line(f"Fuente de la declaratoria: {event.source}", item=True)
    yield _Line("Texto compuesto a partir de reglas codificadas; prevalece el boletín oficial.")


def _render(lines: Iterable[_Line], markup: Markup) -> str:
    out: list[str] = []
    for line in lines:
        if line.depth:
            mark = f"{'#' * line.depth} " if markup == "markdown" else ""
            out += ["", mark + line.text, ""]
        elif line.item:
            out.append(f"- {line.text}")
        else:
            out += ["", line.text, ""]
    text = "\n".join(out)
    while "\n\n\n" in text:
        text = text.replace("\n\n\n", "\n\n")
    return text.strip("\n") + "\n"
