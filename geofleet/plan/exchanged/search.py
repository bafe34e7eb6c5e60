"""Search of a plan with exchanged work: a condensed model, whole or by blocks, and the gap left."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import numpy as np
import numpy.typing as npt

from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.plan.check import PlanError, check_objective, check_problem
from geofleet.plan.dominance import without_dominated
from geofleet.plan.evaluation import evaluate, part_of, violations
from geofleet.plan.exact import finish_plan
from geofleet.plan.exchanged.blocks import BlockEffort, Blocks
from geofleet.plan.exchanged.condensed import Condensed, condense
from geofleet.plan.exchanged.links import charger_links, with_links
from geofleet.plan.exchanged.needless import without_needless
from geofleet.plan.exchanged.relaxed import Relaxed, proven_bound, solve_relaxed, solve_whole
from geofleet.plan.exchanged.settings import Effort, read_effort
from geofleet.plan.exchanged.works import best_work, work_of_arcs
from geofleet.plan.infeasible import why_infeasible
from geofleet.plan.model import Plan, PlanProblem, Work
from geofleet.plan.rows import model_of

__all__ = ["solve_exchanged"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_LINK_ROUNDS = 3
_INFEASIBLE = 2
_TIGHTER = 4e-6  # above the solver's own tolerance of 1e-6 for whole numbers and rows
_TRIES = 3
_WIDER = 2


def solve_exchanged(
    problem: PlanProblem,
    objective: str,
    *,
    gap: float | None = None,
    seconds: float | None = None,
    defaults: Defaults | None = None,
) -> Plan:
    """Return a plan in which vehicles of an operator exchange their work, with a proven gap.

    Choices that no plan needs are set aside. Vehicles that could do the same work equally well are
    one state of their operator, years in which nothing can change are one, and who needs a charger
    needs a whole one. What is left goes to branch and bound whole if it is small. If not, the
    choices nearest to the linear relaxation do, and the bound is that of operators and depots
    solved one by one at prices of money (Lagrangian relaxation).

    Parameters
    ----------
    problem
        What can be chosen, with work to exchange.
    objective
        ``cost`` for as little as can be, any other measure for as much.
    gap
        Where the search may stop; the row ``plan:work.gap`` unless given.
    seconds
        Stop after about this time. Without it the same input gives the same plan everywhere.
    defaults
        Where the rows are read.

    Returns
    -------
    Plan
        Summed and checked again apart from the solver; ``bound`` holds whether or not the gap was
        reached.

    Raises
    ------
    InputError
        A problem that does not hold together, has no work, or whose limits no plan can meet.
    PlanError
        No plan was found that keeps the limits.
    """
    check_problem(problem)
    check_objective(problem, objective)
    if problem.work is None:
        raise InputError([Problem("plan problem", "work", expected="work to exchange")])
    scope = (defaults or Defaults()).scope()
    search = _Search(problem, objective, read_effort(scope, gap=gap), seconds, scope)
    plan, bound = search.run()
    return finish_plan(plan, bound=bound, report=search.report, defaults=scope)


@dataclass
class _Search:
    """State of one search."""

    whole: PlanProblem
    objective: str
    effort: Effort
    seconds: float | None
    defaults: Defaults
    report: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.begun = perf_counter()
        some, first = without_needless(self.whole, self.objective)
        self.problem, second = without_dominated(some, self.objective)
        self.numbers = first[second]

    def left(self) -> float | None:
        """Return the seconds that are left; None without a limit."""
        return None if self.seconds is None else self.seconds - (perf_counter() - self.begun)

    def over(self) -> bool:
        left = self.left()
        return left is not None and left <= 0.0

    def run(self) -> tuple[Plan, float]:
        """Search; returns the best plan and the bound of the objective."""
        condensed = condense(self.problem, _work_of(self.problem), self.objective)
        condensed, relaxed = _linked(condensed)
        if relaxed is None:
            raise self._infeasible()
        choices = len(self.problem.unit)
        self.report |= {
            "choices_left": choices,
            "columns": len(condensed.terms),
            "rows": len(condensed.low),
            "bound_relaxed": _own(condensed, relaxed.value),
        }
        if choices <= self.effort.whole_choices:
            plan, bound = self._whole(condensed, self.numbers, self.effort.nodes)
            if plan is None and bound == math.inf:
                raise self._infeasible()
        else:
            plan, bound = self._by_blocks(condensed, relaxed)
        bound = max(bound, relaxed.value)
        self.report["seconds"] = perf_counter() - self.begun
        if plan is None:
            raise PlanError("no plan was found that keeps the limits; they may be too tight")
        return plan, _own(condensed, bound)

    def _whole(self, condensed: Condensed, numbers: Ints, nodes: int) -> tuple[Plan | None, float]:
        """Branch and bound over a model; again with less money where rounding passed a bound."""
        high = condensed.high
        bound: float | None = None
        for _ in range(_TRIES):
            found = solve_whole(
                condensed.terms, condensed.matrix, condensed.low, high, condensed.upper,
                condensed.integrality, gap=self.effort.gap, nodes=nodes,
                seconds=self.left(),
            )  # fmt: skip
            if bound is None:
                bound = proven_bound(found)
                self.report["nodes"] = self.report.get("nodes", 0) + int(found.mip_node_count or 0)
            if found.x is None:
                if self.whole.limits:
                    return None, math.inf if found.status == _INFEASIBLE else bound
                return self._nothing(), bound
            plan = self._plan(condensed, numbers, np.asarray(found.x, np.float64))
            if not violations(plan, defaults=self.defaults):
                return plan, bound
            size = np.maximum(1.0, np.abs(high))
            high = np.where(condensed.money, high - _TIGHTER * size, high)
        return (None if self.whole.limits else self._nothing()), -math.inf

    def _by_blocks(self, condensed: Condensed, relaxed: Relaxed) -> tuple[Plan | None, float]:
        """Search among the choices nearest to the relaxation, and prove by blocks."""
        effort = self.effort
        blocks = Blocks(condensed, BlockEffort(gap=effort.block_gap, nodes=effort.block_nodes))
        blocks.start(relaxed.prices)
        reduced = relaxed.reduced[: len(self.problem.unit)]
        order = np.argsort(reduced, kind="stable")
        near = max(effort.near_choices, math.ceil(effort.near_share * len(order)))
        best, value, bound = None, math.inf, blocks.bound
        while True:
            some = np.sort(order[:near])
            part = part_of(self.problem, some)
            small, _ = _linked(condense(part, _work_of(part), self.objective))
            nodes = effort.nodes if near >= len(order) else effort.near_nodes
            plan, proven = self._whole(small, self.numbers[some], nodes)
            # a plan with a choice that is left out loses at least its reduced cost
            left_out = (
                relaxed.value + float(reduced[order[near]]) if near < len(order) else math.inf
            )
            bound = max(bound, min(proven * small.scale / condensed.scale, left_out))
            if plan is not None and (reached := self._value(condensed, plan)) < value:
                best, value = plan, reached
            while blocks.rounds < effort.rounds and not self.over():
                if _gap(bound, value) <= effort.gap or not blocks.improve():
                    break
                bound = max(bound, blocks.bound)
            near *= _WIDER
            done = _gap(bound, value) <= effort.gap or near > effort.most_choices
            if done or near >= _WIDER * len(order) or self.over():
                break
        self.report |= {"rounds": blocks.rounds, "near_choices": len(some)}
        return best, bound

    def _infeasible(self) -> InputError:
        model = model_of(self.whole)
        return why_infeasible(model, model.matrix(), self.whole)

    def _value(self, condensed: Condensed, plan: Plan) -> float:
        total = evaluate(self.whole, plan.chosen, plan.chargers, plan.extensions, plan.assigned)
        return condensed.sign * total[self.objective] / condensed.scale

    def _plan(self, condensed: Condensed, numbers: Ints, solution: Floats) -> Plan:
        """Round the solver's numbers to a plan of the whole problem."""
        model = condensed.model
        places, kinds, years = model.chargers
        chosen = np.flatnonzero(solution[: model.choices] > 0.5)
        built = np.rint(solution[model.first_charger : model.first_work]).astype(np.int64)
        split = model.first_extension - model.first_charger
        first = condensed.first_work
        if condensed.integrality[first:].any():
            assigned = work_of_arcs(
                condensed, _work_of(self.problem), chosen, solution[first:] > 0.5
            )
            own = numbers[chosen]
        else:
            own = numbers[chosen]
            assigned = best_work(self.whole, _work_of(self.whole), self.objective, own)
        return Plan(
            self.whole, self.objective, np.sort(own), built[:split].reshape(places, kinds, years),
            built[split:].reshape(places, years), math.nan, math.nan, math.nan,
            "exchanged work", assigned=assigned,
        )  # fmt: skip

    def _nothing(self) -> Plan:
        """Return the plan of going on as today."""
        depots, years = self.whole.depots, self.whole.years
        places = (0, 0) if depots is None else (len(depots.names), len(depots.kinds))
        none = np.zeros(0, np.int64)
        return Plan(
            self.whole, self.objective, none, np.zeros((*places, years), np.int64),
            np.zeros((places[0], years), np.int64), math.nan, math.nan, math.nan,
            "exchanged work",
            assigned=best_work(self.whole, _work_of(self.whole), self.objective, none),
        )  # fmt: skip


def _linked(condensed: Condensed) -> tuple[Condensed, Relaxed | None]:
    """Return the model with the rows of whole chargers that its relaxation breaks."""
    links = charger_links(condensed)
    relaxed = solve_relaxed(condensed)
    for _ in range(_LINK_ROUNDS):
        if relaxed is None:
            break
        condensed, added = with_links(condensed, links, relaxed.solution)
        if not added:
            break
        relaxed = solve_relaxed(condensed)
    return condensed, relaxed


def _work_of(problem: PlanProblem) -> Work:
    assert problem.work is not None
    return problem.work


def _own(condensed: Condensed, value: float) -> float:
    """Return a value of the model in the objective's own numbers."""
    return condensed.sign * condensed.scale * value


def _gap(bound: float, value: float) -> float:
    if bound == value:
        return 0.0
    return abs(value - bound) / abs(value) if value else math.inf
