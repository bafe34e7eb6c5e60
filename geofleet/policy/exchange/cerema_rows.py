"""Rows of French freight orders: cells, and what is wrong with them."""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from geofleet.errors import Problem
from geofleet.policy.exchange import french
from geofleet.policy.places.words import folded
from geofleet.policy.rules.days import AnyDay, OnDays
from geofleet.policy.rules.opening_hours import fault_of
from geofleet.schema import read_rows

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

__all__ = ["Period", "Row", "read_orders"]

_REQUIRED = (
    "ID", "COLL_NOM", "COLL_INSEE", "ARR_DATE", "ARR_REF", "ARR_OBJET", "REGL_MODALITE",
    "EMPRISE_DESIGNATION",
)  # fmt: skip
_OPTIONAL = (
    "ARR_CONSIDERANT", "ARR_URL", "REGL_ARTICLE", "REGL_SOUS_ARTICLE", "REGL_CONTEXTE",
    "VEH_TYPES", "VEH_TONNAGE_MODALITE", "VEH_TONNAGE", "VEH_USAGES", "SAUF_VEH_USAGES",
    "VEH_LONG", "VEH_LARG", "VEH_HAUT", "VEH_MOTORS", "VEH_CQAS", "PERIODE_JH", "PERIODE_DEBUT",
    "PERIODE_FIN", "EMPRISE_ZONE", "EMPRISE_DEBUT", "EMPRISE_FIN", "EMPRISE_SENS", "INTERV_DUREE",
    "INTERV_HMAX", "GEOM_WKT", "GEOM_DEBUT", "GEOM_FIN", "GEOM_SOURCE",
)  # fmt: skip
_EMPTY = ("NA", "NaN", "N/A")
_INSEE = re.compile(r"([013-9]\d|2[AB1-9])\d{3}")
_MONTHS = (
    "janvier", "fevrier", "mars", "avril", "mai", "juin", "juillet", "aout", "septembre",
    "octobre", "novembre", "decembre",
)  # fmt: skip
_DAY_OF_YEAR = re.compile(r"(?:le )?(\d{1,2}|1er) (" + "|".join(_MONTHS) + ")")


@dataclass(frozen=True, slots=True)
class Period:
    """When an order holds: between dates, in a season, or as words say that no calendar knows."""

    first: datetime.date | None = None
    last: datetime.date | None = None
    in_force: OnDays = AnyDay
    words: str = ""


