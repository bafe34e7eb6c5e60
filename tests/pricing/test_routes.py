"""Routes between points: which streets, at what price, within which limits."""

from __future__ import annotations

from itertools import pairwise

import networkx as nx
import numpy as np
import pytest

from geofleet.errors import InputError
from geofleet.network import TurnRestriction
from geofleet.pricing import (
    Blend,
    Place,
    alternatives,
    frontier,
    hour_choice,
    link_prices,
    path_by_hour,
)

KIND = "rigid_7_5t"
YEAR = {"country": "MX", "year": 2024}
HARM = "harm_person_ug_m3_h"


@pytest.fixture(scope="module")
def town(roads):
    """Return a 6 × 6 grid with a fast street along its third row."""
    nodes, links = roads.grid(6, 6)
    for u, v, given in links:
        if 13 <= u <= 18 and 13 <= v <= 18:
            given["speed_free_kmh"] = 50.0
    return roads.make_network(nodes, links)


@pytest.fixture(scope="module")
def prices(town, truck, air):
    """Return prices with many people along the fast street and few elsewhere."""
    y = (town.nodes["y"].to_numpy()[town.arrays.edge_from] +
         town.nodes["y"].to_numpy()[town.arrays.edge_to]) / 2  # fmt: skip
    rows = np.round((y - town.nodes["y"].min()) / (np.ptp(town.nodes["y"]) / 5), 1)
    people = np.where(rows == 2.0, 900.0, 100.0 + 10.0 * np.abs(rows - 2.0))
    by_hour = people[:, None] * (1.0 + 0.5 * np.cos(np.arange(24) / 24 * 2 * np.pi))
    return link_prices(town, truck, KIND, unit_exposure=air(by_hour), **YEAR)


def ends(roads):
    return roads.to_lonlat(-3.0, 180.0), roads.to_lonlat(503.0, 220.0)


def by_networkx(town, prices, name, origin, destination, hour=8):
    graph = nx.DiGraph()
    price = prices.at(name, hour)
    for edge in range(town.arrays.edge_count):
        a, b = int(town.arrays.edge_from[edge]), int(town.arrays.edge_to[edge])
        graph.add_edge(a, b, weight=price[edge])
    return nx.shortest_path_length(graph, origin, destination, weight="weight")


def test_each_route_is_the_best_of_its_kind(town, prices):
    """Between junctions every objective gives networkx's least price."""
    arrays = town.arrays
    origin, destination = Place(0, 0.0), Place(int(np.flatnonzero(arrays.edge_to == 35)[0]), 1.0)
    kinds = ("least_harm", "cheapest", "least_co2e", "shortest")
    found = alternatives(prices, origin, destination, hour=8, max_detour=np.inf, objectives=kinds)
    names = {"fastest": "time_s", "least_harm": HARM, "cheapest": "cost",
             "least_co2e": "co2e_wtw_g", "shortest": "distance_m"}  # fmt: skip
    start = int(arrays.edge_from[0])
    assert list(found.table.index) == [
        "fastest",
        "least_harm",
        "cheapest",
        "least_co2e",
        "shortest",
    ]
    for route, name in names.items():
        least = by_networkx(town, prices, name, start, 35)
        assert found.table.loc[route, name] == pytest.approx(least, rel=1e-6)
        assert found.table[name].min() == pytest.approx(least, rel=1e-6)


def test_least_harm_leaves_the_crowded_street(roads, prices):
    """The fastest way is the crowded street; the least harmful leaves it for a little more time."""
    found = alternatives(prices, *ends(roads), hour=8, max_detour=3.0)
    table = found.table
    fast, mild = table.loc["fastest"], table.loc["least_harm"]
    assert mild[HARM] < 0.6 * fast[HARM]
    assert mild["time_s"] > fast["time_s"]
    assert mild["extra_time_s"] == pytest.approx(mild["time_s"] - fast["time_s"])
    assert mild[f"extra_{HARM}"] == pytest.approx(mild[HARM] - fast[HARM])
    assert mild["saved_harm_share"] == pytest.approx(1 - mild[HARM] / fast[HARM])
    assert (table.loc["fastest", [f"extra_{name}" for name in prices.names]] == 0).all()


