"""Renewal: a whole fleet over the years, from what leaves the road to who owns what remains."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from geofleet.economics.renewal.adjusted import renewal_adjusted
    from geofleet.economics.renewal.check import calibration
    from geofleet.economics.renewal.comparison import compare_renewal
    from geofleet.economics.renewal.costs import RenewalCosts, renewal_costs
    from geofleet.economics.renewal.dynamics import Dynamics, renewal_dynamics
    from geofleet.economics.renewal.model import OLDEST, Kind, Stock
    from geofleet.economics.renewal.packages import (
        AgeCap,
        Filters,
        RenewalPackage,
        Replacements,
        Sales,
        Whom,
        load_packages,
        read_packages,
    )
    from geofleet.economics.renewal.projection import project
    from geofleet.economics.renewal.results import Renewal
    from geofleet.economics.renewal.scrappage import survival
    from geofleet.economics.renewal.stock import federal_stock, fleet_stock, stock_of_table

_LAZY = {
    "renewal_adjusted": "adjusted", "calibration": "check", "compare_renewal": "comparison",
    "RenewalCosts": "costs", "renewal_costs": "costs", "Dynamics": "dynamics",
    "renewal_dynamics": "dynamics", "OLDEST": "model", "Kind": "model", "Stock": "model",
    "AgeCap": "packages", "Filters": "packages", "RenewalPackage": "packages",
    "Replacements": "packages", "Sales": "packages", "Whom": "packages",
    "load_packages": "packages", "read_packages": "packages", "project": "projection",
    "Renewal": "results", "survival": "scrappage", "federal_stock": "stock",
    "fleet_stock": "stock", "stock_of_table": "stock",
}  # fmt: skip

__all__ = [
    "OLDEST", "AgeCap", "Dynamics", "Filters", "Kind", "Renewal", "RenewalCosts", "RenewalPackage",
    "Replacements", "Sales", "Stock", "Whom", "calibration", "compare_renewal", "federal_stock",
    "fleet_stock", "load_packages", "project", "read_packages", "renewal_adjusted", "renewal_costs",
    "renewal_dynamics", "stock_of_table", "survival",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Load on first use what brings emission functions with it."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
