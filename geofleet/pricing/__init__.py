"""Marginal harm as a price: routes by time, cost and harm, by vehicle class and hour."""

from geofleet.pricing.everywhere import network_group_exposures, network_unit_exposure
from geofleet.pricing.frontier import frontier
from geofleet.pricing.hours import HourChoice, hour_choice, path_by_hour
from geofleet.pricing.links import link_prices
from geofleet.pricing.model import OBJECTIVES, Blend, LinkPrices, meaning_of
from geofleet.pricing.reprice import Repriced, reprice
from geofleet.pricing.routes import RouteChoices, alternatives
from geofleet.pricing.search import Path, Place
from geofleet.pricing.valued import harm_prices

__all__ = [
    "OBJECTIVES",
    "Blend",
    "HourChoice",
    "LinkPrices",
    "Path",
    "Place",
    "Repriced",
    "RouteChoices",
    "alternatives",
    "frontier",
    "harm_prices",
    "hour_choice",
    "link_prices",
    "meaning_of",
    "network_group_exposures",
    "network_unit_exposure",
    "path_by_hour",
    "reprice",
]
