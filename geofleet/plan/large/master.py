"""The master: mixes what vehicles and depots offer, under what they share."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from geofleet.plan.large.assembly import Assembly, assemble
from geofleet.plan.large.blocks import DepotPlan
from geofleet.plan.large.case import Case
from geofleet.plan.large.duals import Duals, Priced
from geofleet.plan.large.highs import solve_relaxed, solve_whole

__all__ = ["Draft", "Master"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_UNREACHED = 1e3


@dataclass
class Draft:
    """A plan in whole numbers, in the numbers of the case.

    ``taken`` (units,) the choice of each vehicle or -1; ``chargers`` (depots, kinds, years),
    ``steps`` (depots, years).
    """

    taken: Ints
    chargers: Ints
    steps: Ints

    def copy(self) -> Draft:
        """Return a copy of its own."""
        return Draft(self.taken.copy(), self.chargers.copy(), self.steps.copy())


@dataclass
class Master:
    """Offers gathered so far.

    Parameters
    ----------
    case, larger, blocks
        What is solved; the larger depots; number of blocks.
    pool
        Choices offered by vehicles outside the blocks (choices,).
    plans
        Offers of each block.
    """

    case: Case
    larger: Ints
    blocks: list[int]
    pool: npt.NDArray[np.bool_]
    plans: list[tuple[int, DepotPlan]] = field(default_factory=list)

    def offer(self, priced: Priced) -> None:
        """Take up what vehicles and depots would do at some prices."""
        self.pool[priced.best[priced.best >= 0]] = True
        known = {(block, _key(plan)) for block, plan in self.plans}
        for block, plan in enumerate(priced.plans):
            if (block, _key(plan)) not in known:
                self.plans.append((block, plan))

    def forget_mixtures(self) -> None:
        """Drop plans of depots that are not in whole numbers."""
        self.plans = [(block, plan) for block, plan in self.plans if plan.choices is not None]

    def relaxed(
        self, *, around: Floats | None = None, width: float = 0.0
    ) -> tuple[float, Duals] | None:
        """Return the value of the best mixture of the offers, and its prices.

        With ``around`` (rows,) the prices of the shared rows stay within a share ``width`` of it
        (a box step, after Marsten, Hogan and Blankenship, 1975): far prices prove nothing and make
        depots hard to solve. The value then is no less than that of the mixture.
        """
        case = self.case
        a, cost, matrix, most, upper = self._rows(np.flatnonzero(self.pool))
        if around is not None and case.rows:
            room = width * np.maximum(around, 0.1 * around.mean())
            shifts = np.concatenate([-np.eye(case.rows), np.eye(case.rows)], axis=1)
            extra = sp.csr_matrix(shifts)
            extra.resize((matrix.shape[0], shifts.shape[1]))
            matrix = sp.hstack([matrix, extra], format="csr")
            cost = np.concatenate([cost, around + room, -np.maximum(around - room, 0.0)])
            upper = np.concatenate([upper, np.full(shifts.shape[1], np.inf)])
        solved = solve_relaxed(cost, matrix, most, upper)
        if solved is None:
            return None
        places, kinds, years = len(self.larger), case.kinds, case.years
        first = case.rows + len(a.units)
        middle = first + places * kinds * years
        plug = solved.prices[first:middle].reshape(places, kinds, years)
        power = solved.prices[middle : middle + places * years].reshape(places, years)
        return solved.value, Duals(
            solved.prices[: case.rows], _from_year_on(plug), _from_year_on(power)
        )

    def whole(
        self, priced: Priced, *, columns: int, gap: float, nodes: int, seconds: float | None
    ) -> Draft | None:
        """Return the best plan in whole numbers of the offers; None if none was found."""
        case = self.case
        choices = self._promising(priced, columns)
        a, cost, matrix, most, upper = self._rows(choices)
        found = solve_whole(cost, matrix, most, upper, gap=gap, nodes=nodes, seconds=seconds)
        if found.solution is None:
            return None
        numbers = np.round(found.solution).astype(np.int64)
        missed = numbers[len(numbers) - len(self._missable()) :]
        if missed.any():
            return None
        depots = len(case.spare_w)
        draft = Draft(
            np.full(len(case.units), -1, np.int64),
            np.zeros((depots, case.kinds, case.years), np.int64),
            np.zeros((depots, case.years), np.int64),
        )
        built = place_solution(case, a, numbers, draft)
        for (block, plan), used in zip(self.plans, numbers[built:], strict=False):
            if used and plan.choices is not None:
                depot = self.blocks[block]
                draft.taken[case.unit[plan.choices]] = plan.choices
                draft.chargers[depot] = np.round(plan.chargers)
                draft.steps[depot] = np.round(plan.steps)
        return draft

    def _promising(self, priced: Priced, columns: int) -> Ints:
        """Offered choices that are nearest to the best of their vehicle at the prices."""
        case = self.case
        choices = np.flatnonzero(self.pool)
        worth = priced.reduced[choices].copy()
        if len(self.larger):
            place = np.searchsorted(self.larger, case.depot[case.unit[choices]])
            wired = case.kind[choices] >= 0
            worth[wired] -= (
                case.plugs[choices[wired]]
                * priced.duals.plug[
                    place[wired], case.kind[choices[wired]], case.year[choices[wired]]
                ]
            )
        regret = priced.worth[case.unit[choices]] - worth
        nearest = np.argsort(regret, kind="stable")[:columns]
        return np.sort(choices[nearest])

    def _missable(self) -> Ints:
        """Shared rows that doing nothing does not keep."""
        return np.flatnonzero(self.case.most < 0.0)

    def _rows(self, choices: Ints) -> tuple[Assembly, Floats, sp.csr_matrix, Floats, Floats]:
        """Rows of the choices, then of the depots' plans; plans and missed rows are last."""
        case = self.case
        a = assemble(
            case, choices, case.value[choices], depots=self.larger,
            charger_price=-case.charger_value, step_price=-case.step_value, shared=case.most,
        )  # fmt: skip
        plans, missable = self.plans, self._missable()
        height = a.matrix.shape[0]
        use = np.zeros((case.rows, len(plans)))
        for column, (_, plan) in enumerate(plans):
            use[:, column] = plan.use
        miss = np.zeros((case.rows, len(missable)))
        miss[missable, np.arange(len(missable))] = -1.0
        extra = sp.csr_matrix(np.concatenate([use, miss], axis=1))
        extra.resize((height, extra.shape[1]))
        owner = np.array([block for block, _ in plans], np.int64)
        one = sp.csr_matrix(
            (np.ones(len(plans)), (owner, a.matrix.shape[1] + np.arange(len(plans)))),
            shape=(len(self.blocks), a.matrix.shape[1] + extra.shape[1]),
        )
        largest = _UNREACHED * max(1.0, float(np.abs(case.value).max(initial=0.0)))
        return (
            a,
            np.concatenate([a.cost, [-p.value for _, p in plans], np.full(len(missable), largest)]),
            sp.vstack([sp.hstack([a.matrix, extra]), one], format="csr"),
            np.concatenate([a.most, np.ones(len(self.blocks))]),
            np.concatenate([a.upper, np.ones(len(plans)), np.full(len(missable), np.inf)]),
        )


def place_solution(case: Case, a: Assembly, numbers: Ints, draft: Draft) -> int:
    """Write a solution into a draft; returns how many numbers were read."""
    count = len(a.choices)
    chosen = a.choices[numbers[:count] == 1]
    draft.taken[case.unit[chosen]] = chosen
    places = len(a.depots)
    middle = count + places * case.kinds * case.years
    end = middle + places * case.years
    chargers = numbers[count:middle].reshape(places, case.kinds, case.years)
    steps = numbers[middle:end].reshape(places, case.years)
    draft.chargers[a.depots] = np.diff(chargers, axis=2, prepend=0)
    draft.steps[a.depots] = np.diff(steps, axis=1, prepend=0)
    return end


def _key(plan: DepotPlan) -> bytes:
    return plan.use.tobytes() + np.float64(plan.value).tobytes()


def _from_year_on(prices: Floats) -> Floats:
    """Sum of the prices from each year to the last."""
    return np.ascontiguousarray(np.cumsum(prices[..., ::-1], axis=-1)[..., ::-1])
