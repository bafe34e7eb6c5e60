"""Improve a plan: use money that is left, and solve parts of it anew with the rest held."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from geofleet.plan.large._kernels import fill
from geofleet.plan.large.assembly import assemble
from geofleet.plan.large.case import Case
from geofleet.plan.large.draft import (
    Draft,
    draft_worth,
    keeps_shared,
    place_solution,
    shared_use,
)
from geofleet.plan.large.highs import solve_whole
from geofleet.plan.large.start import plug_price

__all__ = ["Polisher"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass
class Polisher:
    """Solves parts of a plan anew.

    Parameters
    ----------
    case
        The whole.
    shared
        Prices of the shared rows near the best ones.
    vehicles, columns
        Size of a part.
    gap, nodes
        How hard a part is searched.
    seed
        Of the order of the parts.
    """

    case: Case
    shared: Floats
    vehicles: int
    columns: int
    gap: float
    nodes: int
    seed: int

    def __post_init__(self) -> None:
        """Price every choice once."""
        case = self.case
        prices = case.prices(self.shared)
        self.net = case.reduced(prices)
        wired = case.kind >= 0
        if wired.any():
            plug = plug_price(prices)
            self.net[wired] -= case.plugs[wired] * plug[case.kind[wired], case.year[wired]]
        top = np.zeros(len(case.units))
        np.maximum.at(top, case.unit, self.net)
        self.regret = top[case.unit] - self.net
        cost = case.value - self.net
        plain = np.flatnonzero(~wired & (case.value > 0.0))
        self.order = plain[np.argsort(-case.value[plain] / np.maximum(cost[plain], 1e-12),
                                      kind="stable")]  # fmt: skip
        self.random = np.random.default_rng(self.seed)
        self.queue: list[Ints] = []
        self.idle = 0
        self.parts_of_all = -(-len(case.units) // self.vehicles)

    def fill(self, draft: Draft) -> Draft:
        """Return the plan with more choices taken without chargers, while they fit."""
        case = self.case
        room = case.most - shared_use(case, draft)
        budgets, rest = len(case.cover), room[len(case.cover) :].copy()
        filled = draft.copy()
        fill(
            self.order, case.unit, case.year, case.spend, case.terms, case.cover, case.factor,
            room[:budgets].copy(), rest, filled.taken,
        )  # fmt: skip
        return filled

    def improve(self, draft: Draft, *, seconds: float | None = None) -> Draft:
        """Return the plan with its next part solved anew, or itself where nothing is gained."""
        free = self._next_part()
        for slack in (0.0, 1e-6):
            better = self._solve(draft, free, slack, seconds)
            if better is None:
                break
            if keeps_shared(self.case, better):
                better = self.fill(better)
                if draft_worth(self.case, better) > draft_worth(self.case, draft):
                    self.idle = 0
                    return better
                break
        self.idle += 1
        return draft

    def exhausted(self) -> bool:
        """Return whether about as many parts as make the whole were solved and gained nothing."""
        return self.idle > self.parts_of_all

    def _next_part(self) -> Ints:
        """Vehicles of the next part: of some depots, or some of a large one."""
        if not self.queue:
            case = self.case
            bounds = np.flatnonzero(np.diff(case.depot)) + 1
            parts: list[Ints] = []
            for units in np.split(np.arange(len(case.units)), bounds):
                mixed = self.random.permutation(units)
                parts += np.array_split(mixed, -(-len(units) // self.vehicles))
            places = self.random.permutation(len(parts))
            gathered: list[Ints] = []
            for place in places:
                gathered.append(parts[place])
                if sum(map(len, gathered)) >= self.vehicles or place == places[-1]:
                    self.queue.append(np.sort(np.concatenate(gathered)))
                    gathered = []
        return self.queue.pop()

    def _solve(self, draft: Draft, free: Ints, slack: float, seconds: float | None) -> Draft | None:
        """Solve for the free vehicles and their depots, all others held."""
        case = self.case
        choices = self._choices(draft, free)
        if not len(choices):
            return None
        depots = np.unique(case.depot[free])
        depots = depots[depots >= 0] if case.kinds else depots[:0]
        held = draft.copy()
        held.taken[free] = -1
        held.chargers[depots] = 0
        held.steps[depots] = 0
        room = case.most - shared_use(case, held)
        room -= slack * np.maximum(1.0, np.abs(case.most))
        a = assemble(
            case, choices, case.value[choices], depots=depots,
            charger_price=-case.charger_value, step_price=-case.step_value, shared=room,
            held=self._plugs(held, depots),
        )  # fmt: skip
        missable = case.missable
        miss = sp.csr_matrix(
            (np.full(len(missable), -1.0), (missable, np.arange(len(missable)))),
            shape=(a.matrix.shape[0], len(missable)),
        )
        found = solve_whole(
            np.concatenate([a.cost, np.full(len(missable), case.penalty)]),
            sp.hstack([a.matrix, miss], format="csr"), a.most,
            np.concatenate([a.upper, np.full(len(missable), np.inf)]),
            divisible=len(missable), gap=self.gap, nodes=self.nodes, seconds=seconds,
        )  # fmt: skip
        if found.solution is None:
            return None
        place_solution(case, a, np.round(found.solution).astype(np.int64), held)
        return held

    def _choices(self, draft: Draft, free: Ints) -> Ints:
        """Choices of the free vehicles that are nearest to their best, and those taken."""
        case = self.case
        spans = [np.arange(case.start[unit], case.start[unit + 1]) for unit in free.tolist()]
        choices = np.concatenate(spans) if spans else np.zeros(0, np.int64)
        nearest = np.argsort(self.regret[choices], kind="stable")[: self.columns]
        taken = draft.taken[free]
        return np.union1d(choices[nearest], taken[taken >= 0])

    def _plugs(self, held: Draft, depots: Ints) -> Floats:
        """Plugs that the held vehicles of the depots use (depots, kinds, years)."""
        case = self.case
        use = np.zeros((len(depots), case.kinds, case.years))
        taken = held.taken[held.taken >= 0]
        taken = taken[(case.kind[taken] >= 0) & np.isin(case.depot[case.unit[taken]], depots)]
        place = np.searchsorted(depots, case.depot[case.unit[taken]])
        np.add.at(use, (place, case.kind[taken], case.year[taken]), case.plugs[taken])
        return np.asarray(use.cumsum(axis=2))
