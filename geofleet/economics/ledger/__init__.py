"""Ledgers: what a vehicle with a technology costs its operator, year by year."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from geofleet.economics.ledger.model import CASE_SCHEMA, ITEMS, check_cases, new_cases

if TYPE_CHECKING:
    from geofleet.economics.ledger.comparison import (
        AFFINE,
        break_even,
        rates_of_return,
        switching,
    )
    from geofleet.economics.ledger.explained import Ledger, ledger
    from geofleet.economics.ledger.totals import MEASURES, ledger_totals, yearly_costs

_LAZY = {
    "AFFINE": "comparison", "break_even": "comparison", "rates_of_return": "comparison",
    "switching": "comparison", "Ledger": "explained", "ledger": "explained",
    "MEASURES": "totals", "ledger_totals": "totals", "yearly_costs": "totals",
}  # fmt: skip

__all__ = [
    "AFFINE",
    "CASE_SCHEMA",
    "ITEMS",
    "MEASURES",
    "Ledger",
    "break_even",
    "check_cases",
    "ledger",
    "ledger_totals",
    "new_cases",
    "rates_of_return",
    "switching",
    "yearly_costs",
]


def __getattr__(name: str) -> Any:
    """Load on first use what brings compiled functions with it."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
