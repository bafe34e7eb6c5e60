"""The list of vehicles that an exemption takes out of an event's measures, and of unknown ones."""

from __future__ import annotations

import csv
import datetime
import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.errors import InputError, Problem
from geofleet.files import write_text
from geofleet.policy.contingency.measures import exemptions_of, leaves_of, measures_of
from geofleet.policy.decisions import ALLOWED, FORBIDDEN, UNKNOWN, Decisions, decide
from geofleet.policy.decisions.prepare import prepare, scope_of
from geofleet.policy.rules.conditions import attributes_of
from geofleet.policy.rules.days import clock_text
from geofleet.policy.rules.facts import Facts
from geofleet.policy.rules.model import Rule, RuleSet
from geofleet.policy.rules.truth import UNKNOWN as NOT_KNOWN

__all__ = ["COLUMNS", "exempt_list", "write_exempt_list"]

COLUMNS = (
    "operator_id", "vehicle_id", "plate", "date", "status", "rule_id", "version", "rule", "hours",
    "programme_membership", "membership_until", "missing",
)  # fmt: skip
_CLOSED = np.int8(-1)
_MEMBERSHIP = ("programme_membership", "membership_until")


def exempt_list(
    decisions: Decisions,
    *,
    date: datetime.date | None = None,
    units: pd.DataFrame | None = None,
    barred: bool = False,
) -> pd.DataFrame:
    """List the vehicles that are exempt on a day of an event, and those of which nobody can tell.

    Only measures of the declared events count here, not what an ordinary day forbids. Each case
    is judged twice: by the measures alone, and by the measures with their exemptions. It is
    ``exempt`` where the first stops it (or may) and the second never does, ``unknown`` where the
    second cannot tell at some hour of the day. Vehicles that the measures do not concern are not
    listed.

    Parameters
    ----------
    decisions
        As :func:`geofleet.policy.decisions.decide` returns them: rules, cases, declared events.
    date
        One of their dates; may be left out where there is one alone.
    units
        By name of the case ``operator_id`` and ``plate``, where the cases themselves do not have
        them (``Fleet.vehicles``).
    barred
        List the vehicles that are stopped, too.

    Returns
    -------
    pandas.DataFrame
        By operator and vehicle, columns ``COLUMNS``: ``status`` is ``exempt``, ``unknown`` or
        ``barred``; ``rule_id, version, rule`` of what exempts (or stops, or cannot be told);
        ``hours`` in which that holds; membership where the exempting rule asks for one;
        ``missing``: what would have to be known, joined by semicolons. Empty text where none.

    Raises
    ------
    InputError
        No such date; no event is declared for it; no rule is about the events; cases that
        ``units`` does not have.
    """
    day = _date(decisions, date)
    rule_set, strict = _measure_rules(decisions, day)
    facts, events, places = decisions.facts, decisions.events, decisions.inside
    before = decide(strict, facts, [day], events=events, inside=places)
    after = decide(rule_set, facts, [day], events=events, inside=places)
    kinds, kind_of = _kinds(before, after, day)
    answers = [_answer(before, after, int(case)) for case in kinds]
    wanted = ("exempt", "unknown", "barred") if barred else ("exempt", "unknown")
    kept = np.array([answer["status"] in wanted for answer in answers], bool)
    rows = np.flatnonzero(kept[kind_of])
    table = pd.DataFrame([answers[place] for place in kind_of[rows]])
    table = table.reindex(columns=list(COLUMNS))
    table["vehicle_id"] = [str(name) for name in decisions.cases[rows]]
    table["date"] = day.isoformat()
    for name in ("operator_id", "plate"):
        table[name] = _of_units(name, decisions, units, rows)
    asks = np.array([bool(answers[place]["_member"]) for place in kind_of[rows]], bool)
    for name in _MEMBERSHIP:
        told = _cells(decisions.facts, name)[rows]
        table[name] = np.where(asks, told, "")
    table = table.fillna("").astype(str)
    return table.sort_values(["operator_id", "vehicle_id"], kind="stable", ignore_index=True)


