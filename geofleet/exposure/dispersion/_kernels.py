"""Kernels of the RLINE line-source model as in AERMOD v23132: arrays and SI units only.

Everything here works on one weather row (``row`` arrays in the order of the names below).
Concentrations are per unit emission: s/m3 for a point (g/m3 per g/s), s/m2 for a line (g/m3 per
g/s and metre).
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

# Gauss-Legendre nodes and weights on [-1, 1].
_G4 = np.polynomial.legendre.leggauss(4)
_G10 = np.polynomial.legendre.leggauss(10)
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


@njit(cache=True, nogil=True, parallel=True)
def tabulate_rows(rows, h, sz0, zr, out):  # type: ignore[no-untyped-def]
    """Fill ``out`` (rows, n, 4) with the table of each weather row."""
    for k in prange(rows.shape[0]):
        tabulate(rows[k], h, sz0, zr, out[k])


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
