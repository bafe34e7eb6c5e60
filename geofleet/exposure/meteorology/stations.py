"""Hourly records of a weather station: times, gaps, calms, missing values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.schema import Column, TableSchema, check_frame, read_csv

__all__ = ["STATION_SCHEMA", "read_station"]

STATION_SCHEMA = TableSchema(
    "station",
    "Hourly records of one weather station (or several, with a column station)",
    (
        Column("time", "text", "start of the hour: local clock like 2024-05-14 08:00, or with "
               "offset like 2024-05-14T08:00:00-06:00"),
        Column("station", "text", "station", required=False),
        Column("wind_speed_m_s", "number", "wind speed", "m/s", nullable=True, minimum=0,
               maximum=60),
        Column("wind_from_deg", "number", "direction the wind comes from, clockwise from north; "
               "360 is north, 999 is missing", "degrees", nullable=True, minimum=0, maximum=360),
        Column("temperature_c", "number", "air temperature", "°C", nullable=True, minimum=-60,
               maximum=60),
        Column("pressure_pa", "number", "air pressure", "Pa", required=False, nullable=True,
               minimum=30000, maximum=110000),
        Column("cloud_cover", "number", "part of the sky covered", "1", required=False,
               nullable=True, minimum=0, maximum=1),
        Column("friction_velocity_m_s", "number", "u*, when known", "m/s", required=False,
               nullable=True, minimum=0.001, maximum=5),
        Column("obukhov_length_m", "number", "L, when known", "m", required=False, nullable=True),
        Column("mixing_height_m", "number", "zi, when known", "m", required=False, nullable=True,
               minimum=5, maximum=6000),
    ),
    key=("station", "time"),
)  # fmt: skip

_PASCAL_PER_MMHG = 133.322
_MISSING_DIRECTION = 999.0
_SHOWN = 5


def read_station(
    path: Path, *, station: str | None, timezone: str | None, defaults: Defaults
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return rows of one hour each (``hour, weight_hours, day, …``) and what was met on the way.

    Rows without wind speed, or without direction while the wind blows, are left out and
    counted. A calm without direction is split into equal parts around the compass. Missing
    temperatures take the mean of their hour of the day.

    Raises
    ------
    InputError
        Bad values, unreadable or repeated times, more than one station without a choice.
    """
    frame, rows = _load(path)
    frame, rows = _one_station(frame, rows, station, str(path))
    if "wind_from_deg" in frame:
        direction = pd.to_numeric(frame["wind_from_deg"], errors="coerce")
        frame.loc[direction == _MISSING_DIRECTION, "wind_from_deg"] = None
    frame = check_frame(frame, STATION_SCHEMA, file=str(path), rows=rows)
    local = _local_times(frame["time"], rows, timezone, str(path))
    frame = frame.assign(
        hour=local.hour, day=local.strftime("%Y-%m-%d"), year=local.year,
        day_of_year=local.day_of_year, month=local.month, weight_hours=1.0,
    )  # fmt: skip
    report: dict[str, Any] = {
        "layout": "station records",
        "records": len(frame),
        "first": str(local.min()),
        "last": str(local.max()),
        **_gaps(local),
    }
    return _usable(frame, str(path), defaults, report), report


def _load(path: Path) -> tuple[pd.DataFrame, list[int] | None]:
    if path.suffix.lower() == ".parquet":
        frame = pd.read_parquet(path)
        rows = None
    else:
        plain = TableSchema("any", "any", ())
        frame = read_csv(path, plain)
        rows = list(range(2, len(frame) + 2))
    if "end_local" not in frame:
        return frame, rows
    # REDMET of Mexico City: hours named by their end, pressure in mm of mercury.
    names = {"WSP": "wind_speed_m_s", "WDR": "wind_from_deg", "TMP": "temperature_c"}
    frame = frame.rename(columns=names)
    ends = pd.to_datetime(frame["end_local"], errors="coerce")
    frame["time"] = (ends - pd.Timedelta(hours=1)).dt.strftime("%Y-%m-%d %H:%M:%S")
    if "PBa" in frame:
        frame["pressure_pa"] = pd.to_numeric(frame["PBa"], errors="coerce") * _PASCAL_PER_MMHG
    return frame, rows


def _one_station(
    frame: pd.DataFrame, rows: list[int] | None, station: str | None, file: str
) -> tuple[pd.DataFrame, list[int]]:
    numbers = np.asarray(rows if rows is not None else np.arange(1, len(frame) + 1))
    if "station" not in frame:
        return frame.copy(), numbers.tolist()
    names = sorted(frame["station"].astype(str).unique())
    if station is None and len(names) > 1:
        expected = "a choice of station; the file holds " + ", ".join(names)
        raise InputError([Problem(file, "station", expected=expected)])
    chosen = names[0] if station is None else station
    if chosen not in names:
        expected = "one of " + ", ".join(names)
        raise InputError([Problem(file, "station", value=chosen, expected=expected)])
    mask = (frame["station"].astype(str) == chosen).to_numpy()
    return frame[mask].reset_index(drop=True), numbers[mask].tolist()


