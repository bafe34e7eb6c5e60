"""Vehicles, operators and vehicle classes."""

from geofleet.fleet.model import OPERATOR_SCHEMA, VEHICLE_SCHEMA, Fleet

__all__ = ["OPERATOR_SCHEMA", "VEHICLE_SCHEMA", "Fleet"]
