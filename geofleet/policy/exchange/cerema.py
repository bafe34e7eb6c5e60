"""Freight orders of French municipalities: schema-arrete-circulation-marchandises 0.8.0."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.policy.exchange import french
from geofleet.policy.exchange.cerema_rows import Row, read_orders
from geofleet.policy.rules.conditions import ALWAYS, All, Among, AnyOf, Condition, Not, Span, Within
from geofleet.policy.rules.days import Calendar, When
from geofleet.policy.rules.model import Geography, Rule, RuleSet

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

__all__ = ["read_cerema"]

_MOTORS = {
    "Electrique": ("electric",), "Électrique": ("electric",), "Hydrogène": ("hydrogen",),
    "Gaz Naturel pour Véhicules": ("cng", "lng"),
}  # fmt: skip
_STICKERS = {
    "100% électrique et Véhicules à hydrogène": "0", "Véhicule non classé": "none",
    **{str(number): str(number) for number in range(1, 6)},
}  # fmt: skip
_TYPES = ("Poids lourds", "Véhicules utilitaires légers", "Vélo-cargos", "Tous véhicules")
_LIMITS = {
    "jusqu'à": lambda kg: Span(high=kg),
    "à partir de": lambda kg: Span(low=kg),
    "de plus de": lambda kg: Span(low=kg, low_open=True),
}
_LARGEST = {"VEH_LONG": ("length_m", 30), "VEH_LARG": ("width_m", 6), "VEH_HAUT": ("height_m", 6)}
_TONNES = 45
_BOTH_WAYS = "Deux sens"
_DIRECTIONS = ("Pair", "Impair", "Nord", "Sud", "Est", "Ouest", _BOTH_WAYS)
_NO_COUNTERPART = (
    "ARR_CONSIDERANT", "REGL_CONTEXTE", "INTERV_DUREE", "INTERV_HMAX", "GEOM_DEBUT", "GEOM_FIN",
)  # fmt: skip
_ALONE = "The order prohibits nothing from which this could free."


def read_cerema(
    path: Path | str, *, name: str = "cerema", title: str = "", defaults: Defaults | None = None
) -> RuleSet:
    """Read freight orders.

    ``Interdit`` becomes ``prohibit``; ``Autorise`` becomes ``allow`` and frees from the
    prohibitions of its own order (municipality, reference and date). ``PERIODE_JH`` are the hours
    of the rule. Numbers of length, width and height are largest ones: an authorisation is about
    vehicles up to them, a prohibition about larger ones. Columns of a row all count together.

    What nobody can tell is unknown, never left out: an area without geometry, a period in words
    (an empty calendar), a use (``french_usage`` of the trip, in the words of the order), a
    direction (``emprise_sens`` of the road). Columns that have no counterpart stand in the note
    of the rule.

    Parameters
    ----------
    path
        CSV with commas.
    name, title
        Of the rule set.

    Returns
    -------
    RuleSet
        One rule per row, its id that of the row.

    Raises
    ------
    InputError
        Every fault of every row at once.

    Notes
    -----
    Schema: CEREMA/schema-arrete-circulation-marchandises 0.8.0 (2021); the column
    ``SAUF_VEH_USAGES`` of 0.9.0 is read too.
    """
    scope = (defaults or Defaults()).scope()
    problems: list[Problem] = []
    rows, unknown = read_orders(Path(path), problems)
    geographies: dict[str, Geography] = {}
    calendars: dict[str, Calendar] = {}
    rules = []
    for row in rows:
        place = _geography(row, scope)
        geographies[place.geography_id] = place
        rules.append(_rule(row, calendars, scope))
    if problems:
        raise InputError(sorted(problems, key=lambda problem: problem.row))
    freed = [_freeing(rule, row, rows) for row, rule in zip(rows, rules, strict=True)]
    notes = tuple(f"column {column} has no counterpart" for column in unknown)
    return RuleSet(
        name, tuple(freed), title, geographies, calendars, attributes=french.attributes(),
        country=french.COUNTRY, timezone=french.TIMEZONE, notes=notes, file=str(path),
    )  # fmt: skip


def _freeing(rule: Rule, row: Row, rows: Sequence[Row]) -> Rule:
    """Return an authorisation with the prohibitions of its order that it frees from."""
    if rule.effect != "allow":
        return rule
    order = row.order
    lifts = tuple(
        other.name for other in rows
        if other.order == order and other.text("REGL_MODALITE") == "Interdit"
    )  # fmt: skip
    return replace(rule, lifts=lifts, note=rule.note if lifts else f"{rule.note} {_ALONE}".strip())


def _rule(row: Row, calendars: dict[str, Calendar], scope: Defaults) -> Rule:
    forbids = row.choice("REGL_MODALITE", ("Interdit", "Autorise")) != "Autorise"
    order_date = None if row.text("ARR_DATE") == "NC" else row.date("ARR_DATE")
    period = row.period()
    if period.words:
        calendar = f"period of {row.name}"
        calendars[calendar] = Calendar(calendar, {}, period.words)
        in_force = replace(period.in_force, calendar=calendar)
    else:
        in_force = period.in_force
    hours = row.hours("PERIODE_JH")
    articles = [row.text("REGL_ARTICLE"), row.text("REGL_SOUS_ARTICLE")]
    reference = [row.text("ARR_REF"), row.text("ARR_DATE"), *articles]
    return Rule(
        row.name,
        row.text("ARR_OBJET"),
        "prohibit" if forbids else "allow",
        jurisdiction=row.text("COLL_INSEE"),
        authority=row.text("COLL_NOM"),
        legal_reference=", ".join(part for part in reference if part and part != "NC"),
        source=row.text("ARR_URL"),
        valid_from=period.first or order_date,
        valid_to=period.last,
        where=row.name,
        when=(When(opening_hours=hours),) if hours else (),
        in_force=in_force,
        vehicle=_vehicle(row, scope, forbids=forbids),
        trip=_trip(row),
        note=_note(row),
        line=row.line,
    )


def _vehicle(row: Row, scope: Defaults, *, forbids: bool) -> Condition:
    parts: list[Condition] = []
    types = row.list_of("VEH_TYPES", _TYPES)
    if types and "Tous véhicules" not in types:
        kinds = {
            "Poids lourds": french.heavy(scope),
            "Véhicules utilitaires légers": french.light(scope),
            "Vélo-cargos": french.yes("cargo_bike"),
        }
        chosen = tuple(kinds[one] for one in types)
        parts.append(chosen[0] if len(chosen) == 1 else AnyOf(chosen))
    tonnes = row.number("VEH_TONNAGE", below=_TONNES)
    limit = row.choice("VEH_TONNAGE_MODALITE", tuple(_LIMITS), required=tonnes is not None)
    if tonnes is not None and limit:
        parts.append(Within("gvw_kg", _LIMITS[limit](tonnes * 1000.0)))
    elif limit:
        row.wrong("VEH_TONNAGE", "", "tonnes, which VEH_TONNAGE_MODALITE is about")
    for column, (attribute, below) in _LARGEST.items():
        size = row.number(column, below=below)
        if size is not None:
            span = Span(low=size, low_open=True) if forbids else Span(high=size)
            parts.append(Within(attribute, span))
    if motors := row.list_of("VEH_MOTORS", tuple(_MOTORS)):
        fuels = frozenset(fuel for motor in motors for fuel in _MOTORS[motor])
        parts.append(Among("fuel", fuels))
    if stickers := row.list_of("VEH_CQAS", tuple(_STICKERS)):
        parts.append(Among("critair", frozenset(_STICKERS[one] for one in stickers)))
    return _all(parts)


def _trip(row: Row) -> Condition:
    parts: list[Condition] = []
    if usages := row.list_of("VEH_USAGES"):
        parts.append(Among("french_usage", frozenset(usages)))
    if excepted := row.list_of("SAUF_VEH_USAGES"):
        parts.append(Not(Among("french_usage", frozenset(excepted))))
    return _all(parts)


def _all(parts: list[Condition]) -> Condition:
    if not parts:
        return ALWAYS
    return parts[0] if len(parts) == 1 else All(tuple(parts))


def _note(row: Row) -> str:
    lost = [f"{name} {text}" for name in _NO_COUNTERPART if (text := row.text(name))]
    return "No counterpart: " + "; ".join(lost) if lost else ""


def _geography(row: Row, scope: Defaults) -> Geography:
    shape: BaseGeometry | None = row.geometry("GEOM_WKT")
    area = None if shape is None else french.area_around(shape, scope)
    between = [row.text("EMPRISE_DEBUT"), row.text("EMPRISE_FIN")]
    stretch = " – ".join(part for part in between if part)
    named = [row.text("EMPRISE_ZONE"), row.text("EMPRISE_DESIGNATION"), stretch]
    direction = row.choice("EMPRISE_SENS", _DIRECTIONS)
    roads = None
    if direction and direction != _BOTH_WAYS:
        roads = Among("emprise_sens", frozenset((direction,)))
    strip = shape is not None and french.is_line(shape)
    return Geography(
        row.name,
        ", ".join(part for part in named if part),
        area,
        roads=roads,
        source=row.text("GEOM_SOURCE"),
        note="a strip around the line of the file" if strip else "",
    )
