"""Road networks: reading OpenStreetMap, what each vehicle may use, speeds and shortest paths."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from geofleet.network.model import NetworkArrays, RoadNetwork, TurnRestriction
from geofleet.network.profile import VehicleProfile

if TYPE_CHECKING:
    from geofleet.network.access import (
        access_codes,
        allowed_edges,
        control_delay_s,
        edge_speeds_kmh,
        limits_unknown,
        speeds_with_delay,
    )
    from geofleet.network.graphs.convert import from_graph, read_graphml, to_graph, write_graphml
    from geofleet.network.live.places import load_bbox, load_place, load_point
    from geofleet.network.live.services import LiveSettings
    from geofleet.network.osm.build import read_osm
    from geofleet.network.osm.ground import read_ground
    from geofleet.network.routing.paths import (
        RoutingGraph,
        connected_access,
        many_to_many,
        one_to_all,
        shortest_path,
        travel_times,
    )
    from geofleet.network.terrain.grades import with_grades

# Loaded on first use: they bring osmium, osmnx and scipy with them.
_LAZY = {
    "LiveSettings": "live.services",
    "RoutingGraph": "routing.paths",
    "access_codes": "access",
    "allowed_edges": "access",
    "connected_access": "routing.paths",
    "control_delay_s": "access",
    "edge_speeds_kmh": "access",
    "from_graph": "graphs.convert",
    "limits_unknown": "access",
    "load_bbox": "live.places",
    "load_place": "live.places",
    "load_point": "live.places",
    "many_to_many": "routing.paths",
    "one_to_all": "routing.paths",
    "read_graphml": "graphs.convert",
    "read_ground": "osm.ground",
    "read_osm": "osm.build",
    "shortest_path": "routing.paths",
    "speeds_with_delay": "access",
    "to_graph": "graphs.convert",
    "travel_times": "routing.paths",
    "with_grades": "terrain.grades",
    "write_graphml": "graphs.convert",
}

__all__ = [
    "LiveSettings",
    "NetworkArrays",
    "RoadNetwork",
    "RoutingGraph",
    "TurnRestriction",
    "VehicleProfile",
    "access_codes",
    "allowed_edges",
    "connected_access",
    "control_delay_s",
    "edge_speeds_kmh",
    "from_graph",
    "limits_unknown",
    "load_bbox",
    "load_place",
    "load_point",
    "many_to_many",
    "one_to_all",
    "read_graphml",
    "read_ground",
    "read_osm",
    "shortest_path",
    "speeds_with_delay",
    "to_graph",
    "travel_times",
    "with_grades",
    "write_graphml",
]


def __getattr__(name: str) -> Any:
    """Load a public name from its module."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
