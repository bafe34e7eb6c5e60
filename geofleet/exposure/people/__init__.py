"""People as points: zones read, and spread to where people live."""

from geofleet.exposure.people.ages import group_shares, with_group_shares
from geofleet.exposure.people.buildings import read_buildings
from geofleet.exposure.people.cells import cells_around
from geofleet.exposure.people.daytime import daytime_people, presence_by_hour
from geofleet.exposure.people.made_up import receptors_from_network
from geofleet.exposure.people.receptors import make_receptors
from geofleet.exposure.people.zones import read_zones

__all__ = [
    "cells_around",
    "daytime_people",
    "group_shares",
    "make_receptors",
    "presence_by_hour",
    "read_buildings",
    "read_zones",
    "receptors_from_network",
    "with_group_shares",
]
