"""Origins: which default rows stand behind which cells."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pandas as pd

__all__ = ["Origin", "Origins"]


@dataclass(frozen=True, slots=True)
class Origin:
    """Rows behind a column, for the cells that agree with ``match``.

    Parameters
    ----------
    column
        Of the ledger cases.
    rows
        ``table:id``.
    match
        Value by key (``vehicle_class``, ``technology``, ``engine``, ``model_id``,
        ``operator_size``, ``hours``) that a cell must have; empty for all cells.
    """

    column: str
    rows: tuple[str, ...]
    match: tuple[tuple[str, str], ...] = ()

    def fits(self, cell: Mapping[str, str]) -> bool:
        """Whether a cell with these keys rests on the rows."""
        return all(cell.get(key, value) == value for key, value in self.match)


@dataclass
class Origins:
    """Gathers origins while a table is filled."""

    found: dict[Origin, None] = field(default_factory=dict)

    def add(self, column: str, rows: Iterable[str], **match: str) -> None:
        """Note that rows stand behind a column where ``match`` holds."""
        self.found[Origin(column, tuple(dict.fromkeys(rows)), tuple(sorted(match.items())))] = None

    def by_column(self) -> dict[str, tuple[str, ...]]:
        """Return all rows behind each column."""
        out: dict[str, dict[str, None]] = {}
        for origin in self.found:
            out.setdefault(origin.column, {}).update(dict.fromkeys(origin.rows))
        return {column: tuple(sorted(rows)) for column, rows in out.items()}

    def of(self, cell: Mapping[str, str]) -> pd.DataFrame:
        """Return ``column, row`` of all rows that a cell rests on."""
        pairs = {
            (origin.column, row): None
            for origin in self.found
            if origin.fits(cell)
            for row in origin.rows
        }
        return pd.DataFrame(list(pairs), columns=["column", "row"])
