"""Stops and GPS traces become itineraries, and itineraries become traversals."""

from geofleet.routes.check import check_stops
from geofleet.routes.itinerary import build_itineraries
from geofleet.routes.model import STOP_SCHEMA, Itineraries, Traversals
from geofleet.routes.profiles import vehicle_profile
from geofleet.routes.read import read_stops

__all__ = [
    "STOP_SCHEMA",
    "Itineraries",
    "Traversals",
    "build_itineraries",
    "check_stops",
    "read_stops",
    "vehicle_profile",
]
