"""Days that measurements call a contingency on, days they do not, and days nobody can tell."""

from __future__ import annotations

import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from geofleet.defaults import Defaults
from geofleet.errors import InputError
from geofleet.policy.contingency import contingency_years, detect
from geofleet.policy.decisions import FORBIDDEN, UNKNOWN, decide
from geofleet.policy.rules.packs import load_pack

MEXICO = "America/Mexico_City"
DAY = datetime.date(2024, 5, 14)


def hourly(first: str, hours: int, stations: str = "ABC", **values: float) -> pd.DataFrame:
    """Return a table of hours that end from ``first`` on, constant values at all stations."""
    ends = pd.date_range(first, periods=hours, freq="h")
    frame = pd.MultiIndex.from_product([ends, list(stations)], names=["end_local", "station"])
    return frame.to_frame(index=False).assign(**values)


def put(frame: pd.DataFrame, end: str, station: str, column: str, value: float) -> pd.DataFrame:
    """Return the table with one cell changed."""
    out = frame.copy()
    out[column] = out[column].astype(float)
    out.loc[(out["end_local"] == end) & (out["station"] == station), column] = value
    return out


def test_one_station_at_one_hour_is_enough() -> None:
    """Station, hour, value, points, phase and programme are named; measures hold the day after."""
    quiet = hourly("2024-05-14 01:00", 48, O3=60)
    found = detect(put(quiet, "2024-05-14 16:00", "B", "O3", 155), timezone=MEXICO)
    row = found.days.iloc[0]
    assert (row["date"], row["status"], row["phase"]) == (DAY, "exceeded", "I")
    assert (row["station"], row["value"], row["points"]) == ("B", 155, 151)
    assert str(row["hour_end"]) == "2024-05-14 16:00:00-06:00"
    assert (row["version"], row["rule_status"]) == ("2019", "verified")
    assert row["measures_on"] == datetime.date(2024, 5, 15)
    assert found.calendar["status"].tolist() == ["exceeded", "below"]
    nothing = detect(put(quiet, "2024-05-14 16:00", "B", "O3", 154), timezone=MEXICO)
    assert nothing.calendar["status"].tolist() == ["below", "below"]
    assert nothing.days["points"].tolist() == [150, np.floor(60 * 50 / 70 + 0.5)]
    assert nothing.events() == ()


def test_the_first_hour_and_the_highest_are_both_told() -> None:
    """A bulletin follows the first hour; the highest is later."""
    frame = put(hourly("2024-05-14 01:00", 24, O3=60), "2024-05-14 15:00", "C", "O3", 160)
    frame = put(frame, "2024-05-14 17:00", "A", "O3", 205)
    row = detect(frame, timezone=MEXICO).days.iloc[0]
    assert (row["station"], row["phase"]) == ("A", "II")
    assert row["first_hour_end"].hour == 15
    assert row["hour_end"].hour == 17


def test_particles_count_by_their_moving_mean() -> None:
    """One hour of 400 µg/m3 is no contingency; a day of 97.5 is, from its 18th hour on."""
    quiet = hourly("2024-05-13 01:00", 48, PM25=20)
    peak = detect(put(quiet, "2024-05-14 12:00", "A", "PM25", 400), timezone=MEXICO)
    assert peak.days["value"].tolist() == [20, pytest.approx((23 * 20 + 400) / 24)]
    # on the first day of a table only its last seven hours have a mean: too few
    assert peak.days["status"].tolist() == ["unknown", "below"]
    long = detect(hourly("2024-05-14 01:00", 24, PM25=97.5), timezone=MEXICO).days.iloc[0]
    assert (long["status"], long["points"]) == ("exceeded", 151)
    assert long["first_hour_end"].hour == 18
    edge = detect(hourly("2024-05-13 01:00", 48, PM25=97.4), timezone=MEXICO)
    assert edge.days["status"].tolist() == ["unknown", "below"]


