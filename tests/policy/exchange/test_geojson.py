"""Rule sets as GeoJSON: what stands in it, and what comes back."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely.geometry import box, shape

from geofleet.errors import InputError
from geofleet.policy.decisions import decide
from geofleet.policy.exchange import read_geojson, to_geojson
from geofleet.policy.rules import Geography, Rule, RuleSet
from geofleet.policy.rules.conditions import (
    All,
    Among,
    AnyOf,
    Condition,
    Member,
    Not,
    Span,
    Within,
)
from geofleet.policy.rules.days import OnDays, When
from geofleet.policy.rules.events import EventCondition
from geofleet.policy.rules.model import Members
from geofleet.policy.rules.packs import load_pack, pack_names

HOUR = 3600
ZONE = box(-99.14, 19.42, -99.12, 19.44)
NIGHT = When(OnDays(), ((20 * HOUR, 10 * HOUR),))


def _set() -> RuleSet:
    heavy = All((Among("use", frozenset(["freight"])),
                 Within("gvw_kg", Span(3800.0, 20000.0, low_open=True))))  # fmt: skip
    rules = (
        Rule("night", "Night only", "allow_only", where="zone", when=(NIGHT,), vehicle=heavy,
             authority="Town", legal_reference="Art. 1", status="memory", source="https://x.mx",
             valid_from=dt.date(2021, 12, 15)),
        Rule("smog", "Smog", "prohibit", where="members", event=EventCondition(
            "contingencia", frozenset(["I"]), frozenset(["o3"])), when=(When(
                OnDays(weekdays=frozenset(range(5)), holidays="off"), ((6 * HOUR, 10 * HOUR),)),)),
        Rule("electric", "Electric", "exempt", lifts=("night", "smog"),
             vehicle=Among("fuel", frozenset(["electric"]))),
    )  # fmt: skip
    geographies = {
        "zone": Geography("zone", "Zone", ZONE,
                          except_roads=Among("name", frozenset(["Avenida Hidalgo"]))),
        "members": Geography("members", "Towns", members=Members("towns", "code",
                                                                 frozenset(["1"]))),
    }  # fmt: skip
    return RuleSet("town", rules, "Town", geographies, country="MX",
                   timezone="America/Mexico_City")  # fmt: skip


def _same(one: RuleSet, other: RuleSet) -> None:
    """Compare all but where it was read from; areas to the seventh decimal."""
    assert [replace(rule, line=0) for rule in one.rules] == [
        replace(rule, line=0) for rule in other.rules
    ]
    for name in ("name", "title", "calendars", "switches", "colours", "attributes", "country",
                 "timezone", "notes", "answers"):  # fmt: skip
        assert getattr(one, name) == getattr(other, name), name
    assert list(one.geographies) == list(other.geographies)
    for name, place in one.geographies.items():
        found = other.geographies[name]
        fields = ("name", "members", "roads", "except_roads", "has_area", "status", "source")
        assert [getattr(place, key) for key in fields] == [getattr(found, key) for key in fields]
        if place.polygon is None:
            assert found.polygon is None
        else:
            assert shapely.equals_exact(
                place.polygon.normalize(), found.polygon.normalize(), tolerance=1e-7
            )  # fmt: skip


def test_a_feature_says_what_the_rule_says(tmp_path: Path) -> None:
    """By hand: one feature per rule, WGS84, the outer ring against the clock."""
    path = tmp_path / "rules.geojson"
    to_geojson(_set(), path)
    data = json.loads(path.read_text(encoding="utf-8"))
    assert data["type"] == "FeatureCollection"
    assert "crs" not in data
    night, smog, electric = data["features"]
    assert night["id"] == "night@1"
    area = shape(night["geometry"])
    assert area.equals(ZONE)
    assert area.exterior.is_ccw
    said = night["properties"]
    assert said["opening_hours"] == "20:00-10:00"
    assert said["effect_es"] == "prohibido fuera de estas horas"
    assert said["conditions_en"] == [
        "use: freight and gross vehicle weight by design over 3,800 kg and up to 20,000 kg"
    ]
    assert said["conditions_es"] == [
        "vehículos de carga con peso bruto vehicular mayor de 3,800 kg y hasta 20,000 kg"
    ]
    assert said["roads_en"] == "not (name: Avenida Hidalgo)"
    assert (said["status"], said["source"], said["valid_from"], said["valid_to"]) == (
        "memory", "https://x.mx", "2021-12-15", None,
    )  # fmt: skip
    assert smog["geometry"] is None
    assert smog["properties"]["opening_hours"] == "Mo-Fr 06:00-10:00; PH closed"
    assert smog["properties"]["conditions_en"] == ["while contingencia, phase I is declared for o3"]
    assert smog["properties"]["conditions_es"] == [
        "mientras esté declarada: contingencia, Fase I por ozono"
    ]
    assert "event" in smog["properties"]["not_in_opening_hours"][0]
    assert electric["properties"]["lifts"] == ["night", "smog"]


def test_a_rule_set_comes_back_and_decides_the_same(tmp_path: Path) -> None:
    """Rules, places and answers are those that were written; so are the decisions."""
    path = tmp_path / "rules.geojson"
    rules = _set()
    to_geojson(rules, path)
    found = read_geojson(path)
    _same(rules, found)
    cases = pd.DataFrame({"use": ["freight"] * 3, "gvw_kg": [5000, 3000, None],
                          "fuel": ["diesel", "diesel", "electric"]})  # fmt: skip
    dates = [dt.date(2026, 2, 13), dt.date(2026, 2, 14)]
    inside = {"zone": True, "members": None}
    assert np.array_equal(
        decide(rules, cases, dates, inside=inside).status,
        decide(found, cases, dates, inside=inside).status,
    )


@pytest.mark.parametrize("name", pack_names())
def test_packs_come_back(name: str, tmp_path: Path) -> None:
    """Every rule of every pack, with its switches answered otherwise."""
    rules = load_pack(name)
    rules = rules.answered(**{switch: not rules.answer(switch) for switch in rules.switches})
    data = to_geojson(rules, tmp_path / "pack.geojson")
    _same(rules, read_geojson(tmp_path / "pack.geojson"))
    assert all(feature["properties"]["rule"] for feature in data["features"])


def test_areas_of_a_layer_are_drawn() -> None:
    """A geography made of members has a geometry once the layer is there."""
    towns = gpd.GeoDataFrame({"code": ["1"]}, geometry=[ZONE], crs="EPSG:4326").to_crs(32614)
    smog = to_geojson(_set(), layers={"towns": towns})["features"][1]
    assert shape(smog["geometry"]).symmetric_difference(ZONE).area < 1e-9


def test_what_no_rule_file_can_hold_is_told(tmp_path: Path) -> None:
    """Such a rule has words but is null for reading, and reading says so."""
    odd = Rule("odd", "Odd", "prohibit", vehicle=Not(Member(frozenset("a"), "permits")))
    path = tmp_path / "odd.geojson"
    data = to_geojson(RuleSet("odd", (odd,)), path)
    assert data["features"][0]["properties"]["rule"] is None
    with pytest.raises(InputError, match="row 1, field rule"):
        read_geojson(path)


@pytest.mark.parametrize(
    "condition",
    [
        Within("day_pass", Span(0.0, 0.0, low_open=True, high_open=True)),
        Within("gvw_kg", Span(3_500.0, 3_500.0, low_open=True)),
        Within("gvw_kg", Span(9.0, 3.0)),
        Among("use", frozenset()),
        Not(AnyOf()),
    ],
)  # fmt: skip
def test_a_condition_that_nothing_fulfils_is_not_written_as_another(condition: Condition) -> None:
    """What a rule file cannot say is left out, never said otherwise."""
    made = to_geojson(RuleSet("t", (Rule("R", "r", "prohibit", vehicle=condition),)))
    assert made["features"][0]["properties"]["rule"] is None


def test_faults_of_a_file_are_named_by_feature(tmp_path: Path) -> None:
    """All at once: an unknown effect, an unknown attribute, a geometry that is a point."""
    path = tmp_path / "rules.geojson"
    data = to_geojson(_set(), path)
    data["features"][0]["properties"]["rule"]["effect"] = "forbid"
    data["features"][2]["properties"]["rule"]["vehicle"] = {"colour": ["red"]}
    path.write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_geojson(path)
    assert {(problem.row, problem.field) for problem in caught.value.problems} == {
        (1, "night.effect"), (3, "electric.vehicle.colour"),
    }  # fmt: skip
    data["features"][0]["geometry"] = {"type": "Point", "coordinates": [0, 0]}
    path.write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(InputError, match=r"row 1, field geometry: 'Point'"):
        read_geojson(path)
    path.write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match="GeoJSON"):
        read_geojson(path)
    path.write_text('{"type": "FeatureCollection", "features": []}', encoding="utf-8")
    with pytest.raises(InputError, match="to_geojson"):
        read_geojson(path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"rule_set": {"answers": [1]}, "features": []}', "answers"),
        ('{"rule_set": {}, "features": [{"properties": [1]}]}', r"properties\.rule"),
        ("[" * 100_000, "GeoJSON of a usual kind"),
        ('{"rule_set": ' + "1" * 5000 + "}", "GeoJSON of a usual kind"),
    ],
    ids=["answers", "properties", "deep", "digits"],
)
def test_files_of_another_make_are_named(tmp_path: Path, text: str, words: str) -> None:
    """Whatever stands where a mapping should, the answer is a problem and no traceback."""
    path = tmp_path / "rules.geojson"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=words):
        read_geojson(path)


def test_a_file_is_written_whole_or_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that fills up leaves what was there."""
    path = tmp_path / "rules.geojson"
    to_geojson(_set(), path)
    before = path.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space"):
        to_geojson(_set(), path)
    assert [path.name for path in tmp_path.iterdir()] == ["rules.geojson"]
    assert path.read_bytes() == before
