"""Ask a rule set about one vehicle at one moment."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from geofleet.policy.decisions import STATUS_WORDS, Decision, decide
from geofleet.policy.rules import Event, RuleSet, read_rules
from geofleet.policy.rules.packs import load_pack

TRUCK = {
    "use": "freight", "body": "rigid", "gvw_kg": 12_000, "length_m": 8.0, "axles": 2,
    "fuel": "diesel", "model_year": 2012, "hologram": "2", "plate_digit": "5",
    "plate_jurisdiction": "local", "programme_membership": "none", "cargo_type": "general",
    "refrigeration": "none", "activity": "drive",
}  # fmt: skip

Ask = Callable[..., Decision]


@pytest.fixture(scope="session")
def ask() -> Ask:
    """Return a question: is the truck, with cells of its own, allowed at a local moment?

    ``inside`` names the geographies that it is in; it is outside of all others.
    """

    def question(
        rules: RuleSet,
        moment: str,
        *,
        inside: Sequence[str] = (),
        events: Sequence[Event] = (),
        **cells: object,
    ) -> Decision:
        when = datetime.datetime.fromisoformat(moment)
        case = pd.DataFrame([{**TRUCK, **cells}], index=["truck"], dtype=object)
        places = {name: name in inside for name in rules.geographies}
        found = decide(rules, case, [when.date()], events=events, inside=places)
        seconds = (when - when.replace(hour=0, minute=0, second=0)).total_seconds()
        return found.explain("truck", when.date(), seconds)

    return question


@pytest.fixture(scope="session")
def words() -> Callable[..., list[str]]:
    """Return a question about several trucks at once: the words of their answers."""

    def question(
        rules: RuleSet,
        moment: str,
        cells: Sequence[dict[str, object]],
        *,
        inside: Sequence[str] = (),
        events: Sequence[Event] = (),
    ) -> list[str]:
        when = datetime.datetime.fromisoformat(moment)
        cases = pd.DataFrame([{**TRUCK, **one} for one in cells], dtype=object)
        places = {name: name in inside for name in rules.geographies}
        found = decide(rules, cases, [when.date()], events=events, inside=places)
        seconds = (when - when.replace(hour=0, minute=0, second=0)).total_seconds()
        numbers = np.arange(len(cases))
        return [STATUS_WORDS[int(n)] for n in found.status_at(numbers, 0 * numbers, seconds)]

    return question


@cache
def _pack(name: str) -> RuleSet:
    return load_pack(name)


@pytest.fixture(scope="session")
def mexico() -> RuleSet:
    """Return the pack of Mexico."""
    return _pack("mexico")


@pytest.fixture(scope="session")
def colombia() -> RuleSet:
    """Return the pack of Colombia."""
    return _pack("colombia")


@pytest.fixture(scope="session")
def elsewhere() -> Callable[[str], RuleSet]:
    """Return a reader of the rule files that stand beside these tests."""
    return cache(lambda name: read_rules(Path(__file__).parent / f"{name}.yaml"))
