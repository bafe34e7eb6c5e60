"""Sums over pairs of a road and a receptor by look-ups in the tables of all slots.

The tuple ``table`` is that of SlotTables.arrays, ``near`` (inner, outer) the squares of the
distances between which pairs fade out (a grid carries the rest; infinite where there is none),
``roads`` that of Chunks.arrays. Forward and adjoint evaluate the same numbers for a pair, so that
one is the other's transpose to the last bits.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit, prange

SLOTS = 24
X_MIN = 1.0  # distances below one metre are treated as one metre
FAST = {"contract"}  # multiply and add may fuse; nothing is reordered, so results reproduce

# Gauss-Legendre nodes and weights on [-1, 1].
_G4 = np.polynomial.legendre.leggauss(4)
GL4_X, GL4_W = _G4[0].copy(), _G4[1].copy()


@njit(cache=True, nogil=True, fastmath=FAST, error_model="numpy")
def fade(r2, inner, outer):  # type: ignore[no-untyped-def]
    """Share of a pair that is near: 1 up to ``inner``, 0 from ``outer``, twice differentiable."""
    if r2 <= inner:
        return 1.0
    if r2 >= outer:
        return 0.0
    t = (r2 - inner) / (outer - inner)
    return 1.0 - t * t * t * (10.0 + t * (6.0 * t - 15.0))


@njit(cache=True, nogil=True, fastmath=FAST, error_model="numpy")
def add_node(k, weight, dx, dy, cls, table, near):  # type: ignore[no-untyped-def]
    """Add weight x G at offset (dx, dy) from the source, all slots, to ``k``."""
    values, far_start, near_rows, near_directions, far_rows, far_directions, bits = table
    r2 = max(dx * dx + dy * dy, X_MIN * X_MIN)
    if r2 >= near[1]:
        return
    weight *= fade(r2, near[0], near[1])
    pattern = np.float64(r2).view(np.int64)
    shift = 52 - bits
    i = (pattern >> shift) - (1023 << bits)
    u = float(pattern & ((1 << shift) - 1)) / float(1 << shift)
    v = dy / max(abs(dx) + abs(dy), 1e-300)
    if dx < 0.0:
        v = 2.0 - v
    elif v < 0.0:
        v += 4.0
    if i < near_rows - 1:
        v *= near_directions * 0.25
        j = min(int(v), near_directions - 1)
        stride = (near_directions + 1) * SLOTS
        start = (cls * near_rows + i) * stride + j * SLOTS
    else:
        if i > near_rows + far_rows - 3:
            i, u = near_rows + far_rows - 3, 1.0
        v *= far_directions * 0.25
        j = min(int(v), far_directions - 1)
        stride = (far_directions + 1) * SLOTS
        start = far_start + (i - near_rows + 1) * stride + j * SLOTS
    v -= j
    r = math.sqrt(r2)
    weight /= r * math.sqrt(r)
    a0, a1 = np.float32(weight * (1.0 - u) * (1.0 - v)), np.float32(weight * (1.0 - u) * v)
    b0, b1 = np.float32(weight * u * (1.0 - v)), np.float32(weight * u * v)
    # Unsigned indices: no test for negative ones, so that the loop runs in vector registers.
    a, b, next_one = np.uint64(start), np.uint64(start + stride), np.uint64(SLOTS)
    for slot in range(next_one):
        k[slot] += (a0 * values[a + slot] + a1 * values[a + next_one + slot]) + (
            b0 * values[b + slot] + b1 * values[b + next_one + slot]
        )


@njit(cache=True, nogil=True)
def _add_segment(k, weight, segment, xr, yr, cls, table, near, panel):  # type: ignore[no-untyped-def]
    """Add the integral over a straight segment by panels that grow with distance."""
    px, py = xr - segment[0], yr - segment[1]
    dx, dy = segment[2] - segment[0], segment[3] - segment[1]
    length = math.sqrt(dx * dx + dy * dy)
    cos, sin = dx / length, dy / length
    foot = min(max(px * cos + py * sin, 0.0), length)
    for side in range(2):
        toward = 1.0 if side == 0 else -1.0
        end = length if side == 0 else 0.0
        t0 = foot
        while (end - t0) * toward > 0.0:
            ax, ay = px - t0 * cos, py - t0 * sin
            r = math.sqrt(ax * ax + ay * ay)
            width = min(panel * max(r, X_MIN), (end - t0) * toward)
            for q in range(4):
                t = t0 + 0.5 * width * toward * (1.0 + GL4_X[q])
                part = 0.5 * weight * width * GL4_W[q]
                add_node(k, part, px - t * cos, py - t * sin, cls, table, near)
            t0 += width * toward


@njit(cache=True, nogil=True)
def _pair(k, c, xr, yr, roads, table, near, outer, rule):  # type: ignore[no-untyped-def]
    """Set ``k`` to ug/m3 at (xr, yr) per g/s on the line of chunk ``c``; False where nil."""
    chunks, nodes, classes, _, segments, starts = roads
    dx, dy = xr - chunks[c, 0], yr - chunks[c, 1]
    half, weight = chunks[c, 2], chunks[c, 3]
    d2 = dx * dx + dy * dy
    if d2 >= (outer + half) * (outer + half):
        return False
    k[:] = 0.0
    cls = classes[c]
    if d2 >= (rule[0] * half) ** 2:
        add_node(k, 2.0 * weight * half, dx, dy, cls, table, near)
    elif d2 >= (rule[1] * half) ** 2:
        part = weight * half
        add_node(k, part, xr - nodes[c, 0], yr - nodes[c, 1], cls, table, near)
        add_node(k, part, xr - nodes[c, 2], yr - nodes[c, 3], cls, table, near)
    else:
        for s in range(starts[c], starts[c + 1]):
            _add_segment(k, weight, segments[s], xr, yr, cls, table, near, rule[2])
    return True


@njit(cache=True, nogil=True)
def _cells(x, y, reach, cells):  # type: ignore[no-untyped-def]
    """First and last row and column of the cells within ``reach`` of a point."""
    _, x0, y0, size, columns, rows = cells
    # Bounded before they are made whole: the reach may be infinite.
    left = int(min(max((x - reach - x0) / size, 0.0), columns - 1.0))
    right = int(min(max((x + reach - x0) / size, 0.0), columns - 1.0))
    low = int(min(max((y - reach - y0) / size, 0.0), rows - 1.0))
    high = int(min(max((y + reach - y0) / size, 0.0), rows - 1.0))
    return left, right, low, high


# ``cells`` is (starts, x0, y0, size, columns, rows): things sorted by square cell, row by row.


@njit(cache=True, nogil=True)
def _at_chunk(c, roads, xy, people, cells, table, near, rule):  # type: ignore[no-untyped-def]
    # Sum over receptors for one chunk, (kinds, slots).
    chunks = roads[0]
    outer = math.sqrt(near[1])
    total = np.zeros((people.shape[0], SLOTS))
    k = np.empty(SLOTS)
    reach = outer + chunks[c, 2]
    left, right, low, high = _cells(chunks[c, 0], chunks[c, 1], reach, cells)
    for row in range(low, high + 1):
        begin, end = cells[0][row * cells[4] + left], cells[0][row * cells[4] + right + 1]
        for j in range(begin, end):
            if _pair(k, c, xy[j, 0], xy[j, 1], roads, table, near, outer, rule):
                for kind in range(people.shape[0]):
                    for slot in range(SLOTS):
                        total[kind, slot] += people[kind, j, slot] * k[slot]
    return total


@njit(cache=True, nogil=True)
def _at_receptor(x, y, roads, rates, cells, widest, table, near, rule):  # type: ignore[no-untyped-def]
    # Sum over chunks for one receptor, (kinds, slots).
    lines = roads[3]
    outer = math.sqrt(near[1])
    kinds = rates.shape[1]
    total = np.zeros((kinds, SLOTS))
    k = np.empty(SLOTS)
    left, right, low, high = _cells(x, y, outer + widest, cells)
    for row in range(low, high + 1):
        begin, end = cells[0][row * cells[4] + left], cells[0][row * cells[4] + right + 1]
        for c in range(begin, end):
            if _pair(k, c, x, y, roads, table, near, outer, rule):
                line = lines[c]
                for kind in range(kinds):
                    for slot in range(SLOTS):
                        total[kind, slot] += rates[line, kind, slot] * k[slot]
    return total


# Each sum comes in two functions, for all threads and for one: compiled from one function, both
# would share a place in the cache on disk, and whichever came first would stand for the other.


@njit(cache=True, nogil=True, parallel=True)
def adjoint(first, last, roads, xy, people, cells, table, near, rule, out):  # type: ignore[no-untyped-def]
    """Fill ``out`` (kinds, last - first, slots): people x concentration at chunks, per g/s.

    ``people`` is (kinds, receptors, slots); ``xy`` and ``people`` are sorted by ``cells``.
    """
    for c in prange(first, last):
        out[:, c - first] = _at_chunk(c, roads, xy, people, cells, table, near, rule)


@njit(cache=True, nogil=True)
def adjoint_in_one_thread(first, last, roads, xy, people, cells, table, near, rule, out):  # type: ignore[no-untyped-def]
    """Do the same as ``adjoint`` in the thread that calls."""
    for c in range(first, last):
        out[:, c - first] = _at_chunk(c, roads, xy, people, cells, table, near, rule)


@njit(cache=True, nogil=True, parallel=True)
def forward(first, last, roads, xy, rates, cells, widest, table, near, rule, out):  # type: ignore[no-untyped-def]
    """Fill ``out`` (last - first, kinds, slots): sum over rates (lines, kinds, slots) in g/s.

    The chunks of ``roads`` are sorted by ``cells``; ``widest`` is the largest half length.
    """
    for j in prange(first, last):
        out[j - first] = _at_receptor(
            xy[j, 0], xy[j, 1], roads, rates, cells, widest, table, near, rule
        )


@njit(cache=True, nogil=True)
def forward_in_one_thread(first, last, roads, xy, rates, cells, widest, table, near, rule, out):  # type: ignore[no-untyped-def]
    """Do the same as ``forward`` in the thread that calls."""
    for j in range(first, last):
        out[j - first] = _at_receptor(
            xy[j, 0], xy[j, 1], roads, rates, cells, widest, table, near, rule
        )


@njit(cache=True, nogil=True, parallel=True)
def sample(x, y, cls, table, near, far, out):  # type: ignore[no-untyped-def]
    """Fill ``out`` (rows, columns, slots) with G at offsets (x, y) of what pairs leave to a grid.

    That is the part of G that ``near`` fades out, less the part that ``far``, the fading of the
    next coarser grid, leaves to that one.
    """
    everything = (np.inf, np.inf)
    for j in prange(y.shape[0]):
        k = np.empty(SLOTS)
        for i in range(x.shape[0]):
            r2 = x[i] * x[i] + y[j] * y[j]
            share = fade(r2, far[0], far[1]) - fade(r2, near[0], near[1])
            k[:] = 0.0
            if share != 0.0:
                add_node(k, share, x[i], y[j], cls, table, everything)
            out[j, i] = k
