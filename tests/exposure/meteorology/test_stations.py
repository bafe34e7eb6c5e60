"""Several stations: chosen, filled and blended without silent mixing, every hour accounted for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from geofleet.errors import InputError
from geofleet.exposure import Site, Weather, read_weather

HERE = Site(latitude_deg=19.43, longitude_deg=-99.13, timezone="America/Mexico_City")
PLACES = pd.DataFrame(
    {"station": ["A", "B", "C"], "lon": [-99.13, -99.13, -99.13], "lat": [19.44, 19.45, 19.53],
     "alt_m": [2240.0, 2250.0, None]}
)  # fmt: skip


def records(name: str, hours: int = 48, **columns: Any) -> pd.DataFrame:
    times = pd.date_range("2015-03-01", periods=hours, freq="h").strftime("%Y-%m-%d %H:%M")
    frame = pd.DataFrame({"time": times, "station": name, "wind_speed_m_s": 2.0})
    return frame.assign(**{"wind_from_deg": 180.0, "temperature_c": 18.0, **columns})


def read(folder: Path, *frames: pd.DataFrame, site: Site = HERE, **settings: Any) -> Weather:
    path = folder / "stations.csv"
    pd.concat(frames).to_csv(path, index=False)
    return read_weather(path, site=site, **settings)


def test_hours_are_filled_from_the_next_station(tmp_path: Path) -> None:
    """Speed and direction of an hour are of one station; which one is said, row by row."""
    first, second = records("A"), records("B", wind_speed_m_s=4.0, wind_from_deg=90.0)
    first.loc[3, "wind_speed_m_s"] = np.nan
    first.loc[4, "wind_from_deg"] = 999  # speed there, direction not: the hour is B's
    first.loc[5, "temperature_c"] = np.nan
    second["temperature_c"] = 25.0
    weather = read(tmp_path, second, first.drop(index=[10, 11]), stations=["A", "B"])
    frame = weather.frame.set_index(weather.frame["time"].dt.strftime("%d %H"))
    assert frame["station"].value_counts().to_dict() == {"A": 44, "B": 4}
    for hour in ("01 03", "01 04", "01 10", "01 11"):
        row = frame.loc[hour]
        assert (row["station"], row["wind_speed_m_s"], row["wind_from_deg"]) == ("B", 4.0, 90.0)
    assert frame.loc["01 05", ["station", "temperature_c"]].tolist() == ["A", 25.0]
    report = weather.report
    assert report["hours_by_station"]["wind"] == {"A": 44, "B": 4}
    assert report["hours_by_station"]["temperature_c"] == {"A": 45, "B": 3}
    assert report["stations"] == ["A", "B"]
    assert report["hours_used"] == report["hours_in_all"] == 48


def test_near_ones_first_and_far_ones_not_at_all(tmp_path: Path) -> None:
    """1.1, 2.2 and 11.1 km from the site; a station of unknown place is named, not used."""
    frames = [records("C"), records("B"), records("A"), records("Z")]
    weather = read(tmp_path, *frames, stations="by_distance", places=PLACES, within_km=5.0)
    assert weather.report["stations"] == ["A", "B"]
    assert weather.report["stations_without_place"] == ["Z"]
    assert weather.report["distance_km"] == pytest.approx({"A": 1.11, "B": 2.21}, abs=0.01)
    assert weather.report["pressure_pa_from_altitude_rows"] == 48
    assert weather.report["pressure_mean_pa"] == pytest.approx(77150.0, abs=100.0)
    nearest = read(tmp_path, *frames, station="nearest", places=PLACES)
    assert set(nearest.frame["station"]) == {"A"}


def test_a_blend_by_hand(tmp_path: Path) -> None:
    """Weights 1/d^2 of 4 : 1. South at 2 and west at 4: speed (8 + 4) / 5 = 2.4.

    Vector (4 x 2 from the south, 1 x 4 from the west): from 180 + atan(4/8) = 206.57 degrees.
    """
    places = PLACES.assign(lat=[19.44, 19.45, 19.53], lon=-99.13)
    site = Site(latitude_deg=19.43, longitude_deg=-99.13, timezone="America/Mexico_City")
    one = records("A", temperature_c=20.0)
    two = records("B", wind_speed_m_s=4.0, wind_from_deg=270.0, temperature_c=10.0)
    two.loc[7, "wind_speed_m_s"] = np.nan
    weather = read(
        tmp_path, one, two, site=site, stations=["A", "B"], places=places, combine="blend"
    )
    row = weather.frame.iloc[0]
    assert row["wind_speed_m_s"] == pytest.approx(2.4, abs=1e-3)
    assert row["wind_from_deg"] == pytest.approx(206.565, abs=0.05)
    assert row["temperature_c"] == pytest.approx(18.0, abs=1e-2)
    alone = weather.frame.iloc[7]
    assert (alone["wind_speed_m_s"], alone["wind_from_deg"]) == pytest.approx((2.0, 180.0))
    assert weather.report["hours_by_number_of_stations"] == {"1": 1, "2": 47}
    assert weather.report["hours_by_station"] == {"A": 48, "B": 47}
    assert set(weather.frame["station"]) == {"blend"}


def test_winds_against_each_other_take_the_nearest_direction(tmp_path: Path) -> None:
    """Where vectors cancel, the direction is the nearest station's, and counted."""
    places = PLACES.assign(lat=[19.44, 19.42, 19.53])
    one, two = records("A", wind_from_deg=30.0), records("B", wind_from_deg=210.0)
    two.loc[:, "wind_speed_m_s"] = 2.0
    weather = read(tmp_path, one, two, stations=["A", "B"], places=places, combine="blend")
    assert weather.report["direction_of_nearest_station"] == 48
    assert set(weather.frame["wind_from_deg"]) <= {30.0, 210.0}
    assert weather.frame["wind_speed_m_s"].unique() == pytest.approx(2.0)


