"""Streets of Oakland by plain assumptions, against a year of measurements by car."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from geofleet.exposure.skill import skill

THINNING = 5


@pytest.mark.shared
def test_streets_are_ranked_as_measured(
    repository: Path, shared_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rank correlation above 0.65 for NOx and NO, above 0.45 for black carbon, with no fit."""
    monkeypatch.syspath_prepend(str(repository / "docs"))
    oakland = importlib.import_module("validation.oakland")
    everywhere, ways = oakland.measured(shared_data), oakland.roads(shared_data)
    assert len(everywhere) == 9204
    gap = oakland.nearest_class(ways, everywhere)[1]
    points = everywhere[gap <= oakland.COVERED_M].iloc[::THINNING].reset_index(drop=True)
    assert len(points) == 1328
    background = oakland.background(points)
    made = oakland.model(ways, points, oakland.weather())
    found = {name: skill(points[name], made.of(name, background)) for name in ("no", "nox", "bc")}
    assert found["nox"].rank_correlation > 0.65
    assert found["no"].rank_correlation > 0.65
    assert found["bc"].rank_correlation > 0.45
    assert found["nox"].fac2 > 0.8
    nearness = oakland.baselines(ways, points)["nearness of a freeway"]
    assert found["nox"].rank_correlation > skill(points["nox"], nearness).rank_correlation + 0.05
