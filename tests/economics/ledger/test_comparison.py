"""Switching against going on as today: gain, payback, rates of return, break-even."""

from __future__ import annotations

import numpy as np
import numpy_financial
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geofleet.economics.ledger import (
    AFFINE,
    _kernels,
    break_even,
    ledger,
    new_cases,
    rates_of_return,
    switching,
)
from geofleet.errors import InputError


def _pair(years: int, rate: float, keep: dict[str, float], other: dict[str, float]) -> pd.DataFrame:
    index = pd.MultiIndex.from_tuples(
        [("T1", "keep"), ("T1", "other")], names=["vehicle_id", "option"]
    )
    names = sorted({*keep, *other})
    columns = {name: [keep.get(name, 0.0), other.get(name, 0.0)] for name in names}
    return new_cases(index, years=years, discount_rate=rate, **columns)


def _filter(access_per_year: float, upkeep: float = 10_000.0) -> pd.DataFrame:
    """Return a filter of MXN 200,000 on credit at 16 % over five years, against none."""
    return _pair(5, 0.16, {}, {
        "price": 200_000, "loan": 200_000, "loan_rate": 0.16, "loan_years": 5,
        "filter_per_year": upkeep, "access_per_year": access_per_year,
    })  # fmt: skip


@pytest.mark.parametrize(("days", "per_day"), [(104, 683.48), (76, 935.29), (16 * 4 / 8, 8885.23)])
def test_a_filter_pays_from_so_much_a_day(days: float, per_day: float) -> None:
    """(61,081.88 + 10,000) over the days: hologram 2, hologram 1, and 16 mornings of four hours."""
    annuity = numpy_financial.pmt(0.16, 5, -200_000)
    assert round(annuity) == 61_082
    needed = break_even(_filter(0.0), "access_per_year").loc[("T1", "other")] / days
    assert needed == pytest.approx((annuity + 10_000) / days, rel=1e-12)
    assert round(needed, 2) == per_day
    less = switching(_filter(days * (needed - 1.0))).loc[("T1", "other"), "npv"]
    more = switching(_filter(days * (needed + 1.0))).loc[("T1", "other"), "npv"]
    assert less < 0.0 < more


def test_diesel_of_5_pesos_a_km_against_electric_of_1_20() -> None:
    """Paid back in five years at 25,000 km a year, undiscounted: 475,000 dearer to buy.

    3.80 MXN saved per km × 25,000 km × 5 years. Year four is too early, and one peso more too late.
    """

    def case(extra: float) -> pd.Series:
        frame = _pair(
            10, 0.0,
            {"energy_per_year": 5.00 * 25_000, "km_per_year": 25_000},
            {"energy_per_year": 1.20 * 25_000, "km_per_year": 25_000, "price": extra},
        )  # fmt: skip
        return switching(frame).loc[("T1", "other")]

    assert case(475_000)["discounted_payback_years"] == 5
    assert case(475_001)["discounted_payback_years"] == 6
    assert case(380_000)["discounted_payback_years"] == 4
    assert case(475_000)["npv"] == pytest.approx(3.80 * 250_000 - 475_000)
    assert case(0)["cost_per_km"] == pytest.approx(1.20)
    frame = _pair(5, 0.0, {"energy_per_year": 125_000}, {"energy_per_year": 30_000})
    assert break_even(frame, "price").loc[("T1", "other")] == pytest.approx(475_000)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 12), st.floats(0.0, 0.5), st.lists(st.floats(-1e5, 1e5), min_size=3, max_size=3)
)  # fmt: skip
def test_gain_and_payback_equal_the_two_ledgers(
    years: int, rate: float, money: list[float]
) -> None:
    """The gain is one ledger less the other; payback is read off the sum year by year."""
    frame = _pair(
        years, rate,
        {"energy_per_year": abs(money[0]), "value": 50_000, "value_decline": 0.2},
        {"price": abs(money[1]), "energy_per_year": abs(money[2]), "energy_growth": 0.03,
         "battery_price": 40_000, "battery_year": 6, "inflation": 0.04},
    )  # fmt: skip
    found = switching(frame).loc[("T1", "other")]
    keep, other = (ledger(frame, ("T1", name)) for name in ("keep", "other"))
    gains = keep.cumulative - other.cumulative
    assert found["npv"] == pytest.approx(gains.iloc[-1], abs=1e-6)
    below, first, good = False, np.nan, np.nan
    for year, gain in gains.items():
        if abs(gain) < 1e-6 and gain != 0.0:
            return  # rounding decides; both answers are right
        if gain < 0.0:
            below, good = True, np.nan
        else:
            good = year if np.isnan(good) else good
            first = year if below and np.isnan(first) else first
    first = first if below else 0.0
    for name, year in (("discounted_payback_years", first), ("paid_back_for_good_years", good)):
        assert found[name] == year or (np.isnan(found[name]) and np.isnan(year)), name
    assert (found["npv"] >= 0.0) == (not np.isnan(found["paid_back_for_good_years"]))


