"""Road networks as OSMnx graphs, and back.

``to_graph`` follows OSMnx 2 (``osmid, highway, lanes, maxspeed, name, oneway, reversed, length``,
``geometry`` where a link is not one straight piece, numbers of tags as text), so OSMnx's functions
work on the result. What OSMnx has no name for stays under the names of ``EDGE_SCHEMA``; turn
restrictions, report and provenance are attributes of the graph. ``from_graph`` gives all of it
back, and makes a network of any other OSMnx graph from the tags it carries.
"""

from __future__ import annotations

import json
import logging
import os
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import ParseError

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pyproj
import shapely

from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.network.graphs.osmnx_tags import edges_from_tags
from geofleet.network.model import RoadNetwork, TurnRestriction

if TYPE_CHECKING:
    from geofleet.network.model import NetworkArrays

__all__ = ["from_graph", "read_graphml", "to_graph", "write_graphml"]

log = logging.getLogger(__name__)

_MARK = "geofleet"  # graph attribute that says: these columns were ours
_DESCRIBED = frozenset(
    ("node_columns", "edge_columns", "crs_metric", "turn_restrictions", "report", "provenance")
)
_RENAMED = {"length_m": "length"}
_NODE_RENAMED = {"elevation_m": "elevation"}
# Columns that OSMnx holds as the text of the tag; the other way round is in _column.
_YES = ("bridge", "tunnel", "toll")
_NO_CONTROLS = "not known: links have no delay at signals and stop signs"


def to_graph(network: RoadNetwork) -> nx.MultiDiGraph[Any]:
    """Return the network as an OSMnx graph.

    Parameters
    ----------
    network
        The roads.

    Returns
    -------
    networkx.MultiDiGraph
        In EPSG:4326, simplified. Unknown values are absent, as in OSMnx.
    """
    from importlib.metadata import version

    import osmnx as ox

    graph: nx.MultiDiGraph[Any] = nx.MultiDiGraph()
    graph.graph |= {
        "crs": "epsg:4326",
        "simplified": True,
        "created_with": f"geofleet with OSMnx {version('osmnx')}",
        _MARK: json.dumps(_description(network), default=_plain),
    }
    node_columns = [c for c in network.nodes.columns if c != "geometry"]
    for node, values in zip(
        network.nodes.index.tolist(), _records(network.nodes, node_columns), strict=True
    ):
        graph.add_node(node, **{_NODE_RENAMED.get(k, k): v for k, v in values.items()})
    columns = [c for c in network.edges.columns if c != "geometry"]
    lines = network.edges.geometry.to_numpy()
    bent = _is_bent(network)
    records = _records(network.edges, columns)
    for row, ((u, v, key), values) in enumerate(
        zip(network.edges.index.tolist(), records, strict=True)
    ):
        data = _osmnx_edge(values)
        if bent[row]:
            data["geometry"] = lines[row]
        graph.add_edge(u, v, key=key, **data)
    counts = ox.stats.count_streets_per_node(graph)
    nx.set_node_attributes(graph, counts, "street_count")
    return graph


def _records(frame: pd.DataFrame, columns: list[str]) -> list[dict[str, Any]]:
    """Rows as plain Python values, unknown ones left out."""
    series = {name: frame[name].tolist() for name in columns}
    return [
        {name: values[row] for name, values in series.items() if not _unknown(values[row])}
        for row in range(len(frame))
    ]


def _unknown(value: Any) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and value != value)


def _osmnx_edge(values: Mapping[str, Any]) -> dict[str, Any]:
    data = {_RENAMED.get(name, name): value for name, value in values.items()}
    ids = [int(part) if part.lstrip("-").isdigit() else part
           for part in str(values["osmid"]).split(";")]  # fmt: skip
    data["osmid"] = ids if len(ids) > 1 else ids[0]
    for name in _YES:
        if data.pop(name, False):
            data[name] = "yes"
    if "lanes" in data:
        data["lanes"] = f"{data['lanes']:g}"
    if "maxspeed_kmh" in data:
        data["maxspeed"] = f"{data['maxspeed_kmh']:g}"
    if "speed_free_kmh" in data:
        data["speed_kph"] = data["speed_free_kmh"]
        data["travel_time"] = data["length"] / (data["speed_free_kmh"] / 3.6)
    return data


