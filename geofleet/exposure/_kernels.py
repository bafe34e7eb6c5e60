"""Kernels of the RLINE line-source model as in AERMOD v23132: arrays and SI units only.

Everything here works on one weather row (``row`` arrays in the order of ``ROW_*`` below) or on
all rows of an hour of the day. Concentrations are per unit emission: s/m3 for a point (g/m3 per
g/s), s/m2 for a line (g/m3 per g/s and metre).
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit, prange

# Order of the columns of a weather row.
USTAR, OBUKHOV, ZI, SIGMA_V, ROUGHNESS, WIND, WIND_HEIGHT, WIND_ANGLE, WEIGHT = range(9)
ROW_SIZE = 9

KAPPA = 0.4
SQRT2 = math.sqrt(2.0)
SQRT_2PI = math.sqrt(2.0 * math.pi)
SQRT_2_OVER_PI = math.sqrt(2.0 / math.pi)
X_MIN = 1.0  # distances below one metre are treated as one metre
X_MAX = 120e3
PLUME_EDGE = 1e-4  # along-wind distance below which a point source is not upwind
PANEL = 0.5  # panel width over distance to the receptor, near links
FAR = 40.0  # lines farther than this many of their own radii count as a point
ONE_NODE, TWO_NODES = 0.05, 0.25  # segment length over distance below which nodes suffice

# Gauss-Legendre nodes and weights on [-1, 1].
_G2 = np.polynomial.legendre.leggauss(2)
_G4 = np.polynomial.legendre.leggauss(4)
_G10 = np.polynomial.legendre.leggauss(10)
GL2_X, GL2_W = _G2[0].copy(), _G2[1].copy()
GL4_X, GL4_W = _G4[0].copy(), _G4[1].copy()
GL10_X, GL10_W = _G10[0].copy(), _G10[1].copy()


@njit(cache=True, nogil=True)
def stability(z, obukhov):  # type: ignore[no-untyped-def]
    """Monin-Obukhov psi for momentum."""
    if obukhov > 0.0:
        return -17.0 * (1.0 - math.exp(-0.29 * z / obukhov))
    x = (1.0 - 16.0 * z / obukhov) ** 0.25
    return (
        2.0 * math.log(0.5 * (1.0 + x))
        + math.log(0.5 * (1.0 + x * x))
        - 2.0 * math.atan(x)
        + 0.5 * math.pi
    )


@njit(cache=True, nogil=True)
def _log_wind(z, row):  # type: ignore[no-untyped-def]
    # U_M of the surface layer, zero up to the height where the logarithm begins.
    z0 = row[ROUGHNESS]
    above = max(z - 5.0 * z0, z0)
    psi = stability(above, row[OBUKHOV]) - stability(z0, row[OBUKHOV])
    return max(row[USTAR] / KAPPA * (math.log(above / z0) - psi), 0.0)


@njit(cache=True, nogil=True)
def wind_scale(row):  # type: ignore[no-untyped-def]
    """Return (Umin, factor): the floor of the wind, and what makes it pass through the mast's."""
    floor = max(4.47 * row[USTAR], SQRT2 * row[SIGMA_V], 0.2828)
    return floor, row[WIND] / max(_log_wind(row[WIND_HEIGHT], row), floor)


@njit(cache=True, nogil=True)
def _speed(z, row, scale):  # type: ignore[no-untyped-def]
    floor, factor = scale
    return max(factor * max(_log_wind(z, row), floor), floor)


@njit(cache=True, nogil=True)
def _sigma_z_raw(x, ue, row):  # type: ignore[no-untyped-def]
    ratio = row[USTAR] / ue
    xb = abs(x / row[OBUKHOV])
    if row[OBUKHOV] > 0.0:
        return 0.70 * ratio * x / (1.0 + 1.5 * ratio * xb ** (2.0 / 3.0))
    return 0.70 * ratio * x * (1.0 + ratio * xb)


@njit(cache=True, nogil=True)
def _next_spread(x, h, sz0, sz, row, scale):  # type: ignore[no-untyped-def]
    # Spread that follows from the wind at the mean height of a plume of spread sz.
    height = SQRT_2_OVER_PI * sz * math.exp(-0.5 * (h / sz) ** 2) + h * math.erf(h / (SQRT2 * sz))
    ue = _speed(max(height, h), row, scale)
    raw = _sigma_z_raw(x, ue, row)
    return math.sqrt(raw * raw + sz0 * sz0), raw, ue


