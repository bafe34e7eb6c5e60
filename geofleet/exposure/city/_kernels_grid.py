"""Between scattered points and a regular grid by cubic B-splines; forward and transposed alike."""

from __future__ import annotations

import numpy as np
from numba import njit, prange

FAST = {"contract"}  # multiply and add may fuse; nothing is reordered, so results reproduce


@njit(cache=True, nogil=True, fastmath=FAST)
def _weights(f, w):  # type: ignore[no-untyped-def]
    """Cubic B-spline weights of the four grid points around a fraction ``f`` of a step."""
    g = 1.0 - f
    w[0] = g * g * g / 6.0
    w[1] = (f * f * (3.0 * f - 6.0) + 4.0) / 6.0
    w[2] = (g * g * (3.0 * g - 6.0) + 4.0) / 6.0
    w[3] = f * f * f / 6.0


@njit(cache=True, nogil=True, parallel=True, fastmath=FAST)
def deposit(xy, origin, step, values, out):  # type: ignore[no-untyped-def]
    """Add ``values`` (points, grids) to the grids ``out`` (grids, rows, columns)."""
    for g in prange(out.shape[0]):
        wx, wy = np.empty(4), np.empty(4)
        for n in range(xy.shape[0]):
            value = values[n, g]
            if value == 0.0:
                continue
            u, v = (xy[n, 0] - origin[0]) / step, (xy[n, 1] - origin[1]) / step
            i, j = int(u), int(v)
            _weights(u - i, wx)
            _weights(v - j, wy)
            for b in range(4):
                part = value * wy[b]
                for a in range(4):
                    out[g, j - 1 + b, i - 1 + a] += part * wx[a]


@njit(cache=True, nogil=True, parallel=True, fastmath=FAST)
def gather(xy, origin, step, grids, out):  # type: ignore[no-untyped-def]
    """Add what ``grids`` (grids, rows, columns) hold at the points to ``out`` (points, grids)."""
    for n in prange(xy.shape[0]):
        wx, wy = np.empty(4), np.empty(4)
        u, v = (xy[n, 0] - origin[0]) / step, (xy[n, 1] - origin[1]) / step
        i, j = int(u), int(v)
        _weights(u - i, wx)
        _weights(v - j, wy)
        for g in range(grids.shape[0]):
            total = 0.0
            for b in range(4):
                part = 0.0
                for a in range(4):
                    part += wx[a] * grids[g, j - 1 + b, i - 1 + a]
                total += wy[b] * part
            out[n, g] += total
