"""What a vehicle draws on a drive cycle, second by second."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.energy.vehicle import _kernels as kernels
from geofleet.energy.vehicle.arrays import cycle_arrays, vehicle_arrays
from geofleet.energy.vehicle.cycle import Cycle
from geofleet.energy.vehicle.parameters import VehicleParameters
from geofleet.errors import InputError, Problem

__all__ = ["Conditions", "TraceResult", "trace_energies", "trace_energy"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

STANDARD_GRAVITY = 9.80665  # m/s2
_JOULE_PER_WH = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What the day brings to a drive.

    Parameters
    ----------
    air_density_kg_m3
        Of the air outside; ``geofleet.energy.driving.air_density_kg_m3`` has it from temperature
        and pressure.
    payload_kg
        Load beside that of the cycle.
    climate_power_w
        Cabin heating or cooling, added to the auxiliaries: at the battery of an electric vehicle,
        at the engine of a diesel, whose heating costs nothing and belongs not in here.
    headwind_m_s
        Wind against the way, below 0 from behind.
    start_soc
        Charge at the start over usable battery.
    gravity_m_s2
        Acceleration of free fall.

    Raises
    ------
    InputError
        Every number that no day has.
    """

    air_density_kg_m3: float
    payload_kg: float = 0.0
    climate_power_w: float = 0.0
    headwind_m_s: float = 0.0
    start_soc: float = 1.0
    gravity_m_s2: float = STANDARD_GRAVITY

    def __post_init__(self) -> None:
        limits = {
            "air_density_kg_m3": (0.0, 2.0, "a density from 0 to 2 kg/m3"),
            "payload_kg": (0.0, math.inf, "a load of at least 0"),
            "climate_power_w": (0.0, math.inf, "a power of at least 0"),
            "headwind_m_s": (-100.0, 100.0, "a wind speed from -100 to 100 m/s"),
            "start_soc": (0.0, 1.0, "a share from 0 to 1"),
            "gravity_m_s2": (1.0, 30.0, "an acceleration from 1 to 30 m/s2"),
        }
        problems = []
        for field, (low, high, expected) in limits.items():
            value = getattr(self, field)
            if not (low <= value <= high and math.isfinite(value)):
                problems.append(Problem("conditions", field, 0, str(value), expected))
        if problems:
            raise InputError(problems)


@dataclass(frozen=True, slots=True, eq=False)
class TraceResult:
    """Energies of one drive; losses and sinks add up to what battery or tank gave.

    Parameters
    ----------
    energy_wh
        Net energy out of the battery, its inner loss included, or out of the tank.
    distance_m, duration_s
        As driven; less than the cycle's distance where power was short.
    distance_share, time_share
        Part of the distance that was driven, and of the time at the speed of the cycle.
    drag_wh, rolling_wh, kinetic_wh, potential_wh
        Work against air and road, and what is stored in speed and height at the end (below 0
        where taken from them).
    friction_brake_wh, driveline_loss_wh, motor_loss_wh, battery_loss_wh, auxiliary_wh
        Where the rest goes; of a diesel, ``motor_loss_wh`` is the heat of the engine.
    drive_wh, braking_wh
        At the wheels.
    regenerated_wh
        From braking, at the electric side of the motor.
    end_soc
        Charge at the end over usable battery; not a number for a diesel.
    steps
        Where asked, one row per step: ``time_s`` (its end), ``speed_m_s``, ``wheel_power_w``,
        ``shaft_power_w``, ``battery_power_w`` (at the terminals), ``energy_power_w`` (with inner
        loss, or fuel), ``soc``.
    """

    energy_wh: float
    distance_m: float
    duration_s: float
    distance_share: float
    time_share: float
    drag_wh: float
    rolling_wh: float
    kinetic_wh: float
    potential_wh: float
    friction_brake_wh: float
    driveline_loss_wh: float
    motor_loss_wh: float
    battery_loss_wh: float
    auxiliary_wh: float
    drive_wh: float
    braking_wh: float
    regenerated_wh: float
    end_soc: float
    steps: pd.DataFrame | None = None

    @property
    def consumption_wh_per_km(self) -> float:
        """Net energy over distance; not a number where the vehicle did not move."""
        return self.energy_wh / self.distance_m * 1000.0 if self.distance_m > 0.0 else math.nan

    @property
    def audit_error(self) -> float:
        """What the energy audit leaves open, over the energy that was turned over."""
        spent = (
            self.drag_wh + self.rolling_wh + self.kinetic_wh + self.potential_wh
            + self.friction_brake_wh + self.driveline_loss_wh + self.motor_loss_wh
            + self.battery_loss_wh + self.auxiliary_wh
        )  # fmt: skip
        turned = self.drive_wh + self.braking_wh + self.auxiliary_wh
        return (self.energy_wh - spent) / turned if turned > 0.0 else 0.0


