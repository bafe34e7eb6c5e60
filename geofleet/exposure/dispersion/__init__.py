"""One road, one receptor, one hour of weather: the RLINE line-source formulation."""

from geofleet.exposure.dispersion.inputs import LineSources, PointReceptors, WeatherRows
from geofleet.exposure.dispersion.reference import (
    ReferenceRow,
    reference_concentration,
    reference_concentrations,
)

__all__ = [
    "LineSources",
    "PointReceptors",
    "ReferenceRow",
    "WeatherRows",
    "reference_concentration",
    "reference_concentrations",
]
