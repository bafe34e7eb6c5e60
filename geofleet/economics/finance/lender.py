"""The lender's view: instalment, cover, loan to value, break-even distance, bad years."""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.economics.finance.application import Offer, offer
from geofleet.economics.finance.arithmetic import Arranged, annuity, present_of_one
from geofleet.economics.finance.model import Product
from geofleet.economics.finance.tables import unpack
from geofleet.economics.finance.yardsticks import (
    Today,
    Yardsticks,
    month_of,
    read_yardsticks,
    today_of,
)
from geofleet.economics.options import Options
from geofleet.errors import InputError, Problem

__all__ = ["lender_sheet", "stress", "stress_scenarios"]

_BY_KM = (
    "energy_per_year", "fluid_per_year", "tyres_per_year", "maintenance_per_year",
    "downtime_per_year", "payload_loss_per_year",
)  # fmt: skip
_MONTHS = 12.0
_CHANGES = ("km", "energy", "default")

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class _Book:
    """Cases with products, their limits, and going on as today."""

    made: Offer
    done: Arranged
    yard: Yardsticks
    today: Today

    @property
    def earnings(self) -> Floats:
        """Return what the truck earns in a month before energy and upkeep, its driver paid."""
        return self.today.running * (1.0 + self.yard.surplus_share)


def _book(
    cases: pd.DataFrame | Options,
    products: Product | Sequence[Product],
    vehicles: pd.DataFrame | None,
    physical: pd.DataFrame | None,
    margins: pd.Series | float | None,
    date: datetime.date | None,
    currency: str | None,
    scope: Defaults,
) -> _Book:
    given = unpack(cases, vehicles, physical, currency)
    made = offer(
        given.cases, products, vehicles=given.vehicles, physical=given.physical, date=date,
        currency=given.currency, defaults=scope,
    )  # fmt: skip
    return _Book(made, made.arranged(), read_yardsticks(made, margins, scope), today_of(made))


def lender_sheet(
    cases: pd.DataFrame | Options,
    products: Product | Sequence[Product],
    *,
    vehicles: pd.DataFrame | None = None,
    physical: pd.DataFrame | None = None,
    margins: pd.Series | float | None = None,
    date: datetime.date | None = None,
    currency: str | None = None,
    defaults: Defaults | None = None,
) -> pd.DataFrame:
    """Return what a lender or lessor asks about each case.

    Parameters
    ----------
    cases, products, vehicles, physical, margins, date, currency, defaults
        As for :func:`geofleet.economics.finance.affordability`.

    Returns
    -------
    DataFrame
        Same index. ``eligible``; ``loan``, ``rate``, ``term_years``; ``instalment_per_month`` and
        ``instalment_per_year`` of the loan; ``fee_per_month``; ``cover`` (cash for debt service
        over instalment and fee) and ``cover_min``; ``km_per_day`` today and
        ``break_even_km_per_day`` (at which the cash just serves the debt; infinite where a
        kilometre more brings nothing); ``default_rate`` and ``expected_loss`` of the loan without
        any guarantee, ``expected_loss_stressed``; ``loan_to_value_0``, ``_1``…: what is owed at the
        end of each year over what the vehicle is worth then. All of it unknown where the products
        cannot be had for certain.
    """
    scope = (defaults or Defaults()).scope()
    book = _book(cases, products, vehicles, physical, margins, date, currency, scope)
    rows = CheckedRows(scope)
    days = rows.number("mends", "working_days", 1.0, 366.0, "days from 1 to 366")
    times = rows.number("finance", "stress.default", 0.0, 1000.0, "a number of at least 0")
    rows.finish()
    c = book.done.columns
    month = month_of(c)
    loan = c["loan"]
    lent = loan > 0.0
    rate, term = np.where(lent, c["loan_rate"], np.nan), np.where(lent, c["loan_years"], np.nan)
    yearly = loan * annuity(rate, term)
    service = month["instalment"] + month["fee"]
    recovered = month["access"] - book.today.access + book.yard.margin
    cash = book.earnings + recovered - month["energy"] - month["upkeep"]
    with np.errstate(divide="ignore", invalid="ignore"):
        cover = np.where(service == 0.0, np.nan, cash / service)
    found = {
        "loan": loan, "rate": rate, "term_years": term,
        "instalment_per_month": month["instalment"],
        "instalment_per_year": np.where(lent, yearly, 0.0 * loan),
        "fee_per_month": month["fee"], "cover": cover,
        "cover_min": np.full(len(loan), book.yard.cover_min),
        "km_per_day": c["km_per_year"] / days,
        "break_even_km_per_day": _break_even(book, service, recovered, days),
        "default_rate": book.yard.default_rate,
    }  # fmt: skip
    loss = _expected_loss(book)
    found |= {
        "expected_loss": loss * book.yard.default_rate,
        "expected_loss_stressed": loss * np.minimum(book.yard.default_rate * times, 1.0),
    }
    worth = c["value"]
    for year in range(int(np.nanmax(term, initial=0.0)) + 1):
        left = np.maximum(term - year, 0.0)
        owed = yearly * present_of_one(rate, left)
        with np.errstate(divide="ignore", invalid="ignore"):
            found[f"loan_to_value_{year}"] = np.where(worth > 0.0, owed / worth, np.nan)
        worth = worth * (1.0 - c["value_decline"])
    table = pd.DataFrame(found, index=book.made.rows.index)
    table[book.made.eligible != "yes"] = np.nan
    table.insert(0, "eligible", book.made.eligible)
    return table


