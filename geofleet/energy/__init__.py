"""Battery-electric energy by link, state of charge and feasibility."""

from geofleet.energy.catalogue import electric_models
from geofleet.energy.checks import check_defaults
from geofleet.energy.day import charge_profiles, feasibility, traversal_energy
from geofleet.energy.model import CAUSES, ElectricModels, Feasibility

__all__ = [
    "CAUSES",
    "ElectricModels",
    "Feasibility",
    "charge_profiles",
    "check_defaults",
    "electric_models",
    "feasibility",
    "traversal_energy",
]
