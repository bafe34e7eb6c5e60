"""Cells as people write them: decimals, dates and clock times of a named convention, never guessed.

Without a convention a cell must be one that cannot be misread: ``-99.13``, ``2024-05-12``,
``08:30``. ``12/05/2024`` and ``1.234,5`` ask for the user's word.
"""

from __future__ import annotations

import datetime
import math
import re
from dataclasses import dataclass
from typing import Any, Literal

__all__ = [
    "DATE_ORDERS",
    "DECIMALS",
    "CellStyle",
    "UnclearCellError",
    "is_serial",
]

DATE_ORDERS = ("iso", "day_first", "month_first")
DECIMALS = ("point", "comma")
_DATE_TEXT = {
    "iso": "a date like 2024-05-12; for 12/05/2024 say which comes first: "
    "dates=day_first or dates=month_first",
    "day_first": "a date like 12/05/2024, the day first",
    "month_first": "a date like 05/12/2024, the month first",
}
_MINUS = str.maketrans({"−": "-", "\N{NO-BREAK SPACE}": " ", "\N{NARROW NO-BREAK SPACE}": " "})
_NUMBER = {
    "point": re.compile(r"[+-]?(\d+|\d{1,3}([, ]\d{3})+)(\.\d*)?(e[+-]?\d+)?|[+-]?\.\d+", re.I),
    "comma": re.compile(r"[+-]?(\d+|\d{1,3}([. ]\d{3})+)(,\d*)?|[+-]?,\d+"),
}
_PLAIN = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?", re.I)
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]\d.*)?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_PARTS = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4}|\d{2})(?:[T ]\d.*)?")
_NAMED = re.compile(
    r"(\d{1,2})(?:[-/. ]|\s+de\s+)([a-z]{3,10})\.?(?:[-/. ]|\s+del?\s+)(\d{4}|\d{2})"
)
_NAMED_FIRST = re.compile(r"([a-z]{3,10})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})")
_MONTHS = {
    "ene": 1, "jan": 1, "feb": 2, "mar": 3, "abr": 4, "apr": 4, "may": 5, "jun": 6, "jul": 7,
    "ago": 8, "aug": 8, "sep": 9, "set": 9, "oct": 10, "nov": 11, "dic": 12, "dec": 12,
}  # fmt: skip
_SERIAL_ZERO = datetime.date(1899, 12, 30)
_SERIALS = (36_526, 73_051)  # the years 2000 to 2099 as days of a spreadsheet
_SERIAL = re.compile(r"\d{5}(\.\d+)?")
_CLOCK = re.compile(
    r"(\d{1,2})(?::|h)(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*(?:h|hrs?\.?)?\s*([ap]\.?\s*m\.?)?", re.I
)
_HOUR = re.compile(r"(\d{1,2})\s*(h|hrs?|horas?|a\.?\s?m|p\.?\s?m)\.?", re.I)
_HALVES = {"am": 0, "pm": 12}
_DAY_S = 86_400
_NUMBER_WORDS = {
    "point": "a number like 1,234.5",
    "comma": "a number like 1.234,5",
    None: "a number like 1234.5; for 1.234,5 say decimal=comma, for 1,234.5 decimal=point",
}


class UnclearCellError(ValueError):
    """A cell that cannot be understood; the message says what was expected."""


