"""NO2 from NOx: the ambient ratio method 2 and the ozone that there is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geofleet.errors import InputError
from geofleet.exposure.harm import (
    added_arm2_no2,
    arm2_no2,
    marginal_no2_ratio,
    ozone_limited_no2,
)


def test_arm2_is_the_published_polynomial_between_its_limits() -> None:
    """Ratio 0.9 in clean air, 0.5 where NOx is high, the polynomial between."""
    x = np.array([0.0, 50.0, 114.0, 150.0, 200.0, 250.0, 284.0, 600.0, 1500.0])
    polynomial = (
        1.2441 - 2.7383e-3 * x - 5.6062e-6 * x**2 + 3.4555e-8 * x**3 - 5.8345e-11 * x**4
        + 4.2795e-14 * x**5 - 1.1723e-17 * x**6
    )  # fmt: skip
    np.testing.assert_allclose(arm2_no2(x), x * np.clip(polynomial, 0.5, 0.9), rtol=1e-12)
    np.testing.assert_allclose(arm2_no2(x[[1, 6, 7, 8]]) / x[[1, 6, 7, 8]], [0.9, 0.5, 0.5, 0.5])
    np.testing.assert_allclose(arm2_no2(600.0, ratio_low=0.2) < 300.0, True)


@given(nox=st.floats(0.0, 3000.0), more=st.floats(1e-3, 500.0))
def test_more_nox_is_never_less_no2(nox: float, more: float) -> None:
    """NO2 rises with NOx everywhere, by no more than the highest ratio."""
    added = float(added_arm2_no2(more, background_nox_ug_m3=nox))
    assert 0.0 < added <= 0.9 * more * (1 + 1e-9)


@given(nox=st.floats(1.0, 1000.0))
def test_marginal_ratio_is_the_derivative(nox: float) -> None:
    if min(abs(nox - kink) for kink in (114.41, 283.48)) < 0.5:
        return
    step = 1e-4
    difference = (arm2_no2(nox + step) - arm2_no2(nox - step)) / (2 * step)
    assert float(marginal_no2_ratio(nox)) == pytest.approx(float(difference), abs=1e-6)


def test_background_halves_what_trucks_add() -> None:
    """The same trucks add less NO2 in dirty air; without background it would be 0.9."""
    clean, dirty = added_arm2_no2(20.0, background_nox_ug_m3=[0.0, 200.0])
    assert clean == pytest.approx(18.0)
    assert dirty == pytest.approx(float(arm2_no2(220.0) - arm2_no2(200.0)))
    assert dirty < 0.5 * clean


def test_shapes_of_receptors_and_hours() -> None:
    rng = np.random.default_rng(0)
    added, rest = rng.uniform(0, 50, (5, 24)), rng.uniform(20, 200, 24)
    assert added_arm2_no2(added, background_nox_ug_m3=rest).shape == (5, 24)


def test_ozone_limits_what_is_made() -> None:
    """Plenty of ozone: all NOx is NO2. None: only what left the exhaust. Between: 46/48 of it."""
    assert float(ozone_limited_no2(100.0, ozone_ug_m3=500.0, no2_share=0.1)) == pytest.approx(100.0)
    assert float(ozone_limited_no2(100.0, ozone_ug_m3=0.0, no2_share=0.1)) == pytest.approx(10.0)
    some = float(ozone_limited_no2(100.0, ozone_ug_m3=48.0, no2_share=0.25))
    assert some == pytest.approx(25.0 + 46.0, rel=1e-3)
    assert float(ozone_limited_no2(10.0, ozone_ug_m3=0.0)) == pytest.approx(1.0)


@pytest.mark.parametrize(
    "call",
    [
        lambda: arm2_no2(-1.0),
        lambda: arm2_no2(np.nan),
        lambda: arm2_no2(1.0, ratio_low=0.95),
        lambda: added_arm2_no2(np.ones((2, 24)), background_nox_ug_m3=np.ones(7)),
        lambda: ozone_limited_no2(1.0, ozone_ug_m3=1.0, no2_share=1.5),
    ],
)
def test_bad_input_is_refused(call: object) -> None:
    with pytest.raises(InputError, match="nitrogen"):
        call()  # type: ignore[operator]
