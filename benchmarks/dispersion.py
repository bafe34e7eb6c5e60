"""Link-receptor-row triples per CPU second of the direct line source, beside two others.

The same random town in the same run, on one thread: streets of about 100 m and receptors at random
on a square of 5 km, hours of every stability and direction.

* ``direct``: the package's kernel at each of its levels of accuracy, tables included;
* ``numpy``: the same sum in plain NumPy, 32 Gauss-Legendre nodes for every link, from the same
  functions of distance (receptors on a long link would need more);
* ``reference``: adaptive quadrature of the equations, on a part of the town.

Errors are relative to the reference, over the values above 1e-5 of the largest of each link and
row. Slopes are those of log time over log size, each size doubled twice: 1 is proportional.

    python benchmarks/dispersion.py [--links N] [--receptors N] [--rows N] [--json]

Bytes and flops: a node of the plume reads 6 numbers of a table (48 bytes, from cache) and does
about 60 floating-point operations, one of them a root and one a division; a node of the meander
reads two numbers and does four operations.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from functools import partial

import numba
import numpy as np

from geofleet.exposure.dispersion import (
    LineSources,
    PointReceptors,
    WeatherRows,
    line_concentrations,
    line_intake,
)
from geofleet.exposure.dispersion import _kernels as kernels
from geofleet.exposure.dispersion.lines import _kernel_rows

RELEASE_M, SIGMA_Z0_M, HEIGHT_M, EXTENT_M = 1.3, 1.5, 1.5, 5000.0
LEVELS = {"finest": 1e-4, "fine": 1e-3, "coarse": 5e-3}
NODES, WEIGHTS = np.polynomial.legendre.leggauss(32)
Scene = tuple[LineSources, PointReceptors, WeatherRows]


def town(links: int, receptors: int, rows: int, seed: int = 1) -> Scene:
    """Streets, receptors and weather at random."""
    rng = np.random.default_rng(seed)
    middle = rng.uniform(-EXTENT_M / 2, EXTENT_M / 2, (links, 2))
    angle, length = rng.uniform(0, np.pi, links), rng.lognormal(np.log(100), 0.5, links)
    half = 0.5 * length[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    sources = LineSources(
        *(middle - half).T, *(middle + half).T,
        release_height_m=np.full(links, RELEASE_M), width_m=rng.choice([7.0, 10.5, 14.0], links),
        sigma_z0_m=np.full(links, SIGMA_Z0_M), emission_g_s_m=1.0 / length,
    )  # fmt: skip
    places = PointReceptors(
        *rng.uniform(-EXTENT_M / 2, EXTENT_M / 2, (2, receptors)), np.full(receptors, HEIGHT_M)
    )
    friction, night = rng.uniform(0.06, 0.6, rows), rng.random(rows) < 0.5
    obukhov = friction**2 * rng.uniform(300, 1500, rows) + 3.0
    weather = WeatherRows(
        friction_velocity_m_s=friction,
        obukhov_length_m=np.where(night, obukhov, -2.0 * obukhov),
        mixing_height_m=np.where(night, 2300.0 * friction**1.5, rng.uniform(300, 2000, rows)),
        sigma_v_m_s=np.maximum(1.9 * friction, 0.2) * rng.uniform(1.0, 1.5, rows),
        roughness_m=np.full(rows, 0.5),
        wind_speed_m_s=friction * rng.uniform(4, 9, rows),
        wind_from_deg=rng.uniform(0, 360, rows),
        reference_height_m=np.full(rows, 10.0),
    )
    return sources, places, weather


def numpy_concentrations(sources: LineSources, places: PointReceptors, weather: WeatherRows):  # type: ignore[no-untyped-def]
    """The same sum without a kernel: every receptor and node of a link at once."""
    rows = _kernel_rows(weather)
    out = np.empty((len(weather), len(sources), len(places)))
    for k, row in enumerate(rows):
        table = np.empty((600, 4))
        kernels.tabulate(row, RELEASE_M, SIGMA_Z0_M, HEIGHT_M, kernels.RISING_LID, table)
        log_x = np.linspace(0.0, np.log(kernels.X_MAX), 600)
        log_p = np.log(np.maximum(table[:, 0], 1e-300))
        cos_wind, sin_wind = np.cos(row[kernels.WIND_ANGLE]), np.sin(row[kernels.WIND_ANGLE])
        for i in range(len(sources)):
            dx, dy = sources.x2_m[i] - sources.x1_m[i], sources.y2_m[i] - sources.y1_m[i]
            t = 0.5 * (1.0 + NODES)
            px = places.x_m[:, None] - sources.x1_m[i] - t * dx
            py = places.y_m[:, None] - sources.y1_m[i] - t * dy
            x, y = px * cos_wind + py * sin_wind, py * cos_wind - px * sin_wind
            r = np.maximum(np.hypot(x, y), 1.0)
            log_r, far = np.log(r), np.maximum(x, 1.0)
            log_far = np.log(far)
            share = np.interp(log_r, log_x, table[:, 2])
            length = np.hypot(dx, dy)
            sy0 = 0.5 * sources.width_m[i] * (dx * cos_wind + dy * sin_wind) / length
            variance = (np.interp(log_far, log_x, table[:, 1]) * far) ** 2 + sy0**2
            plume = np.exp(np.interp(log_far, log_x, log_p) - 0.5 * y * y / variance)
            plume *= (1.0 - share) / (far * np.sqrt(2.0 * np.pi * variance)) * (x > 1e-4)
            value = plume + np.interp(log_r, log_x, table[:, 3]) / (r * r)
            out[k, i] = 1e6 * sources.emission_g_s_m[i] * 0.5 * length * (value @ WEIGHTS)
    return out


def best_of(work: Callable[[], object], repeats: int = 3) -> float:
    """Least CPU seconds of a few runs, after one that compiles."""
    work()
    times = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def errors(values: np.ndarray, exact: np.ndarray) -> dict[str, float]:
    kept = exact > 1e-5 * exact.max(axis=2, keepdims=True)
    difference = np.abs(values[kept] / exact[kept] - 1.0)
    return {
        "median": float(np.median(difference)),
        "p99": float(np.quantile(difference, 0.99)),
        "worst": float(difference.max()),
    }


def slope(sizes: list[int], work: Callable[[int], Scene]) -> float:
    """Slope of log time over log size of the summed form."""
    seconds = []
    for size in sizes:
        scene = work(size)
        people = np.ones(len(scene[1]))
        seconds.append(best_of(partial(line_intake, *scene, people)))
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--links", type=int, default=240)
    parser.add_argument("--receptors", type=int, default=600)
    parser.add_argument("--rows", type=int, default=24)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    numba.set_num_threads(1)
    size = (options.links, options.receptors, options.rows)
    scene = town(*size)
    people = np.random.default_rng(2).uniform(1, 100, options.receptors)
    triples = float(np.prod(size))
    small = town(max(options.links // 40, 2), max(options.receptors // 12, 4), 4, seed=3)

    start = time.process_time()
    exact = line_concentrations(*small, method="reference", tolerance=1e-7)
    reference_rate = exact.size / (time.process_time() - start)
    few = (scene[0].take(slice(0, max(options.links // 20, 1))), scene[1], scene[2])
    plain = best_of(lambda: numpy_concentrations(*few), repeats=1)
    numpy_rate = len(few[0]) * triples / options.links / plain

    figures: dict[str, float] = {
        "links": options.links, "receptors": options.receptors, "weather_rows": options.rows,
    }  # fmt: skip
    for name, tolerance in LEVELS.items():
        rate = triples / best_of(partial(line_concentrations, *scene, tolerance=tolerance))
        summed = triples / best_of(partial(line_intake, *scene, people, tolerance=tolerance))
        figures[f"{name}_per_s"] = rate
        figures[f"{name}_summed_per_s"] = summed
        found = errors(line_concentrations(*small, tolerance=tolerance), exact)
        figures |= {f"{name}_error_{which}": value for which, value in found.items()}
    figures["numpy_per_s"] = numpy_rate
    found = errors(numpy_concentrations(*small), exact)
    figures |= {f"numpy_error_{which}": value for which, value in found.items()}
    figures["reference_per_s"] = reference_rate
    figures["fine_over_numpy"] = figures["fine_per_s"] / numpy_rate
    figures["fine_over_reference"] = figures["fine_per_s"] / reference_rate
    links, receptors, rows = size
    figures["slope_links"] = slope(
        [links, 2 * links, 4 * links], lambda n: town(n, receptors, rows)
    )
    figures["slope_receptors"] = slope(
        [receptors, 2 * receptors, 4 * receptors], lambda n: town(links, n, rows)
    )
    figures["slope_rows"] = slope([rows, 2 * rows, 4 * rows], lambda n: town(links, receptors, n))

    if options.json:
        print(json.dumps(figures, indent=1))
        return
    for name, value in figures.items():
        print(f"{name:24} {value:,.4g}")


if __name__ == "__main__":
    main()
