"""Outcomes of a plain table of vehicles, or of the groups of a whole city."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.economics.outcomes.mean_speed import electric_days, grams_of_kinds
from geofleet.economics.outcomes.model import MEAN_SPEED, Outcomes
from geofleet.economics.outcomes.offers import ELECTRIC, TECHNOLOGIES, make_offers
from geofleet.economics.outcomes.physics import columns_of, lay_out, rates
from geofleet.energy.model import ElectricModels
from geofleet.errors import InputError, Problem
from geofleet.fleet import operator_size, vehicle_class_names
from geofleet.policy.programme import CityCases

__all__ = ["table_outcomes"]

Floats = npt.NDArray[np.float64]
_FILE = "vehicles"
_SHOWN = 5


def table_outcomes(
    vehicles: pd.DataFrame | CityCases,
    *,
    models: ElectricModels,
    technologies: Sequence[str] = TECHNOLOGIES,
    country: str | None,
    year: int,
    speed_kmh: float | None = None,
    range_share: float | None = None,
    defaults: Defaults | None = None,
) -> Outcomes:
    """Return what vehicles give off and can do in a year, where nobody knows their routes.

    Grams are those of one mean speed times the distance of a year; electricity is that of the
    class at that speed, whichever the model. A distance or a payload capacity that is not told is
    that of the class (rows ``programme:annual_km.*`` and ``vehicle_classes``), the size of an
    operator that of its vehicles in the table; the report counts each. Harm is unknown. Whether a
    model's range is enough is unknown too, unless a column ``daily_km`` says what a working day
    asks for; a model that carries less than ``payload_needed_kg`` cannot do the work, and where
    that is not known ranges alone decide.

    Parameters
    ----------
    vehicles
        One row per vehicle: ``vehicle_id`` (a column or the index), ``vehicle_class, fuel,
        standard, model_year``, and where known ``technology, aftertreatment, annual_km,
        daily_km, payload_capacity_kg, payload_needed_kg, operator_id, operator_size, depot_id,
        weight``. Or a city's groups: each stands for as many vehicles as ``weight`` says.
    models
        Electric models to choose from.
    technologies
        Some of ``TECHNOLOGIES``.
    country, year
        For new vehicles, certification mix and electricity.
    speed_kmh
        Mean speed; row ``programme:speed_kmh`` when not given.
    range_share
        Share of the claimed range that a working day gets; without it ranges are those of the
        battery and the electricity of the class.

    Raises
    ------
    InputError
        Columns and cells that cannot be used, vehicles that no emission function fits.
    """
    scope = (defaults or Defaults()).scope()
    table = _city(vehicles) if isinstance(vehicles, CityCases) else _table(vehicles)
    if range_share is not None and not 0.0 < range_share <= 1.0:
        expected = "a share above 0 and at most 1"
        raise InputError([Problem("range", "range_share", 0, f"{range_share:g}", expected)])
    assumed = _of_class(table, scope) | {"operator_size": _sizes(table, scope)}
    daily = table["daily_km"].to_numpy(np.float64)
    yearly = table["annual_km"].to_numpy(np.float64)
    table["yearly_km"] = yearly
    offers = make_offers(table, technologies, models, country=country, year=year, defaults=scope)
    rate = rates(country, year, scope)
    owner = offers.table["vehicle"].to_numpy()
    grams = grams_of_kinds(
        offers, table, country=country, year=year, speed_kmh=speed_kmh,
        rows=np.ones(len(owner), dtype=bool), defaults=scope,
    )  # fmt: skip
    numbers: dict[str, Any] = dict(columns_of(grams, offers, offers.table["kind"].to_numpy(), rate))
    numbers["annual_km"] = yearly[owner]
    numbers["factors_from"] = np.full(len(owner), MEAN_SPEED, dtype=object)
    chosen = np.flatnonzero((offers.table["technology"] == ELECTRIC).to_numpy())
    needed = table["payload_needed_kg"].to_numpy(np.float64)[owner[chosen]]
    carried = models.frame["payload_capacity_kg"].to_numpy(np.float64)
    electric = electric_days(
        models, offers.table["model"].to_numpy()[chosen],
        energy_wh={name: numbers[name][chosen] for name in ("energy_wh", "grid_wh")},
        annual_km=yearly[owner[chosen]], daily_km=daily[owner[chosen]], range_share=range_share,
        overloaded=needed > carried[offers.table["model"].to_numpy()[chosen]], rate=rate,
        defaults=scope,
    )  # fmt: skip
    physical = lay_out(table, offers, models, numbers, electric=electric)
    with np.errstate(divide="ignore", invalid="ignore"):
        table["days_per_year"] = np.where(daily > 0.0, yearly / daily, np.nan)
    counts = physical["technology"].value_counts()
    report = {
        "vehicles": len(table),
        "options": {str(name): int(count) for name, count in counts.items()},
        "not_offered": offers.refused,
        "vehicles_without_routes": len(table),
        "vehicles_of_unknown_harm": len(table),
        "vehicles_of_assumed_annual_km": assumed["annual_km"],
        "vehicles_of_assumed_payload_capacity": assumed["payload_capacity_kg"],
        "vehicles_of_assumed_operator_size": assumed["operator_size"],
        "vehicles_of_unknown_daily_km": int(np.isnan(daily).sum()),
        "vehicles_of_unknown_load": int(table["payload_needed_kg"].isna().sum()),
        "range_from": "battery and class" if range_share is None else "claimed range",
    }
    return Outcomes(
        physical, table.drop(columns="yearly_km"), None, report,
        tuple(sorted({*scope.used, *models.provenance})),
    )  # fmt: skip


def _of_class(table: pd.DataFrame, scope: Defaults) -> dict[str, int]:
    """Fill distances and capacities that are not told by those of the class; count them.

    Classes that do not exist are left to the check that names them with all else.
    """
    rows = CheckedRows(scope)
    classes = pd.Series("", index=table.index)
    if "vehicle_class" in table.columns:
        classes = table["vehicle_class"].astype(str)
    known = classes.isin(vehicle_class_names())

    def distance(name: str) -> float:
        kind = scope.text("fleet_composition", f"mx.age_of.{name}")
        return rows.number("programme", f"annual_km.{kind}", 0.0, np.inf, "km of a year")

    def capacity(name: str) -> float:
        row = f"{name}.payload_capacity_kg"
        return rows.number("vehicle_classes", row, 0.0, np.inf, "kg of at least 0")

    counts = {}
    for column, usual in (("annual_km", distance), ("payload_capacity_kg", capacity)):
        lost = table[column].isna() & known
        made = {name: usual(name) for name in classes[lost].unique()}
        table[column] = table[column].where(~lost, classes.map(made).astype(np.float64))
        counts[column] = int(lost.sum())
    rows.finish()
    return counts


def _city(city: CityCases) -> pd.DataFrame:
    """Return groups as a table of vehicles, by number of the group."""
    table = city.cases.assign(
        annual_km=city.mass["annual_km"].to_numpy(np.float64),
        weight=city.weights.to_numpy(np.float64),
    )
    table.index = pd.Index([f"group-{name}" for name in table.index], name="vehicle_id")
    return _table(table)


def _table(vehicles: pd.DataFrame) -> pd.DataFrame:
    """Return a table indexed by vehicle, its numbers checked; columns not known are empty."""
    table = vehicles.copy()
    if "vehicle_id" in table.columns:
        table = table.set_index("vehicle_id")
    table.index = table.index.rename("vehicle_id")
    problems = []
    for name in ("annual_km", "daily_km", "payload_capacity_kg", "payload_needed_kg", "weight"):
        if name not in table.columns:
            table[name] = 1.0 if name == "weight" else np.nan
            continue
        numbers = pd.to_numeric(table[name], errors="coerce").astype(np.float64)
        wrong = (numbers.isna() & table[name].notna()) | (numbers < 0.0) | np.isinf(numbers)
        for row in np.flatnonzero(wrong.to_numpy())[:_SHOWN]:
            shown = str(table[name].iloc[row])
            expected = "a number of at least 0"
            problems.append(Problem(f"vehicle {table.index[row]}", name, 0, shown, expected))
        table[name] = numbers
    if problems:
        raise InputError(problems)
    for name in ("operator_size", "depot_id"):
        if name not in table.columns:
            table[name] = None
    return table


def _sizes(table: pd.DataFrame, scope: Defaults) -> int:
    """Fill the size of operators that is not told by the vehicles that the table says they own.

    A table of one vehicle is that of an operator of one.
    """
    lost = table["operator_size"].isna() | (table["operator_size"] == "")
    owner = pd.Series(None, index=table.index, dtype=object)
    if "operator_id" in table.columns:
        owner = table["operator_id"].astype(object)
    elif len(table) == 1:
        owner[:] = "its owner"
    lost &= owner.notna()
    if not lost.any():
        return 0
    owned = table["weight"].groupby(owner).transform("sum")
    made = {count: operator_size(scope, max(round(count), 1)) for count in owned[lost].unique()}
    sizes = table["operator_size"].astype(object)
    table["operator_size"] = sizes.where(~lost, owned.map(made))
    return int(lost.sum())
