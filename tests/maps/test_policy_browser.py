"""Pages by hour work in a browser that has no network, for mouse, keyboard and thumb."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geofleet.layers import Layer
from geofleet.layers.policy import access_hours_layer
from geofleet.maps import access_page, contingency_page, write_map
from geofleet.maps.frame import PageFrame
from geofleet.wording import Readers
from tests.browsing import at_rest, becomes, expect, new_tab, resize

pytestmark = pytest.mark.browser

HOSTILE = "</script><script>window.hacked = 1</script> {{ 7 * 7 }}"
READY = "geofleet.state.layer.complete"


def _frame(name: str, language: str = "en") -> PageFrame:
    title = {"en": f"Day {HOSTILE}", "es": f"Día {HOSTILE}"}
    return PageFrame(
        name, title, HOSTILE, answer=(HOSTILE,), notes=(HOSTILE,), readers=Readers.of("MX"),
        language=language,
    )  # fmt: skip


@pytest.fixture(scope="module")
def map_file(contingency: dict[str, Layer], tmp_path_factory: pytest.TempPathFactory) -> Path:
    page = contingency_page(contingency, frame=_frame("contingency"))
    return write_map(page, tmp_path_factory.mktemp("map") / "contingency.html")


@pytest.fixture(scope="module")
def access_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two roads: one closed from 6 to 8, of the other nothing is known at 7."""
    lines = [shapely.LineString([(-99.2, 19.3 + k / 50), (-99.1, 19.3 + k / 50)]) for k in (0, 1)]
    roads = gpd.GeoDataFrame({"name": [HOSTILE, "Eje 1"]}, geometry=lines, crs=4326)
    status, rule = np.zeros((2, 24), np.int8), np.full((2, 24), -1)
    status[0, 6:8], rule[0, 6:8], status[1, 7] = 4, 0, 3
    layer = access_hours_layer(roads, status=status, rule=rule, rules=[HOSTILE])
    page = access_page({"access_hours": layer}, frame=_frame("access", "es"), hour=7)
    return write_map(page, tmp_path_factory.mktemp("map") / "access.html")


@pytest.fixture
def page(opened: Any, map_file: Path) -> Iterator[Any]:
    with opened(map_file) as tab:
        tab.wait_for_function(READY)
        yield tab


def _hour(page: Any, hour: int) -> None:
    """Put the slider on an hour by keyboard."""
    page.locator("#gf-hour-slider").focus()
    page.keyboard.press("Home")
    for _ in range(hour):
        page.keyboard.press("ArrowRight")
    page.wait_for_function(f"geofleet.state.hour === {hour}")


def _figures(page: Any) -> dict[str, str]:
    rows = page.locator(".gf-figures > div").all_inner_texts()
    return {label: value for value, label in (row.split("\n") for row in rows)}


def _view(page: Any, name: str) -> None:
    place = ["before", "after", "change", "forbidden"].index(name)
    page.locator(f"input[name=gf-view][value='{place}']").check(force=True)
    page.wait_for_function(f"geofleet.state.layer.variable === '{name}'")


def _states(page: Any, name: str) -> list[str]:
    """Return what the layer says of each row of a variable at the hour shown."""
    found: list[str] = page.evaluate(f"""() => {{
        const layer = geofleet.state.layer, out = [];
        for (let row = 0; row < layer.spec.count; row++) {{
            const at = layer.valueOf(row, '{name}');
            out.push(at.state === 'none' ? 'none' : String(at.klass));
        }}
        return out;
    }}""")
    return found


def test_opens_at_the_hour_with_most_vehicles_stopped(page: Any) -> None:
    """Title, credit, slider, key and date are there at once, at eight o'clock."""
    expect(page.locator(".gf-panel h1")).to_have_text(re.compile("^Day </script>"))
    expect(page.locator("output.gf-hour")).to_have_text("08:00–09:00")
    credit = page.locator(".leaflet-control-attribution")
    expect(credit).to_contain_text("© OpenStreetMap contributors")
    expect(page.locator(".gf-strip")).to_contain_text("mg per km of street in one hour")
    becomes(page, page.locator(".gf-strip li").count, lambda count: count >= 2)
    expect(page.locator(".gf-when")).to_have_text("14 May 2024, 08:00–09:00")
    becomes(page, "document.documentElement.lang", "en-GB")


