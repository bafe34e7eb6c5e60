"""Numbers of a table that was made in memory, checked against its schema, all faults at once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.errors import Problem
from geofleet.schema import Column, TableSchema

__all__ = ["read_numbers"]

Floats = npt.NDArray[np.float64]

_SHOWN = 5


def read_numbers(
    frame: pd.DataFrame, schema: TableSchema, *, what: str
) -> tuple[dict[str, Floats], list[Problem]]:
    """Return every column of the schema as float64, and what is wrong with them.

    A column that is not there is zero; an empty cell is NaN, and a fault where the column is
    required and may not be empty.

    Parameters
    ----------
    what
        One row of the table, in words.
    """
    known = {column.name: column for column in schema.columns}
    problems = [
        Problem(f"{what}s", str(name), expected="one of " + ", ".join(known))
        for name in frame.columns
        if name not in known
    ]
    filled = {}
    for name, column in known.items():
        if name in frame.columns:
            filled[name], faults = _checked(frame[name], column, what)
            problems += faults
            continue
        if column.required:
            problems.append(Problem(f"{what}s", name, expected=f"a column {name}"))
        filled[name] = np.zeros(len(frame))
    return filled, problems


def _checked(given: pd.Series, column: Column, what: str) -> tuple[Floats, list[Problem]]:
    """Return a column as float64, and what is wrong with it."""
    if given.dtype == np.float64:
        values = given.to_numpy(np.float64)
        unread = np.zeros(len(values), np.bool_)
    else:
        values = pd.to_numeric(given, errors="coerce").to_numpy(np.float64)
        unread = np.isnan(values) & given.notna().to_numpy()
    low = -np.inf if column.minimum is None else column.minimum
    high = np.inf if column.maximum is None else column.maximum
    unknown = np.isnan(values)
    bad = unread | ~(unknown | ((low <= values) & (values <= high))) | np.isinf(values)
    if column.kind == "integer":
        bad |= ~unknown & (values != np.floor(values))
    if column.required and not column.nullable:
        bad |= unknown
    number = "a whole number" if column.kind == "integer" else "a number"
    limits = f"from {low:g} to {high:g}" if np.isfinite(high) else f"of at least {low:g}, finite"
    expected = f"{number} {limits}"
    problems = []
    for place in np.flatnonzero(bad)[:_SHOWN]:
        empty = unknown[place] and not unread[place]
        shown = "" if empty else str(given.iloc[place])
        row = f"{what} {given.index[place]}"
        problems.append(Problem(row, column.name, 0, shown, expected))
    return values, problems
