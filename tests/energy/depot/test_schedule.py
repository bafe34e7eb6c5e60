"""Schedules against hand-reckoned optima, an independent program and the rules they promise."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from geofleet.defaults import Defaults
from geofleet.energy.depot import (
    BillTerms,
    DailyStay,
    DemandCharge,
    bill,
    charge_at_once,
    compare_charging,
    month_horizon,
    repeated_month,
    replay,
    smallest_charger_count,
    smallest_connection,
    smart_schedule,
)
from geofleet.errors import InputError

BRIEF = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def kept(plan: Any) -> bool:
    """Say whether a schedule keeps all that it promises."""
    found = replay(plan)
    assert found.empty, found.to_string()
    return True


def test_charging_moves_out_of_the_evening(yard: Any) -> None:
    """One vehicle, 40 kWh a night, 20 weekday nights of February 2025, 20 kW.

    At once: 18 to 20 h at 3 a kWh. 800 kWh over 24 × 28 × 0.5 are 2.38 kW: 23.81 of distribution
    and 2 kW of capacity, 100. Planned: nights at 1 a kWh, the same distribution, no capacity.
    """
    tariff = yard.simple_tariff()
    month = yard.nights({"a": 40e3}, tariff=tariff)
    at_once = charge_at_once(month, yard.depot(1), tariff=tariff)
    smart = smart_schedule(month, yard.depot(1), tariff)
    distribution = 10 * 800 / 336
    assert at_once.bill.total == pytest.approx(2400 + distribution + 100 + 100)
    assert smart.bill.total == pytest.approx(800 + distribution + 100)
    assert smart.gap < 1e-9
    assert at_once.energy_kwh == pytest.approx(800)
    assert kept(at_once)
    assert kept(smart)


def test_demand_is_paid_for_where_that_is_less_than_its_limit(yard: Any) -> None:
    """Six hours and no limit by energy: 42 kWh a night are charged at 7 kW throughout."""
    tariff = yard.simple_tariff(demand=(DemandCharge("distribution", 10.0),))
    month = yard.nights({"a": 42e3}, arrival_h=24.0, departure_h=6.0, tariff=tariff)
    plan = smart_schedule(month, yard.depot(1), tariff)
    assert plan.bill.total == pytest.approx(20 * 42 + 70 + 100)
    assert plan.peak_kw == pytest.approx(7.0)
    assert kept(plan)


def test_every_way_of_billing_is_tried(yard: Any) -> None:
    """The bill of a stay in the evening only is the lowest of the four ways, each reckoned apart.

    Other loads of 30 kW from 8 to 18 h keep the limit by energy high; the vehicle must take 60
    kWh from 18 to 22 h, so its least demand there is 15 kW.
    """
    base = tuple(30e3 if 8 <= hour < 18 else 0.0 for hour in range(24))
    depot = yard.depot(1, base_load_w=base)
    for factor in (0.05, 0.3, 0.9, 1.0):
        charges = (
            DemandCharge("distribution", 10.0, load_factor=factor),
            DemandCharge("capacity", 50.0, ("evening",), factor, whole_kw=True),
        )
        tariff = yard.simple_tariff(demand=charges)
        nights = yard.nights({"a": 60e3}, arrival_h=18, tariff=tariff)
        evenings = replace(nights, stays=tuple(replace(s, slots=s.slots[:4]) for s in nights.stays))
        plan = smart_schedule(evenings, depot, tariff)
        energy = 28 * 300 + 20 * 60
        limit = energy / (24 * 28 * factor)
        capacity = 50 * min(15.0, np.floor(limit))
        expected = 28 * 300 * 2 + 20 * 60 * 3 + 10 * min(30.0, limit) + capacity + 100
        assert plan.bill.total == pytest.approx(expected)
        assert kept(plan)


def brute_force(month: Any, depot: Any, tariff: Any, terms: Any = None) -> float:
    """Return the lowest bill by a dense program over the whole month, night by night apart."""
    horizon = month.horizon
    window = tariff.window_of(horizon.starts)
    price = np.array(list(tariff.energy_per_kwh.values()))[window]
    reals = [np.flatnonzero(horizon.planned == slot) for slot in range(horizon.size)]
    cells, need, limit = [], [], []
    for stay in month.stays:
        assert stay.after < 0
        for night in range(stay.repeats):
            cells.append([int(reals[slot][night]) for slot in stay.slots])
            need.append(stay.need_wh / 1000)
            limit.append(depot.chargers.battery_power_w(stay.vehicle) / 1000)
    eta, hours = depot.chargers.efficiency, horizon.slot_h
    base = np.full(len(window), depot.base_load_w / 1000)
    energy = base.sum() * hours + sum(need) / eta
    variables = [(i, t) for i, slots in enumerate(cells) for t in slots]
    n = len(variables)
    best = np.inf
    for mask in range(2 ** len(tariff.demand)):
        cost = np.zeros(n + len(tariff.demand))
        cost[:n] = [price[t] * hours / eta for _, t in variables]
        constant = (base * price).sum() * hours + tariff.fixed_per_month
        rows, top = [], []
        for j, charge in enumerate(tariff.demand):
            if mask >> j & 1:
                constant += charge.rate_per_kw * charge.limit_kw(energy, horizon.days)
                continue
            cost[n + j] = charge.rate_per_kw
            codes = [tariff.windows.index(w) for w in charge.windows or tariff.windows]
            for t in np.flatnonzero(np.isin(window, codes)):
                row = np.zeros(n + len(tariff.demand))
                row[[k for k, (_, u) in enumerate(variables) if u == t]] = 1 / eta
                row[n + j] = -1
                rows.append(row)
                top.append(-base[t])
        for t in sorted({t for _, t in variables}):
            here = [k for k, (_, u) in enumerate(variables) if u == t]
            row = np.zeros(n + len(tariff.demand))
            row[here] = 1 / eta
            rows.append(row)
            top.append(min(depot.connection_w / 1000, 1e6) - base[t])
            row = np.zeros(n + len(tariff.demand))
            row[here] = [1 / limit[variables[k][0]] for k in here]
            rows.append(row)
            top.append(depot.chargers.count)
        equal = np.zeros((len(cells), n + len(tariff.demand)))
        for k, (i, _) in enumerate(variables):
            equal[i, k] = hours
        bounds = [(0, limit[i]) for i, _ in variables] + [(0, None)] * len(tariff.demand)
        found = linprog(cost, np.array(rows), top, equal, need, bounds=bounds)
        if found.success:
            best = min(best, found.fun + constant)
    return float(best)


@settings(BRIEF, max_examples=8)
@given(
    needs=st.lists(st.sampled_from([0.0, 5e3, 20e3, 47e3]), min_size=1, max_size=3),
    count=st.integers(1, 3),
    connection=st.sampled_from([15e3, 30e3, 100e3]),
    factor=st.sampled_from([0.1, 0.5, 1.0]),
    arrival=st.sampled_from([16.0, 19.0, 21.5]),
    slot=st.just(120.0),
)
def test_no_schedule_of_single_nights_is_cheaper(
    yard: Any, needs: list[float], count: int, connection: float, factor: float,
    arrival: float, slot: float,
) -> None:  # fmt: skip
    """Equal nights planned once cost what a dense program finds with every night by itself."""
    tariff = yard.simple_tariff(
        demand=(
            DemandCharge("distribution", 10.0, load_factor=factor),
            DemandCharge("capacity", 50.0, ("evening",), factor, whole_kw=True),
        )
    )
    named = {f"v{i}": need for i, need in enumerate(needs)}
    month = yard.nights(named, arrival_h=arrival, tariff=tariff, slot_min=60.0)
    depot = yard.depot(count, connection_w=connection, base_load_w=4e3, efficiency=0.9)
    plan = smart_schedule(month, depot, tariff)
    expected = brute_force(month, depot, tariff)
    assert kept(plan)
    if np.isinf(expected):
        assert not plan.feasible
    else:
        assert plan.bill.total == pytest.approx(expected, rel=1e-7)
        assert plan.gap < 1e-7


def draw(seed: int, count: int = 6) -> dict[str, Any]:
    """Return random daily stays, some with a second one at noon."""
    rng = np.random.default_rng(seed)
    stays = []
    for number in range(count):
        arrival, departure = rng.uniform(16.5, 23.0) * 3600, rng.uniform(4.0, 7.5) * 3600
        low = rng.uniform(0, 60e3)
        stays.append(DailyStay(f"v{number}", arrival, departure, low, 72e3))
        if rng.random() < 0.4:
            held = rng.uniform(20e3, 40e3)
            more = held + rng.choice([0.0, 8e3])
            stays.append(
                DailyStay(f"v{number}", 11 * 3600, rng.uniform(12, 14) * 3600, held, more,
                          overnight=False)
            )  # fmt: skip
    return {"stays": stays, "taper": bool(seed % 2)}


def month_of(yard: Any, stays: list[DailyStay], tariff: Any, *, taper: bool = False) -> Any:
    nodes = ((0.0, 20e3), (0.6, 20e3), (1.0, 4e3)) if taper else ()
    vehicles = [yard.vehicle(name, taper=nodes) for name in sorted({s.vehicle_id for s in stays})]
    horizon = month_horizon("2025-11", timezone=yard.zone, slot_min=30)
    return repeated_month(stays, vehicles, horizon, tariff=tariff)


@BRIEF
@given(seed=st.integers(0, 10_000), connection=st.floats(20e3, 200e3))
def test_a_plan_never_costs_more_and_keeps_every_limit(
    yard: Any, seed: int, connection: float
) -> None:
    """With all departures served at once, the plan's bill is at most that bill; energy is equal."""
    tariff = yard.gdmth()
    drawn = draw(seed)
    month = month_of(yard, drawn["stays"], tariff, taper=drawn["taper"])
    depot = yard.depot(len(month.stays), connection_w=connection, base_load_w=5e3, efficiency=0.9)
    at_once = charge_at_once(month, depot, tariff=tariff)
    smart = smart_schedule(month, depot, tariff)
    assert kept(at_once)
    assert kept(smart)
    if at_once.feasible:
        assert smart.feasible
    if smart.feasible:
        need = sum(s.need_wh * s.repeats for s in month.stays) / 0.9 / 1000
        assert smart.energy_kwh == pytest.approx(need, rel=1e-7, abs=1e-6)
        assert bill(smart.load_w / 1000, tariff, month.horizon).total == smart.bill.total
        assert smart.gap < 1e-7
    if at_once.feasible:
        assert smart.bill.total <= at_once.bill.total * (1 + 1e-9)
        assert at_once.energy_kwh == pytest.approx(smart.energy_kwh, abs=1e-3)


