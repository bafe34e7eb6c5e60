"""Where roads are, nobody lives: points on a carriageway found, and moved to its edge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import shapely

from geofleet.defaults import Defaults
from geofleet.exposure.city.roads import carriageway_width_m

if TYPE_CHECKING:
    from geofleet.network import RoadNetwork

__all__ = ["Carriageways", "normals"]

Floats = npt.NDArray[np.float64]
_PASSES = 8
_STEP_CLEAR_M = 0.5  # roads are sought in classes of width, so that narrow ones find few points


@dataclass(frozen=True)
class Carriageways:
    """Streets once each, with the distance from the centre line that is kept clear of people."""

    lines: npt.NDArray[np.object_]
    edges: npt.NDArray[np.int64]
    width_m: Floats
    clear_m: Floats

    @classmethod
    def of(cls, network: RoadNetwork, used: Defaults) -> Carriageways:
        """Return the streets of a network; clear is half the width and a margin."""
        twin = network.arrays.twin
        once = np.flatnonzero((twin < 0) | (np.arange(len(twin)) < twin))
        width = carriageway_width_m(network.edges.iloc[once], used)
        clear = width / 2.0 + used.number("exposure", "carriageway_margin_m")
        return cls(network.edges_metric.to_numpy()[once], once, width, clear)

    def on(self, xy: Floats) -> npt.NDArray[np.bool_]:
        """Whether each point lies within the clear distance of a street."""
        points = shapely.points(xy)
        found = np.zeros(len(xy), dtype=bool)
        kind = np.ceil(self.clear_m / _STEP_CLEAR_M).astype(np.int64)
        for number in np.unique(kind):
            rows = np.flatnonzero(kind == number)
            tree = shapely.STRtree(self.lines[rows])
            left = np.flatnonzero(~found)
            reach = float(self.clear_m[rows].max())
            point, line = tree.query(points[left], predicate="dwithin", distance=reach)
            gap = shapely.distance(points[left[point]], self.lines[rows[line]])
            found[left[point[self.clear_m[rows[line]] - gap > 1e-6]]] = True
        return found

    def off(self, xy: Floats, report: dict[str, Any]) -> Floats:
        """Move points that lie on a road to its edge, square to the road, until none does."""
        tree = shapely.STRtree(self.lines)
        out = xy.copy()
        left = np.flatnonzero(self.on(xy))
        moved = len(left)
        for attempt in range(_PASSES + 1):
            if not len(left):
                break
            points = shapely.points(out[left])
            pairs = tree.query(points, predicate="dwithin", distance=float(self.clear_m.max()))
            gap = shapely.distance(points[pairs[0]], self.lines[pairs[1]])
            short = self.clear_m[pairs[1]] - gap
            bad = short > 1e-6
            pairs, short = pairs[:, bad], short[bad]
            if attempt == _PASSES or not len(short):
                left = left[np.unique(pairs[0])]
                break
            # The road that the point is deepest in; ties go to the first.
            order = np.lexsort((pairs[1], -short, pairs[0]))
            which, position = np.unique(pairs[0][order], return_index=True)
            road = pairs[1][order][position]
            left = left[which]
            clear = self.clear_m[road] * (1.0 + 0.2 * attempt)
            out[left] = _beside(out[left], self.lines[road], clear)
        report["moved_off_carriageway"] = moved
        report["left_on_carriageway"] = len(left)
        return out


def normals(lines: npt.NDArray[np.object_], along: Floats) -> Floats:
    """Return unit vectors to the left of lines at places along them."""
    length = shapely.length(lines)
    ahead = shapely.line_interpolate_point(lines, np.minimum(along + 0.5, length))
    behind = shapely.line_interpolate_point(lines, np.maximum(along - 0.5, 0.0))
    tangent = shapely.get_coordinates(ahead) - shapely.get_coordinates(behind)
    normal = np.column_stack([-tangent[:, 1], tangent[:, 0]])
    normal /= np.maximum(np.hypot(normal[:, 0], normal[:, 1]), 1e-12)[:, None]
    return normal


def _beside(xy: Floats, lines: npt.NDArray[np.object_], clear: Floats) -> Floats:
    """Points at distance ``clear`` from the lines, on the side where ``xy`` lies."""
    along = shapely.line_locate_point(lines, shapely.points(xy))
    foot = shapely.get_coordinates(shapely.line_interpolate_point(lines, along))
    away = xy - foot
    distance = np.hypot(away[:, 0], away[:, 1])
    # On the centre line itself there is no side; the left one is taken.
    unit = np.where(
        (distance > 1e-6)[:, None],
        away / np.maximum(distance, 1e-12)[:, None],
        normals(lines, along),
    )
    result: Floats = foot + unit * (clear + 1e-3)[:, None]
    return result
