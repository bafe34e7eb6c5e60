"""The rows of the mixed-integer model: what a PlanProblem asks, as sparse inequalities."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from scipy import sparse

from geofleet.plan.model import CHEAPEST, KEEP, Depots, PlanProblem, Work

__all__ = ["Model", "model_of"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Key = TypeVar("Key", bound=Hashable)


@dataclass
class Model:
    """A mixed-integer model under construction: columns, bounds and rows.

    Columns are, in this order: choices, chargers (depot, kind, year), extensions (depot, year),
    rows of work (row, year). Every row is scaled to a largest coefficient of one, so that the
    solver's tolerances mean the same for money and for plugs.
    """

    choices: int
    chargers: tuple[int, int, int]
    works: tuple[int, int]
    upper: Floats = field(init=False)
    integrality: npt.NDArray[np.uint8] = field(init=False)
    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    _columns: list[Ints] = field(default_factory=list)
    _values: list[Floats] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Make room for all columns; choices are yes or no, chargers whole numbers."""
        self.upper = np.ones(self.size)
        self.upper[-1] = 0.0
        self.integrality = np.ones(self.size, np.uint8)

    @property
    def first_charger(self) -> int:
        """Column of the first charger."""
        return self.choices

    @property
    def first_extension(self) -> int:
        """Column of the first extension."""
        return self.choices + math.prod(self.chargers)

    @property
    def first_work(self) -> int:
        """Column of the first row of work."""
        return self.first_extension + self.chargers[0] * self.chargers[2]

    @property
    def size(self) -> int:
        """Number of columns, with an idle last one: solvers refuse a model of none."""
        return self.first_work + math.prod(self.works) + 1

    def charger(self, depot: int, kind: int) -> Ints:
        """Columns of the chargers of a kind at a depot, by year."""
        _, kinds, years = self.chargers
        return self.first_charger + (depot * kinds + kind) * years + np.arange(years)

    def extension(self, depot: int) -> Ints:
        """Columns of the extensions of a depot, by year."""
        years = self.chargers[2]
        return self.first_extension + depot * years + np.arange(years)

    def work(self, rows: Ints, year: int) -> Ints:
        """Columns of rows of work in a year."""
        return self.first_work + rows * self.works[1] + year

    def add(self, name: str, columns: Ints, values: Floats, low: float, high: float) -> None:
        """Ask low <= Σ values × columns <= high; a row that asks nothing is left out."""
        if math.isinf(low) and math.isinf(high):
            return
        scale = float(np.abs(values).max()) if len(values) else 0.0
        if scale == 0.0:
            scale = 1.0
        self.names.append(name)
        self._columns.append(np.asarray(columns, np.int64))
        self._values.append(np.asarray(values, np.float64) / scale)
        self.low.append(low / scale)
        self.high.append(high / scale)

    def matrix(self) -> sparse.csr_array:
        """Return all rows."""
        lengths = np.array([len(columns) for columns in self._columns], np.int64)
        starts = np.concatenate([[0], np.cumsum(lengths)])
        columns = np.concatenate([np.zeros(0, np.int64), *self._columns])
        values = np.concatenate([np.zeros(0), *self._values])
        matrix = sparse.csr_array((values, columns, starts), shape=(len(lengths), self.size))
        matrix.sum_duplicates()
        return matrix

    def term(self, problem: PlanProblem, measure: str) -> Floats:
        """Return what every column adds to a measure."""
        work = problem.work
        values = np.zeros(self.size)
        values[: self.choices] = problem.measures[measure]
        if measure == CHEAPEST and problem.depots is not None:
            kinds, years = problem.depots.kinds, problem.years
            for depot in range(len(problem.depots.names)):
                for kind, each in enumerate(kinds):
                    values[self.charger(depot, kind)] = each.cost
                values[self.extension(depot)] = problem.depots.step_cost[:years]
        if work is not None:
            inside = np.isin(problem.unit, work.unit)
            values[: self.choices][inside] = work.fixed[measure][inside]
            rows = np.arange(len(work.duty))
            for year in range(problem.years):
                weight = work.weights[measure][year]
                values[self.work(rows, year)] = weight * work.measures[measure]
        return values


def model_of(problem: PlanProblem) -> Model:
    """Return the model of a problem that has been checked."""
    depots, years = problem.depots, problem.years
    places = (0, 0, years)
    if depots is not None:
        places = (len(depots.names), len(depots.kinds), years)
    works = (len(problem.work.duty) if problem.work is not None else 0, years)
    model = Model(len(problem.unit), places, works)
    _one_choice(model, problem)
    _budget(model, problem)
    if depots is not None:
        _depots(model, problem, depots)
    _floors(model, problem)
    for limit in problem.limits:
        values = model.term(problem, limit.measure)
        columns = np.flatnonzero(values)
        model.add(f"limit {limit.measure}", columns, values[columns], limit.least, limit.most)
    if problem.work is not None:
        _work(model, problem, problem.work)
    return model


def _one_choice(model: Model, problem: PlanProblem) -> None:
    order = np.argsort(problem.unit, kind="stable")
    ends = np.flatnonzero(np.diff(problem.unit[order])) + 1
    for columns in np.split(order, ends):
        if len(columns) > 1:
            model.add("one choice", columns, np.ones(len(columns)), -math.inf, 1.0)


