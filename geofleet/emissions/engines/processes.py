"""Cold starts and idling: when they happen, and what they add.

Cold start follows the EMEP/EEA guidebook: vans emit more until engine and catalyst are warm; for
trucks neither the guidebook nor HBEFA has a cold start. The guidebook's cold share of an average
trip, times the length of that trip, is the distance driven cold after each start of a cold engine.

Idling is what an engine burns while it stands at a stop, or in a queue at a signal. The functions
hold the stops of ordinary driving at their mean speed, and link speeds hold the signals; only where
a link is slower than the slowest speed of the functions does the rest of the time at its signals
count as idling.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults.checked import CheckedRows
from geofleet.emissions import _kernels as kernels
from geofleet.emissions.hot.factors import POLLUTANTS, SLOPES
from geofleet.errors import InputError, Problem

__all__ = [
    "check_temperature",
    "cold_excess",
    "cold_shares",
    "cold_trip_share",
    "daily_temperature",
    "hourly_temperature",
    "idle_energy_mj_h",
    "idle_rates",
    "idle_seconds",
]

_COLD, _IDLE = "cold_start", "idle"
_ANY = "a number"
_HOURS = 24
_SHOWN = 40
_EXPECTED = "one mean temperature, or 24 by hour of day, from -60 to 60 °C"
_KMH = 3.6

Floats = npt.NDArray[np.float64]


def daily_temperature(temperature_c: float | Sequence[float] | None) -> tuple[float, ...] | None:
    """Return air temperature by hour of day, the same in every hour where it is one number.

    Raises
    ------
    InputError
        Anything but a number or 24 numbers. Whether they can be is asked by
        :func:`check_temperature`.
    """
    if temperature_c is None:
        return None
    try:
        air = np.asarray(temperature_c, dtype=np.float64)
    except (TypeError, ValueError):
        air = None
    if air is not None and air.ndim == 0:
        air = np.full(_HOURS, air)
    if air is None or air.shape != (_HOURS,):
        value = str(temperature_c)[:_SHOWN] if air is None else f"{air.size} values"
        raise InputError([Problem("air temperature", "temperature_c", 0, value, _EXPECTED)])
    return tuple(air.tolist())


def check_temperature(rows: CheckedRows, temperature_c: Sequence[float] | None) -> None:
    """Leave a problem in ``rows`` for temperatures that are not 24 numbers from -60 to 60."""
    if temperature_c is None:
        return
    air = np.asarray(temperature_c, dtype=np.float64)
    wrong = [] if air.shape == (_HOURS,) else [f"{air.size} values"]
    if not wrong:
        wrong = [f"{air[h]:g} in hour {h}" for h in np.flatnonzero(~(np.abs(air) <= 60.0))[:1]]
    for value in wrong:
        rows.problems.append(Problem("air temperature", "temperature_c", 0, value, _EXPECTED))


def hourly_temperature(rows: CheckedRows, temperature_c: Sequence[float] | None) -> Floats:
    """Return air temperature by hour of day; the row ``cold_start:temperature_c`` without any."""
    if temperature_c is None:
        default = rows.number(_COLD, "temperature_c", -60.0, 60.0, "a temperature in °C")
        return np.full(_HOURS, default)
    return np.asarray(temperature_c, dtype=np.float64)


def cold_trip_share(rows: CheckedRows, temperature_c: Sequence[float] | None) -> Floats:
    """Return the share of an average trip that is driven cold, by hour of day.

    beta = a + b · l + (c + d · l) · t, within 0 and 1, with l the trip length in km and t the
    temperature in °C.
    """

    def number(row: str) -> float:
        return rows.number(_COLD, row, -np.inf, np.inf, _ANY)

    length = rows.number(_COLD, "trip_length_km", 0.0, 200.0, "a length in km", above=True)
    a, b = number("beta.constant"), number("beta.length")
    c, d = number("beta.temperature"), number("beta.length_temperature")
    air = hourly_temperature(rows, temperature_c)
    share: Floats = np.clip(a + b * length + (c + d * length) * air, 0.0, 1.0)
    return share


def cold_excess(rows: CheckedRows, category: str, temperature_c: Sequence[float] | None) -> Floats:
    """Return what a cold engine adds, as a share of the hot base, shape (24, bases).

    The published ratio of cold to hot is a line in temperature up to a limit and a constant above
    it; where it is below 1 (hot weather) nothing is taken away.
    """
    out = np.zeros((_HOURS, kernels.BASES))
    if category != "light":
        return out
    air = hourly_temperature(rows, temperature_c)
    for base, name in enumerate(POLLUTANTS):
        start = rows.number(_COLD, f"ratio.{name}.intercept", 0.0, 100.0, _ANY)
        slope = rows.number(_COLD, f"ratio.{name}.slope", -10.0, 10.0, _ANY)
        limit = rows.number(_COLD, f"ratio.{name}.limit_c", -60.0, 60.0, "a temperature in °C")
        warm = rows.number(_COLD, f"ratio.{name}.warm", 0.0, 10.0, _ANY)
        ratio = np.where(air <= limit, start + slope * air, warm)
        out[:, base] = np.maximum(ratio, 1.0) - 1.0
    return out


def cold_shares(
    frame: pd.DataFrame,
    hour: npt.NDArray[np.int8],
    *,
    rows: CheckedRows,
    temperature_c: Sequence[float] | None,
) -> npt.NDArray[np.float32]:
    """Return the part of each traversal that is driven cold, 0 to 1.

    A vehicle-day begins cold, and so does a drive after a stop longer than row
    ``cold_start:soak_h``.

    Parameters
    ----------
    frame
        ``Traversals.frame``.
    hour
        Local hour in which each traversal begins.
    """
    if not len(frame):
        return np.zeros(0, dtype=np.float32)
    length_km = rows.number(_COLD, "trip_length_km", 0.0, 200.0, "a length in km", above=True)
    soak_s = 3600.0 * rows.number(_COLD, "soak_h", 0.0, 48.0, "hours from 0 to 48")
    cold_m = 1000.0 * length_km * cold_trip_share(rows, temperature_c)
    day = frame["vehicle_day"].to_numpy()
    starts = np.concatenate([[True], day[1:] != day[:-1]]) | (stop_seconds(frame) >= soak_s)
    first = np.flatnonzero(starts)
    drive = np.cumsum(starts) - 1
    length = frame["length_m"].to_numpy(np.float64)
    before = np.cumsum(length) - length
    driven = before - before[first][drive]
    cold = np.clip(cold_m[hour[first]][drive] - driven, 0.0, length)
    share = np.zeros(len(length), dtype=np.float32)
    share[length > 0] = cold[length > 0] / length[length > 0]
    return share


def stop_seconds(frame: pd.DataFrame) -> Floats:
    """Return how long the vehicle stood before each traversal, 0 while it drives on."""
    day, stop = frame["vehicle_day"].to_numpy(), frame["stop_before"].to_numpy()
    enter = frame["enter_s"].to_numpy(np.float64)
    speed = frame["speed_kmh"].to_numpy(np.float64) / _KMH
    leave = enter + frame["length_m"].to_numpy(np.float64) / speed
    stood = np.zeros(len(frame))
    same = (day[1:] == day[:-1]) & (stop[1:] != stop[:-1])
    stood[1:] = np.where(same, np.maximum(enter[1:] - leave[:-1], 0.0), 0.0)
    return stood


def idle_seconds(frame: pd.DataFrame, *, rows: CheckedRows) -> npt.NDArray[np.float32]:
    """Return seconds that the engine idles at the stop before each traversal.

    The share ``idle:stop.engine_on_share`` of the time at the stop, at most
    ``idle:stop.engine_on_max_s``.
    """
    share = rows.number(_IDLE, "stop.engine_on_share", 0.0, 1.0, "a share from 0 to 1")
    most = rows.number(_IDLE, "stop.engine_on_max_s", 0.0, 86400.0, "seconds of at least 0")
    idle = np.empty(len(frame), dtype=np.float32)
    idle[:] = np.minimum(stop_seconds(frame) * share, most)
    return idle


def idle_energy_mj_h(rows: CheckedRows, vehicle_class: str) -> float:
    """Return the energy of the diesel that a class burns in an hour of idling."""
    row = f"{vehicle_class}.fuel_g_h"
    grams = rows.number(_IDLE, row, 0.0, 2e4, "a number of at least 0")
    heat = rows.number("fuel", "diesel.lower_heating_value_mj_kg", 0.0, 1e3, "a number above 0")
    return grams / 1000.0 * heat


def idle_rates(
    functions: Floats,
    flat: npt.NDArray[np.bool_],
    shape: npt.NDArray[np.int32],
    reference: npt.NDArray[np.int32],
    coefficients: Floats,
    energy_mj_h: Floats,
) -> tuple[Floats, Floats]:
    """Return grams (megajoules) an hour of idling by engine and base, and slowest speeds in km/h.

    Idle fuel of the class (less of it where the technology saves energy), with the ratio of
    pollutant to energy that the engine has at the slowest speed of its functions, on the level and
    without load.
    """
    level = SLOPES.index(0.0)
    out = np.zeros((len(shape), kernels.BASES))
    slow = np.zeros(len(shape))
    bases = np.empty(kernels.BASES)
    for engine in range(len(shape)):
        used = shape[engine][shape[engine] >= 0]
        if not len(used):
            continue
        slowest = float(functions[used, level, 0, kernels.SPEED_MIN].max())
        slow[engine] = slowest
        kernels.engine_bases(
            engine, functions, flat, shape, reference, coefficients, level, 0.0, 0, 0.0, level,
            slowest, bases,
        )  # fmt: skip
        if bases[kernels.ENERGY] > 0.0:
            used_mj_h = energy_mj_h[engine] * coefficients[engine, kernels.ENERGY]
            out[engine] = bases / bases[kernels.ENERGY] * used_mj_h
    return out, slow
