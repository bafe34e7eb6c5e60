"""Numba kernels of the emissions package: arrays and scalars only.

Speeds are in km/h and factors in g/km, the units in which the published functions are defined.

An engine is a row of ``shape`` (functions of NOx, PM2.5, CO, VOC and energy, -1 for none), of
``reference`` (energy function that turns a pollutant into grams per unit of fuel, -1 where it is
used per kilometre), of ``coefficients`` (below), of ``per_km`` (methane, nitrous oxide, ammonia in
g/km by driving situation) and of ``electric`` (kWh/km at three speeds).
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

# Bases: what the functions give.
NOX, PM25, CO, VOC, ENERGY = range(5)
BASES = 5

# Layout of the coefficients of an engine: factors on the five bases, shares, fuel and upstream.
NO2_SHARE, BC_SHARE, OC_SHARE, FUEL_G_MJ, CO2_G_G, SO2_G_G = range(5, 11)
WTT_SHARE, WTT_G_MJ, WTT_G_KWH, GWP_CH4, GWP_N2O, CH4_G_MJ = range(11, 17)
# Factor on energy before technology and states, and the limits of its ratio to that of a shape.
PLAIN_ENERGY, RATIO_LOW, RATIO_HIGH = range(17, 20)
ENGINE_COEFFICIENTS = 20

# Rows of the output: QUANTITIES in this order.
OUT_NOX, OUT_NO2, OUT_PM25, OUT_BC, OUT_OC, OUT_CO, OUT_VOC = range(7)
OUT_CH4, OUT_N2O, OUT_NH3, OUT_SO2, OUT_FUEL, OUT_CO2 = range(7, 13)
OUT_ENERGY, OUT_KWH, OUT_TTW, OUT_WTT, OUT_WTW = range(13, 18)
OUT_PM25_WEAR, OUT_PM10_WEAR = range(18, 20)
OUTPUTS = 20

# Bits of the flag word of a traversal.
SPEED_BELOW, SPEED_ABOVE, GRADE_CLAMPED, GRADE_UNKNOWN = 1, 2, 4, 8
OVER_CAPACITY, REPAIRED, GRADE_NOT_MODELLED, LOAD_NOT_MODELLED = 16, 32, 64, 128
DOUBTFUL, RATIO_LIMITED = 256, 512

# What a call computes: any sum of these.
HOT, COLD, IDLE, WEAR = 1, 2, 4, 8

_MJ_KWH = 3.6
_HOURS = 24
_BLOCK = 64


@njit(cache=True, nogil=True, error_model="numpy")
def hot_factor(c: Floats, speed_kmh: float) -> tuple[float, int]:
    """Return g/km (MJ/km) of one function, and the flags it raised.

    Speeds outside the range take the value at its end; between the guard speeds the guard's line
    stands in for the published formula.
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


@njit(cache=True, nogil=True, error_model="numpy")
def bracket(nodes: Floats, x: float) -> tuple[int, float]:
    """Return the interval of ascending nodes that holds ``x`` (inside) and the share of its end."""
    last = len(nodes) - 2
    i = 0
    while i < last and x > nodes[i + 1]:
        i += 1
    return i, (x - nodes[i]) / (nodes[i + 1] - nodes[i])


@njit(cache=True, nogil=True, error_model="numpy")
def interpolated_factor(
    function: Floats, s: int, ws: float, p: int, wp: float, speed_kmh: float
) -> tuple[float, int]:
    """Return one function (slopes, loads, coefficients) between two slopes and two loads."""
    factor = 0.0
    flags = 0
    for a in range(2):
        wa = ws if a == 1 else 1.0 - ws
        if wa == 0.0:
            continue
        for b in range(2):
            wb = wp if b == 1 else 1.0 - wp
            if wb == 0.0:
                continue
            value, raised = hot_factor(function[s + a, p + b], speed_kmh)
            factor += wa * wb * value
            flags |= raised
    return factor, flags


