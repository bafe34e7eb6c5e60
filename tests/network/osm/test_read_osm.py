"""Small hand-written files become the networks that one would draw by hand."""

from __future__ import annotations

import bz2
import gzip
import math
import shutil
from pathlib import Path

import numpy as np
import osmium
import pytest

from geofleet.defaults import Defaults
from geofleet.errors import InputError, NetworkDataError
from geofleet.network import RoadNetwork, read_osm
from geofleet.network.model import EDGE_SCHEMA, NODE_SCHEMA

STREET = {"highway": "residential"}
# Half a great circle of 6,371,009 m over 180 degrees.
METRES_PER_MILLIDEGREE = math.pi * 6_371_009 / 180_000


def pairs(network: RoadNetwork) -> list[tuple[int, int]]:
    return [(u, v) for u, v, _ in network.edges.index]


def only(network: RoadNetwork, u: int, v: int):
    chosen = network.edges.loc[(u, v)]
    assert len(chosen) == 1
    return chosen.iloc[0]


def line(count: int) -> dict[int, tuple[float, float]]:
    """Nodes 1, 2, … going north, 0.001 degrees apart."""
    return {number: (0, number - 1) for number in range(1, count + 1)}


def test_shape_points_go_and_their_length_stays(osm_file) -> None:
    """A street of three pieces is one link each way, as long as its pieces together."""
    network = read_osm(osm_file(line(4), [(10, [1, 2, 3, 4], {**STREET, "name": "Calle Luna"})]))
    assert pairs(network) == [(1, 4), (4, 1)]
    link = only(network, 1, 4)
    assert link["length_m"] == pytest.approx(3 * METRES_PER_MILLIDEGREE)
    assert link["osmid"] == "10"
    assert link["name"] == "Calle Luna"
    assert not link["oneway"]
    assert list(network.edges["reversed"]) == [False, True]
    np.testing.assert_allclose(
        np.array(link["geometry"].coords), [(-70, -30 + k / 1000) for k in range(4)]
    )
    assert list(network.arrays.twin) == [1, 0]


def test_tables_have_the_documented_columns(osm_file) -> None:
    """Columns, index names and order are those of the schemas; the metric CRS is the UTM zone."""
    network = read_osm(osm_file(line(2), [(10, [1, 2], STREET)]))
    of_models = {"speed_peak_kmh"}  # no map knows it
    present = [column.name for column in EDGE_SCHEMA.columns if column.name not in of_models]
    assert list(network.edges.columns) == present
    assert list(network.nodes.columns) == [column.name for column in NODE_SCHEMA.columns]
    assert network.edges.index.names == ["u", "v", "key"]
    assert network.edges.index.is_monotonic_increasing
    assert network.nodes.index.name == "osmid"
    assert network.edges.crs.to_epsg() == network.nodes.crs.to_epsg() == 4326
    assert network.crs_metric.to_epsg() == 32719  # 70° W, 30° S


def test_names_of_merged_ways_are_joined(osm_file) -> None:
    """Ways that differ in name only make one link with both names and both ids."""
    network = read_osm(
        osm_file(
            line(4),
            [
                (10, [1, 2], {**STREET, "name": "A"}),
                (11, [2, 3], {**STREET, "name": "B"}),
                (12, [4, 3], {**STREET}),
            ],
        )
    )
    assert pairs(network) == [(1, 4), (4, 1)]
    assert only(network, 1, 4)["name"] == "A;B"
    assert only(network, 4, 1)["name"] == "B;A"
    assert only(network, 1, 4)["osmid"] == "10;11;12"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("maxspeed", "30"),
        ("lanes", "2"),
        ("bridge", "viaduct"),
        ("tunnel", "yes"),
        ("surface", "gravel"),
        ("toll", "yes"),
        ("access", "destination"),
        ("motor_vehicle", "private"),
        ("hgv", "no"),
        ("goods", "no"),
        ("maxheight", "3.5"),
        ("maxweight", "7.5"),
        ("maxlength", "10"),
        ("maxwidth", "2"),
        ("maxaxleload", "8"),
        ("hgv:conditional", "no @ (07:00-19:00)"),
        ("maxspeed:hgv", "40"),
        ("service", "alley"),
    ],
)
def test_a_node_stays_where_something_matters_to_trucks(osm_file, key: str, value: str) -> None:
    """The street is one link, and two where an attribute begins half way."""
    plain = read_osm(osm_file(line(3), [(10, [1, 2], STREET), (11, [2, 3], STREET)]))
    assert pairs(plain) == [(1, 3), (3, 1)]
    changed = read_osm(
        osm_file(line(3), [(10, [1, 2], STREET), (11, [2, 3], {**STREET, key: value})])
    )
    assert pairs(changed) == [(1, 2), (2, 1), (2, 3), (3, 2)]


