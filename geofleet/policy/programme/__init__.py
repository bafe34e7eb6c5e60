"""Voluntary programmes: who may join, what a fleet's plan must reach, what members gain."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from geofleet.policy.programme.eligibility import certificate_until, eligibility
from geofleet.policy.programme.model import Programme, ProgrammeSet, Requirement, Route, Validity
from geofleet.policy.programme.read import load_programmes, programme_names, read_programmes

if TYPE_CHECKING:
    from geofleet.policy.programme.mass import grams_per_km, vehicle_year

_LAZY = {"grams_per_km": "mass", "vehicle_year": "mass"}

__all__ = [
    "Programme",
    "ProgrammeSet",
    "Requirement",
    "Route",
    "Validity",
    "certificate_until",
    "eligibility",
    "grams_per_km",
    "load_programmes",
    "programme_names",
    "read_programmes",
    "vehicle_year",
]


def __getattr__(name: str) -> Any:
    """Load on first use what brings emission functions or decisions with it."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
