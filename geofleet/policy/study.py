"""The rules that a study names, with the events declared in it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geofleet.config import STUDY_FILE, PolicyConfig
from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.policy.rules.events import Event
from geofleet.policy.rules.model import RuleSet

if TYPE_CHECKING:
    import geopandas as gpd

    from geofleet.policy.places import LinkPlaces

__all__ = [
    "StudyRules", "check_study_rules", "date_faults", "places_of", "read_layer",
    "read_study_rules", "read_zones",
]  # fmt: skip


@dataclass(frozen=True)
class StudyRules:
    """Rules of a study and what they need to be asked.

    Parameters
    ----------
    rule_set
        With the study's areas and answers to switches.
    events
        Declared events.
    layers
        Areas that geographies are made of, by name of the layer.
    assume
        Values for empty cells of vehicles.
    responses
        What carriers may do about a ban; None for all that there is.
    """

    rule_set: RuleSet
    events: tuple[Event, ...] = ()
    layers: Mapping[str, gpd.GeoDataFrame] = field(default_factory=dict)
    assume: Mapping[str, Any] = field(default_factory=dict)
    responses: tuple[str, ...] | None = None


def read_study_rules(folder: Path, config: PolicyConfig) -> StudyRules:
    """Read the rules of a study with all that they refer to.

    Raises
    ------
    InputError
        Every fault of every file at once.
    """
    from geofleet.policy.contingency import read_bulletin
    from geofleet.policy.rules.packs import load_pack, pack_names
    from geofleet.policy.rules.read import read_rules

    problems: list[Problem] = []
    rule_set: RuleSet | None = None
    zones: dict[str, Any] = {}
    events: tuple[Event, ...] = ()
    layers = {}
    try:
        if config.zones is not None:
            zones = read_zones(folder / config.zones)
    except InputError as error:
        problems += error.problems
    for name, path in config.layers.items():
        try:
            layers[name] = read_layer(folder / path)
        except InputError as error:
            problems += error.problems
    try:
        if config.bulletin is not None:
            events = tuple(read_bulletin(folder / config.bulletin))
    except InputError as error:
        problems += error.problems
    try:
        if config.rules is not None:
            rule_set = read_rules(folder / config.rules, zones=zones)
        elif config.pack in pack_names():
            rule_set = load_pack(config.pack, zones=zones)
        else:
            expected = "a pack of rules: " + ", ".join(pack_names())
            raise InputError([Problem(STUDY_FILE, "policy.pack", 0, str(config.pack), expected)])
        rule_set = rule_set.answered(**config.answers)
    except InputError as error:
        problems += error.problems
    if problems or rule_set is None:
        raise InputError(problems)
    responses = None if config.responses is None else tuple(config.responses)
    return StudyRules(rule_set, events, layers, dict(config.assume), responses)


def check_study_rules(
    rules: StudyRules,
    edges: gpd.GeoDataFrame | None,
    dates: Collection[str] | None,
    *,
    defaults: Defaults | None = None,
) -> list[Problem]:
    """Return what is wrong with rules beside the roads and dates of their study.

    Parameters
    ----------
    edges
        Roads, None where they could not be read.
    dates
        Service dates as ISO texts, None where they could not be read.
    """
    problems = [] if dates is None else date_faults(rules, dates)
    problems += [
        Problem(STUDY_FILE, f"policy.assume.{one.field}", 0, one.value, one.expected)
        for one in assumed_faults(rules.rule_set, rules.assume)
    ]
    if edges is not None:
        try:
            places_of(rules, edges, defaults=defaults)
        except InputError as error:
            problems += error.problems
    return problems


def date_faults(rules: StudyRules, dates: Collection[str]) -> list[Problem]:
    """Return the events that are declared on none of the service dates."""
    problems = []
    for event in rules.events:
        declared = [date.isoformat() for date in event.dates]
        if not set(dates) & set(declared):
            expected = f"a service date of the study: {', '.join(sorted(set(dates)))}"
            value = ", ".join(declared)
            problems.append(Problem(f"event {event.kind}", "dates", 0, value, expected))
    return problems


def assumed_faults(rule_set: RuleSet, assume: Mapping[str, Any]) -> list[Problem]:
    """Return assumptions that rules cannot use: no attribute, no value of its kind, no such word.

    Their file is ``assume``.
    """
    import pandas as pd

    from geofleet.policy.decisions.checks import assumed_faults as unknown_names
    from geofleet.policy.decisions.checks import word_faults
    from geofleet.policy.rules.facts import Facts

    facts = Facts(pd.DataFrame([dict(assume)]), rule_set.attributes)
    wrong = facts.check() + word_faults(rule_set, facts, strict=True)
    return unknown_names(rule_set, assume) + [
        Problem("assume", one.field, 0, one.value, one.expected) for one in wrong
    ]


def places_of(
    rules: StudyRules, edges: gpd.GeoDataFrame, *, defaults: Defaults | None = None
) -> LinkPlaces:
    """Return which roads lie in which geography of rules.

    Raises
    ------
    InputError
        Areas were supplied and none of them holds a road: they are of another city.
    """
    from geofleet.policy.places import link_places

    found = link_places(rules.rule_set, edges, layers=rules.layers, defaults=defaults)
    supplied = [name for name, area in found.areas.items() if area is not None]
    if supplied and not any((found.of(name) > 0).any() for name in supplied):
        expected = "areas that hold roads of this study; none of these does"
        value = ", ".join(supplied)
        raise InputError([Problem(rules.rule_set.file, "geographies", 0, value, expected)])
    return found


def read_zones(path: Path) -> dict[str, Any]:
    """Return areas in EPSG:4326 by the ``id`` of their features.

    Raises
    ------
    InputError
        A file that cannot be read, features without id, without area or with one that
        crosses itself, or with one id twice.
    """
    frame = read_layer(path).to_crs("EPSG:4326")
    problems = []
    if "id" not in frame.columns:
        raise InputError([Problem(str(path), "id", expected="an id of each area")])
    found: dict[str, Any] = {}
    for row, (name, area) in enumerate(zip(frame["id"], frame.geometry, strict=True), start=1):
        if why := _no_area(area):
            problems.append(Problem(str(path), "geometry", row, why, "a polygon that is valid"))
        name = "" if name is None or name != name else str(name).strip()
        if not name:
            problems.append(Problem(str(path), "id", row, name, "an id of each area"))
        elif name in found:
            problems.append(Problem(str(path), "id", row, name, "each id once"))
        found[name] = area
    if problems:
        raise InputError(problems)
    return found


def _no_area(area: Any) -> str:
    """Return what is wrong with an area, nothing where it is one."""
    import shapely

    if area is None or area.is_empty:
        return "nothing"
    if area.geom_type not in ("Polygon", "MultiPolygon"):
        return str(area.geom_type)
    return "" if area.is_valid else str(shapely.is_valid_reason(area))


def read_layer(path: Path) -> gpd.GeoDataFrame:
    """Read a layer from whatever GeoPandas reads.

    Raises
    ------
    InputError
        A file that is not there or cannot be read, a layer without reference system.
    """
    import geopandas as gpd

    if not path.is_file():
        raise InputError([Problem(str(path), expected="a readable file")])
    try:
        frame = gpd.read_parquet(path) if path.suffix == ".parquet" else gpd.read_file(path)
    except (OSError, ValueError, RuntimeError) as error:
        raise InputError([Problem(str(path), expected=f"a layer of shapes ({error})")]) from None
    if frame.crs is None:
        raise InputError([Problem(str(path), "crs", expected="a coordinate reference system")])
    return frame
