"""Decisions of hand-made rules, worked by hand."""

from __future__ import annotations

import datetime
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from geofleet.errors import InputError
from geofleet.policy.decisions import (
    ALLOWED,
    CHARGED,
    FORBIDDEN,
    PERMIT,
    UNKNOWN,
    Decisions,
    decide,
)
from geofleet.policy.rules import Charge, Event, Geography, Rule, RuleSet
from geofleet.policy.rules.conditions import Age, Among, Member, PlateDigit, Span, Within
from geofleet.policy.rules.days import Calendar, OnDays, When
from geofleet.policy.rules.digits import DigitSource
from geofleet.policy.rules.events import EventCondition

FRIDAY = datetime.date(2026, 11, 27)
DAY = datetime.timedelta(days=1)
HOUR = 3600
NIGHT = When(OnDays(frozenset({4})), ((20 * HOUR, 10 * HOUR),))
FREIGHT = Among("use", frozenset({"freight"}))


def _truck(**cells: object) -> pd.DataFrame:
    return pd.DataFrame([{"use": "freight", **cells}], index=["truck"])


def _at(found: Decisions, date: datetime.date, seconds: float) -> int:
    return int(found.status_at(0, found.dates.index(date), seconds))


def test_window_over_midnight_belongs_to_the_day_on_which_it_opens() -> None:
    """Friday 20:00–10:00 forbids Saturday at 3, not Friday at 3; both ends are half-open."""
    rules = RuleSet("night", (Rule("R", "night", "prohibit", when=(NIGHT,)),))
    found = decide(rules, _truck(), [FRIDAY, FRIDAY + DAY])
    assert _at(found, FRIDAY, 3 * HOUR) == ALLOWED
    assert _at(found, FRIDAY, 20 * HOUR - 1) == ALLOWED
    assert _at(found, FRIDAY, 20 * HOUR) == FORBIDDEN
    assert _at(found, FRIDAY + DAY, 3 * HOUR) == FORBIDDEN
    assert _at(found, FRIDAY + DAY, 10 * HOUR - 1) == FORBIDDEN
    assert _at(found, FRIDAY + DAY, 10 * HOUR) == ALLOWED


def test_asking_about_saturday_alone_knows_of_friday_night() -> None:
    """A window that opened on a day nobody asked about holds all the same."""
    rules = RuleSet("night", (Rule("R", "night", "prohibit", when=(NIGHT,)),))
    found = decide(rules, _truck(), [FRIDAY + DAY])
    assert _at(found, FRIDAY + DAY, 3 * HOUR) == FORBIDDEN


def test_allow_only_forbids_outside_of_its_hours() -> None:
    """20:00–10:00 allowed: noon is not, on the days in force alone."""
    window = When(hours=((20 * HOUR, 10 * HOUR),))
    rule = Rule("R", "night only", "allow_only", when=(window,),
                in_force=OnDays(frozenset({4})))  # fmt: skip
    found = decide(RuleSet("centre", (rule,)), _truck(), [FRIDAY, FRIDAY + DAY])
    hours = [0, 9.99, 10, 12, 19.99, 20, 23]
    got = [_at(found, FRIDAY, hour * HOUR) for hour in hours]
    assert got == [ALLOWED, ALLOWED, FORBIDDEN, FORBIDDEN, FORBIDDEN, ALLOWED, ALLOWED]
    assert _at(found, FRIDAY + DAY, 12 * HOUR) == ALLOWED


def test_versions_follow_each_other_by_date() -> None:
    """Until 14 December the old hours, from the 15th the new ones."""
    change = datetime.date(2021, 12, 15)
    old = Rule("A", "old", "allow_only", version="1", valid_to=change - DAY,
               when=(When(hours=((21 * HOUR, 7 * HOUR),)),))  # fmt: skip
    new = Rule("A", "new", "allow_only", version="2", valid_from=change,
               when=(When(hours=((20 * HOUR, 10 * HOUR),)),))  # fmt: skip
    found = decide(RuleSet("centre", (old, new)), _truck(), [change - DAY, change])
    assert _at(found, change - DAY, 20.5 * HOUR) == FORBIDDEN
    assert _at(found, change, 20.5 * HOUR) == ALLOWED
    assert found.explain("truck", change, 12 * HOUR).version == "2"