@njit(cache=True, nogil=True, error_model="numpy")
def speed_correction(curve: Floats, speed_kmh: float) -> float:
    """Return the wear speed correction: low constant, straight line, high constant."""
    if speed_kmh < curve[0]:
        return float(curve[1])
    if speed_kmh > curve[4]:
        return float(curve[5])
    return float(curve[2] * speed_kmh + curve[3])


@njit(cache=True, nogil=True, error_model="numpy")
def electricity_kwh_km(curve: Floats, speeds: Floats, speed_kmh: float) -> float:
    """Return electricity per kilometre: straight lines between speeds, constant outside."""
    i, share = bracket(speeds, min(max(speed_kmh, speeds[0]), speeds[-1]))
    return float(curve[i] + share * (curve[i + 1] - curve[i]))


@njit(cache=True, nogil=True, error_model="numpy")
def situation(speed_kmh: float, rural_from_kmh: float, highway_from_kmh: float) -> int:
    """Return the driving situation: 0 urban, 1 rural, 2 highway."""
    if speed_kmh < rural_from_kmh:
        return 0
    return 1 if speed_kmh < highway_from_kmh else 2


@njit(cache=True, nogil=True, error_model="numpy")
def queue_h(km: float, speed_kmh: float, slowest_kmh: float, delay_s: float) -> float:
    """Return hours stood in a queue.

    The time beyond that of the slowest speed of the functions, as far as signals and stop signs
    (``delay_s``) explain it.
    """
    if speed_kmh >= slowest_kmh:
        return 0.0
    return float(min(delay_s / 3600.0, km / speed_kmh - km / slowest_kmh))


@njit(cache=True, nogil=True, error_model="numpy")
def add_exhaust(
    out: Floats, i: int, c: Floats, nox: float, pm25: float, co: float, voc: float,
    energy_mj: float, ch4_by_km: float, n2o: float, nh3: float, kwh: float,
) -> None:  # fmt: skip
    """Add what follows from the bases of an engine to column ``i`` of ``out``."""
    fuel = energy_mj * c[FUEL_G_MJ]
    co2 = fuel * c[CO2_G_G]
    ch4 = ch4_by_km + c[CH4_G_MJ] * energy_mj
    ttw = co2 + c[GWP_CH4] * ch4 + c[GWP_N2O] * n2o
    wtt = c[WTT_SHARE] * ttw + c[WTT_G_MJ] * energy_mj + c[WTT_G_KWH] * kwh
    out[OUT_NOX, i] += nox
    out[OUT_NO2, i] += nox * c[NO2_SHARE]
    out[OUT_PM25, i] += pm25
    out[OUT_BC, i] += pm25 * c[BC_SHARE]
    out[OUT_OC, i] += pm25 * c[OC_SHARE]
    out[OUT_CO, i] += co
    out[OUT_VOC, i] += voc
    out[OUT_CH4, i] += ch4
    out[OUT_N2O, i] += n2o
    out[OUT_NH3, i] += nh3
    out[OUT_SO2, i] += fuel * c[SO2_G_G]
    out[OUT_FUEL, i] += fuel
    out[OUT_CO2, i] += co2
    out[OUT_ENERGY, i] += energy_mj + kwh * _MJ_KWH
    out[OUT_KWH, i] += kwh
    out[OUT_TTW, i] += ttw
    out[OUT_WTT, i] += wtt
    out[OUT_WTW, i] += ttw + wtt


@njit(cache=True, nogil=True, error_model="numpy")
def fuel_ratio(c: Floats, own: float, shape: float) -> tuple[float, bool]:
    """Return own energy over that of a shape, within the limits, and whether they were met."""
    ratio = own / shape if shape > 0.0 else np.inf
    kept = min(max(ratio, c[RATIO_LOW]), c[RATIO_HIGH])
    return kept, kept != ratio


