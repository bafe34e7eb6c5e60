"""From many samples of where people are to few receptors that stand for them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from geofleet.exposure.people.homes import Samples, ground_samples, summed
from geofleet.exposure.people.lattice import Lattice

__all__ = ["gather_by_cell", "gather_on_grid"]

Floats = npt.NDArray[np.float64]


def gather_by_cell(samples: Samples, lattice: Lattice, zones: int) -> Samples:
    """One receptor for the samples of a zone in each cell, at the one nearest to their middle.

    A place where somebody lives, at the distance from roads that homes have: the mean place of
    houses on both sides of a street is the street.
    """
    cell = lattice.cell_of(samples.xy)
    low = cell.min(axis=0)
    across, up = cell.max(axis=0) - low + 1
    place = (cell - low) @ np.array([up, 1])
    _, group = np.unique(samples.zone * (across * up) + place, return_inverse=True)
    count = int(group.max()) + 1
    home_of_zone, day_of_zone = samples.totals(zones)
    home = _per(samples.home, home_of_zone[samples.zone])
    weight = home + _per(samples.day, day_of_zone[samples.zone])
    total = summed(group, weight, count)
    # About a near origin, so that squares of coordinates do not eat digits.
    origin = np.floor(samples.xy.min(axis=0))
    xy = samples.xy - origin
    middle = np.column_stack([summed(group, weight * xy[:, k], count) / total for k in (0, 1)])
    gap = np.hypot(*(xy - middle[group]).T)
    order = np.lexsort((xy[:, 1], xy[:, 0], np.round(gap, 6), group))
    first = order[np.unique(group[order], return_index=True)[1]]
    return Samples(
        samples.xy[first],
        samples.zone[first],
        summed(group, samples.home, count),
        summed(group, samples.day, count),
    )


def gather_on_grid(samples: Samples, shapes: npt.NDArray[np.object_], lattice: Lattice) -> Samples:
    """Grid points inside each zone, each with the samples of its zone that are nearest to it."""
    points, _ = ground_samples(shapes, np.arange(len(shapes)), lattice)
    # Zones lie one above another, so far that the nearest point is one of the own zone.
    low = np.minimum(points.xy.min(axis=0), samples.xy.min(axis=0))
    high = np.maximum(points.xy.max(axis=0), samples.xy.max(axis=0))
    storey = 2.0 * float(np.hypot(*(high - low))) + 1.0
    tree = cKDTree(np.column_stack([points.xy - low, points.zone * storey]))
    _, nearest = tree.query(np.column_stack([samples.xy - low, samples.zone * storey]))
    grid = Samples(
        points.xy,
        points.zone,
        summed(nearest, samples.home, len(points)),
        summed(nearest, samples.day, len(points)),
    )
    return grid.weighted(np.ones(len(grid)), np.ones(len(grid)))


def _per(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0.0)
