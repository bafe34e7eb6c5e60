"""The command line: exit codes, machine-readable output, and one pass over every problem."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from geofleet.cli import app

RUNNER = CliRunner()


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def check(study: Path) -> list[dict[str, object]]:
    done = RUNNER.invoke(app, ["check", str(study), "--json"])
    assert done.exit_code == 3, done.output
    problems: list[dict[str, object]] = json.loads(done.stdout)["problems"]
    return problems


def test_run_prints_a_summary_for_machines(tiny_study: Path) -> None:
    """``run --json`` ends with code 0 and the main numbers, and writes the result folder."""
    done = RUNNER.invoke(app, ["run", str(tiny_study), "--json"])
    assert done.exit_code == 0, done.output
    summary = json.loads(done.stdout)
    assert summary["vehicle_days"] == 2
    assert summary["stops"] == 8
    assert summary["stops_not_reached"] == 0
    assert all(Path(name).is_file() for name in summary["files"])
    assert (tiny_study / "results" / "maps" / "index.html").is_file()


def test_run_prints_a_table_for_people(tiny_study: Path) -> None:
    """Without ``--json`` the same numbers come as a table with units."""
    done = RUNNER.invoke(app, ["run", str(tiny_study), "--output", str(tiny_study / "out")])
    assert done.exit_code == 0, done.output
    assert "Days electric can run" in done.stdout
    assert "maps" in done.stdout


def test_check_of_a_good_study_touches_nothing(tiny_study: Path) -> None:
    """A study without fault says so, with code 0 and no new file."""
    before = sorted(tiny_study.rglob("*"))
    done = RUNNER.invoke(app, ["check", str(tiny_study)])
    assert done.exit_code == 0, done.output
    assert "no problem found" in done.stdout
    assert sorted(tiny_study.rglob("*")) == before


def test_all_problems_of_a_study_come_in_one_pass(tiny_study: Path) -> None:
    """Eight different faults in five files are all named, each with its place and value."""
    edit(tiny_study / "vehicles.csv", "truck,B,rigid_7_5t", "lorry,B,lorry")
    edit(tiny_study / "vehicles.csv", "euro_4,2012", "euro_9,2012")
    edit(tiny_study / "operators.csv", "B,Firm B,120", "A,Firm B,120")
    edit(tiny_study / "stops.csv", ",100\n", ",-100\n")
    edit(tiny_study / "stops.csv", "08:00,,0\n", "08:00,07:00,0\n")
    edit(tiny_study / "population.geojson", '"people": 100.0', '"people": -5')
    edit(tiny_study / "weather.csv", "3,365,7", "3,365,13")
    (tiny_study / "roads.osm").write_bytes(b"<osm><node id=")
    found = {(str(p["file"]).rsplit("/", 1)[-1], p["field"], p["value"]) for p in check(tiny_study)}
    assert {
        ("vehicles.csv", "vehicle_class", "lorry"),
        ("vehicles.csv", "standard", "euro_9"),
        ("operators.csv", "operator_id", "A"),
        ("stops.csv", "drop_kg", "-100"),
        ("stops.csv", "vehicle_id", "truck"),
        ("weather.csv", "month", "13"),
    } <= found
    files = {name for name, _, _ in found}
    assert {"population.geojson", "roads.osm"} <= files


@pytest.mark.parametrize(
    ("file", "old", "new", "field", "words"),
    [
        ("stops.csv", "08:00,,0\n", "08:00,07:00,0\n", "window_end", "window_start"),
        ("stops.csv", "van,2024-05-14,1,s1,delivery,-29.8", "van,2024-05-14,1,s1,delivery,-29.6",
         "", "road"),
        ("vehicles.csv", "truck,B", "lorry,B", "vehicle_id", "vehicles table"),
        ("stops.csv", "van,2024-05-14,2", "van,2024-05-14,1", "", "once"),
        ("study.yaml", "roads.osm", "streets.osm", "", "file"),
    ],
)  # fmt: skip
def test_each_fault_names_its_place(
    tiny_study: Path, file: str, old: str, new: str, field: str, words: str
) -> None:
    """One fault, one message with file, field and what was expected."""
    edit(tiny_study / file, old, new)
    problems = check(tiny_study)
    assert any(
        words in str(p["expected"]).lower() and field in str(p["field"]) for p in problems
    ), problems


def test_swapped_coordinates_are_recognised(tiny_study: Path) -> None:
    """Latitude and longitude the wrong way round are called that."""
    path = tiny_study / "stops.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    rows = [line.split(",") for line in lines]
    for row in rows[1:]:
        row[5], row[6] = row[6], row[5]
    path.write_text("\n".join(",".join(row) for row in rows) + "\n", encoding="utf-8")
    assert any("swap" in str(p["expected"]).lower() for p in check(tiny_study))


def test_wrong_arguments_have_their_own_code(tmp_path: Path) -> None:
    """Code 2 for wrong use, 3 for a folder that is no study."""
    assert RUNNER.invoke(app, ["init", str(tmp_path / "x")]).exit_code == 2
    assert RUNNER.invoke(app, ["run", str(tmp_path)]).exit_code == 3
    assert RUNNER.invoke(app, ["fly"]).exit_code == 2


def test_new_study_from_a_file_can_be_checked(tiny_study: Path, tmp_path: Path) -> None:
    """``init --osm`` makes a folder whose only problems are the tables still empty."""
    new = tmp_path / "city"
    done = RUNNER.invoke(
        app,
        ["init", str(new), "--osm", str(tiny_study / "roads.osm"), "--country", "CL",
         "--timezone", "America/Santiago"],
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert {Path(str(p["file"])).name for p in check(new)} == {
        "vehicles.csv",
        "operators.csv",
        "stops.csv",
        "population.geojson",
        "weather.csv",
    }


def test_version_is_printed() -> None:
    """``--version`` prints the version alone."""
    from geofleet import __version__

    assert RUNNER.invoke(app, ["--version"]).stdout.strip() == __version__


def places(study: Path) -> list[tuple[str, object, object]]:
    return [(Path(str(p["file"])).name, p["row"], p["field"]) for p in check(study)]


def test_settings_and_files_are_checked_in_one_pass(tiny_study: Path) -> None:
    """Wrong settings do not hide a missing file, a far stop or zones of another place."""
    edit(tiny_study / "study.yaml", "America/Santiago", "Chile/Santiago")
    with (tiny_study / "study.yaml").open("a", encoding="utf-8") as settings:
        settings.write("energy:\n  models: [none_such]\noverrides:\n  snap:limit_m: far\n")
    (tiny_study / "weather.csv").unlink()
    edit(
        tiny_study / "stops.csv",
        "van,2024-05-14,1,s1,delivery,-29.8",
        "van,2024-05-14,1,s1,delivery,-29.6",
    )
    zones = tiny_study / "population.geojson"
    zones.write_text(zones.read_text(encoding="utf-8").replace("-71.2", "-61.2"), encoding="utf-8")
    assert places(tiny_study) == [
        ("study.yaml", 2, "timezone"),
        ("study.yaml", 19, "overrides.snap:limit_m"),
        ("study.yaml", 17, "energy.models"),
        ("weather.csv", 0, ""),
        ("stops.csv", 3, "lat, lon"),
        ("population.geojson", 0, "geometry"),
    ]


def test_missing_roads_are_one_problem(tiny_study: Path) -> None:
    """Weather needs the place of the roads; without them it is not the weather that is at fault."""
    (tiny_study / "roads.osm").unlink()
    assert places(tiny_study) == [("roads.osm", 0, "")]


def test_a_run_that_is_stopped_leaves_nothing(
    tiny_study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C while the map is written: a word, its own exit code, no half results."""

    def stop(*_args: object, **_settings: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("geofleet.maps.write_map", stop)
    before = sorted(tiny_study.rglob("*"))
    done = RUNNER.invoke(app, ["run", str(tiny_study), "-q"])
    assert done.exit_code == 130
    assert "stopped; nothing was written" in done.output
    assert sorted(tiny_study.rglob("*")) == before
