"""The reference page is made from the code, and current."""

from __future__ import annotations

import importlib.util
from pathlib import Path


def test_reference_page_is_current(repository: Path) -> None:
    """Run docs/make_reference.py when this fails."""
    script = repository / "docs" / "make_reference.py"
    spec = importlib.util.spec_from_file_location("make_reference", script)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert (repository / "docs" / "reference.md").read_text("utf-8") == module.reference()
