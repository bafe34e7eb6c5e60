"""Maps by hour work in a browser that has no network, for mouse, keyboard and thumb."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geofleet.layers import Layer
from geofleet.layers.policy import access_hours_layer
from geofleet.maps import write_map
from geofleet.maps.access import access_map
from geofleet.maps.policy import contingency_map

pytestmark = pytest.mark.browser

_SPEC = importlib.util.spec_from_file_location(
    "policy_demo_browser", Path(__file__).with_name("policy_demo.py")
)
assert _SPEC is not None
assert _SPEC.loader is not None
_DEMO = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_DEMO)


@pytest.fixture(scope="module")
def layers() -> dict[str, Layer]:
    found: dict[str, Layer] = _DEMO.contingency_layers()
    return found


@pytest.fixture(scope="module")
def map_file(layers: dict[str, Layer], tmp_path_factory: pytest.TempPathFactory) -> Path:
    page = contingency_map(layers, title=f"Day {_DEMO.HOSTILE}", notes=[_DEMO.HOSTILE])
    return write_map(page, tmp_path_factory.mktemp("map") / "policy.html")


@pytest.fixture(scope="module")
def access_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two roads: one closed from 6 to 8, of the other nothing is known at 7."""
    lines = [shapely.LineString([(-99.2, 19.3 + k / 50), (-99.1, 19.3 + k / 50)]) for k in (0, 1)]
    roads = gpd.GeoDataFrame({"name": [_DEMO.HOSTILE, "Eje 1"]}, geometry=lines, crs=4326)
    status, rule = np.zeros((2, 24), np.int8), np.full((2, 24), -1)
    status[0, 6:8], rule[0, 6:8], status[1, 7] = 4, 0, 3
    layer = access_hours_layer(roads, status=status, rule=rule, rules=[_DEMO.HOSTILE])
    page = access_map({"access_hours": layer}, title="Access", language="es", hour=7)
    return write_map(page, tmp_path_factory.mktemp("map") / "access.html")


@pytest.fixture
def page(opened: Any, map_file: Path) -> Iterator[Any]:
    with opened(map_file) as tab:
        yield tab


@pytest.fixture
def access(opened: Any, access_file: Path) -> Iterator[Any]:
    with opened(access_file) as tab:
        yield tab


def _hour(page: Any, hour: int) -> None:
    """Put the slider on an hour by keyboard."""
    page.locator("#gf-hour-slider").focus()
    page.keyboard.press("Home")
    for _ in range(hour):
        page.keyboard.press("ArrowRight")


def _figures(page: Any) -> dict[str, str]:
    rows = page.locator(".gf-figures > div").all_inner_texts()
    return {label: value for value, label in (row.split("\n") for row in rows)}


def _drawn(page: Any) -> int:
    return int(page.evaluate(
        "geofleet.state.lines.filter(one => one.line.options.stroke !== false).length"
    ))  # fmt: skip


def test_opens_at_the_hour_with_most_vehicles_stopped(page: Any) -> None:
    """Title, credit, slider, key and zone are there at once, at eight o'clock."""
    assert page.locator(".gf-panel h1").inner_text().startswith("Day </script>")
    assert page.locator("output.gf-hour").inner_text() == "08:00–09:00"
    assert "© OpenStreetMap contributors" in page.locator(
        ".leaflet-control-attribution"
    ).inner_text()  # fmt: skip
    assert "mg per km of street in one hour" in page.locator(".gf-strip").inner_text()
    assert page.locator(".gf-strip li").count() >= 2
    assert page.evaluate("document.documentElement.lang") == "en"


def test_figures_are_those_of_the_layer_at_every_hour(page: Any, layers: dict[str, Layer]) -> None:
    """By keyboard through the day: vehicles stopped and driving as the layer has them."""
    hours = layers["policy_day_hours"].frame.set_index("hour")
    for hour in (0, 8, 9, 10, 23):
        _hour(page, hour)
        assert page.locator("output.gf-hour").inner_text() == f"{hour:02d}:00–{hour + 1:02d}:00"
        found = _figures(page)
        row = hours.loc[hour]
        for label, column in (
            ("vehicles may not drive as planned", "forbidden_vehicles"),
            ("vehicles: not known", "unknown_vehicles"),
            ("vehicles drive as planned", "driving_before_vehicles"),
            ("vehicles drive, rules kept", "driving_after_vehicles"),
        ):
            assert found[label] == str(int(row[column])), (hour, label)


