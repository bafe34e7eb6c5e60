"""Convex sets of (time, energy, cost) that one sequence of decisions can lead to.

A set is given by points: it holds every mixture of them, and whatever is later, has less energy
or has cost more. Each point carries the history of its plan in further columns, all of them
linear, so that a mixture of points is a plan too. Times in s, energies in J.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = [
    "COST",
    "ENERGY",
    "TIME",
    "at_least",
    "at_limit",
    "at_most",
    "extended",
    "is_covered",
    "lowered",
    "pruned",
    "raised",
]

Floats = npt.NDArray[np.float64]

TIME, ENERGY, COST = range(3)


def at_most(points: Floats, column: int, limit: float, slack: float) -> Floats:
    """Cut the set: nothing of a column beyond the limit. Empty when nothing is left."""
    inside = points[:, column] <= limit + slack
    if inside.all():
        return points
    return np.concatenate([points[inside], _crossings(points, inside, column, limit)])


def at_least(points: Floats, column: int, limit: float, slack: float) -> Floats:
    """As :func:`at_most`, nothing below."""
    inside = points[:, column] >= limit - slack
    if inside.all():
        return points
    return np.concatenate([points[inside], _crossings(points, inside, column, limit)])


def raised(points: Floats, column: int, limit: float) -> Floats:
    """Move what lies below a limit to it, at no cost: waiting for a time."""
    below = points[:, column] < limit
    if not below.any():
        return points
    moved = points.copy()
    moved[below, column] = limit
    return np.concatenate([moved, _crossings(points, ~below, column, limit)])


def lowered(points: Floats, column: int, limit: float) -> Floats:
    """Move what lies above a limit to it, at no cost: energy that is not counted."""
    above = points[:, column] > limit
    if not above.any():
        return points
    moved = points.copy()
    moved[above, column] = limit
    return np.concatenate([moved, _crossings(points, ~above, column, limit)])


def at_limit(points: Floats, column: int, limit: float) -> Floats:
    """Return the mixtures of points from both sides of a limit that lie on it."""
    return _crossings(points, points[:, column] <= limit, column, limit)


def _crossings(points: Floats, inside: npt.NDArray[np.bool_], column: int, limit: float) -> Floats:
    """Points where the lines from inside to outside meet the limit."""
    within, beyond = points[inside], points[~inside]
    if not len(within) or not len(beyond):
        return points[:0]
    a, b = np.repeat(within, len(beyond), axis=0), np.tile(beyond, (len(within), 1))
    share = (limit - a[:, column]) / (b[:, column] - a[:, column])
    mixed = a + np.clip(share, 0.0, 1.0)[:, None] * (b - a)
    mixed[:, column] = limit
    return mixed


def extended(points: Floats, rate: float, price: float, limit: float) -> Floats:
    """Charge at a constant power, as long as wanted, up to an energy; price per unit of energy."""
    gain = limit - points[:, ENERGY]
    more = points[gain > 0.0].copy()
    gain = gain[gain > 0.0]
    more[:, TIME] += gain / rate
    more[:, ENERGY] = limit
    more[:, COST] += gain * price
    return np.concatenate([points, more])


def pruned(points: Floats, slack: Floats) -> Floats:
    """Leave out points that another is as good as, or a mixture of two others."""
    if len(points) < 2:
        return points
    better = points[:, :3] * [1.0, -1.0, 1.0]
    order = np.lexsort(better.T[::-1])
    kept: list[int] = []
    for i in order:
        if not any((better[j] <= better[i] + slack).all() for j in kept):
            kept.append(int(i))
    if len(kept) > 3:
        for i in list(kept):
            others = [j for j in kept if j != i]
            if is_covered(points[i : i + 1], points[others], slack):
                kept = others
    return points[kept]


def is_covered(points: Floats, by: Floats, slack: Floats) -> bool:
    """Say whether each point is no better than some mixture of two points of another set."""
    a = by[:, :3] * [1.0, -1.0, 1.0]
    first, second = np.triu_indices(len(a))
    for point in points[:, :3] * [1.0, -1.0, 1.0]:
        limit = point + slack
        if (a <= limit).all(axis=1).any():
            continue
        # shares s of the second point for which a + s (b - a) <= limit in all three
        step = a[second] - a[first]
        room = limit - a[first]
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = room / step
        high = np.where(step > 0.0, ratio, np.where(room >= 0.0, np.inf, -np.inf))
        high = np.where(step < 0.0, np.inf, high).min(axis=1)
        low = np.where(step < 0.0, ratio, -np.inf).max(axis=1)
        if not (np.maximum(low, 0.0) <= np.minimum(high, 1.0)).any():
            return False
    return True
