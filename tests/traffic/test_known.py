"""Known vehicle-days out of flows: what a class lacks comes from its category, by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geofleet.defaults import Defaults
from geofleet.errors import InputError
from geofleet.fleet.classes import vehicle_class_names
from geofleet.routes.model import TRAVERSAL_COLUMNS, Traversals
from geofleet.traffic import LinkFlows, read_flows

DATE = "2024-05-14"
PARTS = ("taken_km", "from_group_km", "beyond_flows_km")


def flows(network, classes, vehicles, edges=None):
    values = np.asarray(vehicles, dtype=np.float64)
    return LinkFlows.of(
        network, np.arange(len(values)) if edges is None else edges, classes, values
    )


def even(network, amounts, links=2):
    """Return flows of so many vehicles of each class in each hour on the first links."""
    values = np.empty((links, len(amounts), 24))
    values[:] = np.array(list(amounts.values()))[None, :, None]
    return flows(network, tuple(amounts), values)


def notes(left):
    return left.report["known_vehicle_days"]


def test_a_class_that_the_split_lacks_leaves_its_category(square, make_traversals, tmp_path):
    """The default split has no rigid_14t: their kilometres leave the other heavy classes."""
    path = tmp_path / "flows.csv"
    path.write_text("edge,light,heavy\n0,5000,400\n1,5000,400\n", encoding="utf-8")
    before = read_flows(path, square, period="day", counted_on="average")
    assert "rigid_14t" not in before.classes
    known = make_traversals([(0, 0, 8, 1000.0), (0, 1, 14, 700.0)], [("rigid_14t", DATE)])
    was = before.vehicle_km(square)
    vans = ("small_van", "cargo_van")
    for how in ("link", "fleet"):
        left = before.without(known, square, how=how)
        now = left.vehicle_km(square)
        assert sum(now.values()) == pytest.approx(sum(was.values()) - 1.7, rel=1e-9)
        assert {name: now[name] for name in vans} == pytest.approx({v: was[v] for v in vans})
        note = notes(left)
        assert note["from_group_km"]["rigid_14t"] == pytest.approx(1.7, rel=1e-9)
        assert note["known_km"]["rigid_14t"] == pytest.approx(1.7, rel=1e-12)
        assert note["beyond_flows_km"]["rigid_14t"] == pytest.approx(0.0, abs=1e-12)
        given_km = {name: was[name] - now[name] for name in before.classes}
        assert note["given_to_group_km"] == pytest.approx(
            {**given_km, "rigid_14t": 0.0}, rel=1e-6, abs=1e-6
        )
        # each heavy class gives in proportion to its kilometres
        heavy = [name for name in before.classes if name not in vans]
        shares = [given_km[name] / was[name] for name in heavy]
        np.testing.assert_allclose(shares, shares[0], rtol=1e-5)


def test_the_link_and_hour_give_first(square, make_traversals):
    """One kilometre of a missing class, on a link with 3 + 1 trucks: these give 3/4 and 1/4."""
    before = even(square, {"cargo_van": 9.0, "rigid_12t": 3.0, "rigid_26t": 1.0})
    known = make_traversals([(0, 0, 8, 1000.0)], [("rigid_14t", DATE)])
    left = before.without(known, square)
    np.testing.assert_allclose(left.vehicles[0, :, 8], [9, 2.25, 0.75], rtol=2e-4)
    np.testing.assert_allclose(left.vehicles[1, :, 8], [9, 3, 1], rtol=1e-6)
    np.testing.assert_allclose(left.vehicles[0, :, 9], [9, 3, 1], rtol=1e-6)
    alike = before.without(known, square, how="fleet")
    shrunk = 1 - 1 / (4 * 48)
    np.testing.assert_allclose(alike.vehicles[:, 1], 3 * shrunk, rtol=1e-6)
    np.testing.assert_allclose(alike.vehicles[:, 2], shrunk, rtol=1e-6)
    assert (alike.vehicles[:, 0] == 9).all()


def test_then_the_hour_then_the_day(square, make_traversals):
    """Ten passes of a missing class on a link without flows, in an hour with 2 km: 8 of the day."""
    before = even(square, {"rigid_12t": 0.75, "rigid_26t": 0.25})
    known = make_traversals([(0, 6, 8, 1000.0)] * 10, [("articulated_34t", DATE)])
    left = before.without(known, square)
    assert left.vehicles[:, :, 8].max() == 0
    np.testing.assert_allclose(left.vehicles[:, 0, 7], 0.75 * 38 / 46, rtol=1e-3)
    np.testing.assert_allclose(left.vehicles[:, 1, 20], 0.25 * 38 / 46, rtol=1e-3)


def test_a_class_that_has_too_little(square, make_traversals):
    """60 km known of a class with 48: 12 come from the other trucks, none from vans."""
    before = even(square, {"cargo_van": 5.0, "rigid_12t": 1.0, "rigid_26t": 2.0})
    known = make_traversals(
        [(0, 0, h % 24, 1000.0) for h in range(60)] + [(1, 1, 3, 1000.0)],
        [("rigid_12t", DATE), ("rigid_26t", DATE)],
    )
    was = before.vehicle_km(square)
    for how in ("link", "fleet"):
        left = before.without(known, square, how=how)
        now, note = left.vehicle_km(square), notes(left)
        assert now["rigid_12t"] == 0
        assert now["rigid_12t"] + now["rigid_26t"] == pytest.approx(
            was["rigid_12t"] + was["rigid_26t"] - 61, rel=1e-9
        )
        assert now["cargo_van"] == pytest.approx(was["cargo_van"], rel=1e-12)
        assert note["taken_km"]["rigid_12t"] == pytest.approx(was["rigid_12t"])
        assert note["from_group_km"]["rigid_12t"] == pytest.approx(60 - was["rigid_12t"], rel=1e-9)
        # what is known of a class leaves it before it gives to others
        assert note["taken_km"]["rigid_26t"] == pytest.approx(1.0, rel=1e-9)
        assert note["given_to_group_km"]["rigid_26t"] == pytest.approx(60 - was["rigid_12t"])
        assert set(note["beyond_flows_km"].values()) == {0.0}


def test_only_what_the_category_lacks_is_beyond(square, make_traversals):
    """48 km of trucks, 40 + 20 known of two classes: 12 beyond, shared by what each still lacks."""
    before = even(square, {"cargo_van": 5.0, "rigid_26t": 1.0})
    known = make_traversals(
        [(0, 0, 8, 1000.0)] * 40 + [(1, 1, 9, 1000.0)] * 20 + [(2, 0, 1, 1000.0)],
        [("rigid_14t", DATE), ("articulated_40t", DATE), ("small_van", DATE)],
    )
    was = before.vehicle_km(square)
    for how in ("link", "fleet"):
        left = before.without(known, square, how=how)
        now, beyond = left.vehicle_km(square), notes(left)["beyond_flows_km"]
        assert now["rigid_26t"] == 0
        assert now["cargo_van"] == pytest.approx(was["cargo_van"] - 1, rel=1e-9)
        lacking = 60 - was["rigid_26t"]
        assert beyond["rigid_14t"] == pytest.approx(lacking * 2 / 3, rel=1e-9)
        assert beyond["articulated_40t"] == pytest.approx(lacking / 3, rel=1e-9)
        assert beyond["small_van"] == beyond["rigid_26t"] == 0


def test_categories_are_those_of_the_study(square, make_traversals):
    """A study that calls a class light takes it off the vans."""
    before = even(square, {"cargo_van": 5.0, "rigid_26t": 1.0})
    known = make_traversals([(0, 0, 8, 1000.0)], [("rigid_7_5t", DATE)])
    own = Defaults({"vehicle_classes:rigid_7_5t.emep_category": "light"})
    left = before.without(known, square, defaults=own)
    assert notes(left)["given_to_group_km"]["cargo_van"] == pytest.approx(1.0, rel=1e-6)
    assert "vehicle_classes:rigid_7_5t.emep_category" in left.provenance
    plain = before.without(known, square)
    assert notes(plain)["given_to_group_km"]["rigid_26t"] == pytest.approx(1.0, rel=1e-6)


def test_flows_say_that_known_vehicles_are_out(square, make_traversals):
    """The mark stays through scaling and adding; flows of a whole fleet do not have it."""
    whole = even(square, {"cargo_van": 5.0})
    known = make_traversals([(0, 0, 8, 1000.0)], [("cargo_van", DATE)])
    assert not whole.known_removed
    for how in ("link", "fleet"):
        left = whole.without(known, square, how=how)
        assert left.known_removed
        assert left.scaled({"cargo_van": 0.5}).known_removed
        assert left.plus(whole).known_removed
        assert whole.plus(left).known_removed
    assert not whole.plus(whole).known_removed
    assert not whole.scaled({}).known_removed


def nothing_known():
    """Return traversals of no vehicle-day."""
    frame = pd.DataFrame({name: np.zeros(0, kind) for name, kind in TRAVERSAL_COLUMNS.items()})
    columns = ["vehicle_id", "operator_id", "vehicle_class", "date"]
    days = pd.DataFrame({name: pd.Series(dtype=object) for name in columns})
    return Traversals(frame, days.assign(depart_s=0.0, return_s=0.0), "America/Mexico_City")


def test_known_vehicles_are_taken_out_once(square, make_traversals):
    """A second time is refused: it would take others out."""
    known = make_traversals([(0, 0, 8, 1000.0)], [("cargo_van", DATE)])
    left = even(square, {"cargo_van": 5.0}).without(known, square)
    with pytest.raises(InputError, match="out of them already"):
        left.without(known, square)


def test_flows_without_links_or_classes(square, make_traversals, tmp_path):
    """Nothing drives: every sum is zero, and all that is known is beyond the flows."""
    known = make_traversals([(0, 0, 8, 1000.0)] * 2, [("cargo_van", DATE)])
    classes = ("cargo_van", "rigid_12t")
    path = tmp_path / "flows.csv"
    path.write_text("edge,heavy\n0,0\n", encoding="utf-8")
    bare = np.zeros(0, np.int32)
    for empty in (
        LinkFlows(bare, classes, np.zeros((0, 2, 24), np.float32)),
        LinkFlows(bare, (), np.zeros((0, 0, 24), np.float32)),
        LinkFlows(np.arange(3, dtype=np.int32), (), np.zeros((3, 0, 24), np.float32)),
        LinkFlows.of(square, [], (), []),
        LinkFlows.of(square, [], classes, []),
        LinkFlows.of(square, [0, 1], classes, np.zeros((2, 2, 24))),
        LinkFlows.of(square, [0, 1], (), np.zeros((2, 0, 24))),
        read_flows(path, square, period="day", counted_on="average"),
    ):
        zero = dict.fromkeys(empty.classes, 0.0)
        assert empty.total == empty.vehicle_km(square) == zero
        assert empty.hourly_km(square).shape == (len(empty.classes), 24)
        assert len(empty.length_km(square)) == len(empty.edges)
        assert empty.scaled(zero).vehicle_km(square) == zero
        assert empty.plus(empty).vehicle_km(square) == zero
        full = even(square, {"cargo_van": 1.0})
        both = full.plus(empty).vehicle_km(square)
        assert both["cargo_van"] == pytest.approx(full.vehicle_km(square)["cargo_van"], rel=1e-9)
        for how in ("link", "fleet"):
            left = empty.without(known, square, how=how)
            assert left.vehicle_km(square) == zero
            assert notes(left)["beyond_flows_km"]["cargo_van"] == pytest.approx(2.0)
            assert empty.without(nothing_known(), square, how=how).vehicle_km(square) == zero
    same = full.without(nothing_known(), square)
    np.testing.assert_array_equal(same.vehicles, full.vehicles)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["link", "fleet"]), st.floats(0.2, 200.0))
def test_categories_keep_their_kilometres(grid_network, make_traversals, seed, how, longest_km):
    """Of any classes: each category has flows less known, each class its parts, none below zero."""
    rng = np.random.default_rng(seed)
    names = vehicle_class_names()
    classes = tuple(str(n) for n in rng.choice(names, int(rng.integers(1, 6)), replace=False))
    edges = rng.choice(grid_network.arrays.edge_count, 20, replace=False)
    shape = (20, len(classes), 24)
    vehicles = rng.lognormal(0, 2, shape) * (rng.random(shape) < 0.5)
    before = LinkFlows.of(grid_network, edges, classes, vehicles)
    days = [(str(rng.choice(names)), f"2024-05-{14 + i % 2}") for i in range(6)]
    passes = [
        (int(rng.integers(6)), int(rng.integers(grid_network.arrays.edge_count)),
         int(rng.integers(24)), float(rng.uniform(1, 1000 * longest_km)))
        for _ in range(100)
    ]  # fmt: skip
    left = before.without(make_traversals(passes, days), grid_network, how=how)
    was, now = before.vehicle_km(grid_network), left.vehicle_km(grid_network)
    dates = len({date for _, date in (days[p[0]] for p in passes)})
    known = dict.fromkeys(names, 0.0)
    for day, _, _, metres in passes:
        known[days[day][0]] += metres / 1000 / dates
    note, vans = notes(left), ("small_van", "cargo_van")
    for members in (vans, tuple(name for name in names if name not in vans)):
        had = sum(was.get(name, 0.0) for name in members)
        wanted = sum(known[name] for name in members)
        has = sum(now.get(name, 0.0) for name in members)
        close = {"rel": 1e-9, "abs": 1e-9 * max(had, 1.0)}
        assert has == pytest.approx(max(had - wanted, 0.0), **close)
        beyond = sum(note["beyond_flows_km"].get(name, 0.0) for name in members)
        assert beyond == pytest.approx(max(wanted - had, 0.0), **close)
        for name in members:
            parts = [note[part].get(name, 0.0) for part in PARTS]
            assert sum(parts) == pytest.approx(known[name], **close)
            assert min(parts) >= -1e-9 * max(had, 1.0)
            gone = note["taken_km"].get(name, 0.0) + note["given_to_group_km"].get(name, 0.0)
            assert was.get(name, 0.0) - now.get(name, 0.0) == pytest.approx(gone, **close)
    assert (left.vehicles >= 0).all()
