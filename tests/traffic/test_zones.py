"""From fleet size and zones to flows: totals, symmetry, seeds, threads, access."""

from __future__ import annotations

import geopandas as gpd
import numba
import numpy as np
import pytest
import shapely

from geofleet.defaults import Defaults
from geofleet.errors import InputError
from geofleet.network import RoutingGraph, TurnRestriction, shortest_path
from geofleet.traffic import _kernels, flows_from_zones
from geofleet.traffic.assign import assign, perceived_times
from geofleet.traffic.connectors import zone_connectors

PEOPLE = {"population": "people"}


def zones_at(roads, *places, people=None):
    points = [shapely.Point(roads.to_lonlat(*place)) for place in places]
    count = len(points)
    return gpd.GeoDataFrame(
        {"zone_id": [f"z{i}" for i in range(count)], "people": people or [100.0] * count},
        geometry=points, crs=4326,
    )  # fmt: skip


def quarters(roads, people=(100.0, 200.0, 300.0, 400.0)):
    """Four areas over the 6 × 6 grid."""
    shapes = []
    for row in range(2):
        for column in range(2):
            x, y = column * 255 - 5, row * 255 - 5
            ring = [(x, y), (x + 255, y), (x + 255, y + 255), (x, y + 255)]
            shapes.append(shapely.Polygon([roads.to_lonlat(*p) for p in ring]))
    return gpd.GeoDataFrame({"zone_id": list("abcd"), "people": people}, geometry=shapes, crs=4326)


def edge_flows(flows, network, name):
    out = np.zeros(network.arrays.edge_count)
    out[flows.edges] = flows.vehicles[:, flows.classes.index(name)].sum(axis=1)
    return out


def test_two_zones_by_hand(roads, square):
    """Two points on the square, one connector each: all trips on the way between, both ways.

    One van, 365 km a year: 1 km a day. Trips go 1 – 2 and back, 1 km each: half a trip each.
    """
    zones = zones_at(roads, (0, 0), (1000, 0))
    flows = flows_from_zones(
        square, zones, {"cargo_van": 1.0}, columns=PEOPLE, annual_km={"cargo_van": 365.0},
        spread_s=0, draws=1,
    )  # fmt: skip
    found = edge_flows(flows, square, "cargo_van")
    there, back = roads.edge_number(square, 1, 2), roads.edge_number(square, 2, 1)
    np.testing.assert_allclose(found[[there, back]], 0.5, rtol=1e-3)
    assert found.sum() == pytest.approx(1.0, rel=1e-3)
    assert flows.vehicle_km(square)["cargo_van"] == pytest.approx(1.0, rel=1e-9)


def test_totals_are_fleet_times_distance(roads, grid_network):
    """Vehicle-km of every class are vehicles × annual km ÷ days, to 1e-9."""
    fleet = {"cargo_van": 80.0, "rigid_12t": 30.0, "articulated_40t": 2.5, "rigid_26t": 0.0}
    flows = flows_from_zones(
        grid_network, quarters(roads), fleet, columns=PEOPLE, days=300,
        annual_km={"cargo_van": 12_345.0},
    )  # fmt: skip
    assert flows.classes == ("cargo_van", "rigid_12t", "articulated_40t")
    km = {name: Defaults().number("traffic_demand", f"annual_km.{name}") for name in fleet}
    km["cargo_van"] = 12_345.0
    for name, found in flows.vehicle_km(grid_network).items():
        assert found == pytest.approx(fleet[name] * km[name] / 300, rel=1e-9)
        notes = flows.report[name]
        assert notes["trips"] * notes["mean_trip_km"] == pytest.approx(
            found / (1 - notes["share_of_trips_within_a_junction"]), rel=1e-6
        )


def test_vehicles_are_conserved_at_junctions(roads, grid_network):
    """What enters a junction leaves it, except for trips that begin and end there."""
    trips = np.array([[[0.0, 3.0, 2.0], [1.0, 0.0, 4.0], [5.0, 6.0, 0.0]]])
    connectors = np.array([[0], [20], [33]], np.int32)
    graph = RoutingGraph.build(grid_network)
    done = assign(graph, trips, connectors, draws=5, spread_ms=5000.0, seed=1)
    arrays = grid_network.arrays
    out = np.bincount(arrays.edge_from, weights=done.vehicles[0], minlength=36)
    into = np.bincount(arrays.edge_to, weights=done.vehicles[0], minlength=36)
    expected = np.zeros(36)
    expected[[0, 20, 33]] = trips[0].sum(axis=1) - trips[0].sum(axis=0)
    np.testing.assert_allclose(out - into, expected, atol=1e-9)
    assert done.lost[0] == 0
    assert done.standing[0] == 0


