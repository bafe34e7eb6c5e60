"""The harm page of odd studies: it opens, and says neither nan nor a number that nobody knows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geofleet.layers import Layer
from geofleet.maps import PageFrame, harm_answer, harm_figures, harm_number, harm_page, write_map
from geofleet.wording import Readers, both
from tests.browsing import WAIT_S

pytestmark = pytest.mark.browser

FRAME = PageFrame("harm", both("Where is the harm?"), "Odd", readers=Readers.of("CO"))
LOADS = ("_g", "_mj", "_kwh")


def _changed(layers: Mapping[str, Layer], change: Any) -> dict[str, Layer]:
    found = dict(layers)
    for name in ("links", "link_hours"):
        found[name] = Layer(change(layers[name].frame.copy(), name), layers[name].schema)
    return found


def _one_hour(frame: Any, name: str) -> Any:
    return frame[frame["hour"] == 7] if name == "link_hours" else frame


def _nothing_emitted(frame: Any, _: str) -> Any:
    for column in frame.columns:
        if column.endswith(LOADS) or column.startswith("harm_"):
            frame[column] = 0.0
    return frame


def _one_street(frame: Any, name: str) -> Any:
    if name == "links":
        return frame.iloc[:1]
    return frame[frame["edge"] == frame["edge"].iloc[0]]


def _half_unknown(frame: Any, _: str) -> Any:
    harms = [column for column in frame.columns if column.startswith("harm_")]
    frame.loc[frame["edge"] % 2 == 0, harms] = np.nan
    return frame


def _huge_names(frame: Any, name: str) -> Any:
    if name == "links":
        frame["name"] = "Avenida de los Insurgentes " * 370
    return frame


def _nobody(frame: Any, _: str) -> Any:
    for column in frame.columns:
        if column.startswith("harm_"):
            frame[column] = 0.0
    return frame


CASES = {
    "one hour": _one_hour, "nothing emitted": _nothing_emitted, "one street": _one_street,
    "half unknown": _half_unknown, "huge names": _huge_names, "nobody lives there": _nobody,
}  # fmt: skip


@pytest.fixture(scope="module")
def tab(browser: Any) -> Iterator[Any]:
    context = browser.new_context(offline=True, viewport={"width": 390, "height": 844})
    context.set_default_timeout(1000 * WAIT_S)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text))
    yield page
    context.close()
    assert faults == []


@pytest.mark.parametrize("case", CASES)
def test_odd_studies(case: str, tab: Any, demo_layers: dict[str, Layer], tmp_path: Path) -> None:
    """In both languages, at the width of a phone, at every hour with traffic."""
    layers = _changed(demo_layers, CASES[case])
    figures = harm_figures(layers)
    said = [*harm_answer(figures, days=1, readers=FRAME.readers),
            harm_number(figures, FRAME.readers)]  # fmt: skip
    path = write_map(harm_page(layers, frame=FRAME), tmp_path / "harm.html")
    tab.goto(path.as_uri())
    tab.wait_for_function("packed_streets.complete")
    tab.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    for language in ("en", "es"):
        tab.evaluate(f"geofleet.setLanguage('{language}')")
        tab.evaluate("packed_streets.setHour(7)")
        text = tab.locator("body").inner_text() + " ".join(one[language] for one in said)
        assert not re.search(r"\b(nan|NaN|Infinity|undefined|null)\b", text)
        assert not re.search(r"\{\w+\}", text), "a place of a message is left open"
        assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    if case == "one hour":
        assert figures.half_hours == (7, 7)
        assert np.count_nonzero(figures.by_hour) == 1
    if case in ("nothing emitted", "nobody lives there"):
        assert figures.total == 0
        assert figures.hour is None
        assert tab.evaluate("packed_streets.show('harm_pm25_exhaust', null)"
                            ".then(() => packed_streets.shown)") == 0  # fmt: skip
    if case == "half unknown":
        assert figures.grams_unknown > 0
        assert tab.evaluate("packed_streets._anyUnknown(packed_streets._named('harm_nox'))")
