"""Hourly speeds: classes, ramps, ranges and provenance; vehicles as profiles; loads."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geofleet.defaults import Defaults, read_table
from geofleet.errors import InputError, MissingDefaultError
from geofleet.fleet import Fleet
from geofleet.routes import build_itineraries, vehicle_profile
from geofleet.routes.payload import payloads
from geofleet.routes.speeds import HourlySpeeds, SpeedProfile, hourly_speeds, read_speed_profile


def test_ramps_follow_their_road_and_unknown_classes_the_rest():
    """Links of one parent class share a row; every link has one."""
    highway = pd.Series(["primary", "primary_link", "busway", None, "living_street"])
    speeds = hourly_speeds(highway)
    names = [speeds.names[row] for row in speeds.edge_row]
    assert names == ["primary", "primary", "other", "other", "living_street"]
    assert speeds.factors.shape == (3, 24)


def test_table_is_a_share_of_free_speed():
    """All factors lie between 0 and 1, nights are free, mornings are slow, all classes whole."""
    table = read_table("traffic_speed_profile")["value"].astype(float)
    assert table.between(0.05, 1.0).all()
    classes = {name.rpartition(".")[0] for name in table.index}
    assert {f"{c}.{h}" for c in classes for h in range(24)} == set(table.index)
    for name in classes:
        assert table[f"{name}.3"] > 0.99
        assert table[f"{name}.8"] < 0.85


def test_overrides_and_record():
    """A study's own factor is used, and what was read is recorded."""
    defaults = Defaults({"traffic_speed_profile:primary.8": 0.4})
    speeds = hourly_speeds(pd.Series(["primary"]), defaults=defaults)
    assert speeds.factors[0, 8] == 0.4
    assert len(defaults.used) == 24
    assert speeds.best.tolist() == [speeds.factors.max()]


def test_profile_takes_the_vehicle_before_its_class():
    """A stated gross weight counts, dimensions are the class's; unknown classes are named."""
    row = pd.Series({"vehicle_class": "rigid_12t", "gvw_kg": 11000.0})
    profile = vehicle_profile(row)
    assert (profile.name, profile.gvw_kg, profile.is_hgv) == ("rigid_12t", 11000.0, True)
    unstated = vehicle_profile(pd.Series({"vehicle_class": "rigid_12t", "gvw_kg": np.nan}))
    assert unstated.gvw_kg == 12000.0
    assert not vehicle_profile(pd.Series({"vehicle_class": "cargo_van"})).is_hgv
    with pytest.raises(MissingDefaultError, match="bicycle"):
        vehicle_profile(pd.Series({"vehicle_class": "bicycle"}))


masses = st.lists(st.tuples(st.integers(0, 900), st.integers(0, 900)), min_size=1, max_size=20)


@given(masses)
def test_load_is_least_and_conserved(pairs):
    """With every stop reached, loads follow the masses exactly, touch zero or begin empty."""
    drop, pickup = np.array(pairs, float).T
    initial, loads = payloads(drop, pickup, np.ones(len(drop), bool))
    np.testing.assert_allclose(loads, initial + np.cumsum(pickup - drop))
    assert (loads >= 0).all()
    assert initial == 0 or loads.min() == 0


@given(masses, st.integers(0, 2**32 - 1))
def test_goods_of_missed_stops_stay_on_board(pairs, seed):
    """Missing stops never takes the load below zero, and nothing changes at them."""
    drop, pickup = np.array(pairs, float).T
    reached = np.random.default_rng(seed).random(len(drop)) < 0.6
    initial, loads = payloads(drop, pickup, reached)
    steps = np.diff(np.concatenate([[initial], loads]))
    assert (loads >= 0).all()
    assert (steps[~reached] == 0).all()


@pytest.mark.parametrize("factor", [0.0, -0.5, np.nan, np.inf])
def test_factors_must_let_vehicles_move(factor):
    """With no speed a vehicle would never arrive; the row is named instead."""
    factors = np.ones((2, 24))
    factors[1, 7] = factor
    with pytest.raises(InputError) as caught:
        HourlySpeeds(("primary", "other"), factors, np.zeros(3, np.int32))
    assert [problem.field for problem in caught.value.problems] == ["other.7"]
    with pytest.raises(InputError, match="24 hours"):
        HourlySpeeds(("primary",), factors, np.zeros(3, np.int32))


@pytest.fixture
def street(roads):
    """Return two links of 300 m at 36 km/h there and back; there, one waits 7.5 s."""
    places = {1: (0.0, 0.0), 2: (300.0, 0.0)}
    there = {"signals": 1.0, "stop_signs": 0.0, "highway": "primary"}
    back = {"signals": 0.0, "stop_signs": 0.0, "highway": "primary"}
    return roads.make_network(places, [(1, 2, there), (2, 1, back)])


ROWS = {
    "traffic_control:signal.cycle_s": 60,
    "traffic_control:signal.green_share.primary": 0.5,
    "traffic_speed_profile:primary.8": 0.5,
    "traffic_speed_profile:primary.3": 1.0,
}