def test_numbers_decide_not_spelling(osm_file) -> None:
    """``50`` and ``50 km/h`` are the same limit: no node in between."""
    network = read_osm(
        osm_file(
            line(3),
            [
                (10, [1, 2], {**STREET, "maxspeed": "50"}),
                (11, [2, 3], {**STREET, "maxspeed": "50 km/h"}),
            ],
        )
    )
    assert pairs(network) == [(1, 3), (3, 1)]


def test_one_way_ring_street(osm_file) -> None:
    """A one-way street against its drawing direction closes a ring with a two-way street."""
    nodes = {1: (0, 0), 2: (0, 1), 3: (1, 1), 4: (1, 0)}
    network = read_osm(
        osm_file(
            nodes,
            [(10, [1, 2], STREET), (11, [1, 4, 3, 2], {**STREET, "oneway": "-1"})],
        )
    )
    assert pairs(network) == [(1, 2), (2, 1), (2, 1)]
    oneway = network.edges[network.edges["oneway"]].iloc[0]
    assert oneway["reversed"]
    assert oneway["osmid"] == "11"
    assert oneway.name == (2, 1, 1)


def test_directional_tags_go_to_their_direction(osm_file) -> None:
    """``maxspeed:backward`` and ``hgv:forward`` hold in one direction; shape points still go."""
    tags = {
        **STREET, "maxspeed": "50", "maxspeed:backward": "30", "hgv:forward": "no",
    }  # fmt: skip
    network = read_osm(osm_file(line(3), [(10, [1, 2, 3], tags)]))
    there, back = only(network, 1, 3), only(network, 3, 1)
    assert (there["maxspeed_kmh"], back["maxspeed_kmh"]) == (50, 30)
    assert (there["hgv"], back["hgv"]) == ("no", None)


def test_one_way_for_lorries_only(osm_file) -> None:
    """``oneway:hgv=yes`` closes the way back to lorries; ``no`` opens it to them alone."""
    ring = {1: (0, 0), 2: (0, 1), 3: (1, 0)}
    network = read_osm(
        osm_file(
            ring,
            [
                (10, [1, 2], {**STREET, "oneway:hgv": "yes"}),
                (11, [2, 3], {"highway": "tertiary"}),
                (12, [3, 1], {"highway": "primary", "oneway": "yes", "oneway:hgv": "no"}),
            ],
        )
    )
    assert only(network, 1, 2)["hgv"] is None
    assert only(network, 2, 1)["hgv"] == "no"
    assert only(network, 3, 1)["motor_vehicle"] is None
    back = only(network, 1, 3)
    assert (back["motor_vehicle"], back["hgv"]) == ("no", "yes")


@pytest.mark.parametrize("kind", ["roundabout", "circular"])
def test_roundabout_with_one_arm_is_a_loop(osm_file, kind: str) -> None:
    """A closed one-way way on one arm is one link from the junction to itself."""
    nodes = {1: (0, 0), 2: (0, 1), 3: (1, 2), 4: (-1, 2)}
    network = read_osm(
        osm_file(nodes, [(10, [1, 2], STREET), (11, [2, 3, 4, 2], {**STREET, "junction": kind})])
    )
    assert pairs(network) == [(1, 2), (2, 1), (2, 2)]
    assert only(network, 2, 2)["oneway"]
    assert only(network, 2, 2)["junction"] == kind


