"""Emission factors and what they make of traversals."""

from geofleet.emissions.aggregate import emissions_by, link_emissions
from geofleet.emissions.factors import read_factors
from geofleet.emissions.model import (
    EXHAUST,
    QUANTITIES,
    WEAR,
    LinkEmissions,
    TraversalEmissions,
)
from geofleet.emissions.traversal import FLAGS, check_defaults, traversal_emissions

__all__ = [
    "EXHAUST",
    "FLAGS",
    "QUANTITIES",
    "WEAR",
    "LinkEmissions",
    "TraversalEmissions",
    "check_defaults",
    "emissions_by",
    "link_emissions",
    "read_factors",
    "traversal_emissions",
]
