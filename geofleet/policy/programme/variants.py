"""Variants of a programme: other technology, another age cap, other sizes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from geofleet.defaults import Defaults
from geofleet.fleet.classes import operator_sizes
from geofleet.policy.programme.model import Programme, Requirement, Route
from geofleet.policy.rules.conditions import Age, Among, Condition, Span, Within

__all__ = [
    "electric_only", "filter_only", "opacity_based", "standard_variants", "with_age_cap",
    "with_operator_sizes", "with_weight_above",
]  # fmt: skip

_TECHNICAL = ("fuel", "filter", "smoke", "standard")


def opacity_based(programme: Programme, *, defaults: Defaults | None = None) -> Programme:
    """Ask for clear smoke alone (row ``programme:opacity_limit_per_m``), with a filter or without.

    Who has not been measured is unknown.
    """
    limit = (defaults or Defaults()).number("programme", "opacity_limit_per_m")
    smoke = _one(
        "opacity", f"smoke of at most {limit:g} per metre",
        Within("opacity_per_m", Span(high=limit)), "smoke",
    )  # fmt: skip
    kept = [one for one in programme.requirements if one.reason not in ("filter", "smoke")]
    return replace(programme, requirements=(*kept, smoke), routes=())


def filter_only(programme: Programme) -> Programme:
    """Ask for a particle filter that works, a retrofit or from the factory; no way by plan."""
    kept = [one for one in programme.requirements if one.reason not in ("filter", "smoke")]
    routes = tuple(
        Route(f"{kind}_filter", f"{kind} filter",
              (_one(kind, f"{kind} filter that works", _is("particle_filter", kind), "filter"),))
        for kind in ("retrofit", "factory")
    )  # fmt: skip
    return replace(programme, requirements=tuple(kept), routes=routes)


def electric_only(programme: Programme) -> Programme:
    """Ask for a vehicle that runs on electricity alone, in place of all technical requirements."""
    kept = [one for one in programme.requirements if one.reason not in _TECHNICAL]
    electric = _one("electric", "runs on electricity alone", _is("fuel", "electric"), "fuel")
    return replace(programme, requirements=(*kept, electric), routes=())


def with_age_cap(programme: Programme, years: float | None) -> Programme:
    """Ask for at most so many years from the model year in place of the cap; None: no cap."""
    kept = tuple(one for one in programme.requirements if one.reason != "too_old")
    if years is not None:
        name = f"at most {years:g} years from the model year"
        kept += (_one("age", name, Age(Span(high=years)), "too_old"),)
    return replace(programme, requirements=kept)


def with_weight_above(programme: Programme, gvw_kg: float | None) -> Programme:
    """Ask for a gross vehicle weight above a limit in place of the floor; None: no floor."""
    kept = tuple(one for one in programme.requirements if one.reason != "too_small")
    if gvw_kg is not None:
        name = f"above {gvw_kg:,.0f} kg gross vehicle weight"
        floor = Within("gvw_kg", Span(low=gvw_kg, low_open=True))
        kept += (_one("weight", name, floor, "too_small"),)
    return replace(programme, requirements=kept)


def with_operator_sizes(programme: Programme, sizes: Collection[str]) -> Programme:
    """Ask for operators of these size classes (``1-5``, ``6-30``…)."""
    kept = tuple(one for one in programme.requirements if one.reason != "operator")
    name = "operators with " + ", ".join(sizes) + " vehicles"
    among = Among("operator_size", frozenset(sizes))
    return replace(programme, requirements=(*kept, _one("operator", name, among, "operator")))


def standard_variants(
    programme: Programme, *, defaults: Defaults | None = None
) -> Mapping[str, Programme]:
    """Return the variants that a redesign compares: technology, then age cap, then weight floor.

    ``as_is``, ``by_opacity``, ``filter_only`` and ``electric_only``; filter-only with the age caps
    of rows ``programme:cap.*`` and without any; filter-only above the weight at which heavy
    vehicles begin (row ``programme:heavy_above_kg``); filter-only for the two smallest sizes of
    operators.
    """
    scope = (defaults or Defaults()).scope()
    filtered = filter_only(programme)
    found = {
        "as_is": programme,
        "by_opacity": opacity_based(programme, defaults=scope),
        "filter_only": filtered,
        "electric_only": electric_only(programme),
    }
    for row in ("cap.young", "cap.present", "cap.old"):
        years = scope.number("programme", row)
        found[f"filter_only, at most {years:g} years"] = with_age_cap(filtered, years)
    found["filter_only, any age"] = with_age_cap(filtered, None)
    floor = scope.number("programme", "heavy_above_kg")
    found[f"filter_only, above {floor:g} kg"] = with_weight_above(filtered, floor)
    small = operator_sizes()[:2]
    found["filter_only, operators of " + " or ".join(small)] = with_operator_sizes(filtered, small)
    return found


def _one(name: str, words: str, condition: Condition, reason: str) -> Requirement:
    return Requirement(name, words, condition, reason)


def _is(attribute: str, value: str) -> Condition:
    return Among(attribute, frozenset((value,)))
