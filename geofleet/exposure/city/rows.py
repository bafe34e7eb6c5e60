"""Every weather row for itself: exact where a city is small, hours few or the tolerance fine.

Tables of whole slots are made for many rows and many pairs; what they leave out (the exact width
and bearing of a road far away, what lies between their distances and directions) evens out over a
year, and does not in a single hour. Few pairs and rows cost less when each is integrated.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.exposure.city._kernels import SLOTS
from geofleet.exposure.city.accuracy import Accuracy
from geofleet.exposure.city.roads import Lines
from geofleet.exposure.city.tables import Heights, WeatherRows
from geofleet.exposure.dispersion import _kernels, _kernels_sums
from geofleet.exposure.dispersion.lids import lid_code
from geofleet.exposure.dispersion.lines import direct_settings

__all__ = ["RowRule", "RowSums", "row_adjoint", "row_forward", "row_rule"]

Floats = npt.NDArray[np.float64]
Progress = Callable[[float], None]
_MICROGRAMS = 1e6
_FARTHEST_M = 2.0 ** (_kernels_sums.OCTAVES / 2)
_COLUMNS = 7  # numbers by row and distance in the tables of the direct kernel


@dataclass(frozen=True, slots=True)
class RowRule:
    """When rows are summed one by one, and how.

    Parameters
    ----------
    settings
        What the direct kernel calls ``accuracy``.
    most
        Segments times receptors times weather rows up to which it is done; infinite where no
        table keeps the tolerance.
    memory_mb
        Memory of the direct kernel's tables of a block of rows.
    """

    settings: Floats
    most: float
    memory_mb: float

    def holds(self, lines: Lines, xy: Floats, weather: WeatherRows) -> bool:
        """Whether rows are to be summed one by one over these streets and receptors.

        Raises
        ------
        InputError
            Places too far apart for the direct kernel where nothing else keeps the tolerance.
        """
        places = np.concatenate([lines.segments.reshape(-1, 2), xy])
        extent = float(np.hypot(*np.ptp(places, axis=0)))
        if extent < _FARTHEST_M:
            return float(len(lines.segments)) * len(xy) * len(weather.rows) <= self.most
        if np.isfinite(self.most):
            return False
        expected = f"links and receptors within {_FARTHEST_M / 1000:.0f} km for so fine a tolerance"
        raise InputError([Problem("exposure", value=f"{extent / 1000:.0f} km", expected=expected)])


@dataclass(frozen=True, slots=True)
class RowSums:
    """Weather rows that are summed one by one."""

    weather: WeatherRows
    heights: Heights
    rule: RowRule


def row_rule(defaults: Defaults, accuracy: Accuracy) -> RowRule:
    """Return when and how rows are summed one by one at some accuracy."""
    return RowRule(
        settings=direct_settings(accuracy.row_tolerance, defaults),
        most=np.inf if accuracy.rows_only else defaults.number("exposure_accuracy", "most_triples"),
        memory_mb=defaults.number("dispersion", "direct_memory_mb"),
    )


def row_adjoint(
    sums: RowSums, lines: Lines, xy: Floats, people: Floats, progress: Progress | None
) -> Floats:
    """Return persons·µg/m3 per g/s emitted on each line, shape (kinds, lines, slots).

    ``people`` is (kinds, receptors, slots), in the order of ``xy``.
    """
    links, owner, share = _links(lines)
    at_links: Any = _kernels_sums.at_links
    result = np.zeros((len(people), len(lines), SLOTS))

    def add(slot: int, weight: Floats, given: tuple[Any, ...]) -> None:
        for kind in range(len(people)):
            out = np.zeros((len(weight), len(links)))
            at_links(links, people[kind, :, slot].copy(), xy, *given, out)
            result[kind, :, slot] += np.bincount(owner, (weight @ out) * share, len(lines))

    _each_block(sums, add, progress)
    return result


def row_forward(
    sums: RowSums, lines: Lines, xy: Floats, rates: Floats, progress: Progress | None
) -> Floats:
    """Return µg/m3 at each receptor, shape (kinds, receptors, slots), in the order of ``xy``.

    ``rates`` is (kinds, lines, slots), g/s.
    """
    links, owner, share = _links(lines)
    at_receptors: Any = _kernels_sums.at_receptors
    result = np.zeros((len(rates), len(xy), SLOTS))

    def add(slot: int, weight: Floats, given: tuple[Any, ...]) -> None:
        for kind in range(len(rates)):
            out = np.zeros((len(weight), len(xy)))
            at_receptors(links, rates[kind, owner, slot] * share, xy, *given, out)
            result[kind, :, slot] += weight @ out

    _each_block(sums, add, progress)
    return result


def _links(lines: Lines) -> tuple[Floats, npt.NDArray[np.int64], Floats]:
    """Segments with width; the line of each; µg/s per metre of a line that emits 1 g/s."""
    owner = np.repeat(np.arange(len(lines)), np.diff(lines.starts))
    links = np.column_stack([lines.segments, lines.width_m[owner]])
    return links, owner, _MICROGRAMS / lines.length_m[owner]


def _each_block(
    sums: RowSums,
    add: Callable[[int, Floats, tuple[Any, ...]], None],
    progress: Progress | None,
) -> None:
    """Call ``add`` for blocks of rows of one slot, whose tables fit into memory."""
    settings, heights, rows = sums.rule.settings, sums.heights, sums.weather.rows
    distances = _kernels.table_distances(int(settings[0]), _kernels_sums.OCTAVES)
    block = max(int(sums.rule.memory_mb * 1e6 / (_COLUMNS * 8 * len(distances))), 1)
    for slot in range(SLOTS):
        begin, end = sums.weather.starts[slot : slot + 2]
        for first in range(begin, end, block):
            part = rows[first : min(first + block, end)]
            angle = part[:, _kernels.WIND_ANGLE]
            winds = np.column_stack([np.cos(angle), np.sin(angle)])
            sizes = np.empty((len(part), len(distances), 3))
            tables = np.empty((len(part), 4 * len(distances)))
            _kernels.spread_tables(
                part, heights.release_m, heights.sigma_z0_m, distances, False, sizes
            )
            _kernels.distance_tables(
                part,
                heights.release_m,
                heights.receptor_m,
                distances,
                sizes,
                lid_code(heights.lid),
                tables,
            )
            add(slot, part[:, _kernels.WEIGHT], (winds, tables, settings))
        if progress is not None:
            progress((slot + 1) / SLOTS)
