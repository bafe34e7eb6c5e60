"""Emission factors and what they make of traversals."""

from geofleet.emissions.model import QUANTITIES, LinkEmissions, TraversalEmissions

__all__ = ["QUANTITIES", "LinkEmissions", "TraversalEmissions"]
