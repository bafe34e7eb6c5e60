"""Head, panel, search, print and streets of the harm page, and the index, in a real browser."""

from __future__ import annotations

import re
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
from tests.browsing import at_rest, becomes, expect, new_tab, resize
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
        tab.wait_for_function("packed_streets.isReady")
        yield tab


def test_opens_and_shows_hours_and_streets(page: Any, demo_layers: dict[str, Layer]) -> None:
    """Study, pages with this one marked, the answer first, notes, credits, roads, water."""
    expect(page.locator(".gf-study")).to_have_text(re.compile("^Demo <img"))
    expect(page.locator(".gf-nav a[aria-current=page]")).to_have_text("Harm")
    expect(page.locator(".gf-panel h1")).to_have_text("Where is the harm?")
    figures = harm_figures(demo_layers)
    total = Readers.of("MX")["en"].number(figures.total)
    expect(page.locator(".gf-answer")).to_contain_text(total)
    expect(page.locator(".gf-facts")).to_contain_text(total)
    long = page.locator("details.gf-note")
    rest = long.locator("> p")
    expect(rest).to_contain_text("Long.")
    expect(rest).to_be_hidden()
    long.locator("summary").click()
    expect(rest).to_be_visible()
    expect(page.locator(".leaflet-control-attribution")).to_contain_text("<img")
    becomes(page, "map_page.hasLayer(areas_ground_water)", True)
    becomes(page, "map_page.hasLayer(packed_streets)", True)
    becomes(page, LOW_CONTRAST, [])
    # what is shown changes, the legend says its unit, a street tells its value of the day
    unit = page.locator(".gf-legend .gf-unit").first
    expect(unit).to_have_text("persons·µg/m³·h per km of street per day")
    page.locator(HOUR).focus()
    page.keyboard.press("Home")
    for _ in range(7):
        page.keyboard.press("ArrowRight")
    becomes(page, "packed_streets.hour", 7)
    expect(unit).to_contain_text("in this hour")
    page.locator("select[data-group=streets]").select_option("nox")
    becomes(page, "packed_streets.variable", "nox")
    expect(unit).to_have_text("g per km of street, in this hour")
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
    links = demo_layers["links"].frame
    sums = links.groupby("street")[["harm_pm25_exhaust"]].sum()["harm_pm25_exhaust"]
    worst = (sums / links.groupby("street")["length_m"].first() * 1000).max()
    expect(popup).to_contain_text(f"{worst:.3g} persons")


def test_everything_follows_the_language(page: Any) -> None:
    """Title, document, controls, tooltips, links to sisters; the address keeps it."""
    page.locator(".gf-languages button", has_text="ES").click()
    becomes(page, page.title, lambda title: title.startswith("¿Dónde está el daño? – Demo"))
    becomes(page, "document.documentElement.lang", "es-MX")
    becomes(page, "location.hash", "#lang=es")
    expect(page.locator(".gf-nav a").first).to_have_attribute("href", "index.html#lang=es")
    expect(page.locator(".leaflet-control-zoom-in")).to_have_attribute("aria-label", "Acercar")
    expect(page.locator(SEARCH)).to_have_attribute("placeholder", re.compile("^Buscar"))
    expect(page.locator(".gf-legend .gf-unit").first).to_contain_text("por km de calle")
    expect(page.locator(".gf-languages button[aria-pressed=true]")).to_have_text("ES")
    becomes(
        page,
        """() => [...document.querySelectorAll('.gf-panel *, .gf-head *')].flatMap(n =>
            [n.getAttribute('aria-label'), n.title, n.children.length ? '' : n.textContent])
            .filter(t => /\\b(the|street|streets|hour|print|search|harm|day)\\b/i.test(t || ''))""",
        [],
    )
    page.evaluate("location.hash = '#lang=en'")
    page.wait_for_function("document.documentElement.lang.startsWith('en')")


