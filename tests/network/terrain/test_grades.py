"""Grade from elevation rasters, proved on surfaces whose slopes are known."""

from __future__ import annotations

import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import CRS, Transformer

from geofleet.defaults import Defaults
from geofleet.errors import InputError, MissingExtraError
from geofleet.network import RoadNetwork
from geofleet.network.terrain.grades import with_grades

rasterio = pytest.importorskip("rasterio")

UTM = CRS.from_epsg(32719)
EAST, NORTH = 300_000.0, 6_700_000.0


def roads(
    points: dict[int, tuple[float, float]],
    streets: list[tuple[int, int] | tuple[int, int, dict[str, Any]]],
) -> RoadNetwork:
    """Two-way straight streets between points given in metres from a corner in UTM 19S."""
    to_degrees = Transformer.from_crs(UTM, 4326, always_xy=True)
    ids = sorted(points)
    lon, lat = to_degrees.transform(
        [EAST + points[i][0] for i in ids], [NORTH + points[i][1] for i in ids]
    )
    nodes = gpd.GeoDataFrame(
        {"x": lon, "y": lat, "elevation_m": np.nan},
        index=pd.Index(ids, name="osmid"), geometry=gpd.points_from_xy(lon, lat), crs=4326,
    )  # fmt: skip
    place = nodes.geometry
    rows = []
    for number, street in enumerate(streets):
        a, b, *tags = street
        length = float(np.hypot(*(np.array(points[a]) - points[b])))
        for u, v in ((a, b), (b, a)):
            line = shapely.LineString([place[u], place[v]])
            rows.append({"u": u, "v": v, "key": 0, "osmid": str(number), "length_m": length,
                         "grade": 0.0, "speed_free_kmh": 50.0, "bridge": False, "tunnel": False,
                         "geometry": line} | (tags[0] if tags else {}))  # fmt: skip
    edges = gpd.GeoDataFrame(rows, crs=4326).set_index(["u", "v", "key"]).sort_index()
    return RoadNetwork(nodes=nodes, edges=edges, crs_metric=UTM)


def raster(
    path: Path, surface: Any, *, size: float = 2000.0, cell: float = 20.0, margin: float = 300.0,
    dtype: str = "float64", nodata: float | None = None, crs: int | None = 32719, **options: Any,
) -> Path:  # fmt: skip
    """Write ``surface(x, y)`` (metres from the corner) at cell centres."""
    n = int((size + 2 * margin) / cell)
    centre = -margin + cell * (np.arange(n) + 0.5)
    x, y = np.meshgrid(centre, centre[::-1])
    transform = rasterio.Affine(cell, 0, EAST - margin, 0, -cell, NORTH - margin + n * cell)
    profile = {"driver": "GTiff", "width": n, "height": n, "count": 1, "dtype": dtype,
               "transform": transform, "nodata": nodata}  # fmt: skip
    if crs:
        profile["crs"] = f"EPSG:{crs}"
    with rasterio.open(path, "w", **profile) as out:
        out.write(np.asarray(surface(x, y)).astype(dtype), 1)
        for name, value in options.items():
            setattr(out, name, value)
    return path


GRID = {10 * i + j: (i * 180.0, j * 220.0) for i in range(6) for j in range(6)}
GRID_STREETS = [(10 * i + j, 10 * i + j + 1) for i in range(6) for j in range(5)] + [
    (10 * i + j, 10 * i + 10 + j) for i in range(5) for j in range(6)
]


@pytest.mark.parametrize("smoothing_m", [0.0, 100.0, 400.0])
def test_a_plane_gives_its_own_slope_on_every_street(tmp_path: Path, smoothing_m: float) -> None:
    """On a tilted plane each street's grade is the slope in its direction, dead ends included."""
    path = raster(tmp_path / "plane.tif", lambda x, y: 100 + 0.05 * x - 0.02 * y)
    points = GRID | {99: (-150.0, 0.0), 98: (640.0, 950.0)}
    streets = [*GRID_STREETS, (0, 99), (98, 34), (98, 23)]
    result = with_grades(roads(points, streets), path, smoothing_m=smoothing_m)
    for (u, v, _), edge in result.edges.iterrows():
        (x0, y0), (x1, y1) = points[u], points[v]
        expected = (0.05 * (x1 - x0) - 0.02 * (y1 - y0)) / edge["length_m"]
        assert edge["grade"] == pytest.approx(expected, abs=2e-5)
    assert result.nodes.elevation_m[0] == pytest.approx(100, abs=0.02)
    assert result.report["elevation"]["edges_taken_as_level"] == 0