def test_two_way_loop_has_two_keys(osm_file) -> None:
    """A two-way cul-de-sac loop is two links from its junction to itself, twins of each other."""
    nodes = {1: (0, 0), 2: (0, 1), 3: (1, 2), 4: (-1, 2)}
    network = read_osm(osm_file(nodes, [(10, [1, 2], STREET), (11, [2, 3, 4, 2], STREET)]))
    assert [tuple(index) for index in network.edges.index] == [
        (1, 2, 0), (2, 1, 0), (2, 2, 0), (2, 2, 1),
    ]  # fmt: skip
    assert list(network.arrays.twin) == [1, 0, 3, 2]


@pytest.mark.parametrize(("oneway", "links"), [("yes", 1), ("no", 2)])
def test_a_ring_alone_is_cut_at_its_lowest_node(osm_file, oneway: str, links: int) -> None:
    """A town of one ring road is a network: cut at one node, the whole way round long."""
    nodes = {5: (0, 0), 2: (0, 1), 3: (1, 1)}
    path = osm_file(nodes, [(10, [5, 2, 3, 5], {**STREET, "oneway": oneway})])
    network = read_osm(path)
    assert pairs(network) == [(2, 2)] * links
    assert network.nodes.index.tolist() == [2]
    assert network.edges.iloc[0]["geometry"].is_ring


def test_parallel_streets_have_keys(osm_file) -> None:
    """Two streets between the same junctions are two links each way."""
    nodes = {1: (0, 0), 2: (0, 1), 3: (1, 0.5), 4: (0, 2), 5: (0, -1)}
    network = read_osm(
        osm_file(
            nodes,
            [(10, [5, 1, 2, 4], STREET), (11, [1, 3, 2], STREET)],
        )
    )
    assert [tuple(i) for i in network.edges.index if set(i[:2]) == {1, 2}] == [
        (1, 2, 0), (1, 2, 1), (2, 1, 0), (2, 1, 1),
    ]  # fmt: skip


def test_a_road_drawn_twice_is_one_road(osm_file) -> None:
    """A second way over the same nodes with the same tags adds nothing; it is counted."""
    network = read_osm(osm_file(line(3), [(10, [1, 2, 3], STREET), (11, [3, 2, 1], STREET)]))
    assert pairs(network) == [(1, 3), (3, 1)]
    assert network.report["repeated_pieces_dropped"] == 4


def test_repeated_nodes_make_no_loops(osm_file) -> None:
    """A node written twice in a row is one node."""
    network = read_osm(osm_file(line(3), [(10, [1, 2, 2, 3], STREET)]))
    assert pairs(network) == [(1, 3), (3, 1)]


def test_clipped_ways_are_cut_at_the_gap(osm_file) -> None:
    """A way that leaves the extract and re-enters it is two pieces; nothing joins them."""
    nodes = {1: (0, 0), 2: (0, 1), 5: (2, 1), 6: (2, 0)}
    network = read_osm(
        osm_file(
            nodes,
            [(10, [1, 2, 3, 4, 5, 6], STREET), (11, [1, 6], {**STREET, "lanes": "2"})],
        )
    )
    assert pairs(network) == [(1, 2), (1, 6), (2, 1), (5, 6), (6, 1), (6, 5)]
    assert network.report["ways_cut_at_missing_nodes"] == 1


@pytest.mark.parametrize("order", ["ways first", "negative ids"])
def test_files_in_any_order_and_of_editors(osm_file, tmp_path: Path, order: str) -> None:
    """Ways may stand before their nodes, and an editor's new objects have negative ids."""
    sign = -1 if order == "negative ids" else 1
    path = osm_file(
        {sign * 1: (0, 0), sign * 2: (0, 1)}, [(sign * 10, [sign * 1, sign * 2], STREET)]
    )
    if order == "ways first":
        text = path.read_text()
        start, stop = text.index("<way"), text.index("</way>") + len("</way>")
        way = text[start:stop]
        text = text.replace(way, "").replace('<osm version="0.6">', '<osm version="0.6">' + way)
        path.write_text(text)
    network = read_osm(path)
    assert len(network.edges) == 2
    assert network.edges["length_m"].iloc[0] == pytest.approx(METRES_PER_MILLIDEGREE)


