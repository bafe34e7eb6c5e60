"""Times of hourly records: reading them, the local clock, repeated and missing hours."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.errors import InputError, Problem

__all__ = ["Clock", "day_kinds", "gaps", "local_clock"]

_OFFSET = r"[:T ]\d.*(?:Z|z|[+-]\d{2}(?::?\d{2})?)$"
_TAIL = r"\s*(?:Z|z|[+-]\d{2}(?::?\d{2})?)$"
_DAY_OR_MONTH_FIRST = r"\d{1,2}[/.\- ]\d{1,2}[/.\- ]\d"
_LIKE = "2024-05-14 08:00 or 2024-05-14T08:00:00-06:00"
_SHOWN = 5
_KINDS = np.array(["weekday"] * 5 + ["saturday", "sunday"], dtype=object)


@dataclass(frozen=True)
class Clock:
    """When each record begins.

    Parameters
    ----------
    local
        Wall clock of the place, without time zone.
    instant
        The same with time zone; None where neither offsets nor a time zone say which.
    """

    local: pd.DatetimeIndex
    instant: pd.DatetimeIndex | None


def day_kinds(local: pd.DatetimeIndex) -> npt.NDArray[np.object_]:
    """Return weekday, saturday or sunday for each time; public holidays are not known."""
    result: npt.NDArray[np.object_] = _KINDS[np.asarray(local.day_of_week)]
    return result


def local_clock(
    text: pd.Series,
    rows: list[int],
    *,
    timezone: str | None,
    records_timezone: str | None,
    file: str,
) -> Clock:
    """Read times of records.

    Parameters
    ----------
    text
        Like 2024-05-14 08:00 or 2024-05-14T08:00:00-06:00.
    rows
        Row of the file of each.
    timezone
        Of the place: hours of day, months and days are its. None leaves times as written, which
        must then have one offset or none.
    records_timezone
        Of the clock that wrote times without offset, where it is not the place's (stations often
        keep standard time all year).

    Raises
    ------
    InputError
        Every time that is unreadable, repeated (but not the hour that comes twice when clocks go
        back), skipped by the clock, or less than an hour after another.
    """
    wall, utc, aware = _parse(text, rows, file)
    zone = records_timezone or timezone
    if aware:
        instant = _in_zone(wall, utc, timezone, file)
        _check_times(utc, text, rows, file)
    elif zone is None:
        instant = None
        _check_times(wall, text, rows, file)
    else:
        instant = _placed(wall, zone, text, rows, file)
        if timezone is not None and timezone != zone:
            instant = instant.tz_convert(timezone)
    local = wall if instant is None else instant.tz_localize(None)
    return Clock(local, instant)


def _parse(
    text: pd.Series, rows: list[int], file: str
) -> tuple[pd.DatetimeIndex, pd.DatetimeIndex, bool]:
    """Return wall clock, UTC (meaningful with offsets only) and whether there are offsets."""
    words = text.astype("string").fillna("").str.strip()
    # 03/04/2024 is March to some and April to others: nobody guesses which.
    two_ways = np.flatnonzero(words.str.match(_DAY_OR_MONTH_FIRST).to_numpy(bool))
    if two_ways.size:
        place = int(two_ways[0])
        expected = f"the year first, like {_LIKE} ({two_ways.size} times begin otherwise)"
        raise InputError([Problem(file, "time", rows[place], str(text.iloc[place]), expected)])
    offset = words.str.contains(_OFFSET, regex=True).to_numpy(bool)
    bare = words.where(~offset, words.str.replace(_TAIL, "", regex=True))
    wall = np.asarray(pd.to_datetime(bare, format="ISO8601", errors="coerce"), "datetime64[us]")
    parsed = pd.to_datetime(words, format="ISO8601", errors="coerce", utc=True)
    utc = np.asarray(parsed.dt.tz_localize(None), "datetime64[us]")
    problems: list[Problem] = []
    for place in np.flatnonzero(np.isnat(wall) | np.isnat(utc)).tolist():
        stamp: pd.Timestamp | None
        try:
            stamp = pd.Timestamp(words.iloc[place])
        except ValueError:
            stamp = None
        if stamp is None or pd.isna(stamp):
            expected = f"a time like {_LIKE}"
            problems.append(Problem(file, "time", rows[place], str(text.iloc[place]), expected))
            continue
        offset[place] = stamp.tzinfo is not None
        wall[place] = stamp.tz_localize(None).to_datetime64()
        utc[place] = stamp.tz_convert("UTC").tz_localize(None) if offset[place] else wall[place]
    if problems:
        raise InputError(problems)
    if offset.any() and not offset.all():
        place = int(np.flatnonzero(offset != offset[0])[0])
        expected = "an offset in every time or in none"
        raise InputError([Problem(file, "time", rows[place], str(text.iloc[place]), expected)])
    return pd.DatetimeIndex(wall), pd.DatetimeIndex(utc, tz="UTC"), bool(offset.any())


def _in_zone(
    wall: pd.DatetimeIndex, utc: pd.DatetimeIndex, timezone: str | None, file: str
) -> pd.DatetimeIndex:
    if timezone is not None:
        return utc.tz_convert(timezone)
    offsets = np.unique((wall - utc.tz_localize(None)).to_numpy())
    if len(offsets) > 1:
        expected = "a time zone of the place, because the offsets in the times differ"
        raise InputError([Problem(file, "timezone", expected=expected)])
    seconds = int(offsets[0] / np.timedelta64(1, "s"))
    return utc.tz_convert(datetime.timezone(datetime.timedelta(seconds=seconds)))


def _placed(
    wall: pd.DatetimeIndex, zone: str, text: pd.Series, rows: list[int], file: str
) -> pd.DatetimeIndex:
    """Return times of a wall clock in its zone; an hour that comes twice is summer's first."""
    again = np.asarray(wall.duplicated())
    instant = wall.tz_localize(zone, ambiguous=~again, nonexistent="NaT")
    skipped = np.flatnonzero(instant.isna())
    if len(skipped):
        expected = (
            f"times that the clock of {zone} shows; it skips {len(skipped)} of these. Where the"
            " station keeps standard time all year, name its clock as records_timezone (such as"
            " Etc/GMT+6 for six hours behind UTC)"
        )
        value = str(text.iloc[skipped[0]])
        raise InputError([Problem(file, "time", rows[skipped[0]], value, expected)])
    _check_times(instant, text, rows, file)
    return instant


