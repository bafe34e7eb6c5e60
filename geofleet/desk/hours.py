"""Hours of a rule: which passages a window forbids, and what that does to people and operators."""

from __future__ import annotations

import datetime
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.desk.driven import HOURS, DrivenHarm
from geofleet.desk.windows import Passages, Window, judged_all_day
from geofleet.fleet.classes import operator_sizes
from geofleet.policy.day.judge import Judge
from geofleet.policy.day.signatures import Signatures
from geofleet.policy.day.trips import trips_of
from geofleet.policy.decisions import FORBIDDEN, UNKNOWN
from geofleet.policy.rules.days import DAY_S
from geofleet.policy.rules.model import FORBIDDING, Rule, RuleSet
from geofleet.policy.rules.truth import NO

if TYPE_CHECKING:
    from geofleet.desk.responded import Responded
    from geofleet.policy.study import StudyRules
    from geofleet.study import Results

__all__ = ["RESPONSES", "HoursDesk", "MovableRule", "Response", "Stopped", "movable_rules"]

Response = Literal["not_driven", "after"]
RESPONSES: tuple[Response, ...] = get_args(Response)
"""What becomes of a passage that a window forbids: nothing drives it, or it is driven on the same
link in the hour in which the window ends."""

_KEPT = 200
_S_PER_H = 3600
_M_PER_KM = 1000.0

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class MovableRule:
    """A rule whose hours can be moved.

    Parameters
    ----------
    rules
        The rules that it is one of.
    rule
        The rule.
    window
        Its hours today: the first of them where it has several; midnight to midnight where it
        holds all day.
    several
        Whether it has other hours besides, or on other days, which the desk puts aside.
    """

    rules: StudyRules
    rule: Rule
    window: Window
    several: bool


@dataclass(frozen=True, eq=False)
class Stopped:
    """What a window stops.

    Parameters
    ----------
    forbidden, unknown
        Traversals that may not be driven, and those of which nobody can tell (traversals,).
    moved
        Of the forbidden, those driven after the window.
    others
        Of the forbidden, those that other rules forbid anyway.
    before, after
        Harm by link and hour (links, 24), persons·µg/m3·h over the service dates.
    km
        Length of the forbidden passages.
    days
        Vehicle-days with a forbidden passage or delivery (vehicle-days,).
    deliveries
        Deliveries that fall into the window, by vehicle-day (vehicle-days,).
    sizes
        By size of operator: ``operators, hit`` (operators with a vehicle-day that is hit),
        ``vehicle_days, days_hit, deliveries_hit``.
    """

    forbidden: Bools
    unknown: Bools
    moved: Bools
    others: Bools
    before: Floats
    after: Floats
    km: float
    days: Bools
    deliveries: npt.NDArray[np.int64]
    sizes: pd.DataFrame


def movable_rules(sets: Sequence[StudyRules], dates: Sequence[str]) -> tuple[MovableRule, ...]:
    """Return the rules that forbid, and are in force on any of the dates, in order of their files.

    Rules whose hours are written as OpenStreetMap's opening hours cannot be moved.
    """
    days = [datetime.date.fromisoformat(date) for date in dates]
    found = []
    for rules in sets:
        for rule in rules.rule_set.active:
            written = any(part.opening_hours for part in rule.when)
            if rule.effect not in FORBIDDING or written or not _counts(rules, rule, days):
                continue
            hours = [pair for part in rule.when for pair in part.hours]
            first = hours[0] if hours else (0, DAY_S)
            window = Window(first[0] % DAY_S, first[1] % DAY_S or DAY_S)
            several = len(set(hours)) > 1 or (bool(hours) and any(not p.hours for p in rule.when))
            found.append(MovableRule(rules, rule, window, several))
    return tuple(found)


def _counts(rules: StudyRules, rule: Rule, days: Sequence[datetime.date]) -> bool:
    """Say whether a rule is in force, and its event declared, on any day."""
    from geofleet.policy.rules.events import events_by_day

    dated = rules.rule_set.days(days)
    declared = events_by_day(rule.event, rules.events, dated.dates)
    in_force = rule.in_force.holds(dated)
    return any(
        rule.valid_on(date) and holds != NO and (rule.event is None or bool(events))
        for date, holds, events in zip(dated.dates, in_force, declared, strict=True)
    )


