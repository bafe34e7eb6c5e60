"""Every notebook runs from top to bottom, and what it shows was made by running it."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

NOTEBOOKS = sorted((Path(__file__).resolve().parents[1] / "notebooks").glob("*.ipynb"))
SHOWN = {"image/png", "image/svg+xml", "text/html", "text/markdown", "text/plain"}
"""What a code host renders in a notebook."""
LIVE = ("<script", "<iframe", "<object", "<embed", "javascript:", "onclick", "onload", "onerror")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs(path: Path) -> None:
    """Each cell runs without error in a fresh kernel."""
    nbclient = pytest.importorskip("nbclient")
    notebook = nbformat.read(path, as_version=4)
    client = nbclient.NotebookClient(
        notebook, timeout=1200, startup_timeout=600,
        resources={"metadata": {"path": str(path.parent)}},
    )  # fmt: skip
    client.execute()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_is_kept_with_its_outputs(path: Path) -> None:
    """A reader on a code host sees results, and no path of the machine that made them."""
    notebook = nbformat.read(path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in code)
    assert any(cell.outputs for cell in code)
    text = path.read_text(encoding="utf-8")
    for place in ("/home/", "/root/", "/tmp/", "/work/"):
        assert place not in text


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_outputs_are_seen_without_running_anything(path: Path) -> None:
    """Pictures, tables and text alone: a code host runs no script and shows no page in a page."""
    notebook = nbformat.read(path, as_version=4)
    outputs = [out for cell in notebook.cells for out in cell.get("outputs", [])]
    shown = [out.data for out in outputs if out.output_type in ("display_data", "execute_result")]
    assert not [out for out in outputs if out.output_type == "error"]
    assert any("image/svg+xml" in data or "image/png" in data for data in shown)
    for data in shown:
        assert set(data) <= SHOWN
        # a host that leaves HTML out still has something to show
        assert set(data) & (SHOWN - {"text/html"})
        for kind in ("text/html", "image/svg+xml", "text/markdown"):
            text = str(data.get(kind, "")).lower()
            assert not [word for word in LIVE if word in text]