def test_versions_that_overlap_are_refused() -> None:
    """Nobody could say which of them holds."""
    rules = (Rule("A", "one", "prohibit", version="1"), Rule("A", "two", "prohibit", version="2"))
    with pytest.raises(InputError, match="do not overlap"):
        RuleSet("centre", rules)


def test_exemption_lifts_only_what_it_names() -> None:
    """Out of the morning stop, not out of the road ban."""
    rules = RuleSet(
        "two",
        (
            Rule("stop", "morning", "prohibit", when=(When(hours=((6 * HOUR, 10 * HOUR),)),)),
            Rule("road", "road", "prohibit", where="road"),
            Rule("free", "member", "exempt", lifts=("stop",),
                 vehicle=Member(frozenset({"programme"}))),
        ),
        geographies={"road": Geography("road", "road", has_area=False)},
    )  # fmt: skip
    truck = _truck(programme_membership="programme", membership_until="2026-11-27")
    off = decide(rules, truck, [FRIDAY, FRIDAY + DAY], inside={"road": False})
    assert _at(off, FRIDAY, 7 * HOUR) == ALLOWED
    assert off.explain("truck", FRIDAY, 7 * HOUR).rule_id == "free"
    assert off.explain("truck", FRIDAY, 7 * HOUR).lifted == (("stop", "free"),)
    assert _at(off, FRIDAY + DAY, 7 * HOUR) == FORBIDDEN, "membership ended the day before"
    on = decide(rules, truck, [FRIDAY], inside={"road": True})
    assert on.explain("truck", FRIDAY, 7 * HOUR).rule_id == "road"


def test_exemption_that_lifts_nothing_at_the_moment_does_not_decide() -> None:
    """Outside the forbidden hours a member drives as anybody."""
    rules = RuleSet(
        "stop",
        (
            Rule("stop", "morning", "prohibit", when=(When(hours=((6 * HOUR, 10 * HOUR),)),)),
            Rule("free", "all", "exempt", lifts=("stop",)),
        ),
    )
    found = decide(rules, _truck(), [FRIDAY])
    assert found.explain("truck", FRIDAY, 7 * HOUR).rule_id == "free"
    assert found.explain("truck", FRIDAY, 12 * HOUR).rule_id == ""


def test_missing_attribute_is_unknown_and_named() -> None:
    """Without a hologram nobody can tell, unless the digit decides without it."""
    condition = Among("hologram", frozenset({"1", "2"}))
    digit = PlateDigit((DigitSource(fixed=frozenset({5, 6})),))
    rules = RuleSet("plates", (Rule("R", "digits", "prohibit", vehicle=condition, trip=digit),))
    unknown = decide(rules, _truck(plate_digit="5"), [FRIDAY])
    assert _at(unknown, FRIDAY, 0) == UNKNOWN
    assert unknown.explain("truck", FRIDAY, 0).missing == ("hologram",)
    assert _at(decide(rules, _truck(plate_digit="7"), [FRIDAY]), FRIDAY, 0) == ALLOWED


def test_unknown_exemption_makes_a_ban_unknown() -> None:
    """Perhaps a member: neither forbidden nor allowed for certain."""
    rules = RuleSet(
        "stop",
        (
            Rule("stop", "stop", "prohibit"),
            Rule("free", "member", "exempt", lifts=("stop",), vehicle=Member(frozenset({"a"}))),
        ),
    )
    found = decide(rules, _truck(), [FRIDAY])
    assert _at(found, FRIDAY, 0) == UNKNOWN
    assert found.explain("truck", FRIDAY, 0).missing == ("programme_membership",)
    dated = decide(rules, _truck(programme_membership="a"), [FRIDAY])
    assert dated.explain("truck", FRIDAY, 0).missing == ("membership_until",)
    assumed = decide(rules, _truck(), [FRIDAY], assume={"programme_membership": "none"})
    assert _at(assumed, FRIDAY, 0) == FORBIDDEN
    assert assumed.assumed == {"programme_membership": 1}


