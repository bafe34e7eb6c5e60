"""Layers come back from every format as they were; files of a newer schema are refused."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geofleet.errors import InputError
from geofleet.layers import FORMATS, Layer, as_layer, read_layer, write_layers
from geofleet.schema import Column, TableSchema

FILES = {"geojson": "{}.geojson", "parquet": "{}.parquet", "gpkg": "layers.gpkg", "csv": "{}.csv"}
THINGS = TableSchema(
    "things",
    "Things of every kind",
    (
        Column("id", "integer", "number"),
        Column("count", "integer", "may be missing", nullable=True),
        Column("mass", "number", "mass", "kg", nullable=True),
        Column("name", "text", "name", nullable=True),
        Column("flag", "boolean", "may be missing", nullable=True),
        Column("when", "datetime", "moment", nullable=True),
        Column("geometry", "geometry", "point", nullable=True),
    ),
    key=("id",),
    version="1.2.0",
)


def same(first: Layer, second: Layer) -> None:
    assert first.schema == second.schema
    names = [column.name for column in first.schema.columns if column.kind != "geometry"]
    left, right = (pd.DataFrame(layer.frame[names]) for layer in (first, second))
    # GDAL may shorten a tail of nines by the last bit in GeoJSON
    pd.testing.assert_frame_equal(left, right, rtol=1e-14, atol=0.0)
    if first.spatial:
        there = first.frame.geometry.notna().to_numpy()
        assert (second.frame.geometry.notna().to_numpy() == there).all()
        shapes = [layer.frame.geometry.to_numpy()[there] for layer in (first, second)]
        assert shapely.hausdorff_distance(*shapes).max() < 1e-7


@pytest.fixture(scope="module")
def written(demo_layers: dict[str, Layer], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("read")
    for form in FORMATS:
        write_layers(demo_layers, folder / form, (form,))
    return folder


@pytest.mark.parametrize("form", FORMATS)
def test_every_layer_comes_back(written: Path, demo_layers: dict[str, Layer], form: str) -> None:
    """Rows, types, unknowns, times with their offsets and shapes, from each format."""
    for name, layer in demo_layers.items():
        path = written / form / FILES[form].format(name)
        if not path.exists():
            path = path.with_suffix(".csv")  # a table without geometry, beside GeoJSON
        same(layer, read_layer(path, name if form == "gpkg" else None))


TEXT = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=20)

LOOKS_LIKE = ("<script>", "NA", "nan", "None", "true", "1e5", "'\"", "=1+1", "{{x}}", "שלום", "🚚",
              "007")  # fmt: skip


@settings(max_examples=12, deadline=None)
@given(
    rows=st.lists(
        st.tuples(
            st.one_of(st.none(), st.integers(-(2**31), 2**31)),
            st.one_of(st.none(), st.floats(-1e9, 1e9)),
            st.one_of(st.none(), TEXT, st.sampled_from(LOOKS_LIKE)),
            st.one_of(st.none(), st.booleans()),
            st.one_of(st.none(), st.tuples(st.floats(-179, 179), st.floats(-89, 89))),
        ),
        min_size=1, max_size=5,
    ),
    form=st.sampled_from(FORMATS),
)  # fmt: skip
def test_any_values_come_back(
    rows: list[tuple[Any, ...]], form: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Text that looks like a number, a truth or nothing stays text; nothing stays nothing."""
    columns = {
        "id": range(len(rows)),
        "count": pd.array([row[0] for row in rows], dtype="Int64"),
        "mass": [np.nan if row[1] is None else row[1] for row in rows],
        "name": [row[2] for row in rows],
        "flag": pd.array([row[3] for row in rows], dtype="boolean"),
        "when": ["2024-05-14T06:00:00-04:00" if row[3] else None for row in rows],
    }
    shapes = [None if row[4] is None else shapely.Point(*row[4]) for row in rows]
    layer = as_layer(columns, THINGS, geometry=shapes)
    folder = tmp_path_factory.mktemp("any")
    write_layers([layer], folder, (form,))
    back = read_layer(folder / FILES[form].format("things"))
    assert back.schema == layer.schema
    for name in ("id", "count", "flag", "when"):
        pd.testing.assert_series_equal(back.frame[name], layer.frame[name])
    np.testing.assert_allclose(back.frame["mass"], layer.frame["mass"], rtol=1e-14, atol=1e-300)
    assert back.frame["name"].tolist() == layer.frame["name"].tolist()
    assert back.frame.geometry.isna().tolist() == layer.frame.geometry.isna().tolist()


