"""Paths that suit electric vehicles: least energy, least money, and what lies between."""

from geofleet.energy.paths.frontier import PathFrontier, path_frontier
from geofleet.energy.paths.gains import WithoutGains, without_gains
from geofleet.energy.paths.model import Battery, ElectricPath, EnergyUse, PathBlend
from geofleet.energy.paths.roads import EnergyRoads
from geofleet.energy.paths.search import (
    LegTable,
    blended_paths,
    energy_optimal_paths,
    leg_table,
)

__all__ = [
    "Battery",
    "ElectricPath",
    "EnergyRoads",
    "EnergyUse",
    "LegTable",
    "PathBlend",
    "PathFrontier",
    "WithoutGains",
    "blended_paths",
    "energy_optimal_paths",
    "leg_table",
    "path_frontier",
    "without_gains",
]
