"""Moments as devices and platforms write them, to ISO text; an offset only where one is told."""

from __future__ import annotations

import datetime
import re
from typing import Any

from geofleet.interchange.cells import CellStyle, UnclearCellError, is_serial

__all__ = ["has_offset", "moment", "offset_in"]

_OFFSET = r"(Z|[+-]\d{2}(?::?\d{2})?)"
_ISO = re.compile(rf"\d{{4}}-\d{{2}}-\d{{2}}[T ]\d{{2}}:\d{{2}}(:\d{{2}}([.,]\d+)?)?\s*{_OFFSET}?")
_COMPACT = re.compile(
    rf"(\d{{4}})(\d{{2}})(\d{{2}})T?(\d{{2}})(\d{{2}})(\d{{2}})(?:[.,]\d+)?{_OFFSET}?"
)
_EPOCH = re.compile(r"1\d{9}(?:\d{3}|\d{6}|\d{9})?(?:\.\d+)?")
_DIGITS_OF_SECONDS = 10
_CLOCK = re.compile(r"[T ,]\s*(\d{1,2}:\d{2}(?!\d).*)$")
_ZONE_NAME = re.compile(r"(?<=[\d. mM])\s+([A-Z]{2,5})$")
_HALVES = ("AM", "PM")
_IN_HEADING = re.compile(r"\b(?:UTC|GMT|Z)\b\s*(?:([+−-])\s*(\d{1,2})(?::?(\d{2}))?)?", re.I)


def moment(cell: Any, style: CellStyle) -> str:
    """Return a date with its time of day as ISO text.

    ISO, seconds (also thousandths to billionths) since 1970, days of a spreadsheet, dates of the
    style with a clock time behind them.

    Raises
    ------
    UnclearCellError
        Anything else; names of zones other than UTC, of which most stand for several.

    Examples
    --------
    >>> moment("14/05/2024 8:30 p. m.", CellStyle(dates="day_first"))
    '2024-05-14T20:30:00'
    """
    if isinstance(cell, datetime.datetime):
        return cell.isoformat()
    if is_serial(cell):
        return f"{style.date(cell)}T{style.clock(float(cell) % 1)}"
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    text = re.sub(r"\s*(UTC|GMT)$", "Z", str(cell).strip())
    if _EPOCH.fullmatch(text):
        scale = 10 ** (len(text.partition(".")[0]) - _DIGITS_OF_SECONDS)
        return datetime.datetime.fromtimestamp(float(text) / scale, datetime.UTC).isoformat()
    if _ISO.fullmatch(text):
        style.date(text[:10])
        return text.replace(",", ".")
    if found := _COMPACT.fullmatch(text):
        year, month, day, hour, minute, second, offset = found.groups()
        return f"{year}-{month}-{day}T{hour}:{minute}:{second}{offset or ''}"
    zone = _ZONE_NAME.search(text)
    if zone and zone[1] not in _HALVES:
        expected = f"an offset like -06:00 in place of {zone[1]}, which may mean several zones"
        raise UnclearCellError(expected)
    text = re.sub(r"^(\d{4})/(\d{2})/(\d{2})", r"\1-\2-\3", text)
    found = _CLOCK.search(text)
    day, clock = (text[: found.start()], found[1]) if found else text.partition(" ")[::2]
    offset = re.search(rf"\s*{_OFFSET}$", clock)
    if not clock:
        raise UnclearCellError("a date with its time of day")
    bare_clock = re.sub(r"(?<=:\d\d)[.,]\d+", "", clock[: offset.start()] if offset else clock)
    return f"{style.date(day.rstrip(', '))}T{style.clock(bare_clock)}{offset[1] if offset else ''}"


def has_offset(text: str) -> bool:
    """Return whether ISO text tells its offset from UTC."""
    return bool(re.search(r"(Z|[+-]\d{2}(:?\d{2})?)$", text[10:]))


def offset_in(heading: str) -> tuple[str, str | None]:
    """Return a heading without the zone that it names, and that zone's offset.

    Examples
    --------
    >>> offset_in("Fecha y hora (UTC-6)")
    ('Fecha y hora', '-06:00')
    """
    found = _IN_HEADING.search(heading)
    if found is None:
        return heading, None
    rest = (heading[: found.start()] + heading[found.end() :]).replace("()", "").strip(" -_/")
    if found[1] is None:
        return rest, "Z"
    sign = "-" if found[1] in ("-", "−") else "+"
    return rest, f"{sign}{int(found[2]):02d}:{found[3] or '00'}"
