"""Gap report: vehicles that no present programme reaches, and what keeps each of them out."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.policy.programme.comparison import groups_of, sums_of
from geofleet.policy.programme.eligibility import NOT_OPEN, Asked, eligibility
from geofleet.policy.programme.members import member_condition
from geofleet.policy.programme.model import REASONS, Programme, ProgrammeSet
from geofleet.policy.rules.conditions import Member
from geofleet.policy.rules.events import Event
from geofleet.policy.rules.model import RuleSet
from geofleet.policy.rules.truth import NO, UNKNOWN, YES

__all__ = ["REACHED", "GapReport", "gap_report", "levers_of"]

REACHED, GAP, OPEN = ("reached", "gap", "unknown")
_PM = "pm25_exhaust_g"
_MEMBERSHIP, _UNTIL = "programme_membership", "membership_until"
_MEASURES = ["vehicles", "annual_km", _PM]


@dataclass(frozen=True)
class GapReport:
    """Who is reached by present programmes.

    Parameters
    ----------
    by_case
        Indexed as the cases: ``state`` (``reached``: a member of, or may join, at least one
        programme; ``gap``: may join none; ``unknown``), ``programmes`` (those that reach it),
        ``nearest`` (for those in the gap, the programme with the fewest obstacles, one for its fuel
        before others), ``obstacle`` (the
        reasons there, by ``REASONS``; missing attributes where it is unknown),
        ``hours_forbidden`` (over the dates asked about; NaN without rules),
        ``vehicles, annual_km, pm25_exhaust_g``, and one column for each programme with its answer:
        ``member``, ``eligible``, the reasons against it, or ``unknown:`` and what is missing.
    by_state
        Sums of vehicles, kilometres and grams by state, with shares; grams of unknown mass are in
        no sum, and ``vehicles_without_mass`` counts them.
    by_obstacle
        The same of the gap, by obstacle.
    by_group
        The same by ``by`` (operator_size, vehicle_class, age), ``group`` and state.
    unrestricted
        Vehicles in the gap that no rule forbids at any hour either: nothing holds them. NaN
        without rules.
    provenance
        Rules and default rows used.
    """

    by_case: pd.DataFrame
    by_state: pd.DataFrame
    by_obstacle: pd.DataFrame
    by_group: pd.DataFrame
    unrestricted: float
    provenance: tuple[str, ...] = ()


def levers_of(programmes: ProgrammeSet, on: datetime.date) -> tuple[Programme, ...]:
    """Return the programmes of a day that exempt from anything; recognition alone is no lever.

    One that nobody can join any more counts only where no open one has taken its members over.
    """
    open_now = {one.member_id for one in programmes.programmes if one.open_on(on)}
    return tuple(
        one for one in programmes.programmes
        if one.exemptions and (one.open_on(on) or one.member_id not in open_now)
    )  # fmt: skip


def gap_report(
    cases: pd.DataFrame,
    programmes: ProgrammeSet,
    mass: pd.DataFrame,
    *,
    on: datetime.date,
    rules: RuleSet | None = None,
    dates: Sequence[datetime.date] = (),
    events: Sequence[Event] = (),
    inside: Mapping[str, Any] | None = None,
    weights: pd.Series | None = None,
    levers: Sequence[str] | None = None,
    defaults: Defaults | None = None,
) -> GapReport:
    """Find the vehicles that no programme reaches, with the obstacle for each programme.

    A vehicle of which no membership is told counts as no member; one that is registered until
    nobody knows when is ``unknown`` where it could not join anew.

    Parameters
    ----------
    cases
        Attributes by vehicle, or by group of a city's vehicles
        (:func:`geofleet.policy.programme.city_cases`).
    mass
        ``annual_km`` and ``pm25_exhaust_g`` of one vehicle of each case.
    on
        Day of joining.
    rules, dates, events, inside
        Where given, also on how many hours of the dates rules forbid each vehicle to drive.
    weights
        Vehicles that each case stands for.
    levers
        Programmes that count, by id; those that exempt from anything when not given.

    Raises
    ------
    InputError
        Mass or weights of other cases, a programme that does not exist, rules without dates.
    """
    scope = (defaults or Defaults()).scope()
    chosen = _chosen(programmes, levers, on)
    if rules is not None and not dates:
        raise InputError([Problem("gap report", "dates", expected="the dates to ask the rules of")])
    count, km, pm = sums_of(cases, mass, weights)
    hours = np.full(len(cases), np.nan)
    provenance: tuple[str, ...] = ()
    if rules is not None:
        from geofleet.policy.decisions import decide
        from geofleet.policy.programme.savings import hours_by_case

        decided = decide(rules, cases, dates, events=events, inside=inside, defaults=scope)
        hours, provenance = hours_by_case(decided).to_numpy(np.float64), decided.provenance
    table = _by_case(chosen, cases, on, programmes)
    sums = pd.DataFrame(
        {"hours_forbidden": hours, "vehicles": count, "annual_km": km, _PM: pm}, index=cases.index
    )
    table = pd.concat([table.iloc[:, :4], sums, table.iloc[:, 4:]], axis=1)
    gap = table[table["state"] == GAP]
    groups = pd.concat(
        [_sums(table, [pd.Series(labels, cases.index, name="group"), table["state"]]).assign(by=by)
         for by, labels in groups_of(cases, on, defaults=scope).items()]
    ).reset_index()  # fmt: skip
    free = float(gap.loc[gap["hours_forbidden"] == 0.0, "vehicles"].sum())
    return GapReport(
        by_case=table,
        by_state=_sums(table, [table["state"]]),
        by_obstacle=_sums(gap, [gap["obstacle"]]),
        by_group=groups[["by", *(name for name in groups.columns if name != "by")]],
        unrestricted=free if rules is not None else float("nan"),
        provenance=tuple(sorted({*provenance, *scope.used})),
    )


def _chosen(
    programmes: ProgrammeSet, levers: Sequence[str] | None, on: datetime.date
) -> tuple[Programme, ...]:
    if levers is None:
        return levers_of(programmes, on)
    known = {one.programme_id: one for one in programmes.programmes}
    if unknown := [name for name in levers if name not in known]:
        expected = "a programme of the set: " + ", ".join(known)
        raise InputError(Problem("gap report", "levers", 0, name, expected) for name in unknown)
    return tuple(known[name] for name in levers)


def _by_case(
    chosen: Sequence[Programme], cases: pd.DataFrame, on: datetime.date, programmes: ProgrammeSet
) -> pd.DataFrame:
    """Return state, programmes, nearest, obstacle, then a column for each programme."""
    asked = Asked.of(cases, on, attributes=programmes.attributes)
    size = len(cases)
    reached, doubtful = np.zeros(size, bool), np.zeros(size, bool)
    registered = asked.facts.texts(_MEMBERSHIP)[0] >= 0
    names = np.full(size, "", object)
    nearest, obstacle, fewest = (
        np.full(size, "", object),
        np.full(size, "", object),
        np.full(size, 6 * len(REASONS)),
    )
    missing = np.full(size, "", object)
    columns = {}
    for one in chosen:
        found = eligibility(one, cases, on, attributes=programmes.attributes)
        answer = found["answer"].to_numpy(object)
        member = asked.truth(member_condition(one)) == YES
        mine = member | (answer == "eligible")
        names[mine] = [_with(text, one.programme_id) for text in names[mine]]
        reached |= mine
        why = found["missing"].to_numpy(object, copy=True)
        # registered, until nobody knows when: perhaps a member still
        paper = asked.truth(Member(frozenset((one.member_id,))))
        expiring = ~mine & registered & (paper == UNKNOWN)
        why[expiring] = [_with(text, _UNTIL) for text in why[expiring]]
        doubt = (~mine & (answer == "unknown")) | expiring
        doubtful |= doubt
        missing[doubt] = [_with(a, b) for a, b in zip(missing[doubt], why[doubt], strict=True)]
        reasons, number = _obstacles(one, asked, on)
        closer = (answer == "not eligible") & (number < fewest)
        fewest[closer], nearest[closer] = number[closer], one.programme_id
        obstacle[closer] = reasons[closer]
        column = np.where(member, "member", np.where(answer == "eligible", "eligible", reasons))
        column[doubt] = [f"unknown: {text}" for text in why[doubt]]
        columns[one.programme_id] = column
    state = np.where(reached, REACHED, np.where(doubtful, OPEN, GAP)).astype(object)
    nearest[state != GAP] = ""
    obstacle = np.where(state == GAP, obstacle, np.where(state == OPEN, missing, ""))
    head = {"state": state, "programmes": names, "nearest": nearest, "obstacle": obstacle}
    return pd.DataFrame({**head, **columns}, index=cases.index)


def _with(text: str, more: str) -> str:
    parts = [*text.split("; "), *more.split("; ")]
    return "; ".join(sorted({part for part in parts if part}))


def _obstacles(
    programme: Programme, asked: Asked, on: datetime.date
) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.int64]]:
    """Return all reasons against each case, in order of ``REASONS``, and how far off it is.

    Where every route is closed, those of the route with the fewest. A programme for another fuel is
    farther than any for the fuel that the vehicle has: only another vehicle could join it. Between
    equals, one for the place where it drives is nearer.
    """
    size = len(asked.facts)
    if not programme.open_on(on):
        return np.full(size, NOT_OPEN, object), np.full(size, 5 * len(REASONS))
    flags = _flags(programme.requirements, asked)
    if programme.routes:
        routes = np.stack([_flags(route.requirements, asked) for route in programme.routes])
        best = routes.sum(axis=2).argmin(axis=0)
        # a route with no known obstacle is open or unknown, and adds nothing
        flags |= routes[best, np.arange(size)]
    patterns, codes = np.unique(flags, axis=0, return_inverse=True)
    words = ["; ".join(np.array(REASONS)[pattern]) for pattern in patterns]
    distance = 2 * flags.sum(axis=1) + flags[:, REASONS.index("outside_zone")]
    distance = distance + 2 * len(REASONS) * flags[:, REASONS.index("fuel")]
    return np.array(words, object)[codes.ravel()], distance


def _flags(requirements: Sequence[Any], asked: Asked) -> npt.NDArray[np.bool_]:
    flags = np.zeros((len(asked.facts), len(REASONS)), bool)
    for one in requirements:
        flags[:, REASONS.index(one.reason)] |= asked.truth(one.condition) == NO
    return flags


def _sums(table: pd.DataFrame, by: Sequence[pd.Series]) -> pd.DataFrame:
    grouped = table[_MEASURES].groupby([one.loc[table.index] for one in by])
    found = grouped.sum()
    for name in ("vehicles", _PM):
        total = float(table[name].sum())
        found[f"{name}_share"] = found[name] / total if total > 0.0 else np.nan
    unknown = table["vehicles"].where(table[_PM].isna(), 0.0)
    found["vehicles_without_mass"] = unknown.groupby([one.loc[table.index] for one in by]).sum()
    return found
