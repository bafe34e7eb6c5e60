"""The optional engine gives Dijkstra's tables."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from geofleet.errors import MissingExtraError
from geofleet.network import TurnRestriction
from geofleet.network.routing.paths import RoutingGraph, travel_times


def restricted_grid(roads, seed):
    rng = np.random.default_rng(seed)
    nodes, links = roads.grid(11, 8)
    links = [(u, v, {"speed_free_kmh": float(rng.uniform(15, 90))}) for u, v, _ in links]
    network = roads.make_network(nodes, links)
    arrays = network.arrays
    rules = []
    for _ in range(25):
        edge = int(rng.integers(arrays.edge_count))
        node = arrays.edge_to[edge]
        onto = int(rng.integers(arrays.indptr[node], arrays.indptr[node + 1]))
        rules.append(TurnRestriction((edge, onto), bool(rng.random() < 0.2), "all", (), 1))
    codes = rng.choice([0, 1, 2], arrays.edge_count, p=[0.05, 0.85, 0.1])
    return RoutingGraph.build(network.replace(turn_restrictions=tuple(rules)), allowed=codes)


def test_equal_answers(roads):
    """Tables over restricted graphs are the same numbers, unreachable pairs included."""
    pytest.importorskip("routingkit_cch", reason="extra fast-routing is not installed")
    for seed in range(5):
        graph = restricted_grid(roads, seed)
        rng = np.random.default_rng(seed)
        sources, targets = rng.integers(0, 88, 12), rng.integers(0, 88, 31)
        plain = travel_times(graph, sources, targets, engine="dijkstra")
        quick = travel_times(graph, sources, targets, engine="cch")
        np.testing.assert_array_equal(plain, quick)
        assert travel_times(graph, [], targets, engine="cch").shape == (0, 31)


def test_large_tables_go_to_the_hierarchy(roads):
    """Engine auto gives the same table above and below its threshold."""
    pytest.importorskip("routingkit_cch", reason="extra fast-routing is not installed")
    from geofleet.defaults import Defaults

    graph = restricted_grid(roads, 1)
    nodes = np.arange(88)
    low = travel_times(graph, nodes, nodes, defaults=Defaults({"routing:cch_minimum_pairs": 1}))
    assert "hierarchy" in graph.__dict__
    np.testing.assert_array_equal(low, travel_times(graph, nodes, nodes, engine="dijkstra"))


def test_missing_extra_is_named(roads, monkeypatch):
    """Without the library the error says what to install."""
    monkeypatch.setitem(sys.modules, "routingkit_cch", None)
    graph = restricted_grid(roads, 0)
    with pytest.raises(MissingExtraError, match="fast-routing"):
        travel_times(graph, [0], [1], engine="cch")
