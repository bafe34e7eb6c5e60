"""Numbers of rendered pages, read as a reader of each language reads them, against the layers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import folium
import numpy as np
import pandas as pd
import pytest

from geofleet.layers import Layer
from geofleet.maps import contingency_page, plan_page, write_map
from geofleet.maps.electric import electric_page
from geofleet.maps.frame import PageFrame
from geofleet.wording import Readers, both
from tests.browsing import at_rest, new_tab
from tests.maps import odd

pytestmark = pytest.mark.browser

LANGUAGES = ("en", "es")
MARKS = {"en": (",", "."), "es": (".", ",")}
"""Between thousands, before decimals: as English and Chileans write."""


def number(text: str, language: str) -> float:
    """Read the first number of a text; one that is told as unknown is NaN."""
    if text.strip() in ("unknown", "se desconoce"):
        return float("nan")
    thousands, decimal = MARKS[language]
    found = re.search(r"[+\-−]?\d[\d.,]*", text)
    assert found, text
    plain = found.group().rstrip(".,").replace(thousands, "").replace(decimal, ".")
    return float(plain.replace("−", "-"))


def close(text: str, wanted: float, language: str, digits: int = 3) -> None:
    """A number told with so many digits is the one wanted."""
    told = number(text, language)
    assert told == pytest.approx(wanted, rel=0.51 * 10.0 ** (1 - digits), abs=1e-9, nan_ok=True), (
        text, wanted,
    )  # fmt: skip


@pytest.fixture(scope="module")
def show(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Any]]:
    folder: Path = tmp_path_factory.mktemp("numbers")
    with new_tab(browser, viewport={"width": 1200, "height": 800}, offline=True) as tab:

        def open_page(page: folium.Map, language: str, ready: str) -> Any:
            path = write_map(page, folder / f"{language}.html")
            tab.goto("about:blank")
            tab.goto(f"{path.as_uri()}#lang={language}")
            tab.wait_for_function(ready)
            for fold in tab.locator("details:not([open])").element_handles():
                fold.evaluate("one => { one.open = true; }")
            at_rest(tab)
            return tab

        yield open_page


def frame(name: str) -> PageFrame:
    return PageFrame(name, both(name), "Study", readers=Readers.of("CL"))


def facts(tab: Any, where: str) -> list[str]:
    found: list[str] = tab.locator(f"{where} dd").all_inner_texts()
    return found


def rows(tab: Any, name: str) -> list[list[str]]:
    """Cells of a table of the panel, row by row."""
    found: list[list[str]] = tab.evaluate(
        "name => [...document.querySelectorAll(`[data-group=${name}] tbody tr`)]"
        ".map(row => [...row.children].map(cell => cell.innerText))", name,
    )  # fmt: skip
    return found


def check(texts: Sequence[str], wanted: Sequence[float], language: str, digits: int = 3) -> None:
    assert len(texts) == len(wanted), texts
    for text, value in zip(texts, wanted, strict=True):
        close(text, value, language, digits)


@pytest.mark.parametrize("language", LANGUAGES)
def test_plan(language: str, show: Callable[..., Any]) -> None:
    """By year, by size of operator, by technology, and why others are kept."""
    n = 40
    rng = np.random.default_rng(3)
    bought = rng.random(n) < 0.7
    electric = bought & (rng.random(n) < 0.5)
    technology = np.where(electric, "electric", np.where(bought, "dpf_retrofit", "keep"))
    year = np.where(bought, rng.integers(2025, 2027, n), 0)
    size = rng.choice(["1-5", "6-30", ">100"], n)
    spend, harm = np.where(bought, rng.uniform(1e4, 9e5, n), 0.0), rng.lognormal(9, 1, n)
    layers = odd.plan_layers(
        vehicles=n, technology=technology, option=technology, operator_size=size,
        model_id=None, year=np.where(bought, year.astype(object), None), spend=spend,
        harm_avoided=np.where(bought, harm, 0.0),
        reason=np.where(bought, None, rng.choice(["no money", "unwilling"], n)),
    )  # fmt: skip
    years = layers["plan_years"].frame.assign(
        vehicles=[int((year == y).sum()) for y in (2025, 2026)],
        vehicle_spend=[spend[year == y].sum() for y in (2025, 2026)],
    )
    layers["plan_years"] = Layer(years, layers["plan_years"].schema)
    tab = show(plan_page(layers, frame=frame("plan"), currency="CLP"), language,
               "geofleet.state && packed_vehicles.isReady")  # fmt: skip
    charging = years["charging_spend"].to_numpy(float)
    for step, last in enumerate((2025, 2026)):
        tab.evaluate(f"geofleet.state.dock.set({step})")
        done = bought & (year <= last)
        money = spend[done].sum() + charging[: step + 1].sum()
        check(facts(tab, ".gf-figures"),
              [done.sum(), money, 100 * harm[done].sum() / harm[bought].sum(), step],
              language)  # fmt: skip
        key = [one.rpartition(": ")[2] for one in tab.locator(".gf-strip li").all_inner_texts()]
        counts = [((technology == one) & done).sum() for one in ("dpf_retrofit", "electric")]
        check(key[:3], [*counts, n - done.sum()], language)
    frame_ = pd.DataFrame({"size": size, "bought": bought, "spend": spend, "harm": harm * bought,
                           "technology": technology})  # fmt: skip
    for cells, name in zip(rows(tab, "who"), ("1-5", "6-30", ">100"), strict=True):
        part = frame_[frame_["size"] == name]
        changed, every = re.split(r" of | de ", cells[1])
        check([changed, every], [part["bought"].sum(), len(part)], language)
        close(cells[2], part["spend"].sum(), language, 7)
        close(cells[3], 100 * part["harm"].sum() / frame_["harm"].sum(), language, 2)
    what = rows(tab, "what")
    for cells, (_, part) in zip(what, frame_[frame_["bought"]].groupby("technology"), strict=False):
        close(cells[1], len(part), language)
        close(cells[2], part["spend"].sum(), language, 7)
        close(cells[3], 100 * part["harm"].sum() / frame_["harm"].sum(), language, 2)
    assert len(what) == 3
    close(what[2][2], charging.sum(), language, 7)
    kept = sorted(number(cells[1], language) for cells in rows(tab, "kept"))
    reasons = layers["plan_vehicles"].frame["reason"].value_counts()
    assert kept == sorted(reasons.to_list())


@pytest.mark.parametrize("language", LANGUAGES)
def test_contingency(
    language: str, show: Callable[..., Any], contingency: dict[str, Layer]
) -> None:
    """Grams, exposure, vehicle-days and deliveries of the day; by hour; by size and outcome."""
    tab = show(contingency_page(contingency, frame=frame("contingency")), language,
               "geofleet.state && packed_hours.complete")  # fmt: skip
    hours, days = contingency["policy_day_hours"].frame, contingency["policy_days"].frame
    before, after = hours["pm25_before_g"].sum(), hours["pm25_after_g"].sum()
    harm = hours["harm_before"].sum(), hours["harm_after"].sum()
    wanted = [
        before, after, 100 * (after / before - 1), 100 * (harm[1] / harm[0] - 1), len(days),
        (days["outcome"] == "unknown").sum(),
    ]  # fmt: skip
    shown = facts(tab, ".gf-body > .gf-facts")
    check(shown[:6], wanted, language, 2)
    told = [days[name].sum() for name in ("late", "cancelled") if days[name].notna().any()]
    check(shown[6:], told, language)
    columns = ["forbidden_vehicles", "unknown_vehicles", "driving_before_vehicles",
               "driving_after_vehicles", "harm_before", "harm_after"]  # fmt: skip
    for hour in (3, 8, 9, 20):
        tab.evaluate(f"geofleet.state.dock.set({hour})")
        check(facts(tab, ".gf-figures"), hours[columns].iloc[hour].to_list(), language)
    outcomes = [number(cells[1], language) for cells in rows(tab, "outcomes")]
    assert sorted(outcomes) == sorted(days["outcome"].value_counts().to_list())
    total = rows(tab, "who")[-1]
    close(total[1], len(days), language)
    changed = days["outcome"].isin(["waits", "retimed", "rerouted", "swapped", "dropped"])
    close(total[2], changed.sum(), language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_electric(language: str, show: Callable[..., Any], demo_layers: dict[str, Layer]) -> None:
    """Days that can be driven, their kilometres, energy per km, verdicts, stops and depots."""
    tab = show(
        electric_page(demo_layers, frame=frame("electric"), promised=0.9),
        language,
        "window.ways_days && document.querySelector('.gf-electric').dataset.ready",
    )
    routes = demo_layers["routes"].frame
    status, chance = routes["electric_status"], routes["probability"]
    able = (status == "feasible") & (chance.isna() | (chance >= 0.9))
    km, energy = routes["distance_km"], routes["energy_kwh"]
    known = energy.notna() & (km > 0)
    shown = facts(tab, ".gf-body > .gf-facts")
    for text, values in zip(
        shown, ((able.sum(), len(routes)), (km[able].sum(), km.sum()),
                (energy[known].sum() / km[known].sum(),)), strict=False,
    ):  # fmt: skip
        check(re.split(r" of | de ", text), values, language, 2)
    counts = tab.locator(".gf-verdicts .gf-count").all_inner_texts()
    assert sum(number(text, language) for text in counts) == len(routes)
    stops = demo_layers["stops"].frame
    depots = stops[stops["kind"] == "depot"].groupby("stop_id")["vehicle_id"].nunique()
    cells = tab.locator(".gf-depot-list tbody td:nth-child(2)").all_inner_texts()
    assert sorted(number(cell, language) for cell in cells) == sorted(depots.to_list())
