"""Scenarios: the only files that a desk writes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from geofleet.desk.errors import AskedError
from geofleet.desk.scenarios import read_scenarios, save_scenario

CONTENT = {"question": "budget", "settings": {"budget": 1.0}}


def test_a_scenario_is_kept_and_read(tmp_path: Path) -> None:
    """Name, question, settings; the time with its zone."""
    path = save_scenario(tmp_path, "Más dinero 2", CONTENT)
    assert path == tmp_path / "scenarios" / "Más dinero 2.json"
    kept = json.loads(path.read_text(encoding="utf-8"))
    assert kept["saved"].endswith("+00:00")
    assert read_scenarios(tmp_path) == [{"name": "Más dinero 2", **CONTENT}]


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../out", "a/b", "a\\b", "/etc/x", "C:x", "a\x00b", "a.json", "-a", "_a", " a",
     "a ", "x" * 61, "con", "LPT1", "a\n", "<b>", None, 3],
)  # fmt: skip
def test_names_that_could_lead_elsewhere_are_refused(tmp_path: Path, name: object) -> None:
    """Nothing is written, not even the folder."""
    with pytest.raises(AskedError):
        save_scenario(tmp_path, name, CONTENT)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_replaced(tmp_path: Path) -> None:
    """The first of a name stays."""
    path = save_scenario(tmp_path, "one", CONTENT)
    before = path.read_bytes()
    with pytest.raises(AskedError, match="already"):
        save_scenario(tmp_path, "one", {"question": "hours"})
    assert path.read_bytes() == before
    assert [item.name for item in path.parent.iterdir()] == ["one.json"]


def test_a_folder_that_leads_out_of_the_study_is_not_followed(tmp_path: Path) -> None:
    """Neither for writing nor for reading."""
    study, out = tmp_path / "study", tmp_path / "out"
    study.mkdir()
    out.mkdir()
    (out / "x.json").write_text(
        json.dumps({"schema": "geofleet-desk-scenario/1"}), encoding="utf-8"
    )
    (study / "scenarios").symlink_to(out, target_is_directory=True)
    with pytest.raises(AskedError, match="out of the study"):
        save_scenario(study, "one", CONTENT)
    assert read_scenarios(study) == []
    assert [item.name for item in out.iterdir()] == ["x.json"]


def test_files_that_are_no_scenarios_are_passed_over(tmp_path: Path) -> None:
    """Broken, foreign, too large, linked."""
    folder = tmp_path / "scenarios"
    folder.mkdir()
    (folder / "broken.json").write_text("{", encoding="utf-8")
    (folder / "foreign.json").write_text("[1]", encoding="utf-8")
    (folder / "binary.json").write_bytes(b"\xff\xfe")
    (folder / "deep.json").write_text("[" * 100_000, encoding="utf-8")
    (folder / "folder.json").mkdir()
    (folder / "large.json").write_text(" " * 1_000_001, encoding="utf-8")
    (folder / "linked.json").symlink_to("/etc/hostname")
    assert read_scenarios(tmp_path) == []
    save_scenario(tmp_path, "good", CONTENT)
    assert [one["name"] for one in read_scenarios(tmp_path)] == ["good"]