def test_streets_drawn_are_those_with_particles(page: Any, layers: dict[str, Layer]) -> None:
    """Before, after, and for the change either: as many lines as streets that emit."""
    links = layers["policy_hours"].frame
    sums = links.drop(columns="geometry").groupby("street").sum(numeric_only=True)
    for view, flags in (
        (0, sums["pm25_before_08_g"] > 0),
        (1, sums["pm25_after_08_g"] > 0),
        (2, (sums["pm25_before_08_g"] > 0) | (sums["pm25_after_08_g"] > 0)),
    ):
        page.locator(f"input[name=gf-view][value='{view}']").check(force=True)
        assert _drawn(page) == flags.sum(), view
    _hour(page, 3)
    assert _drawn(page) == 0


def test_colours_follow_the_key_of_the_change(page: Any) -> None:
    """At eight the van that waits emits less, at ten more; the key says which colour is which."""
    page.locator("input[name=gf-view][value='2']").check(force=True)
    key = page.locator(".gf-strip li").all_inner_texts()
    colours = page.evaluate("geofleet.state.spec.views[2].classes.map(one => one.color)")
    assert len(key) == len(colours)
    for hour, word in ((8, "less"), (10, "more")):
        _hour(page, hour)
        shown = set(page.evaluate(
            "geofleet.state.lines.filter(one => one.line.options.stroke !== false)"
            ".map(one => one.line.options.color)"
        ))  # fmt: skip
        words = {key[colours.index(colour)].split(":")[0] for colour in shown}
        assert word in words, hour
        assert not words & ({"less", "more"} - {word}), hour


def test_the_zone_is_hatched_only_while_the_rule_binds(page: Any) -> None:
    """From 6 to 10; outside only its outline is left."""
    hatched = []
    for hour in range(24):
        _hour(page, hour)
        hatched.append(page.evaluate(
            "Object.values(map_policy._layers).filter(one => one.options.hatch).length"
        ))  # fmt: skip
    assert hatched == [0] * 6 + [1] * 4 + [0] * 14


def test_the_rule_tells_all_of_itself(page: Any) -> None:
    """In the list and in the popup of its place: name, hours, whom, how well known, source."""
    item = page.locator(".gf-rule-item").first
    assert item.locator(".gf-badge").inner_text() == "now"
    item.locator("summary").click()
    item.locator(".gf-go").click()
    popup = page.locator(".leaflet-popup")
    popup.wait_for()
    text = popup.inner_text()
    assert text.startswith("Zone </script>")
    for words in ("06:00-10:00", "forbids", "given by the user", "Hologram 00", "{{ 7 * 7 }}"):
        assert words in text
    _hour(page, 11)
    assert item.locator(".gf-badge").inner_text() == "not now"


def test_nothing_lies_over_the_scale(page: Any) -> None:
    """The bar of kilometres stands clear of the dock in every view."""
    for view in (0, 2):
        page.locator(f"input[name=gf-view][value='{view}']").check(force=True)
        dock, bar = (
            page.locator(one).bounding_box() for one in (".gf-hours", ".leaflet-control-scale")
        )
        assert bar["y"] + bar["height"] <= dock["y"] or bar["x"] >= dock["x"] + dock["width"]


def test_the_date_stands_with_the_hour(page: Any, layers: dict[str, Layer]) -> None:
    """Rules act on a date: the page says on which."""
    (date,) = set(map(str, layers["policy_days"].frame["date"]))
    _hour(page, 9)
    assert page.locator(".gf-when").inner_text() == f"{date}, 09:00–10:00"


def test_the_day_is_told_finely_enough_to_see_the_change(
    page: Any, layers: dict[str, Layer]
) -> None:
    """Four digits before and after, never the same number beside a change."""
    hours = layers["policy_day_hours"].frame
    rows = page.locator(".gf-facts").first.locator("dd").all_inner_texts()
    for text, when in zip(rows, ("before", "after"), strict=False):
        shown = float(text.removesuffix(" g").replace(",", ""))
        assert shown == pytest.approx(hours[f"pm25_{when}_g"].sum(), rel=5e-4)