NAMES = tuple(field.name for field in fields(TraceResult) if field.name != "steps")


def trace_energy(
    cycle: Cycle,
    vehicle: VehicleParameters,
    conditions: Conditions,
    *,
    record_steps: bool = False,
) -> TraceResult:
    """Drive a cycle, and say where every watt-hour went.

    Parameters
    ----------
    cycle
        Speed, grade and load over time. Where power is short the vehicle falls behind its speed.
    vehicle
        Electric or diesel.
    conditions
        Air, load, climate, wind and charge at the start.
    record_steps
        Whether to keep power, speed and charge of each step.

    Returns
    -------
    TraceResult
        Energies of the drive.
    """
    packed, cars = cycle_arrays([cycle]), vehicle_arrays([vehicle])
    run = _condition_rows([conditions])
    if not record_steps:
        zero = np.zeros(1, np.int64)
        totals = kernels.drive_runs(
            packed.start, packed.steps, packed.start_speed, cars.vectors, cars.nodes, cars.tables,
            zero, zero, run,
        )  # fmt: skip
        return TraceResult(**_columns(totals, cars.vectors[:, kernels.USABLE], row=0))
    one, kept = kernels.record_run(
        packed.steps, float(packed.start_speed[0]), cars.vectors[0], cars.nodes[0],
        cars.tables[0], run[0],
    )  # fmt: skip
    usable = cars.vectors[:1, kernels.USABLE]
    steps = _steps(cycle, kept, float(usable[0]))
    return TraceResult(**_columns(one[None, :], usable, row=0), steps=steps)


def trace_energies(
    cycles: Sequence[Cycle],
    vehicles: Sequence[VehicleParameters],
    conditions: Sequence[Conditions],
    *,
    runs: npt.ArrayLike | None = None,
) -> pd.DataFrame:
    """Drive many cycles with many vehicles under many conditions.

    Parameters
    ----------
    cycles, vehicles, conditions
        What the runs are made of.
    runs
        One row of three numbers per run: places in ``cycles``, ``vehicles`` and ``conditions``,
        counted from 0. Every combination when not given, conditions changing fastest.

    Returns
    -------
    pandas.DataFrame
        One row per run: ``cycle``, ``vehicle`` (names), ``condition`` (place), and the fields of
        :class:`TraceResult`. The same bits on any number of threads.

    Raises
    ------
    InputError
        Nothing to run, or a run that points at nothing.
    """
    wanted = _runs(runs, (len(cycles), len(vehicles), len(conditions)))
    packed, cars = cycle_arrays(cycles), vehicle_arrays(vehicles)
    i, j, c = (np.ascontiguousarray(column) for column in wanted.T)
    totals = kernels.drive_runs(
        packed.start, packed.steps, packed.start_speed, cars.vectors, cars.nodes, cars.tables,
        i, j, _condition_rows(conditions)[c],
    )  # fmt: skip
    names = {
        "cycle": np.array([cycle.name for cycle in cycles], dtype=object)[i],
        "vehicle": np.array([vehicle.name for vehicle in vehicles], dtype=object)[j],
        "condition": c,
    }
    return pd.DataFrame(names | _columns(totals, cars.vectors[j, kernels.USABLE]))


