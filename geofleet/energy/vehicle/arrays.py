"""Vehicles, cycles and conditions as the arrays that the kernels read."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geofleet.energy.vehicle import _kernels as kernels
from geofleet.energy.vehicle.cycle import Cycle
from geofleet.energy.vehicle.parameters import VehicleParameters
from geofleet.errors import InputError, Problem

__all__ = ["CycleArrays", "VehicleArrays", "cycle_arrays", "vehicle_arrays"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

_JOULE_PER_WH = 3600.0
_FEWEST_CELLS, _MOST_CELLS = 32, 4096
_HELD_UP_TO_ONE = 2  # loads of exactly 1 have a cell of their own; one more for rounding


@dataclass(frozen=True, slots=True)
class VehicleArrays:
    """Vehicles side by side: vectors, efficiency nodes, and look-up cells of both directions."""

    vectors: Floats
    nodes: Floats
    tables: Floats


@dataclass(frozen=True, slots=True)
class CycleArrays:
    """Cycles side by side: where each starts, its steps, and the speed at its first moment."""

    start: Integers
    steps: Floats
    start_speed: Floats


def cycle_arrays(cycles: Sequence[Cycle]) -> CycleArrays:
    """Return what the kernels need of each step of the cycles."""
    counts = [cycle.time_s.size - 1 for cycle in cycles]
    start = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    steps = np.empty((7, int(start[-1])))
    for i, cycle in enumerate(cycles):
        _write_steps(cycle, steps[:, start[i] : start[i + 1]])
    return CycleArrays(start, steps, np.array([cycle.speed_m_s[0] for cycle in cycles]))


def _write_steps(cycle: Cycle, out: Floats) -> None:
    """Write what the steps of a cycle need of it into the rows of ``out``."""
    assert cycle.grade is not None
    assert cycle.payload_kg is not None
    speed, grade = cycle.speed_m_s, cycle.grade[1:]
    cosine = 1.0 / np.sqrt(1.0 + grade * grade)
    out[kernels.STEP] = np.diff(cycle.time_s)
    out[kernels.SPEED] = speed[1:]
    out[kernels.MEAN_SPEED] = 0.5 * (speed[1:] + speed[:-1])
    out[kernels.RATE] = np.diff(speed) / out[kernels.STEP]
    out[kernels.SINE], out[kernels.COSINE] = grade * cosine, cosine
    out[kernels.LOAD] = cycle.payload_kg[1:]


def vehicle_arrays(vehicles: Sequence[VehicleParameters]) -> VehicleArrays:
    """Return the vehicles as the kernels read them.

    Raises
    ------
    InputError
        Efficiency nodes that lie closer together than the look-up tells apart.
    """
    counts = [_cells(vehicle) for vehicle in vehicles]
    widest = max(len(vehicle.motor_load) for vehicle in vehicles)
    vectors = np.empty((len(vehicles), kernels.VEHICLE))
    nodes = np.full((len(vehicles), 2, widest), np.inf)
    tables = np.zeros((len(vehicles), 2, max(counts) + _HELD_UP_TO_ONE, 5))
    for i, (vehicle, count) in enumerate(zip(vehicles, counts, strict=True)):
        vectors[i] = _vector(vehicle, count)
        nodes[i, 0, : len(vehicle.motor_load)] = vehicle.motor_load
        nodes[i, 1, : len(vehicle.motor_load)] = vehicle.motor_efficiency
        for way, thresholds in enumerate(_thresholds(vehicle)):
            tables[i, way, : count + _HELD_UP_TO_ONE] = _table(vehicle, thresholds, count)
    return VehicleArrays(vectors, nodes, tables)


def _vector(vehicle: VehicleParameters, cells: int) -> Floats:
    """Return the numbers of one vehicle in the order of the kernel."""
    electric = vehicle.powertrain == "electric"
    load, efficiency = np.array(vehicle.motor_load), np.array(vehicle.motor_efficiency)
    values = {
        kernels.DIESEL: float(not electric),
        kernels.LOWER_BIN: float(vehicle.motor_lookup == "lower_bin"),
        kernels.MASS: vehicle.curb_mass_kg,
        kernels.DRAG_AREA: vehicle.drag_area_m2,
        kernels.ROLLING: vehicle.rolling_coefficient,
        kernels.ROTATING: vehicle.rotating_mass_kg,
        kernels.DRIVELINE: vehicle.driveline_efficiency,
        kernels.MOTOR: vehicle.motor_power_w,
        kernels.AUXILIARY: vehicle.auxiliary_power_w,
        kernels.USABLE: vehicle.battery_usable_wh * _JOULE_PER_WH if electric else math.inf,
        kernels.BATTERY: vehicle.battery_efficiency,
        kernels.BATTERY_LOSS: vehicle.battery_loss_per_w,
        kernels.DISCHARGE: vehicle.discharge_power_w,
        kernels.CHARGE: vehicle.charge_power_w,
        kernels.GENERATOR: min(vehicle.generating_power_w, vehicle.motor_power_w),
        kernels.SHARE: vehicle.regeneration_share,
        kernels.FADE_SCALE: vehicle.regeneration_fade_scale,
        kernels.FADE_RATE: vehicle.regeneration_fade_per_m_s,
        kernels.FADE_SHIFT: vehicle.regeneration_fade_shift_m_s,
        kernels.IDLE: vehicle.idle_power_w,
        kernels.RISE: vehicle.motor_rise_w_per_s,
        kernels.TRACTION: vehicle.traction_limit_m_s2,
        kernels.NODES: float(load.size),
        kernels.CELLS: float(cells),
        kernels.MOST_ELECTRIC: float(np.max(load / efficiency)) * vehicle.motor_power_w,
    }
    return np.array([values[place] for place in range(kernels.VEHICLE)])


def _thresholds(vehicle: VehicleParameters) -> tuple[Floats, Floats]:
    """Return the loads at which motoring and generating pass to the next efficiency.

    On the line both are the nodes. The step look-up of generating compares the shaft power with
    the electric power of motoring, as its model does.
    """
    load = np.array(vehicle.motor_load)
    if vehicle.motor_lookup == "linear":
        return load, load
    return load, np.maximum.accumulate(load / np.array(vehicle.motor_efficiency))


def _cells(vehicle: VehicleParameters) -> int:
    """Return how many cells keep any two thresholds apart."""
    gaps = [gap for ways in _thresholds(vehicle) for gap in np.diff(ways) if gap > 0.0]
    needed = 1.0 / min(gaps)
    if needed > _MOST_CELLS:
        close = next(b for a, b in itertools.pairwise(vehicle.motor_load) if b - a <= 2 * min(gaps))
        expected = f"nodes at least 1/{_MOST_CELLS} of full load apart"
        table = f"vehicle {vehicle.name}"
        raise InputError([Problem(table, "motor_load", 0, f"{close:g}", expected)])
    return max(_FEWEST_CELLS, 1 << math.ceil(math.log2(needed * (1.0 + 1e-9))))


def _table(vehicle: VehicleParameters, thresholds: Floats, count: int) -> Floats:
    """Return the cells of a uniform grid over the load: a cut, and a line below and above it."""
    efficiency = np.array(vehicle.motor_efficiency)
    slope = np.zeros(efficiency.size)
    if vehicle.motor_lookup == "linear":
        slope[:-1] = np.diff(efficiency) / np.diff(thresholds)
    start = efficiency - slope * thresholds if slope.any() else efficiency
    edges = np.arange(count + _HELD_UP_TO_ONE + 1) / count
    below = np.searchsorted(thresholds, edges[:-1], side="right") - 1
    above = np.searchsorted(thresholds, edges[1:], side="left") - 1
    above = np.maximum(above, below)
    cells = np.empty((count + _HELD_UP_TO_ONE, 5))
    cells[:, kernels.CUT] = np.where(above > below, thresholds[above], np.inf)
    cells[:, kernels.BELOW], cells[:, kernels.BELOW_SLOPE] = start[below], slope[below]
    cells[:, kernels.ABOVE], cells[:, kernels.ABOVE_SLOPE] = start[above], slope[above]
    return cells
