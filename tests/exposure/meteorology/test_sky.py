"""Cloud and radiation: measured, told from each other, carried over the night, or the default."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from geofleet.errors import InputError
from geofleet.exposure import Site, Weather, complete_weather, read_weather
from geofleet.exposure.meteorology import radiation

HERE = Site(latitude_deg=19.4, longitude_deg=-99.1, timezone="Etc/GMT+6")


def records(days: int = 4, **columns: Any) -> pd.DataFrame:
    times = pd.date_range("2015-03-21", periods=24 * days, freq="h")
    frame = pd.DataFrame({"time": times.strftime("%Y-%m-%d %H:%M"), "wind_speed_m_s": 2.0})
    return frame.assign(**{"wind_from_deg": 180.0, "temperature_c": 18.0, **columns})


def sine(days: int = 4) -> np.ndarray:
    times = pd.date_range("2015-03-21", periods=24 * days, freq="h")
    day = times.day_of_year.to_numpy(float)
    hour = times.hour.to_numpy(float) + 0.5 + 6.0 - 99.1 / 15.0
    hour = hour + radiation.equation_of_time_hours(day)
    return radiation.sine_solar_elevation(day, hour, 19.4)


def read(folder: Path, frame: pd.DataFrame, site: Site = HERE) -> Weather:
    path = folder / "w.csv"
    frame.to_csv(path, index=False)
    return read_weather(path, site=site)


def measured(cloud: float) -> np.ndarray:
    return radiation.clear_sky_radiation(sine()) * radiation.cloudy_share(np.full(96, cloud))


def test_radiation_stands_for_the_cloud_of_day_and_night(tmp_path: Path) -> None:
    """The radiation of a sky 70 % cloud gives what an observed cloud of 0.7 gives, night too."""
    by_cloud = read(tmp_path, records(cloud_cover=0.7))
    by_sun = read(tmp_path, records(solar_radiation_w_m2=measured(0.7)))
    pd.testing.assert_frame_equal(by_cloud.frame, by_sun.frame, rtol=1e-9)
    report = by_sun.report
    assert report["cloud_from_radiation_rows"] == int((sine() >= np.sin(np.radians(10.0))).sum())
    assert report["cloud_carried_rows"] == 96 - report["cloud_from_radiation_rows"]
    assert report["cloud_cover_from_default_rows"] == 0
    assert "weather:cloud_cover" not in by_sun.provenance


def test_cloud_of_evening_and_morning_is_bridged(tmp_path: Path) -> None:
    """Observed every six hours, cloud between is on a straight line; far away, the default."""
    cloud = np.full(96, np.nan)
    cloud[[0, 6, 12]] = [0.2, 0.8, 0.4]
    weather = read(tmp_path, records(cloud_cover=cloud))
    line = np.interp(np.arange(33), [0, 6, 12], [0.2, 0.8, 0.4])
    whole = np.concatenate([line, np.full(63, 0.5)])
    pd.testing.assert_frame_equal(
        weather.frame, read(tmp_path, records(cloud_cover=whole)).frame, rtol=1e-9
    )
    assert weather.report["cloud_carried_rows"] == 30
    assert weather.report["cloud_cover_from_default_rows"] == 63


def test_oktas_and_tenths(tmp_path: Path) -> None:
    """Six oktas are 7.5 tenths are 0.75; nine oktas are no cloud seen, and more is refused."""
    fraction = read(tmp_path, records(cloud_cover=0.75)).frame
    pd.testing.assert_frame_equal(read(tmp_path, records(cloud_oktas=6)).frame, fraction)
    pd.testing.assert_frame_equal(read(tmp_path, records(cloud_tenths=7.5)).frame, fraction)
    fog = read(tmp_path, records(cloud_oktas=9))
    assert fog.report["cloud_cover_from_default_rows"] == 96
    with pytest.raises(InputError, match=r"cloud_cover: '6'.*from 0 to 1"):
        read(tmp_path, records(cloud_cover=6))


def test_less_sun_is_less_unstable(tmp_path: Path) -> None:
    """Measured radiation below what the cloud says gives a cooler, longer (less unstable) noon."""
    bright = read(tmp_path, records(cloud_cover=0.2)).frame
    dim = read(tmp_path, records(cloud_cover=0.2, solar_radiation_w_m2=0.5 * measured(0.2))).frame
    noon = bright["hour"] == 12
    assert (dim.loc[noon, "obukhov_length_m"] < bright.loc[noon, "obukhov_length_m"]).all()
    assert (dim.loc[noon, "obukhov_length_m"] < 0.0).all()
    night = bright["hour"] == 2
    pd.testing.assert_frame_equal(dim[night], bright[night])


def test_a_climate_table_takes_the_cloud_of_its_days() -> None:
    """Nights of a table with radiation have the mean cloud of their month's days."""
    frame = pd.DataFrame({"hour": range(24), "weight_hours": 30.0, "month": 3})
    frame = frame.assign(wind_speed_m_s=2.0, wind_from_deg=90.0, temperature_c=18.0)
    day = np.full(24, 75.0)
    sines = radiation.sine_solar_elevation(
        day, np.arange(24) + 0.5 + 6.0 - 99.1 / 15.0 + radiation.equation_of_time_hours(day), 19.4
    )
    sun = radiation.clear_sky_radiation(sines) * radiation.cloudy_share(np.full(24, 0.6))
    with_sun = complete_weather(frame.assign(solar_radiation_w_m2=sun), site=HERE)
    with_cloud = complete_weather(frame.assign(cloud_cover=0.6), site=HERE)
    pd.testing.assert_frame_equal(with_sun.frame, with_cloud.frame, rtol=1e-9)
    assert with_sun.report["cloud_carried_rows"] > 10


