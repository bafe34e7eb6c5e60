"""LinkFlows: shapes, sums, and that nothing is lost or counted twice."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geofleet.errors import InputError
from geofleet.traffic import LinkFlows
from geofleet.traffic.rounding import to_float32

CLASSES = ("cargo_van", "rigid_26t")


def flows(network, edges=(0, 1), value=1.0, classes=CLASSES, **more):
    vehicles = np.full((len(edges), len(classes), 24), value)
    return LinkFlows.of(network, edges, classes, vehicles, **more)


def test_vehicle_km_by_hand(square):
    """Two links of 1 km, 24 hours, one van and one truck an hour: 48 km each."""
    made = flows(square)
    assert made.vehicle_km(square) == pytest.approx(dict.fromkeys(CLASSES, 48.0), rel=1e-4)
    assert made.total == dict.fromkeys(CLASSES, 48.0)
    assert made.vehicles.dtype == np.float32
    assert made.vehicles.flags.c_contiguous
    np.testing.assert_allclose(made.hourly_km(square), 2.0, rtol=1e-4)


def test_edges_come_sorted_and_empty_links_go(square):
    """Links in any order come out ascending; those without traffic are left out."""
    vehicles = np.zeros((3, 1, 24))
    vehicles[0], vehicles[2] = 7, 3
    made = LinkFlows.of(square, [5, 4, 2], ("cargo_van",), vehicles)
    assert made.edges.tolist() == [2, 5]
    assert made.vehicles[:, 0, 0].tolist() == [3, 7]


def test_bad_flows_are_named(square):
    """Every fault of the arrays is in one message."""
    with pytest.raises(InputError) as caught:
        LinkFlows(np.array([3, 1], np.int32), ("boat", "boat"), np.zeros((2, 2, 23), np.float32))
    text = str(caught.value)
    for part in ("ascending", "'boat'", "each class once", "shape (2, 2, 24)"):
        assert part in text
    for bad in (-1.0, np.nan, np.inf):
        with pytest.raises(InputError, match="at least 0"):
            flows(square, value=bad)
    with pytest.raises(InputError, match="edge numbers from 0 to 7"):
        flows(square, edges=(0, 8))
    for edges in (np.array(3, np.int32), np.zeros((1, 1), np.int32)):
        with pytest.raises(InputError, match="int32, one dimension"):
            LinkFlows(edges, CLASSES, np.zeros((1, 2, 24), np.float32))
    for wrong in (np.zeros((1, 2, 24)), np.zeros((2, 2)), [], np.zeros((2, 1, 24))):
        with pytest.raises(InputError, match=r"shape \(2, 2, 24\)"):
            LinkFlows.of(square, [0, 1], CLASSES, wrong)


def test_flows_of_another_network_are_refused(square, grid_network):
    """Flows on links that the network does not have."""
    with pytest.raises(InputError, match="links of this network, which has 8"):
        flows(grid_network, edges=(0, 100)).vehicle_km(square)


def test_plus_joins_links_and_classes(square):
    """Kilometres add up over links and classes of either."""
    a = flows(square, (0, 1), 2.0, ("cargo_van",), provenance=["a:b"])
    b = flows(square, (1, 3), 3.0, CLASSES, provenance=["c:d"])
    both = a.plus(b)
    assert both.edges.tolist() == [0, 1, 3]
    assert both.vehicles[:, 0, 5].tolist() == [2, 5, 3]
    assert both.vehicles[:, 1, 5].tolist() == [0, 3, 3]
    assert both.provenance == ("a:b", "c:d")
    km = {name: a.vehicle_km(square).get(name, 0) + b.vehicle_km(square)[name] for name in CLASSES}
    assert both.vehicle_km(square) == pytest.approx(km, rel=1e-6)
    with pytest.raises(InputError, match="same kind of day"):
        a.plus(flows(square, day_kind="sunday"))


def test_scaled(square):
    """Classes without a factor stay; unknown classes and negative factors are named together."""
    made = flows(square).scaled({"rigid_26t": 0.5})
    assert made.total == {"cargo_van": 48.0, "rigid_26t": 24.0}
    with pytest.raises(InputError) as caught:
        made.scaled({"boat": 1.0, "cargo_van": -1.0})
    assert "boat" in str(caught.value)
    assert "factors, cargo_van" in str(caught.value)


def test_rounding_at_the_edges():
    """Nothing stays nothing, the smallest number does not fall below zero, like cells agree."""
    length = np.ones(3)
    assert to_float32(np.zeros((3, 1, 24)), length).max() == 0
    assert to_float32(np.full((3, 1, 24), 1e-45), length).min() >= 0
    same = to_float32(np.full((3, 1, 24), 0.1), length).astype(float)
    assert same.sum() == pytest.approx(7.2, rel=1e-9)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_rounding_keeps_vehicle_km(count, seed):
    """Single precision keeps the vehicle-km of a class, and cells where they were."""
    rng = np.random.default_rng(seed)
    exact = rng.lognormal(1, 2, (count, 2, 24))
    length = rng.lognormal(-2, 1, count)
    out = to_float32(exact, length)
    nearest = exact.astype(np.float32)
    np.testing.assert_allclose(out, nearest, rtol=1e-4)
    km = np.einsum("i,ikh->k", length, exact)
    after = np.einsum("i,ikh->k", length, out.astype(float))
    np.testing.assert_allclose(after, km, rtol=1e-9)


def test_known_days_leave_their_own_links(square, make_traversals):
    """A van that drove two links in hour 8 is taken from these links and that hour."""
    known = make_traversals([(0, 0, 8, 1000.0), (0, 1, 8, 500.0)], [("cargo_van", "2024-05-14")])
    left = flows(square).without(known, square)
    assert left.vehicles[0, 0, 8] == pytest.approx(0.0, abs=1e-3)
    assert left.vehicles[1, 0, 8] == pytest.approx(0.5, abs=1e-3)
    assert (left.vehicles[:, 1] == 1).all()
    assert (left.vehicles[:, 0, 9:] == 1).all()
    report = left.report["known_vehicle_days"]
    assert report["taken_km"]["cargo_van"] == pytest.approx(1.5)
    assert report["moved_km"]["cargo_van"] == pytest.approx(0.0, abs=1e-3)


def test_what_finds_no_flow_is_taken_elsewhere(square, make_traversals):
    """Three passes over a link with one vehicle: two more leave the other link in that hour."""
    known = make_traversals([(0, 0, 8, 1000.0)] * 2, [("cargo_van", "2024-05-14")])
    before = flows(square, edges=(0, 1, 2))
    left = before.without(known, square)
    assert left.edges.tolist() == [0, 1, 2]
    np.testing.assert_allclose(left.vehicles[:, 0, 8], [0, 0.5, 0.5], atol=1e-3)
    np.testing.assert_allclose(left.vehicles[:, 0, 9], 1)
    assert left.report["known_vehicle_days"]["moved_km"]["cargo_van"] == pytest.approx(1, abs=1e-3)


def test_an_hour_without_enough_gives_way_to_the_day(square, make_traversals):
    """On a link without any flow, 5 km in an hour that has 2: 3 leave the rest of the day."""
    known = make_traversals([(0, 6, 8, 1000.0)] * 5, [("cargo_van", "2024-05-14")])
    before = flows(square)
    left = before.without(known, square)
    assert left.vehicles[:, 0, 8].max() == 0
    km = before.vehicle_km(square)["cargo_van"] - 5.0
    assert left.vehicle_km(square)["cargo_van"] == pytest.approx(km, rel=1e-9)
    np.testing.assert_allclose(left.vehicles[:, 0, 7], 43 / 46, rtol=1e-3)


def test_more_known_than_there_is(square, make_traversals):
    """Nothing goes below zero; what is beyond the flows of a category is reported."""
    days = [("cargo_van", "2024-05-14"), ("small_van", "2024-05-14")]
    known = make_traversals([(0, 0, 8, 1000.0)] * 50 + [(1, 0, 8, 1000.0)], days)
    for how in ("link", "fleet"):
        left = flows(square).without(known, square, how=how)
        assert left.vehicle_km(square)["cargo_van"] == 0
        beyond = left.report["known_vehicle_days"]["beyond_flows_km"]
        assert beyond["cargo_van"] == pytest.approx(2.0, abs=0.01)
        assert beyond["small_van"] == pytest.approx(1.0)
        assert beyond["rigid_26t"] == 0


def test_fleet_shrinks_alike(square, make_traversals):
    """12 of 48 km known: every flow of the class is three quarters of itself."""
    known = make_traversals([(0, 7, 3, 1000.0)] * 12, [("cargo_van", "2024-05-14")])
    left = flows(square).without(known, square, how="fleet")
    np.testing.assert_allclose(left.vehicles[:, 0], 0.75, rtol=1e-4)
    np.testing.assert_allclose(left.vehicles[:, 1], 1.0)


def test_dates_stand_for_one_average_day(square, make_traversals):
    """Two dates of 10 km are 10 km of an average day; so is one of them alone."""
    days = [("cargo_van", "2024-05-14"), ("cargo_van", "2024-05-15")]
    known = make_traversals([(0, 0, 8, 1000.0)] * 10 + [(1, 1, 9, 1000.0)] * 10, days)
    total = flows(square).vehicle_km(square)["cargo_van"]
    for dates in (None, ["2024-05-14"], ["2024-05-14", "2024-05-15"]):
        left = flows(square).without(known, square, dates=dates)
        assert left.vehicle_km(square)["cargo_van"] == pytest.approx(total - 10.0, rel=1e-9)
    with pytest.raises(InputError, match="2024-05-14"):
        flows(square).without(known, square, dates=["2020-01-01"])
    with pytest.raises(InputError, match="link or fleet"):
        flows(square).without(known, square, how="half")


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["link", "fleet"]))
def test_kilometres_are_flows_less_known(grid_network, make_traversals, seed, how):
    """Whatever is known, and wherever: what is left is the difference, and never negative."""
    rng = np.random.default_rng(seed)
    edges = rng.choice(grid_network.arrays.edge_count, 20, replace=False)
    vehicles = rng.lognormal(0, 2, (20, 2, 24)) * (rng.random((20, 2, 24)) < 0.5)
    before = LinkFlows.of(grid_network, edges, CLASSES, vehicles)
    passes = [
        (int(rng.integers(3)), int(rng.integers(grid_network.arrays.edge_count)),
         int(rng.integers(24)), float(rng.uniform(1, 100)))
        for _ in range(200)
    ]  # fmt: skip
    days = [("cargo_van", "2024-05-14"), ("rigid_26t", "2024-05-14"), ("cargo_van", "2024-05-15")]
    known = make_traversals(passes, days)
    left = before.without(known, grid_network, how=how)
    total, after = before.vehicle_km(grid_network), left.vehicle_km(grid_network)
    for name in CLASSES:
        km = sum(p[3] for p in passes if days[p[0]][0] == name) / 1000 / 2
        assert after[name] == pytest.approx(max(total[name] - km, 0.0), rel=1e-9, abs=1e-9)
    assert (left.vehicles >= 0).all()
