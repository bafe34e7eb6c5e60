"""Emissions taken apart by what errs together: the linear pieces that draws multiply."""

from __future__ import annotations

from collections.abc import Callable
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
from geofleet.emissions.inventories.cuts import (
    Cut,
    engine_grams,
    share_of_days,
    some_rows,
    standards_of,
)
from geofleet.emissions.inventories.flow_parts import FlowCut, Piece, pieces
from geofleet.emissions.inventories.keys import certified
from geofleet.emissions.model import QUANTITIES
from geofleet.emissions.prepare import Prepared, evaluate
from geofleet.emissions.uncertainty.shared_factors import (
    BASE_OF,
    Component,
    Mix,
    engine_groups,
)

__all__ = ["Cells", "cells_of_flows", "cells_of_traversals"]

_NOBODY = -1

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
        What errs alike, and vehicles of which something is drawn: whether they are high emitters,
        or which engine they have.
    mixes
        Standards that each vehicle may have, with their shares; empty where it is known.
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
    mixes: tuple[Mix, ...]
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

    def add_with_age(
        self,
        component: Component,
        row: Numbers,
        vehicle: Numbers,
        grams: Floats,
        *,
        worse: npt.NDArray[np.bool_],
        increase: Callable[[int], Floats],
    ) -> None:
        """Add grams with what age adds to each base apart.

        ``worse`` says which bases age makes worse, ``increase`` gives all quantities times the
        part of them by which it does.
        """
        for place in np.flatnonzero(worse).tolist():
            base = POLLUTANTS[place]
            of_base = np.array([BASE_OF.get(name) == base for name in QUANTITIES])
            aged = increase(place) * of_base[:, None]
            grams = grams - aged
            self.add(replace(component, aged=base), row, vehicle, aged)
        self.add(component, row, vehicle, grams)

    def cells(
        self, index: pd.Index, engines: Engines, *, mixes: dict[str, Mix] | None = None
    ) -> Cells:
        """Return what was gathered, by row; ``mixes`` are those of the vehicles."""
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
            vehicles=tuple(mixes or {}),
            mixes=tuple((mixes or {}).values()),
            warming=(float(warming[0]), float(warming[1])),
        )


