"""Stops and GPS traces become itineraries, and itineraries become traversals."""

from geofleet.routes.check import check_stops
from geofleet.routes.gps import MatchedTraces, match_traces
from geofleet.routes.itinerary import build_itineraries
from geofleet.routes.model import STOP_SCHEMA, Itineraries, Traversals
from geofleet.routes.profiles import vehicle_profile
from geofleet.routes.read import read_stops
from geofleet.routes.traces import TRACE_SCHEMA, read_traces

__all__ = [
    "STOP_SCHEMA",
    "TRACE_SCHEMA",
    "Itineraries",
    "MatchedTraces",
    "Traversals",
    "build_itineraries",
    "check_stops",
    "match_traces",
    "read_stops",
    "read_traces",
    "vehicle_profile",
]
