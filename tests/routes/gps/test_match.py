"""GPS traces become the links that were driven: simulated drives are recovered."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import Transformer

from geofleet.defaults import Defaults
from geofleet.errors import InputError, MissingExtraError
from geofleet.fleet.model import Fleet
from geofleet.network import RoadNetwork
from geofleet.routes.gps.match import match_traces
from geofleet.routes.gps.traces import check_traces, read_traces
from geofleet.routes.model import TRAVERSAL_COLUMNS

pytest.importorskip("leuvenmapmatching")

ZONE = "America/Santiago"
START = pd.Timestamp("2024-05-14T08:00:00-04:00")


def drive(
    network: RoadNetwork, nodes: list[int], *, every_s: float = 5.0, speed_ms: float = 10.0,
    noise_m: float = 6.0, seed: int = 1, stops: dict[float, float] | None = None,
    vehicle: str = "truck-1", begin: pd.Timestamp = START,
) -> pd.DataFrame:  # fmt: skip
    """Simulate fixes along a way; ``stops`` are metres along it and seconds stood there."""
    lines = [network.edges_metric[(u, v, 0)] for u, v in pairwise(nodes)]
    way = shapely.LineString(
        np.concatenate([shapely.get_coordinates(line)[(i > 0) :] for i, line in enumerate(lines)])
    )
    s, t = [0.0], [0.0]
    for where, stood in sorted((stops or {}).items()):
        s += [where, where]
        t += [t[-1] + (where - s[-3]) / speed_ms, 0.0]
        t[-1] = t[-2] + stood
    t.append(t[-1] + (way.length - s[-1]) / speed_ms)
    s.append(way.length)
    times = np.arange(0, t[-1], every_s)
    points = shapely.line_interpolate_point(way, np.interp(times, t, s))
    xy = shapely.get_coordinates(points)
    xy = xy + np.random.default_rng(seed).normal(0, noise_m, xy.shape)
    back = Transformer.from_crs(network.crs_metric, 4326, always_xy=True)
    lon, lat = back.transform(xy[:, 0], xy[:, 1])
    return pd.DataFrame({
        "vehicle_id": vehicle, "time": begin + pd.to_timedelta(times, unit="s"),
        "lat": lat, "lon": lon,
    })  # fmt: skip


def way_of(network: RoadNetwork, nodes: list[int]) -> list[int]:
    return [int(network.edges.index.get_loc((u, v, 0))) for u, v in pairwise(nodes)]


def core(edges: list[int], way: list[int]) -> list[int]:
    """Drop a first or last link that the noise of the end fixes may add."""
    begin = 1 if edges and edges[0] not in way else 0
    end = len(edges) - 1 if edges and edges[-1] not in way else len(edges)
    return edges[begin:end]


WAY = [1, 2, 3, 9, 15, 16, 17, 23, 29, 35]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("every_s", "noise_m"), [(1.0, 8.0), (5.0, 10.0), (12.0, 5.0)])
def test_a_noisy_drive_is_recovered(
    grid_network: RoadNetwork, seed: int, every_s: float, noise_m: float
) -> None:
    """From a fix each second to one each 120 m, the links come back in order."""
    fixes = drive(grid_network, WAY, every_s=every_s, noise_m=noise_m, seed=seed)
    result = match_traces(fixes, grid_network, timezone=ZONE)
    edges = result.traversals.frame["edge"].tolist()
    assert core(edges, way_of(grid_network, WAY)) == way_of(grid_network, WAY)
    assert result.problems == ()
    assert result.fixes["matched"].all()


def test_noise_at_junctions_makes_no_detours(grid_network: RoadNetwork) -> None:
    """Dense fixes with much noise, unthinned: short ways into side streets and back are cut."""
    dense = Defaults({"gps:dwell_radius_m": 8.0})
    for seed in range(6):
        fixes = drive(grid_network, WAY, every_s=2.0, noise_m=9.0, seed=seed)
        result = match_traces(fixes, grid_network, timezone=ZONE, defaults=dense)
        edges = result.traversals.frame["edge"].tolist()
        twin = grid_network.arrays.twin
        assert not [a for a, b in pairwise(edges) if twin[a] == b]
        way = way_of(grid_network, WAY)
        assert len(set(way) - set(edges)) == 0
        assert result.traversals.frame["length_m"].sum() == pytest.approx(900, abs=90)


def test_times_and_speeds_are_those_of_the_drive(grid_network: RoadNetwork) -> None:
    """Without noise: entries are 10 s apart on 100 m streets at 10 m/s, local clock time."""
    fixes = drive(grid_network, WAY, noise_m=0.0, every_s=1.0)
    result = match_traces(fixes, grid_network, timezone=ZONE)
    frame = result.traversals.frame
    assert dict(frame.dtypes) == {k: np.dtype(v) for k, v in TRAVERSAL_COLUMNS.items()}
    assert frame["edge"].tolist() == way_of(grid_network, WAY)
    assert frame["enter_s"].to_numpy() == pytest.approx(8 * 3600 + 10.0 * np.arange(9), abs=0.5)
    assert frame["speed_kmh"].to_numpy() == pytest.approx(36.0, rel=0.03)
    assert frame["length_m"].sum() == pytest.approx(890, abs=1)
    assert frame["from_fraction"].to_numpy() == pytest.approx(0, abs=0.01)
    assert frame["seq"].tolist() == list(range(9))
    assert frame["payload_kg"].isna().all()  # a trace does not tell the load
    day = result.traversals.vehicle_days.iloc[0]
    assert (day["vehicle_id"], day["date"], day["depart_s"]) == ("truck-1", "2024-05-14", 8 * 3600)
    assert result.traversals.enter_time().iloc[0] == START


def test_a_long_wait_is_a_stop_and_not_slow_driving(grid_network: RoadNetwork) -> None:
    """Ten minutes at 350 m: three stops, the link split there, speed as before and after."""
    fixes = drive(grid_network, WAY, noise_m=3.0, every_s=2.0, stops={350.0: 600.0})
    result = match_traces(fixes, grid_network, timezone=ZONE)
    stops = result.stops
    assert stops["stop_number"].tolist() == [0, 1, 2]
    stood = stops["depart_s"] - stops["arrive_s"]
    assert stood[1] == pytest.approx(600, abs=15)
    assert stops["edge"][1] == way_of(grid_network, WAY)[3]
    assert stops["fraction"][1] == pytest.approx(0.5, abs=0.12)
    frame = result.traversals.frame
    halves = frame[frame["edge"] == stops["edge"][1]]
    assert halves["stop_before"].tolist() == [0, 1]
    assert halves["to_fraction"].iloc[0] == pytest.approx(halves["from_fraction"].iloc[1])
    assert halves["length_m"].sum() == pytest.approx(100, abs=0.5)
    middle = frame[(frame["length_m"] > 60)]
    assert middle["speed_kmh"].between(25, 50).all()


def test_a_short_wait_is_traffic(grid_network: RoadNetwork) -> None:
    """A minute at a light slows the link down and is no stop."""
    fixes = drive(grid_network, WAY, noise_m=3.0, every_s=2.0, stops={350.0: 60.0})
    result = match_traces(fixes, grid_network, timezone=ZONE)
    assert len(result.stops) == 2
    slowest = result.traversals.frame.set_index("edge")["speed_kmh"]
    assert slowest[way_of(grid_network, WAY)[3]] < 10


def test_silence_and_fixes_off_the_roads_cut_the_way(grid_network: RoadNetwork) -> None:
    """Nothing is guessed over a gap or a field; what is lost is named with row and time."""
    first = drive(grid_network, [1, 2, 3, 4], noise_m=2)
    later = drive(grid_network, [22, 28, 34], noise_m=2, begin=START + pd.Timedelta(hours=1))
    result = match_traces(pd.concat([first, later], ignore_index=True), grid_network, timezone=ZONE)
    known = way_of(grid_network, [1, 2, 3, 4]) + way_of(grid_network, [22, 28, 34])
    assert core(result.traversals.frame["edge"].tolist(), known) == known
    assert len(result.stops) == 4
    assert result.problems == ()

    lost = first.copy()
    lost.loc[4:, "lat"] -= 0.01  # a kilometre south, beyond the last street
    slow = Defaults({"gps:max_speed_kmh": 3000})
    result = match_traces(lost, grid_network, timezone=ZONE, defaults=slow)
    assert len(result.problems) == 1
    assert result.problems[0].row == 5
    assert "2 places of truck-1 on 2024-05-14" in str(result.problems[0])
    assert result.fixes["matched"].tolist() == [True] * 4 + [False] * 2


def test_a_wild_fix_is_left_out(grid_network: RoadNetwork) -> None:
    """A jump that no lorry makes does not bend the way, first fix or later."""
    for wild in (0, 7):
        fixes = drive(grid_network, WAY, noise_m=2)
        fixes.loc[wild, ["lat", "lon"]] += 0.0031
        result = match_traces(fixes, grid_network, timezone=ZONE)
        way = way_of(grid_network, WAY)
        assert core(result.traversals.frame["edge"].tolist(), way) == way
        assert result.fixes["matched"].tolist().count(False) <= 1 or wild


def test_vehicle_days_are_kept_apart(grid_network: RoadNetwork) -> None:
    """Two vehicles, one of them on two local days, with operator and class from the fleet."""
    late = pd.Timestamp("2024-05-14T23:59:30-04:00")
    fixes = pd.concat([
        drive(grid_network, WAY, noise_m=1, vehicle="b", begin=late),
        drive(grid_network, WAY[::-1], noise_m=1, vehicle="a"),
    ], ignore_index=True)  # fmt: skip
    vehicles = pd.DataFrame(
        {"operator_id": ["o1"], "vehicle_class": ["rigid_12t"]},
        index=pd.Index(["a"], name="vehicle_id"),
    )
    told: list[float] = []
    result = match_traces(
        fixes, grid_network, timezone=ZONE, fleet=Fleet(vehicles, pd.DataFrame()),
        progress=told.append,
    )  # fmt: skip
    days = result.traversals.vehicle_days
    assert days[["vehicle_id", "date"]].to_numpy().tolist() == [
        ["a", "2024-05-14"], ["b", "2024-05-14"], ["b", "2024-05-15"],
    ]  # fmt: skip
    assert days["vehicle_class"].iloc[0] == "rigid_12t"
    assert days["operator_id"].isna().tolist() == [False, True, True]
    assert [problem.value for problem in result.problems] == ["b", "b"]
    frame = result.traversals.frame
    assert frame.groupby("vehicle_day")["enter_s"].apply(lambda t: t.is_monotonic_increasing).all()
    assert frame.loc[frame["vehicle_day"] == 2, "enter_s"].max() < 120
    assert told[-1] == 1.0


def test_curved_parallel_and_ring_roads(roads: ModuleType) -> None:
    """A bend, two carriageways between the same junctions and a ring keep their own numbers."""
    bend = [(200, 0), (260, 20), (300, 100), (300, 200)]
    low = [(0, 0), (100, -45), (200, 0)]
    ring = [(300, 200), (360, 200), (360, 260), (300, 260), (300, 200)]
    network = roads.make_network(
        {1: (0, 0), 2: (200, 0), 3: (300, 200), 4: (300, 500)},
        [(1, 2), (1, 2, {"line": low}), (2, 1), (2, 3, {"line": bend}),
         (3, 2, {"line": bend[::-1]}), (3, 3, {"line": ring}), (3, 4), (4, 3)],
    )  # fmt: skip
    lines = network.edges_metric
    order = [(1, 2, 1), (2, 3, 0), (3, 3, 0), (3, 4, 0)]
    way = shapely.LineString(np.concatenate([shapely.get_coordinates(lines[key]) for key in order]))
    xy = shapely.get_coordinates(
        shapely.line_interpolate_point(way, np.arange(5, way.length - 20, 15))
    )
    xy = xy + np.random.default_rng(3).normal(0, 3, xy.shape)
    lon, lat = Transformer.from_crs(network.crs_metric, 4326, always_xy=True).transform(*xy.T)
    times = START + pd.to_timedelta(np.arange(len(lon)) * 2.0, unit="s")
    fixes = pd.DataFrame({"vehicle_id": "v", "time": times, "lat": lat, "lon": lon})
    result = match_traces(fixes, network, timezone=ZONE)
    expected = [int(network.edges.index.get_loc(key)) for key in order]
    assert result.traversals.frame["edge"].tolist() == expected
    closed = np.ones(len(network.edges), dtype=bool)
    closed[expected[0]] = False
    other = match_traces(fixes, network, timezone=ZONE, allowed=closed)
    assert expected[0] not in other.traversals.frame["edge"].tolist()


def test_ways_that_do_not_join_are_two_ways(roads: ModuleType) -> None:
    """Two streets without a connection: the trace is cut, not bridged, and both are kept."""
    network = roads.make_network(
        {1: (0, 0), 2: (600, 0), 3: (500, 50), 4: (1200, 50)},
        [(1, 2), (1, 2), (2, 1), (3, 4), (4, 3)],
    )
    x = np.concatenate([np.arange(10, 500, 30), np.arange(620, 1190, 30)])
    y = np.where(x < 600, 0.0, 50.0)
    lon, lat = zip(*[roads.to_lonlat(*place) for place in zip(x, y, strict=True)], strict=True)
    times = START + pd.to_timedelta(np.arange(len(x)) * 3.0, unit="s")
    fixes = pd.DataFrame({"vehicle_id": "v", "time": times, "lat": lat, "lon": lon})
    strict = Defaults({"gps:search_m": 30.0, "gps:dwell_radius_m": 20.0})
    result = match_traces(fixes, network, timezone=ZONE, defaults=strict)
    ends = [tuple(network.edges.index[edge][:2]) for edge in result.traversals.frame["edge"]]
    assert list(dict.fromkeys(ends)) == [(1, 2), (3, 4)]
    assert len(result.stops) == 4
    frame = result.traversals.frame
    assert (np.diff(frame["enter_s"]) > 0).all()
    assert frame["stop_before"].tolist() == [0, 2]


GPX = """<?xml version="1.0"?><gpx version="1.1" creator="t" xmlns="http://www.topografix.com/GPX/1/1">
<trk>{name}<trkseg>{points}</trkseg></trk></gpx>"""


@pytest.mark.parametrize("salt", ["0", "5"])
def test_the_way_found_does_not_hang_on_the_salt_of_hashes(salt: str) -> None:
    """Python salts the hashes of texts anew in every process; 5 once gave another way."""
    name = test_ways_that_do_not_join_are_two_ways.__name__
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--no-cov"]
    subprocess.run(
        [*command, f"{__file__}::{name}"],
        env=os.environ | {"PYTHONHASHSEED": salt},
        check=True,
        capture_output=True,
    )


def gpx_of(fixes: pd.DataFrame, name: str = "") -> str:
    points = "".join(
        f'<trkpt lat="{fix.lat}" lon="{fix.lon}"><time>{fix.time.isoformat()}</time></trkpt>'
        for fix in fixes.itertuples()
    )
    return GPX.format(name=f"<name>{name}</name>" if name else "", points=points)


def test_gpx_and_csv_give_the_same_way(grid_network: RoadNetwork, tmp_path: Path) -> None:
    """The same fixes from both kinds of file; a nameless track is named by its file."""
    fixes = drive(grid_network, WAY)
    table, track, bare = tmp_path / "t.csv", tmp_path / "t.gpx", tmp_path / "truck-9.gpx"
    fixes.to_csv(table, index=False)
    track.write_text(gpx_of(fixes, "truck-1"))
    bare.write_text(gpx_of(fixes))
    first, second = (match_traces(path, grid_network, timezone=ZONE) for path in (table, track))
    pd.testing.assert_frame_equal(first.traversals.frame, second.traversals.frame)
    both = read_traces([table, bare])
    assert set(both["vehicle_id"]) == {"truck-1", "truck-9"}
    assert both["row"].min() == 1


def bad_tables() -> Iterator[Any]:
    good = pd.DataFrame({
        "vehicle_id": "v", "time": [f"2024-05-14T08:00:0{i}-04:00" for i in range(4)],
        "lat": -29.95, "lon": [-71.3, -71.29, -71.28, -71.27],
    })  # fmt: skip
    yield good.assign(time=good["time"].iloc[[0, 2, 1, 3]].tolist()), 3, "not before"
    yield good.assign(time=good["time"].iloc[[0, 1, 1, 3]].tolist()), 3, "one place at one time"
    yield good.assign(time="2024-05-14T08:00:00"), 1, "with offset"
    yield good.assign(lat=-129.95), 1, "from -90 to 90"
    yield good.drop(columns="lon"), 0, "'lon'"
    yield good.iloc[:0], 0, "at least one fix"


@pytest.mark.parametrize(("table", "row", "message"), list(bad_tables()))
def test_traces_that_cannot_be_right_are_named(table: pd.DataFrame, row: int, message: str) -> None:
    """Time backwards, two places at once, no offset, off the globe, no column, nothing."""
    with pytest.raises(InputError, match=message) as caught:
        check_traces(table)
    assert caught.value.problems[0].row == row


def test_many_faults_of_one_kind_are_summed_up() -> None:
    """Twenty times running backwards are five problems and a count, not twenty."""
    times = pd.date_range("2024-05-14T08:00:00Z", periods=21, freq="s")[::-1]
    table = pd.DataFrame({"vehicle_id": "v", "time": times, "lat": 1.0, "lon": 2.0})
    with pytest.raises(InputError, match="15 more rows") as caught:
        check_traces(table)
    assert len(caught.value.problems) == 6


def test_repeated_rows_count_once() -> None:
    """Telematics repeat themselves: identical rows are one fix."""
    row = {"vehicle_id": "v", "time": "2024-05-14T08:00:00Z", "lat": 1.0, "lon": 2.0}
    assert len(check_traces(pd.DataFrame([row, row]))) == 1


def test_bad_files_are_all_named_at_once(grid_network: RoadNetwork, tmp_path: Path) -> None:
    """A broken GPX, one without times, an empty table and a missing file: four problems."""
    (tmp_path / "broken.gpx").write_text("<gpx><trk>")
    (tmp_path / "timeless.gpx").write_text(
        GPX.format(name="", points='<trkpt lat="1" lon="2"></trkpt>')
    )
    (tmp_path / "none.gpx").write_text(GPX.format(name="", points=""))
    (tmp_path / "empty.csv").write_text("")
    names = ["broken.gpx", "timeless.gpx", "none.gpx", "empty.csv", "missing.csv"]
    with pytest.raises(InputError) as caught:
        read_traces([tmp_path / name for name in names])
    assert [Path(problem.file).name for problem in caught.value.problems] == names
    with pytest.raises(InputError, match="at least one file"):
        read_traces([])


def test_swapped_coordinates_are_recognised(grid_network: RoadNetwork) -> None:
    """Latitude in the longitude column is said to be that, not just far away."""
    fixes = drive(grid_network, WAY).rename(columns={"lat": "lon", "lon": "lat"})
    with pytest.raises(InputError, match="look swapped"):
        match_traces(fixes, grid_network, timezone=ZONE)
    with pytest.raises(InputError, match=r"none is there$"):
        match_traces(fixes.assign(lat=10.0, lon=10.0), grid_network, timezone=ZONE)


def test_a_trace_that_matches_nothing_gives_empty_tables(grid_network: RoadNetwork) -> None:
    """Off-road all day: no traversals, no stops, one problem, and the day is still listed."""
    fixes = drive(grid_network, WAY, noise_m=0)
    strict = Defaults({"gps:search_m": 0.5})
    moved = fixes.assign(lat=fixes["lat"] + 0.0004, lon=fixes["lon"] + 0.0004)
    result = match_traces(moved, grid_network, timezone=ZONE, defaults=strict)
    assert len(result.traversals) == 0
    assert dict(result.traversals.frame.dtypes) == {
        name: np.dtype(kind) for name, kind in TRAVERSAL_COLUMNS.items()
    }
    assert len(result.stops) == 0
    assert len(result.problems) == 1
    assert result.traversals.vehicle_days["vehicle_id"].tolist() == ["truck-1"]


def test_without_the_library_the_extra_is_named(
    grid_network: RoadNetwork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Matching and reading GPX say what to install."""
    fixes = drive(grid_network, WAY)
    (tmp_path / "a.gpx").write_text(gpx_of(fixes))
    monkeypatch.setitem(sys.modules, "gpxpy", None)
    monkeypatch.setitem(sys.modules, "leuvenmapmatching.map.inmem", None)
    with pytest.raises(MissingExtraError, match=r"geofleet\[gps\]"):
        match_traces(fixes, grid_network, timezone=ZONE)
    with pytest.raises(MissingExtraError, match=r"geofleet\[gps\]"):
        read_traces(tmp_path / "a.gpx")
