"""Days of weather from hourly records and from climate tables."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from geofleet.energy.robust import DayWeather
from geofleet.errors import InputError


def hours(start="2024-01-01", periods=24 * 4, tz="America/Santiago"):
    time = pd.date_range(start, periods=periods, freq="h", tz=tz)
    return pd.DataFrame({"time": time, "temperature_c": np.arange(periods) * 0.1})


def climate():
    return pd.DataFrame(
        {
            "month": np.repeat([1, 7], 24),
            "hour": np.tile(np.arange(24), 2),
            "weight_hours": np.repeat([31.0, 30.0], 24),
            "temperature_c": np.repeat([20.0, 8.0], 24),
        }
    )


def test_a_leap_year_with_its_changes_of_clock_has_all_its_days():
    """23 and 25 hours: the hour that is missing is bridged, the one that is twice is averaged."""
    table = hours(periods=366 * 24)
    weather = DayWeather.from_hours(table.assign(temperature_c=15.0))
    assert len(weather) == 366
    assert "2024-02-29" in weather.labels
    assert weather.report["hours_bridged"] == 1
    np.testing.assert_allclose(weather.temperature_c, 15.0)


@pytest.mark.parametrize(("missing", "days"), [(3, 4), (4, 3)])
def test_a_gap_is_bridged_only_as_a_whole(missing, days):
    """Three hours from 22 h on are bridged over midnight; of four not even the first."""
    table = hours()
    table.loc[22 : 22 + missing - 1, "temperature_c"] = np.nan
    weather = DayWeather.from_hours(table)
    assert len(weather) == days - (missing > 3)
    if missing == 3:
        np.testing.assert_allclose(weather.temperature_c.ravel()[22:25], [2.2, 2.3, 2.4])


def test_wind_comes_from_where_it_is_said_to_come():
    """From the west it blows to the east; hours without wind count as unknown."""
    table = hours().assign(wind_speed_m_s=4.0, wind_from_deg=270.0)
    table.loc[5, "wind_from_deg"] = np.nan
    weather = DayWeather.from_hours(table)
    np.testing.assert_allclose(weather.wind_east_m_s.ravel()[:5], 4.0)
    np.testing.assert_allclose(weather.wind_north_m_s.ravel()[:5], 0.0, atol=1e-12)
    assert weather.wind_east_m_s.ravel()[5] == 0.0
    assert weather.report["hours_wind_unknown"] == 1


def test_rows_of_a_climate_table_are_days_by_their_weight():
    weather = DayWeather.from_rows(climate())
    np.testing.assert_allclose(weather.weight_days, [31.0, 30.0])
    np.testing.assert_allclose(weather.temperature_c[:, 3], [20.0, 8.0])


def test_an_hour_without_weight_keeps_its_temperature():
    """Unknown or weightless is never 0 °C."""
    table = climate()
    table.loc[3, "weight_hours"] = 0.0
    assert DayWeather.from_climate(table).temperature_c[0, 3] == 20.0


@pytest.mark.parametrize(
    ("column", "value", "row"),
    [("temperature_c", np.nan, 4), ("temperature_c", 200.0, 4), ("weight_hours", -1.0, 4)],
)
def test_rows_that_no_climate_has_are_named(column, value, row):
    table = climate()
    table.loc[3, column] = value
    with pytest.raises(InputError) as error:
        DayWeather.from_climate(table)
    problem = error.value.problems[0]
    assert (problem.field, problem.row) == (column, row)


@pytest.mark.parametrize(
    "table",
    [
        climate().iloc[:0],
        climate().assign(weight_hours=0.0),
        climate().iloc[:20],
        climate().drop(columns="hour"),
    ],
)
def test_a_climate_table_without_whole_days_is_refused(table):
    with pytest.raises(InputError):
        DayWeather.from_climate(table)


def test_times_that_are_no_times_are_named():
    table = hours().astype({"time": object})
    table.loc[2, "time"] = pd.NaT
    with pytest.raises(InputError) as error:
        DayWeather.from_hours(table)
    assert [(p.field, p.row) for p in error.value.problems] == [("time", 3)]


@pytest.mark.parametrize("make", [hours, climate])
def test_text_in_place_of_a_temperature_is_named(make):
    """A word is one error with its row, from either layout."""
    table = make()
    table["temperature_c"] = table["temperature_c"].astype(object)
    table.loc[3, "temperature_c"] = "mild"
    with pytest.raises(InputError) as raised:
        DayWeather.from_rows(table)
    (problem,) = raised.value.problems
    assert (problem.field, problem.row, problem.value) == ("temperature_c", 4, "mild")
