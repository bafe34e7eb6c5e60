"""A book of the faults of one file: raised by name, or left out and counted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.errors import InputError, Problem

__all__ = ["FaultBook"]

_SHOWN = 5


class FaultBook:
    """Gathers faults; with ``clean`` it counts them, else :meth:`finish` raises them all.

    Parameters
    ----------
    file
        As the user named it, where the table has no column ``file``.
    clean
        Whether faults are left out by the caller and only counted here.
    counts
        Counts to begin with.
    """

    def __init__(self, file: str, *, clean: bool, counts: dict[str, int]) -> None:
        self.file = file
        self.clean = clean
        self.counts = dict(counts)
        self.problems: list[Problem] = []

    def count(self, name: str, number: int) -> None:
        """Count what is left out in any case."""
        if number:
            self.counts[name] = self.counts.get(name, 0) + number

    def always(self, problem: Problem) -> None:
        """Keep a fault that no cleaning mends."""
        self.problems.append(problem)

    def report(
        self,
        name: str,
        field: str,
        table: pd.DataFrame,
        bad: npt.NDArray[np.bool_],
        cells: pd.Series | Sequence[str],
        expected: str,
    ) -> None:
        """Keep one kind of fault: the rows in ``bad`` of a table with ``file`` and ``row``.

        The value shown is that in ``cells``, or those of the columns named there.
        """
        where = np.flatnonzero(bad)
        if not len(where):
            return
        if self.clean:
            self.count(name, len(where))
            return
        for position in where[:_SHOWN]:
            record = table.iloc[position]
            if isinstance(cells, pd.Series):
                value = str(cells.iloc[position])
            else:
                value = ", ".join(str(record[name]) for name in cells)
            self.problems.append(
                Problem(str(record["file"]), field, int(record["row"]), value, expected)
            )
        if len(where) > _SHOWN:
            more = f"{expected}; {len(where) - _SHOWN} more rows have the same fault"
            self.problems.append(Problem(self.file, field, expected=more))

    def finish(self) -> None:
        """Raise every fault that was kept."""
        if self.problems:
            raise InputError(self.problems)
