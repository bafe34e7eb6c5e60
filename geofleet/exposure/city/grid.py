"""Distant pairs on regular grids by Fourier transforms, forward and transposed.

As in particle-mesh sums: sources are spread over a grid by cubic B-splines, convolved with the
kernel, and read off by the same splines, whose blurring is divided out (Essmann et al. 1995, J.
Chem. Phys. 103, 8577-8593). What changes fast near a road is left to the sum over pairs; each grid
takes what lies between its own distance and that of the next coarser one, so that the fine ones
need no room for distant pairs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.fft

from geofleet.exposure.city import _kernels_grid, _kernels_pairs
from geofleet.exposure.city._kernels import SLOTS
from geofleet.exposure.city.tables import SlotTables

__all__ = ["Grid", "Split", "make_grids", "no_split"]

Floats = npt.NDArray[np.float64]
_MARGIN = 3  # grid points beyond the outermost source that its spline may touch


@dataclass(frozen=True, slots=True)
class Split:
    """Distances between which one way of summing hands over to the next, squared, metres."""

    inner2: float
    outer2: float

    @property
    def pair(self) -> tuple[float, float]:
        """What the kernels call ``near`` and ``far``."""
        return self.inner2, self.outer2


no_split = Split(np.inf, np.inf)


@dataclass(frozen=True, slots=True)
class Grid:
    """One grid and the range of distances that it takes.

    Parameters
    ----------
    step_m
        Distance between grid points.
    origin
        Coordinates of the first grid point.
    padded
        Rows and columns of the transforms.
    reach
        Grid steps to the farthest pair that it takes, along a column and a row.
    near, far
        Where it takes over, and where the next grid does.
    """

    step_m: float
    origin: tuple[float, float]
    padded: tuple[int, int]
    reach: tuple[int, int]
    near: Split
    far: Split

    @property
    def megabytes_per_slot(self) -> float:
        """Memory of the transforms of one slot, as measured: spectra, product, result, work."""
        return 4.5 * 8.0 * self.padded[0] * self.padded[1] / 1e6

    @property
    def megabytes_of_kernel(self) -> float:
        """Memory of the sampled kernel, all slots."""
        return 8.0 * SLOTS * (2 * self.reach[0] + 1) * (2 * self.reach[1] + 1) / 1e6

    def convolve(
        self,
        sources: Floats,
        values: Floats,
        targets: Floats,
        tables: SlotTables,
        *,
        transpose: bool,
        batch: int,
        out: Floats,
    ) -> None:
        """Add to ``out`` (kinds, targets, slots) what sources of ``values`` (…, slots) cause.

        Where ``values`` has one column, it holds for every slot. ``transpose`` swaps the roles:
        sources are then receptors, and the kernel is turned around.
        """
        kernel = self._sample(tables)
        same = values.shape[2] == 1
        weight = self._weights()
        spectra = self._spectra(sources, values[:, :, 0], weight) if same else None
        for first in range(0, SLOTS, batch):
            slots = slice(first, min(first + batch, SLOTS))
            turned = scipy.fft.rfft2(self._placed(kernel[:, :, slots]), axes=(1, 2), workers=-1)
            if transpose:
                np.conjugate(turned, out=turned)
            for kind in range(len(values)):
                if spectra is None:
                    own = self._spectra(sources, values[kind, :, slots].T, weight)
                else:
                    own = spectra[kind : kind + 1]
                grids = scipy.fft.irfft2(
                    own * turned, s=self.padded, axes=(1, 2), workers=-1, overwrite_x=True
                )
                part = np.zeros((len(targets), grids.shape[0]))
                _kernels_grid.gather(targets, self.origin, self.step_m, grids, part)
                out[kind, :, slots] += part

    def _sample(self, tables: SlotTables) -> Floats:
        y, x = (np.arange(-n, n + 1) * self.step_m for n in self.reach)
        kernel = np.empty((len(y), len(x), SLOTS))
        _kernels_pairs.sample(
            x, y, tables.mean_class, tables.arrays, self.near.pair, self.far.pair,
            kernel,
        )  # fmt: skip
        return kernel

    def _placed(self, kernel: Floats) -> Floats:
        """Put the kernel on the padded grid, offset zero first, negative ones from the end."""
        grids = np.zeros((kernel.shape[2], *self.padded))
        rows, columns = (
            np.arange(-reach, reach + 1) % size
            for reach, size in zip(self.reach, self.padded, strict=True)
        )
        grids[:, rows[:, None], columns[None, :]] = kernel.transpose(2, 0, 1)
        return grids

    def _weights(self) -> Floats:
        """One over the blur of the splines on both ways, squared for each axis."""
        rows, columns = ((2.0 + np.cos(2.0 * np.pi * np.arange(n) / n)) / 3.0 for n in self.padded)
        half = columns[: self.padded[1] // 2 + 1]
        result: Floats = 1.0 / (rows[:, None] ** 2 * half[None, :] ** 2)
        return result

    def _spectra(
        self, points: Floats, values: Floats, weight: Floats
    ) -> npt.NDArray[np.complex128]:
        """Spectra of ``values`` (grids, points) spread over the grid."""
        grids = np.zeros((len(values), *self.padded))
        columns = np.ascontiguousarray(values.T)
        _kernels_grid.deposit(points, self.origin, self.step_m, columns, grids)
        spectra: npt.NDArray[np.complex128] = scipy.fft.rfft2(grids, axes=(1, 2), workers=-1)
        spectra *= weight
        return spectra


def make_grids(
    low: Floats, high: Floats, *, split_m: float, cells: float, factor: float
) -> tuple[Grid, ...]:
    """Return grids from the finest to the coarsest for all points between ``low`` and ``high``.

    The first takes over between half of ``split_m`` and ``split_m``.
    """
    grids = []
    extent = np.maximum(high - low, 1.0)
    farthest = float(np.hypot(*extent))
    outer = split_m
    while True:
        step = outer / cells
        following = outer * factor
        last = following >= 0.5 * farthest
        far = no_split if last else Split(0.25 * following**2, following**2)
        origin = (float(low[0]) - _MARGIN * step, float(low[1]) - _MARGIN * step)
        steps = int(np.ceil((farthest if last else following) / step))
        rows, columns = (int(np.ceil(side / step)) + 2 * _MARGIN + 1 for side in extent[::-1])
        reach = (min(steps, rows - 1), min(steps, columns - 1))
        padded = (
            scipy.fft.next_fast_len(rows + reach[0], real=True),
            scipy.fft.next_fast_len(columns + reach[1], real=True),
        )
        near = Split(0.25 * outer**2, outer**2)
        grids.append(Grid(step, origin, padded, reach, near, far))
        if last:
            return tuple(grids)
        outer = following
