"""Telematics of electric vehicles from files: renamed, converted, checked, cleaned and counted."""

from __future__ import annotations

import bisect
import re
import zoneinfo
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.energy.pilot.faults import FaultBook
from geofleet.errors import InputError, Problem
from geofleet.schema import Column, TableSchema, read_csv, read_rows

__all__ = ["TELEMATICS_SCHEMA", "UNITS", "Telematics", "check_telematics", "read_telematics"]

TELEMATICS_SCHEMA = TableSchema(
    "telematics",
    "What the vehicles of a pilot report by time",
    (
        Column("time", "datetime", "moment of the record, with its offset from UTC"),
        Column("vehicle_id", "text", "vehicle; one for all where the column is not there",
               required=False),
        Column("speed_kmh", "number", "speed", "km/h", required=False, nullable=True,
               minimum=0, maximum=200),
        Column("lat", "number", "latitude", "degrees (EPSG:4326)", required=False, nullable=True,
               minimum=-90, maximum=90),
        Column("lon", "number", "longitude", "degrees (EPSG:4326)", required=False, nullable=True,
               minimum=-180, maximum=180),
        Column("soc_percent", "number", "state of charge, of the usable battery", "%",
               required=False, nullable=True, minimum=0, maximum=100),
        Column("battery_power_kw", "number", "power at the terminals of the battery, positive "
               "when it is emptied", "kW", required=False, nullable=True,
               minimum=-2000, maximum=2000),
        Column("odometer_km", "number", "distance counter", "km", required=False, nullable=True,
               minimum=0, maximum=5e6),
        Column("ambient_temperature_c", "number", "temperature of the air outside", "degC",
               required=False, nullable=True, minimum=-60, maximum=60),
        Column("payload_kg", "number", "mass carried", "kg", required=False, nullable=True,
               minimum=0, maximum=60000),
        Column("ignition", "boolean", "the vehicle is switched on", required=False, nullable=True),
    ),
)  # fmt: skip
"""Columns of telematics; ``speed_kmh`` or ``lat`` and ``lon``, and ``soc_percent`` or
``battery_power_kw``, must be there."""

UNITS: Mapping[str, Mapping[str, tuple[float, float]]] = {
    "speed_kmh": {"km/h": (1.0, 0.0), "m/s": (3.6, 0.0), "mph": (1.609344, 0.0)},
    "soc_percent": {"%": (1.0, 0.0), "1": (100.0, 0.0)},
    "battery_power_kw": {"kW": (1.0, 0.0), "W": (0.001, 0.0)},
    "odometer_km": {"km": (1.0, 0.0), "m": (0.001, 0.0), "mi": (1.609344, 0.0)},
    "ambient_temperature_c": {"degC": (1.0, 0.0), "degF": (5 / 9, -160 / 9), "K": (1.0, -273.15)},
    "payload_kg": {"kg": (1.0, 0.0), "t": (1000.0, 0.0), "lb": (0.45359237, 0.0)},
}
"""Units that a column may come in: the factor and the shift to its own."""

_NUMBERS = tuple(c.name for c in TELEMATICS_SCHEMA.columns if c.kind == "number")
_NAMES = tuple(c.name for c in TELEMATICS_SCHEMA.columns)
_OFFSET = re.compile(r"[T ].*(?:[Zz]|[+-]\d{2}(?::?\d{2})?)$")
_TRUE, _FALSE = {"true", "yes", "1", "on"}, {"false", "no", "0", "off"}
_ONE_VEHICLE = "vehicle"
_MOMENT = ("vehicle_id", "time")

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Telematics:
    """Checked records of vehicles by time.

    Parameters
    ----------
    frame
        Columns of ``TELEMATICS_SCHEMA`` (all of them, unknown cells empty), ``time`` in UTC, with
        ``file`` and ``row``; in order of vehicle and time.
    cleaned
        What was done to which number of records, by name of the fault; empty when nothing was.
    """

    frame: pd.DataFrame
    cleaned: Mapping[str, int] = field(default_factory=dict)

    def has(self, column: str) -> bool:
        """Return whether any record knows this column."""
        return bool(self.frame[column].notna().any())


