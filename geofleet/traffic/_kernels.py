"""Loading trips on shortest-path trees; arrays and scalars only.

The queue is a binary heap with decrease-key; ties go to the lower state number, so the trees
depend on nothing but the input.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange


@njit(cache=True, nogil=True)
def _before(key, item, a, b):  # type: ignore[no-untyped-def]
    """Whether entry ``a`` of the heap comes before entry ``b``."""
    return key[a] < key[b] or (key[a] == key[b] and item[a] < item[b])


@njit(cache=True, nogil=True)
def _swap(key, item, place, a, b):  # type: ignore[no-untyped-def]
    """Exchange two entries of the heap."""
    key[a], key[b] = key[b], key[a]
    item[a], item[b] = item[b], item[a]
    place[item[a]] = a
    place[item[b]] = b


@njit(cache=True, nogil=True)
def _rise(key, item, place, i):  # type: ignore[no-untyped-def]
    """Move an entry towards the top."""
    while i > 0:
        parent = (i - 1) >> 1
        if not _before(key, item, i, parent):
            break
        _swap(key, item, place, i, parent)
        i = parent


@njit(cache=True, nogil=True)
def _sink(key, item, place, size):  # type: ignore[no-untyped-def]
    """Move the top entry down to where it belongs."""
    i = 0
    while True:
        child = 2 * i + 1
        if child >= size:
            break
        if child + 1 < size and _before(key, item, child + 1, child):
            child += 1
        if not _before(key, item, child, i):
            break
        _swap(key, item, place, i, child)
        i = child


@njit(cache=True, nogil=True)
def load_tree(  # type: ignore[no-untyped-def]
    indptr, arc_head, arc_edge, arc_tail, cost, state_node, source, node_slot, slots, trips,
    best, via, place, settled, key, item, load, target_state, out,
):  # fmt: skip
    """Load the trips from one origin on its shortest-path tree.

    The tree grows until every destination with trips is settled; then the loads run back from the
    last state settled to the first, so each arc is added once. ``trips`` are by slot, which
    ``node_slot`` gives for each destination node (-1: none). ``out`` gets vehicles by edge.
    Returns the trips that found no way.
    """
    left = 0
    for slot in range(slots):
        target_state[slot] = -1
        if trips[slot] > 0.0:
            left += 1
    best[:] = np.inf
    place[:] = -2
    best[source] = 0.0
    via[source] = -1
    key[0] = 0.0
    item[0] = source
    place[source] = 0
    size = 1
    count = 0
    while size > 0 and left > 0:
        state = item[0]
        size -= 1
        if size > 0:
            _swap(key, item, place, 0, size)
            _sink(key, item, place, size)
        place[state] = -1
        settled[count] = state
        load[state] = 0.0
        count += 1
        slot = node_slot[state_node[state]]
        if slot >= 0 and target_state[slot] < 0 and trips[slot] > 0.0:
            target_state[slot] = state
            left -= 1
        reached = best[state]
        for arc in range(indptr[state], indptr[state + 1]):
            other = arc_head[arc]
            if place[other] == -1:
                continue
            total = reached + cost[arc]
            if total < best[other]:
                best[other] = total
                via[other] = arc
                if place[other] == -2:
                    place[other] = size
                    item[size] = other
                    key[size] = total
                    size += 1
                else:
                    key[place[other]] = total
                _rise(key, item, place, place[other])
    lost = 0.0
    for slot in range(slots):
        if trips[slot] > 0.0:
            if target_state[slot] >= 0:
                load[target_state[slot]] += trips[slot]
            else:
                lost += trips[slot]
    for i in range(count - 1, 0, -1):
        state = settled[i]
        if load[state] > 0.0:
            arc = via[state]
            out[arc_edge[arc]] += load[state]
            load[arc_tail[arc]] += load[state]
    return lost


@njit(cache=True, nogil=True, parallel=True)
def load_trees(  # type: ignore[no-untyped-def]
    indptr, arc_head, arc_edge, arc_tail, cost, state_node, sources, node_slot, trips, out, lost
):
    """Load trips from many origins.

    Each row of ``out`` (blocks × edges) gets the origins of one block, in order, so that the sums
    do not depend on the number of threads. ``sources`` are states, ``trips`` origins × slots.
    """
    blocks = out.shape[0]
    states = len(indptr) - 1
    count = len(sources)
    slots = trips.shape[1]
    for block in prange(blocks):
        best = np.empty(states, np.float64)
        via = np.empty(states, np.int32)
        place = np.empty(states, np.int32)
        settled = np.empty(states, np.int32)
        key = np.empty(states, np.float64)
        item = np.empty(states, np.int32)
        load = np.empty(states, np.float64)
        target_state = np.empty(slots, np.int32)
        for origin in range(block * count // blocks, (block + 1) * count // blocks):
            if sources[origin] >= 0:
                lost[origin] = load_tree(
                    indptr, arc_head, arc_edge, arc_tail, cost, state_node, sources[origin],
                    node_slot, slots, trips[origin], best, via, place, settled, key, item, load,
                    target_state, out[block],
                )  # fmt: skip
            else:
                lost[origin] = trips[origin].sum()
