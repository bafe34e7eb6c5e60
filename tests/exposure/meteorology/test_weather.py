"""Climate tables and station records become complete weather, or say what is wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from geofleet.errors import InputError
from geofleet.exposure import Site, read_weather

HERE = Site(latitude_deg=-29.9, longitude_deg=-71.25, timezone="America/Santiago")


def climate(**columns: object) -> pd.DataFrame:
    frame = pd.DataFrame({"hour": np.repeat(np.arange(24), 2), "weight_hours": 182.5})
    return frame.assign(
        **{"wind_speed_m_s": 2.0, "wind_from_deg": 200, "temperature_c": 15.0, **columns}
    )


def station(hours: int = 72, **columns: object) -> pd.DataFrame:
    times = pd.date_range("2024-05-01", periods=hours, freq="h").strftime("%Y-%m-%d %H:%M")
    return pd.DataFrame(
        {"time": times, "wind_speed_m_s": 2.5, "wind_from_deg": 180.0, "temperature_c": 18.0,
         **columns}
    )  # fmt: skip


def write(folder: Path, frame: pd.DataFrame) -> Path:
    path = folder / "weather.csv"
    frame.to_csv(path, index=False)
    return path


def test_climate_table_is_completed(tmp_path: Path) -> None:
    """Days are unstable, nights stable; every quantity is there; what was derived is counted."""
    weather = read_weather(write(tmp_path, climate(month=1)), site=HERE)
    frame = weather.frame.drop_duplicates("hour").set_index("hour")
    assert frame.loc[13, "obukhov_length_m"] < 0 < frame.loc[2, "obukhov_length_m"]
    assert frame.loc[13, "convective_velocity_m_s"] > 0.5
    assert frame.loc[2, "convective_velocity_m_s"] == 0.0
    assert frame.loc[15, "mixing_height_m"] > frame.loc[10, "mixing_height_m"]
    assert not weather.frame.isna().any().any()
    assert weather.frame["sigma_v_m_s"].min() >= 0.2
    assert weather.report["obukhov_length_derived_rows"] == 48
    assert weather.report["cloud_cover_from_default_rows"] == 48
    assert "weather:cloud_cover" in weather.provenance
    assert weather.roughness_m == 0.5


def test_given_values_are_kept(tmp_path: Path) -> None:
    """Friction velocity, L and mixing height of the file are used as they are, without a place."""
    given = climate(friction_velocity_m_s=0.31, obukhov_length_m=-44.0, mixing_height_m=900.0)
    weather = read_weather(write(tmp_path, given))
    assert set(weather.frame["friction_velocity_m_s"]) == {0.31}
    assert set(weather.frame["obukhov_length_m"]) == {-44.0}
    assert set(weather.frame["mixing_height_m"]) == {900.0}
    assert weather.report["obukhov_length_derived_rows"] == 0
    assert "weather:albedo" not in weather.provenance


def test_north_and_calm(tmp_path: Path) -> None:
    """360 degrees is 0; winds below the floor are raised to it and counted."""
    frame = climate(wind_from_deg=360, wind_speed_m_s=0.0, month=6)
    weather = read_weather(write(tmp_path, frame), site=HERE)
    assert set(weather.frame["wind_from_deg"]) == {0.0}
    assert weather.frame["wind_speed_m_s"].min() == pytest.approx(0.2828)
    assert weather.report["winds_raised_to_minimum"] == 48


def test_all_faults_at_once(tmp_path: Path) -> None:
    """Bad cells of a climate table are all named with their line."""
    frame = climate().astype(object)
    frame.loc[0, "wind_from_deg"] = 999
    frame.loc[3, "temperature_c"] = "warm"
    frame.loc[5, "hour"] = 24
    with pytest.raises(InputError) as caught:
        read_weather(write(tmp_path, frame), site=HERE)
    assert [(p.field, p.row) for p in sorted(caught.value.problems)] == [
        ("hour", 7), ("temperature_c", 5), ("wind_from_deg", 2),
    ]  # fmt: skip


def test_what_cannot_be_derived_is_asked_for(tmp_path: Path) -> None:
    """No latitude and no L; an hour without rows; a roughness above the mast; L of zero."""
    path = write(tmp_path, climate()[lambda f: f["hour"] != 7])
    with pytest.raises(InputError) as caught:
        read_weather(path, site=Site(roughness_m=8.0))
    text = str(caught.value)
    assert "none for 7" in text
    assert "latitude" in text
    assert "roughness" in text
    with pytest.raises(InputError, match="at least 1 m in size"):
        read_weather(write(tmp_path, climate(obukhov_length_m=0.0)), site=HERE)


def test_unknown_layout_and_missing_file(tmp_path: Path) -> None:
    """A file that is no weather says what is expected; so does a missing or broken one."""
    with pytest.raises(InputError, match=r"climate table.*found a, b"):
        read_weather(write(tmp_path, pd.DataFrame({"a": [1], "b": [2]})))
    with pytest.raises(InputError, match="readable file"):
        read_weather(tmp_path / "none.csv")
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 not really")
    with pytest.raises(InputError, match="Parquet"):
        read_weather(tmp_path / "bad.parquet")


def test_station_records(tmp_path: Path) -> None:
    """Each record stands for one hour of its local hour of day; parquet and CSV are alike."""
    frame = station()
    weather = read_weather(write(tmp_path, frame), site=HERE)
    frame.to_parquet(tmp_path / "w.parquet")
    again = read_weather(tmp_path / "w.parquet", site=HERE)
    pd.testing.assert_frame_equal(weather.frame, again.frame)
    assert weather.frame["weight_hours"].sum() == 72
    assert weather.frame["hour"].tolist() == list(range(24)) * 3
    assert weather.report["hours_missing"] == 0


def test_offsets_and_time_zone(tmp_path: Path) -> None:
    """With offsets, hours are those of the offset, or of the time zone where one is given."""
    times = pd.date_range("2024-05-01", periods=48, freq="h", tz="UTC")
    path = write(tmp_path, station(48, time=[stamp.isoformat() for stamp in times]))
    assert read_weather(path, site=Site(latitude_deg=-30.0)).frame["hour"].iloc[0] == 0
    assert read_weather(path, site=HERE).frame["hour"].iloc[0] == 20
    winter = [times[0].isoformat(), *[t.tz_convert("Etc/GMT+3").isoformat() for t in times[1:]]]
    with pytest.raises(InputError, match=r"field timezone.*offsets in the times differ"):
        read_weather(write(tmp_path, station(48, time=winter)), site=Site(latitude_deg=-30.0))
    mixed = [times[0].isoformat(), *[stamp.strftime("%Y-%m-%d %H:%M") for stamp in times[1:]]]
    with pytest.raises(InputError, match="in every time or in none"):
        read_weather(write(tmp_path, station(48, time=mixed)), site=HERE)


def test_gaps_missing_values_and_calms_are_counted(tmp_path: Path) -> None:
    """Rows without wind are left out, calms without direction go all round, gaps are named."""
    frame = station(96)
    frame.loc[5, "wind_speed_m_s"] = np.nan
    frame.loc[6, "wind_from_deg"] = 999
    frame.loc[7, ["wind_speed_m_s", "wind_from_deg"]] = [0.2, 999]
    frame.loc[8, "temperature_c"] = np.nan
    frame = frame.drop(index=[30, 31, 32])
    weather = read_weather(write(tmp_path, frame), site=HERE, balance_gaps=False)
    report = weather.report
    assert (report["no_wind_speed"], report["no_direction"]) == (1, 1)
    assert report["calms_without_direction"] == 1
    assert report["temperature_filled"] == 1
    assert (report["gaps"], report["hours_missing"]) == (1, 3)
    assert report["longest_gaps"] == ["2024-05-02 05:00:00 + 3 h"]
    calm = weather.frame[weather.frame["weight_hours"] < 1.0]
    assert calm["wind_from_deg"].nunique() == 12
    assert calm["weight_hours"].sum() == pytest.approx(1.0)
    assert weather.frame["weight_hours"].sum() == pytest.approx(96 - 3 - 2)


def test_repeated_and_unreadable_times(tmp_path: Path) -> None:
    """A time that comes twice is named, but the hour that clocks repeat in autumn is not."""
    frame = station()
    frame.loc[9, "time"] = frame.loc[8, "time"]
    with pytest.raises(InputError, match=r"row 11, field time.*08:00.*each hour once"):
        read_weather(write(tmp_path, frame), site=HERE)
    frame.loc[9, "time"] = "yesterday"
    with pytest.raises(InputError, match="row 11, field time: 'yesterday'"):
        read_weather(write(tmp_path, frame), site=HERE)
    times = pd.date_range("2024-04-06", periods=48, freq="h", tz="America/Santiago")
    local = [stamp.strftime("%Y-%m-%d %H:%M") for stamp in times]
    assert len(set(local)) == 47
    weather = read_weather(write(tmp_path, station(48, time=local)), site=HERE)
    assert weather.frame["weight_hours"].sum() == 48
    minutes = pd.date_range("2024-05-01", periods=72, freq="10min").astype(str)
    with pytest.raises(InputError, match="hourly records"):
        read_weather(write(tmp_path, station(time=minutes)), site=HERE)


def test_dates_that_read_two_ways_are_refused(tmp_path: Path) -> None:
    """03/04 is March or April: such a year, read half and half, would look whole."""
    for form in ("%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M", "%d-%m-%Y %H:%M", "%d.%m.%y %H:%M"):
        frame = station()
        frame["time"] = pd.to_datetime(frame["time"]).dt.strftime(form)
        with pytest.raises(InputError, match=r"the year first.*72 times begin otherwise") as caught:
            read_weather(write(tmp_path, frame), site=HERE)
        assert len(caught.value.problems) == 1
    frame = station()
    frame["time"] = frame["time"].str.replace("-", "/")
    assert read_weather(write(tmp_path, frame), site=HERE).report["hours_used"] == 72


def test_choice_of_station(tmp_path: Path) -> None:
    """A file of several stations asks which, naming them; the hours of REDMET end at their name."""
    mexico = Site(latitude_deg=19.4, longitude_deg=-99.1, timezone="America/Mexico_City")
    one = station().rename(
        columns={"wind_speed_m_s": "WSP", "wind_from_deg": "WDR", "temperature_c": "TMP"}
    )
    ends = pd.to_datetime(one.pop("time")) + pd.Timedelta(hours=1)
    one = one.assign(end_local=ends, station="MER", PBa=585.0)
    both = pd.concat([one, one.assign(station="TLA")])
    path = write(tmp_path, both)
    with pytest.raises(InputError, match="MER, TLA"):
        read_weather(path, site=mexico)
    with pytest.raises(InputError, match="'XXX'"):
        read_weather(path, site=mexico, station="XXX")
    weather = read_weather(path, site=mexico, station="TLA")
    assert weather.frame["hour"].iloc[0] == 0
    assert weather.frame["weight_hours"].sum() == 72
    assert weather.report["pressure_pa_from_default_rows"] == 0


def test_faults_of_redmet_records_are_in_the_words_of_the_file(tmp_path: Path) -> None:
    """Text for a pressure and a time is no missing value; columns have their own names."""
    path = tmp_path / "redmet.csv"
    path.write_text(
        "end_local,station,WSP,WDR,TMP,RH,PBa\n2015-01-01 01:00,MER,-1,90,12,50,585\n"
        "2015-01-01 02:00,MER,2,90,12,50,low\nnoon,MER,2,90,12,50,585\n", encoding="utf-8",
    )  # fmt: skip
    with pytest.raises(InputError) as caught:
        read_weather(path, site=Site(latitude_deg=19.4))
    assert {(p.field, p.row, p.value) for p in caught.value.problems} == {
        ("WSP", 2, "-1"), ("PBa", 3, "low"), ("end_local", 4, "noon"),
    }  # fmt: skip


def test_no_direction_at_all_is_said(tmp_path: Path) -> None:
    """A file in which every direction is missing while the wind blows has nothing to offer."""
    with pytest.raises(InputError, match="at least one hour with wind speed and direction"):
        read_weather(write(tmp_path, station(wind_from_deg=999.0)), site=HERE)


def test_unknown_clock_and_vanishing_length_are_refused(tmp_path: Path) -> None:
    """A time zone that does not exist, and an Obukhov length for which the plume has no bound."""
    mars = Site(latitude_deg=-30.0, longitude_deg=-71.0, timezone="Mars/Olympus")
    with pytest.raises(InputError, match=r"Mars/Olympus.*IANA"):
        read_weather(write(tmp_path, climate()), site=mars)
    for length in (0.0, 1e-9, -0.5):
        with pytest.raises(InputError, match="at least 1 m in size"):
            read_weather(write(tmp_path, climate(obukhov_length_m=length)), site=HERE)
    with pytest.raises(InputError, match="does not exist"):
        read_weather(tmp_path / "nothing.parquet", site=HERE)


@pytest.mark.shared
def test_a_year_of_mexico_city(shared_data: Path) -> None:
    """Real records of one station: a plausible year, mostly stable by night, unstable by day."""
    weather = read_weather(
        shared_data / "data" / "meteo" / "redmet_hourly_2015.parquet",
        site=Site(latitude_deg=19.40, longitude_deg=-99.20, timezone="America/Mexico_City"),
        station="MGH",
    )
    frame = weather.frame
    assert frame["weight_hours"].sum() == pytest.approx(8760)
    assert frame["hour"].nunique() == 24
    assert not frame.isna().any().any()
    noon, night = frame[frame["hour"] == 12], frame[frame["hour"] == 3]
    assert (noon["obukhov_length_m"] < 0).mean() > 0.98
    assert (night["obukhov_length_m"] > 0).all()
    assert 500 < noon["mixing_height_m"].median() < 3000
    assert 0.05 < frame["friction_velocity_m_s"].median() < 0.6
