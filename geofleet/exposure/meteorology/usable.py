"""Hours that can be used: calms, hours without wind, weights that make up for gaps."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.exposure.meteorology.clocks import day_kinds
from geofleet.exposure.meteorology.combining import Combined, usable_wind
from geofleet.exposure.meteorology.records import Records

__all__ = ["usable_rows"]

Array = npt.NDArray[np.float64]


def usable_rows(
    records: Records,
    combined: Combined,
    *,
    balance: bool,
    file: str,
    defaults: Defaults,
    report: dict[str, Any],
) -> pd.DataFrame:
    """Return weather rows of the hours that can be used, in order of time.

    Hours without wind speed, or without direction while the wind blows, are left out. A calm (no
    speed, or hardly any and no direction) is split into equal parts around the compass. With
    ``balance`` the hours that remain of each month and hour of day weigh as much as all of that
    month and hour between the first record and the last.

    Raises
    ------
    InputError
        No usable hour, or no temperature at all.
    """
    frame = _by_hour(records, combined)
    speed = frame["wind_speed_m_s"].to_numpy(np.float64)
    direction = frame["wind_from_deg"].to_numpy(np.float64)
    calm_speed = defaults.number("weather", "calm_speed_m_s")
    good = usable_wind(speed, direction, calm_speed)
    calm = good & (np.isnan(direction) | (speed == 0.0))
    report["no_wind_speed"] = int(np.isnan(speed).sum())
    report["no_direction"] = int((~np.isnan(speed) & ~good).sum())
    report["calms_without_direction"] = int(calm.sum())
    if not good.any():
        expected = "at least one hour with wind speed and direction (999 degrees means missing)"
        raise InputError([Problem(file, "wind_from_deg", expected=expected)])
    _account(records, good, report)
    weight = _weights(records, frame, good, balance=balance, report=report)
    frame = frame.assign(weight_hours=weight)
    parts = int(defaults.number("weather", "calm_directions"))
    repeats = np.where(calm, parts, 1)[good]
    rows = frame[good].loc[np.repeat(frame.index[good], repeats)].reset_index(drop=True)
    split = np.repeat(calm[good], repeats)
    part = np.arange(len(rows)) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    rows.loc[split, "wind_from_deg"] = part[split] * 360.0 / parts
    rows.loc[split, "weight_hours"] /= parts
    rows["temperature_c"] = _temperatures(rows, file, report)
    return rows


def _by_hour(records: Records, combined: Combined) -> pd.DataFrame:
    local = records.local
    plain = local if local.tz is None else local.tz_localize(None)
    columns: dict[str, Any] = {
        "hour": plain.hour,
        "day": (plain.normalize() - pd.Timestamp(1970, 1, 1)).days,
        "year": plain.year,
        "day_of_year": plain.day_of_year,
        "month": plain.month.astype(np.int64),
        "day_kind": day_kinds(plain),
        "hour_index": records.hour_index,
        **combined.values,
    }
    if local.tz is not None:
        columns["time"] = local
    if records.stations != ("",):
        columns["station"] = combined.station
    return pd.DataFrame(columns)


def _account(records: Records, good: npt.NDArray[np.bool_], report: dict[str, Any]) -> None:
    """Say what became of every hour between the first record and the last."""
    span = int(records.hour_index[-1]) + 1
    report["hours_in_all"] = span
    report["hours_used"] = int(good.sum())
    report["hours_left_out"] = int((~good).sum())
    report["hours_missing"] = span - len(good)
    lost = _cells(records.calendar) - _cells(records.local[good])
    report["hours_without_weather_by_hour"] = lost.sum(axis=0).astype(int).tolist()
    report["hours_without_weather_by_month"] = {
        str(month + 1): lost[month].astype(int).tolist() for month in np.flatnonzero(lost.any(1))
    }


def _cells(times: pd.DatetimeIndex) -> Array:
    """Count hours by month and hour of day, shape (12, 24)."""
    cell = (np.asarray(times.month) - 1) * 24 + np.asarray(times.hour)
    return np.bincount(cell, minlength=288).reshape(12, 24).astype(np.float64)


def _weights(
    records: Records,
    frame: pd.DataFrame,
    good: npt.NDArray[np.bool_],
    *,
    balance: bool,
    report: dict[str, Any],
) -> Array:
    report["gaps_balanced"] = balance
    if not balance:
        return np.ones(len(frame))
    wanted, have = _cells(records.calendar), _cells(records.local[good])
    there = have > 0.0
    factor = np.divide(wanted, have, out=np.zeros_like(wanted), where=there)
    # A month and hour without any record leaves its weight to the same hour of other months.
    kept = np.where(there, wanted, 0.0).sum(axis=0)
    factor *= np.divide(wanted.sum(axis=0), kept, out=np.zeros(24), where=kept > 0.0)
    report["largest_weight_factor"] = float(factor.max())
    report["months_and_hours_without_any"] = [
        f"month {month + 1}, hour {hour}"
        for month, hour in zip(*np.nonzero((wanted > 0.0) & ~there), strict=True)
    ]
    month, hour = frame["month"].to_numpy(np.int64) - 1, frame["hour"].to_numpy(np.int64)
    weights: Array = factor[month, hour]
    return weights


def _temperatures(rows: pd.DataFrame, file: str, report: dict[str, Any]) -> pd.Series:
    """Fill missing temperatures with the mean of their month and hour, of their hour, of all."""
    values = rows["temperature_c"]
    missing = values.isna()
    hours = rows["hour_index"].to_numpy(np.int64)[missing.to_numpy()]
    report["temperature_filled"] = len(np.unique(hours))
    if not missing.any():
        return values
    if missing.all():
        raise InputError([Problem(file, "temperature_c", expected="at least one temperature")])
    for names in (["month", "hour"], ["hour"]):
        values = values.fillna(values.groupby([rows[name] for name in names]).transform("mean"))
    return values.fillna(values.mean())
