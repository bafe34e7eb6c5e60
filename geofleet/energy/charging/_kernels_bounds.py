"""What is still to come on a fixed route, and the queue: arrays and scalars in SI units only.

Least energy to leave a place with, energy that is enough to the end, least time and least
energy to the end, least detour to a charger. Places are numbered as in :mod:`._kernels`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from geofleet.energy.charging._kernels_functions import DAY, TOLERANCE, interpolated, leaf

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]
# time, energy, need, rise, least time, least energy; see _kernels.solve. The last two are those
# from each node to each charger (0) and from each charger to each node (1), over any chargers.
Matrices = tuple[Floats, Floats, Floats, Floats, Floats, Floats]
Chargers = tuple[
    Integers, Integers, Floats, Floats, Integers, Booleans, Floats, Integers, Floats, Floats, Floats
]  # node, curve, clock, level, points, by clock, wait, first interval, opens, closes, least hop
Stops = tuple[Integers, Integers, Floats, Floats, Floats]  # node, layer, service, opens, late

# Columns of the bounds, a row for each place. A stop's row has those of the gap behind it too:
# detour and recharge where another charge must follow one in the gap, least detour to a charger
# of the gap, least energy to it, least detours after a charge in it.
(
    NEEDS, USEFUL, TIME, ENERGY, DETOUR, RECHARGE, LATE, SURE,
    GAP_DETOUR, GAP_RECHARGE, LEAD_IN, AFTER_DETOUR, AFTER_RECHARGE, COLUMNS,
) = range(14)  # fmt: skip


@leaf
def least_departure(
    energy: Floats, need: Floats, rise: Floats, layer: int, a: int, b: int,
    capacity: float, reserve: float, arrive: float,
) -> float:  # fmt: skip
    """Least energy with which to leave a, so that b is reached with ``arrive``; inf if none is."""
    if capacity - rise[layer, a, b] < arrive:
        return np.inf
    return max(reserve + need[layer, a, b], energy[layer, a, b] + arrive)


@leaf
def least_ways(matrices: Matrices, at: Integers, load: int, a: int, b: int) -> tuple[float, float]:
    """Least time and least energy from a stop to the next, over any chargers."""
    time, energy, _, _, least_time, least_energy = matrices
    drive, draw = time[a, b], energy[load, a, b]
    for c in range(len(at)):
        drive = min(drive, time[a, at[c]] + least_time[1, b, c])
        draw = min(draw, energy[load, a, at[c]] + least_energy[load, 1, b, c])
    return drive, draw


@leaf
def is_too_long(
    matrices: Matrices, chargers: Chargers, stops: Stops, battery: Floats, start: Floats,
    ends: Floats,
) -> bool:  # fmt: skip
    """Say whether a route is late though each way is the shortest and all charge the fastest."""
    node, layer, service, opens, late = stops
    capacity, reserve, fastest = battery
    last = len(node) - 1
    lacks, busy, now = max(reserve, ends[0]) - start[1], service[last], start[0]
    for k in range(last):
        now = max(now, opens[k])
        if now > late[k] + TOLERANCE * DAY:
            return True
        drive, draw = least_ways(matrices, chargers[0], layer[k], node[k], node[k + 1])
        now, busy, lacks = now + service[k] + drive, busy + service[k] + drive, lacks + draw
    if lacks > TOLERANCE * capacity:
        busy += lacks / fastest
    now = max(now, opens[last])
    latest = min(late[last], ends[1] - service[last]) + TOLERANCE * DAY
    return now > latest or start[0] + busy - service[last] > latest


@leaf
def fill_bounds(
    matrices: Matrices, chargers: Chargers, stops: Stops, battery: Floats, ends: Floats,
    bounds: Floats,
) -> None:  # fmt: skip
    """Fill the row of every place, from the end of the route to its beginning.

    ``ends`` has the least energy and the latest time at the end. ``NEEDS`` is the least energy
    to leave a place with, infinite where it leads nowhere. ``DETOUR`` and ``RECHARGE`` of
    chargers are left to :func:`fill_detour`.
    """
    time, energy, need, rise, least_time, least_energy = matrices
    node, layer, service, opens, late = stops
    capacity, reserve, fastest = battery
    at, count, total = chargers[0], len(chargers[0]), len(node)
    k = total - 1
    end = max(reserve, ends[0])
    bounds[k, NEEDS], bounds[k, USEFUL], bounds[k, TIME], bounds[k, ENERGY] = end, end, 0.0, end
    bounds[k, SURE] = -np.inf
    bounds[k, LATE] = min(late[k], ends[1] - service[k])
    for k in range(total - 2, -1, -1):
        a, b, load = node[k], node[k + 1], layer[k]
        first = total + k * count
        _fill_chargers(matrices, chargers, load, k, b, service[k + 1], opens[k + 1], battery,
                       bounds, first)  # fmt: skip
        needed, useful = bounds[k + 1, NEEDS], bounds[k + 1, USEFUL]
        low = least_departure(energy, need, rise, load, a, b, capacity, reserve, needed)
        enough = least_departure(energy, need, rise, load, a, b, capacity, reserve, useful)
        drive, draw = least_ways(matrices, at, load, a, b)
        detour, recharge, lead_in, lead_out = np.inf, np.inf, np.inf, np.inf
        for c in range(count):
            if bounds[first + c, NEEDS] == np.inf:
                continue
            onward, drawn = least_time[1, b, c], least_energy[load, 1, b, c]
            lead_out = min(lead_out, drawn)
            via = least_departure(energy, need, rise, load, a, at[c], capacity, reserve, reserve)
            if via > capacity * (1.0 + TOLERANCE):
                continue
            # the first charger of a gap is one that can be reached from the stop
            low = min(low, via)
            lead_in = min(lead_in, least_energy[load, 0, a, c])
            longer = least_time[0, a, c] + onward - drive
            more = least_energy[load, 0, a, c] + drawn - draw
            detour, recharge = min(detour, longer), min(recharge, longer + more / fastest)
        bounds[k, NEEDS] = low
        bounds[k, USEFUL] = enough if time[a, b] <= drive and enough <= capacity else np.inf
        bounds[k, TIME] = drive + service[k + 1] + bounds[k + 1, TIME]
        bounds[k, ENERGY] = draw + bounds[k + 1, ENERGY]
        bounds[k, GAP_DETOUR], bounds[k, GAP_RECHARGE], bounds[k, LEAD_IN] = (
            detour,
            recharge,
            lead_in,
        )
        full = capacity - lead_out
        bounds[k, DETOUR], bounds[k, RECHARGE] = detours(bounds, k + 1, total, full, reserve)
        bounds[k, AFTER_DETOUR], bounds[k, AFTER_RECHARGE] = bounds[k, DETOUR], bounds[k, RECHARGE]
        if full >= bounds[k + 1, ENERGY] - TOLERANCE * capacity:
            bounds[k, AFTER_DETOUR], bounds[k, AFTER_RECHARGE] = 0.0, 0.0
        bounds[k, LATE] = min(late[k], bounds[k + 1, LATE] - drive - service[k])
        sure = opens[k + 1] + service[k + 1] + bounds[k + 1, TIME]
        bounds[k, SURE] = max(bounds[k + 1, SURE], sure)


@leaf
def detours(bounds: Floats, k: int, total: int, have: float, reserve: float) -> tuple[float, float]:
    """Least detours from stop k, left with at most ``have``, if a charge must come.

    Each gap in which the vehicle charges costs at least its least detour, and from one such
    gap to the next the energy of a full battery must do. The second number adds the time to
    charge what the detours take.
    """
    detour, recharge = np.inf, np.inf
    have = have * (1.0 + TOLERANCE) - reserve - bounds[k, ENERGY]
    for gap in range(k, total - 1):
        if bounds[gap, LEAD_IN] - bounds[gap, ENERGY] <= have:
            detour = min(detour, bounds[gap, GAP_DETOUR] + bounds[gap, AFTER_DETOUR])
            recharge = min(recharge, bounds[gap, GAP_RECHARGE] + bounds[gap, AFTER_RECHARGE])
    return detour, recharge


@leaf
def _fill_chargers(
    matrices: Matrices, chargers: Chargers, load: int, k: int, b: int, service: float,
    opens: float, battery: Floats, bounds: Floats, first: int,
) -> None:  # fmt: skip
    """Fill the rows of the chargers between stop k and the next, which is node b."""
    time, energy, need, rise, least_time, least_energy = matrices
    capacity, reserve, _ = battery
    at, count, hop = chargers[0], len(chargers[0]), chargers[10]
    needed, useful, after = bounds[k + 1, NEEDS], bounds[k + 1, USEFUL], bounds[k + 1, TIME]
    sure = max(bounds[k + 1, SURE], opens + service + after)
    dead = 0
    for c in range(count):
        row, a = first + c, at[c]
        low = least_departure(energy, need, rise, load, a, b, capacity, reserve, needed)
        if low > capacity * (1.0 + TOLERANCE):
            low = np.inf
            dead += 1
        enough = least_departure(energy, need, rise, load, a, b, capacity, reserve, useful)
        drive = least_time[1, b, c]
        bounds[row, NEEDS] = low
        bounds[row, USEFUL] = enough if time[a, b] <= drive and enough <= capacity else np.inf
        bounds[row, TIME] = drive + service + after
        bounds[row, ENERGY] = least_energy[load, 1, b, c] + bounds[k + 1, ENERGY]
        bounds[row, DETOUR], bounds[row, RECHARGE] = np.nan, np.nan
        bounds[row, LATE] = bounds[k + 1, LATE] - drive
        bounds[row, SURE] = sure
    found = 0 < dead < count
    while found:
        # chargers from which one that leads on can be reached lead on too
        found = False
        for c in range(count):
            for other in range(count):
                if bounds[first + c, NEEDS] < np.inf:
                    break
                if bounds[first + other, NEEDS] < np.inf:
                    low = least_departure(
                        energy, need, rise, load, at[c], at[other], capacity, reserve, reserve
                    )
                    if low <= capacity * (1.0 + TOLERANCE):
                        bounds[first + c, NEEDS] = low
                        found = True
    for c in range(count):
        if bounds[first + c, NEEDS] < np.inf:
            bounds[first + c, NEEDS] = min(bounds[first + c, NEEDS], hop[load, c])


@leaf
def fill_detour(
    least_time: Floats, least_energy: Floats, at: Integers, load: int, k: int, c: int, b: int,
    first: int, fastest: float, bounds: Floats,
) -> None:  # fmt: skip
    """Fill the least detours from charger c between stop k and node b if a charge must follow."""
    detour, recharge = bounds[k, DETOUR], bounds[k, RECHARGE]
    a = at[c]
    drive, draw = least_time[1, b, c], least_energy[load, 1, b, c]
    for other in range(len(at)):
        if other != c and bounds[first + other, NEEDS] < np.inf:
            longer = least_time[0, a, other] + least_time[1, b, other] - drive
            more = least_energy[load, 0, a, other] + least_energy[load, 1, b, other] - draw
            detour = min(detour, longer + bounds[k, AFTER_DETOUR])
            recharge = min(recharge, longer + more / fastest + bounds[k, AFTER_RECHARGE])
    bounds[first + c, DETOUR], bounds[first + c, RECHARGE] = detour, recharge


@leaf
def least_end(
    t: Floats, e: Floats, n: int, bounds: Floats, place: int, detour: float, recharge: float,
    fastest: float, near: float,
) -> float:  # fmt: skip
    """Lower bound on the end of the route, from a function at a place; energies ``near`` equal."""
    best, ahead, needed = np.inf, bounds[place, TIME], bounds[place, ENERGY]
    for i in range(n):
        lacks = needed - e[i]
        if lacks <= near:
            at = t[i]
            if i > 0 and at > t[i - 1] and e[i] > e[i - 1]:
                at = interpolated(e[i - 1], t[i - 1], e[i], at, needed)
                at = min(max(at, t[i - 1]), t[i])
            best = min(best, at + ahead)
            break
        best = min(best, t[i] + ahead + max(detour, recharge + lacks / fastest))
    return max(best, bounds[place, SURE])


@leaf
def heap_push(keys: Floats, ids: Integers, size: int, key: float, label: int) -> int:
    """Put a label into the queue; of equal keys the younger label comes first."""
    at = size
    while at > 0:
        up = (at - 1) >> 1
        if keys[up] < key or (keys[up] == key and ids[up] > label):
            break
        keys[at], ids[at] = keys[up], ids[up]
        at = up
    keys[at], ids[at] = key, label
    return size + 1


@leaf
def heap_pop(keys: Floats, ids: Integers, size: int) -> int:
    """Take the first label out of the queue; its number was ``ids[0]``."""
    size -= 1
    key, label = keys[size], ids[size]
    at = 0
    while True:
        down = 2 * at + 1
        if down >= size:
            break
        right = down + 1
        if right < size and (
            keys[right] < keys[down] or (keys[right] == keys[down] and ids[right] > ids[down])
        ):
            down = right
        if key < keys[down] or (key == keys[down] and label > ids[down]):
            break
        keys[at], ids[at] = keys[down], ids[down]
        at = down
    keys[at], ids[at] = key, label
    return size
