"""Page of a plan: its words, its sums year by year, and that it works without a network."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geofleet.errors import InputError
from geofleet.layers import Layer, as_layer
from geofleet.layers.plan import (
    PLAN_DEPOTS,
    PLAN_LINKS,
    PLAN_VEHICLES,
    plan_links_layer,
    plan_years_layer,
)
from geofleet.maps import plan_page, write_map
from geofleet.maps.frame import PageFrame
from geofleet.maps.plan_tables import plan_groups, year_bars, year_figures
from geofleet.maps.plan_words import (
    becomes_words,
    charger_words,
    reason_words,
    size_words,
    technology_words,
    today_words,
)
from geofleet.plan.reasons import REASONS
from geofleet.plan.tables import NOT_CHOSEN
from geofleet.wording import Readers, both, known
from tests.browsing import at_rest, becomes, expect

HOSTILE = "</script><script>window.hacked = 1</script> {{ 7 * 7 }} ${x} 🚚 ‮"
READERS = Readers.of("CL")


def _layers() -> dict[str, Layer]:
    """Three vehicles: one becomes electric, one gets a filter, one is kept and does other work."""
    lines = [shapely.LineString([(-71.3, -29.9 + k / 50), (-71.2, -29.9 + k / 50)]) for k in (0, 1)]
    columns: dict[str, Any] = {
        "vehicle_id": [f"a {HOSTILE}", "b", "c"], "operator_id": ["x", "x", "y"],
        "operator_name": [HOSTILE, HOSTILE, "Transportes Núñez"],
        "operator_size": ["1-5", "6-30", None],
        "vehicle_class": ["cargo_van", "rigid_7_5t", "rigid_7_5t"], "fuel": "diesel",
        "standard": ["euro_5", "pre_euro", "unknown"], "model_year": [2015, 1994, 2000],
        "depot_id": [HOSTILE, "d", None],
        "option": ["electric:jac_n55_ev", "dpf_retrofit", "keep"],
        "technology": ["electric", "dpf_retrofit", "keep"],
        "model_id": ["jac_n55_ev", None, None], "year": [2025, 2026, None],
        "duty_id": [f"a {HOSTILE}", "b", None], "spend": [400000.0, 80000.0, 0.0],
        "cost": [-5000.0, 60000.0, 0.0], "harm_avoided": [9.0e4, 2.7e5, np.nan],
        "pm25_avoided_kg": [3.0, 8.0, 0.0], "bc_avoided_kg": [2.0, 5.0, 0.0],
        "nox_avoided_kg": [30.0, 0.0, 0.0], "co2e_avoided_t": [40.0, -1.0, 0.0],
        "probability": [0.97, 1.0, 1.0], "reason": [None, None, "no money"],
    }  # fmt: skip
    columns = {name: np.broadcast_to(np.array(v, object), 3) for name, v in columns.items()}
    vehicles = as_layer(columns, PLAN_VEHICLES, geometry=[*lines, None], size=3)
    depots = as_layer(
        {
            "depot_id": [HOSTILE], "name": [None], "vehicles": [1], "electric": [1],
            "chargers": ["2 x ac_22;1 x dc_60"], "charger_count": [3], "power_kw": [104.0],
            "extensions": [0], "first_year": [2025], "spend": [1e6], "cost": [9e5],
        },
        PLAN_DEPOTS, geometry=gpd.points_from_xy([-71.25], [-29.9]),
    )  # fmt: skip
    years = pd.DataFrame(
        {"vehicles": [0, 1, 1], "chargers": [0, 3, 0], "extensions": [0, 0, 0],
         "spend": [0.0, 400000.0, 80000.0], "charging_spend": [0.0, 1e6, 0.0],
         "budget": [500000.0] * 3},
        index=[2024, 2025, 2026],
    )  # fmt: skip
    links = as_layer(
        {"edge": [0, 1], "street": [0, 1], "name": [HOSTILE, None], "highway": "primary",
         "length_m": 1000.0, "pm25_today_g": [4.0, 2.0], "pm25_plan_g": [1.0, np.nan]},
        PLAN_LINKS, geometry=lines,
    )  # fmt: skip
    made = (vehicles, depots, links, plan_years_layer(years, currency="MXN"))
    return {layer.name: layer for layer in made}


def _page(tmp_path: Path, language: str = "en", **more: Any) -> Path:
    title = {"en": f"Plan {HOSTILE}", "es": f"Plan {HOSTILE}"}
    frame = PageFrame(
        "plan", title, HOSTILE, answer=(HOSTILE,), notes=(HOSTILE,), readers=READERS,
        language=language,
    )  # fmt: skip
    frontier = pd.DataFrame({"spend": [2e5, 9e5, 3e6], "harm": [1e5, 2e5, 5e5]})
    page = plan_page(_layers(), frame=frame, currency="MXN", frontier=frontier,
                     facts=[(both("2"), both(HOSTILE))], **more)  # fmt: skip
    return write_map(page, tmp_path / f"plan-{language}.html")


def test_equal_layers_give_an_equal_page(tmp_path: Path) -> None:
    """Nothing random is in the page; hostile names stay data."""
    text = _page(tmp_path).read_bytes()
    assert text == _page(tmp_path).read_bytes()
    assert b"window.hacked = 1</script>" not in text


def test_words_of_vehicles_and_reasons() -> None:
    """What vehicles are, become and why they are kept is told in both languages."""
    for reason in (*REASONS, *NOT_CHOSEN):
        assert known(f"plan.reason_{reason.replace(' ', '_')}"), reason
        assert reason_words(reason)["en"] != reason_words(reason)["es"]
    assert becomes_words("electric", "jac_n55_ev")["en"] == "electric: JAC N55 EV"
    assert becomes_words("keep", None)["es"] == "sigue igual"
    assert today_words("rigid_7_5t", "diesel", "euro_3", 2009)["en"].endswith("Euro 3, 2009")
    old = today_words("rigid_7_5t", "diesel", "pre_euro", 1990)
    assert old["es"].endswith("diésel, anterior a Euro 1, 1990")
    assert old["en"].startswith("Rigid truck")
    assert today_words("cargo_van", "electric", "none", 2024)["es"].endswith("eléctrico, 2024")
    assert charger_words("2 x ac_22;1 x dc_60")["es"] == "2 × AC 22 kW, 1 × DC 60 kW"
    assert charger_words("")["es"] == "ninguno"
    assert technology_words("hydrogen")["en"] == "hydrogen"
    assert size_words(None)["es"] == "se desconoce"


def test_years_add_up_to_the_plan() -> None:
    """What stands by the last year is the whole plan, by the first nothing yet."""
    layers = _layers()
    changed, spend, harm, depots = (
        np.asarray(one["values"], float) for one in year_figures(layers, currency="MXN")
    )
    assert changed.tolist() == [0, 1, 2]
    assert spend.tolist() == [0, 1.4e6, 1.48e6]
    assert harm.tolist() == [0, 25, 100]
    assert depots.tolist() == [0, 1, 1]
    bars = year_bars(layers["plan_years"].frame, "MXN")
    total = sum(sum(one["values"]) for one in bars["series"])
    assert total == spend[-1]


def test_tables_tell_who_gets_what() -> None:
    """Sizes and technologies share the money and the exposure; a size not known has its row."""
    who, what, kept = plan_groups(_layers(), currency="MXN", readers=READERS)
    cells = [[cell["es"].replace("\N{NO-BREAK SPACE}", " ") for cell in row] for row in who["rows"]]
    assert cells == [
        ["1 a 5", "1 de 1", "400.000", "25 %"],
        ["6 a 30", "1 de 1", "80.000", "75 %"],
        ["se desconoce", "0 de 1", "0", "0 %"],
    ]
    assert [row[0]["en"] for row in what["rows"]][-1] == "chargers and connections"
    assert [[cell["en"] for cell in row] for row in kept["rows"]] == [
        ["the plan's money does not reach that far", "1"]
    ]


def test_links_keep_their_share_of_what_a_vehicle_emits(demo_study: dict[str, Any]) -> None:
    """All of today is there; what is left by vehicle adds up; what is not known is not zero."""
    itineraries = demo_study["itineraries"]
    frame, days = itineraries.traversals.frame, itineraries.traversals.vehicle_days
    grams = np.arange(1.0, len(frame) + 1)
    owner = days["vehicle_id"].to_numpy()[frame["vehicle_day"]]
    names = sorted(set(owner))
    left = pd.Series(np.linspace(0.0, 1.0, len(names)), index=names)

    def layer(share: pd.Series) -> pd.DataFrame:
        return plan_links_layer(demo_study["network"], itineraries, grams=grams, left=share).frame

    made = layer(left)
    assert made["pm25_today_g"].sum() == pytest.approx(grams.sum())
    expected = sum(grams[owner == name].sum() * left[name] for name in names)
    assert made["pm25_plan_g"].sum() == pytest.approx(expected)
    unknown = layer(left.where(left.index != names[0]))
    driven = set(frame["edge"].to_numpy()[owner == names[0]])
    assert set(unknown["edge"][unknown["pm25_plan_g"].isna()]) == driven


def test_a_frontier_needs_its_numbers(tmp_path: Path) -> None:
    """Columns that are not there are all told; unknown numbers have their row named."""
    frame = PageFrame("plan", both("Plan"), "Study")
    unknown = pd.DataFrame({"spend": [1.0, np.nan], "harm": [1.0, 2.0]})
    for wrong, count in ((pd.DataFrame({"x": [1]}), 2), (unknown, 1)):
        with pytest.raises(InputError) as error:
            plan_page(_layers(), frame=frame, currency="MXN", frontier=wrong)
        assert len(error.value.problems) == count
    assert error.value.problems[0].row == 2


@pytest.mark.browser
def test_page_works_offline(
    opened: Callable[[Path], AbstractContextManager[Any]], tmp_path: Path
) -> None:
    """Years by keyboard, views, tables, search and languages; hostile names stay text."""
    with opened(_page(tmp_path)) as tab:
        tab.wait_for_function("geofleet.state.spec.layer.complete")
        strip = tab.locator(".gf-strip")
        expect(strip).to_contain_text("electric: 1")
        expect(strip).to_contain_text("kept as it is: 1")
        expect(tab.locator(".gf-when")).to_have_text("What stands by 2026")
        figures = tab.locator(".gf-figures > div")
        expect(figures.nth(1)).to_have_text(re.compile("^MXN\N{NO-BREAK SPACE}1,480,000"))
        slider = tab.locator("#gf-hour-slider")
        slider.focus()
        tab.keyboard.press("Home")
        expect(figures.first).to_have_text(re.compile("^0"))
        expect(strip).to_contain_text("not changed yet in this year: 3")
        tab.keyboard.press("ArrowRight")
        expect(slider).to_have_attribute("aria-valuetext", "2025")
        expect(strip).to_contain_text("electric: 1")
        expect(strip).to_contain_text("retrofit particle filter: 0")
        tab.locator("input[name=gf-view][value='2']").check(force=True)
        expect(strip).to_contain_text("1 to 5: 1")
        expect(tab.locator("[data-group=who]")).to_contain_text("1 of 1")
        chart = tab.locator(".gf-chart")
        label = re.compile(r"^What other budgets would buy\. MXN")
        expect(chart).to_have_attribute("aria-label", label)
        expect(chart.locator(".gf-front-dot")).to_have_count(3)
        search = tab.locator("#gf-search")
        search.fill("nunez")
        expect(tab.get_by_role("option").first).to_contain_text("0 of 1 change")
        search.fill("a <")
        search.fill("a </script>")
        tab.keyboard.press("ArrowDown")
        tab.keyboard.press("Enter")
        popup = tab.locator(".leaflet-popup").last
        expect(popup).to_have_text(re.compile("^a </script>"))
        expect(popup).to_contain_text("MXN\N{NO-BREAK SPACE}400,000")
        tab.get_by_role("button", name="Español").click()
        expect(tab.locator(".gf-when")).to_have_text("Lo que hay hasta 2025")
        expect(tab.locator("[data-group=who]")).to_contain_text("Quién recibe qué")
        label = re.compile("^Qué comprarían otros presupuestos")
        expect(chart).to_have_attribute("aria-label", label)
        tab.locator(".gf-beside-button[data-mode=beside]").click()
        tab.wait_for_function("packed_beside.complete && geofleet.state.twin.complete")
        at_rest(tab)
        shown = "[packed_beside, geofleet.state.twin].map(layer => layer.variable)"
        becomes(tab, shown, ["today", "plan"])
        said = "[0, 1].map(row => geofleet.state.twin.valueOf(row, 'plan').state).sort()"
        becomes(tab, said, ["known", "unknown"])
        expect(tab.locator(".gf-pane-title")).to_have_text(["Hoy", "Con el plan cumplido"])
        tab.locator(".gf-beside-button[data-mode=beside]").click()
        expect(tab.locator(".gf-second")).to_be_hidden()
        tab.locator("[data-group=depots] summary").click()
        tab.locator("[data-group=depots] .gf-place").click()
        expect(tab.locator(".leaflet-popup").last).to_contain_text("2 × AC 22 kW")
