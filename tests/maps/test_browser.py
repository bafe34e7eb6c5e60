"""The map works in a browser that has no network, for eyes, mouse and keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from geofleet.layers import Layer
from geofleet.maps import study_map, write_map

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def map_file(
    demo: ModuleType, demo_layers: dict[str, Layer], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    page = study_map(
        demo_layers,
        title=f"Demo {demo.HOSTILE[1]}",
        notes=[demo.HOSTILE[0], "The freight is synthetic."],
        attribution=["© OpenStreetMap contributors, ODbL", demo.HOSTILE[1]],
    )
    return write_map(page, tmp_path_factory.mktemp("map") / "map.html")


@pytest.fixture
def page(opened: Any, map_file: Path) -> Iterator[Any]:
    with opened(map_file) as tab:
        yield tab


def _choose(page: Any, group: str, label: str) -> None:
    page.locator(f"select[data-group={group}]").select_option(label=label)


def _shown(page: Any, name: str) -> bool:
    return bool(page.evaluate(f"map_study.hasLayer({name})"))


def _hover(page: Any, name: str, middle: float = 0.5) -> str:
    """Put the mouse on the first shape of a layer; return the tooltip's text."""
    spot = page.evaluate(
        """([name, part]) => {
            const shape = window[name].getLayers().slice(-1)[0];
            let at;
            if (shape.getLatLng) at = shape.getLatLng();
            else {
              let line = shape.getLatLngs();
              while (Array.isArray(line[0])) line = line[0];
              const a = line[0], b = line[1];
              at = L.latLng(a.lat + (b.lat - a.lat) * part, a.lng + (b.lng - a.lng) * part);
            }
            const p = map_study.latLngToContainerPoint(at);
            return [p.x, p.y];
        }""",
        [name, middle],
    )
    page.mouse.move(spot[0] - 3, spot[1])
    page.wait_for_timeout(60)  # Leaflet looks at the mouse at most every 32 ms
    page.mouse.move(*spot)
    # a tooltip that was just left may still be fading out
    page.locator(".leaflet-tooltip").last.wait_for()
    return str(page.locator(".leaflet-tooltip").last.inner_text())


def test_opens_offline_with_streets_coloured(page: Any) -> None:
    """At once there are title, notes, key figures, scale, credit, roads and one street theme."""
    assert page.locator(".gf-panel h1").inner_text().startswith("Demo <img")
    assert page.locator(".gf-note").all_inner_texts()[1] == "The freight is synthetic."
    assert "12\nvehicle-days" in page.locator(".gf-facts").inner_text()
    assert page.locator(".leaflet-control-scale-line").count() == 1
    assert (
        "© OpenStreetMap contributors" in page.locator(".leaflet-control-attribution").inner_text()
    )
    assert _shown(page, "lines_harm_pm25_exhaust")
    assert _shown(page, "lines_ground_0")
    painted = page.evaluate(
        """() => [...document.querySelectorAll('canvas')].map(c =>
            c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(v => v > 0))"""
    )
    assert painted == [True, True], "the ground and the streets are drawn"


def test_one_theme_at_a_time_with_its_legend(page: Any) -> None:
    """Another theme replaces the first, and the legend with its unit changes with it."""
    legend = page.locator("section:has(select[data-group=streets]) .gf-legend")
    assert "persons·µg/m³·h per km of street per day" in legend.inner_text()
    _choose(page, "streets", "Nitrogen oxides (NOx)")
    assert "grams per km of street per day" in legend.inner_text()
    assert _shown(page, "lines_nox_exhaust_g")
    assert not _shown(page, "lines_harm_pm25_exhaust")
    assert legend.locator("li").count() >= 3
    _choose(page, "streets", "Nothing")
    assert legend.count() == 0
    assert not _shown(page, "lines_nox_exhaust_g")


def test_street_tooltip_speaks_plainly(page: Any, demo_layers: dict[str, Layer]) -> None:
    """Names, numbers with units, and no column names."""
    _choose(page, "streets", "Nitrogen oxides (NOx)")
    text = _hover(page, "lines_nox_exhaust_g")
    assert "Freight vehicles" in text
    assert "g/km" in text
    assert "_" not in text.replace(r"\u003c", "")
    names = {str(name) for name in demo_layers["links"].frame["name"]}
    assert text.split("\n")[0] in {*names, "Street without a name"}
    # the strongest street is drawn last, so this is the largest value of the layer
    strongest = page.locator(".leaflet-tooltip .gf-strong").inner_text()
    links = demo_layers["links"].frame
    per_street = links.groupby("street")[["nox_exhaust_g"]].sum()["nox_exhaust_g"]
    km = links.groupby("street")["length_m"].first() / 1000
    assert strongest == f"NOx\t{(per_street / km).max():.3g} g/km"


