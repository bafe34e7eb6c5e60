"""Depths and turbulence against hand-computed values and against AERMOD."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from geofleet.exposure.meteorology import boundary_layer as layer

ONE = np.ones(1)


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
