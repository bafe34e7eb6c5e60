"""A made-up study with hostile names: a run, a day under rules, a plan."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely

from geofleet.figures import StudyFigure, study_figures
from geofleet.layers import Layer, as_layer, build_layers
from geofleet.layers.plan import PLAN_VEHICLES, plan_years_layer
from geofleet.maps import PageFrame
from geofleet.wording import Readers, both

HOSTILE = (
    "</script><script>window.hacked = 1</script> \"&' {{ 7 * 7 }} ${x} $a_b$ 🚚 \u202e --> ]]>\x07"
)
_TESTS = Path(__file__).parents[1]


def _module(name: str, *parts: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, _TESTS.joinpath(*parts))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def frame() -> PageFrame:
    """What surrounds the figures; Mexico writes numbers as English does."""
    return PageFrame("index", both("x"), f"Study {HOSTILE}",
                     notes=(HOSTILE, "y" * 10_000),
                     attribution=(f"© {HOSTILE}",), readers=Readers.of("MX"))  # fmt: skip


@pytest.fixture(scope="session")
def plan_layers() -> dict[str, Layer]:
    """Five vehicles: one electric, two filters, a fuel that no table names, one kept."""
    columns: dict[str, Any] = {
        "vehicle_id": list("abcde"), "operator_id": "x", "operator_name": HOSTILE,
        "operator_size": ["1-5", "6-30", "1-5", None, ">100"], "vehicle_class": "cargo_van",
        "fuel": "diesel", "standard": "euro_5", "model_year": 2015, "depot_id": "d",
        "option": ["electric:m", "dpf_retrofit", "dpf_retrofit", HOSTILE, "keep"],
        "technology": ["electric", "dpf_retrofit", "dpf_retrofit", HOSTILE, "keep"],
        "model_id": None, "year": [2025, 2026, 2026, 2026, None], "duty_id": "a",
        "spend": [400e3, 80e3, 40e3, 10e3, 0.0], "cost": 0.0,
        "harm_avoided": [9e4, 2e5, 1e5, 1e4, 0.0], "pm25_avoided_kg": [4.0, 8.0, 4.0, np.nan, 0.0],
        "bc_avoided_kg": 0.0, "nox_avoided_kg": 0.0, "co2e_avoided_t": [40.0, -1.0, -1.0, 2.0, 0.0],
        "probability": 1.0, "reason": None,
    }  # fmt: skip
    columns = {name: np.broadcast_to(np.array(v, object), 5) for name, v in columns.items()}
    line = shapely.LineString([(-71.3, -29.9), (-71.2, -29.9)])
    vehicles = as_layer(columns, PLAN_VEHICLES, geometry=[line] * 5, size=5)
    years = pd.DataFrame(
        {"vehicles": [0, 1, 3], "chargers": [0, 1, 0], "extensions": 0,
         "spend": [0.0, 400e3, 130e3], "charging_spend": [0.0, 200e3, 0.0], "budget": 600e3},
        index=[2024, 2025, 2026],
    )  # fmt: skip
    return {"plan_vehicles": vehicles, "plan_years": plan_years_layer(years, currency="MXN")}


@pytest.fixture(scope="session")
def layers(plan_layers: dict[str, Layer]) -> dict[str, Layer]:
    """All that figures are made of."""
    run = build_layers(**_module("figures_demo", "layers", "demo.py").study())
    day = _module("figures_policy_demo", "maps", "policy_demo.py").contingency_layers()
    return {**day, **run, **plan_layers}


@pytest.fixture(scope="session")
def frontier() -> pd.DataFrame:
    return pd.DataFrame({"cost": [-2e5, 1e5, 4e5, 9e5], "harm": [0.0, 1e5, 3e5, 4e5]})


@pytest.fixture(scope="session")
def figures(
    layers: dict[str, Layer], frame: PageFrame, frontier: pd.DataFrame
) -> dict[str, StudyFigure]:
    made = study_figures(layers, frame=frame, currency="MXN", harm_today=8e5, frontier=frontier)
    return {figure.name: figure for figure in made}
