"""Turns as GMNS: the same ways are the shortest before and after, by two routers."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd
import pytest

from geofleet.errors import InputError
from geofleet.interchange import check_gmns, read_gmns, write_gmns
from geofleet.network import RoadNetwork, TurnRestriction
from geofleet.network.routing.paths import RoutingGraph, one_to_all

SIDE = 5
_SPEC = importlib.util.spec_from_file_location(
    "gmns_roads", Path(__file__).parents[1] / "network" / "roads.py"
)
assert _SPEC is not None
assert _SPEC.loader is not None
roads = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(roads)


def streets(seed: int, *, pairs_only: bool = False) -> RoadNetwork:
    """Return a grid with restrictions of every kind at random junctions."""
    rng = np.random.default_rng(seed)
    network = roads.make_network(*roads.grid(SIDE, SIDE))
    arrays = network.arrays
    found = []
    for number in range(14):
        first = int(rng.integers(arrays.edge_count))
        run = [first]
        length = 2 if pairs_only or rng.random() < 0.6 else 3
        while len(run) < length:
            node = arrays.edge_to[run[-1]]
            leaving = [e for e in range(arrays.indptr[node], arrays.indptr[node + 1])
                       if e != arrays.twin[run[-1]]]  # fmt: skip
            run.append(int(rng.choice(leaving)))
        scope = "all" if pairs_only else str(rng.choice(["all", "hgv"]))
        excepted = ("hgv",) if scope == "all" and not pairs_only and rng.random() < 0.3 else ()
        found.append(TurnRestriction(tuple(run), bool(rng.random() < 0.4), scope, excepted, number))
    return network.replace(turn_restrictions=tuple(found))


def seconds(network: RoadNetwork) -> np.ndarray:
    """Return the times between all nodes; turning round is free of other rules."""
    graph = RoutingGraph.build(
        network, speeds_kmh=network.arrays.speed_free_kmh, u_turn_radius_m=0.0
    )
    return np.array([one_to_all(graph, n) for n in range(network.arrays.node_count)])


@pytest.mark.parametrize("seed", range(3))
def test_round_trip(tmp_path: Path, seed: int) -> None:
    """Every restriction comes back as it was, and with it every shortest way."""
    network = streets(seed)
    write_gmns(network, tmp_path / "net", name="x")
    assert check_gmns(tmp_path / "net") == []
    back = read_gmns(tmp_path / "net", crs_metric="EPSG:32719")
    assert back.turn_restrictions == network.turn_restrictions
    np.testing.assert_allclose(seconds(back), seconds(network))


@pytest.mark.parametrize("seed", range(3))
def test_movements_alone(tmp_path: Path, seed: int) -> None:
    """Bans of pairs survive in GMNS's own table; a router that knows only it finds the same."""
    network = streets(seed, pairs_only=True)
    write_gmns(network, tmp_path / "net", name="x")
    (tmp_path / "net" / "turn_restriction.csv").unlink()
    want = seconds(network)
    free = seconds(network.replace(turn_restrictions=()))
    assert (want > free).any(), "the restrictions cost somebody time"
    np.testing.assert_allclose(seconds(read_gmns(tmp_path / "net", crs_metric="EPSG:32719")), want)
    links = pd.read_csv(tmp_path / "net" / "link.csv").set_index("link_id")
    moves = pd.read_csv(tmp_path / "net" / "movement.csv")
    graph = nx.DiGraph()
    listed = set(moves["node_id"])
    pairs = set(zip(moves["ib_link_id"], moves["ob_link_id"], strict=True))
    cost = links["length"] / links["free_speed"] * 3600.0
    for link, row in links.iterrows():
        graph.add_edge(("from", row["from_node_id"]), link, weight=cost[link])
        graph.add_edge(link, ("to", row["to_node_id"]), weight=0.0)
        for after in links.index[links["from_node_id"] == row["to_node_id"]]:
            if row["to_node_id"] not in listed or (link, after) in pairs:
                graph.add_edge(link, after, weight=cost[after])
    nodes = network.nodes.index.tolist()
    for i, begin in enumerate(nodes):
        times = nx.single_source_dijkstra_path_length(graph, ("from", begin))
        for j, end in enumerate(nodes):
            if i != j:
                assert times.get(("to", end), np.inf) == pytest.approx(want[i, j])


def test_words_of_movements(tmp_path: Path) -> None:
    """North, then west, is left; lorries alone are marked; other junctions are not listed."""
    network = roads.make_network(*roads.grid(3, 3))
    at = {tuple(index[:2]): number for number, index in enumerate(network.edges.index)}
    ban = TurnRestriction((at[2, 5], at[5, 6]), only=False, scope="all", excepted=(), osmid=1)
    trucks = TurnRestriction((at[2, 5], at[5, 4]), only=False, scope="hgv", excepted=(), osmid=2)
    write_gmns(network.replace(turn_restrictions=(ban, trucks)), tmp_path / "net", name="x")
    moves = pd.read_csv(tmp_path / "net" / "movement.csv")
    assert set(moves["node_id"]) == {5}
    assert len(moves) == 4 * 4 - 1
    north = moves[moves["ib_link_id"] == at[2, 5]].set_index("ob_link_id")
    assert north["type"].to_dict() == {at[5, 8]: "thru", at[5, 4]: "left", at[5, 2]: "uturn"}
    assert north["hgv"].fillna("").to_dict() == {at[5, 8]: "", at[5, 4]: "no", at[5, 2]: ""}


def test_broken_turns_are_named(tmp_path: Path) -> None:
    """Links that do not meet, or are not there."""
    network = streets(0)
    for file, field, new in (
        ("turn_restriction.csv", "link_ids", "0;79"),
        ("turn_restriction.csv", "link_ids", "999;1"),
        ("movement.csv", "ib_link_id", "999"),
    ):
        folder = tmp_path / f"{file}{new}"
        write_gmns(network, folder, name="x")
        table = pd.read_csv(folder / file, dtype=str)
        table.loc[0, field] = new
        table.to_csv(folder / file, index=False)
        with pytest.raises(InputError, match=field):
            read_gmns(folder)
    folder = tmp_path / "apart"
    write_gmns(network, folder, name="x")
    (folder / "turn_restriction.csv").unlink()
    table = pd.read_csv(folder / "movement.csv", dtype=str)
    table.loc[0, "ob_link_id"] = table.loc[0, "ib_link_id"]
    table.to_csv(folder / "movement.csv", index=False)
    with pytest.raises(InputError, match="links that meet at the node"):
        read_gmns(folder)
