"""Roads as the dispersion kernel sees them: straight segments, widths, one copy per street."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import shapely

from geofleet.defaults import Defaults
from geofleet.exposure.city import _kernels

if TYPE_CHECKING:
    import geopandas as gpd

    from geofleet.network import RoadNetwork

__all__ = ["Lines", "carriageway_width_m", "make_lines"]

_CLASSES = ("motorway", "trunk", "primary", "secondary", "tertiary")


@dataclass(frozen=True)
class Lines:
    """Distinct street lines as arrays, metres, about a local origin.

    Parameters
    ----------
    segments
        Shape (n, 4): x1, y1, x2, y2; those of line ``i`` are ``starts[i]:starts[i + 1]``.
    centres
        Shape (lines, 4): centre of mass x and y, length, distance of the farthest vertex.
    width_m
        Carriageway width of each line.
    bearing_rad
        Mean direction of each line, counter-clockwise from +x, in [0, pi).
    line_of
        The line of each edge that was asked for.
    origin
        Metric coordinates of the local origin.
    """

    segments: npt.NDArray[np.float64]
    starts: npt.NDArray[np.int64]
    centres: npt.NDArray[np.float64]
    width_m: npt.NDArray[np.float64]
    bearing_rad: npt.NDArray[np.float64]
    line_of: npt.NDArray[np.int64]
    origin: tuple[float, float]

    def __len__(self) -> int:
        """Return the number of lines."""
        return len(self.centres)


def carriageway_width_m(edges: gpd.GeoDataFrame, defaults: Defaults) -> npt.NDArray[np.float64]:
    """Width of the whole street in metres: lanes as tagged, else by class, times lane width."""
    classes = edges["highway"].astype(str).str.removesuffix("_link").to_numpy(object)
    lanes = edges["lanes"].to_numpy(np.float64, copy=True)
    missing = ~(lanes > 0.0)
    names = np.where(np.isin(classes, _CLASSES), classes, "other")
    for name in sorted(set(names[missing].tolist())):
        lanes[missing & (names == name)] = defaults.number("exposure", f"lanes_{name}")
    lanes = np.minimum(lanes, defaults.number("exposure", "maximum_lanes"))
    width: npt.NDArray[np.float64] = lanes * defaults.number("exposure", "lane_width_m")
    return width


def make_lines(network: RoadNetwork, edges: npt.NDArray[np.int32], *, defaults: Defaults) -> Lines:
    """Return the distinct lines under some edges; the two directions of a street share one."""
    twin = network.arrays.twin[edges]
    chosen = np.where(twin >= 0, np.minimum(edges, twin), edges)
    unique, line_of = np.unique(chosen, return_inverse=True)
    geometry = network.edges_metric.to_numpy()[unique]
    coordinates, owner = shapely.get_coordinates(geometry, return_index=True)
    low, high = coordinates.min(axis=0), coordinates.max(axis=0)
    origin = np.round((low + high) / 2.0)
    coordinates = coordinates - origin
    inner = owner[1:] == owner[:-1]
    segments = np.ascontiguousarray(
        np.concatenate([coordinates[:-1], coordinates[1:]], axis=1)[inner]
    )
    segment_owner = owner[:-1][inner]
    length = np.hypot(segments[:, 2] - segments[:, 0], segments[:, 3] - segments[:, 1])
    # An edge between two nodes of one place is a point; as a line of the least distance that the
    # model knows it needs no case of its own.
    point = np.bincount(segment_owner, length, len(unique))[segment_owner] == 0.0
    segments[point] += 0.5 * _kernels.X_MIN * np.array([-1.0, 0.0, 1.0, 0.0])
    length = np.where(point, _kernels.X_MIN, length)
    keep = length > 0.0
    segments, segment_owner, length = segments[keep], segment_owner[keep], length[keep]
    starts = np.searchsorted(segment_owner, np.arange(len(unique) + 1)).astype(np.int64)
    return Lines(
        segments=segments,
        starts=starts,
        centres=_centres(segments, segment_owner, length, coordinates, owner, len(unique)),
        width_m=carriageway_width_m(network.edges.iloc[unique], defaults),
        bearing_rad=_bearings(segments, segment_owner, length, len(unique)),
        line_of=line_of.astype(np.int64),
        origin=(float(origin[0]), float(origin[1])),
    )


def _centres(
    segments: npt.NDArray[np.float64],
    owner: npt.NDArray[np.int64],
    length: npt.NDArray[np.float64],
    vertices: npt.NDArray[np.float64],
    vertex_owner: npt.NDArray[np.int64],
    count: int,
) -> npt.NDArray[np.float64]:
    total = np.bincount(owner, length, count)
    x = np.bincount(owner, length * (segments[:, 0] + segments[:, 2]) / 2.0, count) / total
    y = np.bincount(owner, length * (segments[:, 1] + segments[:, 3]) / 2.0, count) / total
    away = np.hypot(vertices[:, 0] - x[vertex_owner], vertices[:, 1] - y[vertex_owner])
    radius = np.zeros(count)
    np.maximum.at(radius, vertex_owner, away)
    return np.column_stack([x, y, total, radius])


def _bearings(
    segments: npt.NDArray[np.float64],
    owner: npt.NDArray[np.int64],
    length: npt.NDArray[np.float64],
    count: int,
) -> npt.NDArray[np.float64]:
    # Directions without a sense: average on the doubled angle.
    angle = np.arctan2(segments[:, 3] - segments[:, 1], segments[:, 2] - segments[:, 0])
    cosine = np.bincount(owner, length * np.cos(2 * angle), count)
    sine = np.bincount(owner, length * np.sin(2 * angle), count)
    bearing: npt.NDArray[np.float64] = np.mod(0.5 * np.arctan2(sine, cosine), np.pi)
    return bearing


def residential(highway: Sequence[Any], classes: str) -> npt.NDArray[np.bool_]:
    """Whether each edge is of a class along which people live."""
    return np.isin(np.asarray(highway, dtype=object).astype(str), classes.split())
