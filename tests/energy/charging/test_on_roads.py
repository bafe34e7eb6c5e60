"""From stations and stops on roads to a route: plans driven again link by link."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from geofleet.energy.battery import Battery
from geofleet.energy.charging import charge_on_the_way, read_stations, route_on_roads
from geofleet.energy.charging.stations import chargers_for, opening_hours
from geofleet.energy.paths import EnergyRoads, PathBlend, blended_paths
from geofleet.errors import InputError
from geofleet.network.routing.paths import RoutingGraph
from geofleet.network.routing.places import Place


def _module(path, name):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


HERE = Path(__file__)
roads = _module(HERE.parents[2] / "network" / "roads.py", "charging_roads")
simulator = _module(HERE.with_name("simulator.py"), "charging_simulator")

STATIONS = """charger_id,lat,lon,kind,power_kw,connectors,wait_min,open,price_per_kwh
north,{0[1]:.7f},{0[0]:.7f},dc,40,2,4,,5.5
south,{1[1]:.7f},{1[0]:.7f},ac,11,1,,06:00-09:30;10:00-23:00,
"""
BATTERY = Battery("van", 9000.0, ac_charge_w=7400.0, dc_charge_w=40000.0)
LOADS = (0.0, 500.0, 1500.0)


@pytest.fixture(scope="module")
def world():
    """A hilly grid of 5 x 3 junctions, 6 km apart; energy grows with the load."""
    nodes, links = roads.grid(5, 3, step_m=6000.0)
    network = roads.make_network(nodes, links)
    rise = np.random.default_rng(4).uniform(0.0, 250.0, len(nodes))
    arrays = network.arrays
    climb = rise[arrays.edge_to] - rise[arrays.edge_from]
    empty = 0.15 * arrays.length_m + np.where(climb > 0.0, 8.0, 6.0) * climb
    energy = np.stack([empty * (1.0 + load / 3000.0) for load in LOADS])
    graph = RoutingGraph.build(network, u_turn_radius_m=0.0)
    return network, EnergyRoads(graph, energy, payload_kg=LOADS)


def stops(places_m, loads):
    lonlat = [roads.to_lonlat(x, y) for x, y in places_m]
    return pd.DataFrame(
        {
            "stop_id": [f"s{i}" for i in range(len(lonlat))],
            "lon": [lon for lon, _ in lonlat], "lat": [lat for _, lat in lonlat],
            "service_min": 5.0, "payload_kg": loads,
            "window_start": [28800.0, *[np.nan] * (len(lonlat) - 1)], "window_end": np.nan,
        }
    )  # fmt: skip


@pytest.fixture
def stations(tmp_path):
    path = tmp_path / "stations.csv"
    places = roads.to_lonlat(11000.0, 12000.0), roads.to_lonlat(13000.0, 10.0)
    path.write_text(STATIONS.format(*places), encoding="utf-8")
    return read_stations(path)


def test_plans_on_roads_stand_link_by_link(world, stations):
    """Every leg's links, with the load on board: energy on each link, not only in sum."""
    network, ways = world
    table = stops(
        [(500, 0), (23000, 6000), (2000, 12000), (22000, 0), (500, 0)],
        [1200.0, 700.0, 300.0, 0.0, 0.0],
    )
    instance, route = route_on_roads(
        network, ways, table, stations, BATTERY, start_wh=9000.0, reserve_wh=500.0
    )
    plan = charge_on_the_way(instance, route)
    assert plan.is_feasible
    assert plan.visits
    places = _places(network, ways, table, stations)

    def legs(load, a, b):
        if places[a] == places[b]:
            return [0.0]
        carried = float(table["payload_kg"].iloc[load])
        (path,) = blended_paths(
            ways, [places[a]], [places[b]], blend=PathBlend(0.0, 1.0), payload_kg=carried
        )
        return (ways.energy_at(carried)[path.edges] * path.share).tolist()

    time, _ = simulator.replay(instance, route, plan, legs)
    assert time - route.start_s == pytest.approx(plan.duration_s)


def _places(network, ways, *tables):
    """Snap again, as the vehicle sees it."""
    import geopandas as gpd

    from geofleet.routes.snap import Snapper

    found = []
    for table in tables:
        points = gpd.GeoSeries.from_xy(table["lon"], table["lat"], crs="EPSG:4326")
        snapped = Snapper(network).snap(points, allowed=ways.graph.access)
        found += [Place(int(e), float(f)) for e, f in zip(snapped.edge, snapped.fraction,
                                                         strict=True)]  # fmt: skip
    return found


def test_stations_become_chargers_of_a_battery(stations):
    """Power limited by the vehicle, hours in seconds, waits from table or default row."""
    north, south = chargers_for(stations, BATTERY, first_node=7)
    assert (north.node, south.node) == (7, 8)
    assert north.wait_s == 240.0
    assert south.wait_s == 600.0
    assert south.open_s == ((21600.0, 34200.0), (36000.0, 82800.0))
    assert max(south.curve.power_w) < 7400.0
    assert north.price_per_kwh == 5.5
    assert np.isnan(south.price_per_kwh)


def test_opening_hours():
    """Empty is always; words, wrong orders and hours beyond two days are faults."""
    assert opening_hours(" ") == ()
    assert opening_hours("22:00-26:00") == ((79200.0, 93600.0),)
    for text in ("always", "9-17", "10:00-09:00", "10:00-12:00;11:00-13:00", "40:00-49:00"):
        with pytest.raises(ValueError, match="hours like"):
            opening_hours(text)


def test_bad_stations_and_stops_are_named(world, tmp_path, stations):
    """All faults of a file at once; stops without a place, far from roads, too heavy."""
    path = tmp_path / "bad.csv"
    path.write_text(
        "charger_id,lat,lon,kind,power_kw,open\na,95,0,dc,50,\nb,1,2,hydrogen,0,\n",
        encoding="utf-8",
    )
    with pytest.raises(InputError) as caught:
        read_stations(path)
    text = str(caught.value)
    assert all(word in text for word in ("row 2, field lat", "row 3, field kind", "power_kw"))
    path.write_text("charger_id,lat,lon,kind,power_kw,open\na,1,0,dc,50,lunch\n", encoding="utf-8")
    with pytest.raises(InputError, match="row 2, field open: 'lunch'"):
        read_stations(path)
    network, ways = world
    table = stops([(500, 0), (23000, 6000), (500, 0)], [0.0, 9000.0, 0.0])
    table.loc[2, "lat"] = np.nan
    far = stations.assign(lat=stations["lat"] + [0.0, 1.0])
    with pytest.raises(InputError) as caught:
        route_on_roads(network, ways, table, far, BATTERY, start_wh=9000.0)
    text = str(caught.value)
    assert "stops, row 3, field lat, lon: 's2': expected coordinates" in text
    assert "charging stations, row 2, field lat, lon: 'south" in text
    assert "stops, row 2, field payload_kg: '9000.0'" in text
