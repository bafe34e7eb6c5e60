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
TWO_PI = 2.0 * math.pi
DISPLACEMENT = 5.0  # height at which the wind profile begins, in roughness lengths
PROFILE_HEIGHTS, PROFILE_TOP = 100, 500.0  # AERMOD's table of winds
CODED_STOP, CODED_STEPS = 0.01, 20  # AERMOD's iteration for the spread
STEPS = 501  # of the formulation's iteration, where it does not settle
REST = 1e-7  # change of the spread, relative, below which it rests
FULL_REST = 1e-11  # the same for plain iteration, whose steps may shrink slowly
SWINGING = -0.75  # slopes below it may make plain iteration swing for ever
NO_LID, RISING_LID, FIXED_LID = 0, 1, 2
WELL_MIXED = 1.6  # sigma_z over the height of a fixed lid from which the air below is mixed to 1e-5
NO_IMAGE = 6.5  # images in the lid farther than this many sigma add less than 1e-9
X_MIN = 1.0  # distances below one metre are treated as one metre
X_MAX = 120e3
PLUME_EDGE = 1e-4  # along-wind distance below which a point source is not upwind

# Gauss-Legendre nodes and weights on [-1, 1].


@njit(cache=True, nogil=True)
def stability(z, obukhov):  # type: ignore[no-untyped-def]
    """Monin-Obukhov psi for momentum."""
    if obukhov > 0.0:
        return -17.0 * (1.0 - math.exp(-0.29 * z / obukhov))
    x2 = math.sqrt(1.0 - 16.0 * z / obukhov)
    x = math.sqrt(x2)
    return math.log((1.0 + x) ** 2 * (1.0 + x2) / 8.0) - 2.0 * math.atan(x) + 0.5 * math.pi


@njit(cache=True, nogil=True)
def similarity_wind(z, row, psi0):  # type: ignore[no-untyped-def]
    """U_M of the surface layer, zero up to the height where the logarithm begins.

    ``psi0`` is psi at the roughness length.
    """
    z0 = row[ROUGHNESS]
    above = max(z - DISPLACEMENT * z0, z0)
    shape = math.log(above / z0) - stability(above, row[OBUKHOV]) + psi0
    return max(row[USTAR] / KAPPA * shape, 0.0)


@njit(cache=True, nogil=True)
def coded_profile(row, profile):  # type: ignore[no-untyped-def]
    """Fill ``profile`` (100 or 0) with the winds that AERMOD's program tabulates."""
    n = profile.shape[0]
    if n > 0:
        psi0 = stability(row[ROUGHNESS], row[OBUKHOV])
        bottom = (DISPLACEMENT + 1.0) * row[ROUGHNESS]
        step = math.log(max(PROFILE_TOP, row[ZI]) / bottom) / (n - 1)
        for i in range(n):
            profile[i] = similarity_wind(bottom * math.exp(step * i), row, psi0)


@njit(cache=True, nogil=True)
def _unscaled(z, row, psi0, profile):  # type: ignore[no-untyped-def]
    n = profile.shape[0]
    if n == 0:
        return similarity_wind(z, row, psi0)
    bottom = (DISPLACEMENT + 1.0) * row[ROUGHNESS]
    if z <= bottom:
        return profile[0]
    step = math.log(max(PROFILE_TOP, row[ZI]) / bottom) / (n - 1)
    i = min(int(math.log(z / bottom) / step), n - 2)
    low, high = bottom * math.exp(step * i), bottom * math.exp(step * (i + 1))
    return profile[i] + (profile[i + 1] - profile[i]) * (z - low) / (high - low)


@njit(cache=True, nogil=True)
def wind_scale(row, profile):  # type: ignore[no-untyped-def]
    """Return (Umin, factor, psi0).

    The floor of the wind, what makes the profile pass through the mast's, psi at z0.
    """
    psi0 = stability(row[ROUGHNESS], row[OBUKHOV])
    floor = max(4.47 * row[USTAR], SQRT2 * row[SIGMA_V], 0.2828)
    return floor, row[WIND] / max(_unscaled(row[WIND_HEIGHT], row, psi0, profile), floor), psi0


@njit(cache=True, nogil=True)
def _speed(z, row, scale, profile):  # type: ignore[no-untyped-def]
    floor, factor, psi0 = scale
    return max(factor * max(_unscaled(z, row, psi0, profile), floor), floor)


