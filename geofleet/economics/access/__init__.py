"""Value of access: what a day on the road is worth, and what would tip an operator."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from geofleet.economics.access.model import ACCESS_SCHEMA, check_access
from geofleet.economics.access.terms import (
    access_by_group,
    access_terms,
    access_value,
    clear_share,
)

if TYPE_CHECKING:
    from geofleet.economics.access.becoming import option_cases
    from geofleet.economics.access.days import days_won
    from geofleet.economics.access.tipping_points import LEVERS, tipping

_LAZY = {
    "days_won": "days", "option_cases": "becoming", "LEVERS": "tipping_points",
    "tipping": "tipping_points",
}  # fmt: skip

__all__ = [
    "ACCESS_SCHEMA",
    "LEVERS",
    "access_by_group",
    "access_terms",
    "access_value",
    "check_access",
    "clear_share",
    "days_won",
    "option_cases",
    "tipping",
]


def __getattr__(name: str) -> Any:
    """Load on first use what brings rules or compiled functions with it."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
