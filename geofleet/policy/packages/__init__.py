"""Policy packages: levers put together, compared with a baseline, and what each contributes."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from geofleet.policy.packages.comparison import Comparison, compare
    from geofleet.policy.packages.evaluate import DayEvaluation, evaluate_day
    from geofleet.policy.packages.levers import Lever, PolicyPackage
    from geofleet.policy.packages.place_changes import (
        AddArea,
        AddGeography,
        AddMembers,
        AddRoads,
        BufferArea,
    )
    from geofleet.policy.packages.programme_changes import EnrolVehicles, LimitProgramme
    from geofleet.policy.packages.read import read_packages
    from geofleet.policy.packages.rule_changes import (
        AddRule,
        AnswerSwitch,
        DeclareEvent,
        RemoveRule,
        ReplaceRule,
        RetimeRule,
    )
    from geofleet.policy.packages.scenario import Scenario
    from geofleet.policy.packages.sharing import Contributions, contributions, interactions
    from geofleet.policy.packages.vehicle_changes import FitState, ReplaceVehicles

_HOMES = {
    "AddArea": "place_changes",
    "AddGeography": "place_changes",
    "AddMembers": "place_changes",
    "AddRoads": "place_changes",
    "AddRule": "rule_changes",
    "AnswerSwitch": "rule_changes",
    "BufferArea": "place_changes",
    "Comparison": "comparison",
    "Contributions": "sharing",
    "DayEvaluation": "evaluate",
    "DeclareEvent": "rule_changes",
    "EnrolVehicles": "programme_changes",
    "FitState": "vehicle_changes",
    "Lever": "levers",
    "LimitProgramme": "programme_changes",
    "PolicyPackage": "levers",
    "RemoveRule": "rule_changes",
    "ReplaceRule": "rule_changes",
    "ReplaceVehicles": "vehicle_changes",
    "RetimeRule": "rule_changes",
    "Scenario": "scenario",
    "compare": "comparison",
    "contributions": "sharing",
    "evaluate_day": "evaluate",
    "interactions": "sharing",
    "read_packages": "read",
}

__all__ = [
    "AddArea",
    "AddGeography",
    "AddMembers",
    "AddRoads",
    "AddRule",
    "AnswerSwitch",
    "BufferArea",
    "Comparison",
    "Contributions",
    "DayEvaluation",
    "DeclareEvent",
    "EnrolVehicles",
    "FitState",
    "Lever",
    "LimitProgramme",
    "PolicyPackage",
    "RemoveRule",
    "ReplaceRule",
    "ReplaceVehicles",
    "RetimeRule",
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
