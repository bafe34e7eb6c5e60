"""Energy of a link and of a day: arrays and scalars in SI units only.

A link is driven as a trapezoid: change from the entry speed to the cruise speed, cruise, full
stops on the way, change to the exit speed. Acceleration is constant in each part, so v² is
linear in distance, the wheel force is linear in distance too, and its positive and negative work
are exact in closed form.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit, prange

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

GRAVITY = 9.80665  # m/s2, standard gravity
SHORTEST = 1e-6  # m; below it a traversal is a point

# Columns of the model matrix
CURB, DRAG_AREA, ROLLING, MOTOR_POWER, AUXILIARY, BATTERY = range(6)
# Entries of the physics vector
(
    ACCELERATION, BRAKING, INERTIA, DRIVE_EFFICIENCY, REGENERATION_EFFICIENCY,
    AUXILIARY_EFFICIENCY, WHEEL_POWER_SHARE, REGENERATION_POWER_SHARE, REGENERATION_SHARE,
    CUTOFF_SPEED, CLIMBING_SPEED, RESERVE, START, STOP_SHARE,
) = range(14)  # fmt: skip

# Gauss–Legendre nodes and weights on [-1, 1], eight points
_NODES = np.polynomial.legendre.leggauss(8)[0]
_WEIGHTS = np.polynomial.legendre.leggauss(8)[1]


@njit(cache=True, nogil=True, error_model="numpy")
def link_cruise(
    length: float,
    speed: float,
    stops: float,
    acceleration: float,
    braking: float,
    standing: float,
    above_mean: float,
) -> tuple[float, float]:
    """Cruise speed that keeps the mean speed in spite of the stops, and the stops that fit.

    Time L/v + n (s v + w) = L/v̄ = T with s = 1/2a + 1/2b and standing time w; the slower root.
    Stops are cut to the number for which v ≤ v̄ + Δ, and to that for which a root exists:
    (T - n w)² ≥ 4 n s L, which is the case without any cruising between stops.
    """
    if length < SHORTEST or speed <= 0.0:
        return 1e3, 0.0
    per_stop = 0.5 / acceleration + 0.5 / braking
    duration = length / speed
    fastest = speed + above_mean
    fitting = (duration - length / fastest) / (per_stop * fastest + standing)
    middle = 2.0 * duration * standing + 4.0 * per_stop * length
    root = middle * middle - (2.0 * standing * duration) ** 2
    rooted = 2.0 * duration * duration / (middle + np.sqrt(max(root, 0.0)))
    fitting = max(min(stops, fitting, rooted), 0.0)
    duration -= fitting * standing
    root = duration * duration - 4.0 * fitting * per_stop * length
    return 2.0 * length / (duration + np.sqrt(max(root, 0.0))), fitting


@njit(cache=True, nogil=True, error_model="numpy", parallel=True)
def speed_profiles(
    day_start: Integers,
    leg: Integers,
    length: Floats,
    speed: Floats,
    stops: Floats,
    acceleration: float,
    braking: float,
    standing: float,
    above_mean: float,
) -> tuple[Floats, Floats, Floats, Floats]:
    """Entry, peak and exit speed and number of stops of every traversal.

    Speeds at the ends of links are the lower of the two cruise speeds, zero at the ends of a
    leg, then lowered forwards and backwards until no change exceeds the accelerations.
    """
    n = length.size
    entry, peak, leave = np.zeros(n), np.zeros(n), np.zeros(n)
    fitting = np.zeros(n)
    for day in prange(day_start.size - 1):
        first, last = day_start[day], day_start[day + 1]
        for t in range(first, last):
            peak[t], fitting[t] = link_cruise(
                length[t], speed[t], stops[t], acceleration, braking, standing, above_mean
            )
        for t in range(first, last):
            if t > first and leg[t] == leg[t - 1]:
                limit = np.sqrt(entry[t - 1] ** 2 + 2.0 * acceleration * length[t - 1])
                entry[t] = min(limit, peak[t - 1], peak[t])
        for t in range(last - 1, first - 1, -1):
            if t + 1 < last and leg[t + 1] == leg[t]:
                leave[t] = entry[t + 1]
            limit = np.sqrt(leave[t] ** 2 + 2.0 * braking * length[t])
            entry[t] = min(entry[t], limit)
        for t in range(first, last):
            reach = 2.0 * acceleration * braking * length[t]
            reach += braking * entry[t] ** 2 + acceleration * leave[t] ** 2
            peak[t] = min(peak[t], np.sqrt(reach / (acceleration + braking)))
            peak[t] = max(peak[t], entry[t], leave[t])
    return entry, peak, leave, fitting


@njit(cache=True, nogil=True, error_model="numpy")
def _negative_work(
    force0: float,
    force1: float,
    distance: float,
) -> float:
    """Work of the negative part of a force that is linear in distance (a positive number)."""
    if force0 >= 0.0 and force1 >= 0.0:
        return 0.0
    if force0 <= 0.0 and force1 <= 0.0:
        return -0.5 * (force0 + force1) * distance
    low = min(force0, force1)
    return 0.5 * low * low / abs(force0 - force1) * distance


@njit(cache=True, nogil=True, error_model="numpy")
def segment_work(
    base: float,
    drag: float,
    square0: float,
    square1: float,
    distance: float,
    cutoff: float,
    power_limit: float,
) -> tuple[float, float, float]:
    """Work of one part of a link: driving, braking, and braking that the motor can take.

    The wheel force is ``base + drag v²`` (inertia, rolling and grade are in ``base``), with v²
    running linearly from ``square0`` to ``square1``. The motor takes what is braked above the
    cut-off speed up to its power; that integral is by quadrature where the limit may bind.
    """
    force0, force1 = base + drag * square0, base + drag * square1
    braking = _negative_work(force0, force1, distance)
    driving = 0.5 * (force0 + force1) * distance + braking
    if braking <= 0.0:
        return driving, 0.0, 0.0
    low, high = 0.0, 1.0  # part of the distance in which speed exceeds the cut-off
    cut = cutoff * cutoff
    if square0 < cut and square1 < cut:
        return driving, braking, 0.0
    if square0 < cut:
        low = (cut - square0) / (square1 - square0)
    elif square1 < cut:
        high = (square0 - cut) / (square0 - square1)
    a0, a1 = square0 + (square1 - square0) * low, square0 + (square1 - square0) * high
    f0, f1 = base + drag * a0, base + drag * a1
    part = (high - low) * distance
    if max(-f0, -f1) * np.sqrt(max(a0, a1)) <= power_limit:
        return driving, braking, _negative_work(f0, f1, part)
    taken = 0.0
    for i in range(8):
        x = 0.5 * (1.0 + _NODES[i])
        speed = np.sqrt(a0 + (a1 - a0) * x)
        force = max(-(f0 + (f1 - f0) * x), 0.0)
        taken += 0.5 * _WEIGHTS[i] * min(force, power_limit / speed)
    return driving, braking, min(taken * part, braking)


@njit(cache=True, nogil=True, error_model="numpy")
def link_work(
    length: float,
    entry: float,
    peak: float,
    leave: float,
    stops: float,
    mass: float,
    grade: float,
    density: float,
    model: Floats,
    physics: Floats,
) -> tuple[float, float, float]:
    """Work at the wheels over one traversal: driving, braking, braking sent to the motor (J).

    ``length`` is a map length, so ``mass g grade length`` is exactly the potential energy.
    """
    if length < SHORTEST or peak <= 0.0:
        return 0.0, 0.0, 0.0
    accelerate, brake = physics[ACCELERATION], physics[BRAKING]
    inertia = mass * physics[INERTIA]
    road = mass * GRAVITY * (model[ROLLING] + grade)
    drag = 0.5 * density * model[DRAG_AREA]
    cutoff = physics[CUTOFF_SPEED]
    limit = model[MOTOR_POWER] * physics[REGENERATION_POWER_SHARE]
    square = peak * peak
    rise = (square - entry * entry) / (2.0 * accelerate)
    fall = (square - leave * leave) / (2.0 * brake)
    cruise = max(length - rise - fall, 0.0)
    up, down = square / (2.0 * accelerate), square / (2.0 * brake)
    cycles = min(stops, cruise / (up + down))
    cruise = max(cruise - cycles * (up + down), 0.0)

    drive, braked, taken = segment_work(
        road + inertia * accelerate, drag, entry * entry, square, rise, cutoff, limit
    )
    d, b, r = segment_work(road, drag, square, square, cruise, cutoff, limit)
    drive, braked, taken = drive + d, braked + b, taken + r
    d, b, r = segment_work(road - inertia * brake, drag, square, leave * leave, fall, cutoff, limit)
    drive, braked, taken = drive + d, braked + b, taken + r
    if cycles > 0.0:
        d, b, r = segment_work(road - inertia * brake, drag, square, 0.0, down, cutoff, limit)
        drive, braked, taken = drive + cycles * d, braked + cycles * b, taken + cycles * r
        d, b, r = segment_work(road + inertia * accelerate, drag, 0.0, square, up, cutoff, limit)
        drive, braked, taken = drive + cycles * d, braked + cycles * b, taken + cycles * r
    return drive, braked, taken * physics[REGENERATION_SHARE]


@njit(cache=True, nogil=True, error_model="numpy")
def too_steep(
    peak: float,
    mass: float,
    grade: float,
    density: float,
    model: Floats,
    physics: Floats,
) -> bool:
    """Whether the motor cannot hold the climbing speed (or the link's, if lower)."""
    speed = min(peak, physics[CLIMBING_SPEED])
    force = mass * GRAVITY * (model[ROLLING] + grade)
    force += 0.5 * density * model[DRAG_AREA] * speed * speed
    return bool(force * speed > model[MOTOR_POWER] * physics[WHEEL_POWER_SHARE])


@njit(cache=True, nogil=True, error_model="numpy", parallel=True)
def traversal_work(
    length: Floats,
    speed: Floats,
    payload: Floats,
    grade: Floats,
    density: Floats,
    climate: Floats,
    entry: Floats,
    peak: Floats,
    leave: Floats,
    stops: Floats,
    model: Floats,
    physics: Floats,
) -> Floats:
    """Battery energy of every traversal for one model, joules.

    Columns: traction, regenerated (into the battery), auxiliary, braking (at the wheels).
    """
    out = np.zeros((length.size, 4))
    for t in prange(length.size):
        drive, braked, taken = link_work(
            length[t], entry[t], peak[t], leave[t], stops[t], model[CURB] + payload[t],
            grade[t], density[t], model, physics,
        )  # fmt: skip
        duration = length[t] / speed[t] if speed[t] > 0.0 else 0.0
        out[t, 0] = drive / physics[DRIVE_EFFICIENCY]
        out[t, 1] = taken * physics[REGENERATION_EFFICIENCY]
        out[t, 2] = (model[AUXILIARY] + climate[t]) * duration / physics[AUXILIARY_EFFICIENCY]
        out[t, 3] = braked
    return out


@njit(cache=True, nogil=True, error_model="numpy", parallel=True)
def day_charge(
    day_start: Integers,
    leg: Integers,
    length: Floats,
    speed: Floats,
    payload: Floats,
    grade: Floats,
    density: Floats,
    climate: Floats,
    entry: Floats,
    peak: Floats,
    leave: Floats,
    stops: Floats,
    stop_start: Integers,
    stop_number: Integers,
    stop_reached: npt.NDArray[np.bool_],
    dwell: Floats,
    dwell_climate: Floats,
    models: Floats,
    physics: Floats,
) -> tuple[Floats, Integers, Floats, Floats]:
    """State of charge through every vehicle-day for every model.

    Returns ``totals`` (day, model, 8): traction, regenerated, auxiliary, braking, refused
    (joules), charge at the end and lowest charge (1 = full), auxiliary at stops (joules);
    ``failing`` (day, model, 2): first stop not reached with the reserve whole, first stop not
    reached for want of power (-1 none); ``soc`` and ``used`` (model, stop) on arrival.
    """
    n_days, n_models = day_start.size - 1, models.shape[0]
    totals = np.zeros((n_days, n_models, 8))
    failing = np.full((n_days, n_models, 2), -1, np.int64)
    soc = np.full((n_models, stop_number.size), np.nan)
    used = np.full((n_models, stop_number.size), np.nan)
    for item in prange(n_days * n_models):
        day, m = item // n_models, item % n_models
        model = models[m]
        battery = model[BATTERY]
        charge = physics[START]
        lowest, leg_lowest = charge, charge
        spent = 0.0
        k, last_stop = stop_start[day] - 1, stop_start[day + 1]
        t, last = day_start[day], day_start[day + 1]
        weak = False
        while True:
            # Arrive at every stop that comes before the next traversal
            before = leg[t] if t < last else np.int64(2**62)
            while k + 1 < last_stop and stop_number[k + 1] <= before:
                k += 1
                if not stop_reached[k]:
                    continue
                soc[m, k], used[m, k] = charge, spent
                if leg_lowest < physics[RESERVE] and failing[day, m, 0] < 0:
                    failing[day, m, 0] = stop_number[k]
                if weak and failing[day, m, 1] < 0:
                    failing[day, m, 1] = stop_number[k]
                power = (model[AUXILIARY] + dwell_climate[k]) * physics[STOP_SHARE]
                energy = power * dwell[k] / physics[AUXILIARY_EFFICIENCY]
                totals[day, m, 2] += energy
                totals[day, m, 7] += energy
                spent += energy
                charge -= energy / battery
                leg_lowest = charge
                lowest = min(lowest, charge)
            if t >= last:
                break
            mass = model[CURB] + payload[t]
            drive, braked, taken = link_work(
                length[t], entry[t], peak[t], leave[t], stops[t], mass, grade[t], density[t],
                model, physics,
            )  # fmt: skip
            if too_steep(peak[t], mass, grade[t], density[t], model, physics):
                weak = True
            duration = length[t] / speed[t] if speed[t] > 0.0 else 0.0
            traction = drive / physics[DRIVE_EFFICIENCY]
            returned = taken * physics[REGENERATION_EFFICIENCY]
            auxiliary = (model[AUXILIARY] + climate[t]) * duration
            auxiliary /= physics[AUXILIARY_EFFICIENCY]
            net = traction + auxiliary - returned
            refused = max(charge - net / battery - 1.0, 0.0) * battery
            net += refused
            charge -= net / battery
            spent += net
            leg_lowest = min(leg_lowest, charge)
            lowest = min(lowest, charge)
            totals[day, m, 0] += traction
            totals[day, m, 1] += returned - refused
            totals[day, m, 2] += auxiliary
            totals[day, m, 3] += braked
            totals[day, m, 4] += refused
            t += 1
        if charge < physics[RESERVE] and failing[day, m, 0] < 0 and last_stop > stop_start[day]:
            failing[day, m, 0] = stop_number[last_stop - 1]
        totals[day, m, 5] = charge
        totals[day, m, 6] = lowest
    return totals, failing, soc, used
