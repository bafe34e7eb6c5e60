"""Hilly small worlds in which braking gives energy back."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

_SPEC = importlib.util.spec_from_file_location(
    "roads", Path(__file__).parents[2] / "network" / "roads.py"
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
def hilly():
    """Return a maker of energies: 0.1 Wh/m of friction, height at 4 Wh/m up and 3 Wh/m down."""

    def make(network, height_m):
        arrays = network.arrays
        rise = np.asarray(height_m)[arrays.edge_to] - np.asarray(height_m)[arrays.edge_from]
        return 0.1 * arrays.length_m + np.where(rise > 0.0, 4.0, 3.0) * rise

    return make
