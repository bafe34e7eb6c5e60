"""Heights that contradict one another are mended, and only where they do."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

from geofleet.energy.paths import EnergyRoads, energy_optimal_paths, without_gains
from geofleet.network.routing.paths import RoutingGraph


@pytest.mark.parametrize("seed", range(5))
def test_no_round_trip_gains_after_mending(roads, seed):
    """networkx finds negative cycles before and none after; energies only rise."""
    nodes, links = roads.grid(5, 5)
    network = roads.make_network(nodes, links)
    graph = RoutingGraph.build(network, u_turn_radius_m=0.0)
    energy = np.random.default_rng(seed).normal(6.0, 8.0, len(links))
    mended = without_gains(graph, energy)
    assert mended.loops > 0
    assert (mended.raised_wh >= 0.0).all()

    def gains(values):
        arcs = nx.DiGraph()
        for edge, (u, v, _) in enumerate(network.edges.index):
            arcs.add_edge(u, v, weight=values[edge])
        return nx.negative_edge_cycle(arcs)

    assert gains(energy)
    assert not gains(mended.energy_wh)
    assert energy_optimal_paths(EnergyRoads(graph, mended.energy_wh), [0], [24])[0] is not None


def test_consistent_energies_are_left_alone(roads, hilly):
    """Heights that agree give back less than they take on any way round."""
    nodes, links = roads.grid(6, 6)
    network = roads.make_network(nodes, links)
    graph = RoutingGraph.build(network, u_turn_radius_m=0.0)
    energy = hilly(network, np.random.default_rng(2).uniform(0.0, 60.0, len(nodes)))
    assert (energy < 0.0).any()
    mended = without_gains(graph, energy)
    assert mended.loops == 0
    assert np.array_equal(mended.energy_wh, energy)