def test_speeds_of_links_by_hand(street):
    """30 s and 7.5 s at night, twice that at 8 o'clock; never above the vehicle's own speed."""
    rows = Defaults(ROWS)
    hourly = hourly_speeds(street.edges["highway"], defaults=rows)
    speeds = hourly.of_links(street, defaults=rows)
    assert speeds.shape == (2, 24)
    assert speeds.dtype == np.float32
    assert speeds[0, 3] == pytest.approx(28.8)
    assert speeds[0, 8] == pytest.approx(14.4)
    assert speeds[1, [3, 8]] == pytest.approx([36, 18])
    np.testing.assert_array_equal(hourly.of_links(street, [1], defaults=rows), speeds[[1]])
    slow = hourly.of_links(street, [1, 0], cap_kmh=20.0, defaults=rows)
    assert slow[0, [3, 8]] == pytest.approx([20, 18])
    assert slow[1, [3, 8]] == pytest.approx([300 / 61.5 * 3.6, 14.4])
    caps = hourly.of_links(street, cap_kmh=[20.0, 90.0], defaults=rows)
    assert caps[:, 3] == pytest.approx([300 / 61.5 * 3.6, 36])
    with pytest.raises(InputError, match="2 links"):
        hourly_speeds(pd.Series(["primary"])).of_links(street)


def test_peak_speed_of_a_link_by_hand(roads):
    """Free 36 km/h, 18 at 8 o'clock by the class; a peak of 9 has the slow-down of each hour 1.5x.

    The slowest hour (factor 0.5) falls to 9/36: 1 - (1 - 0.5) · 0.75 / 0.5 = 0.25; an hour at 0.8
    falls to 1 - 0.2 · 1.5 = 0.7; one at 1 or above is free.
    """
    flat = {f"traffic_speed_profile:primary.{hour}": 0.8 for hour in range(24)}
    rows = Defaults({**flat, "traffic_speed_profile:primary.8": 0.5,
                     "traffic_speed_profile:primary.3": 1.0,
                     "traffic_speed_profile:primary.4": 1.1})  # fmt: skip
    places = {number: (300.0 * number, 0.0) for number in range(1, 7)}
    peaks = [9.0, np.nan, 36.0, 50.0, 27.0]
    links = [
        (number, number + 1,
         {"signals": 0.0, "stop_signs": 0.0, "highway": "primary", "speed_peak_kmh": peak})
        for number, peak in enumerate(peaks, start=1)
    ]  # fmt: skip
    network = roads.make_network(places, links)
    speeds = hourly_speeds(network.edges["highway"], defaults=rows).of_links(network, defaults=rows)
    hours = [8, 7, 3, 4]
    np.testing.assert_allclose(speeds[0, hours], [9, 25.2, 36, 36], rtol=1e-6)
    np.testing.assert_allclose(speeds[1, hours], [18, 28.8, 36, 39.6], rtol=1e-6)
    # a peak at or above the free speed is the free speed all day
    np.testing.assert_allclose(speeds[2:4], 36, rtol=1e-6)
    np.testing.assert_allclose(speeds[4, hours], [27, 32.4, 36, 36], rtol=1e-6)
    one = hourly_speeds(network.edges["highway"], defaults=rows)
    some = one.of_links(network, [4, 0], cap_kmh=20.0, defaults=rows)
    np.testing.assert_allclose(some[:, 8], [20, 9], rtol=1e-6)
    plain = Defaults({f"traffic_speed_profile:primary.{hour}": 1.0 for hour in range(24)})
    even = hourly_speeds(network.edges["highway"], defaults=plain)
    np.testing.assert_allclose(even.of_links(network, defaults=plain), 36, rtol=1e-6)


def test_peak_speed_holds_with_signals(street):
    """The peak speed is that of the whole link: its signal does not slow it again."""
    rows = Defaults(ROWS)
    street = replace(street, edges=street.edges.assign(speed_peak_kmh=[7.2, np.nan]))
    hourly = hourly_speeds(street.edges["highway"], defaults=rows)
    speeds = hourly.of_links(street, defaults=rows)
    slowest = int(np.argmin(hourly.factors[0]))
    assert speeds[0, slowest] == pytest.approx(7.2)
    assert speeds[0].min() == speeds[0, slowest]
    assert speeds[0, 3] == pytest.approx(28.8)
    assert speeds[1, slowest] == pytest.approx(36 * hourly.factors[0].min())


