"""What an option costs in real resources: no taxes, no grants, no loans."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.economics.ledger import ledger_totals
from geofleet.economics.ledger.model import check_cases
from geofleet.economics.options.model import KEEP
from geofleet.economics.society.model import (
    SocialTerms,
    against_keep,
    annuity,
    check_options,
)
from geofleet.errors import InputError, Problem

if TYPE_CHECKING:
    from geofleet.economics.options.model import Options

__all__ = ["EnergyTaxes", "energy_taxes", "fuel_of", "resource_cases", "social_cost"]

Floats = npt.NDArray[np.float64]

_TRANSFERS = (
    "duty", "purchase_tax", "grant", "loan", "loan_rate", "loan_years", "charges_per_year",
    "vehicle_tax_per_year", "income_tax_rate", "depreciation_years",
)  # fmt: skip
_BOUGHT = ("fluid_per_year", "filter_per_year", "tyres_per_year", "maintenance_per_year")
_NET = "fuel_vat_credited"
_ELECTRIC, _GAS = "electric", "cng"


def fuel_of(options: Options) -> npt.NDArray[np.object_]:
    """Return diesel, cng or electricity of each row, by technology, fuel and what it uses.

    A vehicle that is kept, or gets a filter, burns what its row of ``vehicles`` says; diesel where
    there is no column ``fuel``.
    """
    physical = options.physical
    technology = physical["technology"].astype(str).to_numpy(object)
    found = np.full(len(physical), "diesel", dtype=object)
    if "fuel" in options.vehicles.columns:
        own = options.vehicles["fuel"].astype(str)
        named = own.reindex(physical.index.get_level_values(0)).to_numpy(object)
        stays = np.isin(technology, (KEEP, "dpf_retrofit"))
        found[stays & (named == _GAS)] = "cng"
        found[stays & (named == _ELECTRIC)] = "electricity"
    found[technology == _GAS] = "cng"
    found[technology == _ELECTRIC] = "electricity"
    return found


@dataclass(frozen=True, slots=True)
class EnergyTaxes:
    """Taxes in the energy bill of a year of each row, money at first-year prices.

    Parameters
    ----------
    excise, vat
        In ``energy_per_year`` of the cases.
    lost
        Value added tax that the treasury keeps: what operators do not take off their own.
    """

    excise: Floats
    vat: Floats
    lost: Floats


def energy_taxes(options: Options, terms: SocialTerms) -> EnergyTaxes:
    """Return the taxes that are in the energy bills of the cases.

    Where ``physical`` has ``fuel_vat_credited``, as :func:`geofleet.economics.options.make_options`
    makes it, the bills are net of the value added tax that is credited, and electricity holds what
    is not. Elsewhere bills of fuel are taken as paid at the pump with all taxes, and those of
    electricity as before tax.
    """
    fuel = fuel_of(options)
    bill = options.cases["energy_per_year"].to_numpy(np.float64)
    electric = fuel == "electricity"
    part = terms.vat / (1.0 + terms.vat)
    credited = _credited(options, terms)
    if _NET in options.physical.columns:
        back = options.physical[_NET].to_numpy(np.float64)
        pump = bill + back
        # prices before tax hold none but what is not credited, which was added to them
        vat = part * pump - back if terms.vat_inside else 0.0 - back
        pump = pump if terms.vat_inside else pump * (1.0 + terms.vat)
        added = terms.vat * (1.0 - credited)
        vat = np.where(electric, bill * added / (1.0 + added), vat)
        lost = vat
    else:
        pump = bill
        vat = np.where(electric, 0.0, part * pump)
        lost = vat * (1.0 - credited)
    share = pd.Series(fuel).map(terms.excise).to_numpy(np.float64)
    return EnergyTaxes(share * pump, vat, lost)


def _credited(options: Options, terms: SocialTerms) -> Floats:
    """Return the part of value added tax that the operator of each row takes off its own."""
    parts = np.fromiter(terms.vat_credited.values(), np.float64)
    if "operator_size" not in options.vehicles.columns:
        # without sizes it is known only where all sizes credit alike
        alike = parts[0] if (parts == parts[0]).all() else np.nan
        return np.full(len(options.cases), alike)
    size = options.vehicles["operator_size"].reindex(options.cases.index.get_level_values(0))
    return np.asarray(size.astype(object).map(terms.vat_credited).to_numpy(np.float64))


def resource_cases(options: Options, terms: SocialTerms) -> pd.DataFrame:
    """Return ledger cases as society pays for them.

    Taxes, duty, grants, fines and fees are money that changes hands and go out; so do loans. Fuel
    is without its taxes. Insurance stays: it pays for damage. The old vehicle that is traded in is
    worth to its next owner what it fetches. The value of access stays by
    ``terms.access_counts``. The rate is ``terms.discount_rate`` on top of the inflation of
    the case, so that present values are in money of today at the real rate.

    Raises
    ------
    InputError
        Fees of a lease or of a service (they hide what the vehicle costs): pass cases as they are
        before finance products; faults of the cases.
    """
    check_options(options)
    cases = check_cases(options.cases).copy()
    fee = cases["fee_per_year"].to_numpy() != 0.0
    if fee.any():
        row = str(cases.index[int(np.flatnonzero(fee)[0])])
        expected = "cases before finance products: a fee hides what a vehicle costs society"
        raise InputError([Problem(f"ledger case {row}", "fee_per_year", expected=expected)])
    cases[list(_TRANSFERS)] = 0.0
    taxes = energy_taxes(options, terms)
    cases["energy_per_year"] = cases["energy_per_year"].to_numpy() - taxes.excise - taxes.vat
    if _NET in options.physical.columns:
        added = 1.0 + terms.vat * (1.0 - _credited(options, terms))
        for name in _BOUGHT:
            cases[name] = cases[name].to_numpy() / added
    cases["access_per_year"] = cases["access_per_year"].to_numpy() * terms.access_counts
    growth = cases["inflation"].to_numpy()
    cases["discount_rate"] = (1.0 + terms.discount_rate) * (1.0 + growth) - 1.0
    return cases


def social_cost(options: Options, terms: SocialTerms) -> pd.DataFrame:
    """Return what each option costs society more than keeping the vehicle.

    Returns
    -------
    pandas.DataFrame
        Indexed as the cases: ``years``, ``present_cost``, ``present_investment`` (paid today),
        ``present_running`` (all later, with what is left at the end), ``annual_cost`` (present
        cost over the annuity of 1 a year at the real rate). In money of today; unknown is NaN.

    Raises
    ------
    InputError
        As :func:`resource_cases`; a vehicle whose options have other horizons than keeping it.
    """
    cases = resource_cases(options, terms)
    totals = ledger_totals(cases)
    years = cases["years"].to_numpy()
    if np.any(against_keep(cases[["years"]]).to_numpy()):
        expected = "the same number of years for all options of a vehicle"
        raise InputError([Problem("ledger cases", "years", expected=expected)])
    present = against_keep(totals[["present_cost", "upfront"]])
    cost, today = (present[name].to_numpy() for name in ("present_cost", "upfront"))
    return pd.DataFrame(
        {
            "years": years,
            "present_cost": cost,
            "present_investment": today,
            "present_running": cost - today,
            "annual_cost": cost / annuity(terms.discount_rate, years),
        },
        index=cases.index,
    )
