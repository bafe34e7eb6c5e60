"""Packed geometry unpacks to what went in, to five decimals."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geofleet.maps.packing import encode, pack


def _decode(text: str) -> list[list[list[tuple[float, float]]]]:
    """Decode as the algorithm's description says, apart from the code under test."""
    features = []
    for feature in text.split("\n")[:-1]:
        parts = []
        for part in filter(None, feature.split(" ")):
            numbers, value, shift = [], 0, 0
            for character in part:
                code = ord(character) - 63
                value |= (code & 0x1F) << shift
                shift += 5
                if code < 0x20:
                    numbers.append(~(value >> 1) if value & 1 else value >> 1)
                    value = shift = 0
            lat = lon = 0
            points = []
            for a, b in zip(numbers[::2], numbers[1::2], strict=True):
                lat, lon = lat + a, lon + b
                points.append((lon / 1e5, lat / 1e5))
            parts.append(points)
        features.append(parts)
    return features


def test_the_published_example() -> None:
    """Google's documentation of the encoded polyline algorithm gives this line and its code."""
    line = shapely.LineString([(-120.2, 38.5), (-120.95, 40.7), (-126.453, 43.252)])
    assert encode(np.array([line])) == "_p~iF~ps|U_ulLnnqC_mqNvxq`@\n"


_DEGREES = st.tuples(
    st.floats(-180, 180, allow_nan=False), st.floats(-90, 90, allow_nan=False)
)  # fmt: skip


@given(st.lists(st.lists(st.lists(_DEGREES, min_size=2, max_size=5), max_size=3), max_size=4))
def test_any_lines_come_back(features: list[list[list[tuple[float, float]]]]) -> None:
    """Features with none, one or several parts keep their parts and places."""
    shapes = [shapely.MultiLineString(parts) if parts else None for parts in features]
    read = _decode(encode(np.array(shapes, dtype=object)))
    assert [[len(part) for part in feature] for feature in read] == [
        [len(part) for part in feature] for feature in features
    ]
    for mine, given_parts in zip(read, features, strict=True):
        for a, b in zip(mine, given_parts, strict=True):
            np.testing.assert_allclose(a, b, atol=0.5000001e-5)


def test_polygons_keep_their_holes() -> None:
    """A polygon gives its outer ring and its hole; a multipolygon all its rings."""
    holed = shapely.Polygon(
        [(0, 0), (4, 0), (4, 4), (0, 4)], [[(1, 1), (2, 1), (2, 2), (1, 2)]]
    )  # fmt: skip
    two = shapely.MultiPolygon([holed, shapely.box(8, 8, 9, 9)])
    read = _decode(encode(np.array([holed, two])))
    assert [len(feature) for feature in read] == [2, 3]
    assert read[0][1] == [(1, 1), (2, 1), (2, 2), (1, 2), (1, 1)]


def test_nothing_is_text_of_nothing() -> None:
    """No features, and features without geometry, are not an error."""
    assert encode(np.array([], dtype=object)) == ""
    assert encode(np.array([None, shapely.Point(0, 0), None], dtype=object)) == "\n??\n\n"


def test_texts_are_stored_once() -> None:
    """Equal texts share an entry; a missing text is -1, an unknown number NaN."""
    points = shapely.points([(0, 0), (1, 1), (2, 2)])
    packed = pack(points, numbers={"n": [1.0, math.nan, 3.0]}, texts={"t": ["b", None, "b"]})
    assert packed.strings == ("b",)
    assert packed.columns["t"].tolist() == [0, -1, 0]
    assert packed.columns["n"].tolist() == pytest.approx([1.0, math.nan, 3.0], nan_ok=True)
