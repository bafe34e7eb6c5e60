"""The reference pages are made from the code, and current."""

from __future__ import annotations

import importlib.util
from pathlib import Path


def test_reference_pages_are_current(repository: Path) -> None:
    """Run docs/make_reference.py when this fails."""
    script = repository / "docs" / "make_reference.py"
    spec = importlib.util.spec_from_file_location("make_reference", script)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    folder = repository / "docs" / "reference"
    for name, text in module.reference().items():
        assert (folder / name).read_text("utf-8") == text, f"docs/reference/{name} is stale"
