"""Figures: their words tell the numbers of the layers, and files hold what was asked."""

from __future__ import annotations

import ast
import io
import json
import re
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

import geofleet.figures
from geofleet.errors import InputError
from geofleet.figures import StudyFigure, figure_image, study_figures, write_figures
from geofleet.figures.sheet import DPI, sheet
from geofleet.layers import Layer
from geofleet.maps import PageFrame
from geofleet.wording import LANGUAGES

NAMES = ["harm_map", "harm_hours", "electric", "contingency", "plan", "price", "frontier"]
_SVG = "{http://www.w3.org/2000/svg}"


def _with(layer: Layer, **columns: object) -> Layer:
    return replace(layer, frame=layer.frame.assign(**columns))


def _three(value: float) -> str:
    return f"{float(f'{value:.3g}'):,.10g}"


def test_every_figure_is_there_in_reading_order(figures: dict[str, StudyFigure]) -> None:
    """A study with a run, rules and a plan has all figures."""
    assert list(figures) == NAMES


def test_words_of_harm_are_those_of_the_layers(
    figures: dict[str, StudyFigure], layers: dict[str, Layer]
) -> None:
    """Total, half of the streets, hours and grams, each summed another way."""
    links, hours = layers["links"].frame, layers["link_hours"].frame
    streets = links.groupby("street")[["length_m", "harm_pm25_exhaust"]].sum(min_count=1)
    streets["length_m"] = links.groupby("street")["length_m"].first()
    streets = streets.dropna()
    streets = streets.assign(per=streets["harm_pm25_exhaust"] / streets["length_m"])
    worst = streets.sort_values("per", ascending=False)
    total, text = worst["harm_pm25_exhaust"].sum(), figures["harm_map"].alt["en"]
    assert f"{_three(total)} persons·µg/m³·h" in text
    done = np.append(0.0, worst["harm_pm25_exhaust"].cumsum()) / total
    road = (
        np.append(0.0, worst["length_m"].cumsum())
        / links.groupby("street")["length_m"].first().sum()
    )
    share = 100 * float(np.interp(0.5, done, road))
    assert f"from {share:.2g}\N{NO-BREAK SPACE}%" in figures["harm_map"].title["en"]
    grams = hours.groupby("hour")["pm25_exhaust_g"].sum().reindex(range(24), fill_value=0.0)
    alt = figures["harm_hours"].alt["en"].replace("\N{NO-BREAK SPACE}", " ")
    assert f"most in the hour from {int(grams.idxmax()):02d}:00" in alt
    known = hours[hours["edge"].isin(links["edge"][links["harm_pm25_exhaust"].notna()])]
    harm = known.groupby("hour")["harm_pm25_exhaust"].sum().reindex(range(24), fill_value=0.0)
    start, end = re.search(r"Between (\d\d):00 and (\d\d):00", alt).groups()  # type: ignore[union-attr]
    inside = [hour % 24 for hour in range(int(start), int(end) + 24 * (int(end) <= int(start)))]
    assert harm[inside].sum() >= 0.5 * harm.sum()
    assert f"falls {100 * harm[inside].sum() / harm.sum():.2g} % of what is breathed" in alt
    assert f"and {100 * grams[inside].sum() / grams.sum():.2g} % of what is emitted" in alt


def test_words_of_days_and_money_are_those_of_the_layers(
    figures: dict[str, StudyFigure], layers: dict[str, Layer]
) -> None:
    """Counts by verdict, change of a day, money and what it buys."""
    routes = layers["routes"].frame
    able = int((routes["electric_status"] == "feasible").sum())
    assert figures["electric"].title["en"].startswith(f"{able} of {len(routes)} vehicle-days")
    counts = re.findall(r", vehicle-days: (\d+)\.", figures["electric"].alt["en"])
    assert sum(map(int, counts)) == len(routes)
    day = layers["policy_day_hours"].frame
    change = 100 * (day["harm_after"].sum() / day["harm_before"].sum() - 1)
    sign = "+" if change > 0 else "\N{MINUS SIGN}"
    title = figures["contingency"].title["en"]
    assert f"{sign}{_three(float(f'{abs(change):.2g}'))}" in title
    days = layers["policy_days"].frame
    hit = int((~days["outcome"].isin(["allowed", "charged", "permit", "unknown"])).sum())
    assert f"{hit} of {len(days)} vehicle-days" in title
    assert figures["plan"].title["en"] == (
        "MXN\N{NO-BREAK SPACE}730,000 of public money avoid 50\N{NO-BREAK SPACE}% of the "
        "exposure; vehicles that change: 4 of 5"
    )
    price = figures["price"].alt["en"].replace("\N{NO-BREAK SPACE}", " ")
    assert "Electric: PM2.5 MXN 150,000 per kg, CO2e MXN 15,000 per tonne." in price
    assert "Retrofit particle filter: PM2.5 MXN 10,000 per kg, CO2e nothing avoided." in price
    assert "PM2.5 unknown, CO2e MXN 5,000 per tonne." in price
    assert "Avoiding 75\N{NO-BREAK SPACE}%" in figures["frontier"].title["en"]


