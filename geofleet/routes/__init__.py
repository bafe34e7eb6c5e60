"""Stops and GPS traces become itineraries, and itineraries become traversals."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from geofleet.routes.model import STOP_SCHEMA, Itineraries, Traversals

if TYPE_CHECKING:
    from geofleet.routes.check import check_stops
    from geofleet.routes.gps.match import MatchedTraces, match_traces
    from geofleet.routes.gps.traces import TRACE_SCHEMA, read_traces
    from geofleet.routes.itinerary import build_itineraries
    from geofleet.routes.profiles import vehicle_profile
    from geofleet.routes.read import read_stops

# Loaded on first use: they bring numba and scipy with them.
_LAZY = {
    "MatchedTraces": "gps.match",
    "TRACE_SCHEMA": "gps.traces",
    "build_itineraries": "itinerary",
    "check_stops": "check",
    "match_traces": "gps.match",
    "read_stops": "read",
    "read_traces": "gps.traces",
    "vehicle_profile": "profiles",
}

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


def __getattr__(name: str) -> Any:
    """Load a public name from its module."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
