"""Links and verdicts per second of the energy kernel, beside the same physics in NumPy.

One evaluation is one vehicle under one set of conditions on one link: speeds at both ends, a
trapezoid with stops, losses of powertrain and battery, auxiliaries, charge and clock. Both work on
the same links in the same run, the kernel on one thread; the twin must agree before anything is
timed. Then whole verdicts, with margin and first stops that fail, on all threads:
``python benchmarks/energy.py [--json] [--whole]``; with ``--whole`` a million verdicts of 200
links each, and 10,000 routes under 1,000 conditions.

The bound of the machine: counted operation by operation, an evaluation takes about 780, of them 30
quotients and 5 roots; from memory come 80 bytes per link and block of 32 lanes, 2.5 bytes per
evaluation, everything else stays in the first two caches. It is bound by arithmetic. What one core
multiplies and adds at most is measured in the same run; quotients and roots take several times as
long.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from typing import Any

import numba
import numpy as np

from geofleet.defaults import Defaults
from geofleet.energy.catalogue import electric_models
from geofleet.energy.day.drive import driven_vehicles
from geofleet.energy.driving import Conditions
from geofleet.energy.driving import _kernels as k
from geofleet.energy.driving.lanes import Lanes, build_lanes
from geofleet.energy.driving.parameters import driving_parameters

FLOPS, BYTES = 780, 2.5
Array = np.ndarray
NONE = np.zeros(0, np.int64)


def routes(count: int, links: int, legs: int) -> dict[str, Array]:
    """Make days of so many links up hill and down, with stops between legs."""
    rng = np.random.default_rng(1)
    total = count * links
    rows = np.zeros((total, k.LINK_COLUMNS))
    rows[:, k.LENGTH] = rng.uniform(30, 300, total)
    rows[:, k.SPEED] = rng.uniform(4, 15, total)
    rows[:, k.FREE] = rows[:, k.SPEED] * rng.uniform(1, 1.6, total)
    rows[:, k.STOPS] = rng.uniform(0, 1, total) * rows[:, k.LENGTH] / 200
    rows[:, k.STANDING] = 10.0
    rows[:, k.PAYLOAD] = rng.uniform(0, 1500, total)
    rows[:, k.GRADE] = rng.normal(0, 0.02, total)
    rows[:, k.PRESSURE] = 77e3
    angle = rng.uniform(0, 2 * np.pi, total)
    rows[:, k.EAST], rows[:, k.NORTH] = np.cos(angle), np.sin(angle)
    stops = np.zeros((count * (legs + 1), k.STOP_COLUMNS))
    stops[:, k.READY], stops[:, k.DUE] = -np.inf, np.inf
    stops[:, k.SERVICE], stops[:, k.PAID] = 600.0, 1.0
    days = np.zeros((count, k.DAY_COLUMNS))
    days[:, k.DEPART] = 28800.0
    begin, first = np.arange(count) * links, np.arange(count) * (legs + 1)
    return {
        "spans": np.stack([begin, begin + links], axis=1),
        "leg": np.tile(np.arange(links) * legs // links, count),
        "hour": np.tile(8 + np.arange(links) * 8 // links, count),
        "links": rows,
        "days": days,
        "stop_spans": np.stack([first, first + legs + 1], axis=1),
        "stop_leg": np.tile(np.arange(legs + 1), count),
        "stop_hour": np.full(count * (legs + 1), 12),
        "stops": stops,
    }


def weather(models: list[str], conditions: int) -> Lanes:
    """Return lanes of models under days of different weather, traffic, load and age."""
    rng, defaults = np.random.default_rng(2), Defaults()
    shape = (conditions, 24)
    days = Conditions(
        temperature_c=rng.normal(16, 5, shape), traffic=rng.uniform(0.85, 1.1, shape),
        wind_east_m_s=rng.normal(0, 3, shape), wind_north_m_s=rng.normal(0, 3, shape),
        payload_share=rng.uniform(0.7, 1.2, conditions), driver=rng.uniform(0.8, 1.2, conditions),
        battery_age_years=rng.uniform(0, 8, conditions),
        battery_cycles=rng.uniform(0, 1500, conditions),
    )  # fmt: skip
    vehicles = driven_vehicles(electric_models(models), defaults)
    return build_lanes(vehicles, days, driving_parameters(defaults), defaults=defaults)


def drive(made: dict[str, Array], lanes: Lanes, *, by_link: bool = False) -> Any:
    """Drive all days in all lanes."""
    return k.drive_days(*made.values(), lanes.matrix, lanes.hourly, False, by_link)


def twin(made: dict[str, Array], lane: Array, table: Array) -> Array:
    """Net energy of every link of the days in one lane, in NumPy: links and lanes as vectors.

    Speeds at the ends of links need the link before, so they are a loop over the links of a day
    with all days side by side; the rest is one vector per formula.
    """
    links = made["links"]
    days, per = len(made["days"]), len(links) // len(made["days"])
    up, down = lane[k.ACCELERATION], lane[k.BRAKING]
    hour = table[made["hour"]]
    length, speed = links[:, k.LENGTH], links[:, k.SPEED] * hour[:, k.TRAFFIC]
    loss, stand, free = 0.5 / up + 0.5 / down, links[:, k.STANDING], links[:, k.FREE]
    whole = length / speed
    fastest = np.maximum(free, speed)
    fits = (whole - length / fastest) / (loss * fastest + stand)
    middle = 2 * whole * stand + 4 * loss * length
    root = np.sqrt(np.maximum(middle**2 - (2 * stand * whole) ** 2, 0))
    stops = np.minimum(np.minimum(links[:, k.STOPS], fits), 2 * whole**2 / (middle + root))
    stops = np.maximum(stops, 0.0)
    left = whole - stops * stand
    root = np.sqrt(np.maximum(left**2 - 4 * stops * loss * length, 0))
    square = (2 * length / (left + root)) ** 2
    ends = np.zeros((days, per + 1))
    sq, far = square.reshape(days, per), length.reshape(days, per)
    same = np.diff(made["leg"].reshape(days, per), axis=1) == 0
    for t in range(1, per):
        reach = ends[:, t - 1] + 2 * up * far[:, t - 1]
        low = np.minimum(np.minimum(sq[:, t - 1], sq[:, t]), reach)
        ends[:, t] = np.where(same[:, t - 1], low, 0.0)
    for t in range(per - 1, -1, -1):
        ends[:, t] = np.minimum(ends[:, t], ends[:, t + 1] + 2 * down * far[:, t])
    in2, out2 = ends[:, :-1].ravel(), ends[:, 1:].ravel()
    reach = (2 * up * down * length + down * in2 + up * out2) / (up + down)
    peak2 = np.maximum(np.maximum(np.minimum(square, reach), in2), out2)
    peak, entry, leave = np.sqrt(peak2), np.sqrt(in2), np.sqrt(out2)
    mass = lane[k.CURB] + links[:, k.PAYLOAD] * lane[k.LOAD]
    road = mass * k.GRAVITY * (lane[k.ROLLING] + links[:, k.GRADE])
    moved = mass + lane[k.ROTATING]
    drag = lane[k.HALF_DRAG] * links[:, k.PRESSURE] * hour[:, k.INVERSE_RT]
    wind = hour[:, k.WIND_EAST] * links[:, k.EAST] + hour[:, k.WIND_NORTH] * links[:, k.NORTH]
    wind = -np.minimum(wind, peak)
    starts, halts = (entry <= k.SLOWEST) * 1.0, (leave <= k.SLOWEST) * 1.0
    brief_in = (1 - starts) * (peak2 - in2) / (2 * up)
    brief_out = (1 - halts) * (peak2 - out2) / (2 * down)
    rise = np.minimum(length / 2, peak * (peak + entry) / (2 * up)) * (brief_in > k.SHORTEST)
    fall = np.minimum(length / 2, peak * (peak + leave) / (2 * down)) * (brief_out > k.SHORTEST)
    rise, fall = np.maximum(rise, brief_in) - brief_in, np.maximum(fall, brief_out) - brief_out
    speeding, slowing = peak2 / (2 * up), peak2 / (2 * down)
    spare = length - brief_in - brief_out - starts * speeding - halts * slowing
    slack = np.minimum(np.maximum(spare, 0) / np.maximum(rise + fall, 1e-9), 1)
    rise, fall = brief_in + slack * rise, brief_out + slack * fall
    way = np.maximum(length - rise - fall - starts * speeding - halts * slowing, 0)
    cycles = np.minimum(stops, way / np.maximum(speeding + slowing, 1e-9))
    way = np.maximum(way - cycles * (speeding + slowing), 0)
    gain = 0.5 * (peak2 - in2) / np.maximum(rise, 1e-9)
    ease = 0.5 * (peak2 - out2) / np.maximum(fall, 1e-9)
    cut, limit = lane[k.RETURN_SPEED], lane[k.RETURN_LIMIT]
    total = ramp(peak, starts + cycles, up, road + moved * up, drag, wind, cut, limit)
    total += ramp(peak, halts + cycles, down, road - moved * down, drag, wind, cut, limit)
    total += join(entry, peak, rise, road + moved * gain, drag, wind, cut, limit)
    total += join(leave, peak, fall, road - moved * ease, drag, wind, cut, limit)
    power = peak * (road + drag * (peak + wind) ** 2)
    time, on, off = way / np.maximum(peak, k.SLOWEST), power > 0, np.maximum(-power, 0)
    caught = np.where(peak > cut, np.minimum(off, limit), 0)
    pushed = np.maximum(power, 0)
    total += np.stack(
        [pushed * time, pushed**2 * time, on * time, caught * time, caught**2 * time,
         (caught > 0) * time]
    )  # fmt: skip
    d1, d2, driving, t1, t2, taking = total
    share, knee = lane[k.RETURN_SHARE], lane[k.KNEE]
    duration = length / speed
    drawn = lane[k.DRIVE_0] * driving * d1 / (d1 + knee * driving + 1e-9) + lane[k.DRIVE_1] * d1
    drawn += lane[k.DRIVE_2] * np.minimum(d2, lane[k.DRIVE_LIMIT] * d1)
    drawn += lane[k.IDLE] * np.maximum(np.maximum(duration - driving, 0) - taking, 0)
    back = share * (lane[k.RETURN_1] * t1 - lane[k.RETURN_2] * share * t2)
    back -= lane[k.RETURN_0] * taking * t1 / (t1 + knee * taking + 1e-9)
    return drawn - np.maximum(back, 0) + (lane[k.AUXILIARY] + hour[:, k.CLIMATE]) * duration


def cubic(v: Array, base: Array, linear: Array, drag: Array) -> tuple[Array, Array]:
    """Integrals of power and of its square over speed."""
    one = v**2 * (base / 2 + v * (linear / 3 + v * drag / 4))
    two = base * base / 3 + v * (base * linear / 2 + v * (linear**2 + 2 * base * drag) / 5)
    return one, v**3 * (two + v**3 * (linear * drag / 3 + v * drag**2 / 7))


def ramp(high, times, rate, force, drag, wind, cut, limit) -> Array:
    linear, base = 2 * drag * wind, force + drag * wind**2
    turn = np.where(force < 0, np.maximum(np.sqrt(np.maximum(-force, 0) / drag) - wind, 0), 0)
    pull = np.maximum(-base, 1e-9)
    over = limit / pull
    for _ in range(3):
        slope = pull - over * (2 * linear + over * 3 * drag)
        power = over * (pull - over * (linear + over * drag))
        over = over + np.where(slope > 0.1 * pull, np.maximum(limit - power, 0) / slope, over)
    top, below = np.maximum(high, turn), np.minimum(high, turn)
    first = np.minimum(cut, turn)
    second = np.maximum(np.minimum(over, turn), first)
    reached = np.minimum(np.maximum(below, first), second)
    capped = np.maximum(below, second) - second
    (p1, p2), (q1, q2) = cubic(top, base, linear, drag), cubic(turn, base, linear, drag)
    (a1, a2), (b1, b2) = cubic(first, base, linear, drag), cubic(reached, base, linear, drag)
    return np.stack(
        [p1 - q1, p2 - q2, top - turn, a1 - b1 + limit * capped, b2 - a2 + limit**2 * capped,
         reached - first + capped]
    ) * (times / rate)  # fmt: skip


def join(slow, fast, way, force, drag, wind, cut, limit) -> Array:
    one, two = force + drag * (slow + wind) ** 2, force + drag * (fast + wind) ** 2
    low, high = np.minimum(one, two), np.maximum(one, two)
    part = np.where(high > 0, np.clip(-low / np.maximum(high - low, 1e-9), 0, 1), 1.0)
    mean = 0.5 * (low + high)
    braked = np.where(high > 0, -0.5 * np.minimum(low, 0) * part, -mean) * way
    driven, time = mean * way + braked, 2 * way / np.maximum(slow + fast, k.SLOWEST)
    driving, braking = (1 - part) * time, part * time
    taken = np.where(0.5 * (slow + fast) > cut, np.minimum(braked, limit * braking), 0)
    return np.stack(
        [driven, driven**2 / np.maximum(driving, 1e-9), driving, taken,
         taken**2 / np.maximum(braking, 1e-9), np.where(taken > 0, braking, 0)]
    )  # fmt: skip


@numba.njit(cache=True, fastmath={"contract"})
def multiply_and_add(a: Array, times: int) -> float:
    """Multiply and add 16 times per number and time, in the first cache."""
    for _ in range(times):
        for i in range(a.size):
            x = a[i]
            for _ in range(16):
                x = x * x - 0.5
            a[i] = x
    return a[0]


def cpu_best(function: Callable[[], object], repeats: int) -> float:
    """Return the least CPU time of some runs (s)."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        function()
        times.append(time.process_time() - start)
    return min(times)


