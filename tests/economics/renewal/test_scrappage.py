"""Scrappage: curves against their formulas, today's turnover, what survives of a vehicle."""

from __future__ import annotations

import math

import numpy as np
import pytest

from geofleet.defaults import Defaults
from geofleet.economics.renewal import OLDEST, renewal_adjusted, survival
from geofleet.economics.renewal.scrappage import (
    ages_of_kind,
    calibrated_hazard,
    class_hazards,
    hazard_of_curve,
)
from geofleet.errors import InputError


def test_weibull_hazard_is_that_of_its_survival() -> None:
    """1 - S(a + 1) / S(a), by hand at ages 0, 10, 30."""
    found = hazard_of_curve("weibull", 50.0, shape=3.0)
    for age in (0, 10, 30):
        left = [math.exp(-((a / 50.0) ** 3)) for a in (age, age + 1)]
        assert found[age] == pytest.approx(1.0 - left[1] / left[0], rel=1e-12)


def test_logistic_survival_is_half_at_its_middle() -> None:
    """Half of those of age 0, to the shift that makes survival 1 there."""
    left = np.cumprod(1.0 - hazard_of_curve("logistic", 30.0, shape=4.0))
    assert left[29] == pytest.approx(0.5 * (1.0 + math.exp(-30.0 / 4.0)), rel=1e-12)


@pytest.mark.parametrize("curve", ["weibull", "logistic"])
def test_todays_turnover_is_one_per_cent(curve: str) -> None:
    """The federal fleet of 2019 loses 1 % in a year: weights by hand from published counts."""
    defaults = Defaults({"renewal:scrappage.curve": curve})
    hazard = class_hazards(("rigid_12t",), defaults)[0]
    units = {"c2": 115058, "c3": 89294, "t3": 351959}
    gone = sum(n * ages_of_kind(kind, defaults) @ hazard for kind, n in units.items())
    assert gone / sum(units.values()) == pytest.approx(0.01, abs=1e-9)


def test_a_higher_turnover_shortens_life() -> None:
    """Monotone at every age."""
    weight = np.ones(OLDEST + 1)
    low, high = (
        calibrated_hazard(weight, share, curve="weibull", shape=3.0) for share in (0.01, 0.03)
    )
    assert (high > low).all()


def test_a_turnover_that_no_curve_gives_is_refused() -> None:
    """A whole fleet cannot leave at once."""
    with pytest.raises(InputError, match="turnover"):
        calibrated_hazard(np.eye(OLDEST + 1)[0], 0.9999, curve="weibull", shape=3.0)


def test_survival_of_given_vehicles() -> None:
    """By a loop over years; older ones survive less, unknown ages are unknown."""
    found = survival([10.0, 30.0, np.nan], "rigid_12t", 8)
    hazard = class_hazards(("rigid_12t",), Defaults())[0]
    for row, age in enumerate((10, 30)):
        left = 1.0
        for year in range(8):
            left *= 1.0 - hazard[age + year]
            assert found[row, year] == pytest.approx(left, rel=1e-12)
    assert (found[1] < found[0]).all()
    assert np.isnan(found[2]).all()
    assert survival(200.0, ["cargo_van"], 2).shape == (1, 2)


def test_faults_of_survival_come_together() -> None:
    """Age, class and years at once."""
    with pytest.raises(InputError) as caught:
        survival([-1.0], "balloon", 0)
    assert {p.field for p in caught.value.problems} == {"age", "vehicle_class", "years"}


def test_a_truck_that_leaves_in_six_years_gives_six() -> None:
    """And with a fraction of a year, the fraction."""
    found = renewal_adjusted([5.0, 5.0], 20, "rigid_12t", 10, leaves_in=[6.0, 2.5])
    assert found.sum(axis=1) == pytest.approx([30.0, 12.5])
    assert found[1, :4] == pytest.approx([5.0, 5.0, 2.5, 0.0])


def test_a_truck_that_is_sold_on_still_runs() -> None:
    """A zero-emission successor gains nothing while the old one runs elsewhere, by default."""
    scrapped = renewal_adjusted(8.0, 15, "rigid_12t", 5)
    kept = renewal_adjusted(8.0, 15, "rigid_12t", 5, scrapped=False)
    half = renewal_adjusted(8.0, 15, "rigid_12t", 5, scrapped=False, pushes_out_share=0.5)
    assert kept == pytest.approx(0.0)
    np.testing.assert_allclose(half, scrapped / 2.0)
    # one that emits 2 of the old one's 10 adds 2 where nobody is pushed out
    added = renewal_adjusted(8.0, 15, "rigid_12t", 5, scrapped=False, old_per_year=10.0)
    np.testing.assert_allclose(added, -scrapped / 4.0)


def test_without_turnover_the_whole_benefit_counts() -> None:
    """The same question with and without renewal: what is lost is what would have left."""
    with_renewal = renewal_adjusted(1.0, 25, "rigid_12t", 10).sum()
    assert 0.0 < with_renewal < 10.0
