"""The desk of a study: its questions, and what it refuses to begin with."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from geofleet.cli import app
from geofleet.desk import Desk, bound, desk_of, is_loopback
from geofleet.desk.ask_hours import HoursQuestion
from geofleet.desk.errors import AskedError
from geofleet.desk.hours import HoursDesk, MovableRule, movable_rules
from geofleet.desk.responded import Responded
from geofleet.desk.windows import Window
from geofleet.errors import InputError
from geofleet.policy.rules.conditions import Span, Within
from geofleet.study import Results


def test_a_study_with_all_has_three_questions(desk: Desk) -> None:
    """Without a plan there is none of money, without rules none of hours."""
    assert [one.name for one in desk.questions] == ["budget", "hours", "battery"]
    bare = replace(desk.results, inputs=replace(desk.results.inputs, rules=None))
    bare.__dict__["outcomes"] = desk.results.outcomes
    assert [one.name for one in desk_of(bare).questions] == ["battery"]
    with pytest.raises(AskedError, match="budget, hours, battery"):
        desk.question("weather")


def test_every_position_of_every_control_is_answered(desk: Desk) -> None:
    """Ends and middles, with figures in both languages and values for the map."""
    for question in desk.questions:
        base = {control.name: control.value for control in question.controls}
        for control in question.controls:
            for place in {0, len(control.options) // 2, len(control.options) - 1}:
                asked = base | {control.name: control.options[place].value}
                answer = desk.quick(question.name, asked)
                assert answer.settings == asked
                assert answer.facts
                assert all(fact.label["es"] and fact.after["en"] for fact in answer.facts)
                assert desk.text(question.name, answer).startswith("{")


class Noted:
    """Stands for searches: notes what is asked, and finds something that is nothing."""

    def __init__(self, desk: Desk) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.money: Any = desk.question("budget").desk  # type: ignore[attr-defined]
        self.rules: Any = desk.question("hours").desk  # type: ignore[attr-defined]

    def __call__(self, name: str, *given: Any, stop: Any) -> Any:
        del stop
        self.asked.append((name, *given))
        if name == "budget":
            return self.money.nothing
        driven = self.rules.driven
        return Responded(
            rule=given[0], window=Window(*given[1:]), edges=driven.edges,
            before=driven.by_link_hour, after=driven.by_link_hour,
            outcome=np.full(driven.days, "allowed", object),
            deliveries=dict.fromkeys(("deliveries", "late", "moved", "cancelled"), 0.0),
            cost=0.0, cost_unknown=0, currency="MXN", sizes=pd.DataFrame(),
        )  # fmt: skip

    def warm(self) -> None: ...

    def close(self) -> None: ...


def test_idle_time_goes_to_the_budgets_next_to_the_one_asked_about(desk: Desk) -> None:
    """One after the other; then to the rules as they stand; then to nothing."""
    noted = Noted(desk)
    quiet, money = replace(desk, search=noted), noted.money
    rules = noted.rules
    kept = dict(money._exact), dict(rules._responded)
    money._exact.clear()
    rules._responded.clear()
    question: Any = quiet.question("budget")
    middle = len(money.budgets) // 2
    question._asked = money.budgets[middle]
    while (job := quiet.idle()) is not None:
        job()
    budgets = [given for name, *given in noted.asked if name == "budget"]
    away = [abs(one[0] - question._asked) for one in budgets]
    assert sorted(one[0] for one in budgets) == list(money.budgets[middle - 2 : middle + 3])
    assert away == sorted(away)
    window = rules.rules[0].window
    assert noted.asked[len(budgets) :] == [("hours", 0, window.start_s, window.end_s)]
    for cache, before in zip((money._exact, rules._responded), kept, strict=True):
        cache.clear()
        cache.update(before)


def test_rules_that_meet_nobody_are_not_asked_about(half_results: Results) -> None:
    """A rule on vehicles that the fleet has none of says nothing at any hour."""
    rules = half_results.inputs.rules
    assert rules is not None
    one = movable_rules([rules], ["2024-05-14"])[0]
    condition = Within("gvw_kg", Span(low=90_000.0))
    rule_set = rules.rule_set.with_rules(replace(one.rule, vehicle=condition))
    other = replace(rules, rule_set=rule_set)
    heavy = MovableRule(other, rule_set.rules[0], one.window, several=False)
    question: Any = None
    hours = HoursDesk(half_results, question, [heavy])
    assert hours.rules == ()
    hours = HoursDesk(half_results, question, [heavy, one])
    assert hours.rules == (one,)
    assert not hours._passages[0].others().any()


def test_rules_named_in_vain_are_told(half_results: Results) -> None:
    """Who names rules of which none holds on the day wants to know."""
    rules = half_results.inputs.rules
    assert rules is not None
    never = replace(rules, rule_set=rules.rule_set.without("CENTRE-HOURS"))
    with pytest.raises(InputError, match="2024-05-14"):
        desk_of(half_results, rules=[never])


def test_two_sets_with_one_rule_are_told_apart(half_results: Results, desk: Desk) -> None:
    """Settings name the set where the rule alone would not do."""
    question: Any = desk.question("hours")
    assert isinstance(question, HoursQuestion)
    again = HoursDesk(half_results, question.desk.driven, [*question.desk.rules] * 2)
    twice = HoursQuestion(
        again, question.streets, question.days, question.roads, readers=desk.readers
    )
    assert [option.value for option in twice.controls[0].options] == [
        "la-serena-centre:CENTRE-HOURS@1",
        "la-serena-centre:CENTRE-HOURS@1#2",
    ]
    settings = {control.name: control.value for control in twice.controls}
    assert np.isfinite(twice.quick(settings).bars.after).all()  # type: ignore[union-attr]


def test_a_port_that_is_taken_is_told() -> None:
    """So is an address of another machine."""
    held = bound("127.0.0.1", 0)
    held.listen()
    with pytest.raises(InputError, match="free"):
        bound("127.0.0.1", held.getsockname()[1])
    held.close()
    with pytest.raises(InputError, match="address of this machine"):
        bound("203.0.113.7", 0)


def test_only_this_machine_is_a_loopback() -> None:
    """All addresses at once are not."""
    assert is_loopback("127.0.0.1")
    assert is_loopback("::1")
    assert is_loopback("localhost")
    assert not any(is_loopback(host) for host in ("0.0.0.0", "::", "10.0.0.1", "example.org", ""))


def test_another_host_must_be_asked_for_and_warns(
    monkeypatch: pytest.MonkeyPatch, desk: Desk
) -> None:
    """The command listens on this machine; elsewhere it says what that means."""
    told: dict[str, Any] = {}

    def run_server(_desk: Desk, listening: Any, *, host: str, language: str, ready: Any) -> bool:
        told.update(host=host, language=language, at=listening.getsockname()[0])
        listening.close()
        ready("http://x/")
        return True

    monkeypatch.setattr("geofleet.desk.planner.open_desk", lambda *_, **__: desk)
    monkeypatch.setattr("geofleet.desk.server.run_server", run_server)
    folder = str(desk.folder)
    done = CliRunner().invoke(app, ["serve", folder, "--port", "0", "-q"])
    assert done.exit_code == 0, done.output
    assert "Warning" not in done.output
    assert told == {"host": "127.0.0.1", "language": "en", "at": "127.0.0.1"}
    asked = ["serve", folder, "--port", "0", "-q", "--host", "0.0.0.0", "--language", "es"]
    done = CliRunner().invoke(app, asked)
    assert "Warning" in done.output
    assert told["at"] == "0.0.0.0"
    for wrong in (["--language", "fr"], ["--port", "70000"]):
        assert CliRunner().invoke(app, ["serve", folder, *wrong]).exit_code == 2
