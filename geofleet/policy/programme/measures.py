"""Measures of a fleet's plan: retrofit, repair, replace, retire; read from a table and applied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geofleet.errors import InputError, Problem
from geofleet.fleet.model import FUELS, NO_STANDARD, STANDARDS, VEHICLE_SCHEMA
from geofleet.schema import Column, TableSchema, read_csv

if TYPE_CHECKING:
    from geofleet.fleet import Fleet

__all__ = ["MEASURES", "PLAN_SCHEMA", "Measure", "apply_plan", "read_plan"]

RETROFIT, REPAIR, REPLACE, RETIRE = MEASURES = ("retrofit", "repair", "replace", "retire")
_YEARS = VEHICLE_SCHEMA.column("model_year")
_FITTED = "dpf_retrofit"
_OF_FILTERS = ("dpf_retrofit", "dpf_retrofit_failed", "dpf_failed", "dpf_removed", "doc")
_BROKEN = ("dpf_retrofit_failed", "dpf_failed", "dpf_removed")
_CHANGED = ("fuel", "standard", "model_year", "technology", "aftertreatment")

PLAN_SCHEMA = TableSchema(
    "plan",
    "What a fleet's plan does with each vehicle; vehicles that are not named stay as they are",
    (
        Column("vehicle_id", "text", "vehicle of the fleet"),
        Column("measure", "text", "retrofit a particle filter, repair one, replace the vehicle, or "
               "retire it", choices=MEASURES),
        Column("fuel", "text", "fuel of the new vehicle", required=False, nullable=True,
               choices=FUELS),
        Column("standard", "text", "emission standard of the new vehicle", required=False,
               nullable=True, choices=STANDARDS),
        Column("model_year", "integer", "model year of the new vehicle", "year", required=False,
               nullable=True, minimum=_YEARS.minimum, maximum=_YEARS.maximum),
        Column("technology", "text", "vehicle row of the technologies table for the new vehicle",
               required=False, nullable=True),
        Column("km_to", "text", "vehicles that take over the distance of a retired one in equal "
               "parts, joined by semicolons; empty: nobody does", required=False, nullable=True),
    ),
    key=("vehicle_id",),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Measure:
    """What a plan does with one vehicle; fields as in ``PLAN_SCHEMA``."""

    vehicle_id: str
    measure: str
    fuel: str = ""
    standard: str = ""
    model_year: int | None = None
    technology: str = ""
    km_to: tuple[str, ...] = ()


def apply_plan(fleet: Fleet, measures: Sequence[Measure], *, file: str = "plan") -> Fleet:
    """Return the fleet after a plan; membership stays as it was.

    A retrofit takes the place of any other device of the filter's; a repair takes away that a
    filter failed or was removed; a new vehicle has nothing but what its standard brings; a retired
    one stays in the table and drives nothing.

    Raises
    ------
    InputError
        All at once: vehicles that are not there or stand twice, a new vehicle without fuel,
        standard or model year, a repair of nothing, distance handed to who does not drive.
    """
    problems = _faults(fleet, measures, file)
    if problems:
        raise InputError(problems)
    vehicles = fleet.vehicles.copy()
    for name in ("aftertreatment", "technology"):
        vehicles[name] = vehicles[name].astype(object) if name in vehicles.columns else None
    km = np.full(len(vehicles), np.nan)
    if "annual_km" in vehicles.columns:
        km = pd.to_numeric(vehicles["annual_km"], errors="coerce").to_numpy(np.float64, copy=True)
    start = km.copy()
    place = {str(name): at for at, name in enumerate(vehicles.index)}
    columns = {name: vehicles[name].tolist() for name in _CHANGED}
    for one in measures:
        at = place[one.vehicle_id]
        states = _states(columns["aftertreatment"][at])
        if one.measure == RETROFIT:
            columns["aftertreatment"][at] = _with_filter(states)
        elif one.measure == REPAIR:
            columns["aftertreatment"][at] = _repaired(states)
        elif one.measure == REPLACE:
            new = (one.fuel, one.standard, one.model_year, one.technology or None, None)
            for name, value in zip(_CHANGED, new, strict=True):
                columns[name][at] = value
        else:
            km[at] = 0.0
            for taker in one.km_to:
                km[place[taker]] += start[at] / len(one.km_to)
    for name, values in columns.items():
        vehicles[name] = pd.Series(values, index=vehicles.index, dtype=vehicles[name].dtype)
    vehicles["annual_km"] = km
    return replace(fleet, vehicles=vehicles)


def _states(cell: Any) -> list[str]:
    text = cell if isinstance(cell, str) else ""
    return [part.strip() for part in text.split(";") if part.strip()]


def _with_filter(states: Sequence[str]) -> str:
    return ";".join([*(state for state in states if state not in _OF_FILTERS), _FITTED])


def _repaired(states: Sequence[str]) -> str | None:
    kept = [state for state in states if state not in _BROKEN]
    if "dpf_retrofit_failed" in states:
        kept.append(_FITTED)
    return ";".join(kept) or None


def _faults(fleet: Fleet, measures: Sequence[Measure], file: str) -> list[Problem]:
    problems = []
    known = set(map(str, fleet.vehicles.index))
    seen: set[str] = set()
    retired = {one.vehicle_id for one in measures if one.measure == RETIRE}
    for row, one in enumerate(measures, start=2):

        def wrong(field: str, value: str, expected: str, row: int = row) -> None:
            problems.append(Problem(file, field, row, value, expected))

        if one.measure not in MEASURES:
            wrong("measure", one.measure, "one of " + ", ".join(MEASURES))
        if one.vehicle_id not in known:
            wrong("vehicle_id", one.vehicle_id, "a vehicle of the fleet")
            continue
        if one.vehicle_id in seen:
            wrong("vehicle_id", one.vehicle_id, "one measure for each vehicle")
        seen.add(one.vehicle_id)
        if one.measure == REPLACE:
            if one.fuel not in FUELS:
                wrong("fuel", one.fuel, "fuel of the new vehicle: " + ", ".join(FUELS))
            if one.standard not in STANDARDS or (one.fuel == "electric") != (
                one.standard == NO_STANDARD
            ):
                wrong("standard", one.standard, "standard of the new vehicle; none if electric")
            if one.model_year is None:
                wrong("model_year", "", "model year of the new vehicle")
        if one.measure == REPAIR:
            cell = fleet.vehicles.get("aftertreatment", pd.Series(dtype=object))
            if not set(_states(cell.get(one.vehicle_id))) & set(_BROKEN):
                wrong("measure", REPAIR, "a vehicle whose filter failed or was removed")
        for name in one.km_to:
            if one.measure != RETIRE:
                wrong("km_to", name, "nothing: only a retired vehicle hands its distance on")
            elif name not in known or name in retired:
                wrong("km_to", name, "vehicles of the fleet that are not retired")
    return problems


def read_plan(path: Path | str, fleet: Fleet) -> tuple[Measure, ...]:
    """Read a plan for a fleet from a CSV file as in ``PLAN_SCHEMA``.

    Raises
    ------
    InputError
        Every fault at once, as of :func:`apply_plan`.
    """
    frame = read_csv(Path(path), PLAN_SCHEMA)

    def text(value: Any) -> str:
        return "" if value is None or value is pd.NA or value != value else str(value)

    found = []
    for row in frame.to_dict(orient="records"):
        year = text(row.get("model_year"))
        found.append(
            Measure(
                text(row["vehicle_id"]), text(row["measure"]), text(row.get("fuel")),
                text(row.get("standard")), int(float(year)) if year else None,
                text(row.get("technology")),
                tuple(part.strip() for part in text(row.get("km_to")).split(";") if part.strip()),
            )
        )  # fmt: skip
    if problems := _faults(fleet, found, str(path)):
        raise InputError(problems)
    return tuple(found)
