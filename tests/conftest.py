"""Fixtures for all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def repository() -> Path:
    """Return the folder of the repository."""
    return _REPOSITORY


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of development data beside the repository, or skip."""
    folder = Path(os.environ.get("GEOFLEET_SHARED", _REPOSITORY.parent / "shared"))
    if not (folder / "data").is_dir():
        pytest.skip(f"development data folder {folder} is not here")
    return folder
