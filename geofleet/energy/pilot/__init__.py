"""Pilots: telematics → trips → measured against predicted energy → recalibrated vehicle."""

from geofleet.energy.pilot.comparison import TripComparison, compare_trips
from geofleet.energy.pilot.measured import measured_energy
from geofleet.energy.pilot.recalibration import Recalibration, recalibrate
from geofleet.energy.pilot.roads import with_grades
from geofleet.energy.pilot.rows import model_rows, write_model_rows
from geofleet.energy.pilot.telematics import (
    TELEMATICS_SCHEMA,
    Telematics,
    check_telematics,
    read_telematics,
)
from geofleet.energy.pilot.trips import Trips, split_trips

__all__ = [
    "TELEMATICS_SCHEMA",
    "Recalibration",
    "Telematics",
    "TripComparison",
    "Trips",
    "check_telematics",
    "compare_trips",
    "measured_energy",
    "model_rows",
    "read_telematics",
    "recalibrate",
    "split_trips",
    "with_grades",
    "write_model_rows",
]
