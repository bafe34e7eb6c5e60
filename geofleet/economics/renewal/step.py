"""One year of a stock: what leaves, what is handed on, what comes in; every vehicle is counted."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from geofleet.economics.renewal.dynamics import Dynamics

__all__ = ["Flows", "YearPlan", "advance"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class YearPlan:
    """What a year's vehicles are, and what measures do in it.

    Parameters
    ----------
    new
        Shares of kinds among new vehicles (classes, kinds).
    imports
        Shares of kinds among imports of each age (classes, ages, kinds).
    caps
        Share of vehicles that must leave the road (classes, sizes, ages, kinds), one for each cap.
    replacements
        Share replaced with a grant, share of it that is additional, share scrapped, and the kinds
        of the new ones (classes, kinds); None where they are bought as ever.
    filters
        Share of vehicles that get a filter, one for each measure.
    target
        For each class and kind the kind with a filter fitted, -1 where none can be
        (classes, kinds).
    cracked
        For each kind the kind with a failed filter, -1 where there is none (kinds,).
    """

    new: Floats
    imports: Floats
    caps: tuple[Floats, ...] = ()
    replacements: tuple[tuple[Floats, float, float, Floats | None], ...] = ()
    filters: tuple[Floats, ...] = ()
    target: Ints = field(default_factory=lambda: np.zeros((0, 0), np.int64))
    cracked: Ints = field(default_factory=lambda: np.zeros(0, np.int64))


@dataclass
class Flows:
    """Vehicles that moved in a year, each of shape (classes, sizes, ages, kinds).

    Ages are those at the end of the year. ``scrapped`` left by age, ``capped`` by rule, ``granted``
    with a grant, ``pushed_out`` because others took their work; ``sold_on`` went from one size of
    operator, ``bought`` came to another; ``fitted`` are counted by the kind that they were;
    ``replaced`` and ``filters`` are vehicles that public money was paid for, by measure.
    """

    scrapped: Floats
    capped: Floats
    granted: Floats
    pushed_out: Floats
    sold_on: Floats
    bought: Floats
    imported: Floats
    new: Floats
    fitted: Floats
    cracked: Floats
    replaced: list[Floats] = field(default_factory=list)
    filters: list[Floats] = field(default_factory=list)


def advance(before: Floats, dynamics: Dynamics, plan: YearPlan) -> tuple[Floats, Flows]:
    """Return a stock one year later and what moved.

    In this order: vehicles are scrapped by age, the others are a year older; age caps and grants
    take theirs; then each size of operator, from the smallest, makes up what it lacks of its need
    second-hand from larger ones, abroad, or new; filters crack and are fitted. Where there are more
    vehicles than are needed, the oldest leave.

    Parameters
    ----------
    before
        Vehicles (classes, sizes, ages, kinds), sizes from smallest to largest.
    """
    flows = _still(before)
    alive = _older(before, dynamics, flows)
    for share in plan.caps:
        out = alive * share
        alive -= out
        flows.capped += out
    pool = _granted(alive, plan, flows)
    need = (1.0 + dynamics.growth)[:, None] * before.sum(axis=(2, 3)) - alive.sum(axis=(2, 3))
    _hand_down(alive, pool, need, dynamics, flows)
    _drop_surplus(alive, need, flows)
    _second_hand(alive, need, dynamics, flows)
    imported = need * dynamics.import_share
    flows.imported += (
        imported[:, :, None, None]
        * dynamics.import_ages[None, None, :, None]
        * plan.imports[:, None, :, :]
    )
    flows.new[:, :, 0, :] += (need - imported)[:, :, None] * plan.new[:, None, :]
    # vehicles replaced by grant were counted as new already, and stand in ``alive``
    alive += flows.imported
    alive[:, :, 0, :] += (need - imported)[:, :, None] * plan.new[:, None, :]
    _filters(alive, dynamics, plan, flows)
    return alive, flows


def _still(like: Floats) -> Flows:
    """Return flows in which nothing moves yet."""

    def none() -> Floats:
        return np.zeros_like(like)

    return Flows(
        scrapped=none(), capped=none(), granted=none(), pushed_out=none(), sold_on=none(),
        bought=none(), imported=none(), new=none(), fitted=none(), cracked=none(),
    )  # fmt: skip


def _older(before: Floats, dynamics: Dynamics, flows: Flows) -> Floats:
    """Scrap by age; return the others a year older."""
    gone = before * dynamics.hazard[:, None, :, None]
    left = before - gone
    alive = np.zeros_like(before)
    for source, result in ((left, alive), (gone, flows.scrapped)):
        result[:, :, 1:] = source[:, :, :-1]
        result[:, :, -1] += source[:, :, -1]
    return alive


def _granted(alive: Floats, plan: YearPlan, flows: Flows) -> Floats:
    """Replace with grants; return the vehicles that their owners may sell on."""
    pool = np.zeros_like(alive)
    for share, additional, scrapped, kinds in plan.replacements:
        asked = alive * share
        flows.replaced.append(asked)
        gone = asked * additional
        alive -= gone
        flows.granted += gone * scrapped
        sold = gone * (1.0 - scrapped)
        flows.sold_on += sold
        pool += sold
        if kinds is not None:
            bought = gone.sum(axis=(2, 3))[:, :, None] * kinds[:, None, :]
            alive[:, :, 0, :] += bought
            flows.new[:, :, 0, :] += bought
    return pool


def _hand_down(alive: Floats, pool: Floats, need: Floats, dynamics: Dynamics, flows: Flows) -> None:
    """Give vehicles that grants set free to their buyers; some push the oldest off the road."""
    came = pool.sum(axis=1)[:, None] * dynamics.buyers[None, :, None, None]
    number = came.sum(axis=(2, 3))
    if not number.any():
        return
    # the oldest of those who buy make room, before what they buy arrives
    pushed = np.minimum(number * dynamics.pushes_out_share, alive.sum(axis=(2, 3)))
    out = _oldest(alive, pushed)
    alive -= out
    flows.pushed_out += out
    alive += came
    flows.bought += came
    need -= number - pushed


def _drop_surplus(alive: Floats, need: Floats, flows: Flows) -> None:
    """Where there are more vehicles than are needed, the oldest leave."""
    surplus = np.minimum(np.maximum(-need, 0.0), alive.sum(axis=(2, 3)))
    if surplus.any():
        out = _oldest(alive, surplus)
        alive -= out
        flows.pushed_out += out
    np.maximum(need, 0.0, out=need)


def _oldest(alive: Floats, number: Floats) -> Floats:
    """Return so many of the oldest vehicles of each class and size."""
    by_age = alive.sum(axis=3)
    older = by_age[:, :, ::-1].cumsum(axis=2)[:, :, ::-1] - by_age
    take = np.clip(number[:, :, None] - older, 0.0, by_age)
    share = np.divide(take, by_age, out=np.zeros_like(take), where=by_age > 0.0)
    found: Floats = alive * share[..., None]
    return found


def _second_hand(alive: Floats, need: Floats, dynamics: Dynamics, flows: Flows) -> None:
    """Fill part of each size's need from larger ones, whose need grows by what they sell."""
    for size in range(alive.shape[1] - 1):
        offered = alive[:, size + 1 :] * dynamics.sold[None, None, :, None]
        supply = offered.sum(axis=(1, 2, 3))
        wanted = np.minimum(need[:, size] * dynamics.used_share[size], supply)
        share = np.divide(wanted, supply, out=np.zeros_like(wanted), where=supply > 0.0)
        moved = offered * share[:, None, None, None]
        alive[:, size + 1 :] -= moved
        flows.sold_on[:, size + 1 :] += moved
        came = moved.sum(axis=1)
        alive[:, size] += came
        flows.bought[:, size] += came
        need[:, size + 1 :] += moved.sum(axis=(2, 3))
        need[:, size] = np.maximum(need[:, size] - came.sum(axis=(1, 2)), 0.0)


def _filters(alive: Floats, dynamics: Dynamics, plan: YearPlan, flows: Flows) -> None:
    """Let fitted filters crack, then fit new ones."""
    fitted = plan.cracked >= 0
    if fitted.any():
        out = alive[..., fitted] * dynamics.failure_per_year
        alive[..., fitted] -= out
        alive[..., plan.cracked[fitted]] += out
        flows.cracked[..., fitted] += out
    for share in plan.filters:
        got = np.zeros_like(alive)
        for at in range(len(plan.target)):
            kinds = np.flatnonzero(plan.target[at] >= 0)
            moved = alive[at][..., kinds] * share[at][..., kinds]
            alive[at][..., kinds] -= moved
            # several kinds may become one
            for place, kind in enumerate(kinds):
                alive[at][..., plan.target[at, kind]] += moved[..., place]
            got[at][..., kinds] = moved
        flows.fitted += got
        flows.filters.append(got)
