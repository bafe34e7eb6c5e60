"""A slow drive over links, in small steps of time; it shares no formula with the package.

Speeds are found by bisection and by relaxation, work by adding up moments, and the powertrain is
any function of speed and power at the wheels: polynomials for an exact comparison, the curves of
a vehicle for an honest one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

GRAVITY = 9.80665
Powertrain = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]
Piece = tuple[float, float, float, float]  # times, speed before, speed after, metres


@dataclass(frozen=True)
class Body:
    """What moves: masses (kg), rolling coefficient, drag area (m2), rates (m/s2)."""

    mass: float
    rotating: float
    rolling: float
    drag_area: float
    up: float
    down: float


@dataclass(frozen=True)
class Link:
    """One link: metres, mean and free speed (m/s), stops and seconds at each, grade."""

    length: float
    speed: float
    free: float
    stops: float = 0.0
    standing: float = 0.0
    grade: float = 0.0
    payload: float = 0.0
    density: float = 1.2
    headwind: float = 0.0


def bisect(good: Callable[[float], bool], low: float, high: float) -> float:
    """Find the largest value that is good, given that low is and goodness ends but once."""
    if good(high):
        return high
    for _ in range(200):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if good(middle) else (low, middle)
    return low


def cruise(link: Link, body: Body) -> tuple[float, float]:
    """Speed between stops that keeps the mean speed, and the stops that fit."""
    lost = 0.5 / body.up + 0.5 / body.down
    whole, fastest = link.length / link.speed, max(link.free, link.speed)

    def time(v: float, n: float) -> float:
        return link.length / v + n * (lost * v + link.standing)

    def quickest(n: float) -> float:
        return min((link.length / (n * lost)) ** 0.5 if n > 0.0 else np.inf, fastest)

    n = bisect(lambda n: time(quickest(n), n) <= whole, 0.0, link.stops)
    v = bisect(lambda v: time(v, n) >= whole, link.speed, quickest(n))
    return v, n


def profile(links: Sequence[Link], legs: Sequence[int], body: Body) -> list[list[Piece]]:
    """Cut every link into pieces of even change of speed."""
    cruises = [cruise(link, body) for link in links]
    count = len(links)
    join = [0.0] * (count + 1)
    for i in range(1, count):
        if legs[i] == legs[i - 1]:
            join[i] = min(cruises[i - 1][0], cruises[i][0])
    while True:
        before = list(join)
        for i, link in enumerate(links):
            join[i + 1] = min(join[i + 1], (join[i] ** 2 + 2 * body.up * link.length) ** 0.5)
            join[i] = min(join[i], (join[i + 1] ** 2 + 2 * body.down * link.length) ** 0.5)
        if join == before:
            break
    return [
        pieces(links[i], cruises[i][1], join[i], cruises[i][0], join[i + 1], body)
        for i in range(count)
    ]


def pieces(
    link: Link, stops: float, entry: float, fast: float, leave: float, body: Body
) -> list[Piece]:
    """Speed up, go on, stop so many times, slow down."""
    length = link.length
    # Up and down at full rates on the whole link gives the most speed that it has room for.
    room = bisect(
        lambda v: (
            (v * v - entry * entry) / (2 * body.up) + (v * v - leave * leave) / (2 * body.down)
            <= length
        ),
        max(entry, leave), 1e3,
    )  # fmt: skip
    peak = max(min(fast, room), entry, leave)
    ways, wishes = [], []
    for end, rate in ((entry, body.up), (leave, body.down)):
        least = (peak**2 - end**2) / (2 * rate)
        eased = least / (1 - end / peak) if end < peak * (1 - 1e-9) else 0.0
        ways.append(least)
        wishes.append(max(min(0.5 * length, eased) - least, 0.0) if end > 1e-3 else 0.0)
    spare = max(length - sum(ways), 0.0)
    part = min(spare / sum(wishes), 1.0) if sum(wishes) > 0 else 1.0
    rise, fall = (way + part * wish for way, wish in zip(ways, wishes, strict=True))
    left = max(length - rise - fall, 0.0)
    halt, start = peak**2 / (2 * body.down), peak**2 / (2 * body.up)
    times = min(stops, left / (halt + start))
    return [
        (1.0, entry, peak, rise), (1.0, peak, peak, left - times * (halt + start)),
        (times, peak, 0.0, halt), (times, 0.0, peak, start), (1.0, peak, leave, fall),
    ]  # fmt: skip


def link_energy(
    link: Link, parts: Sequence[Piece], body: Body, powertrain: Powertrain, steps: int
) -> dict[str, float]:
    """Joules drawn and returned at the store, driven and braked at the wheels; seconds driven."""
    out = dict.fromkeys(("drawn", "returned", "driven", "braked", "driving", "braking"), 0.0)
    mass = body.mass + link.payload
    for times, slow, fast, metres in parts:
        if times * metres <= 1e-9:
            continue
        seconds = 2.0 * metres / (slow + fast)
        step = seconds / steps
        v = slow + (fast - slow) * (np.arange(steps) + 0.5) / steps
        rate = (fast - slow) / seconds
        force = (mass + body.rotating) * rate + mass * GRAVITY * (body.rolling + link.grade)
        wind = max(link.headwind, -max(s for _, a, b, _ in parts for s in (a, b)))
        power = v * (force + 0.5 * link.density * body.drag_area * (v + wind) ** 2)
        drawn, returned = powertrain(v, power)
        weight = times * step
        out["drawn"] += weight * float(drawn.sum())
        out["returned"] += weight * float(returned.sum())
        out["driven"] += weight * float(np.maximum(power, 0.0).sum())
        out["braked"] += weight * float(np.maximum(-power, 0.0).sum())
        out["driving"] += weight * float((power > 0.0).sum())
        out["braking"] += weight * float((power <= 0.0).sum())
    return out


def polynomials(fit: Any, share: float) -> Powertrain:
    """Return the powertrain that the package fits, moment by moment."""
    limit = min(fit.generator_limit_w, fit.acceptance_limit_w)

    def run(v: np.ndarray, power: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        d0, d1, d2 = fit.drive
        b0, b1, b2 = fit.back
        drawn = np.where(power > 0.0, d0 + d1 * power + d2 * power**2, 0.0)
        caught = np.minimum(np.maximum(-power, 0.0), limit) * share
        back = b1 * caught - b2 * caught**2 - b0
        return drawn, np.where((power < 0.0) & (v > fit.back_speed_m_s), back, 0.0)

    return run


def electric(vehicle: Any) -> Powertrain:
    """Return the curves and limits of an electric vehicle, beside its auxiliaries."""
    aux = vehicle.auxiliary_power_w

    def cells(terminal: np.ndarray) -> np.ndarray:
        eta = vehicle.battery_efficiency
        straight = np.where(terminal > 0.0, terminal / eta, terminal * eta)
        return straight + vehicle.battery_loss_per_w * terminal**2

    def efficiency(shaft: np.ndarray) -> np.ndarray:
        load = shaft / vehicle.motor_power_w
        return np.interp(load, vehicle.motor_load, vehicle.motor_efficiency)

    def run(v: np.ndarray, power: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        eta, base = vehicle.driveline_efficiency, cells(np.array(aux))
        most = vehicle.motor_power_w * eta
        # What is too much for the motor takes longer.
        shaft = np.clip(power, 0.0, most) / eta
        longer = np.maximum(power / most, 1.0)
        drawn = (cells(shaft / efficiency(shaft) + aux) - base) * longer
        fade = vehicle.regeneration_fade_per_m_s * (v + vehicle.regeneration_fade_shift_m_s)
        share = vehicle.regeneration_share / (1.0 + vehicle.regeneration_fade_scale * np.exp(-fade))
        turned = np.minimum(
            np.maximum(-power, 0.0) * share * eta,
            min(vehicle.motor_power_w, vehicle.generating_power_w),
        )
        made = np.minimum(turned * efficiency(turned), vehicle.charge_power_w + aux)
        return np.where(power > 0.0, drawn, 0.0), np.where(power < 0.0, base - cells(aux - made), 0)

    return run
