"""A truck, its options, and readers of products for the tests of finance."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from geofleet.economics.finance import Product, ProductSet, load_products, read_products
from geofleet.economics.ledger import new_cases


@pytest.fixture(scope="session")
def mexico() -> ProductSet:
    return load_products("mexico")


@pytest.fixture
def product(tmp_path: Path) -> Callable[[str], Product]:
    """Return a product from lines of YAML."""

    def make(lines: str) -> Product:
        body = "\n".join("    " + line.strip() for line in lines.strip().splitlines())
        text = (
            f"currency: MXN\nproducts:\n  - id: own\n    payer: treasury\n    source: me\n{body}\n"
        )
        path = tmp_path / "own.yaml"
        path.write_text(text, encoding="utf-8")
        return read_products(path)["own"]

    return make


@pytest.fixture
def truck() -> Callable[..., pd.DataFrame]:
    """Return cases of one truck ``a``: going on as today, and one option."""

    def make(option: str = "euro_6", *, keep: dict | None = None, **columns: float) -> pd.DataFrame:
        index = pd.MultiIndex.from_tuples(
            [("a", "keep"), ("a", option)], names=["vehicle_id", "option"]
        )
        common = {"years": 10, "discount_rate": 0.16}
        common |= {
            name: columns.pop(name) for name in ("years", "discount_rate") if name in columns
        }
        today = keep or {}
        names = [*dict.fromkeys([*today, *columns])]
        values = {name: [today.get(name, 0.0), columns.get(name, 0.0)] for name in names}
        return new_cases(index, **common, **values)

    return make


@pytest.fixture
def owner() -> pd.DataFrame:
    """A truck of an operator of one to five."""
    return pd.DataFrame(
        {
            "operator_id": ["o"], "operator_size": ["1-5"], "vehicle_class": ["rigid_7_5t"],
            "model_year": [2000], "gvw_kg": [7500.0],
        },
        index=pd.Index(["a"], name="vehicle_id"),
    )  # fmt: skip
