"""Emission factors and what they make of traversals."""

from geofleet.emissions.aggregate import emissions_by, link_emissions
from geofleet.emissions.factors import read_factors
from geofleet.emissions.flows import flow_emissions
from geofleet.emissions.model import (
    CARRIERS,
    CLIMATE,
    EXHAUST,
    QUANTITIES,
    WEAR,
    LinkEmissions,
    TraversalEmissions,
)
from geofleet.emissions.traversal import (
    FLAGS,
    PROCESSES,
    check_defaults,
    check_vehicles,
    traversal_emissions,
)

__all__ = [
    "CARRIERS",
    "CLIMATE",
    "EXHAUST",
    "FLAGS",
    "PROCESSES",
    "QUANTITIES",
    "WEAR",
    "LinkEmissions",
    "TraversalEmissions",
    "check_defaults",
    "check_vehicles",
    "emissions_by",
    "flow_emissions",
    "link_emissions",
    "read_factors",
    "traversal_emissions",
]