def test_harm_says_of_what_and_hatching_what_it_means(page: Any) -> None:
    """The map is of exhaust, harm of wear too."""
    assert any("exhaust and wear" in label for label in _figures(page))
    assert page.locator(".gf-hatched").inner_text().startswith("Hatched: a rule acts there")


def test_playing_goes_through_the_hours_until_paused(page: Any) -> None:
    """The button starts and stops; touching the slider stops it too."""
    button = page.locator(".gf-play")
    assert button.get_attribute("aria-label") == "Play the day"
    button.click()
    page.wait_for_function("geofleet.state.hour !== 8")
    assert button.get_attribute("aria-label") == "Pause"
    button.press("Enter")
    assert button.get_attribute("aria-label") == "Play the day"
    assert page.evaluate("geofleet.state.timer") is None
    button.click()
    _hour(page, 5)
    assert page.evaluate("[geofleet.state.timer, geofleet.state.hour]") == [None, 5]


def test_a_bar_can_be_clicked_and_tells_its_numbers(page: Any) -> None:
    """Bars name their hour and grams, and lead to it."""
    bar = page.locator(".gf-bars [data-hour='10']")
    assert bar.locator("title").text_content().startswith("10:00–11:00\nAs planned")
    bar.click()
    assert page.locator("output.gf-hour").inner_text() == "10:00–11:00"


def test_street_card_speaks_plainly(page: Any) -> None:
    """Hour, both amounts with units, passages forbidden and the rule; no column names."""
    page.evaluate("""() => {
        const state = geofleet.state;
        const one = state.lines.find(l => state.numbers.forbidden(8)[l.row] > 0);
        one.line.openTooltip();
    }""")
    text = page.locator(".leaflet-tooltip").inner_text()
    for words in ("08:00–09:00", "mg/km", "Passages forbidden", "Ban </script>"):
        assert words in text
    assert "_" not in text


def test_fits_a_phone(browser: Any, map_file: Path) -> None:
    """Nothing spills over; slider, key and credit are in view, the panel opens above them."""
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True, offline=True
    )
    tab = context.new_page()
    tab.goto(map_file.as_uri())
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    assert tab.locator("#gf-hour-slider").is_visible()
    assert tab.locator(".gf-strip li").first.is_visible()
    tab.locator(".gf-panel > summary").tap()
    names = ("gf-panel", "gf-hours", "leaflet-control-attribution")
    panel, dock, credit = (tab.locator(f".{name}").bounding_box() for name in names)
    assert panel["y"] + panel["height"] <= dock["y"], "the panel leaves the slider free"
    assert dock["y"] + dock["height"] <= credit["y"], "the credit is not covered"
    tab.locator(".gf-panel > summary").tap()
    tab.locator("input[name=gf-view][value='2']").check(force=True)
    assert "change in mg" in tab.locator(".gf-strip").inner_text()
    context.close()


def test_every_control_has_a_name(page: Any) -> None:
    """The slider says the hour to those who hear it; the views are radio buttons with labels."""
    _hour(page, 7)
    slider = page.locator("#gf-hour-slider")
    assert slider.get_attribute("aria-valuetext") == "07:00–08:00"
    assert slider.get_attribute("aria-label") == "Hour of the day"
    labels = page.evaluate(
        "[...document.querySelectorAll('input[name=gf-view]')].map(c => c.labels[0].innerText)"
    )
    assert labels == ["As planned", "Rules kept", "Change"]
    page.locator("input[name=gf-view]").first.focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("geofleet.state.view") == 1


def test_access_by_hour(access: Any) -> None:
    """Open, forbidden and unknown have colours and kilometres of their own, in Spanish."""
    assert access.evaluate("document.documentElement.lang") == "es"
    colours = "geofleet.state.lines.map(one => one.line.options.color)"
    assert access.evaluate(colours) == ["#d55e00", "#5c5c5c"]
    found = _figures(access)
    assert found["prohibido"] == found["se desconoce"] == "10.5 km"
    assert found["libre"] == "0 km"
    _hour(access, 8)
    assert access.evaluate(colours) == ["#0072b2", "#0072b2"]
    assert _figures(access)["libre"] == "21 km"
    _hour(access, 6)
    access.evaluate("geofleet.state.lines[0].line.openTooltip()")
    text = access.locator(".leaflet-tooltip").inner_text()
    assert "prohibido" in text
    assert text.count("</script>") == 4, "name and rule, as text"