def _budget(model: Model, problem: PlanProblem) -> None:
    """Money of each year, or all money up to it where what is left is kept."""
    budget = np.asarray(problem.budget, np.float64)
    money = np.zeros(model.size)
    money[: model.choices] = problem.spend
    when = np.zeros(model.size, np.int64)
    when[: model.choices] = problem.year
    depots = problem.depots
    if depots is not None:
        for depot in range(len(depots.names)):
            for kind, each in enumerate(depots.kinds):
                columns = model.charger(depot, kind)
                money[columns], when[columns] = each.spend, np.arange(problem.years)
            columns = model.extension(depot)
            money[columns], when[columns] = depots.step_spend, np.arange(problem.years)
    costly = money > 0.0
    for year in range(problem.years):
        most = float(budget[: year + 1].sum()) if problem.carry_over else float(budget[year])
        then = when <= year if problem.carry_over else when == year
        columns = np.flatnonzero(costly & then)
        if len(columns):
            model.add(f"budget {year}", columns, money[columns], -math.inf, most)


def _depots(model: Model, problem: PlanProblem, depots: Depots) -> None:
    place = np.where(problem.kind >= 0, problem.depot[problem.unit], -1)
    years = problem.years
    model.upper[model.first_charger : model.first_work] = 0.0
    for depot in np.unique(place[place >= 0]).tolist():
        mine = np.flatnonzero(place == depot)
        drawn: list[tuple[Ints, float]] = []
        for kind in np.unique(problem.kind[mine]).tolist():
            using = mine[problem.kind[mine] == kind]
            columns = model.charger(depot, kind)
            _chargers(model, problem, columns, using, float(depots.kinds[kind].most))
            drawn.append((columns, depots.kinds[kind].power_w))
        steps = model.extension(depot)
        model.upper[steps] = depots.most_steps if depots.step_w > 0.0 else 0.0
        model.add("extensions", steps, np.ones(years), -math.inf, float(depots.most_steps))
        for year in range(years):
            now = slice(0, year + 1)
            columns = np.concatenate([c[now] for c, _ in drawn] + [steps[now]])
            values = np.concatenate(
                [np.full(year + 1, power) for _, power in drawn]
                + [np.full(year + 1, -depots.step_w)]
            )
            spare = float(depots.spare_w[depot])
            model.add(f"power {depot} {year}", columns, values, -math.inf, spare)


def _chargers(model: Model, problem: PlanProblem, columns: Ints, using: Ints, most: float) -> None:
    """Plugs in use at a depot, of a kind, are there by then."""
    years = problem.years
    largest = np.zeros(len(problem.units))
    np.maximum.at(largest, problem.unit[using], problem.plugs[using])
    most = min(most, math.ceil(float(largest.sum())))
    model.upper[columns] = most
    model.add("most chargers", columns, np.ones(years), -math.inf, most)
    for year in range(years):
        by_now = using[problem.year[using] <= year]
        if len(by_now):
            model.add(
                "plugs",
                np.concatenate([by_now, columns[: year + 1]]),
                np.concatenate([problem.plugs[by_now], -np.ones(year + 1)]),
                -math.inf,
                0.0,
            )


def _floors(model: Model, problem: PlanProblem) -> None:
    for floor in problem.floors:
        member = floor.members[problem.unit].astype(np.float64)
        values = problem.spend * (member - floor.share)
        columns = np.flatnonzero(values)
        if len(columns):
            model.add(f"floor {floor.name}", columns, values[columns], 0.0, math.inf)


def _work(model: Model, problem: PlanProblem, work: Work) -> None:
    """Each duty is done once a year, by a vehicle that then is what the row says.

    With the choices whole numbers these rows are those of a transport problem: without a limit
    that ties operators together, best work is whole by itself.
    """
    tied = any(np.any(work.measures[limit.measure]) for limit in problem.limits)
    model.integrality[model.first_work :] = 1 if tied else 0
    choice_of: dict[tuple[int, str], list[int]] = {}
    for choice, (unit, option) in enumerate(
        zip(problem.unit.tolist(), problem.option.tolist(), strict=True)
    ):
        choice_of.setdefault((unit, option), []).append(choice)
    by_duty = _groups(work.duty.tolist())
    by_state = _groups(zip(work.unit.tolist(), work.option.tolist(), strict=True))
    units = sorted(set(work.unit.tolist()))
    for year in range(problem.years):
        for rows in by_duty.values():
            model.add("duty", model.work(rows, year), np.ones(len(rows)), 1.0, 1.0)
        for (unit, option), rows in by_state.items():
            if option != KEEP:
                made = [c for c in choice_of.get((unit, option), []) if problem.year[c] <= year]
                _state(model, model.work(rows, year), np.array(made, np.int64), -1.0, 0.0)
        for unit in units:
            rows = by_state[(unit, KEEP)]
            mine = np.flatnonzero((problem.unit == unit) & (problem.year <= year))
            _state(model, model.work(rows, year), mine, 1.0, 1.0)


def _state(model: Model, works: Ints, choices: Ints, sign: float, most: float) -> None:
    """Σ work + sign × Σ choices <= most."""
    model.add(
        "state",
        np.concatenate([works, choices]),
        np.concatenate([np.ones(len(works)), np.full(len(choices), sign)]),
        -math.inf,
        most,
    )


def _groups(keys: Iterable[Key]) -> dict[Key, Ints]:
    found: dict[Key, list[int]] = {}
    for place, key in enumerate(keys):
        found.setdefault(key, []).append(place)
    return {key: np.array(rows, np.int64) for key, rows in found.items()}
