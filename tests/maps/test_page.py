"""A page is whole, asks for nothing, and keeps the licence of what it holds."""

from __future__ import annotations

import re
from pathlib import Path

import folium
import pytest

from geofleet.layers import Layer
from geofleet.maps import PageFrame, furnish, new_page, write_map
from geofleet.wording import both


@pytest.fixture(scope="module")
def page(demo_layers: dict[str, Layer]) -> folium.Map:
    frame = PageFrame("page", both("Demo"), "Study")
    made = new_page(frame, roads=demo_layers["roads"])
    furnish(made, frame, shown=demo_layers["roads"].frame)
    return made


def test_nothing_is_fetched_from_elsewhere(page: folium.Map) -> None:
    """No script, style, picture or font comes from outside the file."""
    text = page.get_root().render()
    markup = re.sub(r"<script>.*?</script>", "", text, flags=re.DOTALL)
    assert not re.search(r"<(script|img|iframe)[^>]+src=", text)
    assert not re.search(r'<link[^>]*href="(?!data:)', markup)
    assert not re.search(r"url\((?!none)", markup)
    assert "sourceMappingURL" not in text


def test_leaflet_keeps_its_licence(page: folium.Map) -> None:
    """The BSD licence asks that its text goes with the code."""
    text = page.get_root().render()
    assert "Volodymyr Agafonkin" in text
    assert "Redistributions in binary form must reproduce" in text


def test_file_is_written_whole(page: folium.Map, tmp_path: Path) -> None:
    """One file appears, readable by all."""
    path = write_map(page, tmp_path / "map.html")
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_a_failure_leaves_no_half_map(page: folium.Map, tmp_path: Path) -> None:
    """When the target cannot be replaced, the temporary file goes too."""
    (tmp_path / "map.html").mkdir()
    with pytest.raises(OSError, match=r"map\.html"):
        write_map(page, tmp_path / "map.html")
    assert [path.name for path in tmp_path.iterdir()] == ["map.html"]
