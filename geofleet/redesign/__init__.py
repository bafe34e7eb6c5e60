"""Routes redesigned for electric vehicles: stops in another order, orders to routes."""

from geofleet.redesign.model import PlannedRoute, Task, VehicleType, Visit
from geofleet.redesign.orders import DEPOT_SCHEMA, ORDER_SCHEMA, check_orders, read_orders
from geofleet.redesign.plan import Redesign, judge_routes, redesign_routes
from geofleet.redesign.resequence import Resequenced, resequence
from geofleet.redesign.roads import link_time_s, task_on_roads

__all__ = [
    "DEPOT_SCHEMA",
    "ORDER_SCHEMA",
    "PlannedRoute",
    "Redesign",
    "Resequenced",
    "Task",
    "VehicleType",
    "Visit",
    "check_orders",
    "judge_routes",
    "link_time_s",
    "read_orders",
    "redesign_routes",
    "resequence",
    "task_on_roads",
]
