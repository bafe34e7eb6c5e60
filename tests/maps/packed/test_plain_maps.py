"""Packed lines in maps of other people: groups, controls, several layers, frames of notebooks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import folium
import numpy as np
import pytest
import shapely

from geofleet.maps.elements import Verbatim
from geofleet.maps.packed import Card, LinesControl, PackedLines, Variable
from geofleet.maps.scales import EMITTED, TRAFFIC
from geofleet.wording import both
from tests.browsing import WAIT_S, becomes

pytestmark = pytest.mark.browser


def _plain_map() -> folium.Map:
    """Return folium's own map as it comes, with Leaflet inside instead of from the network."""
    page = folium.Map(location=[-29.9, -70.25], zoom_start=13, tiles=None)
    page.default_js, page.default_css = [], []
    vendor = resources.files("geofleet.maps").joinpath("vendor").joinpath("leaflet")
    css = re.sub(r"url\([^)]*\)", "none", vendor.joinpath("leaflet.css").read_text("utf-8"))
    script = vendor.joinpath("leaflet.js").read_text("utf-8")
    head = page.get_root().header
    head.add_child(Verbatim(f"<style>{css}</style><script>{script}</script>"), name="leaflet")
    return page


def _layer(lines: Any, values: Any, hues: Any, identifier: str, **more: Any) -> PackedLines:
    variable = Variable(identifier, label=both(identifier), unit=both("g"), values=values,
                        colours=hues, breaks=[5, 50], hour_breaks=[5, 50])  # fmt: skip
    names = [f"{identifier} {k}" for k in range(len(lines))]
    return PackedLines(lines, [variable], texts={"name": names}, card=Card(),
                       identifier=identifier, **more)  # fmt: skip


@pytest.fixture(scope="module")
def map_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two layers that cross, one in a group, with folium's control of layers and a fit to both."""
    flat = shapely.linestrings([[(-70.30, y), (-70.20, y)] for y in (-29.90, -29.90005, -29.93)])
    steep = shapely.linestrings([[(x, -29.95), (x, -29.85)] for x in (-70.26, -70.24)])
    page = _plain_map()
    group = folium.FeatureGroup(name="A group").add_to(page)
    values = np.ones((3, 24)) * [[1.0], [100.0], [10.0]]
    low = _layer(flat, values, EMITTED, "low", name="Emitted")
    high = _layer(steep, [100.0, 0.0], TRAFFIC, "high")
    low.add_to(group)
    high.add_to(page)
    folium.LayerControl(collapsed=False).add_to(page)
    LinesControl(low).add_to(page)
    page.fit_bounds(page.get_bounds())
    path = tmp_path_factory.mktemp("plain") / "plain.html"
    path.write_text(page.get_root().render(), encoding="utf-8")
    (path.parent / "frame.html").write_text(
        f"<!DOCTYPE html><meta charset=utf-8><body>{page.get_root()._repr_html_()}",
        encoding="utf-8",
    )
    return path


@pytest.fixture(scope="module")
def tab(browser: Any, map_file: Path) -> Iterator[Any]:
    options = {"has_touch": True, "device_scale_factor": 2}
    context = browser.new_context(offline=True, viewport={"width": 1100, "height": 800}, **options)
    context.set_default_timeout(1000 * WAIT_S)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text))
    page.goto(map_file.as_uri())
    page.evaluate("() => Promise.all([packed_low.ready, packed_high.ready])")
    yield page
    context.close()
    assert faults == []


def _place(tab: Any, lat: float, lon: float) -> tuple[float, float]:
    at = tab.evaluate(
        "p => { const q = packed_high._map.latLngToContainerPoint(p); return [q.x, q.y]; }",
        [lat, lon],
    )
    return at[0], at[1]


def test_the_map_fits_and_both_layers_are_drawn(tab: Any) -> None:
    """Bounds are known to folium and to Leaflet's groups."""
    assert tab.evaluate("packed_low._map.getBounds().contains(packed_low.getBounds())")
    assert tab.evaluate("packed_low.shown") == 3
    assert tab.evaluate("packed_high.shown") == 1
    assert tab.evaluate("L.featureGroup([packed_low]).getBounds().equals(packed_low.getBounds())")


