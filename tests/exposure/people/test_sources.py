"""Tables of points, rasters and overlapping polygons: read, clipped and counted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geofleet.errors import InputError
from geofleet.exposure import cells_around, make_receptors, read_zones

rasterio = pytest.importorskip("rasterio")
CRS = pyproj.CRS.from_epsg(32719)
REUSED = [HealthCheck.function_scoped_fixture]


def write_raster(path: Path, values: np.ndarray, **changes: Any) -> Path:
    """Write people per cell of a hundredth of a degree from -71.3, -29.8 south-eastwards."""
    profile = {
        "driver": "GTiff", "height": values.shape[0], "width": values.shape[1], "count": 1,
        "dtype": values.dtype, "crs": "EPSG:4326", "nodata": -99999.0,
        "transform": rasterio.Affine(0.01, 0, -71.3, 0, -0.01, -29.8), **changes,
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as out:
        out.write(values, 1)
    return path


def test_a_raster_is_read(tmp_path: Path) -> None:
    """Cells with people become polygons; cells without data are none, not zero."""
    values = np.array([[5.0, 0.0, 2.5], [-99999.0, 7.0, np.nan]])
    zones = read_zones(write_raster(tmp_path / "people.tif", values))
    assert zones["zone_id"].tolist() == ["r0c0", "r0c2", "r1c1"]
    assert zones["people"].tolist() == [5.0, 2.5, 7.0]
    assert zones.attrs["cells_no_data"] == 2
    assert zones.geometry.iloc[2].bounds == pytest.approx((-71.29, -29.82, -71.28, -29.81))
    receptors = make_receptors(zones, crs_metric=CRS)
    assert receptors.people == pytest.approx(14.5, rel=1e-12)


@settings(max_examples=25, deadline=None, suppress_health_check=REUSED)
@given(
    seed=st.integers(0, 1000),
    cut=st.floats(-71.299, -71.26),
    crs=st.sampled_from(["EPSG:4326", "EPSG:32719", "ESRI:54009"]),
)
def test_boxes_part_the_people(
    tmp_path_factory: pytest.TempPathFactory, seed: int, cut: float, crs: str
) -> None:
    """Two boxes side by side hold together what their union holds, in any CRS of the raster."""
    values = np.random.default_rng(seed).uniform(0, 100, (6, 5))
    path = tmp_path_factory.mktemp("raster") / "people.tif"
    if crs == "EPSG:4326":
        write_raster(path, values)
    else:
        to = pyproj.Transformer.from_crs(4326, crs, always_xy=True)
        x, y = to.transform(-71.3, -29.8)
        place = rasterio.Affine(900.0, 0, x, 0, -900.0, y)
        write_raster(path, values, crs=crs, transform=place)
    west = read_zones(path, box=(-71.31, -29.9, cut, -29.7))
    east = read_zones(path, box=(cut, -29.9, -71.2, -29.7))
    whole = read_zones(path, box=(-71.31, -29.9, -71.2, -29.7))
    both = west["people"].sum() + east["people"].sum()
    assert both == pytest.approx(whole["people"].sum(), rel=1e-9)
    assert west.geometry.total_bounds[2] <= cut + 1e-12
    if crs == "EPSG:4326":
        assert whole["people"].sum() == pytest.approx(values.sum(), rel=1e-9)
        cells = west["people"].sum() + west.attrs["people_outside_box"]
        touched = int(np.ceil((cut + 71.3) / 0.01 - 1e-9))
        assert cells == pytest.approx(values[:, :touched].sum(), rel=1e-9)


def test_rasters_that_cannot_be_used(tmp_path: Path) -> None:
    """Negative cells, no CRS, no such band, elsewhere, too many cells, groups, no raster."""
    values = np.array([[5.0, -200.0], [1.0, -200.0]])
    path = write_raster(tmp_path / "people.tif", values)
    with pytest.raises(InputError, match=r"row 1.*-200.*2 cells.*column 1.*a_nodata"):
        read_zones(path)
    assert read_zones(write_raster(path, values, nodata=-200.0))["people"].sum() == 6.0
    with pytest.raises(InputError, match=r"covers part(.|\n)*swapped"):
        read_zones(path, box=(-29.9, -71.4, -29.7, -71.2))
    with pytest.raises(InputError, match="band from 1 to 1"):
        read_zones(path, band=3)
    with pytest.raises(InputError, match="with_group_shares"):
        read_zones(path, groups=["under_5"])
    with pytest.raises(InputError, match="does not exist"):
        read_zones(tmp_path / "none.tif")
    (tmp_path / "text.tif").write_text("no raster")
    with pytest.raises(InputError, match="GDAL can read"):
        read_zones(tmp_path / "text.tif")
    write_raster(path, values, crs=None)
    with pytest.raises(InputError, match="coordinate reference system"):
        read_zones(path)
    write_raster(path, np.zeros((2, 2)))
    with pytest.raises(InputError, match="at least one zone"):
        read_zones(path)


def test_a_table_of_points_is_read(tmp_path: Path) -> None:
    """Longitude, latitude and people; an empty cell is unknown; numbers kept are numbers."""
    table = tmp_path / "hexagons.csv"
    table.write_text(
        "id,lon,lat,population,jobs\na,-71.3,-29.9,12,5\nb,-71.2,-29.9,,7\nc,-71,-30,3,\n"
    )
    zones = read_zones(table, people_column="population", id_column="id", keep=("jobs",))
    assert zones["people"].tolist() == [12.0, 3.0]
    assert zones.attrs["people_unknown"] == 1
    assert zones["jobs"].iloc[0] == 5.0
    assert np.isnan(zones["jobs"].iloc[1])
    assert zones.geometry.iloc[0].equals(shapely.Point(-71.3, -29.9))


def test_faults_of_a_table_are_named(tmp_path: Path) -> None:
    """Text for a number, negative people, impossible places, an id twice: one error, by line."""
    table = tmp_path / "points.csv"
    table.write_text("zone_id,lon,lat,people\na,-71.3,-29.9,many\nb,-271,-29.9,-4\na,-71,95,2\n")
    with pytest.raises(InputError) as caught:
        read_zones(table)
    assert {(problem.field, problem.row) for problem in caught.value.problems} == {
        ("people", 2), ("people", 3), ("lon", 3), ("lat", 4), ("zone_id", 4),
    }  # fmt: skip
    table.write_text("zone_id,x,y,people\na,-71.3,-29.9,3\n")
    with pytest.raises(InputError, match=r"'lon'(.|\n)*'lat'"):
        read_zones(table)


def test_hexagons_come_back_from_their_middles() -> None:
    """Voronoi cells of a hexagonal lattice are its hexagons; a lone point gets a disc."""
    side = 100.0
    width = side * np.sqrt(3)
    middles = [
        (500_000 + width * (i + 0.5 * (j % 2)), 6_690_000 + 1.5 * side * j)
        for j in range(5) for i in range(5)
    ]  # fmt: skip
    shapes = [*shapely.points(middles), shapely.Point(520_000, 6_690_000)]
    ids = [f"h{i}" for i in range(len(shapes))]
    zones = gpd.GeoDataFrame({"zone_id": ids, "people": 1.0}, geometry=shapes, crs=CRS)
    cells = cells_around(zones.to_crs(4326), side).to_crs(CRS)
    area = cells.area.to_numpy()
    hexagon = 1.5 * np.sqrt(3) * side**2
    assert area[12] == pytest.approx(hexagon, rel=1e-3)
    assert area[-1] == pytest.approx(np.pi * side**2, rel=0.01)
    assert make_receptors(cells, crs_metric=CRS).people == pytest.approx(26.0, rel=1e-12)
    with pytest.raises(InputError, match="places of their own"):
        cells_around(zones.iloc[[0, 0]], side)
    with pytest.raises(InputError, match="radius"):
        cells_around(zones, 0.0)


def squares(*bounds: tuple[float, float, float, float], people: list[float]) -> gpd.GeoDataFrame:
    shapes = [shapely.box(-71 + a, -30 + b, -71 + c, -30 + d) for a, b, c, d in bounds]
    ids = [f"s{i}" for i in range(len(shapes))]
    return gpd.GeoDataFrame({"zone_id": ids, "people": people}, geometry=shapes, crs=4326)


def test_overlaps_are_named_refused_or_shared(tmp_path: Path) -> None:
    """By hand: half of each of two squares lies on the other, so a quarter of each is left out."""
    zones = squares((0, 0, 0.2, 0.1), (0.1, 0, 0.3, 0.1), (0.5, 0, 0.6, 0.1), people=[80, 40, 5])
    zones["old"] = [8.0, 20.0, 5.0]
    path = tmp_path / "z.parquet"
    zones.to_parquet(path)
    counted = read_zones(path)
    assert counted.attrs["overlap_pairs"] == ["s0 and s1"]
    assert counted["people"].tolist() == [80.0, 40.0, 5.0]
    report = make_receptors(counted, crs_metric=CRS).report
    assert report["zones_overlapping_first"] == ["s0 and s1"]
    with pytest.raises(InputError, match="s0 and s1"):
        read_zones(path, overlaps="refuse")
    shared = read_zones(path, overlaps="share", groups=["old"])
    assert shared["people"].tolist() == pytest.approx([60.0, 30.0, 5.0])
    assert shared["old"].tolist() == pytest.approx([6.0, 15.0, 5.0])
    assert shared.attrs["people_shared_out"] == pytest.approx(30.0)
    same = squares(*[(0, 0, 0.1, 0.1)] * 3, people=[90, 90, 90])
    same.to_parquet(path)
    thirds = read_zones(path, overlaps="share")
    assert thirds["people"].tolist() == pytest.approx([30.0] * 3)


def test_groups_are_read_and_checked(tmp_path: Path) -> None:
    """Columns summed under a name; a shared column, too many people and gaps are refused."""
    zones = squares((0, 0, 0.1, 0.1), (0.2, 0, 0.3, 0.1), people=[100, 50])
    zones = zones.assign(
        f04=[3, 1], m04=[4, 2], p65=[10.0, None], noon=[20.0, None], grade=["A", None]
    )
    path = tmp_path / "z.parquet"
    zones.to_parquet(path)
    found = read_zones(
        path, groups={"under_5": ["f04", "m04"]}, day_columns={"people": "noon"}, keep=["grade"]
    )
    assert found["under_5"].tolist() == [7.0, 3.0]
    assert found.attrs["groups"] == ("under_5",)
    assert found["people_day"].iloc[0] == 20.0
    assert np.isnan(found["people_day"].iloc[1])
    assert found["grade"].isna().tolist() == [False, True]
    assert make_receptors(found, crs_metric=CRS).groups == ("under_5",)
    with pytest.raises(InputError, match="under_5 too"):
        read_zones(path, groups={"under_5": ["f04", "m04"], "girls": "f04"})
    with pytest.raises(InputError, match=r"row 2(.|\n)*people are known"):
        read_zones(path, groups=["p65"])
    zones.assign(f04=[3, 60]).to_parquet(path)
    with pytest.raises(InputError, match=r"row 2.*62 of 50"):
        read_zones(path, groups={"under_5": ["f04", "m04"]})
    with pytest.raises(InputError, match=r"geometry(.|\n)*another name"):
        read_zones(path, groups={"geometry": "f04"})
    with pytest.raises(InputError, match="people by day of one of"):
        read_zones(path, day_columns={"over_65": "noon"})
    with pytest.raises(InputError, match="whose name nothing else has"):
        read_zones(path, keep=["people"])
