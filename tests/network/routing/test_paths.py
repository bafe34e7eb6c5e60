"""Routing graphs: turn rules and access against a search that remembers the whole way."""

from __future__ import annotations

import heapq
import re
from itertools import pairwise

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geofleet.errors import NetworkDataError
from geofleet.network import TurnRestriction, VehicleProfile
from geofleet.network.routing.paths import (
    RoutingGraph,
    connected_access,
    many_to_many,
    one_to_all,
    shortest_path,
    travel_times,
)
from geofleet.network.routing.turns import expand, forbidden_runs

VAN = VehicleProfile("cargo_van", 3500, 2.6, 2.0, 6.0, 2000, 110)
TRUCK = VehicleProfile("rigid_12t", 12000, 3.6, 2.5, 9.0, 8000, 90)


def rule(*edges, only=False, scope="all", excepted=()):
    return TurnRestriction(tuple(edges), only, scope, tuple(excepted), 1)


def legal(way, rules, codes, no_turning_round=None):
    """Say whether a whole sequence of links is legal, straight from the rules' words."""
    for r in rules:
        n = len(r.edges)
        for i in range(len(way) - n + 1):
            piece = tuple(way[i : i + n])
            if not r.only and piece == r.edges:
                return False
            if r.only and piece[:-1] == r.edges[:-1] and piece[-1] != r.edges[-1]:
                return False
    if no_turning_round and any(pair in no_turning_round for pair in pairwise(way)):
        return False
    return re.fullmatch("2*1*2*", "".join(str(codes[e]) for e in way)) is not None


def brute_force(arrays, cost, rules, codes, source, no_turning_round=None):
    """Least costs to all nodes over ways that are checked link by link.

    The state is the last four links and the kinds of road so far, so nothing that a rule of at
    most four links can ask is forgotten.
    """
    best, queue, done = {}, [(0.0, 0, source, (), "")], set()
    count = 0
    while queue:
        reached, _, node, last, kinds = heapq.heappop(queue)
        if (node, last, kinds) in done:
            continue
        done.add((node, last, kinds))
        best.setdefault(node, reached)
        for edge in range(arrays.indptr[node], arrays.indptr[node + 1]):
            if codes[edge] == 0:
                continue
            way = (*last, edge)
            if not legal(way, rules, dict.fromkeys(way, 1), no_turning_round):
                continue
            kind = str(codes[edge])
            after = kinds if kinds.endswith(kind) else kinds + kind
            if not re.fullmatch("2?1?2?", after):
                continue
            count += 1
            state = (int(arrays.edge_to[edge]), way[-3:], after)
            heapq.heappush(queue, (reached + cost[edge], count, *state))
    return best


def random_rules(rng, arrays, count):
    rules = []
    for _ in range(count):
        walk = [int(rng.integers(arrays.edge_count))]
        for _ in range(int(rng.integers(1, 4))):
            node = arrays.edge_to[walk[-1]]
            out = np.arange(arrays.indptr[node], arrays.indptr[node + 1])
            if not len(out):
                break
            walk.append(int(rng.choice(out)))
        if len(walk) > 1:
            rules.append(rule(*walk, only=bool(rng.random() < 0.3)))
    return rules


