"""Fixtures for route tests."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

_SPEC = importlib.util.spec_from_file_location(
    "roads", Path(__file__).parents[1] / "network" / "roads.py"
)
assert _SPEC is not None
assert _SPEC.loader is not None
_ROADS = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_ROADS)


@pytest.fixture(scope="session")
def roads() -> ModuleType:
    """Return the builder of small networks."""
    return _ROADS


@pytest.fixture(scope="session")
def grid_network():
    """Return a 6 × 6 grid of two-way streets of 100 m at 10 m/s."""
    return _ROADS.make_network(*_ROADS.grid(6, 6))
