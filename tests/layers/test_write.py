"""Files open in GDAL without a warning (warnings are errors here) and lose nothing."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from geofleet.emissions.model import QUANTITIES
from geofleet.layers import Layer, read_layer, write_layers
from geofleet.layers.model import as_layer
from geofleet.schema import Column, TableSchema

NOTE = "Synthetic freight: <made up> “to show” the method."
CREDIT = "© OpenStreetMap contributors, ODbL"


@pytest.fixture(scope="module")
def folder(demo_layers: dict[str, Layer], tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("layers")
    written = write_layers(demo_layers, target, attribution=CREDIT, notes=NOTE)
    assert sorted(written) == sorted(target.iterdir()), "nothing else is left in the folder"
    return target


def _strict(path: Path) -> dict[str, Any]:
    def refuse(name: str) -> None:
        raise AssertionError(f"{name} in {path.name} is not JSON")

    data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"), parse_constant=refuse)
    return data


def test_grams_in_the_geojson_are_the_result(folder: Path, demo_study: dict[str, Any]) -> None:
    """Read by a plain JSON parser, links and routes sum to the grams of the traversals."""
    for name in ("links", "routes"):
        features = _strict(folder / f"{name}.geojson")["features"]
        for quantity in QUANTITIES:
            total = sum(feature["properties"][quantity] for feature in features)
            expected = demo_study["emissions"].grams[quantity].sum()
            assert total == pytest.approx(expected, rel=1e-9), (name, quantity)


def test_every_number_survives_the_geojson(folder: Path, demo_layers: dict[str, Layer]) -> None:
    """Attributes keep double precision (GDAL may shorten a tail of nines by the last bit)."""
    features = _strict(folder / "links.geojson")["features"]
    frame = demo_layers["links"].frame
    for name in ("nox_exhaust_g", "harm_nox", "pm25_exhaust_g_per_km", "unit_exposure"):
        read = [feature["properties"][name] for feature in features]
        np.testing.assert_allclose(read, frame[name].to_numpy(), rtol=1e-15)


def test_geojson_keeps_to_rfc_7946(folder: Path) -> None:
    """WGS 84 without a crs member, seven decimals at most, outer rings anticlockwise."""
    for path in folder.glob("*.geojson"):
        text = path.read_text(encoding="utf-8")
        data = _strict(path)
        assert "crs" not in data
        assert data["attribution"] == CREDIT
        assert data["notes"] == [NOTE]
        for coordinates in re.findall(r'"coordinates": (\[[^a-z}]*\])', text):
            for number in re.findall(r"-?\d+\.(\d+)", coordinates):
                assert len(number) <= 7
    zones = _strict(folder / "zones.geojson")["features"]
    assert len(zones) == 16
    for zone in zones:
        assert shapely.LinearRing(zone["geometry"]["coordinates"][0]).is_ccw


def test_unknown_is_null(folder: Path) -> None:
    """The empty zone has null concentration; the day that never ran has null geometry."""
    zones = {f["properties"]["zone_id"]: f for f in _strict(folder / "zones.geojson")["features"]}
    assert zones["zone 3-3"]["properties"]["nox_ug_m3"] is None
    assert zones["zone 0-0"]["properties"]["nox_ug_m3"] > 0
    last = _strict(folder / "routes.geojson")["features"][-1]
    assert last["geometry"] is None
    assert last["properties"]["first_failing_stop"] is None


def test_all_files_open_in_gdal_and_agree(folder: Path, demo_layers: dict[str, Layer]) -> None:
    """GeoJSON, GeoParquet and GeoPackage give the same rows back."""
    assert set(pyogrio.list_layers(folder / "layers.gpkg")[:, 0]) == set(demo_layers)
    for name, layer in demo_layers.items():
        packaged = pyogrio.read_dataframe(folder / "layers.gpkg", layer=name, fid_as_index=True)
        number = next(c.name for c in layer.schema.columns if c.kind == "number") \
            if any(c.kind == "number" for c in layer.schema.columns) else "street"  # fmt: skip
        expected = layer.frame[number].to_numpy(np.float64)
        np.testing.assert_array_equal(packaged[number].to_numpy(np.float64), expected)
        if not layer.spatial:
            table = pd.read_parquet(folder / f"{name}.parquet")
            words = [c.name for c in layer.schema.columns if c.kind == "text"]
            # how pandas holds text is its own affair
            table[words] = table[words].astype(object).where(table[words].notna(), None)
            pd.testing.assert_frame_equal(table, layer.frame)
            text = pd.read_csv(folder / f"{name}.csv")
            np.testing.assert_array_equal(text[number], expected)
            continue
        parquet = gpd.read_parquet(folder / f"{name}.parquet")
        assert parquet.crs.to_epsg() == 4326
        assert packaged.crs.to_epsg() == 4326
        geojson = pyogrio.read_dataframe(folder / f"{name}.geojson")
        assert geojson.crs.to_epsg() == 4326
        assert list(parquet.columns) == list(layer.frame.columns)
        for read in (parquet, packaged, geojson):
            assert len(read) == len(layer.frame)
            there = layer.frame.geometry.notna().to_numpy()
            assert (read.geometry.notna().to_numpy() == there).all()
            # RFC 7946 rewrites rings and rounds, so shapes are compared by how far apart they are
            far = shapely.hausdorff_distance(
                read.geometry.to_numpy()[there], layer.frame.geometry.to_numpy()[there]
            )
            assert far.max() < 1e-7


def test_the_package_is_of_a_version_that_older_gdal_knows(folder: Path) -> None:
    """GeoPackage 1.2 in the file's header: GDAL before 3.8 warns of anything newer."""
    header = (folder / "layers.gpkg").read_bytes()[:100]
    assert header[68:72] == b"GPKG"
    assert int.from_bytes(header[60:64]) == 10200


