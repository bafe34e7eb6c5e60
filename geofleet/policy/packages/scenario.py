"""Scenario: everything that decides a day, in one place that levers change."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from geofleet.errors import InputError, Problem
from geofleet.policy.cases import fleet_cases
from geofleet.policy.rules import Facts
from geofleet.policy.rules.conditions import Condition, Setting
from geofleet.policy.rules.read_conditions import standard_ranks
from geofleet.policy.rules.truth import Truths

if TYPE_CHECKING:
    from geofleet.fleet import Fleet
    from geofleet.policy.rules import Event, RuleSet
    from geofleet.policy.rules.facts import Attribute

__all__ = ["Scenario"]


@dataclass(frozen=True, eq=False)
class Scenario:
    """What decides who may drive on some days, and what they do when they may not.

    Parameters
    ----------
    rule_set
        Rules with their geographies and the answers to their switches.
    fleet
        Vehicles, with what is fitted to them and the programmes that they belong to, and
        operators.
    dates
        Local days that it is about. Ages and memberships that choose vehicles are those of the
        first.
    events
        Declared events.
    assume
        By attribute the value that unknown cells are filled with.
    settings
        What operators do on a forbidden day and how it is counted: keywords of
        :func:`geofleet.policy.day.apply_rules`.
    attributes
        Kinds of attributes that programmes ask for and the rule set does not know.
    country
        ISO 3166 code, for the certification mix of vehicles of unknown standard.
    levers
        Ids of the levers that made it, sorted; none for a baseline.
    notes
        What levers did, and to how many vehicles.

    Raises
    ------
    InputError
        No date.
    """

    rule_set: RuleSet
    fleet: Fleet
    dates: tuple[datetime.date, ...]
    events: tuple[Event, ...] = ()
    assume: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    country: str | None = None
    levers: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check that there is a day."""
        if not self.dates:
            raise InputError([Problem("scenario", "dates", expected="at least one date")])

    @cached_property
    def known_cases(self) -> pd.DataFrame:
        """What is known of each vehicle, by ``vehicle_id``.

        Columns of the vehicles table that are attributes of the rule set's own are there too.
        """
        return fleet_cases(self.fleet, attributes=self._attributes)

    @cached_property
    def cases(self) -> pd.DataFrame:
        """As ``known_cases``, with ``assume`` filled in."""
        facts = Facts(self.known_cases, self._attributes)
        return facts.assuming(self.assume)[0].frame if self.assume else facts.frame

    @cached_property
    def _attributes(self) -> dict[str, Attribute]:
        return {**self.rule_set.attributes, **self.attributes}

    def holding(self, condition: Condition) -> Truths:
        """Return for each vehicle of the fleet whether a condition holds on the first day.

        Returns
        -------
        numpy.ndarray
            Truth codes, shape ``(vehicles,)``.
        """
        if condition not in self._answers:
            rules = self.rule_set
            days = rules.days(self.dates[:1])
            facts = Facts(self.cases, self._attributes, standard_ranks())
            asked = condition.holds(facts, Setting(days, [[]], rules.colours))
            answer = asked[:, 0].repeat(len(facts) if len(asked) == 1 else 1)
            self._answers[condition] = answer[: len(facts)]
        return self._answers[condition]

    @cached_property
    def _answers(self) -> dict[Condition, Truths]:
        return {}

    def noting(self, *notes: str) -> Scenario:
        """Return the scenario with notes added."""
        return replace(self, notes=(*self.notes, *notes))
