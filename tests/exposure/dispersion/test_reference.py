"""The slow solution against one made outside this project, and against hand-made numbers."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from geofleet.exposure.dispersion import (
    ReferenceRow,
    reference_concentration,
    reference_concentrations,
)


def test_sample_of_the_oracle(oracle, repository: Path) -> None:  # type: ignore[no-untyped-def]
    """Stable to unstable, near to far, low to high: two programs, one solution."""
    cases = oracle.sample(repository)
    values = oracle.evaluate(cases, partial(reference_concentrations, rtol=1e-7))
    difference = np.abs(values / cases["ref_exact_23132"] - 1.0)
    assert len(difference) > 400
    assert np.median(difference) < 1e-6
    assert difference.max() < 1e-4


@pytest.mark.shared
@pytest.mark.slow
def test_whole_oracle(oracle, shared_data: Path) -> None:  # type: ignore[no-untyped-def]
    """The same over every case that is not noise."""
    cases = oracle.whole(shared_data)
    values = oracle.evaluate(cases, reference_concentrations)
    difference = np.abs(values / cases["ref_exact_23132"] - 1.0)
    assert len(difference) == 25215
    assert np.median(difference) < 1e-6
    assert difference.max() < 1e-4


@pytest.mark.shared
@pytest.mark.slow
def test_as_coded_agrees_with_the_program(oracle, shared_data: Path) -> None:  # type: ignore[no-untyped-def]
    """With AERMOD's own table of winds and its early stop, what is left is its quadrature."""
    cases = oracle.whole(shared_data)
    model = partial(reference_concentrations, as_coded=True, rtol=1e-5)
    difference = np.abs(oracle.evaluate(cases, model) / cases["aermod_23132"] - 1.0)
    assert np.median(difference) < 2e-4
    assert np.quantile(difference, 0.90) < 2e-3
    assert np.quantile(difference, 0.99) < 2.5e-2


def test_far_downwind_of_a_calm_floor_by_hand() -> None:
    """Where the wind is its floor everywhere, the spread and the sum can be done by hand."""
    row = ReferenceRow(
        friction_m_s=0.04, obukhov_m=-1e9, mixing_height_m=1e9, sigma_v_m_s=2.0, roughness_m=0.01,
        wind_m_s=0.01, wind_height_m=10.0, wind_to_rad=0.0,
    )  # fmt: skip
    # the floor is sqrt(2) x 2 m/s, and the meander takes all of the plume
    wind = np.sqrt(8.0)
    assert row.least_wind == pytest.approx(wind)
    sz = np.hypot(0.70 * 0.04 / wind * 400.0, 1.5)
    expected = 2.0 * np.exp(-0.5 * (2.0 / sz) ** 2) / np.sqrt(2 * np.pi) / sz / wind
    expected *= 1e6 * 0.01 / (2.0 * np.pi * 400.0)  # a link of a centimetre, 400 m away
    value = reference_concentration(
        [0.0, -0.005, 0.0, 0.005], [400.0, 0.0, 0.0], row,
        release_height_m=2.0, sigma_z0_m=1.5, width_m=7.0,
    )  # fmt: skip
    assert value == pytest.approx(expected, rel=1e-6)


def test_a_link_of_no_length_adds_nothing() -> None:
    """Grams are per metre: no metres, no grams."""
    row = ReferenceRow(0.3, 100.0, 300.0, 0.5, 0.1, 3.0, 10.0, 0.3)
    value = reference_concentration(
        [5.0, 5.0, 5.0, 5.0], [20.0, 0.0, 1.5], row,
        release_height_m=1.0, sigma_z0_m=1.0, width_m=7.0,
    )  # fmt: skip
    assert value == 0.0


def test_emission_is_a_factor(oracle, repository: Path) -> None:  # type: ignore[no-untyped-def]
    """Ten grams make ten times the concentration of one."""
    cases = oracle.sample(repository).head(3)
    one = oracle.links(cases.head(1))
    ten = replace(one, emission_g_s_m=10.0 * one.emission_g_s_m)
    rest = (oracle.points(cases), oracle.weather(cases.head(1)))
    few, many = (reference_concentrations(links, *rest, rtol=1e-6) for links in (one, ten))
    np.testing.assert_allclose(many, 10.0 * few, rtol=1e-12)
