"""The shell of pages is whole, open to every reader, the same every time, and safe."""

from __future__ import annotations

import re
from types import ModuleType
from typing import Any

import geopandas as gpd
import pytest
import shapely

from geofleet.layers import Layer
from geofleet.maps import PageFrame, Sister, furnish, new_page
from geofleet.maps.base import base_layers, study_outline
from geofleet.wording import both


def _frame(**changes: Any) -> PageFrame:
    given: dict[str, Any] = {
        "name": "harm", "title": {"en": "Where?", "es": "¿Dónde?"}, "study": "Demo",
    }  # fmt: skip
    return PageFrame(**given | changes)


def _html(frame: PageFrame, **options: Any) -> str:
    page = new_page(frame, **options)
    furnish(page, frame)
    return str(page.get_root().render())


def _square(west: float, size: float) -> gpd.GeoDataFrame:
    shape = shapely.box(west, 0.0, west + size, size)
    return gpd.GeoDataFrame(geometry=[shape], crs="EPSG:4326")


def test_the_document_says_what_it_is() -> None:
    """Language, title, description and icon stand in the text; readers may enlarge it."""
    text = _html(_frame(language="es"))
    assert text.startswith("<!DOCTYPE html>")
    assert '<html lang="es-MX">' in text
    assert "<title>¿Dónde? – Demo</title>" in text
    assert '<meta name="description" content="¿Dónde? – Demo">' in text
    assert re.search(r'<link rel="icon" href="data:image/svg', text)
    assert "user-scalable" not in text
    assert "maximum-scale" not in text


def test_without_scripts_both_languages_say_so() -> None:
    """A reader who allows no scripts is told, in either language."""
    words = re.findall(r"<noscript>(.*?)</noscript>", _html(_frame()), flags=re.S)[0]
    assert re.findall(r'<p lang="(\w+)">', words) == ["en", "es"]


def test_hostile_words_stay_inert(demo: ModuleType) -> None:
    """Names of studies, titles, notes, credits, sisters: text, whatever is in them."""
    for bad in (*demo.HOSTILE, "x" * 10_000):
        frame = _frame(
            title=both(bad), study=bad, notes=[bad], attribution=[bad],
            sisters=[Sister(bad, both(bad)), Sister("harm", both("here"))],
        )  # fmt: skip
        text = _html(frame)
        head, scripts = text.split("<body>")
        assert "<script>window.hacked" not in text
        assert "<img" not in head
        assert "<img src=x" not in scripts
        assert "49" not in re.findall(r"<title>(.*?)</title>", head, flags=re.S)[0]


def test_equal_inputs_give_equal_pages(demo_layers: dict[str, Layer]) -> None:
    """No random names: a rerun does not change the file."""
    options = {"roads": demo_layers["roads"], "base": {"water": _square(0.0, 0.01)}}
    assert _html(_frame(), **options) == _html(_frame(), **options)


def test_missing_water_is_said() -> None:
    """Where the study has no water to draw, the page says that it is not known, not dry land."""
    assert "Water is not drawn" in _html(_frame())
    shown = _html(_frame(), base={"water": _square(0.0, 0.01)})
    assert '"ground":null' in shown


def test_ground_has_an_order_and_no_holes() -> None:
    """Green, then water, then boundaries; areas that overlap are one shape."""
    two = gpd.GeoDataFrame(
        geometry=[shapely.box(0, 0, 2, 2), shapely.box(1, 1, 3, 3)], crs="EPSG:4326"
    )
    elements = base_layers({"boundaries": two, "water": two, "green": _square(0.0, 1.0)})
    names = [element.get_name() for element in elements]
    assert names == [
        "source_ground_green", "areas_ground_green", "source_ground_water", "areas_ground_water",
        "source_ground_boundaries_lines", "lines_ground_boundaries_lines",
    ]  # fmt: skip
    assert elements[2].packed.count == 1


def test_the_outline_is_that_of_all_zones() -> None:
    """Lines between neighbours vanish."""
    zones = gpd.GeoDataFrame(
        geometry=[shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)], crs="EPSG:4326"
    )
    outline = study_outline(zones)
    assert outline.geometry[0].equals(shapely.box(0, 0, 2, 1))
    assert outline.crs == zones.crs


def test_ground_that_cannot_be_drawn_is_refused() -> None:
    """Another name, or shapes without reference system."""
    with pytest.raises(ValueError, match="lakes"):
        base_layers({"lakes": _square(0.0, 1.0)})
    with pytest.raises(ValueError, match="CRS"):
        base_layers({"water": gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1, 1)])})
