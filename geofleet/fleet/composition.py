"""Fleet composition: the engines of a vehicle class, where no vehicle is known by name."""

from __future__ import annotations

import datetime
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from geofleet.defaults import Defaults, read_table
from geofleet.defaults.checked import CheckedRows
from geofleet.errors import InputError, Problem
from geofleet.fleet.classes import vehicle_class_names
from geofleet.fleet.model import FUELS, STANDARDS, Fleet
from geofleet.schema import Column, TableSchema, check_frame, read_csv

__all__ = ["COMPOSITION_SCHEMA", "FleetComposition", "mexican_fleet", "read_composition"]

log = logging.getLogger(__name__)

_TABLE = "fleet_composition"
_NAME = "fleet composition"
_KEYS = ["zone", "vehicle_class", "fuel", "standard", "model_year", "technology", "aftertreatment"]
_OPTIONAL = ("zone", "technology", "aftertreatment")
_SHOWN = 5
_SUM_TOLERANCE = 1e-3
_UNKNOWN = "unknown"
_NONE = "none"
_ELECTRIC = "electric"

COMPOSITION_SCHEMA = TableSchema(
    "fleet_composition",
    "Shares of fuel, standard and model year within each vehicle class, by zone or for all",
    (
        Column("zone", "text", "zone the row is for; empty: wherever a class has no rows of the "
               "zone", required=False, nullable=True),
        Column("vehicle_class", "text", "a row of the vehicle class table"),
        Column("fuel", "text", "fuel", choices=FUELS),
        Column("standard", "text", "emission standard; unknown: by model year and country; none "
               "for electric", choices=tuple(dict.fromkeys((*STANDARDS, _UNKNOWN)))),
        Column("model_year", "integer", "model year", "year", minimum=1950, maximum=2100),
        Column("technology", "text", "a vehicle row of the technologies table, where the fuel "
               "does not say it all", required=False, nullable=True),
        Column("aftertreatment", "text", "technology states joined by ';'", required=False,
               nullable=True),
        Column("share", "number", "share of the kilometres of the class in the zone", "1",
               minimum=0, maximum=1),
    ),
    notes=("Shares within zone and vehicle class sum to 1.",),
)  # fmt: skip


