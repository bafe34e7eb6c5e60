"""The exact plan: a mixed-integer model solved by HiGHS, its plan checked by plain sums."""

from __future__ import annotations

import math
from dataclasses import replace
from time import perf_counter
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import Bounds, LinearConstraint, OptimizeResult, linear_sum_assignment, milp

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.plan.check import PlanError, check_objective, check_problem
from geofleet.plan.dominance import without_dominated
from geofleet.plan.evaluation import evaluate, violations
from geofleet.plan.infeasible import why_infeasible
from geofleet.plan.model import CHEAPEST, KEEP, Plan, PlanProblem, Work
from geofleet.plan.rows import Model, model_of

__all__ = ["finish_plan", "solve_exact"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_OPTIMAL, _INFEASIBLE = 0, 2
_LARGEST_TERM = 1000.0  # of the objective: HiGHS stops at a gap of 1e-6 in its own numbers
_TIGHTER = 4e-6  # above the solver's own tolerance of 1e-6 for whole numbers and rows
_TRIES = 3


def solve_exact(
    problem: PlanProblem,
    objective: str,
    *,
    gap: float | None = None,
    seconds: float | None = None,
    known: Plan | None = None,
    defaults: Defaults | None = None,
) -> Plan:
    """Return the best plan, proven by branch and bound.

    Parameters
    ----------
    problem
        What can be chosen.
    objective
        ``cost`` for as little as can be, any other measure for as much.
    gap, seconds
        Where the search may stop; default rows ``plan:exact.gap`` (``plan:exact.work_gap`` where
        work is exchanged) and ``plan:exact.seconds``. It stops after ``plan:exact.nodes`` too.
    known
        A plan of the same choices that keeps all limits; returned, with the bound that the search
        proved, where it finds none as good.
    defaults
        Where the rows are read.

    Returns
    -------
    Plan
        Its value is summed again from the choices, its bound is the solver's, and every bound of
        the problem is checked again. ``report["stopped"]`` says what ended the search: ``gap``
        (or all was searched), ``nodes`` or ``seconds``.

    Raises
    ------
    InputError
        A problem that does not hold together, or whose limits no plan can meet.
    PlanError
        No plan within nodes and time, or the solver's plan breaks a bound.

    Notes
    -----
    HiGHS by ``scipy.optimize.milp`` (Huangfu & Hall 2018, doi:10.1007/s12532-017-0130-5). It runs
    on one thread and counts nodes, so that it gives the same plan each time and on every machine.
    The seconds of the row are a last guard, far beyond what nodes take.
    """
    check_problem(problem)
    check_objective(problem, objective)
    scope = (defaults or Defaults()).scope()
    rows = CheckedRows(scope)
    stop = "exact.gap" if problem.work is None else "exact.work_gap"
    allowed = rows.number("plan", stop, 0.0, 1.0, "a share from 0 to 1")
    longest = rows.number("plan", "exact.seconds", 0.0, math.inf, "seconds above 0", above=True)
    nodes = rows.number("plan", "exact.nodes", 1.0, 1e9, "a number from 1 to 1e9")
    rows.finish()
    started = perf_counter()
    options = {
        "mip_rel_gap": allowed if gap is None else gap,
        "time_limit": longest if seconds is None else seconds,
        "node_limit": int(nodes),
    }
    whole, (problem, rest) = problem, without_dominated(problem, objective)
    model = model_of(problem)
    sign = 1.0 if objective == CHEAPEST else -1.0
    terms = sign * model.term(problem, objective)
    scale = float(np.abs(terms).max()) / _LARGEST_TERM if np.any(terms) else 1.0
    plan, result = _solve(
        model, problem, objective, terms / scale, options, scope, needed=known is None
    )
    if plan is not None:
        plan = replace(plan, problem=whole, chosen=rest[plan.chosen])
    plan = _better(plan, known, whole, objective)
    proven = result.mip_dual_bound
    bound = sign * scale * (-math.inf if proven is None else float(proven))
    report: dict[str, Any] = {
        "seconds": perf_counter() - started,
        "nodes": int(result.mip_node_count or 0),
        "choices_left": len(rest),
        "columns": model.size,
        "rows": len(model.names),
        "stopped": _stopped(result),
        "message": str(result.message),
    }
    return finish_plan(plan, bound=bound, report=report, defaults=scope)


def _solve(
    model: Model,
    problem: PlanProblem,
    objective: str,
    terms: Floats,
    options: dict[str, float],
    defaults: Defaults,
    *,
    needed: bool,
) -> tuple[Plan | None, OptimizeResult]:
    """Solve, and again with a little less money where rounding carried a sum over its bound."""
    matrix = model.matrix()
    high = np.array(model.high)
    first: OptimizeResult | None = None
    broken: list[str] = []
    for _ in range(_TRIES):
        rows = [LinearConstraint(matrix, np.array(model.low), high)] if len(high) else []
        result = milp(
            terms, integrality=model.integrality, bounds=Bounds(0.0, model.upper),
            constraints=rows, options=options,
        )  # fmt: skip
        if result.status == _INFEASIBLE:
            if first is None:
                raise why_infeasible(model, matrix, problem)
            break
        first = first or result
        if result.x is None and not needed:
            return None, first
        if result.x is None and (problem.work is not None or problem.limits):
            raise PlanError(f"no plan was found: {result.message}")
        plan = _plan_of(model, problem, objective, result)
        broken = violations(plan, defaults=defaults)
        if not broken:
            return plan, first
        money = np.array([name.startswith("budget") for name in model.names], bool)
        high = np.where(money, high - _TIGHTER * np.maximum(1.0, np.abs(high)), high)
    raise PlanError("the solver's plan breaks bounds: " + "; ".join(broken))


def _better(plan: Plan | None, known: Plan | None, problem: PlanProblem, objective: str) -> Plan:
    """Return the better of what was found and what was known; one of them is there."""
    if known is None:
        assert plan is not None
        return plan
    own = replace(known, problem=problem, objective=objective, method="exact")
    if plan is None:
        return own
    sign = 1.0 if objective == CHEAPEST else -1.0
    return own if sign * (_worth(own) - _worth(plan)) < 0.0 else plan


def _worth(plan: Plan) -> float:
    return evaluate(plan.problem, plan.chosen, plan.chargers, plan.extensions, plan.assigned)[
        plan.objective
    ]


def _stopped(result: OptimizeResult) -> str:
    """Say what ended a search."""
    if result.status == _OPTIMAL:
        return "gap"
    return "seconds" if "time limit" in str(result.message).lower() else "nodes"


def _plan_of(model: Model, problem: PlanProblem, objective: str, result: OptimizeResult) -> Plan:
    """Round the solver's numbers to a plan, and put up no more than what is used."""
    # where time ran out before any other was found: keeping every vehicle is a plan
    found = np.zeros(model.size) if result.x is None else result.x
    choices = found[: model.choices]
    chargers = np.rint(found[model.first_charger : model.first_extension]).astype(np.int64)
    steps = np.rint(found[model.first_extension : model.first_work]).astype(np.int64)
    places, kinds, years = model.chargers
    plan = Plan(
        problem,
        objective,
        np.flatnonzero(choices > 0.5),
        chargers.reshape(places, kinds, years),
        steps.reshape(places, years),
        math.nan,
        math.nan,
        math.nan,
        "exact",
    )
    if problem.work is not None:
        works = found[model.first_work : -1].reshape(model.works)
        plan = replace(plan, assigned=_assigned(problem, problem.work, objective, plan, works))
    return plan


def finish_plan(
    plan: Plan, *, bound: float, report: dict[str, Any], defaults: Defaults | None = None
) -> Plan:
    """Return a plan with its value summed again, its proven gap, and nothing put up in vain.

    Raises
    ------
    PlanError
        The plan breaks a bound, or is better than the bound that is said to be proven.
    """
    broken = violations(plan, defaults=defaults)
    if broken:
        raise PlanError(f"the {plan.method} plan breaks bounds: " + "; ".join(broken))
    lean = _lean(plan)
    if not violations(lean, defaults=defaults):
        plan = lean
    value = _worth(plan)
    ahead = bound - value if plan.objective == CHEAPEST else value - bound
    if ahead > 1e-6 * max(1.0, abs(value), abs(bound)):
        raise PlanError(f"the {plan.method} plan is worth {value:g}, its bound is {bound:g}")
    if ahead > 0.0:
        bound = value
    gap = 0.0 if bound == value else abs(bound - value) / abs(value) if value else math.inf
    return replace(plan, value=value, bound=bound, gap=gap, report=report)


def _lean(plan: Plan) -> Plan:
    """Take out choices that add nothing to the objective, chargers and steps that nobody uses."""
    problem, depots = plan.problem, plan.problem.depots
    chosen = plan.chosen
    if problem.work is None:
        chosen = chosen[problem.measures[plan.objective][chosen] != 0.0]
    if depots is None:
        return replace(plan, chosen=chosen)
    years = np.arange(problem.years)
    used = np.zeros(plan.chargers.shape)
    for choice in chosen[problem.kind[chosen] >= 0].tolist():
        place = problem.depot[problem.unit[choice]], problem.kind[choice]
        used[place] += problem.plugs[choice] * (years >= problem.year[choice])
    chargers = _no_more(plan.chargers, np.ceil(used - 1e-6 * np.maximum(1.0, used)))
    power = np.array([kind.power_w for kind in depots.kinds])
    drawn = np.einsum("k,dky->dy", power, np.cumsum(chargers, axis=2))
    short = np.maximum(drawn - np.asarray(depots.spare_w)[:, None], 0.0)
    if depots.step_w > 0.0:
        wanted = np.ceil(short / depots.step_w - 1e-6)
    else:
        wanted = np.zeros_like(short)
    return replace(
        plan, chosen=chosen, chargers=chargers, extensions=_no_more(plan.extensions, wanted)
    )


def _no_more(built: Ints, wanted: Floats) -> Ints:
    """Take away, last years first, what is built beyond what any later year wants."""
    left = built.copy()
    for year in range(built.shape[-1] - 1, -1, -1):
        spare = np.cumsum(left, axis=-1) - wanted.astype(np.int64)
        # what is to spare in this year and in all years after it
        left[..., year] -= np.clip(spare[..., year:].min(axis=-1), 0, left[..., year])
    return left


def _assigned(problem: PlanProblem, work: Work, objective: str, plan: Plan, works: Floats) -> Ints:
    """Who does which work: the solver's where it is whole, else the best for what is chosen."""
    duties = np.unique(work.duty)
    assigned = np.zeros((len(duties), problem.years), np.int64)
    taken = {int(problem.unit[choice]): choice for choice in plan.chosen.tolist()}
    operator = problem.units["operator_id"].to_numpy()[work.duty]
    sign = 1.0 if objective == CHEAPEST else -1.0
    for year in range(problem.years):
        now = np.array(
            [
                option == _state_of(problem, taken.get(unit), year)
                for unit, option in zip(work.unit.tolist(), work.option.tolist(), strict=True)
            ],
            bool,
        )
        share = works[:, year]
        whole = bool(
            (np.abs(share - np.rint(share)) < 1e-6).all() and not (share > 0.5)[~now].any()
        )
        for name in dict.fromkeys(operator.tolist()):
            rows = np.flatnonzero(now & (operator == name))
            mine = rows[share[rows] > 0.5]
            if not whole:
                mine = _best_work(work, rows, sign * work.measures[objective])
            assigned[np.searchsorted(duties, work.duty[mine]), year] = mine
    return assigned


def _state_of(problem: PlanProblem, choice: int | None, year: int) -> str:
    if choice is None or problem.year[choice] > year:
        return KEEP
    return str(problem.option[choice])


def _best_work(work: Work, rows: Ints, price: Floats) -> Ints:
    """Solve the assignment of duties to vehicles that are what the rows say."""
    duties, duty = np.unique(work.duty[rows], return_inverse=True)
    units, unit = np.unique(work.unit[rows], return_inverse=True)
    table = np.full((len(duties), len(units)), np.inf)
    table[duty, unit] = price[rows]
    number = np.full(table.shape, -1, np.int64)
    number[duty, unit] = rows
    first, second = linear_sum_assignment(table)
    best: Ints = number[first, second]
    return best
