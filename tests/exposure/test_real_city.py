"""Real people, roads and a real year of weather in central Mexico City."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest

from geofleet.exposure import (
    Site,
    Weather,
    concentrations,
    make_receptors,
    read_weather,
    read_zones,
    unit_exposure,
)
from geofleet.network import RoadNetwork

BREATHING_M3_DAY = 14.5


@pytest.mark.shared
def test_central_mexico_city(shared_data: Path) -> None:
    """Both totals agree to 1e-9 and the intake fraction is that of a large dense city."""
    zones = read_zones(
        shared_data / "data" / "population" / "cdmx_ageb_2020.parquet",
        people_column="pop_2020",
        id_column="cvegeo",
    )
    assert zones.attrs["people_unknown"] == 17
    assert zones["people"].sum() == 9_138_524
    crs = pyproj.CRS.from_epsg(32614)
    receptors = make_receptors(zones, crs_metric=crs, spacing_m=1000.0)
    assert receptors.people == pytest.approx(9_138_524, rel=1e-12)
    roads = gpd.read_parquet(
        shared_data / "data" / "roads" / "cdmx_primary" / "cdmx_primary_roads_noded.parquet"
    ).iloc[:40]
    edges = gpd.GeoDataFrame(
        {"osmid": [str(i) for i in range(len(roads))], "highway": "primary", "lanes": np.nan,
         "tunnel": False, "length_m": roads["length_m"].to_numpy(), "speed_free_kmh": 50.0,
         "grade": 0.0},
        index=pd.MultiIndex.from_arrays(
            [np.arange(40) * 2, np.arange(40) * 2 + 1, np.zeros(40, dtype=int)]
        ),
        geometry=roads.geometry.to_numpy(), crs=4326,
    )  # fmt: skip
    nodes = gpd.GeoDataFrame(index=np.arange(80), geometry=[None] * 80, crs=4326)
    network = RoadNetwork(nodes=nodes, edges=edges, crs_metric=crs)
    year = read_weather(
        shared_data / "data" / "meteo" / "redmet_hourly_2015.parquet",
        site=Site(latitude_deg=19.40, longitude_deg=-99.20, timezone="America/Mexico_City"),
        station="MGH",
    )
    # Every twelfth day: the seasons stay, the test is quick.
    day = np.arange(len(year.frame)) // 24
    weather = Weather(year.frame[day % 12 == 0], year.reference_height_m, year.roughness_m)
    numbers = np.arange(40, dtype=np.int32)
    unit = unit_exposure(network, receptors, weather, edges=numbers)
    grams = np.random.default_rng(0).uniform(0, 20, (40, 24))
    field = concentrations(network, receptors, weather, edges=numbers, grams=grams)
    people = receptors.frame["people"].to_numpy()
    np.testing.assert_allclose(people @ field, unit.harm(grams).sum(axis=0), rtol=1e-9)
    # Persons µg/m3 per g/s times breathing rate: grams inhaled per million grams emitted.
    intake_ppm = unit.values.mean(axis=0) * BREATHING_M3_DAY / 86400.0
    assert 10.0 < intake_ppm.mean() < 300.0
    assert intake_ppm[2:6].mean() > intake_ppm[12:16].mean()  # stable nights keep it low
