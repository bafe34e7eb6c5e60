"""Who is a member of a programme, which is another question than who has a filter."""

from __future__ import annotations

import datetime
from collections.abc import Mapping

import numpy as np
import pandas as pd

from geofleet.policy.programme.eligibility import Asked, eligibility
from geofleet.policy.programme.model import Programme
from geofleet.policy.rules.conditions import Among, AnyOf, Condition, Member
from geofleet.policy.rules.facts import NONE, Attribute
from geofleet.policy.rules.truth import WORDS

__all__ = ["as_members", "as_non_members", "member_condition", "members"]

_MEMBERSHIP, _UNTIL = "programme_membership", "membership_until"


def member_condition(programme: Programme) -> Condition:
    """Return the condition that a vehicle is a member on the day asked about."""
    joined = Member(frozenset((programme.member_id,)))
    granted = tuple(Among(name, frozenset((value,))) for name, value in programme.grants)
    return AnyOf((joined, *granted)) if granted else joined


def members(
    programme: Programme,
    cases: pd.DataFrame,
    on: datetime.date,
    *,
    attributes: Mapping[str, Attribute] | None = None,
) -> pd.DataFrame:
    """Tell who is a member on a day, what filter each has, and whether it could join today.

    Three different things: membership is a paper with an end, a filter is a device, and who may
    join is asked of the vehicle as it is.

    Returns
    -------
    pandas.DataFrame
        Indexed as the cases: ``member`` (yes, no, unknown), ``until`` (as in the cases),
        ``particle_filter`` (factory, retrofit, none, unknown) and ``could_join`` (eligible, not
        eligible, unknown).
    """
    asked = Asked.of(cases, on, attributes=attributes or programme.kinds)
    codes, words = asked.facts.texts("particle_filter")
    fits = eligibility(programme, cases, on, attributes=attributes)
    return pd.DataFrame(
        {
            "member": np.array(WORDS, object)[asked.truth(member_condition(programme))],
            "until": cases[_UNTIL] if _UNTIL in cases.columns else None,
            "particle_filter": np.array([*words, "unknown"], object)[codes],
            "could_join": fits["answer"],
        },
        index=cases.index,
    )


def as_members(programme: Programme, cases: pd.DataFrame, *, until: datetime.date) -> pd.DataFrame:
    """Return the cases as members of one programme alone, to the end of a day."""
    out = cases.copy()
    out[_MEMBERSHIP] = programme.member_id
    out[_UNTIL] = until.isoformat()
    for name, value in programme.grants:
        out[name] = value
    return out


def as_non_members(cases: pd.DataFrame) -> pd.DataFrame:
    """Return the cases as members of nothing, whatever they are."""
    out = cases.copy()
    out[_MEMBERSHIP] = NONE
    out[_UNTIL] = None
    return out
