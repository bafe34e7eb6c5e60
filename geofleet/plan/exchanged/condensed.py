"""The model of a plan with exchanged work, condensed: states in place of vehicles and options."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
from scipy import sparse

from geofleet.plan.exchanged.states import States, read_states
from geofleet.plan.model import CHEAPEST, PlanProblem, Work
from geofleet.plan.rows import Model, model_of

__all__ = ["Condensed", "condense"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_LARGEST_TERM = 1000.0  # of the objective: HiGHS stops at a gap of 1e-6 in its own numbers


@dataclass
class _Rows:
    """Sparse rows under construction."""

    columns: list[Ints] = field(default_factory=list)
    values: list[Floats] = field(default_factory=list)
    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)

    def add(self, columns: Ints, values: Floats, low: float, high: float) -> None:
        self.columns.append(columns)
        self.values.append(values)
        self.low.append(low)
        self.high.append(high)

    def matrix(self, size: int) -> sparse.csr_array:
        lengths = [len(part) for part in self.columns]
        starts = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
        columns = np.concatenate([np.zeros(0, np.int64), *self.columns])
        values = np.concatenate([np.zeros(0), *self.values])
        made = sparse.csr_array((values, columns, starts), shape=(len(lengths), size))
        made.sum_duplicates()
        made.eliminate_zeros()
        return made


@dataclass(frozen=True)
class Condensed:
    """Columns: choices, chargers, extensions, then arcs of work over spans of years.

    Parameters
    ----------
    problem
        With the choices that are columns.
    states
        Of its vehicles.
    model
        Of choices, chargers and extensions, without work.
    arc, start, end
        Of each column of work: its arc, and the years from ``start`` to before ``end``.
    matrix, low, high
        All rows.
    upper, integrality
        Of all columns.
    terms
        What to make small: the objective in ``sign * scale``.
    money, shared
        Rows that are budgets, and rows that tie operators together: budgets, floors and limits
        (rows,).
    """

    problem: PlanProblem
    states: States
    model: Model
    arc: Ints
    start: Ints
    end: Ints
    matrix: sparse.csr_array
    low: Floats
    high: Floats
    upper: Floats
    integrality: npt.NDArray[np.uint8]
    terms: Floats
    sign: float
    scale: float
    money: npt.NDArray[np.bool_]
    shared: npt.NDArray[np.bool_]

    @property
    def first_work(self) -> int:
        """Column of the first arc."""
        return self.model.first_work


def condense(problem: PlanProblem, work: Work, objective: str) -> Condensed:
    """Return the condensed model of a checked problem.

    Work is a transport problem of every operator and year: from its duties to the states of its
    vehicles, each of which does as many duties as it has vehicles. Years of an operator in which no
    choice of its vehicles can be taken are like the year before and share its columns, unless a
    limit on work ties them to other operators.
    """
    measures = list(dict.fromkeys([objective, *(limit.measure for limit in problem.limits)]))
    tied = any(np.any(work.measures[limit.measure]) for limit in problem.limits)
    states = read_states(problem, work, measures)
    fixed = _fixed(problem, work, measures)
    model = model_of(replace(problem, measures=fixed, work=None, limits=()))
    arc, start, end = _spans(problem, states, tied=tied)
    first = model.first_work
    size = first + len(arc)
    rows = _Rows()
    _duties(rows, states, arc, start, first)
    _flows(rows, problem, states, arc, start, first)

    def term(measure: str) -> Floats:
        counted = np.concatenate([[0.0], np.cumsum(work.weights[measure])])
        each = work.measures[measure][states.first[arc]]
        return np.concatenate([
            model.term(replace(problem, measures=fixed, work=None), measure)[:first],
            (counted[end] - counted[start]) * each,
        ])  # fmt: skip

    for limit in problem.limits:
        values = term(limit.measure)
        largest = float(np.abs(values).max(initial=0.0)) or 1.0
        columns = np.flatnonzero(values)
        rows.add(columns, values[columns] / largest, limit.least / largest, limit.most / largest)
    base = model.matrix()[:, :first]
    base = sparse.hstack([base, sparse.csr_array((base.shape[0], len(arc)))])
    matrix = sparse.csr_array(sparse.vstack([base, rows.matrix(size)]))
    sign = 1.0 if objective == CHEAPEST else -1.0
    terms = sign * term(objective)
    scale = float(np.abs(terms).max(initial=0.0)) / _LARGEST_TERM or 1.0
    limits, count = len(problem.limits), matrix.shape[0]
    money, shared = np.zeros(count, np.bool_), np.arange(count) >= count - limits
    money[: len(model.names)] = [name.startswith("budget") for name in model.names]
    shared[: len(model.names)] = [name.startswith(("budget", "floor")) for name in model.names]
    return Condensed(
        problem=problem,
        states=states,
        model=model,
        arc=arc,
        start=start,
        end=end,
        matrix=matrix,
        low=np.array(model.low + rows.low),
        high=np.array(model.high + rows.high),
        upper=np.concatenate([model.upper[:first], np.ones(len(arc))]),
        integrality=np.concatenate([
            model.integrality[:first], np.full(len(arc), 1 if tied else 0, np.uint8)
        ]),
        terms=terms / scale,
        sign=sign,
        scale=scale,
        money=money,
        shared=shared,
    )  # fmt: skip


def _fixed(problem: PlanProblem, work: Work, measures: list[str]) -> dict[str, Floats]:
    """Return what a choice adds whatever work it does."""
    inside = np.isin(problem.unit, work.unit)
    return {name: np.where(inside, work.fixed[name], problem.measures[name]) for name in measures}


def _spans(problem: PlanProblem, states: States, *, tied: bool) -> tuple[Ints, Ints, Ints]:
    """Return arcs over spans of years in which their operator's vehicles stay what they are."""
    moving = np.flatnonzero(states.reached >= 0)
    since = np.full(states.count, problem.years, np.int64)
    since[states.kept[states.kept >= 0]] = 0
    np.minimum.at(since, states.reached[moving], problem.year[moving])
    breaks: dict[int, set[int]] = {}
    for operator, year in zip(
        states.operator[states.reached[moving]].tolist(), problem.year[moving].tolist(),
        strict=True,
    ):  # fmt: skip
        breaks.setdefault(operator, {0}).add(year)
    every = list(range(problem.years))
    arcs, starts, ends = [], [], []
    for operator in np.unique(states.operator).tolist():
        begin = every if tied else sorted(breaks.get(operator, {0}))
        mine = np.flatnonzero(states.operator[states.arc_state] == operator)
        for start, end in zip(begin, [*begin[1:], problem.years], strict=True):
            there = mine[since[states.arc_state[mine]] <= start]
            arcs.append(there)
            starts.append(np.full(len(there), start, np.int64))
            ends.append(np.full(len(there), end, np.int64))
    none = np.zeros(0, np.int64)
    return (
        np.concatenate([none, *arcs]),
        np.concatenate([none, *starts]),
        np.concatenate([none, *ends]),
    )


