"""Vehicles and drives that are made up, so that the truth of them is known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from geofleet.energy.driving import air_density_kg_m3
from geofleet.energy.vehicle import Conditions, Cycle, VehicleParameters, trace_energy

START = pd.Timestamp("2024-05-14T12:00:00Z")
PRESSURE_PA = 78000.0


def make_van(**changes: object) -> VehicleParameters:
    values: dict[str, object] = {
        "name": "van", "powertrain": "electric", "curb_mass_kg": 2500.0,
        "payload_capacity_kg": 1000.0, "drag_area_m2": 1.8, "rolling_coefficient": 0.01,
        "rotating_mass_kg": 100.0, "driveline_efficiency": 0.95, "motor_power_w": 135e3,
        "motor_load": (0.0, 0.1, 0.4, 1.0), "motor_efficiency": (0.7, 0.86, 0.93, 0.92),
        "auxiliary_power_w": 500.0, "battery_usable_wh": 68000.0, "battery_efficiency": 0.98,
        "regeneration_share": 0.85,
    }  # fmt: skip
    return VehicleParameters(**(values | changes))  # type: ignore[arg-type]


def speeds(rng: np.random.Generator, minutes: float, cruise_kmh: float) -> np.ndarray:
    """Return speeds (m/s, 1 Hz) of a trip of starts and stops about a cruise speed."""
    pieces = [np.zeros(5)]
    while sum(map(len, pieces)) < minutes * 60:
        top = max(rng.normal(cruise_kmh, 0.15 * cruise_kmh), 10.0) / 3.6
        hold = int(rng.uniform(20, 240 if cruise_kmh > 60 else 60))
        up, down = int(np.ceil(top / 0.9)), int(np.ceil(top / 1.1))
        pieces += [
            np.linspace(0, top, up + 1)[1:], np.full(hold, top), np.linspace(top, 0, down + 1)[1:],
            np.zeros(int(rng.uniform(5, 40))),
        ]  # fmt: skip
    return np.concatenate(pieces)


def telemetry(
    vehicle: VehicleParameters, *, trips: int, seed: int = 1, soc_step: float = 1.0,
    scatter: float = 0.0, minutes: tuple[float, float] = (35.0, 70.0), payload_kg: float = 400.0,
    temperatures: tuple[float, float] = (17.0, 21.0), power: bool = False,
) -> pd.DataFrame:  # fmt: skip
    """Return what a vehicle would report: each trip after a full charge and an hour's rest.

    ``scatter`` scales the energy of each trip at random: what no model knows.
    """
    rng = np.random.default_rng(seed)
    parts = []
    clock = START
    for _ in range(trips):
        speed = speeds(rng, rng.uniform(*minutes), rng.choice([25.0, 45.0, 85.0]))
        second = np.arange(len(speed), dtype=float)
        air, full = rng.uniform(*temperatures), rng.uniform(0.92, 0.97)
        result = trace_energy(
            Cycle("drive", second, speed), vehicle,
            Conditions(
                air_density_kg_m3=float(air_density_kg_m3(air, PRESSURE_PA)),
                payload_kg=payload_kg, start_soc=full,
            ),
            record_steps=True,
        )  # fmt: skip
        assert result.steps is not None
        factor = 1.0 + scatter * rng.standard_normal()
        soc = np.concatenate([[full], full - (full - result.steps["soc"]) * factor]) * 100
        frame = pd.DataFrame({
            "vehicle_id": "v1", "time": clock + pd.to_timedelta(second, unit="s"),
            "speed_kmh": speed * 3.6,
            "soc_percent": np.floor(soc / soc_step + rng.uniform()) * soc_step
            if soc_step else soc,
            "ambient_temperature_c": air, "payload_kg": payload_kg,
        })  # fmt: skip
        if power:
            drawn = np.concatenate([[0.0], result.steps["battery_power_w"]]) / 1000.0
            frame["battery_power_kw"] = drawn
        parts.append(frame)
        clock = frame["time"].iloc[-1] + pd.Timedelta("1h")
    return pd.concat(parts, ignore_index=True)


@pytest.fixture(scope="session")
def van() -> Callable[..., VehicleParameters]:
    return make_van


@pytest.fixture(scope="session")
def report() -> Callable[..., pd.DataFrame]:
    return telemetry


@pytest.fixture(scope="session")
def pressure_pa() -> float:
    return PRESSURE_PA
