"""The master: mixes what vehicles and depots offer, under what they share."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from geofleet.plan.large.assembly import Assembly, assemble
from geofleet.plan.large.blocks import DepotPlan
from geofleet.plan.large.case import Case
from geofleet.plan.large.draft import Draft, nothing, place_solution
from geofleet.plan.large.duals import Duals, Priced
from geofleet.plan.large.highs import Whole, solve_relaxed, solve_whole

__all__ = ["Master"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_ROUNDING = 1e-6
_THRESHOLDS = (0.35, 0.05, 0.65)  # a part of a charger above it becomes a whole one


@dataclass
class Master:
    """Offers gathered so far.

    Parameters
    ----------
    case, larger, blocks
        What is solved; the larger depots; number of blocks.
    pool
        Choices offered by vehicles outside the blocks (choices,).
    outside
        Whether a vehicle is outside the blocks (units,).
    plans
        Offers of each block.
    """

    case: Case
    larger: Ints
    blocks: list[int]
    pool: npt.NDArray[np.bool_]
    outside: npt.NDArray[np.bool_]
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
    ) -> tuple[float, Duals, bool] | None:
        """Return the value of the best mixture of the offers, its prices, and whether it misses.

        With ``around`` (rows,) the prices of the shared rows stay within a share ``width`` of it
        (a box step, after Marsten, Hogan and Blankenship, 1975): far prices prove nothing and make
        depots hard to solve. The value then is no less than that of the mixture.
        """
        case = self.case
        a, cost, matrix, most, upper = self._rows(np.flatnonzero(self.pool))
        own = len(cost)
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
        duals = Duals(solved.prices[: case.rows], _from_year_on(plug), _from_year_on(power))
        missed = solved.solution[own - len(case.missable) : own]
        return solved.value, duals, bool((missed > _ROUNDING).any())

    def whole(
        self,
        priced: Priced,
        *,
        columns: int,
        gap: float,
        nodes: int,
        enough: float,
        seconds: float | None,
    ) -> Draft | None:
        """Return a plan in whole numbers of the offers; None if none was found.

        Chargers of larger depots are rounded from the mixture, at several thresholds, and the
        choices that fit them best are searched; without larger depots the offers are mixed as
        they are. The first plan within a share ``enough`` of the bound will do.
        """
        choices = self._promising(priced, columns)
        a, cost, matrix, most, upper = self._rows(choices)
        best: Whole | None = None
        for lower, higher in self._fixed_chargers(a, cost, matrix, most, upper):
            found = solve_whole(
                cost, matrix, most, higher, lower=lower, divisible=len(self.case.missable),
                gap=gap, nodes=nodes, seconds=seconds,
            )  # fmt: skip
            if found.solution is None:
                continue
            best = found if best is None or found.value > best.value else best
            if priced.bound - best.value <= enough * abs(best.value):
                break
        if best is None or best.solution is None:
            return None
        return self._draft(a, np.round(best.solution).astype(np.int64))

    def _fixed_chargers(
        self, a: Assembly, cost: Floats, matrix: sp.csr_matrix, most: Floats, upper: Floats
    ) -> Iterator[tuple[Floats, Floats]]:
        """Yield bounds of the columns, with the chargers of larger depots at whole numbers."""
        lower = np.zeros(len(cost))
        mixed = solve_relaxed(cost, matrix, most, upper) if len(self.larger) else None
        if mixed is None:
            yield lower, upper
            return
        case, first = self.case, len(a.choices)
        shape = (len(self.larger), case.kinds, case.years)
        middle = first + math.prod(shape)
        last = middle + shape[0] * case.years
        there = mixed.solution[first:middle].reshape(shape)
        spare = case.spare_w[self.larger][:, None]
        for threshold in _THRESHOLDS:
            whole = np.minimum(np.floor(there + 1.0 - threshold), case.kind_most[:, None])
            short = np.einsum("k,dky->dy", case.power_w, whole) - spare
            steps = np.ceil(np.maximum(short - _ROUNDING, 0.0)) * case.step_power
            steps = np.maximum.accumulate(steps, axis=1)
            # Where no more power can be had, the chargers that want it are not put up.
            within = (steps <= case.most_steps).all(axis=1) & (short <= steps + _ROUNDING).all(
                axis=1
            )
            whole[~within] = np.floor(there[~within])
            rest = np.einsum("k,dky->dy", case.power_w, whole) - spare
            steps[~within] = np.maximum.accumulate(
                np.ceil(np.maximum(rest - _ROUNDING, 0.0)) * case.step_power, axis=1
            )[~within]
            fixed = np.concatenate([whole.ravel(), steps.ravel()])
            low, high = lower.copy(), upper.copy()
            low[first:last] = high[first:last] = fixed
            yield low, high

    def _draft(self, a: Assembly, numbers: Ints) -> Draft:
        """Read a solution."""
        case = self.case
        draft = nothing(case)
        built = place_solution(case, a, numbers, draft)
        for (block, plan), used in zip(self.plans, numbers[built:], strict=False):
            if used and plan.choices is not None:
                depot = self.blocks[block]
                draft.taken[case.unit[plan.choices]] = plan.choices
                draft.chargers[depot] = np.round(plan.chargers)
                draft.steps[depot] = np.round(plan.steps)
        return draft

    def _promising(self, priced: Priced, columns: int) -> Ints:
        """Choices outside the blocks that are nearest to the best of their vehicle."""
        case = self.case
        worth = priced.reduced.copy()
        outside = self.outside[case.unit]
        wired = np.flatnonzero(outside & (case.kind >= 0))
        if len(wired):
            place = np.searchsorted(self.larger, case.depot[case.unit[wired]])
            at = place, case.kind[wired], case.year[wired]
            worth[wired] -= case.plugs[wired] * priced.duals.plug[at]
        regret = priced.worth[case.unit] - worth
        regret[self.pool] = np.minimum(regret[self.pool], 0.0)
        regret[~outside] = np.inf
        nearest = np.argsort(regret, kind="stable")[: min(columns, int(outside.sum()))]
        return np.sort(nearest)

    def _rows(self, choices: Ints) -> tuple[Assembly, Floats, sp.csr_matrix, Floats, Floats]:
        """Rows of the choices, then of the depots' plans; plans and missed rows are last."""
        case = self.case
        a = assemble(
            case, choices, case.value[choices], depots=self.larger,
            charger_price=-case.charger_value, step_price=-case.step_value, shared=case.most,
        )  # fmt: skip
        plans, missable = self.plans, case.missable
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
        missing = np.full(len(missable), case.penalty)
        return (
            a,
            np.concatenate([a.cost, [-p.value for _, p in plans], missing]),
            sp.vstack([sp.hstack([a.matrix, extra]), one], format="csr"),
            np.concatenate([a.most, np.ones(len(self.blocks))]),
            np.concatenate([a.upper, np.ones(len(plans)), np.full(len(missable), np.inf)]),
        )


def _key(plan: DepotPlan) -> bytes:
    return plan.use.tobytes() + np.float64(plan.value).tobytes()


def _from_year_on(prices: Floats) -> Floats:
    """Sum of the prices from each year to the last."""
    return np.ascontiguousarray(np.cumsum(prices[..., ::-1], axis=-1)[..., ::-1])
