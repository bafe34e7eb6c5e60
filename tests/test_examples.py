"""Each example answers its question from public names, and writes what its README promises."""

from __future__ import annotations

import ast
import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"
CASES = sorted(path.parent.name for path in EXAMPLES.glob("*/answer.py"))


def load(case: str) -> ModuleType:
    """Load the script of a case as a module of its own."""
    spec = importlib.util.spec_from_file_location(f"example_{case}", EXAMPLES / case / "answer.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, Path]]:
    """Run every case once: its words and the folder of its results."""
    found = {}
    for case in CASES:
        folder = tmp_path_factory.mktemp(case) / "results"
        found[case] = (load(case).answer(folder), folder)
    return found


def test_there_are_seven_cases_and_the_list_names_them() -> None:
    assert len(CASES) == 7
    listed = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    assert all(f"]({case}/README.md)" in listed for case in CASES)


@pytest.mark.parametrize("case", CASES)
def test_what_the_readme_promises_is_written(
    answers: dict[str, tuple[str, Path]], case: str
) -> None:
    _, folder = answers[case]
    readme = (EXAMPLES / case / "README.md").read_text(encoding="utf-8")
    table = [line.split("|")[1] for line in readme.splitlines() if line.startswith("| `")]
    promised = {name for cell in table for name in re.findall(r"`([^`]+)`", cell)}
    assert promised == {path.name for path in folder.iterdir()}
    assert all(path.stat().st_size > 0 for path in folder.iterdir())
    for heading in ("**Question.**", "**Answer**", "**Data.**", "**How.**", "**Limits.**"):
        assert heading in readme


@pytest.mark.parametrize("case", CASES)
def test_every_number_has_source_and_status(
    answers: dict[str, tuple[str, Path]], case: str
) -> None:
    from geofleet.defaults import STATUSES

    words, folder = answers[case]
    rows = pd.read_csv(folder / "provenance.csv")
    assert len(rows) > 0
    assert rows["status"].isin(STATUSES).all()
    assert rows["source"].notna().all()
    assert "synthetic" in words
    assert "nan" not in words.lower()


@pytest.mark.parametrize("case", CASES)
def test_only_public_names_are_imported(case: str) -> None:
    tree = ast.parse((EXAMPLES / case / "answer.py").read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("geofleet"):
            package = importlib.import_module(str(node.module))
            named = {alias.name for alias in node.names}
            assert named <= set(package.__all__), node.module
