"""Benefits over costs: by hand, as a range, and how sure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy_financial as npf
import pandas as pd
import pytest
from scipy.stats import norm

from geofleet.defaults import Defaults
from geofleet.economics.options import Options
from geofleet.economics.society import (
    DeathRate,
    benefit_cost,
    death_rate,
    simulate,
    social_terms,
)
from geofleet.errors import InputError
from geofleet.exposure import UnitExposure
from geofleet.exposure.harm import baseline_mortality, harm_price, response_function

RATE = DeathRate(4e-9, 0.1264, 0.85, 1.15, ())


@pytest.fixture
def one(make: Callable[..., Options]) -> Options:
    """Return a truck whose filter avoids a million person·µg/m3·h and 5 kg of soot a year."""
    base = {"years": 10, "discount_rate": 0.16}
    return make({
        ("a", "keep"): (base, {"harm_person_ug_m3_h": 1.2e6, "bc_exhaust_g": 6e3,
                               "co2e_wtw_g": 2e7}),
        ("a", "dpf_retrofit"): ({**base, "price": 200_000, "filter_per_year": 10_000}, {
            "harm_person_ug_m3_h": 2e5, "bc_exhaust_g": 1e3, "co2e_wtw_g": 2.02e7}),
    })  # fmt: skip


def test_ratio_by_hand(one: Options) -> None:
    """0.004 deaths a year, 0.2 t of CO2e more, ten years at 10 %."""
    found = benefit_cost(one, deaths=RATE).table.loc[("a", "dpf_retrofit")]
    factor = -npf.pv(0.1, 10, 1)
    cost = 200_000 + 10_000 * factor
    life, carbon = 2_000_000 * 18.5567, 120 * 18.5567
    benefit = (1e6 * 4e-9 * life - 0.2 * carbon) * factor
    assert found["deaths_per_year"] == pytest.approx(0.004)
    assert found["bcr_central"] == pytest.approx(benefit / cost)
    assert found["net_benefit_central"] == pytest.approx(benefit - cost)
    assert found["bcr_low"] < found["bcr_central"] < found["bcr_high"]
    even = found["break_even_value_of_life"]
    assert 0.004 * factor * even - 0.2 * carbon * factor == pytest.approx(cost)
    assert found["word_central"] == "worth its cost"


def test_the_range_of_a_life_is_sixteenfold(one: Options) -> None:
    """Health at the high end over the low one is 3.3 million over 210,880."""
    found = benefit_cost(one, deaths=RATE).total
    assert found["health_high"] / found["health_low"] == pytest.approx(3_300_000 / 210_880)


def test_soot_warms_once_and_only_when_asked(one: Options) -> None:
    """5 kg a year at 658.6: 3.3 t of CO2e a year, and health as before."""
    plain = benefit_cost(one, deaths=RATE)
    warm = benefit_cost(one, deaths=RATE, defaults=Defaults({"society:black_carbon": "gwp100"}))
    more = warm.total["climate_central"] - plain.total["climate_central"]
    assert more == pytest.approx(5 * 0.6586 * 120 * 18.5567 * -npf.pv(0.1, 10, 1))
    assert warm.total["health_central"] == plain.total["health_central"]


def test_deaths_are_those_of_a_price_per_gram() -> None:
    """Persons·µg/m3·h times the rate are the deaths that harm prices have, for everyone."""
    unit = UnitExposure(np.array([3, 8]), np.full((2, 24), 7.5e6), 1e6)
    function = response_function("pm25")
    mortality = baseline_mortality("MX", function.cause)
    direct = harm_price(unit, metric="deaths", function=function, mortality=mortality,
                        background_ug_m3=22.0)  # fmt: skip
    persons = harm_price(unit, metric="person_ug")
    assert persons * death_rate("MX", background_ug_m3=22.0).per_harm == pytest.approx(direct)
    with pytest.raises(InputError, match="deaths overlap"):
        death_rate(background_ug_m3=22.0, function=response_function("bc"))
    with pytest.raises(InputError, match="yearly mean"):
        death_rate(background_ug_m3=float("nan"))


def test_a_truck_that_would_go_anyway_counts_for_its_years(one: Options) -> None:
    """Gone after four years, it gains four years' worth."""
    survival = pd.DataFrame([[1.0] * 4 + [0.0] * 6], index=["a"], columns=range(1, 11))
    found = benefit_cost(one, deaths=RATE, survival=survival)
    assert found.parts["deaths"].iloc[0] == pytest.approx(0.004 * -npf.pv(0.1, 4, 1))
    with pytest.raises(InputError, match="columns 1 to 10"):
        benefit_cost(one, deaths=RATE, survival=survival[[1, 2]])
    with pytest.raises(InputError, match="do not grow"):
        benefit_cost(one, deaths=RATE, survival=survival[survival.columns[::-1]].set_axis(
            range(1, 11), axis=1))  # fmt: skip


