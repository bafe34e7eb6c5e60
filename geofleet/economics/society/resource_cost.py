"""What an option costs in real resources: no taxes, no grants, no loans."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.economics.ledger import ledger_totals
from geofleet.economics.ledger.model import check_cases
from geofleet.economics.options.model import KEEP
from geofleet.economics.society.model import (
    FUELS,
    SocialTerms,
    against_keep,
    annuity,
    check_options,
)
from geofleet.errors import InputError, Problem

if TYPE_CHECKING:
    from geofleet.economics.options.model import Options

__all__ = ["fuel_of", "resource_cases", "social_cost"]

Floats = npt.NDArray[np.float64]

_TRANSFERS = (
    "duty", "purchase_tax", "grant", "loan", "loan_rate", "loan_years", "charges_per_year",
    "vehicle_tax_per_year", "income_tax_rate", "depreciation_years",
)  # fmt: skip
_ELECTRIC, _GAS, _PETROL = "electric", "cng", ("gasoline", "petrol")


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
    tax = {fuel: sum(terms.fuel_tax[fuel]) for fuel in FUELS}
    share = pd.Series(fuel_of(options)).map(tax).to_numpy(np.float64)
    cases["energy_per_year"] = cases["energy_per_year"].to_numpy() * (1.0 - share)
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
