"""Rule files: one YAML file with its GeoJSON and calendars, read into a RuleSet."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from geofleet.errors import InputError, Problem
from geofleet.policy.rules.days import Calendar, When
from geofleet.policy.rules.events import EventCondition
from geofleet.policy.rules.facts import Attribute, AttributeKind, known_attributes
from geofleet.policy.rules.model import (
    EFFECTS,
    RULE_STATUSES,
    Charge,
    Geography,
    Members,
    Rule,
    RuleSet,
    Switch,
)
from geofleet.policy.rules.read_conditions import (
    read_condition,
    read_days,
    read_digits,
    read_roads,
    read_when,
)
from geofleet.policy.rules.sections import Section, open_sections
from geofleet.schema import Column, TableSchema, read_csv, read_text

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

__all__ = [
    "CALENDAR_SCHEMA", "read_attributes", "read_geography", "read_polygon", "read_rule",
    "read_rules", "rule_set_of",
]  # fmt: skip

_PER = ("day", "entry", "km")

CALENDAR_SCHEMA = TableSchema(
    "calendar",
    "A published calendar: dates, and the plate digits of each",
    (
        Column("date", "date", "local date"),
        Column("digits", "text", "odd, even, all, none, or digits joined by spaces", nullable=True,
               required=False),
    ),
    key=("date",),
)  # fmt: skip


def read_rules(path: Path | str, *, zones: Mapping[str, BaseGeometry] | None = None) -> RuleSet:
    """Read a rule file and what it names beside it.

    Parameters
    ----------
    path
        YAML file; ``docs/concepts/policy.md`` describes it.
    zones
        Areas (EPSG:4326) by id of their geography, in place of those in the file.

    Raises
    ------
    InputError
        Every fault of the file at once, with lines: unknown keys and attributes, values that
        cannot be, references to what is not there.
    """
    file = Path(path)
    return rule_set_of(open_sections(file), file.parent, zones=zones)


def rule_set_of(
    root: Section, folder: Path, *, zones: Mapping[str, BaseGeometry] | None = None
) -> RuleSet:
    """Read the rule set under the root of a file; what it names lies beside it in a folder.

    Raises
    ------
    InputError
        As :func:`read_rules`.
    """
    attributes = {**known_attributes(), **read_attributes(root)}
    switches = _switches(root)
    calendars = _calendars(root, folder)
    colours = {
        name: read_digits(inner, name)[0].fixed or frozenset()
        for inner in (root.section("colours"),) for name in inner.keys
    }  # fmt: skip
    geographies = _geographies(root, folder, attributes)
    for name, area in (zones or {}).items():
        if name in geographies:
            geographies[name] = replace(geographies[name], polygon=area)
        else:
            known = ", ".join(geographies) or "there is none"
            root.wrong("geographies", name, f"zones of geographies of the file: {known}")
    rules = []
    for section in root.sections("rules", named_by="id"):
        rules.append(read_rule(section, attributes))
    if not rules:
        root.wrong("rules", "", "at least one rule")
    settings: dict[str, Any] = {
        "name": root.text("rule_set", required=True),
        "title": root.words("title"),
        "country": root.text("holidays"),
        "timezone": _timezone(root),
        "notes": root.words_list("notes"),
    }
    _check_country(root, settings["country"])
    root.done()
    if root.problems:
        raise InputError(sorted(set(root.problems), key=lambda problem: problem.row))
    return RuleSet(
        **settings, rules=tuple(rules), geographies=geographies, calendars=calendars,
        switches=switches, colours=colours, attributes=attributes, file=root.file,
        files=_beside(root),
    )  # fmt: skip


def _beside(root: Section) -> tuple[str, ...]:
    """Return the files that a rule file names beside it."""
    areas = [one.text("polygon").partition("#")[0] for one in root.sections("geographies")]
    calendars = root.section("calendars")
    tables = [calendars.section(name).text("file") for name in calendars.keys]
    return tuple(dict.fromkeys(name for name in (*areas, *tables) if name))


def _timezone(root: Section) -> str:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    name = root.text("timezone", required=True)
    if name:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            root.wrong("timezone", name, "an IANA time zone like America/Mexico_City")
    return name or "UTC"


def _check_country(root: Section, country: str) -> None:
    if not country:
        return
    from holidays import list_supported_countries

    if country not in list_supported_countries():
        root.wrong("holidays", country, "two capital letters of ISO 3166 like MX")


def read_attributes(root: Section) -> dict[str, Attribute]:
    """Read the attributes that a file adds to the common table."""
    section = root.section("attributes")
    found = {}
    for name in section.keys:
        inner = section.section(name)
        kind = inner.choice("kind", get_args(AttributeKind), required=True)
        of = inner.choice("of", ("vehicle", "trip", "road"), default="vehicle")
        found[name] = Attribute(
            name,
            kind,  # type: ignore[arg-type]
            of,
            inner.words("meaning", required=True),
            inner.text("unit"),
        )
        inner.done()
        if name in known_attributes():
            section.wrong(name, "", "a name that the common table does not have")
    return found


def _switches(root: Section) -> dict[str, Switch]:
    section = root.section("switches")
    found = {}
    for name in section.keys:
        inner = section.section(name)
        found[name] = Switch(
            name,
            inner.boolean("default", required=True),
            inner.words("meaning", required=True),
            inner.choice("status", RULE_STATUSES, default="conflict"),
            inner.text("source"),
        )
        inner.done()
    return found


def _calendars(root: Section, folder: Path) -> dict[str, Calendar]:
    section = root.section("calendars")
    found = {}
    for name in section.keys:
        inner = section.section(name)
        digits: dict[datetime.date, frozenset[int]] = {}
        if file := inner.text("file"):
            try:
                digits = _calendar_file(folder / file)
            except InputError as error:
                root.problems += error.problems
        dates = inner.section("dates")
        for text in dates.keys:
            date = dates.as_date(text, text)
            if date is not None:
                digits[date] = read_digits(dates, text)[0].fixed or frozenset()
        found[name] = Calendar(
            name, digits, inner.text("source"),
            inner.choice("status", RULE_STATUSES, default="user"),
        )  # fmt: skip
        inner.done()
    return found


def _calendar_file(path: Path) -> dict[datetime.date, frozenset[int]]:
    frame = read_csv(path, CALENDAR_SCHEMA)
    found = {}
    problems = []
    words = frame["digits"] if "digits" in frame.columns else [None] * len(frame)
    for row, (date, text) in enumerate(zip(frame["date"], words, strict=True), start=2):
        digits = _digits_of_cell(text)
        if digits is None:
            expected = CALENDAR_SCHEMA.column("digits").meaning
            problems.append(Problem(str(path), "digits", row, str(text), expected))
            continue
        found[datetime.date.fromisoformat(date)] = digits
    if problems:
        raise InputError(problems)
    return found


def _digits_of_cell(text: str | None) -> frozenset[int] | None:
    from geofleet.policy.rules.digits import EVEN, ODD

    named = {"odd": ODD, "even": EVEN, "all": ODD | EVEN, "none": frozenset(), "": frozenset()}
    word = (text or "").strip()
    if word in named:
        return frozenset(named[word])
    parts = word.split()
    if all(part.isdigit() and len(part) == 1 for part in parts):
        return frozenset(int(part) for part in parts)
    return None


def _geographies(
    root: Section, folder: Path, attributes: Mapping[str, Attribute]
) -> dict[str, Geography]:
    found: dict[str, Geography] = {}
    for section in root.sections("geographies", named_by="id"):
        one = read_geography(section, folder, attributes)
        if one.geography_id in found:
            section.wrong("id", one.geography_id, "each id once")
        found[one.geography_id] = one
    return found


def read_geography(
    section: Section, folder: Path, attributes: Mapping[str, Attribute]
) -> Geography:
    """Read a geography of a file; polygons lie beside it in a folder."""
    members = None
    if section.has("members"):
        inner = section.section("members")
        members = Members(
            inner.text("layer", required=True), inner.text("column", required=True),
            frozenset(inner.texts("values", required=True)),
        )  # fmt: skip
        inner.done()
    roads = read_roads(section, attributes, key="roads")
    excepted = read_roads(section, attributes, key="except_roads")
    area = section.choice("area", ("yes", "no"), default="yes")
    found = Geography(
        section.text("id", required=True),
        section.words("name", required=True),
        read_polygon(section, folder),
        members,
        roads,
        excepted,
        area == "yes",
        section.choice("status", RULE_STATUSES, default="user"),
        section.text("source"),
        section.words("note"),
    )
    section.done()
    return found


def read_polygon(section: Section, folder: Path) -> BaseGeometry | None:
    """Return the area that ``polygon: file.geojson#id`` names."""
    text = section.text("polygon")
    if not text:
        return None
    file, _, feature_id = text.partition("#")
    try:
        data = json.loads(read_text(folder / file))
    except InputError as error:
        section.problems += error.problems
        return None
    except json.JSONDecodeError as error:
        section.wrong("polygon", file, f"GeoJSON; line {error.lineno}: {error.msg}")
        return None
    return _feature(section, data, file, feature_id)


