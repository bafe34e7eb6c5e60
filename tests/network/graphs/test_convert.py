"""Networks as OSMnx graphs and back, with OSMnx itself as the judge."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import geopandas as gpd
import networkx as nx
import numpy as np
import osmnx as ox
import pandas as pd
import pytest
import shapely

from geofleet.defaults import Defaults
from geofleet.errors import InputError
from geofleet.network import RoadNetwork, control_delay_s, speeds_with_delay
from geofleet.network.graphs.convert import from_graph, read_graphml, to_graph, write_graphml
from geofleet.network.model import TurnRestriction
from geofleet.network.osm.build import read_osm
from geofleet.network.terrain.grades import with_grades

OSM = """<?xml version="1.0" encoding="UTF-8"?>
<osm version="0.6" generator="test">
{nodes}
<way id="1"><nd ref="1"/><nd ref="2"/><nd ref="3"/><nd ref="4"/>
  <tag k="highway" v="primary"/><tag k="name" v="Avenida [1]"/><tag k="maxspeed" v="60"/>
  <tag k="lanes" v="2"/><tag k="maxweight" v="12"/></way>
<way id="2"><nd ref="4"/><nd ref="8"/><tag k="highway" v="residential"/><tag k="hgv" v="no"/>
  <tag k="bridge" v="yes"/></way>
<way id="3"><nd ref="8"/><nd ref="7"/><nd ref="6"/><nd ref="5"/>
  <tag k="highway" v="secondary"/><tag k="maxspeed" v="30 mph"/><tag k="oneway" v="yes"/>
  <tag k="maxheight" v="3.8"/></way>
<way id="4"><nd ref="5"/><nd ref="1"/><tag k="highway" v="tertiary"/><tag k="name" v="Ñandú"/></way>
<way id="5"><nd ref="2"/><nd ref="6"/><tag k="highway" v="residential"/></way>
<way id="6"><nd ref="3"/><nd ref="9"/><nd ref="10"/><nd ref="3"/>
  <tag k="highway" v="residential"/></way>
</osm>
"""
PLACES = {
    1: (0, 0), 2: (1, 0), 3: (2, 0.2), 4: (3, 0), 5: (0, 1), 6: (1, 1), 7: (2, 1.2), 8: (3, 1),
    9: (2.2, -0.5), 10: (1.8, -0.5),
}  # fmt: skip


@pytest.fixture
def osm_file(tmp_path: Path) -> Path:
    path = tmp_path / "roads.osm"
    nodes = "\n".join(
        f'<node id="{i}" lat="{-29.95 + 0.003 * y:.7f}" lon="{-71.3 + 0.003 * x:.7f}"/>'
        for i, (x, y) in PLACES.items()
    )
    path.write_text(OSM.format(nodes=nodes), encoding="utf-8")
    return path


@pytest.fixture
def network(osm_file: Path) -> RoadNetwork:
    """A small town with a height, a grade, a turn restriction and a parallel pair of links."""
    network = read_osm(osm_file, country="CL")
    height = np.linspace(3.1, 9.7, len(network.nodes))
    height[0] = np.nan
    grade = np.linspace(-0.01, 0.03, len(network.edges))
    out = network.edges.index.get_loc((2, 6, 0))
    after = network.edges.index.get_loc((6, 5, 0))
    turn = TurnRestriction((out, after), only=False, scope="hgv", excepted=("psv",), osmid=99)
    return network.replace(
        nodes=network.nodes.assign(elevation_m=height),
        edges=network.edges.assign(grade=grade),
        turn_restrictions=(turn,),
    )


def same(a: RoadNetwork, b: RoadNetwork) -> None:
    for mine, other in ((a.nodes, b.nodes), (a.edges, b.edges)):
        pd.testing.assert_frame_equal(
            *(pd.DataFrame(table.drop(columns="geometry")) for table in (mine, other))
        )
    assert shapely.equals_identical(a.edges.geometry.to_numpy(), b.edges.geometry.to_numpy()).all()
    assert shapely.equals_identical(a.nodes.geometry.to_numpy(), b.nodes.geometry.to_numpy()).all()
    assert a.edges.crs == b.edges.crs
    assert a.crs_metric == b.crs_metric
    assert a.turn_restrictions == b.turn_restrictions
    assert dict(a.report) == dict(b.report)
    assert a.provenance == b.provenance


def test_nothing_is_lost_through_a_graph_or_a_file(network: RoadNetwork, tmp_path: Path) -> None:
    """Every column, type, vertex, restriction and count comes back identical."""
    same(from_graph(to_graph(network)), network)
    path = write_graphml(network, tmp_path / "roads.graphml")
    same(read_graphml(path), network)
    assert [item.name for item in tmp_path.glob("*.graphml")] == ["roads.graphml"]


def test_the_graph_is_one_that_osmnx_would_make(network: RoadNetwork, osm_file: Path) -> None:
    """Same nodes, links, lengths and tags as OSMnx's own reading of the same file."""
    ours = to_graph(network)
    theirs = ox.graph_from_xml(osm_file, retain_all=True, simplify=False)
    theirs = ox.simplify_graph(theirs, edge_attrs_differ=["highway", "bridge", "name"])
    assert set(ours.nodes) == set(theirs.nodes)
    assert sorted((u, v) for u, v, _ in ours.edges) == sorted((u, v) for u, v, _ in theirs.edges)
    for u, v in {(1, 2), (2, 1), (4, 8), (8, 6), (5, 1)}:
        mine, other = ours.edges[u, v, 0], theirs.edges[u, v, 0]
        for name in ("osmid", "highway", "oneway", "reversed", "lanes", "bridge", "name"):
            assert mine.get(name) == other.get(name), name
        assert mine["length"] == pytest.approx(other["length"], abs=1e-6)
        assert ("geometry" in mine) == ("geometry" in other)
    assert ours.edges[1, 2, 0]["maxspeed"] == "60"
    assert ours.graph["crs"] == "epsg:4326"


