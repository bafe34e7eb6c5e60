"""Changes of a voluntary programme: who is in, and who may be.

A programme acts on the day through membership, which rules ask for. Its changes are made after
those of vehicles, on the vehicles as they then are: a truck that gets a filter passes a limit to
vehicles with filters.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd

from geofleet.policy.cases import FACTORY, RETROFIT
from geofleet.policy.packages.canonical import text_of
from geofleet.policy.packages.change import Change, Fault, Key
from geofleet.policy.packages.vehicle_changes import with_vehicles
from geofleet.policy.rules.conditions import (
    Age,
    All,
    Among,
    AnyOf,
    Condition,
    Member,
    Not,
    Span,
)
from geofleet.policy.rules.facts import NONE
from geofleet.policy.rules.truth import NO, UNKNOWN, YES

if TYPE_CHECKING:
    from geofleet.policy.packages.scenario import Scenario
    from geofleet.policy.programme.model import Programme

__all__ = [
    "EnrolVehicles",
    "LimitProgramme",
    "eligible",
    "limit_age",
    "limit_to_electric",
    "limit_to_eligible",
    "limit_to_filters",
]  # fmt: skip

_MEMBERSHIP, _UNTIL = "programme_membership", "membership_until"
_ELECTRIC = Among("fuel", frozenset(("electric",)))
_FILTER = Among("particle_filter", frozenset((FACTORY, RETROFIT)))


@dataclass(frozen=True)
class LimitProgramme(Change):
    """Ask more of members of a programme; those who do not fulfil it are members no longer.

    Where it is unknown whether a member fulfils it, so is membership; where the scenario assumes a
    membership for unknown cells, which would let the vehicle in again, it is no member.

    Parameters
    ----------
    programme
        As in column ``programme_membership``.
    requirement
        What is limited: a programme has one limit of each name.
    condition
        What a member must fulfil besides what the programme asks for already.
    """

    rank: ClassVar[int] = 10
    after_rules: ClassVar[bool] = True
    programme: str
    requirement: str
    condition: Condition

    def sets(self, baseline: Scenario) -> Mapping[Key, str]:
        """Return the limit."""
        del baseline
        return {("programme", self.programme, self.requirement): text_of(self.condition)}

    def faults(self, baseline: Scenario) -> Iterator[Fault]:
        """Yield a programme that neither rules nor vehicles know."""
        yield from _unknown(baseline, self.programme)

    def apply(self, scenario: Scenario, baseline: Scenario) -> Scenario:
        """Take the membership of those who do not fulfil it."""
        del baseline
        truths = scenario.holding(self.condition)
        out = (NO, UNKNOWN) if _MEMBERSHIP in scenario.assume else (NO,)
        new: dict[int, str | None] = {}
        for place, programmes in enumerate(_memberships(scenario)):
            if programmes is None or self.programme not in programmes or truths[place] == YES:
                continue
            left = _joined(programmes - {self.programme})
            new[place] = left if truths[place] in out else None
        vehicles = _changed(scenario, {_MEMBERSHIP: new})
        doubtful = int((truths[list(new)] == UNKNOWN).sum())
        lost = len(new) - doubtful
        note = f"{self.programme}, {self.requirement}: {lost} members lost"
        if doubtful:
            note += f"; {doubtful} of whom it is not known"
        return with_vehicles(scenario, vehicles, note)


@dataclass(frozen=True)
class EnrolVehicles(Change):
    """Take vehicles into a programme: those that fulfil a condition.

    A vehicle that is in another programme until an earlier day is in both until that day, so that
    nobody gains what was not given; one whose membership had ended before the scenario's first day,
    or is unknown, is in the new one alone. A last day that is unknown stays so.

    Parameters
    ----------
    programme
        As in column ``programme_membership``.
    until
        Last day of membership; one for all who join a programme.
    where
        Vehicles that join, as other levers have made them.
    """

    rank: ClassVar[int] = 9
    after_rules: ClassVar[bool] = True
    programme: str
    until: datetime.date
    where: Condition

    def sets(self, baseline: Scenario) -> Mapping[Key, str]:
        """Return the last day, and who joins."""
        del baseline
        joins = text_of(self.where)
        return {
            ("programme", self.programme, "until"): self.until.isoformat(),
            ("programme", self.programme, "joins", joins): joins,
        }

    def faults(self, baseline: Scenario) -> Iterator[Fault]:
        """Yield a programme that neither rules nor vehicles know, and a day that is past."""
        yield from _unknown(baseline, self.programme)
        if self.until < baseline.dates[0]:
            yield "enrol.until", str(self.until), f"a day not before {baseline.dates[0]}"

    def apply(self, scenario: Scenario, baseline: Scenario) -> Scenario:
        """Take them in."""
        del baseline
        truths = scenario.holding(self.where)
        last = [_day(value) for value in _column(scenario, _UNTIL)]
        new: dict[int, str | None] = {}
        until: dict[int, str | None] = {}
        alone = 0
        for place, programmes in enumerate(_memberships(scenario)):
            if truths[place] != YES:
                continue
            alone += programmes is None
            others, day = self._beside(programmes or frozenset(), last[place], scenario.dates[0])
            new[place] = _joined(others | {self.programme})
            until[place] = None if day is None else day.isoformat()
        note = f"{self.programme}: {len(new)} vehicles joined"
        if alone:
            note += f", {alone} of them of unknown membership before"
        if doubtful := int((truths == UNKNOWN).sum()):
            note += f"; {doubtful} not known to fulfil the condition"
        return with_vehicles(scenario, _changed(scenario, {_MEMBERSHIP: new, _UNTIL: until}), note)

    def _beside(
        self, old: frozenset[str], last: datetime.date | None, first: datetime.date
    ) -> tuple[frozenset[str], datetime.date | None]:
        """Return which memberships stay, and until when all of them hold."""
        if not old or (last is not None and last < first):
            return frozenset(), self.until
        if last is None:
            return old, None
        return old, max(last, self.until) if old == {self.programme} else min(last, self.until)


def limit_age(programme: str, years: float) -> LimitProgramme:
    """Limit a programme to vehicles of at most so many years, from the model year."""
    return LimitProgramme(programme, "age", Age(Span(high=years)))


def limit_to_filters(programme: str) -> LimitProgramme:
    """Limit a programme to vehicles with a particle filter that works, and electric ones."""
    return LimitProgramme(programme, "technology", AnyOf((_FILTER, _ELECTRIC)))


def limit_to_electric(programme: str) -> LimitProgramme:
    """Limit a programme to electric vehicles."""
    return LimitProgramme(programme, "technology", _ELECTRIC)


def eligible(programme: Programme, *, with_plan: bool = False) -> Condition:
    """Return who may join a programme, as one condition on a vehicle.

    Ways in that go by the plan of a fleet count only ``with_plan``. The days on which one can join
    are not asked for.
    """
    must = [one.condition for one in programme.requirements]
    if programme.routes:
        ways = (
            All(tuple(one.condition for one in route.requirements))
            for route in programme.routes if with_plan or not route.needs_plan
        )  # fmt: skip
        must.append(AnyOf(tuple(ways)))
    return All(tuple(must))


def limit_to_eligible(programme: Programme, *, with_plan: bool = False) -> LimitProgramme:
    """Limit a programme to members who would be eligible under a variant of it."""
    condition = eligible(programme, with_plan=with_plan)
    return LimitProgramme(programme.member_id, "eligibility", condition)


def _column(scenario: Scenario, name: str) -> list[Any]:
    frame = scenario.cases
    return list(frame[name]) if name in frame.columns else [None] * len(frame)


def _memberships(scenario: Scenario) -> list[frozenset[str] | None]:
    """Return the programmes of each vehicle; None where they are unknown."""
    found: list[frozenset[str] | None] = []
    for value in _column(scenario, _MEMBERSHIP):
        if value is None or value != value or not str(value).strip():
            found.append(None)
            continue
        words = (part.strip() for part in str(value).split(";"))
        found.append(frozenset(word for word in words if word and word != NONE))
    return found


def _joined(programmes: frozenset[str] | None) -> str | None:
    return None if programmes is None else ";".join(sorted(programmes)) or NONE


def _day(value: Any) -> datetime.date | None:
    if value is None or value != value or not str(value).strip():
        return None
    return datetime.date.fromisoformat(str(value)[:10])


def _changed(scenario: Scenario, columns: Mapping[str, Mapping[int, str | None]]) -> pd.DataFrame:
    """Return the vehicles with cells changed, by column and row position."""
    vehicles = scenario.fleet.vehicles.copy()
    for name, cells in columns.items():
        values = list(vehicles[name]) if name in vehicles.columns else [None] * len(vehicles)
        for place, value in cells.items():
            values[place] = value
        vehicles[name] = pd.Series(values, vehicles.index, dtype=object)
    return vehicles


def _unknown(baseline: Scenario, programme: str) -> Iterator[Fault]:
    known: set[str] = set()
    for rule in baseline.rule_set.rules:
        known |= _named(rule.vehicle) | _named(rule.trip)
    for programmes in _memberships(baseline):
        known |= programmes or set()
    if programme not in known:
        expected = "a programme of rules or vehicles: " + (", ".join(sorted(known)) or "none is")
        yield "programmes", programme, expected


def _named(condition: Condition) -> frozenset[str]:
    """Return the programmes that a condition asks for."""
    if isinstance(condition, Member):
        return condition.programmes
    if isinstance(condition, Among) and condition.attribute == _MEMBERSHIP:
        return condition.values - {NONE}
    if isinstance(condition, Not):
        return _named(condition.part)
    if isinstance(condition, All | AnyOf):
        return frozenset().union(*(_named(part) for part in condition.parts))
    return frozenset()
