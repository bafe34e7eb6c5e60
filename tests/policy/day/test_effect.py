"""Grams, harm and money of changed days: conserved, counted apart, the same every time."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geofleet.emissions import QUANTITIES, traversal_emissions
from geofleet.errors import InputError
from geofleet.policy.day import CHANGES, PARTS
from geofleet.policy.decisions import FORBIDDEN
from geofleet.policy.rules import Charge, Rule
from geofleet.policy.rules.days import When

HOUR = 3600.0


def test_moved_grams_are_conserved_on_every_link(road: Any) -> None:
    """With the speeds of the plan every gram that leaves an hour comes into another."""
    fleet = road.fleet("van")
    plan = road.route(fleet, road.day("van", [10.0]))
    effect = road.apply(
        fleet, plan, road.rules(road.ban()), responses=("retime",), same_speeds=True
    )
    for quantity in QUANTITIES:
        table = effect.by_link(quantity)
        out, come = table["moved_out"].to_numpy(), table["moved_in"].to_numpy()
        np.testing.assert_array_equal(out, -come)
        assert (table["changed"] == 0.0).all()
    grams = effect.grams("pm25_exhaust_g").iloc[0]
    assert grams["before"] == pytest.approx(grams["after"], rel=1e-14)
    hours = effect.by_hour("pm25_exhaust_g")
    assert hours.loc[8, "after"] == 0.0
    assert hours.loc[[10], "after"].sum() == pytest.approx(grams["before"])


def test_a_day_moved_back_stays_the_same_to_the_bit(road: Any) -> None:
    """Traversals with the planned streets and speeds differ in nothing but their time."""
    fleet = road.fleet("van")
    plan = road.route(fleet, road.day("van", [10.0]))
    effect = road.apply(
        fleet, plan, road.rules(road.ban()), responses=("retime",), same_speeds=True
    )
    before, after = plan.traversals.frame, effect.after.traversals.frame
    pd.testing.assert_frame_equal(
        before.drop(columns=["enter_s", "speed_kmh"]), after.drop(columns=["enter_s", "speed_kmh"])
    )
    np.testing.assert_allclose(before["speed_kmh"], after["speed_kmh"], rtol=1e-6)
    np.testing.assert_allclose(after["enter_s"] - before["enter_s"], 2 * HOUR, atol=1e-6)


def test_other_speeds_are_a_part_of_their_own(rush: Any) -> None:
    """Half as fast from 7 to 9: driven from 10 on, the same kilometres emit less."""
    fleet = rush.fleet("van")
    plan = rush.route(fleet, rush.day("van", [4.0, 10.0]))
    effect = rush.apply(fleet, plan, rush.rules(rush.ban()), responses=("wait",))
    grams = effect.grams("pm25_exhaust_g").iloc[0]
    assert grams["moved_out"] == pytest.approx(-grams["moved_in"], rel=1e-12)
    assert grams["changed"] < 0.0
    assert grams["after"] - grams["before"] == pytest.approx(grams["changed"], rel=1e-9)


def test_parts_add_up_link_by_link_and_hour_by_hour(rush: Any) -> None:
    """After less before is the sum of the parts, and before that of what stayed and left."""
    fleet = rush.fleet("clean", "a", "b", "c", hologram=["00", "2", "2", "2"])
    plan = rush.route(
        fleet, rush.day("a", [10.0]), rush.day("b", [5.5, 9.0]),
        rush.day("c", [5.5, 3.0], window_end=9 * HOUR),
    )  # fmt: skip
    effect = rush.apply(fleet, plan, rush.rules(rush.ban(), rush.exempt()))
    assert len(set(effect.frame["outcome"])) > 1
    whole = traversal_emissions(effect.after.traversals, rush.network, fleet)
    np.testing.assert_allclose(
        effect.grams_after, whole.grams[list(QUANTITIES)], rtol=1e-9, atol=1e-12
    )
    for table in (effect.by_link("nox_exhaust_g"), effect.by_hour("nox_exhaust_g")):
        np.testing.assert_allclose(
            table["after"] - table["before"], table[list(CHANGES)].sum(axis=1), atol=1e-9
        )
        leaving = ["moved_out", "rerouted_out", "swapped_out", "cancelled"]
        assert (table[leaving] <= 0.0).all(axis=None)
        np.testing.assert_allclose(
            table["before"], table["stayed"] - table[leaving].sum(axis=1), atol=1e-9
        )


def test_harm_is_avoided_and_moved(road: Any) -> None:
    """Ten times the people from 6 to 10: the same grams at 10 do a tenth of the harm."""
    fleet = road.fleet("van")
    plan = road.route(fleet, road.day("van", [10.0]))
    effect = road.apply(
        fleet, plan, road.rules(road.ban()), responses=("retime",), same_speeds=True
    )
    with pytest.raises(InputError, match="with_exposure"):
        effect.harm()
    effect = effect.with_exposure(road.exposure())
    harm = effect.harm()
    grams = effect.grams().loc[["pm25_exhaust_g", "pm25_wear_g"], "before"].sum()
    assert harm["before"] == pytest.approx(10.0 * grams / 3600.0)
    assert harm["after"] == pytest.approx(grams / 3600.0)
    assert harm["avoided"] == pytest.approx(9.0 * grams / 3600.0)
    assert harm["moved"] == pytest.approx(grams / 3600.0)
    matrix = effect.emissions_after.matrix("pm25_exhaust_g")
    matrix += effect.emissions_after.matrix("pm25_wear_g")
    own = road.exposure()
    rows = np.isin(own.edges, effect.emissions_after.edges)
    assert (own.values[rows] * matrix / 3600.0).sum() == pytest.approx(harm["after"])
    assert effect.by_hour()["harm_after"].sum() == pytest.approx(harm["after"])
    assert math.isclose(effect.by_link()["harm_before"].sum(), harm["before"], rel_tol=1e-12)


def test_links_without_exposure_are_refused(ring: Any) -> None:
    """A day that drives around needs the exposure of the way round."""
    fleet = ring.fleet("van")
    plan = ring.route(fleet, ring.day("van", [10.0]))
    effect = ring.apply(fleet, plan, ring.rules(ring.ban()), responses=("reroute",))
    whole = ring.exposure()
    known = np.isin(whole.edges, effect.emissions_before.edges)
    part = type(whole)(whole.edges[known], whole.values[known], whole.people)
    with pytest.raises(InputError, match="6 links without"):
        effect.with_exposure(part)


def test_charges_are_due_by_day_entry_and_kilometre(road: Any) -> None:
    """Two tours through the zone of 1 km: one day, four entries, 4 km."""
    fleet = road.fleet("van")
    plan = road.route(fleet, road.day("van", [10.0, 2.0, 10.0]))

    def charge(per: str) -> Rule:
        return Rule(f"toll-{per}", "toll", "charge", where="zone",
                    charge=Charge(7.0, "MXN", per))  # fmt: skip

    for per, units in (("day", 1), ("entry", 4), ("km", 4.0)):
        effect = road.apply(fleet, plan, road.rules(charge(per)))
        assert effect.frame["charge_cost"][0] == pytest.approx(7.0 * units)
        assert effect.frame["outcome"][0] == "charged"
    both = road.apply(fleet, plan, road.rules(charge("day"), charge("km")))
    assert both.frame["cost"][0] == pytest.approx(7.0 + 28.0)


def test_charges_in_other_money(road: Any) -> None:
    """Units that a row converts are converted; others leave the cost unknown."""
    fleet = road.fleet("van")
    plan = road.route(fleet, road.day("van", [10.0]))
    for currency, expected in (("UMA", 113.14), ("USD", 1 / 0.0556), ("XYZ", np.nan)):
        rule = Rule("toll", "toll", "charge", where="zone", charge=Charge(1.0, currency))
        effect = road.apply(fleet, plan, road.rules(rule))
        np.testing.assert_allclose(effect.frame["cost"][0], expected, rtol=1e-9)
        assert effect.report()["cost_unknown"] == int(np.isnan(expected))


def test_operators_by_size(road: Any) -> None:
    """One small firm is hurt, one large firm with two vehicle-days is not."""
    fleet = road.fleet("a", "b", "c", operator_id=["small", "Large", "Large"])
    plan = road.route(fleet, road.day("a", [10.0]), road.day("b", [3.0]), road.day("c", [3.0]))
    effect = road.apply(fleet, plan, road.rules(road.ban()), responses=("retime",))
    sizes = dict(effect.sizes)
    table = effect.operators()
    hurt = table.loc[sizes["small"]]
    assert (hurt["operators"], hurt["hurt"], hurt["hurt_share"]) == (1, 1, 1.0)
    assert hurt["cost_per_operator"] == pytest.approx(110.0)
    other = table.loc[sizes["Large"]]
    assert (other["vehicle_days"], other["hurt"], other["cost"]) == (2, 0, 0.0)
    report = effect.report()
    assert report["waited_min"] == 0.0
    assert report["cost"] == pytest.approx(110.0)
    assert report["forbidden_km"] == pytest.approx(2.0)


def test_a_permit_is_counted_and_the_report_is_plain(road: Any) -> None:
    """Who lacks the permit is told so; everything in the report goes into JSON."""
    fleet = road.fleet("has", "lacks", permits=["centre", "none"])
    plan = road.route(fleet, road.day("has", [10.0]), road.day("lacks", [10.0]))
    rule = Rule("permit", "permit", "permit", where="zone", permit="centre")
    effect = road.apply(fleet, plan, road.rules(rule)).with_exposure(road.exposure())
    assert effect.frame["outcome"].tolist() == ["allowed", "permit"]
    assert effect.frame["rule_id"].tolist() == ["", "permit"]
    report = json.loads(json.dumps(effect.report()))
    assert report["harm"]["avoided"] == 0.0
    assert sum(row["vehicle_days"] for row in report["outcomes"]) == 2


def test_an_allowed_day_names_the_exemption_that_allows_it(road: Any) -> None:
    """The rule of an allowed day is the one that lifted the ban."""
    fleet = road.fleet("van", hologram="00")
    plan = road.route(fleet, road.day("van", [10.0]))
    effect = road.apply(fleet, plan, road.rules(road.ban(), road.exempt()))
    assert effect.frame["outcome"][0] == "allowed"
    assert effect.frame["rule_id"][0] == "free"


def test_the_table_of_links_has_lines(ring: Any) -> None:
    """Ready for a map: one row per link with traffic, in the CRS of the roads."""
    fleet = ring.fleet("van")
    plan = ring.route(fleet, ring.day("van", [10.0]))
    effect = ring.apply(fleet, plan, ring.rules(ring.ban()))
    table = effect.by_link(network=ring.network)
    assert table.crs == ring.network.edges.crs
    assert len(table) == len(effect.edges)
    assert table.geometry.notna().all()


_DAY = st.lists(st.integers(1, 22).map(lambda n: n / 2), min_size=1, max_size=4)


@settings(deadline=None, max_examples=12,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(
    kms=st.tuples(_DAY, _DAY),
    depart=st.integers(0, 44).map(lambda n: n / 2),
    window=st.tuples(st.integers(0, 23), st.integers(0, 23)),
    effect_of=st.sampled_from(["prohibit", "allow_only"]),
    same=st.booleans(),
)
def test_nothing_forbidden_is_ever_driven(
    rush: Any,
    kms: tuple[list[float], list[float]],
    depart: float,
    window: tuple[int, int],
    effect_of: Any,
    same: bool,
) -> None:
    """Whatever day and window: rules kept, parts add up, one place at a time, repeatable."""
    fleet = rush.fleet("clean", "a", "b", hologram=["00", "2", "2"])
    plan = rush.route(
        fleet, rush.day("a", kms[0], depart_h=depart), rush.day("b", kms[1], depart_h=depart / 2)
    )
    when = When(hours=(tuple(int(h * HOUR) for h in window),))
    rule = Rule("ban", "ban", effect_of, where="zone", when=(when,))
    rules = rush.rules(rule, rush.exempt())
    first = rush.apply(fleet, plan, rules, same_speeds=same)
    assert (first.decisions_after.by_day() < FORBIDDEN).all()
    np.testing.assert_allclose(first.difference()["rest"], 0.0, atol=1e-7)
    moved = first.grams()
    np.testing.assert_allclose(moved["moved_out"], -moved["moved_in"], atol=1e-9)
    drivers = [name for name in first.frame["driven_by"] if name]
    assert len(drivers) == len(set(drivers))
    served = (first.after.stops["status"] == "reached") & (first.after.stops["kind"] == "delivery")
    assert served.sum() + first.frame["cancelled"].sum() == first.frame["deliveries"].sum()
    again = rush.apply(fleet, plan, rules, same_speeds=same, workers=1)
    pd.testing.assert_frame_equal(first.frame, again.frame)
    pd.testing.assert_frame_equal(first.account, again.account)
    pd.testing.assert_frame_equal(first.after.traversals.frame, again.after.traversals.frame)


def test_parts_are_named_once() -> None:
    """All but what stayed are changes."""
    assert set(PARTS) - set(CHANGES) == {"stayed"}


def test_a_report_is_json_though_nobody_drives(ring: Any) -> None:
    """A size class without vehicle-days has no share of operators hurt; a day without any, too."""
    fleet = ring.fleet("van", "lorry", operator_id=["small", "tall"])
    plan = ring.route(fleet, ring.day("van", [10.0]))
    effect = ring.apply(fleet, plan, ring.rules(ring.ban()))
    report = effect.report()
    json.dumps(report, allow_nan=False)
    shares = {row["operator_size"]: row["hurt_share"] for row in report["operators"]}
    assert shares == {"1-5": 1.0, ">100": None}
    days = replace(
        plan.traversals, frame=plan.traversals.frame.iloc[:0],
        vehicle_days=plan.traversals.vehicle_days.iloc[:0],
    )  # fmt: skip
    nobody = ring.apply(
        fleet, replace(plan, traversals=days, stops=plan.stops.iloc[:0]), ring.rules(ring.ban())
    )
    json.dumps(nobody.report(), allow_nan=False)
    assert nobody.outcomes()["vehicle_days"].sum() == 0


def test_provenance_names_rules_and_rows_of_all_that_was_asked(ring: Any) -> None:
    """The rule that decided, the row by which links lie in areas, a price."""
    fleet = ring.fleet("van")
    effect = ring.apply(fleet, ring.route(fleet, ring.day("van", [10.0])), ring.rules(ring.ban()))
    asked = {"test:ban@1", "places:inside.length_share", "policy_day:retime.cost_per_day"}
    assert asked <= set(effect.provenance)
