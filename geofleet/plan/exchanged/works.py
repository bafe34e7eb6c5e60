"""Who does which work in a plan whose choices are made."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from geofleet.plan.exchanged.condensed import Condensed
from geofleet.plan.model import CHEAPEST, KEEP, PlanProblem, Work

__all__ = ["best_work", "work_of_arcs"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def best_work(problem: PlanProblem, work: Work, objective: str, chosen: Ints) -> Ints:
    """Return the best row of work of each duty and year (duties, years) for given choices.

    An assignment problem for every operator and every year in which a vehicle of it changes.

    Parameters
    ----------
    problem, work
        Checked.
    objective
        What the work is to be best in.
    chosen
        Numbers of the choices taken.

    Raises
    ------
    ValueError
        With these choices not all work can be done.
    """
    duties = np.unique(work.duty)
    worth = work.measures[objective] * (1.0 if objective == CHEAPEST else -1.0)
    rows = _rows_by_state(work)
    operator = problem.units["operator_id"].to_numpy(object)
    taken = {int(problem.unit[choice]): choice for choice in chosen.tolist()}
    assigned = np.zeros((len(duties), problem.years), np.int64)
    members: dict[object, list[int]] = {}
    for unit in duties.tolist():
        members.setdefault(operator[unit], []).append(unit)
    for units in members.values():
        mine = np.searchsorted(duties, units)
        changes = {int(problem.year[taken[unit]]) for unit in units if unit in taken}
        starts = sorted({0} | changes)
        for start, end in zip(starts, [*starts[1:], problem.years], strict=True):
            found = _best(work, worth, rows, units, _options(problem, taken, units, start))
            assigned[mine, start:end] = found[:, None]
    return assigned


def work_of_arcs(
    condensed: Condensed, work: Work, chosen: Ints, does: npt.NDArray[np.bool_]
) -> Ints:
    """Return rows of work (duties, years) of arcs that are in use, vehicle by vehicle.

    Vehicles of one state do its duties in the order of their numbers.
    """
    problem, states = condensed.problem, condensed.states
    duties = np.unique(work.duty)
    assigned = np.zeros((len(duties), problem.years), np.int64)
    taken = {int(problem.unit[choice]): choice for choice in chosen.tolist()}
    row_of = {
        key: row
        for row, key in enumerate(
            zip(work.duty.tolist(), work.unit.tolist(), work.option.tolist(), strict=True)
        )
    }
    for year in range(problem.years):
        options = _options(problem, taken, duties.tolist(), year)
        waiting: dict[int, list[tuple[int, str]]] = {}
        for unit, option in zip(duties.tolist(), options, strict=True):
            made = option != KEEP
            state = states.reached[taken[unit]] if made else states.kept[unit]
            waiting.setdefault(int(state), []).append((unit, option))
        now = does & (condensed.start <= year) & (year < condensed.end)
        for arc in condensed.arc[now].tolist():
            unit, option = waiting[int(states.arc_state[arc])].pop(0)
            duty = int(states.arc_duty[arc])
            assigned[np.searchsorted(duties, duty), year] = row_of[duty, unit, option]
    return assigned


def _options(problem: PlanProblem, taken: dict[int, int], units: list[int], year: int) -> list[str]:
    """Return what units are in a year."""
    return [
        str(problem.option[taken[unit]])
        if unit in taken and problem.year[taken[unit]] <= year
        else KEEP
        for unit in units
    ]


def _rows_by_state(work: Work) -> dict[tuple[int, str], Ints]:
    rows: dict[tuple[int, str], list[int]] = {}
    for row, key in enumerate(zip(work.unit.tolist(), work.option.tolist(), strict=True)):
        rows.setdefault(key, []).append(row)
    return {key: np.array(mine, np.int64) for key, mine in rows.items()}


def _best(
    work: Work, worth: Floats, rows: dict[tuple[int, str], Ints], units: list[int],
    options: list[str],
) -> Ints:  # fmt: skip
    """Return the row of each duty of one operator, duties in the order of units."""
    price = np.full((len(units), len(units)), np.inf)
    number = np.full(price.shape, -1, np.int64)
    for column, key in enumerate(zip(units, options, strict=True)):
        mine = rows.get(key, np.zeros(0, np.int64))
        place = np.searchsorted(units, work.duty[mine])
        price[place, column], number[place, column] = worth[mine], mine
    first, second = linear_sum_assignment(price)
    best: Ints = number[first, second]
    return best
