"""Weather records to the boundary-layer quantities that dispersion needs."""

from geofleet.exposure.meteorology.combining import PLACE_SCHEMA
from geofleet.exposure.meteorology.completing import complete_weather
from geofleet.exposure.meteorology.reading import read_weather
from geofleet.exposure.meteorology.records import STATION_SCHEMA
from geofleet.exposure.meteorology.site import Site

__all__ = ["PLACE_SCHEMA", "STATION_SCHEMA", "Site", "complete_weather", "read_weather"]
