"""Itineraries: legal, continuous, conserving mass and time; every stop accounted for."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pandas as pd
import pytest

from geofleet.defaults import Defaults
from geofleet.errors import InputError
from geofleet.fleet import Fleet
from geofleet.network import TurnRestriction
from geofleet.network.access import access_codes
from geofleet.routes import build_itineraries, vehicle_profile
from geofleet.routes.model import TRAVERSAL_COLUMNS
from geofleet.routes.speeds import HourlySpeeds

ZONE = "America/Santiago"


def make_fleet(**vehicles):
    """Return a fleet of ``name=(class, gvw, capacity)``."""
    table = pd.DataFrame(
        {
            "operator_id": "op", "vehicle_class": [v[0] for v in vehicles.values()],
            "fuel": "diesel", "standard": "euro_4", "model_year": 2012,
            "gvw_kg": [float(v[1]) for v in vehicles.values()],
            "payload_capacity_kg": [float(v[2]) for v in vehicles.values()],
        },
        index=pd.Index(list(vehicles), name="vehicle_id"),
    )  # fmt: skip
    return Fleet(table, pd.DataFrame(index=pd.Index(["op"], name="operator_id")))


VAN = {"van": ("cargo_van", 3500, 1200)}
TRUCK = {"truck": ("rigid_12t", 12000, 6000)}


def make_stops(roads, places, *, vehicle="van", date="2024-05-14", depart="08:00", **columns):
    """Return stops at places in metres; the first is a depot."""
    rows = []
    for seq, (x, y) in enumerate(places):
        lon, lat = roads.to_lonlat(x, y)
        rows.append(
            {
                "vehicle_id": vehicle, "date": date, "seq": seq, "stop_id": f"s{seq}",
                "kind": "depot" if seq == 0 else "delivery", "lat": lat, "lon": lon,
                "service_min": 0.0, "window_start": np.nan, "window_end": np.nan,
                "drop_kg": 0.0, "pickup_kg": np.nan, "row": seq + 2,
            }
        )  # fmt: skip
    hours, minutes = map(int, depart.split(":"))
    rows[0]["window_start"] = hours * 3600.0 + minutes * 60.0
    stops = pd.DataFrame(rows)
    for name, values in columns.items():
        stops[name] = values
    stops.attrs["file"] = "stops.csv"
    return stops


def flat(network, factor=1.0):
    """Return speeds that do not change with the hour."""
    count = len(network.edges)
    return HourlySpeeds(("all",), np.full((1, 24), factor), np.zeros(count, np.int32))


def assert_consistent(network, result):
    """Check order, time, place and distance of every traversal."""
    frame = result.traversals.frame
    arrays = network.arrays
    assert {k: frame[k].dtype for k in frame} == {
        k: np.dtype(t) for k, t in TRAVERSAL_COLUMNS.items()
    }
    assert (frame["length_m"] > 0).all()
    assert np.isfinite(frame["speed_kmh"]).all()
    part = frame["to_fraction"] - frame["from_fraction"]
    whole = arrays.length_m[frame["edge"]]
    np.testing.assert_allclose(frame["length_m"], whole * part, rtol=1e-5, atol=1e-3)
    stops = result.stops
    for number, day in frame.groupby("vehicle_day"):
        assert day["seq"].tolist() == list(range(len(day)))
        at = stops[stops["vehicle_day"] == number].set_index("stop_number")
        seconds = day["length_m"] / (day["speed_kmh"].astype(float) / 3.6)
        leave = (day["enter_s"] + seconds).to_numpy()
        enter = day["enter_s"].to_numpy()
        same_leg = day["stop_before"].to_numpy()[1:] == day["stop_before"].to_numpy()[:-1]
        np.testing.assert_allclose(enter[1:][same_leg], leave[:-1][same_leg], atol=1e-3)
        edge = day["edge"].to_numpy()
        joined = arrays.edge_to[edge[:-1]] == arrays.edge_from[edge[1:]]
        at_stop = (edge[:-1] == edge[1:]) | (arrays.twin[edge[:-1]] == edge[1:])
        assert joined[same_leg].all()
        assert (joined | at_stop).all()
        for stop_before, leg in day.groupby("stop_before"):
            assert leg["enter_s"].iloc[0] == pytest.approx(at.loc[stop_before, "depart_s"])
            assert (leg["payload_kg"] == np.float32(at.loc[stop_before, "payload_kg"])).all()
            inside = leg.iloc[1:-1]
            assert (inside["from_fraction"] == 0).all()
            assert (inside["to_fraction"] == 1).all()
        reached = at[at["status"] == "reached"]
        for before, here in zip(reached.index, reached.index[1:], strict=False):
            leg = day[day["stop_before"] == before]
            if len(leg):
                assert leave[leg["seq"].iloc[-1]] == pytest.approx(
                    at.loc[here, "arrive_s"], abs=1e-3
                )
            else:
                assert at.loc[here, "arrive_s"] == at.loc[before, "depart_s"]
        assert (reached["start_s"] >= reached["arrive_s"]).all()
        np.testing.assert_allclose(
            reached["depart_s"] - reached["start_s"], reached["service_min"] * 60, atol=1e-6
        )
    for _, at in stops.groupby("vehicle_day"):
        reached = at["status"] == "reached"
        change = (at["pickup_kg"].fillna(0) - at["drop_kg"]).where(reached, 0.0)
        np.testing.assert_allclose(
            at["payload_kg"].diff().iloc[1:], change.iloc[1:], atol=1e-9
        )  # fmt: skip


def test_a_day_by_hand(roads, grid_network):
    """Two stops on a grid at 10 m/s: places, seconds, metres and loads are the hand's."""
    stops = make_stops(
        roads, [(50, 3), (250, -4), (50, 3)],
        service_min=[0.0, 5.0, 0.0], drop_kg=[0.0, 300.0, 0.0], kind=["depot", "delivery", "depot"],
    )  # fmt: skip
    result = build_itineraries(
        grid_network, make_fleet(**VAN), stops, timezone=ZONE, speeds=flat(grid_network)
    )
    assert_consistent(grid_network, result)
    assert result.problems == ()
    at = result.stops
    np.testing.assert_allclose(at["snap_distance_m"], [3, 4, 3], atol=0.01)
    np.testing.assert_allclose(at["arrive_s"], [28800, 28820, 29140], atol=0.01)
    np.testing.assert_allclose(at["payload_kg"], [300, 0, 0])
    frame = result.traversals.frame
    np.testing.assert_allclose(frame["length_m"], [50, 100, 50] * 2, atol=0.05)
    np.testing.assert_allclose(frame["speed_kmh"], 36.0, rtol=1e-5)
    np.testing.assert_allclose(frame["from_fraction"], [0.5, 0, 0] * 2, atol=1e-3)
    np.testing.assert_allclose(frame["to_fraction"], [1, 1, 0.5] * 2, atol=1e-3)
    assert frame["stop_before"].tolist() == [0, 0, 0, 1, 1, 1]
    day = result.traversals.vehicle_days.iloc[0]
    assert (day["depart_s"], round(day["return_s"])) == (28800.0, 29140)
    assert (result.traversals.hour == 8).all()


