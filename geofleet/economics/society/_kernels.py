"""The efficient frontier of each vehicle: options that no mix of others beats."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit, prange

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

UNKNOWN, WORSE, DOMINATED, BESIDE, STEP, USELESS = 0, 1, 2, 3, 4, 5


@njit(cache=True, nogil=True, error_model="numpy", parallel=True)
def frontiers(first: Ints, cost: Floats, amount: Floats, state: Ints, previous: Ints) -> None:
    """Mark the options of each vehicle and name the step before each step.

    Rows ``first[i]`` to ``first[i + 1]`` are those of vehicle ``i``, by amount and then by cost,
    both ascending; keeping the vehicle, at (0, 0), is not among them. The frontier starts at the
    cheapest point, keeping included, and goes up the lower convex hull. ``state``: one of the
    constants above; ``previous``: row of the step before, -1 for keeping.
    """
    for vehicle in prange(len(first) - 1):
        start, end = first[vehicle], first[vehicle + 1]
        cheapest, least = -1, 0.0
        for row in range(start, end):
            previous[row] = -1
            if np.isnan(cost[row]) or np.isnan(amount[row]):
                state[row] = UNKNOWN
            elif amount[row] < 0.0:
                state[row] = WORSE
            elif amount[row] == 0.0 and cost[row] >= 0.0:
                state[row] = USELESS
            else:
                state[row] = DOMINATED
                # of equal costs the later row avoids more
                if cost[row] < least or (cost[row] == least and amount[row] > 0.0):
                    cheapest, least = row, cost[row]
        at, at_amount, at_cost = -1, 0.0, 0.0
        if cheapest >= 0:
            state[cheapest] = STEP
            at, at_amount, at_cost = cheapest, amount[cheapest], cost[cheapest]
        while True:
            best, slope = -1, np.inf
            for row in range(start, end):
                if state[row] != DOMINATED or amount[row] <= at_amount:
                    continue
                rise = (cost[row] - at_cost) / (amount[row] - at_amount)
                # of equal slopes the farther one, which is the later row
                if rise <= slope:
                    best, slope = row, rise
            if best < 0:
                break
            for row in range(start, end):
                between = at_amount < amount[row] < amount[best]
                beside = between and state[row] == DOMINATED
                if beside and _undominated(start, end, row, cost, amount):
                    state[row] = BESIDE
            state[best] = STEP
            previous[best] = at
            at, at_amount, at_cost = best, amount[best], cost[best]


@njit(cache=True, nogil=True, error_model="numpy")
def _undominated(start: int, end: int, row: int, cost: Floats, amount: Floats) -> bool:
    """Whether no option avoids as much for as little, or more for less."""
    for other in range(start, end):
        if other == row or np.isnan(cost[other]) or np.isnan(amount[other]):
            continue
        if cost[other] <= cost[row] and amount[other] >= amount[row]:
            return False
    return True
