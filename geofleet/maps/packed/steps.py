"""Values in one byte each: steps within classes, so that the class is always exact."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

__all__ = ["NONE", "UNKNOWN", "Steps", "classes_of", "steps_of"]

NONE, UNKNOWN = 0, 1
_FIRST = 2
_CODES = 256
_SPARSE = 97
_FINEST = 0.01
_FLOOR = 1e-3
"""Share of the lowest limit below which a value is only told to be less."""


@dataclass(frozen=True)
class Steps:
    """What each byte stands for.

    Code 0 is nothing there, 1 unknown. A level of size s has code ``2 + k``, where k counts the
    ``edges`` that s reaches; a change has ``2 + n + k`` or, below zero, ``2 + n - k``, where n is
    the number of edges.

    Parameters
    ----------
    edges
        Ascending limits of steps; all breaks are among them.
    sizes
        What a step's values are told to be, by k; NaN where only the class is told, or that the
        value is less than the first edge.
    signed
        Whether codes are of changes.
    error
        Largest error of the sizes, relative to the value; 0 if they are exact, NaN if there is
        none.
    """

    edges: npt.NDArray[np.float64]
    sizes: npt.NDArray[np.float64]
    signed: bool
    error: float

    def codes(
        self, values: npt.NDArray[np.float64], absent: npt.NDArray[np.bool_]
    ) -> npt.NDArray[np.uint8]:
        """Return the code of each value; NaN is unknown."""
        known = np.where(np.isnan(values), 0.0, values)
        step = np.searchsorted(self.edges, np.abs(known), side="right")
        if self.signed:
            step = len(self.edges) + np.where(known < 0, -step, step)
        codes = np.where(np.isnan(values), UNKNOWN, _FIRST + step)
        return np.where(absent, NONE, codes).astype(np.uint8)


def classes_of(
    values: npt.NDArray[np.float64], breaks: npt.NDArray[np.float64], *, signed: bool
) -> npt.NDArray[np.int64]:
    """Return the class of known values, from 0; changes have as many classes below as above."""
    step = np.searchsorted(breaks, np.abs(values), side="right")
    return len(breaks) + np.where(values < 0, -step, step) if signed else step


def steps_of(
    values: npt.NDArray[np.float64],
    breaks: npt.NDArray[np.float64],
    *,
    within: float | None,
    signed: bool = False,
) -> Steps:
    """Choose steps for values.

    Parameters
    ----------
    values
        The known values, of any shape.
    breaks
        Limits of the classes, ascending, of the size.
    within
        Largest relative error of what is told; 0 asks for exact values, which is granted when
        there are few enough different ones. None: only classes.
    signed
        Whether values are changes.

    Returns
    -------
    Steps
        As fine as asked for, or as one byte allows; see ``error``.
    """
    room = (_CODES - _FIRST - 1) // (2 if signed else 1)
    if within is None or not values.size:
        return Steps(breaks, np.full(len(breaks) + 1, np.nan), signed, math.nan)
    sizes = np.abs(values[values != 0])
    if within == 0.0 and len(np.unique(sizes[::_SPARSE])) <= room:
        different = np.unique(sizes)
        # zero is a step of its own, below the first of the others
        edges = np.union1d(breaks, different)
        if len(edges) <= room:
            return _told(edges, sizes, signed)
    within = within or _FINEST
    if not len(sizes):
        return _told(breaks, sizes, signed)
    while True:
        edges = _edges(sizes, breaks, within)
        if len(edges) <= room:
            return _told(edges, sizes, signed)
        within *= 1.1


def _edges(
    sizes: npt.NDArray[np.float64], breaks: npt.NDArray[np.float64], within: float
) -> npt.NDArray[np.float64]:
    low, high = float(sizes.min()), float(sizes.max())
    floor = max(low, float(breaks[0]) * _FLOOR) if len(breaks) else max(low, high * _FLOOR**2)
    limits = [floor, *(float(item) for item in breaks if item > floor), max(high, floor)]
    edges: Sequence[float] = [floor]
    for start, end in pairwise(limits):
        if end <= start:
            continue
        count = max(1, math.ceil(math.log(end / start) / (2 * math.log1p(within))))
        edges = [*edges, *(start * (end / start) ** (k / count) for k in range(1, count)), end]
    return np.unique(np.concatenate([breaks, np.array(edges[:-1] or edges)]))


def _told(edges: npt.NDArray[np.float64], sizes: npt.NDArray[np.float64], signed: bool) -> Steps:
    """Return steps that tell the size with the least relative error for the values at hand."""
    step = np.searchsorted(edges, sizes, side="right")
    low, high = np.full(len(edges) + 1, np.inf), np.zeros(len(edges) + 1)
    np.minimum.at(low, step, sizes)
    np.maximum.at(high, step, sizes)
    used = high > 0
    told = np.zeros(len(edges) + 1)
    told[used] = 2.0 * low[used] * high[used] / (low[used] + high[used])
    same = used & (low == high)
    told[same] = low[same]
    error = np.zeros(len(edges) + 1)
    error[used] = (high[used] - low[used]) / (high[used] + low[used])
    if used[0]:
        # all that is too small to be told apart, and zero with it
        told[0], error[0] = np.nan, 0.0
    return Steps(edges, told, signed, float(error.max()) if len(sizes) else 0.0)
