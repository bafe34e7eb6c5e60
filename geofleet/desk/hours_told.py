"""Hours of a rule in words: what they stop, what carriers do about it, and whom it hurts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from geofleet.desk.answer import Fact, Table
from geofleet.desk.hours import HoursDesk, MovableRule, Stopped
from geofleet.desk.responded import Responded
from geofleet.desk.told import Period, count_of, harm_fact
from geofleet.maps.packed import Category, Variable
from geofleet.maps.plan_words import size_words
from geofleet.maps.policy_words import outcome_words
from geofleet.policy.day import OUTCOMES
from geofleet.policy.day.effect import CHANGED
from geofleet.policy.rules.days import clock_text
from geofleet.wording import Readers, Text, both, say

if TYPE_CHECKING:
    from geofleet.desk.windows import Window

__all__ = ["HoursTold", "hit_variable", "outcome_variable"]

_HIT = ("#80868b", "#b3123f")
# Okabe and Ito (2008), darkened to 3:1 on the ground
_LOOKS: dict[str, tuple[str, float, str | None]] = {
    "unknown": ("#5c5c5c", 2.4, "1 6"), "waits": ("#0072b2", 3.2, "12 4"),
    "retimed": ("#00835f", 3.2, "4 3"), "rerouted": ("#a86200", 3.2, None),
    "swapped": ("#a8588a", 3.2, "2 3"), "dropped": ("#b3123f", 3.2, "10 3 3 3"),
}  # fmt: skip
_AS_PLANNED = ("allowed", "charged", "permit")


def hit_variable(hit: npt.NDArray[np.bool_]) -> Variable:
    """Return which vehicle-days meet a rule, for the map."""
    states = [
        Category(say("desk.not_hit"), _HIT[0], 1.4, None, 0),
        Category(say("desk.hit"), _HIT[1], 3.0, None, 1),
    ]
    return Variable(
        "hit", label=say("desk.view_hit"), unit=both(""), values=hit.astype(np.float64),
        kind="category", categories=states, text=say("desk.hit_text"),
    )  # fmt: skip


def outcome_variable(outcome: npt.NDArray[np.object_]) -> Variable:
    """Return what becomes of vehicle-days, for the map."""
    states = [Category(say("desk.not_hit"), _HIT[0], 1.4, None, 0)]
    values = np.zeros(len(outcome))
    for name in OUTCOMES:
        if name in _AS_PLANNED or not (outcome == name).any():
            continue
        colour, width, dash = _LOOKS[name]
        values[outcome == name] = len(states)
        states.append(Category(outcome_words(name), colour, width, dash, len(states)))
    return Variable(
        "hit", label=say("desk.view_hit"), unit=both(""), values=values, kind="category",
        categories=states, text=say("desk.outcome_text"),
    )  # fmt: skip


class HoursTold:
    """Writes the figures of an answer.

    Parameters
    ----------
    desk
        That gave it.
    period, readers
        How numbers are written.
    """

    def __init__(self, desk: HoursDesk, period: Period, readers: Readers) -> None:
        self.desk, self.period, self.readers = desk, period, readers

    def status(
        self, one: MovableRule, window: Window, stopped: Stopped, respond: bool,
        found: Responded | None,
    ) -> Text:  # fmt: skip
        """Return what the hours say, and how the answer was come by."""
        start, end = clock_text(window.start_s), clock_text(window.end_s)
        if window.hours >= 24.0:
            words = say(f"desk.all_day_{one.rule.effect}")
        else:
            words = say(f"desk.says_{one.rule.effect}", start=start, end=end)
        words = say("desk.of_rule", name=both(one.rule.name), words=words)
        if one.several:
            words = say("desk.several", words=words)
        if respond:
            return say("desk.hours_full" if found is not None else "desk.hours_first", words=words)
        stuck = int((stopped.forbidden & ~stopped.moved).sum())
        if stopped.moved.any() and stuck:
            words = say("desk.stuck", words=words, count=self.readers.whole(stuck))
        return words

    def facts(self, stopped: Stopped, found: Responded | None) -> list[Fact]:
        """Return the figures."""
        write, driven = self.readers, self.desk.driven
        before, after = (stopped.before, stopped.after) if found is None else (
            found.before, found.after
        )  # fmt: skip
        facts = [
            harm_fact(self.period.unit("harm_of"), float(before.sum()), float(after.sum()), write)
        ]
        if found is not None:
            facts += self._responses(found)
        facts += [
            Fact(say("desk.passages"),
                 count_of(int(stopped.forbidden.sum()), len(stopped.forbidden), write),
                 note=write.quantity(stopped.km, "km")),
            Fact(say("desk.days_hit"), count_of(int(stopped.days.sum()), driven.days, write)),
            Fact(say("desk.deliveries_hit"),
                 count_of(int(stopped.deliveries.sum()), self.desk.delivery_count, write)),
        ]  # fmt: skip
        others = int(stopped.others.sum())
        if others:
            facts.append(Fact(say("desk.passages_others"), write.whole(others)))
        doubt = int(stopped.unknown.sum())
        if doubt:
            facts.append(Fact(say("desk.passages_unknown"), write.whole(doubt)))
        return facts

    def _responses(self, found: Responded) -> list[Fact]:
        write, days = self.readers, len(found.outcome)
        changed = int(np.isin(found.outcome, CHANGED).sum())
        every = found.deliveries["deliveries"]
        unknown = None
        if found.cost_unknown:
            unknown = say("desk.cost_unknown", count=write.whole(found.cost_unknown))
        return [
            Fact(say("desk.days_changed"), count_of(changed, days, write)),
            Fact(say("desk.late"), count_of(found.deliveries["late"], every, write)),
            Fact(say("desk.cancelled"), count_of(found.deliveries["cancelled"], every, write)),
            Fact(say("desk.cost_operators"), write.money(found.cost, found.currency),
                 note=unknown),
        ]  # fmt: skip

    def tables(self, stopped: Stopped, found: Responded | None) -> list[Table]:
        """Return whom it hurts, and what becomes of vehicle-days."""
        if found is None:
            return [self._sizes(stopped)]
        write, outcomes = self.readers, list(found.outcome)
        rows: list[list[Text]] = [
            [outcome_words(name), write.whole(outcomes.count(name))]
            for name in OUTCOMES if name in outcomes
        ]  # fmt: skip
        return [
            Table("outcomes", say("desk.table_outcomes"),
                  [say("desk.outcome"), say("desk.vehicle_days")], rows, open=True),
            self._hurt(found),
            self._sizes(stopped),
        ]  # fmt: skip

    def _hurt(self, found: Responded) -> Table:
        write = self.readers
        rows: list[list[Text]] = []
        for size, line in found.sizes.iterrows():
            rows.append([
                size_words(None if size in ("", "unknown") else str(size)),
                count_of(int(line["hurt"]), int(line["operators"]), write),
                count_of(int(line["vehicle_days_hurt"]), int(line["vehicle_days"]), write),
                # unknown costs are not in the sum: where some are, no sum passes for all of it
                write.money(
                    float("nan") if line["cost_unknown"] else float(line["cost"]), found.currency
                ),
            ])  # fmt: skip
        return Table(
            "hurt", say("desk.table_hurt"),
            [say("desk.fleet"), say("desk.operators_hurt"), say("desk.days_hurt"),
             say("desk.cost")], rows, note=say("desk.hurt_note"), open=True,
        )  # fmt: skip

    def _sizes(self, stopped: Stopped) -> Table:
        write = self.readers
        rows: list[list[Text]] = []
        for size, line in stopped.sizes.iterrows():
            rows.append([
                size_words(None if size == "unknown" else size),
                count_of(int(line["hit"]), int(line["operators"]), write),
                count_of(int(line["days_hit"]), int(line["vehicle_days"]), write),
                write.whole(int(line["deliveries_hit"])),
            ])  # fmt: skip
        return Table(
            "sizes", say("desk.table_sizes"),
            [say("desk.fleet"), say("desk.operators_hit"), say("desk.vehicle_days"),
             say("desk.deliveries")], rows, open=True,
        )  # fmt: skip