def test_heights_are_bilinear_between_cell_centres(tmp_path: Path) -> None:
    """A saddle z = xy is reproduced exactly by bilinear interpolation (its cross term is xy)."""
    path = raster(tmp_path / "saddle.tif", lambda x, y: x * y / 1000)
    points = {1: (33.0, 71.0), 2: (417.0, 288.0)}
    result = with_grades(roads(points, [(1, 2)]), path, smoothing_m=0, max_grade=5)
    assert result.nodes.elevation_m[1] == pytest.approx(33 * 71 / 1000, abs=1e-6)
    assert result.nodes.elevation_m[2] == pytest.approx(417 * 288 / 1000, abs=1e-5)


def test_fine_rasters_are_read_in_tiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small tiles give the same heights as one large one, to the last bit."""
    path = raster(tmp_path / "fine.tif", lambda x, y: np.sin(x / 90) * 9 + y / 50, cell=5.0)
    whole = with_grades(roads(GRID, GRID_STREETS), path)
    monkeypatch.setattr("geofleet.network.terrain.dem._TILE", 37)
    tiled = with_grades(roads(GRID, GRID_STREETS), path)
    assert (whole.nodes.elevation_m == tiled.nodes.elevation_m).all()


def test_a_hill_is_climbed_and_descended(tmp_path: Path) -> None:
    """Over a hill: both directions are exact opposites and any loop climbs nothing in sum."""
    path = raster(
        tmp_path / "hill.tif",
        lambda x, y: 60 * np.exp(-((x - 450) ** 2 + (y - 550) ** 2) / (2 * 300**2)),
    )
    result = with_grades(roads(GRID, GRID_STREETS), path)
    arrays = result.arrays
    assert (arrays.twin >= 0).all()
    assert (arrays.grade == -arrays.grade[arrays.twin]).all()
    rise = dict(zip(result.edges.index, arrays.grade * arrays.length_m, strict=True))
    loop = [0, 10, 20, 21, 22, 12, 2, 1, 0]
    assert sum(rise[u, v, 0] for u, v in pairwise(loop)) == pytest.approx(0)
    top = result.nodes.elevation_m[[22, 32]].max()
    assert 50 < top < 60  # smoothing may shave a hilltop, never raise it
    assert result.edges.grade[(2, 12, 0)] > 0.005


def test_smoothing_takes_out_cell_noise(tmp_path: Path) -> None:
    """Noise of 3 m per cell on flat ground makes far smaller grades with smoothing than without."""
    noise = np.random.default_rng(4)
    path = raster(tmp_path / "noise.tif", lambda x, _y: 50 + noise.normal(0, 3, x.shape))
    network = roads(GRID, GRID_STREETS)
    rough = with_grades(network, path, smoothing_m=0).edges.grade.std()
    smooth = with_grades(network, path, smoothing_m=150).edges.grade.std()
    assert smooth < 0.5 * rough


def test_bridges_and_tunnels_run_straight_between_portals(tmp_path: Path) -> None:
    """A three-link viaduct over a gorge, and a tunnel after it, follow the line of their ends."""
    gorge = raster(tmp_path / "gorge.tif", lambda x, _y: np.where((x > 340) & (x < 760), 20, 100))
    points = {1: (0.0, 0.0), 2: (300.0, 0.0), 3: (400.0, 0.0), 4: (700.0, 0.0), 5: (800.0, 0.0),
              6: (1100.0, 0.0), 7: (550.0, -200.0), 8: (550.0, 0.0)}  # fmt: skip
    bridge, tunnel = {"bridge": True}, {"tunnel": True}
    streets = [(1, 2), (2, 3, bridge), (3, 8, bridge), (8, 4, tunnel), (4, 5, bridge), (5, 6)]
    result = with_grades(roads(points, streets), gorge, smoothing_m=0)
    assert result.nodes.elevation_m[[3, 4, 8]].to_numpy() == pytest.approx(100.0)
    assert result.edges.grade.abs().max() < 1e-9
    assert result.report["elevation"]["nodes_interpolated_in_structures"] == 3

    ramp = raster(tmp_path / "ramp.tif", lambda x, _y: np.where((x > 340) & (x < 760), 0, x / 50))
    grade = with_grades(roads(points, streets), ramp, smoothing_m=0).edges.grade
    assert grade[(2, 3, 0)] == pytest.approx(1 / 50)
    assert grade[(3, 8, 0)] == pytest.approx(1 / 50)
    assert grade[(5, 4, 0)] == pytest.approx(-1 / 50)


def test_a_long_bridge_without_a_known_portal_stays_unknown(tmp_path: Path) -> None:
    """A structure whose portals both lie outside the raster is counted, not invented."""
    path = raster(tmp_path / "small.tif", lambda x, y: x + 0 * y, size=100, margin=40)
    points = {
        1: (50.0, 50.0),
        2: (60.0, 50.0),
        3: (5000.0, 0.0),
        4: (5100.0, 0.0),
        5: (5200.0, 0.0),
    }
    streets = [(1, 2), (3, 4, {"bridge": True}), (4, 5, {"bridge": True})]
    result = with_grades(roads(points, streets), path, smoothing_m=0, max_grade=2)
    assert result.nodes.elevation_m[[3, 4, 5]].isna().all()
    assert result.report["elevation"]["nodes_outside_rasters"] == 3
    assert result.report["elevation"]["nodes_unknown_examples"] == [3, 4, 5]
    assert result.report["elevation"]["edges_taken_as_level"] == 4


def test_missing_cells_are_unknown_and_a_second_raster_fills_them(tmp_path: Path) -> None:
    """No-data is never read as a height; where another raster has data it is used."""
    hole = raster(tmp_path / "hole.tif", lambda x, _y: np.where(x > 400, -9999, 10), nodata=-9999)
    network = roads(GRID, GRID_STREETS)
    result = with_grades(network, hole)
    assert result.nodes.elevation_m[[30, 40]].isna().all()
    assert result.nodes.elevation_m[[0, 10]].to_numpy() == pytest.approx(10)
    assert result.report["elevation"]["nodes_without_data"] == 18
    whole = raster(tmp_path / "whole.tif", lambda x, _y: 10 + 0 * x)
    both = with_grades(network, [hole, whole])
    assert both.nodes.elevation_m.to_numpy() == pytest.approx(10)
    assert both.report["elevation"]["nodes_unknown"] == 0


def test_feet_scale_and_other_coordinate_systems(tmp_path: Path) -> None:
    """A raster in feet with a scale factor, and one in degrees, give the same metres."""
    plane = with_grades(
        roads(GRID, GRID_STREETS), raster(tmp_path / "m.tif", lambda x, _y: 90 + 0.04 * x)
    )
    feet = raster(tmp_path / "ft.tif", lambda x, _y: (90 + 0.04 * x) / 0.3048 * 10,
                  units=("ft",), scales=(0.1,))  # fmt: skip
    in_feet = with_grades(roads(GRID, GRID_STREETS), feet)
    assert in_feet.nodes.elevation_m.to_numpy() == pytest.approx(plane.nodes.elevation_m.to_numpy())

    degrees = tmp_path / "degrees.tif"
    transform = rasterio.Affine(0.05 / 600, 0, -71.09, 0, -0.06 / 700, -29.79)
    lon, lat = np.meshgrid(
        -71.09 + (np.arange(600) + 0.5) * 0.05 / 600, -29.79 - (np.arange(700) + 0.5) * 0.06 / 700
    )
    to_metres = Transformer.from_crs(4326, UTM, always_xy=True)
    x, _ = to_metres.transform(lon, lat)
    with rasterio.open(degrees, "w", driver="GTiff", width=600, height=700, count=1,
                       dtype="float64", crs="EPSG:4326", transform=transform) as out:  # fmt: skip
        out.write(90 + 0.04 * (x - EAST), 1)
    in_degrees = with_grades(roads(GRID, GRID_STREETS), degrees)
    assert in_degrees.nodes.elevation_m.to_numpy() == pytest.approx(
        plane.nodes.elevation_m.to_numpy(), abs=0.01
    )
    assert 6 < in_degrees.report["elevation"]["cell_m"] < 10


def test_steep_links_are_held_and_counted(tmp_path: Path) -> None:
    """A cliff is held at the largest grade believed; the count and the default row say so."""
    cliff = raster(tmp_path / "cliff.tif", lambda x, _y: np.where(x > 270, 300.0, 0.0))
    defaults = Defaults({"elevation:max_grade": 0.1})
    result = with_grades(roads(GRID, GRID_STREETS), cliff, defaults=defaults)
    assert result.edges.grade.max() == 0.1
    assert result.edges.grade.min() == -0.1
    assert result.report["elevation"]["edges_held_at_max_grade"] == 12
    assert result.provenance == (
        "elevation:highest_m", "elevation:lowest_m", "elevation:max_grade", "elevation:smoothing_m",
    )  # fmt: skip


def test_capped_rasters_are_noticed(tmp_path: Path) -> None:
    """A byte raster that reaches 255 may hide higher ground: the nodes there are counted."""
    path = raster(tmp_path / "byte.tif", lambda x, _y: np.clip(x / 2, 0, 255), dtype="uint8")
    result = with_grades(roads(GRID, GRID_STREETS), path)
    assert result.report["elevation"]["nodes_at_largest_value"] == 18


def test_unusable_rasters_are_named_all_at_once(tmp_path: Path) -> None:
    """A missing file, a text file and a raster without CRS are three problems of one error."""
    text = tmp_path / "notes.tif"
    text.write_text("not a raster")
    bare = raster(tmp_path / "bare.tif", lambda x, _y: x, crs=None)
    network = roads(GRID, GRID_STREETS)
    with pytest.raises(InputError) as caught:
        with_grades(network, [tmp_path / "none.tif", text, bare])
    assert [Path(problem.file).name for problem in caught.value.problems] == [
        "none.tif", "notes.tif", "bare.tif",
    ]  # fmt: skip
    far = raster(tmp_path / "far.tif", lambda x, _y: x, crs=32618)
    with pytest.raises(InputError, match="none there"):
        with_grades(network, far)


def test_without_rasterio_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message says what to install."""
    monkeypatch.setitem(sys.modules, "rasterio", None)
    with pytest.raises(MissingExtraError, match=r"geofleet\[elevation\]"):
        with_grades(roads(GRID, GRID_STREETS), tmp_path / "any.tif")