@njit(cache=True, nogil=True, error_model="numpy")
def engine_bases(
    engine: int, functions: Floats, flat: npt.NDArray[np.bool_], shape: Numbers,
    reference: Numbers, coefficients: Floats, s: int, ws: float, p: int, wp: float, level: int,
    speed_kmh: float, bases: Floats,
) -> int:  # fmt: skip
    """Fill ``bases`` with g/km (MJ/km) of the five bases of an engine; return the flags raised.

    ``level`` is the node of a level road: a flat function takes it, unloaded.
    """
    flags = 0
    plain = 0.0
    for q in range(ENERGY, -1, -1):
        f = shape[engine, q]
        if f < 0:
            bases[q] = 0.0
            continue
        if flat[f]:
            value, raised = interpolated_factor(functions[f], level, 0.0, 0, 0.0, speed_kmh)
        else:
            value, raised = interpolated_factor(functions[f], s, ws, p, wp, speed_kmh)
        flags |= raised
        if q < ENERGY and reference[engine, q] >= 0:
            r = reference[engine, q]
            if flat[r]:
                burnt, raised = interpolated_factor(functions[r], level, 0.0, 0, 0.0, speed_kmh)
            else:
                burnt, raised = interpolated_factor(functions[r], s, ws, p, wp, speed_kmh)
            flags |= raised
            kept, limited = fuel_ratio(coefficients[engine], plain, burnt)
            flags |= RATIO_LIMITED if limited else 0
            value *= kept
        if q == ENERGY:  # filled first
            plain = value * coefficients[engine, PLAIN_ENERGY]
        bases[q] = value * coefficients[engine, q]
    return flags


