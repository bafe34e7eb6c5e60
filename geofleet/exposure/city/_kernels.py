"""Tables that hold all weather rows of a slot: point-source concentration by offset.

A slot is a set of weather rows with weights that sum to one: an hour of the day, say. Arrays and
SI units only; concentrations are per unit emission, s/m3 (g/m3 per g/s).

Distances and directions are indexed without a logarithm or an arc tangent: the distance squared by
the leading bits of its floating-point form (``2**bits`` even steps to each doubling), the direction
by dy / (|dx| + |dy|), which runs from 0 to 4 once around.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit, prange

SQRT_2PI = math.sqrt(2.0 * math.pi)
LOG_X_MAX = math.log(120e3)  # of the profiles, which begin at one metre
X_MIN = 1.0  # distances below one metre are treated as one metre
PLUME_EDGE = 1e-4  # along-wind distance below which a point source is not upwind
NIL = 14.0  # a Gaussian is nothing beyond exp(-14)
SLOTS = 24

FAST = {"contract"}  # multiply and add may fuse; nothing is reordered, so results reproduce


@njit(cache=True, nogil=True, fastmath=FAST, error_model="numpy")
def _add_gaussians(total, factor, half_y2, sy2, variances):  # type: ignore[no-untyped-def]
    """Add factor exp(-half_y2 / s2) / s of each class, s2 = sy2 + its variance, to ``total``.

    Single precision, exp(-a) as the 16th power of a Taylor sum, no test of zero divisors and
    unsigned indices: all that the loop needs to run in vector registers.
    """
    one, sixteen = np.float32(1.0), np.float32(16.0)
    factor, half_y2, sy2 = np.float32(factor), np.float32(half_y2), np.float32(sy2)
    for c in range(np.uint64(variances.shape[0])):
        inverse = one / (sy2 + variances[c])
        a = half_y2 * inverse
        a = (a if a < sixteen else sixteen) * np.float32(-1.0 / 16.0)
        e = one + a * np.float32(1.0 / 7.0)
        e = one + a * np.float32(1.0 / 6.0) * e
        e = one + a * np.float32(1.0 / 5.0) * e
        e = one + a * np.float32(1.0 / 4.0) * e
        e = one + a * np.float32(1.0 / 3.0) * e
        e = one + a * np.float32(1.0 / 2.0) * e
        e = one + a * e
        e *= e
        e *= e
        e *= e
        e *= e
        total[c] += factor * e * np.float32(math.sqrt(inverse))


@njit(cache=True, nogil=True, fastmath=FAST, error_model="numpy")
def _add_row(angle, weight, profile, distances, ux, uy, variances, total, ring):  # type: ignore[no-untyped-def]
    """Add one weather row: plumes to ``total`` (R, direction, class), meander to ``ring`` (R).

    Both are R^1.5 times concentration. ``variances`` holds the square of the initial lateral
    spread of each class for this wind.
    """
    n = profile.shape[0]
    per_log = (n - 1) / LOG_X_MAX
    cosine, sine = math.cos(angle), math.sin(angle)
    widest = 0.0
    for c in range(variances.shape[0]):
        widest = max(widest, variances[c])
    for i in range(distances.shape[0]):
        r = distances[i]
        scale = weight * r * math.sqrt(r)
        u = math.log(r) * per_log
        m = min(int(u), n - 2)
        u -= m
        share = profile[m, 2] + u * (profile[m + 1, 2] - profile[m, 2])
        ring[i] += scale * (profile[m, 3] + u * (profile[m + 1, 3] - profile[m, 3])) / (r * r)
        # A plume is nowhere wider upwind of a place: most directions need no look-up.
        broadest = r * (profile[m, 1] + u * (profile[m + 1, 1] - profile[m, 1]))
        broadest = NIL * (broadest * broadest + widest)
        for j in range(ux.shape[0]):
            x = r * (ux[j] * cosine + uy[j] * sine)
            if x <= PLUME_EDGE:
                continue
            y = r * (uy[j] * cosine - ux[j] * sine)
            half_y2 = 0.5 * y * y
            if half_y2 > broadest:
                continue
            x = max(x, X_MIN)
            u = math.log(x) * per_log
            m = min(int(u), n - 2)
            u -= m
            sy = x * (profile[m, 1] + u * (profile[m + 1, 1] - profile[m, 1]))
            if half_y2 > NIL * (sy * sy + widest):
                continue
            factor = profile[m, 0] + u * (profile[m + 1, 0] - profile[m, 0])
            factor *= scale * (1.0 - share) / (x * SQRT_2PI)
            _add_gaussians(total[i, j], factor, half_y2, sy * sy, variances)


@njit(cache=True, nogil=True, parallel=True)
def slot_tables(  # type: ignore[no-untyped-def]
    profiles, angles, weights, starts, distances, ux, uy, widths, bearings, even, out
):
    """Fill ``out`` (class, R, direction + 1, slot): rows summed into R^1.5 times concentration.

    ``profiles`` (rows, points, 4) are those of ``dispersion._kernels.tabulate_rows``, ``angles``
    the directions that the winds blow to. Rows are sorted by slot, ``starts`` (slots + 1) bounds
    the slots. A class is a road width and bearing; its initial spread squared is
    (W/2 cos(bearing - wind))^2, or its mean over all winds where ``even``. The first direction is
    repeated at the end.
    """
    count, classes = ux.shape[0], widths.shape[0]
    for slot in prange(starts.shape[0] - 1):
        total = np.zeros((distances.shape[0], count, classes), dtype=np.float32)
        ring = np.zeros(distances.shape[0])
        variances = np.empty(classes, dtype=np.float32)
        for k in range(starts[slot], starts[slot + 1]):
            for c in range(classes):
                if even:
                    variances[c] = widths[c] ** 2 / 8.0
                else:
                    variances[c] = (0.5 * widths[c] * math.cos(bearings[c] - angles[k])) ** 2
            _add_row(angles[k], weights[k], profiles[k], distances, ux, uy, variances, total, ring)
        for c in range(classes):
            for i in range(distances.shape[0]):
                for j in range(count):
                    out[c, i, j, slot] = total[i, j, c] + ring[i]
                out[c, i, count, slot] = total[i, 0, c] + ring[i]
