"""Concentration-response functions against published values and their own definitions."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geofleet.defaults import Defaults, read_table
from geofleet.errors import InputError
from geofleet.exposure.harm import limits, response_function, response_functions

NAMES = sorted(response_functions())


def test_gemm_at_22_is_the_published_one() -> None:
    """At 22 µg/m3: HR 1.215, 17.7 % of deaths, slope 0.0061 per µg/m3."""
    gemm = response_function("pm25")
    assert gemm.name == "gemm_ncd_lri"
    assert float(gemm.risk(22.0)) == pytest.approx(1.215, abs=5e-4)
    assert float(gemm.attributable_fraction(22.0)) == pytest.approx(0.177, abs=5e-4)
    assert float(gemm.slope(22.0)) == pytest.approx(0.0061, abs=5e-5)


@pytest.mark.parametrize(
    ("name", "theta", "alpha", "mu", "nu"),
    [
        ("gemm_ncd_lri", 0.1430, 1.6, 15.5, 36.8),
        ("gemm_stroke", 0.2720, 6.2, 16.7, 23.7),
        ("gemm_lri", 0.4468, 6.4, 5.7, 8.4),
    ],
)
def test_gemm_is_the_formula_of_burnett(
    name: str, theta: float, alpha: float, mu: float, nu: float
) -> None:
    gemm = response_function(name)
    for c in (0.0, 2.4, 5.0, 12.0, 35.0, 84.0):
        z = max(0.0, c - 2.4)
        hazard = math.exp(theta * math.log(1.0 + z / alpha) / (1.0 + math.exp(-(z - mu) / nu)))
        assert float(gemm.risk(c)) == pytest.approx(hazard, rel=1e-12)


@pytest.mark.parametrize(
    ("name", "pollutant", "ratio", "low", "high", "step"),
    [
        ("hoek_2013_pm25", "pm25", 1.06, 1.04, 1.08, 10),
        ("krewski_2009_pm25", "pm25", 1.06, 1.04, 1.08, 10),
        ("chen_hoek_2020_pm25", "pm25", 1.08, 1.06, 1.09, 10),
        ("faustini_2014_pm25", "pm25", 1.05, 1.02, 1.08, 10),
        ("janssen_2011_pm25", "pm25", 1.007, 1.004, 1.009, 1),
        ("hoek_2013_no2", "no2", 1.05, 1.03, 1.08, 10),
        ("huangfu_2020_no2", "no2", 1.02, 1.01, 1.04, 10),
        ("faustini_2014_no2", "no2", 1.04, 1.015, 1.065, 10),
        ("hoek_2013_ec", "bc", 1.06, 1.05, 1.07, 1),
        ("janssen_2011_ec", "bc", 1.06, 1.04, 1.09, 1),
    ],
)
def test_log_linear_functions_give_back_the_published_ratio_and_interval(
    name: str, pollutant: str, ratio: float, low: float, high: float, step: float
) -> None:
    """Ratios hold for their step, at any level; draws have the width of the published interval."""
    function = response_function(name)
    assert function.pollutant == pollutant
    for c in (0.0, 15.0, 80.0):
        assert float(function.risk(c + step) / function.risk(c)) == pytest.approx(ratio, rel=1e-12)
    drawn = np.exp(function.draws(200_000, seed=3) * step)
    ends = np.quantile(drawn, (0.025, 0.975))
    assert np.log(ends[1] / ends[0]) == pytest.approx(np.log(high / low), rel=0.01)
    assert np.median(drawn) == pytest.approx(ratio, rel=1e-3)


@given(name=st.sampled_from(NAMES), c=st.floats(2.5, 150.0))
def test_slope_is_the_derivative(name: str, c: float) -> None:
    """The analytic slope is that of differences of ln RR; risk never falls."""
    function = response_function(name)
    step = 1e-5
    difference = np.log(function.risk(c + step) / function.risk(c - step)) / (2 * step)
    assert float(function.slope(c)) == pytest.approx(float(difference), rel=1e-5)
    assert float(function.slope(c)) > 0.0


def test_below_the_counterfactual_there_is_no_risk() -> None:
    gemm = response_function("gemm_ncd_lri")
    np.testing.assert_array_equal(gemm.risk([0.0, 1.0, 2.4]), 1.0)
    np.testing.assert_array_equal(gemm.slope([0.0, 2.39]), 0.0)


def test_draws_are_seeded_and_have_the_published_error() -> None:
    gemm = response_function("gemm_ncd_lri")
    np.testing.assert_array_equal(gemm.draws(10, seed=5), gemm.draws(10, seed=5))
    assert gemm.draws(100_000, seed=1).std() == pytest.approx(0.01807, rel=0.02)


def test_a_study_may_bring_its_own_function_and_faults_are_named() -> None:
    table = read_table("health")
    rows = table[table.index.str.startswith("hoek_2013_pm25.")].copy()
    rows.index = rows.index.str.replace("hoek_2013_pm25", "mine")
    rows.loc["mine.risk_ratio", "value"] = "1.11"
    defaults = Defaults(tables={"health": rows})
    mine = response_function("mine", defaults=defaults)
    assert float(mine.risk(10.0)) == pytest.approx(1.11)
    assert "health:mine.risk_ratio" in mine.provenance
    bad = Defaults({"health:mine.risk_ratio": "none", "health:mine.per_ug_m3": 0},
                   tables={"health": rows})  # fmt: skip
    with pytest.raises(InputError) as caught:
        response_function("mine", defaults=bad)
    assert {problem.field for problem in caught.value.problems} == {
        "mine.risk_ratio", "mine.per_ug_m3",
    }  # fmt: skip
    with pytest.raises(InputError, match="hoek_2013_ec"):
        response_function("hoek")


def test_every_row_of_a_function_is_used_and_none_is_missing() -> None:
    """The rows of the table are those that its functions read, and a few settings."""
    defaults = Defaults()
    for name in NAMES:
        response_function(name, defaults=defaults)
    for pollutant in ("pm25", "no2", "bc"):
        assert response_function(pollutant, defaults=defaults).pollutant == pollutant
    rest = set(read_table("health").index) - {row.split(":")[1] for row in defaults.used}
    assert rest == {
        "draws", "interval_low", "interval_high", "background.mexico_city.pm25_ug_m3",
    }  # fmt: skip
    assert isinstance(read_table("health"), pd.DataFrame)


def test_limits_say_what_is_left_out() -> None:
    """Every figure says primary only, background apart, secondary particles not included."""
    for pollutant in ("pm25", "no2", "bc"):
        words = " ".join(limits(pollutant, deaths=True))
        for part in ("background", "Secondary particles", "not included", "never added"):
            assert part in words
        assert "only" in words
    assert "statistical" not in " ".join(limits())