def test_osmnx_functions_work_on_the_graph(network: RoadNetwork) -> None:
    """Tables, statistics, routes and projection, and shortest paths equal to networkx's."""
    graph = to_graph(network)
    nodes, edges = ox.convert.graph_to_gdfs(graph)
    assert len(nodes) == len(network.nodes)
    assert edges.index.equals(network.edges.index)
    again = ox.convert.graph_from_gdfs(nodes, edges)
    assert nx.utils.edges_equal(again.edges(keys=True), graph.edges(keys=True), directed=True)
    stats = ox.stats.basic_stats(graph)
    assert stats["m"] == len(network.edges)
    assert stats["edge_length_total"] == pytest.approx(network.edges.length_m.sum())
    path = ox.routing.shortest_path(graph, 1, 6, weight="length")
    length = sum(graph.edges[u, v, 0]["length"] for u, v in itertools.pairwise(path))
    assert length == pytest.approx(nx.shortest_path_length(graph, 1, 6, weight="length"))
    projected = ox.project_graph(graph)
    back = from_graph(projected)
    assert back.edges.crs.to_epsg() == 4326
    assert back.nodes["x"].to_numpy() == pytest.approx(network.nodes["x"].to_numpy(), abs=1e-9)


def test_graphs_made_by_osmnx_become_networks(osm_file: Path, tmp_path: Path) -> None:
    """Raw and simplified OSMnx graphs, from memory and from file: tags become typed columns."""
    raw = ox.graph_from_xml(osm_file, retain_all=True, simplify=False)
    network = from_graph(raw, country="CL")
    assert len(network.edges) == len(raw.edges)
    assert network.edges.length_m.sum() == pytest.approx(
        sum(data["length"] for *_, data in raw.edges(data=True))
    )
    assert network.edges.loc[(8, 7, 0), "maxspeed_kmh"] == pytest.approx(48.28, abs=0.01)
    assert network.edges.loc[(1, 2, 0), "lanes"] == 2
    assert network.edges.loc[(4, 8, 0), "bridge"]
    assert network.edges["hgv"].isna().all()  # OSMnx does not keep this tag by default
    assert "hgv" in network.report["tags_absent_everywhere"]
    assert network.report["turn_restrictions"] == "not known"
    assert network.provenance

    simple = ox.simplify_graph(raw)
    ox.io.save_graphml(simple, tmp_path / "simple.graphml")
    for made in (from_graph(simple), read_graphml(tmp_path / "simple.graphml")):
        assert len(made.edges) == len(simple.edges)
        same(from_graph(to_graph(made)), made)
    assert (made.arrays.twin >= 0).sum() > 0


