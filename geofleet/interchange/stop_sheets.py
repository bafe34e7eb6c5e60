"""A planner's sheet of stops, CSV or workbook, to the stops of a study."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from geofleet.errors import InputError, Problem
from geofleet.interchange.cells import UnclearCellError, is_serial
from geofleet.interchange.headings import Heading, known_count, match_headings, measure, plain
from geofleet.interchange.model import Imported, imported
from geofleet.interchange.places import Places, unplaced_table
from geofleet.interchange.positions import degrees, doubt, position
from geofleet.interchange.sheets import Sheet, SheetMapping, read_sheets

__all__ = ["read_stop_sheet"]

_KINDS = {
    "depot": "depot|deposito|cedis|base|bodega|patio|almacen|centro de distribucion|inicio|fin|"
    "salida|regreso|warehouse|start|end",
    "delivery": "delivery|entrega|cliente|parada|recoleccion|pickup|stop|tienda|customer|destino",
}
_KIND_WORDS = {word: kind for kind, words in _KINDS.items() for word in words.split("|")}
_TOTALS = frozenset({"total", "totales", "suma", "sumas", "subtotal", "gran total", "sum"})
_HEADING_ROWS = 30

Row = dict[str, Any]


def read_stop_sheet(
    path: str | Path | Sequence[str | Path],
    mapping: SheetMapping | None = None,
    *,
    places: Places | None = None,
) -> Imported:
    r"""Read the stops of planners' own sheets.

    Headings are recognised in Spanish and English, or named in the mapping. Numbers and dates are
    those of the mapping's convention; what could be read in two ways is a problem, not a guess.

    Parameters
    ----------
    path
        One or several files, ``.csv`` (or any text) or ``.xlsx``.
    mapping
        How to read them.
    places
        Positions of places that have an address or a name only.

    Returns
    -------
    Imported
        Of kind ``stops``, every row of the sheets in it. Stops come in the order of their sequence
        numbers, else of their planned times, else of the rows; ``seq`` counts from 0.

    Raises
    ------
    InputError
        Files that cannot be read at all. Faults of rows are in ``problems``.
    MissingExtraError
        A workbook, and the extra ``spreadsheets`` is not installed.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "ruta.csv"
    >>> _ = file.write_text(
    ...     "Unidad;Fecha;Cliente;Tipo;Latitud;Longitud;Peso (kg);Servicio (min)\n"
    ...     "T-1;12/05/2024;CEDIS;depósito;19,50;-99,15;0;0\n"
    ...     "T-1;12/05/2024;La Luz;entrega;19,43;-99,13;1.250,5;20\n"
    ... )
    >>> sheet = read_stop_sheet(file, SheetMapping(decimal="comma", dates="day_first"))
    >>> sheet.problems
    ()
    >>> sheet.stops[["date", "seq", "kind", "lat", "drop_kg"]].values.tolist()
    [['2024-05-12', '0', 'depot', '19.5', '0'], ['2024-05-12', '1', 'delivery', '19.43', '1250.5']]
    """
    paths = [Path(path)] if isinstance(path, str | Path) else [Path(item) for item in path]
    chosen = mapping or SheetMapping()
    rows: list[Row] = []
    problems: list[Problem] = []
    notes: list[str] = []
    absent: set[tuple[str, str]] = set()
    for item in paths:
        for sheet in read_sheets(item, chosen):
            found, faults, said = _read(sheet, chosen, absent)
            rows += found
            problems += faults
            notes += [f"{sheet.file}: {note}" for note in (*sheet.notes, *said)]
    if not rows and not problems:
        names = ", ".join(map(str, paths)) or "stops"
        raise InputError([Problem(names, expected="at least one row below the headings")])
    rows, more = _with_depots(rows, chosen)
    notes += more
    rows, faults, more = _in_order(rows)
    problems += faults
    notes += more
    missing = _place(rows, places or Places({}), problems)
    return imported(
        "stops", rows, problems=problems, assume=chosen.assume,
        unplaced=unplaced_table(missing), notes=notes, absent=absent,
    )  # fmt: skip


def _read(
    sheet: Sheet, mapping: SheetMapping, absent: set[tuple[str, str]]
) -> tuple[list[Row], list[Problem], list[str]]:
    """Return the rows of one sheet, its faults, and notes; gather columns that are not there."""
    place = _heading_row(sheet, mapping)
    number, cells = sheet.rows[place]
    fields, problems, notes = match_headings(
        cells, file=sheet.file, row=number, columns=mapping.columns, units=mapping.units
    )
    body, totals = _without_totals(sheet.rows[place + 1 :], fields)
    notes += totals
    problems += _doubtful_sequence(sheet, body, fields, mapping, notes)
    missing = _missing(sheet, number, fields, mapping)
    absent |= {(problem.file, problem.field) for problem in missing}
    problems += missing
    if place:
        notes.append(f"headings in row {number}; what stands above is no stop")
    rows = []
    counted = False
    for row_number, row_cells in body:
        row, faults = _row(sheet, row_number, row_cells, fields, mapping)
        rows.append(row)
        extra = [str(cell) for cell in row_cells[len(cells) :] if cell is not None]
        if extra:  # its cells stand under the wrong headings: what else they say is nothing
            expected = (
                f"{len(cells)} cells as in the headings; a mark that stands in a cell must be "
                "between quotation marks"
            )
            faults = [Problem(sheet.file, "", row_number, ", ".join(extra)[:80], expected)]
        problems += faults
        if "date" in fields and row["date"] and not counted:
            place_of = fields["date"].place
            counted = place_of < len(row_cells) and is_serial(row_cells[place_of])
            notes += [f"dates are days as spreadsheets count them: {row_cells[place_of]} is "
                      f"{row['date']}"] if counted else []  # fmt: skip
    return rows, problems, notes


def _without_totals(
    body: Sequence[tuple[int, tuple[Any, ...]]], fields: dict[str, Heading]
) -> tuple[list[tuple[int, tuple[Any, ...]]], list[str]]:
    """Leave out sums and remarks between the stops, and say which rows they were.

    A sum begins with such a word and names no stop; a remark is the only cell of its row, in words.
    """
    named = [fields[name].place for name in ("stop_id", "address", "lat", "lat_lon")
             if name in fields]  # fmt: skip
    kept, sums, remarks = [], [], []
    for number, cells in body:
        first = next((cell for cell in cells if cell is not None), None)
        total = isinstance(first, str) and plain(first) in _TOTALS
        own = [cells[place] for place in named if place < len(cells)]
        if total and all(cell is None or cell == first for cell in own):
            sums.append(str(number))
        elif isinstance(first, str) and " " in first and _alone(cells):
            remarks.append(f"{number} ({first[:40]})")
        else:
            kept.append((number, cells))
    notes = [f"sums and no stops: row {', '.join(sums)}"] if sums else []
    notes += [f"remarks and no stops: row {', '.join(remarks)}"] if remarks else []
    return kept, notes


def _alone(cells: Sequence[Any]) -> bool:
    """Return whether a row says one thing only; merged cells say the same in several places."""
    return len({cell for cell in cells if cell is not None}) == 1


def _doubtful_sequence(
    sheet: Sheet, body: Sequence[tuple[int, tuple[Any, ...]]], fields: dict[str, Heading],
    mapping: SheetMapping, notes: list[str],
) -> list[Problem]:  # fmt: skip
    """Pass over a column like ``Orden`` that counts no stops; ask where nobody can tell."""
    heading = fields.get("seq")
    if heading is None or not heading.doubtful:
        return []
    days: dict[tuple[Any, ...], list[float]] = {}
    keys = [fields[name].place for name in ("vehicle_id", "date") if name in fields]
    for _, cells in body:
        cell = cells[heading.place] if heading.place < len(cells) else None
        if cell is None:
            continue
        try:
            value = mapping.style.number(cell)
        except UnclearCellError:
            del fields["seq"]
            notes.append(f"{heading.text!r} is no sequence of stops: it holds {str(cell)[:40]!r}")
            return []
        day = tuple(cells[place] if place < len(cells) else None for place in keys)
        days.setdefault(day, []).append(value)
    values = [value for day_values in days.values() for value in day_values]
    # Counted from 0 or 1 within each day, or at least in the order of the rows.
    if values and all(
        day == sorted(day) or (all(map(float.is_integer, day)) and min(day) >= 0 and
                               max(day) <= len(day))
        for day in days.values()
    ):  # fmt: skip
        return []
    del fields["seq"]
    if not values:
        return []
    expected = (
        f"a sequence of stops (say columns seq={heading.text}), or numbers of orders (say "
        "columns seq= and nothing): these could be either"
    )
    span = f"{heading.text}: {min(values):g} to {max(values):g}"
    return [Problem(sheet.file, "seq", body[0][0], span, expected)]


def _heading_row(sheet: Sheet, mapping: SheetMapping) -> int:
    if mapping.header_row is not None:
        for place, (number, _) in enumerate(sheet.rows):
            if number == mapping.header_row:
                return place
        expected = f"headings in row {mapping.header_row}; it is empty"
        raise InputError([Problem(sheet.file, "header_row", mapping.header_row, expected=expected)])
    given = {plain(text) for text in mapping.columns.values()}
    scores = [
        known_count(cells) + sum(isinstance(c, str) and plain(c) in given for c in cells)
        for _, cells in sheet.rows[:_HEADING_ROWS]
    ]
    return scores.index(max(scores)) if max(scores, default=0) else 0


def _missing(
    sheet: Sheet, row: int, fields: dict[str, Heading], mapping: SheetMapping
) -> list[Problem]:
    """Return what neither the headings nor the mapping tell."""
    need = {
        "vehicle_id": mapping.vehicle_id is None, "date": mapping.date is None,
        "stop_id": "address" not in fields and "name" not in fields,
        "service_min": "service_min" not in mapping.assume,
        "drop_kg": "drop_kg" not in mapping.assume,
        "kind": mapping.depot is None and not mapping.first_is_depot,
    }  # fmt: skip
    ways = {
        "vehicle_id": "vehicle_id=…", "date": "date=…",
        "stop_id": "kind gps, if these are positions of GPS or telematics",
        "service_min": "assume service_min=…", "drop_kg": "assume drop_kg=…",
        "kind": "depot=… (a place), or first_is_depot",
    }  # fmt: skip
    there = ", ".join(repr(str(cell)) for cell in dict(sheet.rows)[row] if cell is not None)
    return [
        Problem(
            sheet.file, name, row,
            expected=f"a column for it (columns), or {ways[name]}; the headings are {there[:300]}",
        )
        for name, needed in need.items()
        if needed and name not in fields
    ]  # fmt: skip


def _row(
    sheet: Sheet, number: int, cells: Sequence[Any], fields: dict[str, Heading],
    mapping: SheetMapping,
) -> tuple[Row, list[Problem]]:  # fmt: skip
    """Return one row in the terms of a stop; cells that cannot be understood stay empty."""
    style = mapping.style
    row: Row = {"file": sheet.file, "row": number}
    problems: list[Problem] = []

    def take(name: str, read: Callable[[Any], Any]) -> Any:
        heading = fields.get(name)
        if heading is None:
            return None
        fault = sheet.faults.get((number, heading.place))
        if fault is not None:
            problems.append(Problem(sheet.file, name, number, *fault))
            return None
        cell = cells[heading.place] if heading.place < len(cells) else None
        if cell is None or cell == "":
            return None
        try:
            return read(cell)
        except UnclearCellError as error:
            shown = "lat, lon" if name == "lat_lon" else name
            problems.append(Problem(sheet.file, shown, number, str(cell)[:80], str(error)))
            return None

    def measured(name: str) -> Any:
        factor = fields[name].factor if name in fields else 1.0
        return take(name, lambda cell: measure(cell, name, factor, style))

    row["vehicle_id"] = take("vehicle_id", _label) or mapping.vehicle_id or ""
    row["date"] = take("date", style.date) or _given_date(mapping) or ""
    row["seq"] = take("seq", style.number)
    row["stop_id"] = take("stop_id", _label)
    row["name"] = take("name", _label)
    row["address"] = take("address", _label)
    row["kind"] = take("kind", lambda cell: _kind(cell, mapping))
    row["lat"] = take("lat", lambda cell: degrees(cell, "lat", style))
    row["lon"] = take("lon", lambda cell: degrees(cell, "lon", style))
    both = take("lat_lon", position)
    if both is not None and row["lat"] is None and row["lon"] is None:
        row["lat"], row["lon"] = both
    if wrong := doubt(row["lat"], row["lon"]):
        value = f"{row['lat']:.10g}, {row['lon']:.10g}"
        problems.append(Problem(sheet.file, "lat, lon", number, value, wrong))
    for name in ("service_min", "drop_kg", "pickup_kg"):
        row[name] = measured(name)
    window = take("window", lambda cell: _window(cell, style.clock)) or (None, None)
    row["window_start"] = take("window_start", style.clock) or window[0]
    row["window_end"] = take("window_end", style.clock) or window[1]
    if "planned_time" in fields:
        row["planned_time"] = take("planned_time", style.clock)
    if not row["stop_id"]:
        row["stop_id"] = row["name"] or row["address"]
    return row, problems


def _label(cell: Any) -> str:
    """Return a name as text: a number without the point that spreadsheets give it."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def _given_date(mapping: SheetMapping) -> str | None:
    if mapping.date is None:
        return None
    try:
        return mapping.style.date(mapping.date)
    except UnclearCellError as error:
        raise InputError([Problem("mapping", "date", 0, mapping.date, str(error))]) from None


