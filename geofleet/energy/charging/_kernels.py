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
    LATE,
    NEEDS,
    USEFUL,
    Chargers,
    Floats,
    Integers,
    Matrices,
    Stops,
    bound_stops,
    least_end,
    leg,
    look_ahead,
)
from geofleet.energy.charging._kernels_functions import (
    DAY,
    TOLERANCE,
    charge,
    charge_by_clock,
    covers,
    finish,
    interpolated,
    travel,
    within,
)

# queue keys, label table, queue, labels in it, times and energies of all functions, scratch
Pools = tuple[Floats, Integers, Floats, Integers, Floats, Floats, Floats]

# The two modules above as compiled into this file: compiled code is kept by the content of this
# file alone, so a change there must change this line (a test compares).
COMPILED_WITH = "93100e32782eaa09"
PARENT, PLACE, OFFSET, COUNT, NEXT = range(5)  # columns of the label table
INFEASIBLE, OPTIMAL, MORE_SLOTS = range(3)


@njit(cache=True, nogil=True, error_model="numpy")
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


@njit(cache=True, nogil=True, error_model="numpy")
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


@njit(cache=True, nogil=True, error_model="numpy")
def arrival(
    matrices: Matrices, chargers: Chargers, stops: Stops, battery: Floats, ahead: Floats,
    pools: Pools, label: int, place: int, out_t: Floats, out_e: Floats,
) -> int:  # fmt: skip
    """Fill the function on arrival from a settled label; 0 points where there is no way."""
    table, pool_t, pool_e = pools[1], pools[4], pools[5]
    count, total = len(chargers[0]), len(stops[0])
    here = table[label, PLACE]
    k = here if here < total else (here - total) // count
    a = stops[0][k] if here < total else chargers[0][(here - total) % count]
    arrive, b = ahead[NEEDS], stops[0][min(k + 1, total - 1)]
    if place >= total:
        arrive, b = battery[1], chargers[0][(place - total) % count]
    load = stops[1][k]
    draw, low, most = leg(matrices, load, a, b, battery[1], battery[0], arrive)
    top = min(most, max(ahead[USEFUL], arrive)) + draw
    if low == np.inf:
        return 0
    return travel(
        pool_t, pool_e, table[label, OFFSET], table[label, COUNT], low, top,
        matrices[0][a, b], draw, TOLERANCE * battery[0], out_t, out_e,
    )  # fmt: skip


@njit(cache=True, nogil=True, error_model="numpy")
def departure(
    chargers: Chargers, stops: Stops, battery: Floats, ahead: Floats, place: int, n: int,
    t: Floats, e: Floats, other_t: Floats, other_e: Floats,
) -> int:  # fmt: skip
    """Serve the stop or charge at the charger, in place."""
    total, count = len(stops[0]), len(chargers[0])
    if place < total:
        return within(t, e, n, stops[3][place], ahead[LATE], stops[2][place])
    c = (place - total) % count
    curve, tolerance = chargers[1][c], TOLERANCE * battery[0]
    clock, level, m = chargers[2][curve], chargers[3][curve], chargers[4][curve]
    top = max(ahead[USEFUL], ahead[NEEDS])
    if chargers[5][c]:
        span = slice(chargers[7][c], chargers[7][c + 1])
        opens, closes = chargers[8][span], chargers[9][span]
        slow_t, slow_e, n = charge_by_clock(t, e, n, clock, level, m, chargers[6][c], opens, closes)
        if n > len(t):
            return -n
        n = travel(slow_t, slow_e, 0, n, ahead[NEEDS], top, 0.0, 0.0, tolerance, t, e)
    else:
        n = charge(t, e, n, clock, level, m, other_t, other_e)
        n = travel(other_t, other_e, 0, n, ahead[NEEDS], top, 0.0, 0.0, tolerance, t, e)
    return within(t, e, n, -np.inf, ahead[LATE], 0.0)


