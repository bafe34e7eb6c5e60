"""Pairs of a truck that may be passed on and an old one that it may take the place of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.economics.cascade.model import QUANTITIES
from geofleet.economics.cascade.terms import CascadeTerms
from geofleet.economics.cascade.trucks import Trucks
from geofleet.economics.renewal.scrappage import survival
from geofleet.errors import InputError, Problem
from geofleet.fleet.classes import vehicle_class

__all__ = ["Pairs", "avoided_over_years", "find_pairs"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

HARM = "harm_person_ug_m3_h"
_BC, _PM, _WEAR = (QUANTITIES.index(name) for name in
                   ("bc_exhaust_g", "pm25_exhaust_g", "pm25_wear_g"))  # fmt: skip


@dataclass(frozen=True)
class Pairs:
    """Pairs that are possible.

    Parameters
    ----------
    donor, receiver
        Places in the tables of both sides (pairs,).
    fits
        Whether a filter is fitted to the truck that moves (pairs,).
    avoided
        Grams over the years of one chain (pairs, ``QUANTITIES``).
    harm
        Persons·µg/m3·h over the years (pairs,); NaN where unknown.
    receiver_pays, public_money
        Of one chain (pairs,); NaN where a price or the receiver's budget is unknown.
    why_not
        Pairs left out, by the first reason.
    """

    donor: Ints
    receiver: Ints
    fits: npt.NDArray[np.bool_]
    avoided: Floats
    harm: Floats
    receiver_pays: Floats
    public_money: Floats
    why_not: dict[str, float]


def find_pairs(
    donors: pd.DataFrame,
    receivers: pd.DataFrame,
    give: Trucks,
    take: Trucks,
    *,
    terms: CascadeTerms,
    year: int,
    defaults: Defaults,
) -> Pairs:
    """Return every pair that may be.

    The truck that moves is of the class of the one that is scrapped, or carries about as much and
    is as light or heavy; it is younger by enough and, with its filter, cleaner in black carbon and
    in exhaust PM2.5; it has a filter or can have one fitted; it is not too old or too new; the old
    one is old enough; distances are known; and its operator is another.

    Raises
    ------
    InputError
        More pairs than row ``cascade:pairs_most``.
    """
    size = len(donors) * len(receivers)
    if size > terms.pairs_most:
        expected = f"at most {terms.pairs_most} pairs: group equal trucks (column vehicles)"
        raise InputError([Problem("cascade", "donors, receivers", 0, str(size), expected)])
    d, r = (part.ravel() for part in np.indices((len(donors), len(receivers))))
    why: dict[str, float] = {}

    def keep(reason: str, mask: npt.NDArray[np.bool_]) -> None:
        nonlocal d, r
        why[reason] = float((~mask).sum())
        d, r = d[mask], r[mask]

    own = donors["operator_id"].astype(str).to_numpy(object)
    other = receivers["operator_id"].astype(str).to_numpy(object)
    model, old = (side["model_year"].to_numpy(np.float64) for side in (donors, receivers))
    km_d, km_r = (side["annual_km"].to_numpy(np.float64) for side in (donors, receivers))
    keep("same operator", np.asarray(own[d] != other[r], bool))
    keep("distance unknown", ~np.isnan(km_d[d]) & ~np.isnan(km_r[r]))
    age = year - model[d]
    young_enough = (age >= terms.donor_youngest) & (age <= terms.donor_oldest)
    keep("age of the truck that would move", young_enough)
    keep("old truck not old enough", year - old[r] > terms.receiver_youngest)
    keep("not younger by enough", model[d] - old[r] >= terms.younger_by)
    keep("other size of truck", _alike(donors, receivers, d, r, terms, defaults))
    keep("no filter, and none can be fitted", (give.can_fit | give.has_filter)[d])
    cleaner = give.fitted[d] < take.as_is[r]
    keep("not cleaner", cleaner[:, _BC] & cleaner[:, _PM])
    fits = give.can_fit[d]
    avoided, harm = avoided_over_years(
        donors, receivers, give, take, d, r, terms=terms, year=year, defaults=defaults
    )
    budget = receivers["budget"].to_numpy(np.float64)
    asks = give.used_price * (1.0 - terms.donor_discount_share)
    due = asks[d] + np.where(fits, terms.filter_price, 0.0) - take.scrap_value[r]
    gap = np.maximum(due - budget[r], 0.0)
    return Pairs(
        donor=d.astype(np.int64), receiver=r.astype(np.int64), fits=fits, avoided=avoided,
        harm=harm, receiver_pays=due - gap, public_money=gap + terms.admin_per_chain, why_not=why,
    )  # fmt: skip


def _alike(
    donors: pd.DataFrame,
    receivers: pd.DataFrame,
    d: Ints,
    r: Ints,
    terms: CascadeTerms,
    defaults: Defaults,
) -> npt.NDArray[np.bool_]:
    """Whether two trucks can do the same work: one class, or about the same payload."""
    one, two = (side["vehicle_class"].astype(str).to_numpy(object) for side in (donors, receivers))
    kind = {name: vehicle_class(defaults, name).emep_category for name in set(one) | set(two)}
    heavy, other = (np.array([kind[name] for name in side], object) for side in (one, two))
    load, needed = (
        side["payload_capacity_kg"].to_numpy(np.float64) for side in (donors, receivers)
    )
    ratio = np.divide(load[d], needed[r], out=np.full(len(d), np.nan), where=needed[r] > 0.0)
    close = (ratio >= terms.payload_least) & (ratio <= terms.payload_most)
    found: npt.NDArray[np.bool_] = (one[d] == two[r]) | (close & (heavy[d] == other[r]))
    if terms.same_class:
        found = one[d] == two[r]
    return found


def avoided_over_years(
    donors: pd.DataFrame,
    receivers: pd.DataFrame,
    give: Trucks,
    take: Trucks,
    d: Ints,
    r: Ints,
    *,
    terms: CascadeTerms,
    year: int,
    defaults: Defaults,
) -> tuple[Floats, Floats]:
    """Return grams and harm that one chain of each pair avoids over the years.

    The receiver drives its own distance with the truck that it takes, as long as both that truck
    and the old one would be on the road; filters crack at ``terms.failure_per_year``. Somebody else
    would have bought that truck: by the share of those that push an old one off the road (row
    ``renewal:sold_on.pushes_out_share``), what the receiver gains by it without its filter was not
    to be gained twice and is taken off. The donor's new truck drives the donor's distance; of that
    only the additional share counts.
    """
    km_d, km_r = (side["annual_km"].to_numpy(np.float64) for side in (donors, receivers))
    stay = [
        survival(
            np.maximum(year - side["model_year"].to_numpy(np.float64), 0.0),
            side["vehicle_class"].astype(str).to_numpy(object), terms.years, defaults=defaults,
        )
        for side in (donors, receivers)
    ]  # fmt: skip
    working = (1.0 - terms.failure_per_year) ** np.arange(1, terms.years + 1)
    both = stay[0][d] * stay[1][r]
    whole, sound = both.sum(axis=1), both @ working
    of_donor = stay[0].sum(axis=1)[d]
    old, fitted, cracked = take.as_is[r], give.fitted[d], give.cracked[d]
    taken = km_r[r][:, None] * (
        sound[:, None] * (old - fitted)
        + (whole - sound)[:, None] * (old - cracked)
        - terms.pushes_out_share * whole[:, None] * (old - give.as_is[d])
    )
    renewed = (
        terms.additional_share * km_d[d][:, None] * of_donor[:, None]
        * (give.as_is[d] - give.successor[d])
    )  # fmt: skip
    place_d, place_r = (side["harm_per_g"].to_numpy(np.float64) for side in (donors, receivers))
    pm = [_PM, _WEAR]
    harm = place_r[r] * taken[:, pm].sum(axis=1)
    if terms.additional_share > 0.0:
        harm = harm + place_d[d] * renewed[:, pm].sum(axis=1)
    return taken + renewed, harm
