"""Vehicles as physics sees them, and what they use second by second."""

from geofleet.energy.vehicle.parameters import VehicleParameters

__all__ = ["VehicleParameters"]