def _is_bent(network: RoadNetwork) -> Any:
    """Lines that are more than the straight piece between their nodes."""
    lines = network.edges.geometry.to_numpy()
    arrays: NetworkArrays = network.arrays
    x, y = network.nodes["x"].to_numpy(), network.nodes["y"].to_numpy()
    ends = np.column_stack([
        x[arrays.edge_from], y[arrays.edge_from], x[arrays.edge_to], y[arrays.edge_to]
    ])  # fmt: skip
    straight = shapely.get_num_coordinates(lines) == 2
    coordinates = shapely.get_coordinates(lines[straight]).reshape(-1, 4)
    straight[straight] = (coordinates == ends[straight]).all(axis=1)
    return ~straight


def _description(network: RoadNetwork) -> dict[str, Any]:
    index = network.edges.index.tolist()
    return {
        "version": 1,
        "node_columns": _kinds(network.nodes),
        "edge_columns": _kinds(network.edges),
        "crs_metric": network.crs_metric.to_wkt(),
        "turn_restrictions": [
            {"edges": [list(index[edge]) for edge in turn.edges], "only": turn.only,
             "scope": turn.scope, "excepted": list(turn.excepted), "osmid": turn.osmid}
            for turn in network.turn_restrictions
        ],
        "report": network.report,
        "provenance": list(network.provenance),
    }  # fmt: skip


def _plain(value: Any) -> Any:
    """Turn what JSON does not know (NumPy numbers, paths) into what it does."""
    return value.item() if isinstance(value, np.generic) else str(value)


def _kinds(frame: pd.DataFrame) -> dict[str, str]:
    """Say with which dtype each column is to be read back."""
    return {str(name): str(frame[name].dtype) for name in frame.columns if name != "geometry"}


