"""Better plans where batteries bind: stops moved between routes that may charge on the way."""

from __future__ import annotations

from collections.abc import Iterator

from geofleet.redesign.charge import with_charges
from geofleet.redesign.judge import Judge
from geofleet.redesign.model import PlannedRoute

__all__ = ["improve"]

_GAIN = 1e-9
_MOVES_PER_TRIAL = 250  # most moves need no charge sought
Orders = tuple[int, ...]
Bare = tuple[int, Orders]
"""Type of vehicle and orders: a route before its charges."""
_Worth = tuple[int, float, float]


class _Search:
    """Values of routes with the charges that they need."""

    def __init__(self, judge: Judge, trials: int) -> None:
        self.judge, self.left = judge, trials
        self._known: dict[Bare, PlannedRoute] = {}

    def completed(self, bare: Bare) -> PlannedRoute:
        """Return the route with charges where it needs and finds them."""
        known = self._known.get(bare)
        if known is None:
            plain = PlannedRoute(*bare)
            known = plain
            if self.judge(plain).cause == "energy" and self.left > 0:
                self.left -= 1
                known = with_charges(self.judge, plain) or plain
            self._known[bare] = known
        return known

    def worth(self, bares: list[Bare]) -> _Worth:
        """Return stops on routes that break, how much they break, money: less is better."""
        stops, wrong, cost = 0, 0.0, 0.0
        for bare in bares:
            if bare[1]:
                verdict = self.judge(self.completed(bare))
                cost += verdict.cost
                if not verdict.feasible:
                    stops += len(bare[1])
                    wrong += verdict.violation
        return stops, wrong, cost

    def least(self, bares: list[Bare]) -> float:
        """Return what the routes cost at the least: without charges."""
        return sum(self.judge(PlannedRoute(*bare)).cost for bare in bares if bare[1])


def improve(judge: Judge, routes: list[PlannedRoute], *, trials: int) -> list[PlannedRoute]:
    """Return routes that no single move betters, or the best when ``trials`` are used up.

    Moves: a stop to another place, two stops exchanged, a stretch turned round, the ends of two
    routes exchanged (which joins and splits routes too). Each is judged with the charges that the
    changed routes need, solved to optimality; ``trials`` limits those solutions, not seconds, so
    the answer can be repeated. What free vehicles there are may be used.
    """
    search = _Search(judge, trials)
    plan: list[Bare] = [(route.vehicle, route.orders) for route in routes if route.orders]
    moved, tried = True, 0
    while moved:
        moved = False
        for numbers, changed in _moves(_with_free(judge, plan)):
            tried += 1
            if search.left <= 0 or tried > _MOVES_PER_TRIAL * trials:
                break
            full = _with_free(judge, plan)
            before = search.worth([full[n] for n in numbers])
            if before[0] == 0 and search.least(changed) >= before[2] - _GAIN:
                continue
            after = search.worth(changed)
            if after[:2] < before[:2] or (after[:2] == before[:2] and after[2] < before[2] - _GAIN):
                for n, bare in zip(numbers, changed, strict=True):
                    full[n] = bare
                plan = [bare for bare in full if bare[1]]
                moved = True
                break
    return [search.completed(bare) for bare in plan]


def _with_free(judge: Judge, plan: list[Bare]) -> list[Bare]:
    """Return the routes and an empty one for each type of which a vehicle is free."""
    used = [kind for kind, _ in plan]
    types = enumerate(judge.task.vehicles)
    return plan + [(kind, ()) for kind, v in types if used.count(kind) < v.count]


def _moves(plan: list[Bare]) -> Iterator[tuple[list[int], list[Bare]]]:
    for a, (kind, orders) in enumerate(plan):
        for i in range(len(orders)):
            for j in range(i + 2, len(orders) + 1):
                yield [a], [(kind, orders[:i] + orders[i:j][::-1] + orders[j:])]
            rest = orders[:i] + orders[i + 1 :]
            for at in range(len(rest) + 1):
                if at != i:
                    yield [a], [(kind, (*rest[:at], orders[i], *rest[at:]))]
    for a, (kind, orders) in enumerate(plan):
        for b, (other, theirs) in enumerate(plan):
            if b == a:
                continue
            for i, order in enumerate(orders):
                rest = orders[:i] + orders[i + 1 :]
                for at in range(len(theirs) + 1):
                    yield [a, b], [(kind, rest), (other, (*theirs[:at], order, *theirs[at:]))]
            if b < a:
                continue
            for i in range(len(orders) + 1):
                for at in range(len(theirs) + 1):
                    ends = (kind, orders[:i] + theirs[at:]), (other, theirs[:at] + orders[i:])
                    yield [a, b], list(ends)
                    if i < len(orders) and at < len(theirs):
                        mine = (*orders[:i], theirs[at], *orders[i + 1 :])
                        yours = (*theirs[:at], orders[i], *theirs[at + 1 :])
                        yield [a, b], [(kind, mine), (other, yours)]
