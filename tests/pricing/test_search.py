"""Searches against every legal way there is, and against networkx."""

from __future__ import annotations

from itertools import pairwise

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geofleet.network import RoutingGraph, TurnRestriction
from geofleet.pricing import _kernels as kernels
from geofleet.pricing.search import Place, Search, Ways, whole_steps


def random_roads(roads, rng, nodes, links):
    """Return a network of random one-way links and some forbidden turns."""
    places = {
        1 + i: (float(x), float(y)) for i, (x, y) in enumerate(rng.uniform(0, 900, (nodes, 2)))
    }
    pairs = [tuple(1 + rng.choice(nodes, 2, replace=False)) for _ in range(links)]
    network = roads.make_network(places, [(int(u), int(v), {"osmid": f"{i}"})
                                          for i, (u, v) in enumerate(pairs)])  # fmt: skip
    arrays = network.arrays
    rules = []
    for edge in range(arrays.edge_count):
        node = arrays.edge_to[edge]
        out = np.arange(arrays.indptr[node], arrays.indptr[node + 1])
        if len(out) > 1 and rng.random() < 0.3:
            rules.append(TurnRestriction((edge, int(rng.choice(out))), False, "all", (), 1))
    return network.replace(turn_restrictions=tuple(rules))


def link_graph(network, first, second):
    """Return the graph whose nodes are links, joined where one may be driven after the other."""
    arrays = network.arrays
    shut = {rule.edges for rule in network.turn_restrictions}
    graph = nx.DiGraph()
    graph.add_nodes_from(range(arrays.edge_count))
    for a in range(arrays.edge_count):
        node = arrays.edge_to[a]
        for b in range(arrays.indptr[node], arrays.indptr[node + 1]):
            if (a, b) not in shut:
                graph.add_edge(a, b, first=first[b], second=second[b])
    return graph


def every_way(network, origin, destination, first, second):
    """Return the two prices of every legal way that drives no link twice between its ends."""
    graph = link_graph(network, first, second)
    ways = []
    if origin.edge == destination.edge and destination.fraction >= origin.fraction:
        share = destination.fraction - origin.fraction
        ways.append((round(first[origin.edge] * share), round(second[origin.edge] * share)))
    for after in graph.successors(origin.edge):
        # a way may come back to the link where it began: its end is a node of its own
        inner = [(after,)] if after == destination.edge else []
        for before in graph.predecessors(destination.edge):
            if after == before:
                inner.append((after, destination.edge))
            else:
                inner += [(*way, destination.edge)
                          for way in nx.all_simple_paths(graph, after, before)]  # fmt: skip
        for way in inner:
            total = []
            for price in (first, second):
                parts = [price[origin.edge] * (1 - origin.fraction), *price[list(way[:-1])],
                         price[destination.edge] * destination.fraction]  # fmt: skip
                total.append(int(np.rint(parts).sum()))
            ways.append(tuple(total))
    return ways


def best_of(ways):
    """Return the pairs that no other pair beats, ascending."""
    kept = []
    for pair in sorted(set(ways)):
        if not kept or pair[1] < kept[-1][1]:
            kept.append(pair)
    return kept


def corners_of(points):
    """Return the corners of the lower hull of points sorted by the first number."""
    hull = []
    for p in points:
        while len(hull) > 1 and (hull[-1][0] - hull[-2][0]) * (p[1] - hull[-2][1]) <= (
            hull[-1][1] - hull[-2][1]
        ) * (p[0] - hull[-2][0]):
            hull.pop()
        hull.append(p)
    return hull


