"""Head, panel, search, print and streets of the harm page, and the index, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import geopandas as gpd
import pytest
import shapely

from geofleet.layers import Layer
from geofleet.maps import (
    Answer,
    PageFrame,
    Sister,
    harm_figures,
    harm_page,
    index_page,
    write_map,
)
from geofleet.wording import Readers, both, say
from tests.maps.contrast import LOW_CONTRAST

pytestmark = pytest.mark.browser

SISTERS = [Sister("index", say("index.overview")), Sister("harm", {"en": "Harm", "es": "Daño"})]
HOUR = "input[data-group=streets-hour]"
SEARCH = "input[data-group=search]"


@pytest.fixture(scope="module")
def folder(
    demo: ModuleType, demo_layers: dict[str, Layer], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The harm page and the index of a study with hostile names, as they stand in one folder."""
    where = tmp_path_factory.mktemp("pages")
    frame = PageFrame(
        name="harm", title=say("harm.title"), study=f"Demo {demo.HOSTILE[1]}", sisters=SISTERS,
        notes=[demo.HOSTILE[0], "One. " + "Long. " * 40], readers=Readers.of("MX"),
        attribution=["© OpenStreetMap contributors, ODbL", demo.HOSTILE[1]],
    )  # fmt: skip
    water = gpd.GeoDataFrame(geometry=[shapely.box(-71.27, -29.92, -71.262, -29.9)], crs=4326)
    write_map(harm_page(demo_layers, frame=frame, base={"water": water}), where / "harm.html")
    index = PageFrame(
        name="index", title={"en": "Freight", "es": "La carga"}, study=frame.study,
        sisters=SISTERS, notes=frame.notes,
    )  # fmt: skip
    answers = [Answer("harm", say("harm.title"), both("7 %"), [both(demo.HOSTILE[2])])]
    (where / "index.html").write_text(index_page(index, answers), encoding="utf-8")
    return where


@pytest.fixture
def page(opened: Any, folder: Path) -> Iterator[Any]:
    with opened(folder / "harm.html") as tab:
        tab.evaluate("packed_streets.ready.then(() => 1)")
        yield tab


def test_opens_and_shows_hours_and_streets(page: Any, demo_layers: dict[str, Layer]) -> None:
    """Study, pages with this one marked, the answer first, notes, credits, roads, water."""
    assert page.locator(".gf-study").inner_text().startswith("Demo <img")
    here = page.locator(".gf-nav a[aria-current=page]")
    assert here.inner_text() == "Harm"
    assert page.locator(".gf-panel h1").inner_text() == "Where is the harm?"
    figures = harm_figures(demo_layers)
    total = Readers.of("MX")["en"].number(figures.total)
    assert total in page.locator(".gf-answer").inner_text()
    assert total in page.locator(".gf-facts").inner_text()
    long = page.locator("details.gf-note")
    assert "Long." not in long.inner_text()
    long.locator("summary").click()
    assert "Long." in long.inner_text()
    assert "<img" in page.locator(".leaflet-control-attribution").inner_text()
    assert page.evaluate("map_page.hasLayer(areas_ground_water)")
    assert page.evaluate("map_page.hasLayer(packed_streets)")
    assert page.evaluate(LOW_CONTRAST) == []
    # what is shown changes, the legend says its unit, a street tells its value of the day
    unit = page.locator(".gf-legend .gf-unit").first
    assert unit.inner_text() == "persons·µg/m³·h per km of street per day"
    page.locator(HOUR).focus()
    page.keyboard.press("Home")
    for _ in range(7):
        page.keyboard.press("ArrowRight")
    assert page.evaluate("packed_streets.hour") == 7
    assert "in this hour" in unit.inner_text()
    page.locator("select[data-group=streets]").select_option("nox")
    assert page.evaluate("packed_streets.variable") == "nox"
    assert unit.inner_text() == "g per km of street, in this hour"
    page.locator("select[data-group=streets]").select_option("harm_pm25_exhaust")
    page.evaluate("packed_streets.setHour(null).then(() => 1)")
    spot = page.evaluate(
        """() => {
            const row = packed_streets.top(1)[0];
            packed_streets.go(row, { popup: false });
            const p = map_page.latLngToContainerPoint(packed_streets.bounds(row).getCenter());
            const box = map_page.getContainer().getBoundingClientRect();
            return [p.x + box.left, p.y + box.top];
        }"""
    )
    page.mouse.click(*spot)
    popup = page.locator(".leaflet-popup-content")
    popup.wait_for()
    links = demo_layers["links"].frame
    sums = links.groupby("street")[["harm_pm25_exhaust"]].sum()["harm_pm25_exhaust"]
    worst = (sums / links.groupby("street")["length_m"].first() * 1000).max()
    assert f"{worst:.3g} persons" in popup.inner_text().replace("\N{NO-BREAK SPACE}", " ")


