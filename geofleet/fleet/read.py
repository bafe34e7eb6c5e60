"""Read the vehicles and operators of a study, gathering every fault before raising."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.fleet.classes import (
    VehicleClass,
    operator_size,
    vehicle_class,
    vehicle_class_names,
)
from geofleet.fleet.model import FUELS, OPERATOR_SCHEMA, VEHICLE_SCHEMA, Fleet
from geofleet.schema import TableSchema, read_csv, read_rows

__all__ = ["read_fleet"]

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class _Fault:
    field: str
    row: int
    value: str
    expected: str
    kind: str


def read_fleet(
    vehicles: Path,
    operators: Path | None,
    *,
    year: int | None = None,
    defaults: Defaults | None = None,
) -> Fleet:
    """Read and check a fleet.

    Parameters
    ----------
    vehicles
        CSV file as in ``VEHICLE_SCHEMA``.
    operators
        CSV file as in ``OPERATOR_SCHEMA``; None: each owns what the vehicles table lists, no more.
    year
        Calendar year of the study; this year when not given. Model years may be one ahead.
    defaults
        Where class and operator size limits come from.

    Raises
    ------
    InputError
        Every fault of both files at once: cells that are not what their column asks for, unknown
        classes and operators, weights that contradict each other or the class, model years in
        the future, a standard that the fuel cannot have.
    """
    scope = (defaults or Defaults()).scope()
    latest = (year if year is not None else datetime.date.today().year) + 1
    problems: list[Problem] = []
    frames = []
    files = [(vehicles, VEHICLE_SCHEMA)]
    if operators is not None:
        files.append((operators, OPERATOR_SCHEMA))
    for path, schema in files:
        try:
            frames.append(read_csv(path, schema))
        except InputError as error:
            problems += error.problems
    # Contradictions are looked for in the raw cells, so that one bad cell does not hide them.
    known = None
    owners = None if operators is None else _raw_rows(operators, OPERATOR_SCHEMA)
    if owners is not None:
        known = {row["operator_id"] for _, row in owners}
    problems += _contradictions(vehicles, known, latest, scope)
    if problems:
        raise InputError(dict.fromkeys(problems))
    if operators is None:
        frames.append(_owners_of(frames[0]))
    table, owners_table = (
        frame.set_index(schema.key[0])
        for frame, schema in zip(frames, (VEHICLE_SCHEMA, OPERATOR_SCHEMA), strict=True)
    )
    for column in (c.name for c in VEHICLE_SCHEMA.columns if not c.required):
        if column not in table.columns:
            table[column] = float("nan") if column in ("annual_km", "daily_km") else None
    owners_table["operator_size"] = [
        operator_size(scope, int(size)) for size in owners_table["fleet_size"]
    ]
    return Fleet(vehicles=table, operators=owners_table, provenance=scope.used)


def _owners_of(vehicles: pd.DataFrame) -> pd.DataFrame:
    """Return operators who own what a table of vehicles lists."""
    counted = vehicles.groupby("operator_id", sort=False).size()
    return pd.DataFrame({
        "operator_id": counted.index, "name": counted.index, "fleet_size": counted.to_numpy(),
        "base": None,
    })  # fmt: skip


def _raw_rows(path: Path, schema: TableSchema) -> list[tuple[int, dict[str, str]]] | None:
    """Return line number and cells of each row, None when the file is not usable at all."""
    try:
        rows = read_rows(path)
    except InputError:
        return None
    header = [name.strip() for name in rows[0]]
    if not set(schema.key) <= set(header):
        return None
    return [
        (line, {name: cell.strip() for name, cell in zip(header, row, strict=True)})
        for line, row in enumerate(rows[1:], start=2)
        if len(row) == len(header)
    ]


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _limited(row: dict[str, str], name: str) -> float:
    """Return a cell as a number, NaN when it breaks the limits that the schema names."""
    value, column = _number(row.get(name, "")), VEHICLE_SCHEMA.column(name)
    low = -math.inf if column.minimum is None else column.minimum
    high = math.inf if column.maximum is None else column.maximum
    return value if low <= value <= high else math.nan


def _contradictions(
    path: Path, operators: set[str] | None, latest: int, defaults: Defaults
) -> list[Problem]:
    rows = _raw_rows(path, VEHICLE_SCHEMA)
    if rows is None:
        return []
    problems: list[Problem] = []
    classes = {}
    # Only classes that occur: rows of the others are not used, and the record must not say so.
    present = {row.get("vehicle_class") for _, row in rows}
    for name in (name for name in vehicle_class_names() if name in present):
        try:
            classes[name] = vehicle_class(defaults, name)
        except InputError as error:
            problems += error.problems
    if problems:
        return problems
    faults = [
        fault for line, row in rows for fault in _row_faults(line, row, operators, latest, classes)
    ]
    for kind in dict.fromkeys(fault.kind for fault in faults):
        same = [fault for fault in faults if fault.kind == kind]
        for fault in same[:_SHOWN]:
            problems.append(Problem(str(path), fault.field, fault.row, fault.value, fault.expected))
        if len(same) > _SHOWN:
            more = f"{same[_SHOWN].expected}; {len(same) - _SHOWN} more rows have the same fault"
            problems.append(Problem(str(path), same[_SHOWN].field, same[_SHOWN].row, "", more))
    return problems


def _row_faults(
    line: int,
    row: dict[str, str],
    operators: set[str] | None,
    latest: int,
    classes: dict[str, VehicleClass],
) -> Iterator[_Fault]:
    """Yield what contradicts itself in one vehicle row; unreadable cells are left to the schema."""
    name = row.get("vehicle_class", "")
    gvw, payload = _limited(row, "gvw_kg"), _limited(row, "payload_capacity_kg")
    if name and name not in vehicle_class_names():
        expected = "one of " + ", ".join(vehicle_class_names())
        yield _Fault("vehicle_class", line, name, expected, "class")
    elif name and gvw == gvw and not classes[name].holds(gvw) and not row.get("technology"):
        # What names a technology of its own may weigh less: a cargo bike among the vans.
        low, high = classes[name].gvw_min_kg, classes[name].gvw_max_kg
        expected = f"above {low:g} and up to {high:g} kg for class {name} (or another class)"
        yield _Fault("gvw_kg", line, row["gvw_kg"], expected, "weight class")
    if payload >= gvw:
        expected = f"less than the gross vehicle weight ({gvw:g} kg)"
        yield _Fault("payload_capacity_kg", line, row["payload_capacity_kg"], expected, "payload")
    owner = row.get("operator_id", "")
    if owner and operators is not None and owner not in operators:
        yield _Fault("operator_id", line, owner, "an operator of the operators table", "operator")
    if _number(row.get("model_year", "")) > latest:
        expected = f"at most {latest}, the year after the study's"
        yield _Fault("model_year", line, row["model_year"], expected, "year")
    fuel, standard = row.get("fuel", ""), row.get("standard", "")
    if fuel == "electric" and standard not in ("none", ""):
        yield _Fault("standard", line, standard, "none for an electric vehicle", "electric")
    if fuel in FUELS and fuel != "electric" and standard == "none":
        expected = f"pre_euro, euro_1 … euro_6, epa_1998 … epa_2010 or unknown for fuel {fuel}"
        yield _Fault("standard", line, standard, expected, "diesel")
