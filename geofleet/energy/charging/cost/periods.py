"""Spans of time in which a charger is open at one price, and waits by hour of joining."""

from __future__ import annotations

import math
from dataclasses import dataclass

from geofleet.energy.charging.model import Charger
from geofleet.energy.charging.prepare import HOURS, hourly

__all__ = ["Period", "charging_periods", "queue_hours"]

_HOUR_S = 3600.0
_JOULES_PER_KWH = 3.6e6


@dataclass(frozen=True, slots=True)
class Period:
    """From when to when (s) a joule into the battery costs ``price_per_j``."""

    opens: float
    closes: float
    price_per_j: float


def _spans(
    values: list[float], start_s: float, horizon_s: float
) -> list[tuple[float, float, float]]:
    """Return hours of one value as ``(from, to, value)``, joined where it stays the same."""
    if len(set(values)) == 1:
        return [(-math.inf, math.inf, values[0])]
    spans: list[tuple[float, float, float]] = []
    for hour in range(math.floor(start_s / _HOUR_S), math.ceil(horizon_s / _HOUR_S)):
        value = values[hour % HOURS]
        opens, closes = hour * _HOUR_S, (hour + 1) * _HOUR_S
        if spans and spans[-1][2] == value:
            spans[-1] = (spans[-1][0], closes, value)
        else:
            spans.append((opens, closes, value))
    return spans


def charging_periods(charger: Charger, start_s: float, horizon_s: float) -> list[Period]:
    """Return the periods of a charger from the start to the horizon, in order."""
    per_j = charger.curve.grid_efficiency * _JOULES_PER_KWH
    periods = []
    for opens, closes in charger.open_s or ((-math.inf, math.inf),):
        for begin, end, price in _spans(hourly(charger.price_per_kwh).tolist(), start_s, horizon_s):
            if max(opens, begin) < min(closes, end):
                periods.append(Period(max(opens, begin), min(closes, end), price / per_j))
    return [period for period in periods if period.closes > start_s]


def queue_hours(
    charger: Charger, start_s: float, horizon_s: float
) -> list[tuple[float, float, float]]:
    """Return ``(from, to, wait)`` by the time at which the queue is joined."""
    return _spans(hourly(charger.wait_s).tolist(), start_s, horizon_s)
