"""The bundled study: what its files must hold, and that its scripts make them again."""

from __future__ import annotations

import csv
import importlib.util
import json
import math
import os
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import osmium
import pandas as pd
import pytest
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geofleet.config import read_config
from geofleet.exposure.model import WEATHER_SCHEMA
from geofleet.fleet import read_fleet
from geofleet.network import read_osm
from geofleet.routes import build_itineraries, read_stops
from geofleet.routes.model import STOP_SCHEMA
from geofleet.schema import read_csv

SYNTHETIC_ID = 1_000_000_000_000
LINKS = 19_846
PEOPLE = 451_898.9226334486
FREIGHT = ("operators.csv", "vehicles.csv", "stops.csv")


@dataclass
class Osm:
    """An OpenStreetMap file, read object by object in file order."""

    generator: str
    nodes: dict[int, tuple[float, float]] = field(default_factory=dict)
    ways: dict[int, tuple[list[int], dict[str, str]]] = field(default_factory=dict)
    order: list[tuple[str, int]] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path) -> Osm:
        processor = osmium.FileProcessor(path)
        osm = cls(processor.header.get("generator"))
        for thing in processor:
            osm.order.append((thing.type_str(), thing.id))
            if isinstance(thing, osmium.osm.Node):
                osm.nodes[thing.id] = (thing.location.lon, thing.location.lat)
            elif isinstance(thing, osmium.osm.Way):
                osm.ways[thing.id] = ([n.ref for n in thing.nodes], dict(thing.tags))
        return osm


@pytest.fixture(scope="module")
def folder(repository: Path) -> Path:
    return repository / "data" / "coquimbo"


@pytest.fixture(scope="module")
def roads(folder: Path) -> Osm:
    return Osm.read(folder / "roads.osm.pbf")


@pytest.fixture(scope="module")
def stops(folder: Path) -> pd.DataFrame:
    return read_csv(folder / "stops.csv", STOP_SCHEMA)


@pytest.fixture(scope="module")
def zones(folder: Path) -> list[dict[str, Any]]:
    text = (folder / "population.geojson").read_text(encoding="utf-8")
    features: list[dict[str, Any]] = json.loads(text)["features"]
    return features


def _run(script: Path, *arguments: object) -> None:
    command = [sys.executable, str(script), *map(str, arguments)]
    subprocess.run(command, check=True, capture_output=True, text=True)


def _source_zip() -> Path | None:
    """Find coquimbo.zip: named by COQUIMBO_ZIP, or in an installed AequilibraE."""
    if named := os.environ.get("COQUIMBO_ZIP"):
        return Path(named)
    spec = importlib.util.find_spec("aequilibrae")
    for package in (spec.submodule_search_locations or []) if spec else []:
        path = Path(package) / "reference_files" / "coquimbo.zip"
        if path.is_file():
            return path
    return None


def test_roads_are_sound_openstreetmap_data(roads: Osm) -> None:
    """Ids are positive, unique and sorted, and each way's nodes are there and differ in turn."""
    assert len(set(roads.order)) == len(roads.order)
    assert roads.order == sorted(roads.order)  # "n" before "w", then by id
    assert min(roads.nodes) > 0
    assert min(roads.ways) > 0
    used: set[int] = set()
    for refs, tags in roads.ways.values():
        assert len(refs) >= 2
        assert len(refs) <= 2000  # OpenStreetMap's limit
        assert all(a != b for a, b in pairwise(refs))
        assert tags["highway"]
        used.update(refs)
    assert used == set(roads.nodes)


def test_roads_keep_every_link_of_the_source(roads: Osm) -> None:
    """Between OpenStreetMap's own nodes lie as many pieces of way as the source has links."""
    own = [[r for r in refs if r < SYNTHETIC_ID] for refs, _ in roads.ways.values()]
    assert sum(len(refs) - 1 for refs in own) == LINKS
    assert len({r for refs in own for r in refs}) == 15_591
    assert all(refs[0] < SYNTHETIC_ID > refs[-1] for refs, _ in roads.ways.values())


