"""Depots one by one: the best plan of a depot at given prices of what all depots share."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from geofleet.plan.large._kernels import charger_candidates
from geofleet.plan.large.assembly import Assembly, assemble
from geofleet.plan.large.case import Case, Prices
from geofleet.plan.large.highs import Relaxed, solve_relaxed, solve_whole
from geofleet.plan.large.links import broken_links

__all__ = ["Block", "DepotPlan", "Effort", "best_depot_plans", "split_depots"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_CUT_ROUNDS = 6


@dataclass(frozen=True)
class Block:
    """A depot and its vehicles, which follow each other."""

    depot: int
    first_unit: int
    last_unit: int


@dataclass(frozen=True)
class DepotPlan:
    """What a depot does.

    Parameters
    ----------
    bound
        No plan of the depot is worth more at the prices.
    value, use
        In the objective, and of the shared rows (rows,).
    choices, chargers, steps
        Choices taken, chargers (kinds, years), extensions (years,); None of a relaxed plan, which
        is a mixture.
    """

    bound: float
    value: float
    use: Floats
    choices: Ints | None
    chargers: Floats
    steps: Floats


@dataclass(frozen=True)
class Effort:
    """How hard a depot is searched: by its relaxation only, or in whole numbers."""

    relaxed: bool
    gap: float
    nodes: int
    columns: int


def split_depots(case: Case, *, vehicles: int) -> tuple[list[Block], Ints, Ints]:
    """Split depots into blocks of at most ``vehicles``, and larger ones.

    Returns the blocks, the larger depots, and the place of each vehicle: -2 in a block, else the
    position of its depot among the larger ones, -1 for vehicles without one.
    """
    electric = np.zeros(len(case.units), bool)
    electric[case.unit[case.kind >= 0]] = True
    place = np.full(len(case.units), -1, np.int64)
    blocks: list[Block] = []
    larger: list[int] = []
    bounds = np.searchsorted(case.depot, np.arange(len(case.spare_w) + 1))
    for depot in range(len(case.spare_w)):
        first, last = int(bounds[depot]), int(bounds[depot + 1])
        wanting = int(electric[first:last].sum())
        if wanting == 0:
            continue
        if wanting <= vehicles:
            blocks.append(Block(depot, first, last))
            place[first:last] = -2
        else:
            place[first:last] = len(larger)
            larger.append(depot)
    return blocks, np.array(larger, np.int64), place


def best_depot_plans(
    case: Case,
    blocks: list[Block],
    prices: Prices,
    reduced: Floats,
    *,
    effort: Effort,
    executor: Executor,
) -> list[DepotPlan]:
    """Return the best plan of each block at the prices, with a bound that holds whatever."""
    units = len(case.units)
    plain, worth = np.empty(units, np.int64), np.empty(units)
    keep = np.zeros(len(reduced), np.bool_)
    charger_candidates(case.start, case.year, case.kind, case.plugs, reduced, plain, worth, keep)

    def best(block: Block) -> DepotPlan:
        return _best(case, block, prices, reduced, (plain, worth, keep), effort)

    return list(executor.map(best, blocks))


def _best(
    case: Case,
    block: Block,
    prices: Prices,
    reduced: Floats,
    found: tuple[Ints, Floats, npt.NDArray[np.bool_]],
    effort: Effort,
) -> DepotPlan:
    plain, worth, keep = found
    units = slice(block.first_unit, block.last_unit)
    first, last = case.start[block.first_unit], case.start[block.last_unit]
    choices = first + np.flatnonzero(keep[first:last])
    base = float(worth[units].sum())
    shape = (case.kinds, case.years)
    taken = np.zeros(len(choices))
    chargers, steps, bound = np.zeros(shape), np.zeros(case.years), 0.0
    if len(choices):
        a = assemble(
            case, choices, reduced[choices] - worth[case.unit[choices]],
            depots=np.array([block.depot]),
            charger_price=prices.charger, step_price=prices.step,
        )  # fmt: skip
        a, relaxed = _relaxed(case, a)
        bound = float(-np.minimum(a.cost, 0.0) @ a.upper) if relaxed is None else relaxed.value
        solution = None if relaxed is None else relaxed.solution
        if relaxed is not None and not effort.relaxed:
            bound, solution = _in_whole_numbers(a, relaxed, effort)
        if solution is not None:
            taken = solution[: len(choices)]
            end = len(choices) + case.kinds * case.years
            chargers = np.diff(solution[len(choices) : end].reshape(shape), axis=1, prepend=0.0)
            steps = np.diff(solution[end:], prepend=0.0)
    return _made(
        case, block, plain, choices, taken, chargers, steps, base + max(bound, 0.0),
        relaxed=effort.relaxed,
    )  # fmt: skip


def _relaxed(case: Case, a: Assembly) -> tuple[Assembly, Relaxed | None]:
    """Relax a depot, with the rows of whole chargers that it would break; returns them, too."""
    relaxed = solve_relaxed(a.cost, a.matrix, a.most, a.upper)
    for _ in range(_CUT_ROUNDS):
        cuts = None if relaxed is None else broken_links(case, a, relaxed.solution)
        if cuts is None:
            break
        a = replace(
            a, matrix=sp.vstack([a.matrix, cuts], format="csr"),
            most=np.concatenate([a.most, np.zeros(cuts.shape[0])]),
        )  # fmt: skip
        relaxed = solve_relaxed(a.cost, a.matrix, a.most, a.upper)
    return a, relaxed


def _in_whole_numbers(a: Assembly, relaxed: Relaxed, effort: Effort) -> tuple[float, Floats | None]:
    """Search a depot in whole numbers among the choices nearest to its relaxation.

    Any plan with a choice that is left out loses at least that choice's reduced cost against the
    relaxation, so that the bound holds for the plans with it, too.
    """
    count = len(a.choices)
    losses = (a.cost + a.matrix.T @ relaxed.prices)[:count]
    nearest = np.argsort(losses, kind="stable")
    kept, left_out = nearest[: effort.columns], nearest[effort.columns :]
    some = np.concatenate([np.sort(kept), np.arange(count, len(a.cost))])
    found = solve_whole(
        a.cost[some], a.matrix[:, some], a.most, a.upper[some], gap=effort.gap, nodes=effort.nodes
    )
    bound = found.bound
    if len(left_out):
        bound = max(bound, relaxed.value - float(losses[left_out[0]]))
    solution = None
    if found.solution is not None:
        solution = np.zeros(len(a.cost))
        solution[some] = np.round(found.solution)
    return min(bound, relaxed.value), solution


def _made(
    case: Case, block: Block, plain: Ints, choices: Ints, taken: Floats, chargers: Floats,
    steps: Floats, bound: float, *, relaxed: bool,
) -> DepotPlan:  # fmt: skip
    """Sum up a plan: choices with chargers as taken, the rest of each vehicle without."""
    left = np.ones(block.last_unit - block.first_unit)
    np.subtract.at(left, case.unit[choices] - block.first_unit, taken)
    own = plain[block.first_unit : block.last_unit]
    others = own >= 0
    numbers = np.concatenate([choices, own[others]])
    shares = np.concatenate([taken, np.maximum(left[others], 0.0)])
    some = shares > 0.0
    numbers, shares = numbers[some], shares[some]
    charger_use, step_use = case.charger_use()
    return DepotPlan(
        bound=bound,
        value=float(
            case.value[numbers] @ shares
            + (case.charger_value * chargers).sum()
            + case.step_value @ steps
        ),
        use=case.use(numbers) @ shares
        + (charger_use * chargers).sum(axis=(1, 2))
        + step_use @ steps,
        choices=None if relaxed else np.sort(numbers),
        chargers=chargers, steps=steps,
    )  # fmt: skip
