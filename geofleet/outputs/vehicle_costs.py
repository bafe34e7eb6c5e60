"""What vehicles of a plain table would cost with other technologies: no routes, no study."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.files import new_folder, write_json
from geofleet.outputs.currency import currency_note
from geofleet.outputs.folder import check_result_folder
from geofleet.planned.columns import column_table

if TYPE_CHECKING:
    from geofleet.economics.finance import OneTruck, Product
    from geofleet.economics.options import Options

__all__ = ["VehicleCosts", "check_costs_output", "vehicle_costs", "write_vehicle_costs"]

_ENTRIES = re.compile(
    r"columns\.csv|costs\.csv|offers\.csv|explained\.csv|months-.*\.csv|report\.json"
)
_DAYS = 366
_FEW = 10
"""Vehicles up to which each gets a sheet of its months."""


@dataclass(frozen=True)
class VehicleCosts:
    """Vehicles × what they can become: costs, and what it takes for the operator to buy.

    Parameters
    ----------
    options
        Money and physics.
    costs
        Indexed (vehicle_id, option): what :func:`geofleet.economics.ledger.switching` returns, and
        yearly kilometres, grams and probability.
    offers
        Indexed (vehicle_id, option, product): ``able``, ``willing``, ``reason``,
        ``smallest_grant``, ``outlay`` and ``outlay_today`` of the first month.
    trucks
        Month by month, of a few vehicles.
    """

    options: Options
    costs: pd.DataFrame
    offers: pd.DataFrame
    trucks: Mapping[str, OneTruck]
    defaults: Defaults
    country: str = "MX"

    @property
    def note(self) -> str | None:
        """Which currency all amounts are in, where it is not the country's own."""
        return currency_note(
            self.options.currency, self.country, row="economics:currency", defaults=self.defaults
        )

    def rows(self) -> list[tuple[str, str, str]]:
        """Return the cheapest option of each kind per vehicle, as (label, value, unit)."""
        currency, found = self.options.currency, []
        table = self.costs.join(self.options.physical["technology"])
        known = table[table["present_cost"].notna()]
        least = known.sort_values("present_cost").groupby(
            ["vehicle_id", "technology"], sort=False, observed=True
        ).head(1)  # fmt: skip
        for case, cost in least.sort_index()["cost_per_km"].items():
            vehicle, option = case if isinstance(case, tuple) else (case, "")
            words = f"{cost:.2f}" if np.isfinite(cost) else "unknown"
            found.append((f"{vehicle}: {option}", words, f"{currency}/km"))
        return found


def vehicle_costs(
    vehicles: Path,
    *,
    operators: Path | None = None,
    country: str = "MX",
    year: int,
    exempt_days: float | None = None,
    product_set: str = "mexico",
    products: Path | None = None,
    months: int = 60,
    defaults: Defaults | None = None,
) -> VehicleCosts:
    """Cost every technology for the vehicles of a table.

    Parameters
    ----------
    vehicles
        CSV file as in ``VEHICLE_SCHEMA``; one truck is enough.
    operators
        CSV file as in ``OPERATOR_SCHEMA``; without it each operator owns what the table lists.
    country, year
        For emissions of new vehicles and ages.
    exempt_days
        Days of a year that a filter or an electric motor wins by exemption; those of the holograms
        of the table when not given, none where it has none.
    product_set, products
        Finance products that the package ships, or a file of others.
    months
        Months of the sheet of a truck.

    Raises
    ------
    InputError
        Every fault of the files.
    """
    from geofleet.economics.finance import affordability, load_products, one_truck, read_products
    from geofleet.economics.finance import smallest as least_of
    from geofleet.economics.ledger import switching
    from geofleet.economics.options import make_options
    from geofleet.economics.outcomes import table_outcomes
    from geofleet.energy import electric_models
    from geofleet.fleet import read_fleet

    problems = []
    if exempt_days is not None and not 0.0 <= exempt_days <= _DAYS:
        expected = f"days of a year, from 0 to {_DAYS}"
        problems.append(Problem("costs", "exempt_days", 0, f"{exempt_days:g}", expected))
    if not re.fullmatch(r"[A-Z]{2}", country):
        expected = "two capital letters of ISO 3166 like MX"
        problems.append(Problem("costs", "country", 0, country, expected))
    if problems:
        raise InputError(problems)
    own = Defaults() if defaults is None else defaults
    fleet = read_fleet(vehicles, operators, year=year, defaults=own)
    table = fleet.vehicles.assign(
        operator_size=fleet.vehicles["operator_id"].map(fleet.operators["operator_size"])
    )
    found = table_outcomes(
        table, models=electric_models(defaults=own), country=country, year=year, defaults=own
    )
    access = _access(found.physical, found.vehicles, exempt_days, own)
    options = make_options(found.physical, found.vehicles, access=access, defaults=own)
    known = (
        load_products(product_set, defaults=own) if products is None
        else read_products(products, defaults=own)
    )  # fmt: skip
    offered = {
        name: product for name, product in known.items()
        if product.kind in ("cash", "loan", "lease", "battery_service", "pay_as_you_go")
    }  # fmt: skip
    parts = {}
    for name, product in offered.items():
        said = affordability(options, [product], defaults=own)
        grants = least_of("grant", options, [product], defaults=own)
        parts[name] = pd.DataFrame({
            "able": said["able"], "willing": said["willing"], "reason": said["reason"],
            "smallest_grant": grants["value"], "why_no_grant": grants["reason"],
            "outlay": said["outlay"], "outlay_today": said["outlay_today"],
        })  # fmt: skip
    offers = pd.concat(parts, names=["product"]).reorder_levels([1, 2, 0]).sort_index()
    shown = ["annual_km", "pm25_exhaust_g", "bc_exhaust_g", "nox_exhaust_g", "co2e_wtw_g",
             "probability"]  # fmt: skip
    costs = switching(options.cases).join(options.physical[shown])
    trucks: dict[str, OneTruck] = {}
    if len(table) <= _FEW:
        packages: dict[str, list[Product]] = {name: [one] for name, one in offered.items()}
        for vehicle in table.index:
            trucks[str(vehicle)] = one_truck(
                options, packages, vehicle_id=str(vehicle), months=months, defaults=own
            )
    return VehicleCosts(options, costs, offers, trucks, own, country)


