"""The electric page in a browser, without network: verdicts, player, search, languages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from geofleet.layers import Layer
from geofleet.maps.electric import electric_page
from geofleet.maps.frame import PageFrame
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
    begin = _state(page)
    assert begin["clock"] == "06:10"
    assert begin["soc"] == "Charge 100.0\u00a0%"
    slider = page.locator(".gf-trip .gf-slider")
    slider.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    later = _state(page)
    assert later["clock"] == "06:13"
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
    assert _state(page)["dot"] < charging["dot"]
    page.keyboard.press("End")
    assert page.locator(".gf-lines").first.inner_text().count("kWh") == 1
    assert page.locator(".gf-chart .gf-session").count() == 1
    label = page.locator(".gf-chart").get_attribute("aria-label")
    assert label.startswith("Battery charge from 100\u00a0%")
    page.keyboard.press("Escape")
    assert page.locator(".gf-trip").count() == 0
    assert page.locator(".gf-vehicle").count() == 0


def test_play_runs_and_pause_holds(page: Any) -> None:
    """The pace is minutes of the day per second; a drag over the chart sets the place."""
    page.evaluate(f"ways_days.choose({_row(page, 'van-03')})")
    begin = _state(page)
    page.locator(".gf-pace select").select_option("30")
    page.get_by_role("button", name="Play").click()
    page.wait_for_function("document.querySelector('.gf-clock').textContent > '06:40'")
    page.get_by_role("button", name="Pause").click()
    held = _state(page)
    assert held["marker"] != begin["marker"]
    page.wait_for_timeout(120)
    assert _state(page) == held
    page.get_by_label("by distance").check()
    box = page.locator(".gf-chart").bounding_box()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 40)
    assert page.locator(".gf-ghost").get_attribute("visibility") == "visible"
    assert page.locator(".gf-vehicle-ghost").count() == 1
    page.mouse.down()
    page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 40)
    page.mouse.up()
    assert _state(page)["cursor"] == pytest.approx(0.6 * 360, abs=2)


def test_verdicts_are_counted_and_hidden(page: Any, year_layers: dict[str, Layer]) -> None:
    """Each verdict has colour, dash and count; what is unticked leaves map and list."""
    counts = [int(text) for text in page.locator(".gf-verdicts .gf-count").all_inner_texts()]
    assert sum(counts) == len(year_layers["routes"].frame)
    shown = page.locator("select[data-group=vehicle-day] option").count() - 1
    assert shown == sum(counts)
    page.locator("[data-verdict=fails]").uncheck()
    fails = (year_layers["routes"].frame["electric_status"] == "not feasible").sum()
    assert page.locator("select[data-group=vehicle-day] option").count() - 1 == shown - fails
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
    tip.wait_for()
    assert f"{spot[2]} vehicle-days pass here" in tip.inner_text()
    page.mouse.click(spot[0], spot[1])
    assert page.locator(".gf-choice").count() == spot[2]
    page.keyboard.press("Enter")
    page.locator(".gf-trip").wait_for()


def test_search_and_languages(page: Any) -> None:
    """A vehicle opens its day, an operator narrows the page, Spanish reaches every word."""
    search = page.locator("#gf-search")
    search.fill("van-05")
    search.press("ArrowDown")
    search.press("Enter")
    assert page.locator(".gf-trip-title").inner_text() == "van-05"
    page.get_by_role("button", name="Español").click()
    assert page.locator(".gf-soc").inner_text() == "Carga 100,0\u00a0%"
    assert page.get_by_role("button", name="Reproducir").count() == 1
    assert page.locator(".gf-trip .gf-slider").get_attribute("aria-label").startswith("Hora")
    text = page.locator(".gf-trip").inner_text()
    assert "Can do" not in text
    assert "Modelo eléctrico" in text
    assert "julio, día típico 3" in text
    search.fill("elqui")
    search.press("ArrowDown")
    search.press("Enter")
    assert page.locator(".gf-trip").count() == 0
    assert page.locator("select[data-group=vehicle-day] optgroup").count() == 1
    page.locator(".gf-chip").click()
    assert page.locator("select[data-group=vehicle-day] optgroup").count() == 3


def test_a_phone_has_room_for_day_and_map(page: Any) -> None:
    """Nothing runs over the side; map and player are both in view; controls fit a finger."""
    page.set_viewport_size({"width": 390, "height": 844})
    page.evaluate(f"ways_days.choose({_row(page, 'van-00')})")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    box = page.locator(".gf-trip").bounding_box()
    assert box["y"] > 280
    for control in (".gf-play", ".gf-trip .gf-slider", ".gf-close"):
        assert page.locator(control).bounding_box()["height"] >= 40
    assert page.evaluate(LOW_CONTRAST) == []
    # a name of markup is text
    assert "<img src=x onerror" in page.locator(".gf-stop-list").text_content()
    page.evaluate(f"ways_days.choose({_row(page, 'van-11')})")
    assert "no route to play" in page.locator(".gf-trip").inner_text()
