"""Numba kernels of the emissions package: arrays and scalars only.

Speeds are in km/h and factors in grams per kilometre here, the units in which the published
functions are defined; converting them would change every coefficient.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit, prange

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.int32]

# Layout of one function in the coefficient array.
ALPHA, BETA, GAMMA, DELTA, EPSILON, ZITA, HTA, SCALE = range(8)
SPEED_MIN, SPEED_MAX, GUARD_FROM, GUARD_TO, GUARD_VALUE, GUARD_SLOPE = range(8, 14)
COEFFICIENTS = 14

# Bits of the flag word of a traversal.
SPEED_BELOW, SPEED_ABOVE, GRADE_CLAMPED, GRADE_UNKNOWN = 1, 2, 4, 8
OVER_CAPACITY, REPAIRED, GRADE_NOT_MODELLED, LOAD_NOT_MODELLED = 16, 32, 64, 128
DOUBTFUL = 256


@njit(cache=True, nogil=True)
def hot_factor(c: Floats, speed_kmh: float) -> tuple[float, int]:
    """Return grams (or megajoules) per kilometre of one function, and the flags it raised.

    Speeds outside the declared range take the value at its end; between the guard speeds the
    guard's line stands in for the published formula.
    """
    flags = 0
    v = speed_kmh
    if v < c[SPEED_MIN]:
        v = c[SPEED_MIN]
        flags |= SPEED_BELOW
    elif v > c[SPEED_MAX]:
        v = c[SPEED_MAX]
        flags |= SPEED_ABOVE
    # NaN guard speeds (no guard) compare false.
    if c[GUARD_FROM] <= v <= c[GUARD_TO]:
        return c[GUARD_VALUE] + c[GUARD_SLOPE] * (v - c[GUARD_FROM]), flags | REPAIRED
    top = (c[ALPHA] * v + c[BETA]) * v + c[GAMMA] + c[DELTA] / v
    bottom = (c[EPSILON] * v + c[ZITA]) * v + c[HTA]
    return top / bottom * c[SCALE], flags


@njit(cache=True, nogil=True)
def bracket(nodes: Floats, x: float) -> tuple[int, float]:
    """Return the interval of ascending nodes that holds ``x`` (inside) and the share of its end."""
    last = len(nodes) - 2
    i = 0
    while i < last and x > nodes[i + 1]:
        i += 1
    return i, (x - nodes[i]) / (nodes[i + 1] - nodes[i])


@njit(cache=True, nogil=True)
def speed_correction(curve: Floats, speed_kmh: float) -> float:
    """Return the wear speed correction: low constant, straight line, high constant."""
    if speed_kmh < curve[0]:
        return float(curve[1])
    if speed_kmh > curve[4]:
        return float(curve[5])
    return float(curve[2] * speed_kmh + curve[3])


@njit(cache=True, nogil=True, parallel=True)
def traversal_grams(
    vehicle_day: Numbers,
    edge: Numbers,
    length_m: Floats,
    speed_kmh: Singles,
    payload_kg: Singles,
    grade: Floats,
    day_function: Numbers,
    day_capacity_kg: Floats,
    day_wear: Floats,
    functions: Floats,
    flat: npt.NDArray[np.bool_],
    doubtful: npt.NDArray[np.bool_],
    slope_nodes: Floats,
    load_nodes: Floats,
    fuel_kg_per_mj: float,
    co2_kg_per_kg: float,
    tyre_curve: Floats,
    brake_curve: Floats,
    shares: Floats,
    grams: Floats,
    flags: npt.NDArray[np.uint16],
) -> None:
    """Fill ``grams`` (8, n) and ``flags`` (n) for n traversals.

    ``functions`` has shape (vehicle kinds, 5 pollutants, 7 slopes, 3 loads, COEFFICIENTS);
    ``day_function`` names the kind of each vehicle-day, -1 for no exhaust. ``day_wear`` holds
    particle grams per kilometre: tyre and its rise with load, brake and its rise, road.
    """
    lowest, highest = slope_nodes[0], slope_nodes[-1]
    for i in prange(len(edge)):
        day = vehicle_day[i]
        kind = day_function[day]
        km = length_m[i] / 1000.0
        v = np.float64(speed_kmh[i])
        payload = np.float64(payload_kg[i])
        capacity = day_capacity_kg[day]
        flag = 0
        load = 0.0
        # Payloads are held in single precision: so must the limit be, or a full truck is too full.
        if payload > np.float32(capacity):
            load = 1.0
            flag |= OVER_CAPACITY
        elif payload > 0.0:
            load = min(1.0, payload / capacity)

        if kind >= 0:
            if doubtful[kind]:
                flag |= DOUBTFUL
            slope = grade[edge[i]]
            if np.isnan(slope):
                slope = 0.0
                flag |= GRADE_UNKNOWN
            if flat[kind]:
                if slope != 0.0:
                    flag |= GRADE_NOT_MODELLED
                if load != 0.0:
                    flag |= LOAD_NOT_MODELLED
                slope, load_used = 0.0, 0.0
            else:
                load_used = load
                if slope < lowest:
                    slope = lowest
                    flag |= GRADE_CLAMPED
                elif slope > highest:
                    slope = highest
                    flag |= GRADE_CLAMPED
            s, ws = bracket(slope_nodes, slope)
            p, wp = bracket(load_nodes, load_used)
            for q in range(5):
                factor = 0.0
                for a in range(2):
                    wa = ws if a == 1 else 1.0 - ws
                    if wa == 0.0:
                        continue
                    for b in range(2):
                        wb = wp if b == 1 else 1.0 - wp
                        if wb == 0.0:
                            continue
                        value, raised = hot_factor(functions[kind, q, s + a, p + b], v)
                        factor += wa * wb * value
                        flag |= raised
                if q < 4:
                    grams[q, i] = factor * km
                else:
                    fuel = factor * fuel_kg_per_mj * 1000.0 * km
                    grams[4, i] = fuel
                    grams[5, i] = fuel * co2_kg_per_kg
        else:
            for q in range(6):
                grams[q, i] = 0.0

        tyre = (day_wear[day, 0] + day_wear[day, 1] * load) * speed_correction(tyre_curve, v)
        brake = (day_wear[day, 2] + day_wear[day, 3] * load) * speed_correction(brake_curve, v)
        road = day_wear[day, 4]
        for q in range(2):
            wear = tyre * shares[0, q] + brake * shares[1, q] + road * shares[2, q]
            grams[6 + q, i] = wear * km
        flags[i] = flag


@njit(cache=True, nogil=True, parallel=True)
def group_sums(
    values: Floats, order: npt.NDArray[np.int64], starts: npt.NDArray[np.int64], out: Floats
) -> None:
    """Sum the columns of ``values`` (q, n) by group into ``out`` (q, groups), compensated.

    Group g is ``order[starts[g]:starts[g + 1]]``. Neumaier's summation: the total does not depend
    on how the groups are cut beyond the last bit.
    """
    for g in prange(len(starts) - 1):
        for q in range(values.shape[0]):
            total = 0.0
            lost = 0.0
            for k in range(starts[g], starts[g + 1]):
                x = values[q, order[k]]
                t = total + x
                if abs(total) >= abs(x):
                    lost += (total - t) + x
                else:
                    lost += (x - t) + total
                total = t
            out[q, g] = total + lost