def test_one_draw_without_spread_is_the_quickest_way(roads):
    """Loads equal those of single shortest paths, turn restrictions and all, summed one by one."""
    rng = np.random.default_rng(5)
    nodes, links = roads.grid(5, 5)
    links = [(u, v, {**a, "speed_free_kmh": float(rng.uniform(10, 60))}) for u, v, a in links]
    free = roads.make_network(nodes, links)
    # forbid the turns that the quickest ways would take
    plain = RoutingGraph.build(free)
    ways = [shortest_path(plain, 0, 24), shortest_path(plain, 24, 7)]
    turns = [TurnRestriction((int(w[1]), int(w[2])), False, "all", (), 1) for w in ways]
    network = free.replace(turn_restrictions=tuple(turns))
    graph = RoutingGraph.build(network)
    assert shortest_path(graph, 0, 24).tolist() != ways[0].tolist()
    connectors = np.array([[0], [7], [13], [24]], np.int32)
    trips = rng.uniform(0, 10, (2, 4, 4))
    done = assign(graph, trips, connectors, draws=1, spread_ms=0.0, seed=0)
    expected = np.zeros((2, network.arrays.edge_count))
    for i, a in enumerate(connectors[:, 0]):
        for j, b in enumerate(connectors[:, 0]):
            if i != j:
                for edge in shortest_path(graph, int(a), int(b)):
                    expected[:, edge] += trips[:, i, j]
    np.testing.assert_allclose(done.vehicles, expected, rtol=1e-12)
    np.testing.assert_allclose(done.standing, np.einsum("gii->g", trips))


def test_trips_without_a_way_are_counted(roads, grid_network):
    """A zone that cannot be reached loses its trips in the report, not in silence."""
    graph = RoutingGraph.build(
        grid_network, allowed=(grid_network.arrays.edge_to != 35).astype(int)
    )
    connectors = np.array([[0], [35], [-1]], np.int32)
    trips = np.ones((1, 3, 3))
    done = assign(graph, trips, connectors, draws=2, spread_ms=0.0, seed=0)
    # 0→35 has no way; to and from the third zone no road: 1 + 2 + 2 and its own 1
    assert done.lost[0] == pytest.approx(6.0)
    assert done.standing[0] == pytest.approx(2.0)


def test_symmetric_city_has_symmetric_flows(roads, grid_network):
    """Four like zones at the corners: each street carries as much each way.

    Link times are drawn link by link, so over many draws, up to their noise. On a street with one
    way only for each pair there is no noise.
    """
    zones = zones_at(roads, (0, 0), (500, 0), (0, 500), (500, 500))
    flows = flows_from_zones(
        grid_network, zones, {"rigid_12t": 10.0}, columns=PEOPLE, draws=1000, spread_s=20
    )
    found = edge_flows(flows, grid_network, "rigid_12t")
    assert np.corrcoef(found, found[grid_network.arrays.twin])[0, 1] > 0.97
    nodes = {1: (0, 0), 2: (100, 0), 3: (200, 0), 4: (300, 0)}
    line = roads.make_network(nodes, [(1, 2), (2, 1), (2, 3), (3, 2), (3, 4), (4, 3)])
    done = assign(
        RoutingGraph.build(line), np.ones((1, 4, 4)), np.arange(4, dtype=np.int32)[:, None],
        draws=3, spread_ms=1000.0, seed=0,
    )  # fmt: skip
    # of 16 trips 3, 4 and 3 cross the three streets in each direction
    np.testing.assert_allclose(done.vehicles[0], [3, 3, 4, 4, 3, 3])


def test_seed_and_threads(roads, grid_network):
    """The same seed gives the same bits with one thread or two; another seed, other ways."""

    def made(seed):
        return flows_from_zones(
            grid_network, quarters(roads), {"rigid_12t": 10.0}, columns=PEOPLE, seed=seed
        ).vehicles

    first = made(1)
    threads = numba.get_num_threads()
    try:
        numba.set_num_threads(1)
        alone = made(1)
    finally:
        numba.set_num_threads(threads)
    assert (first == alone).all()
    other = made(2)
    assert first.shape != other.shape or (first != other).any()


def test_spread_makes_several_ways(roads, grid_network):
    """Across a grid of equal ways, perceived times use many; without, one way for each pair."""
    zones = zones_at(roads, (0, 0), (500, 500))
    used = []
    for spread in (0, 20):
        flows = flows_from_zones(
            grid_network, zones, {"rigid_12t": 10.0}, columns=PEOPLE, spread_s=spread
        )
        used.append(len(flows.edges))
    assert used[0] == 20
    assert used[1] > 40


def test_perceived_times_have_the_mean_and_variance_asked():
    """Mean t and variance 20 t, also for two halves of a road together."""
    time = np.full(200_000, 60_000.0)
    drawn = perceived_times(time, 20_000.0, np.random.default_rng(3))
    halves = perceived_times(np.tile(time / 2, 2), 20_000.0, np.random.default_rng(4))
    for sample in (drawn, halves[:200_000] + halves[200_000:]):
        assert sample.mean() == pytest.approx(60_000.0, rel=0.01)
        assert sample.var() == pytest.approx(20_000.0 * 60_000.0, rel=0.02)
    shut = perceived_times(np.array([np.inf, 0.0]), 20_000.0, np.random.default_rng(0))
    assert shut[0] == np.inf
    assert shut[1] > 0


