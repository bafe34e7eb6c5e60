"""Paths over energy against Bellman–Ford, against every path there is, and on real roads."""

from __future__ import annotations

import itertools

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geofleet.energy.paths import (
    Battery,
    EnergyRoads,
    EnergyUse,
    PathBlend,
    _kernels,
    blended_paths,
    energy_optimal_paths,
    leg_table,
    path_frontier,
)
from geofleet.errors import InputError
from geofleet.network import TurnRestriction
from geofleet.network.routing.paths import RoutingGraph
from geofleet.network.routing.places import Place

BLEND = PathBlend(energy_per_kwh=2.0, time_per_h=150.0, distance_per_km=1.0)


@st.composite
def worlds(draw):
    """A few junctions at random heights, random links, random friction, a few turn rules."""
    count = draw(st.integers(3, 6))
    heights = draw(st.lists(st.integers(0, 30), min_size=count, max_size=count))
    pairs = [(u, v) for u in range(count) for v in range(count) if u != v]
    links = draw(st.lists(st.sampled_from(pairs), min_size=count, max_size=14, unique=True))
    friction = draw(st.lists(st.integers(0, 40), min_size=len(links), max_size=len(links)))
    seconds = draw(st.lists(st.integers(1, 60), min_size=len(links), max_size=len(links)))
    turns = draw(st.lists(st.tuples(st.integers(0, 13), st.integers(0, 13)), max_size=4))
    return count, heights, links, friction, seconds, turns


def build(roads, world, *, restricted=True, heights_known=False):
    """Return the searchable roads of a world, its energies and its forbidden turns."""
    count, heights, links, friction, seconds, turns = world
    nodes = {i: (100.0 * np.cos(i), 100.0 * np.sin(i)) for i in range(count)}
    plain = roads.make_network(nodes, links)
    order = [links.index((u, v)) for u, v, _ in plain.edges.index]
    energy = np.array([
        friction[k] + 5.0 * (heights[links[k][1]] - heights[links[k][0]]) for k in order
    ])  # fmt: skip
    time = np.array([seconds[k] for k in order], dtype=float)
    arrays = plain.arrays
    rules = [
        TurnRestriction((a, b), False, "all", (), 0)
        for a, b in turns
        if restricted and max(a, b) < len(links) and arrays.edge_to[a] == arrays.edge_from[b]
    ]
    network = plain.replace(turn_restrictions=tuple(rules))
    graph = RoutingGraph.build(network, u_turn_radius_m=0.0)
    height = np.array(heights, dtype=float) if heights_known else None
    made = EnergyRoads(graph, energy, time_s=time, height_m=height)
    return made, energy, time, {rule.edges for rule in rules}


def line_graph(arrays, cost, forbidden):
    """Links as nodes, legal turns as arcs that cost the link turned into."""
    lines = nx.DiGraph()
    lines.add_nodes_from(range(arrays.edge_count))
    for a, b in itertools.product(range(arrays.edge_count), repeat=2):
        if arrays.edge_to[a] == arrays.edge_from[b] and (a, b) not in forbidden:
            lines.add_edge(a, b, weight=float(cost[b]))
    for edge in range(arrays.edge_count):
        lines.add_edge(("from", int(arrays.edge_from[edge])), edge, weight=float(cost[edge]))
    return lines


def every_path(arrays, source, target):
    """All ways that pass no junction twice."""
    waiting = [(source, (), {source})]
    while waiting:
        node, path, seen = waiting.pop()
        if node == target:
            yield np.array(path, dtype=int)
            continue
        for edge in range(arrays.indptr[node], arrays.indptr[node + 1]):
            other = int(arrays.edge_to[edge])
            if other not in seen:
                waiting.append((other, (*path, edge), seen | {other}))


def drive(energy, battery):
    """Return the charge on arrival by driving link by link, NaN when the reserve breaks."""
    charge = battery.start_wh
    if charge < battery.reserve_wh:
        return np.nan
    for wh in energy:
        charge = min(charge - wh, battery.usable_wh)
        if charge < battery.reserve_wh - 1e-9:
            return np.nan
    return charge


