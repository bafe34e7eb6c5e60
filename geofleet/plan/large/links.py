"""Cuts: a vehicle that uses a kind of charger needs at least one whole one."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from geofleet.plan.large.assembly import Assembly
from geofleet.plan.large.case import Case

__all__ = ["broken_links"]

Floats = npt.NDArray[np.float64]

_BROKEN = 1e-4


def broken_links(case: Case, a: Assembly, solution: Floats) -> sp.csr_matrix | None:
    """Return rows ``row v <= 0`` that a relaxed solution of one depot breaks; None for none.

    Divisible chargers let a vehicle that needs a tenth of a plug pay for a tenth. In whole numbers
    the share of a vehicle that charges by some kind up to a year is at most the number of those
    chargers up to that year: the strong rows of facility location.
    """
    count, kinds, years = len(a.choices), case.kinds, case.years
    kind, year = case.kind[a.choices], case.year[a.choices]
    unit = np.searchsorted(a.units, case.unit[a.choices])
    using = np.zeros((len(a.units), kinds, years))
    np.add.at(using, (unit, kind, year), solution[:count])
    there = solution[count : count + kinds * years].reshape(kinds, years)
    broken = np.argwhere(using.cumsum(axis=2) > there + _BROKEN)
    if not len(broken):
        return None
    number = np.full((len(a.units), kinds, years), -1)
    number[tuple(broken.T)] = np.arange(len(broken))
    rows, columns, values = [], [], []
    for ahead in range(years):
        # A choice counts in the row of its own year and in those of later years.
        later = year + ahead
        inside = np.flatnonzero(later < years)
        row = number[unit[inside], kind[inside], later[inside]]
        rows.append(row[row >= 0])
        columns.append(inside[row >= 0])
        values.append(np.ones(len(rows[-1])))
    rows.append(np.arange(len(broken)))
    columns.append(count + broken[:, 1] * years + broken[:, 2])
    values.append(np.full(len(broken), -1.0))
    return sp.csr_matrix(
        (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))),
        shape=(len(broken), a.matrix.shape[1]),
    )
