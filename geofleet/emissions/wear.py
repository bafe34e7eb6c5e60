"""Particles from tyres, brakes and road: the EMEP/EEA method, as arrays ready for the kernel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geofleet.defaults import Defaults

__all__ = ["WearArrays", "wear_arrays", "wear_base"]

_CURVE = ("low_kmh", "low", "slope", "intercept", "high_kmh", "high")


@dataclass(frozen=True, slots=True)
class WearArrays:
    """Speed corrections of tyre and brake wear, and the shares of PM2.5 and PM10.

    ``shares`` has rows tyre, brake, road and columns PM2.5, PM10, of total suspended particles.
    """

    tyre_curve: npt.NDArray[np.float64]
    brake_curve: npt.NDArray[np.float64]
    shares: npt.NDArray[np.float64]


def wear_arrays(defaults: Defaults) -> WearArrays:
    """Read what does not depend on the vehicle."""

    def curve(process: str) -> npt.NDArray[np.float64]:
        return np.array([defaults.number("wear", f"{process}.speed.{name}") for name in _CURVE])

    shares = [
        [defaults.number("wear", f"{process}.{size}_share") for size in ("pm25", "pm10")]
        for process in ("tyre", "brake", "road")
    ]
    return WearArrays(curve("tyre"), curve("brake"), np.array(shares))


def wear_base(
    defaults: Defaults, *, emep_category: str, axles: float, electric: bool
) -> tuple[float, float, float, float, float]:
    """Return particle grams per kilometre before the speed correction.

    Tyre wear without load and its rise to full load, the same for brakes, and road wear
    (EMEP/EEA guidebook 2016, 1.A.3.b.vi-vii).
    """

    def number(row: str) -> float:
        return defaults.number("wear", row)

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
    if electric:
        credit = number("brake.electric_factor")
        base[2] *= credit
        base[3] *= credit
    return base[0], base[1], base[2], base[3], base[4]
