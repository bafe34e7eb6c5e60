"""Telematics are read in any names, units and zones; what is wrong is named or counted."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from geofleet.energy.pilot import check_telematics, read_telematics
from geofleet.errors import InputError

HEADER = "time,vehicle_id,speed_kmh,lat,lon,soc_percent\n"
GOOD = (
    "2024-05-14T08:00:00-06:00,v1,10,19.4,-99.1,80\n"
    "2024-05-14T08:00:01-06:00,v1,12,19.4001,-99.1,80\n"
    "2024-05-14T08:00:02-06:00,v1,13,19.4002,-99.1,79\n"
)


def write(tmp_path: Path, text: str, name: str = "log.csv") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_plain_file_is_read(tmp_path: Path) -> None:
    """Times become UTC, numbers stay, nothing is cleaned."""
    data = read_telematics(write(tmp_path, HEADER + GOOD))
    assert data.frame["time"].iloc[0] == pd.Timestamp("2024-05-14T14:00:00Z")
    assert data.frame["speed_kmh"].tolist() == [10.0, 12.0, 13.0]
    assert data.frame["row"].tolist() == [2, 3, 4]
    assert data.cleaned == {}
    assert data.has("soc_percent")
    assert not data.has("odometer_km")


def test_names_units_and_zone_are_translated(tmp_path: Path) -> None:
    """Another maker's file: own names, m/s, shares, Fahrenheit, local time without offset."""
    text = "Stamp,v,SOC,T_out\n2024-01-10 08:00:00,10,0.805,50\n2024-01-10 08:00:01,11,0.8,50\n"
    data = read_telematics(
        write(tmp_path, text),
        columns={"time": "Stamp", "speed_kmh": "v", "soc_percent": "SOC",
                 "ambient_temperature_c": "T_out"},
        units={"speed_kmh": "m/s", "soc_percent": "1", "ambient_temperature_c": "degF"},
        timezone="America/Mexico_City", vehicle_id="van-7",
    )  # fmt: skip
    frame = data.frame
    assert frame["time"].iloc[0] == pd.Timestamp("2024-01-10T14:00:00Z")
    assert frame["speed_kmh"].tolist() == pytest.approx([36.0, 39.6])
    assert frame["soc_percent"].tolist() == pytest.approx([80.5, 80.0])
    assert frame["ambient_temperature_c"].iloc[0] == pytest.approx(10.0)
    assert frame["vehicle_id"].unique().tolist() == ["van-7"]


FAULTS = [
    ("2024-05-14T08:00:00-06:00,v1,10,19.4,-99.1,79\n", "time", "not before", 5),
    ("2024-05-14T08:00:03-06:00,v1,10,19.4,-99.1,101\n", "soc_percent", "at most 100|to 100", 5),
    ("2024-05-14T08:00:03-06:00,v1,10,,-99.1,79\n", "lat, lon", "or neither", 5),
    ("2024-05-14T08:00:03-06:00,v1,,,,79\n", "speed_kmh, lat, lon", "a speed, or", 5),
    ("2024-05-14T08:00:02-06:00,v1,50,19.4,-99.1,79\n", "time", "one record", 5),
    ("2024-05-14T08:00:03,v1,10,19.4,-99.1,79\n", "time", "offset", 5),
    ("2024-05-14T08:00:03-06:00,,10,19.4,-99.1,79\n", "vehicle_id", "text", 5),
    ("yesterday,v1,10,19.4,-99.1,79\n", "time", "date and time", 5),
    ("2024-05-14T08:00:03-06:00,v1,fast,19.4,-99.1,79\n", "speed_kmh", "a number", 5),
    ("2024-05-14T08:00:03-06:00,v1,-3,19.4,-99.1,79\n", "speed_kmh", "a number", 5),
]


@pytest.mark.parametrize(("line", "field", "expected", "row"), FAULTS)
def test_each_fault_is_named_or_counted(
    tmp_path: Path, line: str, field: str, expected: str, row: int
) -> None:
    """File, row, field and what was expected; with cleaning, one fault counted."""
    path = write(tmp_path, HEADER + GOOD + line)
    with pytest.raises(InputError, match=expected) as error:
        read_telematics(path)
    problem = error.value.problems[0]
    assert (problem.file, problem.field, problem.row) == (str(path), field, row)
    cleaned = read_telematics(path, clean=True)
    assert sum(cleaned.cleaned.values()) >= 1
    assert cleaned.frame["soc_percent"].max() <= 100.0
    assert cleaned.frame["time"].is_monotonic_increasing