def test_same_street_forwards_backwards_and_not_at_all(roads):
    """Along one two-way street each way; two stops at one place; on a one-way street go round."""
    places = [(20, 1), (70, 1), (30, 1), (30, 1)]
    two_way = roads.make_network(*roads.grid(2, 2))
    result = build_itineraries(
        two_way, make_fleet(**VAN), make_stops(roads, places), timezone=ZONE, speeds=flat(two_way)
    )
    assert_consistent(two_way, result)
    np.testing.assert_allclose(result.traversals.frame["length_m"], [50, 40], atol=0.05)
    nodes, _ = roads.grid(2, 2)
    ring = roads.make_network(nodes, [(1, 2), (2, 4), (4, 3), (3, 1)])
    result = build_itineraries(
        ring, make_fleet(**VAN), make_stops(roads, places), timezone=ZONE, speeds=flat(ring)
    )
    assert_consistent(ring, result)
    legs = result.traversals.frame.groupby("stop_before")["length_m"].sum()
    np.testing.assert_allclose(legs, [50, 360], atol=0.1)
    assert (result.traversals.frame.groupby("stop_before").size() == [1, 5]).all()


def test_windows_service_and_lateness(roads, grid_network):
    """A vehicle waits for a window, is late for another, and the problem says by how much."""
    stops = make_stops(
        roads, [(50, 3), (250, 3), (350, 3)], service_min=[10.0, 30.0, 5.0],
        window_start=[28800.0, 30600.0, np.nan], window_end=[np.nan, 32400.0, 32000.0],
    )  # fmt: skip
    result = build_itineraries(
        grid_network, make_fleet(**VAN), stops, timezone=ZONE, speeds=flat(grid_network)
    )
    assert_consistent(grid_network, result)
    at = result.stops
    np.testing.assert_allclose(at["arrive_s"], [28200, 28820, 32410], atol=0.05)
    np.testing.assert_allclose(at["start_s"], [28200, 30600, 32410], atol=0.05)
    np.testing.assert_allclose(at["depart_s"], [28800, 32400, 32710], atol=0.05)
    np.testing.assert_allclose(at["late_s"], [0, 0, 410], atol=0.05)
    (problem,) = result.problems
    assert (problem.file, problem.row, problem.field) == ("stops.csv", 4, "window_end")
    assert "6.8 min late" in problem.expected


