"""Restriction relations become the movements they forbid or command; bad ones are counted."""

from __future__ import annotations

import pytest

from geofleet.network import read_osm

#        4
#        |12
#  1 -10- 2 -11- 3
#        |13
#        5
CROSS = {1: (-1, 0), 2: (0, 0), 3: (1, 0), 4: (0, 1), 5: (0, -1)}
ARMS = [
    (10, [1, 2], {"highway": "primary"}),
    (11, [2, 3], {"highway": "primary"}),
    (12, [2, 4], {"highway": "residential"}),
    (13, [5, 2], {"highway": "residential"}),
]
TYPE = {"type": "restriction"}


def members(origin: int, via: int, target: int) -> list[tuple[str, int, str]]:
    return [("w", origin, "from"), ("n", via, "via"), ("w", target, "to")]


def read(osm_file, relations, nodes=CROSS, ways=ARMS):
    network = read_osm(osm_file(nodes, ways, relations))
    pairs = [(u, v) for u, v, _ in network.edges.index]
    turns = [
        (tuple(pairs[edge] for edge in turn.edges), turn.only, turn.scope, turn.excepted)
        for turn in network.turn_restrictions
    ]
    return turns, network.report["turn_restrictions"]


def test_no_turn_over_a_node(osm_file) -> None:
    """``no_left_turn`` from 10 over 2 to 12 is the pair of links 1→2, 2→4."""
    relation = (7, {**TYPE, "restriction": "no_left_turn"}, members(10, 2, 12))
    turns, report = read(osm_file, [relation])
    assert turns == [(((1, 2), (2, 4)), False, "all", ())]
    assert report == {"relations": 1, "used": 1, "from_barriers": 0, "ignored": {}}


def test_only_and_exceptions_and_lorries(osm_file) -> None:
    """``only_*`` is marked so; ``except`` and ``restriction:hgv`` keep their vehicles."""
    turns, _ = read(
        osm_file,
        [
            (7, {**TYPE, "restriction": "only_straight_on", "except": "psv; bicycle"},
             members(10, 2, 11)),
            (8, {**TYPE, "restriction:hgv": "no_right_turn"}, members(10, 2, 13)),
        ],
    )  # fmt: skip
    assert turns == [
        (((1, 2), (2, 3)), True, "all", ("psv", "bicycle")),
        (((1, 2), (2, 5)), False, "hgv", ()),
    ]


def test_no_u_turn_on_one_way(osm_file) -> None:
    """From and to the same way: back over the same piece of road."""
    turns, _ = read(osm_file, [(7, {**TYPE, "restriction": "no_u_turn"}, members(10, 2, 10))])
    assert turns == [(((1, 2), (2, 1)), False, "all", ())]


def test_several_entries(osm_file) -> None:
    """``no_entry`` may have several from members: one movement each."""
    relation = (
        7,
        {**TYPE, "restriction": "no_entry"},
        [("w", 10, "from"), ("w", 13, "from"), ("n", 2, "via"), ("w", 12, "to")],
    )
    turns, report = read(osm_file, [relation])
    assert {turn[0] for turn in turns} == {((1, 2), (2, 4)), ((5, 2), (2, 4))}
    assert report["used"] == 1


def test_via_way(osm_file) -> None:
    """A u-turn over the link between two carriageways: three links in a row."""
    #  1 -10- 2 -11- 3
    #         |20
    #  6 -14- 5 -13- 4     (14 and 13 drawn westward)
    nodes = {1: (-1, 1), 2: (0, 1), 3: (1, 1), 4: (1, 0), 5: (0, 0), 6: (-1, 0)}
    ways = [
        (10, [1, 2], {"highway": "primary", "oneway": "yes"}),
        (11, [2, 3], {"highway": "primary", "oneway": "yes"}),
        (13, [4, 5], {"highway": "primary", "oneway": "yes"}),
        (14, [5, 6], {"highway": "primary", "oneway": "yes"}),
        (20, [2, 5], {"highway": "residential"}),
        (30, [3, 4], {"highway": "residential"}),
        (31, [6, 1], {"highway": "residential"}),
    ]
    relation = (
        7,
        {**TYPE, "restriction": "no_u_turn"},
        [("w", 10, "from"), ("w", 20, "via"), ("w", 14, "to")],
    )
    turns, _ = read(osm_file, [relation], nodes, ways)
    assert turns == [(((1, 2), (2, 5), (5, 6)), False, "all", ())]


