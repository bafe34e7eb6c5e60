"""Simulated seconds per CPU second of the second-by-second model, beside NumPy and FASTSim.

All drive the same made-up delivery rounds in the same run, on one thread; the NumPy twin must
agree to 1e-9 before anything is timed, FASTSim (where it can be imported) to 1 %.
``python benchmarks/energy_trace.py [--json]``.

Bytes and flops: a step reads 7 numbers of 8 bytes, from the cache where a cycle is driven by many
vehicles, and 6 more of the efficiency look-up; it does about 90 floating-point operations, one
division and, when braking, one exponential. It is bound by arithmetic; the bound printed is a
loop of as many multiply-adds over an array in the cache in the same run.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from typing import Any

import numba
import numpy as np

from geofleet.energy.vehicle import Conditions, Cycle, VehicleParameters
from geofleet.energy.vehicle import _kernels as kernels
from geofleet.energy.vehicle.arrays import cycle_arrays, vehicle_arrays

FLOPS = 90
LOAD = (0.0, 0.02, 0.04, 0.06, 0.08, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0)
EFFICIENCY = (0.83, 0.85, 0.87, 0.89, 0.9, 0.91, 0.93, 0.94, 0.94, 0.93, 0.92)
VAN = VehicleParameters(
    name="van", powertrain="electric", curb_mass_kg=2600.0, payload_capacity_kg=1000.0,
    drag_area_m2=1.9, rolling_coefficient=0.009, rotating_mass_kg=120.0,
    driveline_efficiency=0.96, motor_power_w=135e3, motor_load=LOAD, motor_efficiency=EFFICIENCY,
    auxiliary_power_w=400.0, battery_usable_wh=68e3, battery_efficiency=0.98,
    battery_loss_per_w=1e-8, regeneration_share=0.9, regeneration_fade_scale=500.0,
    regeneration_fade_per_m_s=2.2, regeneration_fade_shift_m_s=0.447,
)  # fmt: skip


def delivery(seed: int, stops: int) -> Cycle:
    """Hops between deliveries with their own speeds, waits and slopes."""
    rng = np.random.default_rng(seed)
    speed, grade = [0.0], [0.0]
    for _ in range(stops):
        top, slope = rng.uniform(6, 16), rng.uniform(-0.03, 0.03)
        cruise, wait = int(rng.integers(8, 60)), int(rng.integers(5, 40))
        hop = np.concatenate(
            [np.linspace(0, top, 12)[1:], np.full(cruise, top), np.linspace(top, 0, 9)[1:]]
        )
        speed += [*hop.tolist(), *[0.0] * wait]
        grade += [slope] * hop.size + [0.0] * wait
    return Cycle(f"round {seed}", np.arange(float(len(speed))), np.array(speed), np.array(grade))


def twin(cycle: Cycle, van: VehicleParameters, payload_kg: float, density: float) -> float:
    """Net battery energy (J) of a drive that nothing limits, in plain NumPy."""
    v0, v1, step = cycle.speed_m_s[:-1], cycle.speed_m_s[1:], np.diff(cycle.time_s)
    mean, angle = 0.5 * (v0 + v1), np.arctan(cycle.grade[1:])
    mass = van.curb_mass_kg + payload_kg
    force = 0.5 * density * van.drag_area_m2 * mean**2 + mass * 9.80665 * (
        np.sin(angle) + van.rolling_coefficient * np.cos(angle)
    )
    wheel = force * mean + (mass + van.rotating_mass_kg) * (v1**2 - v0**2) / (2 * step)
    fade = np.exp(-van.regeneration_fade_per_m_s * (mean + van.regeneration_fade_shift_m_s))
    share = van.regeneration_share / (1 + van.regeneration_fade_scale * fade)
    shaft = np.maximum(wheel, 0.0) / van.driveline_efficiency
    back = np.minimum(np.maximum(-wheel, 0.0) * share * van.driveline_efficiency, van.motor_power_w)
    efficiency = np.interp((shaft + back) / van.motor_power_w, LOAD, EFFICIENCY)
    terminal = shaft / efficiency - back * efficiency + van.auxiliary_power_w
    inside = np.where(
        terminal > 0, terminal / van.battery_efficiency, terminal * van.battery_efficiency
    )
    return float(((inside + van.battery_loss_per_w * terminal**2) * step).sum())


@numba.njit(nogil=True, fastmath={"contract"})
def multiply_add(values: np.ndarray, times: int) -> None:
    """As many operations per number as a step has, none waiting for another number."""
    for _ in range(times):
        for i in range(values.size):
            x = values[i]
            for _ in range(FLOPS // 2):
                x = x * 0.999 + 0.001
            values[i] = x


def best_of(function: Callable[[], object], repeats: int) -> float:
    times = []
    for _ in range(repeats):
        start = time.process_time()
        function()
        times.append(time.process_time() - start)
    return min(times)


def fastsim_rate(cycle: Cycle) -> float | None:
    """Simulated seconds per CPU second of FASTSim's compiled engine, where it is installed."""
    try:
        from fastsim import cycle as trips
        from fastsim import simdrive, vehicle
    except ImportError:
        return None
    car = vehicle.Vehicle.from_vehdb(52).to_rust()
    trip = trips.Cycle.from_dict(
        {
            "time_s": np.array(cycle.time_s), "mps": np.array(cycle.speed_m_s),
            "grade": np.array(cycle.grade), "road_type": np.zeros(cycle.time_s.size),
        }
    ).to_rust()  # fmt: skip

    def drive() -> None:
        simdrive.RustSimDrive(trip, car).sim_drive(car.max_soc)

    drive()
    return cycle.duration_s / best_of(drive, 3)


