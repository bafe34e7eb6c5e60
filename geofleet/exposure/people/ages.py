"""Age groups: shares of larger areas applied to the people of zones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geofleet.errors import InputError, Problem
from geofleet.exposure.people.checks import exceeding, first_rows, group_problems, plain_numbers

__all__ = ["group_shares", "with_group_shares"]

_NAMED = 5


def group_shares(
    table: pd.DataFrame,
    groups: Mapping[str, Sequence[str]],
    *,
    area_column: str,
    age_column: str,
    people_column: str,
) -> pd.DataFrame:
    """Return the share of the people of each area that is in each group.

    Parameters
    ----------
    table
        One row for each area and age class (and sex, or what else it tells apart: rows are
        summed). Choose one year first.
    groups
        ``{"under_5": ["00_04"], "over_65": ["65_mm"]}``: age classes of each group.

    Returns
    -------
    DataFrame
        Indexed by area, one column for each group, 0 to 1.

    Raises
    ------
    InputError
        Missing columns, age classes that the table does not have or that stand in two groups,
        persons that are negative or unknown, areas without people.
    """
    problems = [
        Problem("age table", name, expected=f"a column {name!r}")
        for name in (area_column, age_column, people_column)
        if name not in table.columns
    ]
    if problems:
        raise InputError(problems)
    parts = [(name, tuple(classes)) for name, classes in groups.items()]
    problems = group_problems("age table", parts, people="")
    ages = table[age_column].astype(str)
    known = sorted(set(ages))
    problems += [
        Problem("age table", name, value=age, expected="an age class: " + ", ".join(known))
        for name, classes in parts
        for age in classes
        if age not in known
    ]
    people = plain_numbers(table[people_column])
    wrong = ~(np.isfinite(people) & (people >= 0.0))
    expected = "a number of at least 0"
    problems += first_rows("age table", people_column, wrong, table[people_column], expected)
    if problems:
        raise InputError(problems)
    by_age = pd.Series(people).groupby([table[area_column].to_numpy(), ages.to_numpy()]).sum()
    wide = by_age.unstack().fillna(0.0)
    total = wide.sum(axis=1)
    if (total <= 0.0).any():
        area = str(total.index[total <= 0.0][0])
        raise InputError([Problem("age table", area, expected="people in every area")])
    shares = {name: wide[list(classes)].sum(axis=1) / total for name, classes in parts}
    result = pd.DataFrame(shares)
    result.index.name = area_column
    return result


def with_group_shares(
    zones: gpd.GeoDataFrame,
    shares: pd.DataFrame,
    *,
    area_column: str | None = None,
    areas: gpd.GeoDataFrame | None = None,
) -> gpd.GeoDataFrame:
    """Return zones with persons by group: the shares of the area that each zone lies in.

    Every zone of an area gets the same age structure: differences within it are not known.

    Parameters
    ----------
    zones
        As from :func:`read_zones`.
    shares
        Indexed by area, one column of shares (0 to 1) for each group, as from
        :func:`group_shares`.
    area_column
        Column of the zones with the area, to join by code.
    areas
        Areas indexed as ``shares``, to join by place: the area that a point within the zone
        lies in.

    Raises
    ------
    InputError
        Neither or both ways to join, zones in no area or in one without shares, shares that are
        negative, unknown or above 1 together, groups that the zones have already.
    """
    problems = _share_problems(zones, shares)
    if (area_column is None) == (areas is None):
        problems.append(Problem("zones", expected="one of area_column and areas"))
    elif area_column is not None and area_column not in zones.columns:
        problems.append(Problem("zones", area_column, expected=f"a column {area_column!r}"))
    if areas is not None and (areas.crs is None or zones.crs is None):
        problems.append(Problem("areas", "crs", expected="a coordinate reference system of both"))
    if problems:
        raise InputError(problems)
    codes = _codes_by_place(zones, areas) if areas is not None else zones[area_column]
    lost = ~codes.isin(shares.index).to_numpy()
    if lost.any():
        named = zip(zones["zone_id"][lost][:_NAMED], codes[lost][:_NAMED], strict=True)
        shown = ", ".join(f"{zone} ({code})" for zone, code in named)
        expected = f"an area with shares for every zone; {int(lost.sum())} zones have none"
        raise InputError([Problem("zones", area_column or "geometry", 0, shown, expected)])
    result = zones.copy()
    people = zones["people"].to_numpy(np.float64)
    for name in shares.columns:
        result[name] = people * shares[name].reindex(codes.to_numpy()).to_numpy(np.float64)
    names = (*zones.attrs.get("groups", ()), *map(str, shares.columns))
    data = {name: result[name].to_numpy(np.float64) for name in ("people", *names)}
    problems = exceeding(data, names, file="zones")
    if problems:
        raise InputError(problems)
    result.attrs = {**zones.attrs, "groups": names}
    return result


def _share_problems(zones: gpd.GeoDataFrame, shares: pd.DataFrame) -> list[Problem]:
    names = [str(name) for name in shares.columns]
    problems = group_problems("shares", [(name, (name,)) for name in names], people="people")
    problems += [
        Problem("zones", name, expected="zones that do not have this group yet")
        for name in names
        if name in zones.columns
    ]
    if not shares.index.is_unique:
        area = str(shares.index[shares.index.duplicated()][0])
        problems.append(Problem("shares", area, expected="each area once"))
    values = shares.to_numpy(np.float64)
    bad = ~np.all(np.isfinite(values) & (values >= 0.0), axis=1)
    bad |= ~(values.sum(axis=1) <= 1.0 + 1e-9)
    for row in np.flatnonzero(bad)[:_NAMED]:
        value = ", ".join(f"{share:g}" for share in values[row])
        expected = "shares of at least 0, together at most 1"
        problems.append(Problem("shares", str(shares.index[row]), int(row) + 1, value, expected))
    return problems


def _codes_by_place(zones: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> pd.Series:
    inner = shapely.point_on_surface(zones.geometry.to_numpy())
    points = gpd.GeoSeries(inner, crs=zones.crs).to_crs(areas.crs).to_numpy()
    point, area = shapely.STRtree(areas.geometry.to_numpy()).query(points, predicate="intersects")
    codes: npt.NDArray[np.object_] = np.full(len(zones), None, dtype=object)
    # On a border the first area in their order counts.
    order = np.lexsort((-area, point))
    codes[point[order]] = areas.index.to_numpy(object)[area[order]]
    return pd.Series(codes, index=zones.index)
