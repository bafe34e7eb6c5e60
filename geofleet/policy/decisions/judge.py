"""Decide: rules asked about many cases on many dates."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.policy.decisions import _kernels
from geofleet.policy.decisions.checks import (
    assumed_faults,
    date_faults,
    event_faults,
    word_faults,
)
from geofleet.policy.decisions.model import Decisions
from geofleet.policy.decisions.prepare import Prepared, prepare, scope_of
from geofleet.policy.decisions.profiles import profiles
from geofleet.policy.rules.conditions import All, AnyOf, Condition, Not, Ranked
from geofleet.policy.rules.events import Event
from geofleet.policy.rules.facts import Facts
from geofleet.policy.rules.model import RuleSet
from geofleet.policy.rules.truth import NO, YES, Truths, truth_of

__all__ = ["decide"]

_AT_ONCE = 40_000_000  # truths of a block of cases
_SCHEMES = "standard_schemes"

Inside = Mapping[str, "bool | npt.NDArray[np.int8] | None"]


def decide(
    rule_set: RuleSet,
    cases: pd.DataFrame,
    dates: Sequence[datetime.date],
    *,
    events: Sequence[Event] = (),
    inside: Inside | None = None,
    assume: Mapping[str, Any] | None = None,
    defaults: Defaults | None = None,
) -> Decisions:
    """Say for each case, date and moment whether rules let it drive.

    Truth is three-valued: what is not known of a case makes an answer ``unknown`` unless the rest
    decides without it. A rule holds at a moment when it is about the case (version, days in
    force, declared event, place, vehicle, trip) and the moment lies in one of its half-open
    windows; a window that crosses midnight belongs to the day on which it opens. ``allow_only``
    forbids outside of its windows. Exemptions take the case out of the rules that they lift;
    then forbidden goes before unknown, permit, charge and allowed. Between equals the first
    rule of the file decides.

    Parameters
    ----------
    rule_set
        The rules.
    cases
        One row per vehicle with its trip; columns are attributes. A column that is not there, and
        an empty cell, is unknown; ``attribute:zone`` says it of one zone.
    dates
        Local dates.
    events
        Declared events; what is not declared does not hold.
    inside
        By geography whether each case is in it: one answer for all, booleans by case, or truths by
        case (int8: 0 no, 1 unknown, 2 yes). One that is not named is unknown.
    assume
        Values for empty cells, by attribute; counted in ``assumed``.
    defaults
        Where ranks of emission standards come from.

    Raises
    ------
    InputError
        Cells that are not of the kind of their column or hold a word that no rule could mean,
        dates that are none, events called almost as rules call them, assumptions on what is no
        attribute, places that the rule set does not know or that have another number of cases.
    """
    scope = (defaults or Defaults()).scope()
    if twice := sorted({str(name) for name in cases.columns[cases.columns.duplicated()]}):
        raise InputError(Problem("cases", name, expected="each column once") for name in twice)
    places = _inside(rule_set, inside or {}, len(cases))
    facts = Facts(cases.reset_index(drop=True), rule_set.attributes, _ranks(rule_set, scope))
    problems = facts.check() + word_faults(rule_set, facts) + date_faults(dates)
    problems += event_faults(rule_set, events) + assumed_faults(rule_set, assume or {})
    if problems:
        raise InputError(problems)
    assumed: dict[str, int] = {}
    if assume:
        facts, assumed = facts.assuming(assume)
        if problems := facts.check(file="assume") + word_faults(rule_set, facts):
            raise InputError(problems)
    prepared = prepare(rule_set, dates, events)
    rows, profile = profiles(prepared, facts, places)
    few = Facts(facts.frame.iloc[rows].reset_index(drop=True), facts.attributes, facts.ranks)
    few_places = {name: truths[rows] for name, truths in places.items()}
    pattern, status, rule = _judge(prepared, few, few_places)
    deciding = sorted(set(rule[rule >= 0].tolist()))
    used = tuple(f"{rule_set.name}:{rule_set.rules[n].key}" for n in deciding)
    return Decisions(
        rule_set=rule_set, cases=cases.index, dates=tuple(sorted(set(dates))),
        slots=prepared.slots, profile=profile, pattern=pattern, day_status=status, day_rule=rule,
        events=tuple(events), facts=facts.frame, inside=places,
        ranks=facts.ranks, assumed=assumed,
        provenance=(*used, *scope.used),
    )  # fmt: skip


def _inside(rule_set: RuleSet, inside: Inside, count: int) -> dict[str, Truths]:
    found, problems = {}, []
    for name, answer in inside.items():
        if name not in rule_set.geographies:
            known = ", ".join(rule_set.geographies) or "there is none"
            problems.append(Problem("inside", name, 0, "", f"a geography of the set: {known}"))
            continue
        if answer is None or isinstance(answer, (bool, np.bool_)):
            one = truth_of(None if answer is None else bool(answer))
            found[name] = np.full(count, one, np.int8)
            continue
        truths = np.asarray(answer)
        if truths.dtype == bool:
            truths = np.where(truths, YES, NO)
        if truths.shape != (count,) or not np.isin(truths, (0, 1, 2)).all():
            expected = f"{count} truths (0 no, 1 unknown, 2 yes), one for each case"
            problems.append(Problem("inside", name, 0, str(truths.shape), expected))
            continue
        found[name] = truths.astype(np.int8)
    if problems:
        raise InputError(problems)
    return found


def _ranks(rule_set: RuleSet, defaults: Defaults) -> dict[str, dict[str, float]]:
    """Return the ranks of the schemes that the rules ask for, recording their rows."""
    asked = {
        scheme for rule in rule_set.active for tree in (rule.vehicle, rule.trip)
        for scheme in _schemes(tree)
    }  # fmt: skip
    ranks: dict[str, dict[str, float]] = {}
    for row in defaults.values(_SCHEMES):
        scheme, _, standard = row.partition(".")
        if scheme in asked:
            ranks.setdefault(scheme, {})[standard] = defaults.number(_SCHEMES, row)
    return ranks


def _schemes(condition: Condition) -> set[str]:
    if isinstance(condition, All | AnyOf):
        return set().union(*(_schemes(part) for part in condition.parts))
    if isinstance(condition, Not):
        return _schemes(condition.part)
    return {condition.scheme} if isinstance(condition, Ranked) else set()


def _judge(
    prepared: Prepared, facts: Facts, inside: Mapping[str, Truths]
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int8], npt.NDArray[np.int16]]:
    """Judge block after block of cases; days with equal answers are kept once."""
    dates, slots = len(prepared.today), len(prepared.slots) - 1
    count = len(facts)
    pattern = np.zeros((count, dates), np.int32)
    known: dict[bytes, int] = {}
    kinds, lifters, lifted = prepared.kinds, prepared.lifters, prepared.lifted
    per_case = max(1, (len(kinds) * len(prepared.days)) + dates * slots * 3)
    block = max(1, _AT_ONCE // per_case)
    for first in range(0, count, block):
        part = slice(first, min(first + block, count))
        some = Facts(facts.frame.iloc[part], facts.attributes, facts.ranks)
        near = {name: truths[part] for name, truths in inside.items()}
        size = len(some)
        scope = np.empty((size, len(prepared.days), len(kinds)), np.int8)
        for place in range(len(kinds)):
            scope[:, :, place] = scope_of(prepared, place, some, near)
        status = np.empty((size, dates, slots), np.int8)
        rule = np.empty((size, dates, slots), np.int16)
        key = np.empty((size, dates), np.uint64)
        _kernels.judge(
            scope, prepared.windows, kinds, *lifters, *lifted, prepared.today, prepared.before,
            slots, status, rule, key,
        )  # fmt: skip
        pattern[part] = _patterns(status, rule, key, known)
    table = np.frombuffer(b"".join(known), np.int16).reshape(len(known), 2 * slots)
    number = table[:, slots:]
    places = np.append(prepared.places, np.int16(-1)).astype(np.int16)
    return pattern, table[:, :slots].astype(np.int8), places[number]


def _patterns(
    status: npt.NDArray[np.int8],
    rule: npt.NDArray[np.int16],
    key: npt.NDArray[np.uint64],
    known: dict[bytes, int],
) -> npt.NDArray[np.int32]:
    """Return the kind of each day; a hash finds candidates, their rows are compared."""
    rows = np.concatenate([status.astype(np.int16), rule], axis=2).reshape(key.size, -1)
    codes, _ = pd.factorize(key.ravel())
    _, first = np.unique(codes, return_index=True)
    if not (rows == rows[first][codes]).all():
        _, first, codes = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    numbers = [known.setdefault(rows[place].tobytes(), len(known)) for place in first.tolist()]
    return np.array(numbers, np.int32)[codes].reshape(key.shape)