def test_departure_without_a_window_is_the_default(roads, grid_network):
    """The default row is used and recorded."""
    stops = make_stops(roads, [(50, 3), (250, 3)], window_start=[np.nan, np.nan])
    defaults = Defaults({"routing:departure_s": 36000})
    result = build_itineraries(
        grid_network, make_fleet(**VAN), stops, timezone=ZONE, defaults=defaults
    )
    assert result.stops["depart_s"].iloc[0] == 36000
    assert "routing:departure_s" in result.traversals.provenance
    assert "traffic_speed_profile:residential.10" in result.traversals.provenance


def test_loads(roads, grid_network):
    """The load begins as low as it can, never goes below zero, and overloads are named."""
    stops = make_stops(
        roads, [(50, 3), (150, 3), (250, 3), (350, 3), (50, 3)],
        drop_kg=[0.0, 500.0, 0.0, 900.0, 200.0], pickup_kg=[np.nan, 0.0, 700.0, 0.0, 0.0],
    )  # fmt: skip
    fleet = make_fleet(van=("cargo_van", 3500, 1000))
    result = build_itineraries(grid_network, fleet, stops, timezone=ZONE)
    assert_consistent(grid_network, result)
    assert result.stops["payload_kg"].tolist() == [900, 400, 1100, 200, 0]
    (problem,) = result.problems
    assert (problem.row, problem.field) == (4, "drop_kg, pickup_kg")
    assert "1100 kg" in problem.value
    assert "1000 kg" in problem.expected


