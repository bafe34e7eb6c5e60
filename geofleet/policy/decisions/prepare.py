"""What rules come to on given days: scopes of cases, and windows as bits of the day."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geofleet.policy.decisions import _kernels
from geofleet.policy.rules.conditions import ALWAYS, Among, Setting
from geofleet.policy.rules.days import DAY_S, Days, When
from geofleet.policy.rules.events import Event, events_by_day
from geofleet.policy.rules.facts import Facts
from geofleet.policy.rules.model import Rule, RuleSet
from geofleet.policy.rules.truth import NO, UNKNOWN, YES, Truths, negated

__all__ = ["Prepared", "Window", "prepare", "scope_of", "windows_on"]

_KINDS = {
    "prohibit": _kernels.FORBIDS, "allow_only": _kernels.LIMITS, "charge": _kernels.CHARGES,
    "permit": _kernels.ASKS_PERMIT, "exempt": _kernels.LIFTS, "allow": _kernels.LIFTS,
}  # fmt: skip
Window = tuple[int, int, bool]
"""Start and end in seconds after midnight (ends beyond the day are on the next), and certainty."""


@dataclass(frozen=True, eq=False)
class Prepared:
    """Rules on days.

    Parameters
    ----------
    rules
        Active rules that are in force on any of the days, and their places in the rule set.
    days
        The dates asked about and the day before each.
    today, before
        Positions of each date asked about, and of the day before it, in ``days``.
    slots
        Boundaries of the stretches of a day, seconds.
    windows
        uint64 ``(rules, days, words, 4)``, as the kernel takes them.
    on_day
        int8 ``(rules, days)``: version valid, in force, event declared.
    """

    rule_set: RuleSet
    rules: tuple[Rule, ...]
    places: npt.NDArray[np.int16]
    days: Days
    today: npt.NDArray[np.int64]
    before: npt.NDArray[np.int64]
    slots: npt.NDArray[np.int64]
    windows: npt.NDArray[np.uint64]
    on_day: Truths
    settings: tuple[Setting, ...]

    @property
    def kinds(self) -> npt.NDArray[np.int8]:
        """Kind of each rule as the kernel knows it."""
        return np.array([_KINDS[rule.effect] for rule in self.rules], np.int8)

    @property
    def lifters(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Lifters of each rule: where they begin in the second array, and which rules they are."""
        return _ragged(
            [n for n, other in enumerate(self.rules) if rule.rule_id in other.lifts]
            for rule in self.rules
        )

    @property
    def lifted(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Rules that each rule lifts, in the same form."""
        return _ragged(
            [n for n, other in enumerate(self.rules) if other.rule_id in rule.lifts]
            for rule in self.rules
        )


def _ragged(
    lists: Iterable[list[int]],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    found = list(lists)
    starts = np.zeros(len(found) + 1, np.int64)
    np.cumsum([len(one) for one in found], out=starts[1:])
    return starts, np.array([n for one in found for n in one], np.int64)


def prepare(rule_set: RuleSet, dates: Sequence[datetime.date], events: Sequence[Event]) -> Prepared:
    """Work out for each rule and day whether it counts and when its windows are."""
    asked = sorted(set(dates))
    one = datetime.timedelta(days=1)
    days = rule_set.days([*asked, *(date - one for date in asked)])
    position = {date: n for n, date in enumerate(days.dates)}
    chosen = set(rule_set.active)
    active = {place: rule for place, rule in enumerate(rule_set.rules) if rule in chosen}
    declared = {
        place: events_by_day(rule.event, events, days.dates) for place, rule in active.items()
    }
    on_day = {place: _counts(rule, days, declared[place]) for place, rule in active.items()}
    places = _that_matter({p: rule for p, rule in active.items() if (on_day[p] != NO).any()})
    kept = [active[place] for place in places]
    found = [[windows_on(rule, days, n) for n in range(len(days))] for rule in kept]
    slots = _boundaries(found)
    return Prepared(
        rule_set=rule_set,
        rules=tuple(kept),
        places=np.array(places, np.int16),
        days=days,
        today=np.array([position[date] for date in asked], np.int64),
        before=np.array([position[date - one] for date in asked], np.int64),
        slots=slots,
        windows=_bits(found, len(days), slots),
        on_day=np.array([on_day[p] for p in places], np.int8).reshape(len(kept), len(days)),
        settings=tuple(
            Setting(days, declared[p], rule_set.colours, active[p].where) for p in places
        ),
    )


def _that_matter(rules: Mapping[int, Rule]) -> list[int]:
    """Leave out what lifts only rules that do not count on any of the days."""
    ids = {rule.rule_id for rule in rules.values()}
    return [p for p, rule in rules.items() if not rule.lifts or ids & set(rule.lifts)]


def _counts(rule: Rule, days: Days, declared: Sequence[Sequence[Event]]) -> Truths:
    """Say on which days a rule counts at all."""
    valid = [rule.valid_on(date) for date in days.dates]
    counts = np.where(valid, rule.in_force.holds(days), NO)
    if rule.event is not None:
        counts[[not found for found in declared]] = NO
    return counts.astype(np.int8)


def windows_on(rule: Rule, days: Days, place: int) -> list[Window]:
    """Return the windows of a rule that open on a day, whatever case it is."""
    parts = rule.when or (When(),)
    found = []
    one = Days((days.dates[place],), days.holidays, days.calendars)
    for part in parts:
        holds = part.days.holds(one)[0]
        if holds == NO:
            continue
        if part.opening_hours:
            from geofleet.policy.rules.opening_hours import dated_windows

            date = days.dates[place]
            opened = dated_windows(part.opening_hours, date, holidays=days.holidays)
        else:
            opened = [(start, end, True) for start, end in part.windows]
        found += [(start, end, bool(holds == YES) and sure) for start, end, sure in opened]
    return found


def _boundaries(found: list[list[list[Window]]]) -> npt.NDArray[np.int64]:
    edges = {0, DAY_S}
    for by_day in found:
        for windows in by_day:
            for start, end, _ in windows:
                edges |= {start % DAY_S, end % DAY_S}
    return np.array(sorted(edges), np.int64)


def _bits(
    found: list[list[list[Window]]], days: int, slots: npt.NDArray[np.int64]
) -> npt.NDArray[np.uint64]:
    count = len(slots) - 1
    words = (count + 63) // 64
    out = np.zeros((len(found), days, words, 4), np.uint64)
    cache: dict[tuple[int, int], npt.NDArray[np.uint64]] = {}
    for r, by_day in enumerate(found):
        for day, windows in enumerate(by_day):
            for start, end, certain in windows:
                if (start, end) not in cache:
                    cache[start, end] = np.stack(
                        [_stretches(start, min(end, DAY_S), slots, words),
                         _stretches(0, end - DAY_S, slots, words)], axis=-1,
                    )  # fmt: skip
                own, spill = cache[start, end][:, 0], cache[start, end][:, 1]
                out[r, day, :, 1] |= own
                out[r, day, :, 3] |= spill
                if certain:
                    out[r, day, :, 0] |= own
                    out[r, day, :, 2] |= spill
    return out


def _stretches(
    start: int, end: int, slots: npt.NDArray[np.int64], words: int
) -> npt.NDArray[np.uint64]:
    """Return the stretches between two boundaries as bits."""
    out = np.zeros(words, np.uint64)
    for n in range(int(np.searchsorted(slots, start)), int(np.searchsorted(slots, end))):
        out[n // 64] |= np.uint64(1) << np.uint64(n % 64)
    return out


def scope_of(prepared: Prepared, number: int, facts: Facts, inside: Mapping[str, Truths]) -> Truths:
    """Return whether a rule is about each case on each day, shape ``(cases or 1, days)``."""
    rule, setting = prepared.rules[number], prepared.settings[number]
    out: Truths = prepared.on_day[number][None, :]
    for condition in (rule.vehicle, rule.trip):
        if condition is not ALWAYS:
            out = np.minimum(out, condition.holds(facts, setting))
    if rule.where:
        where = inside.get(rule.where)
        out = np.minimum(out, UNKNOWN if where is None else where[:, None])
    if rule.permit and rule.effect == "permit":
        holds = Among("permits", frozenset((rule.permit,))).holds(facts, setting)
        out = np.minimum(out, negated(holds))
    return np.asarray(out, np.int8)
