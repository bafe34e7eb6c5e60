"""Table schemas: what each column means, its unit, and what counts as a valid value.

One description serves three ends: checking what comes in, documenting what goes out, and
generating the reference. Checking gathers every fault before raising once.
"""

from __future__ import annotations

import csv
import io
import math
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from geofleet.errors import InputError, Problem

__all__ = [
    "Column",
    "TableSchema",
    "cell_faults",
    "check_frame",
    "read_column",
    "read_csv",
    "read_rows",
    "read_text",
]

Kind = Literal["text", "integer", "number", "boolean", "date", "time", "datetime", "geometry"]

_TRUE = {"true", "yes", "1"}
_FALSE = {"false", "no", "0"}
_ROWS_SHOWN = 5
_INTEGERS = 2.0**53  # beyond, a float no longer tells whole numbers apart
_OTHER_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its meaning, unit, and limits.

    ``required`` columns must be present; ``nullable`` ones may hold empty cells. ``time`` is a
    local clock time ``HH:MM[:SS]``, hours above 24 allowed for the small hours after the day's
    start; it is held as seconds after local midnight.
    """

    name: str
    kind: Kind
    meaning: str
    unit: str = ""
    required: bool = True
    nullable: bool = False
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()

    def expectation(self) -> str:
        """Say in words what a value of this column must be."""
        words = {
            "text": "text",
            "integer": "a whole number",
            "number": "a number",
            "boolean": "true or false",
            "date": "a date like 2024-05-14",
            "time": "a clock time like 08:30",
            "datetime": "a date and time with offset like 2024-05-14T08:30:00-06:00",
            "geometry": "a geometry",
        }[self.kind]
        if self.choices:
            words = "one of " + ", ".join(self.choices)
        if self.minimum is not None and self.maximum is not None:
            words += f" from {self.minimum:g} to {self.maximum:g}"
        elif self.minimum is not None:
            words += f" of at least {self.minimum:g}"
        elif self.maximum is not None:
            words += f" of at most {self.maximum:g}"
        if self.unit:
            words += f" [{self.unit}]"
        return words


@dataclass(frozen=True, slots=True)
class TableSchema:
    """A named set of columns; ``key`` columns together identify a row.

    ``version`` is major.minor.patch: columns that go or change their meaning, kind or unit make a
    new major one, columns that come a minor one, words a patch.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    version: str = "1.0.0"
    notes: tuple[str, ...] = field(default=())

    def column(self, name: str) -> Column:
        """Return the column called ``name``."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    def describe(self) -> dict[str, Any]:
        """Return the schema as plain data, to be written beside a layer."""
        return {
            "name": self.name,
            "title": self.title,
            "version": self.version,
            "key": list(self.key),
            "notes": list(self.notes),
            "columns": [
                {
                    "name": column.name,
                    "kind": column.kind,
                    "unit": column.unit,
                    "meaning": column.meaning,
                    "nullable": column.nullable,
                    **({"choices": list(column.choices)} if column.choices else {}),
                    **({} if column.minimum is None else {"minimum": column.minimum}),
                    **({} if column.maximum is None else {"maximum": column.maximum}),
                }
                for column in self.columns
            ],
        }


def read_text(path: Path) -> str:
    """Read a UTF-8 text file (a byte-order mark is accepted).

    Raises
    ------
    InputError
        Missing, unreadable, empty or not UTF-8.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InputError([Problem(str(path), expected=f"a readable file ({reason})")]) from None
    if not data.strip():
        raise InputError([Problem(str(path), expected="a file that is not empty")])
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        bad = data[error.start : error.start + 1].hex()
        expected = f"UTF-8 text; byte 0x{bad} is not (save the file as UTF-8)"
        raise InputError([Problem(str(path), row=line, expected=expected)]) from None


def read_rows(path: Path) -> list[list[str]]:
    """Return the cells of a comma-separated file by line, the header first.

    A row whose quoted text spans several lines is followed by empty ones, so that the place in
    the list is always the line of the file.

    Raises
    ------
    InputError
        As :func:`read_text`; no column names in the first line, another separator than the
        comma, a quotation mark that opens and does not close.
    """
    reader = csv.reader(io.StringIO(read_text(path), newline=None), strict=True)
    rows: list[list[str]] = []
    try:
        for cells in reader:
            first = len(rows)
            rows.append(cells)
            rows.extend([] for _ in range(first + 1, reader.line_num))
    except csv.Error as error:
        expected = f"comma-separated cells with every quotation mark closed ({error})"
        raise InputError([Problem(str(path), row=len(rows) + 1, expected=expected)]) from None
    header = [name.strip() for name in rows[0]]
    if not any(header):
        expected = "the names of the columns in the first line; it is empty"
        raise InputError([Problem(str(path), row=1, expected=expected)])
    problem = _separator_problem(header, str(path), 1)
    if problem is not None:
        raise InputError([problem])
    return rows


