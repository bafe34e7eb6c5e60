"""Published days of electric vehicles with chargers (Montoya et al. 2017), against best known."""

from __future__ import annotations

import csv
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from geofleet.energy.charging import charge_on_the_way
from geofleet.energy.charging.published import read_published
from geofleet.energy.paths import EnergyUse, LegTable
from geofleet.redesign import Task, VehicleType, redesign_routes
from geofleet.redesign.solver import is_installed

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not is_installed(), reason="extra redesign is not installed"),
]


def as_task(published):
    """Return the instance as a task: one kind of electric vehicle, an hour costs 1."""
    instance = published.instance
    chargers = [charger.node for charger in instance.chargers]
    places = np.array([published.depot, *published.customers, *chargers])
    square = np.ix_(places, places)
    time, energy = instance.drive_s[square], instance.energy_wh[square]
    use = EnergyUse(*(energy[..., None].copy() for _ in range(4)))
    first = 1 + len(published.customers)
    table = {
        "order_id": [str(n) for n in published.customers], "lat": 0.0, "lon": 0.0,
        "demand_kg": 0.0,
        "service_min": [published.service_s[n] / 60.0 for n in published.customers],
    }  # fmt: skip
    vehicle = VehicleType(
        "ev", len(published.customers), 1.0, "0", 0.0, published.latest_end_s, per_h=1.0,
        battery_wh=instance.battery_wh,
    )  # fmt: skip
    return Task(
        pd.DataFrame(table), pd.DataFrame({"depot_id": ["0"], "lat": [0.0], "lon": [0.0]}),
        (vehicle,), {"ev": LegTable(time, time.copy(), use, (0.0,))},
        tuple(
            replace(c, node=first + i, price_per_kwh=0.0) for i, c in enumerate(instance.chargers)
        ),
    )  # fmt: skip


def solved(folder, name, iterations=300):
    """Return hours planned, best known hours, the plan, and the instance."""
    with (folder / "bks.tsv").open() as file:
        best = {row[0]: float(row[1]) for row in csv.reader(file, delimiter="\t")}
    published = read_published(folder / f"{name}.xml")
    plan = redesign_routes(as_task(published), date="2024-05-14", seed=1, iterations=iterations)
    # the best known hours are those of driving and charging, without service
    service_h = sum(published.service_s[n] for n in published.customers) / 3600.0
    return plan.totals()["cost"] - service_h, best[name], plan, published


@pytest.mark.parametrize("name", ["tc0c10s3ct1", "tc1c10s2cf2", "tc1c10s2ct2", "tc1c10s3ct2"])
def test_plans_come_near_the_best_known_and_none_is_below(shared_data, name):
    """Ten customers: feasible, each route confirmed by the charging solver, near the best."""
    hours, best, plan, published = solved(shared_data / "ev/evrpnl", name)
    assert plan.feasible
    assert best - 0.01 <= hours <= 1.05 * best
    for route in plan.planned:
        stops = (published.depot, *(published.customers[i] for i in route.orders), published.depot)
        exact = charge_on_the_way(published.instance, published.route(stops, limited=True))
        assert exact.status == "optimal"