def test_hourly_speeds_change_the_way(roads):
    """The quicker of two ways depends on the hour, and a leg over the hour's end slows down."""
    nodes = {1: (0, 0), 2: (300, 0), 3: (300, 2000), 4: (0, 2000), 5: (-300, 0), 6: (-300, 2000)}
    pairs = [(1, 2), (2, 3), (3, 4), (1, 5), (5, 6), (6, 4)]
    kinds = ["primary"] * 3 + ["tertiary"] * 3
    speed = [72.0] * 3 + [54.0] * 3
    links = []
    for (u, v), kind, kmh in zip(pairs, kinds, speed, strict=True):
        links += [(a, b, {"highway": kind, "speed_free_kmh": kmh}) for a, b in ((u, v), (v, u))]
    network = roads.make_network(nodes, links)
    factors = np.ones((2, 24))
    factors[0, 8] = 0.5
    row = (network.edges["highway"] == "tertiary").to_numpy().astype(np.int32)
    speeds = HourlySpeeds(("primary", "tertiary"), factors, row)
    stops = [
        make_stops(roads, [(0, 0), (0, 2000)], date=f"2024-05-1{i}", depart=depart)
        for i, depart in enumerate(("07:30", "08:30", "07:59"))
    ]
    table = pd.concat(stops, ignore_index=True)
    result = build_itineraries(network, make_fleet(**VAN), table, timezone=ZONE, speeds=speeds)
    assert_consistent(network, result)
    frame = result.traversals.frame
    used = network.edges["highway"].to_numpy()[frame["edge"]]
    by_day = pd.Series(used).groupby(frame["vehicle_day"]).unique().str[0].tolist()
    assert by_day == ["primary", "tertiary", "tertiary"]
    arrive = result.stops["arrive_s"].to_numpy()[1::2]
    depart = result.stops["depart_s"].to_numpy()[0::2]
    # 2,600 m: at 20 m/s; at 15 m/s; at 15 m/s, because 20 m/s for 60 s and 10 m/s after is 200 s
    np.testing.assert_allclose(arrive - depart, [130, 2600 / 15, 2600 / 15], atol=0.1)
    np.testing.assert_allclose(frame[frame["vehicle_day"] == 0]["speed_kmh"], 72.0, rtol=1e-6)


def test_equal_to_networkx_without_traffic(roads):
    """Leg times between corners equal networkx's Dijkstra over random speeds."""
    rng = np.random.default_rng(11)
    nodes, links = roads.grid(10, 8)
    links = [(u, v, {"speed_free_kmh": float(rng.uniform(15, 90))}) for u, v, _ in links]
    network = roads.make_network(nodes, links)
    arrays = network.arrays
    peer = nx.DiGraph()
    for edge in range(arrays.edge_count):
        seconds = arrays.length_m[edge] / arrays.speed_free_kmh[edge] * 3.6
        peer.add_edge(int(arrays.edge_from[edge]), int(arrays.edge_to[edge]), weight=seconds)
    corners = rng.integers(0, 80, 30)
    places = [nodes[int(c) + 1] for c in corners]
    result = build_itineraries(
        network, make_fleet(**VAN), make_stops(roads, places), timezone=ZONE, speeds=flat(network)
    )
    assert_consistent(network, result)
    at = result.stops
    driven = at["arrive_s"].to_numpy()[1:] - at["depart_s"].to_numpy()[:-1]
    for seconds, a, b in zip(driven, corners, corners[1:], strict=False):
        expected = nx.dijkstra_path_length(peer, int(a), int(b))
        # corners are put on the map to 1e-9 degrees, so they lie up to 0.1 mm off
        assert seconds == pytest.approx(expected, abs=1e-3)


def test_stops_that_cannot_be_served_are_named_and_passed_over(roads):
    """A stop in a field, and one beyond a bridge too low for a truck: named, and kept in."""
    nodes = {1: (0, 0), 2: (500, 0), 3: (1000, 0), 4: (1490, 0)}
    low = {"maxheight_m": 2.0}
    links = [(1, 2), (2, 1), (2, 3, low), (3, 2, low), (3, 4), (4, 3)]
    network = roads.make_network(nodes, links)
    places = [(50, 1), (300, 900), (450, 1), (1400, 1), (100, 1)]
    stops = make_stops(
        roads, places, vehicle="truck", drop_kg=[0.0, 10.0, 20.0, 40.0, 0.0], depart="06:00"
    )
    result = build_itineraries(
        network, make_fleet(**TRUCK), stops, timezone=ZONE, snap_limit_m=100.0,
        speeds=flat(network),
    )  # fmt: skip
    assert_consistent(network, result)
    at = result.stops
    far = "too far from a road"
    assert at["status"].tolist() == ["reached", far, "reached", far, "reached"]
    assert at["payload_kg"].tolist() == [70, 70, 50, 50, 50]
    assert at["edge"].tolist()[1] == -1
    assert np.isnan(at["arrive_s"].tolist()[1])
    assert {p.row for p in result.problems} == {3, 5}
    assert all("truck" in p.expected and "rigid_12t" in p.expected for p in result.problems)
    legs = result.traversals.frame.groupby("stop_before")["length_m"].sum()
    np.testing.assert_allclose(legs, [400, 350], atol=0.1)
    assert legs.index.tolist() == [0, 2]


