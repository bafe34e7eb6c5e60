"""Telematics → trips and charging events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj

from geofleet.defaults import Defaults
from geofleet.energy.pilot.rules import PilotRules, read_rules
from geofleet.energy.pilot.telematics import Telematics
from geofleet.errors import InputError, Problem

__all__ = ["Trips", "finest_step", "split_trips"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
_KMH = 3.6
_EARTH = "WGS84"
_DIGITS = 6  # beyond them a difference is rounding
_ODOMETER_STEP_SHARE = 0.02  # a coarser counter says less of a trip than the speeds do


@dataclass(frozen=True)
class Trips:
    """Trips of electric vehicles and what happened between them.

    Parameters
    ----------
    table
        One row a trip, indexed by ``trip_id``, in order of vehicle and time:

        - ``vehicle_id``, ``begin``, ``end`` (UTC), ``duration_s``
        - ``distance_km``: by the odometer where it is known at both ends and its step is at most
          a fiftieth of the way, else the integral of speed; ``distance_by`` says which
        - ``speed_distance_km``: the integral of speed
        - ``mean_speed_kmh``: standing included
        - ``soc_begin_percent``, ``soc_end_percent``: first and last known in the trip
        - ``interval_s``: median time between records
        - ``gap_share``: part of the duration in gaps longer than the row ``interpolated_gap``
        - ``temperature_c``, ``payload_kg``: mean over time, empty where unknown
        - ``grade_share``: part of the distance whose grade is known
    samples
        The records of the trips: ``trip_id, time, second`` (since the begin of the trip),
        ``speed_m_s, grade`` (rise over run, empty where unknown), and the columns
        ``soc_percent, battery_power_kw, odometer_km, ambient_temperature_c, payload_kg, lat,
        lon, file, row`` of the telematics.
    charges
        Charging events: ``vehicle_id, begin, end, soc_begin_percent, soc_end_percent, lat, lon,
        seen`` (False where the rise lies in a silence, so that its times are those of the
        silence).
    report
        Counts of what was found and left out.
    """

    table: pd.DataFrame
    samples: pd.DataFrame
    charges: pd.DataFrame
    report: Mapping[str, Any] = field(default_factory=dict)
    provenance: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Return the number of trips."""
        return len(self.table)


def split_trips(telematics: Telematics, *, defaults: Defaults | None = None) -> Trips:
    """Split telematics into trips.

    A trip ends where the vehicle stands for longer than the row ``pilot:standing_time``, where
    its ignition goes off, where it charges (its state of charge rises while it stands) and where
    it is silent for longer than ``pilot:gap``. It includes one standing record before and after
    the driving. Speed is the device's, else the distance between positions over time.

    Raises
    ------
    InputError
        No trip in it, or default rows out of their limits.
    """
    scope = (defaults or Defaults()).scope()
    rules = read_rules(scope)
    counts: dict[str, Any] = dict(telematics.cleaned)
    trips: list[pd.DataFrame] = []
    charges: list[dict[str, Any]] = []
    counts["speed taken from positions"] = 0
    counts["speed spikes left out"] = 0
    for vehicle, records in telematics.frame.groupby("vehicle_id", sort=True):
        own, derived, spikes = _with_speed(records, rules)
        counts["speed taken from positions"] += derived
        counts["speed spikes left out"] += spikes
        if len(own) < 2:
            continue
        spans, plugged = _spans(own, rules)
        charges += [{"vehicle_id": str(vehicle), **event} for event in plugged]
        for number, (first, last) in enumerate(spans):
            part = own.iloc[first : last + 1]
            trips.append(part.assign(trip_id=f"{vehicle}/{number}"))
    if not trips:
        expected = f"records at more than {rules.standing_speed_kmh:g} km/h"
        raise InputError([Problem("telematics", "speed_kmh", expected=expected)])
    samples = pd.concat(trips, ignore_index=True)
    samples["grade"] = np.nan
    begin = samples.groupby("trip_id", sort=False)["time"].transform("first")
    samples["second"] = (samples["time"] - begin).dt.total_seconds()
    table = _table(samples, rules)
    counts |= {"records": len(telematics.frame), "records in trips": len(samples)}
    counts |= {"trips": len(table), "charging events": len(charges)}
    counts["grade"] = "unknown: not matched to roads"
    names = ["vehicle_id", "begin", "end", "soc_begin_percent", "soc_end_percent", "lat", "lon",
             "seen"]  # fmt: skip
    return Trips(table, samples, pd.DataFrame(charges, columns=names), counts, scope.used)


