"""What can be wrong with stops beyond single cells."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import pandas as pd

from geofleet.errors import Problem
from geofleet.routes.model import STOP_SCHEMA

__all__ = ["check_stops", "order_faults", "unknown_vehicles"]

_CLOCK = r"^(\d+):(\d+)(?::(\d+))?$"
_DATE = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
_LARGEST_LATITUDE = 90.0
_LARGEST_LONGITUDE = 180.0


def order_faults(
    cells: pd.DataFrame,
    *,
    file: str,
    rows: Sequence[int] | None = None,
    vehicles: Collection[str] | None = None,
) -> list[Problem]:
    """Return faults between cells: windows, sequence, first stops, swapped coordinates.

    Parameters
    ----------
    cells
        Stops as read, checked or not; cells that cannot be understood are passed over.
    file, rows
        What to call the file, and the row number of each stop.
    vehicles
        Known ``vehicle_id``: days with stops of other vehicles are not judged.
    """
    numbers = np.array(rows if rows is not None else range(1, len(cells) + 1), dtype=np.int64)
    table = pd.DataFrame({"row": numbers})
    for name in ("vehicle_id", "date", "stop_id", "kind"):
        column = cells[name].tolist() if name in cells.columns else [None] * len(cells)
        table[name] = pd.Series([_text(value) for value in column], dtype=object)
    for name in ("seq", "lat", "lon", "window_start", "window_end"):
        table[name] = _numbers(cells, name)
    problems = _swapped_cells(table, file)
    late = "a time not before window_start; past midnight write hours above 24, like 25:30"
    problems += [
        Problem(file, "window_end", int(numbers[i]), str(cells["window_end"].iloc[i]), late)
        for i in np.flatnonzero(table["window_end"] < table["window_start"])
    ]
    # A row that could not be understood, or put with its vehicle, would make its day look broken.
    broken = ~table["date"].map(_is_date).astype(bool) | table["seq"].isna()
    strange = pd.Series(False, index=table.index)
    if vehicles is not None:
        strange = ~table["vehicle_id"].isin(set(vehicles))
    whole = table[
        ~table["vehicle_id"].isin(table.loc[broken, "vehicle_id"])
        & ~table["date"].isin(table.loc[strange, "date"])
    ].dropna(subset=["vehicle_id", "date", "seq"])
    for (vehicle, date), day in whole.groupby(["vehicle_id", "date"], sort=True):
        problems += _day_faults(day.sort_values("seq", kind="stable"), f"{vehicle}, {date}", file)
    return problems


def _is_date(value: object) -> bool:
    return isinstance(value, str) and _DATE.fullmatch(value) is not None


def check_stops(
    stops: pd.DataFrame,
    *,
    bounds: tuple[float, float, float, float],
) -> list[Problem]:
    """Return faults between stops and the roads of a study.

    Parameters
    ----------
    stops
        From :func:`geofleet.routes.read_stops`.
    bounds
        West, south, east, north of the roads (``network.nodes.total_bounds``): tells swapped
        coordinates, and stops of another place.
    """
    file = str(stops.attrs.get("file", "stops"))
    row = stops["row"] if "row" in stops.columns else pd.Series(range(1, len(stops) + 1))
    return _elsewhere(stops, row, bounds, file) if len(stops) else []


def unknown_vehicles(
    names: pd.Series, vehicles: Collection[str], *, file: str, rows: Sequence[int]
) -> list[Problem]:
    """Return a fault for the first stop of each vehicle that is not in ``vehicles``."""
    known = set(vehicles)
    first: dict[str, int] = {}
    for name, row in zip(names, rows, strict=True):
        text = _text(name)
        if text is not None and text not in known:
            first.setdefault(text, row)
    expected = "a vehicle of the vehicles table"
    return [Problem(file, "vehicle_id", first[name], name, expected) for name in sorted(first)]


def _day_faults(day: pd.DataFrame, name: str, file: str) -> list[Problem]:
    problems = []
    first = day.iloc[0]
    if len(day) == 1:
        expected = f"at least two stops in the day of {name}: a depot and somewhere to go"
        problems.append(Problem(file, "seq", int(first["row"]), expected=expected))
    if first["kind"] == "delivery":
        expected = f"a depot as first stop of {name}"
        problems.append(Problem(file, "kind", int(first["row"]), "delivery", expected))
    seq = day["seq"].to_numpy()
    before = np.concatenate([[-1.0], seq[:-1]])
    gaps = np.flatnonzero(seq - before > 1)
    if len(gaps):
        stop = day.iloc[gaps[0]]
        expected = (
            f"0, 1, 2 … without a gap in the day of {name}; {before[gaps[0]] + 1:.0f} is missing"
        )
        problems.append(Problem(file, "seq", int(stop["row"]), f"{stop['seq']:.0f}", expected))
    return problems


def _swapped_cells(table: pd.DataFrame, file: str) -> list[Problem]:
    lat, lon = table["lat"].abs(), table["lon"].abs()
    swapped = (lat > _LARGEST_LATITUDE) & (lat <= _LARGEST_LONGITUDE) & (lon <= _LARGEST_LATITUDE)
    if not swapped.any():
        return []
    first = table[swapped].iloc[0]
    expected = f"latitude in lat and longitude in lon; they look swapped in {swapped.sum()} rows"
    value = f"{first['lat']:g}, {first['lon']:g}"
    return [Problem(file, "lat, lon", int(first["row"]), value, expected)]


def _elsewhere(
    stops: pd.DataFrame, row: pd.Series, bounds: tuple[float, float, float, float], file: str
) -> list[Problem]:
    west, south, east, north = bounds
    lat, lon = stops["lat"].to_numpy(np.float64), stops["lon"].to_numpy(np.float64)

    def inside(x: Any, y: Any) -> Any:
        return (x >= west) & (x <= east) & (y >= south) & (y <= north)

    right = inside(lon, lat)
    turned = ~right & inside(lat, lon)
    if 2 * right.sum() >= len(stops) and not turned.any():
        return []
    place = f"the roads' box (lat {south:.4f} to {north:.4f}, lon {west:.4f} to {east:.4f})"
    wrong = int(np.flatnonzero(turned if turned.any() else ~right)[0])
    value = f"{lat[wrong]:g}, {lon[wrong]:g}"
    if turned.any():
        expected = (
            f"lat and lon the right way round; {turned.sum()} stops lie in {place} when swapped"
        )
    else:
        expected = f"stops in {place}; {(~right).sum()} of {len(stops)} lie outside"
    return [Problem(file, "lat, lon", int(row.iloc[wrong]), value, expected)]


def _numbers(cells: pd.DataFrame, name: str) -> pd.Series:
    """Return a column as numbers (times as seconds), missing where it cannot be understood."""
    if name not in cells.columns:
        return pd.Series(np.nan, index=range(len(cells)))
    column = pd.Series(cells[name].tolist(), dtype=object)
    numbers = pd.to_numeric(column, errors="coerce").astype(float)
    if STOP_SCHEMA.column(name).kind == "time":
        clock = column.astype(str).str.extract(_CLOCK).astype(float).fillna({2: 0.0})
        seconds = clock[0] * 3600.0 + clock[1] * 60.0 + clock[2]
        return numbers.fillna(seconds)
    return numbers


def _text(value: Any) -> str | None:
    return None if value is None or value is pd.NA or value == "" else str(value)
