"""Trips take their grades from the roads that they were matched to."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
from pyproj import Transformer

from geofleet.energy.pilot import Trips, check_telematics, compare_trips, split_trips, with_grades
from geofleet.errors import InputError
from geofleet.network import RoadNetwork

pytest.importorskip("leuvenmapmatching")

ZONE = "America/Mexico_City"
GRADE = 0.04


@pytest.fixture(scope="module")
def roads() -> ModuleType:
    path = Path(__file__).parents[2] / "network" / "roads.py"
    spec = importlib.util.spec_from_file_location("roads_of_pilot", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def slope(roads: ModuleType, *, elevation: bool = True) -> RoadNetwork:
    """Return a grid of 200 m streets that climbs eastward at 4 %."""
    network = roads.make_network(*roads.grid(12, 3, step_m=200.0))
    column = (network.nodes.index.to_numpy() - 1) % 12
    height = column * 200.0 * GRADE if elevation else np.full(len(column), np.nan)
    nodes = network.nodes.assign(elevation_m=height)
    u, v = (network.edges.index.get_level_values(name).to_numpy() for name in ("u", "v"))
    rise = ((v - 1) % 12 - (u - 1) % 12) * 200.0 * GRADE
    grade = rise / network.edges["length_m"].to_numpy()
    return RoadNetwork(nodes, network.edges.assign(grade=grade), network.crs_metric)


def drive(network: RoadNetwork, way: list[int]) -> Trips:
    """Drive node to node at 10 m/s, one record a second, with little noise of position."""
    back = Transformer.from_crs(4326, network.crs_metric, always_xy=True)
    nodes = network.nodes.loc[way]
    x, y = back.transform(nodes["x"].to_numpy(), nodes["y"].to_numpy())
    s = np.concatenate([[0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))])
    at = np.arange(0.0, s[-1], 10.0)
    rng = np.random.default_rng(1)
    px = np.interp(at, s, x) + rng.normal(0, 2, len(at))
    py = np.interp(at, s, y) + rng.normal(0, 2, len(at))
    forth = Transformer.from_crs(network.crs_metric, 4326, always_xy=True)
    lon, lat = forth.transform(px, py)
    frame = pd.DataFrame({
        "vehicle_id": "v1",
        "time": pd.Timestamp("2024-05-14T12:00:00Z") + pd.to_timedelta(at / 10.0, unit="s"),
        "lat": lat, "lon": lon, "speed_kmh": 36.0, "payload_kg": 0.0,
        "ambient_temperature_c": 20.0, "soc_percent": 80.0 - at / s[-1],
    })  # fmt: skip
    return split_trips(check_telematics(frame))


def test_the_way_up_is_up_and_the_way_down_is_down(roads: ModuleType) -> None:
    """East is +4 %, west is -4 %, and nearly all of the way is known."""
    network = slope(roads)
    for way, sign in ((list(range(1, 13)), 1.0), (list(range(12, 0, -1)), -1.0)):
        trips = with_grades(drive(network, way), network, timezone=ZONE)
        known = trips.samples["grade"].dropna()
        assert known.median() == pytest.approx(sign * GRADE, rel=1e-3)
        assert (known.round(4) == round(sign * GRADE, 4)).mean() > 0.9
        assert trips.table["grade_share"].iloc[0] > 0.9
        assert trips.report["grade"] == "from the roads"


def test_climbing_costs_what_height_weighs(roads: ModuleType, van) -> None:
    """Up less down is twice the weight lifted, over efficiencies: more than m g h."""
    network = slope(roads)
    found = []
    for way in (list(range(1, 13)), list(range(12, 0, -1))):
        trips = with_grades(drive(network, way), network, timezone=ZONE)
        table = compare_trips(trips, van(), pressure_pa=78000.0).trips
        found.append(table["predicted_kwh"].iloc[0])
    lifted_kwh = 2500.0 * 9.80665 * 11 * 200.0 * GRADE / 3.6e6
    assert 0.9 * lifted_kwh < (found[0] - found[1]) / 2.0 < 1.3 * lifted_kwh


def test_no_elevation_is_an_unknown_grade_and_says_so(roads: ModuleType, van) -> None:
    """Flat by lack of knowledge is not flat: share 0 and a word in the report."""
    network = slope(roads, elevation=False)
    trips = with_grades(drive(network, list(range(1, 13))), network, timezone=ZONE)
    assert trips.samples["grade"].isna().all()
    assert (trips.table["grade_share"] == 0.0).all()
    found = compare_trips(trips, van(), pressure_pa=78000.0)
    assert found.grade == "unknown: the roads have no elevation"


def test_positions_are_needed(roads: ModuleType) -> None:
    """Speeds alone lie on no road."""
    network = slope(roads)
    trips = drive(network, list(range(1, 13)))
    bare = Trips(trips.table, trips.samples.assign(lat=np.nan, lon=np.nan), trips.charges)
    with pytest.raises(InputError, match="positions"):
        with_grades(bare, network, timezone=ZONE)