def _feature(section: Section, data: Any, file: str, feature_id: str) -> BaseGeometry | None:
    from shapely.errors import ShapelyError
    from shapely.geometry import shape

    features = data.get("features", [data]) if isinstance(data, dict) else []
    for feature in features:
        named = {str(feature.get("id")), str((feature.get("properties") or {}).get("id"))}
        if not feature_id or feature_id in named:
            try:
                geometry = shape(feature.get("geometry", feature))
            except (ShapelyError, ValueError, KeyError, TypeError, AttributeError):
                section.wrong("polygon", file, "a feature with a geometry")
                return None
            if geometry.geom_type not in ("Polygon", "MultiPolygon") or not geometry.is_valid:
                section.wrong("polygon", geometry.geom_type, "a valid Polygon or MultiPolygon")
                return None
            west, south, east, north = geometry.bounds
            if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
                section.wrong("polygon", file, "longitude and latitude in degrees (EPSG:4326)")
                return None
            return geometry
    section.wrong("polygon", f"{file}#{feature_id}", "the id of a feature of the file")
    return None


def read_rule(section: Section, attributes: Mapping[str, Attribute]) -> Rule:
    """Read a rule of a file."""
    valid = section.section("valid")
    first, last = valid.date("from"), valid.date("to")
    valid.done()
    if first and last and first > last:
        valid.wrong("", f"{first} to {last}", "a first day that is not after the last one")
    event = None
    if section.has("event"):
        inner = section.section("event")
        event = EventCondition(
            inner.text("kind", required=True), frozenset(inner.texts("phase")),
            frozenset(inner.texts("pollutant")),
        )  # fmt: skip
        inner.done()
    charge = None
    if section.has("charge"):
        inner = section.section("charge")
        amount = inner.number("amount", required=True, low=0.0)
        charge = Charge(
            amount or 0.0, inner.text("currency", required=True),
            inner.choice("per", _PER, default="day"),
        )  # fmt: skip
        inner.done()
    in_force = section.section("in_force")
    days = read_days(in_force)
    in_force.done()
    when: tuple[When, ...] = tuple(read_when(part) for part in section.sections("when"))
    if section.has("when") and not when:
        section.wrong("when", "", "days or hours, or no such key")
    quota = section.number("quota_days_per_year", low=0)
    rule = Rule(
        rule_id=section.text("id", required=True),
        name=section.words("name", required=True),
        effect=section.choice("effect", EFFECTS, required=True),  # type: ignore[arg-type]
        version=section.text("version", default="1"),
        jurisdiction=section.words("jurisdiction"),
        authority=section.words("authority"),
        legal_reference=section.words("legal_reference"),
        source=section.text("source"),
        status=section.choice("status", RULE_STATUSES, required=True),
        valid_from=first,
        valid_to=last,
        where=section.text("where"),
        when=when,
        in_force=days,
        vehicle=read_condition(section, attributes, key="vehicle"),
        trip=read_condition(section, attributes, key="trip"),
        event=event,
        lifts=section.texts("lifts"),
        charge=charge,
        permit=section.text("permit"),
        quota_days_per_year=None if quota is None else int(quota),
        switches=_answers(section),
        fine=section.words("fine"),
        enforcement_probability=section.number("enforcement_probability", low=0.0, high=1.0),
        note=section.words("note"),
        line=section.line("id"),
    )
    section.done()
    return rule


def _answers(section: Section) -> tuple[tuple[str, bool], ...]:
    """Read ``switch: name`` (must be on) or ``switch: {name: false}``."""
    import yaml

    node = section.node_of("switch")
    if isinstance(node, yaml.MappingNode):
        inner = section.section("switch")
        return tuple((name, inner.boolean(name, required=True)) for name in inner.keys)
    return tuple((name, True) for name in section.texts("switch"))
