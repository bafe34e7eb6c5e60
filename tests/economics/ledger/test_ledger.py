"""Totals of many ledgers, one ledger explained, and a spreadsheet agree."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import numpy_financial
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import get_num_threads, set_num_threads

from geofleet.economics.ledger import (
    CASE_SCHEMA,
    ITEMS,
    check_cases,
    ledger,
    ledger_totals,
    new_cases,
    yearly_costs,
)
from geofleet.errors import InputError


def _spreadsheet() -> ModuleType:
    path = Path(__file__).with_name("spreadsheet.py")
    spec = importlib.util.spec_from_file_location("ledger_spreadsheet", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["ledger_spreadsheet"] = module
    spec.loader.exec_module(module)
    return module


SHEET = _spreadsheet()
TOTALS = (
    "upfront", "month_one", "present_cost", "undiscounted_cost", "present_km", "present_tonne_km",
)  # fmt: skip


def _limits(name: str) -> st.SearchStrategy[float]:
    """Return numbers as an author of cases would write them, with zeros often among them."""
    if name == "years":
        return st.integers(1, 15).map(float)
    if name.endswith("_years") or name == "battery_year":
        return st.integers(0, 20).map(float)
    if name in ("discount_rate", "loan_rate"):
        return st.one_of(st.just(0.0), st.floats(0.001, 0.6))
    if name in ("inflation", "energy_growth", "maintenance_growth"):
        return st.floats(-0.1, 0.2)
    if name in ("value_decline", "insurance_share", "income_tax_rate"):
        return st.one_of(st.just(0.0), st.floats(0.01, 0.9))
    return st.one_of(st.just(0.0), st.floats(1.0, 3e6))


@st.composite
def cases(draw: st.DrawFn) -> dict[str, float]:
    case = {name: draw(_limits(name)) for name in SHEET.NAMES}
    if case["loan"] and not case["loan_years"]:
        case["loan_years"] = 1.0
    return case


def _frame(case: dict[str, float], label: Any = "case") -> pd.DataFrame:
    return new_cases(pd.Index([label]), **case)


def _size(case: dict[str, float]) -> float:
    """Return what the rounding of sums is measured by: all money of the case, without signs."""
    table = ledger(_frame(case), "case").table
    return float(table.abs().to_numpy().sum())


@settings(max_examples=60, deadline=None)
@given(cases())
def test_totals_equal_a_spreadsheet(case: dict[str, float]) -> None:
    """All items, taxes, loans longer than the horizon: to 1e-9 of the money that moves."""
    expected = SHEET.sheet(case)
    found = ledger_totals(_frame(case)).iloc[0]
    for name in TOTALS:
        assert found[name] == pytest.approx(expected[name], rel=1e-9, abs=1e-9 * _size(case)), name
    flows = yearly_costs(_frame(case)).iloc[0].to_numpy()
    np.testing.assert_allclose(flows, expected["flows"], rtol=1e-9, atol=1e-9 * _size(case))


@settings(max_examples=40, deadline=None)
@given(cases())
def test_totals_equal_the_explained_ledger(case: dict[str, float]) -> None:
    """Two ways to the same numbers; and the items of a ledger come to its totals."""
    frame = _frame(case)
    explained = ledger(frame, "case")
    found = ledger_totals(frame).iloc[0]
    tolerance = 1e-9 * max(1.0, _size(case))
    for name, value in explained.totals.items():
        if name in TOTALS:
            assert found[name] == pytest.approx(value, rel=1e-9, abs=tolerance), name
    assert explained.present.sum() == pytest.approx(found["present_cost"], abs=tolerance)
    assert explained.cumulative.iloc[-1] == pytest.approx(found["present_cost"], abs=tolerance)
    assert list(explained.table.columns) == list(ITEMS)
    assert len(explained.table) == case["years"] + 1
    assert len(explained.cash) == 12


def test_money_that_only_costs_agrees_to_a_part_in_a_thousand_million() -> None:
    """Where nothing cancels, the totals themselves agree to 1e-9."""
    rng = np.random.default_rng(3)
    count = 40
    frame = _random_cases(count, rng).assign(
        grant=0.0, trade_in=0.0, loan=0.0, access_per_year=0.0, income_tax_rate=0.0
    )
    totals = ledger_totals(frame)
    for label in frame.index:
        explained = ledger(frame, label).totals
        np.testing.assert_allclose(totals.loc[label], explained, rtol=1e-9)


def _random_cases(count: int, rng: np.random.Generator) -> pd.DataFrame:
    columns = {
        name: rng.uniform(1e3, 1e6, count)
        for name in SHEET.NAMES
        if not name.endswith(("rate", "growth", "share", "decline", "years", "year", "inflation"))
        or name.endswith("per_year")
    }
    shares = ("inflation", "energy_growth", "maintenance_growth", "value_decline",
              "insurance_share", "income_tax_rate", "discount_rate", "loan_rate")  # fmt: skip
    columns |= {name: rng.uniform(0.01, 0.2, count) for name in shares}
    terms = ("loan_years", "fee_years", "battery_year", "depreciation_years")
    columns |= {name: rng.integers(1, 13, count) for name in terms}
    return new_cases(pd.RangeIndex(count), years=10, **columns)


def test_a_filter_on_credit_to_the_peso() -> None:
    """MXN 200,000 at 16 % over five years: 61,082 a year, as numpy-financial has it."""
    frame = _frame({"years": 5, "discount_rate": 0.16, "price": 200_000, "loan": 200_000,
                    "loan_rate": 0.16, "loan_years": 5})  # fmt: skip
    found = ledger(frame, "case")
    instalments = found.table["instalments"].iloc[1:]
    assert round(instalments.iloc[0], 2) == 61_081.88
    assert instalments.iloc[0] == pytest.approx(numpy_financial.pmt(0.16, 5, -200_000), rel=1e-12)
    interest = numpy_financial.ipmt(0.16, np.arange(1, 6), 5, -200_000)
    np.testing.assert_allclose(found.loan["interest"], interest, rtol=1e-12)
    principal = numpy_financial.ppmt(0.16, np.arange(1, 6), 5, -200_000)
    np.testing.assert_allclose(found.loan["principal"], principal, rtol=1e-12)
    # at the rate of the loan it is as good to pay at once
    assert ledger_totals(frame)["present_cost"].iloc[0] == pytest.approx(200_000, rel=1e-12)


def test_a_loan_by_months_comes_to_the_same_yearly_rate() -> None:
    """Sixty payments at the month's rate of 16 % a year are worth the loan."""
    frame = _frame({"years": 5, "discount_rate": 0.16, "price": 200_000, "loan": 200_000,
                    "loan_rate": 0.16, "loan_years": 5})  # fmt: skip
    cash = ledger(frame, "case").cash
    month = 1.16 ** (1 / 12) - 1
    payment = numpy_financial.pmt(month, 60, -200_000)
    assert cash["instalments"].tolist() == pytest.approx([payment] * 12, rel=1e-12)
    assert ledger_totals(frame)["month_one"].iloc[0] == pytest.approx(payment, rel=1e-12)
    owed = -numpy_financial.fv(month, 12, payment, -200_000)
    assert abs(cash["owed"].iloc[-1]) == pytest.approx(abs(owed), rel=1e-9)


