"""Judge: drives a planned route over the tables and says whether it can be driven, and its cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from geofleet.redesign import _kernels
from geofleet.redesign.model import Floats, PlannedRoute, Task

__all__ = ["Judge", "Verdict"]

_TOLERANCE = 1e-6  # s, kg and Wh
_S_PER_H, _WH_PER_KWH, _M_PER_KM = 3600.0, 1000.0, 1000.0


@dataclass(frozen=True)
class Verdict:
    """What comes of driving one route.

    Parameters
    ----------
    cause
        One of ``CAUSES``: why it cannot be driven, ``none`` when it can.
    cost
        Money: vehicle, distance, time, energy, charges on the way.
    length_m, duration_s, energy_wh
        Driven; from departure to return; taken from the battery or the tank (NaN where unknown).
    late_s, overload_kg, short_wh
        How far from feasible: late starts and returns in sum, load above capacity, energy missing.
    margin_wh
        Lowest charge of the day above the reserve (NaN without a battery).
    nodes
        Driven in sequence, depot first and last, chargers included.
    stops
        Of each: arrival, begin and departure (seconds after midnight), load and charge on leaving.
    """

    cause: str
    cost: float
    length_m: float
    duration_s: float
    energy_wh: float
    late_s: float
    overload_kg: float
    short_wh: float
    margin_wh: float
    nodes: tuple[int, ...]
    stops: Floats

    @property
    def feasible(self) -> bool:
        """Whether nothing breaks."""
        return self.cause == "none"

    @property
    def violation(self) -> float:
        """How much is wrong, in one number that only orders routes."""
        parts = self.late_s / _S_PER_H, self.overload_kg / 1000.0, self.short_wh / _WH_PER_KWH
        return float(sum(parts))


class Judge:
    """Drives planned routes of one task; remembers what it has driven."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self._known: dict[PlannedRoute, Verdict] = {}
        self._tables: list[Any] = []
        for vehicle in task.vehicles:
            legs = task.legs[vehicle.name]
            energy = tuple(np.ascontiguousarray(x) for x in legs.energy)
            self._tables.append((legs.time_s, legs.length_m, *energy, np.array(legs.payload_kg)))

    def __call__(self, route: PlannedRoute) -> Verdict:
        """Drive a route."""
        verdict = self._known.get(route)
        if verdict is None:
            verdict = self._known[route] = self._drive(route)
        return verdict

    def nodes(self, route: PlannedRoute) -> tuple[list[int], dict[int, int]]:
        """Return the nodes in driving order, and the charge that is made at which position."""
        task, vehicle = self.task, self.task.vehicles[route.vehicle]
        depot = task.depot_node(vehicle)
        stops = [depot, *(task.order_nodes[list(route.orders)].tolist()), depot]
        out, at = [], {}
        for position, node in enumerate(stops):
            out.append(node)
            for number, visit in enumerate(route.visits):
                if visit.after == position:
                    at[len(out)] = number
                    out.append(task.chargers[visit.charger].node)
        return out, at

    def _drive(self, route: PlannedRoute) -> Verdict:
        task, vehicle = self.task, self.task.vehicles[route.vehicle]
        path, charges = self.nodes(route)
        nodes = np.array(path, dtype=np.int64)
        drop, pickup = task.drop_kg[nodes], task.pickup_kg[nodes]
        service = task.service_s[nodes]
        opens, closes = task.opens_s[nodes], task.closes_s[nodes]
        closes[-1] = min(closes[-1], vehicle.shift_end_s)
        added = np.zeros(len(nodes))
        for position, number in charges.items():
            added[position] = route.visits[number].added_wh
            service[position] = route.visits[number].stand_s
        time, length, total, wanted, spare, swing, loads = self._tables[route.vehicle]
        stops, totals = _kernels.replay(
            nodes, drop, pickup, service, opens, closes, added,
            time, length, total, wanted, spare, swing, loads,
            vehicle.capacity_kg, vehicle.usable_wh, vehicle.departure_wh, vehicle.reserve_wh,
            vehicle.standing_power_w / _S_PER_H, vehicle.shift_start_s, len(route.visits) > 0,
        )  # fmt: skip
        return self._verdict(route, tuple(path), stops, totals)

    def _verdict(
        self, route: PlannedRoute, nodes: tuple[int, ...], stops: Floats, totals: Floats
    ) -> Verdict:
        vehicle = self.task.vehicles[route.vehicle]
        late = float(totals[_kernels.LATE])
        late += max(float(totals[_kernels.DURATION]) - vehicle.longest_shift_h * _S_PER_H, 0.0)
        length, duration = float(totals[_kernels.LENGTH]), float(totals[_kernels.DURATION])
        energy, short = float(totals[_kernels.ENERGY]), float(totals[_kernels.SHORT])
        overload = float(totals[_kernels.OVERLOAD])
        cost = vehicle.fixed_cost + vehicle.per_km * length / _M_PER_KM
        cost += vehicle.per_h * duration / _S_PER_H
        if vehicle.per_kwh > 0.0:
            charged = sum(visit.added_wh for visit in route.visits)
            cost += vehicle.per_kwh * (energy - charged) / _WH_PER_KWH
        cost += sum(visit.cost for visit in route.visits)
        if not np.isfinite(length):
            cause = "unreachable"
        elif overload > _TOLERANCE:
            cause = "payload"
        elif late > _TOLERANCE:
            cause = "time"
        elif not short <= _TOLERANCE:
            cause = "energy"
        else:
            cause = "none"
        lowest = float(totals[_kernels.LOWEST])
        return Verdict(
            cause, cost, length, duration, energy, late, overload, short, lowest, nodes, stops
        )
