"""Road networks: reading OpenStreetMap, what each vehicle may use, speeds and shortest paths."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from geofleet.network.model import NetworkArrays, RoadNetwork, TurnRestriction
from geofleet.network.profile import VehicleProfile

if TYPE_CHECKING:
    from geofleet.network.access import access_codes, allowed_edges, edge_speeds_kmh
    from geofleet.network.build import read_osm

# Loaded on first use: they bring osmium and scipy with them.
_LAZY = {
    "access_codes": "access",
    "allowed_edges": "access",
    "edge_speeds_kmh": "access",
    "read_osm": "build",
}

__all__ = [
    "NetworkArrays",
    "RoadNetwork",
    "TurnRestriction",
    "VehicleProfile",
    "access_codes",
    "allowed_edges",
    "edge_speeds_kmh",
    "read_osm",
]


def __getattr__(name: str) -> Any:
    """Load a public name from its module."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
