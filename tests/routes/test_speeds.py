"""Hourly speeds: classes, ramps, ranges and provenance; vehicles as profiles; loads."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geofleet.defaults import Defaults, read_table
from geofleet.errors import InputError, MissingDefaultError
from geofleet.routes import vehicle_profile
from geofleet.routes.payload import payloads
from geofleet.routes.speeds import HourlySpeeds, hourly_speeds


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
