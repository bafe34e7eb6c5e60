"""Mend routes whose battery does not last: another sequence, another vehicle, a charge, less."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

from geofleet.redesign.charge import with_charges
from geofleet.redesign.judge import Judge
from geofleet.redesign.model import PlannedRoute

__all__ = ["Mended", "mend"]

Mended = list[tuple[PlannedRoute, str]]
"""Routes, and what was done to each: empty, or words joined by commas."""

_GAIN = 1e-9


class _Fleet:
    """Routes under repair."""

    def __init__(self, judge: Judge, routes: list[PlannedRoute]) -> None:
        self.judge = judge
        self.routes = list(routes)
        self.done = [""] * len(routes)

    def cost(self, routes: list[PlannedRoute]) -> float:
        return sum(self.judge(route).cost for route in routes if route.orders)

    def spare(self) -> list[int]:
        """Types of which a vehicle is free."""
        used = [route.vehicle for route in self.routes if route.orders]
        types = self.judge.task.vehicles
        return [t for t, vehicle in enumerate(types) if used.count(t) < vehicle.count]

    def note(self, position: int, word: str) -> None:
        known = self.done[position].split(", ") if self.done[position] else []
        self.done[position] = ", ".join([*known, word]) if word not in known else ", ".join(known)


def mend(judge: Judge, routes: list[PlannedRoute]) -> Mended:
    """Return the routes with those that cannot be driven mended, each in the cheapest way found.

    Tried for each broken route, the dearest first: another sequence (one stop moved or one
    stretch turned round), another type of vehicle (a free one, or swapped with another route),
    charges on the way, stops handed to other routes or free vehicles until the rest can be
    driven. What cannot be mended stays as it is and is not called feasible.
    """
    fleet = _Fleet(judge, routes)
    given_up: set[PlannedRoute] = set()
    while True:
        broken = [
            (-judge(route).cost, i) for i, route in enumerate(fleet.routes)
            if route.orders and not judge(route).feasible and route not in given_up
        ]  # fmt: skip
        if not broken:
            break
        _, position = min(broken)
        ways = [
            way
            for way in (
                _sequence(fleet, position), _vehicle(fleet, position), _charge(fleet, position),
                _hand_over(fleet, position),
            )
            if way is not None
        ]  # fmt: skip
        if not ways:
            given_up.add(fleet.routes[position])
            continue
        _, changes, word = min(ways, key=lambda way: way[0])
        for number, route in changes.items():
            while number >= len(fleet.routes):
                fleet.routes.append(replace(route, orders=()))
                fleet.done.append("")
            fleet.routes[number] = route
            if number == position or word in ("vehicle swapped", "stops moved"):
                fleet.note(number, word)
    pairs = zip(fleet.routes, fleet.done, strict=True)
    return [(route, done) for route, done in pairs if route.orders]


_Way = tuple[float, dict[int, PlannedRoute], str]


def _neighbours(orders: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """All sequences with one stop moved or one stretch turned round."""
    count = len(orders)
    for i in range(count):
        rest = orders[:i] + orders[i + 1 :]
        for j in range(count):
            if j != i:
                yield (*rest[:j], orders[i], *rest[j:])
    for i in range(count):
        for j in range(i + 2, count + 1):
            yield orders[:i] + orders[i:j][::-1] + orders[j:]


def _sequence(fleet: _Fleet, position: int) -> _Way | None:
    route = fleet.routes[position]
    best: _Way | None = None
    before = fleet.judge(route).cost
    for orders in _neighbours(route.orders):
        other = PlannedRoute(route.vehicle, orders)
        verdict = fleet.judge(other)
        if verdict.feasible and (best is None or verdict.cost - before < best[0] - _GAIN):
            best = (verdict.cost - before, {position: other}, "stops in another order")
    return best


def _vehicle(fleet: _Fleet, position: int) -> _Way | None:
    route = fleet.routes[position]
    best: _Way | None = None
    before = fleet.judge(route).cost

    def offer(changes: dict[int, PlannedRoute], delta: float, word: str) -> None:
        nonlocal best
        good = all(fleet.judge(r).feasible for r in changes.values())
        if good and (best is None or delta < best[0] - _GAIN):
            best = (delta, changes, word)

    for kind in fleet.spare():
        if kind != route.vehicle:
            other = PlannedRoute(kind, route.orders)
            offer({position: other}, fleet.judge(other).cost - before, "another vehicle")
    for number, mate in enumerate(fleet.routes):
        if mate.orders and mate.vehicle != route.vehicle:
            pair = {
                position: PlannedRoute(mate.vehicle, route.orders),
                number: PlannedRoute(route.vehicle, mate.orders),
            }
            delta = fleet.cost(list(pair.values())) - fleet.cost([route, mate])
            offer(pair, delta, "vehicle swapped")
    return best


def _charge(fleet: _Fleet, position: int) -> _Way | None:
    """Charge on the way, in the given order or the other way round."""
    route = fleet.routes[position]
    best: _Way | None = None
    for orders in (route.orders, route.orders[::-1]):
        other = with_charges(fleet.judge, PlannedRoute(route.vehicle, orders))
        if other is None:
            continue
        delta = fleet.judge(other).cost - fleet.judge(route).cost
        if best is None or delta < best[0] - _GAIN:
            best = (delta, {position: other}, "charge on the way")
    return best


def _hand_over(fleet: _Fleet, position: int) -> _Way | None:
    """Hand stops to others until the rest can be driven, the cheapest relief first."""
    judge, changed = fleet.judge, dict(enumerate(fleet.routes))
    before = fleet.cost(list(changed.values()))
    used: set[int] = {position}
    fresh = itertools.count(len(fleet.routes))
    free = {next(fresh): PlannedRoute(kind, ()) for kind in fleet.spare()}
    while changed[position].orders and not judge(changed[position]).feasible:
        best: tuple[float, int, PlannedRoute, PlannedRoute] | None = None
        route = changed[position]
        wrong = judge(route).violation
        for i, order in enumerate(route.orders):
            rest = PlannedRoute(route.vehicle, route.orders[:i] + route.orders[i + 1 :])
            relief = wrong - (judge(rest).violation if rest.orders else 0.0)
            saved = judge(route).cost - fleet.cost([rest])
            if relief <= _GAIN:
                continue
            for number, mate in {**changed, **free}.items():
                if number == position or (mate.orders and not judge(mate).feasible):
                    continue
                base = fleet.cost([mate])
                for at in range(len(mate.orders) + 1):
                    taken = (*mate.orders[:at], order, *mate.orders[at:])
                    other = PlannedRoute(mate.vehicle, taken)
                    if not judge(other).feasible:
                        continue
                    price = (judge(other).cost - base - saved) / min(relief, wrong)
                    if best is None or price < best[0] - _GAIN:
                        best = (price, number, other, rest)
        if best is None:
            return None
        _, number, other, rest = best
        changed[position], changed[number] = rest, other
        if number in free:
            # one vehicle of a type is free once; there may be more of the same type
            del free[number]
            kind = other.vehicle
            taken_now = sum(r.vehicle == kind and bool(r.orders) for r in changed.values())
            if taken_now < judge.task.vehicles[kind].count:
                free[next(fresh)] = PlannedRoute(kind, ())
        used.add(number)
    after = {number: changed[number] for number in used}
    return fleet.cost(list(changed.values())) - before, after, "stops moved"
