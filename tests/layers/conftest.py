"""A small made-up study and its layers."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from geofleet.layers import Layer, build_layers

_SPEC = importlib.util.spec_from_file_location("demo", Path(__file__).with_name("demo.py"))
assert _SPEC is not None
assert _SPEC.loader is not None
_DEMO = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_DEMO)


@pytest.fixture(scope="session")
def demo() -> ModuleType:
    return _DEMO


@pytest.fixture(scope="session")
def demo_study(demo: ModuleType) -> dict[str, Any]:
    study: dict[str, Any] = demo.study()
    return study


@pytest.fixture(scope="session")
def demo_layers(demo_study: dict[str, Any]) -> dict[str, Layer]:
    return build_layers(**demo_study)
