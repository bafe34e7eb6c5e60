"""Hourly speeds fitted to drives: known factors are recovered, few drives count little."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from geofleet.defaults import Defaults
from geofleet.errors import InputError
from geofleet.fleet import Fleet
from geofleet.network import RoadNetwork, read_osm, speeds_with_delay
from geofleet.routes import build_itineraries
from geofleet.routes.gps.match import match_traces
from geofleet.routes.gps.speed_fit import fit_speed_profile
from geofleet.routes.model import TRAVERSAL_COLUMNS, Traversals
from geofleet.routes.speeds import SpeedProfile, hourly_speeds, read_speed_profile

NO_PRIOR = Defaults({"traffic_control:fit.prior_days": 0})
CLASSES = ("primary", "residential", "tertiary")


def driven(edge, hour, speed_kmh, *, day=None, length_m=100.0) -> Traversals:
    """Return traversals of whole links in some hours of some vehicle-days."""
    edge = np.asarray(edge)
    table = pd.DataFrame(dict.fromkeys(TRAVERSAL_COLUMNS, 0), index=range(len(edge)))
    table["edge"], table["enter_s"] = edge, np.asarray(hour) * 3600.0 + 60.0
    table["speed_kmh"], table["length_m"] = speed_kmh, length_m
    table["vehicle_day"] = np.zeros(len(edge), int) if day is None else day
    days = pd.DataFrame({"vehicle_id": [f"v{d}" for d in range(table["vehicle_day"].max() + 1)]})
    return Traversals(table.astype(TRAVERSAL_COLUMNS), days, "UTC")


@pytest.fixture(scope="module")
def streets(roads) -> RoadNetwork:
    """Return a grid at 36 km/h whose rows of links are of three classes, one with signals."""
    nodes, links = roads.grid(4, 4)
    for number, (_, _, data) in enumerate(links):
        name = CLASSES[number % 3]
        data |= {"highway": name, "signals": float(name == "primary"), "stop_signs": 0.0}
    return roads.make_network(nodes, links)


def cell(fitted, highway: str, hour: int) -> pd.Series:
    table = fitted.table
    return table[(table["highway"] == highway) & (table["hour"] == hour)].iloc[0]


def links_of(network: RoadNetwork, highway: str) -> np.ndarray:
    return np.flatnonzero(network.edges["highway"] == highway)


def test_mean_speed_is_that_of_space(streets: RoadNetwork) -> None:
    """100 m at 36 and 100 m at 9 km/h take 10 and 40 s: 14.4 km/h, 0.4 of the free speed."""
    edge = links_of(streets, "tertiary")[0]
    fitted = fit_speed_profile(driven([edge] * 2, [8, 8], [36, 9]), streets, defaults=NO_PRIOR)
    row = cell(fitted, "tertiary", 8)
    assert row["observed_factor"] == row["factor"] == pytest.approx(0.4)
    assert row["speed_kmh"] == pytest.approx(14.4)
    assert (row["traversals"], row["vehicle_days"]) == (2, 1)
    assert (row["km"], row["hours"]) == pytest.approx((0.2, 50 / 3600))
    assert np.isnan(row["observed_low"])  # one vehicle-day has no spread
    empty = cell(fitted, "tertiary", 9)
    assert np.isnan(empty["observed_factor"])
    assert empty["factor"] == empty["default_factor"]
    assert set(fitted.table["highway"]) == {"tertiary"}


def test_few_drives_are_shrunk_to_the_default(streets: RoadNetwork) -> None:
    """One vehicle-day of n + k = 1 + 5 weighs a sixth, fifty links of it no more; five, half."""
    edge = links_of(streets, "tertiary")[0]
    default = Defaults().number("traffic_speed_profile", "tertiary.8")
    one = cell(fit_speed_profile(driven([edge] * 50, [8] * 50, 9), streets), "tertiary", 8)
    assert one["factor"] == pytest.approx(0.25 / 6 + default * 5 / 6)
    assert one["weight"] == pytest.approx(1 / 6)
    five = driven([edge] * 5, [8] * 5, 9, day=range(5))
    assert cell(fit_speed_profile(five, streets), "tertiary", 8)["weight"] == 0.5
    apart = [driven([edge], [8], 9) for _ in range(5)]
    assert cell(fit_speed_profile(apart, streets), "tertiary", 8)["vehicle_days"] == 5
    prior = SpeedProfile(("tertiary",), np.full((1, 24), 0.75))
    other = fit_speed_profile(five, streets, prior=prior)
    assert cell(other, "tertiary", 8)["factor"] == pytest.approx((0.25 + 0.75) / 2)


def test_signals_are_not_counted_twice(streets: RoadNetwork) -> None:
    """Who loses just the time of the signals drives at factor 1."""
    edges = links_of(streets, "primary")
    speed = speeds_with_delay(streets)[edges]
    assert (speed < 20).all()
    fitted = fit_speed_profile(driven(edges, [8] * len(edges), speed), streets, defaults=NO_PRIOR)
    assert cell(fitted, "primary", 8)["observed_factor"] == pytest.approx(1)


def test_a_slow_vehicle_is_no_jam(streets: RoadNetwork) -> None:
    """At its own top speed of 18 km/h a vehicle says nothing against the road."""
    edge = links_of(streets, "tertiary")[0]
    fitted = fit_speed_profile(driven([edge], [8], 18), streets, cap_kmh=18.0, defaults=NO_PRIOR)
    assert cell(fitted, "tertiary", 8)["observed_factor"] == pytest.approx(1)


def synthetic(network: RoadNetwork, truth: np.ndarray, *, days: int, seed: int) -> Traversals:
    """Drive random links at ``truth`` by class and hour, with noise of drivers and of links."""
    rng = np.random.default_rng(seed)
    count = days * 600
    day = np.repeat(np.arange(days), 600)
    edge, hour = rng.integers(0, len(network.edges), count), rng.integers(0, 24, count)
    kind = np.array([CLASSES.index(name) for name in network.edges["highway"]])[edge]
    spread = rng.normal(0, 0.15, days)[day] + rng.normal(0, 0.3, count)
    # Noise is on time: its mean over many drives is that of the factor.
    time = np.exp(spread - (0.15**2 + 0.3**2) / 2) / truth[kind, hour]
    return driven(edge, hour, speeds_with_delay(network)[edge] / time, day=day)


def test_known_factors_are_recovered(streets: RoadNetwork) -> None:
    """Of 120 vehicle-days with noise: each cell within 8 %, the mean within 2 %, 90 % covered."""
    truth = np.random.default_rng(3).uniform(0.35, 1.0, (3, 24))
    fitted = fit_speed_profile(synthetic(streets, truth, days=120, seed=4), streets)
    again = fit_speed_profile(synthetic(streets, truth, days=120, seed=4), streets)
    pd.testing.assert_frame_equal(fitted.table, again.table)
    table = fitted.table
    wanted = truth.ravel()
    assert table["highway"].tolist() == list(np.repeat(CLASSES, 24))
    np.testing.assert_allclose(table["factor"], wanted, rtol=0.08)
    assert (table["factor"] / wanted).mean() == pytest.approx(1, abs=0.02)
    covered = (table["observed_low"] <= wanted) & (wanted <= table["observed_high"])
    assert 0.75 < covered.mean() <= 1


def test_what_is_written_is_read_and_driven(streets: RoadNetwork, tmp_path: Path) -> None:
    """The CSV with its evidence is a profile: same factors, by class and hour."""
    truth = np.random.default_rng(5).uniform(0.4, 1.0, (3, 24))
    fitted = fit_speed_profile(synthetic(streets, truth, days=20, seed=6), streets)
    profile = read_speed_profile(fitted.write(tmp_path / "speeds.csv"))
    assert profile.names == fitted.profile.names == CLASSES
    np.testing.assert_allclose(profile.factors, fitted.profile.factors, atol=1e-6)
    hourly = hourly_speeds(streets.edges["highway"], profile=profile)
    edge = links_of(streets, "primary")[0]
    expected = speeds_with_delay(streets)[edge] * profile.factors[0]
    np.testing.assert_allclose(hourly.of_links(streets, [edge])[0], expected, rtol=1e-5)


def test_what_cannot_be_used_is_counted_or_refused(streets: RoadNetwork) -> None:
    """Short and unknown drives are counted; none left, foreign links and wrong rows are errors."""
    edges = links_of(streets, "tertiary")[:3]
    traces = driven(edges, [8] * 3, [20, np.nan, 20], length_m=[100, 100, 10])
    fitted = fit_speed_profile(traces, streets)
    assert fitted.left_out == {"shorter than fit.shortest_m": 1, "no speed": 1}
    assert fitted.table["traversals"].sum() == 1
    assert "traffic_control:fit.prior_days" in fitted.provenance
    with pytest.raises(InputError, match="at least 25 m"):
        fit_speed_profile(driven(edges, [8] * 3, 0.0), streets)
    with pytest.raises(InputError, match="set 2"):
        fit_speed_profile([traces, driven([10_000], [8], 20)], streets)
    with pytest.raises(InputError, match="at least one set"):
        fit_speed_profile([], streets)
    with pytest.raises(InputError, match="prior_days"):
        fit_speed_profile(
            traces, streets, defaults=Defaults({"traffic_control:fit.prior_days": -1})
        )
    fast = fit_speed_profile(driven(edges, [8] * 3, 150), streets, defaults=NO_PRIOR)
    row = cell(fast, "tertiary", 8)
    assert row["limited"]
    assert row["factor"] == 1.5


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 23), st.floats(1, 50), st.integers(0, 4)), min_size=1,
             max_size=30),
    st.randoms(use_true_random=False),
)  # fmt: skip
def test_factors_lie_between_observation_and_default(streets, drives, random) -> None:
    """Whatever was driven, and in any order of rows."""
    edge = links_of(streets, "tertiary")[0]
    hour, speed, day = zip(*drives, strict=True)
    table = fit_speed_profile(driven([edge] * len(drives), hour, speed, day=day), streets).table
    seen = table[table["vehicle_days"] > 0]
    low = np.minimum(seen["observed_factor"], seen["default_factor"])
    high = np.maximum(seen["observed_factor"], seen["default_factor"])
    assert (seen["factor"] >= low - 1e-12).all()
    assert (seen["factor"] <= high + 1e-12).all()
    random.shuffle(drives)
    hour, speed, day = zip(*drives, strict=True)
    other = fit_speed_profile(driven([edge] * len(drives), hour, speed, day=day), streets).table
    pd.testing.assert_frame_equal(table, other)


def test_traces_of_known_speeds_give_the_factors(grid_network: RoadNetwork) -> None:
    """Noisy fixes at 0.6 and 0.9 of the free speed, matched to the streets: within 6 %."""
    pytest.importorskip("leuvenmapmatching")
    way = [1, 2, 3, 9, 15, 16, 17, 23, 29, 35]
    parts = []
    for day, (hour, factor) in enumerate([(8, 0.6), (8, 0.6), (14, 0.9), (14, 0.9)]):
        line = shapely.LineString(
            [grid_network.edges_metric[(way[0], way[1], 0)].coords[0]]
            + [grid_network.edges_metric[(u, v, 0)].coords[-1] for u, v in pairwise(way)]
        )
        seconds = np.arange(0.0, line.length / (10 * factor), 5.0)
        xy = shapely.get_coordinates(shapely.line_interpolate_point(line, seconds * 10 * factor))
        xy = xy + np.random.default_rng(day).normal(0, 5, xy.shape)
        back = Transformer.from_crs(grid_network.crs_metric, 4326, always_xy=True)
        lon, lat = back.transform(xy[:, 0], xy[:, 1])
        begin = pd.Timestamp("2024-05-14T00:05:00-04:00") + pd.Timedelta(hours=hour)
        parts.append(pd.DataFrame({
            "vehicle_id": f"v{day}", "time": begin + pd.to_timedelta(seconds, unit="s"),
            "lat": lat, "lon": lon,
        }))  # fmt: skip
    matched = match_traces(pd.concat(parts), grid_network, timezone="America/Santiago")
    fitted = fit_speed_profile(matched, grid_network, defaults=NO_PRIOR)
    assert cell(fitted, "residential", 8)["observed_factor"] == pytest.approx(0.6, rel=0.06)
    assert cell(fitted, "residential", 14)["observed_factor"] == pytest.approx(0.9, rel=0.06)
    assert cell(fitted, "residential", 8)["vehicle_days"] == 2


@pytest.mark.shared
def test_routes_over_a_real_city_give_back_their_profile(shared_data: Path) -> None:
    """Porto Alegre with its signals, driven by the default table: the fit returns the table."""
    network = read_osm(shared_data / "data" / "osm" / "porto_alegre_br.osm.pbf", country="BR")
    rng = np.random.default_rng(11)
    parts = []
    for hour in (3, 8, 13, 18):
        nodes = network.nodes.iloc[rng.integers(0, len(network.nodes), 24)]
        parts.append(pd.DataFrame({
            "vehicle_id": "van", "date": f"2024-05-{hour + 1:02d}", "seq": range(24),
            "stop_id": [str(i) for i in range(24)], "kind": "delivery", "lon": nodes["x"].array,
            "lat": nodes["y"].array, "service_min": 0.0, "drop_kg": 0.0, "pickup_kg": 0.0,
            "window_start": [hour * 3600.0, *[np.nan] * 23], "window_end": np.nan,
        }))  # fmt: skip
    vehicles = pd.DataFrame(
        {"operator_id": "A", "vehicle_class": "cargo_van", "fuel": "diesel", "gvw_kg": 3000.0,
         "payload_capacity_kg": 1000.0, "standard": "euro_4", "model_year": 2012},
        index=pd.Index(["van"], name="vehicle_id"),
    )  # fmt: skip
    fleet = Fleet(
        vehicles, pd.DataFrame({"name": ["A"]}, index=pd.Index(["A"], name="operator_id"))
    )
    made = build_itineraries(
        network, fleet, pd.concat(parts), timezone="America/Sao_Paulo", workers=2
    )
    fitted = fit_speed_profile(made.traversals, network, defaults=NO_PRIOR)
    seen = fitted.table[fitted.table["km"] > 1.0]
    assert len(seen) > 15
    # A drive over the turn of the hour has a part of each.
    np.testing.assert_allclose(seen["observed_factor"], seen["default_factor"], rtol=0.02)