def test_roads_say_where_they_come_from(roads: Osm) -> None:
    """The header names the contributors and the licence, each way its OpenStreetMap way."""
    assert "© OpenStreetMap contributors" in roads.generator
    assert "ODbL" in roads.generator
    for way_id, (_, tags) in roads.ways.items():
        assert way_id in (int(tags["source:way_id"]), *range(SYNTHETIC_ID, SYNTHETIC_ID + 100))


def test_road_tags_are_openstreetmap_tags(roads: Osm) -> None:
    """Only known keys occur, and numbers are numbers that a road can have."""
    keys = Counter(key for _, tags in roads.ways.values() for key in tags)
    assert set(keys) <= {
        "highway", "name", "oneway", "lanes", "maxspeed", "maxspeed:forward",
        "maxspeed:backward", "source:way_id",
    }  # fmt: skip
    for _, tags in roads.ways.values():
        assert tags.get("oneway", "yes") == "yes"
        assert 1 <= int(tags.get("lanes", "1")) <= 6
        assert 20 <= float(tags.get("maxspeed", "20")) <= 120
        assert tags["highway"] in {
            "motorway", "trunk", "primary", "secondary", "tertiary", "unclassified",
            "residential", "living_street",
        }  # fmt: skip


def test_one_way_carriageways_run_on_the_right(roads: Osm) -> None:
    """On dual carriageways the other direction lies to the left, as Chile drives on the right.

    This is the check that ways are drawn in driving direction: reversed lines would put it right.
    """
    left = right = 0
    lines = {
        way: np.array([roads.nodes[r] for r in refs]) * (math.cos(math.radians(29.95)), 1.0)
        for way, (refs, tags) in roads.ways.items()
        if tags["highway"] in ("motorway", "trunk") and tags.get("name") == "Ruta 5 Norte"
    }
    starts = np.concatenate([xy[:-1] for xy in lines.values()])
    steps = np.concatenate([np.diff(xy, axis=0) for xy in lines.values()])
    middles = starts + steps / 2
    for middle, step in zip(middles, steps, strict=True):
        other = middles - middle
        near = np.hypot(*other.T) < 0.0004  # some 40 m: the other carriageway
        opposite = steps @ step < -0.9 * np.hypot(*steps.T) * math.hypot(*step)
        side = step[0] * other[near & opposite][:, 1] - step[1] * other[near & opposite][:, 0]
        left += int((side > 0).sum())
        right += int((side < 0).sum())
    assert left > 100
    assert left > 20 * right


def test_network_is_almost_wholly_connected(roads: Osm) -> None:
    """From 99 % of the nodes one can drive to all others of these and back."""
    ids = np.array(sorted(roads.nodes))
    pairs = []
    for refs, tags in roads.ways.values():
        pairs += list(pairwise(refs))
        if tags.get("oneway") != "yes":
            pairs += [(b, a) for a, b in pairwise(refs)]
    tail, head = np.searchsorted(ids, np.array(pairs)).T
    graph = coo_array((np.ones(len(tail)), (tail, head)), shape=(len(ids), len(ids)))
    _, label = connected_components(graph, directed=True, connection="strong")
    main = label == np.bincount(label).argmax()
    assert main[ids < SYNTHETIC_ID].mean() == pytest.approx(0.99, abs=0.005)


def test_people_are_those_of_the_source(zones: list[dict[str, Any]]) -> None:
    """Nobody is lost in the conversion; cut to whole persons it is the figure often quoted."""
    people = [zone["properties"]["people"] for zone in zones]
    assert len(people) == 133
    assert len({zone["properties"]["zone_id"] for zone in zones}) == 133
    assert math.fsum(people) == pytest.approx(PEOPLE, abs=1e-6)
    assert sum(int(p) for p in people) == 451_834
    assert min(people) > 0


