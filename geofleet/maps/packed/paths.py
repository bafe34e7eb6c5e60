"""Geometry of lines in few bytes: ordered along a curve, rounded, as steps from point to point."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from geofleet.errors import InputError, Problem
from geofleet.maps.packed.blocks import varints, zigzag

__all__ = ["Paths", "pack_paths"]

_BITS = 16
"""Of the curve in each direction: cells of a metre in a city."""


@dataclass(frozen=True)
class Paths:
    """Lines in few bytes.

    Parameters
    ----------
    order
        Place of each packed row in what was given.
    data
        Streams of variable-length numbers: parts of each row; points of each part, where 0 says
        that the row's lines are those of the row before; steps east, then steps north, of each
        point from the one before it (signed, zigzag; the first from 0, 0), in units of the grid.
    points
        How many points are stored.
    """

    order: npt.NDArray[np.int64]
    data: bytes
    points: int


def pack_paths(geometry: npt.NDArray[np.object_], *, degrees: float = 1e-5) -> Paths:
    """Pack lines in EPSG:4326.

    Parameters
    ----------
    geometry
        LineStrings or MultiLineStrings, shape ``(links,)``; None and empty ones have no part.
    degrees
        Grid that coordinates are rounded to; 1e-5 is about a metre.

    Raises
    ------
    InputError
        Other kinds of geometry, or coordinates that are no degrees.
    """
    shapes = np.asarray(geometry, dtype=object)
    _check(shapes)
    order = _along_curve(shapes)
    parts, owner = shapely.get_parts(shapes[order], return_index=True)
    filled = ~shapely.is_empty(parts)
    parts, owner = parts[filled], owner[filled]
    twin = _twins(parts, owner, len(shapes))
    per_row = np.bincount(owner, minlength=len(shapes))
    parts, owner = parts[~twin[owner]], owner[~twin[owner]]
    coordinates, part_of = shapely.get_coordinates(parts, return_index=True)
    grid = np.rint(coordinates / degrees).astype(np.int64)
    # a point on the grid cell of the one before adds nothing, unless the part would have just one
    kept = np.ones(len(grid), dtype=bool)
    kept[1:] = (np.diff(grid, axis=0) != 0).any(axis=1) | (part_of[1:] != part_of[:-1])
    grid, part_of = grid[kept], part_of[kept]
    per_part = np.bincount(part_of, minlength=len(parts))
    steps = zigzag(np.diff(grid, axis=0, prepend=np.zeros((1, 2), dtype=np.int64)))
    # twins tell so by one part of no point
    heads = np.where(twin, 1, per_row)
    firsts = np.cumsum(heads) - heads
    counts = np.zeros(int(heads.sum()), dtype=np.int64)
    own = np.repeat(~twin, heads)
    counts[own] = per_part
    del firsts
    data = varints(heads) + varints(counts) + varints(steps[:, 0]) + varints(steps[:, 1])
    return Paths(order, data, len(grid))


def _check(shapes: npt.NDArray[np.object_]) -> None:
    kinds = shapely.get_type_id(shapes)
    lines = (-1, shapely.GeometryType.LINESTRING, shapely.GeometryType.MULTILINESTRING)
    wrong = np.flatnonzero(~np.isin(kinds, lines))
    problems = [
        Problem("geometry", row=int(row) + 1, value=str(shapes[row].geom_type),
                expected="a LineString or a MultiLineString")
        for row in wrong
    ]  # fmt: skip
    if not problems:
        box = shapely.bounds(shapes)
        # a study on both sides of the 180th meridian goes on beyond it
        outside = (np.abs(box) > (360, 90, 360, 90)).any(axis=1) | np.isinf(box).any(axis=1)
        problems = [
            Problem("geometry", row=int(row) + 1, value=str(box[row].round(3).tolist()),
                    expected="degrees of longitude and latitude (EPSG:4326)")
            for row in np.flatnonzero(outside)
        ]  # fmt: skip
    if problems:
        raise InputError(problems)


def _twins(
    parts: npt.NDArray[np.object_], owner: npt.NDArray[np.int64], count: int
) -> npt.NDArray[np.bool_]:
    """Say which rows have the line of the row before, in either direction (one part only)."""
    twin = np.zeros(count, dtype=bool)
    if len(parts) < 2:
        return twin
    single = np.bincount(owner, minlength=count) == 1
    neighbours = (owner[1:] == owner[:-1] + 1) & single[owner[1:]] & single[owner[:-1]]
    at = np.flatnonzero(neighbours)
    same = shapely.equals_exact(shapely.normalize(parts[at]), shapely.normalize(parts[at + 1]))
    twin[owner[at[same] + 1]] = True
    return twin


def _along_curve(shapes: npt.NDArray[np.object_]) -> npt.NDArray[np.int64]:
    """Return rows in the order in which a Hilbert curve meets the middle of their boxes."""
    box = shapely.bounds(shapes)
    middle = np.nan_to_num(0.5 * (box[:, :2] + box[:, 2:]))
    low = middle.min(axis=0) if len(middle) else np.zeros(2)
    size = max(float((middle.max(axis=0) - low).max()), 1e-12) if len(middle) else 1.0
    cells = ((middle - low) / size * (2**_BITS - 1)).astype(np.int64)
    order: npt.NDArray[np.int64] = np.argsort(_hilbert(cells[:, 0], cells[:, 1]), kind="stable")
    return order


def _hilbert(x: npt.NDArray[np.int64], y: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the place of cells along a Hilbert curve (the usual turn-and-mirror steps)."""
    x, y = x.copy(), y.copy()
    place = np.zeros_like(x)
    for bit in range(_BITS - 1, -1, -1):
        right, up = (x >> bit) & 1, (y >> bit) & 1
        place += ((3 * right) ^ up) << (2 * bit)
        mirror = (up == 0) & (right == 1)
        x[mirror], y[mirror] = (2**_BITS - 1) - x[mirror], (2**_BITS - 1) - y[mirror]
        turn = up == 0
        x[turn], y[turn] = y[turn], x[turn].copy()
    return place
