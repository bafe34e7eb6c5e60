"""Answers over stretches of time: the worst that rules say while something lasts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geofleet.policy.decisions.model import Decisions
from geofleet.policy.rules.days import DAY_S

__all__ = ["INSTANT_S", "Worst", "first_clear", "worst_over"]

INSTANT_S = 1e-3
"""Clocks that were summed in another order differ by less; an end so close is not beyond."""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Worst:
    """The worst answer over each stretch of time.

    Parameters
    ----------
    status
        Answer (int8), as in :mod:`geofleet.policy.decisions`.
    rule
        Rule that decided it (position in ``RuleSet.rules``, -1 none; int16).
    at_s
        When it begins, seconds after the midnight that the stretch is counted from.
    """

    status: npt.NDArray[np.int8]
    rule: npt.NDArray[np.int16]
    at_s: Floats


def worst_over(
    decisions: Decisions, case: npt.ArrayLike, start_s: npt.ArrayLike, end_s: npt.ArrayLike
) -> Worst:
    """Return the worst answer over half-open stretches ``[start_s, end_s)``.

    Parameters
    ----------
    decisions
        Of dates that follow each other without a gap.
    case
        Position of the case of each stretch.
    start_s, end_s
        Seconds after the midnight with which the first date begins; a stretch without length is
        the moment at which it begins.

    Raises
    ------
    ValueError
        A stretch that begins before the first date or ends after the last.
    """
    cases = np.asarray(case, np.int64)
    start = np.asarray(start_s, np.float64)
    end = np.maximum(np.asarray(end_s, np.float64) - INSTANT_S, start)
    count = len(decisions.slots) - 1
    if start.size and not (start.min() >= 0.0 and end.max() < len(decisions.dates) * DAY_S):
        raise ValueError("stretches must lie within the dates that were decided")
    place, last = _place(decisions.slots, start), _place(decisions.slots, end)
    pattern = decisions.pattern[decisions.profile[cases]]
    row = pattern[np.arange(len(cases)), place // count] if len(cases) else np.zeros(0, np.int32)
    status = decisions.day_status[row, place % count]
    rule = decisions.day_rule[row, place % count]
    at = start.copy()
    open_ = np.flatnonzero(place < last)
    while len(open_):
        place[open_] += 1
        day, slot = np.divmod(place[open_], count)
        row = pattern[open_, day]
        found = decisions.day_status[row, slot]
        worse = found > status[open_]
        here = open_[worse]
        status[here], rule[here] = found[worse], decisions.day_rule[row, slot][worse]
        at[here] = (day * DAY_S + decisions.slots[slot])[worse]
        open_ = open_[place[open_] < last[open_]]
    return Worst(status, rule, at)


def first_clear(decisions: Decisions, case: int, from_s: float, *, limit: int) -> float:
    """Return when the answer is next no worse than ``limit``, infinity where it never is.

    Parameters
    ----------
    decisions, case
        As for :func:`worst_over`.
    from_s
        Seconds after the midnight with which the first date begins.
    """
    slots, count = decisions.slots, len(decisions.slots) - 1
    rows = decisions.pattern[decisions.profile[case]]
    first = int(_place(slots, np.array([from_s]))[0])
    for place in range(first, len(rows) * count):
        day, slot = divmod(place, count)
        if decisions.day_status[rows[day], slot] <= limit:
            return max(from_s, float(day * DAY_S + slots[slot]))
    return float("inf")


def _place(slots: Ints, seconds: Floats) -> Ints:
    """Return the number of the slot, counted on from day to day."""
    day = np.floor_divide(seconds, DAY_S)
    slot = np.searchsorted(slots, seconds - day * DAY_S, side="right") - 1
    found: Ints = day.astype(np.int64) * (len(slots) - 1) + slot
    return found
