"""Receptors keep the people, stand where people live, and never on the carriageway."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geofleet.defaults import Defaults
from geofleet.errors import InputError
from geofleet.exposure import make_receptors
from geofleet.exposure.city.roads import carriageway_width_m

Make = Callable[..., Any]
CRS = pyproj.CRS.from_epsg(32719)
EAST, NORTH = 500_000.0, 6_690_000.0


def zones_of(shapes: list[shapely.Geometry], people: list[float]) -> gpd.GeoDataFrame:
    moved = [shapely.transform(shape, lambda xy: xy + np.array([EAST, NORTH])) for shape in shapes]
    return gpd.GeoDataFrame(
        {"zone_id": [f"z{i}" for i in range(len(shapes))], "people": people},
        geometry=moved,
        crs=CRS,
    )


@settings(max_examples=25, deadline=None)
@given(
    sizes=st.lists(st.floats(1.0, 900.0), min_size=1, max_size=6),
    spacing=st.floats(40.0, 400.0),
    seed=st.integers(0, 1000),
)
def test_people_are_conserved(sizes: list[float], spacing: float, seed: int) -> None:
    """Each zone keeps its people whatever its size; all points lie inside."""
    rng = np.random.default_rng(seed)
    corners = rng.uniform(-5000, 5000, (len(sizes), 2))
    shapes = [shapely.box(x, y, x + s, y + s / 2) for (x, y), s in zip(corners, sizes, strict=True)]
    people = rng.uniform(0, 1e4, len(sizes)).tolist()
    zones = zones_of(shapes, people)
    receptors = make_receptors(zones, crs_metric=CRS, spacing_m=spacing)
    sums = receptors.frame.groupby("zone_id")["people"].sum()
    np.testing.assert_allclose(sums.loc[zones["zone_id"]], people, rtol=1e-12)
    home = zones.set_index("zone_id").geometry.loc[receptors.frame["zone_id"]]
    assert receptors.frame.geometry.within(home.set_axis(receptors.frame.index)).all()


def test_grid_is_regular_and_repeatable() -> None:
    """A square of 300 m at 100 m has nine points; a neighbour's grid continues it."""
    zones = zones_of([shapely.box(0, 0, 300, 300), shapely.box(300, 0, 600, 300)], [9.0, 18.0])
    receptors = make_receptors(zones, crs_metric=CRS, spacing_m=100.0)
    assert receptors.frame["people"].tolist() == [1.0] * 9 + [2.0] * 9
    x = np.unique(receptors.frame.geometry.x)
    np.testing.assert_allclose(np.diff(x), 100.0)
    assert receptors.height_m == 1.5
    assert receptors.people == 27.0


def test_tiny_empty_and_point_zones() -> None:
    """A sliver gets one point, a zone without people none, a point is itself."""
    zones = zones_of(
        [shapely.box(0, 0, 3, 3), shapely.box(0, 0, 500, 500), shapely.Point(7, 9)],
        [5.0, 0.0, 2.5],
    )
    receptors = make_receptors(zones, crs_metric=CRS, spacing_m=200.0)
    assert receptors.frame["zone_id"].tolist() == ["z0", "z2"]
    assert receptors.frame["people"].tolist() == [5.0, 2.5]
    last = receptors.frame.geometry.iloc[1]
    assert (last.x - EAST, last.y - NORTH) == pytest.approx((7.0, 9.0))
    assert receptors.report["zones_without_people"] == 1


def test_people_follow_residential_streets(make_network: Make) -> None:
    """Three times the street means three times the people; a motorway draws nobody."""
    network = make_network(
        [
            [(0, 51), (100, 51)],
            [(200, 51), (300, 51)], [(200, 52), (300, 52)], [(200, 53), (300, 53)],
            [(100, 20), (200, 20)],
        ],
        highway=["residential"] * 4 + ["motorway"],
    )  # fmt: skip
    zones = zones_of([shapely.box(-0.5, 0, 300.5, 100)], [400.0])
    receptors = make_receptors(
        zones, crs_metric=CRS, network=network, spacing_m=100.0, spread="grid"
    )
    assert receptors.frame["people"].tolist() == pytest.approx([100.0, 300.0], rel=1e-6)
    both = zones_of([shapely.box(0, 0, 300, 100), shapely.box(5000, 0, 5300, 100)], [400.0, 30.0])
    plain = make_receptors(both, crs_metric=CRS, network=network, spacing_m=100.0)
    far = plain.frame[plain.frame["zone_id"] == "z1"]
    assert far["people"].tolist() == pytest.approx([10.0] * 3)
    assert plain.report["zones_without_streets"] == 1
    assert plain.report["zones_without_streets_first"] == ["z1"]


@pytest.mark.parametrize("spread", ["homes", "grid"])
def test_nobody_stands_on_the_carriageway(make_network: Make, spread: str) -> None:
    """All points end at least half a road and a margin away from every road."""
    rng = np.random.default_rng(2)
    lines = [[(x, -50), (x, 550)] for x in (50, 150, 250.0)] + [[(-50, y), (550, y)] for y in (52,)]
    lines += [[tuple(a), tuple(b)] for a, b in rng.uniform(0, 500, (6, 2, 2))]
    network = make_network(lines, lanes=[2.0, 4.0, 8.0, np.nan] + [2.0] * 6)
    zones = zones_of([shapely.box(0, 0, 500, 500)], [100.0])
    receptors = make_receptors(
        zones, crs_metric=CRS, network=network, spacing_m=20.0, spread=spread
    )
    clear = carriageway_width_m(network.edges, Defaults()) / 2.0 + 1.0
    gaps = shapely.distance(
        receptors.frame.geometry.to_numpy()[:, None], network.edges_metric.to_numpy()[None]
    )
    on_road = (gaps < clear - 1e-4).any(axis=1)
    assert on_road.sum() == receptors.report["left_on_carriageway"] == 0
    # homes never stand there; points of a regular grid may
    assert (receptors.report["moved_off_carriageway"] > 20) == (spread == "grid")
    assert receptors.people == pytest.approx(100.0, rel=1e-12)


def test_swapped_coordinates_are_noticed(make_network: Make) -> None:
    """Zones with latitude for longitude lie elsewhere than the roads, and that is said."""
    network = make_network([[(0, 0), (100, 0)]])
    zones = zones_of([shapely.box(0, 0, 90, 90)], [10.0]).to_crs(4326)
    swapped = zones.set_geometry(shapely.transform(zones.geometry, lambda xy: xy[:, ::-1]))
    with pytest.raises(InputError, match="swapped"):
        make_receptors(swapped.set_crs(4326), crs_metric=CRS, network=network)


def test_bad_zones_are_named() -> None:
    """Missing columns and CRS, negative or unknown people, no spacing: one error with all."""
    zones = zones_of([shapely.box(0, 0, 9, 9)] * 3, [1.0, -2.0, float("nan")])
    with pytest.raises(InputError) as caught:
        make_receptors(zones, crs_metric=CRS, spacing_m=0.0)
    assert {(p.field, p.row) for p in caught.value.problems} == {
        ("", 0), ("people", 2), ("people", 3),
    }  # fmt: skip
    bare = gpd.GeoDataFrame(geometry=[shapely.Point(0, 0)])
    with pytest.raises(InputError, match=r"zone_id(.|\n)*people(.|\n)*crs"):
        make_receptors(bare, crs_metric=CRS)
    nobody = zones_of([shapely.box(0, 0, 9, 9)], [0.0])
    with pytest.raises(InputError, match="at least one zone"):
        make_receptors(nobody, crs_metric=CRS)
