"""Packed lines on a plain folium map, in a browser without network."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import folium
import geopandas as gpd
import numpy as np
import pytest
import shapely

from geofleet.maps.elements import Verbatim
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
from tests.browsing import becomes, expect, new_tab, resize
from tests.maps.contrast import LOW_CONTRAST

pytestmark = pytest.mark.browser

HUES = ("#fdae6b", "#fd8d3c", "#f16913", "#d94801", "#7f2704")
CHANGES = ("#2166ac", "#67a9cf", "#757575", "#ef8a62", "#b2182b")
NAMES = [
    "Avenida Álvaro Obregón", '<img src=x onerror="window.hacked=1">',
    "</script><b>`${x}` {{ 7*7 }}",
    "مرحبا بالعالم", "🚚 \"quotes'", "x" * 10_000, None, "calle alvaro",
]  # fmt: skip
TEXT = {"en": "Road", "es": "Vía"}


def _lines(count: int) -> np.ndarray:
    """Streets from west to east, each a hundredth of a degree above the one before."""
    south = -29.9 + 0.01 * np.arange(count)
    return shapely.linestrings([
        [(-70.30, y), (-70.25, y + 1e-4), (-70.20, y)] for y in south
    ])  # fmt: skip


@pytest.fixture(scope="module")
def layer() -> PackedLines:
    hours = np.arange(24.0)
    values = np.outer(1.0 + np.arange(8), 1.0 + hours)
    values[2, 3] = np.nan
    values[7, :12] = 0
    change = values * np.where(np.arange(8) % 2, 1, -1)[:, None]
    states = np.full((8, 24), 0.0)
    states[:, 8:12] = 1
    return PackedLines(
        _lines(8),
        [
            Variable("nox", label=both("NOx"), unit=both("g/day"), hour_unit=both("g/h"),
                     values=values, colours=HUES, breaks=[400, 1200], hour_breaks=[5, 50],
                     text=both("Emitted <b>here</b>")),
            Variable("moved", label={"en": "Change", "es": "Cambio"}, unit=both("g/day"),
                     kind="change", values=change, colours=CHANGES, breaks=[400, 1200],
                     hour_breaks=[5, 50]),
            Variable("access", label=both("Access"), unit=both(""), kind="category", values=states,
                     categories=[Category({"en": "open", "es": "abierta"}, "#1a7f37"),
                                 Category({"en": "closed", "es": "cerrada"}, "#b2182b", rank=1,
                                          dash="6 4")]),
        ],
        texts={"name": NAMES, "road": [TEXT] * 8}, numbers={"length_m": np.full(8, 9651.0)},
        card=Card(subtitle="road", rows=[CardRow(both("Length"), "length_m", unit="m")]),
        identifier="city",
    )  # fmt: skip


@pytest.fixture(scope="module")
def map_file(layer: PackedLines, tmp_path_factory: pytest.TempPathFactory) -> Path:
    page = folium.Map(location=[-29.865, -70.25], zoom_start=12, tiles=None)
    page.default_js, page.default_css = [], []
    vendor = resources.files("geofleet.maps").joinpath("vendor").joinpath("leaflet")
    css = re.sub(r"url\([^)]*\)", "none", vendor.joinpath("leaflet.css").read_text("utf-8"))
    script = vendor.joinpath("leaflet.js").read_text("utf-8")
    head = page.get_root().header
    head.add_child(Verbatim(f"<style>{css}</style><script>{script}</script>"), name="leaflet")
    layer.add_to(page)
    LinesControl(layer).add_to(page)
    path = tmp_path_factory.mktemp("lines") / "plain.html"
    path.write_text(page.get_root().render(), encoding="utf-8")
    return path


@pytest.fixture
def page(opened: Any, map_file: Path) -> Iterator[Any]:
    with opened(map_file) as tab:
        tab.wait_for_function("packed_city.complete")
        yield tab


def _row(layer: PackedLines, place: int) -> int:
    return int(np.flatnonzero(layer.order == place)[0])


def _point(page: Any, row: int) -> list[float]:
    return list(page.evaluate(
        "row => { const m = packed_city._map, b = packed_city._latlngs(row)[0][1];"
        " const p = m.latLngToContainerPoint(b); return [p.x, p.y]; }", row))  # fmt: skip


def _colour(page: Any, row: int) -> str:
    """Colour in the middle of a line as the canvas shows it; empty where nothing is drawn."""
    pixel = page.evaluate(
        """row => {
            const p = packed_city, f = p._frame(), t = document.createElement("canvas");
            const q = p._map.latLngToContainerPoint(p._latlngs(row)[0][1]).add(f.pad);
            const pen = t.getContext("2d", { willReadFrequently: true });
            pen.drawImage(p._canvas, -Math.round(q.x * f.ratio), -Math.round(q.y * f.ratio));
            return [...pen.getImageData(0, 0, 1, 1).data];
        }""",
        row,
    )
    if not pixel[3]:
        return ""
    known = {hue: [int(hue[k : k + 2], 16) for k in (1, 3, 5)] for hue in (*HUES, *CHANGES)}
    return min(known, key=lambda hue: float(np.abs(np.subtract(known[hue], pixel[:3])).max()))


def test_values_colours_and_legend_follow_hour_and_variable(page: Any, layer: PackedLines) -> None:
    """The slider, the button of the day and the list of variables change what is drawn."""
    top, low, legend = _row(layer, 6), _row(layer, 0), page.locator(".gf-legend")
    becomes(page, lambda: _colour(page, top), HUES[4])
    becomes(page, lambda: _colour(page, low), HUES[0])
    becomes(page, f"packed_city.valueOf({top}).text", "2,100 g/day")
    slider = page.locator("input[type=range]")
    slider.focus()
    page.keyboard.press("Home")
    becomes(page, "packed_city.hour", 0)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.locator("output")).to_have_text("03:00–04:00")
    becomes(page, f"packed_city.valueOf({_row(layer, 2)}).state", "unknown")
    becomes(page, f"packed_city.valueOf({_row(layer, 7)}).state", "none")
    # nothing is not drawn
    becomes(page, lambda: _colour(page, _row(layer, 7)), "")
    becomes(page, lambda: _colour(page, _row(layer, 6)), HUES[2])
    expect(legend).to_contain_text("g/h")
    expect(legend).to_contain_text("unknown")
    page.locator("select").select_option("moved")
    becomes(page, f"packed_city.valueOf({top}).text", lambda text: text.startswith("−28"))
    expect(legend).to_contain_text("falls by")
    page.locator("select").select_option("access")
    expect(page.locator(".gf-lines-day")).to_be_hidden()  # states have no day
    page.evaluate("packed_city.setHour(9)")
    becomes(page, f"packed_city.valueOf({low}).text", "closed")
    page.get_by_role("button", name="ES").click()
    expect(legend).to_contain_text("cerrada")
    becomes(page, f"packed_city.valueOf({low}).text", "cerrada")


def test_mouse_tells_and_click_pins(page: Any, layer: PackedLines) -> None:
    """A tooltip follows the mouse, a popup stays and follows hour and language; names are inert."""
    for place in (1, 2, 5):
        page.mouse.move(*_point(page, _row(layer, place)))
        tip = page.locator(".leaflet-tooltip")
        tip.get_by_text(NAMES[place][:20]).wait_for()
        expect(tip).to_contain_text("Length")
        becomes(page, LOW_CONTRAST, [])
        left, top = _point(page, _row(layer, place))
        page.mouse.move(left, top + 25)
        tip.wait_for(state="detached")
    page.mouse.click(*_point(page, _row(layer, 6)))
    popup = page.locator(".leaflet-popup")
    expect(popup).to_contain_text("Street without a name")
    expect(popup).to_contain_text("2,100 g/day")
    page.evaluate("packed_city.setHour(1)")
    expect(popup).to_contain_text("14 g/h")
    expect(popup).to_contain_text("2,100 g/day")  # the sum of the day stays in view
    becomes(page, LOW_CONTRAST, [])
    page.get_by_role("button", name="ES").click()
    expect(popup).to_contain_text("Calle sin nombre")
    expect(popup.get_by_role("button")).to_have_attribute("aria-label", "Cerrar")


def test_worst_links_and_streets_are_reached_by_keyboard(page: Any, layer: PackedLines) -> None:
    """The list is in order and goes to the link; search is blind to case and accents."""
    order = [int(layer.order[row]) for row in page.evaluate("packed_city.top(3)")]
    assert order == [6, 5, 7]
    summary = page.locator(".gf-lines-worst summary")
    summary.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".gf-lines-row")).to_have_count(7)
    zoom = page.evaluate("packed_city._map.getZoom()")
    page.keyboard.press("Tab")
    if page.evaluate("document.activeElement.tagName") != "BUTTON":
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.locator(".leaflet-popup").wait_for()
    becomes(page, "packed_city._map.getZoom()", lambda now: now > zoom)
    becomes(page, "packed_city.marked", page.evaluate("packed_city.top(1)[0]"))
    found = page.evaluate("packed_city.find('ALVARO', 5)")
    assert [int(layer.order[row]) for row in found] == [7, 0]
    assert page.evaluate("geofleet.searchable[0].find('obregon')[0].label") == NAMES[0]


def test_any_street_is_reached_without_a_mouse(page: Any, layer: PackedLines) -> None:
    """Typed, tabbed to and opened; what is not found is said; hostile names stay text."""
    box = page.get_by_role("searchbox", name="Search for a street")
    box.focus()
    page.keyboard.type("alvaro")
    found = page.locator(".gf-lines-find button")
    expect(found).to_have_count(2)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.locator(".leaflet-popup").get_by_text("Avenida Álvaro Obregón").wait_for()
    assert int(layer.order[page.evaluate("packed_city.marked")]) == 0
    box.fill("<img")
    expect(found.first).to_contain_text(NAMES[1])
    box.fill("zzz")
    page.get_by_text("No street of this name.").wait_for()
    expect(found).to_have_count(0)


def test_lines_stay_in_place_while_the_map_moves(page: Any, layer: PackedLines) -> None:
    """After dragging, zooming and resizing the line lies where Leaflet says that it is."""
    row = _row(layer, 6)
    for action in ("panBy([60, 40], {animate: false})", "setZoom(13, {animate: false})",
                   "setZoom(11, {animate: false})"):  # fmt: skip
        page.evaluate(f"() => {{ packed_city._map.{action}; }}")
        becomes(page, lambda: _colour(page, row), HUES[4])
        becomes(
            page,
            "() => { const c = packed_city._canvas.getBoundingClientRect(), m ="
            " packed_city._map.getContainer().getBoundingClientRect(), f = packed_city._frame();"
            " return [c.left - m.left + f.pad.x, c.top - m.top + f.pad.y]; }",
            lambda offset: max(map(abs, offset)) <= 1,
        )
    resize(page, 390, 700)
    becomes(page, "document.documentElement.scrollWidth", lambda width: width <= 390)


def test_a_browser_without_inflation_says_so(browser: Any, map_file: Path) -> None:
    """No empty map without a word."""
    with new_tab(browser, offline=True) as tab:
        tab.add_init_script("delete window.DecompressionStream")
        tab.goto(map_file.as_uri())
        tab.get_by_text("too old to show the lines").wait_for()


def test_a_city_has_a_page_of_its_own(opened: Any, tmp_path: Path) -> None:
    """Title, variables, search of streets and worst links within the shell of all pages."""
    links = gpd.GeoDataFrame({"name": NAMES}, geometry=list(_lines(8)), crs=4326).to_crs(32719)
    nox = Variable("nox", label=both("NOx"), unit=both("g"), values=np.arange(8.0), colours=HUES)
    frame = PageFrame(name="city", title=both("A city"), study="Test")
    page = city_map(links, [nox], frame=frame)
    path = tmp_path / "city.html"
    path.write_text(page.get_root().render(), encoding="utf-8")
    with opened(path) as tab:
        tab.wait_for_function("packed_city.isReady")
        becomes(tab, "packed_city.shown", 7)
        expect(tab.locator("h1").first).to_contain_text("A city")
        tab.locator(".gf-lines-worst summary").click()
        expect(tab.locator(".gf-lines-row")).to_have_count(7)


def test_the_worst_links_are_there_when_the_list_opens(page: Any) -> None:
    """Nobody sees the list empty, and it does not jump: it is filled before it is painted."""
    counts = page.evaluate(
        """async () => {
            const box = document.querySelector(".gf-lines-worst"), found = [];
            box.querySelector("summary").click();
            await null;
            found.push(box.querySelectorAll(".gf-lines-row").length);
            return found.concat(box.open);
        }"""
    )
    assert counts == [7, True]


def test_a_screen_of_small_pixels_is_quick_at_first_and_sharp_at_rest(
    browser: Any, map_file: Path
) -> None:
    """Where much is in view, two pixels for one are drawn when nothing moves any more."""
    with new_tab(browser, offline=True, device_scale_factor=2) as tab:
        tab.goto(map_file.as_uri())
        tab.wait_for_function("packed_city.isReady")
        sharp = tab.evaluate("packed_city._canvas.width")
        # read within the same turn: a slow machine could be at rest already at the next
        quick = tab.evaluate(
            "() => { packed_city._crowded = () => true;"
            " return packed_city.setHour(9).then(() => packed_city._canvas.width); }"
        )
        assert quick == sharp // 2
        becomes(tab, "packed_city._canvas.width", sharp)
        tab.evaluate("() => { packed_city.setHour(10); packed_city.remove(); }")


def test_what_is_told_lies_within_what_is_said(page: Any) -> None:
    """The margin of an hour's values holds for the digits that are shown."""
    wrong = page.evaluate(
        """() => {
            const p = packed_city, view = p._named("nox").spec.hours, wrong = [];
            p.setHour(22);
            for (const within of [0.03, 0.05, 0.08, 0.15, 0.3]) {
                view.within = within;
                const said = parseFloat(p._precision().match(/([\\d.]+) %/)[1]) / 100;
                for (let row = 0; row < 8; row++) {
                    const one = p.valueOf(row), least = one.value / (1 + within);
                    const most = one.value / (1 - within), told = parseFloat(one.text);
                    for (const real of [least, most]) {
                        if (Math.abs(told - real) > said * real) wrong.push([said, one.text, real]);
                    }
                }
            }
            return wrong;
        }"""
    )
    assert wrong == []
