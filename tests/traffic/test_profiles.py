"""Hourly profiles and the split of light and heavy traffic into classes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from geofleet.defaults import Defaults
from geofleet.errors import InputError
from geofleet.fleet import FleetComposition
from geofleet.traffic.expand import daily_flows, expand_flows, gather_hours
from geofleet.traffic.profiles import DAY_KINDS, GROUPS, hourly_profile
from geofleet.traffic.split import class_split


@pytest.mark.parametrize("group", GROUPS)
def test_profiles_are_shares_and_the_week_is_whole(group):
    """Shares sum to 1; five weekdays, a Saturday and a Sunday make seven average days."""
    found = {kind: hourly_profile(group, kind, defaults=Defaults()) for kind in DAY_KINDS}
    for profile in found.values():
        assert profile.share.sum() == pytest.approx(1, abs=1e-12)
        assert (profile.share > 0).all()
    week = 5 * found["weekday"].level + found["saturday"].level + found["sunday"].level
    assert week == pytest.approx(7, rel=1e-12)
    assert found["average"].level == 1
    assert found["weekday"].share[8] > found["weekday"].share[3]


def test_trucks_rest_on_sundays():
    """The week of trucks at tolls: a Sunday has well under half of a weekday."""
    found = {kind: hourly_profile("heavy", kind, defaults=Defaults()) for kind in DAY_KINDS}
    assert found["sunday"].level < 0.5 * found["weekday"].level


def test_broken_profiles_are_named():
    """Unknown names, and shares that a study set to a wrong sum."""
    with pytest.raises(InputError, match="weekday"):
        hourly_profile("heavy", "monday", defaults=Defaults())
    with pytest.raises(InputError, match="light_freight"):
        hourly_profile("boats", "weekday", defaults=Defaults())
    defaults = Defaults({"traffic_profiles:heavy.weekday.8": 0.9})
    with pytest.raises(InputError, match="sum to 1"):
        hourly_profile("heavy", "weekday", defaults=defaults)


def split_of(groups, **more):
    return class_split(groups, day_kind="weekday", defaults=Defaults(), **more)


def test_split_keeps_the_freight_share():
    """The classes of a group carry its freight share, no more and no less."""
    split = split_of(("light", "heavy"), freight_share={"light": 0.1})
    assert sum(split.shares["light"].values()) == pytest.approx(0.1)
    assert sum(split.shares["heavy"].values()) == pytest.approx(1.0)
    assert split.classes_of("rigid_26t") == {"rigid_26t": 1.0}
    assert sum(split_of(("light",)).shares["light"].values()) == pytest.approx(0.0216 * 0.2)


def test_split_by_a_composition():
    """Kilometres of a fleet give the proportions within each group."""
    table = pd.DataFrame(
        {"vehicle_class": ["cargo_van"], "fuel": "diesel", "standard": "euro_3",
         "model_year": 2005, "share": 1.0}
    )  # fmt: skip
    made = FleetComposition(table, {"cargo_van": 5.0, "rigid_12t": 1.0, "rigid_26t": 3.0})
    split = split_of(("light", "heavy"), composition=made, freight_share={"light": 1.0})
    assert split.shares["light"] == {"cargo_van": 1.0}
    assert split.shares["heavy"] == pytest.approx({"rigid_12t": 0.25, "rigid_26t": 0.75})
    with pytest.raises(InputError, match="heavy vehicle class"):
        split_of(("heavy",), composition=FleetComposition(table, {"cargo_van": 5.0}))


def test_bad_shares_are_named():
    """Every fault at once."""
    with pytest.raises(InputError) as caught:
        split_of(("light",), freight_share={"light": 2.0, "boats": 0.5})
    assert str(caught.value).count("light or heavy") == 2
    defaults = Defaults({"fleet_composition:heavy.rigid_12t.share": 0.9})
    with pytest.raises(InputError, match="class shares that sum to 1"):
        class_split(("heavy",), day_kind="weekday", defaults=defaults)


def test_peak_hour_of_one_class_comes_back():
    """A class counted in the peak hour has that flow in that hour again."""
    split = split_of(("rigid_26t",))
    flow = {"rigid_26t": np.array([10.0, 0.0])}
    daily = daily_flows(
        flow, split, period="peak_hour", counted_on="weekday", peak={"rigid_26t": 8}
    )
    classes, vehicles = expand_flows(daily, split)
    assert classes == ("rigid_26t",)
    assert vehicles[0, 0, 8] == pytest.approx(10.0)
    assert vehicles[0, 0].sum() == pytest.approx(daily["rigid_26t"][0])
    assert vehicles[1].sum() == 0


def test_part_of_the_hours_make_a_day():
    """Two hours with a tenth of the day each: 30 vehicles are 150 a day; 24 are their own shape."""
    share = np.full(24, 0.8 / 22)
    share[[7, 8]] = 0.1
    place = np.array([0, 0, *[1] * 24])
    hour = np.array([7, 8, *range(24)])
    values = np.array([10.0, 20.0, *range(24)], dtype=float)
    day, shape = gather_hours(place, hour, values, 2, share, share[::-1])
    np.testing.assert_allclose(day, [150, 276])
    np.testing.assert_allclose(shape[0], share[::-1])
    np.testing.assert_allclose(shape[1], np.arange(24) / 276)