class HoursDesk:
    """Answers what other hours of a rule would stop.

    Every rule is judged once at any hour when the desk is made; a window is then a mask over the
    passages. Other rules of its set stay in force.

    Parameters
    ----------
    results
        The run.
    driven
        Harm of its traversals.
    rules
        As from :func:`movable_rules`.

    Attributes
    ----------
    rules
        Those of them that meet anybody at some hour, or may; what surely forbids goes first.
    """

    def __init__(self, results: Results, driven: DrivenHarm, rules: Sequence[MovableRule]) -> None:
        self.results, self.driven = results, driven
        frame = results.itineraries.traversals.frame
        self._km = frame["length_m"].to_numpy(np.float64) / _M_PER_KM
        self._operators()
        self._delivery_day = np.zeros(0, np.int64)
        self._responded: OrderedDict[tuple[int, Window], Responded] = OrderedDict()
        judged = [(one, self._judged(one)) for one in rules]
        # what forbids something comes first; what meets nobody at any hour is not asked about
        judged.sort(key=lambda pair: -pair[1].weight)
        met = [(one, passages) for one, passages in judged if passages.weight]
        self.rules = tuple(one for one, _ in met)
        self._passages = [passages for _, passages in met]

    @property
    def delivery_count(self) -> int:
        """Deliveries that were reached."""
        return len(self._delivery_day)

    def responded(self, rule: int, window: Window) -> Responded | None:
        """Return what carriers do about a window; None where that is not known yet."""
        return self._responded.get((rule, window))

    def keep(self, found: Responded) -> None:
        """Take what carriers do, worked out elsewhere; what is oldest is forgotten."""
        self._responded[found.rule, found.window] = found
        while len(self._responded) > _KEPT:
            self._responded.popitem(last=False)

    def ask(self, rule: int, window: Window, response: Response) -> Stopped:
        """Return what a window of a rule stops, all vehicles keeping to it.

        Parameters
        ----------
        rule
            Place in ``rules``.
        """
        passages, driven = self._passages[rule], self.driven
        worst, could = passages.ask(window)
        drives = passages.drives
        forbidden, unknown = worst[:drives] == FORBIDDEN, worst[:drives] == UNKNOWN
        moved = forbidden & could[:drives] if response == "after" else np.zeros(drives, bool)
        before = driven.by_link_hour
        gone = np.flatnonzero(forbidden)
        after = before - driven.summed(driven.link[gone], driven.hour[gone], driven.harm[gone])
        late = np.flatnonzero(moved)
        if len(late):
            clear = np.full(len(late), self._clear(rule, window), np.int64)
            after += driven.summed(driven.link[late], clear, driven.at_hour(late, clear))
        # what is taken out whole leaves rounding behind
        after[np.abs(after) < 1e-12 * max(float(before.max(initial=0.0)), 1e-300)] = 0.0
        stopped = worst[drives:] == FORBIDDEN
        deliveries = np.bincount(self._delivery_day[stopped], minlength=driven.days)
        days = deliveries > 0
        days[driven.vehicle_day[gone]] = True
        return Stopped(
            forbidden=forbidden, unknown=unknown, moved=moved,
            others=forbidden & passages.others()[:drives], before=before, after=after,
            km=float(self._km[gone].sum()), days=days, deliveries=deliveries.astype(np.int64),
            sizes=self._sizes(days, deliveries),
        )  # fmt: skip

    def _clear(self, rule: int, window: Window) -> int:
        """Return the hour in which what is forbidden becomes free."""
        limits = self._passages[rule].limits
        free_s = window.start_s if limits else window.end_s
        return (free_s % DAY_S) // _S_PER_H % HOURS

    def _judged(self, one: MovableRule) -> Passages:
        results = self.results
        own = results.defaults.fresh()
        places, cases = results.places(one.rules, defaults=own), results.cases(one.rules)
        signatures = Signatures.of(places, results.itineraries)
        trips = trips_of(results.itineraries, signatures.of_link, signatures.of_stop)
        self._delivery_day = trips.stops.vehicle_day[np.flatnonzero(trips.stops.delivery)]

        def judge_of(rule_set: RuleSet) -> Judge:
            return Judge(
                rule_set, signatures, cases, events=one.rules.events, assume=one.rules.assume,
                defaults=own,
            )  # fmt: skip

        return judged_all_day(one.rules.rule_set, one.rule, trips, judge_of=judge_of)

    def _operators(self) -> None:
        """Note the operator of each vehicle-day, and its size."""
        days = self.results.itineraries.traversals.vehicle_days
        fleet = self.results.inputs.fleet
        owner = fleet.vehicles["operator_id"].reindex(days["vehicle_id"]).to_numpy(object)
        sizes = self.results.outcomes.vehicles["operator_size"]
        size = sizes.reindex(days["vehicle_id"]).to_numpy(object)
        self._owner = owner
        self._size = np.array(["unknown" if pd.isna(one) else str(one) for one in size], object)

    def _sizes(self, days: Bools, deliveries: npt.NDArray[np.int64]) -> pd.DataFrame:
        frame = pd.DataFrame({
            "size": self._size, "operator": self._owner, "hit": days, "deliveries": deliveries,
        })  # fmt: skip
        firms = frame.groupby(["size", "operator"], dropna=False).agg(
            hit=("hit", "any"), vehicle_days=("hit", "size"), days_hit=("hit", "sum"),
            deliveries_hit=("deliveries", "sum"),
        )  # fmt: skip
        by = firms.groupby("size")
        table = pd.DataFrame({
            "operators": by.size(), "hit": by["hit"].sum(),
            "vehicle_days": by["vehicle_days"].sum(), "days_hit": by["days_hit"].sum(),
            "deliveries_hit": by["deliveries_hit"].sum(),
        })  # fmt: skip
        known = [name for name in operator_sizes() if name in table.index]
        rest = sorted(set(table.index) - set(known))
        return table.reindex([*known, *rest])
