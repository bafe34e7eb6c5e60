"""The question of hours: what a rule stops at other hours, in words and on the map."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from geofleet.desk.answer import (
    Answer,
    Bars,
    Control,
    Fact,
    Option,
    Settings,
    Table,
    Turn,
    View,
)
from geofleet.desk.hours import HoursDesk, MovableRule, Response, Stopped
from geofleet.desk.streets import Days, Streets
from geofleet.desk.told import CHANGE, Period, change_breaks, count_of, harm_fact
from geofleet.desk.windows import Window
from geofleet.maps.packed import Category, Variable
from geofleet.maps.plan_words import size_words
from geofleet.maps.scales import HARM, round_breaks
from geofleet.policy.rules.days import DAY_S, clock_text
from geofleet.wording import Readers, Text, both, say

__all__ = ["HoursQuestion"]

Floats = npt.NDArray[np.float64]

_STEP_S = 1800
_HIT = ("#80868b", "#b3123f")
_NAMED = 60


class HoursQuestion:
    """What other hours of a rule stop.

    Parameters
    ----------
    desk
        Knows which passages a window forbids.
    streets, days
        What the map is drawn on.
    readers
        How numbers are written.
    """

    name = "hours"

    def __init__(self, desk: HoursDesk, streets: Streets, days: Days, *, readers: Readers) -> None:
        self.desk, self.streets, self.days, self.readers = desk, streets, days, readers
        self.period = Period(desk.driven.dates, readers)
        self._keys = _keys(desk.rules)
        self._km = self.streets.per_km(desk.driven.by_link_hour)
        whole = self._km.sum(axis=1)
        self._breaks = round_breaks(whole), round_breaks(self._km)
        self._changes = change_breaks(whole), change_breaks(self._km)
        self.controls = self._controls()
        first = self._variables(self._ask({one.name: one.value for one in self.controls}))
        self.views = (
            View("streets", say("desk.view_harm"),
                 streets.lines(first["streets"], identifier="hours_streets", readers=readers)),
            View("days", say("desk.view_hit"),
                 days.lines(first["days"], identifier="hours_days", readers=readers)),
        )  # fmt: skip

    def _controls(self) -> tuple[Control, ...]:
        rules = self.desk.rules
        clocks = set(range(0, DAY_S + 1, _STEP_S))
        for one in rules:
            clocks |= {one.window.start_s, one.window.end_s}
        start = tuple(Option(clock_text(s), both(clock_text(s))) for s in sorted(clocks - {DAY_S}))
        end = tuple(Option(clock_text(s), both(clock_text(s))) for s in sorted(clocks - {0}))
        first = rules[0].window
        options = tuple(
            Option(key, self._named(one),
                   {"from": clock_text(one.window.start_s), "until": clock_text(one.window.end_s)})
            for key, one in zip(self._keys, rules, strict=True)
        )  # fmt: skip
        return (
            Control("rule", "list", say("desk.rule"), options, self._keys[0]),
            Control("from", "slider", say("desk.from"), start, clock_text(first.start_s)),
            Control("until", "slider", say("desk.until"), end, clock_text(first.end_s),
                    hint=say("desk.until_hint")),
            Control("response", "list", say("desk.response"), tuple(
                Option(name, say(f"desk.response_{name}")) for name in ("not_driven", "after")
            ), "not_driven"),
        )  # fmt: skip

    def _named(self, one: MovableRule) -> Text:
        name = one.rule.name
        short = name if len(name) <= _NAMED else name[: _NAMED - 1] + "…"
        return say("desk.rule_named", name=short, effect=say(f"desk.effect_{one.rule.effect}"))

    def _place(self, settings: Settings) -> int:
        return self._keys.index(str(settings["rule"]))

    def _window(self, settings: Settings) -> Window:
        return Window(_seconds(settings["from"]), _seconds(settings["until"]))

    def _ask(self, settings: Settings) -> Stopped:
        response: Response = "after" if settings["response"] == "after" else "not_driven"
        return self.desk.ask(self._place(settings), self._window(settings), response)

    def quick(self, settings: Settings) -> Answer:
        """Answer by the mask of the window."""
        stopped = self._ask(settings)
        return Answer(
            settings=settings, final=True, status=self._status(settings, stopped),
            facts=self._facts(stopped), variables=self._changed(self._variables(stopped)),
            tables=[self._sizes(stopped)],
            bars=Bars(
                say("desk.harm_by_hour"), self.period.unit("unit_harm"),
                stopped.before.sum(axis=0), stopped.after.sum(axis=0),
            ),
        )  # fmt: skip

    def full(self, settings: Settings, *, stop: Callable[[], bool], turn: Turn) -> Answer:
        """Answer as :meth:`quick`: there is nothing better here."""
        del stop, turn
        return self.quick(settings)

    def idle(self) -> Settings | None:
        """Nothing is worth preparing."""
        return None

    def _status(self, settings: Settings, stopped: Stopped) -> Text:
        one, window = self.desk.rules[self._place(settings)], self._window(settings)
        start, end = str(settings["from"]), str(settings["until"])
        if window.hours >= 24.0:
            words = say(f"desk.all_day_{one.rule.effect}")
        else:
            words = say(f"desk.says_{one.rule.effect}", start=start, end=end)
        words = say("desk.of_rule", name=one.rule.name, words=words)
        if one.several:
            words = say("desk.several", words=words)
        stuck = int((stopped.forbidden & ~stopped.moved).sum())
        if settings["response"] == "after" and stuck:
            words = say("desk.stuck", words=words, count=self.readers.whole(stuck))
        return words

    def _facts(self, stopped: Stopped) -> list[Fact]:
        write, driven = self.readers, self.desk.driven
        every = int(self.desk.delivery_count)
        facts = [
            harm_fact(self.period.unit("harm_of"), float(stopped.before.sum()),
                      float(stopped.after.sum()), write),
            Fact(say("desk.passages"),
                 count_of(int(stopped.forbidden.sum()), len(stopped.forbidden), write),
                 note=write.quantity(stopped.km, "km")),
            Fact(say("desk.days_hit"), count_of(int(stopped.days.sum()), driven.days, write)),
            Fact(say("desk.deliveries_hit"),
                 count_of(int(stopped.deliveries.sum()), every, write)),
        ]  # fmt: skip
        others = int(stopped.others.sum())
        if others:
            facts.append(Fact(say("desk.passages_others"), write.whole(others)))
        doubt = int(stopped.unknown.sum())
        if doubt:
            facts.append(Fact(say("desk.passages_unknown"), write.whole(doubt)))
        return facts

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

    @staticmethod
    def _changed(variables: dict[str, list[Variable]]) -> dict[str, list[Variable]]:
        """Leave out what the page has and no window changes."""
        return {view: [one for one in some if one.name != "before"]
                for view, some in variables.items()}  # fmt: skip

    def _variables(self, stopped: Stopped) -> dict[str, list[Variable]]:
        streets = self.streets
        before, after = self._km, np.maximum(streets.per_km(stopped.after), 0.0)
        change = after - before
        # sums in another order differ in the last digits
        change[np.abs(change) <= 1e-9 * before] = 0.0
        unit, hour_unit = self.period.unit("unit_km"), self.period.unit("unit_km_hour")
        level: dict[str, Any] = {
            "unit": unit, "hour_unit": hour_unit, "whole": "sum", "colours": HARM,
            "breaks": self._breaks[0] or None, "hour_breaks": self._breaks[1] or None,
            "text": say("desk.harm_text"),
        }  # fmt: skip
        hit = [
            Category(say("desk.not_hit"), _HIT[0], 1.4, None, 0),
            Category(say("desk.hit"), _HIT[1], 3.0, None, 1),
        ]
        return {
            "streets": [
                Variable(
                    "change", label=say("desk.change"), unit=unit, hour_unit=hour_unit,
                    values=change, kind="change", whole="sum", colours=CHANGE,
                    breaks=self._changes[0] or None, hour_breaks=self._changes[1] or None,
                    absent=change == 0.0, text=say("desk.change_text"), widths=(2.6, 5.2),
                ),
                Variable("after", label=say("desk.after"), values=after, **level),
                Variable("before", label=say("desk.before"), values=before, **level),
            ],
            "days": [
                Variable(
                    "hit", label=say("desk.view_hit"), unit=both(""),
                    values=stopped.days.astype(np.float64), kind="category", categories=hit,
                    text=say("desk.hit_text"),
                )
            ],
        }  # fmt: skip


def _keys(rules: tuple[MovableRule, ...]) -> tuple[str, ...]:
    """Return a name of each rule for settings: with its set, and a number, where need be."""
    own = [one.rule.key for one in rules]
    named = [
        key if own.count(key) == 1 else f"{one.rules.rule_set.name}:{key}"
        for key, one in zip(own, rules, strict=True)
    ]
    before = [named[:place].count(name) for place, name in enumerate(named)]
    return tuple(
        name if not turn else f"{name}#{turn + 1}" for name, turn in zip(named, before, strict=True)
    )


def _seconds(clock: Any) -> int:
    parts = [int(part) for part in str(clock).split(":")]
    return sum(part * size for part, size in zip(parts, (3600, 60, 1), strict=False))
