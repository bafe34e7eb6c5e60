"""Vehicles, operators and vehicle classes."""

from geofleet.fleet.classes import (
    VehicleClass,
    operator_size,
    operator_sizes,
    vehicle_class,
    vehicle_class_names,
)
from geofleet.fleet.composition import (
    COMPOSITION_SCHEMA,
    FleetComposition,
    mexican_fleet,
    read_composition,
)
from geofleet.fleet.model import FUELS, OPERATOR_SCHEMA, STANDARDS, VEHICLE_SCHEMA, Fleet
from geofleet.fleet.read import read_fleet

__all__ = [
    "COMPOSITION_SCHEMA",
    "FUELS",
    "OPERATOR_SCHEMA",
    "STANDARDS",
    "VEHICLE_SCHEMA",
    "Fleet",
    "FleetComposition",
    "VehicleClass",
    "mexican_fleet",
    "operator_size",
    "operator_sizes",
    "read_composition",
    "read_fleet",
    "vehicle_class",
    "vehicle_class_names",
]