def test_dates_and_times_stay_text(folder: Path) -> None:
    """The offset of a local time is kept in the text rather than converted away."""
    data = _strict(folder / "stops.geojson")["features"][0]["properties"]
    assert data["arrive"] == "2024-05-14T06:00:00-04:00"
    packaged = pyogrio.read_dataframe(folder / "layers.gpkg", layer="routes")
    assert str(packaged["depart"].iloc[0]).startswith("2024-05-14")


def test_schema_beside_each_layer(folder: Path, demo_layers: dict[str, Layer]) -> None:
    """The description names every column with unit and meaning, the notes and the files."""
    for name, layer in demo_layers.items():
        described = _strict(folder / f"{name}.schema.json")
        assert [c["name"] for c in described["columns"]] == list(layer.frame.columns)
        assert all(c["meaning"] for c in described["columns"])
        assert described["rows"] == len(layer.frame)
        assert described["attribution"] == CREDIT
        assert NOTE in described["notes"]
        for file in described["files"]:
            assert (folder / file.split("|")[0]).is_file()


def test_hostile_text_comes_back_as_it_was(folder: Path, demo_layers: dict[str, Layer]) -> None:
    """Quotes, markup, right-to-left text and emoji survive every format."""
    names = demo_layers["links"].frame["name"].dropna()
    for read in (
        pyogrio.read_dataframe(folder / "links.geojson"),
        pyogrio.read_dataframe(folder / "layers.gpkg", layer="links"),
        gpd.read_parquet(folder / "links.parquet"),
    ):
        assert read["name"].dropna().tolist() == names.tolist()


@pytest.mark.parametrize("form", ["geojson", "parquet", "gpkg", "csv"])
def test_text_that_looks_like_data_stays_text(form: str, tmp_path: Path) -> None:
    """A name in brackets, a number, a word for nothing: none becomes what it looks like."""
    texts = ['{"a": 1}', "[1, 2]", "007", "1e5", "NA", "null", "True", "2024-05-14", " x "]
    columns = (Column("name", "text", "name"), Column("geometry", "geometry", "place"))
    points = shapely.points(np.zeros((len(texts), 2)))
    layer = as_layer({"name": texts}, TableSchema("odd", "Odd", columns), geometry=points)
    files = write_layers([layer], tmp_path, [form])
    (path,) = (path for path in files if not path.name.endswith(".schema.json"))
    assert read_layer(path).frame["name"].tolist() == texts


def test_a_failure_leaves_the_folder_as_it_was(
    demo_layers: dict[str, Layer], tmp_path: Path
) -> None:
    """When writing stops half-way, no new file is there and the old one is unchanged."""
    old = tmp_path / "links.geojson"
    old.write_text("old")

    def stop(fraction: float) -> None:
        if fraction > 0.4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_layers(demo_layers, tmp_path, progress=stop)
    assert [path.name for path in tmp_path.iterdir()] == ["links.geojson"]
    assert old.read_text() == "old"


def test_progress_reaches_one_and_formats_can_be_chosen(
    demo_layers: dict[str, Layer], tmp_path: Path
) -> None:
    """Fractions ascend to 1, and only the formats asked for are written."""
    seen: list[float] = []
    layers = [demo_layers["zones"], demo_layers["link_hours"]]
    write_layers(layers, tmp_path, ("parquet",), progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "link_hours.parquet", "link_hours.schema.json", "zones.parquet", "zones.schema.json",
    ]  # fmt: skip


def test_an_unknown_format_is_refused(demo_layers: dict[str, Layer], tmp_path: Path) -> None:
    """The message names the formats that there are."""
    with pytest.raises(ValueError, match=r"unknown formats \['shp'\]; there are"):
        write_layers(demo_layers, tmp_path, ("shp",))
    assert not list(tmp_path.iterdir())