def test_too_little_measured_is_unknown_not_nothing() -> None:
    """A day of gaps is unknown; a gap does not hide what another station measured."""
    frame = hourly("2024-05-13 01:00", 72, O3=60)
    gone = frame["end_local"].between("2024-05-14 06:00", "2024-05-15 00:00")
    frame.loc[gone, "O3"] = np.nan
    assert detect(frame, timezone=MEXICO).calendar["status"].tolist() == [
        "below", "unknown", "below",
    ]  # fmt: skip
    # a whole day without rows stands in the calendar too
    without = frame[~gone]
    assert detect(without, timezone=MEXICO).calendar["status"].tolist()[1] == "unknown"
    seen = put(frame, "2024-05-14 16:00", "A", "O3", 170)
    assert detect(seen, timezone=MEXICO).calendar["status"].tolist()[1] == "exceeded"
    # six hours of 24 may be missing
    few = hourly("2024-05-14 01:00", 24, O3=60)
    few.loc[few["end_local"] < "2024-05-14 07:00", "O3"] = np.nan
    assert detect(few, timezone=MEXICO).calendar["status"].tolist() == ["below"]
    few.loc[few["end_local"] < "2024-05-14 08:00", "O3"] = np.nan
    assert detect(few, timezone=MEXICO).calendar["status"].tolist() == ["unknown"]


def test_enough_stations_must_have_measured() -> None:
    """One of four is less than a third; a study may ask for less."""
    frame = hourly("2024-05-13 01:00", 48, stations="ABCD", O3=60)
    frame.loc[(frame["end_local"] > "2024-05-14 00:00") & (frame["station"] != "A"), "O3"] = np.nan
    assert detect(frame, timezone=MEXICO).calendar["status"].tolist() == ["below", "unknown"]
    less = Defaults({"contingency:completeness.stations": 0.25})
    found = detect(frame, timezone=MEXICO, defaults=less)
    assert found.calendar["status"].tolist() == ["below", "below"]
    assert found.days["stations"].tolist() == [4, 1]
    assert "contingency:completeness.stations" in found.provenance


def test_days_of_23_and_25_hours() -> None:
    """With the clock moved a day is complete by its own hours; UTC stamps are unambiguous."""
    ends = pd.date_range("2015-04-05 07:00", "2015-04-06 05:00", freq="h", tz="UTC")
    frame = pd.DataFrame({"time": ends, "station": "A", "O3": 60.0})
    assert len(frame) == 23
    found = detect(frame, timezone=MEXICO)
    assert found.calendar["status"].tolist() == ["below"]
    assert found.calendar["version"].tolist() == ["2012"]
    # 18 of 24 hours would do; 17 of 23 (73.9 %) do not
    assert detect(frame.iloc[6:], timezone=MEXICO).calendar["status"].tolist() == ["unknown"]
    assert detect(frame.iloc[5:], timezone=MEXICO).calendar["status"].tolist() == ["below"]


def test_programmes_of_other_years() -> None:
    """170 ppb were no Fase I in 2015; PM2.5 had no phase in 2017; before 2015 nobody can tell."""
    frame = put(hourly("2015-02-01 01:00", 24, O3=60), "2015-02-01 16:00", "A", "O3", 170)
    assert detect(frame, timezone=MEXICO).calendar["status"].tolist() == ["below"]
    high = put(frame, "2015-02-01 16:00", "A", "O3", 180)
    assert detect(high, timezone=MEXICO).calendar["phase"].tolist() == ["I"]
    dust = detect(hourly("2017-02-01 01:00", 24, O3=60, PM25=300), timezone=MEXICO)
    assert dust.days["status"].tolist() == ["below", "not covered"]
    assert dust.calendar["status"].tolist() == ["below"]
    old = detect(hourly("2011-02-01 01:00", 24, O3=300), timezone=MEXICO)
    assert old.calendar["status"].tolist() == ["unknown"]
    assert old.days["points"].isna().all()


def test_combined_phase_of_a_day() -> None:
    """Ozone at 141 points with PM10 at 136 is a combined Fase I, whose numbers are from memory."""
    # 143 ppb: 101 + 49 × 47 / 58 = 140.7; 175 µg/m3: 101 + 49 × 99 / 138 = 136.2
    frame = hourly("2024-05-13 01:00", 48, O3=143, PM10=175)
    found = detect(frame, timezone=MEXICO)
    row = found.calendar.iloc[1]
    assert (row["phase"], row["pollutants"], row["rule_status"]) == (
        "I combinada", "o3; pm10", "memory",
    )  # fmt: skip
    # alone neither calls for anything
    assert found.days["status"].tolist()[2:] == ["below", "below"]
    plain = detect(frame, timezone=MEXICO, phases=("I", "II"))
    with pytest.raises(InputError, match="phases: 'III': expected one of preventiva"):
        detect(frame, timezone=MEXICO, phases=("III",))
    assert plain.calendar["status"].tolist()[1] == "below"


