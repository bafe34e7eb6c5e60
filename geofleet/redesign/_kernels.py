"""One vehicle driven through its stops over tables of legs: clock, load and charge.

Energies and charges are in one unit, whatever it is; times in seconds, loads in kilograms. The
summaries of the legs are those of :mod:`geofleet.energy.paths._kernels`.
"""

from __future__ import annotations

import numpy as np
from numba import njit

# columns of the table of stops
ARRIVE, BEGIN, DEPART, LOAD, CHARGE = 0, 1, 2, 3, 4
# entries of the totals
LENGTH, DURATION, ENERGY, LATE, OVERLOAD, SHORT, LEAVE, FINISH, LOWEST, WAITING = (
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
)  # fmt: skip


@njit(cache=True, nogil=True)
def _clock(nodes, time, service, opens, closes, leave, stops):  # type: ignore[no-untyped-def]
    """Drive by the clock from ``leave``; returns late, waiting, and how much later one may go."""
    now = leave
    late = 0.0
    waiting = 0.0
    slack = np.inf
    for i in range(len(nodes)):
        if i > 0:
            now += time[nodes[i - 1], nodes[i]]
        begin = max(now, opens[i]) if i > 0 else now
        waiting += begin - now
        late += max(begin - closes[i], 0.0)
        slack = min(slack, waiting + max(closes[i] - begin, 0.0))
        stops[i, ARRIVE] = now
        stops[i, BEGIN] = begin
        now = begin + service[i]
        stops[i, DEPART] = now
    return late, waiting, slack


@njit(cache=True, nogil=True)
def _at_load(table, a, b, loads, load):  # type: ignore[no-untyped-def]
    """Return one number of a leg on the line between the two loads around ``load``."""
    last = len(loads) - 1
    if last == 0 or load <= loads[0]:
        return table[a, b, 0]
    k = 1
    while k < last and load > loads[k]:
        k += 1
    share = min((load - loads[k - 1]) / (loads[k] - loads[k - 1]), 1.0)
    return (1.0 - share) * table[a, b, k - 1] + share * table[a, b, k]


@njit(cache=True, nogil=True)
def replay(  # type: ignore[no-untyped-def]
    nodes, drop, pickup, service, opens, closes, added, time, length, total, need, spare, swing,
    loads, capacity, battery, start, reserve, standing_w, leave, fixed,
):  # fmt: skip
    """Drive one route; every table of legs is (nodes, nodes), of energies (nodes, nodes, loads).

    The first stop is the depot, left at ``leave`` or, unless ``fixed``, as much later as saves
    waiting and makes nobody wait longer. ``added`` is charged at a stop. ``battery`` is infinite
    for vehicles without one. Standing draws ``standing_w`` after the depot, not where the vehicle
    charges: there it comes from the plug. Returns the stops (arrive, begin, depart, load and
    charge on leaving) and the totals.
    """
    count = len(nodes)
    stops = np.empty((count, 5))
    totals = np.zeros(10)
    late, waiting, slack = _clock(nodes, time, service, opens, closes, leave, stops)
    if not fixed:
        leave += max(min(slack, waiting), 0.0)
        late, waiting, slack = _clock(nodes, time, service, opens, closes, leave, stops)
    totals[LATE] = late
    totals[WAITING] = waiting
    totals[LEAVE] = leave
    totals[FINISH] = stops[count - 1, DEPART]
    totals[DURATION] = stops[count - 1, DEPART] - leave
    load = 0.0
    for i in range(count):
        load += drop[i]
    heaviest = load
    charge = start
    lowest = charge - reserve
    spent = 0.0
    for i in range(count):
        if i > 0:
            a = nodes[i - 1]
            b = nodes[i]
            totals[LENGTH] += length[a, b]
            if battery < np.inf:
                lowest = min(lowest, charge - _at_load(need, a, b, loads, load) - reserve)
                lowest = min(lowest, battery - _at_load(swing, a, b, loads, load) - reserve)
                left = charge - _at_load(total, a, b, loads, load)
                left = min(left, battery - _at_load(spare, a, b, loads, load))
                if added[i] == 0.0:
                    left -= standing_w * (stops[i, DEPART] - stops[i, ARRIVE])
                lowest = min(lowest, left - reserve)
                spent += charge - left
                charge = left + added[i]
            else:
                spent += _at_load(total, a, b, loads, load)
                spent += standing_w * (stops[i, DEPART] - stops[i, ARRIVE])
            load += pickup[i] - drop[i]
        heaviest = max(heaviest, load)
        stops[i, LOAD] = load
        stops[i, CHARGE] = charge
        if charge > battery:
            # more than fits was promised: nothing may be called feasible on such a plan
            lowest = min(lowest, battery - charge)
    totals[ENERGY] = spent
    totals[OVERLOAD] = max(heaviest - capacity, 0.0)
    if battery < np.inf:
        totals[SHORT] = max(-lowest, 0.0)
        totals[LOWEST] = lowest
    else:
        totals[LOWEST] = np.nan
    return stops, totals