@dataclass(frozen=True)
class FleetComposition:
    """Shares of engines within vehicle classes.

    Parameters
    ----------
    table
        As in ``COMPOSITION_SCHEMA``. ``zone``, ``technology`` and ``aftertreatment`` may be
        left out; afterwards they are there, empty text where nothing is said. ``model_year`` is
        int64, and ``share`` sums to 1 within zone and vehicle class.
    class_km
        Kilometres (or vehicles) of each class, where the source knew them: says how traffic of
        light and heavy vehicles splits into classes.
    report
        What was left out or normalised; ``columns_not_used`` names what a file says beyond the
        schema.
    provenance
        Default rows used.

    Raises
    ------
    InputError
        Every fault at once: columns that are missing, cells that are not what their column asks
        for, unknown classes, a standard that the fuel cannot have, shares that do not sum to 1
        (to a thousandth) within zone and class, kilometres that are no numbers of at least 0.
    """

    table: pd.DataFrame
    class_km: Mapping[str, float] = field(default_factory=dict)
    report: Mapping[str, Any] = field(default_factory=dict)
    provenance: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check table and kilometres; fill the optional columns."""
        table = _with_optional(self.table.reset_index(drop=True))
        problems: list[Problem] = []
        try:
            check_frame(self.table, COMPOSITION_SCHEMA, file=_NAME)
        except InputError as error:
            problems += error.problems
        problems += _faults(table, _NAME, first_row=1)
        for name, km in self.class_km.items():
            if name not in vehicle_class_names():
                expected = "one of " + ", ".join(vehicle_class_names())
                problems.append(Problem(_NAME, "class_km", value=str(name), expected=expected))
            if not (np.isfinite(km) and km >= 0):
                expected = "a number of at least 0"
                problems.append(Problem(_NAME, f"class_km, {name}", 0, str(km), expected))
        if problems:
            raise InputError(dict.fromkeys(problems))
        table["model_year"] = table["model_year"].astype("int64")
        table["share"] = table["share"].astype(float)
        object.__setattr__(self, "table", table)

    @property
    def classes(self) -> tuple[str, ...]:
        """Vehicle classes that have rows, in order of the class table."""
        present = set(self.table["vehicle_class"])
        return tuple(name for name in vehicle_class_names() if name in present)

    @property
    def zones(self) -> tuple[str, ...]:
        """Zones that have rows of their own, sorted."""
        return tuple(sorted(set(self.table["zone"]) - {""}))

    def of(self, vehicle_class: str, *, zone: str = "") -> pd.DataFrame:
        """Return the rows of a class in a zone, those for everywhere where the zone has none.

        Raises
        ------
        InputError
            The class has no rows there.
        """
        rows = self.table[self.table["vehicle_class"] == vehicle_class]
        for place in dict.fromkeys((zone, "")):
            found = rows[rows["zone"] == place]
            if len(found):
                return found.reset_index(drop=True)
        where = f"in zone {zone} or for all zones" if zone else "for all zones"
        expected = f"rows for this class {where} in the fleet composition"
        raise InputError([Problem(_NAME, "vehicle_class", value=vehicle_class, expected=expected)])

    @classmethod
    def of_fleet(
        cls, fleet: Fleet, *, weights: Literal["annual_km", "vehicles"] = "annual_km"
    ) -> FleetComposition:
        """Derive the composition of a vehicle table.

        Parameters
        ----------
        fleet
            The vehicles.
        weights
            ``annual_km``: each vehicle counts by its distance, one without by the mean of its
            class (of all vehicles, where no other of the class has one). ``vehicles``: each
            counts once.

        Raises
        ------
        InputError
            No vehicles, no distance at all, or other weights.
        """
        if weights not in ("annual_km", "vehicles"):
            expected = "annual_km or vehicles"
            raise InputError([Problem(_NAME, "weights", value=str(weights), expected=expected)])
        vehicles = _with_optional(fleet.vehicles)
        kind = vehicles["vehicle_class"].astype(str)
        weight = pd.Series(1.0, index=vehicles.index)
        report: dict[str, float] = {}
        if weights == "annual_km":
            km = pd.to_numeric(vehicles["annual_km"], errors="coerce")
            report["vehicles_without_annual_km"] = float(km.isna().sum())
            weight = km.fillna(km.groupby(kind).transform("mean")).fillna(km.mean()).astype(float)
        if not weight.sum() > 0:
            expected = "vehicles that drive: a positive annual_km, or weights by vehicles"
            raise InputError([Problem("vehicles", "annual_km", expected=expected)])
        frame = pd.DataFrame(
            {
                "zone": "",
                "vehicle_class": kind,
                "fuel": vehicles["fuel"].astype(str),
                "standard": vehicles["standard"].astype(str),
                "model_year": vehicles["model_year"].astype("int64"),
                "technology": vehicles["technology"],
                "aftertreatment": vehicles["aftertreatment"],
                "share": weight,
            }
        )
        class_km = frame.groupby("vehicle_class")["share"].sum()
        idle = class_km[class_km <= 0].index
        if len(idle):
            expected = "a positive annual_km of at least one vehicle of each class"
            raise InputError(Problem("vehicles", "annual_km", value=str(name), expected=expected)
                             for name in idle)  # fmt: skip
        km_by_class = {str(name): float(value) for name, value in class_km.items()}
        return cls(_normalised(frame), km_by_class, report, fleet.provenance)


def _with_optional(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with its optional text columns, empty text where nothing is said."""
    texts = {
        name: table[name].fillna("").astype(str) if name in table.columns else ""
        for name in _OPTIONAL
    }
    return table.assign(**texts)


