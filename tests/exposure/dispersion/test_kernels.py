"""The F23 line source against an independent solution of its equations, and against physics."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from geofleet.exposure.dispersion import _kernels as kernels

ALPHA, POINTS = 0.5, 1500


def row_of(case: pd.Series | dict[str, float]) -> np.ndarray:
    row = np.zeros(kernels.ROW_SIZE)
    row[kernels.USTAR] = case["ustar_m_s"]
    row[kernels.OBUKHOV] = case["L_m"]
    row[kernels.ZI] = case["zi_used_23132"]
    row[kernels.SIGMA_V] = case["sigma_v_used_23132"]
    row[kernels.ROUGHNESS] = case["z0_m"]
    row[kernels.WIND] = case["ws_ref_m_s"]
    row[kernels.WIND_HEIGHT] = case["z_ref_m"]
    row[kernels.WIND_ANGLE] = np.radians(270.0 - case["wd_deg_from"])
    row[kernels.WEIGHT] = 1.0
    return row


NEUTRAL = row_of(
    {"ustar_m_s": 0.4, "L_m": -5000.0, "zi_used_23132": 800.0, "sigma_v_used_23132": 0.76,
     "z0_m": 0.2, "ws_ref_m_s": 4.0, "z_ref_m": 10.0, "wd_deg_from": 250.0}
)  # fmt: skip


def test_wind_floor_matches_aermod(repository: Path) -> None:
    """The least wind of each weather row is the one that AERMOD printed."""
    cases = pd.read_csv(repository / "tests" / "oracles" / "dispersion_f23.csv")
    for _, case in cases.drop_duplicates("met_id").iterrows():
        floor, _, _ = kernels.wind_scale(row_of(case), np.empty(0))
        assert floor == pytest.approx(case["u_min_23132"], rel=1e-6)


def test_spread_solves_its_own_equation() -> None:
    """The wind used is the wind at the mean height of the plume that it makes."""
    distances = np.geomspace(1.0, 1e5, 200)
    none = np.empty(0)
    for length in (-4.0, -50.0, 30.0, 400.0):
        row = NEUTRAL.copy()
        row[kernels.OBUKHOV] = length
        sizes = np.empty((200, 3))
        kernels.spreads(row, 1.3, 1.2, distances, False, sizes)
        scale = kernels.wind_scale(row, none)
        for x, (sz, raw, _) in zip(distances, sizes, strict=True):
            growth = kernels._growth(x, row)
            again, _, _ = kernels.next_spread(sz, growth, (1.3, 1.2, 0.0), row, scale, none)
            assert sz == pytest.approx(again, rel=1e-6)
            assert sz == pytest.approx(np.hypot(raw, 1.2), rel=1e-12)


def test_spread_that_swings_ends_on_the_lower_value() -> None:
    """Displacement above the source: plain iteration swings, and its odd steps are taken."""
    row, none = NEUTRAL.copy(), np.empty(0)
    row[[kernels.USTAR, kernels.OBUKHOV, kernels.SIGMA_V]] = 0.2, 40.0, 0.38
    row[[kernels.ROUGHNESS, kernels.WIND, kernels.WIND_HEIGHT]] = 1.0, 2.1685, 20.0
    distances = np.geomspace(100.0, 160.0, 25)
    sizes = np.empty((25, 3))
    kernels.spreads(row, 0.3, 0.0, distances, False, sizes)
    scale = kernels.wind_scale(row, none)
    swinging = 0
    for x, (sz, _, _) in zip(distances, sizes, strict=True):
        growth, source = kernels._growth(x, row), (0.3, 0.0, 0.0)
        other = kernels.next_spread(sz, growth, source, row, scale, none)[0]
        assert other >= sz * (1.0 - 1e-5)
        assert kernels.next_spread(other, growth, source, row, scale, none)[0] == pytest.approx(
            sz, rel=1e-4
        )
        swinging += other > sz * 1.001
    assert swinging >= 3


def test_images_keep_the_mass_below_the_lid() -> None:
    """Whatever the spread, the vertical profile integrates to one below either lid."""
    for sz in (2.0, 30.0, 230.0, 900.0, 5000.0):
        for lid in (kernels.RISING_LID, kernels.FIXED_LID):
            top = max(500.0, 3.0 + 2.15 * sz) if lid == kernels.RISING_LID else 500.0
            step = min(top, 10.0 * sz) / 4000
            heights = (np.arange(4000) + 0.5) * step
            total = sum(kernels.vertical(3.0, z, sz, 500.0, lid) for z in heights) * step
            assert total == pytest.approx(np.sqrt(2.0 * np.pi) * sz, rel=1e-3)
            assert kernels.vertical(3.0, top + 100.0, sz, 500.0, lid) == 0.0
    # Well below the lid, and without one, all three are the plume and its image.
    values = [kernels.vertical(3.0, 1.5, 20.0, 900.0, lid) for lid in range(3)]
    np.testing.assert_allclose(values, values[0], rtol=1e-9)


def test_a_fixed_lid_holds_what_is_emitted() -> None:
    """Far away the air is mixed up to the lid: wind and lid alone give the concentration."""
    row = NEUTRAL.copy()
    row[kernels.OBUKHOV], row[kernels.ZI] = -15.0, 300.0
    distance = np.array([6000.0])
    size = np.empty((1, 3))
    kernels.spreads(row, 3.4, 3.2, distance, False, size)
    assert size[0, 0] > 10.0 * 300.0
    for zr in (1.5, 150.0, 299.0):
        given = (size[0, 0], size[0, 1], size[0, 2])
        p, _, share, meander = kernels.columns(6000.0, row, 3.4, zr, given, kernels.FIXED_LID)
        assert p == pytest.approx(6000.0 / (300.0 * size[0, 2]))
        assert meander == pytest.approx(share * 6000.0 / (300.0 * size[0, 2]) / (2.0 * np.pi))


def test_uncompiled_gives_the_same() -> None:
    """The kernel means the same as plain Python."""
    table = np.empty((60, 4))
    plain = np.empty((60, 4))
    kernels.tabulate(NEUTRAL, 3.4, 3.2, 1.5, kernels.RISING_LID, table)
    kernels.tabulate.py_func(NEUTRAL, 3.4, 3.2, 1.5, kernels.RISING_LID, plain)
    np.testing.assert_allclose(plain, table, rtol=1e-10)