def random_network(roads, rng, *, nodes=9, links=26):
    places = {i + 1: tuple(rng.random(2) * 500) for i in range(nodes)}
    pairs = set()
    while len(pairs) < links:
        a, b = (int(n) + 1 for n in rng.integers(0, nodes, 2))
        if a != b:
            pairs.add((a, b))
            if rng.random() < 0.6:
                pairs.add((b, a))
    network = roads.make_network(places, sorted(pairs))
    return network.replace(turn_restrictions=tuple(random_rules(rng, network.arrays, 8)))


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1), st.booleans())
def test_turn_rules_and_destination_roads_are_exact(roads, seed, restricted):
    """On random graphs with overlapping rules, costs equal the search that forgets nothing."""
    rng = np.random.default_rng(seed)
    network = random_network(roads, rng)
    arrays = network.arrays
    chances = [0.1, 0.5, 0.4] if restricted else [0.05, 0.95, 0.0]
    codes = rng.choice([0, 1, 2], arrays.edge_count, p=chances)
    graph = RoutingGraph.build(network, allowed=codes, u_turn_radius_m=0.0)
    for source in range(arrays.node_count):
        peer = brute_force(
            arrays, graph.edge_time_ms, network.turn_restrictions, codes, source
        )  # fmt: skip
        times = one_to_all(graph, source)
        expected = [peer.get(n, np.inf) / 1000.0 for n in range(arrays.node_count)]
        np.testing.assert_allclose(times, expected, rtol=1e-9)
        for target in range(arrays.node_count):
            way = shortest_path(graph, source, target)
            if target not in peer:
                assert way is None
                continue
            ends = [source, *arrays.edge_to[way]]
            assert arrays.edge_from[way].tolist() == ends[:-1]
            assert ends[-1] == target
            assert legal(way.tolist(), network.turn_restrictions, codes)
            assert graph.edge_time_ms[way].sum() == peer[target]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_no_turning_round_is_exact_when_asked_for_everywhere(roads, seed):
    """With an infinite radius vehicles turn round in dead ends only."""
    rng = np.random.default_rng(seed)
    network = random_network(roads, rng)
    arrays = network.arrays
    codes = np.ones(arrays.edge_count, int)
    banned = set()
    for edge, twin in enumerate(arrays.twin.tolist()):
        node = arrays.edge_to[edge]
        onward = set(range(arrays.indptr[node], arrays.indptr[node + 1])) - {twin}
        if twin >= 0 and any(legal((edge, e), network.turn_restrictions, codes) for e in onward):
            banned.add((edge, twin))
    graph = RoutingGraph.build(network, u_turn_radius_m=np.inf)
    for source in range(arrays.node_count):
        peer = brute_force(
            arrays, graph.edge_time_ms, network.turn_restrictions, codes, source, banned
        )  # fmt: skip
        expected = [peer.get(n, np.inf) / 1000.0 for n in range(arrays.node_count)]
        np.testing.assert_allclose(one_to_all(graph, source), expected, rtol=1e-9)


def test_graph_without_rules_is_the_network(grid_network):
    """Nothing is expanded where there is nothing to remember."""
    graph = RoutingGraph.build(grid_network)
    assert graph.state_count == grid_network.arrays.node_count
    np.testing.assert_array_equal(graph.expansion.indptr, grid_network.arrays.indptr)
    np.testing.assert_array_equal(graph.expansion.arc_head, grid_network.arrays.edge_to)


def test_only_the_nodes_concerned_are_expanded(roads, grid_network):
    """One banned left turn adds one state; one over a via road adds two."""
    e = lambda u, v: roads.edge_number(grid_network, u, v)  # noqa: E731
    arrays = grid_network.arrays
    ones = np.ones(arrays.edge_count, int)
    nodes = arrays.node_count
    left = forbidden_runs([rule(e(8, 9), e(9, 15))], arrays)
    assert len(expand(arrays, ones, left).state_node) == nodes + 1
    via = forbidden_runs([rule(e(8, 9), e(9, 15), e(15, 14))], arrays)
    assert len(expand(arrays, ones, via).state_node) == nodes + 2


def test_banned_turn_by_hand(roads):
    """A banned left turn costs the way round the block, and no turning round at the next corner."""
    nodes, links = roads.grid(3, 3)
    plain = roads.make_network(nodes, links)
    e = lambda u, v: roads.edge_number(plain, u, v)  # noqa: E731
    no_left = plain.replace(turn_restrictions=(rule(e(4, 5), e(5, 8)),))
    before = RoutingGraph.build(plain)
    dodging = RoutingGraph.build(no_left, u_turn_radius_m=0.0)
    after = RoutingGraph.build(no_left)
    start, goal = 3, 7  # node numbers of nodes 4 and 8
    assert one_to_all(before, start)[goal] == pytest.approx(20.0)
    # node 4 to 8 by 7: as short
    assert one_to_all(dodging, start)[goal] == pytest.approx(20.0)
    closed = np.ones(plain.arrays.edge_count, int)
    closed[[e(4, 7), e(4, 1)]] = 0
    dodging = RoutingGraph.build(no_left, allowed=closed, u_turn_radius_m=0.0)
    after = RoutingGraph.build(no_left, allowed=closed)
    assert one_to_all(dodging, start)[goal] == pytest.approx(40.0)
    assert one_to_all(after, start)[goal] == pytest.approx(40.0)
    closed[e(6, 9)] = 0
    dodging = RoutingGraph.build(no_left, allowed=closed, u_turn_radius_m=0.0)
    after = RoutingGraph.build(no_left, allowed=closed)
    way = [(int(plain.edges.index[i][0]), int(plain.edges.index[i][1]))
           for i in shortest_path(dodging, start, goal)]  # fmt: skip
    assert way == [(4, 5), (5, 2), (2, 5), (5, 8)] or way == [(4, 5), (5, 6), (6, 5), (5, 8)]
    assert one_to_all(dodging, start)[goal] == pytest.approx(40.0)
    assert one_to_all(after, start)[goal] > 40.0


