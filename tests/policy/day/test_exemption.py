"""Exemptions let diesel be driven while it would be forbidden, and more of them never less."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geofleet.errors import InputError
from geofleet.policy.day import exemption_effect
from geofleet.policy.rules.conditions import Among

MENU = ("retime", "drop")


def _effect(world: Any, fleet: Any, plan: Any, rules: Any, *names: str, **more: Any) -> Any:
    return exemption_effect(
        plan, world.network, fleet, rules, exemptions=names, speeds=world.speeds,
        responses=MENU, **world.asked(fleet, rules), **more,
    )  # fmt: skip


def test_an_exempt_diesel_adds_its_kilometres_in_the_forbidden_hours(road: Any) -> None:
    """All day in the zone or through it: with the exemption 20 km of diesel, without none."""
    fleet = road.fleet("clean", "van", hologram=["00", "2"])
    plan = road.route(fleet, road.day("clean", [10.0]), road.day("van", [10.0]))
    rules = road.rules(road.ban(0.0, 24.0), road.exempt())
    effect = _effect(road, fleet, plan, rules, "free").with_exposure(road.exposure())
    total = effect.total()
    assert total["added_km"] == pytest.approx(20.0)
    assert total["added_diesel_km"] == pytest.approx(20.0)
    # in the zone itself 1 km each way
    assert total["forbidden_km"] == pytest.approx(2.0)
    assert total["planned_km_freed"] == pytest.approx(2.0)
    assert total["added_pm25_exhaust_g"] > total["forbidden_pm25_exhaust_g"] > 0.0
    assert total["added_harm"] > total["forbidden_harm"] > 0.0
    row = effect.by_rule.loc["free"]
    assert (row["vehicle_days"], row["diesel_km"]) == (1, pytest.approx(2.0))
    hours = effect.by_hour
    assert hours["diesel_km_added"].sum() == pytest.approx(20.0)
    assert hours.loc[8, "forbidden_km"] == pytest.approx(2.0)


def test_an_exempt_electric_vehicle_adds_no_diesel(road: Any) -> None:
    """Its kilometres are added, none of them of diesel, and no exhaust."""
    fleet = road.fleet("ev", hologram="00", fuel="electric", standard="none")
    plan = road.route(fleet, road.day("ev", [10.0]))
    effect = _effect(road, fleet, plan, road.rules(road.ban(0.0, 24.0), road.exempt()), "free")
    total = effect.total()
    assert total["added_km"] == pytest.approx(20.0)
    assert total["added_diesel_km"] == 0.0
    assert total["added_pm25_exhaust_g"] == 0.0
    assert total["added_pm25_g"] > 0.0


def test_kilometres_go_to_the_exemption_that_frees_them(road: Any) -> None:
    """Two bans, each lifted by one exemption: only both together set the zone free."""
    fleet = road.fleet("van", hologram="00")
    plan = road.route(fleet, road.day("van", [10.0]))
    import dataclasses

    second = dataclasses.replace(road.ban(0.0, 24.0), rule_id="second")
    rules = road.rules(
        road.ban(0.0, 24.0), second, road.exempt("one"), road.exempt("two", lifts=("second",))
    )
    effect = _effect(road, fleet, plan, rules, "two", "one")
    assert effect.exemptions == ("one", "two")
    assert effect.by_rule["planned_km"].tolist() == [0.0, 0.0, pytest.approx(2.0)]
    alone = _effect(road, fleet, plan, rules, "two")
    assert alone.by_rule.loc["two", "planned_km"] == pytest.approx(2.0)


def test_only_rules_that_lift_are_exemptions(road: Any) -> None:
    """A ban is none; nor is nothing."""
    fleet = road.fleet("van")
    plan = road.route(fleet, road.day("van", [10.0]))
    rules = road.rules(road.ban(), road.exempt())
    for names in (("ban",), ()):
        with pytest.raises(InputError, match="lift"):
            _effect(road, fleet, plan, rules, *names)


@settings(deadline=None, max_examples=6,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(
    holograms=st.lists(st.sampled_from(["00", "0", "1", "2"]), min_size=3, max_size=3),
    first=st.integers(0, 12),
)
def test_more_exemption_is_never_less_driven_in_forbidden_hours(
    road: Any, holograms: list[str], first: int
) -> None:
    """Exempting 00, then 0 as well, then 1: planned and driven kilometres never fall."""
    fleet = road.fleet("a", "b", "c", hologram=holograms)
    plan = road.route(
        fleet, road.day("a", [10.0], depart_h=7.0), road.day("b", [5.5, 8.0]), road.day("c", [7.0])
    )
    ban = road.ban(float(first), float(first) + 11.0)
    planned, driven = [], []
    for some in ({"00"}, {"00", "0"}, {"00", "0", "1"}):
        rules = road.rules(ban, road.exempt(vehicle=Among("hologram", frozenset(some))))
        effect = _effect(road, fleet, plan, rules, "free")
        planned.append(effect.by_rule["planned_km"].sum())
        driven.append(effect.total()["forbidden_km"])
    assert (np.diff(planned) >= -1e-9).all()
    assert (np.diff(driven) >= -1e-9).all()