def test_zones_follow_rfc_7946(zones: list[dict[str, Any]]) -> None:
    """Closed rings, outer ones counter-clockwise and holes clockwise, seven decimals at most."""
    shapes = []
    for zone in zones:
        shape = zone["geometry"]
        parts = shape["coordinates"] if shape["type"] == "MultiPolygon" else [shape["coordinates"]]
        for rings in parts:
            for number, ring in enumerate(rings):
                assert ring[0] == ring[-1]
                assert shapely.LinearRing(ring).is_ccw == (number == 0)
                assert all(round(value, 7) == value for point in ring for value in point)
        shapes.append(shapely.from_geojson(json.dumps(shape)))
    assert all(shapely.is_valid(shapes))
    # Zones share borders but nobody is counted twice.
    total = sum(shape.area for shape in shapes)
    assert shapely.union_all(shapes).area == pytest.approx(total, rel=1e-6)


def test_the_study_says_what_is_not_real(
    folder: Path, repository: Path, stops: pd.DataFrame
) -> None:
    """Settings, notes, ids and the data README mark the freight synthetic, weather illustrative."""
    study = read_config(folder)
    assert study.synthetic
    assert "SYNTHETIC" in study.notes
    assert "ILLUSTRATIVE" in study.notes
    assert "© OpenStreetMap contributors" in study.attribution
    assert all((folder / path).is_file() for path in study.files().values())
    readme = (repository / "data" / "README.md").read_text(encoding="utf-8")
    for words in ("synthetic", "illustrative", "© OpenStreetMap contributors", "AequilibraE"):
        assert words in readme
    deliveries = (stops["kind"] == "delivery").sum()
    assert (
        f"{stops.groupby('vehicle_id').ngroups} vehicle-days, {deliveries:,} deliveries" in readme
    )
    for name in (path.name for path in folder.iterdir() if path.suffix in {".csv", ".pbf"}):
        assert name in readme
    for table in FREIGHT:
        with (folder / table).open(encoding="utf-8", newline="") as file:
            assert all(row[0].startswith("syn-") for row in list(csv.reader(file))[1:])


def test_the_fleet_is_mixed(folder: Path, stops: pd.DataFrame) -> None:
    """All three kinds of operators work with classes from van to 16 t, old trucks and new."""
    fleet = read_fleet(folder / "vehicles.csv", folder / "operators.csv", year=2024)
    assert set(fleet.operators["operator_size"]) == {"1-5", "6-30", ">100"}
    assert len(fleet.operators) >= 12
    assert len(fleet.vehicles) >= 40
    assert set(fleet.vehicles["vehicle_class"]) == {
        "cargo_van", "rigid_7_5t", "rigid_12t", "rigid_14t", "rigid_20t",
    }  # fmt: skip
    assert fleet.vehicles["gvw_kg"].max() <= 16_000
    assert (fleet.vehicles["fuel"] == "electric").sum() == 2
    assert fleet.vehicles["standard"].nunique() >= 5
    assert set(stops["vehicle_id"]) == set(fleet.vehicles.index)
    age = 2024 - fleet.vehicles["model_year"].astype(float)
    mean = age.groupby(fleet.vehicles["operator_id"].map(fleet.operators["operator_size"])).mean()
    assert 12 <= mean["1-5"] <= 22
    assert mean["1-5"] > mean["6-30"] > mean[">100"]
    owned = fleet.vehicles.groupby("operator_id").size()
    assert (owned <= fleet.operators["fleet_size"].reindex(owned.index)).all()


def test_the_day_is_large_enough(stops: pd.DataFrame) -> None:
    """At least 40 vehicle-days, 900 deliveries, 5 depots; a day starts and ends at its own."""
    assert set(stops["date"]) == {"2024-05-14"}
    assert (stops["kind"] == "delivery").sum() >= 900
    assert stops.loc[stops["kind"] == "depot", "stop_id"].nunique() >= 5
    assert stops.groupby("vehicle_id").ngroups >= 40
    deliveries = stops[stops["kind"] == "delivery"]
    assert deliveries["stop_id"].is_unique
    assert (deliveries["drop_kg"] > 0).all()
    for _, day in stops.groupby("vehicle_id", sort=False):
        assert day["seq"].tolist() == list(range(len(day)))
        assert day["kind"].iloc[0] == day["kind"].iloc[-1] == "depot"
        assert day.loc[day["kind"] == "depot", "stop_id"].nunique() == 1
        assert not math.isnan(day["window_start"].iloc[0])


