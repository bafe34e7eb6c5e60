"""The slow part of a desk: what a first answer is replaced by when it is worked out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from geofleet.desk.battery import BatteryDesk, Ranged
from geofleet.desk.budget import Bought, BudgetDesk
from geofleet.desk.driven import driven_harm
from geofleet.desk.responded import Responded, responded
from geofleet.desk.spared import SparedHarm
from geofleet.desk.windows import Window

if TYPE_CHECKING:
    from geofleet.desk.hours import MovableRule
    from geofleet.planned import PlannedStudy
    from geofleet.study import Results

__all__ = ["Engine", "Payload"]


@dataclass(frozen=True, eq=False)
class Payload:
    """All that an engine is made of; it can be sent to another process.

    Parameters
    ----------
    results
        The run, with the outcomes of its vehicles.
    planned
        Its plan without exchange of work; None without a question of money.
    exchange
        Whether the search may exchange work.
    rules
        Rules whose hours are moved, in the order in which they are asked about.
    """

    results: Results
    planned: PlannedStudy | None = None
    exchange: bool = False
    rules: tuple[MovableRule, ...] = ()


class Engine:
    """Answers one thing at a time, in full.

    Parameters
    ----------
    payload
        The study.
    money, batteries
        Desks that are there already.
    """

    def __init__(
        self,
        payload: Payload,
        *,
        money: BudgetDesk | None = None,
        batteries: BatteryDesk | None = None,
    ) -> None:
        self.payload = payload
        self._given = money, batteries

    @cached_property
    def _money(self) -> BudgetDesk:
        if self._given[0] is not None:
            return self._given[0]
        results, planned = self.payload.results, self.payload.planned
        if planned is None:
            raise ValueError("this study has no plan")
        spared = SparedHarm(results, driven_harm(results))
        return BudgetDesk(planned, spared, exchange=self.payload.exchange)

    @cached_property
    def _batteries(self) -> BatteryDesk:
        return self._given[1] or BatteryDesk(self.payload.results)

    def budget(self, budget: float) -> Bought | None:
        """Return the best plan of a budget; None where no plan does what the study asks for."""
        return self._money.exact(budget)

    def battery(self, model: str | None, factor: float) -> Ranged:
        """Return verdicts over the days of a year."""
        return self._batteries.full(model, factor)

    def hours(self, rule: int, start_s: int, end_s: int) -> Responded:
        """Return what carriers do about a rule of other hours."""
        one = self.payload.rules[rule]
        return responded(self.payload.results, one, Window(start_s, end_s), place=rule)
