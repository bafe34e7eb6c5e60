"""Loading trips on shortest-path trees; arrays and scalars only.

The queue is a 4-ary heap with decrease-key; ties go to the lower state number, so the trees depend
on nothing but the input. (It is that of the routing kernels: compiled code is cached by the
content of its own file, so each file holds all that it calls.)
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange


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
def _grow(  # type: ignore[no-untyped-def]
    indptr, arc_head, cost, state_node, source, node_slot, target_state, left,
    best, via, position, settled, heap_key, heap_item,
):  # fmt: skip
    """Grow the tree of quickest ways until ``left`` slots are reached; returns states settled.

    ``target_state`` is -1 for a slot that is wanted and -2 for one that is not; it gets the state
    in which the slot's node was first reached.
    """
    position[:] = -2
    best[source] = 0.0
    via[source] = -1
    heap_key[0] = 0.0
    heap_item[0] = source
    position[source] = 0
    size = 1
    count = 0
    while size > 0 and left > 0:
        state = heap_item[0]
        size = _sink(heap_key, heap_item, position, size)
        settled[count] = state
        count += 1
        slot = node_slot[state_node[state]]
        if slot >= 0 and target_state[slot] == -1:
            target_state[slot] = state
            left -= 1
        reached = best[state]
        for arc in range(indptr[state], indptr[state + 1]):
            other = arc_head[arc]
            place = position[other]
            if place == -1:
                continue
            total = reached + cost[arc]
            if place == -2 or total < best[other]:
                best[other] = total
                via[other] = arc
                if place == -2:
                    place = size
                    size += 1
                    heap_item[place] = other
                heap_key[place] = total
                _rise(heap_key, heap_item, position, place)
    return count


@njit(cache=True, nogil=True, parallel=True)
def load_trees(  # type: ignore[no-untyped-def]
    indptr, arc_head, arc_edge, arc_tail, cost, state_node, sources, node_slot, trips, out, lost
):
    """Load trips of several groups from many origins, each on its tree of quickest ways.

    ``sources`` are states (-1: no road), ``trips`` origins × groups × slots, where ``node_slot``
    gives the slot of a destination node (-1: none). The loads of a tree run back from the
    last state settled to the first, so each arc is added once. Each row of ``out`` (blocks ×
    groups × edges) gets the origins of one block, in order: the sums do not depend on the number of
    threads. ``lost`` (origins × groups) gets the trips that found no way.
    """
    blocks = out.shape[0]
    states = len(indptr) - 1
    count = len(sources)
    groups = trips.shape[1]
    slots = trips.shape[2]
    for block in prange(blocks):
        best = np.empty(states, np.float64)
        via = np.empty(states, np.int32)
        position = np.empty(states, np.int32)
        settled = np.empty(states, np.int32)
        heap_key = np.empty(states, np.float64)
        heap_item = np.empty(states, np.int32)
        load = np.zeros((states, groups))
        target_state = np.empty(slots, np.int32)
        for origin in range(block * count // blocks, (block + 1) * count // blocks):
            left = 0
            for slot in range(slots):
                target_state[slot] = -2
                for group in range(groups):
                    if trips[origin, group, slot] > 0.0:
                        target_state[slot] = -1
                if target_state[slot] == -1:
                    left += 1
            reached = 0
            if sources[origin] >= 0:
                reached = _grow(
                    indptr, arc_head, cost, state_node, sources[origin], node_slot, target_state,
                    left, best, via, position, settled, heap_key, heap_item,
                )  # fmt: skip
            for slot in range(slots):
                state = target_state[slot]
                for group in range(groups):
                    if state >= 0:
                        load[state, group] += trips[origin, group, slot]
                    else:
                        lost[origin, group] += trips[origin, group, slot]
            for i in range(reached - 1, 0, -1):
                state = settled[i]
                arc = via[state]
                edge = arc_edge[arc]
                tail = arc_tail[arc]
                for group in range(groups):
                    loaded = load[state, group]
                    if loaded > 0.0:
                        out[block, group, edge] += loaded
                        load[tail, group] += loaded
                        load[state, group] = 0.0
            if reached > 0:
                for group in range(groups):
                    load[sources[origin], group] = 0.0
