"""Link by link: speed profile, work at the wheels and energy, for many vehicles at once."""

from geofleet.energy.driving.air import air_density_kg_m3
from geofleet.energy.driving.conditions import Conditions
from geofleet.energy.driving.parameters import check_driving

__all__ = ["Conditions", "air_density_kg_m3", "check_driving"]
