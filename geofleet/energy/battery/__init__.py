"""Batteries: charging curves, ageing, and what cold and heat take away."""

from geofleet.energy.battery.ageing import (
    FadeRates,
    fade_rates,
    state_of_health,
    usable_energy_wh,
    years_to_end_of_life,
)
from geofleet.energy.battery.charging import ChargerKind, charging_curve
from geofleet.energy.battery.charging_curve import ChargingCurve
from geofleet.energy.battery.check import check_batteries
from geofleet.energy.battery.pack import CHEMISTRIES, Battery
from geofleet.energy.battery.temperature import temperature_share

__all__ = [
    "CHEMISTRIES",
    "Battery",
    "ChargerKind",
    "ChargingCurve",
    "FadeRates",
    "charging_curve",
    "check_batteries",
    "fade_rates",
    "state_of_health",
    "temperature_share",
    "usable_energy_wh",
    "years_to_end_of_life",
]
