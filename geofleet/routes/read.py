"""Read the stops of a study, from a table or from points on a map."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pandas as pd

from geofleet.errors import InputError, Problem
from geofleet.routes.check import order_faults, unknown_vehicles
from geofleet.routes.model import STOP_SCHEMA
from geofleet.schema import check_frame, read_csv, read_rows, read_text

__all__ = ["read_stops"]

_GEOJSON = (".geojson", ".json")
_WGS84 = re.compile(r"CRS84\b|\b4326\b")
_LARGEST = 1e300  # any number of degrees or metres is less, and fits a float


def read_stops(path: Path, *, vehicles: Collection[str] | None = None) -> pd.DataFrame:
    """Read and check the stops of a study.

    Parameters
    ----------
    path
        A CSV file as in ``STOP_SCHEMA``, or a GeoJSON file of points with the same columns as
        properties; ``lat`` and ``lon`` are then read from the geometry.
    vehicles
        Known ``vehicle_id``; stops of others are faults. Not checked when None.

    Returns
    -------
    pandas.DataFrame
        The stops in the file's order, with ``row`` (line number, or feature number) added and
        the file's name in ``attrs["file"]``. Times are seconds after local midnight.

    Raises
    ------
    InputError
        Every fault of the file at once: cells that are not what their column asks for, places
        off the globe (swapped coordinates are recognised), windows that close before they open,
        repeated or missing sequence numbers, days with one stop, days that do not begin at a
        depot.
    """
    path = Path(path)
    if path.suffix.lower() in _GEOJSON:
        raw, rows, problems = _points(path)
    else:
        raw, rows, problems = _lines(path)
    if not raw.empty:
        try:
            frame = check_frame(raw, STOP_SCHEMA, file=str(path), rows=rows)
        except InputError as error:
            problems += error.problems
        problems += order_faults(raw, file=str(path), rows=rows, vehicles=vehicles)
        if vehicles is not None and "vehicle_id" in raw.columns:
            problems += unknown_vehicles(raw["vehicle_id"], vehicles, file=str(path), rows=rows)
    if problems:
        raise InputError(dict.fromkeys(problems))
    frame["row"] = pd.array(rows, dtype="int64")
    frame.attrs["file"] = str(path)
    return frame


def _lines(path: Path) -> tuple[pd.DataFrame, list[int], list[Problem]]:
    """Return the cells of a table as text with their line numbers."""
    records = read_rows(path)
    header = [name.strip() for name in records[0]]
    filled = [(n, row) for n, row in enumerate(records[1:], start=2) if any(map(str.strip, row))]
    if (
        len(set(header)) < len(header)
        or not filled
        or any(len(r) != len(header) for _, r in filled)
    ):
        read_csv(path, STOP_SCHEMA)  # raises, naming the lines
    cells = [[cell.strip() for cell in row] for _, row in filled]
    return pd.DataFrame(cells, columns=header, dtype=str), [n for n, _ in filled], []


def _points(path: Path) -> tuple[pd.DataFrame, list[int], list[Problem]]:
    """Return the properties of point features with ``lat`` and ``lon``, and their numbers."""
    file = str(path)
    text = read_text(path)
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        expected = f"JSON that is whole and well formed ({error.msg}, column {error.colno})"
        raise InputError([Problem(file, row=error.lineno, expected=expected)]) from None
    except (ValueError, RecursionError) as error:
        # Numbers of thousands of digits, brackets thousands deep.
        expected = f"JSON of a usual size ({' '.join(str(error).split())[:80]})"
        raise InputError([Problem(file, expected=expected)]) from None
    features = content.get("features") if isinstance(content, dict) else None
    if not isinstance(features, list) or not features:
        expected = "a GeoJSON FeatureCollection of at least one point"
        raise InputError([Problem(file, "features", expected=expected)])
    problems = []
    crs = json.dumps(content["crs"]) if content.get("crs") else ""
    if crs and not _WGS84.search(crs):
        expected = "longitude and latitude in WGS84 (RFC 7946); reproject the file to EPSG:4326"
        problems.append(Problem(file, "crs", 0, crs[:80], expected))
    records, rows = [], []
    for number, feature in enumerate(features, start=1):
        geometry = feature.get("geometry") if isinstance(feature, dict) else None
        place = _coordinates(geometry)
        if place is None:
            value = "" if not isinstance(geometry, dict) else str(geometry.get("type", ""))
            expected = "a Point with two finite numbers, longitude then latitude"
            problems.append(Problem(file, "geometry", number, value, expected))
            continue
        properties = feature.get("properties") or {}
        if not isinstance(properties, dict):
            expected = "an object with the columns of a stop"
            problems.append(Problem(file, "properties", number, str(properties)[:80], expected))
            continue
        record = {
            name: json.dumps(value) if isinstance(value, dict | list) else value
            for name, value in properties.items()
        }
        records.append({**record, "lon": place[0], "lat": place[1]})
        rows.append(number)
    return pd.DataFrame(records, dtype=object), rows, problems


def _coordinates(geometry: Any) -> tuple[float, float] | None:
    if not isinstance(geometry, dict) or geometry.get("type") != "Point":
        return None
    values = geometry.get("coordinates")
    if not isinstance(values, list) or len(values) < 2:
        return None
    lon, lat = values[:2]
    if not all(type(v) in (int, float) and abs(v) < _LARGEST for v in (lon, lat)):
        return None
    return float(lon), float(lat)
