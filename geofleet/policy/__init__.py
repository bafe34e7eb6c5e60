"""Access rules, declared events, programmes, and what they do to a freight day."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from geofleet.policy.cases import fleet_cases
    from geofleet.policy.contingency import declare, detect, read_bulletin, write_bulletin
    from geofleet.policy.day import DayEffect, apply_rules
    from geofleet.policy.decisions import Decision, Decisions, decide
    from geofleet.policy.packages import (
        PolicyPackage,
        Scenario,
        compare,
        contributions,
        read_packages,
    )
    from geofleet.policy.places import LinkPlaces, link_places
    from geofleet.policy.programme import eligibility, gap_report, load_programmes
    from geofleet.policy.rules import Event, Rule, RuleSet, read_rules
    from geofleet.policy.rules.packs import load_pack, pack_names

# Loaded on first use: some bring geopandas and numba with them.
_LAZY = {
    "DayEffect": "day",
    "Decision": "decisions",
    "Decisions": "decisions",
    "Event": "rules",
    "LinkPlaces": "places",
    "PolicyPackage": "packages",
    "Rule": "rules",
    "RuleSet": "rules",
    "Scenario": "packages",
    "apply_rules": "day",
    "compare": "packages",
    "contributions": "packages",
    "decide": "decisions",
    "declare": "contingency",
    "detect": "contingency",
    "eligibility": "programme",
    "fleet_cases": "cases",
    "gap_report": "programme",
    "link_places": "places",
    "load_pack": "rules.packs",
    "load_programmes": "programme",
    "pack_names": "rules.packs",
    "read_bulletin": "contingency",
    "read_packages": "packages",
    "read_rules": "rules",
    "write_bulletin": "contingency",
}

__all__ = [
    "DayEffect",
    "Decision",
    "Decisions",
    "Event",
    "LinkPlaces",
    "PolicyPackage",
    "Rule",
    "RuleSet",
    "Scenario",
    "apply_rules",
    "compare",
    "contributions",
    "decide",
    "declare",
    "detect",
    "eligibility",
    "fleet_cases",
    "gap_report",
    "link_places",
    "load_pack",
    "load_programmes",
    "pack_names",
    "read_bulletin",
    "read_packages",
    "read_rules",
    "write_bulletin",
]


def __getattr__(name: str) -> Any:
    """Load a public name from its module."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
