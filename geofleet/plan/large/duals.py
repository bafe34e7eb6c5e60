"""Prices of everything that links vehicles, and the bound that they prove."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geofleet.plan.large._kernels import best_choices
from geofleet.plan.large.blocks import Block, DepotPlan, Effort, best_depot_plans
from geofleet.plan.large.case import Case
from geofleet.plan.large.start import plug_price

__all__ = ["Duals", "Priced", "first_duals", "price_out"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Duals:
    """Prices of the shared rows (rows,), and in the larger depots of plugs and of power.

    ``plug`` (places, kinds, years) and ``power`` (places, years) are what one plug, one unit of
    power costs from the year on: they do not rise.
    """

    shared: Floats
    plug: Floats
    power: Floats

    def towards(self, other: Duals, share: float) -> Duals:
        """Return the prices a share of the way to others."""
        return Duals(
            self.shared + share * (other.shared - self.shared),
            self.plug + share * (other.plug - self.plug),
            self.power + share * (other.power - self.power),
        )


@dataclass(frozen=True)
class Priced:
    """What the prices prove, and what they would have each vehicle and depot do.

    Parameters
    ----------
    duals, bound
        No plan is worth more than the bound, whatever the prices.
    reduced
        Worth of each choice once the shared rows are paid (choices,).
    best, worth
        Of each vehicle outside the blocks (units,).
    plans
        Of the blocks.
    """

    duals: Duals
    bound: float
    reduced: Floats
    best: Ints
    worth: Floats
    plans: list[DepotPlan]


def first_duals(case: Case, shared: Floats, larger: Ints) -> Duals:
    """Return prices with divisible chargers and free power in the larger depots."""
    plug = plug_price(case.prices(shared))
    return Duals(
        shared,
        np.tile(plug, (len(larger), 1, 1)).reshape(len(larger), case.kinds, case.years),
        np.zeros((len(larger), case.years)),
    )


def price_out(
    case: Case,
    duals: Duals,
    *,
    blocks: list[Block],
    larger: Ints,
    place: Ints,
    effort: Effort,
    executor: Executor,
) -> Priced:
    """Take the shared rows into the objective at their prices and solve what is left.

    What is left falls apart into vehicles and depots; the sum of their best is a bound for the
    whole (Lagrangian relaxation).
    """
    prices = case.prices(duals.shared)
    reduced = case.reduced(prices)
    units = len(case.units)
    best, worth = np.empty(units, np.int64), np.empty(units)
    plug = duals.plug if len(larger) else np.zeros((1, max(case.kinds, 1), case.years))
    best_choices(
        case.start, case.year, case.kind, case.plugs, reduced, place,
        np.ascontiguousarray(plug), best, worth,
    )  # fmt: skip
    plans = best_depot_plans(case, blocks, prices, reduced, effort=effort, executor=executor)
    bound = float(duals.shared @ case.most) + float(worth.sum()) + sum(p.bound for p in plans)
    if len(larger):
        bound += _connections(case, duals, larger)
    return Priced(duals, bound, reduced, best, worth, plans)


def _connections(case: Case, duals: Duals, larger: Ints) -> float:
    """Return what power and building would be worth at the prices, in the larger depots."""
    prices = case.prices(duals.shared)
    drop = duals.power - np.pad(duals.power[:, 1:], ((0, 0), (0, 1)))
    earned = duals.plug - prices.charger - case.power_w[:, None] * duals.power[:, None, :]
    extended = case.step_power * duals.power - prices.step
    return float(
        (drop.sum(axis=1) * case.spare_w[larger]).sum()
        + (np.maximum(earned.max(axis=2, initial=0.0), 0.0) * case.kind_most).sum()
        + np.maximum(extended.max(axis=1, initial=0.0), 0.0).sum() * case.most_steps
    )
