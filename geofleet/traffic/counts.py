"""Flows from counts at points, spread over the links of the same road class and zone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geofleet.defaults import Defaults, read_table
from geofleet.defaults.checked import CheckedRows
from geofleet.errors import InputError, Problem
from geofleet.fleet.classes import vehicle_class_names
from geofleet.fleet.composition import FleetComposition
from geofleet.network.model import RoadNetwork
from geofleet.schema import Column, TableSchema, check_frame
from geofleet.traffic.expand import daily_flows, expand_flows, gather_hours
from geofleet.traffic.model import LinkFlows
from geofleet.traffic.places import courses, zones_of_links
from geofleet.traffic.split import (
    FLOW_GROUPS,
    ClassSplit,
    check_overlap,
    class_split,
    group_of_class,
)

__all__ = ["COUNT_SCHEMA", "flows_from_counts"]

_TABLE = "traffic_profiles"
_KM = 1e-3
_SHOWN = 5
_SAME_WAY_DEG = 90.0

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

COUNT_SCHEMA = TableSchema(
    "counts",
    "Vehicles counted at points on roads",
    (
        Column("lon", "number", "longitude", "degrees (EPSG:4326)", minimum=-180, maximum=180),
        Column("lat", "number", "latitude", "degrees (EPSG:4326)", minimum=-90, maximum=90),
        Column("group", "text", "light or heavy (all such vehicles), or a vehicle class"),
        Column("hour", "integer", "local hour counted; empty: the whole day", required=False,
               nullable=True, minimum=0, maximum=23),
        Column("vehicles", "number", "vehicles counted in the hour or day", "vehicles", minimum=0),
        Column("bearing_deg", "number", "direction of the traffic counted, clockwise from north; "
               "empty: both directions together", "degrees", required=False, nullable=True,
               minimum=0, maximum=360),
    ),
)  # fmt: skip


class _Counted(NamedTuple):
    """Daily counts of one group: links, vehicles a day, hourly shares."""

    edge: Ints
    day: Floats
    shape: Floats


def flows_from_counts(
    counts: pd.DataFrame,
    network: RoadNetwork,
    *,
    zones: gpd.GeoDataFrame | None = None,
    id_column: str = "zone_id",
    total_km: Mapping[str, float] | None = None,
    counted_on: str = "weekday",
    day_kind: str = "average",
    composition: FleetComposition | None = None,
    freight_share: Mapping[str, float] | None = None,
    snap_m: float | None = None,
    file: str = "counts",
    defaults: Defaults | None = None,
) -> LinkFlows:
    """Spread counts over a network by road class.

    Each count goes to the nearest link: with a bearing to the direction that runs that way, without
    one half to each direction of the street. Hours become days by the profile of the group. A link
    that was counted keeps its counts (the mean of several); any other link gets the mean of the
    counted links of its road class (ramps apart) in its zone; where there is none, the mean of
    its class in the whole network; where there is none either, the flow that rows
    ``traffic_profiles:relative_flow.<group>.<class>`` give it, scaled by the counts there are
    (sum of the counted flows over the sum of the relative flows of the same links).

    Parameters
    ----------
    counts
        As in ``COUNT_SCHEMA``.
    network
        The roads.
    zones, id_column
        Areas with traffic of their own, such as centre and outskirts; one when not given.
    total_km
        Vehicle-km a day of a group (or class) to which its flows are scaled, all alike, the counted
        links too.
    counted_on, day_kind
        Kind of day of the counts and of the result.
    composition, freight_share
        How light and heavy vehicles split into classes (:func:`class_split`).
    snap_m
        Farthest link; default row ``traffic_profiles:counts.snap_m``.

    Raises
    ------
    InputError
        Every fault: cells, unknown groups, a group beside classes of its own, counts with no road
        near, totals for groups that were not counted.
    """
    scope = (defaults or Defaults()).scope()
    table = check_frame(counts.reset_index(drop=True), COUNT_SCHEMA, file=file)
    groups = _groups(table, total_km or {}, file, scope)
    split = class_split(
        groups, day_kind=day_kind, composition=composition, freight_share=freight_share,
        defaults=scope,
    )  # fmt: skip
    place = _places(table, network, snap_m, file, scope)
    zone = np.full(network.arrays.edge_count, -1, np.int32)
    if zones is not None:
        zone = zones_of_links(network, zones, id_column)
    highway = network.edges["highway"].astype(str).to_numpy(object)
    length_km = network.arrays.length_m * _KM
    daily: dict[str, Floats] = {}
    shapes: dict[str, Floats] = {}
    report: dict[str, Any] = {"counts": len(table), "counted_on": counted_on}
    for group in groups:
        counted = _by_link(table, group, place, split, counted_on)
        spread, notes = _spread(counted, group, highway, zone, scope)
        shape = np.tile(split.driven(group).share, (len(spread), 1))
        shape[counted.edge] = counted.shape
        day = daily_flows(
            {group: spread}, split, period="day", counted_on=counted_on, peak={}
        )[group]  # fmt: skip
        km = float((day * length_km).sum())
        notes["vehicle_km"] = km
        if total_km is not None and group in total_km:
            if not km > 0:
                expected = "counts above 0, to be scaled to a total"
                raise InputError([Problem(file, "vehicles", value=group, expected=expected)])
            notes["scaled_by"] = float(total_km[group]) / km
            day = day * notes["scaled_by"]
        daily[group], shapes[group], report[group] = day, shape, notes
    classes, vehicles = expand_flows(daily, split, shape=shapes)
    return LinkFlows.of(
        network, np.arange(network.arrays.edge_count), classes, vehicles, day_kind=day_kind,
        report=report, provenance=scope.used,
    )  # fmt: skip


def _groups(
    table: pd.DataFrame, total_km: Mapping[str, float], file: str, scope: Defaults
) -> tuple[str, ...]:
    known = (*FLOW_GROUPS, *vehicle_class_names())
    present = table["group"].astype(str)
    problems = [
        Problem(file, "group", int(at) + 1, present.iloc[at], "one of " + ", ".join(known))
        for at in np.flatnonzero(~present.isin(known).to_numpy(bool))[:_SHOWN]
    ]
    groups = tuple(name for name in known if (present == name).any())
    # counts of either are spread over all links, wherever they were counted
    doubles = check_overlap({name: name for name in groups}, file=file, defaults=scope)
    problems += [replace(problem, field="group", value=problem.field) for problem in doubles]
    for group, km in total_km.items():
        if group not in groups:
            expected = "a group that was counted: " + ", ".join(groups)
            problems.append(Problem("total_km", group, expected=expected))
        elif not (np.isfinite(km) and km >= 0):
            problems.append(Problem("total_km", group, 0, str(km), "a number of at least 0"))
    if problems:
        raise InputError(problems)
    return groups


def _places(
    table: pd.DataFrame, network: RoadNetwork, snap_m: float | None, file: str, scope: Defaults
) -> list[tuple[int, ...]]:
    """Return the links of each count: one, or both directions of a street.

    The nearest link of those that run with the bearing, where there is one.
    """
    rows = CheckedRows(scope)
    limit = snap_m
    if limit is None:
        limit = rows.number(_TABLE, "counts.snap_m", 0.0, 1e5, "a number above 0", above=True)
    rows.finish()
    points = gpd.GeoSeries.from_xy(table["lon"], table["lat"], crs=4326)
    places = np.asarray(points.to_crs(network.crs_metric).array)
    bearing = np.full(len(table), np.nan)
    if "bearing_deg" in table.columns:
        bearing = table["bearing_deg"].to_numpy(np.float64, na_value=np.nan)
    lines = np.asarray(network.edges_metric.array)
    count, edge = shapely.STRtree(lines).query(places, predicate="dwithin", distance=limit)
    along = shapely.line_locate_point(lines[edge], places[count])
    # bearings run clockwise from north, courses counter-clockwise from east
    off = np.abs((courses(lines[edge], along) - (90.0 - bearing[count]) + 180.0) % 360.0 - 180.0)
    good = np.isnan(off) | (off <= _SAME_WAY_DEG)
    count, edge = count[good], edge[good].astype(np.int64)
    away = np.round(shapely.distance(places[count], lines[edge]), 6)
    order = np.lexsort((edge, away, count))
    which, first = np.unique(count[order], return_index=True)
    far = sorted(set(range(len(table))) - set(which.tolist()))
    if far:
        raise InputError(
            Problem(file, "lon, lat", at + 1,
                    f"{table['lon'].iloc[at]:.6f}, {table['lat'].iloc[at]:.6f}",
                    f"a place within {limit:g} m of a road (that runs with the bearing)")
            for at in far[:_SHOWN]
        )  # fmt: skip
    nearest = edge[order][first]
    twin = network.arrays.twin[nearest]
    return [
        (int(link), int(other)) if np.isnan(bearing[at]) and other >= 0 else (int(link),)
        for at, (link, other) in enumerate(zip(nearest, twin, strict=True))
    ]


def _by_link(
    table: pd.DataFrame,
    group: str,
    places: list[tuple[int, ...]],
    split: ClassSplit,
    counted_on: str,
) -> _Counted:
    """Return the counts of a group by link: the mean where a link was counted several times."""
    mine = np.flatnonzero((table["group"] == group).to_numpy(bool))
    vehicles = table["vehicles"].to_numpy(np.float64)
    hour = np.full(len(table), -1, dtype=np.int64)
    if "hour" in table.columns:
        hour = table["hour"].fillna(-1).to_numpy(np.int64)
    records = [
        (edge, hour[at], vehicles[at] / len(places[at])) for at in mine for edge in places[at]
    ]
    frame = pd.DataFrame(records, columns=["edge", "hour", "vehicles"])
    frame = frame.groupby(["edge", "hour"])["vehicles"].mean().reset_index()
    edges, place = np.unique(frame["edge"].to_numpy(np.int64), return_inverse=True)
    hours, values = frame["hour"].to_numpy(np.int64), frame["vehicles"].to_numpy(np.float64)
    single = hours >= 0
    counted, driven = split.counted(group, counted_on).share, split.driven(group).share
    day, shape = gather_hours(
        place[single], hours[single], values[single], len(edges), counted, driven
    )
    # a count of the whole day says more than hours of it
    day[place[~single]] = values[~single]
    return _Counted(edges, day, shape)


def _spread(
    counted: _Counted,
    group: str,
    highway: npt.NDArray[np.object_],
    zone: npt.NDArray[np.int32],
    defaults: Defaults,
) -> tuple[Floats, dict[str, Any]]:
    """Return vehicles a day on every link, and how many links got theirs from where."""
    kinds, kind = np.unique(highway.astype(str), return_inverse=True)
    relative = _relative(group, kinds, defaults)[kind]
    expected = float(relative[counted.edge].sum())
    scale = float(counted.day.sum()) / expected if expected > 0 else 0.0
    day = relative * scale
    source = np.zeros(len(highway), dtype=np.int64)
    for level, area in ((1, np.zeros_like(zone)), (2, zone)):
        # one number for each road class and zone
        cell = kind * (int(area.max()) + 2) + area + 1
        n = np.bincount(cell[counted.edge], minlength=int(cell.max()) + 1)
        total = np.bincount(cell[counted.edge], weights=counted.day, minlength=len(n))
        known = n[cell] > 0
        day[known] = (total[cell] / np.maximum(n[cell], 1))[known]
        source[known] = level
    day[counted.edge] = counted.day
    source[counted.edge] = 3
    names = ("relative_flow", "class", "class_and_zone", "counted")
    links = np.bincount(source, minlength=len(names)).tolist()
    return day, {"links_by_source": dict(zip(names, links, strict=True)), "relative_scale": scale}


def _relative(group: str, kinds: npt.NDArray[np.str_], defaults: Defaults) -> Floats:
    """Return the relative flow of each road class.

    A ramp is like its road, a class without a row like a residential street.
    """
    name = group if group in FLOW_GROUPS else group_of_class(group, defaults=defaults)
    rows = CheckedRows(defaults)
    known = read_table(_TABLE).index
    out = np.zeros(len(kinds))
    for number, kind in enumerate(kinds):
        row = f"relative_flow.{name}.{str(kind).removesuffix('_link')}"
        row = row if row in known else f"relative_flow.{name}.residential"
        out[number] = rows.number(_TABLE, row, 0.0, np.inf, "a number of at least 0")
    rows.finish()
    return out
