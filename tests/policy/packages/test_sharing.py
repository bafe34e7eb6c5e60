"""What each lever contributes, over levers that really change what trucks may do."""

from __future__ import annotations

import math
from itertools import combinations

import pytest

from geofleet.defaults import Defaults
from geofleet.errors import InputError
from geofleet.policy.packages import contributions, interactions
from geofleet.policy.packages.programme_changes import limit_age
from geofleet.policy.packages.rule_changes import AddRule, AnswerSwitch, DeclareEvent, RemoveRule
from geofleet.policy.rules import Rule
from geofleet.policy.rules.conditions import Among

METHODS = ("shapley", "one_at_a_time", "last_in")


@pytest.fixture
def strict(package, smog):
    """A smog day on which members are no longer exempt.

    Forbidden hours: 8 today; 32 with the event (two trucks, sixteen hours each); 16 without the
    exemption (four trucks, four hours); 64 with both.
    """
    return package("strict", event=DeclareEvent(smog), members=RemoveRule("members"))


def test_shapley_by_hand(baseline, strict, hours) -> None:
    """The event: mean of 24 first and 48 last; the exemption: of 8 first and 32 last."""
    found = contributions(baseline, strict, hours)
    assert found.levers["forbidden_h"].to_dict() == {"event": 36.0, "members": 20.0}
    assert found.total["forbidden_h"] == 56.0
    assert found.remainder["forbidden_h"] == 0.0
    assert found.standard_error is None
    assert found.provenance == ("policy_packages:exact_levers_max",)
    assert found.table().index.tolist() == [
        ("lever", "event"), ("lever", "members"), ("rounding", ""), ("total", ""),
    ]  # fmt: skip


def test_one_at_a_time_and_last_leave_the_interaction(baseline, strict, hours) -> None:
    """24 + 8 is not 56, and neither is 48 + 32: they need each other, which is told."""
    alone = contributions(baseline, strict, hours, method="one_at_a_time")
    assert alone.levers["forbidden_h"].to_dict() == {"event": 24.0, "members": 8.0}
    assert alone.remainder["forbidden_h"] == 24.0
    assert alone.table().loc[("interaction", ""), "forbidden_h"] == 24.0
    last = contributions(baseline, strict, hours, method="last_in")
    assert last.levers["forbidden_h"].to_dict() == {"event": 48.0, "members": 32.0}
    assert last.remainder["forbidden_h"] == -24.0
    pair = interactions(baseline, strict, hours)
    assert pair.to_dict("records") == [
        {"lever_id": "event", "other_lever_id": "members", "forbidden_h": 24.0, "unknown_h": 0.0}
    ]


@pytest.mark.parametrize("method", METHODS)
def test_rows_add_up_to_the_total(baseline, strict, hours, method) -> None:
    """As documented, for every method and indicator."""
    table = contributions(baseline, strict, hours, method=method).table()
    assert table.iloc[:-1].sum().tolist() == pytest.approx(table.iloc[-1].tolist())


def _many(package, smog):
    """Five levers, of which one does nothing and two do the same."""
    old = Among("operator_size", frozenset(("31-100",)))
    return package(
        "many",
        cap=limit_age("auto", 15),
        event=DeclareEvent(smog),
        nothing=AddRule(Rule("n", "N", "allow", vehicle=old)),
        one=AddRule(Rule("x1", "X", "exempt", lifts=("morning", "smog"), vehicle=old)),
        other=AddRule(Rule("x2", "X", "exempt", lifts=("morning", "smog"), vehicle=old)),
    )


def test_each_set_of_levers_is_evaluated_once(baseline, package, smog, hours) -> None:
    """All 32 of them, and none again for another method that is handed what is known."""
    many = _many(package, smog)
    found = contributions(baseline, many, hours)
    expected = {tuple(chosen) for size in range(6) for chosen in combinations(many.lever_ids, size)}
    assert sorted(hours.seen) == sorted(expected)
    for method in METHODS:
        contributions(baseline, many, hours, method=method, known=found.coalitions)
    interactions(baseline, many, hours, known=found.coalitions)
    assert len(hours.seen) == 32
    assert found.levers.loc["nothing", "forbidden_h"] == 0.0
    assert found.levers.loc["one", "forbidden_h"] == found.levers.loc["other", "forbidden_h"] < 0


