"""Voluntary programmes: who may join, what a fleet's plan must reach, what members gain."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from geofleet.policy.programme.eligibility import certificate_until, eligibility
from geofleet.policy.programme.members import as_members, as_non_members, members
from geofleet.policy.programme.model import (
    REASONS,
    Programme,
    ProgrammeSet,
    Requirement,
    Route,
    Validity,
)
from geofleet.policy.programme.read import load_programmes, programme_names, read_programmes
from geofleet.policy.programme.variants import (
    electric_only,
    filter_only,
    opacity_based,
    standard_variants,
    with_age_cap,
    with_operator_sizes,
    with_weight_above,
)

if TYPE_CHECKING:
    from geofleet.policy.programme.city import CityCases, city_cases
    from geofleet.policy.programme.comparison import Redesign, redesign
    from geofleet.policy.programme.gap import GapReport, gap_report
    from geofleet.policy.programme.mass import grams_per_km, vehicle_year
    from geofleet.policy.programme.measures import PLAN_SCHEMA, Measure, apply_plan, read_plan
    from geofleet.policy.programme.plan import PlanCheck, check_plan, plan_check
    from geofleet.policy.programme.savings import Benefits, benefits, relieved_rules

_LAZY = {
    "Benefits": "savings", "benefits": "savings", "relieved_rules": "savings",
    "CityCases": "city", "city_cases": "city", "GapReport": "gap", "gap_report": "gap",
    "grams_per_km": "mass", "vehicle_year": "mass", "PLAN_SCHEMA": "measures",
    "Measure": "measures", "apply_plan": "measures", "read_plan": "measures",
    "PlanCheck": "plan", "check_plan": "plan", "plan_check": "plan", "Redesign": "comparison",
    "redesign": "comparison",
}  # fmt: skip

__all__ = [
    "PLAN_SCHEMA",
    "REASONS",
    "Benefits",
    "CityCases",
    "GapReport",
    "Measure",
    "PlanCheck",
    "Programme",
    "ProgrammeSet",
    "Redesign",
    "Requirement",
    "Route",
    "Validity",
    "apply_plan",
    "as_members",
    "as_non_members",
    "benefits",
    "certificate_until",
    "check_plan",
    "city_cases",
    "electric_only",
    "eligibility",
    "filter_only",
    "gap_report",
    "grams_per_km",
    "load_programmes",
    "members",
    "opacity_based",
    "plan_check",
    "programme_names",
    "read_plan",
    "read_programmes",
    "redesign",
    "relieved_rules",
    "standard_variants",
    "vehicle_year",
    "with_age_cap",
    "with_operator_sizes",
    "with_weight_above",
]


def __getattr__(name: str) -> Any:
    """Load on first use what brings emission functions or decisions with it."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