def test_the_network_given_is_not_changed(tmp_path: Path) -> None:
    """Grades come on a copy."""
    network = roads(GRID, GRID_STREETS)
    with_grades(network, raster(tmp_path / "p.tif", lambda x, _y: 0.1 * x))
    assert (network.edges.grade == 0).all()
    assert network.nodes.elevation_m.isna().all()


@pytest.mark.parametrize("hole", [-32768.0, -9999.0, -3.4e38, 1e20, float("inf")])
def test_holes_that_the_raster_does_not_mark_are_holes(tmp_path: Path, hole: float) -> None:
    """A pit of 10 km is no terrain: its nodes are unknown, and those around it keep their slope."""

    def surface(x: Any, y: Any) -> Any:
        return np.where((x > 500) & (y > 600), hole, 0.03 * x)

    path = raster(tmp_path / "hole.tif", surface, dtype="float32")
    marked = raster(tmp_path / "marked.tif", surface, dtype="float32", nodata=np.float32(hole))
    result = with_grades(roads(GRID, GRID_STREETS), path)
    expected = with_grades(roads(GRID, GRID_STREETS), marked)
    pd.testing.assert_series_equal(result.edges["grade"], expected.edges["grade"])
    report = result.report["elevation"]
    assert report["nodes_at_impossible_heights"] == report["nodes_without_data"] == 9
    assert expected.report["elevation"]["nodes_at_impossible_heights"] == 0
    assert result.edges["grade"].abs().max() < 0.031


def test_rasters_of_no_place_and_no_real_number_are_named(tmp_path: Path) -> None:
    """A local grid cannot be laid over a map; complex numbers are no heights; none is too few."""
    network = roads(GRID, GRID_STREETS)
    local = raster(tmp_path / "local.tif", lambda x, _y: x, crs=None)
    with rasterio.open(local, "r+") as out:
        out.crs = rasterio.crs.CRS.from_wkt('LOCAL_CS["site",UNIT["metre",1]]')
    waves = raster(tmp_path / "waves.tif", lambda x, _y: x, dtype="complex64")
    with pytest.raises(InputError) as caught:
        with_grades(network, [local, waves])
    assert [problem.field for problem in caught.value.problems] == ["crs", "type"]
    with pytest.raises(InputError, match="at least one raster"):
        with_grades(network, [])
