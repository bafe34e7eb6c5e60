"""Routes from orders: against every plan there is, against a second simulator, and repeated."""

from __future__ import annotations

import importlib.util
import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from geofleet.energy.battery import ChargingCurve
from geofleet.energy.charging import Charger
from geofleet.redesign import PlannedRoute, judge_routes, redesign_routes
from geofleet.redesign.judge import Judge
from geofleet.redesign.solver import is_installed
from geofleet.routes import STOP_SCHEMA

pytestmark = pytest.mark.skipif(not is_installed(), reason="extra redesign is not installed")

_SPEC = importlib.util.spec_from_file_location(
    "simulator", Path(__file__).with_name("simulator.py")
)
assert _SPEC is not None
assert _SPEC.loader is not None
simulator = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(simulator)

DAY = "2024-05-14"


def check_by_driving(task, plan, links):
    """Whatever is called feasible survives the second simulator; every order is on one route."""
    by_name = {vehicle.name: vehicle for vehicle in task.vehicles}
    for row in plan.routes.itertuples():
        stops = plan.stops[plan.stops["vehicle_id"] == row.vehicle_id]
        broken = simulator.drive(task, stops, by_name[row.vehicle_type], links)
        if row.feasible:
            assert broken == []
        else:
            assert broken != []
    served = sorted(order for route in plan.planned for order in route.orders)
    assert served == list(range(len(task.orders)))
    used = pd.Series([task.vehicles[route.vehicle].name for route in plan.planned]).value_counts()
    assert all(used[name] <= by_name[name].count for name in used.index)


@pytest.mark.parametrize("seed", range(12))
def test_nothing_called_feasible_breaks_when_driven_again(random_task, seed):
    """Batteries that hold less than a tour: what is promised after mending holds."""
    task, links = random_task(seed, orders=14, battery_wh=[9_000.0, 14_000.0, 30_000.0][seed % 3])
    plan = redesign_routes(task, date=DAY, seed=3, iterations=150)
    check_by_driving(task, plan, links)
    stops = plan.stops.drop(columns=["arrive_s", "begin_s", "depart_s"])
    names = [column.name for column in STOP_SCHEMA.columns if column.required]
    assert set(names) <= set(stops.columns)
    assert plan.feasible
    totals = plan.totals()
    assert totals["feasible_routes"] == totals["vehicles"]


def best_of_all(task):
    """Return the least money of all feasible plans, by trying every one of them."""
    judge = Judge(task)
    orders = range(len(task.orders))
    pool = [k for k, vehicle in enumerate(task.vehicles) for _ in range(vehicle.count)]
    best_route = {}
    for kind in set(pool):
        for size in range(1, len(task.orders) + 1):
            for chosen in itertools.combinations(orders, size):
                ways = (judge(PlannedRoute(kind, p)) for p in itertools.permutations(chosen))
                costs = [way.cost for way in ways if way.feasible]
                if costs:
                    best_route[kind, frozenset(chosen)] = min(costs)
    best = np.inf
    for given in itertools.product(range(len(pool)), repeat=len(task.orders)):
        total = 0.0
        for number, kind in enumerate(pool):
            mine = frozenset(o for o in orders if given[o] == number)
            if mine:
                total += best_route.get((kind, mine), np.inf)
        best = min(best, total)
    return best


@pytest.mark.parametrize("seed", range(6))
def test_small_days_are_solved_to_their_optimum(random_task, seed):
    """Where the battery does not bind, no plan of all there are is cheaper."""
    task, links = random_task(seed, orders=5, electric=1, diesel=2, battery_wh=80_000.0)
    plan = redesign_routes(task, date=DAY, seed=1, iterations=300)
    check_by_driving(task, plan, links)
    # the solver weighs energy at half load, the truth at the load of each leg
    assert plan.totals()["cost"] <= best_of_all(task) * 1.003


@pytest.mark.parametrize("seed", range(6))
def test_small_days_with_a_small_battery_come_close_to_their_optimum(random_task, seed):
    """Where the battery binds the mended plan can be driven and costs at most 1 % more."""
    task, links = random_task(seed, orders=5, electric=1, diesel=2, battery_wh=11_000.0)
    plan = redesign_routes(task, date=DAY, seed=1, iterations=300)
    check_by_driving(task, plan, links)
    best = best_of_all(task)
    assert plan.feasible == np.isfinite(best)
    assert plan.totals()["cost"] <= best * 1.01


def test_equal_seeds_give_equal_routes(random_task):
    """Iterations, not seconds, end the search: a run can be repeated."""
    task, _ = random_task(5, orders=20, electric=3, battery_wh=15_000.0)
    first, second = (redesign_routes(task, date=DAY, seed=7, iterations=100) for _ in range(2))
    pd.testing.assert_frame_equal(first.routes, second.routes)
    pd.testing.assert_frame_equal(first.stops, second.stops)


@pytest.mark.parametrize("seed", [1, 3, 4, 5])
def test_a_charge_on_the_way_mends_a_fleet_without_diesel(random_task, seed):
    """One electric vehicle, tours beyond its battery, a charger: it charges and comes back."""
    curve = ChargingCurve("22 kW", (0.0, 1800.0), (0.0, 11_000.0), grid_efficiency=0.9)
    charger = Charger("plug", 9, curve, price_per_kwh=6.0)
    task, links = random_task(seed, orders=8, electric=1, diesel=0, battery_wh=11_000.0,
                              chargers=(charger,), windows=False)  # fmt: skip
    ev = replace(task.vehicles[0], capacity_kg=1000.0, shift_end_s=22 * 3600.0)
    orders = task.orders.assign(demand_kg=60.0, pickup_kg=0.0)
    task = replace(task, vehicles=(ev,), orders=orders)
    plan = redesign_routes(task, date=DAY, seed=1, iterations=200)
    check_by_driving(task, plan, links)
    assert plan.feasible
    assert plan.routes["charges"].iloc[0] >= 1
    assert "charge" in plan.routes["mended"].iloc[0]
    # 6 for a kilowatt-hour from the grid, a ninth more than goes into the battery
    charged = plan.stops["added_kwh"].sum()
    row = plan.routes.iloc[0]
    rest = 100.0 + row["distance_km"] + 120.0 * row["duration_h"]
    rest += 2.0 * (row["energy_kwh"] - charged)
    assert row["cost"] == pytest.approx(rest + 6.0 * charged / 0.9)


def test_what_cannot_be_mended_is_not_called_feasible(random_task):
    """An electric fleet without chargers and with orders out of reach says energy."""
    task, links = random_task(1, orders=4, electric=2, diesel=0, battery_wh=3_000.0)
    plan = redesign_routes(task, date=DAY, seed=1, iterations=50)
    check_by_driving(task, plan, links)
    assert not plan.feasible
    assert set(plan.routes.loc[~plan.routes["feasible"], "cause"]) == {"energy"}


def test_before_and_after_stand_side_by_side(random_task):
    """A plan by hand against the redesign: km, hours and money of both and their difference."""
    task, _ = random_task(4, orders=6, electric=1, diesel=2, battery_wh=60_000.0, windows=False)
    before = judge_routes(task, [PlannedRoute(1, (0, 3, 5)), PlannedRoute(1, (4, 1, 2))], date=DAY)
    after = redesign_routes(task, date=DAY, seed=1, iterations=200)
    table = after.compared(before)
    assert table.loc["cost", "change"] < 0.0
    for name in ("distance_km", "duration_h", "cost"):
        change = table.loc[name, "after"] - table.loc[name, "before"]
        assert table.loc[name, "change"] == pytest.approx(change)
