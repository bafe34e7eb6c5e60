"""Why: the chain behind one decision."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, replace

import numpy as np

from geofleet.policy.decisions.model import (
    ALLOWED,
    FORBIDDEN,
    STATUS_WORDS,
    UNKNOWN,
    Decision,
    Decisions,
)
from geofleet.policy.decisions.prepare import Prepared, scope_of, windows_on
from geofleet.policy.decisions.told import missing_words, told
from geofleet.policy.rules.conditions import (
    All,
    AnyOf,
    Condition,
    Member,
    Not,
    PlateDigit,
    Setting,
    asked,
)
from geofleet.policy.rules.days import DAY_S, Days, OnDays, clock_text
from geofleet.policy.rules.digits import digit_masks
from geofleet.policy.rules.facts import Facts
from geofleet.policy.rules.model import FORBIDDING, LIFTING, Rule
from geofleet.policy.rules.truth import UNKNOWN as NOT_KNOWN
from geofleet.wording import say

__all__ = ["explain"]

_PER = ("day", "entry", "km")


@dataclass(frozen=True)
class _Held:
    """A rule at the moment: certain, possible, and the day its window opened."""

    rule: Rule
    number: int
    certain: bool
    possible: bool
    days: tuple[int, ...]


def explain(decisions: Decisions, case: int, date: datetime.date, seconds: float) -> Decision:
    """Return the decision of one case at one moment with all that it rests on."""
    place = decisions.dates.index(date)
    status = int(decisions.status_at(case, place, seconds))
    number = int(decisions.rule_at(case, place, seconds))
    prepared = decisions.prepared(date)
    facts = Facts(decisions.facts.iloc[[case]], decisions.rule_set.attributes, _ranks_of(decisions))
    inside = {name: truths[[case]] for name, truths in decisions.inside.items()}
    held = _held(prepared, facts, inside, seconds)
    rule = None if number < 0 else decisions.rule_set.rules[number]
    missing: tuple[str, ...] = ()
    if status == UNKNOWN:
        first = None if number < 0 else decisions.rule_set.rules[number]
        missing = _all_missing(prepared, held, facts, inside, seconds=seconds, first=first)
    lifted = _lifted(held)
    reason = _reason(decisions, status, rule, missing, lifted, len(prepared.rules))
    return Decision(
        status=status,
        word=STATUS_WORDS[status],
        rule_id="" if rule is None else rule.rule_id,
        version="" if rule is None else rule.version,
        name="" if rule is None else rule.name,
        reason=reason,
        missing=missing,
        lifted=lifted,
        held=tuple(one.rule.rule_id for one in held if one.certain),
        considered=len(prepared.rules),
        case=decisions.cases[case],
        date=date,
        seconds=seconds,
    )


def _ranks_of(decisions: Decisions) -> dict[str, dict[str, float]]:
    return {name: dict(ranks) for name, ranks in decisions.ranks.items()}


def _held(
    prepared: Prepared, facts: Facts, inside: dict[str, np.ndarray], seconds: float
) -> list[_Held]:
    """Say of every rule whether it holds at the moment, before lifting."""
    slot = int(np.searchsorted(prepared.slots, seconds, side="right")) - 1
    word, bit = slot // 64, np.uint64(1) << np.uint64(slot % 64)
    today, before = int(prepared.today[0]), int(prepared.before[0])
    found = []
    for number, rule in enumerate(prepared.rules):
        scope = np.broadcast_to(scope_of(prepared, number, facts, inside), (1, len(prepared.days)))[
            0
        ]
        own = (prepared.windows[number, today, word, :2] & bit) != 0
        spill = (prepared.windows[number, before, word, 2:] & bit) != 0
        days: tuple[int, ...]
        if rule.effect == "allow_only":
            certain = scope[today] == 2 and not (own[1] or spill[1])
            possible = scope[today] >= 1 and not (own[0] or spill[0])
            days = (today,)
        else:
            certain = bool((own[0] and scope[today] == 2) or (spill[0] and scope[before] == 2))
            possible = bool((own[1] and scope[today] >= 1) or (spill[1] and scope[before] >= 1))
            days = tuple(
                day for day, opened in ((today, own[1]), (before, spill[1]))
                if opened and scope[day] >= 1
            )  # fmt: skip
        found.append(_Held(rule, number, bool(certain), bool(possible), days))
    return found


def _lifters(held: list[_Held], of: _Held) -> list[_Held]:
    return [
        one for one in held
        if one.rule.effect in LIFTING and of.rule.rule_id in one.rule.lifts and one.possible
    ]  # fmt: skip


def _lifted(held: list[_Held]) -> tuple[tuple[str, str], ...]:
    """Return the rules that held and were taken out, each with what did so."""
    pairs = []
    for one in held:
        if one.rule.effect in LIFTING or not one.possible:
            continue
        by = next((other for other in _lifters(held, one) if other.certain), None)
        if by is not None:
            pairs.append((one.rule.rule_id, by.rule.rule_id))
    return tuple(pairs)


def _all_missing(
    prepared: Prepared,
    held: list[_Held],
    facts: Facts,
    inside: dict[str, np.ndarray],
    *,
    seconds: float,
    first: Rule | None,
) -> tuple[str, ...]:
    """Name all that would have to be known to make the doubtful rules certain.

    What the rule that decides asks for stands first.
    """
    found: dict[str, None] = {}
    for one in sorted(held, key=lambda one: one.rule is not first):
        lifters = _lifters(held, one)
        if one.rule.effect in LIFTING or not one.possible or any(by.certain for by in lifters):
            continue
        if one.certain and not lifters:
            continue
        doubtful = [] if one.certain else [one]
        doubtful += [by for by in lifters if not by.certain]
        for rule in doubtful:
            for name in _missing(prepared, rule, facts, inside, seconds=seconds):
                found[name] = None
    return tuple(found)


def _missing(
    prepared: Prepared,
    held: _Held,
    facts: Facts,
    inside: dict[str, np.ndarray],
    *,
    seconds: float,
) -> list[str]:
    rule, setting = held.rule, prepared.settings[held.number]
    names: list[str] = []
    if rule.where:
        where = inside.get(rule.where)
        if where is None or where[0] == NOT_KNOWN:
            place = prepared.rule_set.geographies[rule.where].name or rule.where
            names.append(told("inside", place=place))
    for tree in (rule.vehicle, rule.trip):
        for day in held.days:
            names += _unknown_leaves(tree, facts, _on_day(setting, day))
    if rule.permit and rule.effect == "permit" and facts.texts("permits")[0][0] < 0:
        names.append("permits")
    names += _unknown_days(rule.in_force, prepared.days, held.days)
    for day, clock in ((prepared.today[0], seconds), (prepared.before[0], seconds + DAY_S)):
        if rule.effect == "allow_only" or day in held.days:
            names += _unknown_windows(rule, prepared.days, int(day), clock)
    return names


def _unknown_windows(rule: Rule, days: Days, day: int, clock: float) -> list[str]:
    """Return what is missing to say whether windows around a clock time open on a day."""
    names: list[str] = []
    for part in rule.when:
        opened = windows_on(replace(rule, when=(part,)), days, day)
        around = [certain for start, end, certain in opened if start <= clock < end]
        if any(around):
            return []
        if not around:
            continue
        if not part.opening_hours:
            names += _unknown_days(part.days, days, (day,))
        elif "PH" in part.opening_hours and days.holidays is None:
            names.append(told("holidays"))
        else:
            names.append(told("opening_left", hours=part.opening_hours))
    return names


def _on_day(setting: Setting, day: int) -> Setting:
    days = setting.days
    one = Days((days.dates[day],), days.holidays, days.calendars)
    return Setting(one, [setting.events[day]], setting.colours, setting.zone)


def _unknown_leaves(condition: Condition, facts: Facts, setting: Setting) -> list[str]:
    """Return what is missing in the parts of a tree that leave it unknown."""
    if (condition.holds(facts, setting) != NOT_KNOWN).all():
        return []
    if isinstance(condition, All | AnyOf):
        return [name for part in condition.parts for name in _unknown_leaves(part, facts, setting)]
    if isinstance(condition, Not):
        return _unknown_leaves(condition.part, facts, setting)
    if isinstance(condition, Member):
        code = facts.texts(condition.attribute)[0][0]
        return [condition.attribute if code < 0 else condition.until]
    if isinstance(condition, PlateDigit) and facts.texts("plate_digit")[0][0] >= 0:
        return _unannounced(condition, setting)
    return list(asked(condition))


def _unannounced(condition: PlateDigit, setting: Setting) -> list[str]:
    """Name the sources of digits that say nothing of the day."""
    names: list[str] = []
    for source in condition.sources:
        certain, possible = digit_masks((source,), setting.days, setting.events, setting.colours)
        if (certain == possible).all():
            continue
        if source.event:
            names.append(told(f"announced_{source.event}"))
        elif source.calendar:
            names.append(told("calendar", calendar=source.calendar))
        else:
            names.append(told("digits_of_day"))
    return names


def _unknown_days(condition: OnDays, days: Days, near: tuple[int, ...]) -> list[str]:
    names: list[str] = []
    for date in (days.dates[day] for day in near):
        if condition.holds(Days((date,), days.holidays, days.calendars))[0] != NOT_KNOWN:
            continue
        if condition.holidays != "any" and days.holidays is None:
            names.append(told("holidays"))
        calendar = days.calendars.get(condition.calendar)
        if condition.calendar and (calendar is None or not calendar.covers(date)):
            names.append(told("calendar", calendar=condition.calendar))
    return names


def _reason(
    decisions: Decisions,
    status: int,
    rule: Rule | None,
    missing: tuple[str, ...],
    lifted: tuple[tuple[str, str], ...],
    considered: int,
) -> str:
    if rule is None:
        name = decisions.rule_set.title or decisions.rule_set.name
        if considered > 1:
            return told("none_restricts", count=str(considered), name=name)
        return told("one_restricts_not" if considered else "none_in_force", name=name)
    named = told("named", rule_id=rule.rule_id, name=rule.name)
    if status == ALLOWED:
        out = [one for one, by in lifted if by == rule.rule_id]
        return told("takes_out", rule=named, others=", ".join(out)) if out else named
    if status == UNKNOWN:
        what = missing_words(missing, decisions.rule_set.attributes)
        return told("depends", rule=named, what=what)
    if status == FORBIDDEN and rule.effect in FORBIDDING:
        if rule.effect == "allow_only":
            return told("only_at", rule=named, hours=_hours(rule))
        return named
    if rule.charge is not None:
        charge = rule.charge
        per = say(f"rules.per_{charge.per}") if charge.per in _PER else charge.per
        return told("costs", rule=named, amount=f"{charge.amount:g}", currency=charge.currency,
                    per=per)  # fmt: skip
    return named


def _hours(rule: Rule) -> str:
    """Return the windows of a rule in words."""
    parts = []
    for part in rule.when:
        if part.opening_hours:
            parts.append(part.opening_hours)
            continue
        parts += [
            f"{clock_text(start)}–{clock_text(end if end <= DAY_S else end - DAY_S)}"
            for start, end in part.windows
        ]
    return ", ".join(parts) or told("never")
