"""The smallest grant, interest subsidy, guarantee, term or support that makes an operator buy."""

from __future__ import annotations

import datetime
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.economics.finance.application import PUBLIC, Offer, offer
from geofleet.economics.finance.arithmetic import Arranged, Deal, Lever
from geofleet.economics.finance.liquidity import ABLE, WILLING, Verdict, verdict
from geofleet.economics.finance.model import Product
from geofleet.economics.finance.rows import Rows
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

__all__ = ["LEVERS", "smallest", "smallest_of"]

LEVERS = ("grant", "rate", "guarantee", "term", "support")
"""What can be asked for: money, points off the rate, share of a loss covered, years, money a
month."""

_AIMS = {"able": ABLE, "willing": WILLING, "both": (*ABLE, *WILLING)}
_LEVER = {"grant": "grant", "rate": "rate_cut", "guarantee": "cover", "term": "term_years",
          "support": "support"}  # fmt: skip
_MONTHS = 12.0
_BISECTED = ("grant", "rate", "support")
_SCAN = 32

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Kind = TypeVar("Kind", Yardsticks, Today)


@dataclass(frozen=True)
class _Case:
    """What is needed to try a lever: cases, limits, and going on as today."""

    made: Offer
    yard: Yardsticks
    today: Today
    lever: str
    aim: tuple[str, ...]

    def take(self, rows: Ints) -> _Case:
        """Return some of the cases."""
        made, deal, yard, today = self.made, self.made.deal, self.yard, self.today
        part: Deal = replace(
            deal,
            numbers={key: values[rows] for key, values in deal.numbers.items()},
            battery_price=deal.battery_price[rows],
            battery_energy_wh=deal.battery_energy_wh[rows],
            nothing_bought=deal.nothing_bought[rows],
            partner_amount=deal.partner_amount[rows],
            partner_worth=deal.partner_worth[rows],
        )
        attributes: Rows = made.rows
        few = replace(
            made,
            rows=attributes,
            columns={name: values[rows] for name, values in made.columns.items()},
            deal=part,
            eligible=made.eligible[rows],
            reason=made.reason[rows],
            partner=made.partner[rows],
        )
        return replace(
            self,
            made=few,
            yard=_taken(yard, rows),
            today=_taken(today, rows),
        )

    def tried(self, values: Floats) -> tuple[Verdict, Arranged]:
        """Return the verdict with so much of the lever."""
        name = _LEVER[self.lever]
        done = self.made.arranged(Lever(**{name: values}))
        return verdict(done, self.yard, self.today), done

    def holds(self, values: Floats) -> Flags:
        """Whether what is aimed at holds with so much of the lever."""
        return self.tried(values)[0].passes(self.aim)


def _taken(of: Kind, rows: Ints) -> Kind:
    """Return the arrays of some of the cases; what is one for all stays."""
    arrays: dict[str, Any] = {
        name: value[rows] for name, value in vars(of).items() if isinstance(value, np.ndarray)
    }
    return replace(of, **arrays)


