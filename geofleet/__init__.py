"""Geospatial analysis of urban freight fleets: emissions, exposure and electric feasibility.

The public names are imported on first use, so that ``import geofleet`` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_PUBLIC: dict[str, str] = {
    "Defaults": "geofleet.defaults",
    "GeofleetError": "geofleet.errors",
    "InputError": "geofleet.errors",
    "Problem": "geofleet.errors",
    "RoadNetwork": "geofleet.network",
    "VehicleProfile": "geofleet.network",
    "Fleet": "geofleet.fleet",
    "FleetComposition": "geofleet.fleet",
    "Traversals": "geofleet.routes",
    "LinkFlows": "geofleet.traffic",
    "LinkEmissions": "geofleet.emissions",
    "UnitExposure": "geofleet.exposure",
    "Feasibility": "geofleet.energy",
    "Results": "geofleet.study.results",
    "Study": "geofleet.study.model",
}

__all__ = ["__version__", *_PUBLIC]


def __getattr__(name: str) -> Any:
    """Import a public name on first use."""
    try:
        module = _PUBLIC[name]
    except KeyError:
        raise AttributeError(f"module 'geofleet' has no attribute {name!r}") from None
    value = getattr(import_module(module), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, imported or not."""
    return sorted(__all__)