def _duties(rows: _Rows, states: States, arc: Ints, start: Ints, first: int) -> None:
    """Each duty is done once in every span."""
    for columns in _groups(states.arc_duty[arc], start):
        rows.add(first + columns, np.ones(len(columns)), 1.0, 1.0)


def _flows(
    rows: _Rows, problem: PlanProblem, states: States, arc: Ints, start: Ints, first: int
) -> None:
    """Each state does as many duties as in the span before, and those of vehicles that come."""
    into = _by_state(states.reached, problem.year, states.reached >= 0)
    kept = states.kept[problem.unit]
    out_of = _by_state(kept, problem.year, states.reached >= 0)
    at_first = np.bincount(states.kept[states.kept >= 0], minlength=states.count)
    none = np.zeros(0, np.int64)
    before: dict[int, Ints] = {}
    for columns in _groups(states.arc_state[arc], start):
        state, year = int(states.arc_state[arc[columns[0]]]), int(start[columns[0]])
        coming = into.get((state, year), none)
        leaving = out_of.get((state, year), none)
        earlier = before.get(state, none)
        there = float(at_first[state]) if state not in before else 0.0
        rows.add(
            np.concatenate([first + columns, first + earlier, coming, leaving]),
            np.repeat(
                [1.0, -1.0, -1.0, 1.0], [len(columns), len(earlier), len(coming), len(leaving)]
            ),
            there,
            there,
        )
        before[state] = columns


def _by_state(state: Ints, year: Ints, which: npt.NDArray[np.bool_]) -> dict[tuple[int, int], Ints]:
    chosen = np.flatnonzero(which)
    found: dict[tuple[int, int], Ints] = {}
    for group in _groups(state[chosen], year[chosen]):
        members = chosen[group]
        found[int(state[members[0]]), int(year[members[0]])] = members
    return found


def _groups(first: Ints, second: Ints) -> list[Ints]:
    """Split places by two keys, in the order of both."""
    if not len(first):
        return []
    order = np.lexsort((second, first))
    change = (np.diff(first[order]) != 0) | (np.diff(second[order]) != 0)
    return np.split(order, np.flatnonzero(change) + 1)
