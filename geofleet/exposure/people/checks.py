"""Checks of persons in tables: numbers, groups that exclude each other, totals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.errors import InputError, Problem

if TYPE_CHECKING:
    import geopandas as gpd
    import pyproj

    from geofleet.network import RoadNetwork

__all__ = [
    "check_zones",
    "exceeding",
    "first_rows",
    "group_problems",
    "numbers_of",
    "plain_numbers",
]

_SHOWN = 5
_RESERVED = ("zone_id", "receptor_id", "people", "geometry", "share", "share_day")
_SLACK = 1e-9  # of the people: what summing may round off

Floats = npt.NDArray[np.float64]


def plain_numbers(column: pd.Series) -> Floats:
    """Return cells as numbers, NaN where they are none; true and false are none."""
    cells = column
    if pd.api.types.is_bool_dtype(column) or pd.api.types.is_object_dtype(column):
        cells = column.astype(object).where(~column.map(lambda c: isinstance(c, bool | np.bool_)))
    values: Floats = pd.to_numeric(cells, errors="coerce").to_numpy(np.float64, na_value=np.nan)
    return values.copy()


def first_rows(
    file: str,
    name: str,
    mask: npt.NDArray[np.bool_],
    values: pd.Series,
    expected: str,
    *,
    first: int = 1,
) -> list[Problem]:
    """Name the first rows of a fault, and how many more have it; ``first`` is row 0's number."""
    rows = np.flatnonzero(mask)
    problems = [
        Problem(file, name, int(row) + first, str(values.iloc[row]), expected)
        for row in rows[:_SHOWN]
    ]
    if len(rows) > _SHOWN:
        more = f"{expected}; {len(rows) - _SHOWN} more rows have the same fault"
        problems.append(Problem(file, name, int(rows[_SHOWN]) + first, "", more))
    return problems


def group_problems(
    file: str, groups: Sequence[tuple[str, tuple[str, ...]]], *, people: str
) -> list[Problem]:
    """Refuse groups that share a column with each other or the total, or take a known name."""
    problems = []
    seen: dict[str, str] = {people: "all people"}
    for name, columns in groups:
        if name in _RESERVED or name.endswith("_day"):
            problems.append(Problem(file, name, expected="a group with another name"))
        if not columns:
            problems.append(Problem(file, name, expected="at least one column for the group"))
        for column in columns:
            if column in seen:
                expected = f"groups that do not overlap; the column is in {seen[column]} too"
                problems.append(Problem(file, column, value=name, expected=expected))
            seen[column] = f"group {name}"
    names = [name for name, _ in groups]
    problems += [
        Problem(file, name, expected="each group once")
        for name in sorted({name for name in names if names.count(name) > 1})
    ]
    return problems


def numbers_of(
    frame: pd.DataFrame,
    numbers: Mapping[str, tuple[str, ...]],
    groups: tuple[str, ...],
    *,
    file: str,
    first: int = 1,
) -> tuple[dict[str, Floats], list[Problem]]:
    """Return persons for each name, summed over its columns, NaN where unknown, and faults.

    People and people by day may be unknown; a group may only be where the people are.
    """
    problems: list[Problem] = []
    data: dict[str, Floats] = {}
    for name, columns in numbers.items():
        total = np.zeros(len(frame))
        for column in columns:
            values = plain_numbers(frame[column])
            wrong = frame[column].notna().to_numpy() & ~(np.isfinite(values) & (values >= 0.0))
            problems += first_rows(
                file, column, wrong, frame[column], "a number of at least 0", first=first
            )
            total = total + values
        data[name] = total
    known = ~np.isnan(data["people"])
    for name in groups:
        missing = known & np.isnan(data[name]) & frame[list(numbers[name])].isna().any(axis=1)
        shown = pd.Series([""] * len(frame))
        expected = f"persons of {name} where the people are known (with_group_shares fills them)"
        problems += first_rows(
            file, ", ".join(numbers[name]), missing, shown, expected, first=first
        )
    if not problems:
        problems += exceeding(data, groups, file=file, first=first)
    return data, problems


