"""Rules by hour: which act when, which stand first, where they forbid."""

from __future__ import annotations

import numpy as np
import pytest

from geofleet.layers import Layer
from geofleet.layers.policy_zones import policy_rules_layer
from geofleet.maps.hours import binding, hour_spans, overlapped, rules_spec
from geofleet.policy.rules import Rule, RuleSet


def test_spans_reach_into_hours_and_back() -> None:
    """A window that ends at 10:00 does not reach into ten o'clock, one to 10:01 does."""
    assert overlapped("06:00-10:00").nonzero()[0].tolist() == [6, 7, 8, 9]
    assert overlapped("06:59-10:01, 23:30-24:00").nonzero()[0].tolist() == [6, 7, 8, 9, 10, 23]
    assert not overlapped(None).any()
    assert hour_spans(np.isin(np.arange(24), [0, 1, 23])) == "00:00–02:00, 23:00–24:00"


def test_zones_are_hatched_by_what_forbids_alone(contingency: dict[str, Layer]) -> None:
    """The exemption that lifts the ban is told in the zone, but does not hatch it."""
    rules, places = rules_spec(contingency["policy_rules"].frame)
    assert [rule["name"][:3] for rule in rules] == ["Ban", "Hol", "No "]
    assert places["zone"] == {"rules": [0, 1], "binds": "0" * 6 + "2222" + "0" * 14}
    assert rules[1]["binds"] == "2" * 24
    lifted = {label["en"]: text["en"] for label, text in rules[1]["rows"]}
    assert lifted["Takes out of"] == rules[0]["name"]
    with pytest.raises(ValueError, match="made for a date"):
        binding(policy_rules_layer(RuleSet("t", (Rule("a", "A", "prohibit"),))).frame)


def test_rules_say_whom_they_mean_in_both_languages(contingency: dict[str, Layer]) -> None:
    """Words of the vehicles and the effect are translated, the rule's own name is not."""
    rules, _ = rules_spec(contingency["policy_rules"].frame)
    rows = {label["en"]: (text["en"], text["es"]) for label, text in rules[0]["rows"]}
    assert rows["Effect"] == ("forbids", "prohíbe")
    assert rows["Who"][0] != rows["Who"][1]
    assert rows["Acts on this date"] == ("06:00-10:00", "06:00-10:00")


def test_rules_that_decide_stand_first_and_hatch_alone(contingency: dict[str, Layer]) -> None:
    """Named by id or by name; what lifts them comes along; the others still tell of themselves."""
    frame = contingency["policy_rules"].frame
    for name in ("evening", "No music"):
        rules, places = rules_spec(frame, deciding=[name])
        assert [rule["name"][:3] for rule in rules] == ["No ", "Ban", "Hol"]
        assert [rule["decides"] for rule in rules] == [True, False, False]
        assert places["zone"]["binds"] == "0" * 24
    rules, _ = rules_spec(frame, deciding=["ban"])
    assert [rule["decides"] for rule in rules] == [True, True, False]
