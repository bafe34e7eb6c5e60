"""The question of batteries: which working days go electric, in words and on the map."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from geofleet.desk.answer import Answer, Control, Fact, Option, Settings, Table, View
from geofleet.desk.battery import BatteryDesk, Ranged
from geofleet.desk.searcher import Search
from geofleet.desk.streets import Days
from geofleet.desk.told import count_of
from geofleet.maps.electric.words import VERDICTS, share_words, verdicts
from geofleet.maps.packed import Category, Variable
from geofleet.maps.plan_words import vehicle_class_words
from geofleet.wording import Readers, Text, both, say

__all__ = ["BatteryQuestion"]

# As on the page of electric routes: Okabe and Ito (2008), darkened to 3:1 on the ground.
_LOOKS: dict[str, tuple[str, float, str | None, int]] = {
    "always": ("#0072b2", 2.4, None, 1), "most": ("#00835f", 2.6, "16 4", 2),
    "planned": ("#a86200", 2.8, "9 5", 3), "untried": ("#3f7fb0", 2.4, "2 4", 1),
    "fails": ("#b3123f", 3.2, "4 6", 4), "unknown": ("#5c5c5c", 2.4, "1 6", 0),
}  # fmt: skip
_BEST = "best"
_WH_PER_KWH = 1000.0


class BatteryQuestion:
    """Which working days electric vehicles get through with another battery.

    Parameters
    ----------
    desk
        Drives them.
    days
        What the map is drawn on.
    readers
        How numbers are written.
    """

    name = "battery"

    def __init__(self, desk: BatteryDesk, days: Days, *, readers: Readers) -> None:
        self.desk, self.days, self.readers = desk, days, readers
        self.controls = self._controls()
        first = self._variables(desk.quick(None, 1.0))
        self.views = (
            View("days", say("desk.view_verdict"),
                 days.lines(first["days"], identifier="battery_days", readers=readers), days.frame),
        )  # fmt: skip

    def _controls(self) -> tuple[Control, ...]:
        desk, write = self.desk, self.readers
        frame = desk.results.inputs.models.frame
        usable_kwh = frame["battery_usable_wh"].astype(float) / _WH_PER_KWH
        models = [Option(_BEST, say("desk.model_best"))]
        for name in desk.models:
            row = frame.loc[name]
            kwh = write.quantity(float(usable_kwh[name]), "kWh")
            title = f"{row['make']} {row['model']}".strip() or str(name)
            models.append(Option(name, say("desk.model_named", model=title, battery=kwh)))
        sizes = tuple(
            Option(factor, say("desk.own_size") if factor == 1.0
                   else say("desk.times", factor=write.number(factor)))
            for factor in desk.factors
        )  # fmt: skip
        return (
            Control("model", "list", say("desk.model"), tuple(models), _BEST),
            Control("factor", "slider", say("desk.factor"), sizes, 1.0,
                    hint=say("desk.factor_hint")),
        )  # fmt: skip

    def _key(self, settings: Settings) -> tuple[str | None, float]:
        model = str(settings["model"])
        return (None if model == _BEST else model), float(settings["factor"])

    def quick(self, settings: Settings) -> Answer:
        """Answer by the day as planned, or by the days of a year where they were tried."""
        model, factor = self._key(settings)
        return self._told(self.desk.quick(model, factor), self.desk.quick(model, 1.0), settings)

    def full(self, settings: Settings, *, search: Search, stop: Callable[[], bool]) -> Answer:
        """Answer by the days of a year."""
        model, factor = self._key(settings)
        own, found = (self._searched(model, one, search, stop) for one in (1.0, factor))
        return self._told(found, own, settings)

    def _searched(
        self, model: str | None, factor: float, search: Search, stop: Callable[[], bool]
    ) -> Ranged:
        if not self.desk.known(model, factor):
            self.desk.keep(search("battery", model, factor, stop=stop))
        return self.desk.quick(model, factor)

    def idle(self) -> Settings | None:
        """Nothing is prepared: each size takes seconds."""
        return None

    def _told(self, found: Ranged, own: Ranged, settings: Settings) -> Answer:
        final = found.whole and own.whole
        return Answer(
            settings=settings, final=final, status=self._status(found, final),
            facts=self._facts(found, own), variables=self._variables(found),
            tables=[self._classes(found)],
        )  # fmt: skip

    def _status(self, found: Ranged, final: bool) -> Text:
        write = self.readers
        sizes = found.battery_wh[np.isfinite(found.battery_wh)] / _WH_PER_KWH
        if not len(sizes):
            return say("desk.no_battery")
        low, high = float(sizes.min()), float(sizes.max())
        words = write.quantity(high, "kWh")
        if low < high:
            words = say("desk.between", low=write.number(low), high=words)
        return say("desk.tried" if final else "desk.as_planned", sizes=words)

    def _facts(self, found: Ranged, own: Ranged) -> list[Fact]:
        write, days = self.readers, len(found.status)

        def pair(label: Text, count: Callable[[Ranged], int]) -> Fact:
            return Fact(label, count_of(count(found), days, write), write.whole(count(own)))

        promised = self.desk.promised
        always = Fact(
            say("desk.always", days=share_words(promised, write)),
            count_of(_always(found, promised), days, write) if found.whole else say("desk.soon"),
            write.whole(_always(own, promised)) if own.whole else None,
        )
        facts = [
            pair(say("desk.able"), lambda one: int((one.status == "feasible").sum())),
            always,
            pair(say("desk.short"), lambda one: int(np.isin(one.cause, ("energy", "charging"))
                                                    .sum())),
            pair(say("desk.heavy"), lambda one: int((one.cause == "payload").sum())),
        ]  # fmt: skip
        other = int((found.status == "not feasible").sum()) - int(
            np.isin(found.cause, ("energy", "charging", "payload")).sum()
        )
        if other:
            facts.append(Fact(say("desk.other_cause"), write.whole(other)))
        unknown = int((found.status == "unknown").sum())
        if unknown:
            facts.append(Fact(say("desk.no_verdict"), write.whole(unknown)))
        return facts

    def _classes(self, found: Ranged) -> Table:
        write = self.readers
        frame = pd.DataFrame({
            "class": self.days.frame["vehicle_class"].to_numpy(object),
            "able": found.status == "feasible", "short": np.isin(found.cause,
                                                                 ("energy", "charging")),
            "heavy": found.cause == "payload",
        })  # fmt: skip
        rows: list[list[Text]] = []
        for name, part in frame.groupby("class", sort=False):
            able = count_of(int(part["able"].sum()), len(part), write)
            rows.append([vehicle_class_words(str(name), readers=write), able,
                         write.whole(int(part["short"].sum())),
                         write.whole(int(part["heavy"].sum()))])  # fmt: skip
        return Table(
            "classes", say("desk.table_classes"),
            [say("desk.class"), say("desk.can"), say("desk.short_column"),
             say("desk.heavy_column")], rows, open=True,
        )  # fmt: skip

    def _variables(self, found: Ranged) -> dict[str, list[Variable]]:
        promised = self.desk.promised
        routes = pd.DataFrame({"electric_status": found.status, "probability": found.probability})
        verdict = verdicts(routes, promised)
        values = np.array([VERDICTS.index(str(name)) for name in verdict], np.float64)
        states = [
            Category(self._label(name), colour, width, dash, rank)
            for name, (colour, width, dash, rank) in _LOOKS.items()
        ]
        return {
            "days": [
                Variable(
                    "verdict", label=say("desk.view_verdict"), unit=both(""), values=values,
                    kind="category", categories=states, text=say("desk.verdict_text"),
                )
            ]
        }  # fmt: skip

    def _label(self, name: str) -> Text:
        if name in ("always", "most"):
            days: Any = share_words(self.desk.promised, self.readers)
            return say(f"electric.verdict_{name}", days=days)
        return say(f"electric.verdict_{name}")


def _always(found: Ranged, promised: float) -> int:
    """Count vehicle-days that are done as planned and on nearly every day of a year."""
    able = found.status == "feasible"
    return int((able & (np.nan_to_num(found.probability) >= promised)).sum())
