"""What an option costs when it is taken later: the vehicle of today is kept until then."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.economics.ledger import check_cases, ledger_totals
from geofleet.economics.options import KEEP

__all__ = ["Prices", "keep_of", "plan_prices", "postponed_cases", "present_costs", "price_factor"]

Floats = npt.NDArray[np.float64]

_BOUGHT = ("price", "duty", "purchase_tax", "grant", "loan", "fee_per_year")
_YEARLY = (
    "fluid_per_year", "filter_per_year", "tyres_per_year", "downtime_per_year",
    "payload_loss_per_year", "access_per_year", "charges_per_year", "vehicle_tax_per_year",
)  # fmt: skip
_RETROFIT = "dpf_retrofit"


@dataclass(frozen=True)
class Prices:
    """How prices move over the years of a plan.

    Parameters
    ----------
    inflation
        Of the Options' cases is used where they have one; this is that of chargers and budgets.
    trend
        Growth beyond inflation of what each technology costs to buy, per year.
    battery_decline
        Fall of the price of batteries beyond inflation, per year.
    rate
        Effective and nominal rate for all; None: each operator's own.
    """

    inflation: float
    trend: dict[str, float]
    battery_decline: float
    rate: float | None


def plan_prices(defaults: Defaults, *, discounting: str | None = None) -> Prices:
    """Read how prices move.

    Parameters
    ----------
    defaults
        Tables ``economics``, ``society`` and ``plan``.
    discounting
        ``social`` or ``own``; default row ``plan:discounting``.

    Raises
    ------
    InputError
        Every row out of its limits.
    """
    rows = CheckedRows(defaults)
    inflation = rows.number("economics", "inflation", -0.5, 1.0, "a rate from -0.5 to 1")
    decline = rows.number("economics", "battery_price_decline", -0.5, 0.9, "a rate below 0.9")
    share = rows.number("plan", "battery_share_of_price.electric", 0.0, 1.0, "a share from 0 to 1")
    real = rows.number("society", "discount_rate", 0.0, 1.0, "a rate from 0 to 1")
    word = discounting or rows.choice("plan", "discounting", ("social", "own"))
    rows.finish()
    social = (1.0 + real) * (1.0 + inflation) - 1.0
    return Prices(
        inflation=inflation,
        trend={"electric": -share * decline},
        battery_decline=decline,
        rate=None if word == "own" else social,
    )


def price_factor(
    cases: pd.DataFrame, technology: npt.NDArray[np.object_], year: int, prices: Prices
) -> Floats:
    """Return what a purchase costs in a year over what it costs today, in money of each day."""
    real = np.array([prices.trend.get(str(name), 0.0) for name in technology])
    grown: Floats = ((1.0 + cases["inflation"].to_numpy(np.float64)) * (1.0 + real)) ** year
    return grown


def postponed_cases(
    cases: pd.DataFrame,
    keep: pd.DataFrame,
    technology: npt.NDArray[np.object_],
    *,
    year: int,
    years: int,
    prices: Prices,
) -> pd.DataFrame:
    """Return the ledger cases of options that are taken in a later year.

    Purchase, grant, loan and fee follow the price of the technology, so that a grant stays the same
    share; yearly costs follow inflation and their own growth. A retrofit finds a vehicle that has
    grown older and a new vehicle is traded in for one that has.

    Parameters
    ----------
    cases
        Checked cases of today (:func:`geofleet.economics.ledger.check_cases`).
    keep
        Checked case of each one's vehicle as it is, in the same order.
    technology
        Of each case.
    year, years
        When, and the end of the plan: the ledger runs over the years between.
    prices
        How prices move.
    """
    later = cases.copy()
    level = (1.0 + cases["inflation"].to_numpy(np.float64)) ** year
    bought = price_factor(cases, technology, year, prices)
    for name in _BOUGHT:
        later[name] = cases[name] * bought
    for name in _YEARLY:
        later[name] = cases[name] * level
    later["charger"] = cases["charger"] * level
    later["energy_per_year"] = cases["energy_per_year"] * (
        level * (1.0 + cases["energy_growth"]) ** year
    )
    older = np.array([str(name) == _RETROFIT for name in technology])
    aged = np.where(older, (1.0 + cases["maintenance_growth"].to_numpy()) ** year, 1.0)
    later["maintenance_per_year"] = cases["maintenance_per_year"] * level * aged
    worn = (1.0 - cases["value_decline"].to_numpy()) ** year
    later["value"] = cases["value"] * np.where(older, worn, bought)
    old = (1.0 - keep["value_decline"].to_numpy()) ** year
    later["trade_in"] = cases["trade_in"] * old
    cheaper = (1.0 - prices.battery_decline) ** year
    later["battery_price"] = cases["battery_price"] * level * cheaper
    later["years"] = float(years - year)
    return later


def present_costs(
    cases: pd.DataFrame,
    keep: pd.DataFrame,
    technology: npt.NDArray[np.object_],
    *,
    years: int,
    prices: Prices,
) -> Floats:
    """Return the present cost of taking each option in each year, against keeping to the end.

    Parameters
    ----------
    cases, keep, technology, prices
        As for :func:`postponed_cases`.
    years
        Of the plan.

    Returns
    -------
    array
        (cases, years). Until it is taken the vehicle costs what it costs as it is; when it is taken
        nothing is got for the old one but the trade-in of the option.
    """
    if prices.rate is not None:
        # of all concerned, lenders are some: what borrowers pay beyond the loan they get
        cases = cases.assign(discount_rate=prices.rate, loan=0.0)
        keep = keep.assign(discount_rate=prices.rate)
    discount = 1.0 / (1.0 + cases["discount_rate"].to_numpy(np.float64))
    to_the_end = _total(keep.assign(years=float(years)))
    found = np.empty((len(cases), years))
    for year in range(years):
        later = postponed_cases(cases, keep, technology, year=year, years=years, prices=prices)
        until = _kept_until(keep, year, discount)
        found[:, year] = until + discount**year * _total(later) - to_the_end
    return found


def _kept_until(keep: pd.DataFrame, year: int, discount: Floats) -> Floats:
    """Cost of keeping for so many years, and not being paid the vehicle's value at their end."""
    if year == 0:
        return np.zeros(len(keep))
    worth = keep["value"] * (1.0 - keep["value_decline"]) ** year
    got = worth.to_numpy() * (1.0 - keep["income_tax_rate"].to_numpy())
    return _total(keep.assign(years=float(year))) + got * discount**year


def _total(cases: pd.DataFrame) -> Floats:
    return ledger_totals(check_cases(cases))["present_cost"].to_numpy(np.float64)


def keep_of(cases: pd.DataFrame) -> pd.DataFrame:
    """Return the case of each one's vehicle kept as it is, in the order of the cases."""
    kept = cases[cases.index.get_level_values("option") == KEEP].droplevel("option")
    return kept.loc[cases.index.get_level_values("vehicle_id")].set_axis(cases.index)
