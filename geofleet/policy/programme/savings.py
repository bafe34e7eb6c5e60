"""What membership is worth to a vehicle: the days and hours on which it alone lets it drive."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.policy.decisions import FORBIDDEN, UNKNOWN, Decisions, decide
from geofleet.policy.programme.members import as_members, as_non_members
from geofleet.policy.programme.model import Programme
from geofleet.policy.rules.events import Event
from geofleet.policy.rules.model import RuleSet

__all__ = ["Benefits", "benefits", "hours_by_case", "relieved_rules"]

_S_PER_H = 3600.0


@dataclass(frozen=True)
class Benefits:
    """What membership saves over the dates asked about.

    Parameters
    ----------
    by_case
        Indexed as the cases: ``days_forbidden_without, hours_forbidden_without,
        days_forbidden_with, hours_forbidden_with`` (days with any forbidden hour),
        ``days_saved`` (days on which an hour is saved), ``hours_saved``,
        ``hours_unknown_without`` (hours of which it cannot be told, in none of the others) and
        ``hours_perhaps_saved`` (forbidden to the non-member, and of which it cannot be told whether
        the member may: another place or attribute is not known).
    by_rule
        ``rule_id, case, days_saved, hours_saved``: by the rule that would have forbidden.
    dates
        The dates asked about.
    provenance
        Rules and default rows used.
    """

    by_case: pd.DataFrame
    by_rule: pd.DataFrame
    dates: tuple[datetime.date, ...]
    provenance: tuple[str, ...] = ()

    def by(self, groups: pd.Series) -> pd.DataFrame:
        """Return mean and largest savings by group of cases (their hologram, their operator)."""
        groups = groups.reindex(self.by_case.index).fillna("unknown")
        grouped = self.by_case.groupby(groups)[["days_saved", "hours_saved"]]
        found = grouped.mean().add_suffix("_mean").join(grouped.max().add_suffix("_most"))
        found.insert(0, "cases", grouped.size())
        return found


def relieved_rules(programme: Programme, rule_set: RuleSet, on: datetime.date) -> tuple[str, ...]:
    """Return the ids of the rules that members are out of on a day.

    Raises
    ------
    InputError
        The rule set lacks an exemption that the programme names.
    """
    known = {rule.rule_id for rule in rule_set.rules}
    if gone := [name for name in programme.exemptions if name not in known]:
        expected = f"a rule of rule set {rule_set.name}"
        raise InputError(
            Problem(programme.programme_id, "exemptions", 0, name, expected) for name in gone
        )
    lifted = [
        name for rule in rule_set.active
        if rule.rule_id in programme.exemptions and rule.valid_on(on)
        for name in rule.lifts
    ]  # fmt: skip
    return tuple(dict.fromkeys(lifted))


def benefits(
    programme: Programme,
    rule_set: RuleSet,
    cases: pd.DataFrame,
    dates: Sequence[datetime.date],
    *,
    events: Sequence[Event] = (),
    inside: Mapping[str, Any] | None = None,
    assume: Mapping[str, Any] | None = None,
    defaults: Defaults | None = None,
) -> Benefits:
    """Decide every date twice, as a member of the programme and as a member of nothing.

    Whether the cases may join does not matter here; memberships that they have are set aside.

    Parameters
    ----------
    rule_set
        The pack that holds the exemptions.
    dates
        A year, say.
    events
        Declared contingencies.
    inside, assume, defaults
        As for :func:`geofleet.policy.decisions.decide`.

    Raises
    ------
    InputError
        An exemption that the rule set does not have; faults of cases and dates.
    """
    for date in dates[:1]:
        relieved_rules(programme, rule_set, date)
    settings: dict[str, Any] = {
        "events": events, "inside": inside, "assume": assume, "defaults": defaults
    }  # fmt: skip
    without = decide(rule_set, as_non_members(cases), dates, **settings)
    joined = as_members(programme, cases, until=max(dates))
    within = decide(rule_set, joined, dates, **settings)
    pairs, of_case = np.unique(
        np.column_stack([without.profile, within.profile]), axis=0, return_inverse=True
    )
    rows, rules = [], []
    for number, (one, other) in enumerate(pairs):
        row, saved_by_rule = _compared(without, within, int(one), int(other))
        rows.append(row)
        rules += [(number, *part) for part in saved_by_rule]
    by_pair = pd.DataFrame(rows)
    by_case = by_pair.iloc[of_case.ravel()].set_axis(cases.index)
    parts = pd.DataFrame(rules, columns=["pair", "rule_id", "days_saved", "hours_saved"])
    names = pd.DataFrame({"pair": of_case.ravel(), "case": cases.index})
    by_rule = names.merge(parts, on="pair")[["rule_id", "case", "days_saved", "hours_saved"]]
    return Benefits(
        by_case=by_case,
        by_rule=by_rule,
        dates=without.dates,
        provenance=tuple(sorted({*without.provenance, *within.provenance})),
    )


def _compared(
    without: Decisions, within: Decisions, one: int, other: int
) -> tuple[dict[str, float], list[tuple[str, int, float]]]:
    """Compare two profiles over all dates: what is forbidden to one and not to the other."""
    hours = np.diff(without.slots) / _S_PER_H
    before = without.day_status[without.pattern[one]]
    after = within.day_status[within.pattern[other]]
    rule = without.day_rule[without.pattern[one]]
    forbidden, still = before == FORBIDDEN, after == FORBIDDEN
    # what becomes unknown by joining is not saved
    saved = forbidden & (after < UNKNOWN)
    row = {
        "days_forbidden_without": int(forbidden.any(axis=1).sum()),
        "hours_forbidden_without": float((forbidden @ hours).sum()),
        "days_forbidden_with": int(still.any(axis=1).sum()),
        "hours_forbidden_with": float((still @ hours).sum()),
        "days_saved": int(saved.any(axis=1).sum()),
        "hours_saved": float((saved @ hours).sum()),
        "hours_unknown_without": float(((before == UNKNOWN) @ hours).sum()),
        "hours_perhaps_saved": float(((forbidden & (after == UNKNOWN)) @ hours).sum()),
    }
    parts = []
    for position in np.unique(rule[saved]):
        mine = saved & (rule == position)
        name = without.rule_set.rules[int(position)].rule_id
        parts.append((name, int(mine.any(axis=1).sum()), float((mine @ hours).sum())))
    return row, parts


def hours_by_case(decisions: Decisions, status: int = FORBIDDEN) -> pd.Series:
    """Return the hours of all dates together that have an answer, by case."""
    lengths = np.diff(decisions.slots) / _S_PER_H
    of_day: npt.NDArray[np.float64] = (decisions.day_status == status) @ lengths
    of_profile = of_day[decisions.pattern].sum(axis=1)
    return pd.Series(of_profile[decisions.profile], index=decisions.cases)
