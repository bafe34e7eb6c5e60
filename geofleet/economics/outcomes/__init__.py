"""Outcomes: what every vehicle with every technology would emit, use and be able to do."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from geofleet.economics.outcomes.model import COLUMNS, WORK, Duties, Outcomes, StudyRoutes

if TYPE_CHECKING:
    from geofleet.economics.outcomes.offers import TECHNOLOGIES
    from geofleet.economics.outcomes.reassignment import duties
    from geofleet.economics.outcomes.study import study_outcomes
    from geofleet.economics.outcomes.table import table_outcomes

_LAZY = {
    "TECHNOLOGIES": "offers", "duties": "reassignment", "study_outcomes": "study",
    "table_outcomes": "table",
}  # fmt: skip

__all__ = [
    "COLUMNS",
    "TECHNOLOGIES",
    "WORK",
    "Duties",
    "Outcomes",
    "StudyRoutes",
    "duties",
    "study_outcomes",
    "table_outcomes",
]


def __getattr__(name: str) -> Any:
    """Load on first use what brings compiled functions with it."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