@njit(cache=True, nogil=True, error_model="numpy")
def grown(pools: Pools, labels: int, points: int, scratch: int) -> Pools:
    """Return pools with room for so many labels, points and points of scratch."""
    key, table, queue, ids, pool_t, pool_e, work = pools
    if labels > len(key):
        size = 2 * labels
        new_key, new_table = np.empty(size), np.empty((size, 5), np.int64)
        new_queue, new_ids = np.empty(size), np.empty(size, np.int64)
        new_key[: len(key)], new_table[: len(key)] = key, table
        new_queue[: len(key)], new_ids[: len(key)] = queue, ids
        key, table, queue, ids = new_key, new_table, new_queue, new_ids
    if points > len(pool_t):
        new_t, new_e = np.empty(2 * points), np.empty(2 * points)
        new_t[: len(pool_t)], new_e[: len(pool_t)] = pool_t, pool_e
        pool_t, pool_e = new_t, new_e
    if scratch > work.shape[1]:
        work = np.empty((4, 2 * scratch))
    return key, table, queue, ids, pool_t, pool_e, work


@njit(cache=True, nogil=True, error_model="numpy")
def search(
    matrices: Matrices, chargers: Chargers, stops: Stops, battery: Floats, start: Floats,
    bounds: Floats, needs: Floats, settled: Integers, pools: Pools,
) -> tuple[int, Pools]:  # fmt: skip
    """Return the label that reaches the end first, -1 if none can.

    ``start`` has the time and the energy in the beginning; ``settled`` is scratch, by place.
    """
    total, count = len(stops[0]), len(chargers[0])
    widest = chargers[2].shape[1]
    ahead, tolerance = np.empty(8), TOLERANCE * battery[0]
    settled[: total + (total - 1) * count] = -1
    pools = grown(pools, 2, 2, 64)
    key, table, queue, ids, pool_t, pool_e, work = pools
    if start[1] < bounds[0, NEEDS] - tolerance:
        return -1, pools
    pool_t[0], pool_e[0] = start[0], start[1]
    if within(pool_t[:1], pool_e[:1], 1, stops[3][0], bounds[0, LATE], stops[2][0]) == 0:
        return -1, pools
    labels, points, size = 1, 1, heap_push(queue, ids, 0, 0.0, 0)
    table[0, PARENT], table[0, PLACE], table[0, OFFSET], table[0, COUNT] = -1, 0, 0, 1
    key[0] = 0.0
    while size > 0:
        label = ids[0]
        size = heap_pop(queue, ids, size)
        place = table[label, PLACE]
        if table[label, COUNT] == 0:
            look_ahead(matrices, chargers, stops, battery, bounds, needs, place, False, ahead)
            room = table[table[label, PARENT], COUNT]
            room = 2 * (room + 2) + (room + 3) * widest
            pools = grown(pools, 0, 0, room)
            work = pools[6]
            n = arrival(matrices, chargers, stops, battery, ahead, pools,
                        table[label, PARENT], place, work[0], work[1])  # fmt: skip
            if n > 0:
                n = departure(chargers, stops, battery, ahead, place, n,
                              work[0], work[1], work[2], work[3])  # fmt: skip
            if n < 0:
                # the queue of this charger took more room than its curve
                pools = grown(pools, 0, 0, -n)
                size = heap_push(queue, ids, size, key[label], label)
                continue
            if n == 0:
                continue
            pools = grown(pools, 0, points + n, 0)
            pool_t, pool_e = pools[4], pools[5]
            pool_t[points : points + n], pool_e[points : points + n] = work[0, :n], work[1, :n]
            table[label, OFFSET], table[label, COUNT] = points, n
            points += n
            key[label] = max(key[label], least_end(work[0], work[1], n, ahead, battery[2]))
            if size > 0 and key[label] > queue[0]:
                size = heap_push(queue, ids, size, key[label], label)
                continue
        first, n = table[label, OFFSET], table[label, COUNT]
        t, e = pool_t[first : first + n], pool_e[first : first + n]
        other = settled[place]
        while other >= 0:
            begin, m = table[other, OFFSET], table[other, COUNT]
            if covers(pool_t[begin : begin + m], pool_e[begin : begin + m], m, t, e, n, tolerance):
                break
            other = table[other, NEXT]
        if other >= 0:
            continue
        table[label, NEXT] = settled[place]
        settled[place] = label
        if place == total - 1:
            return label, pools
        pools = grown(pools, labels + count + 1, 0, 4 * (n + 2))
        key, table, queue, ids, pool_t, pool_e, work = pools
        labels, size = spread(matrices, chargers, stops, battery, bounds, needs, label, labels,
                              size, pools, ahead)  # fmt: skip
    return -1, pools


