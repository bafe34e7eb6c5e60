"""Charging curves: published ones, inverses, concavity, and what is refused."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geofleet.defaults import Defaults
from geofleet.energy.battery import Battery, ChargingCurve, charging_curve
from geofleet.errors import InputError

HOUR = 3600.0
# Montoya et al. 2017: hours at 0, 85, 95 and 100 % of a battery of 16 kWh.
PUBLISHED = {"fast": (0, 0.31, 0.39, 0.51), "normal": (0, 0.62, 0.77, 1.01),
             "slow": (0, 1.26, 1.54, 2.04)}  # fmt: skip
TRUCK = Battery("truck", 80_000.0, "lfp", ac_charge_w=22_000.0, dc_charge_w=100_000.0)


def published(name: str) -> ChargingCurve:
    return ChargingCurve.from_shares(
        name, soc=(0.0, 0.85, 0.95, 1.0), battery_wh=16_000.0,
        time_s=tuple(hours * HOUR for hours in PUBLISHED[name]),
    )  # fmt: skip


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_curves_are_read_as_they_are(name):
    """Half an hour's breakpoints come back; between them energy is on the line."""
    curve = published(name)
    hours = PUBLISHED[name]
    assert curve.time_for(0.0, 0.85 * 16_000) == pytest.approx(hours[1] * HOUR)
    assert curve.time_for(0.85 * 16_000, 0.95 * 16_000) == pytest.approx(
        (hours[2] - hours[1]) * HOUR
    )
    assert curve.full_s == pytest.approx(hours[3] * HOUR)
    assert curve.energy_after(0.0, hours[1] * HOUR / 2) == pytest.approx(0.425 * 16_000)
    assert curve.power_w[0] == pytest.approx(0.85 * 16_000 / hours[1])
    assert curve.soc == pytest.approx((0.0, 0.85, 0.95, 1.0))


@given(
    start=st.floats(0.0, 16_000.0), end=st.floats(0.0, 16_000.0),
    name=st.sampled_from(sorted(PUBLISHED)),
)  # fmt: skip
def test_time_and_energy_are_inverses(start, end, name):
    """The time for a charge, spent, gives the energy that was asked for."""
    curve = published(name)
    low, high = sorted((start, end))
    assert curve.energy_after(low, curve.time_for(low, high)) == pytest.approx(high, abs=1e-6)


@given(st.floats(0.0, 16_000.0), st.floats(0.0, 5000.0), st.floats(0.0, 5000.0))
def test_two_charges_in_a_row_are_one_and_power_falls(start, first, second):
    """Time adds up along the curve, and the second half never brings more than the first."""
    curve = published("normal")
    between = curve.energy_after(start, first)
    assert curve.energy_after(between, second) == pytest.approx(
        curve.energy_after(start, first + second), abs=1e-6
    )
    half = curve.energy_after(start, first / 2)
    whole = curve.energy_after(start, first)
    assert whole - half <= half - start + 1e-6
    assert start <= half <= whole <= 16_000.0


def test_arrays_give_what_scalars_give():
    """Broadcast over starts and durations."""
    curve = published("fast")
    starts, seconds = np.array([0.0, 8000.0, 16_000.0]), np.array([600.0, 900.0, 60.0])
    after = curve.energy_after(starts, seconds)
    assert after.tolist() == [
        curve.energy_after(float(a), float(b)) for a, b in zip(starts, seconds, strict=True)
    ]
    assert curve.time_for(starts, after).shape == (3,)
    assert after[-1] == 16_000.0


def test_the_default_curve_by_hand():
    """80 kWh at 100 kW from 15 %: full power to 50 %, then 75, 35 and 20 kW."""
    curve = charging_curve(TRUCK, 150_000.0, kind="dc", lowest_soc=0.15)
    assert curve.power_w == pytest.approx((100_000, 75_000, 35_000, 20_000))
    assert curve.soc == pytest.approx((0, 0.5, 0.8, 0.9, 1.0))
    by_hand = 0.35 * 80 / 100 + 0.3 * 80 / 75 + 0.1 * 80 / 35 + 0.1 * 80 / 20
    assert curve.time_for(12_000.0, 80_000.0) == pytest.approx(by_hand * HOUR)
    assert curve.exact_from_wh == pytest.approx(12_000.0)
    assert curve.grid_efficiency == Defaults().number("batteries", "charger_efficiency.dc")
    assert curve.grid_wh(12_000.0, 80_000.0) == pytest.approx(68_000 / curve.grid_efficiency)