def smallest(
    lever: str,
    cases: pd.DataFrame | Options,
    products: Product | Sequence[Product],
    *,
    vehicles: pd.DataFrame | None = None,
    physical: pd.DataFrame | None = None,
    aim: str = "both",
    margins: pd.Series | float | None = None,
    date: datetime.date | None = None,
    currency: str | None = None,
    defaults: Defaults | None = None,
) -> pd.DataFrame:
    """Return the smallest grant, rate cut, guarantee, term or support that makes operators buy.

    Parameters
    ----------
    lever
        ``grant``: money beside the products; ``rate``: points off the loan's rate, which the
        treasury pays; ``guarantee``: cover of the guarantee among the products, on which rate and
        down payment depend; ``term``: years of the loan; ``support``: money a month of all years,
        at prices of the first one: upkeep that is paid, or what recovered days must be worth
        besides.
    cases, products, vehicles, physical, margins, date, currency, defaults
        As for :func:`geofleet.economics.finance.affordability`; ``rate``, ``guarantee``
        and ``term`` need a loan among the products.
    aim
        ``able``, ``willing`` or ``both``.

    Returns
    -------
    DataFrame
        Same index. ``value`` (money, points, share, years, money a month; 0 where nothing is
        needed, NaN where nothing helps), ``reason`` (why there is none), ``holds`` and
        ``holds_below`` (checked at the answer, and at one step below it), ``short_per_month``
        (what a month lacks at the answer, or with the most that is tried where there is none: 0
        where it passes), ``rate`` and ``term_years`` of the loan at the answer, ``lever_cost``
        (present cost of the lever), ``public_cost`` of all products and the lever.

    Raises
    ------
    InputError
        A lever or aim that does not exist, products without what the lever works on; as
        :func:`geofleet.economics.finance.affordability`.

    Notes
    -----
    A larger grant, cut of the rate or support never does harm, so that bisection between none and
    all finds the smallest to within a step (rows ``finance:smallest``); both ends are tried. No
    grant is larger than what is bought: where the vehicle given away still costs more by the month
    than it brings, none helps, and ``support`` says what would. A
    guarantee that lowers the down payment raises instalments: covers are first tried in steps of
    the most cover over 32, and the first of them that holds is narrowed down. Terms are tried one
    by one.
    """
    given = unpack(cases, vehicles, physical, currency)
    scope = (defaults or Defaults()).scope()
    made = offer(
        given.cases, products, vehicles=given.vehicles, physical=given.physical, date=date,
        currency=given.currency, defaults=scope,
    )  # fmt: skip
    _check(lever, aim, made)
    case = _Case(made, read_yardsticks(made, margins, scope), today_of(made), lever, _AIMS[aim])
    return smallest_of(case, scope)


def smallest_of(case: _Case, defaults: Defaults) -> pd.DataFrame:
    """Return the smallest of one lever; see :func:`smallest`."""
    step, most = _steps(case, defaults)
    size = len(case.made.eligible)
    count = np.full(size, np.nan)
    asked = np.flatnonzero(case.made.eligible == "yes")
    part = case.take(asked)
    if case.lever in _BISECTED:
        count[asked] = _bisected(part, step, np.floor(most[asked] / step))
    elif case.lever == "term":
        count[asked] = _first(part, np.arange(1.0, most[0] + 1.0) if size else np.zeros(0))
    else:
        count[asked] = _scanned(part, step, most[0] if size else 0.0)
    return _table(case, count, step, most)


def _check(lever: str, aim: str, made: Offer) -> None:
    problems = []
    for name, value, known in (("lever", lever, LEVERS), ("aim", aim, tuple(_AIMS))):
        if value not in known:
            problems.append(Problem("smallest", name, 0, value, "one of " + ", ".join(known)))
    if lever in ("rate", "guarantee", "term") and made.deal.credit != "loan":
        problems.append(Problem("smallest", "products", 0, lever, "a loan among the products"))
    if lever == "guarantee" and made.deal.of("guarantee") is None:
        expected = "a guarantee among the products"
        problems.append(Problem("smallest", "products", 0, lever, expected))
    if problems:
        raise InputError(problems)


def _steps(case: _Case, defaults: Defaults) -> tuple[float, Floats]:
    """Return the step of the lever, and the most of it that is tried in each case."""
    rows = CheckedRows(defaults)
    c = case.made.columns

    def number(row: str, low: float, high: float) -> float:
        expected = f"a number above {low:g} and at most {high:g}"
        return rows.number("finance", row, low, high, expected, above=True)

    if case.lever in ("grant", "support"):
        step = number("smallest.money_step", 0.0, 1e6)
        most = c["price"] + c["duty"] + c["purchase_tax"] + c["charger"]
        if case.lever == "support":
            # every month the price of all that is bought, and all that a year costs
            month = month_of(c)
            most = most + (month["energy"] + month["upkeep"]) * _MONTHS
    elif case.lever == "rate":
        step = number("smallest.share_step", 0.0, 0.1)
        credit = case.made.deal.of("credit")
        assert credit is not None
        # beyond the rate itself a cut changes nothing; a step more for the rounding
        most = case.made.deal.number(credit, "rate", 0.0) + step
    elif case.lever == "guarantee":
        step = number("smallest.share_step", 0.0, 0.1)
        most = np.full(len(c["price"]), number("guarantee.cover_max", 0.0, 1.0))
    else:
        step = 1.0
        longest = number("smallest.term_max", 0.0, 60.0)
        most = np.full(len(c["price"]), math.floor(np.nan_to_num(longest)))
    rows.finish()
    return step, most


