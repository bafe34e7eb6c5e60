"""Who may join a programme, by which route, and what stands in the way."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.errors import InputError
from geofleet.policy.decisions.checks import condition_faults, words_of
from geofleet.policy.programme.model import Programme, Requirement
from geofleet.policy.rules.conditions import Condition, Setting, attributes_of
from geofleet.policy.rules.days import Days
from geofleet.policy.rules.facts import Attribute, Facts, known_attributes
from geofleet.policy.rules.read_conditions import standard_ranks
from geofleet.policy.rules.truth import NO, UNKNOWN, YES, Truths

__all__ = [
    "ANSWERS", "ELIGIBLE", "NOT_ELIGIBLE", "NOT_KNOWN", "NOT_OPEN", "Asked", "certificate_until",
    "eligibility",
]  # fmt: skip

NOT_ELIGIBLE, NOT_KNOWN, ELIGIBLE = ANSWERS = ("not eligible", "unknown", "eligible")
"""Answers, in the order of their truth values."""

Flags = npt.NDArray[np.bool_]

NOT_OPEN = "not_open"
"""Reason on days on which nobody can join."""


@dataclass(frozen=True, eq=False)
class Asked:
    """Cases on one day, ready to be asked conditions."""

    facts: Facts
    setting: Setting

    @classmethod
    def of(
        cls,
        cases: pd.DataFrame,
        on: datetime.date,
        *,
        attributes: Mapping[str, Attribute] | None = None,
    ) -> Asked:
        """Take cases as they are on a day.

        Raises
        ------
        InputError
            Cells that are not of the kind of their attribute.
        """
        facts = Facts(cases, attributes or known_attributes(), standard_ranks())
        if problems := facts.check():
            raise InputError(problems)
        return cls(facts, Setting(Days((on,)), ((),), {}))

    def truth(self, condition: Condition) -> Truths:
        """Return the truth of a condition, shape ``(cases,)``."""
        found = condition.holds(self.facts, self.setting)
        return np.ascontiguousarray(np.broadcast_to(found, (len(self.facts), 1))[:, 0])

    def missing(self, condition: Condition, rows: Flags) -> dict[str, Flags]:
        """Return by attribute of a condition where it is unknown among some cases."""
        found = {}
        for name in sorted(attributes_of(condition)):
            if self.facts.kind(name) in ("text", "set"):
                empty = self.facts.texts(name)[0] < 0
            else:
                empty = np.isnan(self.facts.numbers(name))
            found[name] = empty & rows
        return found


def eligibility(
    programme: Programme,
    cases: pd.DataFrame,
    on: datetime.date,
    *,
    attributes: Mapping[str, Attribute] | None = None,
) -> pd.DataFrame:
    """Tell who may join a programme on a day.

    A vehicle may join when all requirements hold and, where there are routes, one of them. What is
    unknown makes the answer unknown unless the rest decides without it. Whether a vehicle is a
    member already does not matter.

    Parameters
    ----------
    cases
        Attributes by vehicle, as :func:`geofleet.policy.cases.fleet_cases` makes them.
    on
        Day of joining.
    attributes
        Kinds of attributes, where they are not those that the programme was read with.

    Returns
    -------
    pandas.DataFrame
        Indexed as the cases: ``answer`` (``eligible``, ``not eligible``, ``unknown``), ``route``
        (the first that is open), ``needs_plan`` (that route goes by the plan of the fleet),
        ``failed`` (the first requirement that is not met, or for each route its first one),
        ``reason`` (the same by ``REASONS``) and ``missing`` (attributes to be known).

    Raises
    ------
    InputError
        Cells that are not of the kind of their attribute, or hold a word that no requirement could
        mean (``DIESEL`` for ``diesel``).
    """
    asked = Asked.of(cases, on, attributes=attributes or programme.kinds)
    named = words_of(programme.conditions)
    if problems := condition_faults(named, asked.facts.attributes, asked.facts):
        raise InputError(problems)
    count = len(cases)
    out = _Columns(count)
    if not programme.open_on(on):
        out.fail(np.ones(count, bool), NOT_OPEN, NOT_OPEN)
        return out.frame(cases.index)
    must = _all_of(programme.requirements, asked, out)
    tried = [_Columns(count) for _ in programme.routes]
    truths = [
        _all_of(route.requirements, asked, columns)
        for route, columns in zip(programme.routes, tried, strict=True)
    ]
    ways = np.max(truths, axis=0) if truths else np.full(count, YES, np.int8)
    out.answer[:] = np.minimum(must, ways)
    undecided = out.answer == UNKNOWN
    out.ask(asked, programme.requirements, undecided)
    for route, truth, columns in zip(programme.routes, truths, tried, strict=True):
        taken = (out.answer == YES) & (truth == YES) & (out.route == "")
        out.route[taken] = route.route_id
        out.needs_plan[taken] = route.needs_plan
        out.add_failure((must != NO) & (ways == NO), route.route_id, columns)
        out.ask(asked, route.requirements, undecided & (ways == UNKNOWN) & (truth == UNKNOWN))
    return out.frame(cases.index)


class _Columns:
    """Columns of the answer while they are filled."""

    def __init__(self, count: int) -> None:
        self.answer = np.zeros(count, np.int8)
        self.route = np.full(count, "", object)
        self.needs_plan = np.zeros(count, bool)
        self.failed = np.full(count, "", object)
        self.reason = np.full(count, "", object)
        self.missing: dict[str, Flags] = {}

    def fail(self, rows: Flags, failed: str, reason: str) -> None:
        """Name what failed, where nothing did before."""
        first = rows & (self.failed == "")
        self.failed[first] = failed
        self.reason[first] = reason

    def add_failure(self, rows: Flags, route: str, tried: _Columns) -> None:
        """Add what closed a route."""
        for column, found in (("failed", tried.failed), ("reason", tried.reason)):
            own = getattr(self, column)
            for text in {str(value) for value in found[rows]}:
                here = rows & (found == text)
                word = f"{route}: {text}" if column == "failed" else text
                for old in {str(value) for value in own[here]}:
                    parts = [part for part in old.split("; ") if part]
                    new = "; ".join(dict.fromkeys([*parts, word]))
                    own[here & (own == old)] = new

    def ask(self, asked: Asked, requirements: Sequence[Requirement], rows: Flags) -> None:
        """Note what must be known of the requirements that are open."""
        for one in requirements:
            mine = rows & (asked.truth(one.condition) == UNKNOWN) if rows.any() else rows
            if mine.any():
                for name, empty in asked.missing(one.condition, mine).items():
                    self.missing[name] = self.missing.get(name, np.zeros(len(rows), bool)) | empty

    def frame(self, index: pd.Index) -> pd.DataFrame:
        """Return the table."""
        return pd.DataFrame(
            {
                "answer": np.array(ANSWERS, object)[self.answer],
                "route": self.route,
                "needs_plan": self.needs_plan,
                "failed": self.failed,
                "reason": self.reason,
                "missing": joined(self.missing, len(index)),
            },
            index=index,
        )


def joined(flags: Mapping[str, Flags], count: int) -> npt.NDArray[np.object_]:
    """Return for each row the names of its flags, joined by semicolons."""
    names = sorted(flags)
    if not names:
        return np.full(count, "", object)
    table = np.column_stack([flags[name] for name in names])
    patterns, codes = np.unique(table, axis=0, return_inverse=True)
    words = ["; ".join(np.array(names)[pattern]) for pattern in patterns]
    return np.array(words, object)[codes.ravel()]


def _all_of(requirements: Sequence[Requirement], asked: Asked, out: _Columns) -> Truths:
    """Return whether all hold, and note the first that does not."""
    truth = np.full(len(asked.facts), YES, np.int8)
    for one in requirements:
        found = asked.truth(one.condition)
        truth = np.minimum(truth, found)
        out.fail(found == NO, one.requirement_id, one.reason)
    return truth


def certificate_until(
    programme: Programme,
    cases: pd.DataFrame,
    issued: datetime.date,
    *,
    attributes: Mapping[str, Attribute] | None = None,
) -> pd.DataFrame:
    """Tell until when a certificate issued on a day is valid.

    Returns
    -------
    pandas.DataFrame
        Indexed as the cases: ``until`` (date; the anniversary is the last day, None where there is
        none), ``permanent`` and ``known`` (False where no source says, or the vehicle's part in it
        is unknown).
    """
    asked = Asked.of(cases, issued, attributes=attributes or programme.kinds)
    until = np.full(len(cases), None, object)
    permanent, known = np.zeros(len(cases), bool), np.zeros(len(cases), bool)
    undecided = np.ones(len(cases), bool)
    for one in programme.validity:
        truth = asked.truth(one.condition)
        mine = undecided & (truth == YES)
        # what may be of an earlier kind is not of a later one for certain
        undecided &= truth == NO
        if not one.known:
            continue
        known |= mine
        if one.years is None:
            permanent |= mine
        else:
            until[mine] = _anniversary(issued, one.years)
    columns = {"until": until, "permanent": permanent, "known": known}
    return pd.DataFrame(columns, index=cases.index)


def _anniversary(date: datetime.date, years: float) -> datetime.date:
    months = round(12 * years) + date.month - 1
    year, month = date.year + months // 12, months % 12 + 1
    for day in range(date.day, 27, -1):
        try:
            return datetime.date(year, month, day)
        except ValueError:
            continue
    return datetime.date(year, month, min(date.day, 28))