def test_the_rising_low_end_becomes_its_envelope():
    """From empty to half the time is the true one; the envelope never lags behind the curve."""
    curve = charging_curve(TRUCK, 150_000.0, kind="dc", lowest_soc=0.0)
    assert curve.time_for(0.0, 40_000.0) == pytest.approx((8 / 50 + 32 / 100) * HOUR)
    assert curve.exact_from_wh == pytest.approx(40_000.0)
    true = np.interp(np.linspace(0, 0.48, 25) * HOUR, [0, 0.16 * HOUR, 0.48 * HOUR],
                     [0, 8000.0, 40_000.0])  # fmt: skip
    assert (curve.energy_after(0.0, np.linspace(0, 0.48, 25) * HOUR) >= true - 1e-6).all()


def test_a_small_charger_is_the_limit_up_to_the_taper():
    """11 kW from the grid reach the battery less the loss of the charger on board."""
    slow = charging_curve(TRUCK, 11_000.0, kind="ac")
    assert slow.power_w == pytest.approx((11_000 * 0.9,))
    on_board = charging_curve(TRUCK, 43_000.0, kind="ac")
    assert on_board.power_w[0] == pytest.approx(22_000 * 0.9)
    level = charging_curve(TRUCK, 50_000.0, kind="dc", lowest_soc=0.0)
    assert level.power_w == pytest.approx((50_000, 35_000, 20_000))
    assert level.exact_from_wh == 0.0


@given(
    small=st.floats(1_000.0, 400_000.0), large=st.floats(1_000.0, 400_000.0),
    cold=st.floats(-30.0, 20.0), warm=st.floats(-30.0, 20.0), lowest=st.floats(0.0, 0.6),
)  # fmt: skip
def test_more_power_and_more_warmth_never_take_longer(small, large, cold, warm, lowest):
    """Whatever the charger and the weather, the curve is concave and ends full."""
    small, large = sorted((small, large))
    cold, warm = sorted((cold, warm))
    slow = charging_curve(TRUCK, small, kind="dc", battery_temperature_c=cold, lowest_soc=lowest)
    fast = charging_curve(TRUCK, large, kind="dc", battery_temperature_c=warm, lowest_soc=lowest)
    for end in (0.7, 0.9, 1.0):
        begin, until = lowest * 80_000.0, end * 80_000.0
        assert fast.time_for(begin, until) <= slow.time_for(begin, until) * (1 + 1e-9)
    for curve in (slow, fast):
        assert curve.battery_wh == 80_000.0
        assert all(a >= b * (1 - 1e-9) for a, b in itertools.pairwise(curve.power_w))


def test_an_aged_battery_fills_in_proportion():
    """The same shares of a smaller battery at the same power."""
    new = charging_curve(TRUCK, 150_000.0, kind="dc")
    old = charging_curve(TRUCK, 150_000.0, kind="dc", usable_wh=60_000.0)
    assert old.battery_wh == 60_000.0
    assert old.full_s == pytest.approx(0.75 * new.full_s)


def test_a_curve_of_the_battery_s_own():
    """Level to 90 %, as some packs of iron phosphate are sold."""
    own = Battery("own", 60_000.0, "lfp", 11_000.0, 120_000.0, ((0.0, 1.0), (0.9, 0.5)))
    curve = charging_curve(own, 200_000.0, kind="dc")
    assert curve.full_s == pytest.approx((54 / 120 + 6 / 60) * HOUR)


@pytest.mark.parametrize(
    ("soc", "times", "words"),
    [
        ((0.0, 0.5, 1.0), (0.0, 200.0, 300.0), "concave"),
        ((0.0, 0.5, 1.2), (0.0, 100.0, 300.0), "1 is full"),
        ((0.0, 0.5, 0.9), (0.0, 100.0, 300.0), "the last of them 1"),
        ((0.1, 0.5, 1.0), (0.0, 100.0, 300.0), "ascending from 0"),
        ((0.0, 0.5, 1.0), (0.0, 300.0, 300.0), "ascending from 0"),
        ((0.0, 0.5, 1.0), (0.0, math.nan, 300.0), "ascending from 0"),
        ((0.0, 1.0), (0.0, 100.0, 300.0), "as many times"),
    ],
)
def test_what_is_no_charging_curve_is_refused(soc, times, words):
    """Power that rises, more than full, time that stands still."""
    with pytest.raises(InputError, match=words):
        ChargingCurve.from_shares("bad", soc=soc, time_s=times, battery_wh=1000.0)