def test_drawn_orders(baseline, package, smog, hours) -> None:
    """Near the exact shares within the errors told; the sum is exact; the same for one seed."""
    many = _many(package, smog)
    exact = contributions(baseline, many, hours)
    hours.seen.clear()
    drawn = contributions(baseline, many, hours, samples=60, seed=11)
    assert drawn.orders == 60
    assert len(hours.seen) == len(set(hours.seen)) <= 32
    off = (drawn.levers - exact.levers).abs()["forbidden_h"]
    error = drawn.standard_error["forbidden_h"]
    assert (off <= 3 * error + 1e-9).all()
    assert error["nothing"] == 0.0
    assert error["event"] > 0.0
    assert drawn.levers.sum()["forbidden_h"] == pytest.approx(exact.total["forbidden_h"])
    again = contributions(baseline, many, hours, samples=60, seed=11)
    assert again.levers.equals(drawn.levers)


def test_many_levers_are_drawn_unless_told(baseline, package, smog, hours) -> None:
    """Beyond the documented number; a seed must be given."""
    many = _many(package, smog)
    few = Defaults({"policy_packages:exact_levers_max": 4, "policy_packages:sampled_orders": 8})
    with pytest.raises(ValueError, match="seed: a number"):
        contributions(baseline, many, hours, defaults=few)
    found = contributions(baseline, many, hours, defaults=few, seed=1)
    assert found.orders == 8
    assert "policy_packages:sampled_orders" in found.provenance
    with pytest.raises(ValueError, match="at most 4 levers, not 5"):
        interactions(baseline, many, hours, defaults=few)


def test_what_cannot_be_asked(baseline, strict, hours) -> None:
    """Methods, samples, and known numbers of something else."""
    with pytest.raises(ValueError, match="no method 'fair'"):
        contributions(baseline, strict, hours, method="fair")
    with pytest.raises(ValueError, match="even number of at least 4, not 5"):
        contributions(baseline, strict, hours, samples=5, seed=1)
    with pytest.raises(ValueError, match="last_in draws no samples"):
        contributions(baseline, strict, hours, method="last_in", samples=4)
    with pytest.raises(ValueError, match="other indicators: forbidden_h, other, unknown_h"):
        contributions(baseline, strict, hours, known={frozenset(): {"other": 1.0}})
    assert hours.seen[-1] == ("event", "members")


def test_contradictions_come_before_any_evaluation(baseline, package, hours) -> None:
    """A set of levers that contradict each other is never asked about."""
    wrong = package(a=AnswerSwitch("freight", True), b=AnswerSwitch("freight", False))
    with pytest.raises(InputError, match="a and b"):
        contributions(baseline, wrong, hours)
    assert hours.seen == []


def test_what_is_unknown_stays_unknown(baseline, strict) -> None:
    """An indicator that no one can tell of one set of levers has no shares."""
    found = contributions(
        baseline, strict, lambda s: {"pm25_g": math.nan if s.levers == ("event",) else 1.0, "n": 1}
    )
    assert found.levers["pm25_g"].isna().all()
    assert found.total["pm25_g"] == 0.0
    assert math.isnan(found.remainder["pm25_g"])
    assert found.levers["n"].tolist() == [0.0, 0.0]


def test_a_package_without_levers_does_nothing(baseline, package, hours) -> None:
    """No rows, a total of zero."""
    found = contributions(baseline, package("empty"), hours)
    assert found.levers.shape == (0, 2)
    assert found.total.tolist() == [0.0, 0.0]
    assert interactions(baseline, package("empty"), hours).empty
