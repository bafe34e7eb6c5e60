"""Searches over a road graph whose links may give energy back, over arrays.

The arcs leaving state ``s`` are ``indptr[s]:indptr[s + 1]``. Costs are whole numbers held as
float64, so that sums are exact, ties are ties and a reduced cost is never a rounding below zero.

A *potential* ``p`` makes negative costs harmless (Johnson 1977, J. ACM 24, 1–13): with
``p[head] <= p[tail] + cost`` on every arc, a search ordered by ``cost so far - p`` settles every
state once. It is kept when a battery is full: what is drawn so far is then
``max(drawn + cost, 0)``, which is no less than ``drawn + cost`` (Eisner, Funke and Storandt 2011,
AAAI-25, 1108–1113).

The summary of a path of energies e1, e2, … are four numbers: ``total`` (their sum), ``need`` (the
largest sum of a beginning), ``spare`` (the largest sum of an ending) and ``swing`` (the largest
sum of any stretch), all but the first at least 0. Of a battery of usable size B that holds b it
leaves ``min(b - total, B - spare)``, and it can be driven above a reserve R when
``need <= b - R`` and ``swing <= B - R``; whatever B, b and R are.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange

TOTAL, NEED, SPARE, SWING = 0, 1, 2, 3


@njit(cache=True, nogil=True)
def _before(heap_first, heap_second, heap_item, i, j):  # type: ignore[no-untyped-def]
    """Say whether entry ``i`` comes before entry ``j``."""
    if heap_first[i] != heap_first[j]:
        return heap_first[i] < heap_first[j]
    if heap_second[i] != heap_second[j]:
        return heap_second[i] < heap_second[j]
    return heap_item[i] < heap_item[j]


@njit(cache=True, nogil=True)
def _push(heap_first, heap_second, heap_item, size, first, second, item):  # type: ignore[no-untyped-def]
    """Put one entry into a binary heap that has room for it; returns the new size."""
    heap_first[size] = first
    heap_second[size] = second
    heap_item[size] = item
    i = size
    while i > 0:
        parent = (i - 1) >> 1
        if not _before(heap_first, heap_second, heap_item, i, parent):
            break
        heap_first[i], heap_first[parent] = heap_first[parent], heap_first[i]
        heap_second[i], heap_second[parent] = heap_second[parent], heap_second[i]
        heap_item[i], heap_item[parent] = heap_item[parent], heap_item[i]
        i = parent
    return size + 1


@njit(cache=True, nogil=True)
def _pop(heap_first, heap_second, heap_item, size):  # type: ignore[no-untyped-def]
    """Take the first entry off; the caller has read it. Returns the new size."""
    size -= 1
    i = 0
    while True:
        # the last entry, at ``size``, looks for its place from the top down
        best = size
        for child in range(2 * i + 1, min(2 * i + 3, size)):
            if _before(heap_first, heap_second, heap_item, child, best):
                best = child
        heap_first[i] = heap_first[best]
        heap_second[i] = heap_second[best]
        heap_item[i] = heap_item[best]
        if best == size:
            return size
        i = best


@njit(cache=True, nogil=True)
def _loop(parent):  # type: ignore[no-untyped-def]
    """Return a state on a loop of parents, -1 when they are a forest."""
    count = len(parent)
    seen = np.zeros(count, np.int32)
    for root in range(count):
        walker = root
        while walker >= 0 and seen[walker] == 0:
            seen[walker] = root + 1
            walker = parent[walker]
        if walker >= 0 and seen[walker] == root + 1:
            return walker
    return -1


@njit(cache=True, nogil=True)
def potentials(indptr, head, cost, potential):  # type: ignore[no-untyped-def]
    """Lower ``potential`` in place until no arc is below it; returns its loop of parents, or none.

    Bellman, Ford and Moore's relaxation by a queue, from any start: a start that nearly fits
    (height times weight) is mended in one sweep. Every ``count`` changes the parents are walked
    for a loop (Cherkassky and Goldberg 1999, Math. Program. 85, 277–311): only a loop of roads
    that gives more energy than it takes makes one. The states of the loop come back in driving
    order; empty when there is none.
    """
    count = len(indptr) - 1
    parent = np.full(count, -1, np.int32)
    waits = np.ones(count, np.bool_)
    queue = np.arange(count).astype(np.int32)
    first = 0
    length = count
    changes = 0
    while length > 0:
        state = queue[first]
        first = (first + 1) % count
        length -= 1
        waits[state] = False
        for arc in range(indptr[state], indptr[state + 1]):
            total = potential[state] + cost[arc]
            other = head[arc]
            if total >= potential[other]:
                continue
            potential[other] = total
            parent[other] = state
            if not waits[other]:
                waits[other] = True
                queue[(first + length) % count] = other
                length += 1
            changes += 1
            if changes % count == 0 or other == state:
                at = _loop(parent)
                if at >= 0:
                    size = 1
                    walker = parent[at]
                    while walker != at:
                        size += 1
                        walker = parent[walker]
                    loop = np.empty(size, np.int32)
                    for i in range(size - 1, -1, -1):
                        loop[i] = at
                        at = parent[at]
                    return loop
    return np.empty(0, np.int32)


@njit(cache=True, nogil=True)
def _grow(  # type: ignore[no-untyped-def]
    indptr, head, cost, potential, seed_state, seed_cost, goal_of_state, goal_next, goal_target,
    goal_cost, target_potential, floor, limit, best, via, heap_first, heap_second, heap_item,
):  # fmt: skip
    """Grow the tree of least costs from the seeds until every target is settled.

    State ``count + t`` is target ``t``. ``via`` of a state is the arc it was reached by, or
    -1 - seed; of a target the number of its goal. Costs never fall below ``floor`` on the way
    and ways above ``limit`` are not driven on.
    """
    count = len(indptr) - 1
    best[:] = np.inf
    via[:] = -1
    targets = len(target_potential)
    done = np.zeros(count + targets, np.bool_)
    left = 0
    for t in range(targets):
        if target_potential[t] < np.inf:
            left += 1
    size = 0
    for k in range(len(seed_state)):
        state = seed_state[k]
        if seed_cost[k] <= limit and seed_cost[k] < best[state]:
            best[state] = seed_cost[k]
            via[state] = -1 - k
            key = seed_cost[k] - potential[state]
            size = _push(heap_first, heap_second, heap_item, size, key, 0.0, state)
    while size > 0 and left > 0:
        state = heap_item[0]
        size = _pop(heap_first, heap_second, heap_item, size)
        if done[state]:
            continue
        done[state] = True
        if state >= count:
            left -= 1
            continue
        reached = best[state]
        for arc in range(indptr[state], indptr[state + 1]):
            other = head[arc]
            total = max(reached + cost[arc], floor)
            if not done[other] and total < best[other] and total <= limit:
                best[other] = total
                via[other] = arc
                key = total - potential[other]
                size = _push(heap_first, heap_second, heap_item, size, key, 0.0, other)
        goal = goal_of_state[state]
        while goal >= 0:
            other = count + goal_target[goal]
            total = max(reached + goal_cost[goal], floor)
            if not done[other] and total < best[other] and total <= limit:
                best[other] = total
                via[other] = goal
                key = total - target_potential[goal_target[goal]]
                size = _push(heap_first, heap_second, heap_item, size, key, 0.0, other)
            goal = goal_next[goal]
    for state in range(count + targets):
        if not done[state]:
            best[state] = np.inf


@njit(cache=True, nogil=True)
def _add(sums, energy):  # type: ignore[no-untyped-def]
    """Drive one more link: put its energy behind those of the path."""
    sums[TOTAL] += energy
    sums[NEED] = max(sums[NEED], sums[TOTAL])
    sums[SPARE] = max(sums[SPARE] + energy, 0.0)
    sums[SWING] = max(sums[SWING], sums[SPARE])


@njit(cache=True, nogil=True)
def _way(tail, via, goal_state, count, target):  # type: ignore[no-untyped-def]
    """Return the seed, the goal and the arcs in driving order of the way to a target."""
    goal = via[count + target]
    steps = 0
    walker = goal_state[goal]
    while via[walker] >= 0:
        walker = tail[via[walker]]
        steps += 1
    seed = -1 - via[walker]
    arcs = np.empty(steps, np.int32)
    walker = goal_state[goal]
    while via[walker] >= 0:
        steps -= 1
        arcs[steps] = via[walker]
        walker = tail[via[walker]]
    return seed, goal, arcs


@njit(cache=True, nogil=True, parallel=True)
def leg_table(  # type: ignore[no-untyped-def]
    indptr, head, tail, arc_edge, cost, potential, seed_start, seed_state, seed_cost, seed_edge,
    seed_share, goal_of_state, goal_next, goal_target, goal_state, goal_cost, goal_edge,
    goal_share, target_potential, direct_edge, direct_share, direct_cost, amounts, energy,
    out_cost, out_amounts, out_energy,
):  # fmt: skip
    """Fill the tables of the cheapest ways from every origin to every target.

    ``direct_edge`` (-1: none) is the link on which an origin and a target follow one another.
    ``amounts`` (K, links) are summed along the way (seconds, metres), ``energy`` (L, links) are
    summarised as the module says: ``out_energy`` (rows, targets, L, 4).
    """
    count = len(indptr) - 1
    rows, targets = out_cost.shape
    for row in prange(rows):
        seeds = seed_state[seed_start[row] : seed_start[row + 1]]
        costs = seed_cost[seed_start[row] : seed_start[row + 1]]
        room = len(head) + len(goal_target) + len(seeds) + 1
        best = np.empty(count + targets)
        via = np.empty(count + targets, np.int32)
        _grow(
            indptr, head, cost, potential, seeds, costs, goal_of_state, goal_next, goal_target,
            goal_cost, target_potential, -np.inf, np.inf, best, via, np.empty(room),
            np.empty(room), np.empty(room, np.int32),
        )  # fmt: skip
        sums = np.empty(4)
        for t in range(targets):
            edge = direct_edge[row, t]
            through = best[count + t]
            if edge >= 0 and direct_cost[row, t] <= through:
                share = direct_share[row, t]
                out_cost[row, t] = direct_cost[row, t]
                for k in range(len(amounts)):
                    out_amounts[row, t, k] = amounts[k, edge] * share
                for level in range(len(energy)):
                    sums[:] = 0.0
                    _add(sums, energy[level, edge] * share)
                    out_energy[row, t, level] = sums
                continue
            out_cost[row, t] = through
            if through == np.inf:
                continue
            seed, goal, arcs = _way(tail, via, goal_state, count, t)
            first = seed_edge[seed_start[row] + seed]
            first_share = seed_share[seed_start[row] + seed]
            last = goal_edge[goal]
            last_share = goal_share[goal]
            for k in range(len(amounts)):
                total = 0.0
                if first >= 0:
                    total += amounts[k, first] * first_share
                for arc in arcs:
                    total += amounts[k, arc_edge[arc]]
                if last >= 0:
                    total += amounts[k, last] * last_share
                out_amounts[row, t, k] = total
            for level in range(len(energy)):
                sums[:] = 0.0
                if first >= 0:
                    _add(sums, energy[level, first] * first_share)
                for arc in arcs:
                    _add(sums, energy[level, arc_edge[arc]])
                if last >= 0:
                    _add(sums, energy[level, last] * last_share)
                out_energy[row, t, level] = sums


@njit(cache=True, nogil=True)
def one_way(  # type: ignore[no-untyped-def]
    indptr, head, tail, cost, potential, seed_state, seed_cost, goal_of_state, goal_next,
    goal_target, goal_state, goal_cost, target_potential, floor, limit,
):  # fmt: skip
    """Return cost, seed, goal and arcs of the cheapest way to target 0; infinite where none."""
    count = len(indptr) - 1
    room = len(head) + len(goal_target) + len(seed_state) + 1
    best = np.empty(count + len(target_potential))
    via = np.empty(count + len(target_potential), np.int32)
    _grow(
        indptr, head, cost, potential, seed_state, seed_cost, goal_of_state, goal_next,
        goal_target, goal_cost, target_potential, floor, limit, best, via, np.empty(room),
        np.empty(room), np.empty(room, np.int32),
    )  # fmt: skip
    if best[count] == np.inf:
        return np.inf, -1, -1, np.empty(0, np.int32)
    seed, goal, arcs = _way(tail, via, goal_state, count, 0)
    return best[count], seed, goal, arcs


@njit(cache=True, nogil=True)
def least_left(indptr, head, cost, potential, seed_state, seed_cost):  # type: ignore[no-untyped-def]
    """Return the least cost from every state to the goals, on the reversed graph.

    ``potential`` is the one of the forward graph: its negative fits the reversed arcs.
    """
    count = len(indptr) - 1
    best = np.full(count, np.inf)
    done = np.zeros(count, np.bool_)
    room = len(head) + len(seed_state) + 1
    heap_first = np.empty(room)
    heap_second = np.empty(room)
    heap_item = np.empty(room, np.int32)
    size = 0
    for k in range(len(seed_state)):
        state = seed_state[k]
        if seed_cost[k] < best[state]:
            best[state] = seed_cost[k]
            key = seed_cost[k] + potential[state]
            size = _push(heap_first, heap_second, heap_item, size, key, 0.0, state)
    while size > 0:
        state = heap_item[0]
        size = _pop(heap_first, heap_second, heap_item, size)
        if done[state]:
            continue
        done[state] = True
        for arc in range(indptr[state], indptr[state + 1]):
            other = head[arc]
            total = best[state] + cost[arc]
            if not done[other] and total < best[other]:
                best[other] = total
                key = total + potential[other]
                size = _push(heap_first, heap_second, heap_item, size, key, 0.0, other)
    return best


@njit(cache=True, nogil=True)
def _longer(array):  # type: ignore[no-untyped-def]
    """Return a copy with twice the room."""
    out = np.empty(2 * len(array), array.dtype)
    out[: len(array)] = array
    return out


@njit(cache=True, nogil=True)
def charge_frontier(  # type: ignore[no-untyped-def]
    indptr, head, price, energy, price_left, energy_left, seed_state, seed_price, seed_drawn,
    goal_of_state, goal_next, goal_price, goal_energy, drawn_least, drawn_most, single, most,
):  # fmt: skip
    """Find the ways that no other way beats in both price and charge on arrival.

    ``drawn`` is what is missing from a full battery: it never falls below ``drawn_least`` and may
    not rise above ``drawn_most``. Both ends of that rule keep order (who has more charge can do
    all that who has less can), so labels come off the queue by price, then by drawn, and one
    number a state says whether a label is beaten (Hernández Ulloa et al. 2020, ICAPS 30,
    143–151). ``price_left`` is the least price that is left from a state, ``energy_left`` bounds
    the energy from below. With ``single`` only the cheapest way.

    Returns labels of the ways, parent and arc of each label (-1 - seed, -1 - goal at the ends),
    price and drawn of each, and whether the search stopped at ``most`` labels.
    """
    count = len(indptr) - 1
    room = 1024
    state_of = np.empty(room, np.int32)
    parent = np.empty(room, np.int32)
    arc_of = np.empty(room, np.int32)
    price_of = np.empty(room)
    drawn_of = np.empty(room)
    heap_first = np.empty(room)
    heap_second = np.empty(room)
    heap_item = np.empty(room, np.int32)
    least = np.full(count + 1, np.inf)
    found = np.empty(16, np.int32)
    ways = 0
    labels = 0
    size = 0
    cut = False
    for k in range(len(seed_state)):
        state = seed_state[k]
        if seed_drawn[k] > drawn_most or price_left[state] == np.inf:
            continue
        state_of[labels] = state
        parent[labels] = -1 - k
        arc_of[labels] = 0
        price_of[labels] = seed_price[k]
        drawn_of[labels] = seed_drawn[k]
        bound = seed_price[k] + price_left[state]
        size = _push(heap_first, heap_second, heap_item, size, bound, seed_drawn[k], labels)
        labels += 1
    while size > 0 and not cut:
        label = heap_item[0]
        size = _pop(heap_first, heap_second, heap_item, size)
        state = state_of[label]
        drawn = drawn_of[label]
        if drawn >= least[state]:
            continue
        least[state] = drawn
        if state == count:
            if ways == len(found):
                found = _longer(found)
            found[ways] = label
            ways += 1
            if single:
                break
            continue
        goal = goal_of_state[state]
        arc = indptr[state]
        while goal >= 0 or arc < indptr[state + 1]:
            if goal >= 0:
                to = count
                mark = -1 - goal
                total = price_of[label] + goal_price[goal]
                after = max(drawn + goal_energy[goal], drawn_least)
                bound = total
                left = 0.0
                goal = goal_next[goal]
            else:
                to = head[arc]
                mark = arc
                total = price_of[label] + price[arc]
                after = max(drawn + energy[arc], drawn_least)
                bound = total + price_left[to]
                left = energy_left[to]
                arc += 1
            if bound == np.inf or after > drawn_most or after >= least[to]:
                continue
            if after + left > drawn_most or max(after + left, drawn_least) >= least[count]:
                continue
            if labels >= most:
                cut = True
                break
            if labels == len(state_of):
                state_of = _longer(state_of)
                parent = _longer(parent)
                arc_of = _longer(arc_of)
                price_of = _longer(price_of)
                drawn_of = _longer(drawn_of)
                heap_first = _longer(heap_first)
                heap_second = _longer(heap_second)
                heap_item = _longer(heap_item)
            state_of[labels] = to
            parent[labels] = label
            arc_of[labels] = mark
            price_of[labels] = total
            drawn_of[labels] = after
            size = _push(heap_first, heap_second, heap_item, size, bound, after, labels)
            labels += 1
    return (
        found[:ways].copy(), parent[:labels].copy(), arc_of[:labels].copy(),
        price_of[:labels].copy(), drawn_of[:labels].copy(), cut,
    )  # fmt: skip