def test_what_is_owed_beyond_the_last_year_is_paid_in_it() -> None:
    """A loan of ten years in a ledger of three: its payments are worth the loan all the same."""
    frame = _frame({"years": 3, "discount_rate": 0.12, "loan": 90_000, "loan_rate": 0.12,
                    "loan_years": 10})  # fmt: skip
    found = ledger(frame, "case")
    payment = numpy_financial.pmt(0.12, 10, -90_000)
    left = -numpy_financial.pv(0.12, 7, payment)
    assert found.table["instalments"].tolist() == pytest.approx(
        [0, payment, payment, payment + left]
    )
    assert found.present["instalments"] == pytest.approx(90_000, rel=1e-12)


def test_income_tax_of_a_bought_vehicle_by_hand() -> None:
    """Price 100 written off over 4 years, sold for 40 after 2: book value 50, a loss of 10."""
    frame = _frame({"years": 2, "discount_rate": 0.1, "price": 100, "value": 160,
                    "value_decline": 0.5, "energy_per_year": 20, "income_tax_rate": 0.3,
                    "depreciation_years": 4})  # fmt: skip
    found = ledger(frame, "case").table
    assert found["residual"].tolist() == [0, 0, -40]
    assert found["income_tax"].tolist() == pytest.approx([0, -13.5, -13.5 - 3.0])
    expected = 100 + (20 - 13.5) / 1.1 + (20 - 40 - 16.5) / 1.21
    assert ledger_totals(frame)["present_cost"].iloc[0] == pytest.approx(expected)


