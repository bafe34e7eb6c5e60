"""Putting trips on roads: several ways for each pair of zones, by perceived link times."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from geofleet.network.routing.paths import RoutingGraph
from geofleet.traffic import _kernels

__all__ = ["Assignment", "assign", "perceived_times"]

_BLOCKS = 32  # fixed, so that sums do not depend on the number of threads
_SHORTEST_MS = 1.0

Floats = npt.NDArray[np.float64]


class Assignment(NamedTuple):
    """Vehicles by group and link; trips by group without a way, and from and to one junction."""

    vehicles: Floats
    lost: Floats
    standing: Floats


def perceived_times(time_ms: Floats, spread_ms: float, generator: np.random.Generator) -> Floats:
    """Draw how long each link seems to drivers.

    Independent gamma variables of mean *t* and variance *spread · t*: never negative, and a
    road cut into pieces has the same distribution as the whole, as probit assignment asks
    (Burrell 1968; Daganzo and Sheffi 1977, Transportation Science 11, 253–274; Sheffi 1985, Urban
    Transportation Networks, ch. 11, with normal variables).
    """
    if spread_ms <= 0:
        return time_ms
    drawn = generator.standard_gamma(np.where(np.isfinite(time_ms), time_ms, 0.0) / spread_ms)
    times: Floats = np.where(
        np.isfinite(time_ms), np.maximum(drawn * spread_ms, _SHORTEST_MS), np.inf
    )
    return times


def assign(
    graph: RoutingGraph,
    trips: Floats,
    connectors: npt.NDArray[np.int32],
    *,
    draws: int,
    spread_ms: float,
    seed: int,
) -> Assignment:
    """Assign trips between zones to links.

    Each of the draws takes one set of perceived link times and one connector of each zone, in turn,
    for leaving and the following ones for arriving, and sends its share of all trips on
    the ways that are then the quickest; the flows of all draws are averaged. One tree of ways
    for each zone and draw, for all groups; turn restrictions and roads for destination traffic are
    honoured as in routing.

    Parameters
    ----------
    graph
        The ways; their times without perception are its ``edge_time_ms``.
    trips
        Trips between zones, shape ``(groups, zones, zones)``.
    connectors
        Junctions of each zone, shape ``(zones, n)``; -1 for a zone without a road.
    spread_ms
        Variance over mean of a perceived time; 0: all take the quickest way.
    seed
        Of the perceived times. The result depends on nothing but the input.

    Returns
    -------
    Assignment
        ``vehicles`` in trips, shape ``(groups, links)``.
    """
    expansion = graph.expansion
    zones, each = connectors.shape
    groups = len(trips)
    vehicles = np.zeros((groups, graph.arrays.edge_count))
    lost, standing = np.zeros(groups), np.zeros(groups)
    share = trips / draws
    for draw in range(draws):
        generator = np.random.Generator(np.random.PCG64([seed, draw]))
        perceived = perceived_times(graph.edge_time_ms, spread_ms, generator)
        leaving = connectors[:, draw % each]
        arriving = connectors[:, (draw + 1 + draw // each) % each]
        reached = arriving >= 0
        slots, position = np.unique(arriving[reached], return_inverse=True)
        node_slot = np.full(graph.arrays.node_count, -1, np.int32)
        node_slot[slots] = np.arange(len(slots), dtype=np.int32)
        lost += share[:, :, ~reached].sum(axis=(1, 2))
        # by origin, group and junction, which zones may share
        wanted = np.zeros((zones, groups, len(slots)))
        np.add.at(wanted.transpose(2, 0, 1), position, share[:, :, reached].transpose(2, 1, 0))
        here = np.where(leaving >= 0, node_slot[leaving], -1)
        same = np.flatnonzero(here >= 0)
        standing += wanted[same, :, here[same]].sum(axis=0)
        wanted[same, :, here[same]] = 0.0
        sources = np.where(leaving >= 0, expansion.node_start[leaving], -1).astype(np.int32)
        blocks = np.zeros((min(_BLOCKS, zones), *vehicles.shape))
        without_way = np.zeros((zones, groups))
        _kernels.load_trees(
            expansion.indptr, expansion.arc_head, expansion.arc_edge, graph.arc_tail,
            perceived[expansion.arc_edge], expansion.state_node, sources, node_slot, wanted,
            blocks, without_way,
        )  # fmt: skip
        for block in blocks:
            vehicles += block
        lost += without_way.sum(axis=0)
    return Assignment(vehicles, lost, standing)
