"""Link-receptor pairs per second of the exposure kernel, beside NumPy and beside plain summing.

Three ways to the same numbers on the same random town in the same run, on one thread:

* ``tables``: the package's kernel, integrals over tables that hold all weather rows of an hour;
* ``numpy``: the same table look-ups for distant pairs, vectorised in NumPy (answers must agree to
  1e-9 before anything is timed);
* ``direct``: the reference kernel, which integrates every weather row by itself.

    python benchmarks/exposure.py [--lines N] [--receptors N] [--rows-per-hour N] [--json]

Bytes and flops: one look-up reads four vectors of 24 numbers (768 bytes, from cache) and does
about 240 floating-point operations, one logarithm, one arc tangent and three roots.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Callable

import numba
import numpy as np
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.exposure import Weather
from geofleet.exposure.city import _kernels
from geofleet.exposure.city.kernel_tables import HourTables, make_tables, weather_rows
from geofleet.exposure.city.roads import Lines
from geofleet.exposure.dispersion import _kernels as row

RELEASE_M, SIGMA_Z0_M, RECEPTOR_M = 3.4, 3.2, 1.5
BYTES, FLOPS = 768, 240


def town(lines: int, receptors: int, seed: int) -> tuple[Lines, np.ndarray, np.ndarray]:
    """Random bent streets of about 130 m and people on a square of 12 km."""
    rng = np.random.default_rng(seed)
    start = rng.uniform(-6000, 6000, (lines, 1, 2))
    vertices = np.concatenate([start, start + np.cumsum(rng.normal(0, 35, (lines, 3, 2)), 1)], 1)
    segments = np.concatenate([vertices[:, :-1], vertices[:, 1:]], axis=2)
    length = np.hypot(*(vertices[:, 1:] - vertices[:, :-1]).transpose(2, 0, 1))
    middle = 0.5 * (vertices[:, 1:] + vertices[:, :-1])
    centre = (middle * length[..., None]).sum(1) / length.sum(1)[:, None]
    reach = np.hypot(*(vertices - centre[:, None]).transpose(2, 0, 1)).max(axis=1)
    ends = vertices[:, -1] - vertices[:, 0]
    made = Lines(
        segments=np.ascontiguousarray(segments.reshape(-1, 4)),
        starts=np.arange(0, 3 * lines + 1, 3),
        centres=np.column_stack([centre, length.sum(1), reach]),
        width_m=rng.choice([7.0, 10.5, 14.0], lines),
        bearing_rad=np.mod(np.arctan2(ends[:, 1], ends[:, 0]), np.pi),
        line_of=np.arange(lines),
        origin=(0.0, 0.0),
    )
    return made, rng.uniform(-6000, 6000, (receptors, 2)), rng.uniform(1, 200, receptors)


def climate(rows_per_hour: int, seed: int) -> Weather:
    """Rows of every stability and direction."""
    rng = np.random.default_rng(seed)
    hour = np.repeat(np.arange(24), rows_per_hour)
    friction = rng.uniform(0.1, 0.6, len(hour))
    day = (hour > 7) & (hour < 18)
    frame = pd.DataFrame(
        {
            "hour": hour,
            "weight_hours": 1.0,
            "wind_speed_m_s": 7.0 * friction,
            "wind_from_deg": rng.uniform(0, 360, len(hour)),
            "friction_velocity_m_s": friction,
            "obukhov_length_m": np.where(day, -60.0, 60.0),
            "mixing_height_m": np.where(day, 900.0, 2300.0 * friction**1.5),
            "sigma_v_m_s": np.maximum(1.9 * friction, 0.2),
        }
    )
    return Weather(frame, 10.0, 0.5)


def numpy_far(
    tables: HourTables, centres: np.ndarray, xy: np.ndarray, people: np.ndarray
) -> np.ndarray:
    """Adjoint with one node per pair beyond the near tables, receptor by receptor."""
    count = tables.far.shape[1] - 1
    total = np.zeros((len(centres), 24))
    for point, weight in zip(xy, people, strict=True):
        dx, dy = (point - centres[:, :2]).T
        distance = np.hypot(dx, dy)
        u = np.log(distance) / tables.log_step - (tables.near_count - 1)
        i = np.minimum(u.astype(int), tables.far.shape[0] - 2)
        u -= i
        v = np.mod(np.arctan2(dy, dx) * count / (2 * np.pi), count)
        j = np.minimum(v.astype(int), count - 1)
        v -= j
        scale = 1e6 * weight * distance**-1.5
        total += (scale * (1 - u) * (1 - v))[:, None] * tables.far[i, j]
        total += (scale * (1 - u) * v)[:, None] * tables.far[i, j + 1]
        total += (scale * u * (1 - v))[:, None] * tables.far[i + 1, j]
        total += (scale * u * v)[:, None] * tables.far[i + 1, j + 1]
    return total


def best_of(work: Callable[[], None], repeats: int = 3) -> float:
    """Least CPU seconds of a few runs, after one that compiles."""
    work()
    times = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lines", type=int, default=400)
    parser.add_argument("--receptors", type=int, default=600)
    parser.add_argument("--rows-per-hour", type=int, default=12)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    numba.set_num_threads(1)

    lines, xy, people = town(options.lines, options.receptors, 1)
    weather = climate(options.rows_per_hour, 2)
    tables: list[HourTables] = []

    def build() -> None:
        tables[:] = [
            make_tables(
                weather, lines, receptor_height_m=RECEPTOR_M, north_rad=np.pi / 2,
                defaults=Defaults(),
            )
        ]  # fmt: skip

    building = best_of(build, repeats=1)
    grid, classes = tables[0].grid, tables[0].class_of_line
    out = np.zeros((len(lines), 24))
    bent = (lines.starts, lines.segments, lines.centres, classes)
    points = lines.centres.copy()
    points[:, 3] = 0.0  # no reach: every pair is one node
    far = (lines.starts, lines.segments, points, classes)
    outside = np.hypot(*(xy[:, None] - points[None, :, :2]).transpose(2, 0, 1)).min(axis=1) > 300

    def adjoint(kind: tuple[np.ndarray, ...], where: np.ndarray, who: np.ndarray) -> None:
        _kernels.adjoint(0, len(lines), kind, where, who, grid, out)

    far_xy, far_people = np.ascontiguousarray(xy[outside]), people[outside]
    adjoint(far, far_xy, far_people)
    plain = numpy_far(tables[0], points, far_xy, far_people)
    np.testing.assert_allclose(out, plain, rtol=1e-9)

    pairs, far_pairs = len(lines) * len(xy), len(lines) * len(far_xy)
    seconds_tables = best_of(lambda: adjoint(bent, xy, people))
    with_tables = out.copy()
    seconds_far = best_of(lambda: adjoint(far, far_xy, far_people))
    seconds_numpy = best_of(lambda: (numpy_far(tables[0], points, far_xy, far_people), None)[1])

    some = xy[: max(len(xy) // 20, 1)]
    rows, starts = weather_rows(weather)
    owner = np.repeat(np.arange(len(lines)), np.diff(lines.starts))
    result: list[np.ndarray] = []

    def direct() -> None:
        result[:] = [
            row.direct(
                lines.segments, lines.width_m[owner], some, rows, RELEASE_M, SIGMA_Z0_M, RECEPTOR_M,
                0.5, 600,
            )
        ]  # fmt: skip

    seconds_direct = best_of(direct, repeats=1)
    exact = np.zeros((len(lines), 24))
    for hour in range(24):
        part = slice(starts[hour], starts[hour + 1])
        each = np.tensordot(rows[part, row.WEIGHT], result[0][part], axes=1)
        total = each @ people[: len(some)]
        np.add.at(exact[:, hour], owner, 1e6 * total)
    exact /= lines.centres[:, 2:3]
    adjoint(bent, some, people[: len(some)])
    error = np.abs(out / exact - 1.0)

    figures = {
        "lines": len(lines),
        "receptors": len(xy),
        "weather_rows": len(weather.frame),
        "tables_build_cpu_s": building,
        "tables_pairs_per_s": pairs / seconds_tables,
        "tables_pair_hours_per_s": 24 * pairs / seconds_tables,
        "single_node_pairs_per_s": far_pairs / seconds_far,
        "single_node_gflops": FLOPS * far_pairs / seconds_far / 1e9,
        "single_node_gbytes_per_s": BYTES * far_pairs / seconds_far / 1e9,
        "numpy_single_node_pairs_per_s": far_pairs / seconds_numpy,
        "times_numpy": seconds_numpy / seconds_far,
        "direct_pairs_per_s": len(lines) * len(some) / seconds_direct,
        "times_direct": (pairs / seconds_tables) / (len(lines) * len(some) / seconds_direct),
        "unit_exposure_error_median": float(np.median(error)),
        "unit_exposure_error_p99": float(np.quantile(error, 0.99)),
        "mean_unit_exposure": float(with_tables.mean()),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3,
    }
    if options.json:
        print(json.dumps(figures, indent=1))
        return
    for name, value in figures.items():
        print(f"{name:32} {value:,.4g}")


if __name__ == "__main__":
    main()
