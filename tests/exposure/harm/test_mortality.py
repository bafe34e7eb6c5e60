"""Baseline mortality and years of life against published totals and a life table."""

from __future__ import annotations

import numpy as np
import pytest

from geofleet.defaults import Defaults
from geofleet.errors import InputError
from geofleet.exposure.harm import age_band, baseline_mortality, breathing_rates
from geofleet.exposure.harm.ages import CLASSES, class_weights, group_weights


def life_expectancy(rates: np.ndarray) -> float:
    """Life expectancy at birth of a five-year abridged life table, deaths in mid-interval."""
    alive, years = 1.0, 0.0
    for rate in rates[:-1]:
        dying = 5.0 * rate / (1.0 + 2.5 * rate)
        years += 5.0 * alive * (1.0 - dying / 2.0)
        alive *= 1.0 - dying
    return years + alive / rates[-1]


@pytest.mark.parametrize(("country", "expected"), [("MX", 74.5), ("CL", 80.0)])
def test_death_rates_by_age_make_the_life_expectancy_of_the_country(
    country: str, expected: float
) -> None:
    """Life expectancy at birth 2015-2020: about 74 to 75 in Mexico, 80 in Chile."""
    used = Defaults()
    rates = [used.number("age_structure", f"{country}.death_rate.{age:.0f}") for age in CLASSES]
    assert life_expectancy(np.array(rates)) == pytest.approx(expected, abs=1.0)


def test_all_causes_in_mexico_are_about_748_000_deaths() -> None:
    """Rates by age times ages are a sixth above the deaths per head registered in 2019.

    The two tables are of different editions; the level does not matter, as it is scaled.
    """
    used = Defaults()
    crude = sum(
        used.number("age_structure", f"MX.share.{age:.0f}")
        * used.number("age_structure", f"MX.death_rate.{age:.0f}")
        for age in CLASSES
    )
    assert crude == pytest.approx(used.number("mortality", "check.all_cause_rate_mexico"), rel=0.2)


@pytest.mark.parametrize("country", ["MX", "CL"])
def test_rate_at_25_and_over_is_that_of_the_table(country: str) -> None:
    mortality = baseline_mortality(country, "noncommunicable_lri")
    row = f"{country}.noncommunicable_lri.rate_per_year"
    assert mortality.adult_rate() == pytest.approx(Defaults().number("mortality", row))
    assert mortality.low < 1.0 < mortality.high
    assert mortality.people_share.sum() == pytest.approx(1.0)
    # 25 and over hold all deaths that count; per person of any age there are fewer
    assert mortality.deaths_per_person(25.0) == pytest.approx(
        mortality.adult_share() * mortality.adult_rate()
    )
    assert mortality.deaths_per_person(30.0) < mortality.deaths_per_person(25.0)


def test_own_rate_and_share_take_the_place_of_the_country_s() -> None:
    mortality = baseline_mortality("MX", "natural", rate_per_year=0.008, adult_share=0.7)
    assert mortality.adult_rate() == pytest.approx(0.008)
    assert mortality.adult_share() == pytest.approx(0.7)
    assert mortality.people_share.sum() == pytest.approx(1.0)
    assert (mortality.low, mortality.high) == (1.0, 1.0)
    with pytest.raises(InputError) as caught:
        baseline_mortality("MX", "natural", rate_per_year=9.5, adult_share=0.0)
    assert {problem.field for problem in caught.value.problems} == {"rate_per_year", "adult_share"}


