"""Incentives and society: what a tonne costs, what it is worth, who takes it up, who pays."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from geofleet.economics.society.benefits import BenefitCost, benefit_cost
    from geofleet.economics.society.cost_per_unit import abatement_cost, damage_prices
    from geofleet.economics.society.health import DeathRate, death_rate
    from geofleet.economics.society.model import AVOIDED, SocialTerms, avoided, social_terms
    from geofleet.economics.society.ranking import Ranking, rank
    from geofleet.economics.society.resource_cost import resource_cases, social_cost
    from geofleet.economics.society.simulation import Simulation, simulate

_LAZY = {
    "BenefitCost": "benefits", "benefit_cost": "benefits", "abatement_cost": "cost_per_unit",
    "damage_prices": "cost_per_unit", "DeathRate": "health", "death_rate": "health",
    "AVOIDED": "model", "SocialTerms": "model", "avoided": "model", "social_terms": "model",
    "Ranking": "ranking", "rank": "ranking", "resource_cases": "resource_cost",
    "social_cost": "resource_cost", "Simulation": "simulation", "simulate": "simulation",
}  # fmt: skip

__all__ = [
    "AVOIDED",
    "BenefitCost",
    "DeathRate",
    "Ranking",
    "Simulation",
    "SocialTerms",
    "abatement_cost",
    "avoided",
    "benefit_cost",
    "damage_prices",
    "death_rate",
    "rank",
    "resource_cases",
    "simulate",
    "social_cost",
    "social_terms",
]


def __getattr__(name: str) -> Any:
    """Load on first use what brings ledgers and kernels with it."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