def from_graph(
    graph: nx.MultiDiGraph[Any],
    *,
    country: str | None = None,
    defaults: Defaults | None = None,
    source: str = "graph",
) -> RoadNetwork:
    """Make a network of an OSMnx graph.

    Parameters
    ----------
    graph
        From :func:`to_graph`, or any OSMnx graph, simplified or not, in any CRS. Where OSMnx
        merged ways of different tags into one link the value that restricts most is taken:
        lowest limit and speed, closed before open.
    country
        ISO 3166 code for speeds; not used for graphs made by :func:`to_graph`.
    source
        Name of the graph in messages.

    Raises
    ------
    InputError
        Not an OSMnx graph: every attribute that is missing.
    """
    _check(graph, source)
    # Graphs that went through other files may name their nodes by text.
    raw_nodes = sorted(
        ((int(node), data) for node, data in graph.nodes(data=True)), key=lambda item: item[0]
    )
    raw_edges = sorted(
        ((int(u), int(v), int(key), data) for u, v, key, data in graph.edges(keys=True, data=True)),
        key=lambda item: item[:3],
    )
    crs = pyproj.CRS.from_user_input(graph.graph["crs"])
    x = np.array([float(data["x"]) for _, data in raw_nodes])
    y = np.array([float(data["y"]) for _, data in raw_nodes])
    places = {node: (x[i], y[i]) for i, (node, _) in enumerate(raw_nodes)}
    lines = np.array(
        [data.get("geometry") or shapely.LineString([places[u], places[v]])
         for u, v, _, data in raw_edges], dtype=object,
    )  # fmt: skip
    is_degrees = crs == pyproj.CRS.from_epsg(4326)
    points = gpd.GeoSeries(shapely.points(x, y), crs=crs)
    shapes = gpd.GeoSeries(lines, crs=crs)
    if not is_degrees:
        points, shapes = points.to_crs(4326), shapes.to_crs(4326)
    ids = pd.Index([node for node, _ in raw_nodes], dtype="int64", name="osmid")
    index = pd.MultiIndex.from_tuples([edge[:3] for edge in raw_edges], names=["u", "v", "key"])
    node_data = [data for _, data in raw_nodes]
    edge_data = [data for *_, data in raw_edges]

    text = graph.graph.get(_MARK)
    if text is not None:
        ours = _marked(text, source)
        nodes = _restored(node_data, ours["node_columns"], _NODE_RENAMED, ids)
        edges = _restored(edge_data, ours["edge_columns"], _RENAMED, index)
        if not is_degrees:
            nodes["x"], nodes["y"] = points.x.to_numpy(), points.y.to_numpy()
        network = RoadNetwork(
            nodes=gpd.GeoDataFrame(nodes, geometry=points.to_numpy(), crs=4326),
            edges=gpd.GeoDataFrame(edges, geometry=shapes.to_numpy(), crs=4326),
            crs_metric=pyproj.CRS.from_wkt(ours["crs_metric"]),
            report=_with_controls(ours["report"], edges),
            provenance=tuple(ours["provenance"]),
        )
        return network.replace(turn_restrictions=_turns(ours["turn_restrictions"], index))

    rows = (defaults or Defaults()).scope()
    edges, kept, report = edges_from_tags(edge_data, shapes.to_numpy(), index, country, rows)
    if not kept.any():
        expected = "a graph with roads that motor vehicles could use"
        raise InputError([Problem(source, "highway", expected=expected)])
    edges = gpd.GeoDataFrame(edges[kept], geometry=shapes.to_numpy()[kept], crs=4326)
    heights = [float(data.get("elevation", "nan")) for data in node_data]
    signals = [data.get("highway") for data in node_data]
    nodes = gpd.GeoDataFrame(
        {"x": points.x.to_numpy(), "y": points.y.to_numpy(), "elevation_m": heights,
         "highway": pd.Series([v if isinstance(v, str) else None for v in signals], dtype=object,
                              index=ids)},
        index=ids, geometry=points.to_numpy(), crs=4326,
    )  # fmt: skip
    used = np.union1d(edges.index.get_level_values(0), edges.index.get_level_values(1))
    nodes = nodes.loc[used]
    nodes.index.name = "osmid"
    parts = list(nx.strongly_connected_components(nx.DiGraph([edge[:2] for edge in edges.index])))
    outside = len(nodes) - max(map(len, parts))
    if outside:
        log.warning("%s: %d of %d nodes are not on the main part of the roads, which reaches all "
                    "of itself", source, outside, len(nodes))  # fmt: skip
    return RoadNetwork(
        nodes=nodes,
        edges=edges,
        crs_metric=nodes.estimate_utm_crs(),
        report={
            "graph": source,
            "nodes": len(nodes),
            "nodes_outside_main_part": outside,
            "edges": len(edges),
            "length_km": float(edges["length_m"].sum()) / 1000,
            # OSMnx graphs do not hold them.
            "turn_restrictions": "not known",
            "traffic_control": _NO_CONTROLS,
            **report,
        },
        provenance=rows.used,
    )


def _with_controls(report: dict[str, Any], edges: pd.DataFrame) -> dict[str, Any]:
    """Say so in the report where a graph does not hold the signals and stop signs of its links."""
    if {"signals", "stop_signs"} <= set(edges.columns):
        return report
    return {**report, "traffic_control": _NO_CONTROLS}


def _marked(text: str, source: str) -> dict[str, Any]:
    """Return what :func:`to_graph` wrote about the network."""
    try:
        ours = json.loads(text)
    except ValueError:
        ours = None
    if not isinstance(ours, dict) or not ours.keys() >= _DESCRIBED:
        expected = "the attribute as geofleet wrote it; without it, the graph is read as OSMnx's"
        raise InputError([Problem(source, _MARK, value=str(text)[:40], expected=expected)])
    return ours


