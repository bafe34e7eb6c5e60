"""Packages beside a baseline, and where their numbers come from."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from geofleet.errors import InputError
from geofleet.policy.packages import compare
from geofleet.policy.packages.programme_changes import limit_age, limit_to_electric
from geofleet.policy.packages.rule_changes import (
    AddRule,
    AnswerSwitch,
    DeclareEvent,
    RemoveRule,
)
from geofleet.policy.rules import Rule
from geofleet.policy.rules.conditions import Among


def _packages(package, smog):
    electric = Among("fuel", frozenset(("electric",)))
    return [
        package("strict", members=RemoveRule("members"), smog=DeclareEvent(smog)),
        package("mild", cap=limit_age("auto", 15)),
        package("open", all=AddRule(Rule("e", "E", "exempt", lifts=("morning",))),
                dead=AnswerSwitch("freight", False), el=limit_to_electric("auto")),
        package("none_of_it", e=AddRule(Rule("n", "N", "allow", vehicle=electric))),
    ]  # fmt: skip


def test_indicators_and_differences(baseline, package, smog, hours) -> None:
    """Worked by hand: eight hours today; on a smog day without members' exemption four trucks
    stand sixteen hours."""
    found = compare(baseline, _packages(package, smog), hours)
    assert found.indicators["forbidden_h"].to_dict() == {
        "baseline": 8.0, "strict": 64.0, "mild": 12.0, "open": 0.0, "none_of_it": 8.0,
    }  # fmt: skip
    assert found.differences["forbidden_h"].to_dict() == {
        "strict": 56.0, "mild": 4.0, "open": -8.0, "none_of_it": 0.0,
    }  # fmt: skip
    relative = found.relative()
    assert relative.loc["strict", "forbidden_h"] == 7.0
    assert math.isnan(relative.loc["strict", "unknown_h"])
    assert hours.seen == [(), ("members", "smog"), ("cap",), ("all", "dead", "el"), ("e",)]
    assert found.notes().to_numpy().tolist() == [
        ["mild", "auto, age: 1 members lost"], ["open", "auto, technology: 2 members lost"],
    ]  # fmt: skip


def test_rules_behind_each_row(baseline, package, smog, hours) -> None:
    """Those that count on the day, by the answers to switches."""
    sources = compare(baseline, _packages(package, smog), hours).sources()
    rules = sources.groupby("package_id")["rule_id"].agg(set)
    assert rules["baseline"] == {"morning", "smog", "members", "clean"}
    assert rules["strict"] == {"morning", "smog", "clean"}
    assert rules["open"] == {"morning", "members", "clean", "e"}
    levers = sources.groupby("package_id")["levers"].first()
    assert levers["strict"] == "members;smog"
    assert set(sources["status"]) == {"user"}


def test_elsewhere_is_as_here(baseline, package, smog, hours) -> None:
    """An executor gives the same numbers in the same order."""
    packages = _packages(package, smog)
    with ThreadPoolExecutor(2) as executor:
        there = compare(baseline, packages, hours, executor=executor)
    assert there.indicators.equals(compare(baseline, packages, hours).indicators)


def test_faults_of_all_packages_are_told_at_once(baseline, package, hours) -> None:
    """Before anything is evaluated."""
    packages = [
        package("one", a=RemoveRule("x")), package("two", b=RemoveRule("y")),
        package("baseline", c=RemoveRule("morning")), package("one", d=RemoveRule("smog")),
    ]  # fmt: skip
    with pytest.raises(InputError) as caught:
        compare(baseline, packages, hours)
    assert [problem.value for problem in caught.value.problems] == ["x", "y", "baseline", "one"]
    assert hours.seen == []


def test_evaluations_give_the_same_indicators(baseline, package) -> None:
    """Else a table would have holes that look like zeros."""
    one = package("one", a=RemoveRule("morning"))
    with pytest.raises(ValueError, match="not all give extra"):
        compare(baseline, [one], lambda s: {"x": 1.0} | ({"extra": 2.0} if s.levers else {}))


def test_a_scenario_is_about_a_day(baseline) -> None:
    """Without any there is nothing to say."""
    with pytest.raises(InputError, match="at least one date"):
        replace(baseline, dates=())
