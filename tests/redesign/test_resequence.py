"""Stops in another order on real streets of a small grid, by tour, driven again by the router."""

from __future__ import annotations

import importlib.util
import itertools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from geofleet.energy.paths import EnergyRoads
from geofleet.errors import InputError
from geofleet.network.routing.paths import RoutingGraph
from geofleet.redesign import VehicleType, link_time_s, redesign_routes, resequence, task_on_roads
from geofleet.redesign.solver import is_installed

pytestmark = pytest.mark.skipif(not is_installed(), reason="extra redesign is not installed")

_SPEC = importlib.util.spec_from_file_location(
    "roads", Path(__file__).parents[1] / "network" / "roads.py"
)
assert _SPEC is not None
assert _SPEC.loader is not None
grid_world = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(grid_world)

TRUCK = VehicleType("t", 1, 900.0, "depot", 8 * 3600.0, 18 * 3600.0, per_km=5.0, per_h=100.0)


@pytest.fixture(scope="module")
def town():
    """A grid of 8 by 8 streets of 300 m at 36 km/h."""
    nodes, links = grid_world.grid(8, 8, step_m=300.0)
    network = grid_world.make_network(nodes, links)
    return network, RoutingGraph.build(network, u_turn_radius_m=0.0)


def day_of(places, *, vehicle="v", drops=None):
    """Stops at places in metres; None is the depot at the corner."""
    rows = []
    for seq, place in enumerate(places):
        lon, lat = grid_world.to_lonlat(*(place or (0.0, 0.0)))
        rows.append({
            "vehicle_id": vehicle, "date": "2024-05-14", "seq": seq, "stop_id": f"s{seq}",
            "kind": "depot" if place is None else "delivery", "lat": lat, "lon": lon,
            "service_min": 0.0 if place is None else 5.0, "window_start": np.nan,
            "window_end": np.nan, "drop_kg": 0.0 if place is None else 50.0, "pickup_kg": 0.0,
        })  # fmt: skip
    return pd.DataFrame(rows)


def test_a_criss_cross_day_becomes_the_shortest_of_all_orders(town):
    """On a grid the least way round is known by trying all orders with city-block distances."""
    network, graph = town
    rng = np.random.default_rng(4)
    points = [
        tuple(300.0 * xy)
        for xy in rng.permutation([(i, j) for i in range(8) for j in range(8) if (i, j) != (0, 0)])[
            :6
        ].astype(float)
    ]
    stops = day_of([None, *points, None])
    time = np.where(graph.access != 0, network.arrays.length_m / 10.0, 0.0)
    done = resequence(stops, network, {"v": TRUCK}, {"v": (graph, time)}, seed=1, iterations=200)

    def blocks(order):
        path = [(0.0, 0.0), *(points[i] for i in order), (0.0, 0.0)]
        return sum(abs(a[0] - b[0]) + abs(a[1] - b[1]) for a, b in itertools.pairwise(path))

    best = min(blocks(order) for order in itertools.permutations(range(6)))
    row = done.days.iloc[0]
    assert row["distance_km_before"] == pytest.approx(blocks(range(6)) / 1000.0, rel=1e-3)
    assert row["distance_km_after"] == pytest.approx(best / 1000.0, rel=1e-3)
    assert row["status"] == "resequenced"
    assert row["duration_h_after"] == pytest.approx(best / 36000.0 + 0.5, rel=1e-3)
    assert sorted(done.stops["stop_id"]) == sorted(stops["stop_id"])
    assert done.stops["seq"].tolist() == list(range(8))
    assert done.stops["stop_id"].tolist()[0] == "s0"
    assert np.isnan(row["energy_kwh_after"])


def test_tours_keep_their_stops(town):
    """A day with a return to the depot keeps what each tour carries."""
    network, graph = town
    first = [(300.0, 2100.0), (300.0, 0.0), (300.0, 1800.0), (300.0, 300.0)]
    second = [(2100.0, 300.0), (300.0, 300.0), (1800.0, 300.0), (600.0, 300.0)]
    stops = day_of([None, *first, None, *second, None])
    time = link_time_s(network, graph, hour=11)
    done = resequence(stops, network, {"v": TRUCK}, {"v": (graph, time)}, seed=1, iterations=100)
    ids = done.stops["stop_id"].tolist()
    assert set(ids[1:5]) == {"s1", "s2", "s3", "s4"}
    assert ids[5] == "s5"
    assert set(ids[6:10]) == {"s6", "s7", "s8", "s9"}
    assert done.totals().loc["cost", "change"] < 0.0


def test_a_battery_that_does_not_last_keeps_the_day_and_says_so(town):
    """Energy of the given order above the battery: the shorter order is taken if it lasts."""
    network, graph = town
    time = link_time_s(network, graph, hour=11)
    per_m = 0.3
    roads = EnergyRoads(graph, per_m * network.arrays.length_m, time_s=time)
    points = [(2100.0, 0.0), (300.0, 0.0), (1800.0, 0.0), (600.0, 0.0)]
    stops = day_of([None, *points, None])
    # out and back along one street takes 4.2 km, the given order 8.4 km
    for battery, cause_before, cause_after in ((1400.0, "energy", "none"),
                                               (1000.0, "energy", "energy")):  # fmt: skip
        ev = VehicleType("ev", 1, 900.0, "depot", 8 * 3600.0, 18 * 3600.0, per_kwh=3.0,
                         per_h=100.0, battery_wh=battery)  # fmt: skip
        done = resequence(stops, network, {"v": ev}, {"v": roads}, seed=1, iterations=100)
        row = done.days.iloc[0]
        assert (row["cause_before"], row["cause_after"]) == (cause_before, cause_after)
    assert row["status"] == "kept"
    pd.testing.assert_frame_equal(done.stops[stops.columns], stops)


def test_orders_on_roads_become_stops_that_the_router_drives(town):
    """Legs of the task are those of the router; what cannot be used is named."""
    network, graph = town
    time = link_time_s(network, graph, hour=11)
    stops = day_of([None, (300.0, 900.0), (1500.0, 600.0), None])
    orders = stops.iloc[1:3].assign(order_id=["a", "b"], demand_kg=10.0)
    orders = orders[["order_id", "lat", "lon", "demand_kg", "service_min"]]
    depots = stops.iloc[[0]].assign(depot_id="depot")[["depot_id", "lat", "lon"]]
    task = task_on_roads(network, orders, depots, [TRUCK], {"t": (graph, time)})
    plan = redesign_routes(task, date="2024-05-14", seed=1, iterations=50)
    assert plan.feasible
    assert plan.totals()["distance_km"] == pytest.approx(4.8, rel=1e-3)
    with pytest.raises(InputError, match=r"orders, row 1.*within"):
        task_on_roads(network, orders.assign(lat=-29.0), depots, [TRUCK], {"t": (graph, time)})
    with pytest.raises(InputError, match="ways for every vehicle type"):
        task_on_roads(network, orders, depots, [TRUCK], {})
    with pytest.raises(InputError, match="hour from 0 to 23"):
        link_time_s(network, graph, hour=24)
    with pytest.raises(InputError, match="a vehicle type and ways"):
        resequence(stops, network, {}, {})
