"""Battery-electric energy by link, state of charge and feasibility."""

from geofleet.energy.catalogue import electric_models
from geofleet.energy.model import CAUSES, ElectricModels, Feasibility
from geofleet.energy.parameters import check_defaults
from geofleet.energy.traversal import traversal_energy
from geofleet.energy.verdict import feasibility

__all__ = [
    "CAUSES",
    "ElectricModels",
    "Feasibility",
    "check_defaults",
    "electric_models",
    "feasibility",
    "traversal_energy",
]
