"""Vehicles by link, class and hour for a whole fleet of which no routes are known."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from geofleet.traffic.conflation import Conflation, conflate
    from geofleet.traffic.counts import COUNT_SCHEMA, flows_from_counts
    from geofleet.traffic.distribution import gravity
    from geofleet.traffic.lines import LinkColumns, LinksNetwork, network_from_links
    from geofleet.traffic.model import LinkFlows
    from geofleet.traffic.places import zones_of_links
    from geofleet.traffic.profiles import HourlyProfile, hourly_profile
    from geofleet.traffic.read import flows_from_links, read_flows, read_flows_and_network
    from geofleet.traffic.zones import flows_from_zones

# Loaded on first use: they bring geopandas, numba and scipy with them.
_LAZY = {
    "COUNT_SCHEMA": "counts",
    "Conflation": "conflation",
    "HourlyProfile": "profiles",
    "LinkColumns": "lines",
    "LinkFlows": "model",
    "LinksNetwork": "lines",
    "conflate": "conflation",
    "flows_from_counts": "counts",
    "flows_from_links": "read",
    "flows_from_zones": "zones",
    "gravity": "distribution",
    "hourly_profile": "profiles",
    "network_from_links": "lines",
    "read_flows": "read",
    "read_flows_and_network": "read",
    "zones_of_links": "places",
}

__all__ = [
    "COUNT_SCHEMA",
    "Conflation",
    "HourlyProfile",
    "LinkColumns",
    "LinkFlows",
    "LinksNetwork",
    "conflate",
    "flows_from_counts",
    "flows_from_links",
    "flows_from_zones",
    "gravity",
    "hourly_profile",
    "network_from_links",
    "read_flows",
    "read_flows_and_network",
    "zones_of_links",
]


def __getattr__(name: str) -> Any:
    """Load a public name from its module."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
