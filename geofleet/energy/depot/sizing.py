"""The least that serves every departure: connection and chargers, each with its proof."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from geofleet.defaults import Defaults
from geofleet.energy.depot.at_once import charge_at_once
from geofleet.energy.depot.horizon import hour_profile
from geofleet.energy.depot.model import Depot, DepotMonth
from geofleet.energy.depot.plan import Schedule
from geofleet.energy.depot.program import Effort, Program, Solution, read_effort
from geofleet.energy.depot.schedule import least_shortfall
from geofleet.energy.depot.slots import chargers_by_slots, serve_by_slots

__all__ = ["Sizing", "smallest_charger_count", "smallest_connection"]

_W_PER_KW = 1000.0
_SAME_KW = 1e-6
_SAME_W = 1.0
_SAME_KWH = 1e-6


@dataclass(frozen=True, slots=True)
class Sizing:
    """The least of something that serves every departure.

    Parameters
    ----------
    value
        Watts of connection, or number of chargers; NaN when no amount serves all, or none was
        found to (``lacks_kwh`` is NaN then).
    one_less
        The next smaller amount: 1 kW or one charger less; NaN where there is none.
    one_less_lacks_kwh
        Energy that no schedule delivers in the month with that, plugs shared or not: a proof
        when above 0. It can be 0 although whole plugs do not serve all.
    proven
        Whether nothing smaller serves all; of a connection, to 1 W or, by ``one_less_lacks_kwh``,
        to 1 kW.
    lacks_kwh
        Where no amount serves all: what the best one leaves undelivered in the month.
    by_clock
        Whether a search was ended by the seconds of row ``depot:mip_time``: a slower machine may
        then give another answer.
    """

    value: float
    one_less: float
    one_less_lacks_kwh: float
    proven: bool
    lacks_kwh: float = 0.0
    by_clock: bool = False


def smallest_connection(
    month: DepotMonth, depot: Depot, *, defaults: Defaults | None = None
) -> Sizing:
    """Return the smallest connection (W), other loads included, that serves every departure.

    The chargers are the depot's own; its connection is not read. Where plugs are whole, the
    answer lies between that for shared plugs, which no schedule beats, and that of charging at
    once slowed down to the connection; only where these differ are plugs searched.
    """
    scope = (defaults or Defaults()).scope()
    base_w = float(hour_profile(depot.base_load_w, month.horizon).max())
    shared = _least_connection(month, depot, relaxed=True)
    if shared.status == "none":
        lacks = least_shortfall(month, replace(depot, connection_w=math.inf), defaults=scope)
        return Sizing(math.nan, math.nan, math.nan, True, _lacking(lacks))
    floor = max(shared.value * _W_PER_KW, base_w)
    value, by_clock = floor, False
    if _whole(month, depot):
        value = _connection_at_once(month, depot, floor)
        if value - floor > _SAME_W:
            found = _least_connection(month, depot, relaxed=False, effort=read_effort(scope))
            by_clock = found.by_clock
            value = min(value, max(found.value * _W_PER_KW, base_w))
            floor = max(floor, found.bound * _W_PER_KW)
    if math.isinf(value):
        return Sizing(math.nan, math.nan, math.nan, False, math.nan, by_clock)
    less = value - _W_PER_KW
    if less < base_w:
        # Other loads need it already: less would not carry them.
        return Sizing(value, math.nan, math.nan, value - floor <= _SAME_W, by_clock=by_clock)
    missing = _bound_on_lack(month, replace(depot, connection_w=less))
    proven = value - floor <= _SAME_W or missing > _SAME_KWH
    return Sizing(value, less, missing, proven, by_clock=by_clock)


def _least_connection(
    month: DepotMonth,
    depot: Depot,
    *,
    relaxed: bool,
    effort: Effort | None = None,
) -> Solution:
    """Ask the solver for the smallest connection."""
    count = depot.chargers.count
    program = Program(month, depot, connection_w=None, count=count, relaxed=relaxed)
    return program.least_connection(effort or Effort())


def _whole(month: DepotMonth, depot: Depot) -> bool:
    """Say whether plugs have to be chosen."""
    program = Program(month, depot, connection_w=None, count=depot.chargers.count)
    return any(part.any() for part in program.whole)


def _connection_at_once(month: DepotMonth, depot: Depot, floor_w: float) -> float:
    """Return a connection with which charging at once, slowed down, serves all; or infinity."""

    def serves(watts: float) -> bool:
        return charge_at_once(month, replace(depot, connection_w=watts)).feasible

    high = float(charge_at_once(month, replace(depot, connection_w=math.inf)).load_w.max())
    if not serves(high):
        return math.inf
    low = floor_w
    if serves(low):
        return low
    while high - low > _SAME_W:
        middle = 0.5 * (low + high)
        low, high = (low, middle) if serves(middle) else (middle, high)
    return high


def smallest_charger_count(
    month: DepotMonth, depot: Depot, *, defaults: Defaults | None = None
) -> Sizing:
    """Return the fewest chargers that serve every departure.

    Power of the chargers and connection are the depot's own; its number of chargers is not read.
    Fractions of chargers are a bound from below, exact for plugs that are swapped and batteries
    without a taper. Where plugs are whole, so is the number of slots that each stay needs, which
    gives a higher bound, and often a plan that meets it. If not, the search begins with the number
    that charging at once gets by with, and takes one away until that is shown to be too few, or
    the nodes of row ``depot:mip_nodes`` are spent: the answer is not ``proven`` then.
    """
    scope = (defaults or Defaults()).scope()
    shared = Program(
        month, depot, connection_w=depot.connection_w, count=None, relaxed=True
    ).least_chargers()
    if shared.status == "none":
        lacks = least_shortfall(month, _with_count(depot, len(month.stays)), defaults=scope)
        return Sizing(math.nan, math.nan, math.nan, True, _lacking(lacks))
    floor = max(math.ceil(shared.value - _SAME_KW), 0)
    count, proven, by_clock = floor, True, False
    if _whole(month, _with_count(depot, floor)):
        floor = max(floor, chargers_by_slots(month, depot, most=_most_at_once(month)))
        count = floor
        if not serve_by_slots(month, _with_count(depot, floor)):
            count = _count_at_once(month, depot, floor)
        effort = read_effort(scope)
        while count > floor:
            found = _program(month, _with_count(depot, count - 1)).serving(effort)
            if found.status == "none":
                proven, by_clock = found.bound == math.inf, found.by_clock
                break
            count -= 1
    if count == 0:
        return Sizing(0.0, math.nan, math.nan, True)
    missing = _bound_on_lack(month, _with_count(depot, count - 1))
    return Sizing(float(count), count - 1.0, missing, proven, by_clock=by_clock)


def _most_at_once(month: DepotMonth) -> int:
    """Return the most vehicles that are there in one slot: with so many chargers each has one."""
    return int(np.bincount(np.concatenate([s.slots for s in month.stays])).max())


def _count_at_once(month: DepotMonth, depot: Depot, floor: int) -> int:
    """Return a number of chargers from ``floor`` on with which charging at once serves all.

    Where it serves with none, as many as there can be vehicles: then each has one.
    """
    most = max(_most_at_once(month), floor)
    for count in range(floor, most):
        if charge_at_once(month, _with_count(depot, count)).feasible:
            return count
    return most


def _program(month: DepotMonth, depot: Depot) -> Program:
    """Return the program of a depot as it is, with whole plugs."""
    return Program(month, depot, connection_w=depot.connection_w, count=depot.chargers.count)


def _with_count(depot: Depot, count: int) -> Depot:
    """Return the depot with another number of chargers."""
    return replace(depot, chargers=replace(depot.chargers, count=count))


def _lacking(plan: Schedule) -> float:
    """Return the energy that a schedule leaves undelivered in the month."""
    return float(plan.shortfalls()["shortfall_kwh"].sum())


def _bound_on_lack(month: DepotMonth, depot: Depot) -> float:
    """Return energy of the month that no schedule delivers (kWh), plugs shared or not."""
    program = Program(
        month, depot, connection_w=depot.connection_w, count=depot.chargers.count, relaxed=True
    )
    return max(program.least_shortfall().value, 0.0)
