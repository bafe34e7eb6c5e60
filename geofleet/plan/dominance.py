"""Choices that another choice of the same vehicle and year makes needless."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geofleet.plan.evaluation import part_of
from geofleet.plan.model import CHEAPEST, PlanProblem, Work

__all__ = ["without_dominated"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class _Wanted:
    """A measure, and which way of it is better: 1 more, -1 less, 0 neither (only the same)."""

    measure: str
    way: int


def without_dominated(problem: PlanProblem, objective: str) -> tuple[PlanProblem, Ints]:
    """Return the problem without choices that need not be looked at, and the numbers of the rest.

    A choice is needless if another of the same vehicle and year takes no more public money and no
    more of the same charger, and does at least as well in the objective, in every limit and in all
    work that it could do. Where a floor counts the vehicle's money, less money is not better, and
    only the same money will do. The best value stays what it is.
    """
    wanted = _wanted(problem, objective)
    counted = np.zeros(len(problem.units), np.bool_)
    for floor in problem.floors:
        counted |= np.asarray(floor.members, np.bool_)
    fixed = _fixed(problem)
    work = _by_option(problem.work, wanted) if problem.work is not None else {}
    order = np.lexsort((problem.year, problem.unit))
    key = problem.unit[order] * problem.years + problem.year[order]
    groups = np.split(order, np.flatnonzero(np.diff(key)) + 1) if len(order) else []
    kept = []
    for group in groups:
        if len(group) == 1:
            kept.append(group)
            continue
        spend = problem.spend[group]
        same = counted[problem.unit[group[0]]]
        over = spend[:, None] == spend if same else spend[:, None] <= spend
        over &= _charger_over(problem, group)
        for one in wanted:
            over &= _at_least(fixed[one.measure][group], one.way)
        if work:
            over &= _work_over(problem, group, work)
        ahead = np.arange(len(group))
        # of two that are the same, the first stays
        over &= ~(over.T & (ahead[:, None] >= ahead))
        kept.append(group[~over.any(axis=0)])
    rest = np.sort(np.concatenate(kept)) if kept else np.zeros(0, np.int64)
    return part_of(problem, rest), rest


def _wanted(problem: PlanProblem, objective: str) -> list[_Wanted]:
    ways: dict[str, set[int]] = {objective: {-1 if objective == CHEAPEST else 1}}
    for limit in problem.limits:
        sides = ways.setdefault(limit.measure, set())
        sides |= {1} if math.isfinite(limit.least) else set()
        sides |= {-1} if math.isfinite(limit.most) else set()
    return [_Wanted(name, sides.pop() if len(sides) == 1 else 0) for name, sides in ways.items()]


def _at_least(values: Floats, way: int) -> Bools:
    """Say of each pair whether the first is at least as good as the second."""
    first, second = values[:, None], values[None, :]
    found: Bools = first == second if way == 0 else first * way >= second * way
    return found


def _charger_over(problem: PlanProblem, group: Ints) -> Bools:
    kind, plugs = problem.kind[group], problem.plugs[group]
    less = (kind[:, None] == kind) & (plugs[:, None] <= plugs)
    found: Bools = (kind[:, None] == -1) | less
    return found


def _fixed(problem: PlanProblem) -> dict[str, Floats]:
    """Return what a choice adds whatever work it does."""
    work = problem.work
    if work is None:
        return dict(problem.measures)
    inside = np.isin(problem.unit, work.unit)
    return {
        name: np.where(inside, work.fixed[name], values)
        for name, values in problem.measures.items()
    }


def _by_option(work: Work, wanted: list[_Wanted]) -> dict[tuple[int, str], dict[int, Floats]]:
    """Return what each vehicle as each option adds by duty, with the better way upwards."""
    # where neither way is better, both must be at least as good: they are the same
    ways = [(one.measure, way) for one in wanted for way in ((one.way,) if one.way else (1, -1))]
    values = np.stack([work.measures[name] * way for name, way in ways], axis=1)
    found: dict[tuple[int, str], dict[int, Floats]] = {}
    for row, (duty, unit, option) in enumerate(
        zip(work.duty.tolist(), work.unit.tolist(), work.option.tolist(), strict=True)
    ):
        found.setdefault((unit, option), {})[duty] = values[row]
    return found


def _work_over(
    problem: PlanProblem, group: Ints, work: dict[tuple[int, str], dict[int, Floats]]
) -> Bools:
    unit = int(problem.unit[group[0]])
    does = [work.get((unit, str(option)), {}) for option in problem.option[group]]
    found = np.zeros((len(group), len(group)), np.bool_)
    for first, mine in enumerate(does):
        for second, other in enumerate(does):
            found[first, second] = all(
                duty in mine and bool((mine[duty] >= values).all())
                for duty, values in other.items()
            )
    return found
