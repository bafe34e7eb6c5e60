"""The desk in a real browser: every slider moves numbers and map, and nothing else is asked."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
WAIT_MS = 20_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    named = os.environ.get("CHROMIUM")
    found = [shutil.which(name) for name in ((named,) if named else _NAMES)]
    path = next((item for item in found if item), None)
    if path is None:
        pytest.skip("no Chromium on this machine (set CHROMIUM to its path)")
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu"]
        )
        yield running
        running.close()


@contextmanager
def opened(browser: Any, served: Any, *, width: int = 1400, height: int = 900) -> Iterator[Any]:
    """Open the desk under its own policy; fail on any console message or other host."""
    context = browser.new_context(viewport={"width": width, "height": height})
    context.set_default_timeout(WAIT_MS)
    tab = context.new_page()
    faults: list[str] = []
    tab.on("console", lambda message: faults.append(message.text))
    tab.on("pageerror", lambda error: faults.append(str(error)))
    tab.on("dialog", lambda dialog: faults.append(f"dialog {dialog.message}"))
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto(served.address)
    tab.locator("[data-question=budget][data-answered]").wait_for()
    yield tab
    context.close()
    assert [url for url in asked if not url.startswith((served.address, "blob:", "data:"))] == []
    assert faults == []


def question(tab: Any, name: str) -> Any:
    """Go to a question and wait for its first answer."""
    tab.locator(f"input[data-group=question][value={name}]").check(force=True)
    box = tab.locator(f"[data-question={name}]")
    tab.locator(f"[data-question={name}][data-answered]").wait_for()
    settled(tab, box)
    return box


def settled(tab: Any, box: Any) -> None:
    """Wait until nothing is being asked."""
    name = box.get_attribute("data-question")
    tab.locator(f"[data-question={name}]:not([aria-busy])").wait_for()
    tab.wait_for_timeout(60)


def move(tab: Any, box: Any, control: str, key: str, times: int = 1) -> None:
    """Move a slider by keys, as everyone can, and wait for what comes of it."""
    before = int(box.get_attribute("data-answered"))
    slider = box.locator(f"input[data-control={control}]")
    slider.focus()
    for _ in range(times):
        slider.press(key)
    name = box.get_attribute("data-question")
    tab.locator(f"[data-question={name}][data-answered]").wait_for()
    for _ in range(200):
        if int(box.get_attribute("data-answered")) > before:
            break
        tab.wait_for_timeout(50)
    settled(tab, box)


def figures(box: Any) -> str:
    """Return all figures as text."""
    return str(box.locator(".gf-desk-facts").inner_text())


def picture(tab: Any) -> bytes:
    """Return what the map shows beside the panel, or above it on a phone."""
    wide = tab.viewport_size["width"] > 760
    clip = {"x": 420, "y": 60, "width": 840, "height": 760} if wide else (
        {"x": 0, "y": 60, "width": 320, "height": 230}
    )  # fmt: skip
    found: bytes = tab.screenshot(clip=clip)
    return found


def test_the_budget_moves_numbers_and_map(browser: Any, served: Any) -> None:
    """Less money buys less; the ranking gives way to the best plan; the way back is known."""
    with opened(browser, served) as tab:
        box = question(tab, "budget")
        tab.locator("[data-question=budget][data-final=true]").wait_for()
        settled(tab, box)
        whole, shown = figures(box), picture(tab)
        assert "best plan" in box.locator(".gf-desk-status").inner_text()
        move(tab, box, "budget", "Home")
        none = figures(box)
        assert "MXN\u00a00 " in none.replace("\n", " ") + " "
        assert picture(tab) != shown
        assert box.locator("input[data-control=budget]").get_attribute("aria-valuetext") == (
            "MXN\u00a00"
        )
        move(tab, box, "budget", "ArrowRight", 10)
        tab.locator("[data-question=budget][data-final=true]").wait_for()
        settled(tab, box)
        assert figures(box) == whole
        assert picture(tab) == shown
        tab.locator("input[data-group=budget-view][value=days]").check(force=True)
        settled(tab, box)
        assert picture(tab) != shown
        # the list of streets that were spared is a way to see one
        tab.locator("input[data-group=budget-view][value=streets]").check(force=True)
        box.locator("details.gf-lines-worst summary").first.click()
        box.locator(".gf-lines-row").first.click()
        tab.locator(".gf-lines-popup").wait_for()


def test_the_hours_move_numbers_and_map(browser: Any, served: Any) -> None:
    """Start, end and response; the figures of a day without a ban are those of before."""
    with opened(browser, served) as tab:
        box = question(tab, "hours")
        first, shown = figures(box), picture(tab)
        move(tab, box, "until", "ArrowLeft", 6)
        second = figures(box)
        assert second != first
        assert picture(tab) != shown
        assert "20:00 to 07:00" in box.locator(".gf-desk-status").inner_text()
        move(tab, box, "from", "ArrowRight", 4)
        assert "22:00 to 07:00" in box.locator(".gf-desk-status").inner_text()
        before = int(box.get_attribute("data-answered"))
        box.locator("select[data-control=response]").select_option("1")
        tab.locator(f"[data-question=hours]:not([data-answered='{before}'])").wait_for()
        settled(tab, box)
        assert figures(box) != second
        assert "+" in figures(box) or "−" in figures(box)
        assert box.locator(".gf-desk-bars svg").get_attribute("aria-label")
        slider = box.locator("input[data-group=hours-streets-hour]")
        slider.focus()
        slider.press("Home")
        assert picture(tab) != shown


def test_the_battery_moves_numbers_and_map(browser: Any, served: Any) -> None:
    """Half a battery fails days; the days of a year come after those as planned."""
    with opened(browser, served) as tab:
        box = question(tab, "battery")
        tab.locator("[data-question=battery][data-final=true]").wait_for()
        settled(tab, box)
        first, shown = figures(box), picture(tab)
        move(tab, box, "factor", "ArrowLeft", 5)
        assert "0.5 times" in box.locator("output").first.inner_text()
        tab.locator("[data-question=battery][data-final=true]").wait_for()
        settled(tab, box)
        assert figures(box) != first
        assert "being tried" not in figures(box)
        assert picture(tab) != shown


def test_the_page_speaks_both_languages(browser: Any, served: Any) -> None:
    """All that is seen follows, and what is answered later too."""
    with opened(browser, served) as tab:
        box = question(tab, "budget")
        tab.locator(".gf-languages button[lang=es]").click()
        assert "Vehículos que cambian" in figures(box)
        move(tab, box, "budget", "ArrowLeft")
        assert "Vehículos que cambian" in figures(box)
        assert re.search(r"\d\.\d{3}", figures(box))
        assert "Presupuesto" in tab.locator(".gf-desk-switch").first.inner_text()
        assert tab.locator("html").get_attribute("lang") == "es-CL"


def test_hostile_names_are_text(browser: Any, served: Any) -> None:
    """Study, rule and operators are named by somebody who means harm."""
    with opened(browser, served) as tab:
        assert "</script>" in tab.locator(".gf-study").inner_text()
        box = question(tab, "hours")
        assert "<img src=x" in box.locator(".gf-desk-status").inner_text()
        tab.locator("input[data-group=hours-view][value=days]").check(force=True)
        search = tab.locator(".gf-search input")
        search.fill("syn")
        tab.locator(".gf-result").first.click()
        card = tab.locator(".gf-lines-popup")
        card.wait_for()
        assert card.locator("table").count() == 1
        assert tab.locator("img[src=x]").count() == 0


def test_a_scenario_is_saved_and_opened(browser: Any, served: Any) -> None:
    """It stands in the study's folder, and its name brings its settings back."""
    with opened(browser, served) as tab:
        box = question(tab, "battery")
        move(tab, box, "factor", "ArrowRight", 3)
        asked = figures(box)
        tab.locator(".gf-desk-save input").fill("Big packs")
        tab.locator(".gf-desk-save button").click()
        tab.get_by_text("scenarios/Big packs.json").wait_for()
        assert (served.desk.folder / "scenarios" / "Big packs.json").is_file()
        question(tab, "budget")
        tab.locator("select[data-group=scenarios]").select_option("Big packs")
        settled(tab, box)
        assert box.locator("output").first.inner_text() == "1.3 times"
        assert figures(box).splitlines()[0] == asked.splitlines()[0]
        tab.locator(".gf-desk-save input").fill("big/packs")
        tab.locator(".gf-desk-save button").click()
        tab.get_by_text("A name of 1 to 60 letters").wait_for()
    (served.desk.folder / "scenarios" / "Big packs.json").unlink()
    (served.desk.folder / "scenarios").rmdir()


def test_a_phone_shows_controls_and_map_together(browser: Any, served: Any) -> None:
    """The panel stands open below; nothing is wider than the screen; every control can be hit."""
    with opened(browser, served, width=390, height=844) as tab:
        box = question(tab, "budget")
        slider = box.locator("input[data-control=budget]").bounding_box()
        panel = tab.locator(".gf-panel").bounding_box()
        assert slider["height"] >= 40
        assert panel["y"] > 300
        assert panel["x"] >= 0
        assert panel["x"] + panel["width"] <= 390
        assert slider["y"] + slider["height"] < 844
        before = picture(tab)
        move(tab, box, "budget", "Home")
        assert picture(tab) != before
