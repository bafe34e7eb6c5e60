"""The page is whole, small, the same every time, and safe."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from geofleet.layers import Layer
from geofleet.maps import study_map, write_map
from geofleet.maps.streets import whole_streets


def _html(layers: dict[str, Layer], **options: object) -> str:
    page = study_map(layers, title="Demo", **options)  # type: ignore[arg-type]
    return str(page.get_root().render())


def test_nothing_is_fetched_from_elsewhere(demo_layers: dict[str, Layer]) -> None:
    """No script, style, picture or font comes from outside the file."""
    text = _html(demo_layers)
    head = re.sub(r"<script>.*?</script>", "", text, flags=re.DOTALL)
    assert not re.search(r"<(script|img|iframe)[^>]+src=", text)
    assert not re.search(r"<link[^>]*>", head)
    assert not re.search(r"url\((?!none)", re.sub(r"<script>.*?</script>", "", text, flags=re.S))
    assert "sourceMappingURL" not in text


def test_leaflet_keeps_its_licence(demo_layers: dict[str, Layer]) -> None:
    """The BSD licence asks that its text goes with the code."""
    text = _html(demo_layers)
    assert "Volodymyr Agafonkin" in text
    assert "Redistributions in binary form must reproduce" in text


def test_equal_layers_give_an_equal_page(demo_layers: dict[str, Layer]) -> None:
    """No random names: a rerun does not change the file."""
    assert _html(demo_layers) == _html(demo_layers)


def test_hostile_text_never_reaches_the_markup(
    demo: ModuleType, demo_layers: dict[str, Layer]
) -> None:
    """Names, title, notes and credit with markup appear only as escapes inside data."""
    bad = "</script><script>window.hacked = 1</script>"
    text = str(
        study_map(demo_layers, title=bad, attribution=bad, notes=[bad, "{{ 7 * 7 }}"])
        .get_root()
        .render()
    )
    assert "window.hacked = 1</script>" not in text
    assert "<img src=x" not in text
    assert "49" not in re.findall(r'"notes":\[[^\]]*\]', text)[0]
    for name in demo.HOSTILE:
        assert name not in text or not set(name) & set("<>&{}\u2028")


def test_directions_of_a_street_are_summed(demo_layers: dict[str, Layer]) -> None:
    """A street of 0.5 km with 2 g one way and 3 g the other has 10 g per km."""
    links = demo_layers["links"].frame
    street = links["street"].value_counts().idxmax()
    pair = links[links["street"] == street].copy()
    assert len(pair) == 2
    pair["length_m"], pair["nox_exhaust_g"], pair["vehicles"] = 500.0, [2.0, 3.0], [1.0, 4.0]
    pair["harm_nox"] = [1.0, np.nan]
    row = whole_streets(pair).iloc[0]
    assert row["nox_exhaust_g"] == pytest.approx(10.0)
    assert row["vehicles"] == 5.0
    assert np.isnan(row["harm_nox"]), "half known is not known"


def test_layers_that_are_missing_are_left_out(demo_layers: dict[str, Layer]) -> None:
    """Without zones, roads and exposure there is still a map of what is known."""
    few = {name: demo_layers[name] for name in ("links", "routes", "stops")}
    frame = few["links"].frame.copy()
    for name in frame.columns:
        if name.startswith("harm") or name == "unit_exposure":
            frame[name] = np.nan
    few["links"] = Layer(frame, few["links"].schema)
    text = _html(few)
    assert "Harm from exhaust" not in text
    assert "Colour the neighbourhoods by" not in text
    assert "Exhaust particles (PM2.5)" in text


def test_nothing_driven_is_still_a_page(demo_layers: dict[str, Layer]) -> None:
    """A study whose stops were all unreachable has an empty map, not a crash."""
    empty = {
        name: Layer(layer.frame.iloc[:0], layer.schema)
        if name in ("links", "routes", "stops") else layer
        for name, layer in demo_layers.items()
    }  # fmt: skip
    assert "0 of 0" in _html(empty)


def test_file_is_written_whole(demo_layers: dict[str, Layer], tmp_path: Path) -> None:
    """One file appears, under a third of a megabyte for 250 links, readable by all."""
    path = write_map(study_map(demo_layers, title="Demo"), tmp_path / "map.html")
    assert list(tmp_path.iterdir()) == [path]
    assert path.stat().st_size < 350_000
    assert path.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_a_failure_leaves_no_half_map(demo_layers: dict[str, Layer], tmp_path: Path) -> None:
    """When the target cannot be replaced, the temporary file goes too."""
    (tmp_path / "map.html").mkdir()
    with pytest.raises(OSError, match=r"map\.html"):
        write_map(study_map(demo_layers, title="Demo"), tmp_path / "map.html")
    assert [path.name for path in tmp_path.iterdir()] == ["map.html"]