@pytest.mark.parametrize("cut_off_roads_kept", [False, True])
def test_no_legal_way_between_stops_is_named(roads, monkeypatch, cut_off_roads_kept):
    """A road that turn bans cut off is not used; were it, its stop would be unreachable."""
    if cut_off_roads_kept:

        def keep_all(network, codes, *, profile):
            return codes

        monkeypatch.setattr("geofleet.routes.itinerary.connected_access", keep_all)
    nodes = {1: (0, 0), 2: (500, 0), 3: (1000, 0), 4: (500, 500)}
    links = [(1, 2), (2, 1), (2, 3), (3, 2), (2, 4), (4, 2)]
    network = roads.make_network(nodes, links)
    e = lambda u, v: roads.edge_number(network, u, v)  # noqa: E731
    bans = [((e(1, 2), e(2, 4))), (e(3, 2), e(2, 4))]
    network = network.replace(
        turn_restrictions=tuple(TurnRestriction(b, False, "all", (), 1) for b in bans)
    )
    stops = make_stops(roads, [(100, 1), (499, 400), (900, 1)])
    result = build_itineraries(network, make_fleet(**VAN), stops, timezone=ZONE)
    assert_consistent(network, result)
    status, words = "too far from a road", "the nearest is at 400 m"
    if cut_off_roads_kept:
        status, words = "unreachable", "no legal way for it from s0"
    assert result.stops["status"].tolist() == ["reached", status, "reached"]
    (problem,) = result.problems
    assert problem.row == 3
    assert words in problem.expected


def test_unknown_vehicles_and_unrouted_depots(roads, grid_network):
    """Stops of unknown vehicles are named; a day whose depot is off the map begins at its next."""
    known = make_stops(roads, [(5000, 5000), (150, 3), (250, 3)])
    other = make_stops(roads, [(50, 3), (150, 3)], vehicle="ghost")
    table = pd.concat([known, other], ignore_index=True)
    table.attrs["file"] = "stops.csv"
    result = build_itineraries(grid_network, make_fleet(**VAN), table, timezone=ZONE)
    assert_consistent(grid_network, result)
    assert len(result.stops) == 3
    assert result.stops["status"].tolist() == ["too far from a road", "reached", "reached"]
    assert result.traversals.vehicle_days["depart_s"].tolist() == [28800.0]
    assert {p.value for p in result.problems if p.field == "vehicle_id"} == {"ghost"}


def test_no_known_vehicle(roads, grid_network):
    """With no stop left to route the tables are empty, typed, and the problem is named."""
    stops = make_stops(roads, [(50, 3), (150, 3)], vehicle="ghost")
    result = build_itineraries(grid_network, make_fleet(**VAN), stops, timezone=ZONE)
    assert len(result.traversals) == len(result.stops) == len(result.traversals.vehicle_days) == 0
    assert list(result.traversals.frame.columns) == list(TRAVERSAL_COLUMNS)
    assert len(result.problems) == 1


def test_vehicles_share_roads_and_keep_their_own_limits(roads):
    """A bridge for 10 t stops the 12 t truck and not the 9 t one; each drives its own speed."""
    nodes, links = roads.grid(3, 2)
    weak = {(2, 3), (3, 2)}
    links = [(u, v, {"maxweight_t": 10.0 if (u, v) in weak else np.nan, "speed_free_kmh": 144.0})
             for u, v, _ in links]  # fmt: skip
    network = roads.make_network(nodes, links)
    fleet = make_fleet(
        heavy=("rigid_12t", 12000, 6000), light=("rigid_12t", 9000, 4000),
        lighter=("rigid_12t", 8000, 4000), van=("cargo_van", 3500, 1000),
    )  # fmt: skip
    table = pd.concat(
        [make_stops(roads, [(50, 1), (200, 40)], vehicle=name) for name in fleet.vehicles.index],
        ignore_index=True,
    )
    result = build_itineraries(network, fleet, table, timezone=ZONE, speeds=flat(network))
    assert_consistent(network, result)
    days, frame = result.traversals.vehicle_days, result.traversals.frame
    length = frame.groupby("vehicle_day")["length_m"].sum()
    by_vehicle = dict(zip(days["vehicle_id"], length, strict=True))
    assert by_vehicle["light"] == by_vehicle["lighter"] == pytest.approx(190, abs=0.1)
    assert by_vehicle["heavy"] == pytest.approx(310, abs=0.1)
    top = frame.groupby("vehicle_day")["speed_kmh"].max()
    for name, speed in zip(days["vehicle_id"], top, strict=True):
        cap = vehicle_profile(fleet.vehicles.loc[name]).max_speed_kmh
        assert speed == pytest.approx(min(144.0, cap), rel=1e-6)


