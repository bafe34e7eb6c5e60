"""A whole city's exposure: where the time goes, how it grows, and what it is worth.

One random town, or real roads (``--osm``) with receptors made from them, under made-up weather or
a real year (``--weather``), on one thread unless told otherwise:

* ``stages``: CPU and wall seconds of each step, forward and adjoint, and memory;
* ``error``: the split sums against all pairs, and against the sum over every weather row;
* ``pairs``: the look-up kernel in pairs a second beside the same look-ups in NumPy (answers must
  agree to 1e-5 before anything is timed) and beside the direct kernel, which integrates every
  weather row by itself: one pair here stands for all rows;
* ``growth``: slopes of CPU time in links, receptors and weather rows.

    python benchmarks/exposure.py [--links N] [--receptors N] [--rows-per-hour N] [--threads N]
        [--osm FILE] [--weather FILE --station NAME] [--tolerance T] [--growth] [--json]

Bytes and flops: one look-up reads four vectors of 24 single-precision numbers (384 bytes, from
cache) and does about 190 floating-point operations with two roots and one division.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pandas as pd
import shapely

from geofleet.defaults import Defaults
from geofleet.exposure import Weather
from geofleet.exposure.city import _kernels_pairs, operator
from geofleet.exposure.city.chunks import sort_by_cell
from geofleet.exposure.city.grid import no_split
from geofleet.exposure.city.roads import Lines, carriageway_width_m, lines_of_shapes
from geofleet.exposure.city.scene import Scene, scene_of_lines
from geofleet.exposure.dispersion import LineSources, PointReceptors, WeatherRows, line_intake
from geofleet.exposure.meteorology import Site, read_weather

BYTES, FLOPS = 384, 190
HEIGHTS = (3.4, 3.2, 1.5)  # of release, first spread and breathing, metres, as the defaults
MEXICO_CITY = Site(latitude_deg=19.40, longitude_deg=-99.20, timezone="America/Mexico_City")


@dataclass(frozen=True)
class City:
    """Streets, receptors, people and weather."""

    lines: Lines
    xy: np.ndarray
    people: np.ndarray
    weather: Weather


def town(links: int, receptors: int, seed: int) -> tuple[Lines, np.ndarray]:
    """Random bent streets of about 100 m at 60 to the square kilometre, and people among them."""
    rng = np.random.default_rng(seed)
    half = 500.0 * np.sqrt(links / 60.0)
    start = rng.uniform(-half, half, (links, 1, 2))
    vertices = np.concatenate([start, start + np.cumsum(rng.normal(0, 35, (links, 3, 2)), 1)], 1)
    lines = lines_of_shapes(
        shapely.linestrings(vertices), width_m=rng.choice([7.0, 10.5, 14.0], links),
        origin=(0.0, 0.0),
    )  # fmt: skip
    return lines, rng.uniform(-half, half, (receptors, 2))


def real_roads(file: Path, links: int, receptors: int, seed: int) -> tuple[Lines, np.ndarray]:
    """Streets of an extract, cut or left out to make ``links``; homes along the lived-in ones."""
    from geofleet.network import read_osm

    network = read_osm(file)
    twin, number = network.arrays.twin, np.arange(len(network.edges))
    once = np.flatnonzero((twin < 0) | (number < twin))
    shapes = network.edges_metric.to_numpy()[once]
    width = carriageway_width_m(network.edges.iloc[once], Defaults())
    rng = np.random.default_rng(seed)
    lived = np.isin(
        network.edges["highway"].to_numpy(object)[once],
        ["residential", "living_street", "unclassified", "tertiary", "secondary"],
    )
    length = shapely.length(shapes[lived])
    street = shapes[lived][rng.choice(len(length), receptors, p=length / length.sum())]
    along = rng.uniform(0.0, 1.0, receptors)
    points = shapely.get_coordinates(shapely.line_interpolate_point(street, along, normalized=True))
    turn = rng.uniform(0.0, 2.0 * np.pi, receptors)
    points += 14.0 * np.column_stack([np.cos(turn), np.sin(turn)])
    if links <= len(shapes):
        keep = np.sort(rng.choice(len(shapes), links, replace=False))
    else:
        parts = np.maximum(
            np.rint(shapely.length(shapes) * links / shapely.length(shapes).sum()), 1
        )
        keep = np.repeat(np.arange(len(shapes)), parts.astype(int))
        turn_of = np.arange(len(keep)) - np.searchsorted(keep, keep)
        ends = np.column_stack([turn_of, turn_of + 1]) / parts[keep][:, None]
        a, b = (
            shapely.get_coordinates(
                shapely.line_interpolate_point(shapes[keep], ends[:, k], normalized=True)
            )
            for k in (0, 1)
        )
        shapes = shapely.linestrings(np.stack([a, b], axis=1))
        width, keep = width[keep], np.arange(len(keep))
    lines = lines_of_shapes(shapes[keep], width_m=width[keep])
    return lines, points - np.asarray(lines.origin)


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


def lay_out(city: City, tolerance: float | None) -> Scene:
    """Cut streets, plan, and sum the weather into tables, also where a town is small."""
    return scene_of_lines(
        city.lines, city.xy, city.weather, edges=np.arange(len(city.lines), dtype=np.int32),
        receptor_height_m=HEIGHTS[2], north_rad=np.pi / 2, tolerance=tolerance, max_memory_mb=None,
        defaults=Defaults({"exposure_accuracy:most_triples": 0}).scope(),
    )  # fmt: skip


def timed(work: Callable[[], Any]) -> tuple[Any, float, float]:
    """Return a result with its CPU and wall seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    return result, time.process_time() - cpu, time.perf_counter() - wall


