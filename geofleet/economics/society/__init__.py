"""Incentives and society: what a tonne costs, what it is worth, who takes it up, who pays."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from geofleet.economics.society.adoption import calibrate_options, option_shares, rebound_km
    from geofleet.economics.society.benefits import BenefitCost, benefit_cost
    from geofleet.economics.society.cost_per_unit import abatement_cost, damage_prices
    from geofleet.economics.society.distribution import by_operator, by_people
    from geofleet.economics.society.fiscal import (
        FISCAL_ITEMS,
        FiscalCost,
        fiscal_cost,
    )
    from geofleet.economics.society.health import DeathRate, death_rate
    from geofleet.economics.society.instruments import (
        Instrument,
        cheaper_interest,
        from_cases,
        grant_share,
        guarantee,
        needed_grant,
        usual_grant,
    )
    from geofleet.economics.society.leverage import Purchase, compare_instruments, what_does_it_buy
    from geofleet.economics.society.model import AVOIDED, SocialTerms, avoided, social_terms
    from geofleet.economics.society.ranking import Ranking, rank
    from geofleet.economics.society.resource_cost import resource_cases, social_cost
    from geofleet.economics.society.simulation import Simulation, simulate
    from geofleet.economics.society.turnover import vehicle_survival, with_scrapping
    from geofleet.economics.society.uptake import (
        Uptake,
        additionality,
        calibrate,
        filter_group,
        programme_shares,
        uptake_model,
    )

_ROOMS = {
    "adoption": "calibrate_options option_shares rebound_km",
    "benefits": "BenefitCost benefit_cost",
    "cost_per_unit": "abatement_cost damage_prices",
    "distribution": "by_operator by_people",
    "fiscal": "FISCAL_ITEMS FiscalCost fiscal_cost",
    "health": "DeathRate death_rate",
    "instruments": "Instrument cheaper_interest from_cases grant_share guarantee needed_grant "
    "usual_grant",
    "leverage": "Purchase compare_instruments what_does_it_buy",
    "model": "AVOIDED SocialTerms avoided social_terms",
    "ranking": "Ranking rank",
    "resource_cost": "resource_cases social_cost",
    "simulation": "Simulation simulate",
    "turnover": "vehicle_survival with_scrapping",
    "uptake": "Uptake additionality calibrate filter_group programme_shares uptake_model",
}
_LAZY = {name: room for room, names in _ROOMS.items() for name in names.split()}

__all__ = [
    "AVOIDED",
    "FISCAL_ITEMS",
    "BenefitCost",
    "DeathRate",
    "FiscalCost",
    "Instrument",
    "Purchase",
    "Ranking",
    "Simulation",
    "SocialTerms",
    "Uptake",
    "abatement_cost",
    "additionality",
    "avoided",
    "benefit_cost",
    "by_operator",
    "by_people",
    "calibrate",
    "calibrate_options",
    "cheaper_interest",
    "compare_instruments",
    "damage_prices",
    "death_rate",
    "filter_group",
    "fiscal_cost",
    "from_cases",
    "grant_share",
    "guarantee",
    "needed_grant",
    "option_shares",
    "programme_shares",
    "rank",
    "rebound_km",
    "resource_cases",
    "simulate",
    "social_cost",
    "social_terms",
    "uptake_model",
    "usual_grant",
    "vehicle_survival",
    "what_does_it_buy",
    "with_scrapping",
]


def __getattr__(name: str) -> Any:
    """Load on first use what brings ledgers and kernels with it."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
