"""The engine beside a slow evaluator that was written from the meaning of rules alone.

First the evaluator itself, by cases worked by hand; then ten thousand random cases, and the packs.
"""

from __future__ import annotations

import datetime as dt
import importlib.util
import random
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings

from geofleet.policy.decisions import (
    ALLOWED,
    CHARGED,
    FORBIDDEN,
    PERMIT,
    UNKNOWN,
    decide,
)
from geofleet.policy.rules import Charge, Event, Geography, Rule, RuleSet
from geofleet.policy.rules.conditions import (
    Age,
    Among,
    Member,
    Not,
    PlateDigit,
    Ranked,
    Span,
    Within,
)
from geofleet.policy.rules.days import Calendar, OnDays, When
from geofleet.policy.rules.digits import DigitSource
from geofleet.policy.rules.events import EventCondition
from geofleet.policy.rules.packs import load_pack

_TESTS = Path(__file__).resolve().parents[2]


def _load(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


plain = _load("plain_rules", _TESTS / "oracles" / "plain_rules.py")
chance = _load("policy_strategies", _TESTS / "policy" / "strategies.py")

DIESEL = Among("fuel", frozenset({"diesel"}))
NIGHT = When(hours=((72_000, 36_000),))  # 20:00-10:00


def rules(*several: Rule, **settings_: object) -> RuleSet:
    return RuleSet("hand", several, geographies={"centre": Geography("centre", "Centre")},
                   **settings_)  # fmt: skip


def both(
    rule_set: RuleSet,
    moment: str,
    *,
    events: tuple[Event, ...] = (),
    inside: bool | None = True,
    **cells: object,
) -> tuple[int, str | None, set[str]]:
    """Return what the evaluator says, once the engine has been heard to say the same."""
    when = dt.datetime.fromisoformat(moment)
    said = plain.plain_decision(rule_set, cells, when, events=events, inside={"centre": inside})
    case = pd.DataFrame([cells], dtype=object)
    found = decide(rule_set, case, [when.date()], events=events, inside={"centre": inside})
    seconds = (when - dt.datetime.combine(when.date(), dt.time())).total_seconds()
    assert found.status_at(0, 0, seconds) == said.status
    assert found.rule_at(0, 0, seconds) == said.position
    return said.status, said.rule_id, set(said.missing)


# --- by hand --------------------------------------------------------------------------------------


def test_a_friday_night_lasts_into_saturday_and_no_saturday_night_does() -> None:
    """20:00-10:00 of Fridays: 13 February 2026 is a Friday; both ends to the second."""
    friday = When(OnDays(weekdays=frozenset({4})), ((72_000, 36_000),))
    night = rules(Rule("ban", "Ban", "prohibit", when=(friday,)))
    answers = {
        "2026-02-13 03:00:00": ALLOWED, "2026-02-13 19:59:59": ALLOWED,
        "2026-02-13 20:00:00": FORBIDDEN, "2026-02-13 23:59:59": FORBIDDEN,
        "2026-02-14 00:00:00": FORBIDDEN, "2026-02-14 09:59:59": FORBIDDEN,
        "2026-02-14 10:00:00": ALLOWED, "2026-02-14 20:00:00": ALLOWED,
    }  # fmt: skip
    assert {moment: both(night, moment)[0] for moment in answers} == answers


def test_what_a_night_asks_is_asked_on_the_evening() -> None:
    """Membership ends on 13 February: its night is still exempt, the next one is not."""
    member = Member(frozenset({"clean"}))
    night = rules(
        Rule("ban", "Ban", "prohibit", when=(NIGHT,)),
        Rule("out", "Out", "exempt", when=(NIGHT,), vehicle=member, lifts=("ban",)),
    )
    truck = {"programme_membership": "clean", "membership_until": "2026-02-13"}
    assert both(night, "2026-02-14 09:59:59", **truck) == (ALLOWED, "out", set())
    assert both(night, "2026-02-14 20:00:00", **truck) == (FORBIDDEN, "ban", set())


def test_a_version_keeps_its_last_night() -> None:
    """The first version ends on 13 February, the second begins: each night is its evening's."""
    last = dt.date(2026, 2, 13)
    night = rules(
        Rule("ban", "Ban", "prohibit", version="1", when=(NIGHT,), valid_to=last),
        Rule("ban", "Ban", "charge", version="2", when=(NIGHT,), charge=Charge(1, "EUR"),
             valid_from=last + dt.timedelta(days=1)),
    )  # fmt: skip
    assert both(night, "2026-02-14 09:00:00")[0] == FORBIDDEN
    assert both(night, "2026-02-14 21:00:00")[0] == CHARGED


def test_only_hours_limit_the_day_of_the_moment() -> None:
    """Only 20:00-10:00, in force on Mondays (16 February 2026): Sunday night counts as opened."""
    monday = OnDays(weekdays=frozenset({0}))
    only = rules(Rule("only", "Only", "allow_only", when=(NIGHT,), in_force=monday))
    assert both(only, "2026-02-16 09:59:59")[0] == ALLOWED
    assert both(only, "2026-02-16 10:00:00") == (FORBIDDEN, "only", set())
    assert both(only, "2026-02-17 12:00:00")[0] == ALLOWED
    assert both(only, "2026-02-16 12:00:00", inside=None)[0] == FORBIDDEN
    zoned = rules(Rule("only", "Only", "allow_only", when=(NIGHT,), where="centre"))
    assert both(zoned, "2026-02-16 12:00:00", inside=None) == (UNKNOWN, "only", {"inside centre"})
    assert both(zoned, "2026-02-16 21:00:00", inside=None)[0] == ALLOWED


def test_the_order_of_results_and_of_rules() -> None:
    """Forbidden before unknown before permit before charge; the first of equals decides."""
    euro = Charge(3, "EUR")
    asked = rules(
        Rule("pay", "Pay", "charge", charge=euro), Rule("pay2", "Pay", "charge", charge=euro),
        Rule("paper", "Paper", "permit", permit="night", vehicle=Not(DIESEL)),
        Rule("old", "Old", "prohibit", vehicle=Age(Span(low=20, low_open=True))),
        Rule("heavy", "Heavy", "prohibit", vehicle=Within("gvw_kg", Span(low=3857))),
    )  # fmt: skip
    now = "2026-02-16 12:00:00"
    light = {"gvw_kg": 3500, "model_year": 2006, "fuel": "diesel"}
    assert both(asked, now, **light) == (CHARGED, "pay", set())
    gas = {**light, "fuel": "lpg"}
    assert both(asked, now, **gas) == (UNKNOWN, "paper", {"permits"})
    assert both(asked, now, **gas, permits="works") == (PERMIT, "paper", set())
    assert both(asked, now, **gas, permits="night; works") == (CHARGED, "pay", set())
    assert both(asked, now, **{**light, "model_year": 2005}) == (FORBIDDEN, "old", set())
    assert both(asked, now, **{**gas, "gvw_kg": 3857}) == (FORBIDDEN, "heavy", set())
    assert both(asked, now, fuel="diesel") == (UNKNOWN, "old", {"gvw_kg", "model_year"})


def test_what_may_be_lifted_is_unknown_and_what_is_lifted_says_by_what() -> None:
    """A ban lifted by filters: unknown with an unknown filter, never forbidden with one."""
    filtered = Among("aftertreatment", frozenset({"dpf"}))
    lifted = rules(
        Rule("out", "Out", "exempt", vehicle=filtered, lifts=("ban",)),
        Rule("ban", "Ban", "prohibit", vehicle=DIESEL),
    )
    now = "2026-02-16 12:00:00"
    assert both(lifted, now, fuel="diesel", aftertreatment="scr")[:2] == (FORBIDDEN, "ban")
    assert both(lifted, now, fuel="diesel", aftertreatment="scr;dpf")[:2] == (ALLOWED, "out")
    assert both(lifted, now, fuel="diesel") == (UNKNOWN, "ban", {"aftertreatment"})
    assert both(lifted, now, fuel="electric") == (ALLOWED, None, set())
    assert both(lifted, now, aftertreatment="dpf") == (ALLOWED, "out", set())


def test_digits_of_a_bulletin_and_of_the_weekday_are_put_together() -> None:
    """Declared parity and the weekday's own digits; 17 February 2026 is a Tuesday (7, 8)."""
    sources = (
        DigitSource(event="parity", otherwise=DigitSource(event="colour")),
        DigitSource(weekday=((1, frozenset({7, 8})), (2, None))),
    )
    fase = EventCondition("contingencia", frozenset({"I"}))
    ban = rules(
        Rule("ban", "Ban", "prohibit", vehicle=PlateDigit(sources), event=fase),
        colours={"rojo": frozenset({3, 4})},
    )
    tuesday = (dt.date(2026, 2, 17), dt.date(2026, 2, 18))

    def digits(*events: Event, day: str = "2026-02-17") -> str:
        words = {FORBIDDEN: "x", ALLOWED: "-", UNKNOWN: "?"}
        return "".join(
            words[both(ban, f"{day} 12:00:00", events=events, plate_digit=str(digit))[0]]
            for digit in range(10)
        )

    odd = Event("contingencia", "I", tuesday, parity="odd")
    silent = Event("contingencia", "I", tuesday)
    red = Event("contingencia", "I", tuesday, colour="rojo")
    assert digits() == "-" * 10
    assert digits(Event("contingencia", "II", tuesday, parity="odd")) == "-" * 10
    assert digits(odd) == "-x-x-x-xxx"
    assert digits(red) == "---xx--xx-"
    assert digits(silent) == "???????xx?"
    assert digits(odd, red) == "-x-xxx-xxx"
    assert digits(odd, silent) == "?x?x?x?xxx"
    assert digits(odd, day="2026-02-18") == "?x?x?x?x?x"
    nothing, bare = (
        both(ban, "2026-02-17 12:00:00", events=(odd,), plate_digit="none"),
        "plate_digit",
    )
    assert nothing[0] == ALLOWED
    assert both(ban, "2026-02-17 12:00:00", events=(odd,)) == (UNKNOWN, "ban", {bare})


def test_days_of_every_kind() -> None:
    """Seasons over the new year, fifth Saturdays, holidays, a month that was not published."""

    def when(**asked: object) -> RuleSet:
        return rules(
            Rule("ban", "Ban", "prohibit", when=(When(OnDays(**asked)),)),
            country="MX", calendars={"list": Calendar("list", {dt.date(2026, 1, 31): frozenset()})},
        )  # fmt: skip

    def says(rule_set: RuleSet, *days: str) -> list[int]:
        return [both(rule_set, f"{day} 12:00:00")[0] for day in days]

    winter = when(season=((12, 15), (2, 29)))
    assert says(winter, "2025-12-14", "2025-12-15", "2026-01-01") == [0, 4, 4]
    assert says(winter, "2026-02-28", "2024-02-29", "2026-03-01") == [4, 4, 0]
    fifth = when(nth=((5, frozenset({1, 5})),))
    assert says(fifth, "2025-11-01", "2025-11-22", "2025-11-29", "2025-11-30") == [4, 0, 4, 0]
    # Benito Juárez's birthday is kept on the third Monday of March.
    assert says(when(holidays="off"), "2026-03-16", "2026-03-21") == [0, 4]
    assert says(when(holidays="only"), "2026-03-16", "2026-03-21") == [4, 0]
    listed = when(calendar="list")
    assert says(listed, "2026-01-30", "2026-01-31", "2026-02-01") == [0, 4, UNKNOWN]
    listed = when(calendar="list", weekdays=frozenset({0}))
    assert says(listed, "2026-02-01", "2026-02-02") == [0, UNKNOWN]


def test_what_a_trip_says_of_the_zone_goes_before() -> None:
    """``attribute:zone`` is read for rules of that zone alone, by the kind of the attribute."""
    through = Among("trip_relation", frozenset({"through"}))
    early = Within("entered", Span(high=21_600, high_open=True))
    passed = Within("day_pass", Span(1, 1))
    zoned = rules(
        Rule("far", "Far", "prohibit", trip=through),
        Rule("near", "Near", "prohibit", trip=through, where="centre"),
        Rule("early", "Early", "exempt", trip=early, lifts=("near",), where="centre"),
        Rule("pass", "Pass", "exempt", trip=passed, lifts=("near",), where="centre"),
    )
    now, own = "2026-02-16 12:00:00", {"trip_relation": "destination"}
    late = {"entered": 21_600, "day_pass": False}
    assert both(zoned, now, **own, **late)[0] == ALLOWED
    assert both(zoned, now, **own, **late, **{"trip_relation:centre": "through"})[1] == "near"
    here = {"trip_relation:centre": "through", "entered:centre": 21_599, "entered": 80_000}
    assert both(zoned, now, **own, **here, day_pass=False)[1] == "early"
    here |= {"entered:centre": 21_600, "day_pass:centre": True, "day_pass": False}
    assert both(zoned, now, **own, **here)[1] == "pass"
    # An empty cell for the zone is unknown, whatever is said in general.
    assert both(zoned, now, **own, **late, **{"trip_relation:centre": None})[0] == UNKNOWN


def test_standards_are_ranked_within_their_scheme() -> None:
    """NOM-044 has US 2004 beside Euro IV; a standard that it does not know is unknown."""
    below_a = Ranked("nom_044", Span(high=2, high_open=True))
    ban = rules(Rule("ban", "Ban", "prohibit", vehicle=below_a))
    now = "2026-02-16 12:00:00"
    answers = {"euro_3": FORBIDDEN, "epa_1998": FORBIDDEN, "epa_2004": ALLOWED, "euro_4": ALLOWED,
               "none": ALLOWED, "tier_9": UNKNOWN, "": UNKNOWN}  # fmt: skip
    assert {word: both(ban, now, standard=word)[0] for word in answers} == answers


def test_the_table_refuses_what_is_no_truth_of_a_zone() -> None:
    """Cells said of a zone are held to the kind of their attribute."""
    ban = rules(Rule("ban", "Ban", "prohibit", trip=Within("day_pass", Span(1, 1)), where="centre"))
    with pytest.raises(ValueError, match="day_pass:centre"):
        decide(ban, pd.DataFrame({"day_pass:centre": ["perhaps"]}), [dt.date(2026, 2, 16)])


# --- by chance ------------------------------------------------------------------------------------


def test_ten_thousand_random_cases_have_the_same_answer_and_rule() -> None:
    """Two hundred rule sets, fifty cases each at a moment near the edge of a window."""
    seen: Counter[int] = Counter()
    wrong = []
    for seed in range(200):
        choice = chance.of_generator(random.Random(seed))
        world = chance.a_world(choice)
        cases = [chance.a_case(choice, world.columns) for _ in range(50)]
        moments = [world.moments(choice) for _ in cases]
        inside = {
            zone: [choice.pick((known, known, True, False, None)) for _ in cases]
            for zone, known in world.inside.items()
        }
        frame = chance.a_frame(cases, world.columns)
        found = decide(
            world.rules, frame.infer_objects() if seed % 2 else frame, world.dates,
            events=world.events,
            inside={zone: chance.truths(answers) for zone, answers in inside.items()},
        )  # fmt: skip
        for n, (case, (day, seconds)) in enumerate(zip(cases, moments, strict=True)):
            moment = dt.datetime.combine(day, dt.time()) + dt.timedelta(seconds=seconds)
            here = {zone: answers[n] for zone, answers in inside.items()}
            said = plain.plain_decision(world.rules, case, moment, events=world.events, inside=here)
            seen[said.status] += 1
            place = (n, world.dates.index(day), seconds)
            answer = (int(found.status_at(*place)), int(found.rule_at(*place)))
            if answer != (said.status, said.position):
                wrong.append((seed, n, moment, answer, said))
    assert not wrong, wrong[:5]
    assert sum(seen.values()) == 10_000
    assert min(seen[status] for status in (ALLOWED, CHARGED, PERMIT, UNKNOWN, FORBIDDEN)) > 100


def test_what_is_missing_is_the_same() -> None:
    """Attributes that would have to be known, of every answer that is unknown."""
    asked = 0
    for seed in range(1000, 1100):
        choice = chance.of_generator(random.Random(seed))
        world = chance.a_world(choice)
        cases = [chance.a_case(choice, world.columns) for _ in range(12)]
        frame = chance.a_frame(cases, world.columns)
        found = decide(world.rules, frame, world.dates, events=world.events, inside=world.inside)
        for n, case in enumerate(cases):
            day, seconds = world.moments(choice)
            moment = dt.datetime.combine(day, dt.time()) + dt.timedelta(seconds=seconds)
            said = plain.plain_decision(
                world.rules, case, moment, events=world.events, inside=world.inside
            )
            if said.status != UNKNOWN:
                continue
            asked += 1
            why = found.explain(f"case {n}", day, seconds)
            known = set(world.rules.attributes)
            # The last day of a membership is asked for once it is known which one it is.
            optional = {"membership_until"} if "programme_membership" in said.missing else set()
            assert set(why.missing) & known - optional == said.missing & known - optional
            if said.missing - known:
                assert set(why.missing) - known
    assert asked > 200


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(chance.worlds_that_shrink())
def test_random_worlds_have_the_same_answer_all_day(drawn: tuple) -> None:
    """Small worlds that shrink: every stretch of every day, in its middle and at its start."""
    world, cases, _ = drawn
    frame = chance.a_frame(cases, world.columns)
    found = decide(world.rules, frame, world.dates, events=world.events, inside=world.inside)
    for place, day in enumerate(world.dates):
        starts = found.slots[:-1][:: max(1, len(found.slots) // 12)]
        for seconds in (*starts.tolist(), *(starts + 0.5).tolist()):
            moment = dt.datetime.combine(day, dt.time()) + dt.timedelta(seconds=seconds)
            said = plain.plain_decision(
                world.rules, cases[0], moment, events=world.events, inside=world.inside
            )
            assert found.status_at(0, place, seconds) == said.status
            assert found.rule_at(0, place, seconds) == said.position


# --- the packs ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("pack", "country"), [("mexico", "MX"), ("colombia", "CO")])
def test_the_packs_mean_what_the_evaluator_reads(pack: str, country: str) -> None:
    """Cells that the rules name, and others; versions old and new; a declared contingency."""
    generator = random.Random(7)
    loaded = load_pack(pack)
    pool = chance.cells_named_by(loaded)
    years = [dt.date(2021, 12, 11), dt.date(2022, 6, 13), dt.date(2026, 1, 28)]
    dates = [first + dt.timedelta(days=n) for first in years for n in range(6)]
    phases = ("I", "II", "I combinada", "preventiva")
    events = [
        Event("contingencia", phase, tuple(generator.sample(dates, 3)), pollutants=("o3",),
              parity=generator.choice((None, "odd", "even")),
              colour=generator.choice((None, "rojo", "azul")))
        for phase in phases
    ]  # fmt: skip
    seen: set[str] = set()
    for answer in (True, False):
        rule_set = loaded.answered(**dict.fromkeys(loaded.switches, answer))
        cases = [
            {name: generator.choice(values) for name, values in pool.items()} for _ in range(150)
        ]
        inside = {
            zone: [generator.choice((True, True, False, None)) for _ in cases]
            for zone in rule_set.geographies
        }
        frame = pd.DataFrame(cases, dtype=object)
        found = decide(
            rule_set, frame, dates, events=events,
            inside={zone: chance.truths(answers) for zone, answers in inside.items()},
        )  # fmt: skip
        for n, case in enumerate(cases):
            for _ in range(2):
                place = generator.randrange(len(dates))
                edge = int(generator.choice(found.slots[:-1])) + generator.choice((-1, 0, 1))
                seconds = edge % 86_400
                moment = dt.datetime.combine(dates[place], dt.time())
                said = plain.plain_decision(
                    rule_set, case, moment + dt.timedelta(seconds=seconds), events=events,
                    inside={zone: answers[n] for zone, answers in inside.items()},
                )  # fmt: skip
                assert found.status_at(n, place, seconds) == said.status, (case, moment, said)
                assert found.rule_at(n, place, seconds) == said.position, (case, moment, said)
                seen.add(said.rule_id or "")
    assert loaded.country == country
    assert len(seen) > (15 if pack == "mexico" else 3)


def test_assumptions_are_cells() -> None:
    """What is assumed for empty cells decides as if it stood in them."""
    world = chance.a_world(chance.of_generator(random.Random(3)))
    choice = chance.of_generator(random.Random(4))
    cases = [chance.a_case(choice, world.columns, empty_one_in=2) for _ in range(40)]
    assumed = {"fuel": "diesel", "gvw_kg": 20000, "plate_digit": "7", "day_pass": True}
    full = [
        {name: assumed.get(name) if name in assumed and chance.is_empty(value) else value
         for name, value in {**dict.fromkeys(assumed), **case}.items()}
        for case in cases
    ]  # fmt: skip
    given_ = {"events": world.events, "inside": world.inside}
    one = decide(world.rules, chance.a_frame(cases, world.columns), world.dates, assume=assumed,
                 **given_)  # fmt: skip
    other = decide(world.rules, pd.DataFrame(full, dtype=object), world.dates, **given_)
    np.testing.assert_array_equal(one.status, other.status)
    np.testing.assert_array_equal(one.rule, other.rule)
    for name in assumed:
        empty = sum(chance.is_empty(case.get(name)) for case in cases)
        assert one.assumed[name] == empty