def stages(city: City, tolerance: float | None) -> tuple[dict[str, float], Scene]:
    """Time each step of a forward and an adjoint sum."""
    rng = np.random.default_rng(3)
    people = np.repeat(city.people[None, :, None], 24, axis=2)
    rates = rng.uniform(0, 1e-3, (1, len(city.lines), 24))
    scene, *layout = timed(lambda: lay_out(city, tolerance))
    _, *tables = timed(lambda: scene.with_weather(city.weather))
    near = replace(scene, plan=replace(scene.plan, grids=()))
    _, *near_adjoint = timed(lambda: operator.adjoint(near, people))
    _, *near_forward = timed(lambda: operator.forward(near, rates))
    unit, *adjoint = timed(lambda: operator.adjoint(scene, people))
    air, *forward = timed(lambda: operator.forward(scene, rates))
    found: dict[str, float] = {
        "links": len(city.lines),
        "receptors": len(city.xy),
        "weather_rows": len(city.weather.frame),
        "chunks": len(scene.chunks),
        "split_m": scene.plan.split_m,
        "close_pairs_of_chunks": scene.plan.pairs,
        "grid_cells": float(sum(g.padded[0] * g.padded[1] for g in scene.plan.grids)),
    }
    for name, (cpu, wall) in {
        "layout_and_tables": layout, "tables_alone": tables, "adjoint_close_pairs": near_adjoint,
        "adjoint": adjoint, "forward_close_pairs": near_forward, "forward": forward,
    }.items():  # fmt: skip
        found[f"{name}_cpu_s"], found[f"{name}_wall_s"] = cpu, wall
    for clock in ("cpu", "wall"):
        found[f"all_{clock}_s"] = sum(
            found[f"{name}_{clock}_s"] for name in ("layout_and_tables", "adjoint", "forward")
        )
    found["forward_less_adjoint"] = float(np.sum(unit * rates) / np.sum(people * air) - 1.0)
    found["table_mb"] = scene.tables.values.nbytes / 1e6
    found["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    return found, scene


def split_error(city: City, scene: Scene, sample: int = 60) -> dict[str, float]:
    """Compare the split sums with all pairs at some receptors and streets."""
    rng = np.random.default_rng(4)
    rates = rng.uniform(0, 1e-3, (1, len(city.lines), 24))
    some = rng.choice(len(city.xy), min(sample, len(city.xy)), replace=False)
    air = operator.forward(scene, rates)[0, some]
    xy = np.ascontiguousarray(city.xy[some])
    few = replace(scene, xy=xy, receptor_cells=sort_by_cell(xy, 1e9))
    exact = operator.forward(operator.pairs_only(few), rates)[0]
    error = np.abs(air / exact - 1.0)
    return {
        "split_error_median": float(np.median(error)),
        "split_error_p99": float(np.quantile(error, 0.99)),
    }


def direct_sum(city: City, lines: Sequence[int], some: np.ndarray) -> tuple[np.ndarray, float]:
    """Persons·µg/m3 per g/s of some streets at some receptors by hour, row by row; CPU seconds."""
    pieces = [city.lines.segments[a:b] for a, b in _bounds(city.lines, lines)]
    owner = np.repeat(np.arange(len(pieces)), [len(piece) for piece in pieces])
    x1, y1, x2, y2 = np.concatenate(pieces).T
    same = np.ones(len(x1))
    sources = LineSources(
        x1_m=x1, y1_m=y1, x2_m=x2, y2_m=y2, release_height_m=HEIGHTS[0] * same,
        width_m=city.lines.width_m[lines][owner], sigma_z0_m=HEIGHTS[1] * same,
        emission_g_s_m=1.0 / city.lines.length_m[lines][owner],
    )  # fmt: skip
    x, y = city.xy[some].T
    points = PointReceptors(x_m=x, y_m=y, height_m=np.full(len(some), HEIGHTS[2]))
    rows = WeatherRows.from_weather(city.weather)
    line_intake(sources, points, rows, city.people[some])
    by_piece, cpu, _ = timed(lambda: line_intake(sources, points, rows, city.people[some]))
    total = np.zeros((len(by_piece), len(pieces)))
    np.add.at(total.T, owner, by_piece.T)
    hour = city.weather.frame["hour"].to_numpy()
    weight = city.weather.frame["weight_hours"].to_numpy()
    hours = [weight[hour == h] @ total[hour == h] / weight[hour == h].sum() for h in range(24)]
    return np.stack(hours, axis=1), cpu


def _bounds(lines: Lines, which: Sequence[int]) -> list[tuple[int, int]]:
    return [(int(lines.starts[i]), int(lines.starts[i + 1])) for i in which]


def numpy_nodes(scene: Scene, chunk: int, xy: np.ndarray, people: np.ndarray) -> np.ndarray:
    """Look up one node at many receptors beyond the near tables, in NumPy."""
    t = scene.tables
    far = t.values[t.far_start :].reshape(t.far_rows, t.far_directions + 1, 24)
    dx, dy = (xy - scene.chunks.chunks[chunk, :2]).T
    r2 = dx * dx + dy * dy
    fraction, exponent = np.frexp(r2)
    place = (exponent - 1 + 2.0 * fraction - 1.0) * 2**t.bits
    i = place.astype(int)
    u = place - i
    i -= t.near_rows - 1
    v = dy / (np.abs(dx) + np.abs(dy))
    v = np.where(dx < 0.0, 2.0 - v, np.where(v < 0.0, v + 4.0, v)) * t.far_directions * 0.25
    j = np.minimum(v.astype(int), t.far_directions - 1)
    v -= j
    weight = people * scene.chunks.micrograms[chunk] / r2**0.75
    total = (weight * (1 - u) * (1 - v)) @ far[i, j]
    total += (weight * (1 - u) * v) @ far[i, j + 1]
    total += (weight * u * (1 - v)) @ far[i + 1, j]
    result: np.ndarray = total + (weight * u * v) @ far[i + 1, j + 1]
    return result


def rates_of_pairs(city: City, scene: Scene) -> dict[str, float]:
    """Pairs a second of look-ups, beside NumPy and the direct kernel."""
    rng = np.random.default_rng(5)
    people = np.repeat(city.people[None, :, None], 24, axis=2)
    # Distant nodes alone, where NumPy can do the same.
    chunk = 0
    away = np.hypot(*(city.xy - scene.chunks.chunks[chunk, :2]).T)
    outside = np.flatnonzero(away > 400.0)
    xy, who = np.ascontiguousarray(city.xy[outside]), city.people[outside]
    one = scene.chunks.take(np.array([chunk]))
    cells = sort_by_cell(xy, 1e9)
    out = np.zeros((1, 1, 24))
    weights = np.repeat(who[None, cells.order, None], 24, axis=2)
    ordered = np.ascontiguousarray(xy[cells.order])

    def compiled() -> None:
        _kernels_pairs.adjoint(
            0, 1, one.arrays, ordered, weights, cells.arrays, scene.tables.arrays, no_split.pair,
            scene.accuracy.rule, out,
        )  # fmt: skip

    compiled()
    plain = numpy_nodes(scene, chunk, xy, who)
    np.testing.assert_allclose(out[0, 0], plain, rtol=1e-5)
    repeats = max(1, int(2e5 / max(len(xy), 1)))
    fast = min(timed(lambda: [compiled() for _ in range(repeats)])[1] for _ in range(3)) / repeats
    slow = min(
        timed(lambda: [numpy_nodes(scene, chunk, xy, who) for _ in range(max(1, repeats // 10))])[1]
        for _ in range(3)
    ) / max(1, repeats // 10)
    # Whole pairs of link and receptor, all of them, beside the sum over weather rows.
    some = np.sort(rng.choice(len(city.xy), min(len(city.xy), 300), replace=False))
    lines = np.sort(rng.choice(len(city.lines), min(len(city.lines), 12), replace=False))
    few_xy = np.ascontiguousarray(city.xy[some])
    few = operator.pairs_only(replace(scene, xy=few_xy, receptor_cells=sort_by_cell(few_xy, 1e9)))
    weights_few = people[:, some]
    operator.adjoint(few, weights_few)
    unit, look_up, _ = timed(lambda: operator.adjoint(few, weights_few))
    exact, direct = direct_sum(city, lines.tolist(), some)
    error = np.abs(unit[0, lines] / exact - 1.0)
    rows = len(city.weather.frame)
    pairs = len(city.lines) * len(some) / look_up
    return {
        "look_ups_per_s": len(xy) / fast,
        "look_up_gflops": FLOPS * len(xy) / fast / 1e9,
        "look_up_gbytes_per_s": BYTES * len(xy) / fast / 1e9,
        "numpy_look_ups_per_s": len(xy) / slow,
        "times_numpy": slow / fast,
        "link_pairs_per_s": pairs,
        "link_pair_rows_per_s": pairs * rows,
        "direct_pair_rows_per_s": len(lines) * len(some) * rows / direct,
        "times_direct": pairs * rows / (len(lines) * len(some) * rows / direct),
        "error_against_rows_median": float(np.median(error)),
        "error_against_rows_p99": float(np.quantile(error, 0.99)),
    }


def growth(options: argparse.Namespace, city: City) -> dict[str, float]:
    """Slopes of CPU time in links, in receptors, in both together, and in weather rows."""
    found: dict[str, float] = {}
    sizes = [options.links // 9, options.links // 3, options.links]
    fixed = options.receptors // 3
    kinds: dict[str, Callable[[int], tuple[int, int]]] = {
        "links": lambda size: (size, fixed),
        "receptors": lambda size: (fixed, size),
        "links_and_receptors": lambda size: (size, size),
    }
    for kind, counts in kinds.items():
        whole, sums = [], []
        for size in sizes:
            links, receptors = counts(size)
            part = make_city(options, links=links, receptors=receptors, weather=city.weather)
            stages(part, options.tolerance)
            measured = stages(part, options.tolerance)[0]
            whole.append(measured["all_cpu_s"])
            sums.append(measured["all_cpu_s"] - measured["tables_alone_cpu_s"])
            found[f"cpu_s_at_{links}_x_{receptors}"] = measured["all_cpu_s"]
        found[f"slope_{kind}"] = slope(sizes, whole)
        found[f"slope_{kind}_without_weather"] = slope(sizes, sums)
    rows = [6, 24, 96]
    scene = lay_out(city, options.tolerance)
    seconds = []
    for count in rows:
        weather = climate(count, 2)
        scene.with_weather(weather)
        seconds.append(timed(lambda w=weather: scene.with_weather(w))[1])  # type: ignore[misc]
    found["slope_weather_rows"] = slope(rows, seconds)
    return found


def slope(sizes: Sequence[int], seconds: Sequence[float]) -> float:
    """Exponent with which time grows."""
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])


def make_city(
    options: argparse.Namespace, *, links: int, receptors: int, weather: Weather | None = None
) -> City:
    """Return the town or real roads that the options ask for."""
    if options.osm is None:
        lines, xy = town(links, receptors, 1)
    else:
        lines, xy = real_roads(options.osm, links, receptors, 1)
    if weather is None:
        weather = (
            climate(options.rows_per_hour, 2)
            if options.weather is None
            else read_weather(options.weather, site=MEXICO_CITY, station=options.station)
        )
    return City(lines, xy, np.random.default_rng(6).uniform(1, 200, receptors), weather)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--links", type=int, default=3000)
    parser.add_argument("--receptors", type=int, default=3000)
    parser.add_argument("--rows-per-hour", type=int, default=36)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--osm", type=Path)
    parser.add_argument("--weather", type=Path)
    parser.add_argument("--station", default="MGH")
    parser.add_argument("--tolerance", type=float)
    parser.add_argument("--growth", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    numba.set_num_threads(options.threads)
    city = make_city(options, links=options.links, receptors=options.receptors)
    stages(city, options.tolerance)  # compiles
    figures, scene = stages(city, options.tolerance)
    figures |= split_error(city, scene)
    figures |= rates_of_pairs(city, scene)
    if options.growth:
        figures |= growth(options, city)
    if options.json:
        print(json.dumps(figures, indent=1))
        return
    for name, value in figures.items():
        print(f"{name:32} {value:,.4g}")


if __name__ == "__main__":
    main()
