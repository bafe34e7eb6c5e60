"""One rule with other hours: judged once for the whole day, then asked of any window at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from geofleet.policy.day.judge import Answers, Judge
from geofleet.policy.day.moments import INSTANT_S, worst_over
from geofleet.policy.day.trips import Trips
from geofleet.policy.decisions import FORBIDDEN, UNKNOWN
from geofleet.policy.rules.days import DAY_S, When
from geofleet.policy.rules.model import Rule, RuleSet

__all__ = ["Passages", "Window", "judged_all_day", "variants", "with_hours"]

_FREE = np.int8(UNKNOWN - 1)  # charged, or with a permit, is driven

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

JudgeOf = Callable[[RuleSet], Judge]


@dataclass(frozen=True, slots=True)
class Window:
    """Hours of a rule, seconds after midnight; an end at or before its start is on the day after.

    Equal ends are 24 hours, as in :class:`geofleet.policy.rules.days.When`.
    """

    start_s: int
    end_s: int

    @property
    def own(self) -> tuple[int, int]:
        """The part on the day on which it opens."""
        return self.start_s, self.end_s if self.end_s > self.start_s else DAY_S

    @property
    def spill(self) -> tuple[int, int]:
        """The part on the day after, from midnight on."""
        return 0, 0 if self.end_s > self.start_s else self.end_s

    @property
    def hours(self) -> float:
        """How long it is."""
        own, spill = self.own, self.spill
        return (own[1] - own[0] + spill[1] - spill[0]) / 3600.0


def with_hours(rule_set: RuleSet, rule: Rule, window: Window) -> RuleSet:
    """Return the rules with other hours of one of them; its days stay.

    This is what the full engine is asked with; the desk comes to the same answers by
    :class:`Passages`.
    """
    hours = ((window.start_s, window.end_s),)
    return rule_set.with_rules(replace(rule, when=_parts(rule, hours)))


def _parts(rule: Rule, hours: tuple[tuple[int, int], ...]) -> tuple[When, ...]:
    days = dict.fromkeys(part.days for part in rule.when or (When(),))
    return tuple(When(one, hours) for one in days)


def variants(rule_set: RuleSet, rule: Rule) -> dict[str, RuleSet]:
    """Return the rules as they hold at a moment, by how it lies to the hours of one of them.

    ``own``: within, on the day on which they open; ``spill``: within, on the day after; ``none``:
    outside; ``without``: as if the rule were not there.
    """
    own = rule_set.with_rules(replace(rule, when=_parts(rule, ((0, DAY_S),))))
    spill = rule_set.with_rules(replace(rule, when=_parts(rule, ((DAY_S, 2 * DAY_S),))))
    without = rule_set.without(rule.key)
    outside = without
    if rule.effect == "allow_only":  # outside of its hours it forbids, on all days in force
        outside = rule_set.with_rules(replace(rule, effect="prohibit", when=()))
    return {"own": own, "spill": spill, "none": outside, "without": without}


@dataclass(frozen=True, eq=False)
class Passages:
    """Stretches of driving and unloading cut where answers may change, with the answers to each.

    Parameters
    ----------
    moment
        Which stretch each piece is of, ascending.
    start_s, end_s
        Clock of the day: first and last moment of each piece, both within.
    status
        Answer to each piece by variant.
    count
        Stretches there are; the first ``drives`` of them are traversals, the rest deliveries.
    limits
        Whether the rule allows within its hours and forbids outside.
    """

    moment: Ints
    start_s: Floats
    end_s: Floats
    status: dict[str, npt.NDArray[np.int8]]
    count: int
    drives: int
    limits: bool

    @property
    def weight(self) -> int:
        """What the rule does at any hour: 2 forbids something, 1 leaves it unknown, 0 nothing."""
        plain = np.maximum(self.status["without"], _FREE)
        for level in (FORBIDDEN, UNKNOWN):
            for name in ("own", "spill", "none"):
                status = np.maximum(self.status[name], _FREE)
                if ((status != plain) & (np.maximum(status, plain) >= level)).any():
                    return 2 if level == FORBIDDEN else 1
        return 0

    def others(self) -> Bools:
        """Return the stretches that other rules forbid at some moment of theirs anyway."""
        out = np.zeros(self.count, bool)
        np.logical_or.at(out, self.moment, self.status["without"] == FORBIDDEN)
        return out

    def ask(self, window: Window) -> tuple[npt.NDArray[np.int8], Bools]:
        """Return for each stretch the worst answer, and whether it could come after the hours.

        A stretch can come after them if nothing but this rule forbids it, and some hour is free.
        """
        touch = {"own": self._touch(*window.own), "spill": self._touch(*window.spill)}
        inside = self._inside(*window.own) | self._inside(*window.spill)
        # the two parts of 24 hours meet: nothing lies outside
        touch["none"] = ~inside if window.hours < 24.0 else np.zeros(len(self.moment), bool)
        worst = np.zeros(len(self.moment), np.int8)
        fixed = self.status["without"] == FORBIDDEN
        for name, here in touch.items():
            status = np.where(here, self.status[name], 0).astype(np.int8)
            worst = np.maximum(worst, status)
            # within its hours an allowing rule that still forbids has other days
            if self.limits and name != "none":
                fixed |= status == FORBIDDEN
        if window.hours >= 24.0:
            fixed |= worst == FORBIDDEN
        out, stuck = np.zeros(self.count, np.int8), np.zeros(self.count, bool)
        np.maximum.at(out, self.moment, worst)
        np.logical_or.at(stuck, self.moment, fixed & (worst == FORBIDDEN))
        return out, ~stuck

    def _touch(self, first: int, last: int) -> Bools:
        if last <= first:
            return np.zeros(len(self.moment), bool)
        return (self.start_s < last) & (self.end_s >= first)

    def _inside(self, first: int, last: int) -> Bools:
        if last <= first:
            return np.zeros(len(self.moment), bool)
        return (self.start_s >= first) & (self.end_s < last)


def judged_all_day(rule_set: RuleSet, rule: Rule, trips: Trips, *, judge_of: JudgeOf) -> Passages:
    """Judge vehicle-days by a rule at any hour; where and whom it is about does not depend on it.

    Parameters
    ----------
    rule_set, rule
        The rules, and the one whose hours will be asked about.
    trips
        Vehicle-days.
    judge_of
        Makes a judge of other rules about the same places and vehicles.
    """
    answers = {
        name: judge_of(rules).of_trips(trips) for name, rules in variants(rule_set, rule).items()
    }
    stops = trips.stops
    unloads = np.flatnonzero(stops.delivery)
    start = np.concatenate([trips.drives.start_s, stops.start_s[unloads]])
    end = np.concatenate([trips.drives.end_s, stops.end_s[unloads]])
    moment, first, last = _pieces(start, end, _bounds(list(answers.values())))
    status = {name: _at(found, moment, first) for name, found in answers.items()}
    worst = np.max(np.stack(list(status.values())), axis=0) if len(moment) else np.zeros(0, np.int8)
    kept = np.flatnonzero(worst >= UNKNOWN)
    day = np.floor_divide(first, DAY_S) * DAY_S
    return Passages(
        moment=moment[kept], start_s=(first - day)[kept], end_s=(last - day)[kept],
        status={name: codes[kept] for name, codes in status.items()},
        count=len(start), drives=len(trips.drives.start_s), limits=rule.effect == "allow_only",
    )  # fmt: skip


def _bounds(answers: Sequence[Answers]) -> Ints:
    """Return all clock times at which any answer may change, midnight first."""
    slots = [block.slots[:-1] for found in answers for block in found.blocks]
    return np.unique(np.concatenate([np.zeros(1, np.int64), *slots])).astype(np.int64)


def _pieces(start: Floats, end: Floats, bounds: Ints) -> tuple[Ints, Floats, Floats]:
    """Cut stretches where a bound falls into them; ends are the last moment within."""
    last = np.maximum(end - INSTANT_S, start)
    count = len(bounds)

    def slot(seconds: Floats) -> Ints:
        day = np.floor_divide(seconds, DAY_S)
        place = np.searchsorted(bounds, seconds - day * DAY_S, side="right") - 1
        found: Ints = day.astype(np.int64) * count + place
        return found

    low, high = slot(start), slot(last)
    parts = high - low + 1
    moment = np.repeat(np.arange(len(start)), parts)
    number = np.arange(int(parts.sum())) - np.repeat(np.cumsum(parts) - parts, parts)
    place = low[moment] + number

    def clock(places: Ints) -> Floats:
        day, row = np.divmod(places, count)
        return np.asarray(day * DAY_S + bounds[row], np.float64)

    first = np.where(number > 0, clock(place), start[moment])
    until = np.where(number < parts[moment] - 1, clock(place + 1) - INSTANT_S, last[moment])
    return moment.astype(np.int64), first, np.maximum(until, first)


def _at(found: Answers, moment: Ints, seconds: Floats) -> npt.NDArray[np.int8]:
    """Return the answer at the first moment of each piece."""
    out = np.zeros(len(moment), np.int8)
    of_block = found.block[moment]
    for number, block in enumerate(found.blocks):
        rows = np.flatnonzero(of_block == number)
        case = found.case[moment[rows]]
        out[rows] = worst_over(block, case, seconds[rows], seconds[rows]).status
    return out
