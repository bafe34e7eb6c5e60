"""Link by link: speed profile, work at the wheels and energy, for many vehicles at once."""

from geofleet.energy.driving.air import air_density_kg_m3
from geofleet.energy.driving.conditions import Conditions
from geofleet.energy.driving.cycles import (
    CycleLinks,
    LinkFormResult,
    cycle_link_energy,
    links_of_cycle,
)
from geofleet.energy.driving.edges import edge_energy_wh
from geofleet.energy.driving.lanes import DrivenVehicle
from geofleet.energy.driving.parameters import air_pressure_pa, check_driving

__all__ = [
    "Conditions",
    "CycleLinks",
    "DrivenVehicle",
    "LinkFormResult",
    "air_density_kg_m3",
    "air_pressure_pa",
    "check_driving",
    "cycle_link_energy",
    "edge_energy_wh",
    "links_of_cycle",
]
