"""Paths begin and end where the vehicle did, at the right part of a link."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.ops import substring

from geofleet.layers.paths import driven_paths, part_of_line

BENT = np.array([[0.0, 0.0], [3.0, 0.0], [3.0, 1.0]]) * 1e-3  # at the equator, 4 units long


def test_part_of_a_bent_line() -> None:
    """From an eighth to seven eighths of 4 units: the corner stays, the ends move half a unit."""
    part = part_of_line(BENT, 0.125, 0.875) * 1e3
    np.testing.assert_allclose(part, [[0.5, 0], [3, 0], [3, 0.5]], atol=1e-9)


def test_backwards_is_the_reverse() -> None:
    """Driving from 0.875 to 0.125 gives the same points in the other order."""
    forward = part_of_line(BENT, 0.125, 0.875)
    np.testing.assert_array_equal(part_of_line(BENT, 0.875, 0.125), forward[::-1])


@given(st.floats(0, 1), st.floats(0, 1))
def test_agrees_with_shapely_where_degrees_are_square(a: float, b: float) -> None:
    """At the equator a degree is as long either way, so shapely's substring must agree."""
    low, high = sorted((a, b))
    ours = part_of_line(BENT, low, high)
    theirs = substring(shapely.LineString(BENT), low, high, normalized=True)
    assert shapely.LineString(ours).length == pytest.approx(theirs.length, abs=1e-9)
    np.testing.assert_allclose(ours[0], theirs.coords[0], atol=1e-9)
    np.testing.assert_allclose(ours[-1], theirs.coords[-1], atol=1e-9)


def test_fractions_are_of_metres_not_degrees() -> None:
    """At 60° north a degree of longitude is half as long: the middle of the road moves."""
    line = np.array([[0.0, 60.0], [0.002, 60.0], [0.002, 60.001]])
    middle = part_of_line(line, 0.0, 0.5)[-1]
    np.testing.assert_allclose(middle, [0.002, 60.0], atol=2e-8)


def _traversals(rows: list[tuple[int, int, float, float]]) -> pd.DataFrame:
    names = ["vehicle_day", "edge", "from_fraction", "to_fraction"]
    return pd.DataFrame(rows, columns=names)


def test_a_gap_begins_a_new_part() -> None:
    """A leg that could not be routed leaves a gap, which is not drawn as driven."""
    lines = [shapely.LineString([(x, 0), (x + 1, 0)]) for x in (0, 1, 5)]
    edges = gpd.GeoDataFrame(geometry=lines, crs=4326)
    paths = driven_paths(
        _traversals([(0, 0, 0.5, 1.0), (0, 1, 0.0, 1.0), (0, 2, 0.0, 0.5), (2, 0, 0.0, 1.0)]),
        edges=edges,
        count=3,
    )
    assert [list(part.coords) for part in paths[0].geoms] == [
        [(0.5, 0), (1, 0), (2, 0)], [(5, 0), (5.5, 0)],
    ]  # fmt: skip
    assert paths[1] is None
    assert len(paths[2].geoms) == 1


def test_standing_still_draws_nothing() -> None:
    """A traversal of no length, from a stop to the same stop, makes no line."""
    edges = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (1, 0)])], crs=4326)
    assert driven_paths(_traversals([(0, 0, 0.5, 0.5)]), edges=edges, count=1)[0] is None
