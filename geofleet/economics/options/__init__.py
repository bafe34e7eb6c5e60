"""What each vehicle can be or become: prices, energy, upkeep, access, in one table of cases."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from geofleet.economics.options.model import INDEX, KEEP, PHYSICAL, Options

if TYPE_CHECKING:
    from geofleet.economics.options.build import make_options
    from geofleet.economics.options.electricity import ElectricityPrice, electricity_price
    from geofleet.economics.options.explain import explain_case
    from geofleet.economics.options.terms import Terms, economic_terms

__all__ = [
    "INDEX",
    "KEEP",
    "PHYSICAL",
    "ElectricityPrice",
    "Options",
    "Terms",
    "economic_terms",
    "electricity_price",
    "explain_case",
    "make_options",
]

_LAZY = {
    "ElectricityPrice": "electricity",
    "Terms": "terms",
    "economic_terms": "terms",
    "electricity_price": "electricity",
    "explain_case": "explain",
    "make_options": "build",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_LAZY[name]}"), name)
