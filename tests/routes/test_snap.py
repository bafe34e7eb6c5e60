"""Snapping: nearest usable link, place along it, distance, limit."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point

from geofleet.routes.snap import Snapper


def points(roads, *places):
    lonlat = [roads.to_lonlat(*place) for place in places]
    return gpd.GeoSeries([Point(*p) for p in lonlat], crs=4326)


def test_by_hand(roads, grid_network):
    """Distance and fraction are the hand's; of two directions the lower number is given."""
    everything = np.ones(len(grid_network.edges))
    snapped = Snapper(grid_network, limit_m=50).snap(
        points(roads, (125, 7), (-30, 250), (900, 900)), allowed=everything
    )
    first = roads.edge_number(grid_network, 2, 3)
    second = roads.edge_number(grid_network, 13, 19)
    assert snapped.edge.tolist() == [first, second, -1]
    np.testing.assert_allclose(snapped.fraction[:2], [0.25, 0.5], atol=1e-4)
    np.testing.assert_allclose(snapped.distance_m, [7, 30, np.hypot(400, 400)], rtol=1e-4)
    assert np.isnan(snapped.fraction[2])


def test_forbidden_links_are_passed_over(roads, grid_network):
    """The nearest link that is forbidden is not taken, in one direction or in both."""
    allowed = np.ones(len(grid_network.edges))
    there, back = (roads.edge_number(grid_network, *pair) for pair in ((2, 3), (3, 2)))
    place = points(roads, (125, 7))
    snapper = Snapper(grid_network, limit_m=50)
    allowed[there] = 0
    snapped = snapper.snap(place, allowed=allowed)
    assert snapped.edge[0] == back
    assert snapped.fraction[0] == pytest.approx(0.75, abs=1e-4)
    allowed[back] = 0
    snapped = snapper.snap(place, allowed=allowed)
    assert snapped.edge[0] == roads.edge_number(grid_network, 2, 8)
    assert snapped.distance_m[0] == pytest.approx(25, abs=1e-3)
    nothing = snapper.snap(place, allowed=0 * allowed)
    assert nothing.edge[0] == -1
    assert np.isinf(nothing.distance_m[0])


def test_nobody_delivers_on_a_motorway_or_in_a_tunnel(roads, grid_network):
    """A nearer motorway or tunnel is passed over for a street, unless there is nothing else."""
    everything = np.ones(len(grid_network.edges))
    there, back = (roads.edge_number(grid_network, *pair) for pair in ((2, 3), (3, 2)))
    place = points(roads, (125, 7))
    street = roads.edge_number(grid_network, 2, 8)
    for column, value in (("highway", "motorway"), ("tunnel", True)):
        edges = grid_network.edges.copy()
        edges.loc[edges.index[[there, back]], column] = value
        network = grid_network.replace(edges=edges)
        assert Snapper(network, limit_m=50).snap(place, allowed=everything).edge[0] == street
        near = Snapper(network, limit_m=10).snap(place, allowed=everything)
        assert near.edge[0] == there
        assert near.distance_m[0] == pytest.approx(7, rel=1e-4)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.floats(-200, 700), st.floats(-200, 700)), min_size=1, max_size=12))
def test_nearest_of_all(roads, grid_network, places):
    """No usable link is nearer than the one found."""
    allowed = np.arange(len(grid_network.edges)) % 3
    where = points(roads, *places)
    snapped = Snapper(grid_network, limit_m=1000).snap(where, allowed=allowed)
    lines = grid_network.edges_metric
    for place, edge, distance in zip(
        where.to_crs(grid_network.crs_metric), snapped.edge, snapped.distance_m, strict=True
    ):
        all_distances = lines.distance(place).to_numpy()
        assert allowed[edge] != 0
        assert distance == pytest.approx(all_distances[allowed != 0].min(), abs=1e-9)
        assert all_distances[edge] == pytest.approx(distance, abs=1e-9)
