"""Attributable deaths: by hand, at the margin, with intervals, and never added."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geofleet.defaults import Defaults
from geofleet.errors import InputError
from geofleet.exposure import UnitExposure
from geofleet.exposure.harm import (
    attributable_deaths,
    baseline_mortality,
    harm_price,
    response_function,
    transferred_value_of_life,
    value_of_life,
)

GEMM = response_function("gemm_ncd_lri")
MORTALITY = baseline_mortality("MX", GEMM.cause, rate_per_year=0.0095, adult_share=0.62)


def gemm(c: float) -> float:
    z = max(0.0, c - 2.4)
    return math.exp(0.1430 * math.log(1.0 + z / 1.6) / (1.0 + math.exp(-(z - 15.5) / 36.8)))


def test_two_places_by_hand() -> None:
    """Each place loses people x share x rate x (1 - RR(rest) / RR(all))."""
    result = attributable_deaths(
        np.array([0.5, 2.0]), np.array([1000.0, 3000.0]), function=GEMM, mortality=MORTALITY,
        background_ug_m3=np.array([20.0, 30.0]),
    )  # fmt: skip
    one = 1000 * 0.62 * 0.0095 * (1 - gemm(19.5) / gemm(20.0))
    two = 3000 * 0.62 * 0.0095 * (1 - gemm(28.0) / gemm(30.0))
    np.testing.assert_allclose(result.by_receptor, [one, two], rtol=1e-9)
    assert result.deaths == pytest.approx(one + two, rel=1e-9)
    assert result.years == pytest.approx((one + two) * MORTALITY.years_per_death(25.0))
    assert result.increment_ug_m3 == pytest.approx((0.5 + 3 * 2.0) / 4)
    assert result.total_ug_m3 == pytest.approx((20.0 + 3 * 30.0) / 4)


def test_a_city_s_background_is_a_mean_that_includes_the_vehicles() -> None:
    """Places have their own increment on top of the rest, and the mean is what was given."""
    added, people = np.array([0.0, 1.0, 5.0]), np.array([1.0, 2.0, 1.0])
    kinds = {"function": GEMM, "mortality": MORTALITY}
    result = attributable_deaths(added, people, background_ug_m3=22.0, **kinds)
    rest = 22.0 - (2 * 1.0 + 5.0) / 4
    other = attributable_deaths(
        added, people, background_ug_m3=rest, including_increment=False, **kinds
    )
    np.testing.assert_allclose(result.by_receptor, other.by_receptor)
    assert result.total_ug_m3 == pytest.approx(22.0)


def test_burden_is_the_difference_of_burdens_by_observed_mortality() -> None:
    """All that is less all that stays, both by mortality as observed, is the increment's."""
    people, total, added = np.array([1e6]), np.array([25.0]), np.array([4.0])
    kinds = {"function": GEMM, "mortality": MORTALITY}
    whole = attributable_deaths(total, people, background_ug_m3=total, **kinds).deaths
    assert whole == pytest.approx(1e6 * 0.62 * 0.0095 * (1 - 1 / gemm(25.0)))
    part = attributable_deaths(added, people, background_ug_m3=total, **kinds).deaths
    # mortality without the increment is lower by RR(21) / RR(25)
    lower = 0.0095 * gemm(21.0) / gemm(25.0)
    stays = 1e6 * 0.62 * lower * (1 - 1 / gemm(21.0))
    assert part == pytest.approx(whole - stays)


@given(c=st.floats(5.0, 60.0), name=st.sampled_from(["gemm_ncd_lri", "hoek_2013_pm25"]))
def test_small_increments_are_the_marginal_form(c: float, name: str) -> None:
    """For little dC, deaths = persons x rate x slope x dC, as the price per gram has it."""
    function = response_function(name)
    mortality = baseline_mortality("MX", function.cause)
    added = np.array([1e-4])
    deaths = attributable_deaths(
        added, np.array([1e6]), function=function, mortality=mortality,
        background_ug_m3=np.array([c]),
    ).deaths  # fmt: skip
    per = mortality.deaths_per_person(function.minimum_age)
    assert deaths == pytest.approx(1e6 * per * float(function.slope(c)) * 1e-4, rel=1e-4)


