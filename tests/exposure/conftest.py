"""Small roads, weather and people for the exposure tests."""

from __future__ import annotations

from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely

from geofleet.exposure import Receptors, Weather
from geofleet.network import RoadNetwork

CRS = pyproj.CRS.from_epsg(32719)
EAST, NORTH = 500_000.0, 6_690_000.0  # on the central meridian: grid north is true north


def make_network(lines: list[list[tuple[float, float]]], **columns: object) -> RoadNetwork:
    """Return a network of separate two-way-free streets given in metres about (EAST, NORTH)."""
    shapes = [shapely.LineString([(x + EAST, y + NORTH) for x, y in line]) for line in lines]
    metric = gpd.GeoSeries(shapes, crs=CRS)
    count = len(lines)
    frame = {
        "osmid": [str(100 + i) for i in range(count)],
        "highway": "residential",
        "lanes": 2.0,
        "tunnel": False,
        "length_m": metric.length.to_numpy(),
        "speed_free_kmh": 40.0,
        "grade": 0.0,
        **columns,
    }
    index = pd.MultiIndex.from_arrays(
        [np.arange(count) * 2, np.arange(count) * 2 + 1, np.zeros(count, dtype=int)],
        names=["u", "v", "key"],
    )
    edges = gpd.GeoDataFrame(frame, index=index, geometry=metric.to_crs(4326).to_numpy(), crs=4326)
    ends = [shapely.Point(line.coords[k]) for line in edges.geometry for k in (0, -1)]
    nodes = gpd.GeoDataFrame(index=np.arange(2 * count), geometry=ends, crs=4326)
    return RoadNetwork(nodes=nodes, edges=edges, crs_metric=CRS)


def make_points(
    xy: np.ndarray, people: np.ndarray | float = 1.0, height_m: float = 1.5
) -> Receptors:
    """Return receptors at metres about (EAST, NORTH)."""
    frame = gpd.GeoDataFrame(
        {
            "receptor_id": np.arange(len(xy)),
            "zone_id": "a",
            "people": np.broadcast_to(np.asarray(people, dtype=float), len(xy)),
        },
        geometry=shapely.points(np.asarray(xy) + np.array([EAST, NORTH])),
        crs=CRS,
    )
    return Receptors(frame, height_m)


def make_weather(rows_per_hour: int = 4, seed: int = 7) -> Weather:
    """Return complete rows: stable by night, unstable by day, directions all round."""
    rng = np.random.default_rng(seed)
    hour = np.repeat(np.arange(24), rows_per_hour)
    count = len(hour)
    day = (hour >= 8) & (hour < 18)
    friction = rng.uniform(0.1, 0.6, count)
    length = np.where(day, -rng.uniform(15, 300, count), rng.uniform(20, 300, count))
    depth = np.where(day, rng.uniform(400, 1500, count), 2300.0 * friction**1.5)
    convective = np.where(day, friction * np.cbrt(depth / (0.4 * np.abs(length))), 0.0)
    frame = pd.DataFrame(
        {
            "hour": hour,
            "weight_hours": rng.uniform(5, 20, count),
            "wind_speed_m_s": friction * rng.uniform(5, 9, count),
            "wind_from_deg": rng.uniform(0, 360, count),
            "temperature_c": 15.0,
            "friction_velocity_m_s": friction,
            "obukhov_length_m": length,
            "mixing_height_m": depth,
            "sigma_v_m_s": np.maximum(np.sqrt(3.6 * friction**2 + 0.35 * convective**2), 0.2),
            "convective_velocity_m_s": convective,
        }
    )
    return Weather(frame, reference_height_m=10.0, roughness_m=0.3, label="test")


@pytest.fixture(name="make_network", scope="session")
def make_network_fixture() -> Callable[..., RoadNetwork]:
    return make_network


@pytest.fixture(name="make_points", scope="session")
def make_points_fixture() -> Callable[..., Receptors]:
    return make_points


@pytest.fixture(name="make_weather", scope="session")
def make_weather_fixture() -> Callable[..., Weather]:
    return make_weather
