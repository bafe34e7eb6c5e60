"""Bills reckoned by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from geofleet.energy.depot import (
    BillTerms,
    Readings,
    bill,
    bill_readings,
    mexican_tariff,
    mexican_vat,
    month_horizon,
)
from geofleet.errors import InputError


def test_a_month_of_hourly_power_reckoned_by_hand(yard: Any) -> None:
    """28 days: 10 kW at night, 4 by day, 6 in the evening.

    Energy 28 × (60, 56, 24) = 1680, 1568, 672 kWh, in all 3920; over 24 h × 28 days × 0.5 that
    is 11.67 kW, above both demands: 10 kW of distribution, 6 of capacity.
    """
    horizon = month_horizon("2025-02", timezone=yard.zone, slot_min=60)
    hour = horizon.starts.hour
    load = np.select([hour < 6, (hour >= 18) & (hour < 22)], [10.0, 6.0], 4.0)
    cost = bill(load, yard.simple_tariff(), horizon)
    assert cost.readings.energy_kwh == pytest.approx({"night": 1680, "day": 1568, "evening": 672})
    assert cost.energy == pytest.approx({"night": 1680, "day": 3136, "evening": 2016})
    assert cost.demand == pytest.approx({"distribution": 100, "capacity": 300})
    assert cost.total == pytest.approx(1680 + 3136 + 2016 + 400 + 100)
    assert cost.frame()["money"].iloc[-1] == cost.total


def test_short_use_is_limited_by_its_energy() -> None:
    """GDMTO of 2025-01: 90 kW for 20 hours.

    1,800 kWh over 24 × 31 × 0.55 = 4.399 kW: capacity for 4 kW, distribution for 4.399.
    """
    tariff = mexican_tariff("GDMTO", division="valle_de_mexico_centro", prices_of="2025-01")
    cost = bill_readings(Readings({"all": 1800.0}, {"all": 90.0}, 31), tariff)
    exact = 1800.0 / (24 * 31 * 0.55)
    assert cost.billed_kw == pytest.approx({"distribution": exact, "capacity": 4.0})
    assert cost.limited == {"distribution": True, "capacity": True}
    assert cost.total == pytest.approx(1800 * 1.699 + 64.12 * exact + 373.75 * 4 + 466.83)
    assert cost.in_range
    assert not bill_readings(Readings({"all": 1.0}, {"all": 100.0}, 31), tariff).in_range


def test_capacity_of_gdmth_is_that_of_the_peak_window(yard: Any) -> None:
    """Nothing at the peak, nothing for capacity; the month's peak pays distribution."""
    energy = {"base": 30000.0, "intermediate": 0.0, "peak": 0.0}
    cost = bill_readings(
        Readings(energy, {"base": 60.0, "intermediate": 0.0, "peak": 0.0}, 30), yard.gdmth()
    )
    assert cost.demand == pytest.approx({"distribution": 60 * 62.97, "capacity": 0.0})
    assert cost.total == pytest.approx(30000 * 0.9959 + 60 * 62.97 + 626.99)


def test_energy_tariffs_have_no_demand() -> None:
    """PDBT charges energy alone."""
    tariff = mexican_tariff("PDBT", division="valle_de_mexico_centro", prices_of="2020-12")
    cost = bill_readings(Readings({"all": 1000.0}, {"all": 20.0}, 30), tariff)
    assert cost.total == pytest.approx(3101.0 + 60.87)


def test_tax_and_power_factor(yard: Any) -> None:
    """Bonus of 2.5 % at 1, penalty of 120 % from 0.3 down, 6.67 % at 0.81; then 16 % of all."""
    readings = Readings({"all": 1000.0}, {"all": 2.0}, 30)
    tariff = mexican_tariff("PDBT", division="valle_de_mexico_centro", prices_of="2020-12")
    for factor, share in [(1.0, -0.025), (0.9, 0.0), (0.81, 0.6 / 9), (0.3, 1.2), (0.1, 1.2)]:
        terms = BillTerms(power_factor=factor, vat_share=mexican_vat())
        cost = bill_readings(readings, tariff, terms=terms)
        assert cost.power_factor == pytest.approx(3101.0 * share)
        assert cost.total == pytest.approx((3101.0 * (1 + share) + 60.87) * 1.16)
    assert bill_readings(readings, tariff).power_factor is None


