"""Shortest paths for one vehicle profile: the routing graph, tables and single paths.

Public results are sums of link times rounded to whole milliseconds, so that every engine (plain
Dijkstra here, contraction hierarchies in :mod:`geofleet.network.routing.cch`) gives the same
numbers; the rounding is at most half a millisecond a link. Trips of a vehicle-day use unrounded,
time-dependent times instead (:mod:`geofleet.routes.itinerary`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from geofleet.defaults import Defaults
from geofleet.errors import NetworkDataError
from geofleet.network.access import speeds_with_delay
from geofleet.network.model import NetworkArrays, RoadNetwork
from geofleet.network.profile import VehicleProfile
from geofleet.network.routing import _kernels
from geofleet.network.routing.turns import (
    DESTINATION,
    FORBIDDEN,
    OPEN,
    Expansion,
    expand,
    forbidden_runs,
)

if TYPE_CHECKING:
    from geofleet.network.routing.cch import Hierarchy

__all__ = [
    "Engine",
    "RoutingGraph",
    "connected_access",
    "many_to_many",
    "one_to_all",
    "shortest_path",
    "travel_times",
]

Engine = Literal["auto", "dijkstra", "cch"]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]

_KMH = 3.6
_SLACK = 1e-9


@dataclass(frozen=True)
class RoutingGraph:
    """The ways one kind of vehicle may take, as arrays; built by :meth:`build`.

    Parameters
    ----------
    expansion
        States and arcs (see :mod:`geofleet.network.routing.turns`).
    arrays
        The network it was built from.
    access
        Code of each link: 0 forbidden, 1 open, 2 destination traffic only.
    speed_ms, cap_ms
        Mean speed over each link without traffic, and the vehicle's own highest mean speed on it.
    node_x, node_y
        Positions in metres.
    provenance
        Default rows used.
    """

    expansion: Expansion
    arrays: NetworkArrays
    access: npt.NDArray[np.int8]
    speed_ms: Floats
    cap_ms: Floats
    node_x: Floats
    node_y: Floats
    provenance: tuple[str, ...] = ()

    @classmethod
    def build(
        cls,
        network: RoadNetwork,
        *,
        allowed: npt.ArrayLike | None = None,
        speeds_kmh: npt.ArrayLike | None = None,
        caps_kmh: npt.ArrayLike | None = None,
        profile: VehicleProfile | None = None,
        u_turn_radius_m: float | None = None,
        defaults: Defaults | None = None,
    ) -> RoutingGraph:
        """Build the graph of the ways that one vehicle profile may take.

        Turn restrictions that bind the profile are exact, as is the rule that roads for
        destination traffic (code 2) serve only the two ends of a trip. Turning round in a junction
        is legal unless a restriction forbids it, but a vehicle should not do so to dodge a turn
        restriction: within ``u_turn_radius_m`` of a restricted junction it may turn round
        only in dead ends and turning circles.

        Parameters
        ----------
        network
            The roads.
        allowed
            Access code of each link (0, 1, 2; booleans do); every link is open when not given.
        speeds_kmh
            Mean speed over each link without traffic, waiting at signals included; when not
            given, ``speed_free_kmh`` with the delays of table ``traffic_control``.
        caps_kmh
            Highest speed of the vehicle (one for all, or by link); ``profile.max_speed_kmh``
            when not given. Without ``speeds_kmh`` the same delays are put into it: over a
            link a vehicle needs the time of the traffic or its own, the longer one.
        profile
            The vehicle: decides which restrictions bind. Without it every one binds, and no speed
            is capped.
        u_turn_radius_m
            Default row ``routing:u_turn_radius_m``; 0 lets vehicles turn round anywhere,
            infinity nowhere but in dead ends.

        Raises
        ------
        NetworkDataError
            Codes or speeds that do not fit the network, or a usable link without a speed.
        """
        scope = (defaults or Defaults()).scope()
        arrays = network.arrays
        count = arrays.edge_count
        access = np.ones(count, np.int8) if allowed is None else np.asarray(allowed).astype(np.int8)
        if speeds_kmh is None:
            speed = speeds_with_delay(network, defaults=scope)
        else:
            speed = np.asarray(speeds_kmh, dtype=np.float64)
        if access.shape != (count,) or speed.shape != (count,):
            raise NetworkDataError(f"allowed and speeds_kmh need {count} values, one for each link")
        if caps_kmh is None:
            caps_kmh = np.inf if profile is None else profile.max_speed_kmh
        cap = np.array(np.broadcast_to(np.asarray(caps_kmh, dtype=np.float64), (count,)))
        if speeds_kmh is None:
            cap = speeds_with_delay(network, cap, defaults=scope)
        if not np.isin(access, (FORBIDDEN, OPEN, DESTINATION)).all():
            raise NetworkDataError("access codes are 0 (forbidden), 1 (open), 2 (destination only)")
        usable = access != FORBIDDEN
        moves = (speed > 0) & np.isfinite(speed) & (cap > 0)
        bad = usable & ~(moves & (arrays.length_m >= 0))
        if bad.any():
            first = np.flatnonzero(bad)[:5].tolist()
            raise NetworkDataError(
                f"{int(bad.sum())} links that may be driven have no positive speed or no length "
                f"(link numbers {first})"
            )
        radius = u_turn_radius_m
        if radius is None:
            radius = scope.number("routing", "u_turn_radius_m")
        points = network.nodes.geometry.to_crs(network.crs_metric)
        x, y = points.x.to_numpy(np.float64), points.y.to_numpy(np.float64)
        runs = forbidden_runs(network.turn_restrictions, arrays, profile=profile)
        circles = _turning_circles(network)
        runs += _turning_round(arrays, access, runs, x, y, radius_m=radius, circles=circles)
        return cls(
            expansion=expand(arrays, access, runs),
            arrays=arrays,
            access=access,
            speed_ms=speed / _KMH,
            cap_ms=cap / _KMH,
            node_x=x,
            node_y=y,
            provenance=scope.used,
        )

    @property
    def state_count(self) -> int:
        """Number of states: junctions and their copies."""
        return len(self.expansion.state_node)

    @cached_property
    def arc_tail(self) -> Ints:
        """State that each arc leaves."""
        counts = np.diff(self.expansion.indptr)
        return np.repeat(np.arange(self.state_count, dtype=np.int32), counts)

    @cached_property
    def edge_arcs(self) -> tuple[Ints, Ints]:
        """Arcs over each link: ``(indptr by link, arc numbers)``."""
        order = np.argsort(self.expansion.arc_edge, kind="stable").astype(np.int32)
        counts = np.bincount(self.expansion.arc_edge, minlength=self.arrays.edge_count)
        indptr = np.zeros(self.arrays.edge_count + 1, np.int32)
        np.cumsum(counts, out=indptr[1:])
        return indptr, order

    @cached_property
    def edge_time_ms(self) -> Floats:
        """Time over each link without traffic in whole milliseconds; infinite where forbidden."""
        time = np.full(self.arrays.edge_count, np.inf)
        usable = self.access != FORBIDDEN
        speed = np.minimum(self.speed_ms[usable], self.cap_ms[usable])
        time[usable] = np.rint(1000.0 * self.arrays.length_m[usable] / speed)
        return time

    @cached_property
    def arc_time_ms(self) -> Floats:
        """Time over each arc without traffic in whole milliseconds."""
        return self.edge_time_ms[self.expansion.arc_edge]

    @cached_property
    def state_places(self) -> tuple[Floats, Floats]:
        """Position of each state in metres, x and y."""
        node = self.expansion.state_node
        return self.node_x[node], self.node_y[node]

    @cached_property
    def straight_m_per_ms(self) -> float:
        """Highest straight-line speed of any link by its whole milliseconds."""
        usable = self.access != FORBIDDEN
        straight, time = self._straight_m[usable], self.edge_time_ms[usable]
        moving = straight > 0
        if not moving.any():
            return np.inf
        with np.errstate(divide="ignore"):
            return float((straight[moving] / time[moving]).max()) * (1.0 + _SLACK)

    @cached_property
    def _straight_m(self) -> Floats:
        a, b = self.arrays.edge_from, self.arrays.edge_to
        distance: Floats = np.hypot(
            self.node_x[b] - self.node_x[a], self.node_y[b] - self.node_y[a]
        )
        return distance

    @cached_property
    def hierarchy(self) -> Hierarchy:
        """Contraction hierarchy of the graph (extra ``fast-routing``), built on first use."""
        from geofleet.network.routing.cch import Hierarchy

        return Hierarchy(self)

    def bound_ms(self, fastest_factor: npt.ArrayLike = 1.0) -> float:
        """Return the highest straight-line speed of any link, for lower bounds on trips.

        ``fastest_factor`` (per link or one for all) is how much faster than free flow a link gets
        at its best hour.
        """
        usable = self.access != FORBIDDEN
        straight = self._straight_m[usable]
        factor = np.broadcast_to(np.asarray(fastest_factor, dtype=np.float64), usable.shape)
        speed = np.minimum(self.speed_ms[usable] * factor[usable], self.cap_ms[usable])
        length = self.arrays.length_m[usable]
        moving = straight > 0
        if not moving.any():
            return 1.0
        with np.errstate(divide="ignore"):
            fastest = straight[moving] * speed[moving] / length[moving]
        return float(fastest.max()) * (1.0 + _SLACK)


def one_to_all(graph: RoutingGraph, source: int) -> Floats:
    """Return travel times from one node to every node.

    Parameters
    ----------
    graph
        The ways to take.
    source
        Node number.

    Returns
    -------
    numpy.ndarray
        Seconds per node, infinite where there is no way.
    """
    nodes = _checked_nodes(graph, [source])
    best, _, _ = _kernels.dijkstra_tree(
        graph.expansion.indptr, graph.expansion.arc_head, graph.arc_time_ms,
        graph.expansion.node_start[nodes[0]], graph.expansion.state_node, -1,
        *graph.state_places, np.inf,
    )  # fmt: skip
    out = np.full(graph.arrays.node_count, np.inf)
    np.minimum.at(out, graph.expansion.state_node, best)
    return out / 1000.0


def shortest_path(graph: RoutingGraph, source: int, target: int) -> Ints | None:
    """Return the links of the quickest way between two nodes, in driving order.

    Empty when source and target are one; None when there is no way.
    """
    nodes = _checked_nodes(graph, [source, target])
    _, via, found = _kernels.dijkstra_tree(
        graph.expansion.indptr, graph.expansion.arc_head, graph.arc_time_ms,
        graph.expansion.node_start[nodes[0]], graph.expansion.state_node, nodes[1],
        *graph.state_places, graph.straight_m_per_ms,
    )  # fmt: skip
    if found < 0:
        return None
    arcs: Ints = _kernels.trace(via, graph.arc_tail, found)
    return graph.expansion.arc_edge[arcs]


def travel_times(
    graph: RoutingGraph,
    sources: npt.ArrayLike,
    targets: npt.ArrayLike,
    *,
    engine: Engine = "auto",
    defaults: Defaults | None = None,
) -> Floats:
    """Return the table of travel times between nodes.

    Parameters
    ----------
    graph
        The ways to take.
    sources, targets
        Node numbers.
    engine
        ``dijkstra``, ``cch`` (extra ``fast-routing``) or ``auto``: the latter for tables of at
        least ``routing:cch_minimum_pairs`` pairs when it is installed. The answers are equal.

    Returns
    -------
    numpy.ndarray
        Seconds, shape ``(len(sources), len(targets))``, infinite where there is no way.

    Raises
    ------
    MissingExtraError
        ``cch`` asked for and not installed.
    """
    rows, columns = _checked_nodes(graph, sources), _checked_nodes(graph, targets)
    if engine == "auto":
        from geofleet.network.routing import cch

        pairs = (defaults or Defaults()).number("routing", "cch_minimum_pairs")
        large = len(rows) * len(columns) >= pairs
        engine = "cch" if large and cch.is_installed() else "dijkstra"
    if engine == "cch":
        return graph.hierarchy.travel_times(rows, columns)
    return many_to_many(graph, rows, columns)[0]


def many_to_many(
    graph: RoutingGraph, sources: npt.ArrayLike, targets: npt.ArrayLike
) -> tuple[Floats, Floats]:
    """Return travel times and the lengths of the quickest ways between nodes.

    Parallel over sources; the answer does not depend on the number of threads.

    Returns
    -------
    tuple of numpy.ndarray
        Seconds and metres, each ``(len(sources), len(targets))``; infinite where there is no way.
    """
    rows, columns = _checked_nodes(graph, sources), _checked_nodes(graph, targets)
    wanted, position = np.unique(columns, return_inverse=True)
    slot = np.full(graph.arrays.node_count, -1, np.int32)
    slot[wanted] = np.arange(len(wanted), dtype=np.int32)
    time = np.full((len(rows), len(wanted)), np.inf)
    length = np.full_like(time, np.inf)
    if time.size:
        _kernels.dijkstra_table(
            graph.expansion.indptr, graph.expansion.arc_head, graph.arc_time_ms,
            graph.arrays.length_m[graph.expansion.arc_edge],
            graph.expansion.node_start[rows], graph.expansion.state_node, slot, len(wanted),
            time, length,
        )  # fmt: skip
    return time[:, position] / 1000.0, length[:, position]


def connected_access(
    network: RoadNetwork, allowed: npt.ArrayLike, *, profile: VehicleProfile | None = None
) -> npt.NDArray[np.int8]:
    """Return the access codes without the links that nobody can reach from the rest and leave.

    Keeps the largest strongly connected part of the open links, turn restrictions observed, and
    of open and destination-only links together. An open link that hangs on the network by
    destination-only links alone gets their code, so that it can be a trip's end and still not
    be driven through.
    """
    codes = np.asarray(allowed).astype(np.int8)
    runs = forbidden_runs(network.turn_restrictions, network.arrays, profile=profile)
    main = _connected(network.arrays, codes == OPEN, runs, None)
    whole = main | _connected(network.arrays, codes != FORBIDDEN, runs, main)
    out = np.zeros_like(codes)
    out[whole] = DESTINATION
    out[main] = OPEN
    return out


def _connected(
    arrays: NetworkArrays,
    usable: npt.NDArray[np.bool_],
    runs: Sequence[tuple[int, ...]],
    core: npt.NDArray[np.bool_] | None,
) -> npt.NDArray[np.bool_]:
    """Return the links of the strong component that holds ``core``, or of the longest one."""
    graph = expand(arrays, usable.astype(np.int8), runs)
    n = len(graph.state_node)
    inside = np.zeros(arrays.edge_count, bool)
    tail = np.repeat(np.arange(n), np.diff(graph.indptr))
    matrix = coo_array((np.ones(len(tail), np.int8), (tail, graph.arc_head)), shape=(n, n))
    _, label = connected_components(matrix.tocsr(), directed=True, connection="strong")
    kept = label[tail] == label[graph.arc_head]
    if not kept.any():
        return inside
    labels, edges = label[tail[kept]], graph.arc_edge[kept]
    if core is not None and core.any():
        votes = np.bincount(labels[core[edges]])
    else:
        votes = np.bincount(labels, weights=arrays.length_m[edges])
    inside[edges[labels == int(votes.argmax())]] = True
    return inside


def _turning_circles(network: RoadNetwork) -> npt.NDArray[np.bool_]:
    if "highway" not in network.nodes.columns:
        return np.zeros(len(network.nodes), bool)
    kinds = ("turning_circle", "turning_loop", "mini_roundabout")
    circles: npt.NDArray[np.bool_] = network.nodes["highway"].isin(kinds).to_numpy(bool)
    return circles


def _turning_round(
    arrays: NetworkArrays,
    access: npt.NDArray[np.int8],
    runs: Sequence[tuple[int, ...]],
    x: Floats,
    y: Floats,
    *,
    radius_m: float,
    circles: npt.NDArray[np.bool_],
) -> list[tuple[int, ...]]:
    """Return the turns from a link onto its own way back that dodge a restriction nearby."""
    corners = sorted({int(arrays.edge_from[run[-1]]) for run in runs})
    everywhere = bool(np.isinf(radius_m))
    if not everywhere and (not corners or radius_m <= 0):
        return []
    usable = access != FORBIDDEN
    twin = arrays.twin
    two_way = np.flatnonzero(usable & (twin >= 0) & usable[twin])
    ends = arrays.edge_to[two_way]
    # ways on from the end of a link, besides the way back and turns that are forbidden anyway
    onward = np.bincount(arrays.edge_from[usable], minlength=arrays.node_count)[ends] - 1
    shut = [run[0] for run in set(runs) if len(run) == 2 and usable[run[1]]
            and run[1] != twin[run[0]]]  # fmt: skip
    onward -= np.bincount(np.array(shut, np.int64), minlength=arrays.edge_count)[two_way]
    keep = (onward > 0) & ~circles[ends]
    if not everywhere:
        tree = cKDTree(np.column_stack([x[corners], y[corners]]))
        distance, _ = tree.query(np.column_stack([x[ends], y[ends]]))
        keep &= distance <= radius_m
    return [(int(edge), int(twin[edge])) for edge in two_way[keep]]


def _checked_nodes(graph: RoutingGraph, nodes: npt.ArrayLike) -> npt.NDArray[np.int64]:
    numbers = np.atleast_1d(np.asarray(nodes, dtype=np.int64))
    count = graph.arrays.node_count
    if numbers.size and (numbers.min() < 0 or numbers.max() >= count):
        raise NetworkDataError(f"node numbers are 0 to {count - 1} (row positions in nodes)")
    return numbers
