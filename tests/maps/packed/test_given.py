"""Lines of any CRS, index and type work, or one clear error says why not."""

from __future__ import annotations

from typing import Any

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geofleet.errors import InputError
from geofleet.maps.frame import PageFrame
from geofleet.maps.packed import (
    Card,
    CardRow,
    Category,
    LinesControl,
    PackedLines,
    Variable,
    city_map,
)
from geofleet.wording import both
from tests.maps.packed.test_packed import HUES, _bytes, read_digits, read_paths

EAST = shapely.LineString([(-70.30, -29.9), (-70.25, -29.9)])
NORTH = shapely.LineString([(-70.30, -29.95), (-70.30, -29.90), (-70.31, -29.8)])


def _variable(values: Any, **more: Any) -> Variable:
    return Variable("v", label=both("v"), unit=both("g"), values=values, colours=HUES, **more)


def _days(layer: PackedLines) -> list[float | None]:
    """Return the values of the day in the order in which they were given; None for nothing."""
    found = read_digits(layer.spec["variables"][0]["whole"], layer.spec["count"])
    back: list[float | None] = [None] * len(found)
    for row, place in enumerate(layer.order):
        back[place] = found[row]
    return back


@pytest.mark.parametrize("crs", [4326, 32719, 3857, "EPSG:5361"])
def test_lines_of_any_crs_lie_where_they_are(crs: Any) -> None:
    """A frame is brought to degrees, whatever it came in; its index does not matter."""
    frame = gpd.GeoDataFrame(
        {"v": [1.0, 2.0]}, geometry=[EAST, NORTH], crs=4326, index=["b", "a"]
    ).to_crs(crs)
    for given in (frame, frame.geometry):
        layer = PackedLines(given, [_variable(frame["v"])])
        rows = read_paths(layer.spec)
        for row, place in enumerate(layer.order):
            got = shapely.LineString(rows[row][0])
            assert shapely.hausdorff_distance(got, [EAST, NORTH][place]) < 1e-5
        assert (
            np.abs(np.subtract(layer.get_bounds(), [[-29.95, -70.31], [-29.8, -70.25]])).max()
            < 1e-9
        )


def test_lines_without_crs_are_refused() -> None:
    """Coordinates of an unknown kind are not taken for degrees."""
    with pytest.raises(InputError, match="set_crs"):
        PackedLines(gpd.GeoSeries([EAST]), [_variable([1.0])])


@pytest.mark.parametrize(
    "shape",
    [
        shapely.LineString([(-70.3, -29.9), (-70.3, -29.9)]),
        shapely.LineString([(-70.3, -29.9, 12.0), (-70.2, -29.9, 40.0)]),
        shapely.LineString([(-70.3 + k / 1e5, -29.9 + k % 7 / 500) for k in range(10_000)]),
        shapely.MultiLineString([EAST, NORTH]),
        shapely.MultiLineString(),
        shapely.LineString(),
        None,
        np.nan,
    ],
    ids=["no length", "heights", "many points", "parts", "no part", "empty", "None", "NaN"],
)  # fmt: skip
def test_lines_of_any_shape_come_back(shape: Any) -> None:
    """Among plain ones: nothing is drawn where there is nothing."""
    layer = PackedLines([EAST, shape, NORTH], [_variable([1.0, 2.0, 3.0])])
    rows = read_paths(layer.spec)
    got = rows[int(np.flatnonzero(layer.order == 1)[0])]
    if shape is None or shape is np.nan or shape.is_empty:
        assert got == []
        return
    points = shapely.get_coordinates(shape)
    assert len(got) == len(shapely.get_parts(shape))
    flat = np.concatenate(got)
    assert np.abs(flat[[0, -1]] - points[[0, -1]]).max() < 0.51e-5


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        (pd.Series([1, pd.NA, 3], dtype="Int64", index=[9, 4, 7]), [1, np.nan, 3]),
        (pd.Series([1.5, None, 0.0], dtype="Float64"), [1.5, np.nan, None]),
        (np.array([True, False, True]), [1, None, 1]),
        (np.array([1, 2, 3], dtype=np.int8), [1, 2, 3]),
        (np.array([0.1, np.nan, 3e6], dtype=np.float32), [0.1, np.nan, 3e6]),
        ([None, 2, pd.NA], [np.nan, 2, np.nan]),
        ([7.0, 7.0, 7.0], [7, 7, 7]),
        ([1e-9, 1.0, 1e9], [1e-9, 1, 1e9]),
        (pd.DataFrame(np.full((3, 24), 2.0)), [48, 48, 48]),
        (pd.DataFrame([[2] * 24, [pd.NA] * 24, [2] * 24], dtype="Int64"), [48, np.nan, 48]),
    ],
    ids=["Int64", "Float64", "bool", "int8", "float32", "objects", "equal", "decades", "table",
         "table with NA"],
)  # fmt: skip
def test_values_of_any_type_are_read(values: Any, wanted: list[float | None]) -> None:
    """NA, None and NaN are unknown; nothing is nothing."""
    layer = PackedLines([EAST, NORTH, EAST], [_variable(values)])
    for got, expected in zip(_days(layer), wanted, strict=True):
        if expected is None:
            assert got is None
        else:
            assert got == pytest.approx(expected, rel=1e-2, nan_ok=True)


