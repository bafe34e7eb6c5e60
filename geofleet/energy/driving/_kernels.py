"""Energy of links and of days, for many vehicles and conditions at once: SI units throughout.

A link is driven as a trapezoid: change from the entry speed to the cruise speed, cruise, full
stops on the way, change to the exit speed. Within a ramp the acceleration is constant, so power at
the wheels is a cubic in speed, what motor and battery make of it a quadratic in power, and every
integral over time is a polynomial in speed: no quadrature, no time steps.

A *lane* is one vehicle under one set of conditions; lanes are the inner loops (unit stride).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit, prange

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]

GRAVITY = 9.80665  # m/s2, standard gravity
# Below these a traversal is a point, nothing moves (m/s), speed does not change (m/s2).
SHORTEST, SLOWEST, GENTLEST = 1e-6, 1e-3, 1e-4
BLOCK = 32  # lanes driven together
_MATH = {"contract", "afn", "arcp", "nsz", "reassoc"}

# Rows of the lane matrix
(
    CURB, LOAD, ROLLING, HALF_DRAG, ROTATING, DRIVE_0, DRIVE_1, DRIVE_2, KNEE, DRIVE_LIMIT,
    RETURN_0, RETURN_1, RETURN_2, RETURN_SHARE, RETURN_LIMIT, RETURN_SPEED, ACCELERATION, BRAKING,
    AUXILIARY, IDLE, STOP_SHARE, CLIMBING_SPEED, DEPTH_START, DEPTH_LIMIT, BATTERY, CHARGE,
) = range(26)  # fmt: skip
BANDS = 12  # at most, of the charging curve: upper state of charge, then power
LANE_ROWS = CHARGE + 2 * BANDS
# Columns of the traversal matrix
(
    LENGTH, SPEED, FREE, STOPS, STANDING, PAYLOAD, GRADE, PRESSURE, EAST, NORTH,
) = range(10)  # fmt: skip
LINK_COLUMNS = 10
# Planes of the hourly tables (hour, plane, lane)
CLIMATE, TEMPERATURE, INVERSE_RT, TRAFFIC, WIND_EAST, WIND_NORTH = range(6)
PLANES = 6
# Columns of the stop matrix
READY, DUE, SERVICE, PAID, LIFTING, DOORS, PLUG = range(7)
STOP_COLUMNS = 7
# Columns of the day matrix: departure (s), mass of the body's equipment, and its refrigeration:
# power to cool and to heat, linear in air temperature, the most, temperature inside
DEPART, BODY_MASS, COOL_0, COOL_1, HEAT_0, HEAT_1, COLD_MOST, BOX = range(8)
DAY_COLUMNS = 8
# Columns of what a day takes, which are rows of the state of a block of lanes under way: below full
# at worst and now, net use, lateness (s), energy to the wheels, returned, of auxiliaries, braked at
# the wheels, refused by a full battery, of auxiliaries at stops, taken from plugs
(
    DEEPEST, DEPTH, USED, LATE, TRACTION, RETURNED, AUXILIARIES, BRAKED, REFUSED, STOOD, CHARGED,
) = range(11)  # fmt: skip
TOTALS = 11
_ENTRY, _STEEP, _CLOCK = range(TOTALS, TOTALS + 3)
_STATES = TOTALS + 3
# Rows of what is kept per link, and per stop on arrival
LINK_ROWS = (TRACTION, RETURNED, AUXILIARIES, BRAKED, REFUSED)
STOP_ROWS = (DEPTH, USED, _CLOCK)


@njit(cache=True, nogil=True, error_model="numpy", fastmath=_MATH, inline="always")
def cruise(
    length: float, speed: float, free: float, stops: float, standing: float, per_stop: float
) -> tuple[float, float]:
    """Square of the cruise speed that keeps the mean speed in spite of stops, and stops that fit.

    Time L/v + n (s v + w) = L/v̄ = T with s = 1/2a + 1/2b and standing time w; the slower root.
    Stops are cut to the number for which v is at most the free speed, and to that for which a
    root exists: (T - n w)² ≥ 4 n s L, which is the case without any cruising between stops.
    """
    duration = length / speed
    fastest = max(free, speed)
    fitting = (duration - length / fastest) / (per_stop * fastest + standing)
    middle = 2.0 * duration * standing + 4.0 * per_stop * length
    root = np.sqrt(max(middle * middle - (2.0 * standing * duration) ** 2, 0.0))
    rooted = 2.0 * duration * duration / (middle + root)
    fitting = max(min(stops, fitting, rooted), 0.0)
    left = duration - fitting * standing
    root = np.sqrt(max(left * left - 4.0 * fitting * per_stop * length, 0.0))
    velocity = 2.0 * length / (left + root)
    return velocity * velocity, fitting


@njit(cache=True, nogil=True, error_model="numpy", fastmath=_MATH, inline="always")
def _power_integral(v: float, base: float, linear: float, cubic: float) -> float:
    """∫ P dv from 0 with P = base v + linear v² + cubic v³."""
    return v * v * (base * 0.5 + v * (linear * (1.0 / 3.0) + v * cubic * 0.25))


@njit(cache=True, nogil=True, error_model="numpy", fastmath=_MATH, inline="always")
def _square_integral(v: float, base: float, linear: float, cubic: float) -> float:
    """∫ P² dv from 0 with P = base v + linear v² + cubic v³."""
    c3 = base * base * (1.0 / 3.0)
    c4 = base * linear * 0.5
    c5 = (linear * linear + 2.0 * base * cubic) * 0.2
    c6 = linear * cubic * (1.0 / 3.0)
    c7 = cubic * cubic * (1.0 / 7.0)
    return v * v * v * (c3 + v * (c4 + v * (c5 + v * (c6 + v * c7))))


@njit(cache=True, nogil=True, error_model="numpy", fastmath=_MATH, inline="always")
def _limit_speed(base: float, linear: float, cubic: float, limit: float) -> float:
    """Speed at which braking power reaches ``limit`` (where it falls again it is not asked for).

    Newton from below: without drag the power is reached sooner, so the first guess is too low.
    """
    pull = max(-base, 1e-9)
    v = limit / pull
    for _ in range(3):
        power = v * (pull - v * (linear + v * cubic))
        slope = pull - v * (2.0 * linear + v * 3.0 * cubic)
        v += max(limit - power, 0.0) / slope if slope > 0.1 * pull else v
    return v


@njit(cache=True, nogil=True, error_model="numpy", fastmath=_MATH, inline="always")
def _ramp(
    high: float, times: float, rate: float, force: float, drag: float, wind: float,
    cutoff: float, limit: float,
) -> tuple[float, float, float, float, float, float, float]:  # fmt: skip
    """Integrals over so many changes of speed between 0 and ``high``.

    Returns those of driving (∫P, ∫P², time), of braking (∫|P|), and of braking that the motor
    takes (∫|P|, ∫P², time). ``force`` is that of inertia, rolling and grade.
    """
    linear = 2.0 * drag * wind
    base = force + drag * wind * wind
    # Above this speed the wheels are driven, below it they are braked.
    turn = max(np.sqrt(-force / drag) - wind, 0.0) if force < 0.0 else 0.0
    over = _limit_speed(base, linear, drag, limit)
    share = times / rate
    top, below = max(high, turn), min(high, turn)
    d1 = _power_integral(top, base, linear, drag) - _power_integral(turn, base, linear, drag)
    d2 = _square_integral(top, base, linear, drag) - _square_integral(turn, base, linear, drag)
    braked = -_power_integral(below, base, linear, drag)
    first = min(cutoff, turn)
    second = max(min(over, turn), first)
    reached = min(max(below, first), second)
    capped = max(below, second) - second
    t1 = _power_integral(first, base, linear, drag) - _power_integral(reached, base, linear, drag)
    t2 = _square_integral(reached, base, linear, drag) - _square_integral(first, base, linear, drag)
    return (
        d1 * share, d2 * share, (top - turn) * share, braked * share,
        (t1 + limit * capped) * share, (t2 + limit * limit * capped) * share,
        (reached - first + capped) * share,
    )  # fmt: skip


@njit(cache=True, nogil=True, error_model="numpy", fastmath=_MATH, inline="always")
def _join(
    slow: float, fast: float, way: float, force: float, drag: float, wind: float,
    cutoff: float, limit: float,
) -> tuple[float, float, float, float, float, float, float]:  # fmt: skip
    """Integrals over a change between two speeds, in the order of ``_ramp``.

    Without wind the force is linear in distance, and its two parts are exact; power is taken as
    even over each of them.
    """
    force0 = force + drag * (slow + wind) * (slow + wind)
    force1 = force + drag * (fast + wind) * (fast + wind)
    low, high = min(force0, force1), max(force0, force1)
    gap = max(high - low, 1e-9)
    negative = min(max(-low / gap, 0.0), 1.0) if high > 0.0 else 1.0
    mean = 0.5 * (low + high)
    braked = -0.5 * min(low, 0.0) * negative * way if high > 0.0 else -mean * way
    driven = mean * way + braked
    time = 2.0 * way / max(slow + fast, SLOWEST)
    driving, braking = (1.0 - negative) * time, negative * time
    taken = min(braked, limit * braking) if 0.5 * (slow + fast) > cutoff else 0.0
    return (
        driven, driven * driven / max(driving, 1e-9),
        driving, braked,
        taken, taken * taken / max(braking, 1e-9), braking if taken > 0.0 else 0.0,
    )  # fmt: skip


@njit(cache=True, nogil=True, error_model="numpy", fastmath=_MATH, inline="always")
def _link(
    length: float, entry: float, peak: float, leave: float, stops: float, road: float,
    moved: float, drag: float, wind: float, up: float, down: float, cutoff: float, limit: float,
) -> tuple[float, float, float, float, float, float, float]:  # fmt: skip
    """Integrals of one traversal at the wheels, in the order of ``_ramp``.

    ``road`` is the force of rolling and grade, ``moved`` the mass with rotating parts, ``up`` and
    ``down`` the rates of speeding up from a halt and slowing down to one.
    """
    square = peak * peak
    starts = 0.0 if entry > SLOWEST else 1.0
    ends = 0.0 if leave > SLOWEST else 1.0
    # From one cruise speed to the next drivers take half a link, or act the harder the more of
    # their speed they gain or lose, and as hard as they can where the link is too short for that.
    half_up, half_down, part = 0.5 / up, 0.5 / down, 1.0 / max(peak, SLOWEST)
    faster, slower = square - entry * entry, square - leave * leave
    speeding, slowing = square * half_up, square * half_down
    shortest, briefest = (1.0 - starts) * faster * half_up, (1.0 - ends) * slower * half_down
    rise = min(0.5 * length, peak * (peak + entry) * half_up) if shortest > SHORTEST else 0.0
    fall = min(0.5 * length, peak * (peak + leave) * half_down) if briefest > SHORTEST else 0.0
    rise, fall = max(rise, shortest) - shortest, max(fall, briefest) - briefest
    spare = length - shortest - briefest - starts * speeding - ends * slowing
    slack = min(max(spare, 0.0) / max(rise + fall, 1e-9), 1.0)
    rise, fall = shortest + slack * rise, briefest + slack * fall
    gain, loss = 0.5 * faster / max(rise, 1e-9), 0.5 * slower / max(fall, 1e-9)
    way = max(length - rise - fall - starts * speeding - ends * slowing, 0.0)
    cycle = speeding + slowing
    cycles = min(stops, way / max(cycle, 1e-9))
    way = max(way - cycles * cycle, 0.0)
    d1, d2, dt, b, t1, t2, tt = _ramp(
        peak, starts + cycles, up, road + moved * up, drag, wind, cutoff, limit
    )
    d3, d4, du, c, t3, t4, tu = _ramp(
        peak, ends + cycles, down, road - moved * down, drag, wind, cutoff, limit
    )
    d5, d6, dv, e, t5, t6, tv = _join(
        entry, peak, rise, road + moved * gain, drag, wind, cutoff, limit
    )
    d7, d8, dw, f, t7, t8, tw = _join(
        leave, peak, fall, road - moved * loss, drag, wind, cutoff, limit
    )
    relative = peak + wind
    power = peak * (road + drag * relative * relative)
    time = way * part
    drive, brake = max(power, 0.0), max(-power, 0.0)
    caught = min(brake, limit) if peak > cutoff else 0.0
    return (
        d1 + d3 + d5 + d7 + drive * time,
        d2 + d4 + d6 + d8 + drive * drive * time,
        dt + du + dv + dw + (time if power > 0.0 else 0.0),
        b + c + e + f + brake * time,
        t1 + t3 + t5 + t7 + caught * time,
        t2 + t4 + t6 + t8 + caught * caught * time,
        tt + tu + tv + tw + (time if caught > 0.0 else 0.0),
    )


@njit(cache=True, nogil=True, error_model="numpy", fastmath=_MATH, inline="always")
def _battery(
    d1: float, d2: float, driving: float, t1: float, t2: float, taking: float, rest: float,
    drive0: float, drive1: float, drive2: float, drive_limit: float, return0: float,
    return1: float, return2: float, share: float, idle: float, knee: float,
) -> tuple[float, float]:  # fmt: skip
    """Energy drawn and energy returned, from integrals of power at the wheels.

    The power drawn is ``drive0 f + drive1 P + drive2 P²``, that returned ``return1 G - return2 G² -
    return0 f``; G is the share of braking power that goes to the motor, and f = p / (p + knee) with
    the mean power p of the link. Power above what the motor can give takes longer in its place, at
    the loss of full power. ``rest`` is the time not driven.
    """
    turning = max(rest - taking, 0.0)  # braking turns an engine for nothing
    losing = driving * d1 / (d1 + knee * driving + 1e-9)
    drawn = drive0 * losing + drive1 * d1 + drive2 * min(d2, drive_limit * d1) + idle * turning
    losing = taking * t1 / (t1 + knee * taking + 1e-9)
    caught = share * (return1 * t1 - return2 * share * t2) - return0 * losing
    return drawn, max(caught, 0.0)


@njit(cache=True, nogil=True, error_model="numpy", fastmath=_MATH)
def charge_up(
    depth: float, seconds: float, plug: float, battery: float, bands: Floats, column: int
) -> float:
    """Depth below full after ``seconds`` at a plug of so many watts.

    ``bands``, in blocks of lanes of which ``column`` is taken: upper states of charge from low to
    high, then powers below them (watts).
    """
    for band in range(BANDS):
        floor = (1.0 - bands[band * BLOCK + column]) * battery
        power = min(bands[(BANDS + band) * BLOCK + column], plug)
        if depth > floor and seconds > 0.0 and power > 0.0:
            time = min((depth - floor) / power, seconds)
            depth -= power * time
            seconds -= time
    return max(depth, 0.0)


@njit(cache=True, nogil=True, error_model="numpy", fastmath=_MATH)
def _roll_in(
    links: Floats, leg: Integers, hour: Integers, begin: int, size: int, lane: Floats,
    table: Floats, speeds: Floats,
) -> None:  # fmt: skip
    """Fill ``speeds`` with squares of entry and cruise speed, and stops that fit, per link.

    Speeds at the ends of links are the lower of the two cruise speeds, zero at the ends of a leg,
    then lowered forwards and backwards until no change exceeds the rates.
    """
    wide = np.uint64(3 * BLOCK)
    for t in range(size):
        link = links[begin + t]
        length, speed = max(link[LENGTH], SHORTEST), max(link[SPEED], SLOWEST)
        free, stops, standing = link[FREE], link[STOPS], link[STANDING]
        keep = 1.0 if t > 0 and leg[begin + t] == leg[begin + t - 1] else 0.0
        before = links[max(begin + t - 1, 0), LENGTH]
        at, last = np.uint64(t) * wide, np.uint64(max(t - 1, 0)) * wide
        hb = np.uint64((hour[begin + t] * PLANES + TRAFFIC) * BLOCK)
        for j in range(np.uint64(BLOCK)):
            up, down = lane[ACCELERATION * BLOCK + j], lane[BRAKING * BLOCK + j]
            square, fit = cruise(
                length, speed * table[hb + j], free, stops, standing, 0.5 / up + 0.5 / down
            )
            reach = speeds[last + j] + 2.0 * up * before
            entry = min(reach, speeds[last + BLOCK + j], square) * keep
            speeds[at + BLOCK + j], speeds[at + 2 * BLOCK + j] = square, fit
            speeds[at + j] = entry
    for t in range(size - 1, -1, -1):
        keep = 1.0 if t + 1 < size and leg[begin + t + 1] == leg[begin + t] else 0.0
        length = links[begin + t, LENGTH]
        at = np.uint64(t) * wide
        for j in range(np.uint64(BLOCK)):
            reach = keep * speeds[at + wide + j] + 2.0 * lane[BRAKING * BLOCK + j] * length
            speeds[at + j] = min(speeds[at + j], reach)


@njit(cache=True, nogil=True, error_model="numpy", fastmath=_MATH)
def _roll_on(
    link: Floats, first: float, joined: float, hb: np.uint64, at: np.uint64, day: Floats,
    lane: Floats, table: Floats, speeds: Floats, state: Floats,
) -> None:  # fmt: skip
    """Drive one link in every lane of a block."""
    length, speed = link[LENGTH], max(link[SPEED], SLOWEST)
    payload, grade, pressure = link[PAYLOAD], link[GRADE], link[PRESSURE]
    east, north = link[EAST], link[NORTH]
    body, cool0, cool1 = day[BODY_MASS], day[COOL_0], day[COOL_1]
    heat0, heat1, most = day[HEAT_0], day[HEAT_1], day[COLD_MOST]
    for j in range(np.uint64(BLOCK)):
        up, down = lane[ACCELERATION * BLOCK + j], lane[BRAKING * BLOCK + j]
        entry = first * state[_ENTRY * BLOCK + j]
        leave2 = joined * speeds[at + 3 * BLOCK + j]
        leave = np.sqrt(leave2)
        reach = 2.0 * up * down * length + down * entry * entry + up * leave2
        peak2 = min(speeds[at + BLOCK + j], reach / (up + down))
        peak = np.sqrt(max(peak2, entry * entry, leave2))
        mass = lane[CURB * BLOCK + j] + body + payload * lane[LOAD * BLOCK + j]
        road = mass * GRAVITY * (lane[ROLLING * BLOCK + j] + grade)
        drag = lane[HALF_DRAG * BLOCK + j] * pressure * table[hb + INVERSE_RT * BLOCK + j]
        wind = table[hb + WIND_EAST * BLOCK + j] * east + table[hb + WIND_NORTH * BLOCK + j] * north
        wind = min(wind, peak)  # from behind it may do away with drag, it does not push
        duration = length / (speed * table[hb + TRAFFIC * BLOCK + j])
        d1, d2, driving, braked, t1, t2, taking = _link(
            length, entry, peak, leave, speeds[at + 2 * BLOCK + j], road,
            mass + lane[ROTATING * BLOCK + j], drag, -wind, up, down,
            lane[RETURN_SPEED * BLOCK + j], lane[RETURN_LIMIT * BLOCK + j],
        )  # fmt: skip
        drawn, returned = _battery(
            d1, d2, driving, t1, t2, taking, max(duration - driving, 0.0),
            lane[DRIVE_0 * BLOCK + j], lane[DRIVE_1 * BLOCK + j], lane[DRIVE_2 * BLOCK + j],
            lane[DRIVE_LIMIT * BLOCK + j], lane[RETURN_0 * BLOCK + j], lane[RETURN_1 * BLOCK + j],
            lane[RETURN_2 * BLOCK + j], lane[RETURN_SHARE * BLOCK + j], lane[IDLE * BLOCK + j],
            lane[KNEE * BLOCK + j],
        )  # fmt: skip
        air = table[hb + TEMPERATURE * BLOCK + j]
        power = lane[AUXILIARY * BLOCK + j] + table[hb + CLIMATE * BLOCK + j]
        power += min(max(cool0 + cool1 * air, heat0 + heat1 * air), most)
        depth = state[DEPTH * BLOCK + j]
        wanted = drawn - returned + power * duration
        net = max(wanted, -depth)
        state[TRACTION * BLOCK + j] += drawn
        state[RETURNED * BLOCK + j] += returned - (net - wanted)
        state[AUXILIARIES * BLOCK + j] += power * duration
        state[BRAKED * BLOCK + j] += braked
        state[REFUSED * BLOCK + j] += net - wanted
        state[DEPTH * BLOCK + j] = depth + net
        state[USED * BLOCK + j] += net
        state[DEEPEST * BLOCK + j] = max(state[DEEPEST * BLOCK + j], depth + net)
        climb = min(peak, lane[CLIMBING_SPEED * BLOCK + j])
        need = climb * (road + drag * climb * climb) - lane[DRIVE_LIMIT * BLOCK + j]
        state[_STEEP * BLOCK + j] = max(state[_STEEP * BLOCK + j], need)
        state[_CLOCK * BLOCK + j] += duration
        state[_ENTRY * BLOCK + j] = leave


@njit(cache=True, nogil=True, error_model="numpy", fastmath=_MATH)
def _stand(
    stop: Floats, hb: np.uint64, day: Floats, lane: Floats, table: Floats, state: Floats
) -> None:
    """Serve one stop in every lane of a block: wait, unload, and charge where there is a plug."""
    for j in range(np.uint64(BLOCK)):
        clock = state[_CLOCK * BLOCK + j]
        start = max(clock, stop[READY])
        state[LATE * BLOCK + j] = max(state[LATE * BLOCK + j], start - stop[DUE])
        stood = start + stop[SERVICE] - clock
        power = lane[AUXILIARY * BLOCK + j] + table[hb + CLIMATE * BLOCK + j]
        power = power * lane[STOP_SHARE * BLOCK + j] + lane[IDLE * BLOCK + j]
        air = table[hb + TEMPERATURE * BLOCK + j]
        cooling = max(day[COOL_0] + day[COOL_1] * air, day[HEAT_0] + day[HEAT_1] * air)
        power += min(cooling, day[COLD_MOST])
        doors = stop[DOORS] * max(air - day[BOX], 0.0)
        energy = stop[PAID] * power * stood + stop[LIFTING] + doors
        depth = state[DEPTH * BLOCK + j] + energy
        state[DEEPEST * BLOCK + j] = max(state[DEEPEST * BLOCK + j], depth)
        state[DEPTH * BLOCK + j] = depth
        state[USED * BLOCK + j] += energy
        state[AUXILIARIES * BLOCK + j] += energy
        state[STOOD * BLOCK + j] += energy
        state[_CLOCK * BLOCK + j] = start + stop[SERVICE]
        if stop[PLUG] > 0.0:
            bands = lane[CHARGE * BLOCK : (CHARGE + 2 * BANDS) * BLOCK]
            after = charge_up(depth, stood, stop[PLUG], lane[BATTERY * BLOCK + j], bands, j)
            state[DEPTH * BLOCK + j] = after
            state[CHARGED * BLOCK + j] += depth - after


@njit(cache=True, nogil=True, error_model="numpy", fastmath=_MATH, parallel=True)
def drive_days(
    spans: Integers, leg: Integers, hour: Integers, links: Floats, days: Floats,
    stop_spans: Integers, stop_leg: Integers, stop_hour: Integers, stops: Floats, lanes: Floats,
    hourly: Floats, by_stop: bool, by_link: bool,
) -> tuple[Floats, Integers, Floats, Floats]:  # fmt: skip
    """Drive every day in every lane.

    Parameters
    ----------
    spans
        Shape (days, 2): first traversal of a day and the one after its last.
    leg, hour
        Shape (traversals,): stop left last, hour of the day.
    links
        Shape (traversals, 10), columns as the constants say; likewise ``days`` (days, 8).
    stop_spans, stop_leg, stop_hour, stops
        Stops likewise: (days, 2), then per stop its number, its hour, and (stops, 7).
    lanes, hourly
        Shapes (50, lanes) and (24, 6, lanes), rows as the constants say, lanes in whole blocks.

    Returns
    -------
    totals
        Shape (days, 11, lanes): joules, and the greatest lateness at a stop in seconds.
    first
        Shape (days, 3, lanes): number of the first stop not reached above the limit, of the first
        reached by a road too steep for the motor, of the first begun too late; -1 when none.
    at_stops, on_links
        Shapes (stops, 3, lanes) and (traversals, 5, lanes): ``STOP_ROWS``, ``LINK_ROWS``.
    """
    count, width = len(spans), lanes.shape[1]
    blocks = width // BLOCK
    totals = np.empty((count, TOTALS, width))
    found = np.full((count, 3, width), -1, np.int64)
    at_stops = np.empty((len(stop_leg) if by_stop else 0, len(STOP_ROWS), width))
    on_links = np.empty((len(leg) if by_link else 0, len(LINK_ROWS), width))
    for item in prange(count * blocks):
        day, offset = item // blocks, (item % blocks) * BLOCK
        begin, size = spans[day, 0], spans[day, 1] - spans[day, 0]
        # One piece of memory, so that the same instructions run wherever the heap puts it.
        scratch = np.zeros((LANE_ROWS + 24 * PLANES + 2 * _STATES + 3 * (size + 1)) * BLOCK)
        lane, rest = scratch[: LANE_ROWS * BLOCK], scratch[LANE_ROWS * BLOCK :]
        table, rest = rest[: 24 * PLANES * BLOCK], rest[24 * PLANES * BLOCK :]
        state, rest = rest[: _STATES * BLOCK], rest[_STATES * BLOCK :]
        before, speeds = rest[: _STATES * BLOCK], rest[_STATES * BLOCK :]
        lane[:] = lanes[:, offset : offset + BLOCK].copy().ravel()
        table[:] = hourly[:, :, offset : offset + BLOCK].copy().ravel()
        _roll_in(links, leg, hour, begin, size, lane, table, speeds)
        for j in range(BLOCK):
            state[DEPTH * BLOCK + j] = lane[DEPTH_START * BLOCK + j]
            state[DEEPEST * BLOCK + j] = lane[DEPTH_START * BLOCK + j]
            state[_CLOCK * BLOCK + j] = days[day, DEPART]
            state[LATE * BLOCK + j] = -np.inf
        today = days[day]
        k, stops_end, t = stop_spans[day, 0], stop_spans[day, 1], 0
        while True:
            reached = leg[begin + t] if t < size else np.int64(2**62)
            while k < stops_end and stop_leg[k] <= reached:
                for j in range(BLOCK):
                    if state[_STEEP * BLOCK + j] > 0.0 and found[day, 1, offset + j] < 0:
                        found[day, 1, offset + j] = stop_leg[k]
                    deep = state[DEEPEST * BLOCK + j] > lane[DEPTH_LIMIT * BLOCK + j]
                    if deep and found[day, 0, offset + j] < 0:
                        found[day, 0, offset + j] = stop_leg[k]
                if by_stop:
                    for row in range(len(STOP_ROWS)):
                        here = STOP_ROWS[row] * BLOCK
                        at_stops[k, row, offset : offset + BLOCK] = state[here : here + BLOCK]
                hb = np.uint64(stop_hour[k] * PLANES * BLOCK)
                _stand(stops[k], hb, today, lane, table, state)
                for j in range(BLOCK):
                    if state[LATE * BLOCK + j] > 0.0 and found[day, 2, offset + j] < 0:
                        found[day, 2, offset + j] = stop_leg[k]
                k += 1
            if t >= size:
                break
            first = 1.0 if t > 0 and leg[begin + t - 1] == reached else 0.0
            joined = 1.0 if t + 1 < size and leg[begin + t + 1] == reached else 0.0
            hb = np.uint64(hour[begin + t] * PLANES * BLOCK)
            at = np.uint64(t * 3 * BLOCK)
            if by_link:
                before[:] = state
            _roll_on(links[begin + t], first, joined, hb, at, today, lane, table, speeds, state)
            if by_link:
                for row in range(len(LINK_ROWS)):
                    for j in range(BLOCK):
                        i = LINK_ROWS[row] * BLOCK + j
                        on_links[begin + t, row, offset + j] = state[i] - before[i]
            t += 1
        for row in range(TOTALS):
            totals[day, row, offset : offset + BLOCK] = state[row * BLOCK : (row + 1) * BLOCK]
        for j in range(BLOCK):
            deep = state[DEEPEST * BLOCK + j] > lane[DEPTH_LIMIT * BLOCK + j]
            if deep and found[day, 0, offset + j] < 0 and stops_end > stop_spans[day, 0]:
                found[day, 0, offset + j] = stop_leg[stops_end - 1]
    return totals, found, at_stops, on_links
