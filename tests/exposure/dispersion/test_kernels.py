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


def compare(cases: pd.DataFrame) -> np.ndarray:
    """Relative difference of each case from the reference."""
    out = np.empty(len(cases))
    cases = cases.reset_index(drop=True)
    for _, group in cases.groupby(["src_id", "z"]):
        first = group.iloc[0]
        met = group.drop_duplicates("met_id").set_index("met_id")
        points = group.drop_duplicates("rec_id").set_index("rec_id")
        values = kernels.direct(
            first[["x1", "y1", "x2", "y2"]].to_numpy(float)[None],
            np.array([first["width_m"]]),
            np.ascontiguousarray(points[["x", "y"]].to_numpy(float)),
            np.array([row_of(case) for _, case in met.iterrows()]),
            first["release_height_m"], first["sigma_z0_m"], first["z"], ALPHA, POINTS,
        )  # fmt: skip
        picked = values[
            met.index.get_indexer(group["met_id"]), 0, points.index.get_indexer(group["rec_id"])
        ]
        out[group.index] = picked * 1e6 / group["ref_exact_23132"] - 1.0
    return np.abs(out)


def test_sample_of_the_reference(repository: Path) -> None:
    """Stable to unstable, near to far: the equations solved twice give the same numbers."""
    difference = compare(pd.read_csv(repository / "tests" / "oracles" / "dispersion_f23.csv"))
    assert len(difference) > 200
    assert np.median(difference) < 1e-4
    assert np.quantile(difference, 0.95) < 1e-3
    assert difference.max() < 0.02


@pytest.mark.shared
def test_whole_reference(shared_data: Path) -> None:
    """All 27,840 values of the reference set hold to the stated accuracy."""
    folder = shared_data / "facts" / "dispersion" / "oracle"
    cases = pd.read_csv(folder / "case_results.csv.gz")
    for name in ("links", "met", "receptors"):
        cases = cases.merge(pd.read_csv(folder / f"case_{name}.csv"))
    top = cases.groupby(["src_id", "met_id"])["ref_exact_23132"].transform("max")
    difference = compare(cases[cases["ref_exact_23132"] > 1e-5 * top])
    assert np.median(difference) < 1e-4
    assert np.quantile(difference, 0.99) < 1e-3
    assert difference.max() < 0.02


def test_wind_floor_matches_aermod(repository: Path) -> None:
    """The least wind of each weather row is the one that AERMOD printed."""
    cases = pd.read_csv(repository / "tests" / "oracles" / "dispersion_f23.csv")
    for _, case in cases.drop_duplicates("met_id").iterrows():
        floor, _, _ = kernels.wind_scale(row_of(case), np.empty(0))
        assert floor == pytest.approx(case["u_min_23132"], rel=1e-6)


def concentration(line: np.ndarray, xy: np.ndarray, row: np.ndarray, alpha: float = ALPHA) -> float:
    table = np.empty((POINTS, 4))
    kernels.tabulate(row, 3.4, 3.2, 1.5, table)
    return kernels.line_direct(
        line[0], line[1], line[2], line[3], 9.0, xy[0], xy[1], row[kernels.WIND_ANGLE], table, alpha
    )


def test_turning_and_moving_the_scene_changes_nothing() -> None:
    """Only relative positions and directions matter."""
    line = np.array([[-80.0, -30.0], [120.0, 60.0]])
    receptor = np.array([90.0, 130.0])
    before = concentration(line.ravel(), receptor, NEUTRAL)
    for turn in (0.3, 2.0, 4.5):
        matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        row = NEUTRAL.copy()
        row[kernels.WIND_ANGLE] += turn
        move = np.array([350.0, -1200.0])
        after = concentration((line @ matrix.T + move).ravel(), matrix @ receptor + move, row)
        assert after == pytest.approx(before, rel=1e-9)
    assert concentration(line[::-1].ravel(), receptor, NEUTRAL) == pytest.approx(before, rel=1e-9)


def test_splitting_a_link_changes_nothing() -> None:
    """Two halves of a link add up to the link."""
    line = np.array([-80.0, -30.0, 120.0, 60.0])
    for receptor in ([90.0, 130.0], [30.0, 40.0], [900.0, 500.0]):
        for share in (0.5, 0.17):
            middle = line[:2] + share * (line[2:] - line[:2])
            parts = [np.r_[line[:2], middle], np.r_[middle, line[2:]]]
            xy = np.array(receptor)
            whole = concentration(line, xy, NEUTRAL, alpha=0.1)
            both = sum(concentration(part, xy, NEUTRAL, alpha=0.1) for part in parts)
            assert both == pytest.approx(whole, rel=1e-6)


def test_what_is_emitted_flows_through_a_plane_downwind() -> None:
    """Without meander, wind times concentration over a plane is the emission, lid or no lid."""
    for depth, distance in ((5000.0, 200.0), (60.0, 3000.0)):
        row = NEUTRAL.copy()
        row[kernels.SIGMA_V] = 0.08  # meander weighs 2 sv^2/U^2: next to nothing
        row[kernels.ZI] = depth
        row[kernels.WIND_ANGLE] = 0.0
        size = np.empty((1, 3))
        kernels.spreads(row, 3.4, 3.2, np.array([distance]), False, size)
        sz, raw, wind = size[0]
        top = min(max(depth, 3.4 + 2.15 * sz), 8.0 * sz)  # the lid of the formulation rises with sz
        heights = (np.arange(60) + 0.5) * top / 60
        width = 8.0 * kernels.sigma_y_raw(raw, row)
        across = np.linspace(-width, width, 121)
        flux = 0.0
        for z in heights:
            table = np.empty((POINTS, 4))
            kernels.tabulate(row, 3.4, 3.2, z, table)
            values = [
                kernels.line_direct(0, -0.01, 0, 0.01, 0.0, distance, y, 0.0, table, ALPHA)
                for y in across
            ]
            flux += np.sum(values) * (across[1] - across[0]) * (top / 60) * wind / 0.02
        assert flux == pytest.approx(1.0, rel=0.01)


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
    """Whatever the spread, the vertical profile integrates to one below the lid."""
    for sz in (2.0, 30.0, 230.0, 900.0):
        lid = max(500.0, 3.0 + 2.15 * sz)
        step = min(lid, 10.0 * sz) / 4000
        heights = (np.arange(4000) + 0.5) * step
        total = sum(kernels.vertical(3.0, z, sz, 500.0) for z in heights) * step
        assert total == pytest.approx(np.sqrt(2.0 * np.pi) * sz, rel=1e-3)
    assert kernels.vertical(3.0, 600.0, 50.0, 500.0) == 0.0


def test_uncompiled_gives_the_same() -> None:
    """The kernel means the same as plain Python."""
    table = np.empty((60, 4))
    plain = np.empty((60, 4))
    kernels.tabulate(NEUTRAL, 3.4, 3.2, 1.5, table)
    kernels.tabulate.py_func(NEUTRAL, 3.4, 3.2, 1.5, plain)
    np.testing.assert_allclose(plain, table, rtol=1e-10)
    arguments = (-50.0, 0.0, 50.0, 10.0, 8.0, 30.0, 60.0, 1.1, table, 0.5)
    assert kernels.line_direct.py_func(*arguments) == pytest.approx(
        kernels.line_direct(*arguments), rel=1e-12
    )


def test_empty_link_emits_nothing() -> None:
    """A link of no length adds nothing, at any receptor."""
    assert concentration(np.zeros(4), np.array([10.0, 5.0]), NEUTRAL) == 0.0