@pytest.mark.parametrize("rate", [0.0, 1e-12, 1e-8, 5e-4, 0.9999e-3, 1.0001e-3, 5.0])
def test_rates_near_nothing_and_far_from_it(rate: float) -> None:
    """Tiny rates lose no digits and large ones do not overflow; with tax, interest counts."""
    frame = _frame({"years": 60, "discount_rate": rate, "loan": 1e6, "loan_rate": rate,
                    "loan_years": 60, "income_tax_rate": 0.3, "price": 1e6,
                    "depreciation_years": 5})  # fmt: skip
    totals, explained = ledger_totals(frame).iloc[0], ledger(frame, "case").totals
    for name in TOTALS:
        assert totals[name] == pytest.approx(explained[name], rel=1e-9, abs=1e-3), name


@settings(max_examples=50, deadline=None)
@given(cases(), st.sampled_from([n for n in SHEET.NAMES if n != "years"]))
def test_unknown_is_unknown_in_both(case: dict[str, float], name: str) -> None:
    """An empty cell makes the same totals unknown by both ways, and none of them zero."""
    frame = _frame(case)
    frame[name] = np.nan
    totals, explained = ledger_totals(frame).iloc[0], ledger(frame, "case").totals
    assert totals[list(TOTALS)].isna().tolist() == explained[list(TOTALS)].isna().tolist()
    if name == "km_per_year":
        assert np.isnan(totals["present_km"])
        assert not np.isnan(totals["present_cost"])
    elif name == "energy_per_year":
        assert np.isnan(totals["present_cost"])
        assert np.isnan(totals["month_one"])


def test_terms_of_a_loan_that_nobody_takes_do_not_matter() -> None:
    """No loan, no new battery, no fee, no tax: nothing asks for their terms."""
    frame = _frame({"years": 4, "discount_rate": 0.1, "price": 10.0})
    for name in ("loan_rate", "loan_years", "fee_per_year", "battery_price",
                 "depreciation_years"):  # fmt: skip
        frame[name] = np.nan
    assert ledger_totals(frame)["present_cost"].iloc[0] == 10.0
    assert ledger(frame, "case").totals["present_cost"] == 10.0


def test_one_thread_and_many_agree_bit_for_bit() -> None:
    """Cases do not know of each other."""
    frame = _random_cases(3_000, np.random.default_rng(1))
    threads = get_num_threads()
    many = ledger_totals(frame)
    set_num_threads(1)
    try:
        one = ledger_totals(frame)
    finally:
        set_num_threads(threads)
    pd.testing.assert_frame_equal(many, one, check_exact=True)


def test_faults_are_all_named_at_once() -> None:
    """Text, limits, fractions of a year, a loan without years, unknown columns."""
    frame = _frame({"years": 4, "discount_rate": 0.1})
    frame["price"] = "dear"
    frame["fee_years"] = 1.5
    frame["grant"] = -1.0
    frame["loan"] = 5.0
    frame["colour"] = 1.0
    with pytest.raises(InputError) as caught:
        check_cases(frame.drop(columns="years"))
    fields = [problem.field for problem in caught.value.problems]
    assert sorted(fields) == ["colour", "fee_years", "grant", "loan_years", "price", "years"]
    with pytest.raises(InputError, match="ledger case case, field price: 'dear'"):
        ledger_totals(frame)
    with pytest.raises(InputError, match="label of one case"):
        ledger(_frame({"years": 1, "discount_rate": 0.1}), "nowhere")


def test_columns_of_the_spreadsheet_are_those_of_the_schema() -> None:
    """Nothing that a case can hold is left out of the comparison."""
    assert tuple(column.name for column in CASE_SCHEMA.columns) == SHEET.NAMES


def test_a_table_without_rows_has_totals_without_rows() -> None:
    """An empty fleet costs nothing and breaks nothing."""
    frame = new_cases(pd.Index([], name="case"), years=5.0, discount_rate=0.1)
    assert ledger_totals(frame).shape == (0, 8)