def test_a_floor_by_the_year_before_is_an_option(yard: Any) -> None:
    """0.7 of 200 kW, where such a rule is asked for."""
    readings = Readings({"night": 300.0, "day": 0.0, "evening": 300.0},
                        {"night": 8.0, "day": 0.0, "evening": 3.0}, 30)  # fmt: skip
    plain = bill_readings(readings, yard.simple_tariff())
    terms = BillTerms(highest_before_kw={"capacity": 200.0}, demand_floor_share=0.7)
    floored = bill_readings(readings, yard.simple_tariff(), terms=terms)
    assert plain.billed_kw == pytest.approx({"distribution": 600 / 360, "capacity": 1.0})
    assert floored.billed_kw == pytest.approx({"distribution": 600 / 360, "capacity": 140.0})


def test_clock_changes_leave_no_hole() -> None:
    """The month in which clocks went forward has an hour less, and is billed for it."""
    tariff = mexican_tariff("GDMTH", division="valle_de_mexico_centro", prices_of="2021-07")
    for month, hours in (("2022-04", 719), ("2022-10", 745), ("2025-04", 720)):
        horizon = month_horizon(month, timezone="America/Mexico_City")
        cost = bill(np.ones(len(horizon.starts)), tariff, horizon)
        assert cost.readings.total_kwh == pytest.approx(hours)


def test_a_series_is_billed_as_the_array_is(yard: Any) -> None:
    """A series over a month needs no horizon."""
    horizon = month_horizon("2025-03", timezone=yard.zone)
    load = np.random.default_rng(7).uniform(0, 50, len(horizon.starts))
    series = pd.Series(load, index=horizon.starts)
    assert bill(series, yard.gdmth()) == bill(load, yard.gdmth(), horizon)


def test_load_that_cannot_be_billed(yard: Any) -> None:
    """Naive times, a month in part, gaps, negative and missing power."""
    tariff = yard.gdmth()
    horizon = month_horizon("2025-03", timezone=yard.zone)
    load = pd.Series(1.0, index=horizon.starts)
    for wrong, message in [
        (load.tz_localize(None), "timezone-aware"),
        (load.iloc[1:], "from the first of a month"),
        (load.drop(load.index[5]), "equal distance"),
        (-load, "a power of at least 0"),
        (load.where(load.index != load.index[3]), "a power of at least 0"),
    ]:
        with pytest.raises(InputError, match=message):
            bill(wrong, tariff)
    with pytest.raises(InputError, match="one power for each"):
        bill(np.ones(5), tariff, horizon)
    with pytest.raises(InputError, match="America"):
        month_horizon("2025-03", timezone="Mexico")
    halves = yard.simple_tariff(
        hours={("all", k): "0-6.5 night; 6.5-18 day; 18-24 evening"
               for k in ("weekday", "saturday", "sunday")}
    )  # fmt: skip
    hourly = month_horizon("2025-03", timezone=yard.zone, slot_min=60)
    with pytest.raises(InputError, match="make them shorter"):
        bill(np.ones(len(hourly.starts)), halves, hourly)


def test_readings_and_terms_must_belong_to_the_tariff(yard: Any) -> None:
    """Windows of another tariff, a factor above 1, a charge that does not exist."""
    readings = Readings({"all": 1.0}, {"all": 1.0}, 30)
    with pytest.raises(InputError, match="readings of the windows"):
        bill_readings(readings, yard.gdmth())
    with pytest.raises(InputError, match="power factor above 0"):
        BillTerms(power_factor=1.2)
    with pytest.raises(InputError, match="together, or neither"):
        BillTerms(highest_before_kw={"capacity": 1.0})
    terms = BillTerms(highest_before_kw={"grid": 1.0}, demand_floor_share=0.7)
    pdbt = mexican_tariff("PDBT", division="valle_de_mexico_centro", prices_of="2020-12")
    with pytest.raises(InputError, match="it has none"):
        bill_readings(readings, pdbt, terms=terms)
