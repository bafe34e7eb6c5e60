"""The surface-layer schemes against hand-computed values and against their own equations."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from geofleet.exposure.meteorology import boundary_layer as layer

ONE = np.ones(1)


def test_sun_stands_where_it_should() -> None:
    """Equinox noon at the equator overhead, six o'clock on the horizon, tropics at solstice."""
    day = np.array([80.0, 80.0, 172.0, 355.0])
    hour = np.array([12.0, 6.0, 12.0, 12.0])
    sine = layer.sine_solar_elevation(day, hour, 0.0)
    assert sine[0] == pytest.approx(1.0, abs=1e-3)
    assert sine[1] == pytest.approx(0.0, abs=1e-3)
    assert layer.sine_solar_elevation(day, hour, 23.45)[2] == pytest.approx(1.0, abs=1e-3)
    assert layer.sine_solar_elevation(day, hour, -29.9)[3] > sine[3]


def test_heat_flux_by_hand() -> None:
    """Half sine, clear, 15 C: (0.84 x 465 + 303.8 - 390.9) / 1.12 x 0.9 x 0.6 = 146 W/m2."""
    flux = layer.heat_flux(0.5 * ONE, 0.0 * ONE, 288.15 * ONE, albedo=0.16, bowen_ratio=1.5)
    assert flux[0] == pytest.approx(146.4, abs=0.3)
    night = layer.heat_flux(-0.5 * ONE, 0.9 * ONE, 288.15 * ONE, albedo=0.16, bowen_ratio=1.5)
    assert night[0] <= 0.0
    overcast = layer.heat_flux(0.5 * ONE, ONE, 288.15 * ONE, albedo=0.16, bowen_ratio=1.5)
    assert 0.0 < overcast[0] < flux[0]


def test_convective_pair_satisfies_both_equations() -> None:
    """The friction velocity and L fit the wind profile and the heat flux at once."""
    speed, flux = np.array([1.0, 3.0, 8.0]), np.array([250.0, 150.0, 40.0])
    temperature, density = np.full(3, 295.0), np.full(3, 1.2)
    friction, length = layer.convective_surface(
        speed, flux, temperature, density, height_m=10.0, roughness_m=0.5
    )
    back = -density * 1004.0 * temperature * friction**3 / (0.4 * 9.80616 * length)
    np.testing.assert_allclose(back, flux, rtol=1e-6)
    shape = (
        np.log(10.0 / 0.5)
        - layer.stability_function(10.0, length)
        + layer.stability_function(0.5, length)
    )
    np.testing.assert_allclose(friction / 0.4 * shape, speed, rtol=1e-6)


def test_stable_pair_satisfies_the_log_linear_profile() -> None:
    """Above the critical wind, u = u*/k (ln z/z0 + 5 z/L); below it, both scales fall together."""
    speed = np.array([4.0, 6.0])
    friction, length = layer.stable_surface(
        speed, np.array([0.3, 0.8]), np.full(2, 285.0), height_m=10.0, roughness_m=0.3
    )
    fitted = friction / 0.4 * (np.log(10.0 / 0.3) + 5.0 * 10.0 / length)
    np.testing.assert_allclose(fitted, speed, rtol=1e-9)
    slow, short = layer.stable_surface(
        np.array([0.5, 1.0]), np.zeros(2), np.full(2, 285.0), height_m=10.0, roughness_m=0.3
    )
    assert slow[1] == pytest.approx(2.0 * slow[0])
    assert short[1] == pytest.approx(2.0 * short[0])


def test_neutral_profile_is_the_logarithm() -> None:
    """With |L| very large, u* = k u / ln(z/z0)."""
    friction = layer.neutral_or_given_friction(5.0 * ONE, 1e9 * ONE, height_m=10.0, roughness_m=0.1)
    assert friction[0] == pytest.approx(0.4 * 5.0 / np.log(100.0), rel=1e-6)


def test_lateral_turbulence_matches_aermod(repository: Path) -> None:
    """Sigma-v at the mast equals what AERMOD v23132 used, where it was not measured."""
    cases = pd.read_csv(repository / "tests" / "oracles" / "dispersion_f23.csv")
    cases = cases[cases["sigma_theta_deg"] == 999.0].drop_duplicates("met_id")
    assert len(cases) > 5
    for _, case in cases.iterrows():
        stable = case["L_m"] > 0.0
        value = layer.sigma_v(
            np.array([case["ustar_m_s"]]),
            np.array([0.0 if stable else case["wstar_m_s"]]),
            np.array([case["zi_mech_m"]]),
            np.array([1000.0 if stable else case["zi_conv_m"]]),
            height_m=case["z_ref_m"],
            minimum=0.2,
        )
        assert value[0] == pytest.approx(case["sigma_v_used_23132"], rel=2e-4)


def test_mixing_heights_by_hand() -> None:
    """2300 x 0.5^1.5 = 813 m; 0.1 K m/s for six hours into 6 K/km grows 1,004 m."""
    assert layer.mechanical_height(0.5 * ONE)[0] == pytest.approx(813.2, abs=0.1)
    hours = np.arange(24.0)
    flux = np.where((hours >= 6) & (hours < 12), 0.1, -0.02)
    height = layer.convective_height(
        flux, hours, np.zeros(24), np.ones(24), lapse_rate=0.006, entrainment=0.2
    )
    assert height[13] == pytest.approx(1004.0, abs=0.5)
    assert height[5] == 0.0
    assert np.all(np.diff(height) >= 0.0)


def test_days_grow_apart() -> None:
    """Heat of one day does not lift the next, and rows of an hour share by weight."""
    hours, groups = np.array([8.0, 8.0, 9.0, 9.0]), np.array(["a", "a", "a", "b"])
    flux, weight = np.array([0.2, 0.0, 0.1, 0.1]), np.array([1.0, 3.0, 1.0, 1.0])
    height = layer.convective_height(flux, hours, groups, weight, lapse_rate=0.006, entrainment=0.2)
    assert height[0] == height[1]
    assert (height[2] / height[3]) ** 2 == pytest.approx((0.05 + 0.05) / 0.05)


def test_convective_velocity_is_zero_in_stable_rows() -> None:
    """w* = u* (zi / k|L|)^(1/3) in unstable rows only."""
    value = layer.convective_velocity(
        np.array([0.3, 0.3]), np.array([-50.0, 50.0]), np.array([1000.0, 1000.0])
    )
    assert value.tolist() == pytest.approx([0.3 * 50.0 ** (1 / 3), 0.0])


def test_altitude_of_the_standard_atmosphere() -> None:
    """Sea level, Mexico City and a high pass: 505.39 hPa is 5,500 m, or 5,495 in geopotential."""
    assert layer.altitude_m(101325.0) == pytest.approx(0.0, abs=1e-9)
    assert layer.altitude_m(77500.0) == pytest.approx(2204.0, abs=1.0)
    assert layer.altitude_m(50539.0) == pytest.approx(5500.0 / (1 + 5500.0 / 6356766.0), abs=1.0)
