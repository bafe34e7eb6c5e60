"""Pressure, humidity and density of the air against published values."""

from __future__ import annotations

import numpy as np
import pytest

from geofleet.exposure.meteorology import air

ONE = np.ones(1)


def test_altitude_of_the_standard_atmosphere() -> None:
    """Sea level, Mexico City and a high pass: 505.39 hPa is 5,500 m, or 5,495 in geopotential."""
    assert air.altitude_m(101325.0) == pytest.approx(0.0, abs=1e-9)
    assert air.altitude_m(77500.0) == pytest.approx(2204.0, abs=1.0)
    assert air.altitude_m(50539.0) == pytest.approx(5500.0 / (1 + 5500.0 / 6356766.0), abs=1.0)


def test_pressure_and_altitude_undo_each_other() -> None:
    """The standard pressure of 2,240 m is 77,150 Pa."""
    assert air.standard_pressure_pa(2240.0) == pytest.approx(77150.0, abs=60.0)
    for height in (-100.0, 0.0, 850.0, 4000.0):
        assert air.altitude_m(air.standard_pressure_pa(height)) == pytest.approx(height, abs=1e-6)


def test_saturation_and_density() -> None:
    """Water at 20 C: 2,339 Pa. Dry air at 15 C and 101,325 Pa: 1.225 kg/m3; moist is lighter."""
    vapour = air.vapour_pressure_pa(100.0 * ONE, 293.15 * ONE)
    assert vapour[0] == pytest.approx(2339.0, rel=2e-3)
    assert air.air_density(288.15 * ONE, 101325.0 * ONE)[0] == pytest.approx(1.225, abs=5e-4)
    moist = air.air_density(293.15 * ONE, 101325.0 * ONE, vapour)
    dry = air.air_density(293.15 * ONE, 101325.0 * ONE, np.full(1, np.nan))
    assert dry[0] - moist[0] == pytest.approx(0.378 * 2339.0 / (287.04 * 293.15), rel=2e-3)
