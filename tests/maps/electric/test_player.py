"""The electric page in a browser, without network: verdicts, player, search, languages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from geofleet.layers import Layer
from geofleet.maps.electric import electric_page
from geofleet.maps.frame import PageFrame
from tests.browsing import becomes, expect, resize
from tests.maps.contrast import LOW_CONTRAST

Opened = Callable[[Path], AbstractContextManager[Any]]


@pytest.fixture(scope="module")
def file(
    year_layers: dict[str, Layer], frame: PageFrame, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    path = tmp_path_factory.mktemp("electric") / "electric.html"
    path.write_text(electric_page(year_layers, frame=frame).get_root().render(), encoding="utf-8")
    return path


@pytest.fixture
def page(opened: Opened, file: Path) -> Iterator[Any]:
    with opened(file) as tab:
        tab.wait_for_selector("[data-ready=true]", state="attached")
        yield tab


def _row(page: Any, vehicle: str) -> int:
    found: int = page.evaluate(
        "name => Array.from(ways_days.n.day_vehicle, (_, k) => ways_days.text('day_vehicle', k))"
        ".indexOf(name)", vehicle,
    )  # fmt: skip
    return found


def _state(page: Any) -> dict[str, Any]:
    state: dict[str, Any] = page.evaluate("""() => ({
        clock: document.querySelector('.gf-clock').textContent,
        soc: document.querySelector('.gf-soc').textContent,
        doing: document.querySelector('.gf-doing').textContent,
        told: document.querySelector('.gf-trip .gf-slider').getAttribute('aria-valuetext'),
        cursor: Number(document.querySelector('.gf-cursor line').getAttribute('x1')),
        dot: Number(document.querySelector('.gf-cursor circle').getAttribute('cy')),
        marker: document.querySelector('.gf-vehicle').style.transform,
    })""")
    return state


def test_the_slider_leads_marker_chart_and_words(page: Any) -> None:
    """With keys alone: choose a day, go along it; stops hold the clock, charge falls and rises."""
    page.locator("select[data-group=vehicle-day]").select_option(str(_row(page, "van-00")))
    expect(page.locator(".gf-clock")).to_have_text("06:10")
    begin = _state(page)
    assert begin["soc"] == "Charge 100.0\u00a0%"
    slider = page.locator(".gf-trip .gf-slider")
    slider.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    expect(page.locator(".gf-clock")).to_have_text("06:13")
    later = _state(page)
    assert later["cursor"] > begin["cursor"]
    assert later["told"].startswith("06:13, ")
    # half an hour on: the second stop, where it charges
    for _ in range(60):
        page.keyboard.press("ArrowRight")
        if "Charging at" in _state(page)["doing"]:
            break
    charging = _state(page)
    assert "Charging at" in charging["doing"]
    assert charging["marker"] != begin["marker"]
    page.keyboard.press("ArrowRight")
    becomes(page, lambda: _state(page)["dot"], lambda dot: dot < charging["dot"])
    page.keyboard.press("End")
    lines = page.locator(".gf-lines").first
    becomes(page, lambda: lines.inner_text().count("kWh"), 1)
    expect(page.locator(".gf-chart .gf-session")).to_have_count(1)
    label = re.compile("^Battery charge from 100\u00a0%")
    expect(page.locator(".gf-chart")).to_have_attribute("aria-label", label)
    page.keyboard.press("Escape")
    expect(page.locator(".gf-trip")).to_have_count(0)
    expect(page.locator(".gf-vehicle")).to_have_count(0)


def test_play_runs_and_pause_holds(page: Any) -> None:
    """The pace is minutes of the day per second; a drag over the chart sets the place."""
    page.evaluate(f"ways_days.choose({_row(page, 'van-03')})")
    begin = _state(page)
    page.locator(".gf-pace select").select_option("30")
    page.get_by_role("button", name="Play").click()
    # pressed within the page's own turn: a slow machine could be at the end of the day before
    page.wait_for_function(
        """() => {
            const late = document.querySelector(".gf-clock").textContent > "06:40";
            if (late) document.querySelector(".gf-play[aria-label=Pause]").click();
            return late;
        }"""
    )
    page.get_by_role("button", name="Play").wait_for()
    held = _state(page)
    assert held["marker"] != begin["marker"]
    page.wait_for_timeout(120)
    assert _state(page) == held
    page.get_by_label("by distance").check()
    box = page.locator(".gf-chart").bounding_box()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 40)
    expect(page.locator(".gf-ghost")).to_have_attribute("visibility", "visible")
    expect(page.locator(".gf-vehicle-ghost")).to_have_count(1)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 40)
    page.mouse.up()
    becomes(page, lambda: _state(page)["cursor"], pytest.approx(0.6 * 360, abs=2))


def test_verdicts_are_counted_and_hidden(page: Any, year_layers: dict[str, Layer]) -> None:
    """Each verdict has colour, dash and count; what is unticked leaves map and list."""
    counts = [int(text) for text in page.locator(".gf-verdicts .gf-count").all_inner_texts()]
    assert sum(counts) == len(year_layers["routes"].frame)
    options = page.locator("select[data-group=vehicle-day] option")
    expect(options).to_have_count(1 + sum(counts))
    page.locator("[data-verdict=fails]").uncheck()
    fails = (year_layers["routes"].frame["electric_status"] == "not feasible").sum()
    expect(options).to_have_count(1 + sum(counts) - int(fails))
    looks = page.evaluate("ways_days.looks.map(l => l.color + l.dashArray)")
    assert len(set(looks)) == len(looks)


def test_a_street_tells_who_passes(page: Any) -> None:
    """Hovering counts vehicle-days, a click lists them, Enter opens one."""
    spot = page.evaluate("""() => {
        const W = ways_days;
        const line = Array.from(W.n.line_points.keys()).find(k => W.passing(k).length > 1);
        const at = W.line(line)[1], p = map_page.latLngToContainerPoint(at);
        const box = map_page.getContainer().getBoundingClientRect();
        return [p.x + box.left, p.y + box.top, W.passing(line).length];
    }""")
    page.mouse.move(spot[0] + 3, spot[1])
    page.mouse.move(spot[0], spot[1])
    tip = page.locator(".gf-tooltip")
    expect(tip).to_contain_text(f"{spot[2]} vehicle-days pass here")
    page.mouse.click(spot[0], spot[1])
    expect(page.locator(".gf-choice")).to_have_count(spot[2])
    page.keyboard.press("Enter")
    page.locator(".gf-trip").wait_for()


def test_search_and_languages(page: Any) -> None:
    """A vehicle opens its day, an operator narrows the page, Spanish reaches every word."""
    search = page.locator("#gf-search")
    search.fill("van-05")
    search.press("ArrowDown")
    search.press("Enter")
    trip = page.locator(".gf-trip")
    expect(page.locator(".gf-trip-title")).to_have_text("van-05")
    page.get_by_role("button", name="Español").click()
    expect(page.locator(".gf-soc")).to_have_text("Carga 100,0\u00a0%")
    expect(page.get_by_role("button", name="Reproducir")).to_have_count(1)
    expect(trip.locator(".gf-slider")).to_have_attribute("aria-label", re.compile("^Hora"))
    expect(trip).not_to_contain_text("Can do")
    expect(trip).to_contain_text("Modelo eléctrico")
    expect(trip).to_contain_text("julio, día típico 3")
    search.fill("elqui")
    search.press("ArrowDown")
    search.press("Enter")
    expect(trip).to_have_count(0)
    operators = page.locator("select[data-group=vehicle-day] optgroup")
    expect(operators).to_have_count(1)
    page.locator(".gf-chip").click()
    expect(operators).to_have_count(3)


def test_a_phone_has_room_for_day_and_map(page: Any) -> None:
    """Nothing runs over the side; map and player are both in view; controls fit a finger."""
    resize(page, 390, 844)
    page.evaluate(f"ways_days.choose({_row(page, 'van-00')})")
    trip = page.locator(".gf-trip")
    becomes(page, "document.documentElement.scrollWidth", lambda width: width <= 390)
    becomes(page, lambda: trip.bounding_box()["y"], lambda top: top > 280)
    for control in (".gf-play", ".gf-trip .gf-slider", ".gf-close"):
        box = page.locator(control)
        becomes(page, lambda box=box: box.bounding_box()["height"], lambda height: height >= 40)
    becomes(page, LOW_CONTRAST, [])
    # a name of markup is text
    expect(page.locator(".gf-stop-list")).to_contain_text("<img src=x onerror")
    page.evaluate(f"ways_days.choose({_row(page, 'van-11')})")
    expect(trip).to_contain_text("no route to play")
