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
        edge_speeds_kmh,
        limits_unknown,
    )
    from geofleet.network.build import read_osm
    from geofleet.network.elevation import with_grades
    from geofleet.network.graph import from_graph, read_graphml, to_graph, write_graphml
    from geofleet.network.live import load_bbox, load_place, load_point
    from geofleet.network.services import LiveSettings

# Loaded on first use: they bring osmium, osmnx and scipy with them.
_LAZY = {
    "LiveSettings": "services",
    "access_codes": "access",
    "allowed_edges": "access",
    "edge_speeds_kmh": "access",
    "from_graph": "graph",
    "limits_unknown": "access",
    "load_bbox": "live",
    "load_place": "live",
    "load_point": "live",
    "read_graphml": "graph",
    "read_osm": "build",
    "to_graph": "graph",
    "with_grades": "elevation",
    "write_graphml": "graph",
}

__all__ = [
    "LiveSettings",
    "NetworkArrays",
    "RoadNetwork",
    "TurnRestriction",
    "VehicleProfile",
    "access_codes",
    "allowed_edges",
    "edge_speeds_kmh",
    "from_graph",
    "limits_unknown",
    "load_bbox",
    "load_place",
    "load_point",
    "read_graphml",
    "read_osm",
    "to_graph",
    "with_grades",
    "write_graphml",
]


def __getattr__(name: str) -> Any:
    """Load a public name from its module."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