def test_no_vehicle_is_overloaded(folder: Path, stops: pd.DataFrame) -> None:
    """With the least load that serves all drops, none exceeds capacity and all end at nothing."""
    fleet = read_fleet(folder / "vehicles.csv", folder / "operators.csv", year=2024)
    capacity_kg = fleet.vehicles["payload_capacity_kg"]
    for vehicle, day in stops.groupby("vehicle_id"):
        change = (day["pickup_kg"].fillna(0.0) - day["drop_kg"]).to_numpy().cumsum()
        load = change - min(0.0, change.min())
        assert load.min() >= 0
        assert load[-1] == pytest.approx(0.0, abs=1e-9)
        first = -min(0.0, change.min())
        assert max(first, load.max()) <= capacity_kg[str(vehicle)]


def test_time_windows_are_open_and_not_over_before_departure(stops: pd.DataFrame) -> None:
    """Windows close after they open and after the vehicle has left its depot."""
    rows = stops[(stops["kind"] == "delivery") & stops["window_start"].notna()]
    assert len(rows) > 50
    assert (rows["window_end"] > rows["window_start"]).all()
    departure = stops[stops["seq"] == 0].set_index("vehicle_id")["window_start"]
    assert (rows["window_end"].to_numpy() > departure[rows["vehicle_id"]].to_numpy()).all()
    assert departure.between(5.5 * 3600, 10 * 3600).mean() > 0.8
    assert departure.max() > 20 * 3600  # one works at night


def test_stops_stand_beside_streets_of_the_network(roads: Osm, stops: pd.DataFrame) -> None:
    """Every stop lies 5–20 m from a street, and each depot well within 60 m of a drivable one."""
    places = np.array(list(roads.nodes.values()))
    low, high = places.min(axis=0), places.max(axis=0)
    xy = stops[["lon", "lat"]].to_numpy()
    assert (xy >= low).all()
    assert (xy <= high).all()
    # Metres on a local plane: good to a few tenths of a per cent over this city.
    scale = np.array([111_320 * math.cos(math.radians(29.95)), 110_860])
    lines = [
        shapely.LineString(np.array([roads.nodes[r] for r in refs]) * scale)
        for refs, _ in roads.ways.values()
    ]
    points = shapely.points(xy * scale)
    nearest = shapely.STRtree(lines).nearest(points)
    gap = shapely.distance(points, np.array(lines)[nearest])
    assert gap.min() > 4.9
    assert gap.max() < 20.2
    classes = np.array([tags["highway"] for _, tags in roads.ways.values()])[nearest]
    assert not set(classes) & {"motorway", "trunk"}


def test_the_day_can_be_driven(folder: Path) -> None:
    """Routed on the real streets every stop is reached in time, and no day is over-long."""
    network = read_osm(folder / "roads.osm.pbf", country="CL")
    fleet = read_fleet(folder / "vehicles.csv", folder / "operators.csv", year=2024)
    day = build_itineraries(
        network, fleet, read_stops(folder / "stops.csv"), timezone="America/Santiago", workers=1
    )
    assert day.problems == ()
    assert set(day.stops["status"]) == {"reached"}
    driven = day.traversals.frame.groupby("vehicle_day")["length_m"].sum() / 1000
    classes = day.traversals.vehicle_days["vehicle_class"]
    vans = driven[(classes == "cargo_van").to_numpy()]
    assert vans.between(40, 220).all()
    assert driven.max() > 200  # some days are beyond a small battery
    assert driven.min() < 50
    days = day.traversals.vehicle_days
    hours = (days["return_s"] - days["depart_s"]) / 3600
    assert hours.between(2, 12).all()


