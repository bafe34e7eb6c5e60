"""Streets cut into short chunks, the unit in which the city's sums are taken."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geofleet.exposure.city.roads import Lines

__all__ = ["CellOrder", "Chunks", "RoadClasses", "make_chunks", "road_classes", "sort_by_cell"]

_GAUSS = 1.0 / np.sqrt(3.0)  # the two Gauss-Legendre nodes on [-1, 1]
_MICROGRAMS = 1e6
_SLIVER_M = 1e-9

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class CellOrder:
    """Points sorted by square cell, row by row.

    Parameters
    ----------
    order
        Points in order of cell, those of one cell in their own order.
    starts
        Where each cell begins in ``order``, and the end.
    x0, y0, size, columns, rows
        The cells.
    """

    order: Integers
    starts: Integers
    x0: float
    y0: float
    size: float
    columns: int
    rows: int

    @property
    def arrays(self) -> tuple[Integers, float, float, float, int, int]:
        """What the kernels call ``cells``."""
        return self.starts, self.x0, self.y0, self.size, self.columns, self.rows


@dataclass(frozen=True, slots=True)
class RoadClasses:
    """Combinations of carriageway width and bearing that get a table of their own."""

    width_m: Floats
    bearing_rad: Floats


@dataclass(frozen=True, slots=True)
class Chunks:
    """Pieces of streets no longer than a given length, as arrays for the kernels.

    Parameters
    ----------
    chunks
        Shape (n, 4): x and y of the middle (along the street), half the length, and µg/s per
        metre of a street that emits 1 g/s.
    nodes
        Shape (n, 4): x and y of the two Gauss-Legendre nodes.
    classes
        Road class of each chunk.
    lines
        Line of each chunk.
    segments, starts
        The straight pieces of chunk ``i`` are ``segments[starts[i]:starts[i + 1]]``.
    """

    chunks: Floats
    nodes: Floats
    classes: Integers
    lines: Integers
    segments: Floats
    starts: Integers

    def __len__(self) -> int:
        """Return the number of chunks."""
        return len(self.chunks)

    @property
    def arrays(self) -> tuple[Floats, Floats, Integers, Integers, Floats, Integers]:
        """What the kernels call ``roads``."""
        return self.chunks, self.nodes, self.classes, self.lines, self.segments, self.starts

    @property
    def middles(self) -> Floats:
        """Middle of each chunk, shape (n, 2)."""
        return np.ascontiguousarray(self.chunks[:, :2])

    @property
    def micrograms(self) -> Floats:
        """What each chunk emits, µg/s, of a street that emits 1 g/s."""
        result: Floats = 2.0 * self.chunks[:, 2] * self.chunks[:, 3]
        return result

    def take(self, order: Integers) -> Chunks:
        """Return the chunks in another order."""
        count = np.diff(self.starts)[order]
        starts = np.concatenate([[0], np.cumsum(count)])
        place = np.repeat(self.starts[order] - starts[:-1], count) + np.arange(starts[-1])
        return Chunks(
            np.ascontiguousarray(self.chunks[order]), np.ascontiguousarray(self.nodes[order]),
            self.classes[order], self.lines[order], np.ascontiguousarray(self.segments[place]),
            starts,
        )  # fmt: skip


def sort_by_cell(xy: Floats, size: float) -> CellOrder:
    """Sort points by square cells of a side of ``size`` metres (more where they would be many)."""
    low, high = xy.min(axis=0), xy.max(axis=0)
    extent = np.maximum(high - low, 1e-6)
    most = 4.0 * len(xy) + 64.0
    size = max(size, float(np.sqrt(extent[0] * extent[1] / most)), float(extent.max()) / most)
    columns, rows = (int(np.floor(side / size)) + 1 for side in extent)
    cell = np.minimum(((xy - low) / size).astype(np.int64), [columns - 1, rows - 1])
    number = cell[:, 1] * columns + cell[:, 0]
    order = np.argsort(number, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(number, minlength=columns * rows))])
    return CellOrder(order, starts, float(low[0]), float(low[1]), float(size), columns, rows)


def make_chunks(lines: Lines, *, longest_m: float) -> Chunks:
    """Cut every line into equal chunks no longer than ``longest_m``; classes are all 0.

    All lines are laid end to end, so that cutting is one merge of two lists of places.
    """
    segments = lines.segments
    length = np.hypot(segments[:, 2] - segments[:, 0], segments[:, 3] - segments[:, 1])
    count = np.maximum(np.ceil(lines.length_m / longest_m - 1e-9), 1).astype(np.int64)
    line = np.repeat(np.arange(len(lines)), count)
    number = np.arange(len(line)) - np.repeat(np.cumsum(count) - count, count)
    half = 0.5 * (lines.length_m / count)[line]
    # Places along a line, not along all of them, keep their digits in a large city.
    begin = np.cumsum(length) - length
    begin -= begin[lines.starts[:-1]][_owner(lines)]
    middle = (2 * number + 1) * half

    def point(place: Floats) -> Floats:
        segment = _segment_at(lines, begin, line, place)
        share = np.clip((place - begin[segment]) / length[segment], 0.0, 1.0)[:, None]
        result: Floats = segments[segment, :2] * (1.0 - share) + segments[segment, 2:] * share
        return result

    pieces, starts = _pieces(lines, begin, length, line, number, half)
    return Chunks(
        chunks=np.column_stack([point(middle), half, _MICROGRAMS / lines.length_m[line]]),
        nodes=np.column_stack([point(middle - _GAUSS * half), point(middle + _GAUSS * half)]),
        classes=np.zeros(len(line), dtype=np.int64),
        lines=line,
        segments=pieces,
        starts=starts,
    )


def _owner(lines: Lines) -> Integers:
    return np.repeat(np.arange(len(lines)), np.diff(lines.starts))


def _segment_at(lines: Lines, begin: Floats, line: Integers, place: Floats) -> Integers:
    """Segment of ``line`` that holds a place along it: a binary search in every line at once."""
    low, high = lines.starts[line].copy(), lines.starts[line + 1] - 1
    while np.any(low < high):
        middle = (low + high + 1) // 2
        right = begin[middle] <= place
        low = np.where(right, middle, low)
        high = np.where(right, high, middle - 1)
    return low


def _pieces(
    lines: Lines, begin: Floats, length: Floats, line: Integers, number: Integers, half: Floats
) -> tuple[Floats, Integers]:
    """Cut segments at the bounds of chunks; return the pieces in order of chunk."""
    owner = _owner(lines)
    cuts_line = np.concatenate([owner, line])
    cuts = np.concatenate([begin, 2.0 * number * half])
    order = np.lexsort((cuts, cuts_line))
    cuts, cuts_line = cuts[order], cuts_line[order]
    end = np.append(cuts[1:], 0.0)
    last = np.append(cuts_line[1:] != cuts_line[:-1], True)
    end[last] = lines.length_m[cuts_line[last]]
    keep = end - cuts > _SLIVER_M * lines.length_m[cuts_line]
    a, b, of = cuts[keep], end[keep], cuts_line[keep]
    segment = _segment_at(lines, begin, of, 0.5 * (a + b))
    shape = lines.segments[segment]
    share_a = ((a - begin[segment]) / length[segment])[:, None]
    share_b = ((b - begin[segment]) / length[segment])[:, None]
    pieces = np.concatenate(
        [
            shape[:, :2] * (1.0 - share_a) + shape[:, 2:] * share_a,
            shape[:, :2] * (1.0 - share_b) + shape[:, 2:] * share_b,
        ],
        axis=1,
    )
    first = np.searchsorted(line, np.arange(len(lines)))
    chunk = first[of] + np.floor(0.5 * (a + b) / (2.0 * half[first[of]])).astype(np.int64)
    starts = np.searchsorted(chunk, np.arange(len(line) + 1))
    return np.ascontiguousarray(pieces), starts.astype(np.int64)


def road_classes(
    lines: Lines, chunks: Chunks, *, width_step_m: float, bearings: int
) -> tuple[RoadClasses, Integers]:
    """Return the rounded widths and bearings that occur, and the class of each chunk."""
    across = chunks.nodes[:, 2:] - chunks.nodes[:, :2]
    bearing = np.mod(np.arctan2(across[:, 1], across[:, 0]), np.pi)
    part = np.rint(bearing / np.pi * bearings).astype(np.int64) % bearings
    width = np.maximum(np.rint(lines.width_m[chunks.lines] / width_step_m), 1).astype(np.int64)
    codes, classes = np.unique(width * bearings + part, return_inverse=True)
    found = RoadClasses(
        (codes // bearings) * float(width_step_m), (codes % bearings) * (np.pi / bearings)
    )
    return found, classes.astype(np.int64)
