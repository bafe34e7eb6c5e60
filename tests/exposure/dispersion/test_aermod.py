"""Rows from AERMOD's surface quantities, against what AERMOD printed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from geofleet.errors import InputError
from geofleet.exposure.dispersion import weather_from_aermod

_NAMES = {
    "ustar_m_s": "friction_velocity_m_s", "L_m": "obukhov_length_m",
    "wstar_m_s": "convective_velocity_m_s", "zi_conv_m": "convective_height_m",
    "zi_mech_m": "mechanical_height_m", "z0_m": "roughness_m", "ws_ref_m_s": "wind_speed_m_s",
    "wd_deg_from": "wind_from_deg", "z_ref_m": "reference_height_m",
}  # fmt: skip


def surface(repository: Path) -> pd.DataFrame:
    cases = pd.read_csv(repository / "tests" / "oracles" / "dispersion_f23.csv")
    return cases.drop_duplicates("met_id").rename(columns=_NAMES).reset_index(drop=True)


def test_turbulence_and_mixing_height_are_aermods(repository: Path) -> None:
    """Lateral turbulence at the mast and mixing height as the program had them."""
    cases = surface(repository)
    rows = weather_from_aermod(cases)
    np.testing.assert_allclose(rows.sigma_v_m_s, cases["sigma_v_used_23132"], rtol=2e-4)
    np.testing.assert_array_equal(rows.mixing_height_m, cases["zi_used_23132"])
    np.testing.assert_array_equal(rows.wind_from_deg, cases["wind_from_deg"])


def test_measured_turbulence_comes_first(repository: Path) -> None:
    """25 degrees in 1.8924 m/s are 0.75349446 m/s in AERMOD; 999 is not measured."""
    cases = surface(repository).head(2).assign(wind_speed_m_s=1.8924, sigma_theta_deg=[25.0, 999.0])
    rows = weather_from_aermod(cases)
    assert rows.sigma_v_m_s[0] == pytest.approx(0.75349446, rel=1e-5)
    plain = weather_from_aermod(cases.drop(columns="sigma_theta_deg"))
    assert rows.sigma_v_m_s[1] == plain.sigma_v_m_s[1]


def test_missing_quantities_are_named(repository: Path) -> None:
    """An unstable row needs w* and its height; every row the mechanical height; absent columns."""
    cases = surface(repository)
    unstable = int(np.flatnonzero(cases["obukhov_length_m"] < 0.0)[0])
    cases.loc[unstable, "convective_velocity_m_s"] = -9.0
    cases.loc[0, "mechanical_height_m"] = -999.0
    with pytest.raises(InputError) as caught:
        weather_from_aermod(cases, label="city.sfc")
    places = {(problem.file, problem.field, problem.row) for problem in caught.value.problems}
    assert places == {
        ("city.sfc", "convective_velocity_m_s", unstable + 1),
        ("city.sfc", "mechanical_height_m", 1),
    }
    with pytest.raises(InputError, match="roughness_m"):
        weather_from_aermod(cases.drop(columns="roughness_m"))
