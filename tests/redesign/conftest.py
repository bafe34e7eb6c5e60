"""Small flat worlds with straight roads: places in a plane, 40 km/h, energy by load and slope."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from geofleet.energy.paths import EnergyUse, LegTable
from geofleet.redesign import Task, VehicleType

LOADS = (0.0, 500.0, 1000.0)


@pytest.fixture(scope="session")
def straight():
    """Return a maker of legs: each is three links of a third, over heights, at three loads."""

    def make(xy_km, height_m, *, wh_per_km=250.0, links=3):
        xy, z = np.asarray(xy_km, float), np.asarray(height_m, float)
        length = 1000.0 * np.hypot(*(xy[:, None] - xy[None, :]).T).T
        count = len(xy)
        middle = np.sin(np.arange(count * count)).reshape(count, count) * 20.0
        heights = [z[:, None] + np.zeros((count, count)), 0.5 * (z[:, None] + z) + middle]
        heights += [z[None, :] + np.zeros((count, count))]
        energy = np.empty((count, count, len(LOADS), 4))
        links_wh = np.empty((count, count, len(LOADS), 2))
        for level, load in enumerate(LOADS):
            mass = 3.0 + load / 1000.0
            for part in range(2):
                rise = heights[part + 1] - heights[part]
                slope = np.where(rise > 0, 3.2, 1.9) * mass * rise
                links_wh[..., level, part] = (
                    0.5 * wh_per_km * length / 1000.0 * (0.7 + 0.1 * mass) + slope
                )
        for i in range(count):
            for j in range(count):
                if i == j:
                    links_wh[i, j] = 0.0
                for level in range(len(LOADS)):
                    use = EnergyUse.of(links_wh[i, j, level])
                    energy[i, j, level] = [float(x) for x in use]
        np.fill_diagonal(length, 0.0)
        table = LegTable(length / (40.0 / 3.6), length,
                         EnergyUse(*(energy[..., k].copy() for k in range(4))), LOADS)  # fmt: skip
        return table, links_wh

    return make


@pytest.fixture(scope="session")
def random_task(straight):
    """Return a maker of tasks: orders about one depot, diesel and electric types."""

    def make(seed, *, orders=8, electric=2, diesel=2, battery_wh=20_000.0, chargers=(),
             windows=True, hills=25.0):  # fmt: skip
        rng = np.random.default_rng(seed)
        count = 1 + orders + len(chargers)
        xy = np.vstack([[0.0, 0.0], rng.uniform(-12.0, 12.0, (count - 1, 2))])
        legs, links = straight(xy, rng.uniform(0.0, hills, count))
        opens = np.where(rng.random(orders) < 0.4, 8 * 3600 + rng.uniform(0, 10800, orders), np.nan)
        table = pd.DataFrame({
            "order_id": [f"o{i}" for i in range(orders)],
            "lat": xy[1 : 1 + orders, 1] / 111.0, "lon": xy[1 : 1 + orders, 0] / 111.0,
            "demand_kg": rng.uniform(20.0, 260.0, orders).round(1),
            "pickup_kg": np.where(rng.random(orders) < 0.3, 50.0, 0.0),
            "service_min": rng.uniform(3.0, 12.0, orders).round(1),
            "window_start": opens if windows else np.nan,
            "window_end": opens + 5400.0 if windows else np.nan,
        })  # fmt: skip
        depots = pd.DataFrame({"depot_id": ["d"], "lat": [0.0], "lon": [0.0]})
        common = {"capacity_kg": 900.0, "depot_id": "d", "shift_start_s": 8 * 3600.0,
                  "shift_end_s": 16 * 3600.0, "per_h": 120.0}  # fmt: skip
        types = []
        if electric:
            types.append(VehicleType("ev", electric, battery_wh=battery_wh, fixed_cost=100.0,
                                     per_km=1.0, per_kwh=2.0, reserve_wh=0.1 * battery_wh,
                                     standing_power_w=300.0, **common))  # fmt: skip
        if diesel:
            types.append(VehicleType("diesel", diesel, fixed_cost=100.0, per_km=5.0, **common))
        task = Task(table, depots, tuple(types), {t.name: legs for t in types}, tuple(chargers))
        return task, links

    return make