@pytest.mark.parametrize(
    "tags",
    [
        {"highway": "footway"},
        {"highway": "track"},
        {"highway": "busway"},
        {"highway": "construction", "construction": "primary"},
        {"highway": "proposed"},
        {"highway": "pedestrian"},
        {"highway": "service", "area": "yes"},
        {"highway": "primary", "oneway": "reversible"},
        {"railway": "rail"},
    ],
)
def test_what_no_freight_vehicle_uses_is_left_out(osm_file, tags: dict[str, str]) -> None:
    """Such ways make no links and no junctions."""
    nodes = {1: (0, 0), 2: (0, 1), 3: (0, 2), 4: (1, 1)}
    network = read_osm(osm_file(nodes, [(10, [1, 2, 3], STREET), (11, [2, 4], tags)]))
    assert pairs(network) == [(1, 3), (3, 1)]


def test_closed_roads_are_kept_and_recorded(osm_file) -> None:
    """Private roads hanging on the network stay in it with their tag."""
    nodes = {1: (0, 0), 2: (0, 1), 3: (0, 2), 4: (1, 1)}
    network = read_osm(
        osm_file(nodes, [(10, [1, 2, 3], STREET), (11, [2, 4], {**STREET, "access": "private"})])
    )
    assert only(network, 2, 4)["access"] == "private"


def test_the_main_part_is_strongly_connected_over_open_roads(osm_file) -> None:
    """One-way dead ends go, and so do streets that only a private road reaches."""
    nodes = {k: (k, 0) for k in range(1, 10)}
    network = read_osm(
        osm_file(
            nodes,
            [
                (10, [1, 2, 3, 4], STREET),
                (11, [4, 5], {**STREET, "oneway": "yes"}),  # in, never out again
                (12, [4, 6], {**STREET, "access": "private"}),
                (13, [6, 7], STREET),  # beyond private ground
                (14, [8, 9], STREET),  # elsewhere
            ],
        )
    )
    assert pairs(network) == [(1, 4), (4, 1), (4, 6), (6, 4)]
    islands = network.report["islands"]
    assert islands["parts"] == 3
    assert islands["edges"] == 1 + 2 + 2


def test_bollards_end_roads_and_gates_do_not(osm_file) -> None:
    """Nothing passes a bollard; the road beyond it is an island unless another way leads there."""
    nodes = {1: (0, 0), 2: (0, 1, {"barrier": "bollard"}), 3: (0, 3), 4: (1, 0)}
    street = [(10, [1, 2, 3], STREET)]
    network = read_osm(osm_file(nodes, street))
    assert pairs(network) == [(2, 3), (3, 2)]
    assert network.report["barriers"]["blocking"] == 1

    around = [*street, (11, [1, 4, 3], STREET)]
    network = read_osm(osm_file(nodes, around))
    assert pairs(network) == [(1, 2), (1, 3), (2, 1), (2, 3), (3, 1), (3, 2)] or pairs(network) == [
        (2, 2),
        (2, 2),
    ]
    for tags in ({"barrier": "gate"}, {"barrier": "bollard", "motor_vehicle": "yes"}):
        opened = read_osm(osm_file({**nodes, 2: (0, 1, tags)}, street))
        assert pairs(opened) == [(1, 3), (3, 1)]
        assert not opened.turn_restrictions
    shut = read_osm(osm_file({**nodes, 2: (0, 1, {"barrier": "gate", "access": "no"})}, street))
    assert pairs(shut) == [(2, 3), (3, 2)]


