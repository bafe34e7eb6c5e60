"""What was imported into a study's own tables: all of them change, or none does."""

from __future__ import annotations

import csv
import io
import os
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from geofleet.config import read_config
from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.fleet.classes import vehicle_class, vehicle_class_names
from geofleet.fleet.model import OPERATOR_SCHEMA, VEHICLE_SCHEMA
from geofleet.fleet.read import read_fleet
from geofleet.interchange.model import Imported
from geofleet.routes.model import STOP_SCHEMA
from geofleet.routes.read import read_stops
from geofleet.schema import TableSchema, read_rows

__all__ = ["Written", "write_into_study"]

_OF_CLASS = "class"
_TOLD = {
    "ConfigVehicular": "vehicle_class", "PesoBrutoVehicular": "vehicle_class",
    "AnioModeloVM": "model_year",
    **{name: name for name in ("operator_id", "vehicle_class", "model_year", "gvw_kg", "axles")},
}  # fmt: skip
"""Columns of a vehicle that problems of these fields leave open."""
_SHOWN = 20


@dataclass(frozen=True)
class Written:
    """What an import changed.

    Parameters
    ----------
    files
        Tables written.
    stops, vehicle_days
        Rows and vehicle-days that came in.
    vehicles, operators
        Names of those that are new in the study.
    left_out
        Problems whose vehicle-days were left out; empty unless that was asked for.
    notes
        What was understood how.
    """

    files: tuple[Path, ...]
    stops: int
    vehicle_days: int
    vehicles: tuple[str, ...] = ()
    operators: tuple[str, ...] = ()
    left_out: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()

    def report(self) -> dict[str, Any]:
        """Return it as values that JSON knows."""
        return {
            "files": [str(path) for path in self.files],
            "stops": self.stops,
            "vehicle_days": self.vehicle_days,
            "vehicles": list(self.vehicles),
            "operators": list(self.operators),
            "left_out": [asdict(problem) for problem in self.left_out],
            "notes": list(self.notes),
        }


def write_into_study(
    found: Imported,
    study: str | Path,
    *,
    keep: Literal["all", "whole_days"] = "all",
    mode: Literal["add", "replace"] = "add",
    assume: Mapping[str, Any] | None = None,
) -> Written:
    """Put imported stops, and vehicles and operators that are new, into a study's tables.

    Parameters
    ----------
    found
        From one of the readers.
    study
        Folder with ``study.yaml``; its tables must be CSV.
    keep
        ``all``: any problem stops the import. ``whole_days``: vehicle-days of which a row has a
        problem are left out as a whole, and said.
    mode
        ``add`` to the stops that are there, or ``replace`` them.
    assume
        Cells of new vehicles and operators that the source does not tell: ``{"fuel": "diesel",
        "standard": "unknown", "payload_capacity_kg": "class"}``; ``class`` is what the vehicle
        class table says.

    Returns
    -------
    Written

    Raises
    ------
    InputError
        Every problem of the import, or of the tables as they would be; nothing is written then.
    OSError
        The tables cannot be written; they are then as they were.
    """
    folder = Path(study)
    config = read_config(folder)
    vehicles_there = _table(folder / config.fleet.vehicles, VEHICLE_SCHEMA)
    found = _without_told(found, vehicles_there, dict(assume or {}))
    left_out = found.problems
    notes = list(found.notes)
    if keep == "whole_days":
        found = found.whole_days()
    elif found.problems:
        raise InputError(found.problems)
    if found.stops.empty:
        raise InputError(left_out or [Problem(found.kind, expected="at least one stop")])
    paths = {
        "stops": folder / config.routes.stops,
        "vehicles": folder / config.fleet.vehicles,
        "operators": folder / config.fleet.operators,
    }
    tables = {
        "stops": _table(paths["stops"], STOP_SCHEMA),
        "vehicles": vehicles_there,
        "operators": _table(paths["operators"], OPERATOR_SCHEMA),
    }
    stops, names = _known_vehicles(found, tables["vehicles"])
    notes += [f"{plate} is vehicle {name} of the study" for plate, name in names.items()]
    vehicles = _new_vehicles(found, tables["vehicles"], names, dict(assume or {}))
    operators, counted = _new_operators(
        found, tables["operators"], pd.concat([tables["vehicles"], vehicles]), dict(assume or {})
    )
    notes += counted
    old = _old_stops(tables["stops"], stops, mode, paths["stops"])
    new = {
        "stops": _joined(old, stops),
        "vehicles": _joined(tables["vehicles"], vehicles),
        "operators": _joined(tables["operators"], operators),
    }
    changed = ["operators"] if len(operators) else []
    changed += ["vehicles"] if len(vehicles) else []
    changed += ["stops"]
    _write(paths, new, changed)
    return Written(
        files=tuple(paths[name] for name in changed),
        stops=len(stops),
        vehicle_days=len(stops[["vehicle_id", "date"]].drop_duplicates()),
        vehicles=tuple(vehicles["vehicle_id"]) if len(vehicles) else (),
        operators=tuple(operators["operator_id"]) if len(operators) else (),
        left_out=left_out,
        notes=tuple(notes),
    )


