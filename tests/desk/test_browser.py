"""The desk in a real browser: every slider moves numbers and map, and nothing else is asked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.browsing import at_rest, becomes, expect, launched, new_tab
from tests.desk.conftest import serving


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    yield from launched()


@contextmanager
def opened(browser: Any, served: Any, *, width: int = 1400, height: int = 900) -> Iterator[Any]:
    """Open the desk under its own policy; fail on any console message or other host."""
    faults: list[str] = []
    asked: list[str] = []
    with new_tab(browser, viewport={"width": width, "height": height}) as tab:
        tab.on("console", lambda message: faults.append(message.text))
        tab.on("pageerror", lambda error: faults.append(str(error)))
        tab.on("dialog", lambda dialog: faults.append(f"dialog {dialog.message}"))
        tab.on("request", lambda request: asked.append(request.url))
        tab.goto(served.address)
        tab.locator("[data-question=budget][data-answered]").wait_for()
        at_rest(tab)
        yield tab
    assert [url for url in asked if not url.startswith((served.address, "blob:", "data:"))] == []
    assert faults == []


def question(tab: Any, name: str) -> Any:
    """Go to a question and wait for its first answer."""
    tab.locator(f"input[data-group=question][value={name}]").check(force=True)
    box = tab.locator(f"[data-question={name}]")
    tab.locator(f"[data-question={name}][data-answered]").wait_for()
    settled(tab, box)
    return box


def settled(tab: Any, box: Any, *, final: bool = False) -> None:
    """Wait until nothing is being asked, or until the better answer has come as well.

    A question is busy from the turn in which it is moved, so that this waits for what was done
    before; figures and map are there when it is not any more, and before it is final.
    """
    name, last = box.get_attribute("data-question"), "[data-final=true]" if final else ""
    tab.locator(f"[data-question={name}]:not([aria-busy]){last}").wait_for()


def move(tab: Any, box: Any, control: str, key: str, times: int = 1) -> None:
    """Move a slider by keys, as everyone can, and wait for what comes of it."""
    before = int(box.get_attribute("data-answered"))
    slider = box.locator(f"input[data-control={control}]")
    slider.focus()
    for _ in range(times):
        slider.press(key)
    becomes(tab, lambda: int(box.get_attribute("data-answered")), lambda number: number > before)
    settled(tab, box)


def figures(box: Any) -> str:
    """Return all figures as text."""
    return str(box.locator(".gf-desk-facts").inner_text())


def picture(tab: Any) -> bytes:
    """Return what the map shows beside the panel, or above it on a phone."""
    at_rest(tab)
    wide = tab.viewport_size["width"] > 760
    clip = {"x": 420, "y": 60, "width": 840, "height": 760} if wide else (
        {"x": 0, "y": 60, "width": 320, "height": 230}
    )  # fmt: skip
    found: bytes = tab.screenshot(clip=clip)
    return found


def changes(tab: Any, before: bytes) -> bytes:
    """Wait until the map shows something else, and return it."""
    shown: bytes = becomes(tab, lambda: picture(tab), lambda now: now != before)
    return shown


def test_the_budget_moves_numbers_and_map(browser: Any, served: Any) -> None:
    """Less money buys less; the ranking gives way to the best plan; the way back is known."""
    with opened(browser, served) as tab:
        box = question(tab, "budget")
        settled(tab, box, final=True)
        expect(box.locator(".gf-desk-status")).to_contain_text("best plan")
        whole, shown = figures(box), picture(tab)
        move(tab, box, "budget", "Home")
        facts, slider = box.locator(".gf-desk-facts"), box.locator("input[data-control=budget]")
        expect(facts).to_contain_text(re.compile(r"MXN\u00a00(\s|$)"), use_inner_text=True)
        expect(slider).to_have_attribute("aria-valuetext", "MXN\u00a00")
        changes(tab, shown)
        move(tab, box, "budget", "ArrowRight", 10)
        settled(tab, box, final=True)
        becomes(tab, lambda: figures(box), whole)
        becomes(tab, lambda: picture(tab), shown)
        tab.locator("input[data-group=budget-view][value=days]").check(force=True)
        settled(tab, box)
        changes(tab, shown)
        # the list of streets that were spared is a way to see one
        tab.locator("input[data-group=budget-view][value=streets]").check(force=True)
        box.locator("details.gf-lines-worst summary").first.click()
        box.locator(".gf-lines-row").first.click()
        tab.locator(".gf-lines-popup").wait_for()


def test_the_hours_move_numbers_and_map(browser: Any, served: Any) -> None:
    """Start, end and response; the figures of a day without a ban are those of before."""
    with opened(browser, served) as tab:
        box = question(tab, "hours")
        settled(tab, box, final=True)
        status = box.locator(".gf-desk-status")
        first, shown = figures(box), picture(tab)
        move(tab, box, "until", "ArrowLeft", 6)
        second = becomes(tab, lambda: figures(box), lambda now: now != first)
        changes(tab, shown)
        expect(status).to_contain_text("20:00 to 07:00")
        move(tab, box, "from", "ArrowRight", 4)
        expect(status).to_contain_text("22:00 to 07:00")
        box.locator("select[data-control=response]").select_option("1")
        settled(tab, box)
        found = becomes(tab, lambda: figures(box), lambda now: now != second)
        assert "+" in found or "−" in found
        expect(box.locator(".gf-desk-bars svg")).to_have_attribute("aria-label", re.compile("."))
        shown = picture(tab)
        slider = box.locator("input[data-group=hours-streets-hour]")
        slider.focus()
        slider.press("Home")
        changes(tab, shown)


def test_the_battery_moves_numbers_and_map(browser: Any, served: Any) -> None:
    """Half a battery fails days; the days of a year come after those as planned."""
    with opened(browser, served) as tab:
        box = question(tab, "battery")
        settled(tab, box, final=True)
        first, shown = figures(box), picture(tab)
        move(tab, box, "factor", "ArrowLeft", 5)
        expect(box.locator("output").first).to_contain_text("0.5 times")
        settled(tab, box, final=True)
        found = becomes(tab, lambda: figures(box), lambda now: now != first)
        assert "being tried" not in found
        changes(tab, shown)


def test_the_page_speaks_both_languages(browser: Any, served: Any) -> None:
    """All that is seen follows, and what is answered later too."""
    with opened(browser, served) as tab:
        box = question(tab, "budget")
        facts = box.locator(".gf-desk-facts")
        tab.locator(".gf-languages button[lang=es]").click()
        expect(facts).to_contain_text("Vehículos que cambian")
        move(tab, box, "budget", "ArrowLeft")
        expect(facts).to_contain_text("Vehículos que cambian")
        expect(facts).to_contain_text(re.compile(r"\d\.\d{3}"))
        expect(tab.locator(".gf-desk-switch").first).to_contain_text("Presupuesto")
        expect(tab.locator("html")).to_have_attribute("lang", "es-CL")


def test_hostile_names_are_text(browser: Any, served: Any) -> None:
    """Study, rule and operators are named by somebody who means harm."""
    with opened(browser, served) as tab:
        expect(tab.locator(".gf-study")).to_contain_text("</script>")
        box = question(tab, "hours")
        expect(box.locator(".gf-desk-status")).to_contain_text("<img src=x")
        tab.locator("input[data-group=hours-view][value=days]").check(force=True)
        search = tab.locator(".gf-search input")
        search.fill("syn")
        tab.locator(".gf-result").first.click()
        card = tab.locator(".gf-lines-popup")
        expect(card.locator("table")).to_have_count(1)
        expect(tab.locator("img[src=x]")).to_have_count(0)


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
        expect(box.locator("output").first).to_have_text("1.3 times")
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

        def right() -> bool:
            slider = box.locator("input[data-control=budget]").bounding_box()
            panel = tab.locator(".gf-panel").bounding_box()
            across = panel["x"] >= 0 and panel["x"] + panel["width"] <= 390
            above = slider["y"] + slider["height"] < 844
            return across and above and slider["height"] >= 40 and panel["y"] > 300

        becomes(tab, right, True)
        settled(tab, box, final=True)
        before = picture(tab)
        move(tab, box, "budget", "Home")
        changes(tab, before)


def test_two_pages_and_one_loaded_anew_do_not_disturb_each_other(browser: Any, served: Any) -> None:
    """Each has its own settings and answers; what was asked before a reload is forgotten."""
    with opened(browser, served) as one, opened(browser, served) as other:
        first, second = question(one, "budget"), question(other, "budget")
        settled(other, second, final=True)
        stays = figures(second)
        move(one, first, "budget", "Home")
        assert figures(first) != stays
        assert figures(second) == stays
        first.locator("input[data-control=budget]").press("ArrowRight")
        one.reload()
        one.locator("[data-question=budget][data-answered]").wait_for()
        again = question(one, "budget")
        settled(one, again, final=True)
        assert figures(again) == stays
        assert figures(second) == stays


def test_a_page_says_when_the_program_behind_it_has_stopped(browser: Any, desk: Any) -> None:
    """It says what to do; the map and the figures of before stay."""
    with new_tab(browser, viewport={"width": 1400, "height": 900}) as tab:
        with serving(desk) as server:
            tab.goto(server.address)
            tab.locator("[data-question=budget][data-answered]").wait_for()
            box = question(tab, "budget")
            settled(tab, box, final=True)
            before = figures(box)
        box.locator("input[data-control=budget]").press("Home")
        tab.locator("[data-question=budget] .gf-desk-wrong").wait_for()
        assert "geofleet serve" in box.locator(".gf-desk-status").inner_text()
        assert figures(box) == before
        tab.locator(".gf-desk-save input").fill("too late")
        tab.locator(".gf-desk-save button").click()
        tab.locator(".gf-desk-scenarios [role=status]").get_by_text("geofleet serve").wait_for()
