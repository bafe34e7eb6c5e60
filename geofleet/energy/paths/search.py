"""Paths of least energy and of least money over roads that may give energy back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from geofleet.defaults import Defaults
from geofleet.energy.paths import _kernels
from geofleet.energy.paths.model import (
    SLACK,
    Battery,
    ElectricPath,
    EnergyUse,
    Floats,
    Ints,
    PathBlend,
    Spot,
)
from geofleet.energy.paths.roads import EnergyRoads, Goals, Metric, Seeds, check_spots
from geofleet.errors import InputError, Problem

__all__ = ["LegTable", "Pair", "blended_paths", "energy_optimal_paths", "leg_table"]

TABLE = "redesign"


@dataclass(frozen=True)
class LegTable:
    """The best ways between all places of a list, for one kind of vehicle.

    Parameters
    ----------
    time_s, length_m
        Of shape (origins, destinations); infinite where there is no way.
    energy
        Of shape (origins, destinations, loads) each: see :class:`EnergyUse`. Infinite where there
        is no way.
    payload_kg
        Load of each column of ``energy``. Between two loads the line between them holds: for
        ``total_wh`` exactly, for the others from above, since each is the largest of sums that
        are straight in the load.
    """

    time_s: Floats
    length_m: Floats
    energy: EnergyUse
    payload_kg: tuple[float, ...]


class Pair:
    """Searches between two places.

    Parameters
    ----------
    roads
        Where to drive.
    origin, destination
        Places on links or node numbers.
    payload_kg
        Load on board.
    """

    def __init__(
        self, roads: EnergyRoads, origin: Spot, destination: Spot, *, payload_kg: float = 0.0
    ) -> None:
        self.roads, self.payload_kg = roads, payload_kg
        self._seeds = roads.seeds([origin])
        self._goals = roads.goals([destination])
        edge, share, begin = roads.direct([origin], [destination])
        self._direct = (int(edge[0, 0]), float(share[0, 0]), float(begin[0, 0]))

    def best(
        self, metric: Metric, *, start: float = 0.0, floor: float = -np.inf, limit: float = np.inf
    ) -> ElectricPath | None:
        """Return the way of least cost; see ``_kernels.one_way`` for floor and limit."""
        graph, expansion = self.roads.graph, self.roads.graph.expansion
        goal_cost = self._goals.costs(metric.edge_cost)
        cost, seed, goal, arcs = _kernels.one_way(
            expansion.indptr, expansion.arc_head, graph.arc_tail,
            metric.edge_cost[expansion.arc_edge], metric.potential, self._seeds.state,
            np.maximum(start + self._seeds.costs(metric.edge_cost), floor),
            self._goals.of_state, self._goals.following, self._goals.target, self._goals.state,
            goal_cost, self._goals.potential(metric, goal_cost), floor, limit,
        )  # fmt: skip
        edge, share, begin = self._direct
        if edge >= 0:
            direct = max(start + np.rint(metric.edge_cost[edge] * share), floor)
            if direct <= limit and direct <= cost:
                return self._made(np.array([edge]), np.array([begin]), np.array([begin + share]))
        if not np.isfinite(cost):
            return None
        return self._joined(seed, goal, arcs)

    def frontier(
        self, price: Metric, energy: Metric, *, start: float, least: float, most_drawn: float,
        single: bool, most: int,
    ) -> tuple[list[ElectricPath], bool]:  # fmt: skip
        """Return the ways that no way beats in price and charge, and whether some are missing."""
        expansion, seeds, goals = self.roads.graph.expansion, self._seeds, self._goals
        indptr, head, order = self.roads.reverse
        price_end, energy_end = goals.costs(price.edge_cost), goals.costs(energy.edge_cost)
        price_left, energy_left = (
            _kernels.least_left(
                indptr, head, m.edge_cost[expansion.arc_edge][order], m.potential, goals.state, end
            )
            for m, end in ((price, price_end), (energy, energy_end))
        )
        found, parent, arc, _, _, cut = _kernels.charge_frontier(
            expansion.indptr, expansion.arc_head, price.edge_cost[expansion.arc_edge],
            energy.edge_cost[expansion.arc_edge], price_left, energy_left,
            seeds.state,
            seeds.costs(price.edge_cost),
            np.maximum(start + seeds.costs(energy.edge_cost), least),
            goals.of_state, goals.following, price_end, energy_end, least, most_drawn, single, most,
        )  # fmt: skip
        paths = [self._of_label(int(label), parent, arc) for label in found]
        edge, share, begin = self._direct
        if edge >= 0:
            ends = np.array([begin]), np.array([begin + share])
            paths.append(self._made(np.array([edge]), *ends))
        return paths, bool(cut)

    def _of_label(self, label: int, parent: Ints, arc: Ints) -> ElectricPath:
        goal, arcs = -1 - int(arc[label]), []
        label = int(parent[label])
        while parent[label] >= 0:
            arcs.append(int(arc[label]))
            label = int(parent[label])
        return self._joined(-1 - int(parent[label]), goal, np.array(arcs[::-1], np.int32))

    def _joined(self, seed: int, goal: int, arcs: Ints) -> ElectricPath:
        inner = self.roads.graph.expansion.arc_edge[arcs]
        first, last = int(self._seeds.edge[seed]), int(self._goals.edge[goal])
        ends_of = [[edge] if edge >= 0 else [] for edge in (first, last)]
        joined = np.array([*ends_of[0], *inner.tolist(), *ends_of[1]], np.int32)
        begins, ends = np.zeros(len(joined)), np.ones(len(joined))
        if first >= 0:
            begins[0] = self._seeds.from_fraction[seed]
        if last >= 0:
            ends[-1] = self._goals.share[goal]
        return self._made(joined, begins, ends)

    def _made(self, edges: Ints, begins: Floats, ends: Floats) -> ElectricPath:
        driven = ends > begins
        edges, begins, ends = edges[driven].astype(np.int32), begins[driven], ends[driven]
        share, roads = ends - begins, self.roads
        return ElectricPath(
            edges, begins, ends,
            float(roads.edge_time_s[edges] @ share),
            float(roads.edge_length_m[edges] @ share),
            EnergyUse.of(roads.energy_at(self.payload_kg)[edges] * share),
        )  # fmt: skip


def energy_optimal_paths(
    roads: EnergyRoads,
    origins: Sequence[Spot],
    destinations: Sequence[Spot],
    *,
    payload_kg: float = 0.0,
    battery: Battery | None = None,
) -> list[ElectricPath | None]:
    """Return the path of least energy from each origin to the destination beside it.

    Parameters
    ----------
    roads
        Ways, energies and times.
    origins, destinations
        Places on links or node numbers, as many of one as of the other.
    payload_kg
        Load on board.
    battery
        What the vehicle sets out with. When given, the path that leaves most charge on arrival
        of those on which the reserve holds everywhere; a full battery takes nothing back.

    Returns
    -------
    list
        None where there is no way, or none that the battery can drive.

    Raises
    ------
    InputError
        Places where the vehicle cannot be, lists of two lengths, or a loop of roads that gives
        back more than it takes.

    Notes
    -----
    Exact. Potentials as in Johnson (1977); with a battery as in Eisner, Funke and Storandt
    (2011): charge on arrival grows with charge before, so one label a junction is enough.
    """
    pairs = _pairs(roads, origins, destinations, payload_kg)
    if not pairs:
        return []
    metric = roads.energy_metric(payload_kg)
    if battery is None:
        return [pair.best(metric) for pair in pairs]
    return [_with_battery(pair, metric, battery) for pair in pairs]


def blended_paths(
    roads: EnergyRoads,
    origins: Sequence[Spot],
    destinations: Sequence[Spot],
    *,
    blend: PathBlend,
    payload_kg: float = 0.0,
    battery: Battery | None = None,
    most_labels: int | None = None,
    defaults: Defaults | None = None,
) -> list[ElectricPath | None]:
    """Return the path of least money from each origin to the destination beside it.

    Parameters
    ----------
    roads, origins, destinations, payload_kg
        As :func:`energy_optimal_paths`.
    blend
        Money for energy, time and distance.
    battery
        When given, only paths on which the reserve holds everywhere; what a full battery refuses
        is not paid back.
    most_labels
        Partial ways that such a search may hold for one pair; row ``redesign:frontier_labels``.

    Returns
    -------
    list
        None where there is no way, or none that the battery can drive.

    Raises
    ------
    InputError
        As :func:`energy_optimal_paths`, or a search that needs more labels than it may hold.
    """
    pairs = _pairs(roads, origins, destinations, payload_kg)
    if not pairs:
        return []
    metric = roads.metric(blend, payload_kg=payload_kg)
    if battery is None:
        return [pair.best(metric) for pair in pairs]
    scope = (defaults or Defaults()).scope()
    most = int(scope.number(TABLE, "frontier_labels")) if most_labels is None else most_labels
    energy = roads.energy_metric(payload_kg)
    rest = replace(blend, energy_per_kwh=0.0) if blend.time_per_h or blend.distance_per_km else None
    if rest is None:
        return [_with_battery(pair, energy, battery) for pair in pairs]
    price = roads.metric(rest, payload_kg=payload_kg)
    found: list[ElectricPath | None] = []
    for pair in pairs:
        path = pair.best(metric)
        # no path is cheaper than this one; where the battery drives it as it is, it is the answer
        if path is not None and not _as_it_is(path, battery):
            path = _cheapest(pair, price, energy, blend, battery, most)
        elif path is not None:
            path = replace(path, arrival_wh=float(path.energy.arrival_wh(battery)))
        found.append(path)
    return found


def leg_table(
    roads: EnergyRoads,
    origins: Sequence[Spot],
    destinations: Sequence[Spot],
    *,
    blend: PathBlend,
    payload_kg: float = 0.0,
) -> LegTable:
    """Return time, length and energy of the paths of least money between all places.

    Parameters
    ----------
    roads
        Ways, times, and energies at one or more loads.
    origins, destinations
        Places on links or node numbers.
    blend
        What the paths keep low.
    payload_kg
        Load for which the paths are chosen; their energy is given for every load of ``roads``.

    Raises
    ------
    InputError
        As :func:`energy_optimal_paths`.

    Notes
    -----
    Parallel over origins; the answer does not depend on the number of threads.
    """
    check_spots(roads.graph, origins, "origins")
    check_spots(roads.graph, destinations, "destinations")
    metric = roads.metric(blend, payload_kg=payload_kg)
    seeds, goals = roads.seeds(origins), roads.goals(destinations)
    edge, share, _ = roads.direct(origins, destinations)
    shape, levels = edge.shape, len(roads.edge_energy_wh)
    out = np.full(shape, np.inf), np.full((*shape, 2), np.inf), np.full((*shape, levels, 4), np.inf)
    if edge.size:
        _fill(roads, metric, seeds, goals, edge, share, out)
    use = EnergyUse(*(np.ascontiguousarray(out[2][..., k]) for k in range(4)))
    time, length = (np.ascontiguousarray(out[1][..., k]) for k in range(2))
    return LegTable(time, length, use, tuple(float(kg) for kg in roads.payload_kg))


def _fill(
    roads: EnergyRoads, metric: Metric, seeds: Seeds, goals: Goals, edge: Ints, share: Floats,
    out: tuple[Floats, Floats, Floats],
) -> None:  # fmt: skip
    expansion = roads.graph.expansion
    goal_cost = goals.costs(metric.edge_cost)
    direct = np.where(edge >= 0, np.rint(metric.edge_cost[edge] * share), np.inf)
    _kernels.leg_table(
        expansion.indptr, expansion.arc_head, roads.graph.arc_tail, expansion.arc_edge,
        metric.edge_cost[expansion.arc_edge], metric.potential, seeds.start, seeds.state,
        seeds.costs(metric.edge_cost), seeds.edge, seeds.share, goals.of_state, goals.following,
        goals.target, goals.state, goal_cost, goals.edge, goals.share,
        goals.potential(metric, goal_cost), edge, share, direct,
        np.stack([roads.edge_time_s, roads.edge_length_m]), roads.edge_energy_wh, *out,
    )  # fmt: skip


def _pairs(
    roads: EnergyRoads, origins: Sequence[Spot], destinations: Sequence[Spot], payload_kg: float
) -> list[Pair]:
    if len(origins) != len(destinations):
        value = f"{len(origins)} and {len(destinations)}"
        raise InputError([Problem("paths", value=value, expected="a destination for each origin")])
    check_spots(roads.graph, origins, "origins")
    check_spots(roads.graph, destinations, "destinations")
    return [
        Pair(roads, a, b, payload_kg=payload_kg) for a, b in zip(origins, destinations, strict=True)
    ]


def drawn(battery: Battery, unit: float) -> tuple[float, float]:
    """Return what is missing from the battery at the start and at the most, in whole steps."""
    start = np.rint((battery.usable_wh - battery.start_wh) / unit)
    most = battery.usable_wh * (1.0 + SLACK) - battery.reserve_wh
    return float(start), float(np.rint(most / unit))


def _with_battery(pair: Pair, energy: Metric, battery: Battery) -> ElectricPath | None:
    start, limit = drawn(battery, energy.unit)
    if start > limit:
        return None
    path = pair.best(energy, start=start, floor=0.0, limit=limit)
    if path is None:
        return None
    return replace(path, arrival_wh=float(path.energy.arrival_wh(battery)))


def _as_it_is(path: ElectricPath, battery: Battery) -> bool:
    """Say whether the battery can drive a path and refuses nothing on it."""
    left = path.energy.arrival_wh(battery)
    return bool(left == battery.start_wh - path.energy.total_wh)


def _cheapest(
    pair: Pair, price: Metric, energy: Metric, blend: PathBlend, battery: Battery, most: int
) -> ElectricPath | None:
    start, limit = drawn(battery, energy.unit)
    if start > limit:
        return None
    paths, cut = pair.frontier(
        price, energy, start=start, least=0.0, most_drawn=limit,
        single=blend.energy_per_kwh == 0.0, most=most,
    )  # fmt: skip
    if cut:
        expected = f"a search of at most {most} partial ways; raise redesign:frontier_labels"
        raise InputError([Problem("paths", "frontier_labels", expected=expected)])
    best, least = None, np.inf
    for path in paths:
        left = float(path.energy.arrival_wh(battery))
        spent = battery.start_wh - left
        money = blend.of(energy_wh=spent, time_s=path.time_s, length_m=path.length_m)
        if money < least:  # NaN where the direct way is beyond the battery
            best, least = replace(path, arrival_wh=left), float(money)
    return best
