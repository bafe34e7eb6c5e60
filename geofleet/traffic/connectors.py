"""Where the trips of a zone enter the road network."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from scipy.spatial import cKDTree

from geofleet.defaults import Defaults
from geofleet.network.model import RoadNetwork

__all__ = ["zone_connectors"]

_OPEN = 1
_CURVE = 16  # order of the space-filling curve: 65,536 steps across the zone

Ints = npt.NDArray[np.int32]


def zone_connectors(
    network: RoadNetwork,
    zones: gpd.GeoDataFrame,
    access: npt.NDArray[np.int8],
    *,
    count: int,
    limit_m: float,
    defaults: Defaults,
) -> Ints:
    """Return the junctions of each zone, shape ``(zones, count)``, -1 where there is none.

    Candidates are junctions that an open link enters and another leaves, on roads where vehicles
    stop (not of row ``snap:no_stopping``, no tunnels). Those within the zone are put in order
    along a space-filling curve, each weighing half the length of its links, and taken at equal
    distances along the sum: a spread sample of the zone's streets. A zone with fewer repeats
    them. A zone without any gets the one nearest to it, within ``limit_m``, as does a point.
    """
    arrays = network.arrays
    passing = defaults.text("snap", "no_stopping").split()
    edges = network.edges
    stops = ~(edges["highway"].isin(passing) | edges["tunnel"]).to_numpy(bool)
    usable = (access == _OPEN) & stops
    nodes = arrays.node_count
    leaves = np.bincount(arrays.edge_from[usable], minlength=nodes) > 0
    enters = np.bincount(arrays.edge_to[usable], minlength=nodes) > 0
    good = np.flatnonzero(leaves & enters)
    out = np.full((len(zones), count), -1, dtype=np.int32)
    if not len(good):
        return out
    length = arrays.length_m * usable / 2.0
    weight = np.bincount(arrays.edge_from, weights=length, minlength=nodes)
    weight = weight + np.bincount(arrays.edge_to, weights=length, minlength=nodes)
    points = np.asarray(network.nodes.geometry.to_crs(network.crs_metric).array)[good]
    areas = np.asarray(zones.geometry.to_crs(network.crs_metric).array)
    is_point = shapely.get_dimensions(areas) == 0
    area, place = shapely.STRtree(points).query(areas, predicate="intersects")
    near = cKDTree(np.column_stack([shapely.get_x(points), shapely.get_y(points)]))
    tree = shapely.STRtree(points)
    order = np.argsort(area, kind="stable")
    place = place[order]
    first = np.searchsorted(area[order], np.arange(len(areas) + 1))
    for zone in range(len(areas)):
        inside = place[first[zone] : first[zone + 1]]
        if is_point[zone] or not len(inside):
            if is_point[zone]:
                away, nearest = near.query([shapely.get_x(areas[zone]), shapely.get_y(areas[zone])])
            else:
                found, distance = tree.query_nearest(areas[zone], return_distance=True)
                away, nearest = float(distance[0]), int(found.min())
            if away <= limit_m:
                out[zone] = good[int(nearest)]
            continue
        out[zone] = good[_sample(points[inside], inside, weight[good[inside]], count)]
    return out


def _sample(
    points: npt.NDArray[np.object_],
    numbers: npt.NDArray[np.int64],
    weight: npt.NDArray[np.float64],
    count: int,
) -> npt.NDArray[np.int64]:
    """Take ``count`` points at equal steps of weight along a space-filling curve."""
    if len(points) == 1:
        return np.repeat(numbers, count).astype(np.int64)
    along = gpd.GeoSeries(points).hilbert_distance(level=_CURVE).to_numpy()
    order = np.lexsort((numbers, along))
    reach = np.cumsum(weight[order])
    steps = (np.arange(count) + 0.5) / count * reach[-1]
    at = np.minimum(np.searchsorted(reach, steps), len(order) - 1)
    chosen: npt.NDArray[np.int64] = numbers[order][at].astype(np.int64)
    return chosen
