"""Hourly records of a weather station: times, gaps, calms, missing values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.exposure.meteorology.clocks import day_kinds, gaps, local_clock
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


def read_station(
    path: Path,
    *,
    station: str | None,
    timezone: str | None,
    records_timezone: str | None = None,
    defaults: Defaults,
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
    frame, rows, redmet = _load(path)
    if redmet and records_timezone is None and timezone is not None:
        records_timezone = defaults.text("weather", "redmet_timezone")
    frame, rows = _one_station(frame, rows, station, str(path))
    if "wind_from_deg" in frame:
        direction = pd.to_numeric(frame["wind_from_deg"], errors="coerce")
        frame.loc[direction == _MISSING_DIRECTION, "wind_from_deg"] = None
    frame = check_frame(frame, STATION_SCHEMA, file=str(path), rows=rows)
    clock = local_clock(
        frame["time"], rows, timezone=timezone, records_timezone=records_timezone, file=str(path)
    )
    local = clock.local
    frame = frame.assign(
        hour=local.hour, day=local.strftime("%Y-%m-%d"), year=local.year,
        day_of_year=local.day_of_year, month=local.month, day_kind=day_kinds(local),
        weight_hours=1.0,
    )  # fmt: skip
    if clock.instant is None:
        frame = frame.drop(columns="time")
    else:
        frame["time"] = clock.instant
    times = local if clock.instant is None else clock.instant
    report: dict[str, Any] = {
        "layout": "station records",
        "records": len(frame),
        "first": str(local.min()),
        "last": str(local.max()),
        **gaps(times),
    }
    return _usable(frame, str(path), defaults, report), report


def _load(path: Path) -> tuple[pd.DataFrame, list[int] | None, bool]:
    if path.suffix.lower() == ".parquet":
        frame = pd.read_parquet(path)
        rows = None
    else:
        plain = TableSchema("any", "any", ())
        frame = read_csv(path, plain)
        rows = list(range(2, len(frame) + 2))
    if "end_local" not in frame:
        return frame, rows, False
    # REDMET of Mexico City: hours named by their end, pressure in mm of mercury.
    names = {"WSP": "wind_speed_m_s", "WDR": "wind_from_deg", "TMP": "temperature_c"}
    frame = frame.rename(columns=names)
    ends = pd.to_datetime(frame["end_local"], errors="coerce")
    frame["time"] = (ends - pd.Timedelta(hours=1)).dt.strftime("%Y-%m-%d %H:%M:%S")
    if "PBa" in frame:
        frame["pressure_pa"] = pd.to_numeric(frame["PBa"], errors="coerce") * _PASCAL_PER_MMHG
    return frame, rows, True


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
