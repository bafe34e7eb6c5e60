"""Bound by blocks: operators and depots one by one, at prices of what all of them share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.optimize import linprog
from scipy.sparse.csgraph import connected_components

from geofleet.plan.exchanged.condensed import Condensed
from geofleet.plan.exchanged.relaxed import proven_bound, solve_whole

__all__ = ["BlockEffort", "Blocks"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_TOWARDS = 0.5  # of the way from the best prices to those of the mixture


@dataclass(frozen=True)
class BlockEffort:
    """How hard a block is searched; what is left stays in the bound."""

    gap: float
    nodes: int


@dataclass(frozen=True)
class _Block:
    columns: Ints
    rows: Ints
    matrix: sparse.csr_array


class Blocks:
    """Operators and the depots that their vehicles charge at, as blocks that share no other row.

    Budgets, floors and limits are taken into the objective at prices (Lagrangian relaxation); the
    rest falls apart into blocks, each a small problem in whole numbers. Prices come from a mixture
    of what blocks offered (Dantzig & Wolfe 1960). Whole chargers and whole exchanges of work make
    the bound tighter than that of the linear relaxation (Geoffrion 1974).
    """

    def __init__(self, condensed: Condensed, effort: BlockEffort) -> None:
        self.condensed, self.effort = condensed, effort
        low, high, shared = condensed.low, condensed.high, condensed.shared
        above = np.flatnonzero(shared & np.isfinite(high))
        below = np.flatnonzero(shared & np.isfinite(low))
        rows = sparse.vstack([condensed.matrix[above], -condensed.matrix[below]])
        self._shared = sparse.csr_array(rows)
        self._most: Floats = np.concatenate([high[above], -low[below]])
        self._above, self._below = above, below
        self._blocks = _split(condensed)
        # kept as it is, doing its own work, a block adds nothing and uses nothing
        self._offers: list[tuple[int, float, Floats]] = [
            (number, 0.0, np.zeros(len(self._most))) for number in range(len(self._blocks))
        ]
        self._best_prices: Floats | None = None
        self.bound = -np.inf
        self.rounds = 0

    def start(self, prices: Floats) -> None:
        """Price the blocks at the prices of a relaxation's rows."""
        first = np.concatenate([prices[self._above], -prices[self._below]])
        self._price(np.maximum(first, 0.0))

    def improve(self) -> bool:
        """Price the blocks at better prices; False where there are none."""
        mixed = self._mixture()
        if mixed is None or self._best_prices is None:
            return False
        value, prices = mixed
        if value - self.bound <= 1e-9 * abs(value):
            return False
        self._price(self._best_prices + _TOWARDS * (prices - self._best_prices))
        return True

    def _price(self, prices: Floats) -> None:
        condensed = self.condensed
        costs = condensed.terms + self._shared.T @ prices
        total = -float(prices @ self._most)
        for number, block in enumerate(self._blocks):
            found = solve_whole(
                costs[block.columns], block.matrix, condensed.low[block.rows],
                condensed.high[block.rows], condensed.upper[block.columns],
                condensed.integrality[block.columns], gap=self.effort.gap, nodes=self.effort.nodes,
            )  # fmt: skip
            total += proven_bound(found)
            if found.x is not None:
                self._offer(number, np.asarray(found.x, np.float64))
        self.rounds += 1
        if total > self.bound:
            self.bound, self._best_prices = total, prices
        elif self._best_prices is None:
            self._best_prices = prices

    def _offer(self, number: int, solution: Floats) -> None:
        columns = self._blocks[number].columns
        value = float(self.condensed.terms[columns] @ solution)
        self._offers.append((number, value, self._shared[:, columns] @ solution))

    def _mixture(self) -> tuple[float, Floats] | None:
        """Return the best mixture of offers and the prices of what is shared."""
        number = np.array([offer[0] for offer in self._offers])
        value = np.array([offer[1] for offer in self._offers])
        use = np.array([offer[2] for offer in self._offers]).T
        one = sparse.csr_array(
            (np.ones(len(number)), (number, np.arange(len(number)))),
            shape=(len(self._blocks), len(number)),
        )
        found = linprog(
            value, A_ub=use, b_ub=self._most, A_eq=one, b_eq=np.ones(len(self._blocks)),
            bounds=(0.0, None), method="highs-ds",
        )  # fmt: skip
        if found.x is None:
            return None
        return float(found.fun), np.maximum(-np.asarray(found.ineqlin.marginals), 0.0)


def _split(condensed: Condensed) -> list[_Block]:
    """Split columns by operators and the depots that their vehicles charge at."""
    problem, states, model = condensed.problem, condensed.states, condensed.model
    names = problem.units["operator_id"].to_numpy(object).astype(str)
    operator = np.unique(names, return_inverse=True)[1]
    operators = int(operator.max()) + 1
    depots, kinds, years = model.chargers
    charging = np.unique(problem.unit[problem.kind >= 0])
    pairs = (operator[charging], operators + problem.depot[charging])
    graph = sparse.coo_array(
        (np.ones(len(charging)), pairs), shape=(operators + depots, operators + depots)
    )
    part = connected_components(graph, directed=False)[1]
    at_depot = part[operators : operators + depots]
    block = np.concatenate([
        part[operator[problem.unit]],
        np.repeat(at_depot, kinds * years),
        np.repeat(at_depot, years),
        part[states.operator[states.arc_state[condensed.arc]]],
    ])  # fmt: skip
    own = condensed.matrix[~condensed.shared].tocoo()
    rows = np.flatnonzero(~condensed.shared)
    of_row = np.full(len(rows), -1, np.int64)
    of_row[own.coords[0]] = block[own.coords[1]]
    order = np.argsort(block, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(block[order])) + 1)
    by_row = np.argsort(of_row, kind="stable")
    made = []
    for columns in parts:
        name = block[columns[0]]
        first, last = np.searchsorted(of_row[by_row], [name, name + 1])
        mine = rows[np.sort(by_row[first:last])]
        made.append(_Block(columns, mine, condensed.matrix[mine][:, columns]))
    return made
