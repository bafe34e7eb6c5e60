"""What operators and lenders ask of a purchase, by operator size."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.economics.finance.application import Offer
from geofleet.economics.finance.money import in_currency
from geofleet.economics.finance.rows import unread
from geofleet.economics.ledger import CASE_SCHEMA
from geofleet.economics.ledger.totals import cost_flows
from geofleet.errors import InputError, Problem
from geofleet.fleet import operator_sizes

__all__ = ["RUNNING", "Today", "Yardsticks", "as_matrix", "read_yardsticks", "today_of"]

RUNNING = (
    "fluid_per_year", "filter_per_year", "tyres_per_year", "maintenance_per_year",
    "downtime_per_year", "payload_loss_per_year", "charges_per_year", "vehicle_tax_per_year",
)  # fmt: skip
"""Yearly costs besides energy and insurance."""

_TABLE = "finance"
_OWN = {"cash_at_hand": math.inf, "surplus_share": 100.0, "credit_share": 1.0,
        "month_share": 1.0}  # fmt: skip
_MONTHS = 12.0
_SHOWN = 5

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Yardsticks:
    """Limits of each case (cases,); NaN where the operator's size is not known.

    Parameters
    ----------
    cash
        Money that the operator can put down.
    surplus_share
        What the truck leaves after running costs and driver, over its running costs today.
    month_share
        Share of that surplus which a dearer month may take.
    credit_share
        Share of those who ask for a loan and get one.
    payback_years
        Within which a purchase must have paid for itself.
    by_term
        Whether the term of a loan or lease stands in its place.
    default_rate, loss_share
        Of loans.
    cover_min
        Least cash for debt service over debt service.
    margin
        Money a month that the operator gains besides what the cases know.
    """

    cash: Floats
    surplus_share: Floats
    month_share: Floats
    credit_share: Floats
    payback_years: Floats
    by_term: Flags
    default_rate: Floats
    loss_share: float
    cover_min: float
    margin: Floats


@dataclass(frozen=True)
class Today:
    """Going on as today, for each case of the vehicle (cases,); months of the first year.

    Parameters
    ----------
    flows
        What it costs in each year (cases, years + 1).
    running
        Energy and upkeep.
    outlay
        All that is paid, instalments and fees included.
    access
        What access is worth that it has today.
    """

    flows: Floats
    running: Floats
    outlay: Floats
    access: Floats


def read_yardsticks(
    made: Offer, margins: pd.Series | float | None, defaults: Defaults
) -> Yardsticks:
    """Read what operators and lenders ask.

    A column ``cash_at_hand`` of the vehicles takes the place of the rows by operator size, so do
    ``surplus_share`` and ``credit_share``.

    Raises
    ------
    InputError
        Rows and columns out of their limits.
    """
    checked = CheckedRows(defaults)
    sizes = operator_sizes()
    vehicles = made.rows.vehicles
    if problems := [
        problem
        for name, high in _OWN.items()
        if name in vehicles.columns
        for problem in unread(vehicles, name, high)
    ]:
        raise InputError(problems)
    codes = pd.Categorical(made.rows.size, categories=list(sizes)).codes

    def of(row: str, high: float, *, money: bool = False) -> Floats:
        words = "a number of at least 0" + ("" if math.isinf(high) else f" and at most {high:g}")
        values = [checked.number(_TABLE, f"{row}.{size}", 0.0, high, words) for size in sizes]
        found = np.array([*values, np.nan])[codes]
        if money:
            # a column of the vehicles is in the currency of the cases, the rows are not
            found = in_currency(found, "MXN", made.currency, defaults)
        if row in made.rows.vehicles.columns:
            own = pd.to_numeric(made.rows.vehicles[row], errors="coerce").to_numpy(np.float64)
            own = own[made.rows.vehicle]
            return np.where(np.isnan(own), found, own)
        return np.asarray(found, np.float64)

    said = [
        checked.choice(_TABLE, f"payback_by_term.{size}", ("yes", "no")) == "yes" for size in sizes
    ]
    found = Yardsticks(
        cash=of("cash_at_hand", _OWN["cash_at_hand"], money=True),
        surplus_share=of("surplus_share", _OWN["surplus_share"]),
        month_share=of("month_share", _OWN["month_share"]),
        credit_share=of("credit_share", _OWN["credit_share"]),
        payback_years=of("payback_max", 60.0),
        by_term=np.array([*said, False])[codes],
        default_rate=of("default_rate", 1.0),
        loss_share=checked.number(_TABLE, "loss_given_default", 0.0, 1.0, "a share from 0 to 1"),
        cover_min=checked.number(_TABLE, "cover_min", 0.0, 100.0, "a number from 0 to 100"),
        margin=_margins(made, margins),
    )
    checked.finish()
    return found


def _margins(made: Offer, margins: pd.Series | float | None) -> Floats:
    """Return further money a month of each case; zero where nothing is said, NaN where NaN is."""
    index = made.rows.index
    if margins is None:
        return np.zeros(len(index))
    if not isinstance(margins, pd.Series):
        return np.full(len(index), float(margins))
    twice = margins.index[margins.index.duplicated()].unique()
    if len(twice):
        raise InputError(
            [Problem("margins", "index", 0, str(name), "each row once") for name in twice[:_SHOWN]]
        )
    named = index if margins.index.nlevels > 1 else index.get_level_values("vehicle_id")
    values = margins.astype(np.float64).reindex(named).to_numpy()
    return np.where(named.isin(margins.index), values, 0.0)


def as_matrix(columns: dict[str, Floats]) -> Floats:
    """Return columns as an array (columns, cases) in the order of the schema of cases."""
    return np.stack([columns[one.name] for one in CASE_SCHEMA.columns])


def month_of(columns: dict[str, Floats]) -> dict[str, Floats]:
    """Return what a month of the first year costs: instalment, fee, energy, upkeep, access."""
    loan, rate = columns["loan"], columns["loan_rate"]
    months = _MONTHS * columns["loan_years"]
    with np.errstate(divide="ignore", invalid="ignore"):
        step = np.expm1(np.log1p(rate) / _MONTHS)
        payment = np.where(
            rate == 0.0, loan / months, loan * step / -np.expm1(-months * np.log1p(step))
        )
    upkeep = columns["insurance_share"] * columns["value"]
    for name in RUNNING:
        upkeep = upkeep + columns[name]
    fee = np.where(columns["fee_years"] == 0.0, 0.0, columns["fee_per_year"])
    return {
        "instalment": np.where(loan == 0.0, 0.0, payment),
        "fee": fee / _MONTHS,
        "energy": columns["energy_per_year"] / _MONTHS,
        "upkeep": upkeep / _MONTHS,
        "access": columns["access_per_year"] / _MONTHS,
    }


def today_of(made: Offer) -> Today:
    """Return what going on as today costs each vehicle, at the place of each of its cases.

    Raises
    ------
    InputError
        Cases with other years or another discount rate than going on as today.
    """
    keep = made.rows.keep
    problems = []
    for name in ("years", "discount_rate"):
        values = made.columns[name]
        other = (values != values[keep]) & ~(np.isnan(values) & np.isnan(values[keep]))
        for place in np.flatnonzero(other)[:_SHOWN]:
            row = f"ledger case {made.rows.index[place]}"
            expected = f"{values[keep[place]]:g}, as going on as today has"
            problems.append(Problem(row, name, 0, f"{values[place]:g}", expected))
    if problems:
        raise InputError(problems)
    _, flows = cost_flows(as_matrix(made.columns))
    month = month_of(made.columns)
    running = month["energy"] + month["upkeep"]
    outlay = running + month["instalment"] + month["fee"]
    return Today(flows[keep], running[keep], outlay[keep], month["access"][keep])
