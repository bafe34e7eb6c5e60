"""Verdicts over a year of days: weather, traffic, load, driver, battery age, and model error."""

from geofleet.energy.robust.probability import RobustFeasibility, robust_feasibility
from geofleet.energy.robust.scenarios import Scenarios, draw_scenarios
from geofleet.energy.robust.weather import DayWeather

__all__ = [
    "DayWeather",
    "RobustFeasibility",
    "Scenarios",
    "draw_scenarios",
    "robust_feasibility",
]
