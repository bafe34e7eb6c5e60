"""The question of money: what a budget buys, in words and on the map."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.desk.answer import Answer, Control, Fact, Option, Settings, Table, Turn, View
from geofleet.desk.budget import Bought, BudgetDesk
from geofleet.desk.streets import Days, Streets
from geofleet.desk.told import count_of, harm_fact
from geofleet.economics.options import KEEP
from geofleet.maps.packed import Category, Variable
from geofleet.maps.plan_words import becomes_words, technology_words
from geofleet.maps.scales import HARM, round_breaks
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
        self._technology = planned.options.physical["technology"]
        self._model = planned.options.physical["model_id"]
        kinds = set(self._technology[self._technology.index.get_level_values("option") != KEEP])
        known = [name for name in _LOOKS if name in kinds]
        self._kinds = [KEEP, *known, *sorted(kinds - set(known))]
        self._breaks = round_breaks(streets.per_km(desk.today))
        units = desk.problem.units["vehicle_id"]
        self._unit_of_day = pd.Index(units).get_indexer(pd.Index(days.frame["vehicle_id"]))
        self.controls = (self._control(),)
        first = self._variables(desk.quick(self.controls[0].value))
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
                       hint=say("desk.budget_hint", years=write.whole(desk.years)))  # fmt: skip

    def quick(self, settings: Settings) -> Answer:
        """Answer by the best plan where it is known, else by ranking."""
        return self._told(self.desk.quick(float(settings["budget"])), settings)

    def full(self, settings: Settings, *, stop: Callable[[], bool], turn: Turn) -> Answer:
        """Answer by the best plan."""
        del stop, turn  # one search, that cannot be cut short
        return self._told(self.desk.exact(float(settings["budget"])), settings)

    def idle(self) -> Settings | None:
        """Return the budget nearest to the study's own whose best plan is not known yet."""
        desk = self.desk
        left = [budget for budget in desk.budgets if not desk.known(budget)]
        if not left:
            return None
        return {"budget": min(left, key=lambda budget: abs(budget - desk.own))}

    def _told(self, bought: Bought, settings: Settings) -> Answer:
        return Answer(
            settings=settings, final=bought.exact, status=self._status(bought),
            facts=self._facts(bought), variables=self._variables(bought),
            tables=[self._kinds_table(bought), self._vehicles_table(bought)],
        )  # fmt: skip

    def _status(self, bought: Bought) -> Text:
        write, plan = self.readers, bought.plan
        if not bought.exact:
            return say("desk.ranked")
        words = say("desk.best", gap=write.percent(plan.gap)) if np.isfinite(plan.gap) else (
            say("desk.best_unproven")
        )  # fmt: skip
        ranked = self.desk.ranked(bought.budget)
        value = abs(plan.value)
        if ranked.exact or not value:
            return words
        less = abs(plan.value - ranked.plan.value) / value
        return say("desk.best_and_ranking", words=words, less=write.percent(less))

    def _facts(self, bought: Bought) -> list[Fact]:
        write, desk, totals = self.readers, self.desk, bought.totals
        years = write.whole(desk.years)
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
        name = self.desk.problem.units["vehicle_id"].iloc[unit]
        return str(self._technology[name, option])

    def _kinds_table(self, bought: Bought) -> Table:
        write, problem, chosen = self.readers, bought.plan.problem, bought.plan.chosen
        money = np.zeros(len(bought.option))
        money[problem.unit[chosen]] = problem.spend[chosen]
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
        write, units = self.readers, self.desk.problem.units["vehicle_id"].to_numpy(object)
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
        years = self.readers.whole(desk.years)
        avoided = np.maximum(bought.avoided, 0.0)
        today, spared = streets.summed(desk.today), streets.summed(avoided)
        share = np.divide(100.0 * spared, today, out=np.zeros(len(today)), where=today > 0.0)
        values = np.array([
            self._kinds.index(self._kind(unit, str(bought.option[unit]))) if unit >= 0 else np.nan
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
                    values=streets.per_km(avoided), colours=HARM, breaks=self._breaks or None,
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
