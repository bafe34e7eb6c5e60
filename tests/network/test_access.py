"""Each vehicle may use what its tags and limits say, and nothing unknown is forbidden."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geofleet.defaults import Defaults, read_table
from geofleet.network import VehicleProfile, access_codes, allowed_edges, edge_speeds_kmh, read_osm
from geofleet.network.access import AccessWords, limits_unknown

VAN = VehicleProfile("van", 3500, 2.6, 2.0, 6.0, 2000, 120)
TRUCK = VehicleProfile("truck", 16000, 3.8, 2.5, 9.0, 10500, 90)


def codes_of(osm_file, tags: dict[str, str], profile: VehicleProfile) -> int:
    """Access code of a street with some tags, at the end of a plain street."""
    path = osm_file(
        {1: (0, 0), 2: (0, 1), 3: (0, 2)},
        [
            (10, [1, 2], {"highway": "primary"}),
            (11, [2, 3], {"highway": "residential", **tags}),
        ],
    )
    network = read_osm(path)
    codes = access_codes(network, profile)
    allowed = allowed_edges(network, profile)
    assert codes.dtype == np.int8
    assert allowed.dtype == bool
    np.testing.assert_array_equal(allowed, codes > 0)
    position = [(u, v) for u, v, _ in network.edges.index].index((2, 3))
    return int(codes[position])


@pytest.mark.parametrize(
    ("tags", "van", "truck"),
    [
        ({}, 1, 1),
        ({"access": "yes"}, 1, 1),
        ({"access": "private"}, 0, 0),
        ({"access": "no"}, 0, 0),
        ({"access": "destination"}, 2, 2),
        ({"access": "customers"}, 2, 2),
        ({"access": "delivery"}, 2, 2),
        ({"access": "no", "motor_vehicle": "yes"}, 1, 1),
        ({"vehicle": "no"}, 0, 0),
        ({"vehicle": "no", "motor_vehicle": "destination"}, 2, 2),
        ({"motor_vehicle": "Private"}, 0, 0),
        ({"hgv": "no"}, 1, 0),
        ({"hgv": "destination"}, 1, 2),
        ({"hgv": "delivery"}, 1, 2),
        ({"access": "no", "hgv": "designated"}, 0, 1),
        ({"motor_vehicle": "no", "hgv": "yes"}, 0, 1),
        ({"goods": "no"}, 0, 0),
        ({"goods": "no", "hgv": "yes"}, 0, 1),
        ({"motor_vehicle": "no", "goods": "yes"}, 1, 0),
        ({"access": "whatever"}, 1, 1),
        ({"access": "private", "motor_vehicle": "whatever"}, 0, 0),
        ({"access": "agricultural;destination"}, 2, 2),
        ({"access": "private;yes"}, 1, 1),
        ({"hgv:conditional": "no @ (07:00-19:00)"}, 1, 1),
        ({"maxheight": "3.5"}, 1, 0),
        ({"maxheight": "3.8"}, 1, 1),
        ({"maxheight": "2.1"}, 0, 0),
        ({"maxheight": "12'6\""}, 1, 1),
        ({"maxheight": "12'5\""}, 1, 0),
        ({"maxheight": "default"}, 1, 1),
        ({"maxweight": "7.5"}, 1, 0),
        ({"maxweight": "3.5"}, 1, 0),
        ({"maxweight": "16"}, 1, 1),
        ({"maxweightrating": "12"}, 1, 0),
        ({"maxwidth": "2.2"}, 1, 0),
        ({"maxlength": "7"}, 1, 0),
        ({"maxaxleload": "8"}, 1, 0),
        ({"maxheight": "3.5", "hgv": "designated"}, 1, 0),
    ],
)
def test_codes(osm_file, tags: dict[str, str], van: int, truck: int) -> None:
    """The most special access tag decides; a limit below the vehicle forbids whatever it says."""
    assert codes_of(osm_file, tags, VAN) == van
    assert codes_of(osm_file, tags, TRUCK) == truck


def test_words_of_the_table_are_zero_one_or_two() -> None:
    """The table holds codes only, and what it lacks is no answer."""
    words = AccessWords(Defaults())
    assert {words.code(word) for word in read_table("network_access").index} == {0, 1, 2}
    assert words.code("nonsense") == words.code(None) == words.code("") == -1


sizes = st.tuples(
    st.floats(2000, 40000),
    st.floats(1.5, 4.5),
    st.floats(1.5, 2.6),
    st.floats(4, 19),
    st.floats(1000, 12000),
)


@given(sizes, sizes)
def test_what_a_vehicle_may_use_shrinks_as_it_grows(roads, first, second) -> None:
    """A vehicle that is nowhere smaller is never allowed where the smaller one is not."""
    limits = [
        {"maxheight_m": 2.1}, {"maxheight_m": 3.5}, {"maxweight_t": 3.5}, {"maxweight_t": 12.0},
        {"maxlength_m": 8.0}, {"maxwidth_m": 2.2}, {"maxaxleload_t": 8.0}, {"hgv": "no"},
        {"maxheight_m": 3.9, "maxweight_t": 18.0}, {},
    ]  # fmt: skip
    network = roads.make_network(
        {number: (100.0 * number, 0.0) for number in range(len(limits) + 1)},
        [(number, number + 1, limit) for number, limit in enumerate(limits)],
    )
    low, high = np.minimum(first, second), np.maximum(first, second)
    small = allowed_edges(network, VehicleProfile("small", *low, 90))
    large = allowed_edges(network, VehicleProfile("large", *high, 90))
    assert not (large & ~small).any()
    assert large[-1]


def test_tables_made_elsewhere_are_understood(roads) -> None:
    """Missing columns, missing values of any kind and capitals do not matter."""
    network = roads.make_network(
        {1: (0.0, 0.0), 2: (100.0, 0.0), 3: (200.0, 0.0)},
        [(1, 2, {"access": "Private "}), (2, 3, {"access": float("nan")})],
    )
    edges = network.edges.drop(columns=["hgv", "maxweight_t"])
    edges["maxheight_m"] = np.array([None, 3.0], dtype=object)
    network = network.replace(edges=edges)
    assert access_codes(network, TRUCK).tolist() == [0, 0]
    assert access_codes(network, VAN).tolist() == [0, 1]


def test_speeds_are_capped_by_vehicle_and_lorry_limit(osm_file) -> None:
    """A lorry keeps to ``maxspeed:hgv`` and to its own top speed; a van to its own alone."""
    path = osm_file(
        {1: (0, 0), 2: (0, 1)},
        [(10, [1, 2], {"highway": "trunk", "maxspeed": "100", "maxspeed:hgv": "60"})],
    )
    network = read_osm(path, defaults=Defaults({"network_speeds:free_share.trunk": 1.0}))
    assert edge_speeds_kmh(network, TRUCK).tolist() == [60, 60]
    assert edge_speeds_kmh(network, VAN).tolist() == [100, 100]
    slow = VehicleProfile("slow", 2000, 2, 2, 5, 1000, 45)
    assert edge_speeds_kmh(network, slow).tolist() == [45, 45]


def test_shares_of_unknown_limits(osm_file) -> None:
    """Half the length without a height limit is half unknown."""
    path = osm_file(
        {1: (0, 0), 2: (0, 1), 3: (0, 2)},
        [
            (10, [1, 2], {"highway": "primary", "maxheight": "4"}),
            (11, [2, 3], {"highway": "primary"}),
        ],
    )
    shares = limits_unknown(read_osm(path))
    assert shares["maxheight_m"] == pytest.approx(0.5)
    assert shares["maxweight_t"] == 1


@pytest.mark.shared
def test_a_truck_may_not_go_where_a_van_may(shared_data: Path) -> None:
    """São Paulo's elevated road and low tunnels are closed to trucks and open to vans."""
    network = read_osm(shared_data / "data" / "osm" / "sao_paulo_br.osm.pbf", country="BR")
    van, truck = allowed_edges(network, VAN), allowed_edges(network, TRUCK)
    assert not (truck & ~van).any()
    edges = network.edges[van & ~truck]
    assert (edges["hgv"] == "no").sum() > 10
    assert (edges["maxheight_m"] < TRUCK.height_m).sum() > 0
    assert edges["length_m"].sum() > 5000
