"""Rule and RuleSet: who may drive where and when, by which authority, and how sure that is."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from geofleet.errors import InputError, Problem
from geofleet.policy.rules.conditions import ALWAYS, Condition, RoadCondition, attributes_of
from geofleet.policy.rules.days import AnyDay, Calendar, Days, OnDays, When
from geofleet.policy.rules.events import EventCondition
from geofleet.policy.rules.facts import Attribute, known_attributes

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

__all__ = [
    "EFFECTS", "FORBIDDING", "LIFTING", "RULE_STATUSES", "Charge", "Effect", "Geography", "Members",
    "Rule", "RuleSet", "Switch",
]  # fmt: skip

Effect = Literal["prohibit", "allow_only", "allow", "charge", "permit", "exempt"]
EFFECTS: tuple[Effect, ...] = ("prohibit", "allow_only", "allow", "charge", "permit", "exempt")
FORBIDDING = ("prohibit", "allow_only")
LIFTING = ("exempt", "allow")
RULE_STATUSES = ("verified", "derived", "memory", "conflict", "illustrative", "user")


@dataclass(frozen=True, slots=True)
class Charge:
    """What driving costs where a rule asks for money.

    Parameters
    ----------
    amount
        In ``currency``.
    currency
        ISO 4217 code, or an indexed unit (``UMA``, ``UTM``).
    per
        ``day``, ``entry`` or ``km``.
    """

    amount: float
    currency: str
    per: str = "day"


@dataclass(frozen=True, slots=True)
class Members:
    """Areas of a layer that the user supplies: those whose ``column`` holds one of ``values``."""

    layer: str
    column: str
    values: frozenset[str]


@dataclass(frozen=True, eq=False)
class Geography:
    """Where a rule holds: an area, roads, or the roads of an area.

    Parameters
    ----------
    geography_id
        Id within the rule set.
    polygon
        Area in EPSG:4326, None where none is supplied.
    members
        Areas of a layer that make up the area.
    roads
        Condition on columns of the roads; None means all of them.
    except_roads
        Roads of the area on which the rule does not hold.
    has_area
        Whether an area limits it, supplied or not; False for roads wherever they are.
    """

    geography_id: str
    name: str
    polygon: BaseGeometry | None = None
    members: Members | None = None
    roads: RoadCondition | None = None
    except_roads: RoadCondition | None = None
    has_area: bool = True
    status: str = "user"
    source: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Switch:
    """A question that sources disagree on, or that a user must answer: rules ask for its answer."""

    name: str
    default: bool
    meaning: str
    status: str = "conflict"
    source: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of one authority, in one version.

    Parameters
    ----------
    rule_id, version
        Together unique. Versions of one id follow each other in time.
    name
        For people.
    effect
        ``prohibit``: forbidden. ``allow_only``: forbidden outside of ``when``. ``allow`` and
        ``exempt``: take the case out of the rules in ``lifts``. ``charge``: may drive against
        money. ``permit``: may drive with a permit.
    jurisdiction, authority, legal_reference, source, status
        Whose rule it is, and how well it is known: one of ``RULE_STATUSES``.
    valid_from, valid_to
        First and last day; None is open.
    where
        Id of a geography; empty: wherever the rule set is asked about.
    when
        Hours and days; any of them. Empty: always.
    in_force
        Days on which the rule counts at all (a season, not on holidays). For ``prohibit`` the
        same as a condition on the days of ``when``; for ``allow_only`` the days on which driving
        is limited.
    vehicle, trip
        Conditions on the case.
    event
        Counts only while such an event is declared.
    lifts
        Ids of rules that an exemption or allowance takes the case out of.
    charge, permit, quota_days_per_year
        What a charge costs; which permit is meant; on how many days a year an exemption is given.
    switches
        Answers that the switches of the set must have.
    fine, enforcement_probability, note
        To be shown.
    line
        Line of the file it was read from, 0 when made otherwise.
    """

    rule_id: str
    name: str
    effect: Effect
    version: str = "1"
    jurisdiction: str = ""
    authority: str = ""
    legal_reference: str = ""
    source: str = ""
    status: str = "user"
    valid_from: datetime.date | None = None
    valid_to: datetime.date | None = None
    where: str = ""
    when: tuple[When, ...] = ()
    in_force: OnDays = AnyDay
    vehicle: Condition = ALWAYS
    trip: Condition = ALWAYS
    event: EventCondition | None = None
    lifts: tuple[str, ...] = ()
    charge: Charge | None = None
    permit: str = ""
    quota_days_per_year: int | None = None
    switches: tuple[tuple[str, bool], ...] = ()
    fine: str = ""
    enforcement_probability: float | None = None
    note: str = ""
    line: int = 0

    @property
    def key(self) -> str:
        """Id and version."""
        return f"{self.rule_id}@{self.version}"

    def valid_on(self, date: datetime.date) -> bool:
        """Whether this version is in force on a date."""
        after = self.valid_from is None or date >= self.valid_from
        return after and (self.valid_to is None or date <= self.valid_to)

    @property
    def attributes(self) -> frozenset[str]:
        """Every attribute of a case that the rule may ask for."""
        return attributes_of(self.vehicle) | attributes_of(self.trip)


