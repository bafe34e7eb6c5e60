"""Line-source dispersion from road links to people, forward and adjoint."""

from geofleet.exposure.model import WEATHER_SCHEMA, Receptors, UnitExposure, Weather
from geofleet.exposure.receptors import make_receptors
from geofleet.exposure.stations import STATION_SCHEMA
from geofleet.exposure.store import exposure_key, load_unit_exposure, save_unit_exposure
from geofleet.exposure.unit import (
    Scene,
    concentrations,
    daily_mean,
    people_weighted_concentration,
    prepare_scene,
    unit_exposure,
)
from geofleet.exposure.weather import Site, complete_weather, read_weather
from geofleet.exposure.zones import read_zones

__all__ = [
    "STATION_SCHEMA",
    "WEATHER_SCHEMA",
    "Receptors",
    "Scene",
    "Site",
    "UnitExposure",
    "Weather",
    "complete_weather",
    "concentrations",
    "daily_mean",
    "exposure_key",
    "load_unit_exposure",
    "make_receptors",
    "people_weighted_concentration",
    "prepare_scene",
    "read_weather",
    "read_zones",
    "save_unit_exposure",
    "unit_exposure",
]
