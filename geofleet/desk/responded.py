"""What carriers do about a rule of other hours: the whole stage of rules, as elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.desk.driven import HOURS
from geofleet.desk.windows import Window, with_hours

if TYPE_CHECKING:
    from geofleet.desk.hours import MovableRule
    from geofleet.emissions import LinkEmissions
    from geofleet.exposure import UnitExposure
    from geofleet.study import Results

__all__ = ["Responded", "responded"]

_S_PER_H = 3600.0

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Responded:
    """A day under a rule of other hours, carriers doing what costs them least.

    Parameters
    ----------
    rule, window
        What was asked.
    edges
        Links with traffic before or after, ascending.
    before, after
        Harm of each in each hour (links, 24), persons·µg/m3·h over the service dates.
    outcome
        What becomes of each vehicle-day, one of ``geofleet.policy.day.OUTCOMES``.
    deliveries
        Counts: ``deliveries, late, moved, cancelled``.
    cost, cost_unknown, currency
        To operators; vehicle-days of which it is not known.
    sizes
        By size of operator: ``operators, hurt, vehicle_days, vehicle_days_hurt, cost``.
    """

    rule: int
    window: Window
    edges: Ints
    before: Floats
    after: Floats
    outcome: npt.NDArray[np.object_]
    deliveries: dict[str, float]
    cost: float
    cost_unknown: int
    currency: str
    sizes: pd.DataFrame


def responded(results: Results, one: MovableRule, window: Window, *, place: int = 0) -> Responded:
    """Return what ``geofleet policy`` would with these hours of a rule.

    Parameters
    ----------
    results
        The run.
    one, window
        The rule, and the hours in place of its own.
    place
        Of the rule among those that can be moved.
    """
    rules = replace(one.rules, rule_set=with_hours(one.rules.rule_set, one.rule, window))
    effect = results.under(rules)
    edges, unit = effect.edges.astype(np.int64), effect.unit_exposure
    if unit is None:
        raise ValueError("a run has unit exposure")
    before, after = (
        _harm(emitted, edges, unit, effect.harm_quantities)
        for emitted in (effect.emissions_before, effect.emissions_after)
    )
    return Responded(
        rule=place, window=window, edges=edges, before=before, after=after,
        outcome=effect.frame["outcome"].to_numpy(object), deliveries=effect.deliveries(),
        cost=float(effect.frame["cost"].sum()),
        cost_unknown=int(effect.frame["cost"].isna().sum()), currency=effect.currency,
        sizes=effect.operators(),
    )  # fmt: skip


def _harm(
    emitted: LinkEmissions, edges: Ints, unit: UnitExposure, quantities: tuple[str, ...]
) -> Floats:
    """Return harm by link and hour."""
    frame = emitted.frame
    found = np.zeros((len(edges), HOURS))
    row = np.searchsorted(edges, frame["edge"].to_numpy(np.int64))
    hour = frame["hour"].to_numpy(np.int64)
    np.add.at(found, (row, hour), frame[list(quantities)].to_numpy(np.float64).sum(axis=1))
    return found * unit.values[np.searchsorted(unit.edges, edges)] / _S_PER_H
