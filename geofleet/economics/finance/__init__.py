"""Finance: what loans, leases, grants and guarantees do to a ledger, and who can then pay."""

from typing import TYPE_CHECKING, Any

from geofleet.economics.finance.model import Financed, Product, ProductSet, Scale

if TYPE_CHECKING:
    from geofleet.economics.finance.application import apply_product
    from geofleet.economics.finance.lender import lender_sheet, stress, stress_scenarios
    from geofleet.economics.finance.levers import smallest
    from geofleet.economics.finance.liquidity import affordability, explain_affordability
    from geofleet.economics.finance.months import CashFlow, cash_flow
    from geofleet.economics.finance.read import load_products, product_sets, read_products
    from geofleet.economics.finance.segments import by_segment
    from geofleet.economics.finance.truck import OneTruck, one_truck

_LAZY = {
    "affordability": "liquidity",
    "apply_product": "application",
    "by_segment": "segments",
    "cash_flow": "months",
    "CashFlow": "months",
    "explain_affordability": "liquidity",
    "lender_sheet": "lender",
    "load_products": "read",
    "one_truck": "truck",
    "OneTruck": "truck",
    "product_sets": "read",
    "read_products": "read",
    "smallest": "levers",
    "stress": "lender",
    "stress_scenarios": "lender",
}

__all__ = [
    "CashFlow",
    "Financed",
    "OneTruck",
    "Product",
    "ProductSet",
    "Scale",
    "affordability",
    "apply_product",
    "by_segment",
    "cash_flow",
    "explain_affordability",
    "lender_sheet",
    "load_products",
    "one_truck",
    "product_sets",
    "read_products",
    "smallest",
    "stress",
    "stress_scenarios",
]


def __getattr__(name: str) -> Any:
    """Load what is asked for."""
    if name in _LAZY:
        from importlib import import_module

        return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
