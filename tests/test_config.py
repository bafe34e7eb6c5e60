"""Settings are checked with the line they stand on."""

from __future__ import annotations

from pathlib import Path

import pytest

from geofleet.config import read_config
from geofleet.errors import InputError

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