@settings(max_examples=150, deadline=None)
@given(world=worlds(), known=st.booleans())
def test_least_energy_is_that_of_bellman_ford_with_turn_rules(roads, world, known):
    """Johnson's potentials change nothing: networkx finds the same energies on the line graph."""
    made, energy, _, forbidden = build(roads, world, heights_known=known)
    arrays = made.graph.arrays
    lines = line_graph(arrays, energy, forbidden)
    for source in range(arrays.node_count):
        lines.add_node(("from", source))
        reached = nx.single_source_bellman_ford_path_length(lines, ("from", source))
        targets = [t for t in range(arrays.node_count) if t != source]
        paths = energy_optimal_paths(made, [source] * len(targets), targets)
        for target, path in zip(targets, paths, strict=True):
            onto = [reached[e] for e in range(arrays.edge_count)
                    if arrays.edge_to[e] == target and e in reached]  # fmt: skip
            if not onto:
                assert path is None
                continue
            assert path is not None
            assert path.energy_wh == pytest.approx(min(onto), abs=1e-6)
            turns = set(itertools.pairwise(path.edges.tolist()))
            assert not turns & forbidden
            assert arrays.edge_from[path.edges[0]] == source
            assert arrays.edge_to[path.edges[-1]] == target


@settings(max_examples=150, deadline=None)
@given(
    world=worlds(), usable=st.integers(20, 200), start=st.floats(0, 1), reserve=st.integers(0, 19)
)
def test_a_battery_that_fills_and_empties_gets_the_best_of_all_paths(
    roads, world, usable, start, reserve
):
    """Charge on arrival, cheapest money and the frontier equal those of trying every path."""
    made, energy, time, _ = build(roads, world, restricted=False)
    arrays = made.graph.arrays
    battery = Battery(float(usable), round(start * usable), float(reserve))
    target = arrays.node_count - 1
    tried = [(path, drive(energy[path], battery)) for path in every_path(arrays, 0, target)]
    can = [(path, left) for path, left in tried if not np.isnan(left)]
    found = energy_optimal_paths(made, [0], [target], battery=battery)[0]
    blended = blended_paths(made, [0], [target], blend=BLEND, battery=battery)[0]
    frontier = path_frontier(made, 0, target, battery=battery)
    if not can:
        assert found is None
        assert blended is None
        assert len(frontier.table) == 0
        return
    assert found is not None
    assert blended is not None
    assert found.arrival_wh == pytest.approx(max(left for _, left in can), abs=1e-6)
    assert drive(energy[found.edges], battery) == pytest.approx(found.arrival_wh, abs=1e-6)

    def money(path, left):
        length = arrays.length_m[path].sum()
        return 0.002 * (battery.start_wh - left) + time[path].sum() / 24.0 + length / 1000.0

    least = min(money(path, left) for path, left in can)
    assert money(blended.edges, blended.arrival_wh) == pytest.approx(least, abs=1e-6)
    pareto = {
        (time[p].sum(), round(left, 6)) for p, left in can
        if not any(
            time[q].sum() <= time[p].sum() and other >= left
            and (time[q].sum() < time[p].sum() or other > left) for q, other in can
        )
    }  # fmt: skip
    ours = {(t, round(left, 6)) for t, left in frontier.table[["time_s", "arrival_wh"]].to_numpy()}
    assert ours == pareto


