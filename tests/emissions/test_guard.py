"""The guard on made-up functions with known defects, and on every function of the table."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from numba import njit

from geofleet.defaults import Defaults
from geofleet.emissions import _kernels as kernels
from geofleet.emissions import read_factors
from geofleet.emissions.factors import VehicleKind, factor_arrays
from geofleet.emissions.guard import RationalFunction, find_guard

COEFFICIENTS = ["alpha", "beta", "gamma", "delta", "epsilon", "zita", "hta", "reduction"]
RANGE = ["speed_min_kmh", "speed_max_kmh"]


@pytest.fixture(scope="module")
def published() -> pd.DataFrame:
    """Return the table of published functions."""
    return read_factors("emep_hot_diesel.parquet")


def function(
    top: tuple[float, float, float], bottom: tuple[float, float, float], low: float, high: float
) -> RationalFunction:
    """Make a ratio of two quadratics."""
    return RationalFunction(*top, 0.0, *bottom, 0.0, low, high)


def test_a_sound_function_is_left_alone() -> None:
    """1000 / v falls from 200 to 12.5 and needs nothing."""
    assert (
        find_guard(function((0, 0, 1000), (0, 1, 0), 5, 80), swing=1.5, window_kmh=5).kind == "none"
    )


def test_a_pole_is_bridged_level() -> None:
    """100/v + 1/(v - 20): the narrowest line that does not rise is level and holds the pole."""
    # (100 (v - 20) + v) / (v (v - 20))
    f = function((0, 101, -2000), (1, -20, 0), 10, 60)
    guard = find_guard(f, swing=1.5, window_kmh=5)
    assert guard.kind == "pole"
    assert guard.from_kmh < 20 < guard.to_kmh
    assert guard.from_value == pytest.approx(guard.to_value, rel=0.01)
    assert guard.from_value == pytest.approx(100 / 20, rel=0.1)


def test_a_pole_that_comes_down_from_above_is_cut_back_to_the_turning_points() -> None:
    """100/v - 1/(v - 20): the line runs from the dip before the pole to the peak after it."""
    f = function((0, 99, -2000), (1, -20, 0), 10, 60)
    guard = find_guard(f, swing=1.5, window_kmh=5)
    # Turning points solve 100/v² = 1/(v - 20)².
    assert guard.from_kmh == pytest.approx(200 / 11, abs=0.01)
    assert guard.to_kmh == pytest.approx(200 / 9, abs=0.01)
    assert guard.from_value > guard.to_value > 0


def test_negative_values_at_the_end_become_zero() -> None:
    """50 - v turns negative at 50 km/h: zero from there on."""
    guard = find_guard(function((0, -1, 50), (0, 0, 1), 10, 60), swing=1.5, window_kmh=5)
    assert guard.kind == "negative"
    assert guard.from_kmh == pytest.approx(50, abs=0.011)
    assert (guard.to_kmh, guard.to_value) == (60, 0.0)


def test_a_near_pole_is_a_spike(published: pd.DataFrame) -> None:
    """NOx 2.17 at 10.4 km/h, 4.96 at 12.5, no pole, nothing negative: bridged level."""
    row = published.set_index("factor_id").loc["rigid_32t.euro_6.nox.s-0.04.l1.0"]
    f = RationalFunction(*(row[name] for name in COEFFICIENTS + RANGE))
    assert f(np.array([10.4, 12.5])) == pytest.approx([2.17, 4.96], abs=0.01)
    guard = find_guard(f, swing=1.5, window_kmh=5)
    assert guard.kind == "spike"
    assert guard.from_kmh < 10.4 < 12.4 < guard.to_kmh
    assert guard.from_value == pytest.approx(guard.to_value, rel=0.01)
    assert find_guard(f, swing=3.0, window_kmh=5).kind == "none"


def test_a_defect_that_no_falling_line_bridges_is_refused() -> None:
    """A spike on a function that rises overall is not repaired in silence."""
    # 1 + 5 (v - 20) / ((v - 20)² + 1), over the common denominator
    f = function((1, -35, 301), (1, -40, 401), 10, 60)
    with pytest.raises(ValueError, match="no line"):
        find_guard(f, swing=1.5, window_kmh=5)


def test_every_function_is_there(published: pd.DataFrame) -> None:
    """14 truck segments × 7 standards × 7 slopes × 3 loads × 5 and 3 van segments × 9 × 5."""
    counts = published.groupby("emep_category").size().to_dict()
    assert counts == {"heavy": 14 * 7 * 7 * 3 * 5, "light": 3 * 9 * 5}
    assert published["factor_id"].is_unique


def test_the_stored_guard_is_what_the_rule_gives(published: pd.DataFrame) -> None:
    """All guarded functions and every hundredth other one: stored as the rule gives."""
    defaults = Defaults()
    swing = defaults.number("emissions", "guard.swing")
    window = defaults.number("emissions", "guard.window_kmh")
    assert Counter(published["guard"]) == {"none": 10369, "pole": 45, "spike": 9, "negative": 2}
    sample = pd.concat([published[published["guard"] != "none"], published.iloc[::100]])
    for row in sample.to_dict("records"):
        f = RationalFunction(*(row[name] for name in COEFFICIENTS + RANGE))
        guard = find_guard(f, swing=swing, window_kmh=window)
        assert guard.kind == row["guard"]
        if guard.kind != "none":
            assert guard.from_kmh == pytest.approx(row["guard_from_kmh"])
            assert guard.to_value == pytest.approx(row["guard_to_value"])


@njit
def _sweep(function: np.ndarray, low: float, steps: int, out: np.ndarray) -> None:
    for k in range(steps + 1):
        out[k] = kernels.hot_factor(function, low + k / 10.0)[0]


def _rows_with_functions(published: pd.DataFrame) -> list[tuple[dict[str, object], np.ndarray]]:
    """Return each row of the table and its function as the kernel gets it."""
    frame = published.assign(
        scale=1.0 - published["reduction"],
        guard_slope=(published["guard_to_value"] - published["guard_from_value"])
        / (published["guard_to_kmh"] - published["guard_from_kmh"]),
    )
    columns = [*COEFFICIENTS[:-1], "scale", *RANGE, "guard_from_kmh", "guard_to_kmh",
               "guard_from_value", "guard_slope"]  # fmt: skip
    return list(zip(frame.to_dict("records"), frame[columns].to_numpy(), strict=True))


def test_no_value_is_negative_or_a_spike(published: pd.DataFrame) -> None:
    """All 10,425 functions over their whole range at 0.1 km/h: at least zero, no spike, no jump.

    A spike: more than 1.5 times the lowest value seen in the 5 km/h before, where the value had
    been falling. A jump: more than a tenth of the function's largest value within 0.1 km/h.
    """
    spikes, jumps, negative = [], [], []
    for row, f in _rows_with_functions(published):
        low, high = float(row["speed_min_kmh"]), float(row["speed_max_kmh"])
        steps = round((high - low) * 10)
        value = np.empty(steps + 1)
        _sweep(f, low, steps, value)
        if (value < 0).any():
            negative.append(row["factor_id"])
        if np.abs(np.diff(value)).max() > 0.1 * value.max():
            jumps.append(row["factor_id"])
        rising = np.diff(value) > 0
        for dip in np.flatnonzero(~rising[:-1] & rising[1:]) + 1:
            ahead = value[dip : dip + 51]
            peak = int(ahead.argmax())
            falls_again = peak < len(ahead) - 1
            if falls_again and value[dip] > 0 and ahead[peak] > 1.5 * value[dip]:
                spikes.append(row["factor_id"])
    assert (negative, spikes, jumps) == ([], [], [])


def test_unguarded_functions_equal_the_published_formula(published: pd.DataFrame) -> None:
    """Where no guard stands, and outside it where one does, the kernel is the published formula."""
    for row, f in _rows_with_functions(published)[::7]:
        low, high = float(row["speed_min_kmh"]), float(row["speed_max_kmh"])
        steps = round((high - low) * 10)
        speed = low + np.arange(steps + 1) / 10.0
        value = np.empty(steps + 1)
        _sweep(f, low, steps, value)
        formula = RationalFunction(*(row[name] for name in COEFFICIENTS + RANGE))(speed)
        free = ~((speed >= row["guard_from_kmh"]) & (speed <= row["guard_to_kmh"]))
        scale = np.abs(formula[free]).max()
        np.testing.assert_allclose(value[free], formula[free], rtol=1e-9, atol=1e-11 * scale)


def test_bridges_lie_among_their_neighbours(published: pd.DataFrame) -> None:
    """At the middle of a pole's bridge the value is within three times its sound neighbours."""
    key = ["emep_segment", "standard", "technology", "pollutant"]
    for _, row in published[published["guard"].isin(["pole", "spike"])].iterrows():
        middle = np.array([(row["guard_from_kmh"] + row["guard_to_kmh"]) / 2])
        bridge = (row["guard_from_value"] + row["guard_to_value"]) / 2
        same = published[(published[key] == row[key]).all(axis=1) & (published["guard"] == "none")]
        near = same[
            (np.abs(same["slope"] - row["slope"]) < 0.041)
            & (np.abs(same["load"] - row["load"]) < 0.51)
        ]
        values = [
            float(RationalFunction(*(n[c] for c in COEFFICIENTS + RANGE))(middle)[0])
            for _, n in near.iterrows()
        ]
        assert min(values) / 3 < bridge < max(values) * 3, row["factor_id"]


