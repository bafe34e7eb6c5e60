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

    def due(self, trips: Trips, length_m: Floats) -> Floats:
        """Return the money due for each vehicle-day; NaN where that is not known.

        Parameters
        ----------
        trips
            Vehicle-days.
        length_m
            Length of each drive.
        """
        total = np.zeros(len(trips.vehicle_id))
        for charge, judge in self._rules:
            answers = judge.of_trips(trips)
            count = len(trips.drives.start_s)
            drives, unloads = answers.status[:count], answers.status[count:]
            day = np.concatenate(
                [trips.drives.vehicle_day, trips.stops.vehicle_day[trips.stops.delivery]]
            )
            due = _units(charge.per, trips, drives, unloads, day, answers.at_s, length_m)
            unknown = np.zeros(len(total), bool)
            unknown[day[answers.status == UNKNOWN]] = True
            amount = self._prices.converted(charge.amount, charge.currency)
            part = np.where(due > 0.0, due * amount, 0.0)
            total += np.where(unknown, np.nan, part)
        return total


def _units(
    per: str,
    trips: Trips,
    drives: npt.NDArray[np.int8],
    unloads: npt.NDArray[np.int8],
    day: npt.NDArray[np.int64],
    at_s: Floats,
    length_m: Floats,
) -> Floats:
    """Return how many days, entries or kilometres each vehicle-day pays for."""
    count = len(trips.vehicle_id)
    hit = drives == CHARGED
    if per == "km":
        km = length_m[hit] / _M_PER_KM
        return np.bincount(trips.drives.vehicle_day[hit], km, minlength=count).astype(np.float64)
    if per == "entry":
        before = np.append(False, hit[:-1])
        before[np.append(True, trips.drives.vehicle_day[1:] != trips.drives.vehicle_day[:-1])[
            : len(before)
        ]] = False  # fmt: skip
        come = hit & ~before[: len(hit)]
        return np.bincount(trips.drives.vehicle_day[come], minlength=count).astype(np.float64)
    every = np.concatenate([hit, unloads == CHARGED])
    dates = pd.DataFrame({"day": day[every], "date": at_s[every] // DAY_S}).drop_duplicates()
    return np.bincount(dates["day"].to_numpy(np.int64), minlength=count).astype(np.float64)


def _with(rule_set: RuleSet, rules: Sequence[Any]) -> RuleSet:
    from dataclasses import replace

    return replace(rule_set, rules=tuple(rules))