def _date(decisions: Decisions, date: datetime.date | None) -> datetime.date:
    known = ", ".join(str(day) for day in decisions.dates[:5])
    if date is None and len(decisions.dates) == 1:
        return decisions.dates[0]
    if date is None or date not in decisions.dates:
        expected = f"one of the dates that were decided: {known}"
        raise InputError([Problem("exempt_list", "date", 0, str(date or ""), expected)])
    return date


def _measure_rules(decisions: Decisions, day: datetime.date) -> tuple[RuleSet, RuleSet]:
    """Return the rule set of the events' measures with their exemptions, and without."""
    declared = [event for event in decisions.events if day in event.dates]
    if not declared:
        expected = f"a day for which an event is declared; {day} is none"
        raise InputError([Problem("exempt_list", "date", 0, str(day), expected)])
    measures: dict[str, Rule] = {}
    lifting: dict[str, Rule] = {}
    for event in declared:
        measures |= {one.rule.key: one.rule for one in measures_of(event, day, decisions.rule_set)}
        lifting |= {one.rule.key: one.rule for one in exemptions_of(event, day, decisions.rule_set)}
    ids = {rule.rule_id for rule in measures.values()}
    trimmed = {
        key: replace(rule, lifts=tuple(name for name in rule.lifts if name in ids))
        for key, rule in lifting.items()
    }
    rules = [
        trimmed.get(rule.key, rule) for rule in decisions.rule_set.rules
        if rule.key in measures or rule.key in trimmed
    ]  # fmt: skip
    without = [rule for rule in rules if rule.key in measures]
    whole = decisions.rule_set
    return replace(whole, rules=tuple(rules)), replace(whole, rules=tuple(without))


