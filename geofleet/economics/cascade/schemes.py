"""The cascade beside direct grants to the same receivers: what a kilogram costs."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.economics.cascade.model import QUANTITIES
from geofleet.economics.cascade.pairs import HARM, Pairs
from geofleet.economics.cascade.terms import CascadeTerms
from geofleet.economics.cascade.trucks import Trucks
from geofleet.economics.renewal.scrappage import survival

__all__ = ["compare_schemes"]

Floats = npt.NDArray[np.float64]

_PM = [QUANTITIES.index("pm25_exhaust_g"), QUANTITIES.index("pm25_wear_g")]
_G_PER_KG = 1000.0


def compare_schemes(
    pairs: Pairs,
    chains: Floats,
    receivers: pd.DataFrame,
    give: Trucks,
    take: Trucks,
    *,
    terms: CascadeTerms,
    year: int,
    defaults: Defaults,
) -> pd.DataFrame:
    """Return the cascade and direct grants to those who take part in it.

    ``filter on the old truck`` pays what its owner cannot pay of a filter, where one can be fitted;
    ``new truck`` what he cannot pay of the successor, less scrap. All count over the same years,
    with what would have left the road anyway. ``money_of_all`` is what the means are worth: filters
    and their upkeep, the used truck at its market price (somebody else would have had it), new
    trucks (of donors: the additional share), handling, less scrap.
    """
    taken = chains > 0.0
    number = chains[taken]
    r, d = pairs.receiver[taken], pairs.donor[taken]
    rate = terms.discount_rate
    years = np.arange(1, terms.years + 1)
    upkeep = terms.filter_upkeep * float(((1.0 + rate) ** -years.astype(np.float64)).sum())
    fitted = np.where(pairs.fits[taken], terms.filter_price + upkeep, 0.0)
    new = terms.additional_share * give.new_price[d] if terms.additional_share > 0.0 else 0.0
    found = {
        "cascade": _row(
            number, pairs.public_money[taken], pairs.receiver_pays[taken],
            fitted + give.used_price[d] + new + terms.admin_per_chain - take.scrap_value[r],
            pairs.avoided[taken], pairs.harm[taken],
        )
    }  # fmt: skip
    each = pd.Series(number).groupby(r).sum()
    at = np.asarray(each.index, np.int64)
    count: Floats = np.asarray(each, np.float64)
    for name, row in _direct(at, count, receivers, take, upkeep, terms, year, defaults).items():
        found[name] = row
    return pd.DataFrame.from_dict(found, orient="index").rename_axis("scheme")


def _direct(
    at: npt.NDArray[np.int64],
    count: Floats,
    receivers: pd.DataFrame,
    take: Trucks,
    upkeep: float,
    terms: CascadeTerms,
    year: int,
    defaults: Defaults,
) -> dict[str, dict[str, float]]:
    """Return grants for a filter and for a new truck to each receiver that takes part."""
    mine = receivers.iloc[at]
    age = np.maximum(year - mine["model_year"].to_numpy(np.float64), 0.0)
    stay = survival(
        age, mine["vehicle_class"].astype(str).to_numpy(object), terms.years, defaults=defaults
    ) if len(at) else np.zeros((0, terms.years))  # fmt: skip
    working = (1.0 - terms.failure_per_year) ** np.arange(1, terms.years + 1)
    whole, sound = stay.sum(axis=1)[:, None], (stay @ working)[:, None]
    km = mine["annual_km"].to_numpy(np.float64)[:, None]
    budget = mine["budget"].to_numpy(np.float64)
    place = mine["harm_per_g"].to_numpy(np.float64)
    old = take.as_is[at]
    fit = take.can_fit[at]
    with_filter = km * (
        sound * (old - take.fitted[at]) + (whole - sound) * (old - take.cracked[at])
    )
    with_new = km * whole * (old - take.successor[at])
    scrap, price = take.scrap_value[at], take.new_price[at]
    due = {
        "filter on the old truck": np.full(len(at), terms.filter_price),
        "new truck": price - scrap,
    }
    cost = {
        "filter on the old truck": np.full(len(at), terms.filter_price + upkeep),
        "new truck": price - scrap,
    }
    avoided = {"filter on the old truck": with_filter, "new truck": with_new}
    found = {}
    for name, amount in due.items():
        can = fit if name.startswith("filter") else np.ones(len(at), bool)
        gap = np.maximum(amount - budget, 0.0)
        found[name] = _row(
            count[can], (gap + terms.admin_per_chain)[can], (amount - gap)[can],
            (cost[name] + terms.admin_per_chain)[can], avoided[name][can],
            (place * avoided[name][:, _PM].sum(axis=1))[can],
        )  # fmt: skip
    return found


def _row(
    count: Floats, public: Floats, own: Floats, every: Floats, avoided: Floats, harm: Floats
) -> dict[str, float]:
    found = {
        "vehicles": float(count.sum()),
        "public_money": float(count @ public),
        "receivers_pay": float(count @ own),
        "money_of_all": float(count @ every),
    }
    found |= {name: float(count @ avoided[:, at]) for at, name in enumerate(QUANTITIES)}
    found[HARM] = float(count @ harm)
    for name in ("pm25_exhaust_g", "bc_exhaust_g", "nox_exhaust_g"):
        short = name.split("_")[0]
        for money in ("public_money", "money_of_all"):
            found[f"{money}_per_kg_{short}"] = _per(found[money], found[name] / _G_PER_KG)
    found["public_money_per_harm"] = _per(found["public_money"], found[HARM])
    return found


def _per(money: float, avoided: float) -> float:
    """Return money per unit; NaN where nothing is avoided or avoidance is unknown."""
    return money / avoided if avoided > 0.0 else float("nan")
