"""A round-numbered van, and a slow drive that shares no code with the package."""

from __future__ import annotations

import bisect
import math
from typing import Any

import numpy as np
import pytest

from geofleet.energy.vehicle import Conditions, Cycle, VehicleParameters

VAN: dict[str, Any] = {
    "name": "van", "powertrain": "electric", "curb_mass_kg": 2600.0, "payload_capacity_kg": 1000.0,
    "drag_area_m2": 1.9, "rolling_coefficient": 0.009, "rotating_mass_kg": 120.0,
    "driveline_efficiency": 0.96, "motor_power_w": 135e3,
    "motor_load": (0.0, 0.02, 0.04, 0.06, 0.08, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0),
    "motor_efficiency": (0.83, 0.85, 0.87, 0.89, 0.9, 0.91, 0.93, 0.94, 0.94, 0.93, 0.92),
    "auxiliary_power_w": 400.0, "battery_usable_wh": 68e3, "battery_efficiency": 0.98,
    "battery_loss_per_w": 1e-7, "regeneration_share": 0.9, "regeneration_fade_scale": 500.0,
    "regeneration_fade_per_m_s": 2.2, "regeneration_fade_shift_m_s": 0.447,
}  # fmt: skip


def make_van(**changes: Any) -> VehicleParameters:
    return VehicleParameters(**(VAN | changes))


def make_cycle(name: str, *pieces: tuple[float, float, float]) -> Cycle:
    """Drive pieces of (seconds, speed at the end, grade), from rest, second by second."""
    time, speed, grade = [0.0], [0.0], [0.0]
    for seconds, end, slope in pieces:
        begin = speed[-1]
        for k in range(1, round(seconds) + 1):
            time.append(time[-1] + 1.0)
            speed.append(max(begin + (end - begin) * k / seconds, 0.0))
            grade.append(slope)
    return Cycle(name, np.array(time), np.array(speed), np.array(grade))


def slow_drive(cycle: Cycle, van: VehicleParameters, day: Conditions) -> dict[str, float]:
    """Book energies (J) step by step, in plain Python; for drives that nothing limits but power."""
    eta, book = van.driveline_efficiency, dict.fromkeys(("battery", "back", "brake", "metres"), 0.0)
    for k in range(1, len(cycle.time_s)):
        seconds = cycle.time_s[k] - cycle.time_s[k - 1]
        v0, v1 = cycle.speed_m_s[k - 1], cycle.speed_m_s[k]
        metres = (v0 + v1) / 2 * seconds
        angle = math.atan(cycle.grade[k])
        mass = van.curb_mass_kg + day.payload_kg + cycle.payload_kg[k]
        wind = metres / seconds + day.headwind_m_s
        drag = math.copysign(wind * wind, wind) * van.drag_area_m2 * day.air_density_kg_m3 / 2
        weight = mass * day.gravity_m_s2
        joule = (
            drag * metres
            + weight * (math.sin(angle) + van.rolling_coefficient * math.cos(angle)) * metres
            + (mass + van.rotating_mass_kg) * (v1 * v1 - v0 * v0) / 2
        )
        book["metres"] += metres
        aux = (van.auxiliary_power_w + day.climate_power_w) * seconds
        if joule >= 0.0:
            shaft = joule / eta
            electric = shaft / interpolate(van, shaft / seconds)
        else:
            book["brake"] -= joule
            fading = math.exp(
                -van.regeneration_fade_per_m_s
                * (metres / seconds + van.regeneration_fade_shift_m_s)
            )
            share = van.regeneration_share / (1 + van.regeneration_fade_scale * fading)
            most = min(van.generating_power_w, van.motor_power_w) * seconds
            shaft = min(-joule * share * eta, most)
            electric = -shaft * interpolate(van, shaft / seconds)
            book["back"] -= electric
        terminal = electric + aux
        inside = (
            terminal / van.battery_efficiency if terminal > 0 else terminal * van.battery_efficiency
        )
        book["battery"] += inside + van.battery_loss_per_w * terminal * terminal / seconds
    return book


def interpolate(van: VehicleParameters, power: float) -> float:
    x, loads = power / van.motor_power_w, van.motor_load
    i = min(max(bisect.bisect_right(loads, x) - 1, 0), len(loads) - 2)
    part = (x - loads[i]) / (loads[i + 1] - loads[i])
    return (1 - part) * van.motor_efficiency[i] + part * van.motor_efficiency[i + 1]


class Garage:
    """The helpers above, handed to tests as one fixture."""

    van = staticmethod(make_van)
    cycle = staticmethod(make_cycle)
    slow_drive = staticmethod(slow_drive)


@pytest.fixture(scope="session")
def garage() -> type[Garage]:
    return Garage