def test_a_bollard_forbids_the_way_through_but_not_back(osm_file) -> None:
    """Where both sides stay in the network, movements through the bollard are forbidden."""
    nodes = {
        1: (0, 0), 2: (0, 1, {"barrier": "bollard"}), 3: (0, 2), 4: (1, 1), 5: (-1, 0), 6: (-1, 2),
    }  # fmt: skip
    network = read_osm(
        osm_file(nodes, [(10, [5, 1, 2, 3, 6], STREET), (11, [1, 4, 3], {**STREET, "lanes": "2"})])
    )
    numbers = {pair: n for n, pair in enumerate(pairs(network))}
    forbidden = {turn.edges for turn in network.turn_restrictions}
    assert forbidden == {
        (numbers[1, 2], numbers[2, 3]),
        (numbers[3, 2], numbers[2, 1]),
    }


def test_a_height_bar_limits_the_road_at_it(osm_file) -> None:
    """The limit of a node is carried by the pieces of road that touch it."""
    nodes = {**line(5), 3: (0, 2, {"barrier": "height_restrictor", "maxheight": "2.1"})}
    network = read_osm(osm_file(nodes, [(10, [1, 2, 3, 4, 5], STREET)]))
    assert pairs(network) == [(1, 2), (2, 1), (2, 4), (4, 2), (4, 5), (5, 4)]
    assert only(network, 2, 4)["maxheight_m"] == 2.1
    assert math.isnan(only(network, 1, 2)["maxheight_m"])


def test_node_highway_tags_are_kept(osm_file) -> None:
    """Traffic signals at junctions are known."""
    nodes = {1: (0, 0, {"highway": "traffic_signals"}), 2: (0, 1)}
    network = read_osm(osm_file(nodes, [(10, [1, 2], STREET)]))
    assert network.nodes["highway"].tolist() == ["traffic_signals", None]


def test_limits_and_conditions_reach_the_table(osm_file) -> None:
    """Limits become numbers with units, conditional tags stay text, unknown stays unknown."""
    tags = {
        **STREET, "maxheight": "12'6\"", "maxweight": "7.5 t", "maxweightrating": "5",
        "maxaxleload": "none", "maxlength": "about ten", "lanes": "0", "toll": "no",
        "maxspeed:hgv": "40", "maxweight:conditional": "3.5 @ (22:00-06:00)",
        "hgv:conditional": "no @ (Mo-Fr 07:00-10:00)",
    }  # fmt: skip
    network = read_osm(osm_file(line(2), [(10, [1, 2], tags)]))
    link = only(network, 1, 2)
    assert link["maxheight_m"] == pytest.approx(3.81)
    assert link["maxweight_t"] == 5
    assert math.isnan(link["maxaxleload_t"])
    assert math.isnan(link["maxlength_m"])
    assert math.isnan(link["lanes"])
    assert not link["toll"]
    assert link["maxspeed_hgv_kmh"] == 40
    assert link["conditional"] == (
        "hgv:conditional=no @ (Mo-Fr 07:00-10:00) | maxweight:conditional=3.5 @ (22:00-06:00)"
    )
    # Once for each direction of the one way.
    assert network.report["values_not_understood"] == {"maxlength=about ten": 2}


def test_words_without_meaning_are_counted(osm_file) -> None:
    """Unknown access and one-way values neither open nor close a road; the report names them."""
    tags = {**STREET, "access": "whatever", "oneway": "yes; no"}
    network = read_osm(osm_file(line(2), [(10, [1, 2], tags)]))
    assert pairs(network) == [(1, 2), (2, 1)]
    assert network.report["values_not_understood"] == {"access=whatever": 1, "oneway=yes; no": 1}


def test_conditions_of_other_modes_change_nothing(osm_file) -> None:
    """A condition for bicycles or buses makes no node and is not kept."""
    other = {"oneway:bicycle:conditional": "no @ (Su)", "access:bus:conditional": "no @ (Su)"}
    network = read_osm(osm_file(line(3), [(10, [1, 2], STREET), (11, [2, 3], {**STREET, **other})]))
    assert pairs(network) == [(1, 3), (3, 1)]
    assert only(network, 1, 3)["conditional"] is None


