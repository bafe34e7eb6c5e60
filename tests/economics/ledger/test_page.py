"""The page on ledgers: its examples run, and the figures that it states are those of the code."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from geofleet.economics.ledger import break_even, new_cases, switching


def _page(repository: Path) -> str:
    return (repository / "docs" / "concepts" / "economics-ledger.md").read_text(encoding="utf-8")


def test_examples_run(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One after the other, as a reader would type them."""
    names: dict[str, object] = {}
    for block in re.findall(r"```python\n(.*?)```", _page(repository), re.DOTALL):
        exec(block, names)
    shown = capsys.readouterr().out
    assert "61081.87" in shown
    assert "683.47" in shown
    assert "tips" in shown


def _electric(years: int, rate: float, extra: float, km: float) -> pd.DataFrame:
    index = pd.MultiIndex.from_tuples([("T", "keep"), ("T", "e")], names=["vehicle_id", "option"])
    return new_cases(index, years=years, discount_rate=rate, price=[0.0, extra],
                     energy_per_year=[5.0 * km, 1.2 * km])  # fmt: skip


def test_what_the_press_figures_of_an_electric_truck_imply(repository: Path) -> None:
    """Extra price by kilometres, and gains at 16 %, as the page states them."""
    page = _page(repository)
    for km, extra in ((25_000, 475_000), (20_000, 380_000), (40_000, 760_000)):
        found = break_even(_electric(5, 0.0, 0.0, km), "price").iloc[1]
        assert found == pytest.approx(extra)
        assert f"{extra:,}" in page
    for years in (5, 10):
        gain = switching(_electric(years, 0.16, 475_000, 25_000))["npv"].iloc[1]
        assert f"−{-round(gain, -2):,.0f}" in page
    assert round(520_000 / 5 / 3.8, -2) == 27_400