def verdicts(count: int, models: int, conditions: int, links: int) -> dict[str, float]:
    """Time whole verdicts on all threads, some days at a time."""
    names = list(electric_models().frame.index)
    lanes = weather((names * (models // len(names) + 1))[: min(models, len(names))], conditions)
    made = routes(count, links, 20)
    step = max(400_000 // lanes.matrix.shape[1], 1)
    start, used, feasible = time.perf_counter(), time.process_time(), 0
    for first in range(0, count, step):
        here = slice(first, first + step)
        part = made | {name: made[name][here] for name in ("spans", "days", "stop_spans")}
        totals, found, *_ = drive(part, lanes)
        margin = lanes.matrix[k.DEPTH_LIMIT] - totals[:, k.DEEPEST]
        feasible += int((np.all(found < 0, axis=1) & (margin >= 0))[:, : lanes.count].sum())
    wall, cpu = time.perf_counter() - start, time.process_time() - used
    made_verdicts = count * lanes.count
    return {
        "verdicts": made_verdicts,
        "feasible_share": feasible / made_verdicts,
        "wall_s": wall,
        "cpu_s": cpu,
        "verdicts_per_s": made_verdicts / wall,
        "link_evaluations_per_cpu_s": made_verdicts * links / cpu,
    }


def run(days: int, links: int, conditions: int, repeats: int, whole: bool) -> dict[str, float]:
    """Compare, then time."""
    threads = numba.get_num_threads()
    lanes, made = weather(["fuso_ecanter_2017"], conditions), routes(days, links, 20)
    # No battery runs full here: what it would refuse is not the twin's.
    lanes.matrix[k.DEPTH_START] = 0.5 * lanes.matrix[k.BATTERY]
    _, _, _, ours = drive(made, lanes, by_link=True)
    net = ours[:, 0] - ours[:, 1] + ours[:, 2]
    for j in {0, conditions - 1}:
        reference = twin(made, lanes.matrix[:, j], lanes.hourly[:, :, j])
        np.testing.assert_allclose(net[:, j], reference, rtol=1e-6, atol=1.0)
    numba.set_num_threads(1)
    evaluations = len(made["links"]) * lanes.matrix.shape[1]
    kernel = evaluations / cpu_best(lambda: drive(made, lanes), repeats)
    one, table = lanes.matrix[:, 0], lanes.hourly[:, :, 0]
    plain = len(made["links"]) / cpu_best(lambda: twin(made, one, table), repeats)
    numbers = np.ones(2048)
    multiply_and_add(numbers, 1)
    peak = 2048 * 16 * 2 * 2000 / cpu_best(lambda: multiply_and_add(numbers, 2000), repeats)
    numba.set_num_threads(threads)
    result = {
        "link_evaluations_per_cpu_s": kernel,
        "ns_per_link_evaluation": 1e9 / kernel,
        "numpy_evaluations_per_cpu_s": plain,
        "times_numpy": kernel / plain,
        "gflop_per_s_kernel": kernel * FLOPS / 1e9,
        "gflop_per_s_core": peak / 1e9,
        "gbyte_per_s_kernel": kernel * BYTES / 1e9,
    }
    cases = {"verdicts": (days, 4, 8, links)}
    if whole:
        # 1,000 routes x 10 vehicles x 100 conditions; 10,000 routes x 1 x 1,000.
        cases = {"million": (1000, 10, 100, 200), "scenarios": (10_000, 1, 1000, 200)}
    for name, case in cases.items():
        result |= {f"{name}_{key}": value for key, value in verdicts(*case).items()}
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--whole", action="store_true", help="a million verdicts, and ten million")
    parser.add_argument("--days", type=int, default=200)
    parser.add_argument("--links", type=int, default=200)
    parser.add_argument("--conditions", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=3)
    a = parser.parse_args()
    result = run(a.days, a.links, a.conditions, a.repeats, a.whole)
    if a.json:
        print(json.dumps(result))
        return
    for name, value in result.items():
        print(f"{name:40s} {value:,.3g}" if abs(value) < 1 else f"{name:40s} {value:,.1f}")


if __name__ == "__main__":
    main()
