"""Road networks: reading OpenStreetMap, what each vehicle may use, speeds and shortest paths."""

from geofleet.network.model import NetworkArrays, RoadNetwork, TurnRestriction
from geofleet.network.profile import VehicleProfile

__all__ = ["NetworkArrays", "RoadNetwork", "TurnRestriction", "VehicleProfile"]
