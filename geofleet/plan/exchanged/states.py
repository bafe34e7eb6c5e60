"""What vehicles of an operator can be, told apart only by the work that they could do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geofleet.plan.model import KEEP, PlanProblem, Work

__all__ = ["States", "read_states"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class States:
    """States of vehicles: two vehicles are in one if they could do the same work equally well.

    Vehicles in one state are interchangeable, so that work is given to states, as many duties to
    each as it has vehicles; that is a far smaller transport problem than one of single vehicles.

    Parameters
    ----------
    of_row
        State of the row's vehicle as the row says (rows of work,); -1 where nothing leads to it.
    first
        For each state and duty one row of work, which stands for all that say the same (arcs,).
    arc_state, arc_duty
        State and duty of each arc; duties are numbers of units.
    kept
        State of each unit that is kept (units,); -1 for units without work to exchange.
    reached
        State that each choice leads to (choices,); -1 likewise.
    operator
        Of each state, a number.
    """

    of_row: Ints
    first: Ints
    arc_state: Ints
    arc_duty: Ints
    kept: Ints
    reached: Ints
    operator: Ints

    @property
    def count(self) -> int:
        """Number of states."""
        return len(self.operator)


def read_states(problem: PlanProblem, work: Work, measures: Sequence[str]) -> States:
    """Return the states of a problem's vehicles, kept or changed, as far as measures tell.

    Parameters
    ----------
    problem, work
        Checked; choices that lead nowhere new need not be in it.
    measures
        In which two rows must be the same: the objective and those of limits.
    """
    listed = set(zip(problem.unit.tolist(), problem.option.tolist(), strict=True))
    rows: dict[tuple[int, str], list[int]] = {}
    for row, key in enumerate(zip(work.unit.tolist(), work.option.tolist(), strict=True)):
        if key[1] == KEEP or key in listed:
            rows.setdefault(key, []).append(row)
    codes = np.unique(
        problem.units["operator_id"].to_numpy(object).astype(str), return_inverse=True
    )
    operator = codes[1]
    values = np.stack([work.measures[name] for name in measures], axis=1)
    known: dict[tuple[int, bytes, bytes], int] = {}
    state_of: dict[tuple[int, str], int] = {}
    of_row = np.full(len(work.duty), -1, np.int64)
    arcs: list[Ints] = []
    owners: list[int] = []
    for key, mine in rows.items():
        ordered = np.array(mine, np.int64)[np.argsort(work.duty[mine], kind="stable")]
        # adding zero turns -0.0 into 0.0, whose bytes differ
        said = (values[ordered] + 0.0).tobytes()
        sign = (int(operator[key[0]]), work.duty[ordered].tobytes(), said)
        if sign not in known:
            known[sign] = len(known)
            arcs.append(ordered)
            owners.append(sign[0])
        state_of[key] = known[sign]
        of_row[ordered] = known[sign]
    first = np.concatenate(arcs) if arcs else np.zeros(0, np.int64)
    kept = np.full(len(problem.units), -1, np.int64)
    for unit in np.unique(work.unit).tolist():
        kept[unit] = state_of[unit, KEEP]
    reached = np.array(
        [
            state_of.get((unit, option), -1) if kept[unit] >= 0 else -1
            for unit, option in zip(problem.unit.tolist(), problem.option.tolist(), strict=True)
        ],
        np.int64,
    )
    return States(
        of_row=of_row,
        first=first,
        arc_state=of_row[first],
        arc_duty=work.duty[first],
        kept=kept,
        reached=reached,
        operator=np.array(owners, np.int64),
    )
