"""Friction velocity and Obukhov length against their own equations and by hand."""

from __future__ import annotations

import numpy as np
import pytest

from geofleet.exposure.meteorology import surface_layer as layer

ONE = np.ones(1)
COLD = {"height_m": 10.0, "roughness_m": 0.3}


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
    speed = np.array([4.0, 5.0])
    scale = layer.temperature_scale(np.array([0.3, 0.8]))
    state = (np.full(2, 285.0), np.full(2, 1.2))
    friction, length = layer.stable_surface(speed, scale, *state, **COLD)
    fitted = friction / 0.4 * (np.log(10.0 / 0.3) + 5.0 * 10.0 / length)
    np.testing.assert_allclose(fitted, speed, rtol=1e-9)
    scale = layer.temperature_scale(np.zeros(2))
    slow, short = layer.stable_surface(np.array([0.5, 1.0]), scale, *state, **COLD)
    assert slow[1] == pytest.approx(2.0 * slow[0])
    assert short[1] == pytest.approx(2.0 * short[0])


def test_neutral_profile_is_the_logarithm() -> None:
    """With |L| very large, u* = k u / ln(z/z0)."""
    friction = layer.neutral_or_given_friction(5.0 * ONE, 1e9 * ONE, height_m=10.0, roughness_m=0.1)
    assert friction[0] == pytest.approx(0.4 * 5.0 / np.log(100.0), rel=1e-6)


def stable(speed: list[float], cloud: float = 0.0, **more: object) -> tuple[np.ndarray, np.ndarray]:
    winds = np.array(speed)
    scale = layer.temperature_scale(np.full(len(winds), cloud))
    return layer.stable_surface(
        winds, scale, np.full(len(winds), 285.0), np.full(len(winds), 1.2), **COLD, **more
    )


def test_stable_hour_by_hand() -> None:
    """4 m/s, clear: C = 0.4 / ln(33.3) = 0.11407; u0^2 = 5 x 10 x 9.80616 x 0.09 / 285 = 0.15483.

    Critical wind 2 u0 / C^0.5 = 2.33 m/s; u* = C u / 2 (1 + (1 - 0.33933)^0.5) = 0.41358;
    L = 285 x 0.41358^2 / (0.4 x 9.80616 x 0.09) = 138.09 m.
    """
    friction, length = stable([4.0])
    assert friction[0] == pytest.approx(0.41358, abs=2e-5)
    assert length[0] == pytest.approx(138.09, abs=0.02)


def test_strong_wind_loses_no_more_than_64_watts() -> None:
    """At 12 m/s the flux stops at 64 W/m2, and u* still fits the log-linear profile of its L."""
    friction, length = stable([12.0, 20.0])
    flux = 1.2 * 1004.0 * friction * 285.0 * friction**2 / (0.4 * 9.80616 * length)
    np.testing.assert_allclose(flux, 64.0, rtol=1e-9)
    fitted = friction / 0.4 * (np.log(10.0 / 0.3) + 5.0 * 10.0 / length)
    np.testing.assert_allclose(fitted, [12.0, 20.0], rtol=1e-9)


def test_adjusted_friction_by_hand() -> None:
    """Qian & Venkatram at their critical wind: u* = C u / 2 (1 + e^-0.5) / (1 - e^-2).

    Displaced height 8.5 m: C = 0.4 / ln(28.33) = 0.119616; u_c = 2 (4.7 x 8.5 x 9.80616 x 0.09 /
    285 / C)^0.5 = 2.0341 m/s. u* = 0.22603 there; neutral in strong wind; u_c C / 4 in still air.
    """
    friction, _ = stable([2.034098], adjusted=True)
    drag = 0.4 / np.log(8.5 / 0.3)
    assert friction[0] == pytest.approx(0.226034, abs=2e-6)
    slow, _ = stable([0.01], adjusted=True)
    assert slow[0] == pytest.approx(drag * 2.034098 / 4.0, rel=1e-2)
    plain, _ = stable([0.4, 0.8], adjusted=False)
    more, _ = stable([0.4, 0.8], adjusted=True)
    assert (more > plain).all()


def test_weak_sun_lessens_the_temperature_scale() -> None:
    """Half cloud: 0.09 x 0.875 = 0.07875 K; half way to the critical sun three quarters of it."""
    scale = layer.temperature_scale(
        np.full(3, 0.5), np.array([-20.0, 6.0, 12.0]), np.array([12.0, 12.0, 12.0])
    )
    assert scale[0] == pytest.approx(0.07875)
    assert scale[1] == pytest.approx(0.75 * 0.07875)
    assert 0.0 < scale[2] < 1e-3