@pytest.mark.parametrize(("top_kmh", "night_s", "morning_s"), [(90, 37.5, 75), (20, 61.5, 75)])
def test_routes_are_driven_at_the_speeds_of_links(street, top_kmh, night_s, morning_s):
    """The time-dependent trip takes what the table of link speeds says, hour by hour."""
    vehicles = pd.DataFrame(
        {"operator_id": "A", "vehicle_class": "rigid_7_5t", "fuel": "diesel", "gvw_kg": 7000.0,
         "payload_capacity_kg": 3000.0, "standard": "euro_3", "model_year": 2005},
        index=pd.Index(["t"], name="vehicle_id"),
    )  # fmt: skip
    operators = pd.DataFrame({"name": ["A"]}, index=pd.Index(["A"], name="operator_id"))
    ends = street.nodes[["x", "y"]].to_numpy()
    rows = Defaults({**ROWS, "vehicle_classes:rigid_7_5t.max_speed_kmh": top_kmh})
    for hour, seconds in ((3, night_s), (8, morning_s)):
        stops = pd.DataFrame({
            "vehicle_id": "t", "date": "2024-05-14", "seq": [0, 1], "stop_id": ["a", "b"],
            "kind": "delivery", "lon": ends[:, 0], "lat": ends[:, 1], "service_min": 0.0,
            "window_start": [hour * 3600.0, np.nan], "window_end": np.nan, "drop_kg": 0.0,
            "pickup_kg": 0.0,
        })  # fmt: skip
        made = build_itineraries(
            street, Fleet(vehicles, operators), stops, timezone="UTC", defaults=rows
        )
        frame = made.traversals.frame
        drive = frame[frame["edge"] == 0]
        assert drive["length_m"].sum() == pytest.approx(300, abs=0.5)
        hourly = hourly_speeds(street.edges["highway"], defaults=rows)
        speed = hourly.of_links(street, [0], cap_kmh=float(top_kmh), defaults=rows)[0, hour]
        assert drive["speed_kmh"].iloc[0] == pytest.approx(speed, rel=1e-5)
        assert 300 / speed * 3.6 == pytest.approx(seconds, rel=1e-5)


def long_table(**changes: float) -> str:
    rows = [f"primary,{hour},{changes.get(f'h{hour}', 0.8)},x" for hour in range(24)]
    return "highway,hour,factor,note\n" + "\n".join(rows) + "\n"


def test_a_profile_of_ones_own_goes_before_the_table(tmp_path):
    """Long or wide give the same; its ramps follow; other classes keep the table's rows."""
    long, wide = tmp_path / "long.csv", tmp_path / "wide.csv"
    long.write_text(long_table(h8=0.4))
    values = [0.4 if hour == 8 else 0.8 for hour in range(24)]
    wide.write_text(
        "highway," + ",".join(map(str, range(24))) + "\nprimary," + ",".join(map(str, values))
    )
    profile = read_speed_profile(long)
    again = read_speed_profile(str(wide))
    assert profile.names == again.names == ("primary",)
    np.testing.assert_array_equal(profile.factors, again.factors)
    rows = Defaults()
    highway = pd.Series(["primary", "primary_link", "tertiary", "busway"])
    speeds = hourly_speeds(highway, profile=profile, defaults=rows)
    table = hourly_speeds(highway)
    assert speeds.factors[speeds.edge_row[:2], 8].tolist() == [0.4, 0.4]
    for link in (2, 3):
        np.testing.assert_array_equal(
            speeds.factors[speeds.edge_row[link]], table.factors[table.edge_row[link]]
        )
    assert not [row for row in rows.used if ":primary." in row]
    own_ramp = SpeedProfile(("primary_link", "other"), np.full((2, 24), 0.3))
    speeds = hourly_speeds(highway, profile=own_ramp)
    assert speeds.factors[speeds.edge_row, 8].round(3).tolist() == [
        table.factors[table.edge_row[0], 8], 0.3, table.factors[table.edge_row[2], 8].round(3), 0.3,
    ]  # fmt: skip


def test_all_faults_of_a_profile_are_named_at_once(tmp_path):
    """Hours missing or twice, factors out of limits, unknown classes, odd cells: one error."""
    path = tmp_path / "mine.csv"
    lines = long_table().splitlines()
    lines[1] = "primary,0,0,x"
    lines[2] = "primary,1,1.6,x"
    lines[3] = "primary,2,fast,x"
    lines[4] = "primary,24,0.9,x"
    lines[5] = "primary,5,0.9,x"
    lines += ["calzada,0,0.9,x", "primary,7,0.9"]
    path.write_text("\n".join(lines))
    with pytest.raises(InputError) as caught:
        read_speed_profile(path)
    found = {(p.row, p.field, p.value) for p in caught.value.problems}
    assert {
        (2, "factor", "0"), (3, "factor", "1.6"), (4, "factor", "fast"), (5, "hour", "24"),
        (7, "highway, hour", "primary, 5"), (26, "highway", "calzada"), (27, "", "primary,7,0.9"),
    } <= found  # fmt: skip
    text = str(caught.value)
    assert "no 3, 4" in text
    assert "living_street" in text
    assert str(path) in text


@pytest.mark.parametrize(
    ("text", "field"),
    [("class,hour,factor\na,1,1\n", "highway"), ("highway,factor\nprimary,1\n", "hour"),
     ("highway;hour;factor\nprimary;1;1\n", ""), ("highway,hour,factor\n", ""),
     ("highway,0,0\nprimary,1,1\n", ""), ("highway,0,1\nprimary,1,1\n", "hour")],
)  # fmt: skip
def test_tables_of_another_form_are_refused(tmp_path, text, field):
    """Columns that are missing or stand twice, other separators, no rows, too few hours."""
    path = tmp_path / "mine.csv"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_speed_profile(path)
    assert field in {problem.field for problem in caught.value.problems}
