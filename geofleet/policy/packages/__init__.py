"""Policy packages: levers put together, compared with a baseline, and what each contributes."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from geofleet.policy.packages.comparison import Comparison, compare
    from geofleet.policy.packages.evaluate import DayEvaluation, evaluate_day
    from geofleet.policy.packages.levers import Lever, PolicyPackage
    from geofleet.policy.packages.read import read_packages
    from geofleet.policy.packages.scenario import Scenario
    from geofleet.policy.packages.sharing import (
        Contributions,
        contributions,
        interactions,
    )

_HOMES = {
    "Comparison": "comparison",
    "Contributions": "sharing",
    "DayEvaluation": "evaluate",
    "Lever": "levers",
    "PolicyPackage": "levers",
    "Scenario": "scenario",
    "compare": "comparison",
    "contributions": "sharing",
    "evaluate_day": "evaluate",
    "interactions": "sharing",
    "read_packages": "read",
}

__all__ = [
    "Comparison",
    "Contributions",
    "DayEvaluation",
    "Lever",
    "PolicyPackage",
    "Scenario",
    "compare",
    "contributions",
    "evaluate_day",
    "interactions",
    "read_packages",
]


def __getattr__(name: str) -> Any:
    """Load a public name on first use."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
