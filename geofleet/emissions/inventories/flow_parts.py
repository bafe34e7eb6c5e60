"""Flows taken apart: what some of the engines, or some of the classes, of a flow emit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.emissions.engines.mixtures import Engine
from geofleet.emissions.engines.resolve import Engines
from geofleet.emissions.engines.technologies import Technologies
from geofleet.emissions.flows import FlowWork, flow_grams

__all__ = ["Piece", "engine_labels", "labelled", "pieces", "select"]

_HOURS = 24
_BLOCK = 4096
_KM, _TONNE = 1e-3, 1e-3
_STAGES = {"epa_2010_early": "epa_2010", "epa_2010_mature": "epa_2010"}

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Piece:
    """What the engines of one label emit on some of the links.

    Parameters
    ----------
    label
        Number of the label.
    rows
        Links, as rows of the flows.
    work
        The flows of these links and engines alone.
    """

    label: int
    rows: slice
    work: FlowWork

    @property
    def cells(self) -> slice:
        """Links and hours, as cells of an array of links times 24 hours."""
        return slice(self.rows.start * _HOURS, self.rows.stop * _HOURS)

    def grams(self) -> Floats:
        """Return quantities of shape (QUANTITIES, links · 24)."""
        out = flow_grams(self.work)[0]
        return np.ascontiguousarray(out.transpose(1, 0, 2).reshape(out.shape[1], -1))

    def activity(self, defaults: Defaults) -> Floats:
        """Return passages, kilometres and tonne-kilometres, shape (3, links · 24).

        Load is the share on board of the usual capacity of the class.
        """
        work = self.work
        classes = len(work.flows.classes)
        share = np.zeros(len(work.first) - 1)
        entry = np.repeat(np.arange(len(share)), np.diff(work.first))
        np.add.at(share, entry, work.weight)
        of_link = share.reshape(-1, classes)[work.zone]
        rows = CheckedRows(defaults)
        load = work.load * [
            rows.number(
                "vehicle_classes", f"{name}.payload_capacity_kg", 0.0, 1e5, "a mass in kg"
            )
            for name in work.flows.classes
        ]  # fmt: skip
        rows.finish()
        vehicles = work.flows.vehicles.astype(np.float64)
        passages = np.einsum("ich,ic->ih", vehicles, of_link)
        tonnes = np.einsum("ich,ic,c->ih", vehicles, of_link, load * _TONNE)
        km = work.length_m[:, None] * _KM
        return np.stack([passages, passages * km, tonnes * km]).reshape(3, -1)


def pieces(work: FlowWork, label: npt.NDArray[np.int64]) -> Iterator[Piece]:
    """Take flows apart by a label of each engine and into blocks of links, in fixed order.

    Together the pieces are the whole: wear goes with the engines of the vehicles that wear.
    """
    for start in range(0, len(work.length_m), _BLOCK):
        rows = slice(start, min(start + _BLOCK, len(work.length_m)))
        for number in range(int(label.max(initial=-1)) + 1):
            part = select(work, label == number, rows)
            if len(part.number) and part.flows.vehicles.size:
                yield Piece(number, rows, part)


def select(work: FlowWork, chosen: npt.NDArray[np.bool_], rows: slice) -> FlowWork:
    """Return the flows of some engines on some links; classes without such engines are left out."""
    names = work.flows.classes
    count, mixes = len(names), len(work.first) - 1
    entry = np.repeat(np.arange(mixes), np.diff(work.first))
    kept = chosen[work.number]
    used = [c for c in range(count) if (kept & (entry % count == c)).any()]
    new_class = np.full(count, -1)
    new_class[used] = np.arange(len(used))
    number, weight, old = work.number[kept], work.weight[kept], entry[kept]
    place = old // count * len(used) + new_class[old % count] if used else old
    size = mixes // count * len(used)
    first = np.zeros(size + 1, dtype=np.int32)
    np.cumsum(np.bincount(place, minlength=size), out=first[1:])
    wear = np.zeros((size, 5))
    np.add.at(wear, place, weight[:, None] * _wear_of_engines(work.engines)[number])
    flows = replace(
        work.flows,
        edges=work.flows.edges[rows],
        classes=tuple(names[c] for c in used),
        vehicles=np.ascontiguousarray(work.flows.vehicles[rows][:, used]),
    )
    return replace(
        work,
        flows=flows,
        length_m=work.length_m[rows],
        grade=work.grade[rows],
        queue_s=work.queue_s[rows],
        speed_kmh=np.ascontiguousarray(work.speed_kmh[rows]),
        zone=work.zone[rows],
        first=first,
        number=number,
        weight=weight,
        cap_kmh=work.cap_kmh[used],
        load=work.load[used],
        wear=wear,
    )


def engine_labels(
    engines: Sequence[Engine], technologies: Technologies, by: Sequence[str]
) -> tuple[npt.NDArray[np.int64], pd.DataFrame]:
    """Return the label of each engine under keys of the vehicle, and what the labels are.

    Both stages of EPA 2010 are ``epa_2010``, as in fleet tables.
    """
    table = pd.DataFrame(
        {
            "vehicle_class": [one.vehicle_class for one in engines],
            "fuel": [technologies.fuel(one.technology) for one in engines],
            "standard": [_STAGES.get(one.standard, one.standard) for one in engines],
        },
        dtype=object,
    )
    if not by:
        return np.zeros(len(engines), dtype=np.int64), pd.DataFrame(index=[0])
    groups = table.groupby(list(by), sort=True)
    labels = groups.head(1).sort_values(list(by))[list(by)].reset_index(drop=True)
    code = np.asarray(groups.ngroup(), dtype=np.int64)
    return code, labels


def labelled(
    code: npt.NDArray[np.int64], places: pd.Index, kinds: pd.DataFrame, by: Sequence[str]
) -> pd.Index:
    """Return the labels of codes ``place · len(kinds) + kind``, in the order of ``by``."""
    by_place = places.take(code // len(kinds)).to_frame(index=False)
    by_kind = kinds.take(code % len(kinds)).reset_index(drop=True)
    labels = pd.concat([by_place, by_kind], axis=1)
    if len(by) > 1:
        return pd.MultiIndex.from_frame(labels[list(by)])
    name = by[0] if by else "total"
    index: pd.Index = pd.Index(labels[name], name=name)
    return index


def _wear_of_engines(engines: Engines) -> Floats:
    """Return wear coefficients by engine: those of the vehicles that it is in."""
    kind = np.repeat(np.arange(len(engines.first) - 1), np.diff(engines.first))
    wear = np.zeros((len(engines.engines), 5))
    wear[engines.number] = engines.wear[kind]
    return wear
