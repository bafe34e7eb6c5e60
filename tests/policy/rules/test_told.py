"""Names of rules and places by language: read, written, explained; those of bundled packs."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from geofleet.errors import InputError
from geofleet.layers.policy_zones import policy_rules_layer, policy_zones_layer
from geofleet.policy.exchange import read_geojson, to_geojson
from geofleet.policy.may_drive import may_drive
from geofleet.policy.rules import RuleSet, read_rules
from geofleet.policy.rules.packs import load_pack, pack_names
from geofleet.wording import Words, both

_FILE = """
rule_set: town
title: {en: Hours of the town, es: Horario del pueblo}
timezone: America/Santiago
holidays: CL
notes:
  - {en: Made up., es: Inventado.}
  - Solo en español.
attributes:
  washed:
    kind: boolean
    of: vehicle
    meaning: {en: washed this week, es: lavado esta semana}
geographies:
  - id: centre
    name: {en: Centre, es: Centro}
    note: plain
rules:
  - id: NIGHT
    name: No trucks by day
    name_es: Sin camiones de día
    effect: prohibit
    status: user
    where: centre
    when: {hours: "07:00-21:00"}
    vehicle: {all: [{gvw_kg: {above: 3500}}, {washed: false}]}
    note: {en: only made up, es: solo inventado}
  - id: PLAIN
    name: Carga y descarga
    effect: prohibit
    status: user
    vehicle: {fuel: [diesel]}
"""
_DATE = datetime.date(2024, 5, 14)


def _read(tmp_path: Path, text: str = _FILE) -> RuleSet:
    path = tmp_path / "rules.yaml"
    path.write_text(text, encoding="utf-8")
    return read_rules(path)


def test_texts_are_told_by_language_or_plain(tmp_path: Path) -> None:
    """A mapping, a second key for Spanish, or one text for all."""
    rules = _read(tmp_path)
    night, plain = rules.rules
    assert both(rules.title)["es"] == "Horario del pueblo"
    assert [both(note)["es"] for note in rules.notes] == ["Inventado.", "Solo en español."]
    assert both(rules.geographies["centre"].name) == {"en": "Centre", "es": "Centro"}
    assert both(night.name) == {"en": "No trucks by day", "es": "Sin camiones de día"}
    assert both(plain.name)["en"] == "Carga y descarga"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("title: {en: Hours of the town, es: Horario del pueblo}", "title: {fr: La ville}", "fr"),
        ("title: {en: Hours of the town, es: Horario del pueblo}", "title: {en: A}\ntitle_es: B",
         "title_es"),
        ("name: {en: Centre, es: Centro}", "name: {en: [a, b]}", "name.en"),
        ("name: Carga y descarga", "name: ", "name"),
        ("  - Solo en español.", "  - {}", "a text in one of the languages"),
        ("rule_set: town", "rule_set: town\n? [a, b]\n: c", "keys that are a word"),
        ("rule_set: town", "rule_set: " + "[" * 5000, "a few deep"),
    ],
)  # fmt: skip
def test_faults_of_languages_are_named(tmp_path: Path, old: str, new: str, expected: str) -> None:
    """Languages that are not written, and texts that are told twice."""
    with pytest.raises(InputError, match=expected):
        _read(tmp_path, _FILE.replace(old, new))


def test_written_rules_keep_their_languages(tmp_path: Path) -> None:
    """What a rule set says in Spanish it says after GeoJSON too, and so do its properties."""
    path = tmp_path / "rules.geojson"
    said = to_geojson(_read(tmp_path), path)["features"][0]["properties"]
    assert (said["name"], said["name_es"]) == ("No trucks by day", "Sin camiones de día")
    assert said["conditions_es"] == [
        "vehículos con peso bruto vehicular mayor de 3.500 kg sin lavado esta semana"
    ]
    again = read_geojson(path)
    assert both(again.title)["es"] == "Horario del pueblo"
    assert both(again.rules[0].name)["es"] == "Sin camiones de día"
    assert both(again.rules[0].note)["es"] == "solo inventado"
    assert both(again.attributes["washed"].meaning)["es"] == "lavado esta semana"


def test_layers_have_a_spanish_column_beside(tmp_path: Path) -> None:
    """Files of layers carry both languages; a plain text stands in both."""
    rules = _read(tmp_path)
    zones = policy_zones_layer(rules).frame.iloc[0]
    assert (zones["name"], zones["name_es"]) == ("Centre", "Centro")
    assert (zones["rule_names_es"], zones["note_es"]) == ("Sin camiones de día", "plain")
    table = policy_rules_layer(rules, date=_DATE).frame.set_index("rule_id")
    assert table.loc["NIGHT", "geography_es"] == "Centro"
    assert table.loc["PLAIN", "name_es"] == "Carga y descarga"
    assert table.loc["PLAIN", "note_es"] is None


def test_the_answer_to_a_trucker_is_in_spanish(tmp_path: Path) -> None:
    """Rule, place and what is missing are named, ids only beside what one must supply."""
    rules = _read(tmp_path)
    unknown = may_drive(rules, {"fuel": "diesel"}, [_DATE]).to_text("es")
    assert "mar 00:00" in unknown
    assert "Carga y descarga (PLAIN)" in unknown
    held = may_drive(rules, {"fuel": "cng", "gvw_kg": "9000"}, [_DATE]).to_text("es")
    assert "falta saber si está dentro de «Centro»; lavado esta semana (washed)" in held
    free = may_drive(rules, {"fuel": "cng"}, [_DATE], outside=["centre"])
    assert "ninguna de las 2 reglas vigentes de Horario del pueblo lo restringe" in (
        free.to_text("es")
    )
    assert "none of 2 rules in force of Hours of the town restricts it" in free.to_text()


@pytest.mark.parametrize("name", pack_names())
def test_bundled_packs_speak_both_languages(name: str) -> None:
    """Each text that is a sentence of ours is there in Spanish: all but proper names."""
    rules = load_pack(name)
    told = [text for one in (*rules.rules, *rules.geographies.values())
            for text in (one.name, one.note)]  # fmt: skip
    told += [*rules.notes, *(switch.meaning for switch in rules.switches.values())]
    english = (" the ", " of ", " is ", " not ", "No freight", "weekday", "older than")
    for text in filter(None, told):
        assert not any(word in both(text)["es"] for word in english), text
        assert isinstance(text, Words) or not any(word in text for word in english), text
