"""Position exports of telematics platforms: headings, times and numbers as each of them writes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from geofleet.energy.pilot.telematics import TELEMATICS_SCHEMA, UNITS, check_telematics
from geofleet.errors import InputError, Problem
from geofleet.interchange.cells import CellStyle, UnclearCellError
from geofleet.interchange.fix_order import in_order
from geofleet.interchange.headings import bare
from geofleet.interchange.moments import has_offset, moment, offset_in
from geofleet.interchange.positions import degrees, doubt, position
from geofleet.interchange.sheets import Sheet, SheetMapping, read_sheets
from geofleet.interchange.telematics_headings import payload_unit, position_columns

__all__ = ["read_positions"]

_SHOWN_AS = {"moment": "time", "day": "date", "clock": "time"}
_SHOWN = 5
_LETTERS = {"lat": {"N": 1.0, "S": -1.0}, "lon": {"E": 1.0, "W": -1.0, "O": -1.0}}


def read_positions(
    path: Path, mapping: SheetMapping, *, timezone: str
) -> tuple[pd.DataFrame, list[str]]:
    """Read the positions of one table, CSV or workbook, of whatever platform.

    Parameters
    ----------
    path
        The table; its headings are recognised in Spanish and English, or named in the mapping
        (``time``, ``vehicle_id``, ``lat``, ``lon``, ``payload_kg``).
    mapping
        How numbers and dates are written. Times are ISO, seconds or milliseconds since 1970, days
        of a spreadsheet, or dates in the order that the mapping says; date and clock may stand in
        two columns.
    timezone
        Of times that do not say their own; a heading with ``UTC`` says it for its column.

    Returns
    -------
    pandas.DataFrame
        As :func:`geofleet.energy.pilot.check_telematics` returns it.
    list of str
        What was understood how, and left out.

    Raises
    ------
    InputError
        Every fault.
    """
    parts: list[pd.DataFrame] = []
    notes: list[str] = []
    problems: list[Problem] = []
    for sheet in read_sheets(path, mapping):
        try:
            table, said = _sheet(sheet, mapping, path.stem, timezone)
            found = check_telematics(
                table.drop(columns="row"), file=sheet.file, rows=table["row"].tolist(),
                timezone=timezone, electric=False,
            )  # fmt: skip
        except InputError as error:
            problems += error.problems
            continue
        parts.append(found.frame)
        notes += [f"{sheet.file}: {note}" for note in (*sheet.notes, *said)]
        notes += [f"{name}: {count}" for name, count in found.cleaned.items()]
    if problems:
        raise InputError(problems)
    return pd.concat(parts, ignore_index=True), notes


def _sheet(
    sheet: Sheet, mapping: SheetMapping, stem: str, timezone: str
) -> tuple[pd.DataFrame, list[str]]:
    """Return time (ISO), vehicle, position, load and row of each record, in order of time."""
    start, columns, problems = _headings(sheet, mapping)
    head = [str(cell or "") for cell in sheet.rows[start][1]]
    if not sheet.rows[start + 1 :]:
        problems.append(Problem(sheet.file, expected="at least one record below the headings"))
    if problems:
        raise InputError(problems)
    body = sheet.rows[start + 1 :]
    style = mapping.style
    notes = ["; ".join(f"{head[place]!r} is {_SHOWN_AS.get(f, f)}" for f, place in columns.items())]
    table = pd.DataFrame({"row": [number for number, _ in body]})

    def take(field: str, read: Callable[[Any], Any]) -> list[Any]:
        values, faults = _column(sheet, body, columns[field], field, read)
        problems.extend(faults)
        return values

    table["time"] = _times(head, columns, style, take)
    if any(text and not has_offset(text) for text in table["time"]):
        notes.append(f"times that name no zone are those of {timezone}")
    if "vehicle_id" in columns:
        table["vehicle_id"] = take("vehicle_id", _label)
    else:
        table["vehicle_id"] = mapping.vehicle_id or stem
        notes.append(f"no column of vehicles: all records are of {mapping.vehicle_id or stem!r}")
    if "lat_lon" in columns:
        pairs = take("lat_lon", position)
        table["lat"] = [None if pair is None else pair[0] for pair in pairs]
        table["lon"] = [None if pair is None else pair[1] for pair in pairs]
    else:
        table["lat"] = take("lat", _degrees("lat", style))
        table["lon"] = take("lon", _degrees("lon", style))
        for name, letters in _LETTERS.items():
            if f"{name}_side" in columns:
                sign = pd.Series(take(f"{name}_side", _side(letters)), dtype=float)
                table[name] = pd.to_numeric(table[name]).abs() * sign
    if "payload_kg" in columns:
        factor, problem = _factor(sheet, mapping, head[columns["payload_kg"]])
        problems += [problem] if problem else []
        table["payload_kg"] = take("payload_kg", lambda cell: style.number(cell) * factor)
    problems += [] if problems else _off_the_globe(table, sheet.file)
    if problems:
        raise InputError(problems)
    return in_order(table, notes, sheet.file), notes


def _headings(sheet: Sheet, mapping: SheetMapping) -> tuple[int, dict[str, int], list[Problem]]:
    """Return the place of the row of headings, the column of each field, and what is missing."""
    known = {column.name for column in TELEMATICS_SCHEMA.columns}
    problems = [
        Problem("telematics", name, expected="a column of telematics: " + ", ".join(sorted(known)))
        for name in (*mapping.columns, *mapping.units)
        if name not in known
    ]
    rows = sheet.rows[:30]
    found = [position_columns(cells, mapping) for _, cells in rows]
    start = max(range(len(rows)), key=lambda place: len(found[place]))
    if mapping.header_row is not None:
        numbers = [number for number, _ in sheet.rows]
        start = numbers.index(mapping.header_row) if mapping.header_row in numbers else start
    row, cells = sheet.rows[start]
    columns = position_columns(cells, mapping)
    there = ", ".join(str(cell) for cell in cells if cell is not None)[:300]
    for name, text in mapping.columns.items():
        if text and name in known and bare(text) not in {bare(str(cell or "")) for cell in cells}:
            expected = f"a column of this name; found {there}"
            problems.append(Problem(sheet.file, text, row, expected=expected))
    if not {"moment", "day", "clock"} & columns.keys() and "time" not in mapping.columns:
        expected = f"a column time, or its name here (columns); found {there}"
        problems.append(Problem(sheet.file, "time", row, expected=expected))
    if not ({"lat", "lon"} <= columns.keys() or "lat_lon" in columns or problems):
        expected = f"columns lat and lon, or their names here (columns); found {there}"
        problems.append(Problem(sheet.file, "lat, lon", row, expected=expected))
    return start, columns, problems


def _factor(sheet: Sheet, mapping: SheetMapping, heading: str) -> tuple[float, Problem | None]:
    unit = payload_unit(mapping, heading) or "kg"
    if unit in UNITS["payload_kg"]:
        return UNITS["payload_kg"][unit][0], None
    expected = "one of " + ", ".join(UNITS["payload_kg"])
    return 1.0, Problem(sheet.file, "payload_kg", 0, unit, expected)


def _column(
    sheet: Sheet, body: Sequence[tuple[int, tuple[Any, ...]]], place: int, field: str,
    read: Callable[[Any], Any],
) -> tuple[list[Any], list[Problem]]:  # fmt: skip
    values: list[Any] = []
    faults: list[Problem] = []
    count = 0
    for row, cells in body:
        cell = cells[place] if place < len(cells) else None
        value = None
        try:
            value = None if cell is None else read(cell)
        except UnclearCellError as error:
            count += 1
            if count <= _SHOWN:
                name = _SHOWN_AS.get(field, field)
                faults.append(Problem(sheet.file, name, row, str(cell)[:80], str(error)))
        values.append(value)
    if count > _SHOWN:
        more = f"{faults[0].expected}; {count - _SHOWN} more rows have the same fault"
        faults.append(Problem(sheet.file, faults[0].field, expected=more))
    return values, faults


def _times(
    head: Sequence[str],
    columns: Mapping[str, int],
    style: CellStyle,
    take: Callable[[str, Callable[[Any], Any]], list[Any]],
) -> list[str]:
    """Return moments as ISO text, with an offset where one is known."""
    used = [name for name in ("moment", "day", "clock") if name in columns]
    offsets = [offset_in(head[columns[name]])[1] for name in used]
    offset = next((found for found in offsets if found), None)
    if "moment" not in columns and len(used) == 2:
        days, clocks = take("day", style.date), take("clock", style.clock)
        texts = [
            f"{day}T{clock}" if day and clock else ""
            for day, clock in zip(days, clocks, strict=True)
        ]
    else:
        texts = [text or "" for text in take(used[0], lambda cell: moment(cell, style))]
    if offset is None:
        return texts
    return [f"{text}{offset}" if text and not has_offset(text) else text for text in texts]


def _degrees(axis: Literal["lat", "lon"], style: CellStyle) -> Callable[[Any], float]:
    def read(cell: Any) -> float:
        try:
            return style.number(cell)
        except UnclearCellError:
            return degrees(cell, axis, style)

    return read


def _side(letters: Mapping[str, float]) -> Callable[[Any], float]:
    def read(cell: Any) -> float:
        sign = letters.get(str(cell).strip()[:1].upper())
        if sign is None:
            raise UnclearCellError("one of " + ", ".join(letters))
        return sign

    return read


def _off_the_globe(table: pd.DataFrame, file: str) -> list[Problem]:
    """Return records that no place on earth has, with what they look like."""
    lat, lon = (pd.to_numeric(table[name]) for name in ("lat", "lon"))
    off = (lat.abs() > 90) | (lon.abs() > 180)
    problems = [
        Problem(file, "lat, lon", int(row), f"{a:g}, {b:g}", doubt(float(a), float(b)))
        for row, a, b in zip(table["row"][off], lat[off], lon[off], strict=True)
        if a == a and b == b  # a coordinate alone is said where records are checked
    ]
    if len(problems) > _SHOWN:
        more = f"{problems[0].expected}; {len(problems) - _SHOWN} more rows have the same fault"
        return [*problems[:_SHOWN], Problem(file, "lat, lon", expected=more)]
    return problems


def _label(cell: Any) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()