def test_restrictions_bind_whom_they_name(roads):
    """hgv restrictions leave vans alone; except=hgv frees trucks."""
    nodes, links = roads.grid(3, 2)
    plain = roads.make_network(nodes, links)
    e = lambda u, v: roads.edge_number(plain, u, v)  # noqa: E731
    turn = (e(1, 2), e(2, 5))
    arrays = plain.arrays
    for restriction, van, truck in (
        (rule(*turn), 1, 1),
        (rule(*turn, scope="hgv"), 0, 1),
        (rule(*turn, excepted=("hgv",)), 1, 0),
        (rule(*turn, excepted=("psv",)), 1, 1),
    ):
        assert len(forbidden_runs([restriction], arrays, profile=VAN)) == van
        assert len(forbidden_runs([restriction], arrays, profile=TRUCK)) == truck


def test_destination_roads_serve_ends_only(roads):
    """A private cluster is no short cut, but a trip may begin or end deep inside it."""
    nodes, links = roads.grid(5, 3)
    network = roads.make_network(nodes, links)
    e = lambda u, v: roads.edge_number(network, u, v)  # noqa: E731
    codes = np.ones(network.arrays.edge_count, int)
    inner = [(6, 7), (7, 8), (8, 9), (9, 10), (7, 8)]
    for u, v in inner:
        codes[e(u, v)] = codes[e(v, u)] = 2
    for u, v in ((2, 7), (3, 8), (4, 9), (7, 12), (8, 13), (9, 14)):
        codes[e(u, v)] = codes[e(v, u)] = 0
    graph = RoutingGraph.build(network, allowed=codes)
    times = travel_times(graph, [5, 7], [9, 7])  # nodes 6, 8 to 10, 8
    # 6 to 10 is a trip inside the cluster alone: its ends are both in it
    np.testing.assert_allclose(times, [[40.0, 20.0], [20.0, 0.0]])
    # 1 to 15: through the cluster would be as short, but is not allowed
    ways = shortest_path(graph, 0, 14)
    assert set(codes[ways]) == {1}
    # 1 to 8 enters it, 8 to 15 leaves it
    assert one_to_all(graph, 0)[7] == pytest.approx(30.0)
    assert one_to_all(graph, 7)[14] == pytest.approx(30.0)
    # with the streets around gone, there is no way from 1 to 5's neighbour through it
    around = codes.copy()
    for u, v in ((1, 2), (11, 12)):
        around[e(u, v)] = around[e(v, u)] = 0
    graph = RoutingGraph.build(network, allowed=around)
    assert np.isinf(one_to_all(graph, 0)[4])


def test_open_roads_behind_a_gate_become_destination_roads(roads):
    """Streets that only a destination-only road leads to can be visited, not driven through."""
    nodes, links = roads.grid(4, 2)
    network = roads.make_network(nodes, links)
    e = lambda u, v: roads.edge_number(network, u, v)  # noqa: E731
    codes = np.ones(network.arrays.edge_count, int)
    gates = [(2, 3), (3, 2), (6, 7), (7, 6)]
    codes[[e(*g) for g in gates]] = 2
    codes[e(4, 8)] = 0  # and one-way 8 to 4
    cleaned = connected_access(network, codes)
    assert cleaned[e(1, 2)] == 1
    assert cleaned[e(3, 4)] == cleaned[e(8, 4)] == cleaned[e(2, 3)] == 2
    assert cleaned[e(4, 8)] == 0
    graph = RoutingGraph.build(network, allowed=cleaned)
    assert one_to_all(graph, 0)[7] == pytest.approx(40.0)
    strict = RoutingGraph.build(network, allowed=codes)
    assert one_to_all(strict, 1)[5] == pytest.approx(10.0)
    closed = codes.copy()
    closed[[e(1, 5), e(5, 1), e(2, 6), e(6, 2)]] = 0
    assert connected_access(network, closed)[e(1, 2)] == 2