def test_both_languages_tell_the_same_numbers(figures: dict[str, StudyFigure]) -> None:
    """Digits of title and alt text are the same, whatever the order of the words."""
    for figure in figures.values():
        for text in (figure.title, figure.alt, figure.caption):
            english, spanish = (re.findall(r"\d+", text[name]) for name in LANGUAGES)
            assert sorted(english) == sorted(spanish), figure.name
            assert text["en"] != text["es"]


@pytest.fixture(scope="module")
def written(figures: dict[str, StudyFigure], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("figures")
    before = dict(mpl.rcParams)
    write_figures(list(figures.values()), folder / "es", language="es")
    assert dict(mpl.rcParams) == before
    return folder / "es"


def test_files_are_slides_with_captions(written: Path, figures: dict[str, StudyFigure]) -> None:
    """A PNG of 2560 × 1440 and an SVG each, with title and alt text in them and beside them."""
    told = {one["name"]: one for one in json.loads((written / "captions.json").read_text("utf-8"))}
    assert list(told) == NAMES
    for name, figure in figures.items():
        assert told[name]["alt"] == figure.alt["es"]
        assert told[name]["files"] == [f"{name}.png", f"{name}.svg"]
        with Image.open(written / f"{name}.png") as image:
            assert image.size == (2560, 1440)
            assert image.text["Title"].startswith(figure.title["es"][:40])
    assert len(list(written.iterdir())) == 2 * len(NAMES) + 1


def test_hostile_names_stay_text(written: Path) -> None:
    """An SVG is XML without scripts, handlers or addresses but within itself."""
    for name in NAMES:
        root = ElementTree.parse(written / f"{name}.svg").getroot()
        assert root.get("role") == "img"
        assert root.find(f"{_SVG}title") is not None
        assert len(root.findall(f"{_SVG}desc")) == 1
        for node in root.iter():
            local = str(node.tag).rpartition("}")[2].lower()
            assert local not in ("script", "foreignobject", "a", "iframe", "image")
            for key, value in node.attrib.items():
                assert not key.lower().startswith("on")
                if key.endswith("href"):
                    assert value.startswith(("#", "data:image/png"))


def test_equal_figures_give_equal_bytes(written: Path, figures: dict[str, StudyFigure]) -> None:
    """Neither the clock nor what a reader has set for own plots changes a byte."""
    with mpl.rc_context({"font.size": 31, "axes.facecolor": "red", "svg.fonttype": "none"}):
        again = figure_image(figures["price"], "es", "svg")
        assert again == (written / "price.svg").read_bytes()
        image = figure_image(figures["plan"], "es")
    assert image == (written / "plan.png").read_bytes()
    small = figure_image(figures["plan"], "es", dpi=60)
    with Image.open(io.BytesIO(small)) as picture:
        assert picture.size == (800, 450)


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_cut_off(figures: dict[str, StudyFigure], language: str) -> None:
    """Every word stands on the sheet, and texts of head and foot do not run into each other."""
    for figure in figures.values():
        with sheet(figure, language) as made:
            paper, renderer = made.paper, FigureCanvasAgg(made.paper).get_renderer()
            words = [text for axes in paper.axes for text in axes.texts] + list(paper.texts)
            words += [t for axes in paper.axes for t in axes.get_yticklabels() if t.get_text()]
            for text in words:
                box = text.get_window_extent(renderer)
                assert box.x0 >= 0, (figure.name, text.get_text())
                assert box.x1 <= paper.bbox.width, (figure.name, text.get_text())
                assert -1 <= box.y0 <= box.y1 <= paper.bbox.height, (figure.name, text.get_text())
            rows = sorted(text.get_window_extent(renderer).y0 for text in paper.texts)
            assert np.diff(rows).min() > 9 / 72 * DPI


def test_what_is_not_known_is_not_drawn(
    layers: dict[str, Layer], plan_layers: dict[str, Layer], frame: PageFrame
) -> None:
    """Without harm no map of harm; without verdicts, traffic or money no such figure."""
    no_harm = _with(layers["link_hours"], harm_pm25_exhaust=np.nan)
    run = {name: layers[name] for name in ("links", "roads", "routes")} | {"link_hours": no_harm}
    found = {one.name: one for one in study_figures(run, frame=frame)}
    assert list(found) == ["harm_hours", "electric"]
    assert "emits most in the hour" in found["harm_hours"].title["en"]
    silent = _with(layers["routes"], electric_status="unknown")
    assert study_figures({"routes": silent}, frame=frame) == []
    still = _with(layers["policy_day_hours"], pm25_before_g=0.0)
    assert study_figures({"policy_day_hours": still}, frame=frame) == []
    assert study_figures(plan_layers, frame=frame) == []
    unknown = plan_layers | {
        "plan_vehicles": _with(plan_layers["plan_vehicles"], pm25_avoided_kg=np.nan,
                               harm_avoided=np.nan)
    }  # fmt: skip
    (plan,) = study_figures(unknown, frame=frame, currency="MXN", harm_today=1.0)
    assert "exposure" not in plan.title["en"]
    assert study_figures({}, frame=frame, currency="MXN",
                         frontier=pd.DataFrame({"cost": [1.0], "harm": [1.0]})) == []  # fmt: skip


def test_faults_are_told(
    figures: dict[str, StudyFigure], frame: PageFrame, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Other languages and kinds, a frontier with gaps, and a library that is not there."""
    with pytest.raises(InputError, match="en or es"):
        write_figures([], tmp_path, language="fr")
    with pytest.raises(InputError, match="png or svg"):
        figure_image(figures["plan"], "en", "gif")
    with pytest.raises(InputError, match="known numbers"):
        study_figures({}, frame=frame, currency="MXN",
                      frontier=pd.DataFrame({"cost": [1.0, np.nan], "harm": 1.0}))  # fmt: skip
    with pytest.raises(InputError, match="column of numbers"):
        study_figures({}, frame=frame, currency="MXN", frontier=pd.DataFrame({"cost": [1.0]}))
    assert write_figures([], tmp_path / "none", language="en") == []
    assert not (tmp_path / "none").exists()
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ModuleNotFoundError, match=r"geofleet\[figures\]"):
        figure_image(figures["plan"], "en")


def test_no_global_state_of_the_drawing_library_is_used() -> None:
    """Figures can be drawn in threads and beside own plots: nothing imports pyplot."""
    for path in Path(geofleet.figures.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom | ast.Import):
                names = [alias.name for alias in node.names] + [getattr(node, "module", "") or ""]
                assert not any("pyplot" in name or "pylab" in name for name in names)


def _luminance(colour: str) -> float:
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_letters_stand_out_from_what_is_under_them() -> None:
    """Numbers in bars and quiet words have the contrast that WCAG AA asks for."""
    from geofleet.figures import electric, plan
    from geofleet.figures.contingency import _FREE, _STOPPED, _UNKNOWN
    from geofleet.figures.sheet import INK, QUIET

    pairs = [(colour, "#ffffff") for colour, _ in electric._LOOK.values()]
    pairs += [(colour, plan_letters) for colour, _, plan_letters in
              (*plan._LOOK.values(), plan._OTHER, plan._KEPT)]  # fmt: skip
    pairs += [(_STOPPED, "#ffffff"), (_UNKNOWN, "#ffffff"), (_FREE, INK)]
    pairs += [(QUIET, "#ffffff"), (INK, "#ffffff")]
    for ground, letters in pairs:
        letters = {"white": "#ffffff", "black": "#000000"}.get(letters, letters)
        dark, light = sorted((_luminance(ground), _luminance(letters)))
        assert (light + 0.05) / (dark + 0.05) >= 4.5, (ground, letters)