@BRIEF
@given(seed=st.integers(0, 10_000), count=st.integers(1, 5), share=st.floats(0.3, 1.0))
def test_more_is_never_dearer(yard: Any, seed: int, count: int, share: float) -> None:
    """A larger connection, one more charger: the bill does not rise, service does not end."""
    tariff = yard.gdmth()
    month = month_of(yard, draw(seed)["stays"], tariff)
    plain = yard.depot(count, connection_w=100e3 * share)
    before = smart_schedule(month, plain, tariff)
    wider = smart_schedule(month, replace(plain, connection_w=100e3), tariff)
    more = smart_schedule(month, yard.depot(count + 1, connection_w=100e3 * share), tariff)
    for after in (wider, more):
        if before.feasible:
            assert after.feasible
            assert after.bill.total <= before.bill.total * (1 + 1e-7)
        else:
            lacking = before.shortfalls()["shortfall_kwh"].sum()
            assert after.shortfalls()["shortfall_kwh"].sum() <= lacking + 1e-4


@settings(BRIEF, max_examples=10)
@given(seed=st.integers(0, 10_000), order=st.randoms(use_true_random=False))
def test_the_bill_does_not_depend_on_the_order_of_vehicles(
    yard: Any, seed: int, order: Any
) -> None:
    """The same stays, told in another order."""
    tariff = yard.gdmth()
    stays = draw(seed)["stays"]
    turned = list(stays)
    order.shuffle(turned)
    depot = yard.depot(3)
    plans = [smart_schedule(month_of(yard, given, tariff), depot, tariff)
             for given in (stays, turned)]  # fmt: skip
    assert plans[0].feasible == plans[1].feasible
    if plans[0].feasible:
        assert plans[0].bill.total == pytest.approx(plans[1].bill.total, rel=1e-7)


