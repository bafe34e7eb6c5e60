"""Line-source dispersion from road links to people, forward and adjoint."""

from geofleet.exposure.city import (
    Scene,
    concentrations,
    daily_mean,
    exposure_key,
    load_unit_exposure,
    people_weighted_concentration,
    prepare_scene,
    save_unit_exposure,
    unit_exposure,
)
from geofleet.exposure.harm import (
    baseline_mortality,
    harm_price,
    limits,
    marginal_deaths_per_tonne,
    response_function,
    value_of_life,
)
from geofleet.exposure.meteorology import STATION_SCHEMA, Site, complete_weather, read_weather
from geofleet.exposure.model import WEATHER_SCHEMA, Receptors, UnitExposure, Weather
from geofleet.exposure.people import make_receptors, read_zones

__all__ = [
    "STATION_SCHEMA",
    "WEATHER_SCHEMA",
    "Receptors",
    "Scene",
    "Site",
    "UnitExposure",
    "Weather",
    "baseline_mortality",
    "complete_weather",
    "concentrations",
    "daily_mean",
    "exposure_key",
    "harm_price",
    "limits",
    "load_unit_exposure",
    "make_receptors",
    "marginal_deaths_per_tonne",
    "people_weighted_concentration",
    "prepare_scene",
    "read_weather",
    "read_zones",
    "response_function",
    "save_unit_exposure",
    "unit_exposure",
    "value_of_life",
]