def read_telematics(
    path: str | Path | Sequence[str | Path],
    *,
    columns: Mapping[str, str] | None = None,
    units: Mapping[str, str] | None = None,
    timezone: str | None = None,
    vehicle_id: str | None = None,
    clean: bool = False,
    electric: bool = True,
) -> Telematics:
    """Read telematics from comma-separated files.

    Parameters
    ----------
    path
        One file or several.
    columns
        Names in the files of the columns of ``TELEMATICS_SCHEMA``: ``{"soc_percent": "SOC"}``.
        A column not named here is looked for under its own name.
    units
        Units of the files where they are others than the schema's: ``{"speed_kmh": "m/s"}``,
        see ``UNITS``.
    timezone
        IANA name of the zone in which times without an offset were written. Without it such
        times are an error.
    vehicle_id
        The vehicle, where the files have no column of it.
    clean
        What to do with faults: raise an error that names them (False), or leave them out and
        count them (True), see :func:`check_telematics`.
    electric
        Whether the state of charge or the battery's power must be there.

    Returns
    -------
    Telematics

    Raises
    ------
    InputError
        Every problem of all files, as file, row, field, value and what was expected.
    """
    paths = [Path(path)] if isinstance(path, str | Path) else [Path(item) for item in path]
    problems = [] if paths else [Problem("telematics", expected="at least one file")]
    parts: list[Telematics] = []
    for item in paths:
        try:
            table, lines = _read_text_table(item)
            parts.append(check_telematics(
                table, file=str(item), rows=lines, columns=columns, units=units,
                timezone=timezone, vehicle_id=vehicle_id, clean=clean, electric=electric,
            ))  # fmt: skip
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    together = pd.concat([part.frame for part in parts], ignore_index=True)
    counts: dict[str, int] = {}
    for part in parts:
        for name, count in part.cleaned.items():
            counts[name] = counts.get(name, 0) + count
    if len(parts) > 1:
        book = FaultBook("telematics", clean=clean, counts=counts)
        # Files may be given in any order: between them only a repeated moment is a fault.
        together = together.sort_values(["vehicle_id", "time"], kind="stable", ignore_index=True)
        together = _one_record_a_moment(together, book)
        book.finish()
        counts = book.counts
    return Telematics(together, counts)


def check_telematics(
    frame: pd.DataFrame,
    *,
    file: str = "telematics",
    rows: Sequence[int] | None = None,
    columns: Mapping[str, str] | None = None,
    units: Mapping[str, str] | None = None,
    timezone: str | None = None,
    vehicle_id: str | None = None,
    clean: bool = False,
    electric: bool = True,
) -> Telematics:
    """Return checked telematics from a table; see :func:`read_telematics`.

    Records that are exact repetitions are left out and counted in any case. With ``clean``:

    ====================================  ====================================================
    fault                                 what is done
    ====================================  ====================================================
    time that cannot be read              record left out
    time before the one above it          as few records left out as put the others in order
    no vehicle named                      record left out
    another record at the same moment     the first is kept
    number that cannot be read or is out  cell emptied (state of charge above 100 %, …)
    of its limits
    one coordinate without the other      both emptied
    no speed and no position              record left out
    ====================================  ====================================================

    Raises
    ------
    InputError
        Columns that are missing whatever ``clean`` says; the faults above without it.
    """
    table = _renamed(
        frame, columns or {}, units or {}, file=file, vehicle_id=vehicle_id, electric=electric
    )
    table["row"] = list(rows) if rows is not None else np.arange(1, len(table) + 1)
    table["file"] = file
    book = FaultBook(file, clean=clean, counts={})
    zone = _zone(timezone)
    time, bad = _times(table["time"], zone)
    expected = TELEMATICS_SCHEMA.column("time").expectation()
    if zone is None:
        expected += ", or the time zone given beside the file"
    book.report("time that cannot be read", "time", table, bad, table["time"], expected)
    table["time"] = time
    for name in _NUMBERS:
        _numbers(table, name, (units or {}).get(name), book)
    _ignition(table, book)
    nameless = (table["vehicle_id"] == "").to_numpy()
    column = TELEMATICS_SCHEMA.column("vehicle_id")
    book.report(
        "no vehicle named", "vehicle_id", table, nameless, ("vehicle_id",), column.expectation()
    )
    table = table[~(bad | nameless)].reset_index(drop=True)
    _whole_charge(table, units or {}, book, file)
    if len(table) == 0 and book.clean:
        book.always(Problem(file, expected="at least one record that can be read"))
    _places(table, book)
    table = _without(table, _speechless(table), book)
    repeated = table.duplicated([*_NAMES])
    book.count("exact repetition left out", int(repeated.sum()))
    table = table[~repeated].reset_index(drop=True)
    table = _in_order(table, book)
    table = _one_record_a_moment(table, book)
    book.finish()
    return Telematics(table[[*_NAMES, "file", "row"]].reset_index(drop=True), book.counts)


def _read_text_table(path: Path) -> tuple[pd.DataFrame, list[int]]:
    """Read all cells as text, with the line of each record."""
    table = read_csv(path, TableSchema("telematics", "as text", ()))
    lines = read_rows(path)[1:]
    return table, [n for n, cells in enumerate(lines, 2) if any(cell.strip() for cell in cells)]


