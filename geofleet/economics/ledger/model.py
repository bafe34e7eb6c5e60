"""What a ledger knows of a vehicle with a technology, and the items that it lists."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.economics.ledger.numbers import read_numbers
from geofleet.errors import InputError, Problem
from geofleet.schema import Column, TableSchema

__all__ = ["CASE_SCHEMA", "ITEMS", "check_cases", "new_cases"]

_SHOWN = 5

Floats = npt.NDArray[np.float64]

ITEMS = (
    "price", "duty", "purchase_tax", "charger", "grant", "trade_in", "loan", "instalments", "fee",
    "energy", "fluid", "filter", "tyres", "maintenance", "insurance", "downtime", "payload_loss",
    "access", "charges", "vehicle_tax", "battery", "residual", "income_tax",
)  # fmt: skip
"""Items of a ledger. Money that the operator pays counts above zero, money it gets below."""

CASE_SCHEMA = TableSchema(
    "ledger_cases",
    "What ledgers are made of: a vehicle with a technology, as its operator pays for it",
    (
        Column("years", "integer", "years from the decision to the end", "year", minimum=1,
               maximum=60),
        Column("discount_rate", "number", "rate at which the operator discounts; effective, "
               "nominal; empty where nobody knows whose it is", "1/year", nullable=True,
               minimum=0, maximum=5),
        Column("inflation", "number", "growth of all prices", "1/year", minimum=-0.5, maximum=5,
               required=False),
        Column("price", "number", "of vehicle or retrofit, before duty and tax; paid today",
               "money", minimum=0, required=False),
        Column("duty", "number", "import duty; paid today", "money", minimum=0, required=False),
        Column("purchase_tax", "number", "taxes on the purchase that are not given back; paid "
               "today", "money", minimum=0, required=False),
        Column("charger", "number", "this vehicle's part of charger and connection; paid today",
               "money", minimum=0, required=False),
        Column("grant", "number", "got today", "money", minimum=0, required=False),
        Column("trade_in", "number", "got today for the vehicle that goes", "money", minimum=0,
               required=False),
        Column("loan", "number", "lent today", "money", minimum=0, required=False),
        Column("loan_rate", "number", "of the loan; effective", "1/year", minimum=0, maximum=5,
               required=False),
        Column("loan_years", "integer", "equal instalments at the end of each of so many years; "
               "what is owed beyond the last year is paid in it", "year", minimum=0, maximum=60,
               required=False),
        Column("fee_per_year", "number", "lease, battery or pay-as-you-go fee, the same each year",
               "money/year", minimum=0, required=False),
        Column("fee_years", "integer", "years that the fee is paid", "year", minimum=0, maximum=60,
               required=False),
        Column("energy_per_year", "number", "fuel or electricity with all its charges",
               "money/year", minimum=0, required=False),
        Column("energy_growth", "number", "growth of its price beyond inflation", "1/year",
               minimum=-0.5, maximum=1, required=False),
        Column("fluid_per_year", "number", "AdBlue", "money/year", minimum=0, required=False),
        Column("filter_per_year", "number", "filter cleaning and expected failures", "money/year",
               minimum=0, required=False),
        Column("tyres_per_year", "number", "tyres", "money/year", minimum=0, required=False),
        Column("maintenance_per_year", "number", "maintenance in the first year", "money/year",
               minimum=0, required=False),
        Column("maintenance_growth", "number", "growth with age, beyond inflation", "1/year",
               minimum=-0.5, maximum=1, required=False),
        Column("value", "number", "what the vehicle is worth today, as it is insured and as it "
               "loses value; of the operator's own property", "money", minimum=0, required=False),
        Column("value_decline", "number", "share of the value lost each year", "1/year", minimum=0,
               maximum=1, required=False),
        Column("insurance_share", "number", "premium over value at the start of the year",
               "1/year", minimum=0, maximum=1, required=False),
        Column("downtime_per_year", "number", "working time lost to charging", "money/year",
               minimum=0, required=False),
        Column("payload_loss_per_year", "number", "goods that a heavier vehicle leaves behind",
               "money/year", minimum=0, required=False),
        Column("access_per_year", "number", "got: value of days and hours won by an exemption",
               "money/year", minimum=0, required=False),
        Column("charges_per_year", "number", "fines, access charges, verification fees",
               "money/year", minimum=0, required=False),
        Column("vehicle_tax_per_year", "number", "yearly tax on holding the vehicle",
               "money/year", minimum=0, required=False),
        Column("battery_price", "number", "of a new battery, in money of the year it is bought",
               "money", minimum=0, required=False),
        Column("battery_year", "integer", "year at whose end it is bought; 0: never", "year",
               minimum=0, maximum=60, required=False),
        Column("income_tax_rate", "number", "of a profit; 0: before tax", "1", minimum=0,
               maximum=1, required=False),
        Column("depreciation_years", "integer", "years over which the tax office lets the "
               "purchase be written off", "year", minimum=0, maximum=60, required=False),
        Column("km_per_year", "number", "distance driven", "km/year", minimum=0, required=False),
        Column("tonne_km_per_year", "number", "transport work", "tonne km/year", minimum=0,
               required=False),
    ),
    notes=(
        "Amounts are in one currency. Yearly amounts are at prices of the first year and paid at "
        "the end of each year; value, loan, fee and instalments are in money of their day. A "
        "column that is not there is zero (there is no loan); an empty cell is unknown, and so is "
        "all that follows from it.",
    ),
)  # fmt: skip


def new_cases(index: pd.Index, **columns: object) -> pd.DataFrame:
    """Return a table of cases with every column, zero where nothing is given.

    Parameters
    ----------
    index
        Names of the cases: (``vehicle_id``, ``option``) of a fleet.
    **columns
        As in ``CASE_SCHEMA``; numbers, or series and arrays in the order of the index.

    Raises
    ------
    InputError
        Columns that ledgers do not know, ``years`` or ``discount_rate`` left out.
    """
    known = [column.name for column in CASE_SCHEMA.columns]
    problems = [
        Problem("ledger cases", name, expected="one of " + ", ".join(known))
        for name in columns
        if name not in known
    ]
    problems += [
        Problem("ledger cases", column.name, expected=f"a value for {column.meaning}")
        for column in CASE_SCHEMA.columns
        if column.required and column.name not in columns
    ]
    if problems:
        raise InputError(problems)
    frame = pd.DataFrame(0.0, index=index, columns=known)
    for name, value in columns.items():
        frame[name] = np.asarray(value, np.float64)
    return frame


def check_cases(cases: pd.DataFrame) -> pd.DataFrame:
    """Return cases with every column as float64, in the order of the schema.

    Raises
    ------
    InputError
        Columns that are unknown or missing and numbers out of their limits, all at once.
    """
    filled, problems = read_numbers(cases, CASE_SCHEMA, what="ledger case")
    problems += _loans_without_years(cases.index, filled)
    if problems:
        raise InputError(problems)
    return pd.DataFrame(filled, index=cases.index, copy=False)


def _loans_without_years(index: pd.Index, filled: dict[str, Floats]) -> list[Problem]:
    """Return the loans that nobody would ever pay back."""
    bad = (filled["loan"] > 0.0) & (filled["loan_years"] == 0.0)
    expected = "at least 1 where there is a loan"
    return [
        Problem(f"ledger case {index[place]}", "loan_years", 0, "0", expected)
        for place in np.flatnonzero(bad)[:_SHOWN]
    ]