def _with_speed(records: pd.DataFrame, rules: PilotRules) -> tuple[pd.DataFrame, int, int]:
    """Give every record a speed, or leave it out; count those from positions and the spikes."""
    own = records.reset_index(drop=True)
    clock = _seconds(own["time"])
    speed = own["speed_kmh"].to_numpy(np.float64) / _KMH
    placed = own["lat"].notna().to_numpy()
    silent = np.isnan(speed) & placed
    if silent.any() and placed.sum() > 1:
        speed[silent] = _from_places(own[placed], clock[placed], clock[silent])
    switched_off = (own["ignition"] == False).fillna(False).to_numpy(bool)  # noqa: E712
    speed[np.isnan(speed) & switched_off] = 0.0
    known = ~np.isnan(speed)
    own, clock, speed = own[known].reset_index(drop=True), clock[known], speed[known]
    spike = np.zeros(len(own), dtype=bool)
    if len(own) > 2:
        rate = np.diff(speed) / np.diff(clock)
        limit = rules.spike_acceleration_m_s2
        spike[1:-1] = (np.abs(rate[:-1]) > limit) & (np.abs(rate[1:]) > limit)
        spike[1:-1] &= np.sign(rate[:-1]) != np.sign(rate[1:])
    own["speed_m_s"] = speed
    return own[~spike].reset_index(drop=True), int((silent & known).sum()), int(spike.sum())


def _from_places(placed: pd.DataFrame, clock: Floats, wanted: Floats) -> Floats:
    """Return speeds at moments from the distances between positions."""
    lon, lat = placed["lon"].to_numpy(np.float64), placed["lat"].to_numpy(np.float64)
    _, _, metres = pyproj.Geod(ellps=_EARTH).inv(lon[:-1], lat[:-1], lon[1:], lat[1:])
    step = np.diff(clock)
    speed = np.asarray(metres, dtype=np.float64) / step
    # The mean speed of a step is the speed at its middle.
    return np.interp(wanted, clock[:-1] + step / 2.0, speed)


def _seconds(time: pd.Series) -> Floats:
    return np.asarray((time - time.iloc[0]).dt.total_seconds(), dtype=np.float64)


def _spans(
    own: pd.DataFrame, rules: PilotRules
) -> tuple[list[tuple[int, int]], list[dict[str, Any]]]:
    """Return first and last record of each trip of one vehicle, and its charging events."""
    clock = _seconds(own["time"])
    count = len(own)
    switched_off = (own["ignition"] == False).fillna(False).to_numpy(bool)  # noqa: E712
    moving = np.flatnonzero(
        (own["speed_m_s"].to_numpy() * _KMH >= rules.standing_speed_kmh) & ~switched_off
    )
    charge = own["soc_percent"]
    before, after = charge.ffill().to_numpy(np.float64), charge.bfill().to_numpy(np.float64)
    halts = [(-1, int(moving[0]))] if len(moving) else [(-1, count)]
    apart = np.flatnonzero(
        (np.diff(moving) > 1) | (np.diff(clock[moving]) > rules.interpolated_gap_s)
    )
    halts += [(int(moving[i]), int(moving[i + 1])) for i in apart]
    if len(moving):
        halts.append((int(moving[-1]), count))
    events: list[dict[str, Any]] = []
    cuts: list[tuple[int, int]] = []
    off = np.concatenate([[0], np.cumsum(switched_off)])
    for a, b in halts:
        first, last = max(a, 0), min(b, count - 1)
        event = _charging(own, before, after, first, last, rules)
        if event is not None:
            events.append(event)
        outer = a < 0 or b >= count
        long = clock[last] - clock[first] > rules.standing_time_s
        silent = last > first and np.diff(clock[first : last + 1]).max() > rules.gap_s
        ignition = off[last + 1] - off[first] > 0
        if not outer and (event is not None or long or silent or ignition):
            cuts.append((a, b))
    if not len(moving):
        return [], events
    begins = [int(moving[0]), *(b for _, b in cuts)]
    ends = [*(a for a, _ in cuts), int(moving[-1])]
    spans = []
    for a, b in zip(begins, ends, strict=True):
        first, last = a, b
        if a > 0 and a - 1 not in ends and clock[a] - clock[a - 1] <= rules.interpolated_gap_s:
            first = a - 1
        near = b < count - 1 and clock[b + 1] - clock[b] <= rules.interpolated_gap_s
        if near and b + 1 not in begins:
            last = b + 1
        if last > first:
            spans.append((first, last))
    return spans, events