def test_a_detour_has_a_limit(roads, prices):
    """A tight limit gives a route within it, between the two; no room gives the fastest."""
    origin, destination = ends(roads)
    free = alternatives(prices, origin, destination, hour=8, max_detour=np.inf)
    ratio = free.table.loc["least_harm", "time_s"] / free.table.loc["fastest", "time_s"]
    tight = alternatives(prices, origin, destination, hour=8, max_detour=1 + (ratio - 1) * 0.9)
    mild = tight.table.loc["least_harm"]
    assert mild["time_s"] <= (1 + (ratio - 1) * 0.9) * tight.table.loc["fastest", "time_s"] + 1e-2
    assert mild["how"] == "within the longest detour"
    assert free.table.loc["least_harm", HARM] < mild[HARM] <= free.table.loc["fastest", HARM]
    none = alternatives(prices, origin, destination, hour=8, max_detour=1.0)
    assert none.table.loc["least_harm", "time_s"] == none.table.loc["fastest", "time_s"]
    with pytest.raises(InputError, match="at least 1"):
        alternatives(prices, origin, destination, hour=8, max_detour=0.9)


def test_geometry_and_legs_belong_to_the_table(roads, prices):
    """Lines run from point to point without a gap, and legs sum to the table."""
    origin, destination = ends(roads)
    found = alternatives(prices, origin, destination, hour=8)
    legs, routes = found.legs(), found.routes()
    assert legs.crs == routes.crs == "EPSG:4326"
    for name in prices.names:
        sums = legs.groupby("route")[name].sum()
        for route, value in found.table[name].items():
            assert sums[route] == pytest.approx(value, rel=1e-9)
    metric = routes.to_crs(prices.network.crs_metric)
    for route, line in zip(metric["route"], metric.geometry, strict=True):
        assert line.length == pytest.approx(found.table.loc[route, "distance_m"], rel=2e-3)
        assert len(line.coords) == len(set(line.coords))
    for line in routes.geometry:
        np.testing.assert_allclose(line.coords[0], origin, atol=6e-5)
        np.testing.assert_allclose(line.coords[-1], destination, atol=6e-5)


def test_blend_moves_from_cost_to_harm(roads, prices):
    """The dearer the harm, the less of it and the more cost; nothing for it gives the cheapest."""
    rows = [
        alternatives(prices, *ends(roads), hour=8, objectives=("cheapest", "blended"),
                     blend=Blend(harm_price=price), max_detour=np.inf).table
        for price in (0.0, 0.1, 1.0, 10.0, 1e5)
    ]  # fmt: skip
    harm = [table.loc["blended", HARM] for table in rows]
    cost = [table.loc["blended", "cost"] for table in rows]
    assert all(a >= b - 1e-9 for a, b in pairwise(harm))
    assert all(a <= b + 1e-9 for a, b in pairwise(cost))
    assert cost[0] == pytest.approx(rows[0].loc["cheapest", "cost"])
    mild = alternatives(prices, *ends(roads), hour=8, max_detour=np.inf).table
    assert harm[-1] == pytest.approx(mild.loc["least_harm", HARM], rel=1e-6)


def test_rules_of_the_road_hold(town, roads, truck, air):
    """No route turns where it may not, drives where trucks may not, or against a one-way street."""
    closed = town.edges.copy()
    number = roads.edge_number(town, 13, 14)
    closed.iloc[number, closed.columns.get_loc("hgv")] = "no"
    shut = roads.edge_number(town, 14, 15)
    rule = TurnRestriction((roads.edge_number(town, 8, 14), shut), False, "all", (), 1)
    network = town.replace(edges=closed, turn_restrictions=(rule,))
    priced = link_prices(
        network, truck, KIND, unit_exposure=air(np.full(120, 10.0)), hours=[8], **YEAR
    )
    found = alternatives(priced, *ends(roads), hour=8, objectives=("least_harm", "cheapest"))
    for path in found.paths.values():
        edges = path.edges.tolist()
        assert number not in edges
        assert (rule.edges[0], shut) not in list(pairwise(edges))
        assert (network.arrays.edge_to[edges[:-1]] == network.arrays.edge_from[edges[1:]]).all()