def test_place_that_nobody_gave_is_unknown() -> None:
    """A rule of a zone asks whether the case is in it."""
    rules = RuleSet(
        "zone", (Rule("R", "zone", "prohibit", where="z"),), geographies={"z": Geography("z", "z")}
    )
    found = decide(rules, _truck(), [FRIDAY])
    assert found.explain("truck", FRIDAY, 0).missing == ("whether it is inside z",)
    assert _at(decide(rules, _truck(), [FRIDAY], inside={"z": False}), FRIDAY, 0) == ALLOWED


def test_ban_goes_before_unknown_permit_and_charge() -> None:
    """What is worst for the driver decides; a permit that is held asks for nothing."""
    permit = Rule("P", "permit", "permit", permit="direct vision")
    charge = Rule("C", "charge", "charge", charge=Charge(12.5, "GBP"))
    ban = Rule("B", "ban", "prohibit", vehicle=Within("gvw_kg", Span(12_000.0, low_open=True)))
    rules = RuleSet("city", (charge, permit, ban))
    for cells, expected in (
        ({"gvw_kg": 12_001.0, "permits": "none"}, FORBIDDEN),
        ({"gvw_kg": 12_000.0, "permits": "none"}, PERMIT),
        ({"gvw_kg": 12_000.0, "permits": "parking;direct vision"}, CHARGED),
        ({"gvw_kg": None, "permits": "none"}, UNKNOWN),
        ({"gvw_kg": 12_000.0, "permits": None}, UNKNOWN),
    ):
        assert _at(decide(rules, _truck(**cells), [FRIDAY]), FRIDAY, 0) == expected, cells


def test_event_holds_on_its_dates_with_what_it_announces() -> None:
    """Declared parity and the day's own digits together; without parity, unknown."""
    digits = (
        DigitSource(event="parity"),
        DigitSource(weekday=((4, frozenset({9, 0})),)),
    )
    rule = Rule("H1", "hologram 1", "prohibit", vehicle=PlateDigit(digits),
                event=EventCondition("contingencia", frozenset({"I"})))  # fmt: skip
    rules = RuleSet("air", (rule,))
    cases = pd.DataFrame({"plate_digit": [str(n) for n in range(10)]})
    even = Event("contingencia", "I", (FRIDAY,), parity="even")
    found = decide(rules, cases, [FRIDAY, FRIDAY + DAY], events=[even])
    assert set(np.flatnonzero(found.status[:, 0, 0] == FORBIDDEN)) == {0, 2, 4, 6, 8, 9}
    assert (found.status[:, 1] == ALLOWED).all()
    silent = decide(rules, cases, [FRIDAY], events=[replace(even, parity=None)])
    assert set(np.flatnonzero(silent.status[:, 0, 0] == FORBIDDEN)) == {0, 9}
    assert (silent.status[1:9] == UNKNOWN).all()
    assert silent.explain(3, FRIDAY, 0).missing == ("parity that the bulletin announces",)


def test_published_calendar_knows_its_months_alone() -> None:
    """Dates of a month that was not published are unknown."""
    calendar = Calendar("parity", {datetime.date(2024, 7, 6): frozenset({1, 3, 5, 7, 9})})
    rule = Rule("S", "Saturdays", "prohibit", vehicle=PlateDigit((DigitSource(calendar="parity"),)),
                when=(When(OnDays(frozenset({5}))),))  # fmt: skip
    rules = RuleSet("city", (rule,), calendars={"parity": calendar})
    dates = [datetime.date(2024, 7, 6), datetime.date(2024, 7, 13), datetime.date(2024, 8, 3)]
    found = decide(rules, _truck(plate_digit="3"), dates)
    assert [_at(found, date, 0) for date in dates] == [FORBIDDEN, ALLOWED, UNKNOWN]
    missing = found.explain("truck", dates[2], 0).missing
    assert missing == ("calendar parity of the month",)