def test_pressure_and_humidity_enter_the_density(tmp_path: Path) -> None:
    """Thin air is warmed more by the same heat: shorter L at 2,240 m. Moist air is lighter too."""
    low = read(tmp_path, records()).frame
    site = Site(latitude_deg=19.4, longitude_deg=-99.1, timezone="Etc/GMT+6", altitude_m=2240.0)
    high = read(tmp_path, records(), site)
    noon = low["hour"] == 12
    # 0.76 of the density in L = -rho cp T u*^3 / (k g H), and u* grows a little with it.
    ratio = high.frame.loc[noon, "obukhov_length_m"] / low.loc[noon, "obukhov_length_m"]
    assert ((ratio > 0.76) & (ratio < 0.87)).all()
    assert high.report["pressure_pa_from_altitude_rows"] == 96
    moist = read(tmp_path, records(relative_humidity_percent=95.0), site)
    assert moist.report["humidity_unknown_rows"] == 0
    night = low["hour"] == 2
    assert not moist.frame.loc[noon].equals(high.frame.loc[noon])
    pd.testing.assert_frame_equal(moist.frame[night], high.frame[night], rtol=1e-2)
    half = records(pressure_pa=78000.0)
    half.loc[3:9, "pressure_pa"] = np.nan
    weather = read(tmp_path, half, site)
    assert weather.report["pressure_pa_from_mean_rows"] == 7
    assert weather.report["pressure_mean_pa"] == pytest.approx(78000.0)


def test_a_measured_friction_velocity_sets_the_length(tmp_path: Path) -> None:
    """With u* given and L not, L follows from it: by day as its cube, by night as its square."""
    one = read(tmp_path, records(friction_velocity_m_s=0.4)).frame
    two = read(tmp_path, records(friction_velocity_m_s=0.5)).frame
    ratio = (two["obukhov_length_m"] / one["obukhov_length_m"]).to_numpy()
    assert set(one["friction_velocity_m_s"]) == {0.4}
    noon, night = one["hour"] == 12, one["hour"] == 2
    np.testing.assert_allclose(ratio[noon], 1.25**3, rtol=1e-9)
    np.testing.assert_allclose(ratio[night], 1.25**2, rtol=1e-9)


def test_urban_nights_of_a_study_site(tmp_path: Path) -> None:
    """The urban option deepens nights, keeps noon, changes the roughness of its rows only."""
    rural = read(tmp_path, records()).frame
    site = Site(latitude_deg=19.4, longitude_deg=-99.1, timezone="Etc/GMT+6", urban_population=20e6)
    weather = read(tmp_path, records(), site)
    city, night, noon = weather.frame, rural["hour"] == 2, rural["hour"] == 14
    assert city.loc[night, "mixing_height_m"].tolist() == pytest.approx([711.31] * 4, abs=0.01)
    assert (city.loc[night, "sigma_v_m_s"] > rural.loc[night, "sigma_v_m_s"]).all()
    assert set(city.loc[night, "roughness_m"]) == {1.0}
    assert set(city.loc[noon, "roughness_m"]) == {0.5}
    same = [name for name in rural.columns if name != "roughness_m"]
    pd.testing.assert_frame_equal(city.loc[noon, same], rural.loc[noon, same])
    assert weather.row_roughness_m[night.to_numpy()].tolist() == [1.0] * 4
    assert weather.report["urban_rows"] == int((city["roughness_m"] == 1.0).sum())
    assert city["obukhov_length_m"].abs().min() >= 1.0


def test_sites_that_cannot_be(tmp_path: Path) -> None:
    """All at once: too small a city, a roughness that reaches the mast, heights off the earth."""
    site = Site(
        latitude_deg=91.0, altitude_m=9000.0, urban_population=5.0, urban_roughness_m=2.0,
        roughness_m=6.0,
    )  # fmt: skip
    with pytest.raises(InputError) as caught:
        read(tmp_path, records(), site)
    assert {problem.field for problem in caught.value.problems} == {
        "latitude_deg", "altitude_m", "urban_population", "urban_roughness_m", "roughness_m",
    }  # fmt: skip
