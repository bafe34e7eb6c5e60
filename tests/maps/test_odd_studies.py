"""Pages of odd studies open, say what is so, and show it at its own scale."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import folium
import geopandas as gpd
import numpy as np
import pytest
import shapely

from geofleet.layers import Layer
from geofleet.layers.policy import access_hours_layer
from geofleet.maps import access_page, contingency_page, write_map
from geofleet.maps.changes import change_breaks, difference
from geofleet.maps.electric import electric_page
from geofleet.maps.matching import match
from geofleet.maps.meridian import meridian_cut, seamless, seamless_shapes
from geofleet.policy.decisions import STATUS_WORDS
from tests.browsing import at_rest, becomes, expect, new_tab
from tests.maps import odd

SEEN = {
    "both sides of 180": (180.0, -17.0), "180 in the far north": (180.0, 66.0),
    "near the pole": (15.6, 84.9), "south and east": (151.2, -33.9),
}  # fmt: skip
READY = """() => (window.ways_days || geofleet.state && geofleet.state.dock) &&
    [window.packed_vehicles, window.packed_both, window.packed_hours].every(
        layer => !layer || layer.complete)"""
"""What a page is when all of its lines are unpacked."""


@pytest.fixture(scope="module")
def show(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Any]]:
    """Open pages one after another in one tab; no console message, no request."""
    folder = tmp_path_factory.mktemp("odd")
    with new_tab(browser, viewport={"width": 1100, "height": 760}, offline=True) as tab:
        faults: list[str] = []
        asked: list[str] = []
        tab.on("request", lambda request: asked.append(request.url))
        tab.on("console", lambda message: faults.append(message.text))
        tab.on("pageerror", lambda error: faults.append(str(error)))

        def open_page(page: folium.Map) -> Any:
            path = write_map(page, folder / "page.html")
            tab.goto("about:blank")
            tab.goto(path.as_uri())
            tab.wait_for_function(READY)
            at_rest(tab)
            return tab

        yield open_page
        assert faults == []
        assert {url for url in asked if not url.startswith(("file:", "about:"))} == set()


def _key(tab: Any) -> list[str]:
    return [text.strip() for text in tab.locator(".gf-strip li").all_inner_texts()]


@pytest.mark.browser
@pytest.mark.parametrize("case", odd.PLANS)
def test_plans(case: str, show: Callable[[folium.Map], Any]) -> None:
    """Any plan opens where it is, close enough to be seen, and takes every year and view."""
    tab = show(odd.PLANS[case]())
    wanted = SEEN.get(case, odd.OSLO)
    becomes(tab, "map_page.getZoom()", lambda zoom: 11 < zoom <= 17)
    becomes(
        tab, "[map_page.getCenter().lng, map_page.getCenter().lat]",
        lambda at: math.dist(at, wanted) < 0.2,
    )  # fmt: skip
    for step in (0, 1):
        tab.evaluate(f"geofleet.state.dock.set({step})")
    for place in range(3):
        tab.locator("input[name=gf-view]").nth(place).check(force=True)
    if case == "nothing bought":
        becomes(tab, lambda: _key(tab), lambda key: "kept as it is: 3" in key)
        what = tab.locator("[data-group=what]")
        what.locator("summary").click()
        expect(what).to_contain_text("Nothing is bought.", use_inner_text=True)
    if case == "nothing known":
        expect(tab.locator(".gf-panel")).to_contain_text("unknown", use_inner_text=True)
    for name in (odd.NAMES[0], odd.NAMES[1]):
        tab.locator("#gf-search").fill(name[:6])
        if case != "one vehicle, one link":
            expect(tab.get_by_role("option")).not_to_have_count(0)
    tab.locator("#gf-search").fill("")
    change = tab.locator(".gf-beside-button[data-mode=change]")
    if not change.count():
        return
    change.click()
    tab.wait_for_function("packed_beside.complete && packed_beside.variable === 'change'")
    wanted_keys = {
        "no change of streets": ["no change"], "nothing avoided": ["no change"],
        "nothing known": ["no change", "unknown"],
    }  # fmt: skip
    if case in wanted_keys:
        becomes(tab, lambda: _key(tab), wanted_keys[case])
    else:
        becomes(tab, lambda: _key(tab), lambda key: len(key) == 3)
    tab.locator(".gf-beside-button[data-mode=beside]").click()
    tab.wait_for_function("geofleet.state.twin.isReady")
    if case == "nothing avoided":
        becomes(tab, lambda: _key(tab), ["nothing"])


@pytest.mark.browser
@pytest.mark.parametrize("case", odd.COMPARISONS)
def test_comparisons(case: str, show: Callable[[folium.Map], Any]) -> None:
    """Any two scenarios open; their key holds what either has; equal ones differ nowhere."""
    tab = show(odd.COMPARISONS[case]())
    tab.wait_for_function("geofleet.state.sides && geofleet.state.sides.isOpen()")
    keys = {
        "nothing in both": ["nothing"], "not known": ["any amount", "unknown"],
        "equal": ["any amount"],
    }  # fmt: skip
    if case in keys:
        becomes(tab, lambda: _key(tab), keys[case])
    tab.locator(".gf-beside-button[data-mode=change]").click()
    tab.wait_for_function("packed_both.variable === 'pm_change'")
    if case in ("equal", "nothing in both", "near the pole"):
        becomes(tab, lambda: _key(tab), ["no change"])
    if case == "not known":
        becomes(tab, "packed_both.valueOf(0).text", "unknown")
    if case == "both sides of 180":
        becomes(tab, "packed_both.bounds(0).getEast()", lambda east: east > 180)
        becomes(tab, "map_page.getZoom()", lambda zoom: zoom > 11)


@pytest.mark.browser
def test_contingency_days(show: Callable[[folium.Map], Any], contingency: dict[str, Layer]) -> None:
    """Any day opens, takes every view and hour, and says nothing where nothing is."""
    for case, layers in odd.contingency_cases(contingency).items():
        tab = show(contingency_page(layers, frame=odd.page_frame("contingency")))
        _near(tab, case)
        for place in range(4):
            tab.locator("input[name=gf-view]").nth(place).check(force=True)
            for hour in ("null", "8") if case == "nothing emitted" else ("null",):
                tab.evaluate(f"geofleet.state.dock.set({hour})")
                if case == "nothing emitted":
                    wanted = ["no change"] if place == 2 else ["nothing"]
                    becomes(tab, lambda: _key(tab), wanted)  # noqa: B023
        if case == "no change":
            moves = tab.locator("[data-group=moves]")
            expect(moves).to_contain_text("Nothing moves from one hour to another.")
        if case == "nothing emitted":
            panel = tab.locator(".gf-panel")
            expect(panel).to_contain_text("unknown", use_inner_text=True)  # change of nothing
        tab.locator(".gf-beside-button").first.click()
        tab.wait_for_function("geofleet.state.second && geofleet.state.second.layer.isReady")


@pytest.mark.browser
def test_electric_days(
    show: Callable[[folium.Map], Any], odd_days: dict[str, dict[str, Layer]]
) -> None:
    """Any vehicle-days open; each is chosen and told, with a charge only where one is known."""
    for case, layers in odd_days.items():
        tab = show(electric_page(layers, frame=odd.page_frame("electric")))
        tab.wait_for_function("document.querySelector('.gf-electric').dataset.ready")
        _near(tab, case)
        for row in range(min(3, tab.evaluate("ways_days.count"))):
            tab.evaluate(f"ways_days.choose({row})")
            trip = tab.locator(".gf-trip")
            becomes(tab, trip.inner_text, lambda said: len(said) > 20)
            if case == "no models":
                expect(trip.locator(".gf-chart")).to_have_count(0)
                expect(trip).not_to_contain_text("%", use_inner_text=True)
        if case == "past midnight":
            expect(tab.locator(".gf-trip")).to_contain_text("+1")
        if case == "none can":
            expect(tab.locator(".gf-verdicts input")).to_have_count(1)
            expect(tab.locator(".gf-facts")).to_contain_text("0 of")


@pytest.fixture(scope="module")
def odd_days(demo_layers: dict[str, Layer]) -> dict[str, dict[str, Layer]]:
    return odd.electric_cases(demo_layers)


def _near(tab: Any, case: str) -> None:
    """The view is where the study is, and close."""
    lon, lat, zoom = tab.evaluate(
        "[map_page.getCenter().lng, map_page.getCenter().lat, map_page.getZoom()]"
    )
    if case in SEEN:
        assert math.dist((lon, lat), SEEN[case]) < 0.3
        assert zoom > 9


@pytest.mark.browser
def test_roads_by_answer(show: Callable[[folium.Map], Any]) -> None:
    """One road, at 180° and with nothing known of it, is a page."""
    status = np.full((1, 24), STATUS_WORDS.index("unknown"), np.int8)
    lines = odd.lines_at(odd.FIJI, 1)
    roads = gpd.GeoDataFrame({"name": [None], "kind": [None]}, geometry=lines, crs=4326)
    layers = {"access_hours": access_hours_layer(roads, status=status)}
    tab = show(access_page(layers, frame=odd.page_frame("access")))
    _near(tab, "both sides of 180")
    becomes(tab, lambda: "not known" in " ".join(_key(tab)), True)


def test_a_study_over_the_180th_meridian_lies_together() -> None:
    """Its lines go on east of 180°; none other is touched; a world on both sides keeps its form."""
    shapes = [*odd.lines_at(odd.FIJI), None, shapely.Point(178.0, -18.0)]
    cut = meridian_cut([shapes])
    west, _, east, _ = shapely.total_bounds(seamless_shapes(shapes, cut=cut))
    assert east - west == pytest.approx(2.01, abs=0.001)
    assert meridian_cut([odd.lines_at(odd.OSLO)]) is None
    assert meridian_cut([[]]) is None
    assert meridian_cut([]) is None
    # half the world apart either way: it stays as it is
    assert meridian_cut([[shapely.Point(-100.0, 0.0), shapely.Point(90.0, 0.0)]]) is not None
    layers = odd.plan_layers(odd.CHUKOTKA)
    base = {"water": layers["plan_links"].frame[["geometry"]].to_crs(3832)}
    turned, ground = seamless(layers, base)
    for frame in (turned["plan_vehicles"].frame, ground["water"]):
        west, _, east, _ = frame.total_bounds
        assert 0 < east - west < 0.1
    untouched = odd.plan_layers(odd.OSLO)
    assert seamless(untouched)[0] == untouched


def test_differences_have_nothing_in_their_middle() -> None:
    """Limits are of the size, unknown is no limit, both at nothing is not drawn."""
    before = np.array([0.0, 1.0, 5.0, np.nan, 2.0])
    after = np.array([0.0, 3.0, 1.0, 1.0, 2.0])
    made = difference("d", before, after, label=odd.both("d"), unit=odd.both("g"))
    np.testing.assert_array_equal(made.values, [0.0, 2.0, -4.0, np.nan, 0.0])
    assert made.absent is not None
    assert made.absent.tolist() == [True, False, False, False, False]
    assert change_breaks(np.array([np.nan, 0.0])) == []
    assert change_breaks(np.array([-4.0, 2.0])) == [0.04, 4.0]


def test_links_are_matched_by_line_or_by_id() -> None:
    """Equal lines are one link, several equal ones in their order; ids go before lines."""
    from geofleet.errors import InputError
    from geofleet.maps import Scenario

    a, b, c = odd.lines_at(odd.OSLO)
    left = Scenario(odd.both("l"), [a, a, b], [])
    right = Scenario(odd.both("r"), [b, c, a, a], [])
    assert match(left, right).places.tolist() == [[0, 2], [1, 3], [2, 0], [-1, 1]]
    named = [Scenario(odd.both("x"), [a, b], [], ids=ids) for ids in (["p", "q"], ["q", "r"])]
    assert match(*named).places.tolist() == [[0, -1], [1, 0], [-1, 1]]
    doubled = Scenario(odd.both("x"), [a, b], [], ids=["p", "p"])
    with pytest.raises(InputError) as error:
        match(doubled, Scenario(odd.both("y"), [a], []))
    assert len(error.value.problems) == 2
