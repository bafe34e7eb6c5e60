"""Receptors: the people of zones, put where they live and not on the carriageway."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from geofleet.defaults import Defaults
from geofleet.exposure.model import Receptors
from geofleet.exposure.people.carriageway import Carriageways
from geofleet.exposure.people.checks import check_zones
from geofleet.exposure.people.daytime import groups_by_day, presence_by_hour
from geofleet.exposure.people.gather import gather_by_cell, gather_on_grid
from geofleet.exposure.people.homes import (
    Samples,
    building_samples,
    ground_samples,
    street_samples,
)
from geofleet.exposure.people.lattice import Lattice

if TYPE_CHECKING:
    import pyproj

    from geofleet.network import RoadNetwork

__all__ = ["make_receptors"]

Floats = npt.NDArray[np.float64]
Spread = Literal["homes", "grid"]
_NAMED = 5
_COUNTED = {
    "people_unknown": "zones_left_out_people_unknown",
    "overlaps": "zones_overlapping_pairs",
    "overlap_pairs": "zones_overlapping_first",
    "people_shared_out": "people_shared_out_of_overlaps",
    "people_outside_box": "people_outside_box",
    "cells_cut": "raster_cells_cut",
    "cells_no_data": "raster_cells_no_data",
}
_BUILT = {
    "floors_assumed": "buildings_floors_assumed",
    "use_unknown": "buildings_use_unknown",
    "not_residential": "buildings_not_residential",
    "outlines_repaired": "buildings_outlines_repaired",
}


def make_receptors(
    zones: gpd.GeoDataFrame,
    *,
    crs_metric: pyproj.CRS,
    network: RoadNetwork | None = None,
    buildings: gpd.GeoDataFrame | None = None,
    spread: Spread = "homes",
    spacing_m: float | None = None,
    finest_m: float | None = None,
    busy_edges: npt.NDArray[np.int32] | None = None,
    groups: Sequence[str] | None = None,
    defaults: Defaults | None = None,
) -> Receptors:
    """Spread the people of zones over points.

    People are divided within each zone by the floor area of residential buildings; where a zone
    has none, by the length of streets and how densely their class is lived along, as houses on
    both sides of them; where it has none of these either, evenly over its ground. Nothing is
    put on a carriageway. Point zones are receptors themselves.

    Parameters
    ----------
    zones
        ``zone_id, people, geometry`` as from :func:`read_zones`, with columns of ``groups`` and
        ``people_day`` where known.
    network
        Streets along which people live, and carriageways on which nobody does.
    buildings
        From :func:`read_buildings`.
    spread
        ``homes``: one receptor for the homes in each cell of a lattice, at one of them; cells
        are finer beside roads with traffic. ``grid``: a regular grid of points inside each zone;
        homes count for the nearest of them; points on a carriageway are moved off it.
    spacing_m
        Side of the largest cells.
    finest_m
        Side of the cells beside roads with traffic; ``spacing_m`` grades nothing.
    busy_edges
        Edges with traffic; those of the classes in ``exposure:traffic_classes`` when not given.
    groups
        Columns with parts of the people; those that :func:`read_zones` read when not given.

    Returns
    -------
    Receptors
        In ``crs_metric``. The people of each zone are conserved; zones without people have no
        receptor.

    Raises
    ------
    InputError
        Zones without CRS or columns, negative or unknown people, groups that are more than the
        people, a spacing of zero, zones that lie elsewhere than the roads, streets or buildings
        in another CRS.
    """
    used = (defaults or Defaults()).scope()
    spacing = used.number("exposure", "receptor_spacing_m") if spacing_m is None else spacing_m
    finest = used.number("exposure", "receptor_finest_m") if finest_m is None else finest_m
    names = tuple(zones.attrs.get("groups", ()) if groups is None else groups)
    check_zones(
        zones, names, spacing_m=spacing, finest_m=finest, crs_metric=crs_metric,
        network=network, buildings=buildings,
    )  # fmt: skip
    by_day = "people_day" in zones.columns
    here = zones["people"] > 0.0
    if by_day:
        here |= zones["people_day"] > 0.0
    metric = zones[here].to_crs(crs_metric).reset_index(drop=True)
    report = _report(zones, spacing, spread)
    roads = None if network is None else Carriageways.of(network, used)
    lattice = Lattice(spacing)
    if network is not None and roads is not None:
        _count_outside(zones, network, report)
        if spread == "homes":
            busy = _busy(network, roads, busy_edges, used)
            lattice = Lattice.graded(
                spacing, roads.lines[busy], finest_m=min(finest, spacing),
                grading=used.number("exposure", "receptor_grading"),
            )  # fmt: skip
            report["finest_spacing_m"] = spacing / 2**lattice.depth
    samples = _samples(
        metric, network, roads, buildings, lattice, used, report,
        by_day=by_day, clear=spread == "homes",
    )  # fmt: skip
    shapes = metric.geometry.to_numpy()
    points = (
        gather_by_cell(samples, lattice, len(shapes))
        if spread == "homes"
        else gather_on_grid(samples, shapes, lattice)
    )
    xy = points.xy if roads is None else roads.off(points.xy, report)
    frame = _frame(metric, points, xy, names, report)
    report["receptors"] = len(frame)
    day_share = presence_by_hour(used) if by_day else ()
    height = used.number("exposure", "receptor_height_m")
    if buildings is not None:
        used.mark(*buildings.attrs.get("provenance", ()))
    return Receptors(
        frame, height, report=report, provenance=used.used, groups=names, day_share=day_share
    )


def _report(zones: gpd.GeoDataFrame, spacing: float, spread: str) -> dict[str, Any]:
    return {
        "zones": len(zones),
        "zones_without_people": int((zones["people"] <= 0.0).sum()),
        # counted by read_zones, which leaves the first kind out
        **{key: zones.attrs[name] for name, key in _COUNTED.items() if name in zones.attrs},
        "spacing_m": spacing,
        "spread": spread,
    }


def _count_outside(zones: gpd.GeoDataFrame, network: RoadNetwork, report: dict[str, Any]) -> None:
    """Count people whose zone has its middle outside the box of the roads: exposed, but less."""
    west, south, east, north = network.edges.total_bounds
    xy = shapely.get_coordinates(shapely.point_on_surface(zones.to_crs(4326).geometry.to_numpy()))
    outside = (xy < [west, south]).any(axis=1) | (xy > [east, north]).any(axis=1)
    report["zones_outside_roads_box"] = int(outside.sum())
    report["people_outside_roads_box"] = float(zones["people"].to_numpy(np.float64)[outside].sum())


def _busy(
    network: RoadNetwork,
    roads: Carriageways,
    edges: npt.NDArray[np.int32] | None,
    used: Defaults,
) -> npt.NDArray[np.bool_]:
    """Which streets carry the traffic that cells are finer beside."""
    if edges is None:
        highway = network.edges["highway"].astype(str).str.removesuffix("_link").to_numpy(object)
        classes = used.text("exposure", "traffic_classes").split()
        return np.isin(highway[roads.edges], classes)
    numbers = np.asarray(edges, dtype=np.int64)
    twin = network.arrays.twin[numbers]
    return np.isin(roads.edges, np.where(twin >= 0, np.minimum(numbers, twin), numbers))


def _samples(
    metric: gpd.GeoDataFrame,
    network: RoadNetwork | None,
    roads: Carriageways | None,
    buildings: gpd.GeoDataFrame | None,
    lattice: Lattice,
    used: Defaults,
    report: dict[str, Any],
    *,
    by_day: bool,
    clear: bool,
) -> Samples:
    """Sample every zone by the best of buildings, streets and ground that it has."""
    shapes = metric.geometry.to_numpy()
    ids = metric["zone_id"].to_numpy(object)
    lack_home = np.ones(len(shapes), dtype=bool)
    lack_day = np.full(len(shapes), by_day)
    flat = shapely.area(shapes) > 0.0
    found: list[Samples] = []

    def take(samples: Samples, name: str, *, last: bool = False) -> None:
        samples = samples.weighted(lack_home[samples.zone], lack_day[samples.zone])
        if clear and roads is not None and name != "buildings":
            samples = _beside_roads(samples, roads, len(shapes), keep_others=last)
        home, day = samples.totals(len(shapes))
        report[f"zones_by_{name}"] = int((flat & lack_home & (home > 0.0)).sum())
        lack_home[home > 0.0] = False
        lack_day[day > 0.0] = False
        found.append(samples)

    def name_lacking(what: str) -> None:
        lacking = np.flatnonzero(lack_home & flat)
        report[f"zones_without_{what}"] = len(lacking)
        report[f"zones_without_{what}_first"] = ids[lacking[:_NAMED]].tolist()

    if buildings is not None:
        samples, counts = building_samples(shapes, buildings.to_crs(metric.crs))
        report.update(counts)
        report.update(
            {key: buildings.attrs[n] for n, key in _BUILT.items() if n in buildings.attrs}
        )
        take(samples, "buildings")
        name_lacking("buildings")
    if network is not None and roads is not None and (lack_home | lack_day).any():
        take(street_samples(shapes, network, roads, used, by_day=by_day), "streets")
        name_lacking("streets")
    rest = np.flatnonzero(lack_home | lack_day)
    samples, report["zones_with_one_representative_point"] = ground_samples(shapes, rest, lattice)
    take(samples, "ground", last=True)
    total = found[0]
    for samples in found[1:]:
        total = total + samples
    return total


def _beside_roads(
    samples: Samples, roads: Carriageways, zones: int, *, keep_others: bool
) -> Samples:
    """Drop samples on a carriageway; zones that have no others may keep theirs."""
    off = ~roads.on(samples.xy)
    if keep_others:
        nowhere = np.bincount(samples.zone[off], minlength=zones) == 0
        off |= nowhere[samples.zone]
    return samples.weighted(off.astype(np.float64), off.astype(np.float64))


def _frame(
    metric: gpd.GeoDataFrame,
    points: Samples,
    xy: Floats,
    groups: tuple[str, ...],
    report: dict[str, Any],
) -> gpd.GeoDataFrame:
    """Persons at each point: those of its zone times its share of the zone."""
    zone = points.zone
    home, day = points.totals(len(metric))
    share = points.home / home[zone]
    columns: dict[str, Any] = {
        "receptor_id": np.arange(len(xy), dtype=np.int64),
        "zone_id": metric["zone_id"].to_numpy(object)[zone],
    }
    for name in ("people", *groups):
        columns[name] = metric[name].to_numpy(np.float64)[zone] * share
    columns["share"] = share
    if "people_day" in metric.columns:
        columns |= _by_day(columns, metric, zone, points.day / day[zone], groups, report)
    return gpd.GeoDataFrame(columns, geometry=shapely.points(xy), crs=metric.crs)


def _by_day(
    home: dict[str, Any],
    metric: gpd.GeoDataFrame,
    zone: npt.NDArray[np.int64],
    share_day: Floats,
    groups: tuple[str, ...],
    report: dict[str, Any],
) -> dict[str, Floats]:
    """Persons at each point by day; those who stay at home stay where their homes are."""
    moved, stay, short = groups_by_day(metric, groups)
    at_home = sum(stay.values(), np.zeros(len(metric)))
    people = metric["people_day"].to_numpy(np.float64)
    there = at_home[zone] * home["share"] + (people - at_home)[zone] * share_day
    # Where it is not known where people are by day they are taken to be at home.
    found = {"people_day": np.where(np.isnan(there), home["people"], there)}
    for name in groups:
        if short or f"{name}_day" in metric.columns:
            found[f"{name}_day"] = moved[name][zone] * share_day + stay[name][zone] * home["share"]
    report["zones_day_unknown_at_home"] = int(np.isnan(people).sum())
    before, after = float(home["people"].sum()), float(found["people_day"].sum())
    report["people_leaving_by_day"] = max(before - after, 0.0)
    report["people_coming_by_day"] = max(after - before, 0.0)
    report["groups_at_home_all_day"] = [n for n in groups if f"{n}_day" not in metric.columns]
    report["zones_groups_leaving_with_others"] = short
    return {**found, "share_day": share_day}
