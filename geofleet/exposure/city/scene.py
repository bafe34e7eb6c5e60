"""A city laid out for its sums: streets, people and summed weather, for either direction."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.exposure.city.accuracy import Accuracy, choose_accuracy
from geofleet.exposure.city.chunks import (
    CellOrder,
    Chunks,
    RoadClasses,
    make_chunks,
    road_classes,
    sort_by_cell,
)
from geofleet.exposure.city.plan import Plan, make_plan
from geofleet.exposure.city.roads import Lines, make_lines
from geofleet.exposure.city.rows import RowRule, RowSums, row_rule
from geofleet.exposure.city.tables import (
    Heights,
    SlotTables,
    make_tables,
    tables_megabytes,
    weather_rows,
)
from geofleet.exposure.dispersion.lids import lid_code
from geofleet.exposure.model import Receptors, Weather

if TYPE_CHECKING:
    import pyproj

    from geofleet.network import RoadNetwork

__all__ = ["Scene", "grid_north_rad", "prepare_scene"]

_LOG = logging.getLogger(__name__)

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Scene:
    """Streets, people and summed weather, ready for either direction of the operator.

    Made by :func:`prepare_scene`; handing the same one to several calls saves summing the weather
    and laying out the city again.

    Parameters
    ----------
    edges
        Edge numbers asked for.
    lines
        Distinct streets.
    chunks, chunk_cells
        Their chunks, sorted by cell.
    classes
        Widths and bearings that have tables of their own.
    xy, receptor_cells
        Receptors about the origin of ``lines``, sorted by cell (``receptor_cells.order`` leads
        from the order of :class:`Receptors`).
    tables
        Weather summed by slot, or its rows where they are summed one by one.
    row_rule
        When the latter is done.
    hours
        Hour of the day of each slot.
    plan, accuracy
        How the sums are taken.
    """

    edges: npt.NDArray[np.int32]
    lines: Lines
    chunks: Chunks
    chunk_cells: CellOrder
    classes: RoadClasses
    xy: Floats
    receptor_cells: CellOrder
    tables: SlotTables | RowSums
    row_rule: RowRule
    hours: Integers
    north_rad: float
    heights: Heights
    plan: Plan
    accuracy: Accuracy
    report: dict[str, Any]
    provenance: tuple[str, ...]

    def stands_at(self, receptors: Receptors) -> bool:
        """Whether these are the receptors, in their order, that the scene was made of."""
        if len(receptors.frame) != len(self.xy):
            return False
        points = receptors.frame.geometry
        xy = np.column_stack([points.x, points.y]) - np.asarray(self.lines.origin)
        return bool(np.array_equal(xy[self.receptor_cells.order], self.xy))

    def with_weather(self, weather: Weather, *, slots: Integers | None = None) -> Scene:
        """Return the same city under other weather.

        Parameters
        ----------
        slots
            Slot of each row of ``weather.frame`` (at most 24 of them, -1 for none); hours of the
            day when not given.

        Raises
        ------
        InputError
            As in :func:`prepare_scene`.
        """
        hours = np.arange(24, dtype=np.int64)
        if slots is not None:
            hours = np.zeros(24, dtype=np.int64)
            hours[slots[slots >= 0]] = weather.frame["hour"].to_numpy(np.int64)[slots >= 0]
        rows = weather_rows(weather, slots=slots, north_rad=self.north_rad)
        tables: SlotTables | RowSums
        if self.row_rule.holds(self.lines, self.xy, rows):
            tables = RowSums(rows, self.heights, self.row_rule)
        else:
            tables = make_tables(
                rows,
                self.classes,
                heights=self.heights,
                accuracy=self.accuracy,
                farthest_m=_farthest_m(self.xy, self.chunks),
            )
        pairs = len(self.lines) * len(self.xy)
        report = {**self.report, **_said(weather, tables, self.plan, pairs)}
        return replace(self, tables=tables, hours=hours, report=report)


def prepare_scene(
    network: RoadNetwork,
    receptors: Receptors,
    weather: Weather,
    *,
    edges: npt.NDArray[np.int32],
    tolerance: float | None = None,
    max_memory_mb: float | None = None,
    defaults: Defaults | None = None,
) -> Scene:
    """Sum the weather of each hour and lay out streets and people, once for both directions.

    Parameters
    ----------
    tolerance
        Relative error accepted (99th percentile); see :func:`choose_accuracy`.
    max_memory_mb
        Most memory that tables, arrays and transforms may take.

    Raises
    ------
    InputError
        Edge numbers that the network does not have, receptors in another CRS or with unknown
        people, an hour of the day without weather, a tolerance or a memory that cannot be kept.
    """
    used = (defaults or Defaults()).scope()
    numbers = np.asarray(edges, dtype=np.int32)
    _check(network, receptors, numbers)
    lines = make_lines(network, numbers, defaults=used)
    points = receptors.frame.geometry
    tunnels = int(network.edges["tunnel"].to_numpy(bool)[numbers].sum())
    if tunnels:
        _LOG.info("%d edges in tunnels are treated as roads in the open", tunnels)
    scene = scene_of_lines(
        lines,
        np.column_stack([points.x, points.y]) - np.asarray(lines.origin),
        weather,
        edges=numbers,
        receptor_height_m=receptors.height_m,
        north_rad=grid_north_rad(network.crs_metric, *lines.origin),
        tolerance=tolerance,
        max_memory_mb=max_memory_mb,
        defaults=used,
    )
    provenance = {*scene.provenance, *receptors.provenance, *weather.provenance}
    return replace(
        scene,
        report={**scene.report, "tunnel_edges_as_open_road": tunnels},
        provenance=tuple(sorted(provenance)),
    )


def scene_of_lines(
    lines: Lines,
    xy: Floats,
    weather: Weather,
    *,
    edges: npt.NDArray[np.int32],
    receptor_height_m: float,
    north_rad: float,
    tolerance: float | None,
    max_memory_mb: float | None,
    defaults: Defaults,
) -> Scene:
    """Return a scene of streets and receptors given as arrays about the origin of ``lines``."""
    accuracy = choose_accuracy(defaults, tolerance)
    heights = Heights(
        defaults.number("dispersion", "release_height_m"),
        defaults.number("dispersion", "sigma_z0_m"),
        receptor_height_m,
        defaults.text("dispersion", "lid"),
    )
    lid_code(heights.lid, file="overrides", field="dispersion:lid")
    chunks = make_chunks(lines, longest_m=accuracy.chunk_m)
    classes, of_chunk = road_classes(
        lines, chunks, width_step_m=accuracy.width_step_m, bearings=accuracy.bearings
    )
    rows, rule = weather_rows(weather, north_rad=north_rad), row_rule(defaults, accuracy)
    farthest_m, alone = _farthest_m(xy, chunks), rule.holds(lines, xy, rows)
    plan = make_plan(
        chunks.middles, xy, accuracy=accuracy, defaults=defaults, max_memory_mb=max_memory_mb,
        tables_mb=0.0 if alone else tables_megabytes(classes, accuracy, farthest_m),
    )  # fmt: skip
    size = min(plan.split_m / 4.0, 1e9)
    chunk_cells, receptor_cells = sort_by_cell(chunks.middles, size), sort_by_cell(xy, size)
    chunks = replace(chunks, classes=of_chunk).take(chunk_cells.order)
    xy = np.ascontiguousarray(xy[receptor_cells.order])
    tables: SlotTables | RowSums
    if alone:
        tables = RowSums(rows, heights, rule)
    else:
        tables = make_tables(
            rows, classes, heights=heights, accuracy=accuracy, farthest_m=farthest_m
        )
    return Scene(
        edges=edges,
        lines=lines,
        chunks=chunks,
        chunk_cells=chunk_cells,
        classes=classes,
        xy=xy,
        receptor_cells=receptor_cells,
        tables=tables,
        row_rule=rule,
        hours=np.arange(24, dtype=np.int64),
        north_rad=north_rad,
        heights=heights,
        plan=plan,
        accuracy=accuracy,
        report={
            "edges": len(edges),
            "lines": len(lines),
            "chunks": len(chunks),
            "receptors": len(xy),
            "pairs": len(lines) * len(xy),
            "tolerance": accuracy.tolerance,
            **_said(weather, tables, plan, len(lines) * len(xy)),
            "method": "RLINE as in AERMOD v23132, flat terrain, primary pollutants",
        },
        provenance=tuple(sorted({*defaults.used, *weather.provenance})),
    )


def _said(weather: Weather, tables: SlotTables | RowSums, plan: Plan, pairs: int) -> dict[str, Any]:
    """Report how sums over this weather are taken."""
    alone = isinstance(tables, RowSums)
    grids = () if alone else plan.grids
    return {
        "pairs_summed_one_by_one": pairs if alone else round(plan.pairs),
        "grids_take_over_at_m": plan.split_m if grids else None,
        "grid_steps_m": [grid.step_m for grid in grids],
        "weather": weather.label,
        "weather_rows": len(weather.frame),
        "weather_rows_one_by_one": alone,
        "table_mb": 0.0 if isinstance(tables, RowSums) else round(tables.values.nbytes / 1e6, 1),
    }


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


def _farthest_m(xy: Floats, chunks: Chunks) -> float:
    middles = chunks.chunks[:, :2]
    low = np.minimum(xy.min(axis=0), middles.min(axis=0))
    high = np.maximum(xy.max(axis=0), middles.max(axis=0))
    return float(np.hypot(*(high - low))) + float(chunks.chunks[:, 2].max())


def _check(network: RoadNetwork, receptors: Receptors, numbers: npt.NDArray[np.int32]) -> None:
    problems = []
    wrong = numbers[(numbers < 0) | (numbers >= len(network.edges))]
    if len(wrong):
        shown = ", ".join(map(str, wrong[:5]))
        expected = f"edge numbers from 0 to {len(network.edges) - 1}"
        problems.append(Problem("edges", value=shown, expected=expected))
    if not len(numbers):
        problems.append(Problem("edges", expected="at least one edge"))
    if "people" not in receptors.frame.columns:
        found = ", ".join(map(str, receptors.frame.columns))
        problems.append(
            Problem("receptors", "people", expected=f"a column 'people'; found {found}")
        )
    elif not len(receptors.frame):
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