@njit(cache=True, nogil=True)
def spread(x, h, sz0, row, scale):  # type: ignore[no-untyped-def]
    """Return (sigma_z, sigma_z without sz0, effective wind) at distance ``x``.

    The spread falls as the wind rises and the wind rises with the spread, so that there is one
    solution; plain iteration can swing between two values for ever. Hence a bracketed secant.
    """
    raw = _sigma_z_raw(x, _speed(h, row, scale), row)
    high = math.sqrt(raw * raw + sz0 * sz0)
    low, raw, ue = _next_spread(x, h, sz0, high, row, scale)
    f_high = low - high  # at most zero
    if f_high > -1e-12 * high:
        return low, raw, ue
    f_low = _next_spread(x, h, sz0, low, row, scale)[0] - low
    side = 0
    sz = low
    for _ in range(100):
        sz = (low * f_high - high * f_low) / (f_high - f_low)
        new, raw, ue = _next_spread(x, h, sz0, sz, row, scale)
        f = new - sz
        if abs(f) <= 1e-10 * sz:
            break
        if f > 0.0:  # Illinois rule: halve the end that stays, so that both ends move
            low, f_low = sz, f
            if side == 1:
                f_high *= 0.5
            side = 1
        else:
            high, f_high = sz, f
            if side == -1:
                f_low *= 0.5
            side = -1
    return sz, raw, ue


@njit(cache=True, nogil=True)
def sigma_y_raw(raw, row):  # type: ignore[no-untyped-def]
    """Lateral spread without the road width."""
    ratio = raw / abs(row[OBUKHOV])
    scale = 1.4 * row[SIGMA_V] / row[USTAR] * raw
    if row[OBUKHOV] > 0.0:
        return scale * (1.0 + 1.5 * ratio)
    return scale / math.sqrt(1.0 + 2.5 * ratio)


@njit(cache=True, nogil=True)
def _image(z, sz):  # type: ignore[no-untyped-def]
    return math.exp(-0.5 * (z / sz) ** 2)


@njit(cache=True, nogil=True)
def vertical(h, zr, sz, zi):  # type: ignore[no-untyped-def]
    """Sum of the plume and its images in the ground and the lid (times sqrt(2 pi) sigma_z)."""
    lid = max(zi, h + 2.15 * sz)
    if zr > lid:
        return 0.0
    total = _image(zr - h, sz) + _image(zr + h, sz)
    for i in range(1, 200):
        top = 2.0 * i * lid
        term = (
            _image(zr - (top - h), sz)
            + _image(zr + (top - h), sz)
            + _image(zr - (top + h), sz)
            + _image(zr + (top + h), sz)
        )
        total += term
        if term <= 1e-6 * total:
            break
    return total


@njit(cache=True, nogil=True)
def tabulate(row, h, sz0, zr, out):  # type: ignore[no-untyped-def]
    """Fill ``out`` (n, 4): x P(x), sigma_y'/x, meander share f, f x2 M(x), on log-spaced x."""
    scale = wind_scale(row)
    n = out.shape[0]
    step = math.log(X_MAX / X_MIN) / (n - 1)
    for i in range(n):
        x = X_MIN * math.exp(step * i)
        sz, raw, ue = spread(x, h, sz0, row, scale)
        share = min(1.0, 2.0 * row[SIGMA_V] ** 2 / (ue * ue))
        ground = _image(zr - h, sz) + _image(zr + h, sz)
        meander = SQRT_2_OVER_PI * ground / (2.0 * sz * ue) / (2.0 * math.pi * x)
        out[i, 0] = x * vertical(h, zr, sz, row[ZI]) / (SQRT_2PI * sz * ue)
        out[i, 1] = sigma_y_raw(raw, row) / x
        out[i, 2] = share
        out[i, 3] = share * x * x * meander


@njit(cache=True, nogil=True)
def _position(x, n):  # type: ignore[no-untyped-def]
    # Cell and fraction of ln(x) in the table of ``tabulate``.
    u = math.log(max(x, X_MIN) / X_MIN) * ((n - 1) / math.log(X_MAX / X_MIN))
    i = min(int(u), n - 2)
    return i, min(u - i, 1.0)


@njit(cache=True, nogil=True)
def _plume(xd, yd, sy0, table):  # type: ignore[no-untyped-def]
    n = table.shape[0]
    x = max(xd, X_MIN)
    i, w = _position(x, n)
    p = (table[i, 0] + w * (table[i + 1, 0] - table[i, 0])) / x
    sy = x * (table[i, 1] + w * (table[i + 1, 1] - table[i, 1]))
    variance = sy * sy + sy0 * sy0
    i, w = _position(math.sqrt(xd * xd + yd * yd), n)
    share = table[i, 2] + w * (table[i + 1, 2] - table[i, 2])
    return (
        (1.0 - share)
        * p
        * math.exp(-0.5 * yd * yd / variance)
        / math.sqrt(2.0 * math.pi * variance)
    )


@njit(cache=True, nogil=True)
def _meander(xd, yd, table):  # type: ignore[no-untyped-def]
    n = table.shape[0]
    r = max(math.sqrt(xd * xd + yd * yd), X_MIN)
    i, w = _position(r, n)
    return (table[i, 3] + w * (table[i + 1, 3] - table[i, 3])) / (r * r)


