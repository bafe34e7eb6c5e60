"""Routing time per 1,000 stop pairs beside networkx on the same graph, in one run.

The graph is one vehicle's: access rules, turn restrictions as extra states. networkx gets exactly
its states and arcs as a DiGraph with the same whole milliseconds, and its quicker way for one pair
(``bidirectional_dijkstra``); every cost is compared before a ratio is printed. Tables are
Dijkstra's on all cores, and the contraction hierarchy's where ``routingkit-cch`` is installed.

Bytes and flops: a search relaxes each arc of the settled states once: 4 bytes of arc head, 8 of
cost, 8 of label at a random place, one addition and one comparison. It is bound by the latency
of memory and of the heap's branches, not by arithmetic.

    python benchmarks/routing.py ROADS.osm.pbf [--pairs N] [--peer-pairs N] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd

from geofleet.network import VehicleProfile
from geofleet.network.access import access_codes
from geofleet.network.osm.build import read_osm
from geofleet.network.routing.cch import is_installed
from geofleet.network.routing.paths import (
    RoutingGraph,
    connected_access,
    shortest_path,
    travel_times,
)
from geofleet.routes.itinerary import Driver
from geofleet.routes.snap import Snapped
from geofleet.routes.speeds import hourly_speeds

TRUCK = VehicleProfile("rigid_12t", 12000, 3.6, 2.5, 9.0, 8000, 90)
SEED = 20240514


def timed(function: Callable[[], Any]) -> tuple[float, Any]:
    begin = time.perf_counter()
    result = function()
    return time.perf_counter() - begin, result


def as_networkx(graph: RoutingGraph) -> nx.DiGraph:
    peer = nx.DiGraph()
    peer.add_nodes_from(range(graph.state_count))
    arcs = zip(
        graph.arc_tail.tolist(), graph.expansion.arc_head.tolist(), graph.arc_time_ms.tolist(),
        strict=True,
    )  # fmt: skip
    for a, b, cost in arcs:
        if not peer.has_edge(a, b) or peer[a][b]["weight"] > cost:
            peer.add_edge(a, b, weight=cost)
    # a node is reached when any of its states is
    for state, node in enumerate(graph.expansion.state_node.tolist()):
        peer.add_edge(state, ("node", node), weight=0)
    return peer


def trips(graph: RoutingGraph, network: Any, edges: np.ndarray) -> Callable[[], Any]:
    """Return a function that drives through ``edges`` with hourly speeds, one leg after another."""
    count = len(edges)
    table = pd.DataFrame(
        {"service_min": 0.0, "window_start": np.nan, "window_end": np.nan}, index=range(count)
    )
    places = Snapped(edges.astype(np.int32), np.full(count, 0.5), np.zeros(count))
    driver = Driver(graph, hourly_speeds(network.edges["highway"]), table, places)
    return lambda: driver(np.arange(count), departure_s=28800.0)


def measure(path: Path, pairs: int, peer_pairs: int) -> dict[str, Any]:
    network = read_osm(path)
    access = connected_access(network, access_codes(network, TRUCK), profile=TRUCK)
    build_s, graph = timed(lambda: RoutingGraph.build(network, allowed=access, profile=TRUCK))
    rng = np.random.default_rng(SEED)
    main = np.flatnonzero(access == 1)
    nodes = graph.arrays.edge_from[rng.choice(main, (pairs, 2))]
    starts = graph.expansion.node_start[nodes]
    out: dict[str, Any] = {
        "file": path.name, "nodes": graph.arrays.node_count, "links": graph.arrays.edge_count,
        "states": graph.state_count, "arcs": len(graph.expansion.arc_edge),
        "build_s": build_s, "rows": [],
    }  # fmt: skip

    def row(what: str, seconds: float, count: int, peer: float | None = None) -> None:
        per = 1000.0 * seconds / count
        ratio = None if peer is None else peer / per
        out["rows"].append({"what": what, "s_per_1000_pairs": per, "times_quicker": ratio})

    shortest_path(graph, int(nodes[0, 0]), int(nodes[0, 1]))  # compile
    seconds, ways = timed(lambda: [shortest_path(graph, int(a), int(b)) for a, b in nodes])
    peer = as_networkx(graph)
    few = list(zip(starts[:peer_pairs, 0].tolist(), nodes[:peer_pairs, 1].tolist(), strict=True))
    peer_seconds, found = timed(
        lambda: [nx.bidirectional_dijkstra(peer, a, ("node", b)) for a, b in few]
    )
    for way, (cost, _) in zip(ways, found, strict=False):
        if graph.edge_time_ms[way].sum() != cost:
            sys.exit(f"costs differ: {graph.edge_time_ms[way].sum()} and {cost} ms")
    peer_per = 1000.0 * peer_seconds / len(few)
    row("networkx bidirectional_dijkstra", peer_seconds, len(few))
    row("geofleet shortest_path", seconds, pairs, peer_per)
    drive = trips(graph, network, rng.choice(main, pairs + 1))
    drive()
    seconds, _ = timed(drive)
    row("geofleet trips (hourly speeds, A*)", seconds, pairs, peer_per)

    side = max(2, int(np.sqrt(pairs * 10)))
    sources, targets = nodes[:side, 0], nodes[:side, 1]
    few = graph.expansion.node_start[sources[:3]].tolist()
    peer_seconds, costs = timed(
        lambda: [nx.single_source_dijkstra_path_length(peer, a) for a in few]
    )
    peer_per = 1000.0 * peer_seconds / (len(few) * side)
    travel_times(graph, sources[:2], targets[:2], engine="dijkstra")
    seconds, plain = timed(lambda: travel_times(graph, sources, targets, engine="dijkstra"))
    for position, tree in enumerate(costs):
        best = [tree.get(("node", t), np.inf) / 1000.0 for t in targets.tolist()]
        np.testing.assert_allclose(plain[position], best, rtol=1e-9)
    row(f"networkx table {side} x {side}", peer_seconds, len(few) * side)
    row(f"geofleet table {side} x {side}, dijkstra", seconds, side * side, peer_per)
    if is_installed():
        out["cch_build_s"], _ = timed(lambda: graph.hierarchy)
        seconds, quick = timed(lambda: travel_times(graph, sources, targets, engine="cch"))
        np.testing.assert_array_equal(plain, quick)
        row(f"geofleet table {side} x {side}, cch", seconds, side * side, peer_per)
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("roads", type=Path)
    parser.add_argument("--pairs", type=int, default=1000)
    parser.add_argument("--peer-pairs", type=int, default=50)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    out = measure(arguments.roads, arguments.pairs, arguments.peer_pairs)
    print(
        f"{out['file']}: {out['nodes']:,} nodes, {out['links']:,} links, {out['states']:,} states, "
        f"built in {out['build_s']:.2f} s"
    )
    if "cch_build_s" in out:
        print(f"contraction hierarchy built in {out['cch_build_s']:.2f} s")
    for row in out["rows"]:
        ratio = "" if row["times_quicker"] is None else f"{row['times_quicker']:10.0f} x"
        print(f"{row['what']:45s} {row['s_per_1000_pairs']:12.5f} s/1,000 pairs {ratio}")
    if arguments.json:
        arguments.json.write_text(json.dumps(out, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
