"""What rules say of traversals and deliveries, against the engine asked one moment at a time."""

from __future__ import annotations

import dataclasses
import datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geofleet.errors import InputError
from geofleet.policy.day import traversal_decisions
from geofleet.policy.day.moments import first_clear, worst_over
from geofleet.policy.decisions import ALLOWED, CHARGED, FORBIDDEN, UNKNOWN, decide
from geofleet.policy.rules import Charge, Geography, Rule
from geofleet.policy.rules.conditions import Among, Span, Within
from geofleet.policy.rules.days import When

HOUR = 3600.0
DATE = datetime.date(2024, 5, 14)


def _decided(*rules: Rule, days: int = 2) -> Any:
    from geofleet.policy.rules import RuleSet

    dates = [DATE + datetime.timedelta(days=n) for n in range(days)]
    return decide(RuleSet("t", rules), pd.DataFrame(index=["a"]), dates)


@settings(deadline=None, max_examples=40)
@given(
    windows=st.lists(st.tuples(st.integers(0, 23), st.integers(0, 23)), min_size=1, max_size=3),
    start=st.floats(0.0, 30 * HOUR),
    length=st.floats(0.0, 12 * HOUR),
)
def test_the_worst_of_a_stretch_is_that_of_its_moments(
    windows: list[tuple[int, int]], start: float, length: float
) -> None:
    """Sampling a stretch at its start, at every boundary within and between finds the same."""
    rules = [
        Rule(f"r{n}", "r", "prohibit" if n % 2 == 0 else "charge",
             when=(When(hours=((int(a * HOUR), int(b * HOUR)),)),),
             charge=Charge(1.0, "MXN") if n % 2 else None)
        for n, (a, b) in enumerate(windows)
    ]  # fmt: skip
    decisions = _decided(*rules, days=3)
    end = start + length
    worst = worst_over(decisions, [0], [start], [end])
    edges = np.concatenate([decisions.slots[:-1] + 86400 * day for day in range(3)])
    moments = [start, *edges[(edges > start) & (edges < end - 1e-3)].tolist()]
    statuses = [int(decisions.status_at(0, int(t // 86400), t % 86400)) for t in moments]
    assert worst.status[0] == max(statuses)
    assert worst.at_s[0] == moments[statuses.index(max(statuses))]
    clear = first_clear(decisions, 0, start, limit=CHARGED)
    if statuses[0] <= CHARGED:
        assert clear == start
    elif np.isfinite(clear):
        assert int(decisions.status_at(0, int(clear // 86400), clear % 86400)) <= CHARGED
        assert worst_over(decisions, [0], [start], [clear]).status[0] == FORBIDDEN


def test_stretches_end_before_their_end() -> None:
    """Half-open: up to 6:00 is free of a window that opens at 6:00; a moment at 6:00 is not."""
    decisions = _decided(Rule("r", "r", "prohibit", when=(When(hours=((21600, 36000),)),)))
    found = worst_over(decisions, [0, 0, 0, 0], [21000, 21600, 36000, 35999],
                       [21600, 21600, 36100, 36000])  # fmt: skip
    assert found.status.tolist() == [ALLOWED, FORBIDDEN, ALLOWED, FORBIDDEN]
    with pytest.raises(ValueError, match="within the dates"):
        worst_over(decisions, [0], [-1.0], [5.0])


def test_traversals_agree_with_the_engine_asked_one_by_one(ring: Any) -> None:
    """Two vehicles, a ban by hologram and hour: every traversal at its entry and exit."""
    fleet = ring.fleet("a", "b", hologram=["1", "2"])
    plan = ring.route(fleet, ring.day("a", [5.5, 10.0], depart_h=9.7), ring.day("b", [7.0]))
    rules = ring.rules(ring.ban(vehicle=Among("hologram", frozenset({"1"}))))
    asked = ring.asked(fleet, rules)
    found = traversal_decisions(plan, rules, **asked)
    frame = plan.traversals.frame
    leave = frame["enter_s"] + frame["length_m"] / frame["speed_kmh"] * 3.6
    for n in range(len(frame)):
        who = plan.traversals.vehicle_days["vehicle_id"][frame["vehicle_day"][n]]
        inside = {"zone": asked["places"].inside[:, [frame["edge"][n]]][0]}
        one = decide(rules, asked["cases"].loc[[who]], [DATE], inside=inside)
        ends = (frame["enter_s"][n], float(leave[n]) - 0.01)
        assert found.status[n] == max(int(one.status_at(0, 0, t)) for t in ends)
    assert set(found.status.tolist()) == {ALLOWED, FORBIDDEN}
    row = int(np.flatnonzero(found.status == FORBIDDEN)[0])
    assert found.explain_traversal(row).rule_id == "ban"
    assert (found.rule[found.status == FORBIDDEN] == 0).all()
    assert found.by_day().tolist() == [FORBIDDEN, ALLOWED]
    with pytest.raises(KeyError):
        found.explain_stop(0)


@pytest.mark.parametrize(
    ("relation", "hit"),
    [
        ("through", ["c"]),
        ("destination", ["a", "b"]),
        ("origin", ["a", "b"]),
        ("within", ["b"]),
    ],
)
def test_relations_of_legs_to_a_zone(road: Any, relation: str, hit: list[str]) -> None:
    """One delivers inside, one twice inside (within the zone between), one passes through."""
    fleet = road.fleet("a", "b", "c", "d")
    plan = road.route(
        fleet, road.day("a", [5.5]), road.day("b", [5.5, 7.5]), road.day("c", [11.0]),
        road.day("d", [3.0]),
    )  # fmt: skip
    rule = road.ban(0.0, 24.0, trip=Among("trip_relation", frozenset({relation})))
    rules = road.rules(rule, zones=(road.zone(4.9, 8.1),))
    found = traversal_decisions(plan, rules, **road.asked(fleet, rules))
    names = plan.traversals.vehicle_days["vehicle_id"]
    assert [str(name) for name in names[found.by_day() == FORBIDDEN]] == hit


def test_entered_is_the_clock_time_at_the_border(road: Any) -> None:
    """In at 8:08:20 by the link of km 5; a rule on who came in after 8:08 holds, after 8:09 not."""
    fleet = road.fleet("van")
    plan = road.route(fleet, road.day("van", [7.5]))
    for last, status in ((8 * HOUR + 480, FORBIDDEN), (8 * HOUR + 540, ALLOWED)):
        late = Within("entered", Span(low=last, low_open=True))
        rules = road.rules(road.ban(0.0, 8.3, trip=late), zones=(road.zone(4.9, 9.1),))
        found = traversal_decisions(plan, rules, **road.asked(fleet, rules))
        assert found.by_day().tolist() == [status]
        assert found.stop_status[1] == status


def test_who_begins_inside_entered_at_midnight(road: Any) -> None:
    """The depot lies in the zone: 0 until it leaves, the hour of return afterwards."""
    fleet = road.fleet("van")
    plan = road.route(fleet, road.day("van", [5.0]))
    early = Within("entered", Span(high=0.0))
    rules = road.rules(road.ban(0.0, 24.0, trip=early), zones=(road.zone(-0.1, 2.1),))
    found = traversal_decisions(plan, rules, **road.asked(fleet, rules))
    out, back = found.status[:2], found.status[-2:]
    assert (out == FORBIDDEN).all()
    assert (back == ALLOWED).all()


def test_an_area_that_nobody_supplied_is_unknown(road: Any) -> None:
    """Every link may lie in it; the report says what is missing."""
    fleet = road.fleet("van")
    plan = road.route(fleet, road.day("van", [5.0]))
    rules = road.rules(road.ban(0.0, 24.0), zones=(Geography("zone", "somewhere"),))
    found = traversal_decisions(plan, rules, **road.asked(fleet, rules))
    assert (found.status == UNKNOWN).all()
    assert "inside somewhere" in found.explain_traversal(0).missing[0]


def test_mass_with_load_is_that_of_the_leg(road: Any) -> None:
    """2,300 kg empty, 200 kg out, 100 kg on: a limit of 2,450 kg holds on the first leg alone."""
    fleet = road.fleet("van")
    plan = road.route(fleet, road.day("van", [3.0, 6.0]))
    heavy = Within("gvw_actual_kg", Span(low=2450.0))
    rules = road.rules(road.ban(0.0, 24.0, vehicle=heavy), zones=(road.zone(-0.1, 12.1),))
    found = traversal_decisions(plan, rules, **road.asked(fleet, rules))
    first = plan.traversals.frame["stop_before"].to_numpy() == 0
    np.testing.assert_array_equal(found.status == FORBIDDEN, first)


def test_links_that_places_do_not_know_are_refused(road: Any, ring: Any) -> None:
    """Places of fewer links than are driven, or of another network."""
    fleet = ring.fleet("van")
    plan = ring.route(fleet, ring.day("van", [10.0]))
    rules = ring.rules(ring.ban())
    asked = road.asked(fleet, rules)
    with pytest.raises(InputError, match="a place for each of the 30 links"):
        ring.apply(fleet, plan, rules, **asked)
    few = dataclasses.replace(asked["places"], inside=asked["places"].inside[:, :5])
    with pytest.raises(InputError, match="places of all links"):
        traversal_decisions(plan, rules, places=few, cases=asked["cases"])
