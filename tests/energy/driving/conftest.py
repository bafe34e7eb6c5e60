"""One vehicle in one lane on links of one's own."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from geofleet.energy.catalogue import electric_models, vehicle_parameters
from geofleet.energy.driving import _kernels as kernels
from geofleet.energy.driving.powertrain import WheelPolynomials, wheel_polynomials

IDEAL = WheelPolynomials(
    drive=(0.0, 1.0, 0.0), back=(0.0, 1.0, 0.0), motor_limit_w=1e12, battery_limit_w=1e12,
    generator_limit_w=1e9, acceptance_limit_w=1e9, back_speed_m_s=0.0, auxiliary_w=0.0,
    idle_w=0.0, climate_factor=1.0, knee_w=0.0,
)  # fmt: skip
UP, DOWN = 1.1, 0.79


def lanes_of(vehicle: Any, fit: Any, width: int = kernels.BLOCK, **changes: Any) -> np.ndarray:
    """Return lanes of one vehicle with a battery that nothing fills or empties."""
    rows = {
        "CURB": vehicle.curb_mass_kg, "LOAD": 1.0, "ROLLING": vehicle.rolling_coefficient,
        "HALF_DRAG": 0.5 * vehicle.drag_area_m2, "ROTATING": vehicle.rotating_mass_kg,
        "DRIVE_0": fit.drive[0], "DRIVE_1": fit.drive[1], "DRIVE_2": fit.drive[2],
        "DRIVE_LIMIT": 1e12, "RETURN_0": fit.back[0], "RETURN_1": fit.back[1],
        "RETURN_2": fit.back[2], "RETURN_SHARE": vehicle.regeneration_share,
        "RETURN_LIMIT": min(fit.generator_limit_w, fit.acceptance_limit_w),
        "RETURN_SPEED": fit.back_speed_m_s, "ACCELERATION": UP, "BRAKING": DOWN,
        "AUXILIARY": fit.auxiliary_w, "IDLE": fit.idle_w, "STOP_SHARE": 0.3,
        "CLIMBING_SPEED": 5.0, "DEPTH_START": 1e12, "DEPTH_LIMIT": 2e12, "BATTERY": 2e12,
    }  # fmt: skip
    lanes = np.zeros((kernels.LANE_ROWS, width))
    for name, value in (rows | changes).items():
        lanes[getattr(kernels, name)] = value
    return lanes


def hours(width: int = kernels.BLOCK, **changes: Any) -> np.ndarray:
    """Return tables of a day without weather: what is given as pressure is the density."""
    table = np.zeros((24, kernels.PLANES, width))
    rows = {"INVERSE_RT": 1.0, "TRAFFIC": 1.0, "TEMPERATURE": 20.0} | changes
    for name, value in rows.items():
        table[:, getattr(kernels, name)] = value
    return table


def rows_of(links: Any) -> np.ndarray:
    """Lay links of the slow drive out for the kernel."""
    rows = np.zeros((len(links), kernels.LINK_COLUMNS))
    for row, link in zip(rows, links, strict=True):
        row[: kernels.EAST] = (
            link.length, link.speed, link.free, link.stops, link.standing, link.payload,
            link.grade, link.density,
        )  # fmt: skip
        row[kernels.EAST] = 1.0
    return rows


def run(
    links: np.ndarray, leg: Any, lanes: np.ndarray, table: np.ndarray, *,
    stops: Any = None, day: Any = None, kernel: Any = kernels.drive_days,
) -> Any:  # fmt: skip
    """Drive one day; stops are (number, ready, due, service, paid, lifting, doors, plug)."""
    leg = np.asarray(leg, np.int64)
    stops = np.zeros((0, 1 + kernels.STOP_COLUMNS)) if stops is None else np.asarray(stops, float)
    days = np.zeros((1, kernels.DAY_COLUMNS)) if day is None else np.asarray([day], float)
    return kernel(
        np.array([[0, len(leg)]]), leg, np.full(len(leg), 8), links, days,
        np.array([[0, len(stops)]]), stops[:, 0].astype(np.int64),
        np.full(len(stops), 8), np.ascontiguousarray(stops[:, 1:]), lanes, table, True, True,
    )  # fmt: skip


class Bench:
    """The helpers above, handed to tests as one fixture."""

    ideal, up, down = IDEAL, UP, DOWN
    lanes = staticmethod(lanes_of)
    hours = staticmethod(hours)
    rows = staticmethod(rows_of)
    run = staticmethod(run)

    @staticmethod
    @cache
    def vehicle(name: str = "fuso_ecanter_2017") -> tuple[Any, Any]:
        """Return a vehicle of the catalogue and its polynomials."""
        vehicle = vehicle_parameters(electric_models(), name)
        fit = wheel_polynomials(vehicle, load_scale=0.3, reference_speed_m_s=50 / 3.6)
        # Ramps pass the knee so quickly that the kernel counts none there.
        return vehicle, replace(fit, knee_w=0.0)


@pytest.fixture(scope="session")
def bench() -> type[Bench]:
    return Bench
