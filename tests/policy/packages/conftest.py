"""A city with a morning ban and a smog ban, five trucks, and levers on both."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from shapely.geometry import box

from geofleet.fleet import Fleet
from geofleet.policy.decisions import FORBIDDEN, UNKNOWN, decide
from geofleet.policy.packages import Lever, PolicyPackage, Scenario
from geofleet.policy.rules import Event, Geography, Rule, RuleSet
from geofleet.policy.rules.conditions import Among, Member, Span, Within
from geofleet.policy.rules.days import When
from geofleet.policy.rules.events import EventCondition
from geofleet.policy.rules.model import Switch

DAY = dt.date(2026, 2, 17)
TRUCKS = Within("gvw_kg", Span(low=3500, low_open=True))

_ROW = {"vehicle_class": "rigid_12t", "fuel": "diesel", "gvw_kg": 11000.0,
        "payload_capacity_kg": 6000.0, "aftertreatment": None, "programme_membership": "none",
        "membership_until": None}  # fmt: skip
_MEMBER = {"programme_membership": "auto", "membership_until": "2026-12-31"}
_VEHICLES = {
    "v1": {"operator_id": "A", "standard": "euro_2", "model_year": 2002, **_MEMBER},
    "v2": {"operator_id": "A", "standard": "euro_5", "model_year": 2013, **_MEMBER},
    "v3": {"operator_id": "A", "fuel": "electric", "standard": "none", "model_year": 2022},
    "v4": {"operator_id": "B", "standard": "euro_6", "model_year": 2018},
    "v5": {"operator_id": "B", "standard": "unknown", "model_year": 2010},
}


def make_fleet(changes: Mapping[str, Mapping[str, Any]] | None = None) -> Fleet:
    """Return the five trucks, some cells changed."""
    rows = {
        name: {**_ROW, **row, **(changes or {}).get(name, {})} for name, row in _VEHICLES.items()
    }
    vehicles = pd.DataFrame.from_dict(rows, orient="index")
    vehicles.index.name = "vehicle_id"
    operators = pd.DataFrame(
        {"name": ["A", "B"], "fleet_size": [3, 40], "operator_size": ["1-5", "31-100"]},
        index=pd.Index(["A", "B"], name="operator_id"),
    )
    return Fleet(vehicles, operators)


def make_rules() -> RuleSet:
    """Return a morning ban, a smog ban until 22:00, and an exemption of members from both."""
    morning = Rule("morning", "Morning", "prohibit", where="city",
                   when=(When(hours=((6 * 3600, 10 * 3600),)),), vehicle=TRUCKS)  # fmt: skip
    smog = Rule("smog", "Smog", "prohibit", when=(When(hours=((10 * 3600, 22 * 3600),)),),
                vehicle=TRUCKS, event=EventCondition("contingencia", frozenset(("I",))),
                switches=(("freight", True),))  # fmt: skip
    members = Rule("members", "Members", "exempt", lifts=("morning", "smog"),
                   vehicle=Member(frozenset(("auto",))))  # fmt: skip
    clean = Rule("clean", "Electric", "exempt", lifts=("morning", "smog"),
                 vehicle=Among("fuel", frozenset(("electric",))))  # fmt: skip
    return RuleSet(
        "town", (morning, smog, members, clean),
        geographies={
            "city": Geography("city", "City", box(-99.2, 19.3, -99.1, 19.4)),
            "core": Geography("core", "Core", None),
        },
        switches={"freight": Switch("freight", True, "Freight is meant too")},
        timezone="America/Mexico_City",
    )  # fmt: skip


@pytest.fixture
def fleet() -> Callable[..., Fleet]:
    return make_fleet


@pytest.fixture
def baseline() -> Scenario:
    return Scenario(make_rules(), make_fleet(), (DAY,))


@pytest.fixture
def smog() -> Event:
    return Event("contingencia", "I", (DAY,), area="ZMVM", parity="even")


class Hours:
    """Hours of a whole day in town in which trucks may not drive, and of which it is unknown."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, ...]] = []

    def __call__(self, scenario: Scenario) -> dict[str, float]:
        self.seen.append(scenario.levers)
        inside = dict.fromkeys(scenario.rule_set.geographies, True)
        found = decide(scenario.rule_set, scenario.known_cases, scenario.dates, inside=inside,
                       events=scenario.events, assume=scenario.assume)  # fmt: skip
        return {
            "forbidden_h": float(found.hours(FORBIDDEN).to_numpy().sum()),
            "unknown_h": float(found.hours(UNKNOWN).to_numpy().sum()),
        }


@pytest.fixture
def hours() -> Hours:
    return Hours()


@pytest.fixture
def package() -> Callable[..., PolicyPackage]:
    """Make a package of levers given as changes by lever id."""

    def make(package_id: str = "p", **changes: Any) -> PolicyPackage:
        levers = [
            Lever(name, name.title(), one if isinstance(one, tuple) else (one,))
            for name, one in changes.items()
        ]
        return PolicyPackage(package_id, tuple(levers), "P")

    return make


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    def one(text: str) -> Path:
        path = tmp_path / "packages.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return one