def test_figures_are_those_of_the_layer_at_every_hour(
    page: Any, contingency: dict[str, Layer]
) -> None:
    """By keyboard through the day: vehicles stopped and driving as the layer has them."""
    hours = contingency["policy_day_hours"].frame.set_index("hour")
    for hour in (0, 8, 9, 23):
        _hour(page, hour)
        expect(page.locator("output.gf-hour")).to_have_text(f"{hour:02d}:00–{hour + 1:02d}:00")
        found, row = _figures(page), hours.loc[hour]
        for label, column in (
            ("vehicles may not drive as planned", "forbidden_vehicles"),
            ("vehicles: not known", "unknown_vehicles"),
            ("vehicles drive as planned", "driving_before_vehicles"),
            ("vehicles drive, rules kept", "driving_after_vehicles"),
        ):
            assert found[label] == str(int(row[column])), (hour, label)


def test_streets_are_those_of_the_layer(page: Any, contingency: dict[str, Layer]) -> None:
    """As many streets emit as in the layer; change falls at eight, rises at ten."""
    links = contingency["policy_hours"].frame
    sums = links.drop(columns="geometry").groupby("street").sum(numeric_only=True)
    for name, flags in (
        ("before", sums["pm25_before_08_g"] > 0),
        ("after", sums["pm25_after_08_g"] > 0),
        ("change", (sums["pm25_before_08_g"] > 0) | (sums["pm25_after_08_g"] > 0)),
        ("forbidden", sums["forbidden_08_vehicles"] > 0),
    ):
        assert len(_states(page, name)) - _states(page, name).count("none") == flags.sum(), name
    _view(page, "change")
    key = page.evaluate("geofleet.state.layer.legend().items.map(item => item.label.en)")
    for hour, word in ((8, "falls"), (10, "rises")):
        _hour(page, hour)
        said = {key[int(k)].split()[0] for k in _states(page, "change") if k != "none"}
        assert word in said
        assert not said & ({"falls", "rises"} - {word})


def test_the_zone_is_hatched_only_while_the_rule_binds(page: Any) -> None:
    """From 6 to 10; outside only its outline is left; over the whole day it is hatched."""
    hatched = "Object.values(map_page._layers).filter(one => one.options.hatch).length"
    for hour, count in ((5, 0), (6, 1), (9, 1), (10, 0)):
        _hour(page, hour)
        becomes(page, hatched, count)
    page.locator(".gf-whole").click()
    becomes(page, hatched, 1)


def test_the_rule_tells_all_of_itself_and_is_found(page: Any) -> None:
    """In the list, in the popup of its place and by search: name, hours, whom, source."""
    item = page.locator(".gf-rule-item").first
    expect(item.locator(".gf-badge")).to_have_text("now")
    item.locator("summary").click()
    item.locator(".gf-go").click()
    popup = page.locator(".leaflet-popup")
    expect(popup).to_have_text(re.compile("^Zone </script>"))
    for words in ("06:00-10:00", "forbids", "given by the user", "Hologram 00", "{{ 7 * 7 }}"):
        expect(popup).to_contain_text(words)
    search = page.locator("#gf-search")
    search.fill("zone <")
    page.keyboard.press("Escape")
    search.fill("zone")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".leaflet-popup").last).to_have_text(re.compile("^Zone </script>"))


def test_both_languages_at_once(page: Any) -> None:
    """A click on the language changes all words, the badge and the aria-labels with them."""
    page.get_by_role("button", name="Español").click()
    expect(page.locator(".gf-panel h1")).to_have_text(re.compile("^Día </script>"))
    expect(page.locator(".gf-when")).to_have_text("14 de mayo de 2024, 08:00–09:00")
    expect(page.locator(".gf-badge").first).to_have_text("ahora")
    expect(page.locator("#gf-hour-slider")).to_have_attribute("aria-label", "Hora del día")
    expect(page.locator(".gf-play")).to_have_attribute("aria-label", "Reproducir el día")
    for words in ("Rules kept", "As planned", "not now", "Whole day", "per km of street"):
        expect(page.locator("body")).not_to_contain_text(words, use_inner_text=True)


