"""People are conserved by every source and spread, inside their zones, at homes, repeatably."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geofleet.errors import InputError
from geofleet.exposure import make_receptors, receptors_from_network

Make = Callable[..., Any]
CRS = pyproj.CRS.from_epsg(32719)
EAST, NORTH = 500_000.0, 6_690_000.0
REUSED = [HealthCheck.function_scoped_fixture]


def placed(shape: shapely.Geometry) -> shapely.Geometry:
    return shapely.transform(shape, lambda xy: xy + np.array([EAST, NORTH]))


def zones_of(shapes: list[shapely.Geometry], **columns: Any) -> gpd.GeoDataFrame:
    data = {"zone_id": [f"z{i}" for i in range(len(shapes))], **columns}
    return gpd.GeoDataFrame(data, geometry=[placed(shape) for shape in shapes], crs=CRS)


def buildings_of(shapes: list[shapely.Geometry], **columns: Any) -> gpd.GeoDataFrame:
    data = {"floors": 1.0, "residential": True, **columns}
    return gpd.GeoDataFrame(data, geometry=[placed(shape) for shape in shapes], crs=CRS)


def random_city(make_network: Make, seed: int) -> tuple[Any, gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Streets of all kinds, zones side by side, among them a tiny one and a point, houses."""
    rng = np.random.default_rng(seed)
    ends = rng.uniform(0, 900, (14, 2, 2))
    kinds = rng.choice(["residential", "tertiary", "primary", "motorway"], 14).tolist()
    network = make_network([[tuple(a), tuple(b)] for a, b in ends], highway=kinds)
    cuts = np.sort(rng.uniform(50, 850, 3))
    shapes = [
        shapely.box(0, 0, cuts[0], 900), shapely.box(cuts[0], 0, cuts[1], 900),
        shapely.box(cuts[1], 0, cuts[2], 900), shapely.box(cuts[2], 0, 900, 900),
        shapely.box(2000, 0, 2003, 3), shapely.Point(*rng.uniform(0, 900, 2)),
    ]  # fmt: skip
    people = rng.uniform(1, 1e5, 6)
    zones = zones_of(
        shapes, people=people, under_5=people * rng.uniform(0, 0.5, 6),
        people_day=rng.uniform(0, 1e5, 6),
    )  # fmt: skip
    corners = rng.uniform(0, 880, (20, 2))
    houses = [shapely.box(x, y, x + rng.uniform(5, 60), y + 15) for x, y in corners]
    floors = rng.integers(1, 9, 20).astype(float)
    return network, zones, buildings_of(houses, floors=floors, residential=rng.random(20) < 0.7)


@settings(max_examples=20, deadline=None, suppress_health_check=REUSED)
@given(
    seed=st.integers(0, 10_000),
    spread=st.sampled_from(["homes", "grid"]),
    built=st.booleans(),
    spacing=st.floats(30.0, 400.0),
)
def test_everybody_is_kept_in_their_zone(
    make_network: Make, seed: int, spread: str, built: bool, spacing: float
) -> None:
    """People, groups and people by day of every zone are kept to 1e-9, whatever the source."""
    network, zones, buildings = random_city(make_network, seed)
    receptors = make_receptors(
        zones, crs_metric=CRS, network=network, buildings=buildings if built else None,
        spread=spread, spacing_m=spacing, groups=["under_5"],
    )  # fmt: skip
    sums = receptors.frame.groupby("zone_id")[["people", "under_5", "people_day"]].sum()
    expected = zones.set_index("zone_id")[["people", "under_5", "people_day"]]
    np.testing.assert_allclose(sums.loc[expected.index], expected, rtol=1e-9)
    assert (receptors.frame["under_5"] <= receptors.frame["people"] + 1e-9).all()
    hourly = receptors.people_by_hour()
    night, noon = zones["people"].sum(), zones["people_day"].sum()
    assert hourly[:, 2].sum() == pytest.approx(night, rel=1e-9)
    assert hourly[:, 12].sum() == pytest.approx(noon, rel=1e-9)
    leaving = receptors.report["people_leaving_by_day"] - receptors.report["people_coming_by_day"]
    assert leaving == pytest.approx(night - noon, rel=1e-6, abs=1e-6)
    # inside, or as far outside as it takes to leave a carriageway
    home = zones.set_index("zone_id").geometry.loc[receptors.frame["zone_id"]].to_numpy()
    away = shapely.distance(home, receptors.frame.geometry.to_numpy())
    assert away.max() <= (0.01 if receptors.report["moved_off_carriageway"] == 0 else 40.0)


