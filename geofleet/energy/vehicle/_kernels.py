"""Energy of a drive cycle, step by step: arrays and scalars in SI units only.

Two paths give the same numbers. ``_stretch`` does many steps at once where nothing limits the
vehicle: its loops carry nothing from step to step, so the compiler makes them vectors. Where power
is short or the battery is nearly full or empty, ``_step`` does one after the other.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit, prange

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

STRETCH = 128  # steps handled at once
_ANY_ORDER = {"contract", "afn", "arcp", "nsz", "reassoc"}  # sums of a stretch
SINGLY = 32  # steps handled one by one where that fails, before it is tried again

# Rows of the cycle matrix: one column per step
STEP, SPEED, MEAN_SPEED, RATE, SINE, COSINE, LOAD = range(7)
# Entries of the vehicle vector
(
    DIESEL, LOWER_BIN, MASS, DRAG_AREA, ROLLING, ROTATING, DRIVELINE, MOTOR, AUXILIARY, USABLE,
    BATTERY, BATTERY_LOSS, DISCHARGE, CHARGE, GENERATOR, SHARE, FADE_SCALE, FADE_RATE, FADE_SHIFT,
    IDLE, RISE, TRACTION, NODES, CELLS, MOST_ELECTRIC, PAYLOAD, AIR, HEADWIND, GRAVITY, START,
    DRIVE_LIMIT, GENERATE_LIMIT, PLENTY,
) = range(33)  # fmt: skip
VEHICLE = 25  # entries that a vehicle brings; the rest is of the run
# Columns of the conditions of a run
RUN_PAYLOAD, RUN_AIR, RUN_CLIMATE, RUN_HEADWIND, RUN_GRAVITY, RUN_START = range(6)
# Rows of the efficiency nodes; columns of the look-up
(NODE_LOAD, NODE_EFFICIENCY), (CUT, BELOW, BELOW_SLOPE, ABOVE, ABOVE_SLOPE) = range(2), range(5)
# Totals of a run, J but for the first four and the last
(
    DURATION, MET, DISTANCE, WANTED, DRAG, ROLL, KINETIC, POTENTIAL, DRIVE, BRAKING, FRICTION,
    DRIVELINE_HEAT, MOTOR_HEAT, BATTERY_HEAT, AUXILIARIES, REGENERATED, NET, DEFICIT,
) = range(18)  # fmt: skip
TOTALS, RECORDED = 18, 6
REACHED, WHEEL, SHAFT, TERMINAL, STORE, BELOW_FULL = range(6)  # kept of each step, where asked


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _efficiency(table: Floats, way: int, count: float, load: float) -> float:
    """Efficiency at a load: the cell of a uniform grid, cut in two where a node lies in it."""
    w, c = np.uint64(way), np.uint64((load if load < 1.0 else 1.0) * count)
    high = load >= table[w, c, CUT]
    start = table[w, c, ABOVE] if high else table[w, c, BELOW]
    slope = table[w, c, ABOVE_SLOPE] if high else table[w, c, BELOW_SLOPE]
    return float(start + slope * load)


@njit(cache=True, nogil=True, error_model="numpy")
def _shaft(car: Floats, nodes: Floats, electric: float, motoring: bool) -> float:
    """Shaft power that an electric power drives, or that makes it.

    Of the step look-up, where only motoring asks, the power at the node below.
    """
    x = electric / car[MOTOR]
    if x <= 0.0:
        return 0.0
    for s in range(1, int(car[NODES])):
        low, high = nodes[NODE_LOAD, s - 1], nodes[NODE_LOAD, s]
        first, efficiency = nodes[NODE_EFFICIENCY, s - 1], nodes[NODE_EFFICIENCY, s]
        if (high / efficiency if motoring else high * efficiency) > x:
            if car[LOWER_BIN] > 0.0:
                return float(low * car[MOTOR])
            slope = (efficiency - first) / (high - low)
            start = first - slope * low
            if motoring:
                return float(x * start / (1.0 - slope * x) * car[MOTOR])
            return float(2.0 * x / (start + np.sqrt(start * start + 4.0 * slope * x)) * car[MOTOR])
    return float(car[MOTOR])


@njit(cache=True, nogil=True, error_model="numpy")
def _generate_limit(car: Floats, nodes: Floats, table: Floats, charge: float) -> float:
    """Shaft power of the generator when the battery takes ``charge`` at its terminals.

    The step look-up comes with a rule of its own: auxiliaries are not counted, the efficiency is
    that of motoring at the charge power, and the driveline counts twice against the shaft.
    """
    if car[LOWER_BIN] > 0.0:
        if charge <= 0.0:
            return 0.0
        efficiency = _efficiency(table, 0, car[CELLS], charge / car[MOTOR])
        limit = charge / efficiency * car[DRIVELINE] * car[DRIVELINE]
    else:
        limit = _shaft(car, nodes, charge + car[AUXILIARY], False)
    return float(min(limit, car[GENERATOR]))


@njit(cache=True, nogil=True, error_model="numpy")
def _discharge_power(car: Floats, store: float) -> float:
    """Terminal power of the battery while it loses ``store`` inside."""
    inverse = 1.0 / car[BATTERY]
    return float(
        2.0 * store / (inverse + np.sqrt(inverse * inverse + 4.0 * car[BATTERY_LOSS] * store))
    )


@njit(cache=True, nogil=True, error_model="numpy")
def _charge_power(car: Floats, store: float) -> float:
    """Terminal power that adds ``store`` inside the battery, at most the one that adds most."""
    b = car[BATTERY]
    return float(2.0 * store / (b + np.sqrt(max(b * b - 4.0 * car[BATTERY_LOSS] * store, 0.0))))


@njit(cache=True, nogil=True, error_model="numpy")
def _assemble(vehicle: Floats, run: Floats, nodes: Floats, table: Floats) -> Floats:
    """Return the vehicle under the conditions of a run, with the limits that do not change."""
    car = np.empty(33)
    car[:VEHICLE] = vehicle
    car[PAYLOAD], car[AIR], car[HEADWIND] = run[RUN_PAYLOAD], run[RUN_AIR], run[RUN_HEADWIND]
    car[GRAVITY], car[START] = run[RUN_GRAVITY], run[RUN_START]
    car[MASS] += car[PAYLOAD]
    car[DRAG_AREA] *= 0.5 * car[AIR]
    car[AUXILIARY] += run[RUN_CLIMATE]
    car[DRIVE_LIMIT], car[GENERATE_LIMIT] = car[MOTOR], 0.0
    if car[DIESEL] > 0.0:
        car[DRIVE_LIMIT] -= car[AUXILIARY]
        return car
    most = car[MOST_ELECTRIC] + car[AUXILIARY]
    car[PLENTY] = most / car[BATTERY] + car[BATTERY_LOSS] * most * most
    electric = car[DISCHARGE] - car[AUXILIARY]
    if electric < car[MOST_ELECTRIC]:
        car[DRIVE_LIMIT] = _shaft(car, nodes, electric, True)
    car[GENERATE_LIMIT] = car[GENERATOR]
    charge = car[CHARGE]
    if car[BATTERY_LOSS] > 0.0:  # beyond it more power would fill the battery less
        charge = min(charge, 0.5 * car[BATTERY] / car[BATTERY_LOSS])
    if charge < np.inf:
        car[GENERATE_LIMIT] = _generate_limit(car, nodes, table, charge)
    return car


@njit(cache=True, nogil=True, error_model="numpy")
def _wheel_power(
    car: Floats, speed0: float, speed: float, step: float, sine: float, cosine: float, load: float
) -> float:
    """Power at the wheels of one step from speed to speed."""
    mean = 0.5 * (speed0 + speed)
    air = mean + car[HEADWIND]
    mass = car[MASS] + load
    force = car[DRAG_AREA] * air * abs(air) + mass * car[GRAVITY] * (sine + car[ROLLING] * cosine)
    return float((force + (mass + car[ROTATING]) * (speed - speed0) / step) * mean)


@njit(cache=True, nogil=True, error_model="numpy")
def _reachable(
    car: Floats, limit: float, speed0: float, wanted: float, step: float, sine: float,
    cosine: float, load: float,
) -> float:  # fmt: skip
    """Speed at the end of a step that needs just the power ``limit``: Newton kept in a bracket."""
    low, high, speed = 0.0, wanted, wanted
    mass = car[MASS] + load
    for _ in range(100):
        over = _wheel_power(car, speed0, speed, step, sine, cosine, load) - limit
        if over > 0.0:
            high = speed
        else:
            low = speed
        mean = 0.5 * (speed0 + speed)
        air = mean + car[HEADWIND]
        slope = 0.5 * car[DRAG_AREA] * abs(air) * (air + 2.0 * mean)
        slope += 0.5 * mass * car[GRAVITY] * (sine + car[ROLLING] * cosine)
        slope += (mass + car[ROTATING]) * speed / step
        following = speed - over / slope
        if abs(following - speed) <= 1e-12 * wanted:
            return float(min(max(following, low), high))
        if not low < following < high:
            following = 0.5 * (low + high)
        speed = following
    return speed


@njit(cache=True, nogil=True, error_model="numpy")
def _drive_limit(car: Floats, nodes: Floats, step: float, shaft0: float, deficit: float) -> float:
    """Shaft power to the wheels that motor, battery and what is left in it allow in a step."""
    risen = abs(shaft0) + car[RISE] * step
    if car[DIESEL] > 0.0:
        return float(min(car[DRIVE_LIMIT], risen - car[AUXILIARY]))
    limit = min(car[DRIVE_LIMIT], risen)
    left = max(car[USABLE] - deficit, 0.0)
    if left < car[PLENTY] * step:
        left = _discharge_power(car, left / step) - car[AUXILIARY]
        limit = min(limit, _shaft(car, nodes, left, True))
    return float(limit)


@njit(cache=True, nogil=True, error_model="numpy")
def _fade(car: Floats, mean: float) -> float:
    """Part of the braking that is left to the motor at a mean speed."""
    if car[FADE_SCALE] == 0.0:
        return float(car[SHARE])
    slow = np.exp(-car[FADE_RATE] * (mean + car[FADE_SHIFT]))
    return float(car[SHARE] / (1.0 + car[FADE_SCALE] * slow))


@njit(cache=True, nogil=True, error_model="numpy")
def _step(
    car: Floats, nodes: Floats, table: Floats, cycle: Floats, k: int, speed0: float,
    shaft0: float, deficit: float, totals: Floats, kept: Floats, row: int,
) -> tuple[float, float, float]:  # fmt: skip
    """Drive one step within every limit; return speed, shaft power and what the battery lacks.

    Energies go to ``totals``, what may be kept to its row.
    """
    step, wanted = cycle[STEP, k], cycle[SPEED, k]
    sine, cosine, load = cycle[SINE, k], cycle[COSINE, k], cycle[LOAD, k]
    mass, inverse = car[MASS] + load, 1.0 / car[DRIVELINE]
    limit = _drive_limit(car, nodes, step, shaft0, deficit) * car[DRIVELINE]
    grip = car[TRACTION]
    if grip < np.inf:
        limit = min(limit, mass * grip * (speed0 + grip * step) * inverse)
    speed = wanted
    wheel = _wheel_power(car, speed0, speed, step, sine, cosine, load)
    met = wheel <= limit
    if not met:
        speed = _reachable(car, limit, speed0, wanted, step, sine, cosine, load)
        wheel = _wheel_power(car, speed0, speed, step, sine, cosine, load)
    mean = 0.5 * (speed0 + speed)
    air = mean + car[HEADWIND]
    drive, braking = max(wheel, 0.0), max(-wheel, 0.0)
    shaft = drive * inverse
    offered = 0.0
    if braking > 0.0:
        offered = braking * _fade(car, 0.5 * (speed0 + wanted)) * car[DRIVELINE]
    if car[DIESEL] > 0.0:
        taken = min(offered, car[AUXILIARY])
        shaft += car[AUXILIARY] - taken
        terminal, heat, regenerated = 0.0, 0.0, 0.0
        store = shaft / _efficiency(table, 0, car[CELLS], shaft / car[MOTOR])
        if not (taken > 0.0 and taken >= car[AUXILIARY]):
            store = max(store, car[IDLE])
        motor_heat = store - shaft
        turning = shaft
    else:
        taken = min(offered, car[GENERATE_LIMIT])
        if taken > 0.0 and deficit < car[MOST_ELECTRIC] * step:
            room = _charge_power(car, max(deficit, 0.0) / step)
            taken = min(taken, _generate_limit(car, nodes, table, room))
        x = (shaft + taken) / car[MOTOR]
        efficiency = _efficiency(table, 1 if taken > 0.0 else 0, car[CELLS], x)
        regenerated = taken * efficiency
        electric = shaft / efficiency
        motor_heat = (electric + taken) * (1.0 - efficiency)
        terminal = electric - regenerated + car[AUXILIARY]
        square = car[BATTERY_LOSS] * terminal * terminal
        if terminal > 0.0:
            store = terminal / car[BATTERY] + square
            heat = terminal * (1.0 / car[BATTERY] - 1.0) + square
        else:
            store = terminal * car[BATTERY] + square
            heat = terminal * (car[BATTERY] - 1.0) + square
        turning = shaft - taken
    deficit += store * step
    if deficit < 0.0 and car[DIESEL] == 0.0:
        deficit = 0.0  # rounding of the step that fills the battery
    kept[row, REACHED], kept[row, WHEEL], kept[row, SHAFT] = speed, wheel, turning
    kept[row, TERMINAL], kept[row, STORE], kept[row, BELOW_FULL] = terminal, store, deficit
    metres, weight = mean * step, mass * car[GRAVITY]
    flows = (
        step, step if met else 0.0, metres, cycle[MEAN_SPEED, k] * step,
        car[DRAG_AREA] * air * abs(air) * metres, weight * car[ROLLING] * cosine * metres,
        (mass + car[ROTATING]) * (speed - speed0) * mean, weight * sine * metres, drive * step,
        braking * step, (braking - taken * inverse) * step,
        (drive + taken) * (inverse - 1.0) * step, motor_heat * step, heat * step,
        car[AUXILIARY] * step, regenerated * step, store * step,
    )  # fmt: skip
    for j in range(DEFICIT):
        totals[j] += flows[j]
    return speed, turning, deficit


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _electric(
    wheel: float, fade: float, table: Floats, driveline: float, inverse: float, most: float,
    per_motor: float, count: float, auxiliary: float,
) -> tuple[float, float, float, float]:  # fmt: skip
    """Driving at the wheels, shaft power of the generator, efficiency, power of the battery."""
    drive = wheel if wheel > 0.0 else 0.0
    offered = (drive - wheel) * fade * driveline
    taken = offered if offered < most else most
    shaft = drive * inverse
    x = (shaft + taken) * per_motor
    efficiency = _efficiency(table, 1 if taken > 0.0 else 0, count, x)
    return drive, taken, efficiency, shaft / efficiency - taken * efficiency + auxiliary


@njit(cache=True, nogil=True, error_model="numpy", fastmath=_ANY_ORDER)
def _stretch(
    car: Floats, table: Floats, cycle: Floats, first: int, last: int,
    shaft0: float, deficit: float, totals: Floats, scratch: Floats,
) -> tuple[int, float, float]:  # fmt: skip
    """Drive a stretch; return its steps, shaft power at its end, and what the battery then lacks.

    Where something limits it ``totals`` stay as they are; the steps are those before power is
    short, or -1 where the battery is nearly full or empty.
    """
    n = last - first
    wheels, fades, shafts, caps = scratch[0], scratch[1], scratch[2], scratch[3]
    step, speed = cycle[STEP, first:last], cycle[SPEED, first:last]
    mean, rate = cycle[MEAN_SPEED, first:last], cycle[RATE, first:last]
    sine, cosine, load = cycle[SINE, first:last], cycle[COSINE, first:last], cycle[LOAD, first:last]
    curb, area, wind, rotating = car[MASS], car[DRAG_AREA], car[HEADWIND], car[ROTATING]
    weight_rolling, gravity = car[GRAVITY] * car[ROLLING], car[GRAVITY]
    distance = duration = drag_sum = roll_sum = kinetic_sum = potential_sum = 0.0
    for k in range(n):
        metres = mean[k] * step[k]
        air = mean[k] + wind
        mass = curb + load[k]
        drag = area * air * abs(air)
        roll = mass * weight_rolling * cosine[k]
        rise = mass * gravity * sine[k]
        inertia = (mass + rotating) * rate[k]
        wheels[k] = (drag + roll + rise + inertia) * mean[k]
        duration += step[k]
        distance += metres
        drag_sum += drag * metres
        roll_sum += roll * metres
        potential_sum += rise * metres
        kinetic_sum += inertia * metres
    for k in range(n):
        fades[k] = _fade(car, mean[k]) if wheels[k] < 0.0 else 0.0
    diesel = car[DIESEL] > 0.0
    driveline, inverse = car[DRIVELINE], 1.0 / car[DRIVELINE]
    limit, auxiliary = car[DRIVE_LIMIT] * car[DRIVELINE], car[AUXILIARY]
    # shaft power that braking can give: to the battery, or to the auxiliaries of a diesel
    taken_most = auxiliary if diesel else car[GENERATE_LIMIT]
    per_motor, count = 1.0 / car[MOTOR], car[CELLS]
    battery, out_of_battery = car[BATTERY], 1.0 / car[BATTERY]
    loss, idle = car[BATTERY_LOSS], car[IDLE]
    for k in range(n):
        drive = wheels[k] if wheels[k] > 0.0 else 0.0
        offered = (drive - wheels[k]) * fades[k] * driveline
        taken = offered if offered < taken_most else taken_most
        shafts[k + 1] = drive * inverse + (auxiliary - taken if diesel else taken)
    shafts[0] = abs(shaft0)
    rising, grip, fixed = car[RISE], car[TRACTION], auxiliary if diesel else 0.0
    short = 0
    for k in range(n):
        risen = (shafts[k] + rising * step[k] - fixed) * driveline
        held = (curb + load[k]) * grip * (2.0 * mean[k] - speed[k] + grip * step[k]) * inverse
        cap = limit if limit < risen else risen
        caps[k] = cap if cap < held else held
        short += wheels[k] > caps[k]
    if short > 0:
        k = 0
        while wheels[k] <= caps[k]:
            k += 1
        return k, 0.0, 0.0
    drive_sum = brake_sum = taken_sum = shaft_sum = back_sum = 0.0
    drawn_sum = given_sum = square_sum = motor_heat = net_sum = charged = 0.0
    # The loops below store nothing: look-ups may be done many at a time.
    if diesel:
        for k in range(n):
            drive = wheels[k] if wheels[k] > 0.0 else 0.0
            braking = drive - wheels[k]
            offered = braking * fades[k] * driveline
            taken = offered if offered < taken_most else taken_most
            shaft = drive * inverse + auxiliary - taken
            store = shaft / _efficiency(table, 0, count, shaft * per_motor)
            pushed = (taken > 0.0) & (taken >= auxiliary)
            store = store if (store > idle) | pushed else idle
            drive_sum += drive * step[k]
            brake_sum += braking * step[k]
            taken_sum += taken * step[k]
            shaft_sum += shaft * step[k]
            net_sum += store * step[k]
    else:
        for k in range(n):
            drive, taken, efficiency, terminal = _electric(
                wheels[k], fades[k], table, driveline, inverse, taken_most, per_motor, count,
                auxiliary,
            )  # fmt: skip
            back = taken * efficiency
            drawn = terminal if terminal > 0.0 else 0.0
            given = drawn - terminal
            square = loss * terminal * terminal
            store = drawn * out_of_battery - given * battery + square
            drive_sum += drive * step[k]
            brake_sum += (drive - wheels[k]) * step[k]
            taken_sum += taken * step[k]
            back_sum += back * step[k]
            drawn_sum += drawn * step[k]
            given_sum += given * step[k]
            square_sum += square * step[k]
            motor_heat += (terminal - auxiliary + back + taken) * (1.0 - efficiency) * step[k]
            net_sum += store * step[k]
            charged += (store if store < 0.0 else 0.0) * step[k]
    # The rule of the step look-up for a nearly full or empty battery may bind before it is so.
    margin = 0.0
    if car[LOWER_BIN] > 0.0:
        longest = 0.0
        for k in range(n):
            longest = max(longest, step[k])
        margin = (car[MOST_ELECTRIC] + auxiliary) * longest * out_of_battery
    lowest, highest = deficit + charged, deficit + net_sum - charged
    if not diesel and highest > car[USABLE] - margin:
        return -1, 0.0, 0.0
    if not diesel and lowest < margin:
        # All charging of the stretch at once would overfill the battery: does it in its turn?
        lacking = deficit
        for k in range(n):
            _, _, _, terminal = _electric(
                wheels[k], fades[k], table, driveline, inverse, taken_most, per_motor, count,
                auxiliary,
            )  # fmt: skip
            store = terminal * (out_of_battery if terminal > 0.0 else battery)
            lacking += (store + loss * terminal * terminal) * step[k]
            if lacking < margin:
                return -1, 0.0, 0.0
    heat = drawn_sum * (out_of_battery - 1.0) + given_sum * (1.0 - battery) + square_sum
    if diesel:
        motor_heat, heat = net_sum - shaft_sum, 0.0
    sums = (
        duration, duration, distance, distance, drag_sum, roll_sum, kinetic_sum, potential_sum,
        drive_sum, brake_sum, brake_sum - taken_sum * inverse,
        (drive_sum + taken_sum) * (inverse - 1.0), motor_heat, heat, auxiliary * duration,
        back_sum, net_sum,
    )  # fmt: skip
    for j in range(DEFICIT):
        totals[j] += sums[j]
    return n, shafts[n], deficit + net_sum


@njit(cache=True, nogil=True, error_model="numpy")
def _drive(
    car: Floats, nodes: Floats, table: Floats, cycle: Floats, begin: int, end: int,
    start_speed: float, totals: Floats, scratch: Floats, kept: Floats,
) -> None:  # fmt: skip
    """Drive a whole cycle: stretches where nothing limits, steps where something does.

    ``kept`` with a row for every step records all of them, and so takes every one singly.
    """
    speed, shaft, deficit = start_speed, 0.0, 0.0
    if car[DIESEL] == 0.0:
        deficit = car[USABLE] * (1.0 - car[START])
    record = kept.shape[0] > 1
    first, last = begin, min(begin + STRETCH, end)
    while first < end:
        singly = SINGLY if record else 0
        if not record:
            steps, after, lacking = _stretch(
                car, table, cycle, first, last, shaft, deficit, totals, scratch
            )
            if steps == last - first:
                speed, shaft, deficit = cycle[SPEED, last - 1], after, lacking
                first, last = last, min(last + STRETCH, end)
                continue
            if steps > 0:
                last = first + steps  # as far as that goes at once
                continue
            singly = 1 if steps == 0 else SINGLY
        k = first
        while k < end and (k < first + singly or speed != cycle[SPEED, k - 1]):
            row = k - begin if record else 0
            speed, shaft, deficit = _step(
                car, nodes, table, cycle, k, speed, shaft, deficit, totals, kept, row
            )
            k += 1
        first, last = k, min(k + STRETCH, end)
    totals[DEFICIT] = deficit


@njit(cache=True, nogil=True, error_model="numpy", parallel=True)
def drive_runs(
    cycle_start: Integers, cycles: Floats, start_speed: Floats, vehicles: Floats, nodes: Floats,
    tables: Floats, run_cycle: Integers, run_vehicle: Integers, conditions: Floats,
) -> Floats:  # fmt: skip
    """Totals of every run of a cycle by a vehicle under conditions, one row each.

    ``cycles`` holds the prepared cycles side by side; that of number i has the columns from
    ``cycle_start[i]`` to ``cycle_start[i + 1]``.
    """
    runs = run_cycle.size
    out = np.zeros((runs, TOTALS))
    for r in prange(runs):
        i, j = run_cycle[r], run_vehicle[r]
        car = _assemble(vehicles[j], conditions[r], nodes[j], tables[j])
        scratch = np.empty((4, STRETCH + 1))
        _drive(
            car, nodes[j], tables[j], cycles, cycle_start[i], cycle_start[i + 1], start_speed[i],
            out[r], scratch, np.empty((1, RECORDED)),
        )  # fmt: skip
    return out


@njit(cache=True, nogil=True, error_model="numpy")
def record_run(
    cycle: Floats, start_speed: float, vehicle: Floats, nodes: Floats, table: Floats, run: Floats
) -> tuple[Floats, Floats]:
    """Totals of one run, and the ``RECORDED`` quantities of each of its steps (rows)."""
    car = _assemble(vehicle, run, nodes, table)
    totals, steps, scratch = np.zeros(TOTALS), cycle.shape[1], np.empty((4, 1))
    kept = np.empty((steps, RECORDED))
    _drive(car, nodes, table, cycle, 0, steps, start_speed, totals, scratch, kept)
    return totals, kept
