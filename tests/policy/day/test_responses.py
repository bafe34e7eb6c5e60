"""Responses to forbidden days, each worked out by hand: 1 km takes 100 s."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from geofleet.defaults import Defaults
from geofleet.errors import InputError
from geofleet.policy.decisions import FORBIDDEN
from geofleet.policy.rules.conditions import Among
from geofleet.policy.rules.model import Charge, Rule

HOUR = 3600.0


def _row(effect: Any, vehicle: str = "van") -> pd.Series:
    return effect.frame.set_index("vehicle_id").loc[vehicle]


def _clean(effect: Any) -> None:
    """Nothing that is driven or unloaded afterwards is forbidden, and the account adds up."""
    assert (effect.decisions_after.status < FORBIDDEN).all()
    assert (effect.decisions_after.stop_status < FORBIDDEN).all()
    np.testing.assert_allclose(effect.difference()["rest"], 0.0, atol=1e-8)


def test_no_rule_that_holds_changes_nothing(ring: Any) -> None:
    """Without a rule in force the day after is the day before, to the bit."""
    fleet = ring.fleet("van")
    plan = ring.route(fleet, ring.day("van", [10.0]))
    rules = ring.rules(ring.ban(vehicle=Among("hologram", frozenset({"1"}))))
    effect = ring.apply(fleet, plan, rules)
    assert effect.after is plan
    assert effect.grams_after is effect.grams_before
    pd.testing.assert_frame_equal(effect.emissions_before.frame, effect.emissions_after.frame)
    assert _row(effect)["outcome"] == "allowed"
    assert _row(effect)["cost"] == 0.0
    assert effect.account["part"].unique().tolist() == ["stayed"]


def test_waits_at_the_depot_until_the_window_is_over(road: Any) -> None:
    """It would come to km 5 at 8:08:20 and waits so long that it does at 10:00."""
    fleet = road.fleet("van")
    plan = road.route(fleet, road.day("van", [10.0]))
    effect = road.apply(fleet, plan, road.rules(road.ban()), responses=("wait",))
    row = _row(effect)
    assert (row["status"], row["outcome"], row["rule_id"]) == ("forbidden", "waits", "ban")
    assert row["wait_min"] == pytest.approx((10 * HOUR - (8 * HOUR + 500)) / 60, abs=1e-3)
    assert row["added_h"] * HOUR == pytest.approx(6700.0, abs=0.1)
    assert row["time_cost"] == pytest.approx(6700 / HOUR * 110.0, abs=0.01)
    assert row["moved"] == 1
    assert row["cost"] == pytest.approx(row["time_cost"] + 10.0)
    frame = effect.after.traversals.frame
    assert frame["enter_s"][5] == pytest.approx(10 * HOUR, abs=0.01)
    assert effect.after.stops["start_s"][1] == pytest.approx(10 * HOUR + 500, abs=0.01)
    _clean(effect)


def test_waits_on_the_way_at_the_stop_before(road: Any) -> None:
    """A first delivery at km 3 is made in time; the wait for 9:00 is there, after its service."""
    fleet = road.fleet("van")
    plan = road.route(fleet, road.day("van", [3.0, 10.0]))
    effect = road.apply(fleet, plan, road.rules(road.ban(8.2, 9.0)), responses=("wait",))
    stops = effect.after.stops
    assert stops["start_s"][1] == pytest.approx(8 * HOUR + 300)
    assert stops["wait_s"][1] == pytest.approx(9 * HOUR - (8 * HOUR + 300 + 600 + 200), abs=0.01)
    assert stops["wait_s"].gt(0).sum() == 1
    assert _row(effect)["moved"] == 1
    _clean(effect)


def test_waits_at_the_door_when_only_unloading_is_forbidden(road: Any) -> None:
    """It drives to km 5.5 as planned and unloads when the window is over."""
    fleet = road.fleet("van")
    plan = road.route(fleet, road.day("van", [5.5]))
    rule = road.ban(8.0, 9.0, trip=Among("activity", frozenset({"unload"})))
    effect = road.apply(fleet, plan, road.rules(rule), responses=("wait",))
    stops = effect.after.stops
    assert stops["arrive_s"][1] == pytest.approx(8 * HOUR + 550)
    assert stops["start_s"][1] == pytest.approx(9 * HOUR, abs=0.01)
    _clean(effect)


def test_a_service_that_runs_into_a_window_is_forbidden(road: Any) -> None:
    """Unloading from 8:09:10 to 8:19:10 is forbidden by a window that opens at 8:15."""
    fleet = road.fleet("van")
    plan = road.route(fleet, road.day("van", [5.5]))
    trip = Among("activity", frozenset({"unload"}))
    late = road.apply(fleet, plan, road.rules(road.ban(8.25, 9.0, trip=trip)), responses=("wait",))
    assert late.decisions.stop_status.tolist() == [-1, FORBIDDEN, -1]
    beyond = road.apply(fleet, plan, road.rules(road.ban(8.35, 9.0, trip=trip)))
    assert _row(beyond)["outcome"] == "allowed"


def test_retimes_by_the_smallest_step_that_does(road: Any) -> None:
    """9:51:40 is the earliest departure; the grid of 15 minutes gives 10:00."""
    fleet = road.fleet("van")
    plan = road.route(fleet, road.day("van", [10.0]))
    effect = road.apply(fleet, plan, road.rules(road.ban()), responses=("retime",))
    row = _row(effect)
    assert (row["outcome"], row["shift_min"]) == ("retimed", 120.0)
    assert row["cost"] == pytest.approx(100.0 + 10.0)
    assert effect.after.traversals.vehicle_days["depart_s"][0] == 10 * HOUR
    _clean(effect)


def test_retimes_only_within_the_windows_of_deliveries(road: Any) -> None:
    """A delivery that must begin by 9:00 cannot be retimed into the afternoon, only earlier."""
    fleet = road.fleet("van")
    stops = road.day("van", [10.0], window_start=5 * HOUR, window_end=9 * HOUR)
    plan = road.route(fleet, stops)
    effect = road.apply(fleet, plan, road.rules(road.ban()), responses=("retime",))
    # out of the zone again 2,100 s after leaving: by 6:00 with a departure at 5:15, not 5:30
    assert _row(effect)["shift_min"] == -165.0
    stops = road.day("van", [10.0], window_start=8 * HOUR, window_end=9 * HOUR)
    strict = road.apply(fleet, road.route(fleet, stops), road.rules(road.ban()),
                        responses=("retime",))  # fmt: skip
    assert _row(strict)["outcome"] == "dropped"
    assert _row(strict)["driven_by"] == ""


def test_late_deliveries_cost_what_the_rows_say(road: Any) -> None:
    """Waiting for 10:00 makes a delivery of 9:00 late by 1 h 8 min 20 s."""
    fleet = road.fleet("van")
    plan = road.route(fleet, road.day("van", [10.0], window_end=9 * HOUR))
    effect = road.apply(fleet, plan, road.rules(road.ban()), responses=("wait",))
    row = _row(effect)
    assert (row["late"], row["moved"]) == (1, 0)
    assert row["late_cost"] == pytest.approx(50.0 + 100.0 * 4100 / HOUR, abs=1e-3)
    assert effect.deliveries() == {
        "deliveries": 1, "late": 1, "moved": 0, "cancelled": 0, "undelivered_kg": 0.0,
    }  # fmt: skip


def test_drives_around_a_zone_of_one_link(ring: Any) -> None:
    """The way round is 2 km longer each way."""
    fleet = ring.fleet("van")
    plan = ring.route(fleet, ring.day("van", [10.0]))
    effect = ring.apply(fleet, plan, ring.rules(ring.ban()), responses=("reroute",))
    row = _row(effect)
    assert row["outcome"] == "rerouted"
    assert row["added_km"] == pytest.approx(4.0, abs=1e-6)
    assert row["added_h"] == pytest.approx(400 / HOUR, abs=1e-6)
    assert row["distance_cost"] == pytest.approx(4.0 * 1.2)
    edges = set(effect.after.traversals.frame["edge"])
    assert ring.edge(5) not in edges
    _clean(effect)


def test_only_through_traffic_keeps_out_who_does_not_deliver_inside(ring: Any) -> None:
    """With a rule on through trips a delivery inside is allowed, and others drive around."""
    fleet = ring.fleet("van", "other")
    plan = ring.route(fleet, ring.day("van", [5.5]), ring.day("other", [10.0]))
    rule = ring.ban(trip=Among("trip_relation", frozenset({"through"})))
    effect = ring.apply(fleet, plan, ring.rules(rule), responses=("reroute",))
    assert _row(effect, "van")["outcome"] == "allowed"
    assert _row(effect, "other")["outcome"] == "rerouted"
    both = ring.route(fleet, ring.day("van", [5.5, 10.0, 8.0]))
    mixed = ring.apply(fleet, both, ring.rules(rule), responses=("reroute",))
    # only the way back from km 8 leads through: 2 km more once
    assert _row(mixed)["added_km"] == pytest.approx(2.0, abs=1e-6)
    _clean(mixed)


def test_an_idle_exempt_vehicle_takes_the_day_over(road: Any) -> None:
    """It drives the same streets at the same times; its own grams replace the others."""
    fleet = road.fleet("clean", "van", hologram=["00", "2"], standard=["euro_6", "euro_4"])
    plan = road.route(fleet, road.day("van", [10.0]))
    rules = road.rules(road.ban(), road.exempt())
    effect = road.apply(fleet, plan, rules, responses=("swap",))
    row = _row(effect)
    assert (row["outcome"], row["driven_by"]) == ("swapped", "clean")
    assert row["swap_cost"] == 250.0
    grams = effect.grams("pm25_exhaust_g").iloc[0]
    assert grams["swapped_out"] == pytest.approx(-grams["before"])
    assert grams["swapped_in"] == pytest.approx(grams["after"])
    assert grams["after"] < 0.5 * grams["before"]
    days = effect.after.traversals.vehicle_days
    assert days["vehicle_id"].tolist() == ["clean"]
    _clean(effect)


@pytest.mark.parametrize(
    "changes",
    [
        {"payload_capacity_kg": [99.0, 1200.0]},
        {"operator_id": ["another", "op"]},
        {"refrigeration": ["none", "frozen"]},
        {"lift_gate": [False, True]},
    ],
)
def test_a_vehicle_that_does_not_fit_takes_nothing_over(road: Any, changes: Any) -> None:
    """Too small, of another operator, not cooled, without the gate: the day is cancelled."""
    fleet = road.fleet("clean", "van", hologram=["00", "2"], **changes)
    plan = road.route(fleet, road.day("van", [10.0]))
    effect = road.apply(fleet, plan, road.rules(road.ban(), road.exempt()), responses=("swap",))
    assert _row(effect)["outcome"] == "dropped"


def test_one_idle_vehicle_takes_one_day(road: Any) -> None:
    """Of two forbidden days the one that saves more gets it; with two vehicles both do."""
    names, hologram = ("clean", "near", "far"), ["00", "2", "2"]
    fleet = road.fleet(*names, hologram=hologram)
    plan = road.route(fleet, road.day("near", [7.0]), road.day("far", [7.0, 9.0, 11.0]))
    rules = road.rules(road.ban(), road.exempt())
    effect = road.apply(fleet, plan, rules, responses=("swap", "drop"))
    assert _row(effect, "far")["outcome"] == "swapped"
    assert _row(effect, "near")["outcome"] == "dropped"
    fleet = road.fleet("also", *names, hologram=["00", *hologram])
    both = road.apply(fleet, plan, rules, responses=("swap", "drop"))
    assert sorted(both.frame["driven_by"]) == ["also", "clean"]


def test_an_electric_vehicle_takes_over_no_day_beyond_its_range(road: Any) -> None:
    """The day is 20 km long."""
    fleet = road.fleet("ev", "van", hologram=["00", "2"], fuel=["electric", "diesel"],
                       standard=["none", "euro_4"])  # fmt: skip
    plan = road.route(fleet, road.day("van", [10.0]))
    rules = road.rules(road.ban(), road.exempt())
    for km, outcome in ((20.5, "swapped"), (19.5, "dropped")):
        effect = road.apply(fleet, plan, rules, responses=("swap",), range_km={"ev": km})
        assert _row(effect)["outcome"] == outcome


def test_two_vehicles_change_days(road: Any) -> None:
    """The exempt one has a day of its own that does not lead into the zone."""
    fleet = road.fleet("clean", "van", hologram=["00", "2"])
    plan = road.route(fleet, road.day("clean", [3.0]), road.day("van", [10.0]))
    effect = road.apply(fleet, plan, road.rules(road.ban(), road.exempt()), responses=("swap",))
    assert effect.frame["driven_by"].tolist() == ["van", "clean"]
    assert effect.frame["outcome"].tolist() == ["swapped", "swapped"]
    assert effect.frame["swap_cost"].tolist() == [250.0, 250.0]
    _clean(effect)


def test_deliveries_inside_are_dropped_and_the_rest_driven_around(ring: Any) -> None:
    """Of km 5.5 and km 10 the first is left out; both ways lead around."""
    fleet = ring.fleet("van")
    plan = ring.route(fleet, ring.day("van", [5.5, 10.0]))
    effect = ring.apply(fleet, plan, ring.rules(ring.ban(0.0, 24.0)), responses=("drop",))
    row = _row(effect)
    assert (row["outcome"], row["cancelled"], row["undelivered_kg"]) == ("dropped", 1, 100.0)
    assert row["dropped_cost"] == 400.0
    assert row["added_km"] == pytest.approx(4.0, abs=1e-6)
    stops = effect.after.stops
    assert stops["status"].tolist() == ["reached", "cancelled", "reached", "reached"]
    assert stops["payload_kg"].iloc[0] == 100.0
    assert (effect.after.traversals.frame["stop_before"].unique() == [0, 2]).all()
    _clean(effect)


def test_a_cancelled_day_is_counted_apart(road: Any) -> None:
    """All grams of the day are cancelled, none moved, and the delivery is not made."""
    fleet = road.fleet("van")
    plan = road.route(fleet, road.day("van", [10.0]))
    effect = road.apply(fleet, plan, road.rules(road.ban(0.0, 24.0)))
    row = _row(effect)
    assert (row["outcome"], row["driven_by"], row["cancelled"]) == ("dropped", "", 1)
    assert row["added_km"] == pytest.approx(-20.0)
    grams = effect.grams("pm25_exhaust_g").iloc[0]
    assert grams["after"] == 0.0
    assert grams["cancelled"] == pytest.approx(-grams["before"])
    assert grams["moved_out"] == 0.0
    assert effect.outcomes().loc["dropped", "vehicle_days"] == 1
    days = effect.after.traversals.vehicle_days
    assert np.isnan(days["depart_s"][0])
    _clean(effect)


def test_the_cheapest_response_is_taken(ring: Any) -> None:
    """Around costs 4 km and 400 s, some 25 pesos; another departure 110, or 10 if it is free."""
    fleet = ring.fleet("van")
    plan = ring.route(fleet, ring.day("van", [10.0]))
    rules = ring.rules(ring.ban())
    assert _row(ring.apply(fleet, plan, rules))["outcome"] == "rerouted"
    free = Defaults({"policy_day:retime.cost_per_day": 0.0})
    row = _row(ring.apply(fleet, plan, rules, defaults=free))
    assert (row["outcome"], row["cost"]) == ("retimed", pytest.approx(10.0))


def test_nobody_works_longer_than_a_shift(road: Any) -> None:
    """Waiting from 8:00 until 19:00 for a window would be too long a day."""
    fleet = road.fleet("van")
    plan = road.route(fleet, road.day("van", [10.0]))
    effect = road.apply(fleet, plan, road.rules(road.ban(6.0, 19.0)), responses=("wait",))
    row = _row(effect)
    assert row["outcome"] == "dropped"
    assert "longer than a shift" in row["not_possible"]


def test_overtime_is_paid_beyond_eight_hours(road: Any) -> None:
    """Waiting until 16:00 makes a day of 8 h 26 min 40 s."""
    fleet = road.fleet("van")
    plan = road.route(fleet, road.day("van", [10.0]))
    effect = road.apply(fleet, plan, road.rules(road.ban(6.0, 16.0)), responses=("wait",))
    seconds = 16 * HOUR + 500 + 600 + 1000 - 8 * HOUR - 8 * HOUR
    assert _row(effect)["overtime_cost"] == pytest.approx(seconds / HOUR * 75.0, abs=0.01)


def test_what_is_unknown_drives_and_is_never_allowed(road: Any) -> None:
    """A van without a hologram: by default it drives and is counted; else it must respond."""
    fleet = road.fleet("van", hologram=None)
    plan = road.route(fleet, road.day("van", [10.0]))
    rules = road.rules(road.ban(vehicle=Among("hologram", frozenset({"2"}))))
    effect = road.apply(fleet, plan, rules)
    row = _row(effect)
    assert (row["outcome"], row["missing"]) == ("unknown", "hologram")
    assert effect.after is plan
    assert effect.report()["unknown_after"] == 1
    strict = road.apply(fleet, plan, rules, unknown_drives=False)
    assert _row(strict)["outcome"] == "retimed"
    assumed = road.apply(fleet, plan, rules, assume={"hologram": "2"})
    assert _row(assumed)["status"] == "forbidden"


def test_driving_past_midnight_is_on_the_next_date(road: Any) -> None:
    """A ban on Wednesday from 0 to 6 stops a drive that began on Tuesday at 23:55."""
    fleet = road.fleet("van")
    plan = road.route(fleet, road.day("van", [10.0], depart_h=23 + 55 / 60))
    wednesday = road.ban(0.0, 6.0)
    days = wednesday.when[0].days
    import dataclasses

    when = dataclasses.replace(wednesday.when[0], days=dataclasses.replace(
        days, weekdays=frozenset({2})))  # fmt: skip
    rule = dataclasses.replace(wednesday, when=(when,))
    effect = road.apply(fleet, plan, road.rules(rule), responses=("wait",))
    assert _row(effect)["status"] == "forbidden"
    assert effect.after.traversals.frame["enter_s"][5] == pytest.approx(30 * HOUR, abs=0.01)
    _clean(effect)


def test_wrong_settings_are_named(road: Any) -> None:
    """Unknown responses and vehicles without a case."""
    fleet = road.fleet("van")
    plan = road.route(fleet, road.day("van", [10.0]))
    with pytest.raises(InputError, match="fly"):
        road.apply(fleet, plan, road.rules(road.ban()), responses=("fly",))
    cases = road.asked(fleet, road.rules(road.ban()))["cases"].drop(index="van")
    with pytest.raises(InputError, match="a row for each vehicle"):
        road.apply(fleet, plan, road.rules(road.ban()), cases=cases)


def test_time_at_the_door_is_waited(road: Any) -> None:
    """There at 8:09:10, unloading from 9:00: 50 min 50 s at the door."""
    fleet = road.fleet("van")
    plan = road.route(fleet, road.day("van", [5.5]))
    rule = road.ban(8.0, 9.0, trip=Among("activity", frozenset({"unload"})))
    row = _row(road.apply(fleet, plan, road.rules(rule), responses=("wait",)))
    assert row["wait_min"] == pytest.approx(50 + 50 / 60, abs=1e-3)
    # a window of the plan's own that opens at 8:30 is no wait for the rule
    plan = road.route(fleet, road.day("van", [5.5], window_start=8.5 * HOUR))
    row = _row(road.apply(fleet, plan, road.rules(rule), responses=("wait",)))
    assert row["wait_min"] == pytest.approx(30.0, abs=1e-3)


def test_a_longer_way_around_is_paid_though_a_delivery_is_dropped(ring: Any) -> None:
    """Seven ways around add 200 s each; the delivery at km 5.5 saves 600 s and 100 s of way."""
    fleet = ring.fleet("van")
    plan = ring.route(fleet, ring.day("van", [10.0, 3.0, 10.0, 3.0, 10.0, 5.5, 10.0, 3.0, 10.0]))
    effect = ring.apply(fleet, plan, ring.rules(ring.ban(0.0, 24.0)), responses=("drop",))
    before, after = (
        float(one.traversals.vehicle_days.eval("return_s - depart_s").iloc[0])
        for one in (effect.before, effect.after)
    )
    assert after > before
    row = _row(effect)
    assert row["added_h"] * HOUR == pytest.approx(after - before, abs=0.01)
    assert row["time_cost"] == pytest.approx((after - before) / HOUR * 110.0, abs=0.01)


def test_goods_of_dropped_deliveries_are_not_loaded(road: Any) -> None:
    """Of 200 kg loaded at the second visit to the depot 100 stay there; none is brought back."""
    fleet = road.fleet("van", payload_capacity_kg=200.0)
    stops = road.day("van", [3.0, 0.0, 5.5, 4.0, 0.0, 3.0, 4.0])
    for row in (2, 5):
        stops.loc[row, ["kind", "drop_kg", "pickup_kg"]] = ["depot", 0.0, 200.0]
    plan = road.route(fleet, stops)
    effect = road.apply(fleet, plan, road.rules(road.ban(0.0, 24.0)), responses=("drop",))
    after = effect.after.stops
    assert after["status"].eq("cancelled").tolist() == [False, False, False, True, *[False] * 5]
    assert after["pickup_kg"].iloc[[2, 5]].tolist() == [100.0, 200.0]
    load = after["payload_kg"].drop(index=3).tolist()
    assert load == [100.0, 0.0, 100.0, 0.0, 200.0, 100.0, 0.0, 0.0]
    assert _row(effect)["undelivered_kg"] == 100.0
    _clean(effect)


def test_a_cancelled_day_that_begins_with_a_delivery_makes_none(road: Any) -> None:
    """Both deliveries are missing, the first too, which stands where the day begins."""
    fleet = road.fleet("van")
    stops = road.day("van", [5.3])
    first = road.day("van", [5.5]).loc[1]
    stops.loc[0, ["kind", "lat", "lon", "drop_kg"]] = ["delivery", first.lat, first.lon, 50.0]
    plan = road.route(fleet, stops)
    effect = road.apply(fleet, plan, road.rules(road.ban(0.0, 24.0)))
    row = _row(effect)
    assert (row["cancelled"], row["undelivered_kg"], row["dropped_cost"]) == (2, 150.0, 800.0)
    assert effect.after.stops["status"].eq("cancelled").all()


def test_no_vehicle_is_swapped_into_two_places_over_midnight(road: Any) -> None:
    """The exempt van changes days with the first and is back at 0:07 of the next date.

    So it cannot also take over a day that begins there at 0:03.
    """
    fleet = road.fleet("clean", "first", "second", hologram=["00", "2", "2"])
    plan = road.route(
        fleet, road.day("clean", [3.0], depart_h=23.2), road.day("first", [10.0], depart_h=23.4),
        road.day("second", [10.0], depart_h=0.05, date="2024-05-15"),
    )  # fmt: skip
    rules = road.rules(road.ban(0.0, 24.0), road.exempt())
    effect = road.apply(fleet, plan, rules, responses=("swap",))
    assert effect.frame["driven_by"].tolist() == ["first", "clean", ""]
    later = road.route(
        fleet, road.day("clean", [3.0], depart_h=23.2), road.day("first", [10.0], depart_h=23.4),
        road.day("second", [10.0], depart_h=0.3, date="2024-05-15"),
    )  # fmt: skip
    effect = road.apply(fleet, later, rules, responses=("swap",))
    assert effect.frame["driven_by"].tolist() == ["first", "clean", "clean"]


def test_a_vehicle_that_may_be_forbidden_takes_nothing_over(road: Any) -> None:
    """Nothing is known of the idle van, so that nobody can say that it may."""
    fleet = road.fleet("idle", "van", hologram=[None, "2"])
    plan = road.route(fleet, road.day("van", [10.0]))
    rules = road.rules(road.ban(vehicle=Among("hologram", frozenset({"2"}))))
    effect = road.apply(fleet, plan, rules, responses=("swap",))
    assert _row(effect)["outcome"] == "dropped"


def test_with_a_charge_that_nobody_can_convert_the_cheapest_is_still_taken(road: Any) -> None:
    """Another departure costs 110, waiting more than 200; the charge is due in both."""
    fleet = road.fleet("van")
    plan = road.route(fleet, road.day("van", [10.0]))
    toll = Rule("toll", "Toll", "charge", where="zone", charge=Charge(2.0, "XXX"))
    effect = road.apply(fleet, plan, road.rules(road.ban(8.0, 10.0), toll))
    row = _row(effect)
    assert row["outcome"] == "retimed"
    assert np.isnan(row["cost"])


def test_a_daily_charge_is_due_once_for_a_vehicle_and_calendar_day(road: Any) -> None:
    """A night run pays for Tuesday and Wednesday; the run of Wednesday has nothing left to pay."""
    fleet = road.fleet("van")
    plan = road.route(
        fleet, road.day("van", [10.0], depart_h=23.75), road.day("van", [10.0], date="2024-05-15")
    )
    for per, due in (("day", [200.0, 0.0]), ("entry", [200.0, 200.0]), ("km", [200.0, 200.0])):
        toll = Rule("toll", "Toll", "charge", where="zone", charge=Charge(100.0, "MXN", per))
        effect = road.apply(fleet, plan, road.rules(toll))
        assert effect.frame["charge_cost"].tolist() == pytest.approx(due)


def test_the_day_may_begin_elsewhere_than_planned(road: Any) -> None:
    """No road is near the depot: the day begins with the delivery at km 10, and waits there."""
    fleet = road.fleet("van")
    stops = road.day("van", [10.0, 3.0])
    stops.loc[0, "lat"] += 0.5
    plan = road.route(fleet, stops)
    assert plan.stops["status"].iloc[0] == "too far from a road"
    effect = road.apply(fleet, plan, road.rules(road.ban()), responses=("wait",))
    # from km 10, left at 8:00, to km 6 takes 400 s
    assert _row(effect)["wait_min"] == pytest.approx((2 * HOUR - 400) / 60, abs=1e-3)
    assert effect.after.traversals.frame["enter_s"][4] == pytest.approx(10 * HOUR, abs=0.01)
    _clean(effect)


def test_a_first_delivery_is_made_after_the_window(road: Any) -> None:
    """The day begins with unloading at km 0, which is forbidden until 10:00."""
    fleet = road.fleet("van")
    stops = road.day("van", [10.0])
    stops.loc[0, ["kind", "drop_kg", "service_min"]] = ["delivery", 50.0, 10.0]
    plan = road.route(fleet, stops)
    rule = road.ban(7.0, 10.0, where="", trip=Among("activity", frozenset({"unload"})))
    effect = road.apply(fleet, plan, road.rules(rule), responses=("wait",))
    assert effect.after.stops["start_s"].iloc[0] == pytest.approx(10 * HOUR, abs=0.01)
    _clean(effect)