@njit(cache=True, nogil=True, error_model="numpy")
def spread(
    matrices: Matrices, chargers: Chargers, stops: Stops, battery: Floats, bounds: Floats,
    needs: Floats, label: int, labels: int, size: int, pools: Pools, ahead: Floats,
) -> tuple[int, int]:  # fmt: skip
    """Queue the ways on from a settled label: to the next stop, to each charger of the gap."""
    key, table, queue, ids, _, pool_e, work = pools
    total, count = len(stops[0]), len(chargers[0])
    here = table[label, PLACE]
    k = here if here < total else (here - total) // count
    look_ahead(matrices, chargers, stops, battery, bounds, needs, here, False, ahead)
    enough = pool_e[table[label, OFFSET]] >= ahead[USEFUL]
    for c in range(-1, 0 if enough else count):
        place = k + 1 if c < 0 else total + k * count + c
        if place == here or (c >= 0 and needs[k, c] == np.inf):
            continue
        look_ahead(matrices, chargers, stops, battery, bounds, needs, place, True, ahead)
        n = arrival(matrices, chargers, stops, battery, ahead, pools, label, place,
                    work[0], work[1])  # fmt: skip
        if n == 0 or work[0, 0] > ahead[LATE] + TOLERANCE * DAY:
            continue
        if place < total:
            for i in range(n):
                work[0, i] += stops[2][place]
        table[labels, PARENT], table[labels, PLACE] = label, place
        table[labels, OFFSET], table[labels, COUNT] = 0, 0
        key[labels] = max(key[label], least_end(work[0], work[1], n, ahead, battery[2]))
        size = heap_push(queue, ids, size, key[labels], labels)
        labels += 1
    return labels, size


@njit(cache=True, nogil=True, error_model="numpy")
def unwind(
    matrices: Matrices, chargers: Chargers, stops: Stops, battery: Floats, bounds: Floats,
    needs: Floats, pools: Pools, end: int, targets: Floats, path: Integers,
) -> int:  # fmt: skip
    """Fill the labels of the best way and the energy with which to leave each; their number."""
    table, pool_e, work = pools[1], pools[5], pools[6]
    total, count = len(stops[0]), len(chargers[0])
    length, label = 1, end
    while table[label, PARENT] >= 0:
        label = table[label, PARENT]
        length += 1
    if length > len(path):
        return length
    ahead = np.empty(8)
    path[length - 1] = end
    targets[length - 1] = min(bounds[total - 1, NEEDS], pool_e[table[end, OFFSET]])
    for i in range(length - 1, 0, -1):
        label = path[i]
        parent, place, want = table[label, PARENT], table[label, PLACE], targets[i]
        look_ahead(matrices, chargers, stops, battery, bounds, needs, place, False, ahead)
        if place >= total:
            n = arrival(matrices, chargers, stops, battery, ahead, pools, parent, place,
                        work[0], work[1])  # fmt: skip
            want = least_arrival(chargers, (place - total) % count, work[0], work[1], n, want)
        here = table[parent, PLACE]
        k = here if here < total else (here - total) // count
        a = stops[0][k] if here < total else chargers[0][(here - total) % count]
        b = stops[0][place] if place < total else chargers[0][(place - total) % count]
        _, low, _ = leg(matrices, stops[1][k], a, b, battery[1], battery[0], want)
        path[i - 1], targets[i - 1] = parent, low
    return length


@njit(cache=True, nogil=True, error_model="numpy")
def least_arrival(chargers: Chargers, c: int, t: Floats, e: Floats, n: int, want: float) -> float:
    """Energy on arrival with which charger c gives ``want`` first."""
    curve = chargers[1][c]
    span = slice(chargers[7][c], chargers[7][c + 1])
    best, first = e[n - 1], np.inf
    for i in range(n):
        at, have = t[i], e[i]
        if have >= want:
            have = want
            if i > 0 and t[i] > t[i - 1]:
                at = interpolated(e[i - 1], t[i - 1], e[i], t[i], want)
        done = finish_at(chargers, c, curve, span, at, have, want)
        if done < first - TOLERANCE * DAY:
            best, first = have, done
        if e[i] >= want:
            break
    return best