@settings(max_examples=100, deadline=None)
@given(world=worlds())
def test_corners_are_the_best_of_every_blend(roads, world):
    """For any weights of time and energy a corner is the best of all paths."""
    made, energy, time, _ = build(roads, world, restricted=False)
    arrays = made.graph.arrays
    target = arrays.node_count - 1
    points = [(time[p].sum(), energy[p].sum()) for p in every_path(arrays, 0, target)]
    frontier = path_frontier(made, 0, target, corners_only=True)
    whole = path_frontier(made, 0, target)
    if not points:
        assert len(frontier.table) == 0
        return
    corners = frontier.table[["time_s", "energy_wh"]].to_numpy()
    for share in np.linspace(0.0, 1.0, 21):
        best = min((1 - share) * t + share * e for t, e in points)
        ours = ((1 - share) * corners[:, 0] + share * corners[:, 1]).min()
        assert ours == pytest.approx(best, abs=1e-6)
    on_hull = whole.table.loc[whole.table["corner"], ["time_s", "energy_wh"]].to_numpy()
    for corner in on_hull:
        assert np.abs(corners - corner).sum(axis=1).min() < 1e-6


@given(
    energies=st.lists(st.integers(-50, 50), max_size=12),
    usable=st.integers(1, 120),
    start=st.integers(0, 120),
    reserve=st.integers(0, 119),
)
def test_four_numbers_say_what_a_path_does_to_any_battery(energies, usable, start, reserve):
    """The summary leaves what driving link by link leaves."""
    battery = Battery(usable, min(start, usable), min(reserve, usable - 1))
    left = EnergyUse.of(energies).arrival_wh(battery)
    assert left == pytest.approx(drive(energies, battery), abs=1e-6, nan_ok=True)


def test_legs_between_places_are_the_paths_between_them(roads, hilly):
    """The table of all pairs holds time, length and summary of the single searches, both levels."""
    nodes, links = roads.grid(5, 4)
    network = roads.make_network(nodes, links)
    height = np.random.default_rng(3).uniform(0.0, 25.0, len(nodes))
    empty = hilly(network, height)
    graph = RoutingGraph.build(network, u_turn_radius_m=0.0)
    made = EnergyRoads(graph, np.stack([empty, 1.6 * empty]), payload_kg=(0.0, 1000.0),
                       height_m=height)  # fmt: skip
    rng = np.random.default_rng(7)
    spots = [
        Place(int(e), float(f)) for e, f in zip(rng.integers(0, 60, 9), rng.random(9), strict=True)
    ]
    spots += [0, 7, Place(spots[0].edge, min(1.0, spots[0].fraction + 0.1))]
    table = leg_table(made, spots, spots, blend=BLEND, payload_kg=400.0)
    for level, load in enumerate((0.0, 1000.0)):
        for i, j in itertools.product(range(len(spots)), repeat=2):
            path = blended_paths(made, [spots[i]], [spots[j]], blend=BLEND, payload_kg=400.0)[0]
            assert path is not None
            assert table.time_s[i, j] == pytest.approx(path.time_s)
            assert table.length_m[i, j] == pytest.approx(path.length_m)
            use = EnergyUse.of(made.energy_at(load)[path.edges] * path.share)
            for name in EnergyUse._fields:
                value = getattr(table.energy, name)[i, j, level]
                assert value == pytest.approx(float(getattr(use, name)), abs=1e-9)
    assert np.all(np.diag(table.time_s) == 0.0)


def test_between_two_loads_the_line_is_never_below_the_truth(roads, hilly):
    """What must be in the battery at a load between is at most what the line between them says."""
    rng = np.random.default_rng(1)
    for _ in range(200):
        light, heavy = rng.normal(1.0, 4.0, 8), rng.normal(1.0, 6.0, 8)
        share = rng.random()
        a, b = EnergyUse.of(light), EnergyUse.of(heavy)
        true = EnergyUse.of((1 - share) * light + share * heavy)
        line = [(1 - share) * x + share * y for x, y in zip(a, b, strict=True)]
        assert line[0] == pytest.approx(float(true[0]))
        assert all(x >= y - 1e-9 for x, y in zip(line[1:], true[1:], strict=True))


