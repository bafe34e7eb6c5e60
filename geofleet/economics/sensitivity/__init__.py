"""Sensitivity: which inputs could flip a decision, and on which of them sources disagree."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from geofleet.economics.sensitivity.ranges import (
    RANGE_COLUMNS,
    contested_inputs,
    input_ranges,
    own_ranges,
)

if TYPE_CHECKING:
    from geofleet.economics.sensitivity.swings import Evaluate, tornado

_LAZY = {"Evaluate": "swings", "tornado": "swings"}

__all__ = [
    "RANGE_COLUMNS",
    "Evaluate",
    "contested_inputs",
    "input_ranges",
    "own_ranges",
    "tornado",
]


def __getattr__(name: str) -> Any:
    """Load on first use what brings solvers with it."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
