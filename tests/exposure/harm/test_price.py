"""Harm per gram on a link: worked example, units, groups, refusals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geofleet.defaults import Defaults
from geofleet.errors import InputError
from geofleet.exposure import UnitExposure
from geofleet.exposure.harm import (
    ValueOfLife,
    baseline_mortality,
    harm_price,
    marginal_deaths_per_tonne,
    response_function,
    value_of_life,
)

BREATHING, SECONDS = 14.5, 86400.0


def unit(values: float | np.ndarray, edges: int = 2) -> UnitExposure:
    array = np.broadcast_to(np.asarray(values, dtype=float), (edges, 24)).copy()
    return UnitExposure(np.arange(edges, dtype=np.int32), array, people=1e6)


def of_intake_fraction(ppm: float) -> UnitExposure:
    """µg inhaled per g = persons·µg/m3 per g/s x m3/s."""
    return unit(ppm * SECONDS / BREATHING)


def test_worked_example_of_the_health_facts() -> None:
    """100 ppm: 18,900 person·µg/m3·years and 0.68 deaths per tonne of primary PM2.5."""
    share = Defaults().number("mortality", "check.adult_share")
    gemm = response_function("gemm_ncd_lri")
    mortality = baseline_mortality("MX", gemm.cause, rate_per_year=0.0095, adult_share=share)
    exposure = of_intake_fraction(100.0)
    np.testing.assert_allclose(harm_price(exposure, metric="intake"), 100.0)
    # µg/m3·h per gram, to years per tonne
    per_tonne = harm_price(exposure, metric="person_ug") * 1e6 / 8760.0
    np.testing.assert_allclose(per_tonne, 1e12 * 1e-4 / (14.5 * 365.0))
    np.testing.assert_allclose(per_tonne, 18_900, rtol=1e-3)
    deaths = marginal_deaths_per_tonne(
        exposure, function=gemm, mortality=mortality, background_ug_m3=22.0
    )
    # 18,900 x 0.62 x 0.0095 x 0.0061; the slope itself is 0.00606
    np.testing.assert_allclose(deaths, 18_900 * 0.62 * 0.0095 * 0.0061, rtol=8e-3)
    np.testing.assert_allclose(deaths, 0.68, atol=0.01)


def test_person_price_is_what_unit_exposure_calls_harm() -> None:
    """Price times grams is the harm of the unit exposure."""
    rng = np.random.default_rng(1)
    exposure = unit(rng.uniform(1e4, 1e6, (2, 24)))
    grams = rng.uniform(0, 30, (2, 24))
    np.testing.assert_allclose(harm_price(exposure) * grams, exposure.harm(grams))


def test_years_and_money_are_deaths_times_what_a_death_takes() -> None:
    gemm = response_function("pm25")
    mortality = baseline_mortality("MX", gemm.cause)
    given_ = {"function": gemm, "mortality": mortality, "background_ug_m3": 22.0}
    exposure = of_intake_fraction(60.0)
    deaths = harm_price(exposure, metric="deaths", **given_)
    years = harm_price(exposure, metric="years", **given_)
    np.testing.assert_allclose(years / deaths, mortality.years_per_death(25.0))
    value = value_of_life("MX", "central")
    money = harm_price(exposure, metric="money", value_of_life=value, **given_)
    np.testing.assert_allclose(money, deaths * 2_000_000)


def test_no2_has_no_background_to_ask_for_where_the_function_is_straight() -> None:
    """A log-linear slope is the same everywhere; the GEMM's is not and must be told where."""
    no2 = response_function("no2")
    mortality = baseline_mortality("CL", no2.cause)
    price = harm_price(unit(1e5), metric="deaths", function=no2, mortality=mortality)
    slope = np.log(1.02) / 10.0
    expected = 1e5 / (86400 * 365) * mortality.deaths_per_person(30.0) * slope
    np.testing.assert_allclose(price, expected)


