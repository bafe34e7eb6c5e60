"""Default numbers with unit, year, source and status, and a record of those that were used.

Every table is a CSV file in ``geofleet/defaults/tables`` whose first columns are
``id, value, unit, year, source, status, note``; a table may add columns of its own.
``status`` is one of ``verified`` (read in the named source), ``derived`` (computed from such rows,
the rule is in the note), ``memory`` (remembered: a visible, editable default, never evidence),
``illustrative`` (made up to show the method) and ``user`` (set in a study).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from functools import cache
from importlib import resources
from pathlib import Path

import pandas as pd

from geofleet.errors import InputError, MissingDefaultError, Problem
from geofleet.schema import Column, TableSchema, read_csv

__all__ = ["STATUSES", "Defaults", "read_rows_for", "read_table", "table_names"]

STATUSES = ("verified", "derived", "memory", "illustrative", "user")
_SIGNED_UNITS = ("degC", "K/m", "1/(km/h)")
_MAY_BE_EMPTY = ("unit", "year", "note")
# read when data/emission_factors/build.py makes the table of speed functions, not afterwards
_BUILT_IN = ("emissions:guard.",)
_REQUIRED = ("id", "value", "unit", "year", "source", "status", "note")


def table_names() -> list[str]:
    """Names of the tables that the package ships."""
    folder = resources.files("geofleet.defaults") / "tables"
    return sorted(item.name[:-4] for item in folder.iterdir() if item.name.endswith(".csv"))


@cache
def read_table(name: str) -> pd.DataFrame:
    """Read one table, indexed by ``id``; treat the result as read-only.

    Raises
    ------
    MissingDefaultError
        No such table.
    """
    path = resources.files("geofleet.defaults") / "tables" / f"{name}.csv"
    if not path.is_file():
        raise MissingDefaultError(f"no default table {name!r}; there are {table_names()}")
    with path.open("r", encoding="utf-8") as handle:
        frame = pd.read_csv(handle, dtype={"id": str, "value": str}, keep_default_na=False)
    missing = [column for column in _REQUIRED if column not in frame.columns]
    if missing:
        raise MissingDefaultError(f"default table {name!r} lacks the columns {missing}")
    repeated = sorted(frame.loc[frame["id"].duplicated(), "id"])
    if repeated:
        raise MissingDefaultError(f"default table {name!r} has the rows {repeated} twice")
    return frame.set_index("id")


_DESCRIBED = ("value", "unit", "year", "source", "status")


@cache
def _described(name: str) -> Mapping[str, tuple[str, ...]]:
    """Return what is said of each row of a packaged table, as text."""
    return _texts(read_table(name))


def _texts(table: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    columns = [table[column].astype(str) for column in _DESCRIBED]
    return dict(zip(table.index, zip(*columns, strict=True), strict=True))


@cache
def _values(name: str) -> Mapping[str, str]:
    """Return the values of a packaged table by row."""
    return {str(row): str(value) for row, value in read_table(name)["value"].items()}


def read_rows_for(name: str, path: Path) -> pd.DataFrame:
    """Read rows of a study's own for a default table, indexed by ``id``.

    Raises
    ------
    InputError
        No such table or file, columns that are missing, ids that stand twice or are empty, a
        status that does not exist.
    """
    if name not in table_names():
        expected = "the name of a default table: " + ", ".join(table_names())
        raise InputError([Problem(str(path), "tables", value=name, expected=expected)])
    columns = tuple(
        Column(
            column, "text", column, nullable=column in _MAY_BE_EMPTY,
            choices=STATUSES if column == "status" else (),
        )
        for column in _REQUIRED
    )  # fmt: skip
    schema = TableSchema(name, f"Rows for table {name}", columns, key=("id",))
    frame = read_csv(path, schema).fillna("").astype(str)
    return frame[list(_REQUIRED)].set_index("id")


class Defaults:
    """Reads default values and remembers which rows were read.

    Parameters
    ----------
    overrides
        ``{"table:id": value}``: numbers (or text) that a study sets in place of a default.
        They appear in the record with status ``user``.
    tables
        Rows of a study's own by table, as :func:`read_rows_for` reads them: added to the table
        that the package ships, or in place of its rows of the same id.

    Examples
    --------
    >>> defaults = Defaults({"energy:reserve_share": 0.2})
    >>> defaults.number("energy", "reserve_share")
    0.2
    >>> defaults.used
    ('energy:reserve_share',)
    """

    def __init__(
        self,
        overrides: Mapping[str, float | str] | None = None,
        *,
        tables: Mapping[str, pd.DataFrame] | None = None,
        _parent: Defaults | None = None,
    ) -> None:
        self._overrides: dict[str, str] = {k: str(v) for k, v in (overrides or {}).items()}
        self._tables = {
            name: pd.concat([rows, read_table(name).drop(index=rows.index, errors="ignore")])
            for name, rows in (tables or {}).items()
        }
        self._used: set[str] = set()
        self._parent = _parent

    def scope(self) -> Defaults:
        """Return a recorder for one stage; what it reads is recorded here too."""
        child = Defaults(_parent=self)
        child._overrides = self._overrides
        child._tables = self._tables
        return child

    def fresh(self, *, without: Collection[str] = ()) -> Defaults:
        """Return a recorder of the same values that has read nothing and reports to nobody.

        Parameters
        ----------
        without
            Overrides to leave out.
        """
        kept = {key: text for key, text in self._overrides.items() if key not in without}
        other = Defaults(kept)
        other._tables = self._tables
        return other

    def with_overrides(self, overrides: Mapping[str, float | str] | None) -> Defaults:
        """Return a fresh recorder of the same values with further overrides."""
        other = self.fresh()
        other._overrides |= {key: str(value) for key, value in (overrides or {}).items()}
        return other

    def table(self, name: str) -> pd.DataFrame:
        """Return a table with a study's own rows in it; treat the result as read-only.

        Overrides are not in it: read single values with :meth:`text` and :meth:`number`.
        """
        own = self._tables.get(name)
        return read_table(name) if own is None else own

    @property
    def used(self) -> tuple[str, ...]:
        """Sorted ``table:id`` of every row read through this object."""
        return tuple(sorted(self._used))

    def values(self, name: str) -> Mapping[str, str]:
        """Return the values of a table by row, as :meth:`table` has them."""
        own = self._tables.get(name)
        if own is None:
            return _values(name)
        return {str(row): str(value) for row, value in own["value"].items()}

    def text(self, table: str, row: str) -> str:
        """Return one value as text, recording its use."""
        key = f"{table}:{row}"
        try:
            value = self.values(table)[row]
        except KeyError:
            raise MissingDefaultError(f"no row {row!r} in default table {table!r}") from None
        self.mark(key)
        return self._overrides.get(key, value)

    def number(self, table: str, row: str) -> float:
        """Return one value as a number, recording its use.

        Raises
        ------
        MissingDefaultError
            No such row, or its value is not a number.
        """
        text = self.text(table, row)
        try:
            return float(text)
        except ValueError:
            raise MissingDefaultError(
                f"row {row!r} of default table {table!r} is {text!r}, not a number"
            ) from None

    def mark(self, *keys: str) -> None:
        """Record that rows were used, for code that reads whole tables."""
        self._used.update(keys)
        if self._parent is not None:
            self._parent.mark(*keys)

    def faulty_overrides(self) -> dict[str, str]:
        """Return what was expected of each override that cannot be used.

        Its row exists; a number is replaced by a finite number, and one that is not negative by
        another such, except where the unit is of a quantity that has a sign. Rows that only the
        making of a packaged table reads cannot be replaced.
        """
        faults = {}
        for key, text in self._overrides.items():
            if not self._has(key):
                faults[key] = "the name of a default row, table:row (see defaults in manifest.json)"
                continue
            if key.startswith(_BUILT_IN):
                faults[key] = "another row: the emission functions were built with this one"
                continue
            table, _, row = key.partition(":")
            default, unit = self.table(table).loc[row, ["value", "unit"]]
            expected = f"a number in the unit {unit}, as the default {default}"
            if (value := _number(str(default))) is None:
                continue
            if (given := _number(text)) is None:
                faults[key] = expected
            elif given < 0.0 <= value and unit not in _SIGNED_UNITS:
                faults[key] = expected + ", not below 0"
        return faults

    def check_overrides(self) -> None:
        """Refuse overrides of rows that do not exist or that nothing reads.

        Raises
        ------
        InputError
            All of them. Whether values fit is checked where they are read.
        """
        problems = [
            Problem("overrides", key, value=self._overrides[key], expected=expected)
            for key, expected in self.faulty_overrides().items()
            if key.startswith(_BUILT_IN) or not self._has(key)
        ]
        if problems:
            raise InputError(problems)

    def _has(self, key: str) -> bool:
        table, _, row = key.partition(":")
        return table in table_names() and row in self.table(table).index

    def describe(self, keys: Iterable[str] | None = None) -> pd.DataFrame:
        """Return the rows used (or the ones named) with value, unit, year, source and status."""
        wanted: dict[str, list[str]] = {}
        for key in sorted(self._used if keys is None else set(keys)):
            table, _, row = key.partition(":")
            wanted.setdefault(table, []).append(row)
        found = []
        for table, rows in wanted.items():
            own = self._tables.get(table)
            texts = _described(table) if own is None else _texts(own.loc[rows])
            for row in rows:
                key = f"{table}:{row}"
                value, unit, year, source, status = texts[row]
                if key in self._overrides:
                    value, source, status = self._overrides[key], "study", "user"
                found.append((key, value, unit, year, source, status))
        return pd.DataFrame(found, columns=["row", *_DESCRIBED])


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
