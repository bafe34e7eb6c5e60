"""Points of the index at the edges of its bands, and phases at the edges of their limits."""

from __future__ import annotations

import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geofleet.defaults import Defaults
from geofleet.errors import InputError
from geofleet.policy.contingency import POLLUTANTS, index_points, phase_limits, phase_of

TODAY = datetime.date(2024, 5, 14)

# Ends of the bands of NADF-009-AIRE-2017: concentration, points.
EDGES = [
    ("o3", [0, 70, 71, 95, 96, 154, 155, 204, 205, 404, 405, 504, 505, 604]),
    ("pm10", [0, 40, 41, 75, 76, 214, 215, 354, 355, 424, 425, 504, 505, 604]),
    ("pm25", [0, 12, 12.1, 45, 45.1, 97.4, 97.5, 150.4, 150.5, 250.4, 250.5, 350.4, 350.5, 500.4]),
]
POINTS = [0, 50, 51, 100, 101, 150, 151, 200, 201, 300, 301, 400, 401, 500]


@pytest.mark.parametrize(("pollutant", "values"), EDGES)
def test_bands_begin_and_end_where_the_norm_says(pollutant: str, values: list[float]) -> None:
    """Each band begins one step and one point above the end of the one before."""
    assert index_points(pollutant, values).tolist() == POINTS


@pytest.mark.parametrize(
    ("pollutant", "start", "slope", "first"),
    # slopes as the city's air quality office printed them
    [("o3", 71, 2.04167, 51), ("o3", 96, 0.84483, 101), ("o3", 155, 1.0, 151),
     ("o3", 205, 0.49749, 201), ("pm10", 41, 1.4412, 51), ("pm10", 76, 0.3551, 101),
     ("pm10", 215, 0.3525, 151), ("pm25", 12.1, 1.4894, 51), ("pm25", 45.1, 0.9369, 101),
     ("pm25", 97.5, 0.9263, 151), ("pm25", 150.5, 0.9910, 201)],
)  # fmt: skip
def test_lines_have_the_published_slopes(
    pollutant: str, start: float, slope: float, first: float
) -> None:
    """Published slopes are rounded to four figures; the points agree to that."""
    steps = np.arange(1, 20)
    found = index_points(pollutant, start + steps, whole=False)
    np.testing.assert_allclose(found, first + slope * steps, atol=0.01)


def test_a_reported_value_has_its_reported_points() -> None:
    """102 µg/m3 of PM2.5 were reported as 155 points; the line gives 155.2."""
    assert index_points("pm25", 102, whole=False) == pytest.approx(155.2, abs=0.05)
    assert index_points("pm25", 102) == 155


def test_nothing_falls_between_two_bands() -> None:
    """Concentrations are rounded to the step of the bands, halves up."""
    assert index_points("o3", [154.4, 154.5, 154.99]).tolist() == [150, 151, 151]
    assert index_points("pm25", [97.44, 97.45, 97.49]).tolist() == [150, 151, 151]
    assert index_points("pm10", [214.4, 214.5]).tolist() == [150, 151]


@given(
    st.sampled_from(POLLUTANTS),
    st.lists(st.floats(0, 700, allow_nan=False), min_size=2, max_size=20),
)
def test_more_never_has_fewer_points(pollutant: str, values: list[float]) -> None:
    """The index rises with the concentration, beyond 500 points too."""
    points = index_points(pollutant, np.sort(values))
    assert (np.diff(points) >= 0).all()


def test_unknown_stays_unknown_and_negative_is_refused() -> None:
    """NaN has no points; a code for missing values is no concentration."""
    assert np.isnan(index_points("o3", [np.nan, 10])).tolist() == [True, False]
    assert index_points("o3", np.zeros((2, 3))).shape == (2, 3)
    with pytest.raises(InputError, match=r"-99.*0 or more in ppb"):
        index_points("o3", [10, -99])
    with pytest.raises(InputError, match="one of o3, pm10, pm25"):
        index_points("no2", 10)