@given(
    young=st.floats(0.0, 1e6), old=st.floats(0.0, 1e6), middle=st.floats(0.0, 1e6),
)  # fmt: skip
def test_groups_add_up(young: float, old: float, middle: float) -> None:
    """Everyone and two groups give what the two and the rest give, and persons are the same."""
    everyone = young + old + middle
    whole = {"people": unit(everyone), "under_5": unit(young), "over_65": unit(old)}
    apart = {"under_5": unit(young), "over_65": unit(old), "others": unit(middle)}
    gemm = response_function("pm25")
    mortality = baseline_mortality("MX", gemm.cause)
    given_ = {"function": gemm, "mortality": mortality, "background_ug_m3": 20.0}
    for metric in ("person_ug", "intake", "deaths", "years"):
        one = harm_price(whole, metric=metric, **given_)
        np.testing.assert_allclose(one, harm_price(apart, metric=metric, **given_), rtol=1e-6,
                                   atol=1e-9)  # fmt: skip
    np.testing.assert_allclose(harm_price(whole), harm_price(unit(everyone)), rtol=1e-12)


def test_groups_in_the_country_s_proportions_are_everyone() -> None:
    """Split by age as the country is, deaths are those of people who are not split."""
    gemm = response_function("pm25")
    mortality = baseline_mortality("MX", gemm.cause)
    shares = mortality.people_share
    parts = {"under_5": shares[:1].sum(), "5_64": shares[1:13].sum(), "65_plus": shares[13:].sum()}
    by_age = {name: unit(1e5 * share) for name, share in parts.items()}
    given_ = {"function": gemm, "mortality": mortality, "background_ug_m3": 20.0}
    for metric in ("deaths", "years"):
        np.testing.assert_allclose(
            harm_price(by_age, metric=metric, **given_),
            harm_price(unit(1e5), metric=metric, **given_),
        )
    # the old breathe an eighth of it and die of most of it
    old = harm_price({"65_plus": by_age["65_plus"], "0_64": unit(0.0)}, metric="deaths", **given_)
    every = harm_price(by_age, metric="deaths", **given_)
    assert 0.5 < (old / every)[0, 0] < 0.8


def test_what_is_missing_is_named() -> None:
    gemm = response_function("pm25")
    mortality = baseline_mortality("MX", gemm.cause)
    with pytest.raises(InputError, match="response_function") as caught:
        harm_price(unit(1.0), metric="deaths")
    assert len(caught.value.problems) == 2
    with pytest.raises(InputError, match="depends on it"):
        harm_price(unit(1.0), metric="deaths", function=gemm, mortality=mortality)
    with pytest.raises(InputError, match="value_of_life"):
        harm_price(
            unit(1.0), metric="money", function=gemm, mortality=mortality, background_ug_m3=20.0
        )
    with pytest.raises(InputError, match="'stroke'"):
        harm_price(
            unit(1.0), metric="deaths", function=response_function("gemm_stroke"),
            mortality=mortality, background_ug_m3=20.0,
        )  # fmt: skip
    with pytest.raises(InputError, match="one of person_ug"):
        harm_price(unit(1.0), metric="dalys")  # type: ignore[arg-type]


def test_groups_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InputError, match="left out unseen"):
        harm_price({"under_5": unit(1.0)})
    with pytest.raises(InputError, match="no more than everyone"):
        harm_price({"people": unit(1.0), "under_5": unit(2.0)})
    with pytest.raises(InputError, match="overlap"):
        harm_price({"under_5": unit(1.0), "0_10": unit(1.0), "others": unit(1.0)})
    with pytest.raises(InputError, match="its ages in bands"):
        harm_price({"pupils": unit(1.0), "others": unit(1.0)})
    named = {"pupils": unit(1.0), "others": unit(1.0)}
    assert harm_price(named, bands={"pupils": (6.0, 12.0)}).shape == (2, 24)
    with pytest.raises(InputError, match="same edges"):
        harm_price({"under_5": unit(1.0), "others": unit(1.0, edges=3)})


def test_prices_are_linear_in_the_value_of_life() -> None:
    gemm = response_function("pm25")
    mortality = baseline_mortality("MX", gemm.cause)
    one, two = (
        harm_price(
            unit(1e5), metric="money", function=gemm, mortality=mortality, background_ug_m3=20.0,
            value_of_life=ValueOfLife("mine", amount, "EUR", 2024),
        )
        for amount in (1e6, 3e6)
    )  # fmt: skip
    np.testing.assert_allclose(two, 3 * one)