def test_a_year_of_an_emission_costs_its_price() -> None:
    """Forward deaths of a small steady emission are price times grams of a year."""
    people, unit = 2e6, 3e5  # persons; persons·µg/m3 per g/s
    exposure = UnitExposure(np.array([0], np.int32), np.full((1, 24), unit), people)
    price = harm_price(
        exposure, metric="deaths", function=GEMM, mortality=MORTALITY, background_ug_m3=22.0
    )
    grams_per_hour = 3.6
    added = np.array([unit / people * grams_per_hour / 3600.0])
    forward = attributable_deaths(
        added, np.array([people]), function=GEMM, mortality=MORTALITY,
        background_ug_m3=np.array([22.0]),
    ).deaths  # fmt: skip
    assert price.sum() * grams_per_hour * 365 == pytest.approx(forward, rel=1e-4)


def test_interval_is_that_of_the_coefficient() -> None:
    """With one place the interval is the transform of the normal quantiles; seeds repeat."""
    kinds = {"function": GEMM, "mortality": MORTALITY, "background_ug_m3": np.array([22.0])}
    many = Defaults({"health:draws": 40_000})
    result = attributable_deaths(np.array([5.0]), np.array([1e6]), seed=2, defaults=many, **kinds)
    change = math.log(gemm(22.0) / gemm(17.0)) / 0.1430
    for end, sign in zip(result.interval, (-1.0, 1.0), strict=True):
        theta = 0.1430 + sign * 1.959964 * 0.01807
        exact = 1e6 * 0.62 * 0.0095 * (1 - math.exp(-theta * change))
        assert end == pytest.approx(exact, rel=0.01)
    again = attributable_deaths(np.array([5.0]), np.array([1e6]), seed=2, defaults=many, **kinds)
    assert again.interval == result.interval
    assert result.interval[0] < result.deaths < result.interval[1]
    ratio = result.years / result.deaths
    np.testing.assert_allclose(result.years_interval, np.array(result.interval) * ratio)


def test_chunks_of_draws_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    from geofleet.exposure.harm import deaths as module

    rng = np.random.default_rng(0)
    added, people = rng.uniform(0, 3, 50), rng.uniform(0, 1e4, 50)
    kinds = {"function": GEMM, "mortality": MORTALITY, "background_ug_m3": 22.0}
    whole = attributable_deaths(added, people, **kinds)
    monkeypatch.setattr(module, "_CHUNK", 500)
    np.testing.assert_allclose(attributable_deaths(added, people, **kinds).interval, whole.interval)


def test_deaths_by_zone() -> None:
    """Labels add up to all deaths; a missing one is unknown."""
    result = attributable_deaths(
        np.array([1.0, 2.0, 3.0]), np.array([1e5, 1e5, 1e5]), function=GEMM, mortality=MORTALITY,
        background_ug_m3=22.0,
    )  # fmt: skip
    table = result.by_label(["a", None, "a"])
    assert table.to_dict() == pytest.approx(
        {"a": result.by_receptor[[0, 2]].sum(), "unknown": result.by_receptor[1]}
    )
    with pytest.raises(InputError, match="each of the 3"):
        result.by_label(["a"])


def test_baseline_range_scales_deaths() -> None:
    mortality = baseline_mortality("MX", "noncommunicable_lri")
    result = attributable_deaths(
        np.array([1.0]), np.array([1e6]), function=GEMM, mortality=mortality, background_ug_m3=22.0
    )
    np.testing.assert_allclose(
        result.by_baseline, [result.deaths * 8 / 9.5, result.deaths * 11 / 9.5]
    )


def test_groups_by_the_country_s_ages_are_everyone() -> None:
    shares = MORTALITY.people_share
    people = np.array([2e5, 5e5])
    groups = {
        "people": people, "under_5": people * shares[0], "over_65": people * shares[13:].sum(),
    }  # fmt: skip
    kinds = {"function": GEMM, "mortality": MORTALITY, "background_ug_m3": 22.0}
    by_age = attributable_deaths(np.array([1.0, 2.0]), groups, **kinds)
    whole = attributable_deaths(np.array([1.0, 2.0]), people, **kinds)
    assert by_age.deaths == pytest.approx(whole.deaths)
    assert by_age.years == pytest.approx(whole.years)
    assert by_age.by_group.loc["under_5"].tolist() == [0.0, 0.0]
    assert by_age.by_group["deaths"].sum() == pytest.approx(whole.deaths)
    per = by_age.by_group["years"] / by_age.by_group["deaths"]
    assert per["over_65"] < per["others"]