@njit(cache=True, nogil=True)
def _growth(x, row):  # type: ignore[no-untyped-def]
    # Terms of sigma_z' at a distance: a / (U + b) when stable, a (U + b) / U^2 when not.
    xb = abs(x / row[OBUKHOV])
    b = 1.5 * xb ** (2.0 / 3.0) if row[OBUKHOV] > 0.0 else xb
    return 0.70 * row[USTAR] * x, row[USTAR] * b, row[OBUKHOV] > 0.0


@njit(cache=True, nogil=True)
def _grown(growth, ue):  # type: ignore[no-untyped-def]
    a, b, stable = growth
    return a / (ue + b) if stable else a * (ue + b) / (ue * ue)


@njit(cache=True, nogil=True)
def next_spread(sz, growth, source, row, scale, profile):  # type: ignore[no-untyped-def]
    """Return sigma_z, sigma_z' and the wind, from the wind at the mean height of spread ``sz``."""
    h, sz0, _ = source
    part = h / (SQRT2 * sz)
    height = SQRT_2_OVER_PI * sz * math.exp(-part * part) + h * math.erf(part)
    ue = _speed(max(height, h), row, scale, profile)
    raw = _grown(growth, ue)
    return math.sqrt(raw * raw + sz0 * sz0), raw, ue


@njit(cache=True, nogil=True)
def _iterated(high, growth, source, row, scale, profile, stop, steps):  # type: ignore[no-untyped-def]
    # Plain iteration from the spread that the wind at the source gives. Where it swings between
    # two values, an odd number of steps ends on the lower, and this ends as soon as that rests.
    sz, lower, raw, ue = high, 0.0, 0.0, 0.0
    for n in range(steps):
        new, raw, ue = next_spread(sz, growth, source, row, scale, profile)
        if abs(new - sz) <= stop * sz:
            return new, raw, ue
        if n % 2 == 0 and steps % 2 == 1:
            if abs(new - lower) <= stop * new:
                return new, raw, ue
            lower = new
        sz = new
    return sz, raw, ue


@njit(cache=True, nogil=True)
def spread(x, guess, slope, source, row, scale, profile):  # type: ignore[no-untyped-def]
    """Return (sigma_z, sigma_z', effective wind, slope) at distance ``x``.

    The spread falls as the wind rises and the wind rises with the spread. ``source`` is (h, sz0,
    wind at h); ``guess`` and ``slope`` are the spread and its answer to a change of spread,
    expected from a neighbouring distance. Newton's steps with the slope of the last two spreads;
    where plain iteration would not settle, its last value stands, as in the formulation.
    """
    growth = _growth(x, row)
    raw = _grown(growth, source[2])
    high = math.sqrt(raw * raw + source[1] * source[1])
    if profile.shape[0] > 0:
        new, raw, ue = _iterated(high, growth, source, row, scale, profile, CODED_STOP, CODED_STEPS)
        return new, raw, ue, 0.0
    sz = min(guess, high) if guess > 0.0 else high
    new, raw, ue = next_spread(sz, growth, source, row, scale, profile)
    for _ in range(12):
        if abs(new - sz) <= REST * sz:
            if slope > SWINGING:
                return new, raw, ue, slope
            break
        following = sz + (new - sz) / (1.0 - slope)
        after, raw, ue = next_spread(following, growth, source, row, scale, profile)
        slope = min((after - new) / (following - sz), 0.0) if following != sz else slope
        sz, new = following, after
    new, raw, ue = _iterated(high, growth, source, row, scale, profile, FULL_REST, STEPS)
    return new, raw, ue, slope


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
def vertical(h, zr, sz, zi, lid):  # type: ignore[no-untyped-def]
    """Sum of the plume and its images in the ground and the lid (times sqrt(2 pi) sigma_z)."""
    ceiling = max(zi, h) if lid == FIXED_LID else max(zi, h + 2.15 * sz)
    if lid != NO_LID and zr > ceiling:
        return 0.0
    if lid == FIXED_LID and sz > WELL_MIXED * ceiling:
        return SQRT_2PI * sz / ceiling
    total = _image(zr - h, sz) + _image(zr + h, sz)
    if lid == NO_LID or 2.0 * ceiling - h - zr > NO_IMAGE * sz:
        return total
    for i in range(1, 200):
        top = 2.0 * i * ceiling
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
def spreads(row, h, sz0, x, coded, out):  # type: ignore[no-untyped-def]
    """Fill ``out`` (n, 3): sigma_z, sigma_z' and effective wind at ascending distances ``x``.

    ``coded`` asks for AERMOD's table of winds and its early stop.
    """
    profile = np.empty(PROFILE_HEIGHTS if coded else 0)
    coded_profile(row, profile)
    scale = wind_scale(row, profile)
    source = (h, sz0, _speed(h, row, scale, profile))
    guess, slope = 0.0, 0.0
    for i in range(x.shape[0]):
        if i > 1:  # straight on, in logarithms
            raw = out[i - 1, 1] * (out[i - 1, 1] / out[i - 2, 1])
            guess = math.sqrt(raw * raw + sz0 * sz0)
        sz, raw, ue, slope = spread(x[i], guess, slope, source, row, scale, profile)
        out[i, 0], out[i, 1], out[i, 2] = sz, raw, ue


