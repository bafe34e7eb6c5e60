"""Draft: a plan in whole numbers, in the numbers of the case, and what it is worth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geofleet.plan.large.assembly import Assembly
from geofleet.plan.large.case import Case

__all__ = [
    "Draft",
    "draft_worth",
    "keeps_shared",
    "missed",
    "nothing",
    "place_solution",
    "shared_use",
]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_ROUNDING = 1e-9
_NEAR = 1e-7


@dataclass
class Draft:
    """A plan that may still miss what a limit asks for at least, and keeps every other bound.

    ``taken`` (units,) the choice of each vehicle or -1; ``chargers`` (depots, kinds, years) and
    ``steps`` (depots, years) put up.
    """

    taken: Ints
    chargers: Ints
    steps: Ints

    def copy(self) -> Draft:
        """Return a copy of its own."""
        return Draft(self.taken.copy(), self.chargers.copy(), self.steps.copy())


def nothing(case: Case) -> Draft:
    """Return the plan in which every vehicle is kept."""
    depots = len(case.spare_w)
    return Draft(
        np.full(len(case.units), -1, np.int64),
        np.zeros((depots, case.kinds, case.years), np.int64),
        np.zeros((depots, case.years), np.int64),
    )


def shared_use(case: Case, draft: Draft) -> Floats:
    """Return what a plan uses of each shared row (rows,)."""
    taken = draft.taken[draft.taken >= 0]
    charger, step = case.charger_use()
    return np.asarray(
        case.use(taken).sum(axis=1)
        + (charger * draft.chargers.sum(axis=0)).sum(axis=(1, 2))
        + step @ draft.steps.sum(axis=0)
    )


def keeps_shared(case: Case, draft: Draft) -> bool:
    """Return whether a plan keeps every shared row that can be kept by doing nothing."""
    over = shared_use(case, draft) - case.most
    over[case.missable] = 0.0
    return bool((over <= _ROUNDING * np.abs(case.most)).all())


def missed(case: Case, draft: Draft) -> float:
    """Return by how much a plan misses what limits ask for at least, scaled."""
    rows = case.missable
    if not len(rows):
        return 0.0
    over = (shared_use(case, draft) - case.most)[rows]
    return float(np.where(over > _NEAR * np.abs(case.most[rows]), over, 0.0).sum())


def draft_worth(case: Case, draft: Draft) -> float:
    """Return what a plan is worth, scaled, less a penalty for what it misses."""
    taken = draft.taken[draft.taken >= 0]
    return float(
        case.value[taken].sum()
        + (case.charger_value * draft.chargers.sum(axis=0)).sum()
        + case.step_value @ draft.steps.sum(axis=0)
        - case.penalty * missed(case, draft)
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
