"""Charging on the way: where, when and how long, on a route whose stops are fixed."""

from geofleet.energy.charging.model import (
    Charger,
    ChargingInstance,
    ChargingPlan,
    ChargingPlans,
    ChargingVisit,
    FixedRoute,
)
from geofleet.energy.charging.solve import charge_on_the_way, charge_on_the_way_many

__all__ = [
    "Charger",
    "ChargingInstance",
    "ChargingPlan",
    "ChargingPlans",
    "ChargingVisit",
    "FixedRoute",
    "charge_on_the_way",
    "charge_on_the_way_many",
]
