"""A new study folder: what init writes, and that it writes nothing when it cannot."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from geofleet.config import read_config
from geofleet.errors import InputError, RemoteServiceError
from geofleet.exposure.model import WEATHER_SCHEMA
from geofleet.fleet.model import OPERATOR_SCHEMA, VEHICLE_SCHEMA
from geofleet.outputs.new_study import new_study
from geofleet.routes.model import STOP_SCHEMA
from geofleet.schema import read_csv
from geofleet.study import Study

SCHEMAS = {
    schema.name: schema for schema in (VEHICLE_SCHEMA, OPERATOR_SCHEMA, STOP_SCHEMA, WEATHER_SCHEMA)
}


@pytest.fixture
def roads(repository: Path) -> Path:
    return repository / "data" / "coquimbo" / "roads.osm.pbf"


def test_a_study_from_a_file_is_complete_but_for_its_tables(roads: Path, tmp_path: Path) -> None:
    """Settings are valid and checking names each empty table, and nothing else."""
    folder = new_study(
        tmp_path / "mi estudio", osm=roads, country="cl", timezone="America/Santiago"
    )
    assert sorted(path.name for path in folder.iterdir()) == [
        "README.txt", "operators.csv", "population.geojson", "roads.osm.pbf", "stops.csv",
        "study.yaml", "vehicles.csv", "weather.csv",
    ]  # fmt: skip
    config = read_config(folder)
    assert (config.name, config.country, config.timezone) == (
        "mi estudio",
        "CL",
        "America/Santiago",
    )
    assert config.attribution == "© OpenStreetMap contributors, ODbL"
    assert config.network.osm == Path("roads.osm.pbf")
    assert (folder / "roads.osm.pbf").read_bytes() == roads.read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["mi estudio"]
    problems = Study.open(folder).check()
    files = {Path(problem.file).name for problem in problems}
    assert files == {
        "vehicles.csv", "operators.csv", "stops.csv", "weather.csv", "population.geojson",
    }  # fmt: skip


def test_names_with_yaml_in_them_stay_names(roads: Path, tmp_path: Path) -> None:
    """Colons, quotes and accents in a name survive."""
    name = 'Año: "norte" {1} # uno'
    folder = new_study(tmp_path / "a", name=name, osm=roads)
    assert read_config(folder).name == name
    assert read_config(folder).country is None


def test_the_examples_in_the_readme_are_valid_rows(roads: Path, tmp_path: Path) -> None:
    """Each example, saved as a table, passes the schema it explains; every column is explained."""
    folder = new_study(tmp_path / "a", osm=roads)
    text = (folder / "README.txt").read_text(encoding="utf-8")
    for name in ("cargo_van", "rigid_7_5t", "articulated_20t"):
        assert f"\n    {name}" in text
    assert "rigid_12t        above 7,500 kg, up to 12,000 kg" in text
    blocks = text.split("  Example:\n")
    for block, schema in zip(blocks[1:], SCHEMAS.values(), strict=True):
        table = "\n".join(line.strip() for line in block.splitlines()[:2])
        path = tmp_path / f"{schema.name}.csv"
        path.write_text(table + "\n", encoding="utf-8")
        assert len(read_csv(path, schema)) == 1
        header = next(csv.reader(io.StringIO((folder / path.name).read_text())))
        assert header == [column.name for column in schema.columns]
        for column in schema.columns:
            assert f"  {column.name} " in text
            assert column.meaning in text
    assert json.loads((folder / "population.geojson").read_text())["features"] == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "exactly one"),
        ({"osm": "roads", "place": "Coyoacán"}, "exactly one"),
        ({"osm": "missing.osm.pbf"}, "exists and is not empty"),
        ({"osm": "empty.osm.pbf"}, "exists and is not empty"),
        ({"osm": "roads.shp"}, "ending in .osm.pbf"),
        ({"osm": "page.osm"}, "page.osm: expected a whole OpenStreetMap file"),
        ({"osm": "page.OSM.PBF"}, "page.OSM.PBF: expected a whole OpenStreetMap file"),
        ({"osm": "page.osm.gz"}, "page.osm.gz: expected a whole OpenStreetMap file"),
        ({"osm": "roads", "country": "Narnia"}, "country"),
        ({"osm": "roads", "country": "Chile"}, "CL has several: America/Coyhaique"),
        ({"osm": "roads", "timezone": "Chile/Serena"}, "IANA time zone"),
        ({"place": "  "}, "name of a place"),
        ({"place": "Coyoacán", "live": {"timeout": 3}}, "timeout_s"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_study_leaves_nothing(
    roads: Path, tmp_path: Path, changes: dict[str, Any], expected: str
) -> None:
    """Wrong arguments are named, and no folder, not even a hidden one, stays behind."""
    inputs = tmp_path / "inputs"
    inputs.mkdir()
    (inputs / "empty.osm.pbf").touch()
    (inputs / "roads.shp").write_text("shape")
    for name in ("page.osm", "page.OSM.PBF", "page.osm.gz"):
        (inputs / name).write_text("<html>Too many requests</html>")
    if "osm" in changes:
        name = changes["osm"]
        changes = changes | {"osm": roads if name == "roads" else inputs / name}
    work = tmp_path / "work"
    work.mkdir()
    with pytest.raises(InputError) as caught:
        new_study(work / "study", **changes)
    assert expected in str(caught.value)
    assert list(work.iterdir()) == []


def test_a_folder_with_something_in_it_is_refused(roads: Path, tmp_path: Path) -> None:
    """Work is never overwritten; an empty folder is taken."""
    folder = tmp_path / "study"
    folder.mkdir()
    new_study(folder, osm=roads)
    before = (folder / "study.yaml").read_bytes()
    with pytest.raises(InputError, match="nothing was changed"):
        new_study(folder, osm=roads, name="other")
    assert (folder / "study.yaml").read_bytes() == before
    with pytest.raises(InputError, match="empty one"):
        new_study(folder / "study.yaml", osm=roads)


def test_a_place_that_cannot_be_loaded_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service that is not there: one error, no folder."""
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    live = {"nominatim_url": "http://127.0.0.1:9", "timeout_s": 0.5}
    with pytest.raises(RemoteServiceError, match="--osm FILE"):
        new_study(tmp_path / "study", place="Coyoacán", live=live)
    assert list(tmp_path.iterdir()) == []
