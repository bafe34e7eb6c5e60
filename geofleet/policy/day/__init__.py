"""What rules do to the traversals of a day."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from geofleet.policy.day.accounts import CHANGES, PARTS
    from geofleet.policy.day.apply import apply_rules
    from geofleet.policy.day.effect import OUTCOMES, DayEffect
    from geofleet.policy.day.exemption import ExemptionEffect, exemption_effect
    from geofleet.policy.day.judge import NOT_JUDGED, DayDecisions, traversal_decisions
    from geofleet.policy.day.settings import RESPONSES

# Loaded on first use: they bring numba and scipy with them.
_LAZY = {
    "CHANGES": "accounts",
    "NOT_JUDGED": "judge",
    "OUTCOMES": "effect",
    "PARTS": "accounts",
    "RESPONSES": "settings",
    "DayDecisions": "judge",
    "DayEffect": "effect",
    "ExemptionEffect": "exemption",
    "apply_rules": "apply",
    "exemption_effect": "exemption",
    "traversal_decisions": "judge",
}

__all__ = [
    "CHANGES",
    "NOT_JUDGED",
    "OUTCOMES",
    "PARTS",
    "RESPONSES",
    "DayDecisions",
    "DayEffect",
    "ExemptionEffect",
    "apply_rules",
    "exemption_effect",
    "traversal_decisions",
]


def __getattr__(name: str) -> Any:
    """Load a public name from its module."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
