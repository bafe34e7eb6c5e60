"""Reading where people live: polygons, points, tables of points and rasters."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.exposure.people.checks import first_rows, group_problems, numbers_of
from geofleet.exposure.people.overlaps import overlapping_pairs, share_overlaps
from geofleet.exposure.people.raster import RASTERS, read_cells
from geofleet.schema import Column, TableSchema, read_csv

__all__ = ["Groups", "read_zones"]

Groups = Sequence[str] | Mapping[str, str | Sequence[str]]
_READ_ERRORS = (OSError, ValueError, RuntimeError)
_NAMED_PAIRS = 5


@dataclass(frozen=True)
class _Columns:
    """Which columns of the file hold what; each output column may sum several."""

    identity: str
    numbers: Mapping[str, tuple[str, ...]]
    groups: tuple[str, ...]
    keep: tuple[str, ...]
    longitude: str
    latitude: str
    meanings: Mapping[str, str] = field(default_factory=dict)


def read_zones(
    path: Path | str,
    *,
    people_column: str = "people",
    id_column: str = "zone_id",
    keep: Sequence[str] = (),
    groups: Groups = (),
    day_columns: Mapping[str, str] | None = None,
    longitude_column: str = "lon",
    latitude_column: str = "lat",
    band: int = 1,
    box: tuple[float, float, float, float] | None = None,
    overlaps: Literal["count", "refuse", "share"] = "count",
    defaults: Defaults | None = None,
) -> gpd.GeoDataFrame:
    """Read zones from GeoJSON, GeoPackage, GeoParquet, a CSV table of points or a raster.

    Returns a GeoDataFrame in EPSG:4326 with ``zone_id`` (text), ``people`` (float), a column of
    persons for each group and each kind of people by day, what was to be kept, and ``geometry``
    (polygons or points). Zones whose people are unknown (empty) are left out and counted in
    ``attrs["people_unknown"]``. Pairs of polygons that overlap, whose people may count twice, are
    counted in ``attrs["overlaps"]`` and the first ones named in ``attrs["overlap_pairs"]``.

    Parameters
    ----------
    keep
        Columns that come along as they are (a grade of marginalisation); empty stays empty.
    groups
        Parts of the people that exclude each other, such as age groups: names of columns, or
        ``{"under_5": ["f_0_4", "m_0_4"]}`` to sum columns under a name of its own.
    day_columns
        ``{"people": "workday", "under_5": …}``: columns with the people who are in the zone in
        the middle of a working day; read into ``people_day``, ``under_5_day``. Empty cells are
        unknown and stay so.
    longitude_column, latitude_column
        Of a CSV table, in degrees (EPSG:4326).
    band, box
        Of a raster with people per cell: the band, and west, south, east, north in degrees.
        Cells that the box cuts keep the part of their people that their area in it is; the rest
        is counted in ``attrs["people_outside_box"]``. A raster has no id column.
    overlaps
        ``count`` them and leave people as they are; ``refuse``; or ``share``: where k polygons
        lie on one another each keeps a k-th of the people that it has there (by area), and the
        people taken out are counted in ``attrs["people_shared_out"]``.

    Raises
    ------
    InputError
        Every problem at once: unreadable file, missing column, negative people, text, no or
        impossible coordinates, empty or invalid geometry, repeated ids, groups that share a
        column or are more than the people, nobody at all, overlaps when refused.
    """
    path = Path(path)
    if path.suffix.lower() in RASTERS:
        named = [*keep, *groups, *(day_columns or {})]
        zones = _raster_zones(path, named, band, box, defaults)
    else:
        columns = _columns(
            path, people_column, id_column, keep, groups, day_columns,
            longitude_column, latitude_column,
        )  # fmt: skip
        zones = _vector_zones(path, columns)
    if zones["people"].sum() <= 0.0:
        name = people_column if path.suffix.lower() not in RASTERS else f"band {band}"
        raise InputError([Problem(str(path), name, expected="people in at least one zone")])
    return _with_overlaps(zones, str(path), overlaps, path.suffix.lower() in RASTERS)


def _columns(
    path: Path,
    people: str,
    identity: str,
    keep: Sequence[str],
    groups: Groups,
    day_columns: Mapping[str, str] | None,
    longitude: str,
    latitude: str,
) -> _Columns:
    """Sort out what is asked for, and refuse what contradicts itself."""
    pairs = groups.items() if isinstance(groups, Mapping) else [(name, name) for name in groups]
    parts = [(name, (of,) if isinstance(of, str) else tuple(of)) for name, of in pairs]
    problems = group_problems(str(path), parts, people=people)
    day = dict(day_columns or {})
    known = ("people", *(name for name, _ in parts))
    problems += [
        Problem(str(path), name, expected="people by day of one of " + ", ".join(known))
        for name in day
        if name not in known
    ]
    numbers = {"people": (people,), **dict(parts), **{f"{n}_day": (c,) for n, c in day.items()}}
    problems += [
        Problem(str(path), name, expected="a column to keep whose name nothing else has")
        for name in keep
        if name in numbers or name in ("zone_id", "geometry")
    ]
    if problems:
        raise InputError(problems)
    meanings = dict.fromkeys(keep, "asked for in the settings")
    meanings |= {column: f"persons for {n}" for n, of in numbers.items() for column in of}
    meanings |= {people: "number of people", identity: "id of the zone"}
    return _Columns(
        identity, numbers, tuple(n for n, _ in parts), tuple(keep), longitude, latitude, meanings
    )


def _vector_zones(path: Path, columns: _Columns) -> gpd.GeoDataFrame:
    file = str(path)
    table = path.suffix.lower() == ".csv"
    frame = _read_points(path, columns) if table else read_frame(path)
    if not len(frame):
        raise InputError([Problem(file, expected="at least one zone")])
    problems = [
        Problem(file, name, expected=f"a column {name!r} ({meaning}); found {_names(frame)}")
        for name, meaning in columns.meanings.items()
        if name not in frame.columns
    ]
    if problems:
        raise InputError(problems)
    first = 2 if table else 1
    ids = frame[columns.identity].astype(str)
    twice = frame[columns.identity].isna().to_numpy() | ids.duplicated().to_numpy()
    problems = first_rows(
        file, columns.identity, twice, ids, "an id of its own for each zone", first=first
    )
    data, found = numbers_of(frame, columns.numbers, columns.groups, file=file, first=first)
    problems += found + _geometry_problems(file, frame)
    if problems:
        raise InputError(problems)
    kept = {name: frame[name].to_numpy() for name in columns.keep}
    zones = gpd.GeoDataFrame(
        {**kept, "zone_id": ids.to_numpy(object), **data},
        geometry=frame.geometry.to_numpy(),
        crs=frame.crs,
    ).to_crs(4326)
    # shapely drops the third dimension of KML-like data, which population never needs
    zones = zones.set_geometry(shapely.force_2d(zones.geometry.to_numpy()), crs=4326)
    unknown = np.isnan(data["people"])
    zones = zones[~unknown].reset_index(drop=True)
    zones.attrs = {"people_unknown": int(unknown.sum()), "groups": columns.groups}
    return zones


def _raster_zones(
    path: Path,
    named: list[str],
    band: int,
    box: tuple[float, float, float, float] | None,
    defaults: Defaults | None,
) -> gpd.GeoDataFrame:
    if named:
        expected = "no columns of a raster (join groups with with_group_shares)"
        raise InputError([Problem(str(path), ", ".join(named), expected=expected)])
    used = (defaults or Defaults()).scope()
    most = int(used.number("exposure", "raster_cells_maximum"))
    zones = read_cells(path, band=band, box=box, most_cells=most)
    zones.attrs |= {"people_unknown": 0, "groups": ()}
    return zones


def _with_overlaps(
    zones: gpd.GeoDataFrame, file: str, overlaps: str, raster: bool
) -> gpd.GeoDataFrame:
    none = np.empty((0, 2), dtype=np.int64)  # cells of a raster lie side by side
    pairs = none if raster else overlapping_pairs(zones.geometry.to_numpy())
    ids = zones["zone_id"].to_numpy(object)
    named = [f"{ids[a]} and {ids[b]}" for a, b in pairs[:_NAMED_PAIRS]]
    attrs = {**zones.attrs, "overlaps": len(pairs), "overlap_pairs": named}
    if len(pairs) and overlaps == "refuse":
        expected = f"polygons that do not overlap; {len(pairs)} pairs do"
        raise InputError([Problem(file, "geometry", value=", ".join(named), expected=expected)])
    if len(pairs) and overlaps == "share":
        before = float(zones["people"].sum())
        zones = share_overlaps(zones, pairs)
        attrs["people_shared_out"] = before - float(zones["people"].sum())
    zones.attrs = attrs
    return zones


def read_frame(path: Path, what: str = "zones") -> gpd.GeoDataFrame:
    """Read a file of geometries.

    Raises
    ------
    InputError
        A file that does not exist, cannot be read or has no geometry.
    """
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
        expected = f"{what} with a geometry (zones that are points may come as a CSV file)"
        raise InputError([Problem(str(path), "geometry", expected=expected)])
    return frame


def _read_points(path: Path, columns: _Columns) -> gpd.GeoDataFrame:
    """Read a table of points; cells that are not numbers are named with their line."""
    counts = {name for of in columns.numbers.values() for name in of}
    schema = TableSchema(
        "points",
        "Points with people",
        (
            Column(columns.identity, "text", "id of the zone"),
            Column(columns.longitude, "number", "longitude", "°", minimum=-180, maximum=180),
            Column(columns.latitude, "number", "latitude", "°", minimum=-90, maximum=90),
            *(
                Column(name, "number", columns.meanings[name], nullable=True, minimum=0)
                for name in sorted(counts)
            ),
            *(Column(name, "text", "to keep", nullable=True) for name in columns.keep),
        ),
        key=(columns.identity,),
    )
    frame = read_csv(path, schema)
    for name in columns.keep:
        # Numbers come as numbers; what is partly text stays text.
        as_number = pd.to_numeric(frame[name], errors="coerce")
        if (as_number.notna() | frame[name].isna()).all():
            frame[name] = as_number
    points = shapely.points(frame[columns.longitude], frame[columns.latitude])
    return gpd.GeoDataFrame(frame, geometry=points, crs=4326)


def _geometry_problems(file: str, frame: gpd.GeoDataFrame) -> list[Problem]:
    geometry = frame.geometry
    empty = (geometry.isna() | geometry.is_empty).to_numpy()
    kinds = geometry.geom_type.fillna("none").astype(str)
    allowed = kinds.isin(["Polygon", "MultiPolygon", "Point"]).to_numpy()
    invalid = ~empty & ~geometry.is_valid.to_numpy()
    problems = first_rows(file, "geometry", empty, kinds, "a geometry that is not empty")
    problems += first_rows(file, "geometry", ~empty & ~allowed, kinds, "polygons or points")
    if invalid.any():
        why = pd.Series(shapely.is_valid_reason(geometry.to_numpy()), index=frame.index)
        problems += first_rows(file, "geometry", invalid, why, "a valid polygon")
    if frame.crs is None:
        problems.append(Problem(file, "crs", expected="a coordinate reference system"))
    elif not problems and frame.crs.is_geographic:
        west, south, east, north = geometry.total_bounds
        if west < -180.0 or east > 180.0 or south < -90.0 or north > 90.0:
            value = f"{west:g}, {south:g}, {east:g}, {north:g}"
            expected = "longitudes -180 to 180 and latitudes -90 to 90 (metres without their CRS?)"
            problems.append(Problem(file, "crs", value=value, expected=expected))
    return problems


def _names(frame: gpd.GeoDataFrame) -> str:
    return ", ".join(str(name) for name in frame.columns)
