"""The day of a vehicle: state of charge by stop and link, and the verdict."""

from geofleet.energy.day.profile import charge_profiles
from geofleet.energy.day.traversal import traversal_energy
from geofleet.energy.day.verdict import feasibility

__all__ = ["charge_profiles", "feasibility", "traversal_energy"]