def test_unknown_exposure_makes_the_sum_unknown(random_options: Callable[..., Options]) -> None:
    """No harm, no benefit that could be told, and no ratio."""
    options = random_options(2, 5)
    physical = options.physical.copy()
    physical.loc["v1", "harm_person_ug_m3_h"] = np.nan
    found = benefit_cost(replace(options, physical=physical), deaths=RATE)
    assert found.table.loc["v1", "bcr_central"].isna().all()
    assert (found.table.loc["v1", "word_central"] == "unknown").all()
    assert np.isnan(found.total["net_benefit_central"])
    assert np.isnan(simulate(found, draws=10).positive)


def test_draws_are_the_same_for_a_seed_and_agree_with_the_range(one: Options) -> None:
    """Share above zero against an independent draw; drivers one by one; what flips is named."""
    found = benefit_cost(one, deaths=RATE)
    first, again, other = (simulate(found, draws=20_000, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(first.net_benefit, again.net_benefit)
    assert first.positive == pytest.approx(other.positive, abs=0.02)
    assert first.central == pytest.approx(found.total["net_benefit_central"])
    assert first.tornado.index[0] == "value_of_life"
    assert first.tornado["swing"].is_monotonic_decreasing
    low = first.tornado.loc["value_of_life"]
    assert low["at_low"] == pytest.approx(
        found.parts["deaths"].sum() * 210_880 * 18.5567
        + found.parts["co2e"].sum() * 120 * 18.5567 - found.total["present_cost"]
    )  # fmt: skip
    assert low["flips"]
    sure = simulate(benefit_cost(one, deaths=replace(RATE, per_harm=4e-6)), draws=2_000)
    never = simulate(benefit_cost(one, deaths=replace(RATE, per_harm=4e-13)), draws=2_000)
    assert (sure.positive, never.positive) == (1.0, 0.0)
    with pytest.raises(InputError, match="at least 1"):
        simulate(found, draws=0)


def test_a_lone_lognormal_has_its_own_probability(one: Options) -> None:
    """With nothing but exposure uncertain, P is the normal integral of ln(benefit / cost)."""
    sure = {f"society:range.{name}_{end}": 1.0 for name in ("emission", "investment", "running")
            for end in ("low", "high")}  # fmt: skip
    lives = {f"money:MX.{end}.value": 1_000_000 for end in ("low", "high", "central")}
    carbon = {f"society:carbon_price.{end}": 0.0 for end in ("low", "high")}
    defaults = Defaults({**sure, **lives, **carbon, "society:carbon_price.central": 0.0})
    rate = DeathRate(4e-9, 0.0, 1.0, 1.0, ())
    found = benefit_cost(one, deaths=rate, defaults=defaults)
    share = found.total["health_central"] / found.total["present_cost"]
    drawn = simulate(found, draws=40_000, seed=3, defaults=defaults)
    expected = norm.cdf(np.log(share) / (np.log(2.0) / 2.0))
    assert drawn.positive == pytest.approx(expected, abs=4 * drawn.standard_error)
    assert 0.9 < expected < 0.999


def test_terms_can_be_set_by_a_study(one: Options) -> None:
    """Another social rate is used for cost and benefit alike."""
    terms = social_terms(defaults=Defaults({"society:discount_rate": 0.05}))
    found = benefit_cost(one, deaths=RATE, terms=terms)
    assert found.total["present_cost"] == pytest.approx(200_000 - npf.pv(0.05, 10, 10_000))
