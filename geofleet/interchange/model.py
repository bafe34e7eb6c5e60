"""What a reader found: stops, vehicles, operators, and every row that cannot be used by name."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from geofleet.errors import InputError, Problem
from geofleet.routes.check import order_faults
from geofleet.routes.model import STOP_SCHEMA
from geofleet.schema import cell_faults, check_frame

__all__ = ["ASSUMABLE", "STOP_COLUMNS", "Imported", "imported", "with_assumed"]

ASSUMABLE = ("service_min", "drop_kg", "pickup_kg", "window_start", "window_end")
"""Columns of stops of which the user may say what empty cells are."""

STOP_COLUMNS = tuple(column.name for column in STOP_SCHEMA.columns)
_DAY = ("vehicle_id", "date")
_SOURCE = ("file", "row")
_UNASSIGNED = "unassigned"  # tasks that no route does: no vehicle-day lacks them


@dataclass(frozen=True)
class Imported:
    """Rows of another program, in the terms of a study.

    Parameters
    ----------
    kind
        ``stops``, ``gps``, ``vroom`` or ``carta_porte``.
    stops
        One row for each row of the source that is a stop, those with problems included: the
        columns of ``STOP_SCHEMA`` as text, empty where not known, any others of the source after
        them, and last ``file`` and ``row`` (as problems name them).
    vehicles, operators
        Rows as in ``VEHICLE_SCHEMA`` and ``OPERATOR_SCHEMA`` as far as the source tells, with
        ``file`` and ``row``; empty where it tells nothing.
    problems
        What keeps rows from being used, each with its file and row.
    unplaced
        Places whose position is not known: ``place_id, address, stops`` (how many), each once.
    notes
        What was understood how: names of columns, units, separators. To be shown.
    vehicle_rows
        The vehicle that each file and row describes, for problems of vehicles.
    """

    kind: str
    stops: pd.DataFrame
    vehicles: pd.DataFrame = field(default_factory=pd.DataFrame)
    operators: pd.DataFrame = field(default_factory=pd.DataFrame)
    problems: tuple[Problem, ...] = ()
    unplaced: pd.DataFrame = field(default_factory=pd.DataFrame)
    notes: tuple[str, ...] = ()
    vehicle_rows: Mapping[tuple[str, int], str] = field(default_factory=dict)

    def days(self) -> pd.DataFrame:
        """Return the vehicle-days: ``vehicle_id, date, stops``, and ``whole`` if no row lacks."""
        rows = self.stops
        bad = {(problem.file, problem.row) for problem in self.problems}
        flagged = [(file, row) in bad for file, row in zip(rows["file"], rows["row"], strict=True)]
        table = rows[list(_DAY)].assign(stops=1, whole=[not flag for flag in flagged])
        grouped = table.groupby(list(_DAY), sort=True, dropna=False)
        return grouped.agg({"stops": "sum", "whole": "all"}).reset_index()

    def whole_days(self) -> Imported:
        """Return this without the vehicle-days of which any row has a problem.

        Raises
        ------
        InputError
            A problem that belongs to no vehicle-day (its vehicle or date is not known, or it is
            one of the file): nobody can tell which day would lack a stop. Tasks that a solution
            leaves unassigned are left out like broken days.
        """
        rows = self.stops
        keys = dict(
            zip(
                zip(rows["file"], rows["row"], strict=True),
                zip(rows["vehicle_id"], rows["date"], strict=True),
                strict=True,
            )
        )
        # A document of goods is of one vehicle-day: whatever is wrong in it, that day has.
        of_file: dict[str, set[tuple[str, str]]] = {}
        for (file, _), key in keys.items():
            of_file.setdefault(file, set()).add(key)
        broken: set[tuple[str, str]] = set()
        strays = []
        for problem in self.problems:
            day = keys.get((problem.file, problem.row))
            own = of_file.get(problem.file, set())
            if problem.field == _UNASSIGNED:
                continue
            if day is None and self.kind == "carta_porte" and len(own) == 1:
                (day,) = own
            if day is None or "" in day:
                strays.append(problem)
            else:
                broken.add(day)
        if strays:
            raise InputError(strays)
        kept = [day not in broken for day in zip(rows["vehicle_id"], rows["date"], strict=True)]
        return Imported(
            kind=self.kind, stops=rows[kept].reset_index(drop=True), vehicles=self.vehicles,
            operators=self.operators, notes=self.notes, vehicle_rows=self.vehicle_rows,
        )  # fmt: skip

    def checked_stops(self) -> pd.DataFrame:
        """Return the stops as :func:`geofleet.routes.read_stops` would read them.

        Raises
        ------
        InputError
            Every problem.
        """
        if self.problems:
            raise InputError(self.problems)
        return check_frame(self.stops[list(STOP_COLUMNS)], STOP_SCHEMA, file=self.kind)


def with_assumed(
    stops: pd.DataFrame, assume: Mapping[str, Any], *, kind: str
) -> tuple[pd.DataFrame, list[str]]:
    """Fill empty cells with what the user says of them; return the notes that say so.

    Raises
    ------
    InputError
        A column that cannot be assumed: what tells stops apart must be in the source.
    """
    wrong = [
        Problem(kind, name, value=str(value), expected="one of " + ", ".join(ASSUMABLE))
        for name, value in assume.items()
        if name not in ASSUMABLE
    ]
    if wrong:
        raise InputError(wrong)
    out, notes = stops.copy(), []
    for name, value in assume.items():
        # A window that opens late would move the departure of the day.
        empty = (out[name] == "") & ~(out["seq"].eq("0") & (name == "window_start"))
        if empty.any():
            out.loc[empty, name] = str(value)
            notes.append(f"{name} assumed to be {value} in {int(empty.sum())} rows")
    return out, notes


def imported(
    kind: str,
    rows: list[dict[str, Any]],
    *,
    problems: list[Problem],
    assume: Mapping[str, Any] | None = None,
    vehicles: pd.DataFrame | None = None,
    operators: pd.DataFrame | None = None,
    unplaced: pd.DataFrame | None = None,
    notes: list[str] | None = None,
    absent: Collection[tuple[str, str]] = (),
    vehicle_rows: Mapping[tuple[str, int], str] | None = None,
) -> Imported:
    """Gather rows (cells as text) into an :class:`Imported`, each cell and day checked.

    Problems that are there already are not said twice: a cell that could not be read is passed
    over by the checks of the schema, as are the empty cells of columns (``absent``, by file and
    name) that a problem says are not there at all.
    """
    extra = [name for row in rows for name in row if name not in (*STOP_COLUMNS, *_SOURCE)]
    columns = [*STOP_COLUMNS, *dict.fromkeys(extra), *_SOURCE]
    stops = pd.DataFrame(rows, columns=columns).astype(object)
    for name in columns:
        if name != "row":
            cells = [_text(value) for value in stops[name]]
            stops[name] = pd.Series(cells, dtype=object)
    said = list(notes or ())
    if len(stops) and assume:
        stops, more = with_assumed(stops, assume, kind=kind)
        said += more
    found = list(problems)
    seen = {(problem.file, problem.row, name) for problem in found for name in _names(problem)}
    # Of a row that is wrong as a whole, no cell is what it seems.
    whole = {(problem.file, problem.row) for problem in found if not problem.field}
    if len(stops):
        found += [
            problem
            for problem in _faults(stops)
            if (problem.file, problem.row) not in whole
            and not any((problem.file, problem.row, name) in seen for name in _names(problem))
            and not (problem.value == _EMPTY and (problem.file, problem.field) in absent)
        ]
    return Imported(
        kind=kind, stops=stops,
        vehicles=pd.DataFrame() if vehicles is None else vehicles,
        operators=pd.DataFrame() if operators is None else operators,
        problems=tuple(dict.fromkeys(found)),
        unplaced=pd.DataFrame(columns=["place_id", "address", "stops"])
        if unplaced is None else unplaced,
        notes=tuple(dict.fromkeys(said)), vehicle_rows=vehicle_rows or {},
    )  # fmt: skip


def _text(value: Any) -> str:
    if value is None or value is pd.NA or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, float):
        return f"{value:.12g}"
    return str(value)


def _names(problem: Problem) -> list[str]:
    return [name.strip() for name in problem.field.split(",")]


def _faults(stops: pd.DataFrame) -> list[Problem]:
    """Return what the schema and the order of a day find wrong, each with its file and row."""
    cells = stops.drop(columns=list(_SOURCE))
    places = list(range(1, len(cells) + 1))
    problems = [
        *cell_faults(cells, STOP_SCHEMA, file="", rows=places),
        *_repeated(cells),
        *order_faults(cells, file="", rows=places),
    ]
    files, rows = stops["file"].tolist(), stops["row"].tolist()
    return [
        replace(
            problem,
            file=str(files[problem.row - 1]),
            row=int(rows[problem.row - 1]),
            expected=problem.expected + _way_out(problem),
        )
        for problem in problems
    ]


def _way_out(problem: Problem) -> str:
    """Say how to give what no file tells."""
    lacks = problem.value == _EMPTY and problem.field in ASSUMABLE
    return f"; assume {problem.field}=… where no file tells it" if lacks else ""


def _repeated(cells: pd.DataFrame) -> list[Problem]:
    key = list(STOP_SCHEMA.key)
    known = (cells[key] != "").all(axis=1)
    repeated = cells.duplicated(key, keep="first") & known
    expected = "each value once; it stands in an earlier row too"
    return [
        Problem("", ", ".join(key), place + 1, ", ".join(cells[key].iloc[place]), expected)
        for place in [i for i, flag in enumerate(repeated) if flag]
    ]


_EMPTY = "(empty)"