def test_a_loop_that_makes_energy_is_named(roads):
    """Two links that give back more than they take are an error that says which junctions."""
    network = roads.make_network(
        {1: (0, 0), 2: (100, 0), 3: (200, 0)}, [(1, 2), (2, 1), (2, 3), (3, 2)]
    )
    graph = RoutingGraph.build(network, u_turn_radius_m=0.0)
    made = EnergyRoads(graph, [5.0, 5.0, -9.0, 8.0])
    with pytest.raises(InputError, match=r"nodes: '[12], [12]'.*gains 1"):
        energy_optimal_paths(made, [0], [2])


def test_bad_input_is_named(roads):
    """Wrong counts, unknown energy, places off the network, impossible batteries and blends."""
    network = roads.make_network({1: (0, 0), 2: (100, 0)}, [(1, 2), (2, 1)])
    graph = RoutingGraph.build(network, u_turn_radius_m=0.0)
    with pytest.raises(InputError, match="2 values, one for each link"):
        EnergyRoads(graph, [1.0])
    with pytest.raises(InputError, match="energy_wh, row 2: 'nan'"):
        EnergyRoads(graph, [1.0, np.nan])
    with pytest.raises(InputError, match=r"time_s, row 1: '-1.0'"):
        EnergyRoads(graph, [1.0, 1.0], time_s=[-1.0, 2.0])
    with pytest.raises(InputError, match="ascending from 0"):
        EnergyRoads(graph, np.ones((2, 2)), payload_kg=(0.0, 0.0))
    made = EnergyRoads(graph, [1.0, 1.0])
    with pytest.raises(InputError, match="node number from 0 to 1"):
        energy_optimal_paths(made, [5], [0])
    with pytest.raises(InputError, match="a part from 0 to 1"):
        energy_optimal_paths(made, [Place(0, 1.5)], [0])
    with pytest.raises(InputError, match=r"usable_wh.*charge_wh|above 0"):
        Battery(0.0)
    with pytest.raises(InputError, match=r"charge_wh: '11.0'"):
        Battery(10.0, 11.0)
    with pytest.raises(InputError, match="at least one price"):
        PathBlend(energy_per_kwh=0.0)
    with pytest.raises(InputError, match=r"time_per_h: '-1.0'"):
        PathBlend(time_per_h=-1.0)


def test_shares_run_from_the_fastest_to_the_thriftiest(roads, hilly):
    """With energy weighed more, paths take no less time and no more energy."""
    nodes, links = roads.grid(6, 6)
    network = roads.make_network(nodes, links)
    height = np.random.default_rng(5).uniform(0.0, 40.0, len(nodes))
    graph = RoutingGraph.build(network, u_turn_radius_m=0.0)
    made = EnergyRoads(graph, hilly(network, height))
    blend = PathBlend(energy_per_kwh=3.0, time_per_h=100.0)
    paths = [
        blended_paths(made, [0], [35], blend=blend.shared(share))[0]
        for share in (0.0, 0.2, 0.5, 0.9, 1.0)
    ]
    times, energies = [p.time_s for p in paths], [p.energy_wh for p in paths]
    assert times == sorted(times)
    assert energies == sorted(energies, reverse=True)
    assert energies[0] > energies[-1]


def test_kernels_without_compilation(roads):
    """The compiled searches and the plain ones agree on a hill between two junctions."""
    network = roads.make_network({1: (0, 0), 2: (100, 0), 3: (200, 0)}, [(1, 2), (2, 3)])
    graph = RoutingGraph.build(network, u_turn_radius_m=0.0)
    expansion = graph.expansion
    cost = np.array([30.0, -20.0])
    potential = np.zeros(graph.state_count)
    loop = _kernels.potentials.py_func(expansion.indptr, expansion.arc_head, cost, potential)
    assert len(loop) == 0
    assert potential.tolist() == [0.0, 0.0, -20.0]
    reversed_rows = np.array([0, 0, 1, 2], np.int32), np.array([0, 1], np.int32)
    left = _kernels.least_left.py_func(
        *reversed_rows, cost, potential, np.array([2], np.int32), np.zeros(1)
    )
    assert left.tolist() == [10.0, -20.0, 0.0]
