"""Heights at points from elevation rasters: any CRS, no-data cells, several tiles.

Needs the extra ``elevation`` (rasterio).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyproj

from geofleet.errors import InputError, MissingExtraError, Problem

__all__ = ["Heights", "sample_heights"]

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

# Names of vertical units as GDAL drivers write them, and their exact length in metres.
_UNITS_M = {
    "": 1.0, "m": 1.0, "metre": 1.0, "metres": 1.0, "meter": 1.0, "meters": 1.0,
    "ft": 0.3048, "foot": 0.3048, "feet": 0.3048, "international foot": 0.3048,
    "us-ft": 1200 / 3937, "us survey foot": 1200 / 3937, "us survey feet": 1200 / 3937,
}  # fmt: skip


_TILE = 1024  # cells; 8 MB a tile


@dataclass(frozen=True, slots=True)
class Heights:
    """Sampled heights and what was met while sampling.

    Parameters
    ----------
    z_m
        Height of each point in metres, NaN where no raster has data.
    spacing_m
        Finest cell size of the rasters, in metres on the ground.
    outside
        Points that lie outside every raster.
    no_data
        Points inside a raster whose surrounding cells hold no data.
    saturated
        Points that touch a cell at the largest value its integer type can hold: the true height
        may be more.
    implausible
        Points that touch a cell with a height that no land has; it counts as one without data.
    """

    z_m: Floats
    spacing_m: float
    outside: int = 0
    no_data: int = 0
    saturated: int = 0
    implausible: int = 0
    names: tuple[str, ...] = field(default=())


def sample_heights(
    rasters: Sequence[Path],
    x: Floats,
    y: Floats,
    *,
    crs: pyproj.CRS,
    land_m: tuple[float, float],
    band: int = 1,
) -> Heights:
    """Sample rasters at points by bilinear interpolation between cell centres.

    Where tiles overlap the first raster with data wins. Within half a cell of a raster's border
    the nearest cells are carried outwards. A point whose four cells include one without data (and
    weight) has no height from that raster.

    Parameters
    ----------
    rasters
        One or more raster files.
    x, y
        Coordinates in ``crs`` (metres; a projected CRS).
    land_m
        Lowest and highest height that land can have, in metres.
    band
        Number of the raster band, from 1.

    Raises
    ------
    InputError
        A file that is missing, not a raster of real numbers, or lacks a coordinate system that
        can be related to ``crs``; unknown vertical unit.
    MissingExtraError
        rasterio is not installed.
    """
    try:
        import rasterio
        from rasterio.errors import RasterioError
    except ImportError as error:
        raise MissingExtraError(
            "reading elevation rasters needs rasterio: pip install 'geofleet[elevation]'"
        ) from error

    z = np.full(len(x), np.nan)
    outside = np.ones(len(x), dtype=bool)
    saturated, implausible = np.zeros((2, len(x)), dtype=bool)
    spacing = np.inf
    problems: list[Problem] = []
    for path in rasters:
        if not path.is_file():
            problems.append(Problem(str(path), expected="an elevation raster that exists"))
            continue
        try:
            with rasterio.open(path) as raster:
                problem = _unusable(raster, path, band)
                if problem is not None:
                    problems.append(problem)
                    continue
                if not len(x):
                    continue
                spacing = min(spacing, _cell_size_m(raster, crs, x, y))
                _fill(raster, band, land_m, x, y, crs, z, outside, saturated, implausible)
        except pyproj.exceptions.ProjError as error:
            reason = str(error).splitlines()[0]
            expected = f"a coordinate system related to longitude and latitude ({reason})"
            problems.append(Problem(str(path), "crs", expected=expected))
        except RasterioError as error:
            expected = f"an elevation raster that GDAL can read ({error})"
            problems.append(Problem(str(path), expected=expected))
    if problems:
        raise InputError(problems)
    missing = np.isnan(z)
    return Heights(
        z_m=z,
        spacing_m=float(spacing),
        outside=int(np.count_nonzero(missing & outside)),
        no_data=int(np.count_nonzero(missing & ~outside)),
        saturated=int(np.count_nonzero(saturated)),
        implausible=int(np.count_nonzero(implausible)),
        names=tuple(path.name for path in rasters),
    )


def _unusable(raster: Any, path: Path, band: int) -> Problem | None:
    if raster.crs is None:
        expected = "a raster with a coordinate reference system (gdal_edit -a_srs sets one)"
        return Problem(str(path), "crs", expected=expected)
    kind = str(raster.dtypes[band - 1])
    if kind.startswith("complex"):
        return Problem(str(path), "type", value=kind, expected="heights as real numbers")
    unit = (raster.units[band - 1] or "").strip().lower()
    if unit not in _UNITS_M:
        return Problem(str(path), "unit", value=unit, expected="heights in metres or feet")
    return None


def _cell_size_m(raster: Any, crs: pyproj.CRS, x: Floats, y: Floats) -> float:
    """Length on the ground of a cell's shorter side, at the middle of the points."""
    to_raster = pyproj.Transformer.from_crs(crs, raster.crs.to_wkt(), always_xy=True)
    cx, cy = to_raster.transform(float(np.mean(x)), float(np.mean(y)))
    t = raster.transform
    px, py = to_raster.transform(
        np.array([cx, cx + t.a, cx + t.b]), np.array([cy, cy + t.d, cy + t.e]), direction="INVERSE"
    )
    return float(
        min(np.hypot(px[1] - px[0], py[1] - py[0]), np.hypot(px[2] - px[0], py[2] - py[0]))
    )


