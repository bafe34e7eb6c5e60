"""The two directions of one operator: people to streets, and streets to people."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from geofleet.exposure.city import _kernels_pairs
from geofleet.exposure.city._kernels import SLOTS
from geofleet.exposure.city.chunks import CellOrder, Chunks
from geofleet.exposure.city.grid import Split, no_split
from geofleet.exposure.city.plan import Plan
from geofleet.exposure.city.rows import RowSums, row_adjoint, row_forward
from geofleet.exposure.city.scene import Scene
from geofleet.exposure.city.tables import SlotTables

__all__ = ["adjoint", "forward", "pairs_only"]

Floats = npt.NDArray[np.float64]
Progress = Callable[[float], None]
_TILES = 20
_PAIRS_SHARE = 0.5  # of the work, for the progress that is shown


@dataclass(frozen=True, slots=True)
class _Layout:
    """What a tile of pairs needs; plain arrays, so that it can travel to another process."""

    chunks: Chunks
    chunk_cells: CellOrder
    xy: Floats
    receptor_cells: CellOrder
    tables: SlotTables
    split: Split
    rule: tuple[float, float, float]


def adjoint(
    scene: Scene,
    people: Floats,
    *,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> Floats:
    """Return persons·µg/m3 per g/s emitted on each line, shape (kinds, lines, slots).

    Parameters
    ----------
    people
        Shape (kinds, receptors, slots), in the order of the receptors.
    """
    if len(people) > scene.plan.kinds:
        return _in_parts(adjoint, scene, people, executor, progress)
    ordered = np.ascontiguousarray(people[:, scene.receptor_cells.order])
    tables = scene.tables
    if isinstance(tables, RowSums):
        return row_adjoint(tables, scene.lines, scene.xy, ordered, progress)
    values = np.zeros((len(people), len(scene.chunks), SLOTS))

    def tile(first: int, last: int, part: Floats) -> None:
        values[:, first:last] = part

    _near(_adjoint_tile, scene, tables, ordered, len(scene.chunks), tile, executor, progress)
    same = bool(np.all(ordered == ordered[:, :, :1]))
    far = np.zeros_like(values)
    for number, grid in enumerate(scene.plan.grids):
        grid.convolve(
            scene.xy, ordered[:, :, :1] if same else ordered, scene.chunks.middles, tables,
            transpose=True, batch=scene.plan.batch, out=far,
        )  # fmt: skip
        _say(progress, number, scene.plan)
    values += far * scene.chunks.micrograms[:, None]
    result = np.zeros((len(people), len(scene.lines), SLOTS))
    for kind in range(len(people)):
        for slot in range(SLOTS):
            result[kind, :, slot] = np.bincount(
                scene.chunks.lines, values[kind, :, slot], len(scene.lines)
            )
    return result


def forward(
    scene: Scene,
    rates: Floats,
    *,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> Floats:
    """Return µg/m3 at each receptor, shape (kinds, receptors, slots).

    Parameters
    ----------
    rates
        Shape (kinds, lines, slots), g/s emitted on each line.
    """
    if len(rates) > scene.plan.kinds:
        return _in_parts(forward, scene, rates, executor, progress)
    result = np.empty((len(rates), len(scene.xy), SLOTS))
    tables = scene.tables
    if isinstance(tables, RowSums):
        here = row_forward(tables, scene.lines, scene.xy, rates, progress)
        result[:, scene.receptor_cells.order] = here
        return result
    values = np.zeros((len(scene.xy), len(rates), SLOTS))

    def tile(first: int, last: int, part: Floats) -> None:
        values[first:last] = part

    by_line = np.ascontiguousarray(rates.transpose(1, 0, 2))
    _near(_forward_tile, scene, tables, by_line, len(scene.xy), tile, executor, progress)
    result[:, scene.receptor_cells.order] = values.transpose(1, 0, 2)
    if scene.plan.grids:
        sources = rates[:, scene.chunks.lines] * scene.chunks.micrograms[:, None]
        far = np.zeros_like(result)
        for number, grid in enumerate(scene.plan.grids):
            grid.convolve(
                scene.chunks.middles, sources, scene.xy, tables,
                transpose=False, batch=scene.plan.batch, out=far,
            )  # fmt: skip
            _say(progress, number, scene.plan)
        result[:, scene.receptor_cells.order] += far
    return result


def pairs_only(scene: Scene) -> Scene:
    """Return the scene with every pair summed by itself: slower, and without error of grids."""
    return replace(scene, plan=replace(scene.plan, split=no_split, grids=()))


def _in_parts(
    direction: Callable[..., Floats],
    scene: Scene,
    weights: Floats,
    executor: Executor | None,
    progress: Progress | None,
) -> Floats:
    """Sum as many kinds at once as fit into memory; each kind has the same bits."""
    parts, step, count = [], scene.plan.kinds, len(weights)
    for first in range(0, count, step):
        kinds = weights[first : first + step]

        def say(share: float, first: int = first, size: int = len(kinds)) -> None:
            if progress is not None:
                progress((first + share * size) / count)

        parts.append(direction(scene, kinds, executor=executor, progress=say))
    return np.concatenate(parts)


def _near(
    work: Callable[[_Layout, Floats, int, int, bool], Floats],
    scene: Scene,
    tables: SlotTables,
    weights: Floats,
    count: int,
    keep: Callable[[int, int, Floats], None],
    executor: Executor | None,
    progress: Progress | None,
) -> None:
    """Do tiles of pairs, here or through an executor, and keep their results in order."""
    layout = _Layout(
        scene.chunks, scene.chunk_cells, scene.xy, scene.receptor_cells, tables,
        scene.plan.split, scene.accuracy.rule,
    )  # fmt: skip
    bounds = np.unique(np.linspace(0, count, _TILES + 1).astype(np.int64)).tolist()
    share = _PAIRS_SHARE if scene.plan.grids else 1.0
    if executor is None:
        for first, last in pairwise(bounds):
            keep(first, last, work(layout, weights, first, last, False))
            if progress is not None:
                progress(share * last / count)
        return
    tasks = [
        (first, last, executor.submit(work, layout, weights, first, last, True))
        for first, last in pairwise(bounds)
    ]
    for first, last, task in tasks:
        keep(first, last, task.result())
        if progress is not None:
            progress(share * last / count)


def _adjoint_tile(layout: _Layout, people: Floats, first: int, last: int, alone: bool) -> Floats:
    out = np.zeros((len(people), last - first, SLOTS))
    # In a worker of an executor one thread does a tile; the loops are the same, hence the bits.
    kernel: Any = _kernels_pairs.adjoint_in_one_thread if alone else _kernels_pairs.adjoint
    kernel(
        first, last, layout.chunks.arrays, layout.xy, people, layout.receptor_cells.arrays,
        layout.tables.arrays, layout.split.pair, layout.rule, out,
    )  # fmt: skip
    return out


def _forward_tile(layout: _Layout, rates: Floats, first: int, last: int, alone: bool) -> Floats:
    out = np.zeros((last - first, rates.shape[1], SLOTS))
    kernel: Any = _kernels_pairs.forward_in_one_thread if alone else _kernels_pairs.forward
    kernel(
        first, last, layout.chunks.arrays, layout.xy, rates, layout.chunk_cells.arrays,
        float(layout.chunks.chunks[:, 2].max()), layout.tables.arrays, layout.split.pair,
        layout.rule, out,
    )  # fmt: skip
    return out


def _say(progress: Progress | None, number: int, plan: Plan) -> None:
    if progress is not None:
        progress(_PAIRS_SHARE + (1.0 - _PAIRS_SHARE) * (number + 1) / len(plan.grids))
