"""Stops are read from tables and maps, and every fault is named in one pass."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from geofleet.errors import InputError
from geofleet.routes import check_stops, read_stops

HEADER = (
    "vehicle_id,date,seq,stop_id,kind,lat,lon,service_min,window_start,window_end,drop_kg,pickup_kg"
)
GOOD = [
    "v1,2024-05-14,0,d,depot,-29.90,-71.25,0,08:00,,0,",
    "v1,2024-05-14,1,a,delivery,-29.91,-71.26,5.5,09:00,10:30,120,0",
    "v1,2024-05-14,2,d,depot,-29.90,-71.25,0,,25:30,0,10",
]


def write(tmp_path, lines, name="stops.csv"):
    path = tmp_path / name
    path.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
    return path


def faults(path):
    with pytest.raises(InputError) as caught:
        read_stops(path)
    return caught.value.problems


def test_a_good_table(tmp_path):
    """Values, units, line numbers (blank lines counted) and the file's name come through."""
    path = write(tmp_path, [GOOD[0], "", *GOOD[1:]])
    stops = read_stops(path, vehicles=["v1"])
    assert stops["row"].tolist() == [2, 4, 5]
    assert stops["seq"].tolist() == [0, 1, 2]
    assert stops["window_start"].tolist()[:2] == [28800.0, 32400.0]
    assert stops["window_end"].tolist()[1:] == [37800.0, 91800.0]
    assert np.isnan(stops["pickup_kg"].iloc[0])
    assert stops.attrs["file"] == str(path)
    assert check_stops(stops, bounds=(-72, -30, -71, -29)) == []


def test_points_on_a_map_are_the_same_stops(tmp_path):
    """A GeoJSON file with the columns as properties gives the table's stops."""
    table = read_stops(write(tmp_path, GOOD))
    features = []
    for line in GOOD:
        values = dict(zip(HEADER.split(","), line.split(","), strict=True))
        lat, lon = float(values.pop("lat")), float(values.pop("lon"))
        values = {k: (v or None) for k, v in values.items()}
        values["seq"] = int(values["seq"])
        values["drop_kg"] = float(values["drop_kg"])
        features.append(
            {"type": "Feature", "properties": values,
             "geometry": {"type": "Point", "coordinates": [lon, lat]}}
        )  # fmt: skip
    path = tmp_path / "stops.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    points = read_stops(path)
    assert points["row"].tolist() == [1, 2, 3]
    columns = [c for c in table.columns if c not in ("row",)]
    pd.testing.assert_frame_equal(points[columns], table[columns], check_dtype=False)


def test_every_fault_in_one_pass(tmp_path):
    """Cells, windows, sequence, first stops, single stops and duplicates, each with its line."""
    path = write(
        tmp_path,
        [
            "v1,2024-05-14,0,d,delivery,-29.90,-71.25,0,08:00,,0,",  # not a depot
            "v1,2024-05-14,1,a,delivery,-29.91,-71.26,5,11:00,10:30,-3,0",  # window, mass
            "v1,2024-05-14,3,b,delivery,-29.91,-71.26,5,,,1,0",  # gap
            "v1,2024-05-14,3,c,delivery,-29.91,-71.26,5,,,1,0",  # duplicate
            "v2,2024-05-14,0,d,depot,-29.90,-71.25,0,8 am,,0,",  # time, single stop
            "v3,2024-05-14,0,d,depot,-71.25,-129.90,0,,,0,",
            "v3,14/05/2024,1,d,shop,-29.9,-71.25,x,,,0,",  # date, kind, number
        ],
    )
    found = {(p.row, p.field) for p in faults(path)}
    assert {
        (2, "kind"), (3, "window_end"), (3, "drop_kg"), (4, "seq"), (5, "vehicle_id, date, seq"),
        (6, "window_start"), (6, "seq"), (8, "date"), (8, "kind"), (8, "service_min"),
    } <= found  # fmt: skip
    assert all(p.file == str(path) and p.expected for p in faults(path))
    window = next(p for p in faults(path) if p.field == "window_end")
    assert window.value == "10:30"


def test_swapped_coordinates(tmp_path):
    """Off the globe is seen in the file alone; inside it, against the roads' box."""
    turned = write(tmp_path, [GOOD[0], GOOD[1].replace("-29.91,-71.26", "-99.13,19.43"), GOOD[2]])
    swapped = [p for p in faults(turned) if p.field == "lat, lon"]
    assert len(swapped) == 1
    assert swapped[0].row == 3
    assert "swapped" in swapped[0].expected
    lines = [line.replace("-29.90,-71.25", "-71.25,-29.90") for line in GOOD]
    lines = [line.replace("-29.91,-71.26", "-71.26,-29.91") for line in lines]
    stops = read_stops(write(tmp_path, lines))
    (problem,) = check_stops(stops, bounds=(-72.0, -30.5, -71.0, -29.0))
    assert (problem.row, problem.field, problem.value) == (2, "lat, lon", "-71.25, -29.9")
    assert "when swapped" in problem.expected
    good = read_stops(write(tmp_path, GOOD))
    (problem,) = check_stops(good, bounds=(10.0, 40.0, 11.0, 41.0))
    assert "3 of 3 lie outside" in problem.expected


