"""Kinds of cases: those that no rule can tell apart are judged once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.policy.decisions.prepare import Prepared
from geofleet.policy.rules.conditions import (
    PLATE_DIGIT,
    Age,
    All,
    Among,
    AnyOf,
    Condition,
    Leaf,
    Member,
    Not,
    PlateDigit,
    Setting,
)
from geofleet.policy.rules.days import Days
from geofleet.policy.rules.facts import Facts
from geofleet.policy.rules.truth import Truths

__all__ = ["profiles"]

Codes = npt.NDArray[np.int64]


def profiles(
    prepared: Prepared, facts: Facts, inside: Mapping[str, Truths]
) -> tuple[npt.NDArray[np.intp], Codes]:
    """Return one case of each kind, and the kind of each case.

    Two cases are of one kind when every question of every rule has the same answer for both on
    all the days: not when all their cells are equal.
    """
    code = np.zeros(len(facts), np.int64)
    for column in _columns(prepared, facts, inside):
        # codes are renumbered after each column, so that they never overflow
        code, _ = pd.factorize(code * (int(column.max(initial=0)) + 2) + column + 1)
    _, rows = np.unique(code, return_index=True)
    return rows, code.astype(np.int64)


def _columns(prepared: Prepared, facts: Facts, inside: Mapping[str, Truths]) -> Iterator[Codes]:
    seen: set[tuple[Leaf, str]] = set()
    for rule, setting in zip(prepared.rules, prepared.settings, strict=True):
        for leaf in (*_leaves(rule.vehicle), *_leaves(rule.trip)):
            if (leaf, setting.zone) not in seen:
                seen.add((leaf, setting.zone))
                yield from _answers(leaf, facts, setting)
        if rule.permit and (Among("permits", frozenset((rule.permit,))), "") not in seen:
            leaf = Among("permits", frozenset((rule.permit,)))
            seen.add((leaf, ""))
            yield from _answers(leaf, facts, setting)
    for zone in sorted({rule.where for rule in prepared.rules} & set(inside)):
        yield inside[zone].astype(np.int64)


def _leaves(condition: Condition) -> Iterator[Leaf]:
    if isinstance(condition, All | AnyOf):
        for part in condition.parts:
            yield from _leaves(part)
    elif isinstance(condition, Not):
        yield from _leaves(condition.part)
    else:
        yield condition


def _answers(leaf: Leaf, facts: Facts, setting: Setting) -> Iterator[Codes]:
    """Yield what tells cases apart by one question, whatever the day."""
    if isinstance(leaf, PlateDigit):
        yield facts.texts(PLATE_DIGIT)[0]
    elif isinstance(leaf, Member):
        joined = Among(leaf.attribute, leaf.programmes)
        yield joined.holds(facts, setting)[:, 0].astype(np.int64)
        until = facts.numbers(leaf.until)
        first, last = setting.days.ordinal[0] - 1, setting.days.ordinal[-1]
        yield np.where(np.isnan(until), -1, np.clip(until, first, last)).astype(np.int64)
    elif isinstance(leaf, Age):
        for year in np.unique(setting.days.year):
            place = int(np.flatnonzero(setting.days.year == year)[0])
            one = Setting(Days((setting.days.dates[place],)), [()], {}, setting.zone)
            yield leaf.holds(facts, one)[:, 0].astype(np.int64)
    else:
        yield leaf.holds(facts, setting)[:, 0].astype(np.int64)