def test_one_clock_that_jumps_ahead_costs_one_record(tmp_path: Path) -> None:
    """A stamp of 2099 between good ones: it is left out, not all that come after it."""
    first, *rest = GOOD.splitlines(keepends=True)
    ahead = "2099-01-01T00:00:00Z,v1,11,19.4,-99.1,80\n"
    data = read_telematics(write(tmp_path, HEADER + first + ahead + "".join(rest)), clean=True)
    assert data.frame["speed_kmh"].tolist() == [10.0, 12.0, 13.0]
    assert data.cleaned == {"time before the one above it": 1}


def test_shares_of_one_are_not_taken_for_percent() -> None:
    """A battery at 0.81, 0.8, 0.79 is not nearly empty: the unit must be said."""
    frame = pd.DataFrame({
        "time": pd.date_range("2024-05-14", periods=3, freq="s", tz="UTC"),
        "speed_kmh": 10.0, "soc_percent": [0.81, 0.8, 0.79],
    })  # fmt: skip
    for clean in (False, True):
        with pytest.raises(InputError, match=r"soc_percent: '0.79 to 0.81': expected percent"):
            check_telematics(frame, clean=clean)
    for unit, first in (("1", 81.0), ("%", 0.81)):
        data = check_telematics(frame, units={"soc_percent": unit})
        assert data.frame["soc_percent"].iloc[0] == pytest.approx(first)


def test_all_faults_come_at_once(tmp_path: Path) -> None:
    """Nobody mends a file fault by fault."""
    text = HEADER + GOOD + "".join(line for line, *_ in FAULTS)
    with pytest.raises(InputError) as error:
        read_telematics(write(tmp_path, text))
    assert {problem.field for problem in error.value.problems} >= {
        "time", "soc_percent", "lat, lon", "speed_kmh",
    }  # fmt: skip


def test_exact_repetitions_are_left_out_and_counted(tmp_path: Path) -> None:
    """Devices send some records twice; that is no fault."""
    data = read_telematics(write(tmp_path, HEADER + GOOD + GOOD.splitlines()[-1] + "\n"))
    assert len(data.frame) == 3
    assert data.cleaned == {"exact repetition left out": 1}


def test_files_may_overlap_and_come_in_any_order(tmp_path: Path) -> None:
    """Two exports with a common record are one trace."""
    lines = GOOD.splitlines(keepends=True)
    late = write(tmp_path, HEADER + "".join(lines[1:]), "late.csv")
    early = write(tmp_path, HEADER + "".join(lines[:2]), "early.csv")
    data = read_telematics([late, early])
    assert data.frame["speed_kmh"].tolist() == [10.0, 12.0, 13.0]
    assert data.cleaned == {"exact repetition left out": 1}


def test_a_clock_time_that_is_shown_twice_tells_no_moment() -> None:
    """In the night when the clocks go back, 1:30 without an offset is two moments."""
    frame = pd.DataFrame({
        "time": ["2023-11-05 01:30:00"], "speed_kmh": [1.0], "soc_percent": [50.0],
    })  # fmt: skip
    with pytest.raises(InputError, match="time"):
        check_telematics(frame, timezone="America/New_York")


def test_columns_that_are_missing_are_named() -> None:
    """Neither speed nor position, no charge: both said, whatever cleaning says."""
    frame = pd.DataFrame({"time": ["2024-05-14T08:00:00Z"]})
    for clean in (False, True):
        with pytest.raises(InputError) as error:
            check_telematics(frame, clean=clean)
        assert len(error.value.problems) == 2
    with pytest.raises(InputError, match="one of km/h"):
        check_telematics(frame, units={"speed_kmh": "knots"})
    with pytest.raises(InputError, match="column of telematics"):
        check_telematics(frame, columns={"altitude": "z"})
    with pytest.raises(InputError, match="IANA"):
        check_telematics(
            frame.assign(speed_kmh=1.0, soc_percent=5.0), timezone="Middle/Earth"
        )  # fmt: skip
