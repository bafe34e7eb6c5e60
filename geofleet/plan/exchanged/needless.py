"""Choices that no plan can take, and those that no plan needs, where work is exchanged."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from geofleet.plan.evaluation import part_of
from geofleet.plan.exchanged.states import States, read_states
from geofleet.plan.model import CHEAPEST, PlanProblem, Work

__all__ = ["without_needless"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_SLACK = 1e-9  # of the money: what rounding may carry a sum over it


def without_needless(problem: PlanProblem, objective: str) -> tuple[PlanProblem, Ints]:
    """Return the problem without such choices, and the numbers of the rest.

    No plan can take a choice that costs more public money than there is by its year (with the
    cheapest charger, where it needs one), nor one that leaves its vehicle without any work to do.
    No plan needs one that adds nothing by itself and leads to no more work than the vehicle can do
    as it is, unless a floor counts its money or a limit its measures.
    """
    work = problem.work
    if work is None:
        return problem, np.arange(len(problem.unit))
    measures = list(dict.fromkeys([objective, *(limit.measure for limit in problem.limits)]))
    states = read_states(problem, work, measures)
    inside = states.kept[problem.unit] >= 0
    ruled_out = (inside & (states.reached < 0)) | _too_dear(problem)
    if not problem.limits:
        ruled_out |= _idle(problem, work, objective, states)
    rest = np.flatnonzero(~ruled_out)
    return part_of(problem, rest), rest


def _too_dear(problem: PlanProblem) -> Bools:
    budget = np.asarray(problem.budget, np.float64)
    there = np.cumsum(budget) if problem.carry_over else budget
    needed = np.asarray(problem.spend, np.float64).copy()
    if problem.depots is not None and problem.carry_over:
        # cheapest of the years up to it
        for number, kind in enumerate(problem.depots.kinds):
            mine = (problem.kind == number) & (problem.plugs > 0.0)
            cheapest = np.minimum.accumulate(np.asarray(kind.spend, np.float64))
            needed[mine] += cheapest[problem.year[mine]]
    too_dear: Bools = needed > there[problem.year] * (1.0 + _SLACK)
    return too_dear


def _idle(problem: PlanProblem, work: Work, objective: str, states: States) -> Bools:
    """Choices that add nothing to the objective, whatever work the vehicle would do."""
    way = -1.0 if objective == CHEAPEST else 1.0
    counted = np.zeros(len(problem.units), np.bool_)
    for floor in problem.floors:
        counted |= np.asarray(floor.members, np.bool_)
    inside = states.kept[problem.unit] >= 0
    alone = np.where(inside, work.fixed[objective], problem.measures[objective]) * way
    idle: Bools = (alone <= 0.0) & ~counted[problem.unit]
    worth = work.measures[objective] * way
    does: list[dict[int, float]] = [{} for _ in range(states.count)]
    for state, duty, row in zip(
        states.arc_state.tolist(), states.arc_duty.tolist(), states.first.tolist(), strict=True
    ):
        does[state][duty] = float(worth[row])
    known: dict[tuple[int, int], bool] = {}
    for choice in np.flatnonzero(idle & inside).tolist():
        pair = int(states.reached[choice]), int(states.kept[problem.unit[choice]])
        if pair not in known:
            other, own = does[pair[0]], does[pair[1]]
            known[pair] = all(d in own and own[d] >= value for d, value in other.items())
        idle[choice] = known[pair]
    return idle
