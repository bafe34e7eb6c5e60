"""A lattice of square cells over the ground, finer beside roads that carry traffic.

A cell is halved while it is large against its distance to the nearest such road, down to the finest
size: concentration falls off with distance from a road, so what a cell may hide falls with it.
Whether a cell is halved depends on the cell alone, so the same place has the same cells whatever
zones lie on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from scipy.spatial import cKDTree

__all__ = ["Lattice", "along"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
_ROAD_STEP_M = 10.0  # numerical: distance to a road by points on it


def along(lines: npt.NDArray[np.object_], step: float) -> tuple[Floats, Floats, Integers, Floats]:
    """Middles of equal pieces of each line, none longer than ``step``.

    Returns their coordinates, lengths, line numbers and places along the line.
    """
    length = shapely.length(lines)
    pieces = np.maximum(np.ceil(length / step), 1).astype(np.int64)
    line = np.repeat(np.arange(len(lines)), pieces)
    number = np.arange(len(line)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    piece = length[line] / pieces[line]
    place = (number + 0.5) * piece
    points = shapely.line_interpolate_point(lines[line], place)
    return shapely.get_coordinates(points), piece, line, place


@dataclass(frozen=True)
class Lattice:
    """Cells of ``spacing_m`` halved up to ``depth`` times beside roads.

    Parameters
    ----------
    spacing_m
        Side of the largest cells; their borders lie on its multiples in the metric CRS.
    depth
        How often a cell may be halved; 0 without grading.
    roads
        Search tree of points on the roads with traffic, None without grading.
    grading
        A cell is halved when the gap between it and the nearest road is less than this times its
        side.
    """

    spacing_m: float
    depth: int = 0
    roads: Any = None
    grading: float = 0.0

    @classmethod
    def graded(
        cls,
        spacing_m: float,
        lines: npt.NDArray[np.object_],
        *,
        finest_m: float,
        grading: float,
    ) -> Lattice:
        """Return a lattice that goes down to about ``finest_m`` beside the lines."""
        depth = max(round(float(np.log2(spacing_m / finest_m))), 0)
        if depth == 0 or not len(lines):
            return cls(spacing_m)
        return cls(spacing_m, depth, cKDTree(along(lines, _ROAD_STEP_M)[0]), grading)

    def _halve(self, corner: Integers, level: int) -> npt.NDArray[np.bool_]:
        """Whether cells of a level (in units of their size) are halved."""
        if level >= self.depth:
            return np.zeros(len(corner), dtype=bool)
        size = self.spacing_m / 2**level
        if not len(corner):
            return np.zeros(0, dtype=bool)
        low = corner.min(axis=0)
        up = int(corner[:, 1].max() - low[1]) + 1
        cells, which = np.unique((corner - low) @ np.array([up, 1]), return_inverse=True)
        middle = (np.column_stack([cells // up, cells % up]) + low + 0.5) * size
        reach = size * (self.grading + np.sqrt(0.5))
        found, _ = self.roads.query(middle, distance_upper_bound=reach)
        return np.asarray(np.isfinite(found))[which]

    def cell_of(self, xy: Floats) -> Integers:
        """Return the cell of each point: its lower left corner in units of the finest size."""
        units = 2**self.depth
        cell = np.empty((len(xy), 2), dtype=np.int64)
        left = np.arange(len(xy))
        for level in range(self.depth + 1):
            corner = np.floor(xy[left] / (self.spacing_m / 2**level)).astype(np.int64)
            split = self._halve(corner, level)
            cell[left[~split]] = corner[~split] * (units // 2**level)
            left = left[split]
        return cell

    def inside(self, shapes: npt.NDArray[np.object_]) -> tuple[Floats, Integers, Floats]:
        """Return the middles of the cells that lie in each polygon, with polygon and area.

        Ordered by polygon; a polygon too small for any middle has none.
        """
        low = np.floor(shapely.bounds(shapes)[:, :2] / self.spacing_m).astype(np.int64)
        high = np.floor(shapely.bounds(shapes)[:, 2:] / self.spacing_m).astype(np.int64)
        across, up = (high - low + 1).T
        owner = np.repeat(np.arange(len(shapes)), across * up)
        number = np.arange(len(owner)) - np.repeat(
            np.cumsum(across * up) - across * up, across * up
        )
        corner = low[owner] + np.column_stack([number % across[owner], number // across[owner]])
        points, owners, areas = [], [], []
        shapely.prepare(shapes)
        for level in range(self.depth + 1):
            size = self.spacing_m / 2**level
            split = self._halve(corner, level)
            middle = (corner[~split] + 0.5) * size
            mine = owner[~split]
            keep = shapely.contains_xy(shapes[mine], middle[:, 0], middle[:, 1])
            points.append(middle[keep])
            owners.append(mine[keep])
            areas.append(np.full(int(keep.sum()), size**2))
            quarters = np.array([[0, 0], [1, 0], [0, 1], [1, 1]])
            corner = (corner[split][:, None] * 2 + quarters).reshape(-1, 2)
            owner = np.repeat(owner[split], 4)
        zone = np.concatenate(owners)
        order = np.argsort(zone, kind="stable")
        return np.concatenate(points)[order], zone[order], np.concatenate(areas)[order]
