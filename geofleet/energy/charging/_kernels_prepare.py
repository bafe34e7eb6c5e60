"""What routes of an instance share, and a check of many routes: arrays and scalars only.

Each function does in one call what would be a dozen of array expressions: a batch of few routes is
solved in less time than those take to start.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]


@njit(cache=True, nogil=True, error_model="numpy")
def least_between(
    time: Floats, energy: Floats, need: Floats, chargers: Integers, reserve: float
) -> tuple[Floats, Floats]:
    """Least time (row 0) and energies (a row for each load) from charger to charger, any chain.

    The second result is the least energy with which each charger can be left for another, by
    load. A loop that gains energy shows as -inf.
    """
    layers, count = len(energy), len(chargers)
    between = np.empty((1 + layers, count, count))
    hop = np.full((layers, count), np.inf)
    for row in range(1 + layers):
        least = between[row]
        for i in range(count):
            for j in range(count):
                a, b = chargers[i], chargers[j]
                least[i, j] = 0.0 if i == j else time[a, b] if row == 0 else energy[row - 1, a, b]
        for k in range(count):
            for i in range(count):
                ahead = least[i, k]
                for j in range(count):
                    through = ahead + least[k, j]
                    least[i, j] = through if through < least[i, j] else least[i, j]
        for k in range(count):
            if least[k, k] < 0.0:
                least[:] = -np.inf
    for layer in range(layers):
        for i in range(count):
            for j in range(count):
                if i != j:
                    a, b = chargers[i], chargers[j]
                    low = reserve + max(need[layer, a, b], energy[layer, a, b])
                    hop[layer, i] = min(hop[layer, i], low)
    return between, hop


@njit(cache=True, nogil=True, error_model="numpy")
def fill_least(
    time: Floats, energy: Floats, chargers: Integers, between: Floats, nodes: Integers,
    known: Booleans, least_time: Floats, least_energy: Floats,
) -> None:  # fmt: skip
    """Fill the least sums to (0) and from (1) chargers of nodes that are not known yet.

    ``between`` is that of :func:`least_between`. Chargers are filled with the first nodes.
    """
    count, missing = len(chargers), 0
    every = np.empty(count + len(nodes), np.int64)
    for group in (chargers, nodes):
        for node in group:
            if not known[node]:
                known[node] = True
                every[missing] = node
                missing += 1
    if missing == 0:
        return
    turned = np.empty((count, count))
    for row in range(len(between)):
        for i in range(count):
            for j in range(count):
                turned[i, j] = between[row, j, i]
        for node in every[:missing]:
            if row == 0:
                _fill(time, chargers, between[row], turned, node, least_time)
            else:
                load = row - 1
                _fill(energy[load], chargers, between[row], turned, node, least_energy[load])


@njit(cache=True, nogil=True, error_model="numpy")
def _fill(
    matrix: Floats, chargers: Integers, between: Floats, turned: Floats, node: int, least: Floats
) -> None:
    count = len(chargers)
    to, back = least[0, node], least[1, node]
    for c in range(count):
        to[c], back[c] = np.inf, np.inf
    for i in range(count):
        there, here = matrix[node, chargers[i]], matrix[chargers[i], node]
        if chargers[i] == node:
            there, here = min(there, 0.0), min(here, 0.0)
        ahead, behind = between[i], turned[i]
        for c in range(count):
            one, other = there + ahead[c], here + behind[c]
            to[c] = one if one < to[c] else to[c]
            back[c] = other if other < back[c] else back[c]


@njit(cache=True, nogil=True, error_model="numpy")
def are_sound(
    time: Floats, layers: int, full: float, node: Integers, layer: Integers, service: Floats,
    opens: Floats, late: Floats, starts: Floats, ends: Floats, first: Integers,
) -> bool:  # fmt: skip
    """Say whether nothing is wrong with any of many routes; energies from 0 to ``full``.

    Stops of all routes after one another, those of route r from ``first[r]`` to ``first[r + 1]``.
    """
    for r in range(len(first) - 1):
        begin, end = first[r], first[r + 1]
        for k in range(begin, end):
            if not (0 <= node[k] < len(time) and 0 <= layer[k] < layers):
                return False
            if not (0.0 <= service[k] < np.inf and opens[k] <= late[k] and opens[k] < np.inf):
                return False
            if k > begin and not time[node[k - 1], node[k]] < np.inf:
                return False
        if not (0.0 <= starts[r, 1] <= full and 0.0 <= ends[r, 0] <= full):
            return False
        if not np.isfinite(starts[r, 0]) or np.isnan(ends[r, 1]):
            return False
    return True
