"""Prices of models: as published, in pesos and dollars, or estimated by rule."""

from __future__ import annotations

import math
from dataclasses import dataclass

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows

__all__ = ["Price", "estimated_price", "published_price"]

_RATES = "exchange_rates"
_RULES = "model_estimates"


@dataclass(frozen=True, slots=True)
class Price:
    """A price in its own currency and in two others, each at the rate of its year.

    Parameters
    ----------
    amount, currency, year
        As published; year as text, empty when not said.
    mxn, usd
        NaN where no rate is known.
    note
        Why a number is missing, or by what rule it was estimated.
    rows
        Default rows that it rests on, price itself not included.
    """

    amount: float
    currency: str
    year: str
    mxn: float
    usd: float
    note: str
    rows: tuple[str, ...]


def published_price(amount: float, currency: str, year: str, rows: CheckedRows) -> Price:
    """Turn a price into pesos and dollars by the rates of its own year; no inflation."""
    used: list[str] = []
    to_usd = _usd_per(currency, year, rows, used)
    of_mxn = _usd_per("MXN", year, rows, used)
    missing = [
        f"no exchange rate for {name} of {year or 'an unknown year'}"
        for name, rate in ((currency, to_usd), ("MXN", of_mxn))
        if math.isnan(rate)
    ]
    mxn = amount if currency == "MXN" else amount * to_usd / (of_mxn or math.nan)
    if currency == "MXN" and math.isnan(of_mxn):
        missing = missing[:1]
    note = "; ".join(dict.fromkeys(missing))
    return Price(amount, currency, year, mxn, amount * to_usd, note, tuple(used))


def estimated_price(usable_wh: float, band: str, rows: CheckedRows) -> Price:
    """Estimate a price as that of a diesel vehicle of the size plus the pack.

    The rule is linear in usable energy; its rows are remembered, and the few published prices
    lie within half to double of it.
    """
    glider_row, pack_row = f"{band}.glider_price", "pack_price"
    expected = "a price of at least 0"
    glider = rows.number(_RULES, glider_row, 0.0, math.inf, expected)
    pack = rows.number(_RULES, pack_row, 0.0, math.inf, expected)
    amount = glider + pack * usable_wh / 1000.0
    year = str(rows.defaults.table(_RULES).loc[pack_row, "year"])
    used = [f"{_RULES}:{glider_row}", f"{_RULES}:{pack_row}"]
    rate = _usd_per("MXN", year, rows, used)
    note = "estimated: diesel vehicle of the segment plus the pack"
    if math.isnan(rate):
        note += f"; no exchange rate for MXN of {year}"
    return Price(amount, "MXN", year, amount, amount * rate, note, tuple(used))


def _usd_per(currency: str, year: str, rows: CheckedRows, used: list[str]) -> float:
    """Return dollars per unit of a currency in a year; NaN when there is no such row."""
    defaults: Defaults = rows.defaults
    known = defaults.values(_RATES)
    stem = f"usd_per_{currency.lower()}"
    for row in (f"{stem}.{year}", stem):
        if row in known:
            used.append(f"{_RATES}:{row}")
            return rows.number(_RATES, row, 0.0, math.inf, "a rate above 0", above=True)
    return math.nan