def _kind(cell: Any, mapping: SheetMapping) -> str:
    own = {plain(word): kind for word, kind in mapping.kinds.items()}
    kind = own.get(plain(str(cell))) or _KIND_WORDS.get(plain(str(cell)))
    if kind is None:
        raise UnclearCellError("depot or delivery, or a word that the mapping explains (kinds)")
    return kind


def _window(cell: Any, clock: Callable[[Any], str]) -> tuple[str, str]:
    expected = "two clock times, like 08:00-12:30; a stop has one window"
    try:
        return _both_ends(cell, clock)
    except UnclearCellError:
        raise UnclearCellError(expected) from None


def _both_ends(cell: Any, clock: Callable[[Any], str]) -> tuple[str, str]:
    text = re.sub(r"^(de|entre|from)\s+", "", str(cell).strip(), flags=re.IGNORECASE)
    for mark in (" a ", " al ", " y ", " hasta ", " to ", "–", "—", "-", "/"):
        first, found, second = text.partition(mark)
        if found:
            first, second = first.strip(), second.strip()
            hours = re.search(r"h(rs?|oras?)?\.?$", second, flags=re.IGNORECASE)
            if hours and first.isdigit():
                first += " h"  # 9 a 13 hrs
            return clock(first), clock(second)
    raise UnclearCellError("two clock times, like 08:00-12:30")


