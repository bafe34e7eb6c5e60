"""The line source solved slowly and plainly: the yardstick of the fast kernel.

Nothing is shared with ``_kernels``: the equations are written out in NumPy, the spread of the
plume is iterated until it rests, and the line is integrated adaptively. F23, the formulation of the
RLINE source type of AERMOD v23132 (Snyder et al. 2013, Atmos. Environ. 77, 748-756; Venkatram et
al. 2013, Atmos. Environ. 77, 846-855; EPA-454/R-23-011, 2023).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.special import erf

from geofleet.exposure.dispersion.inputs import LineSources, PointReceptors, WeatherRows

if TYPE_CHECKING:
    from geofleet.exposure.dispersion.lids import Lid

__all__ = ["ReferenceRow", "reference_concentration", "reference_concentrations"]

Array = npt.NDArray[np.float64]

KAPPA = 0.4
DISPLACEMENT = 5.0  # height at which the wind profile begins, in roughness lengths
PROFILE_HEIGHTS, PROFILE_TOP_M = 100, 500.0  # AERMOD's table
STOP, STEPS = 1e-12, 501  # of the iteration for the spread
CODED_STOP, CODED_STEPS = 0.01, 20
NEAREST_M = 1.0  # distances below one metre count as one metre
PLUME_EDGE_M = 1e-4  # a source less upwind than this has no plume at the receptor
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(10)
_DEPTH = 60  # halvings of a piece of a link: beyond, its width is rounding


@dataclass(frozen=True)
class ReferenceRow:
    """One row of weather, all SI.

    Parameters
    ----------
    wind_to_rad
        Direction that the wind blows to, counter-clockwise from +x.
    lid
        What the top of the mixed layer does: see ``Lid``.
    as_coded
        Follow AERMOD's program where it departs from its equations: wind from a table of 100
        heights, and an iteration for the spread that stops at one per cent.
    """

    friction_m_s: float
    obukhov_m: float
    mixing_height_m: float
    sigma_v_m_s: float
    roughness_m: float
    wind_m_s: float
    wind_height_m: float
    wind_to_rad: float
    lid: Lid = "rising"
    as_coded: bool = False

    @property
    def least_wind(self) -> float:
        """Floor of the wind: in the canopy (Bentham & Britter 2003), of turbulence, of a calm."""
        return max(4.47 * self.friction_m_s, math.sqrt(2.0) * self.sigma_v_m_s, 0.2828)


class _Profile:
    """Wind at any height: Monin-Obukhov above the displacement height, through the measured wind.

    As AERMOD has it coded, the profile stands in a table of 100 heights, straight between them and
    straight on above them.
    """

    def __init__(self, row: ReferenceRow) -> None:
        self.row, self.least, self.table = row, row.least_wind, None
        if row.as_coded:
            bottom = (DISPLACEMENT + 1.0) * row.roughness_m
            top = max(PROFILE_TOP_M, row.mixing_height_m)
            height = np.geomspace(bottom, top, PROFILE_HEIGHTS)
            self.table = (height, self._similarity(height))
        measured = float(self._unscaled(np.array(row.wind_height_m)))
        self.factor = row.wind_m_s / max(measured, self.least)

    def _similarity(self, z: Array) -> Array:
        row = self.row
        above = np.maximum(z - DISPLACEMENT * row.roughness_m, row.roughness_m)
        bracket = np.log(above / row.roughness_m) - _psi(above, row.obukhov_m)
        bracket += _psi(np.array(row.roughness_m), row.obukhov_m)
        return np.maximum(row.friction_m_s / KAPPA * bracket, 0.0)

    def _unscaled(self, z: Array) -> Array:
        if self.table is None:
            return self._similarity(z)
        height, speed = self.table
        slope = (speed[-1] - speed[-2]) / (height[-1] - height[-2])
        result: Array = np.interp(z, height, speed) + slope * np.maximum(z - height[-1], 0.0)
        return result

    def __call__(self, z: Array) -> Array:
        """Return the wind at heights ``z``, m/s."""
        return np.maximum(self.factor * np.maximum(self._unscaled(z), self.least), self.least)


def _psi(z: Array, obukhov: float) -> Array:
    if obukhov > 0.0:
        stable: Array = -17.0 * (1.0 - np.exp(-0.29 * z / obukhov))
        return stable
    x = (1.0 - 16.0 * z / obukhov) ** 0.25
    unstable: Array = (
        2.0 * np.log((1.0 + x) / 2.0)
        + np.log((1.0 + x * x) / 2.0)
        - 2.0 * np.arctan(x)
        + np.pi / 2.0
    )
    return unstable


class _Plume:
    """The plume of one height of release and one initial spread, in one row of weather."""

    def __init__(self, row: ReferenceRow, release_height_m: float, sigma_z0_m: float) -> None:
        self.row, self.h, self.sz0 = row, release_height_m, sigma_z0_m
        self.profile = _Profile(row)

    def _grown(self, x: Array, wind: Array) -> Array:
        ratio, far = self.row.friction_m_s / wind, np.abs(x / self.row.obukhov_m)
        if self.row.obukhov_m > 0.0:
            stable: Array = 0.70 * ratio * x / (1.0 + 1.5 * ratio * far ** (2.0 / 3.0))
            return stable
        unstable: Array = 0.70 * ratio * x * (1.0 + ratio * far)
        return unstable

    def _wind(self, sz: Array) -> Array:
        part = self.h / (np.sqrt(2.0) * sz)
        mean = np.sqrt(2.0 / np.pi) * sz * np.exp(-(part**2)) + self.h * erf(part)
        return self.profile(np.maximum(mean, self.h))

    def spread(self, x: Array) -> tuple[Array, Array, Array]:
        """Return sigma_z, sigma_z without its initial part, and the wind that makes it.

        The higher the plume, the more wind, the less spread: plain iteration from the wind at
        the source. Where it never settles (it swings between two values, of which the last is
        the lower; AERMOD swings too) the number of steps is part of the formulation.
        """
        stop, steps = (CODED_STOP, CODED_STEPS) if self.row.as_coded else (STOP, STEPS)
        wind = self.profile(np.full_like(x, self.h))
        grown = self._grown(x, wind)
        sz = np.hypot(grown, self.sz0)
        moving = np.arange(len(x))
        for _ in range(steps):
            wind[moving] = self._wind(sz[moving])
            grown[moving] = self._grown(x[moving], wind[moving])
            new = np.hypot(grown[moving], self.sz0)
            still = np.abs(new - sz[moving]) > stop * sz[moving]
            sz[moving] = new
            moving = moving[still]
            if len(moving) == 0:
                break
        return sz, grown, wind

    def sigma_y(self, raw: Array) -> Array:
        """Lateral spread without the width of the road."""
        row = self.row
        ratio, straight = raw / abs(row.obukhov_m), 1.4 * row.sigma_v_m_s / row.friction_m_s * raw
        if row.obukhov_m > 0.0:
            return straight * (1.0 + 1.5 * ratio)
        unstable: Array = straight / np.sqrt(1.0 + 2.5 * ratio)
        return unstable

    def ground(self, sz: Array, z: Array) -> Array:
        """Plume and its image in the ground, times sqrt(2 pi) sigma_z."""
        return _bell(z - self.h, sz) + _bell(z + self.h, sz)

    def vertical(self, sz: Array, z: Array) -> Array:
        """Plume and its images in the ground and the lid, times sqrt(2 pi) sigma_z."""
        total = self.ground(sz, z)
        if self.row.lid == "none":
            return total
        if self.row.lid == "fixed":
            return self._held(sz, z)
        lid = np.maximum(self.row.mixing_height_m, self.h + 2.15 * sz)
        for i in range(1, 100):
            term = np.zeros_like(total)
            for image in (2 * i * lid - self.h, 2 * i * lid + self.h):
                term += _bell(z - image, sz) + _bell(z + image, sz)
            total = total + term
            if np.all(term <= 1e-16 * total):
                break
        return np.where(z > lid, 0.0, total)

    def _held(self, sz: Array, z: Array) -> Array:
        """Plume between the ground and a lid that stands still, times sqrt(2 pi) sigma_z.

        By waves of the height of the layer where it is nearly mixed, by images elsewhere.
        """
        top = max(self.row.mixing_height_m, self.h)
        waves, images = np.ones_like(sz), self.ground(sz, z)
        for n in range(1, 40):
            decay = np.exp(-0.5 * (n * np.pi * sz / top) ** 2)
            waves += 2.0 * decay * np.cos(n * np.pi * self.h / top) * np.cos(n * np.pi * z / top)
            for image in (2 * n * top - self.h, 2 * n * top + self.h):
                images = images + _bell(z - image, sz) + _bell(z + image, sz)
        mixed = np.sqrt(2.0 * np.pi) * sz / top * waves
        return np.where(z > top, 0.0, np.where(sz > 0.5 * top, mixed, images))

    def point(self, along: Array, across: Array, z: Array, sy0: float) -> Array:
        """Concentration per g/s of a point source ``along`` upwind and ``across``, s/m3."""
        distance = np.maximum(np.hypot(along, across), NEAREST_M)
        sz, _, wind = self.spread(distance)
        share = np.minimum(1.0, 2.0 * self.row.sigma_v_m_s**2 / wind**2)
        height = self.vertical(sz, z) if self.row.lid == "fixed" else self.ground(sz, z)
        meander = height / (np.sqrt(2.0 * np.pi) * sz * wind)
        result: Array = share * meander / (2.0 * np.pi * distance)
        upwind = along > PLUME_EDGE_M
        if np.any(upwind):
            y, above = across[upwind], z[upwind]
            sz, raw, wind = self.spread(np.maximum(along[upwind], NEAREST_M))
            sy = np.hypot(self.sigma_y(raw), sy0)
            plume = self.vertical(sz, above) / (2.0 * np.pi * sz * wind) * _bell(y, sy) / sy
            result[upwind] += (1.0 - share[upwind]) * plume
        return result


def _bell(z: Array, sigma: Array) -> Array:
    result: Array = np.exp(-0.5 * (z / sigma) ** 2)
    return result


def _line(plume: _Plume, ends: Array, width_m: float, receptors: Array, rtol: float) -> Array:
    """Integral of the point source along one link at receptors (n, 3), s/m2, shape (n,)."""
    turn = plume.row.wind_to_rad
    cos_wind, sin_wind = np.cos(turn), np.sin(turn)

    def turned(x: Array, y: Array) -> tuple[Array, Array]:
        return x * cos_wind + y * sin_wind, y * cos_wind - x * sin_wind

    px, py = turned(receptors[:, 0] - ends[0], receptors[:, 1] - ends[1])
    dx, dy = turned(ends[2] - ends[0], ends[3] - ends[1])
    length = float(np.hypot(dx, dy))
    if length == 0.0:
        return np.zeros(len(receptors))
    cos, sin = float(dx) / length, float(dy) / length
    sy0 = abs(0.5 * width_m * cos)

    def integrand(t: Array, owner: npt.NDArray[np.int64]) -> Array:
        return plume.point(px[owner] - t * cos, py[owner] - t * sin, receptors[owner, 2], sy0)

    marks = _marks(px, py, cos, sin, length)
    begin, end = marks[:, :-1].ravel(), marks[:, 1:].ravel()
    owner = np.repeat(np.arange(len(receptors)), marks.shape[1] - 1)
    real = end > begin
    return _adaptive(integrand, begin[real], end[real], owner[real], len(receptors), rtol)


def _marks(px: Array, py: Array, cos: float, sin: float, length: float) -> Array:
    """Places along the link where the integrand peaks or breaks, sorted, ends included."""
    foot = px * cos + py * sin
    gap2 = (py * cos - px * sin) ** 2
    inner = np.sqrt(np.maximum(NEAREST_M**2 - gap2, 0.0))
    near = np.sqrt(gap2) + NEAREST_M
    marks = [np.zeros_like(px), np.full_like(px, length), foot, foot - inner, foot + inner]
    marks += [foot - near, foot + near]
    if abs(sin) > 1e-12:  # the receptor lies straight downwind of this place
        marks.append(py / sin)
    if abs(cos) > 1e-12:  # the plume begins, and is a metre away
        marks += [(px - PLUME_EDGE_M) / cos, (px - NEAREST_M) / cos]
    return np.sort(np.clip(np.column_stack(marks), 0.0, length), axis=1)


def _adaptive(  # type: ignore[no-untyped-def]
    integrand, begin: Array, end: Array, owner: npt.NDArray[np.int64], count: int, rtol: float
) -> Array:
    """Sum of integrals by owner: pieces are halved until halving no longer tells."""

    def rule(low: Array, high: Array, whose: npt.NDArray[np.int64]) -> Array:
        half = 0.5 * (high - low)
        t = (0.5 * (low + high))[:, None] + half[:, None] * _NODES
        values = integrand(t.ravel(), np.repeat(whose, len(_NODES))).reshape(t.shape)
        result: Array = half * (values @ _WEIGHTS)
        return result

    total = np.zeros(count)
    whole = rule(begin, end, owner)
    for _ in range(_DEPTH):
        middle = 0.5 * (begin + end)
        left, right = rule(begin, middle, owner), rule(middle, end, owner)
        so_far = total + np.bincount(owner, left + right, count)
        open_ = np.abs(left + right - whole) > rtol * so_far[owner]
        done = ~open_
        total += np.bincount(owner[done], (left + right)[done], count)
        begin, end = (
            np.concatenate([begin[open_], middle[open_]]),
            np.concatenate([middle[open_], end[open_]]),
        )
        whole = np.concatenate([left[open_], right[open_]])
        owner = np.concatenate([owner[open_], owner[open_]])
        if len(owner) == 0:
            return total
    return total + np.bincount(owner, whole, count)


def reference_concentration(
    ends_m: npt.ArrayLike,
    receptor_m: npt.ArrayLike,
    row: ReferenceRow,
    *,
    release_height_m: float,
    sigma_z0_m: float,
    width_m: float,
    emission_g_s_m: float = 1.0,
    rtol: float = 1e-8,
) -> float:
    """Concentration of one straight link at one receptor in one row of weather, µg/m³.

    Parameters
    ----------
    ends_m
        ``x1, y1, x2, y2`` in metres.
    receptor_m
        ``x, y, z`` in metres, z above ground.
    row
        The weather.
    rtol
        Relative tolerance of the integral.
    """
    plume = _Plume(row, release_height_m, sigma_z0_m)
    point = np.asarray(receptor_m, dtype=np.float64)[None, :]
    ends = np.asarray(ends_m, dtype=np.float64)
    return 1e6 * emission_g_s_m * float(_line(plume, ends, width_m, point, rtol)[0])


def reference_concentrations(
    sources: LineSources,
    receptors: PointReceptors,
    weather: WeatherRows,
    *,
    lid: Lid = "rising",
    as_coded: bool = False,
    rtol: float = 1e-8,
) -> Array:
    """Concentrations of every link at every receptor in every row of weather, µg/m³.

    Some tens of link-receptor-row triples per millisecond; for checking, not for cities.

    Returns
    -------
    numpy.ndarray
        Shape (rows, links, receptors).
    """
    points = np.column_stack([receptors.x_m, receptors.y_m, receptors.height_m])
    ends = np.column_stack([sources.x1_m, sources.y1_m, sources.x2_m, sources.y2_m])
    out = np.empty((len(weather), len(sources), len(receptors)))
    for k in range(len(weather)):
        row = ReferenceRow(
            float(weather.friction_velocity_m_s[k]), float(weather.obukhov_length_m[k]),
            float(weather.mixing_height_m[k]), float(weather.sigma_v_m_s[k]),
            float(weather.roughness_m[k]), float(weather.wind_speed_m_s[k]),
            float(weather.reference_height_m[k]), float(weather.wind_to_rad[k]), lid, as_coded,
        )  # fmt: skip
        for i in range(len(sources)):
            plume = _Plume(row, float(sources.release_height_m[i]), float(sources.sigma_z0_m[i]))
            line = _line(plume, ends[i], float(sources.width_m[i]), points, rtol)
            out[k, i] = 1e6 * sources.emission_g_s_m[i] * line
    return out
