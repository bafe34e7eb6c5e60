"""Roads by what one truck may do there: from a file of lines to a page and layers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from geofleet.cli import app

RULES = """
rule_set: lanes
title: Lanes
timezone: America/Mexico_City
geographies:
  - {id: central, name: Central lanes, area: no, roads: {lane_kind: central}, status: user}
  - {id: centre, name: Centre, status: user}
rules:
  - {id: LANES, name: No trucks on central lanes, effect: prohibit, status: user, where: central,
     vehicle: {gvw_kg: {above: 3857}}}
  - {id: NOON, name: No trucks in the centre at noon, effect: prohibit, status: user, where: centre,
     when: {hours: "12:00-13:00"}}
"""
DATE = ["--date", "2026-02-17", "--attribution", "Office of roads", "--json"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two roads of about one km each, and rules that tell them apart."""
    lines = [
        {"type": "Feature", "properties": {"name": name, "lane_kind": kind, "level": "ground"},
         "geometry": {"type": "LineString", "coordinates": [[-99.10, lat], [-99.09, lat]]}}
        for name, kind, lat in (("Express", "central", 19.40), ("Side", "lateral", 19.41))
    ]  # fmt: skip
    roads = {"type": "FeatureCollection", "features": lines}
    (tmp_path / "roads.geojson").write_text(json.dumps(roads))
    (tmp_path / "rules.yaml").write_text(RULES)
    return tmp_path


def _run(folder: Path, *more: str) -> dict[str, list[float]]:
    arguments = ["access-map", str(folder / "roads.geojson"), "-o", str(folder / "page.html"),
                 "--rules", str(folder / "rules.yaml"), *DATE, *more]  # fmt: skip
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert all(Path(file).is_file() for file in found["files"])
    km: dict[str, list[float]] = found["km"]
    return km


def test_truck_is_kept_off_the_central_lanes(folder: Path) -> None:
    """One road of two is closed all day; where the centre lies nobody said, so noon is unknown."""
    km = _run(folder, "--set", "gvw_kg=12000")
    assert km["forbidden"][8] == pytest.approx(1.05, rel=0.01)
    assert km["allowed"][8] == pytest.approx(1.05, rel=0.01)
    assert km["unknown"][12] == pytest.approx(1.05, rel=0.01)
    page = (folder / "page.html").read_text("utf-8")
    assert "Office of roads" in page


def test_areas_that_are_elsewhere_close_nothing(folder: Path) -> None:
    """Told that no road lies in the centre, noon is as any hour."""
    km = _run(folder, "--set", "gvw_kg=12000", "--nowhere-else")
    assert km["unknown"] == [0.0] * 24
    assert km["forbidden"][12] == pytest.approx(1.05, rel=0.01)


def test_van_may_use_both(folder: Path) -> None:
    """Up to 3,857 kg the lanes are open."""
    km = _run(folder, "--set", "gvw_kg=3857", "--nowhere-else")
    assert km["forbidden"] == [0.0] * 24


def test_what_is_no_road_is_refused(folder: Path) -> None:
    """Points are no roads; the row is named."""
    points = {"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": [0, 0]}}
    ]}  # fmt: skip
    (folder / "roads.geojson").write_text(json.dumps(points))
    arguments = ["access-map", str(folder / "roads.geojson"), "-o", str(folder / "page.html"),
                 "--rules", str(folder / "rules.yaml"), *DATE]  # fmt: skip
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 3
    problem = json.loads(result.stdout)["problems"][0]
    assert (problem["field"], problem["row"], problem["value"]) == ("geometry", 1, "Point")
    assert not (folder / "page.html").exists()