def _renamed(
    frame: pd.DataFrame,
    columns: Mapping[str, str],
    units: Mapping[str, str],
    *,
    file: str,
    vehicle_id: str | None,
    electric: bool,
) -> pd.DataFrame:
    """Return the columns of the schema under their own names, empty where they are not there."""
    problems: list[Problem] = []
    for name in (*columns, *units):
        if name not in _NAMES:
            expected = "a column of telematics: " + ", ".join(_NAMES)
            problems.append(Problem("telematics", name, expected=expected))
    for name, unit in units.items():
        if name in _NAMES and unit not in UNITS.get(name, {}):
            expected = "one of " + (", ".join(UNITS.get(name, {})) or "no units: leave it out")
            problems.append(Problem("telematics", name, 0, unit, expected))
    found: dict[str, Any] = {}
    for name in _NAMES:
        source = columns.get(name, name)
        if source in frame.columns:
            found[name] = frame[source].to_numpy(object)
        elif name in columns:
            expected = "a column of this name; found " + ", ".join(map(str, frame.columns))
            problems.append(Problem(file, source, 1, expected=expected))
    if "time" not in found and "time" not in columns:
        problems.append(_missing(file, "time", frame))
    if "speed_kmh" not in found and not {"lat", "lon"} <= found.keys():
        problems.append(_missing(file, "speed_kmh, or lat and lon", frame))
    if electric and not {"soc_percent", "battery_power_kw"} & found.keys():
        problems.append(_missing(file, "soc_percent or battery_power_kw", frame))
    if len(frame) == 0:
        problems.append(Problem(file, expected="at least one record"))
    if problems:
        raise InputError(dict.fromkeys(problems))
    table = pd.DataFrame({name: found.get(name) for name in _NAMES}, index=range(len(frame)))
    if "vehicle_id" not in found:
        table["vehicle_id"] = vehicle_id or _ONE_VEHICLE
    named = table["vehicle_id"].notna()
    table["vehicle_id"] = table["vehicle_id"].astype(str).str.strip().where(named, "")
    return table


def _missing(file: str, name: str, frame: pd.DataFrame) -> Problem:
    expected = f"a column {name}, or its name here; found " + ", ".join(map(str, frame.columns))
    return Problem(file, name, 1, expected=expected)


def _zone(name: str | None) -> zoneinfo.ZoneInfo | None:
    if name is None:
        return None
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        expected = "the IANA name of a time zone like America/Mexico_City"
        raise InputError([Problem("telematics", "timezone", 0, name, expected)]) from None


def _times(cells: pd.Series, zone: zoneinfo.ZoneInfo | None) -> tuple[pd.Series, Bools]:
    """Return moments in UTC and which cells hold none.

    A clock time that its zone shows twice or skips that night tells no moment.
    """
    if len(cells) and all(getattr(cell, "tzinfo", None) is not None for cell in cells):
        out = pd.Series(pd.to_datetime(cells.tolist(), utc=True), index=cells.index)
        return out.dt.as_unit("ns"), out.isna().to_numpy()
    text = cells.astype(str).str.strip()
    aware = text.str.contains(_OFFSET, regex=True).to_numpy()
    out = pd.Series(pd.NaT, index=cells.index, dtype="datetime64[ns, UTC]")
    if aware.any():
        moments = pd.to_datetime(text[aware], utc=True, errors="coerce", format="ISO8601")
        out[aware] = moments.dt.as_unit("ns")
    if zone is not None and (~aware).any():
        clock = pd.to_datetime(text[~aware], errors="coerce", format="ISO8601").dt.as_unit("ns")
        local = clock.dt.tz_localize(zone, ambiguous="NaT", nonexistent="NaT")
        out[~aware] = local.dt.tz_convert("UTC")
    return out, out.isna().to_numpy()


def _numbers(table: pd.DataFrame, name: str, unit: str | None, book: FaultBook) -> None:
    """Turn one column into numbers of its own unit, within its limits."""
    cells = table[name]
    empty = (cells.isna() | (cells == "")).to_numpy(bool)
    value = pd.to_numeric(cells.where(~empty), errors="coerce").to_numpy(np.float64, copy=True)
    factor, shift = UNITS[name][unit] if unit is not None else (1.0, 0.0)
    value = value * factor + shift
    column = TELEMATICS_SCHEMA.column(name)
    low, high = column.minimum, column.maximum
    assert low is not None
    assert high is not None
    bad = ~empty & ~((value >= low) & (value <= high))
    expected = column.expectation()
    book.report(f"{name} out of its limits", name, table, bad, cells, expected)
    value[bad] = np.nan
    table[name] = value


