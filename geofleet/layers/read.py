"""Layers from files, under the version of their schema that the file names."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
import shapely

from geofleet.errors import InputError, Problem
from geofleet.layers.model import Layer, as_layer
from geofleet.layers.registry import known_schemas
from geofleet.schema import Column, TableSchema, read_text

__all__ = ["read_layer", "schema_from"]

_SUFFIXES = (".geojson", ".parquet", ".gpkg", ".csv")


def read_layer(path: str | Path, layer: str | None = None) -> Layer:
    """Read a layer that geofleet wrote.

    Parameters
    ----------
    path
        GeoJSON, GeoParquet, GeoPackage or CSV file.
    layer
        Which one, of a GeoPackage with several.

    Returns
    -------
    Layer
        With the schema of the file: from its own metadata, the ``<name>.schema.json`` beside it,
        or the schema of that name that this version knows.

    Raises
    ------
    InputError
        A file that cannot be read, names no schema, was written under a later major version of its
        schema than this version knows, or lacks columns of it.

    Examples
    --------
    >>> read_layer("results/layers/links.parquet")  # doctest: +SKIP
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in _SUFFIXES:
        expected = "a layer: a file ending with " + ", ".join(_SUFFIXES)
        raise InputError([Problem(str(path), expected=expected)])
    if not path.is_file():
        raise InputError([Problem(str(path), expected="a file that is there")])
    try:
        frame, identity = _READERS[suffix](path, layer)
    except InputError:
        raise
    except Exception as error:  # drivers raise whatever their formats do on broken files
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:160]
        raise InputError([Problem(str(path), expected=f"a whole file ({reason})")]) from None
    schema = _schema(path, identity)
    known = known_schemas().get(schema.name)
    if known is not None and known.version != schema.version:
        # Columns that a later minor version has added are not in an older file.
        there = tuple(column for column in schema.columns if column.name in frame.columns)
        schema = replace(schema, columns=there)
    missing = [column.name for column in schema.columns if column.name not in frame.columns]
    if missing:
        raise InputError(
            Problem(str(path), name, expected=f"this column of schema {schema.name}")
            for name in missing
        )
    geometry = None
    if any(column.kind == "geometry" for column in schema.columns):
        geometry = gpd.GeoSeries(frame["geometry"], crs="EPSG:4326").reset_index(drop=True)
    columns = {column.name: frame[column.name] for column in schema.columns}
    return as_layer(columns, schema, geometry=geometry, size=len(frame))


def schema_from(described: Mapping[str, Any]) -> TableSchema:
    """Return the schema that :meth:`TableSchema.describe` (or a ``.schema.json``) tells."""
    columns = tuple(
        Column(
            name=str(column["name"]), kind=column["kind"], meaning=str(column["meaning"]),
            unit=str(column["unit"]), nullable=bool(column["nullable"]),
            choices=tuple(column.get("choices", ())), minimum=column.get("minimum"),
            maximum=column.get("maximum"),
        )
        for column in described["columns"]
    )  # fmt: skip
    return TableSchema(
        str(described["name"]), str(described["title"]), columns,
        key=tuple(described["key"]), version=str(described["version"]),
        notes=tuple(described["notes"]),
    )  # fmt: skip


def _schema(path: Path, identity: Mapping[str, Any]) -> TableSchema:
    """Return the schema that a file was written under, refusing one of a later major version."""
    beside = path.with_name(f"{identity.get('name') or path.stem}.schema.json")
    described = identity if "columns" in identity else _beside(beside)
    name = str(identity.get("name") or described.get("name") or "")
    version = str(identity.get("version") or described.get("version") or "")
    if not name or not version:
        expected = f"a layer that names its schema, or {beside.name} beside it"
        raise InputError([Problem(str(path), "schema", expected=expected)])
    known = known_schemas().get(name)
    newest = _major(known.version) if known is not None else _NEWEST
    if _major(version) > newest:
        expected = (
            f"schema {name} of version {newest}.x or earlier; this file was written by a newer "
            "geofleet"
        )
        raise InputError([Problem(str(path), "schema", 0, version, expected)])
    if "columns" in described and str(described.get("version")) == version:
        try:
            return schema_from(described)
        except (KeyError, TypeError, ValueError):
            expected = "a schema as geofleet writes it"
            raise InputError([Problem(str(path), "schema", expected=expected)]) from None
    if known is None or _major(known.version) != _major(version):
        expected = f"{beside.name} beside the file: schema {name} {version} is not known here"
        raise InputError([Problem(str(path), "schema", 0, version, expected)])
    return replace(known, version=version)


