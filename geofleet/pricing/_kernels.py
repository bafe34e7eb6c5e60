"""Searches for routes by two prices at once, over arrays.

The arcs leaving state ``s`` are ``indptr[s]:indptr[s + 1]``. Costs are whole numbers held as
float64, so that sums are exact and ties are ties. Queue entries are ordered by first cost, second
cost, then age: the answer depends on nothing but the input.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def _push(heap_first, heap_second, heap_item, size, first, second, item):  # type: ignore[no-untyped-def]
    """Put one entry into a binary heap that has room for it; returns the new size."""
    i = size
    while i > 0:
        parent = (i - 1) >> 1
        other = heap_first[parent]
        if other < first:
            break
        if other == first:
            beside = heap_second[parent]
            if beside < second or (beside == second and heap_item[parent] < item):
                break
        heap_first[i] = other
        heap_second[i] = heap_second[parent]
        heap_item[i] = heap_item[parent]
        i = parent
    heap_first[i] = first
    heap_second[i] = second
    heap_item[i] = item
    return size + 1


@njit(cache=True, nogil=True)
def _before(heap_first, heap_second, heap_item, i, j):  # type: ignore[no-untyped-def]
    """Say whether entry ``i`` comes before entry ``j``."""
    if heap_first[i] != heap_first[j]:
        return heap_first[i] < heap_first[j]
    if heap_second[i] != heap_second[j]:
        return heap_second[i] < heap_second[j]
    return heap_item[i] < heap_item[j]


@njit(cache=True, nogil=True)
def _pop(heap_first, heap_second, heap_item, size):  # type: ignore[no-untyped-def]
    """Take the first entry off; the caller has read it. Returns the new size."""
    size -= 1
    i = 0
    while True:
        # The last entry, at ``size``, looks for its place from the top down.
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
def tree(indptr, head, cost, seed_state, seed_cost):  # type: ignore[no-untyped-def]
    """Return the least cost of every state from the nearest seed, infinite where there is no way.

    On the reversed graph, with seeds where trips end, it is the cost that is left from each state.
    """
    count = len(indptr) - 1
    best = np.full(count, np.inf)
    room = len(head) + len(seed_state) + 1
    heap_first = np.empty(room)
    heap_second = np.empty(room)
    heap_item = np.empty(room, np.int32)
    size = 0
    for k in range(len(seed_state)):
        if seed_cost[k] < best[seed_state[k]]:
            best[seed_state[k]] = seed_cost[k]
            size = _push(heap_first, heap_second, heap_item, size, seed_cost[k], 0.0, seed_state[k])
    while size > 0:
        reached = heap_first[0]
        state = heap_item[0]
        size = _pop(heap_first, heap_second, heap_item, size)
        if reached > best[state]:
            continue
        for arc in range(indptr[state], indptr[state + 1]):
            total = reached + cost[arc]
            if total < best[head[arc]]:
                best[head[arc]] = total
                size = _push(heap_first, heap_second, heap_item, size, total, 0.0, head[arc])
    return best


@njit(cache=True, nogil=True)
def _longer(array):  # type: ignore[no-untyped-def]
    """Return a copy with twice the room."""
    out = np.empty(2 * len(array), array.dtype)
    out[: len(array)] = array
    return out


@njit(cache=True, nogil=True)
def search(  # type: ignore[no-untyped-def]
    indptr, head, first, second, first_left, second_left, weight_first, weight_second,
    seed_state, seed_first, seed_second, goal_of_state, goal_next, goal_first, goal_second,
    single, limit, most,
):  # fmt: skip
    """Find the ways from the seeds to the goals that no other way beats in both costs.

    The first cost is ``weight_first * first + weight_second * second``, the second is ``second``.
    BOA* (Hernández Ulloa et al. 2020, ICAPS 30, 143–151): labels come off the queue by first cost,
    then second, so that one number a state, the least second cost so far, tells whether a label
    is beaten. ``first_left`` and ``second_left`` are lower bounds of what is left from a state,
    infinite where no goal can be reached; no arc may lower bound plus cost.

    Goals hang on states as chains: ``goal_of_state`` (-1: none) and ``goal_next``; each adds its
    own cost. With ``single`` only the way of least first cost, of those the one of least second.
    Ways of a first cost above ``limit`` are not sought.

    Returns
    -------
    tuple
        labels of the ways found, by ascending first cost; parent of each label (-1 - seed at its
        root); arc of each label (-1 - goal at its end); first and second cost of each label; and
        whether the search stopped at ``most`` labels, so that dearer ways by the first cost are
        missing.
    """
    count = len(indptr) - 1
    least = np.full(count + 1, np.inf)  # the last is the end of the trip
    # of a single way, the best label of each state that waits in the queue
    waiting_first = np.full(count + 1 if single else 1, np.inf)
    waiting_second = np.full(count + 1 if single else 1, np.inf)
    room = 1024
    label_state = np.empty(room, np.int32)
    label_parent = np.empty(room, np.int32)
    label_arc = np.empty(room, np.int32)
    label_first = np.empty(room)
    label_second = np.empty(room)
    heap_first = np.empty(room)
    heap_second = np.empty(room)
    heap_item = np.empty(room, np.int32)
    labels = 0
    size = 0
    found = np.empty(16, np.int32)
    ways = 0
    cut = False
    for k in range(len(seed_state)):
        state = seed_state[k]
        left = second_left[state]
        if first_left[state] == np.inf or left == np.inf:
            continue
        cost = weight_first * seed_first[k] + weight_second * seed_second[k]
        bound = cost + weight_first * first_left[state] + weight_second * left
        if bound > limit:
            continue
        label_state[labels] = state
        label_parent[labels] = -1 - k
        label_arc[labels] = -1
        label_first[labels] = cost
        label_second[labels] = seed_second[k]
        size = _push(heap_first, heap_second, heap_item, size, bound, seed_second[k] + left, labels)
        labels += 1
    while size > 0:
        label = heap_item[0]
        second_bound = heap_second[0]
        size = _pop(heap_first, heap_second, heap_item, size)
        state = label_state[label]
        here_second = label_second[label]
        if here_second >= least[state] or second_bound >= least[count]:
            continue
        least[state] = -np.inf if single else here_second
        here_first = label_first[label]
        if state == count:
            least[state] = here_second
            if ways == len(found):
                found = _longer(found)
            found[ways] = label
            ways += 1
            if single:
                break
            continue
        arcs = indptr[state + 1] - indptr[state]
        goal = goal_of_state[state]
        step = 0
        while step < arcs or goal >= 0:
            if step < arcs:
                arc = indptr[state] + step
                step += 1
                to = head[arc]
                a = first[arc]
                b = second[arc]
                left_first = first_left[to]
                left_second = second_left[to]
            else:
                arc = -1 - goal
                to = count
                a = goal_first[goal]
                b = goal_second[goal]
                left_first = 0.0
                left_second = 0.0
                goal = goal_next[goal]
            if left_first == np.inf or left_second == np.inf:
                continue
            total_second = here_second + b
            bound_second = total_second + left_second
            if total_second >= least[to] or bound_second >= least[count]:
                continue
            total_first = here_first + (weight_first * a + weight_second * b)
            bound_first = total_first + (weight_first * left_first + weight_second * left_second)
            if bound_first > limit:
                continue
            if single:
                if total_first > waiting_first[to] or (
                    total_first == waiting_first[to] and total_second >= waiting_second[to]
                ):
                    continue
                waiting_first[to] = total_first
                waiting_second[to] = total_second
            if labels >= most:
                cut = True
                break
            if labels == len(label_state):
                label_state = _longer(label_state)
                label_parent = _longer(label_parent)
                label_arc = _longer(label_arc)
                label_first = _longer(label_first)
                label_second = _longer(label_second)
                heap_first = _longer(heap_first)
                heap_second = _longer(heap_second)
                heap_item = _longer(heap_item)
            label_state[labels] = to
            label_parent[labels] = label
            label_arc[labels] = arc
            label_first[labels] = total_first
            label_second[labels] = total_second
            size = _push(
                heap_first, heap_second, heap_item, size, bound_first, bound_second, labels
            )
            labels += 1
        if cut:
            break
    return (
        found[:ways].copy(), label_parent[:labels].copy(), label_arc[:labels].copy(),
        label_first[:labels].copy(), label_second[:labels].copy(), cut,
    )  # fmt: skip


@njit(cache=True, nogil=True)
def trace(parent, arc, label):  # type: ignore[no-untyped-def]
    """Return seed, goal and the arcs in driving order of the way that ends in ``label``."""
    goal = -1 - arc[label]
    count = 0
    walker = parent[label]
    while parent[walker] >= 0:
        walker = parent[walker]
        count += 1
    seed = -1 - parent[walker]
    arcs = np.empty(count, np.int32)
    walker = parent[label]
    while parent[walker] >= 0:
        count -= 1
        arcs[count] = arc[walker]
        walker = parent[walker]
    return seed, goal, arcs