def test_tooltips_stay_on_the_page(page: Any) -> None:
    """A card at the foot or the head of the page is moved until all of it can be read."""
    for edge, part in (("bottom", 0.99), ("top", 0.01)):
        _choose(page, "streets", "Nitrogen oxides (NOx)")
        page.evaluate(
            """part => {
                const line = lines_nox_exhaust_g.getLayers().slice(-1)[0].getLatLngs();
                const at = map_study.latLngToContainerPoint(line.flat()[0]);
                map_study.panBy([0, at.y - map_study.getSize().y * part], {animate: false});
            }""",
            part,
        )
        _hover(page, "lines_nox_exhaust_g", 0.0)
        box = page.locator(".leaflet-tooltip").last.bounding_box()
        assert box["y"] >= 0, edge
        assert box["y"] + box["height"] <= 850, edge
        page.mouse.move(900, 425)
        _choose(page, "streets", "Nothing")


def test_neighbourhoods_lie_under_the_streets(page: Any) -> None:
    """Zones colour by people and by air, each with a legend; the streets stay on top."""
    _choose(page, "zones", "People per km²")
    assert "persons per km²" in page.locator(".gf-legend").nth(1).inner_text()
    assert "People" in _hover(page, "areas_people_per_km2", 0.01)
    _choose(page, "zones", "Nitrogen oxides in the air (NOx)")
    assert "µg/m³" in page.locator(".gf-legend").nth(1).inner_text()
    assert not _shown(page, "areas_people_per_km2")
    assert "g/km" in _hover(page, "lines_harm_pm25_exhaust")


def test_routes_by_feasibility(page: Any, demo_layers: dict[str, Layer]) -> None:
    """Ticking routes clears the street colours; colour and dash tell the verdict."""
    page.locator("input[data-group=routes]").check()
    assert page.locator("select[data-group=streets]").input_value() == "0"
    assert _shown(page, "routes_days")
    assert not _shown(page, "lines_harm_pm25_exhaust")
    looks = page.evaluate(
        "routes_days.getLayers().map(l => l.options.color + ' ' + (l.options.dashArray || 'solid'))"
    )
    status = demo_layers["routes"].frame["electric_status"]
    assert looks.count("#0072b2 solid") == (status == "feasible").sum()
    assert looks.count("#d55e00 9 5") == (status == "not feasible").sum()
    page.locator("input[data-group=routes]").uncheck()
    assert not _shown(page, "routes_days")


def test_one_vehicle_day_by_keyboard(page: Any, demo_layers: dict[str, Layer]) -> None:
    """Choosing a day shows its verdict, its charge at every stop and where it first fails."""
    picker = page.locator("select[data-group=vehicle-day]")
    picker.focus()
    page.keyboard.press("ArrowDown")
    card = page.locator(".gf-day")
    card.wait_for()
    text = card.inner_text()
    assert "van-00, </script><script>window.hacked = 1</script>" in text
    assert "Cannot do this day: the battery falls below its reserve" in text
    stops = demo_layers["stops"].frame.query("vehicle_day == 0")
    rows = card.locator(".gf-stops tbody tr")
    assert rows.count() == len(stops)
    failing = stops[stops["is_first_failing"]].iloc[0]
    strong = card.locator(".gf-stops tr.gf-strong").inner_text()
    assert f"{round(failing['soc_arrival'] * 100)} %" in strong
    assert card.locator("svg circle").count() == len(stops)
    assert page.evaluate("routes_days.chosen") == 0
    page.keyboard.press("Tab")
    card.locator("button").press("Escape")
    assert card.count() == 0
    assert picker.input_value() == "-1"


def test_a_day_that_is_unknown_says_so(page: Any) -> None:
    """The day without a route has no line, but can still be looked up."""
    page.locator("select[data-group=vehicle-day]").select_option(index=12)
    text = page.locator(".gf-day").inner_text()
    assert "Not known" in text
    assert "unreachable" in text


def test_clicking_a_route_opens_its_day(page: Any) -> None:
    """A click on the line does the same as the list."""
    page.locator("input[data-group=routes]").check()
    _hover(page, "routes_days", 0.5)
    page.mouse.down()
    page.mouse.up()
    page.locator(".gf-day").wait_for()
    assert page.locator("select[data-group=vehicle-day]").input_value() != "-1"
    page.locator(".gf-day button").click()
    assert page.locator(".gf-day").count() == 0


