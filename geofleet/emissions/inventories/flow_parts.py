"""Flows taken apart: what some of the engines, or some of the classes, of a flow emit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.emissions.engines.resolve import Engines
from geofleet.emissions.engines.technologies import Technologies
from geofleet.emissions.flows import FlowWork, flow_grams
from geofleet.emissions.inventories.cuts import standards_of
from geofleet.emissions.inventories.keys import (
    AGE_KEYS,
    ENGINE_KEYS,
    FLOW_KEYS,
    LINK_KEYS,
    UNKNOWN,
    Labels,
    ages,
    as_keys,
    as_text,
    combine,
    link_labels,
    refuse,
)

if TYPE_CHECKING:
    import geopandas as gpd

    from geofleet.network import RoadNetwork

__all__ = ["FlowCut", "Piece", "cut_flows", "pieces", "select"]

_HOURS = 24
_BLOCK = 4096
_KM, _TONNE = 1e-3, 1e-3

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
    """Take flows apart by a label of each entry and into blocks of links, in fixed order.

    An entry is an engine in the mixture of a zone and class.

    Together the pieces are the whole: wear goes with the engines of the vehicles that wear.
    """
    for start in range(0, len(work.length_m), _BLOCK):
        rows = slice(start, min(start + _BLOCK, len(work.length_m)))
        for number in range(int(label.max(initial=-1)) + 1):
            part = select(work, label == number, rows)
            if len(part.number) and part.flows.vehicles.size:
                yield Piece(number, rows, part)


def select(work: FlowWork, chosen: npt.NDArray[np.bool_], rows: slice) -> FlowWork:
    """Return the flows of some entries on some links; classes without such are left out."""
    names = work.flows.classes
    count, mixes = len(names), len(work.first) - 1
    entry = np.repeat(np.arange(mixes), np.diff(work.first))
    used = [c for c in range(count) if (chosen & (entry % count == c)).any()]
    new_class = np.full(count, -1)
    new_class[used] = np.arange(len(used))
    number, weight, old = work.number[chosen], work.weight[chosen], entry[chosen]
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


@dataclass(frozen=True)
class FlowCut:
    """Rows of a result: a row for each combination of place and kind that has traffic.

    Parameters
    ----------
    work
        The flows; where the age of vehicles is asked for, an engine has an entry of its own for
        each kind of vehicle that it is in.
    by
        Keys, in the order that is wanted.
    place, kind
        Number of the place of each link and hour (links · 24), and of the kind of each entry.
    places, kinds
        Labels of places and of kinds by key: number of the label of each, and the labels.
    kind_count
        How many kinds there are.
    """

    work: FlowWork
    by: tuple[str, ...]
    place: npt.NDArray[np.int64]
    kind: npt.NDArray[np.int64]
    places: Mapping[str, Labels]
    kinds: Mapping[str, Labels]
    kind_count: int

    def rows(self, found: npt.NDArray[np.int64]) -> Labels:
        """Return the row of each number ``place · kind_count + kind``, and the rows."""
        at_place, of_kind = found // self.kind_count, found % self.kind_count
        labels = []
        for key in self.by:
            at, (codes, names) = (
                (at_place, self.places[key]) if key in self.places else (of_kind, self.kinds[key])
            )
            labels.append((codes[at], names))
        return combine(labels, self.by, len(found))


def cut_flows(
    work: FlowWork,
    network: RoadNetwork,
    *,
    by: str | Sequence[str],
    zones: gpd.GeoDataFrame | None,
    zone_column: str,
    defaults: Defaults,
) -> FlowCut:
    """Give every link and hour, and every entry, its row; see :func:`flow_inventory`."""
    keys = as_keys(by)
    refuse(keys, FLOW_KEYS, zones=zones is not None)
    edge = np.repeat(work.flows.edges, _HOURS)
    hour = np.tile(np.arange(_HOURS, dtype=np.int8), len(work.flows.edges))
    by_place = {
        key: link_labels(key, network, edge=edge, hour=hour, zones=zones, zone_column=zone_column)
        for key in keys if key in LINK_KEYS
    }  # fmt: skip
    technologies = Technologies(CheckedRows(defaults))
    vehicle = np.zeros(0, dtype=np.int64)
    if set(keys) & set(AGE_KEYS):
        work, vehicle = _by_vehicle(work)
    by_kind = {}
    for key in keys:
        if key in ENGINE_KEYS:
            codes, names = _engine_labels(work.engines, technologies, key)
            by_kind[key] = codes[work.number], names
        elif key in AGE_KEYS:
            codes, names = _age_labels(work, key, defaults)
            by_kind[key] = codes[vehicle], names
    place, places = _distinct(by_place, len(edge))
    kind, kinds = _distinct(by_kind, len(work.number))
    count = int(kind.max(initial=0)) + 1
    return FlowCut(work, keys, place, kind, places, kinds, count)


def _by_vehicle(work: FlowWork) -> tuple[FlowWork, npt.NDArray[np.int64]]:
    """Return flows with an entry for each engine of each kind of vehicle, and the kind of each."""
    engines = work.engines
    sizes = np.diff(engines.first)[work.kind_number]
    row = np.repeat(np.arange(len(sizes)), sizes)
    kind = work.kind_number[row]
    within = np.arange(len(row)) - (np.cumsum(sizes) - sizes)[row]
    entry = engines.first[:-1][kind] + within
    ends = np.concatenate([[0], np.cumsum(sizes)])
    apart = replace(
        work,
        first=ends[work.kind_first].astype(np.int32),
        number=engines.number[entry],
        weight=work.kind_share[row] * engines.weight[entry],
    )
    return apart, kind


def _age_labels(work: FlowWork, key: str, defaults: Defaults) -> Labels:
    """Return the label of each kind of vehicle under a key of its age; model year 0 is none."""
    years = np.array([one.model_year or np.nan for one in work.kinds], dtype=np.float64)
    if key == "age":
        return ages(years, work.year, defaults)
    texts = [as_text(one.model_year) if one.model_year else UNKNOWN for one in work.kinds]
    code, names = pd.factorize(np.array(texts, dtype=object), sort=True)
    return code.astype(np.int64), pd.Index(names, dtype=object)


def _distinct(
    labels: Mapping[str, Labels], count: int
) -> tuple[npt.NDArray[np.int64], dict[str, Labels]]:
    """Return the number of each row's combination of labels, and the labels of combinations."""
    code, _ = combine(list(labels.values()), list(labels), count)
    first = np.unique(code, return_index=True)[1]
    return code, {key: (codes[first], names) for key, (codes, names) in labels.items()}


def _engine_labels(engines: Engines, technologies: Technologies, key: str) -> Labels:
    """Return the label of each engine under a key of the vehicle."""
    found: Sequence[str]
    if key == "fuel":
        found = [technologies.fuel(one.technology) for one in engines.engines]
    elif key == "vehicle_class":
        found = [one.vehicle_class for one in engines.engines]
    else:
        found = standards_of(engines).tolist()
    code, names = pd.factorize(np.array(found, dtype=object), sort=True)
    return code.astype(np.int64), pd.Index(names, dtype=object)


def _wear_of_engines(engines: Engines) -> Floats:
    """Return wear coefficients by engine: those of the vehicles that it is in."""
    kind = np.repeat(np.arange(len(engines.first) - 1), np.diff(engines.first))
    wear = np.zeros((len(engines.engines), 5))
    wear[engines.number] = engines.wear[kind]
    return wear
