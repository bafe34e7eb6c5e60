"""Stocks: of a city's fleet, of the federal fleet, of a table of vehicles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.economics.renewal.kinds import category_of, standard_mix
from geofleet.economics.renewal.model import OLDEST, Kind, Stock
from geofleet.economics.renewal.scrappage import federal_units
from geofleet.errors import InputError, Problem
from geofleet.fleet.classes import operator_sizes, vehicle_class_names
from geofleet.fleet.model import UNKNOWN

if TYPE_CHECKING:
    from geofleet.fleet import FleetComposition

__all__ = ["federal_stock", "fleet_stock", "stock_of_table"]

Floats = npt.NDArray[np.float64]

_TABLE = "renewal"
_FEDERAL_YEAR = 2019
_ROUNDS, _CLOSE = 500, 1e-13


def fleet_stock(
    vehicles: float | Mapping[str, float] | None = None,
    *,
    year: int | None = None,
    country: str = "MX",
    composition: FleetComposition | None = None,
    age_tilt_per_year: float | None = None,
    defaults: Defaults | None = None,
) -> Stock:
    """Return the vehicles of a city as a stock, from :func:`geofleet.policy.programme.city_cases`.

    The composition knows no operators. Each size has its share of every class, and within a class
    the odds of belonging to the smallest rather than the largest operators grow with age; ages of
    the class and shares of the sizes stay exactly what they are (iterative proportional fitting).

    Parameters
    ----------
    vehicles, country, composition
        As for ``city_cases``: 125,000 trucks of the Valley of Mexico when not given.
    year
        Row ``renewal:first_year`` when not given.
    age_tilt_per_year
        Row ``renewal:age_tilt_per_year`` when not given; 0 gives all sizes the same ages.

    Raises
    ------
    InputError
        As of ``city_cases``; a tilt that is no number.
    """
    from geofleet.policy.programme import city_cases

    scope = (defaults or Defaults()).scope()
    rows = CheckedRows(scope)
    start = year
    if start is None:
        start = int(rows.number(_TABLE, "first_year", 1990, 2100, "a calendar year"))
    tilt = age_tilt_per_year
    if tilt is None:
        tilt = rows.number(_TABLE, "age_tilt_per_year", 0.0, 0.5, "a number from 0 to 0.5")
    rows.finish()
    if not -0.5 <= tilt <= 0.5:
        expected = "a number from -0.5 to 0.5"
        raise InputError([Problem("stock", "age_tilt_per_year", 0, f"{tilt:g}", expected)])
    city = city_cases(
        vehicles, year=start, country=country, composition=composition, by_operator_size=True,
        defaults=scope,
    )  # fmt: skip
    flat = stock_of_table(
        city.cases.assign(vehicles=city.weights), year=start, country=country, defaults=scope
    )
    return Stock(
        start, country, flat.classes, flat.sizes, flat.kinds, _tilted(flat.vehicles, tilt),
        scope.used,
    )  # fmt: skip


def federal_stock(*, defaults: Defaults | None = None) -> Stock:
    """Return the federal fleet of 2019 (two axles, three axles, tractors) that publications count.

    Trucks of two axles stand in class ``rigid_12t``, of three in ``rigid_26t``, tractors in
    ``articulated_50t``; 3,524 light tractors (T2) of the published 559,835 are left out.
    """
    scope = (defaults or Defaults()).scope()
    classes = {"c2": "rigid_12t", "c3": "rigid_26t", "t3": "articulated_50t"}
    units = {classes[kind]: number for kind, number in federal_units(scope).items()}
    return fleet_stock(units, year=_FEDERAL_YEAR, country="MX", defaults=scope)


def stock_of_table(
    vehicles: pd.DataFrame,
    *,
    year: int,
    country: str,
    defaults: Defaults | None = None,
) -> Stock:
    """Count vehicles of a table into a stock.

    Parameters
    ----------
    vehicles
        ``vehicle_class, fuel, standard, model_year, operator_size``; where there, ``technology``,
        ``aftertreatment`` and ``vehicles`` (how many a row stands for; 1 otherwise). An unknown
        standard is split by the certification mix of the model year.

    Raises
    ------
    InputError
        Columns that are missing, classes or sizes that do not exist, model years beyond next year,
        numbers below zero; all at once.
    """
    scope = (defaults or Defaults()).scope()
    if problems := _faults(vehicles, year):
        raise InputError(problems)
    sizes = operator_sizes()
    present = set(map(str, vehicles["vehicle_class"]))
    classes = tuple(name for name in vehicle_class_names() if name in present)
    table = _split(vehicles, country, scope)
    # one row for each combination
    kinds = tuple(dict.fromkeys(table["kind"]))
    numbers = np.zeros((len(classes), len(sizes), OLDEST + 1, len(kinds)))
    place = (
        table["vehicle_class"].map({name: at for at, name in enumerate(classes)}).to_numpy(),
        table["operator_size"].map({name: at for at, name in enumerate(sizes)}).to_numpy(),
        np.clip(year - table["model_year"].to_numpy(), 0, OLDEST),
        np.array([kinds.index(kind) for kind in table["kind"]], np.int64),
    )
    np.add.at(numbers, place, table["number"].to_numpy(np.float64))
    return Stock(year, country, classes, sizes, kinds, numbers, scope.used)


def _faults(vehicles: pd.DataFrame, year: int) -> list[Problem]:
    needed = ("vehicle_class", "fuel", "standard", "model_year", "operator_size")
    problems = [
        Problem("stock", name, expected=f"a column {name}")
        for name in needed
        if name not in vehicles.columns
    ]
    if problems:
        return problems
    if vehicles.empty:
        return [Problem("stock", "vehicles", expected="at least one vehicle")]
    for name, allowed in (
        ("vehicle_class", vehicle_class_names()), ("operator_size", operator_sizes()),
    ):  # fmt: skip
        for value in vehicles.loc[~vehicles[name].isin(allowed), name].astype(str).unique()[:5]:
            problems.append(Problem("stock", name, 0, value, "one of " + ", ".join(allowed)))
    model_year = pd.to_numeric(vehicles["model_year"], errors="coerce")
    for name in vehicles.index[~(model_year <= year + 1)][:5]:
        value = str(vehicles.loc[name, "model_year"])
        expected = f"a model year of at most {year + 1}"
        problems.append(Problem(f"stock, {name}", "model_year", 0, value, expected))
    if "vehicles" in vehicles.columns:
        number = pd.to_numeric(vehicles["vehicles"], errors="coerce")
        for name in vehicles.index[~((number >= 0.0) & (number < np.inf))][:5]:
            value = str(vehicles.loc[name, "vehicles"])
            problems.append(
                Problem(f"stock, {name}", "vehicles", 0, value, "a number of at least 0")
            )
    return problems


def _split(vehicles: pd.DataFrame, country: str, defaults: Defaults) -> pd.DataFrame:
    """Return vehicles summed by class, size, model year and kind."""
    table = vehicles[["vehicle_class", "operator_size", "fuel", "standard"]].astype(str)
    table["model_year"] = pd.to_numeric(vehicles["model_year"]).astype(np.int64)
    for name in ("technology", "aftertreatment"):
        cells = vehicles[name] if name in vehicles.columns else pd.Series("", vehicles.index)
        table[name] = cells.astype(object).where(cells.notna(), "").astype(str)
    table["number"] = (
        pd.to_numeric(vehicles["vehicles"]).astype(float) if "vehicles" in vehicles.columns else 1.0
    )
    keys = [name for name in table.columns if name != "number"]
    table = table.groupby(keys, sort=True)[["number"]].sum().reset_index()
    known = table[table["standard"] != UNKNOWN]
    parts = [known]
    for row in table[table["standard"] == UNKNOWN].to_dict(orient="records"):
        category = category_of(str(row["vehicle_class"]), defaults)
        mix = standard_mix(category, int(row["model_year"]), country, defaults)
        parts.append(
            pd.DataFrame(
                [{**row, "standard": name, "number": row["number"] * share}
                 for name, share in mix.items()]
            )
        )  # fmt: skip
    found = pd.concat(parts, ignore_index=True)
    fields = found[["fuel", "standard", "technology", "aftertreatment"]]
    found["kind"] = [Kind(*map(str, row)) for row in fields.itertuples(index=False)]
    return found


def _tilted(vehicles: Floats, tilt: float) -> Floats:
    """Return the stock with small operators' vehicles older, at the same sums by class."""
    by_size_age = vehicles.sum(axis=3)
    sizes, ages = by_size_age.sum(axis=2), by_size_age.sum(axis=1)
    last = max(vehicles.shape[1] - 1, 1)
    small = 1.0 - np.arange(vehicles.shape[1]) / last
    lean = np.exp(tilt * small[:, None] * np.arange(OLDEST + 1)[None, :])
    fitted = by_size_age * lean[None]
    for _ in range(_ROUNDS):
        fitted = fitted * _ratio(sizes, fitted.sum(axis=2))[:, :, None]
        fitted = fitted * _ratio(ages, fitted.sum(axis=1))[:, None, :]
        if np.abs(fitted.sum(axis=2) - sizes).max() <= _CLOSE * max(sizes.max(), 1.0):
            break
    found: Floats = vehicles * _ratio(fitted, by_size_age)[..., None]
    return found


def _ratio(wanted: Floats, present: Floats) -> Floats:
    found: Floats = np.divide(wanted, present, out=np.zeros_like(wanted), where=present > 0.0)
    return found
