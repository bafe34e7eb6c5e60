"""Where, when and how long to charge on a fixed route: labels, in SI units only.

A label is a way to a place with a function of the clock (:mod:`._kernels_functions`): the most
energy that can be in the battery there at each time. Labels leave the queue by a lower bound on
the end of the route; one that another at the same place covers is dropped. The first that
reaches the end is optimal, and a queue that runs empty proves that there is no way.

Places are numbered: stop k is k, charger c between stops k and k + 1 is S + k C + c.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from geofleet.energy.charging._kernels_bounds import (
    AFTER_DETOUR,
    AFTER_RECHARGE,
    COLUMNS,
    DETOUR,
    LATE,
    NEEDS,
    RECHARGE,
    USEFUL,
    Chargers,
    Floats,
    Integers,
    Matrices,
    Stops,
    detours,
    fill_bounds,
    fill_detour,
    heap_pop,
    heap_push,
    is_too_long,
    least_departure,
    least_end,
)
from geofleet.energy.charging._kernels_functions import (
    DAY,
    HOUR,
    HOURS,
    TOLERANCE,
    charge,
    charge_by_clock,
    covers,
    covers_charged,
    finish,
    interpolated,
    leaf,
    travel,
    within,
)

# lower bounds, label table, queue, labels in it, times and energies of all functions
Pools = tuple[Floats, Integers, Floats, Integers, Floats, Floats]
# scratch: times and energies, twice; six rows for charging by the clock
Work = tuple[Floats, Floats, Floats, Floats, Floats]

# The two modules above as compiled into this file: compiled code is kept by the content of this
# file alone, so a change there must change this line (a test compares).
COMPILED_WITH = "46b1c723f836c7c6"
PARENT, PLACE, OFFSET, COUNT, NEXT = range(5)  # columns of the label table
INFEASIBLE, OPTIMAL, MORE_SLOTS = range(3)
NO_WAY, NO_ROOM = -1, -2
FIRST_SIZE = 1024  # labels for which there is memory at first; grows as needed


@leaf
def node_and_gap(place: int, nodes: Integers, at: Integers) -> tuple[int, int]:
    """Node of a place, and the number of the stop before the gap that follows it."""
    total, count = len(nodes), len(at)
    if place < total:
        return nodes[place], place
    return at[(place - total) % count], (place - total) // count


@leaf
def arrival(
    time: Floats, energy: Floats, need: Floats, rise: Floats, load: int, a: int, b: int,
    capacity: float, reserve: float, arrive: float, useful: float,
    t: Floats, e: Floats, first: int, count: int, out_t: Floats, out_e: Floats,
) -> int:  # fmt: skip
    """Fill the function on arrival in b from that on departure in a; 0 points: no way."""
    low = least_departure(energy, need, rise, load, a, b, capacity, reserve, arrive)
    if low == np.inf:
        return 0
    draw = energy[load, a, b]
    top = min(capacity - rise[load, a, b], max(useful, arrive)) + draw
    return travel(
        t, e, first, count, low, top, time[a, b], draw, TOLERANCE * capacity, out_t, out_e
    )


@leaf
def charged_by_clock(
    chargers: Chargers, c: int, n: int, t: Floats, e: Floats, slow: Floats, out_t: Floats,
    out_e: Floats,
) -> int:  # fmt: skip
    """Charge at charger c, which has a queue or hours; -1 if there is no room."""
    curve = chargers[1][c]
    span = slice(chargers[7][c], chargers[7][c + 1])
    return charge_by_clock(
        t, e, n, chargers[2], chargers[3], curve, chargers[4][curve], chargers[6][c],
        chargers[8][span], chargers[9][span], slow, out_t, out_e,
    )  # fmt: skip


@leaf
def build(
    matrices: Matrices, chargers: Chargers, stops: Stops, battery: Floats, bounds: Floats,
    table: Integers, pool_t: Floats, pool_e: Floats, work: Work, label: int,
) -> int:  # fmt: skip
    """Fill the function on departure of a label that only has a place; negative: no room."""
    time, energy, need, rise, least_time, least_energy = matrices
    node, layer, service, opens, _ = stops
    at, curve, clock, level, points, by_clock = chargers[:6]
    t, e, other_t, other_e, slow = work
    capacity, reserve, fastest = battery[0], battery[1], battery[2]
    total, count, tolerance = len(node), len(at), TOLERANCE * battery[0]
    place, parent = table[label, PLACE], table[label, PARENT]
    here, k = node_and_gap(place, node, at)
    a, gap = node_and_gap(table[parent, PLACE], node, at)
    n = table[parent, COUNT]
    if 2 * (n + 2) + (n + 3) * clock.shape[1] > len(t):
        return -1
    low, top = bounds[place, NEEDS], max(bounds[place, USEFUL], bounds[place, NEEDS])
    n = arrival(
        time, energy, need, rise, layer[gap], a, here, capacity, reserve,
        low if place < total else reserve, top, pool_t, pool_e, table[parent, OFFSET], n, t, e,
    )  # fmt: skip
    if n == 0:
        return 0
    if place < total:
        return within(t, e, n, opens[place], bounds[place, LATE], service[place])
    c, first = (place - total) % count, total + k * count
    if np.isnan(bounds[place, DETOUR]):
        fill_detour(least_time, least_energy, at, layer[k], k, c, node[k + 1], first, fastest,
                    bounds)  # fmt: skip
    if by_clock[c]:
        n = charged_by_clock(chargers, c, n, t, e, slow, other_t, other_e)
        if n < 0 or n + 2 > len(t):
            return -1
    else:
        n = charge(t, e, n, clock, level, curve[c], points[curve[c]], other_t, other_e)
    n = travel(other_t, other_e, 0, n, low, top, 0.0, 0.0, tolerance, t, e)
    return within(t, e, n, -np.inf, bounds[place, LATE], 0.0) if n > 0 else n


@leaf
def spread(
    matrices: Matrices, chargers: Chargers, stops: Stops, battery: Floats, bounds: Floats,
    key: Floats, table: Integers, queue: Floats, ids: Integers, pool_t: Floats, pool_e: Floats,
    t: Floats, e: Floats, settled: Integers, label: int, labels: int, size: int,
) -> tuple[int, int]:  # fmt: skip
    """Queue the ways on from a settled label: to the next stop, to each charger of the gap."""
    time, energy, need, rise, _, _ = matrices
    node, layer, service = stops[0], stops[1], stops[2]
    at, capacity, reserve, fastest = chargers[0], battery[0], battery[1], battery[2]
    total, count, place = len(node), len(at), table[label, PLACE]
    first, points = table[label, OFFSET], table[label, COUNT]
    here, k = node_and_gap(place, node, at)
    load, enough = layer[k], pool_e[first] >= bounds[place, USEFUL]
    curve, clock, level, points_of = chargers[1], chargers[2], chargers[3], chargers[4]
    near = TOLERANCE * capacity
    # the direct way last: of equal bounds the younger label comes first
    for c in range(-1 if enough else count - 1, -2, -1):
        to, b = (k + 1, node[k + 1]) if c < 0 else (total + k * count + c, at[c])
        if to == place or bounds[to, NEEDS] == np.inf:
            continue
        n = arrival(
            time, energy, need, rise, load, here, b, capacity, reserve,
            bounds[to, NEEDS] if c < 0 else reserve, bounds[to, USEFUL],
            pool_t, pool_e, first, points, t, e,
        )  # fmt: skip
        if n == 0 or t[0] > bounds[to, LATE] + TOLERANCE * DAY:
            continue
        detour, recharge = bounds[k, AFTER_DETOUR], bounds[k, AFTER_RECHARGE]
        if c < 0:
            for i in range(n):
                t[i] += service[to]
            detour, recharge = detours(bounds, to, total, e[n - 1], reserve)
        other = settled[to] if c >= 0 and not chargers[5][c] else -1
        while other >= 0 and not covers_charged(
            pool_t, pool_e, table[other, COUNT], table[other, OFFSET], t, e, n, bounds[to, NEEDS],
            clock, level, curve[c], points_of[curve[c]], near,
        ):  # fmt: skip
            other = table[other, NEXT]
        if other >= 0:
            continue
        end = least_end(t, e, n, bounds, to, detour, recharge, fastest, near)
        table[labels, PARENT], table[labels, PLACE], table[labels, COUNT] = label, to, 0
        key[labels] = max(key[label], end)
        size = heap_push(queue, ids, size, key[labels], labels)
        labels += 1
    return labels, size


@leaf
def search(
    matrices: Matrices, chargers: Chargers, stops: Stops, battery: Floats, start: Floats,
    bounds: Floats, settled: Integers, pools: Pools, work: Work,
) -> int:  # fmt: skip
    """Return the label that reaches the end first, NO_WAY, or NO_ROOM in pools or work.

    ``start`` has the time and the energy in the beginning; ``settled`` is scratch, by place.
    """
    key, table, queue, ids, pool_t, pool_e = pools
    t, e = work[0], work[1]
    total, count = len(stops[0]), len(chargers[0])
    reserve, fastest, tolerance = battery[1], battery[2], TOLERANCE * battery[0]
    for place in range(total + (total - 1) * count):
        settled[place] = -1
    pool_t[0], pool_e[0] = start[0], start[1]
    n = within(pool_t, pool_e, 1, stops[3][0], bounds[0, LATE], stops[2][0])
    if n == 0 or start[1] < bounds[0, NEEDS] - tolerance:
        return NO_WAY
    key[0], table[0, PARENT], table[0, PLACE], table[0, OFFSET], table[0, COUNT] = 0.0, -1, 0, 0, 1
    labels, points, size = 1, 1, heap_push(queue, ids, 0, 0.0, 0)
    while size > 0:
        label = ids[0]
        size = heap_pop(queue, ids, size)
        place = table[label, PLACE]
        if table[label, COUNT] == 0:
            n = build(matrices, chargers, stops, battery, bounds, table, pool_t, pool_e, work,
                      label)  # fmt: skip
            if n < 0 or points + n > len(pool_t):
                return NO_ROOM
            if n == 0:
                continue
            for i in range(n):
                pool_t[points + i], pool_e[points + i] = t[i], e[i]
            table[label, OFFSET], table[label, COUNT] = points, n
            points += n
            detour, recharge = bounds[place, DETOUR], bounds[place, RECHARGE]
            if place < total:
                detour, recharge = detours(bounds, place, total, e[n - 1], reserve)
            end = least_end(t, e, n, bounds, place, detour, recharge, fastest, tolerance)
            key[label] = max(key[label], end)
            if size > 0 and key[label] > queue[0]:
                size = heap_push(queue, ids, size, key[label], label)
                continue
        first, n = table[label, OFFSET], table[label, COUNT]
        other = settled[place]
        while other >= 0 and not covers(
            pool_t, pool_e, table[other, COUNT], pool_t, pool_e, n, tolerance,
            table[other, OFFSET], first,
        ):  # fmt: skip
            other = table[other, NEXT]
        if other >= 0:
            continue
        table[label, NEXT] = settled[place]
        settled[place] = label
        if place == total - 1:
            return label
        if labels + count + 1 > len(key) or n + 2 > len(t):
            return NO_ROOM
        labels, size = spread(
            matrices, chargers, stops, battery, bounds, key, table, queue, ids, pool_t, pool_e,
            t, e, settled, label, labels, size,
        )  # fmt: skip
    return NO_WAY


@leaf
def unwind(
    matrices: Matrices, chargers: Chargers, stops: Stops, battery: Floats, bounds: Floats,
    pools: Pools, work: Work, end: int, targets: Floats, path: Integers,
) -> int:  # fmt: skip
    """Fill the labels of the best way and the energy with which to leave each; their number."""
    time, energy, need, rise, _, _ = matrices
    _, table, _, _, pool_t, pool_e = pools
    t, e = work[0], work[1]
    node, layer, at = stops[0], stops[1], chargers[0]
    total, count = len(node), len(at)
    capacity, reserve, _ = battery
    near, length, label = TOLERANCE * capacity, 1, end
    while table[label, PARENT] >= 0:
        label = table[label, PARENT]
        length += 1
    if length > len(path):
        return length
    path[length - 1] = end
    targets[length - 1] = min(bounds[total - 1, NEEDS], pool_e[table[end, OFFSET]])
    following, needed, leave = -1, 0.0, targets[length - 1]  # the place that is driven to next
    for i in range(length - 1, 0, -1):
        label = path[i]
        parent, place, want = table[label, PARENT], table[label, PLACE], leave
        b, _ = node_and_gap(place, node, at)
        a, k = node_and_gap(table[parent, PLACE], node, at)
        load = layer[k]
        if place >= total:
            n = arrival(
                time, energy, need, rise, load, a, b, capacity, reserve, reserve,
                max(bounds[place, USEFUL], bounds[place, NEEDS]), pool_t, pool_e,
                table[parent, OFFSET], table[parent, COUNT], t, e,
            )  # fmt: skip
            want = least_arrival(chargers, (place - total) % count, t, e, n, leave)
        low = least_departure(energy, need, rise, load, a, b, capacity, reserve, want)
        path[i - 1] = parent
        if place >= total and want >= leave - near and following >= 0:
            # no charge: drive past, if that is no longer and takes no more
            past = least_departure(
                energy, need, rise, load, a, following, capacity, reserve, needed
            )
            longer = time[a, following] > time[a, b] + time[b, following] + TOLERANCE * DAY
            if past <= low + near and not longer:
                path[i], leave, targets[i - 1] = -1, past, past
                continue
        following, needed, leave, targets[i - 1] = b, want, low, low
    return length


@leaf
def least_arrival(chargers: Chargers, c: int, t: Floats, e: Floats, n: int, want: float) -> float:
    """Energy on arrival with which charger c gives ``want`` first.

    It is that at a point of the function, or where the clock changes something: a full hour,
    or an arrival that comes to the plug when the charger opens or closes.
    """
    best, first, wait = e[n - 1], np.inf, chargers[6]
    hours = int(np.floor(t[0] / HOUR))
    spans = chargers[7][c + 1] - chargers[7][c]
    for i in range(n):
        marks = 0
        if chargers[5][c] and i > 0:
            marks = (2 * spans + 1) * HOURS
        for mark in range(-1, marks):
            at = t[i]
            if mark >= 0:
                at, hour = (hours + mark % HOURS) * HOUR, mark % HOURS
                if mark >= HOURS:
                    edge = chargers[7][c] + (mark - HOURS) // (2 * HOURS)
                    closing = (mark // HOURS) % 2 == 0
                    at = chargers[9][edge] if closing else chargers[8][edge]
                    at -= wait[c, hour]
                if not t[i - 1] < at < t[i]:
                    continue
            have = e[i] if mark < 0 else interpolated(t[i - 1], e[i - 1], t[i], e[i], at)
            if have >= want:
                have = want
                if i > 0 and t[i] > t[i - 1]:
                    at = interpolated(e[i - 1], t[i - 1], e[i], t[i], want)
            _, done = visit(chargers, c, at, have, want)
            if done < first - TOLERANCE * DAY:
                best, first = have, done
        if e[i] >= want:
            break
    return best


@leaf
def visit(chargers: Chargers, c: int, at: float, have: float, want: float) -> tuple[float, float]:
    """Begin and end of a charge from ``have`` to ``want`` at charger c."""
    curve, span = chargers[1][c], slice(chargers[7][c], chargers[7][c + 1])
    return finish(
        at, have, want, chargers[2][curve], chargers[3][curve], chargers[4][curve],
        chargers[6][c], chargers[8][span], chargers[9][span],
    )  # fmt: skip


@leaf
def replay(
    matrices: Matrices, chargers: Chargers, stops: Stops, battery: Floats, start: Floats,
    table: Integers, length: int, path: Integers, targets: Floats, at_stops: Floats,
    visits: Floats,
) -> int:  # fmt: skip
    """Drive the best way as early as can be; fill what happens; return the number of visits."""
    time, energy, _, rise, _, _ = matrices
    node, layer, service, opens, _ = stops
    capacity, reserve = battery[0], battery[1]
    now, have, made, a, k = start[0], start[1], 0, node[0], 0
    for i in range(length):
        if path[i] < 0:
            continue
        place = table[path[i], PLACE]
        b, gap = node_and_gap(place, node, chargers[0])
        if i > 0:
            now += time[a, b]
            have = min(have - energy[layer[k], a, b], capacity - rise[layer[k], a, b])
            have = max(have, reserve)  # below by rounding alone
        a, k = b, gap
        if place < len(node):
            begin = max(now, opens[place])
            at_stops[place, 0], at_stops[place, 1] = now, begin
            now = begin + service[place]
            at_stops[place, 2], at_stops[place, 3] = now, have
            continue
        c = (place - len(node)) % len(chargers[0])
        curve = chargers[1][c]
        want = max(min(targets[i], chargers[3][curve, chargers[4][curve] - 1]), have)
        begin, done = visit(chargers, c, now, have, want)
        visits[made, 0], visits[made, 1], visits[made, 2] = k, c, now
        visits[made, 3], visits[made, 4] = begin, done
        visits[made, 5], visits[made, 6] = have, want
        now, have = done, want
        made += 1
    return made


@njit(cache=True, nogil=True, error_model="numpy")
def memory(size: int) -> tuple[Pools, Work]:
    """Return empty pools and scratch."""
    points, scratch = 4 * size, size
    pools = (
        np.empty(size), np.empty((size, 5), np.int64), np.empty(size), np.empty(size, np.int64),
        np.empty(points), np.empty(points),
    )  # fmt: skip
    work = (
        np.empty(scratch), np.empty(scratch), np.empty(scratch), np.empty(scratch),
        np.empty((6, 4 * scratch)),
    )  # fmt: skip
    return pools, work


@njit(cache=True, nogil=True, error_model="numpy")
def solve_some(
    matrices: Matrices, chargers: Chargers, stops: Stops, battery: Floats, starts: Floats,
    ends: Floats, first: Integers, begin: int, end: int,
    status: Integers, at_stops: Floats, visits: Floats, visit_count: Integers,
) -> None:  # fmt: skip
    """Solve routes ``begin`` to ``end`` one after another in the same memory."""
    count, slots = len(chargers[0]), visits.shape[1]
    longest = 2
    for r in range(begin, end):
        longest = max(longest, first[r + 1] - first[r])
    bounds = np.empty((longest * (count + 1), COLUMNS))
    settled = np.empty(longest * (count + 1), np.int64)
    targets, path = np.empty(longest + slots), np.empty(longest + slots, np.int64)
    size = FIRST_SIZE
    pools, work = memory(size)
    for r in range(begin, end):
        span = slice(first[r], first[r + 1])
        mine = (stops[0][span], stops[1][span], stops[2][span], stops[3][span], stops[4][span])
        status[r], visit_count[r] = INFEASIBLE, 0
        if is_too_long(matrices, chargers, mine, battery, starts[r], ends[r]):
            continue
        fill_bounds(matrices, chargers, mine, battery, ends[r], bounds)
        found = search(matrices, chargers, mine, battery, starts[r], bounds, settled, pools, work)
        while found == NO_ROOM:
            size *= 4
            pools, work = memory(size)
            found = search(
                matrices, chargers, mine, battery, starts[r], bounds, settled, pools, work
            )
        if found < 0:
            continue
        length = unwind(
            matrices, chargers, mine, battery, bounds, pools, work, found, targets, path
        )
        status[r], visit_count[r] = OPTIMAL, length - len(mine[0])
        if visit_count[r] > slots:
            status[r] = MORE_SLOTS
            continue
        visit_count[r] = replay(
            matrices, chargers, mine, battery, starts[r], pools[1], length, path, targets,
            at_stops[span], visits[r],
        )  # fmt: skip


@njit(cache=True, nogil=True, error_model="numpy", parallel=True)
def solve(
    matrices: Matrices, chargers: Chargers, stops: Stops, battery: Floats, starts: Floats,
    ends: Floats, first: Integers, chunk: int,
    status: Integers, at_stops: Floats, visits: Floats, visit_count: Integers,
) -> None:  # fmt: skip
    """Solve all routes, in chunks; no route sees another.

    Parameters
    ----------
    matrices
        Between nodes: seconds (nodes × nodes); energy drawn, least energy on departure above the
        reserve, energy that a full battery lacks on arrival (J; layers × nodes × nodes); least
        time and least energy through chargers (alike).
    chargers
        See ``Chargers``; curves are rows of clock (s) and level (J).
    stops
        See ``Stops``, of all routes after one another; the layer is that of the gap behind.
    battery
        Capacity and reserve (J), highest charging power (W).
    starts, ends
        Per route: time and energy in the beginning; least energy and latest time at the end.
    first
        First stop of each route, and the number of stops.
    status, at_stops, visits, visit_count
        Filled. Stops: arrival, begin and end of service (s), energy (J). Visits: gap, charger,
        arrival, begin and end of charging (s), energy before and after (J).
    """
    routes = len(first) - 1
    if chunk >= routes:  # threads that wait for one another spin: more time than a few routes take
        solve_some(
            matrices, chargers, stops, battery, starts, ends, first, 0, routes, status, at_stops,
            visits, visit_count,
        )  # fmt: skip
        return
    for part in prange((routes + chunk - 1) // chunk):
        solve_some(
            matrices, chargers, stops, battery, starts, ends, first,
            part * chunk, min(routes, (part + 1) * chunk), status, at_stops, visits, visit_count,
        )  # fmt: skip
