"""Roads as the dispersion kernel sees them: straight segments, widths, one copy per street."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import shapely

from geofleet.defaults import Defaults
from geofleet.exposure.city._kernels import X_MIN

if TYPE_CHECKING:
    import geopandas as gpd

    from geofleet.network import RoadNetwork

__all__ = ["Lines", "carriageway_width_m", "line_numbers", "lines_of_shapes", "make_lines"]

_CLASSES = ("motorway", "trunk", "primary", "secondary", "tertiary")

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Lines:
    """Distinct street lines as arrays, metres, about a local origin.

    Parameters
    ----------
    segments
        Shape (n, 4): x1, y1, x2, y2, none of length zero; those of line ``i`` are
        ``starts[i]:starts[i + 1]``.
    length_m, width_m
        Length and carriageway width of each line.
    line_of
        The line of each edge that was asked for.
    origin
        Metric coordinates of the local origin.
    """

    segments: Floats
    starts: Integers
    length_m: Floats
    width_m: Floats
    line_of: Integers
    origin: tuple[float, float]

    def __len__(self) -> int:
        """Return the number of lines."""
        return len(self.length_m)


def carriageway_width_m(edges: gpd.GeoDataFrame, defaults: Defaults) -> Floats:
    """Width of the whole street in metres: lanes as tagged, else by class, times lane width."""
    classes = edges["highway"].astype(str).str.removesuffix("_link").to_numpy(object)
    lanes = edges["lanes"].to_numpy(np.float64, copy=True)
    missing = ~(lanes > 0.0)
    names = np.where(np.isin(classes, _CLASSES), classes, "other")
    for name in sorted(set(names[missing].tolist())):
        lanes[missing & (names == name)] = defaults.number("exposure", f"lanes_{name}")
    lanes = np.minimum(lanes, defaults.number("exposure", "maximum_lanes"))
    width: Floats = lanes * defaults.number("exposure", "lane_width_m")
    return width


def line_numbers(network: RoadNetwork, edges: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """Return the edge that stands for the street of each edge: its two directions share one."""
    twin = network.arrays.twin[edges]
    return np.where(twin >= 0, np.minimum(edges, twin), edges).astype(np.int32)


def make_lines(
    network: RoadNetwork,
    edges: npt.NDArray[np.int32],
    *,
    defaults: Defaults,
    origin: tuple[float, float] | None = None,
) -> Lines:
    """Return the distinct lines under some edges; the two directions of a street share one."""
    unique, line_of = np.unique(line_numbers(network, edges), return_inverse=True)
    return lines_of_shapes(
        network.edges_metric.to_numpy()[unique],
        width_m=carriageway_width_m(network.edges.iloc[unique], defaults),
        line_of=line_of.astype(np.int64),
        origin=origin,
    )


def lines_of_shapes(
    shapes: npt.NDArray[np.object_],
    *,
    width_m: Floats,
    line_of: Integers | None = None,
    origin: tuple[float, float] | None = None,
) -> Lines:
    """Return lines from line strings in metres.

    A line between two points of one place is one of the least distance that the model knows.
    """
    coordinates, owner = shapely.get_coordinates(shapes, return_index=True)
    if origin is None:
        low, high = coordinates.min(axis=0), coordinates.max(axis=0)
        middle = np.round((low + high) / 2.0)
        origin = (float(middle[0]), float(middle[1]))
    coordinates = coordinates - np.asarray(origin)
    inner = owner[1:] == owner[:-1]
    segments = np.ascontiguousarray(
        np.concatenate([coordinates[:-1], coordinates[1:]], axis=1)[inner]
    )
    segment_owner = owner[:-1][inner]
    length = np.hypot(segments[:, 2] - segments[:, 0], segments[:, 3] - segments[:, 1])
    point = np.bincount(segment_owner, length, len(shapes))[segment_owner] == 0.0
    segments[point] += 0.5 * X_MIN * np.array([-1.0, 0.0, 1.0, 0.0])
    length = np.where(point, X_MIN, length)
    keep = length > 0.0
    segments, segment_owner, length = segments[keep], segment_owner[keep], length[keep]
    return Lines(
        segments=segments,
        starts=np.searchsorted(segment_owner, np.arange(len(shapes) + 1)).astype(np.int64),
        length_m=np.bincount(segment_owner, length, len(shapes)).astype(np.float64),
        width_m=width_m,
        line_of=np.arange(len(shapes)) if line_of is None else line_of,
        origin=origin,
    )