def _access(
    physical: pd.DataFrame, vehicles: pd.DataFrame, days: float | None, defaults: Defaults
) -> pd.Series | None:
    from geofleet.config import ExemptionConfig
    from geofleet.planned import access_of

    if days is None and not vehicles.get("hologram", pd.Series(dtype=object)).notna().any():
        return None
    return access_of(physical, vehicles, ExemptionConfig(whole_days=days), defaults=defaults)


def write_vehicle_costs(costs: VehicleCosts, folder: Path) -> list[Path]:
    """Write the tables to a folder, replaced as a whole.

    Raises
    ------
    InputError
        Something else stands in the folder.
    """
    from geofleet.economics.options import explain_case

    check_costs_output(folder)
    with new_folder(folder) as work:
        tables = {"costs": costs.costs, "offers": costs.offers}
        if costs.trucks:
            parts = {case: explain_case(costs.options, *case) for case in costs.options.cases.index}
            explained = pd.concat(parts, names=["vehicle_id", "option"]).droplevel(-1)
            tables["explained"] = explained
        for name, table in tables.items():
            table.to_csv(work / f"{name}.csv", lineterminator="\n")
        for name, vehicle in _sheet_names(costs.trucks).items():
            sheet = costs.trucks[vehicle].sheet
            sheet.to_csv(work / f"{name}.csv", lineterminator="\n")
            tables["months"] = sheet
        columns = column_table(tables, currency=costs.options.currency, of="costs")
        columns.to_csv(work / "columns.csv", lineterminator="\n")
        write_json(work / "report.json", _report(costs))
        names = sorted(path.name for path in work.iterdir())
    return [folder / name for name in names]


def _sheet_names(vehicles: Iterable[str]) -> dict[str, str]:
    """Return the vehicle of each sheet: names that files can bear, each once."""
    found: dict[str, str] = {}
    used: set[str] = set()
    for vehicle in vehicles:
        plain = "months-" + re.sub(r"[^\w-]", "_", vehicle)
        name, number = plain, 1
        while name.casefold() in used:  # some disks do not tell capitals from small letters
            number += 1
            name = f"{plain}-{number}"
        used.add(name.casefold())
        found[name] = vehicle
    return found


def _report(costs: VehicleCosts) -> dict[str, Any]:
    used = sorted({*costs.options.provenance, *costs.defaults.used})
    return {
        "currency": costs.options.currency,
        "currency_note": costs.note,
        "price_year": costs.options.price_year,
        "assumed": dict(costs.options.assumed),
        "unknown": dict(costs.options.report.get("unknown", {})),
        "defaults": costs.defaults.describe(used).to_dict("records"),
    }


def check_costs_output(folder: Path) -> None:
    """Refuse a folder whose replacement would destroy something else.

    Raises
    ------
    InputError
        A file is there, or anything that is no result of this command.
    """
    check_result_folder(folder, _ENTRIES, mark="report.json")
