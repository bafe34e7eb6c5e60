"""Rule sets, cases, events and moments by chance, for random generators and for hypothesis alike.

Everything is drawn through a :class:`Choice`, so that the same makers serve ten thousand seeded
cases and the examples that hypothesis shrinks. Values come from small pools that rules and cases
share: otherwise hardly any rule would be about any case.
"""

from __future__ import annotations

import datetime as dt
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from geofleet.policy.rules import Charge, Event, Geography, Rule, RuleSet, known_attributes
from geofleet.policy.rules.conditions import (
    ALWAYS,
    Age,
    All,
    Among,
    AnyOf,
    Member,
    Not,
    PlateDigit,
    Ranked,
    Span,
    Within,
)
from geofleet.policy.rules.days import Calendar, OnDays, When
from geofleet.policy.rules.digits import EVEN, ODD, DigitSource
from geofleet.policy.rules.events import EventCondition
from geofleet.policy.rules.facts import Attribute
from geofleet.policy.rules.model import Switch

DAY_S = 86_400
ZONES = ("centre", "ring")

# The turn of the year, a leap day, a holiday moved to Monday, the fifth Saturday of a month.
WEEKS = tuple(
    dt.date.fromisoformat(text)
    for text in ("2025-12-28", "2024-02-26", "2026-01-30", "2026-02-27", "2026-05-28", "2023-12-30")
)

TEXTS: dict[str, tuple[str, ...]] = {
    "fuel": ("diesel", "lpg", "electric"),
    "hologram": ("00", "0", "1", "2", "none"),
    "plate_jurisdiction": ("local", "federal", "foreign"),
    "trip_relation": ("through", "destination", "within"),
    "activity": ("drive", "unload"),
}
SETS: dict[str, tuple[str, ...]] = {
    "aftertreatment": ("dpf", "scr", "none"),
    "cargo_type": ("general", "hazmat", "food"),
    "permits": ("night", "works"),
}
NUMBERS: dict[str, tuple[float, ...]] = {
    "gvw_kg": (3500, 3857, 3857.5, 20000),
    "length_m": (7.5, 14, 14.1),
    "tare_share": (0.25, 0.5),
}
CLOCKS = ("entered",)
BOOLEANS = ("sello_verde", "day_pass", "tarpaulin")
STANDARDS = ("pre_euro", "euro_3", "euro_5", "epa_2004", "none", "tier_9")
YEARS = (2006, 2011, 2016)
PROGRAMMES = ("clean_cdmx", "clean_edomex")
EDGES = (0, 1, 18_000, 21_600, 36_000, 36_001, 43_200, 64_800, 79_200, 86_399)
OPENING_HOURS = (
    "24/7", "Mo-Fr 06:00-10:00", "Sa,Su 20:00-26:00", "Th-Sa 10:00-10:00",
    "Mo-Fr 20:00-10:00; PH off", "Mo-Su 08:00-12:00,14:00-24:00; We,Sa 22:00-02:00",
)  # fmt: skip


# --- chance ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Choice:
    """Where chance comes from: ``integer(low, high)``, both included."""

    integer: Callable[[int, int], int]

    def pick(self, several: Sequence[Any]) -> Any:
        return several[self.integer(0, len(several) - 1)]

    def one_in(self, count: int) -> bool:
        """Return true once in so many; the rare thing is not what shrinking ends at."""
        return self.integer(0, count - 1) == count - 1

    def some(self, several: Sequence[Any], *, least: int = 1, most: int | None = None) -> list[Any]:
        count = self.integer(least, len(several) if most is None else min(most, len(several)))
        left = list(several)
        return [left.pop(self.integer(0, len(left) - 1)) for _ in range(count)]

    def maybe(self, several: Sequence[Any]) -> list[Any]:
        return self.some(several, least=0)


def of_generator(generator: random.Random) -> Choice:
    return Choice(generator.randint)


def of_draw(draw: Any) -> Choice:
    return Choice(lambda low, high: draw(st.integers(low, high)))


# --- worlds: rules with what they are asked about -------------------------------------------------