def test_search_by_keyboard_and_zones(page: Any) -> None:
    """Blind to case and accents; arrows choose, Enter goes, Escape closes; names stay text."""
    box = page.locator(SEARCH)
    box.fill("AVENIDA")
    options = page.locator(".gf-result")
    becomes(page, options.count, lambda count: count >= 2)
    expect(box).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    chosen = page.locator(".gf-result[aria-selected=true]")
    expect(box).to_have_attribute("aria-activedescendant", chosen.get_attribute("id"))
    becomes(page, LOW_CONTRAST, [])
    name = chosen.locator(".gf-result-name").inner_text()
    page.keyboard.press("Enter")
    expect(box).to_have_value(name)
    expect(page.locator(".leaflet-popup-content")).to_contain_text(name)
    box.fill("nunoa")
    expect(options.first).to_have_text(re.compile("^Ñuñoa"))
    box.fill("<img")
    expect(options.first).to_contain_text("<img src=x")
    page.keyboard.press("Escape")
    expect(box).to_have_attribute("aria-expanded", "false")
    box.fill("zzzz")
    expect(page.locator(".gf-results")).to_contain_text("Nothing of that name")
    box.fill("zone")
    options.first.click()
    expect(page.locator("select[data-group=zones]")).to_have_value("1")
    expect(page.locator(".leaflet-popup-content").last).to_contain_text("People")
    # zones lie under the streets, have a legend and are told where no street lies over them
    page.keyboard.press("Escape")
    page.evaluate("map_page.closePopup(); map_page.setZoom(15, { animate: false })")
    page.locator("select[data-group=zones]").select_option(label="People per km²")
    expect(page.locator(".gf-legend .gf-unit").nth(1)).to_contain_text("persons per km²")
    expect(page.locator(".leaflet-popup")).to_have_count(0)  # what fades would take the mouse
    at_rest(page)
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
    expect(tip).to_contain_text("People per km²")
    page.mouse.move(spots[0] + 400, 5)
    order = (
        "['gf-areas', 'overlayPane'].map(n => Number(getComputedStyle(map_page.getPane(n)).zIndex))"
    )
    becomes(page, order, lambda found: found[0] < found[1])


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
    at_rest(page)
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
    becomes(page, "[map_page.getZoom(), map_page.getSize().x]", before)
    becomes(page, "geofleet.pixelRatio()", 1)
    sheet = page.pdf(prefer_css_page_size=True, print_background=True)
    assert sheet.count(b"/Type /Page\n") == 1


def test_fits_a_phone(browser: Any, folder: Path) -> None:
    """The panel is a closed sheet at the foot, opens to less than half, and nothing spills over."""
    with new_tab(
        browser, viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True,
        offline=True, reduced_motion="reduce",
    ) as tab:  # fmt: skip
        tab.goto(f"{(folder / 'harm.html').as_uri()}#lang=es")
        tab.wait_for_function("packed_streets.isReady")
        becomes(tab, "document.documentElement.lang", "es-MX")
        panel, shown = tab.locator(".gf-panel"), tab.locator(".gf-panel[open]")
        expect(shown).to_have_count(0)
        panel.locator("> summary").tap()
        expect(shown).to_have_count(1)
        at_rest(tab)
        becomes(tab, lambda: panel.bounding_box()["height"], lambda height: height <= 0.47 * 844)
        becomes(tab, "document.documentElement.scrollWidth", lambda width: width <= 390)
        becomes(
            tab,
            """() => [...document.querySelectorAll('.gf-head a, .gf-head button, .gf-panel select,'
                + ' .gf-panel input[type=search], .gf-panel button, .gf-check')]
                .filter(n => n.checkVisibility() && n.getBoundingClientRect().height < 40)
                .map(n => n.className || n.tagName)""",
            [],
        )
        tab.locator(SEARCH).fill("avenida")
        tab.locator(".gf-result").first.tap()
        expect(shown).to_have_count(0)  # the map is seen


def test_index_reads_without_scripts(opened: Any, browser: Any, folder: Path) -> None:
    """Languages switch by a plain choice; with scripts the address and the links follow it."""
    with opened(folder / "index.html") as tab:
        title = tab.locator("article h3")
        expect(title).to_have_text("Where is the harm?", use_inner_text=True)
        tab.locator("#gf-es").check(force=True)
        expect(title).to_have_text("¿Dónde está el daño?", use_inner_text=True)
        becomes(tab, "location.hash", "#lang=es")
        becomes(tab, tab.title, lambda text: text.startswith("La carga – Demo"))
        expect(tab.locator(".gf-way a")).to_have_attribute("href", "harm.html#lang=es")
        becomes(tab, LOW_CONTRAST, [])
        resize(tab, 390, 844)
        becomes(tab, "document.documentElement.scrollWidth", lambda width: width <= 390)
    with new_tab(browser, java_script_enabled=False, offline=True) as tab:
        tab.goto((folder / "index.html").as_uri())
        tab.locator("#gf-es").check(force=True)
        expect(tab.locator("article h3")).to_have_text("¿Dónde está el daño?", use_inner_text=True)
        expect(tab.locator(".gf-print-button")).to_be_hidden()
