"""Hours of a rule: a mask over passages says what the full judge says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from geofleet.desk.windows import Passages, Window, judged_all_day, with_hours
from geofleet.policy.day.judge import Judge, traversal_decisions
from geofleet.policy.day.signatures import Signatures
from geofleet.policy.day.trips import trips_of
from geofleet.policy.decisions import FORBIDDEN
from geofleet.policy.rules.days import OnDays, When
from geofleet.policy.rules.model import Rule, RuleSet
from geofleet.study import Results

H = 3600


def test_a_window_may_cross_midnight() -> None:
    """Its part on the day after, and its length."""
    late = Window(22 * H, 6 * H)
    assert (late.own, late.spill, late.hours) == ((22 * H, 24 * H), (0, 6 * H), 8.0)
    day = Window(6 * H, 10 * H)
    assert (day.own, day.spill, day.hours) == ((6 * H, 10 * H), (0, 0), 4.0)
    assert Window(6 * H, 6 * H).hours == 24.0
    assert Window(0, 24 * H).hours == 24.0


def passages(limits: bool, **status: list[int]) -> Passages:
    """Three passages: at 5, at 7 and at 11 o'clock, each of a minute."""
    start = np.array([5.0, 7.0, 11.0]) * H
    return Passages(
        moment=np.arange(3), start_s=start, end_s=start + 60.0,
        status={name: np.array(codes, np.int8) for name, codes in status.items()},
        count=3, drives=3, limits=limits,
    )  # fmt: skip


def test_what_lies_within_is_forbidden_and_may_come_later() -> None:
    """A ban from six to eight meets the second passage alone."""
    four = [4, 4, 4]
    some = passages(False, own=four, spill=four, none=[0, 0, 0], without=[0, 0, 0])
    status, later = some.ask(Window(6 * H, 8 * H))
    assert status.tolist() == [0, 4, 0]
    assert later[1]
    status, _ = some.ask(Window(22 * H, 6 * H))
    assert status.tolist() == [4, 0, 0]
    status, later = some.ask(Window(0, 24 * H))
    assert status.tolist() == [4, 4, 4]
    assert not later.any()


def test_what_another_rule_forbids_does_not_come_later() -> None:
    """The third passage is forbidden whatever the hours are."""
    some = passages(False, own=[4, 4, 4], spill=[4, 4, 4], none=[0, 0, 4], without=[0, 0, 4])
    status, later = some.ask(Window(10 * H, 12 * H))
    assert status.tolist() == [0, 0, 4]
    assert not later[2]


def test_a_passage_that_touches_the_window_is_forbidden() -> None:
    """Its first minute is free, its second is not; half-open ends touch nothing."""
    one = Passages(
        moment=np.zeros(1, np.int64), start_s=np.array([8.0 * H - 60]),
        end_s=np.array([8.0 * H + 60]), status={
            "own": np.array([4], np.int8), "spill": np.array([4], np.int8),
            "none": np.array([0], np.int8), "without": np.array([0], np.int8),
        }, count=1, drives=1, limits=False,
    )  # fmt: skip
    assert one.ask(Window(8 * H, 9 * H))[0].tolist() == [4]
    assert one.ask(Window(7 * H, 8 * H - 60))[0].tolist() == [0]
    assert one.ask(Window(8 * H + 61, 9 * H))[0].tolist() == [0]


RULES = ["allow_only", "prohibit", "weekdays", "two"]


def rule_of(kind: str, rule: Rule) -> Rule:
    """Return the study's rule, or others like it."""
    if kind == "prohibit":
        return replace(rule, effect="prohibit", when=(When(hours=((7 * H, 9 * H),)),))
    if kind == "weekdays":  # the study's date is a Tuesday: a window of Monday reaches into it
        monday = When(OnDays(weekdays=frozenset({0})), ((20 * H, 8 * H),))
        return replace(rule, effect="prohibit", when=(monday,))
    if kind == "two":
        return replace(rule, when=(When(hours=((7 * H, 8 * H), (20 * H, 22 * H))),))
    return rule


@pytest.mark.parametrize("kind", RULES)
def test_any_window_is_judged_as_the_engine_judges_it(kind: str, half_results: Results) -> None:
    """Every traversal and delivery, at windows of all kinds."""
    rules = half_results.inputs.rules
    assert rules is not None
    own = rules.rule_set.rules[0]
    rule = rule_of(kind, own)
    rule_set = rules.rule_set.with_rules(rule)
    places, cases = half_results.places(rules), half_results.cases(rules)
    signatures = Signatures.of(places, half_results.itineraries)
    trips = trips_of(half_results.itineraries, signatures.of_link, signatures.of_stop)

    def judge_of(asked: RuleSet) -> Judge:
        return Judge(asked, signatures, cases)

    some = judged_all_day(rule_set, rule, trips, judge_of=judge_of)
    met = 0
    for window in (
        Window(20 * H, 10 * H), Window(6 * H, 9 * H), Window(22 * H, 7 * H),
        Window(7 * H + 11, 7 * H + 47), Window(0, 24 * H), Window(9 * H, 9 * H),
    ):  # fmt: skip
        found, _ = some.ask(window)
        engine = traversal_decisions(
            half_results.itineraries, with_hours(rule_set, rule, window), places=places,
            cases=cases,
        )  # fmt: skip
        expected = engine.status == FORBIDDEN
        assert ((found[: some.drives] == FORBIDDEN) == expected).all(), window
        stops = engine.stop_status[trips.stops.row[trips.stops.delivery]]
        assert ((found[some.drives :] == FORBIDDEN) == (stops == FORBIDDEN)).all(), window
        met += int(expected.sum())
    assert met > 20
