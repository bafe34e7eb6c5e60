"""A study under rules: from settings and command to tables, layers, map and bulletin."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from geofleet.bundled import bundled_study
from geofleet.cli import app
from geofleet.config import read_settings
from geofleet.errors import InputError
from geofleet.outputs.policy import StudyPolicy, chosen_rules, study_policy, write_policy
from geofleet.policy.study import read_study_rules, read_zones
from geofleet.study import Study

ONLY = ("MX-ZMVM-CONT-F1-FREIGHT", "MX-ZMVM-CONT-F1-FREIGHT-EX", "MX-CDMX-AUTORREG")
EXEMPT_CARGO = {"parcels", "fruit and vegetables", "chilled food"}
ASSUMED = {"programme_membership": "none", "permits": "none", "refrigeration": "none"}


@pytest.fixture(scope="module")
def zones(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The zone of the contingency laid over the bundled study."""
    path = tmp_path_factory.mktemp("zones") / "zones.geojson"
    ring = [[-71.5, -30.2], [-71.0, -30.2], [-71.0, -29.7], [-71.5, -29.7], [-71.5, -30.2]]
    feature = {"type": "Feature", "properties": {"id": "zmvm"},
               "geometry": {"type": "Polygon", "coordinates": [ring]}}  # fmt: skip
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    return path


@pytest.fixture(scope="module")
def bulletin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fase I on the day of the bundled study."""
    path = tmp_path_factory.mktemp("bulletin") / "bulletin.yaml"
    path.write_text(
        "phase: Fase I\npollutants: [O3]\ndates: ['2024-05-14']\nparity: par\ncolour: rosa\n",
        encoding="utf-8",
    )
    return path


@pytest.fixture(scope="module")
def contingency(zones: Path, bulletin: Path) -> StudyPolicy:
    """The bundled day under the morning stop of Fase I."""
    study = Study.open(bundled_study())
    rules = chosen_rules(
        study, pack="mexico", zones=zones, bulletin=bulletin, only=ONLY, assume=ASSUMED
    )
    return study_policy(study, rules)


def test_morning_stop_empties_the_morning_of_who_is_not_exempt(contingency: StudyPolicy) -> None:
    """From 6 to 10 only vehicles drive that the exemption by cargo lets out."""
    effect = contingency.effect
    after = effect.after.traversals
    morning = after.frame["enter_s"].between(6 * 3600, 10 * 3600, inclusive="left")
    moving = set(after.vehicle_days["vehicle_id"].iloc[after.frame["vehicle_day"][morning]])
    cargo = contingency.results.inputs.fleet.vehicles["cargo_type"]
    assert set(cargo[list(moving)]) <= EXEMPT_CARGO
    assert moving, "the exempt drive"


def test_grams_are_accounted_for(contingency: StudyPolicy) -> None:
    """What leaves its hour comes back in another; the parts add up to the change."""
    grams = contingency.effect.grams()
    assert (grams["moved_out"] + grams["moved_in"]).abs().max() < 1e-6
    assert contingency.effect.difference()["rest"].abs().max() < 1e-6
    assert grams.loc["pm25_exhaust_g", "moved_in"] > 0


def test_all_files_are_written_whole(contingency: StudyPolicy, tmp_path: Path) -> None:
    """Tables, layers, map, rules, bulletin and exempt list; the folder can be written again."""
    folder = tmp_path / "policy"
    for _ in range(2):
        files = write_policy(contingency, folder, language="es")
    names = {path.relative_to(folder).as_posix() for path in files}
    assert {"map.html", "rules.geojson", "bulletin-1.md", "exempt.csv", "report.json"} <= names
    assert all(path.is_file() for path in files)
    days = pd.read_csv(folder / "tables" / "vehicle_days.csv")
    assert len(days) == 64
    assert "no circulan de 06:00 a 10:00 horas" in (folder / "bulletin-1.md").read_text("utf-8")
    exempt = pd.read_csv(folder / "exempt.csv")
    assert set(exempt["status"]) == {"exempt"}
    cargo = contingency.results.inputs.fleet.vehicles["cargo_type"]
    assert set(exempt["vehicle_id"]) == set(cargo.index[cargo.isin(EXEMPT_CARGO)])


def test_other_folders_are_left_alone(contingency: StudyPolicy, tmp_path: Path) -> None:
    """A folder with anything else in it is refused and untouched."""
    (tmp_path / "letter.txt").write_text("dear all")
    with pytest.raises(InputError, match="holds only results of this command"):
        write_policy(contingency, tmp_path)
    assert (tmp_path / "letter.txt").read_text() == "dear all"
    (tmp_path / "report.json").write_text("{}")
    with pytest.raises(InputError, match=r"letter\.txt"):
        write_policy(contingency, tmp_path)
    assert (tmp_path / "letter.txt").read_text() == "dear all"


def test_the_folder_is_looked_at_before_the_study_is_run(tmp_path: Path) -> None:
    """Nobody waits for a day that cannot be written."""
    (tmp_path / "letter.txt").write_text("dear all")
    run = ["policy", str(bundled_study()), "-q", "-o", str(tmp_path), "--only", "nothing"]
    result = CliRunner().invoke(app, run)
    assert result.exit_code == 3
    assert "letter.txt" in result.output


def test_bulletin_of_another_day_is_refused(zones: Path, tmp_path: Path) -> None:
    """An event on no service date would change nothing, in silence."""
    path = tmp_path / "bulletin.yaml"
    path.write_text("phase: Fase I\ndates: ['2026-02-17']\nparity: par\n", encoding="utf-8")
    study = Study.open(bundled_study())
    rules = chosen_rules(study, pack="mexico", zones=zones, bulletin=path, only=ONLY)
    with pytest.raises(InputError, match="a service date of the study: 2024-05-14"):
        study_policy(study, rules)


def test_rules_of_the_study_are_those_of_its_settings() -> None:
    """Without a pack the study's own rules; a rule that is none is named."""
    study = Study.open(bundled_study())
    assert chosen_rules(study).rule_set.name == "la-serena-centre"
    with pytest.raises(InputError, match="no rule 'CENTRE'"):
        chosen_rules(study, only=["CENTRE"])
    with pytest.raises(InputError, match="not both"):
        chosen_rules(study, pack="mexico", rules=Path("access.yaml"))