def run(cycles: int, stops: int, conditions: int, repeats: int) -> dict[str, Any]:
    numba.set_num_threads(1)
    trips = [delivery(seed, stops) for seed in range(cycles)]
    loads = np.linspace(0.0, 900.0, conditions)
    densities = np.linspace(0.9, 1.2, conditions)
    days = [
        Conditions(air_density_kg_m3=float(density), payload_kg=float(load), start_soc=0.9)
        for load, density in zip(loads, densities, strict=True)
    ]
    packed, cars = cycle_arrays(trips), vehicle_arrays([VAN])
    which = np.repeat(np.arange(cycles), conditions)
    rows = np.array([[d.payload_kg, d.air_density_kg_m3, 0.0, 0.0, 9.80665, 0.9] for d in days])
    rows, none = np.tile(rows, (cycles, 1)), np.zeros(which.size, np.int64)

    def kernel() -> np.ndarray:
        return kernels.drive_runs(
            packed.start, packed.steps, packed.start_speed, cars.vectors, cars.nodes, cars.tables,
            which, none, rows,
        )  # fmt: skip

    ours = kernel()[:, kernels.NET].reshape(cycles, conditions)
    reference = [twin(trips[0], VAN, d.payload_kg, d.air_density_kg_m3) for d in days]
    np.testing.assert_allclose(ours[0], reference, rtol=1e-9)
    seconds = sum(trip.duration_s for trip in trips)
    kernel_rate = seconds * conditions / best_of(kernel, repeats)
    twin_s = best_of(lambda: [twin(trip, VAN, 100.0, 1.1) for trip in trips], repeats)
    values = np.random.default_rng(0).random(1000)
    multiply_add(values, 1)
    bound = 1000 * 200 / best_of(lambda: multiply_add(values, 200), repeats)
    result: dict[str, Any] = {
        "runs": which.size,
        "kernel_seconds_per_cpu_s": kernel_rate,
        "numpy_seconds_per_cpu_s": seconds / twin_s,
        "kernel_over_numpy": kernel_rate * twin_s / seconds,
        "gflops": kernel_rate * FLOPS / 1e9,
        "machine_bound_seconds_per_cpu_s": bound,
        "share_of_bound": kernel_rate / bound,
    }
    other = fastsim_rate(trips[0])
    if other is not None:
        result |= {"fastsim_seconds_per_cpu_s": other, "kernel_over_fastsim": kernel_rate / other}
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--cycles", type=int, default=20)
    parser.add_argument("--stops", type=int, default=40)
    parser.add_argument("--conditions", type=int, default=100)
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    result = run(arguments.cycles, arguments.stops, arguments.conditions, arguments.repeats)
    if arguments.json:
        print(json.dumps(result))
        return
    for name, value in result.items():
        print(f"{name:34s} {value:,.2f}")


if __name__ == "__main__":
    main()
