"""What rules that ask for money cost a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.policy.day.judge import Judge
from geofleet.policy.day.settings import Prices
from geofleet.policy.day.signatures import Signatures
from geofleet.policy.day.trips import Trips
from geofleet.policy.decisions import CHARGED, UNKNOWN
from geofleet.policy.rules.days import DAY_S
from geofleet.policy.rules.events import Event
from geofleet.policy.rules.model import LIFTING, Charge, RuleSet

__all__ = ["Charges"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
_M_PER_KM = 1000.0


class Charges:
    """The rules of a set that charge, each asked alone with what lifts it.

    A rule set answers with one status at a moment; two charges that hold together are both due.
    """

    def __init__(
        self,
        rule_set: RuleSet,
        signatures: Signatures,
        cases: pd.DataFrame,
        prices: Prices,
        *,
        events: Sequence[Event],
        assume: Mapping[str, Any] | None,
        defaults: Defaults,
    ) -> None:
        self._prices = prices
        self._rules: list[tuple[Charge, Judge]] = []
        self._paid: dict[tuple[int, str, int], int] | None = None
        names = dict.fromkeys(rule.rule_id for rule in rule_set.active if rule.charge is not None)
        for name in names:
            others = {
                rule.rule_id for rule in rule_set.rules
                if rule.effect not in LIFTING and rule.rule_id != name
            }  # fmt: skip
            alone = rule_set.without(*others)
            for rule in alone.active:
                if rule.charge is None:
                    continue
                versions = [one for one in alone.rules
                            if one.rule_id != name or one.version == rule.version]  # fmt: skip
                judge = Judge(
                    _with(alone, versions), signatures, cases, events=events, assume=assume,
                    defaults=defaults,
                )  # fmt: skip
                self._rules.append((rule.charge, judge))

    def due(self, trips: Trips, length_m: Floats, planned: Ints) -> Floats:
        """Return the money due for each vehicle-day; NaN where that is not known.

        A vehicle pays for a calendar day once: with the first of its planned vehicle-days that
        owes it. The plan is asked first.

        Parameters
        ----------
        trips
            Vehicle-days.
        length_m
            Length of each drive.
        planned
            Planned vehicle-day that each stands for.
        """
        total = np.zeros(len(trips.vehicle_id))
        first, owners = self._paid is None, self._paid or {}
        for number, (charge, judge) in enumerate(self._rules):
            answers = judge.of_trips(trips)
            count = len(trips.drives.start_s)
            hit = answers.status == CHARGED
            day = np.concatenate(
                [trips.drives.vehicle_day, trips.stops.vehicle_day[trips.stops.delivery]]
            )
            if charge.per in ("km", "entry"):
                due = _units(charge.per, trips, hit[:count], length_m)
            else:
                dates = _dates(trips, day[hit], answers.at_s[hit])
                due = np.zeros(len(total))
                for one, name, date in dates:
                    own = int(planned[one])
                    if first:
                        owners.setdefault((number, name, date), own)
                    due[one] += owners.get((number, name, date), own) == own
            unknown = np.zeros(len(total), bool)
            unknown[day[answers.status == UNKNOWN]] = True
            amount = self._prices.converted(charge.amount, charge.currency)
            part = np.where(due > 0.0, due * amount, 0.0)
            total += np.where(unknown, np.nan, part)
        self._paid = owners
        return total


def _units(per: str, trips: Trips, hit: npt.NDArray[np.bool_], length_m: Floats) -> Floats:
    """Return how many entries or kilometres each vehicle-day pays for."""
    count = len(trips.vehicle_id)
    if per == "km":
        km = length_m[hit] / _M_PER_KM
        return np.bincount(trips.drives.vehicle_day[hit], km, minlength=count).astype(np.float64)
    before = np.append(False, hit[:-1])
    before[np.append(True, trips.drives.vehicle_day[1:] != trips.drives.vehicle_day[:-1])[
        : len(before)
    ]] = False  # fmt: skip
    come = hit & ~before[: len(hit)]
    return np.bincount(trips.drives.vehicle_day[come], minlength=count).astype(np.float64)


def _dates(trips: Trips, day: Ints, at_s: Floats) -> list[tuple[int, str, int]]:
    """Return vehicle-day, vehicle and calendar day (ordinal) of moments, each once."""
    date = trips.date[day] + np.floor_divide(at_s, DAY_S).astype(np.int64)
    pairs = sorted(set(zip(day.tolist(), date.tolist(), strict=True)))
    # vehicle-days in order of their dates, so that the first to owe a day pays it
    pairs.sort(key=lambda pair: (int(trips.date[pair[0]]), pair))
    return [(one, str(trips.vehicle_id[one]), on) for one, on in pairs]


def _with(rule_set: RuleSet, rules: Sequence[Any]) -> RuleSet:
    from dataclasses import replace

    return replace(rule_set, rules=tuple(rules))
