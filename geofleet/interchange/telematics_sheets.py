"""Position exports of telematics platforms: headings, times and numbers as each of them writes."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from geofleet.energy.pilot.telematics import TELEMATICS_SCHEMA, UNITS, check_telematics
from geofleet.errors import InputError, Problem
from geofleet.interchange.cells import CellStyle, UnclearCellError, both_coordinates, is_serial
from geofleet.interchange.fix_order import in_order
from geofleet.interchange.headings import bare, unit_of
from geofleet.interchange.sheets import Sheet, SheetMapping, read_sheets

__all__ = ["read_positions"]

_NAMES = {
    "vehicle_id": "vehicle id|vehicle name|vehicle|vehiculo|unidad|nombre unidad|nombre vehiculo|"
    "no economico|economico|placas|placa|camion|device name|device|device id|asset name|asset|"
    "unit name|unit|unit id|truck|license plate|registration|matricula|dispositivo|equipo|objeto|"
    "object|id unidad|id vehiculo|no unidad|alias|vin|imei|nombre|name",
    "moment": "fecha hora|fecha y hora|date time|timestamp|gps time|gps timestamp|fecha hora gps|"
    "fecha y hora gps|hora gps|fecha gps|fix time|position time|fecha posicion|fecha evento|"
    "event time|recorded at|date and time|time iso 8601|device time|local time|fecha hora evento|"
    "fecha y hora evento|fecha registro|message time|ts",
    "day": "fecha|date|dia|day",
    "clock": "hora|time|clock|hora local",
    "lat": "lat|latitud|latitude|gps latitude|gps lat|latitud gps|position lat|y",
    "lon": "lon|lng|long|longitud|longitude|gps longitude|gps lon|longitud gps|position lon|x",
    "lat_lon": "coordenadas|coordinates|posicion|position|lat lon|lat lng|latitud longitud|"
    "ubicacion gps|coordenadas gps",
    "payload_kg": "payload|carga|load|peso carga|cargo weight|payload weight|peso",
}  # fmt: skip
_PLACE = {
    bare(name): (field, place)
    for field, names in _NAMES.items()
    for place, name in enumerate(names.split("|"))
}
_SHOWN_AS = {"moment": "time", "day": "date", "clock": "time"}
_ZONES = ("utc", "gmt")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}([.,]\d+)?)?\s*(Z|[+-]\d{2}:?\d{2})?")
_EPOCH = re.compile(r"1\d{9}(\d{3})?(\.\d+)?")
_SHOWN = 5


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
            table, said = _sheet(sheet, mapping, path.stem)
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


def _sheet(sheet: Sheet, mapping: SheetMapping, stem: str) -> tuple[pd.DataFrame, list[str]]:
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
    if "vehicle_id" in columns:
        table["vehicle_id"] = take("vehicle_id", _label)
    else:
        table["vehicle_id"] = mapping.vehicle_id or stem
        notes.append(f"no column of vehicles: all records are of {mapping.vehicle_id or stem!r}")
    if "lat_lon" in columns:
        pairs = take("lat_lon", both_coordinates)
        table["lat"] = [None if pair is None else pair[0] for pair in pairs]
        table["lon"] = [None if pair is None else pair[1] for pair in pairs]
    else:
        table["lat"], table["lon"] = take("lat", style.number), take("lon", style.number)
    if "payload_kg" in columns:
        factor, problem = _factor(sheet, mapping, head[columns["payload_kg"]])
        problems += [problem] if problem else []
        table["payload_kg"] = take("payload_kg", lambda cell: style.number(cell) * factor)
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
    found = [_match(cells, mapping) for _, cells in rows]
    start = max(range(len(rows)), key=lambda place: len(found[place]))
    if mapping.header_row is not None:
        numbers = [number for number, _ in sheet.rows]
        start = numbers.index(mapping.header_row) if mapping.header_row in numbers else start
    row, cells = sheet.rows[start]
    columns = _match(cells, mapping)
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


def _match(cells: Sequence[Any], mapping: SheetMapping) -> dict[str, int]:
    given = {bare(text): name for name, text in mapping.columns.items() if text}
    best: dict[str, tuple[int, int]] = {}
    for place, cell in enumerate(cells):
        if not isinstance(cell, str):
            continue
        text = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", cell)
        words = " ".join(word for word in bare(text).split() if word not in _ZONES)
        name = given.get(bare(cell))
        if name is not None:
            field, rank = "moment" if name == "time" else name, -1
        elif words in _PLACE or bare(cell) in _PLACE:
            field, rank = _PLACE.get(words) or _PLACE[bare(cell)]
        elif unit_of(words)[0] in _PLACE and _PLACE[unit_of(words)[0]][0] == "payload_kg":
            field, rank = _PLACE[unit_of(words)[0]]
        else:
            continue
        if name is None and field == "payload_kg" and _unit(mapping, cell) is None:
            continue  # a load without a unit may be that of a battery
        if field not in best or rank < best[field][0]:
            best[field] = (rank, place)
    return {
        field: place
        for field, (_, place) in best.items()
        if field in _NAMES and not (field in ("day", "clock") and "moment" in best)
    }


def _unit(mapping: SheetMapping, heading: str) -> str | None:
    return mapping.units.get("payload_kg") or unit_of(bare(heading))[1]


def _factor(sheet: Sheet, mapping: SheetMapping, heading: str) -> tuple[float, Problem | None]:
    unit = _unit(mapping, heading) or "kg"
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
    head: Sequence[str], columns: Mapping[str, int], style: CellStyle,
    take: Callable[[str, Callable[[Any], Any]], list[Any]],
) -> list[str]:  # fmt: skip
    """Return moments as ISO text, with an offset where one is known."""
    used = [name for name in ("moment", "day", "clock") if name in columns]
    utc = any(word in bare(head[columns[name]]).split() for name in used for word in _ZONES)
    if "moment" not in columns and len(used) == 2:
        days, clocks = take("day", style.date), take("clock", style.clock)
        texts = [f"{day}T{clock}" if day and clock else ""
                 for day, clock in zip(days, clocks, strict=True)]  # fmt: skip
    else:
        texts = [text or "" for text in take(used[0], lambda cell: _moment(cell, style))]
    return [f"{text}Z" if utc and text and not _offset(text) else text for text in texts]


def _offset(text: str) -> bool:
    return bool(re.search(r"(Z|[+-]\d{2}:?\d{2})$", text))


def _moment(cell: Any, style: CellStyle) -> str:
    if isinstance(cell, datetime.datetime):
        return cell.isoformat()
    if is_serial(cell):
        return f"{style.date(cell)}T{style.clock(float(cell) % 1)}"
    text = re.sub(r"\s*(UTC|GMT)$", "Z", str(cell).strip())
    if _EPOCH.fullmatch(text):
        seconds = float(text) / (1000.0 if len(text.partition(".")[0]) == 13 else 1.0)
        return datetime.datetime.fromtimestamp(seconds, datetime.UTC).isoformat()
    if _ISO.fullmatch(text):
        return text.replace(",", ".")
    text = re.sub(r"^(\d{4})/(\d{2})/(\d{2})", r"\1-\2-\3", text)
    day, _, clock = text.replace(", ", " ").partition("T" if "T" in text[:11] else " ")
    offset = re.search(r"\s*(Z|[+-]\d{2}:?\d{2})$", clock)
    if not clock:
        raise UnclearCellError("a date with its time of day")
    bare_clock = re.sub(r"(?<=:\d\d)[.,]\d+", "", clock[: offset.start()] if offset else clock)
    return f"{style.date(day)}T{style.clock(bare_clock)}{offset[1] if offset else ''}"


def _label(cell: Any) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()
