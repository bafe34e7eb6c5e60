"""Cells: every vehicle with every option as arrays, and default rows looked up for them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.economics.options.model import INDEX, KEEP
from geofleet.economics.options.origins import Origins
from geofleet.economics.options.terms import Terms
from geofleet.errors import InputError, Problem
from geofleet.fleet import FUELS, operator_sizes, vehicle_class_names

__all__ = ["RETROFIT", "TECHNOLOGIES", "Cells", "make_cells"]

RETROFIT = "dpf_retrofit"
TECHNOLOGIES = (KEEP, RETROFIT, "euro_6", "cng", "diesel_hybrid", "electric")
_ENGINE = {"euro_6": "diesel", "cng": "cng", "diesel_hybrid": "diesel_hybrid",
           "electric": "electric"}  # fmt: skip
_PHYSICAL = ("technology", "annual_km", "fuel_l", "energy_wh", "adblue_l", "payload_short_kg")
_VEHICLE = ("vehicle_class", "fuel", "model_year", "operator_size")
_SHOWN = 5
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass
class Cells:
    """Vehicles × options, aligned.

    Parameters
    ----------
    physical, vehicles
        As given, checked.
    terms
        What holds for all.
    vehicle
        Position in ``vehicles`` of each cell.
    names, codes
        Values of each key (``vehicle_class``, ``technology``, ``engine``, ``model_id``,
        ``operator_size``) and which of them each cell has; -1 for none.
    rows, origins, assumed, unknown
        What was read, for what, what was assumed, and what no row knows.
    """

    physical: pd.DataFrame
    vehicles: pd.DataFrame
    terms: Terms
    vehicle: Ints
    names: dict[str, tuple[str, ...]]
    codes: dict[str, Ints]
    rows: CheckedRows
    origins: Origins = field(default_factory=Origins)
    assumed: dict[str, int] = field(default_factory=dict)
    unknown: dict[str, int] = field(default_factory=dict)

    @property
    def defaults(self) -> Defaults:
        """Where rows are read."""
        return self.rows.defaults

    def is_technology(self, *names: str) -> npt.NDArray[np.bool_]:
        """Return which cells are of one of some technologies."""
        known = self.names["technology"]
        wanted = [known.index(name) for name in names if name in known]
        return np.asarray(np.isin(self.codes["technology"], wanted), np.bool_)

    @property
    def new(self) -> npt.NDArray[np.bool_]:
        """Which cells are of a vehicle that is bought."""
        return ~self.is_technology(KEEP, RETROFIT)

    def physics(self, name: str) -> Floats:
        """Return a column of the physics as numbers; NaN where there is none."""
        return _numbers(self.physical, name)

    def vehicle_numbers(self, name: str) -> Floats:
        """Return a column of the vehicles for each cell; NaN where there is none."""
        return _numbers(self.vehicles, name)[self.vehicle]

    @property
    def age(self) -> Floats:
        """Age in years at the decision of the vehicle that there is today."""
        return np.maximum(self.terms.first_year - self.vehicle_numbers("model_year"), 0.0)

    def number(
        self, columns: str | Sequence[str], table: str, row: str, high: float = math.inf,
        *, match: Mapping[str, str] | None = None,
    ) -> float:  # fmt: skip
        """Return a number of at least 0 from a row that must exist, and note what it is for."""
        expected = "a number of at least 0"
        expected += "" if math.isinf(high) else f" and at most {high:g}"
        value = self.rows.number(table, row, 0.0, high, expected)
        self.note(columns, [f"{table}:{row}"], **(match or {}))
        return value

    def optional(
        self, columns: str | Sequence[str], table: str, row: str,
        *, match: Mapping[str, str] | None = None,
    ) -> float:  # fmt: skip
        """Return a number as ``number`` does, or NaN where there is no such row."""
        if row not in self.defaults.values(table):
            return math.nan
        return self.number(columns, table, row, match=match)

    def note(self, columns: str | Sequence[str], rows: Sequence[str], **match: str) -> None:
        """Note that rows stand behind columns."""
        for column in (columns,) if isinstance(columns, str) else columns:
            self.origins.add(column, rows, **match)

    def by(self, key: str, make: Callable[[str], float]) -> Floats:
        """Return for each cell what ``make`` says of its value of a key; NaN where it has none."""
        code = self.codes[key]
        present = np.bincount(code[code >= 0], minlength=len(self.names[key])) > 0
        found = np.array(
            [make(name) if there else math.nan
             for name, there in zip(self.names[key], present, strict=True)] + [math.nan]
        )  # fmt: skip
        return found[code]

    def by_pair(self, first: str, second: str, make: Callable[[str, str], float]) -> Floats:
        """Return the same for pairs of values of two keys."""
        size = len(self.names[second])
        code = self.codes[first] * size + self.codes[second]
        there, place = np.unique(code, return_inverse=True)
        found = [
            make(self.names[first][pair // size], self.names[second][pair % size])
            for pair in there.tolist()
        ]
        return np.array(found, np.float64)[place]

    def lookup(
        self, columns: str | Sequence[str], key: str, table: str, template: str,
        high: float = math.inf, *, must: bool = True,
    ) -> Floats:  # fmt: skip
        """Return for each cell the number of the row that its value of a key leads to.

        With ``must=False`` a row that does not exist makes the cell unknown, and is reported.
        """

        def read(name: str) -> float:
            row = template.format(name)
            if must:
                return self.number(columns, table, row, high, match={key: name})
            value = self.optional(columns, table, row, match={key: name})
            if math.isnan(value):
                self.miss(f"no row {table}:{row}", self._of(key, name))
            return value

        return self.by(key, read)

    def assume(self, what: str, cells: npt.NDArray[np.bool_]) -> None:
        """Count cells that were filled by assumption."""
        if count := int(np.count_nonzero(cells)):
            self.assumed[what] = self.assumed.get(what, 0) + count

    def miss(self, what: str, cells: npt.NDArray[np.bool_]) -> None:
        """Count cells that stay unknown."""
        if count := int(np.count_nonzero(cells)):
            self.unknown[what] = self.unknown.get(what, 0) + count

    def _of(self, key: str, name: str) -> npt.NDArray[np.bool_]:
        return np.asarray(self.codes[key] == self.names[key].index(name), np.bool_)

    def keys_of(self, place: int) -> dict[str, str]:
        """Return the keys of one cell."""
        return {
            key: self.names[key][code[place]] if code[place] >= 0 else ""
            for key, code in self.codes.items()
        }


def make_cells(
    physical: pd.DataFrame, vehicles: pd.DataFrame, terms: Terms, defaults: Defaults
) -> Cells:
    """Check the tables and align them.

    Raises
    ------
    InputError
        Every fault: columns that are missing, vehicles twice or not in the table, a vehicle
        without ``keep``, classes, fuels, sizes and technologies that do not exist.
    """
    problems = _missing(physical, vehicles)
    if problems:
        raise InputError(problems)
    level, code = physical.index.levels[0], np.asarray(physical.index.codes[0])  # type: ignore[attr-defined]
    place = np.asarray(vehicles.index.get_indexer(level), np.int64)[code]
    problems += _unmatched(physical, vehicles, place)
    names: dict[str, tuple[str, ...]] = {}
    codes: dict[str, Ints] = {}
    known = {"vehicle_class": vehicle_class_names(), "fuel": FUELS,
             "operator_size": operator_sizes(), "technology": TECHNOLOGIES}  # fmt: skip
    for key, allowed in known.items():
        table, source = (
            ("physical", physical) if key == "technology" else ("vehicles", vehicles)
        )  # fmt: skip
        taken = np.asarray(
            pd.Index(allowed).get_indexer(pd.Index(source[key].astype(object))), np.int64
        )
        wrong = taken < 0
        if key == "operator_size":
            # whose operator nobody knows stays unknown, and with it all that depends on its size
            wrong &= (source[key].notna() & (source[key] != "")).to_numpy()
        bad = np.flatnonzero(wrong)
        problems += [
            Problem(table, key, int(row) + 1, str(source[key].iloc[row]),
                    "one of " + ", ".join(allowed))
            for row in bad[:_SHOWN]
        ]  # fmt: skip
        codes[key] = taken if key == "technology" else taken[place]
        names[key] = tuple(allowed)
    if problems:
        raise InputError(problems)
    own = codes.pop("fuel")
    names.pop("fuel")
    turned = np.array([FUELS.index(_ENGINE[name]) if name in _ENGINE else -1
                       for name in TECHNOLOGIES])  # fmt: skip
    engine = turned[codes["technology"]]
    names["engine"], codes["engine"] = FUELS, np.where(engine < 0, own, engine)
    model, labels = pd.factorize(_texts(physical, "model_id"), sort=True)
    blank = labels == ""
    names["model_id"] = tuple(str(label) for label in labels)
    codes["model_id"] = np.where(blank[model], -1, model).astype(np.int64)
    made = Cells(physical, vehicles, terms, place, names, codes, CheckedRows(defaults))
    made.miss("operator_size", codes["operator_size"] < 0)
    return made


def _missing(physical: pd.DataFrame, vehicles: pd.DataFrame) -> list[Problem]:
    problems = [
        Problem(table, name, expected=f"a column {name}")
        for table, frame, wanted in (
            ("physical", physical, _PHYSICAL), ("vehicles", vehicles, _VEHICLE),
        )
        for name in wanted
        if name not in frame.columns
    ]  # fmt: skip
    if tuple(physical.index.names) != INDEX:
        found = ", ".join(map(str, physical.index.names))
        problems.append(Problem("physical", "index", 0, found, "an index of " + ", ".join(INDEX)))
    for table, frame in (("physical", physical), ("vehicles", vehicles)):
        twice = frame.index[frame.index.duplicated()]
        problems += [
            Problem(table, "index", 0, str(name), "each row once")
            for name in twice.unique()[:_SHOWN]
        ]
    return problems


def _unmatched(physical: pd.DataFrame, vehicles: pd.DataFrame, place: Ints) -> list[Problem]:
    ids = physical.index.get_level_values(0)
    problems = [
        Problem("physical", "vehicle_id", int(row) + 1, str(ids[row]), "a vehicle of the table")
        for row in np.flatnonzero(place < 0)[:_SHOWN]
    ]
    kept = np.zeros(len(vehicles), bool)
    kept[place[(physical.index.get_level_values(1) == KEEP) & (place >= 0)]] = True
    listed = np.zeros(len(vehicles), bool)
    listed[place[place >= 0]] = True
    problems += [
        Problem("physical", "option", 0, str(vehicles.index[row]), f"an option {KEEP} of each")
        for row in np.flatnonzero(listed & ~kept)[:_SHOWN]
    ]
    return problems


def _texts(frame: pd.DataFrame, name: str) -> npt.NDArray[np.object_]:
    if name not in frame.columns:
        return np.full(len(frame), "", dtype=object)
    column = frame[name].astype(object)
    return np.asarray(column.where(column.notna(), ""), dtype=object)


def _numbers(frame: pd.DataFrame, name: str) -> Floats:
    if name not in frame.columns:
        return np.full(len(frame), np.nan)
    found: Any = pd.to_numeric(frame[name], errors="coerce")
    return np.asarray(found, np.float64)
