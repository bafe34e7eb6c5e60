"""The question of money: what a budget buys, in words and on the map."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.desk.answer import Answer, Control, Fact, Option, Settings, Table, View
from geofleet.desk.budget import Bought, BudgetDesk
from geofleet.desk.searcher import Search
from geofleet.desk.streets import Days, Streets
from geofleet.desk.told import count_of, harm_fact
from geofleet.economics.options import KEEP
from geofleet.maps.packed import Category, Variable
from geofleet.maps.plan_words import becomes_words, technology_words
from geofleet.maps.scales import HARM, round_breaks
from geofleet.plan.model import CHEAPEST
from geofleet.wording import Readers, Text, both, say

__all__ = ["BudgetQuestion"]

Floats = npt.NDArray[np.float64]

# Okabe and Ito (2008), as on the page of the plan
_KEPT = Category(technology_words(KEEP), "#7d868c", 1.4, None, 0)
_LOOKS: dict[str, tuple[str, str | None]] = {
    "dpf_retrofit": ("#b26a00", "10 3"), "euro_6": ("#3f8fc0", "4 3"), "cng": ("#a8588a", "2 3"),
    "diesel_hybrid": ("#d55e00", "12 3 3 3"), "electric": ("#0072b2", None),
}  # fmt: skip
_OTHER = ("#000000", "2 5")
_SHARES = (0.1, 1.0, 10.0, 25.0, 50.0, 75.0)
_SHARE_COLOURS = ("#8d84c6", "#7f72bd", "#7160b0", "#6349a0", "#512c8c", "#3a0f70", "#22003f")
_AROUND = 2
"""Budgets on either side of the one last asked about that are searched unasked."""
_ROWS = 200
"""Vehicles that the table names."""


class BudgetQuestion:
    """What public money of each year buys.

    Parameters
    ----------
    desk
        Makes the plans.
    streets, days
        What the map is drawn on.
    readers
        How numbers are written.
    """

    name = "budget"

    def __init__(self, desk: BudgetDesk, streets: Streets, days: Days, *, readers: Readers) -> None:
        self.desk, self.streets, self.days, self.readers = desk, streets, days, readers
        planned = desk.planned
        self.currency = planned.currency
        physical = planned.options.physical
        # asked once for each vehicle at each position of the slider
        self._technology: dict[Any, str] = physical["technology"].to_dict()
        self._model = physical["model_id"].to_dict()
        self._names = desk.problem.units["vehicle_id"].to_numpy(object)
        kinds = set(self._technology.values()) - {KEEP}
        known = [name for name in _LOOKS if name in kinds]
        self._kinds = [KEEP, *known, *sorted(kinds - set(known))]
        today = streets.per_km(desk.today)
        self._today = streets.summed(desk.today).sum(axis=1)
        self._breaks = round_breaks(today.sum(axis=1)), round_breaks(today)
        units = desk.problem.units["vehicle_id"]
        self._unit_of_day = pd.Index(units).get_indexer(pd.Index(days.frame["vehicle_id"]))
        self.controls = (self._control(),)
        self._asked = float(self.controls[0].value)
        first = self._variables(desk.quick(self.controls[0].value) or desk.nothing)
        self.views = (
            View("streets", say("desk.view_spared"),
                 streets.lines(first["streets"], identifier="budget_streets", readers=readers)),
            View("days", say("desk.view_becomes"),
                 days.lines(first["days"], identifier="budget_days", readers=readers)),
        )  # fmt: skip

    def _control(self) -> Control:
        desk, write = self.desk, self.readers
        own = desk.own
        options = tuple(
            Option(budget, say("desk.own_budget", money=write.money(budget, self.currency))
                   if budget == own else write.money(budget, self.currency))
            for budget in desk.budgets
        )  # fmt: skip
        value = own if own in desk.budgets else desk.budgets[-1]
        return Control("budget", "slider", say("desk.budget"), options, value,
                       hint=say("desk.budget_hint",
                                years=write.counted("common.years", desk.years)))  # fmt: skip

    def quick(self, settings: Settings) -> Answer:
        """Answer by the best plan where it is known, else by ranking."""
        self._asked = float(settings["budget"])
        return self._answer(settings)

    def _answer(self, settings: Settings) -> Answer:
        budget = float(settings["budget"])
        found = self.desk.quick(budget)
        if found is not None:
            return self._told(found, settings)
        known = self.desk.known(budget)
        return Answer(
            settings=settings, final=known,
            status=say("desk.no_plan" if known else "desk.no_ranking"),
            facts=[Fact(say("desk.changed"), say("desk.none" if known else "desk.soon"))],
            variables=self._variables(self.desk.nothing),
        )  # fmt: skip

    def full(self, settings: Settings, *, search: Search, stop: Callable[[], bool]) -> Answer:
        """Answer by the best plan."""
        budget = float(settings["budget"])
        if not self.desk.known(budget):
            self.desk.keep(budget, search("budget", budget, stop=stop))
        return self._answer(settings)

    def idle(self) -> Settings | None:
        """Return a budget next to the one last asked about whose best plan is not known yet."""
        desk = self.desk
        place = desk.budgets.index(self._asked)
        around = desk.budgets[max(0, place - _AROUND) : place + _AROUND + 1]
        left = [budget for budget in around if not desk.known(budget)]
        if not left:
            return None
        return {"budget": min(left, key=lambda budget: abs(budget - self._asked))}

    def _told(self, bought: Bought, settings: Settings) -> Answer:
        return Answer(
            settings=settings, final=bought.exact, status=self._status(bought),
            facts=self._facts(bought), variables=self._variables(bought),
            tables=[self._kinds_table(bought), self._vehicles_table(bought)],
        )  # fmt: skip

    def _status(self, bought: Bought) -> Text:
        write = self.readers
        if not bought.exact:
            return say("desk.ranked")
        words = say("desk.best", gap=write.percent(bought.gap)) if np.isfinite(bought.gap) else (
            say("desk.best_unproven")
        )  # fmt: skip
        ranked, value = self.desk.ranked(bought.budget), abs(bought.value)
        if ranked is not None and value:
            sign = -1.0 if self.desk.objective == CHEAPEST else 1.0
            less = sign * (bought.value - ranked.value) / value
            if less >= 0.0:  # within its gap a search may stop short of ranking
                words = say("desk.best_and_ranking", words=words, less=write.percent(less))
        if bought.exchanged:
            count = write.whole(bought.exchanged)
            words = say("desk.with_exchange", words=words, count=count)
        return words

    def _facts(self, bought: Bought) -> list[Fact]:
        write, desk, totals = self.readers, self.desk, bought.totals
        years = write.counted("common.years", desk.years)
        before = float(desk.today.sum())
        after = before - totals["harm"] if "harm" in totals else float("nan")
        given = bought.budget * desk.years
        facts = [
            harm_fact(say("desk.harm_years", years=years), before, after, write),
            Fact(say("desk.changed"), count_of(bought.changed, len(bought.option), write)),
            Fact(say("desk.spent", years=years), write.money(bought.spend, self.currency),
                 note=say("desk.of_given", money=write.money(given, self.currency))),
        ]  # fmt: skip
        for name, unit in (("co2e", "t"), ("pm25", "kg")):
            if name in totals:
                facts.append(
                    Fact(say(f"desk.avoided_{name}"), _quantity(totals[name], unit, write))
                )
        cost = totals.get("cost", float("nan"))
        facts.append(Fact(say("desk.present_cost"), _money(cost, self.currency, write)))
        if desk.unknown:
            facts.append(Fact(say("desk.unknown_vehicles"), write.whole(desk.unknown)))
        return facts

    def _kind(self, unit: int, option: str) -> str:
        if option == KEEP:
            return KEEP
        return str(self._technology[self._names[unit], option])

    def _done_by(self, unit: int, bought: Bought) -> str:
        """Return what drives the way of a vehicle in the last year."""
        doer = int(bought.doer[unit])
        return self._kind(doer, str(bought.option[doer]))

    def _kinds_table(self, bought: Bought) -> Table:
        write, money = self.readers, bought.money
        kinds = np.array([self._kind(unit, str(option))
                          for unit, option in enumerate(bought.option)], object)  # fmt: skip
        rows = [
            [technology_words(kind), write.whole(int((kinds == kind).sum())),
             write.money(float(money[kinds == kind].sum()), self.currency)]
            for kind in self._kinds if (kinds == kind).any()
        ]  # fmt: skip
        return Table(
            "becomes", say("desk.table_becomes"),
            [say("desk.becomes"), say("desk.vehicles"), say("desk.public_money")], rows,
            note=say("desk.without_chargers"), open=True,
        )  # fmt: skip

    def _vehicles_table(self, bought: Bought) -> Table:
        write, units = self.readers, self._names
        first = self.desk.planned.first_year
        changed = np.flatnonzero(bought.option != KEEP)
        order = changed[np.lexsort((units[changed].astype(str), bought.year[changed]))]
        rows: list[list[Text]] = []
        for unit in order[:_ROWS].tolist():
            name, option = units[unit], str(bought.option[unit])
            model = self._model[name, option]
            model = None if pd.isna(model) or not model else str(model)
            rows.append([both(str(name)), becomes_words(self._kind(unit, option), model),
                         both(str(first + int(bought.year[unit])))])  # fmt: skip
        more = len(order) - len(rows)
        return Table(
            "vehicles", say("desk.table_vehicles"),
            [say("desk.vehicle"), say("desk.becomes"), say("desk.year")], rows,
            note=say("desk.more_rows", count=write.whole(more)) if more else None,
        )  # fmt: skip

    def _variables(self, bought: Bought) -> dict[str, list[Variable]]:
        streets, desk = self.streets, self.desk
        years = self.readers.counted("common.years", desk.years)
        avoided = bought.avoided
        # what is taken out whole leaves rounding behind
        tiny = 1e-12 * max(float(desk.today.max(initial=0.0)), 1e-300)
        avoided = np.where(avoided > tiny, avoided, 0.0)
        spared = streets.summed(avoided).sum(axis=1)
        share = np.divide(
            100.0 * spared, self._today, out=np.zeros(len(spared)), where=self._today > 0.0
        )
        values = np.array([
            self._kinds.index(self._done_by(unit, bought)) if unit >= 0 else np.nan
            for unit in self._unit_of_day.tolist()
        ], np.float64)  # fmt: skip
        states = [_KEPT]
        for rank, kind in enumerate(self._kinds[1:], start=1):
            colour, dash = _LOOKS.get(kind, _OTHER)
            states.append(Category(technology_words(kind), colour, 3.0, dash, rank))
        return {
            "streets": [
                Variable(
                    "avoided", label=say("desk.avoided"), unit=say("desk.unit_years", years=years),
                    hour_unit=say("desk.unit_years_hour", years=years), whole="sum",
                    values=streets.per_km(avoided), colours=HARM,
                    breaks=self._breaks[0] or None, hour_breaks=self._breaks[1] or None,
                    text=say("desk.avoided_text"),
                ),
                Variable(
                    "share", label=say("desk.share"), unit=both("%"), values=share,
                    colours=_SHARE_COLOURS, breaks=_SHARES, text=say("desk.share_text"),
                ),
            ],
            "days": [
                Variable(
                    "becomes", label=say("desk.becomes"), unit=both(""), values=values,
                    kind="category", categories=states, text=say("desk.becomes_text"),
                )
            ],
        }  # fmt: skip


def _quantity(value: float, unit: str, write: Readers) -> Text:
    return _minus(write.quantity(value, unit))


def _money(value: float, currency: str, write: Readers) -> Text:
    return _minus(write.money(value, currency))


def _minus(words: Text) -> Text:
    return {language: text.replace("-", "\N{MINUS SIGN}") for language, text in words.items()}