def test_the_base_gains_nothing_over_itself() -> None:
    """Its gain is zero, its payback at once, and it has no rate of return."""
    row = switching(_filter(1_000.0)).loc[("T1", "keep")]
    assert row[["npv", "discounted_payback_years", "irr_count", "month_one_change"]].tolist() == [
        0.0, 0.0, 0.0, 0.0,
    ]  # fmt: skip
    assert np.isnan(row["irr"])


def test_unknown_costs_make_unknown_gains() -> None:
    """Neither gain nor payback nor rate of return is told of what is not known, of the base too."""
    frame = _filter(80_000.0)
    frame.loc[("T1", "keep"), "energy_per_year"] = np.nan
    found = switching(frame)
    names = ["npv", "discounted_payback_years", "paid_back_for_good_years", "irr", "irr_count"]
    assert found[names].isna().all(axis=None)
    assert not np.isnan(found.loc[("T1", "other"), "present_cost"])
    assert np.isnan(break_even(frame, "grant").loc[("T1", "other")])


def test_operators_of_unknown_rate_leave_gains_unknown() -> None:
    """Whose rate nobody knows: no gain and no payback; a month and a rate of return need none."""
    known = _filter(80_000.0)
    frame = known.assign(discount_rate=np.nan)
    found = switching(frame).loc[("T1", "other")]
    names = ["npv", "discounted_payback_years", "paid_back_for_good_years", "cost_per_km"]
    assert found[names].isna().all()
    whole = switching(known).loc[("T1", "other")]
    for name in ("month_one", "undiscounted_cost", "upfront"):
        assert found[name] == whole[name]
    assert np.isnan(break_even(frame, "grant").loc[("T1", "other")])
    frame.loc[("T1", "other"), "discount_rate"] = 0.1
    with pytest.raises(InputError, match="discount_rate"):
        switching(frame)


def _roots(gains: list[float]) -> np.ndarray:
    rows = np.array([gains])
    roots = np.full((1, _kernels.MOST_ROOTS), np.nan)
    counts = np.empty(1, np.int64)
    _kernels.rates_of_return(rows, np.array([len(gains) - 1]), roots, counts)
    return roots[0, : counts[0]]


def test_rates_of_return_known_by_construction() -> None:
    """Gains multiplied out of (1 + r - rates): 10 % and 30 %; and a double one; and none."""
    assert _roots([-100.0, 240.0, -143.0]) == pytest.approx([0.1, 0.3])
    assert _roots([-100.0, 240.0, -144.0]) == pytest.approx([0.2], abs=1e-5)
    assert len(_roots([-100.0, 240.0, -150.0])) == 0
    assert len(_roots([100.0, 5.0, 5.0])) == 0
    assert _roots([-100.0, 10.0]) == pytest.approx([-0.9])
    assert _roots([0.0, -100.0, 110.0, 0.0]) == pytest.approx([0.1])
    three = np.poly([1.05, 1.25, 1.6]) * -1_000.0
    assert _roots(three.tolist()) == pytest.approx([0.05, 0.25, 0.6])


@settings(max_examples=150, deadline=None)
@given(st.lists(st.integers(-1000, 1000), min_size=2, max_size=12))
def test_rates_of_return_equal_those_of_numpy_financial(gains: list[int]) -> None:
    """Where gains change sign once there is one rate, and it is that of the library."""
    signs = np.sign([gain for gain in gains if gain])
    changes = int((signs[1:] != signs[:-1]).sum())
    found = _roots([float(gain) for gain in gains])
    assert len(found) <= changes
    assert (changes - len(found)) % 2 == 0 or changes > 1
    for rate in found:
        factors = (1.0 + rate) ** -np.arange(len(gains), dtype=float)
        size = np.abs(gains * factors).sum()
        assert abs((gains * factors).sum()) <= 1e-6 * size
    if changes == 1:
        assert len(found) == 1
        expected = numpy_financial.irr(gains)
        if 0.001 < 1.0 + found[0] < 100.0:
            assert found[0] == pytest.approx(expected, rel=1e-6, abs=1e-7)