@njit(cache=True, nogil=True)
def _march(t0, t1, toward, px, py, cos, sin, sy0, table, plume, alpha):  # type: ignore[no-untyped-def]
    """Integrate from t0 to t1 by panels that grow with the distance to the receptor.

    (px, py) is the receptor less the point t = 0 of the line; ``toward`` is +1 or -1.
    """
    total = 0.0
    t = t0
    while (t1 - t) * toward > 0.0:
        r = math.hypot(px - t * cos, py - t * sin)
        width = min(alpha * max(r, X_MIN), (t1 - t) * toward)
        middle = t + 0.5 * width * toward
        part = 0.0
        if plume:
            for k in range(10):
                s = middle + 0.5 * width * GL10_X[k]
                part += GL10_W[k] * _plume(px - s * cos, py - s * sin, sy0, table)
        else:
            for k in range(4):
                s = middle + 0.5 * width * GL4_X[k]
                part += GL4_W[k] * _meander(px - s * cos, py - s * sin, table)
        total += 0.5 * width * part
        t += width * toward
    return total


@njit(cache=True, nogil=True)
def _outward(a, b, foot, px, py, cos, sin, sy0, table, plume, alpha):  # type: ignore[no-untyped-def]
    # March away from the point of [a, b] nearest to the receptor, on both sides.
    if b <= a:
        return 0.0
    start = min(max(foot, a), b)
    return _march(start, b, 1.0, px, py, cos, sin, sy0, table, plume, alpha) + _march(
        start, a, -1.0, px, py, cos, sin, sy0, table, plume, alpha
    )


@njit(cache=True, nogil=True)
def line_direct(x1, y1, x2, y2, width, xr, yr, angle, table, alpha):  # type: ignore[no-untyped-def]
    """Concentration at one receptor of one straight link in one weather row, s/m2.

    ``angle`` is the direction that the wind blows to (radians, counter-clockwise from +x).
    """
    ca, sa = math.cos(angle), math.sin(angle)
    dx, dy = (x2 - x1) * ca + (y2 - y1) * sa, -(x2 - x1) * sa + (y2 - y1) * ca
    px, py = (xr - x1) * ca + (yr - y1) * sa, -(xr - x1) * sa + (yr - y1) * ca
    length = math.hypot(dx, dy)
    if length == 0.0:
        return 0.0
    cos, sin = dx / length, dy / length
    sy0 = abs(0.5 * width * cos)
    foot = px * cos + py * sin
    total = _outward(0.0, length, foot, px, py, cos, sin, sy0, table, False, alpha)
    # The plume part exists only where the source is upwind: px - t cos > PLUME_EDGE.
    a, b = 0.0, length
    if abs(cos) < 1e-12:
        if px <= PLUME_EDGE:
            return total
    else:
        cut = (px - PLUME_EDGE) / cos
        if cos > 0.0:
            b = min(b, cut)
        else:
            a = max(a, cut)
    return total + _outward(a, b, foot, px, py, cos, sin, sy0, table, True, alpha)


@njit(cache=True, nogil=True, parallel=True)
def direct(lines, widths, xy, rows, h, sz0, zr, alpha, points):  # type: ignore[no-untyped-def]
    """Concentrations (rows, lines, receptors) of straight ``lines`` (n, 4), one row at a time."""
    out = np.empty((rows.shape[0], lines.shape[0], xy.shape[0]))
    for k in prange(rows.shape[0]):
        table = np.empty((points, 4))
        tabulate(rows[k], h, sz0, zr, table)
        for i in range(lines.shape[0]):
            for j in range(xy.shape[0]):
                out[k, i, j] = line_direct(
                    lines[i, 0], lines[i, 1], lines[i, 2], lines[i, 3], widths[i],
                    xy[j, 0], xy[j, 1], rows[k, WIND_ANGLE], table, alpha,
                )  # fmt: skip
    return out


# --- All rows of an hour of the day in one table -------------------------------------------------


@njit(cache=True, nogil=True)
def _add_row(row, table, log_r, directions, variances, total):  # type: ignore[no-untyped-def]
    """Add one weather row to ``total`` (class, R, direction): R^1.5 times concentration.

    ``variances`` holds sy0^2 of each class of road for this row's wind.
    """
    n = table.shape[0]
    per_log = (n - 1) / math.log(X_MAX / X_MIN)
    cosine = np.cos(directions - row[WIND_ANGLE])
    sine2 = np.sin(directions - row[WIND_ANGLE]) ** 2
    for i in range(log_r.shape[0]):
        r = math.exp(log_r[i])
        scale = row[WEIGHT] * r * math.sqrt(r)
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
    rows, starts, h, sz0, zr, points, log_r, directions, widths, bearings, out
):
    """Fill ``out`` (class x R, direction, hour): the rows of each hour summed into R^1.5 G.

    ``rows`` are sorted by hour, ``starts`` (25) bounds the hours; the weights of an hour sum to 1.
    A class is a road width and a bearing. The first direction is repeated at the end.
    """
    classes, count, distances = widths.shape[0], directions.shape[0], log_r.shape[0]
    for hour in prange(24):
        total = np.zeros((classes, distances, count))
        table = np.empty((points, 4))
        for k in range(starts[hour], starts[hour + 1]):
            tabulate(rows[k], h, sz0, zr, table)
            variances = (0.5 * widths * np.cos(bearings - rows[k, WIND_ANGLE])) ** 2
            _add_row(rows[k], table, log_r, directions, variances, total)
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
