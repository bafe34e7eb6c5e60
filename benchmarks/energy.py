"""Link evaluations per second of the energy kernel beside the same formulas in NumPy.

Both work on the same random links in the same run, on one thread; the twin must agree to 1e-6
before anything is timed. One evaluation is one vehicle model on one link: five parts of a
trapezoid, the charge, and the auxiliaries. ``python benchmarks/energy.py [--json]``.

Bytes and flops: the kernel reads 11 numbers of 8 bytes per traversal, shared by all models of a
vehicle-day from cache, and does about 200 floating-point operations per evaluation, three of
them square roots: it is bound by arithmetic, not by memory.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable

import numba
import numpy as np

from geofleet.defaults import Defaults
from geofleet.energy import _kernels as kernels
from geofleet.energy import electric_models
from geofleet.energy.parameters import read_parameters
from geofleet.energy.prepare import model_matrix

FLOPS = 200
NODES, WEIGHTS = np.polynomial.legendre.leggauss(8)


def negative(f0: np.ndarray, f1: np.ndarray, d: np.ndarray) -> np.ndarray:
    low = np.minimum(f0, f1)
    with np.errstate(divide="ignore", invalid="ignore"):
        crossing = 0.5 * low * low / np.abs(f0 - f1) * d
    both = -0.5 * (f0 + f1) * d
    return np.where((f0 >= 0) & (f1 >= 0), 0.0, np.where((f0 <= 0) & (f1 <= 0), both, crossing))


def segment(base, drag, s0, s1, d, cutoff, limit):
    f0, f1 = base + drag * s0, base + drag * s1
    braking = negative(f0, f1, d)
    driving = 0.5 * (f0 + f1) * d + braking
    cut = cutoff**2
    with np.errstate(divide="ignore", invalid="ignore"):
        low = np.where(s0 < cut, (cut - s0) / (s1 - s0), 0.0)
        high = np.where(s1 < cut, (s0 - cut) / (s0 - s1), 1.0)
    slow = (s0 < cut) & (s1 < cut)
    low, high = np.where(slow, 0.0, low), np.where(slow, 0.0, high)
    a0, a1 = s0 + (s1 - s0) * low, s0 + (s1 - s0) * high
    g0, g1 = base + drag * a0, base + drag * a1
    part = (high - low) * d
    taken = negative(g0, g1, part)
    bound = np.maximum(-g0, -g1) * np.sqrt(np.maximum(a0, a1)) > limit
    if bound.any():
        i = np.flatnonzero(bound)
        x = 0.5 * (1 + NODES)[:, None]
        speed = np.sqrt(a0[i] + (a1[i] - a0[i]) * x)
        force = np.maximum(-(g0[i] + (g1[i] - g0[i]) * x), 0.0)
        mean = (0.5 * WEIGHTS[:, None] * np.minimum(force, limit / speed)).sum(axis=0)
        taken[i] = np.minimum(mean * part[i], braking[i])
    return driving, braking, taken


def twin(length, entry, peak, leave, stops, mass, grade, density, model, physics):
    a, b = physics[kernels.ACCELERATION], physics[kernels.BRAKING]
    inertia = mass * physics[kernels.INERTIA]
    road = mass * kernels.GRAVITY * (model[kernels.ROLLING] + grade)
    drag = 0.5 * density * model[kernels.DRAG_AREA]
    cutoff = physics[kernels.CUTOFF_SPEED]
    limit = model[kernels.MOTOR_POWER] * physics[kernels.REGENERATION_POWER_SHARE]
    square, zero = peak * peak, np.zeros_like(peak)
    rise, fall = (square - entry**2) / (2 * a), (square - leave**2) / (2 * b)
    cruise = np.maximum(length - rise - fall, 0.0)
    up, down = square / (2 * a), square / (2 * b)
    cycles = np.minimum(stops, cruise / (up + down))
    cruise = np.maximum(cruise - cycles * (up + down), 0.0)
    parts = (
        (road + inertia * a, entry**2, square, rise, 1.0),
        (road, square, square, cruise, 1.0),
        (road - inertia * b, square, leave**2, fall, 1.0),
        (road - inertia * b, square, zero, down, cycles),
        (road + inertia * a, zero, square, up, cycles),
    )
    total = np.zeros((3, length.size))
    for base, s0, s1, d, times in parts:
        total += times * np.stack(segment(base, drag, s0, s1, d, cutoff, limit))
    total[2] *= physics[kernels.REGENERATION_SHARE]
    return total


def best_of(function: Callable[[], object], repeats: int) -> float:
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times)


def run(days: int, links: int, repeats: int) -> dict[str, float]:
    rng = np.random.default_rng(1)
    count = days * links
    parameters = read_parameters(Defaults())
    models = model_matrix(electric_models(), 1.0)
    day_start = np.arange(days + 1) * links
    leg = np.tile(np.arange(links) // 12, days)
    length, speed = rng.uniform(20, 400, count), rng.uniform(3, 20, count)
    payload = rng.uniform(0, 3000, count)
    grade, density = rng.uniform(-0.06, 0.06, count), np.full(count, 1.1)
    climate, wanted = np.zeros(count), length / 1000 * 2.5
    physics = parameters.physics

    def profiles() -> tuple[np.ndarray, ...]:
        return kernels.speed_profiles(
            day_start, leg, length, speed, wanted, parameters.acceleration_m_s2,
            parameters.braking_m_s2, parameters.stop_standing_s,
            parameters.cruise_above_mean_m_s,
        )  # fmt: skip

    entry, peak, leave, stops = profiles()
    per_day = int(leg.max()) + 2
    stop_start = np.arange(days + 1) * per_day
    number = np.tile(np.arange(per_day), days)
    halts = (number, np.ones(number.size, bool), np.zeros(number.size), np.zeros(number.size))

    def charge() -> object:
        return kernels.day_charge(
            day_start, leg, length, speed, payload, grade, density, climate, entry, peak, leave,
            stops, stop_start, *halts, models, physics,
        )  # fmt: skip

    model = models[0]

    def plain() -> np.ndarray:
        mass = model[kernels.CURB] + payload
        return twin(length, entry, peak, leave, stops, mass, grade, density, model, physics)

    numba.set_num_threads(1)
    ours = kernels.traversal_work(
        length, speed, payload, grade, density, climate, entry, peak, leave, stops, model, physics
    )
    reference = plain()
    chain = physics[kernels.DRIVE_EFFICIENCY]
    np.testing.assert_allclose(ours[:, 0] * chain, reference[0], rtol=1e-6, atol=1e-3)
    np.testing.assert_allclose(ours[:, 3], reference[1], rtol=1e-6, atol=1e-3)
    np.testing.assert_allclose(ours[:, 1] / chain, reference[2], rtol=1e-6, atol=1e-3)
    charge()
    evaluations = count * len(models)
    kernel_s = best_of(charge, repeats)
    twin_s = best_of(plain, repeats)
    profile_s = best_of(profiles, repeats)
    per_second = evaluations / kernel_s
    return {
        "traversals": count,
        "models": len(models),
        "kernel_evaluations_per_s_per_core": per_second,
        "numpy_evaluations_per_s": count / twin_s,
        "ratio": per_second / (count / twin_s),
        "gflops_per_core": per_second * FLOPS / 1e9,
        "profiles_per_s_per_core": count / profile_s,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--days", type=int, default=200)
    parser.add_argument("--links", type=int, default=500)
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    result = run(arguments.days, arguments.links, arguments.repeats)
    if arguments.json:
        print(json.dumps(result))
        return
    for name, value in result.items():
        print(f"{name:36s} {value:,.1f}")


if __name__ == "__main__":
    main()
