"""Fixtures for prices and routes: small roads, one truck, and air that is known link by link."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

from geofleet.exposure import UnitExposure
from geofleet.fleet import Fleet, FleetComposition

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
def truck() -> FleetComposition:
    """Return the composition of a class that is one truck."""
    vehicles = pd.DataFrame(
        {
            "operator_id": "op", "vehicle_class": ["rigid_7_5t"], "fuel": "diesel",
            "standard": "euro_4", "model_year": 2010, "gvw_kg": 7500.0,
            "payload_capacity_kg": 3800.0, "annual_km": 20000.0, "technology": "",
            "aftertreatment": "",
        },
        index=pd.Index(["truck"], name="vehicle_id"),
    )  # fmt: skip
    fleet = Fleet(vehicles, pd.DataFrame(index=pd.Index(["op"], name="operator_id")))
    return FleetComposition.of_fleet(fleet, weights="vehicles")


@pytest.fixture(scope="session")
def air():
    """Return a maker of unit exposure: one value per link, or per link and hour."""

    def make(values, edges=None):
        array = np.asarray(values, dtype=float)
        if array.ndim == 1:
            array = np.repeat(array[:, None], 24, axis=1)
        numbers = np.arange(len(array)) if edges is None else edges
        return UnitExposure(np.asarray(numbers, dtype=np.int32), array, 1000.0)

    return make