def test_stops_are_marked_by_kind(page: Any, demo_layers: dict[str, Layer]) -> None:
    """Depots, deliveries, first failing and missed stops have shapes of their own."""
    page.locator("input[data-group=stops]").check()
    shapes = page.evaluate("points_stops.getLayers().map(l => l.options.shape)")
    stops = demo_layers["stops"].frame
    assert shapes.count("diamond") == stops["is_first_failing"].sum()
    assert shapes.count("cross") == (stops["status"] != "reached").sum()
    assert len(shapes) == len(stops)
    assert shapes[-1] == "diamond", "what matters most lies on top"
    text = _hover(page, "points_stops")
    assert "First stop where electric fails" in text


def test_background_tiles_wait_for_the_internet(page: Any) -> None:
    """Offline the box cannot be ticked, and nothing is asked for."""
    box = page.locator("input[data-group=tiles]")
    assert not box.is_checked()
    assert box.is_disabled()


def test_every_control_has_a_name_and_takes_the_focus(page: Any) -> None:
    """Tabbing from the panel's head reaches every switch, each with a label."""
    page.locator(".gf-panel > summary").focus()
    reached = []
    for _ in range(8):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.dataset.group"))
    wanted = ["streets", "zones", "routes", "vehicle-day", "stops"]
    assert [name for name in reached if name in wanted] == wanted
    unnamed = page.evaluate(
        """() => [...document.querySelectorAll('.gf-panel select, .gf-panel input')]
            .filter(c => !c.labels.length || !c.labels[0].textContent.trim()).length"""
    )
    assert unnamed == 0


def test_fits_a_phone(browser: Any, map_file: Path) -> None:
    """On a narrow screen the panel starts closed, opens on a tap and never spills over."""
    context = browser.new_context(
        viewport={"width": 360, "height": 740}, is_mobile=True, has_touch=True, offline=True
    )
    tab = context.new_page()
    tab.goto(map_file.as_uri())
    assert tab.locator(".gf-panel").get_attribute("open") is None
    assert not tab.locator("select[data-group=streets]").is_visible()
    tab.locator(".gf-panel > summary").tap()
    assert tab.locator("select[data-group=streets]").is_visible()
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360
    box = {
        name: tab.locator(f".{name}").first.bounding_box()
        for name in ("gf-panel", "leaflet-control-attribution", "leaflet-control-scale-line")
    }
    panel, credit, scale = box.values()
    assert panel["y"] + panel["height"] <= credit["y"], "the credit is not covered"
    assert scale["y"] + scale["height"] <= panel["y"], "nor is the scale"
    tab.locator("select[data-group=vehicle-day]").select_option(index=1)
    assert tab.locator(".gf-day").is_visible()
    assert not tab.locator(".gf-panel").is_visible(), "the day has the place of the panel"
    tab.locator(".gf-day button").tap()
    assert tab.locator(".gf-panel").is_visible()
    context.close()


def test_the_failing_stop_of_a_day_stands_out(page: Any) -> None:
    """Diamond and colour of the legend, over all other stops; other routes turn pale."""
    page.locator("select[data-group=vehicle-day]").select_option(index=1)
    top = page.evaluate("routes_days.marks.getLayers().slice(-1)[0].options")
    assert (top["shape"], top["fillColor"]) == ("diamond", "#d55e00")
    assert "first stop that fails" in page.locator(".gf-day .gf-key").inner_text()
    assert page.locator(".gf-day .gf-stops .gf-diamond").count() == 1
    colours = page.evaluate("routes_days.getLayers().map(l => l.options.color)")
    assert len(set(colours)) == 2
    assert colours.count("#cfd6da") == len(colours) - 1
    page.locator(".gf-day button").click()
    dashes = page.evaluate("routes_days.getLayers().map(l => l.options.dashArray)")
    assert "#cfd6da" not in page.evaluate("routes_days.getLayers().map(l => l.options.color)")
    assert "9 5" in dashes


def test_screenshot_script(
    chromium: str, map_file: Path, repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The gallery's script makes a PNG of the size asked for, and says what is missing."""
    import subprocess
    import sys

    monkeypatch.setenv("CHROMIUM", chromium)
    script = repository / "maps" / "screenshot.py"
    picture = tmp_path / "map.png"
    command = [sys.executable, str(script), str(map_file), str(picture)]
    subprocess.run([*command, "--width", "800", "--height", "600"], check=True, timeout=120)
    data = picture.read_bytes()
    assert data.startswith(b"\x89PNG")
    assert (int.from_bytes(data[16:20]), int.from_bytes(data[20:24])) == (800, 600)
    assert list(tmp_path.iterdir()) == [picture]
    monkeypatch.setenv("CHROMIUM", "no-such-browser")
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "no Chromium found" in done.stderr