def _table(path: Path, schema: TableSchema) -> pd.DataFrame:
    """Return a table of the study as text; one with headings only has no rows."""
    if path.suffix.lower() != ".csv":
        expected = "a CSV table in the study, to write into"
        raise InputError([Problem(str(path), schema.name, expected=expected)])
    if not path.exists():
        return pd.DataFrame(columns=[c.name for c in schema.columns if c.required], dtype=object)
    header, *rows = read_rows(path)
    names = [cell.strip() for cell in header]
    filled = [(line, row) for line, row in enumerate(rows, 2) if any(map(str.strip, row))]
    problems = [
        Problem(str(path), "", line, ",".join(row)[:80], f"{len(names)} cells as in the header")
        for line, row in filled
        if len(row) != len(names)
    ]
    if problems:
        raise InputError(problems)
    cells = [[cell.strip() for cell in row] for _, row in filled]
    return pd.DataFrame(cells, columns=names, dtype=object)


def _known_vehicles(found: Imported, table: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, str]]:
    """Return the stops under the study's own names of vehicles, by their plates."""
    stops = found.stops.drop(columns=["file", "row"]).astype(object)
    ids = set(table["vehicle_id"]) if "vehicle_id" in table.columns else set()
    by_plate: dict[str, str] = {}
    if "plate" in table.columns:
        pairs = zip(table["plate"], table["vehicle_id"], strict=True)
        by_plate = {_plate(plate): name for plate, name in pairs if plate}
    names = {
        str(vehicle): by_plate[_plate(vehicle)]
        for vehicle in dict.fromkeys(stops["vehicle_id"])
        if vehicle not in ids and _plate(vehicle) in by_plate
    }
    stops["vehicle_id"] = [names.get(str(name), name) for name in stops["vehicle_id"]]
    return stops, names


def _without_told(found: Imported, table: pd.DataFrame, assume: Mapping[str, Any]) -> Imported:
    """Drop problems of vehicles that the study itself, or the user, knows better."""
    there = {_plate(cell) for name in ("vehicle_id", "plate") for cell in table.get(name, ())}
    kept, left = [], set()
    overruled: dict[str, set[str]] = {}
    for problem in found.problems:
        vehicle = found.vehicle_rows.get((problem.file, problem.row))
        column = _TOLD.get(problem.field)
        if vehicle is None or column is None:
            kept.append(problem)
        elif _plate(vehicle) in there:
            left.add(vehicle)
        elif column in assume:
            overruled.setdefault(vehicle, set()).add(column)
        else:
            kept.append(problem)
    vehicles = found.vehicles.copy()
    for vehicle, columns in overruled.items():
        for column in columns & set(vehicles.columns):
            vehicles.loc[vehicles["vehicle_id"] == vehicle, column] = ""
    notes = [f"{name}: as the study has it; its documents are unclear" for name in sorted(left)]
    notes += [
        f"{name}: {', '.join(sorted(columns))} as assumed, not as its documents say"
        for name, columns in overruled.items()
    ]
    return replace(found, problems=tuple(kept), vehicles=vehicles, notes=(*found.notes, *notes))


def _plate(text: Any) -> str:
    return "".join(mark for mark in str(text) if mark.isalnum()).upper()


def _new_vehicles(
    found: Imported, table: pd.DataFrame, names: Mapping[str, str], assume: Mapping[str, Any]
) -> pd.DataFrame:
    """Return complete rows of vehicles that the study does not have yet."""
    if found.vehicles.empty:
        return pd.DataFrame()
    there = {*table.get("vehicle_id", ()), *names}
    used = set(found.stops["vehicle_id"])
    rows, problems = [], []
    for _, source in found.vehicles.iterrows():
        name = str(source["vehicle_id"])
        if name in there or name not in used:
            continue
        row = {str(key): str(value) for key, value in source.items() if key not in ("file", "row")}
        for column in VEHICLE_SCHEMA.columns:
            if row.get(column.name, "") == "" and column.name in assume:
                row[column.name] = _assumed(column.name, str(assume[column.name]), row)
            if row.get(column.name, "") == "" and column.required:
                expected = (
                    f"{column.meaning}: {column.expectation()}; {found.kind} files do not tell it "
                    f"of vehicle {name}: give it (assume {column.name}=…)"
                )
                problems.append(
                    Problem(str(source["file"]), column.name, int(source["row"]), "", expected)
                )
        rows.append(row)
    if problems:
        raise InputError(problems)
    return pd.DataFrame(rows, dtype=object)


