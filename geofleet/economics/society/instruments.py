"""Public money for a vehicle, as a grant, cheaper interest or a guarantee."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.economics.ledger import break_even, check_cases, ledger_totals, new_cases, switching
from geofleet.economics.options.model import KEEP
from geofleet.economics.society.model import SocialTerms
from geofleet.errors import InputError, Problem

if TYPE_CHECKING:
    from geofleet.economics.options.model import Options

__all__ = ["Instrument", "cheaper_interest", "from_cases", "grant_share", "guarantee",
           "needed_grant", "usual_grant"]  # fmt: skip


@dataclass(frozen=True)
class Instrument:
    """What is offered to each vehicle for each option, and what it changes.

    Parameters
    ----------
    name
        To show.
    public_cost
        Present public money for one vehicle that takes it up; rows of keeping are zero.
    gain_without, gain_with
        Present gain of switching to the operator.
    private
        What the operator puts in today or borrows: price, duty, taxes and charger less the grant
        and what the old vehicle fetches; nothing where these are more.
    """

    name: str
    public_cost: pd.Series
    gain_without: pd.Series
    gain_with: pd.Series
    private: pd.Series


def from_cases(
    name: str, options: Options, cases: pd.DataFrame, public_cost: pd.Series
) -> Instrument:
    """Return the instrument that makes one table of ledger cases of another.

    Parameters
    ----------
    cases
        With the instrument, the rows of ``options.cases``, as finance products make them.
    public_cost
        Present public money for each row.

    Raises
    ------
    InputError
        Other rows; public money below zero.
    """
    index = options.cases.index
    problems = []
    if not cases.index.equals(index):
        problems.append(Problem(name, "cases", expected="the rows of options.cases"))
    cost = public_cost.reindex(index)
    cost[index.get_level_values("option") == KEEP] = 0.0
    if (cost < 0.0).any():
        problems.append(Problem(name, "public_cost", 0, f"{cost.min():g}", "at least 0"))
    if problems:
        raise InputError(problems)
    checked = check_cases(cases)
    # a grant takes the place of the operator's money, a loan does not
    own = checked[["price", "duty", "purchase_tax", "charger"]].sum(axis=1, skipna=False)
    own = own - checked["grant"] - checked["trade_in"]
    return Instrument(
        name,
        cost.rename("public_cost"),
        switching(options.cases, returns=False)["npv"],
        switching(cases, returns=False)["npv"],
        own.clip(lower=0.0).rename("private"),
    )


def needed_grant(options: Options, *, name: str = "needed grant") -> Instrument:
    """Return the smallest grant that makes each option worth while, in whole money of account.

    Zero where it is worth while with none; NaN where no grant up to all that is paid today is
    enough. Money already granted in the cases is part of it.

    Raises
    ------
    InputError
        Faults of the cases.
    """
    cases = check_cases(options.cases).copy()
    return _measured(name, options, cases, np.zeros(len(cases)), _paid_today(cases))


def usual_grant(
    options: Options, *, name: str = "usual grant", defaults: Defaults | None = None
) -> Instrument:
    """Return a grant that an office could print: what an option falls short by, never a few pesos.

    At least a share of the price (row ``finance:bono.share``), more where the operator needs more
    to come out even, up to all that is paid today. For technologies of row
    ``society:grant.upkeep``, which bring the operator nothing, it pays the upkeep too, and goes
    beyond what is paid today. NaN where that is not enough, or not known. Money already granted in
    the cases is part of it.

    Raises
    ------
    InputError
        Faults of the cases and of the rows.
    """
    used = (defaults or Defaults()).scope()
    rows = CheckedRows(used)
    share = rows.number("finance", "bono.share", 0.0, 1.0, "a share from 0 to 1")
    rows.finish()
    upkeep = used.text("society", "grant.upkeep").replace(";", " ").split()
    cases = check_cases(options.cases).copy()
    whole = options.physical["technology"].isin(upkeep).to_numpy()
    most = np.where(whole, np.inf, _paid_today(cases))
    least = np.ceil(share * cases["price"].to_numpy(np.float64) - 1e-6)
    return _measured(name, options, cases, least, most)


def _paid_today(cases: pd.DataFrame) -> npt.NDArray[np.float64]:
    names = ["price", "duty", "purchase_tax", "charger"]
    return cases[names].sum(axis=1, skipna=False).to_numpy(np.float64)


def _measured(
    name: str, options: Options, cases: pd.DataFrame, least: npt.NDArray[np.float64],
    most: npt.NDArray[np.float64],
) -> Instrument:  # fmt: skip
    """Return the grant that closes each gap, from ``least`` to ``most``, in whole money."""
    gap = np.ceil(np.maximum(break_even(cases, "grant").to_numpy(np.float64), 0.0) - 1e-6)
    need = pd.Series(np.maximum(gap, least), cases.index)
    need = need.where(need.to_numpy() <= most)
    need[cases.index.get_level_values("option") == KEEP] = 0.0
    cases["grant"] = need
    # a break-even that is whole but for rounding may leave a gain just below zero
    need = need + (switching(cases, returns=False)["npv"] < 0.0)
    cases["grant"] = need
    return from_cases(name, _without_grant(options), cases, need)


def grant_share(options: Options, share: float, *, name: str = "") -> Instrument:
    """Return a grant of a share of the price (0.165: the bonus of NAFIN and KfW).

    Raises
    ------
    InputError
        A share that is none; faults of the cases.
    """
    if not 0.0 <= share <= 1.0:
        raise InputError([Problem("grant", "share", 0, f"{share:g}", "a share from 0 to 1")])
    cases = check_cases(options.cases).copy()
    money = cases["price"] * share
    money[cases.index.get_level_values("option") == KEEP] = 0.0
    cases["grant"] = money
    return from_cases(name or f"grant of {share:.3g} of the price", _without_grant(options), cases,
                      money)  # fmt: skip


def cheaper_interest(
    options: Options, points: float, *, terms: SocialTerms, name: str = ""
) -> Instrument:
    """Return a lower rate of the loans in the cases, the treasury paying the difference.

    Its present cost is that of the instalments it pays, at the real social rate on top of
    inflation. Cases without a loan get nothing.

    Parameters
    ----------
    points
        Taken off the rate: 0.04 is four points. No rate falls below zero.

    Raises
    ------
    InputError
        Points below zero; faults of the cases.
    """
    if not points >= 0.0:
        raise InputError([Problem("interest", "points", 0, f"{points:g}", "at least 0")])
    cases = check_cases(options.cases).copy()
    cases["loan_rate"] = np.maximum(cases["loan_rate"] - points, 0.0)
    cost = _loan_cost(options.cases, terms) - _loan_cost(cases, terms)
    # the same instalments, but for rounding
    return from_cases(name or f"interest less {points:.3g}", options, cases, cost.clip(lower=0.0))


def guarantee(
    options: Options, *, points: float, covered: float, defaulted: float, name: str = ""
) -> Instrument:
    """Return a guarantee: banks lend cheaper, the treasury pays a part of what is not repaid.

    Parameters
    ----------
    points
        By which banks lower the rate of the loans in the cases.
    covered
        Part of a loss that the guarantee pays.
    defaulted
        Expected loss over the life of a loan, as a share of what is lent.

    Raises
    ------
    InputError
        Numbers out of their limits; faults of the cases.
    """
    given = {"points": points, "covered": covered, "defaulted": defaulted}
    problems = [
        Problem("guarantee", key, 0, f"{value:g}", "from 0 to 1")
        for key, value in given.items() if not 0.0 <= value <= 1.0
    ]  # fmt: skip
    if problems:
        raise InputError(problems)
    cases = check_cases(options.cases).copy()
    cases["loan_rate"] = np.maximum(cases["loan_rate"] - points, 0.0)
    cost = cases["loan"] * covered * defaulted
    return from_cases(name or f"guarantee of {covered:.3g}", options, cases, cost)


def _without_grant(options: Options) -> Options:
    return replace(options, cases=options.cases.assign(grant=0.0))


def _loan_cost(cases: pd.DataFrame, terms: SocialTerms) -> pd.Series:
    """Return the present cost of the loans alone at the social rate."""
    checked = check_cases(cases)
    growth = checked["inflation"].to_numpy()
    names = ("years", "inflation", "loan", "loan_rate", "loan_years")
    alone = new_cases(
        checked.index, discount_rate=(1.0 + terms.discount_rate) * (1.0 + growth) - 1.0,
        **{name: checked[name] for name in names},
    )  # fmt: skip
    return ledger_totals(alone)["present_cost"]
