"""Numbers that products have: for which kinds, in which unit and within which limits."""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["FIELDS", "Field"]

_PAID = ("grant", "scrappage", "scrappage_credit", "two_for_one")
_SCRAP = _PAID[1:]
_TERM = ("loan", "lease", "battery_service", "pay_as_you_go")


@dataclass(frozen=True, slots=True)
class Field:
    """One number of a product.

    Parameters
    ----------
    name, meaning
        As in files.
    kinds
        Of the products that may have it; empty: all.
    required
        Kinds that must have it.
    low, high
        Limits.
    whole
        Whether it is a whole number.
    split
        Whether it may differ by operator size, class or technology.
    """

    name: str
    meaning: str
    kinds: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    low: float = 0.0
    high: float = math.inf
    whole: bool = False
    split: bool = True


FIELDS = (
    Field("amount", "money for each truck scrapped or vehicle bought", _PAID),
    Field("amount_share", "share of the amount that is paid", _PAID, high=1.0),
    Field("share", "share of the price that is paid, beside the amount", _PAID, high=1.0),
    Field("amount_max", "most money for one vehicle: of a grant, of a loan", (*_PAID, "loan")),
    Field("tax_waived", "share of the purchase tax that falls away", _PAID, high=1.0),
    Field("scrapped_age_over", "the scrapped truck is older, in years", _SCRAP, high=100.0),
    Field(
        "scrapped_units", "trucks scrapped for one new", ("two_for_one",), ("two_for_one",),
        low=2.0, high=2.0, whole=True,
    ),
    Field("gvw_over_kg", "the vehicle of today is heavier"),
    Field("rate", "of a year, as rate_is says", _TERM, _TERM, high=5.0),
    Field("term_years", "years", _TERM, _TERM, low=1.0, high=60.0, whole=True),
    Field(
        "down_payment", "share of what is left to pay after grants and trade-in",
        ("loan", "guarantee", "pay_as_you_go"), ("loan",), high=1.0,
    ),
    Field("overhead_share", "over capital cost and services", _TERM[1:], high=5.0),
    Field("batteries", "packs for each vehicle", ("battery_service",), low=0.01, high=10.0),
    Field("fee_per_month", "fixed, in place of one worked out", _TERM[1:]),
    Field("fee_per_km", "fixed, in place of one worked out", ("battery_service",)),
    Field("fee_per_kwh", "from the battery, in place of one worked out", ("battery_service",)),
    Field("fee_per_day", "per working day, in place of one worked out", ("pay_as_you_go",)),
    Field("rate_cut", "points off the rate", ("guarantee", "interest_subsidy"),
          ("guarantee", "interest_subsidy"), high=5.0),
    Field("cover", "share of a loss that is borne", ("guarantee",), ("guarantee",), low=0.001,
          high=1.0),
    Field("default_rate", "share of loans that fail over their life", ("guarantee",),
          ("guarantee",), high=1.0),
    Field("loss_share", "of what is owed when a loan fails", ("guarantee",), ("guarantee",),
          high=1.0),
    Field("months", "of rental without charge", ("trial",), ("trial",), high=60.0),
    Field("charger_share", "share of the charger that is paid", ("trial",), ("trial",), high=1.0),
    Field("units_per_year", "vehicles or credits of a year", split=False),
    Field("reserved", "share of units kept for an operator size", high=1.0),
    Field("pot", "money in all", split=False),
)  # fmt: skip
"""Every number that a product can have."""
