"""The streets of the bundled study as a place to draw addresses from, and the dice.

Used by ``make_freight_day.py``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import NormalDist
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import osmium
import pyproj
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

NOT_FOR_STOPS = ["motorway", "trunk"]
SETBACK_M = (5.0, 20.0)
DEPOT_SETBACK_M = 12.0
DEPOT_MOVE_LIMIT_M = 100.0
Array = npt.NDArray[np.float64]


class Dice:
    """Draws made of raw uniform numbers only, so that no library version changes them."""

    def __init__(self, seed: int) -> None:
        self._source = np.random.Generator(np.random.PCG64(seed))

    def uniform(self, low: float, high: float) -> float:
        """Return a number between ``low`` and ``high``."""
        return low + (high - low) * float(self._source.random())

    def lognormal(self, median: float, sigma: float) -> float:
        """Return a number whose logarithm is normal."""
        return median * math.exp(sigma * NormalDist().inv_cdf(self.uniform(1e-6, 1 - 1e-6)))

    def whole(self, low: int, high: int) -> int:
        """Return a whole number from ``low`` to ``high``, both possible."""
        return low + int(self.uniform(0, high - low + 1))

    def pick(self, cumulated: Array) -> int:
        """Return a position with the probability that ``cumulated`` weights give it."""
        return int(np.searchsorted(cumulated, self.uniform(0, float(cumulated[-1])), "right"))

    def shuffled(self, count: int) -> list[int]:
        """Return 0 … count-1 in random order."""
        return [int(i) for i in np.argsort(self._source.random(count), kind="stable")]


@dataclass(frozen=True)
class Place:
    """A point in metres (the study's CRS)."""

    x: float
    y: float


class Streets:
    """Street segments of the study in metres, and where addresses may lie on them."""

    def __init__(self, folder: Path, crs: str, plan: dict[str, Any]) -> None:
        self.plan = plan
        self.to_metres = pyproj.Transformer.from_crs(4326, crs, always_xy=True)
        location: dict[int, tuple[float, float]] = {}
        ends: list[tuple[int, int]] = []
        classes: list[str] = []
        both_ways: list[bool] = []
        for thing in osmium.FileProcessor(folder / "roads.osm.pbf"):
            if isinstance(thing, osmium.osm.Node):
                location[thing.id] = (thing.location.lon, thing.location.lat)
            elif isinstance(thing, osmium.osm.Way):
                refs = [node.ref for node in thing.nodes]
                ends += list(pairwise(refs))
                classes += [thing.tags["highway"]] * (len(refs) - 1)
                both_ways += [thing.tags.get("oneway") != "yes"] * (len(refs) - 1)
        ids = np.array(sorted(location))
        lonlat = np.array([location[int(i)] for i in ids])
        self.box = (*lonlat.min(axis=0), *lonlat.max(axis=0))
        node_xy = np.column_stack(self.to_metres.transform(lonlat[:, 0], lonlat[:, 1]))
        a, b = np.searchsorted(ids, np.array(ends)).T
        self.ends = node_xy[np.column_stack([a, b])]
        self.length_m = np.hypot(*(self.ends[:, 1] - self.ends[:, 0]).T)
        self.highway = np.array(classes)
        self.tree = shapely.STRtree(shapely.linestrings(self.ends))
        main = _largest_strong_part(a, b, np.array(both_ways), len(ids))
        self.usable = main[a] & main[b] & ~np.isin(self.highway, NOT_FOR_STOPS)
        zones = gpd.read_file(folder / "population.geojson").to_crs(crs)
        middle = shapely.points(self.ends.mean(axis=1))
        self.zone = np.full(len(middle), -1)
        inside, zone = shapely.STRtree(zones.geometry.array).query(middle, predicate="within")
        self.zone[inside] = zone
        self.people = zones["people"].to_numpy(float)
        self.depots = {key: self._depot(key, depot) for key, depot in plan["depots"].items()}
        self._cumulated = {kind: np.cumsum(self._weights(kind)) for kind in plan["streets"]}

    def _depot(self, key: str, depot: dict[str, Any]) -> Place:
        """Move a depot beside the nearest usable street."""
        x, y = self.to_metres.transform(depot["lon"], depot["lat"])
        usable = np.flatnonzero(self.usable)
        lines = shapely.linestrings(self.ends[usable])
        gaps = shapely.distance(lines, shapely.Point(x, y))
        for near in np.argsort(gaps, kind="stable"):
            segment = int(usable[near])
            along = shapely.line_locate_point(lines[near], shapely.Point(x, y), normalized=True)
            side = math.copysign(DEPOT_SETBACK_M, self._side(segment, x, y))
            place = self._beside(segment, float(np.clip(along, 0.1, 0.9)), side)
            if gaps[near] > DEPOT_MOVE_LIMIT_M:
                break
            if self._nearest(place) == segment:
                return place
        raise ValueError(f"depot {key} lies {gaps.min():.0f} m from a street")

    def _weights(self, kind: str) -> Array:
        rule = self.plan["streets"][kind]
        by_class = np.array([float(rule["weights"].get(c, 0)) for c in self.highway])
        weight: Array = self.length_m * by_class * self.usable
        if rule["people"]:
            inside = self.zone >= 0
            total = np.bincount(self.zone[inside], weight[inside], minlength=len(self.people))
            per_weight = np.divide(self.people, total, out=np.zeros_like(total), where=total > 0)
            return np.where(inside, weight * per_weight[self.zone], 0.0)
        centre = self.ends.mean(axis=1)
        near = np.zeros(len(centre), dtype=bool)
        for key in rule["near"]:
            depot = self.depots[key]
            near |= np.hypot(centre[:, 0] - depot.x, centre[:, 1] - depot.y) <= rule["radius_m"]
        return np.where(near, weight, 0.0)

    def _side(self, segment: int, x: float, y: float) -> float:
        (ax, ay), (bx, by) = self.ends[segment]
        return float((bx - ax) * (y - ay) - (by - ay) * (x - ax))

    def _beside(self, segment: int, along: float, setback_m: float) -> Place:
        """Return the point ``setback_m`` to the left of a segment (negative: right)."""
        (ax, ay), (bx, by) = self.ends[segment]
        dx, dy, length = bx - ax, by - ay, self.length_m[segment]
        return Place(
            float(ax + along * dx - setback_m * dy / length),
            float(ay + along * dy + setback_m * dx / length),
        )

    def _nearest(self, place: Place) -> int:
        return int(self.tree.nearest(shapely.Point(place.x, place.y)))

    def address(self, kind: str, dice: Dice) -> Place:
        """Draw an address beside a street of a kind, with no other street nearer."""
        while True:
            segment = dice.pick(self._cumulated[kind])
            side = 1 if dice.uniform(0, 1) < 0.5 else -1
            along = dice.uniform(0.05, 0.95)
            place = self._beside(segment, along, side * dice.uniform(*SETBACK_M))
            if self._inside(place) and self._nearest(place) == segment:
                return place

    def _inside(self, place: Place) -> bool:
        """Whether a point lies in the box of the network."""
        lon, lat = self.to_metres.transform(place.x, place.y, direction="INVERSE")
        west, south, east, north = self.box
        return bool(west < lon < east and south < lat < north)

    def lat_lon(self, place: Place) -> tuple[str, str]:
        """Return latitude and longitude as text with six decimals."""
        lon, lat = self.to_metres.transform(place.x, place.y, direction="INVERSE")
        return f"{lat:.6f}", f"{lon:.6f}"


def _largest_strong_part(
    a: npt.NDArray[np.intp], b: npt.NDArray[np.intp], both: npt.NDArray[np.bool_], count: int
) -> npt.NDArray[np.bool_]:
    """Say of each node whether it is in the largest strongly connected part."""
    tail, head = np.concatenate([a, b[both]]), np.concatenate([b, a[both]])
    graph = coo_array((np.ones(len(tail)), (tail, head)), shape=(count, count))
    _, label = connected_components(graph, directed=True, connection="strong")
    return np.asarray(label == np.bincount(label).argmax())
