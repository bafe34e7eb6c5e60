"""Steps made of other steps, and values with the rows that were read for them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.emissions.explanation.model import Step

__all__ = ["limited", "product", "ratio", "total", "traced"]

T = TypeVar("T")


def traced(defaults: Defaults, read: Callable[[CheckedRows], T]) -> tuple[T, tuple[str, ...]]:
    """Return what a function reads, and the default rows that it reads."""
    scope = defaults.scope()
    rows = CheckedRows(scope)
    value = read(rows)
    rows.finish()
    return value, scope.used


def product(name: str, label: str, unit: str, *parts: Step, **more: Any) -> Step:
    """Return the step that multiplies others."""
    value = math.prod(part.value for part in parts)
    return Step(name, label, value, unit, "product", tuple(parts), **more)


def total(name: str, label: str, unit: str, *parts: Step, **more: Any) -> Step:
    """Return the step that adds others up."""
    value = math.fsum(part.value for part in parts)
    return Step(name, label, value, unit, "sum", tuple(parts), **more)


def ratio(name: str, label: str, unit: str, over: Step, under: Step, **more: Any) -> Step:
    """Return the step that divides one by another, 0 where the other is not above 0."""
    value = over.value / under.value if under.value > 0.0 else 0.0
    return Step(name, label, value, unit, "ratio", (over, under), **more)


def limited(name: str, label: str, unit: str, *parts: Step, **more: Any) -> Step:
    """Return the step that divides the first part by the second, within the third and fourth."""
    over, under, low, high = (part.value for part in parts)
    plain = over / under if under > 0.0 else math.inf
    value = min(max(plain, low), high)
    facts = {"limited": value != plain}
    return Step(name, label, value, unit, "limited", tuple(parts), facts=facts, **more)