def test_unknown_vehicles(tmp_path):
    """Each unknown vehicle is named once, at its first stop."""
    lines = [*GOOD, *(line.replace("v1", "v9") for line in GOOD)]
    with pytest.raises(InputError) as caught:
        read_stops(write(tmp_path, lines), vehicles={"v1"})
    (problem,) = caught.value.problems
    assert (problem.row, problem.field, problem.value) == (5, "vehicle_id", "v9")


@pytest.mark.parametrize(
    ("content", "field", "words"),
    [
        ("", "", "not empty"),
        ('{"type": "FeatureCollection", "features": [', "", "well formed"),
        ('{"type": "FeatureCollection", "features": []}', "features", "at least one point"),
        ("[1, 2]", "features", "FeatureCollection"),
    ],
)
def test_broken_maps(tmp_path, content, field, words):
    """Half a file, no features, something else: one clear message."""
    path = tmp_path / "stops.geojson"
    path.write_text(content)
    (problem,) = faults(path)
    assert problem.field == field
    assert words in problem.expected


def test_wrong_geometries_and_crs(tmp_path):
    """Lines, missing geometries and other reference systems are named with the feature."""
    point = {"type": "Point", "coordinates": [-71.25, -29.9]}
    line = {"type": "LineString", "coordinates": [[0, 0], [1, 1]]}
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32719"}}
    features = [{"type": "Feature", "properties": {}, "geometry": g} for g in (point, line, None)]
    path = tmp_path / "stops.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "crs": crs, "features": features}))
    found = {(p.row, p.field) for p in faults(path)}
    assert {(0, "crs"), (2, "geometry"), (3, "geometry")} <= found


def test_broken_tables(tmp_path):
    """A missing file, a ragged line, a missing column, bytes that are not UTF-8."""
    assert "readable" in faults(tmp_path / "none.csv")[0].expected
    assert faults(write(tmp_path, [GOOD[0] + ",x"]))[0].row == 2
    path = tmp_path / "short.csv"
    path.write_text("vehicle_id,date\nv1,2024-05-14\n")
    assert {"seq", "lat", "lon"} <= {p.field for p in faults(path)}
    path.write_bytes(HEADER.encode() + b"\nv\xe91,2024-05-14,0,d,depot,1,1,0,,,0,\n")
    assert "UTF-8" in faults(path)[0].expected
    path.write_text(HEADER + "\n")
    assert "at least one row" in faults(path)[0].expected


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[" * 100_000, "usual size"),
        ('{"features": [' + "1" * 5000 + "]}", "usual size"),
        ('{"features": [{"properties": [1], "geometry": PLACE}]}', "an object"),
        ('{"features": [{"properties": {}, "geometry": WIDE}]}', "two finite numbers"),
        ('{"features": [{"properties": {}, "geometry": LOGICAL}]}', "two finite numbers"),
        ('{"crs": {"properties": {"name": "EPSG:24326"}}, "features": []}', "at least one point"),
        ('{"crs": {"properties": {"name": "EPSG:24326"}}, "features": [1]}', "reproject"),
    ],
)
def test_odd_maps(tmp_path, content, words):
    """Valid JSON that holds no stops is a fault with a message, however odd."""
    for name, place in (
        ("PLACE", "[1, 2]"),
        ("WIDE", f"[1{'0' * 400}, 2]"),
        ("LOGICAL", "[true, 1]"),
    ):
        content = content.replace(name, f'{{"type": "Point", "coordinates": {place}}}')
    path = tmp_path / "stops.geojson"
    path.write_text(content)
    assert any(words in problem.expected for problem in faults(path))


def test_odd_tables(tmp_path):
    """Line ends of old spreadsheets are read; a huge cell or number is named, not a crash."""
    lines = [HEADER, *GOOD]
    path = tmp_path / "stops.csv"
    path.write_bytes("\r".join(lines).encode())
    assert len(read_stops(path)) == len(GOOD)
    path.write_text("\n".join([*lines, "x" * 200_000]))
    assert faults(path)[0].row == len(lines) + 1
    for number in ("1e308", "9" * 21):
        cells = GOOD[-1].split(",")
        cells[2] = number
        path.write_text("\n".join([HEADER, *GOOD[:-1], ",".join(cells)]))
        assert ("seq", number) in {(p.field, p.value) for p in faults(path)}