def test_compressed_and_binary_files_are_the_same_network(osm_file, tmp_path: Path) -> None:
    """All four kinds of file give equal tables."""
    osmium = pytest.importorskip("osmium")
    path = osm_file(line(4), [(10, [1, 2, 3, 4], {**STREET, "maxspeed": "30"})])
    (tmp_path / "a.osm.gz").write_bytes(gzip.compress(path.read_bytes()))
    (tmp_path / "a.osm.bz2").write_bytes(bz2.compress(path.read_bytes()))
    with osmium.SimpleWriter(str(tmp_path / "a.osm.pbf")) as writer:
        for item in osmium.FileProcessor(str(path)):
            writer.add(item)
    expected = read_osm(path).edges
    for name in ("a.osm.gz", "a.osm.bz2", "a.osm.pbf"):
        found = read_osm(str(tmp_path / name)).edges
        assert found.equals(expected), name


def test_bad_files_are_named(osm_file, tmp_path: Path) -> None:
    """Missing, empty, truncated, foreign: one clear error that names the file."""
    good = osm_file(line(2), [(10, [1, 2], STREET)])
    cases = {
        "missing.osm.pbf": None,
        "empty.osm.pbf": b"",
        "text.osm.pbf": b"hello" * 100,
        "page.osm": b"<html></html>",
        "cut.osm": good.read_bytes()[:-30],
        "bad.osm.gz": b"garbage",
        "bad.osm.bz2": b"garbage",
        "roads.txt": good.read_bytes(),
        "far.osm": good.read_bytes().replace(b'lon="-70.0000000"', b'lon="-700"'),
    }
    for name, data in cases.items():
        path = tmp_path / name
        if data is not None:
            path.write_bytes(data)
        with pytest.raises(InputError, match=name.replace(".", r"\.")):
            read_osm(path)
    with pytest.raises(InputError, match="exists"):
        read_osm(tmp_path)


def test_files_without_a_network_are_named(osm_file) -> None:
    """No drivable road, or only a one-way road to nowhere: NetworkDataError with the file."""
    with pytest.raises(NetworkDataError, match=r"roads\.osm: holds no road"):
        read_osm(osm_file(line(2), [(10, [1, 2], {"highway": "footway"})]))
    with pytest.raises(NetworkDataError, match=r"roads\.osm: holds no road"):
        read_osm(osm_file({}, []))
    with pytest.raises(NetworkDataError, match="come back"):
        read_osm(osm_file(line(2), [(10, [1, 2], {**STREET, "oneway": "yes"})]))
    with pytest.raises(NetworkDataError, match="come back"):
        read_osm(osm_file({}, [(10, [1, 2], STREET)]))


@pytest.mark.parametrize("country", ["Chile", "C1", ""])
def test_country_must_be_a_code(osm_file, country: str) -> None:
    """A name of a country is not its code."""
    with pytest.raises(InputError, match="two-letter"):
        read_osm(osm_file(line(2), [(10, [1, 2], STREET)]), country=country)


def test_reading_twice_gives_the_same_and_tells_progress(osm_file) -> None:
    """Deterministic; progress goes from 0 to 1."""
    path = osm_file(line(3), [(10, [1, 2, 3], STREET)])
    told: list[float] = []
    first, second = read_osm(path, progress=told.append), read_osm(path)
    assert first.edges.equals(second.edges)
    assert first.nodes.equals(second.nodes)
    assert told[0] == 0.0
    assert told[-1] == 1.0
    assert told == sorted(told)


