"""The map of a figure: its part of the world, ground, streets by class, scale."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from geofleet.figures.sheet import INK, QUIET, Sheet
from geofleet.wording import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["MapView", "shape_of"]

_WATER, _STREET, _MAIN = "#d3e3ef", "#d6dade", "#b9bfc5"
_ROADS = {"motorway", "trunk", "primary", "secondary", "tertiary"}
_MOST_LINES = 20_000
"""Lines of an SVG; beyond that they are drawn as a picture in it."""
_AT_ONCE = 2_000
"""Lines of one path: the drawing library has a limit."""
_MARGIN = 0.04
_STEPS = (1.0, 2.0, 5.0)


def shape_of(bounds: tuple[float, float, float, float]) -> float:
    """Return width over height of a part of the world, given in degrees."""
    west, south, east, north = bounds
    middle = math.radians((south + north) / 2.0)
    return (east - west) * math.cos(middle) / max(north - south, 1e-9)


class MapView:
    """A map in metres, north up, that fills its axes.

    Parameters
    ----------
    sheet, axes
        Where it is drawn.
    bounds
        West, south, east and north in degrees that must be seen.
    """

    def __init__(self, sheet: Sheet, axes: Axes, bounds: tuple[float, float, float, float]) -> None:
        self.sheet, self.axes = sheet, axes
        box = gpd.GeoSeries([shapely.box(*bounds)], crs=4326)
        self.crs = box.estimate_utm_crs()
        west, south, east, north = box.to_crs(self.crs).total_bounds
        place = axes.get_window_extent()
        shape = place.width / place.height
        width = max(east - west, (north - south) * shape, 100.0) * (1.0 + 2.0 * _MARGIN)
        height = width / shape
        x, y = (west + east) / 2.0, (south + north) / 2.0
        self.extent = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
        self.metres_per_px = width / place.width
        axes.set(xlim=(self.extent[0], self.extent[2]), ylim=(self.extent[1], self.extent[3]),
                 xticks=[], yticks=[])  # fmt: skip
        for spine in axes.spines.values():
            spine.set(visible=True, color="#b9bfc4", linewidth=0.8)

    def ground(self, roads: gpd.GeoDataFrame, base: Mapping[str, gpd.GeoDataFrame]) -> None:
        """Draw water and streets, main ones darker."""
        if "water" in base and len(base["water"]):
            self._areas(base["water"].geometry)
        main = roads["highway"].str.removesuffix("_link").isin(_ROADS).to_numpy(bool)
        self.lines(roads.geometry[~main], _STREET, 0.5)
        self.lines(roads.geometry[main], _MAIN, 0.9)

    def lines(self, geometry: gpd.GeoSeries, colour: str, width_pt: float) -> None:
        """Draw lines alike."""
        from matplotlib.patches import PathPatch
        from matplotlib.path import Path

        parts = shapely.get_parts(self._metric(geometry))
        parts = parts[shapely.get_dimensions(parts) == 1]
        parts = parts[shapely.intersects(parts, shapely.box(*self.extent))]
        if not len(parts):
            return
        simple = shapely.simplify(parts, 0.4 * self.metres_per_px)
        for first in range(0, len(simple), _AT_ONCE):
            some = simple[first : first + _AT_ONCE]
            points, owner = shapely.get_coordinates(some, return_index=True)
            codes = np.where(np.diff(owner, prepend=-1) != 0, Path.MOVETO, Path.LINETO)
            drawn = PathPatch(
                Path(points, codes), fill=False, edgecolor=colour, linewidth=width_pt,
                capstyle="round", joinstyle="round",
            )  # fmt: skip
            drawn.set_rasterized(len(simple) > _MOST_LINES)
            self.axes.add_artist(drawn)

    def _areas(self, geometry: gpd.GeoSeries) -> None:
        from matplotlib.collections import PolyCollection

        shapes = shapely.make_valid(self._metric(geometry))
        seen = shapely.intersection(shapes, shapely.box(*self.extent))
        parts = shapely.get_parts(seen)
        parts = parts[(shapely.get_dimensions(parts) == 2) & ~shapely.is_empty(parts)]
        rings = [
            np.round(shapely.get_coordinates(shapely.get_exterior_ring(part)), 1)
            for part in shapely.simplify(parts, 0.5 * self.metres_per_px)
        ]
        self.axes.add_collection(
            PolyCollection(rings, facecolors=_WATER, edgecolors="none", zorder=0), autolim=False
        )

    def mark(self, place: Any, words: str) -> None:
        """Mark a place, given in degrees, with a number."""
        point = self._metric(gpd.GeoSeries([place], crs=4326))[0]
        self.axes.annotate(
            words, (point.x, point.y), xytext=(10, 10), textcoords="offset points", ha="center",
            va="center", size=11, weight="bold", color="white", zorder=9, annotation_clip=True,
            bbox={"boxstyle": "circle,pad=0.25", "facecolor": INK, "edgecolor": "white"},
            arrowprops={"arrowstyle": "-", "color": INK, "linewidth": 1.2},
        )  # fmt: skip

    def scale(self) -> None:
        """Draw a bar of a round length."""
        west, south, east, _ = self.extent
        most = (east - west) / 5.0
        size = 10.0 ** math.floor(math.log10(most))
        metres = max(step * size for step in _STEPS if step * size <= most)
        x, y = west + 0.02 * (east - west), south + 0.02 * (east - west)
        self.axes.plot([x, x + metres], [y, y], color=INK, linewidth=2.5, solid_capstyle="butt",
                       zorder=9)  # fmt: skip
        readers = self.sheet.figure.frame.readers
        length = readers.quantity(metres / 1000, "km") if metres >= 1000 else readers.quantity(
            metres, "m"
        )  # fmt: skip
        self.axes.annotate(
            self.sheet.words(say("figures.scale", length=length)), (x, y), xytext=(0, 5),
            textcoords="offset points", size=10, color=QUIET, zorder=9,
            bbox={"boxstyle": "square,pad=0.15", "facecolor": "white", "alpha": 0.75,
                  "edgecolor": "none"},
        )  # fmt: skip

    def _metric(self, geometry: gpd.GeoSeries) -> npt.NDArray[np.object_]:
        shapes = geometry.to_crs(self.crs).to_numpy()
        there = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
        return np.asarray(there, dtype=object)