def test_all_stops_off_the_map(roads, grid_network):
    """Nothing can be driven: no traversals, every stop named, no crash."""
    stops = make_stops(roads, [(5000, 5000), (9000, 9000)])
    result = build_itineraries(grid_network, make_fleet(**VAN), stops, timezone=ZONE)
    assert len(result.traversals) == 0
    assert len(result.problems) == 2
    assert np.isnan(result.traversals.vehicle_days["depart_s"]).all()


def test_vehicles_differ_where_trucks_are_banned(roads):
    """The van takes the short street; the truck begins on the side street and goes round."""
    nodes, links = roads.grid(3, 3)
    ban = {(4, 5), (5, 4)}
    links = [(u, v, {"hgv": "no"} if (u, v) in ban else {}) for u, v, _ in links]
    network = roads.make_network(nodes, links)
    places = [(10, 101), (150, 101)]
    table = pd.concat(
        [make_stops(roads, places, vehicle=name) for name in ("van", "truck")], ignore_index=True
    )
    fleet = make_fleet(**VAN, **TRUCK)
    result = build_itineraries(network, fleet, table, timezone=ZONE, speeds=flat(network))
    assert_consistent(network, result)
    frame, days = result.traversals.frame, result.traversals.vehicle_days
    length = frame.groupby("vehicle_day")["length_m"].sum()
    by_class = dict(zip(days["vehicle_class"], length, strict=True))
    assert by_class["cargo_van"] == pytest.approx(140, abs=0.1)
    assert by_class["rigid_12t"] == pytest.approx(349, abs=0.1)
    banned = {roads.edge_number(network, *pair) for pair in ban}
    truck = int(days.index[days["vehicle_class"] == "rigid_12t"][0])
    assert not banned & set(frame[frame["vehicle_day"] == truck]["edge"])


def test_threads_and_order_of_input_do_not_matter(roads):
    """One thread, four threads and shuffled stops give the same bits; progress ends at one."""
    rng = np.random.default_rng(4)
    nodes, links = roads.grid(9, 9)
    links = [(u, v, {"speed_free_kmh": float(rng.uniform(15, 90))}) for u, v, _ in links]
    network = roads.make_network(nodes, links)
    days = [
        make_stops(roads, rng.random((8, 2)) * 800, vehicle=v, date=f"2024-05-{10 + d}")
        for v in ("van", "truck") for d in range(5)
    ]  # fmt: skip
    table = pd.concat(days, ignore_index=True)
    fleet = make_fleet(**VAN, **TRUCK)
    seen = []
    one = build_itineraries(network, fleet, table, timezone=ZONE, workers=1, progress=seen.append)
    many = build_itineraries(
        network, fleet, table.sample(frac=1.0, random_state=1), timezone=ZONE, workers=4
    )
    pd.testing.assert_frame_equal(one.traversals.frame, many.traversals.frame, check_exact=True)
    assert_consistent(network, one)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