@njit(cache=True, nogil=True, error_model="numpy")
def finish_at(
    chargers: Chargers, c: int, curve: int, span: slice, at: float, have: float, want: float
) -> float:
    """Time at which one who arrives with ``have`` leaves charger c with ``want``."""
    _, done = finish(
        at, have, want, chargers[2][curve], chargers[3][curve], chargers[4][curve],
        chargers[6][c], chargers[8][span], chargers[9][span],
    )  # fmt: skip
    return done


@njit(cache=True, nogil=True, error_model="numpy")
def replay(
    matrices: Matrices, chargers: Chargers, stops: Stops, battery: Floats, start: Floats,
    pools: Pools, length: int, path: Integers, targets: Floats, at_stops: Floats, visits: Floats,
) -> int:  # fmt: skip
    """Drive the best way as early as can be; fill what happens at stops and chargers."""
    table = pools[1]
    total, count = len(stops[0]), len(chargers[0])
    now, have, made, a, k = start[0], start[1], 0, stops[0][0], 0
    for i in range(length):
        place = table[path[i], PLACE]
        b = stops[0][place] if place < total else chargers[0][(place - total) % count]
        if i > 0:
            draw, _, most = leg(matrices, stops[1][k], a, b, battery[1], battery[0], 0.0)
            now += matrices[0][a, b]
            have = min(have - draw, most)
        a = b
        if place < total:
            k = place
            begin = max(now, stops[3][place])
            at_stops[place, 0], at_stops[place, 1] = now, begin
            now = begin + stops[2][place]
            at_stops[place, 2], at_stops[place, 3] = now, have
            continue
        c = (place - total) % count
        if made < len(visits):
            curve = chargers[1][c]
            span = slice(chargers[7][c], chargers[7][c + 1])
            want = max(min(targets[i], chargers[3][curve, chargers[4][curve] - 1]), have)
            begin, done = finish(
                now, have, want, chargers[2][curve], chargers[3][curve], chargers[4][curve],
                chargers[6][c], chargers[8][span], chargers[9][span],
            )  # fmt: skip
            visits[made, 0], visits[made, 1] = k, c
            visits[made, 2], visits[made, 3], visits[made, 4] = now, begin, done
            visits[made, 5], visits[made, 6] = have, want
            now, have = done, want
        made += 1
    return made


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
    bounds, needs = np.empty((longest, 8)), np.empty((longest, count))
    settled = np.empty(longest * (count + 1), np.int64)
    targets, path = np.empty(longest + slots), np.empty(longest + slots, np.int64)
    size = 256
    pools = (
        np.empty(size), np.empty((size, 5), np.int64), np.empty(size), np.empty(size, np.int64),
        np.empty(4 * size), np.empty(4 * size), np.empty((4, 256)),
    )  # fmt: skip
    for r in range(begin, end):
        span = slice(first[r], first[r + 1])
        mine = (stops[0][span], stops[1][span], stops[2][span], stops[3][span], stops[4][span])
        bound_stops(matrices, chargers, mine, battery, ends[r], bounds, needs)
        found, pools = search(
            matrices, chargers, mine, battery, starts[r], bounds, needs, settled, pools
        )
        status[r], visit_count[r] = INFEASIBLE, 0
        if found < 0:
            continue
        length = unwind(
            matrices, chargers, mine, battery, bounds, needs, pools, found, targets, path
        )
        status[r], visit_count[r] = OPTIMAL, length - len(mine[0])
        if visit_count[r] > slots:
            status[r] = MORE_SLOTS
            continue
        replay(matrices, chargers, mine, battery, starts[r], pools, length, path, targets,
               at_stops[span], visits[r])  # fmt: skip


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
    for part in prange((routes + chunk - 1) // chunk):
        solve_some(
            matrices, chargers, stops, battery, starts, ends, first,
            part * chunk, min(routes, (part + 1) * chunk), status, at_stops, visits, visit_count,
        )  # fmt: skip
