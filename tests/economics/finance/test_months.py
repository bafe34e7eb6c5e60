"""Months add up to the ledger's years; one truck sees all its packages; lenders see theirs."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy_financial
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geofleet.economics.finance import (
    Product,
    ProductSet,
    affordability,
    apply_product,
    by_segment,
    cash_flow,
    lender_sheet,
    one_truck,
    smallest,
    stress,
)
from geofleet.economics.ledger import ledger, new_cases
from geofleet.economics.options import Options, make_options
from geofleet.errors import InputError

Truck = Callable[..., pd.DataFrame]
Make = Callable[[str], Product]
CASE = ("a", "euro_6")
KEEP = {"energy_per_year": 240_000.0, "maintenance_per_year": 60_000.0, "km_per_year": 30_000.0}
LOAN = "kind: loan\nrate: 0.16\nrate_is: effective\nterm_years: 5\ndown_payment: 0"


@settings(max_examples=30, deadline=None)
@given(
    years=st.integers(1, 6), term=st.integers(1, 9), rate=st.sampled_from([0.0, 0.01, 0.16, 0.4]),
    seed=st.integers(0, 10**6),
)  # fmt: skip
def test_months_add_up_to_the_years(years: int, term: int, rate: float, seed: int) -> None:
    """Every item adds up; instalments do at the loan's own rate, also where it lasts longer."""
    rng = np.random.default_rng(seed)
    cases = new_cases(
        pd.Index(["x"]), years=years, discount_rate=0.12, inflation=0.04, price=5e5, duty=1e4,
        grant=2e4, trade_in=3e4, charger=4e4, loan=3e5, loan_rate=rate, loan_years=term,
        fee_per_year=1e4, fee_years=2, energy_per_year=rng.uniform(1e4, 3e5), energy_growth=0.02,
        maintenance_per_year=5e4, maintenance_growth=0.03, value=4e5, value_decline=0.1,
        insurance_share=0.05, access_per_year=2e4, battery_price=1e5, battery_year=min(3, years),
        income_tax_rate=0.3, depreciation_years=4, tyres_per_year=5e3, charges_per_year=1e3,
    )  # fmt: skip
    flow = cash_flow(cases, "x", 12 * years)
    pd.testing.assert_frame_equal(
        flow.by_year(),
        ledger(cases, "x").table,
        check_names=False,
        rtol=1e-9,
        check_index_type=False,
    )
    assert flow.owed.iloc[-1] == pytest.approx(0.0, abs=1e-6)
    assert flow.table["cumulative"].iloc[-1] == pytest.approx(flow.table["total"].sum())


def test_instalments_of_a_filter_month_by_month(
    truck: Truck, owner: pd.DataFrame, product: Make
) -> None:
    """Sixty instalments pay 200,000 off; the debt falls as a bank's table has it."""
    cases = apply_product(truck("dpf_retrofit", price=200_000), product(LOAN), vehicles=owner).cases
    flow = cash_flow(cases, ("a", "dpf_retrofit"))
    step = 1.16 ** (1 / 12) - 1
    payment = -numpy_financial.pmt(step, 60, 200_000)
    assert flow.table["instalments"][1:].to_numpy() == pytest.approx(payment)
    owed = 200_000.0
    for month in range(1, 61):
        owed = owed * (1 + step) - payment
        assert flow.owed[month] == pytest.approx(owed, abs=1e-5)
    assert flow.table.loc[0, "total"] == 0.0


def test_months_are_those_of_the_ledger(truck: Truck) -> None:
    """None, more than there are, and cases that are not there are refused."""
    cases = truck(price=1.0, years=2)
    for months in (0, 25):
        with pytest.raises(InputError, match="1 to 24"):
            cash_flow(cases, CASE, months)
    with pytest.raises(InputError, match="one case"):
        cash_flow(cases, ("b", "keep"))


