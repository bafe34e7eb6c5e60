"""The cheapest charging: hand-made cases, and small ones against linear programs."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

from geofleet.energy.battery import ChargingCurve
from geofleet.energy.charging import (
    Charger,
    ChargingInstance,
    FixedRoute,
    Prices,
    charge_on_the_way,
    cheapest_charging,
)
from geofleet.energy.charging.cost import shapes
from geofleet.errors import InputError


def _helper(name):
    """Load a module beside this file."""
    spec = importlib.util.spec_from_file_location(
        f"charging_{name}", Path(__file__).with_name(f"{name}.py")
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules[f"charging_{name}"] = module
    spec.loader.exec_module(module)
    return module


brute, problems, simulator = (_helper(name) for name in ("brute", "problems", "simulator"))

CURVE = ChargingCurve("fast", (0.0, 800.0, 1400.0), (0.0, 8000.0, 10000.0), 0.8)


def two_chargers(first, second):
    """A stop at 60 km, chargers on the way at 40 and 50 km; 60 km/h, 100 Wh/km."""
    at = np.array([0.0, 60.0, 40.0, 50.0])
    km = np.abs(at[:, None] - at)
    chargers = (
        Charger("c0", 2, CURVE, price_per_kwh=first), Charger("c1", 3, CURVE, price_per_kwh=second)
    )  # fmt: skip
    return ChargingInstance(km * 60.0, km * 100.0, chargers, 10000.0)


def test_cheap_energy_is_worth_the_time_of_a_cheap_driver():
    """2 kWh into the battery are 2.5 kWh from the grid at the cheaper charger."""
    plan = cheapest_charging(two_chargers(8.0, 2.0), FixedRoute((0, 1, 0), 10000.0), Prices(0.0))
    assert {v.charger_id for v in plan.visits if v.energy_wh > 1e-6} == {"c1"}
    assert plan.cost == pytest.approx(5.0)


def test_waits_for_the_hour_of_the_low_price_if_the_driver_costs_less():
    """From 20 to 2 a kWh at 10:00: 45 money saved, 50 minutes waited."""
    prices = tuple([20.0] * 10 + [2.0] * 14)
    instance = two_chargers(prices, prices)
    route = FixedRoute((0, 1, 0), 10000.0, 7.5 * 3600.0)
    patient = cheapest_charging(instance, route, Prices(10.0))
    charged = [v for v in patient.visits if v.energy_wh > 1e-6]
    assert all(v.begin_s >= 36000.0 - 1e-6 for v in charged)
    assert sum(v.cost for v in charged) == pytest.approx(5.0)
    hasty = cheapest_charging(instance, route, Prices(200.0))
    assert hasty.duration_s == pytest.approx(charge_on_the_way(instance, route).duration_s)
    assert sum(v.cost for v in hasty.visits) == pytest.approx(50.0)


# 5016: the best charge begins at a mixture just where one piece of the curve ends
@pytest.mark.parametrize("seed", [*range(24), 5016])
def test_small_problems_against_every_chain_solved_as_linear_program(seed):
    """Prices by the hour with windows, queues, hours, loads and hills: the least cost of all."""
    instance, route = problems.small(seed, stops=3 - seed % 2, chargers=1 + seed % 2, prices=True)
    prices = Prices(20.0, 0.0 if seed % 2 else 1.5)
    plan = cheapest_charging(instance, route, prices)
    best = brute.best(instance, route, prices)
    if not plan.is_feasible:
        assert best == np.inf
        return
    assert plan.cost == pytest.approx(best, abs=1e-5)
    time, energy = simulator.replay(instance, route, plan)
    own = sum(v.cost for v in plan.visits) + 20.0 * (time - route.start_s) / 3600.0
    assert own - prices.end_energy_per_kwh * energy / 1000.0 == pytest.approx(best, abs=1e-4)


def test_costs_no_more_than_the_quickest_plan():
    """Where energy is free and the driver is not, the cheapest plan is the quickest."""
    for seed in range(12):
        instance, route = problems.small(seed, stops=4, chargers=2)
        free = tuple(
            Charger(c.charger_id, c.node, c.curve, c.open_s, c.wait_s, 0.0)
            for c in instance.chargers
        )
        instance = ChargingInstance(
            instance.drive_s, instance.energy_wh, free, instance.battery_wh, instance.reserve_wh
        )
        quick, cheap = charge_on_the_way(instance, route), None
        cheap = cheapest_charging(instance, route, Prices(3600.0))
        assert cheap.status == quick.status
        if quick.is_feasible:
            assert cheap.cost == pytest.approx(quick.duration_s, abs=1e-2)


def test_shapes_hold_what_their_mixtures_hold():
    """Cuts keep every mixture within and none beyond; covered is what a mixture is as good as."""
    points = np.array([[0.0, 0.0, 4.0], [4.0, 8.0, 0.0]])
    cut = shapes.at_least(points, shapes.ENERGY, 2.0, 0.0)
    assert cut.tolist() == [[4.0, 8.0, 0.0], [1.0, 2.0, 3.0]]
    assert shapes.is_covered(np.array([[2.0, 4.0, 2.0]]), points, np.zeros(3))
    assert not shapes.is_covered(np.array([[2.0, 4.1, 2.0]]), points, np.zeros(3))


def test_unknown_prices_are_named():
    """A charger without a price cannot be compared by cost."""
    with pytest.raises(InputError, match=r"price_per_kwh: 'nan': expected prices.*c1"):
        cheapest_charging(
            two_chargers(1.0, np.nan), FixedRoute((0, 1), 10000.0), Prices(driver_per_h=1.0)
        )
