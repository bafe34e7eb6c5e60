"""Which road links, and which stops, lie in which geography of a rule set."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import shapely

from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.policy.places.areas import WGS84, areas_of
from geofleet.policy.places.lanes import road_lanes
from geofleet.policy.places.words import each_text, folded
from geofleet.policy.rules.conditions import Among, RoadCondition, Setting, attributes_of
from geofleet.policy.rules.days import Days
from geofleet.policy.rules.facts import Facts
from geofleet.policy.rules.model import Geography, RuleSet
from geofleet.policy.rules.truth import UNKNOWN, WORDS, YES, Truths, negated, of_known

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from shapely.geometry.base import BaseGeometry

__all__ = ["LinkPlaces", "link_places"]

_FOLDED = ("name", "class_es")
_SHARE = ("places", "inside.length_share")
# Conditions on roads ask for no day; theirs is any one.
_NO_DAY = Setting(Days((datetime.date(2000, 1, 1),)), [[]], {})

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class LinkPlaces:
    """Geographies of a rule set on the links of a road table.

    Parameters
    ----------
    geographies
        Ids, in the order of the rule set.
    inside
        int8 ``(geographies, links)``: 0 outside, 1 unknown, 2 inside.
    on_roads
        int8 ``(geographies, links)``: the same by the roads alone, wherever they are.
    areas
        Polygons (EPSG:4326) of the geographies that an area limits, None where none is supplied.
    links
        The road table, in its own order.
    missing
        By geography what would have to be known of the links that are unknown.
    provenance
        Default rows used.
    """

    geographies: tuple[str, ...]
    inside: Truths
    on_roads: Truths
    areas: Mapping[str, BaseGeometry | None]
    links: gpd.GeoDataFrame
    missing: Mapping[str, tuple[str, ...]]
    provenance: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Return the number of links."""
        return len(self.links)

    def of(self, geography_id: str) -> Truths:
        """Return the truths of one geography, int8 ``(links,)``.

        Raises
        ------
        KeyError
            No such geography.
        """
        if geography_id not in self.geographies:
            raise KeyError(f"no geography {geography_id!r}; there are {self.geographies}")
        row: Truths = self.inside[self.geographies.index(geography_id)]
        return row

    def at(self, links: npt.ArrayLike) -> dict[str, Truths]:
        """Return by geography the truths at link positions, as ``decide(inside=…)`` takes them."""
        where = np.asarray(links, np.int64)
        return {name: row[where] for name, row in zip(self.geographies, self.inside, strict=True)}

    def signatures(self) -> tuple[Ints, Truths]:
        """Return links grouped by where they lie.

        Returns
        -------
        tuple of numpy.ndarray
            The group of each link, int64 ``(links,)``, and the truths of each group, int8
            ``(geographies, groups)``.
        """
        groups, code = np.unique(self.inside, axis=1, return_inverse=True)
        return code.reshape(-1).astype(np.int64), groups

    def frame(self) -> gpd.GeoDataFrame:
        """Return the links with a column ``inside_<id>`` of no, unknown or yes per geography."""
        out = self.links.copy()
        words = np.array(WORDS, object)
        for name, row in zip(self.geographies, self.inside, strict=True):
            out[f"inside_{name}"] = words[row]
        return out

    def points_inside(
        self, points: gpd.GeoSeries | gpd.GeoDataFrame, *, links: npt.ArrayLike | None = None
    ) -> Truths:
        """Return in which geographies points (stops, depots) lie.

        Parameters
        ----------
        points
            Points with a CRS.
        links
            Position of the link on which each stands, -1 where none is known. Without it, a
            geography that roads limit is unknown inside its area.

        Returns
        -------
        numpy.ndarray
            int8 ``(geographies, points)``.

        Raises
        ------
        InputError
            Points without CRS.
        """
        if points.crs is None:
            raise InputError([Problem("points", expected="a coordinate reference system")])
        places = points.geometry.to_crs(WGS84).to_numpy()
        empty = shapely.is_missing(places) | shapely.is_empty(places)
        where = np.full(len(places), -1, np.int64) if links is None else np.asarray(links, np.int64)
        out = np.empty((len(self.geographies), len(places)), np.int8)
        for row, name in enumerate(self.geographies):
            roads = self.on_roads[row]
            if len(roads) and (roads == YES).all():
                out[row] = YES
            else:
                at = roads[where] if len(roads) else np.full(len(places), UNKNOWN, np.int8)
                out[row] = np.where(where < 0, UNKNOWN, at)
            if name in self.areas:
                area = self.areas[name]
                held = UNKNOWN if area is None else _covered(area, places, empty)
                out[row] = np.minimum(out[row], held)
        return out


