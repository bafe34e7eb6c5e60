"""Small straight roads and days to drive on them."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
from shapely.geometry import LineString, Point

from geofleet.energy import ElectricModels
from geofleet.network import RoadNetwork
from geofleet.routes import Traversals
from geofleet.routes.model import TRAVERSAL_COLUMNS


def chain(
    lengths_m: Sequence[float],
    grades: Sequence[float] | float = 0.0,
    highway: Sequence[str] | str = "motorway",
    elevation_m: Sequence[float] | None = None,
) -> RoadNetwork:
    """Return a one-way chain of links; motorway links have no stops by default rows."""
    count = len(lengths_m)
    xs = np.arange(count + 1) * 0.001
    heights = np.full(count + 1, np.nan) if elevation_m is None else np.asarray(elevation_m)
    nodes = gpd.GeoDataFrame(
        {"x": xs, "y": 0.0, "elevation_m": heights, "highway": None},
        geometry=[Point(x, 0.0) for x in xs],
        crs="EPSG:4326",
        index=pd.Index(np.arange(count + 1), name="osmid"),
    )
    index = pd.MultiIndex.from_arrays(
        [np.arange(count), np.arange(count) + 1, np.zeros(count, int)], names=["u", "v", "key"]
    )
    edges = gpd.GeoDataFrame(
        {
            "osmid": [str(i) for i in range(count)],
            "highway": highway if isinstance(highway, str) else list(highway),
            "length_m": np.asarray(lengths_m, float),
            "speed_free_kmh": 50.0,
            "grade": np.broadcast_to(np.asarray(grades, float), count).copy(),
        },
        geometry=[LineString([(xs[i], 0.0), (xs[i + 1], 0.0)]) for i in range(count)],
        crs="EPSG:4326",
        index=index,
    )
    return RoadNetwork(nodes, edges, pyproj.CRS.from_epsg(3857))


def drive(
    network: RoadNetwork,
    speed_kmh: Sequence[float] | float,
    payload_kg: Sequence[float] | float = 0.0,
    stop_before: Sequence[int] | int = 0,
    *,
    vehicle_class: str = "rigid_7_5t",
    depart_s: float = 28800.0,
    days: int = 1,
) -> Traversals:
    """Return ``days`` identical vehicle-days that drive the chain from end to end."""
    length = network.arrays.length_m
    count = len(length)
    speed = np.broadcast_to(np.asarray(speed_kmh, float), count)
    with np.errstate(divide="ignore", invalid="ignore"):
        duration = np.where(speed > 0, length / speed * 3.6, 0.0)
    one = {
        "seq": np.arange(count),
        "edge": np.arange(count),
        "stop_before": np.broadcast_to(np.asarray(stop_before), count),
        "enter_s": depart_s + np.concatenate([[0.0], np.cumsum(duration)[:-1]]),
        "length_m": length,
        "speed_kmh": speed,
        "payload_kg": np.broadcast_to(np.asarray(payload_kg, float), count),
        "from_fraction": np.zeros(count),
        "to_fraction": np.ones(count),
    }
    frame = pd.DataFrame({name: np.tile(column, days) for name, column in one.items()})
    frame["vehicle_day"] = np.repeat(np.arange(days), count)
    frame = frame[list(TRAVERSAL_COLUMNS)].astype(TRAVERSAL_COLUMNS)
    vehicle_days = pd.DataFrame(
        {
            "vehicle_id": [f"truck-{i}" for i in range(days)],
            "operator_id": "op",
            "vehicle_class": vehicle_class,
            "date": "2024-05-14",
            "depart_s": depart_s,
            "return_s": depart_s + float(duration.sum()),
        }
    )
    return Traversals(frame, vehicle_days, "America/Santiago")


def one_model(**changes: Any) -> ElectricModels:
    """Return a single round-numbered truck, with some of its numbers changed."""
    row: dict[str, Any] = {
        "make": "Test",
        "model": "Truck",
        "segment": "light truck",
        "replaces": "rigid_7_5t",
        "battery_usable_wh": 80000.0,
        "curb_mass_kg": 4000.0,
        "gvw_kg": 7500.0,
        "payload_capacity_kg": 3500.0,
        "drag_area_m2": 3.0,
        "rolling_coefficient": 0.008,
        "motor_power_w": 135000.0,
        "auxiliary_power_w": 600.0,
        "range_claimed_km": 150.0,
        "source": "made for tests",
        "status": "illustrative",
        "estimated": "",
    }
    row |= changes
    return ElectricModels(pd.DataFrame([row], index=pd.Index(["truck"], name="model_id")))


class Road:
    """The helpers above, handed to tests as one fixture."""

    chain = staticmethod(chain)
    drive = staticmethod(drive)
    one_model = staticmethod(one_model)


@pytest.fixture(scope="session")
def road() -> type[Road]:
    return Road


@pytest.fixture(scope="session")
def oracle() -> Any:
    """Return the slow drive kept beside these tests."""
    path = Path(__file__).with_name("oracle.py")
    spec = importlib.util.spec_from_file_location("energy_oracle", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module
