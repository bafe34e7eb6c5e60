"""Contingencies: air quality that calls for one, the bulletin that declares it, who it exempts."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from geofleet.policy.contingency.detection import Detection, detect
    from geofleet.policy.contingency.forecast import foreseen
    from geofleet.policy.contingency.frequency import contingency_years, expected_days_a_year
    from geofleet.policy.contingency.index import POLLUTANTS, index_points
    from geofleet.policy.contingency.phases import phase_limits, phase_of

# Loaded on first use: they bring pandas and the engine with them.
_LAZY = {
    "POLLUTANTS": "index",
    "Detection": "detection",
    "contingency_years": "frequency",
    "detect": "detection",
    "expected_days_a_year": "frequency",
    "foreseen": "forecast",
    "index_points": "index",
    "phase_limits": "phases",
    "phase_of": "phases",
}

__all__ = [
    "POLLUTANTS",
    "Detection",
    "contingency_years",
    "detect",
    "expected_days_a_year",
    "foreseen",
    "index_points",
    "phase_limits",
    "phase_of",
]


def __getattr__(name: str) -> Any:
    """Load a public name from its module."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
