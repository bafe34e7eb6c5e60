"""First prices of what all share: chargers divisible, connections without end."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from geofleet.plan.large._kernels import best_choices
from geofleet.plan.large.case import Case, Prices
from geofleet.plan.large.highs import solve_relaxed

__all__ = ["plug_price", "start_prices"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_GROUPS = 24
_CLOSE = 1e-3


def plug_price(prices: Prices) -> Floats:
    """Return the price of one plug from each year on (kinds, years), chargers being divisible.

    A charger of an earlier year serves as well, so that the cheapest up to the year counts.
    """
    if not len(prices.charger):
        return prices.charger
    return np.maximum(0.0, np.minimum.accumulate(prices.charger, axis=1))


def start_prices(case: Case, *, rounds: int) -> tuple[Floats, int]:
    """Return prices of the shared rows near the best ones, and the rounds that it took.

    Cutting planes over groups of vehicles; each round is one pass over all choices. The result is
    a start: bounds are taken later, at whatever prices.
    """
    if not case.rows:
        return np.zeros(0), 0
    group = np.minimum(np.arange(len(case.units)) * _GROUPS // max(len(case.units), 1), _GROUPS - 1)
    shared, best, best_bound = np.zeros(case.rows), np.zeros(case.rows), np.inf
    values: list[Floats] = []
    uses: list[Floats] = []
    done = 0
    while done < rounds:
        done += 1
        bound, value, use = _evaluate(case, shared, group)
        if bound < best_bound:
            best, best_bound = shared, bound
        values.append(value)
        uses.append(use)
        relaxed = _mixed(case, values, uses)
        if relaxed is None or best_bound - relaxed[0] <= _CLOSE * abs(best_bound):
            break
        shared = 0.3 * best + 0.7 * relaxed[1]
    return best, done


def _evaluate(case: Case, shared: Floats, group: Ints) -> tuple[float, Floats, Floats]:
    """Bound at the prices, and what each group's best choices are worth and use."""
    prices = case.prices(shared)
    reduced = case.reduced(prices)
    units = len(case.units)
    best, worth = np.empty(units, np.int64), np.empty(units)
    place = np.where(case.depot >= 0, 0, -1)
    plug = plug_price(prices)
    best_choices(
        case.start, case.year, case.kind, case.plugs, reduced, place,
        plug[None], best, worth,
    )  # fmt: skip
    taken = best[best >= 0]
    value, use = case.value[taken], case.use(taken)
    wired = np.flatnonzero(case.kind[taken] >= 0)
    if len(wired):
        choice = taken[wired]
        cheapest = _cheapest_year(prices.charger)[case.kind[choice], case.year[choice]]
        at = case.kind[choice], cheapest
        value = value.copy()
        value[wired] += case.plugs[choice] * case.charger_value[at]
        use[:, wired] += case.plugs[choice] * case.charger_use()[0][:, at[0], at[1]]
    of = group[case.unit[taken]]
    total = np.bincount(of, value, minlength=_GROUPS)
    used = np.array([np.bincount(of, row, minlength=_GROUPS) for row in use])
    return float(worth.sum() + shared @ case.most), total.astype(np.float64), used


def _cheapest_year(price: Floats) -> Ints:
    """Year up to each year in which a charger costs least (kinds, years)."""
    lowest = np.minimum.accumulate(price, axis=1)
    new = np.where(price <= lowest, np.arange(price.shape[1]), 0)
    return np.asarray(np.maximum.accumulate(new, axis=1), np.int64)


def _mixed(case: Case, values: list[Floats], uses: list[Floats]) -> tuple[float, Floats] | None:
    """Best mixture of what the groups did so far, and its prices of the shared rows."""
    rounds = len(values)
    use = np.concatenate(uses, axis=1)
    one = sp.csr_matrix(np.tile(np.eye(_GROUPS), rounds))
    # Rows that nothing reaches yet may be missed, at a price.
    short = np.eye(case.rows)
    matrix = sp.vstack(
        [
            sp.csr_matrix(np.hstack([use, -short])),
            sp.hstack([one, sp.csr_matrix((_GROUPS, case.rows))]),
        ],
        format="csr",
    )
    worth = np.concatenate(values)
    miss = np.full(case.rows, case.penalty)
    solved = solve_relaxed(
        np.concatenate([-worth, miss]),
        matrix,
        np.concatenate([case.most, np.ones(_GROUPS)]),
        np.full(len(worth) + case.rows, np.inf),
    )
    return None if solved is None else (solved.value, solved.prices[: case.rows])
