"""Hourly tables: means by hand, time zones, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from geofleet.errors import InputError
from geofleet.policy.contingency.air import days_of, moving_mean, read_air

MEXICO = "America/Mexico_City"


def table(times: list[str], **columns: list[float]) -> pd.DataFrame:
    """Return a table of one station."""
    return pd.DataFrame({"end_local": pd.to_datetime(times), "station": "MER", **columns})


def test_moving_mean_by_hand() -> None:
    """The mean of hours 1 to 24 is 12.5; one hour later 13.5."""
    values = np.arange(1.0, 26.0)[:, None]
    found = moving_mean(values, hours=24, completeness=0.75)[:, 0]
    assert found[23] == 12.5
    assert found[24] == 13.5
    # 18 hours are three quarters of 24
    assert np.isnan(found[16])
    assert found[17] == pytest.approx(9.5)


def test_gaps_leave_the_mean_to_those_measured_until_too_few_are() -> None:
    """Six of 24 hours may be missing, seven may not; what is missing is not zero."""
    values = np.full((24, 2), 50.0)
    values[:6, 0] = np.nan
    values[:7, 1] = np.nan
    found = moving_mean(values, hours=24, completeness=0.75)[-1]
    assert found[0] == 50
    assert np.isnan(found[1])


@given(
    arrays(np.float64, st.tuples(st.integers(1, 60), st.just(2)),
           elements=st.one_of(st.just(np.nan), st.integers(0, 300).map(float))),
)  # fmt: skip
def test_moving_mean_is_that_of_pandas(values: np.ndarray) -> None:
    """An independent rolling mean agrees, gaps and all."""
    expected = pd.DataFrame(values).rolling(24, min_periods=18).mean().to_numpy()
    found = moving_mean(values, hours=24, completeness=0.75)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)


def test_hour_24_belongs_to_the_day_it_ends() -> None:
    """The hour that ends at midnight is the last of its day."""
    air = read_air(
        table(["2024-05-14 23:00", "2024-05-15 00:00", "2024-05-15 01:00"], O3=[1, 2, 3]),
        timezone=MEXICO,
    )
    days = [pd.Timestamp.fromordinal(day).day for day in days_of(air.starts)]
    assert days == [14, 14, 15]
    assert str(air.ends[1]) == "2024-05-15 00:00:00-06:00"


def test_times_with_a_zone_come_to_the_same() -> None:
    """UTC and the local clock name the same hours."""
    local = table(["2024-05-14 16:00", "2024-05-14 17:00"], O3=[150, 160])
    utc = local.assign(time=["2024-05-14T22:00:00Z", "2024-05-14T23:00:00Z"]).drop(
        columns="end_local"
    )
    one, other = (read_air(frame, timezone=MEXICO) for frame in (local, utc))
    assert (one.starts == other.starts).all()
    np.testing.assert_array_equal(one.values["o3"], other.values["o3"])


def test_hours_that_are_not_there_are_gaps() -> None:
    """A row that is missing is an hour not measured."""
    air = read_air(table(["2024-05-14 01:00", "2024-05-14 04:00"], O3=[10, 20]), timezone=MEXICO)
    np.testing.assert_array_equal(air.values["o3"][:, 0], [10, np.nan, np.nan, 20])


def test_clock_changes() -> None:
    """In April 2015 the clock skipped 02:00 to 03:00, in October it showed 01:00 twice."""
    # the last hour before the change ends at 02:00 by the old time: its beginning exists
    spring = table(["2015-04-05 02:00", "2015-04-05 04:00"], O3=[1, 2])
    air = read_air(spring, timezone=MEXICO)
    assert [str(end) for end in air.ends] == [
        "2015-04-05 03:00:00-05:00", "2015-04-05 04:00:00-05:00",
    ]  # fmt: skip
    with pytest.raises(InputError, match=r"row 1, field end_local.*shows once"):
        read_air(table(["2015-04-05 03:00"], O3=[1]), timezone=MEXICO)
    with pytest.raises(InputError, match="Etc/GMT"):
        read_air(table(["2015-10-25 02:00"], O3=[1]), timezone=MEXICO)
    standard = read_air(
        table(["2015-04-05 03:00", "2015-10-25 02:00"], O3=[1, 2]),
        timezone=MEXICO, clock="Etc/GMT+6",
    )  # fmt: skip
    assert str(standard.ends[0]) == "2015-04-05 04:00:00-05:00"


def test_every_fault_is_named_at_once() -> None:
    """Column, row, value and what was expected of each."""
    bad = pd.DataFrame({
        "end_local": ["2024-05-14 01:00", "2024-05-14 02:30", "soon"],
        "station": ["MER", None, "MER"],
        "O3": ["10", "-99", "high"],
        "PM25": [1.0, np.inf, 2.0],
    })  # fmt: skip
    with pytest.raises(InputError) as caught:
        read_air(bad, timezone=MEXICO)
    found = {(problem.field, problem.row) for problem in caught.value.problems}
    assert found == {
        ("end_local", 2), ("end_local", 3), ("station", 2), ("O3", 2), ("O3", 3), ("PM25", 2),
    }  # fmt: skip
    assert "no code like -99" in str(caught.value)


def test_tables_that_are_none_are_refused() -> None:
    """Missing columns, no rows, hours that stand twice, ppm for ppb, zones that are none."""
    with pytest.raises(InputError) as caught:
        read_air(pd.DataFrame({"x": [1]}), timezone="Mexiko", clock="nowhere")
    assert [problem.field for problem in caught.value.problems] == [
        "timezone", "clock", "time", "station", "O3, PM10, PM25",
    ]  # fmt: skip
    with pytest.raises(InputError, match="at least one row"):
        read_air(table([], O3=[]), timezone=MEXICO)
    twice = table(["2024-05-14 01:00", "2024-05-14 01:00"], O3=[1, 2])
    with pytest.raises(InputError, match=r"row 2.*each hour of a station once"):
        read_air(twice, timezone=MEXICO)
    with pytest.raises(InputError, match="look like ppm"):
        read_air(table(["2024-05-14 16:00"], O3=[0.155]), timezone=MEXICO)
    with pytest.raises(InputError, match=r"one column of pm25"):
        read_air(table(["2024-05-14 16:00"], PM25=[1], pm2_5=[1]), timezone=MEXICO)


def test_mixed_stamps_and_other_zones() -> None:
    """A stamp without offset among others is a fault; full hours are those of the place's clock."""
    mixed = pd.DataFrame({"time": ["2024-05-14T22:00:00Z", "2024-05-14 17:00"], "station": "A",
                          "O3": [1, 2]})  # fmt: skip
    with pytest.raises(InputError, match=r"row 2, field time.*with its offset"):
        read_air(mixed, timezone=MEXICO)
    india = pd.DataFrame({"time": ["2024-05-14T10:30:00Z", "2024-05-14T11:30:00Z"], "station": "A",
                          "O3": [1, 2]})  # fmt: skip
    air = read_air(india, timezone="Asia/Kolkata")
    assert str(air.ends[0]) == "2024-05-14 16:00:00+05:30"
    with pytest.raises(InputError, match="a full hour"):
        read_air(india, timezone=MEXICO)


def test_a_fault_of_many_rows_is_told_once() -> None:
    """Five rows are named, the others counted."""
    times = [f"2024-05-14 {hour:02d}:00" for hour in range(1, 21)]
    with pytest.raises(InputError) as caught:
        read_air(table(times, O3=[-99.0] * 20), timezone=MEXICO)
    assert len(caught.value.problems) == 6
    assert "15 more rows have the same fault" in str(caught.value)
