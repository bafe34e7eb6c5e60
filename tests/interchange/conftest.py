"""Samples of other programs' files, and texts that mean harm."""

from __future__ import annotations

from pathlib import Path

import pytest

HOSTILE = (
    "<script>alert(1)</script>", "O'Hara & \"Sons\"", "{{ 7 * 7 }}", "${x}", "</script>",
    "שלום עליכם", "🚚📦", "=HYPERLINK(\"x\")", "a,b;c\td", "x" * 10_000, "línea\npartida",
)  # fmt: skip


@pytest.fixture(scope="session")
def samples() -> Path:
    """Return the folder of sample files."""
    return Path(__file__).with_name("samples")


@pytest.fixture(scope="session")
def hostile() -> tuple[str, ...]:
    """Return names that nobody should be harmed by."""
    return HOSTILE
