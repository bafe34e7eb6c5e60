"""Search of a plan at scale: prices, offers, a plan in whole numbers, and the gap that is left."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.plan.check import PlanError, check_objective, check_problem
from geofleet.plan.evaluation import evaluate, violations
from geofleet.plan.large.blocks import Effort as DepotEffort
from geofleet.plan.large.blocks import split_depots
from geofleet.plan.large.case import Case, read_case
from geofleet.plan.large.draft import Draft, draft_worth, keeps_shared, missed, nothing
from geofleet.plan.large.duals import Duals, Priced, first_duals, price_out
from geofleet.plan.large.master import Master
from geofleet.plan.large.polish import Polisher
from geofleet.plan.large.settings import Effort, read_effort
from geofleet.plan.large.start import start_prices
from geofleet.plan.model import Plan, PlanProblem

__all__ = ["solve_large"]

_TOWARDS = 0.7  # of the way from the best prices to those of the mixture
_MOST_ROUNDS = 60
_HARDER, _WIDER = 10, 2  # nodes and choices of each level against the one before
_WIDEST, _WIDE, _NARROWEST = 0.3, 0.08, 0.02


def solve_large(
    problem: PlanProblem,
    objective: str,
    *,
    gap: float | None = None,
    seconds: float | None = None,
    seed: int = 0,
    defaults: Defaults | None = None,
) -> Plan:
    """Return a plan for a case beyond the exact model, with a proven gap.

    Money, floors and limits are taken into the objective at prices (Lagrangian relaxation), so
    that the rest falls apart into depots and vehicles; prices come from a master that mixes what
    they offer (column generation after Dantzig and Wolfe, 1960; Geoffrion, 1974). Depots up to a
    size are solved in whole numbers, which makes the bound tighter than that of divisible
    chargers. The offers are then mixed in whole numbers, and parts of the plan solved anew.

    Parameters
    ----------
    problem
        Choices and bounds; without reassignment of work.
    objective
        Measure to make large, or ``cost`` to make small.
    gap
        Stop when the plan is proven to be this near to the best, as a share of its value; the row
        ``plan:large.gap`` unless given.
    seconds
        Stop improving after this time. Without it the same input gives the same plan everywhere.
    seed
        Of the order in which parts are solved anew.
    defaults
        Where the settings are read.

    Returns
    -------
    Plan
        Checked against every bound; ``bound`` holds whether or not the gap was reached.

    Raises
    ------
    InputError
        A problem that cannot be solved as it stands.
    PlanError
        No plan that keeps all bounds was found, or none can exist.
    """
    check_problem(problem)
    check_objective(problem, objective)
    if problem.work is not None:
        raise InputError([Problem(
            "plan problem", "work", value=f"{len(problem.work.duty)} rows",
            expected="no reassignment at scale; solve it exactly, or without_work(problem)",
        )])  # fmt: skip
    rows = (defaults or Defaults()).scope()
    effort = read_effort(rows, gap=gap)
    search = _Search(read_case(problem, objective), effort, seconds=seconds, seed=seed)
    with ThreadPoolExecutor(effort.threads) as executor:
        draft, bound = search.run(executor)
    return _plan(search, draft, bound, rows)


@dataclass
class _Search:
    """State of one search: best bound so far, and the prices that proved it."""

    case: Case
    effort: Effort
    seconds: float | None
    seed: int
    report: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.begun = time.perf_counter()
        self.begun_cpu = time.process_time()

    def left(self) -> float | None:
        """Return the seconds that are left; None without a limit."""
        if self.seconds is None:
            return None
        return self.seconds - (time.perf_counter() - self.begun)

    def over(self) -> bool:
        left = self.left()
        return left is not None and left <= 0.0

    def run(self, executor: ThreadPoolExecutor) -> tuple[Draft, float]:
        """Search; returns the best plan and the least bound, scaled."""
        case, effort = self.case, self.effort
        blocks, larger, place = split_depots(case, vehicles=effort.block_vehicles)
        shared, start_rounds = start_prices(case, rounds=effort.start_rounds)
        master = Master(
            case,
            larger,
            [block.depot for block in blocks],
            np.zeros(len(case.unit), np.bool_),
            place != -2,
        )

        def price(duals: Duals, level: int | None) -> Priced:
            depot = DepotEffort(
                relaxed=level is None, gap=effort.block_gap,
                nodes=effort.block_nodes * _HARDER ** (level or 0),
                columns=effort.block_columns * _WIDER ** (level or 0),
            )  # fmt: skip
            return price_out(
                case, duals, blocks=blocks, larger=larger, place=place, effort=depot,
                executor=executor,
            )  # fmt: skip

        best, rounds = self._converge(
            master, first_duals(case, shared, larger), partial(price, level=None),
            effort.relaxed_rounds, close=(0.2 if blocks else 0.1) * effort.gap, width=_WIDEST,
        )  # fmt: skip
        rounds += start_rounds
        self.report |= {"bound_divisible": best.bound, "blocks": len(blocks),
                        "larger_depots": len(larger)}  # fmt: skip
        master.forget_mixtures()
        draft, parts = None, 0
        for level in range(effort.levels):
            if blocks:
                whole, more = self._converge(
                    master, best.duals, partial(price, level=level), effort.whole_rounds,
                    close=0.3 * effort.gap, width=_WIDE,
                )  # fmt: skip
                best, rounds = whole if whole.bound <= best.bound else best, rounds + more
            draft, more = self._whole_plan(master, best, draft, level)
            parts += more
            self.report |= {"rounds": rounds, "parts": parts, "levels": level + 1}
            if self._gap(draft, best.bound) <= effort.gap or self.over():
                break
        assert draft is not None
        if missed(case, draft):
            raise PlanError("no plan was found that reaches the limits; they may be too tight")
        return draft, best.bound

    def _converge(
        self, master: Master, duals: Duals, price: Callable[[Duals], Priced], rounds: int,
        *, close: float, width: float,
    ) -> tuple[Priced, int]:  # fmt: skip
        """Price and mix in turn until mixture and bound agree to a share ``close``."""
        best: Priced | None = None
        done = 0
        while done < rounds:
            done += 1
            priced = price(duals)
            master.offer(priced)
            if best is None or priced.bound < best.bound:
                best = priced
            else:
                width = max(0.5 * width, _NARROWEST)
            mixed = master.relaxed()
            if mixed is None or self.over():
                break
            if best.bound - mixed[0] <= close * abs(best.bound):
                break
            near = mixed
            if mixed[2]:
                # Nothing offered so far keeps a limit: ask at the prices of missing it.
                duals, rounds = mixed[1], min(rounds + 1, _MOST_ROUNDS)
                continue
            if best.duals.shared.any():
                near = master.relaxed(around=best.duals.shared, width=width) or mixed
            duals = best.duals.towards(near[1], _TOWARDS)
        assert best is not None
        return best, done

    def _whole_plan(
        self, master: Master, best: Priced, before: Draft | None, level: int
    ) -> tuple[Draft, int]:
        """Mix offers in whole numbers, then improve until the gap is reached."""
        case, effort = self.case, self.effort
        polisher = Polisher(
            case, best.duals.shared, vehicles=effort.part_vehicles,
            columns=effort.part_columns * _WIDER**level, gap=0.1 * effort.gap,
            nodes=effort.nodes, seed=self.seed + level,
        )  # fmt: skip
        mixed = master.whole(
            best, columns=max(effort.columns, 2 * len(case.units)),
            gap=(0.5 if len(master.larger) else 0.2) * effort.gap,
            nodes=effort.nodes if not len(master.larger) else 1 + level,
            enough=effort.gap, seconds=self.left(),
        )  # fmt: skip
        draft = before
        if mixed is not None and keeps_shared(case, mixed):
            mixed = polisher.fill(mixed)
            if before is None or draft_worth(case, mixed) > draft_worth(case, before):
                draft = mixed
        draft = polisher.fill(nothing(case)) if draft is None else draft
        self.report.setdefault("gap_mixed", self._gap(draft, best.bound))
        parts = 0
        while parts < effort.part_rounds and not self.over():
            if self._gap(draft, best.bound) <= effort.gap or polisher.exhausted():
                break
            draft = polisher.improve(draft, seconds=self.left())
            parts += 1
        return draft, parts

    def _gap(self, draft: Draft, bound: float) -> float:
        value = draft_worth(self.case, draft)
        return _share(bound, value)


def _share(bound: float, value: float) -> float:
    """Distance of the bound as a share of the value."""
    if bound == value:
        return 0.0
    return abs(bound - value) / abs(value) if value else float("inf")


def _plan(search: _Search, draft: Draft, bound: float, rows: Defaults) -> Plan:
    """Return the plan in the problem's own numbers, checked."""
    case, problem = search.case, search.case.problem
    chosen = np.sort(case.order[draft.taken[draft.taken >= 0]])
    value = evaluate(problem, chosen, draft.chargers, draft.steps)[case.objective]
    own_bound = case.sign * case.scale * bound
    own_bound = min(own_bound, value) if case.sign < 0.0 else max(own_bound, value)
    plan = Plan(
        problem=problem, objective=case.objective, chosen=chosen, chargers=draft.chargers,
        extensions=draft.steps, value=value, bound=own_bound, gap=_share(own_bound, value),
        method="column generation",
        report={
            **search.report,
            "bound_divisible": case.sign * case.scale * search.report["bound_divisible"],
            "seconds": time.perf_counter() - search.begun,
            "cpu_seconds": time.process_time() - search.begun_cpu,
        },
    )  # fmt: skip
    broken = violations(plan, defaults=rows)
    if broken:
        raise PlanError("the plan found breaks a bound: " + "; ".join(broken))
    return plan
