"""A charge on the way for a route whose battery does not last."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from geofleet.energy.charging import (
    Charger,
    ChargingInstance,
    ChargingVisit,
    FixedRoute,
    charge_on_the_way,
)
from geofleet.energy.charging.cost.periods import charging_periods
from geofleet.redesign import _kernels
from geofleet.redesign.judge import Judge
from geofleet.redesign.model import Floats, Ints, PlannedRoute, Task, Visit

__all__ = ["with_charges"]

_ROUNDS = 3  # a plan, then again with what its waiting draws; later ones seldom differ
_SLACK_WH = 1e-6  # as the replay allows
_JOULES_PER_WH = 3600.0


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
    loads = _loads(task, nodes)
    time = task.legs[vehicle.name].time_s
    if not np.isfinite(time[nodes[:-1], nodes[1:]]).all() or loads.max() > vehicle.capacity_kg:
        return None
    waits = np.zeros(len(nodes))
    for _ in range(_ROUNDS):
        plan = charge_on_the_way(*_problem(judge, route.vehicle, nodes, loads, waits))
        if plan.status != "optimal":
            return None
        mended = replace(route, visits=tuple(_visit(task, visit) for visit in plan.visits))
        verdict = judge(mended)
        # the replay has the last word: it knows what is drawn while waiting
        if verdict.feasible or verdict.cause != "energy":
            return mended if verdict.feasible else None
        _, charges = judge.nodes(mended)
        stops = np.delete(verdict.stops, list(charges), axis=0)
        waits = np.maximum(waits, stops[:, _kernels.BEGIN] - stops[:, _kernels.ARRIVE])
    return None


def _problem(
    judge: Judge, kind: int, nodes: list[int], loads: Floats, waits: Floats
) -> tuple[ChargingInstance, FixedRoute]:
    """Return the route as one whose charges are to be placed; ``waits`` by stop draw too."""
    task, vehicle = judge.task, judge.task.vehicles[kind]
    places = np.array(nodes + [charger.node for charger in task.chargers])
    total, need, spare, swing = (_layers(judge, kind, places, loads, k) for k in range(4))
    # no battery of this size holds the climb within the leg, however full it sets out
    beyond = swing > vehicle.usable_wh - vehicle.reserve_wh + _SLACK_WH
    need = np.where(beyond, np.inf, need)
    # what is drawn standing at a stop comes before the leg that leaves it
    for gap in range(1, len(loads)):
        stood = vehicle.standing_power_w * (task.service_s[nodes[gap]] + waits[gap]) / 3600.0
        total[gap, gap] += stood
        need[gap, gap] += stood
        spare[gap, gap] = np.maximum(spare[gap, gap], total[gap, gap])
    chargers = tuple(
        replace(charger, node=len(nodes) + i) for i, charger in enumerate(task.chargers)
    )
    instance = ChargingInstance(
        task.legs[vehicle.name].time_s[np.ix_(places, places)], total, chargers,
        vehicle.usable_wh, vehicle.reserve_wh, need_wh=need, refused_wh=spare,
    )  # fmt: skip
    windows = [(float(task.opens_s[n]), float(task.closes_s[n])) for n in nodes]
    windows[0] = (-np.inf, np.inf)
    return instance, FixedRoute(
        tuple(range(len(nodes))), vehicle.departure_wh, vehicle.shift_start_s,
        tuple(task.service_s[nodes]), tuple(windows), tuple(range(len(loads))),
        vehicle.reserve_wh, vehicle.shift_end_s,
    )  # fmt: skip


def _loads(task: Task, nodes: list[int]) -> Floats:
    change = task.pickup_kg[nodes[:-1]] - task.drop_kg[nodes[:-1]]
    return np.asarray(task.drop_kg[nodes].sum() + np.cumsum(change))


def _layers(judge: Judge, vehicle: int, places: Ints, loads: Floats, which: int) -> Floats:
    """Return total, need, spare or swing of all legs at the load of each gap."""
    legs = judge.task.legs[judge.task.vehicles[vehicle].name]
    known = np.array(legs.payload_kg)
    energy = legs.energy
    table = (energy.total_wh, energy.need_wh, energy.spare_wh, energy.swing_wh)[which]
    chosen = table[np.ix_(places, places)]
    if len(known) == 1:
        return np.repeat(chosen[..., 0][None], len(loads), axis=0)
    upper = np.clip(np.searchsorted(known, loads), 1, len(known) - 1)
    share = (loads - known[upper - 1]) / (known[upper] - known[upper - 1])
    low, high = np.moveaxis(chosen, -1, 0)[upper - 1], np.moveaxis(chosen, -1, 0)[upper]
    with np.errstate(invalid="ignore"):
        line = (1.0 - share[:, None, None]) * low + share[:, None, None] * high
    return np.where(np.isfinite(low) & np.isfinite(high), line, np.inf)


def _visit(task: Task, visit: ChargingVisit) -> Visit:
    number = [charger.charger_id for charger in task.chargers].index(visit.charger_id)
    stand_s = visit.end_s - visit.arrive_s
    return Visit(visit.gap, number, visit.energy_wh, stand_s, _price(task.chargers[number], visit))


def _price(charger: Charger, visit: ChargingVisit) -> float:
    """Return what a charge costs, each kilowatt-hour at the price of its hour."""
    full = charger.curve.energy_wh[-1]
    money, held, last = 0.0, min(max(visit.arrive_wh, 0.0), full), 0.0  # rounding of the plan
    for period in charging_periods(charger, visit.begin_s, visit.end_s):
        seconds = min(period.closes, visit.end_s) - max(period.opens, visit.begin_s)
        if seconds <= 0.0:
            continue
        reached = max(min(charger.curve.energy_after(held, seconds), visit.leave_wh), held)
        money += (reached - held) * _JOULES_PER_WH * period.price_per_j
        last, held = period.price_per_j, reached
    # begun within the opening hours and finished beyond them: at the price before
    return money + (visit.leave_wh - held) * _JOULES_PER_WH * last
