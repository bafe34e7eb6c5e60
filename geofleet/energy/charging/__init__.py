"""Charging on the way: where, when and how long, on a route whose stops are fixed."""

from geofleet.energy.charging.cost import cheapest_charging
from geofleet.energy.charging.model import (
    Charger,
    ChargingInstance,
    ChargingPlan,
    ChargingPlans,
    ChargingVisit,
    FixedRoute,
    Prices,
)
from geofleet.energy.charging.on_roads import route_on_roads
from geofleet.energy.charging.published import PublishedInstance, read_published
from geofleet.energy.charging.solve import charge_on_the_way, charge_on_the_way_many
from geofleet.energy.charging.stations import STATION_SCHEMA, read_stations

__all__ = [
    "STATION_SCHEMA",
    "Charger",
    "ChargingInstance",
    "ChargingPlan",
    "ChargingPlans",
    "ChargingVisit",
    "FixedRoute",
    "Prices",
    "PublishedInstance",
    "charge_on_the_way",
    "charge_on_the_way_many",
    "cheapest_charging",
    "read_published",
    "read_stations",
    "route_on_roads",
]