def test_age_counts_from_the_model_year_by_calendar_year() -> None:
    """Fifteen years are within a cap of fifteen, sixteen are not; the year turns at midnight."""
    rules = RuleSet("age", (Rule("R", "old", "prohibit", vehicle=Age(Span(15, low_open=True))),))
    eve = datetime.date(2025, 12, 31)
    found = decide(rules, _truck(model_year=2010), [eve, eve + DAY])
    assert [_at(found, date, 0) for date in (eve, eve + DAY)] == [ALLOWED, FORBIDDEN]


def test_more_than_sixty_four_stretches_of_a_day() -> None:
    """Windows of one minute at every ten minutes: each is judged by itself."""
    hours = tuple((minute * 60, minute * 60 + 60) for minute in range(0, 1440, 10))
    rules = RuleSet("fine", (Rule("R", "fine", "prohibit", when=(When(hours=hours),)),))
    found = decide(rules, _truck(), [FRIDAY])
    minutes = np.arange(1440)
    got = found.status_at(np.zeros(1440, int), np.zeros(1440, int), minutes * 60.0 + 30.0)
    assert ((got == FORBIDDEN) == (minutes % 10 == 0)).all()
    assert found.hours().loc["truck", FRIDAY] == pytest.approx(144 / 60)


def test_wrong_cells_and_places_are_named() -> None:
    """A cell that is no number, a place that the set does not know."""
    rules = RuleSet("w", (Rule("R", "w", "prohibit", vehicle=Within("gvw_kg", Span(1.0))),))
    with pytest.raises(InputError, match=r"row 1, field gvw_kg: 'heavy': expected a number"):
        decide(rules, _truck(gvw_kg="heavy"), [FRIDAY])
    with pytest.raises(InputError, match="a geography of the set"):
        decide(rules, _truck(), [FRIDAY], inside={"z": True})
    with pytest.raises(InputError, match="at least one date"):
        decide(rules, _truck(), [])


def test_day_passes_are_counted_by_year() -> None:
    """Two passes a year: the third day of a year is over, the first of the next is not."""
    ban = Rule(
        "ban",
        "ban",
        "prohibit",
        when=(
            When(
                OnDays(frozenset({4})),
            ),
        ),
    )
    passes = Rule("pass", "day pass", "exempt", lifts=("ban",), quota_days_per_year=2,
                  trip=Within("day_pass", Span(1.0, 1.0)))  # fmt: skip
    fridays = [datetime.date(2026, 12, 11) + DAY * step for step in range(0, 28, 7)]
    cases = pd.DataFrame({"use": "freight", "day_pass": ["true", "false"]}, index=["a", "b"])
    found = decide(RuleSet("city", (ban, passes)), cases, [*fridays, FRIDAY + DAY])
    use = found.quota_use()
    assert use[["case", "year", "days", "over"]].to_numpy().tolist() == [
        ["a", 2026, 3, 1], ["a", 2027, 1, 0],
    ]  # fmt: skip


def test_kernel_runs_uncompiled() -> None:
    """The plain function gives what the compiled one gives."""
    from geofleet.policy.decisions import _kernels

    scope = np.array([[[2, 1], [2, 1]]], np.int8)
    windows = np.zeros((2, 2, 1, 4), np.uint64)
    windows[:, :, 0, :2] = 1
    answers = []
    for function in (_kernels.judge, _kernels.judge.py_func):
        status = np.empty((1, 1, 2), np.int8)
        rule = np.empty((1, 1, 2), np.int16)
        key = np.empty((1, 1), np.uint64)
        with np.errstate(over="ignore"):
            function(
                scope, windows, np.array([_kernels.FORBIDS, _kernels.LIFTS], np.int8),
                np.array([0, 1, 1]), np.array([1]), np.array([0, 0, 1]), np.array([0]),
                np.array([1]), np.array([0]), 2, status, rule, key,
            )  # fmt: skip
        answers.append((status.tolist(), rule.tolist()))
    assert answers[0] == answers[1] == ([[[UNKNOWN, ALLOWED]]], [[[0, -1]]])
