"""Flows from the output of a traffic model: a table by link, or a layer of lines."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.fleet.composition import FleetComposition
from geofleet.network.model import RoadNetwork
from geofleet.schema import check_frame
from geofleet.traffic.conflation import conflate
from geofleet.traffic.expand import (
    Period,
    daily_flows,
    expand_flows,
    gather_hours,
    peak_hours,
)
from geofleet.traffic.lines import LinkColumns, network_from_links, read_lines
from geofleet.traffic.model import LinkFlows
from geofleet.traffic.split import ClassSplit, class_split
from geofleet.traffic.tables import flow_columns, flow_schema, read_flow_table

__all__ = ["flows_from_links", "read_flows", "read_flows_and_network"]

_LAYERS = (".geojson", ".json", ".gpkg")
_KM = 1e-3

Floats = npt.NDArray[np.float64]


def read_flows(
    path: Path | str,
    network: RoadNetwork,
    *,
    flows: Mapping[str, str] | None = None,
    period: Period = "peak_hour",
    peak_hour: int | None = None,
    counted_on: str = "weekday",
    day_kind: str = "average",
    composition: FleetComposition | None = None,
    freight_share: Mapping[str, float] | None = None,
    columns: LinkColumns | None = None,
    both_ways: bool = False,
    defaults: Defaults | None = None,
) -> LinkFlows:
    """Read link flows and give them to the links of a network.

    Parameters
    ----------
    path
        A CSV or Parquet table whose rows name links (``edge``; ``u, v`` and ``key``;
        ``from_node_id, to_node_id`` or ``link_id`` as in GMNS), or a layer of lines (GeoParquet,
        GeoJSON, GeoPackage) whose flows are moved to the network by :func:`conflate`. A table with
        a column ``hour`` (0–23) has one row for each link and hour.
    network
        The roads.
    flows
        ``{group: column}``, the group being ``light`` or ``heavy`` (all light or heavy vehicles)
        or a vehicle class; recognised by name when not given.
    period
        What a flow without a column ``hour`` is: vehicles in the ``peak_hour`` or in a ``day``.
    peak_hour
        Local hour of the peak; default rows ``traffic_profiles:peak_hour.*``.
    counted_on, day_kind
        Kind of day of the table and of the result (``weekday``, ``saturday``, ``sunday``,
        ``average``).
    composition, freight_share
        How light and heavy vehicles split into classes (:func:`class_split`).
    columns
        Attributes of a line layer.
    both_ways
        Whether the flows of a line layer are the sum of both directions: half goes each way.

    Raises
    ------
    InputError
        Every fault of the file: negative or missing flows, unknown groups, a group beside classes
        of its own, links that the network does not have.
    """
    path = Path(path)
    scope = (defaults or Defaults()).scope()
    if _is_layer(path):
        return flows_from_links(
            read_lines(path), network, flows=flows, period=period, peak_hour=peak_hour,
            counted_on=counted_on, day_kind=day_kind, composition=composition,
            freight_share=freight_share, columns=columns, both_ways=both_ways, file=str(path),
            defaults=scope,
        )  # fmt: skip
    frame, edge, names = read_flow_table(path, network, flows, defaults=scope)
    groups = tuple(names)
    split = class_split(
        groups, day_kind=day_kind, composition=composition, freight_share=freight_share,
        defaults=scope,
    )  # fmt: skip
    shape: dict[str, Floats] | None = None
    if "hour" in frame.columns:
        edges, place = np.unique(edge, return_inverse=True)
        hour = frame["hour"].to_numpy(np.int64)
        counts, shape = {}, {}
        for group, name in names.items():
            counts[group], shape[group] = gather_hours(
                place, hour, frame[name].to_numpy(np.float64), len(edges),
                split.counted(group, counted_on).share, split.driven(group).share,
            )  # fmt: skip
        period = "day"
    else:
        edges = edge
        counts = {group: frame[name].to_numpy(np.float64) for group, name in names.items()}
    return _flows(
        network, edges, counts, split, period, counted_on, peak_hour, {}, scope, shape=shape
    )


def flows_from_links(
    links: gpd.GeoDataFrame,
    network: RoadNetwork,
    *,
    flows: Mapping[str, str] | None = None,
    period: Period = "peak_hour",
    peak_hour: int | None = None,
    counted_on: str = "weekday",
    day_kind: str = "average",
    composition: FleetComposition | None = None,
    freight_share: Mapping[str, float] | None = None,
    columns: LinkColumns | None = None,
    both_ways: bool = False,
    file: str = "links",
    defaults: Defaults | None = None,
) -> LinkFlows:
    """Move the flows of lines to a network by geometry; parameters as :func:`read_flows`.

    The report says how many vehicle-km (in the unit of ``period``) found a link and how many did
    not; the latter are not in the result.

    Raises
    ------
    InputError
        As :func:`read_flows`; no line runs along the network.
    """
    scope = (defaults or Defaults()).scope()
    names = flow_columns([str(c) for c in links.columns], flows, file=file, defaults=scope)
    counts = _line_flows(links, names, file)
    columns = columns or LinkColumns.found([str(c) for c in links.columns])
    if both_ways:
        links = pd.concat([links, links.set_geometry(links.geometry.reverse())], ignore_index=True)
        counts = {group: np.tile(values / 2.0, 2) for group, values in counts.items()}
    moved = conflate(links, network, file=file, defaults=scope)
    if not len(moved.edge):
        expected = "lines that run along the roads of the network (same place, same direction)"
        raise InputError([Problem(file, "geometry", expected=expected)])
    line_km = _line_km(links, columns, network)
    edges, on_edges, kilometres = moved.move(counts, line_km, network)
    split = class_split(
        tuple(names), day_kind=day_kind, composition=composition, freight_share=freight_share,
        defaults=scope,
    )  # fmt: skip
    report = {
        "conflation": kilometres,
        "lines": len(links),
        "lines_without_road": int((moved.matched_share == 0).sum()),
        "matched_length_share": float((moved.matched_share * line_km).sum() / line_km.sum()),
    }
    return _flows(
        network, edges, on_edges, split, period, counted_on, peak_hour, report, scope, shape=None
    )


def read_flows_and_network(
    path: Path | str,
    *,
    flows: Mapping[str, str] | None = None,
    period: Period = "peak_hour",
    peak_hour: int | None = None,
    counted_on: str = "weekday",
    day_kind: str = "average",
    composition: FleetComposition | None = None,
    freight_share: Mapping[str, float] | None = None,
    columns: LinkColumns | None = None,
    both_ways: bool = False,
    highways: Mapping[str, str] | None = None,
    defaults: Defaults | None = None,
) -> tuple[LinkFlows, RoadNetwork]:
    """Read a line layer as flows on a network of its own lines (:func:`network_from_links`).

    Parameters as :func:`read_flows`; ``highways`` gives the OpenStreetMap class of link types.
    """
    path = Path(path)
    scope = (defaults or Defaults()).scope()
    links = read_lines(path)
    names = flow_columns([str(c) for c in links.columns], flows, file=str(path), defaults=scope)
    counts = _line_flows(links, names, str(path))
    made = network_from_links(
        links, columns=columns, both_ways=both_ways, highways=highways, file=str(path),
        defaults=scope,
    )  # fmt: skip
    edges = made.edge.astype(np.int64)
    if both_ways:
        edges = np.concatenate([edges, made.back])
        counts = {group: np.tile(values / 2.0, 2) for group, values in counts.items()}
    split = class_split(
        tuple(names), day_kind=day_kind, composition=composition, freight_share=freight_share,
        defaults=scope,
    )  # fmt: skip
    result = _flows(
        made.network, edges, counts, split, period, counted_on, peak_hour,
        {"lines": len(links)}, scope, shape=None,
    )  # fmt: skip
    return result, made.network


def _is_layer(path: Path) -> bool:
    if path.suffix.lower() in _LAYERS:
        return True
    if path.suffix.lower() != ".parquet" or not path.is_file():
        return False
    import pyarrow
    import pyarrow.parquet

    try:
        return b"geo" in (pyarrow.parquet.read_schema(path).metadata or {})
    except pyarrow.ArrowException:
        return False


def _line_flows(links: gpd.GeoDataFrame, names: Mapping[str, str], file: str) -> dict[str, Floats]:
    schema = flow_schema(names, (), hourly=False)
    table = pd.DataFrame({name: links[name].to_numpy() for name in names.values()})
    checked = check_frame(table, schema, file=file)
    return {group: checked[name].to_numpy(np.float64) for group, name in names.items()}


def _line_km(links: gpd.GeoDataFrame, columns: LinkColumns, network: RoadNetwork) -> Floats:
    drawn: Floats = links.geometry.to_crs(network.crs_metric).length.to_numpy(np.float64) * _KM
    if columns.length_km is None:
        return drawn
    given = pd.to_numeric(links[columns.length_km], errors="coerce").to_numpy(np.float64)
    length: Floats = np.where(np.isfinite(given) & (given > 0), given, drawn)
    return length


def _flows(
    network: RoadNetwork,
    edges: npt.NDArray[np.int64],
    counts: dict[str, Floats],
    split: ClassSplit,
    period: Period,
    counted_on: str,
    peak_hour: int | None,
    report: dict[str, Any],
    scope: Defaults,
    *,
    shape: Mapping[str, Floats] | None,
) -> LinkFlows:
    groups = tuple(counts)
    if period not in ("peak_hour", "day"):
        expected = "peak_hour or day (hours come with a column hour)"
        raise InputError([Problem("traffic", "period", value=str(period), expected=expected)])
    peak = peak_hours(groups, peak_hour, defaults=scope) if period == "peak_hour" else {}
    daily = daily_flows(counts, split, period=period, counted_on=counted_on, peak=peak)
    classes, vehicles = expand_flows(daily, split, shape=shape)
    km = network.arrays.length_m[edges] * _KM
    report = {
        **report,
        "period": period,
        "counted_on": counted_on,
        "counted_vehicle_km": {group: float(values @ km) for group, values in counts.items()},
        "daily_vehicle_km": {group: float(values @ km) for group, values in daily.items()},
    }
    if period == "peak_hour":
        report["peak_hour"] = peak
    return LinkFlows.of(
        network, edges, classes, vehicles, day_kind=split.day_kind, report=report,
        provenance=scope.used,
    )  # fmt: skip
