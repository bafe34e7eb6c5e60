"""The index of a study's pages reads without scripts, in both languages, whatever the names."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType
from typing import Any

import geopandas as gpd
import pytest
import shapely

from geofleet.maps import (
    Answer,
    Link,
    Links,
    PageFrame,
    Shapes,
    Sister,
    index_page,
    thumbnail,
)
from geofleet.wording import both, say
from tests.browsing import becomes, expect

_VOID = {"meta", "link", "input", "br", "img", "path", "rect"}


class _Balance(HTMLParser):
    """Checks that tags close in order; collects texts by language and links."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {"en": [], "es": []}
        self.hrefs: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.add(tag)
        if tag == "a":
            self.hrefs.append(given["href"] or "")
        assert not any(name.startswith("on") for name in given)
        if tag not in _VOID:
            self.open.append((tag, given))

    def handle_startendtag(self, tag: str, _: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in _VOID:
            assert self.open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1][1].get("class") == "gf-t":
            self.texts[str(self.open[-1][1]["lang"])].append(data)


def _read(text: str) -> _Balance:
    reader = _Balance()
    reader.feed(text)
    assert reader.open == []
    return reader


def _page(name: str = "Demo", **changes: Any) -> str:
    sisters = [Sister("index", both("Overview")), Sister("harm", {"en": "Harm", "es": "Daño"})]
    frame = PageFrame(
        name="index", title={"en": "Freight", "es": "La carga"}, study=name, notes=[name],
        attribution=[name], sisters=sisters,
    )  # fmt: skip
    line = gpd.GeoSeries([shapely.LineString([(0, 0), (0.1, 0.1)])], crs=4326)
    answer = Answer(
        "harm", {"en": "Where?", "es": "¿Dónde?"}, both("7 %"),
        [{"en": f"Half of it on {name}.", "es": f"La mitad en {name}."}],
        thumbnail([Shapes(line, "#6b186e")]),
    )  # fmt: skip
    files = [Links(both("Layers"), [Link(both(name), "layers/links.geojson", both("GeoJSON"))])]
    return index_page(frame, [answer], **{"files": files} | changes)


def test_both_languages_stand_in_the_page() -> None:
    """Every text is there twice; without scripts or styles nothing is lost."""
    found = _read(_page())
    assert len(found.texts["en"]) == len(found.texts["es"])
    assert "Half of it on Demo." in found.texts["en"]
    assert "La mitad en Demo." in found.texts["es"]
    assert "¿Dónde?" in found.texts["es"]


def test_links_lead_to_pages_and_files() -> None:
    """Sisters, the answer's page twice (picture and words) and the files."""
    hrefs = _read(_page()).hrefs
    assert hrefs == [
        "#answers", "index.html", "harm.html", "harm.html", "harm.html", "layers/links.geojson",
    ]  # fmt: skip


def test_nothing_is_fetched() -> None:
    """One file: no picture, style, script or font from elsewhere."""
    text = _page()
    assert "src=" not in text
    assert "@import" not in text
    assert "url(" not in text
    assert not _read(text).tags & {"img", "iframe", "object", "embed"}


def test_hostile_names_stay_text(demo: ModuleType) -> None:
    """Markup in names is shown, never run; templates are not filled in."""
    plain = _read(_page()).tags
    for bad in (*demo.HOSTILE, "{{ 7 * 7 }}{% raw %}", "x" * 10_000):
        text = _page(bad)
        found = _read(text)
        assert found.tags == plain
        assert f"Half of it on {bad}." in "".join(found.texts["en"])
        assert "window.hacked = 1</script>" not in text


def test_addresses_that_run_something_are_refused() -> None:
    """Only files beside the page and the web."""
    for href in ("javascript:alert(1)", " JavaScript:alert(1)", "data:text/html,x"):
        with pytest.raises(ValueError, match="address"):
            Link(both("x"), href)
    assert Link(both("x"), "https://example.org").href == "https://example.org"


def test_equal_inputs_give_an_equal_page() -> None:
    """A rerun does not change the file; a study without answers or files is a page too."""
    assert _page() == _page()
    frame = PageFrame(name="index", title=both("Freight"), study="Demo", attribution=[])
    assert "<article>" not in index_page(frame, [])


def test_thumbnails_are_small_and_need_something_to_draw() -> None:
    """A street in fifty pieces is drawn as one line; nothing to draw is an error."""
    pieces = [shapely.LineString([(k / 50, 0.0), ((k + 1) / 50, 0.0)]) for k in range(50)]
    street = Shapes(gpd.GeoSeries(pieces, crs=4326), "#6b186e")
    svg = thumbnail([street]).svg
    assert svg.count("M") == 1
    assert "<text" not in svg
    with pytest.raises(ValueError, match="at least one"):
        thumbnail([])


@pytest.mark.browser
def test_the_name_of_the_navigation_follows_the_language(opened: Any, tmp_path: Path) -> None:
    """What is read aloud is in the language that is read."""
    path = tmp_path / "index.html"
    path.write_text(_page(), encoding="utf-8")
    with opened(path) as tab:
        nav = tab.locator("nav.gf-nav")
        expect(nav).to_have_attribute("aria-label", say("index.pages")["en"])
        tab.locator("#gf-es").check()
        expect(nav).to_have_attribute("aria-label", say("index.pages")["es"])
        becomes(tab, tab.title, lambda title: title.startswith("La carga"))