@njit(cache=True, nogil=True, parallel=True, error_model="numpy")
def traversal_grams(
    vehicle_day: Numbers, edge: Numbers, hour: npt.NDArray[np.int8], length_m: Floats,
    speed_kmh: Singles, payload_kg: Singles, cold_share: Singles, idle_s: Singles,
    queue_s: Singles, grade: Floats, day_first: Numbers, day_engine: Numbers, day_weight: Floats,
    day_capacity_kg: Floats, day_wear: Floats, functions: Floats, flat: npt.NDArray[np.bool_],
    doubtful: npt.NDArray[np.bool_], shape: Numbers, reference: Numbers, coefficients: Floats,
    per_km: Floats, electric: Floats, cold_excess: Floats, idle_per_h: Floats, slowest_kmh: Floats,
    slope_nodes: Floats, load_nodes: Floats, electric_speeds: Floats, rural_from_kmh: float,
    highway_from_kmh: float, tyre_curve: Floats, brake_curve: Floats, shares: Floats, parts: int,
    out: Floats, flags: npt.NDArray[np.uint16],
) -> None:  # fmt: skip
    """Fill ``out`` (OUTPUTS, n) and ``flags`` (n) for n traversals.

    Vehicle-day d is the mixture of engines ``day_engine[day_first[d]:day_first[d + 1]]`` with
    their weights. ``functions`` has shape (functions, 7 slopes, 3 loads, COEFFICIENTS).
    ``cold_share`` is the part of a traversal driven with a cold engine, ``cold_excess`` (engines,
    24 hours, bases) what that adds, as a share; ``idle_s`` seconds of idling before the traversal
    and ``idle_per_h`` (engines, bases) what an hour of it gives; ``queue_s`` is the delay at
    signals and ``slowest_kmh`` the slowest speed of an engine. ``day_wear`` holds particle grams
    per kilometre: tyre and its rise with load, brake and its rise, road. ``parts`` says which of
    HOT, COLD, IDLE, WEAR are wanted.
    """
    lowest, highest = slope_nodes[0], slope_nodes[-1]
    level = int(np.argmin(np.abs(slope_nodes)))
    for i in prange(len(edge)):
        day = vehicle_day[i]
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
        slope = grade[edge[i]]
        unknown = np.isnan(slope)
        slope = 0.0 if unknown else slope
        steep = slope < lowest or slope > highest
        s, ws = bracket(slope_nodes, min(max(slope, lowest), highest))
        p, wp = bracket(load_nodes, load)
        for q in range(OUTPUTS):
            out[q, i] = 0.0
        bases = np.empty(BASES)
        way = situation(v, rural_from_kmh, highway_from_kmh)
        hot = km if parts & HOT else 0.0
        cold = km * cold_share[i] if parts & COLD else 0.0
        stop_h = idle_s[i] / 3600.0 if parts & IDLE else 0.0
        for m in range(day_first[day], day_first[day + 1]):
            e = day_engine[m]
            w = day_weight[m]
            burns = shape[e, ENERGY] >= 0
            if unknown:
                flag |= GRADE_UNKNOWN
            if not burns or flat[shape[e, ENERGY]]:
                if slope != 0.0:
                    flag |= GRADE_NOT_MODELLED
                if load != 0.0:
                    flag |= LOAD_NOT_MODELLED
            elif steep:
                flag |= GRADE_CLAMPED
            if burns:
                for q in range(BASES):
                    if shape[e, q] >= 0 and doubtful[shape[e, q]]:
                        flag |= DOUBTFUL
                flag |= engine_bases(
                    e, functions, flat, shape, reference, coefficients, s, ws, p, wp, level, v,
                    bases,
                )  # fmt: skip
                idle_h = stop_h
                if parts & IDLE and queue_s[i] > 0.0:
                    idle_h += queue_h(km, v, slowest_kmh[e], queue_s[i])
                for q in range(BASES):
                    warm_and_cold = hot + cold * cold_excess[e, hour[i], q]
                    bases[q] = w * (bases[q] * warm_and_cold + idle_per_h[e, q] * idle_h)
            else:
                bases[:] = 0.0
                if v < electric_speeds[0]:
                    flag |= SPEED_BELOW
                elif v > electric_speeds[-1]:
                    flag |= SPEED_ABOVE
            kwh = w * hot * electricity_kwh_km(electric[e], electric_speeds, v)
            add_exhaust(
                out, i, coefficients[e], bases[NOX], bases[PM25], bases[CO], bases[VOC],
                bases[ENERGY], w * hot * per_km[e, way, 0], w * hot * per_km[e, way, 1],
                w * hot * per_km[e, way, 2], kwh,
            )  # fmt: skip
        if parts & WEAR:
            tyre = (day_wear[day, 0] + day_wear[day, 1] * load) * speed_correction(tyre_curve, v)
            brake = (day_wear[day, 2] + day_wear[day, 3] * load) * speed_correction(brake_curve, v)
            road = day_wear[day, 4]
            for q in range(2):
                lost = tyre * shares[0, q] + brake * shares[1, q] + road * shares[2, q]
                out[OUT_PM25_WEAR + q, i] = lost * km
        flags[i] = flag


@njit(cache=True, nogil=True, error_model="numpy")
def hourly_factors(c: Floats, weight: float, v: Floats, out: Floats, repaired: Floats) -> None:
    """Add one function at 24 speeds to ``out``; mark hours in which it was repaired.

    ``hot_factor`` without branches, so that the processor takes several hours at once.
    """
    a, b, g, d = c[ALPHA], c[BETA], c[GAMMA], c[DELTA]
    e, z, t = c[EPSILON], c[ZITA], c[HTA]
    low, high, scale = c[SPEED_MIN], c[SPEED_MAX], c[SCALE] * weight
    if np.isnan(c[GUARD_FROM]):
        for h in range(_HOURS):
            x = v[h]
            x = low if x < low else x
            x = high if x > high else x
            out[h] += (((a * x + b) * x + g) * x + d) / (((e * x + z) * x + t) * x) * scale
    else:
        for h in range(_HOURS):
            value, raised = hot_factor(c, v[h])
            out[h] += value * weight
            if raised & REPAIRED:
                repaired[h] = 1.0


