"""Changed days are driven as every day is."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest

from geofleet.defaults import Defaults
from geofleet.policy.day import traversal_decisions
from geofleet.policy.day.drive import ChangedDay, Roads, day_stops, simulated
from geofleet.policy.decisions import ALLOWED, FORBIDDEN
from geofleet.policy.rules.events import Event, EventCondition

HOUR = 3600.0
TIMES = ["arrive_s", "start_s", "depart_s", "late_s"]


def _roads(world: Any, fleet: Any, plan: Any) -> Roads:
    return Roads(
        plan, world.network, fleet, vehicles=list(fleet.vehicles.index), speeds=world.speeds,
        u_turn_radius_m=None, workers=1, defaults=Defaults(),
    )  # fmt: skip


def test_an_unchanged_day_is_driven_to_the_bit(rush: Any) -> None:
    """Routing a planned day again gives its traversals and stops."""
    fleet = rush.fleet("a", "b")
    plan = rush.route(
        fleet, rush.day("a", [5.5, 10.0], depart_h=6.7, window_start=9 * HOUR), rush.day("b", [3.0])
    )
    days = [
        ChangedDay(n, "none", name, stops)
        for n, (name, stops) in enumerate(zip("ab", day_stops(plan), strict=True))
    ]
    again = _roads(rush, fleet, plan).drive(days)
    pd.testing.assert_frame_equal(again.traversals.frame, plan.traversals.frame)
    pd.testing.assert_frame_equal(again.stops[TIMES], plan.stops[TIMES])


def test_a_day_moved_by_nothing_stays(rush: Any) -> None:
    """Kept streets and speeds, and a wait of two minutes at the first delivery."""
    fleet = rush.fleet("a")
    plan = rush.route(fleet, rush.day("a", [5.5, 10.0]))
    stops = day_stops(plan)[0]
    stops.loc[1, "wait_s"] = 120.0
    moved = _roads(rush, fleet, plan).drive([ChangedDay(0, "wait", "a", stops, moved=True)])
    later = moved.traversals.frame["enter_s"] - plan.traversals.frame["enter_s"]
    first = plan.traversals.frame["stop_before"] == 0
    np.testing.assert_allclose(later[first], 0.0, atol=1e-6)
    np.testing.assert_allclose(later[~first], 120.0, atol=1e-6)


def test_times_by_hand_for_several_departures() -> None:
    """Legs of 100 and 200 s, a service of 50 s, a window from 1,000 to 1,100."""
    nan = np.nan
    arrive, start, depart, late = simulated(
        np.array([800.0, 950.0, 1100.0]), np.array([0.0, 100.0, 200.0]),
        np.array([0.0, 50.0, 0.0]), np.array([nan, 1000.0, nan]), np.array([nan, 1100.0, nan]),
    )  # fmt: skip
    assert arrive[:, 1].tolist() == [900.0, 1050.0, 1200.0]
    assert start[:, 1].tolist() == [1000.0, 1050.0, 1200.0]
    assert late[:, 1].tolist() == [0.0, 0.0, 100.0]
    assert arrive[:, 2].tolist() == [1250.0, 1300.0, 1450.0]
    assert depart[:, 1].tolist() == [1050.0, 1100.0, 1250.0]


def test_every_date_has_its_own_answer(road: Any) -> None:
    """An event declared for the second of two days forbids that one alone."""
    fleet = road.fleet("van")
    dates = ("2024-05-14", "2024-05-15")
    plan = road.route(fleet, *(road.day("van", [10.0], date=date) for date in dates))
    rules = road.rules(road.ban(event=EventCondition("contingencia")))
    event = Event("contingencia", "I", (datetime.date(2024, 5, 15),))
    found = traversal_decisions(plan, rules, events=[event], **road.asked(fleet, rules))
    assert found.by_day().tolist() == [ALLOWED, FORBIDDEN]
    effect = road.apply(fleet, plan, rules, events=[event])
    assert effect.frame["outcome"].tolist() == ["allowed", "retimed"]
    first = effect.after.traversals.frame["vehicle_day"] == 0
    before = plan.traversals.frame
    pd.testing.assert_frame_equal(
        effect.after.traversals.frame[first], before[before["vehicle_day"] == 0]
    )
    np.testing.assert_array_equal(effect.grams_after[:20], effect.grams_before[:20])


def test_a_day_is_not_moved_into_another_of_the_same_vehicle(road: Any) -> None:
    """Waiting until 2 o'clock of the next day, on which the vehicle leaves at 1."""
    fleet = road.fleet("van")
    plan = road.route(
        fleet,
        road.day("van", [10.0], depart_h=20.0, date="2024-05-14"),
        road.day("van", [3.0], depart_h=1.0, date="2024-05-15"),
    )
    rules = road.rules(road.ban(20.0, 2.0))
    effect = road.apply(fleet, plan, rules, responses=("wait",))
    assert effect.frame["outcome"].tolist() == ["dropped", "allowed"]
    assert "another day of the vehicle" in effect.frame["not_possible"][0]
    alone = road.apply(fleet, road.route(fleet, road.day("van", [10.0], depart_h=20.0)), rules,
                       responses=("wait",))  # fmt: skip
    assert alone.frame["outcome"].tolist() == ["waits"]
    assert alone.frame["wait_min"][0] == pytest.approx((6 * HOUR - 500) / 60, abs=1e-3)