def test_one_truck_sees_every_package(
    truck: Truck, owner: pd.DataFrame, mexico: ProductSet
) -> None:
    """From options of one row: each package that it can have, against today."""
    cases = truck(price=850_000, value=850_000, energy_per_year=150_000, keep=KEEP)
    physical = pd.DataFrame({"technology": ["keep", "euro_6"]}, index=cases.index)
    options = Options(cases, physical, owner, "MXN", 2025)
    packages = {name: mexico.packages[name] for name in ("cash", "loan", "lease", "grant")}
    found = one_truck(options, packages, months=12)
    assert list(found.sheet.index.droplevel("month").unique()) == [
        ("as today", "keep"), ("cash", "euro_6"), ("loan", "euro_6"), ("lease", "euro_6"),
    ]  # fmt: skip
    assert found.sheet.loc[("cash", "euro_6", 0), "against_today"] == 850_000
    assert found.sheet.loc[("as today", "keep", 3), "total"] == pytest.approx(25_000)
    answers = found.answers.loc[("loan", "euro_6")]
    month = found.sheet.loc[("loan", "euro_6", 1), "total"]
    assert month == pytest.approx(answers["outlay"])
    assert found.answers.loc[("grant", "euro_6"), "reason"] == "grant: not for this technology"
    with pytest.raises(InputError, match="one of a"):
        one_truck(options, packages, vehicle_id="b")


def test_a_table_of_one_truck_works_from_end_to_end(tmp_path: Path, mexico: ProductSet) -> None:
    """One line of CSV, its litres and kilometres: options, packages, months, the missing grant."""
    path = tmp_path / "truck.csv"
    path.write_text(
        "vehicle_id,operator_id,vehicle_class,fuel,standard,model_year,gvw_kg,"
        "payload_capacity_kg,operator_size\nt,o,rigid_7_5t,diesel,euro_4,2003,7500,3900,1-5\n"
    )
    vehicles = pd.read_csv(path).set_index("vehicle_id")
    names = ["keep", "dpf_retrofit", "electric:byd_etm6"]
    physical = pd.DataFrame(
        {
            "technology": ["keep", "dpf_retrofit", "electric"], "model_id": ["", "", "byd_etm6"],
            "annual_km": 30_000.0, "fuel_l": [6_000.0, 6_060.0, 0.0],
            "energy_wh": [0.0, 0.0, 18e6], "adblue_l": 0.0, "payload_short_kg": 0.0,
        },
        index=pd.MultiIndex.from_product([["t"], names], names=["vehicle_id", "option"]),
    )  # fmt: skip
    options = make_options(physical, vehicles)
    day = datetime.date(2026, 3, 1)
    found = one_truck(options, mexico.packages, date=day)
    assert set(found.answers["both"]) <= {"yes", "no", "unknown"}
    assert (found.answers["both"] == "no").all()
    sheets = found.sheet.reset_index(["package", "option"])
    sheet = sheets[(sheets["package"] == "bono") & (sheets["option"] == "electric:byd_etm6")]
    assert len(sheet) == 61
    year = ledger(
        apply_product(options, mexico.packages["bono"], date=day).cases, ("t", "electric:byd_etm6")
    ).table
    assert sheet.loc[1:12, "energy"].sum() == pytest.approx(year.loc[1, "energy"])
    needed = smallest("grant", options, mexico.packages["bono"], date=day)["value"]
    assert np.isnan(needed[("t", "keep")])
    assert needed[("t", "electric:byd_etm6")] > 100_000


def test_lender_sheet_by_hand(truck: Truck, owner: pd.DataFrame, product: Make) -> None:
    """Instalment, cover, distance at which cash just serves the debt, loan to value by year."""
    cases = truck(price=500_000, value=500_000, value_decline=0.2, energy_per_year=150_000,
                  maintenance_per_year=30_000, vehicle_tax_per_year=12_000, km_per_year=30_000,
                  keep=KEEP)  # fmt: skip
    found = lender_sheet(cases, product(LOAN), vehicles=owner).loc[CASE]
    instalment = -numpy_financial.pmt(1.16 ** (1 / 12) - 1, 60, 500_000)
    assert found["instalment_per_month"] == pytest.approx(instalment)
    assert found["instalment_per_year"] == pytest.approx(-numpy_financial.pmt(0.16, 5, 500_000))
    earnings = 25_000 * 1.25
    assert found["cover"] == pytest.approx((earnings - 16_000) / instalment)
    km = found["break_even_km_per_day"] * 300
    # at that distance, earnings per km less costs per km pay the fixed costs and the instalment
    left = km * (12 * earnings - 180_000) / 30_000 - 12_000 - 12 * instalment
    assert left == pytest.approx(0.0, abs=1e-6)
    owed = 500_000.0
    for year in range(6):
        assert found[f"loan_to_value_{year}"] == pytest.approx(
            owed / (500_000 * 0.8**year), abs=1e-9
        )
        owed = owed * 1.16 - found["instalment_per_year"]
    assert found["expected_loss_stressed"] == pytest.approx(2 * found["expected_loss"])
    assert lender_sheet(cases, product(LOAN), vehicles=owner).loc[("a", "keep")].isna().sum() > 10