def _check(graph: Any, source: str) -> None:
    if not isinstance(graph, nx.MultiDiGraph) or len(graph.edges) == 0:
        kind = type(graph).__name__
        expected = "a directed multigraph with edges, as OSMnx makes (networkx.MultiDiGraph)"
        raise InputError([Problem(source, value=kind, expected=expected)])
    problems = []
    if "crs" not in graph.graph:
        problems.append(Problem(source, "crs", expected="the graph attribute crs, as OSMnx sets"))
    else:
        try:
            pyproj.CRS.from_user_input(graph.graph["crs"])
        except pyproj.exceptions.CRSError:
            value, expected = str(graph.graph["crs"]), "a coordinate system such as epsg:4326"
            problems.append(Problem(source, "crs", value=value, expected=expected))
    missing: Counter[str] = Counter()
    for node, data in graph.nodes(data=True):
        missing.update(f"node {name}" for name in ("x", "y") if not _is_finite(data.get(name)))
        missing.update(["whole numbers as node ids"] * (not _is_whole(node)))
    for _, _, data in graph.edges(data=True):
        missing.update(f"edge {name}" for name in ("osmid", "highway") if name not in data)
    problems += [
        Problem(source, name, expected=f"this on every node or edge; {count} lack it")
        for name, count in sorted(missing.items())
    ]
    if problems:
        raise InputError(problems)


def _is_finite(value: Any) -> bool:
    try:
        return bool(np.isfinite(float(value)))
    except (TypeError, ValueError):
        return False


def _is_whole(node: Any) -> bool:
    if isinstance(node, str):
        return node.removeprefix("-").isdecimal()
    return isinstance(node, int | np.integer)


def _restored(
    data: list[dict[str, Any]],
    kinds: Mapping[str, str],
    renamed: Mapping[str, str],
    index: pd.Index,
) -> pd.DataFrame:
    columns = {}
    for name, kind in kinds.items():
        values = [item.get(renamed.get(name, name)) for item in data]
        columns[name] = pd.Series(_column(name, kind, values), index=index, dtype=kind)
    return pd.DataFrame(columns, index=index)


def _column(name: str, kind: str, values: list[Any]) -> Any:
    if name == "osmid":
        values = [";".join(map(str, v)) if isinstance(v, list) else v for v in values]
    if kind in ("object", "str", "string"):
        texts = np.empty(len(values), dtype=object)
        texts[:] = [None if value is None else str(value) for value in values]
        return texts
    if kind == "bool":
        return np.array([value in (True, "True", "yes") for value in values])
    numbers = [float("nan") if value is None else float(value) for value in values]
    return np.array(numbers)


def _turns(described: list[dict[str, Any]], index: pd.MultiIndex) -> tuple[TurnRestriction, ...]:
    number = {edge: row for row, edge in enumerate(index.tolist())}
    return tuple(
        TurnRestriction(
            edges=tuple(number[tuple(edge)] for edge in turn["edges"]), only=turn["only"],
            scope=turn["scope"], excepted=tuple(turn["excepted"]), osmid=turn["osmid"],
        )
        for turn in described
        # A part of the graph may have been cut away since.
        if all(tuple(edge) in number for edge in turn["edges"])
    )  # fmt: skip


def write_graphml(network: RoadNetwork, path: str | Path) -> Path:
    """Write the network as an OSMnx GraphML file, whole or not at all."""
    import osmnx as ox

    path = Path(path)
    partial = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        ox.io.save_graphml(to_graph(network), partial)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return path


def read_graphml(
    path: str | Path, *, country: str | None = None, defaults: Defaults | None = None
) -> RoadNetwork:
    """Read an OSMnx GraphML file; see :func:`from_graph`.

    Raises
    ------
    InputError
        The file is missing, broken, or not an OSMnx graph.
    """
    import osmnx as ox

    path = Path(path)
    if not path.is_file():
        raise InputError([Problem(str(path), expected="an OSMnx GraphML file that exists")])
    try:
        graph = ox.io.load_graphml(path)
    except (ParseError, ValueError, KeyError, TypeError, AttributeError, nx.NetworkXError) as error:
        what = " ".join(str(error).split())[:200]
        expected = f"a whole GraphML file written by OSMnx or geofleet ({what})"
        raise InputError([Problem(str(path), expected=expected)]) from error
    return from_graph(graph, country=country, defaults=defaults, source=str(path))