@pytest.mark.shared
def test_sao_paulo_truck_ban(shared_data):
    """On the Minhocão extract (hgv=no, maxheight) van and truck go different ways."""
    pytest.importorskip("osmium")
    from geofleet.network.osm.build import read_osm

    network = read_osm(shared_data / "data" / "osm" / "sao_paulo_br.osm.pbf")
    fleet = make_fleet(**VAN, **TRUCK)
    codes = {
        name: access_codes(network, vehicle_profile(row)) for name, row in fleet.vehicles.iterrows()
    }
    only_van = np.flatnonzero((codes["van"] == 1) & (codes["truck"] == 0))
    assert (network.edges["hgv"].iloc[only_van] == "no").any()
    # the streets at the two ends of the elevated road
    ends = network.nodes.loc[[1464773799, 260687186]]
    places = list(zip(ends["y"], ends["x"], strict=True))
    rows = []
    for vehicle in ("van", "truck"):
        for seq, (lat, lon) in enumerate([*places, places[0]]):
            rows.append(
                {
                    "vehicle_id": vehicle, "date": "2024-05-14", "seq": seq, "stop_id": f"s{seq}",
                    "kind": "depot" if seq == 0 else "delivery", "lat": lat, "lon": lon,
                    "service_min": 0.0, "window_start": 36000.0 if seq == 0 else np.nan,
                    "window_end": np.nan, "drop_kg": 0.0, "pickup_kg": 0.0,
                }
            )  # fmt: skip
    result = build_itineraries(network, fleet, pd.DataFrame(rows), timezone="America/Sao_Paulo")
    assert_consistent(network, result)
    assert (result.stops["status"] == "reached").all()
    frame, days = result.traversals.frame, result.traversals.vehicle_days
    edges = {
        days.loc[number, "vehicle_id"]: set(day["edge"])
        for number, day in frame.groupby("vehicle_day")
    }
    assert (codes["truck"][sorted(edges["truck"])] != 0).all()
    assert edges["van"] & set(only_van.tolist())
    driven = frame.groupby("vehicle_day")["length_m"].sum()
    assert driven.nunique() == 2


@pytest.mark.parametrize(
    ("zone", "date", "clock"),
    [
        ("America/Mexico_City", "2021-04-04", "08:00"),  # 2 h became 3 h
        ("America/Santiago", "2024-09-08", "08:00"),  # there was no midnight
        ("America/Havana", "2024-11-03", "08:00"),  # midnight came twice
    ],
)
def test_clock_times_hold_when_clocks_change(roads, grid_network, zone, date, clock):
    """A departure at 8 is at 8 by the clock on the wall, whatever happened in the night."""
    stops = make_stops(roads, [(0, 0), (300, 0)], date=date, depart=clock)
    drives = build_itineraries(grid_network, make_fleet(**VAN), stops, timezone=zone).traversals
    times = drives.enter_time()
    assert times.dt.strftime("%H:%M").iloc[0] == clock
    assert times.dt.date.astype(str).unique().tolist() == [date]
    assert (times.dt.hour.to_numpy() == drives.hour).all()


def test_places_a_hair_apart_are_one(roads, grid_network):
    """Differences below what coordinates can tell make no drive, and so no absurd speed."""
    places = [(150, 0), (150 + 1e-7, 0), (150 + 3e-8, 0), (250, 0), (200 + 1e-9, 0), (200, 0)]
    stops = make_stops(roads, places, depart="18:00")
    day = build_itineraries(grid_network, make_fleet(**VAN), stops, timezone=ZONE)
    assert (day.stops["status"] == "reached").all()
    frame = day.traversals.frame
    assert frame["length_m"].to_numpy() == pytest.approx([50, 50, 50], abs=1e-6)
    assert frame["stop_before"].tolist() == [2, 2, 3]


@pytest.mark.parametrize("column", ["lat", "lon", "service_min", "drop_kg"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_stops_without_a_number_are_named(roads, grid_network, column, value):
    """What no stop can do without is asked for before anything is driven."""
    stops = make_stops(roads, [(0, 0), (300, 0)])
    stops.loc[1, column] = value
    with pytest.raises(InputError) as caught:
        build_itineraries(grid_network, make_fleet(**VAN), stops, timezone=ZONE)
    (problem,) = caught.value.problems
    assert (problem.file, problem.row, problem.field) == ("stops.csv", 3, column)