def _separator_problem(header: list[str], file: str, row: int) -> Problem | None:
    """Recognise a table whose cells are not separated by commas."""
    if len(header) != 1:
        return None
    for mark, name in _OTHER_SEPARATORS.items():
        if mark in header[0]:
            expected = f"cells separated by commas, decimals with a point; these stand {name} apart"
            return Problem(file, "", row, header[0][:80], expected)
    return None


def read_csv(path: Path, schema: TableSchema) -> pd.DataFrame:
    """Read and check a comma-separated table.

    Columns that the schema does not know are kept as text. Row numbers in problems are line
    numbers of the file. Dates stay text (ISO), times become seconds after local midnight.

    Raises
    ------
    InputError
        Every problem of the file at once.
    """
    rows = read_rows(path)
    header = [name.strip() for name in rows[0]]
    problems = [
        Problem(str(path), name, 1, expected="each column once")
        for name in sorted({name for name in header if header.count(name) > 1})
    ]
    lines, records = [], []
    for number, row in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(header):
            problems.append(
                Problem(
                    str(path), "", number, ",".join(row)[:80],
                    f"{len(header)} cells as in the header, found {len(row)}",
                )
            )  # fmt: skip
            continue
        lines.append(number)
        records.append([cell.strip() for cell in row])
    if problems:
        raise InputError(problems)
    if not records:
        raise InputError([Problem(str(path), expected="at least one row below the header")])
    frame = pd.DataFrame(records, columns=header, dtype=str)
    return check_frame(frame, schema, file=str(path), rows=lines)


def read_column(path: Path, name: str) -> list[str]:
    """Return the cells of one column of a table as text, none where that cannot be read.

    For checking one file against another that may have faults of its own, which
    :func:`read_csv` names.
    """
    try:
        header, *rows = read_rows(path)
    except InputError:
        return []
    names = [cell.strip() for cell in header]
    if name not in names:
        return []
    place = names.index(name)
    return [row[place].strip() for row in rows if len(row) > place and row[place]]


def check_frame(
    frame: pd.DataFrame,
    schema: TableSchema,
    *,
    file: str,
    rows: list[int] | None = None,
) -> pd.DataFrame:
    """Return ``frame`` with each schema column converted and checked.

    Parameters
    ----------
    frame
        Cells as text or already typed; empty text counts as missing.
    rows
        The row number to report for each row; 1, 2, … when not given.

    Raises
    ------
    InputError
        Every problem found.
    """
    numbers = rows if rows is not None else list(range(1, len(frame) + 1))
    other = _separator_problem([str(name) for name in frame.columns], file, 1 if rows else 0)
    if other is not None:
        raise InputError([other])
    problems: list[Problem] = []
    out = frame.copy()
    for column in schema.columns:
        if column.kind == "geometry":
            continue
        if column.name not in frame.columns:
            if column.required:
                close = ", ".join(map(str, frame.columns))
                expected = f"a column {column.name!r} ({column.meaning}); found {close}"
                problems.append(Problem(file, column.name, 1 if rows else 0, expected=expected))
            continue
        values, bad = _convert(frame[column.name].tolist(), column)
        dtype = float if column.kind in ("number", "time") else object
        series = pd.Series(values, index=frame.index, dtype=dtype)
        if column.kind == "integer":
            series = series.astype("Int64")
        elif column.kind == "boolean":
            series = series.astype("boolean")
        elif column.kind == "datetime":
            series = pd.Series(pd.to_datetime(values, utc=True), index=frame.index)
        out[column.name] = series
        problems += _summarise(file, column, [(numbers[i], v) for i, v in bad])
    keys = [name for name in schema.key if name in out.columns]
    if schema.key and len(keys) == len(schema.key):
        repeated = out.duplicated(subset=keys, keep="first")
        for position in [i for i, flag in enumerate(repeated) if flag][:_ROWS_SHOWN]:
            value = ", ".join(str(frame[name].iloc[position]) for name in keys)
            expected = "each value once; it stands in an earlier row too"
            problems.append(Problem(file, ", ".join(keys), numbers[position], value, expected))
    if problems:
        raise InputError(problems)
    return out


