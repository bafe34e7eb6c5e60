"""A newcomer's walk: every block of the tutorial and of the how-to pages, from an empty folder."""

from __future__ import annotations

import importlib.util
import re
import shutil
import sys
from pathlib import Path
from types import ModuleType

import osmium
import pytest

_REPOSITORY = Path(__file__).resolve().parents[1]
_DOCS = _REPOSITORY / "docs"
_HOW_TO = sorted(path.name for path in (_DOCS / "how-to").glob("*.md") if path.stem != "index")
_BOX = (-71.275, -29.945, -71.205, -29.885)


@pytest.fixture(scope="module")
def runner() -> ModuleType:
    """Return docs/run_page.py."""
    spec = importlib.util.spec_from_file_location("run_page", _DOCS / "run_page.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def walked(runner: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder that the tutorial leaves: it begins with an extract of a city alone."""
    folder = tmp_path_factory.mktemp("walk")
    _cut(_REPOSITORY / "data" / "coquimbo" / "roads.osm.pbf", folder / "city.osm.pbf")
    with pytest.MonkeyPatch.context() as patch:
        # Without the extra `figures`, as newly installed; figures have tests of their own.
        patch.setattr("geofleet.outputs.report.find_spec", lambda _name: None)
        runner.run_page(_DOCS / "tutorial.md", folder)
    return folder


def _cut(source: Path, target: Path) -> None:
    """Cut a box out of an extract, as a reader does for a city."""
    west, south, east, north = _BOX
    writer = osmium.SimpleWriter(str(target))
    inside = set()
    for item in osmium.FileProcessor(str(source)):
        if item.is_node():
            if west < item.location.lon < east and south < item.location.lat < north:
                inside.add(item.id)
                writer.add_node(item)
        elif item.is_way() and sum(node.ref in inside for node in item.nodes) > 1:
            writer.add_way(item)
    writer.close()


def test_the_walk_ends_with_briefs(walked: Path) -> None:
    """Results, pages and a brief for each reader in both languages lie where the page says."""
    study = walked / "my-city"
    pages = ("report/index.html", "report/contingency.html", "report/plan.html")
    for name in ("roads.osm.pbf", "stops.csv", "results/manifest.json", *pages):
        assert (study / name).is_file(), name
    briefs = [path.read_text("utf-8") for path in (study / "report" / "briefs").rglob("*.html")]
    # officials, lenders and three operators
    assert sum('lang="es' in text for text in briefs) == 5
    assert sum('lang="en' in text for text in briefs) == 5
    assert any("J. Rojas" in text for text in briefs)


@pytest.mark.parametrize("page", _HOW_TO)
def test_how_to(page: str, runner: ModuleType, walked: Path, tmp_path: Path) -> None:
    """Each how-to runs by itself on what the tutorial leaves."""
    folder = tmp_path / "walk"
    shutil.copytree(walked, folder)
    runner.run_page(_DOCS / "how-to" / page, folder)


def test_the_spanish_page_has_the_same_blocks(runner: ModuleType) -> None:
    """What is run in one language is what readers of the other type; marks too, lines aside."""
    english, spanish = (
        [
            (block.kind, block.text, block.mark, block.said)
            for block in runner.blocks((_DOCS / name).read_text("utf-8"))
        ]
        for name in ("tutorial.md", "tutorial-es.md")
    )
    assert english == spanish
    assert len(english) > 15


@pytest.mark.parametrize(
    "page", ["tutorial.md", "tutorial-es.md", *(f"how-to/{name}" for name in _HOW_TO)]
)
def test_readers_see_where_a_block_belongs(page: str) -> None:
    """Marks are for the runner alone: the words before a block name the file that it is."""
    text = (_DOCS / page).read_text("utf-8")
    for mark in re.finditer(r"<!-- (?:file|settings): (\S+) -->", text):
        assert Path(mark[1]).name in text[: mark.start()].rstrip().split("\n\n")[-1], mark[1]


def test_runner_sees_marks_and_fences(runner: ModuleType) -> None:
    """A mark belongs to the block right after it, and a block ends at its own fence."""
    page = (
        "<!-- file: a.csv -->\n```text\nx\n```\n\n```sh\ntrue\n```\n"
        "<!-- not run: no -->\nwords\n```sh\nfalse\n```\n"
    )
    found = [(block.kind, block.text, block.mark) for block in runner.blocks(page)]
    assert found == [("text", "x\n", "file"), ("sh", "true\n", ""), ("sh", "false\n", "")]


def test_runner_tells_where_a_block_failed(runner: ModuleType, tmp_path: Path) -> None:
    """A command that fails is an error that names page and line, with what it printed."""
    page = tmp_path / "page.md"
    page.write_text("# x\n\n```sh\necho before; exit 3\n```\n", encoding="utf-8")
    with pytest.raises(RuntimeError, match=r"ended with 3, not 0\nbefore") as caught:
        runner.run_page(page, tmp_path)
    assert "page.md:3" in "".join(caught.value.__notes__)
