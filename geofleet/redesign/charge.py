"""A charge on the way for a route whose battery does not last."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from geofleet.energy.charging import (
    ChargingInstance,
    ChargingVisit,
    FixedRoute,
    charge_on_the_way,
)
from geofleet.redesign.judge import Judge
from geofleet.redesign.model import Floats, PlannedRoute, Task, Visit

__all__ = ["with_charges"]


def with_charges(judge: Judge, route: PlannedRoute) -> PlannedRoute | None:
    """Return the route with the charges that end it earliest, None where none mend it.

    Solved to optimality for the sequence as it stands: any number of visits, charging curves,
    windows, queues and opening hours; energy at the load of each gap.
    """
    task, vehicle = judge.task, judge.task.vehicles[route.vehicle]
    if not task.chargers or not vehicle.electric or not route.orders:
        return None
    plain = replace(route, visits=())
    nodes, _ = judge.nodes(plain)
    places = np.array(nodes + [charger.node for charger in task.chargers])
    loads = _loads(task, nodes)
    total, need, spare = (_layers(judge, route.vehicle, places, loads, k) for k in range(3))
    time = task.legs[vehicle.name].time_s[np.ix_(places, places)]
    if not np.isfinite(time).all() or loads.max() > vehicle.capacity_kg:
        return None
    # what is drawn standing at a stop comes before the leg that leaves it; waiting is not known
    for gap in range(1, len(loads)):
        stood = vehicle.standing_power_w * task.service_s[nodes[gap]] / 3600.0
        total[gap, gap] += stood
        need[gap, gap] += stood
        spare[gap, gap] = np.maximum(spare[gap, gap], total[gap, gap])
    chargers = tuple(
        replace(charger, node=len(nodes) + i) for i, charger in enumerate(task.chargers)
    )
    instance = ChargingInstance(
        time, total, chargers, vehicle.usable_wh, vehicle.reserve_wh, need_wh=need, refused_wh=spare
    )
    windows = [(task.opens_s[n], task.closes_s[n]) for n in nodes]
    windows[0] = (-np.inf, np.inf)
    plan = charge_on_the_way(
        instance,
        FixedRoute(
            tuple(range(len(nodes))), vehicle.departure_wh, vehicle.shift_start_s,
            tuple(task.service_s[nodes]), tuple((float(a), float(b)) for a, b in windows),
            tuple(range(len(loads))), vehicle.reserve_wh, vehicle.shift_end_s,
        ),
    )  # fmt: skip
    if plan.status != "optimal":
        return None
    visits = tuple(_visit(task, visit) for visit in plan.visits)
    # the replay has the last word: it knows what is drawn while waiting
    mended = replace(route, visits=visits)
    return mended if judge(mended).feasible else None


def _loads(task: Task, nodes: list[int]) -> Floats:
    change = task.pickup_kg[nodes[:-1]] - task.drop_kg[nodes[:-1]]
    return np.asarray(task.drop_kg[nodes].sum() + np.cumsum(change))


def _layers(judge: Judge, vehicle: int, places: Floats, loads: Floats, which: int) -> Floats:
    """Return total, need or spare of all legs at the load of each gap."""
    legs = judge.task.legs[judge.task.vehicles[vehicle].name]
    known = np.array(legs.payload_kg)
    # the largest sum of any stretch stands for the need: a battery that fills on the way must
    # hold it too
    table = (legs.energy.total_wh, legs.energy.swing_wh, legs.energy.spare_wh)[which]
    chosen = table[np.ix_(places, places)]
    if len(known) == 1:
        return np.repeat(chosen[..., 0][None], len(loads), axis=0)
    upper = np.clip(np.searchsorted(known, loads), 1, len(known) - 1)
    share = (loads - known[upper - 1]) / (known[upper] - known[upper - 1])
    low, high = np.moveaxis(chosen, -1, 0)[upper - 1], np.moveaxis(chosen, -1, 0)[upper]
    return np.asarray((1.0 - share[:, None, None]) * low + share[:, None, None] * high)


def _visit(task: Task, visit: ChargingVisit) -> Visit:
    number = [charger.charger_id for charger in task.chargers].index(visit.charger_id)
    charger = task.chargers[number]
    price = charger.price_per_kwh
    if not isinstance(price, (int, float)):
        price = price[int(visit.begin_s // 3600.0) % len(price)]
    grid_kwh = visit.energy_wh / 1000.0 / charger.curve.grid_efficiency
    stand_s = visit.end_s - visit.arrive_s
    return Visit(visit.gap, number, visit.energy_wh, stand_s, price * grid_kwh)