def _break_even(book: _Book, service: Floats, recovered: Floats, days: float) -> Floats:
    """Return km per working day at which earnings just pay running costs and debt service."""
    c = book.done.columns
    by_km = np.sum([c[name] for name in _BY_KM], axis=0) / _MONTHS
    month = month_of(c)
    fixed = month["energy"] + month["upkeep"] - by_km
    need = np.maximum(service + fixed - recovered, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        # of a truck that does not drive nobody can tell what a kilometre brings
        driven = np.where(c["km_per_year"] > 0.0, c["km_per_year"], np.nan)
        per_km = (book.earnings - by_km) / (driven / _MONTHS)
        km = np.where(per_km > 0.0, need / per_km, np.where(np.isnan(per_km), np.nan, np.inf))
    found: Floats = km * _MONTHS / days
    return found


def _expected_loss(book: _Book) -> Floats:
    """Return loss given default times what is owed on average over the term's years.

    A loan fails in each of its years alike, with what is owed at the start of the year.
    """
    c = book.done.columns
    rate, term = c["loan_rate"], c["loan_years"]
    lent = c["loan"] > 0.0
    payment = np.where(lent, c["loan"], np.nan) * annuity(rate, np.where(lent, term, np.nan))
    owed = np.zeros(len(term))
    for year in range(1, int(np.nanmax(term, initial=0.0)) + 1):
        here = payment * present_of_one(rate, term - year + 1.0)
        owed += np.where(year <= term, here, 0.0)
    return np.where(lent, owed / np.where(lent, term, 1.0) * book.yard.loss_share, 0.0)


def stress_scenarios(defaults: Defaults | None = None) -> dict[str, dict[str, float]]:
    """Return the bad years of the default rows: ``km``, ``energy``, ``default``, and ``all``."""
    rows = CheckedRows(defaults or Defaults())
    km = rows.number("finance", "stress.km", -1.0, 10.0, "a relative change from -1 to 10")
    expected = "a relative change from -1 to 100"
    energy = rows.number("finance", "stress.energy", -1.0, 100.0, expected)
    default = rows.number("finance", "stress.default", 0.0, 1000.0, "a number of at least 0")
    rows.finish()
    return {
        "usual": {},
        "km": {"km": km},
        "energy": {"energy": energy},
        "default": {"default": default},
        "all": {"km": km, "energy": energy, "default": default},
    }


def stress(
    cases: pd.DataFrame | Options,
    products: Product | Sequence[Product],
    *,
    scenarios: Mapping[str, Mapping[str, float]] | None = None,
    vehicles: pd.DataFrame | None = None,
    physical: pd.DataFrame | None = None,
    margins: pd.Series | float | None = None,
    date: datetime.date | None = None,
    currency: str | None = None,
    defaults: Defaults | None = None,
) -> pd.DataFrame:
    """Return a month's cash and the lender's loss in bad years.

    Parameters
    ----------
    cases, products, vehicles, physical, margins, date, currency, defaults
        As for :func:`geofleet.economics.finance.affordability`.
    scenarios
        By name: ``km`` and ``energy`` (relative changes of distance and of the price of energy),
        ``default`` (times the usual share of loans that fail); :func:`stress_scenarios` without it.

    Returns
    -------
    DataFrame
        Index of the cases and ``scenario``: ``month_cash`` (earnings and recovered margin less all
        that is paid in a month of the first year), ``cover``, ``expected_loss`` of the loan,
        ``serves`` (yes, no, unknown: whether the cash pays instalment and fee). Going on as today
        is there too, with no products. Earnings go with distance; what they are per km does not
        change.

    Raises
    ------
    InputError
        Changes that do not exist or are below -1; as
        :func:`geofleet.economics.finance.affordability`.
    """
    scope = (defaults or Defaults()).scope()
    chosen = stress_scenarios(scope) if scenarios is None else scenarios
    _check(chosen)
    book = _book(cases, products, vehicles, physical, margins, date, currency, scope)
    c = book.done.columns
    loss = _expected_loss(book)
    known = (book.made.eligible == "yes") | book.made.rows.is_keep
    parts = {}
    for name, change in chosen.items():
        km, energy = 1.0 + change.get("km", 0.0), 1.0 + change.get("energy", 0.0)
        bad = dict(c)
        for column in _BY_KM:
            bad[column] = c[column] * km
        bad["energy_per_year"] = bad["energy_per_year"] * energy
        month = month_of(bad)
        service = month["instalment"] + month["fee"]
        recovered = month["access"] - book.today.access + book.yard.margin
        cash = book.earnings * km + recovered - month["energy"] - month["upkeep"]
        cash = np.where(known, cash, np.nan)
        with np.errstate(divide="ignore", invalid="ignore"):
            cover = np.where(service == 0.0, np.nan, cash / service)
        left = cash - service
        fails = np.minimum(book.yard.default_rate * change.get("default", 1.0), 1.0)
        parts[name] = pd.DataFrame(
            {
                "month_cash": left,
                "cover": cover,
                "expected_loss": np.where(known, loss * fails, np.nan),
                "serves": np.where(np.isnan(left), "unknown", np.where(left >= 0.0, "yes", "no")),
            },
            index=book.made.rows.index,
        )
    whole = pd.concat(parts, names=["scenario"])
    whole = whole.reorder_levels(["vehicle_id", "option", "scenario"])
    # the scenarios of each case together, cases in their order
    return whole.take(np.arange(len(whole)).reshape(len(parts), -1).T.ravel())


def _check(scenarios: Mapping[str, Mapping[str, float]]) -> None:
    problems = []
    for name, change in scenarios.items():
        for what, value in change.items():
            if what not in _CHANGES:
                expected = "changes of " + ", ".join(_CHANGES)
                problems.append(Problem("stress", name, 0, what, expected))
                continue
            low = 0.0 if what == "default" else -1.0
            if not low <= value < math.inf:
                expected = f"a number of at least {low:g}"
                problems.append(Problem("stress", f"{name}.{what}", 0, f"{value:g}", expected))
    if problems:
        raise InputError(problems)
