"""Line-source dispersion from road links to people, forward and adjoint."""

from geofleet.exposure.model import WEATHER_SCHEMA, Receptors, UnitExposure, Weather

__all__ = ["WEATHER_SCHEMA", "Receptors", "UnitExposure", "Weather"]