def pairs(paths):
    return [(path.first, path.second) for path in paths]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_frontiers_are_those_of_every_way(roads, seed):
    """Whole and convex frontier, limits and ends, against enumeration with turn restrictions."""
    rng = np.random.default_rng(seed)
    network = random_roads(roads, rng, 6, 13)
    count = network.arrays.edge_count
    first, second = (rng.integers(0, 30, count).astype(float) for _ in range(2))
    origin, destination = (
        Place(int(rng.integers(count)), float(rng.choice([0.0, 0.25, 0.5, 1.0]))) for _ in range(2)
    )
    ways = Ways(RoutingGraph.build(network, u_turn_radius_m=0.0))
    search = Search(ways, origin, destination, first, second)
    expected = best_of(every_way(network, origin, destination, first, second))
    found, cut = search.pareto()
    assert not cut
    assert pairs(found) == expected
    assert sorted(pairs(search.convex())) == corners_of(expected)
    if not expected:
        assert search.least() is None
        return
    assert pairs([search.least()]) == expected[:1]
    assert pairs([search.least(by=1)]) == expected[-1:]
    limit = float(rng.integers(expected[0][0], expected[-1][0] + 2))
    within, exact = search.within(limit, most=10_000)
    assert exact
    assert pairs([within]) == [pair for pair in expected if pair[0] <= limit][-1:]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_single_prices_equal_networkx(roads, seed):
    """Least first and least second price over a restricted grid are networkx's."""
    rng = np.random.default_rng(seed)
    network = random_roads(roads, rng, 40, 160)
    count = network.arrays.edge_count
    first = rng.uniform(1, 50, count).round()
    second = whole_steps(rng.uniform(0, 1, count))
    origin, destination = Place(0, 1.0), Place(count - 1, 0.0)
    ways = Ways(RoutingGraph.build(network, u_turn_radius_m=0.0))
    search = Search(ways, origin, destination, first, second)
    graph = link_graph(network, first, second)
    for by, name in enumerate(("first", "second")):
        try:
            peer = nx.shortest_path_length(graph, 0, count - 1, weight=name)
        except nx.NetworkXNoPath:
            assert search.least(by=by) is None
            continue
        price = (first, second)[by]
        path = search.least(by=by)
        # networkx counts the last link whole, the place is at its start
        assert (path.first, path.second)[by] == pytest.approx(peer - price[count - 1], rel=1e-12)
        assert price[path.edges] @ path.share == pytest.approx(peer - price[count - 1], rel=1e-12)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_frontier_properties(roads, seed):
    """More time, less harm, point by point; ways that join and obey; corners among the points."""
    rng = np.random.default_rng(seed)
    nodes, links = roads.grid(7, 6)
    network = roads.make_network(nodes, links)
    count = network.arrays.edge_count
    first = rng.integers(1, 1000, count).astype(float)
    second = whole_steps(rng.exponential(1.0, count))
    ways = Ways(RoutingGraph.build(network))
    origin, destination = Place(int(rng.integers(count)), 0.3), Place(int(rng.integers(count)), 0.6)
    search = Search(ways, origin, destination, first, second)
    found, _ = search.pareto()
    assert all(a.first < b.first and a.second > b.second for a, b in pairwise(found))
    corners = search.convex()
    assert set(pairs(corners)) <= set(pairs(found))
    assert pairs(corners)[0] == pairs(found)[0]
    assert pairs(corners)[-1] == pairs(found)[-1]
    slopes = [(a.second - b.second) / (b.first - a.first) for a, b in pairwise(corners)]
    assert all(a > b for a, b in pairwise(slopes))
    arrays = network.arrays
    for path in found:
        ends = {place.edge for place in ways.ends(origin)}, {p.edge for p in ways.ends(destination)}
        assert path.edges[0] in ends[0] or path.from_fraction[0] == 0.0
        assert path.edges[-1] in ends[1] or path.to_fraction[-1] == 1.0
        assert (arrays.edge_to[path.edges[:-1]] == arrays.edge_from[path.edges[1:]]).all()
        assert first[path.edges] @ path.share == pytest.approx(path.first, abs=1.01)


