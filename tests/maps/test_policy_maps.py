"""Maps of a day under rules: packed small, one scale, both languages, safe, whole."""

from __future__ import annotations

import datetime
import importlib.util
import re
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geofleet.layers import Layer
from geofleet.layers.policy import access_hours_layer, worst_by_hour
from geofleet.layers.policy_zones import policy_rules_layer, policy_zones_layer
from geofleet.maps.access import access_map
from geofleet.maps.hours import (
    binding,
    change_view,
    level_view,
    overlapped,
    packed_hours,
    rules_spec,
)
from geofleet.maps.policy import contingency_map
from geofleet.maps.policy_words import LANGUAGES, words_in
from geofleet.policy.decisions import decide
from geofleet.policy.places import link_places
from geofleet.policy.rules import Geography, Rule, RuleSet
from geofleet.policy.rules.conditions import Among, Span, Within
from geofleet.policy.rules.days import When

_SPEC = importlib.util.spec_from_file_location(
    "policy_demo", Path(__file__).with_name("policy_demo.py")
)
assert _SPEC is not None
assert _SPEC.loader is not None
_DEMO = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_DEMO)
WORDS = words_in("en")


@pytest.fixture(scope="module")
def layers() -> dict[str, Layer]:
    found: dict[str, Layer] = _DEMO.contingency_layers()
    return found


def _html(page: Any) -> str:
    return str(page.get_root().render())


def test_hours_are_packed_without_their_zeros() -> None:
    """Steps from row to row and three digits give the numbers back."""
    values = np.zeros((7, 24))
    values[2, 8], values[5, 8], values[0, 23] = 1234.56, 0.004567, 1.0
    packed = packed_hours(values)
    assert [len(part["rows"]) for part in packed] == [0] * 8 + [2] + [0] * 14 + [1]
    back = np.zeros((7, 24))
    for hour, part in enumerate(packed):
        back[np.cumsum(part["rows"], dtype=int), hour] = part["values"]
    np.testing.assert_allclose(back, values, rtol=5e-3)


def test_one_scale_for_all_hours_and_both_days() -> None:
    """Before and after are classed by the same breaks, whatever the hour."""
    rng = np.random.default_rng(5)
    before, after = rng.gamma(1.0, 50.0, (40, 24)), rng.gamma(1.0, 20.0, (40, 24))
    views = [
        level_view((before, after), name, label=name, unit="mg", words=WORDS)
        for name in ("before", "after")
    ]
    assert views[0]["breaks"] == views[1]["breaks"]
    for view in views:
        assert len(view["classes"]) == len(view["items"]) == len(view["breaks"]) + 1


@pytest.mark.parametrize("scale", [0.0, 1.0])
def test_change_has_as_many_classes_down_as_up(scale: float) -> None:
    """Classes mirror each other around no change; without any change there is only that."""
    rng = np.random.default_rng(5)
    before = rng.gamma(1.0, 50.0, (40, 24))
    after = before + scale * rng.normal(0.0, 10.0, before.shape)
    view = change_view(before, after, label="Change", unit="mg", words=WORDS)
    steps, labels = view["breaks"], [item["label"] for item in view["items"]]
    assert steps == sorted(steps)
    assert len(labels) == len(view["classes"]) == 2 * len(steps) + 1
    middle = len(steps)
    assert labels[middle] == "hardly any change"
    for k in range(middle):
        assert labels[middle + 1 + k].split(": ")[1] == labels[middle - 1 - k].split(": ")[1]
        assert labels[middle - 1 - k].startswith("less")
    assert (middle == 0) == (scale == 0.0)


def test_spans_reach_into_hours() -> None:
    """A window that ends at 10:00 does not reach into ten o'clock, one to 10:01 does."""
    assert overlapped("06:00-10:00").nonzero()[0].tolist() == [6, 7, 8, 9]
    assert overlapped("06:59-10:01, 23:30-24:00").nonzero()[0].tolist() == [6, 7, 8, 9, 10, 23]
    assert not overlapped(None).any()


def test_zones_are_hatched_by_what_forbids_alone(layers: dict[str, Layer]) -> None:
    """The exemption that lifts the ban is told in the zone, but does not hatch it."""
    rules, places = rules_spec(layers["policy_rules"].frame, WORDS)
    assert [rule["name"][:3] for rule in rules] == ["Ban", "Hol", "No "]
    assert places["zone"] == {"rules": [0, 1], "binds": "0" * 6 + "2222" + "0" * 14}
    assert rules[1]["binds"] == "2" * 24
    assert dict(map(tuple, rules[1]["rows"]))["Takes out of"] == rules[0]["name"]
    with pytest.raises(ValueError, match="made for a date"):
        binding(policy_rules_layer(RuleSet("t", (Rule("a", "A", "prohibit"),))).frame)


