"""Driven paths: traversals joined into lines that begin and end where the vehicle did."""

from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

__all__ = ["driven_paths", "part_of_line"]

_TOUCH_DEGREES = 1e-5  # about a metre: closer ends are the same place

Coordinates = npt.NDArray[np.float64]


def part_of_line(coordinates: Coordinates, start: float, end: float) -> Coordinates:
    """Return the part of a line from ``start`` to ``end``, as parts of its length (0 to 1).

    Parameters
    ----------
    coordinates
        Shape (points, 2), longitude and latitude in degrees. Lengths are measured with the
        longitudes shortened by the cosine of the mean latitude: exact enough for a road link.
    start, end
        From 0 to 1; the result runs backwards when ``end`` is less than ``start``.
    """
    if start > end:
        return part_of_line(coordinates, end, start)[::-1]
    if start <= 0.0 and end >= 1.0:
        return coordinates
    shrink = math.cos(math.radians(float(coordinates[:, 1].mean())))
    steps = np.diff(coordinates, axis=0)
    along = np.concatenate([[0.0], np.cumsum(np.hypot(steps[:, 0] * shrink, steps[:, 1]))])
    cuts = np.array([start, end]) * along[-1]
    ends = np.column_stack([np.interp(cuts, along, coordinates[:, axis]) for axis in (0, 1)])
    inside = (along > cuts[0]) & (along < cuts[1])
    return np.concatenate([ends[:1], coordinates[inside], ends[1:]])


def driven_paths(
    traversals: pd.DataFrame, *, edges: gpd.GeoDataFrame, count: int
) -> npt.NDArray[np.object_]:
    """Return one MultiLineString per vehicle-day, None for a day without any driving.

    Parameters
    ----------
    traversals
        ``Traversals.frame``, sorted by vehicle-day and sequence.
    edges
        ``RoadNetwork.edges``.
    count
        Number of vehicle-days.
    """
    lines = edges.geometry.to_numpy()
    points = shapely.get_coordinates(lines)
    offsets = np.concatenate([[0], np.cumsum(shapely.get_num_coordinates(lines))])
    day = traversals["vehicle_day"].to_numpy()
    edge = traversals["edge"].to_numpy()
    start = traversals["from_fraction"].to_numpy(np.float64)
    end = traversals["to_fraction"].to_numpy(np.float64)
    bounds = np.searchsorted(day, np.arange(count + 1))
    paths = np.full(count, None, dtype=object)
    for number in range(count):
        pieces = []
        for row in range(bounds[number], bounds[number + 1]):
            line = points[offsets[edge[row]] : offsets[edge[row] + 1]]
            pieces.append(part_of_line(line, start[row], end[row]))
        parts = _unbroken(pieces)
        if parts:
            paths[number] = shapely.multilinestrings([shapely.linestrings(p) for p in parts])
    return paths


def _unbroken(pieces: list[Coordinates]) -> list[Coordinates]:
    """Join pieces that touch, and drop points that repeat."""
    groups: list[list[Coordinates]] = []
    for piece in pieces:
        if groups and np.abs(groups[-1][-1][-1] - piece[0]).max() < _TOUCH_DEGREES:
            groups[-1].append(piece[1:])
        else:
            groups.append([piece])
    joined = [np.concatenate(group) for group in groups]
    distinct = [
        line[np.append(True, np.any(np.diff(line, axis=0) != 0, axis=1))] for line in joined
    ]
    return [line for line in distinct if len(line) > 1]
