"""Settings are checked with the line they stand on."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from geofleet.bundled import bundled_study
from geofleet.config import read_config, read_settings
from geofleet.errors import InputError
from geofleet.wording import both

GOOD = """\
name: Trial
timezone: America/Mexico_City
network:
  osm: roads.osm.pbf
fleet:
  vehicles: vehicles.csv
  operators: operators.csv
routes:
  stops: stops.csv
population:
  zones: zones.geojson
weather:
  table: weather.csv
"""


def write(folder: Path, text: str) -> Path:
    (folder / "study.yaml").write_text(text, encoding="utf-8")
    return folder


def found(folder: Path) -> list[tuple[int, str]]:
    with pytest.raises(InputError) as caught:
        read_config(folder)
    return [(problem.row, problem.field) for problem in caught.value.problems]


def test_good_settings_are_read(tmp_path: Path) -> None:
    """What is not set takes its documented value; every input file is listed."""
    config = read_config(write(tmp_path, GOOD))
    assert config.energy.models == "all"
    assert list(config.files()) == [
        "network.osm",
        "fleet.vehicles",
        "fleet.operators",
        "routes.stops",
        "population.zones",
        "weather.table",
    ]


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("use_column: use", "field population: expected buildings"),
        ("moving_groups: [adult]", "field population: expected places_column"),
        ("spread: even", "'even': expected one of homes, grid"),
    ],
)
def test_settings_without_effect_are_refused(tmp_path: Path, setting: str, words: str) -> None:
    """A column of no buildings, groups that move nowhere, a way of spreading that is none."""
    text = GOOD.replace("population:\n", f"population:\n  {setting}\n")
    with pytest.raises(InputError, match=words):
        read_config(write(tmp_path, text))


def test_weather_settings(tmp_path: Path) -> None:
    """Several stations with their places; choices by distance without places; a clock of none."""
    more = "weather:\n  table: weather.csv\n  stations: by_distance\n"
    text = GOOD.replace("weather:\n  table: weather.csv\n", more + "  places: stations.csv\n")
    config = read_config(write(tmp_path, text))
    assert config.weather.stations == "by_distance"
    assert config.weather.balance_gaps
    assert config.files()["weather.places"] == Path("stations.csv")
    wrong = {
        more: "places, to choose",
        "weather:\n  table: w.csv\n  combine: blend\n": "places, to choose",
        "weather:\n  table: w.csv\n  combine: mix\n": "one of fill, blend",
        "weather:\n  table: w.csv\n  station: A\n  stations: [B]\n": "not both",
        "weather:\n  table: w.csv\n  records_timezone: Mars/Olympus\n": "IANA",
        "weather:\n  table: w.csv\n  urban_population: 10\n": "1000",
        "weather:\n  table: w.csv\n  urban_roughness_m: 1\n": "expected urban_population",
        "weather:\n  table: w.csv\n  stations: [1]\n": "numbers in quotes",
    }
    for section, words in wrong.items():
        text = GOOD.replace("weather:\n  table: weather.csv\n", section)
        with pytest.raises(InputError, match=words):
            read_config(write(tmp_path, text))


def test_all_wrong_settings_are_named_with_their_lines(tmp_path: Path) -> None:
    """An unknown zone, a misspelt key, a missing section and two sources: one pass, four lines."""
    text = GOOD.replace("America/Mexico_City", "America/Nowhere")
    text = text.replace("  osm: roads.osm.pbf", "  osm: a.pbf\n  graphml: b.graphml")
    text = text.replace("weather:\n  table: weather.csv\n", "wether: 1\n")
    assert sorted(found(write(tmp_path, text))) == [
        (1, "weather"),
        (2, "timezone"),
        (3, "network"),
        (13, "wether"),
    ]


def test_broken_yaml_names_the_line(tmp_path: Path) -> None:
    """A syntax error is a problem with a line, not a traceback."""
    assert found(write(tmp_path, "name: x\n  bad: [1\n")) != []


@pytest.mark.parametrize("text", ["- a\n- b\n", "just text\n"])
def test_settings_must_be_a_mapping(tmp_path: Path, text: str) -> None:
    """A list or a sentence is not a study."""
    with pytest.raises(InputError, match="key: value"):
        read_config(write(tmp_path, text))


def test_folder_without_settings_is_named(tmp_path: Path) -> None:
    """A folder that is no study says what it lacks."""
    with pytest.raises(InputError, match=r"study\.yaml: expected a readable file"):
        read_config(tmp_path)
    with pytest.raises(InputError, match=r"expected a folder that holds study\.yaml"):
        read_config(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("line", "field", "expected"),
    [
        ("seed: three", "seed", "a whole number"),
        ("synthetic: maybe", "synthetic", "true or false"),
        ("country: brasil", "country", "two capital letters"),
        ("energy: {models: []}", "energy.models", "all, or a list"),
        ("energy: {models: 3}", "energy.models", "all, or a list"),
        ("overrides: [1]", "overrides", "settings below it"),
        ("overrides: {'a:b': null}", "overrides.a:b", "a number, or text"),
        ("overrides: {'a:b': true}", "overrides.a:b", "a number, or text"),
        ("name: again", "name", "each setting once; it stands on line 1 too"),
    ],
)
def test_a_wrong_setting_is_one_message_in_plain_words(
    tmp_path: Path, line: str, field: str, expected: str
) -> None:
    """Whatever kinds of value are allowed, one complaint with the line and what was expected."""
    with pytest.raises(InputError) as caught:
        read_config(write(tmp_path, f"{GOOD}{line}\n"))
    (problem,) = caught.value.problems
    assert (problem.row, problem.field) == (14, field)
    assert expected in problem.expected


def test_tabs_are_called_tabs(tmp_path: Path) -> None:
    """YAML does not indent with tabs; the message says so, with the line."""
    with pytest.raises(InputError, match=r"row 4: expected YAML \(a tab; indent with spaces\)"):
        read_config(write(tmp_path, GOOD.replace("  osm", "\tosm")))


def test_what_is_right_is_kept_for_a_check(tmp_path: Path) -> None:
    """Faulty settings are left out, so that the files named by the others can be checked."""
    text = GOOD.replace("America/Mexico_City", "America/Nowhere") + "seed: three\nsed: 4\n"
    config, problems = read_settings(write(tmp_path, text))
    assert [problem.field for problem in problems] == ["timezone", "seed", "sed"]
    assert config is not None
    assert (config.timezone, config.seed, config.name) == ("UTC", 0, "Trial")
    nothing, problems = read_settings(write(tmp_path, GOOD.replace("stops: stops.csv", "stop: 1")))
    assert nothing is None
    assert {problem.field for problem in problems} == {"routes.stops", "routes.stop"}


def test_assumptions_are_taken_as_written(tmp_path: Path) -> None:
    """Hologram 00 is not the number 0; dates, numbers and words stay what they are."""
    shutil.copytree(bundled_study(), tmp_path / "study")
    settings = tmp_path / "study" / "study.yaml"
    text = settings.read_text(encoding="utf-8")
    assumed = "{hologram: 00, membership_until: 2026-12-31, gvw_kg: 7500, day_pass: yes}"
    settings.write_text(
        text.replace("rules: access.yaml", f"rules: access.yaml\n  assume: {assumed}"),
        encoding="utf-8",
    )
    policy = read_config(tmp_path / "study").policy
    assert policy is not None
    assert policy.assume == {
        "hologram": "00", "membership_until": "2026-12-31", "gvw_kg": "7500", "day_pass": "yes",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "spanish"),
    [
        ("notes: Made up.", "Made up."),
        ("notes: {en: Made up., es: Inventado.}", "Inventado."),
        ("notes: Made up.\nnotes_es: Inventado.", "Inventado."),
        ("notes_es: Inventado.", "Inventado."),
    ],
)
def test_texts_may_be_told_by_language(tmp_path: Path, lines: str, spanish: str) -> None:
    """Plain, by language, or with the Spanish beside; the name too."""
    named = GOOD.replace("name: Trial", "name: {en: Trial, es: Prueba}")
    config = read_config(write(tmp_path, f"{named}\n{lines}\n"))
    assert config.noted["es"] == spanish
    assert (config.name, both(config.name)["es"]) == ("Trial", "Prueba")
    assert config.model_dump(mode="json")["name"] == {"en": "Trial", "es": "Prueba"}


@pytest.mark.parametrize(
    ("lines", "field"),
    [
        ("notes: {fr: Fait.}", "notes"),
        ("notes: {en: [a]}", "notes"),
        ("notes: {en: A}\nnotes_es: B", ""),
    ],
)
def test_texts_in_no_language_are_faults(tmp_path: Path, lines: str, field: str) -> None:
    """Languages that nobody writes, and Spanish told twice."""
    _, problems = read_settings(write(tmp_path, f"{GOOD}\n{lines}\n"))
    assert [problem.field for problem in problems] == [field]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("name: Trial\nname_es: Prueba", {"en": "Trial", "es": "Prueba"}),
        ('name: {en: " ", es: Prueba}', {"en": "Prueba", "es": "Prueba"}),
        ('name: " Trial "', {"en": "Trial", "es": "Trial"}),
    ],
)
def test_a_name_in_spanish_beside_and_blanks(
    tmp_path: Path, name: str, told: dict[str, str]
) -> None:
    """Blank text is none, and the Spanish name may stand beside as the notes may."""
    config = read_config(write(tmp_path, GOOD.replace("name: Trial", name)))
    assert both(config.name) == told


@pytest.mark.parametrize("name", ['name: " "', 'name: {en: " ", es: ""}'])
def test_a_blank_name_is_a_fault(tmp_path: Path, name: str) -> None:
    """A page without a title helps nobody."""
    _, problems = read_settings(write(tmp_path, GOOD.replace("name: Trial", name)))
    assert [problem.field for problem in problems] == ["name"]


@pytest.mark.parametrize("text", ["name: " + "[" * 5000, "name: &name {en: *name}"])
def test_settings_that_never_end_are_refused(tmp_path: Path, text: str) -> None:
    """Thousands of brackets, and a mapping that holds itself."""
    _, (problem,) = read_settings(write(tmp_path, text))
    assert "none holds itself" in problem.expected
