"""Kernels over tables that hold all weather rows of an hour: arrays and SI units only.

Concentrations are per unit emission: s/m3 for a point (g/m3 per g/s).
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit, prange

SQRT_2PI = math.sqrt(2.0 * math.pi)
LOG_X_MAX = math.log(120e3)  # of the profiles, which begin at one metre
X_MIN = 1.0  # distances below one metre are treated as one metre
PLUME_EDGE = 1e-4  # along-wind distance below which a point source is not upwind
PANEL = 0.5  # panel width over distance to the receptor, near links
FAR = 40.0  # lines farther than this many of their own radii count as a point
ONE_NODE, TWO_NODES = 0.05, 0.25  # segment length over distance below which nodes suffice

# Gauss-Legendre nodes and weights on [-1, 1].
_G2 = np.polynomial.legendre.leggauss(2)
_G4 = np.polynomial.legendre.leggauss(4)
GL2_X, GL2_W = _G2[0].copy(), _G2[1].copy()
GL4_X, GL4_W = _G4[0].copy(), _G4[1].copy()


@njit(cache=True, nogil=True)
def _add_row(angle, weight, table, log_r, directions, variances, total):  # type: ignore[no-untyped-def]
    """Add one weather row to ``total`` (class, R, direction): R^1.5 times concentration.

    ``variances`` holds sy0^2 of each class of road for this row's wind.
    """
    n = table.shape[0]
    per_log = (n - 1) / LOG_X_MAX
    cosine = np.cos(directions - angle)
    sine2 = np.sin(directions - angle) ** 2
    for i in range(log_r.shape[0]):
        r = math.exp(log_r[i])
        scale = weight * r * math.sqrt(r)
        u = log_r[i] * per_log
        m = min(int(u), n - 2)
        u -= m
        share = table[m, 2] + u * (table[m + 1, 2] - table[m, 2])
        total[:, i, :] += scale * (table[m, 3] + u * (table[m + 1, 3] - table[m, 3])) / (r * r)
        for j in range(directions.shape[0]):
            if r * cosine[j] <= PLUME_EDGE:
                continue
            x = max(r * cosine[j], X_MIN)
            u = math.log(x) * per_log
            m = min(int(u), n - 2)
            u -= m
            sy = x * (table[m, 1] + u * (table[m + 1, 1] - table[m, 1]))
            factor = table[m, 0] + u * (table[m + 1, 0] - table[m, 0])
            factor *= scale * (1.0 - share) / (x * SQRT_2PI)
            y2 = r * r * sine2[j]
            for c in range(variances.shape[0]):
                variance = sy * sy + variances[c]
                if y2 < 40.0 * variance:
                    total[c, i, j] += factor * math.exp(-0.5 * y2 / variance) / math.sqrt(variance)


@njit(cache=True, nogil=True, parallel=True)
def hour_tables(  # type: ignore[no-untyped-def]
    profiles, angles, weights, starts, log_r, directions, widths, bearings, out
):
    """Fill ``out`` (class x R, direction, hour): the rows of each hour summed into R^1.5 G.

    ``profiles`` (rows, points, 4) are those of ``dispersion._kernels.tabulate_rows``, ``angles``
    the directions that the winds blow to. Rows are sorted by hour, ``starts`` (25) bounds the
    hours; the weights of an hour sum to 1.
    A class is a road width and a bearing. The first direction is repeated at the end.
    """
    classes, count, distances = widths.shape[0], directions.shape[0], log_r.shape[0]
    for hour in prange(24):
        total = np.zeros((classes, distances, count))
        for k in range(starts[hour], starts[hour + 1]):
            variances = (0.5 * widths * np.cos(bearings - angles[k])) ** 2
            _add_row(angles[k], weights[k], profiles[k], log_r, directions, variances, total)
        for c in range(classes):
            for i in range(distances):
                for j in range(count):
                    out[c * distances + i, j, hour] = total[c, i, j]
                out[c * distances + i, count, hour] = total[c, i, 0]


# ``lines`` is the tuple (starts, segments, centres, classes) of Lines and ``grid`` the tuple
# HourTables.grid: see roads.py and kernel_tables.py.


# "contract" lets multiply and add fuse; nothing is reordered, so results stay reproducible.
@njit(cache=True, nogil=True, fastmath={"contract"})
def _add_node(k, weight, dx, dy, cls, grid):  # type: ignore[no-untyped-def]
    """Add weight x G at offset (dx, dy) from the source, all hours, to ``k``."""
    values, far_offset, near_count, near_directions, far_count, far_directions, log_step = grid
    r2 = max(dx * dx + dy * dy, 1.0)
    u = 0.5 * math.log(r2) / log_step
    i = int(u)
    v = math.atan2(dy, dx) / (2.0 * math.pi)
    if v < 0.0:
        v += 1.0
    if i < near_count - 1:
        v *= near_directions
        j = min(int(v), near_directions - 1)
        stride = (near_directions + 1) * 24
        start = (cls * near_count + i) * stride + j * 24
    else:
        i = min(i, near_count + far_count - 3)
        v *= far_directions
        j = min(int(v), far_directions - 1)
        stride = (far_directions + 1) * 24
        start = far_offset + (i - near_count + 1) * stride + j * 24
    u = min(u - i, 1.0)
    v -= j
    r = math.sqrt(r2)
    weight /= r * math.sqrt(r)
    wa, wb = weight * (1.0 - u), weight * u
    wa0, wa1, wb0, wb1 = wa * (1.0 - v), wa * v, wb * (1.0 - v), wb * v
    # Unsigned indices: no test for negative ones, so that the loop runs in vector registers.
    a, b, day = np.uint64(start), np.uint64(start + stride), np.uint64(24)
    for hour in range(day):
        near_side = wa0 * values[a + hour] + wa1 * values[a + day + hour]
        k[hour] += near_side + wb0 * values[b + hour] + wb1 * values[b + day + hour]


@njit(cache=True, nogil=True)
def _add_segment(k, weight, segment, xr, yr, cls, grid):  # type: ignore[no-untyped-def]
    """Add the integral over one straight segment; ``weight`` is per metre."""
    px, py = xr - segment[0], yr - segment[1]
    dx, dy = segment[2] - segment[0], segment[3] - segment[1]
    length = math.hypot(dx, dy)
    cos, sin = dx / length, dy / length
    gap = math.hypot(px - 0.5 * dx, py - 0.5 * dy)
    if length < ONE_NODE * gap:
        _add_node(k, weight * length, px - 0.5 * dx, py - 0.5 * dy, cls, grid)
        return
    if length < TWO_NODES * gap:
        for q in range(2):
            t = 0.5 * length * (1.0 + GL2_X[q])
            part = 0.5 * weight * length * GL2_W[q]
            _add_node(k, part, px - t * cos, py - t * sin, cls, grid)
        return
    foot = min(max(px * cos + py * sin, 0.0), length)
    for side in range(2):
        toward = 1.0 if side == 0 else -1.0
        end = length if side == 0 else 0.0
        t0 = foot
        while (end - t0) * toward > 0.0:
            r = math.hypot(px - t0 * cos, py - t0 * sin)
            width = min(PANEL * max(r, X_MIN), (end - t0) * toward)
            for q in range(4):
                t = t0 + 0.5 * width * toward * (1.0 + GL4_X[q])
                part = 0.5 * weight * width * GL4_W[q]
                _add_node(k, part, px - t * cos, py - t * sin, cls, grid)
            t0 += width * toward


@njit(cache=True, nogil=True)
def _add_pieces(k, weight, first, last, segments, xr, yr, cls, grid):  # type: ignore[no-untyped-def]
    """Add the integral over segments ``first`` to ``last``; ``weight`` is per metre."""
    for s in range(first, last):
        _add_segment(k, weight, segments[s], xr, yr, cls, grid)


@njit(cache=True, nogil=True, parallel=True)
def adjoint(first, last, lines, xy, people, grid, out):  # type: ignore[no-untyped-def]
    """Fill out[first:last] (lines, 24): sum over receptors of people x concentration, per g/s."""
    starts, segments, centres, classes = lines
    for line in prange(first, last):
        total = np.zeros(24)
        x, y, length = centres[line, 0], centres[line, 1], centres[line, 2]
        reach2 = (FAR * centres[line, 3]) ** 2
        a, b, cls = starts[line], starts[line + 1], classes[line]
        for j in range(xy.shape[0]):
            scale = 1e6 * people[j]
            dx, dy = xy[j, 0] - x, xy[j, 1] - y
            if dx * dx + dy * dy > reach2:
                _add_node(total, scale, dx, dy, cls, grid)
            else:
                _add_pieces(total, scale / length, a, b, segments, xy[j, 0], xy[j, 1], cls, grid)
        out[line] = total


@njit(cache=True, nogil=True, parallel=True)
def forward(first, last, lines, xy, rates, grid, out):  # type: ignore[no-untyped-def]
    """Fill out[first:last] (receptors, kinds, 24): sum of rates (kinds, lines, 24) in g/s.

    The same nodes and weights as in ``adjoint``, so that the two are each other's transpose.
    """
    starts, segments, centres, classes = lines
    kinds = rates.shape[0]
    for j in prange(first, last):
        total = np.zeros((kinds, 24))
        k = np.empty(24)
        x, y = xy[j, 0], xy[j, 1]
        for line in range(rates.shape[1]):
            k[:] = 0.0
            dx, dy = x - centres[line, 0], y - centres[line, 1]
            if dx * dx + dy * dy > (FAR * centres[line, 3]) ** 2:
                _add_node(k, 1e6, dx, dy, classes[line], grid)
            else:
                a, b, weight = starts[line], starts[line + 1], 1e6 / centres[line, 2]
                _add_pieces(k, weight, a, b, segments, x, y, classes[line], grid)
            for kind in range(kinds):
                for hour in range(24):
                    total[kind, hour] += rates[kind, line, hour] * k[hour]
        out[j] = total