def _copy(tmp_path: Path, old: str, new: str) -> Path:
    folder = tmp_path / "study"
    shutil.copytree(bundled_study(), folder)
    settings = folder / "study.yaml"
    text = settings.read_text(encoding="utf-8")
    assert old in text
    settings.write_text(text.replace(old, new), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("setting", "fault"),
    [
        ("rules: nowhere.yaml", "nowhere.yaml: expected a readable file"),
        ("pack: atlantis", "a pack of rules: colombia, mexico"),
        ("{rules: access.yaml, pack: mexico}", "exactly one of rules and pack"),
        ("{rules: access.yaml, responses: [fly]}", "one of wait, retime, reroute, swap, drop"),
        ("{rules: access.yaml, answers: {nobody: true}}", "a switch of the rule set"),
        ("{rules: access.yaml, zones: access.yaml}", "a layer of shapes"),
    ],
)
def test_faults_of_the_policy_section_are_named(tmp_path: Path, setting: str, fault: str) -> None:
    """All that a run would stumble over, before it starts."""
    folder = _copy(tmp_path, "policy:\n  rules: access.yaml", f"policy:\n  {setting}")
    config, problems = read_settings(folder)
    if not problems and config is not None and config.policy is not None:
        with pytest.raises(InputError) as caught:
            read_study_rules(folder, config.policy)
        problems = list(caught.value.problems)
    assert fault in "; ".join(map(str, problems))


def test_check_looks_at_rules(tmp_path: Path) -> None:
    """``geofleet check`` reads the rule file too, and names the line."""
    folder = _copy(tmp_path, "policy:\n  rules: access.yaml", "policy:\n  rules: access.yaml")
    rules = folder / "access.yaml"
    text = rules.read_text(encoding="utf-8")
    rules.write_text(text.replace("20:00-10:00", "20h-10h"), encoding="utf-8")
    result = CliRunner().invoke(app, ["check", str(folder), "-q"])
    assert result.exit_code == 3, result.output
    assert "access.yaml, row" in result.output
    assert "20h-10h" in result.output