@dataclass(frozen=True, slots=True)
class CellStyle:
    """How a sheet writes numbers and dates.

    Parameters
    ----------
    decimal
        ``point`` (1,234.5), ``comma`` (1.234,5), or None: a point, and no marks of thousands.
    dates
        ``iso`` (2024-05-12), ``day_first`` (12/05/2024) or ``month_first`` (05/12/2024).
    """

    decimal: Literal["point", "comma"] | None = None
    dates: Literal["iso", "day_first", "month_first"] = "iso"

    def number(self, cell: Any) -> float:
        """Return a finite number.

        Raises
        ------
        UnclearCellError
            Anything else, or a number that this style does not write.
        """
        if isinstance(cell, bool):
            raise UnclearCellError(_NUMBER_WORDS[self.decimal])
        if isinstance(cell, int | float):
            value = float(cell)
        else:
            value = self._written(str(cell).translate(_MINUS).strip())
        if not math.isfinite(value):
            raise UnclearCellError(_NUMBER_WORDS[self.decimal])
        return value

    def _written(self, text: str) -> float:
        if self.decimal is None:
            if not _PLAIN.fullmatch(text):
                raise UnclearCellError(_NUMBER_WORDS[None])
            return float(text)
        if not _NUMBER[self.decimal].fullmatch(text):
            raise UnclearCellError(_NUMBER_WORDS[self.decimal])
        if self.decimal == "comma":
            return float(text.replace(".", "").replace(" ", "").replace(",", "."))
        return float(text.replace(",", "").replace(" ", ""))

    def date(self, cell: Any) -> str:
        """Return a date as ISO text; a time of day beside it is passed over.

        Numbers like 45426 are the days that spreadsheets count; no date is written so.

        Raises
        ------
        UnclearCellError
            No date of this style, or a day that does not exist.
        """
        if isinstance(cell, datetime.datetime):
            return cell.date().isoformat()
        if isinstance(cell, datetime.date):
            return cell.isoformat()
        text = str(cell).strip()
        serial = _serial(cell)
        if serial is not None:
            return (_SERIAL_ZERO + datetime.timedelta(days=int(serial))).isoformat()
        try:
            if found := _ISO.fullmatch(text) or _COMPACT.fullmatch(text):
                year, month, day = map(int, found.groups())
                return datetime.date(year, month, day).isoformat()
            found = _PARTS.fullmatch(text)
            if found and self.dates != "iso":
                first, second, year = map(int, found.groups())
                year += 2000 if len(found[3]) == 2 else 0
                day, month = (first, second) if self.dates == "day_first" else (second, first)
                return datetime.date(year, month, day).isoformat()
            found = _NAMED.fullmatch(text.casefold())
            if found and found[2][:3] in _MONTHS and (len(found[3]) == 4 or self.dates != "iso"):
                year = int(found[3]) + (2000 if len(found[3]) == 2 else 0)
                return datetime.date(year, _MONTHS[found[2][:3]], int(found[1])).isoformat()
            found = _NAMED_FIRST.fullmatch(text.casefold())
            if found and found[1][:3] in _MONTHS:
                month, day = _MONTHS[found[1][:3]], int(found[2])
                return datetime.date(int(found[3]), month, day).isoformat()
        except ValueError:
            raise UnclearCellError(f"a day that exists, written as {_DATE_TEXT[self.dates]}") \
                from None  # fmt: skip
        raise UnclearCellError(_DATE_TEXT[self.dates])

    def clock(self, cell: Any) -> str:
        """Return a clock time as ``HH:MM:SS`` (hours above 24 are kept).

        Raises
        ------
        UnclearCellError
            No time of day.
        """
        if isinstance(cell, datetime.datetime | datetime.time):
            return f"{cell.hour:02d}:{cell.minute:02d}:{cell.second:02d}"
        if isinstance(cell, datetime.timedelta):
            return _clock(cell.total_seconds())
        if isinstance(cell, int | float) and not isinstance(cell, bool) and 0 <= cell < 1:
            return _clock(round(cell * _DAY_S))  # spreadsheets hold times as parts of a day
        serial = _serial(cell)
        if serial is not None and serial != int(serial):
            return _clock(round(serial % 1 * _DAY_S))
        text = str(cell).translate(_MINUS).strip()
        if " " in text or "T" in text:
            # a date before the time
            head, _, tail = text.replace("T", " ").partition(" ")
            if _ISO.fullmatch(head) or _PARTS.fullmatch(head):
                text = tail.strip()
        if found := _HOUR.fullmatch(text):
            text = f"{found[1]}:00 {found[2]}"
        found = _CLOCK.fullmatch(text)
        if found:
            hours, minutes, seconds = int(found[1]), int(found[2]), int(found[3] or 0)
            half = re.sub(r"[^a-z]", "", (found[4] or "").lower())
            if half in _HALVES and 1 <= hours <= 12:
                hours = hours % 12 + _HALVES[half]
                half = ""
            if not half and hours <= 48 and minutes < 60 and seconds < 60:
                return f"{hours:02d}:{minutes:02d}:{seconds:02d}"
        raise UnclearCellError("a clock time like 08:30 or 2:15 p. m.")


def is_serial(cell: Any) -> bool:
    """Return whether a cell is a day as spreadsheets count them, like 45426."""
    return _serial(cell) is not None


def _serial(cell: Any) -> float | None:
    """Return a moment as spreadsheets count it, in days, where a cell can be nothing else."""
    number = isinstance(cell, int | float) and not isinstance(cell, bool)
    if not number and not (isinstance(cell, str) and _SERIAL.fullmatch(cell.strip())):
        return None
    value = float(cell)
    return value if _SERIALS[0] <= value < _SERIALS[1] else None


def _clock(seconds: float) -> str:
    whole = int(seconds)
    return f"{whole // 3600:02d}:{whole % 3600 // 60:02d}:{whole % 60:02d}"
