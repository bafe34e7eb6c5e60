"""On paper nothing is cut: what has no room beside the map stands on a second sheet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from geofleet.layers import Layer
from geofleet.maps import contingency_page, write_map
from geofleet.maps.electric import electric_page
from tests.browsing import at_rest
from tests.maps import odd

pytestmark = pytest.mark.browser

LAID = """() => {
    const sheet = document.querySelector(".gf-sheet");
    const full = box => box.scrollHeight > box.clientHeight + 1;
    const column = document.querySelector(".gf-trip") || document.querySelector(".gf-panel");
    return {
        cut: full(column), sheets: sheet ? 2 : 1,
        figures: [...document.querySelectorAll(".gf-facts dd")].filter(one =>
            one.offsetParent || sheet && sheet.contains(one)).length,
        put: window.put, all: document.querySelectorAll(".gf-facts dd").length,
    };
}"""
SPY = """() => {
    window.put = 0;
    const own = CanvasRenderingContext2D.prototype.putImageData;
    CanvasRenderingContext2D.prototype.putImageData = function (...given) {
        if (this.canvas.closest(".leaflet-ground-pane")) window.put += 1;
        return own.apply(this, given);
    };
}"""


def _print(tab: Any) -> Any:
    tab.evaluate(SPY)
    before = tab.evaluate("document.body.innerText")
    tab.evaluate("() => window.dispatchEvent(new Event('beforeprint'))")
    at_rest(tab)
    found = tab.evaluate(LAID)
    tab.evaluate("() => window.dispatchEvent(new Event('afterprint'))")
    at_rest(tab)
    assert tab.evaluate("document.querySelector('.gf-sheet')") is None
    # everything stands where it stood, but for the date
    assert tab.evaluate("document.body.innerText") == before
    return found


def test_a_long_panel_goes_on_a_second_sheet(
    opened: Any, contingency: dict[str, Layer], tmp_path: Path
) -> None:
    """Figures, tables and lists are all there, open; then the page is as it was."""
    page = contingency_page(contingency, frame=odd.page_frame("contingency"))
    with opened(write_map(page, tmp_path / "page.html")) as tab:
        tab.wait_for_function("geofleet.state.layer.complete")
        found = _print(tab)
        assert not found["cut"]
        assert found["figures"] == found["all"] > 8
        # a canvas of roads that goes to paper as strokes hides what lies below
        assert found["put"] > 0
        for size in ("A4", "Letter"):
            sheet = tab.pdf(format=size, landscape=True, print_background=True)
            assert sheet.count(b"/Type /Page\n") == found["sheets"]


def test_the_day_of_a_vehicle_stands_beside_the_map(
    opened: Any, demo_layers: dict[str, Layer], tmp_path: Path
) -> None:
    """Its chart has the column, the panel and its stops the second sheet."""
    page = electric_page(demo_layers, frame=odd.page_frame("electric"))
    with opened(write_map(page, tmp_path / "page.html")) as tab:
        tab.wait_for_function("document.querySelector('.gf-electric').dataset.ready")
        tab.evaluate("ways_days.choose(0)")
        found = _print(tab)
        assert not found["cut"]
        assert found["sheets"] == 2
        assert found["figures"] == found["all"]
