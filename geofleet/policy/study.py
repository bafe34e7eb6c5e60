"""The rules that a study names, with the events declared in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geofleet.config import PolicyConfig
from geofleet.errors import GeofleetError, InputError, Problem
from geofleet.policy.rules.events import Event
from geofleet.policy.rules.model import RuleSet

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["StudyRules", "read_study_rules", "read_zones"]


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
    from geofleet.policy.rules.packs import load_pack
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
        else:
            rule_set = load_pack(str(config.pack), zones=zones)
        rule_set = rule_set.answered(**config.answers)
    except InputError as error:
        problems += error.problems
    except GeofleetError as error:
        problems.append(Problem("study.yaml", "policy.pack", 0, str(config.pack), str(error)))
    if problems or rule_set is None:
        raise InputError(problems)
    responses = None if config.responses is None else tuple(config.responses)
    return StudyRules(rule_set, events, layers, dict(config.assume), responses)


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
