"""Sheets as they are kept: CSV of any separator and workbooks, to cells with their row numbers."""

from __future__ import annotations

import codecs
import csv
import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import yaml

from geofleet.errors import InputError, MissingExtraError, Problem
from geofleet.interchange.cells import DATE_ORDERS, DECIMALS, CellStyle
from geofleet.schema import read_text

__all__ = ["Sheet", "SheetMapping", "read_mapping", "read_sheets"]

SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}
_LARGEST_BYTES = 300_000_000
_CELL = 200
_MOST_MERGED = 1_000_000
_MERGED = re.compile(rb"<mergeCell [^>]*?ref=[\"']([^\"']+)")
_WORKBOOKS = (".xlsx", ".xlsm")


@dataclass(frozen=True)
class SheetMapping:
    """How a planner's sheet is to be read; what is not said must be clear from the sheet.

    Parameters
    ----------
    columns
        Heading of the sheet for columns of a stop: ``{"stop_id": "Cliente"}``. Columns not named
        are looked for under their usual names, Spanish and English.
    units
        Of columns whose heading does not say it: ``{"drop_kg": "t", "service_min": "h"}``.
    decimal
        ``point`` (1,234.5) or ``comma`` (1.234,5).
    dates
        ``iso``, ``day_first`` or ``month_first``.
    sheet
        Name of the sheet of a workbook, or several; ``*`` for all.
    header_row
        Row of the headings, counted from 1; the first row with headings that are known if None.
    separator
        Of a text file: ``comma``, ``semicolon``, ``tab`` or ``bar``; seen from the headings if
        None.
    encoding
        Of a text file, ``utf-8`` or ``cp1252`` for instance.
    kinds
        Words of the column ``kind``: ``{"bodega": "depot"}``, beside the usual ones.
    depot
        Place where every day begins and ends, where the sheet lists deliveries only.
    first_is_depot
        Whether the first row of each day is the depot, where the sheet does not say it.
    vehicle_id, date
        Of all rows, where the sheet has no such column.
    assume
        Values for empty cells: ``{"service_min": 10, "drop_kg": 0}``.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    decimal: Literal["point", "comma"] | None = None
    dates: Literal["iso", "day_first", "month_first"] = "iso"
    sheet: str | Sequence[str] | None = None
    header_row: int | None = None
    separator: str | None = None
    encoding: str = "utf-8"
    kinds: Mapping[str, str] = field(default_factory=dict)
    depot: str | None = None
    first_is_depot: bool = False
    vehicle_id: str | None = None
    date: str | None = None
    assume: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        problems = [
            Problem("mapping", name, value=str(value), expected="one of " + ", ".join(choices))
            for name, value, choices in (
                ("decimal", self.decimal, DECIMALS),
                ("dates", self.dates, DATE_ORDERS),
                ("separator", self.separator, tuple(SEPARATORS)),
            )
            if value is not None and value not in choices
        ]
        row = self.header_row
        if row is not None and (not isinstance(row, int) or row < 1):
            problems.append(Problem("mapping", "header_row", 0, str(row), "a row from 1"))
        try:
            "".encode(self.encoding)
        except (LookupError, ValueError):
            expected = "an encoding like utf-8 or cp1252"
            problems.append(Problem("mapping", "encoding", 0, self.encoding, expected))
        if problems:
            raise InputError(problems)

    @property
    def style(self) -> CellStyle:
        """How numbers and dates are written."""
        return CellStyle(self.decimal, self.dates)


def read_mapping(path: str | Path) -> SheetMapping:
    r"""Read a mapping from YAML (or JSON); its keys are the parameters of :class:`SheetMapping`.

    Raises
    ------
    InputError
        Broken YAML, unknown keys, values that are not what their key asks for.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "mapping.yaml"
    >>> _ = file.write_text("columns: {stop_id: Cliente}\ndecimal: comma\ndates: day_first\n")
    >>> read_mapping(file).style
    CellStyle(decimal='comma', dates='day_first')
    """
    path = Path(path)
    try:
        content = yaml.safe_load(read_text(path))
    except (yaml.YAMLError, RecursionError) as error:
        words = " ".join(str(error).split())[:120]
        raise InputError([Problem(str(path), expected=f"YAML that is well formed ({words})")]) \
            from None  # fmt: skip
    if not isinstance(content, dict):
        raise InputError([Problem(str(path), expected="keys with values, as columns: {…}")])
    known = _KINDS
    problems = []
    for name, value in content.items():
        if name not in known:
            expected = "a key of a mapping: " + ", ".join(known)
            problems.append(Problem(str(path), str(name), expected=expected))
        elif not isinstance(value, known[name]):
            words = " or ".join(kind.__name__ for kind in known[name])
            problems.append(Problem(str(path), str(name), 0, str(value)[:80], f"{words}"))
        elif isinstance(value, dict) and not all(
            isinstance(key, str) and isinstance(item, str | int | float)
            for key, item in value.items()
        ):
            expected = "names with a text or number each"
            problems.append(Problem(str(path), str(name), 0, str(value)[:80], expected))
    if problems:
        raise InputError(problems)
    if "date" in content:
        content["date"] = str(content["date"])
    return SheetMapping(**content)


_KINDS: dict[str, tuple[type, ...]] = {
    "columns": (dict,), "units": (dict,), "decimal": (str,), "dates": (str,),
    "sheet": (str, list), "header_row": (int,), "separator": (str,), "encoding": (str,),
    "kinds": (dict,), "depot": (str,), "first_is_depot": (bool,), "vehicle_id": (str,),
    "date": (object,), "assume": (dict,),
}  # fmt: skip


@dataclass(frozen=True)
class Sheet:
    """Cells of one sheet.

    Parameters
    ----------
    file
        As problems name it; of a workbook with the sheet in brackets.
    rows
        Row number and cells (text, number, date, time or None) of each row that is not empty.
    faults
        Cells that hold nothing to read, as (row, column from 0): what was expected instead.
    notes
        What was understood how.
    """

    file: str
    rows: tuple[tuple[int, tuple[Any, ...]], ...]
    faults: Mapping[tuple[int, int], tuple[str, str]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def read_sheets(path: Path, mapping: SheetMapping) -> list[Sheet]:
    """Read the sheets of a file: ``.xlsx`` and ``.xlsm`` workbooks, any other as text.

    Raises
    ------
    InputError
        Missing, unreadable or empty files, wrong encodings, sheets that are not there or must be
        chosen.
    MissingExtraError
        A workbook, and the extra ``spreadsheets`` is not installed.
    """
    _refuse_disguise(path)
    if path.suffix.lower() in _WORKBOOKS:
        return _workbook(path, mapping)
    if path.suffix.lower() in (".xls", ".ods", ".xlsb"):
        expected = "a workbook saved as .xlsx, or a text file (.csv)"
        raise InputError([Problem(str(path), expected=expected)])
    return [_text_sheet(path, mapping)]


def _refuse_disguise(path: Path) -> None:
    """Name files whose content is not what their ending says, as exports often are."""
    try:
        with path.open("rb") as stream:
            head = stream.read(64)
    except OSError:
        return  # said by the reader
    workbook = path.suffix.lower() in _WORKBOOKS
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        is_really = "a workbook of the old kind (.xls), or one that a password protects"
    elif start.startswith((b"<html", b"<!doctype", b"<table", b"<?xml", b"<meta", b"<style")):
        is_really = "a web page or XML"
    elif head.startswith(b"%PDF"):
        is_really = "a PDF"
    elif head.startswith(b"PK\x03\x04") and not workbook:
        is_really = "a workbook or archive"
    else:
        return
    expected = (
        f"{'a workbook' if workbook else 'text'}; this is {is_really}: open it in a spreadsheet "
        "program and save it as .xlsx"
    )
    raise InputError([Problem(str(path), expected=expected)])


def _text_sheet(path: Path, mapping: SheetMapping) -> Sheet:
    if mapping.encoding.lower().replace("-", "") in ("utf8", "utf8sig"):
        text = _unicode(path)
    else:
        text = _decoded(path, mapping.encoding)
    separator, notes = _separator(text, mapping)
    reader = csv.reader(io.StringIO(text, newline=None), delimiter=separator, strict=True)
    rows = []
    line = 0
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append((line + 1, tuple(cell.strip() or None for cell in cells)))
            line = reader.line_num
    except csv.Error as error:
        expected = f"cells with every quotation mark closed ({error})"
        raise InputError([Problem(str(path), row=line + 1, expected=expected)]) from None
    return Sheet(str(path), tuple(rows), notes=notes)


def _unicode(path: Path) -> str:
    """Return the text of a file in UTF-8, or in UTF-16 where its first bytes say so."""
    try:
        with path.open("rb") as stream:
            mark = stream.read(2)
    except OSError:
        mark = b""  # said by the reader below
    if mark in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return _decoded(path, "utf-16")
    try:
        return read_text(path)
    except InputError as error:
        raise InputError(
            replace(problem, expected=f"{problem.expected}, or say its encoding: cp1252, "
                    "for instance, is that of Windows in Spanish and English")
            if "UTF-8" in problem.expected else problem
            for problem in error.problems
        ) from None  # fmt: skip


def _decoded(path: Path, encoding: str) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InputError([Problem(str(path), expected=f"a readable file ({reason})")]) from None
    try:
        text = data.decode(encoding)
    except UnicodeError as error:
        expected = f"text in {encoding} ({getattr(error, 'reason', error)})"
        raise InputError([Problem(str(path), expected=expected)]) from None
    if not text.strip():
        raise InputError([Problem(str(path), expected="a file that is not empty")])
    return text


def _separator(text: str, mapping: SheetMapping) -> tuple[str, tuple[str, ...]]:
    """Return the separator, seen from the row of headings where it is not given."""
    if mapping.separator is not None:
        return SEPARATORS[mapping.separator], ()
    lines = [line for line in text.splitlines() if line.strip()]
    if mapping.header_row is not None:
        lines = text.splitlines()[mapping.header_row - 1 :] or lines
    # Before the headings there may be a title: the fullest of the first lines speaks.
    counts = {
        name: max(line.count(mark) for line in lines[:20]) for name, mark in SEPARATORS.items()
    }
    heading = max(lines[:20], key=lambda line: max(line.count(m) for m in SEPARATORS.values()))
    there = [name for name, mark in SEPARATORS.items() if heading.count(mark)]
    if not there:
        return ",", ()
    name = there[0] if len(there) == 1 else max(counts, key=lambda key: counts[key])
    return SEPARATORS[name], (f"cells stand apart by {name}",)


def _workbook(path: Path, mapping: SheetMapping) -> list[Sheet]:
    try:
        import openpyxl
    except ImportError as error:
        raise MissingExtraError(
            "reading workbooks needs openpyxl: pip install 'geofleet[spreadsheets]'"
        ) from error
    _refuse_bomb(path)
    try:
        _refuse_endless(path)
        shown = openpyxl.load_workbook(path, data_only=True, keep_links=False)
        written = shown
        if _has_formulas(path):
            written = openpyxl.load_workbook(path, data_only=False, keep_links=False)
    except InputError:
        raise
    except Exception as error:  # openpyxl raises whatever its parts raise on broken files
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:120]
        raise InputError([Problem(str(path), expected=f"a whole workbook ({reason})")]) from None
    chosen = _chosen(path, shown, mapping)
    sheets = [_cells(path, shown[name], written[name]) for name in chosen]
    if not any(sheet.rows for sheet in sheets):
        raise InputError([Problem(str(path), expected="a sheet that is not empty")])
    return [sheet for sheet in sheets if sheet.rows]


def _refuse_bomb(path: Path) -> None:
    """Refuse archives that unpack to far more than any sheet of stops."""
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(item.file_size for item in archive.infolist())
    except (OSError, zipfile.BadZipFile) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError([Problem(str(path), expected=f"a readable workbook ({reason})")]) \
            from None  # fmt: skip
    if size > _LARGEST_BYTES:
        expected = f"a workbook that unpacks to at most {_LARGEST_BYTES // 1_000_000} MB"
        raise InputError([Problem(str(path), value=f"{size // 1_000_000} MB", expected=expected)])


def _refuse_endless(path: Path) -> None:
    """Refuse merged cells over whole columns: each of theirs would be made."""
    merged = sum(_area(found) for data in _worksheets(path) for found in _MERGED.findall(data))
    if merged > _MOST_MERGED:
        expected = f"at most {_MOST_MERGED:,} cells in merged ones; they reach over whole columns"
        raise InputError([Problem(str(path), value=f"{merged:,}", expected=expected)])


def _has_formulas(path: Path) -> bool:
    return any(mark in data for data in _worksheets(path) for mark in (b"<f>", b"<f "))


def _worksheets(path: Path) -> Iterator[bytes]:
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.startswith("xl/worksheets/") and name.endswith(".xml"):
                yield archive.read(name)


def _area(reference: bytes) -> int:
    """Return how many cells a range like A1:C5 has, 0 for what is none."""
    from openpyxl.utils import range_boundaries

    try:
        left, top, right, bottom = range_boundaries(reference.decode("ascii"))
        return int((right - left + 1) * (bottom - top + 1))
    except (ValueError, TypeError):
        return 0  # the workbook is broken there, and refused as such


def _chosen(path: Path, book: Any, mapping: SheetMapping) -> list[str]:
    names = [sheet.title for sheet in book.worksheets]
    if mapping.sheet is None:
        filled = [
            sheet.title for sheet in book.worksheets
            if _filled(sheet)
        ]  # fmt: skip
        shown = [name for name in filled if book[name].sheet_state == "visible"]
        filled = shown or filled  # catalogues of lists are hidden, and no sheets of stops
        if len(filled) > 1:
            expected = "the name of the sheet to read (sheet=…, * for all): " + ", ".join(filled)
            raise InputError([Problem(str(path), "sheet", expected=expected)])
        return filled or names[:1]
    if mapping.sheet == "*":
        return names
    wanted = [mapping.sheet] if isinstance(mapping.sheet, str) else list(mapping.sheet)
    problems = [
        Problem(str(path), "sheet", 0, str(name), "one of the sheets: " + ", ".join(names))
        for name in wanted
        if name not in names
    ]
    if problems:
        raise InputError(problems)
    return wanted


def _filled(sheet: Any) -> set[tuple[int, int]]:
    """Return row and column of the cells that hold anything.

    A sheet reaches as far as its farthest cell, and walking all of that rectangle would not end
    where somebody has left a mark in its last corner.
    """
    return {place for place, cell in sheet._cells.items() if cell.value is not None}


def _cells(path: Path, shown: Any, written: Any) -> Sheet:
    """Return cells by value; merged cells stand for each of theirs, formulas for their results."""
    spread: dict[tuple[int, int], Any] = {}
    for area in shown.merged_cells.ranges:
        value = shown.cell(area.min_row, area.min_col).value
        for row in range(area.min_row, area.max_row + 1):
            for column in range(area.min_col, area.max_col + 1):
                spread[(row, column)] = value
    file = f"{path}[{shown.title}]"
    rows, faults = [], {}
    filled = _filled(shown) | _filled(written)
    last = max((column for _, column in (*filled, *spread)), default=0)
    # A row of which only merged cells hold anything is as empty as it looks.
    for number in sorted({row for row, _ in filled}):
        cells = []
        for column in range(1, last + 1):
            place = (number, column)
            cell = shown.cell(number, column) if place in filled else None
            value = spread.get(place, None if cell is None else cell.value)
            if isinstance(value, str):
                value = value.strip() or None
            formula = written.cell(number, column) if place in filled else None
            if formula is not None and formula.data_type == "f" and value is None:
                expected = "a result; open the workbook, let it calculate, and save it"
                faults[(number, column - 1)] = (str(formula.value)[:_CELL], expected)
            elif cell is not None and cell.data_type == "e":
                expected = "a value, not an error of a formula"
                faults[(number, column - 1)] = (str(value)[:_CELL], expected)
                value = None
            cells.append(value)
        if any(cell is not None for cell in cells):
            rows.append((number, tuple(cells)))
    notes = [f"sheet {shown.title!r}"]
    hidden = sum(shown.row_dimensions[number].hidden for number, _ in rows
                 if number in shown.row_dimensions)  # fmt: skip
    if hidden:
        notes.append(f"{hidden} hidden rows are read like the others")
    if spread:
        notes.append("merged cells count for each of the cells they cover")
    return Sheet(file, tuple(rows), faults, tuple(notes))
