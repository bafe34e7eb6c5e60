"""Bounds on what is still to come on a fixed route: arrays and scalars in SI units only.

Least energy to leave a place with, energy that is enough to the end, least time and least
energy to the end, least detour to a charger. Places are numbered as in :mod:`._kernels`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from geofleet.energy.charging._kernels_functions import TOLERANCE, interpolated

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]
# time, energy, need, rise, least time, least energy; see _kernels.solve
Matrices = tuple[Floats, Floats, Floats, Floats, Floats, Floats]
Chargers = tuple[
    Integers, Integers, Floats, Floats, Integers, Booleans, Floats, Integers, Floats, Floats, Floats
]  # node, curve, clock, level, points, by clock, wait, first interval, opens, closes, least hop
Stops = tuple[Integers, Integers, Floats, Floats, Floats]  # node, layer, service, opens, late

NEEDS, USEFUL, TIME, ENERGY, DETOUR, RECHARGE, LATE, SURE = range(8)  # columns of the bounds


@njit(cache=True, nogil=True, error_model="numpy")
def leg(matrices: Matrices, layer: int, a: int, b: int, reserve: float, capacity: float,
        arrive: float) -> tuple[float, float, float]:  # fmt: skip
    """Energy drawn, least energy on departure to arrive with ``arrive``, most on arrival."""
    _, energy, need, rise, _, _ = matrices
    draw = energy[layer, a, b]
    low = max(reserve + need[layer, a, b], draw + arrive)
    most = capacity - rise[layer, a, b]
    if most < arrive:
        low = np.inf
    return draw, low, most


@njit(cache=True, nogil=True, error_model="numpy")
def bound_stops(
    matrices: Matrices, chargers: Chargers, stops: Stops, battery: Floats, ends: Floats,
    bounds: Floats, needs: Floats,
) -> None:  # fmt: skip
    """Fill ``bounds`` of each stop and ``needs`` of each charger in each gap, from the end.

    ``ends`` has the least energy and the latest time at the end. ``needs`` is the least energy
    with which a charger can be left: infinite where it leads nowhere.
    """
    time, _, _, _, least_time, least_energy = matrices
    node, layer, service, opens, late = stops
    capacity, reserve, fastest = battery
    at, count = chargers[0], len(chargers[0])
    k = len(node) - 1
    end = max(reserve, ends[0])
    bounds[k, NEEDS], bounds[k, USEFUL], bounds[k, TIME], bounds[k, ENERGY] = end, end, 0.0, end
    bounds[k, DETOUR], bounds[k, RECHARGE], bounds[k, SURE] = np.inf, np.inf, -np.inf
    bounds[k, LATE] = min(late[k], ends[1] - service[k])
    while k > 0:
        k -= 1
        a, b, load, after = node[k], node[k + 1], layer[k], bounds[k + 1]
        drive, draw = least_time[a, b], least_energy[load, a, b]
        _, low, _ = leg(matrices, load, a, b, reserve, capacity, after[NEEDS])
        _, enough, _ = leg(matrices, load, a, b, reserve, capacity, after[USEFUL])
        detour, recharge = after[DETOUR], after[RECHARGE]
        _gap_needs(matrices, chargers, load, b, battery, after[NEEDS], needs[k])
        for c in range(count):
            if needs[k, c] == np.inf:
                continue
            _, via, _ = leg(matrices, load, a, at[c], reserve, capacity, reserve)
            if via > capacity:
                continue
            low = min(low, via)
            longer = least_time[a, at[c]] + least_time[at[c], b] - drive
            more = least_energy[load, a, at[c]] + least_energy[load, at[c], b] - draw
            detour, recharge = min(detour, longer), min(recharge, longer + more / fastest)
        # chargers that only others lead to cost at least as much as the way to these
        bounds[k, NEEDS] = low
        bounds[k, USEFUL] = enough if time[a, b] <= drive and enough <= capacity else np.inf
        bounds[k, TIME] = drive + service[k + 1] + after[TIME]
        bounds[k, ENERGY] = draw + after[ENERGY]
        bounds[k, DETOUR], bounds[k, RECHARGE] = detour, recharge
        bounds[k, LATE] = min(late[k], after[LATE] - drive - service[k])
        bounds[k, SURE] = max(after[SURE], opens[k + 1] + service[k + 1] + after[TIME])


@njit(cache=True, nogil=True, error_model="numpy")
def _gap_needs(
    matrices: Matrices, chargers: Chargers, load: int, b: int, battery: Floats, needed: float,
    needs: Floats,
) -> None:  # fmt: skip
    """Fill the least energy to leave each charger with, on to stop node b or another charger."""
    capacity, reserve, _ = battery
    at, count, hop = chargers[0], len(chargers[0]), chargers[10]
    dead = 0
    for c in range(count):
        _, needs[c], _ = leg(matrices, load, at[c], b, reserve, capacity, needed)
        if needs[c] > capacity * (1.0 + TOLERANCE):
            needs[c] = np.inf
            dead += 1
    alive = count - dead
    found = alive > 0 and dead > 0
    while found:
        found = False
        for c in range(count):
            if needs[c] < np.inf:
                continue
            for other in range(count):
                if needs[other] < np.inf and other != c:
                    _, low, _ = leg(matrices, load, at[c], at[other], reserve, capacity, reserve)
                    if low <= capacity:
                        needs[c] = hop[load, c]
                        found = True
                        break
    # a hop to a neighbour may take less than the way on
    for c in range(count):
        if needs[c] < np.inf:
            needs[c] = min(needs[c], hop[load, c])


@njit(cache=True, nogil=True, error_model="numpy")
def look_ahead(
    matrices: Matrices, chargers: Chargers, stops: Stops, battery: Floats, bounds: Floats,
    needs: Floats, place: int, plugged_in: bool, ahead: Floats,
) -> None:  # fmt: skip
    """Fill the bounds that hold at a place; ``plugged_in``: on arrival, charging there is free."""
    count, total = len(chargers[0]), len(stops[0])
    if place < total:
        ahead[:] = bounds[place]
        return
    least_time, least_energy = matrices[4], matrices[5]
    at = chargers[0]
    k, c = (place - total) // count, (place - total) % count
    load, b, after = stops[1][k], stops[0][k + 1], bounds[k + 1]
    drive, draw = least_time[at[c], b], least_energy[load, at[c], b]
    ahead[NEEDS] = needs[k, c]
    _, enough, _ = leg(matrices, load, at[c], b, battery[1], battery[0], after[USEFUL])
    ahead[USEFUL] = np.inf
    if matrices[0][at[c], b] <= drive and enough <= battery[0]:
        ahead[USEFUL] = enough
    ahead[TIME] = drive + stops[2][k + 1] + after[TIME]
    ahead[ENERGY] = draw + after[ENERGY]
    ahead[LATE] = after[LATE] - drive
    ahead[SURE] = max(after[SURE], stops[3][k + 1] + stops[2][k + 1] + after[TIME])
    ahead[DETOUR] = ahead[RECHARGE] = 0.0
    if plugged_in:
        return
    detour, recharge = after[DETOUR], after[RECHARGE]
    for other in range(count):
        if other != c and needs[k, other] < np.inf:
            longer = least_time[at[c], at[other]] + least_time[at[other], b] - drive
            more = least_energy[load, at[c], at[other]] + least_energy[load, at[other], b] - draw
            detour = min(detour, longer)
            recharge = min(recharge, longer + more / battery[2])
    ahead[DETOUR], ahead[RECHARGE] = detour, recharge


@njit(cache=True, nogil=True, error_model="numpy")
def least_end(t: Floats, e: Floats, n: int, ahead: Floats, fastest: float) -> float:
    """Lower bound on the end of the route from a place whose bounds are ``ahead``."""
    best = np.inf
    for i in range(n):
        lacks = ahead[ENERGY] - e[i]
        if lacks <= TOLERANCE * abs(ahead[ENERGY]):
            at = t[i]
            if i > 0 and t[i] > t[i - 1] and e[i] > e[i - 1]:
                at = min(at, max(t[i - 1], interpolated(e[i - 1], t[i - 1], e[i], t[i],
                                                        ahead[ENERGY])))  # fmt: skip
            best = min(best, at + ahead[TIME])
            break
        more = max(ahead[DETOUR], ahead[RECHARGE] + lacks / fastest)
        best = min(best, t[i] + ahead[TIME] + more)
    return max(best, ahead[SURE])


@njit(cache=True, nogil=True, error_model="numpy")
def least_through(matrix: Floats, chargers: Integers) -> Floats:
    """Least sum between all nodes over any chain of chargers; a negative loop shows in -inf."""
    nodes, count = len(matrix), len(chargers)
    between = np.empty((count, count))
    for i in range(count):
        for j in range(count):
            between[i, j] = 0.0 if i == j else matrix[chargers[i], chargers[j]]
    for k in range(count):
        for i in range(count):
            for j in range(count):
                between[i, j] = min(between[i, j], between[i, k] + between[k, j])
    least, to = matrix.copy(), np.empty(count)
    for k in range(count):
        if between[k, k] < 0.0:
            least[:] = -np.inf
            return least
    for a in range(nodes):
        for j in range(count):
            to[j] = np.inf
            for i in range(count):
                to[j] = min(to[j], matrix[a, chargers[i]] + between[i, j])
        for j in range(count):
            for b in range(nodes):
                least[a, b] = min(least[a, b], to[j] + matrix[chargers[j], b])
    return least


@njit(cache=True, nogil=True, error_model="numpy")
def least_hops(energy: Floats, need: Floats, chargers: Integers, reserve: float) -> Floats:
    """Least energy with which each charger can be left for another, by layer."""
    layers, count = len(energy), len(chargers)
    hop = np.full((layers, count), np.inf)
    for layer in range(layers):
        for i in range(count):
            for j in range(count):
                if i != j:
                    a, b = chargers[i], chargers[j]
                    low = reserve + max(need[layer, a, b], energy[layer, a, b])
                    hop[layer, i] = min(hop[layer, i], low)
    return hop