def test_only_what_lies_on_top_is_told(tab: Any) -> None:
    """Where two layers cross, the upper one; of two lines a few metres apart, the one meant."""
    tab.mouse.move(*_place(tab, -29.90, -70.26))
    tab.locator(".leaflet-tooltip").get_by_text("high 0").wait_for()
    assert tab.locator(".leaflet-tooltip").count() == 1
    tab.mouse.move(*_place(tab, -29.93, -70.28))
    tab.locator(".leaflet-tooltip").get_by_text("low 2").wait_for()
    tab.evaluate("() => { packed_low._map.setView([-29.90, -70.28], 18, { animate: false }); }")
    for lat, name in ((-29.90, "low 0"), (-29.90005, "low 1")):
        tab.mouse.move(*_place(tab, lat, -70.28))
        tab.locator(".leaflet-tooltip").get_by_text(name).wait_for()


def test_a_finger_need_not_be_as_sharp_as_a_mouse(tab: Any) -> None:
    """A tap twelve pixels beside a line opens what is known about it."""
    tab.evaluate("() => { packed_low._map.setView([-29.93, -70.28], 13, { animate: false }); }")
    left, top = _place(tab, -29.93, -70.28)
    tab.mouse.click(left, top + 12)
    assert tab.locator(".leaflet-popup").count() == 0
    tab.touchscreen.tap(left, top + 12)
    tab.locator(".leaflet-popup").get_by_text("low 2").wait_for()
    tab.keyboard.press("Escape")
    tab.locator(".leaflet-popup").wait_for(state="detached")


def test_layers_come_and_go(tab: Any) -> None:
    """Hidden by folium's control, shown again: nothing stays behind, values follow meanwhile."""
    box = tab.locator(".leaflet-control-layers label", has_text="A group").locator("input")
    canvases = "document.querySelectorAll('.gf-lines-canvas').length"
    panes = "document.querySelectorAll('.leaflet-gf-mark-pane').length"
    for _ in range(3):
        box.click()
        becomes(tab, canvases, 1)
        tab.evaluate("() => packed_low.setHour(3)")
        box.click()
        becomes(tab, canvases, 2)
        becomes(tab, panes, 1)
    assert tab.evaluate("packed_low.valueOf(0).state") == "known"
    assert tab.evaluate("packed_low.hour") == 3


def test_hours_and_marks_leave_nothing_behind(tab: Any) -> None:
    """After two hundred hours and marks the page holds as many elements as before."""
    step = """count => { for (let k = 0; k < count; k++) {
        packed_low.setHour(k % 24); packed_low.mark(k % 3); packed_low.mark(null); } }"""
    tab.evaluate(step, 2)
    session = tab.context.new_cdp_session(tab)
    session.send("HeapProfiler.enable")

    def alive() -> tuple[int, int]:
        session.send("HeapProfiler.collectGarbage")
        found = session.send("Memory.getDOMCounters")
        return found["nodes"], found["jsEventListeners"]

    nodes, listeners = alive()
    tab.evaluate(step, 200)
    tab.evaluate("() => new Promise(r => setTimeout(r, 50))")
    after = alive()
    assert after[0] <= nodes + 60
    assert after[1] <= listeners + 5
    assert tab.evaluate("document.querySelectorAll('.leaflet-gf-mark-pane svg').length") <= 1


def test_a_notebook_shows_it_in_a_frame(browser: Any, map_file: Path) -> None:
    """The map inside the frame of a notebook's output draws and asks for nothing."""
    context = browser.new_context(offline=True)
    context.set_default_timeout(1000 * WAIT_S)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto((map_file.parent / "frame.html").as_uri())
    frame = page.wait_for_selector("iframe").content_frame()
    frame.wait_for_function("typeof packed_low !== 'undefined' && packed_low.isReady")
    assert frame.evaluate("packed_low.shown") == 3
    context.close()
    assert faults == []
