"""Rule packs that the package ships, and areas of layers put into the places of a rule set."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geofleet.errors import InputError, MissingDefaultError, Problem
from geofleet.policy.rules.model import Geography, RuleSet
from geofleet.policy.rules.read import read_rules

if TYPE_CHECKING:
    import geopandas as gpd
    from shapely.geometry.base import BaseGeometry

__all__ = ["load_pack", "pack_names", "with_layer"]

_RULES = "rules.yaml"
_DIGITS = range(10)


def pack_names() -> list[str]:
    """Names of the rule packs that the package ships."""
    return sorted(path.name for path in _folder().iterdir() if (path / _RULES).is_file())


def load_pack(
    name: str,
    *,
    zones: Mapping[str, BaseGeometry | gpd.GeoDataFrame] | None = None,
    answers: Mapping[str, bool] | None = None,
    calendars: Mapping[str, Mapping[datetime.date, Collection[int]]] | None = None,
) -> RuleSet:
    """Read a rule pack.

    Parameters
    ----------
    name
        One of :func:`pack_names`.
    zones
        Areas that the pack does not bundle: by id of a geography its polygon (EPSG:4326), or by
        name of a layer a table of areas in any reference system, out of which the pack takes those
        that it names (``packs.with_layer``).
    answers
        By switch its answer where it is not the default.
    calendars
        By calendar of the pack the plate digits of days, as published: these days are added, or
        stand in place of those that the pack has. Their status is ``user``.

    Raises
    ------
    MissingDefaultError
        No such pack.
    InputError
        Zones that are neither geography nor layer of the pack, layers that lack an area, switches
        that the pack does not have, calendars that it does not have, digits that are none.

    Examples
    --------
    >>> rules = load_pack("mexico", answers={"hnc_applies_to_freight": False})
    >>> rules.answer("hnc_applies_to_freight")
    False
    """
    if name not in pack_names():
        raise MissingDefaultError(f"no rule pack {name!r}; there are {pack_names()}")
    rules = read_rules(_folder() / name / _RULES)
    polygons: dict[str, BaseGeometry] = {}
    layers: dict[str, gpd.GeoDataFrame] = {}
    for zone, area in (zones or {}).items():
        (layers if hasattr(area, "geometry") and hasattr(area, "columns") else polygons)[zone] = (
            area
        )
    for layer, areas in layers.items():
        rules = with_layer(rules, layer, areas)
    if polygons:
        rules = _with_polygons(rules, polygons)
    if calendars:
        rules = _with_calendars(rules, calendars)
    return rules.answered(**answers) if answers else rules


def _with_calendars(
    rules: RuleSet, calendars: Mapping[str, Mapping[datetime.date, Collection[int]]]
) -> RuleSet:
    """Return a rule set with days of one's own in its calendars."""
    problems, found = [], dict(rules.calendars)
    known = ", ".join(rules.calendars) or "there is none"
    for name, days in calendars.items():
        if name not in rules.calendars:
            expected = f"a calendar of the pack: {known}"
            problems.append(Problem("calendars", name, expected=expected))
            continue
        wrong = [
            Problem("calendars", f"{name}, {day}", 0, str(digit), "last digits of plates, 0 to 9")
            for day, digits in days.items()
            for digit in digits
            if digit not in _DIGITS
        ]
        wrong += [
            Problem("calendars", name, 0, str(day), "dates (datetime.date)")
            for day in days if not isinstance(day, datetime.date)
        ]  # fmt: skip
        problems += wrong
        before = rules.calendars[name]
        own = {day: frozenset(digits) for day, digits in days.items()} if not wrong else {}
        found[name] = replace(
            before, digits={**before.digits, **own}, status="user",
            source="; ".join(text for text in (before.source, "set by the user") if text),
        )  # fmt: skip
    if problems:
        raise InputError(problems)
    return replace(rules, calendars=found)


def with_layer(
    rule_set: RuleSet, layer: str, areas: gpd.GeoDataFrame, *, column: str | None = None
) -> RuleSet:
    """Return a rule set whose places that are members of a layer have their area.

    Parameters
    ----------
    layer
        Name by which geographies call the layer.
    areas
        Areas of the layer, in any reference system.
    column
        Column with the values of members where it is called otherwise than in the rules.

    Returns
    -------
    RuleSet
        Each geography of the layer has the union of its members as polygon (EPSG:4326).

    Raises
    ------
    InputError
        No geography of that layer, no reference system, no such column, members that the column
        does not hold, members without area.
    """
    places = [
        place for place in rule_set.geographies.values()
        if place.members is not None and place.members.layer == layer
    ]  # fmt: skip
    if not places:
        known = sorted({p.members.layer for p in rule_set.geographies.values() if p.members})
        expected = f"a layer that {rule_set.name} names: " + (", ".join(known) or "there is none")
        raise InputError([Problem(rule_set.file, "layer", 0, layer, expected)])
    problems = []
    if areas.crs is None:
        problems.append(Problem(layer, "crs", 0, "", "a layer with a coordinate reference system"))
    found: list[Geography] = []
    for place in places:
        assert place.members is not None
        own = column or place.members.column
        if own not in areas.columns:
            expected = f"a column of the layer: {', '.join(map(str, areas.columns))}"
            problems.append(Problem(layer, own, 0, "", expected))
            break
        values = areas[own].astype(str).str.strip()
        for value in sorted(place.members.values - set(values)):
            expected = f"an area with this {own}, a member of {place.geography_id}"
            problems.append(Problem(layer, own, 0, value, expected))
        mine = areas[values.isin(place.members.values)]
        empty = mine.geometry.is_empty | mine.geometry.isna()
        for value in values[mine.index[empty]]:
            problems.append(Problem(layer, own, 0, value, "an area that is not empty"))
        if not problems:
            found.append(replace(place, polygon=mine.to_crs("EPSG:4326").geometry.union_all()))
    if problems:
        raise InputError(sorted(set(problems)))
    return rule_set.with_geographies(*found)


def _with_polygons(rules: RuleSet, polygons: Mapping[str, Any]) -> RuleSet:
    problems, found = [], []
    known = ", ".join(rules.geographies)
    for name, area in polygons.items():
        if name not in rules.geographies:
            layers = sorted({p.members.layer for p in rules.geographies.values() if p.members})
            expected = f"a geography ({known}) or a layer ({', '.join(layers) or 'none'})"
            problems.append(Problem(rules.name, "zones", 0, name, f"{expected} of the pack"))
        elif getattr(area, "geom_type", "") not in ("Polygon", "MultiPolygon") or area.is_empty:
            kind = getattr(area, "geom_type", type(area).__name__)
            problems.append(Problem(rules.name, f"zones.{name}", 0, kind, "a polygon (EPSG:4326)"))
        else:
            found.append(replace(rules.geographies[name], polygon=area))
    if problems:
        raise InputError(problems)
    return rules.with_geographies(*found)


def _folder() -> Path:
    return Path(str(resources.files("geofleet.defaults"))) / "packs"
