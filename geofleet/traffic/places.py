"""Where links lie: in which zone, and in which direction they run."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from geofleet.errors import InputError, Problem
from geofleet.network.model import RoadNetwork

__all__ = ["check_zones", "courses", "zones_of_links"]

_SHOWN = 5
_TANGENT_M = 1.0


def check_zones(
    zones: gpd.GeoDataFrame, id_column: str, *, polygons: bool = True, file: str = "zones"
) -> None:
    """Check ids, coordinate system and geometry of zones.

    Raises
    ------
    InputError
        No zones, no id column, ids missing or twice, no coordinate system, geometry that is not
        areas (points do too where ``polygons`` is false).
    """
    problems = []
    if not len(zones):
        problems.append(Problem(file, expected="at least one zone"))
    if zones.crs is None:
        problems.append(Problem(file, "crs", expected="a coordinate reference system"))
    if id_column not in zones.columns:
        found = ", ".join(str(name) for name in zones.columns)
        expected = f"a column {id_column!r} (id of the zone); found {found}"
        problems.append(Problem(file, id_column, expected=expected))
    else:
        ids = zones[id_column]
        bad = (ids.isna() | ids.astype(str).duplicated()).to_numpy(bool)
        problems += [
            Problem(file, id_column, int(at) + 1, str(ids.iloc[at]), "an id of its own")
            for at in np.flatnonzero(bad)[:_SHOWN]
        ]
    allowed = ["Polygon", "MultiPolygon"] if polygons else ["Polygon", "MultiPolygon", "Point"]
    kinds = zones.geometry.geom_type.fillna("nothing").astype(str)
    wrong = ~kinds.isin(allowed).to_numpy(bool) | zones.geometry.is_empty.to_numpy(bool)
    expected = "areas that are not empty" if polygons else "areas or points that are not empty"
    problems += [
        Problem(file, "geometry", int(at) + 1, kinds.iloc[at], expected)
        for at in np.flatnonzero(wrong)[:_SHOWN]
    ]
    if problems:
        raise InputError(problems)


def zones_of_links(
    network: RoadNetwork, zones: gpd.GeoDataFrame, id_column: str, *, file: str = "zones"
) -> npt.NDArray[np.int32]:
    """Return the zone of each link by its middle: row of ``zones``, -1 outside all.

    A middle in several zones (on a border, or where zones overlap) belongs to the first of them.

    Raises
    ------
    InputError
        As :func:`check_zones`.
    """
    check_zones(zones, id_column, file=file)
    lines = np.asarray(network.edges_metric.array)
    middle = shapely.line_interpolate_point(lines, 0.5, normalized=True)
    areas = np.asarray(zones.geometry.to_crs(network.crs_metric).array)
    link, zone = shapely.STRtree(areas).query(middle, predicate="intersects")
    out = np.full(len(lines), len(areas), dtype=np.int64)
    np.minimum.at(out, link, zone)
    out[out == len(areas)] = -1
    return out.astype(np.int32)


def courses(
    lines: npt.NDArray[np.object_], at_m: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Return the direction of each line at a place along it, in degrees counter-clockwise of east.

    Lines in metres; the direction is that of the two metres around the place.
    """
    length = shapely.length(lines)
    before = shapely.line_interpolate_point(lines, np.maximum(at_m - _TANGENT_M, 0.0))
    after = shapely.line_interpolate_point(lines, np.minimum(at_m + _TANGENT_M, length))
    east = shapely.get_x(after) - shapely.get_x(before)
    north = shapely.get_y(after) - shapely.get_y(before)
    degrees: npt.NDArray[np.float64] = np.degrees(np.arctan2(north, east))
    return degrees
