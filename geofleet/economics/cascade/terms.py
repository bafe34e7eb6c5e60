"""Terms of a cascade: ages, sizes, prices and shares that hold for every pair."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.economics.renewal.dynamics import filter_failure_per_year

__all__ = ["CascadeTerms", "cascade_terms"]

_TABLE = "cascade"
_AMOUNT, _SHARE, _AGE = "an amount of at least 0", "a share from 0 to 1", "an age from 0 to 60"


@dataclass(frozen=True)
class CascadeTerms:
    """What holds for every pair of a cascade.

    Parameters
    ----------
    years
        Over which what is avoided counts.
    donor_youngest, donor_oldest
        Ages of trucks that are passed on.
    receiver_youngest
        Only trucks older than this are scrapped.
    younger_by
        Years by which the truck that moves is younger than the one that is scrapped, at least.
    payload_least, payload_most
        Payload of the truck that moves over that of the one scrapped.
    same_class
        Whether only trucks of the very same class stand in for each other.
    donor_discount_share
        What donors let off the market price.
    additional_share
        Share of donors' renewals that would not have come about without the scheme.
    filter_price, filter_upkeep, admin_per_chain
        Money for one; upkeep by year.
    failure_per_year
        Share of fitted filters that crack in a year.
    pushes_out_share
        Share of trucks that are sold on without a scheme and push an older one off the road: what
        they would have done for another buyer is lost to him.
    discount_rate
        Real, for yearly upkeep.
    pairs_most, gap, seconds
        Limits of the search.
    """

    years: int
    donor_youngest: float
    donor_oldest: float
    receiver_youngest: float
    payload_least: float
    payload_most: float
    donor_discount_share: float
    additional_share: float
    filter_price: float
    filter_upkeep: float
    admin_per_chain: float
    failure_per_year: float
    discount_rate: float
    pairs_most: int
    gap: float
    seconds: float
    same_class: bool = False
    pushes_out_share: float = 0.0
    younger_by: float = 1.0
    currency: str = ""
    provenance: tuple[str, ...] = ()


def cascade_terms(defaults: Defaults | None = None) -> CascadeTerms:
    """Return the terms that default rows hold; change some with ``dataclasses.replace``.

    What is avoided counts over the life of a filter (row ``economics:filter.life_years``). The
    oldest truck that is passed on is the oldest that may join the programme of Mexico City (row
    ``programme:cap.present``); only those that may not are scrapped.

    Raises
    ------
    InputError
        Every row out of its limits.
    """
    scope = (defaults or Defaults()).scope()
    rows = CheckedRows(scope)

    def number(row: str, high: float, expected: str, *, table: str = _TABLE) -> float:
        return rows.number(table, row, 0.0, high, expected)

    years = rows.number("economics", "filter.life_years", 1.0, 60.0, "years from 1 to 60")
    pairs = rows.number(_TABLE, "pairs_most", 1.0, 1e9, "a number of at least 1")
    amounts = (
        number("dpf_retrofit.price", np.inf, _AMOUNT, table="vehicle_prices"),
        number("filter.cleaning_per_year", np.inf, _AMOUNT, table="economics"),
        number("admin.per_vehicle", np.inf, _AMOUNT, table="society"),
    )
    ages = (
        number("donor_youngest", 60.0, _AGE),
        number("cap.present", 60.0, _AGE, table="programme"),
        number("cap.present", 60.0, _AGE, table="programme"),
    )
    younger = rows.number(_TABLE, "younger_by", 1.0, 60.0, "years from 1 to 60")
    loads = (
        number("payload.least", 1.0, _SHARE),
        rows.number(_TABLE, "payload.most", 1.0, 100.0, "a number of at least 1"),
    )
    shares = (
        number("donor_discount_share", 1.0, _SHARE),
        number("additional_share", 1.0, _SHARE),
    )
    pushes = number("sold_on.pushes_out_share", 1.0, _SHARE, table="renewal")
    rate = number("discount_rate", 1.0, "a rate from 0 to 1", table="society")
    gap, seconds = number("gap", 1.0, _SHARE), number("seconds", np.inf, "seconds")
    rows.finish()
    failure = filter_failure_per_year(scope)
    return CascadeTerms(
        int(years), *ages, *loads, *shares, *amounts, failure, rate, int(pairs), gap, seconds,
        pushes_out_share=pushes, younger_by=younger,
        currency=scope.text("economics", "currency"), provenance=scope.used,
    )  # fmt: skip