def test_the_version_is_in_every_file(written: Path, demo_layers: dict[str, Layer]) -> None:
    """Found by readers that know nothing of geofleet: JSON, Parquet metadata, GDAL."""
    version = demo_layers["links"].schema.version
    content = json.loads((written / "geojson/links.geojson").read_text(encoding="utf-8"))
    assert content["schema"] == {"name": "links", "version": version}
    metadata = pq.read_schema(written / "parquet/links.parquet").metadata[b"PANDAS_ATTRS"]
    assert json.loads(metadata)["schema"]["version"] == version
    about = pyogrio.read_info(written / "gpkg/layers.gpkg", layer="links")["layer_metadata"]
    assert about["SCHEMA_VERSION"] == version
    beside = json.loads((written / "csv/links.schema.json").read_text(encoding="utf-8"))
    assert beside["version"] == version


@pytest.mark.parametrize("form", FORMATS)
def test_a_newer_major_version_is_refused(tmp_path: Path, form: str) -> None:
    """One clear error from each format; a newer minor version is read by its own schema."""
    columns = {c.name: [1] for c in THINGS.columns if c.kind in ("integer", "number")}
    columns |= {"name": ["x"], "flag": [True], "when": [None]}  # type: ignore[dict-item]
    for version, good in (("2.0.0", False), ("1.9.0", True)):
        schema = replace(THINGS, version=version)
        layer = as_layer(columns, schema, geometry=[shapely.Point(1, 2)])
        folder = tmp_path / version
        write_layers([layer], folder, (form,))
        path = folder / FILES[form].format("things")
        if good:
            same(layer, read_layer(path))
            continue
        with pytest.raises(InputError, match="newer geofleet") as caught:
            read_layer(path)
        assert len(caught.value.problems) == 1


def test_files_without_schema_are_refused(written: Path, tmp_path: Path) -> None:
    """Files of others, broken files, layers that are not there."""
    lone = tmp_path / "x.geojson"
    lone.write_text('{"type": "FeatureCollection", "features": []}')
    broken = tmp_path / "x.parquet"
    broken.write_bytes(b"PAR1")
    for path in (lone, broken, tmp_path / "none.csv", tmp_path / "x.shp"):
        with pytest.raises(InputError):
            read_layer(path)
    with pytest.raises(InputError, match="the name of a layer"):
        read_layer(written / "gpkg/layers.gpkg")
    with pytest.raises(InputError, match="one of"):
        read_layer(written / "gpkg/layers.gpkg", "lynx")


def test_equal_layers_are_equal_files(demo_layers: dict[str, Layer], tmp_path: Path) -> None:
    """All formats are the same bytes on every run; the GeoPackage holds no date of today."""
    chosen = [demo_layers["zones"], demo_layers["link_hours"]]
    for name in ("a", "b"):
        write_layers(chosen, tmp_path / name, FORMATS)
    for path in sorted((tmp_path / "a").iterdir()):
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes(), path.name
    with sqlite3.connect(tmp_path / "a/layers.gpkg") as base:
        dates = base.execute("SELECT last_change FROM gpkg_contents").fetchall()
    base.close()
    assert {date for (date,) in dates} == {"1970-01-01T00:00:00.000Z"}
    assert pyogrio.get_gdal_config_option("OGR_CURRENT_DATE") is None