def test_every_fault_of_a_curve_is_named():
    """Efficiency above 1 and a curve that does not begin empty, at once."""
    with pytest.raises(InputError) as error:
        ChargingCurve("bad", (0.0, 10.0), (5.0, 10.0), grid_efficiency=1.1)
    assert {problem.field for problem in error.value.problems} == {"energy_wh", "grid_efficiency"}
    with pytest.raises(InputError, match="battery_wh"):
        ChargingCurve.from_shares("bad", soc=(0.0, 1.0), time_s=(0.0, 1.0), battery_wh=0.0)


def test_charge_outside_the_battery_is_refused():
    """Above 100 %, below empty, backwards in time or energy."""
    curve = published("fast")
    with pytest.raises(InputError, match=r"110\.0% of the battery"):
        curve.time_for(8000.0, 17_600.0)
    with pytest.raises(InputError, match="start_wh"):
        curve.energy_after(np.array([0.0, -1.0]), 60.0)
    with pytest.raises(InputError, match="seconds"):
        curve.energy_after(0.0, np.array([10.0, -1.0]))
    with pytest.raises(InputError, match="seconds"):
        curve.energy_after(0.0, math.nan)
    with pytest.raises(InputError, match="not below the start"):
        curve.time_for(9000.0, 8000.0)


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"usable_wh": 0.0}, {"usable_wh"}),
        ({"usable_wh": -5.0, "chemistry": "wood"}, {"usable_wh", "chemistry"}),
        ({"ac_charge_w": 0.0, "dc_charge_w": -1.0}, {"ac_charge_w", "dc_charge_w"}),
        ({"charging_power": ((0.1, 1.0),)}, {"charging_power"}),
        ({"charging_power": ((0.0, 1.0), (1.2, 0.5))}, {"charging_power"}),
        ({"charging_power": ((0.0, 1.5),)}, {"charging_power"}),
    ],
)
def test_impossible_batteries_are_refused(changes, fields):
    """Nothing in it, more than the peak, a state of charge above 100 %."""
    numbers = {"name": "bad", "usable_wh": 60_000.0, "chemistry": "lfp"} | changes
    with pytest.raises(InputError) as error:
        Battery(**numbers)
    assert {problem.field for problem in error.value.problems} == fields


@pytest.mark.parametrize(
    ("battery", "arguments", "words"),
    [
        (TRUCK, {"charger_power_w": 0.0, "kind": "dc"}, "charger_power_w"),
        (TRUCK, {"charger_power_w": 5e4, "kind": "steam"}, "ac or dc"),
        (TRUCK, {"charger_power_w": 5e4, "kind": "dc", "lowest_soc": 1.2}, "lowest_soc"),
        (TRUCK, {"charger_power_w": 5e4, "kind": "dc", "usable_wh": 0.0}, "usable_wh"),
        (Battery("ac only", 1e4, ac_charge_w=3e3), {"charger_power_w": 5e4, "kind": "dc"},
         "dc_charge_w.*unknown"),
        (Battery("rising", 1e4, dc_charge_w=3e4, charging_power=((0.0, 0.5), (0.4, 1.0))),
         {"charger_power_w": 5e4, "kind": "dc"}, "concave"),
    ],
)  # fmt: skip
def test_what_cannot_be_charged_is_refused(battery, arguments, words):
    """No power, no inlet, a curve that rises in the middle."""
    power = arguments.pop("charger_power_w")
    with pytest.raises(InputError, match=words):
        charging_curve(battery, power, **arguments)


def test_a_battery_that_only_charges_slowly_charges_level():
    """Without a direct-current inlet nobody says where power would fall."""
    curve = charging_curve(Battery("ac only", 10_000.0, ac_charge_w=3_000.0), 7_000.0, kind="ac")
    assert curve.power_w == pytest.approx((2_700.0,))


@pytest.mark.parametrize("row", ["charger_efficiency.dc", "charging_power.from_50",
                                 "lfp.acceptance.at_0"])  # fmt: skip
def test_rows_above_one_are_named(row):
    """An efficiency of 1.2 is no efficiency."""
    with pytest.raises(InputError, match=row.replace(".", r"\.")):
        charging_curve(
            TRUCK, 50_000.0, kind="dc", battery_temperature_c=0.0,
            defaults=Defaults({f"batteries:{row}": 1.2}),
        )  # fmt: skip
