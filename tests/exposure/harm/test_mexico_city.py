"""Real people of Mexico City: ages, marginalisation, and published intake fractions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest

from geofleet.exposure import (
    Receptors,
    Site,
    Weather,
    concentrations,
    make_receptors,
    read_weather,
    read_zones,
    unit_exposure,
)
from geofleet.exposure.harm import (
    attributable_deaths,
    baseline_mortality,
    concentration_index,
    exposure_shares,
    harm_price,
    intake_fraction,
    marginal_deaths_per_tonne,
    of_zones,
    response_function,
)
from geofleet.network import RoadNetwork

GRADES = ["Muy alto", "Alto", "Medio", "Bajo", "Muy bajo"]
LINKS = 40


@pytest.fixture(scope="module")
def zones(shared_data: Path) -> gpd.GeoDataFrame:
    """Read AGEBs with census people and grade, and ages by the projections of their borough."""
    folder = shared_data / "data" / "population"
    frame = read_zones(
        folder / "cdmx_ageb_2020.parquet",
        people_column="pop_2020",
        id_column="cvegeo",
        keep=["marg_grade_2020", "marg_index_2020"],
    )
    ages = pd.read_parquet(folder / "conapo_zmvm_age_sex_2015_2030.parquet")
    table = ages[ages["year"] == 2020].pivot_table(
        index="mun_code", columns="age", values="pop", aggfunc="sum"
    )
    share = table.div(table.sum(axis=1), axis=0)
    borough = frame["zone_id"].str[:5]
    frame["under_5"] = frame["people"] * share["00_04"].reindex(borough).to_numpy()
    frame["over_65"] = frame["people"] * share["65_mm"].reindex(borough).to_numpy()
    return frame


@pytest.fixture(scope="module")
def city(
    shared_data: Path, zones: gpd.GeoDataFrame
) -> tuple[RoadNetwork, Receptors, Weather, np.ndarray]:
    crs = pyproj.CRS.from_epsg(32614)
    receptors = make_receptors(
        zones, crs_metric=crs, spacing_m=1000.0, groups=("under_5", "over_65")
    )
    roads = gpd.read_parquet(
        shared_data / "data" / "roads" / "cdmx_primary" / "cdmx_primary_roads_noded.parquet"
    )
    roads = roads.iloc[:: len(roads) // LINKS].iloc[:LINKS]
    edges = gpd.GeoDataFrame(
        {"osmid": [str(i) for i in range(LINKS)], "highway": "primary", "lanes": np.nan,
         "tunnel": False, "length_m": roads["length_m"].to_numpy(), "speed_free_kmh": 50.0,
         "grade": 0.0},
        index=pd.MultiIndex.from_arrays(
            [np.arange(LINKS) * 2, np.arange(LINKS) * 2 + 1, np.zeros(LINKS, dtype=int)]
        ),
        geometry=roads.geometry.to_numpy(), crs=4326,
    )  # fmt: skip
    nodes = gpd.GeoDataFrame(index=np.arange(2 * LINKS), geometry=[None] * 2 * LINKS, crs=4326)
    year = read_weather(
        shared_data / "data" / "meteo" / "redmet_hourly_2015.parquet",
        site=Site(latitude_deg=19.40, longitude_deg=-99.20, timezone="America/Mexico_City"),
        station="MGH",
    )
    # Every twelfth day: the seasons stay, the test is quick.
    day = np.arange(len(year.frame)) // 24
    weather = Weather(year.frame[day % 12 == 0], year.reference_height_m, year.roughness_m)
    network = RoadNetwork(nodes=nodes, edges=edges, crs_metric=crs)
    return network, receptors, weather, np.arange(LINKS, dtype=np.int32)


@pytest.mark.shared
def test_intake_and_deaths_per_tonne(
    city: tuple[RoadNetwork, Receptors, Weather, np.ndarray],
) -> None:
    """Intake fractions about those of megacities (83 ppm, Apte et al. 2012); a death for a tonne.

    Nine of the twenty million people of the area are counted, on primary roads all over the city.
    """
    network, receptors, weather, edges = city
    frame = receptors.frame
    by_group = {
        name: unit_exposure(
            network,
            replace(receptors, frame=frame.assign(people=frame[name]), groups=()),
            weather,
            edges=edges,
        )
        for name in ("people", "under_5", "over_65")
    }
    everyone = by_group["people"]
    intake = intake_fraction(everyone)
    assert 20.0 < intake.ppm[:, 7:21].mean() < intake.ppm.mean() < 300.0
    assert intake.ppm[:, 2:6].mean() > intake.ppm[:, 12:16].mean()
    by_age = intake_fraction(by_group)
    # rates by age are about the rate of everyone; small children breathe less than their share
    assert by_age.ppm.mean() == pytest.approx(intake.ppm.mean(), rel=0.1)
    young = frame["under_5"].sum() / receptors.people
    assert by_age.by_group["under_5"].mean() < young * by_age.ppm.mean()
    gemm = response_function("pm25")
    mortality = baseline_mortality("MX", gemm.cause, adult_share=0.671)  # the city's, by CONAPO
    given = {"function": gemm, "mortality": mortality, "background_ug_m3": 22.0}
    deaths = marginal_deaths_per_tonne(everyone, **given).mean()
    assert deaths == pytest.approx(0.68 * 0.671 / 0.62 * intake.ppm.mean() / 100, rel=0.02)
    # The old are 11 % of the people and most of the deaths.
    per = harm_price(by_group, metric="deaths", **given).mean()
    none = {name: replace(part, values=0 * part.values) for name, part in by_group.items()}
    old = harm_price(
        none | {"over_65": by_group["over_65"], "people": by_group["over_65"]},
        metric="deaths", **given,
    ).mean()  # fmt: skip
    assert 0.5 < old / per < 0.85


@pytest.mark.shared
def test_who_breathes_it(
    city: tuple[RoadNetwork, Receptors, Weather, np.ndarray], zones: gpd.GeoDataFrame
) -> None:
    """Every person has a grade or is unknown; shares add up; the index leans as the means do."""
    network, receptors, weather, edges = city
    frame = receptors.frame
    people = frame["people"].to_numpy()
    # the same traffic on every kilometre
    grams = np.repeat(network.edges["length_m"].to_numpy()[:, None] / 1000.0, 24, axis=1)
    air = concentrations(network, receptors, weather, edges=edges, grams=grams)
    table = exposure_shares(
        air, people, of_zones(frame["zone_id"], zones, "marg_grade_2020"), order=GRADES
    )
    assert set(table.index) == {*GRADES, "unknown"}
    assert table["people"].sum() == pytest.approx(9_138_524)
    assert table["people_share"].sum() == pytest.approx(1.0)
    assert table["exposure_share"].sum() == pytest.approx(1.0)
    unknown = zones.loc[zones["marg_grade_2020"].isna(), "people"].sum()
    assert table.loc["unknown", "people"] == pytest.approx(unknown)
    index = concentration_index(
        air.mean(axis=1),
        people,
        of_zones(frame["zone_id"], zones, "marg_index_2020").astype(float),
        higher_is_better=True,
    )
    assert index.people_unknown == pytest.approx(unknown)
    # CONAPO's index is high where marginalisation is low: both must lean the same way.
    worse = table.loc[["Muy alto", "Alto"], "exposure_share"].sum()
    worse_people = table.loc[["Muy alto", "Alto"], "people_share"].sum()
    assert np.sign(index.value) == np.sign(worse_people - worse)
    deaths = attributable_deaths(
        air.mean(axis=1),
        {name: frame[name].to_numpy() for name in ("people", *receptors.groups)},
        function=response_function("pm25"),
        mortality=baseline_mortality("MX", "noncommunicable_lri"),
        background_ug_m3=22.0,
    )
    assert deaths.by_group.index.tolist() == ["under_5", "over_65", "others"]
    assert deaths.by_group.loc["under_5", "deaths"] == 0.0
    assert 15.0 < deaths.years / deaths.deaths < 30.0