def _check_times(instant: pd.DatetimeIndex, text: pd.Series, rows: list[int], file: str) -> None:
    repeated = np.asarray(instant.duplicated())
    count = int(repeated.sum())
    problems: list[Problem] = []
    for place in np.flatnonzero(repeated)[:_SHOWN]:
        more = f"; {count} times are repeated" if count > _SHOWN else ""
        value = str(text.iloc[place])
        problems.append(Problem(file, "time", rows[place], value, "each hour once" + more))
    step = np.diff(np.sort(_plain(instant)))
    if not problems and (step < np.timedelta64(1, "h")).any():
        problems.append(Problem(file, "time", expected="hourly records; some are closer in time"))
    if problems:
        raise InputError(problems)


def _plain(times: pd.DatetimeIndex) -> npt.NDArray[np.datetime64]:
    plain = times if times.tz is None else times.tz_convert("UTC").tz_localize(None)
    return np.asarray(plain.to_numpy())


def gaps(times: pd.DatetimeIndex) -> dict[str, Any]:
    """Return how many hours are missing between records, and the longest gaps."""
    ordered = times.sort_values()
    step = np.diff(_plain(ordered)) / np.timedelta64(1, "h")
    places = np.flatnonzero(step > 1.5)
    longest = places[np.argsort(-step[places], kind="stable")][:_SHOWN]
    missing = np.rint(step[places] - 1.0).astype(np.int64)
    return {
        "gaps": len(places),
        "hours_missing": int(missing.sum()),
        "longest_gaps": [
            f"{ordered[i].strftime('%Y-%m-%d %H:%M:%S')} + {int(np.rint(step[i])) - 1} h"
            for i in longest
        ],
    }
