"""Decisions: rules asked about cases, dates and moments."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from geofleet.policy.decisions.model import (
    ALLOWED,
    CHARGED,
    FORBIDDEN,
    PERMIT,
    STATUS_WORDS,
    UNKNOWN,
    Decision,
    Decisions,
)

if TYPE_CHECKING:
    from geofleet.policy.decisions.judge import decide

__all__ = [
    "ALLOWED",
    "CHARGED",
    "FORBIDDEN",
    "PERMIT",
    "STATUS_WORDS",
    "UNKNOWN",
    "Decision",
    "Decisions",
    "decide",
]


def __getattr__(name: str) -> Any:
    """Load what brings numba with it on first use."""
    if name != "decide":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module(f"{__name__}.judge").decide
