"""Hourly air quality tables, checked and laid out as hours by stations."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.errors import InputError, Problem
from geofleet.policy.contingency.index import POLLUTANTS, UNITS

__all__ = ["Air", "days_of", "moving_mean", "read_air"]

_FILE = "air quality table"
_TIMES = ("time", "end_local")
_NAMES = {
    "o3": "o3", "ozone": "o3", "o3_ppb": "o3", "pm10": "pm10", "pm10_ug_m3": "pm10",
    "pm25": "pm25", "pm2.5": "pm25", "pm2_5": "pm25", "pm25_ug_m3": "pm25",
}  # fmt: skip
_SHOWN = 5
_HOUR = pd.Timedelta(hours=1)
_EPOCH = datetime.date(1970, 1, 1).toordinal()
_OFFSET = r"(?:Z|[+-]\d{2}:?\d{2})$"
_PPM = 1.0  # no city has a year of ozone below 1 ppb

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Air:
    """Hourly means.

    Parameters
    ----------
    starts
        Beginning of each hour with time zone, none left out from the first to the last.
    stations
        Names.
    values
        By pollutant float64 ``(hours, stations)``, NaN where nothing was measured.
    """

    starts: pd.DatetimeIndex
    stations: tuple[str, ...]
    values: Mapping[str, Floats]

    @property
    def ends(self) -> pd.DatetimeIndex:
        """End of each hour."""
        return self.starts + _HOUR


def read_air(air: pd.DataFrame, *, timezone: str, clock: str = "") -> Air:
    """Check a long table of hourly means and lay it out.

    Parameters
    ----------
    air
        One row per hour and station: ``time`` or ``end_local``, the end of the hour, with a time
        zone or on the local clock; ``station``; columns of pollutants in ppb (``O3``) and µg/m3
        (``PM10``, ``PM25``), empty where not measured. Others are left alone.
    timezone
        IANA name of the place, whose calendar days count.
    clock
        IANA name of the clock that times without zone follow, where it is another
        (``Etc/GMT+6``: standard time all year).

    Raises
    ------
    InputError
        All that is wrong: columns, times, values, rows that stand twice.
    """
    problems = [*_zone_problems("timezone", timezone), *_zone_problems("clock", clock)]
    time = next((name for name in _TIMES if name in air.columns), None)
    if time is None:
        problems.append(Problem(_FILE, "time", 0, "", "a column time or end_local: end of hour"))
    if "station" not in air.columns:
        problems.append(Problem(_FILE, "station", 0, "", "a column station: where it was measured"))
    columns = _columns(air, problems)
    if not len(air):
        problems.append(Problem(_FILE, expected="at least one row"))
    if problems or time is None:
        raise InputError(problems)
    starts, bad = _starts(air[time], ZoneInfo(timezone), ZoneInfo(clock or timezone))
    problems += _rows(time, air[time], bad)
    missing = air["station"].isna().to_numpy()
    problems += _rows("station", air["station"], [(np.flatnonzero(missing), "the station's name")])
    values = {}
    for name, column in columns.items():
        numbers = pd.to_numeric(air[column], errors="coerce").to_numpy(np.float64)
        given = air[column].notna().to_numpy()
        wrong = (given & np.isnan(numbers)) | (numbers < 0) | np.isinf(numbers)
        expected = f"0 or more {UNITS[name]}, nothing where it was not measured (no code like -99)"
        problems += _rows(column, air[column], [(np.flatnonzero(wrong), expected)])
        values[name] = numbers
    ozone = values.get("o3", np.array([]))
    if (ozone > 0).any() and np.nanmax(ozone) < _PPM:
        expected = "ppb; these look like ppm (times 1000)"
        problems.append(Problem(_FILE, columns["o3"], 0, f"{np.nanmax(ozone):g} at most", expected))
    if problems:
        raise InputError(problems)
    return _laid_out(starts, air["station"].astype(str), values, time)


def _zone_problems(field: str, name: str) -> list[Problem]:
    if not name and field == "clock":
        return []
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return [Problem("detect", field, 0, name, "an IANA time zone like America/Mexico_City")]
    return []


def _columns(air: pd.DataFrame, problems: list[Problem]) -> dict[str, str]:
    found: dict[str, str] = {}
    for column in air.columns:
        name = _NAMES.get(str(column).strip().lower())
        if name in found:
            expected = f"one column of {name}; {found[name]} is there too"
            problems.append(Problem(_FILE, str(column), 0, "", expected))
        elif name is not None:
            found[name] = column
    if not found:
        problems.append(Problem(_FILE, "O3, PM10, PM25", 0, "", "at least one column of these"))
    return {name: found[name] for name in POLLUTANTS if name in found}


Faults = list[tuple[npt.NDArray[np.intp], str]]


def _starts(times: pd.Series, timezone: ZoneInfo, clock: ZoneInfo) -> tuple[pd.Series, Faults]:
    """Return beginnings of the hours in the zone of the place, and the rows that have none.

    It is the beginning that is put on the clock, for the end of the last hour before the clock
    is moved forward is a time that the clock skips.
    """
    zoned = _zoned(times)
    naive = not zoned.any()
    stamps = pd.to_datetime(times, errors="coerce", utc=not naive, format="ISO8601")
    stamps = pd.Series(stamps.array)
    faults: Faults = [
        (
            np.flatnonzero(stamps.isna()),
            "a date and time like 2024-05-14 16:00, the end of the hour",
        ),
        (np.flatnonzero(~zoned & ~naive), "a time with its offset, as other rows have"),
    ]
    shown = stamps if naive else stamps.dt.tz_convert(timezone)
    broken = shown.notna() & ((shown.dt.minute != 0) | (shown.dt.second != 0))
    faults.append((np.flatnonzero(broken), "a full hour"))
    starts = stamps - _HOUR
    if naive:
        placed = starts.dt.tz_localize(clock, ambiguous="NaT", nonexistent="NaT")
        lost = placed.isna() & starts.notna()
        expected = (
            f"a time that the clock of {clock.key} shows once: give times with their offset, or "
            "name the clock of the table if it keeps standard time (clock='Etc/GMT+6')"
        )
        faults.append((np.flatnonzero(lost), expected))
        starts = placed
    return starts.dt.tz_convert(timezone), faults


def _zoned(times: pd.Series) -> npt.NDArray[np.bool_]:
    """Return which times name their zone."""
    if isinstance(times.dtype, pd.DatetimeTZDtype):
        return np.ones(len(times), bool)
    if pd.api.types.is_datetime64_any_dtype(times):
        return np.zeros(len(times), bool)
    return times.astype(str).str.contains(_OFFSET, regex=True).to_numpy(bool)


def _rows(column: str, cells: pd.Series, faults: Faults) -> list[Problem]:
    """Name the first rows with a fault, and how many more have it."""
    problems = []
    for places, expected in faults:
        for place in places[:_SHOWN]:
            problems.append(
                Problem(_FILE, column, int(place) + 1, str(cells.iloc[place]), expected)
            )
        if len(places) > _SHOWN:
            more = f"{expected}; {len(places) - _SHOWN} more rows have the same fault"
            problems.append(Problem(_FILE, column, int(places[_SHOWN]) + 1, "", more))
    return problems


def _laid_out(
    starts: pd.Series, stations: pd.Series, values: Mapping[str, Floats], time: str
) -> Air:
    codes, names = pd.factorize(stations, sort=True)
    hour = starts.dt.tz_convert("UTC")
    first = hour.min()
    row = ((hour - first) // _HOUR).to_numpy(np.int64)
    place = row * len(names) + codes
    _, kept = np.unique(place, return_index=True)
    if len(kept) < len(place):
        twice = np.setdiff1d(np.arange(len(place)), kept)
        cells = pd.Series([f"{a}, {b}" for a, b in zip(starts.iloc[twice], stations.iloc[twice],
                                                         strict=True)])  # fmt: skip
        expected = "each hour of a station once"
        problems = [
            Problem(_FILE, f"{time}, station", int(n) + 1, cells.iloc[k], expected)
            for k, n in enumerate(twice[:_SHOWN])
        ]
        raise InputError(problems)
    shape = (int(row.max()) + 1, len(names))
    grids = {}
    for name, numbers in values.items():
        grid = np.full(shape, np.nan)
        grid[row, codes] = numbers
        grids[name] = grid
    hours = pd.date_range(first, periods=shape[0], freq="h").tz_convert(starts.dt.tz)
    return Air(hours, tuple(str(name) for name in names), grids)


def moving_mean(values: Floats, *, hours: int, completeness: float) -> Floats:
    """Return the mean of each hour and those before it, ``hours`` in all.

    Parameters
    ----------
    values
        Hourly means, float64 ``(hours, stations)``, one row an hour, NaN where not measured.
    completeness
        Share of the hours that must have been measured; a mean of fewer is NaN.

    Returns
    -------
    numpy.ndarray
        Same shape; hours before the table begins count as not measured.
    """
    if hours == 1:
        return values
    padded = np.vstack([np.full((hours - 1, values.shape[1]), np.nan), values])
    windows = np.lib.stride_tricks.sliding_window_view(padded, hours, axis=0)
    count = (~np.isnan(windows)).sum(axis=-1)
    total = np.nansum(windows, axis=-1)
    enough = count >= np.ceil(np.round(completeness * hours, 9))
    out = np.full(values.shape, np.nan)
    np.divide(total, count, out=out, where=enough & (count > 0))
    return out


def days_of(starts: pd.DatetimeIndex) -> npt.NDArray[np.int64]:
    """Return the local day of each hour: that on which the hour begins, as a day number."""
    days = starts.tz_localize(None).to_numpy().astype("datetime64[D]").astype(np.int64)
    found: npt.NDArray[np.int64] = days + _EPOCH
    return found
