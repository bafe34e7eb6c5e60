"""The preventive phase from forecasts, and how often contingencies were declared."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from geofleet.defaults import Defaults
from geofleet.errors import InputError
from geofleet.policy.contingency import contingency_years, expected_days_a_year, foreseen


def forecast(**columns: object) -> pd.DataFrame:
    """Return a forecast for one day."""
    return pd.DataFrame([{"date": "2026-02-17", "pollutant": "o3", **columns}])


@pytest.mark.parametrize(
    ("value", "probability", "status"),
    # 142 ppb have 140 points, 143 have 141
    [(142, 0.9, "below"), (143, 0.70, "exceeded"), (143, 0.69, "below"), (143, None, "unknown"),
     (142, None, "below")],
)  # fmt: skip
def test_ozone_must_be_likely(value: float, probability: float | None, status: str) -> None:
    """Above 140 points with 70 %; without a probability nobody can tell."""
    assert foreseen(forecast(value=value, probability=probability))["status"].tolist() == [status]


def test_particles_count_whatever_the_chance() -> None:
    """171 µg/m3 of PM10 have 135 points, 173 have 135.4 and so 135, 174 have 136."""
    rows = [{"date": "2026-02-17", "pollutant": "pm10", "value": value} for value in (171, 174)]
    found = foreseen(pd.DataFrame(rows))
    assert found["status"].tolist() == ["below", "exceeded"]
    assert found["points"].tolist() == [135, 136]


def test_forecasts_of_other_programmes_and_faults() -> None:
    """In 2017 there was no preventive phase; a pollutant that is none is refused."""
    assert foreseen(forecast(date="2017-05-19", value=300))["status"].tolist() == ["not covered"]
    with pytest.raises(InputError, match=r"pollutant.*no2"):
        foreseen(forecast(pollutant="no2", value=300))
    wrong = Defaults({"contingency:forecast.probability": 70})
    with pytest.raises(InputError, match="a probability from 0 to 1"):
        foreseen(forecast(value=300, probability=0.8), defaults=wrong)


def test_declared_contingencies_of_ten_years_add_up() -> None:
    """The press counts 54 in ten years; each is of one kind."""
    years = contingency_years()
    assert years["events"].sum() == 54
    kinds = years[["o3", "pm25", "pm10", "combined"]].sum(axis=1)
    assert (kinds == years["events"]).all()
    assert years.loc[2024, "days"] == 16
    assert years.loc[2020, "days"] != years.loc[2020, "days"], "not published is not zero"
    assert (years["source"] != "").all()


def test_expected_days_a_year() -> None:
    """2024 and 2025: 18 events on 22 days; 54 events in ten years make 5.4 × 22 / 18 = 6.6."""
    assert expected_days_a_year() == pytest.approx(6.6)
    assert expected_days_a_year(first=2024, last=2024) == pytest.approx(12 * 22 / 18)
    with pytest.raises(InputError, match="years from 2016 to 2025"):
        expected_days_a_year(first=1990, last=1991)


@pytest.mark.shared
def test_frequencies_are_those_of_the_facts(shared_data: Path) -> None:
    """Row by row."""
    facts = pd.read_csv(shared_data / "facts/policy/contingency_frequency.csv", index_col="year")
    years = contingency_years()
    names = {"events": "events", "ozone": "o3", "pm25": "pm25", "pm10": "pm10",
             "combined": "combined"}  # fmt: skip
    for fact, name in names.items():
        assert years[name].tolist() == facts[fact].tolist()