def link_places(
    rule_set: RuleSet,
    edges: gpd.GeoDataFrame,
    *,
    layers: Mapping[str, gpd.GeoDataFrame] | None = None,
    defaults: Defaults | None = None,
) -> LinkPlaces:
    """Find out for each geography of a rule set and each road link whether the link lies in it.

    A link lies in an area when at least a share of its length does (default row
    ``places:inside.length_share``). Conditions on roads are asked of the columns of the table;
    empty cells and columns that are not there are unknown, but ``lane_kind`` and ``level`` are
    derived where certain (:func:`road_lanes`). Names and classes match whatever their case and
    accents, whole names only; of a link with several names joined by ``;``, any of them.

    Parameters
    ----------
    edges
        Lines with a CRS: edges of a RoadNetwork, or any road table.
    layers
        Areas by name, for geographies that are made of members of a layer.

    Returns
    -------
    LinkPlaces
        An area that nobody supplied is unknown, and named under ``missing``.

    Raises
    ------
    InputError
        Roads without CRS or that are no lines; layers as :func:`areas_of` says.
    """
    scope = (defaults or Defaults()).scope()
    _check(edges)
    areas = areas_of(rule_set, layers)
    roads = road_lanes(edges, defaults=scope)
    facts = _facts(roads, rule_set)
    lines = edges.geometry.to_crs(WGS84)
    share = scope.number(*_SHARE)
    ids = tuple(rule_set.geographies)
    inside = np.empty((len(ids), len(edges)), np.int8)
    on_roads = np.empty_like(inside)
    missing = {}
    for row, (name, geography) in enumerate(rule_set.geographies.items()):
        on_roads[row] = _on_roads(geography, facts)
        inside[row] = on_roads[row]
        if geography.has_area:
            area = areas[name]
            held = UNKNOWN if area is None else _within(lines, area, share)
            inside[row] = np.minimum(inside[row], held)
        if lacking := _missing(geography, inside[row], areas, facts, lines):
            missing[name] = lacking
    return LinkPlaces(ids, inside, on_roads, areas, edges, missing, scope.used)


def _check(edges: gpd.GeoDataFrame) -> None:
    if edges.crs is None:
        raise InputError([Problem("roads", "geometry", expected="a coordinate reference system")])
    kinds = edges.geom_type
    wrong = ~(kinds.isna() | kinds.isin(["LineString", "MultiLineString"])).to_numpy()
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        found = str(kinds.iloc[row])
        raise InputError([Problem("roads", "geometry", row + 1, found, "a line for each road")])


def _facts(roads: gpd.GeoDataFrame, rule_set: RuleSet) -> Facts:
    """Return facts of roads, their names folded and taken as sets."""
    frame: pd.DataFrame = roads.drop(columns=roads.geometry.name)
    attributes = dict(rule_set.attributes)
    for name in _FOLDED:
        if name in frame.columns:
            frame[name] = each_text(frame[name], _parts)
            attributes[name] = replace(attributes[name], kind="set")
    return Facts(frame, attributes)


def _parts(text: str) -> str:
    return ";".join(folded(part) for part in text.split(";"))


def _without_accents(condition: Any) -> Any:
    """Return a condition that asks for names as :func:`_facts` writes them."""
    if isinstance(condition, Among):
        if condition.attribute not in _FOLDED:
            return condition
        return replace(condition, values=frozenset(folded(text) for text in condition.values))
    if isinstance(condition, tuple):
        return tuple(_without_accents(part) for part in condition)
    if is_dataclass(condition) and not isinstance(condition, type):
        changed = {
            one.name: _without_accents(getattr(condition, one.name))
            for one in fields(condition) if one.name in ("part", "parts")
        }  # fmt: skip
        return replace(condition, **changed) if changed else condition
    return condition


def _on_roads(geography: Geography, facts: Facts) -> Truths:
    out = np.full(len(facts), YES, np.int8)
    if geography.roads is not None:
        out = np.minimum(out, _asked(geography.roads, facts))
    if geography.except_roads is not None:
        out = np.minimum(out, negated(_asked(geography.except_roads, facts)))
    return out


def _asked(condition: RoadCondition, facts: Facts) -> Truths:
    plain: RoadCondition = _without_accents(condition)
    return np.broadcast_to(plain.holds(facts, _NO_DAY)[:, 0], len(facts)).astype(np.int8)


def _within(lines: gpd.GeoSeries, area: BaseGeometry, share: float) -> Truths:
    """Say which lines lie in an area (both EPSG:4326) with at least a share of their length."""
    shapes = lines.to_numpy()
    empty = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    out = np.zeros(len(shapes), bool)
    shapely.prepare(area)
    near = lines.sindex.query(area, predicate="intersects")
    whole = shapely.covers(area, shapes[near])
    out[near[whole]] = True
    cut = near[~whole]
    if len(cut):
        import geopandas as gpd

        # Only what the border cuts is measured, in metres.
        crossing = gpd.GeoSeries(shapes[cut], crs=WGS84)
        metric = crossing.estimate_utm_crs()
        parts = gpd.GeoSeries(shapely.intersection(shapes[cut], area), crs=WGS84)
        length, held = crossing.to_crs(metric).length, parts.to_crs(metric).length
        out[cut] = (held >= share * length).to_numpy()
    return of_known(out, ~empty)


def _covered(
    area: BaseGeometry, places: npt.NDArray[np.object_], empty: npt.NDArray[np.bool_]
) -> Truths:
    shapely.prepare(area)
    return of_known(shapely.covers(area, places), ~empty)


def _missing(
    geography: Geography,
    inside: Truths,
    areas: Mapping[str, BaseGeometry | None],
    facts: Facts,
    lines: gpd.GeoSeries,
) -> tuple[str, ...]:
    """Name what would have to be known of the links that are unknown."""
    unknown = inside == UNKNOWN
    if not unknown.any():
        return ()
    found = []
    if geography.has_area and areas[geography.geography_id] is None:
        found.append(f"area of {geography.geography_id}")
    elif geography.has_area and lines[unknown].isna().any():
        found.append("geometry")
    conditions = (geography.roads, geography.except_roads)
    asked = frozenset().union(*(attributes_of(one) for one in conditions if one is not None))
    roads = unknown & (_on_roads(geography, facts) == UNKNOWN)
    found += [name for name in sorted(asked) if (facts.texts(name)[0][roads] < 0).any()]
    return tuple(found)
