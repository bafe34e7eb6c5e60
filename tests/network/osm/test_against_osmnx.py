"""The networks equal those that OSMnx makes of the same data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import networkx as nx
import osmium
import osmnx as ox
import pytest

from geofleet.network import RoadNetwork, read_osm

DRIVABLE = [
    "motorway",
    "motorway_link",
    "trunk",
    "trunk_link",
    "primary",
    "primary_link",
    "secondary",
    "secondary_link",
    "tertiary",
    "tertiary_link",
    "unclassified",
    "residential",
    "living_street",
    "service",
    "road",
]
# Tags whose change ends a link. Values are compared as parsed by geofleet and as text by OSMnx:
# the clean files below hold no two spellings of one value.
DIFFER = [
    "highway",
    "oneway",
    "lanes",
    "maxspeed",
    "maxspeed:hgv",
    "source:maxspeed",
    "maxspeed:type",
    "bridge",
    "tunnel",
    "junction",
    "service",
    "surface",
    "toll",
    "access",
    "motor_vehicle",
    "hgv",
    "maxheight",
    "maxwidth",
    "maxweight",
]
CLOSED = {"no", "private", "bus", "pirvate"}


def clean_file(source: Path, target: Path) -> Path:
    """Write the drivable ways as OpenStreetMap XML that both readers take the same way.

    Node tags go (OSMnx knows no barriers), directional and conditional tags go (OSMnx has no
    directional attributes), implied one-way streets are said to be so, repeated nodes go
    (OSMnx makes self loops of them).
    """
    ways: list[tuple[int, list[int], dict[str, str]]] = []
    nodes: dict[int, tuple[float, float]] = {}
    for item in osmium.FileProcessor(str(source)).with_locations():
        if not item.is_way():
            continue
        tags = dict(item.tags)
        if tags.get("highway") not in DRIVABLE or tags.get("area") == "yes":
            continue
        if tags.get("oneway") not in (None, "yes", "no", "-1"):
            continue
        refs: list[int] = []
        for node in item.nodes:
            if node.location.valid() and (not refs or refs[-1] != node.ref):
                refs.append(node.ref)
                nodes[node.ref] = (node.lon, node.lat)
        kept = {key: value for key, value in tags.items() if key in DIFFER}
        kept.pop("maxspeed:type", None), kept.pop("source:maxspeed", None)
        if kept.get("maxheight") in ("none", "no_indications", "0"):
            del kept["maxheight"]
        for key in ("bridge", "tunnel", "toll"):
            if key in kept:
                kept[key] = "no" if kept[key] in ("no", "culvert") else "yes"
            if kept.get(key) == "no":
                del kept[key]
        if "oneway" not in kept and tags["highway"] == "motorway":
            kept["oneway"] = "yes"
        if len(refs) > 1:
            ways.append((item.id, refs, kept))
    with osmium.SimpleWriter(str(target), overwrite=True) as writer:
        for osmid, location in sorted(nodes.items()):
            writer.add_node(osmium.osm.mutable.Node(id=osmid, location=location, version=1))
        for osmid, refs, tags in ways:
            writer.add_way(osmium.osm.mutable.Way(id=osmid, nodes=refs, tags=tags, version=1))
    return target


def usable(edge: dict[str, Any]) -> bool:
    """Whether some motor vehicle may use an OSMnx edge."""
    word = edge.get("motor_vehicle") or edge.get("access")
    return word not in CLOSED or edge.get("hgv") not in (None, *CLOSED)


def osmnx_network(path: Path) -> nx.MultiDiGraph:
    """Read with OSMnx, choose the main part with networkx, simplify with OSMnx."""
    graph = ox.graph_from_xml(path, bidirectional=False, simplify=False, retain_all=True)
    open_edges = [e for e in graph.edges(keys=True) if usable(graph.edges[e])]
    closed_edges = [e for e in graph.edges(keys=True) if not usable(graph.edges[e])]
    parts = nx.strongly_connected_components(graph.edge_subgraph(open_edges))

    def length(nodes: set[int]) -> float:
        part = graph.edge_subgraph(open_edges).subgraph(nodes)
        return sum(d["length"] for _, _, d in part.edges(data=True))

    core = max((part for part in parts if len(part) > 1), key=length)
    core_edges = [e for e in open_edges if e[0] in core and e[1] in core]
    union = graph.edge_subgraph(core_edges + closed_edges)
    home = next(p for p in nx.strongly_connected_components(union) if core <= p)
    main = nx.MultiDiGraph(union.subgraph(home))
    main.graph.update(graph.graph)
    return ox.simplify_graph(
        main, edge_attrs_differ=[k for k in DIFFER if k != "oneway"] + ["oneway"]
    )


@pytest.fixture
def tags_kept() -> Iterator[None]:
    before = ox.settings.useful_tags_way
    ox.settings.useful_tags_way = DIFFER
    yield
    ox.settings.useful_tags_way = before


@pytest.mark.shared
@pytest.mark.usefixtures("tags_kept")
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["guadalajara_mx", "oakland_us"])
def test_nodes_links_and_lengths_are_those_of_osmnx(
    shared_data: Path, tmp_path: Path, name: str
) -> None:
    """Same junctions, same number of links between each pair, same length of each."""
    path = clean_file(shared_data / "data" / "osm" / f"{name}.osm.pbf", tmp_path / "clean.osm")
    ours, theirs = read_osm(path), osmnx_network(path)
    assert_same(ours, theirs)


def assert_same(ours: RoadNetwork, theirs: nx.MultiDiGraph) -> None:
    assert set(ours.nodes.index) == set(theirs.nodes)
    mine = Counter((u, v, round(length, 6)) for (u, v, _), length in ours.edges["length_m"].items())
    other = Counter((u, v, round(d["length"], 6)) for u, v, d in theirs.edges(data=True))
    assert mine == other
