"""Weather records to the boundary-layer quantities that dispersion needs."""

from geofleet.exposure.meteorology.completing import complete_weather
from geofleet.exposure.meteorology.reading import read_weather
from geofleet.exposure.meteorology.site import Site
from geofleet.exposure.meteorology.stations import STATION_SCHEMA

__all__ = ["STATION_SCHEMA", "Site", "complete_weather", "read_weather"]
