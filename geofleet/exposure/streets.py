"""What is known by link, said by street: the same gram on streets that people know by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.errors import InputError, Problem

if TYPE_CHECKING:
    from geofleet.network import RoadNetwork

__all__ = ["street_means"]


def street_means(
    network: RoadNetwork,
    edges: npt.NDArray[np.int32],
    values: npt.NDArray[np.float64],
    *,
    names: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Return the mean along each named street, weighted by length: a gram spread evenly over it.

    Streets that share a name count as one, wherever they are. Links without a name are left out.

    Parameters
    ----------
    edges
        Edge numbers of the rows of ``values``.
    values
        Shape (len(edges), columns): the values of :class:`UnitExposure`, the parts per million of
        :class:`Intake`, harm prices.
    names
        The streets wanted, in this order; all in order of name when not given.

    Returns
    -------
    DataFrame by ``street``, with the columns of ``values`` by number (hours of the day), NaN
    where a link of the street has none.

    Raises
    ------
    InputError
        Values of another shape, or names that no link of ``edges`` has.
    """
    numbers, array = np.asarray(edges), np.asarray(values, dtype=np.float64)
    if array.ndim != 2 or len(array) != len(numbers):
        expected = f"an array of shape ({len(numbers)}, columns), one row per edge"
        raise InputError([Problem("streets", "values", 0, str(array.shape), expected)])
    name = network.edges["name"].to_numpy(object)[numbers]
    named = pd.notna(name)
    number, found = pd.factorize(name[named], sort=True)
    length_m = network.arrays.length_m[numbers[named]]
    along = np.bincount(number, length_m, len(found))
    means = np.zeros((len(found), array.shape[1]))
    np.add.at(means, number, array[named] * length_m[:, None])
    table = pd.DataFrame(means / along[:, None], index=pd.Index(found, name="street"))
    if names is None:
        return table
    problems = [
        Problem("streets", "name", 0, street, "the name of a street of these links")
        for street in names
        if street not in table.index
    ]
    if problems:
        raise InputError(problems)
    return table.loc[list(names)]
