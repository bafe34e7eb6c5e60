"""A study reads its people from polygons, tables and rasters, with ages, work and buildings."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geofleet import Study
from geofleet.config import read_config
from geofleet.defaults import Defaults
from geofleet.errors import InputError
from geofleet.study import Inputs, read_inputs


def with_population(folder: Path, settings: str) -> None:
    """Replace the population settings of a study."""
    file = folder / "study.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("  zones: population.geojson\n", settings), encoding="utf-8")


def inputs_of(folder: Path) -> Inputs:
    return read_inputs(folder, read_config(folder), defaults=Defaults())


def test_points_with_ages_and_work(tiny_study: Path) -> None:
    """Hexagon middles with an age group and jobs: people by day, spread over the hexagons."""
    (tiny_study / "hexagons.csv").write_text(
        "id,lon,lat,population,p65,jobs\n"
        "a,-71.248,-29.898,100,10,0\nb,-71.244,-29.894,60,5,30\nc,-71.241,-29.89,,,10\n"
    )
    with_population(
        tiny_study,
        "  zones: hexagons.csv\n  id_column: id\n  people_column: population\n"
        "  groups: {over_65: p65}\n  places_column: jobs\n  point_radius_m: 200\n  keep: [jobs]\n",
    )
    assert Study.open(tiny_study).check() == ()
    zones = inputs_of(tiny_study).zones
    assert zones["over_65"].tolist() == [10.0, 5.0]
    assert zones["people_day"].sum() == pytest.approx(160.0)
    assert (zones.geometry.geom_type == "Polygon").all()
    study = Study.open(tiny_study)
    network = inputs_of(tiny_study).network
    receptors = study._receptors(network, zones, None, Defaults())
    assert receptors.groups == ("over_65",)
    np.testing.assert_allclose(receptors.people_by_hour().sum(axis=0), 160.0)


def test_a_raster_about_the_roads(tiny_study: Path) -> None:
    """Cells up to the margin around the roads count; the rest of the raster is not read."""
    rasterio = pytest.importorskip("rasterio")
    place = rasterio.Affine(0.01, 0, -71.7, 0, -0.01, -29.4)
    with rasterio.open(
        tiny_study / "people.tif", "w", driver="GTiff", height=100, width=100, count=1,
        dtype="float32", crs="EPSG:4326", transform=place,
    ) as out:  # fmt: skip
        out.write(np.ones((100, 100), dtype=np.float32), 1)
    with_population(tiny_study, "  zones: people.tif\n")
    zones = inputs_of(tiny_study).zones
    west, south, east, north = zones.total_bounds
    # roads from -71.25 to -71.238 and -29.9 to -29.888, and 5 km more
    assert (north + 29.888, -29.9 - south) == pytest.approx((0.0449, 0.0449), abs=1e-3)
    assert (east + 71.238, -71.25 - west) == pytest.approx((0.0518, 0.0518), abs=1e-3)
    area = (east - west) * (north - south) / 1e-4
    assert zones["people"].sum() == pytest.approx(area, rel=1e-6)


def test_buildings_of_a_study(tiny_study: Path) -> None:
    """People stand in the one building that there is; its file is among the inputs."""
    house = shapely.box(-71.2472, -29.8972, -71.2470, -29.8970)
    frame = gpd.GeoDataFrame({"levels": [3]}, geometry=[house], crs=4326)
    frame.to_file(tiny_study / "buildings.geojson")
    settings = "  zones: population.geojson\n  buildings: buildings.geojson\n"
    with_population(tiny_study, settings + "  floors_column: levels\n")
    config = read_config(tiny_study)
    assert "population.buildings" in config.files()
    found = inputs_of(tiny_study)
    receptors = Study.open(tiny_study)._receptors(
        found.network, found.zones, found.buildings, Defaults()
    )
    assert receptors.report["zones_by_buildings"] >= 1
    inside = receptors.frame.to_crs(4326).within(house).to_numpy()
    assert inside.sum() >= 1


def test_every_fault_of_the_people_is_named(tiny_study: Path) -> None:
    """Zones and buildings are both checked, in one error."""
    (tiny_study / "points.csv").write_text("zone_id,lon,lat,people\na,-71.3,-29.9,many\n")
    with_population(tiny_study, "  zones: points.csv\n  buildings: none.gpkg\n")
    with pytest.raises(InputError, match=r"none.gpkg") as caught:
        inputs_of(tiny_study)
    assert "many" in str(caught.value)


def test_faulty_jobs_are_named_with_their_file(tiny_study: Path) -> None:
    """Negative jobs are found after the zones are read, and still name file and column."""
    (tiny_study / "points.csv").write_text("zone_id,lon,lat,people,jobs\na,-71.248,-29.898,10,-3\n")
    with_population(tiny_study, "  zones: points.csv\n  places_column: jobs\n")
    with pytest.raises(InputError, match=r"points.csv, field jobs: '-3 in zone a'"):
        inputs_of(tiny_study)


def test_settings_that_contradict(tiny_study: Path) -> None:
    """People by day come from a column or from work places, not from both."""
    with_population(
        tiny_study,
        "  zones: population.geojson\n  day_columns: {people: noon}\n  places_column: jobs\n",
    )
    with pytest.raises(InputError, match="not both"):
        read_config(tiny_study)