def test_everything_follows_the_language(page: Any) -> None:
    """Title, document, controls, tooltips, links to sisters; the address keeps it."""
    page.locator(".gf-languages button", has_text="ES").click()
    assert page.title().startswith("¿Dónde está el daño? – Demo")
    assert page.evaluate("document.documentElement.lang") == "es-MX"
    assert page.evaluate("location.hash") == "#lang=es"
    assert page.locator(".gf-nav a").first.get_attribute("href") == "index.html#lang=es"
    assert page.locator(".leaflet-control-zoom-in").get_attribute("aria-label") == "Acercar"
    assert page.locator(SEARCH).get_attribute("placeholder").startswith("Buscar")
    assert "por km de calle" in page.locator(".gf-legend .gf-unit").first.inner_text()
    assert page.locator(".gf-languages button[aria-pressed=true]").inner_text() == "ES"
    left = page.evaluate(
        """() => [...document.querySelectorAll('.gf-panel *, .gf-head *')].flatMap(n =>
            [n.getAttribute('aria-label'), n.title, n.children.length ? '' : n.textContent])
            .filter(t => /\\b(the|street|streets|hour|print|search|harm|day)\\b/i.test(t || ''))"""
    )
    assert left == []
    page.evaluate("location.hash = '#lang=en'")
    page.wait_for_function("document.documentElement.lang.startsWith('en')")


def test_search_by_keyboard_and_zones(page: Any) -> None:
    """Blind to case and accents; arrows choose, Enter goes, Escape closes; names stay text."""
    box = page.locator(SEARCH)
    box.fill("AVENIDA")
    options = page.locator(".gf-result")
    assert options.count() >= 2
    assert box.get_attribute("aria-expanded") == "true"
    page.keyboard.press("ArrowDown")
    chosen = page.locator(".gf-result[aria-selected=true]")
    assert box.get_attribute("aria-activedescendant") == chosen.get_attribute("id")
    assert page.evaluate(LOW_CONTRAST) == []
    name = chosen.locator(".gf-result-name").inner_text()
    page.keyboard.press("Enter")
    assert box.input_value() == name
    assert name in page.locator(".leaflet-popup-content").inner_text()
    box.fill("nunoa")
    assert options.first.inner_text().startswith("Ñuñoa")
    box.fill("<img")
    assert "<img src=x" in options.first.inner_text()
    page.keyboard.press("Escape")
    assert box.get_attribute("aria-expanded") == "false"
    box.fill("zzzz")
    assert "Nothing of that name" in page.locator(".gf-results").inner_text()
    box.fill("zone")
    options.first.click()
    assert page.locator("select[data-group=zones]").input_value() == "1"
    assert "People" in page.locator(".leaflet-popup-content").last.inner_text()
    # zones lie under the streets, have a legend and are told where no street lies over them
    page.keyboard.press("Escape")
    page.evaluate("map_page.closePopup(); map_page.setZoom(15, { animate: false })")
    page.locator("select[data-group=zones]").select_option(label="People per km²")
    assert "persons per km²" in page.locator(".gf-legend .gf-unit").nth(1).inner_text()
    spots = page.evaluate(
        """() => {
            const shape = areas_people_per_km2.getLayers()[0];
            const middle = shape.getCenter();
            let free = null;
            for (let k = 0; k < 400 && !free; k++) {
                const at = L.latLng(middle.lat + (k % 20 - 10) * 2e-4,
                                    middle.lng + (k / 20 - 10) * 2e-4);
                const p = map_page.latLngToLayerPoint(at);
                const near = [[0, 0], [9, 9], [-9, 9], [9, -9], [-9, -9]].every(d =>
                    packed_streets.at(map_page.layerPointToLatLng(p.add(d))) === null);
                if (near && shape._containsPoint(p)) free = at;
            }
            const top = map_page.getContainer().getBoundingClientRect().top;
            const p = map_page.latLngToContainerPoint(free);
            return [p.x, p.y + top];
        }"""
    )
    page.mouse.move(spots[0] - 2, spots[1])
    page.mouse.move(*spots)
    tip = page.locator(".leaflet-tooltip", has_text="In the air")
    tip.wait_for()
    assert "People per km²" in tip.inner_text()
    page.mouse.move(spots[0] + 400, 5)
    order = page.evaluate(
        "['gf-areas', 'overlayPane'].map(n => Number(getComputedStyle(map_page.getPane(n)).zIndex))"
    )
    assert order[0] < order[1]


