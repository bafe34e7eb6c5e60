"""Receptors: the people of zones, put where they live and not on the carriageway."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from scipy.spatial import cKDTree

from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.exposure.city.roads import carriageway_width_m, residential
from geofleet.exposure.model import Receptors

if TYPE_CHECKING:
    import pyproj

    from geofleet.network import RoadNetwork

__all__ = ["make_receptors"]

Floats = npt.NDArray[np.float64]
_PASSES = 8
_COUNTED = {
    "people_unknown": "zones_left_out_people_unknown",
    "overlaps": "zones_overlapping_pairs",
}


def make_receptors(
    zones: gpd.GeoDataFrame,
    *,
    crs_metric: pyproj.CRS,
    network: RoadNetwork | None = None,
    spacing_m: float | None = None,
    defaults: Defaults | None = None,
) -> Receptors:
    """Spread the people of zones over points.

    Each polygon gets the points of one regular grid (multiples of the spacing in the metric
    CRS, so that the same place gives the same points) that lie inside it; a polygon too small
    for any gets its representative point. With a network, a zone's people are divided by the
    length of residential streets nearer to each point than to the zone's other points; points
    without any are dropped. Zones without such streets, and all zones without a network, are
    uniform. Point zones are receptors themselves. Points on a carriageway are moved off it,
    square to the road.

    Parameters
    ----------
    zones
        ``zone_id, people, geometry`` as from :func:`read_zones`.

    Returns
    -------
    Receptors
        In ``crs_metric``. The people of each zone are conserved; zones without people have no
        receptor.

    Raises
    ------
    InputError
        Zones without CRS or columns, negative or unknown people, a spacing of zero, zones that
        lie elsewhere than the roads.
    """
    used = (defaults or Defaults()).scope()
    spacing = used.number("exposure", "receptor_spacing_m") if spacing_m is None else spacing_m
    _check(zones, spacing, network)
    metric = zones[zones["people"] > 0.0].to_crs(crs_metric).reset_index(drop=True)
    shapes = metric.geometry.to_numpy()
    xy, zone, tiny = _grid(shapes, spacing)
    report: dict[str, Any] = {
        "zones": len(zones),
        "zones_without_people": int((zones["people"] <= 0.0).sum()),
        # counted by read_zones, which leaves the first kind out
        **{key: int(zones.attrs[name]) for name, key in _COUNTED.items() if name in zones.attrs},
        "zones_with_one_representative_point": tiny,
        "spacing_m": spacing,
        "spread": "uniform" if network is None else "by length of residential streets",
    }
    weight = np.ones(len(xy))
    if network is not None:
        weight = _street_weights(xy, zone, shapes, network, used, report)
    keep = weight > 0.0
    xy, zone, weight = xy[keep], zone[keep], weight[keep]
    people = metric["people"].to_numpy(np.float64)
    share = weight / np.bincount(zone, weight, len(metric))[zone]
    if network is not None:
        xy = _off_carriageway(xy, network, used, report)
    frame = gpd.GeoDataFrame(
        {
            "receptor_id": np.arange(len(xy), dtype=np.int64),
            "zone_id": metric["zone_id"].to_numpy(object)[zone],
            "people": people[zone] * share,
        },
        geometry=shapely.points(xy),
        crs=crs_metric,
    )
    report["receptors"] = len(frame)
    height = used.number("exposure", "receptor_height_m")
    return Receptors(frame, height, report=report, provenance=used.used)


def _check(zones: gpd.GeoDataFrame, spacing: float, network: RoadNetwork | None) -> None:
    problems = [
        Problem("zones", name, expected=f"a column {name!r}")
        for name in ("zone_id", "people")
        if name not in zones.columns
    ]
    if zones.crs is None:
        problems.append(Problem("zones", "crs", expected="a coordinate reference system"))
    if not spacing > 0.0:
        problems.append(
            Problem("receptor_spacing_m", value=f"{spacing:g}", expected="a length above 0 m")
        )
    if {"zone_id", "people"} <= set(zones.columns):
        people = zones["people"].to_numpy(np.float64)
        wrong = np.flatnonzero(~(np.isfinite(people) & (people >= 0.0)))
        for row in wrong[:5]:
            problems.append(
                Problem("zones", "people", int(row) + 1, str(people[row]), "a number of at least 0")
            )
        if not len(wrong) and people.sum() <= 0.0:
            problems.append(Problem("zones", "people", expected="people in at least one zone"))
    if network is not None and zones.crs is not None and len(zones):
        problems += _elsewhere(zones, network)
    if problems:
        raise InputError(problems)


def _elsewhere(zones: gpd.GeoDataFrame, network: RoadNetwork) -> list[Problem]:
    west, south, east, north = zones.to_crs(4326).total_bounds
    w, s, e, n = network.edges.total_bounds
    if west <= e and east >= w and south <= n and north >= s:
        return []
    value = f"{west:.3f}, {south:.3f}, {east:.3f}, {north:.3f}"
    expected = (
        f"zones that overlap the roads ({w:.3f}, {s:.3f}, {e:.3f}, {n:.3f}); are longitude and "
        "latitude swapped, or is it another place?"
    )
    return [Problem("zones", "geometry", value=value, expected=expected)]


def _grid(
    shapes: npt.NDArray[np.object_], spacing: float
) -> tuple[Floats, npt.NDArray[np.int64], int]:
    """Grid points of each shape, in order of zone; how many had to take a single point."""
    points: list[Floats] = []
    owners: list[npt.NDArray[np.int64]] = []
    tiny = 0
    for number, shape in enumerate(shapes):
        inside = np.empty((0, 2))
        if shape.geom_type != "Point":
            low_x, low_y, high_x, high_y = np.array(shape.bounds) / spacing - 0.5
            x = (np.arange(np.ceil(low_x), np.floor(high_x) + 1) + 0.5) * spacing
            y = (np.arange(np.ceil(low_y), np.floor(high_y) + 1) + 0.5) * spacing
            grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
            shapely.prepare(shape)
            inside = grid[shapely.contains_xy(shape, grid[:, 0], grid[:, 1])]
        if not len(inside):
            tiny += shape.geom_type != "Point"
            inside = shapely.get_coordinates(shape.representative_point())
        points.append(inside)
        owners.append(np.full(len(inside), number, dtype=np.int64))
    return np.concatenate(points), np.concatenate(owners), tiny


def _street_weights(
    xy: Floats,
    zone: npt.NDArray[np.int64],
    shapes: npt.NDArray[np.object_],
    network: RoadNetwork,
    used: Defaults,
    report: dict[str, Any],
) -> Floats:
    """Metres of residential street nearest to each point among the points of its zone."""
    classes = used.text("exposure", "residential_classes")
    twin = network.arrays.twin
    once = (twin < 0) | (np.arange(len(twin)) < twin)
    lived = residential(network.edges["highway"].tolist(), classes)
    samples, metres = _sample(
        network.edges_metric.to_numpy()[once & lived], used.number("exposure", "street_sample_m")
    )
    inside, owner = shapely.STRtree(shapely.points(samples)).query(shapes, predicate="contains")
    order = np.lexsort((owner, inside))
    inside, owner = inside[order], owner[order]
    weight = np.zeros(len(xy))
    first = np.searchsorted(zone, np.arange(len(shapes) + 1))
    begin = np.searchsorted(inside, np.arange(len(shapes) + 1))
    uniform = 0
    for number in range(len(shapes)):
        rows = slice(first[number], first[number + 1])
        mine = owner[begin[number] : begin[number + 1]]
        if not len(mine):
            weight[rows] = 1.0
            uniform += shapes[number].geom_type != "Point"
            continue
        _, nearest = cKDTree(xy[rows]).query(samples[mine])
        weight[rows] = np.bincount(nearest, metres[mine], first[number + 1] - first[number])
    report["zones_uniform_for_lack_of_streets"] = uniform
    return weight


def _sample(lines: npt.NDArray[np.object_], step: float) -> tuple[Floats, Floats]:
    """Middles of equal pieces of each line, none longer than ``step``, and their lengths."""
    length = shapely.length(lines)
    pieces = np.maximum(np.ceil(length / step), 1).astype(np.int64)
    line = np.repeat(np.arange(len(lines)), pieces)
    number = np.arange(len(line)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    piece = length[line] / pieces[line]
    points = shapely.line_interpolate_point(lines[line], (number + 0.5) * piece)
    return shapely.get_coordinates(points), piece


def _off_carriageway(
    xy: Floats, network: RoadNetwork, used: Defaults, report: dict[str, Any]
) -> Floats:
    """Move points that lie on a road to its edge, square to the road, until none does."""
    margin = used.number("exposure", "carriageway_margin_m")
    twin = network.arrays.twin
    once = np.flatnonzero((twin < 0) | (np.arange(len(twin)) < twin))
    lines = network.edges_metric.to_numpy()[once]
    clear = carriageway_width_m(network.edges.iloc[once], used) / 2.0 + margin
    tree = shapely.STRtree(lines)
    out = xy.copy()
    moved = np.zeros(len(xy), dtype=bool)
    left = np.arange(len(xy))
    for attempt in range(_PASSES + 1):
        points = shapely.points(out[left])
        pairs = tree.query(points, predicate="dwithin", distance=float(clear.max()))
        gap = shapely.distance(points[pairs[0]], lines[pairs[1]])
        short = clear[pairs[1]] - gap
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
        moved[left] = True
        out[left] = _beside(out[left], lines[road], clear[road] * (1.0 + 0.2 * attempt))
    report["moved_off_carriageway"] = int(moved.sum())
    report["left_on_carriageway"] = len(left)
    return out


def _beside(xy: Floats, lines: npt.NDArray[np.object_], clear: Floats) -> Floats:
    """Points at distance ``clear`` from the lines, on the side where ``xy`` lies."""
    along = shapely.line_locate_point(lines, shapely.points(xy))
    foot = shapely.get_coordinates(shapely.line_interpolate_point(lines, along))
    length = shapely.length(lines)
    ahead = np.minimum(along + 0.5, length)
    behind = np.maximum(along - 0.5, 0.0)
    tangent = shapely.get_coordinates(
        shapely.line_interpolate_point(lines, ahead)
    ) - shapely.get_coordinates(shapely.line_interpolate_point(lines, behind))
    normal = np.column_stack([-tangent[:, 1], tangent[:, 0]])
    normal /= np.maximum(np.hypot(normal[:, 0], normal[:, 1]), 1e-12)[:, None]
    away = xy - foot
    distance = np.hypot(away[:, 0], away[:, 1])
    # On the centre line itself there is no side; the left one is taken.
    unit = np.where((distance > 1e-6)[:, None], away / np.maximum(distance, 1e-12)[:, None], normal)
    result: Floats = foot + unit * (clear + 1e-3)[:, None]
    return result
