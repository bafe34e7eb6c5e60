"""Battery-electric energy by link, state of charge and feasibility."""

from geofleet.energy.model import ElectricModels, Feasibility

__all__ = ["ElectricModels", "Feasibility"]
