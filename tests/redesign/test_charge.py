"""Charges on the way of planned routes: hills within a leg, roads cut off, prices, waiting."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from geofleet.energy.battery import ChargingCurve
from geofleet.energy.charging import Charger
from geofleet.energy.paths import EnergyUse, LegTable
from geofleet.errors import InputError
from geofleet.redesign import PlannedRoute, Task, VehicleType
from geofleet.redesign.charge import with_charges
from geofleet.redesign.judge import Judge

EIGHT = 8 * 3600.0
FOUR_KW = ChargingCurve("4 kW", (0.0, 3600.0), (0.0, 4000.0))
ROUTE = PlannedRoute(0, (0,))


def legs_of(links):
    """Return legs of ten minutes and ten kilometres from the links' energies of each pair."""
    count = 1 + max(max(pair) for pair in links)
    use = np.full((count, count, 1, 4), np.inf)
    time = np.full((count, count), np.inf)
    for node in range(count):
        use[node, node], time[node, node] = 0.0, 0.0
    for (a, b), wh in links.items():
        use[a, b, 0] = [float(x) for x in EnergyUse.of(wh)]
        time[a, b] = 600.0
    energy = EnergyUse(*(use[..., k].copy() for k in range(4)))
    return LegTable(time, time / 600.0 * 10_000.0, energy, (0.0,))


def judge_of(links, chargers, *, opens=np.nan, **battery):
    """One order (node 1) from one depot (node 0), a battery of 4 kWh."""
    orders = pd.DataFrame({
        "order_id": ["x"], "lat": [0.0], "lon": [0.0], "demand_kg": [10.0], "service_min": [0.0],
        "window_start": [opens], "window_end": [np.nan],
    })  # fmt: skip
    depots = pd.DataFrame({"depot_id": ["d"], "lat": [0.0], "lon": [0.0]})
    ev = VehicleType("ev", 1, 900.0, "d", EIGHT, 20 * 3600.0, per_h=10.0,
                     battery_wh=4000.0, **battery)  # fmt: skip
    return Judge(Task(orders, depots, (ev,), {"ev": legs_of(links)}, tuple(chargers)))


def flat(*nodes, wh=2500.0):
    """All pairs of nodes, the same energy for each."""
    return {(a, b): [wh] for a in nodes for b in nodes if a != b}


def test_a_leg_that_dips_before_it_climbs_needs_only_its_highest_point():
    """With 1 kWh left, 2 kWh come back before 2.5 kWh are taken: the charger is reached."""
    links = {**flat(0, 1, 2, wh=3000.0), (1, 2): [-2000.0, 2500.0]}
    judge = judge_of(links, [Charger("a", 2, FOUR_KW, price_per_kwh=5.0)])
    found = with_charges(judge, ROUTE)
    assert found is not None
    # 4 - 3 = 1 at the order, 0.5 at the charger, and 3 are needed for the way home
    assert [(v.after, round(v.added_wh)) for v in found.visits] == [(1, 2500)]
    assert judge(found).feasible


def test_a_climb_beyond_the_battery_is_not_driven_however_full_it_is():
    """2 kWh come back, then 4.5 kWh are taken: 4 kWh never hold that."""
    links = {**flat(0, 1, 2, wh=3000.0), (1, 2): [-2000.0, 4500.0]}
    assert with_charges(judge_of(links, [Charger("a", 2, FOUR_KW, price_per_kwh=5.0)]), ROUTE) is (
        None
    )


def test_a_charger_that_no_road_leads_to_hides_no_other():
    """The second charger is cut off: the first is used as if it stood alone."""
    plugs = [Charger(name, node, FOUR_KW, price_per_kwh=5.0) for name, node in (("a", 2), ("b", 3))]
    links = {**flat(0, 1, 2), **flat(1, 2, wh=500.0), **flat(0, 2, wh=500.0)}
    cut_off = {**links, (3, 3): [0.0]}
    with_it = with_charges(judge_of(cut_off, plugs), ROUTE)
    assert with_it is not None
    assert with_it == with_charges(judge_of(links, plugs[:1]), ROUTE)


def test_each_kilowatt_hour_costs_what_its_hour_does():
    """Half an hour's charge that begins at a quarter to nine, as the price rises from 1 to 10."""
    prices = tuple(1.0 if hour < 9 else 10.0 for hour in range(24))
    links = {**flat(0, 1, 2, wh=3000.0), (1, 2): [500.0]}
    judge = judge_of(links, [Charger("a", 2, FOUR_KW, wait_s=1500.0, price_per_kwh=prices)])
    found = with_charges(judge, ROUTE)
    assert found is not None
    # 10 + 10 min of driving and 25 of waiting: plugged in at 8:45; 2.5 kWh are missing, 1 by 9:00
    assert found.visits[0].added_wh == pytest.approx(2500.0)
    assert found.visits[0].cost == pytest.approx(1.0 * 1.0 + 1.5 * 10.0)


def test_what_is_drawn_while_waiting_for_a_window_is_charged_too():
    """Hours before the gate opens at 300 W: the charge is larger by what that takes."""
    plug = [Charger("a", 2, FOUR_KW, price_per_kwh=5.0)]
    links = {**flat(0, 1, 2), (0, 2): [500.0], (2, 1): [500.0]}
    judge = judge_of(links, plug, opens=EIGHT + 3 * 3600.0, standing_power_w=300.0)
    found = with_charges(judge, ROUTE)
    assert found is not None
    assert judge(found).feasible
    # half a kilowatt-hour to the charger, as much on, and two and a half home: 3.5 of 4 kWh
    waited = judge(found).stops[2, 1] - judge(found).stops[2, 0]
    assert found.visits[0].added_wh >= 300.0 * waited / 3600.0 - 500.0 - 1e-6


def test_a_charger_of_unknown_price_is_refused():
    """Routes are of least money: a price that nobody knows is none."""
    with pytest.raises(InputError, match="row 1, field price_per_kwh: 'nan': expected a price"):
        judge_of(flat(0, 1, 2), [Charger("a", 2, FOUR_KW)])
