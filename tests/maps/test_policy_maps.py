"""Maps of a day under rules: packed small, one scale, both languages, safe, whole."""

from __future__ import annotations

import datetime
import importlib.util
import re
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geofleet.layers import Layer
from geofleet.layers.access import access_layers
from geofleet.layers.policy_zones import policy_rules_layer
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
from geofleet.maps.policy_page import _drawn
from geofleet.maps.policy_words import LANGUAGES, words_in
from geofleet.policy.rules import Event, Rule, RuleSet
from geofleet.policy.rules.packs import load_pack

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


def test_rules_that_decide_stand_first_and_hatch_alone(layers: dict[str, Layer]) -> None:
    """Named by id or by name; what lifts them comes along; the others still tell of themselves."""
    frame = layers["policy_rules"].frame
    for name in ("evening", "No music"):
        rules, places = rules_spec(frame, WORDS, deciding=[name])
        assert [rule["name"][:3] for rule in rules] == ["No ", "Ban", "Hol"]
        assert [rule["decides"] for rule in rules] == [True, False, False]
        assert places["zone"]["binds"] == "0" * 24
    rules, _ = rules_spec(frame, WORDS, deciding=["ban"])
    assert [rule["decides"] for rule in rules] == [True, True, False]


def test_areas_are_drawn_without_seams() -> None:
    """Slivers where areas were joined vanish, real holes and islands stay."""
    city = shapely.box(0, 0, 1, 1).difference(shapely.box(0.2, 0.2, 0.4, 0.4))
    seams = city.difference(shapely.box(0.7, 0.1, 0.70001, 0.9))
    island, speck = shapely.box(2, 2, 2.2, 2.2), shapely.box(3, 3, 3.001, 3.001)
    drawn = _drawn(shapely.union_all([seams, island, speck]))
    assert drawn.equals(shapely.union_all([city, island]))


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
    for words in (
        "PM2.5 del escape",
        "Con las reglas",
        "Reglas que deciden aquí",
        "casi sin cambio",
    ):
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
    """By the Mexican rules a truck of 12 t is kept off central lanes all day, off all by Fase I.

    The kilometres are those of the classes as published: 222.7 of controlled access, 147.6 of
    lateral lanes, 1,161.6 in all.
    """
    folder = shared_data / "data"
    roads = gpd.read_parquet(folder / "roads" / "cdmx_primary" / "cdmx_primary_roads_2021.parquet")
    areas = gpd.read_parquet(folder / "boundaries" / "zmvm_municipalities.parquet")
    far = shapely.box(-101.0, 25.0, -100.9, 25.1)
    centre = shapely.box(-99.145, 19.425, -99.125, 19.443)  # about the historic centre
    rules = load_pack("mexico", zones={
        "perimetro_a": centre, "tultepec_centre": far, "monterrey_polygon": far,
    })  # fmt: skip
    day = datetime.date(2026, 11, 27)
    event = Event("contingencia", "I", (day,), parity="odd", pollutants=("o3",))
    truck = {
        "use": "freight", "body": "rigid", "gvw_kg": 12_000.0, "length_m": 8.0, "fuel": "diesel",
        "hologram": "2", "plate_digit": "4", "plate_jurisdiction": "local",
        "cargo_type": "general", "programme_membership": "none", "permits": "none",
        "model_year": 2015, "standard": "euro_4", "particle_filter": "none", "activity": "drive",
        "refrigeration": "none", "trip_relation": "through", "axles": 2,
    }  # fmt: skip
    layers = {"municipalities": areas}
    made = access_layers(rules, roads, truck, day, events=[event], layers=layers, language="es",
                         kind="class_es")  # fmt: skip
    frame = made["access_hours"].frame
    for hour, km in ((3, 222.7), (5, 222.7), (6, 1161.6), (9, 1161.6), (23, 222.7)):
        closed = frame[f"status_{hour:02d}"] == "forbidden"
        assert frame["length_m"][closed].sum() / 1000 == pytest.approx(km, rel=2e-3), hour
    # at noon what is closed besides is the centre, by its own rule
    noon = frame[frame["status_12"] == "forbidden"]
    lanes = noon["kind"] == "Via de acceso controlado"
    assert lanes.sum() == 53
    assert noon.geometry[~lanes].intersects(centre).all()
    lateral = frame["kind"] == "Carriles laterales"
    assert set(frame["status_12"][lateral]) == {"allowed"}
    assert set(frame["status_07"][lateral]) == {"forbidden"}
    zones = made["policy_zones"].frame.set_index("geography_id")
    assert zones.loc["controlled_access_central", "kind"] == "roads"
    assert shapely.get_num_geometries(zones.loc["controlled_access_central"].geometry) == 53
    text = _html(access_map(made, title="Vías primarias", language="es"))
    assert len(text) < 500_000
    assert "prohibido" in text
    # without the area of the centre nothing is claimed of it
    bare = access_layers(load_pack("mexico"), roads, truck, day, layers=layers, kind="class_es")
    unknown = bare["access_hours"].frame
    assert set(unknown["status_12"][lateral]) == {"unknown"}
    assert unknown["missing"][lateral].str.contains("perimetro_a").all()