def cells_of_traversals(
    work: Prepared, cut: Cut, vehicle_of_day: pd.Series, rows: CheckedRows
) -> Cells:
    """Take traversals apart.

    Parameters
    ----------
    work
        As :func:`geofleet.emissions.prepare.prepare` makes it.
    cut
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
    mixes = _mixes(work, vehicle_code)
    mixed = np.array([len(mix) > 0 for mix in mixes], dtype=np.bool_)
    gather = _Gather()
    for number, group in enumerate(groups):
        chosen = (group_of == number).astype(np.float64)
        picked = np.flatnonzero(share_of_days(work, chosen)[day] > 0.0)
        code = cut.of(certified(group.standard))[picked]
        vehicle = vehicle_code[day[picked]]
        if group.emitter != "drawn":
            vehicle = np.where(mixed[vehicle], vehicle, _NOBODY)
        for name, flags, part in _parts(some_rows(work, picked), chosen):

            def older(
                place: int, part: Prepared = part, flags: int = flags, chosen: Floats = chosen
            ) -> Floats:
                weight = chosen * increase[:, place]
                return evaluate(part, parts=flags & ~kernels.WEAR, engine_weight=weight)[0]

            gather.add_with_age(
                Component(group, name), code, vehicle, engine_grams(part, chosen, parts=flags),
                worse=chosen @ increase > 0.0, increase=older,
            )  # fmt: skip
    named = dict(zip((str(one) for one in vehicles), mixes, strict=True))
    return gather.cells(cut.index, engines, mixes=named)


def _mixes(work: Prepared, vehicle_of_day: Numbers) -> list[Mix]:
    """Return the standards that each vehicle may have, with their shares."""
    of_kind = _mixes_of_kinds(work.engines)
    first = np.unique(vehicle_of_day, return_index=True)[1]
    return [of_kind[kind] for kind in work.day_kind[first]]


def _mixes_of_kinds(engines: Engines) -> list[Mix]:
    """Return the standards that each kind of vehicle may have, nothing where it is known."""
    standards = standards_of(engines)
    out: list[Mix] = []
    for start, end in zip(engines.first[:-1], engines.first[1:], strict=True):
        shares: dict[str, float] = {}
        for entry in range(start, end):
            name = str(standards[engines.number[entry]])
            shares[name] = shares.get(name, 0.0) + float(engines.weight[entry])
        out.append(tuple(shares.items()) if len(shares) > 1 else ())
    return out


def _mixes_of_groups(work: FlowWork, group_of: Numbers) -> list[tuple[tuple[Mix, float], ...]]:
    """Return the mixes that engines of each group come from, by their part of its kilometres."""
    engines, of_kind = work.engines, _mixes_of_kinds(work.engines)
    km = np.zeros((int(work.zone.max(initial=0)) + 1, len(work.flows.classes)))
    np.add.at(
        km, work.zone, work.flows.vehicles.sum(axis=2, dtype=np.float64) * work.length_m[:, None]
    )
    slots = np.repeat(np.arange(len(work.kind_first) - 1), np.diff(work.kind_first))
    driven = np.zeros(len(work.kinds))
    np.add.at(driven, work.kind_number, work.kind_share * km.ravel()[slots])
    found: list[dict[Mix, float]] = [{} for _ in range(int(group_of.max(initial=-1)) + 1)]
    for kind, (start, end) in enumerate(zip(engines.first[:-1], engines.first[1:], strict=True)):
        for entry in range(start, end):
            parts = found[group_of[engines.number[entry]]]
            part = driven[kind] * float(engines.weight[entry])
            parts[of_kind[kind]] = parts.get(of_kind[kind], 0.0) + part
    return [
        tuple((mix, part / sum(parts.values())) for mix, part in parts.items() if part > 0.0)
        for parts in found
    ]


def cells_of_flows(work: FlowWork, cut: FlowCut, rows: CheckedRows) -> Cells:
    """Take flows apart.

    No vehicle of a flow is drawn by itself: flows are many vehicles, of which the share that emits
    much is the mean one, and so are shares of standards. How sure those are acts on the mean of all
    classes and zones.

    Parameters
    ----------
    work
        As :func:`geofleet.emissions.prepare_flows` makes it.
    cut
        Row of the result of each link, hour and entry.
    rows
        Where families and increases by age are read.
    """
    engines, kinds = work.engines, cut.kind_count
    groups, group_of = engine_groups(engines, rows)
    increase = _increase(engines, rows)
    gather = _Gather()
    mixes = _mixes_of_groups(work, group_of)
    label = group_of[cut.work.number] * kinds + cut.kind
    for piece in pieces(cut.work, label):
        number = piece.label // kinds
        row = cut.place[piece.cells] * kinds + piece.label % kinds
        chosen = np.unique(piece.work.number)
        nobody = np.full(len(row), _NOBODY, dtype=np.int64)
        for name, whole, rest in _layers(piece, cold=bool((work.cold[chosen] != 1.0).any())):

            def older(place: int, whole: Piece = whole, rest: Piece | None = rest) -> Floats:
                return _less(whole, rest, increase[:, place])

            gather.add_with_age(
                Component(groups[number], name, mixes=mixes[number]), row, nobody,
                _less(whole, rest), worse=increase[chosen].sum(axis=0) > 0.0, increase=older,
            )  # fmt: skip
    found = np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *gather.row]))
    rank, index = cut.rows(found)
    gather.row = [rank[np.searchsorted(found, part)] for part in gather.row]
    return gather.cells(index, engines)


def _layers(piece: Piece, *, cold: bool) -> list[tuple[str, Piece, Piece | None]]:
    """Return parts of a piece as what it emits with the part, and what without it."""
    work = piece.work
    still = replace(work, queue_s=np.zeros_like(work.queue_s))
    warm = replace(piece, work=replace(still, cold=np.ones_like(work.cold)))
    layers: list[tuple[str, Piece, Piece | None]] = [("hot", warm, None)]
    if cold:
        layers.append(("cold", replace(piece, work=still), warm))
    if work.queue_s.any():
        layers.append(("queue", piece, replace(piece, work=still)))
    return layers


def _less(whole: Piece, rest: Piece | None, by_engine: Floats | None = None) -> Floats:
    """Return the grams of one piece without those of another, of a share of each engine."""

    def grams(piece: Piece) -> Floats:
        if by_engine is not None:
            weight = piece.work.weight * by_engine[piece.work.number]
            piece = replace(piece, work=replace(piece.work, weight=weight))
        return piece.grams()

    return grams(whole) if rest is None else grams(whole) - grams(rest)


def _parts(work: Prepared, chosen: Floats) -> list[tuple[str, int, Prepared]]:
    """Return the parts that the engines of a piece have, and the traversals to take them from."""
    parts = [("hot", kernels.HOT | kernels.WEAR, work)]
    if work.cold_share.any() and work.engines.cold[chosen > 0].any():
        parts.append(("cold", kernels.COLD, work))
    if work.idle_s.any():
        still = replace(work, queue_s=np.zeros_like(work.queue_s))
        parts.append(("stop", kernels.IDLE, still))
    if work.queue_s.any():
        parts.append(("queue", kernels.IDLE, replace(work, idle_s=np.zeros_like(work.idle_s))))
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
