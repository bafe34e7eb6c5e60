"""Search for the cheapest plan: best first over sequences of decisions.

A decision is the next place, the hour in which a queue is joined, the price period in which a
charge goes on and the piece of the charging curve it is on. What one sequence of decisions can
lead to is convex (:mod:`geofleet.energy.charging.cost.shapes`).
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geofleet.defaults import Defaults
from geofleet.energy.charging import _kernels_bounds as bounds
from geofleet.energy.charging.check import check_prices, check_routes
from geofleet.energy.charging.cost import shapes
from geofleet.energy.charging.cost.periods import Period, charging_periods, queue_hours
from geofleet.energy.charging.cost.shapes import COST, ENERGY, TIME
from geofleet.energy.charging.model import (
    ChargingInstance,
    ChargingPlan,
    ChargingVisit,
    FixedRoute,
    Prices,
)
from geofleet.energy.charging.prepare import JOULES_PER_WH, route_arrays

__all__ = ["cheapest_charging"]

Floats = npt.NDArray[np.float64]

_TOLERANCE = 1e-10  # of the battery, of a day and of its price
_DAY_S = 86400.0
_JOULES_PER_KWH = 3.6e6
_SECONDS_PER_HOUR = 3600.0


@dataclass(frozen=True)
class _Label:
    """Points at a place, what happened on the way (``events`` name the history's columns)."""

    place: int
    period: int  # at a charger: period and piece of the curve, -1 before charging
    piece: int
    points: Floats
    events: tuple[tuple[str, int, int], ...]


def cheapest_charging(
    instance: ChargingInstance,
    route: FixedRoute,
    prices: Prices,
    *,
    defaults: Defaults | None = None,
) -> ChargingPlan:
    """Return the plan of least cost of energy and driver, or the proof that there is none.

    Energy is paid at the price of the charger in the hour in which it is taken; a vehicle may
    pause at the plug. Windows, queues by hour, opening hours and energy by load as in
    :func:`~geofleet.energy.charging.charge_on_the_way`, and as exact.

    Parameters
    ----------
    instance, route
        As there; ``price_per_kwh`` of each charger is read.
    prices
        Of the driver's time and of the energy left at the end.
    defaults
        Row ``charging:cost_horizon_h``: how long after the start prices and hours are followed.

    Raises
    ------
    InputError
        Every fault of route and prices.

    Notes
    -----
    Where prices, hours and queues make cost depend on the clock, no function of one variable
    holds all good plans (as it does for time); a label here is a convex set of time, energy and
    cost, kept by its corners.
    """
    check_prices(instance, prices)
    check_routes(instance, [route])
    horizon_h = (defaults or Defaults()).scope().number("charging", "cost_horizon_h")
    return _Search(instance, route, prices, horizon_h * _SECONDS_PER_HOUR).run()


class _Search:
    """One route's search."""

    def __init__(
        self, instance: ChargingInstance, route: FixedRoute, prices: Prices, horizon_s: float
    ) -> None:
        self.instance, self.route = instance, route
        shared, given = instance.arrays, route_arrays([route])
        shared.fill(given.stops[0])
        self.drive, self.energy, self.need, self.rise, self.least_s, self.least_j = shared.matrices
        self.node, self.layer, self.service, self.opens, self.late = given.stops
        self.capacity, self.reserve, self.fastest = (float(x) for x in shared.battery)
        self.stops, self.chargers = len(self.node), len(instance.chargers)
        self.start_s, self.start_j = (float(x) for x in given.starts[0])
        self.end_j, self.end_s = max(self.reserve, float(given.ends[0, 0])), float(given.ends[0, 1])
        self.bounds = np.empty((self.stops * (self.chargers + 1), bounds.COLUMNS))
        bounds.fill_bounds(
            shared.matrices, shared.chargers, given.stops, shared.battery, given.ends[0],
            self.bounds,
        )  # fmt: skip
        horizon = min(self.end_s, self.start_s + horizon_s)
        self.periods = [charging_periods(c, self.start_s, horizon) for c in instance.chargers]
        self.queues = [queue_hours(c, self.start_s, horizon) for c in instance.chargers]
        self.driver = prices.driver_per_h / _SECONDS_PER_HOUR
        self.value = prices.end_energy_per_kwh / _JOULES_PER_KWH
        lowest = (p.price_per_j for periods in self.periods for p in periods)
        self.cheapest = min(lowest, default=0.0) + self.driver / self.fastest
        largest = max((p.price_per_j for ps in self.periods for p in ps), default=0.0)
        unit = max(largest + self.driver / self.fastest, self.value, 1e-9) * self.capacity
        self.slack = _TOLERANCE * np.array([_DAY_S, self.capacity, unit])

    def run(self) -> ChargingPlan:
        """Take labels from the queue until one is at the end."""
        order = itertools.count()
        begin = np.array([[self.start_s, self.start_j, 0.0]])
        queue: list[tuple[float, int, _Label]] = []
        for label in self._served(begin, 0, ()):
            heapq.heappush(queue, (self._bound(label), next(order), label))
        settled: dict[tuple[int, int, int], list[Floats]] = {}
        while queue:
            _, _, label = heapq.heappop(queue)
            known = settled.setdefault((label.place, label.period, label.piece), [])
            if any(shapes.is_covered(label.points, other, self.slack) for other in known):
                continue
            known.append(label.points[:, :3])
            if label.place == self.stops - 1:
                return self._plan(label)
            for following in self._following(label):
                bound = self._bound(following)
                if bound < np.inf:
                    heapq.heappush(queue, (bound, next(order), following))
        return ChargingPlan("infeasible", np.nan)

    def _following(self, label: _Label) -> Iterator[_Label]:
        """Yield what can come after a label."""
        if label.place >= self.stops:
            gap, c = divmod(label.place - self.stops, self.chargers)
            if label.period < 0:
                yield from self._plugged(label, c)
                return
            yield from self._charging_on(label, c)
            node = self.instance.chargers[c].node
        else:
            gap, c, node = label.place, -1, int(self.node[label.place])
        to = int(self.node[gap + 1])
        needed = self.bounds[gap + 1, bounds.NEEDS]
        points = self._driven(label.points, int(self.layer[gap]), node, to, needed)
        if len(points):
            yield from self._served(points, gap + 1, label.events)
        for other, charger in enumerate(self.instance.chargers):
            place = self.stops + gap * self.chargers + other
            if other == c or self.bounds[place, bounds.NEEDS] == np.inf:
                continue
            points = self._driven(
                label.points, int(self.layer[gap]), node, charger.node, self.reserve
            )
            if len(points):
                yield self._label(place, -1, -1, points, label.events, ("arrive", gap, other))

    def _driven(self, points: Floats, load: int, a: int, b: int, arrive: float) -> Floats:
        low = bounds.least_departure(
            self.energy, self.need, self.rise, load, a, b, self.capacity, self.reserve, arrive
        )
        if low == np.inf:
            return points[:0]
        points = shapes.at_least(points, ENERGY, low, self.slack[ENERGY]).copy()
        points[:, TIME] += self.drive[a, b]
        points[:, ENERGY] -= self.energy[load, a, b]
        return shapes.lowered(points, ENERGY, self.capacity - self.rise[load, a, b])

    def _served(
        self, points: Floats, stop: int, events: tuple[tuple[str, int, int], ...]
    ) -> Iterator[_Label]:
        arrived = np.hstack([points, points[:, :3]])
        begun = shapes.raised(arrived, TIME, float(self.opens[stop]))
        late = float(self.bounds[stop, bounds.LATE])
        begun = shapes.at_most(begun, TIME, late, self.slack[TIME])
        if len(begun):
            events = (*events, ("stop", stop, 0))
            label = self._label(stop, -1, -1, begun, events, ("begin", stop, 0))
            label.points[:, TIME] += self.service[stop]
            yield label

    def _plugged(self, label: _Label, c: int) -> Iterator[_Label]:
        """Join the queue in each hour, and begin in each period on each piece of the curve."""
        curve = self.instance.chargers[c].curve
        for opens, closes, wait in self.queues[c]:
            joined = shapes.raised(label.points, TIME, opens)
            joined = shapes.at_most(joined, TIME, closes, self.slack[TIME]).copy()
            joined[:, TIME] += wait
            for number, period in enumerate(self.periods[c]):
                for piece in range(len(curve.energy_wh) - 1):
                    yield from self._charged(label, joined, c, number, period, piece, first=True)

    def _charging_on(self, label: _Label, c: int) -> Iterator[_Label]:
        """Go on in the next period, or on the next piece of the curve."""
        periods, curve = self.periods[c], self.instance.chargers[c].curve
        if label.period + 1 < len(periods):
            number = label.period + 1
            yield from self._charged(
                label, label.points, c, number, periods[number], label.piece, first=False
            )
        if label.piece + 2 < len(curve.energy_wh):
            period = periods[label.period]
            yield from self._charged(
                label, label.points, c, label.period, period, label.piece + 1, first=False
            )

    def _charged(
        self, label: _Label, points: Floats, c: int, number: int, period: Period, piece: int,
        *, first: bool,
    ) -> Iterator[_Label]:  # fmt: skip
        curve = self.instance.chargers[c].curve
        rate = curve.power_w[piece]
        limit = curve.energy_wh[piece + 1] * JOULES_PER_WH
        if first:
            # what has more begins on a later piece; mixtures at the limit belong to both
            points = shapes.at_most(points, ENERGY, limit, 0.0)
        if not len(points):
            return
        points = shapes.raised(points, TIME, period.opens)
        points = shapes.at_most(points, TIME, period.closes, self.slack[TIME])
        if not len(points):
            return
        events = label.events
        points = np.hstack([points, points[:, :3]])
        events = (*events, ("plug", 0, c))
        points = shapes.extended(points, rate, period.price_per_j, limit)
        points = shapes.at_most(points, TIME, period.closes, self.slack[TIME])
        yield self._label(label.place, number, piece, points, events, ("charge", 0, c))

    def _label(
        self, place: int, period: int, piece: int, points: Floats,
        events: tuple[tuple[str, int, int], ...], event: tuple[str, int, int],
    ) -> _Label:  # fmt: skip
        points = shapes.pruned(points, self.slack)
        points = np.hstack([points, points[:, :3]])
        return _Label(place, period, piece, points, (*events, event))

    def _bound(self, label: _Label) -> float:
        """Lower bound on the cost of the whole route.

        The cost still to come bends where the energy is just enough to the end, or just what
        leaves the battery full there: a mixture there may be better than all corners.
        """
        row = self.bounds[label.place]
        drawn = row[bounds.ENERGY] - self.end_j  # least energy to the end
        points = label.points[:, :3]
        bends = [
            shapes.at_limit(points, ENERGY, final + drawn) for final in (self.end_j, self.capacity)
        ]
        time, energy, cost = np.concatenate([points, *bends]).T
        best = np.full(len(time), np.inf)
        for final in (
            np.full_like(energy, self.end_j),
            np.full_like(energy, self.capacity),
            np.clip(energy - drawn, self.end_j, self.capacity),
        ):
            bought = np.maximum(final - energy + drawn, 0.0)
            best = np.minimum(best, bought * self.cheapest - final * self.value)
        return float((cost + self.driver * (time + row[bounds.TIME]) + best).min())

    def _plan(self, label: _Label) -> ChargingPlan:
        total = label.points[:, COST] + self.driver * (label.points[:, TIME] - self.start_s)
        total = total - self.value * label.points[:, ENERGY]
        best = label.points[int(total.argmin())]
        history = best[3:].reshape(-1, 3)
        stops = np.zeros((self.stops, 4))
        visits: list[ChargingVisit] = []
        at: list[tuple[str, int, int, Floats]] = [
            (*event, row) for event, row in zip(label.events, history, strict=True)
        ]
        for kind, gap, c, (time, energy, cost) in at:
            if kind == "stop":
                stops[gap, 0], stops[gap, 3] = time, energy / JOULES_PER_WH
            elif kind == "begin":
                stops[gap, 1], stops[gap, 2] = time, time + self.service[gap]
            elif kind == "arrive":
                name = self.instance.chargers[c].charger_id
                wh = energy / JOULES_PER_WH
                visits.append(ChargingVisit(gap, name, time, time, time, wh, wh, 0.0))
                paid = cost
            elif kind == "plug":
                plug = (time, energy)
            else:
                visits[-1] = _grown(visits[-1], plug, (time, energy), cost - paid)
        duration = float(best[TIME] - self.start_s)
        return ChargingPlan("optimal", duration, float(total.min()), tuple(visits), stops)


def _grown(
    visit: ChargingVisit, plug: tuple[float, float], end: tuple[float, float], cost: float
) -> ChargingVisit:
    """Add a stretch of charging to a visit, if any energy came."""
    if end[1] <= plug[1]:
        return visit
    begun = visit.leave_wh > visit.arrive_wh
    return ChargingVisit(
        visit.gap, visit.charger_id, visit.arrive_s,
        visit.begin_s if begun else plug[0], end[0],
        visit.arrive_wh, end[1] / JOULES_PER_WH, cost,
    )  # fmt: skip