def test_playing_and_bars_lead_through_the_hours(page: Any) -> None:
    """The button starts and stops; touching the slider stops it; a bar leads to its hour."""
    button = page.locator(".gf-play")
    button.click()
    page.wait_for_function("geofleet.state.hour !== 8")
    expect(button).to_have_attribute("aria-label", "Pause")
    button.press("Enter")
    becomes(page, "geofleet.state.dock.playing()", False)
    button.click()
    becomes(page, "geofleet.state.dock.playing()", True)
    _hour(page, 5)
    becomes(page, "geofleet.state.dock.playing()", False)
    bar = page.locator(".gf-bars [data-step='10']")
    expect(bar.locator("title")).to_have_text(re.compile("^10:00–11:00\nAs planned"))
    bar.click()
    expect(page.locator("output.gf-hour")).to_have_text("10:00–11:00")


def test_side_by_side_stays_in_step(page: Any) -> None:
    """As planned beside rules kept: one hour, one scale, one view, zones in both."""
    page.locator(".gf-beside-button").click()
    page.wait_for_function("geofleet.state.second && geofleet.state.second.layer.isReady")
    at_rest(page)  # both panes fit the view to their size
    shown = "[geofleet.state.layer, geofleet.state.second.layer].map(l => [l.variable, l.hour])"
    becomes(page, shown, [["before", 8], ["after", 8]])
    _hour(page, 9)
    becomes(page, shown, [["before", 9], ["after", 9]])
    page.evaluate("geofleet.state.second.map.setZoom(13, {animate: false})")
    page.wait_for_function("map_page.getZoom() === 13")
    hatched = "Object.values(geofleet.state.second.map._layers).filter(o => o.options.hatch).length"
    becomes(page, hatched, 1)
    page.locator(".gf-beside-button").click()
    expect(page.locator(".gf-second")).to_be_hidden()
    becomes(page, "geofleet.state.layer.variable", "before")


def test_street_card_speaks_plainly(page: Any) -> None:
    """A click on a line tells hour, amounts with units, passages and the rule; no column names."""
    at = page.evaluate("""() => {
        const layer = geofleet.state.layer;
        let row = 0;
        while (!(layer.valueOf(row, 'forbidden').value > 0)) row++;
        layer.go(row, {popup: false});
        const p = map_page.latLngToContainerPoint(layer._middle(row));
        const box = map_page.getContainer().getBoundingClientRect();
        return [box.left + p.x, box.top + p.y];
    }""")
    page.mouse.move(at[0] + 1, at[1])
    page.mouse.move(*at)
    page.locator(".leaflet-tooltip").wait_for()
    page.mouse.click(*at)
    popup = page.locator(".gf-lines-popup")
    for words in ("08:00–09:00", "mg/km", "Forbidden passages", "Ban </script>"):
        expect(popup).to_contain_text(words)
    expect(popup).not_to_contain_text("_")


def _gaps(tab: Any, *names: str) -> list[float]:
    """Return the room between each thing and the one that stands below it."""
    boxes = [tab.locator(name).bounding_box() for name in names]
    return [low["y"] - top["y"] - top["height"] for top, low in itertools.pairwise(boxes)]