def test_nothing_is_fetched_and_equal_layers_give_an_equal_page(
    layers: dict[str, Layer],
) -> None:
    """The page is one file; a rerun does not change it."""
    text = _html(contingency_map(layers, title="Demo"))
    assert text == _html(contingency_map(layers, title="Demo"))
    assert not re.search(r"<(script|img|iframe)[^>]+src=", text)
    plain = re.sub(r"<script>.*?</script>", "", text, flags=re.DOTALL)
    assert not re.search(r"<link[^>]*>", plain)
    assert not re.search(r"url\((?!none)", plain)
    assert "OpenStreetMap contributors" in text
    assert len(text) < 300_000


def test_hostile_text_never_reaches_the_markup(layers: dict[str, Layer]) -> None:
    """Names of rules and places, title, notes and credit go in as escapes inside data."""
    bad = _DEMO.HOSTILE
    text = _html(contingency_map(layers, title=bad, notes=[bad], attribution=bad))
    assert "window.hacked = 1</script>" not in text


def test_both_languages_say_all_and_nothing_else() -> None:
    """The same texts exist in both, none is left in the other language."""
    english, spanish = LANGUAGES["en"], LANGUAGES["es"]
    for part in ("page", "says", "effects", "known", "roads"):
        one, other = getattr(english, part), getattr(spanish, part)
        assert one.keys() == other.keys(), part
        same = {name for name in one if one[name] == other[name]}
        assert same <= {"ramp"}, (part, same)
    assert len(english.statuses) == len(spanish.statuses) == 5
    with pytest.raises(ValueError, match="no words in 'fr'"):
        words_in("fr")


def test_spanish_page(layers: dict[str, Layer]) -> None:
    """A Spanish page speaks Spanish throughout."""
    text = _html(contingency_map(layers, title="Demostración", language="es"))
    data = text[text.index("var panel_main") :]
    for words in ("PM2.5 del escape", "Con las reglas", "Reglas de esta fecha", "casi sin cambio"):
        assert words in data
    for words in ("Rules kept", "As planned", "hardly any change", "not now"):
        assert words not in data


def test_what_is_missing_is_left_out(layers: dict[str, Layer]) -> None:
    """Links and hours are enough; an empty day is still a page; a wrong hour is refused."""
    few = {name: layers[name] for name in ("policy_hours", "policy_day_hours")}
    assert '"rules":[]' in _html(contingency_map(few, title="Demo"))
    empty = {**few, "policy_hours": Layer(few["policy_hours"].frame.iloc[:0],
                                          few["policy_hours"].schema)}  # fmt: skip
    assert "Exhaust PM2.5" in _html(contingency_map(empty, title="Demo"))
    with pytest.raises(ValueError, match="hours of the day are 0 to 23"):
        contingency_map(few, title="Demo", hour=24)


@pytest.mark.shared
def test_primary_roads_of_mexico_city(shared_data: Path) -> None:
    """Central lanes are closed to heavy trucks all day, everything in the contingency window.

    The kilometres are those of the classes as published: 222.7 of controlled access, 147.6 of
    lateral lanes, 1,161.6 in all.
    """
    roads = gpd.read_parquet(
        shared_data / "data" / "roads" / "cdmx_primary" / "cdmx_primary_roads_2021.parquet"
    )
    central = Among("class_es", frozenset({"Via de acceso controlado"}))
    day = datetime.date(2026, 11, 27)
    rules = RuleSet(
        "cdmx",
        (
            Rule("lanes", "Art. 26", "prohibit", where="central",
                 vehicle=Within("gvw_kg", Span(3857.0, low_open=True))),
            Rule("phase", "Fase I", "prohibit", when=(When(hours=((21600, 36000),)),)),
        ),
        geographies={"central": Geography("central", "Carriles centrales", has_area=False,
                                          roads=central)},
    )  # fmt: skip
    places = link_places(rules, roads)
    code, groups = places.signatures()
    cases = pd.DataFrame({"gvw_kg": np.full(groups.shape[1], 12_000.0)})
    inside = dict(zip(places.geographies, groups, strict=True))
    decisions = decide(rules, cases, [day], inside=inside)
    status, rule = worst_by_hour(decisions, day, case=code)
    made = {
        "access_hours": access_hours_layer(
            roads, status=status, rule=rule, rules=[one.name for one in rules.rules],
            kind="class_es",
        ),
        "policy_zones": policy_zones_layer(rules, places=places),
        "policy_rules": policy_rules_layer(rules, date=day, language="es"),
    }  # fmt: skip
    frame = made["access_hours"].frame
    for hour, km in ((5, 222.7), (6, 1161.6), (9, 1161.6), (10, 222.7), (23, 222.7)):
        closed = frame[f"status_{hour:02d}"] == "forbidden"
        assert frame["length_m"][closed].sum() / 1000 == pytest.approx(km, rel=2e-3), hour
    lateral = frame["kind"] == "Carriles laterales"
    assert set(frame["status_12"][lateral]) == {"allowed"}
    zone = made["policy_zones"].frame.set_index("geography_id").loc["central"]
    assert zone["kind"] == "roads"
    assert shapely.get_num_geometries(zone.geometry) == 53
    text = _html(access_map(made, title="Vías primarias", language="es"))
    assert len(text) < 400_000
    assert "prohibido" in text