def test_what_cannot_be_served_is_declared(yard: Any) -> None:
    """Two vehicles of 60 kWh, one charger of 10 kW for 10 hours: 20 kWh a night are missing."""
    tariff = yard.simple_tariff()
    month = yard.nights({"a": 60e3, "b": 60e3}, arrival_h=20, departure_h=6, tariff=tariff)
    weekdays = replace(month, stays=tuple(s for s in month.stays if len(s.slots) == 10))
    nights = sum(s.repeats for s in weekdays.stays) / 2
    plan = smart_schedule(weekdays, yard.depot(1, 10e3), tariff)
    assert not plan.feasible
    assert plan.bill is None
    assert plan.shortfalls()["shortfall_kwh"].sum() == pytest.approx(20 * nights)
    assert plan.bound == pytest.approx(20 * nights)
    assert kept(plan)


def test_a_departure_at_once_after_arrival_lacks_everything(yard: Any) -> None:
    """A stay shorter than a slot charges nothing."""
    tariff = yard.simple_tariff()
    stay = DailyStay("a", 12.25 * 3600, 12.75 * 3600, 10e3, 30e3, overnight=False)
    horizon = month_horizon("2025-02", timezone=yard.zone, slot_min=60)
    month = repeated_month([stay], [yard.vehicle("a")], horizon, tariff=tariff)
    for plan in (
        smart_schedule(month, yard.depot(1), tariff),
        charge_at_once(month, yard.depot(1)),
    ):
        assert plan.shortfalls()["shortfall_kwh"].sum() == pytest.approx(20 * 20)


