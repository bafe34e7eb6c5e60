"""How to take a city's sums: which distance splits pairs from grids, and in how much memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.ndimage import uniform_filter

from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.exposure.city._kernels import SLOTS
from geofleet.exposure.city.accuracy import Accuracy
from geofleet.exposure.city.grid import Grid, Split, make_grids, no_split

__all__ = ["Plan", "make_plan"]

Floats = npt.NDArray[np.float64]
_TABLE = "exposure_accuracy"
_BIN_M = 100.0
_MOST_BINS = 4000  # along a side, so that estimating stays cheap
_LIVE_ARRAYS = 4.0  # per-slot results alive at once: one way's near and far part, in two orders


@dataclass(frozen=True, slots=True)
class Plan:
    """Where pairs hand over to grids, and how many slots are transformed at once.

    Parameters
    ----------
    split
        Distances between which pairs fade out; infinite where pairs do everything.
    grids
        From the finest to the coarsest; none where pairs do everything.
    batch
        Slots transformed at once.
    pairs
        Estimated number of pairs of a chunk and a receptor.
    megabytes
        Estimated memory at the peak, tables included, of one kind at a time.
    kinds
        Groups of people or pollutants that may be summed at once.
    """

    split: Split
    grids: tuple[Grid, ...]
    batch: int
    pairs: float
    megabytes: float
    kinds: int = 1

    @property
    def split_m(self) -> float:
        """Distance beyond which grids do everything."""
        return float(np.sqrt(self.split.outer2))


def make_plan(
    chunks: Floats,
    receptors: Floats,
    *,
    accuracy: Accuracy,
    defaults: Defaults,
    max_memory_mb: float | None = None,
    tables_mb: float = 0.0,
) -> Plan:
    """Choose the cheapest split that fits into memory, by the estimated work of each.

    The choice follows from the places alone: the same city gives the same sums on any machine.

    Parameters
    ----------
    chunks, receptors
        Shape (n, 2): middles of chunks and receptors, metres.
    max_memory_mb
        Most memory that tables, arrays and transforms may take.
    tables_mb
        What the tables of the weather take of it.

    Raises
    ------
    InputError
        Less memory than any way needs.
    """
    allowed = defaults.number(_TABLE, "max_memory_mb") if max_memory_mb is None else max_memory_mb
    per_pair = defaults.number(_TABLE, "cost_pair_ns")
    per_cell = defaults.number(_TABLE, "cost_cell_ns")
    low = np.minimum(chunks.min(axis=0), receptors.min(axis=0))
    high = np.maximum(chunks.max(axis=0), receptors.max(axis=0))
    per_kind = _LIVE_ARRAYS * SLOTS * 8.0 * (len(chunks) + len(receptors)) / 1e6
    held = per_kind + tables_mb
    whole = float(len(chunks)) * len(receptors)
    plans = [(per_pair * whole, Plan(no_split, (), SLOTS, whole, held))]
    density = _Density(chunks, receptors, low, high)
    for split_m in map(float, defaults.text(_TABLE, "splits_m").split()):
        if split_m > 0.5 * float(np.hypot(*(high - low))):
            break
        grids = make_grids(
            low, high, split_m=split_m, cells=accuracy.split_cells, factor=accuracy.level_factor
        )
        pairs = density.pairs(split_m)
        cells = float(sum(grid.padded[0] * grid.padded[1] for grid in grids))
        slot = max(grid.megabytes_per_slot for grid in grids)
        fixed = held + max(grid.megabytes_of_kernel for grid in grids)
        batch = int(np.clip((allowed - fixed) / slot, 1, SLOTS // 3))
        cost = per_pair * pairs + per_cell * SLOTS * cells
        split = Split(0.25 * split_m**2, split_m**2)
        plans.append((cost, Plan(split, grids, batch, pairs, fixed + batch * slot)))
    fitting = [pair for pair in plans if pair[1].megabytes <= allowed]
    if not fitting:
        least = min(plan.megabytes for _, plan in plans)
        expected = (
            f"at least {least:.0f} MB for so many roads and receptors, {tables_mb:.0f} MB of it "
            "for tables of the weather (fewer at a coarser tolerance)"
        )
        raise InputError(
            [Problem("exposure", "max_memory_mb", value=f"{allowed:g}", expected=expected)]
        )
    chosen = min(fitting, key=lambda pair: pair[0])[1]
    return replace(chosen, kinds=1 + int((allowed - chosen.megabytes) / per_kind))


class _Density:
    """Counts of chunks and receptors in square bins, to estimate how many pairs are close."""

    def __init__(self, chunks: Floats, receptors: Floats, low: Floats, high: Floats) -> None:
        extent = np.maximum(high - low, 1.0)
        self._size = max(_BIN_M, float(extent.max()) / _MOST_BINS)
        bins = np.ceil(extent / self._size).astype(int)
        edges: Sequence[Floats] = [low[i] + np.arange(bins[i] + 1) * self._size for i in (0, 1)]
        self._chunks = np.histogram2d(chunks[:, 0], chunks[:, 1], bins=edges)[0]
        self._receptors = np.histogram2d(receptors[:, 0], receptors[:, 1], bins=edges)[0]

    def pairs(self, reach_m: float) -> float:
        """Pairs closer than ``reach_m``, about: of a square as large as the circle."""
        side = max(round(np.sqrt(np.pi) * reach_m / self._size), 1)
        near = uniform_filter(self._receptors, side, mode="constant") * side * side
        exact = np.pi * reach_m**2 / (side * self._size) ** 2
        return float((self._chunks * near).sum() * exact)
