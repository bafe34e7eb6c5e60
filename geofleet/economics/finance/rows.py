"""What products ask about a vehicle and an option: one row for each case."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.fleet import operator_sizes

__all__ = ["KEEP", "Rows", "check_vehicles", "make_rows"]

KEEP = "keep"
_SHOWN = 5
_GROUP_TABLE = "fleet_composition"

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Rows:
    """Attributes of every case (cases,).

    Parameters
    ----------
    index
        Of the cases.
    vehicle, keep
        Position of the vehicle in ``vehicles``, of its case of going on as today.
    vehicles
        Indexed by ``vehicle_id``.
    technology, size, vehicle_class, group, country, model_id
        Text, missing where unknown; group is van, c2, c3 or t3.
    age_years, gvw_kg
        Of the vehicle of today; NaN where unknown.
    energy_wh
        From the battery of a year; NaN where unknown.
    """

    index: pd.Index
    vehicle: Ints
    keep: Ints
    vehicles: pd.DataFrame
    technology: pd.Series
    size: pd.Series
    vehicle_class: pd.Series
    group: pd.Series
    country: pd.Series
    model_id: pd.Series
    age_years: Floats
    gvw_kg: Floats
    energy_wh: Floats

    @property
    def is_keep(self) -> npt.NDArray[np.bool_]:
        """Cases of going on as today."""
        return np.asarray(self.keep == np.arange(len(self.keep)))

    def names(self) -> list[pd.Series]:
        """Return what numbers of products may be split by, the most particular first."""
        return [self.vehicle_class, self.group, self.size, self.technology]


def make_rows(
    cases: pd.DataFrame,
    vehicles: pd.DataFrame,
    physical: pd.DataFrame | None,
    *,
    date: datetime.date | None,
    defaults: Defaults,
) -> Rows:
    """Return what products ask about each case.

    Raises
    ------
    InputError
        An index that is not (vehicle_id, option), cases or vehicles twice, vehicles that are not in
        the table or lack the case of going on as today, operator sizes that do not exist, ages and
        weights that are no numbers.
    """
    if list(cases.index.names) != ["vehicle_id", "option"]:
        expected = "an index with the levels vehicle_id and option"
        raise InputError([Problem("ledger cases", "index", expected=expected)])
    ids = cases.index.get_level_values("vehicle_id")
    options = cases.index.get_level_values("option")
    check_vehicles(vehicles)
    vehicle = vehicles.index.get_indexer(ids)
    keep = _kept(cases, ids, options, vehicle)
    technology = _technology(cases.index, options, physical)
    own = vehicles.iloc[vehicle]
    vehicle_class = _text(own, "vehicle_class")
    country = _text(physical, "assembly_country", cases.index)
    return Rows(
        index=cases.index,
        vehicle=vehicle,
        keep=keep,
        vehicles=vehicles,
        technology=technology,
        size=_text(own, "operator_size"),
        vehicle_class=vehicle_class,
        group=groups(vehicle_class, defaults),
        country=country,
        model_id=_models(cases.index, options, physical),
        age_years=ages(own, date),
        gvw_kg=_number(own, "gvw_kg"),
        energy_wh=_number(None if physical is None else physical.reindex(cases.index), "energy_wh",
                          len(cases)),
    )  # fmt: skip


def check_vehicles(vehicles: pd.DataFrame) -> None:
    """Refuse vehicles that stand twice, and cells that nobody can read.

    Raises
    ------
    InputError
        All of them.
    """
    twice = vehicles.index[vehicles.index.duplicated()].unique()
    problems = [
        Problem("vehicles", "vehicle_id", 0, str(name), "each vehicle once")
        for name in twice[:_SHOWN]
    ]
    if "operator_size" in vehicles.columns:
        sizes = _text(vehicles, "operator_size")
        expected = "one of " + ", ".join(operator_sizes()) + ", or empty where it is not known"
        problems += [
            Problem(f"vehicle {vehicles.index[place]}", "operator_size", 0, str(sizes[place]),
                    expected)
            for place in np.flatnonzero(sizes.notna() & ~sizes.isin(operator_sizes()))[:_SHOWN]
        ]  # fmt: skip
    for name in ("age_years", "model_year", "gvw_kg"):
        if name in vehicles.columns:
            problems += unread(vehicles, name)
    if problems:
        raise InputError(problems)


def unread(vehicles: pd.DataFrame, name: str, high: float = np.inf) -> list[Problem]:
    """Return the cells of a column that hold something, and no number from 0 to the highest."""
    values = _number(vehicles, name)
    there = vehicles[name].notna().to_numpy() & (vehicles[name] != "").to_numpy()
    with np.errstate(invalid="ignore"):
        wrong = there & ~((values >= 0.0) & (values <= high) & np.isfinite(values))
    expected = "a number of at least 0" + ("" if np.isinf(high) else f" and at most {high:g}")
    return [
        Problem(f"vehicle {vehicles.index[place]}", name, 0, str(vehicles[name].iloc[place]),
                expected)
        for place in np.flatnonzero(wrong)[:_SHOWN]
    ]  # fmt: skip


def groups(vehicle_class: pd.Series, defaults: Defaults) -> pd.Series:
    """Return van, c2, c3 or t3 of vehicle classes, as federal statistics group them."""
    known = defaults.values(_GROUP_TABLE)
    group = {
        name: defaults.text(_GROUP_TABLE, f"mx.age_of.{name}")
        for name in vehicle_class.dropna().unique()
        if f"mx.age_of.{name}" in known
    }
    return vehicle_class.map(group).astype(object)


def ages(vehicles: pd.DataFrame, date: datetime.date | None) -> Floats:
    """Return ages in years on a date; NaN without a date, unless a column ``age_years`` has it."""
    if "age_years" in vehicles.columns:
        return _number(vehicles, "age_years")
    if date is None:
        return np.full(len(vehicles), np.nan)
    return date.year - _number(vehicles, "model_year")


def _kept(cases: pd.DataFrame, ids: pd.Index, options: pd.Index, vehicle: Ints) -> Ints:
    """Return for each case the place of its vehicle's case of going on as today."""
    problems = [
        Problem(f"ledger case {cases.index[place]}", "index", expected="each case once")
        for place in np.flatnonzero(np.asarray(cases.index.duplicated()))[:_SHOWN]
    ]
    problems += [
        Problem("vehicles", "vehicle_id", 0, str(name), "a row for each vehicle of the cases")
        for name in ids[vehicle < 0].unique()[:_SHOWN]
    ]
    places = np.flatnonzero(np.asarray(options == KEEP))
    codes, names = pd.factorize(ids)
    keep_of = np.full(len(names), -1, np.int64)
    keep_of[codes[places]] = places
    problems += [
        Problem("ledger cases", "option", 0, str(name), f"a case {KEEP} of this vehicle")
        for name in names[keep_of < 0][:_SHOWN]
    ]
    if problems:
        raise InputError(problems)
    return np.asarray(keep_of[codes], np.int64)


