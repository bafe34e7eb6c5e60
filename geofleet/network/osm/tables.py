"""Links and junctions as tables with the columns of ``EDGE_SCHEMA`` and ``NODE_SCHEMA``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import shapely

from geofleet.network.osm.attributes import LinkAttributes
from geofleet.network.osm.controls import Controls
from geofleet.network.osm.restrictions import LinkEnds
from geofleet.network.osm.scan import RawRoads
from geofleet.network.osm.simplify import Chains, DirectedSegments, Ints
from geofleet.network.speeds import LinkSpeeds

__all__ = ["edge_report", "edge_table", "link_ends", "node_table", "utm_zone"]

_ZONE_DEGREES, _ZONES = 6, 60
_UTM_NORTH, _UTM_SOUTH = 32600, 32700  # EPSG codes less the zone number
_LIMIT_COLUMNS = (
    "access", "motor_vehicle", "goods", "hgv", "maxheight_m", "maxwidth_m", "maxlength_m",
    "maxweight_t", "maxaxleload_t", "maxspeed_hgv_kmh", "conditional",
)  # fmt: skip


def edge_table(
    raw: RawRoads,
    records: Sequence[LinkAttributes],
    speeds: LinkSpeeds,
    segments: DirectedSegments,
    chains: Chains,
    controls: Controls,
) -> tuple[gpd.GeoDataFrame, Ints]:
    """Make the edge table; also returns the chain of each row."""
    first, last = chains.first, chains.last
    u, v = segments.source[first], segments.target[last]
    order = np.lexsort((np.arange(len(u)), v, u))
    u, v, first = u[order], v[order], first[order]
    code = segments.code[first]
    new_pair = np.ones(len(u), dtype=bool)
    new_pair[1:] = (u[1:] != u[:-1]) | (v[1:] != v[:-1])
    group_start = np.maximum.accumulate(np.where(new_pair, np.arange(len(u)), 0))
    key = np.arange(len(u)) - group_start
    length = np.add.reduceat(segments.length_m[chains.pieces], chains.offsets[:-1])[order]
    ways = segments.way[chains.pieces]
    columns: dict[str, Any] = {
        "osmid": _joined(ways, [str(i) for i in raw.way_id.tolist()], chains.offsets, order)
    }
    names = [raw.texts[i] for i in raw.way_name.tolist()]
    refs = [raw.texts[i] for i in raw.way_ref.tolist()]
    by_record = pd.DataFrame(records, columns=LinkAttributes._fields)
    by_record["maxspeed_kmh"] = speeds.maxspeed_kmh
    by_record["maxspeed_hgv_kmh"] = speeds.maxspeed_hgv_kmh
    by_record["speed_free_kmh"] = speeds.speed_free_kmh
    by_record["speed_source"] = speeds.source
    columns["highway"] = _taken(by_record, "highway", code)
    columns["name"] = _joined(ways, names, chains.offsets, order)
    columns["ref"] = _joined(ways, refs, chains.offsets, order)
    columns["oneway"] = _taken(by_record, "oneway", code)
    columns["reversed"] = segments.reversed[first]
    for name in ("lanes", "maxspeed_kmh", "speed_free_kmh", "speed_source"):
        columns[name] = _taken(by_record, name, code)
    columns["length_m"] = length
    columns["grade"] = np.zeros(len(u))
    for name in (
        "bridge", "tunnel", "junction", "service", "surface", "toll", "access",
        "motor_vehicle", "hgv", "maxheight_m", "maxwidth_m", "maxlength_m", "maxweight_t",
        "maxaxleload_t", "goods", "maxspeed_hgv_kmh",
    ):  # fmt: skip
        columns[name] = _taken(by_record, name, code)
    columns["signals"] = controls.signals[order]
    columns["stop_signs"] = controls.stop_signs[order]
    columns["conditional"] = _taken(by_record, "conditional", code)
    index = pd.MultiIndex.from_arrays(
        [raw.node_id[u], raw.node_id[v], key], names=["u", "v", "key"]
    )
    # Text stays "object" with None: pandas would guess another type for each column.
    series: dict[str, Any] = {
        name: pd.Series(values, index=index, dtype=values.dtype, copy=False)
        for name, values in columns.items()
    }
    series["geometry"] = gpd.GeoSeries(
        _lines(raw, segments, chains)[order], index=index, crs="EPSG:4326"
    )
    # From a dict without copying: a large city is some hundred megabytes.
    frame = gpd.GeoDataFrame(series, index=index, copy=False)
    return frame, order


_NUMERIC = frozenset(
    (
        "lanes", "maxspeed_kmh", "speed_free_kmh", "maxheight_m", "maxwidth_m", "maxlength_m",
        "maxweight_t", "maxaxleload_t", "maxspeed_hgv_kmh",
    )
)  # fmt: skip
_BOOLEAN = frozenset(("oneway", "bridge", "tunnel", "toll"))


def _taken(by_record: pd.DataFrame, name: str, code: Ints) -> Any:
    values = by_record[name]
    if name in _NUMERIC:
        return values.to_numpy(np.float64, na_value=np.nan)[code]
    if name in _BOOLEAN:
        return values.to_numpy(bool)[code]
    texts = np.array([value if isinstance(value, str) else None for value in values], dtype=object)
    return texts[code]


def _joined(
    ways: Ints,
    texts: list[Any],
    offsets: Ints,
    order: Ints,
) -> npt.NDArray[np.object_]:
    """Text of each link: that of its way, or the different ones of its ways joined by ';'."""
    lookup = np.array(texts, dtype=object)
    result = lookup[ways[offsets[:-1]]]
    changes = np.zeros(len(ways), dtype=bool)
    changes[1:] = ways[1:] != ways[:-1]
    changes[offsets[:-1]] = False
    mixed = np.unique(np.searchsorted(offsets, np.flatnonzero(changes), side="right") - 1)
    for link in mixed.tolist():
        run = dict.fromkeys(lookup[ways[offsets[link] : offsets[link + 1]]].tolist())
        run.pop(None, None)
        result[link] = ";".join(run) or None
    chosen: npt.NDArray[np.object_] = result[order]
    return chosen


def _lines(raw: RawRoads, segments: DirectedSegments, chains: Chains) -> npt.NDArray[np.object_]:
    links = len(chains)
    size = np.diff(chains.offsets) + 1
    start = np.cumsum(size) - size
    node = np.empty(int(size.sum()), dtype=np.int64)
    is_start = np.zeros(len(node), dtype=bool)
    is_start[start] = True
    node[is_start] = segments.source[chains.first]
    node[~is_start] = segments.target[chains.pieces]
    coordinates = np.column_stack([raw.node_lon[node], raw.node_lat[node]])
    lines: npt.NDArray[np.object_] = shapely.linestrings(
        coordinates, indices=np.repeat(np.arange(links), size)
    )
    return lines


def node_table(raw: RawRoads, segments: DirectedSegments, chains: Chains) -> gpd.GeoDataFrame:
    """Make the node table: the ends of all links, ids ascending."""
    ends = np.union1d(segments.source[chains.first], segments.target[chains.last])
    ids = raw.node_id[ends]
    lon, lat = raw.node_lon[ends], raw.node_lat[ends]
    highway = [raw.node_tags.get(node, {}).get("highway") for node in ids.tolist()]
    index = pd.Index(ids, name="osmid")
    return gpd.GeoDataFrame(
        {
            "x": lon,
            "y": lat,
            "elevation_m": np.full(len(ids), np.nan),
            "highway": pd.Series(highway, index=index, dtype=object),
        },
        index=index,
        geometry=shapely.points(lon, lat),
        crs="EPSG:4326",
    )


def utm_zone(nodes: gpd.GeoDataFrame) -> pyproj.CRS:
    """Return the WGS 84 / UTM zone of the middle of the nodes.

    The same zone as GeoPandas' ``estimate_utm_crs``, without its search of the CRS database.
    """
    west, south, east, north = nodes.total_bounds
    zone = min(int(((west + east) / 2 + 180) // _ZONE_DEGREES) + 1, _ZONES)
    return pyproj.CRS.from_epsg((_UTM_NORTH if south + north >= 0 else _UTM_SOUTH) + zone)


def link_ends(raw: RawRoads, segments: DirectedSegments, chains: Chains, order: Ints) -> LinkEnds:
    """Describe the links as turn restrictions need to see them, in the order of the table."""
    first, last = chains.first[order], chains.last[order]
    start, end = raw.node_id[segments.source[first]], raw.node_id[segments.target[last]]

    def ways_of(link: int) -> frozenset[int]:
        chain = int(order[link])
        pieces = chains.pieces[chains.offsets[chain] : chains.offsets[chain + 1]]
        return frozenset(raw.way_id[segments.way[pieces]].tolist())

    return LinkEnds(
        start=start,
        end=end,
        first_way=raw.way_id[segments.way[first]],
        last_way=raw.way_id[segments.way[last]],
        first_piece=segments.segment[first],
        last_piece=segments.segment[last],
        ways_of=ways_of,
        known_ways=raw.way_id[np.unique(segments.way)],
    )


def edge_report(edges: gpd.GeoDataFrame) -> dict[str, Any]:
    """Count and measure the edge table for the network's report."""
    length = edges["length_m"].to_numpy(np.float64)
    total = float(length.sum())
    source = edges["speed_source"].to_numpy(object)
    return {
        "edges": len(edges),
        "length_km": total / 1000,
        "speed_source_share": {
            name: float(length[source == name].sum()) / total if total else 0.0
            for name in ("maxspeed", "class table")
        },
        "truck_limits_km": {
            column: float(length[edges[column].notna().to_numpy()].sum()) / 1000
            for column in _LIMIT_COLUMNS
        },
    }