@njit(cache=True, nogil=True)
def columns(x, row, h, zr, size, lid):  # type: ignore[no-untyped-def]
    """Return x P(x), sigma_y'/x, meander share f, f x2 M(x) from a row of ``spreads``."""
    sz, raw, ue = size
    share = min(1.0, 2.0 * row[SIGMA_V] ** 2 / (ue * ue))
    plume = vertical(h, zr, sz, row[ZI], lid)
    # The formulation's meander knows no lid; one that stands still holds it too.
    ground = plume if lid == FIXED_LID else _image(zr - h, sz) + _image(zr + h, sz)
    across = SQRT_2PI * sz * ue
    return (
        x * plume / across,
        sigma_y_raw(raw, row) / x,
        share,
        share * x * ground / across / TWO_PI,
    )


@njit(cache=True, nogil=True)
def tabulate(row, h, sz0, zr, lid, out):  # type: ignore[no-untyped-def]
    """Fill ``out`` (n, 4): x P(x), sigma_y'/x, meander share f, f x2 M(x), on log-spaced x."""
    n = out.shape[0]
    x = np.exp(np.arange(n) * (math.log(X_MAX / X_MIN) / (n - 1))) * X_MIN
    sizes = np.empty((n, 3))
    spreads(row, h, sz0, x, False, sizes)
    for i in range(n):
        size = (sizes[i, 0], sizes[i, 1], sizes[i, 2])
        out[i, 0], out[i, 1], out[i, 2], out[i, 3] = columns(x[i], row, h, zr, size, lid)


@njit(cache=True, nogil=True, parallel=True)
def tabulate_rows(rows, h, sz0, zr, lid, out):  # type: ignore[no-untyped-def]
    """Fill ``out`` (rows, n, 4) with the table of each weather row."""
    for k in prange(rows.shape[0]):
        tabulate(rows[k], h, sz0, zr, lid, out[k])


@njit(cache=True, nogil=True)
def table_distances(log2_cells, octaves):  # type: ignore[no-untyped-def]
    """Distances whose squares are 2^e (1 + m / cells), ``2^log2_cells`` cells to the octave.

    From one metre; the leading bits of the square of a distance number its cell.
    """
    per_octave = 2**log2_cells
    x = np.empty(octaves * per_octave + 1)
    for i in range(x.shape[0]):
        x[i] = math.sqrt(2.0 ** (i // per_octave) * (1.0 + (i % per_octave) / per_octave))
    return x


@njit(cache=True, nogil=True, parallel=True)
def spread_tables(rows, h, sz0, x, coded, out):  # type: ignore[no-untyped-def]
    """Fill ``out`` (rows, n, 3) with ``spreads`` of each weather row."""
    for k in prange(rows.shape[0]):
        spreads(rows[k], h, sz0, x, coded, out[k])


@njit(cache=True, nogil=True, parallel=True)
def distance_tables(rows, h, zr, x, sizes, lid, out):  # type: ignore[no-untyped-def]
    """Fill ``out`` (rows, 4 n): log(x P), sigma_y'/x, f, f x2 M at each of n distances.

    ``sizes`` (rows, n, 3) are those of ``spread_tables``, which any receptor height shares.
    """
    for k in prange(rows.shape[0]):
        for i in range(x.shape[0]):
            size = (sizes[k, i, 0], sizes[k, i, 1], sizes[k, i, 2])
            p, s, share, meander = columns(x[i], rows[k], h, zr, size, lid)
            out[k, 4 * i] = math.log(max(p, 1e-300))
            out[k, 4 * i + 1] = s
            out[k, 4 * i + 2] = share
            out[k, 4 * i + 3] = meander
