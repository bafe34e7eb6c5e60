"""Population rasters: people per cell to polygons, cut at the study's box.

Needs the extra ``elevation`` (rasterio).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pyproj
import shapely

from geofleet.errors import InputError, MissingExtraError, Problem

__all__ = ["RASTERS", "read_cells"]

RASTERS = (".tif", ".tiff", ".vrt")
_CORNERS = ((0, 0), (1, 0), (1, 1), (0, 1), (0, 0))

Floats = npt.NDArray[np.float64]
Box = tuple[float, float, float, float]


def read_cells(
    path: Path, *, band: int = 1, box: Box | None = None, most_cells: int
) -> gpd.GeoDataFrame:
    """Return the cells of a raster that have people, as polygons in EPSG:4326.

    Columns ``zone_id`` (``r<row>c<column>``, from the upper left corner of the file), ``people``
    and ``geometry``. ``attrs`` counts ``people_outside_box`` (the parts of cut cells that lie
    outside), ``cells_cut`` and ``cells_no_data``.

    Parameters
    ----------
    box
        West, south, east, north in degrees.
    most_cells
        More cells than this in the box are refused, so that a country is not read by mistake.

    Raises
    ------
    InputError
        A file that is missing or no raster, lacks the band or a coordinate system, has negative
        cells that are not marked as no data, or no cell in the box.
    MissingExtraError
        rasterio is not installed.
    """
    try:
        import rasterio
        from rasterio.errors import RasterioError
    except ImportError as error:
        raise MissingExtraError(
            "reading population rasters needs rasterio: pip install 'geofleet[elevation]'"
        ) from error

    file = str(path)
    if not path.is_file():
        raise InputError([Problem(file, expected="a readable file (it does not exist)")])
    try:
        with rasterio.open(path) as raster:
            problems = _unusable(raster, file, band)
            if problems:
                raise InputError(problems)
            row, column, people, transform, empty = _read(raster, file, band, box, most_cells)
            crs = pyproj.CRS.from_wkt(raster.crs.to_wkt())
    except pyproj.exceptions.ProjError as error:
        expected = f"a coordinate system related to longitude and latitude ({error})"
        raise InputError([Problem(file, "crs", expected=expected)]) from error
    except RasterioError as error:
        expected = f"a raster that GDAL can read ({error})"
        raise InputError([Problem(file, expected=expected)]) from error
    cells = _polygons(row, column, transform, crs)
    part = np.ones(len(cells))
    if box is not None:
        whole = cells
        cells = shapely.clip_by_rect(whole, *box)
        part = shapely.area(cells) / shapely.area(whole)
    inside = part > 0.0
    ids = np.char.add(np.char.add("r", row.astype(str)), np.char.add("c", column.astype(str)))
    zones = gpd.GeoDataFrame(
        {"zone_id": ids[inside].astype(object), "people": (people * part)[inside]},
        geometry=cells[inside],
        crs=4326,
    )
    zones.attrs = {
        "people_outside_box": float((people * (1.0 - part))[inside].sum()),
        "cells_cut": int(np.count_nonzero(part[inside] < 1.0 - 1e-9)),
        "cells_no_data": empty,
    }
    return zones


def _unusable(raster: Any, file: str, band: int) -> list[Problem]:
    problems = []
    if raster.crs is None:
        expected = "a raster with a coordinate reference system (gdal_edit -a_srs sets one)"
        problems.append(Problem(file, "crs", expected=expected))
    if not 1 <= band <= raster.count:
        expected = f"a band from 1 to {raster.count}"
        problems.append(Problem(file, "band", value=str(band), expected=expected))
    elif str(raster.dtypes[band - 1]).startswith("complex"):
        kind = str(raster.dtypes[band - 1])
        problems.append(Problem(file, "type", value=kind, expected="people as real numbers"))
    return problems


def _read(
    raster: Any, file: str, band: int, box: Box | None, most_cells: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Floats, Any, int]:
    """Row, column and people of the inhabited cells about the box; cells without data."""
    from rasterio.windows import Window

    rows, columns = (0, raster.height), (0, raster.width)
    if box is not None:
        rows, columns = _cells_of(raster, box)
    if rows[0] >= rows[1] or columns[0] >= columns[1]:
        value = ", ".join(f"{edge:.4f}" for edge in box or ())
        expected = "a raster that covers part of the study's box; longitude and latitude swapped?"
        raise InputError([Problem(file, "box", value=value, expected=expected)])
    count = (rows[1] - rows[0]) * (columns[1] - columns[0])
    if count > most_cells:
        expected = f"no more than {most_cells} cells: give a box, or cut the raster"
        raise InputError([Problem(file, "cells", value=str(count), expected=expected)])
    window = Window(columns[0], rows[0], columns[1] - columns[0], rows[1] - rows[0])
    block = raster.read(band, window=window, masked=True)
    values = np.ma.filled(block.astype(np.float64), np.nan)
    values = values * raster.scales[band - 1] + raster.offsets[band - 1]
    wrong = np.argwhere((values < 0.0) | np.isinf(values))
    if len(wrong):
        r, c = (int(number) for number in wrong[0])
        expected = (
            f"people of at least 0 in each cell; {len(wrong)} cells have others, the first in "
            f"column {c + columns[0]}; gdal_edit -a_nodata marks a value as no data"
        )
        shown = f"{values[r, c]:g}"
        raise InputError([Problem(file, f"band {band}", r + rows[0] + 1, shown, expected)])
    row, column = np.nonzero(values > 0.0)
    return (
        row + rows[0], column + columns[0], values[row, column], raster.transform,
        int(np.isnan(values).sum()),
    )  # fmt: skip


def _cells_of(raster: Any, box: Box) -> tuple[tuple[int, int], tuple[int, int]]:
    """Rows and columns that may touch a box: those about its outline in the raster's CRS."""
    west, south, east, north = box
    step = np.linspace(0.0, 1.0, 65)
    x = np.concatenate([west + (east - west) * step] * 2 + [np.full(65, west), np.full(65, east)])
    y = np.concatenate(
        [np.full(65, south), np.full(65, north)] + [south + (north - south) * step] * 2
    )
    to_raster = pyproj.Transformer.from_crs(4326, raster.crs.to_wkt(), always_xy=True)
    px, py = to_raster.transform(x, y)
    inverse = ~raster.transform
    column = inverse.a * px + inverse.b * py + inverse.c
    row = inverse.d * px + inverse.e * py + inverse.f
    if not (np.isfinite(row).all() and np.isfinite(column).all()):
        return (0, 0), (0, 0)
    return _span(row, raster.height), _span(column, raster.width)


def _span(place: Floats, count: int) -> tuple[int, int]:
    # One more on each side: an outline is bent between the points that were projected.
    first, last = int(np.floor(place.min())) - 1, int(np.ceil(place.max())) + 1
    return max(first, 0), min(last, count)


def _polygons(
    row: npt.NDArray[np.int64], column: npt.NDArray[np.int64], transform: Any, crs: pyproj.CRS
) -> npt.NDArray[np.object_]:
    """Outlines of cells in EPSG:4326, straight between their corners."""
    corners = np.array(_CORNERS, dtype=np.float64)
    c = column[:, None] + corners[:, 0]
    r = row[:, None] + corners[:, 1]
    x = transform.a * c + transform.b * r + transform.c
    y = transform.d * c + transform.e * r + transform.f
    to_degrees = pyproj.Transformer.from_crs(crs, 4326, always_xy=True)
    longitude, latitude = to_degrees.transform(x.ravel(), y.ravel())
    coordinates = np.stack([longitude, latitude], axis=-1).reshape(len(row), len(corners), 2)
    polygons: npt.NDArray[np.object_] = shapely.polygons(coordinates)
    return polygons
