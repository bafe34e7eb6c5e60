"""What lies around the roads of an OpenStreetMap file: water, green and boundaries."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import osmium
import shapely

from geofleet.errors import InputError, Problem
from geofleet.network.osm.scan import require_osm

__all__ = ["read_ground", "sea"]

_KEYS = ("boundary", "landuse", "leisure", "natural", "waterway")
_WATER = {
    "natural": {"water"}, "waterway": {"riverbank", "dock"}, "landuse": {"reservoir", "basin"},
}  # fmt: skip
_GREEN = {
    "landuse": {"forest", "cemetery", "recreation_ground"},
    "leisure": {"park", "golf_course", "nature_reserve"},
    "natural": {"wood"},
}
_STREAMS = {"river", "canal"}
_LOWEST_LEVEL = 8  # municipalities in most countries; below come wards
_MARGIN = 0.05  # of the box on each side, so that the ground does not end at the last road
_ASIDE = 1e-6  # degrees from the coast at which water is told from land
_DOUBT = 0.01
"""Share of a face's coast that may have it on the landward side."""

_WORTH = 0.25
"""Share of the box that must be left for its sea to be worth telling."""

_REACH = 0.02
"""Share of the box over which it is told where a coast heads that ends."""
_ASLANT = 0.3
"""Sine of the least angle between a coast and the side that it goes through."""

Lines = list[npt.NDArray[np.float64]]


def read_ground(
    path: str | Path, *, bounds: tuple[float, float, float, float]
) -> dict[str, gpd.GeoDataFrame]:
    """Read water, green areas and administrative boundaries of a file.

    Parameters
    ----------
    path
        OpenStreetMap file (``.osm.pbf``, ``.osm``).
    bounds
        West, south, east and north in degrees of what shall be seen, such as those of the roads.

    Returns
    -------
    dict
        ``water``, ``green`` and ``boundaries`` in EPSG:4326, cut to ``bounds`` with a margin; those
        that the file has nothing of are left out. The sea lies on the right of coastlines.

    Raises
    ------
    InputError
        No such file, or one that cannot be read.
    """
    file = Path(path)
    require_osm(file)
    try:
        areas, streams, borders, coast = _read(file)
    except RuntimeError as error:
        expected = f"an OpenStreetMap file that can be read to its end ({error})"
        raise InputError([Problem(str(path), expected=expected)]) from error
    west, south, east, north = bounds
    wide, high = (east - west) * _MARGIN, (north - south) * _MARGIN
    box = shapely.box(west - wide, south - high, east + wide, north + high)
    found = {
        # the coast as a line too: an extract may not hold enough of it to tell sea from land
        "water": [
            *_clipped(areas["water"], box),
            *sea(coast, box),
            *_lines([*streams, *coast], box),
        ],
        "green": _clipped(areas["green"], box),
        "boundaries": _lines(borders, box),
    }
    return {
        name: gpd.GeoDataFrame(geometry=shapes, crs="EPSG:4326")
        for name, shapes in found.items()
        if shapes
    }


def _read(path: Path) -> tuple[dict[str, list[Any]], Lines, Lines, Lines]:
    areas: dict[str, list[Any]] = {"water": [], "green": []}
    streams: Lines = []
    borders: Lines = []
    coast: Lines = []
    make = osmium.geom.WKBFactory()
    objects = (
        osmium.FileProcessor(str(path))
        .with_areas(osmium.filter.KeyFilter(*_KEYS))
        .with_filter(osmium.filter.EntityFilter(osmium.osm.WAY | osmium.osm.AREA))
        .with_filter(osmium.filter.KeyFilter(*_KEYS))
    )
    thing: Any
    for thing in objects:
        tags = thing.tags
        if thing.is_area():
            kind = "water" if _is(tags, _WATER) else "green" if _is(tags, _GREEN) else None
            if kind:
                areas[kind].append(shapely.from_wkb(make.create_multipolygon(thing)))
            continue
        line = _points(thing)
        if len(line) < 2:
            continue
        if tags.get("natural") == "coastline":
            coast.append(line)
        elif tags.get("waterway") in _STREAMS:
            streams.append(line)
        elif tags.get("boundary") == "administrative" and _level(tags) <= _LOWEST_LEVEL:
            borders.append(line)
    return areas, streams, borders, coast


def _is(tags: Any, kinds: dict[str, set[str]]) -> bool:
    return any(tags.get(key) in values for key, values in kinds.items())