@dataclass(frozen=True, eq=False)
class Row:
    """One line of the file."""

    file: str
    line: int
    cells: Mapping[str, str]
    problems: list[Problem]

    @property
    def name(self) -> str:
        """Its id."""
        return self.text("ID")

    @property
    def order(self) -> tuple[str, str, str]:
        """Municipality, reference and date of the order."""
        return self.text("COLL_INSEE"), self.text("ARR_REF"), self.text("ARR_DATE")

    def wrong(self, column: str, value: str, expected: str) -> None:
        """Note a fault."""
        self.problems.append(Problem(self.file, column, self.line, value, expected))

    def text(self, column: str) -> str:
        """Return a cell, empty where nothing stands."""
        found = self.cells.get(column, "").replace("’", "'").strip()
        return "" if found in _EMPTY else found

    def choice(self, column: str, choices: Sequence[str], *, required: bool = False) -> str:
        """Return a cell that must be one of several, empty where it is none."""
        found = self.text(column)
        if found in choices or (not found and not required):
            return found
        self.wrong(column, found, "one of " + ", ".join(choices))
        return ""

    def list_of(self, column: str, choices: Sequence[str] = ()) -> tuple[str, ...]:
        """Return the values of a cell that stand between bars."""
        found = [part.strip() for part in self.text(column).split("|") if part.strip()]
        wrong = [part for part in found if choices and part not in choices]
        for part in wrong:
            self.wrong(column, part, "values joined by |, each one of " + ", ".join(choices))
        return tuple(part for part in found if part not in wrong)

    def number(self, column: str, *, below: float) -> float | None:
        """Return a number above 0 and below a limit, None where there is none."""
        found = self.text(column)
        if not found:
            return None
        try:
            value = float(found)
        except ValueError:
            value = math.nan
        if 0 < value < below:
            return value
        self.wrong(column, found, f"a number above 0 and below {below:g}")
        return None

    def date(self, column: str) -> datetime.date | None:
        """Return a date, None where there is none."""
        found = self.text(column)
        date = _iso(found)
        if found and date is None:
            self.wrong(column, found, "a date like 2021-04-30")
        return date

    def hours(self, column: str) -> str:
        """Return opening hours that can be used, empty where there are none."""
        found = self.text(column)
        if found and (fault := fault_of(found)):
            self.wrong(column, found, fault)
            return ""
        return found

    def period(self) -> Period:
        """Return when the order holds.

        Dates bound its validity; days of the year (*23 octobre*) make a season; other words are
        kept, for nobody can tell on which days they hold.
        """
        first, last = self.text("PERIODE_DEBUT"), self.text("PERIODE_FIN")
        if all(not text or _iso(text) for text in (first, last)):
            begin, end = _iso(first), _iso(last)
            if begin and end and end < begin:
                self.wrong("PERIODE_FIN", last, f"a day that is not before {first}")
            return Period(begin, end)
        season = (_day_of_year(first), _day_of_year(last))
        if season[0] is not None and season[1] is not None:
            return Period(in_force=OnDays(season=(season[0], season[1])))
        return Period(words=" – ".join(text for text in (first, last) if text))

    def geometry(self, column: str) -> BaseGeometry | None:
        """Return a line or an area in EPSG:4326, None where there is none."""
        found = self.text(column)
        if not found:
            return None
        import shapely

        shape = shapely.from_wkt(found, on_invalid="ignore")
        if shape is not None and not shape.is_empty and french.is_wgs84(shape):
            if french.is_line(shape):
                return shape
            if shape.geom_type in ("Polygon", "MultiPolygon") and shape.is_valid:
                return shape
        expected = "WKT of a line or a valid polygon, longitude before latitude"
        self.wrong(column, found[:80], expected)
        return None


def read_orders(path: Path, problems: list[Problem]) -> tuple[list[Row], tuple[str, ...]]:
    """Return the rows of a file, and the columns that the schema does not have.

    Raises
    ------
    InputError
        A file that is no table.
    """
    lines = read_rows(path)
    file = str(path)
    header = [name.strip() for name in lines[0]]
    for column in _REQUIRED:
        if column not in header:
            problems.append(Problem(file, column, 1, expected=f"a column {column}"))
    rows: list[Row] = []
    seen: dict[str, int] = {}
    for line, cells in enumerate(lines[1:], start=2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            expected = f"{len(header)} cells as in the header, found {len(cells)}"
            problems.append(Problem(file, "", line, ",".join(cells)[:80], expected))
            continue
        row = Row(file, line, dict(zip(header, cells, strict=True)), problems)
        _check(row, seen, header)
        rows.append(row)
    if not rows and not problems:
        problems.append(Problem(file, expected="at least one row below the header"))
    return rows, tuple(name for name in header if name not in (*_REQUIRED, *_OPTIONAL))


def _check(row: Row, seen: dict[str, int], header: Sequence[str]) -> None:
    for column in _REQUIRED:
        if column in header and not row.text(column):
            row.wrong(column, "", f"a value for {column}, which the schema requires")
    if row.name in seen:
        row.wrong("ID", row.name, f"each id once; it stands on line {seen[row.name]} too")
    seen.setdefault(row.name, row.line)
    if (code := row.text("COLL_INSEE")) and not _INSEE.fullmatch(code):
        row.wrong("COLL_INSEE", code, "five characters of INSEE like 13090")


def _iso(text: str) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None


def _day_of_year(text: str) -> tuple[int, int] | None:
    """Return month and day of *23 octobre*, None for any other words."""
    match = _DAY_OF_YEAR.fullmatch(folded(text))
    if match is None:
        return None
    day, month = int(match[1].removesuffix("er")), _MONTHS.index(match[2]) + 1
    try:
        datetime.date(2024, month, day)
    except ValueError:
        return None
    return month, day
