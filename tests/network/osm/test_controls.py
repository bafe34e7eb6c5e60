"""Signals and stop signs belong to the links whose drivers they stop."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from geofleet.defaults import Defaults
from geofleet.errors import InputError
from geofleet.network import RoadNetwork, read_osm

STREET = {"highway": "residential"}
AVENUE = {"highway": "primary"}
LIGHTS = {"highway": "traffic_signals"}
STOP = {"highway": "stop"}
# Nodes are 0.001 degrees apart: 111 m north, 96 m east.
NEAR = 0.2  # 22 m


def count(network: RoadNetwork, column: str = "signals") -> dict[tuple[int, int], float]:
    """Numbers above zero by (u, v)."""
    values = network.edges[column]
    return {(u, v): n for (u, v, _), n in values.items() if n}


@pytest.fixture
def crossing(osm_file):
    """Return a reader of a crossing of an avenue (1-5-2) and a street (3-5-4).

    ``tags`` are those of the middle node; ``extra`` nodes stand on the avenue west of it.
    """

    def read(tags=None, extra=(), **changes) -> RoadNetwork:
        nodes = {1: (-3, 0), 2: (3, 0), 3: (0, -3), 4: (0, 3), 5: (0, 0, tags or {})}
        nodes |= {6 + i: (x, 0, given) for i, (x, given) in enumerate(extra)}
        west = [6 + i for i in range(len(extra))]
        ways = [
            (10, [1, *west, 5, 2], {**AVENUE, **changes}),
            (11, [3, 5, 4], STREET),
        ]
        return read_osm(osm_file(nodes, ways))

    return read


def test_a_signal_at_a_junction_stops_all_who_enter_it(crossing) -> None:
    """Four links lead to it and count one each; those that leave it count none."""
    network = crossing(LIGHTS)
    assert count(network) == {(1, 5): 1, (2, 5): 1, (3, 5): 1, (4, 5): 1}
    assert count(network, "stop_signs") == {}
    assert network.report["traffic_control"] == {
        "nodes": {"traffic_signals": 1}, "links_with_signals": 4, "links_with_stop_signs": 0,
        "signals": 4.0, "stop_signs": 0.0,
    }  # fmt: skip


def test_a_network_without_signals_reads_no_rows(crossing) -> None:
    """Columns of zeros, and nothing of the table in the record."""
    network = crossing()
    assert (network.edges[["signals", "stop_signs"]].to_numpy() == 0).all()
    assert not [row for row in network.provenance if row.startswith("traffic_control")]


def test_signals_at_stop_lines_are_for_those_who_drive_to_the_junction(crossing) -> None:
    """A node 22 m before the junction: the way in counts it, the way out does not."""
    network = crossing(extra=[(-NEAR, LIGHTS)])
    assert count(network) == {(1, 5): 1}


def test_a_signal_far_from_junctions_stops_both_directions(crossing) -> None:
    """In the middle of a street, 111 m away, it is a signal for all."""
    assert count(crossing(extra=[(-1.5, LIGHTS)])) == {(1, 5): 1, (5, 1): 1}


@pytest.mark.parametrize("key", ["traffic_signals:direction", "direction"])
@pytest.mark.parametrize(("value", "link"), [("forward", (1, 5)), ("backward", (5, 1))])
@pytest.mark.parametrize("x", [-NEAR, -1.5])
def test_direction_tags_decide(crossing, key: str, value: str, link, x: float) -> None:
    """Forward is the drawing direction of the way, wherever the node stands."""
    assert count(crossing(extra=[(x, {**LIGHTS, key: value})])) == {link: 1}


def test_direction_follows_the_way_and_not_the_table(osm_file) -> None:
    """On a way drawn west, forward is westwards; on a one-way street against it, nobody stops."""
    nodes = {1: (-3, 0), 2: (0, 0, {}), 3: (-1.5, 0, {**STOP, "direction": "forward"})}
    network = read_osm(osm_file(nodes, [(10, [2, 3, 1], AVENUE)]))
    assert count(network, "stop_signs") == {(2, 1): 1}
    nodes[4] = (-1.5, 1)
    ways = [(10, [2, 3, 1], {**AVENUE, "oneway": "-1"}), (11, [1, 4, 2], {**STREET})]
    assert count(read_osm(osm_file(nodes, ways)), "stop_signs") == {}


def test_signals_of_one_junction_count_once(crossing) -> None:
    """Stop line, crossing and junction node within 40 m: one signal in, none out."""
    foot = {"highway": "crossing", "crossing": "traffic_signals"}
    network = crossing(LIGHTS, extra=[(-2 * NEAR, LIGHTS), (-NEAR / 2, foot)])
    assert count(network)[(1, 5)] == 1
    assert (5, 1) not in count(network)
    apart = crossing(LIGHTS, extra=[(-1.5, LIGHTS)])
    assert count(apart)[(1, 5)] == 2
    assert count(apart)[(5, 1)] == 1


def test_the_distance_is_a_row(osm_file, crossing) -> None:
    """With 0 m every node is a signal of its own; a share above one is refused by name."""
    nodes = {1: (-3, 0), 2: (3, 0), 3: (0, -3), 4: (0, 3), 5: (0, 0, LIGHTS), 6: (-NEAR, 0, LIGHTS)}
    path = osm_file(nodes, [(10, [1, 6, 5, 2], AVENUE), (11, [3, 5, 4], STREET)])
    own = Defaults({"traffic_control:signal.merge_m": 0})
    assert count(read_osm(path, defaults=own))[(1, 5)] == 2
    wrong = {"traffic_control:crossing.signals": 3, "traffic_control:signal.merge_m": -1}
    with pytest.raises(InputError) as caught:
        read_osm(path, defaults=Defaults(wrong))
    assert [p.field for p in caught.value.problems] == ["crossing.signals", "signal.merge_m"]


def test_links_inside_a_junction_of_two_carriageways_count_none(osm_file) -> None:
    """A street crosses two carriageways 22 m apart: one signal from either side."""
    nodes = {
        1: (-3, 0), 2: (0, 0, LIGHTS), 3: (3, 0), 4: (-3, NEAR), 5: (0, NEAR, LIGHTS), 6: (3, NEAR),
        7: (0, -3), 8: (0, 3),
    }  # fmt: skip
    ways = [
        (10, [1, 2, 3], {**AVENUE, "oneway": "yes"}),
        (11, [6, 5, 4], {**AVENUE, "oneway": "yes"}),
        (12, [7, 2, 5, 8], STREET), (13, [4, 1], STREET), (14, [3, 6], STREET),
    ]  # fmt: skip
    assert count(read_osm(osm_file(nodes, ways))) == {(1, 2): 1, (6, 5): 1, (7, 2): 1, (8, 5): 1}


def test_a_stop_line_where_the_way_changes_is_not_passed_twice(osm_file) -> None:
    """The link cut at the stop line has the signal; the short rest of the way has no second."""
    nodes = {1: (-3, 0), 2: (3, 0), 3: (0, -3), 4: (0, 3), 5: (0, 0, LIGHTS), 6: (-NEAR, 0, LIGHTS)}
    ways = [
        (10, [1, 6], {**AVENUE, "lanes": "2"}), (11, [6, 5, 2], {**AVENUE, "lanes": "3"}),
        (12, [3, 5, 4], STREET),
    ]  # fmt: skip
    found = count(read_osm(osm_file(nodes, ways)))
    assert found == {(1, 6): 1, (2, 5): 1, (3, 5): 1, (4, 5): 1}


def test_pedestrian_signals_are_shares_and_other_lights_none(crossing) -> None:
    """A signalled crossing counts as its row; zebras, blinkers and ramp meters do not count."""
    share = Defaults().number("traffic_control", "crossing.signals")
    for tags in (
        {"highway": "crossing", "crossing": "traffic_signals"},
        {"highway": "crossing", "crossing:signals": "yes"},
    ):
        assert count(crossing(extra=[(-1.5, tags)])) == {(1, 5): share, (5, 1): share}
    for tags in (
        {"highway": "crossing", "crossing": "zebra"},
        {**LIGHTS, "traffic_signals": "ramp_meter"},
        {**LIGHTS, "traffic_signals": "blinker"},
    ):
        assert count(crossing(extra=[(-1.5, tags)])) == {}
    both = {"highway": "crossing;traffic_signals"}
    assert count(crossing(extra=[(-1.5, both)])) == {(1, 5): 1, (5, 1): 1}


def test_stop_signs_on_a_junction_bind_the_smaller_road(crossing) -> None:
    """Minor: the street; ``stop=all``, or roads of one class: everyone; a yield is a share."""
    assert count(crossing(STOP), "stop_signs") == {(3, 5): 1, (4, 5): 1}
    everyone = {(1, 5): 1, (2, 5): 1, (3, 5): 1, (4, 5): 1}
    assert count(crossing({**STOP, "stop": "all"}), "stop_signs") == everyone
    assert count(crossing(STOP, highway="residential"), "stop_signs") == everyone
    share = Defaults().number("traffic_control", "give_way.stop_signs")
    assert count(crossing({"highway": "give_way"}), "stop_signs") == {(3, 5): share, (4, 5): share}
    small = Defaults().number("traffic_control", "mini_roundabout.stop_signs")
    island = crossing({"highway": "mini_roundabout", "direction": "clockwise"})
    assert count(island, "stop_signs") == dict.fromkeys(everyone, small)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "country", "nodes", "links"),
    [("guadalajara_mx", "MX", 51, (50, 90)), ("honolulu_us", "US", 592, (1200, 1600)),
     ("porto_alegre_br", "BR", 1630, (2000, 3000))],
)  # fmt: skip
def test_signals_of_real_cities(
    shared_data: Path, name: str, country: str, nodes: int, links: tuple[int, int]
) -> None:
    """Each is on one to four links, none is lost, and reading twice gives the same."""
    path = shared_data / "data" / "osm" / f"{name}.osm.pbf"
    network = read_osm(path, country=country)
    report = network.report["traffic_control"]
    assert report["nodes"]["traffic_signals"] == nodes
    assert links[0] < report["links_with_signals"] < links[1]
    signals = network.edges["signals"]
    assert signals.sum() == pytest.approx(report["signals"])
    assert 0.5 * nodes < signals.sum() < 4 * nodes
    assert not signals.isna().any()
    np.testing.assert_array_equal(signals, read_osm(path, country=country).edges["signals"])
