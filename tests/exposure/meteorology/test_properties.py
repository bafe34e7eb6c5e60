"""What holds for any weather: signs, order, bounds, and nothing that depends on bookkeeping."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geofleet.exposure import Site, complete_weather, read_weather

PLACE = {"latitude_deg": 19.4, "longitude_deg": -99.1, "timezone": "Etc/GMT+6"}
SITES = [
    Site(**PLACE), Site(**PLACE, urban_population=3e6), Site(**PLACE, adjust_low_wind=True),
]  # fmt: skip
DERIVED = ["friction_velocity_m_s", "obukhov_length_m", "mixing_height_m", "sigma_v_m_s"]
winds = st.lists(st.floats(0.0, 15.0), min_size=24, max_size=24)
clouds = st.floats(0.0, 1.0)
months = st.integers(1, 12)


def climate(wind: list[float], **columns: Any) -> pd.DataFrame:
    frame = pd.DataFrame({"hour": range(24), "weight_hours": 365.0, "wind_speed_m_s": wind})
    return frame.assign(**{"wind_from_deg": 200.0, "temperature_c": 16.0, **columns})


def records(days: int = 3) -> pd.DataFrame:
    rng = np.random.default_rng(days)
    times = pd.date_range("2015-06-01", periods=24 * days, freq="h")
    return pd.DataFrame(
        {
            "time": times.strftime("%Y-%m-%d %H:%M"),
            "wind_speed_m_s": rng.uniform(0, 6, len(times)).round(1),
            "wind_from_deg": rng.integers(0, 361, len(times)),
            "temperature_c": rng.uniform(8, 25, len(times)).round(1),
            "solar_radiation_w_m2": rng.uniform(0, 800, len(times)).round(),
        }
    )


@given(wind=winds, month=months, temperature=st.floats(-10.0, 40.0), site=st.sampled_from(SITES))
@settings(max_examples=60, deadline=None)
def test_clear_days_are_unstable_and_nights_stable(
    wind: list[float], month: int, temperature: float, site: Site
) -> None:
    """With a clear sky in the tropics, noon is unstable and midnight stable in any wind."""
    frame = climate(wind, month=month, temperature_c=temperature, cloud_cover=0.0)
    out = complete_weather(frame, site=site).frame
    assert (out.loc[[11, 12, 13], "obukhov_length_m"] < 0.0).all()
    assert (out.loc[[23, 0, 1, 2], "obukhov_length_m"] > 0.0).all()
    assert (out.loc[[11, 12, 13], "convective_velocity_m_s"] > 0.0).all()


@given(wind=winds, month=months, cloud=clouds, site=st.sampled_from(SITES))
@settings(max_examples=60, deadline=None)
def test_everything_stays_within_bounds(
    wind: list[float], month: int, cloud: float, site: Site
) -> None:
    """Finite; heights 20 to 4,000 m; sigma_v at least 0.2 m/s; |L| 1 to 8,888 m; u* positive."""
    out = complete_weather(climate(wind, month=month, cloud_cover=cloud), site=site).frame
    assert np.isfinite(out[DERIVED].to_numpy()).all()
    assert out["mixing_height_m"].between(20.0, 4000.0).all()
    assert (out["sigma_v_m_s"] >= 0.2).all()
    assert out["obukhov_length_m"].abs().between(1.0, 8888.0).all()
    assert (out["friction_velocity_m_s"] > 0.0).all()


@given(
    wind=winds, more=st.floats(1.0, 3.0), month=months, cloud=clouds, site=st.sampled_from(SITES)
)
@settings(max_examples=100, deadline=None)
def test_more_wind_means_more_friction(
    wind: list[float], more: float, month: int, cloud: float, site: Site
) -> None:
    """In every hour, by day and by night, u* does not fall as the wind grows."""
    less = complete_weather(climate(wind, month=month, cloud_cover=cloud), site=site).frame
    faster = [speed * more for speed in wind]
    greater = complete_weather(climate(faster, month=month, cloud_cover=cloud), site=site).frame
    same = np.ones(24, dtype=bool)
    if site.urban_population is not None:  # mornings change with the depth that wind gives
        same = (less["roughness_m"] == greater["roughness_m"]).to_numpy()
    change = greater["friction_velocity_m_s"] - less["friction_velocity_m_s"]
    assert (change[same] >= -1e-6).all()


@given(wind=winds, turn=st.floats(0.0, 360.0), site=st.sampled_from(SITES))
@settings(max_examples=30, deadline=None)
def test_turning_the_wind_changes_nothing_else(wind: list[float], turn: float, site: Site) -> None:
    """Direction is no part of u*, L, height or turbulence."""
    one = complete_weather(climate(wind, month=4), site=site).frame
    two = complete_weather(climate(wind, month=4, wind_from_deg=turn), site=site).frame
    pd.testing.assert_frame_equal(one[DERIVED], two[DERIVED])


@given(order=st.permutations(list(range(72))))
@settings(max_examples=15, deadline=None)
def test_the_order_of_rows_does_not_matter(order: list[int]) -> None:
    """A file in any order gives the same weather."""
    frame = records()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "w.csv"
        frame.to_csv(path, index=False)
        straight = read_weather(path, site=SITES[0])
        frame.iloc[order].to_csv(path, index=False)
        mixed = read_weather(path, site=SITES[0])
    pd.testing.assert_frame_equal(straight.frame, mixed.frame)
    assert dict(straight.report) == dict(mixed.report)


@given(lost=st.sets(st.integers(1, 118), max_size=60))
@settings(max_examples=25, deadline=None)
def test_hours_keep_their_weight_through_gaps(lost: set[int]) -> None:
    """Whatever hours are lost, each hour of the day that is left weighs five days."""
    frame = records(5)
    gone = frame["time"].str[11:13].astype(int).iloc[sorted(lost)]
    if gone.value_counts().max() == 5:
        return
    broken = frame.copy()
    broken.loc[sorted(lost)[::2], "wind_speed_m_s"] = np.nan
    broken = broken.drop(index=sorted(lost)[1::2])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "w.csv"
        broken.to_csv(path, index=False)
        weather = read_weather(path, site=SITES[0])
    weights = weather.frame.groupby("hour")["weight_hours"].sum()
    assert weights.to_numpy() == pytest.approx(np.full(24, 5.0))
    parts = [weather.report[f"hours_{name}"] for name in ("used", "left_out", "missing")]
    assert sum(parts) == 120
