"""A whole small day: packages change rules, vehicles and memberships, and trucks answer."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from geofleet.emissions import traversal_emissions
from geofleet.errors import InputError
from geofleet.exposure import UnitExposure
from geofleet.policy.packages import (
    DayEvaluation,
    Scenario,
    compare,
    contributions,
    evaluate_day,
)
from geofleet.policy.packages.programme_changes import limit_to_filters
from geofleet.policy.packages.rule_changes import RemoveRule, RetimeRule
from geofleet.policy.packages.vehicle_changes import FitState, ReplaceVehicles
from geofleet.policy.rules import Rule, RuleSet
from geofleet.policy.rules.conditions import Member, Span, Within
from geofleet.policy.rules.days import When
from geofleet.routes import build_itineraries
from geofleet.study import Study

DAY = dt.date(2024, 5, 14)
TRUCKS = Within("gvw_kg", Span(low=3500, low_open=True))
RULES = RuleSet(
    "town",
    (
        Rule("morning", "Morning", "prohibit", vehicle=TRUCKS,
             when=(When(hours=((6 * 3600, 10 * 3600),)),)),
        Rule("members", "Members", "exempt", lifts=("morning",),
             vehicle=Member(frozenset(("auto",)))),
    ),
    timezone="America/Santiago",
)  # fmt: skip
SIZES = [f"operators_hurt.{size}" for size in ("1-5", ">100")]


@pytest.fixture
def tiny(tiny_study: Path):
    """The planned day, its roads, and a scenario in which the truck is a member."""
    study = Study.open(tiny_study)
    inputs, _, defaults = study.surroundings()
    itineraries = build_itineraries(
        inputs.network, inputs.fleet, inputs.stops, timezone=study.config.timezone,
        defaults=defaults,
    )  # fmt: skip
    vehicles = inputs.fleet.vehicles.copy()
    vehicles["programme_membership"] = ["none", "auto"]
    vehicles["membership_until"] = [None, "2024-12-31"]
    fleet = replace(inputs.fleet, vehicles=vehicles)
    baseline = Scenario(RULES, fleet, (DAY,), country="CL", settings={"responses": ("drop",)})
    return itineraries, inputs.network, baseline


@pytest.fixture
def truck(tiny) -> dict[str, float]:
    """What truck and van emit and drive when nothing keeps them, by the emission stage itself."""
    itineraries, network, baseline = tiny
    frame = itineraries.traversals.frame
    days = itineraries.traversals.vehicle_days["vehicle_id"].to_numpy()
    found = traversal_emissions(itineraries.traversals, network, baseline.fleet, country="CL")
    mine = days[frame["vehicle_day"].to_numpy()] == "truck"
    pm25 = found.grams["pm25_exhaust_g"].to_numpy()
    return {
        "km": frame["length_m"].to_numpy()[mine].sum() / 1000, "pm25_g": pm25[mine].sum(),
        "van_km": frame["length_m"].to_numpy()[~mine].sum() / 1000, "van_pm25_g": pm25[~mine].sum(),
    }  # fmt: skip


def test_an_exempt_truck_drives_as_planned(tiny, truck) -> None:
    """All its kilometres are exempt ones, nobody is hurt, nothing costs."""
    itineraries, network, baseline = tiny
    found = evaluate_day(baseline, itineraries, network)
    assert found["vehicle_km"] == pytest.approx(truck["km"] + truck["van_km"])
    assert found["pm25_exhaust_g"] == pytest.approx(truck["pm25_g"] + truck["van_pm25_g"])
    assert found["exempt_km"] == pytest.approx(truck["km"])
    assert found["exempt_pm25_exhaust_g"] == pytest.approx(truck["pm25_g"])
    for name in ("forbidden_km", "unknown_km", "deliveries_late", "deliveries_cancelled",
                 "days_changed", "days_unknown", "operators_hurt", *SIZES):  # fmt: skip
        assert found[name] == 0.0, name
    (cost,) = (value for name, value in found.items() if name.startswith("cost_"))
    assert cost == 0.0


def test_without_the_exemption_the_day_is_dropped(tiny, truck, package) -> None:
    """Only that is on the menu: two deliveries, one large operator, no truck in the morning."""
    itineraries, network, baseline = tiny
    compared = compare(
        baseline,
        [package("strict", a=RemoveRule("members")),
         package("later", a=RemoveRule("members"),
                 b=RetimeRule("morning", (When(hours=((12 * 3600, 13 * 3600),)),)))],
        DayEvaluation(itineraries, network),
    )  # fmt: skip
    strict = compared.indicators.loc["strict"]
    assert strict["vehicle_km"] == pytest.approx(truck["van_km"])
    assert strict["forbidden_km"] == pytest.approx(truck["km"])
    assert (strict["exempt_km"], strict["days_changed"]) == (0.0, 1.0)
    assert (strict["deliveries_cancelled"], strict["operators_hurt"]) == (2.0, 1.0)
    assert strict[SIZES].tolist() == [0.0, 1.0]
    change = compared.differences.loc["strict"]
    assert change["pm25_exhaust_g"] == pytest.approx(-truck["pm25_g"])
    (cost,) = (name for name in compared.indicators if name.startswith("cost_"))
    assert change[cost] > 0.0
    later = compared.differences.loc["later"]
    assert later.drop(["exempt_km", "exempt_pm25_exhaust_g"]).abs().max() == 0.0
    assert later["exempt_km"] == pytest.approx(-truck["km"])


def test_shares_of_filters_and_of_a_programme_for_filters(tiny, truck, package) -> None:
    """Worked by hand in units of what the truck emits; a retrofit leaves 0.15 of it.

    Nothing: 1. A programme for filters alone: the truck is no member, drops its day: 0. A filter:
    0.15. Both: it stays a member: 0.15. So the programme does (-1 + 0) / 2, the filter
    (-0.85 + 0.15) / 2.
    """
    itineraries, network, baseline = tiny
    both = package(filters=FitState("dpf_retrofit", TRUCKS), programme=limit_to_filters("auto"))
    found = contributions(baseline, both, DayEvaluation(itineraries, network))
    shares = found.levers["pm25_exhaust_g"] / truck["pm25_g"]
    assert shares.to_dict() == pytest.approx({"filters": -0.35, "programme": -0.5}, rel=1e-6)
    assert found.total["pm25_exhaust_g"] == pytest.approx(-0.85 * truck["pm25_g"], rel=1e-6)
    assert found.remainder["pm25_exhaust_g"] == pytest.approx(0.0, abs=1e-12)
    # the programme cancels two deliveries unless there is a filter: one each way
    assert found.levers["deliveries_cancelled"].to_dict() == {"filters": -1.0, "programme": 1.0}


def test_an_electric_truck_has_no_exhaust(tiny, truck, package) -> None:
    """The van's is left; without an exemption for it the new truck is no member and is dropped."""
    itineraries, network, baseline = tiny
    new = (("fuel", "electric"), ("standard", "none"), ("model_year", 2024))
    free = package(a=ReplaceVehicles(new, TRUCKS), b=RemoveRule("morning"), c=RemoveRule("members"))
    found = DayEvaluation(itineraries, network)(free.apply(baseline))
    assert found["pm25_exhaust_g"] == pytest.approx(truck["van_pm25_g"])
    assert found["vehicle_km"] == pytest.approx(truck["km"] + truck["van_km"])
    banned = package(a=ReplaceVehicles(new, TRUCKS)).apply(baseline)
    assert DayEvaluation(itineraries, network)(banned)["deliveries_cancelled"] == 2.0


