"""Time lost at signals and stop signs: worked by hand, in routing and in speeds alike."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geofleet.defaults import Defaults
from geofleet.errors import InputError
from geofleet.network import (
    RoutingGraph,
    VehicleProfile,
    control_delay_s,
    edge_speeds_kmh,
    one_to_all,
    read_osm,
    shortest_path,
    speeds_with_delay,
)

# C = 60 s, half of it green: 60 · 0.5² / 2 = 7.5 s without traffic.
ROWS = {
    "traffic_control:signal.cycle_s": 60,
    "traffic_control:signal.green_share.primary": 0.5,
    "traffic_control:signal.green_share.other": 0.25,
    "traffic_control:stop.delay_s": 6,
}
PLACES = {1: (0.0, 0.0), 2: (300.0, 0.0), 3: (300.0, 100.0), 4: (0.0, 100.0)}


@pytest.fixture
def square(roads):
    """Return a way of 300 m with a signal from 1 to 2, and a detour of 500 m without."""
    links = [
        (1, 2, {"signals": 1.0, "stop_signs": 0.0, "highway": "primary"}),
        (1, 4, {"signals": np.nan, "stop_signs": np.nan}),
        (4, 3, {"signals": 0.0, "stop_signs": 0.0}),
        (3, 2, {"signals": 0.0, "stop_signs": 0.5}),
        (2, 1, {"signals": 2.0, "stop_signs": 1.0}),
    ]
    return roads.make_network(PLACES, links)


def test_delay_by_hand(square) -> None:
    """Uniform delay by class and cycle; stop signs by their share; unknown is no delay."""
    delay = control_delay_s(square, defaults=Defaults(ROWS))
    other = 60 * 0.75**2 / 2
    by_hand = {(1, 2): 7.5, (1, 4): 0, (2, 1): 2 * other + 6, (3, 2): 3, (4, 3): 0}
    for (u, v, _), seconds in zip(square.edges.index, delay, strict=True):
        assert seconds == pytest.approx(by_hand[u, v])


def test_delay_with_traffic_is_that_of_the_manual(square) -> None:
    """X = 0.8, g/C = 0.5: 60 · 0.25 / (2 · 0.6) = 12.5 s; good progression halves it."""
    rows = {**ROWS, "traffic_control:signal.saturation": 0.8}
    assert control_delay_s(square, defaults=Defaults(rows))[0] == pytest.approx(12.5)
    rows["traffic_control:signal.progression_factor"] = 0.5
    assert control_delay_s(square, defaults=Defaults(rows))[0] == pytest.approx(6.25)
    green = {**ROWS, "traffic_control:signal.green_share.primary": 1}
    assert control_delay_s(square, defaults=Defaults(green))[0] == 0


def test_speed_is_length_over_both_times(square) -> None:
    """300 m at 36 km/h are 30 s, 37.5 s with the signal: 28.8 km/h; at most 20 km/h: 17.6."""
    rows = Defaults(ROWS)
    speeds = speeds_with_delay(square, defaults=rows)
    assert speeds[0] == pytest.approx(28.8)
    assert speeds[1] == 36.0  # to the bit where nothing is lost
    assert speeds_with_delay(square, 20.0, defaults=rows)[0] == pytest.approx(300 / 61.5 * 3.6)
    assert speeds_with_delay(square, np.inf, defaults=rows)[0] == pytest.approx(300 / 7.5 * 3.6)
    assert speeds_with_delay(square, np.inf, defaults=rows)[1] == np.inf
    assert "traffic_control:stop.delay_s" in rows.used


def test_routes_take_the_delay(square) -> None:
    """Times of paths hold it; a long enough red makes the detour the quicker way."""
    short = RoutingGraph.build(square, defaults=Defaults(ROWS))
    assert one_to_all(short, 0)[1] == pytest.approx(37.5)
    assert shortest_path(short, 0, 1).tolist() == [0]
    long = RoutingGraph.build(
        square, defaults=Defaults({**ROWS, "traffic_control:signal.cycle_s": 600})
    )
    assert len(shortest_path(long, 0, 1)) == 3
    assert one_to_all(long, 0)[1] == pytest.approx(50.0 + 3.0)
    given_speeds = RoutingGraph.build(square, speeds_kmh=np.full(5, 36.0))
    assert one_to_all(given_speeds, 0)[1] == pytest.approx(30.0)


def test_slow_vehicles_wait_too(square) -> None:
    """At most 18 km/h: 60 s and the 7.5 s; a cap above the free speed changes nothing."""
    slow = VehicleProfile("slow", 12000, 2, 2, 6, 8000, 18)
    assert edge_speeds_kmh(square, slow)[0] == 18
    graph = RoutingGraph.build(square, profile=slow, defaults=Defaults(ROWS))
    assert one_to_all(graph, 0)[1] == pytest.approx(67.5)
    fast = VehicleProfile("fast", 12000, 2, 2, 6, 8000, 90)
    graph = RoutingGraph.build(square, profile=fast, defaults=Defaults(ROWS))
    assert one_to_all(graph, 0)[1] == pytest.approx(37.5)


def test_without_columns_speeds_are_the_same_and_no_row_is_read(roads) -> None:
    """The arrays are equal to the bit."""
    network = roads.make_network(*roads.grid(3, 3, speed_free_kmh=33.3))
    rows = Defaults()
    speeds = speeds_with_delay(network, defaults=rows)
    np.testing.assert_array_equal(speeds, network.arrays.speed_free_kmh)
    assert rows.used == ()
    graph = RoutingGraph.build(network, caps_kmh=80.0)
    np.testing.assert_array_equal(graph.speed_ms, network.arrays.speed_free_kmh / 3.6)
    np.testing.assert_array_equal(graph.cap_ms, np.full(len(speeds), 80.0) / 3.6)


def test_wrong_rows_are_named_together(square) -> None:
    """A green share of nothing and a negative wait: both in one error."""
    rows = {"traffic_control:signal.green_share.other": 0, "traffic_control:stop.delay_s": -1}
    with pytest.raises(InputError) as caught:
        control_delay_s(square, defaults=Defaults(rows))
    fields = {problem.field for problem in caught.value.problems}
    assert fields == {"signal.green_share.other", "stop.delay_s"}


@given(st.floats(1, 150), st.floats(0, 5), st.floats(0.5, 3000))
def test_delay_adds_to_time_whatever_the_speed(speed: float, signals: float, length: float) -> None:
    """Time with delay less time without is the delay, and mean speed never rises."""
    roads = _roads()
    network = roads.make_network({1: (0, 0), 2: (length, 0)}, [(1, 2, {"signals": signals})])
    metres = network.arrays.length_m[0]
    mean = speeds_with_delay(network, speed)[0]
    delay = control_delay_s(network)[0]
    assert mean <= speed
    assert metres / mean * 3.6 - metres / speed * 3.6 == pytest.approx(delay, abs=1e-6)


def _roads():
    import importlib.util

    spec = importlib.util.spec_from_file_location("roads", Path(__file__).with_name("roads.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.shared
def test_main_roads_of_a_real_city_lose_most(shared_data: Path) -> None:
    """Honolulu: primary roads lose a tenth or more of their mean speed, motorways hardly any."""
    network = read_osm(shared_data / "data" / "osm" / "honolulu_us.osm.pbf", country="US")
    length = network.arrays.length_m
    kept = {}
    for name in ("motorway", "primary", "residential"):
        chosen = (network.edges["highway"] == name).to_numpy()
        before = (length / network.arrays.speed_free_kmh)[chosen].sum()
        after = (length / speeds_with_delay(network))[chosen].sum()
        kept[name] = before / after
    assert kept["motorway"] > 0.98
    assert 0.5 < kept["primary"] < 0.9
    assert kept["residential"] > 0.9


@pytest.mark.shared
@pytest.mark.parametrize("name", ["sao_paulo_br", "porto_alegre_br"])
def test_share_of_time_lost_is_like_that_of_taxis_standing(shared_data: Path, name: str) -> None:
    """Mexico City's taxis stand 27 % of a trip; trips over other big cities lose about as much.

    Another city and all causes of standing, so this bounds the order of magnitude and no more.
    """
    taxis = pd.read_parquet(
        shared_data / "data" / "trips" / "mexico_city_taxi_trips_2016_2017.parquet"
    )
    seconds, metres = taxis["trip_duration"], taxis["dist_meters"]
    inside = taxis["pickup_longitude"].between(-99.40, -98.85)
    inside &= taxis["pickup_latitude"].between(19.00, 19.75)
    whole = inside & seconds.between(120, 10800) & metres.between(500, 60000)
    whole &= (metres / seconds * 3.6).between(2, 90)
    standing = float((taxis["wait_sec"] / seconds)[whole].median())
    assert 0.2 < standing < 0.35

    network = read_osm(shared_data / "data" / "osm" / f"{name}.osm.pbf", country="BR")
    nodes = np.random.default_rng(1).integers(0, len(network.nodes), (2, 40))
    free = network.arrays.speed_free_kmh
    lost = control_delay_s(network)
    graph = RoutingGraph.build(network)
    total, waited = 0.0, 0.0
    for source, target in nodes.T.tolist():
        path = shortest_path(graph, source, target)
        if path is not None:
            waited += float(lost[path].sum())
            moving_s = network.arrays.length_m[path] / free[path] * 3.6
            total += float((moving_s + lost[path]).sum())
    assert waited / total == pytest.approx(standing, abs=0.12)
