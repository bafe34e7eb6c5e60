"""GPS traces from files: GPX and telematics CSV, checked."""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from geofleet.errors import InputError, MissingExtraError, Problem
from geofleet.schema import Column, TableSchema, check_frame, read_csv, read_text

__all__ = ["TRACE_SCHEMA", "check_traces", "read_traces"]

TRACE_SCHEMA = TableSchema(
    "traces",
    "Positions of vehicles by time",
    (
        Column("vehicle_id", "text", "vehicle, as in the vehicles table"),
        Column("time", "datetime", "moment of the fix, with its offset from UTC"),
        Column("lat", "number", "latitude", "degrees (EPSG:4326)", minimum=-90, maximum=90),
        Column("lon", "number", "longitude", "degrees (EPSG:4326)", minimum=-180, maximum=180),
        Column("speed_kmh", "number", "speed that the device gives", "km/h", required=False,
               nullable=True, minimum=0, maximum=300),
    ),
)  # fmt: skip
_SHOWN = 5


def read_traces(path: str | Path | Sequence[str | Path]) -> pd.DataFrame:
    """Read traces from GPX or CSV files.

    A GPX track belongs to the vehicle that its ``name`` gives, else to the file's name.

    Returns
    -------
    pandas.DataFrame
        As in ``TRACE_SCHEMA``, with ``row`` (line of the table, or number of the point) and
        ``file``; in order of vehicle and time, exact repetitions left out.

    Raises
    ------
    InputError
        Every problem of all files.
    MissingExtraError
        A GPX file, and the extra ``gps`` is not installed.
    """
    paths = [Path(path)] if isinstance(path, str | Path) else [Path(item) for item in path]
    tables: list[pd.DataFrame] = []
    problems: list[Problem] = []
    for item in paths:
        try:
            table = _read_gpx(item) if item.suffix.lower() == ".gpx" else _read_table(item)
            tables.append(check_traces(table, file=str(item)))
        except InputError as error:
            problems += error.problems
    if not paths:
        problems.append(Problem("traces", expected="at least one file"))
    if problems:
        raise InputError(problems)
    out = pd.concat(tables, ignore_index=True)
    return out.sort_values(["vehicle_id", "time"], kind="stable", ignore_index=True)


def _read_table(path: Path) -> pd.DataFrame:
    table = read_csv(path, TRACE_SCHEMA)
    text = read_text(path).splitlines()
    filled = [line for line, content in enumerate(text, 1) if line > 1 and content.strip(", \t")]
    return table.assign(row=filled if len(filled) == len(table) else np.arange(2, len(table) + 2))


def _read_gpx(path: Path) -> pd.DataFrame:
    try:
        import gpxpy
    except ImportError as error:
        raise MissingExtraError(
            "reading GPX files needs gpxpy: pip install 'geofleet[gps]'"
        ) from error
    try:
        document = gpxpy.parse(_xml_text(path))
    except gpxpy.gpx.GPXException as error:
        raise InputError([Problem(str(path), expected=f"a whole GPX file ({error})")]) from error
    records: list[dict[str, Any]] = []
    problems: list[Problem] = []
    parts = 0
    for track in document.tracks:
        for segment in track.segments:
            parts += 1
            for point in segment.points:
                row = len(records) + 1
                if point.time is None and len(problems) < _SHOWN:
                    expected = "a time on every track point"
                    problems.append(Problem(str(path), "time", row, expected=expected))
                records.append({
                    "vehicle_id": track.name or path.stem, "time": point.time, "row": row,
                    "lat": point.latitude, "lon": point.longitude, "_part": parts,
                })  # fmt: skip
    if problems:
        raise InputError(problems)
    if not records:
        raise InputError([Problem(str(path), expected="a GPX file with track points")])
    frame = pd.DataFrame(records)
    frame["time"] = pd.to_datetime(frame["time"], utc=True)
    # Devices write their tracks in any order, the newest first for instance; within one, time runs.
    begins = frame.groupby("_part")["time"].transform("first")
    order = frame.assign(_begin=begins).sort_values(["_begin", "_part"], kind="stable")
    return order.drop(columns=["_begin", "_part"]).reset_index(drop=True)


def _xml_text(path: Path) -> str:
    """Return the text of an XML file in the encoding that it declares."""
    try:
        head = path.read_bytes()[:200]
    except OSError:
        head = b""  # said by the reader below
    wide = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    said = re.match(rb"<\?xml[^>]*encoding=[\"']([A-Za-z0-9._-]+)[\"']", head)
    encoding = "utf-16" if wide else said[1].decode() if said else "utf-8"
    if encoding.lower().replace("-", "") == "utf8":
        return read_text(path)
    try:
        return path.read_bytes().decode(encoding)
    except (UnicodeError, LookupError) as error:
        expected = f"text in the encoding that the file declares, {encoding} ({error})"
        raise InputError([Problem(str(path), expected=expected[:200])]) from None


def check_traces(fixes: pd.DataFrame, *, file: str = "traces") -> pd.DataFrame:
    """Return checked traces, exact repetitions left out.

    Raises
    ------
    InputError
        Missing columns, places off the globe, times without offset, times that run backwards
        within a vehicle, two places at one time.
    """
    rows = [int(row) for row in fixes["row"]] if "row" in fixes.columns else None
    if len(fixes) == 0:
        raise InputError([Problem(file, expected="at least one fix")])
    stamps = fixes
    if "time" in fixes.columns and getattr(fixes["time"].dtype, "tz", None) is not None:
        stamps = fixes.assign(time=list(fixes["time"]))
    table = check_frame(stamps, TRACE_SCHEMA, file=file, rows=rows)
    table["row"] = rows if rows is not None else np.arange(1, len(table) + 1)
    table["file"] = file
    if "speed_kmh" not in table.columns:
        table["speed_kmh"] = np.nan
    table = table.drop_duplicates(["vehicle_id", "time", "lat", "lon"]).reset_index(drop=True)
    problems = []
    for vehicle, trace in table.groupby("vehicle_id", sort=True):
        step = trace["time"].diff().dt.total_seconds().to_numpy()
        for flag, expected in (
            (step < 0, "a time not before the one of the row above it"),
            (step == 0, "one place at one time; the row above has another"),
        ):
            where = np.flatnonzero(flag)
            for position in where[:_SHOWN]:
                fix = trace.iloc[position]
                value = f"{vehicle} at {fix['time'].isoformat()}"
                problems.append(Problem(file, "time", int(fix["row"]), value, expected))
            if len(where) > _SHOWN:
                more = f"{expected}; {len(where) - _SHOWN} more rows have the same fault"
                problems.append(Problem(file, "time", expected=more))
    if problems:
        raise InputError(problems)
    return table
