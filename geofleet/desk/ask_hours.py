"""The question of hours: what a rule stops at other hours, in words and on the map."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from geofleet.desk.answer import Answer, Bars, Control, Option, Settings, View
from geofleet.desk.hours import HoursDesk, MovableRule, Response, Stopped
from geofleet.desk.hours_told import HoursTold, hit_variable, outcome_variable
from geofleet.desk.responded import Responded
from geofleet.desk.searcher import Search
from geofleet.desk.streets import Days, StreetMap, Streets
from geofleet.desk.told import CHANGE, Period, change_breaks
from geofleet.desk.windows import Window
from geofleet.maps.packed import PackedLines, Variable
from geofleet.maps.scales import HARM, round_breaks
from geofleet.policy.rules.days import DAY_S, clock_text
from geofleet.wording import Readers, Text, both, say

__all__ = ["HoursQuestion"]

Floats = npt.NDArray[np.float64]

_STEP_S = 1800
_NAMED = 60
_RESPOND = "respond"
_RESPONSES = (_RESPOND, "not_driven", "after")


class HoursQuestion:
    """What other hours of a rule stop.

    Parameters
    ----------
    desk
        Knows which passages a window forbids.
    streets, days, roads
        What the map is drawn on, and all that could be.
    readers
        How numbers are written.
    """

    name = "hours"

    def __init__(
        self, desk: HoursDesk, streets: Streets, days: Days, roads: StreetMap, *, readers: Readers
    ) -> None:
        self.desk, self.streets, self.days, self.roads = desk, streets, days, roads
        self.readers = readers
        self.period = Period(desk.driven.dates, readers)
        self.told = HoursTold(desk, self.period, readers)
        self._keys = _keys(desk.rules)
        self._sums = streets.summed(desk.driven.by_link_hour)
        self._km = streets.for_each_km(self._sums)
        whole = self._km.sum(axis=1)
        self._breaks = round_breaks(whole), round_breaks(self._km)
        self._changes = change_breaks(whole), change_breaks(self._km)
        self.controls = self._controls()
        stopped = self._stopped({one.name: one.value for one in self.controls})
        self.views = (
            View("streets", say("desk.view_harm"),
                 streets.lines(self._streets(streets, self._sums, self._sums), readers=readers,
                               identifier="hours_streets")),
            View("days", say("desk.view_hit"),
                 days.lines([hit_variable(stopped.days)], identifier="hours_days",
                            readers=readers)),
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
                Option(name, say(f"desk.response_{name}")) for name in _RESPONSES
            ), _RESPOND),
        )  # fmt: skip

    def _named(self, one: MovableRule) -> Text:
        short = {
            language: name if len(name) <= _NAMED else name[: _NAMED - 1] + "…"
            for language, name in both(one.rule.name).items()
        }
        return say("desk.rule_named", name=short, effect=say(f"desk.effect_{one.rule.effect}"))

    def _asked(self, settings: Settings) -> tuple[int, Window]:
        window = Window(_seconds(settings["from"]), _seconds(settings["until"]))
        return self._keys.index(str(settings["rule"])), window

    def _stopped(self, settings: Settings) -> Stopped:
        # what carriers will do is not known at once: as if all of it came after the hours
        response: Response = "not_driven" if settings["response"] == "not_driven" else "after"
        return self.desk.ask(*self._asked(settings), response)

    def quick(self, settings: Settings) -> Answer:
        """Answer by the passages that the window forbids; by what carriers do where it is known."""
        rule, window = self._asked(settings)
        stopped = self._stopped(settings)
        found = None
        if settings["response"] == _RESPOND:
            found = self.desk.responded(rule, window)
        return self._told(settings, stopped, found)

    def full(self, settings: Settings, *, search: Search, stop: Callable[[], bool]) -> Answer:
        """Answer by what carriers do."""
        rule, window = self._asked(settings)
        if settings["response"] == _RESPOND and self.desk.responded(rule, window) is None:
            self.desk.keep(search("hours", rule, window.start_s, window.end_s, stop=stop))
        return self.quick(settings)

    def idle(self) -> Settings | None:
        """Return the hours of a rule as they stand, where their answer is not known yet."""
        for key, one in zip(self._keys, self.desk.rules, strict=True):
            start, end = clock_text(one.window.start_s), clock_text(one.window.end_s)
            settings = {"rule": key, "from": start, "until": end, "response": _RESPOND}
            if self.desk.responded(*self._asked(settings)) is None:
                return settings
        return None

    def _told(self, settings: Settings, stopped: Stopped, found: Responded | None) -> Answer:
        respond = settings["response"] == _RESPOND
        before, after = stopped.before.sum(axis=0), stopped.after.sum(axis=0)
        sums, beyond = self.streets.summed(stopped.after), {}
        days = hit_variable(stopped.days)
        if found is not None:
            before, after = found.before.sum(axis=0), found.after.sum(axis=0)
            drawn = self.desk.driven.edges
            sums = self.roads.joined(found.edges, found.after, drawn, self.streets)
            beyond = self._beyond(found)
            days = outcome_variable(found.outcome)
        variables = self._streets(self.streets, self._sums, sums)
        rule, window = self._asked(settings)
        status = self.told.status(self.desk.rules[rule], window, stopped, respond, found)
        return Answer(
            settings=settings, final=found is not None or not respond, status=status,
            facts=self.told.facts(stopped, found),
            tables=self.told.tables(stopped, found),
            # the page has what no window changes
            variables={"streets": [one for one in variables if one.name != "before"],
                       "days": [days]},
            bars=Bars(say("desk.harm_by_hour"), self.period.unit("unit_harm"), before, after),
            beyond=beyond,
        )  # fmt: skip

    def _beyond(self, found: Responded) -> dict[str, PackedLines]:
        """Return streets that nobody drives today and somebody would."""
        new = self.roads.beyond(found.edges, self.desk.driven.edges)
        if not new.any():
            return {}
        others = self.roads.streets(found.edges[new])
        variables = self._streets(
            others, others.summed(found.before[new]), others.summed(found.after[new])
        )
        lines = others.lines(variables, identifier="hours_beyond", readers=self.readers)
        return {"streets": lines}

    def _streets(self, streets: Streets, sums: Floats, sums_after: Floats) -> list[Variable]:
        """Return what streets can be coloured by, of harm before and after."""
        before = streets.for_each_km(sums)
        after = np.maximum(streets.for_each_km(sums_after), 0.0)
        change = after - before
        # sums in another order differ in the last digits
        change[np.abs(change) <= 1e-9 * before] = 0.0
        unit, hour_unit = self.period.unit("unit_km"), self.period.unit("unit_km_hour")
        level: dict[str, Any] = {
            "unit": unit, "hour_unit": hour_unit, "whole": "sum", "colours": HARM,
            "breaks": self._breaks[0] or None, "hour_breaks": self._breaks[1] or None,
            "text": say("desk.harm_text"),
        }  # fmt: skip
        return [
            Variable(
                "change", label=say("desk.change"), unit=unit, hour_unit=hour_unit,
                values=change, kind="change", whole="sum", colours=CHANGE,
                breaks=self._changes[0] or None, hour_breaks=self._changes[1] or None,
                absent=change == 0.0, text=say("desk.change_text"), widths=(2.6, 5.2),
            ),
            Variable("after", label=say("desk.after"), values=after, **level),
            Variable("before", label=say("desk.before"), values=before, **level),
        ]  # fmt: skip


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