def test_kernel_runs_uncompiled() -> None:
    """The plain Python of the kernels gives what the compiled one does."""
    factors = factor_arrays([VehicleKind("heavy", "rigid_12t", "euro_3")], Defaults())
    f = factors.functions[0, 0, 3, 1]
    assert kernels.hot_factor.py_func(f, 30.0) == pytest.approx(kernels.hot_factor(f, 30.0))
    assert kernels.hot_factor.py_func(f, 1.0)[1] == kernels.SPEED_BELOW
    nodes = np.array([-0.02, 0.0, 0.02])
    assert kernels.bracket.py_func(nodes, 0.01) == (1, 0.5)
    curve = np.array([40.0, 1.39, -0.00974, 1.78, 90.0, 0.902])
    assert [kernels.speed_correction.py_func(curve, v) for v in (10.0, 95.0)] == [1.39, 0.902]

    grams, flags = np.empty((8, 1)), np.zeros(1, dtype=np.uint16)
    again, flags_again = np.empty((8, 1)), np.zeros(1, dtype=np.uint16)
    arguments = (
        np.zeros(1, np.int32), np.zeros(1, np.int32), np.array([500.0]),
        np.array([33.0], np.float32), np.array([900.0], np.float32), np.array([0.013]),
        np.zeros(1, np.int32), np.array([6000.0]), np.full((1, 5), 0.01), factors.functions,
        factors.flat, factors.doubtful, np.array([-0.06, -0.04, -0.02, 0.0, 0.02, 0.04, 0.06]),
        np.array([0.0, 0.5, 1.0]), 1 / 42.7, 3.17, curve, curve, np.full((3, 2), 0.5),
    )  # fmt: skip
    kernels.traversal_grams.py_func(*arguments, grams, flags)
    kernels.traversal_grams(*arguments, again, flags_again)
    np.testing.assert_allclose(grams, again, rtol=1e-14)
    assert flags[0] == flags_again[0] == 0


def test_functions_taken_are_named_with_their_source() -> None:
    """Each segment, standard and pollutant names its rows of the table, and how many are mended."""
    table = read_factors("emep_hot_diesel.parquet").set_index("factor_id")
    kinds = [
        VehicleKind("heavy", "rigid_7_5t", "euro_3"),
        VehicleKind("heavy", "rigid_over_32t", "euro_6"),
    ]
    used = factor_arrays(kinds, Defaults()).used
    assert len(used) == 2 * 5
    assert used["repaired"].sum() > 0
    for row in used.to_dict(orient="records"):
        rows = table.loc[row["factor_ids"]]
        assert len(rows) == 7 * 3
        for name in ("emep_segment", "standard", "pollutant", "source", "status"):
            assert set(rows[name]) == {row[name]}
        assert row["repaired"] == (rows["guard"] != "none").sum()
