"""What the value of access is made of: days and hours won, and what they earn."""

from __future__ import annotations

import pandas as pd

from geofleet.economics.ledger.numbers import read_numbers
from geofleet.errors import InputError
from geofleet.schema import Column, TableSchema

__all__ = ["ACCESS_SCHEMA", "check_access"]

DAYS_OF_YEAR = 365.0

ACCESS_SCHEMA = TableSchema(
    "access",
    "What a year of access is worth to the operator of a vehicle that an exemption lets drive",
    (
        Column("whole_days", "number", "days of a year on which it could not work at all",
               "d/year", nullable=True, minimum=0, maximum=366),
        Column("contingency_days", "number", "declared days of a year", "d/year", nullable=True,
               minimum=0, maximum=366),
        Column("contingency_hours", "number", "hours that it could not drive on a declared day "
               "that is not lost anyway", "h/d", nullable=True, minimum=0, maximum=24),
        Column("clear_share", "number", "share of declared days that are not lost anyway",
               "share", nullable=True, minimum=0, maximum=1),
        Column("margin_per_day", "number", "what a day of work leaves after what it costs",
               "money/d", nullable=True, minimum=0),
        Column("working_day_h", "number", "hours of a day's work; margin per hour is margin per "
               "day over these", "h/d", nullable=True, minimum=0.5, maximum=24),
        Column("worked_share", "number", "share of such days on which it would work", "share",
               nullable=True, minimum=0, maximum=1),
        Column("enforcement", "number", "chance that the ban is enforced", "1", nullable=True,
               minimum=0, maximum=1),
    ),
    notes=("An empty cell is unknown, and so is the value of access that it enters.",),
)  # fmt: skip


def check_access(terms: pd.DataFrame) -> pd.DataFrame:
    """Return terms with every column as float64; an empty cell stays unknown.

    Raises
    ------
    InputError
        Columns that are unknown or missing and numbers out of their limits, all at once.
    """
    filled, problems = read_numbers(terms, ACCESS_SCHEMA, what="access row")
    if problems:
        raise InputError(problems)
    return pd.DataFrame(filled, index=terms.index)
