"""Ages from larger areas, people by day from places of work, buildings read."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geofleet.defaults import Defaults
from geofleet.errors import InputError
from geofleet.exposure import (
    daytime_people,
    group_shares,
    make_receptors,
    presence_by_hour,
    read_buildings,
    read_zones,
    with_group_shares,
)

AGES = pd.DataFrame(
    {
        "area": ["A", "A", "A", "A", "B", "B"],
        "sex": ["F", "M", "F", "M", "F", "F"],
        "age": ["00_04", "00_04", "05_mm", "05_mm", "00_04", "05_mm"],
        "pop": [10, 10, 30, 50, 1, 3],
    }
)
COLUMNS = {"area_column": "area", "age_column": "age", "people_column": "pop"}


def zones(**columns: object) -> gpd.GeoDataFrame:
    shapes = [shapely.box(-71 + i / 100, -30, -70.99 + i / 100, -29.99) for i in range(3)]
    data = {"zone_id": ["a", "b", "c"], "people": [100.0, 40.0, 8.0], "in": ["A", "A", "B"]}
    return gpd.GeoDataFrame(data | columns, geometry=shapes, crs=4326)


def test_shares_of_areas() -> None:
    """By hand: 20 of 100 and 1 of 4 are under five."""
    shares = group_shares(AGES, {"under_5": ["00_04"], "rest": ["05_mm"]}, **COLUMNS)
    assert shares.loc["A"].tolist() == pytest.approx([0.2, 0.8])
    assert shares.loc["B"].tolist() == pytest.approx([0.25, 0.75])
    by_code = with_group_shares(zones(), shares, area_column="in")
    assert by_code["under_5"].tolist() == pytest.approx([20.0, 8.0, 2.0])
    np.testing.assert_allclose(by_code["under_5"] + by_code["rest"], by_code["people"])
    assert by_code.attrs["groups"] == ("under_5", "rest")
    areas = gpd.GeoDataFrame(
        geometry=[shapely.box(-71.1, -30.1, -70.98, -29.9), shapely.box(-70.98, -30.1, -70, -29.9)],
        index=["A", "B"], crs=4326,
    )  # fmt: skip
    by_place = with_group_shares(zones(), shares, areas=areas.to_crs(32719))
    assert by_place["under_5"].tolist() == pytest.approx(by_code["under_5"].tolist())


def test_faulty_ages_are_named() -> None:
    """Unknown classes, a class twice, an area without shares, shares above one, both joins."""
    with pytest.raises(InputError, match=r"05_09(.|\n)*05_mm"):
        group_shares(AGES, {"children": ["00_04", "05_09"]}, **COLUMNS)
    with pytest.raises(InputError, match="overlap"):
        group_shares(AGES, {"young": ["00_04"], "babies": ["00_04"]}, **COLUMNS)
    with pytest.raises(InputError, match="at least 0"):
        group_shares(AGES.assign(pop=-1), {"young": ["00_04"]}, **COLUMNS)
    with pytest.raises(InputError, match="column 'area'"):
        group_shares(AGES.drop(columns="area"), {"young": ["00_04"]}, **COLUMNS)
    shares = group_shares(AGES, {"young": ["00_04"]}, **COLUMNS)
    with pytest.raises(InputError, match=r"c \(B\)"):
        with_group_shares(zones(), shares.drop(index="B"), area_column="in")
    with pytest.raises(InputError, match="at most 1"):
        with_group_shares(zones(), shares * 5, area_column="in")
    with pytest.raises(InputError, match="one of area_column and areas"):
        with_group_shares(zones(), shares)
    with pytest.raises(InputError, match="do not have this group"):
        with_group_shares(zones(young=1.0), shares, area_column="in")


def test_people_go_to_work_and_nobody_is_lost() -> None:
    """By hand: half of 148 leave; zone a has 3 of 4 places."""
    by_day = daytime_people(zones(jobs=[3.0, 1.0, None]), "jobs", away_share=0.5)
    assert by_day["people_day"].tolist() == pytest.approx([50 + 55.5, 20 + 18.5, 4.0])
    assert by_day.attrs["zones_places_unknown"] == 1
    assert by_day.attrs["people_leaving_by_day"] == pytest.approx(0.0)
    receptors = make_receptors(by_day, crs_metric=zones().estimate_utm_crs())
    np.testing.assert_allclose(receptors.people_by_hour().sum(axis=0), 148.0)
    persons = daytime_people(zones(jobs=[3.0, 1.0, 0.0]), "jobs", away_share=0.5, places="persons")
    assert persons["people_day"].tolist() == pytest.approx([53.0, 21.0, 4.0])
    assert persons.attrs["people_leaving_by_day"] == pytest.approx(70.0)


def test_only_moving_groups_leave() -> None:
    """Children stay; adults move; the groups add up to the people at every hour."""
    aged = zones(jobs=[0.0, 0.0, 5.0], young=[30.0, 10.0, 2.0], adult=[70.0, 30.0, 6.0])
    aged.attrs["groups"] = ("young", "adult")
    by_day = daytime_people(aged, "jobs", away_share=0.6, moving=["adult"])
    assert by_day["adult_day"].tolist() == pytest.approx([28.0, 12.0, 2.4 + 63.6])
    receptors = make_receptors(by_day, crs_metric=zones().estimate_utm_crs())
    assert receptors.report["groups_at_home_all_day"] == ["young"]
    parts = receptors.people_by_hour("young") + receptors.people_by_hour("adult")
    np.testing.assert_allclose(parts.sum(axis=0), receptors.people_by_hour().sum(axis=0))
    np.testing.assert_allclose(parts.sum(axis=0), 148.0)


def test_groups_are_never_more_than_the_people_by_day() -> None:
    """By hand: 3 of 10 are there by day, so the 4 who have no place by day leave with the rest."""
    aged = zones(people=[10.0, 10.0, 10.0], people_day=[3.0, 40.0, np.nan],
                 under_5=[1.0, 1.0, 1.0], over_65=[3.0, 3.0, 3.0])  # fmt: skip
    receptors = make_receptors(
        aged, crs_metric=zones().estimate_utm_crs(), groups=("under_5", "over_65")
    )
    assert receptors.report["zones_groups_leaving_with_others"] == 1
    noon = {name: receptors.people_by_hour(name)[:, 12] for name in ("people", *receptors.groups)}
    zone = receptors.frame["zone_id"].to_numpy()
    for name, persons in {
        "people": (3, 40, 10),
        "under_5": (0.75, 1, 1),
        "over_65": (2.25, 3, 3),
    }.items():
        found = [noon[name][zone == which].sum() for which in "abc"]
        np.testing.assert_allclose(found, persons)
    assert np.all(noon["under_5"] + noon["over_65"] <= noon["people"] * (1 + 1e-9))


def test_those_who_stay_at_home_by_day_are_where_the_homes_are() -> None:
    """Homes in one building, work in another: children at the first, adults at the second."""
    built = gpd.GeoDataFrame(
        {"floors": [1.0, 1.0], "residential": [True, False]},
        geometry=[shapely.box(-70.9999, -29.9999, -70.9995, -29.9995),
                  shapely.box(-70.9905, -29.9905, -70.9901, -29.9901)], crs=4326,
    )  # fmt: skip
    aged = zones(people_day=[100.0, 40.0, 8.0], young=[30.0, 0.0, 0.0], adult=[70.0, 40.0, 8.0],
                 adult_day=[70.0, 40.0, 8.0])  # fmt: skip
    receptors = make_receptors(
        aged, crs_metric=zones().estimate_utm_crs(), buildings=built, groups=("young", "adult")
    )
    here = receptors.frame["zone_id"].to_numpy() == "a"
    noon = {name: receptors.people_by_hour(name)[here, 12] for name in ("people", "young", "adult")}
    order = np.argsort(receptors.frame.geometry.x.to_numpy()[here])
    np.testing.assert_allclose(noon["young"][order][[0, -1]], [30.0, 0.0])
    np.testing.assert_allclose(noon["people"], noon["young"] + noon["adult"])
    assert noon["adult"][order][-1] > 0.0


def test_an_edited_zone_keeps_room_for_those_who_stay_at_home() -> None:
    """Ten children stay; a zone of one person by day cannot hold them."""
    aged = zones(people_day=[100.0, 40.0, 8.0], under_5=[10.0, 4.0, 1.0])
    receptors = make_receptors(aged, crs_metric=zones().estimate_utm_crs(), groups=("under_5",))
    assert receptors.with_zone("a", day={"people": 10.0}).report["zones_edited"] == 1
    with pytest.raises(InputError, match="no more than the 1 people"):
        receptors.with_zone("a", day={"people": 1.0})


def test_faulty_places_are_named() -> None:
    """No such column, negative or no places, a part above one."""
    with pytest.raises(InputError, match=r"column 'jobs'(.|\n)*0 to 1"):
        daytime_people(zones(), "jobs", away_share=1.5)
    with pytest.raises(InputError, match=r"-3\.0 in zone a"):
        daytime_people(zones(jobs=[-3.0, 1.0, 1.0]), "jobs")
    with pytest.raises(InputError, match="at least one zone"):
        daytime_people(zones(jobs=0.0), "jobs")


def test_presence_by_hour() -> None:
    """At home in the small hours, away at noon; a study sets its own; nonsense is refused."""
    shares = presence_by_hour()
    assert (shares[3], shares[12]) == (0.0, 1.0)
    own = Defaults({"presence:day_share.03": 0.5})
    assert presence_by_hour(own)[3] == 0.5
    assert "presence:day_share.03" in own.used
    with pytest.raises(InputError, match="0 to 1"):
        presence_by_hour(Defaults({"presence:day_share.03": 1.5}))


def test_buildings_are_read(tmp_path: Path) -> None:
    """Floors, else height by storey, else the median; uses; bow-ties mended; all counted."""
    shapes = [shapely.box(-71 + i / 1000, -30, -70.9995 + i / 1000, -29.9995) for i in range(5)]
    shapes[4] = shapely.Polygon([(-71, -30), (-70.99, -29.99), (-70.99, -30), (-71, -29.99)])
    frame = gpd.GeoDataFrame(
        {"levels": [2, None, None, 4, 1], "height": [None, 9.0, None, 30.0, None],
         "building": ["apartments", "yes", None, "retail", "house"]},
        geometry=shapes, crs=4326,
    )  # fmt: skip
    path = tmp_path / "b.parquet"
    frame.to_parquet(path)
    columns = {"floors_column": "levels", "height_column": "height", "use_column": "building"}
    found = read_buildings(path, **columns)
    assert found["floors"].tolist() == [2.0, 3.0, 2.5, 4.0, 1.0]
    assert found["residential"].tolist() == [True, True, True, False, True]
    assert shapely.is_valid(found.geometry.to_numpy()).all()
    counted = ("floors_assumed", "use_unknown", "not_residential", "outlines_repaired")
    assert [found.attrs[name] for name in counted] == [1, 2, 1, 1]
    report = make_receptors(zones(), crs_metric=frame.estimate_utm_crs(), buildings=found).report
    assert report["buildings_use_unknown"] == 2
    assert report["zones_without_buildings_first"] == ["b", "c"]
    bare = read_buildings(path)
    assert bare["floors"].tolist() == [1.0] * 5


def test_faulty_buildings_are_named(tmp_path: Path) -> None:
    """No column, negative floors, lines, no CRS, no homes."""
    path = tmp_path / "b.parquet"
    shapes = [shapely.box(0, 0, 1, 1), shapely.LineString([(0, 0), (1, 1)])]
    frame = gpd.GeoDataFrame({"levels": [-1.0, 2.0], "use": "shop"}, geometry=shapes, crs=4326)
    frame.to_parquet(path)
    with pytest.raises(InputError, match=r"polygon(.|\n)*levels"):
        read_buildings(path, floors_column="levels")
    with pytest.raises(InputError, match=r"'floors'; found levels, use"):
        read_buildings(path, floors_column="floors")
    frame.iloc[:1].assign(levels=1.0).to_parquet(path)
    with pytest.raises(InputError, match="residential building"):
        read_buildings(path, floors_column="levels", use_column="use")
    frame.iloc[:1].set_crs(None, allow_override=True).to_parquet(path)
    with pytest.raises(InputError, match="coordinate reference system"):
        read_buildings(path)


@pytest.mark.shared
def test_mexico_city_by_age(shared_data: Path) -> None:
    """Shares of the boroughs on the census: 5.7 % under five and 11.1 % over 65 of the city."""
    folder = shared_data / "data" / "population"
    census = read_zones(
        folder / "cdmx_ageb_2020.parquet", people_column="pop_2020", id_column="cvegeo",
        keep=["marg_grade_2020", "marg_index_norm_2020"],
    )  # fmt: skip
    ages = pd.read_parquet(folder / "conapo_zmvm_age_sex_2015_2030.parquet")
    shares = group_shares(
        ages[ages["year"] == 2020], {"under_5": ["00_04"], "over_65": ["65_mm"]},
        area_column="mun_code", age_column="age", people_column="pop",
    )  # fmt: skip
    census["mun_code"] = census["zone_id"].str[:5]
    zones = with_group_shares(census, shares, area_column="mun_code")
    # 515,682 and 997,071 of 9,018,645 in the projection
    assert zones["under_5"].sum() / zones["people"].sum() == pytest.approx(0.0572, abs=0.0005)
    assert zones["over_65"].sum() / zones["people"].sum() == pytest.approx(0.1106, abs=0.001)
    receptors = make_receptors(zones, crs_metric=zones.estimate_utm_crs())
    assert receptors.people == pytest.approx(9_138_524, rel=1e-12)
    assert receptors.frame["under_5"].sum() == pytest.approx(zones["under_5"].sum(), rel=1e-9)
    assert zones["marg_grade_2020"].isna().sum() > 0


@pytest.mark.shared
def test_hexagons_of_porto_alegre(shared_data: Path) -> None:
    """A table of points with jobs: everybody counted by night and by day."""
    zones = read_zones(
        shared_data / "data" / "population" / "porto_alegre_br_hexgrid.csv",
        people_column="population", id_column="id", keep=["jobs"],
    )  # fmt: skip
    assert zones["people"].sum() == 812_935
    by_day = daytime_people(zones, "jobs")
    assert by_day.attrs["zones_places_unknown"] == 5
    receptors = make_receptors(by_day, crs_metric=zones.estimate_utm_crs())
    np.testing.assert_allclose(receptors.people_by_hour().sum(axis=0), 812_935, rtol=1e-9)