def test_bad_years_by_hand(truck: Truck, owner: pd.DataFrame, product: Make) -> None:
    """A fifth fewer kilometres, a quarter more for energy, defaults twice as many."""
    cases = truck(price=200_000, energy_per_year=120_000, maintenance_per_year=36_000,
                  access_per_year=12_000, keep=KEEP)  # fmt: skip
    found = stress(cases, product(LOAN), vehicles=owner)
    instalment = -numpy_financial.pmt(1.16 ** (1 / 12) - 1, 60, 200_000)
    cash = {
        "usual": 31_250 + 1_000 - 13_000, "km": 0.8 * (31_250 - 13_000) + 1_000,
        "energy": 31_250 + 1_000 - 13_000 - 2_500, "default": 31_250 + 1_000 - 13_000,
        "all": 0.8 * (31_250 - 13_000 - 2_500) + 1_000,
    }  # fmt: skip
    for name, money in cash.items():
        assert found.loc[(*CASE, name), "month_cash"] == pytest.approx(money - instalment), name
    losses = [found.loc[(*CASE, name), "expected_loss"] for name in ("usual", "default")]
    assert losses[1] == pytest.approx(2 * losses[0])
    usual = affordability(cases, product(LOAN), vehicles=owner).loc[CASE, "month_cash"]
    assert found.loc[(*CASE, "usual"), "month_cash"] == pytest.approx(usual)
    with pytest.raises(InputError, match=r"(?s)changes of km.*at least -1"):
        stress(cases, product(LOAN), vehicles=owner, scenarios={"x": {"rain": 1}, "y": {"km": -2}})


def test_segments_count_and_weigh(product: Make) -> None:
    """Two small and one large operator by hand: shares, money, the median of grants, the pot."""
    ids = ["a", "b", "c"]
    index = pd.MultiIndex.from_product([ids, ["keep", "euro_6"]], names=["vehicle_id", "option"])
    cases = new_cases(
        index, years=10, discount_rate=0.16, price=[0, 50_000, 0, 100_000, 0, 100_000],
        energy_per_year=[240_000, 60_000] * 3,
    )  # fmt: skip
    vehicles = pd.DataFrame({"operator_size": ["1-5", "1-5", ">100"]},
                            index=pd.Index(ids, name="vehicle_id"))  # fmt: skip
    grant = product("kind: grant\namount: 20000\npot: 50000")
    found = by_segment(
        cases, {"cash": product("kind: cash"), "grant": grant}, vehicles=vehicles,
        weights=pd.Series([3.0, 1.0, 5.0], index=ids),
    )  # fmt: skip
    small, large = found.loc[("1-5", "euro_6")], found.loc[(">100", "euro_6")]
    assert small["vehicles"].tolist() == [4.0, 4.0]
    assert (small.loc["cash", "both"], small.loc["grant", "both"]) == (0.0, 0.75)
    assert small.loc["cash", "grant_median"] == pytest.approx(10_000)
    assert small.loc["grant", "public_cost"] == 60_000
    assert small.loc["grant", "units_in_pot"] == 2.0
    assert large["both"].tolist() == [1.0, 1.0]
    assert large["grant_median"].tolist() == [0.0, 0.0]
    assert list(found.index.get_level_values("operator_size").unique()) == ["1-5", ">100"]