def test_signals_go_through_files_and_their_absence_is_reported(
    network: RoadNetwork, tmp_path: Path
) -> None:
    """Counts, shares and unknown ones come back; older graphs and OSMnx's say they have none."""
    signals = np.where(np.arange(len(network.edges)) % 3 == 0, 1.4, 0.0)
    signals[1] = np.nan
    given = network.edges.assign(signals=signals, stop_signs=np.arange(len(signals)) / 2)
    counted = network.replace(edges=given)
    back = read_graphml(write_graphml(counted, tmp_path / "counted.graphml"))
    for name in ("signals", "stop_signs"):
        np.testing.assert_array_equal(back.edges[name], given[name])
    assert back.report["traffic_control"] == network.report["traffic_control"]
    np.testing.assert_array_equal(speeds_with_delay(back), speeds_with_delay(counted))

    old = network.replace(edges=network.edges.drop(columns=["signals", "stop_signs"]))
    back = read_graphml(write_graphml(old, tmp_path / "old.graphml"))
    assert "signals" not in back.edges.columns
    assert "not known" in back.report["traffic_control"]
    assert control_delay_s(back).sum() == 0
    theirs = from_graph(graph_of({"osmid": 1, "highway": "service"}))
    assert "not known" in theirs.report["traffic_control"]
    np.testing.assert_array_equal(speeds_with_delay(theirs), theirs.edges["speed_free_kmh"])


def test_the_graph_of_a_file_agrees_with_reading_it(osm_file: Path) -> None:
    """Where OSMnx keeps the tag, speed and direction are those of our own reader."""
    raw = ox.graph_from_xml(osm_file, retain_all=True, simplify=False)
    theirs = from_graph(ox.simplify_graph(raw, edge_attrs_differ=["osmid"]), country="CL")
    ours = read_osm(osm_file, country="CL")
    for (u, v, key), edge in theirs.edges.iterrows():
        if (u, v, key) in ours.edges.index and u != v:
            own = ours.edges.loc[(u, v, key)]
            for name in (
                "highway",
                "speed_free_kmh",
                "reversed",
                "oneway",
                "osmid",
                "speed_source",
            ):
                assert edge[name] == own[name], (u, v, name)


def graph_of(*edges: dict[str, Any], crs: str = "epsg:4326") -> nx.MultiDiGraph:
    graph = nx.MultiDiGraph(crs=crs)
    graph.add_node(1, x=-71.3, y=-29.9)
    graph.add_node(2, x=-71.29, y=-29.9)
    for number, data in enumerate(edges):
        graph.add_edge(1 + number % 2, 2 - number % 2, **data)
    return graph


def test_merged_values_take_the_most_restrictive() -> None:
    """A link of several ways is as closed, as low and as slow as the worst of them."""
    merged = {
        "osmid": [5, 6], "highway": ["motorway", "residential"], "length": 100.0, "oneway": True,
        "maxspeed": ["80", "30"], "hgv": ["yes", "no"], "access": ["yes", "destination"],
        "maxheight": ["4.5", "3.2", "none"], "lanes": ["3", "2"], "name": ["B", "A"],
        "bridge": ["no", "viaduct"], "reversed": [False, True],
    }  # fmt: skip
    network = from_graph(graph_of(merged, {"osmid": 6, "highway": "residential"}), country="MX")
    edge = network.edges.loc[(1, 2, 0)]
    assert edge["highway"] == "residential"
    assert edge["maxspeed_kmh"] == 30
    assert (edge["hgv"], edge["access"]) == ("no", "destination")
    assert edge["maxheight_m"] == 3.2
    assert edge["lanes"] == 2
    assert edge["osmid"] == "5;6"
    assert edge["bridge"]
    assert network.report["edges_with_several_classes"] == 1
    assert network.report["nodes_outside_main_part"] == 0
    other = network.edges.loc[(2, 1, 0)]
    assert other["length_m"] == pytest.approx(965.5, abs=0.5)  # 0.01 degree of longitude there
    assert other["speed_source"] == "class table"


def test_directional_tags_follow_the_direction_of_the_edge() -> None:
    """A limit for one direction of a way binds only the edge that runs that way."""
    tags = {"osmid": 7, "highway": "primary", "maxspeed:forward": "60", "maxspeed:backward": "40",
            "junction": "roundabout"}  # fmt: skip
    network = from_graph(graph_of({**tags, "reversed": False}, {**tags, "reversed": True}))
    assert network.edges.loc[(1, 2, 0), "maxspeed_kmh"] == 60
    assert network.edges.loc[(2, 1, 0), "maxspeed_kmh"] == 40


def test_footways_of_an_all_graph_are_left_out_with_a_count() -> None:
    """Edges of classes that vehicles do not use go, named in the report."""
    network = from_graph(
        graph_of({"osmid": 1, "highway": "footway"}, {"osmid": 2, "highway": "service"})
    )
    assert network.edges.index.tolist() == [(2, 1, 0)]
    assert network.report["edges_dropped_by_class"] == {"footway": 1}
    assert network.report["nodes_outside_main_part"] == 1  # one way only, and no way back
    with pytest.raises(InputError, match="motor vehicles could use"):
        from_graph(graph_of({"osmid": 1, "highway": "steps"}))


