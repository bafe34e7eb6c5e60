"""The harm page says what it knows and what it does not."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from geofleet.errors import InputError
from geofleet.layers import Layer
from geofleet.maps import PageFrame, harm_answer, harm_figures, harm_number, harm_page
from geofleet.maps.harm import mass
from geofleet.maps.harm_streets import THEMES
from geofleet.maps.scales import EMITTED, HARM, STEPS, TRAFFIC
from geofleet.wording import Readers, both
from tests.maps.contrast import ratio

FRAME = PageFrame(name="harm", title=both("Where?"), study="Demo")


def _without_exposure(layers: dict[str, Layer]) -> dict[str, Layer]:
    few = {name: layers[name] for name in ("links", "link_hours")}
    for name, layer in few.items():
        frame = layer.frame.copy()
        harms = [column for column in frame.columns if column.startswith("harm_")]
        frame[harms] = np.nan
        few[name] = Layer(frame, layer.schema)
    return few


def test_answer_in_both_languages(demo_layers: dict[str, Layer]) -> None:
    """The same numbers in both, written as each reader writes them."""
    figures = harm_figures(demo_layers)
    readers = Readers.of("CL")
    first, worst, when = harm_answer(figures, days=1, readers=readers)
    for language in ("en", "es"):
        assert readers[language].number(figures.total) in first[language]
        assert readers[language].percent(figures.half_km_share) in first[language]
        assert figures.worst[0] in worst[language]
    assert "06:00" in when["en"]
    assert "06:00" in when["es"]
    assert harm_number(figures, readers)["es"].endswith("de las calles")
    assert "over 5 days" in harm_answer(figures, days=5, readers=readers)[0]["en"]


def test_without_exposure_there_is_a_page_of_what_is_emitted(
    demo_layers: dict[str, Layer],
) -> None:
    """No theme of harm, and the answer says that it is not known."""
    few = _without_exposure(demo_layers)
    text = str(harm_page(few, frame=FRAME).get_root().render())
    assert "Harm from exhaust particles" not in text.split("geofleet.panel(")[1]
    assert "What people breathe is not known" in text
    assert '"name":"pm25_exhaust"' in text
    assert '"name":"harm_nox"' not in text
    readers = Readers.of()
    assert harm_number(harm_figures(few), readers)["en"] == "unknown"


def test_nothing_driven_is_still_a_page(demo_layers: dict[str, Layer]) -> None:
    """A study whose stops were all unreachable has an empty map, not a crash."""
    empty = {
        name: Layer(layer.frame.iloc[:0], layer.schema)
        if name in ("links", "link_hours", "routes") else layer
        for name, layer in demo_layers.items()
    }  # fmt: skip
    text = str(harm_page(empty, frame=FRAME).get_root().render())
    assert "packed_streets" not in text


def test_themes_can_be_chosen(demo_layers: dict[str, Layer]) -> None:
    """A city's page can carry fewer; a theme that there is none of is named."""
    page = harm_page(demo_layers, frame=FRAME, themes=["nox"], selected="nox", hour=7)
    text = str(page.get_root().render())
    assert '"name":"nox"' in text
    assert '"name":"co2"' not in text
    with pytest.raises(ValueError, match="noise"):
        harm_page(demo_layers, frame=FRAME, themes=["noise"])
    with pytest.raises(ValueError, match="noise"):
        harm_page(demo_layers, frame=FRAME, selected="noise")
    assert "nox" in THEMES


def test_what_does_not_fit_is_left_out_and_said(demo_layers: dict[str, Layer]) -> None:
    """The harm itself stays longest; themes that were asked for are not dropped."""
    text = str(harm_page(demo_layers, frame=FRAME, max_bytes=8_000).get_root().render())
    assert "Left out of this page" in text
    assert '"name":"harm_pm25_exhaust"' in text
    assert '"name":"co2"' not in text
    assert "Left out of this page" not in str(
        harm_page(demo_layers, frame=FRAME, themes=["nox"], selected="nox").get_root().render()
    )
    with pytest.raises(InputError, match="max_bytes"):
        harm_page(demo_layers, frame=FRAME, max_bytes=100)


def test_equal_layers_give_an_equal_page(demo_layers: dict[str, Layer]) -> None:
    """No random names."""
    one, two = (str(harm_page(demo_layers, frame=FRAME).get_root().render()) for _ in range(2))
    assert one == two


def test_masses_in_the_unit_that_reads_best() -> None:
    """Grams to tonnes, and what is less than a gram in milligrams."""
    readers = Readers.of()
    for grams, text in ((2.5e6, "2.5 t"), (19_100, "19.1 kg"), (257, "257 g"), (0.02, "20 mg")):
        assert mass(grams, readers)["en"].replace("\N{NO-BREAK SPACE}", " ") == text
    assert mass(0.0, readers)["en"].startswith("0")


@pytest.mark.parametrize("colours", [EMITTED, HARM, STEPS, TRAFFIC])
def test_line_colours_stand_out_and_darken(colours: tuple[str, ...]) -> None:
    """Three to one against the ground of the page (WCAG 1.4.11), each step darker by a fifth."""
    steps = [ratio(colour, "#f4f4f1") for colour in colours]
    assert steps[0] >= 3.0
    assert all(b > 1.2 * a for a, b in pairwise(steps))