def _with_depots(rows: list[Row], mapping: SheetMapping) -> tuple[list[Row], list[str]]:
    """Add the depot to each day, or call its first row one, where the user says so."""
    if mapping.depot is None and not mapping.first_is_depot:
        return rows, []
    days: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        days.setdefault((row["vehicle_id"], row["date"]), []).append(row)
    out: list[Row] = []
    for day in days.values():
        for row in day:
            row["kind"] = row["kind"] or "delivery"
        if mapping.depot is None:
            _call_depot(day)
            out += day
            continue
        ends = [
            {**dict.fromkeys(day[0]), "file": row["file"], "row": row["row"],
             "vehicle_id": row["vehicle_id"], "date": row["date"], "stop_id": mapping.depot,
             "kind": "depot", "service_min": 0.0, "drop_kg": 0.0, "_end": end}
            for row, end in ((day[0], -1), (day[-1], 1))
        ]  # fmt: skip
        out += [ends[0], *day, ends[1]]
    if mapping.depot is None:
        return out, ["the first row of each day is the depot"]
    return out, [f"every day begins and ends at {mapping.depot!r}, added to {len(days)} days"]


def _call_depot(day: list[Row]) -> None:
    first = min(day, key=_order) if any(row["seq"] is not None for row in day) else day[0]
    for row in day:
        if row is first or (row["stop_id"] and row["stop_id"] == first["stop_id"]):
            row["kind"] = "depot"