def test_deliveries_follow_people(zones: list[dict[str, Any]], stops: pd.DataFrame) -> None:
    """Over the zones, deliveries rise with people (rank correlation), though not in lockstep."""
    shapes = [shapely.from_geojson(json.dumps(zone["geometry"])) for zone in zones]
    rows = stops[stops["kind"] == "delivery"]
    points = shapely.points(rows[["lon", "lat"]].to_numpy())
    _, zone = shapely.STRtree(shapes).query(points, predicate="within")
    assert len(zone) > 0.97 * len(points)
    area = np.array([shape.area for shape in shapes])
    people = np.array([z["properties"]["people"] for z in zones])
    density = pd.Series(people / area)
    found = pd.Series(np.bincount(zone, minlength=len(zones)) / area)
    assert 0.4 < density.corr(found, method="spearman") < 0.99


def test_weather_is_a_whole_year_of_coastal_air(folder: Path) -> None:
    """Weights sum to a year, evenly over hours; sea breeze by day, land breeze by night."""
    weather = read_csv(folder / "weather.csv", WEATHER_SCHEMA)
    assert len(weather) == 864
    assert set(weather["status"]) == {"illustrative"}  # said in the file itself
    assert weather["weight_hours"].sum() == pytest.approx(8760, abs=1e-3)
    by_hour = weather.groupby("hour")["weight_hours"].agg(["sum", "size"])
    assert by_hour["sum"].to_numpy() == pytest.approx(np.full(24, 365.0), abs=1e-4)
    assert (by_hour["size"] == 36).all()
    assert weather["temperature_c"].between(10, 20).all()
    assert weather["cloud_cover"].between(0, 1).all()

    def mean_wind(hour: int) -> tuple[float, float]:
        """Return the mean speed and the direction that the mean wind vector comes from."""
        rows = weather[weather["hour"].astype(int) == hour]
        weight = rows["weight_hours"] / rows["weight_hours"].sum()
        angle = np.radians(rows["wind_from_deg"])
        flow = weight * rows["wind_speed_m_s"]
        east, north = (flow * np.sin(angle)).sum(), (flow * np.cos(angle)).sum()
        return float(flow.sum()), math.degrees(math.atan2(east, north)) % 360

    day, day_from = mean_wind(15)
    night, night_from = mean_wind(4)
    assert 3 <= day <= 6
    assert 1 <= night <= 2
    assert 225 <= day_from <= 280
    assert 80 <= night_from <= 180
    assert weather.groupby("hour")["cloud_cover"].mean().idxmin() in range(13, 18)


@pytest.mark.parametrize("script", ["make_freight_day.py", "make_weather.py"])
def test_the_generators_make_the_same_bytes(folder: Path, tmp_path: Path, script: str) -> None:
    """What is bundled is what the scripts make."""
    _run(folder / script, "--out", tmp_path)
    made = sorted(tmp_path.iterdir())
    names = ["weather.csv"] if script == "make_weather.py" else sorted(FREIGHT)
    assert [path.name for path in made] == names
    for path in made:
        assert path.read_bytes() == (folder / path.name).read_bytes(), path.name


def test_another_seed_makes_another_day(folder: Path, tmp_path: Path) -> None:
    """The seed matters, and another day has the same shape."""
    _run(folder / "make_freight_day.py", "--seed", 7, "--out", tmp_path)
    assert (tmp_path / "stops.csv").read_bytes() != (folder / "stops.csv").read_bytes()
    other = read_csv(tmp_path / "stops.csv", STOP_SCHEMA)
    assert (other["kind"] == "delivery").sum() >= 900
    read_fleet(tmp_path / "vehicles.csv", tmp_path / "operators.csv", year=2024)


def test_the_roads_can_be_made_again(folder: Path, tmp_path: Path, roads: Osm) -> None:
    """From AequilibraE's example come the same roads and, byte for byte, the same zones."""
    source = _source_zip()
    if source is None:
        pytest.skip("AequilibraE's coquimbo.zip is not here (name it in COQUIMBO_ZIP)")
    _run(folder / "make_roads.py", source, "--out", tmp_path)
    assert Osm.read(tmp_path / "roads.osm.pbf") == roads
    zones = (tmp_path / "population.geojson").read_bytes()
    assert zones == (folder / "population.geojson").read_bytes()
