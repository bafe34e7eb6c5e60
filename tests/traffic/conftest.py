"""Fixtures for traffic tests: small networks by hand."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

from geofleet.routes.model import TRAVERSAL_COLUMNS, Traversals

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
def square():
    """Return four junctions joined by a square of two-way streets of 1 km: links 0 to 7.

    1 (0, 0) – 2 (1, 0) – 3 (1, 1) – 4 (0, 1) – 1.
    """
    nodes = {1: (0.0, 0.0), 2: (1000.0, 0.0), 3: (1000.0, 1000.0), 4: (0.0, 1000.0)}
    pairs = [(1, 2), (2, 3), (3, 4), (4, 1)]
    links = [(a, b, {}) for a, b in pairs] + [(b, a, {}) for a, b in pairs]
    return _ROADS.make_network(nodes, links)


@pytest.fixture(scope="session")
def grid_network():
    """Return a 6 × 6 grid of two-way streets of 100 m at 10 m/s."""
    return _ROADS.make_network(*_ROADS.grid(6, 6))


@pytest.fixture(scope="session")
def make_traversals():
    """Return a maker of traversals: (vehicle-day, edge, hour, metres) and days (class, date)."""

    def make(passes, days):
        count = len(passes)
        data = {name: np.zeros(count, kind) for name, kind in TRAVERSAL_COLUMNS.items()}
        day, edge, hour, metres = (np.array(column) for column in zip(*passes, strict=True))
        data["vehicle_day"] = day.astype(np.int32)
        data["seq"] = np.arange(count, dtype=np.int32)
        data["edge"] = edge.astype(np.int32)
        data["enter_s"] = hour * 3600.0 + 5.0
        data["length_m"] = metres.astype(np.float64)
        table = pd.DataFrame(
            {
                "vehicle_id": [f"v{i}" for i in range(len(days))],
                "operator_id": "A",
                "vehicle_class": [name for name, _ in days],
                "date": [date for _, date in days],
                "depart_s": 0.0,
                "return_s": 0.0,
            }
        )
        return Traversals(pd.DataFrame(data), table, "America/Mexico_City")

    return make