def test_years_of_life_by_hand() -> None:
    """A group of one class loses the standard years at its middle; a mix, their mean by deaths."""
    mortality = baseline_mortality("CL", "natural")
    one = class_weights((70.0, 75.0))
    # straight between the standard years at 70 (21.28820) and at 75 (17.10351)
    assert mortality.years_per_death(25.0, one) == pytest.approx((21.28820 + 17.10351) / 2.0)
    two = class_weights((70.0, 80.0))
    at = [14, 15]
    deaths = mortality.people_share[at] * mortality.rate_per_year[at]
    left = np.array([(21.28820 + 17.10351) / 2.0, (17.10351 + 13.23872) / 2.0])
    assert mortality.years_per_death(25.0, two) == pytest.approx(deaths @ left / deaths.sum())
    assert np.isnan(mortality.years_per_death(25.0, class_weights((0.0, 5.0))))
    assert mortality.deaths_per_person(25.0, class_weights((0.0, 5.0))) == 0.0


def test_another_life_table_can_be_chosen() -> None:
    who = baseline_mortality(
        "MX", "natural", defaults=Defaults({"life_expectancy:standard": "who_ghe"})
    )
    gbd = baseline_mortality("MX", "natural")
    assert who.years_per_death(25.0) > gbd.years_per_death(25.0)
    with pytest.raises(InputError, match="life table"):
        baseline_mortality("MX", "natural", defaults=Defaults({"life_expectancy:standard": "x"}))


def test_a_country_without_rows_is_refused() -> None:
    with pytest.raises(InputError, match="rows of your own under tables"):
        baseline_mortality("XX", "natural")
    with pytest.raises(InputError, match="CL, stroke"):
        baseline_mortality("CL", "stroke")


@pytest.mark.parametrize(
    ("name", "band"),
    [
        ("under_5", (0.0, 5.0)), ("over_65", (65.0, np.inf)), ("65_plus", (65.0, np.inf)),
        ("65_mm", (65.0, np.inf)), ("00_04", (0.0, 5.0)), ("age_25_64", (25.0, 65.0)),
        ("p_60ymas", (60.0, np.inf)), ("P_0A2", (0.0, 3.0)), ("pupils", None), ("64_25", None),
    ],
)  # fmt: skip
def test_names_that_say_ages(name: str, band: tuple[float, float] | None) -> None:
    assert age_band(name) == band


def test_class_weights_hold_every_year_once() -> None:
    bands = [(0.0, 3.0), (3.0, 17.0), (17.0, 65.0), (65.0, np.inf)]
    np.testing.assert_allclose(sum(class_weights(band) for band in bands), 1.0)
    assert class_weights((0.0, 3.0))[0] == pytest.approx(0.6)
    with pytest.raises(InputError, match="low to high"):
        group_weights(("odd", "others"), bands={"odd": (9.0, 3.0)})
    with pytest.raises(InputError, match="a group that there is"):
        group_weights(("others",), bands={"under_5": (0.0, 5.0)})


def test_breathing_by_age() -> None:
    """Rates of a band are means over its years; alternatives are rows."""
    ages = group_weights(("under_5", "6_10", "others"))
    rates = breathing_rates(ages).m3_day
    # EPA: 5.4 below 1, 8.0 at 1, 8.9 at 2, 10.1 at 3 to 5; 12.0 from 6 to 10
    assert rates["under_5"] == pytest.approx((5.4 + 8.0 + 8.9 + 2 * 10.1) / 5.0)
    assert rates["6_10"] == pytest.approx(12.0, rel=0.02)
    assert breathing_rates({"people": None}).m3_day == {"people": 14.5}
    assert breathing_rates({"people": None}, row="usetox_m3_day").m3_day == {"people": 13.0}
    assert breathing_rates({"people": None}, row="epa_nominal_m3_day").m3_day == {"people": 20.0}
    # all ages together breathe about what the rate of everyone says
    mean = breathing_rates(group_weights(("0_200",))).m3_day["0_200"]
    assert mean == pytest.approx(14.5, rel=0.05)
    with pytest.raises(InputError, match="table breathing"):
        breathing_rates({"people": None}, row="nobody")
    with pytest.raises(InputError, match="above 0"):
        breathing_rates({"people": None}, defaults=Defaults({"breathing:rate_m3_day": 0}))