def test_charge_at_noon_spares_the_night(yard: Any) -> None:
    """What is charged beyond the need between tours is there at night: cheaper if noon is."""
    hours = {("all", k): "0-10 evening; 10-15 night; 15-24 evening"
             for k in ("weekday", "saturday", "sunday")}  # fmt: skip
    energy = {"night": 1.0, "evening": 3.0}
    tariff = yard.simple_tariff(hours=hours, energy_per_kwh=energy, demand=())
    stays = [
        DailyStay("a", 11 * 3600, 13 * 3600, 40e3, 40e3, overnight=False),
        DailyStay("a", 18 * 3600, 6 * 3600, 10e3, 70e3),
    ]
    horizon = month_horizon("2025-02", timezone=yard.zone, slot_min=60)
    month = repeated_month(stays, [yard.vehicle("a")], horizon, weekdays=range(7), tariff=tariff)
    plan = smart_schedule(month, yard.depot(1), tariff)
    # two hours of 20 kW at noon, the other 20 kWh at night
    assert plan.bill.total == pytest.approx(28 * (40 * 1 + 20 * 3) + 100)
    assert charge_at_once(month, yard.depot(1), tariff=tariff).bill.total == pytest.approx(
        plan.bill.total
    )
    assert kept(plan)


def test_one_plug_a_stay_and_nobody_at_night(yard: Any) -> None:
    """Two vehicles of two hours and one charger.

    Swapped at will both charge at night. With nobody there from 22 to 6 h the charger serves one
    vehicle at night, and the other before 22 h, at the price of the day or the evening.
    """
    hours = {("all", k): "0-6 night; 6-18 evening; 18-24 day"
             for k in ("weekday", "saturday", "sunday")}  # fmt: skip
    tariff = yard.simple_tariff(hours=hours, demand=())
    month = yard.nights({"a": 40e3, "b": 40e3}, arrival_h=18, departure_h=6, tariff=tariff)
    nights = 20
    swap = smart_schedule(month, yard.depot(1), tariff)
    once = smart_schedule(month, yard.depot(1, plugs="once"), tariff)
    alone = smart_schedule(month, yard.depot(1, plugs="once", staffed_h=((6.0, 22.0),)), tariff)
    assert swap.bill.total == pytest.approx(nights * 80 * 1 + 100)
    assert once.bill.total == pytest.approx(swap.bill.total)
    weekend = 4  # long nights with days of staff between
    expected = (nights - weekend) * (40 * 2 + 40 * 1) + weekend * 80 + 100
    assert alone.bill.total == pytest.approx(expected)
    for plan in (swap, once, alone):
        assert kept(plan)
        assert plan.gap < 2e-3


