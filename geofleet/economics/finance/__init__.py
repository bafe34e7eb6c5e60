"""Finance: what loans, leases, grants and guarantees do to a ledger, and who can then pay."""

from typing import TYPE_CHECKING, Any

from geofleet.economics.finance.model import Financed, Product, ProductSet, Scale

if TYPE_CHECKING:
    from geofleet.economics.finance.application import apply_product
    from geofleet.economics.finance.read import load_products, product_sets, read_products

_LAZY = {
    "apply_product": "application",
    "load_products": "read",
    "product_sets": "read",
    "read_products": "read",
}

__all__ = [
    "Financed",
    "Product",
    "ProductSet",
    "Scale",
    "apply_product",
    "load_products",
    "product_sets",
    "read_products",
]


def __getattr__(name: str) -> Any:
    """Load what is asked for."""
    if name in _LAZY:
        from importlib import import_module

        return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