def exceeding(
    data: Mapping[str, Floats], groups: tuple[str, ...], *, file: str, first: int = 1
) -> list[Problem]:
    """Name rows whose groups are together more than the people, at home or by day."""
    problems = []
    for ending in ("", "_day"):
        names = [f"{name}{ending}" for name in groups if f"{name}{ending}" in data]
        if not names or f"people{ending}" not in data:
            continue
        people = data[f"people{ending}"]
        summed = np.sum([data[name] for name in names], axis=0)
        over = summed > people * (1.0 + _SLACK) + _SLACK
        expected = "groups that are together no more than the people"
        shown = pd.Series([f"{s:g} of {p:g}" for s, p in zip(summed, people, strict=True)])
        problems += first_rows(file, ", ".join(names), over, shown, expected, first=first)
    return problems


def check_zones(
    zones: gpd.GeoDataFrame,
    groups: tuple[str, ...],
    *,
    spacing_m: float,
    finest_m: float,
    crs_metric: pyproj.CRS,
    network: RoadNetwork | None,
    buildings: gpd.GeoDataFrame | None,
) -> None:
    """Check what receptors are made from.

    Raises
    ------
    InputError
        All problems at once.
    """
    problems = [
        Problem("zones", name, expected=f"a column {name!r}")
        for name in ("zone_id", "people", *groups)
        if name not in zones.columns
    ]
    problems += group_problems("zones", [(name, (name,)) for name in groups], people="people")
    if zones.crs is None:
        problems.append(Problem("zones", "crs", expected="a coordinate reference system"))
    for name, length in (("receptor_spacing_m", spacing_m), ("finest_spacing_m", finest_m)):
        if not length > 0.0:
            problems.append(Problem(name, value=f"{length:g}", expected="a length above 0 m"))
    if not problems or "people" in zones.columns:
        problems += _persons_problems(zones, groups)
    if network is not None and network.crs_metric != crs_metric:
        expected = f"the metric CRS of the network, {network.crs_metric.to_string()}"
        problems.append(Problem("crs_metric", value=crs_metric.to_string(), expected=expected))
    if buildings is not None:
        problems += [
            Problem("buildings", name, expected=f"a column {name!r} (read_buildings makes it)")
            for name in ("floors", "residential")
            if name not in buildings.columns
        ]
        if buildings.crs is None:
            problems.append(Problem("buildings", "crs", expected="a coordinate reference system"))
    if network is not None and zones.crs is not None and len(zones):
        problems += _elsewhere(zones, network)
    if problems:
        raise InputError(problems)


def _persons_problems(zones: gpd.GeoDataFrame, groups: tuple[str, ...]) -> list[Problem]:
    problems: list[Problem] = []
    data: dict[str, Floats] = {}
    names = ("people", *groups)
    for name in (*names, *(f"{name}_day" for name in names)):
        if name not in zones.columns:
            continue
        data[name] = zones[name].to_numpy(np.float64, na_value=np.nan)
        wrong = ~(np.isfinite(data[name]) & (data[name] >= 0.0))
        if name.endswith("_day"):
            wrong &= ~np.isnan(data[name])  # unknown by day is at home
        problems += first_rows("zones", name, wrong, zones[name], "a number of at least 0")
    if not problems:
        problems += exceeding(data, groups, file="zones")
        if data["people"].sum() <= 0.0:
            problems.append(Problem("zones", "people", expected="people in at least one zone"))
    return problems


def _elsewhere(zones: gpd.GeoDataFrame, network: RoadNetwork) -> list[Problem]:
    west, south, east, north = zones.to_crs(4326).total_bounds
    w, s, e, n = network.edges.total_bounds
    if west <= e and east >= w and south <= n and north >= s:
        return []
    value = f"{west:.3f}, {south:.3f}, {east:.3f}, {north:.3f}"
    expected = (
        f"zones that overlap the roads ({w:.3f}, {s:.3f}, {e:.3f}, {n:.3f}); are longitude and "
        "latitude swapped, or is it another place?"
    )
    return [Problem("zones", "geometry", value=value, expected=expected)]