def _faults(frame: pd.DataFrame, file: str, *, first_row: int) -> list[Problem]:
    """Return what no single column can tell; columns that are missing are the schema's business."""
    problems: list[Problem] = []
    present = set(frame.columns)
    if "vehicle_class" in present:
        unknown = ~frame["vehicle_class"].isin(vehicle_class_names())
        expected = "one of " + ", ".join(vehicle_class_names())
        problems += _wrong_rows(frame, file, "vehicle_class", unknown, expected, first_row)
    if {"fuel", "standard"} <= present:
        electric, no_standard = frame["fuel"] == _ELECTRIC, frame["standard"] == _NONE
        for wrong, expected in (
            (electric & ~no_standard, "none, for an electric vehicle"),
            (~electric & no_standard, "an emission standard, or unknown, for this fuel"),
        ):
            problems += _wrong_rows(frame, file, "standard", wrong, expected, first_row)
    if {"vehicle_class", "share"} <= present:
        share = pd.to_numeric(frame["share"], errors="coerce")
        sums = share.groupby([frame["zone"], frame["vehicle_class"]]).sum()
        off = sums[(sums - 1.0).abs() > _SUM_TOLERANCE].reset_index()
        for zone, name, total in off.itertuples(index=False):
            where = f"zone {zone}, class {name}" if zone else f"class {name}"
            expected = f"shares that sum to 1 in {where}"
            problems.append(Problem(file, "share", value=f"{total:.6g}", expected=expected))
    return problems


def _wrong_rows(
    frame: pd.DataFrame, file: str, column: str, wrong: pd.Series, expected: str, first_row: int
) -> list[Problem]:
    """Name the first rows that are wrong, and how many more there are."""
    places = np.flatnonzero(wrong.to_numpy(bool))
    problems = [
        Problem(file, column, int(at) + first_row, str(frame[column].iloc[at]), expected)
        for at in places[:_SHOWN]
    ]
    if len(places) > _SHOWN:
        more = f"{expected}; {len(places) - _SHOWN} more rows have the same fault"
        problems.append(Problem(file, column, int(places[_SHOWN]) + first_row, "", more))
    return problems


def _normalised(frame: pd.DataFrame) -> pd.DataFrame:
    """Merge equal rows, sort, and scale the shares of each zone and class to a sum of 1."""
    merged = frame.groupby(_KEYS, sort=True, as_index=False)["share"].sum()
    sums = merged.groupby(["zone", "vehicle_class"])["share"].transform("sum")
    merged["share"] = merged["share"] / sums
    kept: pd.DataFrame = merged[merged["share"] > 0].reset_index(drop=True)
    return kept


def read_composition(path: Path | str, *, year: int | None = None) -> FleetComposition:
    """Read a fleet composition.

    Parameters
    ----------
    path
        CSV file as in ``COMPOSITION_SCHEMA``.
    year
        Calendar year of the study; this year when not given. Model years may be one ahead.

    Returns
    -------
    FleetComposition
        As in any table of a study, columns that the schema does not have are passed over; here
        ``report["columns_not_used"]`` and a warning in the log name them.

    Raises
    ------
    InputError
        Every fault at once: cells that are not what their column asks for, unknown classes, a
        standard that the fuel cannot have, model years in the future, a row that stands twice,
        shares that do not sum to 1 (to a thousandth) within zone and class.
    """
    path = Path(path)
    latest = (year if year is not None else datetime.date.today().year) + 1
    frame = _with_optional(read_csv(path, COMPOSITION_SCHEMA))
    frame["model_year"] = frame["model_year"].astype("int64")
    file = str(path)
    # read_csv skips blank lines; their place is lost here, so rows count from the header
    first_row = 2
    problems = _faults(frame, file, first_row=first_row)
    expected = f"at most {latest}, the year after the study's"
    future = frame["model_year"] > latest
    problems += _wrong_rows(frame, file, "model_year", future, expected, first_row)
    for at in np.flatnonzero(frame.duplicated(_KEYS).to_numpy(bool))[:_SHOWN]:
        expected = "each combination once"
        problems.append(Problem(file, ", ".join(_KEYS), int(at) + first_row, expected=expected))
    if problems:
        raise InputError(problems)
    known = {column.name for column in COMPOSITION_SCHEMA.columns}
    report: dict[str, Any] = {}
    unused = [str(name) for name in frame.columns if name not in known]
    if unused:
        log.warning("%s: columns not used: %s", file, ", ".join(unused))
        report["columns_not_used"] = unused
    return FleetComposition(_normalised(frame[[*_KEYS, "share"]]), report=report)


