"""Rank vehicles and options by what a kilogram costs; the marginal abatement cost curve."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.economics.options.model import KEEP
from geofleet.economics.society.cost_per_unit import ratio_of
from geofleet.economics.society.model import AVOIDED, SocialTerms, avoided, social_terms
from geofleet.economics.society.resource_cost import social_cost
from geofleet.errors import InputError, Problem

if TYPE_CHECKING:
    from geofleet.economics.options.model import Options

__all__ = ["Ranking", "rank"]

Floats = npt.NDArray[np.float64]

_WORDS = (
    "unknown", "adds to it", "dominated", "dominated by a mix of others", "efficient",
    "neither avoids nor saves",
)  # fmt: skip


@dataclass(frozen=True)
class Ranking:
    """Options of all vehicles by what they cost for what they avoid.

    Parameters
    ----------
    by
        What is avoided: one of ``AVOIDED``.
    options
        Indexed by vehicle and option, without keeping: ``annual_cost``, ``avoided``,
        ``cost_per_unit`` (NaN unless it costs and avoids), ``word``, ``place`` (``efficient``,
        ``dominated``: another avoids as much for as little; ``dominated by a mix of others``: two
        others shared among equal vehicles beat it; ``unknown``…).
    best
        By vehicle, ranked: the first efficient option, with its cost and amount; what saves money
        first, the largest saving leading, then by cost per unit. Vehicles without an efficient
        option are not in it.
    curve
        Marginal abatement cost curve: steps from keeping, or from the option before on the same
        vehicle, cheapest first: ``vehicle_id, option, instead_of, vehicles, added_cost,
        added_avoided, cost_per_unit`` (incremental; negative where it saves),
        ``cumulative_avoided, cumulative_cost``, by year.
    without
        Vehicles that have no efficient option, counted by the reason.
    """

    by: str
    options: pd.DataFrame
    best: pd.DataFrame
    curve: pd.DataFrame
    without: pd.Series
    currency: str
    provenance: tuple[str, ...] = ()


def rank(
    options: Options,
    by: str = "bc",
    *,
    terms: SocialTerms | None = None,
    rebound_km: pd.Series | None = None,
    weights: pd.Series | None = None,
    allowed: pd.Series | None = None,
    defaults: Defaults | None = None,
) -> Ranking:
    """Rank options by yearly social cost per unit avoided, and draw the abatement curve.

    Each vehicle's efficient frontier is the lower convex hull of cost over amount from its cheapest
    point; a step's cost is what it adds to the step before (Taylor 2012 on why average costs, and
    ratios of savings, rank wrongly). Savings come first, by their size.

    Parameters
    ----------
    by
        One of ``AVOIDED``.
    weights
        Equal vehicles behind each row of ``vehicles``; 1 where not given. They multiply costs and
        amounts of the curve, not of ``options`` and ``best``.
    allowed
        By vehicle and option: options that may be chosen (feasible, say). Missing is not allowed.

    Raises
    ------
    InputError
        Another ``by``; weights that are missing or negative; faults of the options.
    """
    if by not in AVOIDED:
        expected = "one of " + ", ".join(AVOIDED)
        raise InputError([Problem("ranking", "by", 0, by, expected)])
    used = (defaults or Defaults()).scope()
    terms = terms or social_terms(options.currency, defaults=used)
    cost = social_cost(options, terms)["annual_cost"].to_numpy(np.float64)
    amount = avoided(options.physical, rebound_km=rebound_km)[by].to_numpy(np.float64)
    index = options.cases.index
    assert isinstance(index, pd.MultiIndex)
    if allowed is not None:
        may = allowed.reindex(index).fillna(False).to_numpy(bool)
        cost = np.where(may, cost, np.nan)
    rows = np.flatnonzero(index.get_level_values("option") != KEEP)
    code = np.asarray(index.codes[0], np.int64)[rows]
    cost, amount = cost[rows], amount[rows]
    state, previous = _frontiers(code, cost, amount)
    words, ratio = ratio_of(cost, amount)
    table = pd.DataFrame(
        {
            "annual_cost": cost,
            "avoided": amount,
            "cost_per_unit": ratio,
            "word": words,
            "place": np.array(_WORDS, dtype=object)[state],
        },
        index=index[rows],
    )
    steps = _steps(table, state, previous, code)
    ids = index.levels[0]
    every = np.unique(np.asarray(index.codes[0], np.int64))
    counts = _weights(weights, ids, every)
    return Ranking(
        by, table, _best(table, state, previous), _curve(steps, ids, counts),
        _without(code, state, every, ids), options.currency,
        tuple(sorted({*terms.provenance, *used.used})),
    )  # fmt: skip


def _frontiers(
    code: npt.NDArray[np.int64], cost: Floats, amount: Floats
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return state and previous step of each row, in the order given."""
    from geofleet.economics.society._kernels import frontiers

    order = np.lexsort((cost, amount, code))
    start = np.flatnonzero(np.diff(code[order], prepend=-1))
    first = np.append(start, len(order)).astype(np.int64)
    state = np.zeros(len(order), np.int64)
    before = np.full(len(order), -1, np.int64)
    if len(order):
        frontiers(first, cost[order], amount[order], state, before)
    found, previous = np.empty_like(state), np.empty_like(before)
    found[order] = state
    previous[order] = np.where(before >= 0, order[before], -1)
    return found, previous


