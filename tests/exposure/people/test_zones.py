"""Zones are read from what GIS programs write, and every fault is said at once."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyproj
import pytest
import shapely

from geofleet.errors import InputError
from geofleet.exposure import make_receptors, read_zones


def zones(**columns: object) -> gpd.GeoDataFrame:
    shapes = [shapely.box(-71.3 + i / 100, -29.9, -71.29 + i / 100, -29.89) for i in range(3)]
    frame = gpd.GeoDataFrame(
        {"zone_id": ["a", "b", "c"], "people": [10, 0, 5.5]}, geometry=shapes, crs=4326
    )
    return frame.assign(**columns)


@pytest.mark.parametrize("name", ["z.geojson", "z.gpkg", "z.parquet"])
def test_formats_agree(tmp_path: Path, name: str) -> None:
    """GeoJSON, GeoPackage and GeoParquet give the same zones, in degrees."""
    frame = zones()
    if name == "z.parquet":
        frame.to_crs(32719).to_parquet(tmp_path / name)
    elif name == "z.gpkg":
        frame.to_crs(32719).to_file(tmp_path / name)
    else:
        frame.to_file(tmp_path / name)
    found = read_zones(tmp_path / name)
    assert found.crs.to_epsg() == 4326
    assert found["people"].tolist() == [10.0, 0.0, 5.5]
    assert found["zone_id"].tolist() == ["a", "b", "c"]
    assert shapely.equals_exact(found.geometry.to_numpy(), frame.geometry.to_numpy(), 1e-7).all()


def test_other_column_names_and_unknown_people(tmp_path: Path) -> None:
    """Census names are accepted; a zone without a figure is left out and counted, not zero."""
    frame = zones(people=[10, None, 5]).rename(columns={"people": "pop", "zone_id": "key"})
    frame.to_file(tmp_path / "z.gpkg")
    found = read_zones(tmp_path / "z.gpkg", people_column="pop", id_column="key")
    assert found["zone_id"].tolist() == ["a", "c"]
    assert found.attrs["people_unknown"] == 1


def test_overlaps_are_counted(tmp_path: Path) -> None:
    """Shared edges are no overlap; shared areas are."""
    frame = zones()
    frame.to_file(tmp_path / "z.geojson")
    assert read_zones(tmp_path / "z.geojson").attrs["overlaps"] == 0
    frame.loc[2, "geometry"] = frame.geometry.iloc[0]
    frame.to_file(tmp_path / "y.geojson")
    crossed = read_zones(tmp_path / "y.geojson")
    assert crossed.attrs["overlaps"] == 1
    report = make_receptors(crossed, crs_metric=pyproj.CRS.from_epsg(32719)).report
    assert report["zones_overlapping_pairs"] == 1
    assert report["zones_left_out_people_unknown"] == 0


def test_all_faults_at_once(tmp_path: Path) -> None:
    """Negative people, a repeated id, a bow-tie and an empty polygon come in one error."""
    frame = zones(people=[-1, 2, 3], zone_id=["a", "a", "c"])
    bow = shapely.Polygon([(-71.3, -29.9), (-71.2, -29.8), (-71.2, -29.9), (-71.3, -29.8)])
    frame.loc[1, "geometry"] = bow
    frame.loc[2, "geometry"] = shapely.Polygon()
    frame.to_parquet(tmp_path / "z.parquet")
    with pytest.raises(InputError) as caught:
        read_zones(tmp_path / "z.parquet")
    assert {(p.field, p.row) for p in caught.value.problems} == {
        ("people", 1), ("zone_id", 2), ("geometry", 2), ("geometry", 3),
    }  # fmt: skip


def test_true_and_false_are_no_people(tmp_path: Path) -> None:
    """They would count as one person and as none."""
    zones(people=[True, True, True]).to_parquet(tmp_path / "z.parquet")
    with pytest.raises(InputError, match="row 1, field people: 'True': expected a number"):
        read_zones(tmp_path / "z.parquet")


def test_unusable_files(tmp_path: Path) -> None:
    """Missing, broken, nobody, no such column, lines, no CRS, metres called degrees."""
    with pytest.raises(InputError, match="does not exist"):
        read_zones(tmp_path / "none.geojson")
    (tmp_path / "bad.geojson").write_text('{"type": "FeatureColl')
    with pytest.raises(InputError, match="GeoJSON, GeoPackage or GeoParquet"):
        read_zones(tmp_path / "bad.geojson")
    (tmp_path / "bad.parquet").write_text("x")
    with pytest.raises(InputError, match="GeoJSON, GeoPackage or GeoParquet"):
        read_zones(tmp_path / "bad.parquet")
    path = tmp_path / "z.parquet"
    zones(people=0).to_parquet(path)
    with pytest.raises(InputError, match="in at least one zone"):
        read_zones(path)
    with pytest.raises(InputError, match=r"'pop'.*found zone_id, people"):
        read_zones(path, people_column="pop")
    frame = zones()
    frame.loc[0, "geometry"] = shapely.LineString([(0, 0), (1, 1)])
    frame.to_parquet(path)
    with pytest.raises(InputError, match="polygons or points"):
        read_zones(path)
    pd.DataFrame({"zone_id": ["a"], "people": [3]}).to_parquet(path)
    with pytest.raises(InputError, match="GeoParquet"):
        read_zones(path)
    zones().set_crs(None, allow_override=True).to_parquet(path)
    with pytest.raises(InputError, match="coordinate reference system"):
        read_zones(path)
    zones().to_crs(32719).set_crs(4326, allow_override=True).to_parquet(path)
    with pytest.raises(InputError, match="metres without their CRS"):
        read_zones(path)