def _assumed(column: str, value: str, row: Mapping[str, str]) -> str:
    name = row.get("vehicle_class", "")
    if value != _OF_CLASS or column != "payload_capacity_kg" or name not in vehicle_class_names():
        return value
    return f"{vehicle_class(Defaults(), name).payload_capacity_kg:g}"


def _new_operators(
    found: Imported, table: pd.DataFrame, vehicles: pd.DataFrame, assume: Mapping[str, Any]
) -> tuple[pd.DataFrame, list[str]]:
    if found.operators.empty:
        return pd.DataFrame(), []
    there = set(table.get("operator_id", ()))
    owners = vehicles.get("operator_id", pd.Series(dtype=object))
    rows, notes = [], []
    for _, source in found.operators.iterrows():
        name = str(source["operator_id"])
        if name in there or name not in set(owners):
            continue
        row = {str(key): str(value) for key, value in source.items() if key not in ("file", "row")}
        row["name"] = row.get("name") or name
        if row.get("fleet_size", "") == "":
            size = int((owners == name).sum())
            row["fleet_size"] = str(assume.get("fleet_size", size))
            if "fleet_size" not in assume:
                notes.append(
                    f"operator {name}: fleet_size {size}, the vehicles known here; it may own more"
                )
        rows.append(row)
    return pd.DataFrame(rows, dtype=object), notes


def _old_stops(old: pd.DataFrame, stops: pd.DataFrame, mode: str, path: Path) -> pd.DataFrame:
    if mode == "replace":
        return old.iloc[:0]
    if old.empty or not {"vehicle_id", "date"} <= set(old.columns):
        return old
    have = set(zip(old["vehicle_id"], old["date"], strict=True))
    twice = sorted(set(zip(stops["vehicle_id"], stops["date"], strict=True)) & have)
    if twice:
        raise InputError(
            Problem(
                str(path), "vehicle_id, date", 0, f"{vehicle}, {date}",
                "a vehicle-day that the table does not hold yet (or mode replace)",
            )
            for vehicle, date in twice[:_SHOWN]
        )  # fmt: skip
    return old


def _joined(old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    if new.empty:
        return old
    # Columns that nothing fills are not begun.
    filled = [
        name for name in new.columns if name in old.columns or (new[name].fillna("") != "").any()
    ]
    columns = [*old.columns, *[name for name in filled if name not in old.columns]]
    return pd.concat([old, new[filled]], ignore_index=True)[columns].fillna("")


def _write(
    paths: Mapping[str, Path], tables: Mapping[str, pd.DataFrame], changed: list[str]
) -> None:
    """Check the tables as they would be, then put them in place; on failure put all back."""
    work: dict[str, Path] = {}
    kept: dict[str, bytes | None] = {}
    try:
        for name, path in paths.items():
            handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
            work[name] = Path(temporary)
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
                stream.write(_csv(tables[name]))
        _check(work, paths)
        for name in changed:
            path = paths[name]
            kept[name] = path.read_bytes() if path.exists() else None
            work[name].chmod(0o644)
            work[name].replace(path)
    except BaseException:
        for name, before in kept.items():
            if before is None:
                paths[name].unlink(missing_ok=True)
            else:
                paths[name].write_bytes(before)
        raise
    finally:
        for path in work.values():
            path.unlink(missing_ok=True)


def _csv(table: pd.DataFrame) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows(table.to_numpy().tolist())
    return out.getvalue()


def _check(work: Mapping[str, Path], paths: Mapping[str, Path]) -> None:
    """Read the tables as a run would; name problems by the files that they are to become."""
    problems: list[Problem] = []
    vehicles: list[str] = []
    try:
        fleet = read_fleet(work["vehicles"], work["operators"])
        vehicles = [str(name) for name in fleet.vehicles.index]
    except InputError as error:
        problems += error.problems
    try:
        read_stops(work["stops"], vehicles=vehicles or None)
    except InputError as error:
        problems += error.problems
    names = {str(work[name]): str(path) for name, path in paths.items()}
    if problems:
        raise InputError(
            replace(
                problem,
                file=f"{names.get(problem.file, problem.file)} as it would be",
            )
            for problem in dict.fromkeys(problems)
        )
