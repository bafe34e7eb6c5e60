"""The best plan by trying every one: written from the words of the problem, not from the model."""

from __future__ import annotations

import itertools
import math

import numpy as np

from geofleet.plan.model import PlanProblem


def every_choice(problem: PlanProblem):
    """Yield every way to give each vehicle one choice or none."""
    mine = [
        [None, *np.flatnonzero(problem.unit == unit).tolist()] for unit in range(len(problem.units))
    ]
    for taken in itertools.product(*mine):
        yield [choice for choice in taken if choice is not None]


def every_building(problem: PlanProblem, most: int):
    """Yield every way to put up to ``most`` chargers of each kind, and extensions, in any year."""
    depots = problem.depots
    if depots is None:
        yield {}, {}
        return
    places = [
        (depot, kind, year)
        for depot in range(len(depots.names))
        for kind in range(len(depots.kinds))
        for year in range(problem.years)
    ]
    steps = [(depot, year) for depot in range(len(depots.names)) for year in range(problem.years)]
    for numbers in itertools.product(range(most + 1), repeat=len(places)):
        for counts in itertools.product(range(depots.most_steps + 1), repeat=len(steps)):
            yield dict(zip(places, numbers, strict=True)), dict(zip(steps, counts, strict=True))


def allowed(problem: PlanProblem, taken, chargers, steps) -> bool:
    """Say whether the plan keeps every bound, by the words of the contract."""
    years = range(problem.years)
    depots = problem.depots
    spent = [sum(problem.spend[c] for c in taken if problem.year[c] == year) for year in years]
    for (_, kind, year), number in chargers.items():
        spent[year] += number * depots.kinds[kind].spend[year]
    for (_, year), number in steps.items():
        spent[year] += number * depots.step_spend[year]
    for year in years:
        if problem.carry_over:
            spent_by_now, there = sum(spent[: year + 1]), sum(problem.budget[: year + 1])
        else:
            spent_by_now, there = spent[year], problem.budget[year]
        if spent_by_now > there + 1e-9:
            return False
    total = sum(problem.spend[c] for c in taken)
    for floor in problem.floors:
        got = sum(problem.spend[c] for c in taken if floor.members[problem.unit[c]])
        if got < floor.share * total - 1e-9:
            return False
    if depots is not None:
        for depot in range(len(depots.names)):
            if sum(n for (d, _), n in steps.items() if d == depot) > depots.most_steps:
                return False
            for kind, each in enumerate(depots.kinds):
                if (
                    sum(n for (d, k, _), n in chargers.items() if (d, k) == (depot, kind))
                    > each.most
                ):
                    return False
            for year in years:
                drawn = 0.0
                for kind, each in enumerate(depots.kinds):
                    there = sum(
                        n
                        for (d, k, y), n in chargers.items()
                        if (d, k) == (depot, kind) and y <= year
                    )
                    used = sum(
                        problem.plugs[c]
                        for c in taken
                        if problem.kind[c] == kind
                        and problem.depot[problem.unit[c]] == depot
                        and problem.year[c] <= year
                    )
                    if used > there + 1e-9:
                        return False
                    drawn += there * each.power_w
                has = depots.spare_w[depot] + depots.step_w * sum(
                    n for (d, y), n in steps.items() if d == depot and y <= year
                )
                if drawn > has + 1e-6:
                    return False
    for limit in problem.limits:
        value = worth(problem, limit.measure, taken, chargers, steps)
        if not limit.least - 1e-9 <= value <= limit.most + 1e-9:
            return False
    return True


def worth(problem: PlanProblem, measure: str, taken, chargers, steps) -> float:
    """Sum a measure."""
    value = sum(problem.measures[measure][c] for c in taken)
    if measure == "cost" and problem.depots is not None:
        value += sum(n * problem.depots.kinds[k].cost[y] for (_, k, y), n in chargers.items())
        value += sum(n * problem.depots.step_cost[y] for (_, y), n in steps.items())
    return float(value)


def best_value(problem: PlanProblem, objective: str, *, most: int = 2) -> float:
    """Return the best value of all plans; NaN where none is allowed."""
    best = math.nan
    buildings = list(every_building(problem, most))
    for taken in every_choice(problem):
        for chargers, steps in buildings:
            value = worth(problem, objective, taken, chargers, steps)
            better = value < best if objective == "cost" else value > best
            if (math.isnan(best) or better) and allowed(problem, taken, chargers, steps):
                best = value
    return best