def _steps(
    table: pd.DataFrame,
    state: npt.NDArray[np.int64],
    previous: npt.NDArray[np.int64],
    code: npt.NDArray[np.int64],
) -> pd.DataFrame:
    step = np.flatnonzero(state == _WORDS.index("efficient"))
    before = previous[step]
    cost, amount = table["annual_cost"].to_numpy(), table["avoided"].to_numpy()
    option = table.index.get_level_values("option").to_numpy(object)
    added = cost[step] - np.where(before >= 0, cost[before], 0.0)
    more = amount[step] - np.where(before >= 0, amount[before], 0.0)
    return pd.DataFrame(
        {
            "code": code[step],
            "option": option[step],
            "instead_of": np.where(before >= 0, option[before], KEEP),
            "added_cost": added,
            "added_avoided": more,
            "cost_per_unit": np.where(more > 0.0, added / np.where(more > 0.0, more, 1.0), np.nan),
        }
    )


def _order(cost: Floats, ratio: Floats) -> npt.NDArray[np.int64]:
    """Return savings by size, then costs by ratio; ties in the order given."""
    saves = cost <= 0.0
    return np.lexsort((np.where(saves, cost, ratio), ~saves))


def _best(
    table: pd.DataFrame, state: npt.NDArray[np.int64], previous: npt.NDArray[np.int64]
) -> pd.DataFrame:
    start = (state == _WORDS.index("efficient")) & (previous < 0)
    first = table.loc[start, ["annual_cost", "avoided", "cost_per_unit", "word"]]
    order = _order(first["annual_cost"].to_numpy(), first["cost_per_unit"].to_numpy())
    found: pd.DataFrame = first.iloc[order].reset_index("option")
    found["rank"] = np.arange(1, len(found) + 1)
    return found


def _curve(steps: pd.DataFrame, ids: pd.Index, counts: Floats) -> pd.DataFrame:
    steps = steps[counts[steps["code"].to_numpy()] > 0.0]
    order = _order(steps["added_cost"].to_numpy(), steps["cost_per_unit"].to_numpy())
    found = steps.iloc[order].reset_index(drop=True)
    code = found.pop("code").to_numpy()
    found.insert(0, "vehicle_id", ids.take(code))
    found.insert(3, "vehicles", counts[code])
    for name in ("added_cost", "added_avoided"):
        found[name] = found[name] * counts[code]
        found[name.replace("added", "cumulative")] = found[name].cumsum()
    return found


def _weights(weights: pd.Series | None, ids: pd.Index, every: npt.NDArray[np.int64]) -> Floats:
    if weights is None:
        return np.ones(len(ids))
    found = weights.reindex(ids).to_numpy(np.float64)
    wrong = every[~(found[every] >= 0.0) | ~np.isfinite(found[every])]
    if len(wrong):
        raise InputError(
            Problem("weights", str(ids[place]), 0, f"{found[place]:g}", "vehicles, at least 0")
            for place in wrong[:5]
        )
    return found


def _without(
    code: npt.NDArray[np.int64],
    state: npt.NDArray[np.int64],
    every: npt.NDArray[np.int64],
    ids: pd.Index,
) -> pd.Series:
    """Count vehicles without an efficient option by why their options are none."""
    flags = np.zeros(len(ids), np.int64)
    np.bitwise_or.at(flags, code, 1 << state)
    efficient = 1 << _WORDS.index("efficient")
    left = flags[every][(flags[every] & efficient) == 0]
    names = {
        value: "; ".join(word for place, word in enumerate(_WORDS) if value >> place & 1)
        or "no option but to keep it"
        for value in np.unique(left).tolist()
    }
    counted = pd.Series(left, dtype=object).map(names).value_counts()
    return counted.rename("vehicles").rename_axis("reason")
