"""Days and hours won, as a rule set decides them: a vehicle as it is, and as it would be."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.economics.access.model import DAYS_OF_YEAR
from geofleet.errors import InputError, Problem
from geofleet.policy.decisions import FORBIDDEN, UNKNOWN, Decisions, decide
from geofleet.policy.rules.events import Event
from geofleet.policy.rules.model import RuleSet

__all__ = ["days_won"]

_S_PER_H = 3600.0
_TABLE = "economics_access"
_HOURS = ["hours_won", "hours_perhaps_won", "hours_lost"]


def days_won(
    rule_set: RuleSet,
    before: pd.DataFrame,
    after: pd.DataFrame,
    dates: Sequence[dt.date],
    *,
    events: Sequence[Event] = (),
    inside: Mapping[str, Any] | None = None,
    assume: Mapping[str, Any] | None = None,
    working_day_h: float | None = None,
    defaults: Defaults | None = None,
) -> pd.DataFrame:
    """Return the days that vehicles win by being other than they are, of a year as of ``dates``.

    Every date is decided for both, with the events and without: what is won on declared days alone
    is kept apart, so that one may ask for more or fewer of them.

    Parameters
    ----------
    before, after
        The same cases as they are and as they would be (members, retrofitted, electric): attributes
        as for :func:`geofleet.policy.decisions.decide`, with one index.
    dates
        A year, say; results are for 365 days.
    events
        Declared contingencies within the dates.
    working_day_h
        Hours of a day's work: a day on which that many hours are won is a whole day, one with fewer
        a part of one. The default row where None.
    inside, assume, defaults
        As for ``decide``.

    Returns
    -------
    DataFrame
        Index of the cases; columns of ``ACCESS_SCHEMA``: ``whole_days`` (won without any
        declaration, in days of work), ``contingency_days`` (declared), ``contingency_hours`` (won
        besides on a declared day, in the mean) and ``clear_share`` (1: the mean is over all
        declared days). Days are NaN where it cannot be told of an hour whether it is won; what
        can be told of neither table is taken to be the same in both. Of all dates, with the events:
        ``hours_won``, ``hours_perhaps_won`` and ``hours_lost``, which take nothing from the days.

    Raises
    ------
    InputError
        Two tables of other cases, no dates; faults of cases, dates and events.
    """
    problems = []
    if not before.index.equals(after.index):
        expected = "the cases of before, in their order"
        problems.append(Problem("days_won", "after", expected=expected))
    if not len(dates):
        problems.append(Problem("days_won", "dates", expected="at least one date"))
    if problems:
        raise InputError(problems)
    scope = (defaults or Defaults()).scope()
    if working_day_h is None:
        working_day_h = scope.number(_TABLE, "working_day_h")
    given: dict[str, Any] = {"inside": inside, "assume": assume, "defaults": scope}
    plain = _won(
        decide(rule_set, before, dates, **given),
        decide(rule_set, after, dates, **given),
        working_day_h,
    )
    given["events"] = events
    with_events = _won(
        decide(rule_set, before, dates, **given),
        decide(rule_set, after, dates, **given),
        working_day_h,
    )
    declared = len({day for event in events for day in event.dates} & set(dates))
    per_year = DAYS_OF_YEAR / len(set(dates))
    more = (with_events["days"] - plain["days"]) * working_day_h / max(declared, 1)
    return pd.DataFrame(
        {
            "whole_days": plain["days"] * per_year,
            "contingency_days": declared * per_year,
            "contingency_hours": more,
            "clear_share": 1.0,
            **{name: with_events[name] for name in _HOURS},
        },
        index=before.index,
    )


def _won(before: Decisions, after: Decisions, working_day_h: float) -> pd.DataFrame:
    """Return by case the days of work won (NaN where untold), and the hours by what becomes."""
    hours = np.diff(before.slots) / _S_PER_H
    pairs, of_case = np.unique(
        np.column_stack([before.profile, after.profile]), axis=0, return_inverse=True
    )
    found = np.empty((len(pairs), 4))
    for number, (one, other) in enumerate(pairs):
        now = before.day_status[before.pattern[int(one)]]
        then = after.day_status[after.pattern[int(other)]]
        gained = ((now == FORBIDDEN) & (then < UNKNOWN)) @ hours
        # one of the two can be told and the other not
        untold = (now == UNKNOWN) != (then == UNKNOWN)
        lost = (now < UNKNOWN) & (then == FORBIDDEN)
        days = np.minimum(gained / working_day_h, 1.0).sum()
        perhaps = (untold @ hours).sum()
        found[number] = np.nan if perhaps else days, gained.sum(), perhaps, (lost @ hours).sum()
    return pd.DataFrame(
        found[of_case.ravel()], columns=["days", *_HOURS], index=pd.Index(before.cases)
    )