def test_links_without_return_are_dropped(roads):
    """A one-way stub out of the network and an island are not used."""
    nodes = {1: (0, 0), 2: (100, 0), 3: (200, 0), 4: (500, 0), 5: (600, 0)}
    links = [(1, 2), (2, 1), (2, 3), (4, 5), (5, 4)]
    network = roads.make_network(nodes, [*links, (4, 5, {"length_m": 5.0})])
    cleaned = connected_access(network, np.ones(len(network.edges), int))
    kept = {tuple(index[:2]) for index in network.edges.index[cleaned > 0]}
    assert kept == {(4, 5), (5, 4)} or kept == {(1, 2), (2, 1)}
    assert cleaned[roads.edge_number(network, 2, 3)] == 0


def test_tables_equal_networkx(roads):
    """A table over a weighted grid with parallel links is networkx's; so are the lengths."""
    rng = np.random.default_rng(5)
    nodes, links = roads.grid(12, 9)
    links = [(u, v, {"speed_free_kmh": float(rng.uniform(15, 90))}) for u, v, _ in links]
    links += [(u, v, {"speed_free_kmh": 50.0}) for u, v, _ in links[::7]]
    network = roads.make_network(nodes, links)
    graph = RoutingGraph.build(network, profile=TRUCK)
    peer = nx.MultiDiGraph()
    arrays = network.arrays
    for edge, (a, b) in enumerate(zip(arrays.edge_from, arrays.edge_to, strict=True)):
        speed = min(arrays.speed_free_kmh[edge], TRUCK.max_speed_kmh)
        weight = round(arrays.length_m[edge] / speed * 3600)
        peer.add_edge(int(a), int(b), weight=weight, length=arrays.length_m[edge])
    sources, targets = rng.integers(0, 108, 15), rng.integers(0, 108, 20)
    times, lengths = many_to_many(graph, sources, targets)
    np.testing.assert_array_equal(times, travel_times(graph, sources, targets, engine="dijkstra"))
    for row, source in enumerate(sources):
        cost, ways = nx.single_source_dijkstra(peer, int(source))
        for column, target in enumerate(targets):
            assert times[row, column] == pytest.approx(cost[int(target)] / 1000, rel=1e-9)
            way = shortest_path(graph, int(source), int(target))
            assert arrays.length_m[way].sum() == pytest.approx(lengths[row, column], abs=1e-6)
            assert len(way) <= len(ways[int(target)]) + 4


def test_empty_and_missing(grid_network):
    """Empty tables stay empty; a node to itself is an empty way; unknown nodes are refused."""
    graph = RoutingGraph.build(grid_network)
    assert travel_times(graph, [], [1, 2]).shape == (0, 2)
    assert travel_times(graph, [1, 2], []).shape == (2, 0)
    assert shortest_path(graph, 4, 4).tolist() == []
    with pytest.raises(NetworkDataError, match="node numbers"):
        one_to_all(graph, 99)
    with pytest.raises(NetworkDataError, match="one for each link"):
        RoutingGraph.build(grid_network, allowed=[1, 1])
    slow = np.zeros(grid_network.arrays.edge_count)
    with pytest.raises(NetworkDataError, match="positive speed"):
        RoutingGraph.build(grid_network, speeds_kmh=slow)
    with pytest.raises(NetworkDataError, match="access codes"):
        RoutingGraph.build(grid_network, allowed=np.full(len(slow), 3))


def test_bound_is_never_beaten(roads):
    """No link goes faster over the straight line than the bound that A* leans on."""
    rng = np.random.default_rng(2)
    network = random_network(roads, rng)
    network.edges["speed_free_kmh"] = rng.uniform(10, 100, len(network.edges))
    graph = RoutingGraph.build(network, profile=TRUCK)
    a, b = network.arrays.edge_from, network.arrays.edge_to
    straight = np.hypot(graph.node_x[a] - graph.node_x[b], graph.node_y[a] - graph.node_y[b])
    seconds = network.arrays.length_m / np.minimum(graph.speed_ms, graph.cap_ms)
    assert (straight / graph.bound_ms() <= seconds).all()