def test_choices_that_cannot_be_are_named(tmp_path: Path) -> None:
    """Unknown and repeated stations, no places, none near, a climate table."""
    both = (records("A"), records("B"))
    with pytest.raises(InputError, match=r"'X': expected one of A, B"):
        read(tmp_path, *both, stations=["X", "A"])
    with pytest.raises(InputError, match="each once"):
        read(tmp_path, *both, stations=["A", "A"])
    with pytest.raises(InputError, match="not both"):
        read(tmp_path, *both, station="A", stations=["B"])
    with pytest.raises(InputError, match="a table of places"):
        read(tmp_path, *both, stations=["A", "B"], combine="blend")
    with pytest.raises(InputError, match=r"within 0\.5 km .*nearest is A, 1\.1 km away"):
        read(tmp_path, *both, stations="by_distance", places=PLACES, within_km=0.5)
    with pytest.raises(InputError, match=r"it is 11\.1 km away"):
        read(tmp_path, records("C"), stations=["C"], places=PLACES, within_km=5.0)
    with pytest.raises(InputError, match="'Z': expected the place of every station"):
        read(
            tmp_path, records("A"), records("Z"), stations=["A", "Z"], places=PLACES,
            combine="blend",
        )  # fmt: skip
    with pytest.raises(InputError, match="with longitude and latitude"):
        read(tmp_path, *both, site=Site(latitude_deg=1.0), station="nearest", places=PLACES)
    with pytest.raises(InputError, match="no column station"):
        read(tmp_path, records("A").drop(columns="station"), station="A")
    climate = tmp_path / "climate.csv"
    pd.DataFrame({"hour": range(24), "weight_hours": 365.0}).to_csv(climate, index=False)
    with pytest.raises(InputError, match="this is a climate table"):
        read_weather(climate, site=HERE, station="A")
    with pytest.raises(InputError, match=r"field combine(.|\n)*field records_timezone: 'UTC'"):
        read_weather(climate, site=replace(HERE, records_timezone="UTC"), combine="blend")


def test_faults_of_all_stations_come_at_once(tmp_path: Path) -> None:
    """A bad value in one station and a repeated hour in another; half hours between stations."""
    bad, twice = records("A").astype(object), records("B")
    bad.loc[2, "wind_from_deg"] = 400
    twice.loc[5, "time"] = twice.loc[4, "time"]
    with pytest.raises(InputError) as caught:
        read(tmp_path, bad, twice, stations=["A", "B"])
    found = {(p.field, p.row) for p in caught.value.problems}
    assert found == {("wind_from_deg", 4), ("time", 55)}
    later = records("B").assign(time=lambda f: f["time"].str.replace(":00", ":30"))
    with pytest.raises(InputError, match="start at the same minute"):
        read(tmp_path, records("A"), later, stations=["A", "B"])


