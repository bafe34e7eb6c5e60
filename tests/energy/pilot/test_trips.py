"""Telematics fall into trips and charging events, and trips get a measured energy."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from geofleet.defaults import Defaults
from geofleet.energy.pilot import check_telematics, measured_energy, split_trips
from geofleet.errors import InputError

START = pd.Timestamp("2024-05-14T12:00:00Z")


def log(parts: list[tuple[float, float, float, float]], every_s: float = 1.0) -> pd.DataFrame:
    """Return records from pieces: seconds, speed km/h, charge at begin and end."""
    frames, clock = [], 0.0
    for seconds, speed, begin, end in parts:
        t = np.arange(0.0, seconds, every_s)
        frames.append(pd.DataFrame({
            "second": clock + t, "speed_kmh": speed,
            "soc_percent": np.round(begin + (end - begin) * t / seconds),
        }))  # fmt: skip
        clock += seconds
    frame = pd.concat(frames, ignore_index=True)
    frame["time"] = START + pd.to_timedelta(frame.pop("second"), unit="s")
    return frame


def trips_of(frame: pd.DataFrame, **rows: float):
    defaults = Defaults({f"pilot:{name}": value for name, value in rows.items()})
    return split_trips(check_telematics(frame), defaults=defaults)


def test_a_long_halt_parts_trips_and_a_short_one_does_not() -> None:
    """Five minutes belong to the trip, a quarter of an hour ends it."""
    drive, rest = (600.0, 36.0, 80.0, 78.0), (900.0, 0.0, 76.0, 76.0)
    again, last = (600.0, 36.0, 78.0, 76.0), (600.0, 36.0, 76.0, 74.0)
    wait = (300.0, 0.0, 78.0, 78.0)
    trips = trips_of(log([drive, wait, again, rest, last]))
    assert len(trips) == 2
    assert trips.table["speed_distance_km"].tolist() == pytest.approx([12.0, 6.0], rel=0.01)
    assert trips.table["duration_s"].tolist() == pytest.approx([1500.0, 600.0], abs=3)


def test_charging_parts_trips_and_is_reported() -> None:
    """A rise while standing is charging, even in a short halt; on the move it is a descent."""
    drive, down = (600.0, 36.0, 60.0, 50.0), (300.0, 36.0, 50.0, 55.0)
    plug = (300.0, 0.0, 55.0, 75.0)
    trips = trips_of(log([drive, down, plug, drive]))
    assert len(trips) == 2
    assert len(trips.charges) == 1
    event = trips.charges.iloc[0]
    assert (event["soc_begin_percent"], event["soc_end_percent"]) == (55.0, 75.0)
    assert event["seen"]
    assert (event["end"] - event["begin"]).total_seconds() == pytest.approx(290, abs=15)


def test_charging_overnight_in_silence_is_found() -> None:
    """A parked vehicle that sends nothing while it charges: times are those of the silence."""
    evening = log([(600.0, 36.0, 60.0, 50.0), (30.0, 0.0, 50.0, 50.0)])
    morning = log([(30.0, 0.0, 95.0, 95.0), (600.0, 36.0, 95.0, 90.0)])
    morning["time"] += pd.Timedelta("10h")
    trips = trips_of(pd.concat([evening, morning], ignore_index=True))
    assert len(trips) == 2
    assert len(trips.charges) == 1
    assert not trips.charges["seen"].iloc[0]
    assert trips.charges["soc_end_percent"].iloc[0] == 95.0


def test_ignition_and_silence_part_trips() -> None:
    """Switched off for ten seconds, or silent for six minutes."""
    drive = (600.0, 36.0, 80.0, 78.0)
    frame = log([drive, (10.0, 0.0, 78.0, 78.0), (600.0, 36.0, 78.0, 76.0)])
    assert len(trips_of(frame)) == 1
    ignition = ~((frame.index >= 600) & (frame.index < 610))
    assert len(trips_of(frame.assign(ignition=ignition))) == 2
    later = frame.copy()
    later.loc[later.index >= 605, "time"] += pd.Timedelta("6min")
    assert len(trips_of(later)) == 2


def test_speed_comes_from_positions_where_the_device_gives_none() -> None:
    """One ten-thousandth of a degree of latitude a second is 11.1 m/s."""
    second = np.arange(300)
    frame = pd.DataFrame({
        "time": START + pd.to_timedelta(second, unit="s"), "lat": 19.0 + 1e-4 * second,
        "lon": -99.0, "soc_percent": 80.0 - second // 100,
    })  # fmt: skip
    trips = trips_of(frame)
    assert trips.table["speed_distance_km"].iloc[0] == pytest.approx(299 * 11.07 / 1000, rel=0.002)
    assert trips.report["speed taken from positions"] == 300


def test_single_wild_speeds_are_left_out() -> None:
    """90 km/h for one second amid 36 is a fault of the receiver; a braking is not."""
    frame = log([(100.0, 36.0, 80.0, 79.0)])
    frame.loc[50, "speed_kmh"] = 90.0
    trips = trips_of(frame)
    assert trips.report["speed spikes left out"] == 1
    assert trips.samples["speed_m_s"].max() == pytest.approx(10.0)


def test_energy_from_charge_and_its_uncertainty() -> None:
    """10 % of 50 kWh; steps of 1 % leave 50 kWh / 100 / sqrt(6)."""
    trips = trips_of(log([(600.0, 36.0, 80.0, 70.0)]))
    found = measured_energy(trips, battery_usable_wh=50000.0).iloc[0]
    assert found["energy_kwh"] == pytest.approx(5.0)
    assert found["energy_sd_kwh"] == pytest.approx(0.5 / np.sqrt(6))
    assert (found["measured_by"], found["basis"]) == ("state of charge", "cells")
    aged = measured_energy(trips, battery_usable_wh=50000.0, state_of_health=0.8)
    assert aged["energy_kwh"].iloc[0] == pytest.approx(4.0)


def test_the_stated_uncertainty_is_that_of_rounding() -> None:
    """Falls of a charge that is rounded at both ends scatter as stated, by simulation."""
    rng = np.random.default_rng(3)
    begin, fall = rng.uniform(60, 90, 20000), rng.uniform(5, 30, 20000)
    shown = np.round(begin) - np.round(begin - fall)
    assert (shown - fall).std() == pytest.approx(1 / np.sqrt(6), rel=0.02)


def test_energy_from_power_by_hand() -> None:
    """10 kW for 600 s, of which a third is given back: (400 - 200) s x 10 kW."""
    frame = log([(600.0, 36.0, 80.0, 70.0)])
    frame["battery_power_kw"] = np.where(frame.index < 400, 10.0, -10.0)
    found = measured_energy(trips_of(frame), battery_usable_wh=50000.0).iloc[0]
    assert found["energy_kwh"] == pytest.approx(200 * 10 / 3600, abs=0.01)
    assert found["energy_sd_kwh"] == pytest.approx(0.02 * 10 / 6, rel=0.01)
    assert found["basis"] == "terminals"


def test_unknown_energy_stays_unknown() -> None:
    """One known charge makes no difference of two."""
    frame = log([(600.0, 36.0, 80.0, 70.0)])
    frame.loc[1:, "soc_percent"] = np.nan
    found = measured_energy(trips_of(frame), battery_usable_wh=50000.0).iloc[0]
    assert np.isnan(found["energy_kwh"])
    assert found["measured_by"] == ""


def test_a_charge_that_never_moves_tells_no_energy() -> None:
    """One value all along: the step of the display is not known, so neither is the energy."""
    still = measured_energy(trips_of(log([(600.0, 36.0, 80.0, 80.0)])), battery_usable_wh=50000.0)
    assert still["energy_kwh"].isna().all()
    stated = measured_energy(
        trips_of(log([(600.0, 36.0, 80.0, 80.0)])), battery_usable_wh=50000.0, soc_step_percent=1.0
    )
    assert stated["energy_kwh"].tolist() == [0.0]
    assert stated["energy_sd_kwh"].iloc[0] == pytest.approx(0.5 / np.sqrt(6))


def test_odometers_count_only_when_fine_enough() -> None:
    """A counter in metres gives the distance, one in whole kilometres does not."""
    frame = log([(600.0, 36.0, 80.0, 70.0)])
    fine = frame.assign(odometer_km=1000.0 + 0.0102 * frame.index)
    assert trips_of(fine).table["distance_by"].iloc[0] == "odometer"
    assert trips_of(fine).table["distance_km"].iloc[0] == pytest.approx(6.11, abs=0.01)
    coarse = frame.assign(odometer_km=np.floor(1000.0 + 0.01 * frame.index))
    assert trips_of(coarse).table["distance_by"].iloc[0] == "speed"


def test_nothing_driven_and_impossible_batteries_are_errors() -> None:
    """A parked vehicle has no trips; a battery holds something."""
    with pytest.raises(InputError, match="more than 2 km/h"):
        trips_of(log([(600.0, 0.0, 80.0, 80.0)]))
    trips = trips_of(log([(600.0, 36.0, 80.0, 70.0)]))
    with pytest.raises(InputError) as error:
        measured_energy(trips, battery_usable_wh=0.0, state_of_health=1.2, soc_step_percent=0.0)
    assert len(error.value.problems) == 3
