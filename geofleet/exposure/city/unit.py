"""From links to people and back: unit exposure (adjoint) and concentrations (forward)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.exposure.city import _kernels
from geofleet.exposure.city.kernel_tables import HourTables, make_tables
from geofleet.exposure.city.roads import Lines, make_lines
from geofleet.exposure.model import Receptors, UnitExposure, Weather

if TYPE_CHECKING:
    import pyproj

    from geofleet.network import RoadNetwork

__all__ = [
    "Scene",
    "concentrations",
    "daily_mean",
    "people_weighted_concentration",
    "prepare_scene",
    "unit_exposure",
]

_LOG = logging.getLogger(__name__)
_SECONDS_PER_HOUR = 3600.0
_CHUNKS = 20

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Scene:
    """Streets, people and summed weather, ready for either direction of the operator.

    Made by :func:`prepare_scene`; handing the same one to :func:`unit_exposure` and
    :func:`concentrations` saves summing the weather twice.
    """

    edges: npt.NDArray[np.int32]
    lines: Lines
    tables: HourTables
    xy: Floats
    people: Floats
    report: dict[str, Any]
    provenance: tuple[str, ...]


def unit_exposure(
    network: RoadNetwork,
    receptors: Receptors,
    weather: Weather,
    *,
    edges: npt.NDArray[np.int32],
    scene: Scene | None = None,
    defaults: Defaults | None = None,
    progress: Callable[[float], None] | None = None,
) -> UnitExposure:
    """Return persons x µg/m3 per g/s emitted on each edge in each hour of the day.

    The line-source model is RLINE as in AERMOD v23132 (Snyder et al. 2013, Atmos. Environ. 77,
    748-756; Owen et al. 2025, J. Air Waste Manage. Assoc.), averaged over the weather rows of
    the hour. Both directions of a street share one line, so they get one value.

    Parameters
    ----------
    edges
        Edge numbers, in any order; repeated ones count once.
    scene
        From :func:`prepare_scene` with the same edges, ascending; made here when not given.
    progress
        Called with the part done, 0 to 1.

    Raises
    ------
    InputError
        Edge numbers that the network does not have, receptors in another CRS, an hour of the
        day without weather.
    """
    numbers = np.unique(np.asarray(edges, dtype=np.int32))
    scene = _fitting(scene, network, receptors, weather, numbers, defaults)
    values = np.zeros((len(scene.lines), 24))
    _run(_kernels.adjoint, scene, scene.people, values, progress)
    return UnitExposure(
        edges=numbers,
        values=values[scene.lines.line_of],
        people=float(scene.people.sum()),
        report=scene.report,
        provenance=scene.provenance,
    )


def concentrations(
    network: RoadNetwork,
    receptors: Receptors,
    weather: Weather,
    *,
    edges: npt.NDArray[np.int32],
    grams: Floats,
    scene: Scene | None = None,
    defaults: Defaults | None = None,
    progress: Callable[[float], None] | None = None,
) -> Floats:
    """Return concentrations in µg/m3 at the receptors, shape (receptors, 24).

    Several pollutants at once cost little more than one: ``grams`` of shape (kinds, edges, 24)
    gives (kinds, receptors, 24).

    Parameters
    ----------
    edges
        Edge numbers, one for each row of ``grams``.
    grams
        Shape (len(edges), 24) or (kinds, len(edges), 24): grams emitted on each edge in each
        hour of the day, spread evenly over its 3,600 s.
    scene
        From :func:`prepare_scene` with the same edges in the same order; made here when not
        given.

    Raises
    ------
    InputError
        As in :func:`unit_exposure`, and grams that are negative, not finite or misshapen.
    """
    numbers = np.asarray(edges, dtype=np.int32)
    grams = np.asarray(grams, dtype=np.float64)
    single = grams.ndim == 2
    stack = grams[None] if single else grams
    if stack.ndim != 3 or stack.shape[1:] != (len(numbers), 24):
        expected = f"an array of shape ({len(numbers)}, 24), one row per edge"
        raise InputError([Problem("grams", value=str(grams.shape), expected=expected)])
    wrong = ~np.all(np.isfinite(stack) & (stack >= 0.0), axis=(0, 2))
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        expected = f"finite grams of at least 0; {int(wrong.sum())} edges have others"
        raise InputError([Problem("grams", row=row + 1, expected=expected)])
    scene = _fitting(scene, network, receptors, weather, numbers, defaults)
    rates = np.zeros((len(stack), len(scene.lines), 24))
    for kind, part in enumerate(stack):
        np.add.at(rates[kind], scene.lines.line_of, part / _SECONDS_PER_HOUR)
    result = np.zeros((len(scene.xy), len(stack), 24))
    _run(_kernels.forward, scene, rates, result, progress)
    return result[:, 0].copy() if single else np.ascontiguousarray(result.transpose(1, 0, 2))


def daily_mean(hourly: Floats) -> Floats:
    """Return the mean over the 24 hours of ``concentrations``, µg/m3 at each receptor."""
    result: Floats = np.asarray(hourly).mean(axis=1)
    return result


def people_weighted_concentration(hourly: Floats, receptors: Receptors) -> Floats:
    """Return the mean concentration that people meet in each hour, µg/m3, shape (24,).

    Raises
    ------
    InputError
        No people, or another number of rows than receptors.
    """
    people = receptors.frame["people"].to_numpy(np.float64)
    if len(people) != len(hourly):
        expected = f"one row for each of the {len(people)} receptors"
        raise InputError([Problem("concentrations", value=str(len(hourly)), expected=expected)])
    if people.sum() <= 0.0:
        raise InputError([Problem("receptors", "people", expected="people in at least one place")])
    result: Floats = people @ np.asarray(hourly) / people.sum()
    return result


def grid_north_rad(crs: pyproj.CRS, x: float, y: float) -> float:
    """Direction of true north in a projected CRS at a point, counter-clockwise from +x."""
    from pyproj import Transformer

    there = Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    longitude, latitude = there.transform(x, y)
    back = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    (x1, x2), (y1, y2) = back.transform(
        [longitude, longitude], [latitude - 0.005, latitude + 0.005]
    )
    return float(np.arctan2(y2 - y1, x2 - x1))


def prepare_scene(
    network: RoadNetwork,
    receptors: Receptors,
    weather: Weather,
    *,
    edges: npt.NDArray[np.int32],
    defaults: Defaults | None = None,
) -> Scene:
    """Sum the weather of each hour and lay out streets and people, once for both directions.

    Raises
    ------
    InputError
        As in :func:`unit_exposure`.
    """
    used = (defaults or Defaults()).scope()
    numbers = np.asarray(edges, dtype=np.int32)
    _check(network, receptors, numbers)
    lines = make_lines(network, numbers, defaults=used)
    tables = make_tables(
        weather,
        lines,
        receptor_height_m=receptors.height_m,
        north_rad=grid_north_rad(network.crs_metric, *lines.origin),
        defaults=used,
    )
    points = receptors.frame.geometry
    xy = np.column_stack([points.x, points.y]) - np.asarray(lines.origin)
    return Scene(
        edges=numbers,
        lines=lines,
        tables=tables,
        xy=np.ascontiguousarray(xy),
        people=receptors.frame["people"].to_numpy(np.float64),
        report=_report(lines, tables, len(xy), network, numbers, weather),
        provenance=tuple(sorted({*used.used, *receptors.provenance, *weather.provenance})),
    )


def _fitting(
    scene: Scene | None,
    network: RoadNetwork,
    receptors: Receptors,
    weather: Weather,
    numbers: npt.NDArray[np.int32],
    defaults: Defaults | None,
) -> Scene:
    if scene is None:
        return prepare_scene(network, receptors, weather, edges=numbers, defaults=defaults)
    if not np.array_equal(scene.edges, numbers) or len(scene.xy) != len(receptors.frame):
        expected = "a scene made with these edges, in this order, and these receptors"
        raise InputError([Problem("scene", expected=expected)])
    return scene


def _check(network: RoadNetwork, receptors: Receptors, numbers: npt.NDArray[np.int32]) -> None:
    problems = []
    wrong = numbers[(numbers < 0) | (numbers >= len(network.edges))]
    if len(wrong):
        shown = ", ".join(map(str, wrong[:5]))
        expected = f"edge numbers from 0 to {len(network.edges) - 1}"
        problems.append(Problem("edges", value=shown, expected=expected))
    if not len(numbers):
        problems.append(Problem("edges", expected="at least one edge"))
    if not len(receptors.frame):
        problems.append(Problem("receptors", expected="at least one receptor"))
    else:
        people = receptors.frame["people"].to_numpy(np.float64)
        bad = np.flatnonzero(~(np.isfinite(people) & (people >= 0.0)))
        if len(bad):
            row, value = int(bad[0]), f"{people[bad[0]]:g}"
            expected = f"a number of at least 0; {len(bad)} receptors have others"
            problems.append(Problem("receptors", "people", row + 1, value, expected))
    if len(receptors.frame) and receptors.frame.crs != network.crs_metric:
        expected = f"the metric CRS of the network, {network.crs_metric.to_string()}"
        problems.append(Problem("receptors", value=str(receptors.frame.crs), expected=expected))
    if problems:
        raise InputError(problems)


def _run(
    kernel: Callable[..., None],
    scene: Scene,
    weights: Floats,
    out: Floats,
    progress: Callable[[float], None] | None,
) -> None:
    # Rows are independent, so chunks (only there to report progress) do not change a bit.
    bounds = np.unique(np.linspace(0, len(out), _CHUNKS + 1).astype(np.int64))
    lines = scene.lines
    arrays = (lines.starts, lines.segments, lines.centres, scene.tables.class_of_line)
    for first, last in pairwise(bounds):
        kernel(first, last, arrays, scene.xy, weights, scene.tables.grid, out)
        if progress is not None:
            progress(float(last) / len(out))


def _report(
    lines: Lines,
    tables: HourTables,
    receptors: int,
    network: RoadNetwork,
    numbers: npt.NDArray[np.int32],
    weather: Weather,
) -> dict[str, Any]:
    tunnels = int(network.edges["tunnel"].to_numpy(bool)[numbers].sum())
    if tunnels:
        _LOG.info("%d edges in tunnels are treated as roads in the open", tunnels)
    return {
        "edges": len(numbers),
        "lines": len(lines),
        "segments": len(lines.segments),
        "receptors": receptors,
        "pairs": len(lines) * receptors,
        "tunnel_edges_as_open_road": tunnels,
        "weather": weather.label,
        "weather_rows": len(weather.frame),
        "table_mb": round(tables.values.nbytes / 1e6, 1),
        "method": "RLINE as in AERMOD v23132, flat terrain, primary pollutants",
    }