def test_a_search_that_is_stopped_says_what_it_left(yard: Any) -> None:
    """With no time for whole plugs the plan is at most as dear as charging at once."""
    tariff = yard.gdmth()
    month = yard.nights({f"v{i}": 30e3 + i * 1e3 for i in range(8)}, tariff=tariff, slot_min=30)
    depot = yard.depot(4, plugs="once")
    brief = Defaults({"depot:mip_time": 0.2})
    plan = smart_schedule(month, depot, tariff, defaults=brief)
    at_once = charge_at_once(month, depot, tariff=tariff)
    assert at_once.feasible
    assert plan.bill.total <= at_once.bill.total
    assert 0.0 <= plan.gap < 1.0
    assert plan.by_clock  # the result says that another machine may find another plan
    assert kept(plan)


def test_comparison_lays_out_every_line(yard: Any) -> None:
    """Lines add up to totals; other loads alone are the bill without vehicles."""
    tariff = yard.gdmth()
    month = yard.nights({"a": 40e3, "b": 20e3}, tariff=tariff)
    terms = BillTerms(vat_share=0.16)
    table = compare_charging(month, yard.depot(2, base_load_w=3e3), tariff, terms=terms).table
    lines = [c for c in table if c.startswith("energy_") and c != "energy_kwh"]
    lines += ["distribution", "capacity", "fixed"]
    assert (table[lines].sum(axis=1) * 1.16).to_numpy() == pytest.approx(table["total"].to_numpy())
    without = table["total"] - table["total_without_capacity"]
    assert without.to_numpy() == pytest.approx(1.16 * table["capacity"].to_numpy())
    saving = table.loc["at once", "total"] - table.loc["smart", "total"]
    assert table.loc["smart", "saving"] == pytest.approx(saving)
    spent = table.loc["smart", "total"] - table.loc["other loads", "total"]
    kwh = 20 * 60.0
    assert table.loc["smart", "per_kwh"] == pytest.approx(spent / kwh)


def test_replay_finds_broken_promises(yard: Any) -> None:
    """A schedule that is tampered with is caught, rule by rule."""
    tariff = yard.simple_tariff()
    month = yard.nights({"a": 40e3, "b": 40e3}, tariff=tariff,
                        taper=((0.0, 20e3), (0.5, 20e3), (1.0, 10e3)))  # fmt: skip
    plan = smart_schedule(month, yard.depot(1, connection_w=20e3), tariff)
    assert kept(plan)
    twice = replace(plan, power_w=plan.power_w * 2, plugged=np.minimum(plan.plugged * 2, 1.0))
    rules = set(replay(twice)["rule"])
    assert {"charger power", "connection", "taper"} <= rules
    assert "departure" in set(replay(replace(plan, power_w=plan.power_w * 0.5))["rule"])
    full = replace(plan, plugged=np.ones_like(plan.plugged))
    assert "chargers" in set(replay(full)["rule"])


def test_a_month_without_stays_costs_what_the_depot_does(yard: Any) -> None:
    """Nobody comes: the fixed charge, no connection, no chargers, whatever is asked."""
    tariff = yard.simple_tariff()
    month = replace(yard.nights({"a": 40e3}, tariff=tariff), stays=())
    plan = smart_schedule(month, yard.depot(1), tariff)
    assert plan.feasible
    assert plan.bill.total == pytest.approx(100.0)
    assert smallest_connection(month, yard.depot(1)).value == 0.0
    assert smallest_charger_count(month, yard.depot(1)).value == 0.0


