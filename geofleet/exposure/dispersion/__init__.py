"""One road, one receptor, one hour of weather: the RLINE line-source formulation."""

from geofleet.exposure.dispersion.aermod import weather_from_aermod
from geofleet.exposure.dispersion.inputs import LineSources, PointReceptors, WeatherRows
from geofleet.exposure.dispersion.lids import Lid
from geofleet.exposure.dispersion.lines import (
    line_concentrations,
    line_intake,
    receptor_concentrations,
)
from geofleet.exposure.dispersion.reference import (
    ReferenceRow,
    reference_concentration,
    reference_concentrations,
)

__all__ = [
    "Lid",
    "LineSources",
    "PointReceptors",
    "ReferenceRow",
    "WeatherRows",
    "line_concentrations",
    "line_intake",
    "receptor_concentrations",
    "reference_concentration",
    "reference_concentrations",
    "weather_from_aermod",
]
