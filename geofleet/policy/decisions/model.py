"""Decisions: for each case, day and moment whether it may drive, and by which rule."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.policy.rules.days import DAY_S, clock_text
from geofleet.policy.rules.events import Event
from geofleet.policy.rules.model import RuleSet

if TYPE_CHECKING:
    from geofleet.policy.decisions.prepare import Prepared

__all__ = [
    "ALLOWED", "CHARGED", "FORBIDDEN", "PERMIT", "STATUS_WORDS", "UNKNOWN", "Decision", "Decisions",
]  # fmt: skip

ALLOWED: Final = 0
CHARGED: Final = 1
PERMIT: Final = 2
UNKNOWN: Final = 3
FORBIDDEN: Final = 4
STATUS_WORDS = ("allowed", "charged", "permit needed", "unknown", "forbidden")

_S_PER_H = 3600.0

Truths = npt.NDArray[np.int8]
Numbers = npt.NDArray[np.int16]


@dataclass(frozen=True)
class Decision:
    """The answer for one case at one moment, with its reason.

    Parameters
    ----------
    status, word
        0 to 4, and the word for it.
    rule_id, version, name
        The rule that decided; empty where none did.
    reason
        A sentence.
    missing
        What would have to be known, for ``unknown``: attributes, areas, announcements.
    lifted
        Rules that held and were taken out, each with what took it out.
    held
        Rules that held for certain, in order of the file.
    considered
        How many rules were in force on the day.
    """

    status: int
    word: str
    rule_id: str
    version: str
    name: str
    reason: str
    missing: tuple[str, ...]
    lifted: tuple[tuple[str, str], ...]
    held: tuple[str, ...]
    considered: int
    case: Any
    date: datetime.date
    seconds: float

    def __str__(self) -> str:
        """Return the answer as one line."""
        return f"{self.case}, {self.date} {clock_text(self.seconds)}: {self.word} ({self.reason})"


@dataclass(frozen=True, eq=False)
class Decisions:
    """Answers for all cases and dates, equal days stored once.

    Parameters
    ----------
    rule_set
        The rules, in whose order ``rule`` counts.
    cases
        Names of the cases.
    dates
        Ascending, each once.
    slots
        Boundaries in seconds after midnight, from 0 to 86,400: within a stretch between two of
        them nothing changes. A boundary belongs to the stretch that begins there.
    profile
        Row of ``pattern`` of each case: cases that no rule tells apart share one.
    pattern
        Row of ``day_status`` by profile and date (int32).
    day_status, day_rule
        Answers and deciding rules (position in ``rule_set.rules``, -1 none) by kind of day and
        stretch (int8, int16).
    events, facts, inside, ranks
        What was asked with, for explanations.
    assumed
        How many empty cells of each attribute were filled by assumption.
    provenance
        Rules that decide anything here, and default rows used.
    """

    rule_set: RuleSet
    cases: pd.Index
    dates: tuple[datetime.date, ...]
    slots: npt.NDArray[np.int64]
    profile: npt.NDArray[np.int64]
    pattern: npt.NDArray[np.int32]
    day_status: Truths
    day_rule: Numbers
    events: tuple[Event, ...]
    facts: pd.DataFrame
    inside: Mapping[str, Truths]
    ranks: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    assumed: Mapping[str, int] = field(default_factory=dict)
    provenance: tuple[str, ...] = ()
    _prepared: dict[datetime.date, Prepared] = field(default_factory=dict, repr=False)

    def prepared(self, date: datetime.date) -> Prepared:
        """Return the rules as they are on a date; made once, for explanations."""
        if date not in self._prepared:
            from geofleet.policy.decisions.prepare import prepare

            self._prepared[date] = prepare(self.rule_set, [date], self.events)
        return self._prepared[date]

    @property
    def status(self) -> Truths:
        """Answers, shape ``(cases, dates, stretches)``; large for many cases and dates."""
        return self.day_status[self.pattern[self.profile]]

    @property
    def rule(self) -> Numbers:
        """Deciding rules, same shape as ``status``."""
        return self.day_rule[self.pattern[self.profile]]

    def status_at(self, case: npt.ArrayLike, date: npt.ArrayLike, seconds: npt.ArrayLike) -> Truths:
        """Return answers at moments: positions of cases and dates, seconds after midnight.

        Raises
        ------
        ValueError
            Seconds that are not within the day.
        """
        rows, slot = self._places(case, date, seconds)
        return self.day_status[rows, slot]

    def rule_at(self, case: npt.ArrayLike, date: npt.ArrayLike, seconds: npt.ArrayLike) -> Numbers:
        """Return deciding rules at moments, as :meth:`status_at`."""
        rows, slot = self._places(case, date, seconds)
        return self.day_rule[rows, slot]

    def _places(
        self, case: npt.ArrayLike, date: npt.ArrayLike, seconds: npt.ArrayLike
    ) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.intp]]:
        clock = np.asarray(seconds, np.float64)
        if clock.size and not ((clock >= 0) & (clock < DAY_S)).all():
            raise ValueError("seconds must lie from 0 up to 86,400: the day after is another date")
        slot = np.searchsorted(self.slots, clock, side="right") - 1
        rows = self.pattern[self.profile[np.asarray(case)], np.asarray(date)]
        return rows, slot

    def hours(self, status: int = FORBIDDEN) -> pd.DataFrame:
        """Return the hours of each date that have an answer, cases by dates."""
        lengths = np.diff(self.slots) / _S_PER_H
        of_day = (self.day_status == status) @ lengths
        return pd.DataFrame(
            of_day[self.pattern[self.profile]], index=self.cases, columns=list(self.dates)
        )

    def days_with(self, status: int = FORBIDDEN) -> pd.Series:
        """Return on how many of the dates each case has an answer at any time of the day."""
        any_time = (self.day_status == status).any(axis=1)
        counts = any_time[self.pattern].sum(axis=1)
        return pd.Series(counts[self.profile], index=self.cases)

    def quota_use(self) -> pd.DataFrame:
        """Return on how many days of each year cases used exemptions that are limited in number.

        A day counts when the exemption decides at any time of it. The limit is counted, not
        enforced: whose days are over it is for the reader to act on.

        Returns
        -------
        pandas.DataFrame
            One row per case, rule and year with any use: ``case, rule_id, year, days,
            quota_days_per_year, over`` (days beyond the limit).
        """
        years = np.array([date.year for date in self.dates])
        rows = []
        for place, rule in enumerate(self.rule_set.rules):
            quota = rule.quota_days_per_year
            if quota is None:
                continue
            used = (self.day_rule == place).any(axis=1)[self.pattern]
            for year in np.unique(years):
                days = used[:, years == year].sum(axis=1)[self.profile]
                for case in np.flatnonzero(days).tolist():
                    over = max(0, int(days[case]) - quota)
                    rows.append((self.cases[case], rule.rule_id, int(year), int(days[case]),
                                 quota, over))  # fmt: skip
        names = ["case", "rule_id", "year", "days", "quota_days_per_year", "over"]
        return pd.DataFrame(rows, columns=names)

    def stretches(self, case: int, date: int) -> Iterator[tuple[int, int, int, int]]:
        """Yield ``from_s, to_s, status, rule`` of one case and date, equal neighbours joined."""
        row = self.pattern[self.profile[case], date]
        status, rule = self.day_status[row], self.day_rule[row]
        new = np.flatnonzero((np.diff(status) != 0) | (np.diff(rule) != 0)) + 1
        starts = [0, *new.tolist()]
        for start, end in zip(starts, [*starts[1:], len(status)], strict=True):
            yield (
                int(self.slots[start]),
                int(self.slots[end]),
                int(status[start]),
                int(rule[start]),
            )

    def explain(self, case: Any, date: datetime.date | int, seconds: float) -> Decision:
        """Return the answer for one case at one moment, with its reason.

        Parameters
        ----------
        case
            Name of the case.
        date
            One of ``dates``, or its position.
        seconds
            After local midnight.

        Raises
        ------
        KeyError
            No such case or date.
        """
        from geofleet.policy.decisions.explain import explain

        place = self.cases.get_loc(case)
        if not isinstance(place, (int, np.integer)):
            raise KeyError(f"case {case!r} stands more than once")
        if isinstance(date, int):
            date = self.dates[date]
        if date not in self.dates:
            raise KeyError(f"{date} is none of the dates that were decided")
        return explain(self, int(place), date, float(seconds))

    def table(self, *, missing: bool = True) -> pd.DataFrame:
        """Return one row per case, date and stretch of equal answer.

        Columns ``case, date, from_s, to_s, status, rule_id, version, name`` and, unless
        ``missing`` is false, what would have to be known of what is unknown.
        """
        from geofleet.policy.decisions.explain import explain

        rules = self.rule_set.rules
        rows = []
        for case in range(len(self.cases)):
            for place, date in enumerate(self.dates):
                for start, end, status, rule in self.stretches(case, place):
                    found = None if rule < 0 else rules[rule]
                    row = {
                        "case": self.cases[case], "date": date.isoformat(), "from_s": start,
                        "to_s": end, "status": STATUS_WORDS[status],
                        "rule_id": "" if found is None else found.rule_id,
                        "version": "" if found is None else found.version,
                        "name": "" if found is None else found.name,
                    }  # fmt: skip
                    if missing:
                        row["missing"] = ""
                        if status == UNKNOWN:
                            why = explain(self, case, date, float(start))
                            row["missing"] = "; ".join(why.missing)
                    rows.append(row)
        return pd.DataFrame(rows)