def _charging(
    own: pd.DataFrame, before: Floats, after: Floats, first: int, last: int, rules: PilotRules
) -> dict[str, Any] | None:
    """Return the charging between two records, None where the charge does not rise enough.

    From the last record at the lowest charge to the first one at the highest.
    """
    level = before[first : last + 1].copy()
    level[-1] = after[last] if np.isfinite(after[last]) else level[-1]
    if not np.isfinite(level[0]):
        level = after[first : last + 1].copy()
    if not np.isfinite(level).any():
        return None
    lowest = len(level) - 1 - int(np.nanargmin(level[::-1]))
    highest = lowest + int(np.nanargmax(level[lowest:]))
    low, high = level[lowest], level[highest]
    if not high - low >= rules.charging_rise_percent:
        return None
    times = own["time"]
    inside = own.iloc[first : last + 1]
    place = inside[["lat", "lon"]].mean()
    return {
        "begin": times.iloc[first + lowest], "end": times.iloc[first + highest],
        "soc_begin_percent": float(low), "soc_end_percent": float(high),
        "lat": float(place["lat"]), "lon": float(place["lon"]), "seen": highest - lowest > 1,
    }  # fmt: skip


def _table(samples: pd.DataFrame, rules: PilotRules) -> pd.DataFrame:
    """Return one row a trip."""
    rows = []
    steps = {
        str(vehicle): finest_step(part["odometer_km"].to_numpy(np.float64))
        for vehicle, part in samples.groupby("vehicle_id")
    }
    for trip, part in samples.groupby("trip_id", sort=False):
        second = part["second"].to_numpy(np.float64)
        speed = part["speed_m_s"].to_numpy(np.float64)
        step = np.diff(second)
        driven = float(np.sum((speed[1:] + speed[:-1]) / 2.0 * step)) / 1000.0
        odometer = part["odometer_km"].to_numpy(np.float64)
        counted = float(odometer[-1] - odometer[0])
        fine = steps[str(part["vehicle_id"].iloc[0])]
        by_odometer = bool(counted >= 0.0 and fine <= _ODOMETER_STEP_SHARE * counted)
        charge = part["soc_percent"].dropna().to_numpy(np.float64)
        rows.append({
            "trip_id": trip,
            "vehicle_id": str(part["vehicle_id"].iloc[0]),
            "begin": part["time"].iloc[0],
            "end": part["time"].iloc[-1],
            "duration_s": second[-1],
            "distance_km": counted if by_odometer else driven,
            "distance_by": "odometer" if by_odometer else "speed",
            "speed_distance_km": driven,
            "mean_speed_kmh": driven / second[-1] * 3600.0,
            "soc_begin_percent": charge[0] if len(charge) else np.nan,
            "soc_end_percent": charge[-1] if len(charge) else np.nan,
            "interval_s": float(np.median(step)),
            "gap_share": float(step[step > rules.interpolated_gap_s].sum() / second[-1]),
            "temperature_c": _mean(part["ambient_temperature_c"], second),
            "payload_kg": _mean(part["payload_kg"], second),
            "grade_share": 0.0,
        })  # fmt: skip
    return pd.DataFrame(rows).set_index("trip_id")


def finest_step(values: Floats) -> float:
    """Return the smallest difference between values: the step of a display.

    NaN where there are fewer than two different values.
    """
    different = np.unique(np.round(values[np.isfinite(values)], _DIGITS))
    steps = np.diff(different)
    return float(steps.min()) if len(steps) else float("nan")


def _mean(cells: pd.Series, second: Floats) -> float:
    """Return the mean over time of what is known, NaN when nothing is."""
    value = cells.to_numpy(np.float64)
    known = np.isfinite(value)
    if not known.any():
        return float("nan")
    if known.sum() == 1:
        return float(value[known][0])
    even = np.interp(second, second[known], value[known])
    return float(np.trapezoid(even, second) / (second[-1] - second[0]))
