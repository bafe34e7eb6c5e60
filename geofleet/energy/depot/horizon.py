"""Horizon: the slots of one month, and which of them are planned together."""

from __future__ import annotations

import datetime as dt
import re
import zoneinfo
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem

__all__ = ["Horizon", "hour_profile", "midnight", "month_horizon"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
_MONTH = re.compile(r"\d{4}-\d{2}")


@dataclass(frozen=True)
class Horizon:
    """The time axis of a month.

    Parameters
    ----------
    starts
        Beginning of every slot of the month, ascending, timezone-aware; with clock changes in it
        a day has more or fewer slots.
    slot_h
        Length of a slot in hours.
    planned
        Number of the planned slot that stands for each slot of the month. Equal nights are
        planned once: they share their planned slots.
    """

    starts: pd.DatetimeIndex
    slot_h: float
    planned: IntArray

    @property
    def month(self) -> str:
        """The month, ``2025-01``."""
        return str(self.starts[0].strftime("%Y-%m"))

    @property
    def days(self) -> int:
        """Days of the month."""
        return int(self.starts[0].days_in_month)

    @property
    def size(self) -> int:
        """Number of planned slots."""
        return int(self.planned.max()) + 1

    @property
    def times(self) -> IntArray:
        """How many slots of the month each planned slot stands for."""
        return np.bincount(self.planned, minlength=self.size).astype(np.int64)

    @property
    def first(self) -> IntArray:
        """First slot of the month that each planned slot stands for."""
        return np.unique(self.planned, return_index=True)[1].astype(np.int64)

    def largest(self, values: FloatArray) -> FloatArray:
        """Return for each planned slot the largest of the month's ``values`` that it stands for."""
        out = np.full(self.size, -np.inf)
        np.maximum.at(out, self.planned, values)
        return out

    def total(self, values: FloatArray) -> FloatArray:
        """Return for each planned slot the sum of the month's ``values`` that it stands for."""
        return np.bincount(self.planned, values, self.size).astype(np.float64)


def month_horizon(
    month: str,
    *,
    timezone: str,
    slot_min: float | None = None,
    defaults: Defaults | None = None,
) -> Horizon:
    """Return the slots of a month, each planned by itself.

    Parameters
    ----------
    month
        ``2025-01``.
    timezone
        IANA name; hours of tariffs and tours are of its clock.
    slot_min
        Length of a slot; the default row ``depot:slot`` when not given.

    Raises
    ------
    InputError
        No such month or time zone; slots that do not fill the hour.
    """
    minutes = (defaults or Defaults()).number("depot", "slot") if slot_min is None else slot_min
    problems = []
    try:
        first = pd.Period(month if _MONTH.fullmatch(str(month)) else "none", freq="M").start_time
    except ValueError:
        problems.append(Problem("horizon", "month", 0, str(month), "a month like 2025-01"))
    try:
        zone = zoneinfo.ZoneInfo(timezone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):  # a folder of zones
        expected = "an IANA time zone like America/Mexico_City"
        problems.append(Problem("horizon", "timezone", 0, str(timezone), expected))
    if not (minutes > 0.0 and 60.0 % minutes == 0.0):
        expected = "minutes that fill the hour: 5, 10, 15, 20, 30 or 60"
        problems.append(Problem("horizon", "slot_min", 0, f"{minutes:g}", expected))
    if problems:
        raise InputError(problems)
    begin, end = (midnight(time, zone) for time in (first, first + pd.offsets.MonthBegin(1)))
    step = pd.Timedelta(minutes=minutes)
    starts = pd.date_range(begin, end, freq=step, inclusive="left")
    return Horizon(starts, minutes / 60.0, np.arange(len(starts), dtype=np.int64))


def midnight(day: pd.Timestamp, zone: dt.tzinfo) -> pd.Timestamp:
    """Return when a day begins: at midnight, or the first time after one that clocks skip."""
    return day.tz_localize(zone, ambiguous=True, nonexistent="shift_forward")


def hour_profile(values: float | Sequence[float] | FloatArray, horizon: Horizon) -> FloatArray:
    """Spread a power over the slots of a month: one number, 24 by local hour, or one per slot.

    Raises
    ------
    InputError
        Another count of numbers; negative or missing ones.
    """
    given = np.atleast_1d(np.asarray(values, dtype=np.float64))
    size = len(horizon.starts)
    if given.shape not in ((1,), (24,), (size,)):
        expected = f"one number, 24 by hour, or {size} by slot of the month"
        raise InputError([Problem("depot", "base_load_w", 0, str(given.shape), expected)])
    wrong = np.flatnonzero(~((given >= 0.0) & (given < np.inf)))
    if wrong.size:
        expected = "powers of at least 0"
        row = int(wrong[0])
        raise InputError([Problem("depot", "base_load_w", row + 1, str(given[row]), expected)])
    if given.shape == (1,):
        return np.full(size, given[0])
    return given[horizon.starts.hour.to_numpy()] if given.shape == (24,) else given