@dataclass
class World:
    """A rule set with dates, events and places to ask it about."""

    rules: RuleSet
    dates: list[dt.date]
    events: list[Event]
    inside: dict[str, bool | None]
    columns: list[str] = field(default_factory=list)

    def moments(self, choice: Choice) -> tuple[dt.date, int]:
        """Return a moment on one of the dates, mostly at an edge of a window or beside one."""
        edges = {0, DAY_S - 1}
        for rule in self.rules.rules:
            for part in rule.when:
                for edge in (edge for hours in part.hours for edge in hours):
                    edges |= {(edge + step) % DAY_S for step in (-1, 0, 1)}
        on_edge = not choice.one_in(6)
        seconds = choice.pick(sorted(edges)) if on_edge else choice.integer(0, DAY_S - 1)
        return choice.pick(self.dates), seconds


def a_world(choice: Choice, *, most_rules: int = 6) -> World:
    week = choice.pick(WEEKS)
    rules = a_rule_set(choice, week, most_rules=most_rules)
    dates = sorted(week + dt.timedelta(days=n) for n in choice.some(range(8), most=4))
    events = [an_event(choice, week) for _ in range(choice.integer(0, 3))]
    inside = {zone: choice.pick((True, True, False, None)) for zone in choice.some(ZONES)}
    known = [name for name in ALL_COLUMNS if not choice.one_in(10)]
    own = [name for name in ("trip_relation", "entered", "day_pass") if choice.one_in(3)]
    return World(rules, dates, events, inside, known + [f"{name}:centre" for name in own])


