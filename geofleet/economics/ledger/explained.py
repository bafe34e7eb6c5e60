"""One ledger year by year, item by item, worked out by another way than the totals of many."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy_financial
import pandas as pd

from geofleet.economics.ledger.model import ITEMS, check_cases
from geofleet.errors import InputError, Problem

__all__ = ["Ledger", "ledger"]

_MONTHS = 12
_GROWING = {
    "energy": "energy_growth", "maintenance": "maintenance_growth", "fluid": None, "filter": None,
    "tyres": None, "downtime": None, "payload_loss": None, "charges": None, "vehicle_tax": None,
}  # fmt: skip
_BY_MONTH = (
    "instalments", "fee", "energy", "fluid", "filter", "tyres", "maintenance", "insurance",
    "downtime", "payload_loss", "access", "charges", "vehicle_tax",
)  # fmt: skip
_UNTAXED = ("instalments", "residual", "income_tax")


@dataclass(frozen=True)
class Ledger:
    """What a vehicle with a technology costs its operator, explained.

    Parameters
    ----------
    case
        The numbers it is made of, as in ``CASE_SCHEMA``.
    table
        Years 0 to N (rows) × ``ITEMS`` (columns): nominal money, costs above zero.
    loan
        Years 1 to N: ``owed`` at the start of the year, ``interest``, ``principal``.
    write_off
        Years 1 to N: what the tax office lets be written off.
    currency, price_year
        Of all amounts, where they were given.
    """

    case: pd.Series
    table: pd.DataFrame
    loan: pd.DataFrame
    write_off: pd.Series
    currency: str | None = None
    price_year: int | None = None

    @property
    def flow(self) -> pd.Series:
        """What each year costs."""
        return self.table.sum(axis=1, skipna=False).rename("flow")

    @property
    def discounted(self) -> pd.DataFrame:
        """``table`` in money of today."""
        rate = float(self.case["discount_rate"])
        years = self.table.index.to_numpy(np.float64)
        return self.table.mul((1.0 + rate) ** -years, axis=0)

    @property
    def present(self) -> pd.Series:
        """Present cost of each item."""
        rate = float(self.case["discount_rate"])
        return pd.Series(
            {name: _net_present(rate, self.table[name]) for name in self.table.columns},
            name="present",
        )

    @property
    def cumulative(self) -> pd.Series:
        """Present cost of all years up to each."""
        each_year = self.discounted.sum(axis=1, skipna=False)
        return each_year.cumsum(skipna=False).rename("cumulative")

    @property
    def work(self) -> pd.DataFrame:
        """``km`` and ``tonne_km`` of each year."""
        years = self.table.index
        moved = {name: float(self.case[f"{name}_per_year"]) for name in ("km", "tonne_km")}
        frame = pd.DataFrame(moved, index=years)
        frame.loc[0] = 0.0
        return frame

    @cached_property
    def cash(self) -> pd.DataFrame:
        """Months 1 to 12 × what is paid by the month, with ``total`` and what is ``owed`` after.

        The loan is paid by months; running costs are a twelfth of those of the first year. A new
        battery, what the vehicle fetches and income tax are not paid by the month.
        """
        months = pd.RangeIndex(1, _MONTHS + 1, name="month")
        cash = pd.DataFrame(0.0, index=months, columns=list(_BY_MONTH))
        for name in _BY_MONTH[1:]:
            cash[name] = self.table[name].iloc[1] / _MONTHS
        rate, payments = self._by_month
        payment = _instalment(float(self.case["loan"]), rate, payments)
        cash["instalments"] = payment
        owed = [_owed(payment, rate, payments - month) for month in months]
        cash["total"] = cash[list(_BY_MONTH)].sum(axis=1, skipna=False)
        cash["owed"] = owed
        return cash

    @property
    def _by_month(self) -> tuple[float, float]:
        rate = float(self.case["loan_rate"])
        return (1.0 + rate) ** (1.0 / _MONTHS) - 1.0, _MONTHS * float(self.case["loan_years"])

    @property
    def totals(self) -> pd.Series:
        """The columns of :func:`geofleet.economics.ledger.ledger_totals`."""
        rate = float(self.case["discount_rate"])
        present = _net_present(rate, self.flow)
        work = {name: _net_present(rate, self.work[name]) for name in ("km", "tonne_km")}
        return pd.Series(
            {
                "upfront": self.flow.iloc[0],
                "month_one": self.cash["total"].iloc[0],
                "present_cost": present,
                "undiscounted_cost": self.flow.sum(skipna=False),
                "present_km": work["km"],
                "present_tonne_km": work["tonne_km"],
                "cost_per_km": present / work["km"] if work["km"] > 0.0 else np.nan,
                "cost_per_tonne_km": (
                    present / work["tonne_km"] if work["tonne_km"] > 0.0 else np.nan
                ),
            },
            name=self.case.name,
        )


def ledger(
    cases: pd.DataFrame,
    case: Hashable,
    *,
    currency: str | None = None,
    price_year: int | None = None,
) -> Ledger:
    """Return the ledger of one case, year by year and item by item.

    Parameters
    ----------
    cases
        As for :func:`geofleet.economics.ledger.ledger_totals`.
    case
        Its label in the index.
    currency, price_year
        Of the amounts; carried along.

    Raises
    ------
    InputError
        No such case, or several; numbers out of their limits.

    Notes
    -----
    Nothing here is shared with the totals of many cases: sums go over a table, and loans and
    present values through numpy-financial. The two must agree to a part in 10⁹.
    """
    at = cases.index.get_indexer_for(pd.Index([case], tupleize_cols=False))
    if isinstance(cases.index, pd.MultiIndex):
        at = np.flatnonzero(np.fromiter((label == case for label in cases.index), np.bool_))
    if len(at) != 1 or at[0] < 0:
        expected = "the label of one case" if len(at) < 2 else "a label that stands once"
        raise InputError([Problem("ledger cases", "index", 0, str(case), expected)])
    row = check_cases(cases.iloc[at]).iloc[0]
    years = pd.RangeIndex(int(row["years"]) + 1, name="year")
    table = pd.DataFrame(0.0, index=years, columns=list(ITEMS))
    _today(table, row)
    loan = _repay(table, row)
    _run(table, row)
    write_off = _tax(table, row, loan)
    return Ledger(row, table, loan, write_off, currency, price_year)


def _today(table: pd.DataFrame, row: pd.Series) -> None:
    for name in ("price", "duty", "purchase_tax", "charger"):
        table.loc[0, name] = row[name]
    for name in ("grant", "trade_in", "loan"):
        table.loc[0, name] = 0.0 - row[name]


def _repay(table: pd.DataFrame, row: pd.Series) -> pd.DataFrame:
    """Enter the instalments, and return what is owed and what of each is interest."""
    years = table.index[1:]
    loan = pd.DataFrame(0.0, index=years, columns=["owed", "interest", "principal"])
    if row["loan"] == 0.0:
        return loan
    rate, term = float(row["loan_rate"]), float(row["loan_years"])
    payment = _instalment(float(row["loan"]), rate, term)
    for year in years:
        if year > term:
            continue
        owed = _owed(payment, rate, term - year + 1)
        paid = payment
        if year == years[-1]:
            paid += _owed(payment, rate, term - year)
        table.loc[year, "instalments"] = paid
        loan.loc[year] = [owed, owed * rate, paid - owed * rate]
    return loan


def _run(table: pd.DataFrame, row: pd.Series) -> None:
    """Enter what is paid at the end of each year."""
    after = table.index[1:]
    since = after.to_numpy(np.float64) - 1.0
    prices = (1.0 + row["inflation"]) ** since
    for item, growth in _GROWING.items():
        own = 1.0 if growth is None else (1.0 + row[growth]) ** since
        table.loc[after, item] = row[f"{item}_per_year"] * prices * own
    table.loc[after, "access"] = 0.0 - row["access_per_year"] * prices
    if row["fee_years"] != 0.0:
        paid = np.where(after > row["fee_years"], 0.0, row["fee_per_year"])
        table.loc[after, "fee"] = np.nan if np.isnan(row["fee_years"]) else paid
    if row["battery_year"] != 0.0:
        bought = np.where(after == row["battery_year"], row["battery_price"], 0.0)
        table.loc[after, "battery"] = np.nan if np.isnan(row["battery_year"]) else bought
    worth = row["value"] * (1.0 - row["value_decline"]) ** since
    table.loc[after, "insurance"] = row["insurance_share"] * worth
    table.loc[after[-1], "residual"] = -row["value"] * (1.0 - row["value_decline"]) ** len(after)


def _tax(table: pd.DataFrame, row: pd.Series, loan: pd.DataFrame) -> pd.Series:
    """Enter income tax, and return what is written off in each year."""
    after = table.index[1:]
    rate, term = float(row["income_tax_rate"]), float(row["depreciation_years"])
    bought = ["price", "duty", "purchase_tax", "charger", "grant"]
    basis = float(table.loc[0, bought].to_numpy(np.float64).sum())
    written_off = pd.Series(0.0, index=after, name="write_off")
    if rate == 0.0:
        return written_off
    if np.isnan(term):
        written_off[:] = np.nan
    elif term > 0.0:
        written_off[after <= term] = basis / term
    running = table.loc[after].drop(columns=list(_UNTAXED)).sum(axis=1, skipna=False)
    taxed = -(running + loan["interest"] + written_off)
    taxed.iloc[-1] += -table["residual"].iloc[-1] - (basis - written_off.sum(skipna=False))
    table.loc[after, "income_tax"] = rate * taxed
    return written_off


def _instalment(loan: float, rate: float, payments: float) -> float:
    """Return the equal payment whose present values come to the loan."""
    if loan == 0.0:
        return 0.0
    if np.isnan(payments):
        return float("nan")
    return loan / _net_present(rate, np.r_[0.0, np.ones(int(payments))])


def _owed(payment: float, rate: float, payments: float) -> float:
    """Return what is still owed when so many payments are left."""
    if payment == 0.0:
        return 0.0
    if np.isnan(payments):
        return float("nan")
    return _net_present(rate, np.r_[0.0, np.full(max(int(payments), 0), payment)])


def _net_present(rate: float, flows: object) -> float:
    return float(numpy_financial.npv(rate, np.asarray(flows, np.float64)))