def _local_times(
    text: pd.Series, rows: list[int], timezone: str | None, file: str
) -> pd.DatetimeIndex:
    problems: list[Problem] = []
    stamps: list[pd.Timestamp] = []
    for row, value in zip(rows, text, strict=True):
        try:
            stamp = pd.Timestamp(value)
        except ValueError:
            stamp = None
        if stamp is None or pd.isna(stamp):
            expected = "a time like 2024-05-14 08:00 or 2024-05-14T08:00:00-06:00"
            problems.append(Problem(file, "time", row, str(value), expected))
            continue
        if stamp.tzinfo is not None:
            stamp = stamp.tz_convert(timezone) if timezone else stamp
        stamps.append(stamp)
    if problems:
        raise InputError(problems)
    instants = [stamp.tz_convert("UTC") if stamp.tzinfo else stamp for stamp in stamps]
    naive = pd.DatetimeIndex([stamp.tz_localize(None) for stamp in stamps])
    aware = [stamp.tzinfo is not None for stamp in stamps]
    if any(aware) and not all(aware):
        row = rows[aware.index(not aware[0])]
        expected = "an offset in every time or in none"
        raise InputError([Problem(file, "time", row, str(text.iloc[rows.index(row)]), expected)])
    repeated = np.asarray(pd.Index(instants).duplicated())
    if timezone and not any(aware):
        # When clocks go back, one local hour comes twice, rightly.
        twice = naive.tz_localize(timezone, ambiguous="NaT", nonexistent="shift_forward")
        repeated &= ~np.asarray(twice.isna())
    for position in np.flatnonzero(repeated)[:_SHOWN]:
        more = f"; {int(repeated.sum())} times are repeated" if repeated.sum() > _SHOWN else ""
        expected = "each hour once" + more
        problems.append(Problem(file, "time", rows[position], str(text.iloc[position]), expected))
    step = pd.Series(naive).sort_values().diff().dropna()
    if not problems and len(step) and (step[step > pd.Timedelta(0)] < pd.Timedelta(hours=1)).any():
        problems.append(Problem(file, "time", expected="hourly records; some are closer in time"))
    if problems:
        raise InputError(problems)
    return naive


def _gaps(local: pd.DatetimeIndex) -> dict[str, Any]:
    ordered = local.sort_values()
    step = np.diff(ordered.to_numpy()) / np.timedelta64(1, "h")
    places = np.flatnonzero(step > 1.5)
    longest = places[np.argsort(-step[places], kind="stable")][:_SHOWN]
    return {
        "gaps": len(places),
        "hours_missing": int(np.rint(step[places] - 1).sum()),
        "longest_gaps": [f"{ordered[i]} + {int(step[i]) - 1} h" for i in longest],
    }


def _usable(
    frame: pd.DataFrame, file: str, defaults: Defaults, report: dict[str, Any]
) -> pd.DataFrame:
    speed, direction = frame["wind_speed_m_s"], frame["wind_from_deg"]
    calm = direction.isna() & (speed <= defaults.number("weather", "calm_speed_m_s"))
    report["no_wind_speed"] = int(speed.isna().sum())
    report["no_direction"] = int((direction.isna() & speed.notna() & ~calm).sum())
    report["calms_without_direction"] = int(calm.sum())
    parts = int(defaults.number("weather", "calm_directions"))
    pieces = [frame[speed.notna() & direction.notna()]]
    for part in range(parts):
        pieces.append(
            frame[calm].assign(wind_from_deg=part * 360.0 / parts, weight_hours=1.0 / parts)
        )
    pieces = [piece for piece in pieces if len(piece)]
    if not pieces:
        expected = "at least one hour with wind speed and direction (999 degrees means missing)"
        raise InputError([Problem(file, "wind_from_deg", expected=expected)])
    kept = pd.concat(pieces).sort_index(kind="stable").reset_index(drop=True)
    missing = kept["temperature_c"].isna()
    report["temperature_filled"] = int(missing.sum())
    if missing.any():
        by_hour = kept.groupby("hour")["temperature_c"].transform("mean")
        kept["temperature_c"] = kept["temperature_c"].fillna(by_hour)
        kept["temperature_c"] = kept["temperature_c"].fillna(kept["temperature_c"].mean())
        if kept["temperature_c"].isna().any():
            raise InputError([Problem(file, "temperature_c", expected="at least one temperature")])
    return kept
