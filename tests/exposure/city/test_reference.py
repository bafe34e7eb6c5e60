"""The public path against the published equations, integrated adaptively in plain Python.

Nothing here is shared with the package: plume, meander, wind profile and spread are written anew
from the equations of the RLINE source type in AERMOD v23132, in true east and north, and summed
with scipy's adaptive quadrature over a root found by bisection.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from scipy.integrate import quad
from scipy.optimize import brentq

from geofleet.exposure import Receptors, Weather, concentrations, unit_exposure
from geofleet.network import RoadNetwork

CRS = pyproj.CRS.from_epsg(32719)
GEOD = pyproj.Geod(ellps="WGS84")
RELEASE, SPREAD0, BREATH, LANE, ROUGHNESS, MAST = 3.4, 3.2, 1.5, 3.5, 0.5, 10.0
Point = tuple[float, float]


@dataclass(frozen=True)
class Hour:
    """One row of weather."""

    friction: float
    obukhov: float
    lid: float
    sigma_v: float
    wind: float
    wind_from: float


def _psi(z: float, length: float) -> float:
    if length > 0:
        return -17 * (1 - math.exp(-0.29 * z / length))
    x = (1 + 16 * z / -length) ** 0.25
    return 2 * math.log((1 + x) / 2) + math.log((1 + x * x) / 2) - 2 * math.atan(x) + math.pi / 2


def _speed(z: float, hour: Hour) -> float:
    shift = 5 * ROUGHNESS

    def profile(height: float) -> float:
        above = max(height, shift + ROUGHNESS) - shift
        bracket = math.log(above / ROUGHNESS) - _psi(above, hour.obukhov)
        return max(hour.friction / 0.4 * (bracket + _psi(ROUGHNESS, hour.obukhov)), 0.0)

    floor = max(4.47 * hour.friction, math.sqrt(2) * hour.sigma_v, 0.2828)
    factor = hour.wind / max(profile(MAST), floor)
    return max(factor * max(profile(z), floor), floor)


def _plume_size(x: float, hour: Hour) -> tuple[float, float, float]:
    """Return sigma_z, sigma_z without its initial value, and the effective wind."""

    def grown(wind: float) -> float:
        ratio, far = hour.friction / wind, abs(x / hour.obukhov)
        if hour.obukhov > 0:
            return 0.7 * ratio * x / (1 + 1.5 * ratio * far ** (2 / 3))
        return 0.7 * ratio * x * (1 + ratio * far)

    def wind(size: float) -> float:
        mean = math.sqrt(2 / math.pi) * size * math.exp(-(RELEASE**2) / 2 / size**2)
        return _speed(max(mean + RELEASE * math.erf(RELEASE / math.sqrt(2) / size), RELEASE), hour)

    def miss(size: float) -> float:
        return math.hypot(grown(wind(size)), SPREAD0) - size

    top = math.hypot(grown(_speed(RELEASE, hour)), SPREAD0) + 1e-6
    size = brentq(miss, SPREAD0 - 1e-6, top, xtol=1e-12, rtol=1e-12)
    return size, grown(wind(size)), wind(size)


def _images(size: float, z: float) -> float:
    return math.exp(-((z - RELEASE) ** 2) / 2 / size**2) + math.exp(
        -((z + RELEASE) ** 2) / 2 / size**2
    )


def _kernel(x: float, y: float, width0: float, hour: Hour) -> float:
    """Concentration per unit of a point source at (x along, y across) the wind."""
    distance = max(math.hypot(x, y), 1.0)
    size, _, wind = _plume_size(distance, hour)
    share = min(1.0, 2 * hour.sigma_v**2 / wind**2)
    meander = (
        _images(size, BREATH) / math.sqrt(2 * math.pi) / size / wind / (2 * math.pi * distance)
    )
    if x < 1e-4:
        return share * meander
    size, raw, wind = _plume_size(max(x, 1.0), hour)
    ratio = raw / abs(hour.obukhov)
    across = 1.4 * hour.sigma_v / hour.friction * raw
    across *= 1 + 1.5 * ratio if hour.obukhov > 0 else (1 + 2.5 * ratio) ** -0.5
    across = math.hypot(across, width0)
    lid = max(hour.lid, RELEASE + 2.15 * size)
    total = _images(size, BREATH)
    for i in range(1, 100):
        total += _images(size, BREATH - 2 * i * lid) + _images(size, BREATH + 2 * i * lid)
    plume = math.exp(-(y**2) / 2 / across**2) / across * total / size / wind / (2 * math.pi)
    return (1 - share) * plume + share * meander


def _line(begin: Point, end: Point, receptor: Point, width: float, hour: Hour) -> float:
    """µg/m3 at a receptor for one gram per second spread over a line, true east and north."""
    turn = math.radians(270 - hour.wind_from)

    def turned(point: Point) -> Point:
        east, north = point
        return (
            east * math.cos(turn) + north * math.sin(turn),
            north * math.cos(turn) - east * math.sin(turn),
        )

    (x0, y0), (x1, y1), (xr, yr) = turned(begin), turned(end), turned(receptor)
    length = math.hypot(x1 - x0, y1 - y0)
    cos, sin = (x1 - x0) / length, (y1 - y0) / length
    width0 = abs(width / 2 * cos)
    marks = {0.0, length, (xr - x0) * cos + (yr - y0) * sin}
    if abs(sin) > 1e-9:
        marks.add((yr - y0) / sin)
    if abs(cos) > 1e-9:
        marks |= {(xr - x0 - 1e-4) / cos, (xr - x0 - 1) / cos}
    cuts = sorted(mark for mark in marks if 0 <= mark <= length)
    total = sum(
        quad(
            lambda t: _kernel(xr - x0 - t * cos, yr - y0 - t * sin, width0, hour),
            a, b, epsrel=1e-6, epsabs=0.0,
        )[0]
        for a, b in pairwise(cuts)
        if b > a
    )  # fmt: skip
    return 1e6 * total / length


def _network(where: Point, line: list[Point]) -> RoadNetwork:
    """Return one road whose ends lie so many metres true east and north of a place."""
    places = [_place(where, point) for point in line]
    index = pd.MultiIndex.from_tuples([(0, 1, 0)], names=["u", "v", "key"])
    columns = {"osmid": ["1"], "highway": "residential", "lanes": 2.0, "tunnel": False,
               "length_m": 1.0, "speed_free_kmh": 40.0, "grade": 0.0}  # fmt: skip
    edges = gpd.GeoDataFrame(columns, index=index, geometry=[shapely.LineString(places)], crs=4326)
    nodes = gpd.GeoDataFrame(index=[0, 1], geometry=shapely.points(places), crs=4326)
    return RoadNetwork(nodes=nodes, edges=edges, crs_metric=CRS)


def _place(where: Point, metres: Point) -> Point:
    azimuth = math.degrees(math.atan2(metres[0], metres[1]))
    longitude, latitude, _ = GEOD.fwd(*where, azimuth, math.hypot(*metres))
    return longitude, latitude


def _weather(hours: list[Hour]) -> Weather:
    rows = [hours[k % len(hours)] for k in range(24)]
    frame = pd.DataFrame(
        {
            "hour": range(24),
            "weight_hours": 365.0,
            "wind_speed_m_s": [row.wind for row in rows],
            "wind_from_deg": [row.wind_from for row in rows],
            "friction_velocity_m_s": [row.friction for row in rows],
            "obukhov_length_m": [row.obukhov for row in rows],
            "mixing_height_m": [row.lid for row in rows],
            "sigma_v_m_s": [row.sigma_v for row in rows],
        }
    )
    return Weather(frame, MAST, ROUGHNESS)


# In the second place, three degrees off the central meridian and far south, grid north leans
# 2.4 degrees: a kernel that took it for true north would be wrong by tens of percent.
@pytest.mark.parametrize("where", [(-69.0, -29.9), (-66.0, -52.0)])
def test_one_road_one_row_of_weather(where: Point) -> None:
    """Concentration and unit exposure are those of the equations, near and far, all round."""
    hours = [
        Hour(0.30, 50.0, 300.0, 0.5, 2.0, 270.0),
        Hour(0.12, 30.0, 95.0, 0.25, 0.9, 0.0),
        Hour(0.12, 30.0, 95.0, 0.25, 0.9, 360.0),
        Hour(0.45, -35.0, 900.0, 0.9, 3.1, 225.0),
        Hour(0.20, -200.0, 600.0, 0.45, 1.3, 100.0),
        Hour(0.05, 30.0, 40.0, 0.3, 0.2828, 315.0),
    ]
    line = [(0.0, 0.0), (90.0, 40.0)]
    points = [(60.0, 10.0), (-300.0, -260.0), (30.0, -200.0), (4000.0, 60.0), (-900.0, 1100.0)]
    people = np.array([3.0, 10.0, 1.0, 200.0, 40.0])
    network = _network(where, line)
    frame = gpd.GeoDataFrame(
        {"receptor_id": range(len(points)), "zone_id": "a", "people": people},
        geometry=shapely.points([_place(where, point) for point in points]),
        crs=4326,
    ).to_crs(CRS)
    receptors, weather = Receptors(frame, BREATH), _weather(hours)
    edges = np.array([0], dtype=np.int32)
    grams = np.full((1, 24), 3600.0)  # one gram per second
    field = concentrations(network, receptors, weather, edges=edges, grams=grams)
    width = 2 * LANE
    expected = np.array([[_line(*line, point, width, hour) for hour in hours] for point in points])
    assert field[:, :6] == pytest.approx(expected, rel=0.01)
    np.testing.assert_array_equal(field[:, :6], field[:, 6:12])
    np.testing.assert_allclose(field[:, 1], field[:, 2], rtol=1e-9)  # 0 and 360 are one wind
    unit = unit_exposure(network, receptors, weather, edges=edges)
    np.testing.assert_allclose(unit.values[0], people @ field, rtol=1e-12)
    assert unit.values[0, :6] == pytest.approx(people @ expected, rel=0.005)
