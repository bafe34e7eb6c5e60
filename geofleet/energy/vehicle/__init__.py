"""Vehicles as physics sees them, and what they use second by second."""

from geofleet.energy.vehicle.cycle import Cycle, read_cycle
from geofleet.energy.vehicle.diesel import diesel_counterpart, diesel_litres
from geofleet.energy.vehicle.fastsim import fastsim_conditions, fastsim_vehicle
from geofleet.energy.vehicle.parameters import VehicleParameters
from geofleet.energy.vehicle.trace import Conditions, TraceResult, trace_energies, trace_energy

__all__ = [
    "Conditions",
    "Cycle",
    "TraceResult",
    "VehicleParameters",
    "diesel_counterpart",
    "diesel_litres",
    "fastsim_conditions",
    "fastsim_vehicle",
    "read_cycle",
    "trace_energies",
    "trace_energy",
]
