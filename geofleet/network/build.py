"""OpenStreetMap file → RoadNetwork."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geofleet.defaults import Defaults, read_table
from geofleet.errors import InputError, NetworkDataError, Problem
from geofleet.network.access import FORBIDDEN, AccessWords
from geofleet.network.attributes import AttributeTable, LinkAttributes, tabulate
from geofleet.network.islands import main_part
from geofleet.network.model import RoadNetwork
from geofleet.network.scan import RawRoads, scan
from geofleet.network.simplify import Chains, DirectedSegments, merge_chains
from geofleet.network.speeds import LinkSpeeds, link_speeds

__all__ = ["read_osm"]

_LOG = logging.getLogger(__name__)
# Mean Earth radius used by OSMnx for edge lengths.
_EARTH_RADIUS_M = 6_371_009.0


def read_osm(
    path: str | Path,
    *,
    country: str | None = None,
    defaults: Defaults | None = None,
    progress: Callable[[float], None] | None = None,
) -> RoadNetwork:
    """Read an OpenStreetMap file into a road network for freight vehicles.

    Parameters
    ----------
    path
        ``.osm.pbf``, ``.osm``, ``.osm.gz`` or ``.osm.bz2``. Clipped extracts are fine: ways are
        cut where their nodes are missing.
    country
        ISO 3166-1 alpha-2 code, for the speeds of roads without ``maxspeed``.
    defaults
        Default numbers; the rows used are in the network's ``provenance``.
    progress
        Called with the fraction done.

    Returns
    -------
    RoadNetwork
        The longest strongly connected part of the roads that motor vehicles may use, with the
        closed roads that hang on it.

    Raises
    ------
    InputError
        The file is missing, empty, truncated or not OpenStreetMap data, or the country is no
        country code.
    NetworkDataError
        The file holds no drivable road, or none that makes a network.
    """
    path = Path(path)
    _check_country(country)
    recorder = (defaults or Defaults()).scope()
    tell = progress or (lambda _fraction: None)
    tell(0.0)
    raw = scan(path, _drivable(recorder))
    tell(0.5)
    table = tabulate(raw.tagsets)
    segments, cuts = _segments(raw, table)
    speeds = link_speeds(table.records, country, recorder)
    words = AccessWords(recorder)
    blocked = _blocked_nodes(raw, words, recorder)
    usable = _usable(table.records, words)[segments.code]
    kept = main_part(segments, len(raw.node_id), usable=usable, blocked=blocked)
    if not kept.any():
        raise NetworkDataError(
            f"{path}: its {len(raw.way_id)} roads do not make a network on which a motor "
            "vehicle could leave a place and come back"
        )
    dropped = segments.take(~kept)
    segments = segments.take(kept)
    tell(0.6)
    chains = merge_chains(segments, len(raw.node_id), keep=blocked)
    edges, order = _edge_table(raw, table.records, speeds, segments, chains)
    nodes = _node_table(raw, segments, chains)
    tell(0.9)
    network = RoadNetwork(
        nodes=nodes,
        edges=edges,
        crs_metric=nodes.estimate_utm_crs(),
        report={
            "file": str(path),
            "ways_read": len(raw.way_id),
            "ways_excluded": raw.excluded,
            "ways_cut_at_missing_nodes": cuts,
            "nodes": len(nodes),
            "edges": len(edges),
            "length_km": float(edges["length_m"].sum()) / 1000,
            "islands_dropped_km": float(dropped.length_m.sum()) / 1000,
        },
        provenance=recorder.used,
    )
    tell(1.0)
    return network


def _check_country(country: str | None) -> None:
    if country is not None and not (len(country) == 2 and country.isalpha()):
        expected = "a two-letter country code such as MX (ISO 3166-1 alpha-2)"
        raise InputError([Problem("settings", "country", value=str(country), expected=expected)])


def _drivable(defaults: Defaults) -> list[str]:
    table = read_table("network_classes")
    return [
        str(name) for name in table.index
        if defaults.text("network_classes", str(name)) == "drivable"
    ]  # fmt: skip


def _segments(raw: RawRoads, table: AttributeTable) -> tuple[DirectedSegments, int]:
    """Cut ways into straight pieces, in each open direction; count the ways cut by gaps."""
    size = np.diff(raw.offsets)
    way = np.repeat(np.arange(len(size)), size)
    position = np.searchsorted(raw.node_id, raw.refs)
    position = np.minimum(position, max(len(raw.node_id) - 1, 0))
    present = np.zeros(len(raw.refs), dtype=bool)
    if len(raw.node_id):
        present = raw.node_id[position] == raw.refs
    same_way = way[1:] == way[:-1]
    joined = same_way & present[1:] & present[:-1] & (position[1:] != position[:-1])
    cuts = len(np.unique(way[~present]))
    at = np.flatnonzero(joined)
    a, b, piece_way = position[at], position[at + 1], way[at]
    length = _great_circle_m(raw.node_lon, raw.node_lat, a, b)
    tagset = raw.way_tagset[piece_way]
    number = np.arange(len(at))
    parts = []
    for codes, source, target, against in (
        (table.forward_code[tagset], a, b, False),
        (table.backward_code[tagset], b, a, True),
    ):
        is_open = codes >= 0
        parts.append(
            (
                source[is_open], target[is_open], number[is_open], piece_way[is_open],
                codes[is_open].astype(np.int64), np.full(int(is_open.sum()), against),
                length[is_open],
            )
        )  # fmt: skip
    return DirectedSegments(*(np.concatenate(pair) for pair in zip(*parts, strict=True))), cuts


def _great_circle_m(
    lon: npt.NDArray[np.float64],
    lat: npt.NDArray[np.float64],
    a: npt.NDArray[np.int64],
    b: npt.NDArray[np.int64],
) -> npt.NDArray[np.float64]:
    """Haversine distance."""
    phi, lam = np.radians(lat), np.radians(lon)
    half = (
        np.sin((phi[b] - phi[a]) / 2) ** 2
        + np.cos(phi[a]) * np.cos(phi[b]) * np.sin((lam[b] - lam[a]) / 2) ** 2
    )
    result: npt.NDArray[np.float64] = 2 * _EARTH_RADIUS_M * np.arcsin(np.sqrt(half))
    return result


def _usable(records: list[LinkAttributes], words: AccessWords) -> npt.NDArray[np.bool_]:
    """Whether some motor vehicle, light or heavy, may use a road with these attributes."""
    code = np.ones(len(records), dtype=np.int8)
    for column in ("access", "motor_vehicle"):
        own = words.codes(getattr(record, column) for record in records)
        code = np.where(own >= 0, own, code)
    usable = code != FORBIDDEN
    for column in ("goods", "hgv"):
        own = words.codes(getattr(record, column) for record in records)
        usable |= own > FORBIDDEN
    return usable


def _blocked_nodes(raw: RawRoads, words: AccessWords, defaults: Defaults) -> npt.NDArray[np.bool_]:
    """Nodes that no motor vehicle passes."""
    barriers = read_table("network_barriers").index
    blocked = np.zeros(len(raw.node_id), dtype=bool)
    for node, tags in raw.node_tags.items():
        code = -1
        for key in ("access", "vehicle", "motor_vehicle", "goods", "hgv"):
            own = words.code(tags.get(key))
            # Private gates open for those who deliver there.
            code = own if own >= 0 and tags[key] != "private" else code
        barrier = tags.get("barrier")
        shut = barrier in barriers and defaults.text("network_barriers", str(barrier)) == "blocks"
        if code == FORBIDDEN or (code < 0 and shut):
            blocked[np.searchsorted(raw.node_id, node)] = True
    return blocked


def _edge_table(
    raw: RawRoads,
    records: list[LinkAttributes],
    speeds: LinkSpeeds,
    segments: DirectedSegments,
    chains: Chains,
) -> tuple[gpd.GeoDataFrame, npt.NDArray[np.int64]]:
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
        "maxaxleload_t", "conditional", "goods", "maxspeed_hgv_kmh",
    ):  # fmt: skip
        columns[name] = _taken(by_record, name, code)
    index = pd.MultiIndex.from_arrays(
        [raw.node_id[u], raw.node_id[v], key], names=["u", "v", "key"]
    )
    # Text stays "object" with None: pandas would guess another type for each column.
    typed = {
        name: pd.Series(values, index=index, dtype=values.dtype) for name, values in columns.items()
    }
    frame = gpd.GeoDataFrame(
        pd.DataFrame(typed, index=index),
        geometry=_lines(raw, segments, chains)[order],
        crs="EPSG:4326",
    )
    return frame, order


_NUMERIC = frozenset(
    (
        "lanes", "maxspeed_kmh", "speed_free_kmh", "maxheight_m", "maxwidth_m", "maxlength_m",
        "maxweight_t", "maxaxleload_t", "maxspeed_hgv_kmh",
    )
)  # fmt: skip
_BOOLEAN = frozenset(("oneway", "bridge", "tunnel", "toll"))


def _taken(by_record: pd.DataFrame, name: str, code: npt.NDArray[np.int64]) -> Any:
    values = by_record[name]
    if name in _NUMERIC:
        return values.to_numpy(np.float64, na_value=np.nan)[code]
    if name in _BOOLEAN:
        return values.to_numpy(bool)[code]
    texts = np.array([value if isinstance(value, str) else None for value in values], dtype=object)
    return texts[code]


def _joined(
    ways: npt.NDArray[np.int64],
    texts: list[Any],
    offsets: npt.NDArray[np.int64],
    order: npt.NDArray[np.int64],
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


def _node_table(raw: RawRoads, segments: DirectedSegments, chains: Chains) -> gpd.GeoDataFrame:
    ends = np.union1d(segments.source[chains.first], segments.target[chains.last])
    ids = raw.node_id[ends]
    lon, lat = raw.node_lon[ends], raw.node_lat[ends]
    highway = [raw.node_tags.get(node, {}).get("highway") for node in ids.tolist()]
    return gpd.GeoDataFrame(
        {
            "x": lon,
            "y": lat,
            "elevation_m": np.full(len(ids), np.nan),
            "highway": np.array(highway, dtype=object),
        },
        index=pd.Index(ids, name="osmid"),
        geometry=shapely.points(lon, lat),
        crs="EPSG:4326",
    )
