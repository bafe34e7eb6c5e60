"""Weather by month, kind of day, season and single hours: nothing lost, nothing twice."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from geofleet.errors import InputError
from geofleet.exposure import Weather


def year(hours: int = 8760, tz: str = "America/Mexico_City") -> Weather:
    times = pd.date_range("2015-01-01 06:00", periods=hours, freq="h", tz="UTC").tz_convert(tz)
    frame = pd.DataFrame(
        {
            "hour": times.hour,
            "weight_hours": 1.0,
            "temperature_c": np.arange(hours, dtype=float),
            "time": times,
            "month": times.month,
            "day_kind": np.where(
                times.day_of_week < 5, "weekday",
                np.where(times.day_of_week == 5, "saturday", "sunday"),
            ),
            "station": "MER",
        }
    )  # fmt: skip
    return Weather(frame, 10.0, 0.5, label="w.parquet")


def test_groups_are_the_whole_and_no_more() -> None:
    """Months, kinds of day and both together take every row once, in the order of the calendar."""
    weather = year()
    months = weather.split("month")
    assert list(months) == list(range(1, 13))
    assert [len(part.frame) for part in months.values()][:3] == [744, 672, 744]
    both = weather.split(("season", "day_kind"))
    assert list(both)[:4] == [
        ("djf", "weekday"), ("djf", "saturday"), ("djf", "sunday"), ("mam", "weekday"),
    ]  # fmt: skip
    rows = np.concatenate([part.frame["temperature_c"] for part in both.values()])
    assert np.array_equal(np.sort(rows), np.arange(8760.0))
    january = months[1]
    assert january.label == "w.parquet (month 1)"
    assert january.report["selection_hours"] == 744.0


def test_where_takes_one_or_several_values() -> None:
    """December to February by season or by months; Saturdays of 2015 are 52; chains combine."""
    weather = year()
    by_season = weather.where(season="djf").frame
    pd.testing.assert_frame_equal(by_season, weather.where(month=[12, 1, 2]).frame)
    saturday = weather.where(day_kind="saturday")
    assert len(saturday.frame) == 52 * 24
    chained = saturday.where(month=5, hour=range(6, 9))
    assert len(chained.frame) == 5 * 3
    assert chained.report["selection"] == "day_kind saturday, month 5, hour range(6, 9)"
    assert len(weather.where().frame) == 8760


def test_slots_number_the_last_name_fastest() -> None:
    """Slot = month x 24 + hour; rows without weight belong to none."""
    weather = year()
    weather.frame.loc[5, "weight_hours"] = 0.0
    labels, slot = weather.slots(("month", "hour"))
    frame = weather.frame
    assert labels.iloc[25].tolist() == [2, 1]
    expected = ((frame["month"] - 1) * 24 + frame["hour"]).to_numpy()
    assert slot[5] == -1
    assert np.array_equal(np.delete(slot, 5), np.delete(expected, 5))
    labels, slot = weather.slots()
    assert labels["hour"].tolist() == list(range(24))
    assert np.array_equal(np.delete(slot, 5), np.delete(frame["hour"].to_numpy(), 5))


def test_an_empty_group_is_named() -> None:
    """A month without Saturdays, an hour without rows, a month that is not there."""
    week = year(24 * 40)
    kinds = week.frame["day_kind"].to_numpy(object)
    gap = (kinds == "saturday") & (week.frame["month"] == 2).to_numpy()
    week = Weather(week.frame[~gap], 10.0, 0.5, label="w.csv")
    with pytest.raises(InputError, match="none in month 2, day_kind saturday"):
        week.split(("month", "day_kind"))
    with pytest.raises(InputError, match=r"w\.csv, field month: '7'.*there are 1, 2"):
        week.where(month=[1, 7])
    night = week.where(hour=[0, 1])
    with pytest.raises(InputError, match=r"none in hour 2; hour 3; .* and 17 more"):
        night.slots(("hour",))
    assert len(night.slots(("month", "hour"), every_hour=False)[0]) == 4


def test_what_is_not_known_is_not_guessed() -> None:
    """Rows of unknown month or kind of day are refused, and so is a name that means nothing."""
    frame = pd.DataFrame(
        {"hour": range(24), "weight_hours": 365.0, "month": pd.array([1] * 23 + [None], "Int64")}
    )
    weather = Weather(frame, 10.0, 0.5, label="w.csv")
    with pytest.raises(InputError, match=r"month is known.*unknown in 1 of 24"):
        weather.split("season")
    with pytest.raises(InputError, match=r"day_kind is known.*unknown in 24 of 24"):
        weather.where(day_kind="sunday")
    with pytest.raises(InputError, match="one of hour, month, season, day_kind, station"):
        weather.slots(("weekday",))
    with pytest.raises(InputError, match="different names"):
        weather.slots(("hour", "hour"))
    with pytest.raises(InputError, match="only hours of the day"):
        weather.at([pd.Timestamp("2015-01-01", tz="UTC")])


def test_single_hours() -> None:
    """A time takes the hour that holds it, whatever zone it is written in."""
    weather = year()
    asked = [
        pd.Timestamp("2015-07-01 14:25", tz="America/Mexico_City"),
        pd.Timestamp("2015-01-02 06:59:59", tz="UTC"),
        pd.Timestamp("2015-07-01 14:00", tz="America/Mexico_City"),
    ]
    part = weather.at(asked)
    assert [str(time) for time in part.frame["time"]] == [
        "2015-01-02 00:00:00-06:00", "2015-07-01 14:00:00-05:00",
    ]  # fmt: skip
    labels, slot = weather.slots(asked)
    assert np.flatnonzero(slot >= 0).tolist() == part.frame["temperature_c"].astype(int).tolist()
    assert [str(time) for time in labels["time"]] == [str(time) for time in part.frame["time"]]
    with pytest.raises(InputError, match="1 of 1 have no usable row"):
        weather.at([pd.Timestamp("2016-07-01", tz="UTC")])
    with pytest.raises(InputError, match=r"'2015-07-01 00:00:00'.*with a time zone"):
        weather.at([pd.Timestamp("2015-07-01")])


def test_hours_that_start_at_half_past() -> None:
    """In a zone half an hour off, the hour that holds a time starts at half past in UTC."""
    weather = year(48, tz="Asia/Kolkata")
    shifted = weather.frame.assign(time=weather.frame["time"] + pd.Timedelta(minutes=30))
    weather = Weather(shifted, 10.0, 0.5)
    part = weather.at([pd.Timestamp("2015-01-01 13:10", tz="Asia/Kolkata")])
    assert str(part.frame["time"].iloc[0]) == "2015-01-01 13:00:00+05:30"


def test_means_of_hours_without_rows_are_unknown() -> None:
    """The mean by hour of a part is NaN where it has no rows, and no warning."""
    night = year().where(hour=[0, 5])
    means = night.mean_by_hour("temperature_c")
    assert np.flatnonzero(~np.isnan(means)).tolist() == [0, 5]


def test_roughness_of_rows() -> None:
    """Rows without a roughness of their own have that of the site."""
    weather = year(24)
    assert set(weather.row_roughness_m) == {0.5}
    weather.frame["roughness_m"] = np.where(weather.frame["hour"] < 6, 1.0, 0.5)
    assert weather.row_roughness_m.tolist() == [1.0] * 6 + [0.5] * 18
