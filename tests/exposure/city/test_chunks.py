"""Streets cut into chunks keep their length and place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geofleet.defaults import Defaults
from geofleet.exposure.city.chunks import make_chunks, road_classes, sort_by_cell
from geofleet.exposure.city.roads import lines_of_shapes, make_lines

EAST, NORTH = 500_000.0, 6_690_000.0


def test_a_bent_street_by_hand(make_network: Callable[..., Any]) -> None:
    """Length, width, middle of the only chunk and its bearing."""
    network = make_network([[(0, 0), (30, 0), (30, 40)]], lanes=[np.nan], highway=["primary_link"])
    lines = make_lines(network, np.array([0], dtype=np.int32), defaults=Defaults())
    assert lines.length_m[0] == pytest.approx(70.0, abs=0.05)
    assert lines.width_m[0] == pytest.approx(3 * 3.5)
    chunks = make_chunks(lines, longest_m=100.0)
    middle = chunks.middles[0] + lines.origin - np.array([EAST, NORTH])
    assert middle == pytest.approx([30.0, 5.0], abs=0.05)
    assert chunks.micrograms[0] == pytest.approx(1e6)
    classes, of_chunk = road_classes(lines, chunks, width_step_m=3.5, bearings=8)
    assert of_chunk.tolist() == [0]
    # The nodes lie 35 / sqrt(3) m along the street on both sides of the middle.
    along = 35.0 / np.sqrt(3.0)
    first, last = (35.0 - along, 0.0), (30.0, 5.0 + along)
    bearing = np.arctan2(last[1] - first[1], last[0] - first[0])
    assert classes.bearing_rad[0] == pytest.approx(round(bearing / np.pi * 8) * np.pi / 8)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), longest=st.floats(3.0, 400.0))
def test_chunks_are_the_street(seed: int, longest: float) -> None:
    """Pieces join end to end into the street, chunks are equal and short, middles lie on it."""
    rng = np.random.default_rng(seed)
    shapes = np.array(
        [
            shapely.LineString(np.cumsum(rng.normal(0, 60, (rng.integers(2, 7), 2)), axis=0))
            for _ in range(4)
        ]
    )
    lines = lines_of_shapes(shapes, width_m=np.full(4, 7.0), origin=(0.0, 0.0))
    chunks = make_chunks(lines, longest_m=longest)
    half = chunks.chunks[:, 2]
    assert half.max() <= longest / 2 * (1 + 1e-9)
    piece = np.hypot(*(chunks.segments[:, 2:] - chunks.segments[:, :2]).T)
    owner = np.repeat(np.arange(len(chunks)), np.diff(chunks.starts))
    np.testing.assert_allclose(np.bincount(owner, piece), 2 * half, rtol=1e-9)
    np.testing.assert_allclose(
        np.bincount(chunks.lines, 2 * half), shapely.length(shapes), rtol=1e-9
    )
    np.testing.assert_allclose(np.bincount(chunks.lines, chunks.micrograms), 1e6, rtol=1e-9)
    joined = chunks.lines[owner][1:] == chunks.lines[owner][:-1]
    gap = np.hypot(*(chunks.segments[1:, :2] - chunks.segments[:-1, 2:]).T)
    assert gap[joined].max(initial=0.0) < 1e-6
    away = shapely.distance(shapely.points(chunks.middles), shapes[chunks.lines])
    assert away.max() < 1e-6


def test_cells_hold_every_point_once() -> None:
    """Each point stands in the cell that it lies in, and once."""
    xy = np.random.default_rng(3).uniform(-700, 900, (500, 2))
    cells = sort_by_cell(xy, 130.0)
    assert sorted(cells.order.tolist()) == list(range(500))
    assert cells.starts[-1] == 500
    for row in range(cells.rows):
        for column in range(cells.columns):
            number = row * cells.columns + column
            here = xy[cells.order[cells.starts[number] : cells.starts[number + 1]]]
            place = np.floor((here - [cells.x0, cells.y0]) / cells.size)
            assert np.all(place == [column, row])
