"""Case: a PlanProblem sorted by depot and vehicle, scaled, with its shared bounds as rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geofleet.plan.large._kernels import reduced_values
from geofleet.plan.model import CHEAPEST, PlanProblem

__all__ = ["Case", "Prices", "read_case"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_PENALTY = 1e3


@dataclass(frozen=True)
class Prices:
    """What one unit of each shared bound is worth, spread over what has to pay it.

    Parameters
    ----------
    shared
        One price per shared row (rows,), at least 0.
    money
        Of public money by year (years,).
    by_unit
        Of public money by vehicle, from the floors (units,).
    terms
        Of the limits (limits,).
    charger, step
        What one charger costs in all, (kinds, years), and one extension (years,).
    """

    shared: Floats
    money: Floats
    by_unit: Floats
    terms: Floats
    charger: Floats
    step: Floats


@dataclass(frozen=True)
class Case:
    """Arrays of the search: choices sorted by depot and vehicle, values to be made large.

    Shared rows are budgets, then floors, then limits; all read ``Σ use <= most``.

    Parameters
    ----------
    problem, objective, sign
        What it was made of; ``sign * scale * value`` is the objective.
    order
        Number in the problem of each choice here; ``units`` likewise of the vehicles.
    start
        First choice of each vehicle (units + 1,).
    unit, year, kind, value, spend, plugs
        Of each choice.
    terms
        Use of each limit row (limits, choices).
    factor
        What one peso for a vehicle uses of each floor row (floors, units).
    cover
        Budget rows in which the money of a year counts (budgets, years), 1 or 0.
    most
        Right-hand side of the shared rows (rows,).
    depot
        Depot of each vehicle, -1 for none.
    charger_value, step_value
        Part of the objective of one charger (kinds, years), one extension (years,).
    charger_spend, step_spend
        Public money likewise.
    term_cost
        What one unit of cost of chargers and extensions uses of each limit row (limits,).
    charger_cost, step_cost
        Cost likewise.
    power_w, spare_w
        By kind and by depot, in extensions (or in chargers where none can be had).
    step_power
        Power of one extension: 1, or 0 where none can be had.
    kind_most, most_steps
        Most of them in one depot.
    """

    problem: PlanProblem
    objective: str
    sign: float
    scale: float
    order: Ints
    units: Ints
    start: Ints
    unit: Ints
    year: Ints
    kind: Ints
    value: Floats
    spend: Floats
    plugs: Floats
    terms: Floats
    factor: Floats
    cover: Floats
    most: Floats
    depot: Ints
    charger_value: Floats
    step_value: Floats
    charger_spend: Floats
    step_spend: Floats
    term_cost: Floats
    charger_cost: Floats
    step_cost: Floats
    power_w: Floats
    spare_w: Floats
    step_power: float
    kind_most: Floats
    most_steps: int

    @property
    def years(self) -> int:
        """Number of years."""
        return self.problem.years

    @property
    def kinds(self) -> int:
        """Number of charger kinds."""
        return len(self.power_w)

    @property
    def rows(self) -> int:
        """Number of shared rows."""
        return len(self.most)

    @property
    def missable(self) -> Ints:
        """Rows that ask for something, so that doing nothing does not keep them."""
        return np.flatnonzero(self.most < 0.0)

    @property
    def penalty(self) -> float:
        """What missing a unit of such a row costs a draft: more than anything can be worth."""
        return _PENALTY * max(1.0, float(np.abs(self.value).max(initial=0.0)))

    def prices(self, shared: Floats) -> Prices:
        """Spread prices of the shared rows over money, vehicles, limits and chargers."""
        budgets, floors = len(self.cover), len(self.factor)
        money = shared[:budgets] @ self.cover
        terms = shared[budgets + floors :]
        cost = float(terms @ self.term_cost)
        return Prices(
            shared=shared,
            money=money,
            by_unit=np.ascontiguousarray(shared[budgets : budgets + floors] @ self.factor),
            terms=np.ascontiguousarray(terms),
            charger=cost * self.charger_cost + money * self.charger_spend - self.charger_value,
            step=cost * self.step_cost + money * self.step_spend - self.step_value,
        )

    def reduced(self, prices: Prices) -> Floats:
        """Return what each choice is worth once the shared rows are paid for (choices,)."""
        reduced = np.empty(len(self.unit))
        reduced_values(
            self.start, self.year, self.value, self.spend, self.terms,
            prices.money, prices.by_unit, prices.terms, reduced,
        )  # fmt: skip
        return reduced

    def use(self, chosen: Ints) -> Floats:
        """Return what each of the choices uses of the shared rows (rows, chosen)."""
        spend = self.spend[chosen]
        return np.concatenate([
            self.cover[:, self.year[chosen]] * spend,
            self.factor[:, self.unit[chosen]] * spend,
            self.terms[:, chosen],
        ])  # fmt: skip

    def charger_use(self) -> tuple[Floats, Floats]:
        """Return what a charger uses of the shared rows (rows, kinds, years), and an extension."""
        none = np.zeros((len(self.factor), self.kinds, self.years))
        charger = np.concatenate([
            self.cover[:, None, :] * self.charger_spend,
            none,
            self.term_cost[:, None, None] * self.charger_cost,
        ])  # fmt: skip
        step = np.concatenate([
            self.cover * self.step_spend,
            np.zeros((len(self.factor), self.years)),
            self.term_cost[:, None] * self.step_cost,
        ])  # fmt: skip
        return charger, step


def read_case(problem: PlanProblem, objective: str) -> Case:
    """Sort and scale a checked problem; the numbers become of the order of one."""
    order, units, renamed = _sorted(problem)
    unit = renamed[problem.unit[order]]
    sign = -1.0 if objective == CHEAPEST else 1.0
    value = sign * np.asarray(problem.measures[objective], np.float64)[order]
    spend = np.asarray(problem.spend, np.float64)[order]
    scale, money = _size(value), _size(spend)
    cover, budget = _budgets(problem)
    floors = problem.floors
    factor = np.array([f.share - np.asarray(f.members, float)[units] for f in floors])
    terms, term_most, term_cost = _limits(problem, order)
    depots, years = problem.depots, problem.years
    kinds = depots.kinds if depots is not None else ()
    empty = np.zeros((0, years))
    cost = np.array([k.cost for k in kinds]) if kinds else empty
    kind_spend = np.array([k.spend for k in kinds]) if kinds else empty
    step_cost = np.asarray(depots.step_cost if depots is not None else np.zeros(years), float)
    step_spend = np.asarray(depots.step_spend if depots is not None else np.zeros(years), float)
    counts = 1.0 if objective == CHEAPEST else 0.0
    step_w = depots.step_w if depots is not None and depots.most_steps > 0 else 0.0
    watt = step_w or max([k.power_w for k in kinds], default=1.0) or 1.0
    return Case(
        problem=problem, objective=objective, sign=sign, scale=scale,
        order=order, units=units,
        start=np.searchsorted(unit, np.arange(len(units) + 1)).astype(np.int64),
        unit=unit, year=np.asarray(problem.year, np.int64)[order],
        kind=np.asarray(problem.kind, np.int64)[order],
        value=value / scale, spend=spend / money,
        plugs=np.asarray(problem.plugs, np.float64)[order],
        terms=terms, factor=factor.reshape(len(floors), len(units)), cover=cover,
        most=np.concatenate([budget / money, np.zeros(len(floors)), term_most]),
        depot=np.asarray(problem.depot, np.int64)[units],
        charger_value=-counts * cost / scale, step_value=-counts * step_cost / scale,
        charger_spend=kind_spend / money, step_spend=step_spend / money,
        term_cost=term_cost, charger_cost=cost, step_cost=step_cost,
        power_w=np.array([k.power_w for k in kinds], float) / watt,
        spare_w=np.asarray(depots.spare_w if depots is not None else [], float) / watt,
        step_power=1.0 if step_w else 0.0,
        kind_most=np.array([k.most for k in kinds], float),
        most_steps=depots.most_steps if step_w and depots is not None else 0,
    )  # fmt: skip


def _sorted(problem: PlanProblem) -> tuple[Ints, Ints, Ints]:
    """Order of choices and of vehicles, by depot first, and the new number of each vehicle."""
    units = np.lexsort((np.arange(len(problem.units)), problem.depot)).astype(np.int64)
    renamed = np.empty(len(units), np.int64)
    renamed[units] = np.arange(len(units))
    order = np.argsort(renamed[problem.unit], kind="stable").astype(np.int64)
    return order, units, renamed


def _size(values: Floats) -> float:
    """Mean size of the numbers that are not zero; 1 where all are."""
    sizes = np.abs(values[values != 0.0])
    return float(sizes.mean()) if len(sizes) else 1.0


def _budgets(problem: PlanProblem) -> tuple[Floats, Floats]:
    """Years that each finite budget row counts, and its money."""
    budget = np.asarray(problem.budget, np.float64)
    cover = np.eye(problem.years)
    if problem.carry_over:
        cover, budget = np.tril(np.ones((problem.years, problem.years))), np.cumsum(budget)
    finite = np.isfinite(budget)
    return cover[finite], budget[finite]


def _limits(problem: PlanProblem, order: Ints) -> tuple[Floats, Floats, Floats]:
    """Limits as rows ``Σ term <= most``, each scaled; the last is what a unit of cost uses."""
    terms, most, cost = [], [], []
    for limit in problem.limits:
        values = np.asarray(problem.measures[limit.measure], np.float64)[order]
        size = _size(values)
        for sign, bound in ((1.0, limit.most), (-1.0, limit.least)):
            if np.isfinite(bound):
                terms.append(sign * values / size)
                most.append(sign * bound / size)
                cost.append(sign / size if limit.measure == CHEAPEST else 0.0)
    shape = (len(terms), len(order))
    return np.array(terms).reshape(shape), np.array(most), np.array(cost)
