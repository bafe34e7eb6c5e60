"""What changes when one zone or one street does, without summing the city again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.exposure.city import operator
from geofleet.exposure.city.chunks import RoadClasses, make_chunks, road_classes, sort_by_cell
from geofleet.exposure.city.roads import make_lines
from geofleet.exposure.city.scene import Scene
from geofleet.exposure.model import Receptors, UnitExposure

if TYPE_CHECKING:
    from geofleet.network import RoadNetwork

__all__ = ["with_links", "with_people"]

_ONE_CELL_M = 1e9


def with_people(
    unit: UnitExposure, scene: Scene, *, before: Receptors, after: Receptors, group: str = "people"
) -> UnitExposure:
    """Return the unit exposure after a change of people at the same places.

    Only receptors whose people changed are summed, pair by pair: one zone of a large city takes
    a fraction of a second.

    Parameters
    ----------
    unit
        Made with ``scene`` and ``before``.
    before, after
        Receptors at the same places, ``after`` as from :meth:`Receptors.with_zone`.
    group
        Whose exposure ``unit`` is.

    Raises
    ------
    InputError
        Receptors at other places, or a unit exposure of other edges.
    """
    problems = []
    same = len(before.frame) == len(after.frame) and bool(
        (before.frame.geometry.to_numpy() == after.frame.geometry.to_numpy()).all()
    )
    if not same or not scene.stands_at(before):
        problems.append(Problem("receptors", expected="the receptors of the scene, not moved"))
    if not np.array_equal(unit.edges, scene.edges):
        problems.append(Problem("scene", expected="a scene of the edges of the unit exposure"))
    if problems:
        raise InputError(problems)
    new = after.people_by_hour(group)
    change = (new - before.people_by_hour(group))[:, scene.hours]
    rows = np.flatnonzero((change != 0.0).any(axis=1))
    values = unit.values
    if len(rows):
        place = np.empty(len(scene.xy), dtype=np.int64)
        place[scene.receptor_cells.order] = np.arange(len(scene.xy))
        few = scene.xy[place[rows]]
        there = replace(scene, xy=few, receptor_cells=sort_by_cell(few, _ONE_CELL_M))
        added = operator.adjoint(operator.pairs_only(there), change[None, rows])[0]
        values = values + added[scene.lines.line_of]
    people = float(new[:, scene.hours].mean(axis=1).sum())
    report = {**unit.report, "receptors_changed_since": len(rows)}
    return replace(unit, values=values, people=people, report=report)


def with_links(
    unit: UnitExposure,
    scene: Scene,
    network: RoadNetwork,
    receptors: Receptors,
    *,
    edges: npt.NDArray[np.int32],
    group: str = "people",
    defaults: Defaults | None = None,
) -> UnitExposure:
    """Return the unit exposure after a change of some streets, or with streets added.

    The streets are summed pair by pair over everybody, under the weather of the scene. A width
    and bearing that no street had before takes the closest one that some had.

    Parameters
    ----------
    network
        With the streets as they are now.
    edges
        Edges that changed or were not there, in any order. The other direction of their streets
        changes with them where ``unit`` has it.

    Raises
    ------
    InputError
        No edges or ones that the network does not have, receptors that the scene was not made of.
    """
    numbers = np.unique(np.asarray(edges, dtype=np.int32))
    problems = []
    if not len(numbers) or numbers[0] < 0 or numbers[-1] >= len(network.edges):
        expected = f"at least one edge number from 0 to {len(network.edges) - 1}"
        problems.append(Problem("edges", value=str(numbers[:5].tolist()), expected=expected))
    if not scene.stands_at(receptors):
        problems.append(Problem("receptors", expected="the receptors of the scene"))
    if problems:
        raise InputError(problems)
    twins = network.arrays.twin[numbers]
    numbers = np.union1d(numbers, twins[np.isin(twins, unit.edges)]).astype(np.int32)
    used = (defaults or Defaults()).scope()
    lines = make_lines(network, numbers, defaults=used, origin=scene.lines.origin)
    chunks = make_chunks(lines, longest_m=scene.accuracy.chunk_m)
    own, of_chunk = road_classes(
        lines, chunks, width_step_m=scene.accuracy.width_step_m, bearings=scene.accuracy.bearings
    )
    there = replace(
        scene,
        edges=numbers,
        lines=lines,
        chunks=replace(chunks, classes=_closest(own, scene.classes)[of_chunk]),
        chunk_cells=sort_by_cell(chunks.middles, _ONE_CELL_M),
    )
    people = receptors.people_by_hour(group)[None, :, scene.hours]
    added = operator.adjoint(operator.pairs_only(there), people)[0][lines.line_of]
    kept = ~np.isin(unit.edges, numbers)
    every = np.concatenate([unit.edges[kept], numbers])
    order = np.argsort(every, kind="stable")
    return replace(
        unit,
        edges=every[order],
        values=np.concatenate([unit.values[kept], added])[order],
        report={**unit.report, "edges": len(every), "edges_changed_since": len(numbers)},
    )


def _closest(wanted: RoadClasses, known: RoadClasses) -> npt.NDArray[np.int64]:
    """Return the known class closest in what width and bearing do: W cos and W sin, unsigned."""

    def shape(classes: RoadClasses) -> npt.NDArray[np.float64]:
        twice = 2.0 * classes.bearing_rad
        return np.column_stack([np.cos(twice), np.sin(twice)]) * classes.width_m[:, None]

    gap = shape(wanted)[:, None] - shape(known)[None]
    closest: npt.NDArray[np.int64] = np.argmin((gap**2).sum(axis=2), axis=1)
    return closest
