"""Layer: a table of results with the schema that documents it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd

from geofleet.schema import TableSchema
from geofleet.wording import both

__all__ = ["Layer", "as_layer"]

_SPANISH = "_es"


@dataclass(frozen=True)
class Layer:
    """One table of results, with or without geometry.

    Parameters
    ----------
    frame
        GeoDataFrame in EPSG:4326, or DataFrame for a layer without geometry; its columns are
        those of ``schema``, in that order.
    schema
        Column, unit and meaning, written beside every file.

    Raises
    ------
    ValueError
        Columns other than the schema's, or another reference system than EPSG:4326.
    """

    frame: gpd.GeoDataFrame | pd.DataFrame
    schema: TableSchema

    def __post_init__(self) -> None:
        names = [column.name for column in self.schema.columns]
        if list(self.frame.columns) != names:
            raise ValueError(
                f"layer {self.name!r} must have the columns {names}, not {list(self.frame.columns)}"
            )
        if self.spatial and (self.frame.crs is None or self.frame.crs.to_epsg() != 4326):
            raise ValueError(f"layer {self.name!r} must be in EPSG:4326")

    @property
    def name(self) -> str:
        """Name of the layer, used for files and tables."""
        return self.schema.name

    @property
    def spatial(self) -> bool:
        """Whether the layer has geometry."""
        return any(column.kind == "geometry" for column in self.schema.columns)

    def describe(self) -> dict[str, Any]:
        """Return the schema with the number of rows, as plain data."""
        described = self.schema.describe()
        described["rows"] = len(self.frame)
        described["crs"] = "EPSG:4326" if self.spatial else None
        return described


def as_layer(
    columns: dict[str, Any], schema: TableSchema, *, geometry: Any = None, size: int | None = None
) -> Layer:
    """Build a layer from arrays, each given the type that its schema column asks for.

    Text that is missing becomes None, a missing number NaN; whole numbers and booleans that may
    be missing use the nullable types, so that no file shows an unknown as zero or false. A column
    ``<name>_es`` that is not among the arrays is what the texts of ``<name>`` are in Spanish.
    """
    columns = {**_in_spanish(columns, schema), **columns}
    data: dict[str, Any] = {}
    for column in schema.columns:
        if column.kind == "geometry":
            continue
        values = pd.Series(columns[column.name]).reset_index(drop=True)
        if column.kind == "number":
            data[column.name] = pd.to_numeric(values).astype("float64")
        elif column.kind == "integer":
            data[column.name] = values.astype("Int64" if column.nullable else "int64")
        elif column.kind == "boolean":
            data[column.name] = values.astype("boolean" if column.nullable else "bool")
        else:
            data[column.name] = _text(values)
    index = pd.RangeIndex(len(next(iter(data.values()))) if size is None else size)
    frame = pd.DataFrame(data, index=index)
    if geometry is not None:
        frame = gpd.GeoDataFrame(frame, geometry=geometry, crs="EPSG:4326")
    return Layer(frame, schema)


def _in_spanish(columns: dict[str, Any], schema: TableSchema) -> dict[str, list[str | None]]:
    told = [column.name.removesuffix(_SPANISH) for column in schema.columns
            if column.name.endswith(_SPANISH)]  # fmt: skip
    return {
        name + _SPANISH: [both(cell)["es"] if isinstance(cell, str) else None
                          for cell in columns[name]]
        for name in told if name in columns and name + _SPANISH not in columns
    }  # fmt: skip


def _text(values: Iterable[Any]) -> pd.Series:
    cells = [None if value is None or pd.isna(value) else str(value) for value in values]
    return pd.Series(cells, dtype=object)
