"""What draws power beside driving: cabin climate, refrigeration units, lift gates."""

from geofleet.energy.equipment.body import (
    Equipment,
    body_equipment,
    equipment_power_w,
    fleet_equipment,
    stop_energy_wh,
)
from geofleet.energy.equipment.cabin import cabin_power_w
from geofleet.energy.equipment.check import check_equipment

__all__ = [
    "Equipment",
    "body_equipment",
    "cabin_power_w",
    "check_equipment",
    "equipment_power_w",
    "fleet_equipment",
    "stop_energy_wh",
]
