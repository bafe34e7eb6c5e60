"""Benefits over costs to society, by the range of what a life and a tonne of carbon are worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.economics.options.model import KEEP
from geofleet.economics.society.cost_per_unit import SAVES
from geofleet.economics.society.model import SocialTerms, annuity, avoided, social_terms
from geofleet.economics.society.resource_cost import social_cost
from geofleet.economics.society.turnover import less_what_goes_on
from geofleet.errors import InputError, Problem

if TYPE_CHECKING:
    from geofleet.economics.options.model import Options
    from geofleet.economics.society.health import DeathRate

__all__ = ["BenefitCost", "benefit_cost", "ratio_words"]

Floats = npt.NDArray[np.float64]
ENDS = ("low", "central", "high")
_KG_PER_T = 1000.0
PARTS = ("deaths", "co2e", "bc", "investment", "running")


@dataclass(frozen=True)
class BenefitCost:
    """What options are worth to society, against keeping the vehicle.

    Parameters
    ----------
    table
        Indexed by vehicle and option, without keeping: ``deaths_per_year`` avoided,
        ``present_cost`` and, for ``low``, ``central`` and ``high`` value of life and price of
        carbon: ``health_*``, ``climate_*`` (present values), ``net_benefit_*``, ``bcr_*`` (NaN
        where there is no cost), ``word_*``; ``break_even_value_of_life`` (at the central price of
        carbon; 0 where none is needed, NaN where none suffices).
    total
        The same sums over the rows asked for, a row; NaN where one of them is unknown.
    parts
        Present amounts behind ``table`` by row: ``deaths`` (number, weighed by the annuity),
        ``co2e`` and ``bc`` (t and kg, alike), ``investment`` and ``running``.
    notes
        What the figures leave out.
    """

    table: pd.DataFrame
    total: pd.Series
    parts: pd.DataFrame
    terms: SocialTerms
    deaths: DeathRate
    notes: tuple[str, ...]
    provenance: tuple[str, ...] = ()


def benefit_cost(
    options: Options,
    *,
    deaths: DeathRate,
    chosen: pd.Index | None = None,
    terms: SocialTerms | None = None,
    rebound_km: pd.Series | None = None,
    survival: pd.DataFrame | None = None,
    defaults: Defaults | None = None,
) -> BenefitCost:
    """Return present benefits of health and climate over present social cost, as a range.

    benefit = (deaths avoided x value of life + t of CO2e x price of carbon) x annuity at the real
    rate; cost = real resources (:func:`social_cost`), whatever sign. Health is that of primary
    PM2.5, by harm; soot is part of it and is not counted again. Black carbon warms only where row
    ``society:black_carbon`` says so, and is in no sum of CO2e.

    Parameters
    ----------
    deaths
        As from :func:`death_rate`.
    chosen
        Rows that ``total`` sums; all when not given, which makes sense for one option a vehicle.
    rebound_km
        As for :func:`avoided`.
    survival
        By vehicle, columns the years 1…: probability that the old vehicle would still have run,
        which is what makes a year's gain count; an old vehicle that is sold on goes on emitting, as
        in :func:`what_does_it_buy`. All 1 when not given, as if all old ones left the road.

    Raises
    ------
    InputError
        Chosen rows that are not there; survival that is no probability or lacks years.
    """
    used = (defaults or Defaults()).scope()
    terms = terms or social_terms(options.currency, defaults=used)
    cost = social_cost(options, terms)
    gains = avoided(options.physical, rebound_km=rebound_km)
    rows = np.asarray(gains.index.get_level_values("option") != KEEP)
    if survival is not None:
        gains = less_what_goes_on(options, gains, used)
    cost, gains = cost[rows], gains[rows]
    if survival is None:
        weight = annuity(terms.discount_rate, cost["years"].to_numpy(np.float64))
    else:
        weight = surviving_annuity(
            survival, gains.index.get_level_values(0), cost["years"], terms.discount_rate
        )
    yearly = gains["harm"].to_numpy(np.float64) * deaths.per_harm
    parts = pd.DataFrame(
        {
            "deaths": yearly * weight,
            "co2e": gains["co2e"].to_numpy(np.float64) * weight,
            "bc": gains["bc"].to_numpy(np.float64) * weight,
            "investment": cost["present_investment"],
            "running": cost["present_running"],
        },
        index=gains.index,
    )
    table = valued(parts, terms)
    table.insert(0, "deaths_per_year", yearly)
    pick = parts
    if chosen is not None:
        if len(lost := chosen[~chosen.isin(parts.index)]):
            raise InputError(
                [Problem("benefit cost", "chosen", 0, str(lost[0]), "a vehicle and its option")]
            )
        pick = parts.loc[chosen]
    total = valued(pick.sum(axis=0, skipna=False).to_frame().T, terms).iloc[0].rename("total")
    return BenefitCost(
        table, total, parts, terms, deaths, deaths.notes,
        tuple(sorted({*terms.provenance, *deaths.provenance, *used.used})),
    )  # fmt: skip


def valued(parts: pd.DataFrame, terms: SocialTerms) -> pd.DataFrame:
    """Return benefits, ratios and the value of life that breaks even, of present amounts."""
    lives, warm = parts["deaths"], parts["co2e"]
    warm = warm + (parts["bc"] * (terms.black_carbon_kg / _KG_PER_T)
                   if terms.black_carbon_kg > 0.0 else 0.0)  # fmt: skip
    cost = parts["investment"] + parts["running"]
    found = pd.DataFrame({"present_cost": cost}, index=parts.index)
    money = zip(ENDS, terms.value_of_life, terms.carbon_price, strict=True)
    for end, life, carbon in money:
        found[f"health_{end}"] = lives * life
        found[f"climate_{end}"] = warm * carbon
        benefit = (found[f"health_{end}"] + found[f"climate_{end}"]).to_numpy(np.float64)
        found[f"net_benefit_{end}"] = benefit - cost
        words, ratio = ratio_words(benefit, cost.to_numpy(np.float64))
        found[f"bcr_{end}"] = ratio
        found[f"word_{end}"] = words
    needed = (cost - found["climate_central"]).to_numpy(np.float64)
    count = lives.to_numpy(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        even = np.where(needed <= 0.0, 0.0, np.where(count > 0.0, needed / count, np.nan))
    even[np.isnan(needed) | np.isnan(count) | ((needed <= 0.0) & (count < 0.0))] = np.nan
    found["break_even_value_of_life"] = even
    return found


def ratio_words(benefit: Floats, cost: Floats) -> tuple[npt.NDArray[np.object_], Floats]:
    """Return a word for each benefit and cost, and their ratio where there is a cost."""
    words = np.select(
        [
            np.isnan(benefit) | np.isnan(cost),
            (cost <= 0.0) & (benefit >= 0.0),
            cost <= 0.0,
            benefit > cost,
        ],
        ["unknown", SAVES.replace(" it", " harm"), "saves money and does harm", "worth its cost"],
        "not worth its cost",
    ).astype(object)
    costs = cost > 0.0
    ratio = np.full(len(cost), np.nan)
    ratio[costs] = benefit[costs] / cost[costs]
    return words, ratio


def surviving_annuity(
    survival: pd.DataFrame, vehicles: pd.Index, years: pd.Series, rate: float
) -> Floats:
    """Return Σ survival of the year / (1 + rate)^year over each row's years."""
    table, place = survival_table(survival, vehicles, years)
    discounted = np.cumsum(table / (1.0 + rate) ** np.arange(1, table.shape[1] + 1), axis=1)
    return np.asarray(discounted[place, years.to_numpy(np.int64) - 1])


def survival_table(
    survival: pd.DataFrame, vehicles: pd.Index, years: pd.Series
) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Return the checked table (vehicles, years 1…) and the row of each of ``vehicles`` in it.

    Raises
    ------
    InputError
        Vehicles or years that are missing, numbers that are no probabilities or grow.
    """
    most = int(years.max()) if len(years) else 0
    columns = list(range(1, most + 1))
    problems = []
    if lost := [year for year in columns if year not in survival.columns]:
        problems.append(Problem("survival", str(lost[0]), expected=f"columns 1 to {most}"))
    gone = vehicles.unique().difference(survival.index)
    if len(gone):
        problems.append(Problem("survival", "vehicle_id", 0, str(gone[0]), "a row per vehicle"))
    if problems:
        raise InputError(problems)
    table = survival[columns].to_numpy(np.float64)
    if ((table < 0.0) | (table > 1.0)).any() or (np.diff(table, axis=1) > 0.0).any():
        expected = "probabilities from 0 to 1 that do not grow with the year"
        raise InputError([Problem("survival", expected=expected)])
    return table, np.asarray(survival.index.get_indexer(vehicles), np.int64)
