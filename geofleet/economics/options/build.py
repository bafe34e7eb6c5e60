"""Fill the ledger cases of every vehicle with every option."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults, read_table
from geofleet.economics.ledger.model import new_cases
from geofleet.economics.options.cells import Cells, make_cells
from geofleet.economics.options.charging import Charging, charging
from geofleet.economics.options.model import Options
from geofleet.economics.options.purchase import Purchase, model_table, purchase
from geofleet.economics.options.running import (
    annual_km,
    fuel_money,
    running,
    vat_not_credited,
)
from geofleet.economics.options.terms import Terms, economic_terms
from geofleet.errors import Problem

__all__ = ["make_options"]

_ECON = "economics"
Floats = npt.NDArray[np.float64]


def make_options(
    physical: pd.DataFrame,
    vehicles: pd.DataFrame,
    *,
    terms: Terms | None = None,
    access: pd.Series | None = None,
    charges: pd.Series | None = None,
    defaults: Defaults | None = None,
) -> Options:
    """Return what each vehicle can be or become, with all money that its operator pays or gets.

    Parameters
    ----------
    physical
        Indexed (``vehicle_id``, ``option``), columns ``PHYSICAL``; every vehicle has ``keep``.
        ``grid_wh``, ``charger_kind``, ``charger_power_w``, ``plug_share``, ``assembly_country``
        and ``charging_hours_lost`` (working hours of a year lost to charging) are used where
        they are there.
    vehicles
        Indexed by ``vehicle_id``: ``vehicle_class, fuel, model_year`` of the fleet table,
        ``operator_size``; where known ``gvw_kg``, ``payload_capacity_kg``, ``depot_id``,
        ``charging_hours`` (``22-6``), ``payload_needed_kg`` (largest load),
        ``mean_payload_kg``, ``days_per_year``.
    terms
        ``economic_terms(defaults)`` when not given.
    access
        Worth of days and hours won, money of a year, by (``vehicle_id``, ``option``); 0 where it
        has no row.
    charges
        Fines and charges beyond verification fees, likewise.
    defaults
        Where prices are read.

    Returns
    -------
    Options
        ``report`` has ``unknown`` (cells that no row knows, counted by what is missing) and what
        ``explain_case`` needs; an unknown cell is NaN. ``physical`` gains ``make``,
        ``assembly_country``, ``charger_kind``, ``charger_power_w``, ``plug_share`` and
        ``fuel_vat_credited`` (value added tax of fuel that the operator gets back and that is not
        in ``energy_per_year``).

    Raises
    ------
    InputError
        Every fault of the tables and of the default rows; prices that are not in the currency of
        account.
    """
    scope = (defaults or Defaults()).scope()
    given = terms or economic_terms(scope)
    cells = make_cells(physical, vehicles, given, scope)
    models = model_table(cells)
    bought = purchase(cells, models)
    charged = charging(cells)
    km = annual_km(cells)
    taxed = ["purchase_tax", "energy_per_year", "fluid_per_year", "filter_per_year",
             "maintenance_per_year", "tyres_per_year"]  # fmt: skip
    before, pump = vat_not_credited(cells, taxed)
    fuel = fuel_money(cells)
    yearly = running(cells, km, bought.value, before)
    extra = _aligned(charges, cells)
    yearly["charges_per_year"] = yearly["charges_per_year"] + extra
    if access is None:
        cells.assume("no value of access: none was given", np.ones(len(km), bool))
    year, battery = _battery(cells, bought)
    cases = new_cases(
        physical.index,
        years=np.full(len(km), given.horizon_years),
        discount_rate=_by_size(cells, given),
        inflation=np.full(len(km), given.inflation),
        price=bought.price,
        duty=bought.duty,
        purchase_tax=(before - 1.0) * (bought.price + bought.duty + charged.charger),
        charger=charged.charger,
        trade_in=bought.trade_in,
        energy_per_year=fuel * pump + charged.electricity * before,
        energy_growth=cells.lookup("energy_growth", "engine", _ECON, "energy_growth.{}", 1.0),
        value=bought.value,
        value_decline=bought.value_decline,
        access_per_year=_aligned(access, cells),
        battery_price=battery,
        battery_year=year,
        income_tax_rate=cells.lookup("income_tax_rate", "operator_size", _ECON,
                                     "income_tax_rate.{}", 1.0),
        depreciation_years=np.full(
            len(km), cells.number("depreciation_years", _ECON, "depreciation_years", 60.0)
        ),
        km_per_year=km,
        **yearly,
    )  # fmt: skip
    _check_currency(cells)
    cells.rows.finish()
    _report_unknown(cells, cases)
    told = _physical(cells, models, charged, fuel * (1.0 - pump))
    return _options(cells, cases, told, charged)


def _options(
    cells: Cells, cases: pd.DataFrame, physical: pd.DataFrame, charged: Charging
) -> Options:
    terms = cells.terms
    for column, row in (("years", "horizon_years"), ("inflation", "inflation")):
        cells.note(column, [f"{_ECON}:{row}"])
    for size in terms.discount_rate:
        rows = [f"{_ECON}:discount_rate.{size}"]
        cells.note("discount_rate", rows, operator_size=size)
    sources = cells.origins.by_column()
    used = sorted({*cells.defaults.used, *terms.provenance})
    own = cells.vehicles["fuel"].astype(str).to_numpy(object)[cells.vehicle]
    keys = {"hours": charged.hours, "charger_kind": charged.kind, "own_fuel": own}
    return Options(
        cases=cases,
        physical=physical,
        vehicles=cells.vehicles,
        currency=terms.currency,
        price_year=terms.price_year,
        sources=sources,
        assumed=dict(cells.assumed),
        report={
            "terms": terms,
            "unknown": dict(cells.unknown),
            "origins": cells.origins,
            "keys": (cells.names, cells.codes, keys),
            "rows": cells.defaults.describe(used).set_index("row"),
        },
        provenance=tuple(used),
    )


def _by_size(cells: Cells, terms: Terms) -> Floats:
    return cells.by("operator_size", lambda name: terms.discount_rate[name])


def _aligned(values: pd.Series | None, cells: Cells) -> Floats:
    """Return values in the order of the cells: 0 where there is no row, NaN where unknown."""
    size = len(cells.vehicle)
    if values is None:
        return np.zeros(size)
    place = values.index.get_indexer(cells.physical.index)
    found = values.to_numpy(np.float64)
    return np.where(place >= 0, found[place], 0.0) if len(found) else np.zeros(size)


def _battery(cells: Cells, bought: Purchase) -> tuple[Floats, Floats]:
    """Return year and price of a new battery, none where the ledger ends with the old one.

    A battery bought at the very end would be paid for and never used.
    """
    columns = ["battery_price", "battery_year"]
    life = cells.number(columns, "mends", "battery_life", 60.0, match={"engine": "electric"})
    price = cells.number(columns, "mends", "battery_price", match={"engine": "electric"})
    fall = cells.number(columns, _ECON, "battery_price_decline", 1.0, match={"engine": "electric"})
    last = 0 if math.isnan(life) else round(life)
    electric = cells.codes["engine"] == cells.names["engine"].index("electric")
    age = np.where(cells.new, 0.0, cells.age)
    due = last - np.minimum(age, last - 1) if last > 0 else np.zeros(len(age))
    used = electric & (due > 0) & (due < cells.terms.horizon_years)
    growth = (1.0 + cells.terms.inflation) * (1.0 - fall)
    year = np.where(used, due, 0.0)
    return year, np.where(used, bought.battery_kwh * price * growth**year, 0.0)


def _physical(
    cells: Cells, models: pd.DataFrame, charged: Charging, credited: Floats
) -> pd.DataFrame:
    """Return the physics with what is known of models and chargers."""
    out = cells.physical.copy()
    electric = cells.is_technology("electric")
    names = np.array([*cells.names["model_id"], ""], dtype=object)[cells.codes["model_id"]]
    for column in ("make", "assembly_country"):
        table = models[column].to_dict() if len(models) else {}
        found = np.array([table.get(name, "") for name in cells.names["model_id"]] + [""], object)
        own = found[cells.codes["model_id"]]
        told = out[column].astype(object) if column in out.columns else None
        if told is not None:
            own = np.where(told.notna() & (told != "") & ~electric, told, own)
        out[column] = own
    out["model_id"] = names
    out["charger_kind"] = charged.kind
    out["charger_power_w"] = charged.power_w
    out["plug_share"] = charged.plug_share
    out["fuel_vat_credited"] = credited
    return out


def _check_currency(cells: Cells) -> None:
    """Name the prices that are still in the currency of the tables where the study has another.

    A price of the user is taken to be in the currency of account.
    """
    terms = cells.terms
    home = str(read_table(_ECON).loc["currency", "value"])
    if terms.currency == home:
        return
    used = cells.defaults.describe(sorted({*cells.defaults.used, *terms.provenance}))
    foreign = used["unit"].astype(str).str.startswith(home) & (used["status"] != "user")
    cells.rows.problems += [
        Problem("default rows", row, 0, str(value), f"a price in {terms.currency}, not in {home}")
        for row, value in used.loc[foreign, ["row", "value"]].itertuples(index=False)
    ]


def _report_unknown(cells: Cells, cases: pd.DataFrame) -> None:
    """Count the cells of each column that stay unknown."""
    for column in cases.columns:
        cells.miss(column, np.isnan(cases[column].to_numpy()))
