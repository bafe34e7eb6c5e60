"""Emissions taken apart by what errs together: the linear pieces that draws multiply."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults.checked import CheckedRows
from geofleet.emissions import _kernels as kernels
from geofleet.emissions.aggregate import grouped
from geofleet.emissions.engines.modifiers import deterioration_factor
from geofleet.emissions.engines.resolve import Engines
from geofleet.emissions.flows import FlowWork
from geofleet.emissions.hot.factors import POLLUTANTS
from geofleet.emissions.inventories.flow_parts import Piece, labelled, pieces
from geofleet.emissions.model import QUANTITIES
from geofleet.emissions.prepare import Prepared, evaluate
from geofleet.emissions.uncertainty.shared_factors import BASE_OF, Component, engine_groups

__all__ = ["Cells", "cells_of_flows", "cells_of_traversals"]

_NOBODY = -1
_HOURS = 24
_WEAR = slice(kernels.OUT_PM25_WEAR, kernels.OUTPUTS)

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Cells:
    """Central grams by row of the result, component and vehicle.

    Parameters
    ----------
    index
        Rows of the result.
    row, component, vehicle
        Of each cell: row of ``index``, number in ``components``, number in ``vehicles``, or -1
        where nothing of the single vehicle is drawn. Sorted by row.
    grams
        Quantities, shape (QUANTITIES, cells); over all cells of a row they add up to what the
        stage says without draws.
    components, vehicles
        What errs alike, and vehicles of which nobody knows whether they are high emitters.
    warming
        Warming potentials of methane and nitrous oxide.
    """

    index: pd.Index
    row: Numbers
    component: Numbers
    vehicle: Numbers
    grams: Floats
    components: tuple[Component, ...]
    vehicles: tuple[str, ...]
    warming: tuple[float, float]


class _Gather:
    """Collects cells piece by piece."""

    def __init__(self) -> None:
        self.components: dict[Component, int] = {}
        self.row: list[Numbers] = []
        self.component: list[Numbers] = []
        self.vehicle: list[Numbers] = []
        self.grams: list[Floats] = []

    def add(self, component: Component, row: Numbers, vehicle: Numbers, grams: Floats) -> None:
        """Add grams (QUANTITIES, n) summed by row and vehicle."""
        wide = int(vehicle.max(initial=_NOBODY)) + 2
        found, _, sums = grouped(row * wide + vehicle + 1, np.ascontiguousarray(grams))
        kept = (sums != 0.0).any(axis=0)
        if not kept.any():
            return
        number = self.components.setdefault(component, len(self.components))
        self.row.append(found[kept] // wide)
        self.vehicle.append(found[kept] % wide - 1)
        self.component.append(np.full(int(kept.sum()), number, dtype=np.int64))
        self.grams.append(sums[:, kept])

    def cells(self, index: pd.Index, vehicles: tuple[str, ...], engines: Engines) -> Cells:
        """Return what was gathered, by row."""
        none = np.zeros(0, dtype=np.int64)
        row = np.concatenate([none, *self.row])
        order = np.argsort(row, kind="stable")
        grams = np.hstack([np.zeros((len(QUANTITIES), 0)), *self.grams])
        warming = engines.coefficients[:, [kernels.GWP_CH4, kernels.GWP_N2O]].max(axis=0, initial=0)
        return Cells(
            index=index,
            row=row[order],
            component=np.concatenate([none, *self.component])[order],
            vehicle=np.concatenate([none, *self.vehicle])[order],
            grams=np.ascontiguousarray(grams[:, order]),
            components=tuple(self.components),
            vehicles=vehicles,
            warming=(float(warming[0]), float(warming[1])),
        )


def cells_of_traversals(
    work: Prepared, code: Numbers, index: pd.Index, vehicle_of_day: pd.Series, rows: CheckedRows
) -> Cells:
    """Take traversals apart.

    Parameters
    ----------
    work
        As :func:`geofleet.emissions.prepare.prepare` makes it.
    code, index
        Row of the result of each traversal, and the rows.
    vehicle_of_day
        Vehicle id of each vehicle-day.
    rows
        Where families and increases by age are read.
    """
    engines = work.engines
    groups, group_of = engine_groups(engines, rows)
    increase = _increase(engines, rows)
    day = work.frame["vehicle_day"].to_numpy(np.int64)
    vehicle_code, vehicles = pd.factorize(vehicle_of_day.astype(str), sort=True)
    gather = _Gather()
    for number, group in enumerate(groups):
        chosen = (group_of == number).astype(np.float64)
        of_kind = np.add.reduceat(engines.weight * chosen[engines.number], engines.first[:-1])
        share = of_kind[work.day_kind]
        picked = np.flatnonzero(share[day] > 0.0)
        part = replace(
            work,
            frame=work.frame.iloc[picked],
            hour=work.hour[picked],
            cold_share=work.cold_share[picked],
            idle_s=work.idle_s[picked],
            queue_s=work.queue_s[picked],
        )
        drawn = group.emitter == "drawn"
        vehicle = vehicle_code[day[picked]] if drawn else np.full(len(picked), _NOBODY)
        for name, flags in _parts(part, chosen):
            grams = evaluate(part, parts=flags, engine_weight=chosen)[0]
            # Wear is of the vehicle; here goes the share of this group in its mixture.
            grams[_WEAR] *= share[day[picked]]
            for place in np.flatnonzero((chosen[:, None] * increase).any(axis=0)):
                base = POLLUTANTS[place]
                weight = chosen * increase[:, place]
                aged = evaluate(part, parts=flags & ~kernels.WEAR, engine_weight=weight)[0]
                aged *= np.array([BASE_OF.get(q) == base for q in QUANTITIES])[:, None]
                grams -= aged
                gather.add(Component(group, name, base), code[picked], vehicle, aged)
            gather.add(Component(group, name), code[picked], vehicle, grams)
    return gather.cells(index, tuple(str(one) for one in vehicles), engines)


def cells_of_flows(
    work: FlowWork,
    place: Numbers,
    places: pd.Index,
    kind: Numbers,
    kinds: pd.DataFrame,
    *,
    by: Sequence[str],
    rows: CheckedRows,
) -> Cells:
    """Take flows apart.

    No vehicle of a flow is drawn by itself: flows are many vehicles, of which the share that emits
    much is the mean one.

    Parameters
    ----------
    work
        As :func:`geofleet.emissions.flows.prepare_flows` makes it.
    place, places
        Label of each link and hour (links · 24), and the labels.
    kind, kinds
        Label of each engine, and the labels.
    by
        Keys of both, in the order that is wanted.
    rows
        Where families and increases by age are read.
    """
    engines = work.engines
    groups, group_of = engine_groups(engines, rows)
    increase = _increase(engines, rows)
    gather = _Gather()
    for piece in pieces(work, group_of * len(kinds) + kind):
        group = groups[piece.label // len(kinds)]
        row = place[piece.cells] * len(kinds) + piece.label % len(kinds)
        chosen = group_of * len(kinds) + kind == piece.label
        nobody = np.full(len(row), _NOBODY, dtype=np.int64)
        for name, whole, rest in _layers(piece, cold=bool((work.cold[chosen] != 1.0).any())):
            grams = _less(whole, rest)
            for number in np.flatnonzero(chosen @ increase > 0.0):
                base = POLLUTANTS[number]
                aged = _less(whole, rest, increase[:, number])
                aged *= np.array([BASE_OF.get(q) == base for q in QUANTITIES])[:, None]
                grams -= aged
                gather.add(Component(group, name, base), row, nobody, aged)
            gather.add(Component(group, name), row, nobody, grams)
    found = np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *gather.row]))
    index = labelled(found, places, kinds, by)
    order = index.argsort()
    rank = np.empty(len(found), dtype=np.int64)
    rank[order] = np.arange(len(found))
    gather.row = [rank[np.searchsorted(found, part)] for part in gather.row]
    return gather.cells(index.take(order), (), engines)


def _layers(piece: Piece, *, cold: bool) -> list[tuple[str, Piece, Piece | None]]:
    """Return parts of a piece as what it emits with the part, and what without it."""
    work = piece.work
    still = replace(work, queue_s=np.zeros_like(work.queue_s))
    warm = replace(piece, work=replace(still, cold=np.ones_like(work.cold)))
    layers: list[tuple[str, Piece, Piece | None]] = [("hot", warm, None)]
    if cold:
        layers.append(("cold", replace(piece, work=still), warm))
    if work.queue_s.any():
        layers.append(("idle", piece, replace(piece, work=still)))
    return layers


def _less(whole: Piece, rest: Piece | None, by_engine: Floats | None = None) -> Floats:
    """Return the grams of one piece without those of another, of a share of each engine."""

    def grams(piece: Piece) -> Floats:
        if by_engine is not None:
            weight = piece.work.weight * by_engine[piece.work.number]
            piece = replace(piece, work=replace(piece.work, weight=weight))
        return piece.grams()

    return grams(whole) if rest is None else grams(whole) - grams(rest)


def _parts(work: Prepared, chosen: Floats) -> list[tuple[str, int]]:
    """Return the parts that the engines of a piece have."""
    parts = [("hot", kernels.HOT | kernels.WEAR)]
    if work.cold_share.any() and work.engines.cold[chosen > 0].any():
        parts.append(("cold", kernels.COLD))
    if work.idle_s.any() or work.queue_s.any():
        parts.append(("idle", kernels.IDLE))
    return parts


def _increase(engines: Engines, rows: CheckedRows) -> Floats:
    """Return the part of each base that is the increase by age, shape (engines, bases)."""
    out = np.zeros((len(engines.engines), len(POLLUTANTS)))
    for number, engine in enumerate(engines.engines):
        if engine.age is None:
            continue
        for place, base in enumerate(POLLUTANTS):
            worse = deterioration_factor(rows, engine.standard, base, engine.age)
            out[number, place] = 1.0 - 1.0 / worse
    return out