def test_several_via_ways_through_a_junction(osm_file) -> None:
    """Via ways with a junction between them give a sequence of four links."""
    #  1 -10- 2 -20- 3 -21- 4 -11- 5, side street 22 at 3
    nodes = {1: (0, 0), 2: (1, 0), 3: (2, 0), 4: (3, 0), 5: (4, 0), 6: (2, 1), 7: (1, 1), 8: (3, 1)}
    ways = [
        (10, [1, 2], {"highway": "primary"}),
        (20, [2, 3], {"highway": "primary"}),
        (21, [3, 4], {"highway": "primary"}),
        (11, [4, 5], {"highway": "primary"}),
        (22, [3, 6], {"highway": "primary"}),
        (23, [2, 7], {"highway": "primary"}),
        (24, [4, 8], {"highway": "primary"}),
    ]
    relation = (
        7,
        {**TYPE, "restriction": "no_straight_on"},
        [("w", 10, "from"), ("w", 20, "via"), ("w", 21, "via"), ("w", 11, "to")],
    )
    turns, _ = read(osm_file, [relation], nodes, ways)
    assert turns == [(((1, 2), (2, 3), (3, 4), (4, 5)), False, "all", ())]


def test_merged_ways_are_still_found(osm_file) -> None:
    """A link made of two ways is found by the way that touches the junction."""
    nodes = {**CROSS, 9: (-2, 0)}
    ways = [*ARMS, (15, [9, 1], {"highway": "primary"})]
    turns, _ = read(
        osm_file, [(7, {**TYPE, "restriction": "no_left_turn"}, members(10, 2, 12))], nodes, ways
    )
    assert turns == [(((9, 2), (2, 4)), False, "all", ())]
    # Way 15 does not touch the junction: the relation is wrong.
    turns, report = read(
        osm_file, [(7, {**TYPE, "restriction": "no_left_turn"}, members(15, 2, 12))], nodes, ways
    )
    assert turns == []
    assert report["ignored"] == {"no such movement at the via node": 1}


@pytest.mark.parametrize(
    ("tags", "parts", "reason"),
    [
        (
            {"restriction:conditional": "no_left_turn @ (07:00-10:00)"},
            members(10, 2, 12),
            "conditional",
        ),
        ({"restriction": "no_left_turn", "hour_on": "07:00"}, members(10, 2, 12), "conditional"),
        ({}, members(10, 2, 12), "kind not understood"),
        ({"restriction": "left"}, members(10, 2, 12), "kind not understood"),
        (
            {"restriction:bicycle": "no_left_turn"},
            members(10, 2, 12),
            "does not bind motor vehicles",
        ),
        (
            {"restriction": "no_left_turn", "except": "motor_vehicle"},
            members(10, 2, 12),
            "does not bind motor vehicles",
        ),
        ({"restriction": "no_left_turn"}, members(10, 2, 99), "way not in the network"),
        (
            {"restriction": "no_left_turn"},
            members(10, 99, 12),
            "via node is no junction of the network",
        ),
        ({"restriction": "no_left_turn"}, [("w", 10, "from"), ("w", 12, "to")], "member missing"),
        ({"restriction": "no_left_turn"}, [("w", 10, "from"), ("n", 2, "via")], "member missing"),
        (
            {"restriction": "no_left_turn"},
            [*members(10, 2, 12), ("w", 13, "from")],
            "several members where one is expected",
        ),
        (
            {"restriction": "no_left_turn"},
            [*members(10, 2, 12), ("n", 1, "via")],
            "via is neither one node nor ways",
        ),
        (
            {"restriction": "no_left_turn"},
            [("w", 10, "from"), ("r", 5, "via"), ("w", 12, "to")],
            "via is neither one node nor ways",
        ),
        ({"restriction": "no_left_turn"}, members(10, 2, 10), "from and to are the same way"),
        ({"restriction": "no_left_turn"}, members(10, 3, 12), "no such movement at the via node"),
        (
            {"restriction": "no_left_turn"},
            [("w", 10, "from"), ("w", 13, "via"), ("w", 11, "to")],
            "no such movement over the via ways",
        ),
    ],
)
def test_what_cannot_be_used_is_counted(osm_file, tags, parts, reason: str) -> None:
    """Nothing crashes; each relation left out has its reason."""
    turns, report = read(osm_file, [(7, {**TYPE, **tags}, parts)])
    assert turns == []
    assert report["ignored"] == {reason: 1}
    assert report["used"] == 0


def test_a_way_through_the_via_node_is_ambiguous(osm_file) -> None:
    """When the from way runs through the junction, it is not known from which side to turn."""
    ways = [
        (10, [1, 2, 3], {"highway": "primary"}),
        (12, [2, 4], {"highway": "residential"}),
    ]
    turns, report = read(
        osm_file, [(7, {**TYPE, "restriction": "no_left_turn"}, members(10, 2, 12))], CROSS, ways
    )
    assert turns == []
    assert report["ignored"] == {"a way passes through the via node": 1}