def test_what_is_no_osmnx_graph_is_refused_by_name(tmp_path: Path) -> None:
    """Each missing attribute is one problem; broken files are named."""
    with pytest.raises(InputError, match="MultiDiGraph"):
        from_graph(nx.Graph())
    bare = nx.MultiDiGraph()
    bare.add_edge("a", 2, osmid=1)
    with pytest.raises(InputError) as caught:
        from_graph(bare, source="mine.graphml")
    fields = {problem.field for problem in caught.value.problems}
    assert fields == {"crs", "node x", "node y", "edge highway", "whole numbers as node ids"}
    for text in ("", "<graphml", "<osm version='0.6'/>", "not xml"):
        path = tmp_path / "broken.graphml"
        path.write_text(text)
        with pytest.raises(InputError, match=r"broken\.graphml"):
            read_graphml(path)
    with pytest.raises(InputError, match="exists"):
        read_graphml(tmp_path / "absent.graphml")


@pytest.mark.shared
@pytest.mark.slow
def test_a_city_keeps_everything_and_its_grades_are_plausible(
    shared_data: Path, tmp_path: Path
) -> None:
    """Porto Alegre with SRTM heights: climb balances, few steep links, lossless through GraphML."""
    pytest.importorskip("rasterio")
    city = read_osm(shared_data / "data/osm/porto_alegre_br.osm.pbf", country="BR")
    dem = shared_data / "data/elevation/porto_alegre_br_srtm30m.tif"
    network = with_grades(city, dem, defaults=Defaults())
    arrays, report = network.arrays, network.report["elevation"]
    paired = arrays.twin >= 0
    assert (arrays.grade[paired] == -arrays.grade[arrays.twin[paired]]).all()
    known = np.isfinite(network.nodes.elevation_m.to_numpy())
    assert known.mean() > 0.85
    assert report["nodes_outside_rasters"] == (~known).sum()
    # The city stands by a river a few metres above the sea, with hills.
    assert 0 <= np.nanmin(network.nodes.elevation_m) < 15
    assert np.percentile(np.abs(arrays.grade), 50) < 0.04
    assert report["edges_held_at_max_grade"] < 0.01 * arrays.edge_count
    rough = with_grades(city, dem, smoothing_m=0).arrays.grade
    assert np.std(arrays.grade) < np.std(rough)
    free = np.abs(arrays.grade) < report["max_grade"]
    inside = known[arrays.edge_from] & known[arrays.edge_to] & free
    height = network.nodes.elevation_m.to_numpy()
    rise = height[arrays.edge_to] - height[arrays.edge_from]
    assert arrays.grade[inside] * arrays.length_m[inside] == pytest.approx(rise[inside], abs=1e-6)
    graph = to_graph(network)
    same(from_graph(graph), network)
    assert isinstance(ox.convert.graph_to_gdfs(graph, nodes=False), gpd.GeoDataFrame)


def test_graphs_with_text_for_node_ids_are_the_same_network(network: RoadNetwork) -> None:
    """Other tools name nodes "123"; order and turns are those of the numbers."""
    graph = nx.relabel_nodes(to_graph(network), str)
    back = from_graph(graph)
    assert back.edges.index.tolist() == network.edges.index.tolist()
    assert back.turn_restrictions == network.turn_restrictions
    graph.graph.pop("geofleet")
    assert from_graph(graph, country="CL").edges.index.is_monotonic_increasing


@pytest.mark.parametrize(
    ("attribute", "value", "field"),
    [("geofleet", "{bad", "geofleet"), ("geofleet", "{}", "geofleet"), ("crs", "nowhere", "crs")],
)
def test_spoilt_graph_attributes_are_named(
    network: RoadNetwork, attribute: str, value: str, field: str
) -> None:
    """A description cut short or a coordinate system that is none is one clear problem."""
    graph = to_graph(network)
    graph.graph[attribute] = value
    with pytest.raises(InputError) as caught:
        from_graph(graph, source="mine")
    assert [(problem.file, problem.field) for problem in caught.value.problems] == [("mine", field)]


def test_places_that_are_no_number_are_counted(network: RoadNetwork) -> None:
    """A node at x = NaN would stand nowhere."""
    graph = to_graph(network)
    for node in list(graph.nodes)[:2]:
        graph.nodes[node]["x"] = float("nan")
    with pytest.raises(InputError, match=r"node x: expected .*; 2 lack it"):
        from_graph(graph)