def a_rule_set(choice: Choice, week: dt.date, *, most_rules: int = 6) -> RuleSet:
    restricting = [f"r{n}" for n in range(choice.integer(1, most_rules))]
    lifting = [f"x{n}" for n in range(choice.integer(0, most_rules // 2))]
    rules: list[Rule] = []
    for rule_id in (*restricting, *lifting):
        made = versions(choice, week, lambda name=rule_id: a_rule(choice, week, name, restricting))
        rules += made
    return RuleSet(
        "random", tuple(choice.some(rules, least=len(rules))),
        geographies={zone: Geography(zone, zone) for zone in ZONES},
        calendars={"published": a_calendar(choice, week)},
        switches={"strict": Switch("strict", choice.one_in(2), "which source is right")},
        colours={"red": frozenset({3, 4}), "blue": frozenset({9, 0})},
        attributes={
            **known_attributes(),
            "tarpaulin": Attribute("tarpaulin", "boolean", "trip", "load is covered"),
            "tare_share": Attribute("tare_share", "number", "vehicle", "tare over gross mass"),
        },
        country=choice.pick(("MX", "CO", "US", "")), timezone="America/Mexico_City",
    )  # fmt: skip


def versions(choice: Choice, week: dt.date, make: Callable[[], Rule]) -> list[Rule]:
    """Return a rule in one to three versions that follow each other, some with a gap."""
    if not choice.one_in(3):
        return [make()]
    cuts = sorted(week + dt.timedelta(days=n) for n in choice.some(range(8), most=2))
    first: dt.date | None = None
    found = []
    for number, cut in enumerate([*cuts, None]):
        until = None if cut is None else cut - dt.timedelta(days=1)
        if not (number and choice.one_in(4)):
            found.append(replace(make(), version=str(number), valid_from=first, valid_to=until))
        first = cut
    return found


def a_rule(choice: Choice, week: dt.date, rule_id: str, restricting: Sequence[str]) -> Rule:
    if rule_id.startswith("r"):
        effect = choice.pick(("prohibit", "prohibit", "allow_only", "charge", "permit"))
        lifts: tuple[str, ...] = ()
    else:
        effect = choice.pick(("exempt", "exempt", "allow"))
        lifts = tuple(choice.some(restricting, least=effect == "exempt"))
    event = None
    if choice.one_in(3):
        event = EventCondition(
            choice.pick(("smog", "smog", "heat")),
            frozenset(choice.maybe(("I", "II")) if choice.one_in(2) else ()),
            frozenset(choice.maybe(("o3", "pm10")) if choice.one_in(3) else ()),
        )
    return Rule(
        rule_id, rule_id.upper(), effect, event=event, lifts=lifts,
        where=choice.pick(("", "", *ZONES)),
        when=tuple(a_window(choice, week) for _ in range(choice.pick((0, 1, 1, 2, 3)))),
        in_force=on_days(choice, week) if choice.one_in(4) else OnDays(),
        vehicle=a_condition(choice) if not choice.one_in(3) else ALWAYS,
        trip=a_condition(choice, depth=1) if choice.one_in(4) else ALWAYS,
        charge=Charge(12.5, "EUR") if effect == "charge" else None,
        permit=choice.pick(("night", "works", "")) if effect == "permit" else "",
        switches=(("strict", choice.one_in(2)),) if choice.one_in(5) else (),
    )  # fmt: skip


# --- days and hours -------------------------------------------------------------------------------


def a_window(choice: Choice, week: dt.date) -> When:
    if choice.one_in(12):
        return When(opening_hours=choice.pick(OPENING_HOURS))
    days = on_days(choice, week) if choice.one_in(2) else OnDays()
    if choice.one_in(8):
        return When(days)
    if choice.one_in(20):  # more stretches than there are bits in a word
        return When(days, tuple((start, start + 600) for start in range(0, DAY_S, 1200)))
    hours = []
    for _ in range(choice.integer(1, 3)):
        start = choice.pick(EDGES)
        hours.append((start, choice.pick((*EDGES, DAY_S, start))))
    return When(days, tuple(hours))


def on_days(choice: Choice, week: dt.date) -> OnDays:
    kind = choice.integer(0, 6)
    wanted: dict[str, Any] = {}
    near = [week + dt.timedelta(days=n) for n in range(8)]
    if kind in (0, 6):
        wanted["weekdays"] = frozenset(choice.some(range(7), most=5))
    if kind == 1:
        weekdays = choice.some(range(7), most=4)
        wanted["nth"] = tuple((day, frozenset(choice.some((1, 2, 4, 5)))) for day in weekdays)
    if kind == 2:
        months = ((1, 1), (2, 29), (12, 31), (12, 29), (3, 1), (5, 31), (1, 31))
        wanted["season"] = (choice.pick(months), choice.pick(months))
    if kind in (3, 6):
        wanted["holidays"] = choice.pick(("off", "only", "any"))
    if kind == 4:
        wanted["dates"] = frozenset(choice.some(near, most=4))
    if kind in (5, 6) and not (kind == 6 and choice.one_in(2)):
        wanted["calendar"] = "published"
    return OnDays(**wanted)


def a_calendar(choice: Choice, week: dt.date) -> Calendar:
    """Return dates of the week; the weeks lie over two months, of which one may be missing."""
    months = sorted({(week + dt.timedelta(days=n)).month for n in range(-1, 8)})
    known = choice.some(months)
    days = [week + dt.timedelta(days=n) for n in range(-1, 8)]
    some = choice.some([day for day in days if day.month in known], most=6)
    return Calendar("published", {day: frozenset(choice.maybe(range(10))) for day in sorted(some)})


def an_event(choice: Choice, week: dt.date) -> Event:
    days = [week + dt.timedelta(days=n) for n in range(-1, 8)]
    return Event(
        choice.pick(("smog", "smog", "heat")), choice.pick(("I", "II", "preventive")),
        tuple(choice.some(days, most=4)), pollutants=tuple(choice.maybe(("o3", "pm10", "pm25"))),
        parity=choice.pick((None, "odd", "even")), colour=choice.pick((None, "red", "violet")),
        digits=choice.pick((None, frozenset(), frozenset({1, 2, 3}))),
        announced=choice.pick((None, dt.datetime(2025, 12, 27, 15, tzinfo=dt.UTC))),
    )  # fmt: skip


def digit_source(choice: Choice, *, deep: bool = False) -> DigitSource:
    kind = choice.integer(0, 5)
    several = lambda: frozenset(choice.maybe(range(10)))  # noqa: E731
    if kind == 0:
        return DigitSource(fixed=choice.pick((ODD, EVEN, ODD | EVEN, frozenset(), several())))
    if kind == 1:
        days = choice.some(range(7))
        return DigitSource(
            weekday=tuple((day, None if choice.one_in(4) else several()) for day in days)
        )
    if kind == 2:
        days = choice.some(range(7))
        return DigitSource(nth=tuple((day, ((1, ODD), (5, several()), (4, EVEN))) for day in days))
    if kind == 3:
        return DigitSource(calendar="published")
    otherwise = digit_source(choice, deep=True) if not deep and choice.one_in(2) else None
    return DigitSource(event=choice.pick(("parity", "digits", "colour")), otherwise=otherwise)


# --- conditions -----------------------------------------------------------------------------------


def a_condition(choice: Choice, *, depth: int = 2) -> Any:
    kind = choice.integer(0, 12 if depth else 9)
    if kind >= 10:
        parts = tuple(a_condition(choice, depth=depth - 1) for _ in range(choice.integer(0, 3)))
        if kind == 12:
            return Not(a_condition(choice, depth=depth - 1))
        return All(parts) if kind == 10 else AnyOf(parts)
    if kind <= 2:
        name = choice.pick(sorted(TEXTS))
        return Among(name, frozenset(choice.some(TEXTS[name])))
    if kind == 3:
        name = choice.pick(sorted(SETS))
        return Among(name, frozenset(choice.some(SETS[name])))
    if kind == 4:
        name = choice.pick((*sorted(NUMBERS), *CLOCKS, *BOOLEANS, "first_registered"))
        return Within(name, a_span(choice, pool_of(name)))
    if kind == 5:
        ranks = (0, 2, 3, 5, 9)
        return Ranked(choice.pick(("euro", "nom_044")), a_span(choice, ranks))
    if kind == 6:
        return Age(
            a_span(choice, (9, 10, 15, 20)), choice.pick(("model_year", "engine_model_year"))
        )
    if kind == 7:
        return Member(frozenset(choice.some(PROGRAMMES)))
    return PlateDigit(tuple(digit_source(choice) for _ in range(choice.integer(1, 2))))


def pool_of(name: str) -> tuple[float, ...]:
    if name in BOOLEANS:
        return (0, 1)
    if name in CLOCKS:
        return (0, 21_600, 25_200)
    if name == "first_registered":
        return tuple(float(week.toordinal()) for week in WEEKS[:2])
    return NUMBERS[name]


def a_span(choice: Choice, pool: Sequence[float]) -> Span:
    ends = sorted((choice.pick(pool), choice.pick(pool)))
    low = -math.inf if choice.one_in(3) else ends[0]
    high = math.inf if choice.one_in(3) else ends[1]
    return Span(low, high, choice.one_in(2), choice.one_in(2))


# --- cases ----------------------------------------------------------------------------------------

ALL_COLUMNS = (
    *TEXTS, *SETS, *NUMBERS, *CLOCKS, *BOOLEANS, "first_registered", "standard", "model_year",
    "engine_model_year", "programme_membership", "membership_until", "plate_digit",
)  # fmt: skip
EMPTY = (None, None, math.nan, "", "unknown")


def a_case(choice: Choice, columns: Sequence[str], *, empty_one_in: int = 6) -> dict[str, Any]:
    """Return a cell for each column, some of them empty."""
    return {
        name: choice.pick(EMPTY) if choice.one_in(empty_one_in) else a_value(choice, name)
        for name in columns
    }


def a_value(choice: Choice, column: str) -> Any:
    name = column.partition(":")[0]
    if name in TEXTS:
        return choice.pick(TEXTS[name])
    if name in SETS:
        return "; ".join(choice.some(SETS[name], most=2))
    if name in BOOLEANS:
        return choice.pick((True, False, "true", "no"))
    if name in CLOCKS or name in NUMBERS:
        return choice.pick(pool_of(name))
    if name in ("first_registered", "membership_until"):
        date = choice.pick(WEEKS) + dt.timedelta(days=choice.integer(-1, 7))
        return date if choice.one_in(3) else date.isoformat()
    if name == "standard":
        return choice.pick(STANDARDS)
    if name in ("model_year", "engine_model_year"):
        return choice.pick(YEARS)
    if name == "programme_membership":
        return choice.pick((*PROGRAMMES, "none", ";".join(PROGRAMMES)))
    if name == "plate_digit":
        return choice.pick((*(str(n) for n in range(10)), 3, 8.0, "none"))
    raise KeyError(column)


def a_frame(cases: Sequence[dict[str, Any]], columns: Sequence[str]) -> pd.DataFrame:
    """Return cases as a table whose cells are as they were given."""
    names = [f"case {n}" for n in range(len(cases))]
    columns_ = {
        name: pd.Series([case[name] for case in cases], index=names, dtype=object)
        for name in columns
    }
    return pd.DataFrame(columns_, index=names)


def filled(choice: Choice, case: dict[str, Any], *, one_in: int = 2) -> dict[str, Any]:
    """Return the case with some of its empty cells filled by chance."""
    return {
        name: a_value(choice, name) if is_empty(value) and choice.one_in(one_in) else value
        for name, value in case.items()
    }


def is_empty(value: Any) -> bool:
    return value is None or value != value or value in ("", "unknown")


def truths(answers: Sequence[bool | None]) -> np.ndarray:
    """Return answers as the numbers that the engine takes."""
    return np.array([1 if one is None else 2 * int(one) for one in answers], np.int8)


Drawn = tuple[World, list[dict[str, Any]], list[tuple[dt.date, int]]]


@st.composite
def worlds(draw: Any, *, most_rules: int = 6, cases: int = 6) -> Drawn:
    """Draw a world, cases for it and a moment for each: sizes that shrink, the rest by a seed."""
    size, count = draw(st.integers(1, most_rules)), draw(st.integers(1, cases))
    return _with_cases(of_generator(random.Random(draw(st.integers(0, 2**32)))), size, count)


@st.composite
def worlds_that_shrink(draw: Any, *, most_rules: int = 4, cases: int = 3) -> Drawn:
    """Draw the same piece by piece: slower and plainer, for what failed to become small."""
    choice = of_draw(draw)
    return _with_cases(choice, most_rules, choice.integer(1, cases))


def _with_cases(choice: Choice, most_rules: int, count: int) -> Drawn:
    world = a_world(choice, most_rules=most_rules)
    made = [a_case(choice, world.columns) for _ in range(count)]
    return world, made, [world.moments(choice) for _ in made]


# --- cells that the rules of a set ask for --------------------------------------------------------


def cells_named_by(rule_set: RuleSet) -> dict[str, list[Any]]:
    """Return for each attribute that rules ask for: values at and beside their limits, and none."""
    found: dict[str, set[Any]] = {}
    for rule in rule_set.rules:
        if rule.permit:
            found.setdefault("permits", set()).add(rule.permit)
        for leaf in (*_leaves(rule.vehicle), *_leaves(rule.trip)):
            _cells_of(leaf, rule_set, found)
    for name, values in found.items():
        if rule_set.attributes[name].kind in ("text", "set"):
            values |= {"none", "another"} if name != "plate_digit" else {"none"}
    return {name: [None, *sorted(values, key=str)] for name, values in sorted(found.items())}


def _leaves(node: Any) -> list[Any]:
    if isinstance(node, (All, AnyOf)):
        return [leaf for part in node.parts for leaf in _leaves(part)]
    return _leaves(node.part) if isinstance(node, Not) else [node]


def _cells_of(leaf: Any, rule_set: RuleSet, found: dict[str, set[Any]]) -> None:
    if isinstance(leaf, Among):
        found.setdefault(leaf.attribute, set()).update(leaf.values)
    elif isinstance(leaf, Ranked):
        found.setdefault(leaf.attribute, set()).update(STANDARDS)
    elif isinstance(leaf, Age):
        found.setdefault(leaf.basis, set()).update(range(2000, 2027, 3))
    elif isinstance(leaf, Member):
        found.setdefault(leaf.attribute, set()).update(leaf.programmes)
        days = {"2021-12-13", "2022-06-15", "2026-01-30"}
        found.setdefault(leaf.until, set()).update(days)
    elif isinstance(leaf, PlateDigit):
        found.setdefault("plate_digit", set()).update(str(digit) for digit in range(10))
    else:
        kind = rule_set.attributes[leaf.attribute].kind
        ends = [end for end in (leaf.span.low, leaf.span.high) if math.isfinite(end)]
        values = found.setdefault(leaf.attribute, set())
        if kind == "boolean":
            values |= {True, False}
        elif kind == "date":
            values |= {dt.date.fromordinal(int(end) + step) for end in ends for step in (-1, 0, 1)}
        else:
            values |= {end + step for end in ends for step in (-1, 0, 1)}
