"""Emission factors, and what they make of traversals and of flows."""

from geofleet.emissions.accounting.consignments import consignments
from geofleet.emissions.accounting.intensity import intensity
from geofleet.emissions.accounting.statement import iso14083_statement
from geofleet.emissions.aggregate import link_emissions
from geofleet.emissions.explanation.explain import explain
from geofleet.emissions.explanation.flows import explain_flow
from geofleet.emissions.explanation.model import Explanation, Step
from geofleet.emissions.flows import flow_emissions, prepare_flows
from geofleet.emissions.hot.factors import read_factors
from geofleet.emissions.inventories.inventory import compare, flow_inventory, inventory
from geofleet.emissions.inventories.reconcile import Reconciliation, reconcile
from geofleet.emissions.model import (
    CARRIERS,
    CLIMATE,
    EXHAUST,
    MEANING,
    QUANTITIES,
    WEAR,
    LinkEmissions,
    TraversalEmissions,
    unit_of,
)
from geofleet.emissions.traversal import (
    FLAGS,
    PROCESSES,
    check_defaults,
    check_vehicles,
    traversal_emissions,
)
from geofleet.emissions.uncertainty.bands import factor_bands
from geofleet.emissions.uncertainty.intervals import (
    flow_spread,
    intervals,
    spread,
    variance_shares,
)

__all__ = [
    "CARRIERS",
    "CLIMATE",
    "EXHAUST",
    "FLAGS",
    "MEANING",
    "PROCESSES",
    "QUANTITIES",
    "WEAR",
    "Explanation",
    "LinkEmissions",
    "Reconciliation",
    "Step",
    "TraversalEmissions",
    "check_defaults",
    "check_vehicles",
    "compare",
    "consignments",
    "explain",
    "explain_flow",
    "factor_bands",
    "flow_emissions",
    "flow_inventory",
    "flow_spread",
    "intensity",
    "intervals",
    "inventory",
    "iso14083_statement",
    "link_emissions",
    "prepare_flows",
    "read_factors",
    "reconcile",
    "spread",
    "traversal_emissions",
    "unit_of",
    "variance_shares",
]