@dataclass(frozen=True, eq=False)
class RuleSet:
    """The rules of a place, with all that they refer to.

    Parameters
    ----------
    name, title
        Id, and words for people.
    rules
        In the order of their file, which decides between equals.
    geographies, calendars, switches
        By id.
    colours
        Plate digits by colour of the sticker.
    attributes
        What rules may ask of a case: the common ones and the set's own.
    country
        ISO 3166 code whose public holidays count, empty where unknown.
    timezone
        IANA name: whose clock hours are.
    file, files
        Where it was read from, and what that file names beside it.

    Raises
    ------
    InputError
        Everything that refers to what is not there, versions that overlap, a lift that lifts
        nothing.
    """

    name: str
    rules: tuple[Rule, ...]
    title: str = ""
    geographies: Mapping[str, Geography] = field(default_factory=dict)
    calendars: Mapping[str, Calendar] = field(default_factory=dict)
    switches: Mapping[str, Switch] = field(default_factory=dict)
    colours: Mapping[str, frozenset[int]] = field(default_factory=dict)
    attributes: Mapping[str, Attribute] = field(default_factory=known_attributes)
    country: str = ""
    timezone: str = "UTC"
    notes: tuple[str, ...] = ()
    answers: Mapping[str, bool] = field(default_factory=dict)
    file: str = "rules"
    files: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check that what rules refer to is there."""
        problems = [*_unknown_references(self), *_versions(self)]
        if problems:
            raise InputError(problems)

    def __len__(self) -> int:
        """Return the number of rules, all versions counted."""
        return len(self.rules)

    def rule(self, rule_id: str, *, on: datetime.date | None = None) -> Rule:
        """Return a rule by id (or ``id@version``), the version of a date where one is given.

        Raises
        ------
        KeyError
            No such rule, or none in force on the date.
        """
        for one in self.rules:
            if rule_id in (one.rule_id, one.key) and (on is None or one.valid_on(on)):
                return one
        raise KeyError(f"no rule {rule_id!r} in {self.name}")

    def answered(self, **answers: bool) -> RuleSet:
        """Return the set with switches answered otherwise than by default.

        Raises
        ------
        InputError
            No such switch, an answer that is neither True nor False.
        """
        expected = "a switch of the rule set: " + (", ".join(self.switches) or "there is none")
        problems = [
            Problem(self.file, "switches", 0, name, expected)
            for name in answers if name not in self.switches
        ]  # fmt: skip
        problems += [
            Problem(self.file, f"switches.{name}", 0, str(answer), "True or False")
            for name, answer in answers.items() if not isinstance(answer, bool)
        ]  # fmt: skip
        if problems:
            raise InputError(problems)
        return replace(self, answers={**self.answers, **answers})

    def answer(self, switch: str) -> bool:
        """Return the answer to a switch."""
        return self.answers.get(switch, self.switches[switch].default)

    @property
    def active(self) -> tuple[Rule, ...]:
        """Rules whose switches have the answers that they ask for."""
        return tuple(
            rule for rule in self.rules
            if all(self.answer(name) == wanted for name, wanted in rule.switches)
        )  # fmt: skip

    def with_rules(self, *rules: Rule) -> RuleSet:
        """Return the set with rules added, or put in place of those of the same id and version."""
        new = {rule.key: rule for rule in rules}
        kept = [new.pop(rule.key, rule) for rule in self.rules]
        return replace(self, rules=(*kept, *new.values()))

    def without(self, *rule_ids: str) -> RuleSet:
        """Return the set without rules, and without what only lifted them."""
        gone = set(rule_ids)
        left = [one for one in self.rules if not {one.rule_id, one.key} & gone]
        ids = {rule.rule_id for rule in left}
        kept = []
        for rule in left:
            lifts = tuple(name for name in rule.lifts if name in ids)
            if rule.lifts and not lifts:
                continue
            kept.append(replace(rule, lifts=lifts))
        return replace(self, rules=tuple(kept))

    def only(self, *rule_ids: str) -> RuleSet:
        """Return the set with these rules alone; what they lift is cut to what is left.

        Raises
        ------
        KeyError
            No such rule.
        """
        for name in rule_ids:
            self.rule(name)
        wanted = set(rule_ids)
        return self.without(*(one.key for one in self.rules if not {one.rule_id, one.key} & wanted))

    def with_geographies(self, *geographies: Geography) -> RuleSet:
        """Return the set with geographies added or replaced by id."""
        new = {one.geography_id: one for one in geographies}
        return replace(self, geographies={**self.geographies, **new})

    def days(self, dates: Sequence[datetime.date]) -> Days:
        """Return dates with the holidays and calendars of the set."""
        return Days.of(dates, holidays=self.country, calendars=self.calendars)

    def sources(self, *, rules: Sequence[str] | None = None) -> list[dict[str, Any]]:
        """Return for each rule (or those named) where it comes from and how well it is known."""
        return [
            {
                "rule_id": rule.rule_id, "version": rule.version, "name": rule.name,
                "authority": rule.authority, "legal_reference": rule.legal_reference,
                "source": rule.source, "status": rule.status,
            }
            for rule in self.rules
            if rules is None or rule.rule_id in rules
        ]  # fmt: skip


def _unknown_references(rules: RuleSet) -> list[Problem]:
    problems = []
    ids = {rule.rule_id for rule in rules.rules}

    def wrong(rule: Rule, where: str, value: str, expected: str) -> None:
        problems.append(Problem(rules.file, f"{rule.rule_id}.{where}", rule.line, value, expected))

    for rule in rules.rules:
        if rule.where and rule.where not in rules.geographies:
            wrong(rule, "where", rule.where, _one_of("a geography", rules.geographies))
        for name in rule.lifts:
            if name not in ids:
                wrong(rule, "lifts", name, "the id of a rule of this set")
            elif name == rule.rule_id:
                wrong(rule, "lifts", name, "the id of another rule")
        if rule.effect == "exempt" and not rule.lifts:
            wrong(rule, "lifts", "", "the ids of the rules that it exempts from")
        if rule.lifts and rule.effect not in LIFTING:
            wrong(rule, "lifts", rule.effect, "effect exempt or allow, which alone lift rules")
        for name in rule.lifts:
            lifted = [one for one in rules.rules if one.rule_id == name]
            if any(one.effect in LIFTING for one in lifted):
                wrong(rule, "lifts", name, "a rule that prohibits, charges or asks for a permit")
        if rule.effect == "charge" and rule.charge is None:
            wrong(rule, "charge", "", "an amount and its currency")
        for name, _ in rule.switches:
            if name not in rules.switches:
                wrong(rule, "switch", name, _one_of("a switch", rules.switches))
        for name in sorted(rule.attributes - set(rules.attributes)):
            expected = "an attribute of the common table, or one under attributes of this file"
            wrong(rule, "vehicle, trip", name, expected)
        for days in (rule.in_force, *(part.days for part in rule.when)):
            if days.calendar and days.calendar not in rules.calendars:
                wrong(rule, "calendar", days.calendar, _one_of("a calendar", rules.calendars))
    return problems


def _one_of(what: str, names: Mapping[str, Any]) -> str:
    return f"{what} of this set: " + (", ".join(names) or "there is none")


def _versions(rules: RuleSet) -> list[Problem]:
    """Find versions of a rule that are in force together, or that stand twice."""
    problems = []
    by_id: dict[str, list[Rule]] = {}
    for rule in rules.rules:
        by_id.setdefault(rule.rule_id, []).append(rule)
    for rule_id, versions in by_id.items():
        for later, rule in enumerate(versions):
            for other in versions[:later]:
                if rule.version == other.version:
                    problems.append(
                        Problem(rules.file, f"{rule_id}.version", rule.line, rule.version,
                                "each version of a rule once")
                    )  # fmt: skip
                elif _overlap(rule, other):
                    expected = f"dates that do not overlap those of version {other.version}"
                    problems.append(
                        Problem(rules.file, f"{rule_id}.valid", rule.line, rule.version, expected)
                    )
    return problems


def _overlap(one: Rule, other: Rule) -> bool:
    first, last = datetime.date.min, datetime.date.max
    return (one.valid_from or first) <= (other.valid_to or last) and (
        other.valid_from or first
    ) <= (one.valid_to or last)
