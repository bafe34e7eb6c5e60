"""Quiet ground of a page: water, green and boundaries of the study, below its roads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from geofleet.maps.elements import Ref, Source, StyledLines, StyledPolygons
from geofleet.maps.packing import pack

__all__ = ["base_layers", "study_outline"]

_AREAS = {
    "water": {"stroke": False, "fillColor": "#c9dcea", "fillOpacity": 1},
    "green": {"stroke": False, "fillColor": "#dfe8d8", "fillOpacity": 1},
}
_LINES = {
    "water": {"color": "#b4cfe2", "weight": 1.6},
    "boundaries": {"color": "#8d8798", "weight": 1.2, "dashArray": "7 3 2 3"},
}
_ORDER = ("green", "water", "boundaries")
_BEND_DEGREES = 5e-5  # five metres: ground is for orientation


def base_layers(base: Mapping[str, gpd.GeoDataFrame]) -> list[Any]:
    """Return sources and layers in the order in which they must be added to a map.

    Parameters
    ----------
    base
        ``water``, ``green``, ``boundaries``: polygons or lines in any CRS. Boundaries of polygons
        are drawn as their outlines.

    Raises
    ------
    ValueError
        Another name, or a frame without CRS.
    """
    unknown = sorted(set(base) - set(_ORDER))
    if unknown:
        raise ValueError(f"ground {unknown}: expected {', '.join(_ORDER)}")
    elements: list[Any] = []
    for name in _ORDER:
        if name not in base or base[name].empty:
            continue
        if base[name].crs is None:
            raise ValueError(f"ground {name!r} has no CRS")
        shapes = shapely.simplify(base[name].to_crs(4326).geometry.to_numpy(), _BEND_DEGREES)
        shapes = shapely.get_parts(shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))])
        dimension = shapely.get_dimensions(shapes)
        if name in _AREAS and (dimension == 2).any():
            # one shape: where two overlap, an even-odd fill would leave a hole
            whole = shapely.get_parts(shapely.union_all(shapes[dimension == 2]))
            elements += _layer(StyledPolygons, f"ground_{name}", whole, _AREAS[name])
        lines = shapes[dimension == 1]
        if name == "boundaries":
            lines = np.append(lines, shapely.boundary(shapes[dimension == 2]))
        if name in _LINES and len(lines):
            elements += _layer(StyledLines, f"ground_{name}_lines", lines, _LINES[name])
    return elements


def study_outline(zones: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the outline of all zones together, for a study whose road file has no boundaries.

    Parameters
    ----------
    zones
        Polygons in any CRS.
    """
    whole = shapely.union_all(shapely.make_valid(zones.geometry.to_numpy()))
    return gpd.GeoDataFrame(geometry=[whole], crs=zones.crs)


def _layer(
    kind: type[StyledLines] | type[StyledPolygons], name: str, shapes: Any, look: dict[str, Any]
) -> list[Any]:
    source = Source(pack(shapes), name)
    style = {"fixed": look, "merge": True, "pane": "ground", "renderer": Ref("ground_pane")}
    return [source, kind(source, style, name, name=name, show=True)]
