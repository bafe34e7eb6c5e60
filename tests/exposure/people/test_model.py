"""Receptors answer who is where by hour and group, and one zone can be edited."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geofleet.errors import InputError
from geofleet.exposure import Receptors

SHARE = tuple(1.0 if 9 <= hour < 17 else 0.25 if hour in (8, 17) else 0.0 for hour in range(24))


def receptors(**changes: Any) -> Receptors:
    """Two zones: one home zone of two points, one office of one point."""
    frame = gpd.GeoDataFrame(
        {
            "receptor_id": [0, 1, 2],
            "zone_id": ["home", "home", "office"],
            "people": [30.0, 10.0, 4.0],
            "under_5": [3.0, 1.0, 0.0],
            "people_day": [9.0, 3.0, 32.0],
        },
        geometry=shapely.points([[0, 0], [10, 0], [500, 0]]),
        crs=32719,
    )
    given_: dict[str, Any] = {"groups": ("under_5",), "day_share": SHARE} | changes
    return Receptors(frame, 1.5, **given_)


def test_people_move_by_day() -> None:
    """By night at home, by day at work, in between by parts; nobody is lost."""
    hourly = receptors().people_by_hour()
    assert hourly.shape == (3, 24)
    assert hourly[:, 3].tolist() == [30.0, 10.0, 4.0]
    assert hourly[:, 12].tolist() == [9.0, 3.0, 32.0]
    assert hourly[0, 8] == pytest.approx(0.75 * 30 + 0.25 * 9)
    np.testing.assert_allclose(hourly.sum(axis=0), 44.0)


def test_groups_without_a_day_column_stay_at_home() -> None:
    """Where small children are by day is not known here: they are at home at all hours."""
    hourly = receptors().people_by_hour("under_5")
    assert (hourly == np.array([3.0, 1.0, 0.0])[:, None]).all()
    plain = Receptors(receptors().frame.drop(columns="people_day"), 1.5)
    assert (plain.people_by_hour() == np.array([30.0, 10.0, 4.0])[:, None]).all()


def test_a_zone_is_edited() -> None:
    """Half the people of a zone: halved at each point, groups and day with them, others kept."""
    before = receptors()
    after = before.with_zone("home", 20.0)
    assert after.frame["people"].tolist() == [15.0, 5.0, 4.0]
    assert after.frame["under_5"].tolist() == [1.5, 0.5, 0.0]
    assert after.frame["people_day"].tolist() == [4.5, 1.5, 32.0]
    assert before.frame["people"].tolist() == [30.0, 10.0, 4.0]
    assert after.report["zones_edited"] == 1
    more = before.with_zone("home", 60.0, groups={"under_5": 8.0}, day={"people": 12.0})
    assert more.frame["under_5"].tolist() == [6.0, 2.0, 0.0]
    assert more.frame["people_day"].tolist() == [9.0, 3.0, 32.0]
    children = before.with_zone("office", groups={"under_5": 1.0})
    assert children.frame["under_5"].tolist() == [3.0, 1.0, 1.0]
    assert children.people == before.people


def test_an_emptied_zone_can_be_filled_again() -> None:
    """With the column ``share`` a zone's spread outlives its people; without, it is said."""
    frame = receptors().frame.assign(share=[0.75, 0.25, 1.0])
    kept = Receptors(frame, 1.5, groups=("under_5",), day_share=SHARE)
    back = kept.with_zone("home", 0.0).with_zone("home", 40.0)
    assert back.frame["people"].tolist() == [30.0, 10.0, 4.0]
    with pytest.raises(InputError, match="share"):
        receptors().with_zone("home", 0.0).with_zone("home", 40.0)


def test_faults_are_named() -> None:
    """Unknown zones and groups, negative people, groups above the total, wrong shares."""
    with pytest.raises(InputError) as caught:
        receptors().with_zone("nowhere", -1.0, groups={"over_99": 1.0})
    assert {problem.field for problem in caught.value.problems} == {"people", "over_99", "zone_id"}
    with pytest.raises(InputError, match=r"no more than the 40 people"):
        receptors().with_zone("home", groups={"under_5": 41.0})
    with pytest.raises(InputError, match="under_5"):
        receptors().people_by_hour("over_65")
    with pytest.raises(InputError, match="over_65"):
        receptors(groups=("over_65",))
    with pytest.raises(InputError, match=r"'zone_id'(.|\n)*'people'"):
        Receptors(receptors().frame[["receptor_id", "geometry"]], 1.5)
    for wrong in ((), (0.5,) * 23, (2.0,) * 24, (float("nan"),) * 24):
        with pytest.raises(InputError, match="day_share"):
            receptors(day_share=wrong)


@settings(max_examples=50, deadline=None)
@given(
    people=st.floats(0.0, 1e7),
    share=st.lists(st.floats(0.0, 1.0), min_size=24, max_size=24),
)
def test_totals_hold(people: float, share: list[float]) -> None:
    """An edited zone has what it was given, to 1e-9; an hour lies between night and day."""
    edited = receptors(day_share=tuple(share)).with_zone("home", people)
    sums = edited.frame.groupby("zone_id")["people"].sum()
    assert sums["home"] == pytest.approx(people, rel=1e-9)
    hourly = edited.people_by_hour()
    night = edited.frame["people"].to_numpy()[:, None]
    day = edited.frame["people_day"].to_numpy()[:, None]
    slack = 1e-9 * (night + day)
    assert (hourly >= np.minimum(night, day) - slack).all()
    assert (hourly <= np.maximum(night, day) + slack).all()
