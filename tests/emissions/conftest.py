"""Small traversal tables with a road network that has nothing but grades."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from geofleet.emissions import TraversalEmissions, traversal_emissions
from geofleet.fleet import Fleet
from geofleet.routes.model import TRAVERSAL_COLUMNS, Traversals

CAPACITY_KG = 8000.0
Case = SimpleNamespace


def build(rows: Sequence[dict[str, Any]]) -> tuple[Traversals, Any, Fleet]:
    """Make one vehicle-day and one link per row; what a row leaves out is a plain truck."""
    plain = {
        "vehicle_class": "rigid_20t", "fuel": "diesel", "standard": "euro_3", "grade": 0.0,
        "load": 0.5, "speed_kmh": 50.0, "length_m": 1000.0, "enter_s": 0.0, "edge": None,
        "operator_id": "A", "capacity_kg": CAPACITY_KG, "model_year": 2012, "technology": None,
        "aftertreatment": None,
    }  # fmt: skip
    full = [{**plain, **row} for row in rows]
    count = len(full)
    ids = [f"v{i}" for i in range(count)]
    vehicles = pd.DataFrame(
        {
            **{name: [row[name] for row in full]
               for name in ("operator_id", "vehicle_class", "fuel", "standard", "model_year",
                            "technology", "aftertreatment")},
            "payload_capacity_kg": [row["capacity_kg"] for row in full],
        },
        index=pd.Index(ids, name="vehicle_id"),
    )  # fmt: skip
    owners = sorted({row["operator_id"] for row in full})
    operators = pd.DataFrame(
        {"operator_size": ["1-5" if name == "A" else ">100" for name in owners]}, index=owners
    )
    days = pd.DataFrame(
        {
            "vehicle_id": ids,
            "operator_id": vehicles["operator_id"].to_numpy(),
            "vehicle_class": vehicles["vehicle_class"].to_numpy(),
            "date": "2024-05-14",
        }
    )
    frame = pd.DataFrame(
        {
            "vehicle_day": np.arange(count),
            "seq": 0,
            "edge": [i if row["edge"] is None else row["edge"] for i, row in enumerate(full)],
            "stop_before": 0,
            "enter_s": [row["enter_s"] for row in full],
            "length_m": [row["length_m"] for row in full],
            "speed_kmh": [row["speed_kmh"] for row in full],
            "payload_kg": [row["load"] * row["capacity_kg"] for row in full],
            "from_fraction": 0.0,
            "to_fraction": 1.0,
        }
    ).astype(TRAVERSAL_COLUMNS)
    grade = np.array([row["grade"] for row in full], dtype=np.float64)
    network = SimpleNamespace(
        arrays=SimpleNamespace(grade=grade), edges=pd.DataFrame(index=range(len(grade)))
    )
    return Traversals(frame, days, "America/Santiago"), network, Fleet(vehicles, operators)


@pytest.fixture
def emit() -> Callable[..., TraversalEmissions]:
    """Return a function from rows to their emissions, hot and wear unless it is told otherwise."""

    def run(rows: Sequence[dict[str, Any]], **options: Any) -> TraversalEmissions:
        return traversal_emissions(*build(rows), **{"processes": ("hot", "wear"), **options})

    return run


@pytest.fixture
def table() -> Callable[..., tuple[Traversals, Any, Fleet]]:
    """Return the function that makes traversals, network and fleet."""
    return build