@pytest.mark.parametrize(
    ("month", "zone"),
    [("2024-09", "America/Santiago"), ("2024-03", "Asia/Beirut"), ("2023-10", "America/Asuncion")],
)
def test_clocks_that_change_at_midnight(yard: Any, month: str, zone: str) -> None:
    """A midnight that clocks skip: the day begins at 1, an hour is missing, all else holds."""
    tariff = yard.simple_tariff()
    horizon = month_horizon(month, timezone=zone, slot_min=60)
    assert len(horizon.starts) == 24 * horizon.days - 1
    stays = [DailyStay("a", 20 * 3600.0, 6 * 3600.0, 30e3, 70e3)]
    found = repeated_month(stays, [yard.vehicle("a")], horizon, weekdays=range(7), tariff=tariff)
    assert sum(stay.repeats for stay in found.stays) == horizon.days
    plan = smart_schedule(found, yard.depot(1), tariff)
    assert plan.energy_kwh == pytest.approx(40.0 * horizon.days)
    assert kept(plan)
    series = pd.Series(plan.load_w / 1000.0, index=horizon.starts)
    assert bill(series, tariff).total == pytest.approx(plan.bill.total)


@pytest.mark.parametrize("month", ["2024", "2024-02-17", "2024-13", "May 2024"])
def test_a_month_is_a_year_and_a_month(month: str) -> None:
    """No other text stands for one in silence."""
    with pytest.raises(InputError, match="a month like 2025-01"):
        month_horizon(month, timezone="America/Mexico_City")


def test_shared_plugs_are_no_plan_where_each_is_plugged_in_once(yard: Any) -> None:
    """Three vehicles, one charger, 120 kWh in the twelve hours that 10 kW take for it.

    Nothing is cheaper than one after the other at 10 kW: 20 nights of 120 kWh, 10 kW of demand.
    """
    tariff = yard.simple_tariff(
        energy_per_kwh={"all": 1.0}, hours={}, demand=(DemandCharge("distribution", 10.0),)
    )
    month = yard.nights(dict.fromkeys("abc", 40e3), tariff=tariff)
    depot = yard.depot(1, plugs="once", connection_w=10e3)
    plan = smart_schedule(month, depot, tariff)
    assert plan.feasible
    assert kept(plan)
    assert plan.energy_kwh == pytest.approx(2400.0)
    assert plan.bill.total == pytest.approx(2400.0 + 100.0 + 100.0)
    assert plan.gap == pytest.approx(0.0, abs=1e-9)


@BRIEF
@given(
    needs=st.lists(st.integers(1, 60), min_size=2, max_size=4),
    arrivals=st.lists(st.integers(14, 23), min_size=4, max_size=4),
    count=st.integers(1, 3),
    connection=st.integers(10, 60),
)
def test_plugged_in_once_is_never_dearer_than_at_once(
    yard: Any, needs: list[int], arrivals: list[int], count: int, connection: int
) -> None:
    """Where charging at once serves all, so does the plan, for no more money."""
    tariff = yard.gdmth()
    vehicles = [yard.vehicle(f"v{n}") for n in range(len(needs))]
    stays = [
        DailyStay(f"v{n}", arrivals[n] * 3600.0, 6 * 3600.0, 70e3 - need * 1e3, 70e3)
        for n, need in enumerate(needs)
    ]
    horizon = month_horizon("2025-04", timezone=yard.zone, slot_min=60)
    month = repeated_month(stays, vehicles, horizon, tariff=tariff, weekdays=(0,))
    depot = yard.depot(count, plugs="once", connection_w=connection * 1e3)
    at_once = charge_at_once(month, depot, tariff=tariff)
    brief = Defaults({"depot:mip_time": 1.0})
    plan = smart_schedule(month, depot, tariff, defaults=brief)
    assert kept(plan)
    assert plan.feasible == (plan.bill is not None)
    if at_once.feasible:
        assert plan.feasible
        assert plan.bill.total <= at_once.bill.total + 1e-6
