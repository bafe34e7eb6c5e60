"""Tracer experiments beside a line: what was measured, and what R-LINE made of it."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest


@pytest.fixture(name="tracers")
def tracers_fixture(repository: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(repository / "docs"))
    return importlib.import_module("validation.tracers")


def test_idaho_falls(tracers: ModuleType, repository: Path) -> None:
    """Nine of ten measurements are met within a factor of two, as by R-LINE itself."""
    data = tracers.idaho_falls(repository / "tests" / "oracles", method="direct")
    whole = data.skill_of("geofleet")
    assert whole.pairs == 212
    assert whole.fac2 > 0.9
    assert whole.rank_correlation > 0.95
    assert 0.2 < whole.fractional_bias < 0.67  # too low, most of all in the stable night
    rline = data.skill_of("rline")
    assert whole.fac2 == pytest.approx(rline.fac2, abs=0.05)
    assert whole.nmse == pytest.approx(rline.nmse, rel=0.2)
    for test in (1, 2, 3):
        assert data.skill_of("geofleet", test).fac2 == 1.0
        assert data.skill_of("geofleet", test).correlation > 0.95


def test_highway_99_falls_off_as_in_rline(tracers: ModuleType, repository: Path) -> None:
    """On the road the two versions agree; away from it the newer one is lower, never by far."""
    data = tracers.highway_99(repository / "tests" / "oracles", method="direct")
    names = list(tracers.PLACES)
    ratio = data.geofleet / data.rline
    middle = ratio[:, names.index("middle")]
    assert np.all(np.abs(middle - 1.0) < 0.2)
    beside = np.delete(np.arange(len(names)), names.index("middle"))
    lee = data.downwind[:, beside]
    assert 0.7 < np.median(ratio[:, beside][lee]) < 1.0
    assert np.all(ratio[:, beside][lee] > 0.5)
    for side in ("southwest", "northeast"):
        fall = data.geofleet[:, [names.index(f"{side}_{distance}") for distance in (50, 100, 200)]]
        assert np.all(np.diff(fall, axis=1) < 0.0)


def test_page_says_what_the_script_counts(
    tracers: ModuleType, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Run docs/make_validation.py when this fails."""
    monkeypatch.syspath_prepend(str(repository / "docs"))
    script = importlib.import_module("make_validation")
    page = (repository / "docs" / "concepts" / "validation.md").read_text("utf-8")
    assert script.insert(page, {**script.published(), **script.tracer_numbers()}) == page
