"""Solve fixed routes: where, when and how long to charge on the way."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from geofleet.energy.charging import _kernels as kernels
from geofleet.energy.charging.check import check_routes
from geofleet.energy.charging.model import (
    ChargingInstance,
    ChargingPlan,
    ChargingPlans,
    FixedRoute,
)
from geofleet.energy.charging.prepare import (
    JOULES_PER_WH,
    Floats,
    Integers,
    RouteArrays,
    route_arrays,
)

__all__ = ["charge_on_the_way", "charge_on_the_way_many"]

_SLOTS = 12  # visits for which room is made at first
_CHUNK = 64  # most routes that one thread solves in the same memory
_FEW = 20_000  # stops times chargers that one thread solves sooner than threads are gathered


def charge_on_the_way(instance: ChargingInstance, route: FixedRoute) -> ChargingPlan:
    """Return the plan of one route with the earliest end.

    See :func:`charge_on_the_way_many`.
    """
    plan: ChargingPlan = charge_on_the_way_many(instance, [route])[0]
    return plan


def charge_on_the_way_many(
    instance: ChargingInstance, routes: Sequence[FixedRoute]
) -> ChargingPlans:
    """Return for each route the plan with the earliest end, or the proof that there is none.

    Between two stops any chain of chargers may be visited, none more often than it pays. Charging
    follows the charger's concave curve from the energy on arrival, and may begin late and end
    early. Windows, queues by hour, opening hours and energy by load are exact; so is the search:
    ``optimal`` and ``infeasible`` are both proven, up to 1e-10 of the battery.

    Parameters
    ----------
    instance
        Matrices, chargers and battery.
    routes
        Any number; parallel over routes, the answer does not depend on the number of threads.

    Returns
    -------
    ChargingPlans
        In the order of the routes.

    Raises
    ------
    InputError
        Every fault of the routes, or a round trip between chargers that gains energy.

    Notes
    -----
    Labels with energy as a function of time follow Froger, Mendoza, Jabali and Laporte (2019),
    *Computers & Operations Research* 104, 256-294, doi:10.1016/j.cor.2018.12.013. Their functions
    are concave; here they need not be, which takes in windows, queues and opening hours.
    """
    given = check_routes(instance, routes)
    status, at_stops, visits, made = _solved(instance, given, _SLOTS)
    more = np.flatnonzero(status == kernels.MORE_SLOTS)
    if len(more):
        # the few routes with more visits once again, with room for them
        slots = int(made[more].max())
        again = route_arrays([routes[int(i)] for i in more])
        visits = np.concatenate([visits, np.full((len(routes), slots - _SLOTS, 7), np.nan)], axis=1)
        rows = np.concatenate([np.arange(given.first[i], given.first[i + 1]) for i in more])
        status[more], at_stops[rows], visits[more], made[more] = _solved(instance, again, slots)
    at_stops[:, 3] /= JOULES_PER_WH
    visits[:, :, 5:] /= JOULES_PER_WH
    solved = status == kernels.OPTIMAL
    last = at_stops[given.first[1:] - 1, 2]
    duration = np.where(solved, last - given.starts[:, 0], np.nan)
    return ChargingPlans(
        duration, solved, np.where(solved, made, 0), instance.chargers, given.first, at_stops,
        visits,
    )  # fmt: skip


def _solved(
    instance: ChargingInstance, given: RouteArrays, slots: int
) -> tuple[Integers, Floats, Floats, Integers]:
    """Return status, stops, visits and their number, as the kernel fills them."""
    shared, count = instance.arrays, len(given.first) - 1
    shared.fill(given.stops[0])
    status, made = np.zeros(count, np.int64), np.zeros(count, np.int64)
    at_stops = np.full((int(given.first[-1]), 4), np.nan)
    visits = np.full((count, slots, 7), np.nan)
    few = len(at_stops) * len(instance.chargers) <= _FEW
    chunk = max(1, count if few else min(_CHUNK, count // 8))
    kernels.solve(
        shared.matrices, shared.chargers, given.stops, shared.battery, given.starts, given.ends,
        given.first, chunk, status, at_stops, visits, made,
    )  # fmt: skip
    return status, at_stops, visits, made
