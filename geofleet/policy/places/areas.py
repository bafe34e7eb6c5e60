"""Areas of geographies: polygons of the rule set, or areas of a layer that the user supplies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import shapely

from geofleet.errors import InputError, Problem
from geofleet.policy.rules.model import Geography, Members, RuleSet

if TYPE_CHECKING:
    import geopandas as gpd
    from shapely.geometry.base import BaseGeometry

__all__ = ["areas_of"]

WGS84 = "EPSG:4326"


def areas_of(
    rule_set: RuleSet, layers: Mapping[str, gpd.GeoDataFrame] | None = None
) -> dict[str, BaseGeometry | None]:
    """Return the area of each geography that an area limits, None where none is supplied.

    Parameters
    ----------
    layers
        Areas by the name of the layer that the rule set asks for (municipalities, boroughs).

    Returns
    -------
    dict
        Polygons in EPSG:4326 by id; a polygon of the rule set goes before the members of a layer.

    Raises
    ------
    InputError
        A layer without its column, without CRS, or without a value that is asked for.
    """
    problems: list[Problem] = []
    found = {}
    for name, geography in rule_set.geographies.items():
        if not geography.has_area:
            continue
        area = geography.polygon
        members = geography.members
        if area is None and members is not None and members.layer in (layers or {}):
            area = _union((layers or {})[members.layer], members, geography, problems)
        found[name] = area
    if problems:
        raise InputError(problems)
    return found


def _union(
    layer: gpd.GeoDataFrame, members: Members, geography: Geography, problems: list[Problem]
) -> BaseGeometry | None:
    file = f"layer {members.layer}"
    if members.column not in layer.columns:
        columns = ", ".join(str(name) for name in layer.columns)
        expected = f"a column {members.column} for {geography.geography_id}; there are {columns}"
        problems.append(Problem(file, members.column, expected=expected))
        return None
    if layer.crs is None:
        problems.append(Problem(file, expected="a coordinate reference system"))
        return None
    texts = layer[members.column].astype(str).str.strip()
    absent = sorted(members.values - set(texts))
    if absent:
        expected = f"an area for each value that {geography.geography_id} names"
        problems += [Problem(file, members.column, value=one, expected=expected) for one in absent]
        return None
    chosen = layer.geometry[texts.isin(members.values)].to_crs(WGS84)
    union: BaseGeometry = shapely.union_all(shapely.make_valid(chosen.to_numpy()))
    return union
