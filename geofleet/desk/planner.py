"""The desk of a study: its run in memory, and the questions that it answers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geofleet.desk.answer import Answer, Question, checked
from geofleet.desk.errors import AskedError
from geofleet.errors import InputError, Problem
from geofleet.wording import Readers, say

if TYPE_CHECKING:
    from geofleet.planned import PlannedStudy
    from geofleet.policy.study import StudyRules
    from geofleet.study import Progress, Results, Study

__all__ = ["Desk", "desk_of", "open_desk"]


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
    """

    results: Results
    questions: tuple[Question, ...]
    readers: Readers
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
        with self._turn:
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
        return question.full(given, stop=stop, turn=self._in_turn)

    def idle(self) -> Callable[[], object] | None:
        """Return something that is worth working out while nobody asks; None: nothing more."""
        for question in self.questions:
            settings = question.idle()
            if settings is not None:
                return _later(question, settings, self._in_turn)
        return None

    def text(self, name: str, answer: Answer) -> str:
        """Return an answer as JSON."""
        return answer.text(self.question(name).views, readers=self.readers)

    def _in_turn(self) -> AbstractContextManager[object]:
        """Compiled kernels use all cores: one at a time."""
        return self._turn


def _later(
    question: Question, settings: Mapping[str, Any], turn: Callable[[], Any]
) -> Callable[[], object]:
    return lambda: question.full(settings, stop=lambda: False, turn=turn)


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

    settings = None
    if study.config.plan is not None or budget is not None:
        settings = plan_settings(study, budget_per_year=budget, reassign=False)
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
    desk = desk_of(results, planned, rules=rules)
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
) -> Desk:
    """Make the desk of a run that is there.

    Parameters
    ----------
    planned
        Its plan, made without exchange of work; None: no question of money.
    rules
        As for :func:`open_desk`.

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
    from geofleet.desk.hours import HoursDesk, movable_rules
    from geofleet.desk.streets import Days, Streets
    from geofleet.layers.routes import routes_layer

    readers = Readers.of(results.config.country)
    driven = driven_harm(results)
    streets = Streets.of(results, driven)
    routes = routes_layer(
        results.inputs.network, itineraries=results.itineraries, fleet=results.inputs.fleet
    )
    days = Days.of(results, routes)
    questions: list[Question] = []
    if planned is not None:
        money = BudgetDesk(planned, driven)
        questions.append(BudgetQuestion(money, streets, days, readers=readers))
    own = [] if results.inputs.rules is None else [results.inputs.rules]
    dates = sorted(set(results.itineraries.traversals.vehicle_days["date"].astype(str)))
    movable = movable_rules([*own, *rules], dates)
    if problems := _in_vain(rules, dates):
        raise InputError(problems)
    if movable:
        hours = HoursDesk(results, driven, movable)
        if hours.rules:
            questions.append(HoursQuestion(hours, streets, days, readers=readers))
    questions.append(BatteryQuestion(BatteryDesk(results), days, readers=readers))
    return Desk(results, tuple(questions), readers)