def test_gaps_are_made_up_for_within_month_and_hour(tmp_path: Path) -> None:
    """Two of three days lack eight o'clock: the third counts three times; without, once."""
    frame = records("A", 72)
    frame.loc[8, "wind_speed_m_s"] = np.nan
    weather = read(tmp_path, frame.drop(index=[32]))
    at_eight = weather.frame[weather.frame["hour"] == 8]
    assert at_eight["weight_hours"].tolist() == [3.0]
    assert weather.frame["weight_hours"].sum() == 72.0
    report = weather.report
    assert report["hours_without_weather_by_month"] == {"3": [0] * 8 + [2] + [0] * 15}
    assert report["hours_without_weather_by_hour"][8] == 2
    assert report["largest_weight_factor"] == 3.0
    counted = (report["hours_used"], report["hours_left_out"], report["hours_missing"])
    assert counted == (70, 1, 1)
    plain = read(tmp_path, frame.drop(index=[32]), balance_gaps=False)
    assert set(plain.frame["weight_hours"]) == {1.0}
    assert not plain.report["gaps_balanced"]


def test_an_hour_that_a_month_never_has_is_left_to_other_months(tmp_path: Path) -> None:
    """April has no nine o'clock: March's weigh for both, and the report says so."""
    frame = records("A", 24 * 40)
    april = pd.to_datetime(frame["time"]).dt.month == 4
    nine = pd.to_datetime(frame["time"]).dt.hour == 9
    site = Site(latitude_deg=19.43, longitude_deg=-99.13, timezone="Etc/GMT+6")
    weather = read(tmp_path, frame[~(april & nine)], site=site)
    rows = weather.frame[weather.frame["hour"] == 9]
    assert rows["weight_hours"].sum() == pytest.approx(40.0)
    assert set(rows["month"]) == {3}
    assert weather.report["months_and_hours_without_any"] == ["month 4, hour 9"]


def test_still_air_has_no_direction(tmp_path: Path) -> None:
    """A speed of zero goes all round whatever the vane says; 0 degrees with wind is north."""
    frame = records("A")
    frame.loc[0, ["wind_speed_m_s", "wind_from_deg"]] = [0.0, 0.0]
    frame.loc[1, ["wind_speed_m_s", "wind_from_deg"]] = [3.0, 0.0]
    frame.loc[2, ["wind_speed_m_s", "wind_from_deg"]] = [3.0, 360.0]
    weather = read(tmp_path, frame)
    assert weather.report["calms_without_direction"] == 1
    start = weather.frame["time"] == weather.frame["time"].min()
    assert sorted(weather.frame.loc[start, "wind_from_deg"]) == [30.0 * part for part in range(12)]
    assert weather.frame.loc[start, "weight_hours"].sum() == pytest.approx(1.0)
    assert weather.frame["wind_from_deg"][12:14].tolist() == [0.0, 0.0]


def test_summer_time_of_a_clock_that_knows_none(tmp_path: Path) -> None:
    """Records in standard time all year under a clock with summer time: hours are the clock's."""
    hours = pd.date_range("2015-04-04", periods=48, freq="h").strftime("%Y-%m-%d %H:%M")
    frame = records("A").assign(time=hours)
    with pytest.raises(InputError, match=r"'2015-04-05 02:00'.*records_timezone"):
        read(tmp_path, frame)
    site = Site(
        latitude_deg=19.43, longitude_deg=-99.13, timezone="America/Mexico_City",
        records_timezone="Etc/GMT+6",
    )  # fmt: skip
    weather = read(tmp_path, frame, site=site)
    assert weather.frame["hour"].tolist()[24:29] == [0, 1, 3, 4, 5]
    assert str(weather.frame["time"].iloc[26]) == "2015-04-05 03:00:00-05:00"


@pytest.mark.shared
def test_every_hour_of_mexico_city_is_accounted_for(shared_data: Path) -> None:
    """Used, left out and missing hours of 2015 make 8,760 whatever the choice of stations."""
    table = shared_data / "data" / "meteo" / "redmet_hourly_2015.parquet"
    places = shared_data / "data" / "meteo" / "simat_stations.csv"
    choices: list[dict[str, Any]] = [
        {"station": "MER"},
        {"station": "nearest"},
        {"stations": ["MGH", "HGM", "MER"]},
        {"stations": "by_distance", "within_km": 15.0},
        {"stations": "by_distance", "within_km": 15.0, "combine": "blend"},
    ]
    for choice in choices:
        weather = read_weather(table, site=HERE, places=places, **choice)
        report = weather.report
        parts = report["hours_used"] + report["hours_left_out"] + report["hours_missing"]
        assert parts == report["hours_in_all"] == 8760
        assert weather.frame["time"].nunique() == report["hours_used"]
        assert not weather.frame.isna().any().any()
        weights = weather.frame["weight_hours"].groupby(weather.frame["month"]).sum()
        assert weights[2] == pytest.approx(672.0)
        assert weights.sum() == pytest.approx(8760.0)
