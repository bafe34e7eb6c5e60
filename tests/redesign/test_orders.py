"""Orders, vehicles and tasks that cannot be used are named, all faults at once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from geofleet.energy.paths import EnergyUse
from geofleet.errors import InputError
from geofleet.redesign import Task, VehicleType, check_orders, read_orders, redesign_routes

HEAD = "order_id,lat,lon,demand_kg,service_min,window_start,window_end\n"


def test_orders_are_read_with_what_is_optional_filled_in(tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text(HEAD + "a,-29.9,-71.2,20,5,08:30,10:00\nb,-29.8,-71.1,0,5,,\n")
    orders = read_orders(path)
    assert orders["window_start"].tolist()[0] == 30_600.0
    assert np.isnan(orders["window_end"].iloc[1])
    assert orders["pickup_kg"].tolist() == [0.0, 0.0]
    pd.testing.assert_frame_equal(check_orders(orders), orders)


def test_every_fault_of_the_orders_is_named(tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text(HEAD + "a,95,-71.2,-3,5,08:30,10:00\na,-29.8,-71.1,1,x,,\n")
    with pytest.raises(InputError) as caught:
        read_orders(path)
    fields = {(p.row, p.field) for p in caught.value.problems}
    assert {(2, "lat"), (2, "demand_kg"), (3, "service_min"), (3, "order_id")} <= fields
    path.write_text(HEAD + "a,-29.8,-71.2,3,5,10:30,10:00\n")
    with pytest.raises(InputError, match=r"row 2, field window_end: '10:00'.*10:30"):
        read_orders(path)


def test_impossible_vehicles_are_named():
    with pytest.raises(InputError) as caught:
        VehicleType("v", 0, -1.0, "d", 100.0, 50.0, battery_wh=0.0, per_km=-1.0)
    fields = {problem.field for problem in caught.value.problems}
    assert fields >= {"count", "capacity_kg", "shift_end_s", "battery_wh", "per_km"}


def test_tasks_that_cannot_be_are_named(random_task):
    task, _ = random_task(1, orders=3)
    heavy = task.orders.assign(demand_kg=[10.0, 5000.0, 10.0])
    with pytest.raises(InputError, match=r"orders, row 2, field demand_kg: '5000'.*split"):
        replace(task, orders=heavy)
    with pytest.raises(InputError, match="depot_id: 'nowhere'"):
        replace(task, vehicles=(replace(task.vehicles[0], depot_id="nowhere"),))
    legs = task.legs["ev"]
    cut = replace(legs, time_s=np.where(np.arange(4) == 2, np.inf, legs.time_s))
    with pytest.raises(InputError, match=r"row 2, field order_id: 'o1'.*reach"):
        replace(task, legs={"ev": cut, "diesel": cut})
    nothing = EnergyUse(*(np.full_like(x, np.nan) for x in legs.energy))
    unknown = replace(legs, energy=nothing)
    with pytest.raises(InputError, match="the energy of every leg"):
        replace(task, legs={"ev": unknown, "diesel": unknown})
    assert Task(task.orders, task.depots, (task.vehicles[1],), {"diesel": unknown}).node_count == 4
    with pytest.raises(InputError, match="date"):
        redesign_routes(task, date="tomorrow", iterations=1)
    with pytest.raises(InputError, match="iterations"):
        redesign_routes(task, date="2024-05-14", iterations=0)
