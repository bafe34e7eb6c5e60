"""Hourly records of stations as arrays: one value per quantity, station and hour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.exposure.meteorology.clocks import local_clock
from geofleet.exposure.meteorology.site import Site
from geofleet.exposure.meteorology.sky import optional_column
from geofleet.schema import Column, TableSchema, check_frame, read_csv

__all__ = ["QUANTITIES", "STATION_SCHEMA", "Records", "load_records", "read_records"]

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
        Column("pressure_pa", "number", "air pressure at the station", "Pa", required=False,
               nullable=True, minimum=30000, maximum=110000),
        Column("relative_humidity_percent", "number", "relative humidity", "%", required=False,
               nullable=True, minimum=0, maximum=105),
        Column("cloud_cover", "number", "part of the sky covered", "1", required=False,
               nullable=True, minimum=0, maximum=1),
        Column("cloud_oktas", "number", "eighths of the sky covered; 9 is unknown (fog)", "1/8",
               required=False, nullable=True, minimum=0, maximum=9),
        Column("cloud_tenths", "number", "tenths of the sky covered", "1/10", required=False,
               nullable=True, minimum=0, maximum=10),
        Column("solar_radiation_w_m2", "number", "global solar radiation, mean of the hour",
               "W/m2", required=False, nullable=True, minimum=-50, maximum=1500),
        Column("friction_velocity_m_s", "number", "u*, when known", "m/s", required=False,
               nullable=True, minimum=0.001, maximum=5),
        Column("obukhov_length_m", "number", "L, when known", "m", required=False, nullable=True),
        Column("mixing_height_m", "number", "zi, when known", "m", required=False, nullable=True,
               minimum=5, maximum=6000),
    ),
    key=("station", "time"),
)  # fmt: skip

QUANTITIES = (
    "wind_speed_m_s", "wind_from_deg", "temperature_c", "pressure_pa",
    "relative_humidity_percent", "cloud_cover", "solar_radiation_w_m2", "friction_velocity_m_s",
    "obukhov_length_m", "mixing_height_m",
)  # fmt: skip

Array = npt.NDArray[np.float64]

_REDMET = {
    "wsp": "wind_speed_m_s", "wdr": "wind_from_deg", "tmp": "temperature_c",
    "rh": "relative_humidity_percent",
}  # fmt: skip
_PASCAL_PER_MMHG = 133.322
_MISSING_DIRECTION = 999.0
_UNKNOWN_OKTAS = 9.0
_HOUR_NS = 3_600_000_000_000
# Times are checked by the clocks, station by station.
_CHECKED = replace(
    STATION_SCHEMA, columns=tuple(c for c in STATION_SCHEMA.columns if c.name != "time"), key=()
)


@dataclass(frozen=True)
class Loaded:
    """The rows of a file, not yet checked, and the clock that its network keeps.

    ``named`` has the file's own name of each column that was renamed.
    """

    frame: pd.DataFrame
    rows: npt.NDArray[np.int64]
    station: npt.NDArray[np.object_]
    records_timezone: str | None
    file: str
    named: Mapping[str, str] = field(default_factory=dict)

    @property
    def stations(self) -> list[str]:
        """Names of the stations, sorted; one empty name where the file has none."""
        return sorted(set(self.station.tolist()))


@dataclass(frozen=True)
class Records:
    """Values by quantity, each of shape (stations, hours), NaN where there is none.

    Parameters
    ----------
    stations
        In the order in which they were asked for.
    hour_index
        Hours since the first record, of every hour that some station has a record of.
    local
        Wall clock of the place in each of these hours; with time zone where known.
    count
        Records of each station.
    """

    values: dict[str, Array]
    stations: tuple[str, ...]
    hour_index: npt.NDArray[np.int64]
    local: pd.DatetimeIndex
    count: tuple[int, ...]

    @property
    def calendar(self) -> pd.DatetimeIndex:
        """Every hour from the first record to the last, on the clock of ``local``."""
        span = int(self.hour_index[-1]) + 1
        start = self.local[0]
        if self.local.tz is None:
            return pd.date_range(start, periods=span, freq="h")
        utc = pd.date_range(start.tz_convert("UTC"), periods=span, freq="h")
        return utc.tz_convert(self.local.tz)


def load_records(path: Path, *, site: Site, defaults: Defaults) -> Loaded:
    """Read a CSV or Parquet file of station records, in the names of ``STATION_SCHEMA``."""
    if path.suffix.lower() == ".parquet":
        frame = pd.read_parquet(path)
        rows = np.arange(1, len(frame) + 1)
    else:
        frame = read_csv(path, TableSchema("any", "any", ()))
        rows = np.arange(2, len(frame) + 2)
    if "end_local" not in frame:
        return Loaded(frame, rows, _stations(frame), site.records_timezone, str(path))
    # REDMET of Mexico City: hours named by their end, pressure in mm of mercury.
    small = {str(name).lower(): name for name in frame.columns}
    named = {new: small[old] for old, new in _REDMET.items() if old in small}
    frame = frame.rename(columns={old: new for new, old in named.items()})
    named |= {"time": "end_local", "pressure_pa": small.get("pba", "PBa")}
    ends = pd.to_datetime(frame["end_local"], errors="coerce")
    # Cells that cannot be read stay as they are, to be named by the checks.
    frame["time"] = _or_cell(ends - pd.Timedelta(hours=1), frame["end_local"])
    if "pba" in small:
        pressure = pd.to_numeric(frame[small["pba"]], errors="coerce") * _PASCAL_PER_MMHG
        frame["pressure_pa"] = _or_cell(pressure, frame[small["pba"]])
    clock = site.records_timezone
    if clock is None and site.timezone is not None:
        clock = defaults.text("weather", "redmet_timezone")
    return Loaded(frame, rows, _stations(frame), clock, str(path), named)


def _or_cell(values: pd.Series, cells: pd.Series) -> pd.Series:
    unread = values.isna() & cells.notna()
    return values.astype(object).mask(unread, cells) if unread.any() else values


def _stations(frame: pd.DataFrame) -> npt.NDArray[np.object_]:
    if "station" not in frame:
        return np.full(len(frame), "", dtype=object)
    return np.asarray(frame["station"].astype(str).to_numpy(object))


def read_records(loaded: Loaded, stations: list[str], *, timezone: str | None) -> Records:
    """Check the records of some stations and lay them out by hour.

    Raises
    ------
    InputError
        Bad values, times that are unreadable or repeated, stations whose hours start apart: of
        all stations at once.
    """
    problems: list[Problem] = []
    parts = []
    for name in stations:
        try:
            parts.append(_one(loaded, name, timezone))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    instants = [pd.DatetimeIndex(frame["time"]) for frame in parts]
    starts = [_nanoseconds(instant) for instant in instants]
    phases = {int(start[0] % _HOUR_NS) for start in starts}
    if len(phases) > 1:
        expected = "stations whose hours start at the same minute"
        raise InputError([Problem(loaded.file, "time", expected=expected)])
    hours = [start // _HOUR_NS for start in starts]
    every = np.unique(np.concatenate(hours))
    values = {name: np.full((len(stations), len(every)), np.nan) for name in QUANTITIES}
    nanoseconds = every * _HOUR_NS + phases.pop()
    for number, (frame, hour) in enumerate(zip(parts, hours, strict=True)):
        place = np.searchsorted(every, hour)
        for name in QUANTITIES:
            values[name][number, place] = optional_column(frame, name)
    zone = instants[0].tz
    stamps = pd.DatetimeIndex(nanoseconds.astype("datetime64[ns]").astype("datetime64[us]"))
    local = stamps if zone is None else stamps.tz_localize("UTC").tz_convert(zone)
    return Records(
        values, tuple(stations), every - every[0], local, tuple(len(frame) for frame in parts)
    )


def _nanoseconds(times: pd.DatetimeIndex) -> npt.NDArray[np.int64]:
    plain = times if times.tz is None else times.tz_convert("UTC").tz_localize(None)
    return np.asarray(plain.as_unit("ns").asi8)


def _one(loaded: Loaded, station: str, timezone: str | None) -> pd.DataFrame:
    frame, rows = loaded.frame, loaded.rows
    if "station" in frame:
        mask = loaded.station == station
        frame, rows = frame[mask].reset_index(drop=True), rows[mask]
    numbers = rows.tolist()
    missing = [] if "time" in frame else [Problem(loaded.file, "time", 1, expected="a column time")]
    if missing:
        raise InputError(missing)
    if "wind_from_deg" in frame:
        direction = pd.to_numeric(frame["wind_from_deg"], errors="coerce")
        frame = frame.assign(
            wind_from_deg=frame["wind_from_deg"].mask(direction == _MISSING_DIRECTION)
        )
    problems: list[Problem] = []
    try:
        checked = check_frame(frame, _CHECKED, file=loaded.file, rows=numbers)
    except InputError as error:
        problems += error.problems
    try:
        clock = local_clock(
            frame["time"], numbers, timezone=timezone, records_timezone=loaded.records_timezone,
            file=loaded.file,
        )  # fmt: skip
    except InputError as error:
        problems += error.problems
    if problems:
        names = loaded.named
        raise InputError(replace(p, field=names.get(p.field, p.field)) for p in problems)
    checked["time"] = clock.local if clock.instant is None else clock.instant
    checked["cloud_cover"] = _cloud(checked)
    return checked


def _cloud(frame: pd.DataFrame) -> Array:
    """Return cloud as a part of the sky, from whichever unit it is given in."""
    oktas = optional_column(frame, "cloud_oktas")
    oktas = np.where(oktas == _UNKNOWN_OKTAS, np.nan, oktas)
    cloud = optional_column(frame, "cloud_cover")
    cloud = np.where(np.isnan(cloud), np.minimum(oktas / 8.0, 1.0), cloud)
    return np.where(np.isnan(cloud), optional_column(frame, "cloud_tenths") / 10.0, cloud)
