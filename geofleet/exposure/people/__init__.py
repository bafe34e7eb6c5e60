"""People as points: zones read, and spread to where people live."""

from geofleet.exposure.people.receptors import make_receptors
from geofleet.exposure.people.zones import read_zones

__all__ = ["make_receptors", "read_zones"]
