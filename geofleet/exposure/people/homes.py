"""Samples of where people are: houses along streets, buildings, or the ground of a zone.

Each sample has a place, a zone and two weights: ``home`` for the people who live there and ``day``
for those who are there in the middle of a working day. Within a zone only the proportions count.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import shapely

from geofleet.defaults import Defaults
from geofleet.exposure.people.carriageway import Carriageways, normals
from geofleet.exposure.people.lattice import Lattice, along

if TYPE_CHECKING:
    import geopandas as gpd

    from geofleet.network import RoadNetwork

__all__ = ["Samples", "building_samples", "ground_samples", "house_places", "street_samples"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Samples:
    """Places with the zone they lie in and their weights by home and by day."""

    xy: Floats
    zone: Integers
    home: Floats
    day: Floats

    def __len__(self) -> int:
        """Return the number of samples."""
        return len(self.xy)

    def totals(self, zones: int) -> tuple[Floats, Floats]:
        """Return the weight of each zone, by home and by day."""
        return summed(self.zone, self.home, zones), summed(self.zone, self.day, zones)

    def weighted(self, home: Floats, day: Floats) -> Samples:
        """Return samples whose weights are multiplied; those left without any are dropped."""
        new_home, new_day = self.home * home, self.day * day
        keep = (new_home > 0.0) | (new_day > 0.0)
        return Samples(self.xy[keep], self.zone[keep], new_home[keep], new_day[keep])

    def __add__(self, other: Samples) -> Samples:
        """Return the samples of both."""
        return Samples(
            np.concatenate([self.xy, other.xy]),
            np.concatenate([self.zone, other.zone]),
            np.concatenate([self.home, other.home]),
            np.concatenate([self.day, other.day]),
        )


def summed(group: Integers, weight: Floats, count: int) -> Floats:
    """Sum weights by group."""
    result: Floats = np.bincount(group, weight, count).astype(np.float64)
    return result


def house_places(
    network: RoadNetwork,
    roads: Carriageways,
    used: Defaults,
    *,
    by_day: bool = False,
    at_least: int = 1,
) -> tuple[Floats, Floats, Floats, npt.NDArray[np.bool_]]:
    """Places at house distance on both sides of streets, with weights by home and by day.

    Returns coordinates (left side first, then right), the metres of street that each stands
    for, times the weight of its class, by home and by day, and whether the street is a
    residential one. They stand closer together than usual when that is needed for ``at_least``
    places.
    """
    highway = network.edges["highway"].to_numpy(object)[roads.edges]
    home = _class_weights(highway, "home_weight", used)
    day = _class_weights(highway, "day_weight", used) if by_day else np.zeros(len(highway))
    chosen = np.flatnonzero((home > 0.0) | (day > 0.0))
    if not len(chosen):
        return np.empty((0, 2)), np.empty(0), np.empty(0), np.empty(0, dtype=bool)
    total = float(shapely.length(roads.lines[chosen]).sum())
    step = min(used.number("exposure", "street_sample_m"), 2.0 * total / at_least)
    foot, metres, line, place = along(roads.lines[chosen], step)
    street = chosen[line]
    away = roads.width_m[street] / 2.0 + used.number("exposure", "house_setback_m")
    side = normals(roads.lines[street], place) * away[:, None]
    xy = np.concatenate([foot + side, foot - side])
    metres = np.tile(metres / 2.0, 2)
    classes = used.text("exposure", "residential_classes").split()
    local = np.tile(np.isin(highway[street].astype(str), classes), 2)
    return xy, metres * np.tile(home[street], 2), metres * np.tile(day[street], 2), local


def _class_weights(highway: npt.NDArray[np.object_], kind: str, used: Defaults) -> Floats:
    """Return how densely each street is lived or worked along; 0 for classes without a row."""
    rows = used.values("exposure")
    weight = np.zeros(len(highway))
    names = highway.astype(str)
    for name in sorted(set(names.tolist())):
        if f"{kind}_{name}" in rows:
            weight[names == name] = used.number("exposure", f"{kind}_{name}")
    return weight


def street_samples(
    shapes: npt.NDArray[np.object_],
    network: RoadNetwork,
    roads: Carriageways,
    used: Defaults,
    *,
    by_day: bool,
) -> Samples:
    """Houses along streets, in the zones that they stand in.

    Only of zones with residential streets: where the network has main roads alone, nothing says
    that people live along these.
    """
    xy, home, day, local = house_places(network, roads, used, by_day=by_day)
    point, zone = _inside(xy, shapes)
    known = np.zeros(len(shapes), dtype=bool)
    known[zone[local[point]]] = True
    point, zone = point[known[zone]], zone[known[zone]]
    return Samples(xy[point], zone, home[point], day[point])


def building_samples(
    shapes: npt.NDArray[np.object_], buildings: gpd.GeoDataFrame
) -> tuple[Samples, dict[str, int]]:
    """Floor area of buildings, cut where they straddle zones, at a place within each piece.

    Parameters
    ----------
    buildings
        From :func:`geofleet.exposure.read_buildings`, in the metric CRS.
    """
    outlines = buildings.geometry.to_numpy()
    zone, number = shapely.STRtree(outlines).query(shapes, predicate="intersects")
    order = np.lexsort((number, zone))
    zone, number = zone[order], number[order]
    pieces = outlines[number].copy()
    shapely.prepare(shapes)
    cut = np.flatnonzero(~shapely.contains_properly(shapes[zone], pieces))
    pieces[cut] = shapely.intersection(shapes[zone[cut]], pieces[cut])
    area = shapely.area(pieces)
    keep = area > 0.0
    zone, number, pieces, area = zone[keep], number[keep], pieces[keep], area[keep]
    floor = area * buildings["floors"].to_numpy(np.float64)[number]
    lived = buildings["residential"].to_numpy(bool)[number]
    xy = shapely.get_coordinates(shapely.point_on_surface(pieces))
    counted = np.bincount(number, minlength=len(buildings))
    report = {
        "buildings": len(buildings),
        "buildings_outside_zones": int((counted == 0).sum()),
        "buildings_straddling_zones": int((counted > 1).sum()),
    }
    return Samples(xy, zone.astype(np.int64), floor * lived, floor), report


def ground_samples(
    shapes: npt.NDArray[np.object_], zones: Integers, lattice: Lattice
) -> tuple[Samples, int]:
    """Cells of the lattice in some zones, by area; how many zones had to take a single point."""
    chosen = shapes[zones]
    flat = np.flatnonzero(shapely.area(chosen) > 0.0)
    xy, owner, area = lattice.inside(chosen[flat])
    zone = zones[flat][owner]
    single = np.setdiff1d(zones, zone)
    xy = np.concatenate([xy, shapely.get_coordinates(shapely.point_on_surface(shapes[single]))])
    weight = np.concatenate([area, np.ones(len(single))])
    tiny = int((shapely.area(shapes[single]) > 0.0).sum())
    return Samples(xy, np.concatenate([zone, single]), weight, weight.copy()), tiny


def _inside(xy: Floats, shapes: npt.NDArray[np.object_]) -> tuple[Integers, Integers]:
    """Pairs of place and zone that contains it, by zone and place."""
    zone, point = shapely.STRtree(shapely.points(xy)).query(shapes, predicate="contains")
    order = np.lexsort((point, zone))
    return point[order].astype(np.int64), zone[order].astype(np.int64)
