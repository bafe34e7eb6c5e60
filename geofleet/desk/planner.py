"""The desk of a study: its run in memory, and the questions that it answers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geofleet.desk.answer import Answer, Question, checked
from geofleet.desk.errors import AskedError
from geofleet.desk.searcher import Here, Search, Searcher
from geofleet.errors import InputError, Problem
from geofleet.wording import Readers, say

if TYPE_CHECKING:
    from geofleet.desk.hours import MovableRule
    from geofleet.planned import PlannedStudy
    from geofleet.policy.study import StudyRules
    from geofleet.study import Progress, Results, Study

__all__ = ["Desk", "desk_of", "open_desk"]

_TWICE = 1_000_000
"""Passages of a study that may be held twice besides."""


@dataclass(frozen=True, eq=False)
class Desk:
    """What a planner moves, and what comes of it.

    Parameters
    ----------
    results
        The run.
    questions
        In the order in which the page shows them.
    readers
        How numbers are written.
    search
        Does what takes long: in this process, or in others that can be ended.
    """

    results: Results
    questions: tuple[Question, ...]
    readers: Readers
    search: Search
    _turn: threading.RLock = field(default_factory=threading.RLock, repr=False)

    @property
    def folder(self) -> Path:
        """Folder of the study."""
        return self.results.folder

    def question(self, name: object) -> Question:
        """Return a question by name.

        Raises
        ------
        AskedError
            There is none.
        """
        for one in self.questions:
            if one.name == name:
                return one
        known = ", ".join(one.name for one in self.questions)
        raise AskedError(say("desk.bad_question", name=str(name)[:40], known=known))

    def quick(self, name: str, settings: Mapping[str, Any]) -> Answer:
        """Answer within a second.

        Raises
        ------
        AskedError
            Settings that there are none of.
        """
        question = self.question(name)
        given = checked(question.controls, settings)
        with self._turn:  # compiled kernels use all cores: one at a time
            return question.quick(given)

    def full(
        self, name: str, settings: Mapping[str, Any], *, stop: Callable[[], bool] = lambda: False
    ) -> Answer:
        """Answer as well as can be.

        Parameters
        ----------
        stop
            Asked now and then whether to go on.

        Raises
        ------
        AskedError
            Settings that there are none of.
        StoppedError
            ``stop`` said so.
        """
        question = self.question(name)
        given = checked(question.controls, settings)
        return question.full(given, search=self.search, stop=stop)

    def idle(self, stop: Callable[[], bool] = lambda: False) -> Callable[[], object] | None:
        """Return something that is worth working out while nobody asks; None: nothing more.

        Parameters
        ----------
        stop
            Asked while it is done whether somebody asks.
        """
        for question in self.questions:
            settings = question.idle()
            if settings is not None:
                return partial(question.full, settings, search=self.search, stop=stop)
        return None

    def text(self, name: str, answer: Answer) -> str:
        """Return an answer as JSON."""
        return answer.text(self.question(name).views, readers=self.readers)


def open_desk(
    study: Study,
    *,
    rules: Sequence[StudyRules] = (),
    budget: float | None = None,
    stored: Path | None = None,
    progress: Progress | None = None,
) -> Desk:
    """Run a study and make its desk.

    Parameters
    ----------
    rules
        Rules whose hours may be moved, besides those of the study.
    budget
        Public money of each year where ``study.yaml`` has no plan; without either the desk has no
        question of money.
    stored
        Folder where an earlier run kept its unit exposure.
    progress
        Called with stages.

    Raises
    ------
    InputError
        Faults of the study or of the rules; nothing in it that could be moved.
    """
    from geofleet.outputs.plan import plan_settings
    from geofleet.planned import plan_results

    settings, exchange = None, False
    if study.config.plan is not None or budget is not None:
        settings = plan_settings(study, budget_per_year=budget)
        exchange = settings.reassign
        settings = settings.model_copy(update={"reassign": False})
    results = study.run(stored=stored, progress=progress)
    report = progress or _silent
    report("Technologies on the routes", 0.0)
    _ = results.outcomes
    report("Technologies on the routes", 1.0)
    planned = None
    if settings is not None:
        report("Plan", 0.0)
        quick = results.defaults.number("plan", "again.gap")
        settings = settings.model_copy(update={"gap": settings.gap or quick})
        planned = plan_results(results, settings)
        report("Plan", 1.0)
    report("Desk", 0.0)
    desk = desk_of(results, planned, rules=rules, exchange=exchange, apart=True)
    report("Desk", 1.0)
    return desk


def _in_vain(rules: Sequence[StudyRules], dates: Sequence[str]) -> list[Problem]:
    """Return rules that were named and of which none can be moved, and events of other dates."""
    from geofleet.desk.hours import movable_rules
    from geofleet.policy.study import date_faults

    problems = []
    for one in rules:
        faults = date_faults(one, dates)
        if not faults and not movable_rules([one], dates):
            expected = f"a rule that forbids, is in force on {', '.join(dates)} and names hours"
            faults = [Problem(one.rule_set.file, "rules", expected=expected)]
        problems += faults
    return problems


def _silent(stage: str, share: float) -> None:
    """Say nothing of a stage."""
    del stage, share


def desk_of(
    results: Results,
    planned: PlannedStudy | None = None,
    *,
    rules: Sequence[StudyRules] = (),
    exchange: bool = False,
    apart: bool = False,
) -> Desk:
    """Make the desk of a run that is there.

    Parameters
    ----------
    planned
        Its plan, made without exchange of work; None: no question of money.
    rules
        As for :func:`open_desk`.
    exchange
        Whether searches for plans may let vehicles of an operator exchange their work.
    apart
        Whether what takes long is done by processes of their own, which can be ended; in this one
        otherwise.

    Raises
    ------
    InputError
        Rules of another place.
    """
    from geofleet.desk.ask_battery import BatteryQuestion
    from geofleet.desk.ask_budget import BudgetQuestion
    from geofleet.desk.ask_hours import HoursQuestion
    from geofleet.desk.battery import BatteryDesk
    from geofleet.desk.budget import BudgetDesk
    from geofleet.desk.driven import driven_harm
    from geofleet.desk.engine import Engine, Payload
    from geofleet.desk.hours import HoursDesk, movable_rules
    from geofleet.desk.spared import SparedHarm
    from geofleet.desk.streets import Days, StreetMap, Streets
    from geofleet.layers.routes import routes_layer

    readers = Readers.of(results.config.country)
    driven = driven_harm(results)
    streets = Streets.of(results, driven)
    routes = routes_layer(
        results.inputs.network, itineraries=results.itineraries, fleet=results.inputs.fleet
    )
    days = Days.of(results, routes)
    questions: list[Question] = []
    money = None
    if planned is not None:
        money = BudgetDesk(planned, SparedHarm(results, driven), exchange=exchange)
        questions.append(BudgetQuestion(money, streets, days, readers=readers))
    own = [] if results.inputs.rules is None else [results.inputs.rules]
    dates = sorted(set(results.itineraries.traversals.vehicle_days["date"].astype(str)))
    movable = movable_rules([*own, *rules], dates)
    if problems := _in_vain(rules, dates):
        raise InputError(problems)
    moved: tuple[MovableRule, ...] = ()
    if movable:
        hours = HoursDesk(results, driven, movable)
        if hours.rules:
            moved = hours.rules
            roads = StreetMap(results.inputs.network)
            questions.append(HoursQuestion(hours, streets, days, roads, readers=readers))
    batteries = BatteryDesk(results)
    batteries.prepare()
    questions.append(BatteryQuestion(batteries, days, readers=readers))
    payload = Payload(results, planned, exchange, moved)
    search: Search = (
        Searcher(partial(Engine, payload), processes=_processes(len(driven.link))) if apart
        else Here(Engine(payload, money=money, batteries=batteries))
    )  # fmt: skip
    return Desk(results, tuple(questions), readers, search)


def _processes(traversals: int) -> int:
    """Return in how many processes a study is held besides: each holds all of it."""
    return 2 if traversals <= _TWICE else 1
