"""The monthly cash flow of one case: what is paid in which month, item by item."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
import numpy_financial
import pandas as pd

from geofleet.economics.ledger import ITEMS, ledger
from geofleet.errors import InputError, Problem

__all__ = ["CashFlow", "cash_flow"]

_MONTHS = 12
_TODAY = ("price", "duty", "purchase_tax", "charger", "grant", "trade_in", "loan")
_AT_YEAR_END = ("battery", "residual", "income_tax")


@dataclass(frozen=True)
class CashFlow:
    """What one case costs month by month.

    Parameters
    ----------
    table
        Months 0 (today) to the last, one column per item of the ledger, ``total`` and
        ``cumulative``; money paid counts above zero.
    owed
        Of the loan after each month.
    yearly
        The ledger's years that the months cover.
    loan_rate
        Effective, of a year.
    """

    table: pd.DataFrame
    owed: pd.Series
    yearly: pd.DataFrame
    loan_rate: float

    def by_year(self) -> pd.DataFrame:
        """Return the months of each whole year added up, to be held against the ledger.

        Instalments are first carried to the end of their year at the loan's rate: twelve monthly
        ones that have the same effective rate come to the yearly one there. All other items add up
        as they are.
        """
        months = self.table.index.to_numpy()
        year = -(-months // _MONTHS)
        carried = self.table[list(ITEMS)].copy()
        ahead = (year * _MONTHS - months) / _MONTHS
        carried["instalments"] *= (1.0 + self.loan_rate) ** ahead
        summed = carried.groupby(year).sum()
        summed.index.name = "year"
        return summed.loc[: months[-1] // _MONTHS]


def cash_flow(cases: pd.DataFrame, case: Hashable, months: int = 60) -> CashFlow:
    """Return the monthly cash flow of one case.

    Running costs and fees are paid in twelve equal parts of their year, the loan in equal monthly
    instalments of the same effective rate, a new battery, income tax and what the vehicle is worth
    at the end in the last month of their year. What is still owed after the last year is paid in
    its last month.

    Parameters
    ----------
    cases
        Ledger cases, with finance products in them where there are any.
    case
        Its label in the index.
    months
        From 1 to the months of the ledger.

    Raises
    ------
    InputError
        No such case, months that the ledger does not have.
    """
    yearly = ledger(cases, case).table
    years = len(yearly) - 1
    if not 1 <= months <= years * _MONTHS or months != int(months):
        expected = f"a whole number from 1 to {years * _MONTHS}, the months of the ledger"
        raise InputError([Problem("cash_flow", "months", 0, str(months), expected)])
    months = int(months)
    position = [label == case for label in cases.index].index(True)
    row = cases.iloc[position].reindex(["loan", "loan_rate", "loan_years"]).fillna(0.0)
    rate = float(row["loan_rate"])
    table = pd.DataFrame(0.0, index=pd.RangeIndex(months + 1, name="month"), columns=list(ITEMS))
    table.loc[0, list(_TODAY)] = yearly.loc[0, list(_TODAY)]
    month = np.arange(1, months + 1)
    year = -(-month // _MONTHS)
    last = month % _MONTHS == 0
    for item in ITEMS:
        if item in _TODAY or item == "instalments":
            continue
        paid = yearly[item].to_numpy()[year]
        table.loc[1:, item] = np.where(last, paid, 0.0) if item in _AT_YEAR_END else paid / _MONTHS
    owed = _repaid(table, float(row["loan"]), rate, int(row["loan_years"]) * _MONTHS,
                   years * _MONTHS)  # fmt: skip
    table["total"] = table[list(ITEMS)].sum(axis=1, skipna=False)
    table["cumulative"] = table["total"].cumsum()
    return CashFlow(table, owed, yearly.loc[: -(-months // _MONTHS)], rate)


def _repaid(table: pd.DataFrame, loan: float, rate: float, term: int, end: int) -> pd.Series:
    """Enter the instalments, and return what is owed after each month."""
    month = table.index.to_numpy()
    owed = np.zeros(len(month))
    if loan > 0.0:
        step = (1.0 + rate) ** (1.0 / _MONTHS) - 1.0
        payment = -float(numpy_financial.pmt(step, term, loan))
        left = np.maximum(term - month, 0)
        owed = -numpy_financial.pv(step, left, payment) if step else payment * left
        owed = np.where(left == 0, 0.0, owed)
        paid = np.where((month >= 1) & (month <= term), payment, 0.0)
        if end <= month[-1]:
            paid[end] += owed[end]
            owed[end:] = 0.0
        table["instalments"] = paid
    return pd.Series(owed, index=table.index, name="owed")
