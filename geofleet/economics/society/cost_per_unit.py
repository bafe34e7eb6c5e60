"""What a kilogram, a tonne or a person's microgram avoided costs society."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.economics.options.model import KEEP
from geofleet.economics.society.model import AVOIDED, SocialTerms, avoided, social_terms
from geofleet.economics.society.resource_cost import social_cost

if TYPE_CHECKING:
    from geofleet.economics.options.model import Options
    from geofleet.economics.society.health import DeathRate

__all__ = ["COSTS", "NEVER_ADD", "SAVES", "UNKNOWN", "abatement_cost", "damage_prices"]

Floats = npt.NDArray[np.float64]

COSTS, SAVES, NOTHING, WORSE, UNKNOWN = (
    "costs", "saves money and avoids it", "does not avoid it", "adds to it", "unknown",
)  # fmt: skip
"""What there is to say of an option and a pollutant; only what costs and avoids has a ratio."""

NEVER_ADD = (
    "each of these ratios bears the whole cost of the option: they are views of one cost and are "
    "never added; allocated_* split it and add up to it"
)

DAMAGES = ("pm25", "nox", "co2e", "bc")
"""What the cost is split among: harm of particles, of NOx, warming by CO2e and by black carbon."""


def damage_prices(
    terms: SocialTerms,
    *,
    deaths: DeathRate | None = None,
    defaults: Defaults | None = None,
) -> pd.DataFrame:
    """Return what each unit avoided is worth: rows low, central, high; money of account.

    ``harm`` per person·µg/m3·h (NaN without a death rate), ``pm25`` and ``nox`` per kg (for health,
    where harm is not known), ``co2e`` per t, ``bc`` per kg for its warming alone: what soot does to
    health is in PM2.5, of which it is a part.
    """
    used = (defaults or Defaults()).scope()
    rows = CheckedRows(used)
    per_kg = {
        name: rows.number("society", f"{name}_damage", 0.0, np.inf, "USD per kg") * terms.per_usd
        for name in ("pm25", "nox")
    }
    rows.finish()
    life = np.array(terms.value_of_life)
    carbon = np.array(terms.carbon_price)
    per_harm = np.nan if deaths is None else deaths.per_harm
    return pd.DataFrame(
        {
            "harm": life * per_harm,
            # by kg they stand for the central value of a life
            "pm25": per_kg["pm25"] * life / life[1],
            "nox": per_kg["nox"] * life / life[1],
            "co2e": carbon,
            "bc": carbon * terms.black_carbon_kg / 1000.0,
        },
        index=["low", "central", "high"],
    )


def abatement_cost(
    options: Options,
    *,
    terms: SocialTerms | None = None,
    deaths: DeathRate | None = None,
    rebound_km: pd.Series | None = None,
    defaults: Defaults | None = None,
) -> pd.DataFrame:
    """Return yearly social cost over what a year avoids, for each option against keeping.

    The cost is that of real resources (:func:`social_cost`), spread over the years by the real
    annuity. Joint products are told twice: ``cost_per_*`` lays the whole cost on one pollutant
    (never add them), ``allocated_*`` splits it by the central damage that each avoids.

    Parameters
    ----------
    deaths
        For the damage behind harm; without it, or where harm is not known, damage of particles is
        by kg (row ``society:pm25_damage``).
    rebound_km
        As for :func:`avoided`.

    Returns
    -------
    pandas.DataFrame
        Indexed by vehicle and option, without keeping: ``annual_cost``; for each of
        ``AVOIDED``: ``avoided_*`` (its unit, a year), ``word_*`` and ``cost_per_*`` (money per
        unit; NaN unless the word is ``costs``: a ratio of a saving, or over nothing, ranks
        nothing); ``allocated_pm25``, ``_nox``, ``_co2e``, ``_bc``: parts of ``annual_cost``, of
        nothing where that is not avoided; NaN where nothing known is avoided. ``attrs["note"]``
        says what must not be added.
    """
    used = (defaults or Defaults()).scope()
    terms = terms or social_terms(options.currency, defaults=used)
    cost = social_cost(options, terms)["annual_cost"]
    gains = avoided(options.physical, rebound_km=rebound_km)
    rows = gains.index.get_level_values("option") != KEEP
    cost, gains = cost[rows], gains[rows]
    found = pd.DataFrame({"annual_cost": cost}, index=gains.index)
    money = cost.to_numpy(np.float64)
    for name in AVOIDED:
        amount = gains[name].to_numpy(np.float64)
        found[f"avoided_{name}"] = amount
        words, ratio = ratio_of(money, amount)
        found[f"cost_per_{name}"] = ratio
        found[f"word_{name}"] = words
    prices = damage_prices(terms, deaths=deaths, defaults=used).T["central"]
    for name, part in _allocated(money, gains, prices).items():
        found[f"allocated_{name}"] = part
    found.attrs["note"] = NEVER_ADD
    return found


def ratio_of(cost: Floats, amount: Floats) -> tuple[npt.NDArray[np.object_], Floats]:
    """Return a word for each pair of cost and amount avoided, and the ratio where it costs."""
    words = np.select(
        [np.isnan(cost) | np.isnan(amount), amount < 0.0, amount == 0.0, cost <= 0.0],
        [UNKNOWN, WORSE, NOTHING, SAVES],
        COSTS,
    ).astype(object)
    costs = words == COSTS
    ratio = np.full(len(cost), np.nan)
    ratio[costs] = cost[costs] / amount[costs]
    return words, ratio


def damage_avoided(gains: pd.DataFrame, prices: pd.Series) -> pd.DataFrame:
    """Return money of a year that each of ``DAMAGES`` avoids, by prices of one row.

    Particles by harm where both harm and its price are known, else by kg.
    """
    harm = gains["harm"].to_numpy(np.float64) * prices["harm"]
    mass = gains["pm25"].to_numpy(np.float64) * prices["pm25"]
    found = {"pm25": np.where(np.isnan(harm), mass, harm)}
    for name in ("nox", "co2e", "bc"):
        found[name] = gains[name].to_numpy(np.float64) * prices[name]
    return pd.DataFrame(found, index=gains.index)


def _allocated(cost: Floats, gains: pd.DataFrame, prices: pd.Series) -> dict[str, Floats]:
    damage = damage_avoided(gains, prices)[list(DAMAGES)].to_numpy(np.float64)
    # what grows bears none of the cost; what is unknown makes all parts unknown
    damage = np.where(damage < 0.0, 0.0, damage)
    whole = damage.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(whole > 0.0, 1.0, np.nan)[:, None] * damage / whole[:, None]
    return {name: cost * share[:, number] for number, name in enumerate(DAMAGES)}
