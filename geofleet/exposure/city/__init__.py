"""Every link to every person: the dispersion of a whole city, forward and adjoint."""

from geofleet.exposure.city.editing import with_links, with_people
from geofleet.exposure.city.scene import Scene, prepare_scene
from geofleet.exposure.city.store import exposure_key, load_unit_exposures, save_unit_exposures
from geofleet.exposure.city.unit import (
    concentrations,
    concentrations_at,
    daily_mean,
    group_exposures,
    people_weighted_concentration,
    unit_exposure,
    unit_exposure_at,
    unit_exposures,
)

__all__ = [
    "Scene",
    "concentrations",
    "concentrations_at",
    "daily_mean",
    "exposure_key",
    "group_exposures",
    "load_unit_exposures",
    "people_weighted_concentration",
    "prepare_scene",
    "save_unit_exposures",
    "unit_exposure",
    "unit_exposure_at",
    "unit_exposures",
    "with_links",
    "with_people",
]
