"""Small road networks by hand, without reading a map."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
from shapely import LineString

from geofleet.network import RoadNetwork, TurnRestriction

CRS = pyproj.CRS.from_epsg(32719)
_ORIGIN = (280_000.0, 6_690_000.0)
_DEFAULTS: dict[str, Any] = {
    "osmid": "1", "highway": "residential", "name": None, "ref": None, "oneway": False,
    "reversed": False, "lanes": np.nan, "maxspeed_kmh": np.nan, "speed_free_kmh": 36.0,
    "speed_source": "class table", "grade": 0.0, "bridge": False, "tunnel": False,
    "junction": None, "service": None, "surface": None, "toll": False, "access": None,
    "motor_vehicle": None, "hgv": None, "maxheight_m": np.nan, "maxwidth_m": np.nan,
    "maxlength_m": np.nan, "maxweight_t": np.nan, "maxaxleload_t": np.nan, "conditional": None,
}  # fmt: skip


def to_lonlat(x_m: float, y_m: float) -> tuple[float, float]:
    """Return longitude and latitude of a place of the small world, in metres."""
    back = pyproj.Transformer.from_crs(CRS, 4326, always_xy=True)
    lon, lat = back.transform(_ORIGIN[0] + x_m, _ORIGIN[1] + y_m)
    return float(lon), float(lat)


def make_network(
    nodes: Mapping[int, tuple[float, float]],
    links: Iterable[tuple[int, int] | tuple[int, int, dict[str, Any]]],
    restrictions: Iterable[TurnRestriction] = (),
) -> RoadNetwork:
    """Build a network from places in metres and directed links (straight unless told).

    Every link gets the attributes of a 36 km/h (10 m/s) street and the ones given; streets
    between the same two nodes have one ``osmid``, so they are twins when both ways are there.
    """
    ids = sorted(nodes)
    xy = np.array([nodes[i] for i in ids], dtype=float) + _ORIGIN
    points = gpd.GeoSeries.from_xy(xy[:, 0], xy[:, 1], crs=CRS)
    lonlat = points.to_crs(4326)
    node_table = gpd.GeoDataFrame(
        {
            "x": lonlat.x.to_numpy(),
            "y": lonlat.y.to_numpy(),
            "elevation_m": np.nan,
            "highway": None,
        },
        geometry=lonlat,
        crs=4326,
    ).set_axis(pd.Index(ids, name="osmid"))
    records, lines, seen = [], [], {}
    for link in links:
        u, v, *more = link
        given = dict(more[0]) if more else {}
        key = seen.setdefault((u, v), 0)
        seen[(u, v)] += 1
        a, b = np.add(nodes[u], _ORIGIN), np.add(nodes[v], _ORIGIN)
        line = given.pop("line", None)
        shape = LineString([a, b] if line is None else np.add(line, _ORIGIN))
        way = f"{min(u, v) * 1000 + max(u, v)}"
        record = {**_DEFAULTS, "osmid": way, "length_m": shape.length, **given}
        records.append({"u": u, "v": v, "key": key, **record})
        lines.append(shape)
    geometry = gpd.GeoSeries(lines, crs=CRS).to_crs(4326)
    edges = gpd.GeoDataFrame(pd.DataFrame(records), geometry=geometry.to_numpy(), crs=4326)
    edges = edges.set_index(["u", "v", "key"]).sort_index()
    return RoadNetwork(node_table, edges, CRS, tuple(restrictions))


def grid(
    columns: int, rows: int, *, step_m: float = 100.0, **attributes: Any
) -> tuple[dict[int, tuple[float, float]], list[tuple[int, int, dict[str, Any]]]]:
    """Return nodes (1, 2, … by row) and two-way streets of a square grid."""
    nodes = {
        1 + row * columns + column: (column * step_m, row * step_m)
        for row in range(rows)
        for column in range(columns)
    }
    links = []
    for row in range(rows):
        for column in range(columns):
            here = 1 + row * columns + column
            beside = [here + 1] if column + 1 < columns else []
            beside += [here + columns] if row + 1 < rows else []
            for there in beside:
                links += [(here, there, dict(attributes)), (there, here, dict(attributes))]
    return nodes, links


def edge_number(network: RoadNetwork, u: int, v: int, key: int = 0) -> int:
    """Return the number of the link from ``u`` to ``v``."""
    return int(network.edges.index.get_loc((u, v, key)))
