"""Reading population zones: polygons or points with people."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geofleet.errors import InputError, Problem

__all__ = ["read_zones"]

_SHOWN = 5
_READ_ERRORS = (OSError, ValueError, RuntimeError)


def read_zones(
    path: Path | str,
    *,
    people_column: str = "people",
    id_column: str = "zone_id",
    keep: Sequence[str] = (),
) -> gpd.GeoDataFrame:
    """Read zones from GeoJSON, GeoPackage or GeoParquet.

    Returns a GeoDataFrame in EPSG:4326 with ``zone_id`` (text), ``people`` (float) and
    ``geometry`` (polygons or points). Zones whose people are unknown (empty) are left out and
    counted in ``attrs["people_unknown"]``; the number of overlapping pairs is in
    ``attrs["overlaps"]``. Columns named in ``keep`` come along as they are.

    Raises
    ------
    InputError
        Every problem at once: unreadable file, missing column, negative people, no or
        impossible coordinates, empty or invalid geometry, repeated ids, nobody at all.
    """
    path = Path(path)
    file = str(path)
    frame = _read(path)
    if not len(frame):
        raise InputError([Problem(file, expected="at least one zone")])
    needed = {people_column: "number of people", id_column: "id of the zone"}
    needed |= {name: "asked for in the settings" for name in keep if name not in needed}
    problems = [
        Problem(file, name, expected=f"a column {name!r} ({meaning}); found {_names(frame)}")
        for name, meaning in needed.items()
        if name not in frame.columns
    ]
    if problems:
        raise InputError(problems)
    people = pd.to_numeric(frame[people_column], errors="coerce").to_numpy(np.float64)
    unknown = frame[people_column].isna().to_numpy()
    ids = frame[id_column].astype(str)
    checks: list[tuple[npt.NDArray[np.bool_], str, pd.Series, str]] = [
        (~unknown & ~(np.isfinite(people) & (people >= 0.0)), people_column,
         frame[people_column], "a number of at least 0"),
        (frame[id_column].isna().to_numpy() | ids.duplicated().to_numpy(), id_column, ids,
         "an id of its own for each zone"),
    ]  # fmt: skip
    for mask, name, values, expected in checks:
        problems += _first(file, mask, name, values, expected)
    problems += _geometry_problems(file, frame)
    if problems:
        raise InputError(problems)
    if np.nansum(people) <= 0.0:
        raise InputError([Problem(file, people_column, expected="people in at least one zone")])
    zones = gpd.GeoDataFrame(
        {
            **{name: frame[name].to_numpy() for name in keep},
            "zone_id": ids.to_numpy(object),
            "people": people,
        },
        geometry=frame.geometry.to_numpy(),
        crs=frame.crs,
    ).to_crs(4326)
    # shapely drops the third dimension of KML-like data, which population never needs
    zones = zones.set_geometry(shapely.force_2d(zones.geometry.to_numpy()), crs=4326)
    zones = zones[~unknown].reset_index(drop=True)
    zones.attrs = {"people_unknown": int(unknown.sum()), "overlaps": _overlaps(zones)}
    return zones


def _read(path: Path) -> gpd.GeoDataFrame:
    if not path.is_file():
        raise InputError([Problem(str(path), expected="a readable file (it does not exist)")])
    try:
        if path.suffix.lower() == ".parquet":
            frame = gpd.read_parquet(path)
        else:
            # Mixed cells make pandas warn; they are checked, and named, right after.
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)
                frame = gpd.read_file(path)
    except _READ_ERRORS as error:
        expected = f"a GeoJSON, GeoPackage or GeoParquet file ({type(error).__name__})"
        raise InputError([Problem(str(path), expected=expected)]) from error
    if not isinstance(frame, gpd.GeoDataFrame):
        expected = (
            "zones with a geometry: a table with coordinates (CSV) must first be saved as GeoJSON,"
            " GeoPackage or GeoParquet, in QGIS or with geopandas"
        )
        raise InputError([Problem(str(path), "geometry", expected=expected)])
    return frame


def _geometry_problems(file: str, frame: gpd.GeoDataFrame) -> list[Problem]:
    geometry = frame.geometry
    empty = (geometry.isna() | geometry.is_empty).to_numpy()
    kinds = geometry.geom_type.fillna("none").astype(str)
    allowed = kinds.isin(["Polygon", "MultiPolygon", "Point"]).to_numpy()
    invalid = ~empty & ~geometry.is_valid.to_numpy()
    problems = _first(file, empty, "geometry", kinds, "a geometry that is not empty")
    problems += _first(file, ~empty & ~allowed, "geometry", kinds, "polygons or points")
    if invalid.any():
        why = pd.Series(shapely.is_valid_reason(geometry.to_numpy()), index=frame.index)
        problems += _first(file, invalid, "geometry", why, "a valid polygon")
    if frame.crs is None:
        problems.append(Problem(file, "crs", expected="a coordinate reference system"))
    elif not problems and frame.crs.is_geographic:
        west, south, east, north = geometry.total_bounds
        if west < -180.0 or east > 180.0 or south < -90.0 or north > 90.0:
            value = f"{west:g}, {south:g}, {east:g}, {north:g}"
            expected = "longitudes -180 to 180 and latitudes -90 to 90 (metres without their CRS?)"
            problems.append(Problem(file, "crs", value=value, expected=expected))
    return problems


def _overlaps(zones: gpd.GeoDataFrame) -> int:
    """Pairs of polygons that share more than a hundredth of the smaller one."""
    shapes = zones.geometry.to_numpy()
    tree = shapely.STRtree(shapes)
    left, right = tree.query(shapes, predicate="intersects")
    pairs = left < right
    left, right = left[pairs], right[pairs]
    common = shapely.area(shapely.intersection(shapes[left], shapes[right]))
    smaller = np.minimum(shapely.area(shapes[left]), shapely.area(shapes[right]))
    return int((common > 0.01 * smaller).sum())


def _first(
    file: str, mask: npt.NDArray[np.bool_], name: str, values: pd.Series, expected: str
) -> list[Problem]:
    rows = np.flatnonzero(mask)
    problems = [
        Problem(file, name, int(row) + 1, str(values.iloc[row]), expected) for row in rows[:_SHOWN]
    ]
    if len(rows) > _SHOWN:
        more = f"{expected}; {len(rows) - _SHOWN} more rows have the same fault"
        problems.append(Problem(file, name, int(rows[_SHOWN]) + 1, "", more))
    return problems


def _names(frame: gpd.GeoDataFrame) -> str:
    return ", ".join(str(name) for name in frame.columns)