_NEWEST = 1  # of schemas that are made as a layer is


def _major(version: str) -> int:
    found = re.match(r"([0-9]{1,9})(?:\.|$)", version)
    return int(found[1]) if found is not None else 0


def _beside(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        content = json.loads(read_text(path))
    except (json.JSONDecodeError, RecursionError):
        raise InputError([Problem(str(path), expected="JSON that is well formed")]) from None
    return content if isinstance(content, dict) else {}


def _read_geojson(path: Path, _: str | None) -> tuple[pd.DataFrame, dict[str, Any]]:
    # GDAL guesses types of text; the plain document keeps what was written.
    content = json.loads(read_text(path))
    features = content["features"]
    frame = pd.DataFrame([feature["properties"] for feature in features], dtype=object)
    shapes = [feature["geometry"] for feature in features]
    frame["geometry"] = [None if g is None else shapely.from_geojson(json.dumps(g)) for g in shapes]
    identity = content.get("schema")
    return frame, identity if isinstance(identity, dict) else {}


def _read_parquet(path: Path, _: str | None) -> tuple[pd.DataFrame, dict[str, Any]]:
    spatial = b"geo" in (pq.read_schema(path).metadata or {})
    frame = gpd.read_parquet(path) if spatial else pd.read_parquet(path)
    identity = frame.attrs.get("schema")
    frame.attrs = {}
    return frame, identity if isinstance(identity, dict) else {}


def _read_gpkg(path: Path, layer: str | None) -> tuple[pd.DataFrame, dict[str, Any]]:
    names = [str(name) for name in pyogrio.list_layers(path)[:, 0]]
    if layer is None and len(names) > 1:
        expected = "the name of a layer: " + ", ".join(names)
        raise InputError([Problem(str(path), "layer", expected=expected)])
    chosen = layer or names[0]
    if chosen not in names:
        expected = "one of " + ", ".join(names)
        raise InputError([Problem(str(path), "layer", 0, chosen, expected)])
    info = pyogrio.read_info(path, layer=chosen)
    frame = pyogrio.read_dataframe(path, layer=chosen, datetime_as_string=True)
    metadata = {str(k).lower(): v for k, v in (info.get("layer_metadata") or {}).items()}
    return frame, {
        "name": metadata.get("schema_name", chosen), "version": metadata.get("schema_version")
    }  # fmt: skip


def _read_csv(path: Path, _: str | None) -> tuple[pd.DataFrame, dict[str, Any]]:
    described = _beside(path.with_name(f"{path.stem}.schema.json"))
    frame = pd.read_csv(path, dtype=str, keep_default_na=False, na_values=[""])
    for column in described.get("columns", ()):
        read = _CELLS.get(column.get("kind"))
        if read is not None and column["name"] in frame.columns:
            cells = [None if pd.isna(cell) else read(cell) for cell in frame[column["name"]]]
            frame[column["name"]] = pd.Series(cells, dtype=object)
    if "geometry" in frame.columns:
        wkt = [None if pd.isna(cell) else str(cell) for cell in frame["geometry"]]
        frame["geometry"] = shapely.from_wkt(wkt)
    return frame, described


# Python reads decimals to the last bit.
_CELLS: dict[str, Callable[[str], Any]] = {
    "number": float, "time": float, "integer": int, "boolean": {"True": True, "False": False}.get,
}  # fmt: skip
_READERS = {
    ".geojson": _read_geojson, ".parquet": _read_parquet, ".gpkg": _read_gpkg, ".csv": _read_csv,
}  # fmt: skip
