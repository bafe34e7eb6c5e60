"""What people give: geometry, numbers and texts in any of the forms that tables hold them in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.errors import InputError, Problem
from geofleet.wording import Text

__all__ = ["numbers_of", "shapes_of", "texts_of"]


def shapes_of(geometry: Any) -> npt.NDArray[np.object_]:
    """Return geometry in EPSG:4326 as an array.

    Parameters
    ----------
    geometry
        A GeoSeries or GeoDataFrame in any CRS, or shapes in EPSG:4326.

    Raises
    ------
    InputError
        A GeoSeries or GeoDataFrame without CRS, or something that is no geometry.
    """
    if isinstance(geometry, gpd.GeoDataFrame | gpd.GeoSeries):
        if geometry.crs is None:
            expected = "a CRS: set_crs(…) says which one the coordinates are in"
            raise InputError([Problem("geometry", "crs", value="None", expected=expected)])
        return np.asarray(geometry.geometry.to_crs(4326).to_numpy(), dtype=object)
    shapes = np.empty(len(geometry), dtype=object)
    shapes[:] = list(geometry)
    shapes[pd.isna(shapes)] = None
    return shapes


def numbers_of(values: Any) -> npt.NDArray[Any]:
    """Return numbers as an array of the type they have, NaN where they are missing.

    Whatever cannot be read as numbers comes back as it is, to be complained of.
    """
    array = np.asarray(values)
    if array.dtype.kind != "O":
        return array
    try:
        flat = pd.array(array.ravel(), dtype="Float64").to_numpy(np.float64, na_value=np.nan)
    except (TypeError, ValueError):
        return array
    return flat.reshape(array.shape)


def texts_of(cells: Sequence[Any] | Any) -> list[str | Text | None]:
    """Return cells in order as texts (plain or in every language), None where they are missing."""
    found: list[str | Text | None] = []
    for cell in cells:
        if isinstance(cell, str | Mapping):
            found.append(cell)
        else:
            found.append(None if cell is None or pd.isna(cell) is True else str(cell))
    return found