def test_a_search_that_stops_says_so(roads):
    """With few labels the frontier is the fast end of the whole one, and marked as cut."""
    rng = np.random.default_rng(5)
    network = roads.make_network(*roads.grid(9, 9))
    count = network.arrays.edge_count
    first = rng.integers(1, 1000, count).astype(float)
    second = rng.integers(1, 1000, count).astype(float)
    search = Search(Ways(RoutingGraph.build(network)), Place(0, 0.5), Place(count - 1, 0.5),
                    first, second)  # fmt: skip
    whole, cut = search.pareto()
    assert not cut
    assert len(whole) > 6
    lengths = []
    for most in range(10, 400, 10):
        part, cut = search.pareto(most=most)
        assert pairs(part) == pairs(whole)[: len(part)]
        assert cut or len(part) == len(whole)
        lengths.append(len(part))
    assert lengths == sorted(lengths)
    assert len(set(lengths) - {0, len(whole)}) > 0
    best, exact = search.within(float(whole[-1].first), most=10)
    assert not exact
    assert best.second == whole[-1].second  # a corner of the hull, found without the labels


def test_two_way_streets_are_left_and_reached_either_way(roads):
    """From a place on a street both directions count, unless the other one is shut."""
    network = roads.make_network({1: (0, 0), 2: (100, 0), 3: (200, 0)},
                                 [(1, 2), (2, 1), (2, 3), (3, 2)])  # fmt: skip
    back = roads.edge_number(network, 2, 1)
    on = roads.edge_number(network, 2, 3)
    price = np.full(4, 100.0)
    search = Search(
        Ways(RoutingGraph.build(network)), Place(back, 0.25), Place(on, 0.5), price, price
    )
    assert search.least().first == 25 + 50
    same = Search(
        Ways(RoutingGraph.build(network)), Place(back, 0.25), Place(back, 0.25), price, price
    )
    assert same.least().first == 0
    assert len(same.least().edges) == 0


def test_steps_are_whole_and_fine():
    """Prices in steps keep their proportions to 2^-36 of the dearest; no prices stay none."""
    price = np.array([0.0, 1e-6, 0.3, 7.0, np.nan])
    steps = whole_steps(price)
    np.testing.assert_allclose(steps[:4] / 2.0**36 * 7.0, price[:4], atol=7.0 * 2.0**-36)
    assert np.isnan(steps[4])
    np.testing.assert_array_equal(whole_steps(np.zeros(3)), np.zeros(3))


def test_kernels_uncompiled(roads):
    """The plain Python of the kernels gives what the compiled ones give."""
    rng = np.random.default_rng(2)
    network = roads.make_network(*roads.grid(3, 3))
    graph = RoutingGraph.build(network)
    expansion, arcs = graph.expansion, len(graph.expansion.arc_edge)
    first, second = rng.integers(1, 9, arcs) * 1.0, rng.integers(1, 9, arcs) * 1.0
    seeds = np.array([0], dtype=np.int32)
    zero = np.zeros(1)
    trees = [f(expansion.indptr, expansion.arc_head, first, seeds, zero)
             for f in (kernels.tree, kernels.tree.py_func)]  # fmt: skip
    np.testing.assert_array_equal(*trees)
    goal = np.full(graph.state_count, -1, np.int32)
    goal[8] = 0
    none = np.zeros(graph.state_count)
    args = (expansion.indptr, expansion.arc_head, first, second, none, none, 1.0, 0.0, seeds, zero,
            zero, goal, np.array([-1], np.int32), zero, zero)  # fmt: skip
    for last in ((False, np.inf, 10_000), (True, np.inf, 10_000), (False, 20.0, 30)):
        compiled, plain = kernels.search(*args, *last), kernels.search.py_func(*args, *last)
        for a, b in zip(compiled, plain, strict=True):
            np.testing.assert_array_equal(a, b)
        for label in compiled[0]:
            ways = [f(compiled[1], compiled[2], label)
                    for f in (kernels.trace, kernels.trace.py_func)]  # fmt: skip
            assert ways[0][:2] == ways[1][:2]
            np.testing.assert_array_equal(ways[0][2], ways[1][2])