def test_every_control_is_reached_and_prints(page: Any) -> None:
    """Tab goes from the skip link over head and panel to the map; focus is seen."""
    reached = []
    for _ in range(30):
        page.keyboard.press("Tab")
        found = page.evaluate(
            """() => {
                const node = document.activeElement, style = getComputedStyle(node);
                const name = node.getAttribute('aria-label') || node.textContent.trim()
                    || (node.labels && node.labels[0] && node.labels[0].textContent);
                if (node === document.body) return null;
                return [node.dataset.group || node.className || node.tagName, Boolean(name),
                        style.outlineStyle !== 'none' || style.boxShadow !== 'none'];
            }"""
        )
        if found is None:
            break
        reached.append(found)
    names = [name for name, _, _ in reached]
    wanted = ["gf-skip", "gf-print-button", "search", "streets", "streets-hour", "zones"]
    assert [name for name in names if name in wanted] == wanted
    assert names.index("zones") < next(k for k, n in enumerate(names) if "leaflet-container" in n)
    assert [name for name, named, _ in reached if not named] == []
    assert [name for name, _, seen in reached if not seen] == []
    # one printed sheet: the map sharp, its key, notes and date; then all is as before
    before = page.evaluate("[map_page.getZoom(), map_page.getSize().x]")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    shown = page.evaluate(
        """() => ({
            width: map_page.getSize().x, ratio: geofleet.pixelRatio(),
            cut: document.querySelector('.gf-panel').scrollHeight
                - document.querySelector('.gf-panel').clientHeight,
            text: document.querySelector('.gf-panel').innerText,
            nav: getComputedStyle(document.querySelector('.gf-nav')).display,
        })"""
    )
    assert abs(shown["width"] - 204 / 25.4 * 96) < 3
    assert shown["ratio"] == 3
    assert shown["cut"] <= 1
    assert shown["nav"] == "none"
    for words in ("Printed on", "Long.", "persons·µg/m³·h per km", "and more"):
        assert words in shown["text"]
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert page.evaluate("[map_page.getZoom(), map_page.getSize().x]") == before
    assert page.evaluate("geofleet.pixelRatio()") == 1
    sheet = page.pdf(prefer_css_page_size=True, print_background=True)
    assert sheet.count(b"/Type /Page\n") == 1


def test_fits_a_phone(browser: Any, folder: Path) -> None:
    """The panel is a closed sheet at the foot, opens to less than half, and nothing spills over."""
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True, offline=True,
        reduced_motion="reduce",
    )  # fmt: skip
    tab = context.new_page()
    tab.goto(f"{(folder / 'harm.html').as_uri()}#lang=es")
    assert tab.evaluate("document.documentElement.lang") == "es-MX"
    panel = tab.locator(".gf-panel")
    assert panel.get_attribute("open") is None
    panel.locator("> summary").tap()
    box = panel.bounding_box()
    assert box["height"] <= 0.47 * 844
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    small = tab.evaluate(
        """() => [...document.querySelectorAll('.gf-head a, .gf-head button, .gf-panel select,'
            + ' .gf-panel input[type=search], .gf-panel button, .gf-check')]
            .filter(n => n.checkVisibility() && n.getBoundingClientRect().height < 40)
            .map(n => n.className || n.tagName)"""
    )
    assert small == []
    tab.locator(SEARCH).fill("avenida")
    tab.locator(".gf-result").first.tap()
    assert panel.get_attribute("open") is None, "the map is seen"
    context.close()


def test_index_reads_without_scripts(opened: Any, browser: Any, folder: Path) -> None:
    """Languages switch by a plain choice; with scripts the address and the links follow it."""
    with opened(folder / "index.html") as tab:
        assert tab.locator("article h3").inner_text() == "Where is the harm?"
        tab.locator("#gf-es").check(force=True)
        assert tab.locator("article h3").inner_text() == "¿Dónde está el daño?"
        assert tab.evaluate("location.hash") == "#lang=es"
        assert tab.title().startswith("La carga – Demo")
        assert tab.locator(".gf-way a").get_attribute("href") == "harm.html#lang=es"
        assert tab.evaluate(LOW_CONTRAST) == []
        tab.set_viewport_size({"width": 390, "height": 844})
        assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    context = browser.new_context(java_script_enabled=False, offline=True)
    tab = context.new_page()
    tab.goto((folder / "index.html").as_uri())
    tab.locator("#gf-es").check(force=True)
    assert tab.locator("article h3").inner_text() == "¿Dónde está el daño?"
    assert tab.locator(".gf-print-button").is_hidden()
    context.close()
