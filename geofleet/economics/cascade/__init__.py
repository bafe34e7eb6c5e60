"""Cascade: large fleets pass trucks on, micro-operators fit filters and scrap their oldest."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from geofleet.economics.cascade.model import SIDE_SCHEMA, Cascade
    from geofleet.economics.cascade.passing_on import cascade
    from geofleet.economics.cascade.sides import sides_of_city, sides_of_fleet
    from geofleet.economics.cascade.terms import CascadeTerms, cascade_terms

_LAZY = {
    "SIDE_SCHEMA": "model", "Cascade": "model", "cascade": "passing_on", "CascadeTerms": "terms",
    "cascade_terms": "terms", "sides_of_city": "sides", "sides_of_fleet": "sides",
}  # fmt: skip

__all__ = [
    "SIDE_SCHEMA",
    "Cascade",
    "CascadeTerms",
    "cascade",
    "cascade_terms",
    "sides_of_city",
    "sides_of_fleet",
]


def __getattr__(name: str) -> Any:
    """Load on first use what brings emission functions with it."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
