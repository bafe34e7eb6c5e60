"""Changes of rules: added, replaced, removed, with other hours; switches; declared events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, ClassVar

from geofleet.policy.packages.canonical import text_of
from geofleet.policy.packages.change import Change, Fault, Key
from geofleet.policy.rules import Event, Rule
from geofleet.policy.rules.days import When

if TYPE_CHECKING:
    from geofleet.policy.packages.scenario import Scenario

__all__ = ["AddRule", "AnswerSwitch", "DeclareEvent", "RemoveRule", "ReplaceRule", "RetimeRule"]

_GONE = "removed"


def _versions(baseline: Scenario, rule_id: str) -> list[Rule]:
    return [rule for rule in baseline.rule_set.rules if rule_id in (rule.rule_id, rule.key)]


def _missing(baseline: Scenario, rule_id: str, field: str) -> Iterator[Fault]:
    if not _versions(baseline, rule_id):
        known = ", ".join(dict.fromkeys(rule.rule_id for rule in baseline.rule_set.rules))
        yield field, rule_id, f"the id of a rule of the baseline: {known}"


@dataclass(frozen=True)
class AnswerSwitch(Change):
    """Answer a switch of the rule set."""

    rank: ClassVar[int] = 1
    switch: str
    answer: bool

    def sets(self, baseline: Scenario) -> Mapping[Key, str]:
        """Return the switch."""
        del baseline
        return {("switch", self.switch): str(self.answer).lower()}

    def faults(self, baseline: Scenario) -> Iterator[Fault]:
        """Yield a switch that is not there."""
        if self.switch not in baseline.rule_set.switches:
            known = ", ".join(baseline.rule_set.switches) or "there is none"
            yield "switches", self.switch, f"a switch of the rule set: {known}"

    def apply(self, scenario: Scenario, baseline: Scenario) -> Scenario:
        """Answer it."""
        del baseline
        return replace(scenario, rule_set=scenario.rule_set.answered(**{self.switch: self.answer}))


@dataclass(frozen=True)
class AddRule(Change):
    """Add a rule, or a further version of one: a prohibition, a charge, an exemption.

    It stands after the rules of the baseline, added rules among each other by id.
    """

    rank: ClassVar[int] = 2
    rule: Rule

    def sets(self, baseline: Scenario) -> Mapping[Key, str]:
        """Return the rule with its version."""
        del baseline
        return {("rule", self.rule.rule_id, self.rule.version): text_of(self.rule)}

    def faults(self, baseline: Scenario) -> Iterator[Fault]:
        """Yield a rule that the baseline has already."""
        if self.rule.key in {rule.key for rule in baseline.rule_set.rules}:
            expected = "an id and version that the baseline does not have; replace_rules changes it"
            yield "add_rules", self.rule.key, expected

    def apply(self, scenario: Scenario, baseline: Scenario) -> Scenario:
        """Add it."""
        del baseline
        return replace(scenario, rule_set=scenario.rule_set.with_rules(self.rule))


@dataclass(frozen=True)
class ReplaceRule(Change):
    """Put a rule in the place of the rule of the same id, whatever versions that has."""

    rank: ClassVar[int] = 3
    rule: Rule

    def sets(self, baseline: Scenario) -> Mapping[Key, str]:
        """Return the rule as a whole."""
        del baseline
        return {("rule", self.rule.rule_id): text_of(self.rule)}

    def faults(self, baseline: Scenario) -> Iterator[Fault]:
        """Yield a rule that is not there."""
        yield from _missing(baseline, self.rule.rule_id, "replace_rules")

    def apply(self, scenario: Scenario, baseline: Scenario) -> Scenario:
        """Put it where the first version was."""
        del baseline
        kept: list[Rule] = []
        for rule in scenario.rule_set.rules:
            if rule.rule_id != self.rule.rule_id:
                kept.append(rule)
            elif self.rule not in kept:
                kept.append(self.rule)
        return replace(scenario, rule_set=replace(scenario.rule_set, rules=tuple(kept)))


@dataclass(frozen=True)
class RetimeRule(Change):
    """Give a rule other hours and days; of every version that the id (or ``id@version``) names."""

    rank: ClassVar[int] = 4
    rule_id: str
    when: tuple[When, ...]

    def sets(self, baseline: Scenario) -> Mapping[Key, str]:
        """Return the hours of each version."""
        when = text_of(self.when)
        return {
            ("rule", rule.rule_id, rule.version, "when"): when
            for rule in _versions(baseline, self.rule_id)
        }

    def faults(self, baseline: Scenario) -> Iterator[Fault]:
        """Yield a rule that is not there."""
        yield from _missing(baseline, self.rule_id, "retime")

    def apply(self, scenario: Scenario, baseline: Scenario) -> Scenario:
        """Change the hours."""
        keys = {rule.key for rule in _versions(baseline, self.rule_id)}
        rules = tuple(
            replace(rule, when=self.when) if rule.key in keys else rule
            for rule in scenario.rule_set.rules
        )
        return replace(scenario, rule_set=replace(scenario.rule_set, rules=rules))


@dataclass(frozen=True)
class RemoveRule(Change):
    """Take a rule (or one version, ``id@version``) out, with exemptions from nothing else."""

    rank: ClassVar[int] = 6
    rule_id: str

    def sets(self, baseline: Scenario) -> Mapping[Key, str]:
        """Return the rule, or the version."""
        for rule in _versions(baseline, self.rule_id):
            if rule.key == self.rule_id:
                return {("rule", rule.rule_id, rule.version): _GONE}
        return {("rule", self.rule_id): _GONE}

    def faults(self, baseline: Scenario) -> Iterator[Fault]:
        """Yield a rule that is not there."""
        yield from _missing(baseline, self.rule_id, "remove_rules")

    def apply(self, scenario: Scenario, baseline: Scenario) -> Scenario:
        """Take it out; an exemption goes when nothing is left that it lifts."""
        del baseline
        rules = scenario.rule_set
        gone = {rule.rule_id for rule in rules.rules if self.rule_id in (rule.rule_id, rule.key)}
        if self.rule_id in gone:
            return replace(scenario, rule_set=rules.without(self.rule_id))
        kept = tuple(rule for rule in rules.rules if rule.key != self.rule_id)
        if gone <= {rule.rule_id for rule in kept}:  # other versions stay, so do exemptions
            return replace(scenario, rule_set=replace(rules, rules=kept))
        return replace(scenario, rule_set=rules.without(*gone))


@dataclass(frozen=True)
class DeclareEvent(Change):
    """Declare an event; on its days it stands in place of one of its kind in its area.

    Areas are told apart by their names, capitals aside. An event that no rule is about, or on other
    days, is noted.
    """

    rank: ClassVar[int] = 7
    event: Event

    def _place(self, event: Event) -> tuple[str, str]:
        return event.kind, event.area.strip().casefold()

    def sets(self, baseline: Scenario) -> Mapping[Key, str]:
        """Return the event of each of its days."""
        del baseline
        said = text_of({
            field.name: getattr(self.event, field.name) for field in fields(self.event)
            if field.name not in ("dates", "source")
        })  # fmt: skip
        return {
            ("event", *self._place(self.event), date.isoformat()): said for date in self.event.dates
        }

    def apply(self, scenario: Scenario, baseline: Scenario) -> Scenario:
        """Declare it."""
        del baseline
        kept = []
        for event in scenario.events:
            dates = event.dates
            if self._place(event) == self._place(self.event):
                dates = tuple(date for date in dates if date not in self.event.dates)
            if dates:
                kept.append(replace(event, dates=dates))
        made = replace(scenario, events=(*kept, self.event))
        idle = self._idle(made)
        return made.noting(*(f"{self.event.kind} {self.event.phase}: {one}" for one in idle))

    def _idle(self, scenario: Scenario) -> Iterator[str]:
        """Yield why the event does nothing, where it does not."""
        if not set(self.event.dates) & set(scenario.dates):
            yield "declared on none of the days"
        if not any(
            rule.event is not None and rule.event.fits(self.event)
            for rule in scenario.rule_set.active
        ):
            yield "no rule is about it"
