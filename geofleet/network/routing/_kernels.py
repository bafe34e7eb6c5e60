"""Shortest paths on array graphs: Dijkstra, tables, time-dependent trips through a day of stops.

Graphs are arrays: the arcs leaving state ``s`` are ``indptr[s]:indptr[s + 1]``; a *state* is a
junction, or a copy of one that remembers how it was reached (see
:mod:`geofleet.network.routing.turns`).
The queue is a 4-ary heap with decrease-key; ties go to the lower state number, so the answer
depends on nothing but the input.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit, prange

HOUR_S = 3600.0
# Points are known to a centimetre; over less than this, seconds of a day tell no speed.
SHORTEST_M = 1e-3


@njit(cache=True, nogil=True)
def _rise(heap_key, heap_item, position, i):  # type: ignore[no-untyped-def]
    """Move entry ``i`` towards the top until its parent is smaller."""
    key = heap_key[i]
    item = heap_item[i]
    while i > 0:
        parent = (i - 1) >> 2
        other = heap_key[parent]
        if other < key or (other == key and heap_item[parent] < item):
            break
        heap_key[i] = other
        heap_item[i] = heap_item[parent]
        position[heap_item[i]] = i
        i = parent
    heap_key[i] = key
    heap_item[i] = item
    position[item] = i


@njit(cache=True, nogil=True)
def _sink(heap_key, heap_item, position, size):  # type: ignore[no-untyped-def]
    """Take the smallest entry off; the caller has read it. Returns the new size."""
    position[heap_item[0]] = -1
    size -= 1
    if size == 0:
        return size
    key = heap_key[size]
    item = heap_item[size]
    i = 0
    while True:
        first = 4 * i + 1
        if first >= size:
            break
        best = first
        for child in range(first + 1, min(first + 4, size)):
            if heap_key[child] < heap_key[best] or (
                heap_key[child] == heap_key[best] and heap_item[child] < heap_item[best]
            ):
                best = child
        if key < heap_key[best] or (key == heap_key[best] and item < heap_item[best]):
            break
        heap_key[i] = heap_key[best]
        heap_item[i] = heap_item[best]
        position[heap_item[i]] = i
        i = best
    heap_key[i] = key
    heap_item[i] = item
    position[item] = i
    return size


@njit(cache=True, nogil=True)
def _lower_bound(x, y, goal_x, goal_y, goals, bound_ms):  # type: ignore[no-untyped-def]
    """Least time from a point to the nearest goal at the best speed of the network."""
    nearest = np.inf
    for i in range(goals):
        dx = x - goal_x[i]
        dy = y - goal_y[i]
        square = dx * dx + dy * dy
        nearest = min(nearest, square)
    return math.sqrt(nearest) / bound_ms


@njit(cache=True, nogil=True)
def dijkstra_tree(  # type: ignore[no-untyped-def]
    indptr, head, cost, source, state_node, target_node, state_x, state_y, speed
):
    """Grow the shortest-path tree from one state.

    Stops when a state of ``target_node`` is settled (-1: never); the search then leans towards
    it (A*), with the straight distance over ``speed`` as lower bound, which no arc may
    exceed (infinite: plain Dijkstra). Returns cost per state (infinite where not settled or not
    reached), the arc each state was reached by (-1: none) and the state of ``target_node``
    that was settled (-1: none).
    """
    count = len(indptr) - 1
    best = np.full(count, np.inf)
    bound = np.zeros(count)
    via = np.full(count, -1, np.int32)
    position = np.full(count, -2, np.int32)
    heap_key = np.empty(count, np.float64)
    heap_item = np.empty(count, np.int32)
    goal_x = np.zeros(1)
    goal_y = np.zeros(1)
    if target_node >= 0:
        # the first states are the nodes themselves; copies stand where their node stands
        goal_x[0] = state_x[target_node]
        goal_y[0] = state_y[target_node]
    best[source] = 0.0
    heap_key[0] = 0.0
    heap_item[0] = source
    position[source] = 0
    size = 1
    found = -1
    while size > 0:
        state = heap_item[0]
        size = _sink(heap_key, heap_item, position, size)
        if state_node[state] == target_node:
            found = state
            break
        reached = best[state]
        for arc in range(indptr[state], indptr[state + 1]):
            other = head[arc]
            place = position[other]
            if place == -1:
                continue
            total = reached + cost[arc]
            if total < best[other]:
                best[other] = total
                via[other] = arc
                if place == -2:
                    if target_node >= 0:
                        bound[other] = _lower_bound(
                            state_x[other], state_y[other], goal_x, goal_y, 1, speed
                        )
                    place = size
                    size += 1
                    heap_item[place] = other
                heap_key[place] = total + bound[other]
                _rise(heap_key, heap_item, position, place)
    for i in range(size):
        best[heap_item[i]] = np.inf
        via[heap_item[i]] = -1
    return best, via, found


@njit(cache=True, nogil=True, parallel=True)
def dijkstra_table(  # type: ignore[no-untyped-def]
    indptr, head, cost, extra, source_state, state_node, node_slot, slots, out_cost, out_extra
):
    """Fill a table of least costs, one row per source state.

    ``node_slot`` gives the column of a wanted node, -1 for the others; a search ends when its
    ``slots`` columns are filled. ``extra`` is summed along the cheapest paths (length, say).
    """
    count = len(indptr) - 1
    for row in prange(len(source_state)):
        best = np.empty(count, np.float64)
        carried = np.empty(count, np.float64)
        position = np.full(count, -2, np.int32)
        heap_key = np.empty(count, np.float64)
        heap_item = np.empty(count, np.int32)
        done = np.zeros(slots, np.bool_)
        left = slots
        source = source_state[row]
        best[source] = 0.0
        carried[source] = 0.0
        heap_key[0] = 0.0
        heap_item[0] = source
        position[source] = 0
        size = 1
        while size > 0 and left > 0:
            state = heap_item[0]
            size = _sink(heap_key, heap_item, position, size)
            reached = best[state]
            slot = node_slot[state_node[state]]
            if slot >= 0 and not done[slot]:
                done[slot] = True
                out_cost[row, slot] = reached
                out_extra[row, slot] = carried[state]
                left -= 1
            for arc in range(indptr[state], indptr[state + 1]):
                other = head[arc]
                place = position[other]
                if place == -1:
                    continue
                total = reached + cost[arc]
                if place == -2 or total < best[other]:
                    best[other] = total
                    carried[other] = carried[state] + extra[arc]
                    if place == -2:
                        place = size
                        size += 1
                        heap_item[place] = other
                    heap_key[place] = total
                    _rise(heap_key, heap_item, position, place)


@njit(cache=True, nogil=True)
def trace(via, arc_tail, state):  # type: ignore[no-untyped-def]
    """Arcs from the root of a tree to ``state``, in driving order."""
    count = 0
    walker = state
    while via[walker] >= 0:
        walker = arc_tail[via[walker]]
        count += 1
    arcs = np.empty(count, np.int32)
    walker = state
    while via[walker] >= 0:
        count -= 1
        arcs[count] = via[walker]
        walker = arc_tail[via[walker]]
    return arcs


@njit(cache=True, nogil=True)
def arrival(length_m, speed_ms, cap_ms, factors, leave_s):  # type: ignore[no-untyped-def]
    """Second at which ``length_m`` is covered when leaving at ``leave_s``.

    The speed holds within a clock hour and changes at its end while the vehicle is on the way
    (Ichoua, Gendreau and Potvin, 2003), so whoever leaves later never arrives earlier.
    """
    if length_m <= 0.0:
        return leave_s
    hour = math.floor(leave_s / HOUR_S)
    now = leave_s
    left = length_m
    while True:
        speed = min(speed_ms * factors[int(hour) % 24], cap_ms)
        end = (hour + 1.0) * HOUR_S
        reach = speed * (end - now)
        if reach >= left:
            return now + left / speed
        left -= reach
        now = end
        hour += 1.0


@njit(cache=True, nogil=True)
def _grown(array, need):  # type: ignore[no-untyped-def]
    """Return the array, or a copy twice as long when ``need`` does not fit."""
    if need <= len(array):
        return array
    bigger = np.empty(max(need, 2 * len(array)), array.dtype)
    bigger[: len(array)] = array
    return bigger


@njit(cache=True, nogil=True)
def drive_day(  # type: ignore[no-untyped-def]
    indptr, arc_head, arc_edge, arc_tail, edge_indptr, edge_arcs, start_state, state_x, state_y,
    length_m, speed_ms, cap_ms, edge_row, factors, bound_ms,
    stop_edge, stop_twin, stop_fraction, service_s, window_start_s, window_end_s, depart_s,
):  # fmt: skip
    """Drive one vehicle through its stops by time-dependent shortest paths.

    A stop lies on ``stop_edge`` at ``stop_fraction`` of its length and may be reached and left
    on ``stop_twin`` (-1: none) as well. ``stop_edge`` -1 stands for a stop that is not on the
    network: it is passed over. Each leg is an A* search whose lower bound is the straight
    distance at ``bound_ms``, which no arc of the graph exceeds, so its answer is Dijkstra's.

    Returns
    -------
    tuple
        per stop ``arrive, start, depart, late`` [s] (NaN when not reached), ``reached`` (1, 0) and
        ``origin`` (the stop the leg began at, -1: none); per link driven its number, the stop
        before, and ``from fraction, to fraction, enter [s], duration [s], length [m]``.
    """
    stops = len(stop_edge)
    states = len(indptr) - 1
    arrive = np.full(stops, np.nan)
    start = np.full(stops, np.nan)
    depart = np.full(stops, np.nan)
    late = np.full(stops, np.nan)
    reached = np.zeros(stops, np.int8)
    origin = np.full(stops, -1, np.int32)

    out_edge = np.empty(64, np.int32)
    out_stop = np.empty(64, np.int32)
    out = np.empty((64, 5), np.float64)  # from fraction, to fraction, enter, duration, length
    written = 0

    best = np.empty(states, np.float64)
    bound = np.empty(states, np.float64)
    via = np.empty(states, np.int32)
    position = np.empty(states, np.int32)
    seen = np.zeros(states, np.int32)
    goal_seen = np.zeros(states, np.int32)
    heap_key = np.empty(states, np.float64)
    heap_item = np.empty(states, np.int32)
    from_edge = np.empty(2, np.int32)
    from_fraction = np.empty(2, np.float64)
    to_edge = np.empty(2, np.int32)
    to_fraction = np.empty(2, np.float64)

    last = -1
    for stop in range(stops):
        if stop_edge[stop] < 0:
            continue
        if last < 0:
            last = stop
            arrive[stop] = depart_s - service_s[stop]
            start[stop] = arrive[stop]
            depart[stop] = depart_s
            late[stop] = 0.0
            reached[stop] = 1
            continue
        origin[stop] = last
        leave = depart[last]
        run = stop + 1

        from_count = 1
        from_edge[0] = stop_edge[last]
        from_fraction[0] = stop_fraction[last]
        if stop_twin[last] >= 0:
            from_edge[1] = stop_twin[last]
            from_fraction[1] = 1.0 - stop_fraction[last]
            from_count = 2
        to_count = 1
        to_edge[0] = stop_edge[stop]
        to_fraction[0] = stop_fraction[stop]
        if stop_twin[stop] >= 0:
            to_edge[1] = stop_twin[stop]
            to_fraction[1] = 1.0 - stop_fraction[stop]
            to_count = 2

        # goals: the states from which an arc over a target edge leaves
        goals = 0
        for j in range(to_count):
            goals += edge_indptr[to_edge[j] + 1] - edge_indptr[to_edge[j]]
        goal_state = np.empty(goals, np.int32)
        goal_target = np.empty(goals, np.int32)
        goal_x = np.empty(goals, np.float64)
        goal_y = np.empty(goals, np.float64)
        goals = 0
        for j in range(to_count):
            for k in range(edge_indptr[to_edge[j]], edge_indptr[to_edge[j] + 1]):
                state = arc_tail[edge_arcs[k]]
                goal_state[goals] = state
                goal_target[goals] = j
                goal_x[goals] = state_x[state]
                goal_y[goals] = state_y[state]
                goal_seen[state] = run
                goals += 1

        # staying on the same link, forwards
        best_total = np.inf
        best_goal = -1
        direct = -1
        for i in range(from_count):
            for j in range(to_count):
                if from_edge[i] == to_edge[j] and to_fraction[j] >= from_fraction[i]:
                    edge = from_edge[i]
                    total = arrival(
                        length_m[edge] * (to_fraction[j] - from_fraction[i]), speed_ms[edge],
                        cap_ms[edge], factors[edge_row[edge]], leave,
                    )  # fmt: skip
                    if total < best_total:
                        best_total = total
                        direct = 2 * i + j

        size = 0
        for i in range(from_count):
            edge = from_edge[i]
            state = start_state[edge]
            if state < 0:
                continue
            total = arrival(
                length_m[edge] * (1.0 - from_fraction[i]), speed_ms[edge], cap_ms[edge],
                factors[edge_row[edge]], leave,
            )  # fmt: skip
            fresh = seen[state] != run
            if not fresh and total >= best[state]:
                continue
            if fresh:
                seen[state] = run
                bound[state] = _lower_bound(
                    state_x[state], state_y[state], goal_x, goal_y, goals, bound_ms
                )
                position[state] = size
                heap_item[size] = state
                size += 1
            best[state] = total
            via[state] = -1 - i
            heap_key[position[state]] = total + bound[state]
            _rise(heap_key, heap_item, position, position[state])

        while size > 0:
            if heap_key[0] >= best_total:
                break
            state = heap_item[0]
            size = _sink(heap_key, heap_item, position, size)
            now = best[state]
            if goal_seen[state] == run:
                for k in range(goals):
                    if goal_state[k] == state:
                        edge = to_edge[goal_target[k]]
                        total = arrival(
                            length_m[edge] * to_fraction[goal_target[k]], speed_ms[edge],
                            cap_ms[edge], factors[edge_row[edge]], now,
                        )  # fmt: skip
                        if total < best_total:
                            best_total = total
                            best_goal = k
            for arc in range(indptr[state], indptr[state + 1]):
                other = arc_head[arc]
                fresh = seen[other] != run
                if not fresh and position[other] < 0:
                    continue
                edge = arc_edge[arc]
                total = arrival(
                    length_m[edge], speed_ms[edge], cap_ms[edge], factors[edge_row[edge]], now
                )
                if not fresh and total >= best[other]:
                    continue
                if fresh:
                    seen[other] = run
                    bound[other] = _lower_bound(
                        state_x[other], state_y[other], goal_x, goal_y, goals, bound_ms
                    )
                    position[other] = size
                    heap_item[size] = other
                    size += 1
                best[other] = total
                via[other] = arc
                heap_key[position[other]] = total + bound[other]
                _rise(heap_key, heap_item, position, position[other])
        if best_total == np.inf:
            continue

        # the links of the leg in driving order: part, whole links, part
        links = 1
        if best_goal >= 0:
            state = goal_state[best_goal]
            links = 2
            while via[state] >= 0:
                state = arc_tail[via[state]]
                links += 1
            first = -1 - via[state]
        else:
            first = direct // 2
        need = written + links
        out_edge = _grown(out_edge, need)
        out_stop = _grown(out_stop, need)
        if need > len(out):
            bigger = np.empty((len(out_edge), 5), np.float64)
            bigger[:written] = out[:written]
            out = bigger
        out_edge[written] = from_edge[first]
        out[written, 0] = from_fraction[first]
        out[written, 1] = 1.0
        if best_goal < 0:
            out[written, 1] = to_fraction[direct % 2]
        else:
            end = need - 1
            out_edge[end] = to_edge[goal_target[best_goal]]
            out[end, 0] = 0.0
            out[end, 1] = to_fraction[goal_target[best_goal]]
            state = goal_state[best_goal]
            while via[state] >= 0:
                end -= 1
                out_edge[end] = arc_edge[via[state]]
                out[end, 0] = 0.0
                out[end, 1] = 1.0
                state = arc_tail[via[state]]
        now = leave
        kept = written
        for i in range(written, need):
            edge = out_edge[i]
            first_part, last_part = out[i, 0], out[i, 1]
            distance = length_m[edge] * (last_part - first_part)
            if distance < SHORTEST_M:
                continue
            then = arrival(distance, speed_ms[edge], cap_ms[edge], factors[edge_row[edge]], now)
            out_edge[kept] = edge
            out_stop[kept] = last
            out[kept] = (first_part, last_part, now, then - now, distance)
            kept += 1
            now = then
        written = kept

        arrive[stop] = now
        begin = now
        if window_start_s[stop] > begin:
            begin = window_start_s[stop]
        start[stop] = begin
        late[stop] = 0.0
        if begin > window_end_s[stop]:
            late[stop] = begin - window_end_s[stop]
        depart[stop] = begin + service_s[stop]
        reached[stop] = 1
        last = stop
    return (
        arrive, start, depart, late, reached, origin,
        out_edge[:written].copy(), out_stop[:written].copy(), out[:written].copy(),
    )  # fmt: skip
