"""EnergyRoads: a routing graph with energy on its links, ready for searches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from geofleet.energy.paths import _kernels
from geofleet.energy.paths.model import Floats, Ints, PathBlend, Spot, edge_values
from geofleet.errors import InputError, Problem
from geofleet.network.routing.paths import RoutingGraph
from geofleet.network.routing.places import Place, both_ways
from geofleet.network.routing.turns import FORBIDDEN

__all__ = ["EnergyRoads", "Goals", "Metric", "Seeds"]

_STEPS = 2.0**36  # sums over 2^17 links stay below 2^53, where float64 counts every number


@dataclass(frozen=True, slots=True)
class Metric:
    """A cost of the links in whole steps, and the potential that makes it harmless.

    Parameters
    ----------
    edge_cost
        Whole numbers; negative on links that give back.
    potential
        By state of the graph.
    unit
        Wh, s or money of one step.
    """

    edge_cost: Floats
    potential: Floats
    unit: float


@dataclass(frozen=True, slots=True)
class Seeds:
    """Where searches begin: states, and the part of a link before them (edge -1: none)."""

    start: Ints
    state: Ints
    edge: Ints
    share: Floats
    from_fraction: Floats

    def costs(self, edge_cost: Floats) -> Floats:
        """Return the whole cost of the part before each state."""
        return _parts(edge_cost, self.edge, self.share)


@dataclass(frozen=True, slots=True)
class Goals:
    """Where searches end: chains of goals by state, and the part of a link after them."""

    of_state: Ints
    following: Ints
    target: Ints
    state: Ints
    edge: Ints
    share: Floats
    targets: int

    def costs(self, edge_cost: Floats) -> Floats:
        """Return the whole cost of the part after each state."""
        return _parts(edge_cost, self.edge, self.share)

    def potential(self, metric: Metric, costs: Floats) -> Floats:
        """Return the potential of each target; infinite where no state leads to it."""
        out = np.full(self.targets, np.inf)
        np.minimum.at(out, self.target, metric.potential[self.state] + costs)
        return out


@dataclass(frozen=True)
class EnergyRoads:
    """The legal ways of a vehicle, with time and energy on every link.

    Parameters
    ----------
    graph
        The ways: turn restrictions, access and destination-only roads are those of the graph.
    energy_wh
        Energy that each link takes from the battery; negative where braking gives more back than
        the way takes. Only values of links that may be driven are read. Of shape (links,), or
        (levels, links) for as many ``payload_kg``.
    time_s
        Time over each link; that of free flow when not given.
    payload_kg
        Load of each level of ``energy_wh``, ascending from 0.
    height_m
        Height of each node where known: speeds up the search for potentials, changes no answer.

    Raises
    ------
    InputError
        Values that do not fit the network; loads that do not ascend from 0.
    """

    graph: RoutingGraph
    energy_wh: npt.ArrayLike
    time_s: npt.ArrayLike | None = None
    payload_kg: Sequence[float] = (0.0,)
    height_m: npt.ArrayLike | None = None
    _energy: Floats = field(init=False, repr=False)
    _time: Floats = field(init=False, repr=False)

    def __post_init__(self) -> None:
        rows = np.atleast_2d(np.asarray(self.energy_wh, dtype=np.float64))
        loads = np.asarray(self.payload_kg, dtype=np.float64)
        if loads.shape != (len(rows),) or loads[0] != 0.0 or (np.diff(loads) <= 0.0).any():
            expected = "one load for each row of energy_wh, ascending from 0"
            raise InputError([Problem("payload_kg", value=str(loads.tolist()), expected=expected)])
        energy = [edge_values(self.graph, row, "energy_wh", negative=True) for row in rows]
        if self.time_s is None:
            free = self.graph.edge_time_ms
            time = np.where(np.isfinite(free), free, 0.0) / 1000.0
        else:
            time = edge_values(self.graph, self.time_s, "time_s")
        object.__setattr__(self, "_energy", np.ascontiguousarray(energy))
        object.__setattr__(self, "_time", time)

    @property
    def edge_energy_wh(self) -> Floats:
        """Energy by level and link, 0 where nobody may drive."""
        return self._energy

    @property
    def edge_time_s(self) -> Floats:
        """Time by link, 0 where nobody may drive."""
        return self._time

    @property
    def edge_length_m(self) -> Floats:
        """Length by link."""
        return self.graph.arrays.length_m

    @cached_property
    def reverse(self) -> tuple[Ints, Ints, Ints]:
        """The graph against the driving direction: rows, heads, and the arc of each entry."""
        expansion = self.graph.expansion
        order = np.argsort(expansion.arc_head, kind="stable").astype(np.int32)
        indptr = np.zeros(self.graph.state_count + 1, np.int32)
        counts = np.bincount(expansion.arc_head, minlength=self.graph.state_count)
        np.cumsum(counts, out=indptr[1:])
        return indptr, self.graph.arc_tail[order], order

    def energy_at(self, payload_kg: float) -> Floats:
        """Return the energy of each link at a load, on the line between the levels.

        Raises
        ------
        InputError
            A load beyond the levels (one level stands for every load).
        """
        loads = np.asarray(self.payload_kg, dtype=np.float64)
        if len(loads) == 1:
            return np.asarray(self._energy[0])
        if not 0.0 <= payload_kg <= loads[-1]:
            expected = f"a load from 0 to {loads[-1]:g}"
            raise InputError([Problem("payload_kg", value=str(payload_kg), expected=expected)])
        upper = max(int(np.searchsorted(loads, payload_kg)), 1)
        share = (payload_kg - loads[upper - 1]) / (loads[upper] - loads[upper - 1])
        return np.asarray((1.0 - share) * self._energy[upper - 1] + share * self._energy[upper])

    def metric(self, blend: PathBlend, *, payload_kg: float = 0.0) -> Metric:
        """Return the money of each link as a metric.

        Raises
        ------
        InputError
            A loop of roads that gives back more than it takes, named by its links.
        """
        cost = blend.of(
            energy_wh=self.energy_at(payload_kg), time_s=self._time, length_m=self.edge_length_m
        )
        return self.metric_of(np.where(self.graph.access != FORBIDDEN, cost, 0.0))

    def energy_metric(self, payload_kg: float = 0.0) -> Metric:
        """Return the energy of each link as a metric (see :meth:`metric`)."""
        return self.metric_of(self.energy_at(payload_kg))

    def metric_of(self, cost: Floats) -> Metric:
        """Return any cost of the links as a metric (see :meth:`metric`)."""
        dearest = float(np.abs(cost).max(initial=0.0))
        # a power of two divides exactly; rounding up makes no loop of nothing a loop of less
        unit = float(2.0 ** np.ceil(np.log2(dearest))) / _STEPS if dearest > 0.0 else 1.0
        whole = np.ceil(cost / unit)
        return Metric(whole, self._potential(whole, unit), unit)

    def _potential(self, whole: Floats, unit: float) -> Floats:
        expansion = self.graph.expansion
        arc_cost = whole[expansion.arc_edge]
        start = self._by_height(whole)[expansion.state_node]
        loop = _kernels.potentials(expansion.indptr, expansion.arc_head, arc_cost, start)
        if len(loop):
            nodes = expansion.state_node[loop].tolist()
            gain = -self._loop_cost(loop, arc_cost) * unit
            shown = ", ".join(map(str, nodes[:8])) + (", …" if len(nodes) > 8 else "")
            expected = (
                f"no round trip that gives back more than it takes; this one gains {gain:g} "
                "(heights that contradict one another are mended by without_gains)"
            )
            raise InputError([Problem("energy_wh", "nodes", 0, shown, expected)])
        return start

    def _loop_cost(self, loop: Ints, arc_cost: Floats) -> float:
        expansion, total = self.graph.expansion, 0.0
        for state, following in zip(loop, np.roll(loop, -1), strict=True):
            arcs = np.arange(expansion.indptr[state], expansion.indptr[state + 1])
            total += float(arc_cost[arcs[expansion.arc_head[arcs] == following]].min())
        return total

    def _by_height(self, whole: Floats) -> Floats:
        """Return the potential by height that leaves the fewest links below zero."""
        arrays = self.graph.arrays
        if self.height_m is None:
            return np.zeros(arrays.node_count)
        height = np.asarray(self.height_m, dtype=np.float64)
        if height.shape != (arrays.node_count,):
            expected = f"{arrays.node_count} heights, one for each node"
            raise InputError(
                [Problem("height_m", value=f"shape {height.shape}", expected=expected)]
            )
        height = np.where(np.isfinite(height), height, 0.0)
        drop = height[arrays.edge_from] - height[arrays.edge_to]
        back = whole < 0.0
        if not (back & (drop > 0.0)).any():
            return np.zeros(arrays.node_count)
        # what most of the links that give back give by the metre, from the steepest down
        per_m = float(np.median(-whole[back & (drop > 0.0)] / drop[back & (drop > 0.0)]))
        return np.asarray(np.rint(per_m * height))

    def seeds(self, origins: Sequence[Spot]) -> Seeds:
        """Return where searches from some places begin."""
        expansion = self.graph.expansion
        start, rows = [0], []
        for spot in origins:
            if isinstance(spot, Place):
                for place in both_ways(self.graph, spot):
                    state = int(expansion.edge_start[place.edge])
                    if state >= 0:
                        rows.append((state, place.edge, 1.0 - place.fraction, place.fraction))
            else:
                rows.append((int(expansion.node_start[spot]), -1, 0.0, 0.0))
            start.append(len(rows))
        whole = np.array([row[:2] for row in rows], np.int32).reshape(-1, 2)
        parts = np.array([row[2:] for row in rows], np.float64).reshape(-1, 2)
        return Seeds(
            np.array(start, np.int32), whole[:, 0].copy(), whole[:, 1].copy(),
            parts[:, 0].copy(), parts[:, 1].copy(),
        )  # fmt: skip

    @cached_property
    def _states_of_node(self) -> tuple[Ints, Ints]:
        node = self.graph.expansion.state_node
        order = np.argsort(node, kind="stable").astype(np.int32)
        first = np.searchsorted(node[order], np.arange(self.graph.arrays.node_count + 1))
        return order, first.astype(np.int32)

    def goals(self, destinations: Sequence[Spot]) -> Goals:
        """Return where searches to some places end."""
        indptr, arcs = self.graph.edge_arcs
        order, first = self._states_of_node
        rows: list[tuple[int, int, int, float]] = []
        for target, spot in enumerate(destinations):
            if isinstance(spot, Place):
                for place in both_ways(self.graph, spot):
                    onto = arcs[indptr[place.edge] : indptr[place.edge + 1]]
                    states = self.graph.arc_tail[onto].tolist()
                    rows += [(target, state, place.edge, place.fraction) for state in states]
            else:
                states = order[first[spot] : first[spot + 1]].tolist()
                rows += [(target, state, -1, 0.0) for state in states]
        of_state = np.full(self.graph.state_count, -1, np.int32)
        following = np.full(len(rows), -1, np.int32)
        for number, (_, state, _, _) in enumerate(rows):
            following[number] = of_state[state]
            of_state[state] = number
        whole = np.array([row[:3] for row in rows], np.int32).reshape(-1, 3)
        share = np.array([row[3] for row in rows], np.float64)
        return Goals(
            of_state, following, whole[:, 0].copy(), whole[:, 1].copy(), whole[:, 2].copy(),
            share, len(destinations),
        )  # fmt: skip

    def direct(
        self, origins: Sequence[Spot], destinations: Sequence[Spot]
    ) -> tuple[Ints, Floats, Floats]:
        """Return the link, the part of it and its start where a pair lies along one link.

        Two equal nodes are a pair without a link: an empty way. Arrays of shape (origins,
        destinations); -1 where there is none.
        """
        shape = (len(origins), len(destinations))
        edge, share, begin = np.full(shape, -1, np.int32), np.zeros(shape), np.zeros(shape)
        on: dict[int, list[tuple[int, float]]] = {}
        for column, spot in enumerate(destinations):
            if isinstance(spot, Place):
                for place in both_ways(self.graph, spot):
                    on.setdefault(place.edge, []).append((column, place.fraction))
        for row, spot in enumerate(origins):
            if not isinstance(spot, Place):
                continue
            for place in both_ways(self.graph, spot):
                for column, fraction in on.get(place.edge, ()):
                    better = edge[row, column] < 0 or fraction - place.fraction < share[row, column]
                    if fraction >= place.fraction and better:
                        edge[row, column] = place.edge
                        share[row, column] = fraction - place.fraction
                        begin[row, column] = place.fraction
        return edge, share, begin


def check_spots(graph: RoutingGraph, spots: Sequence[Spot], name: str) -> None:
    """Raise for places that the vehicle cannot be at.

    Raises
    ------
    InputError
        Every node number or place that is not on the network or not open to the vehicle.
    """
    problems = []
    nodes, edges = graph.arrays.node_count, graph.arrays.edge_count
    for row, spot in enumerate(spots, start=1):
        if isinstance(spot, Place):
            good = 0 <= spot.edge < edges and 0.0 <= spot.fraction <= 1.0
            good = good and graph.access[spot.edge] != FORBIDDEN
            expected = "a link that the vehicle may use, and a part from 0 to 1"
        else:
            good = 0 <= spot < nodes
            expected = f"a node number from 0 to {nodes - 1}"
        if not good:
            problems.append(Problem(name, "", row, str(spot), expected))
    if problems:
        raise InputError(problems)


def _parts(edge_cost: Floats, edge: Ints, share: Floats) -> Floats:
    return np.where(edge >= 0, np.rint(edge_cost[edge] * share), 0.0)