@pytest.mark.parametrize(
    ("values", "more", "expected"),
    [
        ([1.0, np.inf, 2.0], {}, "finite"),
        ([1.0, -np.inf, 2.0], {}, "finite"),
        ([1.0, -2.0, 2.0], {}, "below 0"),
        (["1", "many", "3"], {}, "numbers, NaN"),
        (np.ones((3, 25)), {}, r"\(3, 24\)"),
        (np.ones((3, 168)), {}, r"\(3, 24\)"),
        ([1.0, 2.0], {}, r"\(3,\)"),
        ([0.0, 1.5, 0.0], {"kind": "category"}, "whole numbers"),
        ([0.0, 9.0, 0.0], {"kind": "category"}, "places among"),
    ],
)
def test_values_that_cannot_be_drawn_are_refused(values: Any, more: Any, expected: str) -> None:
    """With the variable, what was given and what was expected."""
    if more:
        more = {**more, "categories": [Category(both(name), "#1b1f23") for name in "ab"]}
    with pytest.raises(InputError, match=expected) as caught:
        PackedLines([EAST, NORTH, EAST], [_variable(values, **more)])
    assert "'v'" in str(caught.value)


def test_a_hundred_states_fit_and_too_many_are_refused() -> None:
    """One byte holds them."""
    states = [Category(both(str(k)), f"#{k:06x}") for k in range(300)]
    values = np.arange(100.0)
    layer = PackedLines([EAST] * 100, [_variable(values, kind="category", categories=states[:100])])
    data = _bytes(layer.spec["variables"][0]["whole"]["data"])
    assert sorted(code - 2 for code in data) == list(range(100))
    with pytest.raises(InputError, match="at most 250"):
        PackedLines([EAST] * 100, [_variable(values, kind="category", categories=states)])


def test_columns_follow_their_order_not_their_index() -> None:
    """Texts and numbers of a table whose index is shuffled belong to the lines beside them."""
    table = pd.DataFrame({"name": ["a", None, np.nan], "n": [1, pd.NA, 3]}, index=[2, 0, 1])
    layer = PackedLines(
        [EAST, NORTH, EAST], [_variable([1.0, 2.0, 3.0])], texts={"name": table["name"]},
        numbers={"n": table["n"]}, card=Card(rows=[CardRow(both("n"), "n")]),
    )  # fmt: skip
    texts = _bytes(layer.spec["texts"]["data"])
    assert b'[null,"a"]' in texts
    found = read_digits(layer.spec["numbers"]["n"], 3)
    assert found[list(layer.order).index(0)] == 1.0
    assert np.isnan(found[list(layer.order).index(1)] or 0.0)
    with pytest.raises(InputError, match="numbers"):
        PackedLines([EAST], [_variable([1.0])], numbers={"n": ["x"]})


def test_a_name_that_comes_twice_is_refused() -> None:
    """Which of two columns names the streets is not guessed."""
    links = gpd.GeoDataFrame({"name": ["a"]}, geometry=[EAST], crs=4326)
    links = gpd.GeoDataFrame(pd.concat([links, links[["name"]]], axis=1), crs=4326)
    with pytest.raises(InputError, match="one column"):
        city_map(links, [_variable([1.0])], frame=PageFrame("city", both("City"), "Test"))


def test_layers_of_one_map_have_names_of_their_own() -> None:
    """Made from what they hold, the same each time; one that would be dropped is refused."""
    first, second = (PackedLines([EAST], [_variable([value])]) for value in (1.0, 2.0))
    again = PackedLines([EAST], [_variable([1.0])])
    assert first.get_name() == again.get_name() != second.get_name()
    page = folium.Map()
    for layer in (first, second, first):
        layer.add_to(page)
    LinesControl(first, second).add_to(page)
    text = page.get_root().render()
    assert text.count("geofleet.packedLines(") == 2
    assert page.get_root().render().count("geofleet.packedLines(") == 2
    with pytest.raises(InputError, match="has such a layer"):
        again.add_to(page)
    with pytest.raises(InputError, match="identifier"):
        PackedLines([EAST], [_variable([1.0])], identifier="a-b")


def test_no_lines_have_no_bounds() -> None:
    """A map can still be asked for its bounds."""
    layer = PackedLines([], [_variable([])])
    page = folium.Map()
    layer.add_to(page)
    assert page.get_bounds() == [[None, None], [None, None]]


def test_limits_are_made_as_asked() -> None:
    """By quantiles, or by powers of ten; another word is refused."""
    values = np.random.default_rng(0).lognormal(0, 3, 200)
    for how, digits in (("decades", "125"), ("quantiles", "123456789")):
        layer = PackedLines([EAST] * 200, [_variable(values, breaks=how)])
        limits = layer.spec["variables"][0]["whole"]["breaks"]
        assert 2 <= len(limits) <= 4
        assert {f"{limit:e}"[0] for limit in limits} <= set(digits)
    with pytest.raises(InputError, match="rounded, quantiles, decades"):
        PackedLines([EAST], [_variable([1.0], breaks="jenks")])
