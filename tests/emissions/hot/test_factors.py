"""The factor arrays against exact arithmetic, and what they say about the rows they hold."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from geofleet.defaults import Defaults
from geofleet.emissions import _kernels as kernels
from geofleet.emissions.hot.factors import (
    LOADS,
    POLLUTANTS,
    SLOPES,
    FunctionKind,
    factor_arrays,
    read_factors,
)

VANS = {"small_van": "n1_ii", "cargo_van": "n1_iii"}
Point = dict[str, str]


@pytest.fixture(scope="module")
def points(repository: Path) -> list[Point]:
    """Return the points computed with fractions, apart from the package."""
    with (repository / "tests/oracles/emep_points.csv").open(encoding="utf-8") as handle:
        return list(csv.DictReader(handle))


def kind_of(point: Point) -> FunctionKind:
    """Return the functions that a vehicle class and standard stand for."""
    name = point["vehicle_class"]
    return FunctionKind("light" if name in VANS else "heavy", VANS.get(name, name),
                        point["standard"])  # fmt: skip


def test_interpolated_arrays_equal_exact_arithmetic(points: list[Point]) -> None:
    """Every point agrees to 1e-9 with fractions taken straight from the published coefficients."""
    kinds = sorted({kind_of(point) for point in points}, key=repr)
    arrays = factor_arrays(kinds, defaults=Defaults())
    slopes, loads = np.array(SLOPES), np.array(LOADS)
    got, flags = [], []
    for point in points:
        functions = arrays.functions[kinds.index(kind_of(point))]
        s, ws = kernels.bracket(slopes, float(point["grade"]))
        p, wp = kernels.bracket(loads, float(point["load"]))
        value, flag = kernels.interpolated_factor(
            functions[POLLUTANTS.index(point["pollutant"])], s, ws, p, wp, float(point["speed_kmh"])
        )
        got.append(value)
        flags.append(flag)
    want = [float(point["value_per_km"]) for point in points]
    np.testing.assert_allclose(got, want, rtol=1e-9)
    # Inside every declared range and outside every bridge: nothing clamped, nothing repaired.
    assert set(flags) == {0}


def test_points_cover_the_table(points: list[Point]) -> None:
    """All classes × standards, pollutants, slopes, loads, between them, and both range ends."""
    assert len(points) >= 240
    assert len({(p["vehicle_class"], p["standard"]) for p in points}) == 16 * 7
    assert len({(p["vehicle_class"], p["pollutant"]) for p in points}) == 16 * 5
    trucks = [p for p in points if p["vehicle_class"] not in VANS]
    assert {float(p["grade"]) for p in trucks} > set(SLOPES)
    assert {float(p["load"]) for p in trucks} > set(LOADS)
    between = [p for p in trucks
               if float(p["grade"]) not in SLOPES and float(p["load"]) not in LOADS]  # fmt: skip
    assert len(between) >= 100
    table = read_factors("emep_hot_diesel.parquet")
    ranges = defaultdict(set)
    for segment, standard, low, high in table[
        ["emep_segment", "standard", "speed_min_kmh", "speed_max_kmh"]
    ].itertuples(index=False):
        ranges[segment, standard] |= {("low", low), ("high", high)}
    for end in ("low", "high"):
        at_end = [
            p for p in points
            if (end, float(p["speed_kmh"])) in ranges[kind_of(p).emep_segment, p["standard"]]
        ]  # fmt: skip
        assert len(at_end) >= 60


def test_functions_taken_are_named_with_their_source() -> None:
    """Each segment, standard and pollutant names its rows of the table, and how many are mended."""
    table = read_factors("emep_hot_diesel.parquet").set_index("factor_id")
    kinds = [
        FunctionKind("heavy", "rigid_7_5t", "euro_3"),
        FunctionKind("heavy", "rigid_over_32t", "euro_6"),
    ]
    used = factor_arrays(kinds, defaults=Defaults()).used
    assert len(used) == 2 * 5
    assert used["repaired"].sum() > 0
    for row in used.to_dict(orient="records"):
        rows = table.loc[row["factor_ids"]]
        assert len(rows) == 7 * 3
        for name in ("emep_segment", "standard", "pollutant", "source", "status"):
            assert set(rows[name]) == {row[name]}
        assert row["repaired"] == (rows["guard"] != "none").sum()


def test_interpolation_runs_uncompiled() -> None:
    """The plain Python of the kernels gives what the compiled one does."""
    kind = FunctionKind("heavy", "rigid_12t", "euro_3")
    functions = factor_arrays([kind], defaults=Defaults()).functions[0, 0]
    f = functions[3, 1]
    assert kernels.hot_factor.py_func(f, 30.0) == pytest.approx(kernels.hot_factor(f, 30.0))
    assert kernels.hot_factor.py_func(f, 1.0)[1] == kernels.SPEED_BELOW
    assert kernels.hot_factor.py_func(f, 200.0)[1] == kernels.SPEED_ABOVE
    assert kernels.bracket.py_func(np.array([-0.02, 0.0, 0.02]), 0.01) == (1, 0.5)
    at = (functions, 3, 0.25, 1, 0.5, 33.0)
    again = kernels.interpolated_factor.py_func(*at)
    assert again == pytest.approx(kernels.interpolated_factor(*at), rel=1e-14)
    curve = np.array([40.0, 1.39, -0.00974, 1.78, 90.0, 0.902])
    assert [kernels.speed_correction.py_func(curve, v) for v in (10.0, 95.0)] == [1.39, 0.902]