def _order(row: Row) -> float:
    return float("inf") if row["seq"] is None else float(row["seq"])


def _in_order(rows: list[Row]) -> tuple[list[Row], list[Problem], list[str]]:
    """Sort each day and number it from 0; tell by what, and what stands in the way."""
    days: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        days.setdefault((row["vehicle_id"], row["date"]), []).append(row)
    out: list[Row] = []
    problems: list[Problem] = []
    ways, gaps = set(), 0
    for day in days.values():
        own = [row for row in day if not row.get("_end")]
        by = next(
            (
                name
                for name in ("seq", "planned_time")
                if any(row.get(name) is not None for row in own)
            ),
            None,
        )
        ways.add({"seq": "sequence number", "planned_time": "planned time", None: "row"}[by])
        if by is not None:
            for row in own:
                if row.get(by) is None:
                    expected = "a value in each row of the day, or in none, to know the order"
                    problems.append(Problem(row["file"], by, row["row"], expected=expected))
            own = sorted(own, key=lambda row: (row.get(by) is None, row.get(by)))
        if by == "seq":
            for before, row in pairwise(own):
                if row["seq"] is not None and row["seq"] == before["seq"]:
                    expected = "each sequence number once in a day"
                    value = f"{row['seq']:g}"
                    problems.append(Problem(row["file"], "seq", row["row"], value, expected))
                gaps += bool(row["seq"] and before["seq"] and row["seq"] - before["seq"] > 1)
        first = [row for row in day if row.get("_end") == -1]
        last = [row for row in day if row.get("_end") == 1]
        for number, row in enumerate([*first, *own, *last]):
            row["seq"] = number
            row["_added"] = row.pop("_end", None) is not None
            out.append(row)
    notes = [f"stops in the order of: {', '.join(sorted(ways))}"] if out else []
    if gaps:
        notes.append(f"{gaps} sequence numbers are missing between others: is a row lost?")
    return out, problems, notes


def _place(rows: list[Row], places: Places, problems: list[Problem]) -> list[tuple[str, str]]:
    """Look up the position of rows that have none; return the names that nobody knows."""
    missing = []
    broken = {(p.file, p.row) for p in problems if p.field in ("", "lat", "lon", "lat, lon")}
    for row in rows:
        added = row.pop("_added")
        if row["lat"] is not None or row["lon"] is not None:
            continue
        if (row["file"], row["row"]) in broken and not added:
            continue
        names = [str(row[name]) for name in ("stop_id", "name", "address") if row.get(name)]
        names = list(dict.fromkeys(names))
        found = places.find(names)
        if found is not None:
            _, row["lat"], row["lon"] = found
            continue
        if names:
            about = str(row.get("address") or row.get("name") or "")
            missing.append((names[0], "" if about == names[0] else about))
        expected = (
            "a position: coordinates in the sheet, or a row in the table of places "
            f"({' or '.join(names) or 'no name, no address'}); addresses are not looked up"
        )
        problems.append(Problem(row["file"], "lat, lon", row["row"], "unknown", expected))
    return missing