def test_fifteen_mexican_cities() -> None:
    """Deaths avoidable at 10 µg/m3 instead of about 20: within a factor 1.6 of those published."""
    used = Defaults()
    people = used.number("mortality", "check.people_15_mexican_cities")
    result = attributable_deaths(
        np.array([10.0]), np.array([people]), function=GEMM,
        mortality=baseline_mortality("MX", GEMM.cause), background_ug_m3=np.array([20.0]),
    )  # fmt: skip
    published = used.number("mortality", "check.deaths_15_mexican_cities")
    assert 1.0 / 1.6 < result.deaths / published < 1.6


def test_deaths_of_pollutants_cannot_be_added() -> None:
    no2 = response_function("no2")
    kinds = {"mortality": baseline_mortality("MX", "natural"), "background_ug_m3": 30.0}
    one = attributable_deaths(np.array([1.0]), np.array([1e6]), function=no2, **kinds)
    two = attributable_deaths(
        np.array([0.1]), np.array([1e6]), function=response_function("bc"), **kinds
    )
    with pytest.raises(TypeError, match="overlap"):
        one + two
    with pytest.raises(TypeError, match="overlap"):
        sum([one, two])  # type: ignore[list-item]


def test_money_is_a_range_with_its_prices() -> None:
    """Deaths first; each value of life with currency and price year, the ends 16-fold apart."""
    result = attributable_deaths(
        np.array([1.0]), np.array([1e6]), function=GEMM, mortality=MORTALITY, background_ug_m3=22.0
    )
    table = result.money(*(value_of_life("MX", end) for end in ("low", "central", "high")))
    assert table["per_death"].tolist() == [210_880.0, 2_000_000.0, 3_300_000.0]
    assert table["price_year"].tolist() == [2019, 2021, 2021]
    assert set(table["currency"]) == {"USD"}
    np.testing.assert_allclose(table["money"], table["per_death"] * result.deaths)
    np.testing.assert_allclose(table["money_high"], table["per_death"] * result.interval[1])
    with pytest.raises(InputError, match="best a range"):
        result.money()
    with pytest.raises(InputError, match=r"MX\.workers_low"):
        value_of_life("FR", "central")


def test_transfer_of_the_value_of_life() -> None:
    """Half the income, elasticity 0.8: 57 % of the base; 1 gives the base itself."""
    assert transferred_value_of_life(1.0).amount == 3e6
    assert transferred_value_of_life(0.5).amount == pytest.approx(3e6 * 0.5**0.8)
    low, high = (transferred_value_of_life(0.5, elasticity=end).amount for end in ("low", "high"))
    assert high < transferred_value_of_life(0.5).amount < low
    with pytest.raises(InputError) as caught:
        transferred_value_of_life(0.0, elasticity="none")
    assert len(caught.value.problems) == 2


def test_summary_carries_words_and_rows() -> None:
    result = attributable_deaths(
        np.array([1.0]), np.array([1e6]), function=GEMM, mortality=MORTALITY, background_ug_m3=22.0
    )
    summary = result.summary()
    assert summary["pollutant"] == "pm25"
    assert any("not included" in note for note in summary["notes"])  # type: ignore[attr-defined]
    assert "health:gemm_ncd_lri.coefficient" in result.provenance
    assert "age_structure:MX.share.25" in result.provenance
    assert Defaults().describe(result.provenance)["status"].isin(
        ["verified", "derived", "memory", "illustrative"]
    ).all()  # fmt: skip


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"background_ug_m3": None}, "depends on it"),
        ({"background_ug_m3": -1.0}, "depends on it"),
        ({"background_ug_m3": 0.5}, "at least what the vehicles add"),
        ({"background_ug_m3": np.array([1.0, 2.0])}, "one for each of 1 receptors"),
        ({"persons": np.array([-1.0])}, "persons of at least 0"),
        ({"persons": np.array([0.0])}, "people in at least one place"),
        ({"increment_ug_m3": np.array([np.nan])}, "yearly means"),
        ({"increment_ug_m3": np.array([1.0, 1.0])}, "1 receptors"),
        ({"function": response_function("hoek_2013_pm25")}, "of the cause"),
        ({"defaults": Defaults({"health:draws": 0})}, "one draw"),
    ],
)
def test_bad_input_is_named(change: dict[str, object], words: str) -> None:
    kinds = {
        "increment_ug_m3": np.array([1.0]), "persons": np.array([1e6]), "function": GEMM,
        "mortality": MORTALITY, "background_ug_m3": 22.0,
    }  # fmt: skip
    with pytest.raises(InputError, match=words):
        attributable_deaths(**(kinds | change))  # type: ignore[arg-type]
