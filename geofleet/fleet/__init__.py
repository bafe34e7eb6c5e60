"""Vehicles, operators and vehicle classes."""

from geofleet.fleet.classes import (
    VehicleClass,
    operator_size,
    operator_sizes,
    vehicle_class,
    vehicle_class_names,
)
from geofleet.fleet.model import FUELS, OPERATOR_SCHEMA, STANDARDS, VEHICLE_SCHEMA, Fleet
from geofleet.fleet.read import read_fleet

__all__ = [
    "FUELS",
    "OPERATOR_SCHEMA",
    "STANDARDS",
    "VEHICLE_SCHEMA",
    "Fleet",
    "VehicleClass",
    "operator_size",
    "operator_sizes",
    "read_fleet",
    "vehicle_class",
    "vehicle_class_names",
]
