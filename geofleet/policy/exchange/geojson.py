"""Rule sets as GeoJSON: one feature per rule, to be read by people, maps and geofleet itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from geofleet.errors import InputError, Problem
from geofleet.files import write_text
from geofleet.policy.exchange.hours import write_hours
from geofleet.policy.exchange.phrases import (
    EFFECT_WORDS,
    in_english,
    not_in_hours,
    rule_in_english,
    rule_in_spanish,
)
from geofleet.policy.exchange.writing import (
    UnwritableError,
    geography_mapping,
    header_mapping,
    rule_mapping,
)
from geofleet.policy.places.areas import areas_of
from geofleet.policy.rules.conditions import Not
from geofleet.policy.rules.model import Geography, Rule, RuleSet
from geofleet.policy.rules.read import rule_set_of
from geofleet.policy.rules.sections import Section
from geofleet.schema import read_text
from geofleet.wording import both

if TYPE_CHECKING:
    import geopandas as gpd
    from shapely.geometry.base import BaseGeometry

__all__ = ["read_geojson", "to_geojson"]

_GRID_DEGREES = 1e-7
_HEADER = "rule_set"
_STRING, _NULL = "tag:yaml.org,2002:str", "tag:yaml.org,2002:null"


def to_geojson(
    rule_set: RuleSet,
    path: Path | str | None = None,
    *,
    layers: Mapping[str, gpd.GeoDataFrame] | None = None,
) -> dict[str, Any]:
    """Return a rule set as a GeoJSON FeatureCollection (RFC 7946), and write it where asked.

    Each version of each rule is a feature. Its geometry is the area where the rule holds, null
    where none is known or none limits it. Its properties are the fields of the rule, and besides:

    - ``opening_hours``, and ``limited_on`` for ``allow_only``: when, as OpenStreetMap writes it;
    - ``not_in_opening_hours``: what limits the rule in time but cannot be written so;
    - ``effect_en``, ``conditions_en`` and ``effect_es``, ``conditions_es``: words for people;
    - ``place`` and ``roads_en``: where it holds, and on which roads of the area;
    - ``rule``: the rule as a rule file writes it, which :func:`read_geojson` reads; null where a
      rule was made with conditions that no rule file can hold.

    What a rule set holds beside its rules stands under ``rule_set`` of the collection.

    Parameters
    ----------
    path
        File to write.
    layers
        Areas for geographies that are made of members of a layer.

    Raises
    ------
    InputError
        Layers as :func:`geofleet.policy.places.areas_of` says.

    Notes
    -----
    Butler, H. et al. (2016): The GeoJSON format. RFC 7946.
    """
    areas = areas_of(rule_set, layers)
    shapes = {name: _geometry(area) for name, area in areas.items()}
    header = header_mapping(rule_set)
    header["geographies"] = [
        _geography(one, rule_set) for one in rule_set.geographies.values()
    ]  # fmt: skip
    if rule_set.answers:
        header["answers"] = dict(rule_set.answers)
    collection = {
        "type": "FeatureCollection",
        _HEADER: header,
        "features": [_feature(rule, rule_set, shapes) for rule in rule_set.rules],
    }
    if path is not None:
        text = json.dumps(collection, ensure_ascii=False, allow_nan=False, indent=1)
        write_text(Path(path), text + "\n")
    return collection


def _geography(geography: Geography, rule_set: RuleSet) -> dict[str, Any]:
    try:
        return geography_mapping(geography, rule_set.attributes)
    except UnwritableError:
        # The area stays; a reader finds that its roads are missing, and never takes all of them.
        bare = geography_mapping(replace(geography, roads=None, except_roads=None), {})
        return bare | {"roads": None, "note": "roads cannot be written"}


def _geometry(area: BaseGeometry | None) -> dict[str, Any] | None:
    """Return a polygon whose outer ring runs against the clock, to seven decimals."""
    if area is None:
        return None
    import shapely
    from shapely.geometry import mapping

    plain = shapely.force_2d(shapely.set_precision(area, _GRID_DEGREES))
    found: dict[str, Any] = mapping(shapely.orient_polygons(plain))
    return found


def _feature(
    rule: Rule, rule_set: RuleSet, shapes: Mapping[str, dict[str, Any] | None]
) -> dict[str, Any]:
    attributes = rule_set.attributes
    hours = write_hours(rule)
    english, spanish = EFFECT_WORDS[rule.effect]
    place = rule_set.geographies.get(rule.where)
    try:
        as_file: dict[str, Any] | None = rule_mapping(rule, attributes)
    except UnwritableError:
        as_file = None
    charge = rule.charge
    properties = {
        "rule_id": rule.rule_id,
        "version": rule.version,
        "name": rule.name,
        "name_es": both(rule.name)["es"],
        "effect": rule.effect,
        "effect_en": english,
        "effect_es": spanish,
        "status": rule.status,
        "jurisdiction": rule.jurisdiction,
        "authority": rule.authority,
        "legal_reference": rule.legal_reference,
        "source": rule.source,
        "valid_from": rule.valid_from.isoformat() if rule.valid_from else None,
        "valid_to": rule.valid_to.isoformat() if rule.valid_to else None,
        "where": rule.where,
        "place": place.name if place is not None else "",
        "place_es": both(place.name)["es"] if place is not None else "",
        "roads_en": _roads(place, rule_set),
        "opening_hours": hours.text,
        "limited_on": hours.limited_on,
        "not_in_opening_hours": not_in_hours(rule),
        "conditions_en": rule_in_english(rule, attributes),
        "conditions_es": rule_in_spanish(rule, rule_set.country, attributes=rule_set.attributes),
        "lifts": list(rule.lifts),
        "charge_amount": charge.amount if charge else None,
        "charge_currency": charge.currency if charge else None,
        "charge_per": charge.per if charge else None,
        "permit": rule.permit,
        "quota_days_per_year": rule.quota_days_per_year,
        "switches": dict(rule.switches),
        "fine": rule.fine,
        "enforcement_probability": rule.enforcement_probability,
        "note": rule.note,
        "rule": as_file,
    }
    geometry = shapes.get(rule.where)
    return {"type": "Feature", "id": rule.key, "geometry": geometry, "properties": properties}


def _roads(place: Geography | None, rule_set: RuleSet) -> str:
    if place is None:
        return ""
    parts = []
    if place.roads is not None:
        parts.append(in_english(place.roads, rule_set.attributes))
    if place.except_roads is not None:
        excepted = place.except_roads
        whole = f"not ({in_english(excepted, rule_set.attributes)})"
        parts.append(in_english(Not(excepted.part), rule_set.attributes)
                     if isinstance(excepted, Not) else whole)  # fmt: skip
    return " and ".join(parts)


def read_geojson(path: Path | str) -> RuleSet:
    """Read a rule set back from GeoJSON that :func:`to_geojson` wrote.

    Raises
    ------
    InputError
        Not such a file; every fault of its rules, the row being the number of the feature.
    """
    file = str(path)
    data = _collection(Path(path))
    header = data[_HEADER]
    features = data["features"]
    problems: list[Problem] = []
    zones: dict[str, BaseGeometry] = {}
    rules = []
    for number, feature in enumerate(features, start=1):
        properties = feature.get("properties") if isinstance(feature, dict) else None
        rule = properties.get("rule") if isinstance(properties, dict) else None
        if not isinstance(rule, dict):
            expected = "properties.rule: a rule as a rule file writes it"
            problems.append(Problem(file, "rule", number, expected=expected))
            continue
        rules.append(_node(rule, number))
        where = str(rule.get("where", ""))
        if feature.get("geometry") is not None and where and where not in zones:
            area = _area(feature["geometry"], file, number, problems)
            if area is not None:
                zones[where] = area
    answers = header.pop("answers", {})
    if not isinstance(answers, dict):
        problems.append(Problem(file, f"{_HEADER}.answers", expected="switches with true or false"))
    if problems:
        raise InputError(problems)
    root = _node(header, 1)
    if isinstance(root, yaml.MappingNode):
        every = yaml.SequenceNode("tag:yaml.org,2002:seq", rules, *_marks(1))
        root.value.append((_node("rules", 1), every))
    found = rule_set_of(Section(file, root, "", []), Path(path).parent, zones=zones)
    return found.answered(**answers)


def _collection(path: Path) -> dict[str, Any]:
    file = str(path)
    try:
        data = json.loads(read_text(path))
    except json.JSONDecodeError as error:
        expected = f"GeoJSON; {error.msg}"
        raise InputError([Problem(file, "", error.lineno, expected=expected)]) from None
    except (ValueError, RecursionError) as error:
        # Numbers of thousands of digits, brackets thousands deep.
        expected = f"GeoJSON of a usual kind; {' '.join(str(error).split())[:80]}"
        raise InputError([Problem(file, "", expected=expected)]) from None
    known = isinstance(data, dict) and isinstance(data.get("features"), list)
    if not known or not isinstance(data.get(_HEADER), dict):
        expected = f"a FeatureCollection of rules with {_HEADER}, as to_geojson writes it"
        raise InputError([Problem(file, "", expected=expected)])
    return dict(data)


def _area(geometry: Any, file: str, number: int, problems: list[Problem]) -> BaseGeometry | None:
    from shapely.errors import ShapelyError
    from shapely.geometry import shape

    try:
        area: BaseGeometry = shape(geometry)
        if area.geom_type in ("Polygon", "MultiPolygon") and area.is_valid and not area.is_empty:
            return area
        value = area.geom_type
    except (ShapelyError, ValueError, KeyError, TypeError, AttributeError, IndexError):
        value = ""
    expected = "a valid Polygon or MultiPolygon, or null"
    problems.append(Problem(file, "geometry", number, value, expected))
    return None


def _marks(row: int) -> tuple[yaml.Mark, yaml.Mark]:
    mark = yaml.Mark("", 0, row - 1, 0, None, 0)
    return mark, mark


def _node(value: Any, row: int) -> yaml.Node:
    """Return JSON as what a rule file is read from, all on the row of its feature."""
    if isinstance(value, dict):
        pairs = [(_node(str(key), row), _node(found, row)) for key, found in value.items()]
        return yaml.MappingNode("tag:yaml.org,2002:map", pairs, *_marks(row))
    if isinstance(value, list):
        return yaml.SequenceNode(
            "tag:yaml.org,2002:seq", [_node(one, row) for one in value], *_marks(row)
        )
    if value is None:
        return yaml.ScalarNode(_NULL, "", *_marks(row))
    text = ("true" if value else "false") if isinstance(value, bool) else str(value)
    return yaml.ScalarNode(_STRING, text, *_marks(row))
