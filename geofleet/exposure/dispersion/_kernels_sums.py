"""Sums of the line source over links and receptors, from tables by distance: arrays and SI only.

Concentrations are per unit emission: s/m2 for a line (g/m3 per g/s and metre).

A table (``_kernels.distance_tables``) holds, for one weather row, one source and one receptor
height, four functions of distance on a grid whose cell and place in the cell are bits of the
square of the distance: no logarithm and no root is taken. The functions are log(x P), sigma_y'/x,
the meander share f, and f R^2 M.

``accuracy`` is an array in the order of the names below: the reach of a plume across the wind and
the greatest extent of a panel of eight, four or two nodes across it (both in sigma_y), the
greatest growth of the distance within such a panel; for the meander, the growth of panels and the
distances (in lengths of the link) beyond which eight, four or two nodes suffice.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit, prange

# Order of ``accuracy``.
(LOG2_CELLS, REACH, SIGMAS8, GROWTH8, SIGMAS4, GROWTH4, SIGMAS2, GROWTH2, MEANDER_GROWTH, MEANDER8,
 MEANDER4, MEANDER2) = range(12)  # fmt: skip

NEAREST = 1.0  # distances below one metre count as one metre
EDGE = 1e-4  # along-wind distance below which a point source is not upwind
OCTAVES = 34  # of the square of the distance, from one metre
CHUNK = 128  # receptors taken together
BUFFER = 2048  # nodes of the plume evaluated together
MARGIN = 1.05  # on sigma_y, for its change between the ends of a link
ONE_BITS = np.int64(0x3FF0000000000000)  # of the number 1.0
MANTISSA = 52
LOG2_E = math.log2(math.e)
INV_SQRT_2PI = 1.0 / math.sqrt(2.0 * math.pi)

# Gauss-Legendre nodes and weights of orders 2, 4 and 8 on [-1, 1], one after the other.
_RULES = [np.polynomial.legendre.leggauss(n) for n in (2, 4, 8)]
NODES = np.concatenate([rule[0] for rule in _RULES])
WEIGHTS = np.concatenate([rule[1] for rule in _RULES])
FIRST2, FIRST4, FIRST8 = 0, 2, 6
# 2^r = sum of these times r^k, |r| <= 1/2 (Taylor: off by less than 1e-8)
E1, E2, E3, E4, E5, E6, E7 = (math.log(2.0) ** k / math.factorial(k) for k in range(1, 8))

# "contract" lets multiply and add fuse; "reassoc" is not given, so that results stay reproducible.
FAST = {"contract", "arcp", "nsz"}


@njit(cache=True, nogil=True)
def _place(square, shift):  # type: ignore[no-untyped-def]
    # Cell of the square of a distance in a table, and the place in the cell (0 to 1).
    bits = np.float64(square).view(np.int64) - ONE_BITS
    cell = bits >> shift
    return cell, (bits - (cell << shift)) * (1.0 / (np.int64(1) << shift))


@njit(cache=True, nogil=True)
def _lateral(x, table, shift):  # type: ignore[no-untyped-def]
    cell, part = _place(max(x * x, NEAREST), shift)
    return table[4 * cell + 1] + part * (table[4 * cell + 5] - table[4 * cell + 1])


@njit(cache=True, nogil=True, fastmath=FAST)
def _evaluate(x, y, weight, owner, count, sy02, table, shift, out):  # type: ignore[no-untyped-def]
    """Add (1 - f) plume x weight of ``count`` nodes to ``out`` by owner."""
    value = weight  # overwritten in place
    scale = 1.0 / (np.int64(1) << shift)
    mask = (np.int64(1) << shift) - 1
    for n in range(count):
        x2 = max(x[n] * x[n], NEAREST)
        y2 = y[n] * y[n]
        bits = np.float64(x2).view(np.int64) - ONE_BITS
        i = np.uint64((bits >> shift) << 2)
        u = (bits & mask) * scale
        bits = np.float64(max(x[n] * x[n] + y2, NEAREST)).view(np.int64) - ONE_BITS
        j = np.uint64((bits >> shift) << 2)
        v = (bits & mask) * scale
        log_p = table[i] + u * (table[i + np.uint64(4)] - table[i])
        s = table[i + np.uint64(1)]
        s += u * (table[i + np.uint64(5)] - s)
        share = table[j + np.uint64(2)]
        share += v * (table[j + np.uint64(6)] - share)
        inverse = 1.0 / (s * s * x2 + sy02)
        power = max(LOG2_E * (log_p - 0.5 * y2 * inverse), -1000.0)
        whole = math.floor(power + 0.5)
        r = power - whole
        e = 1.0 + r * (E1 + r * (E2 + r * (E3 + r * (E4 + r * (E5 + r * (E6 + r * E7))))))
        two = np.int64((np.int64(whole) + 1023) << MANTISSA).view(np.float64)
        value[n] = weight[n] * (1.0 - share) * two * e * math.sqrt(inverse / x2)
    for n in range(count):
        out[owner[n]] += INV_SQRT_2PI * value[n]


@njit(cache=True, nogil=True)
def _wedge(a, b, px, py, cos, sin, slope, offset):  # type: ignore[no-untyped-def]
    # Part of [a, b] whose points lie within |y| <= slope x + offset of the receptor's axis.
    for side in range(2):
        flip = 1.0 if side == 0 else -1.0
        factor = slope * cos - flip * sin
        bound = slope * px + offset - flip * py
        if factor > 0.0:
            b = min(b, bound / factor)
        elif factor < 0.0:
            a = max(a, bound / factor)
        elif bound < 0.0:
            return a, a - 1.0
    return a, b


@njit(cache=True, nogil=True)
def _window(px, py, line, table, shift, reach):  # type: ignore[no-untyped-def]
    """Return the part of the link whose plumes reach the receptor; empty when a >= b."""
    length, cos, sin, sy0 = line
    a, b = 0.0, length
    if max(px, px - length * cos) <= EDGE:
        return 0.0, 0.0
    if cos > 0.0:
        b = min(b, (px - EDGE) / cos)
    elif cos < 0.0:
        a = max(a, (px - EDGE) / cos)
    for _ in range(2):
        if a >= b:
            return a, b
        near, far = px - a * cos, px - b * cos
        s = reach * MARGIN * max(_lateral(near, table, shift), _lateral(far, table, shift))
        least = s * NEAREST if min(near, far) < 4.0 * NEAREST else 0.0
        a, b = _wedge(a, b, px, py, cos, sin, s, least + reach * sy0)
    return a, b


@njit(cache=True, nogil=True)
def _rule(sigmas, growth, accuracy):  # type: ignore[no-untyped-def]
    # First node and number of nodes of a panel, by its extent across and along the plume.
    if sigmas <= accuracy[SIGMAS2] and growth <= accuracy[GROWTH2]:
        return FIRST2, 2
    if sigmas <= accuracy[SIGMAS4] and growth <= accuracy[GROWTH4]:
        return FIRST4, 4
    return FIRST8, 8


@njit(cache=True, nogil=True)
def _plumes(xs, ys, line, wind, table, shift, accuracy, nodes, out):  # type: ignore[no-untyped-def]
    """Add the plumes of one link in one row to ``out`` at receptors (xs, ys) from its start."""
    node_x, node_y, node_w, owner = nodes
    ca, sa = wind
    _, cos, sin, sy0 = line
    sy02 = sy0 * sy0
    across, along = abs(sin), abs(cos)
    count = 0
    for j in range(xs.shape[0]):
        px, py = xs[j] * ca + ys[j] * sa, ys[j] * ca - xs[j] * sa
        a, b = _window(px, py, line, table, shift, accuracy[REACH])
        if a >= b:
            continue
        # From the end near the receptor (along the wind) to the far one, by growing panels.
        toward = 1.0 if cos <= 0.0 else -1.0
        t, left = (a, b - a) if cos <= 0.0 else (b, b - a)
        while left > 0.0:
            x = px - t * cos
            sigma = math.sqrt((_lateral(x, table, shift) * max(x, NEAREST)) ** 2 + sy02)
            width = min(left, accuracy[SIGMAS8] * sigma / max(across, 1e-12))
            if along > 1e-12:
                grown = accuracy[GROWTH8] * max(x, NEAREST)
                if x < NEAREST:
                    grown = min(grown, NEAREST - x + 1e-9)
                width = min(width, grown / along)
            if 2.0 * width > left > width:
                width = 0.5 * left  # two even panels rather than a full one and a rest
            first, n = _rule(width * across / sigma, width * along / max(x, NEAREST), accuracy)
            if count + 8 > BUFFER:
                _evaluate(node_x, node_y, node_w, owner, count, sy02, table, shift, out)
                count = 0
            half = 0.5 * width
            middle = t + half * toward
            for q in range(n):
                s = middle + half * NODES[first + q]
                node_x[count] = px - s * cos
                node_y[count] = py - s * sin
                node_w[count] = half * WEIGHTS[first + q]
                owner[count] = j
                count += 1
            left = left - width if width < left else 0.0
            t += width * toward
    _evaluate(node_x, node_y, node_w, owner, count, sy02, table, shift, out)


@njit(cache=True, nogil=True)
def _add_panel(px, py, ux, uy, panel, first, n, owner, shift, nodes, count):  # type: ignore[no-untyped-def]
    begin, width = panel
    cell, part, weight, whose = nodes
    for q in range(n):
        t = begin + 0.5 * width * (1.0 + NODES[first + q])
        dx, dy = px - t * ux, py - t * uy
        square = max(dx * dx + dy * dy, NEAREST)
        i, part[count] = _place(square, shift)
        cell[count] = 4 * i
        weight[count] = 0.5 * width * WEIGHTS[first + q] / square
        whose[count] = owner
        count += 1
    return count


@njit(cache=True, nogil=True)
def _meander_room(length, growth):  # type: ignore[no-untyped-def]
    # Most nodes that one receptor can ask for.
    panels = math.log(length / NEAREST + 1.0) / math.log(1.0 + growth) + length / (length + 1.0)
    return 8 * (2 * int(panels) + 2 * int(1.0 / growth) + 6)


@njit(cache=True, nogil=True)
def _meander_nodes(xs, ys, way, shift, accuracy, nodes):  # type: ignore[no-untyped-def]
    """Fill ``nodes`` for the meander of one link; the same whatever the wind. Return how many."""
    growth = accuracy[MEANDER_GROWTH]
    length, ux, uy = way
    beyond8 = max(accuracy[MEANDER8] * length, 2.0 * NEAREST) ** 2
    beyond4, beyond2 = (accuracy[MEANDER4] * length) ** 2, (accuracy[MEANDER2] * length) ** 2
    count = 0
    for j in range(xs.shape[0]):
        px, py = xs[j], ys[j]
        gap2 = (px - 0.5 * length * ux) ** 2 + (py - 0.5 * length * uy) ** 2
        if gap2 > beyond8:
            first, n = FIRST8, 8
            if gap2 > beyond2:
                first, n = FIRST2, 2
            elif gap2 > beyond4:
                first, n = FIRST4, 4
            whole = (0.0, length)
            count = _add_panel(px, py, ux, uy, whole, first, n, j, shift, nodes, count)
            continue
        foot = min(max(px * ux + py * uy, 0.0), length)
        off2 = (px - foot * ux) ** 2 + (py - foot * uy) ** 2
        core = math.sqrt(max(NEAREST * NEAREST - off2, 0.0))  # as far as distance counts as 1 m
        for side in range(2):
            end = length - foot if side == 0 else foot
            t = 0.0
            while t < end:
                step = growth * math.sqrt(off2 + t * t)
                stop = min(core if t < core else t + step, end)
                begin = foot + t if side == 0 else foot - stop
                panel = (begin, stop - t)
                count = _add_panel(px, py, ux, uy, panel, FIRST8, 8, j, shift, nodes, count)
                t = stop
    return count


@njit(cache=True, nogil=True, fastmath=FAST)
def _meander(nodes, count, table, out):  # type: ignore[no-untyped-def]
    cell, part, weight, whose = nodes
    for n in range(count):
        i = np.uint64(cell[n])
        g = table[i + np.uint64(3)]
        out[whose[n]] += weight[n] * (g + part[n] * (table[i + np.uint64(7)] - g))


@njit(cache=True, nogil=True)
def _buffers(length, growth):  # type: ignore[no-untyped-def]
    room = CHUNK * _meander_room(length, growth)
    meander = (
        np.empty(room, np.int64), np.empty(room), np.empty(room), np.empty(room, np.int64)
    )  # fmt: skip
    plume = (
        np.empty(BUFFER), np.empty(BUFFER), np.empty(BUFFER), np.empty(BUFFER, np.int64)
    )  # fmt: skip
    return meander, plume


@njit(cache=True, nogil=True)
def _tile(link, xy, first, last, winds, tables, accuracy, buffers, out):  # type: ignore[no-untyped-def]
    """Fill ``out`` (rows, CHUNK): one link at receptors ``first`` to ``last`` in every row."""
    x1, y1, dx, dy = link[0], link[1], link[2] - link[0], link[3] - link[1]
    length = math.sqrt(dx * dx + dy * dy)
    out[:] = 0.0
    if length == 0.0:
        return
    shift = np.int64(MANTISSA - int(accuracy[LOG2_CELLS]))
    xs, ys = xy[first:last, 0] - x1, xy[first:last, 1] - y1
    ux, uy = dx / length, dy / length
    way = (length, ux, uy)
    count = _meander_nodes(xs, ys, way, shift, accuracy, buffers[0])
    for k in range(winds.shape[0]):
        ca, sa = winds[k, 0], winds[k, 1]
        cos, sin = ux * ca + uy * sa, uy * ca - ux * sa
        line = (length, cos, sin, abs(0.5 * link[4] * cos))
        _meander(buffers[0], count, tables[k], out[k])
        _plumes(xs, ys, line, (ca, sa), tables[k], shift, accuracy, buffers[1], out[k])


@njit(cache=True, nogil=True, parallel=True)
def every_pair(links, xy, winds, tables, accuracy, out):  # type: ignore[no-untyped-def]
    """Fill ``out`` (rows, links, receptors).

    ``links`` (n, 5) are end points and width, ``winds`` (rows, 2) cosine and sine of where the
    wind blows to, ``tables`` (rows, 4 x (cells + 1)).
    """
    for i in prange(links.shape[0]):
        length = math.hypot(links[i, 2] - links[i, 0], links[i, 3] - links[i, 1])
        buffers = _buffers(length, accuracy[MEANDER_GROWTH])
        tile = np.empty((winds.shape[0], CHUNK))
        for first in range(0, xy.shape[0], CHUNK):
            last = min(first + CHUNK, xy.shape[0])
            _tile(links[i], xy, first, last, winds, tables, accuracy, buffers, tile)
            out[:, i, first:last] = tile[:, : last - first]


@njit(cache=True, nogil=True, parallel=True)
def at_receptors(links, rates, xy, winds, tables, accuracy, out):  # type: ignore[no-untyped-def]
    """Add the sum over links of ``rates`` x concentration to ``out`` (rows, receptors)."""
    chunks = (xy.shape[0] + CHUNK - 1) // CHUNK
    longest = 0.0
    for i in range(links.shape[0]):
        length = math.hypot(links[i, 2] - links[i, 0], links[i, 3] - links[i, 1])
        longest = max(longest, length)
    for chunk in prange(chunks):
        buffers = _buffers(longest, accuracy[MEANDER_GROWTH])
        tile = np.empty((winds.shape[0], CHUNK))
        first = chunk * CHUNK
        last = min(first + CHUNK, xy.shape[0])
        for i in range(links.shape[0]):
            _tile(links[i], xy, first, last, winds, tables, accuracy, buffers, tile)
            for k in range(winds.shape[0]):
                for j in range(first, last):
                    out[k, j] += rates[i] * tile[k, j - first]


@njit(cache=True, nogil=True, parallel=True)
def at_links(links, people, xy, winds, tables, accuracy, out):  # type: ignore[no-untyped-def]
    """Add the sum over receptors of ``people`` x concentration to ``out`` (rows, links)."""
    for i in prange(links.shape[0]):
        length = math.hypot(links[i, 2] - links[i, 0], links[i, 3] - links[i, 1])
        buffers = _buffers(length, accuracy[MEANDER_GROWTH])
        tile = np.empty((winds.shape[0], CHUNK))
        for first in range(0, xy.shape[0], CHUNK):
            last = min(first + CHUNK, xy.shape[0])
            _tile(links[i], xy, first, last, winds, tables, accuracy, buffers, tile)
            for k in range(winds.shape[0]):
                total = 0.0
                for j in range(first, last):
                    total += people[j] * tile[k, j - first]
                out[k, i] += total
