"""Ground for points: each point that stands for an area gets the places nearest to it."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from geofleet.errors import InputError, Problem

__all__ = ["cells_around"]


def cells_around(zones: gpd.GeoDataFrame, radius_m: float) -> gpd.GeoDataFrame:
    """Return zones whose points are replaced by the ground nearest to them, within a radius.

    For tables that give the middles of hexagons or blocks: with the radius of the hexagon
    (centre to corner) the hexagons come back, and people can be spread over them. Polygons stay.

    Raises
    ------
    InputError
        A radius that is not above 0, two points in one place.
    """
    if not radius_m > 0.0:
        expected = "a radius above 0 m"
        raise InputError([Problem("zones", "radius_m", value=f"{radius_m:g}", expected=expected)])
    shapes = zones.geometry.to_numpy()
    rows = np.flatnonzero(shapely.get_type_id(shapes) == 0)
    if not len(rows):
        return zones
    metric = zones.geometry.iloc[rows].to_crs(zones.estimate_utm_crs())
    points = metric.to_numpy()
    xy = shapely.get_coordinates(points)
    _, first, count = np.unique(xy, axis=0, return_index=True, return_counts=True)
    if (count > 1).any():
        row = int(rows[first[count > 1][0]])
        value = str(zones["zone_id"].iloc[row])
        expected = "points in places of their own; another zone's point is here too"
        raise InputError([Problem("zones", "geometry", row + 1, value, expected)])
    discs = shapely.buffer(points, radius_m, quad_segs=16)
    if len(points) > 1:
        ground = shapely.get_parts(
            shapely.voronoi_polygons(shapely.multipoints(points), extend_to=shapely.box(
                *(xy.min(axis=0) - radius_m), *(xy.max(axis=0) + radius_m)
            ))
        )  # fmt: skip
        cell, point = shapely.STRtree(points).query(ground, predicate="contains")
        mine = np.empty(len(points), dtype=object)
        mine[point] = ground[cell]
        discs = shapely.intersection(discs, mine)
    cells = gpd.GeoSeries(discs, crs=metric.crs).to_crs(zones.crs).to_numpy()
    shapes = shapes.copy()
    shapes[rows] = cells
    result = zones.set_geometry(gpd.GeoSeries(shapes, crs=zones.crs, index=zones.index))
    result.attrs = dict(zones.attrs)
    return result
