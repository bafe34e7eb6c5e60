"""Who can pay, and who would: liquidity, credit and gain of every case with products."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.economics.finance.application import Offer, offer, terms_of
from geofleet.economics.finance.arithmetic import Arranged
from geofleet.economics.finance.model import Product
from geofleet.economics.finance.tables import unpack
from geofleet.economics.finance.yardsticks import (
    Today,
    Yardsticks,
    as_matrix,
    month_of,
    read_yardsticks,
    today_of,
)
from geofleet.economics.ledger.totals import cost_flows
from geofleet.economics.options import Options
from geofleet.errors import InputError, Problem

__all__ = ["Verdict", "affordability", "explain_affordability", "verdict"]

_ROUNDING = 1e-12

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Verdict:
    """Figures of each case, and the room that each test leaves (cases,).

    Parameters
    ----------
    figures
        By name.
    rooms
        By test; not below zero where the test is passed, NaN where it cannot be told.
    """

    figures: dict[str, Floats]
    rooms: dict[str, Floats]

    def passes(self, tests: Sequence[str]) -> Flags:
        """Whether all of several tests are passed for certain."""
        with np.errstate(invalid="ignore"):
            return np.asarray(np.logical_and.reduce([self.rooms[test] >= 0.0 for test in tests]))

    def fails(self, tests: Sequence[str]) -> Flags:
        """Whether one of several tests is failed for certain."""
        with np.errstate(invalid="ignore"):
            return np.asarray(np.logical_or.reduce([self.rooms[test] < 0.0 for test in tests]))


ABLE = ("upfront", "liquidity", "cover")
WILLING = ("npv", "payback")
_WORDS = {
    "upfront": "more to pay today than cash at hand",
    "liquidity": "a month costs more than today, margin of recovered days included",
    "cover": "a lender asks for more cash over debt service",
    "npv": "no gain over the years",
    "payback": "not paid back in time",
}


def affordability(
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
    """Return which operators can pay for each option with finance products, and which would.

    Parameters
    ----------
    cases, products, vehicles, physical, date, currency
        As for :func:`geofleet.economics.finance.apply_product`; cases may be ``Options``, which
        bring the other tables. Columns ``cash_at_hand``, ``surplus_share`` and ``credit_share`` of
        the vehicles stand in place of the rows by operator size.
    margins
        Money a month gained besides the access that cases know, by case or by vehicle.
    defaults
        Where default rows are read.

    Returns
    -------
    DataFrame
        Same index. ``able``: eligible, ``upfront`` within ``cash_at_hand``, a month of
        ``instalment``, ``fee``, ``energy`` and ``upkeep`` (``outlay``) within that of today
        (``outlay_today``), the ``recovered_margin`` and what larger operators ``spare`` of the
        truck's surplus (``liquidity_room``), and ``cover`` (cash for debt service over debt
        service) enough for a lender. ``willing``: ``npv`` and the
        discounted gain up to ``payback_limit_years`` (``gain_by_limit``) not below zero. ``both``;
        each yes, no or unknown, with ``reason``. ``payback_years``: first year at whose end the sum
        of discounted gains is not below zero after having been; 0 where it never is.
        ``credit_share``: share of those who ask for a loan and get one; 1 without a loan. The terms
        of :class:`geofleet.economics.finance.Financed`.

    Raises
    ------
    InputError
        As :func:`geofleet.economics.finance.apply_product`; options of a vehicle with other years
        or another discount rate than going on as today.

    Notes
    -----
    Test of liquidity: instalment + energy + upkeep ≤ present monthly outlay + recovered-day margin,
    the rule of daily-payment schemes (P4G PayGo e-bikes), for small operators and their banks.
    Larger ones may pay a dearer month out of a share of what the truck leaves (rows
    ``finance:month_share``).
    """
    given = unpack(cases, vehicles, physical, currency)
    scope = (defaults or Defaults()).scope()
    made = offer(
        given.cases, products, vehicles=given.vehicles, physical=given.physical, date=date,
        currency=given.currency, defaults=scope,
    )  # fmt: skip
    yard = read_yardsticks(made, margins, scope)
    done = made.arranged()
    return table_of(made, done, verdict(done, yard, today_of(made)))


def verdict(done: Arranged, yard: Yardsticks, today: Today) -> Verdict:
    """Work out figures and tests of arranged columns."""
    c = done.columns
    totals, flows = cost_flows(as_matrix(c))
    month = month_of(c)
    outlay = month["instalment"] + month["fee"] + month["energy"] + month["upkeep"]
    recovered = month["access"] - today.access + yard.margin
    surplus = today.running * yard.surplus_share
    spare = surplus * yard.month_share
    room = _clean(today.outlay + recovered + spare - outlay, today.outlay + outlay)
    earnings = today.running + surplus
    debt = month["instalment"] + month["fee"]
    cash_for_debt = earnings + recovered - month["energy"] - month["upkeep"]
    with np.errstate(divide="ignore", invalid="ignore"):
        cover = np.where(debt == 0.0, np.nan, cash_for_debt / debt)
    gains = _gains(flows, today.flows, c["discount_rate"])
    term = done.extra.get("term_years", np.full(len(outlay), np.nan))
    limit = np.where(yard.by_term & ~np.isnan(term) & (debt > 0.0), term, yard.payback_years)
    npv, by_limit = gains[:, -1], _at(gains, limit)
    upfront = totals[0]
    figures = {
        "upfront": upfront, "cash_at_hand": yard.cash, **month, "outlay": outlay,
        "outlay_today": today.outlay, "recovered_margin": recovered, "spare": spare,
        "liquidity_room": room,
        "month_cash": earnings + recovered - outlay, "cover": cover,
        "cover_min": np.full(len(outlay), yard.cover_min), "npv": npv,
        "payback_years": _payback(gains, c["years"]), "payback_limit_years": limit,
        "gain_by_limit": by_limit,
        "credit_share": np.where(c["loan"] > 0.0, yard.credit_share, 1.0),
    }  # fmt: skip
    rooms = {
        "upfront": _clean(yard.cash - upfront, np.abs(upfront)),
        "liquidity": room,
        "cover": np.where(debt == 0.0, 0.0, cover - yard.cover_min),
        "npv": npv,
        "payback": by_limit,
    }
    return Verdict(figures, rooms)


def _clean(values: Floats, scale: Floats) -> Floats:
    """Return zero where nothing but rounding is left."""
    return np.where(np.abs(values) <= _ROUNDING * scale, 0.0, values)


def _gains(flows: Floats, today: Floats, rate: Floats) -> Floats:
    """Return the sum of discounted gains up to the end of each year (cases, years + 1)."""
    factor = (1.0 / (1.0 + rate))[:, None] ** np.arange(flows.shape[1])
    gains = np.cumsum((today - flows) * factor, axis=1)
    return _clean(gains, np.cumsum((np.abs(today) + np.abs(flows)) * factor, axis=1))


def _at(gains: Floats, limit: Floats) -> Floats:
    last = gains.shape[1] - 1
    year = np.nan_to_num(np.floor(limit), nan=0.0).clip(0, last).astype(np.int64)
    return np.where(np.isnan(limit), np.nan, gains[np.arange(len(gains)), year])


def _payback(gains: Floats, years: Floats) -> Floats:
    """Return the first year in which gains make up for what was paid; NaN where they never do."""
    below = np.zeros((len(gains), gains.shape[1] + 1), np.bool_)
    below[:, 1:] = gains < 0.0
    within = np.arange(gains.shape[1]) <= years[:, None]
    back = (gains >= 0.0) & below[:, :-1] & within
    first = np.where(back.any(axis=1), back.argmax(axis=1), np.nan)
    never_below = ~below.any(axis=1)
    unknown = np.isnan(gains).any(axis=1)
    return np.where(unknown, np.nan, np.where(never_below, 0.0, first))


def table_of(made: Offer, done: Arranged, found: Verdict) -> pd.DataFrame:
    """Return terms, figures and answers as one table."""
    terms = terms_of(made, done)
    able = _answer(made.eligible, found, ABLE)
    willing = _answer(np.where(made.eligible == "no", "no", "yes"), found, WILLING)
    both = np.where(
        (able == "no") | (willing == "no"),
        "no",
        np.where((able == "yes") & (willing == "yes"), "yes", "unknown"),
    )
    reason = made.reason.copy()
    for test in (*ABLE, *WILLING):
        reason[found.fails((test,)) & (reason == "")] = _WORDS[test]
    for test in (*ABLE, *WILLING):
        reason[np.isnan(found.rooms[test]) & (reason == "")] = f"not known: {test}"
    front = pd.DataFrame(
        {"eligible": made.eligible, "able": able, "willing": willing, "both": both,
         "reason": reason, **found.figures},
        index=made.rows.index, copy=False,
    )  # fmt: skip
    return front.join(terms.drop(columns=["eligible", "reason"]))


def _answer(
    eligible: npt.NDArray[np.object_], found: Verdict, tests: Sequence[str]
) -> npt.NDArray[np.object_]:
    no = (eligible == "no") | found.fails(tests)
    yes = (eligible == "yes") & found.passes(tests)
    return np.where(no, "no", np.where(yes, "yes", "unknown")).astype(object)


def explain_affordability(table: pd.DataFrame, case: tuple[str, str]) -> pd.DataFrame:
    """Return each test of one case: figure, limit, room, whether it is passed, and in words.

    Parameters
    ----------
    table
        From :func:`affordability`.
    case
        Vehicle and option.

    Raises
    ------
    InputError
        No such case.
    """
    if case not in table.index:
        raise InputError([Problem("affordability", "case", 0, str(case), "a case of the table")])
    row = table.loc[[case]].iloc[0]
    tests = [
        ("upfront", row["upfront"], row["cash_at_hand"], -1, "paid today ≤ cash at hand"),
        ("liquidity", row["outlay"],
         row["outlay_today"] + row["recovered_margin"] + row["spare"], -1,
         "instalment + fee + energy + upkeep of a month ≤ the same today + margin of recovered "
         "days + what is spared of the surplus"),
        ("cover", row["cover"], row["cover_min"], 1,
         "earnings less energy and upkeep, over instalment and fee ≥ what a lender asks"),
        ("npv", row["npv"], 0.0, 1, "present gain of all years ≥ 0"),
        ("payback", row["gain_by_limit"], 0.0, 1,
         f"present gain of the first {row['payback_limit_years']:g} years ≥ 0"),
    ]  # fmt: skip
    found = pd.DataFrame(tests, columns=["test", "figure", "limit", "sign", "rule"])
    found["room"] = (found["figure"] - found["limit"]) * found.pop("sign")
    free = (found["test"] == "cover") & (row["instalment"] + row["fee"] == 0.0)
    found["passed"] = np.where(
        free | (found["room"] >= 0.0), "yes", np.where(found["room"].isna(), "unknown", "no")
    )
    rule = "can have the products" if row["eligible"] == "yes" else row["reason"]
    eligible = {"test": "eligible", "rule": rule, "passed": row["eligible"]}
    return pd.concat([pd.DataFrame([eligible]), found], ignore_index=True).set_index("test")