def test_the_list_of_classes_is_a_default(osm_file) -> None:
    """A study may take tracks, or leave service roads out; the rows used are recorded."""
    path = osm_file(line(3), [(10, [1, 2], STREET), (11, [2, 3], {"highway": "service"})])
    network = read_osm(path, defaults=Defaults({"network_classes:service": "excluded"}))
    assert pairs(network) == [(1, 2), (2, 1)]
    assert "network_classes:service" in network.provenance


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "country"),
    [
        ("callao_pe", "PE"),
        ("guadalajara_mx", "MX"),
        ("campo_grande_br", "BR"),
        ("sao_paulo_br", "BR"),
    ],
)
def test_real_extracts_make_sound_networks(shared_data: Path, name: str, country: str) -> None:
    """Lengths agree with the ellipsoid, lines with their nodes, edges with their order."""
    network = read_osm(shared_data / "data" / "osm" / f"{name}.osm.pbf", country=country)
    edges = network.edges
    metric = network.edges_metric.length.to_numpy()
    # Sphere against ellipsoid and the scale of the UTM zone: within 1 %.
    np.testing.assert_allclose(metric, edges["length_m"], rtol=0.01, atol=0.01)
    starts = [geometry.coords[0] for geometry in edges.geometry]
    at = network.nodes.loc[edges.index.get_level_values(0), ["x", "y"]].to_numpy()
    np.testing.assert_array_equal(np.array(starts), at)
    assert (edges["speed_free_kmh"] > 0).all()
    assert (edges["length_m"] > 0).all()
    assert network.report["edges"] == len(edges)
    assert network.crs_metric == network.nodes.estimate_utm_crs()
    assert network.report["country_speeds"]
    assert sum(network.report["speed_source_share"].values()) == pytest.approx(1)
    twin = network.arrays.twin
    paired = np.flatnonzero(twin >= 0)
    np.testing.assert_array_equal(twin[twin[paired]], paired)
    if name == "campo_grande_br":
        assert network.report["ways_cut_at_missing_nodes"] == 183
    if name == "sao_paulo_br":
        assert (edges["hgv"] == "no").any()


@pytest.mark.shared
def test_truncated_pbf(shared_data: Path, tmp_path: Path) -> None:
    """Half a file is not a smaller city."""
    whole = shared_data / "data" / "osm" / "oakland_us.osm.pbf"
    shutil.copy(whole, tmp_path / "half.osm.pbf")
    (tmp_path / "half.osm.pbf").chmod(0o644)
    with (tmp_path / "half.osm.pbf").open("r+b") as handle:
        handle.truncate(whole.stat().st_size // 2)
    with pytest.raises(InputError, match=r"half\.osm\.pbf"):
        read_osm(tmp_path / "half.osm.pbf")


def test_a_pbf_cut_anywhere_is_refused_or_has_whole_blocks(osm_file, tmp_path: Path) -> None:
    """Of all places where a download may stop, only the ends of blocks go unnoticed."""
    whole = tmp_path / "whole.osm.pbf"
    with osmium.SimpleWriter(str(whole)) as out:
        for item in osmium.FileProcessor(str(osm_file(line(3), [(10, [1, 2, 3], STREET)]))):
            out.add(item)
    data = whole.read_bytes()
    ends = []
    for size in range(1, len(data) + 1):
        path = tmp_path / "cut.osm.pbf"
        path.write_bytes(data[:size])
        try:
            read_osm(path)
        except InputError as error:
            assert "whole OpenStreetMap file" in str(error)  # noqa: PT017
        except NetworkDataError:
            ends.append(size)  # whole blocks, without the roads
        else:
            ends.append(size)
    assert ends[-1] == len(data)
    assert len(ends) == 3  # after the header, the nodes, the ways


def test_the_history_of_a_map_is_no_map(osm_file, tmp_path: Path) -> None:
    """Files of all versions or of changes would give roads that are long gone."""
    good = osm_file(line(2), [(10, [1, 2], STREET)])
    changes = tmp_path / "changes.osm"
    text = good.read_text().replace('<osm version="0.6">', '<osmChange version="0.6"><create>')
    changes.write_text(text.replace("</osm>", "</create></osmChange>"))
    history = tmp_path / "history.osh.pbf"
    header = osmium.io.Header()
    header.has_multiple_object_versions = True
    with osmium.SimpleWriter(str(history), header=header) as out:
        for item in osmium.FileProcessor(str(good)):
            out.add(item)
    for path in (changes, history):
        with pytest.raises(InputError, match="history"):
            read_osm(path)
