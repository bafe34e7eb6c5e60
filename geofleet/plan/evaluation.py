"""What a set of choices is worth, and which bounds it breaks: plain sums, apart from any solver."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from geofleet.defaults import Defaults
from geofleet.plan.model import CHEAPEST, KEEP, Depots, Plan, PlanProblem, Work

__all__ = ["evaluate", "part_of", "public_money", "violations", "without_work"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def evaluate(
    problem: PlanProblem,
    chosen: Ints,
    chargers: Ints,
    extensions: Ints,
    assigned: Ints | None = None,
) -> dict[str, float]:
    """Return each measure summed over choices, chargers, extensions and work done by others.

    Parameters
    ----------
    problem
        Gives what each choice is worth.
    chosen
        Numbers of the choices taken.
    chargers, extensions
        Put up, (depots, kinds, years) and (depots, years).
    assigned
        Rows of work, (duties, years); None where each vehicle does its own.
    """
    work = problem.work if assigned is not None else None
    shared = set(work.unit.tolist()) if work is not None else set()
    totals = {}
    for name, values in problem.measures.items():
        parts = []
        for choice in chosen.tolist():
            own = work is None or problem.unit[choice] not in shared
            parts.append(values[choice] if own or work is None else work.fixed[name][choice])
        if work is not None and assigned is not None:
            for year in range(problem.years):
                for row in assigned[:, year].tolist():
                    parts.append(work.weights[name][year] * work.measures[name][row])
        if name == CHEAPEST and problem.depots is not None:
            parts += _built(problem.depots, chargers, extensions, public=False)
        totals[name] = math.fsum(parts)
    return totals


def public_money(problem: PlanProblem, chosen: Ints, chargers: Ints, extensions: Ints) -> Floats:
    """Return the public money of each year (years,)."""
    spent = [[0.0] for _ in range(problem.years)]
    for choice in chosen.tolist():
        spent[problem.year[choice]].append(float(problem.spend[choice]))
    if problem.depots is not None:
        for year in range(problem.years):
            only = np.arange(problem.years) == year
            spent[year] += _built(problem.depots, chargers * only, extensions * only, public=True)
    return np.array([math.fsum(parts) for parts in spent])


def _built(depots: Depots, chargers: Ints, extensions: Ints, *, public: bool) -> list[float]:
    """Money of chargers and extensions, each term apart."""
    parts = []
    for place in range(len(depots.names)):
        for number, kind in enumerate(depots.kinds):
            each = kind.spend if public else kind.cost
            parts += (chargers[place, number] * each).tolist()
        parts += (extensions[place] * (depots.step_spend if public else depots.step_cost)).tolist()
    return parts


def violations(plan: Plan, *, defaults: Defaults | None = None) -> list[str]:
    """Return in words every bound that a plan breaks; nothing where it keeps them all.

    Sums are taken again from the choices; how far rounding may carry them is in the rows
    ``plan:tolerance.money`` and ``plan:tolerance.other``.
    """
    rows = (defaults or Defaults()).scope()
    money = rows.number("plan", "tolerance.money")
    other = rows.number("plan", "tolerance.other")
    return [
        *_broken_choices(plan),
        *_broken_budget(plan, money),
        *_broken_depots(plan, other),
        *_broken_bounds(plan, other),
        *_broken_work(plan),
    ]


def _broken_choices(plan: Plan) -> list[str]:
    problem, chosen = plan.problem, plan.chosen
    found = []
    if len(chosen) and (chosen.min() < 0 or chosen.max() >= len(problem.unit)):
        return ["choices that do not exist"]
    for unit, times in Counter(problem.unit[chosen].tolist()).items():
        if times > 1:
            found.append(f"vehicle {problem.units['vehicle_id'].iloc[unit]} has {times} choices")
    if problem.work is not None and plan.assigned is None and not problem.work.alone[chosen].all():
        found.append("a choice that cannot do the work of its own vehicle, with no work assigned")
    return found


def _broken_budget(plan: Plan, tolerance: float) -> list[str]:
    problem = plan.problem
    spent = public_money(problem, plan.chosen, plan.chargers, plan.extensions)
    most = np.asarray(problem.budget, np.float64)
    if problem.carry_over:
        spent, most = np.cumsum(spent), np.cumsum(most)
    return [
        f"year {year}: {spent[year]:.2f} of public money, {most[year]:.2f} there"
        for year in range(problem.years)
        if spent[year] > most[year] * (1.0 + tolerance)
    ]


def _broken_depots(plan: Plan, tolerance: float) -> list[str]:
    problem, depots = plan.problem, plan.problem.depots
    if depots is None:
        return []
    found = []
    if (plan.chargers < 0).any() or (plan.extensions < 0).any():
        found.append("fewer than no chargers or extensions")
    for place, name in enumerate(depots.names):
        mine = plan.chosen[problem.depot[problem.unit[plan.chosen]] == place]
        there = plan.chargers[place].cumsum(axis=1)
        steps = plan.extensions[place].cumsum()
        if steps[-1] > depots.most_steps:
            found.append(f"depot {name}: {steps[-1]} extensions, {depots.most_steps} possible")
        for number, kind in enumerate(depots.kinds):
            if there[number, -1] > kind.most:
                found.append(f"depot {name}: {there[number, -1]} of {kind.name}, {kind.most} fit")
        for year in range(problem.years):
            drawn = sum(
                float(kind.power_w * there[number, year])
                for number, kind in enumerate(depots.kinds)
            )
            has = float(depots.spare_w[place] + depots.step_w * steps[year])
            if drawn > has * (1.0 + tolerance):
                found.append(f"depot {name}, year {year}: {drawn:.0f} W drawn of {has:.0f} W")
            for number, kind in enumerate(depots.kinds):
                using = mine[(problem.kind[mine] == number) & (problem.year[mine] <= year)]
                used = math.fsum(problem.plugs[using].tolist())
                if used > there[number, year] + tolerance * max(1.0, used):
                    found.append(
                        f"depot {name}, year {year}: {used:g} of {kind.name} in use, "
                        f"{there[number, year]} there"
                    )
    return found


def _broken_bounds(plan: Plan, tolerance: float) -> list[str]:
    problem = plan.problem
    found = []
    total = math.fsum(problem.spend[plan.chosen].tolist())
    for floor in problem.floors:
        members = plan.chosen[floor.members[problem.unit[plan.chosen]]]
        got = math.fsum(problem.spend[members].tolist())
        if got < floor.share * total - tolerance * total:
            found.append(f"floor {floor.name}: {got:.2f} of {total:.2f}, not {floor.share:.0%}")
    totals = evaluate(problem, plan.chosen, plan.chargers, plan.extensions, plan.assigned)
    for limit in problem.limits:
        value = totals[limit.measure]
        slack = tolerance * max(1.0, _size(problem, limit.measure))
        if value > limit.most + slack or value < limit.least - slack:
            found.append(
                f"limit {limit.measure}: {value:g}, not from {limit.least:g} to {limit.most:g}"
            )
    return found


def _size(problem: PlanProblem, measure: str) -> float:
    """Largest single term of a measure: what rounding is measured by."""
    values = np.abs(problem.measures[measure])
    return float(values.max()) if len(values) else 0.0


def _broken_work(plan: Plan) -> list[str]:
    problem, work = plan.problem, plan.problem.work
    if plan.assigned is None:
        return []
    if work is None:
        return ["work assigned that the problem does not know"]
    duties = np.unique(work.duty)
    if plan.assigned.shape != (len(duties), problem.years):
        return [f"work assigned of shape {plan.assigned.shape}"]
    found = []
    taken = {int(problem.unit[choice]): choice for choice in plan.chosen.tolist()}
    for year in range(problem.years):
        rows = plan.assigned[:, year]
        if not np.array_equal(work.duty[rows], duties):
            found.append(f"year {year}: work that nobody does")
        if len(np.unique(work.unit[rows])) < len(rows):
            found.append(f"year {year}: a vehicle that does the work of two")
        for row in rows.tolist():
            choice = taken.get(int(work.unit[row]))
            made = choice is not None and problem.year[choice] <= year
            now = problem.option[choice] if choice is not None and made else KEEP
            if work.option[row] != now:
                vehicle = problem.units["vehicle_id"].iloc[work.unit[row]]
                found.append(f"year {year}: {vehicle} works as {work.option[row]} but is {now}")
    return found


def without_work(problem: PlanProblem) -> PlanProblem:
    """Return the problem in which every vehicle does its own work, without what cannot."""
    work: Work | None = problem.work
    if work is None:
        return problem
    return replace(part_of(problem, np.flatnonzero(work.alone)), work=None)


def part_of(problem: PlanProblem, choices: Ints) -> PlanProblem:
    """Return the problem with some of its choices only, in the order given."""
    work = problem.work
    if work is not None:
        fixed = {name: values[choices] for name, values in work.fixed.items()}
        work = replace(work, fixed=fixed, alone=work.alone[choices])
    return replace(
        problem,
        unit=problem.unit[choices],
        year=problem.year[choices],
        option=problem.option[choices],
        measures={name: values[choices] for name, values in problem.measures.items()},
        spend=problem.spend[choices],
        plugs=problem.plugs[choices],
        kind=problem.kind[choices],
        work=work,
    )
