"""Compact forms of geometry and text for a page: encoded polylines and string tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from geofleet.wording import Text

__all__ = ["Packed", "encode", "pack"]

_SCALE = 1e5  # five decimals of a degree: a metre, finer than a screen shows
_CHUNKS = 6  # of five bits: enough for 180° at that scale


@dataclass(frozen=True)
class Packed:
    """Features as one text, number columns as arrays, text columns as numbers of ``strings``."""

    count: int
    paths: str
    columns: Mapping[str, npt.NDArray[Any]]
    strings: Sequence[str | Text] = field(default=())


def pack(
    geometry: npt.NDArray[np.object_],
    *,
    numbers: Mapping[str, Any] | None = None,
    texts: Mapping[str, Iterable[str | Text | None]] | None = None,
) -> Packed:
    """Pack features.

    Parameters
    ----------
    geometry
        Points, lines or polygons (single or multi) in EPSG:4326; empty or None stays empty.
    numbers
        Columns of numbers, NaN for unknown.
    texts
        Columns of text, plain or in every language, None for unknown.
    """
    table: dict[Any, int] = {}
    strings: list[str | Text] = []
    columns: dict[str, npt.NDArray[Any]] = {}
    for name, values in (numbers or {}).items():
        columns[name] = np.asarray(values)
    for name, cells in (texts or {}).items():
        found = []
        for cell in cells:
            if cell is None:
                found.append(-1)
                continue
            key = cell if isinstance(cell, str) else tuple(cell.items())
            if key not in table:
                table[key] = len(strings)
                strings.append(cell)
            found.append(table[key])
        columns[name] = np.array(found, dtype=np.int64)
    return Packed(len(geometry), encode(geometry), columns, tuple(strings))


def encode(geometry: npt.NDArray[np.object_]) -> str:
    """Return all features as encoded polylines (latitude first, five decimals).

    Lines, rings and points of a feature are separated by a space, features by a newline. The
    coding is that of Google's encoded polyline algorithm, each part starting anew from 0, 0.
    """
    shapes = np.asarray(geometry, dtype=object)
    kinds = shapely.get_type_id(shapes)
    feature = np.arange(len(shapes))
    parts, owner = shapely.get_parts(shapes, return_index=True)
    polygons = np.isin(kinds, (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON))
    if polygons.any():
        parts, ring_of = shapely.get_rings(parts, return_index=True)
        owner = owner[ring_of]
    owner = feature[owner]
    points, part_of = shapely.get_coordinates(parts, return_index=True)
    whole = np.rint(points[:, ::-1] * _SCALE).astype(np.int64)
    first = np.ones(len(whole), dtype=bool)
    first[1:] = part_of[1:] != part_of[:-1]
    delta = np.diff(whole, axis=0, prepend=np.zeros((1, 2), dtype=np.int64))
    delta[first] = whole[first]
    text, length = _characters(delta.ravel())
    ends = np.cumsum(length.reshape(-1, 2).sum(axis=1))
    last = np.flatnonzero(np.append(first[1:], True)) if len(whole) else np.zeros(0, int)
    cuts = ends[last]
    starts = np.concatenate([[0], cuts[:-1]]) if len(cuts) else cuts
    out = ["" for _ in range(len(shapes))]
    for part, begin, end in zip(part_of[last], starts, cuts, strict=True):
        row = owner[part]
        piece = text[begin:end]
        out[row] = f"{out[row]} {piece}" if out[row] else piece
    return "".join(f"{line}\n" for line in out)


def _characters(values: npt.NDArray[np.int64]) -> tuple[str, npt.NDArray[np.int64]]:
    """Return the characters of all numbers in a row, and how many each number takes."""
    code = np.where(values < 0, ~(values << 1), values << 1)
    chunks = (code[:, None] >> (5 * np.arange(_CHUNKS))) & 31
    length = np.maximum(1, _CHUNKS - np.argmax(chunks[:, ::-1] != 0, axis=1))
    length[code == 0] = 1
    place = np.arange(_CHUNKS)[None, :]
    chunks += np.where(place < length[:, None] - 1, 32, 0) + 63
    used = place < length[:, None]
    return chunks[used].astype(np.uint8).tobytes().decode("ascii"), length