@pytest.mark.parametrize(
    ("settings", "faults"),
    [
        ("assume: {hologramm: 2, gvw_kg: heavy}",
         ["row {row}, field policy.assume.hologramm", "policy.assume.gvw_kg: 'heavy': expected a"]),
        ("assume: {membership_until: 2024-13-45}", ["row {row}: '2024-13-45'", "month must be in"]),
        ("zones: other.geojson", ["access.yaml", "areas that hold roads of this study"]),
        ("bulletin: other.yaml", ["dates: '2026-02-17'", "a service date of the study: 2024-05"]),
    ],
)  # fmt: skip
def test_check_names_rules_that_do_not_fit_the_study(
    tmp_path: Path, settings: str, faults: list[str]
) -> None:
    """Assumptions that no rule can use, areas of another city, events of another day."""
    old = "policy:\n  rules: access.yaml"
    folder = _copy(tmp_path, old, f"{old}\n  {settings}")
    text = (folder / "access.geojson").read_text(encoding="utf-8").replace("-71.", "-99.")
    (folder / "other.geojson").write_text(text, encoding="utf-8")
    (folder / "other.yaml").write_text("phase: Fase I\ndates: ['2026-02-17']\nparity: par\n")
    result = CliRunner().invoke(app, ["check", str(folder), "-q"], env={"COLUMNS": "1000"})
    assert result.exit_code == 3, result.output
    found = " ".join(result.output.split())
    lines = (folder / "study.yaml").read_text(encoding="utf-8").splitlines()
    row = lines.index(f"  {settings}") + 1
    assert all(fault.replace("{row}", str(row)) in found for fault in faults), found


def test_areas_that_are_none_are_named(tmp_path: Path) -> None:
    """Without id, crossing itself, empty, a point, an id twice: all at once, with their rows."""
    good = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}
    bow = {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}
    point = {"type": "Point", "coordinates": [0, 0]}
    areas = [(None, good), ("bow", bow), ("none", None), ("point", point), ("a", good), ("a", good)]
    features = [
        {"type": "Feature", "properties": {"id": name}, "geometry": area} for name, area in areas
    ]
    path = tmp_path / "zones.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    with pytest.raises(InputError) as caught:
        read_zones(path)
    found = [(problem.row, problem.field) for problem in caught.value.problems]
    assert found == [(1, "id"), *((row, "geometry") for row in (2, 3, 4)), (6, "id")]


def test_assumptions_of_the_command_that_rules_cannot_use_are_named() -> None:
    """No vehicle's hologram is 5, and no mass is a word, even where no cell is empty."""
    study = Study.open(bundled_study())
    with pytest.raises(InputError) as caught:
        chosen_rules(study, pack="mexico", assume={"hologram": "5", "gvw_kg": "x", "coat": "red"})
    fields = {problem.field for problem in caught.value.problems}
    assert fields == {"hologram", "gvw_kg", "coat"}


def test_a_date_may_be_assumed_without_quotes(tmp_path: Path) -> None:
    """YAML makes a date of it; rules read the text."""
    old = "policy:\n  rules: access.yaml"
    folder = _copy(tmp_path, old, f"{old}\n  assume: {{membership_until: 2024-12-31}}")
    config, problems = read_settings(folder)
    assert not problems
    assert config is not None
    assert config.policy is not None
    assert config.policy.assume == {"membership_until": "2024-12-31"}


def test_study_without_rules_has_no_policy(tmp_path: Path) -> None:
    """Nothing is made up where nothing is said."""
    folder = _copy(tmp_path, "policy:\n  rules: access.yaml\n", "")
    study = Study.open(folder)
    assert study.config.policy is None
    with pytest.raises(InputError, match="rules under policy"):
        chosen_rules(study)