def _bisected(case: _Case, step: float, most: Floats) -> Floats:
    """Return the smallest number of steps from 0 to the most that holds; NaN where none does."""
    found = np.where(case.holds(np.zeros(len(most))), 0.0, np.nan)
    # what cannot be counted is no end to start from; the last step is the whole of what is bought
    last = np.nan_to_num(most) + 1.0
    open_rows = np.flatnonzero(np.isnan(found))
    part = case.take(open_rows)
    reached = part.holds(last[open_rows] * step)
    open_rows = open_rows[reached]
    found[open_rows] = _narrowed(
        case.take(open_rows), step, np.zeros(len(open_rows)), last[open_rows]
    )
    return found


def _narrowed(case: _Case, step: float, low: Floats, high: Floats) -> Floats:
    """Halve between a number of steps that does not hold and one that does."""
    low, high = low.copy(), high.copy()
    while len(low) and np.max(high - low) > 1.0:
        middle = np.floor(0.5 * (low + high))
        holds = case.holds(middle * step)
        wide = high - low > 1.0
        high = np.where(wide & holds, middle, high)
        low = np.where(wide & ~holds, middle, low)
    return high


def _first(case: _Case, values: Floats) -> Floats:
    """Return the first of several values that holds."""
    found = np.full(len(case.made.eligible), np.nan)
    for value in values:
        left = np.flatnonzero(np.isnan(found))
        if not len(left):
            break
        holds = case.take(left).holds(np.full(len(left), value))
        found[left[holds]] = value
    return found


def _scanned(case: _Case, step: float, most: float) -> Floats:
    """Return the smallest number of steps in the first stretch of a scan in which it holds."""
    total = math.floor(most / step)
    grid = np.unique(np.floor(np.linspace(0.0, total, _SCAN + 1)))
    found = _first(case, grid * step)
    place = np.searchsorted(grid * step, found)
    inside = np.flatnonzero(~np.isnan(found) & (place > 0))
    found = np.where(np.isnan(found), np.nan, grid[np.minimum(place, len(grid) - 1)])
    low, high = grid[place[inside] - 1], grid[place[inside]]
    found[inside] = _narrowed(case.take(inside), step, low, high)
    return found


def _table(case: _Case, count: Floats, step: float, most: Floats) -> pd.DataFrame:
    """Check the answers, and say what they cost and why there is none."""
    made = case.made
    none = np.isnan(count)
    value = count * step
    yes = made.eligible == "yes"
    filled = np.where(none, np.nan_to_num(most), value)
    found, done = case.tried(filled)
    lowest = 1.0 if case.lever == "term" else 0.0
    below = np.where(count > lowest, np.maximum(count - 1.0, lowest) * step, filled)
    holds = found.passes(case.aim) & ~none
    holds_below = case.holds(below) & ~none & (count > lowest)
    reason = np.where(yes, "", made.reason).astype(object)
    unknown = np.logical_or.reduce([np.isnan(found.rooms[test]) for test in case.aim])
    reason[none & yes & unknown] = "not known: a figure that it depends on"
    for test in case.aim:
        failed = found.fails((test,)) & none & (reason == "")
        reason[failed] = f"the most that is tried does not help: {test}"
    reason[none & (reason == "")] = "the most that is tried does not help"
    size = len(count)
    kept = ~none

    def shown(values: Floats) -> Floats:
        return np.where(kept, values, np.nan)

    payer = {one.product_id: one.payer for one in made.deal.products}
    public = np.zeros(size)
    for name, paid in done.paid.items():
        if payer.get(name, "treasury") in PUBLIC:
            public = public + paid
    guarantee = made.deal.of("guarantee")
    cost = done.paid.get("lever", np.zeros(size))
    if case.lever == "guarantee" and guarantee is not None:
        cost = done.paid[guarantee.product_id]
    loan = done.columns["loan_rate"]
    return pd.DataFrame(
        {
            "value": value, "reason": reason, "holds": holds, "holds_below": holds_below,
            "short_per_month": np.where(yes, np.maximum(-found.rooms["liquidity"], 0.0), np.nan),
            "rate": shown(np.where(done.columns["loan"] > 0.0, loan, np.nan)),
            "term_years": shown(done.extra.get("term_years", np.full(size, np.nan))),
            "lever_cost": shown(cost), "public_cost": shown(public),
        },
        index=made.rows.index,
    )  # fmt: skip
