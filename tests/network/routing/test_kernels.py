"""Kernels against networkx, against themselves uncompiled, and against hand computation."""

from __future__ import annotations

import networkx as nx
import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geofleet.network.routing import _kernels as kernels

NO = np.empty(0)


def random_graph(rng, nodes, arcs):
    tail = np.sort(rng.integers(0, nodes, arcs))
    head = rng.integers(0, nodes, arcs).astype(np.int32)
    cost = rng.choice([0.0, 1.0, 2.0, 3.5, rng.random() * 10], arcs)
    indptr = np.zeros(nodes + 1, np.int32)
    np.cumsum(np.bincount(tail, minlength=nodes), out=indptr[1:])
    return indptr, head, cost, tail


def as_networkx(nodes, tail, head, cost):
    graph = nx.DiGraph()
    graph.add_nodes_from(range(nodes))
    for a, b, c in zip(tail.tolist(), head.tolist(), cost.tolist(), strict=True):
        if not graph.has_edge(a, b) or graph[a][b]["weight"] > c:
            graph.add_edge(a, b, weight=c)
    return graph


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 30), st.integers(0, 120))
def test_tree_equals_networkx(seed, nodes, arcs):
    """One-to-all costs are networkx's, and the traced arcs make a path of that cost."""
    rng = np.random.default_rng(seed)
    indptr, head, cost, tail = random_graph(rng, nodes, arcs)
    peer = nx.single_source_dijkstra_path_length(as_networkx(nodes, tail, head, cost), 0)
    identity = np.arange(nodes, dtype=np.int32)
    best, via, _ = kernels.dijkstra_tree(indptr, head, cost, 0, identity, -1, NO, NO, np.inf)
    expected = np.array([peer.get(n, np.inf) for n in range(nodes)])
    np.testing.assert_allclose(best, expected, rtol=1e-9)
    for node in peer:
        path = kernels.trace(via, tail.astype(np.int32), node)
        place = 0
        for arc in path:
            assert tail[arc] == place
            place = head[arc]
        assert place == node
        assert cost[path].sum() == pytest.approx(peer[node], rel=1e-9, abs=1e-12)


def test_table_equals_tree_for_any_number_of_threads():
    """A table is the same bit for bit on one thread and on all, and its rows are the trees."""
    rng = np.random.default_rng(7)
    nodes = 400
    indptr, head, cost, _ = random_graph(rng, nodes, 1600)
    extra = rng.random(len(head))
    identity = np.arange(nodes, dtype=np.int32)
    sources = rng.integers(0, nodes, 23)
    tables = []
    before = numba.get_num_threads()
    for threads in (1, before):
        numba.set_num_threads(threads)
        out = np.full((len(sources), nodes), np.inf)
        carried = np.full_like(out, np.inf)
        kernels.dijkstra_table(
            indptr, head, cost, extra, sources, identity, identity, nodes, out, carried
        )
        tables.append((out, carried))
    numba.set_num_threads(before)
    assert tables[0][0].tobytes() == tables[1][0].tobytes()
    assert tables[0][1].tobytes() == tables[1][1].tobytes()
    for row, source in enumerate(sources):
        best, _, _ = kernels.dijkstra_tree(indptr, head, cost, source, identity, -1, NO, NO, np.inf)
        assert best.tobytes() == tables[0][0][row].tobytes()


def test_early_stop_gives_the_same_cost():
    """Stopping at the target leaves its cost as it is and settles nothing farther."""
    rng = np.random.default_rng(3)
    indptr, head, cost, _ = random_graph(rng, 200, 900)
    identity = np.arange(200, dtype=np.int32)
    whole, _, _ = kernels.dijkstra_tree(indptr, head, cost, 5, identity, -1, NO, NO, np.inf)
    zero = np.zeros(200)
    for target in range(0, 200, 17):
        best, _, found = kernels.dijkstra_tree(
            indptr, head, cost, 5, identity, target, zero, zero, np.inf
        )
        if np.isinf(whole[target]):
            assert found == -1
        else:
            assert best[found] == whole[target]
            assert best[np.isfinite(best)].max() == whole[target]


def test_arrival_by_hand():
    """Half a minute at 10 m/s before the hour and the rest at 5 m/s after it."""
    factors = np.ones(24)
    factors[9] = 0.5
    leave = 9 * 3600.0 - 30.0
    assert kernels.arrival(500.0, 10.0, 99.0, factors, leave) == 9 * 3600.0 + 200.0 / 5.0
    assert kernels.arrival(500.0, 10.0, 4.0, factors, leave) == leave + 125.0
    assert kernels.arrival(0.0, 10.0, 4.0, factors, leave) == leave
    # three hours on one link, over midnight
    slow = kernels.arrival(10.0 * 3600 * 3, 10.0, 99.0, np.ones(24), 23 * 3600.0)
    assert slow == 26 * 3600.0


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.floats(0.05, 1.0), min_size=24, max_size=24),
    st.floats(0, 90_000), st.floats(0, 7200), st.floats(0, 40_000), st.floats(1, 30),
)  # fmt: skip
def test_who_leaves_later_never_arrives_earlier(factors, leave, later, length, speed):
    """First in, first out, through any hours; and a length in two parts takes as long as whole."""
    hours = np.array(factors)
    one = kernels.arrival(length, speed, 25.0, hours, leave)
    two = kernels.arrival(length, speed, 25.0, hours, leave + later)
    assert two >= one - 1e-6
    middle = kernels.arrival(0.4 * length, speed, 25.0, hours, leave)
    end = kernels.arrival(length - 0.4 * length, speed, 25.0, hours, middle)
    assert end == pytest.approx(one, abs=1e-6)


def test_kernels_uncompiled():
    """The plain Python of the kernels gives what the compiled ones give."""
    rng = np.random.default_rng(1)
    indptr, head, cost, tail = random_graph(rng, 12, 40)
    identity = np.arange(12, dtype=np.int32)
    compiled = kernels.dijkstra_tree(indptr, head, cost, 0, identity, -1, NO, NO, np.inf)
    plain = kernels.dijkstra_tree.py_func(indptr, head, cost, 0, identity, -1, NO, NO, np.inf)
    for a, b in zip(compiled, plain, strict=True):
        np.testing.assert_array_equal(a, b)
    out = [np.full((2, 12), np.inf) for _ in range(4)]
    args = (indptr, head, cost, cost, np.array([0, 3]), identity, identity, 12)
    kernels.dijkstra_table(*args, out[0], out[1])
    kernels.dijkstra_table.py_func(*args, out[2], out[3])
    np.testing.assert_array_equal(out[0], out[2])
    np.testing.assert_array_equal(out[1], out[3])
    node = int(np.flatnonzero(np.isfinite(compiled[0]))[-1])
    np.testing.assert_array_equal(
        kernels.trace(compiled[1], tail, node), kernels.trace.py_func(compiled[1], tail, node)
    )
    one = kernels.arrival.py_func(9e4, 10.0, 12.0, np.linspace(0.3, 1, 24), 100.0)
    assert one == kernels.arrival(9e4, 10.0, 12.0, np.linspace(0.3, 1, 24), 100.0)