def _level(tags: Any) -> int:
    text = tags.get("admin_level", "")
    return int(text) if text.isdecimal() else _LOWEST_LEVEL + 1


def _points(way: Any) -> npt.NDArray[np.float64]:
    """Return those nodes of a way that the file holds (extracts leave some out)."""
    places = [(node.lon, node.lat) for node in way.nodes if node.location.valid()]
    return np.array(places, dtype=np.float64).reshape(-1, 2)


def _clipped(areas: Sequence[Any], box: Any) -> list[Any]:
    if not areas:
        return []
    parts = shapely.intersection(shapely.make_valid(np.array(areas, dtype=object)), box)
    parts = shapely.get_parts(shapely.get_parts(parts))
    return list(parts[(shapely.get_dimensions(parts) == 2) & ~shapely.is_empty(parts)])


def _lines(lines: Lines, box: Any) -> list[Any]:
    if not lines:
        return []
    merged = shapely.line_merge(shapely.multilinestrings([shapely.linestrings(x) for x in lines]))
    parts = shapely.get_parts(shapely.intersection(shapely.get_parts(merged), box))
    return list(parts[(shapely.get_dimensions(parts) == 1) & ~shapely.is_empty(parts)])


def sea(coast: Lines, box: Any) -> list[Any]:
    """Return the sea within a box as polygons.

    Parameters
    ----------
    coast
        Coastlines as points (n, 2), the sea on their right as OpenStreetMap draws them. Where the
        box holds none of them it is not known what is sea: that is left out. Where they end within
        it, as in an extract that was cut more tightly than the box, the sea is told for as much of
        the box as they go through.
    box
        Rectangle.
    """
    if not coast:
        return []
    box = _where_coasts_go_through(coast, box)
    if box is None:
        return []
    starts = np.vstack([line[:-1] for line in coast])
    steps = np.vstack([np.diff(line, axis=0) for line in coast])
    length = np.hypot(steps[:, 0], steps[:, 1])
    usable = length > 0
    starts, steps, length = starts[usable], steps[usable], length[usable]
    middle = starts + steps / 2
    right = np.column_stack([steps[:, 1], -steps[:, 0]]) / length[:, None] * _ASIDE
    lines = [shapely.linestrings(line) for line in coast]
    edges = shapely.union_all([*shapely.intersection(lines, box), box.exterior])
    faces = shapely.get_parts(shapely.polygonize(list(shapely.get_parts(edges))))
    if len(faces) < 2 and not shapely.intersects(lines, box).any():
        return []
    tree = shapely.STRtree(faces)
    votes = np.zeros((2, len(faces)))
    for row, side in enumerate((right, -right)):
        point, face = tree.query(shapely.points(middle + side), predicate="within")
        np.add.at(votes[row], face, length[point])
    # a coast that ends within the box has the same face on both sides: it tells nothing of it
    return list(faces[(votes[0] > 0) & (votes[1] <= _DOUBT * votes[0])])


def _where_coasts_go_through(coast: Lines, box: Any) -> Any:
    """Return the box without the edges of it in which coasts end; None if little would be left."""
    lines = [shapely.linestrings(line) for line in coast]
    parts = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(lines)))
    parts = parts[~shapely.is_closed(parts)]
    low, high = np.array(box.bounds[:2]), np.array(box.bounds[2:])
    size = high - low
    back = _REACH * float(size.max())
    ends, before = (
        shapely.get_coordinates(np.concatenate([
            shapely.line_interpolate_point(parts, at),
            shapely.line_interpolate_point(shapely.reverse(parts), at),
        ]))
        for at in (0.0, back)
    )  # fmt: skip
    heading = ends - before
    heading /= np.maximum(np.hypot(heading[:, 0], heading[:, 1]), _ASIDE)[:, None]
    while True:
        inside = ((ends > low) & (ends < high)).all(axis=1)
        if not inside.any():
            return shapely.box(*low, *high)
        at, ahead = ends[inside], heading[inside]
        # a coast must go through the side that it is cut by; the nearest such costs least
        far = np.hstack([(at - low) / size, (high - at) / size])
        towards = np.hstack([-ahead, ahead])
        cost = np.where(towards > _ASLANT, far / np.maximum(towards, _ASLANT), np.inf)
        row, side = np.unravel_index(int(cost.argmin()), cost.shape)
        axis = int(side) % 2
        (low if side < 2 else high)[axis] = at[row, axis]
        if np.prod(high - low) < _WORTH * np.prod(size):
            return None