def test_detected_days_become_events_without_announcements() -> None:
    """Rules that need no announcement hold; those that ask for parity answer unknown."""
    quiet = hourly("2024-05-13 01:00", 24, O3=60)
    found = detect(put(quiet, "2024-05-13 16:00", "B", "O3", 169), timezone=MEXICO)
    (event,) = found.events(area="ZMVM")
    assert event.dates == (DAY,)
    assert (event.phase, event.pollutants, event.parity) == ("I", ("o3",), None)
    rules = load_pack("mexico")
    nothing = {"fuel": "diesel", "cargo_type": "none", "refrigeration": "none", "permits": "none",
               "programme_membership": "none", "plate_jurisdiction": "local"}  # fmt: skip
    cases = pd.DataFrame([
        {"use": "freight", "hologram": "0", "plate_digit": "1", **nothing},
        {"use": "private", "hologram": "1", "plate_digit": "1", **nothing},
        {"use": "private", "hologram": "1", "plate_digit": "7", **nothing},
    ])  # fmt: skip
    places = {name: name == "zmvm" for name in rules.geographies}
    decided = decide(rules, cases, [DAY], events=[event], inside=places)
    assert decided.status_at([0, 1, 2], 0, 7 * 3600).tolist() == [FORBIDDEN, UNKNOWN, FORBIDDEN]


def test_episodes_join_days_that_follow_each_other() -> None:
    """Two days in a row are one episode, with the gravest phase of them."""
    frame = hourly("2024-05-13 01:00", 96, O3=60)
    for end, value in [("2024-05-13 16:00", 160), ("2024-05-14 16:00", 210),
                       ("2024-05-16 16:00", 160)]:  # fmt: skip
        frame = put(frame, end, "A", "O3", value)
    episodes = detect(frame, timezone=MEXICO).episodes()
    assert episodes["days"].tolist() == [2, 1]
    assert episodes["phase"].tolist() == ["II", "I"]
    assert detect(hourly("2024-05-13 01:00", 24, O3=1), timezone=MEXICO).episodes().empty


def test_order_of_rows_changes_nothing() -> None:
    """A table is a set of rows."""
    frame = put(hourly("2024-05-14 01:00", 48, O3=60, PM10=30), "2024-05-14 16:00", "B", "O3", 170)
    mixed = frame.sample(frac=1.0, random_state=1)
    one, other = detect(frame, timezone=MEXICO), detect(mixed, timezone=MEXICO)
    pd.testing.assert_frame_equal(one.days, other.days)
    pd.testing.assert_frame_equal(one.calendar, other.calendar)


@pytest.mark.shared
def test_the_year_2024_against_what_was_declared(shared_data: Path) -> None:
    """Every activation that is known by its day is found, and about as many as were declared.

    Twelve events on 16 days were declared, eleven for ozone and one for PM2.5. Measurements over
    the limit make twelve episodes of ozone on 17 days, and one of PM2.5 on two.
    """
    air = pd.read_parquet(shared_data / "data/air_quality/rama_hourly_2024.parquet")
    found = detect(air, timezone=MEXICO)
    measures = set(found.called["measures_on"])
    for day in (datetime.date(2024, 3, 24), DAY, datetime.date(2024, 5, 31)):
        assert day in measures
    episodes = found.episodes()
    declared = contingency_years().loc[2024]
    assert (episodes["pollutants"] == "pm25").sum() == declared["pm25"] == 1
    assert abs((episodes["pollutants"] == "o3").sum() - declared["o3"]) <= 1
    assert abs(len(found.called) - declared["days"]) <= 3
    assert set(found.called["phase"]) == {"I"}
    # no day is silently taken for a quiet one
    assert (found.calendar["status"] == "unknown").sum() == 19
    assert len(found.calendar) == 366
    # by pandas alone: days with an hour of 155 ppb or more
    over = air[air["O3"] >= 155]
    days = set((over["end_local"] - pd.Timedelta("1h")).dt.date)
    ozone = found.days[(found.days["pollutant"] == "o3") & (found.days["status"] == "exceeded")]
    assert set(ozone["date"]) == days