@njit(cache=True, nogil=True, parallel=True, error_model="numpy")
def flow_grams(
    length_m: Floats, grade: Floats, queue_s: Floats, zone: Numbers, speed_kmh: Singles,
    vehicles: Singles, cap_kmh: Floats, load: Floats, wear: Floats, mix_first: Numbers,
    mix_engine: Numbers, mix_weight: Floats, class_first: Numbers, class_function: Numbers,
    functions: Floats, flat: npt.NDArray[np.bool_], doubtful: npt.NDArray[np.bool_],
    shape: Numbers, reference: Numbers, coefficients: Floats, per_km: Floats, electric: Floats,
    cold: Floats, idle_per_h: Floats, slowest_kmh: Floats, slope_nodes: Floats, load_nodes: Floats,
    electric_speeds: Floats, rural_from_kmh: float, highway_from_kmh: float, tyre_curve: Floats,
    brake_curve: Floats, shares: Floats, out: Floats, passages: Floats,
) -> None:  # fmt: skip
    """Fill ``out`` (n, OUTPUTS, 24) and ``passages`` (n, 10 flags) for flows on n links.

    ``vehicles`` (n, classes, 24) pass in each hour at ``speed_kmh`` (n, 24), a class no faster
    than ``cap_kmh`` and with the share ``load`` of its capacity on board. In zone z class c is the
    mixture of engines ``mix_engine[mix_first[k]:mix_first[k + 1]]`` with k = z · classes + c;
    ``class_function[class_first[c]:class_first[c + 1]]`` are all functions that its engines use.
    ``cold`` (engines, 24, bases) multiplies the bases; ``queue_s`` is the delay at signals by link.
    ``wear`` (k, 5) is as ``day_wear`` in
    ``traversal_grams``, by k. ``passages`` counts vehicles for which each flag was raised, by bit.
    """
    count, classes = vehicles.shape[0], vehicles.shape[1]
    lowest, highest = slope_nodes[0], slope_nodes[-1]
    level = int(np.argmin(np.abs(slope_nodes)))
    blocks = (count + _BLOCK - 1) // _BLOCK
    for block in prange(blocks):
        values = np.zeros((len(functions), _HOURS))
        v = np.empty(_HOURS)
        repaired = np.empty(_HOURS)
        limited = np.empty(_HOURS)
        base = np.empty((BASES, _HOURS))
        gas = np.empty((3, _HOURS))
        kwh = np.empty(_HOURS)
        way = np.empty(_HOURS, dtype=np.int64)
        for i in range(block * _BLOCK, min(count, (block + 1) * _BLOCK)):
            out[i] = 0.0
            passages[i] = 0.0
            km = length_m[i] / 1000.0
            slope = grade[i]
            unknown = np.isnan(slope)
            slope = 0.0 if unknown else slope
            steep = slope < lowest or slope > highest
            s, ws = bracket(slope_nodes, min(max(slope, lowest), highest))
            for c in range(classes):
                total = 0.0
                for h in range(_HOURS):
                    total += vehicles[i, c, h]
                if total == 0.0:
                    continue
                p, wp = bracket(load_nodes, load[c])
                for h in range(_HOURS):
                    v[h] = min(np.float64(speed_kmh[i, h]), cap_kmh[c])
                    repaired[h] = 0.0
                    way[h] = situation(v[h], rural_from_kmh, highway_from_kmh)
                widest, narrowest = 0.0, np.inf
                is_flat, doubt = False, False
                for k in range(class_first[c], class_first[c + 1]):
                    f = class_function[k]
                    values[f] = 0.0
                    doubt = doubt or doubtful[f]
                    if flat[f]:
                        is_flat = True
                        hourly_factors(functions[f, level, 0], 1.0, v, values[f], repaired)
                        widest = max(widest, functions[f, level, 0, SPEED_MIN])
                        narrowest = min(narrowest, functions[f, level, 0, SPEED_MAX])
                        continue
                    for a in range(2):
                        wa = ws if a == 1 else 1.0 - ws
                        for b in range(2):
                            weight = wa * (wp if b == 1 else 1.0 - wp)
                            if weight == 0.0:
                                continue
                            one = functions[f, s + a, p + b]
                            hourly_factors(one, weight, v, values[f], repaired)
                            widest = max(widest, one[SPEED_MIN])
                            narrowest = min(narrowest, one[SPEED_MAX])
                if class_first[c + 1] > class_first[c]:
                    for h in range(_HOURS):
                        n = vehicles[i, c, h]
                        passages[i, 0] += n * (v[h] < widest)
                        passages[i, 1] += n * (v[h] > narrowest)
                        passages[i, 5] += n * repaired[h]
                    passages[i, 2] += total * (steep and not is_flat)
                    passages[i, 3] += total * unknown
                    passages[i, 6] += total * (is_flat and slope != 0.0)
                    passages[i, 7] += total * (is_flat and load[c] != 0.0)
                    passages[i, 8] += total * doubt
                mix = zone[i] * classes + c
                for m in range(mix_first[mix], mix_first[mix + 1]):
                    e = mix_engine[m]
                    k_e = coefficients[e]
                    share = km * mix_weight[m]
                    burns = shape[e, ENERGY] >= 0
                    limited[:] = 0.0
                    for q in range(ENERGY, -1, -1):
                        f = shape[e, q]
                        if f < 0:
                            base[q] = 0.0
                            continue
                        if q < ENERGY and reference[e, q] >= 0:
                            r = reference[e, q]
                            own = shape[e, ENERGY]
                            for h in range(_HOURS):
                                plain = values[own, h] * k_e[PLAIN_ENERGY]
                                kept, cut = fuel_ratio(k_e, plain, values[r, h])
                                limited[h] = 1.0 if cut else limited[h]
                                base[q, h] = values[f, h] * kept * k_e[q]
                        else:
                            for h in range(_HOURS):
                                base[q, h] = values[f, h] * k_e[q]
                    for h in range(_HOURS):
                        for g in range(3):
                            gas[g, h] = per_km[e, way[h], g]
                        kwh[h] = 0.0
                    if electric[e, 0] > 0.0:
                        for h in range(_HOURS):
                            kwh[h] = electricity_kwh_km(electric[e], electric_speeds, v[h])
                    for q in range(BASES):
                        for h in range(_HOURS):
                            base[q, h] *= share * cold[e, h, q]
                    for h in range(_HOURS):
                        n = vehicles[i, c, h] * mix_weight[m]
                        passages[i, 9] += limited[h] * n
                        if not burns:
                            passages[i, 0] += n * (v[h] < electric_speeds[0])
                            passages[i, 1] += n * (v[h] > electric_speeds[-1])
                            passages[i, 3] += n * unknown
                            passages[i, 6] += n * (slope != 0.0)
                            passages[i, 7] += n * (load[c] != 0.0)
                    if queue_s[i] > 0.0 and burns:
                        for h in range(_HOURS):
                            stood = queue_h(km, v[h], slowest_kmh[e], queue_s[i]) * mix_weight[m]
                            for q in range(BASES):
                                base[q, h] += stood * idle_per_h[e, q]
                    for h in range(_HOURS):
                        each = vehicles[i, c, h]
                        n = share * each
                        add_exhaust(
                            out[i], h, k_e, each * base[NOX, h], each * base[PM25, h],
                            each * base[CO, h], each * base[VOC, h], each * base[ENERGY, h],
                            n * gas[0, h], n * gas[1, h], n * gas[2, h], n * kwh[h],
                        )  # fmt: skip
                tyre_km = wear[mix, 0] + wear[mix, 1] * load[c]
                brake_km = wear[mix, 2] + wear[mix, 3] * load[c]
                road = wear[mix, 4]
                for h in range(_HOURS):
                    tyre = tyre_km * speed_correction(tyre_curve, v[h])
                    brake = brake_km * speed_correction(brake_curve, v[h])
                    n = km * vehicles[i, c, h]
                    for q in range(2):
                        lost = tyre * shares[0, q] + brake * shares[1, q] + road * shares[2, q]
                        out[i, OUT_PM25_WEAR + q, h] += n * lost
