"""Amounts in another currency."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.errors import InputError, Problem

__all__ = ["in_currency", "rate_between"]

Floats = npt.NDArray[np.float64]


def in_currency(amount: Floats, of: str, currency: str, defaults: Defaults) -> Floats:
    """Return amounts in another currency.

    Raises
    ------
    InputError
        No rate between the two.
    """
    if of == currency:
        return amount
    return amount * rate_between(of, currency, defaults)


def rate_between(of: str, currency: str, defaults: Defaults) -> float:
    """Return what one unit of a currency is in another, each at its newest rate.

    Raises
    ------
    InputError
        No rate of one of them.
    """
    rows = CheckedRows(defaults)
    worth, problems = [], []
    for name in (of, currency):
        row = _row(name, defaults)
        if row is None:
            expected = "a currency with a rate in the default table exchange_rates"
            problems.append(Problem("finance products", "currency", 0, name, expected))
            continue
        worth.append(rows.number(*row, 0.0, np.inf, "a rate above 0", above=True))
    if problems:
        raise InputError(problems)
    rows.finish()
    return worth[0] / worth[1]


def _row(currency: str, defaults: Defaults) -> tuple[str, str] | None:
    stem = f"usd_per_{currency.lower()}"
    for table in ("exchange_rates", "finance"):
        rows = sorted(
            row for row in defaults.values(table) if row == stem or row.startswith(f"{stem}.")
        )
        if rows:
            return table, rows[-1]
    return None