def _runs(runs: npt.ArrayLike | None, sizes: tuple[int, int, int]) -> Integers:
    """Return the runs as an array of places, checked."""
    names = ("cycles", "vehicles", "conditions")
    empty = [name for name, size in zip(names, sizes, strict=True) if size == 0]
    if empty:
        raise InputError([Problem("runs", name, 0, "none", "at least one") for name in empty])
    if runs is None:
        return np.indices(sizes, dtype=np.int64).reshape(3, -1).T
    wanted = np.asarray(runs, dtype=np.int64)
    if wanted.ndim != 2 or wanted.shape[1] != 3:
        expected = "rows of three: cycle, vehicle, condition"
        raise InputError([Problem("runs", "", 0, str(wanted.shape), expected)])
    problems = []
    for column, (name, size) in enumerate(zip(names, sizes, strict=True)):
        wrong = np.flatnonzero((wanted[:, column] < 0) | (wanted[:, column] >= size))
        for row in wrong[:5]:
            value, expected = str(wanted[row, column]), f"a place from 0 to {size - 1}"
            problems.append(Problem("runs", name, int(row) + 1, value, expected))
    if problems:
        raise InputError(problems)
    return wanted


def _condition_rows(conditions: Sequence[Conditions]) -> Floats:
    """Return the conditions in the order of the kernel."""
    rows = [
        (
            one.payload_kg, one.air_density_kg_m3, one.climate_power_w, one.headwind_m_s,
            one.gravity_m_s2, one.start_soc,
        )
        for one in conditions
    ]  # fmt: skip
    return np.array(rows)


def _columns(totals: Floats, usable_j: Floats, *, row: int | None = None) -> dict[str, Any]:
    """Return totals of runs by name, in watt-hours; of one run as plain numbers."""
    energy = {
        "energy_wh": kernels.NET, "drag_wh": kernels.DRAG, "rolling_wh": kernels.ROLL,
        "kinetic_wh": kernels.KINETIC, "potential_wh": kernels.POTENTIAL,
        "friction_brake_wh": kernels.FRICTION, "driveline_loss_wh": kernels.DRIVELINE_HEAT,
        "motor_loss_wh": kernels.MOTOR_HEAT, "battery_loss_wh": kernels.BATTERY_HEAT,
        "auxiliary_wh": kernels.AUXILIARIES, "drive_wh": kernels.DRIVE,
        "braking_wh": kernels.BRAKING, "regenerated_wh": kernels.REGENERATED,
    }  # fmt: skip
    out = {name: totals[:, place] / _JOULE_PER_WH for name, place in energy.items()}
    out["distance_m"], out["duration_s"] = totals[:, kernels.DISTANCE], totals[:, kernels.DURATION]
    with np.errstate(divide="ignore", invalid="ignore"):
        share = totals[:, kernels.DISTANCE] / totals[:, kernels.WANTED]
    out["distance_share"] = np.where(totals[:, kernels.WANTED] > 0.0, share, 1.0)
    out["time_share"] = totals[:, kernels.MET] / totals[:, kernels.DURATION]
    full = np.where(np.isfinite(usable_j), usable_j, np.nan)
    out["end_soc"] = 1.0 - totals[:, kernels.DEFICIT] / full
    if row is None:
        return {name: out[name] for name in NAMES}
    return {name: float(out[name][row]) for name in NAMES}


def _steps(cycle: Cycle, kept: Floats, usable_j: float) -> pd.DataFrame:
    """Return what was kept of each step, by name."""
    electric = math.isfinite(usable_j)
    unknown = np.full(len(kept), np.nan)
    return pd.DataFrame(
        {
            "time_s": cycle.time_s[1:],
            "speed_m_s": kept[:, kernels.REACHED],
            "wheel_power_w": kept[:, kernels.WHEEL],
            "shaft_power_w": kept[:, kernels.SHAFT],
            "battery_power_w": kept[:, kernels.TERMINAL] if electric else unknown,
            "energy_power_w": kept[:, kernels.STORE],
            "soc": 1.0 - kept[:, kernels.BELOW_FULL] / usable_j if electric else unknown,
        }
    )
