"""Stays and depots that cannot be, and where stays fall on the slots of a month."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from geofleet.energy.battery import ChargingCurve
from geofleet.energy.depot import (
    Chargers,
    DailyStay,
    DatedStay,
    Depot,
    DepotVehicle,
    chargers,
    concave_taper,
    dated_month,
    month_horizon,
    repeated_month,
    replay,
    smart_schedule,
)
from geofleet.errors import InputError

ZONE = ZoneInfo("America/Mexico_City")


def when(day: int, hour: int, minute: int = 0, month: int = 2) -> dt.datetime:
    return dt.datetime(2025, month, day, hour, minute, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: DatedStay("a", when(1, 8), when(1, 7), 0, 1), "after the arrival"),
        (lambda: DatedStay("a", dt.datetime(2025, 2, 1), when(1, 7), 0, 1), "with its zone"),
        (lambda: DatedStay("a", when(1, 8), when(1, 9), -1, 1), "at least 0"),
        (lambda: DatedStay("a", when(1, 8), when(1, 9), 2, 1), "energy on arrival"),
        (lambda: DailyStay("a", 9e4, 1e3, 0, 1, overnight=False), "after the arrival"),
        (lambda: DailyStay("a", 2e5, 1e3, 0, 1), "below 48 h"),
        (lambda: DepotVehicle("a", 0, 1, 1), "an energy above 0"),
        (lambda: DepotVehicle("a", 1, -1, 1), "a power of at least 0"),
        (lambda: DepotVehicle("a", 1, 1, 1, ((0, 5), (0.5, 2), (1, 2))), "concave"),
        (lambda: DepotVehicle("a", 1, 1, 1, ((0, 5), (0.5, 6), (1, 2))), "never rises"),
        (lambda: DepotVehicle("a", 1, 1, 1, ((0, 5), (0.9, 6))), "from 0 to 1"),
        (lambda: Chargers(-1, 1, "AC", 0.9), "at least 0"),
        (lambda: Chargers(1, -5, "AC", 0.9), "a power above 0"),
        (lambda: Chargers(1, 5, "AC", 1.1), "at most 1"),
        (lambda: Chargers(1, 5, "three-phase", 1), "one of AC, DC"),
        (lambda: Depot(Chargers(1, 5, "AC", 1), connection_w=-1), "a power of at least 0"),
        (lambda: Depot(Chargers(1, 5, "AC", 1), plugs="twice"), "swap or once"),
    ],
)
def test_what_cannot_be_is_refused(make: Any, message: str) -> None:
    """Times out of order, naive times, energies and powers that do not exist."""
    with pytest.raises(InputError, match=message):
        make()


def test_more_than_the_battery_holds_is_refused(yard: Any) -> None:
    """Above 100 %, in words; with unknown vehicles and stays outside the month at once."""
    horizon = month_horizon("2025-02", timezone=yard.zone)
    stays = [
        DatedStay("a", when(1, 8), when(1, 9), 0, 90e3),
        DatedStay("b", when(1, 8), when(1, 9), 0, 1),
        DatedStay("a", when(28, 20), when(1, 6, month=3), 0, 1),
    ]
    with pytest.raises(InputError) as caught:
        dated_month(stays, [yard.vehicle("a")], horizon)
    text = str(caught.value)
    assert "112.5% of the battery" in text
    assert "a vehicle of the depot" in text
    assert "within the month 2025-02" in text


def test_a_vehicle_is_in_one_place(yard: Any) -> None:
    """Two stays at once, dated or daily, are refused."""
    horizon = month_horizon("2025-02", timezone=yard.zone)
    dated = [
        DatedStay("a", when(1, 8), when(1, 12), 0, 1),
        DatedStay("a", when(1, 11), when(1, 13), 0, 1),
    ]
    with pytest.raises(InputError, match="one stay of a vehicle at a time"):
        dated_month(dated, [yard.vehicle("a")], horizon)
    daily = [DailyStay("a", 64800, 21600, 0, 1), DailyStay("a", 72000, 18000, 0, 1)]
    with pytest.raises(InputError, match="one stay of a vehicle at a time"):
        repeated_month(daily, [yard.vehicle("a")], horizon)


def test_times_are_rounded_so_that_nothing_is_promised(yard: Any) -> None:
    """An arrival counts from the next slot, a departure to the slot before."""
    horizon = month_horizon("2025-02", timezone=yard.zone, slot_min=15)
    stay = DatedStay("a", when(3, 18, 1), when(3, 19, 59), 0, 1)
    (placed,) = dated_month([stay], [yard.vehicle("a")], horizon).stays
    assert horizon.starts[placed.slots[0]] == when(3, 18, 15)
    assert horizon.starts[placed.slots[-1]] == when(3, 19, 30)
    utc = DatedStay("a", when(3, 18, 1).astimezone(dt.UTC), when(3, 19, 59), 0, 1)
    (same,) = dated_month([utc], [yard.vehicle("a")], horizon).stays
    assert np.array_equal(same.slots, placed.slots)


@pytest.mark.parametrize("month", ["2025-02", "2022-04", "2022-10", "2024-12"])
def test_every_slot_of_the_month_is_planned_once(yard: Any, month: str) -> None:
    """Nights repeat, the month's slots do not: also where clocks change."""
    horizon = month_horizon(month, timezone=yard.zone)
    stays = [DailyStay("a", 64800, 21600, 0, 50e3), DailyStay("b", 70000, 18000, 0, 50e3)]
    vehicles = [yard.vehicle(name) for name in "ab"]
    placed = repeated_month(stays, vehicles, horizon, tariff=yard.gdmth())
    assert placed.horizon.times.sum() == len(horizon.starts)
    assert placed.horizon.size < len(horizon.starts) / 2
    days = horizon.starts.normalize().unique()
    working = int((days.day_of_week < 5).sum())
    assert sum(s.repeats for s in placed.stays) == 2 * working
    assert len(placed.pieces) > 1


