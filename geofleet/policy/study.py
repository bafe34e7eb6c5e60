"""The rules that a study names, with the events declared in it."""

from __future__ import annotations

import datetime
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
    "StudyRules", "check_study_rules", "date_faults", "places_of", "read_study_rules", "read_zones",
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
            layers[name] = _layer(folder / path)
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
    problems += _assumed_faults(rules, dates)
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


def _assumed_faults(rules: StudyRules, dates: Collection[str] | None) -> list[Problem]:
    """Ask the rules about one vehicle of which nothing is known but what is assumed."""
    import pandas as pd

    from geofleet.policy.decisions import decide

    day = min(dates) if dates else datetime.date.today().isoformat()
    nobody, on = pd.DataFrame(index=[0]), [datetime.date.fromisoformat(day)]
    problems = []
    for name, value in rules.assume.items():
        try:
            decide(rules.rule_set, nobody, on, assume={name: value})
        except InputError as error:
            problems += [
                Problem(STUDY_FILE, f"policy.assume.{name}", 0, str(value), one.expected)
                for one in error.problems if one.file == "assume"
            ]  # fmt: skip
    return problems


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
        A file that cannot be read, features without id, without area, or with one id twice.
    """
    frame = _layer(path).to_crs("EPSG:4326")
    problems = []
    if "id" not in frame.columns:
        raise InputError([Problem(str(path), "id", expected="an id of each area")])
    found: dict[str, Any] = {}
    for row, (name, area) in enumerate(zip(frame["id"], frame.geometry, strict=True), start=1):
        if area is None or area.geom_type not in ("Polygon", "MultiPolygon"):
            kind = "nothing" if area is None else area.geom_type
            problems.append(Problem(str(path), "geometry", row, kind, "a polygon"))
        if str(name) in found:
            problems.append(Problem(str(path), "id", row, str(name), "each id once"))
        found[str(name)] = area
    if problems:
        raise InputError(problems)
    return found


def _layer(path: Path) -> gpd.GeoDataFrame:
    """Read a layer of areas from whatever GeoPandas reads."""
    import geopandas as gpd

    if not path.is_file():
        raise InputError([Problem(str(path), expected="a readable file")])
    try:
        frame = gpd.read_parquet(path) if path.suffix == ".parquet" else gpd.read_file(path)
    except (OSError, ValueError, RuntimeError) as error:
        raise InputError([Problem(str(path), expected=f"a layer of areas ({error})")]) from None
    if frame.crs is None:
        raise InputError([Problem(str(path), "crs", expected="a coordinate reference system")])
    return frame