def _whole_charge(
    table: pd.DataFrame, units: Mapping[str, str], book: FaultBook, file: str
) -> None:
    """Find states of charge that are shares of 1 under the name of percent."""
    charge = table["soc_percent"].dropna()
    if "soc_percent" not in units and charge.nunique() > 2 and charge.max() <= 1.0:
        expected = "percent; none is above 1: give units={'soc_percent': '1'} for shares, else '%'"
        shown = f"{charge.min():g} to {charge.max():g}"
        book.always(Problem(file, "soc_percent", 0, shown, expected))


def _ignition(table: pd.DataFrame, book: FaultBook) -> None:
    cells = table["ignition"]
    word = cells.where(cells.notna(), "").astype(str).str.strip().str.lower()
    known = word.isin(_TRUE | _FALSE)
    bad = (~known & (word != "")).to_numpy()
    book.report("ignition that cannot be read", "ignition", table, bad, cells, "true or false")
    value = pd.Series(pd.NA, index=table.index, dtype="boolean")
    value[known] = word[known].isin(_TRUE)
    table["ignition"] = value


def _places(table: pd.DataFrame, book: FaultBook) -> None:
    """Empty both coordinates where one is missing."""
    half = (table["lat"].isna() != table["lon"].isna()).to_numpy()
    expected = "latitude and longitude, or neither"
    book.report(
        "one coordinate without the other", "lat, lon", table, half, ("lat", "lon"), expected
    )
    table.loc[half, ["lat", "lon"]] = np.nan


def _speechless(table: pd.DataFrame) -> Bools:
    """Find records that tell neither speed nor place, of vehicles that tell either."""
    return np.asarray(table["speed_kmh"].isna() & table["lat"].isna(), dtype=bool)


def _without(table: pd.DataFrame, mute: Bools, book: FaultBook) -> pd.DataFrame:
    """Leave out records without speed and place; those with a charge standing still stay.

    Chargers and parked vehicles report a charge alone: they are no fault, and no driving.
    """
    useful = table["soc_percent"].notna() | table["battery_power_kw"].notna()
    parked = mute & useful.to_numpy() & (table["ignition"] == False).fillna(False).to_numpy()  # noqa: E712
    gone = mute & ~parked
    field, expected = "speed_kmh, lat, lon", "a speed, or a latitude and longitude"
    book.report("no speed and no position", field, table, gone, (), expected)
    return table[~gone].reset_index(drop=True)


def _in_order(table: pd.DataFrame, book: FaultBook) -> pd.DataFrame:
    """Leave out records whose time is before that of one above them.

    One clock that jumps ahead for a moment is one fault, not that of all records below it: what
    is left out when cleaning is the least that puts the others in order.
    """
    stamp = table["time"].astype("int64")
    latest = stamp.groupby(table["vehicle_id"]).cummax()
    back = (stamp < latest).to_numpy(bool, copy=True)
    if book.clean and back.any():
        for _, rows in stamp.groupby(table["vehicle_id"].to_numpy()):
            place = rows.index.to_numpy()
            back[place] = ~_longest_in_order(np.asarray(rows, dtype=np.int64))
    expected = "a time not before the one of the row above it"
    book.report("time before the one above it", "time", table, back, _MOMENT, expected)
    table = table[~back]
    return table.sort_values(["vehicle_id", "time"], kind="stable", ignore_index=True)


def _longest_in_order(values: npt.NDArray[np.int64]) -> Bools:
    """Return which values make a longest row that never falls (Fredman 1975)."""
    keep = np.zeros(len(values), dtype=bool)
    ends: list[int] = []  # least last value of a row of each length
    last: list[int] = []  # and its place
    before = np.full(len(values), -1)
    for place, value in enumerate(values.tolist()):
        length = bisect.bisect_right(ends, value)
        before[place] = last[length - 1] if length else -1
        if length == len(ends):
            ends.append(value)
            last.append(place)
        elif value < ends[length]:
            ends[length], last[length] = value, place
    place = last[-1] if last else -1
    while place >= 0:
        keep[place] = True
        place = int(before[place])
    return keep


def _one_record_a_moment(table: pd.DataFrame, book: FaultBook) -> pd.DataFrame:
    """Keep the first of several records of one vehicle at one moment."""
    repeated = table.duplicated(list(_NAMES)).to_numpy()
    book.count("exact repetition left out", int(repeated.sum()))
    table = table[~repeated].reset_index(drop=True)
    twice = table.duplicated(["vehicle_id", "time"]).to_numpy()
    expected = "one record of a vehicle at one time; an earlier row says something else"
    book.report("another record at the same moment", "time", table, twice, _MOMENT, expected)
    return table[~twice].reset_index(drop=True)