@pytest.mark.parametrize(
    ("pollutant", "below", "above"),
    [("o3", 154, 155), ("pm10", 214, 215), ("pm25", 97.4, 97.5)],
)
def test_phase_one_begins_one_step_above_150_points(
    pollutant: str, below: float, above: float
) -> None:
    """154 ppb calls for nothing, 155 ppb for Fase I; particles alike."""
    assert phase_of({pollutant: float(index_points(pollutant, below))}, TODAY) == ""
    assert phase_of({pollutant: float(index_points(pollutant, above))}, TODAY) == "I"


@pytest.mark.parametrize(("pollutant", "last"), [("o3", 204), ("pm10", 354), ("pm25", 150.4)])
def test_phase_two_begins_above_200_points(pollutant: str, last: float) -> None:
    """The value of 200 points is the last of Fase I."""
    step = 0.1 if pollutant == "pm25" else 1
    assert phase_of({pollutant: float(index_points(pollutant, last))}, TODAY) == "I"
    assert phase_of({pollutant: float(index_points(pollutant, last + step))}, TODAY) == "II"


def test_combined_phases_need_ozone_and_particles() -> None:
    """Neither alone is enough, however high, and the gravest phase is named."""
    assert phase_of({"o3": 141}, TODAY) == ""
    assert phase_of({"o3": 141, "pm10": 135}, TODAY) == ""
    assert phase_of({"o3": 141, "pm10": 136}, TODAY) == "I combinada"
    assert phase_of({"pm10": 149, "pm25": 149}, TODAY) == ""
    assert phase_of({"o3": 151, "pm25": 140}, TODAY) == "I"
    assert phase_of({"o3": 151, "pm25": 141}, TODAY) == "II combinada"
    assert phase_of({"o3": float("nan"), "pm25": 300}, TODAY) == "II"


def test_combined_phases_say_how_little_is_known() -> None:
    """Numbers from memory are marked so."""
    status = {one.phase: one.status for one in phase_limits() if one.version == "2019"}
    assert status["I"] == "verified"
    assert status["I combinada"] == "memory"


def test_preventive_phase_is_asked_for() -> None:
    """It is declared on forecasts: 140 points of ozone, 135 of particles are not yet above."""
    for points, phase in [({"o3": 140}, ""), ({"o3": 141}, "preventiva"), ({"pm25": 135}, ""),
                          ({"pm25": 136}, "preventiva")]:  # fmt: skip
        assert phase_of(points, TODAY, preventive=True) == phase
        assert phase_of(points, TODAY) == ""


def test_each_programme_holds_for_its_days() -> None:
    """176 IMECA was the first of Fase I until April 2016, 151 points since."""
    last, first = datetime.date(2016, 4, 5), datetime.date(2016, 4, 6)
    assert [phase_of({"o3": n}, last) for n in (151, 175, 176, 230, 231)] == [
        "",
        "",
        "I",
        "I",
        "II",
    ]
    assert [phase_of({"o3": n}, first) for n in (150, 151, 200, 201)] == ["", "I", "I", "II"]
    # PM2.5 came in with the programme of 2019
    assert phase_of({"pm25": 160}, datetime.date(2019, 5, 27)) == ""
    assert phase_of({"pm25": 160}, datetime.date(2019, 5, 28)) == "I"
    with pytest.raises(InputError, match="a programme"):
        phase_of({"o3": 300}, datetime.date(2010, 1, 1))
    with pytest.raises(InputError, match="one of o3, pm10, pm25"):
        phase_of({"no2": 300}, TODAY)


def test_a_users_limit_takes_the_place_of_the_default() -> None:
    """Limits are rows that a study may set."""
    strict = Defaults({"contingency:phase.2019.I.o3": 100})
    assert phase_of({"o3": 120}, TODAY, defaults=strict) == "I"


def test_rows_that_cannot_be_are_refused() -> None:
    """A day that is none, bands that do not rise."""
    day = Defaults({"contingency:version.2016.valid_from": "April 2016"})
    with pytest.raises(InputError, match="a date like 2016-04-06"):
        phase_limits(defaults=day)
    bands = Defaults({"contingency:index.o3.150": 90})
    with pytest.raises(InputError, match="ends of bands that rise"):
        index_points("o3", 10, defaults=bands)