def test_equal_nights_cost_what_single_ones_do(yard: Any) -> None:
    """The same stays, dated one by one and repeated: the same bill."""
    tariff = yard.gdmth()
    horizon = month_horizon("2025-02", timezone=yard.zone, slot_min=60)
    vehicles = [yard.vehicle(name) for name in "ab"]
    depot = yard.depot(1, base_load_w=2e3)
    daily = [DailyStay(n, 64800, 21600, 20e3, 60e3) for n in "ab"]
    working = [day for day in range(3, 28) if dt.date(2025, 2, day).weekday() < 5]
    dated = [
        DatedStay(n, when(day, 18), when(following, 6), 20e3, 60e3)
        for n in "ab"
        for day, following in itertools.pairwise(working)
    ]
    # the last night is left out of both: it would go round the end of the month
    repeated = repeated_month(
        daily, vehicles, horizon, closed=[dt.date(2025, 2, 28)], tariff=tariff
    )
    one = smart_schedule(dated_month(dated, vehicles, horizon), depot, tariff)
    many = smart_schedule(repeated, depot, tariff)
    per_night = many.energy_kwh / 19
    assert one.energy_kwh == pytest.approx(18 * per_night)
    assert replay(one).empty
    assert replay(many).empty
    assert many.bill.total - one.bill.total == pytest.approx(
        80 * 0.9959 + (many.bill.demand["distribution"] - one.bill.demand["distribution"]), rel=1e-6
    )


def test_a_depot_that_is_never_empty_is_one_piece(yard: Any) -> None:
    """Two shifts that relieve each other: the month goes round as a ring, and is served."""
    stays = [
        DailyStay("night", 18 * 3600, 8 * 3600, 20e3, 60e3),
        DailyStay("day", 6 * 3600, 19 * 3600, 20e3, 60e3, overnight=False),
    ]
    vehicles = [yard.vehicle("night"), yard.vehicle("day")]
    horizon = month_horizon("2025-02", timezone=yard.zone, slot_min=60)
    month = repeated_month(stays, vehicles, horizon, weekdays=range(7), tariff=yard.gdmth())
    assert month.pieces == (0,)
    assert len(month.stays) == 56
    plan = smart_schedule(month, yard.depot(1), yard.gdmth())
    assert plan.feasible
    assert replay(plan).empty


def test_power_at_the_battery_by_current(yard: Any) -> None:
    """AC loses on board what the grid gives; DC is rated behind the loss."""
    car = yard.vehicle("a", ac_power_w=11e3, dc_power_w=40e3)
    assert Chargers(1, 22e3, "AC", 0.9).battery_power_w(car) == pytest.approx(9.9e3)
    assert Chargers(1, 60e3, "DC", 0.9).battery_power_w(car) == pytest.approx(40e3)
    assert chargers(1, 22e3, "AC").efficiency == 0.9
    assert chargers(1, 22e3, "DC").efficiency == 0.935


def test_a_taper_is_nowhere_above_its_curve() -> None:
    """The line of a published curve (0, 85, 95, 100 %) against its steps."""
    curve = ChargingCurve.from_shares(
        "fast", soc=(0, 0.85, 0.95, 1.0), time_s=(0, 1116, 1392, 1836), battery_wh=16000
    )
    taper = concave_taper(curve)
    vehicle = DepotVehicle("a", 16000, 1, 1, taper)
    soc = np.linspace(0, 0.999999, 5000)
    steps = np.array(curve.power_w)[np.searchsorted(curve.soc, soc, side="right") - 1]
    line = np.interp(soc, *np.array(taper).T)
    assert (line <= steps * (1 + 1e-12)).all()
    assert line[0] == pytest.approx(steps[0])
    lines = np.array([[a - b * s for a, b in vehicle.lines()] for s in soc])
    assert lines.min(axis=1) == pytest.approx(line)
