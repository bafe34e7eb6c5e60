"""Contingencies: air quality that calls for one, the bulletin that declares it, who it exempts."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from geofleet.policy.contingency.bulletin import declare, read_bulletin
    from geofleet.policy.contingency.check import check_bulletin
    from geofleet.policy.contingency.detection import Detection, detect
    from geofleet.policy.contingency.exempt import exempt_list, write_exempt_list
    from geofleet.policy.contingency.forecast import foreseen
    from geofleet.policy.contingency.frequency import contingency_years, expected_days_a_year
    from geofleet.policy.contingency.index import POLLUTANTS, index_points
    from geofleet.policy.contingency.measures import (
        Measure,
        RestrictedDigits,
        exemptions_of,
        hologram_1_digits,
        measures_of,
        restricted_digits,
    )
    from geofleet.policy.contingency.phases import phase_limits, phase_of
    from geofleet.policy.contingency.write import write_bulletin

# Loaded on first use: they bring pandas and the engine with them.
_LAZY = {
    "POLLUTANTS": "index",
    "Detection": "detection",
    "Measure": "measures",
    "RestrictedDigits": "measures",
    "check_bulletin": "check",
    "contingency_years": "frequency",
    "declare": "bulletin",
    "detect": "detection",
    "exempt_list": "exempt",
    "exemptions_of": "measures",
    "expected_days_a_year": "frequency",
    "foreseen": "forecast",
    "hologram_1_digits": "measures",
    "index_points": "index",
    "measures_of": "measures",
    "phase_limits": "phases",
    "phase_of": "phases",
    "read_bulletin": "bulletin",
    "restricted_digits": "measures",
    "write_bulletin": "write",
    "write_exempt_list": "exempt",
}

__all__ = [
    "POLLUTANTS",
    "Detection",
    "Measure",
    "RestrictedDigits",
    "check_bulletin",
    "contingency_years",
    "declare",
    "detect",
    "exempt_list",
    "exemptions_of",
    "expected_days_a_year",
    "foreseen",
    "hologram_1_digits",
    "index_points",
    "measures_of",
    "phase_limits",
    "phase_of",
    "read_bulletin",
    "restricted_digits",
    "write_bulletin",
    "write_exempt_list",
]


def __getattr__(name: str) -> Any:
    """Load a public name from its module."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
