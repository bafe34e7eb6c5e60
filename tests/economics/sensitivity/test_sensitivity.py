"""Swings, flips and break-even values of functions whose answers are known."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geofleet.defaults import Defaults, read_table
from geofleet.economics.ledger import new_cases, switching
from geofleet.economics.sensitivity import (
    RANGE_COLUMNS,
    contested_inputs,
    input_ranges,
    own_ranges,
    tornado,
)
from geofleet.errors import InputError, MissingDefaultError, Problem

DPF = "vehicle_prices:dpf_retrofit.price"
UPKEEP = "economics:filter.cleaning_per_year"
LIFE = "economics:filter.life_years"
DIESEL = "pricing:diesel_per_l"
SCENARIO = "economics:duty.scenario"


def _filter_gain(overrides: Mapping[str, float | str]) -> float:
    """Return what a filter on credit is worth to a truck of hologram 2 at 700 a day."""
    defaults = Defaults(overrides)
    price = defaults.number(*DPF.split(":"))
    index = pd.MultiIndex.from_tuples(
        [("T1", "keep"), ("T1", "dpf_retrofit")], names=["vehicle_id", "option"]
    )
    cases = new_cases(
        index, years=5, discount_rate=0.16, price=[0, price], loan=[0, price], loan_rate=0.16,
        loan_years=5, filter_per_year=[0, defaults.number(*UPKEEP.split(":"))],
        access_per_year=[0, 104 * 700],
    )  # fmt: skip
    return float(switching(cases)["npv"].iloc[1])


def test_a_filter_flips_by_its_price_and_by_its_upkeep() -> None:
    """104 days at 700 are 72,800: break-even price (72,800 - 10,000) × 3.2743, upkeep 11,718."""
    found = tornado(_filter_gain, input_ranges([UPKEEP, DPF, DIESEL])).loc["result"]
    assert list(found.index) == [DPF, UPKEEP, DIESEL]
    factor = sum(1.16**-y for y in range(1, 6))
    assert found.loc[DPF, "break_even"] == pytest.approx(62_800 * factor, rel=1e-9)
    assert found.loc[UPKEEP, "break_even"] == pytest.approx(72_800 - 200_000 / factor, rel=1e-9)
    assert found.loc[DPF, "swing"] == pytest.approx(65_000)
    assert found["flips"].tolist() == ["yes", "yes", "no"]
    assert found["where"].tolist() == ["within the range", "within the range", "none found"]
    assert found.loc[DIESEL, "swing"] == 0.0
    assert found.loc[DPF, "contested"]
    assert "10,000" in found.loc[DPF, "why"]


@settings(max_examples=50, deadline=None)
@given(st.floats(0.1, 5.0), st.floats(-20.0, 20.0), st.floats(0.0, 30.0))
def test_straight_lines_turn_where_algebra_says(slope: float, offset: float, limit: float) -> None:
    """Results of slope × input + offset meet the threshold at (threshold - offset) / slope."""

    def evaluate(overrides: Mapping[str, float | str]) -> float:
        return slope * Defaults(overrides).number(*LIFE.split(":")) + offset

    found = tornado(evaluate, own_ranges({LIFE: (5.0, 10.0)}), threshold=limit).iloc[0]
    assert found["swing"] == pytest.approx(slope * 5.0)
    turning = (limit - offset) / slope
    if turning > 0.001:
        assert found["break_even"] == pytest.approx(turning, rel=1e-6, abs=1e-7)
        # a turn at an end itself is neither
        if min(abs(turning - 5.0), abs(turning - 10.0)) > 1e-6:
            assert (found["flips"] == "yes") == (5.0 < turning < 10.0)
            inside = "within the range" if 5.0 < turning < 10.0 else "beyond the range"
            assert found["where"] == inside
    elif turning < -0.001:
        assert found["where"] == "none found"  # a life below zero is none


def test_a_turn_far_beyond_a_narrow_range_is_followed() -> None:
    """The price of diesel is known to 2 pesos; what it would take is 11 pesos away from it.

    A curve that never reaches its threshold has no turn, however near it comes.
    """

    def gain(overrides: Mapping[str, float | str]) -> float:
        price = Defaults(overrides).number(*DIESEL.split(":"))
        return (5_200 * price - 48_000) * 4.6 - 687_000

    found = tornado(gain, input_ranges([DIESEL])).iloc[0]
    assert found["break_even"] == pytest.approx((687_000 / 4.6 + 48_000) / 5_200, rel=1e-8)
    assert found["where"] == "beyond the range"

    def curved(overrides: Mapping[str, float | str]) -> float:
        return Defaults(overrides).number(*DIESEL.split(":")) ** 2 - 10_000

    assert tornado(curved, input_ranges([DIESEL])).iloc[0]["break_even"] == pytest.approx(100.0)

    def never(overrides: Mapping[str, float | str]) -> float:
        return 1.0 / Defaults(overrides).number(*DIESEL.split(":"))

    assert tornado(never, input_ranges([DIESEL])).iloc[0]["where"] == "none found"
    still = tornado(gain, input_ranges([DIESEL]), search_points=0).iloc[0]
    assert still["where"] == "none found"


def test_several_turns_are_all_reported_and_the_nearest_first() -> None:
    """A parabola through 6 and 9: two break-even values; the ends are on the same side."""

    def evaluate(overrides: Mapping[str, float | str]) -> float:
        value = Defaults(overrides).number(*LIFE.split(":"))
        return (value - 6.0) * (value - 9.0)

    found = tornado(evaluate, own_ranges({LIFE: (5.0, 10.0)})).iloc[0]
    assert found["break_evens"] == pytest.approx((6.0, 9.0))
    assert found["break_even"] == pytest.approx(9.0)
    # eight years is below nothing, five and ten are not
    assert found["flips"] == "yes"


def test_several_results_with_thresholds_of_their_own() -> None:
    """Each result is ranked by itself, in the order in which it was given."""

    def evaluate(overrides: Mapping[str, float | str]) -> dict[str, float]:
        defaults = Defaults(overrides)
        life, price = (defaults.number(*name.split(":")) for name in (LIFE, DPF))
        return {"years": life, "per_year": price / life}

    ranges = pd.concat([own_ranges({LIFE: (4.0, 10.0)}), input_ranges([DPF])])
    found = tornado(evaluate, ranges, threshold={"years": 7.0, "per_year": 30_000.0})
    assert list(found.index) == [
        ("years", LIFE), ("years", DPF), ("per_year", LIFE), ("per_year", DPF),
    ]  # fmt: skip
    assert found["flips"].tolist() == ["yes", "no", "yes", "yes"]
    assert found.loc[("per_year", LIFE), "break_even"] == pytest.approx(200_000 / 30_000)
    assert found.loc[("per_year", DPF), "break_even"] == pytest.approx(240_000)


def test_choices_have_ends_and_no_break_even() -> None:
    """Words are tried as they are."""

    def evaluate(overrides: Mapping[str, float | str]) -> float:
        return -5.0 if Defaults(overrides).text(*SCENARIO.split(":")) == "light_2026" else 3.0

    found = tornado(evaluate, input_ranges([SCENARIO])).iloc[0]
    assert (found["at_low"], found["at_high"], found["flips"]) == (3.0, -5.0, "yes")
    assert found["where"] == "a choice"
    assert np.isnan(found["break_even"])


def test_unknown_results_do_not_count_as_none() -> None:
    """A result that is not known at an end leaves open whether the decision flips."""

    def evaluate(overrides: Mapping[str, float | str]) -> float:
        life = Defaults(overrides).number(*LIFE.split(":"))
        return math.nan if life > 9.0 else life

    found = tornado(evaluate, own_ranges({LIFE: (5.0, 10.0)})).iloc[0]
    assert found["flips"] == "unknown"
    assert np.isnan(found["swing"])


def test_values_that_an_input_may_not_have_are_left_out() -> None:
    """Shares end at one: beyond, the search stops; whole years are tried as whole years."""

    def shares(overrides: Mapping[str, float | str]) -> float:
        value = Defaults(overrides).number("economics_access", "enforcement")
        if value > 1.0:
            raise InputError([Problem("x", "enforcement", 0, f"{value:g}", "at most 1")])
        return value - 1.5

    found = tornado(shares, input_ranges(["economics_access:enforcement"])).iloc[0]
    assert found["where"] == "none found"

    def years(overrides: Mapping[str, float | str]) -> float:
        value = Defaults(overrides).number(*LIFE.split(":"))
        if value != math.floor(value):
            raise InputError([Problem("x", "years", 0, f"{value:g}", "a whole number")])
        return value - 6.5

    assert tornado(years, own_ranges({LIFE: (5.0, 10.0)})).iloc[0]["break_even"] == 8.0


def test_no_more_is_evaluated_than_is_asked_for() -> None:
    """Without a search beyond the range: the study itself and two ends of each input."""
    calls = []

    def evaluate(overrides: Mapping[str, float | str]) -> float:
        calls.append(dict(overrides))
        return 1.0

    tornado(evaluate, input_ranges([DPF, DIESEL]), search_points=0)
    assert calls == [{}, {DPF: 185_000.0}, {DPF: 250_000.0}, {DIESEL: 25.7}, {DIESEL: 27.87}]


def test_every_range_holds_its_row() -> None:
    """Rows exist, in the same unit, and central values lie between the ends."""
    table = read_table("economics_ranges")
    found = input_ranges()
    assert list(found.columns) == list(RANGE_COLUMNS)
    for name, one in found.iterrows():
        other, _, row = str(name).partition(":")
        assert read_table(other).loc[row, "unit"] == one["unit"], name
        if one["kind"] == "number":
            assert one["low"] <= one["central"] <= one["high"], name
            assert one["low"] < one["high"], name
        else:
            assert isinstance(one["central"], str), name
    ends = {str(name).rpartition(".")[2] for name in table.index}
    assert ends == {"low", "high"}
    assert set(table["contested"]) == {"yes", "no"}
    assert (table.loc[table["contested"] == "yes", "note"] != "").all()


def test_contested_inputs_are_listed_with_their_reason() -> None:
    """Value of a life over a factor of 15, a filter's price, gas, a charging claim, a switch."""
    found = contested_inputs()
    life = found.loc["money:MX.central.value"]
    assert life["high"] / life["low"] > 15
    for name in (DPF, "technologies:cng.energy_factor", "electric_models:jac_n55_ev.dc_charge_w",
                 "rules:mexico.hnc_applies_to_freight", SCENARIO):  # fmt: skip
        assert name in found.index
    assert (found["why"] != "").all()
    own = contested_inputs(defaults=Defaults({DPF: 210_000}))
    assert own.loc[DPF, "central"] == 210_000


def test_faults_are_named() -> None:
    """Inputs without range, rows that are none, what no row holds, ends the wrong way round."""
    with pytest.raises(InputError, match="pricing:nothing"):
        input_ranges(["pricing:nothing"])
    with pytest.raises(MissingDefaultError):
        own_ranges({"pricing:nothing": (0.0, 1.0)})
    with pytest.raises(InputError, match="a default row"):
        tornado(_filter_gain, contested_inputs())
    with pytest.raises(InputError, match="low not above high"):
        tornado(_filter_gain, own_ranges({DPF: (3.0, 2.0)}))
    with pytest.raises(InputError, match="each input once"):
        tornado(_filter_gain, pd.concat([own_ranges({DPF: (1.0, 2.0)})] * 2))
    with pytest.raises(InputError, match="a column high"):
        tornado(_filter_gain, own_ranges({DPF: (1.0, 2.0)}).drop(columns="high"))
