"""Two scenarios: one scale for both, equal variables, and a page that stays in step."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from geofleet.errors import InputError
from geofleet.maps import HourTotals, Scenario, compare_page, write_map
from geofleet.maps.compare import _one_scale
from geofleet.maps.frame import PageFrame
from geofleet.maps.packed import Card, Variable
from geofleet.wording import Readers, both, say
from tests.browsing import at_rest, becomes, expect

HOSTILE = "</script><script>window.hacked = 1</script> {{ 7 * 7 }} ${x} 🚚 ‮" + "a" * 2000
COLOURS = ("#f6b042", "#bb3754", "#140b35")
LINES = np.array(
    [shapely.LineString([(-71.3, -29.9 + k / 50), (-71.2, -29.9 + k / 50)]) for k in range(3)],
    object,
)


def _variable(values: Any, name: str = "pm", **more: Any) -> Variable:
    return Variable(name, label=both(name), unit=both("g"), values=values, colours=COLOURS,
                    whole="sum", **more)  # fmt: skip


def _scenario(label: str, factor: float, lines: Any = LINES) -> Scenario:
    hourly = factor * np.outer(np.arange(1.0, len(lines) + 1), np.arange(24.0))
    other = factor * np.ones((len(lines), 24))
    return Scenario(
        both(label), lines, [_variable(hourly), _variable(other, "nox")],
        texts={"name": [f"{HOSTILE} {k}" if k else None for k in range(len(lines))]}, card=Card(),
    )  # fmt: skip


def _page(tmp_path: Path) -> Path:
    left, right = _scenario("Today", 1.0), _scenario(f"Plan {HOSTILE}", 0.25, LINES[:2])
    frame = PageFrame(
        "compare", both(f"Compare {HOSTILE}"), HOSTILE, answer=(HOSTILE,), notes=(HOSTILE,)
    )
    totals = HourTotals(both("All"), both("g"), np.arange(24.0), 0.25 * np.arange(24.0))
    page = compare_page(left, right, frame=frame, hour=8, totals=totals,
                        facts=[{"value": both("1"), "label": both(HOSTILE)}])  # fmt: skip
    return write_map(page, tmp_path / "compare.html")


def test_both_sides_are_classed_alike() -> None:
    """Limits come from the values of both, of the day and of hours; given alike they stay."""
    low, high = (_variable(k + np.arange(48.0).reshape(2, 24)) for k in (0, 900))
    left, right = _one_scale(low, high)
    assert left.breaks == right.breaks
    assert left.hour_breaks == right.hour_breaks
    assert max(left.hour_breaks or ()) > 47.0
    fixed = [_variable(np.ones((2, 24)), breaks=[1.0, 5.0], hour_breaks=[2.0]) for _ in range(2)]
    assert _one_scale(*fixed)[0].breaks == [1.0, 5.0]


def test_other_variables_are_refused_all_at_once() -> None:
    """What one side lacks and what is of another kind is told together."""
    left = Scenario(both("a"), LINES, [_variable(np.ones(3)), _variable(np.ones(3), "nox")])
    right = Scenario(both("b"), LINES, [_variable(np.ones(3), kind="change"),
                                        _variable(np.ones(3), "co2")])  # fmt: skip
    with pytest.raises(InputError) as error:
        compare_page(left, right, frame=PageFrame("c", both("c"), "c"))
    assert len(error.value.problems) == 3


@pytest.mark.browser
def test_the_panes_stay_in_step(
    opened: Callable[[Path], AbstractContextManager[Any]], tmp_path: Path
) -> None:
    """View, hour and variable of one are those of the other; both are reached by keyboard."""
    with opened(_page(tmp_path)) as tab:
        tab.wait_for_function("geofleet.state.sides && geofleet.state.sides.isOpen()")
        tab.wait_for_function("geofleet.state.layers.every(layer => layer.isReady)")
        tab.evaluate("() => { window.second = geofleet.state.sides.map; }")
        at_rest(tab)  # both panes fit the view to their size
        # maps move by whole pixels
        same = """() => map_page.getZoom() === second.getZoom() &&
            map_page.project(map_page.getCenter()).distanceTo(
                map_page.project(second.getCenter())) < 1.5"""
        tab.wait_for_function(same)
        becomes(tab, "map_page.getSize().equals(second.getSize())", True)
        for which in ("map_page", "second"):
            tab.evaluate(f"{which}.setView([-29.88, -71.24], 14, {{animate: false}})")
            tab.wait_for_function(same)
            tab.evaluate(f"{which}.panBy([40, 30], {{animate: false}})")
            tab.wait_for_function(same)
            becomes(tab, "second.getZoom()", 14)
        tab.locator("#gf-hour-slider").focus()
        tab.keyboard.press("ArrowRight")
        shown = "geofleet.state.layers.map(layer => [layer.variable, layer.hour])"
        becomes(tab, shown, [["pm_left", 9], ["pm_right", 9]])
        tab.locator("input[name=gf-view][value='1']").check(force=True)
        becomes(tab, shown, [["nox_left", 9], ["nox_right", 9]])
        tab.wait_for_function("geofleet.state.layers.every(layer => layer.complete)")
        becomes(
            tab,
            "geofleet.state.layers.map(one => one.legend().items.map(i => geofleet.t(i.label)))",
            lambda texts: len(texts[0]) > 1 and texts[0] == texts[1],
        )
        names = tab.locator(".gf-pane-title")
        expect(names).to_have_text(["Today", re.compile("^Plan </script>")])
        for box in ("map_page", "map_page_second"):
            tab.locator(f"#{box}").focus()
            becomes(tab, "document.activeElement.id", box)
        tab.get_by_role("button", name="Español").click()
        expect(tab.locator("#map_page")).to_have_attribute("aria-label", "Mapa: Today")
        expect(tab.locator(".gf-whole")).to_have_text(say("contingency.whole_day")["es"])
        tab.locator(".gf-whole").click()
        becomes(tab, shown, [["nox_left", None], ["nox_right", None]])
        # what is more and less: one map, blue and red about nothing
        tab.locator(".gf-beside-button[data-mode=change]").click()
        expect(tab.locator(".gf-second")).to_be_hidden()
        becomes(tab, shown, lambda one: one[0] == ["nox_change", None])
        values = "[0, 1, 2].map(row => packed_both.valueOf(row).value)"
        becomes(tab, values, lambda found: sorted(found) == [-24.0, -18.0, -18.0])
        expect(tab.locator(".gf-hint").filter(has_text="el primero 1")).to_be_visible()


def test_an_equal_page_and_every_country_its_numbers(tmp_path: Path) -> None:
    """Equal scenarios give equal bytes."""
    assert _page(tmp_path).read_bytes() == _page(tmp_path).read_bytes()
    assert Readers.of("CL").tags["es"] == "es-CL"