def test_several_rates_are_counted_and_listed() -> None:
    """A new battery late in life gives two rates of return; both are shown."""
    frame = _pair(
        10, 0.1, {"energy_per_year": 40_000},
        {"price": 100_000, "battery_price": 400_000, "battery_year": 10},
    )  # fmt: skip
    found = switching(frame).loc[("T1", "other")]
    listed = rates_of_return(frame).loc[("T1", "other"), :]
    assert found["irr_count"] == len(listed) == 2
    gains = [-100_000.0] + [40_000.0] * 9 + [40_000.0 - 400_000.0]
    for rate in listed["irr"]:
        assert numpy_financial.npv(rate, gains) == pytest.approx(0.0, abs=1e-4)
    assert found["irr"] == listed["irr"].iloc[listed["irr"].abs().to_numpy().argmin()]
    assert found["irr"] == pytest.approx(numpy_financial.irr(gains), rel=1e-9)


@pytest.mark.parametrize("column", AFFINE)
def test_break_even_finds_the_value_that_leaves_no_gain(column: str) -> None:
    """Money today makes the gain nothing at a value of the column; that value is found again."""
    frame = _pair(
        8, 0.14,
        {"energy_per_year": 450_000, "value": 200_000, "value_decline": 0.15,
         "income_tax_rate": 0.3, "inflation": 0.04},
        {"price": 800_000, "loan": 300_000, "loan_rate": 0.15, "loan_years": 4, "fee_years": 3,
         "energy_per_year": 60_000, "value": 800_000, "value_decline": 0.2, "inflation": 0.04,
         "insurance_share": 0.04, "battery_year": 5, "income_tax_rate": 0.3,
         "depreciation_years": 4, "grant": 1_000},
    )  # fmt: skip
    other = ("T1", "other")
    value = 0.37 if column == "insurance_share" else 12_345.0
    frame.loc[other, column] = value
    gain = switching(frame)["npv"].loc[other]
    assert gain > 0.0
    frame.loc[("T1", "keep"), "trade_in"] = gain
    assert switching(frame)["npv"].loc[other] == pytest.approx(0.0, abs=1e-6)
    assert break_even(frame, column).loc[other] == pytest.approx(value, rel=1e-8)


def test_cases_that_cannot_be_compared_are_named() -> None:
    """No base, other years, other rates, an index without names, a case twice."""
    frame = _filter(0.0)
    with pytest.raises(InputError, match="a row of option base"):
        switching(frame, base="base")
    with pytest.raises(InputError, match="levels vehicle_id and option"):
        switching(frame.reset_index(drop=True))
    frame.loc[("T1", "other"), ["years", "discount_rate"]] = [6, 0.2]
    with pytest.raises(InputError) as caught:
        switching(frame)
    assert [problem.field for problem in caught.value.problems] == ["years", "discount_rate"]
    with pytest.raises(InputError, match="each case once"):
        switching(pd.concat([_filter(0.0), _filter(0.0)]))
    with pytest.raises(InputError, match="break_even, field column: 'years'"):
        break_even(_filter(0.0), "years")


def test_many_vehicles_in_any_order_give_what_each_gives_alone() -> None:
    """Rows may stand in any order, and parts of a large table do not know of each other."""
    rng = np.random.default_rng(5)
    vehicles, options = 9_000, ["keep", "a", "b", "c"]
    index = pd.MultiIndex.from_product([range(vehicles), options], names=["vehicle_id", "option"])
    count = len(index)
    frame = new_cases(
        index, years=6, discount_rate=0.12, price=rng.uniform(0, 2e5, count),
        energy_per_year=rng.uniform(1e4, 1e5, count), battery_price=1e5, battery_year=4,
    ).iloc[rng.permutation(count)]  # fmt: skip
    found = switching(frame)
    assert found.index.equals(frame.index)
    for vehicle in (0, 4_321, 8_999):
        alone = frame[frame.index.get_level_values(0) == vehicle]
        pd.testing.assert_frame_equal(found.loc[alone.index], switching(alone))
