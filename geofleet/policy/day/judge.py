"""What rules say of every traversal and every delivery of a day."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.policy.day.moments import worst_over
from geofleet.policy.day.signatures import Signatures
from geofleet.policy.day.trips import RELATIONS, Trips, trips_of
from geofleet.policy.decisions import Decision, Decisions, decide
from geofleet.policy.rules.days import DAY_S
from geofleet.policy.rules.events import Event
from geofleet.policy.rules.model import RuleSet

if TYPE_CHECKING:
    from geofleet.policy.places import LinkPlaces
    from geofleet.routes import Itineraries

__all__ = ["NOT_JUDGED", "Answers", "DayDecisions", "Judge", "Moments", "traversal_decisions"]

NOT_JUDGED = np.int8(-1)
"""Status of stops that are no deliveries, or were not reached."""

_DRIVE, _UNLOAD = "drive", "unload"
_RELATION, _ENTERED, _MASS = "trip_relation", "entered", "gvw_actual_kg"
_SHOWN = 5

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Moments:
    """Stretches of time to be judged, each of one vehicle in one place at one activity.

    Parameters
    ----------
    vehicle_id, date
        Names of vehicles, and ordinals of service dates, by vehicle-day.
    vehicle_day, signature, unload, start_s, end_s
        By stretch.
    relation, entered
        By zone that a rule asks of: relation of the trip (codes of ``RELATIONS``), and the clock
        time at which the vehicle came in (NaN unknown).
    mass_kg
        Payload, where a rule asks for the actual mass.
    """

    vehicle_id: npt.NDArray[np.object_]
    date: Ints
    vehicle_day: Ints
    signature: Ints
    unload: npt.NDArray[np.bool_]
    start_s: Floats
    end_s: Floats
    relation: Mapping[str, npt.NDArray[np.int8]] = field(default_factory=dict)
    entered: Mapping[str, Floats] = field(default_factory=dict)
    payload_kg: Floats | None = None


@dataclass(frozen=True, eq=False)
class Answers:
    """The worst answer over each stretch, with what it takes to explain it.

    Parameters
    ----------
    status, rule, at_s
        As :class:`geofleet.policy.day.moments.Worst`.
    block, case
        Which of ``blocks`` decided, and the position of the case there.
    """

    status: npt.NDArray[np.int8]
    rule: npt.NDArray[np.int16]
    at_s: Floats
    block: npt.NDArray[np.int32]
    case: Ints
    blocks: tuple[Decisions, ...]

    def explain(self, place: int) -> Decision:
        """Return the decision of one stretch with its reason."""
        decisions = self.blocks[self.block[place]]
        day, clock = divmod(float(self.at_s[place]), DAY_S)
        case = int(self.case[place])
        found: Decision = decisions.explain(decisions.cases[case], decisions.dates[int(day)], clock)
        return found

    def missing(self, place: int) -> tuple[str, ...]:
        """Return what would have to be known of a stretch."""
        return self.explain(place).missing


@dataclass(frozen=True, eq=False)
class DayDecisions:
    """What rules say of the traversals and deliveries of itineraries.

    Parameters
    ----------
    rule_set
        In whose order ``rule`` counts.
    status, rule
        Worst answer over each traversal (int8), and the rule that gave it (int16, -1 none); rows
        as ``Traversals.frame``.
    stop_status, stop_rule
        The same of each row of the stops table over its unloading; ``NOT_JUDGED`` for depots and
        stops that were not reached.
    answers
        Of traversals, then of the deliveries in order of their rows.
    stop_place
        Place of each stop in ``answers``, -1 where there is none.
    provenance
        Rules that decided and default rows used.
    """

    rule_set: RuleSet
    vehicle_day: Ints
    stop_day: Ints
    days: int
    status: npt.NDArray[np.int8]
    rule: npt.NDArray[np.int16]
    stop_status: npt.NDArray[np.int8]
    stop_rule: npt.NDArray[np.int16]
    answers: Answers
    stop_place: Ints
    provenance: tuple[str, ...] = ()

    def by_day(self) -> npt.NDArray[np.int8]:
        """Return the worst answer of each vehicle-day; one that does nothing is allowed."""
        worst = np.zeros(self.days, np.int8)
        np.maximum.at(worst, self.vehicle_day, self.status)
        np.maximum.at(worst, self.stop_day, self.stop_status)
        return worst

    def explain_traversal(self, row: int) -> Decision:
        """Return the decision of one traversal with its reason."""
        return self.answers.explain(row)

    def explain_stop(self, row: int) -> Decision:
        """Return the decision of one delivery with its reason.

        Raises
        ------
        KeyError
            The stop was not judged.
        """
        if self.stop_place[row] < 0:
            raise KeyError(f"stop {row} is no delivery that was reached")
        return self.answers.explain(int(self.stop_place[row]))

    def first_worst(self) -> Ints:
        """Return for each vehicle-day the place in ``answers`` of its first worst moment, or -1."""
        answers = self.answers
        day = np.concatenate([self.vehicle_day, self.stop_day[self.stop_place >= 0]])
        # of an allowed day the moment that an exemption allows, where there is one
        order = np.lexsort((answers.at_s, answers.rule < 0, -answers.status.astype(np.int64), day))
        found = np.full(self.days, -1, np.int64)
        _, first = np.unique(day[order], return_index=True)
        found[day[order[first]]] = order[first]
        return found


class Judge:
    """Asks one rule set about vehicles in places, as often as wanted.

    Parameters
    ----------
    rule_set, events
        The rules and what was declared.
    signatures
        Places of links and stops.
    cases
        Attributes by ``vehicle_id``.
    assume
        Values for empty cells.
    """

    def __init__(
        self,
        rule_set: RuleSet,
        signatures: Signatures,
        cases: pd.DataFrame,
        *,
        events: Sequence[Event] = (),
        assume: Mapping[str, Any] | None = None,
        defaults: Defaults | None = None,
    ) -> None:
        self.rule_set, self.signatures, self.cases = rule_set, signatures, cases
        self._events, self._assume = tuple(events), assume
        self._defaults = (defaults or Defaults()).scope()
        asked = {"permits"}.union(*(rule.attributes for rule in rule_set.active))
        self._columns = [name for name in cases.columns if str(name).partition(":")[0] in asked]
        self.zones = {
            what: tuple(dict.fromkeys(
                rule.where for rule in rule_set.active
                if rule.where and what in rule.attributes
                and f"{what}:{rule.where}" not in cases.columns
            ))
            for what in (_RELATION, _ENTERED)
        }  # fmt: skip
        self._weighs = (
            _MASS in asked and _MASS not in cases.columns and "unladen_kg" in cases.columns
        )
        self.used: set[str] = set()

    def check(self, vehicle_ids: Sequence[str]) -> None:
        """Refuse vehicles that no case is known of.

        Raises
        ------
        InputError
            The vehicles that are missing, or stand twice.
        """
        missing = [name for name in dict.fromkeys(vehicle_ids) if name not in self.cases.index]
        problems = [
            Problem("cases", "vehicle_id", 0, str(name), "a row for each vehicle that drives")
            for name in missing[:_SHOWN]
        ]
        twice = self.cases.index[self.cases.index.duplicated()].unique()
        problems += [
            Problem("cases", "vehicle_id", 0, str(name), "each vehicle once")
            for name in twice[:_SHOWN]
        ]
        if problems:
            raise InputError(problems)

    def of_trips(self, trips: Trips) -> Answers:
        """Judge every drive, then every delivery, of vehicle-days."""
        drives, stops, legs = trips.drives, trips.stops, trips.legs
        unloads = np.flatnonzero(stops.delivery)
        into = legs.into[unloads]
        last = np.append(legs.first[1:], len(drives.start_s)) - 1
        before = np.where(into >= 0, last[into] if len(last) else -1, -1)
        relation, entered = {}, {}
        for zone in self.zones[_RELATION]:
            truths = self.signatures.inside(zone)
            of_leg = trips.relations(truths)
            there = truths[stops.signature[unloads]] > 0
            at_stop = np.where(there, np.int8(RELATIONS.index("destination")), np.int8(0))
            led = into >= 0
            at_stop[led] = of_leg[into[led]]
            relation[zone] = np.concatenate([of_leg[legs.of_drive], at_stop])
        for zone in self.zones[_ENTERED]:
            truths = self.signatures.inside(zone)
            of_drive = trips.entered(truths)
            at_stop = np.full(len(unloads), np.nan)
            led = before >= 0
            row = before[led]
            came = np.where(
                truths[drives.signature[row]] == 0, drives.end_s[row] % DAY_S, of_drive[row]
            )
            next_day = stops.start_s[unloads][led] // DAY_S > drives.end_s[row] // DAY_S
            at_stop[led] = np.where(next_day & ~np.isnan(came), 0.0, came)
            entered[zone] = np.concatenate([of_drive, at_stop])
        carried = before if len(drives.payload_kg) else np.zeros(0, np.int64)
        load = np.where(carried >= 0, drives.payload_kg[carried], np.nan) if len(carried) else (
            np.full(len(unloads), np.nan)
        )  # fmt: skip
        return self.of_moments(
            Moments(
                trips.vehicle_id, trips.date,
                np.concatenate([drives.vehicle_day, stops.vehicle_day[unloads]]),
                np.concatenate([drives.signature, stops.signature[unloads]]),
                np.arange(len(drives.start_s) + len(unloads)) >= len(drives.start_s),
                np.concatenate([drives.start_s, stops.start_s[unloads]]),
                np.concatenate([drives.end_s, stops.end_s[unloads]]),
                relation, entered, np.concatenate([drives.payload_kg, load]),
            )
        )  # fmt: skip

    def of_moments(self, moments: Moments) -> Answers:
        """Judge stretches; those that rules cannot tell apart are one case."""
        count = len(moments.vehicle_day)
        key = self._keys(moments)
        date = moments.date[moments.vehicle_day]
        status, rule = np.zeros(count, np.int8), np.full(count, -1, np.int16)
        at, block = np.zeros(count), np.zeros(count, np.int32)
        case, blocks = np.zeros(count, np.int64), []
        for number, first_day in enumerate(np.unique(date).tolist()):
            rows = np.flatnonzero(date == first_day)
            code, distinct = pd.factorize(key[rows])
            some = np.zeros(len(distinct), np.int64)
            some[code[::-1]] = rows[::-1]  # the first row of each code stands last
            last = float(moments.end_s[rows].max(initial=0.0))
            days = int(max(last, moments.start_s[rows].max(initial=0.0)) // DAY_S) + 2
            decisions = self._decide(moments, some, [first_day + day for day in range(days)])
            blocks.append(decisions)
            worst = worst_over(decisions, code, moments.start_s[rows], moments.end_s[rows])
            status[rows], rule[rows], at[rows] = worst.status, worst.rule, worst.at_s
            block[rows], case[rows] = number, code
            self.used.update(decisions.provenance)
        return Answers(status, rule, at, block, case, tuple(blocks))

    def _keys(self, moments: Moments) -> Ints:
        """Return a number for each stretch, equal where rules are asked the same."""
        names, who = np.unique(moments.vehicle_id.astype(str), return_inverse=True)
        facts = self.cases.loc[names, self._columns]
        alike = np.zeros(len(names), np.int64)
        for name in self._columns:
            alike = _with(alike, pd.factorize(facts[name], use_na_sentinel=False)[0])
        key = alike[who][moments.vehicle_day]
        key = _with(key, moments.signature)
        key = _with(key, moments.unload.astype(np.int64))
        for codes in moments.relation.values():
            key = _with(key, codes.astype(np.int64))
        for values in moments.entered.values():
            key = _with(key, pd.factorize(values, use_na_sentinel=False)[0])
        if self._weighs and moments.payload_kg is not None:
            key = _with(key, pd.factorize(moments.payload_kg, use_na_sentinel=False)[0])
        return key

    def _decide(self, moments: Moments, some: Ints, dates: list[int]) -> Decisions:
        who = moments.vehicle_id[moments.vehicle_day[some]].astype(str)
        frame = self.cases.loc[who, self._columns].reset_index(drop=True)
        frame["activity"] = np.where(moments.unload[some], _UNLOAD, _DRIVE)
        for zone, codes in moments.relation.items():
            words = np.array([None, *RELATIONS[1:]], object)
            frame[f"{_RELATION}:{zone}"] = words[codes[some]]
        for zone, values in moments.entered.items():
            frame[f"{_ENTERED}:{zone}"] = values[some]
        if self._weighs and moments.payload_kg is not None:
            unladen = pd.to_numeric(self.cases.loc[who, "unladen_kg"]).to_numpy(np.float64)
            frame[_MASS] = unladen + moments.payload_kg[some]
        inside = {
            name: self.signatures.inside(name)[moments.signature[some]]
            for name in self.signatures.geographies if name in self.rule_set.geographies
        }  # fmt: skip
        return decide(
            self.rule_set, frame, [datetime.date.fromordinal(day) for day in dates],
            events=self._events, inside=inside, assume=self._assume, defaults=self._defaults,
        )  # fmt: skip


def _with(key: Ints, codes: npt.NDArray[Any]) -> Ints:
    """Return numbers that tell apart what either tells apart."""
    low = int(codes.min(initial=0))
    width = int(codes.max(initial=0)) - low + 1
    if len(key) and int(key.max()) >= 2**62 // max(width, 1):
        key = pd.factorize(key)[0].astype(np.int64)
    return key * width + (codes.astype(np.int64) - low)


def traversal_decisions(
    itineraries: Itineraries,
    rule_set: RuleSet,
    *,
    places: LinkPlaces,
    cases: pd.DataFrame,
    events: Sequence[Event] = (),
    assume: Mapping[str, Any] | None = None,
    defaults: Defaults | None = None,
) -> DayDecisions:
    """Say of every traversal and every delivery whether rules let it be.

    A traversal is judged at every moment from entering its link to leaving it, a delivery at
    every moment of its service (not while the vehicle waits before or after); the worst answer
    counts. Clock times after midnight are on the date after the service date. Depots are no
    public roads: what happens there is not judged.

    Where rules ask for it, the relation of a trip to a zone is that of its leg, the way from one
    stop to the next: ``within`` when it never leaves the zone, else ``destination`` when it ends
    there, ``origin`` when it begins there, ``through`` when it does neither; a delivery has the
    relation of the leg that led to it. ``entered`` is the clock time at which the vehicle last
    came into the zone, 0 where it began the day there. ``gvw_actual_kg`` is mass without load plus
    payload where the cases do not say it.

    Parameters
    ----------
    itineraries
        The day as driven.
    places
        Where links and points lie, see :func:`geofleet.policy.places.link_places`.
    cases
        Attributes by ``vehicle_id``, see :func:`geofleet.policy.cases.fleet_cases`.
    events, assume
        As for :func:`geofleet.policy.decisions.decide`.

    Raises
    ------
    InputError
        Vehicles without a case, links that the places do not know, cells that are not of their
        kind.
    """
    signatures = Signatures.of(places, itineraries)
    judge = Judge(rule_set, signatures, cases, events=events, assume=assume, defaults=defaults)
    judge.check([str(name) for name in itineraries.traversals.vehicle_days["vehicle_id"]])
    return judged(judge, itineraries)


def judged(
    judge: Judge, itineraries: Itineraries, *, stop_signature: Ints | None = None
) -> DayDecisions:
    """Judge itineraries by a judge that is there.

    Parameters
    ----------
    stop_signature
        Of each row of the stops table, where it is not the table of the signatures.
    """
    of_stops = judge.signatures.of_stop if stop_signature is None else stop_signature
    trips = trips_of(itineraries, judge.signatures.of_link, of_stops)
    answers = judge.of_trips(trips)
    count, stops = len(trips.drives.start_s), trips.stops
    rows = stops.row[stops.delivery]
    stop_status = np.full(len(itineraries.stops), NOT_JUDGED, np.int8)
    stop_rule = np.full(len(itineraries.stops), -1, np.int16)
    stop_place = np.full(len(itineraries.stops), -1, np.int64)
    stop_status[rows], stop_rule[rows] = answers.status[count:], answers.rule[count:]
    stop_place[rows] = count + np.arange(len(rows))
    return DayDecisions(
        rule_set=judge.rule_set, vehicle_day=trips.drives.vehicle_day,
        stop_day=itineraries.stops["vehicle_day"].to_numpy(np.int64), days=len(trips.vehicle_id),
        status=answers.status[:count], rule=answers.rule[:count], stop_status=stop_status,
        stop_rule=stop_rule, answers=answers, stop_place=stop_place,
        provenance=tuple(sorted(judge.used)),
    )  # fmt: skip
