"""Stops and GPS traces become itineraries, and itineraries become traversals."""

from geofleet.routes.model import STOP_SCHEMA, Itineraries, Traversals

__all__ = ["STOP_SCHEMA", "Itineraries", "Traversals"]