def cell_faults(
    frame: pd.DataFrame, schema: TableSchema, *, file: str, rows: list[int]
) -> list[Problem]:
    """Return every cell that its column does not allow; columns that are not there are passed over.

    As :func:`check_frame`, but no fault is summarised away: for tables of which the good rows are
    to be told from the bad.
    """
    return [
        Problem(file, column.name, rows[i], str(value), column.expectation() + _hint(column, value))
        for column in schema.columns
        if column.kind != "geometry" and column.name in frame.columns
        for i, value in _convert(frame[column.name].tolist(), column)[1]
    ]


def _summarise(file: str, column: Column, bad: list[tuple[int, Any]]) -> list[Problem]:
    """Turn the bad cells of one column into at most a handful of problems."""
    problems = [
        Problem(file, column.name, row, str(value), column.expectation() + _hint(column, value))
        for row, value in bad[:_ROWS_SHOWN]
    ]
    if len(bad) > _ROWS_SHOWN:
        more = f"{column.expectation()}; {len(bad) - _ROWS_SHOWN} more rows have the same fault"
        problems.append(Problem(file, column.name, bad[_ROWS_SHOWN][0], "", more))
    return problems


def _hint(column: Column, value: Any) -> str:
    number = column.kind in ("number", "integer")
    comma = number and _DECIMAL_COMMA.fullmatch(str(value))
    return ", with a decimal point and no comma" if comma else ""


def _convert(cells: list[Any], column: Column) -> tuple[list[Any], list[tuple[int, Any]]]:
    values: list[Any] = []
    bad: list[tuple[int, Any]] = []
    for position, cell in enumerate(cells):
        if _is_missing(cell):
            empty: Any = None if column.kind in ("text", "date", "datetime") else float("nan")
            values.append(pd.NA if column.kind in ("integer", "boolean") else empty)
            if not column.nullable:
                bad.append((position, "(empty)"))
            continue
        try:
            value = _parse(cell, column.kind)
        except ValueError:
            values.append(None if column.kind in ("text", "date", "datetime") else float("nan"))
            if column.kind in ("integer", "boolean"):
                values[-1] = pd.NA
            bad.append((position, cell))
            continue
        if not _within(value, column):
            bad.append((position, cell))
        values.append(value)
    return values, bad


def _is_missing(cell: Any) -> bool:
    return cell is None or cell is pd.NA or cell == "" or (isinstance(cell, float) and cell != cell)


def _within(value: Any, column: Column) -> bool:
    if column.choices and value not in column.choices:
        return False
    if column.minimum is not None and value < column.minimum:
        return False
    return column.maximum is None or value <= column.maximum


def _parse(cell: Any, kind: Kind) -> Any:
    if kind == "number":
        number = float(cell)
        return number if math.isfinite(number) else _fail(str(cell))
    if kind == "integer":
        number = float(cell)
        whole = math.isfinite(number) and number.is_integer() and abs(number) < _INTEGERS
        return int(number) if whole else _fail(str(cell))
    text = str(cell)
    if kind == "boolean":
        if text.lower() in _TRUE:
            return True
        if text.lower() in _FALSE:
            return False
        raise ValueError(cell)
    if kind == "time":
        return _seconds_after_midnight(text)
    if kind == "date":
        return pd.Timestamp(text).date().isoformat() if _is_date(text) else _fail(text)
    if kind == "datetime":
        stamp = pd.Timestamp(text)
        return stamp if stamp.tzinfo is not None else _fail(text)
    return text


def _is_date(text: str) -> bool:
    return len(text) == 10 and text[4] == text[7] == "-"


def _fail(text: str) -> Any:
    raise ValueError(text)


def _seconds_after_midnight(text: str) -> float:
    parts = text.split(":")
    if len(parts) not in (2, 3) or not all(part.isdigit() for part in parts):
        raise ValueError(text)
    hours, minutes, seconds = (*map(int, parts), 0)[:3]
    if minutes > 59 or seconds > 59 or hours > 48:
        raise ValueError(text)
    return float(hours * 3600 + minutes * 60 + seconds)