@lru_cache(maxsize=1)
def _age_rows() -> dict[str, list[tuple[int, int, str]]]:
    """Age bins of each group of the table: first age, last age, row."""
    found: dict[str, list[tuple[int, int, str]]] = {}
    for row in read_table(_TABLE).index:
        parts = str(row).split(".")
        if parts[0] == "mx" and parts[2:3] == ["age"] and parts[-1] == "share":
            first, last = map(int, parts[3].split("-"))
            found.setdefault(parts[1], []).append((first, last, str(row)))
    return found


def mexican_fleet(defaults: Defaults | None = None, *, year: int) -> FleetComposition:
    """Return the composition of the Mexican fleet by age, from rows ``fleet_composition:mx.*``.

    Each vehicle class has the ages of one group of the federal statistics of 2019 (C2, C3, T3; vans
    have an illustrative row set of their own), taken to hold for ``year`` too: the mean age moved
    from 20.3 to 21.2 years between 2019 and 2022. Published bins are as published; over
    the others the share is exponential in age, with the one slope that meets the published total
    and mean. Years within a bin are alike. The statistics count vehicles; a vehicle drives less by
    row ``fleet_composition:mx.km_decline_per_year`` with each year of age. All are diesel, of
    standard ``unknown``: the certification mix of the model year says the rest.

    Parameters
    ----------
    year
        Calendar year; the youngest model year.

    Raises
    ------
    InputError
        Rows set by a study that are no shares, or do not sum to 1 within a thousandth.
    """
    scope = (defaults or Defaults()).scope()
    rows = CheckedRows(scope)
    decline = rows.number(_TABLE, "mx.km_decline_per_year", 0.0, 1.0, "a share from 0 to 1")
    groups: dict[str, tuple[list[int], list[float]]] = {}
    problems = []
    for group, bins in _age_rows().items():
        ages: list[int] = []
        shares: list[float] = []
        total = 0.0
        for first, last, row in bins:
            share = rows.number(_TABLE, row, 0.0, 1.0, "a share from 0 to 1")
            total += share
            for age in range(first, last + 1):
                ages.append(age)
                shares.append(share / (last + 1 - first) * (1.0 - decline) ** age)
        if abs(total - 1.0) > _SUM_TOLERANCE:
            problems.append(
                Problem(
                    f"default table {_TABLE}", f"mx.{group}.age", value=f"{total:g}",
                    expected="shares that sum to 1 over the ages",
                )
            )  # fmt: skip
        groups[group] = ages, shares
    kinds = {
        name: rows.choice(_TABLE, f"mx.age_of.{name}", tuple(groups))
        for name in vehicle_class_names()
        if f"mx.age_of.{name}" in read_table(_TABLE).index
    }
    rows.problems += problems
    rows.finish()
    oldest = int(COMPOSITION_SCHEMA.column("model_year").minimum or 0)
    parts = [
        pd.DataFrame(
            {
                "zone": "",
                "vehicle_class": name,
                "fuel": "diesel",
                "standard": _UNKNOWN,
                # ages beyond the first model year that tables may have count as that year
                "model_year": np.maximum(year - np.array(groups[kind][0], dtype=np.int64), oldest),
                "technology": "",
                "aftertreatment": "",
                "share": groups[kind][1],
            }
        )
        for name, kind in kinds.items()
    ]
    return FleetComposition(_normalised(pd.concat(parts, ignore_index=True)), provenance=scope.used)
