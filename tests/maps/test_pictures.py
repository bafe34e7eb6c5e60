"""Static maps: shapes by class, at one scale, with a key, a scale bar and whose data it is."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geofleet.maps import Picture, Shapes, classed, map_picture
from geofleet.maps.pictures import UNKNOWN
from geofleet.maps.scales import STEPS

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def roads() -> gpd.GeoSeries:
    """Four roads of 1 km in UTM 19 S, eastwards and 500 m apart, the first the southmost."""
    lines = [
        shapely.LineString([(280000, y), (281000, y)]) for y in range(6_680_000, 6_682_000, 500)
    ]
    return gpd.GeoSeries(lines, crs=32719).to_crs(4326)


def _paths(picture: Picture) -> list[ET.Element]:
    """Return the paths of the first map."""
    panel = ET.fromstring(picture.svg).find(f"{SVG}svg")
    assert panel is not None
    return panel.findall(f"{SVG}path")


def _texts(picture: Picture) -> list[str]:
    return [text.text or "" for text in ET.fromstring(picture.svg).iter(f"{SVG}text")]


def test_values_fall_into_the_classes_that_their_breaks_say(roads: gpd.GeoSeries) -> None:
    """At a limit the upper class; high classes are drawn last, so that they lie on top."""
    low, middle, high = classed(roads, [4.9, 5.0, 99.0, 1000.0], breaks=[5, 100])
    assert [list(part.frame.index) for part in (low, middle, high)] == [[0], [1, 2], [3]]
    assert (low.label, middle.label, high.label) == ("less than 5", "5 – 100", "100 and more")
    assert (low.colour, high.colour) == (STEPS[0], STEPS[-1])
    assert low.width_px < middle.width_px < high.width_px


def test_what_is_not_known_is_no_low_value(roads: gpd.GeoSeries) -> None:
    """Roads without a value are a class of their own, in a colour that no class has."""
    first, *rest = classed(roads, [1.0, np.nan, 3.0, 4.0], breaks=[2])
    assert (first.label, first.colour, list(first.frame.index)) == ("not known", UNKNOWN, [1])
    assert UNKNOWN not in {part.colour for part in rest}


@pytest.mark.parametrize(
    ("values", "breaks", "words"),
    [
        ([1.0], [2], "values of shape"),
        ([1.0, 2.0, 3.0, 4.0], [3, 2], "ascending"),
        ([1.0, 2.0, 3.0, 4.0], [1, 2, 3, 4, 5], "6 classes for 5 colours"),
    ],
)
def test_wrong_classes_are_refused(
    roads: gpd.GeoSeries, values: list[float], breaks: list[float], words: str
) -> None:
    """Values that do not fit the roads, breaks in disorder, too few colours."""
    with pytest.raises(ValueError, match=words):
        classed(roads, values, breaks=breaks)


def test_north_is_up_and_the_scale_bar_is_true(roads: gpd.GeoSeries) -> None:
    """The northmost road has the least y; a road of 1,000 m is as long as the bar says."""
    picture = map_picture(
        {"": [Shapes(roads.iloc[[k]], f"#00000{k}") for k in range(4)]},
        title="Roads", attribution="nobody", width_px=800,
    )  # fmt: skip
    starts = [re.match(r"M(-?\d+) (-?\d+)l(-?\d+)", p.get("d", "")) for p in _paths(picture)]
    height = [int(found[2]) for found in starts if found]
    assert height == sorted(height, reverse=True)
    length_px = int(starts[0][3]) / 4.0  # type: ignore[index]
    bar = re.search(r"v5h([\d.]+)v-5", picture.svg)
    metres = re.search(r">(\d+) m, north is up", picture.svg)
    assert bar
    assert metres
    assert float(bar[1]) / length_px == pytest.approx(int(metres[1]) / 1000.0, rel=5e-3)


def test_both_directions_of_a_street_are_drawn_once(roads: gpd.GeoSeries) -> None:
    """A line and its reverse look the same, and cost only once."""
    both = gpd.GeoSeries([*roads, *shapely.reverse(roads.to_numpy())], crs=4326)
    one, two = (
        map_picture({"": [Shapes(part, "black")]}, title="t", attribution="a")
        for part in (roads, both)
    )
    assert one.svg == two.svg


def test_the_key_keeps_the_order_of_classes_that_one_map_lacks(roads: gpd.GeoSeries) -> None:
    """By day the low class is filled, by night the high one: the key has both, low first."""
    panels = {
        "night": classed(roads, [50.0] * 4, breaks=[5, 20]),
        "day": classed(roads, [1.0] * 4, breaks=[5, 20]),
    }
    texts = _texts(map_picture(panels, title="A & B <c>", attribution="© X"))
    labels = ["less than 5", "5 – 20", "20 and more"]
    assert [text for text in texts if text in labels] == labels
    assert {"A & B <c>", "night", "day", "© X"} <= set(texts)


def test_what_lies_outside_the_bounds_is_left_out(roads: gpd.GeoSeries) -> None:
    """Bounds around the first road leave the others out of the file."""
    west, south, east, north = roads.iloc[[0]].total_bounds
    bounds = (west, south - 0.001, east, north + 0.001)
    picture = map_picture({"": [Shapes(roads, "black")]}, title="t", attribution="a", bounds=bounds)
    assert _paths(picture)[0].get("d", "").count("M") == 1


def test_zones_are_filled_and_their_holes_are_not() -> None:
    """A polygon with a hole: two closed rings, filled by the even-odd rule."""
    ring = shapely.box(-71.3, -30.0, -71.2, -29.9).difference(
        shapely.box(-71.27, -29.97, -71.23, -29.93)
    )
    picture = map_picture(
        {"": classed(gpd.GeoSeries([ring], crs=4326), [1.0], breaks=[])}, title="t", attribution="a"
    )
    (path,) = _paths(picture)
    assert path.get("d", "").count("z") == 2
    assert path.get("fill-rule") == "evenodd"


def test_nothing_to_draw_is_an_error(roads: gpd.GeoSeries) -> None:
    """No shapes, or shapes that are nowhere on earth."""
    with pytest.raises(ValueError, match="at least one shape"):
        map_picture({"": []}, title="t", attribution="a")
    with pytest.raises(ValueError, match="CRS"):
        map_picture(
            {"": [Shapes(gpd.GeoSeries(roads.to_numpy()), "black")]}, title="t", attribution="a"
        )


def test_a_picture_shows_itself_and_can_be_kept(tmp_path: Path, roads: gpd.GeoSeries) -> None:
    """Notebooks get the SVG; its words are short; a file holds the same."""
    picture = map_picture({"": [Shapes(roads, "black")]}, title="t", attribution="a")
    picture.write(tmp_path / "map.svg")
    assert picture._repr_svg_() == (tmp_path / "map.svg").read_text(encoding="utf-8")
    assert len(repr(picture)) < 40