def test_harm_and_unknown(tiny) -> None:
    """Harm by a unit exposure of the links that are driven; kilometres that nobody can judge."""
    itineraries, network, baseline = tiny

    def flat(edges) -> UnitExposure:
        return UnitExposure(np.asarray(edges), np.full((len(edges), 24), 36.0), 1.0)

    evaluate = DayEvaluation(itineraries, network, unit_exposure=flat)
    found = evaluate(baseline)
    effect = evaluate.effect(baseline)
    grams = effect.emissions_after.frame[list(effect.harm_quantities)].to_numpy().sum()
    assert found["harm_person_ug_m3_h"] == pytest.approx(grams * 36.0 / 3600.0)
    vehicles = baseline.fleet.vehicles.assign(programme_membership=["none", None])
    doubtful = replace(baseline, fleet=replace(baseline.fleet, vehicles=vehicles))
    found = evaluate(doubtful)
    assert (found["days_unknown"], found["exempt_km"]) == (1.0, 0.0)
    assert found["unknown_km"] > 0.0
    assumed = replace(doubtful, assume={"programme_membership": "auto"})
    assert evaluate(assumed)["unknown_km"] == 0.0
    with pytest.raises(InputError, match="responses"):
        evaluate(replace(baseline, settings={"responses": ("fly",)}))


def test_places_are_found_once_for_each_set_of_them(tiny, package) -> None:
    """And again where a lever changes one."""
    itineraries, network, baseline = tiny
    evaluate = DayEvaluation(itineraries, network)
    other = package(a=RemoveRule("members")).apply(baseline)
    assert evaluate.places(baseline) is evaluate.places(other)
