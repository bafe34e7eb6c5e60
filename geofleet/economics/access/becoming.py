"""Vehicles as rules see them when they become something else, and join what is open to them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.policy.programme import Programme, eligibility

__all__ = ["option_cases"]

_TABLE = "economics_access"
_KEEP = "keep"
_NEW = "new"
_MEMBERSHIP, _UNTIL = "programme_membership", "membership_until"
_NONE = "none"


def option_cases(
    cases: pd.DataFrame,
    index: pd.MultiIndex,
    programmes: Sequence[Programme],
    *,
    on: dt.date,
    until: dt.date,
    defaults: Defaults | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return vehicles as they are and as each option makes them, for :func:`days_won`.

    An option changes the attributes that the rows ``economics_access:option.<technology>.*`` name;
    then it joins every programme that is open to it as it has become. Options that change nothing
    (``keep``) join nothing: they stay members of what they are members of.

    Parameters
    ----------
    cases
        Indexed by ``vehicle_id``: attributes of rules
        (:func:`geofleet.policy.cases.fleet_cases`).
    index
        (``vehicle_id``, ``option``); ``electric:<model_id>`` is of the technology ``electric``.
    programmes
        That vehicles may join.
    on
        Day on which they do; model year of what is bought new.
    until
        Last day of membership.
    defaults
        Where rows are read.

    Returns
    -------
    tuple
        Two tables with the given index. Where it cannot be told whether a programme is open, the
        membership is empty, which is unknown.

    Raises
    ------
    InputError
        Vehicles without a case, technologies without rows; faults of the cases.
    """
    scope = (defaults or Defaults()).scope()
    vehicle = index.get_level_values(0)
    option = index.get_level_values(1)
    technology = pd.Series(option.astype(str), index=index).str.partition(":")[0]
    _check(cases, vehicle, technology, scope)
    before = cases.loc[vehicle].set_axis(index)
    after = before.copy()
    rows = scope.table(_TABLE).index
    changed = np.zeros(len(index), np.bool_)
    for name in technology.unique():
        prefix = f"option.{name}."
        of_it = (technology == name).to_numpy()
        for row in (str(row) for row in rows if str(row).startswith(prefix)):
            text = scope.text(_TABLE, row)
            value = float(on.year) if text == _NEW else text
            _put(after, row.removeprefix(prefix), of_it, value)
        changed |= of_it & (name != _KEEP)
    for programme in programmes:
        _join(after, programme, changed, on=on, until=until)
    return before, after


def _check(cases: pd.DataFrame, vehicle: pd.Index, technology: pd.Series, scope: Defaults) -> None:
    problems = [
        Problem("option_cases", "index", 0, str(name), "a vehicle of the cases")
        for name in vehicle.unique().difference(cases.index)[:5]
    ]
    known = {str(row).split(".")[1] for row in scope.table(_TABLE).index if "option." in str(row)}
    problems += [
        Problem("option_cases", "index", 0, name, "one of " + ", ".join(sorted({_KEEP, *known})))
        for name in technology.unique()
        if name not in known and name != _KEEP
    ]
    if problems:
        raise InputError(problems)


def _put(frame: pd.DataFrame, name: str, rows: np.ndarray, value: object) -> None:
    """Set an attribute of some rows; the others keep theirs, or have none."""
    old = frame[name] if name in frame.columns else pd.Series(None, frame.index, dtype=object)
    frame[name] = old.astype(object).mask(rows, value)


def _join(
    after: pd.DataFrame, programme: Programme, changed: np.ndarray, *, on: dt.date, until: dt.date
) -> None:
    """Make members of those that have changed and may join; leave open what cannot be told."""
    answer = eligibility(programme, after, on)["answer"].to_numpy()
    joins = changed & (answer == "eligible")
    open_ = changed & (answer == "unknown")
    if _MEMBERSHIP not in after.columns:
        after[_MEMBERSHIP] = pd.Series(None, after.index, dtype=object)
    today = after[_MEMBERSHIP].astype(object)
    bare = today.isna() | (today == _NONE)
    more = (today.fillna("").astype(str) + f";{programme.member_id}").where(
        ~bare, programme.member_id
    )
    _put(after, _MEMBERSHIP, joins, more)
    _put(after, _UNTIL, joins, until.isoformat())
    _put(after, _MEMBERSHIP, open_, None)
    for name, value in programme.grants:
        _put(after, name, joins, value)
        _put(after, name, open_, None)
