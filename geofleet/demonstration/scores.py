"""Arithmetic of a ranking under unknown values: arrays only.

``low`` and ``high`` are normalised values of candidates by criterion, (n, m), from 0 (worst) to 1
(best); they differ where a value is not known.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = [
    "Stability",
    "interval_ranks",
    "normalised",
    "pareto",
    "ranks",
    "score",
    "stability",
    "stay",
]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


class Stability(NamedTuple):
    """Of each candidate: probability to be first, and to be among the top places."""

    first: Floats
    top: Floats


def normalised(low: Floats, high: Floats, known: Bools) -> tuple[Floats, Floats]:
    """Scale each column from its worst known value (0) to its best (1).

    ``low`` and ``high`` are bounds, higher meaning better. The scale is that of the values that
    are ``known`` (n, m), else that of all bounds; what lies beyond is cut. A column
    whose scale has no width tells nobody apart: all known values are 1.
    """
    some = known.any(axis=0)
    worst = np.where(some, np.where(known, low, np.inf).min(axis=0), low.min(axis=0))
    best = np.where(some, np.where(known, high, -np.inf).max(axis=0), high.max(axis=0))
    width = best - worst
    flat = ~(width > 0.0)
    by = np.where(flat, 1.0, width)
    scaled_low = np.clip((low - worst) / by, 0.0, 1.0)
    scaled_high = np.clip((high - worst) / by, 0.0, 1.0)
    scaled_low = np.where(flat, np.where(known, 1.0, 0.0), scaled_low)
    return scaled_low, np.where(flat, 1.0, scaled_high)


def score(part: Floats, weights: Floats) -> Floats:
    """Return the weighted sum.

    Added in the order of the criteria for everybody, so that dominance survives rounding.
    """
    total = np.zeros(part.shape[0])
    for k, weight in enumerate(weights):
        total = total + weight * part[:, k]
    return total


def ranks(scores: Floats) -> Ints:
    """Return 1 for the highest; equals share the better rank."""
    ordered = np.sort(-scores)
    return np.searchsorted(ordered, -scores, side="left") + 1


def interval_ranks(low: Floats, high: Floats) -> tuple[Ints, Ints]:
    """Return best and worst rank that scores between ``low`` and ``high`` allow."""
    surely_above = len(low) - np.searchsorted(np.sort(low), high, side="right")
    maybe_above = len(high) - np.searchsorted(np.sort(high), low, side="right")
    own = (high > low).astype(np.int64)  # a candidate is not above itself
    return surely_above + 1, maybe_above - own + 1


def pareto(low: Floats, high: Floats) -> Bools:
    """Return which candidates no other surely dominates.

    One dominates another when it is at least as good in all criteria and better in one, whatever
    the unknown values are.
    """
    order = np.argsort(-low.sum(axis=1), kind="stable")
    keep = np.zeros(len(low), dtype=bool)
    front = np.empty((0, low.shape[1]))
    # A dominator has the larger sum of lows, and itself or its own dominator is in front already.
    for i in order:
        dominated = ((front >= high[i]).all(axis=1) & (front > high[i]).any(axis=1)).any()
        if not dominated:
            keep[i] = True
            front = np.concatenate([front, low[i : i + 1]])
    return keep


def stay(middle: Floats, weights: Floats, leaders: Bools) -> Floats:
    """Return the range of each weight over which the leaders stay in front, (m, 2).

    The other weights keep their proportions. Score is a line in the weight, so that the ends are
    crossings of lines: exact. NaN where the other weights are all zero.
    """
    out = np.full((len(weights), 2), np.nan)
    leader = int(np.flatnonzero(leaders)[0])
    for k, weight in enumerate(weights):
        if weight >= 1.0:
            continue
        rest = np.where(np.arange(len(weights)) == k, 0.0, weights) / (1.0 - weight)
        begin, end = score(middle, rest), middle[:, k]
        # Lead of the leader at weight 0 and at weight 1.
        lead0, lead1 = begin[leader] - begin, end[leader] - end
        low, high = 0.0, 1.0
        for a, b in zip(lead0[~leaders], lead1[~leaders], strict=True):
            if a < 0.0 and b > a:
                low = max(low, min(a / (a - b), weight))
            elif b < 0.0 and a > b:
                high = min(high, max(a / (a - b), weight))
        out[k] = low, high
    return out


def stability(low: Floats, high: Floats, weights: Floats, *, top: int, seed: int) -> Stability:
    """Return how often each candidate is first and among the top, over drawn weights.

    Parameters
    ----------
    weights
        (draws, m), each row adding up to 1.
    top
        Places that count.
    seed
        Of where in its interval each unknown value lies, evenly spread.
    """
    rng = np.random.default_rng(seed)
    count, draws = len(low), len(weights)
    known = bool((low == high).all())
    first, within = np.zeros(count), np.zeros(count)
    for d in range(draws):
        part = low if known else low + (high - low) * rng.random(low.shape)
        scores = score(part, weights[d])
        place = ranks(scores)
        leaders = place == 1
        first += leaders / leaders.sum()
        within += place <= top
    return Stability(first / draws, within / draws)