@settings(max_examples=10, deadline=None, suppress_health_check=REUSED)
@given(seed=st.integers(0, 10_000), spread=st.sampled_from(["homes", "grid"]))
def test_order_and_crs_of_zones_do_not_matter(make_network: Make, seed: int, spread: str) -> None:
    """Zones upside down or in degrees give the same receptors; a second run the same bits."""
    network, zones, buildings = random_city(make_network, seed)

    def made(given_zones: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        frame = make_receptors(
            given_zones, crs_metric=CRS, network=network, buildings=buildings, spread=spread
        ).frame
        frame = frame.assign(x=frame.geometry.x.round(3), y=frame.geometry.y.round(3))
        return frame.sort_values(["zone_id", "x", "y"]).reset_index(drop=True)

    first, again = made(zones), made(zones)
    assert first.drop(columns="geometry").equals(again.drop(columns="geometry"))
    assert shapely.equals_exact(first.geometry.to_numpy(), again.geometry.to_numpy()).all()
    turned = made(zones.iloc[::-1])
    assert turned["zone_id"].tolist() == first["zone_id"].tolist()
    for name in ("people", "people_day", "x", "y"):
        np.testing.assert_allclose(turned[name], first[name], rtol=1e-9)
    # There and back through degrees moves borders by nanometres.
    degrees = made(zones.to_crs(4326))
    sums = degrees.groupby("zone_id")["people"].sum()
    np.testing.assert_allclose(sums, first.groupby("zone_id")["people"].sum(), rtol=1e-9)
    assert abs(len(degrees) - len(first)) <= 0.05 * len(first) + 2


def test_homes_stand_beside_their_street(make_network: Make) -> None:
    """Houses on both sides of a street 7 m wide, 8 m from the kerb; each side half the people."""
    network = make_network([[(100, 75), (550, 75)]])
    zones = zones_of([shapely.box(100, 0, 550, 150)], people=[90.0])  # three cells of 150 m
    receptors = make_receptors(zones, crs_metric=CRS, network=network)
    away = receptors.frame.geometry.y.to_numpy() - NORTH - 75.0
    np.testing.assert_allclose(np.abs(away), 11.5, atol=0.02)
    assert receptors.frame["people"].tolist() == pytest.approx([30.0] * 3, rel=0.15)
    assert receptors.report["zones_by_streets"] == 1
    # A border along the street parts the two sides.
    halves = [shapely.box(100, 0, 550, 75), shapely.box(100, 75, 550, 150)]
    parted = make_receptors(
        zones_of(halves, people=[10.0, 20.0]), crs_metric=CRS, network=network
    ).frame
    side = np.sign(parted.geometry.y.to_numpy() - NORTH - 75.0)
    assert (side == np.where(parted["zone_id"] == "z0", -1, 1)).all()


def test_main_roads_alone_draw_nobody(make_network: Make) -> None:
    """Without residential streets in a zone its people are even; with one they follow streets."""
    zones = zones_of([shapely.box(0, 0, 600, 600)], people=[16.0])
    avenue = [(0, 300), (600, 300)]
    even = make_receptors(
        zones, crs_metric=CRS, network=make_network([avenue], highway=["primary"]), finest_m=150.0
    )
    assert even.report["zones_without_streets"] == 1
    assert even.frame["people"].max() < 2.0
    network = make_network([avenue, [(0, 100), (600, 100)]], highway=["primary", "residential"])
    streets = make_receptors(zones, crs_metric=CRS, network=network)
    y = streets.frame.geometry.y.to_numpy() - NORTH
    assert streets.frame["people"][y > 200].sum() == pytest.approx(16 * 0.2 / 1.2, rel=1e-6)


def test_receptors_are_closer_together_beside_traffic(make_network: Make) -> None:
    """Cells are a quarter as long within reach of a motorway, and as set far from it."""
    network = make_network([[(-3000, 75), (3000, 75)]], highway=["motorway"])
    zones = zones_of([shapely.box(-1500, -900, 1500, 900)], people=[1.0])
    fine = make_receptors(zones, crs_metric=CRS, network=network, finest_m=37.5)
    y = np.abs(fine.frame.geometry.y.to_numpy() - NORTH - 75.0)
    per_km2 = [((y >= low) & (y < high)).sum() / (3.0 * 2 * (high - low) / 1000)
               for low, high in ((5, 45), (300, 700))]  # fmt: skip
    assert per_km2[0] == pytest.approx((1000 / 37.5) ** 2, rel=0.2)
    assert per_km2[1] == pytest.approx((1000 / 150) ** 2, rel=0.2)
    # People are even over the ground all the same.
    people = fine.frame["people"].to_numpy()
    assert people[y < 375].sum() == pytest.approx(750 / 1800, rel=0.01)
    even = make_receptors(zones, crs_metric=CRS, network=network, finest_m=150.0)
    assert len(even.frame) < 0.5 * len(fine.frame)
    named = make_receptors(
        zones, crs_metric=CRS, network=network, busy_edges=np.array([], dtype=np.int32)
    )
    assert len(named.frame) == len(even.frame)


def test_people_live_where_floors_are() -> None:
    """By hand: floor areas 100 x 1 and 100 x 3; a third building straddles the border."""
    zones = zones_of(
        [shapely.box(0, 0, 600, 600), shapely.box(600, 0, 1200, 600), shapely.box(0, 900, 90, 990)],
        people=[500.0, 60.0, 7.0],
    )
    buildings = buildings_of(
        [
            shapely.box(10, 10, 20, 20), shapely.box(310, 310, 320, 320),
            shapely.box(590, 500, 610, 510),
            shapely.box(30, 30, 80, 80),
        ],
        floors=[1.0, 3.0, 1.0, 9.0], residential=[True, True, True, False],
    )  # fmt: skip
    receptors = make_receptors(zones, crs_metric=CRS, buildings=buildings)
    first = receptors.frame[receptors.frame["zone_id"] == "z0"]
    assert sorted(first["people"]) == pytest.approx([100.0, 100.0, 300.0])
    second = receptors.frame[receptors.frame["zone_id"] == "z1"]
    assert second["people"].tolist() == pytest.approx([60.0])
    assert 600 <= second.geometry.x.iloc[0] - EAST <= 610
    report = receptors.report
    assert report["buildings_straddling_zones"] == 1
    assert report["zones_without_buildings"] == 1
    assert report["zones_without_buildings_first"] == ["z2"]
    assert receptors.people == pytest.approx(567.0)


def test_by_day_people_are_where_work_is(make_network: Make) -> None:
    """An office block has nobody at home; an avenue has more of the people by day than at home."""
    zones = zones_of([shapely.box(0, 0, 600, 300)], people=[100.0], people_day=[250.0])
    buildings = buildings_of(
        [shapely.box(10, 10, 20, 20), shapely.box(410, 10, 420, 20)],
        floors=[1.0, 4.0], residential=[True, False],
    )  # fmt: skip
    frame = make_receptors(zones, crs_metric=CRS, buildings=buildings).frame.sort_values("people")
    assert frame["people"].tolist() == pytest.approx([0.0, 100.0])
    assert frame["people_day"].tolist() == pytest.approx([200.0, 50.0])
    network = make_network([[(0, 40), (600, 40)], [(0, 240), (600, 240)]],
                           highway=["residential", "secondary"])  # fmt: skip
    by_street = make_receptors(zones, crs_metric=CRS, network=network).frame
    avenue = by_street.geometry.y.to_numpy() - NORTH > 200.0
    # weights 0.35 at home and 0.7 by day, against 1 of a residential street
    assert by_street["people"][avenue].sum() == pytest.approx(100 * 0.35 / 1.35, rel=1e-6)
    assert by_street["people_day"][avenue].sum() == pytest.approx(250 * 0.7 / 1.7, rel=1e-6)


def test_unknown_by_day_is_at_home() -> None:
    """A zone whose people by day are not known keeps them at home, and is counted."""
    shapes = [shapely.box(0, 0, 90, 90), shapely.box(200, 0, 290, 90)]
    zones = zones_of(shapes, people=[10.0, 20.0], people_day=[np.nan, 5.0])
    receptors = make_receptors(zones, crs_metric=CRS)
    assert receptors.people_by_hour().sum(axis=0)[12] == pytest.approx(15.0)
    assert receptors.report["zones_day_unknown_at_home"] == 1
    assert receptors.report["people_leaving_by_day"] == pytest.approx(15.0)


def test_groups_that_exceed_or_repeat_are_refused(make_network: Make) -> None:
    """All at once: more in groups than people, a group twice, another CRS than the streets."""
    zones = zones_of([shapely.box(0, 0, 90, 90)], people=[10.0], young=[6.0], old=[5.0])
    with pytest.raises(InputError, match="no more than the people"):
        make_receptors(zones, crs_metric=CRS, groups=["young", "old"])
    with pytest.raises(InputError, match="overlap"):
        make_receptors(zones, crs_metric=CRS, groups=["young", "young"])
    with pytest.raises(InputError, match="metric CRS of the network"):
        make_receptors(
            zones, crs_metric=pyproj.CRS.from_epsg(32718),
            network=make_network([[(0, 0), (90, 0)]]),
        )  # fmt: skip


def test_zones_outside_the_roads_are_counted(make_network: Make) -> None:
    """They are exposed to roads farther away, and said to lie outside."""
    network = make_network([[(0, 0), (500, 400)]])
    zones = zones_of([shapely.box(0, 0, 300, 300), shapely.box(2000, 0, 2300, 300)],
                     people=[10.0, 4.0])  # fmt: skip
    report = make_receptors(zones, crs_metric=CRS, network=network).report
    assert (report["zones_outside_roads_box"], report["people_outside_roads_box"]) == (1, 4.0)


def test_made_up_people_follow_street_length(make_network: Make) -> None:
    """By length of street and weight of class; exact count; a label; nobody by the motorway."""
    network = make_network(
        [[(0, 0), (1000, 0)], [(0, 500), (500, 500)], [(0, 900), (3000, 900)]],
        highway=["residential", "tertiary", "motorway"],
    )
    made = receptors_from_network(network, count=300, people=6000.0, seed=4)
    assert len(made.frame) == 300
    assert made.people == pytest.approx(6000.0)
    assert made.report["made_up"] is True
    y = made.frame.geometry.y.to_numpy() - NORTH
    assert abs((y < 250).sum() - 300 * 1000 / (1000 + 0.55 * 500)) <= 2
    assert (y < 800).all()
    assert len(np.unique(np.round(made.frame.geometry.get_coordinates(), 3), axis=0)) == 300
    again = receptors_from_network(network, count=300, people=6000.0, seed=4)
    assert made.frame.equals(again.frame)
    other = receptors_from_network(network, count=300, people=6000.0, seed=5)
    assert not made.frame.geometry.equals(other.frame.geometry)
    zone = str(made.frame["zone_id"].iloc[0])
    assert made.with_zone(zone, 0.0).people < made.people
    with pytest.raises(InputError, match=r"count(.|\n)*people"):
        receptors_from_network(network, count=0, people=-1.0)
    roads = make_network([[(0, 0), (900, 0)]], highway=["motorway"])
    with pytest.raises(InputError, match="main roads alone"):
        receptors_from_network(roads, count=5, people=1.0)