def _technology(index: pd.Index, options: pd.Index, physical: pd.DataFrame | None) -> pd.Series:
    """Return the technology: of the physics where it says so, else the option up to its colon."""
    codes, names = pd.factorize(options)
    stems = np.array([str(name).partition(":")[0] for name in names], object)
    stem = pd.Series(stems[codes], dtype=object)
    if physical is None or "technology" not in physical.columns:
        return stem
    said = pd.Series(physical["technology"].reindex(index).to_numpy(object), dtype=object)
    return said.where(said.notna() & (said != ""), stem)


def _models(index: pd.Index, options: pd.Index, physical: pd.DataFrame | None) -> pd.Series:
    """Return the electric model: of the physics where it says so, else what follows the colon."""
    codes, names = pd.factorize(options)
    ends = np.array([str(name).partition(":")[2] or None for name in names], object)
    said = _text(physical, "model_id", index)
    return said.where(said.notna(), pd.Series(ends[codes], dtype=object))


def _text(frame: pd.DataFrame | None, name: str, index: pd.Index | None = None) -> pd.Series:
    """Return a column as text with None for what is missing."""
    asked = frame.index if index is None and frame is not None else index
    if asked is None or frame is None or name not in frame.columns:
        return pd.Series([None] * (0 if asked is None else len(asked)), dtype=object)
    column = frame[name] if index is None else frame[name].reindex(index)
    values = pd.Series(column.to_numpy(object), dtype=object)
    return values.where(values.notna() & (values != ""), None)


def _number(frame: pd.DataFrame | None, name: str, size: int = 0) -> Floats:
    if frame is None or name not in frame.columns:
        return np.full(size if frame is None else len(frame), np.nan)
    return pd.to_numeric(frame[name], errors="coerce").to_numpy(np.float64)


def partners(rows: Rows, old: npt.NDArray[np.bool_]) -> Ints:
    """Return for each vehicle the second one of its operator that is scrapped with it.

    The old vehicles of each operator are paired, the oldest with the next; -1 without a pair.

    Parameters
    ----------
    rows
        Of all cases.
    old
        Of each vehicle of the table: whether it may be scrapped.
    """
    vehicles = rows.vehicles
    pair = np.full(len(vehicles), -1, np.int64)
    places = np.flatnonzero(old)
    if not len(places):
        return pair
    if "age_years" in vehicles.columns:
        oldest_first = -_number(vehicles, "age_years")
    else:
        oldest_first = _number(vehicles, "model_year")
    order = pd.DataFrame(
        {
            "operator": vehicles["operator_id"].to_numpy(object)[places].astype(str),
            "age": oldest_first[places],
            "place": places,
        }
    ).sort_values(["operator", "age", "place"], kind="stable")
    number = order.groupby("operator").cumcount().to_numpy()
    place = order["place"].to_numpy()
    name = order["operator"].to_numpy()
    first = np.flatnonzero((number % 2 == 0)[:-1] & (name[1:] == name[:-1]))
    pair[place[first]] = place[first + 1]
    pair[place[first + 1]] = place[first]
    return pair


def first_reason(
    size: int, tests: Sequence[tuple[npt.NDArray[np.bool_], str]]
) -> npt.NDArray[np.object_]:
    """Return of each row the words of the first test that holds; empty where none does."""
    words = np.full(size, "", object)
    for holds, word in tests:
        words[holds & (words == "")] = word
    return words
