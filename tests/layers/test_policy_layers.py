"""Layers of a day under rules agree with the effect that they show, and with hand-made answers."""

from __future__ import annotations

import datetime
import importlib.util
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geofleet.layers import Layer, write_layers
from geofleet.layers.access import access_layers
from geofleet.layers.policy import access_hours_layer, policy_layers, worst_by_hour
from geofleet.layers.policy_schemas import by_hour
from geofleet.layers.policy_zones import policy_rules_layer, policy_zones_layer
from geofleet.policy.day import DayEffect
from geofleet.policy.decisions import decide
from geofleet.policy.places import link_places
from geofleet.policy.rules import Event, Geography, Rule, RuleSet
from geofleet.policy.rules.conditions import Among, Span, Within
from geofleet.policy.rules.days import OnDays, When
from geofleet.policy.rules.events import EventCondition

HOUR = 3600
FRIDAY = datetime.date(2026, 11, 27)


def _world() -> Any:
    """The straight road of the tests of days under rules: 1 km takes 100 s."""
    path = Path(__file__).parents[1] / "policy" / "day" / "conftest.py"
    spec = importlib.util.spec_from_file_location("policy_day_worlds", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its data classes look themselves up
    spec.loader.exec_module(module)
    return module._world(False, np.ones((1, 24)))


@pytest.fixture(scope="module")
def road() -> Any:
    return _world()


@pytest.fixture(scope="module")
def effect(road: Any) -> DayEffect:
    """One van waits until 10:00 before a zone at km 5; one may drive; of one it is not known."""
    fleet = road.fleet("van", "free", "doubt", hologram=["2", "00", None])
    plan = road.route(
        fleet, road.day("van", [10.0]), road.day("free", [10.0]), road.day("doubt", [10.0])
    )
    found: DayEffect = road.apply(
        fleet, plan, road.rules(road.ban(), road.exempt()), responses=("wait",)
    )
    return found.with_exposure(road.exposure())


@pytest.fixture(scope="module")
def layers(road: Any, effect: DayEffect) -> dict[str, Layer]:
    places = link_places(effect.decisions.rule_set, road.network.edges)
    return policy_layers(road.network, effect, places=places)


def test_every_layer_keeps_to_its_schema(layers: dict[str, Layer]) -> None:
    """No column is undocumented, and only columns declared nullable have unknowns."""
    assert list(layers) == [
        "policy_zones", "policy_rules", "policy_hours", "policy_day_hours", "policy_days",
    ]  # fmt: skip
    for layer in layers.values():
        for column in layer.schema.columns:
            values = layer.frame[column.name]
            assert column.nullable or not values.isna().any(), (layer.name, column.name)
            if column.choices:
                assert set(values.dropna()) <= set(column.choices), (layer.name, column.name)
        assert not layer.frame.duplicated(list(layer.schema.key)).any(), layer.name


def test_grams_are_those_of_the_traversals(layers: dict[str, Layer], effect: DayEffect) -> None:
    """Links by hour, links and the day sum to what was emitted, before and after."""
    links, hours = layers["policy_hours"].frame, layers["policy_day_hours"].frame
    for when, days, grams in (
        ("before", effect.before, effect.grams_before),
        ("after", effect.after, effect.grams_after),
    ):
        frame = days.traversals.frame
        column = list(effect.emissions_before.total().index).index("pm25_exhaust_g")
        known = pd.Series(grams[:, column]).groupby(
            [frame["edge"].to_numpy(), (frame["enter_s"].to_numpy() // HOUR % 24).astype(int)]
        )
        for (edge, hour), total in known.sum().items():
            found = links.set_index("edge").loc[edge, by_hour(f"pm25_{when}_g", hour)]
            assert found == pytest.approx(total)
        each = links[[by_hour(f"pm25_{when}_g", hour) for hour in range(24)]]
        np.testing.assert_allclose(each.sum(), hours[f"pm25_{when}_g"])
        np.testing.assert_allclose(each.sum(axis=1), links[f"pm25_{when}_g"])
        assert hours[f"pm25_{when}_g"].sum() == pytest.approx(grams[:, column].sum())


def test_harm_is_that_of_the_effect(layers: dict[str, Layer], effect: DayEffect) -> None:
    """By link and by hour it sums to the harm of the day; without exposure it is unknown."""
    for when in ("before", "after"):
        for name in ("policy_hours", "policy_day_hours"):
            total = layers[name].frame[f"harm_{when}"].sum()
            assert total == pytest.approx(effect.harm()[when])
            meaning = layers[name].schema.column("harm_before").meaning
            assert "(pm25_exhaust_g and pm25_wear_g)" in meaning


def test_harm_is_unknown_without_exposure(road: Any, effect: DayEffect) -> None:
    """No unit exposure makes empty columns, not zeros."""
    bare = policy_layers(road.network, replace(effect, unit_exposure=None))
    for name in ("policy_hours", "policy_day_hours"):
        assert bare[name].frame[["harm_before", "harm_after"]].isna().all().all()


def test_vehicles_stopped_by_hour_as_worked_out_by_hand(
    layers: dict[str, Layer], road: Any
) -> None:
    """The van is at km 5 at 8:08:20 and back there at 8:36:40, when it must not be in the zone."""
    hours = layers["policy_day_hours"].frame.set_index("hour")
    assert hours["forbidden_vehicles"].to_dict() == {h: int(h == 8) for h in range(24)}
    assert hours["unknown_vehicles"].to_dict() == {h: int(h == 8) for h in range(24)}
    assert hours.loc[8, "driving_before_vehicles"] == 3
    assert hours.loc[8, "driving_after_vehicles"] == 2, "the van still stands at the depot"
    assert hours.loc[10, "driving_after_vehicles"] == 1
    links = layers["policy_hours"].frame.set_index("edge")
    row = links.loc[road.edge(5)]
    assert row["forbidden_08_vehicles"] == row["forbidden_vehicles"] == 1
    assert row["unknown_vehicles"] == 1
    assert (row["rule_id"], row["rule"]) == ("ban", "No driving in the zone")
    outside = links.loc[road.edge(0)]
    assert outside["forbidden_vehicles"] == outside["unknown_vehicles"] == 0
    assert outside["rule_id"] is None


def test_vehicle_days_say_what_becomes_of_them(layers: dict[str, Layer]) -> None:
    """Each day has its outcome, its reason and its path as planned."""
    days = layers["policy_days"].frame.set_index("vehicle_id")
    assert days["outcome"].to_dict() == {"van": "waits", "free": "allowed", "doubt": "unknown"}
    assert days.loc["van", "rule"] == "No driving in the zone"
    assert days.loc["free", "cost"] == 0.0
    assert "hologram" in days.loc["doubt", "missing"]
    assert days.geometry.notna().all()
    unit = layers["policy_days"].schema.column("cost").unit
    assert len(unit) == 3, "the currency, not a placeholder"


def test_layers_can_be_written(layers: dict[str, Layer], tmp_path: Path) -> None:
    """GeoJSON, GeoParquet and CSV come back with as many rows."""
    write_layers(layers, tmp_path, ("geojson", "parquet"))
    assert len(gpd.read_file(tmp_path / "policy_hours.geojson")) == len(
        layers["policy_hours"].frame
    )
    assert len(pd.read_csv(tmp_path / "policy_rules.csv")) == 2


def _rule_set() -> RuleSet:
    night = When(OnDays(weekdays=frozenset({4})), ((20 * HOUR, 10 * HOUR),))
    box = shapely.box(-99.2, 19.3, -99.1, 19.4)
    return RuleSet(
        "t",
        (
            Rule("night", "Fridays by night", "prohibit", where="zone", when=(night,)),
            Rule("hours", "Nights only", "allow_only", where="roads",
                 when=(When(hours=((20 * HOUR, 10 * HOUR),)),),
                 vehicle=Within("gvw_kg", Span(3857.0, low_open=True))),
            Rule("event", "Contingency", "prohibit", event=EventCondition("contingencia"),
                 when=(When(hours=((6 * HOUR, 10 * HOUR),)),)),
            Rule("holiday", "Workdays", "prohibit", in_force=OnDays(holidays="off")),
            Rule("old", "Old", "prohibit", valid_to=datetime.date(2020, 1, 1)),
            Rule("free", "Hologram 00", "exempt", lifts=("night",),
                 vehicle=Among("hologram", frozenset({"00"}))),
        ),
        geographies={
            "zone": Geography("zone", "Zone", polygon=box, source="drawn", status="illustrative"),
            "roads": Geography("roads", "Avenues", has_area=False,
                               roads=Among("highway", frozenset({"primary"}))),
            "absent": Geography("absent", "Not supplied"),
        },
    )  # fmt: skip


def test_hours_of_rules_on_a_date() -> None:
    """A Friday night belongs to its Friday; limits act outside of their hours; doubt stays."""
    frames = {
        date: policy_rules_layer(_rule_set(), date=date).frame.set_index("rule_id")
        for date in (FRIDAY, FRIDAY + datetime.timedelta(days=1))
    }
    friday, saturday = frames.values()
    assert friday.loc["night", "binds"] == "20:00-24:00"
    assert saturday.loc["night", "binds"] == "00:00-10:00"
    assert friday.loc["hours", "binds"] == saturday.loc["hours", "binds"] == "10:00-20:00"
    assert friday.loc["event", ["in_force", "binds"]].tolist() == ["no", None]
    assert friday.loc["holiday", ["in_force", "binds", "binds_perhaps"]].tolist() == [
        "unknown", None, "00:00-24:00",
    ]  # fmt: skip
    assert "old" not in friday.index
    assert friday.loc["night", "hours"] == "Fr 20:00-10:00"
    assert "3,857 kg" in friday.loc["hours", "who"]
    assert friday.loc["free", "lifts"] == "night"


def test_a_declared_event_puts_its_rule_in_force() -> None:
    """The contingency holds on the day that the bulletin names."""
    event = Event("contingencia", "I", (FRIDAY,))
    rules = policy_rules_layer(_rule_set(), date=FRIDAY, events=[event]).frame
    row = rules.set_index("rule_id").loc["event"]
    assert (row["in_force"], row["binds"]) == ("yes", "06:00-10:00")
    assert "contingencia is declared" in row["who"]
    assert "declarada: contingencia" in row["who_es"]


def test_rules_without_a_date_say_nothing_of_one() -> None:
    """All versions are listed; nothing is claimed of a date."""
    rules = policy_rules_layer(_rule_set()).frame
    assert set(rules["in_force"]) == {"not asked"}
    assert "old" in set(rules["rule_id"])


def test_zones_are_areas_or_the_roads_that_are_meant() -> None:
    """Areas as they are; of roads those that certainly belong; what was not supplied is empty."""
    lines = [shapely.LineString([(-99.2, 19.3 + k / 100), (-99.1, 19.3 + k / 100)])
             for k in range(3)]  # fmt: skip
    edges = gpd.GeoDataFrame({"highway": ["primary", "service", None]}, geometry=lines, crs=4326)
    edges = edges.to_crs("EPSG:32614")
    rules = _rule_set()
    zones = policy_zones_layer(rules, places=link_places(rules, edges)).frame
    zones = zones.set_index("geography_id")
    assert zones["kind"].to_dict() == {
        "zone": "area", "roads": "roads", "absent": "not supplied",
    }  # fmt: skip
    roads = zones.loc["roads"].geometry
    assert len(roads.geoms) == 1, "a road of unknown class is not drawn as one of them"
    assert roads.hausdorff_distance(lines[0]) < 1e-6
    assert zones.loc["absent"].geometry is None
    assert zones.loc["zone", ["rules", "effects", "source"]].tolist() == [1, "prohibit", "drawn"]
    alone = policy_zones_layer(rules).frame.set_index("geography_id")
    assert alone["kind"].to_dict() == {
        "zone": "area", "roads": "not supplied", "absent": "not supplied",
    }  # fmt: skip


def test_worst_answer_of_each_hour() -> None:
    """A ban from 6:30 to 7:15 is the answer to 6 and 7; each minute agrees with its hour."""
    when = (When(hours=((6 * HOUR + 1800, 7 * HOUR + 900),)),)
    rules = RuleSet("t", (Rule("ban", "Ban", "prohibit", when=when),))
    decisions = decide(rules, pd.DataFrame({"fuel": ["diesel", "gas"]}), [FRIDAY])
    status, rule = worst_by_hour(decisions, FRIDAY, case=[1, 0, 1])
    assert status.shape == rule.shape == (3, 24)
    minutes = np.arange(24 * 60) * 60
    answers = decisions.status_at(0, 0, minutes).reshape(24, 60)
    np.testing.assert_array_equal(status[1], answers.max(axis=1))
    assert np.flatnonzero(status[0] == 4).tolist() == [6, 7]
    assert rule[0, 6] == 0
    assert rule[0, 5] == -1
    with pytest.raises(ValueError, match="none of the dates"):
        worst_by_hour(decisions, FRIDAY + datetime.timedelta(days=1), case=[0])


def test_access_by_hour_as_a_layer() -> None:
    """Words by hour, the rule that gives each, lengths in metres; wrong arrays are refused."""
    line = shapely.LineString([(-99.2, 19.3), (-99.2, 19.31)])
    roads = gpd.GeoDataFrame({"name": ["Eje 1"]}, geometry=[line], crs=4326)
    status, rule = np.zeros((1, 24), np.int8), np.full((1, 24), -1)
    status[0, 8], rule[0, 8] = 4, 0
    frame = access_hours_layer(roads, status=status, rule=rule, rules=["Ban"]).frame
    assert frame.loc[0, ["status_07", "status_08"]].tolist() == ["allowed", "forbidden"]
    assert frame.loc[0, ["rule_07", "rule_08"]].tolist() == [None, "Ban"]
    assert frame.loc[0, "length_m"] == pytest.approx(1107, abs=3)
    assert frame.loc[0, "kind"] is None
    with pytest.raises(ValueError, match="shape"):
        access_hours_layer(roads, status=status[:, :23])
    with pytest.raises(ValueError, match="rule must lie"):
        access_hours_layer(roads, status=status, rule=rule + 2, rules=["Ban"])
    with pytest.raises(ValueError, match="reference system"):
        access_hours_layer(roads.set_crs(None, allow_override=True), status=status)


def test_access_of_a_vehicle_to_roads() -> None:
    """A heavy truck is kept off the avenue by day; what is not known of it is said."""
    lines = [shapely.LineString([(-98.2, 19.3 + k / 100), (-98.1, 19.3 + k / 100)])
             for k in range(2)]  # fmt: skip
    roads = gpd.GeoDataFrame(
        {"highway": ["primary", "service"], "name": ["Avenue", "Yard"]}, geometry=lines, crs=4326
    )
    rules = _rule_set().without("holiday")
    made = access_layers(rules, roads, {"gvw_kg": 12_000.0}, FRIDAY)
    frame = made["access_hours"].frame.set_index("name")
    assert frame.loc["Avenue", ["status_09", "status_10", "status_19", "status_20"]].tolist() == [
        "allowed", "forbidden", "forbidden", "allowed",
    ]  # fmt: skip
    assert frame.loc["Avenue", "rule_12"] == "Nights only"
    assert frame.loc["Yard", "status_12"] == "allowed"
    assert frame["missing"].isna().all()
    doubt = access_layers(rules, roads, {"fuel": "diesel"}, FRIDAY)["access_hours"].frame
    assert doubt["status_12"].tolist() == ["unknown", "allowed"]
    assert doubt["missing"].tolist() == ["gross vehicle weight (gvw_kg)", None]
    assert doubt["missing_es"].tolist() == ["peso bruto vehicular (gvw_kg)", None]