def test_fits_a_phone(browser: Any, map_file: Path) -> None:
    """Nothing spills over; slider, key and credit are in view, the panel opens above them."""
    with new_tab(
        browser,
        viewport={"width": 390, "height": 844},
        is_mobile=True,
        has_touch=True,
        offline=True,
    ) as tab:
        tab.goto(map_file.as_uri())
        tab.wait_for_function(READY)
        becomes(tab, "document.documentElement.scrollWidth", lambda width: width <= 390)
        expect(tab.locator("#gf-hour-slider")).to_be_visible()
        expect(tab.locator(".gf-strip li").first).to_be_visible()
        panel = tab.locator(".gf-panel > summary")
        panel.tap()
        expect(tab.locator(".gf-panel[open]")).to_have_count(1)
        # the panel leaves the slider free, and the credit is not covered
        names = (".gf-panel", ".gf-hours", ".leaflet-control-attribution")
        becomes(tab, lambda: _gaps(tab, *names), lambda gaps: min(gaps) >= 0)
        panel.tap()
        expect(tab.locator(".gf-panel[open]")).to_have_count(0)
        for button in (".gf-play", ".gf-whole", ".gf-beside-button", ".gf-switch label"):
            box = tab.locator(button).first
            becomes(tab, lambda box=box: box.bounding_box()["height"], lambda tall: tall >= 39.5)
        tab.locator(".gf-beside-button").tap()
        tab.locator(".gf-second").wait_for()
        # one below the other, above the dock
        names = ("#map_page", "#map_page_second", ".gf-hours")
        becomes(tab, lambda: _gaps(tab, *names), lambda gaps: gaps[0] >= -1 and gaps[1] >= 0)


def test_every_control_has_a_name(page: Any) -> None:
    """The slider says the hour to those who hear it; the views are radio buttons with labels."""
    _hour(page, 7)
    slider = page.locator("#gf-hour-slider")
    expect(slider).to_have_attribute("aria-valuetext", "07:00–08:00")
    becomes(
        page,
        "[...document.querySelectorAll('input[name=gf-view]')].map(c => c.labels[0].innerText)",
        ["As planned", "Rules kept", "Change", "Forbidden passages"],
    )
    page.locator("input[name=gf-view]").first.focus()
    page.keyboard.press("ArrowRight")
    becomes(page, "geofleet.state.view", "after")


def test_access_by_hour(opened: Any, access_file: Path) -> None:
    """Open, forbidden and unknown have words and kilometres of their own, in Spanish."""
    with opened(access_file) as access:
        access.wait_for_function(READY)
        becomes(access, "document.documentElement.lang", "es-MX")
        said = "[0, 1].map(row => geofleet.state.layer.valueOf(row).text).sort()"
        becomes(access, said, ["prohibido", "se desconoce"])
        found = _figures(access)
        assert found["prohibido"] == found["se desconoce"] == "10.5\N{NO-BREAK SPACE}km"
        _hour(access, 8)
        becomes(access, said, ["libre", "libre"])
        becomes(access, lambda: _figures(access)["libre"], "21\N{NO-BREAK SPACE}km")
        _hour(access, 6)
        becomes(access, said, ["libre", "prohibido"])
        access.evaluate("geofleet.state.layer.go(geofleet.state.layer.find('script', 1)[0])")
        popup = access.locator(".gf-lines-popup")
        expect(popup).to_contain_text("prohibido")
        # name and rule, as text
        becomes(access, lambda: popup.inner_text().count("</script>"), 4)
        access.locator("#gf-search").fill("eje")
        expect(access.get_by_role("option").first).to_have_text(re.compile("^Eje 1"))


def test_paper_keeps_notes_and_date_above_the_hours(page: Any) -> None:
    """What stands at the foot of the printed column covers neither; the screen is as before."""
    resize(page, 1047, 714)
    page.evaluate("() => { document.querySelector('.gf-panel').open = true; }")
    page.emulate_media(media="print")
    page.wait_for_function("matchMedia('print').matches")
    at_rest(page)
    page.evaluate("() => window.dispatchEvent(new Event('beforeprint'))")
    becomes(
        page,
        """() => {
            const top = document.querySelector(".gf-hours").getBoundingClientRect().top;
            return [...document.querySelectorAll(".gf-panel .gf-note, .gf-printed")].map(one => {
                const box = one.getBoundingClientRect();
                return box.height > 0 && box.bottom <= top;
            });
        }""",
        lambda shown: len(shown) > 1 and all(shown),
    )
    page.evaluate("() => window.dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="screen")
    becomes(page, "document.querySelector('.gf-panel').style.height", "")
