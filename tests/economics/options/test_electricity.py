"""What a kilowatt hour costs a depot, against bills reckoned by hand."""

from __future__ import annotations

import calendar
import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geofleet.defaults import Defaults
from geofleet.economics.options.electricity import depot_prices, electricity_price, read_hours
from geofleet.errors import InputError

HOLIDAYS = {(1, 1), (2, 3), (3, 17), (5, 1), (9, 16), (11, 17), (12, 25)}  # of 2025


def working_days(month: int) -> int:
    days = calendar.monthrange(2025, month)[1]
    return sum(
        dt.date(2025, month, day).weekday() < 6 and (month, day) not in HOLIDAYS
        for day in range(1, days + 1)
    )


def gdmto_year(kwh_per_day: float, hours: float) -> float:
    """Add up twelve GDMTO bills of January 2025 as the published rule says."""
    total = 0.0
    for month in range(1, 13):
        days = calendar.monthrange(2025, month)[1]
        kwh = kwh_per_day * working_days(month)
        demand, limit = kwh_per_day / hours, kwh / (24 * days * 0.55)
        total += kwh * 1.699 + 466.83 + min(demand, limit) * 64.12
        total += min(demand, int(limit + 1e-6)) * 373.75
    return total


def test_a_shop_with_one_truck_pays_low_voltage() -> None:
    """PDBT of December 2020, 3.101 MXN/kWh and 60.87 a month, raised by 1.699 over 1.3142."""
    days = sum(working_days(month) for month in range(1, 13))
    price = electricity_price(60.0, hours="22-6", year=2025)
    assert price.tariff.startswith("PDBT")
    plain = (60.0 * days * 3.101 + 12 * 60.87) / (60.0 * days)
    assert price.per_kwh == pytest.approx(plain * 1.699 / 1.3142, rel=2e-4)
    assert electricity_price(199.0).tariff.startswith("PDBT")  # just below 25 kW over eight hours
    assert electricity_price(200.0).tariff.startswith("GDMTO")


@pytest.mark.parametrize("kwh", [210.0, 333.0, 780.0])
def test_a_depot_below_100_kw_pays_twelve_gdmto_bills(kwh: float) -> None:
    """Energy, distribution, capacity and fixed charge, month by month."""
    holidays = "01-01; 02-mon-1; 03-mon-3; 05-01; 09-16; 11-mon-3; 12-25"
    assert Defaults().text("tariffs", "mx.holidays") == holidays
    price = electricity_price(kwh, hours="22-6", year=2025)
    assert price.tariff.startswith("GDMTO")
    days = sum(working_days(month) for month in range(1, 13))
    assert sum(price.lines.values()) == pytest.approx(gdmto_year(kwh, 8.0))
    assert price.per_kwh == pytest.approx(gdmto_year(kwh, 8.0) / kwh / days)


def test_a_large_depot_pays_by_the_hour_and_saves_the_capacity_charge_at_night() -> None:
    """Base hours cost a third of the peak, energy and capacity together."""
    night = electricity_price(1200.0, hours="0-6")
    peak = electricity_price(1200.0, hours="20-22")
    assert night.tariff.startswith("GDMTH")
    assert night.lines["capacity"] == 0.0
    assert set(night.lines) >= {"energy base", "energy peak"}
    assert night.lines["energy intermediate"] == night.lines["energy peak"] == 0.0
    energy = 1200.0 * 0.9959 * 1.245  # prices of July 2021, raised as those of GDMTO since
    days = sum(working_days(month) for month in range(1, 13))
    assert night.lines["energy base"] == pytest.approx(energy * days)
    assert peak.per_kwh > 2.0 * night.per_kwh


def test_old_prices_are_raised_by_a_row_that_a_study_may_change() -> None:
    """At 1 they are what was published."""
    rows = Defaults({"economics:electricity.raise.2021-07": 1.0})
    raised = electricity_price(1200.0, hours="22-6")
    plain = electricity_price(1200.0, hours="22-6", defaults=rows)
    assert raised.per_kwh == pytest.approx(1.245 * plain.per_kwh)


@settings(deadline=None, max_examples=40)
@given(st.floats(1.0, 700.0), st.floats(1.01, 3.0))
def test_fixed_charges_shared_by_more_energy_never_cost_more(kwh: float, times: float) -> None:
    """Where capacity is a whole number of kW the price moves by steps of one kW at most."""
    prices = depot_prices(hours="22-6", year=2025)
    small, large = prices.price(kwh), prices.price(min(kwh * times, 790.0))
    step = 12 * 373.75 / (kwh * prices.days)
    assert large.per_kwh <= small.per_kwh + step


def test_many_depots_cost_what_each_costs() -> None:
    """Three digits of the energy decide the price; nothing known has none."""
    import numpy as np

    prices = depot_prices()
    found = prices.per_kwh(np.array([60.0, 60.04, np.nan, 0.0, 123.0]))
    assert found[0] == found[1] == pytest.approx(prices.price(60.0).per_kwh)
    assert np.isnan(found[2:4]).all()
    assert found[4] == pytest.approx(prices.price(123.0).per_kwh)


def test_hours_are_read_around_midnight_and_faults_are_named() -> None:
    """22-6 are eight hours; 25-3 are none."""
    assert read_hours("22-6") == (22, 23, 0, 1, 2, 3, 4, 5)
    assert read_hours("0-24") == tuple(range(24))
    for text in ("25-3", "night", "6-6"):
        with pytest.raises(InputError, match="hours of the clock"):
            read_hours(text)
    with pytest.raises(InputError, match="energy of a day above 0"):
        electricity_price(0.0)
    with pytest.raises(InputError, match="code, division and month"):
        electricity_price(5.0, defaults=Defaults({"economics:electricity.tariffs": "GDMTO"}))