def _fill(
    raster: Any, band: int, land_m: tuple[float, float], x: Floats, y: Floats, crs: pyproj.CRS,
    z: Floats, outside: Flags, saturated: Flags, implausible: Flags,
) -> None:  # fmt: skip
    """Fill the missing entries of ``z`` that this raster covers."""
    from rasterio.windows import Window

    wanted = np.flatnonzero(np.isnan(z))
    to_raster = pyproj.Transformer.from_crs(crs, raster.crs.to_wkt(), always_xy=True)
    rx, ry = to_raster.transform(x[wanted], y[wanted])
    inverse = ~raster.transform
    col = inverse.a * rx + inverse.b * ry + inverse.c
    row = inverse.d * rx + inverse.e * ry + inverse.f
    inside = (col >= 0) & (col <= raster.width) & (row >= 0) & (row <= raster.height)
    outside[wanted[inside]] = False
    wanted, col, row = wanted[inside], col[inside], row[inside]
    if not len(wanted):
        return
    # From corner-based to centre-based cell coordinates, held within the outermost centres.
    col = np.clip(col - 0.5, 0, raster.width - 1)
    row = np.clip(row - 0.5, 0, raster.height - 1)
    value = np.empty(len(wanted))
    touched, odd = np.empty((2, len(wanted)), dtype=bool)
    scale, offset = raster.scales[band - 1], raster.offsets[band - 1]
    unit_m = _UNITS_M[(raster.units[band - 1] or "").strip().lower()]
    # Tile by tile, so that memory does not grow with the raster.
    tile = (row // _TILE).astype(np.int64) * (raster.width // _TILE + 1) + (col // _TILE).astype(
        np.int64
    )
    order = np.argsort(tile, kind="stable")
    for part in np.split(order, np.flatnonzero(np.diff(tile[order])) + 1):
        c0, r0 = int(col[part].min()), int(row[part].min())
        width = min(int(col[part].max()) + 2, raster.width) - c0
        height = min(int(row[part].max()) + 2, raster.height) - r0
        block = raster.read(band, window=Window(c0, r0, width, height), masked=True)
        cells = (np.ma.filled(block.astype(np.float64), np.nan) * scale + offset) * unit_m
        top = np.zeros(cells.shape, dtype=bool)
        if np.issubdtype(block.dtype, np.integer):
            top = np.ma.filled(block == np.iinfo(block.dtype).max, False)
        wild = (cells < land_m[0]) | (cells > land_m[1])
        cells[wild] = np.nan
        value[part], touched[part], odd[part] = _bilinear(
            cells, top, wild, row[part] - r0, col[part] - c0
        )
    z[wanted] = value
    saturated[wanted] = touched & ~np.isnan(value)
    implausible[wanted] |= odd


def _bilinear(
    cells: Floats, top: Flags, wild: Flags, row: Floats, col: Floats
) -> tuple[Floats, Flags, Flags]:
    """Interpolate between cells; also say which points touch a flagged one."""
    height, width = cells.shape
    i, j = row.astype(np.int64), col.astype(np.int64)
    fi, fj = row - i, col - j
    value = np.zeros(len(row))
    touched, odd = np.zeros((2, len(row)), dtype=bool)
    for di, wi in ((0, 1 - fi), (1, fi)):
        for dj, wj in ((0, 1 - fj), (1, fj)):
            ii, jj, weight = np.minimum(i + di, height - 1), np.minimum(j + dj, width - 1), wi * wj
            # A cell of no weight must not spread its missing value.
            value += np.where(weight > 0, weight * cells[ii, jj], 0.0)
            touched |= (weight > 0) & top[ii, jj]
            odd |= (weight > 0) & wild[ii, jj]
    return value, touched, odd