def _kinds(
    before: Decisions, after: Decisions, day: datetime.date
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return one case of each kind that no rule tells apart, and the kind of each case.

    Cases are alike where each rule has the same answer for them and, where that is unknown, each
    of its questions has, and the same cells are empty: then what they lack is the same, too.
    """
    code = before.profile * (int(after.profile.max(initial=0)) + 1) + after.profile
    _, first, profile = np.unique(code, return_index=True, return_inverse=True)
    prepared = prepare(after.rule_set, [day], after.events)
    few = after.facts.take(first).reset_index(drop=True)
    facts = Facts(few, after.rule_set.attributes, after.ranks)
    inside = {name: truths[first] for name, truths in after.inside.items()}
    shape = (len(first), len(prepared.days))
    columns = [truths[:, None] for truths in inside.values()]
    for number, rule in enumerate(prepared.rules):
        scope = np.broadcast_to(scope_of(prepared, number, facts, inside), shape)
        open_, setting = scope == NOT_KNOWN, prepared.settings[number]
        columns.append(scope)
        for leaf in (*leaves_of(rule.vehicle), *leaves_of(rule.trip)):
            columns.append(np.where(open_, leaf.holds(facts, setting), _CLOSED))
            for name in sorted(attributes_of(leaf)):
                empty = (facts.texts(name)[0] < 0)[:, None]
                columns.append(np.where(open_, empty.astype(np.int8), _CLOSED))
    answers = np.concatenate([np.zeros((len(first), 1), np.int8), *columns], axis=1)
    _, kept, kind = np.unique(
        answers.astype(np.int8), axis=0, return_index=True, return_inverse=True
    )
    return first[kept], kind.ravel()[profile]


def _answer(before: Decisions, after: Decisions, case: int) -> dict[str, Any]:
    """Say of one case what the measures do to it."""
    slots = np.union1d(before.slots, after.slots)[:-1]
    where, on = np.full(len(slots), case), np.zeros(len(slots), np.int64)
    held = before.status_at(where, on, slots)
    status = after.status_at(where, on, slots)
    rule = after.rule_at(where, on, slots)
    edges = [*slots.tolist(), int(after.slots[-1])]
    out: dict[str, Any] = dict.fromkeys(
        ("status", "rule_id", "version", "rule", "hours", "missing"), ""
    )
    out["_member"] = False
    # nothing that exemptions lifted is left where they made an answer allowed
    for word, holds in (
        ("barred", status == FORBIDDEN),
        ("unknown", status == UNKNOWN),
        ("exempt", (held != ALLOWED) & (status == ALLOWED)),
    ):
        if not holds.any():
            continue
        rules = [after.rule_set.rules[place] for place in dict.fromkeys(rule[holds].tolist())
                 if place >= 0]  # fmt: skip
        out |= {
            "status": word,
            "rule_id": "; ".join(one.rule_id for one in rules),
            "version": "; ".join(one.version for one in rules),
            "rule": "; ".join(one.name for one in rules),
            "hours": _hours(holds, edges),
        }
        asked = [one for one in after.rule_set.rules if word != "exempt" or one in rules]
        out["_member"] = any(
            set(_MEMBERSHIP) <= attributes_of(one.vehicle) for one in asked if one.lifts
        )
        if word == "unknown":
            out["missing"] = _missing(after, case, holds, edges)
        break
    return out


def _hours(holds: npt.NDArray[np.bool_], edges: Sequence[int]) -> str:
    parts: list[list[int]] = []
    for place in np.flatnonzero(holds).tolist():
        if parts and parts[-1][1] == edges[place]:
            parts[-1][1] = edges[place + 1]
        else:
            parts.append([edges[place], edges[place + 1]])
    return "; ".join(f"{clock_text(start)}-{clock_text(end)}" for start, end in parts)


def _missing(
    after: Decisions, case: int, holds: npt.NDArray[np.bool_], edges: Sequence[int]
) -> str:
    """Name what would have to be known, over all unknown stretches of the day."""
    names: dict[str, None] = {}
    numbered = replace(after, cases=pd.RangeIndex(len(after.cases)))
    starts = {start for start, _, status, _ in after.stretches(case, 0) if status == UNKNOWN}
    for start in sorted(starts & {edges[place] for place in np.flatnonzero(holds).tolist()}):
        names |= dict.fromkeys(numbered.explain(case, 0, start).missing)
    return "; ".join(names)


def _cells(frame: pd.DataFrame, name: str) -> npt.NDArray[np.object_]:
    if name not in frame.columns:
        return np.full(len(frame), "", object)
    return np.array(
        ["" if pd.isna(cell) else str(cell)[:10] if name.endswith("until") else str(cell)
         for cell in frame[name]], object,
    )  # fmt: skip


def _of_units(
    name: str, decisions: Decisions, units: pd.DataFrame | None, rows: npt.NDArray[np.intp]
) -> npt.NDArray[np.object_]:
    if name in decisions.facts.columns or units is None:
        return _cells(decisions.facts, name)[rows]
    gone = [str(case) for case in decisions.cases[rows] if case not in units.index]
    if gone:
        expected = f"units with a row for each case; {len(gone)} have none"
        raise InputError([Problem("exempt_list", "units", 0, ", ".join(gone[:5]), expected)])
    return _cells(units.loc[decisions.cases[rows]].reset_index(drop=True), name)


def write_exempt_list(table: pd.DataFrame, path: Path | str) -> None:
    """Write a list of :func:`exempt_list` as CSV, whole or not at all.

    Raises
    ------
    InputError
        Columns that are not there.
    """
    gone = [name for name in COLUMNS if name not in table.columns]
    if gone:
        raise InputError(
            Problem("exempt list", name, 0, "", "a table of exempt_list") for name in gone
        )
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(table[list(COLUMNS)].itertuples(index=False))
    write_text(Path(path), stream.getvalue())
