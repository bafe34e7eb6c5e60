"""What must hold for every rule set, vehicle and moment, whatever the rules say."""

from __future__ import annotations

import datetime as dt
import importlib.util
import random
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geofleet.policy.decisions import (
    ALLOWED,
    CHARGED,
    FORBIDDEN,
    PERMIT,
    STATUS_WORDS,
    UNKNOWN,
    Decisions,
    decide,
)
from geofleet.policy.rules import Rule, RuleSet
from geofleet.policy.rules.days import When

DAY_S = 86_400


def _load(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


chance = _load("policy_strategies", Path(__file__).resolve().parents[1] / "strategies.py")

many = settings(max_examples=30, deadline=None)
SEEDS = st.integers(0, 2**32)


def judged(world: Any, cases: list[dict[str, Any]], *, rules: RuleSet | None = None) -> Decisions:
    frame = chance.a_frame(cases, world.columns)
    asked = world.rules if rules is None else rules
    return decide(asked, frame, world.dates, events=world.events, inside=world.inside)


def at_seconds(found: Decisions, seconds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return status and id of the deciding rule, by case, date and second."""
    cases, dates = len(found.cases), len(found.dates)
    place = np.ix_(np.arange(cases), np.arange(dates), np.arange(len(seconds)))
    clock = np.broadcast_to(seconds[place[2]], (cases, dates, len(seconds)))
    status = found.status_at(place[0], place[1], clock)
    ids = np.array([*(rule.rule_id for rule in found.rule_set.rules), ""])
    return status, ids[found.rule_at(place[0], place[1], clock)]


def edges_of(*several: Decisions) -> np.ndarray:
    """Return all seconds at which anything may change in any of them."""
    return np.unique(np.concatenate([found.slots[:-1] for found in several]))


# --- explained ------------------------------------------------------------------------------------


@many
@given(chance.worlds())
def test_a_decision_is_always_explained(drawn: Any) -> None:
    """A rule of the set made it, or none restricts; what is unknown says what is missing."""
    world, cases, moments = drawn
    found = judged(world, cases)
    ids = {rule.rule_id: rule for rule in world.rules.rules}
    for n, (day, seconds) in enumerate(moments):
        why = found.explain(f"case {n}", day, seconds)
        assert why.status == found.status_at(n, world.dates.index(day), seconds)
        assert why.word == STATUS_WORDS[why.status]
        assert why.reason
        assert why.rule_id in ids or (why.status == ALLOWED and why.rule_id == "")
        assert bool(why.missing) == (why.status == UNKNOWN)
        wanted = {
            FORBIDDEN: ("prohibit", "allow_only"), PERMIT: ("permit",), CHARGED: ("charge",),
            ALLOWED: ("exempt", "allow"), UNKNOWN: ("prohibit", "allow_only", "permit", "charge"),
        }  # fmt: skip
        effects = {rule.effect for rule in world.rules.rules if rule.rule_id == why.rule_id}
        assert not why.rule_id or effects & set(wanted[why.status])
        for name in why.missing:
            assert name in why.reason
        if why.status == FORBIDDEN:
            assert why.rule_id in why.held
            assert why.rule_id not in dict(why.lifted)


@many
@given(chance.worlds())
def test_the_table_covers_each_day_once(drawn: Any) -> None:
    """Rows of one case and date follow each other from 0 to 86,400 and say what is decided."""
    world, cases, _ = drawn
    found = judged(world, cases[:1])
    table = found.table()
    for _, rows in table.groupby("date"):
        assert rows["from_s"].tolist() == [0, *rows["to_s"].tolist()[:-1]]
        assert rows["to_s"].iloc[-1] == DAY_S
        assert (rows["from_s"] < rows["to_s"]).all()
        assert ((rows["missing"] != "") == (rows["status"] == "unknown")).all()
    lengths = (table["to_s"] - table["from_s"]).groupby(table["status"]).sum() / 3600
    for status, word in enumerate(STATUS_WORDS):
        hours = found.hours(status).to_numpy().sum()
        assert hours == pytest.approx(lengths.get(word, 0.0), abs=1e-9)


# --- exemptions -----------------------------------------------------------------------------------

AFTER_AN_EXEMPTION = {
    FORBIDDEN: {FORBIDDEN, UNKNOWN, PERMIT, CHARGED, ALLOWED},
    UNKNOWN: {UNKNOWN, PERMIT, CHARGED, ALLOWED},
    PERMIT: {UNKNOWN, PERMIT, CHARGED, ALLOWED},
    CHARGED: {UNKNOWN, CHARGED, ALLOWED},
    ALLOWED: {ALLOWED},
}


@many
@given(chance.worlds(), SEEDS)
def test_adding_an_exemption_never_forbids_more(drawn: Any, seed: int) -> None:
    """Nothing is newly forbidden, and what was allowed stays so; at every stretch of the days."""
    world, cases, _ = drawn
    choice = chance.of_generator(random.Random(seed))
    lifted = sorted({rule.rule_id for rule in world.rules.rules if rule.rule_id.startswith("r")})
    exemption = chance.a_rule(choice, world.dates[0], "x_more", lifted)
    before = judged(world, cases)
    after = judged(world, cases, rules=world.rules.with_rules(exemption))
    seconds = edges_of(before, after)
    was, now = at_seconds(before, seconds)[0], at_seconds(after, seconds)[0]
    for status, may_become in AFTER_AN_EXEMPTION.items():
        assert set(now[was == status].tolist()) <= may_become


@many
@given(chance.worlds())
def test_taking_out_every_exemption_never_allows_more(drawn: Any) -> None:
    """The same the other way round, with all that lifts at once."""
    world, cases, _ = drawn
    bare = tuple(rule for rule in world.rules.rules if not rule.lifts)
    with_all = judged(world, cases)
    without = judged(world, cases, rules=replace(world.rules, rules=bare))
    seconds = edges_of(with_all, without)
    lifted, plain = at_seconds(with_all, seconds)[0], at_seconds(without, seconds)[0]
    for status, may_become in AFTER_AN_EXEMPTION.items():
        assert set(lifted[plain == status].tolist()) <= may_become


@many
@given(chance.worlds())
def test_an_exemption_from_everything(drawn: Any) -> None:
    """From all rules: certain, all is allowed; unknown, all that was not allowed is unknown."""
    world, cases, _ = drawn
    lifted = tuple({rule.rule_id for rule in world.rules.rules if rule.rule_id[0] != "x"})
    free = Rule("free", "Free", "exempt", lifts=lifted)
    found = judged(world, cases, rules=world.rules.with_rules(free))
    assert (found.status == ALLOWED).all()
    unasked = chance.Among("critair", frozenset({"1"}))  # no case says it
    before = judged(world, cases)
    after = judged(world, cases, rules=world.rules.with_rules(replace(free, vehicle=unasked)))
    seconds = edges_of(before, after)
    was, now = at_seconds(before, seconds)[0], at_seconds(after, seconds)[0]
    np.testing.assert_array_equal(now, np.where(was == ALLOWED, ALLOWED, UNKNOWN))


# --- windows --------------------------------------------------------------------------------------


def _one(rule: Rule) -> Decisions:
    frame = chance.a_frame([{"fuel": "diesel"}], ["fuel"])
    dates = [dt.date(2026, 2, 14) + dt.timedelta(days=n) for n in range(3)]
    return decide(RuleSet("one", (rule,)), frame, dates)


@many
@given(st.sets(st.integers(0, DAY_S - 1), min_size=1, max_size=5))
def test_touching_windows_cover_each_second_once(cuts: set[int]) -> None:
    """A day cut into half-open windows, the last over midnight to the first: no gap, no overlap.

    All 86,400 seconds, and half a second after each.
    """
    ordered = sorted(cuts)
    seconds = np.arange(0, DAY_S, 0.5)
    covered = np.zeros((3, len(seconds)), int)
    hours = 0.0
    for start, end in zip(ordered, [*ordered[1:], ordered[0]], strict=True):
        found = _one(Rule("ban", "Ban", "prohibit", when=(When(hours=((start, end),)),)))
        covered += at_seconds(found, seconds)[0][0] == FORBIDDEN
        hours += found.hours().to_numpy()[0, 1]
        if start != end:
            ends = at_seconds(found, np.array([start, end]))[0][0, 1]
            assert ends.tolist() == [FORBIDDEN, ALLOWED]
    assert (covered == 1).all()
    assert hours == pytest.approx(24.0, abs=1e-9)


@many
@given(st.integers(0, DAY_S - 1), st.integers(0, DAY_S), st.integers(0, DAY_S - 1))
def test_what_is_not_within_is_outside(start: int, end: int, other: int) -> None:
    """A ban in hours and leave in the same hours alone: one of the two forbids, at each second."""
    when = (When(hours=((start, end), (other, other // 2))),)
    banned = _one(Rule("ban", "Ban", "prohibit", when=when))
    only = _one(Rule("only", "Only", "allow_only", when=when))
    seconds = np.arange(0, DAY_S, 0.5)
    one, two = (at_seconds(found, seconds)[0] == FORBIDDEN for found in (banned, only))
    assert (one ^ two).all()


@many
@given(chance.worlds(), SEEDS)
def test_cutting_windows_changes_nothing(drawn: Any, seed: int) -> None:
    """Every window cut in two that touch, on the day on which it opens."""
    world, cases, _ = drawn
    choice = chance.of_generator(random.Random(seed))

    def cut(part: When) -> When:
        if part.opening_hours:
            return part
        found = []
        for start, end in part.windows:
            last = min(end, DAY_S) - 1
            middle = choice.integer(min(start + 1, last), last)
            halves = ((start, middle), (middle, end if end <= DAY_S else end - DAY_S))
            found += halves if start < middle else [(start, end if end <= DAY_S else end - DAY_S)]
        return replace(part, hours=tuple(found))

    rules = tuple(
        replace(rule, when=tuple(cut(part) for part in rule.when)) for rule in world.rules.rules
    )
    whole, halved = (
        judged(world, cases),
        judged(world, cases, rules=replace(world.rules, rules=rules)),
    )
    seconds = np.unique(np.concatenate([edges_of(whole, halved), edges_of(whole, halved) + 0.5]))
    for one, two in zip(at_seconds(whole, seconds), at_seconds(halved, seconds), strict=True):
        np.testing.assert_array_equal(one, two)


@many
@given(chance.worlds(), st.integers(0, 7))
def test_a_version_that_says_the_same_changes_nothing(drawn: Any, day: int) -> None:
    """Rules cut at a date into two versions that are alike, even if windows are open then.

    But for one thing: around the first midnight the old version may be unknown beside the new one
    that charges or asks for a permit, and unknown goes before these.
    """
    world, cases, _ = drawn
    first = world.dates[0] + dt.timedelta(days=day)
    rules: list[Rule] = []
    for rule in world.rules.rules:
        if rule.valid_on(first) and rule.valid_on(first - dt.timedelta(days=1)):
            rules.append(replace(rule, valid_to=first - dt.timedelta(days=1)))
            rules.append(replace(rule, valid_from=first, version=f"{rule.version} later"))
        else:
            rules.append(rule)
    one = judged(world, cases)
    two = judged(world, cases, rules=replace(world.rules, rules=tuple(rules)))
    seconds = edges_of(one, two)
    (was, by), (now, then_by) = at_seconds(one, seconds), at_seconds(two, seconds)
    doubted = np.isin(was, (PERMIT, CHARGED)) & (now == UNKNOWN)
    np.testing.assert_array_equal(was[~doubted], now[~doubted])
    named = ~doubted & (was != UNKNOWN)
    np.testing.assert_array_equal(by[named], then_by[named])


# --- order ----------------------------------------------------------------------------------------


@many
@given(chance.worlds(), SEEDS)
def test_the_order_of_cases_and_dates_changes_nothing(drawn: Any, seed: int) -> None:
    """Shuffled, alone, or on some of the dates: each case keeps its answer and its rule."""
    world, cases, _ = drawn
    generator = random.Random(seed)
    found = judged(world, cases)
    order = generator.sample(range(len(cases)), len(cases))
    dates = generator.sample(world.dates, generator.randint(1, len(world.dates)))
    frame = chance.a_frame(cases, world.columns)
    inside = {zone: chance.truths([known] * len(cases)) for zone, known in world.inside.items()}
    mixed = decide(world.rules, frame.iloc[order], [*dates, dates[0]],
                   events=world.events[::-1], inside=inside)  # fmt: skip
    alone = judged(world, cases[:1])
    seconds = edges_of(found, mixed, alone)
    place = [world.dates.index(day) for day in sorted(set(dates))]
    assert mixed.dates == tuple(sorted(set(dates)))
    assert mixed.cases.tolist() == [f"case {n}" for n in order]
    for every, some, one in zip(
        at_seconds(found, seconds), at_seconds(mixed, seconds), at_seconds(alone, seconds),
        strict=True,
    ):  # fmt: skip
        np.testing.assert_array_equal(every[order][:, place], some)
        np.testing.assert_array_equal(every[:1], one)


@many
@given(chance.worlds(), SEEDS)
def test_the_order_of_rules_changes_no_answer(drawn: Any, seed: int) -> None:
    """It decides between equals only: which rule is named, never what is allowed."""
    world, cases, _ = drawn
    rules = random.Random(seed).sample(world.rules.rules, len(world.rules.rules))
    one = judged(world, cases)
    two = judged(world, cases, rules=replace(world.rules, rules=tuple(rules)))
    seconds = edges_of(one, two)
    np.testing.assert_array_equal(at_seconds(one, seconds)[0], at_seconds(two, seconds)[0])


@many
@given(chance.worlds())
def test_a_switch_is_as_if_its_rules_were_not_there(drawn: Any) -> None:
    """Answered either way, the set says what it says without the rules that ask otherwise."""
    world, cases, _ = drawn
    for answer in (True, False):
        answered = world.rules.answered(strict=answer)
        kept = tuple(
            replace(rule, switches=()) for rule in world.rules.rules
            if all(wanted == answer for _, wanted in rule.switches)
        )  # fmt: skip
        ids = {rule.rule_id for rule in kept}
        kept = tuple(
            replace(rule, lifts=tuple(name for name in rule.lifts if name in ids)) for rule in kept
            if not rule.lifts or ids & set(rule.lifts)
        )  # fmt: skip
        one = judged(world, cases, rules=answered)
        two = judged(world, cases, rules=replace(world.rules, rules=kept))
        seconds = edges_of(one, two)
        for before, after in zip(at_seconds(one, seconds), at_seconds(two, seconds), strict=True):
            np.testing.assert_array_equal(before, after)


# --- knowledge ------------------------------------------------------------------------------------


@many
@given(chance.worlds(), SEEDS)
def test_to_know_more_never_turns_one_certain_answer_into_another(drawn: Any, seed: int) -> None:
    """Empty cells and unknown places filled in many ways: what was certain stays as it was."""
    world, cases, _ = drawn
    choice = chance.of_generator(random.Random(seed))
    before = judged(world, cases)
    known = {
        zone: choice.pick((True, False)) if world.inside.get(zone) is None else world.inside[zone]
        for zone in chance.ZONES
    }
    ways = 10
    fuller = [chance.filled(choice, case, one_in=1 + way % 2)
              for case in cases for way in range(ways)]  # fmt: skip
    after = judged(replace(world, inside=known), fuller)
    seconds = edges_of(before, after)
    was = np.repeat(at_seconds(before, seconds)[0], ways, axis=0)
    now = at_seconds(after, seconds)[0]
    certain = was != UNKNOWN
    np.testing.assert_array_equal(now[certain], was[certain])


@many
@given(chance.worlds(), SEEDS)
def test_with_everything_known_nothing_is_unknown(drawn: Any, seed: int) -> None:
    """Full cells, known places, published months, bulletins that say all: no answer is open."""
    world, cases, _ = drawn
    choice = chance.of_generator(random.Random(seed))
    columns = [*chance.ALL_COLUMNS]
    full = [chance.a_case(choice, columns, empty_one_in=10**9) for _ in cases]
    for case in full:
        case["standard"] = choice.pick(chance.STANDARDS[:-1])
    months = {day + dt.timedelta(days=n) for day in world.dates for n in (-1, 0)}
    calendar = replace(
        world.rules.calendars["published"],
        digits={**dict.fromkeys(months, frozenset({1, 2})),
                **world.rules.calendars["published"].digits},
    )  # fmt: skip
    rules = replace(
        world.rules, calendars={"published": calendar}, country=world.rules.country or "MX",
        rules=tuple(
            replace(rule, vehicle=_told(rule.vehicle), trip=_told(rule.trip))
            for rule in world.rules.rules
        ),
    )  # fmt: skip
    told = [
        replace(one, parity=one.parity or "odd", colour="red", digits=one.digits or frozenset())
        for one in world.events
    ]
    answered = replace(
        world, columns=columns, events=told, inside=dict.fromkeys(chance.ZONES, True)
    )
    assert (judged(answered, full, rules=rules).status != UNKNOWN).all()


def _told(node: Any) -> Any:
    """Return a condition whose sources of digits name digits on every weekday."""
    if isinstance(node, chance.PlateDigit):
        return replace(node, sources=tuple(_told(one) for one in node.sources))
    if isinstance(node, chance.DigitSource):
        weekday = node.weekday and tuple(
            (day, frozenset() if digits is None else digits) for day, digits in node.weekday
        )
        return replace(node, weekday=weekday, otherwise=node.otherwise and _told(node.otherwise))
    if isinstance(node, chance.Not):
        return replace(node, part=_told(node.part))
    if isinstance(node, (chance.All, chance.AnyOf)):
        return replace(node, parts=tuple(_told(part) for part in node.parts))
    return node