def test_trucks_obey_access(roads):
    """A short road closed to lorries: vans take it, trucks go round."""
    nodes = {1: (0, 0), 2: (1000, 0), 3: (0, 600), 4: (1000, 600)}
    links = []
    for a, b in ((1, 2), (1, 3), (3, 4), (4, 2)):
        more = {"hgv": "no"} if (a, b) == (1, 2) else {}
        links += [(a, b, dict(more)), (b, a, dict(more))]
    network = roads.make_network(nodes, links)
    zones = zones_at(roads, (0, 0), (1000, 0))
    flows = flows_from_zones(
        network, zones, {"cargo_van": 1.0, "rigid_26t": 1.0}, columns=PEOPLE, spread_s=0
    )
    short, long = roads.edge_number(network, 1, 2), roads.edge_number(network, 3, 4)
    van, truck = (edge_flows(flows, network, name) for name in ("cargo_van", "rigid_26t"))
    assert van[short] > 0
    assert van[long] == 0
    assert truck[short] == 0
    assert truck[long] > 0


def test_connectors_are_spread_within_the_zone(roads, grid_network):
    """Each quarter gets junctions of its own; a zone far away gets none, a near one the nearest."""
    zones = quarters(roads)
    everywhere = np.ones(grid_network.arrays.edge_count, np.int8)
    options = {"limit_m": 300.0, "defaults": Defaults()}
    found = zone_connectors(grid_network, zones, everywhere, count=4, **options)
    points = grid_network.nodes.geometry.to_numpy()
    for zone, nodes in zip(zones.geometry, found, strict=True):
        assert len(set(nodes.tolist())) == 4
        assert shapely.covers(zone, points[nodes]).all()
    far = zones_at(roads, (700, 500), (2000, 500))
    nearest = zone_connectors(grid_network, far, everywhere, count=2, **options)
    assert nearest.tolist() == [[35, 35], [-1, -1]]


def test_zones_without_road_are_reported(roads, grid_network):
    """A quarter of the trip ends lie where no road is: named, and the total still met."""
    zones = zones_at(roads, (0, 0), (500, 500), (90_000, 0), people=[100, 200, 100])
    flows = flows_from_zones(grid_network, zones, {"rigid_12t": 10.0}, columns=PEOPLE)
    notes = flows.report["rigid_12t"]
    assert notes["zones_without_road"] == ["z2"]
    assert notes["share_of_trip_ends_in_them"] == pytest.approx(0.25)
    km = 10 * Defaults().number("traffic_demand", "annual_km.rigid_12t") / 365
    assert flows.vehicle_km(grid_network)["rigid_12t"] == pytest.approx(km, rel=1e-9)


def test_bad_inputs(roads, grid_network):
    """Zones, fleets and settings that cannot be: each by name."""
    zones = quarters(roads)

    def fails(expected, frame=zones, fleet=None, **more):
        options = {"columns": PEOPLE} | more
        with pytest.raises(InputError) as caught:
            flows_from_zones(grid_network, frame, fleet or {"rigid_12t": 1.0}, **options)
        assert expected in str(caught.value)

    fails("people, shops or industry in at least one zone", zones.assign(people=0.0))
    fails("row 2, field people: '-5.0'", zones.assign(people=[1, -5.0, 1, 1]))
    fails("one of industry, population, shops", columns={"jobs": "people"})
    fails("this column (shops)", columns={"shops": "stores"})
    fails("at least one column", columns={})
    fails("'boat'", fleet={"boat": 1.0})
    fails("vehicles that drive", fleet={"rigid_12t": 0.0})
    fails("'-1'", fleet={"rigid_12t": -1})
    fails("an id of its own", zones.assign(zone_id="a"))
    fails("a column 'name'", id_column="name")
    fails("assignment.draws", draws=0)
    fails("at most 366", days=400)
    away = zones.set_geometry(zones.geometry.translate(1, 1))
    fails("on or near a road", away)
    fails("can drive on this network", zones_at(roads, (0, 0), (1, 1)))


def test_the_kernel_uncompiled(grid_network):
    """Compiled and plain Python give the same loads."""
    graph = RoutingGraph.build(grid_network)
    expansion = graph.expansion
    sources = expansion.node_start[np.array([0, 14, 35])].astype(np.int32)
    slot = np.full(36, -1, np.int32)
    slot[[3, 20, 35]] = [0, 1, 2]
    trips = np.random.default_rng(0).uniform(0, 5, (3, 2, 3))
    trips[2, :, 2] = 0.0
    results = []
    for kernel in (_kernels.load_trees, _kernels.load_trees.py_func):
        out, lost = np.zeros((2, 2, grid_network.arrays.edge_count)), np.zeros((3, 2))
        kernel(
            expansion.indptr, expansion.arc_head, expansion.arc_edge, graph.arc_tail,
            graph.edge_time_ms[expansion.arc_edge], expansion.state_node, sources, slot, trips,
            out, lost,
        )  # fmt: skip
        results.append(out)
    assert (results[0] == results[1]).all()
    assert results[0].sum() > 0