def test_frontier_runs_from_fastest_to_least_harm(roads, prices):
    """Time rises and harm falls along it; its ends are the two routes; corners have a rate."""
    origin, destination = ends(roads)
    found = frontier(prices, origin, destination, hour=8, max_detour=np.inf)
    table = found.table
    assert not found.truncated
    assert len(table) > 2
    assert (np.diff(table["time_s"]) > -1e-3).all()
    assert (np.diff(table[HARM]) < 0).all()
    both = alternatives(prices, origin, destination, hour=8, max_detour=np.inf).table
    assert table[HARM].iloc[0] == pytest.approx(both.loc["fastest", HARM])
    assert table[HARM].iloc[-1] == pytest.approx(both.loc["least_harm", HARM])
    assert table["supported"].iloc[[0, -1]].all()
    rate = table.loc[table["supported"], "saved_per_min"].to_numpy()
    assert np.isnan(rate[0])
    assert (rate[1:] > 0).all()
    assert (np.diff(rate[1:]) < 0).all()
    corners = frontier(prices, origin, destination, hour=8, max_detour=np.inf, convex_only=True)
    np.testing.assert_array_equal(corners.table[HARM], table.loc[table["supported"], HARM])
    cut = frontier(prices, origin, destination, hour=8, max_detour=np.inf, max_labels=5)
    assert cut.truncated
    assert set(corners.table[HARM]) <= set(cut.table[HARM])
    limited = frontier(prices, origin, destination, hour=8, max_detour=1.05)
    assert limited.table["time_s"].max() <= 1.05 * table["time_s"].min() + 1e-2
    with pytest.raises(InputError, match="than time itself"):
        frontier(prices, origin, destination, hour=8, against="fastest")


def test_hours_are_compared_and_the_best_is_in_the_window(roads, prices):
    """Every hour has its own prices; the best hour is the least of the window."""
    origin, destination = ends(roads)
    found = hour_choice(prices, origin, destination, hour=8, window=(22, 5))
    table = found.table
    assert len(table) == 48
    for hour in (3, 8, 17):
        alone = alternatives(prices, origin, destination, hour=hour).table
        for route in ("fastest", "least_harm"):
            row = table[(table["route"] == route) & (table["hour"] == hour)].iloc[0]
            assert row[HARM] == pytest.approx(alone.loc[route, HARM])
            assert row["time_s"] == pytest.approx(alone.loc[route, "time_s"])
    inside = table[table["in_window"]]
    assert set(inside["hour"]) == {22, 23, 0, 1, 2, 3, 4}
    mild = inside[inside["route"] == "least_harm"].set_index("hour")[HARM]
    assert found.best["least_harm"] == mild.idxmin()
    now = table[(table["route"] == "fastest") & (table["hour"] == 8)].iloc[0]
    assert now["saved_harm"] == 0
    np.testing.assert_allclose(table["saved_harm"], now[HARM] - table[HARM])
    path = alternatives(prices, origin, destination, hour=8).paths["fastest"]
    fixed = path_by_hour(prices, path)
    assert fixed.loc[8, HARM] == pytest.approx(now[HARM])
    fastest = table[table["route"] == "fastest"].set_index("hour")["time_s"]
    assert (fixed["time_s"] >= fastest - 0.1).all()
    for window in ((3, 3), (-1, 4), (1, 30)):
        with pytest.raises(InputError, match="first hour"):
            hour_choice(prices, origin, destination, window=window)
    with pytest.raises(InputError, match="prices were made for"):
        hour_choice(prices, origin, destination, hour=25)


def test_points_that_cannot_be_are_named(roads, town, prices, truck, air):
    """Far points, degrees that do not exist, closed links and islands: all named."""
    origin, _ = ends(roads)
    with pytest.raises(InputError) as error:
        alternatives(prices, roads.to_lonlat(9000, 0), (500.0, 0.0), hour=8)
    assert {problem.field for problem in error.value.problems} == {"origin", "destination"}
    with pytest.raises(InputError, match="part from 0 to 1"):
        alternatives(prices, origin, Place(3, 1.5), hour=8)
    nodes, links = roads.grid(3, 2)
    nodes |= {7: (0.0, 900.0), 8: (100.0, 900.0)}
    apart = roads.make_network(nodes, [*links, (7, 8), (8, 7)])
    island = link_prices(apart, truck, KIND, unit_exposure=air(np.ones(len(apart.edges))),
                         hours=[8], **YEAR)  # fmt: skip
    with pytest.raises(InputError, match="may use"):
        alternatives(island, roads.to_lonlat(50, 0), roads.to_lonlat(50, 900), hour=8)
