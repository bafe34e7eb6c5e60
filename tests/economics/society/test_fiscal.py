"""Fiscal cost: each item by hand, by year, and over what is additional."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy_financial as npf
import pandas as pd
import pytest

from geofleet.defaults import Defaults
from geofleet.economics.options import Options
from geofleet.economics.society import FISCAL_ITEMS, fiscal_cost
from geofleet.errors import InputError

ROW = ("a", "electric:x")


@pytest.fixture
def van(make: Callable[..., Options]) -> Options:
    """Return a van that burns diesel of 100,000 a year, and an electric one with a grant."""
    base = {"years": 3, "discount_rate": 0.16, "energy_per_year": 100_000.0, "inflation": 0.0}
    electric = {**base, "price": 1_000_000, "grant": 165_000, "energy_per_year": 25_000.0}
    return make(
        {
            ("a", "keep"): (base, {"fuel_l": 4e3, "pm25_exhaust_g": 5e3, "co2e_wtw_g": 1.2e7}),
            ROW: (electric, {"energy_wh": 1e7, "co2e_wtw_g": 4e6}),
        },
        operator_size=["1-5"],
    )


def test_every_item_by_hand(van: Options) -> None:
    """IEPS of 26 % of the diesel, two tests of 585, the grant, handling, 3,000 for scrap."""
    scrap = pd.Series({ROW: 3_000.0})
    reference = van.cases.copy()
    reference.loc[ROW, ["duty", "vehicle_tax_per_year"]] = [150_000, 2_450]
    found = fiscal_cost(van, scrap=scrap, reference=reference)
    factor = -npf.pv(0.1, 3, 1)
    row = found.table.loc[ROW]
    assert row["grant"] == 165_000
    assert row["fuel_tax"] == pytest.approx(26_000 * factor)
    assert row["fees"] == pytest.approx(1_170 * factor)
    assert row["tax_forgone"] == pytest.approx(150_000 + 2_450 * factor)
    assert (row["admin"], row["scrap"]) == (3_000, -3_000)
    assert row["total"] == pytest.approx(row[list(FISCAL_ITEMS)].sum())
    assert found.by_year["total"].tolist() == pytest.approx([315_000, 29_620, 29_620, 29_620])
    assert npf.npv(0.1, found.by_year["total"]) == pytest.approx(found.present["total"])
    assert found.per_unit["pm25"] == pytest.approx(row["total"] / factor / 5.0)
    assert np.isnan(found.per_unit["nox"])


def test_tax_that_is_credited_is_no_loss(van: Options) -> None:
    """An operator who credits nothing pays 16/116 of the price too, which is lost as well."""
    keeps_no_books = Defaults({"society:vat_credited.1-5": 0.0})
    found = fiscal_cost(van, defaults=keeps_no_books)
    assert found.table.loc[ROW, "fuel_tax"] == pytest.approx(
        (26_000 + 100_000 * 16 / 116) * -npf.pv(0.1, 3, 1)
    )


def test_prices_that_rise_are_in_the_years(van: Options) -> None:
    """Inflation and the growth of fuel prices lift the loss year by year."""
    cases = van.cases.assign(inflation=0.04)
    cases.loc[("a", "keep"), "energy_growth"] = 0.02
    found = fiscal_cost(replace(van, cases=cases))
    growth = 1.04 * 1.02
    lost = [26_000, 26_000 * growth, 26_000 * growth**2]
    assert found.by_year["fuel_tax"].tolist()[1:] == pytest.approx(lost)
    assert npf.npv(1.1 * 1.04 - 1, found.by_year["total"]) == pytest.approx(found.present["total"])


def test_free_riders_cost_the_grant_but_no_fuel(van: Options) -> None:
    """Ten take it, four because of it: ten grants, the fuel of four."""
    found = fiscal_cost(van, takers=pd.Series({ROW: 10.0}), additional=pd.Series({ROW: 4.0}))
    one = fiscal_cost(van).table.loc[ROW]
    assert found.present["grant"] == pytest.approx(10 * one["grant"])
    assert found.present["fuel_tax"] == pytest.approx(4 * one["fuel_tax"])
    assert found.per_additional == pytest.approx(found.present["total"] / 4)
    assert found.per_taker == pytest.approx(found.present["total"] / 10)
    with pytest.raises(InputError, match="at most the 1 takers"):
        fiscal_cost(van, additional=pd.Series({ROW: 2.0}))


def test_charges_of_the_cases_take_the_place_of_rows(van: Options) -> None:
    """Where ledgers know fees and fines, their difference is what is lost, once."""
    cases = van.cases.copy()
    cases["charges_per_year"] = [5_000.0, 1_000.0]
    found = fiscal_cost(replace(van, cases=cases))
    assert found.by_year["fees"].tolist() == [0.0, 4_000.0, 4_000.0, 4_000.0]
    assert any("charges" in note for note in found.notes)


def test_unknown_energy_makes_the_cost_unknown(van: Options) -> None:
    """Not zero; but what nobody takes need not be known."""
    cases = van.cases.copy()
    cases.loc[ROW, "energy_per_year"] = np.nan
    found = fiscal_cost(replace(van, cases=cases))
    assert np.isnan(found.present["total"])
    nobody = fiscal_cost(replace(van, cases=cases), takers=pd.Series({ROW: 0.0}))
    assert nobody.present["total"] == 0.0


def test_unknown_public_money_is_not_none(van: Options) -> None:
    """A grant whose row is NaN leaves the sum unknown; one that has no row is none."""
    unknown = fiscal_cost(van, public_cost=pd.Series({ROW: np.nan}))
    assert np.isnan(unknown.present["total"])
    assert fiscal_cost(van, public_cost=pd.Series(dtype=float)).present["grant"] == 0.0
