"""The days of a year: temperature and wind by local hour."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.energy.driving.air import TEMPERATURES_C
from geofleet.errors import InputError, Problem

__all__ = ["DayWeather"]

Floats = npt.NDArray[np.float64]
_SHOWN = 5
_LONGEST_GAP = 3  # hours in a row that are bridged from their neighbours


@dataclass(frozen=True, eq=False)
class DayWeather:
    """Whole days of weather.

    Parameters
    ----------
    labels
        What a day is called: its local date as ``YYYY-MM-DD``; of a climate table, month and number
        of the typical day.
    weight_days
        Shape (days,): days of the year that each stands for.
    temperature_c, wind_east_m_s, wind_north_m_s
        Shape (days, 24): air temperature, and wind towards east and north.
    report
        Days left out for want of temperature, hours bridged, hours whose wind is unknown and was
        taken as still.
    """

    labels: tuple[str, ...]
    weight_days: Floats
    temperature_c: Floats
    wind_east_m_s: Floats
    wind_north_m_s: Floats
    report: dict[str, int]

    def __len__(self) -> int:
        return len(self.labels)

    @classmethod
    def from_rows(cls, rows: pd.DataFrame) -> DayWeather:
        """Gather days from hourly records (with a column ``time``) or from a climate table."""
        if "time" in rows.columns and rows["time"].notna().all():
            return cls.from_hours(rows)
        return cls.from_climate(rows)

    @classmethod
    def from_hours(
        cls, hours: pd.DataFrame, *, time: str = "time", timezone: str | None = None
    ) -> DayWeather:
        """Gather hourly records into days.

        Parameters
        ----------
        hours
            ``time`` (timezone-aware, or local clock), ``temperature_c``, and ``wind_speed_m_s``
            and ``wind_from_deg`` where wind is known. Hours may be missing; up to three in a row
            are bridged, a day that lacks more is left out and counted.
        time
            Column of the time.
        timezone
            Clock of the days; that of the times when not given.

        Raises
        ------
        InputError
            Columns that are missing, temperatures that this planet does not have, times that are
            no times, no whole day.
        """
        problems = [
            Problem("weather", name, expected="a column with this quantity")
            for name in (time, "temperature_c")
            if name not in hours.columns
        ]
        if problems:
            raise InputError(problems)
        clock = pd.to_datetime(hours[time], errors="coerce")
        if timezone is not None and clock.dt.tz is not None:
            clock = clock.dt.tz_convert(timezone)
        local = clock.dt.tz_localize(None)
        hours = _as_numbers(hours, ("temperature_c", "wind_speed_m_s", "wind_from_deg"))
        temperature = hours["temperature_c"].to_numpy(np.float64, na_value=np.nan)
        low, high = TEMPERATURES_C
        wrong = np.flatnonzero((temperature < low) | (temperature > high))
        problems += [
            Problem("weather", "temperature_c", int(i) + 1, f"{temperature[i]:g}",
                    f"a temperature from {low:g} to {high:g} °C")
            for i in wrong[:_SHOWN]
        ]  # fmt: skip
        problems += [
            Problem("weather", time, int(i) + 1, str(hours[time].iloc[i]), "a time")
            for i in np.flatnonzero(local.isna())[:_SHOWN]
        ]
        if problems:
            raise InputError(problems)
        east, north, still = _wind(hours)
        day = local.dt.strftime("%Y-%m-%d").to_numpy(object)
        codes, dates = pd.factorize(day, sort=True)
        slot = codes * 24 + local.dt.hour.to_numpy()
        table = np.stack([_mean(slot, v, len(dates) * 24) for v in (temperature, east, north)])
        bridged = _bridged(table[0])
        gaps = int((np.isfinite(bridged) & np.isnan(table[0])).sum())
        table[0] = bridged
        cube = table.reshape(3, len(dates), 24)
        whole = np.isfinite(cube[0]).all(axis=1)
        if not whole.any():
            expected = "at least one day with a temperature in every hour"
            raise InputError([Problem("weather", "temperature_c", expected=expected)])
        cube = np.nan_to_num(cube[:, whole])
        report = {
            "days": int(whole.sum()),
            "days_left_out": int((~whole).sum()),
            "hours_bridged": gaps,
            "hours_wind_unknown": int(still.sum()),
        }
        names = tuple(str(name) for name in np.asarray(dates)[whole])
        return cls(names, np.ones(len(names)), cube[0], cube[1], cube[2], report)

    @classmethod
    def from_climate(cls, rows: pd.DataFrame) -> DayWeather:
        """Make typical days of a climate table.

        Parameters
        ----------
        rows
            ``hour``, ``weight_hours``, ``temperature_c``, wind as in ``from_hours``, and ``month``
            where there is one. Where every hour of a month has as many rows, the first of each
            hour make the first typical day, and so on; else the month has one mean day.

        Raises
        ------
        InputError
            Columns that are missing, a month without all 24 hours.
        """
        needed = ("hour", "weight_hours", "temperature_c")
        missing = [name for name in needed if name not in rows.columns]
        problems = [
            Problem("weather", name, expected="a column of the climate table") for name in missing
        ]
        if not missing:
            rows = _as_numbers(rows, (*needed, "month", "wind_speed_m_s", "wind_from_deg"))
            if rows.empty:
                problems.append(Problem("weather", "hour", expected="at least one typical day"))
            low, high = TEMPERATURES_C
            temperature_limits = (low, high, f"a temperature from {low:g} to {high:g} °C")
            problems += _outside(rows, "temperature_c", *temperature_limits)
            problems += _outside(rows, "weight_hours", 0.0, np.inf, "hours a year of at least 0")
        if problems:
            raise InputError(problems)
        east, north, still = _wind(rows)
        table = pd.DataFrame(
            {
                "month": rows["month"].to_numpy(np.int64) if "month" in rows else 0,
                "hour": rows["hour"].to_numpy(np.int64),
                "weight": rows["weight_hours"].to_numpy(np.float64),
                "temperature": rows["temperature_c"].to_numpy(np.float64),
                "east": east,
                "north": north,
            }
        )
        labels, weights, days = [], [], []
        for month, part in table.groupby("month", sort=True):
            counts = part.groupby("hour").size().reindex(range(24), fill_value=0)
            if (counts == 0).any():
                expected = "rows for each of the 24 hours"
                found = f"month {month}: none at {counts.argmin()} h"
                raise InputError([Problem("weather", "hour", 0, found, expected)])
            kind = part.groupby("hour").cumcount() if counts.nunique() == 1 else 0 * part["hour"]
            name = "year" if "month" not in rows else f"month {month:02d}"
            for number, (_, one) in enumerate(part.groupby(kind.to_numpy(), sort=True)):
                hours = one.groupby("hour")["weight"]
                total = hours.transform("sum")
                # Hours that stand for nothing are still hours of a day that is driven.
                share = (one["weight"] / total).where(total > 0.0, 1.0 / hours.transform("size"))
                values = one[["temperature", "east", "north"]].mul(share, axis=0)
                days.append(values.groupby(one["hour"]).sum().to_numpy().T)
                weights.append(one["weight"].sum() / 24.0)
                labels.append(f"{name}, typical day {number + 1}")
        if not sum(weights) > 0.0:
            expected = "at least one row that stands for hours of the year"
            raise InputError([Problem("weather", "weight_hours", value="0", expected=expected)])
        cube = np.stack(days)
        report = {"days": len(labels), "hours_wind_unknown": int(still.sum())}
        return cls(tuple(labels), np.array(weights), cube[:, 0], cube[:, 1], cube[:, 2], report)


def _bridged(values: Floats) -> Floats:
    """Fill gaps of a few hours from their neighbours; longer ones stay as they are."""
    series = pd.Series(values)
    missing = series.isna()
    length = missing.groupby((~missing).cumsum()).transform("sum")
    straight = series.interpolate(limit_area="inside")
    return np.asarray(straight.where(~missing | (length <= _LONGEST_GAP)), dtype=np.float64)


def _as_numbers(rows: pd.DataFrame, columns: tuple[str, ...]) -> pd.DataFrame:
    """Turn columns into numbers, and name what is none; empty cells stay empty."""
    problems = []
    for column in columns:
        if column not in rows.columns:
            continue
        number = pd.to_numeric(rows[column], errors="coerce")
        problems += [
            Problem("weather", column, int(i) + 1, str(rows[column].iloc[i]), "a number")
            for i in np.flatnonzero(number.isna() & rows[column].notna())[:_SHOWN]
        ]
        rows = rows.assign(**{column: number})
    if problems:
        raise InputError(problems)
    return rows


def _outside(
    rows: pd.DataFrame, column: str, low: float, high: float, expected: str
) -> list[Problem]:
    """Name the rows whose number is missing or out of its limits."""
    values = rows[column].to_numpy(np.float64, na_value=np.nan)
    wrong = np.flatnonzero(~((values >= low) & (values <= high) & np.isfinite(values)))
    return [
        Problem("weather", column, int(i) + 1, f"{values[i]:g}", expected) for i in wrong[:_SHOWN]
    ]


def _wind(rows: pd.DataFrame) -> tuple[Floats, Floats, npt.NDArray[np.bool_]]:
    """Wind towards east and north, and where it is unknown and taken as still."""
    if not {"wind_speed_m_s", "wind_from_deg"} <= set(rows.columns):
        nothing = np.zeros(len(rows))
        return nothing, nothing, np.ones(len(rows), dtype=bool)
    speed = rows["wind_speed_m_s"].to_numpy(np.float64, na_value=np.nan)
    to = np.radians(rows["wind_from_deg"].to_numpy(np.float64, na_value=np.nan) + 180.0)
    still = ~(np.isfinite(speed) & np.isfinite(to))
    east = np.where(still, 0.0, speed * np.sin(to))
    return east, np.where(still, 0.0, speed * np.cos(to)), still


def _mean(slot: npt.NDArray[np.int64], values: Floats, size: int) -> Floats:
    """Mean of the values of each slot, NaN where there is none."""
    known = np.isfinite(values)
    count = np.bincount(slot[known], minlength=size)
    total = np.bincount(slot[known], values[known], size)
    return np.asarray(np.divide(total, count, out=np.full(size, np.nan), where=count > 0))
