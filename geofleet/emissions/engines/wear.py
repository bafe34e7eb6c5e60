"""Particles from tyres, brakes and road: the EMEP/EEA method, as arrays ready for the kernel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geofleet.defaults.checked import CheckedRows

__all__ = ["WearArrays", "wear_arrays", "wear_base"]

_TABLE = "wear"
_PROCESSES = ("tyre", "brake", "road")


@dataclass(frozen=True, slots=True)
class WearArrays:
    """Speed corrections of tyre and brake wear, and the shares of PM2.5 and PM10.

    ``shares`` has rows tyre, brake, road and columns PM2.5, PM10, of total suspended particles.
    """

    tyre_curve: npt.NDArray[np.float64]
    brake_curve: npt.NDArray[np.float64]
    shares: npt.NDArray[np.float64]


def wear_arrays(rows: CheckedRows) -> WearArrays:
    """Read what does not depend on the vehicle, with what is wrong left in ``rows``."""

    def curve(process: str) -> npt.NDArray[np.float64]:
        def number(name: str, low: float, expected: str) -> float:
            return rows.number(_TABLE, f"{process}.speed.{name}", low, np.inf, expected)

        correction = "a correction of at least 0"
        start = number("low_kmh", 0.0, "a speed of at least 0 km/h")
        slow = number("low", 0.0, correction)
        slope = number("slope", -np.inf, "a number")
        # The straight line must stay above zero between the two speeds.
        end = number("high_kmh", np.nan_to_num(start), f"a speed of at least {start:g} km/h")
        lowest = np.nan_to_num(max(-slope * start, -slope * end), nan=-np.inf)
        intercept = number("intercept", lowest, f"at least {lowest:g}: wear is not negative")
        return np.array([start, slow, slope, intercept, end, number("high", 0.0, correction)])

    def share(process: str, size: str) -> float:
        row = f"{process}.{size}_share"
        return rows.number(_TABLE, row, 0.0, 1.0, "a share from 0 to 1")

    shares = [[share(process, size) for size in ("pm25", "pm10")] for process in _PROCESSES]
    return WearArrays(curve("tyre"), curve("brake"), np.array(shares))


def wear_base(
    rows: CheckedRows, *, emep_category: str, axles: float
) -> tuple[float, float, float, float, float]:
    """Return particle grams per kilometre before the speed correction.

    Tyre wear without load and its rise to full load, the same for brakes, and road wear
    (EMEP/EEA guidebook 2016, 1.A.3.b.vi-vii). What is wrong with a row is left in ``rows``.
    """

    def number(row: str) -> float:
        return rows.number(_TABLE, row, 0.0, np.inf, "a number of at least 0")

    if emep_category == "heavy":
        tyre = number("tyre.heavy.per_axle") * axles * number("tyre.car.tsp_g_km")
        brake = number("brake.heavy.multiplier") * number("brake.car.tsp_g_km")
        base = [
            tyre * number("tyre.heavy.load_base"),
            tyre * number("tyre.heavy.load_slope"),
            brake * number("brake.heavy.load_base"),
            brake * number("brake.heavy.load_slope"),
            number("road.heavy.tsp_g_km"),
        ]
    else:
        base = [
            number("tyre.light.tsp_g_km"),
            0.0,
            number("brake.light.tsp_g_km"),
            0.0,
            number("road.light.tsp_g_km"),
        ]
    return base[0], base[1], base[2], base[3], base[4]
